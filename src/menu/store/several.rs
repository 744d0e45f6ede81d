//! Several projects of one organization at once: what stands before many are published in
//! one batch, and all that stand, page by page.

use std::collections::HashMap;

use serde::Deserialize;
use serde_json::json;

use super::{Before, KnownRegion, PROJECT, ProjectRow, ShiftRow};
use crate::bind;
use crate::menu::replacing::{Standing, StandingShift};
use crate::platform::db::{Batch, DbError, Statement};

const STANDING: &str = "
SELECT client_ref AS of, id, seq, version, state, place, region, body_hash,
  published_at IS NOT NULL AS published
FROM project
WHERE organization_id = ?1 AND client_ref IN (SELECT value FROM json_each(?2))";

/// A shift as it is planned with and as it is answered, by the project it is of.
const SHIFTS: &str = concat!(
    "
SELECT p.client_ref AS of, h.id, h.ref, h.role, h.starts_at, h.ends_at, h.capacity, h.waitlist,
  h.confirmed, h.waiting, h.state, h.change_reason,
  ",
    ever!(),
    "
FROM project p JOIN shift h ON h.project = p.seq
WHERE p.organization_id = ?1 AND "
);

const NAMED: &str = "p.client_ref IN (SELECT value FROM json_each(?2))";

const REGIONS: &str = "
SELECT code, full_name FROM region WHERE code IN (SELECT value FROM json_each(?1))";

const SHIFTS_IN_ORDER: &str = "
ORDER BY p.client_ref, h.starts_at, h.id";

#[derive(Deserialize)]
struct Of<T> {
    of: String,
    #[serde(flatten)]
    row: T,
}

fn by_project<T>(rows: Vec<Of<T>>) -> HashMap<String, Vec<T>> {
    let mut found: HashMap<String, Vec<T>> = HashMap::new();
    for Of { of, row } in rows {
        found.entry(of).or_default().push(row);
    }
    found
}

/// What stands of several projects.
#[derive(Debug, Default)]
pub struct Several {
    standing: HashMap<String, Before>,
    regions: HashMap<String, KnownRegion>,
}

impl Several {
    /// What stands of one, with the division it shall be in; to be asked once.
    pub fn before(&mut self, reference: &str, region: Option<&str>) -> Before {
        Before {
            region: region.and_then(|code| self.regions.get(code).cloned()),
            ..self.standing.remove(reference).unwrap_or_default()
        }
    }
}

/// The statements that ask what stands of projects with these names, and for these
/// divisions besides.
pub fn several_statements(
    organization: &str,
    references: &[&str],
    regions: &[&str],
) -> [Statement; 4] {
    let references = json!(references).to_string();
    [
        bind!(STANDING, organization, &references),
        bind!(
            format!("{SHIFTS}{NAMED}{SHIFTS_IN_ORDER}"),
            organization,
            &references
        ),
        bind!(REGIONS, json!(regions).to_string()),
        bind!(
            format!("{PROJECT} p.organization_id = ?1 AND {NAMED}"),
            organization,
            references
        ),
    ]
}

/// What [`several_statements`] found, the first of them at index `at` of a batch.
pub fn several(batch: &Batch, at: usize) -> Result<Several, DbError> {
    let mut planned = by_project(batch.rows::<Of<StandingShift>>(at + 1)?);
    let mut answered = by_project(batch.rows::<Of<ShiftRow>>(at + 1)?);
    let regions: Vec<KnownRegion> = batch.rows(at + 2)?;
    let mut standing = HashMap::new();
    for Of { of, row } in batch.rows::<Of<Standing>>(at)? {
        let before = Before {
            standing: Some(row),
            shifts: planned.remove(&of).unwrap_or_default(),
            ..Before::default()
        };
        standing.insert(of, before);
    }
    for project in batch.rows::<ProjectRow>(at + 3)? {
        if let Some(before) = standing.get_mut(&project.client_ref) {
            let shifts = answered.remove(&project.client_ref).unwrap_or_default();
            before.answer = Some((project, shifts));
        }
    }
    Ok(Several {
        standing,
        regions: regions
            .into_iter()
            .map(|region| (region.code.clone(), region))
            .collect(),
    })
}

/// A page of an organization's own projects, in the order of their names.
pub type OwnProjects = Vec<(ProjectRow, Vec<ShiftRow>)>;

const PAGE: &str = "p.seq IN (
  SELECT seq FROM project WHERE organization_id = ?1 AND client_ref > ?2
  ORDER BY client_ref LIMIT ?3)";

/// The statements that ask for the projects named after `after`, `limit` at most, in
/// every state.
pub fn own_after(organization: &str, after: &str, limit: i64) -> [Statement; 2] {
    [
        bind!(
            format!(
                "{PROJECT} p.organization_id = ?1 AND p.client_ref > ?2 ORDER BY p.client_ref LIMIT ?3"
            ),
            organization,
            after,
            limit
        ),
        bind!(
            format!("{SHIFTS}{PAGE}{SHIFTS_IN_ORDER}"),
            organization,
            after,
            limit
        ),
    ]
}

/// What [`own_after`] found, the first of its statements at index `at` of a batch.
pub fn own_page(batch: &Batch, at: usize) -> Result<OwnProjects, DbError> {
    let mut shifts = by_project(batch.rows::<Of<ShiftRow>>(at + 1)?);
    let projects: Vec<ProjectRow> = batch.rows(at)?;
    Ok(projects
        .into_iter()
        .map(|project| {
            let shifts = shifts.remove(&project.client_ref).unwrap_or_default();
            (project, shifts)
        })
        .collect())
}
