//! What an organization offers, with all its shifts to come: for formats of the world.

use serde::Deserialize;

use super::listing::GRACE;
use crate::bind;
use crate::menu::Field;
use crate::platform::clock::Instant;
use crate::platform::db::{Db, DbError};

macro_rules! on_the_menu {
    ($columns:literal) => {
        concat!(
            "SELECT ",
            $columns,
            "
  FROM project p
  WHERE p.organization_id = ?1 AND p.state = 'published' AND p.organization_state = 'verified'
    AND p.next_starts_at >= ?4
  ORDER BY p.next_starts_at, p.number
  LIMIT ?3"
        )
    };
}

const ORGANIZATION: &str = "
SELECT id, name, iif(state = 'verified', about, '') AS about FROM organization WHERE id = ?1";

const PROJECTS: &str =
    on_the_menu!("p.seq, p.id, p.title, p.content, p.field, p.place, p.region_name, p.min_age");

const SHIFTS: &str = concat!(
    "SELECT h.project, h.role, h.starts_at, h.ends_at
FROM (",
    on_the_menu!("p.seq"),
    ") o JOIN shift h ON h.project = o.seq
WHERE h.state = 'open' AND h.starts_at > ?2
ORDER BY h.project, h.starts_at, h.id"
);

/// An organization with what it offers.
#[derive(Debug)]
pub struct Offered {
    /// Who offers.
    pub organization: Offerer,
    /// What, the next ones first.
    pub projects: Vec<OfferedProject>,
    /// When, in order of time within a project.
    pub shifts: Vec<OfferedShift>,
}

/// Who offers.
#[derive(Debug, Deserialize)]
pub struct Offerer {
    /// UUIDv7.
    pub id: String,
    /// Its name.
    pub name: String,
    /// What it says of itself.
    pub about: String,
}

/// A project on the menu.
#[derive(Debug, Deserialize)]
pub struct OfferedProject {
    /// Its number in the database.
    pub seq: i64,
    /// UUIDv7.
    pub id: String,
    /// What it is called.
    pub title: String,
    /// What volunteers do.
    pub content: String,
    /// Key field.
    pub field: Field,
    /// Where to come.
    pub place: String,
    /// The division's name.
    pub region_name: String,
    /// Youngest age.
    pub min_age: i64,
}

/// An open shift to come.
#[derive(Debug, Deserialize)]
pub struct OfferedShift {
    /// The number of its project.
    pub project: i64,
    /// What somebody does.
    pub role: String,
    /// When it starts.
    pub starts_at: Instant,
    /// When it ends.
    pub ends_at: Instant,
}

/// An organization and the first of what it has on the menu; none when there is no such
/// organization.
pub async fn offered(
    db: &Db,
    organization: &str,
    limit: i64,
    now: Instant,
) -> Result<Option<Offered>, DbError> {
    let batch = db
        .batch(vec![
            bind!(ORGANIZATION, organization),
            bind!(PROJECTS, organization, now, limit, now.plus(-GRACE)),
            bind!(SHIFTS, organization, now, limit, now.plus(-GRACE)),
        ])
        .await?;
    let Some(organization) = batch.first(0)? else {
        return Ok(None);
    };
    Ok(Some(Offered {
        organization,
        projects: batch.rows(1)?,
        shifts: batch.rows(2)?,
    }))
}
