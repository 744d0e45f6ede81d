//! Draws of judges for entries.

use axum::http::StatusCode;
use axum::response::Response;
use deserr::Deserr;
use serde::Serialize;
use utoipa::ToSchema;

use super::own;
use crate::contests::judging::store::drawing::{self, Draw};
use crate::contests::rules::Key;
use crate::contests::scoring::api::key;
use crate::platform::fields::FieldErrors;
use crate::platform::idempotency::{IdempotencyKey, replayed};
use crate::platform::input::{Json, Path, parse_id};
use crate::platform::problem::{Problem, ProblemDetails};
use crate::platform::text::Prose;
use crate::platform::visit::{Presented, Visit};

/// The draws of a stage.
#[derive(Debug, Serialize, ToSchema)]
pub struct Draws {
    items: Vec<Draw>,
}

/// List the draws of a stage.
///
/// For everybody: each with its seed and the hash of what it was drawn from at once, and with
/// all of that when the stage has closed, so that anybody can draw again. A track is drawn
/// from the SHA-256 of the seed's bytes and the track's key.
#[utoipa::path(
    get,
    path = "/api/v1/contests/{id}/stages/{stage}/draws",
    operation_id = "list_draws",
    tag = "contests",
    params(
        ("id" = Uuid, Path, description = "The contest's id"),
        ("stage" = Key, Path, description = "The stage's key", example = "paper"),
    ),
    responses(
        (status = 200, body = Draws),
    ),
)]
pub async fn list(
    visit: Visit,
    Path((contest, stage)): Path<(String, String)>,
) -> Result<Response, Problem> {
    let items = drawing::list(&visit, parse_id(&contest)?, &key(&stage)?).await?;
    Ok(own(StatusCode::OK, Draws { items }))
}

/// A draw to be made.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = FieldErrors, deny_unknown_fields)]
pub struct DrawBody {
    /// Why it is drawn again, which everybody reads; not for the first draw.
    #[deserr(default)]
    pub reason: Option<Prose<300>>,
}

/// Draw judges for the entries of a stage.
///
/// By those who run the contest, once entries and the stage before have closed. Conflicts are
/// avoided, loads are levelled, each entry has as many judges as the rules say. Drawn again,
/// with a reason, it fills up what conflicts and leaving have left open; all else stands.
#[utoipa::path(
    post,
    path = "/api/v1/contests/{id}/stages/{stage}/draws",
    operation_id = "draw_judges",
    tag = "contests",
    security(("session" = [])),
    params(
        ("id" = Uuid, Path, description = "The contest's id"),
        ("stage" = Key, Path, description = "The stage's key", example = "paper"),
        IdempotencyKey,
    ),
    request_body(content = DrawBody, example = json!({"reason": "一位评委退出"})),
    responses(
        (status = 201, body = Draw),
        (status = 403, body = ProblemDetails, content_type = "application/problem+json", description = "forbidden"),
        (status = 409, body = ProblemDetails, content_type = "application/problem+json", description = "contest_not_running, draw_impossible, draw_too_early, nothing_to_draw, stage_closed"),
    ),
)]
pub async fn draw(
    visit: Visit,
    _: Presented,
    Path((contest, stage)): Path<(String, String)>,
    once: IdempotencyKey,
    Json(body): Json<DrawBody>,
) -> Result<Response, Problem> {
    let (contest, stage) = (parse_id(&contest)?, key(&stage)?);
    let reason = body.reason.as_ref().map(Prose::as_str);
    let (draw, repeated) = drawing::draw(&visit, contest, &stage, reason, &once).await?;
    let response = own(StatusCode::CREATED, draw);
    Ok(match repeated {
        true => replayed(response),
        false => response,
    })
}
