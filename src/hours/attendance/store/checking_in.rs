//! A volunteer checking in or out by the code that changes.

use serde::Deserialize;
use uuid::Uuid;

use crate::bind;
use crate::hours::AttendanceKind;
use crate::hours::attendance::code::Presented;
use crate::hours::attendance::{
    Attendance, CLOSES_AFTER, MOST_WRONG, MOST_WRONG_A_DAY, Near, OPENS_BEFORE, Refusal,
    SENT_WITHIN, WRONG_COUNT_FOR, Window,
};
use crate::platform::clock::{DAY, Instant};
use crate::platform::db::Statement;
use crate::platform::idempotency::{IdempotencyKey, Ran};
use crate::platform::input::parse_id;
use crate::platform::problem::Problem;
use crate::platform::visit::Visit;

/// Who asks, for which shift, and why not, if not. `?1` session, `?2` now, `?3` shift, `?4`
/// the id of the evidence, `?5` which end, `?6` when, `?7` what is wrong with the code;
/// `?8` opens before, `?9` closes after, `?10` sent within; `?11` wrong codes count from,
/// `?12` how many may, `?13` and from a day ago, `?14` how many may.
macro_rules! asked {
    () => {
        concat!(
            "
WITH asked AS (
  SELECT c.volunteer_id, h.id AS shift_id, h.starts_at, h.ends_at, h.state AS shift_state,
    p.state AS project_state, s.id AS signup_id
  FROM session c
  JOIN shift h ON h.id = ?3
  JOIN project p ON p.seq = h.project AND p.state <> 'draft'
  LEFT JOIN signup s ON s.shift_id = h.id AND s.volunteer_id = c.volunteer_id AND s.state <> 'cancelled'
    AND ",
            has_a_place!(),
            "
  WHERE c.token_hash = ?1 AND c.expires_at > ?2),
judged AS (
  SELECT a.*,
    CASE
      WHEN EXISTS (
        SELECT 1 FROM attendance e WHERE e.id = ?4 AND e.signup_id = a.signup_id AND e.shift_id = a.shift_id AND e.kind = ?5)
        THEN 'done'
      WHEN EXISTS (SELECT 1 FROM attendance e WHERE e.id = ?4) THEN 'attendance_id_taken'
      WHEN a.signup_id IS NULL THEN 'not_signed_up'
      WHEN a.shift_state = 'cancelled' OR a.project_state = 'cancelled' THEN 'shift_cancelled'
      WHEN ?6 < a.starts_at - ?8 THEN 'attendance_not_open'
      WHEN ?6 > a.ends_at + ?9 OR ?2 > a.ends_at + ?10 THEN 'attendance_closed'
      WHEN (SELECT count(*) FROM attendance_attempt t WHERE t.signup_id = a.signup_id AND t.at > ?11) >= ?12
        OR (SELECT count(*) FROM attendance_attempt t WHERE t.signup_id = a.signup_id AND t.at > ?13) >= ?14
        THEN 'too_many_wrong_codes'
      WHEN ?7 IS NOT NULL THEN ?7
      WHEN ",
            last_kind!("a.signup_id", "?6"),
            " = ?5 THEN iif(?5 = 'in', 'already_checked_in', 'already_checked_out')
    END AS outcome
  FROM asked a)"
        )
    };
}

const IS_SIGNED_IN: &str = "
SELECT volunteer_id FROM session WHERE token_hash = ?1 AND expires_at > ?2";

const JUDGE: &str = concat!(asked!(), "\nSELECT outcome, starts_at, ends_at FROM judged");

/// `?15` whether it is late, `?16` where.
const CHECK_IN: &str = concat!(
    asked!(),
    "
INSERT INTO attendance (id, signup_id, shift_id, volunteer_id, kind, method, happened_at, received_at, late, near, actor)
SELECT ?4, j.signup_id, j.shift_id, j.volunteer_id, ?5, 'code', ?6, ?2, ?15, ?16, 'volunteer:' || j.volunteer_id
FROM judged j
WHERE j.outcome IS NULL"
);

