//! SQL of sign-ups. Who asks, whether they may, and the act itself are one question to
//! the database.

use serde::Deserialize;
use uuid::Uuid;

use super::consequences::promote_after;
use super::{Clash, Facts, Guardian, Refusal, SignupState};
use crate::bind;
use crate::menu::{ShiftState, Skill};
use crate::platform::clock::Instant;
use crate::platform::crypto::NoRandomness;
use crate::platform::db::{self, Batch, DbError, Statement};
use crate::platform::idempotency::{IdempotencyKey, Taken};
use crate::platform::problem::Problem;
use crate::platform::visit::Visit;
use crate::volunteers::{Me, who};

/// Why nobody can take a shift, whoever asks; `?2` now.
macro_rules! shift_refusal {
    () => {
        "
      WHEN d.shift_state = 'cancelled' OR d.project_state = 'cancelled' THEN 'shift_cancelled'
      WHEN d.organization_state <> 'verified' THEN 'organization_suspended'
      WHEN d.ends_at <= ?2 THEN 'ended'
      WHEN d.project_state = 'closed' OR d.starts_at - 60000 * d.sign_up_closes_minutes <= ?2 THEN 'closed'
      WHEN d.sign_up_opens_at > ?2 THEN 'not_open'"
    };
}

/// Who asks for which shift, and why not, if not. `?1` session, `?2` now, `?3` shift,
/// `?4` guardian's name, `?5` whether the guardian comes along, `?6` whether a tight gap
/// is accepted.
///
/// Ages count on the day of the shift where it takes place. Guardians: 中国注册志愿者管理办法
/// (2013), article 7. A volunteer who said to be of age needs no birth date, except where
/// the project bars minors.
macro_rules! asked {
    () => {
        concat!(
            "
WITH asked AS (
  SELECT v.id AS volunteer_id, v.language, v.name, v.birth_date, v.skills AS has_skills,
    v.adult_declared_at IS NOT NULL AS adult,
    h.id AS shift_id, h.starts_at, h.ends_at, h.state AS shift_state, h.capacity, h.confirmed,
    h.waitlist, h.waiting, p.seq AS project, p.state AS project_state, p.organization_state,
    p.min_age, p.skills AS needs_skills, p.sign_up_opens_at, p.sign_up_closes_minutes,
    p.travel_minutes,
    CAST(substr(h.local_date, 1, 4) AS INTEGER) - CAST(substr(v.birth_date, 1, 4) AS INTEGER)
      - (substr(h.local_date, 6) < substr(v.birth_date, 6)) AS age
  FROM session c
  JOIN volunteer v ON v.id = c.volunteer_id
  JOIN shift h ON h.id = ?3
  JOIN project p ON p.seq = h.project AND p.state <> 'draft'
  WHERE c.token_hash = ?1 AND c.expires_at > ?2),
held AS (
  SELECT s.id, s.shift_id, s.starts_at, s.ends_at, p.title, p.seq AS project,
    s.starts_at < a.ends_at AND s.ends_at > a.starts_at AS overlaps
  FROM asked a
  JOIN signup s ON s.volunteer_id = a.volunteer_id
    AND s.starts_at > a.starts_at - 172800000 AND s.starts_at < a.ends_at + 86400000
    AND s.state IN ('confirmed', 'waitlisted')
  JOIN shift h ON h.id = s.shift_id
  JOIN project p ON p.seq = h.project
  WHERE s.shift_id <> a.shift_id
    AND s.starts_at < a.ends_at + 60000 * CASE WHEN p.seq = a.project THEN 0 ELSE max(a.travel_minutes, p.travel_minutes) END
    AND s.ends_at > a.starts_at - 60000 * CASE WHEN p.seq = a.project THEN 0 ELSE max(a.travel_minutes, p.travel_minutes) END
  ORDER BY overlaps DESC, s.starts_at
  LIMIT 1),
verdict AS (
  SELECT a.*,
    (SELECT s.id FROM signup s
     WHERE s.shift_id = a.shift_id AND s.volunteer_id = a.volunteer_id AND s.state <> 'cancelled') AS signup_id,
    (SELECT json_group_array(n.value) FROM json_each(a.needs_skills) n
     WHERE n.value NOT IN (SELECT value FROM json_each(a.has_skills))) AS missing_skills
  FROM asked a),
judged AS (
  SELECT d.*,
    CASE",
            shift_refusal!(),
            "
      WHEN d.signup_id IS NOT NULL THEN 'already_signed_up'
      WHEN d.confirmed >= d.capacity AND d.waiting >= d.waitlist THEN 'shift_full'
      WHEN d.name = '' THEN 'name_missing'
      WHEN d.birth_date IS NULL AND (d.min_age >= 18 OR NOT d.adult) THEN 'birth_date_missing'
      WHEN d.age < d.min_age THEN 'too_young'
      WHEN d.age < 14 AND (?4 IS NULL OR NOT ?5) THEN 'guardian_must_accompany'
      WHEN d.age < 18 AND ?4 IS NULL THEN 'guardian_consent_missing'
      WHEN d.missing_skills <> '[]' THEN 'skill_missing'
      WHEN (SELECT overlaps FROM held) THEN 'shift_clash'
      WHEN EXISTS (SELECT 1 FROM held) AND NOT ?6 THEN 'tight_gap'
    END AS refusal
  FROM verdict d)"
        )
    };
}

