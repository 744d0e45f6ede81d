//! Awarded entries with what became of them.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::purchases::{Purchase, purchase_columns};
use super::stories::{Story, story_columns};
use super::{Door, at_the_door, hosts};
use crate::bind;
use crate::contests::running::store::{ContestRow, contest};
use crate::platform::clock::Instant;
use crate::platform::db::{self, Statement};
use crate::platform::problem::Problem;
use crate::platform::visit::Visit;

/// An award, and the entry that won it.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
pub struct AwardedEntry {
    /// UUIDv7.
    #[schema(format = "uuid")]
    pub id: String,
    /// Its number.
    #[schema(example = 1)]
    pub number: i64,
    /// What it is called.
    #[schema(example = "冬日山村科学课")]
    pub title: String,
    /// Who entered it.
    #[schema(format = "uuid")]
    pub organization_id: String,
    /// Its name.
    pub organization_name: String,
    /// The key of its track.
    #[schema(example = "education")]
    pub track: String,
    /// The award's name.
    #[schema(example = "金奖")]
    pub award: String,
    /// Where it came in its track.
    #[schema(example = 1)]
    pub rank: i64,
    /// When, RFC 3339.
    #[schema(value_type = String, format = "date-time")]
    pub awarded_at: Instant,
}

/// Awarded entries of the contest `?1`, after the number `?2`, at most `?3`, in order; with
/// `?4` only those whose story may be published.
macro_rules! awarded {
    () => {
        "WITH awarded AS (
  SELECT a.contest_id, a.entry_id, e.number, e.title, e.organization_id, e.track, a.award_name, a.rank, a.awarded_at
  FROM contest_awarded a
  JOIN contest_entry e ON e.id = a.entry_id
  WHERE a.contest_id = ?1 AND e.number > ?2 AND (NOT ?4 OR EXISTS (
    SELECT 1 FROM contest_story s
    WHERE s.contest_id = a.contest_id AND s.entry_id = a.entry_id AND s.consented_at IS NOT NULL))
  ORDER BY e.number
  LIMIT ?3)
"
    };
}

const ENTRIES: &str = concat!(
    awarded!(),
    "
SELECT a.entry_id AS id, a.number, a.title, a.organization_id, o.name AS organization_name, a.track,
  a.award_name AS award, a.rank, a.awarded_at
FROM awarded a
JOIN organization o ON o.id = a.organization_id
ORDER BY a.number"
);

/// Six months after the end of a purchase `p` nothing is said of what it came to. `?5` today.
macro_rules! overdue {
    ($today:literal) => {
        concat!(
            "p.outcome IS NULL AND date(p.until_day, '+6 months') <= ",
            $today
        )
    };
}

/// The newest word on each purchase.
const PURCHASES: &str = concat!(
    awarded!(),
    "
SELECT p.entry_id, ",
    overdue!("?5"),
    " AS overdue, ",
    purchase_columns!(),
    "
FROM awarded a
JOIN contest_purchase p ON p.contest_id = a.contest_id AND p.entry_id = a.entry_id
WHERE p.version = (
  SELECT max(n.version) FROM contest_purchase n WHERE n.contest_id = p.contest_id AND n.entry_id = p.entry_id)"
);

/// Stories that may be published; with `?5` only those that were sent.
const STORIES: &str = concat!(
    awarded!(),
    "
SELECT s.entry_id, ",
    story_columns!(),
    "
FROM awarded a
JOIN contest_story s ON s.contest_id = a.contest_id AND s.entry_id = a.entry_id
WHERE s.consented_at IS NOT NULL AND (NOT ?5 OR EXISTS (
  SELECT 1 FROM contest_story_sending n WHERE n.contest_id = s.contest_id AND n.entry_id = s.entry_id))"
);

#[derive(Deserialize)]
struct PurchaseOf {
    entry_id: String,
    #[serde(deserialize_with = "db::truth")]
    overdue: bool,
    #[serde(flatten)]
    purchase: Purchase,
}

#[derive(Deserialize)]
struct StoryOf {
    entry_id: String,
    #[serde(flatten)]
    story: Story,
}

/// What became of an awarded entry.
#[derive(Clone, Debug)]
pub struct Became {
    /// The entry, and what it won.
    pub entry: AwardedEntry,
    /// The newest word on its purchase.
    pub purchase: Option<Purchase>,
    /// Whether it is time to say what that came to.
    pub overdue: bool,
    /// Its story.
    pub story: Option<Story>,
}

/// Which awarded entries, and what of them.
#[derive(Clone, Copy, Debug)]
pub struct Wanted {
    /// Those after this number.
    pub after: i64,
    /// How many.
    pub limit: i64,
}

/// Awarded entries of a contest.
#[derive(Debug)]
pub struct Listed {
    /// The contest.
    pub contest: ContestRow,
    /// In the order of their numbers.
    pub items: Vec<Became>,
    /// The last number, unless it is the last of all.
    pub next: Option<i64>,
}

