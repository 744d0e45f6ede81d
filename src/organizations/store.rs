//! SQL of organizations. Who asks, whether they may, and the act itself are one question
//! to the database.

/// The owner who asks, if it is one. `?1` session, `?2` now, `?3` organization.
macro_rules! owner {
    () => {
        "owner AS (
  SELECT m.volunteer_id
  FROM session c
  JOIN member m ON m.volunteer_id = c.volunteer_id AND m.organization_id = ?3 AND m.role = 'owner'
  WHERE c.token_hash = ?1 AND c.expires_at > ?2)"
    };
}

pub mod invitations;
pub mod keys;
pub mod members;
pub mod reading;
pub mod registering;

use super::Agent;
use super::Permission;
use crate::platform::db::Batch;
use crate::platform::problem::Problem;

/// Whoever asks, at the door of an organization: found by the statement at `at`.
fn agent(batch: &Batch, at: usize) -> Result<Agent, Problem> {
    batch.first(at)?.ok_or_else(Problem::unauthenticated)
}

/// An error unless an owner asks.
fn require_owner(batch: &Batch, at: usize) -> Result<(), Problem> {
    agent(batch, at)?.require(Permission::Manage)
}
