//! Reading sign-ups: one, one's own, those of a calendar.

use serde::Deserialize;
use uuid::Uuid;

use super::{IS_SIGNED_IN, require_signed_in};
use crate::bind;
use crate::menu::{Field, ProjectState, ShiftState};
use crate::platform::clock::Instant;
use crate::platform::db::{self, Batch, DbError, Statement};
use crate::platform::problem::Problem;
use crate::platform::visit::Visit;
use crate::signups::SignupState;
use crate::signups::organizing::Approval;
use crate::volunteers::{Me, who};

pub(super) const TICKET: &str = concat!(
    ticket_columns!(),
    "WHERE s.id = ?3
  AND s.volunteer_id = (SELECT volunteer_id FROM session WHERE token_hash = ?1 AND expires_at > ?2)"
);

/// A sign-up with what its holder needs to know.
#[derive(Debug, Deserialize)]
pub struct Ticket {
    /// Its number: the order of arrival.
    pub seq: i64,
    /// UUIDv7.
    pub id: String,
    /// Where it stands.
    pub state: SignupState,
    /// What the organizer said to it, where the project asks for approval.
    pub approval: Option<Approval>,
    /// Why the organizer moved or declined it.
    pub organizer_reason: Option<String>,
    /// When the shift starts.
    pub starts_at: Instant,
    /// When the shift ends.
    pub ends_at: Instant,
    /// When the volunteer signed up.
    pub created_at: Instant,
    /// When they moved up from the waiting list.
    pub promoted_at: Option<Instant>,
    /// When they asked to be let go.
    pub cancel_requested_at: Option<Instant>,
    /// When it was given up or called off.
    pub cancelled_at: Option<Instant>,
    /// `volunteer` or `organization`.
    pub cancelled_by: Option<String>,
    /// Rises with each change.
    pub revision: i64,
    /// Which shift.
    pub shift_id: String,
    /// What they do.
    pub role: String,
    /// Where the shift stands.
    pub shift_state: ShiftState,
    /// Why the shift was moved or called off.
    pub shift_change_reason: Option<String>,
    /// Which project.
    pub project_id: String,
    /// What it is called.
    pub title: String,
    /// Key field.
    pub field: Field,
    /// Where the project stands.
    pub project_state: ProjectState,
    /// Where to come.
    pub place: String,
    /// The division's name.
    pub region_name: Option<String>,
    /// What to bring.
    pub what_to_bring: Option<String>,
    /// Minutes before the start until which they may cancel alone.
    pub cancel_until_minutes: i64,
    /// Why the project changed.
    pub change_reason: Option<String>,
    /// Who offers it.
    pub organization_id: String,
    /// Its name.
    pub organization_name: String,
    /// Place in the waiting list, from 1; 0 when not waiting.
    pub position: i64,
}

/// One of the caller's own sign-ups.
pub async fn ticket(visit: &Visit, id: Uuid) -> Result<Ticket, Problem> {
    let (ticket, _) = ticket_with(visit, id, Vec::new()).await?;
    Ok(ticket)
}

/// The same, with what else is asked in the same breath, from index 2 of the batch.
pub async fn ticket_with(
    visit: &Visit,
    id: Uuid,
    more: Vec<Statement>,
) -> Result<(Ticket, Batch), Problem> {
    let caller = visit
        .credential_hash()
        .ok_or_else(Problem::unauthenticated)?;
    let mut statements = vec![
        bind!(IS_SIGNED_IN, &caller, visit.now),
        bind!(TICKET, &caller, visit.now, id),
    ];
    statements.extend(more);
    let batch = visit.db.batch(statements).await?;
    require_signed_in(&batch, 0)?;
    let ticket = batch.first(1)?.ok_or_else(Problem::not_found)?;
    Ok((ticket, batch))
}

/// `?3` from when, `?4` after which start, `?5` after which number, `?6` how many.
const MINE: &str = concat!(
    ticket_columns!(),
    "WHERE s.volunteer_id = (SELECT volunteer_id FROM session WHERE token_hash = ?1 AND expires_at > ?2)
  AND s.starts_at >= ?3 AND (s.starts_at, s.seq) > (?4, ?5)
ORDER BY s.starts_at, s.seq
LIMIT ?6"
);

