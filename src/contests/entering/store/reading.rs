//! Entries as they are read.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::commenting::{JudgeComment, comments, to_entrant, to_overseers};
use super::{entry_agent, entry_columns, facts, organization_agent};
use crate::bind;
use crate::contests::entering::{EntryFacts, EntryState};
use crate::contests::running::store::{ContestRow, contest, contest_columns, standing, stands};
use crate::organizations::{Agent, Permission, admit, entry};
use crate::platform::clock::Instant;
use crate::platform::db::{self, Statement};
use crate::platform::problem::Problem;
use crate::platform::visit::Visit;

/// A link as it stands in a row.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[schema(as = EntryAttachmentLink)]
pub struct StoredLink {
    /// What it is.
    pub name: String,
    /// Where it is.
    pub url: String,
}

/// An entry.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[schema(as = ContestEntry)]
pub struct EntryRow {
    /// UUIDv7.
    #[schema(format = "uuid")]
    pub id: String,
    /// The contest.
    #[schema(format = "uuid")]
    pub contest_id: String,
    /// Given when it is first submitted, for good; null before.
    pub number: Option<i64>,
    /// The project.
    #[schema(format = "uuid")]
    pub project_id: String,
    /// Who entered it.
    #[schema(format = "uuid")]
    pub organization_id: String,
    /// Its name.
    pub organization_name: String,
    /// The key of its track.
    pub track: String,
    /// Where it stands.
    pub state: EntryState,
    /// Why it is withdrawn or not eligible, or what was said when it was found eligible.
    pub state_reason: Option<String>,
    /// What it is called.
    pub title: String,
    /// The organization's own words, by the keys of the fields of the rules.
    #[serde(deserialize_with = "db::json")]
    pub words: BTreeMap<String, String>,
    /// Links.
    #[serde(deserialize_with = "db::json")]
    pub attachments: Vec<StoredLink>,
    /// What the records said when it was submitted; null before.
    #[serde(deserialize_with = "maybe_json")]
    pub facts: Option<EntryFacts>,
    /// When it was first submitted, RFC 3339.
    #[schema(value_type = Option<String>, format = "date-time")]
    pub submitted_at: Option<Instant>,
    /// When an organizer last said whether it may take part, RFC 3339.
    #[schema(value_type = Option<String>, format = "date-time")]
    pub checked_at: Option<Instant>,
    /// Rises with each change; the `ETag` is made of it.
    pub version: i64,
    /// When it was begun, RFC 3339.
    #[schema(value_type = String, format = "date-time")]
    pub created_at: Instant,
    /// When it changed last, RFC 3339.
    #[schema(value_type = String, format = "date-time")]
    pub updated_at: Instant,
}

fn maybe_json<'de, D: serde::Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<EntryFacts>, D::Error> {
    let text: Option<String> = Option::deserialize(deserializer)?;
    text.map(|text| serde_json::from_str(&text).map_err(serde::de::Error::custom))
        .transpose()
}

/// `?1` entry, `?2` contest.
const ENTRY: &str = concat!(entry_columns!(), "WHERE e.id = ?1 AND e.contest_id = ?2");

/// The statement that reads an entry of a contest, whoever asks.
pub(super) fn row(contest: &str, id: &str) -> Statement {
    bind!(ENTRY, id, contest)
}

const WHO_OF_ENTRY: &str = concat!(entry_agent!(), entry!());
const WHO_OF_ORGANIZATION: &str = concat!(organization_agent!(), entry!());

fn asks(sql: &'static str, visit: &Visit, target: &str) -> Statement {
    let permit = Permission::EnterContests.permit();
    let caller = visit.credential_hash();
    bind!(sql, caller, visit.now, target, permit.roles, permit.scopes)
}

/// The statement that tells whether the caller may act for whoever entered.
pub(super) fn at_entry(visit: &Visit, id: &str) -> Statement {
    asks(WHO_OF_ENTRY, visit, id)
}

/// The statement that tells whether the caller may act for an organization.
pub(super) fn at_organization(visit: &Visit, organization: &str) -> Statement {
    asks(WHO_OF_ORGANIZATION, visit, organization)
}

/// What the page of an entry, and its answer, is made of.
#[derive(Debug)]
pub struct Found {
    /// The entry.
    pub entry: EntryRow,
    /// Its contest.
    pub contest: ContestRow,
    /// Whether whoever asks acts for the organization that entered.
    pub own: bool,
    /// Whether they run the contest.
    pub runs: bool,
    /// Whether they read what organizers read.
    pub oversees: bool,
    /// What judges said of it, as far as they may read it.
    pub comments: Vec<JudgeComment>,
}

