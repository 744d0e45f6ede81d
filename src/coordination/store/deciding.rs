//! SQL of deciding on organizations.

use serde::Deserialize;
use uuid::Uuid;

use super::{reach, require, standing};
use crate::bind;
use crate::coordination::DecisionBody;
use crate::organizations::OrganizationState;
use crate::organizations::store::reading::{self, Found};
use crate::platform::db;
use crate::platform::idempotency::{IdempotencyKey, Ran};
use crate::platform::problem::Problem;
use crate::platform::visit::Visit;

/// `?1` session, `?2` now, `?3` organization, `?4` the states it may leave, `?5` the version
/// that was looked at, if any. The office closest to the organization decides.
macro_rules! decided {
    () => {
        concat!(
            "WITH ",
            reach!(),
            ",
decided AS (
  SELECT o.id, o.state, o.name, m.region, m.office, m.volunteer_id
  FROM organization o
  JOIN reach m ON substr(o.region, 1, length(m.region)) = m.region
  WHERE o.id = ?3 AND o.state IN (SELECT value FROM json_each(?4)) AND (?5 IS NULL OR o.version = ?5)
    AND NOT EXISTS (SELECT 1 FROM member w WHERE w.organization_id = o.id AND w.volunteer_id = m.volunteer_id)
  ORDER BY length(m.region) DESC
  LIMIT 1)"
        )
    };
}

const IN_REACH: &str = concat!(
    "WITH ",
    reach!(),
    "
SELECT o.state, o.version,
  EXISTS (SELECT 1 FROM reach m WHERE substr(o.region, 1, length(m.region)) = m.region) AS reached,
  EXISTS (SELECT 1 FROM reach m JOIN member w ON w.volunteer_id = m.volunteer_id AND w.organization_id = o.id) AS own
FROM organization o
WHERE o.id = ?3"
);

const RECORD_DECISION: &str = concat!(
    decided!(),
    "
INSERT INTO audit (at, actor, action, subject, before, after, request_id)
SELECT ?2, 'volunteer:' || volunteer_id, ?6, 'organization:' || id, json_object('state', state),
  json_object('state', ?7, 'reason', ?8, 'region', region, 'office', office), ?9
FROM decided"
);

const TELL_OWNERS: &str = concat!(
    decided!(),
    "
INSERT INTO outbox (kind, volunteer_id, language, params, created_at, due_at)
SELECT ?6, v.id, v.language, json_object('title', d.name, 'reason', ?7, 'place', d.office), ?2, ?2
FROM decided d
JOIN member m ON m.organization_id = d.id AND m.role = 'owner'
JOIN volunteer v ON v.id = m.volunteer_id"
);

const DECIDE: &str = concat!(
    decided!(),
    "
UPDATE organization
SET state = ?6, state_since = ?2, state_region = d.region, state_office = d.office, state_reason = ?7,
  version = version + 1
FROM decided d
WHERE organization.id = d.id"
);

#[derive(Deserialize)]
struct InReach {
    state: OrganizationState,
    version: i64,
    #[serde(deserialize_with = "db::truth")]
    reached: bool,
    /// Nobody decides on an organization of their own.
    #[serde(deserialize_with = "db::truth")]
    own: bool,
}

/// An organization as whoever coordinates it looks at it before deciding.
pub async fn in_reach(visit: &Visit, organization: Uuid) -> Result<Found, Problem> {
    let (caller, id) = (visit.credential_hash(), organization.to_string());
    let batch = visit
        .db
        .batch(vec![
            standing(visit),
            bind!(IN_REACH, &caller, visit.now, &id),
            reading::organization(visit, &id),
        ])
        .await?;
    require(batch.first(0)?)?;
    let row: InReach = batch.first(1)?.ok_or_else(Problem::not_found)?;
    if !row.reached {
        return Err(Problem::forbidden());
    }
    reading::found(&batch, 2)?.ok_or_else(Problem::not_found)
}

/// What came of a decision.
#[derive(Debug)]
pub enum Decided {
    /// It stands.
    Done(Box<Found>),
    /// The same request was carried out before.
    Before(Box<Found>),
    /// Not from this state.
    NotPossible(OrganizationState),
    /// The organization is not what the coordinator looked at any more; its version now.
    Changed(i64),
}

/// Decides on an organization, tells its owners, and reads it back: one transaction.
pub async fn decide(
    visit: &Visit,
    organization: Uuid,
    body: &DecisionBody,
    seen: Option<i64>,
    key: &IdempotencyKey,
) -> Result<Decided, Problem> {
    let caller = visit.credential_hash();
    let (decision, reason) = (body.decision, body.reason.as_ref().map(|it| it.as_str()));
    let (from, to) = decision.from_to();
    let from = serde_json::json!(from).to_string();
    let action = format!("organization.{}", to.word());
    let id = organization.to_string();
    let statements = vec![
        standing(visit),
        bind!(IN_REACH, &caller, visit.now, &id),
        bind!(
            RECORD_DECISION,
            &caller,
            visit.now,
            &id,
            &from,
            seen,
            action,
            to.word(),
            reason,
            &*visit.request_id,
        ),
        bind!(
            TELL_OWNERS,
            &caller,
            visit.now,
            &id,
            &from,
            seen,
            decision.message(),
            reason,
        ),
        bind!(
            DECIDE,
            &caller,
            visit.now,
            &id,
            &from,
            seen,
            to.word(),
            reason
        ),
        key.point_at(visit, &id),
        reading::organization(visit, &id),
    ];
    let batch = match key.run(visit, statements).await? {
        Ran::Now(batch) => batch,
        Ran::Before(earlier) => {
            let id = earlier.subject()?;
            let statements = vec![standing(visit), reading::organization(visit, id)];
            let batch = visit.db.batch(statements).await?;
            require(batch.first(0)?)?;
            let found = reading::found(&batch, 1)?.ok_or_else(Problem::not_found)?;
            return Ok(Decided::Before(Box::new(found)));
        }
    };
    require(batch.first(0)?)?;
    let before: InReach = batch.first(1)?.ok_or_else(Problem::not_found)?;
    if !before.reached || before.own {
        return Err(Problem::forbidden());
    }
    if batch.changes(4) > 0 {
        let found = reading::found(&batch, 6)?.ok_or_else(Problem::not_found)?;
        return Ok(Decided::Done(Box::new(found)));
    }
    Ok(match seen {
        Some(seen) if seen != before.version => Decided::Changed(before.version),
        _ => Decided::NotPossible(before.state),
    })
}
