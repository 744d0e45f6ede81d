//! Records contested, and what becomes of it.

use axum::http::StatusCode;
use axum::response::Response;
use deserr::Deserr;
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::records::something;
use super::{RecordedMinutes, acted, own, wish};
use crate::choice;
use crate::hours::corrections::Wish;
use crate::hours::corrections::store::{self, By, Case, Claim, Hand, ListedDispute, Page, Which};
use crate::hours::corrections::view::DisputeReport;
use crate::menu::api::continued;
use crate::organizations::Permission;
use crate::platform::clock::Instant;
use crate::platform::fields::FieldErrors;
use crate::platform::idempotency::IdempotencyKey;
use crate::platform::input::{Digits, Id, Json, Query};
use crate::platform::problem::{Problem, ProblemDetails};
use crate::platform::text::Prose;
use crate::platform::visit::{Presented, Visit};

/// What is wrong with a record, and what should be.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = FieldErrors, deny_unknown_fields)]
pub struct ContestBody {
    /// In words: read by the organization, and by the coordinator when asked.
    pub claim: Prose<500>,
    /// When service began, RFC 3339.
    #[deserr(default)]
    #[schema(value_type = Option<String>, format = "date-time")]
    pub started_at: Option<Instant>,
    /// When it ended, RFC 3339.
    #[deserr(default)]
    #[schema(value_type = Option<String>, format = "date-time")]
    pub ended_at: Option<Instant>,
    /// Minutes actually given.
    #[deserr(default)]
    #[schema(value_type = Option<i64>, minimum = 0, maximum = 2880)]
    pub minutes: Option<RecordedMinutes>,
}

/// Contest a record of yours.
///
/// Once for each record of service; what comes of it may be contested in its turn. The
/// organization is told and answers by `due_on`.
#[utoipa::path(
    post,
    path = "/api/v1/records/{id}/disputes",
    operation_id = "contest_record",
    tag = "hours",
    security(("session" = [])),
    params(("id" = Uuid, Path, description = "The record's id"), IdempotencyKey),
    request_body(content = ContestBody, example = json!({"claim": "我十二点才离开，少记了一个小时", "minutes": 240, "ended_at": "2026-11-21T13:00:00+08:00"})),
    responses(
        (status = 201, body = DisputeReport, description = "Contested", headers(("Location" = String, description = "Where it is read"))),
        (status = 400, body = ProblemDetails, content_type = "application/problem+json", description = "malformed_json, invalid_idempotency_key"),
        (status = 404, body = ProblemDetails, content_type = "application/problem+json", description = "not_found"),
        (status = 409, body = ProblemDetails, content_type = "application/problem+json", description = "already_contested, superseded_already, nothing_changes, not_service"),
        (status = 422, body = ProblemDetails, content_type = "application/problem+json", description = "invalid_fields, idempotency_key_reused"),
    ),
)]
pub async fn contest(
    visit: Visit,
    _: Presented,
    Id(id): Id,
    key: IdempotencyKey,
    Json(body): Json<ContestBody>,
) -> Result<Response, Problem> {
    let (case, repeated) = contested(&visit, id, &body, &key).await?;
    let report = DisputeReport::of(&case, visit.now)?;
    let location = format!("/api/v1/disputes/{}", report.id);
    Ok(acted(report, Some(&location), repeated))
}

/// Contests, and says whether the same request was carried out before.
pub async fn contested(
    visit: &Visit,
    record: Uuid,
    body: &ContestBody,
    key: &IdempotencyKey,
) -> Result<(Case, bool), Problem> {
    let (case, repeated) = store::before_acting(visit, By::Record(record), key).await?;
    case.require_own()?;
    if repeated {
        return Ok((case, true));
    }
    let claim = Claim {
        words: body.claim.as_str(),
        wish: wish(body.started_at, body.ended_at, body.minutes),
    };
    if !claim.wish.is_empty() {
        case.superseded_by(claim.wish, visit.now)?;
    }
    store::contest(visit, &case, &claim, key)
        .await
        .map(|case| (case, false))
}

/// Read a dispute.
///
/// By the volunteer, by whoever reads hours for the organization, and by those who
/// coordinate its region.
#[utoipa::path(
    get,
    path = "/api/v1/disputes/{id}",
    operation_id = "read_dispute",
    tag = "hours",
    security(("session" = []), ("api_key" = ["hours:read"])),
    params(("id" = Uuid, Path, description = "The dispute's id")),
    responses(
        (status = 200, body = DisputeReport),
        (status = 403, body = ProblemDetails, content_type = "application/problem+json", description = "forbidden"),
        (status = 404, body = ProblemDetails, content_type = "application/problem+json", description = "not_found"),
    ),
)]
pub async fn show(visit: Visit, _: Presented, Id(id): Id) -> Result<Response, Problem> {
    let case = store::case(&visit, By::Dispute(id), Permission::ReadHours).await?;
    case.require_party()?;
    Ok(own(StatusCode::OK, DisputeReport::of(&case, visit.now)?))
}

