//! Taking a place: why not, if not, and the place itself.

use serde::Deserialize;
use uuid::Uuid;

use super::tickets::{TICKET, Ticket, ticket};
use super::{IS_SIGNED_IN, require_signed_in};
use crate::bind;
use crate::menu::{SignUpApproval, Skill};
use crate::platform::clock::Instant;
use crate::platform::crypto::NoRandomness;
use crate::platform::db::{self, DbError};
use crate::platform::idempotency::{IdempotencyKey, Ran};
use crate::platform::input::parse_id;
use crate::platform::problem::Problem;
use crate::platform::visit::Visit;
use crate::signups::{Clash, Facts, Guardian, Refusal};
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
/// is accepted; `?7` name, `?8` birth date, `?9` whether of age, `?10` skills, as far as
/// they say them now.
///
/// Ages count on the day of the shift where it takes place; guardians by 中国注册志愿者管理办法
/// (2013). A volunteer who said to be of age needs no birth date, except where
/// the project bars minors.
macro_rules! asked {
    () => {
        concat!(
            "
WITH volunteering AS (
  SELECT v.id AS volunteer_id,
    CASE WHEN v.name = '' THEN coalesce(?7, '') ELSE v.name END AS name,
    coalesce(v.birth_date, ?8) AS birth_date, v.skills AS known_skills,
    v.adult_declared_at IS NOT NULL OR ?9 AS adult
  FROM session c JOIN volunteer v ON v.id = c.volunteer_id
  WHERE c.token_hash = ?1 AND c.expires_at > ?2),
asked AS (
  SELECT v.*, h.id AS shift_id, h.starts_at, h.ends_at, h.state AS shift_state, h.capacity, h.confirmed,
    h.waitlist, h.waiting, p.seq AS project, p.state AS project_state, p.organization_state,
    p.min_age, p.skills AS needs_skills, p.sign_up_opens_at, p.sign_up_closes_minutes,
    p.travel_minutes, p.approval,
    CAST(substr(h.local_date, 1, 4) AS INTEGER) - CAST(substr(v.birth_date, 1, 4) AS INTEGER)
      - (substr(h.local_date, 6) < substr(v.birth_date, 6)) AS age
  FROM volunteering v
  JOIN shift h ON h.id = ?3
  JOIN project p ON p.seq = h.project AND p.state <> 'draft'),
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
     WHERE n.value NOT IN (
       SELECT value FROM json_each(a.known_skills) UNION SELECT value FROM json_each(?10))) AS missing_skills
  FROM asked a),
judged AS (
  SELECT d.*,
    CASE",
            shift_refusal!(),
            "
      WHEN d.signup_id IS NOT NULL THEN 'already_signed_up'
      WHEN d.confirmed + d.waiting >= d.capacity + d.waitlist THEN 'shift_full'
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

/// What the volunteer said of themselves is kept with the sign-up it served. A birth date
/// stays from then on. `?1` the sign-up, `?2` now, `?3` name, `?4` birth date, `?5`
/// whether of age, `?6` skills.
const INTRODUCE: &str = "
UPDATE volunteer SET
  name = CASE WHEN name = '' THEN coalesce(?3, '') ELSE name END,
  birth_date = coalesce(birth_date, ?4),
  adult_declared_at = coalesce(adult_declared_at, CASE WHEN ?5 THEN ?2 END),
  skills = (
    SELECT json_group_array(value) FROM (
      SELECT value FROM json_each(skills) UNION SELECT value FROM json_each(?6)))
WHERE id = (SELECT volunteer_id FROM signup WHERE id = ?1)";

const JUDGE: &str = concat!(
    asked!(),
    "
SELECT j.refusal, j.signup_id, j.min_age, j.sign_up_opens_at, j.missing_skills,
  k.title AS held_title, k.starts_at AS held_starts_at, k.ends_at AS held_ends_at
FROM judged j LEFT JOIN held k"
);

/// `?11` the new id, `?12` guardian's phone, `?13` a note.
const SIGN_UP: &str = concat!(
    asked!(),
    "
INSERT INTO signup (id, shift_id, volunteer_id, state, approval, starts_at, ends_at, created_at,
  guardian_name, guardian_phone_sealed, guardian_accompanies, note)
SELECT ?11, j.shift_id, j.volunteer_id,
  iif(j.approval = 'none' AND j.confirmed < j.capacity, 'confirmed', 'waitlisted'),
  iif(j.approval = 'required', 'pending', NULL),
  j.starts_at, j.ends_at, ?2, ?4, ?12, ?5, ?13
FROM judged j
WHERE j.refusal IS NULL"
);

/// `?1` shift, `?2` now.
const OFFER: &str = concat!(
    "
SELECT d.*,
    CASE",
    shift_refusal!(),
    "
      WHEN d.confirmed + d.waiting >= d.capacity + d.waitlist THEN 'shift_full'
    END AS refusal
FROM (
  SELECT h.id AS shift_id, h.role, h.starts_at, h.ends_at, h.state AS shift_state, h.capacity,
    h.confirmed, h.waitlist, h.waiting, p.id AS project_id, p.title, p.place, p.region_name,
    p.state AS project_state, p.organization_state, p.min_age, p.skills, p.sign_up_opens_at,
    p.sign_up_closes_minutes, p.approval
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
    /// Whether the organizer decides on each sign-up.
    pub approval: SignUpApproval,
    /// When sign-up opens.
    pub sign_up_opens_at: Option<Instant>,
    /// Why nobody can take it.
    pub refusal: Option<Refusal>,
}

const HELD: &str = "
SELECT s.id FROM session c
JOIN signup s ON s.shift_id = ?3 AND s.volunteer_id = c.volunteer_id AND s.state <> 'cancelled'
WHERE c.token_hash = ?1 AND c.expires_at > ?2";

#[derive(Deserialize)]
struct Held {
    id: String,
}

/// Who stands before the form, and what it offers.
#[derive(Debug)]
pub struct AtTheForm {
    /// Who asks, if they are signed in.
    pub me: Option<Me>,
    /// What is offered, if there is such a shift.
    pub offer: Option<Offer>,
    /// Their own sign-up for it, if they have one already.
    pub signup_id: Option<String>,
}

/// Everything the form needs to know.
pub async fn at_the_form(visit: &Visit, shift: Uuid) -> Result<AtTheForm, DbError> {
    let batch = visit
        .db
        .batch(vec![
            who(visit),
            bind!(OFFER, shift, visit.now),
            bind!(HELD, visit.credential_hash(), visit.now, shift),
        ])
        .await?;
    Ok(AtTheForm {
        me: batch.first(0)?,
        offer: batch.first(1)?,
        signup_id: batch.first::<Held>(2)?.map(|held| held.id),
    })
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
    /// What they tell the organizer.
    pub note: Option<String>,
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

/// Signs the caller up for a shift: one transaction, one round trip; two more for a retry.
pub async fn sign_up(
    visit: &Visit,
    shift: Uuid,
    wish: &Wish,
    key: &IdempotencyKey,
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
    let skills = serde_json::json!(wish.skills).to_string();
    let statements = vec![
        bind!(IS_SIGNED_IN, &caller, visit.now),
        bind!(
            JUDGE,
            &caller,
            visit.now,
            shift,
            guardian_name,
            accompanies,
            wish.accept_tight_gap,
            wish.name.as_deref(),
            wish.birth_date.as_deref(),
            wish.adult,
            &skills,
        ),
        bind!(
            SIGN_UP,
            &caller,
            visit.now,
            shift,
            guardian_name,
            accompanies,
            wish.accept_tight_gap,
            wish.name.as_deref(),
            wish.birth_date.as_deref(),
            wish.adult,
            &skills,
            id,
            guardian_phone,
            wish.note.as_deref(),
        ),
        key.point_at(visit, id),
        bind!(
            INTRODUCE,
            id,
            visit.now,
            wish.name.as_deref(),
            wish.birth_date.as_deref(),
            wish.adult,
            &skills,
        ),
        bind!(TICKET, &caller, visit.now, id),
    ];
    let batch = match key.run(visit, statements).await? {
        Ran::Now(batch) => batch,
        Ran::Before(earlier) => {
            let id = parse_id(earlier.subject()?)?;
            return Ok(Outcome::Repeated(Box::new(ticket(visit, id).await?)));
        }
    };
    require_signed_in(&batch, 0)?;
    if let Some(ticket) = batch.first(5)? {
        return Ok(Outcome::SignedUp(Box::new(ticket)));
    }
    let judged: Judged = batch.first(1)?.ok_or_else(Problem::not_found)?;
    let refusal = judged
        .refusal
        .ok_or_else(|| Problem::internal("a sign-up was neither made nor refused"))?;
    Ok(Outcome::Refused(refusal, Box::new(judged.facts())))
}
