//! SQL of the menu.

use std::fmt::Write as _;

use serde::Deserialize;

use super::notice::{ProjectBody, Reference};
use super::replacing::{Plan, Standing, StandingShift};
use super::search::{Cursor, Search, Sort, Terms};
use super::{Card, Field, ProjectState, ShiftState, Skill};
use crate::bind;
use crate::organizations::{KeyRow, OrganizationState};
use crate::platform::audit::Act;
use crate::platform::clock::{HOUR, Instant};
use crate::platform::db::{self, Batch, Db, DbError, Param, Statement};
use crate::platform::visit::Visit;
use crate::regions::Region;
use crate::signups::consequences;

/// The menu shows nothing that began longer ago than this, even when the clock that
/// moves projects on is late; in milliseconds.
const GRACE: i64 = HOUR;
/// How many projects one round of the clock moves on.
const A_ROUND: i64 = 500;

macro_rules! card_columns {
    () => {
        "p.id, p.title, p.field, p.summary, p.region, p.region_name, p.place, p.organization_id,
  p.organization_name, p.min_age, p.skills, p.next_starts_at, p.seats_free, p.waits_free,
  p.published_at"
    };
}

const PROJECT: &str = concat!(
    "
SELECT ",
    card_columns!(),
    ", p.client_ref, p.version, p.state, p.organization_state, p.content, p.conditions, p.how_to_sign_up,
  p.risks, p.safeguards, p.what_to_bring, p.sign_up_opens_at, p.sign_up_closes_minutes,
  p.cancel_until_minutes, p.travel_minutes, p.change_reason
FROM project p
WHERE "
);

const SHIFTS: &str = "
SELECT h.id, h.ref, h.role, h.starts_at, h.ends_at, h.capacity, h.waitlist, h.confirmed,
  h.waiting, h.state, h.change_reason
