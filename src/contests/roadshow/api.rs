//! The floor of a roadshow as JSON.

use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use super::FloorBody;
use super::store::acting::act as done;
use super::store::{self, FloorEntry};
use crate::contests::rules::Key;
use crate::contests::scoring::api::key;
use crate::platform::clock::Instant;
use crate::platform::idempotency::{IdempotencyKey, replayed};
use crate::platform::input::{Json, Path, parse_id};
use crate::platform::page::{PRIVATE, PUBLIC};
use crate::platform::problem::{Problem, ProblemDetails};
use crate::platform::visit::{Presented, Visit};

/// The floor of a roadshow.
#[derive(Debug, Serialize, ToSchema)]
pub struct RoadshowFloor {
    /// The stage.
    #[schema(example = "roadshow")]
    stage: String,
    /// When it opens, RFC 3339.
    #[schema(value_type = String, format = "date-time")]
    opens_at: Instant,
    /// When it closes, RFC 3339.
    #[schema(value_type = String, format = "date-time")]
    closes_at: Instant,
    /// Whether entries go by their numbers only.
    blind: bool,
    /// Entries that are or were up, in the order of their numbers; to those who run the
    /// contest or watch over it those who wait, too.
    items: Vec<FloorEntry>,
}

/// See what is up in a roadshow.
///
/// For everybody: the entry that is up in each track, what was up, and the scores that were
/// shown with the mark of each judge by number. Of an entry whose score was not shown yet,
/// nobody reads any; how many judges have handed in is for whoever runs the contest or chairs
/// its panel and belongs to no entrant.
#[utoipa::path(
    get,
    path = "/api/v1/contests/{id}/stages/{stage}/floor",
    operation_id = "read_floor",
    tag = "contests",
    params(
        ("id" = Uuid, Path, description = "The contest's id"),
        ("stage" = Key, Path, description = "The stage's key", example = "roadshow"),
    ),
    responses(
        (status = 200, body = RoadshowFloor, headers(("ETag" = String))),
        (status = 404, body = ProblemDetails, content_type = "application/problem+json", description = "not_found"),
    ),
)]
pub async fn floor(
    visit: Visit,
    Path((contest, stage)): Path<(String, String)>,
) -> Result<Response, Problem> {
    let floor = store::floor(&visit, parse_id(&contest)?, &key(&stage)?).await?;
    let stage = floor.stage()?;
    let body = RoadshowFloor {
        stage: stage.key.as_str().to_owned(),
        opens_at: stage.opens_at,
        closes_at: stage.closes_at,
        blind: stage.blind,
        items: floor.items,
    };
    let cache = match visit.has_credential() {
        true => PRIVATE,
        false => PUBLIC,
    };
    Ok(([(header::CACHE_CONTROL, cache)], axum::Json(body)).into_response())
}

/// Call an entry up, close it, or show its score.
///
/// By those who run the contest and the chair of the panel. At most one entry is up in each
/// track; its judges score while it is up, and what is not handed in when it is closed does
/// not count. It can be opened again, with a reason, until its score is shown, which is for
/// good. Entries are opened and closed while the stage is open; showing goes on after that.
#[utoipa::path(
    post,
    path = "/api/v1/contests/{id}/stages/{stage}/floor",
    operation_id = "act_on_floor",
    tag = "contests",
    security(("session" = [])),
    params(
        ("id" = Uuid, Path, description = "The contest's id"),
        ("stage" = Key, Path, description = "The stage's key", example = "roadshow"),
        IdempotencyKey,
    ),
    request_body(content = FloorBody, example = json!({"entry_id": "01990000-0000-7000-8000-000000000003", "act": "open"})),
    responses(
        (status = 200, body = FloorEntry),
        (status = 403, body = ProblemDetails, content_type = "application/problem+json", description = "forbidden"),
        (status = 404, body = ProblemDetails, content_type = "application/problem+json", description = "not_found"),
        (status = 409, body = ProblemDetails, content_type = "application/problem+json", description = "another_entry_up, contest_not_running, entry_not_in_stage, floor_out_of_turn, stage_closed, stage_not_open, too_few_ballots"),
        (status = 422, body = ProblemDetails, content_type = "application/problem+json", description = "invalid_fields, idempotency_key_reused"),
    ),
)]
pub async fn act(
    visit: Visit,
    _: Presented,
    Path((contest, stage)): Path<(String, String)>,
    once: IdempotencyKey,
    Json(body): Json<FloorBody>,
) -> Result<Response, Problem> {
    let (contest, stage) = (parse_id(&contest)?, key(&stage)?);
    let (entry, repeated) = done(&visit, (contest, &stage), &body, &once).await?;
    let response = ([(header::CACHE_CONTROL, PRIVATE)], axum::Json(entry)).into_response();
    Ok(match repeated {
        true => replayed(response),
        false => response,
    })
}
