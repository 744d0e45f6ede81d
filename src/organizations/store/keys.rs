//! API keys: made, listed, revoked, and when they were last used.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::require_owner;
use crate::bind;
use crate::organizations::{Agent, KEYS_AT_MOST, Scope, hint};
use crate::platform::clock::Instant;
use crate::platform::crypto::Token;
use crate::platform::db::{self, DbError, Statement};
use crate::platform::idempotency::{Earlier, IdempotencyKey, Ran, Reply};
use crate::platform::problem::Problem;
use crate::platform::visit::Visit;

/// A key, without what makes it one.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
pub struct ApiKey {
    /// UUIDv7.
    #[schema(format = "uuid")]
    pub id: String,
    /// What its owner calls it.
    pub name: String,
    /// Its first characters, by which it is told from others; empty for old keys.
    #[schema(example = "ddk_x7Qm")]
    pub hint: String,
    /// What it may do.
    #[serde(deserialize_with = "db::json")]
    pub scopes: Vec<Scope>,
    /// Who made it; null when nobody is known.
    pub created_by: Option<String>,
    /// RFC 3339.
    #[schema(value_type = String, format = "date-time")]
    pub created_at: Instant,
    /// RFC 3339.
    #[schema(value_type = String, format = "date-time")]
    pub expires_at: Instant,
    /// When it was revoked, RFC 3339.
    #[schema(value_type = Option<String>, format = "date-time")]
    pub revoked_at: Option<Instant>,
    /// The day it was last used, in Beijing.
    #[schema(format = "date")]
    pub last_used_on: Option<String>,
}

impl ApiKey {
    /// Whether it opens anything now.
    pub fn works(&self, now: Instant) -> bool {
        self.revoked_at.is_none() && self.expires_at > now
    }
}

/// `?1` session, `?2` now, `?3` organization.
macro_rules! keys_of {
    () => {
        concat!(
            "WITH ",
            owner!(),
            "
SELECT k.id, k.name, k.hint, k.scopes, nullif(v.name, '') AS created_by, k.created_at, k.expires_at,
  k.revoked_at, k.last_used_on
FROM api_key k
LEFT JOIN volunteer v ON v.id = k.created_by
WHERE k.organization_id = ?3 AND EXISTS (SELECT 1 FROM owner)"
        )
    };
}

const KEYS: &str = concat!(
    keys_of!(),
    "\nORDER BY k.created_at DESC, k.id DESC\nLIMIT 500"
);
const KEY: &str = concat!(keys_of!(), " AND k.id = ?4");

/// The statement that lists an organization's keys, to its owners.
pub fn keys(visit: &Visit, organization: &str) -> Statement {
    bind!(KEYS, visit.credential_hash(), visit.now, organization)
}

/// All keys, the newest first, to an owner.
pub async fn list(visit: &Visit, organization: Uuid) -> Result<Vec<ApiKey>, Problem> {
    let id = organization.to_string();
    let door = Agent::at_the_door(visit.credential_hash(), visit.now, &id);
    let batch = visit.db.batch(vec![door, keys(visit, &id)]).await?;
    require_owner(&batch, 0)?;
    Ok(batch.rows(1)?)
}

/// `?4` hash, `?5` id, `?6` name, `?7` scopes, `?8` hint, `?9` expiry, `?10` how many.
const MAKE: &str = concat!(
    "WITH ",
    owner!(),
    "
INSERT INTO api_key (token_hash, id, organization_id, name, scopes, hint, created_by, created_at, expires_at)
SELECT ?4, ?5, ?3, ?6, ?7, ?8, o.volunteer_id, ?2, ?9
FROM owner o
WHERE (SELECT count(*) FROM api_key
       WHERE organization_id = ?3 AND revoked_at IS NULL AND expires_at > ?2) < ?10"
);

const RECORD_MADE: &str = "
INSERT INTO audit (at, actor, action, subject, after, request_id)
SELECT ?2, 'volunteer:' || created_by, 'api_key.created', 'organization:' || organization_id,
  json_object('api_key', id, 'name', name, 'scopes', json(scopes), 'expires_at', expires_at), ?3
