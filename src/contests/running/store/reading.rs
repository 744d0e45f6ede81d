//! Contests as they are read.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::{Standing, standing, stands};
use crate::bind;
use crate::contests::ContestState;
use crate::contests::log::store::{Head, heading};
use crate::contests::rules::Rules;
use crate::platform::clock::Instant;
use crate::platform::db::{Batch, Statement};
use crate::platform::problem::Problem;
use crate::platform::visit::Visit;

/// A contest as it stands.
#[derive(Clone, Debug, Deserialize)]
pub struct ContestRow {
    /// UUIDv7.
    pub id: String,
    /// Whose it is; none where it is an office's.
    pub organization_id: Option<String>,
    /// Whether that organization is verified; where there is none, it is nobody's question.
    #[serde(deserialize_with = "crate::platform::db::truth")]
    pub verified: bool,
    /// Division code.
    pub region: String,
    /// The division's name.
    pub region_name: String,
    /// What the public reads as its organizer.
    pub office: String,
    /// Its name.
    pub name: String,
    /// What it is about.
    pub about: String,
    /// Where it stands.
    pub state: ContestState,
    /// Why it was called off.
    pub state_reason: Option<String>,
    /// Rises with each change.
    pub version: i64,
    draft: Option<String>,
    /// Of the rules in force; 0 before there are any.
    pub rules_version: i64,
    rules: Option<String>,
    /// SHA-256 of the rules in force.
    pub rules_hash: Option<String>,
    /// When it was prepared.
    pub created_at: Instant,
    /// When its rules were published first.
    pub announced_at: Option<Instant>,
}

impl ContestRow {
    /// The rules as they are being written.
    pub fn draft(&self) -> Result<Option<Rules>, Problem> {
        self.draft.as_deref().map(Rules::stored).transpose()
    }

    /// The rules in force.
    pub fn rules(&self) -> Result<Option<Rules>, Problem> {
        self.rules.as_deref().map(Rules::stored).transpose()
    }
}

/// Rules that were published.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[schema(as = ContestPublication)]
pub struct Published {
    /// From 1.
    pub version: i64,
    /// SHA-256 of their text, in hexadecimal.
    pub hash: String,
    /// Why they were amended; null for the first.
    pub reason: Option<String>,
    /// When, RFC 3339.
    #[schema(value_type = String, format = "date-time")]
    pub published_at: Instant,
}

/// A contest `t` as it stands.
macro_rules! contest_columns {
    () => {
        "
SELECT t.id, t.organization_id, coalesce(o.state = 'verified', 1) AS verified, t.region,
  r.full_name AS region_name, t.office, t.name, t.about, t.state, t.state_reason, t.version, t.draft,
  t.rules_version, k.document AS rules, k.hash AS rules_hash, t.created_at, t.announced_at
FROM contest t
JOIN region r ON r.code = t.region
LEFT JOIN organization o ON o.id = t.organization_id
LEFT JOIN contest_rules k ON k.contest_id = t.id AND k.version = t.rules_version
"
    };
}
pub(crate) use contest_columns;

const CONTEST: &str = concat!(contest_columns!(), "WHERE t.id = ?1");

const PUBLISHED: &str = "
SELECT version, hash, reason, published_at FROM contest_rules WHERE contest_id = ?1 ORDER BY version";

/// The statement that reads a contest, whoever asks.
pub fn contest(id: &str) -> Statement {
    bind!(CONTEST, id)
}

/// The statements that read a contest and who asks, for [`seen`].
pub(super) fn seeing(visit: &Visit, id: &str) -> [Statement; 3] {
    [standing(visit, id), contest(id), bind!(PUBLISHED, id)]
}

/// A contest, and what whoever asks is in it.
#[derive(Debug)]
pub struct Seen {
    /// What they are.
    pub standing: Standing,
    /// The contest.
    pub contest: ContestRow,
    /// Its rules, as they were published.
    pub published: Vec<Published>,
}

/// Rows of [`seeing`], from `at` on; `not_found` for those who may not know of it.
pub(super) fn seen(batch: &Batch, at: usize) -> Result<Seen, Problem> {
    let standing = stands(batch, at)?;
    let contest: Option<ContestRow> = batch.first(at + 1)?;
    let contest = contest.filter(|_| standing.sees());
    Ok(Seen {
        standing,
        contest: contest.ok_or_else(Problem::not_found)?,
        published: batch.rows(at + 2)?,
    })
}

/// One contest.
pub async fn one(visit: &Visit, id: Uuid) -> Result<Seen, Problem> {
    let statements = seeing(visit, &id.to_string());
    let batch = visit.db.batch(statements.into()).await?;
    seen(&batch, 0)
}

/// One contest, and how far its log is chained; that of a draft is nobody's to read.
pub async fn with_log(visit: &Visit, id: Uuid) -> Result<(Seen, Option<Head>), Problem> {
    let id = id.to_string();
    let mut statements = Vec::from(seeing(visit, &id));
    statements.push(heading(&id));
    let batch = visit.db.batch(statements).await?;
    Ok((seen(&batch, 0)?, batch.first(3)?))
}

const RULES_TEXT: &str = "
SELECT document FROM contest_rules WHERE contest_id = ?1 AND version = ?2";

/// Rules as they were published, to the byte.
pub async fn rules_text(visit: &Visit, id: Uuid, version: i64) -> Result<Option<String>, Problem> {
    #[derive(Deserialize)]
    struct Row {
        document: String,
    }
    let row: Option<Row> = visit.db.first(bind!(RULES_TEXT, id, version)).await?;
    Ok(row.map(|row| row.document))
}

