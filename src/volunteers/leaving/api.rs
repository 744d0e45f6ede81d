//! Leaving as JSON.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use deserr::Deserr;
use serde::Serialize;
use utoipa::ToSchema;

use super::store::{self, Found};
use crate::platform::clock::Instant;
use crate::platform::fields::FieldErrors;
use crate::platform::idempotency::{IdempotencyKey, Reply};
use crate::platform::input::Json;
use crate::platform::problem::{Problem, ProblemDetails};
use crate::platform::visit::{Presented, Visit};
use crate::volunteers::Code;

/// That it is really meant.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = FieldErrors, deny_unknown_fields)]
pub struct DepartureBody {
    /// A fresh one-time code, from `POST /api/v1/sign-in-codes` with the own phone.
    pub code: Code,
}

/// Somebody has left.
#[derive(Debug, Serialize, ToSchema)]
pub struct Departure {
    /// Since when, RFC 3339.
    #[schema(value_type = String, format = "date-time")]
    pub left_at: Instant,
}

/// Delete your account.
///
/// For good: name, phone, birth date, skills, guardians, notes, sessions, memberships and
/// invitations are erased; sign-ups still to come are cancelled and their seats given on.
/// Service records stay, as the law asks, of nobody who can be told. The same phone may
/// register anew, as somebody new.
#[utoipa::path(
    post,
    path = "/api/v1/me/departure",
    operation_id = "leave",
    tag = "me",
    security(("session" = [])),
    params(IdempotencyKey),
    request_body(content = DepartureBody, example = json!({"code": "012345"})),
    responses(
        (status = 200, body = Departure),
        (status = 400, body = ProblemDetails, content_type = "application/problem+json", description = "malformed_json, invalid_idempotency_key"),
        (status = 403, body = ProblemDetails, content_type = "application/problem+json", description = "wrong_code"),
        (status = 409, body = ProblemDetails, content_type = "application/problem+json", description = "last_owner"),
        (status = 422, body = ProblemDetails, content_type = "application/problem+json", description = "invalid_fields, idempotency_key_reused"),
    ),
)]
pub async fn leave(
    visit: Visit,
    _: Presented,
    key: IdempotencyKey,
    Json(body): Json<DepartureBody>,
) -> Result<Response, Problem> {
    // The session ends with it: a retry is known by its network, as when signing in.
    let key = key.of_anybody();
    let leaver = match store::leaver(&visit, &key).await? {
        Found::Before(earlier) => return earlier.response(&visit),
        Found::Now(leaver) => leaver,
    };
    let departure = Departure { left_at: visit.now };
    let reply = Reply::new(StatusCode::OK, &departure)?;
    let keep = key.keep(&visit, "departure", &reply)?;
    match store::leave(&visit, &leaver, &body.code, &key, keep).await? {
        Some(earlier) => earlier.response(&visit),
        None => Ok(reply.into_response()),
    }
}
