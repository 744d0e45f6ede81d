//! Entries as JSON.

use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use deserr::Deserr;
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};

use super::store::{self, EntryLine, EntryRow, JudgeComment, Wanted};
use super::{EligibilityBody, EntryDraft, EntryState, NewEntry, Withdrawal, acts};
use crate::contests::rules::Key;
use crate::menu::api::{continued, link_to};
use crate::organizations::api::seen;
use crate::platform::fields::FieldErrors;
use crate::platform::idempotency::{IdempotencyKey, replayed};
use crate::platform::input::{Digits, Id, Json, LARGE_BODY, Path, Query, parse_id};
use crate::platform::page::PRIVATE;
use crate::platform::problem::{Problem, ProblemDetails};
use crate::platform::visit::{Presented, Visit};

/// A contest, and an entry in it.
type OfEntry = Path<(String, String)>;

fn own(status: StatusCode, entry: EntryRow) -> Response {
    let tag = HeaderValue::from_str(&format!("\"v{}\"", entry.version));
    let cache = [(header::CACHE_CONTROL, PRIVATE)];
    let mut response = (status, cache, axum::Json(entry)).into_response();
    if let Ok(tag) = tag {
        response.headers_mut().insert(header::ETAG, tag);
    }
    response
}

fn acted((entry, repeated): (EntryRow, bool)) -> Response {
    let response = own(StatusCode::OK, entry);
    match repeated {
        true => replayed(response),
        false => response,
    }
}

/// Which entries to list. Conditions combine.
#[derive(Debug, Deserr, IntoParams)]
#[deserr(error = FieldErrors, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct EntriesQuery {
    /// Those of one organization, drafts included: for those who act for it. The other
    /// conditions are for those who oversee the contest.
    #[param(value_type = Option<Uuid>)]
    #[deserr(default)]
    organization_id: Option<Id>,
    /// Only those that stand so.
    #[param(inline, example = "submitted")]
    #[deserr(default)]
    state: Option<EntryState>,
    /// Only those of a track.
    #[param(value_type = Option<String>, example = "education")]
    #[deserr(default)]
    track: Option<Key>,
    /// How many, 50 when left out.
    #[param(value_type = Option<i64>, minimum = 1, maximum = 200, example = 50)]
    #[deserr(default)]
    limit: Option<Digits<1, 200>>,
    /// Where the page before ended; taken from its `next`.
    #[param(value_type = Option<i64>, minimum = 1, example = 50)]
    #[deserr(default)]
    cursor: Option<Digits<1, 9_007_199_254_740_991>>,
}

/// Entries of a contest.
#[derive(Debug, Serialize, ToSchema)]
pub struct ContestEntries {
    items: Vec<EntryLine>,
    /// Where the next page is; `null` on the last.
    next: Option<String>,
}

/// List the entries of a contest.
///
/// In the order of their numbers, those withdrawn or not eligible included: for those who
/// run it, its chair and its supervisor. An organization lists its own, drafts included.
#[utoipa::path(
    get,
    path = "/api/v1/contests/{id}/entries",
    operation_id = "list_contest_entries",
    tag = "contests",
    security(("session" = []), ("api_key" = ["contests:enter"])),
    params(("id" = Uuid, Path, description = "The contest's id"), EntriesQuery),
    responses(
        (status = 200, body = ContestEntries, headers(("Link" = String, description = "rel=next, when there is more"))),
        (status = 403, body = ProblemDetails, content_type = "application/problem+json", description = "forbidden"),
        (status = 404, body = ProblemDetails, content_type = "application/problem+json", description = "not_found"),
    ),
)]
pub async fn list(
    visit: Visit,
    _: Presented,
    Id(id): Id,
    Query(query): Query<EntriesQuery>,
) -> Result<Response, Problem> {
    let (items, next) = match query.organization_id {
        Some(organization) => {
            let page = store::of_organization(&visit, organization.0, Some(id)).await?;
            (page.items, None)
        }
        None => {
            let wanted = Wanted {
                state: query.state,
                track: query.track.as_ref().map(Key::as_str),
                after: query.cursor.map_or(0, Digits::get),
                limit: query.limit.map_or(50, Digits::get),
            };
            let page = store::list(&visit, id, &wanted).await?;
            (page.items, page.next)
        }
    };
    let next = next.map(|number| continued(&visit.target, &number.to_string()));
    let link = link_to(next.as_deref());
    let cache = [(header::CACHE_CONTROL, PRIVATE)];
    Ok((cache, link, axum::Json(ContestEntries { items, next })).into_response())
}

