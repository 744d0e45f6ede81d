//! What the console's form of a project needs: who asks, what stands, which divisions
//! there are to choose from.

use super::writing::{own_project, own_shifts};
use super::{ProjectRow, ShiftRow, whole};
use crate::bind;
use crate::menu::notice::Reference;
use crate::organizations::Agent;
use crate::platform::db::DbError;
use crate::platform::visit::Visit;
use crate::regions::Region;

/// Cities and counties of the project's province, or else the organization's, and the
/// towns of its county.
const CHOICES: &str = "
WITH home AS (
  SELECT coalesce(
    (SELECT region FROM project WHERE organization_id = ?1 AND client_ref = ?2),
    (SELECT region FROM organization WHERE id = ?1)) AS code),
cities AS (
  SELECT r.code, r.name, r.full_name FROM home JOIN region r ON r.parent = substr(home.code, 1, 2))
SELECT code, name, full_name FROM cities
UNION ALL
SELECT r.code, r.name, r.full_name FROM cities JOIN region r ON r.parent = cities.code
UNION ALL
SELECT r.code, r.name, r.full_name FROM home JOIN region r ON r.parent = substr(home.code, 1, 6)
WHERE length(home.code) >= 6
ORDER BY 1";

/// What the form is made of.
#[derive(Debug)]
pub struct AtTheConsole {
    /// Who asks, when they are anybody.
    pub agent: Option<Agent>,
    /// The project, when there is one.
    pub project: Option<(ProjectRow, Vec<ShiftRow>)>,
    /// Divisions to choose from, in the order of their codes.
    pub regions: Vec<Region>,
}

/// Asks for all of that at once.
pub async fn at_the_console(
    visit: &Visit,
    organization: &str,
    reference: Option<&Reference>,
) -> Result<AtTheConsole, DbError> {
    // No project is called by an empty name.
    let reference = reference.map_or("", Reference::as_str);
    let batch = visit
        .db
        .batch(vec![
            Agent::at_the_door(visit.credential_hash(), visit.now, organization),
            own_project(organization, reference),
            own_shifts(organization, reference),
            bind!(CHOICES, organization, reference),
        ])
        .await?;
    Ok(AtTheConsole {
        agent: batch.first(0)?,
        project: whole(&batch, 1)?,
        regions: batch.rows(3)?,
    })
}
