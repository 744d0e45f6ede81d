//! Moving a volunteer to another shift of the same project. The sign-up stays itself, so
//! that its ticket and its entry in calendars follow.

use serde_json::json;
use uuid::Uuid;

use super::{Done, Organizer, Standing, outcome};
use crate::platform::idempotency::{IdempotencyKey, Ran};
use crate::platform::problem::Problem;
use crate::platform::visit::Visit;
use crate::signups::consequences::promote_behind;

/// `?6` the other shift, `?7` whether the volunteer agrees to a tight gap. An act that was
/// done before has no obstacle and nothing to do.
macro_rules! moving {
    () => {
        concat!(
            organizing!(),
            ",
wanted AS (
  SELECT t.*, n.id AS to_shift, n.starts_at AS to_start, n.ends_at AS to_end, n.state AS to_state,
    n.confirmed AS to_confirmed, n.capacity AS to_capacity, p.min_age, p.travel_minutes,
    v.birth_date, s.guardian_name, s.guardian_accompanies,
    CAST(substr(n.local_date, 1, 4) AS INTEGER) - CAST(substr(v.birth_date, 1, 4) AS INTEGER)
      - (substr(n.local_date, 6) < substr(v.birth_date, 6)) AS age,
    EXISTS (
      SELECT 1 FROM json_each(p.skills) k
      WHERE k.value NOT IN (SELECT value FROM json_each(v.skills))) AS lacks_skills
  FROM target t
  JOIN signup s ON s.id = t.id
  JOIN project p ON p.seq = t.project
  JOIN volunteer v ON v.id = t.volunteer_id
  LEFT JOIN shift n ON n.id = ?6 AND n.project = t.project),
held AS (
  SELECT s.starts_at < w.to_end AND s.ends_at > w.to_start AS overlaps
  FROM wanted w
  JOIN signup s ON s.volunteer_id = w.volunteer_id
    AND s.starts_at > w.to_start - 172800000 AND s.starts_at < w.to_end + 86400000
    AND s.state IN ('confirmed', 'waitlisted')
  JOIN shift h ON h.id = s.shift_id
  JOIN project p ON p.seq = h.project
  WHERE s.id <> w.id AND s.shift_id <> w.to_shift
    AND s.starts_at < w.to_end + 60000 * iif(p.seq = w.project, 0, max(w.travel_minutes, p.travel_minutes))
    AND s.ends_at > w.to_start - 60000 * iif(p.seq = w.project, 0, max(w.travel_minutes, p.travel_minutes))
  ORDER BY overlaps DESC
  LIMIT 1),
judged AS (
  SELECT w.*, w.to_shift IS w.shift_id AS done,
    CASE
      WHEN w.to_shift IS NULL THEN 'not_a_sibling'
      WHEN w.state NOT IN ('confirmed', 'waitlisted') THEN 'not_movable'
      WHEN w.to_shift = w.shift_id THEN NULL
      WHEN w.organization_state <> 'verified' THEN 'organization_suspended'
      WHEN w.to_state = 'cancelled' OR w.project_state = 'cancelled' THEN 'shift_cancelled'
      WHEN w.ends_at <= ?2 OR w.to_end <= ?2 THEN 'ended'
      WHEN EXISTS (
        SELECT 1 FROM signup s
        WHERE s.shift_id = w.to_shift AND s.volunteer_id = w.volunteer_id AND s.state <> 'cancelled')
        THEN 'already_signed_up'
      WHEN w.to_confirmed >= w.to_capacity THEN 'shift_full'
      WHEN w.birth_date IS NULL AND w.min_age >= 18 THEN 'birth_date_missing'
      WHEN w.age < w.min_age THEN 'too_young'
      WHEN w.age < 14 AND (w.guardian_name IS NULL OR NOT w.guardian_accompanies) THEN 'guardian_must_accompany'
      WHEN w.age < 18 AND w.guardian_name IS NULL THEN 'guardian_consent_missing'
      WHEN w.lacks_skills THEN 'skill_missing'
      WHEN (SELECT overlaps FROM held) THEN 'shift_clash'
      WHEN EXISTS (SELECT 1 FROM held) AND NOT ?7 THEN 'tight_gap'
    END AS obstacle
  FROM wanted w)"
        )
    };
}

const JUDGE: &str = concat!(
    moving!(),
    "
SELECT obstacle FROM judged"
);

/// Before the move: it speaks of both shifts. `?8` the reason.
const TELL: &str = concat!(
    moving!(),
    "
INSERT INTO outbox (kind, volunteer_id, language, params, created_at, due_at)
SELECT 'signup_moved', v.id, v.language,
  json_object('signup', j.id, 'title', p.title, 'place', p.place, 'role', h.role, 'was', j.starts_at,
    'starts_at', h.starts_at, 'ends_at', h.ends_at, 'reason', ?8),
  ?2, ?2
FROM judged j
JOIN agent a ON a.may
JOIN volunteer v ON v.id = j.volunteer_id
JOIN shift h ON h.id = j.to_shift
JOIN project p ON p.seq = j.project
WHERE j.obstacle IS NULL AND NOT j.done"
);

/// Whoever is moved has a seat there, whatever they waited for before. `?8` the reason.
const MOVE: &str = concat!(
    moving!(),
    "
UPDATE signup SET
  shift_id = j.to_shift, starts_at = j.to_start, ends_at = j.to_end, state = 'confirmed',
  approval = iif(signup.approval IS NULL, NULL, 'approved'),
  promoted_at = iif(signup.state = 'waitlisted', ?2, signup.promoted_at),
  moved_from = j.shift_id, organizer_reason = ?8, cancel_requested_at = NULL, expectation = NULL,
  revision = signup.revision + 1
FROM judged j JOIN agent a ON a.may
WHERE signup.id = j.id AND j.obstacle IS NULL AND NOT j.done"
);

/// Where to.
#[derive(Debug)]
pub struct Move<'a> {
    /// Another shift of the same project.
    pub shift: Uuid,
    /// Whether the volunteer agrees to little time between two places.
    pub accept_tight_gap: bool,
    /// Why; told to the volunteer.
    pub reason: Option<&'a str>,
}

/// Moves a sign-up to another shift, tells its holder, and gives the seat it leaves to
/// whoever waits longest: one transaction.
pub async fn move_to(
    visit: &Visit,
    signup: Uuid,
    to: &Move<'_>,
    key: &IdempotencyKey,
) -> Result<Done<Standing>, Problem> {
    let organizer = Organizer::of(visit, signup);
    let asks = |sql| organizer.asks(sql).and(to.shift).and(to.accept_tight_gap);
    let after = json!({"shift_id": to.shift, "reason": to.reason});
    let mut statements = vec![
        organizer.who(),
        asks(JUDGE),
        asks(TELL).and(to.reason),
        asks(MOVE).and(to.reason),
        organizer.records("signup.moved", &after),
        key.point_at(visit, signup),
    ];
    statements.extend(promote_behind(signup, visit.now));
    let standing = statements.len();
    statements.push(organizer.standing());
    match key.run(visit, statements).await? {
        Ran::Now(batch) => outcome(&batch, standing),
        Ran::Before(earlier) => organizer.repeats(&earlier).await,
    }
}
