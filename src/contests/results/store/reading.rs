//! Results as they are read.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use super::visible;
use crate::bind;
use crate::contests::entry_label;
use crate::contests::judging::store::{Caller, Rights, caller};
use crate::contests::results::ResultState;
use crate::contests::rules::Key;
use crate::contests::running::store::{ContestRow, contest as contest_row};
use crate::platform::clock::Instant;
use crate::platform::db::{self, Batch, Statement};
use crate::platform::problem::Problem;
use crate::platform::visit::Visit;

/// `?4` stage and `?5` version; all when null. Drafts are for those who read them.
const HEADINGS: &str = concat!(
    "WITH ",
    caller!(),
    ",
reader AS (SELECT 1 FROM caller WHERE reads AND NOT interested)
SELECT r.stage, r.version, r.hash, r.document, r.reason, r.drawn_at, r.published_at, r.notice_until, r.final_at,
  (SELECT count(*) FROM contest_result_approval p
   WHERE p.contest_id = r.contest_id AND p.stage = r.stage AND p.version = r.version) AS approvals,
  EXISTS (
    SELECT 1 FROM contest_result_approval p JOIN caller a ON a.volunteer_id = p.volunteer_id
    WHERE p.contest_id = r.contest_id AND p.stage = r.stage AND p.version = r.version) AS own_approval,
  EXISTS (
    SELECT 1 FROM contest_result n
    WHERE n.contest_id = r.contest_id AND n.stage = r.stage AND n.version > r.version
      AND (n.published_at IS NOT NULL OR r.published_at IS NULL)) AS superseded,
  EXISTS (SELECT 1 FROM reader) AS reads
FROM contest_result r
WHERE r.contest_id = ?3 AND (?4 IS NULL OR r.stage = ?4 AND r.version = ?5)
  AND (EXISTS (SELECT 1 FROM reader) OR r.published_at IS NOT NULL AND EXISTS (
    SELECT 1 FROM contest k WHERE k.id = r.contest_id AND k.state = 'announced'))
ORDER BY r.drawn_at DESC, r.version DESC"
);

#[derive(Deserialize)]
struct Row {
    stage: String,
    version: i64,
    hash: String,
    #[serde(deserialize_with = "db::json")]
    document: Document,
    reason: Option<String>,
    drawn_at: Instant,
    published_at: Option<Instant>,
    notice_until: Option<Instant>,
    final_at: Option<Instant>,
    approvals: i64,
    #[serde(deserialize_with = "db::truth")]
    own_approval: bool,
    #[serde(deserialize_with = "db::truth")]
    superseded: bool,
    #[serde(deserialize_with = "db::truth")]
    reads: bool,
}

#[derive(Deserialize)]
struct Document {
    tracks: Vec<ResultTrack>,
    short: Vec<ShortEntry>,
}

/// A track of a result, by its hashes.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
pub struct ResultTrack {
    /// The track's key.
    #[schema(example = "education")]
    pub track: String,
    /// SHA-256 of the sheet that the ranking follows from.
    #[schema(pattern = "^[0-9a-f]{64}$")]
    pub sheet: String,
    /// SHA-256 of the ranking.
    #[schema(pattern = "^[0-9a-f]{64}$")]
    pub ranking: String,
}

/// An entry with fewer ballots than the rules say.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
pub struct ShortEntry {
    /// Its number.
    #[schema(example = "E0001")]
    pub entry: String,
    /// How many count.
    pub ballots: i64,
}

/// A result without its placings.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = ContestResult)]
pub struct Heading {
    /// The stage it is of.
    #[schema(example = "roadshow")]
    pub stage: String,
    /// Its version within the stage, from 1.
    #[schema(example = 1)]
    pub version: i64,
    /// Where it stands.
    pub state: ResultState,
    /// SHA-256 of its document, in hexadecimal: what was approved.
    #[schema(pattern = "^[0-9a-f]{64}$")]
    pub hash: String,
    /// Why it was drawn up again; null for the first.
    pub reason: Option<String>,
    /// When it was drawn up, RFC 3339.
    #[schema(value_type = String, format = "date-time")]
    pub drawn_at: Instant,
    /// How many people stand for it; two publish it.
    pub approvals: i64,
    /// When it was published, RFC 3339.
    #[schema(value_type = Option<String>, format = "date-time")]
    pub published_at: Option<Instant>,
    /// Of the last stage: objections are taken before this, RFC 3339.
    #[schema(value_type = Option<String>, format = "date-time")]
    pub notice_until: Option<Instant>,
    /// When it became final, RFC 3339.
    #[schema(value_type = Option<String>, format = "date-time")]
    pub final_at: Option<Instant>,
    /// Its tracks.
    pub tracks: Vec<ResultTrack>,
    /// Entries of the stage with fewer ballots than the rules say; none are told while stages
    /// are to come.
    pub short: Vec<ShortEntry>,
    /// Whether whoever asks has approved it.
    #[serde(skip)]
    pub own_approval: bool,
}

impl Heading {
    fn of(row: Row, now: Instant) -> Self {
        let state = match (row.published_at, row.final_at, row.notice_until) {
            _ if row.superseded => ResultState::Superseded,
            (None, _, _) => ResultState::Sealed,
            (Some(_), Some(_), _) => ResultState::Final,
            (Some(_), None, None) => ResultState::Published,
            (Some(_), None, Some(until)) if now < until => ResultState::OnNotice,
            (Some(_), None, Some(_)) => ResultState::NoticeOver,
        };
        let on_the_way = row.notice_until.is_none();
        Self {
            state,
            stage: row.stage,
            version: row.version,
            hash: row.hash,
            reason: row.reason,
            drawn_at: row.drawn_at,
            approvals: row.approvals,
            published_at: row.published_at,
            notice_until: row.notice_until,
            final_at: row.final_at,
            tracks: row.document.tracks,
            short: match on_the_way && !row.reads {
                true => Vec::new(),
                false => row.document.short,
            },
            own_approval: row.own_approval,
        }
    }
}

