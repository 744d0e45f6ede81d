//! Contests as JSON.

pub mod officers;

use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use deserr::Deserr;
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};

use super::store::{self, ContestLine, Filter, Published, Seen};
use super::{Amendment, Cancellation, ContestDraft, NewContest, acts};
use crate::contests::{ContestState, rules::Rules};
use crate::menu::api::{continued, link_to};
use crate::organizations::api::seen;
use crate::platform::clock::Instant;
use crate::platform::fields::FieldErrors;
use crate::platform::idempotency::{IdempotencyKey, replayed};
use crate::platform::input::{Digits, Id, Json, LARGE_BODY, Path, Query, parse_id};
use crate::platform::page::{PRIVATE, PUBLIC};
use crate::platform::problem::{Problem, ProblemDetails};
use crate::platform::visit::{Presented, Visit};
use crate::regions::RegionCode;

/// A contest.
#[derive(Debug, Serialize, ToSchema)]
pub struct Contest {
    /// UUIDv7.
    #[schema(format = "uuid")]
    id: String,
    /// Rises with each change; the `ETag` is made of it.
    version: i64,
    /// Its name.
    name: String,
    /// What it is about, and who may enter.
    about: String,
    /// Who organizes it.
    #[schema(example = "赣州市民政局")]
    office: String,
    /// The organization that holds it; null where it is an office's.
    #[schema(format = "uuid")]
    organization_id: Option<String>,
    /// Division code.
    region: String,
    /// The division's name.
    region_name: String,
    /// Where it stands.
    state: ContestState,
    /// Why it was called off.
    state_reason: Option<String>,
    /// When it was prepared, RFC 3339.
    #[schema(value_type = String, format = "date-time")]
    created_at: Instant,
    /// When its rules were published first, RFC 3339.
    #[schema(value_type = Option<String>, format = "date-time")]
    announced_at: Option<Instant>,
    /// The rules in force; of a draft, those being written.
    rules: Option<Rules>,
    /// SHA-256 of the rules in force, in hexadecimal.
    rules_hash: Option<String>,
    /// Every text of the rules that was published, the first one first.
    published: Vec<Published>,
}

impl Contest {
    fn of(seen: Seen) -> Result<Self, Problem> {
        let contest = seen.contest;
        let rules = match contest.rules()? {
            Some(rules) => Some(rules),
            None => contest.draft()?,
        };
        Ok(Self {
            rules,
            id: contest.id,
            version: contest.version,
            name: contest.name,
            about: contest.about,
            office: contest.office,
            organization_id: contest.organization_id,
            region: contest.region,
            region_name: contest.region_name,
            state: contest.state,
            state_reason: contest.state_reason,
            created_at: contest.created_at,
            announced_at: contest.announced_at,
            rules_hash: contest.rules_hash,
            published: seen.published,
        })
    }
}

fn own(status: StatusCode, seen: Seen) -> Result<Response, Problem> {
    let tag = HeaderValue::from_str(&format!("\"v{}\"", seen.contest.version));
    let cache = [(header::CACHE_CONTROL, PRIVATE)];
    let mut response = (status, cache, axum::Json(Contest::of(seen)?)).into_response();
    if let Ok(tag) = tag {
        response.headers_mut().insert(header::ETAG, tag);
    }
    Ok(response)
}

fn acted((seen, repeated): (Seen, bool)) -> Result<Response, Problem> {
    let response = own(StatusCode::OK, seen)?;
    Ok(match repeated {
        true => replayed(response),
        false => response,
    })
}

/// Which contests to list. Conditions combine.
#[derive(Debug, Deserr, IntoParams)]
#[deserr(error = FieldErrors, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ContestsQuery {
    /// Held for this division, one within it or one it lies in.
    #[param(inline, example = "3607")]
    #[deserr(default)]
    region: Option<RegionCode>,
    /// How many, 20 when left out.
    #[param(value_type = Option<i64>, minimum = 1, maximum = 100, example = 20)]
    #[deserr(default)]
    limit: Option<Digits<1, 100>>,
    /// Where the page before ended; taken from its `next`.
    #[param(value_type = Option<Uuid>, example = "01990000-0000-7000-8000-000000000002")]
    #[deserr(default)]
    cursor: Option<Id>,
}

/// Contests, the newest first.
#[derive(Debug, Serialize, ToSchema)]
pub struct Contests {
    items: Vec<ContestLine>,
    /// Where the next page is; `null` on the last.
    next: Option<String>,
}

/// List contests whose rules are published.
#[utoipa::path(
    get,
    path = "/api/v1/contests",
    operation_id = "list_contests",
    tag = "contests",
    params(ContestsQuery),
    responses((status = 200, body = Contests, headers(("Link" = String, description = "rel=next, when there is more"), ("ETag" = String)))),
)]
pub async fn list(visit: Visit, Query(query): Query<ContestsQuery>) -> Result<Response, Problem> {
    let filter = Filter {
        region: query.region.map(|region| region.as_str().to_owned()),
        after: query.cursor.map(|id| id.0),
        limit: query.limit.map_or(20, Digits::get),
    };
    let (items, next) = store::list(&visit, &filter).await?;
    let next = next.map(|id| continued(&visit.target, &id));
    let link = link_to(next.as_deref());
    let cache = [(header::CACHE_CONTROL, PUBLIC)];
    Ok((cache, link, axum::Json(Contests { items, next })).into_response())
}

