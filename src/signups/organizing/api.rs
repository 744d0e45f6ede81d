//! The organizer's acts as JSON.

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use deserr::{Deserr, IntoValue, Value, ValuePointerRef};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::store::{self, Description, Done, Move, Notice, Sent, Standing};
use super::{Expectation, Recipients};
use crate::platform::fields::FieldErrors;
use crate::platform::i18n::Words;
use crate::platform::idempotency::{IdempotencyKey, replayed};
use crate::platform::input::{Id, Json, parse_id, string_from};
use crate::platform::page::PRIVATE;
use crate::platform::problem::{Problem, ProblemDetails};
use crate::platform::text::{Line, Prose};
use crate::platform::visit::{Presented, Visit};

/// The id of a shift in a body.
#[derive(Clone, Copy, Debug)]
struct ShiftId(Uuid);

impl Deserr<FieldErrors> for ShiftId {
    fn deserialize_from_value<V: IntoValue>(
        value: Value<V>,
        location: ValuePointerRef,
    ) -> Result<Self, FieldErrors> {
        parse_id(&string_from(value, location)?)
            .map(Self)
            .map_err(|_| {
                FieldErrors::at(
                    location,
                    Words::new("应为班次的编号", "must be a shift's id"),
                )
            })
    }
}

/// Where to move a volunteer.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = FieldErrors, deny_unknown_fields)]
pub struct MoveBody {
    /// Another shift of the same project, with a free seat.
    #[schema(value_type = String, format = "uuid")]
    shift_id: ShiftId,
    /// Told to the volunteer.
    #[deserr(default)]
    #[schema(value_type = Option<String>, max_length = 200)]
    reason: Option<Line<200>>,
    /// The volunteer agrees to little time between two places: overrides `tight_gap`.
    #[deserr(default)]
    #[schema(required = false)]
    accept_tight_gap: bool,
}

/// Move a volunteer to another shift.
///
/// Of the same project, and only to a free seat. The sign-up keeps its id: ticket and
/// calendar follow, and the volunteer is told. The seat it leaves goes to whoever waits
/// longest. Moving it where it is already changes nothing.
#[utoipa::path(
    post,
    path = "/api/v1/signups/{id}/move",
    operation_id = "move_signup",
    tag = "signups",
    security(("session" = []), ("api_key" = ["signups:write"])),
    params(("id" = Uuid, Path, description = "The sign-up's id"), IdempotencyKey),
    request_body(content = MoveBody, example = json!({"shift_id": "01938e2a-7c10-7d3a-9c55-4b1f8e6d2a90", "reason": "上午人手已够，下午缺人"})),
    responses(
        (status = 200, body = Standing),
        (status = 400, body = ProblemDetails, content_type = "application/problem+json", description = "malformed_json, invalid_idempotency_key"),
        (status = 403, body = ProblemDetails, content_type = "application/problem+json", description = "forbidden"),
        (status = 404, body = ProblemDetails, content_type = "application/problem+json", description = "not_found"),
        (status = 409, body = ProblemDetails, content_type = "application/problem+json", description = "not_a_sibling, not_movable, organization_suspended, shift_cancelled, ended, already_signed_up, shift_full, too_young, skill_missing, shift_clash, tight_gap"),
        (status = 422, body = ProblemDetails, content_type = "application/problem+json", description = "invalid_fields, birth_date_missing, guardian_must_accompany, guardian_consent_missing, idempotency_key_reused"),
    ),
)]
pub async fn move_signup(
    visit: Visit,
    _: Presented,
    Id(id): Id,
    key: IdempotencyKey,
    Json(body): Json<MoveBody>,
) -> Result<Response, Problem> {
    let to = Move {
        shift: body.shift_id.0,
        accept_tight_gap: body.accept_tight_gap,
        reason: body.reason.as_ref().map(Line::as_str),
    };
    let moved = store::move_to(&visit, id, &to, &key).await?;
    Ok(done(StatusCode::OK, moved))
}

