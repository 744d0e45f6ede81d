//! Attendance as JSON.

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use deserr::{Deserr, IntoValue, Value, ValuePointerRef};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::code::{Presented as Shown, Step};
use super::store::{self, CheckIn, Entry, Present, Whom};
use super::{Attendance, Near};
use crate::hours::{AttendanceKind, AttendanceMethod};
use crate::platform::clock::Instant;
use crate::platform::fields::FieldErrors;
use crate::platform::i18n::Words;
use crate::platform::idempotency::{IdempotencyKey, replayed};
use crate::platform::input::{Count, Id, Json, Many, parse_id, string_from};
use crate::platform::page::PRIVATE;
use crate::platform::problem::{Problem, ProblemDetails};
use crate::platform::text::Line;
use crate::platform::visit::{Presented, Visit};
use crate::volunteers::Code;

/// An id in a body.
#[derive(Clone, Copy, Debug)]
struct BodyId(Uuid);

impl Deserr<FieldErrors> for BodyId {
    fn deserialize_from_value<V: IntoValue>(
        value: Value<V>,
        location: ValuePointerRef,
    ) -> Result<Self, FieldErrors> {
        parse_id(&string_from(value, location)?)
            .map(Self)
            .map_err(|_| FieldErrors::at(location, Words::new("应为 UUID", "must be a UUID")))
    }
}

/// A volunteer coming or going.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = FieldErrors, deny_unknown_fields)]
pub struct AttendanceBody {
    /// A new UUID, chosen by the sender: sent again, it changes nothing and is answered
    /// the same.
    #[schema(value_type = String, format = "uuid")]
    id: BodyId,
    /// Which end of the shift.
    kind: AttendanceKind,
    /// The six digits shown at the place.
    code: Code,
    /// The step of a scanned code, from its link.
    #[deserr(default)]
    #[schema(value_type = Option<i64>, minimum = 0, maximum = 9_999_999_999_i64)]
    step: Option<Count<0, 9_999_999_999>>,
    /// When it was scanned or typed, RFC 3339. For what a phone kept for want of a network:
    /// a code that has changed since is then held against what was shown at that time, and
    /// the evidence is marked `late`.
    #[deserr(default)]
    #[schema(value_type = Option<String>, format = "date-time")]
    happened_at: Option<Instant>,
    /// Where, to about a kilometre. Only with the volunteer's consent; never needed.
    #[deserr(default)]
    near: Option<Near>,
}

/// Check in or out.
///
/// With the code that changes every 30 seconds, one step of tolerance, by volunteers with a
/// place on the shift, from one hour before its start until four hours after its end. What
/// a phone kept for want of a network is taken until 72 hours after the end. Five wrong
/// codes within five minutes, or twenty within a day, and the next are not looked at.
#[utoipa::path(
    post,
    path = "/api/v1/shifts/{id}/attendance",
    operation_id = "check_in",
    tag = "hours",
    security(("session" = [])),
    params(("id" = Uuid, Path, description = "The shift's id"), IdempotencyKey),
    request_body(content = AttendanceBody, example = json!({
        "id": "0b9d3a52-6f0e-4d55-9c1e-2f4a7b8c9d10",
        "kind": "in",
        "code": "292717",
        "step": 59_881_080,
        "happened_at": "2026-12-05T09:00:12+08:00",
        "near": "25.95,115.41",
    })),
    responses(
        (status = 201, body = Attendance, description = "Kept, now or before"),
        (status = 404, body = ProblemDetails, content_type = "application/problem+json", description = "not_found"),
        (status = 409, body = ProblemDetails, content_type = "application/problem+json", description = "not_signed_up, shift_cancelled, attendance_not_open, attendance_closed, attendance_code_expired, already_checked_in, already_checked_out, attendance_id_taken"),
        (status = 422, body = ProblemDetails, content_type = "application/problem+json", description = "invalid_fields, wrong_attendance_code, idempotency_key_reused"),
        (status = 429, body = ProblemDetails, content_type = "application/problem+json", description = "too_many_wrong_codes"),
    ),
)]
pub async fn check_in(
    visit: Visit,
    _: Presented,
    Id(shift): Id,
    key: IdempotencyKey,
    Json(body): Json<AttendanceBody>,
) -> Result<Response, Problem> {
    let what = CheckIn {
        id: body.id.0,
        kind: body.kind,
        shown: Shown {
            code: body.code.digits(),
            step: body.step.map(|step| Step(step.get())),
            happened_at: body.happened_at,
        },
        near: body.near.as_ref(),
    };
    let checked = store::check_in(&visit, shift, &what, &key).await?;
    let response = own(StatusCode::CREATED, checked.attendance);
    Ok(if checked.repeated {
        replayed(response)
    } else {
        response
    })
}