/// An entry, for whoever acts for its organization, and, once it was submitted, for those
/// who oversee the contest.
pub async fn one(visit: &Visit, contest_id: Uuid, id: Uuid) -> Result<Found, Problem> {
    let (contest_id, id) = (contest_id.to_string(), id.to_string());
    let batch = visit
        .db
        .batch(vec![
            standing(visit, &contest_id),
            at_entry(visit, &id),
            contest(&contest_id),
            row(&contest_id, &id),
            to_overseers(visit, &contest_id, &id),
        ])
        .await?;
    let standing = stands(&batch, 0)?;
    let own = admit(&batch, 1);
    let entry: Option<EntryRow> = batch.first(3)?;
    let (entry, contest) = match (entry, batch.first(2)?) {
        (Some(entry), Some(contest)) => (entry, contest),
        // Nobody is told that there is nothing before it is known who asks.
        _ => return Err(own.err().unwrap_or_else(Problem::not_found)),
    };
    if !(standing.oversees() && entry.number.is_some()) {
        own.clone()?;
    }
    Ok(Found {
        entry,
        contest,
        own: own.is_ok(),
        runs: standing.runs(),
        oversees: standing.oversees(),
        comments: comments(&batch, 4)?,
    })
}

/// `?1` entry, `?2` organization.
const OWN_ENTRY: &str = concat!(
    entry_columns!(),
    "WHERE e.id = ?1 AND e.organization_id = ?2"
);

/// The same's contest.
const OWN_CONTEST: &str = concat!(
    contest_columns!(),
    "WHERE t.id = (SELECT contest_id FROM contest_entry WHERE id = ?1 AND organization_id = ?2)"
);

/// What the records of its project say now.
const OWN_FACTS: &str = concat!(
    "SELECT ",
    facts!("(SELECT project_id FROM contest_entry WHERE id = ?1 AND organization_id = ?2)"),
    " AS facts"
);

#[derive(Deserialize)]
struct FactsRow {
    #[serde(deserialize_with = "db::json")]
    facts: EntryFacts,
}

/// What an organization's page of one entry shows.
#[derive(Debug)]
pub struct OwnEntry {
    /// Who reads.
    pub agent: Agent,
    /// The entry.
    pub entry: EntryRow,
    /// Its contest.
    pub contest: ContestRow,
    /// What the records say now.
    pub facts: EntryFacts,
    /// What it won, if it did.
    pub award: Option<String>,
    /// What judges said of it, once the result is final.
    pub comments: Vec<JudgeComment>,
}

const AWARD: &str = "SELECT award_name FROM contest_awarded WHERE entry_id = ?1";

#[derive(Deserialize)]
struct AwardRow {
    award_name: String,
}

/// One of an organization's own entries.
pub async fn own(visit: &Visit, organization: Uuid, id: Uuid) -> Result<OwnEntry, Problem> {
    let (organization, id) = (organization.to_string(), id.to_string());
    let batch = visit
        .db
        .batch(vec![
            at_organization(visit, &organization),
            Agent::at_the_door(visit.credential_hash(), visit.now, &organization),
            bind!(OWN_ENTRY, &id, &organization),
            bind!(OWN_CONTEST, &id, &organization),
            bind!(OWN_FACTS, &id, &organization),
            bind!(AWARD, &id),
            to_entrant(visit, &id),
        ])
        .await?;
    admit(&batch, 0)?;
    let facts: FactsRow = batch.first(4)?.ok_or_else(Problem::not_found)?;
    Ok(OwnEntry {
        agent: batch.first(1)?.ok_or_else(Problem::unauthenticated)?,
        entry: batch.first(2)?.ok_or_else(Problem::not_found)?,
        contest: batch.first(3)?.ok_or_else(Problem::not_found)?,
        facts: facts.facts,
        award: batch.first(5)?.map(|row: AwardRow| row.award_name),
        comments: comments(&batch, 6)?,
    })
}

/// An entry in a list.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[schema(as = ContestEntryLine)]
pub struct EntryLine {
    /// UUIDv7.
    #[schema(format = "uuid")]
    pub id: String,
    /// Given when it is first submitted; null before.
    pub number: Option<i64>,
    /// The project.
    #[schema(format = "uuid")]
    pub project_id: String,
    /// Who entered it.
    #[schema(format = "uuid")]
    pub organization_id: String,
    /// Its name.
    pub organization_name: String,
    /// The key of its track.
    pub track: String,
    /// Where it stands.
    pub state: EntryState,
    /// What it is called.
    pub title: String,
    /// When it was first submitted, RFC 3339.
    #[schema(value_type = Option<String>, format = "date-time")]
    pub submitted_at: Option<Instant>,
    /// When an organizer last said whether it may take part, RFC 3339.
    #[schema(value_type = Option<String>, format = "date-time")]
    pub checked_at: Option<Instant>,
}

macro_rules! line_columns {
    () => {
        "
SELECT e.id, e.number, e.project_id, e.organization_id, o.name AS organization_name, e.track, e.state,
  e.title, e.submitted_at, e.checked_at
FROM contest_entry e
JOIN organization o ON o.id = e.organization_id
"
    };
}

/// `?1` contest, `?2` state, `?3` track, `?4` after which number, `?5` how many.
const LINES: &str = concat!(
    line_columns!(),
    "WHERE e.contest_id = ?1 AND e.number > ?4 AND (?2 IS NULL OR e.state = ?2)
  AND (?3 IS NULL OR e.track = ?3)
ORDER BY e.number
LIMIT ?5"
);

