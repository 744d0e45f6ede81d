//! Single records as JSON, and those that are not of service.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;

use super::super::extra::ExtraBody;
use super::super::store::{self, RecordRow};
use super::own;
use crate::hours::{Grade, RecordKind};
use crate::platform::clock::Instant;
use crate::platform::idempotency::{IdempotencyKey, replayed};
use crate::platform::input::{Id, Json};
use crate::platform::problem::{Problem, ProblemDetails};
use crate::platform::visit::{Presented, Visit};

/// A record as its volunteer and its organization read it.
#[derive(Debug, Serialize, ToSchema)]
pub struct ServiceRecord {
    /// UUIDv7.
    #[schema(format = "uuid")]
    pub id: String,
    /// Its place in the ledger, from 1.
    pub seq: i64,
    /// What it is of.
    pub kind: RecordKind,
    /// Whose it is.
    pub name: String,
    /// The recording unit.
    #[schema(format = "uuid")]
    pub organization_id: String,
    /// The sign-up it comes from.
    #[schema(format = "uuid")]
    pub signup_id: Option<String>,
    /// The shift.
    #[schema(format = "uuid")]
    pub shift_id: Option<String>,
    /// The project.
    #[schema(format = "uuid")]
    pub project_id: Option<String>,
    /// The day it took place, in Beijing.
    #[schema(format = Date)]
    pub on_date: String,
    /// When service began, RFC 3339.
    #[schema(value_type = Option<String>, format = "date-time")]
    pub started_at: Option<Instant>,
    /// When it ended, RFC 3339.
    #[schema(value_type = Option<String>, format = "date-time")]
    pub ended_at: Option<Instant>,
    /// Minutes actually given; of study, for training.
    pub minutes: Option<i64>,
    /// How well it is borne out.
    pub grade: Option<Grade>,
    /// What else the record says, by its kind.
    #[schema(value_type = Object)]
    pub facts: serde_json::Value,
    /// Until when it was to be recorded.
    #[schema(format = Date)]
    pub due_on: Option<String>,
    /// Whether it was recorded after that day.
    pub late: bool,
    /// When it was recorded, RFC 3339.
    #[schema(value_type = String, format = "date-time")]
    pub recorded_at: Instant,
    /// The record it corrects.
    #[schema(format = "uuid")]
    pub supersedes: Option<String>,
    /// The record that corrects it; null while it stands.
    #[schema(format = "uuid")]
    pub superseded_by: Option<String>,
    /// Why it corrects, or why more than the shift's length was given.
    pub reason: Option<String>,
}

impl From<RecordRow> for ServiceRecord {
    fn from(row: RecordRow) -> Self {
        let record = row.record;
        Self {
            late: record.is_late(),
            id: record.id,
            seq: record.seq,
            kind: record.kind,
            name: row.name,
            organization_id: record.organization_id,
            signup_id: record.signup_id,
            shift_id: record.shift_id,
            project_id: record.project_id,
            on_date: record.on_date,
            started_at: record.started_at,
            ended_at: record.ended_at,
            minutes: record.minutes,
            grade: record.grade,
            facts: serde_json::from_str(&record.facts).unwrap_or_default(),
            due_on: record.due_on,
            recorded_at: record.recorded_at,
            supersedes: row.supersedes_id,
            superseded_by: row.superseded_by,
            reason: record.reason,
        }
    }
}

/// Read a record.
///
/// For the volunteer, and for those who may read the organization's records.
#[utoipa::path(
    get,
    path = "/api/v1/records/{id}",
    operation_id = "read_record",
    tag = "hours",
    security(("session" = []), ("api_key" = ["hours:read"])),
    params(("id" = Uuid, Path, description = "The record's id")),
    responses(
        (status = 200, body = ServiceRecord),
        (status = 404, body = ProblemDetails, content_type = "application/problem+json", description = "not_found: none of the caller's"),
    ),
)]
pub async fn show(visit: Visit, Id(id): Id) -> Result<Response, Problem> {
    let record = store::record(&visit, id).await?;
    Ok(own(StatusCode::OK, ServiceRecord::from(record)))
}

/// Record training, an honour or an evaluation.
///
/// Of somebody who signed up with the organization; they are told. Such a record stands for
/// ever, as one of service does.
#[utoipa::path(
    post,
    path = "/api/v1/organizations/{org}/records",
    operation_id = "add_record",
    tag = "hours",
    security(("session" = []), ("api_key" = ["hours:write"])),
    params(("org" = Uuid, Path, description = "The organization's id"), IdempotencyKey),
    request_body(content = ExtraBody, examples(
        ("training" = (value = json!({"kind": "training", "phone": "13800138000", "on_date": "2026-11-20", "name": "急救培训", "content": "心肺复苏与包扎", "organizer": "县红十字会", "minutes": 120}))),
        ("honour" = (value = json!({"kind": "honour", "phone": "13800138000", "on_date": "2026-11-20", "name": "优秀志愿者", "grantor": "共青团于都县委"}))),
        ("evaluation" = (value = json!({"kind": "evaluation", "phone": "13800138000", "on_date": "2026-11-20", "quality": "耐心细致，孩子们都喜欢", "activity": "冬日科学课"}))),
    )),
    responses(
        (status = 201, body = ServiceRecord, headers(("Location" = String))),
        (status = 400, body = ProblemDetails, content_type = "application/problem+json", description = "malformed_json, invalid_idempotency_key"),
        (status = 403, body = ProblemDetails, content_type = "application/problem+json", description = "forbidden, own_record"),
        (status = 404, body = ProblemDetails, content_type = "application/problem+json", description = "not_found"),
        (status = 409, body = ProblemDetails, content_type = "application/problem+json", description = "organization_suspended"),
        (status = 422, body = ProblemDetails, content_type = "application/problem+json", description = "invalid_fields, idempotency_key_reused"),
    ),
)]
pub async fn add(
    visit: Visit,
    _: Presented,
    Id(organization): Id,
    key: IdempotencyKey,
    Json(body): Json<ExtraBody>,
) -> Result<Response, Problem> {
    let extra = body.read(visit.now).map_err(Problem::invalid)?;
    let (row, repeated) = store::add(&visit, organization, &extra, &key).await?;
    let location = format!("/api/v1/records/{}", row.record.id);
    let mut response = own(StatusCode::CREATED, ServiceRecord::from(row));
    if let Ok(location) = HeaderValue::from_str(&location) {
        response.headers_mut().insert(header::LOCATION, location);
    }
    Ok(if repeated {
        replayed(response)
    } else {
        response
    })
}
