//! Conflicts of interest: declared by the judge, never taken back. What they end, ends by
//! trigger.

use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;
use uuid::Uuid;

use super::Caller;
use crate::bind;
use crate::contests::judging::ConflictKind;
use crate::contests::log::Act;
use crate::platform::clock::Instant;
use crate::platform::db::{Batch, Statement};
use crate::platform::idempotency::{IdempotencyKey, Ran};
use crate::platform::problem::Problem;
use crate::platform::visit::Visit;
use crate::regions::Region;

/// A conflict as it is declared: with exactly one of the three.
#[derive(Debug, Serialize)]
pub struct NewConflict {
    /// Of which kind.
    pub kind: ConflictKind,
    /// With an organization and whatever it enters,
    pub organization_id: Option<Uuid>,
    /// with all organizations of a region,
    pub region: Option<String>,
    /// or with one entry.
    pub entry_id: Option<Uuid>,
}

/// A conflict as it was declared.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
pub struct Conflict {
    /// Of which kind.
    pub kind: ConflictKind,
    /// With this organization and whatever it enters.
    #[schema(format = "uuid")]
    pub organization_id: Option<String>,
    /// Its name.
    pub organization_name: Option<String>,
    /// With all organizations of this region.
    #[schema(example = "360731")]
    pub region: Option<String>,
    /// The region's name.
    pub region_name: Option<String>,
    /// With this entry.
    #[schema(format = "uuid")]
    pub entry_id: Option<String>,
    /// RFC 3339.
    #[schema(value_type = String, format = "date-time")]
    pub declared_at: Instant,
}

/// Which conflicts a judge has declared.
#[derive(Debug, Serialize, ToSchema)]
pub struct Declaration {
    /// When they first said which they have, or none; null before that.
    #[schema(value_type = Option<String>, format = "date-time")]
    pub declared_at: Option<Instant>,
    /// In the order in which they were declared.
    pub items: Vec<Conflict>,
}

const CONFLICTS: &str = concat!(
    "WITH ",
    caller!(),
    "
SELECT x.kind, x.organization_id, o.name AS organization_name, x.region, r.full_name AS region_name,
  x.entry_id, x.declared_at
FROM caller a
JOIN contest_conflict x ON x.judge_id = a.judge_id
LEFT JOIN organization o ON o.id = x.organization_id
LEFT JOIN region r ON r.code = x.region
ORDER BY x.seq"
);

/// The statement that lists the caller's conflicts.
pub fn own(visit: &Visit, contest: Uuid) -> Statement {
    bind!(CONFLICTS, visit.credential_hash(), visit.now, contest)
}

fn declaration(batch: &Batch, caller: usize, list: usize) -> Result<Declaration, Problem> {
    let caller = Caller::of(batch, caller)?.require_judge()?;
    Ok(Declaration {
        declared_at: caller.declared_at,
        items: batch.rows(list)?,
    })
}

/// The caller's conflicts.
pub async fn declared(visit: &Visit, contest: Uuid) -> Result<Declaration, Problem> {
    let statements = vec![Caller::at_the_door(visit, contest), own(visit, contest)];
    declaration(&visit.db.batch(statements).await?, 0, 1)
}

/// What a judge declares their conflicts on.
#[derive(Debug)]
pub struct Form {
    /// Which judge they are.
    pub judge: String,
    /// What they have declared.
    pub declaration: Declaration,
    /// Prefectures and counties.
    pub regions: Vec<Region>,
}

const REGIONS: &str = "
SELECT code, name, full_name FROM region WHERE length(code) IN (4, 6) ORDER BY code";

/// What the caller declares their conflicts on.
pub async fn form(visit: &Visit, contest: Uuid) -> Result<Form, Problem> {
    let statements = vec![
        Caller::at_the_door(visit, contest),
        own(visit, contest),
        bind!(REGIONS),
    ];
    let batch = visit.db.batch(statements).await?;
    let caller = Caller::of(&batch, 0)?.require_judge()?;
    Ok(Form {
        judge: caller.judge_id.unwrap_or_default(),
        declaration: declaration(&batch, 0, 1)?,
        regions: batch.rows(2)?,
    })
}

/// Judges know organizations by name, of which there may be several.
const NAMED: &str = "SELECT id FROM organization WHERE name = ?1 ORDER BY id LIMIT 20";

#[derive(Deserialize)]
struct Named {
    id: String,
}

/// The organizations that have this name.
pub async fn organizations_named(visit: &Visit, name: &str) -> Result<Vec<String>, Problem> {
    let rows: Vec<Named> = visit.db.rows(bind!(NAMED, name)).await?;
    Ok(rows.into_iter().map(|row| row.id).collect())
}

