//! API keys as JSON.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use deserr::Deserr;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::members::{private, two};
use crate::organizations::store::keys::{self, ApiKey, Made, NewKey};
use crate::organizations::{KEY_LASTS, KEY_LASTS_AT_MOST, KEYS_AT_MOST, Scope, hint, new_key};
use crate::platform::clock::Instant;
use crate::platform::crypto::Token;
use crate::platform::fields::FieldErrors;
use crate::platform::i18n::Words;
use crate::platform::idempotency::{IdempotencyKey, Reply};
use crate::platform::input::{Id, Json, Many, Path};
use crate::platform::problem::{Problem, ProblemDetails};
use crate::platform::text::Line;
use crate::platform::visit::{Presented, Visit};

/// An organization's keys, the newest first, those that work no longer included.
#[derive(Debug, Serialize, ToSchema)]
pub struct ApiKeys {
    items: Vec<ApiKey>,
}

/// List an organization's API keys.
///
/// For its owners. The keys themselves are not kept.
#[utoipa::path(
    get,
    path = "/api/v1/organizations/{org}/api-keys",
    operation_id = "list_api_keys",
    tag = "api-keys",
    security(("session" = [])),
    params(("org" = Uuid, Path, description = "The organization's id")),
    responses(
        (status = 200, body = ApiKeys),
        (status = 403, body = ProblemDetails, content_type = "application/problem+json", description = "forbidden"),
        (status = 404, body = ProblemDetails, content_type = "application/problem+json", description = "not_found"),
    ),
)]
pub async fn list(visit: Visit, Id(organization): Id) -> Result<Response, Problem> {
    let items = keys::list(&visit, organization).await?;
    Ok(private(ApiKeys { items }))
}

/// A key to be made.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = FieldErrors, deny_unknown_fields)]
pub struct ApiKeyBody {
    /// What its owner calls it: the system that uses it.
    name: Line<60>,
    /// What it may do; at least one.
    #[schema(value_type = Vec<Scope>, min_items = 1, max_items = 20)]
    scopes: Many<Scope, 20>,
    /// Until when it works, RFC 3339; a year from now when left out, two years at most.
    #[schema(value_type = Option<String>, format = "date-time")]
    #[deserr(default)]
    expires_at: Option<Instant>,
}

/// A key that was made.
#[derive(Debug, Serialize, ToSchema)]
pub struct NewApiKey {
    /// UUIDv7.
    #[schema(format = "uuid")]
    pub id: String,
    /// What its owner calls it.
    pub name: String,
    /// Its first characters, by which it is told from others.
    #[schema(example = "ddk_x7Qm")]
    pub hint: String,
    /// What it may do.
    pub scopes: Vec<Scope>,
    /// RFC 3339.
    #[schema(value_type = String, format = "date-time")]
    pub created_at: Instant,
    /// RFC 3339.
    #[schema(value_type = String, format = "date-time")]
    pub expires_at: Instant,
    /// The key itself, shown only now: `ddk_`, 43 random characters, and 6 more that are the
    /// first of the base64url SHA-256 of all before them.
    #[schema(pattern = "^ddk_[A-Za-z0-9_-]{49}$")]
    pub key: String,
}