/// Read a contest.
///
/// Everybody reads what was announced; a draft is for those who run it, its chair and its
/// supervisor.
#[utoipa::path(
    get,
    path = "/api/v1/contests/{id}",
    operation_id = "read_contest",
    tag = "contests",
    params(("id" = Uuid, Path, description = "The contest's id")),
    responses(
        (status = 200, body = Contest, headers(("ETag" = String))),
        (status = 404, body = ProblemDetails, content_type = "application/problem+json", description = "not_found"),
    ),
)]
pub async fn show(visit: Visit, Id(id): Id) -> Result<Response, Problem> {
    own(StatusCode::OK, store::one(&visit, id).await?)
}

/// Read published rules to the byte.
///
/// JSON as RFC 8785 writes it: SHA-256 of the body is the hash that was published.
#[utoipa::path(
    get,
    path = "/api/v1/contests/{id}/rules/{version}",
    operation_id = "read_contest_rules",
    tag = "contests",
    params(
        ("id" = Uuid, Path, description = "The contest's id"),
        ("version" = i64, Path, description = "From 1; each amendment has the next", example = 1),
    ),
    responses(
        (status = 200, body = Rules, headers(("ETag" = String))),
        (status = 404, body = ProblemDetails, content_type = "application/problem+json", description = "not_found"),
    ),
)]
pub async fn rules(
    visit: Visit,
    Path((id, version)): Path<(String, u32)>,
) -> Result<Response, Problem> {
    let text = store::rules_text(&visit, parse_id(&id)?, version.into()).await?;
    let text = text.ok_or_else(Problem::not_found)?;
    let headers = [
        (header::CONTENT_TYPE, "application/json"),
        (header::CACHE_CONTROL, PUBLIC),
    ];
    Ok((headers, text).into_response())
}

/// Prepare a contest.
///
/// By owners and managers of the organization that holds it, or, without one, by whoever
/// coordinates the region. It is a draft until it is announced: rules may be incomplete,
/// and nobody else knows of it.
#[utoipa::path(
    post,
    path = "/api/v1/contests",
    operation_id = "prepare_contest",
    tag = "contests",
    security(("session" = [])),
    params(IdempotencyKey),
    request_body(content = NewContest, example = json!({"region": "3607", "name": "赣州市志愿服务项目大赛", "about": "面向全市志愿服务组织。", "rules": crate::contests::rules::example()})),
    responses(
        (status = 201, body = Contest, headers(("ETag" = String), ("Location" = String))),
        (status = 400, body = ProblemDetails, content_type = "application/problem+json", description = "malformed_json, invalid_idempotency_key"),
        (status = 403, body = ProblemDetails, content_type = "application/problem+json", description = "forbidden"),
        (status = 422, body = ProblemDetails, content_type = "application/problem+json", description = "invalid_fields, idempotency_key_reused"),
    ),
)]
pub async fn prepare(
    visit: Visit,
    _: Presented,
    key: IdempotencyKey,
    Json(body): Json<NewContest, LARGE_BODY>,
) -> Result<Response, Problem> {
    let (seen, repeated) = acts::prepare(&visit, &body, &key).await?;
    let location = HeaderValue::from_str(&format!("/api/v1/contests/{}", seen.contest.id));
    let mut response = own(StatusCode::CREATED, seen)?;
    if let Ok(location) = location {
        response.headers_mut().insert(header::LOCATION, location);
    }
    Ok(match repeated {
        true => replayed(response),
        false => response,
    })
}

/// Write a draft anew.
#[utoipa::path(
    put,
    path = "/api/v1/contests/{id}",
    operation_id = "edit_contest",
    tag = "contests",
    security(("session" = [])),
    params(
        ("id" = Uuid, Path, description = "The contest's id"),
        ("If-Match" = Option<String>, Header, description = "Change only this version"),
    ),
    request_body(content = ContestDraft, example = json!({"name": "赣州市志愿服务项目大赛", "rules": crate::contests::rules::example()})),
    responses(
        (status = 200, body = Contest, headers(("ETag" = String))),
        (status = 403, body = ProblemDetails, content_type = "application/problem+json", description = "forbidden"),
        (status = 404, body = ProblemDetails, content_type = "application/problem+json", description = "not_found"),
        (status = 409, body = ProblemDetails, content_type = "application/problem+json", description = "contest_not_draft"),
        (status = 412, body = ProblemDetails, content_type = "application/problem+json", description = "version_conflict"),
        (status = 422, body = ProblemDetails, content_type = "application/problem+json", description = "invalid_fields"),
    ),
)]
pub async fn edit(
    visit: Visit,
    _: Presented,
    Id(id): Id,
    headers: HeaderMap,
    Json(body): Json<ContestDraft, LARGE_BODY>,
) -> Result<Response, Problem> {
    let seen = seen(&headers);
    let meant = |version| seen.is_none_or(|seen| seen.fits(version));
    acted(acts::edit(&visit, id, &body, &meant).await?)
}

