//! Officers of a contest as JSON.

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use crate::contests::running::OfficerBody;
use crate::contests::running::store::{self, Appointed, Officer};
use crate::platform::i18n::Words;
use crate::platform::idempotency::{IdempotencyKey, replayed};
use crate::platform::input::{Id, Json, Path, parse_id};
use crate::platform::page::PRIVATE;
use crate::platform::problem::{Problem, ProblemDetails};
use crate::platform::visit::{Presented, Visit};

/// Those with an office in a contest.
#[derive(Debug, Serialize, ToSchema)]
pub struct Officers {
    items: Vec<Officer>,
}

fn own(status: StatusCode, body: impl Serialize) -> Response {
    (status, [(header::CACHE_CONTROL, PRIVATE)], axum::Json(body)).into_response()
}

/// List the officers of a contest.
///
/// For those who run it, its chair and its supervisor. Whoever coordinates the region, or
/// manages the organization whose contest it is, runs it without an office.
#[utoipa::path(
    get,
    path = "/api/v1/contests/{id}/officers",
    operation_id = "list_contest_officers",
    tag = "contests",
    security(("session" = [])),
    params(("id" = Uuid, Path, description = "The contest's id")),
    responses(
        (status = 200, body = Officers),
        (status = 403, body = ProblemDetails, content_type = "application/problem+json", description = "forbidden"),
        (status = 404, body = ProblemDetails, content_type = "application/problem+json", description = "not_found"),
    ),
)]
pub async fn list(visit: Visit, _: Presented, Id(id): Id) -> Result<Response, Problem> {
    let items = store::officers(&visit, id).await?;
    Ok(own(StatusCode::OK, Officers { items }))
}

/// Give somebody an office in a contest.
///
/// An organizer runs it, the chair leads the panel, the supervisor sees everything and
/// changes nothing. One person has one office; a judge has none.
#[utoipa::path(
    post,
    path = "/api/v1/contests/{id}/officers",
    operation_id = "appoint_contest_officer",
    tag = "contests",
    security(("session" = [])),
    params(("id" = Uuid, Path, description = "The contest's id"), IdempotencyKey),
    request_body(content = OfficerBody, example = json!({"phone": "13800138000", "role": "supervisor"})),
    responses(
        (status = 201, body = Officer),
        (status = 400, body = ProblemDetails, content_type = "application/problem+json", description = "malformed_json, invalid_idempotency_key"),
        (status = 403, body = ProblemDetails, content_type = "application/problem+json", description = "forbidden"),
        (status = 404, body = ProblemDetails, content_type = "application/problem+json", description = "not_found"),
        (status = 409, body = ProblemDetails, content_type = "application/problem+json", description = "already_officer, too_many_officers"),
        (status = 422, body = ProblemDetails, content_type = "application/problem+json", description = "invalid_fields, idempotency_key_reused"),
    ),
)]
pub async fn appoint(
    visit: Visit,
    _: Presented,
    Id(id): Id,
    key: IdempotencyKey,
    Json(body): Json<OfficerBody>,
) -> Result<Response, Problem> {
    let (officer, repeated) = appointed(&visit, id, &body, &key).await?;
    let response = own(StatusCode::CREATED, officer);
    Ok(match repeated {
        true => replayed(response),
        false => response,
    })
}

/// Gives an office, and says whether the same request did so before.
pub async fn appointed(
    visit: &Visit,
    contest: uuid::Uuid,
    body: &OfficerBody,
    key: &IdempotencyKey,
) -> Result<(Officer, bool), Problem> {
    let whom = (&body.phone, body.role);
    match store::appoint(visit, contest, whom, key).await? {
        Appointed::Done(officer, repeated) => Ok((officer, repeated)),
        Appointed::Already => Err(Problem::new(
            StatusCode::CONFLICT,
            "already_officer",
            Words::new(
                "这个手机号的主人在本届大赛已有职务，请先解除",
                "Whoever has this phone has an office in the contest already; end that first",
            ),
        )),
        Appointed::TooMany => Err(Problem::new(
            StatusCode::CONFLICT,
            "too_many_officers",
            Words::new(
                "本届大赛的职务人员已满，请先解除一些",
                "The contest has as many officers as it may; end some first",
            ),
        )),
    }
}

/// End somebody's office in a contest.
#[utoipa::path(
    delete,
    path = "/api/v1/contests/{id}/officers/{officer}",
    operation_id = "dismiss_contest_officer",
    tag = "contests",
    security(("session" = [])),
    params(
        ("id" = Uuid, Path, description = "The contest's id"),
        ("officer" = Uuid, Path, description = "The officer's id"),
    ),
    responses(
        (status = 204),
        (status = 403, body = ProblemDetails, content_type = "application/problem+json", description = "forbidden"),
        (status = 404, body = ProblemDetails, content_type = "application/problem+json", description = "not_found"),
    ),
)]
pub async fn dismiss(
    visit: Visit,
    _: Presented,
    Path((contest, officer)): Path<(String, String)>,
) -> Result<Response, Problem> {
    store::dismiss(&visit, parse_id(&contest)?, parse_id(&officer)?).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}
