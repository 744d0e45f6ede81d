//! The menu as JSON.

use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::notice::{ProjectBody, Reference};
use super::precondition::{Precondition, etag};
use super::publishing::{Outcome, Published, Target, Wanted, own_project, publish};
use super::search::{Cursor, MenuQuery};
use super::store::{self, Before, ProjectRow, ShiftRow};
use super::{Card, Field, ProjectState, ShiftState, SignUpApproval, Skill};
use crate::platform::clock::Instant;
use crate::platform::fields::FieldErrors;
use crate::platform::i18n::Words;
use crate::platform::idempotency::{self, IdempotencyKey};
use crate::platform::input::{Id, Json, LARGE_BODY, Path, Query, invalid_parameters, parse_id};
use crate::platform::page::{PRIVATE, PUBLIC};
use crate::platform::problem::{Problem, ProblemDetails};
use crate::platform::visit::{Presented, Visit};

/// One page of the menu.
#[derive(Debug, Serialize, ToSchema)]
pub struct Menu {
    items: Vec<Card>,
    /// Where the next page is; `null` on the last.
    next: Option<String>,
}

/// A project with its recruitment notice and its shifts.
#[derive(Debug, Serialize, ToSchema)]
pub struct Project {
    /// UUIDv7.
    #[schema(format = "uuid")]
    pub id: String,
    /// The organization's own name for it.
    pub client_ref: String,
    /// Rises with each change; the `ETag` is made of it.
    pub version: i64,
    /// Where it stands.
    pub state: ProjectState,
    /// Who offers it.
    #[schema(format = "uuid")]
    pub organization_id: String,
    /// Its name.
    pub organization_name: String,
    /// Key field.
    pub field: Option<Field>,
    /// What it is called.
    pub title: Option<String>,
    /// One line.
    pub summary: Option<String>,
    /// What volunteers do, and for whom.
    pub content: Option<String>,
    /// GB/T 2260 division code.
    pub region: Option<String>,
    /// The division's name.
    pub region_name: Option<String>,
    /// Where to come.
    pub place: Option<String>,
    /// Who may come.
    pub conditions: Option<String>,
    /// How to sign up.
    pub how_to_sign_up: Option<String>,
    /// What could go wrong.
    pub risks: Option<String>,
    /// What is done about it.
    pub safeguards: Option<String>,
    /// What to bring.
    pub what_to_bring: Option<String>,
    /// Youngest age in whole years on the day of the shift.
    pub min_age: i64,
    /// What somebody must be able to do.
    pub skills: Vec<Skill>,
    /// When sign-up opens; at once when null.
    #[schema(value_type = Option<String>, format = "date-time")]
    pub sign_up_opens_at: Option<Instant>,
    /// Whether the organizer decides on each sign-up.
    pub approval: SignUpApproval,
    /// Sign-up closes so many minutes before a shift starts.
    pub sign_up_closes_minutes: i64,
    /// Volunteers cancel by themselves until so many minutes before the start.
    pub cancel_until_minutes: i64,
    /// Time to get to the place, in minutes.
    pub travel_minutes: i64,
    /// When it was published.
    #[schema(value_type = Option<String>, format = "date-time")]
    pub published_at: Option<Instant>,
    /// Why it changed last.
    pub change_reason: Option<String>,
    /// In order of time.
    pub shifts: Vec<Shift>,
}

/// A time slot of one role.
#[derive(Debug, Serialize, ToSchema)]
pub struct Shift {
    /// UUIDv7.
    #[schema(format = "uuid")]
    pub id: String,
    /// The organization's own name for it.
    #[serde(rename = "ref")]
    pub reference: String,
    /// What somebody does.
    pub role: String,
    /// RFC 3339.
    #[schema(value_type = String, format = "date-time")]
    pub starts_at: Instant,
    /// RFC 3339.
    #[schema(value_type = String, format = "date-time")]
    pub ends_at: Instant,
    /// Seats.
    pub capacity: i64,
    /// Seats left: neither taken nor asked for.
    pub seats_left: i64,
    /// Places on the waiting list.
    pub waitlist: i64,
    /// Volunteers on it.
    pub waiting: i64,
    /// Where it stands.
    pub state: ShiftState,
    /// Why it was moved or called off.
    pub change_reason: Option<String>,
}

