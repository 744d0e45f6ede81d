//! SQL of organizations.

use super::Organization;
use crate::bind;
use crate::menu::{Listed, upcoming_of};
use crate::platform::clock::Instant;
use crate::platform::db::{Db, DbError};

const ORGANIZATION: &str = "
SELECT o.id, o.name, o.kind, o.credit_code, o.region, r.full_name AS region_name, o.about,
  o.contact_phone, o.state
FROM organization o JOIN region r ON r.code = o.region
WHERE o.id = ?1";

/// How many of its projects an organization's page shows.
const SHOWN: i64 = 50;

/// An organization.
pub async fn organization(db: &Db, id: &str) -> Result<Option<Organization>, DbError> {
    db.first(bind!(ORGANIZATION, id)).await
}

/// An organization with what it has on the menu.
pub async fn with_projects(
    db: &Db,
    id: &str,
    now: Instant,
) -> Result<Option<(Organization, Vec<Listed>)>, DbError> {
    let batch = db
        .batch(vec![bind!(ORGANIZATION, id), upcoming_of(id, SHOWN, now)])
        .await?;
    Ok(match batch.first(0)? {
        Some(organization) => Some((organization, batch.rows(1)?)),
        None => None,
    })
}