/// Approve a sign-up.
///
/// Where the project asks for approval. It has a seat if one is free, else it waits in the
/// order of arrival; the volunteer is told. Approving again changes nothing.
#[utoipa::path(
    post,
    path = "/api/v1/signups/{id}/approve",
    operation_id = "approve_signup",
    tag = "signups",
    security(("session" = []), ("api_key" = ["signups:write"])),
    params(("id" = Uuid, Path, description = "The sign-up's id"), IdempotencyKey),
    responses(
        (status = 200, body = Standing),
        (status = 403, body = ProblemDetails, content_type = "application/problem+json", description = "forbidden"),
        (status = 404, body = ProblemDetails, content_type = "application/problem+json", description = "not_found"),
        (status = 409, body = ProblemDetails, content_type = "application/problem+json", description = "not_pending, organization_suspended, ended"),
        (status = 422, body = ProblemDetails, content_type = "application/problem+json", description = "idempotency_key_reused"),
    ),
)]
pub async fn approve(
    visit: Visit,
    _: Presented,
    Id(id): Id,
    key: IdempotencyKey,
) -> Result<Response, Problem> {
    let approved = store::approve(&visit, id, &key).await?;
    Ok(done(StatusCode::OK, approved))
}

/// Why a request is declined.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = FieldErrors, deny_unknown_fields)]
pub struct DeclineBody {
    /// Told to the volunteer.
    #[schema(value_type = String, max_length = 200)]
    reason: Line<200>,
}

/// Decline a sign-up.
///
/// Where the project asks for approval. The sign-up is cancelled by the organization and
/// the volunteer is told why. Declining again changes nothing.
#[utoipa::path(
    post,
    path = "/api/v1/signups/{id}/decline",
    operation_id = "decline_signup",
    tag = "signups",
    security(("session" = []), ("api_key" = ["signups:write"])),
    params(("id" = Uuid, Path, description = "The sign-up's id"), IdempotencyKey),
    request_body(content = DeclineBody, example = json!({"reason": "名额已满，欢迎报名下一次"})),
    responses(
        (status = 200, body = Standing),
        (status = 400, body = ProblemDetails, content_type = "application/problem+json", description = "malformed_json, invalid_idempotency_key"),
        (status = 403, body = ProblemDetails, content_type = "application/problem+json", description = "forbidden"),
        (status = 404, body = ProblemDetails, content_type = "application/problem+json", description = "not_found"),
        (status = 409, body = ProblemDetails, content_type = "application/problem+json", description = "not_pending"),
        (status = 422, body = ProblemDetails, content_type = "application/problem+json", description = "invalid_fields, idempotency_key_reused"),
    ),
)]
pub async fn decline(
    visit: Visit,
    _: Presented,
    Id(id): Id,
    key: IdempotencyKey,
    Json(body): Json<DeclineBody>,
) -> Result<Response, Problem> {
    let declined = store::decline(&visit, id, body.reason.as_str(), &key).await?;
    Ok(done(StatusCode::OK, declined))
}

/// A field that may be taken away: left out it stays, `null` removes it.
#[derive(Debug)]
struct Patch<T>(Option<Option<T>>);

impl<T> Default for Patch<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<T: Deserr<FieldErrors>> Deserr<FieldErrors> for Patch<T> {
    fn deserialize_from_value<V: IntoValue>(
        value: Value<V>,
        location: ValuePointerRef,
    ) -> Result<Self, FieldErrors> {
        Option::deserialize_from_value(value, location).map(|value| Self(Some(value)))
    }
}

/// What to expect of a volunteer; what is left out stays, `null` takes it away.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = FieldErrors, deny_unknown_fields)]
pub struct DescriptionBody {
    /// Seen on the roster and in print.
    #[deserr(default)]
    #[schema(value_type = Option<Expectation>)]
    expectation: Patch<Expectation>,
    /// For those who run the shift; the volunteer does not see it.
    #[deserr(default)]
    #[schema(value_type = Option<String>, max_length = 200)]
    organizer_note: Patch<Line<200>>,
}