FROM shift h
WHERE h.project = (SELECT seq FROM project WHERE ";

/// A row of the list with its place in the order.
#[derive(Debug, Deserialize)]
pub struct Listed {
    /// Its number, which breaks ties.
    pub seq: i64,
    /// What it is sorted by.
    pub sort_key: i64,
    /// The line of the menu.
    #[serde(flatten)]
    pub card: Card,
}

/// A project as the public reads it; also drafts, for their own organization.
#[derive(Debug, Deserialize)]
pub struct ProjectRow {
    /// UUIDv7.
    pub id: String,
    /// The organization's own name for it.
    pub client_ref: String,
    /// Rises with each change.
    pub version: i64,
    /// Where it stands.
    pub state: ProjectState,
    /// Who offers it.
    pub organization_id: String,
    /// Its name.
    pub organization_name: String,
    /// Whether the organization may act.
    pub organization_state: OrganizationState,
    /// Key field.
    pub field: Option<Field>,
    /// What it is called.
    pub title: Option<String>,
    /// One line.
    pub summary: Option<String>,
    /// Division code.
    pub region: Option<String>,
    /// The division's name.
    pub region_name: Option<String>,
    /// Where to come.
    pub place: Option<String>,
    /// What volunteers do.
    pub content: Option<String>,
    /// Who may come.
    pub conditions: Option<String>,
    /// How to sign up.
    pub how_to_sign_up: Option<String>,
    /// What could go wrong.
    pub risks: Option<String>,
    /// What is done about it.
    pub safeguards: Option<String>,
    /// What to bring.
    pub what_to_bring: Option<String>,
    /// Youngest age.
    pub min_age: i64,
    /// What somebody must be able to do.
    #[serde(deserialize_with = "db::json")]
    pub skills: Vec<Skill>,
    /// When sign-up opens.
    pub sign_up_opens_at: Option<Instant>,
    /// Minutes before the start when it closes.
    pub sign_up_closes_minutes: i64,
    /// Minutes before the start until which volunteers cancel by themselves.
    pub cancel_until_minutes: i64,
    /// Minutes to get there.
    pub travel_minutes: i64,
    /// When it was published.
    pub published_at: Option<Instant>,
    /// Why it changed last.
    pub change_reason: Option<String>,
}

/// A shift as the public reads it.
#[derive(Debug, Deserialize)]
pub struct ShiftRow {
    /// UUIDv7.
    pub id: String,
    /// The organization's own name for it.
    #[serde(rename = "ref")]
    pub reference: String,
    /// What somebody does.
    pub role: String,
    /// When it starts.
    pub starts_at: Instant,
    /// When it ends.
    pub ends_at: Instant,
    /// Seats.
    pub capacity: i64,
    /// Places on the waiting list.
    pub waitlist: i64,
    /// Seats taken.
    pub confirmed: i64,
    /// Volunteers waiting.
    pub waiting: i64,
    /// Where it stands.
    pub state: ShiftState,
    /// Why it was moved or called off.
    pub change_reason: Option<String>,
}

/// A page is looked for among so many projects along its driver; what is farther comes
/// with the next page. It bounds what a question nobody foresaw can cost.
const FARTHEST: i64 = 500;

/// SQL that grows by conditions, each with its values.
#[derive(Default)]
struct Question {
    conditions: String,
    params: Vec<Param>,
}

impl Question {
    /// Adds a condition; each `?` in it stands for the next value.
    fn also(&mut self, condition: &str, values: impl IntoIterator<Item = Param>) {
        let mut parts = condition.split('?');
        let joint = if self.conditions.is_empty() {
            "WHERE"
        } else {
            "\n  AND"
        };
        let _ = write!(
            self.conditions,
            "{joint} {}",
            parts.next().unwrap_or_default()
        );
        for (part, value) in parts.zip(values) {
            let bound = self.bind(value);
            let _ = write!(self.conditions, "{bound}{part}");
        }
    }

    fn bind(&mut self, value: Param) -> String {
        self.params.push(value);
        format!("?{}", self.params.len())
    }
}

/// What a list is read along: an index in the order of the list.
struct Walk {
    source: String,
    order: String,
    key: String,
    tie: &'static str,
    question: Question,
}

fn walk(search: &Search, now: Instant) -> Walk {
    let (table, column, after, direction) = match search.sort {
        Sort::Start => ("menu_by_start", "starts_at", ">", ""),
        Sort::Newest => ("menu_by_newest", "published_at", "<", " DESC"),
    };
    let mut question = Question::default();
    let (source, key, tie) = if let Some(term) = search.driver() {
        question.also("t.term = ?", [term.into()]);
        let source = format!("{table} t CROSS JOIN project p ON p.seq = t.project");
        (source, format!("t.{column}"), "t.project")
    } else {
        question.also("p.listed", []);
        if let Some(field) = search.field {
            question.also("p.field = ?", [field.word().into()]);
        }
        if let Some(region) = &search.region {
            let (level, code) = region.listed_level();
            question.also(&format!("substr(p.region, 1, {level}) = ?"), [code.into()]);
        }
        let column = if search.sort == Sort::Start {
            "next_starts_at"
        } else {
            column
        };
        ("project p".to_owned(), format!("p.{column}"), "p.number")
    };
    match search.after {
        Some(cursor) => question.also(
            &format!("({key}, {tie}) {after} (?, ?)"),
            [cursor.key.into(), cursor.project.into()],
        ),
        None if search.sort == Sort::Start => {
            question.also(&format!("{key} >= ?"), [now.plus(-GRACE).into()]);
        }
        None => {}
    }
    if let (Sort::Start, Some((_, until))) = (search.sort, search.window) {
        // A project whose first shift to come lies beyond the window has none inside it.
        question.also(&format!("{key} < ?"), [until.into()]);
    }
    let order = format!("ORDER BY {key}{direction}, {tie}{direction}");
    Walk {
        source,
        order,
        key,
        tie,
        question,
    }
}

/// The conditions that are not in the index of the walk: they look at each project.
fn filters(search: &Search, question: &mut Question) {
    let driver = search.driver();
    for term in search
        .terms
        .iter()
        .filter(|term| Some(term.as_str()) != driver)
    {
        // A word that stands nowhere ends the search before it begins.
        if term.starts_with("g:") {
            question.also(
                "EXISTS (SELECT 1 FROM menu_by_start WHERE term = ?)",
                [term.as_str().into()],
            );
        }
        question.also("instr(p.terms, ?) > 0", [format!("\"{term}\"").into()]);
    }
    if driver.is_some()
        && let Some(field) = search.field
    {
        question.also("p.field = ?", [field.word().into()]);
    }
    if let Some(region) = &search.region {
        let (level, code) = region.listed_level();
        if driver.is_some() {
            question.also(&format!("substr(p.region, 1, {level}) = ?"), [code.into()]);
        }
        if region.as_str() != code {
            question.also("p.region = ?", [region.as_str().into()]);
        }
    }
    if let Some((from, until)) = search.window {
        if search.sort == Sort::Newest {
            question.also("p.next_starts_at < ?", [until.into()]);
        }
        if let Some(from) = from {
            question.also(
                "EXISTS (SELECT 1 FROM shift h WHERE h.project = p.seq AND h.starts_at >= ? AND h.starts_at < ? AND h.state = 'open')",
                [from.into(), until.into()],
            );
        }
    }
    if let Some(age) = search.age {
        question.also("p.min_age <= ?", [age.into()]);
    }
    if search.free {
        question.also("p.seats_free > 0", []);
    }
}

/// The statement for one page of the menu.
pub fn list_statement(search: &Search, now: Instant) -> Statement {
    let Walk {
        source,
        order,
        key,
        tie,
        question,
    } = walk(search, now);
    let walked = question.conditions;
    let mut filtered = Question {
        conditions: String::new(),
        params: question.params,
    };
    filters(search, &mut filtered);
    let columns = card_columns!();
    let limit = filtered.bind(search.limit.into());
    let sql = if filtered.conditions.is_empty() {
        format!(
            "SELECT {key} AS sort_key, {tie} AS seq, {columns}\nFROM {source}\n{walked}\n{order}\nLIMIT {limit}"
        )
    } else {
        // The inner list is read only as far as the outer one needs, in its order.
        let farthest = filtered.bind(FARTHEST.into());
        format!(
            "SELECT p.sort_key, p.seq, {columns}\nFROM (\n  SELECT {key} AS sort_key, p.seq, p.terms, {columns}\n  FROM {source}\n  {walked}\n  {order}\n  LIMIT {farthest}) p\n{}\nLIMIT {limit}",
            filtered.conditions
        )
    };
    Statement::new(sql, filtered.params)
}

/// The statement for where a walk that found too little stopped, if there is more.
fn farthest_statement(search: &Search, now: Instant) -> Statement {
    let Walk {
        source,
        order,
        key,
        tie,
        mut question,
    } = walk(search, now);
    let last = question.bind((FARTHEST - 1).into());
    let conditions = &question.conditions;
    let sql = format!(
        "SELECT {key} AS key, {tie} AS project\nFROM {source}\n{conditions}\n{order}\nLIMIT 1 OFFSET {last}"
    );
    Statement::new(sql, question.params)
}

/// One page of a list, and where the next one begins, if there is more.
#[derive(Debug)]
pub struct Page {
    /// The lines.
    pub lines: Vec<Listed>,
    /// Where this page ends.
    pub next: Option<Cursor>,
}

async fn page(
    db: &Db,
    search: &Search,
    now: Instant,
    mut lines: Vec<Listed>,
) -> Result<Page, DbError> {
    let limit = usize::try_from(search.limit - 1).unwrap_or(usize::MAX);
    let next = if lines.len() > limit {
        lines.truncate(limit);
        lines.last().map(|last| Cursor {
            key: last.sort_key,
            project: last.seq,
        })
    } else {
        let mut filtered = Question::default();
        filters(search, &mut filtered);
        match filtered.conditions.is_empty() {
            true => None,
            false => db.first(farthest_statement(search, now)).await?,
        }
    };
    Ok(Page { lines, next })
}

/// One page of the menu. Asks for one line more than `limit`, to know whether there is one.
pub async fn list(db: &Db, search: &Search, now: Instant) -> Result<Page, DbError> {
    let search = search.and_one_more();
    let lines = db.rows(list_statement(&search, now)).await?;
    page(db, &search, now, lines).await
}

/// The divisions offered as filters: cities, and the divisions in or beside the chosen.
const OFFERED_REGIONS: &str = "
SELECT code, name, full_name FROM region
WHERE parent IN (SELECT code FROM region WHERE parent IS NULL)
UNION ALL
SELECT code, name, full_name FROM region WHERE parent = substr(?1, 1, 4) AND length(?1) >= 4
UNION ALL
SELECT code, name, full_name FROM region WHERE parent = substr(?1, 1, 6) AND length(?1) >= 6
ORDER BY code";

/// A page of the menu and the divisions to choose from.
pub async fn list_with_regions(
    db: &Db,
    search: &Search,
    now: Instant,
) -> Result<(Page, Vec<Region>), DbError> {
    let search = search.and_one_more();
    let region = search.region.as_ref().map_or("", |region| region.as_str());
    let offered = bind!(OFFERED_REGIONS, region);
    let batch = db
        .batch(vec![list_statement(&search, now), offered])
        .await?;
    Ok((
        page(db, &search, now, batch.rows(0)?).await?,
        batch.rows(1)?,
    ))
}

/// The first lines of each field, and the divisions to choose from.
pub async fn home(
    db: &Db,
    each: i64,
    now: Instant,
) -> Result<(Vec<(Field, Vec<Listed>)>, Vec<Region>), DbError> {
    let mut statements: Vec<Statement> = Field::all()
        .map(|field| list_statement(&Search::of_field(field, each), now))
        .collect();
    let regions = statements.len();
    statements.push(bind!(OFFERED_REGIONS, ""));
    let batch = db.batch(statements).await?;
    let courses = Field::all()
        .enumerate()
        .map(|(index, field)| Ok((field, batch.rows(index)?)))
        .collect::<Result<_, DbError>>()?;
    Ok((courses, batch.rows(regions)?))
}

/// A project with its shifts, in order of time.
pub async fn project(db: &Db, id: &str) -> Result<Option<(ProjectRow, Vec<ShiftRow>)>, DbError> {
    let batch = db
        .batch(vec![
            bind!(format!("{PROJECT} p.id = ?1"), id),
            bind!(format!("{SHIFTS} id = ?1) ORDER BY h.starts_at, h.id"), id),
        ])
        .await?;
    whole(&batch, 0)
}

fn whole(batch: &Batch, at: usize) -> Result<Option<(ProjectRow, Vec<ShiftRow>)>, DbError> {
    match batch.first(at)? {
        Some(project) => Ok(Some((project, batch.rows(at + 1)?))),
        None => Ok(None),
    }
}

const UPCOMING_OF_ORGANIZATION: &str = concat!(
    "
SELECT ",
    card_columns!(),
    ", p.seq, p.next_starts_at AS sort_key
FROM project p
WHERE p.organization_id = ?1 AND p.state = 'published' AND p.next_starts_at >= ?2
ORDER BY p.next_starts_at, p.number
LIMIT ?3"
);

/// The statement for an organization's own section of the menu.
pub fn upcoming_of(organization: &str, limit: i64, now: Instant) -> Statement {
    bind!(
        UPCOMING_OF_ORGANIZATION,
        organization,
        now.plus(-GRACE),
        limit
    )
}

/// A key is found by its hash; what it may do is decided by the rule.
const KEY: &str = "
SELECT k.id, k.organization_id, k.scopes, o.name AS organization_name, o.state AS organization_state
FROM api_key k JOIN organization o ON o.id = k.organization_id
WHERE k.token_hash = ?1 AND k.revoked_at IS NULL AND k.expires_at > ?2";

const STANDING: &str = "
SELECT id, seq, version, state, place, region, body_hash FROM project
WHERE organization_id = ?1 AND client_ref = ?2";

const STANDING_SHIFTS: &str = "
SELECT h.id, h.ref, h.starts_at, h.ends_at, h.state, h.confirmed, h.waiting,
  (SELECT count(*) FROM signup s WHERE s.shift_id = h.id) AS ever
FROM shift h
WHERE h.project = (SELECT seq FROM project WHERE organization_id = ?1 AND client_ref = ?2)
ORDER BY h.starts_at, h.id";

const REGION_NAME: &str = "SELECT full_name FROM region WHERE code = ?1";

/// What must be known before a project is replaced.
#[derive(Debug)]
pub struct Loaded {
    /// Whose key it is, when it is anybody's.
    pub key: Option<KeyRow>,
    /// The project as it stands.
    pub standing: Option<Standing>,
    /// Its shifts.
    pub shifts: Vec<StandingShift>,
    /// Whether the division exists.
    pub region_name: Option<String>,
    /// The project as it is answered.
    pub answer: Option<(ProjectRow, Vec<ShiftRow>)>,
}

#[derive(Deserialize)]
struct Name {
    full_name: String,
}

/// Asks who is calling and what stands, in one go.
pub async fn load(
    visit: &Visit,
    organization: &str,
    reference: &Reference,
    region: Option<&str>,
) -> Result<Loaded, DbError> {
    let reference = reference.as_str();
    let batch = visit
        .db
        .batch(vec![
            bind!(KEY, visit.credential_hash(), visit.now),
            bind!(STANDING, organization, reference),
            bind!(STANDING_SHIFTS, organization, reference),
            bind!(REGION_NAME, region),
            own_project(organization, reference),
            own_shifts(organization, reference),
        ])
        .await?;
    Ok(Loaded {
        key: batch.first(0)?,
        standing: batch.first(1)?,
        shifts: batch.rows(2)?,
        region_name: batch.first::<Name>(3)?.map(|name| name.full_name),
        answer: whole(&batch, 4)?,
    })
}

fn own_project(organization: &str, reference: &str) -> Statement {
    let sql = format!("{PROJECT} p.organization_id = ?1 AND p.client_ref = ?2");
    bind!(sql, organization, reference)
}

fn own_shifts(organization: &str, reference: &str) -> Statement {
    let sql =
        format!("{SHIFTS} organization_id = ?1 AND client_ref = ?2) ORDER BY h.starts_at, h.id");
    bind!(sql, organization, reference)
}

const STAND_STILL: &str = "
INSERT INTO abort_if
SELECT 'version_conflict'
WHERE ?3 IS NOT (SELECT version FROM project WHERE organization_id = ?1 AND client_ref = ?2)";

const STAY_EMPTY: &str = "
INSERT INTO abort_if
SELECT 'shift_has_signups'
WHERE EXISTS (
  SELECT 1 FROM shift h
  WHERE h.id IN (SELECT value FROM json_each(?1)) AND h.confirmed + h.waiting > 0)";

const WRITE: &str = "
INSERT INTO project (
  id, organization_id, client_ref, state, organization_state, organization_name, field, title, summary,
  region, region_name, place, min_age, skills, published_at, created_at, updated_at,
  sign_up_opens_at, sign_up_closes_minutes, cancel_until_minutes, travel_minutes, change_reason,
  body_hash, content, conditions, how_to_sign_up, risks, safeguards, what_to_bring)
SELECT ?1, o.id, ?3, ?4, o.state, o.name, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12,
  CASE WHEN ?4 <> 'draft' THEN ?13 END, ?13, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23, ?24, ?25
FROM organization o
WHERE o.id = ?2
ON CONFLICT (organization_id, client_ref) DO UPDATE SET
  version = version + 1, state = excluded.state, field = excluded.field, title = excluded.title,
  summary = excluded.summary, region = excluded.region, region_name = excluded.region_name,
  place = excluded.place, min_age = excluded.min_age, skills = excluded.skills,
  published_at = coalesce(published_at, excluded.published_at), updated_at = excluded.updated_at,
  sign_up_opens_at = excluded.sign_up_opens_at,
  sign_up_closes_minutes = excluded.sign_up_closes_minutes,
  cancel_until_minutes = excluded.cancel_until_minutes, travel_minutes = excluded.travel_minutes,
  change_reason = excluded.change_reason, body_hash = excluded.body_hash, content = excluded.content,
  conditions = excluded.conditions, how_to_sign_up = excluded.how_to_sign_up, risks = excluded.risks,
  safeguards = excluded.safeguards, what_to_bring = excluded.what_to_bring";

const DELETE_SHIFTS: &str = "DELETE FROM shift WHERE id IN (SELECT value FROM json_each(?1))";

const WRITE_SHIFTS: &str = "
INSERT INTO shift (id, project, ref, role, starts_at, ends_at, local_date, capacity, waitlist, state, change_reason)
SELECT n.value ->> 'id', p.seq, n.value ->> 'ref', n.value ->> 'role', n.value ->> 'starts_at',
  n.value ->> 'ends_at', n.value ->> 'local_date', n.value ->> 'capacity', n.value ->> 'waitlist',
  n.value ->> 'state', n.value ->> 'change_reason'
FROM project p, json_each(?3) n
WHERE p.organization_id = ?1 AND p.client_ref = ?2
ON CONFLICT (id) DO UPDATE SET
  role = excluded.role, starts_at = excluded.starts_at, ends_at = excluded.ends_at,
  local_date = excluded.local_date, capacity = excluded.capacity, waitlist = excluded.waitlist,
  state = excluded.state, change_reason = coalesce(excluded.change_reason, change_reason)";

/// Shifts left out because nobody is on them any more are called off, not deleted.
const CANCEL_SHIFTS: &str = "
UPDATE shift SET state = 'cancelled'
WHERE id IN (SELECT value FROM json_each(?1)) AND state = 'open'";

macro_rules! recount {
    () => {
        "
SET next_starts_at = (
      SELECT min(h.starts_at) FROM shift h
      WHERE h.project = project.seq AND h.state = 'open' AND h.starts_at > ?1),
    (seats_free, waits_free) = (
      SELECT coalesce(sum(h.capacity - h.confirmed), 0), coalesce(sum(max(h.waitlist - h.waiting, 0)), 0)
      FROM shift h
      WHERE h.project = project.seq AND h.state = 'open' AND h.starts_at > ?1)"
    };
}

const RECOUNT_ONE: &str = concat!(
    "UPDATE project",
    recount!(),
    ", terms = ?4
WHERE organization_id = ?2 AND client_ref = ?3"
);

const RECOUNT_DUE: &str = concat!(
    "UPDATE project",
    recount!(),
    "
WHERE seq IN (
  SELECT seq FROM project
  WHERE next_starts_at IS NOT NULL AND next_starts_at <= ?1
  ORDER BY next_starts_at
  LIMIT ?2)
RETURNING seq"
);

/// What is to be written.
#[derive(Debug)]
pub struct Replacement<'a> {
    /// By whose key.
    pub key: &'a KeyRow,
    /// The organization's own name for the project.
    pub reference: &'a Reference,
    /// What stands now.
    pub standing: Option<&'a Standing>,
    /// What it shall be.
    pub body: &'a ProjectBody,
    /// The hash of that.
    pub body_hash: &'a str,
    /// The division's name.
    pub region_name: Option<&'a str>,
    /// What becomes of the shifts.
    pub plan: &'a Plan,
}

