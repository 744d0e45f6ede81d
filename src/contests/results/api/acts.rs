//! Drawing a result up, approving it, and making it final.

use axum::http::StatusCode;
use axum::response::Response;

use super::acted;
use crate::contests::results::ResultBody;
use crate::contests::results::store::reading::Heading;
use crate::contests::results::store::{approving, drawing_up, finishing};
use crate::contests::rules::Key;
use crate::contests::scoring::api::key;
use crate::platform::idempotency::IdempotencyKey;
use crate::platform::input::{Json, Path, parse_id};
use crate::platform::problem::{Problem, ProblemDetails};
use crate::platform::text::Prose;
use crate::platform::visit::{Presented, Visit};

/// Draw up the result of a stage.
///
/// By those who run the contest, once the stage has closed: of one from which only some go
/// on, and of the last. The ranking of each track is computed from the ballots that count and
/// sealed with its sheet. Drawn up again, with a reason, it is the next version; not once
/// judges were drawn for the next stage, nor once it is final.
#[utoipa::path(
    post,
    path = "/api/v1/contests/{id}/stages/{stage}/results",
    operation_id = "draw_up_result",
    tag = "contests",
    security(("session" = [])),
    params(
        ("id" = Uuid, Path, description = "The contest's id"),
        ("stage" = Key, Path, description = "The stage's key", example = "paper"),
        IdempotencyKey,
    ),
    request_body(content = ResultBody, example = json!({"reason": "一件异议成立，剔除一份评分后重新汇总。"})),
    responses(
        (status = 201, body = Heading),
        (status = 403, body = ProblemDetails, content_type = "application/problem+json", description = "forbidden, interested_party"),
        (status = 404, body = ProblemDetails, content_type = "application/problem+json", description = "not_found: no such stage with a result of its own"),
        (status = 409, body = ProblemDetails, content_type = "application/problem+json", description = "contest_not_running, nothing_to_rank, ranking_impossible, result_in_use, result_is_final, stage_not_over"),
        (status = 422, body = ProblemDetails, content_type = "application/problem+json", description = "invalid_fields, idempotency_key_reused"),
    ),
)]
pub async fn draw_up(
    visit: Visit,
    _: Presented,
    Path((contest, stage)): Path<(String, String)>,
    once: IdempotencyKey,
    Json(body): Json<ResultBody>,
) -> Result<Response, Problem> {
    let (contest, stage) = (parse_id(&contest)?, key(&stage)?);
    let reason = body.reason.as_ref().map(Prose::as_str);
    let done = drawing_up::draw_up(&visit, contest, &stage, reason, &once).await?;
    Ok(acted(StatusCode::CREATED, done))
}

/// Approve a result.
///
/// By those who run the contest and the chair of the panel, unless they belong to an
/// organization that entered. The second approval publishes it: of the last stage, for
/// objections, until the end of the last of as many days as the rules say.
#[utoipa::path(
    post,
    path = "/api/v1/contests/{id}/stages/{stage}/results/{version}/approvals",
    operation_id = "approve_result",
    tag = "contests",
    security(("session" = [])),
    params(
        ("id" = Uuid, Path, description = "The contest's id"),
        ("stage" = Key, Path, description = "The stage's key", example = "paper"),
        ("version" = i64, Path, description = "From 1", example = 1),
        IdempotencyKey,
    ),
    responses(
        (status = 200, body = Heading),
        (status = 400, body = ProblemDetails, content_type = "application/problem+json", description = "invalid_idempotency_key"),
        (status = 403, body = ProblemDetails, content_type = "application/problem+json", description = "forbidden, interested_party"),
        (status = 404, body = ProblemDetails, content_type = "application/problem+json", description = "not_found"),
        (status = 409, body = ProblemDetails, content_type = "application/problem+json", description = "contest_not_running, result_superseded"),
        (status = 422, body = ProblemDetails, content_type = "application/problem+json", description = "idempotency_key_reused"),
    ),
)]
pub async fn approve(
    visit: Visit,
    _: Presented,
    Path((contest, stage, version)): Path<(String, String, u32)>,
    once: IdempotencyKey,
) -> Result<Response, Problem> {
    let (contest, stage) = (parse_id(&contest)?, key(&stage)?);
    let done = approving::approve(&visit, contest, (&stage, version.into()), &once).await?;
    Ok(acted(StatusCode::OK, done))
}

/// Make a result final.
///
/// By those who run the contest, once the notice is over and every objection is decided and
/// none to this version was upheld. Awards are given with it; what bars from later contests
/// does from now on.
#[utoipa::path(
    post,
    path = "/api/v1/contests/{id}/stages/{stage}/results/{version}/finalization",
    operation_id = "finalize_result",
    tag = "contests",
    security(("session" = [])),
    params(
        ("id" = Uuid, Path, description = "The contest's id"),
        ("stage" = Key, Path, description = "The stage's key", example = "roadshow"),
        ("version" = i64, Path, description = "From 1", example = 1),
        IdempotencyKey,
    ),
    responses(
        (status = 200, body = Heading),
        (status = 400, body = ProblemDetails, content_type = "application/problem+json", description = "invalid_idempotency_key"),
        (status = 403, body = ProblemDetails, content_type = "application/problem+json", description = "forbidden, interested_party"),
        (status = 404, body = ProblemDetails, content_type = "application/problem+json", description = "not_found"),
        (status = 409, body = ProblemDetails, content_type = "application/problem+json", description = "contest_not_running, result_is_final, result_not_final_yet, result_superseded"),
        (status = 422, body = ProblemDetails, content_type = "application/problem+json", description = "idempotency_key_reused"),
    ),
)]
pub async fn finish(
    visit: Visit,
    _: Presented,
    Path((contest, stage, version)): Path<(String, String, u32)>,
    once: IdempotencyKey,
) -> Result<Response, Problem> {
    let (contest, stage) = (parse_id(&contest)?, key(&stage)?);
    let done = finishing::finish(&visit, contest, (&stage, version.into()), &once).await?;
    Ok(acted(StatusCode::OK, done))
}