/// The statement for the caller's sign-ups from an instant on, in order of time, after a
/// start and a number.
pub fn mine(visit: &Visit, from: Instant, after: (i64, i64), limit: i64) -> Statement {
    bind!(
        MINE,
        visit.credential_hash(),
        visit.now,
        from,
        after.0,
        after.1,
        limit
    )
}

/// How many shifts to come organizers are shown.
const SHOWN: u8 = 20;

/// The next shifts of each organization the caller is a member of. `?1` session, `?2`
/// now, `?3` how many of each.
const ORGANIZED: &str = "
SELECT (
  SELECT json_group_array(json_object('id', id, 'starts_at', starts_at, 'ends_at', ends_at, 'role', role,
    'confirmed', confirmed, 'capacity', capacity, 'waiting', waiting, 'title', title,
    'pending', iif(waiting = 0, 0, (
      SELECT count(*) FROM signup s
      WHERE s.shift_id = h.id AND s.state = 'waitlisted' AND s.approval = 'pending'))))
  FROM (
    SELECT * FROM shift
    WHERE organization_id = m.organization_id AND state = 'open' AND project_state = 'published'
      AND starts_at > ?2
    ORDER BY starts_at
    LIMIT ?3) h) AS shifts
FROM session c JOIN member m ON m.volunteer_id = c.volunteer_id
WHERE c.token_hash = ?1 AND c.expires_at > ?2";

/// What an organization has coming.
#[derive(Deserialize)]
struct Coming {
    #[serde(deserialize_with = "db::json")]
    shifts: Vec<Organized>,
}

/// A shift as its organizers see it in a list.
#[derive(Debug, Deserialize)]
pub struct Organized {
    /// UUIDv7.
    pub id: String,
    /// When it starts.
    pub starts_at: Instant,
    /// When it ends.
    pub ends_at: Instant,
    /// What volunteers do.
    pub role: String,
    /// Seats taken.
    pub confirmed: i64,
    /// Seats.
    pub capacity: i64,
    /// Volunteers waiting, for a seat or for an answer.
    pub waiting: i64,
    /// Those of them who wait for an answer.
    pub pending: i64,
    /// What the project is called.
    pub title: String,
}

/// Everything the page of own shifts shows.
#[derive(Debug)]
pub struct MyPage {
    /// Who is signed in.
    pub me: Me,
    /// Own sign-ups in order of time.
    pub tickets: Vec<Ticket>,
    /// Shifts the caller helps to run.
    pub organized: Vec<Organized>,
}

/// The page of own shifts, from an instant on; `None` when nobody is signed in.
pub async fn my_page(visit: &Visit, from: Instant) -> Result<Option<MyPage>, DbError> {
    let organized = bind!(
        ORGANIZED,
        visit.credential_hash(),
        visit.now,
        i64::from(SHOWN)
    );
    let statements = vec![who(visit), mine(visit, from, (0, 0), 100), organized];
    let batch = visit.db.batch(statements).await?;
    let coming = batch.rows::<Coming>(2)?.into_iter();
    let mut organized: Vec<Organized> = coming
        .flat_map(|organization| organization.shifts)
        .collect();
    organized.sort_by_key(|shift| shift.starts_at);
    organized.truncate(usize::from(SHOWN));
    Ok(match batch.first(0)? {
        Some(me) => Some(MyPage {
            me,
            tickets: batch.rows(1)?,
            organized,
        }),
        None => None,
    })
}

const OF_CALENDAR: &str = concat!(
    ticket_columns!(),
    "WHERE s.volunteer_id = (SELECT id FROM volunteer WHERE calendar_hash = ?1) AND s.starts_at >= ?2
ORDER BY s.starts_at, s.seq
LIMIT 500"
);

const CALENDAR: &str = "SELECT language FROM volunteer WHERE calendar_hash = ?1";

/// Whose calendar an address is, and the sign-ups in it.
#[derive(Debug, Deserialize)]
pub struct CalendarRow {
    /// `zh` or `en`.
    pub language: String,
}

/// The sign-ups behind a private calendar address.
pub async fn calendar(
    visit: &Visit,
    hash: &str,
    from: Instant,
) -> Result<Option<(CalendarRow, Vec<Ticket>)>, DbError> {
    let batch = visit
        .db
        .batch(vec![bind!(CALENDAR, hash), bind!(OF_CALENDAR, hash, from)])
        .await?;
    Ok(match batch.first(0)? {
        Some(row) => Some((row, batch.rows(1)?)),
        None => None,
    })
}
