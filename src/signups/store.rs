//! SQL of sign-ups. Who asks, whether they may, and the act itself are one question to
//! the database.

use serde::Deserialize;

use crate::platform::db::{self, Batch};
use crate::platform::problem::Problem;

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

mod leaving;
mod signing_up;
mod tickets;

pub use leaving::{Left, leave};
pub use signing_up::{AtTheForm, Offer, Outcome, Wish, at_the_form, sign_up};
pub use tickets::{MyPage, Organized, Ticket, calendar, mine, my_page, ticket};

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