/// Everybody of a shift, with what is known of their coming and going.
#[derive(Debug, Serialize, ToSchema)]
pub struct AttendanceList {
    /// From when people may be checked in, RFC 3339.
    #[schema(value_type = String, format = "date-time")]
    opens_at: Instant,
    /// Until when they may be checked out, RFC 3339.
    #[schema(value_type = String, format = "date-time")]
    closes_at: Instant,
    /// In the order of sign-ups.
    items: Vec<Present>,
}

/// Read who came to a shift.
///
/// For members of the organization and its keys. Everything that was ever kept stands
/// there: evidence is not rewritten.
#[utoipa::path(
    get,
    path = "/api/v1/shifts/{id}/attendance",
    operation_id = "read_attendance",
    tag = "hours",
    security(("session" = []), ("api_key" = ["hours:read"])),
    params(("id" = Uuid, Path, description = "The shift's id")),
    responses(
        (status = 200, body = AttendanceList),
        (status = 403, body = ProblemDetails, content_type = "application/problem+json", description = "forbidden"),
        (status = 404, body = ProblemDetails, content_type = "application/problem+json", description = "not_found"),
    ),
)]
pub async fn list(visit: Visit, Id(shift): Id) -> Result<Response, Problem> {
    let desk = store::desk(&visit, shift).await?;
    let window = desk.shift.window();
    let list = AttendanceList {
        opens_at: window.opens_at,
        closes_at: window.closes_at,
        items: desk.people,
    };
    Ok(own(StatusCode::OK, list))
}

/// What to show at the place now.
#[derive(Debug, Serialize, ToSchema)]
pub struct AttendanceCode {
    /// Six digits.
    pub code: String,
    /// Which 30 seconds since the epoch.
    pub step: i64,
    /// The link to show as a QR code.
    pub url: String,
    /// When the next code follows, RFC 3339. This one is taken for another 30 seconds.
    #[schema(value_type = String, format = "date-time")]
    pub valid_until: Instant,
    /// From when people may be checked in.
    #[schema(value_type = String, format = "date-time")]
    pub opens_at: Instant,
    /// Until when they may be checked out.
    #[schema(value_type = String, format = "date-time")]
    pub closes_at: Instant,
}

impl AttendanceCode {
    /// Of a shift, at the moment of a visit.
    pub fn now(visit: &Visit, shift: &store::DeskShift) -> Self {
        let step = Step::of(visit.now);
        let code = step.code(&visit.config.keys.attendance_key(&shift.id));
        let window = shift.window();
        Self {
            url: format!(
                "{}/check-in/{}?step={}&code={code}",
                visit.origin, shift.id, step.0
            ),
            code,
            step: step.0,
            valid_until: step.ends(),
            opens_at: window.opens_at,
            closes_at: window.closes_at,
        }
    }
}

