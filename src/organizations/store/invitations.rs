//! Asking somebody to join, by their phone, and what they say to it.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::reading::Membership;
use super::require_owner;
use crate::bind;
use crate::organizations::{Agent, INVITATION_LASTS, INVITATIONS_A_DAY, INVITED_A_DAY, Role};
use crate::platform::clock::{DAY, Instant};
use crate::platform::db::{self, Batch, DbError, Statement};
use crate::platform::forgetting::A_SLICE;
use crate::platform::idempotency::{IdempotencyKey, Ran};
use crate::platform::input::parse_id;
use crate::platform::problem::Problem;
use crate::platform::visit::Visit;
use crate::volunteers::{Phone, masked};

/// An invitation that is open, as the organization's owners see it.
#[derive(Debug, Serialize, ToSchema)]
pub struct Invitation {
    /// UUIDv7.
    #[schema(format = "uuid")]
    pub id: String,
    /// Whose phone, with its middle hidden.
    #[schema(example = "138****8000")]
    pub phone: String,
    /// What they would be.
    pub role: Role,
    /// When it was sent, RFC 3339.
    #[schema(value_type = String, format = "date-time")]
    pub invited_at: Instant,
    /// Until when it is good, RFC 3339.
    #[schema(value_type = String, format = "date-time")]
    pub expires_at: Instant,
}

#[derive(Deserialize)]
struct Row {
    id: String,
    phone_sealed: String,
    role: Role,
    created_at: Instant,
    expires_at: Instant,
}

/// `?1` session, `?2` now, `?3` organization.
macro_rules! invitations {
    () => {
        concat!(
            "WITH ",
            owner!(),
            "
SELECT i.id, i.phone_sealed, i.role, i.created_at, i.expires_at
FROM invitation i
WHERE i.organization_id = ?3 AND EXISTS (SELECT 1 FROM owner)"
        )
    };
}

const OPEN: &str = concat!(
    invitations!(),
    "
  AND i.ended_at IS NULL AND i.expires_at > ?2
ORDER BY i.created_at, i.id
LIMIT 500"
);
const ONE: &str = concat!(invitations!(), " AND i.id = ?4");

/// The statement that lists an organization's open invitations, to its owners.
pub fn open(visit: &Visit, organization: &str) -> Statement {
    bind!(OPEN, visit.credential_hash(), visit.now, organization)
}

/// The invitations listed by the statement at `at`.
pub fn listed(visit: &Visit, batch: &Batch, at: usize) -> Result<Vec<Invitation>, DbError> {
    let keys = &visit.config.keys;
    let show = |row: Row| Invitation {
        phone: masked(&keys.open(&row.phone_sealed).unwrap_or_default()),
        id: row.id,
        role: row.role,
        invited_at: row.created_at,
        expires_at: row.expires_at,
    };
    Ok(batch.rows(at)?.into_iter().map(show).collect())
}

/// All open invitations, to an owner.
pub async fn list(visit: &Visit, organization: Uuid) -> Result<Vec<Invitation>, Problem> {
    let id = organization.to_string();
    let door = Agent::at_the_door(visit.credential_hash(), visit.now, &id);
    let batch = visit.db.batch(vec![door, open(visit, &id)]).await?;
    require_owner(&batch, 0)?;
    Ok(listed(visit, &batch, 1)?)
}

/// What stands in the way. `?1` organization, `?2` phone, `?3` now, `?4` a day ago.
const STANDING: &str = "
SELECT
  EXISTS (
    SELECT 1 FROM member m JOIN volunteer v ON v.id = m.volunteer_id
    WHERE m.organization_id = ?1 AND v.phone_hash = ?2) AS member,
  EXISTS (
    SELECT 1 FROM invitation
    WHERE organization_id = ?1 AND phone_hash = ?2 AND ended_at IS NULL AND expires_at > ?3) AS invited,
  (SELECT count(*) FROM invitation WHERE organization_id = ?1 AND created_at > ?4) AS today";

const EXPIRE: &str = "
UPDATE invitation SET outcome = 'expired', ended_at = ?3
WHERE organization_id = ?1 AND phone_hash = ?2 AND ended_at IS NULL AND expires_at <= ?3";