impl From<ShiftRow> for Shift {
    fn from(row: ShiftRow) -> Self {
        Self {
            seats_left: row.seats_left(),
            id: row.id,
            reference: row.reference,
            role: row.role,
            starts_at: row.starts_at,
            ends_at: row.ends_at,
            capacity: row.capacity,
            waitlist: row.waitlist,
            waiting: row.waiting,
            state: row.state,
            change_reason: row.change_reason,
        }
    }
}

impl From<(ProjectRow, Vec<ShiftRow>)> for Project {
    fn from((row, shifts): (ProjectRow, Vec<ShiftRow>)) -> Self {
        Self {
            id: row.id,
            client_ref: row.client_ref,
            version: row.version,
            state: row.state,
            organization_id: row.organization_id,
            organization_name: row.organization_name,
            field: row.field,
            title: row.title,
            summary: row.summary,
            content: row.content,
            region: row.region,
            region_name: row.region_name,
            place: row.place,
            conditions: row.conditions,
            how_to_sign_up: row.how_to_sign_up,
            risks: row.risks,
            safeguards: row.safeguards,
            what_to_bring: row.what_to_bring,
            min_age: row.min_age,
            skills: row.skills,
            approval: row.approval,
            sign_up_opens_at: row.sign_up_opens_at,
            sign_up_closes_minutes: row.sign_up_closes_minutes,
            cancel_until_minutes: row.cancel_until_minutes,
            travel_minutes: row.travel_minutes,
            published_at: row.published_at,
            change_reason: row.change_reason,
            shifts: shifts.into_iter().map(Shift::from).collect(),
        }
    }
}

/// List projects on the menu.
///
/// Everybody may read; conditions combine. A page may be shorter than `limit` and still
/// have a `next`: rare combinations are looked for piece by piece.
#[utoipa::path(
    get,
    path = "/api/v1/projects",
    operation_id = "list_projects",
    tag = "projects",
    params(MenuQuery),
    responses(
        (status = 200, body = Menu, headers(("Link" = String, description = "rel=next, when there is more"))),
    ),
)]
pub async fn list(visit: Visit, Query(query): Query<MenuQuery>) -> Result<Response, Problem> {
    let search = query.search(visit.now).map_err(invalid_parameters)?;
    let page = store::list(&visit.db, &search, visit.now).await?;
    let next = page.next.map(|cursor| with_cursor(&visit.target, cursor));
    let link = link_to(next.as_deref());
    let items = page.lines.into_iter().map(|line| line.card).collect();
    let cache = [(header::CACHE_CONTROL, PUBLIC)];
    Ok((cache, link, axum::Json(Menu { items, next })).into_response())
}

/// The `Link` to the next page, if there is one.
pub fn link_to(next: Option<&str>) -> HeaderMap {
    let link = next.and_then(|next| HeaderValue::from_str(&format!("<{next}>; rel=\"next\"")).ok());
    link.map(|link| (header::LINK, link)).into_iter().collect()
}

/// The same address, continued after `cursor`.
pub fn with_cursor(target: &str, cursor: Cursor) -> String {
    continued(target, &cursor.token())
}

/// The same address, continued after what `cursor` stands for.
pub fn continued(target: &str, cursor: &str) -> String {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let kept = form_urlencoded::parse(query.as_bytes())
        .filter(|(name, value)| name != "cursor" && !value.is_empty());
    let query = form_urlencoded::Serializer::new(String::new())
        .extend_pairs(kept)
        .append_pair("cursor", cursor)
        .finish();
    format!("{path}?{query}")
}

