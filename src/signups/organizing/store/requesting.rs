//! What is asked of an organization's people, over all its shifts.

use serde::Deserialize;
use uuid::Uuid;

use crate::bind;
use crate::organizations::{Permission, admit};
use crate::platform::clock::Instant;
use crate::platform::db;
use crate::platform::problem::Problem;
use crate::platform::visit::Visit;

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

/// `?6` roles that may decide.
const NAME: &str = concat!(
    of_organization!(),
    "
SELECT t.name, EXISTS (
    SELECT 1 FROM session c JOIN member m ON m.volunteer_id = c.volunteer_id
    WHERE c.token_hash = ?1 AND m.organization_id = ?3 AND m.role IN (SELECT value FROM json_each(?6))) AS decides
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
    /// Whether the reader may decide.
    pub decides: bool,
    /// In the order of the shifts.
    pub items: Vec<Request>,
}

#[derive(Deserialize)]
struct Named {
    name: String,
    #[serde(deserialize_with = "db::truth")]
    decides: bool,
}

/// The first so many requests, for whoever may read sign-ups.
pub async fn requests(visit: &Visit, organization: Uuid, most: i64) -> Result<Requests, Problem> {
    let (reads, decides) = (
        Permission::ReadSignups.permit(),
        Permission::WriteSignups.permit(),
    );
    let asks = |sql: &'static str| {
        bind!(
            sql,
            visit.credential_hash(),
            visit.now,
            organization,
            &reads.roles,
            &reads.scopes
        )
    };
    let statements = vec![
        asks(WHO),
        asks(NAME).and(&decides.roles),
        asks(REQUESTS).and(most),
    ];
    let batch = visit.db.batch(statements).await?;
    admit(&batch, 0)?;
    let named: Named = batch.first(1)?.ok_or_else(Problem::not_found)?;
    Ok(Requests {
        organization: named.name,
        decides: named.decides,
        items: batch.rows(2)?,
    })
}
