//! Records handed over, as JSON and as a spreadsheet.

pub mod outside;

use std::collections::HashSet;

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use deserr::Deserr;
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};

use super::store::{self, ExportPage, Mark, TransferMark, Wanted};
use super::{ExportedRecord, MOST, Written, headings};
use crate::menu::api::{continued, link_to};
use crate::platform::download::{BYTE_ORDER_MARK, download, write_row};
use crate::platform::fields::FieldErrors;
use crate::platform::i18n::Words;
use crate::platform::idempotency::{IdempotencyKey, replayed};
use crate::platform::input::{Digits, Id, Json, LARGE_BODY, Many, Query};
use crate::platform::page::PRIVATE;
use crate::platform::problem::{Problem, ProblemDetails};
use crate::platform::text::Line;
use crate::platform::visit::{Presented, Visit};

/// Which records to export, and how.
#[derive(Debug, Deserr, IntoParams)]
#[deserr(error = FieldErrors, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct RecordsExportQuery {
    /// `json` when left out.
    #[param(inline, example = "csv")]
    #[deserr(default)]
    format: Option<Written>,
    /// Only what was not marked as handed over to this system.
    #[param(inline, example = "全国志愿服务信息系统")]
    #[deserr(default)]
    not_transferred_to: Option<Line<60>>,
    /// How many, 200 when left out.
    #[param(inline, example = 200)]
    #[deserr(default)]
    limit: Option<Digits<1, 500>>,
    /// Where the page before ended; taken from its `next`.
    #[param(inline, example = 7)]
    #[deserr(default)]
    cursor: Option<Digits<1, 9_007_199_254_740_991>>,
}

/// One page of records in the fields of the Measures.
#[derive(Debug, Serialize, ToSchema)]
pub struct ExportedRecords {
    items: Vec<ExportedRecord>,
    /// Where the next page is; `null` on the last.
    next: Option<String>,
}

/// Export records.
///
/// Those that stand, in the order they were recorded, in the fields of order 67, articles 7
/// to 10. Names people: for members who record hours and keys with a scope of their own, and
/// each export is written down. With `not_transferred_to`, a page ends after so many records
/// looked at, and may hold few or none: go on until `next` is `null`. A spreadsheet is
/// continued at the address in `Link`; in it, an apostrophe stands before what Excel would
/// run or rewrite.
#[utoipa::path(
    get,
    path = "/api/v1/organizations/{org}/records/export",
    operation_id = "export_records",
    tag = "hours",
    security(("session" = []), ("api_key" = ["hours:export"])),
    params(("org" = Uuid, Path, description = "The organization's id"), RecordsExportQuery),
    responses(
        (status = 200, content((ExportedRecords = "application/json"), (String = "text/csv")), headers(("Link" = String, description = "rel=next, when there is more"), ("Content-Disposition" = String, description = "For a spreadsheet: its name"))),
        (status = 403, body = ProblemDetails, content_type = "application/problem+json", description = "forbidden"),
        (status = 404, body = ProblemDetails, content_type = "application/problem+json", description = "not_found: no such organization"),
    ),
)]
pub async fn export(
    visit: Visit,
    _: Presented,
    Id(organization): Id,
    Query(query): Query<RecordsExportQuery>,
) -> Result<Response, Problem> {
    let format = query.format.unwrap_or(Written::Json);
    let wanted = Wanted {
        format,
        not_transferred_to: query.not_transferred_to.as_ref().map(Line::as_str),
        after: query.cursor.map_or(0, Digits::get),
        limit: query.limit.map_or(200, Digits::get),
    };
    let ExportPage { items, next } = store::export(&visit, organization, &wanted).await?;
    let next = next.map(|seq| continued(&visit.target, &seq.to_string()));
    let link = link_to(next.as_deref());
    let answer = match format {
        Written::Json => own(ExportedRecords { items, next }),
        Written::Csv => {
            let name = format!("records-{}.csv", visit.now.date());
            download("text/csv; charset=utf-8", &name, spreadsheet(&items))
        }
    };
    Ok((link, answer).into_response())
}

fn spreadsheet(items: &[ExportedRecord]) -> String {
    let mut text = BYTE_ORDER_MARK.to_owned();
    write_row(&mut text, &headings());
    for item in items {
        write_row(&mut text, &item.row());
    }
    text
}