/// Read the code of a shift.
///
/// For a screen of your own at the place: it changes every 30 seconds.
#[utoipa::path(
    get,
    path = "/api/v1/shifts/{id}/attendance-code",
    operation_id = "read_attendance_code",
    tag = "hours",
    security(("session" = []), ("api_key" = ["hours:write"])),
    params(("id" = Uuid, Path, description = "The shift's id")),
    responses(
        (status = 200, body = AttendanceCode),
        (status = 403, body = ProblemDetails, content_type = "application/problem+json", description = "forbidden"),
        (status = 404, body = ProblemDetails, content_type = "application/problem+json", description = "not_found"),
    ),
)]
pub async fn show_code(visit: Visit, Id(shift): Id) -> Result<Response, Problem> {
    let shift = store::door(&visit, shift).await?;
    Ok(own(StatusCode::OK, AttendanceCode::now(&visit, &shift)))
}

/// So many sign-ups are named at once; all of a shift need no names.
const MOST_NAMED: usize = 300;

/// People coming or going, entered by whoever saw them.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = FieldErrors, deny_unknown_fields)]
pub struct ByHandBody {
    /// Which end of the shift.
    kind: AttendanceKind,
    /// When, RFC 3339; now when left out. From an hour before the start until four hours
    /// after the end, and not ahead.
    #[deserr(default)]
    #[schema(value_type = Option<String>, format = "date-time")]
    happened_at: Option<Instant>,
    /// Whom, 300 at most. Left out: everybody with a place who has not checked in, or who
    /// has checked in and not out.
    #[deserr(default)]
    #[schema(value_type = Option<Vec<String>>, max_items = 300)]
    signup_ids: Option<Many<BodyId, MOST_NAMED>>,
    /// Why by hand; kept with the evidence.
    #[schema(value_type = String, max_length = 200)]
    reason: Line<200>,
}

/// Evidence just kept.
#[derive(Debug, Serialize, ToSchema)]
pub struct Entered {
    /// One for each of whom it says something new.
    items: Vec<Attendance>,
}

/// Check people in or out by hand.
///
/// One, some or all, all or none of those named; never oneself. The evidence names who entered it, when
/// and why, and makes service records of grade C.
#[utoipa::path(
    post,
    path = "/api/v1/shifts/{id}/attendance-by-hand",
    operation_id = "enter_attendance",
    tag = "hours",
    security(("session" = []), ("api_key" = ["hours:write"])),
    params(("id" = Uuid, Path, description = "The shift's id"), IdempotencyKey),
    request_body(content = ByHandBody, example = json!({
        "kind": "in", "happened_at": "2026-12-05T09:00:00+08:00", "reason": "现场没有信号",
    })),
    responses(
        (status = 200, body = Entered),
        (status = 403, body = ProblemDetails, content_type = "application/problem+json", description = "forbidden, own_attendance"),
        (status = 404, body = ProblemDetails, content_type = "application/problem+json", description = "not_found"),
        (status = 409, body = ProblemDetails, content_type = "application/problem+json", description = "shift_cancelled, organization_suspended, attendance_not_open, attendance_closed"),
        (status = 422, body = ProblemDetails, content_type = "application/problem+json", description = "invalid_fields, idempotency_key_reused"),
    ),
)]
pub async fn enter(
    visit: Visit,
    _: Presented,
    Id(shift): Id,
    key: IdempotencyKey,
    Json(body): Json<ByHandBody>,
) -> Result<Response, Problem> {
    let named: Option<Vec<Uuid>> = body
        .signup_ids
        .map(|ids| ids.iter().map(|id| id.0).collect());
    let entry = Entry {
        kind: body.kind,
        at: body.happened_at.unwrap_or(visit.now),
        whom: named.as_deref().map_or(Whom::Everybody, Whom::Named),
        method: AttendanceMethod::Hand,
        reason: Some(body.reason.as_str()),
    };
    let entered = store::enter(&visit, shift, &entry, &key).await?;
    let response = own(
        StatusCode::OK,
        Entered {
            items: entered.items,
        },
    );
    Ok(if entered.repeated {
        replayed(response)
    } else {
        response
    })
}

fn own(status: StatusCode, body: impl Serialize) -> Response {
    (status, [(header::CACHE_CONTROL, PRIVATE)], axum::Json(body)).into_response()
}
