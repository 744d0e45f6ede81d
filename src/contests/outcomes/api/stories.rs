//! Stories of awarded entries, and where they were sent.

use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use super::{AwardedQuery, OfEntry, paged, spreadsheet, tagged};
use crate::contests::outcomes::store::Sending;
use crate::contests::outcomes::store::listing::{self, AwardedEntry};
use crate::contests::outcomes::store::stories::{self, Story};
use crate::contests::outcomes::{SendingBody, StoryBody, acts, sheet};
use crate::organizations::api::seen;
use crate::platform::idempotency::{IdempotencyKey, replayed};
use crate::platform::input::{Id, Json, LARGE_BODY, Path, Query, parse_id};
use crate::platform::page::PRIVATE;
use crate::platform::problem::{Problem, ProblemDetails};
use crate::platform::visit::{Presented, Visit};

/// Read the story of an awarded entry.
///
/// By whoever acts for its organization; while that agrees to its being published, by those
/// who run the contest, unless they belong to an organization that entered.
#[utoipa::path(
    get,
    path = "/api/v1/contests/{id}/entries/{entry}/story",
    operation_id = "read_story",
    tag = "contests",
    security(("session" = []), ("api_key" = ["contests:enter"])),
    params(
        ("id" = Uuid, Path, description = "The contest's id"),
        ("entry" = Uuid, Path, description = "The entry's id"),
    ),
    responses(
        (status = 200, body = Story, headers(("ETag" = String))),
        (status = 403, body = ProblemDetails, content_type = "application/problem+json", description = "forbidden"),
        (status = 404, body = ProblemDetails, content_type = "application/problem+json", description = "not_found"),
    ),
)]
pub async fn show(
    visit: Visit,
    _: Presented,
    Path((contest, entry)): OfEntry,
) -> Result<Response, Problem> {
    let of = (parse_id(&contest)?, parse_id(&entry)?);
    let found = stories::load(&visit, of).await?;
    let host = found.own.is_err() && found.door.require_host().is_ok();
    if !host {
        found.own.clone()?;
    }
    let story = found.stands;
    let story = story.filter(|story| !host || story.consented_at.is_some());
    let story = story.ok_or_else(Problem::not_found)?;
    Ok(tagged(StatusCode::OK, story.version, story))
}

/// Write the story of an awarded entry.
///
/// By whoever acts for the organization that entered. With `consent` it may be published and
/// sent on; written without, it leaves every list and export. What was sent stays marked so.
#[utoipa::path(
    put,
    path = "/api/v1/contests/{id}/entries/{entry}/story",
    operation_id = "write_story",
    tag = "contests",
    security(("session" = []), ("api_key" = ["contests:enter"])),
    params(
        ("id" = Uuid, Path, description = "The contest's id"),
        ("entry" = Uuid, Path, description = "The entry's id"),
        ("If-Match" = Option<String>, Header, description = "Change only this version"),
    ),
    request_body(content = StoryBody, example = json!({
        "title": "山村里的第一堂科学课", "text": "去年冬天，志愿者第一次走进村小。",
        "pictures": [{"url": "https://example.org/1.jpg", "caption": "孩子们第一次自己装好电路。"}],
        "consent": true,
    })),
    responses(
        (status = 200, body = Story, headers(("ETag" = String))),
        (status = 201, body = Story, headers(("ETag" = String))),
        (status = 403, body = ProblemDetails, content_type = "application/problem+json", description = "forbidden"),
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
    Json(body): Json<StoryBody, LARGE_BODY>,
) -> Result<Response, Problem> {
    let of = (parse_id(&contest)?, parse_id(&entry)?);
    let seen = seen(&headers);
    let meant = |version| seen.is_none_or(|seen| version > 0 && seen.fits(version));
    let (story, new) = acts::story(&visit, of, &body, &meant).await?;
    let status = match new {
        true => StatusCode::CREATED,
        false => StatusCode::OK,
    };
    Ok(tagged(status, story.version, story))
}

