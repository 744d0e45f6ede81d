//! Getting on with an import: lines are taken, and settled in the transaction that
//! publishes them, so that whoever breaks off anywhere leaves no line half done and none
//! done twice.

use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::bind;
use crate::imports::refusal::Refusal;
use crate::imports::{Format, LineOutcome};
use crate::organizations::Agent;
use crate::platform::clock::{Instant, MINUTE};
use crate::platform::db::{self, Db, DbError, Statement};
use crate::platform::visit::Visit;

/// Nobody else takes lines of an import for so long after somebody began, in
/// milliseconds. Two who do all the same only waste their time: one is told.
const LEASE: i64 = MINUTE / 2;

/// So many bytes of lines are taken at once, or a single line of more.
const A_HANDFUL: i64 = 500_000;

const CLAIM: &str = "
UPDATE import SET state = 'running', leased_until = ?1 + ?2, attempts = attempts + 1
WHERE id = (
  SELECT id FROM import
  WHERE state IN ('queued', 'running') AND leased_until <= ?1
  ORDER BY leased_until, id
  LIMIT 1)
RETURNING id, organization_id, upload_id, dry_run, actor, total, done, attempts,
  (SELECT u.format FROM upload u WHERE u.id = upload_id) AS format,
  (SELECT u.columns FROM upload u WHERE u.id = upload_id) AS headings";

/// An import somebody is at.
#[derive(Debug, Deserialize)]
pub struct Work {
    /// Its id.
    pub id: String,
    /// In whose name.
    pub organization_id: String,
    /// Of which file.
    pub upload_id: String,
    /// Whether it only shows what would happen.
    #[serde(deserialize_with = "db::truth")]
    pub dry_run: bool,
    /// By whom.
    pub actor: String,
    /// Projects in the file.
    pub total: i64,
    /// Projects it is done with.
    pub done: i64,
    /// How often somebody began since a line was done, this time included.
    pub attempts: i64,
    /// How the file is written.
    pub format: Format,
    /// The first row of a spreadsheet.
    #[serde(deserialize_with = "super::headings")]
    pub headings: Vec<String>,
}

/// Takes the import that has waited longest.
pub async fn claim(db: &Db, now: Instant) -> Result<Option<Work>, DbError> {
    db.first(bind!(CLAIM, now, LEASE)).await
}

const PUT_BACK: &str = "
UPDATE import SET leased_until = ?3, attempts = attempts - iif(?4, 0, 1)
WHERE id = ?1 AND done = ?2 AND attempts = ?5";

/// Lets go of an import without having done a line. It counts as an attempt when it may
/// have been the line's fault.
pub async fn put_back(db: &Db, work: &Work, now: Instant, counts: bool) -> Result<(), DbError> {
    let statement = bind!(PUT_BACK, &work.id, work.done, now, counts, work.attempts);
    db.run(statement).await.map(drop)
}

const LINES: &str = "
SELECT seq, line, source FROM upload_line
WHERE upload_id = ?1 AND seq > ?2 AND seq <= (
  SELECT max(seq) FROM (
    SELECT seq, sum(bytes) OVER (ORDER BY seq) AS so_far, ?2 + 1 AS first
    FROM upload_line
    WHERE upload_id = ?1 AND seq > ?2 AND seq <= ?2 + ?3)
  WHERE so_far <= ?4 OR seq = first)
ORDER BY seq";

/// A line that is to be done.
#[derive(Debug, Deserialize)]
pub struct Held {
    /// Its place among the projects of the file.
    pub seq: i64,
    /// Where it begins in the file.
    pub line: i64,
    /// None when it is too long to be taken.
    pub source: Option<String>,
}

/// The next lines of an import, and who stands behind it: none when they may not act any
/// more.
pub async fn lines(
    visit: &Visit,
    work: &Work,
    most: i64,
) -> Result<(Option<Agent>, Vec<Held>), DbError> {
    let batch = visit
        .db
        .batch(vec![
            Agent::still(&work.actor, visit.now, &work.organization_id),
            bind!(LINES, &work.upload_id, work.done, most, A_HANDFUL),
        ])
        .await?;
    Ok((batch.first(0)?, batch.rows(1)?))
}

const EARLIER: &str = "
SELECT reference, min(line) AS line FROM import_result
WHERE import_id = ?1 AND reference IN (SELECT value FROM json_each(?2))
GROUP BY reference";

/// On which lines of this import these names of projects stand already.
pub fn earlier_lines(work: &Work, references: &[&str]) -> Statement {
    bind!(EARLIER, &work.id, json!(references).to_string())
}

/// What became of a line.
#[derive(Debug, Serialize)]
pub struct LineResult {
    /// Its place among the projects of the file.
    pub seq: i64,
    /// Where it begins in the file.
    pub line: i64,
    /// The organization's own name for the project.
    pub reference: Option<String>,
    /// What became of it.
    pub outcome: LineOutcome,
    /// Why it was refused.
    pub refusal: Option<Refusal>,
}

const STAND_STILL: &str = "
INSERT INTO abort_if
SELECT 'import_overtaken'
WHERE NOT EXISTS (SELECT 1 FROM import WHERE id = ?1 AND state = 'running' AND done = ?2)";

const KEEP: &str = "
INSERT INTO import_result (import_id, seq, line, reference, outcome, refusal)
SELECT ?1, value ->> 'seq', value ->> 'line', value ->> 'reference', value ->> 'outcome', value ->> 'refusal'
FROM json_each(?2)";

const MOVE_ON: &str = "
UPDATE import
SET done = done + ?2 + ?3 + ?4 + ?5, created = created + ?2, replaced = replaced + ?3,
  unchanged = unchanged + ?4, refused = refused + ?5, attempts = 0, leased_until = ?6,
  state = iif(done + ?2 + ?3 + ?4 + ?5 = total, 'done', state),
  finished_at = iif(done + ?2 + ?3 + ?4 + ?5 = total, ?6, NULL)
WHERE id = ?1";

/// Settles lines: publishes what `publishing` does and writes down what became of each,
/// or nothing. Refused with `import_overtaken` when somebody else has done them, or the
/// import was called off; and as publishing is.
pub async fn settle(
    visit: &Visit,
    work: &Work,
    publishing: Vec<Statement>,
    results: &[LineResult],
) -> Result<(), DbError> {
    let count = |outcome| {
        let same = results.iter().filter(|result| result.outcome == outcome);
        i64::try_from(same.count()).unwrap_or(i64::MAX)
    };
    let mut statements = vec![bind!(STAND_STILL, &work.id, work.done)];
    statements.extend(publishing);
    statements.extend([
        bind!(KEEP, &work.id, json!(results).to_string()),
        bind!(
            MOVE_ON,
            &work.id,
            count(LineOutcome::Created),
            count(LineOutcome::Replaced),
            count(LineOutcome::Unchanged),
            count(LineOutcome::Refused),
            visit.now
        ),
    ]);
    visit.db.batch(statements).await.map(drop)
}