/// `?4` phone, `?5` sealed, `?6` id, `?7` role, `?8` expiry, `?9` a day ago, `?10` how many
/// in it.
const INVITE: &str = concat!(
    "WITH ",
    owner!(),
    "
INSERT INTO invitation (
  id, organization_id, phone_hash, phone_sealed, role, invited_by, created_at, expires_at)
SELECT ?6, ?3, ?4, ?5, ?7, o.volunteer_id, ?2, ?8
FROM owner o
WHERE NOT EXISTS (
    SELECT 1 FROM member m JOIN volunteer v ON v.id = m.volunteer_id
    WHERE m.organization_id = ?3 AND v.phone_hash = ?4)
  AND (SELECT count(*) FROM invitation WHERE organization_id = ?3 AND created_at > ?9) < ?10
ON CONFLICT DO NOTHING"
);

/// The name of an organization nobody has verified is not sent to strangers: it may say
/// anything.
/// Nobody is written to twice a day by the same organization, however often it invites,
/// nor by more than `?4` of them: the invitation stands all the same, and whoever sent it
/// is not told, for that would say something about the phone.
const TELL: &str = "
INSERT INTO outbox (kind, volunteer_id, phone_sealed, language, params, created_at, due_at, phone_hash)
SELECT 'organization_invited', v.id, iif(v.id IS NULL, i.phone_sealed, NULL), coalesce(v.language, ?3),
  json_object('title', iif(o.state = 'verified', o.name, '')), ?2, ?2, i.phone_hash
FROM invitation i
JOIN organization o ON o.id = i.organization_id
LEFT JOIN volunteer v ON v.phone_hash = i.phone_hash
WHERE i.id = ?1 AND NOT EXISTS (
  SELECT 1 FROM invitation e
  WHERE e.organization_id = i.organization_id AND e.phone_hash = i.phone_hash AND e.id <> i.id
    AND e.created_at > ?2 - 86400000)
  AND (
    SELECT count(DISTINCT e.organization_id) FROM invitation e
    WHERE e.phone_hash = i.phone_hash AND e.id <> i.id AND e.created_at > ?2 - 86400000) < ?4";

const RECORD: &str = "
INSERT INTO audit (at, actor, action, subject, after, request_id)
SELECT ?2, 'volunteer:' || invited_by, 'member.invited', 'organization:' || organization_id,
  json_object('invitation', id, 'role', role), ?3
FROM invitation
WHERE id = ?1";

#[derive(Deserialize)]
struct Standing {
    #[serde(deserialize_with = "db::truth")]
    member: bool,
    #[serde(deserialize_with = "db::truth")]
    invited: bool,
    today: i64,
}

/// What came of inviting somebody.
#[derive(Debug)]
pub enum Invited {
    /// They are told.
    Sent(Invitation),
    /// The same request was carried out before.
    Before(Invitation),
    /// They belong to it already.
    Member,
    /// An invitation is open.
    Already,
    /// Too many were sent today.
    TooMany,
}

/// Invites whoever has a phone, known or not, and tells them.
pub async fn invite(
    visit: &Visit,
    organization: Uuid,
    phone: &Phone,
    role: Role,
    key: &IdempotencyKey,
) -> Result<Invited, Problem> {
    let keys = &visit.config.keys;
    let (id, caller) = (organization.to_string(), visit.credential_hash());
    let (invitation, hash) = (visit.new_id(), keys.phone_hash(phone.digits()));
    let sealed = keys.seal(phone.digits())?;
    let a_day_ago = visit.now.plus(-DAY);
    let one = |invitation: Uuid| bind!(ONE, &caller, visit.now, &id, invitation);
    let statements = vec![
        Agent::at_the_door(caller.clone(), visit.now, &id),
        bind!(STANDING, &id, &hash, visit.now, a_day_ago),
        bind!(EXPIRE, &id, &hash, visit.now),
        bind!(
            INVITE,
            &caller,
            visit.now,
            &id,
            &hash,
            sealed,
            invitation,
            role.word(),
            visit.now.plus(INVITATION_LASTS),
            a_day_ago,
            INVITATIONS_A_DAY,
        ),
        key.point_at(visit, invitation),
        bind!(
            TELL,
            invitation,
            visit.now,
            visit.lang.code(),
            INVITED_A_DAY
        ),
        bind!(RECORD, invitation, visit.now, &*visit.request_id),
        one(invitation),
    ];
    let batch = match key.run(visit, statements).await? {
        Ran::Now(batch) => batch,
        Ran::Before(earlier) => {
            let batch = visit.db.run(one(parse_id(earlier.subject()?)?)).await?;
            let sent = listed(visit, &batch, 0)?.into_iter().next();
            return sent.map(Invited::Before).ok_or_else(Problem::forbidden);
        }
    };
    require_owner(&batch, 0)?;
    if let Some(sent) = listed(visit, &batch, 7)?.into_iter().next() {
        return Ok(Invited::Sent(sent));
    }
    match batch.first::<Standing>(1)? {
        Some(Standing { member: true, .. }) => Ok(Invited::Member),
        Some(Standing { invited: true, .. }) => Ok(Invited::Already),
        Some(Standing { today, .. }) if today >= INVITATIONS_A_DAY => Ok(Invited::TooMany),
        _ => Err(Problem::internal("nobody was invited and nobody refused")),
    }
}