const COUNT: &str = concat!(
    asked!(),
    "
INSERT INTO attendance_attempt (signup_id, at)
SELECT j.signup_id, ?2 FROM judged j WHERE j.outcome = 'wrong_attendance_code'"
);

/// `?1` session, `?2` now, `?3` the id of the evidence.
const OWN: &str = concat!(
    "SELECT ",
    attendance_columns!(),
    "
FROM session c JOIN attendance e ON e.id = ?3 AND e.volunteer_id = c.volunteer_id
WHERE c.token_hash = ?1 AND c.expires_at > ?2"
);

const FORGET: &str = "DELETE FROM attendance_attempt WHERE at < ?1";

/// The statement that forgets wrong codes which count no more.
pub fn forget(now: Instant) -> Statement {
    bind!(FORGET, now.plus(-DAY))
}

/// What a volunteer says on coming or going.
#[derive(Debug)]
pub struct CheckIn<'a> {
    /// Names the evidence; sent again, it changes nothing.
    pub id: Uuid,
    /// Which end.
    pub kind: AttendanceKind,
    /// The code.
    pub shown: Presented<'a>,
    /// Where, from those who say it.
    pub near: Option<&'a Near>,
}

#[derive(Deserialize)]
struct Judged {
    outcome: Option<String>,
    starts_at: Instant,
    ends_at: Instant,
}

/// Evidence, and whether it was there before.
#[derive(Debug)]
pub struct Checked {
    /// What is kept.
    pub attendance: Attendance,
    /// Whether the same request brought it before.
    pub repeated: bool,
}

/// Keeps that a volunteer came or went, or says why not.
pub async fn check_in(
    visit: &Visit,
    shift: Uuid,
    what: &CheckIn<'_>,
    key: &IdempotencyKey,
) -> Result<Checked, Problem> {
    let caller = visit
        .credential_hash()
        .ok_or_else(Problem::unauthenticated)?;
    let secret = visit.config.keys.attendance_key(&shift.to_string());
    let borne = what.shown.verify(&secret, visit.now);
    let (at, late, wrong) = match borne {
        Ok(borne) => (borne.at, borne.late, None),
        Err(wrong) => (
            what.shown.happened_at.unwrap_or(visit.now),
            false,
            Some(wrong),
        ),
    };
    let asks = |sql: &'static str| {
        bind!(
            sql,
            &caller,
            visit.now,
            shift,
            what.id,
            what.kind.word(),
            at,
            wrong.map(Refusal::word),
            OPENS_BEFORE,
            CLOSES_AFTER,
            SENT_WITHIN,
            visit.now.plus(-WRONG_COUNT_FOR),
            MOST_WRONG,
            visit.now.plus(-DAY),
            MOST_WRONG_A_DAY,
        )
    };
    let own = |id: Uuid| bind!(OWN, &caller, visit.now, id);
    let statements = vec![
        bind!(IS_SIGNED_IN, &caller, visit.now),
        asks(JUDGE),
        asks(CHECK_IN).and(late).and(what.near.map(Near::as_str)),
        key.point_at(visit, what.id),
        asks(COUNT),
        own(what.id),
    ];
    let batch = match key.run(visit, statements).await? {
        Ran::Now(batch) => batch,
        Ran::Before(earlier) => {
            let id = parse_id(earlier.subject()?)?;
            let attendance = visit.db.first(own(id)).await?;
            return attendance
                .map(|attendance| Checked {
                    attendance,
                    repeated: true,
                })
                .ok_or_else(Problem::not_found);
        }
    };
    if batch.first::<serde_json::Value>(0)?.is_none() {
        return Err(Problem::unauthenticated());
    }
    let judged: Judged = batch.first(1)?.ok_or_else(Problem::not_found)?;
    let refusal = judged.outcome.as_deref().and_then(refusal);
    match (refusal, batch.first(5)?) {
        (None, Some(attendance)) => Ok(Checked {
            attendance,
            repeated: judged.outcome.is_some(),
        }),
        (Some(refusal), _) => {
            Err(refusal.problem(Some(Window::of(judged.starts_at, judged.ends_at))))
        }
        (None, None) => Err(Problem::internal("evidence was neither kept nor refused")),
    }
}