/// Read a project.
///
/// Everybody may read what is or was on the menu. A cancelled project answers 410 with
/// its reason.
#[utoipa::path(
    get,
    path = "/api/v1/projects/{id}",
    operation_id = "read_project",
    tag = "projects",
    params(("id" = Uuid, Path, description = "The project's id")),
    responses(
        (status = 200, body = Project),
        (status = 404, body = ProblemDetails, content_type = "application/problem+json", description = "not_found"),
        (status = 410, body = ProblemDetails, content_type = "application/problem+json", description = "project_cancelled"),
    ),
)]
pub async fn show(visit: Visit, Id(id): Id) -> Result<Response, Problem> {
    let found = store::project(&visit.db, &id.to_string()).await?;
    let project = Project::from(for_the_public(found)?);
    let cache = [(header::CACHE_CONTROL, PUBLIC)];
    Ok((cache, axum::Json(project)).into_response())
}

/// What the public may read: no drafts, and of cancelled projects only that they are.
pub fn for_the_public(
    found: Option<(ProjectRow, Vec<ShiftRow>)>,
) -> Result<(ProjectRow, Vec<ShiftRow>), Problem> {
    match found {
        None => Err(Problem::not_found()),
        Some((project, shifts)) => match project.state {
            ProjectState::Draft => Err(Problem::not_found()),
            ProjectState::Cancelled => {
                let problem = Problem::new(
                    StatusCode::GONE,
                    "project_cancelled",
                    Words::new("这个项目已取消", "This project was cancelled"),
                );
                Err(match project.change_reason {
                    Some(reason) => problem.with("reason", reason),
                    None => problem,
                })
            }
            ProjectState::Published | ProjectState::Closed => Ok((project, shifts)),
        },
    }
}

/// Create or replace a project.
///
/// The organization names its projects itself, so a retry changes nothing: the same body
/// again answers 200 with the same `ETag`. A shift with sign-ups is moved or called off
/// only with its `change_reason`, and those signed up are told.
#[utoipa::path(
    put,
    path = "/api/v1/organizations/{org}/projects/{client_ref}",
    operation_id = "put_project",
    tag = "projects",
    security(("api_key" = ["projects:write"]), ("session" = [])),
    params(
        ("org" = Uuid, Path, description = "The organization's id"),
        ("client_ref" = inline(Reference), Path, description = "The organization's own name for the project"),
        ("If-Match" = Option<String>, Header, description = "Replace only this version"),
        ("If-None-Match" = Option<String>, Header, description = "`*`: create only"),
    ),
    request_body(content = ProjectBody, examples(
        ("once" = (summary = "One shift", value = json!({
        "state": "published",
        "title": "冬日山村科学课",
        "field": "education",
        "summary": "带山村孩子做三个小实验",
        "content": "上午两节课，每节四十分钟。材料由我们带去。",
        "region": "360731",
        "place": "于都县潭头村小学",
        "conditions": "有耐心，能讲普通话",
        "how_to_sign_up": "在本页报名，名额满后可候补",
        "risks": "山路湿滑",
        "safeguards": "已为每位志愿者投保",
        "min_age": 16,
        "skills": ["teaching"],
        "shifts": [{
            "ref": "sat-am",
            "role": "课堂助教",
            "starts_at": "2026-12-05T09:00:00+08:00",
            "ends_at": "2026-12-05T11:30:00+08:00",
            "capacity": 12,
            "waitlist": 6,
        }],
        }))),
        ("every-week" = (summary = "A draft with a shift every Saturday but one", value = json!({
            "title": "周六课后陪伴",
            "repeats": [{
                "ref": "sat",
                "rule": "FREQ=WEEKLY;BYDAY=SA;COUNT=8",
                "except": ["2026-12-26"],
                "role": "陪伴志愿者",
                "starts_at": "2026-12-05T14:00:00+08:00",
                "ends_at": "2026-12-05T16:00:00+08:00",
                "capacity": 6,
            }],
        }))),
    )),
    responses(
        (status = 200, body = Project, description = "Replaced, or unchanged", headers(("ETag" = String))),
        (status = 201, body = Project, description = "Created", headers(("ETag" = String), ("Location" = String))),
        (status = 403, body = ProblemDetails, content_type = "application/problem+json", description = "forbidden, organization_not_verified"),
        (status = 404, body = ProblemDetails, content_type = "application/problem+json", description = "not_found: no such organization"),
        (status = 409, body = ProblemDetails, content_type = "application/problem+json", description = "shift_has_signups"),
        (status = 412, body = ProblemDetails, content_type = "application/problem+json", description = "version_conflict"),
        (status = 422, body = ProblemDetails, content_type = "application/problem+json", description = "invalid_fields"),
        (status = 503, body = ProblemDetails, content_type = "application/problem+json", description = "busy: others write to the same project; try again"),
    ),
)]
pub async fn put(
    visit: Visit,
    _: Presented,
    Path((organization, reference)): Path<(String, String)>,
    condition: Precondition,
    body: Result<Json<ProjectBody, LARGE_BODY>, Problem>,
) -> Result<Response, Problem> {
    let (organization, reference) = names(&organization, &reference)?;
    let body = body.map(|Json(body)| body);
    let region = body.as_ref().ok().and_then(|body| body.region.as_ref());
    let target = Target {
        organization: &organization,
        reference: &reference,
        condition: &condition,
        key: &IdempotencyKey::default(),
    };
    let region = region.map(|region| region.as_str());
    let wanted = |_: &Before| body.as_ref().map(Wanted::whole).map_err(Clone::clone);
    publish(&visit, target, region, wanted).await.map(answer)
}