fn own(body: impl Serialize) -> Response {
    let headers = [(header::CACHE_CONTROL, PRIVATE)];
    (StatusCode::OK, headers, axum::Json(body)).into_response()
}

fn acted(body: impl Serialize, repeated: bool) -> Response {
    match repeated {
        true => replayed(own(body)),
        false => own(body),
    }
}

/// An error unless there is one at least, and none stands twice for the same.
fn each_once<'a, K: std::hash::Hash + Eq>(
    list: &str,
    field: &str,
    keys: impl ExactSizeIterator<Item = K> + 'a,
) -> Result<(), Problem> {
    let mut errors = FieldErrors::default();
    if keys.len() == 0 {
        let words = Words::new("至少一项", "must have at least one item");
        errors.push(format!("/{list}"), words);
    }
    let mut seen = HashSet::new();
    for (place, key) in keys.enumerate() {
        if !seen.insert(key) {
            let words = Words::new("与前面的重复", "stands twice");
            errors.push(format!("/{list}/{place}/{field}"), words);
        }
    }
    errors.into_result().map_err(Problem::invalid)
}

/// A record that was handed over.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = FieldErrors, deny_unknown_fields)]
pub struct TransferredRecord {
    /// The record's id.
    #[schema(value_type = String, min_length = 1, max_length = 36)]
    record_id: Line<36>,
    /// The other system's own name for it.
    #[schema(value_type = String, min_length = 1, max_length = 80)]
    reference: Line<80>,
}

/// Records that were handed over to a system.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = FieldErrors, deny_unknown_fields)]
pub struct TransferBody {
    /// What the system is called; always write it the same.
    #[schema(value_type = String, min_length = 1, max_length = 60)]
    system: Line<60>,
    /// The records.
    #[schema(value_type = Vec<TransferredRecord>, min_items = 1, max_items = 500)]
    records: Many<TransferredRecord, MOST>,
}

/// The marks as they stand.
#[derive(Debug, Serialize, ToSchema)]
pub struct TransferReport {
    /// What the system is called.
    system: String,
    /// In the order asked for.
    items: Vec<TransferMark>,
}

/// Mark records as handed over.
///
/// To the system named, under its own references: all of them, or none. Marks are kept for
/// good; the same mark again changes nothing, another reference for the same record is
/// refused.
#[utoipa::path(
    post,
    path = "/api/v1/organizations/{org}/records/transfers",
    operation_id = "mark_records_transferred",
    tag = "hours",
    security(("session" = []), ("api_key" = ["hours:write"])),
    params(("org" = Uuid, Path, description = "The organization's id"), IdempotencyKey),
    request_body(content = TransferBody, example = json!({"system": "全国志愿服务信息系统", "records": [{"record_id": "01938e2a-7c10-7d3a-9c55-4b1f8e6d2a90", "reference": "JX-2026-000123"}]})),
    responses(
        (status = 200, body = TransferReport),
        (status = 400, body = ProblemDetails, content_type = "application/problem+json", description = "malformed_json, invalid_idempotency_key"),
        (status = 403, body = ProblemDetails, content_type = "application/problem+json", description = "forbidden"),
        (status = 404, body = ProblemDetails, content_type = "application/problem+json", description = "not_found: no such organization"),
        (status = 422, body = ProblemDetails, content_type = "application/problem+json", description = "invalid_fields, idempotency_key_reused"),
    ),
)]
pub async fn mark(
    visit: Visit,
    _: Presented,
    Id(organization): Id,
    key: IdempotencyKey,
    Json(body): Json<TransferBody, LARGE_BODY>,
) -> Result<Response, Problem> {
    let ids = body.records.iter().map(|record| record.record_id.as_str());
    each_once("records", "record_id", ids)?;
    let marks: Vec<_> = body
        .records
        .iter()
        .map(|record| Mark {
            record_id: record.record_id.as_str().to_owned(),
            reference: record.reference.as_str().to_owned(),
        })
        .collect();
    let system = body.system.as_str();
    let (items, repeated) = store::mark(&visit, organization, system, &marks, &key).await?;
    let system = system.to_owned();
    Ok(acted(TransferReport { system, items }, repeated))
}
