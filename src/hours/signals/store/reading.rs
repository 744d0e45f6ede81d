//! Signals as those see them who look at them. Lists name nobody.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::acting::of_signal;
use crate::bind;
use crate::coordination::store::{Standing, reach, standing};
use crate::hours::Grade;
use crate::hours::signals::{SignalDecision, SignalFacts, SignalKind, SignalState};
use crate::organizations::{Agent, Permission, Role};
use crate::platform::clock::Instant;
use crate::platform::db::{self, Batch, Statement};
use crate::platform::problem::Problem;
use crate::platform::visit::Visit;

/// A signal in a list.
#[derive(Clone, Debug, Deserialize)]
pub struct ListedSignal {
    /// UUIDv7.
    pub id: String,
    /// Its place among all.
    pub seq: i64,
    /// What was noticed.
    pub kind: SignalKind,
    /// Where it stands.
    pub state: SignalState,
    /// When it was found.
    pub found_at: Instant,
    /// The recording unit.
    pub organization_id: String,
    /// Its name.
    pub organization_name: String,
    /// The shift it is about.
    pub shift_id: Option<String>,
    /// The project it is about.
    pub project_id: Option<String>,
    /// What that is called.
    pub title: Option<String>,
    /// What was seen.
    #[serde(deserialize_with = "db::json")]
    pub facts: SignalFacts,
}

macro_rules! columns {
    () => {
        "
SELECT s.seq, s.id, s.kind, s.state, s.found_at, s.organization_id, o.name AS organization_name,
  s.shift_id, s.project_id, p.title, s.facts
FROM signal s
JOIN organization o ON o.id = s.organization_id
LEFT JOIN project p ON p.id = s.project_id
"
    };
}

/// The places of a page of signals of a scope. `?3` whether still open, `?4` kind, `?5` before
/// which place, 0 for the first page, `?6` how many.
macro_rules! page_of {
    ($scope:literal) => {
        concat!(
            "
  SELECT l.seq FROM signal_line l
  WHERE l.scope = ",
            $scope,
            " AND l.kind = coalesce(?4, '') AND l.open = ?3 AND l.seq < iif(?5 = 0, 9e15, ?5)
  ORDER BY l.seq DESC
  LIMIT ?6"
        )
    };
}

