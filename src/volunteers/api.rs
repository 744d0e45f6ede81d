//! Signing in and the own profile, as JSON.

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use deserr::Deserr;
use serde::Serialize;
use utoipa::ToSchema;

use super::store::{self, Me};
use super::{CODE_LASTS, Code, Name, Phone, SESSION_LASTS, SESSION_PREFIX, masked, sign_in};
use crate::menu::Skill;
use crate::platform::clock::Instant;
use crate::platform::crypto::Token;
use crate::platform::fields::FieldErrors;
use crate::platform::idempotency::{IdempotencyKey, Reply};
use crate::platform::input::{Json, Many};
use crate::platform::page::PRIVATE;
use crate::platform::problem::{Problem, ProblemDetails};
use crate::platform::visit::{Presented, Visit};

/// To which phone a code goes.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = FieldErrors, deny_unknown_fields)]
pub struct CodeBody {
    /// A mobile number of mainland China.
    phone: Phone,
}

/// A code is on its way.
#[derive(Debug, Serialize, ToSchema)]
pub struct CodeSent {
    /// Until when it is good, RFC 3339.
    #[schema(value_type = String, format = "date-time")]
    expires_at: Instant,
}

/// Ask for a one-time code.
///
/// Six digits, good for ten minutes and five attempts. The answer does not tell whether
/// the phone is known.
#[utoipa::path(
    post,
    path = "/api/v1/sign-in-codes",
    operation_id = "send_sign_in_code",
    tag = "sessions",
    params(IdempotencyKey),
    request_body(content = CodeBody, example = json!({"phone": "13800138000"})),
    responses(
        (status = 202, body = CodeSent, description = "The code is on its way"),
        (status = 400, body = ProblemDetails, content_type = "application/problem+json", description = "malformed_json, invalid_idempotency_key"),
        (status = 422, body = ProblemDetails, content_type = "application/problem+json", description = "invalid_fields, idempotency_key_reused"),
        (status = 429, body = ProblemDetails, content_type = "application/problem+json", description = "too_many_codes"),
        (status = 503, body = ProblemDetails, content_type = "application/problem+json", description = "codes_unavailable"),
    ),
)]
pub async fn send_code(
    visit: Visit,
    key: IdempotencyKey,
    Json(body): Json<CodeBody>,
) -> Result<Response, Problem> {
    let key = key.of_anybody();
    let expires_at = visit.now.plus(CODE_LASTS);
    let reply = Reply::new(StatusCode::ACCEPTED, &CodeSent { expires_at })?;
    let keep = key.keep(&visit, "sign_in_code", &reply)?;
    match sign_in::send_code_once(&visit, &body.phone, &key, keep).await? {
        Some(earlier) => earlier.response(&visit),
        None => Ok(reply.into_response()),
    }
}

/// The phone, the code it received, and a name.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = FieldErrors, deny_unknown_fields)]
pub struct SessionBody {
    /// The phone the code was sent to.
    phone: Phone,
    /// Six digits.
    code: Code,
    /// What a new volunteer is called; a known one keeps the name.
    #[deserr(default)]
    name: Option<Name>,
}

/// A session that was opened.
#[derive(Debug, Serialize, ToSchema)]
pub struct Session {
    /// Sent as `Authorization: Bearer …`; shown only now.
    token: String,
    /// RFC 3339.
    #[schema(value_type = String, format = "date-time")]
    expires_at: Instant,
}

/// Open a session with a one-time code.
#[utoipa::path(
    post,
    path = "/api/v1/sessions",
    operation_id = "open_session",
    tag = "sessions",
    params(IdempotencyKey),
    request_body(content = SessionBody, example = json!({"phone": "13800138000", "code": "012345", "name": "钟一诺"})),
    responses(
        (status = 201, body = Session, description = "Signed in"),
        (status = 400, body = ProblemDetails, content_type = "application/problem+json", description = "malformed_json, invalid_idempotency_key"),
        (status = 403, body = ProblemDetails, content_type = "application/problem+json", description = "wrong_code"),
        (status = 422, body = ProblemDetails, content_type = "application/problem+json", description = "invalid_fields, idempotency_key_reused"),
    ),
)]
pub async fn open(
    visit: Visit,
    key: IdempotencyKey,
    Json(body): Json<SessionBody>,
) -> Result<Response, Problem> {
    let key = key.of_anybody();
    let name = body.name.as_ref().map_or("", |name| name.as_str());
    let token = Token::new(SESSION_PREFIX)?;
    let session = Session {
        token: token.reveal().to_owned(),
        expires_at: visit.now.plus(SESSION_LASTS),
    };
    let reply = Reply::new(StatusCode::CREATED, &session)?;
    let keep = key.keep(&visit, "session", &reply)?;
    let (phone, code) = (&body.phone, &body.code);
    match sign_in::open_session_once(&visit, phone, code, name, &token, &key, keep).await? {
        Some(earlier) => earlier.response(&visit),
        None => Ok(reply.into_response()),
    }
}

