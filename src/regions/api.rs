//! Divisions as JSON.

use axum::response::{IntoResponse, Response};
use deserr::Deserr;
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};

use super::{Region, RegionCode, store};
use crate::platform::fields::FieldErrors;
use crate::platform::input::Query;
use crate::platform::page::PUBLIC;
use crate::platform::problem::Problem;
use crate::platform::visit::Visit;

/// Which divisions to list.
#[derive(Debug, Deserr, IntoParams)]
#[deserr(error = FieldErrors, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct RegionQuery {
    /// List the divisions directly below this one; the provinces without it.
    #[param(inline, example = "3607")]
    #[deserr(default)]
    parent: Option<RegionCode>,
}

/// Divisions in order of their codes.
#[derive(Debug, Serialize, ToSchema)]
pub struct Regions {
    items: Vec<Region>,
}

/// List administrative divisions.
#[utoipa::path(
    get,
    path = "/api/v1/regions",
    operation_id = "list_regions",
    tag = "regions",
    params(RegionQuery),
    responses(
        (status = 200, body = Regions),
    ),
)]
pub async fn list(visit: Visit, Query(query): Query<RegionQuery>) -> Result<Response, Problem> {
    let items = store::children(&visit.db, query.parent.as_ref()).await?;
    let cache = [(axum::http::header::CACHE_CONTROL, PUBLIC)];
    Ok((cache, axum::Json(Regions { items })).into_response())
}