choice! {
    /// The organization's answer.
    Answer {
        /// The record is put right.
        Amend = "amend",
        /// The record is right as it is.
        Decline = "decline",
    }
}

/// The organization's answer to a dispute.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = FieldErrors, deny_unknown_fields)]
pub struct AnswerBody {
    /// What it answers.
    pub answer: Answer,
    /// Why: told to the volunteer.
    pub reason: Prose<300>,
    /// To amend: when service began, RFC 3339.
    #[deserr(default)]
    #[schema(value_type = Option<String>, format = "date-time")]
    pub started_at: Option<Instant>,
    /// To amend: when it ended, RFC 3339.
    #[deserr(default)]
    #[schema(value_type = Option<String>, format = "date-time")]
    pub ended_at: Option<Instant>,
    /// To amend: minutes actually given. Where times and minutes are left out, what the
    /// volunteer proposed is taken.
    #[deserr(default)]
    #[schema(value_type = Option<i64>, minimum = 0, maximum = 2880)]
    pub minutes: Option<RecordedMinutes>,
}

/// Answer a dispute.
///
/// By the recording unit. To amend makes a new record, as a correction does; to decline
/// leaves the volunteer the way to the coordinator.
#[utoipa::path(
    post,
    path = "/api/v1/disputes/{id}/answer",
    operation_id = "answer_dispute",
    tag = "hours",
    security(("session" = []), ("api_key" = ["hours:write"])),
    params(("id" = Uuid, Path, description = "The dispute's id"), IdempotencyKey),
    request_body(content = AnswerBody, examples(
        ("amend" = (value = json!({"answer": "amend", "reason": "核对了签到表，确实少记了一小时", "minutes": 120}))),
        ("decline" = (value = json!({"answer": "decline", "reason": "签退时间为十一点，与签到表一致"}))),
    )),
    responses(
        (status = 200, body = DisputeReport),
        (status = 400, body = ProblemDetails, content_type = "application/problem+json", description = "malformed_json, invalid_idempotency_key"),
        (status = 403, body = ProblemDetails, content_type = "application/problem+json", description = "forbidden, own_record"),
        (status = 404, body = ProblemDetails, content_type = "application/problem+json", description = "not_found"),
        (status = 409, body = ProblemDetails, content_type = "application/problem+json", description = "superseded_already, record_overlap, nothing_changes, dispute_out_of_turn, organization_suspended"),
        (status = 422, body = ProblemDetails, content_type = "application/problem+json", description = "invalid_fields, idempotency_key_reused"),
    ),
)]
pub async fn answer(
    visit: Visit,
    _: Presented,
    Id(id): Id,
    key: IdempotencyKey,
    Json(body): Json<AnswerBody>,
) -> Result<Response, Problem> {
    let (case, repeated) = answered(&visit, id, &body, &key).await?;
    report(&visit, &case, id, repeated)
}

/// Answers, and says whether the same request was carried out before.
pub async fn answered(
    visit: &Visit,
    dispute: Uuid,
    body: &AnswerBody,
    key: &IdempotencyKey,
) -> Result<(Case, bool), Problem> {
    let why = body.reason.as_str();
    let (case, repeated) = store::before_acting(visit, By::Dispute(dispute), key).await?;
    case.require_organization()?;
    if repeated {
        return Ok((case, true));
    }
    let case = match body.answer {
        Answer::Decline => store::decline(visit, &case, why, key).await?,
        Answer::Amend => {
            let asked = wish(body.started_at, body.ended_at, body.minutes);
            amended(visit, &case, Hand::Organization, asked, why, key).await?
        }
    };
    Ok((case, false))
}

/// Puts a contested record right: as is said, else as the volunteer proposed.
async fn amended(
    visit: &Visit,
    case: &Case,
    hand: Hand,
    asked: Wish,
    why: &str,
    key: &IdempotencyKey,
) -> Result<Case, Problem> {
    let proposed = case.dispute()?.wish;
    let wish = something(if asked.is_empty() { proposed } else { asked })?;
    let new = case.superseded_by(wish, visit.now)?;
    store::correct(visit, case, hand, &new, why, key).await
}

/// Why a volunteer asks the coordinator.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = FieldErrors, deny_unknown_fields)]
pub struct EscalationBody {
    /// Read by the coordinator and the organization.
    pub reason: Prose<500>,
}

