//! SQL of attendance. Who asks, whether they may, and the act itself are one question to
//! the database.

/// A sign-up of a shift as far as attendance goes: with a place, whatever came of it since.
macro_rules! has_a_place {
    () => {
        "s.state IN ('confirmed', 'attended', 'absent')"
    };
}

/// The columns of [`Attendance`](super::Attendance), of an `attendance e`.
macro_rules! attendance_columns {
    () => {
        concat!(
            "e.id, e.signup_id, e.kind, e.method, e.happened_at, e.received_at, e.late, e.reason, e.near, e.actor, ",
            crate::hours::attendance::counts!(),
            " AS counts"
        )
    };
}

/// What somebody did last at the shift they are on, until the parameter's instant. A minute more, since requests
/// that arrive together are not taken in their order.
macro_rules! last_kind {
    ($signup:literal, $at:literal) => {
        concat!(
            "(SELECT e.kind FROM attendance e
     WHERE e.signup_id = ",
            $signup,
            " AND e.happened_at <= ",
            $at,
            " + 60000 AND ",
            crate::hours::attendance::counts!(),
            "
     ORDER BY e.happened_at DESC, e.seq DESC LIMIT 1)"
        )
    };
}

/// A shift in the hands of those who run it. `?1` credential, `?2` now, `?3` shift, `?4`
/// roles and `?5` scopes that may.
macro_rules! recording {
    () => {
        recording!("?3")
    };
    ($shift:literal) => {
        concat!(
            "
WITH target AS (
  SELECT h.id, h.role, h.starts_at, h.ends_at, h.state AS shift_state, h.settled_at,
    p.id AS project_id, p.title, p.place, p.state AS project_state, p.organization_id,
    p.organization_state
  FROM shift h JOIN project p ON p.seq = h.project
  WHERE h.id = ",
            $shift,
            "),
",
            crate::organizations::agent!()
        )
    };
}

mod checking_in;
mod entering;
mod reading;

pub use checking_in::{AtTheDoor, CheckIn, at_the_door, check_in, forget, of_signup};
pub use entering::{Entered, Entry, Whom, enter};
pub use reading::{AtTheSheet, Desk, DeskShift, Present, at_the_sheet, desk, door};
