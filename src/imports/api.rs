//! Imports as JSON.

use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use deserr::Deserr;
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};

use super::acting::{FileIn, HandedIn, admit, call_off, cut, do_for_real, ids, may_read, seen};
use super::receiving::Receiving;
use super::store::{self, Wanted, Which};
use super::{Format, Import, LARGEST_FILE, LineReport, report};
use crate::menu::api::link_to;
use crate::platform::fields::FieldErrors;
use crate::platform::i18n::Words;
use crate::platform::idempotency::{IdempotencyKey, Passing, replayed};
use crate::platform::input::{Digits, Path, Pieces, Query, is_plain, parse_id};
use crate::platform::page::PRIVATE;
use crate::platform::problem::{Problem, ProblemDetails};
use crate::platform::visit::{Presented, Visit};

/// Imports, the newest first.
#[derive(Debug, Serialize, ToSchema)]
pub struct Imports {
    items: Vec<Import>,
    /// Where the next page is; `null` on the last.
    next: Option<String>,
}

/// What became of the lines of an import, in the order of the file.
#[derive(Debug, Serialize, ToSchema)]
pub struct Report {
    items: Vec<LineReport>,
    /// Where the next page is; `null` on the last.
    next: Option<String>,
}

/// How a file is to be imported.
#[derive(Debug, Deserr, IntoParams)]
#[into_params(parameter_in = Query)]
#[deserr(error = FieldErrors, deny_unknown_fields)]
pub struct HandIn {
    /// `1`: shows what would happen and writes nothing.
    #[param(inline, example = 1)]
    #[deserr(default)]
    dry_run: Option<Digits<0, 1>>,
}

/// A page of imports.
#[derive(Debug, Deserr, IntoParams)]
#[into_params(parameter_in = Query)]
#[deserr(error = FieldErrors, deny_unknown_fields)]
pub struct ImportsQuery {
    /// Imports on a page; 20 when left out.
    #[param(inline, example = 20)]
    #[deserr(default)]
    limit: Option<Digits<1, 100>>,
    /// From `next` of the page before.
    #[param(example = "01900000-0000-7000-8000-000000000001")]
    #[deserr(default)]
    cursor: Option<String>,
}

/// A page of a report.
#[derive(Debug, Deserr, IntoParams)]
#[into_params(parameter_in = Query)]
#[deserr(error = FieldErrors, deny_unknown_fields)]
pub struct ReportQuery {
    /// Lines on a page; 100 when left out.
    #[param(inline, example = 100)]
    #[deserr(default)]
    limit: Option<Digits<1, 500>>,
    /// From `next` of the page before.
    #[param(inline, example = 100)]
    #[deserr(default)]
    cursor: Option<Digits<0, 1_000_000>>,
    /// Only lines this became of; only `refused` may be asked for.
    #[param(inline, example = "refused")]
    #[deserr(default)]
    outcome: Option<RefusedOnly>,
}

crate::choice! {
    /// The lines somebody has to look at.
    RefusedOnly {
        /// Lines that were not taken.
        Refused = "refused",
    }
}