/// Writes a project and its shifts, tells and frees those concerned, and fills the seats
/// that became free: all of it or nothing. Refusals are `version_conflict`,
/// `shift_has_signups` and `shift_not_overfilled`: somebody was quicker.
pub async fn replace(
    visit: &Visit,
    what: &Replacement<'_>,
) -> Result<Option<(ProjectRow, Vec<ShiftRow>)>, DbError> {
    let (organization, reference) = (what.key.organization_id.as_str(), what.reference.as_str());
    let (body, plan, now) = (what.body, what.plan, visit.now);
    let id = what.standing.map_or_else(
        || visit.new_id().to_string(),
        |standing| standing.id.clone(),
    );
    let ids = |shifts: &[String]| serde_json::json!(shifts).to_string();
    let rows = serde_json::to_string(&plan.write).unwrap_or_default();
    let place = body.place.as_ref().map(|place| place.as_str());
    let reason = body.change_reason.as_ref().map(|reason| reason.as_str());
    let written: Vec<String> = plan.write.iter().map(|shift| shift.id.clone()).collect();
    let cancelled = ids(&plan.cancelled);

    let mut statements = vec![
        bind!(
            STAND_STILL,
            organization,
            reference,
            what.standing.map(|standing| standing.version)
        ),
        bind!(STAY_EMPTY, ids(&plan.assumed_empty)),
    ];
    statements.extend(consequences::tell_moved(
        &ids(&plan.moved),
        now,
        place,
        reason,
        &rows,
    ));
    statements.extend(consequences::call_off(&cancelled, now, reason, &rows));
    statements.extend([
        write_project(visit, what, &id),
        bind!(DELETE_SHIFTS, ids(&plan.delete)),
        bind!(WRITE_SHIFTS, organization, reference, rows),
        bind!(CANCEL_SHIFTS, cancelled),
    ]);
    if what.standing.is_some() {
        statements.extend(consequences::promote(&ids(&written), now));
    }
    let terms = Terms::of(body, &what.key.organization_name).json();
    statements.push(bind!(RECOUNT_ONE, now, organization, reference, terms));
    statements.push(
        Act {
            actor: format!("api_key:{}", what.key.id),
            action: if what.standing.is_some() {
                "project.replaced"
            } else {
                "project.created"
            },
            subject: format!("project:{id}"),
            before: what.standing.map(|standing| {
                serde_json::json!({"version": standing.version, "state": standing.state})
                    .to_string()
            }),
            after: serde_json::to_string(body).ok(),
        }
        .record(visit),
    );
    let answer = statements.len();
    statements.push(own_project(organization, reference));
    statements.push(own_shifts(organization, reference));
    whole(&visit.db.batch(statements).await?, answer)
}

