//! Who came where, as far as whoever asks may know.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::reading::{Heading, Results, asking, told};
use super::visible;
use crate::bind;
use crate::contests::entry_label;
use crate::contests::ranking::Ranked;
use crate::contests::rules::Key;
use crate::platform::db;
use crate::platform::problem::Problem;
use crate::platform::visit::Visit;

/// Where an entry came.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = ContestPlacing)]
pub struct Placed {
    /// The entry's number.
    #[schema(example = "E0001")]
    pub entry: String,
    /// What it is called; null while a blind stage is to come.
    pub title: Option<String>,
    /// Whose it is; null while a blind stage is to come.
    pub organization_name: Option<String>,
    /// Within its track, those who share one followed by a gap; null while stages are to
    /// come.
    #[schema(minimum = 1)]
    pub rank: Option<i64>,
    /// Of 100 points, with four decimals; null while stages are to come.
    #[schema(example = "87.5000")]
    pub total: Option<String>,
    /// Whether it goes on to the next stage.
    pub goes_on: bool,
    /// The key of the award it wins once the result is final.
    pub award: Option<String>,
    /// What it came to in each stage, how it stands to equals, and what people should talk
    /// about: the entry in the ranking; null while stages are to come.
    #[schema(value_type = Option<std::collections::HashMap<String, serde_json::Value>>)]
    pub ranked: Option<Ranked>,
}

#[derive(Deserialize)]
struct PlacedRow {
    place: i64,
    number: i64,
    title: Option<String>,
    organization_name: Option<String>,
    rank: Option<i64>,
    total: Option<String>,
    #[serde(deserialize_with = "db::truth")]
    goes_on: bool,
    award: Option<String>,
    #[serde(deserialize_with = "as_ranked")]
    ranked: Option<Ranked>,
}

fn as_ranked<'de, D: serde::Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Ranked>, D::Error> {
    let text: Option<String> = Option::deserialize(deserializer)?;
    text.map(|text| serde_json::from_str(&text).map_err(serde::de::Error::custom))
        .transpose()
}

impl PlacedRow {
    fn shown(self) -> Placed {
        Placed {
            entry: entry_label(self.number),
            title: self.title,
            organization_name: self.organization_name,
            rank: self.rank,
            total: self.total,
            goes_on: self.goes_on,
            award: self.award,
            ranked: self.ranked,
        }
    }
}

/// `?6` track, `?7` from which place on, `?8` how many, `?9` whether only those people should
/// talk about. In the order of the ranking; where only who goes on is told, in the order of
/// numbers.
const PLACED: &str = concat!(
    visible!(),
    "
SELECT CAST(x.key AS INTEGER) AS place, e.number, iif(v.named, e.title, NULL) AS title,
  iif(v.named, o.name, NULL) AS organization_name, p.rank, p.total, p.goes_on, p.award, x.value AS ranked
FROM visible v
JOIN contest_result_track t ON t.contest_id = v.contest_id AND t.stage = v.stage AND t.version = v.version AND t.track = ?6
CROSS JOIN json_each(t.ranking, '$.entries') x
CROSS JOIN contest_entry e ON e.contest_id = v.contest_id AND e.number = CAST(substr(x.value ->> 'entry', 2) AS INTEGER)
JOIN organization o ON o.id = e.organization_id
JOIN contest_placing p ON p.contest_id = v.contest_id AND p.stage = v.stage AND p.version = v.version AND p.entry_id = e.id
WHERE v.whole AND x.key >= ?7 AND (NOT ?9 OR json_array_length(x.value, '$.flags') > 0)
ORDER BY x.key
LIMIT ?8"
);

const GOING_ON: &str = concat!(
    visible!(),
    "
SELECT e.number AS place, e.number, iif(v.named, e.title, NULL) AS title,
  iif(v.named, o.name, NULL) AS organization_name, NULL AS rank, NULL AS total, p.goes_on, NULL AS award, NULL AS ranked
FROM visible v
JOIN contest_entry e ON e.contest_id = v.contest_id AND e.track = ?6 AND e.number >= ?7
JOIN organization o ON o.id = e.organization_id
JOIN contest_placing p ON p.contest_id = v.contest_id AND p.stage = v.stage AND p.version = v.version AND p.entry_id = e.id
WHERE NOT v.whole AND p.goes_on = 1 AND NOT ?9
ORDER BY e.number
LIMIT ?8"
);

/// Some of a track's placings.
#[derive(Debug)]
pub struct Placings {
    /// The result and the contest.
    pub results: Results,
    /// In the order of the ranking, or of numbers while stages are to come.
    pub items: Vec<Placed>,
    /// From which place on the next page is.
    pub next: Option<i64>,
}

impl Placings {
    /// The result.
    pub fn heading(&self) -> Result<&Heading, Problem> {
        self.results.items.first().ok_or_else(Problem::not_found)
    }
}

/// Which placings to read.
#[derive(Clone, Copy, Debug)]
pub struct Which<'a> {
    /// Of this stage,
    pub stage: &'a Key,
    /// of this version,
    pub version: i64,
    /// in this track,
    pub track: &'a str,
    /// from this place on,
    pub from: i64,
    /// so many,
    pub limit: i64,
    /// of those that people should talk about only.
    pub flagged: bool,
}

/// Placings of a track, to whoever may know of them.
pub async fn placings(visit: &Visit, contest: Uuid, which: Which<'_>) -> Result<Placings, Problem> {
    let of = |sql: &'static str| {
        bind!(
            sql,
            visit.credential_hash(),
            visit.now,
            contest,
            which.stage.as_str(),
            which.version,
            which.track,
            which.from,
            which.limit + 1,
            which.flagged
        )
    };
    let one = Some((which.stage.as_str(), which.version));
    let mut statements = asking(visit, contest, one);
    statements.extend([of(PLACED), of(GOING_ON)]);
    let batch = visit.db.batch(statements).await?;
    let results = told(visit, &batch)?;
    let known = results.items.first().is_some_and(|heading| {
        let mut tracks = heading.tracks.iter();
        tracks.any(|track| track.track == which.track)
    });
    if !known {
        return Err(Problem::not_found());
    }
    let mut placed: Vec<PlacedRow> = batch.rows(3)?;
    placed.extend(batch.rows::<PlacedRow>(4)?);
    let limit = usize::try_from(which.limit).unwrap_or(usize::MAX);
    let next = placed.get(limit).map(|row| row.place);
    placed.truncate(limit);
    Ok(Placings {
        results,
        items: placed.into_iter().map(PlacedRow::shown).collect(),
        next,
    })
}