/// Import projects in bulk.
///
/// Takes up to 5,000 projects, 20 MB in all, and answers at once with an import that gets
/// on by itself; look at it where `Location` says. NDJSON is one project a line, as `PUT`
/// of that project takes it, with its `client_ref` beside. CSV is as in the template:
/// one row a shift, UTF-8 or GB18030, separated by comma, semicolon or tab. Each line is
/// taken or refused by itself, as `PUT` would. The same file again changes nothing.
/// Within 24 hours a verified organization imports 40 times, 40,000 projects and 100 MB at
/// most, any other 10 times, 500 projects and 2 MB; trials count.
#[utoipa::path(
    post,
    path = "/api/v1/organizations/{org}/imports",
    operation_id = "begin_import",
    tag = "imports",
    security(("api_key" = ["projects:write"]), ("session" = [])),
    params(("org" = Uuid, Path, description = "The organization's id"), HandIn, IdempotencyKey),
    request_body(content(
        (String = "application/x-ndjson", example = "{\"client_ref\":\"science-01\",\"title\":\"冬日山村科学课\"}\n{\"client_ref\":\"science-02\"}\n"),
        (String = "text/csv", example = "编号,项目名称,班次编号,班次岗位,班次开始时间,班次结束时间,班次名额\nscience-01,冬日山村科学课,am,助教,2026-12-05 09:00,2026-12-05 11:00,6\n"),
    )),
    responses(
        (status = 202, body = Import, headers(("Location" = String))),
        (status = 400, body = ProblemDetails, content_type = "application/problem+json", description = "invalid_parameters, invalid_idempotency_key"),
        (status = 403, body = ProblemDetails, content_type = "application/problem+json", description = "forbidden"),
        (status = 404, body = ProblemDetails, content_type = "application/problem+json", description = "not_found: no such organization"),
        (status = 409, body = ProblemDetails, content_type = "application/problem+json", description = "too_many_imports"),
        (status = 413, body = ProblemDetails, content_type = "application/problem+json", description = "body_too_large"),
        (status = 415, body = ProblemDetails, content_type = "application/problem+json", description = "unsupported_media_type"),
        (status = 422, body = ProblemDetails, content_type = "application/problem+json", description = "unreadable_file, too_many_projects, idempotency_key_reused"),
        (status = 429, body = ProblemDetails, content_type = "application/problem+json", description = "import_quota_spent"),
    ),
)]
pub async fn begin(
    visit: Visit,
    _: Presented,
    Path(organization): Path<String>,
    Query(asked): Query<HandIn>,
    key: IdempotencyKey,
    request: Request,
) -> Result<Response, Problem> {
    let organization = parse_id(&organization)?.to_string();
    let (parts, body) = request.into_parts();
    let mut pieces = Pieces::new(body, LARGEST_FILE);
    let admitted = match format_of(&parts.headers) {
        Ok(format) => admit(&visit, &organization)
            .await
            .map(|agent| (agent, format)),
        Err(problem) => Err(problem),
    };
    let (agent, format) = match admitted {
        Ok(admitted) => admitted,
        Err(problem) => {
            pieces.drain().await?;
            return Err(problem);
        }
    };
    let mut passing = Passing::new(&parts.extensions);
    let mut receiving = Receiving::new(&visit, &organization, Some(format));
    let upload = receiving.upload().to_owned();
    let received = async {
        while let Some(piece) = pieces.next().await? {
            passing.piece(&piece);
            receiving.push(&piece).await?;
        }
        passing.note();
        receiving.end().await
    }
    .await;
    let hand_in = FileIn {
        organization: &organization,
        agent: &agent,
        dry_run: asked.dry_run.is_some_and(|dry| dry.get() == 1),
        key: &key,
    };
    let finished = match received {
        Ok(received) => hand_in.finish(&visit, received).await,
        Err(problem) => {
            pieces.drain().await?;
            Err(problem)
        }
    };
    if !matches!(finished, Ok(HandedIn::Now(..))) {
        // What arrived is nobody's; the clock would find it in an hour.
        store::drop_upload(&visit, &upload).await?;
    }
    finished?.answer(&visit)
}

fn format_of(headers: &HeaderMap) -> Result<Format, Problem> {
    let mime = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split(';').next())
        .map(|mime| mime.trim().to_ascii_lowercase());
    let format = match mime.as_deref() {
        Some("application/x-ndjson") => Some(Format::Ndjson),
        Some("text/csv") => Some(Format::Csv),
        _ => None,
    };
    format.filter(|_| is_plain(headers)).ok_or_else(|| {
        Problem::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "unsupported_media_type",
            Words::new(
                "请求体应为未压缩的 application/x-ndjson 或 text/csv",
                "The body must be application/x-ndjson or text/csv, not compressed",
            ),
        )
    })
}

/// List imports.
///
/// The newest first. Files and reports are kept for 30 days.
#[utoipa::path(
    get,
    path = "/api/v1/organizations/{org}/imports",
    operation_id = "list_imports",
    tag = "imports",
    security(("api_key" = ["projects:write"]), ("session" = [])),
    params(("org" = Uuid, Path, description = "The organization's id"), ImportsQuery),
    responses(
        (status = 200, body = Imports, headers(("Link" = String, description = "rel=next, when there is more"))),
        (status = 403, body = ProblemDetails, content_type = "application/problem+json", description = "forbidden"),
        (status = 404, body = ProblemDetails, content_type = "application/problem+json", description = "not_found: no such organization"),
    ),
)]
pub async fn list(
    visit: Visit,
    Path(organization): Path<String>,
    Query(query): Query<ImportsQuery>,
) -> Result<Response, Problem> {
    let organization = parse_id(&organization)?.to_string();
    let limit = query.limit.map_or(20, Digits::get);
    let after = query.cursor.as_deref();
    let (agent, mut items) = store::recent(&visit, &organization, after, limit + 1).await?;
    may_read(agent.as_ref())?;
    let more = cut(&mut items, limit);
    let next = items
        .last()
        .filter(|_| more)
        .map(|last| next_page(&visit, &last.id));
    let link = link_to(next.as_deref());
    Ok((private(), link, axum::Json(Imports { items, next })).into_response())
}

