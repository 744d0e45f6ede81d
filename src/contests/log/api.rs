//! The log as JSON.

use axum::http::header;
use axum::response::{IntoResponse, Response};
use deserr::Deserr;
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};

use super::store::{self, Head};
use super::{Kept, LogLine};
use crate::menu::api::link_to;
use crate::platform::fields::FieldErrors;
use crate::platform::input::{Digits, Id, Query};
use crate::platform::page::{PRIVATE, PUBLIC};
use crate::platform::problem::{Problem, ProblemDetails};
use crate::platform::visit::{Presented, Visit};

/// Which lines of the log to read.
#[derive(Debug, Deserr, IntoParams)]
#[deserr(error = FieldErrors, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct LogQuery {
    /// Those after this place, from the first when left out.
    #[param(inline, example = 200)]
    #[deserr(default)]
    after: Option<Digits<0, 9_007_199_254_740_991>>,
    /// How many, 200 when left out.
    #[param(inline, example = 200)]
    #[deserr(default)]
    limit: Option<Digits<1, 200>>,
}

/// A line of the log in its chain.
#[derive(Debug, Serialize, ToSchema)]
pub struct ChainedLine {
    /// Its place in its contest, from 1; null until it is chained.
    place: Option<i64>,
    /// SHA-256 of the hash before and the line, in hexadecimal; null until it is chained.
    hash: Option<String>,
    /// What is hashed.
    line: LogLine,
}

impl From<Kept> for ChainedLine {
    fn from(kept: Kept) -> Self {
        Self {
            place: kept.place,
            hash: kept.hash,
            line: kept.line,
        }
    }
}

/// Lines of the log of a contest, in the order they were written.
#[derive(Debug, Serialize, ToSchema)]
pub struct ContestLog {
    items: Vec<ChainedLine>,
    /// Where the next page is; `null` on the last.
    next: Option<String>,
}

/// Read the log of a contest.
///
/// For its supervisor alone, unless they belong to an organization that entered: it holds
/// scores as they are handed in. A line's hash is the SHA-256, in hexadecimal, of the hash
/// before (64 zeros for the first) and the line as RFC 8785 writes it. Lines written a moment
/// ago come last, still without place and hash; no page follows them.
/// `script/verify-contest-log.mjs` works the chain out anew.
#[utoipa::path(
    get,
    path = "/api/v1/contests/{id}/log",
    operation_id = "read_contest_log",
    tag = "contests",
    security(("session" = [])),
    params(("id" = Uuid, Path, description = "The contest's id"), LogQuery),
    responses(
        (status = 200, body = ContestLog, headers(("Link" = String, description = "rel=next, when there is more"))),
        (status = 403, body = ProblemDetails, content_type = "application/problem+json", description = "forbidden"),
        (status = 404, body = ProblemDetails, content_type = "application/problem+json", description = "not_found"),
    ),
)]
pub async fn list(
    visit: Visit,
    _: Presented,
    Id(id): Id,
    Query(query): Query<LogQuery>,
) -> Result<Response, Problem> {
    let after = query.after.map_or(0, Digits::get);
    let limit = query.limit.map_or(200, Digits::get);
    let stretch = store::lines(&visit, id, after, limit).await?;
    let next = stretch
        .next
        .map(|place| format!("/api/v1/contests/{id}/log?after={place}&limit={limit}"));
    let link = link_to(next.as_deref());
    let items = stretch.lines.into_iter().map(ChainedLine::from).collect();
    let cache = [(header::CACHE_CONTROL, PRIVATE)];
    Ok((cache, link, axum::Json(ContestLog { items, next })).into_response())
}

/// Read how far the log of a contest is chained.
///
/// For everybody, once the contest is announced. Whoever keeps a copy can tell later whether
/// any line up to there was changed, dropped or put in: the supervisor's script takes it.
#[utoipa::path(
    get,
    path = "/api/v1/contests/{id}/log/head",
    operation_id = "read_contest_log_head",
    tag = "contests",
    params(("id" = Uuid, Path, description = "The contest's id")),
    responses(
        (status = 200, body = Head, headers(("ETag" = String))),
        (status = 404, body = ProblemDetails, content_type = "application/problem+json", description = "not_found"),
    ),
)]
pub async fn head(visit: Visit, Id(id): Id) -> Result<Response, Problem> {
    let head = store::head(&visit, id).await?;
    let cache = [(header::CACHE_CONTROL, PUBLIC)];
    Ok((cache, axum::Json(head)).into_response())
}
