//! Government purchases of what awarded entries offer.

use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;

use super::{OfEntry, tagged};
use crate::contests::outcomes::store::purchases::{self, Purchase};
use crate::contests::outcomes::{PurchaseBody, acts};
use crate::organizations::api::seen;
use crate::platform::input::{Json, LARGE_BODY, Path, parse_id};
use crate::platform::problem::{Problem, ProblemDetails};
use crate::platform::visit::{Presented, Visit};

/// A purchase with everything that was said of it.
#[derive(Debug, Serialize, ToSchema)]
pub struct PurchaseHistory {
    /// Every word on it, the newest first, which stands; at most fifty.
    items: Vec<Purchase>,
}

/// Read the government purchase of an awarded entry.
///
/// For everybody: what stands, and before it what was said earlier, each with since when.
#[utoipa::path(
    get,
    path = "/api/v1/contests/{id}/entries/{entry}/purchase",
    operation_id = "read_purchase",
    tag = "contests",
    params(
        ("id" = Uuid, Path, description = "The contest's id"),
        ("entry" = Uuid, Path, description = "The entry's id"),
    ),
    responses(
        (status = 200, body = PurchaseHistory, headers(("ETag" = String))),
        (status = 404, body = ProblemDetails, content_type = "application/problem+json", description = "not_found: none is known"),
    ),
)]
pub async fn show(visit: Visit, Path((contest, entry)): OfEntry) -> Result<Response, Problem> {
    let of = (parse_id(&contest)?, parse_id(&entry)?);
    let items = purchases::history(&visit, of).await?;
    let version = items.first().map(|newest| newest.version);
    let version = version.ok_or_else(Problem::not_found)?;
    Ok(tagged(StatusCode::OK, version, PurchaseHistory { items }))
}

/// Write down the government purchase of an awarded entry.
///
/// By those who run the contest, unless they belong to an organization that entered. Each word
/// on it is kept with its time, the newest stands; the same again changes nothing. Once six
/// months have passed since its end, those who run the contest are reminded to say what it came
/// to.
#[utoipa::path(
    put,
    path = "/api/v1/contests/{id}/entries/{entry}/purchase",
    operation_id = "write_purchase",
    tag = "contests",
    security(("session" = [])),
    params(
        ("id" = Uuid, Path, description = "The contest's id"),
        ("entry" = Uuid, Path, description = "The entry's id"),
        ("If-Match" = Option<String>, Header, description = "Change only this version"),
    ),
    request_body(content = PurchaseBody, example = json!({
        "purchaser": "于都县教育局", "fen": 12_000_000, "from": "2026-03-01", "until": "2026-08-31",
        "milestones": [{"what": "完成两个村的需求走访", "due_on": "2026-04-30", "done_on": "2026-04-12"}],
    })),
    responses(
        (status = 200, body = Purchase, headers(("ETag" = String))),
        (status = 201, body = Purchase, headers(("ETag" = String))),
        (status = 403, body = ProblemDetails, content_type = "application/problem+json", description = "forbidden, own_entry"),
        (status = 404, body = ProblemDetails, content_type = "application/problem+json", description = "not_found"),
        (status = 409, body = ProblemDetails, content_type = "application/problem+json", description = "entry_not_awarded"),
        (status = 412, body = ProblemDetails, content_type = "application/problem+json", description = "version_conflict"),
        (status = 422, body = ProblemDetails, content_type = "application/problem+json", description = "invalid_fields"),
    ),
)]
pub async fn write(
    visit: Visit,
    _: Presented,
    Path((contest, entry)): OfEntry,
    headers: HeaderMap,
    Json(body): Json<PurchaseBody, LARGE_BODY>,
) -> Result<Response, Problem> {
    let of = (parse_id(&contest)?, parse_id(&entry)?);
    let seen = seen(&headers);
    let meant = |version| seen.is_none_or(|seen| version > 0 && seen.fits(version));
    let (purchase, new) = acts::purchase(&visit, of, &body, &meant).await?;
    let status = match new {
        true => StatusCode::CREATED,
        false => StatusCode::OK,
    };
    Ok(tagged(status, purchase.version, purchase))
}
