//! Who belongs to an organization, and as what.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::{agent, require_owner};
use crate::bind;
use crate::organizations::{Agent, Role};
use crate::platform::clock::Instant;
use crate::platform::db::{self, Batch, DbError, Statement};
use crate::platform::problem::Problem;
use crate::platform::visit::Visit;
use crate::volunteers::masked;

/// Somebody who belongs to an organization, as its other members see them.
#[derive(Debug, Serialize, ToSchema)]
pub struct Member {
    /// The volunteer, UUIDv7.
    #[schema(format = "uuid")]
    pub id: String,
    /// May be empty until they say what they are called.
    pub name: String,
    /// With its middle hidden.
    #[schema(example = "138****8000")]
    pub phone: String,
    /// What they are in it.
    pub role: Role,
    /// Since when, RFC 3339.
    #[schema(value_type = String, format = "date-time")]
    pub since: Instant,
    /// Whether it is whoever asks.
    pub is_me: bool,
    /// How many keys that work they have made, to owners. Keys are the organization's and
    /// live on when a member leaves: revoke those that left with them.
    pub keys: Option<i64>,
}

#[derive(Deserialize)]
struct Row {
    id: String,
    name: String,
    phone_sealed: String,
    role: Role,
    created_at: Instant,
    #[serde(deserialize_with = "db::truth")]
    is_me: bool,
    keys: Option<i64>,
}

macro_rules! member_columns {
    () => {
        "
SELECT v.id, v.name, v.phone_sealed, m.role, m.created_at, v.id = me.volunteer_id AS is_me,
  iif(me.role = 'owner', (
    SELECT count(*) FROM api_key k
    WHERE k.organization_id = ?3 AND k.created_by = v.id AND k.revoked_at IS NULL AND k.expires_at > ?2),
    NULL) AS keys
FROM session c
JOIN member me ON me.volunteer_id = c.volunteer_id AND me.organization_id = ?3
JOIN member m ON m.organization_id = me.organization_id
JOIN volunteer v ON v.id = m.volunteer_id
WHERE c.token_hash = ?1 AND c.expires_at > ?2"
    };
}

const MEMBERS: &str = concat!(
    member_columns!(),
    "
ORDER BY instr('owner manager recorder viewer', m.role), m.created_at, v.id
LIMIT 1000"
);

const MEMBER: &str = concat!(member_columns!(), " AND m.volunteer_id = ?4");

/// The statement that lists an organization's members, to its members.
pub fn members(visit: &Visit, organization: &str) -> Statement {
    bind!(MEMBERS, visit.credential_hash(), visit.now, organization)
}

/// The members listed by the statement at `at`.
pub fn listed(visit: &Visit, batch: &Batch, at: usize) -> Result<Vec<Member>, DbError> {
    let keys = &visit.config.keys;
    let show = |row: Row| Member {
        phone: masked(&keys.open(&row.phone_sealed).unwrap_or_default()),
        id: row.id,
        name: row.name,
        role: row.role,
        since: row.created_at,
        is_me: row.is_me,
        keys: row.keys,
    };
    Ok(batch.rows(at)?.into_iter().map(show).collect())
}

/// All members, to one of them.
pub async fn list(visit: &Visit, organization: Uuid) -> Result<Vec<Member>, Problem> {
    let id = organization.to_string();
    let door = Agent::at_the_door(visit.credential_hash(), visit.now, &id);
    let batch = visit.db.batch(vec![door, members(visit, &id)]).await?;
    match agent(&batch, 0)?.role {
        Some(_) => Ok(listed(visit, &batch, 1)?),
        None => Err(Problem::forbidden()),
    }
}

/// `?4` member, `?5` role, `?6` request.
const RECORD_ROLE: &str = concat!(
    "WITH ",
    owner!(),
    "
INSERT INTO audit (at, actor, action, subject, before, after, request_id)
SELECT ?2, 'volunteer:' || o.volunteer_id, 'member.role_changed', 'organization:' || ?3,
  json_object('member', m.volunteer_id, 'role', m.role), json_object('member', m.volunteer_id, 'role', ?5), ?6
FROM owner o
JOIN member m ON m.organization_id = ?3 AND m.volunteer_id = ?4 AND m.role <> ?5"
);

const CHANGE_ROLE: &str = concat!(
    "WITH ",
    owner!(),
    "
UPDATE member SET role = ?5
WHERE organization_id = ?3 AND volunteer_id = ?4 AND role <> ?5 AND EXISTS (SELECT 1 FROM owner)"
);

