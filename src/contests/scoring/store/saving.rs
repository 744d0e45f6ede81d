//! Saving a ballot: in, or refused with what was sent still in the judge's hands.

use serde_json::json;
use uuid::Uuid;

use super::{Ballot, Bench, Row, one};
use crate::bind;
use crate::contests::judging::store::{Caller, caller};
use crate::contests::roadshow::require_up;
use crate::contests::rules::Key;
use crate::contests::scoring::{Scores, check, open};
use crate::platform::problem::Problem;
use crate::platform::visit::Visit;

/// What a judge writes.
#[derive(Debug)]
pub struct Writing {
    /// By criterion.
    pub scores: Scores,
    /// Empty when there is none.
    pub comment: String,
    /// Whether it is handed in with this; what was handed in before stays so.
    pub hands_in: bool,
}

/// On which version something is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Basis {
    /// Whatever stands.
    Anything,
    /// One of these; 0 is that nothing stands.
    Versions(Vec<i64>),
}

impl Basis {
    fn holds(&self, version: i64) -> bool {
        match self {
            Self::Anything => true,
            Self::Versions(versions) => versions.contains(&version),
        }
    }

    /// As statements ask for it.
    fn param(&self) -> Option<String> {
        match self {
            Self::Anything => None,
            Self::Versions(versions) => Some(json!(versions).to_string()),
        }
    }
}

/// What is written where, if it may be and says something new. `?5` entry, `?6` scores, `?7`
/// comment, `?8` whether it is handed in, `?9` on which versions.
macro_rules! written {
    () => {
        concat!(
            desk!(),
            ",
written AS (
  SELECT d.*, iif(?8 OR d.submitted_at IS NOT NULL, ?2, NULL) AS handed_in
  FROM desk d
  WHERE d.entry_id = ?5 AND d.open
    AND (?9 IS NULL OR d.version IN (SELECT value FROM json_each(?9)))
    AND NOT (d.version > 0 AND d.scores = ?6 AND d.comment = ?7 AND (d.submitted_at IS NOT NULL OR NOT ?8))
    AND NOT EXISTS (
      SELECT 1 FROM json_each(?6) x
      WHERE NOT EXISTS (
        SELECT 1 FROM json_each(d.document, '$.criteria') c
        WHERE c.value ->> 'key' = x.key AND x.value BETWEEN c.value ->> 'min' AND c.value ->> 'max'))
    AND (NOT (?8 OR d.submitted_at IS NOT NULL) OR NOT EXISTS (
      SELECT 1 FROM json_each(d.document, '$.criteria') c
      WHERE NOT EXISTS (SELECT 1 FROM json_each(?6) x WHERE x.key = c.value ->> 'key'))))"
        )
    };
}

const REVISE: &str = concat!(
    written!(),
    "
UPDATE contest_ballot SET scores = ?6, comment = ?7, saved_at = ?2, version = contest_ballot.version + 1,
  submitted_at = coalesce(contest_ballot.submitted_at, w.handed_in),
  before = json_object('scores', json(contest_ballot.scores), 'comment', contest_ballot.comment)
FROM written w
WHERE contest_ballot.contest_id = w.contest_id AND contest_ballot.stage = w.stage
  AND contest_ballot.entry_id = w.entry_id AND contest_ballot.judge_id = w.judge_id"
);

const BEGIN: &str = concat!(
    written!(),
    "
INSERT INTO contest_ballot (contest_id, stage, entry_id, judge_id, scores, comment, submitted_at, version, saved_at)
SELECT w.contest_id, w.stage, w.entry_id, w.judge_id, ?6, ?7, w.handed_in, 1, ?2
FROM written w
WHERE w.version = 0"
);

/// Right after a ballot was written, if it is handed in: `?10` the request.
const HANDED_IN: &str = concat!(
    desk!(),
    "
INSERT INTO contest_log (contest_id, at, actor, act, subject, detail, request_id)
SELECT d.contest_id, ?2, 'judge:' || d.judge_id, 'ballot.handed_in', 'entry:' || d.entry_id,
  json_object('stage', d.stage, 'version', d.version, 'scores', json(d.scores)), ?10
FROM desk d
WHERE changes() > 0 AND d.entry_id = ?5 AND d.submitted_at IS NOT NULL"
);

/// What came of saving.
#[derive(Debug)]
pub enum Saved {
    /// It stands, now or before.
    Stands(Ballot),
    /// Something else stands, of another version than it was written on.
    Changed(Ballot),
}

/// Saves what a judge writes of an entry on their desk. Sending the same again changes
/// nothing.
pub async fn save(
    visit: &Visit,
    contest: Uuid,
    stage: &Key,
    entry: Uuid,
    writing: &Writing,
    basis: &Basis,
) -> Result<Saved, Problem> {
    let entry = entry.to_string();
    let write = |sql: &'static str| {
        bind!(
            sql,
            visit.credential_hash(),
            visit.now,
            contest,
            stage.as_str(),
            &entry,
            json!(writing.scores).to_string(),
            &*writing.comment,
            writing.hands_in,
            basis.param(),
        )
    };
    // What counts is logged: what was handed in, each time it changes.
    let log = || write(HANDED_IN).and(&*visit.request_id);
    let statements = vec![
        Caller::at_the_door(visit, contest),
        one(visit, contest, stage, &entry),
        write(REVISE),
        log(),
        write(BEGIN),
        log(),
        one(visit, contest, stage, &entry),
    ];
    let batch = visit.db.batch(statements).await?;
    let bench = Bench::of(&batch, stage)?;
    let before: Row = batch.first(1)?.ok_or_else(Problem::not_found)?;
    let after: Row = batch.first(6)?.ok_or_else(Problem::not_found)?;
    let stands = Ballot::of(&after);
    if after.version > before.version {
        return Ok(Saved::Stands(stands));
    }
    let whole = writing.hands_in || before.submitted_at.is_some();
    let same = before.scores == writing.scores
        && before.comment == writing.comment
        && (before.submitted_at.is_some() || !writing.hands_in)
        && before.version > 0;
    if same {
        return Ok(Saved::Stands(stands));
    }
    open(bench.stage()?, visit.now)?;
    require_up(bench.stage()?, before.floor)?;
    check(bench.stage()?, &writing.scores, whole).map_err(Problem::invalid)?;
    match basis.holds(before.version) {
        false => Ok(Saved::Changed(stands)),
        true => Err(Problem::internal(
            "a ballot was not saved and nothing refused",
        )),
    }
}
