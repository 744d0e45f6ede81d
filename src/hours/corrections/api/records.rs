//! One record with its history, and its correction by the recording unit.

use axum::http::StatusCode;
use axum::response::Response;
use deserr::Deserr;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{RecordedMinutes, acted, own, wish};
use crate::hours::corrections::Wish;
use crate::hours::corrections::store::{self, By, Case, Hand};
use crate::hours::corrections::view::RecordHistory;
use crate::organizations::Permission;
use crate::platform::clock::Instant;
use crate::platform::fields::FieldErrors;
use crate::platform::i18n::Words;
use crate::platform::idempotency::IdempotencyKey;
use crate::platform::input::{Id, Json};
use crate::platform::problem::{Problem, ProblemDetails};
use crate::platform::text::Prose;
use crate::platform::visit::{Presented, Visit};

/// Read a record's history.
///
/// By its volunteer, by whoever reads hours for the recording unit, and, once it is
/// contested, by the coordinator. Whichever version the id is of, the whole history is
/// told.
#[utoipa::path(
    get,
    path = "/api/v1/records/{id}/history",
    operation_id = "read_record_history",
    tag = "hours",
    security(("session" = []), ("api_key" = ["hours:read"])),
    params(("id" = Uuid, Path, description = "The record's id")),
    responses(
        (status = 200, body = RecordHistory),
        (status = 403, body = ProblemDetails, content_type = "application/problem+json", description = "forbidden"),
        (status = 404, body = ProblemDetails, content_type = "application/problem+json", description = "not_found"),
    ),
)]
pub async fn show(visit: Visit, _: Presented, Id(id): Id) -> Result<Response, Problem> {
    let case = store::case(&visit, By::Record(id), Permission::ReadHours).await?;
    case.require_party()?;
    Ok(own(StatusCode::OK, RecordHistory::of(&case)?))
}

/// What a record should say instead; what is left out stays.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = FieldErrors, deny_unknown_fields)]
pub struct CorrectionBody {
    /// Why: kept with the record, told to the volunteer.
    pub reason: Prose<300>,
    /// When service began, RFC 3339.
    #[deserr(default)]
    #[schema(value_type = Option<String>, format = "date-time")]
    pub started_at: Option<Instant>,
    /// When it ended, RFC 3339.
    #[deserr(default)]
    #[schema(value_type = Option<String>, format = "date-time")]
    pub ended_at: Option<Instant>,
    /// Minutes actually given, never more than the times hold; 0 says that nothing was
    /// given. Left out, the breaks stay as they are.
    #[deserr(default)]
    #[schema(value_type = Option<i64>, minimum = 0, maximum = 2880)]
    pub minutes: Option<RecordedMinutes>,
}

impl CorrectionBody {
    fn wish(&self) -> Result<Wish, Problem> {
        something(wish(self.started_at, self.ended_at, self.minutes))
    }
}

/// An error unless a correction says what to correct.
pub fn something(wish: Wish) -> Result<Wish, Problem> {
    match wish.is_empty() {
        true => Err(Problem::invalid(FieldErrors::one(
            "/minutes",
            Words::new(
                "请填写更正后的时长或起止时间",
                "must be given, or the times must",
            ),
        ))),
        false => Ok(wish),
    }
}

/// Correct a record.
///
/// By the recording unit, of its own accord. A new record takes its place, the old one stays
/// readable with the reason, and the volunteer is told. An open dispute is answered by it.
/// Times within those of an earlier version keep its grade, others are grade D.
#[utoipa::path(
    post,
    path = "/api/v1/records/{id}/corrections",
    operation_id = "correct_record",
    tag = "hours",
    security(("session" = []), ("api_key" = ["hours:write"])),
    params(("id" = Uuid, Path, description = "The id of the record that stands"), IdempotencyKey),
    request_body(content = CorrectionBody, example = json!({"reason": "实际十一点结束，多记了半小时", "minutes": 150})),
    responses(
        (status = 201, body = RecordHistory, description = "Corrected", headers(("Location" = String, description = "Where the new record is read"))),
        (status = 400, body = ProblemDetails, content_type = "application/problem+json", description = "malformed_json, invalid_idempotency_key"),
        (status = 403, body = ProblemDetails, content_type = "application/problem+json", description = "forbidden, own_record"),
        (status = 404, body = ProblemDetails, content_type = "application/problem+json", description = "not_found"),
        (status = 409, body = ProblemDetails, content_type = "application/problem+json", description = "superseded_already, record_overlap, nothing_changes, not_service, dispute_out_of_turn, organization_suspended"),
        (status = 422, body = ProblemDetails, content_type = "application/problem+json", description = "invalid_fields, idempotency_key_reused"),
    ),
)]
pub async fn correct(
    visit: Visit,
    _: Presented,
    Id(id): Id,
    key: IdempotencyKey,
    Json(body): Json<CorrectionBody>,
) -> Result<Response, Problem> {
    let (case, repeated) = corrected(&visit, id, &body, &key).await?;
    let history = RecordHistory::of(&case)?;
    let location = format!("/api/v1/records/{}/history", history.record.id);
    Ok(acted(history, Some(&location), repeated))
}

/// Corrects, and says whether the same request was carried out before.
pub async fn corrected(
    visit: &Visit,
    record: Uuid,
    body: &CorrectionBody,
    key: &IdempotencyKey,
) -> Result<(Case, bool), Problem> {
    let (case, repeated) = store::before_acting(visit, By::Record(record), key).await?;
    case.require_organization()?;
    if repeated {
        return Ok((case, true));
    }
    let new = case.superseded_by(body.wish()?, visit.now)?;
    let why = body.reason.as_str();
    store::correct(visit, &case, Hand::Organization, &new, why, key)
        .await
        .map(|case| (case, false))
}
