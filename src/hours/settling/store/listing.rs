//! What is to be settled, and what was recorded, page by page.

use std::fmt::Write as _;

use serde::Deserialize;
use uuid::Uuid;

use super::reading::{RecordRow, row_columns};
use crate::bind;
use crate::coordination::store::{Standing, reach, standing};
use crate::hours::Grade;
use crate::menu::search::Cursor;
use crate::organizations::{Agent, Permission};
use crate::platform::clock::{Instant, parse_date, start_of};
use crate::platform::db::{self, Param, Statement};
use crate::platform::problem::Problem;
use crate::platform::visit::Visit;

/// A shift that waits to be settled.
#[derive(Clone, Debug, Deserialize)]
pub struct Due {
    /// UUIDv7.
    pub shift_id: String,
    /// When it started.
    pub starts_at: Instant,
    /// When it ended.
    pub ends_at: Instant,
    /// What volunteers did.
    pub role: String,
    /// Seats taken.
    pub confirmed: i64,
    /// Which project.
    pub project_id: String,
    /// What it is called.
    pub title: String,
    /// Whose it is.
    pub organization_id: String,
    /// The name of that organization.
    pub organization_name: String,
}

/// Where a page of shifts ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DueAfter {
    /// The end of the last shift on it.
    pub ends_at: Instant,
    /// The id of that.
    pub shift: Uuid,
}

/// One page of shifts `u` of a scope, each a JSON object in a list. The scope stands before
/// it; `?3` before when they ended, `?4` and `?5` where the page before ended, `?6` how many.
macro_rules! page_of_due {
    ($scope:literal) => {
        concat!(
            "(
  SELECT json_group_array(json_object('shift_id', h.id, 'starts_at', h.starts_at, 'ends_at', h.ends_at,
    'role', h.role, 'confirmed', h.confirmed, 'project_id', p.id, 'title', p.title,
    'organization_id', p.organization_id, 'organization_name', p.organization_name))
  FROM (
    SELECT ends_at, shift_id FROM unsettled_shift
    WHERE scope = ",
            $scope,
            " AND ends_at <= ?3 AND (ends_at, shift_id) > (?4, ?5)
    ORDER BY ends_at, shift_id
    LIMIT ?6) u
  JOIN shift h ON h.id = u.shift_id
  JOIN project p ON p.seq = h.project) AS shifts"
        )
    };
}

/// `?1` organization; `?2` is nothing.
const OF_ORGANIZATION: &str = concat!("SELECT ", page_of_due!("?1"), " WHERE ?2 IS NULL");

/// `?1` session, `?2` now.
const IN_REACH: &str = concat!(
    "WITH ",
    reach!(),
    "
SELECT ",
    page_of_due!("m.region"),
    " FROM (SELECT DISTINCT region FROM reach) m"
);

#[derive(Deserialize)]
struct Shifts {
    #[serde(deserialize_with = "db::json")]
    shifts: Vec<Due>,
}

fn page(
    statement: Statement,
    ended_by: Instant,
    after: Option<&DueAfter>,
    limit: i64,
) -> Statement {
    statement
        .and(ended_by)
        .and(after.map_or(0, |after| after.ends_at.millis()))
        .and(after.map_or_else(String::new, |after| after.shift.to_string()))
        .and(limit + 1)
}

/// One page of shifts that wait, and where the next one begins, if there is more.
#[derive(Debug)]
pub struct DuePage {
    /// In the order of their ends.
    pub shifts: Vec<Due>,
    /// Where this page ends.
    pub next: Option<DueAfter>,
}

impl DuePage {
    /// In order, each once, and no more than asked for.
    fn of(lists: Vec<Shifts>, limit: i64) -> Self {
        let mut shifts: Vec<Due> = lists.into_iter().flat_map(|list| list.shifts).collect();
        shifts.sort_by(|a, b| (a.ends_at, &a.shift_id).cmp(&(b.ends_at, &b.shift_id)));
        shifts.dedup_by(|a, b| a.shift_id == b.shift_id);
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let more = shifts.len() > limit;
        shifts.truncate(limit);
        let last = shifts.last().filter(|_| more);
        let next = last.and_then(|last| {
            let shift = Uuid::try_parse(&last.shift_id).ok()?;
            Some(DueAfter {
                ends_at: last.ends_at,
                shift,
            })
        });
        Self { shifts, next }
    }
}

fn door(agent: Option<Agent>) -> Result<Agent, Problem> {
    let agent = agent.ok_or_else(Problem::unauthenticated)?;
    agent.require(Permission::ReadHours)?;
    Ok(agent)
}

fn at_the_door(visit: &Visit, organization: Uuid) -> Statement {
    Agent::at_the_door(
        visit.credential_hash(),
        visit.now,
        &organization.to_string(),
    )
}

/// The statement for one page of shifts of an organization that ended.
pub fn due_statement(
    visit: &Visit,
    organization: Uuid,
    after: Option<&DueAfter>,
    limit: i64,
) -> Statement {
    let nothing: Option<i64> = None;
    let due = bind!(OF_ORGANIZATION, organization, nothing);
    page(due, visit.now, after, limit)
}

