//! What is due, and what was recorded, as JSON.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use deserr::{Deserr, IntoValue, Value, ValuePointerRef};
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::super::store::{self, DueAfter, DuePage, RecordFilter};
use super::own;
use super::records::ServiceRecord;
use crate::hours::Grade;
use crate::hours::working_days::{due, overdue_before};
use crate::menu::api::{link_to, with_cursor};
use crate::menu::search::Cursor;
use crate::platform::clock::Instant;
use crate::platform::fields::FieldErrors;
use crate::platform::i18n::Words;
use crate::platform::input::{Day, Digits, Id, Query, string_from};
use crate::platform::problem::{Problem, ProblemDetails};
use crate::platform::visit::Visit;

crate::string_schema!(
    DueAfter,
    "DueCursor",
    "Where the page before ended; taken from its `next`.",
    "^(0|[1-9][0-9]{0,14})_[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$",
    "1795824000000_01938e2a-7c10-7d3a-9c55-4b1f8e6d2a90"
);

impl DueAfter {
    fn parse(text: &str) -> Option<Self> {
        let (ends_at, shift) = text.split_once('_')?;
        let cursor = Self {
            ends_at: Instant::from_millis(ends_at.parse().ok()?),
            shift: Uuid::try_parse(shift).ok()?,
        };
        (cursor.token() == text).then_some(cursor)
    }

    /// As it stands in a URL.
    pub fn token(&self) -> String {
        format!("{}_{}", self.ends_at.millis(), self.shift)
    }
}

impl Deserr<FieldErrors> for DueAfter {
    fn deserialize_from_value<V: IntoValue>(
        value: Value<V>,
        location: ValuePointerRef,
    ) -> Result<Self, FieldErrors> {
        Self::parse(&string_from(value, location)?).ok_or_else(|| {
            let words = Words::new("请使用上一页给出的地址", "must come from the page before");
            FieldErrors::at(location, words)
        })
    }
}

/// A shift that waits to be settled.
#[derive(Debug, Serialize, ToSchema)]
pub struct DueShift {
    /// UUIDv7.
    #[schema(format = "uuid")]
    shift_id: String,
    /// Which project.
    #[schema(format = "uuid")]
    project_id: String,
    /// What it is called.
    title: String,
    /// What volunteers did.
    role: String,
    /// When it started, RFC 3339.
    #[schema(value_type = String, format = "date-time")]
    starts_at: Instant,
    /// When it ended, RFC 3339.
    #[schema(value_type = String, format = "date-time")]
    ends_at: Instant,
    /// Seats taken.
    confirmed: i64,
    /// Whose it is.
    #[schema(format = "uuid")]
    organization_id: String,
    /// The name of that organization.
    organization_name: String,
    /// Until when it is settled in time: the tenth working day after the end.
    #[schema(format = Date)]
    due_on: String,
    /// Whether that day lies beyond the holidays that are known.
    due_provisional: bool,
    /// Whether that day has passed.
    overdue: bool,
}

/// Shifts that wait to be settled, the oldest first.
#[derive(Debug, Serialize, ToSchema)]
pub struct DueShifts {
    items: Vec<DueShift>,
    /// Where the next page is; `null` on the last.
    next: Option<String>,
}

/// Which page of shifts.
#[derive(Debug, Default, Deserr, IntoParams)]
#[deserr(error = FieldErrors, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct DueQuery {
    /// How many, 50 when left out.
    #[param(inline, example = 50)]
    #[deserr(default)]
    pub limit: Option<Digits<1, 100>>,
    /// Where the page before ended; taken from its `next`.
    #[param(inline)]
    #[deserr(default)]
    pub cursor: Option<DueAfter>,
}

/// The address of the page after, and a name of its own in the query.
pub fn following(target: &str, after: &DueAfter) -> String {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let kept = form_urlencoded::parse(query.as_bytes())
        .filter(|(name, value)| name != "cursor" && !value.is_empty());
    let query = form_urlencoded::Serializer::new(String::new())
        .extend_pairs(kept)
        .append_pair("cursor", &after.token())
        .finish();
    format!("{path}?{query}")
}

fn answer(visit: &Visit, page: DuePage) -> Response {
    let next = page.next.map(|after| following(&visit.target, &after));
    let link = link_to(next.as_deref());
    let late = overdue_before(visit.now.date());
    let items = page
        .shifts
        .into_iter()
        .map(|shift| {
            let due = due(shift.ends_at);
            DueShift {
                shift_id: shift.shift_id,
                project_id: shift.project_id,
                title: shift.title,
                role: shift.role,
                starts_at: shift.starts_at,
                ends_at: shift.ends_at,
                confirmed: shift.confirmed,
                organization_id: shift.organization_id,
                organization_name: shift.organization_name,
                due_on: due.date.to_string(),
                due_provisional: due.provisional,
                overdue: shift.ends_at < late,
            }
        })
        .collect();
    (link, own(StatusCode::OK, DueShifts { items, next })).into_response()
}