/// What the volunteer adds to their profile while signing up. A birth date once given
/// stays: nobody grows older by trying again. `?1` session, `?2` now, `?3` name, `?4`
/// birth date, `?5` whether of age, `?6` skills.
const INTRODUCE: &str = "
UPDATE volunteer SET
  name = CASE WHEN name = '' THEN coalesce(?3, '') ELSE name END,
  birth_date = coalesce(birth_date, ?4),
  adult_declared_at = coalesce(adult_declared_at, CASE WHEN ?5 THEN ?2 END),
  skills = (
    SELECT json_group_array(value) FROM (
      SELECT value FROM json_each(skills) UNION SELECT value FROM json_each(?6)))
WHERE id = (SELECT volunteer_id FROM session WHERE token_hash = ?1 AND expires_at > ?2)";

const JUDGE: &str = concat!(
    asked!(),
    "
SELECT j.refusal, j.signup_id, j.min_age, j.sign_up_opens_at, j.missing_skills,
  k.title AS held_title, k.starts_at AS held_starts_at, k.ends_at AS held_ends_at
FROM judged j LEFT JOIN held k"
);

/// `?7` the new id, `?8` guardian's phone, `?9` the caller of an idempotency key `?10`.
const SIGN_UP: &str = concat!(
    asked!(),
    "
INSERT INTO signup (id, shift_id, volunteer_id, state, starts_at, ends_at, created_at,
  guardian_name, guardian_phone_sealed, guardian_accompanies)
SELECT ?7, j.shift_id, j.volunteer_id,
  CASE WHEN j.confirmed < j.capacity THEN 'confirmed' ELSE 'waitlisted' END,
  j.starts_at, j.ends_at, ?2, ?4, ?8, ?5
FROM judged j
WHERE j.refusal IS NULL
  AND NOT EXISTS (SELECT 1 FROM idempotency_key WHERE caller = ?9 AND key = ?10)"
);

/// `?1` shift, `?2` now.
const OFFER: &str = concat!(
    "
SELECT d.*,
    CASE",
    shift_refusal!(),
    "
      WHEN d.confirmed >= d.capacity AND d.waiting >= d.waitlist THEN 'shift_full'
    END AS refusal
FROM (
  SELECT h.id AS shift_id, h.role, h.starts_at, h.ends_at, h.state AS shift_state, h.capacity,
    h.confirmed, h.waitlist, h.waiting, p.id AS project_id, p.title, p.place, p.region_name,
    p.state AS project_state, p.organization_state, p.min_age, p.skills, p.sign_up_opens_at,
    p.sign_up_closes_minutes
  FROM shift h JOIN project p ON p.seq = h.project AND p.state <> 'draft'
  WHERE h.id = ?1) d"
);

