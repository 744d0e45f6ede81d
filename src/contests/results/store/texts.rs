//! Results as files: every placing, and texts to the byte.

use serde::Deserialize;
use uuid::Uuid;

use super::visible;
use crate::bind;
use crate::contests::rules::Key;
use crate::contests::running::store::{ContestRow, contest as contest_row};
use crate::platform::problem::Problem;
use crate::platform::visit::Visit;

/// A row of the table of everything.
#[derive(Debug, Deserialize)]
pub struct TableRow {
    /// The key of its track.
    pub track: String,
    /// Within it.
    pub rank: i64,
    /// The entry's number.
    pub number: i64,
    /// What it is called.
    pub title: String,
    /// Whose it is.
    pub organization_name: String,
    /// Of 100 points.
    pub total: String,
    /// The key of what it wins.
    pub award: Option<String>,
}

const TABLE: &str = concat!(
    visible!(),
    "
SELECT e.track, p.rank, e.number, e.title, o.name AS organization_name, p.total, p.award
FROM visible v
JOIN contest_placing p ON p.contest_id = v.contest_id AND p.stage = v.stage AND p.version = v.version
JOIN contest_entry e ON e.id = p.entry_id
JOIN organization o ON o.id = e.organization_id
WHERE v.whole AND v.named
ORDER BY e.track, p.rank, e.number"
);

/// Every placing of a result of which all may be known, and its contest.
pub async fn table(
    visit: &Visit,
    contest: Uuid,
    (stage, version): (&Key, i64),
) -> Result<(ContestRow, Vec<TableRow>), Problem> {
    let (row, rows) = of_result(visit, contest, (stage, version), TABLE, &[]).await?;
    match rows.is_empty() {
        true => Err(Problem::not_found()),
        false => Ok((row, rows)),
    }
}

const DOCUMENT: &str = concat!(
    visible!(),
    "\nSELECT document AS text FROM visible WHERE whole"
);
/// `?6` track.
const SHEET: &str = concat!(
    visible!(),
    "
SELECT t.sheet AS text
FROM visible v
JOIN contest_result_track t ON t.contest_id = v.contest_id AND t.stage = v.stage AND t.version = v.version
WHERE v.whole AND t.track = ?6"
);
/// `?6` track.
const RANKING: &str = concat!(
    visible!(),
    "
SELECT t.ranking AS text
FROM visible v
JOIN contest_result_track t ON t.contest_id = v.contest_id AND t.stage = v.stage AND t.version = v.version
WHERE v.whole AND t.track = ?6"
);

/// A text of a result.
#[derive(Clone, Copy, Debug)]
pub enum Text<'a> {
    /// What was approved.
    Document,
    /// What a track's ranking follows from.
    Sheet(&'a str),
    /// A track's ranking.
    Ranking(&'a str),
}

#[derive(Deserialize)]
struct TextRow {
    text: String,
}

/// A text of a result to the byte, to whoever may know of it.
pub async fn text(
    visit: &Visit,
    contest: Uuid,
    one: (&Key, i64),
    text: Text<'_>,
) -> Result<String, Problem> {
    let (sql, track) = match text {
        Text::Document => (DOCUMENT, None),
        Text::Sheet(track) => (SHEET, Some(track)),
        Text::Ranking(track) => (RANKING, Some(track)),
    };
    let more: Vec<&str> = track.into_iter().collect();
    let (_, mut rows) = of_result::<TextRow>(visit, contest, one, sql, &more).await?;
    let row = rows.pop().ok_or_else(Problem::not_found)?;
    Ok(row.text)
}

async fn of_result<T: serde::de::DeserializeOwned>(
    visit: &Visit,
    contest: Uuid,
    (stage, version): (&Key, i64),
    sql: &'static str,
    more: &[&str],
) -> Result<(ContestRow, Vec<T>), Problem> {
    let stage = stage.as_str();
    let mut asked = bind!(
        sql,
        visit.credential_hash(),
        visit.now,
        contest,
        stage,
        version
    );
    for param in more {
        asked = asked.and(*param);
    }
    let statements = vec![contest_row(&contest.to_string()), asked];
    let batch = visit.db.batch(statements).await?;
    let row = batch.first(0)?.ok_or_else(Problem::not_found)?;
    Ok((row, batch.rows(1)?))
}