/// Make an API key.
///
/// By owners. It is sent as `Authorization: Bearer …`, opens what its scopes say, and stops
/// at the next request when it is revoked.
#[utoipa::path(
    post,
    path = "/api/v1/organizations/{org}/api-keys",
    operation_id = "make_api_key",
    tag = "api-keys",
    security(("session" = [])),
    params(("org" = Uuid, Path, description = "The organization's id"), IdempotencyKey),
    request_body(content = ApiKeyBody, example = json!({"name": "业务系统", "scopes": ["projects:write", "signups:read"], "expires_at": "2027-11-23T00:00:00+08:00"})),
    responses(
        (status = 201, body = NewApiKey),
        (status = 400, body = ProblemDetails, content_type = "application/problem+json", description = "malformed_json, invalid_idempotency_key"),
        (status = 403, body = ProblemDetails, content_type = "application/problem+json", description = "forbidden"),
        (status = 404, body = ProblemDetails, content_type = "application/problem+json", description = "not_found"),
        (status = 409, body = ProblemDetails, content_type = "application/problem+json", description = "too_many_keys"),
        (status = 422, body = ProblemDetails, content_type = "application/problem+json", description = "invalid_fields, idempotency_key_reused"),
    ),
)]
pub async fn make(
    visit: Visit,
    _: Presented,
    Id(organization): Id,
    once: IdempotencyKey,
    Json(body): Json<ApiKeyBody>,
) -> Result<Response, Problem> {
    let expires_at = body.expires_at.unwrap_or(visit.now.plus(KEY_LASTS));
    let token = new_key()?;
    let made = ready(&visit, &token, body.name.as_str(), &body.scopes, expires_at)?;
    let reply = Reply::new(StatusCode::CREATED, &made)?;
    match keep(&visit, organization, &token, &made, &once, &reply).await? {
        Made::Before(earlier) => earlier.response(&visit),
        Made::Done => Ok(reply.into_response()),
        Made::TooMany => Err(too_many()),
    }
}

/// A key as it will be answered, if it may be made.
pub fn ready(
    visit: &Visit,
    token: &Token,
    name: &str,
    scopes: &[Scope],
    expires_at: Instant,
) -> Result<NewApiKey, Problem> {
    let mut errors = FieldErrors::default();
    if scopes.is_empty() {
        errors.push(
            "/scopes",
            Words::new("至少选一项权限", "must have at least one scope"),
        );
    }
    if expires_at <= visit.now || expires_at > visit.now.plus(KEY_LASTS_AT_MOST) {
        errors.push(
            "/expires_at",
            Words::new("应在今后两年之内", "must be within the next two years"),
        );
    }
    errors.into_result().map_err(Problem::invalid)?;
    let mut scopes = scopes.to_vec();
    scopes.sort_unstable();
    scopes.dedup();
    Ok(NewApiKey {
        id: visit.new_id().to_string(),
        name: name.to_owned(),
        hint: hint(token).to_owned(),
        scopes,
        created_at: visit.now,
        expires_at,
        key: token.reveal().to_owned(),
    })
}

/// Keeps what is needed to know the key again.
pub async fn keep(
    visit: &Visit,
    organization: Uuid,
    token: &Token,
    made: &NewApiKey,
    once: &IdempotencyKey,
    reply: &Reply,
) -> Result<Made, Problem> {
    let new = NewKey {
        id: crate::platform::input::parse_id(&made.id)?,
        token,
        name: &made.name,
        scopes: &made.scopes,
        expires_at: made.expires_at,
    };
    keys::make(visit, organization, &new, once, reply).await
}

/// 409: revoke one first.
pub fn too_many() -> Problem {
    Problem::new(
        StatusCode::CONFLICT,
        "too_many_keys",
        Words::new(
            format!("最多 {KEYS_AT_MOST} 个有效密钥，请先停用不用的"),
            format!("At most {KEYS_AT_MOST} keys may work; revoke one first"),
        ),
    )
}

/// Revoke an API key.
///
/// It stops working at its next request. The row stays, so that its last use can be seen.
#[utoipa::path(
    delete,
    path = "/api/v1/organizations/{org}/api-keys/{key}",
    operation_id = "revoke_api_key",
    tag = "api-keys",
    security(("session" = [])),
    params(
        ("org" = Uuid, Path, description = "The organization's id"),
        ("key" = Uuid, Path, description = "The key's id"),
    ),
    responses(
        (status = 204, description = "Revoked, now or before"),
        (status = 403, body = ProblemDetails, content_type = "application/problem+json", description = "forbidden"),
        (status = 404, body = ProblemDetails, content_type = "application/problem+json", description = "not_found"),
    ),
)]
pub async fn revoke(
    visit: Visit,
    Path((organization, key)): Path<(String, String)>,
) -> Result<StatusCode, Problem> {
    let (organization, key) = two(&organization, &key)?;
    keys::revoke(&visit, organization, key).await?;
    Ok(StatusCode::NO_CONTENT)
}