/// A shift as the sign-up form offers it.
#[derive(Debug, Deserialize)]
pub struct Offer {
    /// UUIDv7.
    pub shift_id: String,
    /// What volunteers do.
    pub role: String,
    /// When it starts.
    pub starts_at: Instant,
    /// When it ends.
    pub ends_at: Instant,
    /// Seats.
    pub capacity: i64,
    /// Seats taken.
    pub confirmed: i64,
    /// Volunteers waiting.
    pub waiting: i64,
    /// Which project.
    pub project_id: String,
    /// What it is called.
    pub title: String,
    /// Where to come.
    pub place: String,
    /// The division's name.
    pub region_name: Option<String>,
    /// Youngest age.
    pub min_age: i64,
    /// What somebody must be able to do.
    #[serde(deserialize_with = "db::json")]
    pub skills: Vec<Skill>,
    /// When sign-up opens.
    pub sign_up_opens_at: Option<Instant>,
    /// Why nobody can take it.
    pub refusal: Option<Refusal>,
}

/// Who asks, if they are signed in, and what is offered, if it is.
pub async fn offer(visit: &Visit, shift: Uuid) -> Result<(Option<Me>, Option<Offer>), DbError> {
    let batch = visit
        .db
        .batch(vec![who(visit), bind!(OFFER, shift, visit.now)])
        .await?;
    Ok((batch.first(0)?, batch.first(1)?))
}

const IS_SIGNED_IN: &str = "
SELECT (SELECT 1 FROM session WHERE token_hash = ?1 AND expires_at > ?2) IS NOT NULL AS signed_in";

macro_rules! ticket_columns {
    () => {
        "
SELECT s.seq, s.id, s.state, s.starts_at, s.ends_at, s.created_at, s.promoted_at,
  s.cancel_requested_at, s.cancelled_at, s.cancelled_by, s.revision, s.shift_id, h.role,
  h.state AS shift_state, h.change_reason AS shift_change_reason, p.id AS project_id, p.title, p.field,
  p.state AS project_state, p.place, p.region_name, p.what_to_bring, p.cancel_until_minutes,
  p.change_reason, p.organization_id, p.organization_name,
  (SELECT count(*) FROM signup w
   WHERE s.state = 'waitlisted' AND w.shift_id = s.shift_id AND w.state = 'waitlisted' AND w.seq <= s.seq) AS position
FROM signup s JOIN shift h ON h.id = s.shift_id JOIN project p ON p.seq = h.project
"
    };
}

