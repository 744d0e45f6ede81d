//! SQL of sign-ups. Who asks, whether they may, and the act itself are one question to
//! the database.

use serde::Deserialize;

use crate::platform::db::{self, Batch};
use crate::platform::problem::Problem;

macro_rules! ticket_columns {
    () => {
        "
SELECT s.seq, s.id, s.state, s.approval, s.organizer_reason, s.starts_at, s.ends_at, s.created_at, s.promoted_at,
  s.cancel_requested_at, s.cancelled_at, s.cancelled_by, s.revision, s.shift_id,
  s.facts ->> 'role' AS role, s.facts ->> 'shift_state' AS shift_state, s.facts ->> 'shift_change_reason' AS shift_change_reason,
  s.facts ->> 'project_id' AS project_id, s.facts ->> 'title' AS title, s.facts ->> 'field' AS field,
  s.facts ->> 'project_state' AS project_state, s.facts ->> 'place' AS place, s.facts ->> 'region_name' AS region_name,
  s.facts ->> 'what_to_bring' AS what_to_bring, s.facts ->> 'cancel_until_minutes' AS cancel_until_minutes, s.facts ->> 'change_reason' AS change_reason,
  s.facts ->> 'organization_id' AS organization_id, s.facts ->> 'organization_name' AS organization_name,
  (SELECT count(*) FROM signup w
   WHERE s.state = 'waitlisted' AND w.shift_id = s.shift_id AND w.state = 'waitlisted' AND w.seq <= s.seq
     AND s.approval IS NOT 'pending' AND w.approval IS NOT 'pending') AS position
FROM signup s
"
    };
}

mod leaving;
mod signing_up;
mod tickets;

pub use leaving::{Left, leave};
pub use signing_up::{AtTheForm, Offer, Outcome, Wish, at_the_form, sign_up};
pub use tickets::{MyPage, Organized, Ticket, calendar, mine, my_page, ticket, ticket_with};

const IS_SIGNED_IN: &str = "
SELECT (SELECT 1 FROM session WHERE token_hash = ?1 AND expires_at > ?2) IS NOT NULL AS signed_in";

#[derive(Deserialize)]
struct SignedIn {
    #[serde(deserialize_with = "db::truth")]
    signed_in: bool,
}

fn require_signed_in(batch: &Batch, at: usize) -> Result<(), Problem> {
    match batch.first::<SignedIn>(at)? {
        Some(SignedIn { signed_in: true }) => Ok(()),
        _ => Err(Problem::unauthenticated()),
    }
}
