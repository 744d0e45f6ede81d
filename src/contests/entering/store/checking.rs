//! Whether an entry may take part, as organizers say.

use serde::Deserialize;
use serde_json::json;
use uuid::Uuid;

use super::reading::{EntryRow, row};
use crate::bind;
use crate::contests::entering::EntryState;
use crate::contests::entering::deciding::{own_entry, require_checkable};
use crate::contests::log::Act;
use crate::contests::running::store::{ContestRow, contest, runs, standing, stands};
use crate::platform::db::{self, Statement};
use crate::platform::idempotency::{IdempotencyKey, Ran};
use crate::platform::problem::Problem;
use crate::platform::visit::Visit;

/// Whether whoever presents the session `?1` at `?2` belongs to who entered `?3`.
const BELONGS: &str = "
SELECT EXISTS (
  SELECT 1
  FROM session c
  JOIN contest_entry e ON e.id = ?3
  JOIN member m ON m.organization_id = e.organization_id AND m.volunteer_id = c.volunteer_id
  WHERE c.token_hash = ?1 AND c.expires_at > ?2) AS belongs";

#[derive(Deserialize)]
struct Belongs {
    #[serde(deserialize_with = "db::truth")]
    belongs: bool,
}

/// `?4` the entry, `?5` its version, `?6` state, `?7` reason.
const CHECK: &str = concat!(
    "WITH ",
    runs!(),
    "
UPDATE contest_entry
SET state = ?6, state_reason = ?7, checked_at = ?2, updated_at = ?2, version = version + 1
WHERE id = ?4 AND contest_id = ?3 AND version = ?5 AND EXISTS (SELECT 1 FROM runs)"
);

/// What came of a decision.
#[derive(Debug)]
pub enum Checked {
    /// It stands; or the same request had made it before.
    Done(Box<EntryRow>, bool),
    /// The entry changed meanwhile.
    MovedOn,
}

fn seeing(visit: &Visit, contest_id: &str, id: &str) -> Vec<Statement> {
    vec![
        standing(visit, contest_id),
        contest(contest_id),
        row(contest_id, id),
        bind!(BELONGS, visit.credential_hash(), visit.now, id),
    ]
}

/// Says whether an entry may take part.
pub async fn check(
    visit: &Visit,
    (contest_id, id): (Uuid, Uuid),
    (state, reason): (EntryState, Option<&str>),
    key: &IdempotencyKey,
) -> Result<Checked, Problem> {
    let (contest_id, id) = (contest_id.to_string(), id.to_string());
    let look = || seeing(visit, &contest_id, &id);
    let (batch, repeated) = match key.run(visit, look()).await? {
        Ran::Now(batch) => (batch, false),
        Ran::Before(earlier) => {
            earlier.subject()?;
            (visit.db.batch(look()).await?, true)
        }
    };
    stands(&batch, 0)?.require_run()?;
    let before: Option<EntryRow> = batch.first(2)?;
    let before = before.filter(|entry| entry.number.is_some());
    let before = before.ok_or_else(Problem::not_found)?;
    if repeated {
        return Ok(Checked::Done(Box::new(before), true));
    }
    let contest: ContestRow = batch.first(1)?.ok_or_else(Problem::not_found)?;
    let belongs: Option<Belongs> = batch.first(3)?;
    if belongs.is_some_and(|row| row.belongs) {
        return Err(own_entry());
    }
    let rules = contest.rules()?.ok_or_else(Problem::not_found)?;
    require_checkable(before.state, &rules, visit.now)?;
    let act = Act {
        contest: &contest_id,
        act: match state {
            EntryState::Ineligible => "entry.found_ineligible",
            _ => "entry.found_eligible",
        },
        subject: format!("entry:{id}"),
        detail: json!({"reason": reason}),
    };
    let statements = vec![
        bind!(
            CHECK,
            visit.credential_hash(),
            visit.now,
            &contest_id,
            &id,
            before.version,
            state.word(),
            reason
        ),
        act.logged(visit),
        key.point_at(visit, &id),
        row(&contest_id, &id),
    ];
    match key.run(visit, statements).await? {
        Ran::Now(batch) if batch.changes(0) == 0 => Ok(Checked::MovedOn),
        Ran::Now(batch) => {
            let entry = batch.first(3)?.ok_or_else(Problem::not_found)?;
            Ok(Checked::Done(Box::new(entry), false))
        }
        Ran::Before(_) => Ok(Checked::MovedOn),
    }
}
