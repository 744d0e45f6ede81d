//! Lists of projects, read along an index in the order of the list.

use std::fmt::Write as _;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use crate::bind;
use crate::menu::search::{Cursor, Search, Sort};
use crate::menu::{Card, Field};
use crate::platform::clock::{HOUR, Instant};
use crate::platform::db::{Db, DbError, Param, Statement};
use crate::regions::Region;

/// The menu shows nothing that began longer ago than this, even when the clock that
/// moves projects on is late; in milliseconds.
const GRACE: i64 = HOUR;

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
    /// Whether it is a term's rows rather than the projects themselves.
    by_term: bool,
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
        (format!("{table} t"), format!("t.{column}"), "t.project")
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
        by_term: search.driver().is_some(),
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
    let (table, column) = match search.sort {
        Sort::Start => ("menu_by_start", "starts_at"),
        Sort::Newest => ("menu_by_newest", "published_at"),
    };
    for term in search
        .terms
        .iter()
        .filter(|term| Some(term.as_str()) != driver)
    {
        // A word that stands nowhere ends the search before it begins. As a value it is
        // looked up once; EXISTS would be joined, and looked up for every line.
        if term.starts_with("g:") {
            question.also(
                "(SELECT 1 FROM menu_by_start WHERE term = ? LIMIT 1) IS NOT NULL",
                [term.as_str().into()],
            );
        }
        // Beside another term the index tells without the project; where the project is
        // read anyway, or most likely has the word, its own terms do.
        if driver.is_some() && !term.starts_with("g:") {
            question.also(
                &format!("EXISTS (SELECT 1 FROM {table} o WHERE o.term = ? AND o.{column} = w.sort_key AND o.project = w.seq)"),
                [term.as_str().into()],
            );
        } else {
            question.also("instr(p.terms, ?) > 0", [format!("\"{term}\"").into()]);
        }
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

/// The statement for one page of the menu. Where conditions look at each project, a walk
/// that went as far as it may without finding enough ends with a row that is no project:
/// its id is null, and it tells where the next page begins.
pub fn list_statement(search: &Search, now: Instant) -> Statement {
    let Walk {
        by_term,
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
    let joined = "CROSS JOIN project p ON p.seq = w.seq";
    if filtered.conditions.is_empty() {
        let sql = if by_term {
            format!(
                "SELECT w.sort_key, w.seq, {columns}\nFROM (\n  SELECT {key} AS sort_key, {tie} AS seq\n  FROM {source}\n  {walked}\n  {order}\n  LIMIT {limit}) w {joined}"
            )
        } else {
            format!(
                "SELECT {key} AS sort_key, {tie} AS seq, {columns}\nFROM {source}\n{walked}\n{order}\nLIMIT {limit}"
            )
        };
        return Statement::new(sql, filtered.params);
    }
    let farthest = filtered.bind(FARTHEST.into());
    let last = filtered.bind((FARTHEST - 1).into());
    // The inner list is read only as far as the outer one needs, in its order.
    let within = if by_term {
        format!(
            "(\n  SELECT {key} AS sort_key, {tie} AS seq\n  FROM {source}\n  {walked}\n  {order}\n  LIMIT {farthest}) w {joined}"
        )
    } else {
        format!(
            "(\n  SELECT {key} AS sort_key, p.seq, p.terms, {columns}\n  FROM {source}\n  {walked}\n  {order}\n  LIMIT {farthest}) p"
        )
    };
    let nothing = columns
        .split(',')
        .map(|_| "NULL")
        .collect::<Vec<_>>()
        .join(", ");
    let first = if by_term { "w" } else { "p" };
    let sql = format!(
        "SELECT {first}.sort_key, {first}.seq, {columns}\nFROM {within}\n{}\nUNION ALL\nSELECT * FROM (\n  SELECT {key}, {tie}, {nothing}\n  FROM {source}\n  {walked}\n  {order}\n  LIMIT 1 OFFSET {last})\nLIMIT {limit}",
        filtered.conditions
    );
    Statement::new(sql, filtered.params)
}

/// One page of a list, and where the next one begins, if there is more.
#[derive(Debug)]
pub struct Page {
    /// The lines.
    pub lines: Vec<Listed>,
    /// Where this page ends.
    pub next: Option<Cursor>,
}

/// A row that may be the end of a walk.
#[derive(Deserialize)]
struct Reached {
    id: Option<String>,
    sort_key: i64,
    seq: i64,
}

impl Page {
    /// From the rows of a statement that asked for one line more than `limit`.
    fn read(rows: &[Box<RawValue>], limit: i64) -> Result<Self, DbError> {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let mut lines: Vec<Listed> = Vec::with_capacity(rows.len());
        let mut next = None;
        for row in rows {
            let reached: Reached = decode(row)?;
            let here = Cursor {
                key: reached.sort_key,
                project: reached.seq,
            };
            if reached.id.is_none() {
                next = Some(here);
            } else if lines.len() == limit {
                next = lines.last().map(|last| Cursor {
                    key: last.sort_key,
                    project: last.seq,
                });
            } else {
                lines.push(decode(row)?);
            }
        }
        Ok(Self { lines, next })
    }
}

fn decode<T: DeserializeOwned>(row: &RawValue) -> Result<T, DbError> {
    serde_json::from_str(row.get())
        .map_err(|error| DbError::Broken(format!("row does not decode: {error}")))
}

/// One page of the menu.
pub async fn list(db: &Db, search: &Search, now: Instant) -> Result<Page, DbError> {
    let rows: Vec<Box<RawValue>> = db.rows(list_statement(&search.and_one_more(), now)).await?;
    Page::read(&rows, search.limit)
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
    let region = search.region.as_ref().map_or("", |region| region.as_str());
    let list = list_statement(&search.and_one_more(), now);
    let batch = db.batch(vec![list, bind!(OFFERED_REGIONS, region)]).await?;
    let rows: Vec<Box<RawValue>> = batch.rows(0)?;
    Ok((Page::read(&rows, search.limit)?, batch.rows(1)?))
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
