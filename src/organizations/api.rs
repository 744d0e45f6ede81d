//! Organizations as JSON.

use axum::http::header;
use axum::response::{IntoResponse, Response};

use super::{Organization, store};
use crate::platform::input::Id;
use crate::platform::page::PUBLIC;
use crate::platform::problem::{Problem, ProblemDetails};
use crate::platform::visit::Visit;

/// Read an organization.
#[utoipa::path(
    get,
    path = "/api/v1/organizations/{org}",
    operation_id = "read_organization",
    tag = "organizations",
    params(("org" = Uuid, Path, description = "The organization's id")),
    responses(
        (status = 200, body = Organization),
        (status = 404, body = ProblemDetails, content_type = "application/problem+json", description = "not_found"),
    ),
)]
pub async fn show(visit: Visit, Id(id): Id) -> Result<Response, Problem> {
    let found = store::organization(&visit.db, &id.to_string()).await?;
    let organization = found.ok_or_else(Problem::not_found)?;
    let cache = [(header::CACHE_CONTROL, PUBLIC)];
    Ok((cache, axum::Json(organization)).into_response())
}