/// Sign out.
#[utoipa::path(
    delete,
    path = "/api/v1/sessions/current",
    operation_id = "close_session",
    tag = "sessions",
    security(("session" = [])),
    responses(
        (status = 204, description = "Signed out"),
    ),
)]
pub async fn close(visit: Visit) -> Result<StatusCode, Problem> {
    ended(store::sign_out(&visit).await?)
}

/// Sign out everywhere.
#[utoipa::path(
    delete,
    path = "/api/v1/sessions",
    operation_id = "close_all_sessions",
    tag = "sessions",
    security(("session" = [])),
    responses(
        (status = 204, description = "All sessions are ended"),
    ),
)]
pub async fn close_all(visit: Visit) -> Result<StatusCode, Problem> {
    ended(store::sign_out_everywhere(&visit).await?)
}

fn ended(any: bool) -> Result<StatusCode, Problem> {
    if any {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(Problem::unauthenticated())
    }
}

/// What a volunteer may read of themselves.
#[derive(Debug, Serialize, ToSchema)]
pub struct Profile {
    /// UUIDv7.
    #[schema(format = "uuid")]
    id: String,
    /// Empty until it was asked for.
    name: String,
    /// With its middle hidden.
    #[schema(example = "138****8000")]
    phone: String,
    /// Empty until a shift needed it.
    #[schema(format = "date")]
    birth_date: Option<String>,
    /// Skills they say to have.
    skills: Vec<Skill>,
    /// A private address for calendar programs; it follows every change.
    calendar_url: String,
}

/// The profile of whoever is signed in.
pub fn profile(visit: &Visit, me: Me) -> Profile {
    let keys = &visit.config.keys;
    Profile {
        phone: masked(&keys.open(&me.phone_sealed).unwrap_or_default()),
        calendar_url: calendar_url(visit, &me),
        id: me.id,
        name: me.name,
        birth_date: me.birth_date,
        skills: me.skills,
    }
}

/// The private address of a volunteer's calendar.
pub fn calendar_url(visit: &Visit, me: &Me) -> String {
    let token = visit
        .config
        .keys
        .calendar_token(&me.id, me.calendar_version);
    format!("{}/calendar/{}.ics", visit.origin, token.reveal())
}

/// Read your profile.
#[utoipa::path(
    get,
    path = "/api/v1/me",
    operation_id = "read_me",
    tag = "me",
    security(("session" = [])),
    responses(
        (status = 200, body = Profile),
    ),
)]
pub async fn show(visit: Visit) -> Result<Response, Problem> {
    let me = store::me(&visit)
        .await?
        .ok_or_else(Problem::unauthenticated)?;
    Ok(own(StatusCode::OK, profile(&visit, me)))
}

/// What changes; what is left out stays. A birth date comes with the first sign-up that
/// needs it, and stays from then on.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = FieldErrors, deny_unknown_fields)]
pub struct ProfileBody {
    /// What they are called. With hours to it, it is changed at most twice in 365 days.
    #[deserr(default)]
    name: Option<Name>,
    /// All skills they say to have.
    #[deserr(default)]
    #[schema(value_type = Option<Vec<Skill>>, max_items = 12)]
    skills: Option<Many<Skill, 12>>,
}

/// Change your profile.
#[utoipa::path(
    patch,
    path = "/api/v1/me",
    operation_id = "change_me",
    tag = "me",
    security(("session" = [])),
    request_body(content = ProfileBody, example = json!({"name": "钟一诺", "skills": ["teaching", "driving"]})),
    responses(
        (status = 200, body = Profile),
        (status = 409, body = ProblemDetails, content_type = "application/problem+json", description = "renamed_too_often"),
        (status = 422, body = ProblemDetails, content_type = "application/problem+json", description = "invalid_fields"),
    ),
)]
pub async fn change(
    visit: Visit,
    _: Presented,
    Json(body): Json<ProfileBody>,
) -> Result<Response, Problem> {
    let me = store::change_profile(
        &visit,
        body.name.as_ref().map(|name| name.as_str()),
        body.skills.as_deref(),
    )
    .await?
    .ok_or_else(Problem::unauthenticated)?;
    Ok(own(StatusCode::OK, profile(&visit, me)))
}

fn own(status: StatusCode, body: impl Serialize) -> Response {
    (status, [(header::CACHE_CONTROL, PRIVATE)], axum::Json(body)).into_response()
}