fn refusal(word: &str) -> Option<Refusal> {
    use crate::platform::input::Choice as _;
    Refusal::from_word(word)
}

const OF_SIGNUP: &str = concat!(
    "SELECT ",
    attendance_columns!(),
    "
FROM session c
JOIN attendance e ON e.signup_id = ?3 AND e.volunteer_id = c.volunteer_id
WHERE c.token_hash = ?1 AND c.expires_at > ?2
ORDER BY e.happened_at, e.seq"
);

/// The statement for what is known of one's own coming and going, in order of time.
pub fn of_signup(visit: &Visit, signup: Uuid) -> Statement {
    bind!(OF_SIGNUP, visit.credential_hash(), visit.now, signup)
}

const DOOR: &str = concat!(
    "
SELECT c.volunteer_id, h.role, h.starts_at, h.ends_at, h.state = 'cancelled' OR p.state = 'cancelled' AS cancelled,
  p.title, p.place, s.id AS signup_id
FROM session c
JOIN shift h ON h.id = ?3
JOIN project p ON p.seq = h.project AND p.state <> 'draft'
LEFT JOIN signup s ON s.shift_id = h.id AND s.volunteer_id = c.volunteer_id AND s.state <> 'cancelled'
  AND ",
    has_a_place!(),
    "
WHERE c.token_hash = ?1 AND c.expires_at > ?2"
);

const DOOR_EVENTS: &str = concat!(
    "SELECT ",
    attendance_columns!(),
    "
FROM session c
JOIN signup s ON s.shift_id = ?3 AND s.volunteer_id = c.volunteer_id AND s.state <> 'cancelled'
JOIN attendance e ON e.signup_id = s.id
WHERE c.token_hash = ?1 AND c.expires_at > ?2
ORDER BY e.happened_at, e.seq"
);

/// A shift before whose door somebody stands with a scanned code.
#[derive(Debug, Deserialize)]
pub struct AtTheDoor {
    /// Who they are.
    pub volunteer_id: String,
    /// What they do there.
    pub role: String,
    /// When it starts.
    pub starts_at: Instant,
    /// When it ends.
    pub ends_at: Instant,
    /// Whether it was called off.
    #[serde(deserialize_with = "crate::platform::db::truth")]
    pub cancelled: bool,
    /// What the project is called.
    pub title: String,
    /// Where.
    pub place: String,
    /// Their place on it, if they have one.
    pub signup_id: Option<String>,
    /// What is known of them, in order of time.
    #[serde(default)]
    pub events: Vec<Attendance>,
}

/// Who stands before the door; an error when nobody is signed in, or there is no door.
pub async fn at_the_door(visit: &Visit, shift: Uuid) -> Result<AtTheDoor, Problem> {
    let caller = visit
        .credential_hash()
        .ok_or_else(Problem::unauthenticated)?;
    let batch = visit
        .db
        .batch(vec![
            bind!(IS_SIGNED_IN, &caller, visit.now),
            bind!(DOOR, &caller, visit.now, shift),
            bind!(DOOR_EVENTS, &caller, visit.now, shift),
        ])
        .await?;
    if batch.first::<serde_json::Value>(0)?.is_none() {
        return Err(Problem::unauthenticated());
    }
    let mut door: AtTheDoor = batch.first(1)?.ok_or_else(Problem::not_found)?;
    door.events = batch.rows(2)?;
    Ok(door)
}