/// Read an import.
///
/// How far it is, and how many lines came to what. It gets on while somebody looks, and
/// every minute.
#[utoipa::path(
    get,
    path = "/api/v1/organizations/{org}/imports/{import}",
    operation_id = "read_import",
    tag = "imports",
    security(("api_key" = ["projects:write"]), ("session" = [])),
    params(
        ("org" = Uuid, Path, description = "The organization's id"),
        ("import" = Uuid, Path, description = "The import's id"),
    ),
    responses(
        (status = 200, body = Import),
        (status = 403, body = ProblemDetails, content_type = "application/problem+json", description = "forbidden"),
        (status = 404, body = ProblemDetails, content_type = "application/problem+json", description = "not_found"),
    ),
)]
pub async fn show(
    visit: Visit,
    Path((organization, import)): Path<(String, String)>,
) -> Result<Response, Problem> {
    let (organization, import) = ids(&organization, &import)?;
    let (_, import, _) = seen(store::see(&visit, &organization, &import, &[]).await?)?;
    Ok((private(), axum::Json(import)).into_response())
}

/// Read the report of an import.
///
/// A line for each project of the file that is done with: what became of it, or in a dry
/// run what would, and if it was refused, everything that is wrong with it. With
/// `Accept: text/csv` it is all of it as a spreadsheet, as at `report.csv`; what the query
/// says then counts for nothing.
#[utoipa::path(
    get,
    path = "/api/v1/organizations/{org}/imports/{import}/report",
    operation_id = "read_import_report",
    tag = "imports",
    security(("api_key" = ["projects:write"]), ("session" = [])),
    params(
        ("org" = Uuid, Path, description = "The organization's id"),
        ("import" = Uuid, Path, description = "The import's id"),
        ReportQuery,
    ),
    responses(
        (status = 200, content((Report = "application/json"), (String = "text/csv")), headers(("Link" = String, description = "rel=next, when there is more"))),
        (status = 403, body = ProblemDetails, content_type = "application/problem+json", description = "forbidden"),
        (status = 404, body = ProblemDetails, content_type = "application/problem+json", description = "not_found"),
    ),
)]
pub async fn read_report(
    visit: Visit,
    Path((organization, import)): Path<(String, String)>,
    Query(query): Query<ReportQuery>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let (organization, import) = ids(&organization, &import)?;
    let varies = (header::VARY, HeaderValue::from_static("Accept"));
    if prefers_csv(&headers) {
        let spreadsheet = report::spreadsheet(&visit, &organization, &import).await?;
        return Ok(([varies], spreadsheet).into_response());
    }
    let limit = query.limit.map_or(100, Digits::get);
    let wanted = Wanted {
        after: query.cursor.map_or(0, Digits::get),
        limit: limit + 1,
        which: query
            .outcome
            .map_or(Which::All, |RefusedOnly::Refused| Which::Refused),
    };
    let found = store::see(&visit, &organization, &import, &[wanted]).await?;
    let (_, _, mut lists) = seen(found)?;
    let mut items = lists.pop().unwrap_or_default();
    let more = cut(&mut items, limit);
    let next = items
        .last()
        .filter(|_| more)
        .map(|last| next_page(&visit, &last.number.to_string()));
    let link = link_to(next.as_deref());
    let report = axum::Json(Report { items, next });
    Ok((private(), [varies], link, report).into_response())
}

/// Whether a spreadsheet is asked for by name, and wanted more than JSON (RFC 9110,
/// section 12.5.1). What stands for anything is JSON.
fn prefers_csv(headers: &HeaderMap) -> bool {
    let ranges = headers.get_all(header::ACCEPT).iter();
    let ranges = ranges.filter_map(|value| value.to_str().ok());
    let (mut csv, mut json) = (0.0_f32, 0.0_f32);
    for range in ranges.flat_map(|list| list.split(',')) {
        let mut parts = range.split(';').map(str::trim);
        let name = parts.next().unwrap_or_default();
        let weight = parts
            .find_map(|part| part.strip_prefix("q="))
            .map_or(1.0, |weight| weight.parse().unwrap_or(0.0));
        if name.eq_ignore_ascii_case("text/csv") {
            csv = weight;
        } else if name.eq_ignore_ascii_case("application/json") {
            json = weight;
        }
    }
    csv > json
}