/// Announce a contest.
///
/// Its rules are checked as a whole, frozen, and published with their hash, before entries
/// open. Afterwards they change by amendments only.
#[utoipa::path(
    post,
    path = "/api/v1/contests/{id}/announcement",
    operation_id = "announce_contest",
    tag = "contests",
    security(("session" = [])),
    params(
        ("id" = Uuid, Path, description = "The contest's id"),
        ("If-Match" = Option<String>, Header, description = "Announce only this version: what was looked at"),
        IdempotencyKey,
    ),
    responses(
        (status = 200, body = Contest, headers(("ETag" = String))),
        (status = 400, body = ProblemDetails, content_type = "application/problem+json", description = "invalid_idempotency_key"),
        (status = 403, body = ProblemDetails, content_type = "application/problem+json", description = "forbidden, organization_not_verified"),
        (status = 404, body = ProblemDetails, content_type = "application/problem+json", description = "not_found"),
        (status = 409, body = ProblemDetails, content_type = "application/problem+json", description = "contest_not_draft"),
        (status = 412, body = ProblemDetails, content_type = "application/problem+json", description = "version_conflict"),
        (status = 422, body = ProblemDetails, content_type = "application/problem+json", description = "invalid_fields: rules are not whole, idempotency_key_reused"),
    ),
)]
pub async fn announce(
    visit: Visit,
    _: Presented,
    Id(id): Id,
    headers: HeaderMap,
    key: IdempotencyKey,
) -> Result<Response, Problem> {
    let seen = seen(&headers);
    let meant = |version| seen.is_none_or(|seen| seen.fits(version));
    acted(acts::announce(&visit, id, &meant, &key).await?)
}

/// Amend the rules of a contest.
///
/// For a reason everybody reads, and never backwards: a stage that has opened keeps its
/// rubric, entrants keep the room and the time they were given. Every text stays readable.
#[utoipa::path(
    post,
    path = "/api/v1/contests/{id}/amendments",
    operation_id = "amend_contest",
    tag = "contests",
    security(("session" = [])),
    params(("id" = Uuid, Path, description = "The contest's id"), IdempotencyKey),
    request_body(content = Amendment, example = json!({"reason": "书面评审改由五名评委评分。", "rules": crate::contests::rules::amendment_example()})),
    responses(
        (status = 200, body = Contest, headers(("ETag" = String))),
        (status = 400, body = ProblemDetails, content_type = "application/problem+json", description = "malformed_json, invalid_idempotency_key"),
        (status = 403, body = ProblemDetails, content_type = "application/problem+json", description = "forbidden"),
        (status = 404, body = ProblemDetails, content_type = "application/problem+json", description = "not_found"),
        (status = 409, body = ProblemDetails, content_type = "application/problem+json", description = "contest_not_running"),
        (status = 412, body = ProblemDetails, content_type = "application/problem+json", description = "version_conflict: somebody amended it meanwhile"),
        (status = 422, body = ProblemDetails, content_type = "application/problem+json", description = "invalid_fields, idempotency_key_reused"),
    ),
)]
pub async fn amend(
    visit: Visit,
    _: Presented,
    Id(id): Id,
    key: IdempotencyKey,
    Json(body): Json<Amendment, LARGE_BODY>,
) -> Result<Response, Problem> {
    acted(acts::amend(&visit, id, &body, &|_| true, &key).await?)
}

/// Call a contest off.
///
/// For a reason everybody reads. Nothing of it is deleted.
#[utoipa::path(
    post,
    path = "/api/v1/contests/{id}/cancellation",
    operation_id = "call_off_contest",
    tag = "contests",
    security(("session" = [])),
    params(("id" = Uuid, Path, description = "The contest's id"), IdempotencyKey),
    request_body(content = Cancellation, example = json!({"reason": "因汛期防灾，本届大赛取消。"})),
    responses(
        (status = 200, body = Contest, headers(("ETag" = String))),
        (status = 400, body = ProblemDetails, content_type = "application/problem+json", description = "malformed_json, invalid_idempotency_key"),
        (status = 403, body = ProblemDetails, content_type = "application/problem+json", description = "forbidden"),
        (status = 404, body = ProblemDetails, content_type = "application/problem+json", description = "not_found"),
        (status = 409, body = ProblemDetails, content_type = "application/problem+json", description = "contest_not_running: called off already"),
        (status = 412, body = ProblemDetails, content_type = "application/problem+json", description = "version_conflict: somebody changed it meanwhile"),
        (status = 422, body = ProblemDetails, content_type = "application/problem+json", description = "invalid_fields, idempotency_key_reused"),
    ),
)]
pub async fn call_off(
    visit: Visit,
    _: Presented,
    Id(id): Id,
    key: IdempotencyKey,
    Json(body): Json<Cancellation>,
) -> Result<Response, Problem> {
    acted(acts::call_off(&visit, id, &body.reason, &key).await?)
}
