//! One's own records and totals, in one call.

use serde::Deserialize;

use super::{Version, version_columns};
use crate::bind;
use crate::hours::record::GradeTotal;
use crate::platform::db::{Batch, Statement};
use crate::platform::problem::Problem;
use crate::platform::visit::Visit;
use crate::volunteers::{Me, who};

/// `?1` session, `?2` now.
const TOTALS: &str = "
SELECT t.grade, t.minutes, t.records
FROM session c JOIN hours_total t ON t.volunteer_id = c.volunteer_id
WHERE c.token_hash = ?1 AND c.expires_at > ?2
ORDER BY t.grade";

/// What stands, the newest first, each with what it corrects. `?3` before which place in the
/// ledger, `?4` how many.
const MINE: &str = concat!(
    "
WITH RECURSIVE standing AS MATERIALIZED (
  SELECT r.seq
  FROM service_record r
  WHERE r.volunteer_id = (SELECT volunteer_id FROM session WHERE token_hash = ?1 AND expires_at > ?2)
    AND r.seq < ?3
    AND NOT EXISTS (SELECT 1 FROM service_record n WHERE n.supersedes = r.seq)
  ORDER BY r.seq DESC
  LIMIT ?4),
chain AS (
  SELECT seq AS head, seq FROM standing
  UNION ALL
  SELECT c.head, o.supersedes
  FROM chain c JOIN service_record o ON o.seq = c.seq
  WHERE o.supersedes IS NOT NULL)
SELECT h.head, ",
    version_columns!(),
    "JOIN chain h ON h.seq = r.seq
ORDER BY h.head DESC, r.seq DESC"
);

#[derive(Deserialize)]
struct Row {
    head: i64,
    #[serde(flatten)]
    version: Version,
}

/// A record that stands, and those it took the place of.
#[derive(Debug)]
pub struct Kept {
    /// What stands.
    pub newest: Version,
    /// What stood before it, the newest first.
    pub earlier: Vec<Version>,
}

/// Everything the page of one's own hours shows.
#[derive(Debug)]
pub struct Mine {
    /// Who is signed in.
    pub me: Me,
    /// Minutes by grade, those in force.
    pub totals: Vec<GradeTotal>,
    /// The newest first.
    pub records: Vec<Kept>,
    /// Before which place in the ledger the next page begins; none on the last.
    pub next: Option<i64>,
}

fn totals_of(visit: &Visit) -> Statement {
    bind!(TOTALS, visit.credential_hash(), visit.now)
}

/// The totals of whoever is signed in.
pub async fn totals(visit: &Visit) -> Result<Vec<GradeTotal>, Problem> {
    let batch = visit.db.batch(vec![who(visit), totals_of(visit)]).await?;
    batch.first::<Me>(0)?.ok_or_else(Problem::unauthenticated)?;
    Ok(batch.rows(1)?)
}

/// The totals and a page of the records of whoever is signed in.
pub async fn mine(visit: &Visit, before: i64, limit: usize) -> Result<Mine, Problem> {
    let most = i64::try_from(limit).unwrap_or(i64::MAX).saturating_add(1);
    let list = bind!(MINE, visit.credential_hash(), visit.now, before, most);
    let batch = visit
        .db
        .batch(vec![who(visit), totals_of(visit), list])
        .await?;
    let me = batch.first(0)?.ok_or_else(Problem::unauthenticated)?;
    let mut records = gathered(&batch, 2)?;
    let more = records.len() > limit;
    records.truncate(limit);
    let next = records
        .last()
        .filter(|_| more)
        .map(|last| last.newest.record.seq);
    Ok(Mine {
        me,
        totals: batch.rows(1)?,
        records,
        next,
    })
}

fn gathered(batch: &Batch, at: usize) -> Result<Vec<Kept>, Problem> {
    let mut records: Vec<Kept> = Vec::new();
    for row in batch.rows::<Row>(at)? {
        match records.last_mut() {
            Some(kept) if kept.newest.record.seq == row.head => kept.earlier.push(row.version),
            _ => records.push(Kept {
                newest: row.version,
                earlier: Vec::new(),
            }),
        }
    }
    Ok(records)
}