/// Read the report of an import as a spreadsheet.
///
/// To be handed back to whoever made the file: a row for each project that is done with,
/// and for each of its faults, with the row of the file it is in. UTF-8 with a byte order
/// mark.
#[utoipa::path(
    get,
    path = "/api/v1/organizations/{org}/imports/{import}/report.csv",
    operation_id = "read_import_report_csv",
    tag = "imports",
    security(("api_key" = ["projects:write"]), ("session" = [])),
    params(
        ("org" = Uuid, Path, description = "The organization's id"),
        ("import" = Uuid, Path, description = "The import's id"),
    ),
    responses(
        (status = 200, body = String, content_type = "text/csv", headers(("Content-Disposition" = String))),
        (status = 403, body = ProblemDetails, content_type = "application/problem+json", description = "forbidden"),
        (status = 404, body = ProblemDetails, content_type = "application/problem+json", description = "not_found"),
    ),
)]
pub async fn read_report_csv(
    visit: Visit,
    Path((organization, import)): Path<(String, String)>,
) -> Result<Response, Problem> {
    let (organization, import) = ids(&organization, &import)?;
    report::spreadsheet(&visit, &organization, &import).await
}

/// Cancel an import.
///
/// No more lines are done; what was done stays. An import that is over stays as it is.
#[utoipa::path(
    post,
    path = "/api/v1/organizations/{org}/imports/{import}/cancel",
    operation_id = "cancel_import",
    tag = "imports",
    security(("api_key" = ["projects:write"]), ("session" = [])),
    params(
        ("org" = Uuid, Path, description = "The organization's id"),
        ("import" = Uuid, Path, description = "The import's id"),
        IdempotencyKey,
    ),
    responses(
        (status = 200, body = Import),
        (status = 403, body = ProblemDetails, content_type = "application/problem+json", description = "forbidden"),
        (status = 404, body = ProblemDetails, content_type = "application/problem+json", description = "not_found"),
        (status = 422, body = ProblemDetails, content_type = "application/problem+json", description = "idempotency_key_reused"),
    ),
)]
pub async fn cancel(
    visit: Visit,
    _: Presented,
    Path((organization, import)): Path<(String, String)>,
    key: IdempotencyKey,
) -> Result<Response, Problem> {
    let (organization, import) = ids(&organization, &import)?;
    let (import, earlier) = call_off(&visit, &organization, &import, &key).await?;
    let response = (private(), axum::Json(import)).into_response();
    Ok(if earlier {
        replayed(response)
    } else {
        response
    })
}

/// Do for real what a dry run showed.
///
/// Imports the same file without handing it in again. What happened since then counts:
/// lines are decided anew.
#[utoipa::path(
    post,
    path = "/api/v1/organizations/{org}/imports/{import}/apply",
    operation_id = "apply_import",
    tag = "imports",
    security(("api_key" = ["projects:write"]), ("session" = [])),
    params(
        ("org" = Uuid, Path, description = "The organization's id"),
        ("import" = Uuid, Path, description = "The id of a dry run that is done"),
        IdempotencyKey,
    ),
    responses(
        (status = 202, body = Import, headers(("Location" = String))),
        (status = 403, body = ProblemDetails, content_type = "application/problem+json", description = "forbidden"),
        (status = 404, body = ProblemDetails, content_type = "application/problem+json", description = "not_found"),
        (status = 409, body = ProblemDetails, content_type = "application/problem+json", description = "dry_run_not_done, too_many_imports"),
        (status = 422, body = ProblemDetails, content_type = "application/problem+json", description = "idempotency_key_reused"),
        (status = 429, body = ProblemDetails, content_type = "application/problem+json", description = "import_quota_spent"),
    ),
)]
pub async fn apply(
    visit: Visit,
    _: Presented,
    Path((organization, import)): Path<(String, String)>,
    key: IdempotencyKey,
) -> Result<Response, Problem> {
    let (organization, import) = ids(&organization, &import)?;
    do_for_real(&visit, &organization, &import, &key)
        .await?
        .answer(&visit)
}

/// The template of the spreadsheet.
///
/// With Chinese headings and one example, a draft. UTF-8 with a byte order mark.
#[utoipa::path(
    get,
    path = "/api/v1/imports/template.csv",
    operation_id = "read_import_template",
    tag = "imports",
    responses(
        (status = 200, body = String, content_type = "text/csv", headers(("Content-Disposition" = String))),
    ),
)]
pub async fn template(visit: Visit) -> Response {
    super::template::serve(&visit)
}

fn private() -> [(header::HeaderName, &'static str); 1] {
    [(header::CACHE_CONTROL, PRIVATE)]
}

/// The same address, continued after `cursor`.
fn next_page(visit: &Visit, cursor: &str) -> String {
    let (path, query) = visit.target.split_once('?').unwrap_or((&*visit.target, ""));
    let kept = form_urlencoded::parse(query.as_bytes()).filter(|(name, _)| name != "cursor");
    let query = form_urlencoded::Serializer::new(String::new())
        .extend_pairs(kept)
        .append_pair("cursor", cursor)
        .finish();
    format!("{path}?{query}")
}
