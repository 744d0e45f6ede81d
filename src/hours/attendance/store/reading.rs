//! What those who run a shift see: who came, and how that is known.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::bind;
use crate::hours::attendance::{Attendance, Window, counts};
use crate::organizations::{Permission, admit};
use crate::platform::clock::Instant;
use crate::platform::db::{self, Statement};
use crate::platform::problem::Problem;
use crate::platform::visit::Visit;
use crate::signups::SignupState;

const WHO: &str = concat!(recording!(), crate::organizations::entry!());

/// `?6` the roles that may record.
const SHIFT: &str = concat!(
    recording!(),
    "
SELECT t.id, t.role, t.starts_at, t.ends_at, t.shift_state = 'cancelled' OR t.project_state = 'cancelled' AS cancelled,
  t.project_id, t.title, t.place, t.organization_id,
  EXISTS (
    SELECT 1 FROM session c
    JOIN member m ON m.volunteer_id = c.volunteer_id AND m.organization_id = t.organization_id
    WHERE c.token_hash = ?1 AND c.expires_at > ?2 AND m.role IN (SELECT value FROM json_each(?6))) AS records,
  (SELECT count(*) FROM signup s WHERE s.shift_id = t.id AND ",
    has_a_place!(),
    ") AS expected,
  (SELECT count(DISTINCT e.signup_id) FROM attendance e JOIN signup s ON s.id = e.signup_id AND s.shift_id = t.id
   WHERE e.kind = 'in' AND ",
    counts!("t"),
    ") AS came,
  (SELECT count(DISTINCT e.signup_id) FROM attendance e JOIN signup s ON s.id = e.signup_id AND s.shift_id = t.id
   WHERE e.kind = 'out' AND ",
    counts!("t"),
    ") AS went
FROM target t JOIN agent a ON a.may"
);

const PEOPLE: &str = concat!(
    recording!(),
    "
SELECT s.id AS signup_id, s.seq AS number, s.state, s.volunteer_name AS name,
  (SELECT json_group_array(json_object('id', e.id, 'signup_id', e.signup_id, 'kind', e.kind, 'method', e.method,
     'happened_at', e.happened_at, 'received_at', e.received_at, 'late', e.late, 'reason', e.reason,
     'near', e.near, 'actor', e.actor, 'counts', ",
    counts!("t"),
    "))
   FROM (SELECT * FROM attendance WHERE signup_id = s.id ORDER BY happened_at, seq) e) AS events
FROM target t JOIN agent a ON a.may
JOIN signup s ON s.shift_id = t.id
WHERE ",
    has_a_place!(),
    " OR EXISTS (SELECT 1 FROM attendance e WHERE e.signup_id = s.id)
ORDER BY s.seq"
);

/// Those who run the shift of a sign-up, which is `?3`.
macro_rules! of_row {
    () => {
        recording!("(SELECT shift_id FROM signup WHERE id = ?3)")
    };
}

const ROW_WHO: &str = concat!(of_row!(), crate::organizations::entry!());

const ROW: &str = concat!(
    of_row!(),
    "
SELECT t.id AS shift_id, t.role, t.starts_at, t.ends_at, t.title, s.volunteer_name AS name,
  a.actor = 'volunteer:' || s.volunteer_id AS own, ",
    has_a_place!(),
    " AS has_place
FROM target t JOIN agent a ON a.may
JOIN signup s ON s.id = ?3"
);

const ROW_EVENTS: &str = concat!(
    of_row!(),
    "
SELECT ",
    attendance_columns!(),
    "
FROM target t JOIN agent a ON a.may
JOIN attendance e ON e.signup_id = ?3
ORDER BY e.happened_at, e.seq"
);

/// A shift on the desk of those who run it.
#[derive(Debug, Deserialize)]
pub struct DeskShift {
    /// UUIDv7.
    pub id: String,
    /// What volunteers do.
    pub role: String,
    /// When it starts.
    pub starts_at: Instant,
    /// When it ends.
    pub ends_at: Instant,
    /// Whether it was called off.
    #[serde(deserialize_with = "db::truth")]
    pub cancelled: bool,
    /// Which project.
    pub project_id: String,
    /// What it is called.
    pub title: String,
    /// Where.
    pub place: String,
    /// Whose.
    pub organization_id: String,
    /// Whether the reader may check people in.
    #[serde(deserialize_with = "db::truth")]
    pub records: bool,
    /// With a place.
    pub expected: i64,
    /// Who checked in.
    pub came: i64,
    /// Who checked out.
    pub went: i64,
}

impl DeskShift {
    /// When people may be checked in and out.
    pub fn window(&self) -> Window {
        Window::of(self.starts_at, self.ends_at)
    }
}

/// Somebody of a shift, with what is known of them.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
pub struct Present {
    /// UUIDv7.
    #[schema(format = "uuid")]
    pub signup_id: String,
    /// The order of arrival at sign-up.
    pub number: i64,
    /// Where the sign-up stands.
    pub state: SignupState,
    /// What they are called.
    pub name: String,
    /// In order of time.
    #[serde(deserialize_with = "db::json")]
    pub events: Vec<Attendance>,
}

/// A shift and everybody of it.
#[derive(Debug)]
pub struct Desk {
    /// The shift.
    pub shift: DeskShift,
    /// Everybody with a place, or of whom anything is known.
    pub people: Vec<Present>,
}

/// Somebody who asks about a shift in its organization's name.
struct Asking<'a> {
    visit: &'a Visit,
    /// The shift, or a sign-up of it.
    about: Uuid,
    permission: Permission,
}

impl Asking<'_> {
    fn asks(&self, sql: &'static str) -> Statement {
        let permit = self.permission.permit();
        bind!(
            sql,
            self.visit.credential_hash(),
            self.visit.now,
            self.about,
            permit.roles,
            permit.scopes,
        )
    }

    fn shift(&self) -> Statement {
        self.asks(SHIFT).and(Permission::RecordHours.permit().roles)
    }
}

/// Everybody of a shift, for whoever may read hours.
pub async fn desk(visit: &Visit, shift: Uuid) -> Result<Desk, Problem> {
    let asking = Asking {
        visit,
        about: shift,
        permission: Permission::ReadHours,
    };
    let statements = vec![asking.asks(WHO), asking.shift(), asking.asks(PEOPLE)];
    let batch = visit.db.batch(statements).await?;
    admit(&batch, 0)?;
    Ok(Desk {
        shift: batch.first(1)?.ok_or_else(Problem::not_found)?,
        people: batch.rows(2)?,
    })
}

/// A shift whose code is shown, for whoever may record hours.
pub async fn door(visit: &Visit, shift: Uuid) -> Result<DeskShift, Problem> {
    let asking = Asking {
        visit,
        about: shift,
        permission: Permission::RecordHours,
    };
    let batch = visit
        .db
        .batch(vec![asking.asks(WHO), asking.shift()])
        .await?;
    admit(&batch, 0)?;
    batch.first(1)?.ok_or_else(Problem::not_found)
}

/// A row of the printed sheet in a recorder's hand.
#[derive(Debug, Deserialize)]
pub struct AtTheSheet {
    /// Of which shift.
    pub shift_id: String,
    /// What they do there.
    pub role: String,
    /// When it starts.
    pub starts_at: Instant,
    /// When it ends.
    pub ends_at: Instant,
    /// What the project is called.
    pub title: String,
    /// Whose row it is.
    pub name: String,
    /// Whether it is the reader's own.
    #[serde(deserialize_with = "db::truth")]
    pub own: bool,
    /// Whether the sign-up still has a place.
    #[serde(deserialize_with = "db::truth")]
    pub has_place: bool,
    /// What is known of them, in order of time.
    #[serde(default)]
    pub events: Vec<Attendance>,
}

/// A row of the sheet, for whoever may record hours.
pub async fn at_the_sheet(visit: &Visit, signup: Uuid) -> Result<AtTheSheet, Problem> {
    let asking = Asking {
        visit,
        about: signup,
        permission: Permission::RecordHours,
    };
    let statements = [ROW_WHO, ROW, ROW_EVENTS].map(|sql| asking.asks(sql));
    let batch = visit.db.batch(statements.into()).await?;
    admit(&batch, 0)?;
    let mut row: AtTheSheet = batch.first(1)?.ok_or_else(Problem::not_found)?;
    row.events = batch.rows(2)?;
    Ok(row)
}