/// What is read of stories.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stories {
    /// Those that were sent.
    Sent,
    /// All that may be published.
    Consented,
    /// Those, and no entry without one.
    Only,
}

fn listing(visit: &Visit, id: &str, wanted: Wanted, stories: Stories) -> Vec<Statement> {
    let of = |sql: &'static str| {
        let only = stories == Stories::Only;
        bind!(sql, id, wanted.after, wanted.limit + 1, only)
    };
    vec![
        contest(id),
        of(ENTRIES),
        of(PURCHASES).and(visit.now.date().to_string()),
        of(STORIES).and(stories == Stories::Sent),
    ]
}

fn listed(batch: &db::Batch, at: usize, wanted: Wanted) -> Result<Listed, Problem> {
    let contest: Option<ContestRow> = batch.first(at)?;
    let mut entries: Vec<AwardedEntry> = batch.rows(at + 1)?;
    let mut purchases: Vec<PurchaseOf> = batch.rows(at + 2)?;
    let mut stories: Vec<StoryOf> = batch.rows(at + 3)?;
    let limit = usize::try_from(wanted.limit).unwrap_or(usize::MAX);
    let more = entries.len() > limit;
    entries.truncate(limit);
    let next = entries.last().filter(|_| more).map(|entry| entry.number);
    let became = |entry: AwardedEntry| {
        let purchase = purchases
            .extract_if(.., |of| of.entry_id == entry.id)
            .next();
        let story = stories.extract_if(.., |of| of.entry_id == entry.id).next();
        Became {
            overdue: purchase.as_ref().is_some_and(|of| of.overdue),
            purchase: purchase.map(|of| of.purchase),
            story: story.map(|of| of.story),
            entry,
        }
    };
    Ok(Listed {
        contest: contest.ok_or_else(Problem::not_found)?,
        items: entries.into_iter().map(became).collect(),
        next,
    })
}

/// What became of awarded entries, as everybody reads it.
pub async fn public(visit: &Visit, id: Uuid, wanted: Wanted) -> Result<Listed, Problem> {
    let statements = listing(visit, &id.to_string(), wanted, Stories::Sent);
    let batch = visit.db.batch(statements).await?;
    let listed = listed(&batch, 0, wanted)?;
    match listed.contest.announced_at {
        Some(_) => Ok(listed),
        None => Err(Problem::not_found()),
    }
}

async fn of_host(
    visit: &Visit,
    id: Uuid,
    wanted: Wanted,
    stories: Stories,
) -> Result<Listed, Problem> {
    let id = id.to_string();
    let mut statements = Vec::from(at_the_door(visit, &id, ""));
    statements.extend(listing(visit, &id, wanted, stories));
    let batch = visit.db.batch(statements).await?;
    Door::of(&batch, 0)?.require_host()?;
    listed(&batch, 2, wanted)
}

/// The same with every story that may be published, for those who run the contest.
pub async fn whole(visit: &Visit, id: Uuid, wanted: Wanted) -> Result<Listed, Problem> {
    of_host(visit, id, wanted, Stories::Consented).await
}

/// Entries with a story that may be published, for those who run the contest.
pub async fn stories(visit: &Visit, id: Uuid, wanted: Wanted) -> Result<Listed, Problem> {
    of_host(visit, id, wanted, Stories::Only).await
}

/// One awarded entry, for those who run the contest.
pub async fn one(visit: &Visit, (contest, entry): (Uuid, Uuid)) -> Result<Listed, Problem> {
    let (id, entry) = (contest.to_string(), entry.to_string());
    let mut statements = Vec::from(at_the_door(visit, &id, &entry));
    statements.push(bind!(NUMBER, &id, &entry));
    let batch = visit.db.batch(statements).await?;
    let door = Door::of(&batch, 0)?;
    door.require_host()?;
    door.require_awarded()?;
    let number: Option<Number> = batch.first(2)?;
    let wanted = Wanted {
        after: number.map_or(0, |row| row.number - 1),
        limit: 1,
    };
    whole(visit, contest, wanted).await
}

const NUMBER: &str = "SELECT number FROM contest_entry WHERE contest_id = ?1 AND id = ?2";

#[derive(Deserialize)]
struct Number {
    number: i64,
}

/// How many purchases wait for a word on what they came to. `?4` today.
const OVERDUE: &str = concat!(
    hosts!(),
    "
SELECT count(*) AS number
FROM hosts
JOIN contest_purchase p ON p.contest_id = ?3
WHERE ",
    overdue!("?4"),
    "
  AND p.version = (
    SELECT max(n.version) FROM contest_purchase n WHERE n.contest_id = p.contest_id AND n.entry_id = p.entry_id)"
);

/// How many purchases wait for that, to those who may say it; to others none do.
pub async fn overdue(visit: &Visit, contest: Uuid) -> Result<i64, Problem> {
    let today = visit.now.date().to_string();
    let caller = visit.credential_hash();
    let row: Option<Number> = visit
        .db
        .first(bind!(OVERDUE, caller, visit.now, contest, today))
        .await?;
    Ok(row.map_or(0, |row| row.number))
}