/// A contest in a list.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
pub struct ContestLine {
    /// UUIDv7.
    #[schema(format = "uuid")]
    pub id: String,
    /// Its name.
    #[schema(example = "赣州市志愿服务项目大赛")]
    pub name: String,
    /// Who organizes it.
    #[schema(example = "赣州市民政局")]
    pub office: String,
    /// Division code.
    #[schema(example = "3607")]
    pub region: String,
    /// The division's name.
    #[schema(example = "赣州市")]
    pub region_name: String,
    /// Where it stands.
    pub state: ContestState,
    /// When entries are taken from, RFC 3339; null before its rules are published.
    #[schema(value_type = Option<String>, format = "date-time")]
    pub entries_open_at: Option<Instant>,
    /// Until when, RFC 3339.
    #[schema(value_type = Option<String>, format = "date-time")]
    pub entries_close_at: Option<Instant>,
    /// When its last stage closes, RFC 3339.
    #[schema(value_type = Option<String>, format = "date-time")]
    pub ends_at: Option<Instant>,
}

macro_rules! line {
    () => {
        "
SELECT t.id, t.name, t.office, t.region, r.full_name AS region_name, t.state, t.entries_open_at,
  t.entries_close_at, t.ends_at
FROM contest t
JOIN region r ON r.code = t.region
"
    };
}

/// `?1` division, `?2` the last of the page before, `?3` how many. A division has the
/// contests within it and those of the divisions it lies in.
const LIST: &str = concat!(
    line!(),
    "WHERE t.announced_at IS NOT NULL AND (?2 IS NULL OR t.id < ?2)
  AND (?1 IS NULL OR substr(t.region, 1, length(?1)) = ?1 OR substr(?1, 1, length(t.region)) = t.region)
ORDER BY t.id DESC
LIMIT ?3"
);

/// Which contests to list.
#[derive(Debug, Default)]
pub struct Filter {
    /// In this division.
    pub region: Option<String>,
    /// After this one.
    pub after: Option<Uuid>,
    /// How many.
    pub limit: i64,
}

fn listing(filter: &Filter) -> Statement {
    let region = filter.region.as_deref();
    bind!(LIST, region, filter.after, filter.limit + 1)
}

fn cut(mut items: Vec<ContestLine>, limit: i64) -> (Vec<ContestLine>, Option<String>) {
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let more = items.len() > limit;
    items.truncate(limit);
    let next = items.last().filter(|_| more).map(|line| line.id.clone());
    (items, next)
}

/// Published contests, the newest first; and the last of them unless it is the last of all.
pub async fn list(
    visit: &Visit,
    filter: &Filter,
) -> Result<(Vec<ContestLine>, Option<String>), Problem> {
    let items = visit.db.rows(listing(filter)).await?;
    Ok(cut(items, filter.limit))
}

/// Contests whoever presents the session `?1` at `?2` runs or has an office in; `?3` how
/// many.
const MINE: &str = concat!(
    "WITH asker AS (
  SELECT v.id AS volunteer_id, v.phone_hash
  FROM session c JOIN volunteer v ON v.id = c.volunteer_id
  WHERE c.token_hash = ?1 AND c.expires_at > ?2),
mine AS (
  SELECT t.id
  FROM asker a
  JOIN member m ON m.volunteer_id = a.volunteer_id AND m.role IN ('owner', 'manager')
  JOIN contest t ON t.organization_id = m.organization_id
  UNION
  SELECT t.id
  FROM asker a
  JOIN coordinator k ON k.phone_hash = a.phone_hash
  JOIN contest t ON t.region >= k.region AND t.region < k.region || ':'
  WHERE t.organization_id IS NULL
  UNION
  SELECT f.contest_id
  FROM asker a JOIN contest_officer f ON f.phone_hash = a.phone_hash
  WHERE f.ended_at IS NULL)",
    line!(),
    "WHERE t.id IN (SELECT id FROM mine)
ORDER BY t.id DESC
LIMIT ?3"
);

/// Where one might hold a contest.
const HOSTS: &str = "
SELECT o.id, o.name
FROM session c
JOIN member m ON m.volunteer_id = c.volunteer_id AND m.role IN ('owner', 'manager')
JOIN organization o ON o.id = m.organization_id
WHERE c.token_hash = ?1 AND c.expires_at > ?2 AND o.state = 'verified'
ORDER BY o.name
LIMIT 50";

/// An organization that may hold a contest.
#[derive(Clone, Debug, Deserialize)]
pub struct Host {
    /// UUIDv7.
    pub id: String,
    /// Its name.
    pub name: String,
}

/// The caller's own contests, and in whose name they may prepare another.
#[derive(Debug)]
pub struct Mine {
    /// The newest first.
    pub contests: Vec<ContestLine>,
    /// Organizations.
    pub organizations: Vec<Host>,
    /// Divisions they coordinate.
    pub regions: Vec<crate::regions::Region>,
}

fn own(visit: &Visit) -> [Statement; 3] {
    let caller = visit.credential_hash();
    [
        bind!(MINE, &caller, visit.now, 50),
        bind!(HOSTS, &caller, visit.now),
        crate::coordination::store::own_regions(visit),
    ]
}

/// What the page of contests shows: published ones, and the caller's own.
pub async fn overview(
    visit: &Visit,
    filter: &Filter,
) -> Result<((Vec<ContestLine>, Option<String>), Mine), Problem> {
    let mut statements = vec![listing(filter)];
    statements.extend(own(visit));
    let batch = visit.db.batch(statements).await?;
    let mine = Mine {
        contests: batch.rows(1)?,
        organizations: batch.rows(2)?,
        regions: batch.rows(3)?,
    };
    Ok((cut(batch.rows(0)?, filter.limit), mine))
}
