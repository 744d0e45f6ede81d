//! `Idempotency-Key`: the same request twice has one effect, and the same answer twice.
//!
//! The key is taken in the transaction of the effect, so a refused request takes none and
//! may be tried again. How a handler of a POST does it:
//!
//! 1. `key: IdempotencyKey` among its arguments, before the body, and `IdempotencyKey`
//!    among `params(…)` of its `utoipa::path`; the refusals are documented by that. An
//!    operation that needs no credential goes on with `key.of_anybody()`.
//! 2. The store runs its batch with `key.run(visit, statements)` instead of
//!    `visit.db.batch(statements)`, and right after the statement that is the effect it
//!    has either `key.keep(visit, subject, &reply)?`, where the answer is known before the
//!    batch (it is stored sealed, secrets shown once included), or
//!    `key.point_at(visit, subject)`, where the answer is read anew. The key is taken when
//!    that statement changed a row (`changes()`); indices of the batch stay as written.
//! 3. `Ran::Now(batch)` goes on as ever. `Ran::Before(earlier)` is the retry: nothing was
//!    done; answer `earlier.response(visit)`, or `replayed(response)` of what
//!    `earlier.subject()?` names.
//!
//! What tells requests apart is their path, query and body: JSON by its values, anything
//! else by its bytes. Bodies count when they are read through `platform::input`.

