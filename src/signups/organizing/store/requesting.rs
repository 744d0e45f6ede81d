//! What is asked of an organization's people, over all its shifts.

use serde::Deserialize;
use uuid::Uuid;

use crate::bind;
use crate::organizations::{Permission, Role, admit};
use crate::platform::clock::Instant;
use crate::platform::db::Statement;
use crate::platform::problem::Problem;
use crate::platform::visit::Visit;

/// So many requests are shown or counted; when they are answered, the next are.
pub const MOST: i64 = 100;

/// `?1` credential, `?2` now, `?3` organization, `?4` roles and `?5` scopes that may.
macro_rules! of_organization {
    () => {
        concat!(
            "
WITH target AS (SELECT id AS organization_id, name FROM organization WHERE id = ?3),
",
            crate::organizations::agent!()
        )
    };
}

const WHO: &str = concat!(of_organization!(), crate::organizations::entry!());

const READER: &str = concat!(
    of_organization!(),
    "
SELECT t.name, (
    SELECT m.role FROM session c JOIN member m ON m.volunteer_id = c.volunteer_id
    WHERE c.token_hash = ?1 AND m.organization_id = ?3) AS role
FROM target t JOIN agent a ON a.may"
);

/// In the order of the shifts, those of a shift in the order of arrival. `?6` how many.
const REQUESTS: &str = concat!(
    of_organization!(),
    "
SELECT s.id, s.asks, s.volunteer_name AS name, s.note, s.created_at, s.cancel_requested_at, s.shift_id,
  s.starts_at, s.ends_at, s.facts ->> 'title' AS title, s.facts ->> 'role' AS role, h.confirmed, h.capacity
FROM agent a JOIN signup s JOIN shift h ON h.id = s.shift_id
WHERE a.may AND s.asks IS NOT NULL AND s.facts ->> 'organization_id' = ?3 AND s.starts_at > ?2 - 86400000
  AND s.ends_at > ?2
ORDER BY s.starts_at, s.seq
LIMIT ?6"
);

/// `?6` where counting ends.
const ASKED: &str = concat!(
    of_organization!(),
    "
SELECT count(*) AS number FROM (
  SELECT 1
  FROM agent a JOIN signup s
  WHERE a.may AND s.asks IS NOT NULL AND s.facts ->> 'organization_id' = ?3
    AND s.starts_at > ?2 - 86400000 AND s.ends_at > ?2
  LIMIT ?6)"
);

/// How many wait for an answer.
#[derive(Debug, Deserialize)]
pub struct Asked {
    /// Up to the number at which counting ends.
    pub number: i64,
}

/// The statement that counts what is asked of an organization's people, up to [`MOST`],
/// for whoever may read sign-ups; its row is an [`Asked`].
pub fn asked(visit: &Visit, organization: &str) -> Statement {
    asks(ASKED, visit, organization).and(MOST)
}

/// What somebody asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Asks {
    /// A seat.
    Place,
    /// To be let go.
    Leave,
}

/// Somebody who waits for an answer.
#[derive(Debug, Deserialize)]
pub struct Request {
    /// The sign-up's id.
    pub id: String,
    /// What they ask.
    pub asks: Asks,
    /// What they are called.
    pub name: String,
    /// What they told the organizer.
    pub note: Option<String>,
    /// When they signed up.
    pub created_at: Instant,
    /// When they asked to be let go.
    pub cancel_requested_at: Option<Instant>,
    /// For which shift.
    pub shift_id: String,
    /// When it starts.
    pub starts_at: Instant,
    /// When it ends.
    pub ends_at: Instant,
    /// What the project is called.
    pub title: String,
    /// What volunteers do.
    pub role: String,
    /// Seats taken.
    pub confirmed: i64,
    /// Seats.
    pub capacity: i64,
}

/// All that is asked of an organization's people.
#[derive(Debug)]
pub struct Requests {
    /// The organization's name.
    pub organization: String,
    /// What the reader is in it, when it is a person.
    pub role: Option<Role>,
    /// In the order of the shifts.
    pub items: Vec<Request>,
}

#[derive(Deserialize)]
struct Reader {
    name: String,
    role: Option<Role>,
}

/// The first [`MOST`] requests, for whoever may read sign-ups.
pub async fn requests(visit: &Visit, organization: Uuid) -> Result<Requests, Problem> {
    let id = organization.to_string();
    let statements = vec![
        asks(WHO, visit, &id),
        asks(READER, visit, &id),
        asks(REQUESTS, visit, &id).and(MOST),
    ];
    let batch = visit.db.batch(statements).await?;
    admit(&batch, 0)?;
    let reader: Reader = batch.first(1)?.ok_or_else(Problem::not_found)?;
    Ok(Requests {
        organization: reader.name,
        role: reader.role,
        items: batch.rows(2)?,
    })
}

/// A statement about an organization, with nothing but who asks.
fn asks(sql: &'static str, visit: &Visit, organization: &str) -> Statement {
    let reads = Permission::ReadSignups.permit();
    bind!(
        sql,
        visit.credential_hash(),
        visit.now,
        organization,
        &reads.roles,
        &reads.scopes
    )
}