FROM api_key
WHERE id = ?1";

/// A key to be made.
#[derive(Debug)]
pub struct NewKey<'a> {
    /// UUIDv7.
    pub id: Uuid,
    /// The key itself.
    pub token: &'a Token,
    /// What its owner calls it.
    pub name: &'a str,
    /// What it may do, each once.
    pub scopes: &'a [Scope],
    /// Until when.
    pub expires_at: Instant,
}

/// What came of making a key.
#[derive(Debug)]
pub enum Made {
    /// It opens doors from now on.
    Done,
    /// The same request was carried out before.
    Before(Earlier),
    /// The organization has too many that work.
    TooMany,
}

/// Keeps the hash of a key, and the answer that shows it when `once` asks for that.
pub async fn make(
    visit: &Visit,
    organization: Uuid,
    new: &NewKey<'_>,
    once: &IdempotencyKey,
    reply: &Reply,
) -> Result<Made, Problem> {
    let (id, caller) = (organization.to_string(), visit.credential_hash());
    let statements = vec![
        Agent::at_the_door(caller.clone(), visit.now, &id),
        bind!(
            MAKE,
            &caller,
            visit.now,
            &id,
            new.token.hash(),
            new.id,
            new.name,
            serde_json::json!(new.scopes).to_string(),
            hint(new.token),
            new.expires_at,
            KEYS_AT_MOST,
        ),
        once.keep(visit, new.id, reply)?,
        bind!(RECORD_MADE, new.id, visit.now, &*visit.request_id),
    ];
    let batch = match once.run(visit, statements).await? {
        Ran::Now(batch) => batch,
        // Its answer shows the key: only to whoever may make one still.
        Ran::Before(earlier) => {
            let door = Agent::at_the_door(caller, visit.now, &id);
            require_owner(&visit.db.run(door).await?, 0)?;
            return Ok(Made::Before(earlier));
        }
    };
    require_owner(&batch, 0)?;
    Ok(match batch.changes(1) {
        0 => Made::TooMany,
        _ => Made::Done,
    })
}

const REVOKE: &str = concat!(
    "WITH ",
    owner!(),
    "
UPDATE api_key SET revoked_at = ?2
WHERE id = ?4 AND organization_id = ?3 AND revoked_at IS NULL AND EXISTS (SELECT 1 FROM owner)"
);

const RECORD_REVOKED: &str = "
INSERT INTO audit (at, actor, action, subject, before, request_id)
SELECT ?2, 'volunteer:' || c.volunteer_id, 'api_key.revoked', 'organization:' || ?3, json_object('api_key', ?4), ?5
FROM session c
WHERE c.token_hash = ?1 AND changes() = 1";

/// Revokes a key from the next request on; nothing happens to one that is revoked.
pub async fn revoke(visit: &Visit, organization: Uuid, key: Uuid) -> Result<(), Problem> {
    let (id, caller) = (organization.to_string(), visit.credential_hash());
    let batch = visit
        .db
        .batch(vec![
            Agent::at_the_door(caller.clone(), visit.now, &id),
            bind!(REVOKE, &caller, visit.now, &id, key),
            bind!(
                RECORD_REVOKED,
                &caller,
                visit.now,
                &id,
                key,
                &*visit.request_id
            ),
            bind!(KEY, &caller, visit.now, &id, key),
        ])
        .await?;
    require_owner(&batch, 0)?;
    match batch.first::<ApiKey>(3)? {
        Some(_) => Ok(()),
        None => Err(Problem::not_found()),
    }
}

const NOTE_USE: &str = "
UPDATE api_key SET last_used_on = ?3
WHERE token_hash = ?1 AND revoked_at IS NULL AND expires_at > ?2 AND last_used_on IS NOT ?3";

/// Notes that the caller's key is in use today: written once a day, however often it is.
pub async fn note_use(visit: &Visit) -> Result<(), DbError> {
    let today = visit.now.date().to_string();
    let note = bind!(NOTE_USE, visit.credential_hash(), visit.now, today);
    visit.db.run(note).await.map(drop)
}
