//! What judges said of an entry.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::bind;
use crate::contests::judge_label;
use crate::contests::judging::store::caller;
use crate::platform::db::{Batch, DbError, Statement};
use crate::platform::visit::Visit;

/// Comments `b` of ballots that count, of stages that have closed.
macro_rules! said {
    () => {
        "
SELECT b.stage, b.judge, b.comment
FROM contest_counted_ballot b
JOIN contest_stage s ON s.contest_id = b.contest_id AND s.stage = b.stage
WHERE b.comment <> '' AND s.closes_at <= ?2
  AND (EXISTS (
    SELECT 1 FROM contest_result f WHERE f.contest_id = b.contest_id AND f.final_at IS NOT NULL)"
    };
}

/// `?4` entry: to those who approve results and watch over them as soon as a stage has
/// closed, to others once the result is final.
const TO_OVERSEERS: &str = concat!(
    "WITH ",
    caller!(),
    said!(),
    "
    OR EXISTS (SELECT 1 FROM caller WHERE reads AND NOT interested))
  AND b.contest_id = ?3 AND b.entry_id = ?4
ORDER BY s.place, b.judge"
);

/// `?1` entry, `?2` now: to its organization.
const TO_ENTRANT: &str = concat!(
    said!(),
    ")
  AND b.entry_id = ?1
ORDER BY s.place, b.judge"
);

#[derive(Deserialize)]
struct Row {
    stage: String,
    judge: i64,
    comment: String,
}

/// What a judge said of an entry.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct JudgeComment {
    /// The key of the stage.
    #[schema(example = "paper")]
    pub stage: String,
    /// The judge, by pseudonym.
    #[schema(example = "J07")]
    pub judge: String,
    /// Their words.
    #[schema(example = "需求调研扎实，成效数据可再细化。")]
    pub comment: String,
}

/// The statement that reads them for those who oversee the contest.
pub fn to_overseers(visit: &Visit, contest: &str, entry: &str) -> Statement {
    let caller = visit.credential_hash();
    bind!(TO_OVERSEERS, caller, visit.now, contest, entry)
}

/// The statement that reads them for the organization that entered.
pub fn to_entrant(visit: &Visit, entry: &str) -> Statement {
    bind!(TO_ENTRANT, entry, visit.now)
}

/// Rows of either.
pub fn comments(batch: &Batch, at: usize) -> Result<Vec<JudgeComment>, DbError> {
    let rows: Vec<Row> = batch.rows(at)?;
    let comment = |row: Row| JudgeComment {
        judge: judge_label(row.judge),
        stage: row.stage,
        comment: row.comment,
    };
    Ok(rows.into_iter().map(comment).collect())
}
