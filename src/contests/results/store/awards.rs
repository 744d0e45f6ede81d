//! What was won.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::bind;
use crate::contests::entry_label;
use crate::contests::running::store::{ContestRow, contest as contest_row};
use crate::platform::clock::Instant;
use crate::platform::problem::Problem;
use crate::platform::visit::Visit;

/// `?1` contest, `?2` the entry's number; all when null. The highest award of each track
/// first.
const AWARDED: &str = "
SELECT e.number, e.title, e.track, e.organization_id, o.name AS organization_name, w.award, w.award_name,
  w.rank, w.awarded_at, w.stage, w.version, r.hash
FROM contest_awarded w
JOIN contest_entry e ON e.id = w.entry_id
JOIN organization o ON o.id = e.organization_id
JOIN contest_result r ON r.contest_id = w.contest_id AND r.stage = w.stage AND r.version = w.version
WHERE w.contest_id = ?1 AND (?2 IS NULL OR e.number = ?2)
ORDER BY e.track, w.rank, e.number";

#[derive(Deserialize)]
struct Row {
    number: i64,
    title: String,
    track: String,
    organization_id: String,
    organization_name: String,
    award: String,
    award_name: String,
    rank: i64,
    awarded_at: Instant,
    stage: String,
    version: i64,
    hash: String,
}

/// An award.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = ContestAwarded)]
pub struct Awarded {
    /// The entry's number.
    #[schema(example = "E0001")]
    pub entry: String,
    /// What it is called.
    pub title: String,
    /// The key of its track.
    #[schema(example = "education")]
    pub track: String,
    /// Who entered it.
    #[schema(format = "uuid")]
    pub organization_id: String,
    /// Their name.
    pub organization_name: String,
    /// The award's key in the rules.
    #[schema(example = "gold")]
    pub award: String,
    /// Its name.
    #[schema(example = "金奖")]
    pub award_name: String,
    /// Within its track.
    pub rank: i64,
    /// When it was given, RFC 3339.
    #[schema(value_type = String, format = "date-time")]
    pub awarded_at: Instant,
    /// By the result of this stage,
    #[schema(example = "roadshow")]
    pub stage: String,
    /// of this version,
    pub version: i64,
    /// whose document has this SHA-256.
    #[schema(pattern = "^[0-9a-f]{64}$")]
    pub hash: String,
}

/// What was won in a contest, and the contest; by one entry when its number is said.
pub async fn awarded(
    visit: &Visit,
    contest: Uuid,
    entry: Option<i64>,
) -> Result<(ContestRow, Vec<Awarded>), Problem> {
    let statements = vec![
        contest_row(&contest.to_string()),
        bind!(AWARDED, contest, entry),
    ];
    let batch = visit.db.batch(statements).await?;
    let row: Option<ContestRow> = batch.first(0)?;
    let row = row.filter(|row| row.announced_at.is_some());
    let rows: Vec<Row> = batch.rows(1)?;
    let items = rows.into_iter().map(|row| Awarded {
        entry: entry_label(row.number),
        title: row.title,
        track: row.track,
        organization_id: row.organization_id,
        organization_name: row.organization_name,
        award: row.award,
        award_name: row.award_name,
        rank: row.rank,
        awarded_at: row.awarded_at,
        stage: row.stage,
        version: row.version,
        hash: row.hash,
    });
    Ok((row.ok_or_else(Problem::not_found)?, items.collect()))
}
