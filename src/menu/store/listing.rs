//! Lists of projects, read along the menu's indexes in the order of the list.

use serde::Deserialize;

use crate::bind;
use crate::menu::search::{Cursor, Search, Sort};
use crate::menu::{Card, Field};
use crate::platform::clock::{HOUR, Instant};
use crate::platform::db::{Db, DbError, Statement};
use crate::regions::{Region, RegionCode};

/// The menu shows nothing that began longer ago than this, even when the clock that
/// moves projects on is late; in milliseconds.
pub const GRACE: i64 = HOUR;

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

/// A place in an order, as the indexes count it: of an instant in milliseconds and the
/// number of a project.
macro_rules! slot {
    ($key:literal, $number:literal) => {
        concat!(
            "((CAST(",
            $key,
            " AS INTEGER) / 1000) << 29 | CAST(",
            $number,
            " AS INTEGER))"
        )
    };
}

/// `?1` what is asked, `?2` and `?3` after which start and number, `?4` before which
/// start, `?5` how many.
const BY_START: &str = concat!(
    "
SELECT p.next_starts_at AS sort_key, p.number AS seq, ",
    card_columns!(),
    "
FROM menu_by_start p
WHERE p.menu_by_start MATCH ?1 AND p.rowid > ",
    slot!("?2", "?3"),
    " AND p.rowid < ",
    slot!("?4", "0"),
    "
ORDER BY p.rowid
LIMIT ?5"
);

/// `?1` what is asked, `?2` and `?3` before which publication and number, `?4` before
/// which start, `?5` how many. Few are published, start later today and ran already.
const BY_NEWEST: &str = concat!(
    "
SELECT p.published_at AS sort_key, p.number AS seq, ",
    card_columns!(),
    "
FROM menu_by_newest p
WHERE p.menu_by_newest MATCH ?1 AND p.rowid < ",
    slot!("?2", "?3"),
    " AND p.next_starts_at < ?4
ORDER BY p.rowid DESC
LIMIT ?5"
);

/// The statement for one page of the menu.
pub fn list_statement(search: &Search, now: Instant) -> Statement {
    let asked = search.expression();
    let until = search.until;
    match search.sort {
        Sort::Start => {
            let after = search.after.unwrap_or(Cursor {
                key: now.plus(-GRACE).millis(),
                project: 0,
            });
            bind!(
                BY_START,
                asked,
                after.key,
                after.project,
                until,
                search.limit
            )
        }
        Sort::Newest => {
            let before = search.after.unwrap_or(Cursor::LAST);
            bind!(
                BY_NEWEST,
                asked,
                before.key,
                before.project,
                until,
                search.limit
            )
        }
    }
}

/// One page of a list, and where the next one begins, if there is more.
#[derive(Debug)]
pub struct Page {
    /// The lines.
    pub lines: Vec<Listed>,
    /// Where this page ends.
    pub next: Option<Cursor>,
}

impl Page {
    /// From the rows of a statement that asked for one line more than `limit`.
    fn cut(mut lines: Vec<Listed>, limit: i64) -> Self {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let more = lines.len() > limit;
        lines.truncate(limit);
        let next = lines.last().filter(|_| more).map(|last| Cursor {
            key: last.sort_key,
            project: last.seq,
        });
        Self { lines, next }
    }
}

/// One page of the menu.
pub async fn list(db: &Db, search: &Search, now: Instant) -> Result<Page, DbError> {
    let lines = db.rows(list_statement(&search.and_one_more(), now)).await?;
    Ok(Page::cut(lines, search.limit))
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
    chosen: Option<&RegionCode>,
    now: Instant,
) -> Result<(Page, Vec<Region>), DbError> {
    let region = chosen.map_or("", RegionCode::as_str);
    let list = list_statement(&search.and_one_more(), now);
    let batch = db.batch(vec![list, bind!(OFFERED_REGIONS, region)]).await?;
    Ok((Page::cut(batch.rows(0)?, search.limit), batch.rows(1)?))
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
