//! Objections to a result.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use deserr::Deserr;
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};

use super::{acted, cache};
use crate::contests::results::store::objecting::{self, Handling, Objection};
use crate::contests::results::{EntryNumber, ObjectionAnswer, ObjectionBody, ObjectionRuling};
use crate::contests::rules::Key;
use crate::contests::scoring::api::key;
use crate::menu::api::{continued, link_to};
use crate::platform::fields::FieldErrors;
use crate::platform::idempotency::IdempotencyKey;
use crate::platform::input::{Digits, Id, Json, Path, Query, parse_id};
use crate::platform::problem::{Problem, ProblemDetails};
use crate::platform::visit::{Presented, Visit};

/// Which objections to list.
#[derive(Debug, Deserr, IntoParams)]
#[deserr(error = FieldErrors, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ObjectionsQuery {
    /// How many, 20 when left out.
    #[param(value_type = Option<i64>, minimum = 1, maximum = 100, example = 20)]
    #[deserr(default)]
    limit: Option<Digits<1, 100>>,
    /// Where the page before ended; taken from its `next`.
    #[param(value_type = Option<i64>, minimum = 1, example = 20)]
    #[deserr(default)]
    cursor: Option<Digits<1, 9_007_199_254_740_991>>,
}

/// Objections, in the order they came.
#[derive(Debug, Serialize, ToSchema)]
pub struct Objections {
    items: Vec<Objection>,
    /// Where the next page is; `null` on the last.
    next: Option<String>,
}

/// List the objections to a contest's results.
///
/// For everybody: that one came, when, to what, and the words it was answered and decided
/// with. Its own words are for whoever wrote it and those who handle it.
#[utoipa::path(
    get,
    path = "/api/v1/contests/{id}/objections",
    operation_id = "list_objections",
    tag = "contests",
    params(("id" = Uuid, Path, description = "The contest's id"), ObjectionsQuery),
    responses(
        (status = 200, body = Objections, headers(("Link" = String, description = "rel=next, when there is more"))),
        (status = 404, body = ProblemDetails, content_type = "application/problem+json", description = "not_found"),
    ),
)]
pub async fn list(
    visit: Visit,
    Id(contest): Id,
    Query(query): Query<ObjectionsQuery>,
) -> Result<Response, Problem> {
    let limit = query.limit.map_or(20, Digits::get);
    let after = query.cursor.map_or(0, Digits::get);
    let (items, next) = objecting::objections(&visit, contest, after, limit).await?;
    let next = next.map(|number| continued(&visit.target, &number.to_string()));
    let link = link_to(next.as_deref());
    let body = axum::Json(Objections { items, next });
    Ok((cache(&visit), link, body).into_response())
}

/// Object to a result.
///
/// By anybody who is signed in, while it is on notice; three times at most. It is answered
/// and decided in public, and who objected is not told.
#[utoipa::path(
    post,
    path = "/api/v1/contests/{id}/stages/{stage}/results/{version}/objections",
    operation_id = "object_to_result",
    tag = "contests",
    security(("session" = [])),
    params(
        ("id" = Uuid, Path, description = "The contest's id"),
        ("stage" = Key, Path, description = "The stage's key", example = "roadshow"),
        ("version" = i64, Path, description = "From 1", example = 1),
        IdempotencyKey,
    ),
    request_body(content = ObjectionBody, example = json!({"words": "该项目的服务时长与公示材料不一致。", "entry": "E0001"})),
    responses(
        (status = 201, body = Objection),
        (status = 404, body = ProblemDetails, content_type = "application/problem+json", description = "not_found"),
        (status = 409, body = ProblemDetails, content_type = "application/problem+json", description = "contest_not_running, no_notice_period, too_many_objections"),
        (status = 422, body = ProblemDetails, content_type = "application/problem+json", description = "invalid_fields, idempotency_key_reused"),
    ),
)]
pub async fn object(
    visit: Visit,
    _: Presented,
    Path((contest, stage, version)): Path<(String, String, u32)>,
    once: IdempotencyKey,
    Json(body): Json<ObjectionBody>,
) -> Result<Response, Problem> {
    let (contest, stage) = (parse_id(&contest)?, key(&stage)?);
    let said = (body.words.as_str(), body.entry.map(EntryNumber::get));
    let done = objecting::object(&visit, contest, (&stage, version.into()), said, &once).await?;
    Ok(acted(StatusCode::CREATED, done))
}

/// Answer an objection.
///
/// Once, in public, by those who run the contest; not by whoever objected.
#[utoipa::path(
    post,
    path = "/api/v1/contests/{id}/objections/{objection}/answer",
    operation_id = "answer_objection",
    tag = "contests",
    security(("session" = [])),
    params(
        ("id" = Uuid, Path, description = "The contest's id"),
        ("objection" = Uuid, Path, description = "The objection's id"),
        IdempotencyKey,
    ),
    request_body(content = ObjectionAnswer, example = json!({"answer": "经核对服务记录，公示的时长与总账一致。"})),
    responses(
        (status = 200, body = Objection),
        (status = 403, body = ProblemDetails, content_type = "application/problem+json", description = "forbidden, interested_party"),
        (status = 404, body = ProblemDetails, content_type = "application/problem+json", description = "not_found"),
        (status = 409, body = ProblemDetails, content_type = "application/problem+json", description = "objection_settled"),
        (status = 422, body = ProblemDetails, content_type = "application/problem+json", description = "invalid_fields, idempotency_key_reused"),
    ),
)]
pub async fn answer(
    visit: Visit,
    _: Presented,
    Path((contest, objection)): Path<(String, String)>,
    once: IdempotencyKey,
    Json(body): Json<ObjectionAnswer>,
) -> Result<Response, Problem> {
    let (contest, objection) = (parse_id(&contest)?, parse_id(&objection)?);
    let handling = Handling::Answer(body.answer.as_str());
    let done = objecting::handle(&visit, contest, objection, handling, &once).await?;
    Ok(acted(StatusCode::OK, done))
}

/// Decide on an objection.
///
/// Once, after it was answered, by those who approve results; not by whoever objected. When
/// it is upheld the result is drawn up again before it can be final.
#[utoipa::path(
    post,
    path = "/api/v1/contests/{id}/objections/{objection}/decision",
    operation_id = "decide_on_objection",
    tag = "contests",
    security(("session" = [])),
    params(
        ("id" = Uuid, Path, description = "The contest's id"),
        ("objection" = Uuid, Path, description = "The objection's id"),
        IdempotencyKey,
    ),
    request_body(content = ObjectionRuling, example = json!({"decision": "dismissed", "reason": "材料齐全，维持公示结果。"})),
    responses(
        (status = 200, body = Objection),
        (status = 403, body = ProblemDetails, content_type = "application/problem+json", description = "forbidden, interested_party"),
        (status = 404, body = ProblemDetails, content_type = "application/problem+json", description = "not_found"),
        (status = 409, body = ProblemDetails, content_type = "application/problem+json", description = "objection_settled, objection_unanswered"),
        (status = 422, body = ProblemDetails, content_type = "application/problem+json", description = "invalid_fields, idempotency_key_reused"),
    ),
)]
pub async fn decide(
    visit: Visit,
    _: Presented,
    Path((contest, objection)): Path<(String, String)>,
    once: IdempotencyKey,
    Json(body): Json<ObjectionRuling>,
) -> Result<Response, Problem> {
    let (contest, objection) = (parse_id(&contest)?, parse_id(&objection)?);
    let handling = Handling::Decide(&body);
    let done = objecting::handle(&visit, contest, objection, handling, &once).await?;
    Ok(acted(StatusCode::OK, done))
}
