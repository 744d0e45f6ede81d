//! SQL of the organizer's acts. Who asks, whether they may, and the act itself are one
//! question to the database.

use serde::Deserialize;
use uuid::Uuid;

use super::{Approval, Expectation, Obstacle};
use crate::bind;
use crate::organizations::{Permission, Permit, admit};
use crate::platform::db::{Batch, Statement};
use crate::platform::idempotency::Earlier;
use crate::platform::problem::Problem;
use crate::platform::visit::Visit;
use crate::signups::SignupState;

/// A sign-up in the hands of somebody who may act for its organization, or not. `?1`
/// credential, `?2` now, `?3` sign-up, `?4` roles and `?5` scopes that may.
macro_rules! organizing {
    () => {
        concat!(
            "
WITH target AS (
  SELECT s.id, s.state, s.approval, s.shift_id, s.volunteer_id, s.starts_at, s.ends_at, s.seq,
    h.project, h.state AS shift_state, h.capacity, h.confirmed,
    p.organization_id, p.organization_state, p.state AS project_state
  FROM signup s JOIN shift h ON h.id = s.shift_id JOIN project p ON p.seq = h.project
  WHERE s.id = ?3),
",
            crate::organizations::agent!()
        )
    };
}

mod deciding;
mod describing;
mod moving;
mod notifying;
mod requesting;

pub use deciding::{approve, decline};
pub use describing::{Description, describe};
pub use moving::{Move, move_to};
pub use notifying::{Notice, Sent, notify};
pub use requesting::{Asked, Asks, Request, asked, requests};

const WHO: &str = concat!(organizing!(), crate::organizations::entry!());

const STANDING: &str = concat!(
    organizing!(),
    "
SELECT s.id, s.shift_id, s.state, s.approval, s.expectation, s.organizer_note, s.moved_from
FROM target t JOIN agent a ON a.may JOIN signup s ON s.id = t.id"
);

/// Right after the act: `?6` what was done, `?7` what came of it, `?8` the request.
const RECORD: &str = concat!(
    organizing!(),
    "
INSERT INTO audit (at, actor, action, subject, after, request_id)
SELECT ?2, a.actor, ?6, 'signup:' || ?3, ?7, ?8
FROM agent a
WHERE a.may AND changes() > 0"
);

/// A sign-up as those who run the shift see where it stands.
#[derive(Debug, Deserialize, serde::Serialize, utoipa::ToSchema)]
pub struct Standing {
    /// UUIDv7.
    #[schema(format = "uuid")]
    pub id: String,
    /// On which shift.
    #[schema(format = "uuid")]
    pub shift_id: String,
    /// Where it stands.
    pub state: SignupState,
    /// What was said to the request; null where the project asks for no approval.
    pub approval: Option<Approval>,
    /// What is expected of the volunteer.
    pub expectation: Option<Expectation>,
    /// A note for those who run the shift.
    pub organizer_note: Option<String>,
    /// The shift it was moved from last.
    #[schema(format = "uuid")]
    pub moved_from: Option<String>,
}

/// Somebody who acts on a sign-up in its organization's name, if they may.
struct Organizer<'a> {
    visit: &'a Visit,
    signup: Uuid,
    credential: Option<String>,
    permit: Permit,
}

impl<'a> Organizer<'a> {
    fn of(visit: &'a Visit, signup: Uuid) -> Self {
        Self {
            visit,
            signup,
            credential: visit.credential_hash(),
            permit: Permission::WriteSignups.permit(),
        }
    }

    /// A statement about the sign-up, with nothing but who asks for it.
    fn asks(&self, sql: &'static str) -> Statement {
        bind!(
            sql,
            self.credential.as_deref(),
            self.visit.now,
            self.signup,
            &self.permit.roles,
            &self.permit.scopes,
        )
    }

    /// The audit row of what the statement before it did.
    fn records(&self, action: &str, after: &serde_json::Value) -> Statement {
        bind!(
            RECORD,
            self.credential.as_deref(),
            self.visit.now,
            self.signup,
            &self.permit.roles,
            &self.permit.scopes,
            action,
            after.to_string(),
            &*self.visit.request_id,
        )
    }

    fn who(&self) -> Statement {
        self.asks(WHO)
    }

    fn standing(&self) -> Statement {
        self.asks(STANDING)
    }

    /// Where the sign-up stands now: what a retry is answered.
    async fn repeats(&self, earlier: &Earlier) -> Result<Done<Standing>, Problem> {
        earlier.subject()?;
        let batch = self
            .visit
            .db
            .batch(vec![self.who(), self.standing()])
            .await?;
        admit(&batch, 0)?;
        let standing = batch.first(1)?.ok_or_else(Problem::not_found)?;
        Ok(Done::before(standing))
    }
}

/// What an act came to.
#[derive(Debug)]
pub struct Done<T> {
    /// What stands now.
    pub now: T,
    /// Whether the same request did it before, by its idempotency key.
    pub repeated: bool,
}

impl<T> Done<T> {
    const fn once(now: T) -> Self {
        Self {
            now,
            repeated: false,
        }
    }

    const fn before(now: T) -> Self {
        Self {
            now,
            repeated: true,
        }
    }
}

#[derive(Deserialize)]
struct Judged {
    obstacle: Option<Obstacle>,
}

/// What an act came to, from the rows of who asked, of the verdict, and of the sign-up.
fn outcome(batch: &Batch, standing: usize) -> Result<Done<Standing>, Problem> {
    admit(batch, 0)?;
    let judged: Judged = batch.first(1)?.ok_or_else(Problem::not_found)?;
    match judged.obstacle {
        Some(obstacle) => Err(obstacle.problem()),
        None => batch
            .first(standing)?
            .map(Done::once)
            .ok_or_else(Problem::not_found),
    }
}