use std::sync::{Arc, OnceLock};

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{Extensions, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::{ObjectBuilder, Required, Type};

use super::clock::Instant;
use super::crypto::{Digest, digest_hex};
use super::db::{self, Batch, DbError, Statement};
use super::forgetting::A_SLICE;
use super::i18n::Words;
use super::page::PRIVATE;
use super::problem::Problem;
use super::visit::Visit;
use crate::bind;

/// How long a key is kept, in milliseconds.
pub const KEPT_FOR: i64 = super::clock::DAY;

/// Keys of callers nobody knows guard one-time codes: after so many other requests with
/// the same key it answers nothing any more.
const MOST_MISMATCHES: i64 = 5;

const STOP_IF_TAKEN: &str = "
INSERT INTO abort_if
SELECT 'idempotency_key_taken' FROM idempotency_key WHERE caller = ?1 AND key = ?2";

/// `?1` caller, `?2` key, `?3` hash of the request, `?4` what it made, `?5` now, `?6` the
/// answer. `changes()` is the effect's.
const TAKE: &str = "
INSERT INTO idempotency_key (caller, key, request_hash, subject, created_at, answer_sealed)
SELECT ?1, ?2, ?3, ?4, ?5, ?6
WHERE ?2 IS NOT NULL AND changes() > 0";

const COUNT_MISMATCH: &str = "
UPDATE idempotency_key SET mismatches = mismatches + 1
WHERE caller = ?1 AND key = ?2 AND request_hash <> ?3 AND mismatches < ?4";

/// `?1` caller, `?2` key, `?3` hash of the request, `?4` whether anybody may be the
/// caller, `?5` now, `?6` most mismatches. A credential that ended since opens nothing.
const FIND: &str = "
SELECT subject, answer_sealed,
  request_hash = ?3 AND (NOT ?4 OR mismatches < ?6) AS same,
  ?4 OR EXISTS (SELECT 1 FROM session WHERE token_hash = ?1 AND expires_at > ?5)
    OR EXISTS (SELECT 1 FROM api_key WHERE token_hash = ?1 AND expires_at > ?5 AND revoked_at IS NULL) AS known
FROM idempotency_key WHERE caller = ?1 AND key = ?2";

const FORGET: &str = "
DELETE FROM idempotency_key
WHERE (caller, key) IN (
  SELECT caller, key FROM idempotency_key WHERE created_at < ?1 ORDER BY created_at LIMIT ?2)";

/// What the header said, if it was sent, and which request it came with.
#[derive(Clone, Debug, Default)]
pub struct IdempotencyKey {
    /// 1 to 64 visible ASCII characters.
    key: Option<String>,
    credential: Option<String>,
    address: String,
    /// Path and query.
    target: Arc<str>,
    body: BodyDigest,
}

/// Where whoever reads the body leaves what it was.
#[derive(Clone, Debug, Default)]
struct BodyDigest(Arc<OnceLock<String>>);

/// Notes what the body was; the first note counts.
pub fn note_body(extensions: &Extensions, body: &[u8]) {
    if let Some(digest) = extensions.get::<BodyDigest>() {
        digest.0.get_or_init(|| digest_hex(body));
    }
}

/// A body that passes through in pieces, to be noted at its end.
#[derive(Clone, Debug, Default)]
pub struct Passing {
    noted: Option<BodyDigest>,
    digest: Digest,
}

impl Passing {
    /// Of a request with these extensions.
    pub fn new(extensions: &Extensions) -> Self {
        Self {
            noted: extensions.get::<BodyDigest>().cloned(),
            digest: Digest::default(),
        }
    }

    /// Takes the next piece.
    pub fn piece(&mut self, piece: &[u8]) {
        if self.noted.is_some() {
            self.digest.update(piece);
        }
    }

    /// Notes what the body was.
    pub fn note(self) {
        if let Some(noted) = self.noted {
            noted.0.get_or_init(|| self.digest.hex());
        }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for IdempotencyKey {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let Some(value) = parts.headers.get("idempotency-key") else {
            return Ok(Self::default());
        };
        let fit =
            |key: &&str| (1..=64).contains(&key.len()) && key.bytes().all(|b| b.is_ascii_graphic());
        let Some(key) = value.to_str().ok().filter(fit).map(str::to_owned) else {
            return Err(Problem::new(
                StatusCode::BAD_REQUEST,
                "invalid_idempotency_key",
                Words::new(
                    "Idempotency-Key 应为 1 到 64 个可见的 ASCII 字符",
                    "Idempotency-Key must be 1 to 64 visible ASCII characters",
                ),
            ));
        };
        let visit = Visit::from_request_parts(parts, state).await?;
        let body = BodyDigest::default();
        parts.extensions.insert(body.clone());
        Ok(Self {
            key: Some(key),
            credential: visit.credential_hash(),
            address: format!("address:{}", visit.address_hash()),
            target: visit.target,
            body,
        })
    }
}

impl utoipa::IntoParams for IdempotencyKey {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let schema = ObjectBuilder::new()
            .schema_type(Type::String)
            .min_length(Some(1))
            .max_length(Some(64))
            .pattern(Some("^[!-~]+$"));
        let parameter = ParameterBuilder::new()
            .name("Idempotency-Key")
            .parameter_in(ParameterIn::Header)
            .required(Required::False)
            .description(Some(
                "Makes a retry safe: for a day, the same key with the same body has no second \
                 effect and gets the same answer, with `Idempotency-Replayed: true`; with \
                 another body it is refused with `idempotency_key_reused`. A refused request \
                 takes no key. Use a new UUID for each thing you want done.",
            ))
            .schema(Some(schema))
            .example(Some("5f0c1c9e-8f0b-4b1e-9d53-0c4a7c1d2e3f".into()));
        vec![parameter.build()]
    }
}

impl IdempotencyKey {
    /// For an operation that needs no credential: callers are told apart by their network.
    #[must_use]
    pub fn of_anybody(mut self) -> Self {
        self.credential = None;
        self
    }

    fn caller(&self) -> &str {
        self.credential.as_deref().unwrap_or(&self.address)
    }

    fn request_hash(&self, visit: &Visit) -> String {
        let body = self.body.0.get().map_or("", String::as_str);
        visit.config.keys.request_hash(&self.target, body)
    }

    /// Right after the effect: takes the key, if the effect had any, and stores the answer.
    pub fn keep(
        &self,
        visit: &Visit,
        subject: impl ToString,
        reply: &Reply,
    ) -> Result<Statement, Problem> {
        let sealed = match &self.key {
            Some(_) => {
                let text = serde_json::to_string(reply);
                let text = text.map_err(|error| Problem::internal(error.to_string()))?;
                Some(visit.config.keys.seal(&text)?)
            }
            None => None,
        };
        Ok(self.take(visit, subject, sealed))
    }

    /// Right after the effect: takes the key, if the effect had any, and says what was made.
    pub fn point_at(&self, visit: &Visit, subject: impl ToString) -> Statement {
        self.take(visit, subject, None)
    }

    fn take(&self, visit: &Visit, subject: impl ToString, sealed: Option<String>) -> Statement {
        bind!(
            TAKE,
            self.caller(),
            self.key.as_deref(),
            self.request_hash(visit),
            subject.to_string(),
            visit.now,
            sealed,
        )
    }

    /// Runs statements in one transaction, unless the key was taken before.
    pub async fn run(&self, visit: &Visit, statements: Vec<Statement>) -> Result<Ran, DbError> {
        let Some(key) = self.key.as_deref() else {
            return visit.db.batch(statements).await.map(Ran::Now);
        };
        let mut guarded = vec![bind!(STOP_IF_TAKEN, self.caller(), key)];
        guarded.extend(statements);
        match visit.db.batch(guarded).await {
            Ok(batch) => Ok(Ran::Now(batch.without_first())),
            Err(error) if error.is_refusal("idempotency_key_taken") => {
                self.find(visit, key).await.map(Ran::Before)
            }
            Err(error) => Err(error),
        }
    }

    async fn find(&self, visit: &Visit, key: &str) -> Result<Earlier, DbError> {
        let hash = self.request_hash(visit);
        let anybody = self.credential.is_none();
        let batch = visit
            .db
            .batch(vec![
                bind!(COUNT_MISMATCH, self.caller(), key, &hash, MOST_MISMATCHES),
                bind!(
                    FIND,
                    self.caller(),
                    key,
                    &hash,
                    anybody,
                    visit.now,
                    MOST_MISMATCHES
                ),
            ])
            .await?;
        batch
            .first(1)?
            .ok_or_else(|| DbError::Transient("a key was forgotten just now".to_owned()))
    }
}

/// What came of a batch with a key.
#[derive(Debug)]
pub enum Ran {
    /// It ran; its results.
    Now(Batch),
    /// It did not: the key was taken before.
    Before(Earlier),
}

/// Who took the key.
#[derive(Debug, Deserialize)]
pub struct Earlier {
    subject: String,
    answer_sealed: Option<String>,
    #[serde(deserialize_with = "db::truth")]
    same: bool,
    #[serde(deserialize_with = "db::truth")]
    known: bool,
}

impl Earlier {
    fn check(&self) -> Result<(), Problem> {
        if !self.known {
            return Err(Problem::unauthenticated());
        }
        if self.same {
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

    /// What the same request made before, or why this one is refused.
    pub fn subject(&self) -> Result<&str, Problem> {
        self.check().map(|()| self.subject.as_str())
    }

    /// The answer the same request had before, or why this one is refused.
    pub fn response(&self, visit: &Visit) -> Result<Response, Problem> {
        self.check()?;
        let reply: Option<Reply> = self
            .answer_sealed
            .as_deref()
            .and_then(|sealed| visit.config.keys.open(sealed))
            .and_then(|text| serde_json::from_str(&text).ok());
        reply
            .map(|reply| replayed(reply.into_response()))
            .ok_or_else(|| Problem::internal("a key without its answer"))
    }
}

/// Marks an answer as one that was given before.
pub fn replayed(mut response: Response) -> Response {
    let yes = HeaderValue::from_static("true");
    response.headers_mut().insert("idempotency-replayed", yes);
    response
}

/// An answer that can be stored.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Reply {
    status: u16,
    location: Option<String>,
    etag: Option<String>,
    body: String,
}

impl Reply {
    /// JSON with a status.
    pub fn new(status: StatusCode, body: &impl Serialize) -> Result<Self, Problem> {
        Ok(Self {
            status: status.as_u16(),
            location: None,
            etag: None,
            body: serde_json::to_string(body)
                .map_err(|error| Problem::internal(error.to_string()))?,
        })
    }

    /// With the address of what was made.
    #[must_use]
    pub fn at(mut self, location: impl Into<String>) -> Self {
        self.location = Some(location.into());
        self
    }

    /// With its entity tag.
    #[must_use]
    pub fn tagged(mut self, etag: impl Into<String>) -> Self {
        self.etag = Some(etag.into());
        self
    }
}

impl IntoResponse for Reply {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::OK);
        let headers = [
            (header::CONTENT_TYPE, "application/json"),
            (header::CACHE_CONTROL, PRIVATE),
        ];
        let mut response = (status, headers, self.body).into_response();
        for (name, value) in [(header::LOCATION, self.location), (header::ETAG, self.etag)] {
            if let Some(value) = value.and_then(|value| HeaderValue::from_str(&value).ok()) {
                response.headers_mut().insert(name, value);
            }
        }
        response
    }
}

/// The statement that forgets a slice of the keys of requests long gone.
pub fn forget_before(now: Instant) -> Statement {
    bind!(FORGET, now.plus(-KEPT_FOR), A_SLICE)
}
