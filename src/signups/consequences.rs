//! What a change of a shift does to those signed up for it: the statements another
//! capability puts into its own transaction.

use uuid::Uuid;

use crate::bind;
use crate::platform::clock::Instant;
use crate::platform::db::Statement;

/// The sign-ups whose turn it is: as many of the longest waiting as seats are free. Whoever
/// still waits for the organizer's word is passed over.
macro_rules! next_in_line {
    ($shifts:literal) => {
        concat!(
            "
  SELECT seq FROM (
    SELECT w.seq, open.capacity - open.confirmed AS free,
      row_number() OVER (PARTITION BY w.shift_id ORDER BY w.seq) AS turn
    FROM shift open JOIN signup w ON w.shift_id = open.id AND w.state = 'waitlisted'
      AND w.approval IS NOT 'pending'
    WHERE open.id IN (",
            $shifts,
            ")
      AND open.state = 'open' AND open.confirmed < open.capacity AND open.starts_at > ?2)
  WHERE turn <= free"
        )
    };
}

macro_rules! tell_promoted {
    ($shifts:literal) => {
        concat!(
            "
INSERT INTO outbox (kind, volunteer_id, language, params, created_at, due_at)
SELECT 'signup_promoted', v.id, v.language,
  json_object('signup', s.id, 'title', p.title, 'role', h.role, 'place', p.place,
    'starts_at', h.starts_at, 'ends_at', h.ends_at),
  ?2, ?2
FROM signup s
JOIN volunteer v ON v.id = s.volunteer_id
JOIN shift h ON h.id = s.shift_id
JOIN project p ON p.seq = h.project
WHERE s.seq IN (",
            next_in_line!($shifts),
            ")"
        )
    };
}

macro_rules! promote {
    ($shifts:literal) => {
        concat!(
            "
UPDATE signup SET state = 'confirmed', promoted_at = ?2, revision = revision + 1
WHERE seq IN (",
            next_in_line!($shifts),
            ")"
        )
    };
}

/// `?1` a JSON array of shift ids, `?2` now.
const TELL_PROMOTED: &str = tell_promoted!("SELECT value FROM json_each(?1)");
const PROMOTE: &str = promote!("SELECT value FROM json_each(?1)");

/// `?1` the sign-up that was given up, `?2` now.
const TELL_PROMOTED_AFTER: &str = tell_promoted!("SELECT shift_id FROM signup WHERE id = ?1");
const PROMOTE_AFTER: &str = promote!("SELECT shift_id FROM signup WHERE id = ?1");

/// `?1` the sign-up that was moved, `?2` now.
const TELL_PROMOTED_BEHIND: &str = tell_promoted!("SELECT moved_from FROM signup WHERE id = ?1");
const PROMOTE_BEHIND: &str = promote!("SELECT moved_from FROM signup WHERE id = ?1");

/// `?1` a volunteer who gives everything up, `?2` now.
const TELL_PROMOTED_FOR: &str =
    tell_promoted!("SELECT shift_id FROM signup WHERE volunteer_id = ?1 AND cancelled_at = ?2");
const PROMOTE_FOR: &str =
    promote!("SELECT shift_id FROM signup WHERE volunteer_id = ?1 AND cancelled_at = ?2");

const GIVE_UP_ALL: &str = "
UPDATE signup
SET state = 'cancelled', cancelled_at = ?2, cancelled_by = 'volunteer', revision = revision + 1
WHERE volunteer_id = ?1 AND starts_at > ?2 AND state IN ('confirmed', 'waitlisted')";

/// `?1` a JSON array of shift ids, `?2` now, `?3` the new place, `?4` JSON: for each
/// shift its new times, role and reason, `?5` the reason for all.
const TELL_MOVED: &str = "
INSERT INTO outbox (kind, volunteer_id, language, params, created_at, due_at)
SELECT 'shift_moved', v.id, v.language,
  json_object('signup', s.id, 'title', p.title, 'was', s.starts_at, 'role', n.value ->> 'role',
    'starts_at', n.value ->> 'starts_at', 'ends_at', n.value ->> 'ends_at', 'place', ?3,
    'reason', coalesce(n.value ->> 'change_reason', ?5)),
  ?2, ?2
FROM json_each(?4) n
JOIN signup s ON s.shift_id = n.value ->> 'id' AND s.state IN ('confirmed', 'waitlisted')
JOIN volunteer v ON v.id = s.volunteer_id
JOIN shift h ON h.id = s.shift_id
JOIN project p ON p.seq = h.project
WHERE n.value ->> 'id' IN (SELECT value FROM json_each(?1))";

/// `?1` a JSON array of shift ids, `?2` now, `?3` the reason for all, `?4` JSON: for
/// each shift its own reason.
const TELL_CANCELLED: &str = "
INSERT INTO outbox (kind, volunteer_id, language, params, created_at, due_at)
SELECT 'shift_cancelled', v.id, v.language,
  json_object('signup', s.id, 'title', p.title, 'role', h.role, 'starts_at', h.starts_at,
    'ends_at', h.ends_at, 'place', p.place,
    'reason', coalesce((SELECT n.value ->> 'change_reason' FROM json_each(?4) n WHERE n.value ->> 'id' = h.id), ?3)),
  ?2, ?2
FROM signup s
JOIN volunteer v ON v.id = s.volunteer_id
JOIN shift h ON h.id = s.shift_id
JOIN project p ON p.seq = h.project
WHERE s.shift_id IN (SELECT value FROM json_each(?1)) AND s.state IN ('confirmed', 'waitlisted')";

const CANCEL: &str = "
UPDATE signup
SET state = 'cancelled', cancelled_at = ?2, cancelled_by = 'organization', organizer_reason = NULL,
  revision = revision + 1
WHERE shift_id IN (SELECT value FROM json_each(?1)) AND state IN ('confirmed', 'waitlisted')";

/// A move of place alone changes no shift row, yet calendars must follow. What the
/// organizer said to one of them before is old news then.
const FOLLOW: &str = "
UPDATE signup SET revision = revision + 1, organizer_reason = NULL
WHERE shift_id IN (SELECT value FROM json_each(?1)) AND state IN ('confirmed', 'waitlisted')";

/// Gives free seats to those who wait longest, in order of arrival, and tells them.
pub fn promote(shifts: &str, now: Instant) -> [Statement; 2] {
    [
        bind!(TELL_PROMOTED, shifts, now),
        bind!(PROMOTE, shifts, now),
    ]
}

/// The same for the shift whose sign-up was just given up.
pub fn promote_after(signup: Uuid, now: Instant) -> [Statement; 2] {
    [
        bind!(TELL_PROMOTED_AFTER, signup, now),
        bind!(PROMOTE_AFTER, signup, now),
    ]
}

/// The same for the shift whose sign-up was just moved to another one.
pub fn promote_behind(signup: Uuid, now: Instant) -> [Statement; 2] {
    [
        bind!(TELL_PROMOTED_BEHIND, signup, now),
        bind!(PROMOTE_BEHIND, signup, now),
    ]
}

/// Gives up everything a volunteer has signed up for that lies ahead; the seats go to whoever
/// waits longest.
pub fn give_up_all(volunteer: &str, now: Instant) -> [Statement; 3] {
    [
        bind!(GIVE_UP_ALL, volunteer, now),
        bind!(TELL_PROMOTED_FOR, volunteer, now),
        bind!(PROMOTE_FOR, volunteer, now),
    ]
}

/// Tells everybody on these shifts of the new times and place, before they are written.
pub fn tell_moved(
    shifts: &str,
    now: Instant,
    place: Option<&str>,
    reason: Option<&str>,
    rows: &str,
) -> [Statement; 2] {
    [
        bind!(TELL_MOVED, shifts, now, place, rows, reason),
        bind!(FOLLOW, shifts),
    ]
}

/// Frees everybody from shifts that are called off, and tells them why.
pub fn call_off(shifts: &str, now: Instant, reason: Option<&str>, rows: &str) -> [Statement; 2] {
    [
        bind!(TELL_CANCELLED, shifts, now, reason, rows),
        bind!(CANCEL, shifts, now),
    ]
}