/// The statement that reads results: the one of a stage with a version, or all.
pub(super) fn heading(visit: &Visit, contest: Uuid, one: Option<(&str, i64)>) -> Statement {
    bind!(
        HEADINGS,
        visit.credential_hash(),
        visit.now,
        contest,
        one.map(|(stage, _)| stage),
        one.map(|(_, version)| version)
    )
}

/// Rows of [`heading`], the newest first.
pub(super) fn of_batch(visit: &Visit, batch: &Batch, at: usize) -> Result<Vec<Heading>, Problem> {
    let rows: Vec<Row> = batch.rows(at)?;
    let now = visit.now;
    Ok(rows.into_iter().map(|row| Heading::of(row, now)).collect())
}

/// What may be known of a contest's results.
#[derive(Debug)]
pub struct Results {
    /// The contest.
    pub contest: ContestRow,
    /// What whoever asks may do.
    pub rights: Rights,
    /// Whether they are signed in.
    pub signed_in: bool,
    /// Whether they run the contest or watch over it.
    pub oversees: bool,
    /// The newest first.
    pub items: Vec<Heading>,
}

/// What may be known of a contest's results by whoever asks; of one when it is said which.
pub async fn results(
    visit: &Visit,
    contest: Uuid,
    one: Option<(&Key, i64)>,
) -> Result<Results, Problem> {
    let one = one.map(|(stage, version)| (stage.as_str(), version));
    let batch = visit
        .db
        .batch(vec![
            Caller::at_the_door(visit, contest),
            contest_row(&contest.to_string()),
            heading(visit, contest, one),
        ])
        .await?;
    let caller = Caller::perhaps(&batch, 0)?;
    let row: Option<ContestRow> = batch.first(1)?;
    let oversees = caller.as_ref().is_some_and(Caller::reads);
    let row = row.filter(|row| row.announced_at.is_some() || oversees);
    Ok(Results {
        contest: row.ok_or_else(Problem::not_found)?,
        rights: caller.as_ref().map_or_else(Rights::default, Caller::rights),
        signed_in: caller.is_some(),
        oversees,
        items: of_batch(visit, &batch, 2)?,
    })
}

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
    #[schema(value_type = Option<std::collections::HashMap<String, Value>>)]
    pub ranked: Option<Value>,
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
    ranked: Option<String>,
}

impl PlacedRow {
    fn shown(self) -> Placed {
        let ranked = self.ranked.as_deref();
        Placed {
            entry: entry_label(self.number),
            title: self.title,
            organization_name: self.organization_name,
            rank: self.rank,
            total: self.total,
            goes_on: self.goes_on,
            award: self.award,
            ranked: ranked.and_then(|text| serde_json::from_str(text).ok()),
        }
    }
}

/// `?6` track, `?7` from which place on, `?8` how many. In the order of the ranking; where
/// only who goes on is told, in the order of numbers.
const PLACED: &str = concat!(
    visible!(),
    "
SELECT CAST(x.key AS INTEGER) AS place, e.number, iif(v.named, e.title, NULL) AS title,
  iif(v.named, o.name, NULL) AS organization_name, p.rank, p.total, p.goes_on, p.award, x.value AS ranked
FROM visible v
JOIN contest_result_track t ON t.contest_id = v.contest_id AND t.stage = v.stage AND t.version = v.version AND t.track = ?6
JOIN json_each(t.ranking, '$.entries') x
JOIN contest_entry e ON e.contest_id = v.contest_id AND e.number = CAST(substr(x.value ->> 'entry', 2) AS INTEGER)
JOIN organization o ON o.id = e.organization_id
JOIN contest_placing p ON p.contest_id = v.contest_id AND p.stage = v.stage AND p.version = v.version AND p.entry_id = e.id
WHERE v.whole AND x.key >= ?7
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
WHERE NOT v.whole AND p.goes_on = 1
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
    /// so many.
    pub limit: i64,
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
            which.limit + 1
        )
    };
    let one = Some((which.stage.as_str(), which.version));
    let batch = visit
        .db
        .batch(vec![
            Caller::at_the_door(visit, contest),
            contest_row(&contest.to_string()),
            heading(visit, contest, one),
            of(PLACED),
            of(GOING_ON),
        ])
        .await?;
    let caller = Caller::perhaps(&batch, 0)?;
    let row: Option<ContestRow> = batch.first(1)?;
    let items = of_batch(visit, &batch, 2)?;
    let known = items.first().is_some_and(|heading| {
        let mut tracks = heading.tracks.iter();
        tracks.any(|track| track.track == which.track)
    });
    let row = row.filter(|_| known).ok_or_else(Problem::not_found)?;
    let mut placed: Vec<PlacedRow> = batch.rows(3)?;
    placed.extend(batch.rows::<PlacedRow>(4)?);
    let limit = usize::try_from(which.limit).unwrap_or(usize::MAX);
    let next = placed.get(limit).map(|row| row.place);
    placed.truncate(limit);
    Ok(Placings {
        results: Results {
            contest: row,
            rights: caller.as_ref().map_or_else(Rights::default, Caller::rights),
            signed_in: caller.is_some(),
            oversees: caller.as_ref().is_some_and(Caller::reads),
            items,
        },
        items: placed.into_iter().map(PlacedRow::shown).collect(),
        next,
    })
}

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