/// Mark a story as sent to a channel.
///
/// By those who run the contest, unless they belong to an organization that entered; only
/// while the organization agrees to its being published.
#[utoipa::path(
    post,
    path = "/api/v1/contests/{id}/entries/{entry}/story/sendings",
    operation_id = "mark_story_sent",
    tag = "contests",
    security(("session" = [])),
    params(
        ("id" = Uuid, Path, description = "The contest's id"),
        ("entry" = Uuid, Path, description = "The entry's id"),
        IdempotencyKey,
    ),
    request_body(content = SendingBody, example = json!({
        "channel": "other", "name": "赣州文明网", "link": "https://example.org/news/1", "on": "2026-11-20",
    })),
    responses(
        (status = 201, body = Sending),
        (status = 403, body = ProblemDetails, content_type = "application/problem+json", description = "forbidden, own_entry"),
        (status = 404, body = ProblemDetails, content_type = "application/problem+json", description = "not_found"),
        (status = 409, body = ProblemDetails, content_type = "application/problem+json", description = "already_sent, entry_not_awarded, story_not_consented"),
        (status = 422, body = ProblemDetails, content_type = "application/problem+json", description = "invalid_fields, idempotency_key_reused"),
    ),
)]
pub async fn send(
    visit: Visit,
    _: Presented,
    Path((contest, entry)): OfEntry,
    key: IdempotencyKey,
    Json(body): Json<SendingBody>,
) -> Result<Response, Problem> {
    let of = (parse_id(&contest)?, parse_id(&entry)?);
    let (sending, repeated) = acts::send(&visit, of, &body, &key).await?;
    let cache = [(header::CACHE_CONTROL, PRIVATE)];
    let response = (StatusCode::CREATED, cache, axum::Json(sending)).into_response();
    Ok(match repeated {
        true => replayed(response),
        false => response,
    })
}

/// An awarded entry with its story.
#[derive(Debug, Serialize, ToSchema)]
pub struct StoryLine {
    /// The entry, and what it won.
    entry: AwardedEntry,
    /// What is told of it.
    story: Story,
}

/// Stories that may be published.
#[derive(Debug, Serialize, ToSchema)]
pub struct ContestStories {
    items: Vec<StoryLine>,
    /// Where the next page is; `null` on the last.
    next: Option<String>,
}

/// List the stories of a contest.
///
/// Those whose organizations agree to their being published, in the order of the entries'
/// numbers, with where they were sent: for those who run the contest, unless they belong to an
/// organization that entered.
#[utoipa::path(
    get,
    path = "/api/v1/contests/{id}/stories",
    operation_id = "list_contest_stories",
    tag = "contests",
    security(("session" = [])),
    params(("id" = Uuid, Path, description = "The contest's id"), AwardedQuery),
    responses(
        (status = 200, body = ContestStories, headers(("Link" = String, description = "rel=next, when there is more"))),
        (status = 403, body = ProblemDetails, content_type = "application/problem+json", description = "forbidden, own_entry"),
        (status = 404, body = ProblemDetails, content_type = "application/problem+json", description = "not_found"),
    ),
)]
pub async fn list(
    visit: Visit,
    _: Presented,
    Id(id): Id,
    Query(query): Query<AwardedQuery>,
) -> Result<Response, Problem> {
    let listed = listing::stories(&visit, id, query.wanted()).await?;
    let (next, link) = paged(&visit, &listed);
    let lines = listed.items.into_iter().filter_map(|became| {
        Some(StoryLine {
            story: became.story?,
            entry: became.entry,
        })
    });
    let items = lines.collect();
    let cache = [(header::CACHE_CONTROL, PRIVATE)];
    Ok((cache, link, axum::Json(ContestStories { items, next })).into_response())
}

/// List the stories of a contest as a spreadsheet.
///
/// The same as CSV with the byte order mark Excel asks for. It is continued at the address in
/// `Link`; in it, an apostrophe stands before what Excel would run or rewrite.
#[utoipa::path(
    get,
    path = "/api/v1/contests/{id}/stories.csv",
    operation_id = "export_contest_stories",
    tag = "contests",
    security(("session" = [])),
    params(("id" = Uuid, Path, description = "The contest's id"), AwardedQuery),
    responses(
        (status = 200, body = String, content_type = "text/csv", headers(("Link" = String, description = "rel=next, when there is more"), ("Content-Disposition" = String, description = "Its name"))),
        (status = 403, body = ProblemDetails, content_type = "application/problem+json", description = "forbidden, own_entry"),
        (status = 404, body = ProblemDetails, content_type = "application/problem+json", description = "not_found"),
    ),
)]
pub async fn list_csv(
    visit: Visit,
    _: Presented,
    Id(id): Id,
    Query(query): Query<AwardedQuery>,
) -> Result<Response, Problem> {
    let listed = listing::stories(&visit, id, query.wanted()).await?;
    Ok(spreadsheet(
        &visit,
        "stories",
        &listed,
        sheet::stories(&listed),
    ))
}
