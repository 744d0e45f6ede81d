//! SQL of the menu: reading a project here, lists in `listing`, publishing in `writing`.

use serde::{Deserialize, Serialize};

use super::{Field, Places, ProjectState, ShiftState, SignUpApproval, Skill};
use crate::bind;
use crate::organizations::OrganizationState;
use crate::platform::clock::Instant;
use crate::platform::db::{self, Batch, Db, DbError};

macro_rules! card_columns {
    () => {
        "p.id, p.title, p.field, p.summary, p.region, p.region_name, p.place, p.organization_id,
  p.organization_name, p.min_age, p.skills, p.next_starts_at, p.seats_free, p.waits_free,
  p.published_at"
    };
}

macro_rules! recount {
    () => {
        "
SET next_starts_at = (
      SELECT min(h.starts_at) FROM shift h
      WHERE h.project = project.seq AND h.state = 'open' AND h.starts_at > ?1),
    (seats_free, waits_free) = (
      SELECT coalesce(sum(max(h.capacity - h.confirmed - h.waiting, 0)), 0),
        coalesce(sum(min(max(h.capacity + h.waitlist - h.confirmed - h.waiting, 0), h.waitlist)), 0)
      FROM shift h
      WHERE h.project = project.seq AND h.state = 'open' AND h.starts_at > ?1)"
    };
}

mod console;
/// Whether anything still speaks of a shift: such a one is called off, never deleted.
macro_rules! ever {
    () => {
        "EXISTS (SELECT 1 FROM signup s WHERE s.shift_id = h.id)
    OR EXISTS (SELECT 1 FROM signup s WHERE s.moved_from = h.id)
    OR EXISTS (SELECT 1 FROM shift_message s WHERE s.shift_id = h.id) AS ever"
    };
}

mod listing;
mod offered;
mod own;
mod several;
mod writing;

pub use console::{AtTheConsole, at_the_console};
pub use listing::{Listed, Page, home, list, list_statement, list_with_regions, upcoming_of};
pub use offered::{Offered, OfferedProject, OfferedShift, offered};
pub use own::{OwnPage, discard, own_list, own_list_statement};
pub use several::{OwnProjects, Several, own_after, own_page, several, several_statements};
pub use writing::{
    Before, KnownRegion, Loaded, Replacement, Written, load, made, replace, replacement,
};

/// How many projects one round of the clock moves on.
const A_ROUND: i64 = 500;

const PROJECT: &str = concat!(
    "
SELECT ",
    card_columns!(),
    ", p.client_ref, p.version, p.state, p.organization_state, p.content, p.conditions, p.how_to_sign_up,
  p.risks, p.safeguards, p.what_to_bring, p.sign_up_opens_at, p.sign_up_closes_minutes,
  p.cancel_until_minutes, p.travel_minutes, p.change_reason, p.approval
FROM project p
WHERE "
);

const SHIFTS: &str = "
SELECT h.id, h.ref, h.role, h.starts_at, h.ends_at, h.capacity, h.waitlist, h.confirmed,
  h.waiting, h.state, h.change_reason
FROM shift h
WHERE h.project = (SELECT seq FROM project WHERE ";

/// A project as the public reads it; also drafts, for their own organization.
#[derive(Debug, Deserialize, Serialize)]
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
    /// Whether the organizer decides on each sign-up.
    pub approval: SignUpApproval,
}

/// A shift as the public reads it.
#[derive(Debug, Deserialize, Serialize)]
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

impl ShiftRow {
    /// Seats nobody has or asks for.
    pub fn seats_left(&self) -> i64 {
        (self.capacity - self.confirmed - self.waiting).max(0)
    }

    /// How many places are left.
    pub fn places(&self) -> Places {
        let all = self.capacity + self.waitlist;
        Places::of(self.seats_left(), all - self.confirmed - self.waiting)
    }

    /// Volunteers for whom there is no seat at the moment.
    pub fn in_line(&self) -> i64 {
        (self.confirmed + self.waiting - self.capacity).max(0)
    }
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