/// Read an entry.
///
/// By whoever acts for its organization; once it was submitted, by those who oversee the
/// contest.
#[utoipa::path(
    get,
    path = "/api/v1/contests/{id}/entries/{entry}",
    operation_id = "read_contest_entry",
    tag = "contests",
    security(("session" = []), ("api_key" = ["contests:enter"])),
    params(
        ("id" = Uuid, Path, description = "The contest's id"),
        ("entry" = Uuid, Path, description = "The entry's id"),
    ),
    responses(
        (status = 200, body = EntryRow, headers(("ETag" = String))),
        (status = 403, body = ProblemDetails, content_type = "application/problem+json", description = "forbidden"),
        (status = 404, body = ProblemDetails, content_type = "application/problem+json", description = "not_found"),
    ),
)]
pub async fn show(
    visit: Visit,
    _: Presented,
    Path((contest, entry)): OfEntry,
) -> Result<Response, Problem> {
    let found = store::one(&visit, parse_id(&contest)?, parse_id(&entry)?).await?;
    Ok(own(StatusCode::OK, found.entry))
}

/// What judges said of an entry.
#[derive(Debug, Serialize, ToSchema)]
pub struct JudgeComments {
    items: Vec<JudgeComment>,
}

/// List what judges said of an entry.
///
/// Under pseudonyms: to those who oversee the contest and belong to nobody who entered, of
/// stages that have closed; to the organization that entered, once the result is final.
#[utoipa::path(
    get,
    path = "/api/v1/contests/{id}/entries/{entry}/comments",
    operation_id = "list_judge_comments",
    tag = "contests",
    security(("session" = []), ("api_key" = ["contests:enter"])),
    params(
        ("id" = Uuid, Path, description = "The contest's id"),
        ("entry" = Uuid, Path, description = "The entry's id"),
    ),
    responses(
        (status = 200, body = JudgeComments),
        (status = 403, body = ProblemDetails, content_type = "application/problem+json", description = "forbidden"),
        (status = 404, body = ProblemDetails, content_type = "application/problem+json", description = "not_found"),
    ),
)]
pub async fn comments(
    visit: Visit,
    _: Presented,
    Path((contest, entry)): OfEntry,
) -> Result<Response, Problem> {
    let found = store::one(&visit, parse_id(&contest)?, parse_id(&entry)?).await?;
    let items = found.comments;
    Ok((
        [(header::CACHE_CONTROL, PRIVATE)],
        axum::Json(JudgeComments { items }),
    )
        .into_response())
}

/// Begin an entry.
///
/// As a draft, from the announcement until entries close. A project has one entry in a
/// contest, and none where the rules bar it: what it won before, or where else it takes
/// part.
#[utoipa::path(
    post,
    path = "/api/v1/contests/{id}/entries",
    operation_id = "begin_contest_entry",
    tag = "contests",
    security(("session" = []), ("api_key" = ["contests:enter"])),
    params(("id" = Uuid, Path, description = "The contest's id"), IdempotencyKey),
    request_body(content = NewEntry, example = json!({
        "organization_id": "01938e2a-7c10-7d3a-9c55-4b1f8e6d2a90",
        "project_id": "01938e2a-7c10-7d3a-9c55-4b1f8e6d2a91",
        "track": "education", "title": "冬日山村科学课",
        "words": {"need": "三个村小没有科学老师，走访了四十户家长。", "effect": "一学期上了二十四节课。"},
        "attachments": [{"name": "项目总结", "url": "https://example.org/report.pdf"}],
    })),
    responses(
        (status = 201, body = EntryRow, headers(("ETag" = String), ("Location" = String))),
        (status = 400, body = ProblemDetails, content_type = "application/problem+json", description = "malformed_json, invalid_idempotency_key"),
        (status = 403, body = ProblemDetails, content_type = "application/problem+json", description = "forbidden, organization_not_verified"),
        (status = 404, body = ProblemDetails, content_type = "application/problem+json", description = "not_found: no such contest or organization"),
        (status = 409, body = ProblemDetails, content_type = "application/problem+json", description = "already_entered, contest_not_running, entered_elsewhere, entries_closed, past_winner"),
        (status = 412, body = ProblemDetails, content_type = "application/problem+json", description = "version_conflict: the rules were amended meanwhile"),
        (status = 422, body = ProblemDetails, content_type = "application/problem+json", description = "invalid_fields, idempotency_key_reused"),
    ),
)]
pub async fn begin(
    visit: Visit,
    _: Presented,
    Id(contest): Id,
    key: IdempotencyKey,
    Json(body): Json<NewEntry, LARGE_BODY>,
) -> Result<Response, Problem> {
    let (entry, repeated) = acts::begin(&visit, contest, body, &key).await?;
    let location = format!("/api/v1/contests/{contest}/entries/{}", entry.id);
    let mut response = own(StatusCode::CREATED, entry);
    if let Ok(location) = HeaderValue::from_str(&location) {
        response.headers_mut().insert(header::LOCATION, location);
    }
    Ok(match repeated {
        true => replayed(response),
        false => response,
    })
}