/// `?1` session, `?2` now. A page of each region, of which one page is shown.
const IN_REACH: &str = concat!(
    "WITH ",
    reach!(),
    columns!(),
    "WHERE s.seq IN (
  SELECT e.value
  FROM (SELECT DISTINCT region FROM reach) m
  JOIN json_each((SELECT json_group_array(seq) FROM (",
    page_of!("m.region"),
    "))) e)
ORDER BY s.seq DESC
LIMIT ?6"
);

/// `?1` organization; `?2` is true.
const OF_ORGANIZATION: &str = concat!(
    columns!(),
    "WHERE ?2 AND s.seq IN (",
    page_of!("?1"),
    ")
ORDER BY s.seq DESC"
);

/// Which signals to list.
#[derive(Clone, Copy, Debug)]
pub struct Filter {
    /// Those nobody has decided on, or those somebody has.
    pub open: bool,
    /// Only what one rule noticed.
    pub kind: Option<SignalKind>,
    /// Before which place; 0 for the first page.
    pub before: i64,
    /// How many.
    pub limit: i64,
}

impl Filter {
    fn of(&self, statement: Statement) -> Statement {
        statement
            .and(self.open)
            .and(self.kind.map(SignalKind::word))
            .and(self.before)
            .and(self.limit + 1)
    }
}

/// A page of a list.
#[derive(Debug)]
pub struct Page {
    /// Who reads in an organization's name; none where a coordinator reads.
    pub agent: Option<Agent>,
    /// The signals, the newest first.
    pub items: Vec<ListedSignal>,
    /// Before which place the next page begins; none on the last.
    pub next: Option<i64>,
}

impl Page {
    fn cut(agent: Option<Agent>, mut items: Vec<ListedSignal>, limit: i64) -> Self {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let more = items.len() > limit;
        items.truncate(limit);
        let next = items.last().filter(|_| more).map(|last| last.seq);
        Self { agent, items, next }
    }
}

/// The statements of one page: of a reach, and of an organization.
pub fn list_statements(visit: &Visit, organization: Uuid, filter: &Filter) -> [Statement; 2] {
    [
        filter.of(bind!(IN_REACH, visit.credential_hash(), visit.now)),
        filter.of(bind!(OF_ORGANIZATION, organization, true)),
    ]
}

/// Signals about organizations in the caller's reach.
pub async fn in_reach(visit: &Visit, filter: &Filter) -> Result<Page, Problem> {
    let list = filter.of(bind!(IN_REACH, visit.credential_hash(), visit.now));
    let batch = visit.db.batch(vec![standing(visit), list]).await?;
    let standing: Option<Standing> = batch.first(0)?;
    standing.ok_or_else(Problem::unauthenticated)?.require()?;
    Ok(Page::cut(None, batch.rows(1)?, filter.limit))
}

/// Signals about one organization, for whoever may read its hours.
pub async fn of_organization(
    visit: &Visit,
    organization: Uuid,
    filter: &Filter,
) -> Result<Page, Problem> {
    let id = organization.to_string();
    let list = filter.of(bind!(OF_ORGANIZATION, organization, true));
    let door = Agent::at_the_door(visit.credential_hash(), visit.now, &id);
    let batch = visit.db.batch(vec![door, list]).await?;
    let agent: Agent = batch.first(0)?.ok_or_else(Problem::unauthenticated)?;
    agent.require(Permission::ReadHours)?;
    Ok(Page::cut(Some(agent), batch.rows(1)?, filter.limit))
}

/// A record a signal is about.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
pub struct SignalRecord {
    /// UUIDv7.
    #[schema(format = "uuid")]
    pub id: String,
    /// The day it took place.
    #[schema(format = "date")]
    pub on_date: String,
    /// When service began, RFC 3339.
    #[schema(value_type = String, format = "date-time")]
    pub started_at: Instant,
    /// When it ended, RFC 3339.
    #[schema(value_type = String, format = "date-time")]
    pub ended_at: Instant,
    /// Minutes given.
    pub minutes: i64,
    /// How well it is borne out.
    pub grade: Grade,
    /// Name of the activity.
    pub activity: String,
    /// Whether it was corrected since.
    #[serde(deserialize_with = "db::truth")]
    pub superseded: bool,
    /// Whose it is, for pages.
    #[serde(skip_serializing)]
    pub name: String,
}

/// What was decided, or replied.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
pub struct SignalStep {
    /// What the coordinator decided; none for a reply of the organization.
    pub decision: Option<SignalDecision>,
    /// Why, or what the organization says.
    pub words: String,
    /// When, RFC 3339.
    #[schema(value_type = String, format = "date-time")]
    pub at: Instant,
    /// The coordinator's office.
    pub office: Option<String>,
}

/// A signal with all there is to it, before somebody who may look.
#[derive(Debug)]
pub struct Case {
    /// The signal.
    pub signal: ListedSignal,
    /// The records it is about.
    pub records: Vec<SignalRecord>,
    /// What was said to it, in order.
    pub steps: Vec<SignalStep>,
    /// The name of who recorded, where it is about them.
    pub recorder: Option<String>,
    /// What the caller may do.
    pub standing: Look,
}

/// What somebody is to a signal.
#[derive(Clone, Copy, Debug, Deserialize)]
pub struct Look {
    /// What they are in the organization, when they are a member.
    pub role: Option<Role>,
    /// Whether they read the organization's hours.
    #[serde(deserialize_with = "db::truth")]
    pub reads: bool,
    /// Whether they record for the organization.
    #[serde(deserialize_with = "db::truth")]
    pub records: bool,
    /// Whether they coordinate its region.
    #[serde(deserialize_with = "db::truth")]
    pub reaches: bool,
    /// Whether they coordinate it and are no party.
    #[serde(deserialize_with = "db::truth")]
    pub decides: bool,
}

impl Look {
    /// An error unless they may see it.
    pub fn require(self) -> Result<(), Problem> {
        self.reads
            .then_some(())
            .or(self.reaches.then_some(()))
            .ok_or_else(Problem::forbidden)
    }
}

/// `?6` roles and `?7` scopes that record.
const LOOK: &str = concat!(
    of_signal!(),
    "
SELECT EXISTS (SELECT 1 FROM target) AS found, a.may AS reads,
  (SELECT w.role FROM target t JOIN member w ON w.organization_id = t.organization_id
   WHERE 'volunteer:' || w.volunteer_id = a.actor) AS role,
  EXISTS (
    SELECT 1 FROM target t JOIN member w ON w.organization_id = t.organization_id
    WHERE 'volunteer:' || w.volunteer_id = a.actor AND w.role IN (SELECT value FROM json_each(?6)))
  OR EXISTS (
    SELECT 1 FROM target t JOIN api_key k ON k.organization_id = t.organization_id
    WHERE 'api_key:' || k.id = a.actor
      AND EXISTS (SELECT 1 FROM json_each(k.scopes) s WHERE s.value IN (SELECT value FROM json_each(?7)))) AS records,
  EXISTS (SELECT 1 FROM target t JOIN reach m ON substr(t.region, 1, length(m.region)) = m.region) AS reaches,
  EXISTS (SELECT 1 FROM deciding) AS decides
FROM agent a"
);

const SIGNAL: &str = concat!(columns!(), "WHERE s.id = ?1");

const RECORDS: &str = "
SELECT r.id, r.on_date, r.started_at, r.ended_at, r.minutes, r.grade, coalesce(r.facts ->> 'activity', '') AS activity,
  EXISTS (SELECT 1 FROM service_record n WHERE n.supersedes = r.seq) AS superseded, v.name
FROM signal s
JOIN json_each(s.records) e
JOIN service_record r ON r.seq = e.value
JOIN volunteer v ON v.id = r.volunteer_id
WHERE s.id = ?1
ORDER BY r.seq";

const STEPS: &str = "
SELECT e.decision, e.words, e.at, e.office
FROM signal s JOIN signal_step e ON e.signal = s.seq
WHERE s.id = ?1
ORDER BY e.seq";

const RECORDER: &str = "
SELECT nullif(v.name, '') AS name
FROM signal s JOIN volunteer v ON 'volunteer:' || v.id = s.facts ->> 'recorded_by'
WHERE s.id = ?1
UNION ALL
SELECT k.name FROM signal s JOIN api_key k ON 'api_key:' || k.id = s.facts ->> 'recorded_by'
WHERE s.id = ?1";

#[derive(Deserialize)]
struct Found {
    #[serde(deserialize_with = "db::truth")]
    found: bool,
    #[serde(flatten)]
    look: Look,
}

#[derive(Deserialize)]
struct Named {
    name: Option<String>,
}

/// The statements [`read`] understands.
pub(super) fn looking(visit: &Visit, signal: Uuid) -> [Statement; 5] {
    let (reads, records) = (
        Permission::ReadHours.permit(),
        Permission::RecordHours.permit(),
    );
    [
        bind!(
            LOOK,
            visit.credential_hash(),
            visit.now,
            signal,
            reads.roles,
            reads.scopes,
            records.roles,
            records.scopes,
        ),
        bind!(SIGNAL, signal),
        bind!(RECORDS, signal),
        bind!(STEPS, signal),
        bind!(RECORDER, signal),
    ]
}

pub(super) fn read(batch: &Batch, at: usize) -> Result<Case, Problem> {
    let entry: Found = batch.first(at)?.ok_or_else(Problem::unauthenticated)?;
    if !entry.found {
        return Err(Problem::not_found());
    }
    entry.look.require()?;
    let recorder: Option<Named> = batch.first(at + 4)?;
    Ok(Case {
        signal: batch.first(at + 1)?.ok_or_else(Problem::not_found)?,
        records: batch.rows(at + 2)?,
        steps: batch.rows(at + 3)?,
        recorder: recorder.and_then(|named| named.name),
        standing: entry.look,
    })
}

/// A signal, for those who coordinate its region or read the organization's hours.
pub async fn case(visit: &Visit, signal: Uuid) -> Result<Case, Problem> {
    let batch = visit.db.batch(looking(visit, signal).into()).await?;
    read(&batch, 0)
}