/// What is declared, and with what there is no such thing. `?4` the conflicts.
macro_rules! said {
    () => {
        concat!(
            "WITH ",
            caller!(),
            ",
said AS (
  SELECT x.key AS place, x.value ->> 'kind' AS kind, x.value ->> 'organization_id' AS organization_id,
    x.value ->> 'region' AS region, x.value ->> 'entry_id' AS entry_id
  FROM json_each(?4) x),
unknown AS (
  SELECT s.place FROM said s
  WHERE s.organization_id IS NOT NULL
      AND NOT EXISTS (SELECT 1 FROM organization o WHERE o.id = s.organization_id)
    OR s.region IS NOT NULL AND NOT EXISTS (SELECT 1 FROM region r WHERE r.code = s.region)
    OR s.entry_id IS NOT NULL
      AND NOT EXISTS (SELECT 1 FROM contest_entry e WHERE e.id = s.entry_id AND e.contest_id = ?3))"
        )
    };
}

const UNKNOWN: &str = concat!(said!(), "\nSELECT place FROM unknown ORDER BY place");

/// Names are shown once this was said; organizations one belongs to are declared with it.
const DECLARE_FIRST: &str = concat!(
    said!(),
    "
UPDATE contest_judge SET declared_at = ?2
FROM caller a
WHERE contest_judge.id = a.judge_id AND contest_judge.declared_at IS NULL
  AND NOT EXISTS (SELECT 1 FROM unknown)"
);

const DECLARE_OWN: &str = concat!(
    said!(),
    "
INSERT INTO contest_conflict (judge_id, kind, organization_id, declared_at)
SELECT a.judge_id, 'own_organization', m.organization_id, ?2
FROM caller a JOIN member m ON m.volunteer_id = a.volunteer_id
WHERE a.judge_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM unknown)
ON CONFLICT DO NOTHING"
);

const DECLARE: &str = concat!(
    said!(),
    "
INSERT INTO contest_conflict (judge_id, kind, organization_id, region, entry_id, declared_at)
SELECT a.judge_id, s.kind, s.organization_id, s.region, s.entry_id, ?2
FROM caller a JOIN said s
WHERE a.judge_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM unknown)
ORDER BY s.place
ON CONFLICT DO NOTHING"
);

#[derive(Deserialize)]
struct Unknown {
    place: usize,
}

/// What came of declaring conflicts.
#[derive(Debug)]
pub enum Declared {
    /// What stands now, and whether the same request declared it before.
    Done(Declaration, bool),
    /// There are no such things, by their places in the list; nothing was declared.
    Unknown(Vec<usize>),
}

/// Adds conflicts to the caller's, and with the first declaration the organizations they
/// belong to.
pub async fn declare(
    visit: &Visit,
    contest: Uuid,
    conflicts: &[NewConflict],
    key: &IdempotencyKey,
) -> Result<Declared, Problem> {
    let (caller, said) = (visit.credential_hash(), json!(conflicts).to_string());
    let about = |sql: &'static str| bind!(sql, &caller, visit.now, contest, &said);
    let door = || Caller::at_the_door(visit, contest);
    let id = contest.to_string();
    // Which they are, is for the judge and for those who draw; that they were, for the log.
    let logged = |act| {
        let subject = format!("contest:{id}");
        let detail = json!({"declared": conflicts.len()});
        Act {
            contest: &id,
            act,
            subject,
            detail,
        }
        .logged(visit)
    };
    let statements = vec![
        door(),
        about(UNKNOWN),
        about(DECLARE),
        logged("conflicts.declared"),
        key.point_at(visit, contest),
        about(DECLARE_OWN),
        logged("conflicts.found"),
        about(DECLARE_FIRST),
        logged("conflicts.declared_first"),
        door(),
        own(visit, contest),
    ];
    let batch = match key.run(visit, statements).await? {
        Ran::Now(batch) => batch,
        Ran::Before(earlier) => {
            earlier.subject()?;
            return Ok(Declared::Done(declared(visit, contest).await?, true));
        }
    };
    Caller::of(&batch, 0)?.require_judge()?;
    let unknown: Vec<Unknown> = batch.rows(1)?;
    if !unknown.is_empty() {
        let places = unknown.into_iter().map(|unknown| unknown.place);
        return Ok(Declared::Unknown(places.collect()));
    }
    Ok(Declared::Done(declaration(&batch, 9, 10)?, false))
}