const WITHDRAW: &str = concat!(
    "WITH ",
    owner!(),
    "
UPDATE invitation SET outcome = 'withdrawn', ended_at = ?2
WHERE id = ?4 AND organization_id = ?3 AND ended_at IS NULL AND EXISTS (SELECT 1 FROM owner)"
);

const RECORD_WITHDRAWN: &str = "
INSERT INTO audit (at, actor, action, subject, before, request_id)
SELECT ?2, 'volunteer:' || c.volunteer_id, 'member.invitation_withdrawn', 'organization:' || ?3,
  json_object('invitation', ?4), ?5
FROM session c
WHERE c.token_hash = ?1 AND changes() = 1";

const EXISTS: &str = "SELECT 1 AS found FROM invitation WHERE id = ?1 AND organization_id = ?2";

/// Takes an invitation back; nothing happens to one that has ended.
pub async fn withdraw(visit: &Visit, organization: Uuid, invitation: Uuid) -> Result<(), Problem> {
    let (id, caller) = (organization.to_string(), visit.credential_hash());
    let batch = visit
        .db
        .batch(vec![
            Agent::at_the_door(caller.clone(), visit.now, &id),
            bind!(WITHDRAW, &caller, visit.now, &id, invitation),
            bind!(
                RECORD_WITHDRAWN,
                &caller,
                visit.now,
                &id,
                invitation,
                &*visit.request_id
            ),
            bind!(EXISTS, invitation, &id),
        ])
        .await?;
    require_owner(&batch, 0)?;
    match batch.first::<serde_json::Value>(3)? {
        Some(_) => Ok(()),
        None => Err(Problem::not_found()),
    }
}

/// In milliseconds after they have ended by themselves.
const KEPT_FOR: i64 = 30 * DAY;

const FORGET: &str = "
DELETE FROM invitation
WHERE id IN (SELECT id FROM invitation WHERE expires_at < ?1 ORDER BY expires_at LIMIT ?2)";

/// The statement that forgets a slice of old invitations, and with them the phones of
/// people who may
/// never have been here.
pub fn forget(now: Instant) -> Statement {
    bind!(FORGET, now.plus(-KEPT_FOR), A_SLICE)
}

/// An invitation, as whoever is invited sees it.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
pub struct MyInvitation {
    /// UUIDv7.
    #[schema(format = "uuid")]
    pub id: String,
    /// Who invites.
    #[schema(format = "uuid")]
    pub organization_id: String,
    /// Its name.
    pub organization_name: String,
    /// What one would be.
    pub role: Role,
    /// When it was sent, RFC 3339.
    #[schema(value_type = String, format = "date-time")]
    pub invited_at: Instant,
    /// Until when it is good, RFC 3339.
    #[schema(value_type = String, format = "date-time")]
    pub expires_at: Instant,
}

const MINE: &str = "
SELECT i.id, i.organization_id, o.name AS organization_name, i.role, i.created_at AS invited_at, i.expires_at
FROM session c
JOIN volunteer v ON v.id = c.volunteer_id
JOIN invitation i ON i.phone_hash = v.phone_hash AND i.ended_at IS NULL
JOIN organization o ON o.id = i.organization_id
WHERE c.token_hash = ?1 AND c.expires_at > ?2 AND i.expires_at > ?2
ORDER BY i.created_at, i.id
LIMIT 100";

/// The statement that lists the invitations for the caller's phone.
pub fn mine(visit: &Visit) -> Statement {
    bind!(MINE, visit.credential_hash(), visit.now)
}

/// An invitation for the phone of whoever asks. `?1` session, `?2` now, `?3` invitation.
macro_rules! addressed {
    () => {
        "WITH addressed AS (
  SELECT i.id, i.organization_id, i.role, i.outcome, v.id AS volunteer_id,
    i.ended_at IS NULL AND i.expires_at > ?2 AS open
  FROM session c
  JOIN volunteer v ON v.id = c.volunteer_id
  JOIN invitation i ON i.phone_hash = v.phone_hash
  WHERE c.token_hash = ?1 AND c.expires_at > ?2 AND i.id = ?3)"
    };
}

