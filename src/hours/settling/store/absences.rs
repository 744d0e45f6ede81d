//! Who was not there, in the words of both.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::bind;
use crate::platform::clock::Instant;
use crate::platform::db::Statement;
use crate::platform::idempotency::{IdempotencyKey, Ran};
use crate::platform::input::parse_id;
use crate::platform::problem::Problem;
use crate::platform::visit::Visit;

/// That somebody was noted as absent, and what they say to it.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
pub struct Absence {
    /// Of which sign-up.
    #[schema(format = "uuid")]
    pub signup_id: String,
    /// When it was noted, RFC 3339.
    #[schema(value_type = String, format = "date-time")]
    pub recorded_at: Instant,
    /// Why, where there was evidence that they came.
    pub reason: Option<String>,
    /// What the volunteer says.
    pub reply: Option<String>,
    /// When they said it, RFC 3339.
    #[schema(value_type = Option<String>, format = "date-time")]
    pub replied_at: Option<Instant>,
    /// When their service was recorded after all, RFC 3339.
    #[schema(value_type = Option<String>, format = "date-time")]
    pub lifted_at: Option<Instant>,
}

/// An absence as the volunteer reads it.
#[derive(Debug, Deserialize)]
pub struct Excuse {
    /// The absence.
    #[serde(flatten)]
    pub absence: Absence,
    /// What the project is called.
    pub title: String,
    /// Who recorded it.
    pub organization_name: String,
    /// When the shift was to start.
    pub starts_at: Instant,
    /// When it was to end.
    pub ends_at: Instant,
}

const KNOWN: &str = "SELECT 1 AS known FROM session WHERE token_hash = ?1 AND expires_at > ?2";

/// `?1` session, `?2` now, `?3` sign-up.
macro_rules! own {
    () => {
        "s.id = ?3
  AND s.volunteer_id = (SELECT volunteer_id FROM session WHERE token_hash = ?1 AND expires_at > ?2)"
    };
}

const ABSENCE: &str = concat!(
    "
SELECT b.signup_id, b.recorded_at, b.reason, b.reply, b.replied_at, b.lifted_at, s.starts_at, s.ends_at,
  s.facts ->> 'title' AS title, s.facts ->> 'organization_name' AS organization_name
FROM signup s JOIN absence b ON b.signup_id = s.id
WHERE ",
    own!()
);

/// `?4` what they say.
const REPLY: &str = concat!(
    "
UPDATE absence SET reply = ?4, replied_at = ?2
WHERE signup_id = ?3 AND reply IS NULL AND EXISTS (SELECT 1 FROM signup s WHERE ",
    own!(),
    ")"
);

fn asks(visit: &Visit, signup: Uuid, sql: &'static str) -> Statement {
    bind!(sql, visit.credential_hash(), visit.now, signup)
}

fn known(visit: &Visit) -> Statement {
    bind!(KNOWN, visit.credential_hash(), visit.now)
}

/// One's own absence.
pub async fn absence(visit: &Visit, signup: Uuid) -> Result<Excuse, Problem> {
    let statements = vec![known(visit), asks(visit, signup, ABSENCE)];
    let batch = visit.db.batch(statements).await?;
    let known: Option<serde_json::Value> = batch.first(0)?;
    known.ok_or_else(Problem::unauthenticated)?;
    batch.first(1)?.ok_or_else(Problem::not_found)
}

/// Says something to one's own absence, once. Gives what stands, whether this request said
/// it, and whether it had done so before.
pub async fn reply(
    visit: &Visit,
    signup: Uuid,
    words: &str,
    key: &IdempotencyKey,
) -> Result<(Absence, bool, bool), Problem> {
    let statements = vec![
        known(visit),
        asks(visit, signup, REPLY).and(words),
        key.point_at(visit, signup),
        asks(visit, signup, ABSENCE),
    ];
    let batch = match key.run(visit, statements).await? {
        Ran::Now(batch) => batch,
        Ran::Before(earlier) => {
            let excuse = absence(visit, parse_id(earlier.subject()?)?).await?;
            return Ok((excuse.absence, true, true));
        }
    };
    let known: Option<serde_json::Value> = batch.first(0)?;
    known.ok_or_else(Problem::unauthenticated)?;
    let excuse: Excuse = batch.first(3)?.ok_or_else(Problem::not_found)?;
    Ok((excuse.absence, batch.changes(1) > 0, false))
}

/// Somebody who said something to their absence, and was not recorded since.
#[derive(Debug, Deserialize)]
pub struct Answered {
    /// Which shift.
    pub shift_id: String,
    /// What the project is called.
    pub title: String,
    /// When the shift was to start.
    pub starts_at: Instant,
    /// When it was to end.
    pub ends_at: Instant,
    /// What they are called.
    pub name: String,
    /// What they say.
    pub reply: String,
}

const ANSWERED: &str = "
SELECT b.shift_id, h.title, h.starts_at, h.ends_at, v.name, b.reply
FROM absence b
JOIN shift h ON h.id = b.shift_id
JOIN signup s ON s.id = b.signup_id
JOIN volunteer v ON v.id = s.volunteer_id
WHERE b.organization_id = ?1 AND b.replied_at > ?2 AND b.lifted_at IS NULL
ORDER BY b.replied_at DESC
LIMIT ?3";

/// The statement for what volunteers of an organization said since an instant.
pub fn answered(organization: Uuid, since: Instant, most: i64) -> Statement {
    bind!(ANSWERED, organization, since, most)
}