/// The statement for one page of shifts in the caller's reach that ended before an instant.
pub fn overdue_statement(
    visit: &Visit,
    ended_before: Instant,
    after: Option<&DueAfter>,
    limit: i64,
) -> Statement {
    let due = bind!(IN_REACH, visit.credential_hash(), visit.now);
    page(due, ended_before.plus(-1), after, limit)
}

/// Shifts of an organization that ended and wait to be settled, the oldest first; with what
/// volunteers said to their absences since an instant, where that is asked for.
pub async fn due_of_organization(
    visit: &Visit,
    organization: Uuid,
    after: Option<&DueAfter>,
    limit: i64,
    answers_since: Option<Instant>,
) -> Result<(Agent, DuePage, Vec<super::absences::Answered>), Problem> {
    let mut statements = vec![
        at_the_door(visit, organization),
        due_statement(visit, organization, after, limit),
    ];
    statements.extend(answers_since.map(|since| super::answered(organization, since, 100)));
    let batch = visit.db.batch(statements).await?;
    let door = door(batch.first(0)?)?;
    let answers = match answers_since {
        Some(_) => batch.rows(2)?,
        None => Vec::new(),
    };
    Ok((door, DuePage::of(batch.rows(1)?, limit), answers))
}

/// Shifts within the caller's regions that ended before an instant and wait to be settled,
/// the oldest first.
pub async fn due_in_reach(
    visit: &Visit,
    ended_before: Instant,
    after: Option<&DueAfter>,
    limit: i64,
) -> Result<DuePage, Problem> {
    let statements = vec![
        standing(visit),
        overdue_statement(visit, ended_before, after, limit),
    ];
    let batch = visit.db.batch(statements).await?;
    let caller: Option<Standing> = batch.first(0)?;
    caller.ok_or_else(Problem::unauthenticated)?.require()?;
    Ok(DuePage::of(batch.rows(1)?, limit))
}

/// Which records of an organization. Conditions combine.
#[derive(Clone, Debug, Default)]
pub struct RecordFilter {
    /// Only those of a project.
    pub project: Option<Uuid>,
    /// Only those from this day on.
    pub from: Option<String>,
    /// Only those until this day.
    pub to: Option<String>,
    /// Only those of this grade.
    pub grade: Option<Grade>,
    /// Where the page before ended.
    pub after: Option<Cursor>,
    /// How many.
    pub limit: i64,
}

/// The statement for one page of an organization's records, the latest day first.
pub fn records_statement(organization: Uuid, filter: &RecordFilter) -> Statement {
    let mut params: Vec<Param> = vec![organization.into(), filter.limit.into()];
    let mut bind = |value: Param| {
        params.push(value);
        format!("?{}", params.len())
    };
    let mut sql = format!(
        "SELECT {}\nFROM service_record r JOIN volunteer v ON v.id = r.volunteer_id\nWHERE ",
        row_columns!()
    );
    match filter.project {
        // The plus sign leaves the choice of the index to the project.
        Some(project) => {
            let project = bind(project.into());
            let _ = write!(sql, "r.project_id = {project} AND +r.organization_id = ?1");
        }
        None => sql.push_str("r.organization_id = ?1"),
    }
    if let Some(grade) = filter.grade {
        let grade = bind(grade.word().into());
        let column = if filter.project.is_some() {
            "+r.grade"
        } else {
            "r.grade"
        };
        let _ = write!(sql, " AND {column} = {grade}");
    }
    if let Some(from) = &filter.from {
        let _ = write!(sql, " AND r.on_date >= {}", bind(from.into()));
    }
    if let Some(to) = &filter.to {
        let _ = write!(sql, " AND r.on_date <= {}", bind(to.into()));
    }
    if let Some(after) = filter.after {
        let day = bind(Instant::from_millis(after.key).date().to_string().into());
        let seq = bind(after.project.into());
        let _ = write!(sql, " AND (r.on_date, r.seq) < ({day}, {seq})");
    }
    sql.push_str("\nORDER BY r.on_date DESC, r.seq DESC\nLIMIT ?2");
    Statement::new(sql, params)
}

/// Where a page that ends with this record is followed.
fn cursor(last: &RecordRow) -> Option<Cursor> {
    parse_date(&last.record.on_date).map(|day| Cursor {
        key: start_of(day).millis(),
        project: last.record.seq,
    })
}

/// One page of an organization's records, and where the next one begins, if there is more.
pub async fn records(
    visit: &Visit,
    organization: Uuid,
    filter: &RecordFilter,
) -> Result<(Agent, Vec<RecordRow>, Option<Cursor>), Problem> {
    let one_more = RecordFilter {
        limit: filter.limit + 1,
        ..filter.clone()
    };
    let statements = vec![
        at_the_door(visit, organization),
        records_statement(organization, &one_more),
    ];
    let batch = visit.db.batch(statements).await?;
    let door = door(batch.first(0)?)?;
    let mut rows: Vec<RecordRow> = batch.rows(1)?;
    let limit = usize::try_from(filter.limit).unwrap_or(usize::MAX);
    let more = rows.len() > limit;
    rows.truncate(limit);
    let next = rows.last().filter(|_| more).and_then(cursor);
    Ok((door, rows, next))
}
