//! What becomes of awarded entries as JSON, and as spreadsheets.

pub mod purchases;
pub mod stories;

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use deserr::Deserr;
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};

use super::sheet;
use super::store::listing::{self, AwardedEntry, Became, Listed, Wanted};
use super::store::purchases::Purchase;
use super::store::stories::Story;
use crate::menu::api::{continued, link_to};
use crate::platform::download::download;
use crate::platform::fields::FieldErrors;
use crate::platform::input::{Digits, Id, Path, Query};
use crate::platform::page::{PRIVATE, PUBLIC};
use crate::platform::problem::{Problem, ProblemDetails};
use crate::platform::visit::Visit;

/// A contest, and an entry in it.
type OfEntry = Path<(String, String)>;

/// Something with a version, for one reader.
fn tagged(status: StatusCode, version: i64, body: impl Serialize) -> Response {
    let cache = [(header::CACHE_CONTROL, PRIVATE)];
    let mut response = (status, cache, axum::Json(body)).into_response();
    if let Ok(tag) = HeaderValue::from_str(&format!("\"v{version}\"")) {
        response.headers_mut().insert(header::ETAG, tag);
    }
    response
}

/// Which awarded entries to list.
#[derive(Debug, Deserr, IntoParams)]
#[deserr(error = FieldErrors, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct AwardedQuery {
    /// How many, 50 when left out.
    #[param(value_type = Option<i64>, minimum = 1, maximum = 200, example = 50)]
    #[deserr(default)]
    limit: Option<Digits<1, 200>>,
    /// Where the page before ended; taken from its `next`.
    #[param(value_type = Option<i64>, minimum = 1, example = 50)]
    #[deserr(default)]
    cursor: Option<Digits<1, 9_007_199_254_740_991>>,
}

impl AwardedQuery {
    fn wanted(&self) -> Wanted {
        Wanted {
            after: self.cursor.map_or(0, Digits::get),
            limit: self.limit.map_or(50, Digits::get),
        }
    }
}

/// An awarded entry, and what became of it.
#[derive(Debug, Serialize, ToSchema)]
pub struct AwardedOutcome {
    /// The entry, and what it won.
    entry: AwardedEntry,
    /// The government purchase; null while none is known.
    purchase: Option<Purchase>,
    /// Its story, when its organization agrees to its being published and it was sent.
    story: Option<Story>,
}

impl From<Became> for AwardedOutcome {
    fn from(became: Became) -> Self {
        Self {
            entry: became.entry,
            purchase: became.purchase,
            story: became.story,
        }
    }
}

/// What became of the awarded entries of a contest.
#[derive(Debug, Serialize, ToSchema)]
pub struct ContestOutcomes {
    items: Vec<AwardedOutcome>,
    /// Where the next page is; `null` on the last.
    next: Option<String>,
}

/// Where the next page is, as an address and as a header.
fn paged(visit: &Visit, listed: &Listed) -> (Option<String>, axum::http::HeaderMap) {
    let next = listed.next;
    let next = next.map(|number| continued(&visit.target, &number.to_string()));
    let link = link_to(next.as_deref());
    (next, link)
}

/// List what became of awarded entries.
///
/// For everybody, in the order of their numbers: what was won, the newest word on a government
/// purchase, and stories that were sent and whose organizations agree to their being published.
#[utoipa::path(
    get,
    path = "/api/v1/contests/{id}/outcomes",
    operation_id = "list_contest_outcomes",
    tag = "contests",
    params(("id" = Uuid, Path, description = "The contest's id"), AwardedQuery),
    responses(
        (status = 200, body = ContestOutcomes, headers(("Link" = String, description = "rel=next, when there is more"), ("ETag" = String))),
        (status = 404, body = ProblemDetails, content_type = "application/problem+json", description = "not_found"),
    ),
)]
pub async fn list(
    visit: Visit,
    Id(id): Id,
    Query(query): Query<AwardedQuery>,
) -> Result<Response, Problem> {
    let listed = listing::public(&visit, id, query.wanted()).await?;
    let (next, link) = paged(&visit, &listed);
    let items = listed.items.into_iter().map(AwardedOutcome::from).collect();
    let cache = [(header::CACHE_CONTROL, PUBLIC)];
    Ok((cache, link, axum::Json(ContestOutcomes { items, next })).into_response())
}

/// List what became of awarded entries as a spreadsheet.
///
/// The same as CSV with the byte order mark Excel asks for. It is continued at the address in
/// `Link`; in it, an apostrophe stands before what Excel would run or rewrite.
#[utoipa::path(
    get,
    path = "/api/v1/contests/{id}/outcomes.csv",
    operation_id = "export_contest_outcomes",
    tag = "contests",
    params(("id" = Uuid, Path, description = "The contest's id"), AwardedQuery),
    responses(
        (status = 200, body = String, content_type = "text/csv", headers(("Link" = String, description = "rel=next, when there is more"), ("Content-Disposition" = String, description = "Its name"))),
        (status = 404, body = ProblemDetails, content_type = "application/problem+json", description = "not_found"),
    ),
)]
pub async fn list_csv(
    visit: Visit,
    Id(id): Id,
    Query(query): Query<AwardedQuery>,
) -> Result<Response, Problem> {
    let listed = listing::public(&visit, id, query.wanted()).await?;
    Ok(spreadsheet(
        &visit,
        "outcomes",
        &listed,
        sheet::outcomes(&listed),
    ))
}

fn spreadsheet(visit: &Visit, name: &str, listed: &Listed, text: String) -> Response {
    let (_, link) = paged(visit, listed);
    let name = format!("{name}-{}.csv", visit.now.date());
    (link, download("text/csv; charset=utf-8", &name, text)).into_response()
}