fn write_project(visit: &Visit, what: &Replacement<'_>, id: &str) -> Statement {
    let body = what.body;
    bind!(
        WRITE,
        id,
        &what.key.organization_id,
        what.reference.as_str(),
        body.state.word(),
        body.field.map(Field::word),
        body.title.as_ref().map(|text| text.as_str()),
        body.summary.as_ref().map(|text| text.as_str()),
        body.region.as_ref().map(|region| region.as_str()),
        what.region_name,
        body.place.as_ref().map(|text| text.as_str()),
        body.min_age(),
        serde_json::json!(body.skills()).to_string(),
        visit.now,
        body.sign_up_opens_at,
        body.sign_up_closes_minutes
            .map_or(0, |minutes| minutes.get()),
        body.cancel_until_minutes
            .map_or(1440, |minutes| minutes.get()),
        body.travel_minutes.map_or(30, |minutes| minutes.get()),
        body.change_reason.as_ref().map(|text| text.as_str()),
        what.body_hash,
        body.content.as_ref().map(|text| text.as_str()),
        body.conditions.as_ref().map(|text| text.as_str()),
        body.how_to_sign_up.as_ref().map(|text| text.as_str()),
        body.risks.as_ref().map(|text| text.as_str()),
        body.safeguards.as_ref().map(|text| text.as_str()),
        body.what_to_bring.as_ref().map(|text| text.as_str()),
    )
}

#[derive(Deserialize)]
struct Moved {
    #[expect(dead_code, reason = "rows are counted, not read")]
    seq: i64,
}

/// Moves projects whose first shift has begun on to their next one; gives how many.
pub async fn move_on(db: &Db, now: Instant) -> Result<usize, DbError> {
    Ok(db
        .rows::<Moved>(bind!(RECOUNT_DUE, now, A_ROUND))
        .await?
        .len())
}