const ADDRESSED: &str = concat!(addressed!(), "\nSELECT outcome, open FROM addressed");

const SIGNED_IN: &str = "
SELECT 1 AS found FROM session WHERE token_hash = ?1 AND expires_at > ?2";

const JOIN: &str = concat!(
    addressed!(),
    "
INSERT INTO member (organization_id, volunteer_id, role, created_at)
SELECT organization_id, volunteer_id, role, ?2 FROM addressed WHERE open
ON CONFLICT DO NOTHING"
);

const RECORD_ANSWER: &str = concat!(
    addressed!(),
    "
INSERT INTO audit (at, actor, action, subject, after, request_id)
SELECT ?2, 'volunteer:' || volunteer_id, 'member.invitation_' || ?4, 'organization:' || organization_id,
  json_object('invitation', id, 'role', role), ?5
FROM addressed
WHERE open"
);

const ANSWER: &str = concat!(
    addressed!(),
    "
UPDATE invitation SET outcome = ?4, ended_at = ?2
WHERE id IN (SELECT id FROM addressed WHERE open)"
);

const JOINED: &str = concat!(
    addressed!(),
    "
SELECT o.id, o.name, o.state, m.role, m.created_at AS since
FROM addressed a
JOIN organization o ON o.id = a.organization_id
JOIN member m ON m.organization_id = o.id AND m.volunteer_id = a.volunteer_id"
);

const ACCEPTED: &str = "accepted";
const DECLINED: &str = "declined";

#[derive(Deserialize)]
struct Addressed {
    outcome: Option<String>,
    #[serde(deserialize_with = "db::truth")]
    open: bool,
}

impl Addressed {
    /// What the invitation was before it was answered; one for another phone is not found.
    fn before(batch: &Batch) -> Result<Self, Problem> {
        if batch.first::<serde_json::Value>(0)?.is_none() {
            return Err(Problem::unauthenticated());
        }
        batch.first(1)?.ok_or_else(Problem::not_found)
    }

    /// Saying the same again is no contradiction.
    fn allows(&self, word: &str) -> bool {
        self.open || self.outcome.as_deref() == Some(word)
    }
}

/// What came of accepting.
#[derive(Debug)]
pub enum Accepted {
    /// They belong to it, now or already.
    Joined(Membership),
    /// The same request was carried out before.
    Before(Membership),
    /// The invitation was withdrawn, declined, or is too old.
    Over,
}

/// Joins the organization that invites the phone of whoever is signed in.
pub async fn accept(
    visit: &Visit,
    invitation: Uuid,
    key: &IdempotencyKey,
) -> Result<Accepted, Problem> {
    let caller = visit.credential_hash();
    let about = |sql: &'static str| bind!(sql, &caller, visit.now, invitation);
    let request = &*visit.request_id;
    let statements = vec![
        bind!(SIGNED_IN, &caller, visit.now),
        about(ADDRESSED),
        about(JOIN),
        bind!(
            RECORD_ANSWER,
            &caller,
            visit.now,
            invitation,
            ACCEPTED,
            request
        ),
        bind!(ANSWER, &caller, visit.now, invitation, ACCEPTED),
        key.point_at(visit, invitation),
        about(JOINED),
    ];
    let batch = match key.run(visit, statements).await? {
        Ran::Now(batch) => batch,
        Ran::Before(earlier) => {
            earlier.subject()?;
            let joined: Option<Membership> = visit.db.first(about(JOINED)).await?;
            return Ok(joined.map_or(Accepted::Over, Accepted::Before));
        }
    };
    let allowed = Addressed::before(&batch)?.allows(ACCEPTED);
    let joined: Option<Membership> = batch.first(6)?;
    Ok(match joined.filter(|_| allowed) {
        Some(membership) => Accepted::Joined(membership),
        None => Accepted::Over,
    })
}

/// Declines; `false` when the invitation was over already.
pub async fn decline(visit: &Visit, invitation: Uuid) -> Result<bool, Problem> {
    let caller = visit.credential_hash();
    let request = &*visit.request_id;
    let batch = visit
        .db
        .batch(vec![
            bind!(SIGNED_IN, &caller, visit.now),
            bind!(ADDRESSED, &caller, visit.now, invitation),
            bind!(
                RECORD_ANSWER,
                &caller,
                visit.now,
                invitation,
                DECLINED,
                request
            ),
            bind!(ANSWER, &caller, visit.now, invitation, DECLINED),
        ])
        .await?;
    Ok(Addressed::before(&batch)?.allows(DECLINED))
}