/// Write an entry anew.
///
/// Until entries close. One that is submitted stays so: it must be whole, and what the
/// records say is read again.
#[utoipa::path(
    put,
    path = "/api/v1/contests/{id}/entries/{entry}",
    operation_id = "write_contest_entry",
    tag = "contests",
    security(("session" = []), ("api_key" = ["contests:enter"])),
    params(
        ("id" = Uuid, Path, description = "The contest's id"),
        ("entry" = Uuid, Path, description = "The entry's id"),
        ("If-Match" = Option<String>, Header, description = "Change only this version"),
    ),
    request_body(content = EntryDraft, example = json!({
        "track": "education", "title": "冬日山村科学课",
        "words": {"need": "三个村小没有科学老师。", "effect": "一学期上了二十四节课。"},
    })),
    responses(
        (status = 200, body = EntryRow, headers(("ETag" = String))),
        (status = 403, body = ProblemDetails, content_type = "application/problem+json", description = "forbidden, organization_not_verified"),
        (status = 404, body = ProblemDetails, content_type = "application/problem+json", description = "not_found"),
        (status = 409, body = ProblemDetails, content_type = "application/problem+json", description = "contest_not_running, entered_elsewhere, entries_closed, entry_withdrawn, past_winner"),
        (status = 412, body = ProblemDetails, content_type = "application/problem+json", description = "version_conflict"),
        (status = 422, body = ProblemDetails, content_type = "application/problem+json", description = "invalid_fields"),
    ),
)]
pub async fn write(
    visit: Visit,
    _: Presented,
    Path((contest, entry)): OfEntry,
    headers: HeaderMap,
    Json(body): Json<EntryDraft, LARGE_BODY>,
) -> Result<Response, Problem> {
    let seen = seen(&headers);
    let meant = |version| seen.is_none_or(|seen| seen.fits(version));
    let (contest, entry) = (parse_id(&contest)?, parse_id(&entry)?);
    Ok(acted(
        acts::rewrite(&visit, contest, entry, &body, meant).await?,
    ))
}

/// Submit an entry.
///
/// While entries are open. It is given its number, and what the service records of the
/// project say is written down with it. All that is missing or too long is told at once.
#[utoipa::path(
    post,
    path = "/api/v1/contests/{id}/entries/{entry}/submission",
    operation_id = "submit_contest_entry",
    tag = "contests",
    security(("session" = []), ("api_key" = ["contests:enter"])),
    params(
        ("id" = Uuid, Path, description = "The contest's id"),
        ("entry" = Uuid, Path, description = "The entry's id"),
        IdempotencyKey,
    ),
    responses(
        (status = 200, body = EntryRow, headers(("ETag" = String))),
        (status = 400, body = ProblemDetails, content_type = "application/problem+json", description = "invalid_idempotency_key"),
        (status = 403, body = ProblemDetails, content_type = "application/problem+json", description = "forbidden, organization_not_verified"),
        (status = 404, body = ProblemDetails, content_type = "application/problem+json", description = "not_found"),
        (status = 409, body = ProblemDetails, content_type = "application/problem+json", description = "contest_not_running, entered_elsewhere, entries_closed, entries_not_open, entry_withdrawn, past_winner"),
        (status = 412, body = ProblemDetails, content_type = "application/problem+json", description = "version_conflict: it changed meanwhile"),
        (status = 422, body = ProblemDetails, content_type = "application/problem+json", description = "invalid_fields, idempotency_key_reused"),
    ),
)]
pub async fn submit(
    visit: Visit,
    _: Presented,
    Path((contest, entry)): OfEntry,
    key: IdempotencyKey,
) -> Result<Response, Problem> {
    let (contest, entry) = (parse_id(&contest)?, parse_id(&entry)?);
    Ok(acted(acts::submit(&visit, contest, entry, &key).await?))
}