const TICKET: &str = concat!(
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
    pub field: crate::menu::Field,
    /// Where the project stands.
    pub project_state: crate::menu::ProjectState,
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

#[derive(Deserialize)]
struct Judged {
    refusal: Option<Refusal>,
    signup_id: Option<String>,
    min_age: i64,
    sign_up_opens_at: Option<Instant>,
    #[serde(deserialize_with = "db::json")]
    missing_skills: Vec<Skill>,
    held_title: Option<String>,
    held_starts_at: Option<Instant>,
    held_ends_at: Option<Instant>,
}

impl Judged {
    fn facts(self) -> Facts {
        Facts {
            min_age: self.min_age,
            opens_at: self.sign_up_opens_at,
            signup_id: self.signup_id,
            clash: match (self.held_title, self.held_starts_at, self.held_ends_at) {
                (Some(title), Some(starts_at), Some(ends_at)) => Some(Clash {
                    title,
                    starts_at,
                    ends_at,
                }),
                _ => None,
            },
            missing_skills: self.missing_skills,
        }
    }
}

#[derive(Deserialize)]
struct SignedIn {
    #[serde(deserialize_with = "db::truth")]
    signed_in: bool,
}

/// What somebody says when they sign up.
#[derive(Debug, Default)]
pub struct Wish {
    /// What they are called, when nobody knows yet.
    pub name: Option<String>,
    /// When they were born, when the shift needs it.
    pub birth_date: Option<String>,
    /// Whether they say to be of age.
    pub adult: bool,
    /// What they say they can do.
    pub skills: Vec<Skill>,
    /// Who consents for them.
    pub guardian: Option<Guardian>,
    /// Whether little time between two places is all right.
    pub accept_tight_gap: bool,
}

/// What came of a wish.
#[derive(Debug)]
pub enum Outcome {
    /// A place, or one on the waiting list.
    SignedUp(Box<Ticket>),
    /// The same request was carried out before.
    Repeated(Box<Ticket>),
    /// Not possible, and why.
    Refused(Refusal, Box<Facts>),
}

/// Signs the caller up for a shift: one transaction, one round trip.
pub async fn sign_up(
    visit: &Visit,
    shift: Uuid,
    wish: &Wish,
    key: &IdempotencyKey,
    request: &str,
) -> Result<Outcome, Problem> {
    let id = visit.new_id();
    let caller = visit
        .credential_hash()
        .ok_or_else(Problem::unauthenticated)?;
    let guardian = wish.guardian.as_ref();
    let guardian_name = guardian.map(|guardian| guardian.name.as_str());
    let accompanies = guardian.is_some_and(|guardian| guardian.accompanies);
    let guardian_phone = guardian
        .map(|guardian| visit.config.keys.seal(guardian.phone.digits()))
        .transpose()
        .map_err(|_: NoRandomness| Problem::internal("no randomness from the platform"))?;
    let mut statements = Vec::new();
    if wish.name.is_some() || wish.birth_date.is_some() || wish.adult || !wish.skills.is_empty() {
        statements.push(bind!(
            INTRODUCE,
            &caller,
            visit.now,
            wish.name.as_deref(),
            wish.birth_date.as_deref(),
            wish.adult,
            serde_json::json!(wish.skills).to_string(),
        ));
    }
    let at = statements.len();
    statements.extend([
        bind!(IS_SIGNED_IN, &caller, visit.now),
        bind!(
            JUDGE,
            &caller,
            visit.now,
            shift,
            guardian_name,
            accompanies,
            wish.accept_tight_gap
        ),
        bind!(
            SIGN_UP,
            &caller,
            visit.now,
            shift,
            guardian_name,
            accompanies,
            wish.accept_tight_gap,
            id,
            guardian_phone,
            &caller,
            key.as_deref(),
        ),
        key.take(&caller, request, id, visit.now),
        key.find(&caller),
        bind!(TICKET, &caller, visit.now, id),
        bind!(TICKET_OF_KEY, &caller, visit.now, key.as_deref()),
    ]);
    let batch = visit.db.batch(statements).await?;
    require_signed_in(&batch, at)?;
    if let Some(ticket) = batch.first(at + 5)? {
        return Ok(Outcome::SignedUp(Box::new(ticket)));
    }
    if let Some(taken) = batch.first::<Taken>(at + 4)? {
        taken.check_repeats(request)?;
        let ticket = batch
            .first(at + 6)?
            .ok_or_else(|| Problem::internal("a key without its sign-up"))?;
        return Ok(Outcome::Repeated(Box::new(ticket)));
    }
    let judged: Judged = batch.first(at + 1)?.ok_or_else(Problem::not_found)?;
    let refusal = judged
        .refusal
        .ok_or_else(|| Problem::internal("a sign-up was neither made nor refused"))?;
    Ok(Outcome::Refused(refusal, Box::new(judged.facts())))
}

const TICKET_OF_KEY: &str = concat!(
    ticket_columns!(),
    "WHERE s.id = (SELECT subject FROM idempotency_key WHERE caller = ?1 AND key = ?3)
  AND s.volunteer_id = (SELECT volunteer_id FROM session WHERE token_hash = ?1 AND expires_at > ?2)"
);

/// One of the caller's own sign-ups.
pub async fn ticket(visit: &Visit, id: Uuid) -> Result<Ticket, Problem> {
    let caller = visit
        .credential_hash()
        .ok_or_else(Problem::unauthenticated)?;
    let batch = visit
        .db
        .batch(vec![
            bind!(IS_SIGNED_IN, &caller, visit.now),
            bind!(TICKET, &caller, visit.now, id),
        ])
        .await?;
    require_signed_in(&batch, 0)?;
    batch.first(1)?.ok_or_else(Problem::not_found)
}

fn require_signed_in(batch: &Batch, at: usize) -> Result<(), Problem> {
    match batch.first::<SignedIn>(at)? {
        Some(SignedIn { signed_in: true }) => Ok(()),
        _ => Err(Problem::unauthenticated()),
    }
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

/// The next shift of each project the caller helps to run. `?1` session, `?2` now.
const ORGANIZED: &str = "
SELECT h.id, h.starts_at, h.ends_at, h.role, h.confirmed, h.capacity, h.waiting, p.title
FROM session c
JOIN member m ON m.volunteer_id = c.volunteer_id
JOIN project p ON p.organization_id = m.organization_id AND p.state = 'published' AND p.next_starts_at IS NOT NULL
JOIN shift h ON h.project = p.seq AND h.starts_at = p.next_starts_at AND h.state = 'open'
WHERE c.token_hash = ?1 AND c.expires_at > ?2
ORDER BY p.next_starts_at, p.seq
LIMIT 20";

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
    /// Volunteers waiting.
    pub waiting: i64,
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
    let organized = bind!(ORGANIZED, visit.credential_hash(), visit.now);
    let statements = vec![who(visit), mine(visit, from, (0, 0), 100), organized];
    let batch = visit.db.batch(statements).await?;
    Ok(match batch.first(0)? {
        Some(me) => Some(MyPage {
            me,
            tickets: batch.rows(1)?,
            organized: batch.rows(2)?,
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

/// A sign-up, with what the caller is to it. `?1` session, `?2` now, `?3` sign-up.
macro_rules! concerned {
    () => {
        "
WITH concerned AS (
  SELECT s.id, s.state, s.shift_id, s.starts_at, s.ends_at, s.cancel_requested_at,
    p.cancel_until_minutes, p.organization_id, v.volunteer_id = s.volunteer_id AS own,
    EXISTS (
      SELECT 1 FROM member m
      WHERE m.organization_id = p.organization_id AND m.volunteer_id = v.volunteer_id
        AND m.role IN ('owner', 'manager')) AS organizes
  FROM session v
  JOIN signup s ON s.id = ?3
  JOIN shift h ON h.id = s.shift_id
  JOIN project p ON p.seq = h.project
  WHERE v.token_hash = ?1 AND v.expires_at > ?2),
act AS (
  SELECT c.*,
    CASE
      WHEN c.state NOT IN ('confirmed', 'waitlisted') THEN 'nothing'
      WHEN c.own AND c.starts_at > ?2
        AND (c.state = 'waitlisted' OR c.starts_at - 60000 * c.cancel_until_minutes > ?2) THEN 'cancel'
      WHEN c.organizes AND c.ends_at > ?2 THEN 'release'
      WHEN c.own AND c.starts_at > ?2 THEN 'ask'
      ELSE 'nothing'
    END AS act
  FROM concerned c WHERE c.own OR c.organizes)"
    };
}

const WHAT_HAPPENS: &str = concat!(
    concerned!(),
    "
SELECT act, own, state FROM act"
);

const TELL_ORGANIZERS: &str = concat!(
    concerned!(),
    "
INSERT INTO outbox (kind, volunteer_id, language, params, created_at, due_at)
SELECT 'cancel_requested', o.id, o.language,
  json_object('title', p.title, 'role', h.role, 'starts_at', h.starts_at, 'ends_at', h.ends_at, 'shift', h.id),
  ?2, ?2
FROM act a
JOIN member m ON m.organization_id = a.organization_id AND m.role IN ('owner', 'manager')
JOIN volunteer o ON o.id = m.volunteer_id
JOIN shift h ON h.id = a.shift_id
JOIN project p ON p.seq = h.project
WHERE a.act = 'ask' AND a.cancel_requested_at IS NULL"
);

const TELL_RELEASED: &str = concat!(
    concerned!(),
    "
INSERT INTO outbox (kind, volunteer_id, language, params, created_at, due_at)
SELECT 'signup_released', v.id, v.language,
  json_object('signup', s.id, 'title', p.title, 'role', h.role, 'starts_at', h.starts_at,
    'ends_at', h.ends_at, 'place', p.place),
  ?2, ?2
FROM act a
JOIN signup s ON s.id = a.id
JOIN volunteer v ON v.id = s.volunteer_id
JOIN shift h ON h.id = s.shift_id
JOIN project p ON p.seq = h.project
WHERE a.act = 'release'"
);

const LEAVE: &str = concat!(
    concerned!(),
    "
UPDATE signup SET
  state = CASE a.act WHEN 'ask' THEN signup.state ELSE 'cancelled' END,
  cancel_requested_at = CASE a.act WHEN 'ask' THEN coalesce(signup.cancel_requested_at, ?2) ELSE signup.cancel_requested_at END,
  cancelled_at = CASE a.act WHEN 'ask' THEN NULL ELSE ?2 END,
  cancelled_by = CASE a.act WHEN 'ask' THEN NULL WHEN 'cancel' THEN 'volunteer' ELSE 'organization' END,
  revision = signup.revision + (a.act <> 'ask')
FROM act a
WHERE signup.id = a.id AND a.act <> 'nothing'"
);

const RECORD_LEAVING: &str = "
INSERT INTO audit (at, actor, action, subject, after, request_id)
SELECT ?2, 'volunteer:' || c.volunteer_id, 'signup.left', 'signup:' || s.id,
  json_object('state', s.state, 'cancelled_by', s.cancelled_by), ?4
FROM session c JOIN signup s ON s.id = ?3
WHERE c.token_hash = ?1 AND changes() > 0";

#[derive(Deserialize)]
struct Happening {
    act: String,
    #[serde(deserialize_with = "db::truth")]
    own: bool,
    state: SignupState,
}

/// What came of leaving.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Left {
    /// The place is free again.
    Cancelled,
    /// The organizer was asked.
    Asked,
    /// It was given up before; nothing changed.
    Already,
    /// The shift has begun or is over.
    TooLate,
}

/// Gives a place up, asks the organizer to, or, by the organizer, lets somebody go. The
/// seat goes to whoever waits longest, in the same transaction.
pub async fn leave(visit: &Visit, id: Uuid) -> Result<(Left, bool), Problem> {
    let caller = visit
        .credential_hash()
        .ok_or_else(Problem::unauthenticated)?;
    let concerned = |sql: &'static str| bind!(sql, &caller, visit.now, id);
    let mut statements = vec![
        bind!(IS_SIGNED_IN, &caller, visit.now),
        concerned(WHAT_HAPPENS),
        concerned(TELL_ORGANIZERS),
        concerned(TELL_RELEASED),
        concerned(LEAVE),
    ];
    statements.push(bind!(
        RECORD_LEAVING,
        &caller,
        visit.now,
        id,
        &*visit.request_id
    ));
    statements.extend(promote_after(id, visit.now));
    let batch = visit.db.batch(statements).await?;
    require_signed_in(&batch, 0)?;
    let happening: Happening = batch.first(1)?.ok_or_else(Problem::not_found)?;
    let left = match happening.act.as_str() {
        "cancel" | "release" => Left::Cancelled,
        "ask" => Left::Asked,
        _ if happening.state == SignupState::Cancelled => Left::Already,
        _ => Left::TooLate,
    };
    Ok((left, happening.own))
}