/// List the organization's shifts that wait to be settled.
///
/// Those that ended, the oldest first.
#[utoipa::path(
    get,
    path = "/api/v1/organizations/{org}/hours-due",
    operation_id = "list_hours_due",
    tag = "hours",
    security(("session" = []), ("api_key" = ["hours:read"])),
    params(("org" = Uuid, Path, description = "The organization's id"), DueQuery),
    responses(
        (status = 200, body = DueShifts, headers(("Link" = String, description = "rel=next, when there is more"))),
        (status = 403, body = ProblemDetails, content_type = "application/problem+json", description = "forbidden"),
    ),
)]
pub async fn hours_due(
    visit: Visit,
    Id(organization): Id,
    Query(query): Query<DueQuery>,
) -> Result<Response, Problem> {
    let limit = query.limit.map_or(50, Digits::get);
    let after = query.cursor.as_ref();
    let (_, page, _) = store::due_of_organization(&visit, organization, after, limit, None).await?;
    Ok(answer(&visit, page))
}

/// List the shifts in your reach that are overdue to be settled.
///
/// Of organizations in the regions you coordinate, the oldest first.
#[utoipa::path(
    get,
    path = "/api/v1/coordination/hours-due",
    operation_id = "list_hours_overdue",
    tag = "coordination",
    security(("session" = [])),
    params(DueQuery),
    responses(
        (status = 200, body = DueShifts, headers(("Link" = String, description = "rel=next, when there is more"))),
        (status = 403, body = ProblemDetails, content_type = "application/problem+json", description = "forbidden"),
    ),
)]
pub async fn hours_overdue(
    visit: Visit,
    Query(query): Query<DueQuery>,
) -> Result<Response, Problem> {
    let limit = query.limit.map_or(50, Digits::get);
    let after = query.cursor.as_ref();
    let late = overdue_before(visit.now.date());
    let page = store::due_in_reach(&visit, late, after, limit).await?;
    Ok(answer(&visit, page))
}

/// One page of records.
#[derive(Debug, Serialize, ToSchema)]
pub struct ServiceRecords {
    items: Vec<ServiceRecord>,
    /// Where the next page is; `null` on the last.
    next: Option<String>,
}

/// The id of a project in a query.
#[derive(Clone, Copy, Debug)]
pub struct ProjectId(Uuid);

impl Deserr<FieldErrors> for ProjectId {
    fn deserialize_from_value<V: IntoValue>(
        value: Value<V>,
        location: ValuePointerRef,
    ) -> Result<Self, FieldErrors> {
        crate::platform::input::parse_id(&string_from(value, location)?)
            .map(Self)
            .map_err(|_| {
                let words = Words::new("应为项目的编号", "must be a project's id");
                FieldErrors::at(location, words)
            })
    }
}

/// Which records to list. Conditions combine.
#[derive(Debug, Default, Deserr, IntoParams)]
#[deserr(error = FieldErrors, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct RecordsQuery {
    /// Only those of this project.
    #[param(value_type = Option<String>, format = "uuid", example = "01938e2a-7c10-7d3a-9c55-4b1f8e6d2a90")]
    #[deserr(default)]
    pub project: Option<ProjectId>,
    /// Only from this day on.
    #[param(value_type = Option<String>, format = Date, example = "2026-01-01")]
    #[deserr(default)]
    pub from: Option<Day>,
    /// Only until this day.
    #[param(value_type = Option<String>, format = Date, example = "2026-12-31")]
    #[deserr(default)]
    pub to: Option<Day>,
    /// Only those of this grade.
    #[param(inline, example = "D")]
    #[deserr(default)]
    pub grade: Option<Grade>,
    /// How many, 50 when left out.
    #[param(inline, example = 50)]
    #[deserr(default)]
    pub limit: Option<Digits<1, 100>>,
    /// Where the page before ended; taken from its `next`.
    #[param(inline, example = "1795824000000_7")]
    #[deserr(default)]
    pub cursor: Option<Cursor>,
}

impl RecordsQuery {
    /// What to look for.
    pub fn filter(&self) -> RecordFilter {
        RecordFilter {
            project: self.project.map(|project| project.0),
            from: self.from.map(|day| day.0.to_string()),
            to: self.to.map(|day| day.0.to_string()),
            grade: self.grade,
            after: self.cursor,
            limit: self.limit.map_or(50, Digits::get),
        }
    }
}

/// List the organization's records.
///
/// The latest day first, those that were corrected included: `superseded_by` tells.
#[utoipa::path(
    get,
    path = "/api/v1/organizations/{org}/records",
    operation_id = "list_records",
    tag = "hours",
    security(("session" = []), ("api_key" = ["hours:read"])),
    params(("org" = Uuid, Path, description = "The organization's id"), RecordsQuery),
    responses(
        (status = 200, body = ServiceRecords, headers(("Link" = String, description = "rel=next, when there is more"))),
        (status = 403, body = ProblemDetails, content_type = "application/problem+json", description = "forbidden"),
    ),
)]
pub async fn records(
    visit: Visit,
    Id(organization): Id,
    Query(query): Query<RecordsQuery>,
) -> Result<Response, Problem> {
    let filter = query.filter();
    let (_, rows, next) = store::records(&visit, organization, &filter).await?;
    let next = next.map(|cursor| with_cursor(&visit.target, cursor));
    let link = link_to(next.as_deref());
    let items = rows.into_iter().map(ServiceRecord::from).collect();
    let body = ServiceRecords { items, next };
    Ok((link, own(StatusCode::OK, body)).into_response())
}