/// Whoever is no owner any more invites nobody: what they had sent is void.
const WITHDRAW_THEIRS: &str = "
UPDATE invitation SET outcome = 'withdrawn', ended_at = ?3
WHERE organization_id = ?1 AND invited_by = ?2 AND ended_at IS NULL
  AND NOT EXISTS (
    SELECT 1 FROM member WHERE organization_id = ?1 AND volunteer_id = ?2 AND role = 'owner')";

/// Gives a member another role; `None` when there is no such member, `last_owner` refused
/// by the schema.
pub async fn change_role(
    visit: &Visit,
    organization: Uuid,
    member: Uuid,
    role: Role,
) -> Result<Member, Problem> {
    let id = organization.to_string();
    let caller = visit.credential_hash();
    let changed = visit
        .db
        .batch(vec![
            Agent::at_the_door(caller.clone(), visit.now, &id),
            bind!(
                RECORD_ROLE,
                &caller,
                visit.now,
                &id,
                member,
                role.word(),
                &*visit.request_id
            ),
            bind!(CHANGE_ROLE, &caller, visit.now, &id, member, role.word()),
            bind!(WITHDRAW_THEIRS, &id, member, visit.now),
            bind!(MEMBER, &caller, visit.now, &id, member),
        ])
        .await;
    let batch = kept_an_owner(changed)?;
    require_owner(&batch, 0)?;
    let member = listed(visit, &batch, 4)?.into_iter().next();
    member.ok_or_else(Problem::not_found)
}

/// Who goes, when it is by their own will or an owner's. `?4` member.
macro_rules! goes {
    () => {
        "WITH goes AS (
  SELECT m.organization_id, m.volunteer_id, m.role, me.volunteer_id AS by
  FROM session c
  JOIN member me ON me.volunteer_id = c.volunteer_id AND me.organization_id = ?3
  JOIN member m ON m.organization_id = me.organization_id AND m.volunteer_id = ?4
  WHERE c.token_hash = ?1 AND c.expires_at > ?2 AND (me.role = 'owner' OR me.volunteer_id = m.volunteer_id))"
    };
}

const RECORD_GOING: &str = concat!(
    goes!(),
    "
INSERT INTO audit (at, actor, action, subject, before, request_id)
SELECT ?2, 'volunteer:' || by, iif(by = volunteer_id, 'member.left', 'member.removed'),
  'organization:' || organization_id, json_object('member', volunteer_id, 'role', role), ?5
FROM goes"
);

const GO: &str = concat!(
    goes!(),
    "
DELETE FROM member
WHERE organization_id = ?3 AND volunteer_id IN (SELECT volunteer_id FROM goes)"
);

/// Removes a member, or lets oneself go.
pub async fn remove(visit: &Visit, organization: Uuid, member: Uuid) -> Result<(), Problem> {
    let id = organization.to_string();
    let caller = visit.credential_hash();
    let removed = visit
        .db
        .batch(vec![
            Agent::at_the_door(caller.clone(), visit.now, &id),
            bind!(MEMBER, &caller, visit.now, &id, member),
            bind!(
                RECORD_GOING,
                &caller,
                visit.now,
                &id,
                member,
                &*visit.request_id
            ),
            bind!(GO, &caller, visit.now, &id, member),
            bind!(WITHDRAW_THEIRS, &id, member, visit.now),
        ])
        .await;
    let batch = kept_an_owner(removed)?;
    let agent = agent(&batch, 0)?;
    let role = agent.role.ok_or_else(Problem::forbidden)?;
    let target = listed(visit, &batch, 1)?.into_iter().next();
    match target {
        Some(target) if target.is_me || role == Role::Owner => Ok(()),
        Some(_) => Err(Problem::forbidden()),
        None if role == Role::Owner => Err(Problem::not_found()),
        None => Err(Problem::forbidden()),
    }
}

/// 409 when the schema kept the last owner.
fn kept_an_owner(batch: Result<Batch, DbError>) -> Result<Batch, Problem> {
    match batch {
        Err(error) if error.is_refusal("last_owner") => Err(Problem::new(
            axum::http::StatusCode::CONFLICT,
            "last_owner",
            crate::platform::i18n::Words::new(
                "组织至少要有一位负责人，请先把别人设为负责人",
                "An organization keeps at least one owner: make somebody else an owner first",
            ),
        )),
        other => Ok(other?),
    }
}
