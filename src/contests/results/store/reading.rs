//! Results as they are read.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::objecting::{self, ObjectionPage};
use crate::bind;
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

/// The statements that read what [`told`] tells: of one result when it is said which.
pub(super) fn asking(visit: &Visit, contest: Uuid, one: Option<(&str, i64)>) -> Vec<Statement> {
    vec![
        Caller::at_the_door(visit, contest),
        contest_row(&contest.to_string()),
        heading(visit, contest, one),
    ]
}

/// Out of the first rows of a batch.
pub(super) fn told(visit: &Visit, batch: &Batch) -> Result<Results, Problem> {
    let caller = Caller::perhaps(batch, 0)?;
    let row: Option<ContestRow> = batch.first(1)?;
    let oversees = caller.as_ref().is_some_and(Caller::reads);
    let row = row.filter(|row| row.announced_at.is_some() || oversees);
    Ok(Results {
        contest: row.ok_or_else(Problem::not_found)?,
        rights: caller.as_ref().map_or_else(Rights::default, Caller::rights),
        signed_in: caller.is_some(),
        oversees,
        items: of_batch(visit, batch, 2)?,
    })
}

/// What may be known of a contest's results by whoever asks; of one when it is said which.
pub async fn results(
    visit: &Visit,
    contest: Uuid,
    one: Option<(&Key, i64)>,
) -> Result<Results, Problem> {
    let one = one.map(|(stage, version)| (stage.as_str(), version));
    let batch = visit.db.batch(asking(visit, contest, one)).await?;
    told(visit, &batch)
}

/// The same of all, with objections after a number, so many.
pub async fn with_objections(
    visit: &Visit,
    contest: Uuid,
    after: i64,
    limit: i64,
) -> Result<(Results, ObjectionPage), Problem> {
    let mut statements = asking(visit, contest, None);
    statements.push(objecting::listing(visit, contest, after, limit));
    let batch = visit.db.batch(statements).await?;
    let results = told(visit, &batch)?;
    Ok((results, objecting::listed(&batch, 3, limit)?))
}