/// Ask the coordinator to decide.
///
/// After the organization declined, or when it has not answered by `due_on`.
#[utoipa::path(
    post,
    path = "/api/v1/disputes/{id}/escalation",
    operation_id = "escalate_dispute",
    tag = "hours",
    security(("session" = [])),
    params(("id" = Uuid, Path, description = "The dispute's id"), IdempotencyKey),
    request_body(content = EscalationBody, example = json!({"reason": "签到表漏了我的签退，同组的人可以作证"})),
    responses(
        (status = 200, body = DisputeReport),
        (status = 400, body = ProblemDetails, content_type = "application/problem+json", description = "malformed_json, invalid_idempotency_key"),
        (status = 404, body = ProblemDetails, content_type = "application/problem+json", description = "not_found"),
        (status = 409, body = ProblemDetails, content_type = "application/problem+json", description = "answer_not_due, dispute_out_of_turn, superseded_already"),
        (status = 422, body = ProblemDetails, content_type = "application/problem+json", description = "invalid_fields, idempotency_key_reused"),
    ),
)]
pub async fn escalate(
    visit: Visit,
    _: Presented,
    Id(id): Id,
    key: IdempotencyKey,
    Json(body): Json<EscalationBody>,
) -> Result<Response, Problem> {
    let (case, repeated) = escalated(&visit, id, &body, &key).await?;
    report(&visit, &case, id, repeated)
}

/// Escalates, and says whether the same request was carried out before.
pub async fn escalated(
    visit: &Visit,
    dispute: Uuid,
    body: &EscalationBody,
    key: &IdempotencyKey,
) -> Result<(Case, bool), Problem> {
    let (case, repeated) = store::before_acting(visit, By::Dispute(dispute), key).await?;
    if repeated {
        return Ok((case, true));
    }
    store::escalate(visit, &case, body.reason.as_str(), key)
        .await
        .map(|case| (case, false))
}

choice! {
    /// The coordinator's decision.
    Ruling {
        /// The volunteer is right: the record is put right.
        Uphold = "uphold",
        /// The record is right as it is.
        Dismiss = "dismiss",
    }
}

/// The coordinator's decision on a dispute.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = FieldErrors, deny_unknown_fields)]
pub struct RulingBody {
    /// What is decided.
    pub ruling: Ruling,
    /// Why: told to both sides.
    pub reason: Prose<300>,
    /// To uphold: when service began, RFC 3339.
    #[deserr(default)]
    #[schema(value_type = Option<String>, format = "date-time")]
    pub started_at: Option<Instant>,
    /// To uphold: when it ended, RFC 3339.
    #[deserr(default)]
    #[schema(value_type = Option<String>, format = "date-time")]
    pub ended_at: Option<Instant>,
    /// To uphold: minutes actually given. Where times and minutes are left out, what the
    /// volunteer proposed is taken.
    #[deserr(default)]
    #[schema(value_type = Option<i64>, minimum = 0, maximum = 2880)]
    pub minutes: Option<RecordedMinutes>,
}

/// Decide a dispute.
///
/// By whoever coordinates the organization's region and belongs to neither side, once the
/// volunteer has asked for it. To uphold makes the new record itself. The decision is final.
#[utoipa::path(
    post,
    path = "/api/v1/disputes/{id}/decision",
    operation_id = "decide_dispute",
    tag = "coordination",
    security(("session" = [])),
    params(("id" = Uuid, Path, description = "The dispute's id"), IdempotencyKey),
    request_body(content = RulingBody, examples(
        ("uphold" = (value = json!({"ruling": "uphold", "reason": "同组三人证明其在场至十二点", "minutes": 120}))),
        ("dismiss" = (value = json!({"ruling": "dismiss", "reason": "签退记录清楚，证言与之不符"}))),
    )),
    responses(
        (status = 200, body = DisputeReport),
        (status = 400, body = ProblemDetails, content_type = "application/problem+json", description = "malformed_json, invalid_idempotency_key"),
        (status = 403, body = ProblemDetails, content_type = "application/problem+json", description = "forbidden, own_record"),
        (status = 404, body = ProblemDetails, content_type = "application/problem+json", description = "not_found"),
        (status = 409, body = ProblemDetails, content_type = "application/problem+json", description = "dispute_out_of_turn, superseded_already, record_overlap, nothing_changes"),
        (status = 422, body = ProblemDetails, content_type = "application/problem+json", description = "invalid_fields, idempotency_key_reused"),
    ),
)]
pub async fn decide(
    visit: Visit,
    _: Presented,
    Id(id): Id,
    key: IdempotencyKey,
    Json(body): Json<RulingBody>,
) -> Result<Response, Problem> {
    let (case, repeated) = decided(&visit, id, &body, &key).await?;
    report(&visit, &case, id, repeated)
}