/// Read one of the organization's own projects, drafts included.
#[utoipa::path(
    get,
    path = "/api/v1/organizations/{org}/projects/{client_ref}",
    operation_id = "read_own_project",
    tag = "projects",
    security(("api_key" = ["projects:write"]), ("session" = [])),
    params(
        ("org" = Uuid, Path, description = "The organization's id"),
        ("client_ref" = inline(Reference), Path, description = "The organization's own name for the project"),
    ),
    responses(
        (status = 200, body = Project, headers(("ETag" = String))),
        (status = 403, body = ProblemDetails, content_type = "application/problem+json", description = "forbidden"),
        (status = 404, body = ProblemDetails, content_type = "application/problem+json", description = "not_found"),
        (status = 422, body = ProblemDetails, content_type = "application/problem+json", description = "invalid_fields: the reference is not one"),
    ),
)]
pub async fn own(
    visit: Visit,
    Path((organization, reference)): Path<(String, String)>,
) -> Result<Response, Problem> {
    let (organization, reference) = names(&organization, &reference)?;
    let (project, shifts) = own_project(&visit, &organization, &reference).await?;
    Ok(answer(Published {
        outcome: Outcome::Unchanged,
        project,
        shifts,
        replayed: false,
    }))
}

/// The organization and the project that stand in a path.
pub fn names(organization: &str, reference: &str) -> Result<(String, Reference), Problem> {
    let organization: Uuid = parse_id(organization)?;
    let reference = Reference::parse(reference).ok_or_else(|| {
        Problem::invalid(FieldErrors::one(
            "/client_ref",
            super::notice::reference_words(),
        ))
    })?;
    Ok((organization.to_string(), reference))
}

/// A project as its organization reads it.
pub fn answer(published: Published) -> Response {
    let status = match published.outcome {
        Outcome::Created => StatusCode::CREATED,
        Outcome::Replaced | Outcome::Unchanged => StatusCode::OK,
    };
    let replayed = published.replayed;
    let project = Project::from((published.project, published.shifts));
    let tag = etag(project.version);
    let location = format!("/api/v1/projects/{}", project.id);
    let mut response = (status, axum::Json(project)).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(PRIVATE));
    for (name, value) in [(header::ETAG, tag), (header::LOCATION, location)] {
        if name == header::LOCATION && status != StatusCode::CREATED {
            continue;
        }
        if let Ok(value) = HeaderValue::from_str(&value) {
            headers.insert(name, value);
        }
    }
    if replayed {
        idempotency::replayed(response)
    } else {
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_replaces_the_one_before() {
        let cursor = Cursor { key: 7, project: 8 };
        assert_eq!(
            with_cursor("/a?q=%E4%B9%89&cursor=1_2&field=", cursor),
            "/a?q=%E4%B9%89&cursor=7_8"
        );
        assert_eq!(with_cursor("/a", cursor), "/a?cursor=7_8");
    }
}