/// Withdraw an entry.
///
/// It stays readable as withdrawn. Until entries close the project may be entered anew.
#[utoipa::path(
    post,
    path = "/api/v1/contests/{id}/entries/{entry}/withdrawal",
    operation_id = "withdraw_contest_entry",
    tag = "contests",
    security(("session" = []), ("api_key" = ["contests:enter"])),
    params(
        ("id" = Uuid, Path, description = "The contest's id"),
        ("entry" = Uuid, Path, description = "The entry's id"),
        IdempotencyKey,
    ),
    request_body(content = Withdrawal, example = json!({"reason": "项目负责人变动，明年再报。"})),
    responses(
        (status = 200, body = EntryRow, headers(("ETag" = String))),
        (status = 400, body = ProblemDetails, content_type = "application/problem+json", description = "malformed_json, invalid_idempotency_key"),
        (status = 403, body = ProblemDetails, content_type = "application/problem+json", description = "forbidden"),
        (status = 404, body = ProblemDetails, content_type = "application/problem+json", description = "not_found"),
        (status = 409, body = ProblemDetails, content_type = "application/problem+json", description = "entry_withdrawn"),
        (status = 412, body = ProblemDetails, content_type = "application/problem+json", description = "version_conflict: it changed meanwhile"),
        (status = 422, body = ProblemDetails, content_type = "application/problem+json", description = "invalid_fields, idempotency_key_reused"),
    ),
)]
pub async fn withdraw(
    visit: Visit,
    _: Presented,
    Path((contest, entry)): OfEntry,
    key: IdempotencyKey,
    Json(body): Json<Withdrawal>,
) -> Result<Response, Problem> {
    let (contest, entry) = (parse_id(&contest)?, parse_id(&entry)?);
    Ok(acted(
        acts::withdraw(&visit, contest, entry, &body, &key).await?,
    ))
}

/// Say whether an entry may take part.
///
/// By those who run the contest, until judging begins, and never about an entry of one's
/// own organization. The organization reads the reason; the last word stands.
#[utoipa::path(
    post,
    path = "/api/v1/contests/{id}/entries/{entry}/eligibility",
    operation_id = "check_contest_entry",
    tag = "contests",
    security(("session" = [])),
    params(
        ("id" = Uuid, Path, description = "The contest's id"),
        ("entry" = Uuid, Path, description = "The entry's id"),
        IdempotencyKey,
    ),
    request_body(content = EligibilityBody, example = json!({"eligible": false, "reason": "项目执行时间不在评选年度内。"})),
    responses(
        (status = 200, body = EntryRow, headers(("ETag" = String))),
        (status = 400, body = ProblemDetails, content_type = "application/problem+json", description = "malformed_json, invalid_idempotency_key"),
        (status = 403, body = ProblemDetails, content_type = "application/problem+json", description = "forbidden, own_entry"),
        (status = 404, body = ProblemDetails, content_type = "application/problem+json", description = "not_found"),
        (status = 409, body = ProblemDetails, content_type = "application/problem+json", description = "entry_not_submitted, judging_begun"),
        (status = 412, body = ProblemDetails, content_type = "application/problem+json", description = "version_conflict: it changed meanwhile"),
        (status = 422, body = ProblemDetails, content_type = "application/problem+json", description = "invalid_fields, idempotency_key_reused"),
    ),
)]
pub async fn check(
    visit: Visit,
    _: Presented,
    Path((contest, entry)): OfEntry,
    key: IdempotencyKey,
    Json(body): Json<EligibilityBody>,
) -> Result<Response, Problem> {
    let of = (parse_id(&contest)?, parse_id(&entry)?);
    Ok(acted(acts::check(&visit, of, &body, &key).await?))
}