/// Decides, and says whether the same request was carried out before.
pub async fn decided(
    visit: &Visit,
    dispute: Uuid,
    body: &RulingBody,
    key: &IdempotencyKey,
) -> Result<(Case, bool), Problem> {
    let why = body.reason.as_str();
    let (case, repeated) = store::before_acting(visit, By::Dispute(dispute), key).await?;
    case.require_coordinator()?;
    if repeated {
        return Ok((case, true));
    }
    let case = match body.ruling {
        Ruling::Dismiss => store::dismiss(visit, &case, why, key).await?,
        Ruling::Uphold => {
            let asked = wish(body.started_at, body.ended_at, body.minutes);
            amended(visit, &case, Hand::Coordinator, asked, why, key).await?
        }
    };
    Ok((case, false))
}

/// A new record is what an act came to; what is reported is the dispute it answers.
fn report(visit: &Visit, case: &Case, dispute: Uuid, repeated: bool) -> Result<Response, Problem> {
    let report = DisputeReport::about(case, &dispute.to_string(), visit.now)?;
    Ok(acted(report, None, repeated))
}

/// Which disputes of an organization to list.
#[derive(Debug, Deserr, IntoParams)]
#[deserr(error = FieldErrors, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct OrganizationQuery {
    /// `unanswered` ones, the oldest first, or `all`, the newest first; `unanswered` when
    /// left out.
    #[param(inline, example = "unanswered")]
    #[deserr(default)]
    which: Option<Which>,
    /// How many, 50 when left out.
    #[param(inline, example = 50)]
    #[deserr(default)]
    limit: Option<Digits<1, 100>>,
    /// Where the page before ended; taken from its `next`.
    #[param(inline, example = 7)]
    #[deserr(default)]
    cursor: Option<Digits<1, 9_007_199_254_740_991>>,
}

/// Disputes without names and without what was said.
#[derive(Debug, Serialize, ToSchema)]
pub struct Disputes {
    items: Vec<ListedDispute>,
    /// Where the next page is; `null` on the last.
    next: Option<String>,
}

/// List an organization's disputes.
#[utoipa::path(
    get,
    path = "/api/v1/organizations/{org}/disputes",
    operation_id = "list_disputes",
    tag = "hours",
    security(("session" = []), ("api_key" = ["hours:read"])),
    params(("org" = Uuid, Path, description = "The organization's id"), OrganizationQuery),
    responses(
        (status = 200, body = Disputes),
        (status = 403, body = ProblemDetails, content_type = "application/problem+json", description = "forbidden"),
        (status = 404, body = ProblemDetails, content_type = "application/problem+json", description = "not_found"),
    ),
)]
pub async fn of_organization(
    visit: Visit,
    _: Presented,
    Id(organization): Id,
    Query(query): Query<OrganizationQuery>,
) -> Result<Response, Problem> {
    let which = query.which.unwrap_or(Which::Unanswered);
    let (after, limit) = from(query.cursor, query.limit);
    let page = store::of_organization(&visit, organization, which, after, limit).await?;
    Ok(listed(&visit, page))
}

/// Which disputes of a region to list.
#[derive(Debug, Deserr, IntoParams)]
#[deserr(error = FieldErrors, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct RegionQuery {
    /// How many, 50 when left out.
    #[param(inline, example = 50)]
    #[deserr(default)]
    limit: Option<Digits<1, 100>>,
    /// Where the page before ended; taken from its `next`.
    #[param(inline, example = 7)]
    #[deserr(default)]
    cursor: Option<Digits<1, 9_007_199_254_740_991>>,
}

/// List the disputes that wait for you.
///
/// Of organizations in your reach, the oldest first: those a volunteer asks you to decide,
/// and those the organization should have answered.
#[utoipa::path(
    get,
    path = "/api/v1/coordination/disputes",
    operation_id = "list_waiting_disputes",
    tag = "coordination",
    security(("session" = [])),
    params(RegionQuery),
    responses(
        (status = 200, body = Disputes),
        (status = 403, body = ProblemDetails, content_type = "application/problem+json", description = "forbidden"),
    ),
)]
pub async fn of_coordinator(
    visit: Visit,
    _: Presented,
    Query(query): Query<RegionQuery>,
) -> Result<Response, Problem> {
    let (after, limit) = from(query.cursor, query.limit);
    let page = store::waiting_for_coordinator(&visit, after, limit).await?;
    Ok(listed(&visit, page))
}

fn from(
    cursor: Option<Digits<1, 9_007_199_254_740_991>>,
    limit: Option<Digits<1, 100>>,
) -> (i64, usize) {
    let limit = limit.map_or(50, Digits::get);
    (
        cursor.map_or(0, Digits::get),
        usize::try_from(limit).unwrap_or(usize::MAX),
    )
}

fn listed(visit: &Visit, page: Page) -> Response {
    let next = page
        .next
        .map(|seq| continued(&visit.target, &seq.to_string()));
    let items = page.items;
    own(StatusCode::OK, Disputes { items, next })
}
