//! What volunteers say to having been noted as absent, as JSON.

use axum::http::StatusCode;
use axum::response::Response;
use deserr::Deserr;
use utoipa::ToSchema;

use super::super::store::{self, Absence};
use super::own;
use crate::platform::fields::FieldErrors;
use crate::platform::i18n::Words;
use crate::platform::idempotency::{IdempotencyKey, replayed};
use crate::platform::input::{Id, Json};
use crate::platform::problem::{Problem, ProblemDetails};
use crate::platform::text::Prose;
use crate::platform::visit::{Presented, Visit};

/// What the volunteer says.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = FieldErrors, deny_unknown_fields)]
pub struct AbsenceReplyBody {
    /// Read by those who run the shift.
    #[schema(value_type = String, max_length = 300)]
    text: Prose<300>,
}

/// 409: nothing that was said is said again in other words.
pub fn already_replied() -> Problem {
    Problem::new(
        StatusCode::CONFLICT,
        "already_replied",
        Words::new("您已经说明过了", "You have replied already"),
    )
}

/// Reply to having been noted as absent.
///
/// Once. Those who run the shift read it, and may still record the service.
#[utoipa::path(
    post,
    path = "/api/v1/signups/{id}/absence-reply",
    operation_id = "reply_to_absence",
    tag = "hours",
    security(("session" = [])),
    params(("id" = Uuid, Path, description = "The sign-up's id"), IdempotencyKey),
    request_body(content = AbsenceReplyBody, example = json!({"text": "那天我在后厨帮忙，没有扫码。"})),
    responses(
        (status = 200, body = Absence),
        (status = 400, body = ProblemDetails, content_type = "application/problem+json", description = "malformed_json, invalid_idempotency_key"),
        (status = 404, body = ProblemDetails, content_type = "application/problem+json", description = "not_found: not one's own or not noted as absent"),
        (status = 409, body = ProblemDetails, content_type = "application/problem+json", description = "already_replied"),
        (status = 422, body = ProblemDetails, content_type = "application/problem+json", description = "invalid_fields, idempotency_key_reused"),
    ),
)]
pub async fn reply(
    visit: Visit,
    _: Presented,
    Id(signup): Id,
    key: IdempotencyKey,
    Json(body): Json<AbsenceReplyBody>,
) -> Result<Response, Problem> {
    match store::reply(&visit, signup, body.text.as_str(), &key).await? {
        (absence, _, true) => Ok(replayed(own(StatusCode::OK, absence))),
        (absence, true, false) => Ok(own(StatusCode::OK, absence)),
        (_, false, false) => Err(already_replied()),
    }
}