/// Note what to expect of a volunteer.
#[utoipa::path(
    patch,
    path = "/api/v1/signups/{id}",
    operation_id = "describe_signup",
    tag = "signups",
    security(("session" = []), ("api_key" = ["signups:write"])),
    params(("id" = Uuid, Path, description = "The sign-up's id")),
    request_body(content = DescriptionBody, example = json!({"expectation": "arrives_late", "organizer_note": "坐十点的车"})),
    responses(
        (status = 200, body = Standing),
        (status = 403, body = ProblemDetails, content_type = "application/problem+json", description = "forbidden"),
        (status = 404, body = ProblemDetails, content_type = "application/problem+json", description = "not_found"),
        (status = 422, body = ProblemDetails, content_type = "application/problem+json", description = "invalid_fields"),
    ),
)]
pub async fn describe(
    visit: Visit,
    _: Presented,
    Id(id): Id,
    Json(body): Json<DescriptionBody>,
) -> Result<Response, Problem> {
    let note = body.organizer_note.0;
    let what = Description {
        expectation: body.expectation.0,
        note: note
            .as_ref()
            .map(|note| note.as_ref().map(|note| note.as_str())),
    };
    Ok(own(
        StatusCode::OK,
        store::describe(&visit, id, &what).await?,
    ))
}

/// A message to everybody on a shift.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = FieldErrors, deny_unknown_fields)]
pub struct NoticeBody {
    /// What it says; the project, the time and the organization's name are put before it.
    #[schema(value_type = String, max_length = 300, example = "集合点改到村委会门口，请穿防滑的鞋。")]
    text: Prose<300>,
    /// To those with a seat, or also to those who wait.
    to: Recipients,
}

/// Write to everybody on a shift.
///
/// Each is sent a text message in which the organization is named. Five a shift within 24
/// hours, until 30 days after its end.
#[utoipa::path(
    post,
    path = "/api/v1/shifts/{id}/messages",
    operation_id = "write_to_shift",
    tag = "signups",
    security(("session" = []), ("api_key" = ["signups:write"])),
    params(("id" = Uuid, Path, description = "The shift's id"), IdempotencyKey),
    request_body(content = NoticeBody, example = json!({"to": "confirmed", "text": "集合点改到村委会门口，请穿防滑的鞋。"})),
    responses(
        (status = 202, body = Sent, description = "On its way"),
        (status = 400, body = ProblemDetails, content_type = "application/problem+json", description = "malformed_json, invalid_idempotency_key"),
        (status = 403, body = ProblemDetails, content_type = "application/problem+json", description = "forbidden"),
        (status = 404, body = ProblemDetails, content_type = "application/problem+json", description = "not_found"),
        (status = 409, body = ProblemDetails, content_type = "application/problem+json", description = "organization_suspended, nobody_signed_up"),
        (status = 410, body = ProblemDetails, content_type = "application/problem+json", description = "roster_closed"),
        (status = 422, body = ProblemDetails, content_type = "application/problem+json", description = "invalid_fields, idempotency_key_reused"),
        (status = 429, body = ProblemDetails, content_type = "application/problem+json", description = "too_many_messages"),
    ),
)]
pub async fn notify(
    visit: Visit,
    _: Presented,
    Id(shift): Id,
    key: IdempotencyKey,
    Json(body): Json<NoticeBody>,
) -> Result<Response, Problem> {
    let notice = Notice {
        to: body.to,
        text: body.text.as_str(),
    };
    let sent = store::notify(&visit, shift, &notice, &key).await?;
    Ok(done(StatusCode::ACCEPTED, sent))
}

fn done(status: StatusCode, done: Done<impl Serialize>) -> Response {
    let response = own(status, done.now);
    if done.repeated {
        return replayed(response);
    }
    response
}

fn own(status: StatusCode, body: impl Serialize) -> Response {
    (status, [(header::CACHE_CONTROL, PRIVATE)], axum::Json(body)).into_response()
}