/// Which entries to list.
#[derive(Debug, Default)]
pub struct Wanted<'a> {
    /// Only those that stand so.
    pub state: Option<EntryState>,
    /// Only those of a track.
    pub track: Option<&'a str>,
    /// After this number.
    pub after: i64,
    /// How many.
    pub limit: i64,
}

/// Entries that were ever submitted.
#[derive(Debug)]
pub struct Listed {
    /// In the order of their numbers.
    pub items: Vec<EntryLine>,
    /// The last of them, unless it is the last of all.
    pub next: Option<i64>,
    /// Their contest.
    pub contest: ContestRow,
    /// Whether whoever asks runs it.
    pub runs: bool,
}

/// One page of entries, for those who oversee the contest.
pub async fn list(visit: &Visit, id: Uuid, wanted: &Wanted<'_>) -> Result<Listed, Problem> {
    let id = id.to_string();
    let lines = bind!(
        LINES,
        &id,
        wanted.state.map(EntryState::word),
        wanted.track,
        wanted.after,
        wanted.limit + 1
    );
    let statements = vec![standing(visit, &id), contest(&id), lines];
    let batch = visit.db.batch(statements).await?;
    let standing = stands(&batch, 0)?;
    standing.require_oversight()?;
    let mut items: Vec<EntryLine> = batch.rows(2)?;
    let limit = usize::try_from(wanted.limit).unwrap_or(usize::MAX);
    let more = items.len() > limit;
    items.truncate(limit);
    Ok(Listed {
        next: items
            .last()
            .filter(|_| more)
            .and_then(|line: &EntryLine| line.number),
        items,
        contest: batch.first(1)?.ok_or_else(Problem::not_found)?,
        runs: standing.runs(),
    })
}

/// `?1` organization, `?2` contest; all contests when null.
const OF_ORGANIZATION: &str = concat!(
    line_columns!(),
    "WHERE e.organization_id = ?1 AND (?2 IS NULL OR e.contest_id = ?2)
ORDER BY e.id DESC
LIMIT 200"
);

/// Of each line, the contest; in the same order.
const CONTESTS_OF: &str = "
SELECT e.id, t.id AS contest_id, t.name
FROM contest_entry e JOIN contest t ON t.id = e.contest_id
WHERE e.organization_id = ?1
ORDER BY e.id DESC
LIMIT 200";

/// Contests that take entries, or will.
const OPEN: &str = "
SELECT t.id, t.name, t.office, t.region, r.full_name AS region_name, t.state, t.entries_open_at,
  t.entries_close_at, t.ends_at
FROM contest t JOIN region r ON r.code = t.region
WHERE t.state = 'announced' AND t.entries_close_at > ?1
ORDER BY t.entries_close_at
LIMIT 50";

/// Which contest an entry is in.
#[derive(Clone, Debug, Deserialize)]
pub struct EntryContest {
    /// The entry.
    pub id: String,
    /// The contest.
    pub contest_id: String,
    /// Its name.
    pub name: String,
}

/// Projects that may be entered.
const PROJECTS: &str = "
SELECT id, title FROM project
WHERE organization_id = ?1 AND published_at IS NOT NULL
ORDER BY published_at DESC
LIMIT 200";

/// A project of the organization.
#[derive(Clone, Debug, Deserialize)]
pub struct OwnProject {
    /// UUIDv7.
    pub id: String,
    /// What it is called.
    pub title: String,
}

/// What an organization's page of entries shows.
#[derive(Debug)]
pub struct OwnPage {
    /// Who reads.
    pub agent: Agent,
    /// Its entries, the newest first, at most 200.
    pub items: Vec<EntryLine>,
    /// The contests of those.
    pub contests: Vec<EntryContest>,
    /// Contests that take entries, or will.
    pub open: Vec<crate::contests::running::store::ContestLine>,
    /// Projects that may be entered.
    pub projects: Vec<OwnProject>,
}

/// An organization's own entries, drafts included.
pub async fn of_organization(
    visit: &Visit,
    organization: Uuid,
    contest: Option<Uuid>,
) -> Result<OwnPage, Problem> {
    let id = organization.to_string();
    let batch = visit
        .db
        .batch(vec![
            at_organization(visit, &id),
            Agent::at_the_door(visit.credential_hash(), visit.now, &id),
            bind!(OF_ORGANIZATION, &id, contest),
            bind!(CONTESTS_OF, &id),
            bind!(OPEN, visit.now),
            bind!(PROJECTS, &id),
        ])
        .await?;
    admit(&batch, 0)?;
    Ok(OwnPage {
        agent: batch.first(1)?.ok_or_else(Problem::unauthenticated)?,
        items: batch.rows(2)?,
        contests: batch.rows(3)?,
        open: batch.rows(4)?,
        projects: batch.rows(5)?,
    })
}
