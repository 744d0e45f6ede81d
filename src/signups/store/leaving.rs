//! Giving a place up, or letting somebody go.

use serde::Deserialize;
use uuid::Uuid;

use super::{IS_SIGNED_IN, require_signed_in};
use crate::bind;
use crate::platform::problem::Problem;
use crate::platform::visit::Visit;
use crate::signups::SignupState;
use crate::signups::consequences::promote_after;

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
SELECT act, state FROM act"
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

/// `?4` the organizer's reason, if there is one.
const TELL_RELEASED: &str = concat!(
    concerned!(),
    "
INSERT INTO outbox (kind, volunteer_id, language, params, created_at, due_at)
SELECT iif(a.cancel_requested_at IS NULL, 'signup_let_go', 'signup_released'), v.id, v.language,
  json_object('signup', s.id, 'title', p.title, 'role', h.role, 'starts_at', h.starts_at,
    'ends_at', h.ends_at, 'place', p.place, 'reason', ?4),
  ?2, ?2
FROM act a
JOIN signup s ON s.id = a.id
JOIN volunteer v ON v.id = s.volunteer_id
JOIN shift h ON h.id = s.shift_id
JOIN project p ON p.seq = h.project
WHERE a.act = 'release'"
);

/// `?4` the organizer's reason, if there is one.
const LEAVE: &str = concat!(
    concerned!(),
    "
UPDATE signup SET
  state = CASE a.act WHEN 'ask' THEN signup.state ELSE 'cancelled' END,
  cancel_requested_at = CASE a.act WHEN 'ask' THEN coalesce(signup.cancel_requested_at, ?2) ELSE signup.cancel_requested_at END,
  cancelled_at = CASE a.act WHEN 'ask' THEN NULL ELSE ?2 END,
  cancelled_by = CASE a.act WHEN 'ask' THEN NULL WHEN 'cancel' THEN 'volunteer' ELSE 'organization' END,
  organizer_reason = iif(a.act = 'release', coalesce(?4, signup.organizer_reason), signup.organizer_reason),
  revision = signup.revision + (a.act <> 'ask')
FROM act a
WHERE signup.id = a.id AND a.act <> 'nothing' AND (a.act <> 'ask' OR a.cancel_requested_at IS NULL)"
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

/// Gives a place up, asks the organizer to, or, by the organizer, lets somebody go; the
/// organizer's `reason` is told to whom they let go. The seat goes to whoever waits
/// longest, in the same transaction.
pub async fn leave(visit: &Visit, id: Uuid, reason: Option<&str>) -> Result<Left, Problem> {
    let caller = visit
        .credential_hash()
        .ok_or_else(Problem::unauthenticated)?;
    let concerned = |sql: &'static str| bind!(sql, &caller, visit.now, id);
    let mut statements = vec![
        bind!(IS_SIGNED_IN, &caller, visit.now),
        concerned(WHAT_HAPPENS),
        concerned(TELL_ORGANIZERS),
        concerned(TELL_RELEASED).and(reason),
        concerned(LEAVE).and(reason),
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
    Ok(match happening.act.as_str() {
        "cancel" | "release" => Left::Cancelled,
        "ask" => Left::Asked,
        _ if happening.state == SignupState::Cancelled => Left::Already,
        _ => Left::TooLate,
    })
}
