//! `Idempotency-Key` on requests that create: the effect happens only where the key is
//! new, the key is taken in the same transaction, and a retry finds what the first
//! request made. A request that was refused takes no key: it may be tried again.

use axum::extract::FromRequestParts;
use axum::http::StatusCode;
use axum::http::request::Parts;
use serde::Deserialize;
use uuid::Uuid;

use super::clock::Instant;
use super::crypto::sha256_hex;
use super::db::Statement;
use super::i18n::Words;
use super::problem::Problem;
use crate::bind;

/// How long a key is kept, in milliseconds.
pub const KEPT_FOR: i64 = super::clock::DAY;

/// The first request that had an effect takes the key; `?1` caller, `?2` key, `?3` hash of
/// the request, `?4` what it made, `?5` now. `changes()` is the effect's.
const TAKE: &str = "
INSERT INTO idempotency_key (caller, key, request_hash, subject, created_at)
SELECT ?1, ?2, ?3, ?4, ?5
WHERE ?2 IS NOT NULL AND changes() = 1
ON CONFLICT DO NOTHING";

const FIND: &str = "
SELECT request_hash FROM idempotency_key WHERE caller = ?1 AND key = ?2";

const FORGET: &str = "DELETE FROM idempotency_key WHERE created_at < ?1";

/// What the header said, if it was sent: 1 to 64 visible ASCII characters.
#[derive(Clone, Debug, Default)]
pub struct IdempotencyKey(Option<String>);

/// A key as it stands in the database.
#[derive(Debug, Deserialize)]
pub struct Taken {
    request_hash: String,
}

impl<S: Send + Sync> FromRequestParts<S> for IdempotencyKey {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let Some(value) = parts.headers.get("idempotency-key") else {
            return Ok(Self(None));
        };
        let fit =
            |key: &&str| (1..=64).contains(&key.len()) && key.bytes().all(|b| b.is_ascii_graphic());
        match value.to_str().ok().filter(fit) {
            Some(key) => Ok(Self(Some(key.to_owned()))),
            None => Err(Problem::new(
                StatusCode::BAD_REQUEST,
                "invalid_idempotency_key",
                Words::new(
                    "Idempotency-Key 应为 1 到 64 个可见的 ASCII 字符",
                    "Idempotency-Key must be 1 to 64 visible ASCII characters",
                ),
            )),
        }
    }
}

impl IdempotencyKey {
    /// The key, for a guard inside the effect: `NOT EXISTS (SELECT 1 FROM
    /// idempotency_key WHERE caller = ? AND key = ?)`.
    pub fn as_deref(&self) -> Option<&str> {
        self.0.as_deref()
    }

    /// Takes the key right after the effect, if it had one.
    pub fn take(&self, caller: &str, request: &str, subject: Uuid, now: Instant) -> Statement {
        bind!(
            TAKE,
            caller,
            self.as_deref(),
            sha256_hex(request),
            subject,
            now
        )
    }

    /// Finds who took the key.
    pub fn find(&self, caller: &str) -> Statement {
        bind!(FIND, caller, self.as_deref())
    }
}

impl Taken {
    /// An error when the key was taken by another request than this one.
    pub fn check_repeats(&self, request: &str) -> Result<(), Problem> {
        if self.request_hash == sha256_hex(request) {
            return Ok(());
        }
        Err(Problem::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "idempotency_key_reused",
            Words::new(
                "这个 Idempotency-Key 已用于另一个请求",
                "This Idempotency-Key was used for another request",
            ),
        ))
    }
}

/// Forgets the keys of requests long gone.
pub fn forget_before(now: Instant) -> Statement {
    bind!(FORGET, now.plus(-KEPT_FOR))
}
