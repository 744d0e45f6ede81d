//! An organization's own projects as JSON: all of them, and what becomes of one.

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use deserr::{Deserr, IntoValue, Value, ValuePointerRef};
use serde::{Deserialize, Serialize};
use serde_json::Map;
use utoipa::{IntoParams, ToSchema};

use super::api::{Project, answer, link_to, names, with_cursor};
use super::lifecycle::{Step, copied, patched};
use super::notice::{ProjectBody, Reference};
use super::precondition::Precondition;
use super::publishing::{Outcome, Published, Target, Wanted, discard, publish};
use super::search::Cursor;
use super::store::{self, Before, Loaded};
use super::{Field, ProjectState};
use crate::organizations::Permission;
use crate::platform::clock::Instant;
use crate::platform::fields::FieldErrors;
use crate::platform::i18n::Words;
use crate::platform::idempotency::IdempotencyKey;
use crate::platform::input::{Count, Digits, Json, LARGE_BODY, Path, Query, parse_id};
use crate::platform::page::PRIVATE;
use crate::platform::problem::{Problem, ProblemDetails};
use crate::platform::text::Line;
use crate::platform::visit::{Presented, Visit};

/// One page of an organization's own projects.
#[derive(Debug, Serialize, ToSchema)]
pub struct OwnProjects {
    items: Vec<OwnProject>,
    /// Where the next page is; `null` on the last.
    next: Option<String>,
}

/// One of an organization's own projects, in short.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
pub struct OwnProject {
    /// UUIDv7.
    #[schema(format = "uuid")]
    pub id: String,
    /// The organization's own name for it.
    pub client_ref: String,
    /// Rises with each change; the `ETag` is made of it.
    pub version: i64,
    /// Where it stands.
    pub state: ProjectState,
    /// What it is called.
    pub title: Option<String>,
    /// Key field.
    pub field: Option<Field>,
    /// The division's name.
    pub region_name: Option<String>,
    /// Start of the first open shift to come.
    #[schema(value_type = Option<String>, format = "date-time")]
    pub next_starts_at: Option<Instant>,
    /// Seats left on shifts to come.
    pub seats_free: i64,
    /// Places left on their waiting lists.
    pub waits_free: i64,
    /// When it was published first; null when it never was.
    #[schema(value_type = Option<String>, format = "date-time")]
    pub published_at: Option<Instant>,
    /// When it changed last.
    #[schema(value_type = String, format = "date-time")]
    pub updated_at: Instant,
}

/// Which of its own projects an organization lists. Conditions combine.
#[derive(Debug, Default, Deserr, IntoParams)]
#[deserr(error = FieldErrors, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct OwnQuery {
    /// Where it stands.
    #[param(inline, example = "draft")]
    #[deserr(default)]
    pub state: Option<ProjectState>,
    /// What its reference or its title begins with.
    #[param(inline, example = "冬日")]
    #[deserr(default)]
    pub q: Option<Line<60>>,
    /// How many, 20 when left out.
    #[param(inline, example = 20)]
    #[deserr(default)]
    pub limit: Option<Digits<1, 100>>,
    /// Where the page before ended; taken from its `next`.
    #[param(inline, example = "0_7")]
    #[deserr(default)]
    pub cursor: Option<Cursor>,
}

/// The same as the store reads it.
#[derive(Clone, Debug)]
pub struct Filter {
    /// Only projects in this state.
    pub state: Option<ProjectState>,
    /// Only projects whose reference or title begins so.
    pub words: Option<String>,
    /// How many.
    pub limit: i64,
    /// Where the page before ended.
    pub after: Option<Cursor>,
}

impl OwnQuery {
    /// What to look for.
    pub fn filter(&self) -> Filter {
        Filter {
            state: self.state,
            words: self.q.as_ref().map(|words| words.as_str().to_owned()),
            limit: self.limit.map_or(20, |limit| limit.get()),
            after: self.cursor,
        }
    }
}

/// List the organization's own projects.
///
/// All of them, drafts and cancelled ones included, the latest first. With `q` those whose
/// reference begins so come first, then those whose title does, each in their order.
#[utoipa::path(
    get,
    path = "/api/v1/organizations/{org}/projects",
    operation_id = "list_own_projects",
    tag = "projects",
    security(("api_key" = ["projects:write"]), ("session" = [])),
    params(("org" = Uuid, Path, description = "The organization's id"), OwnQuery),
    responses(
        (status = 200, body = OwnProjects, headers(("Link" = String, description = "rel=next, when there is more"))),
        (status = 403, body = ProblemDetails, content_type = "application/problem+json", description = "forbidden"),
        (status = 404, body = ProblemDetails, content_type = "application/problem+json", description = "not_found: no such organization"),
    ),
)]
pub async fn list(
    visit: Visit,
    Path(organization): Path<String>,
    query: Result<Query<OwnQuery>, Problem>,
) -> Result<Response, Problem> {
    let organization = parse_id(&organization)?.to_string();
    let filter = query.as_ref().map(|Query(query)| query.filter());
    let page = store::own_list(&visit, &organization, filter.as_ref().ok()).await?;
    let agent = page.agent.ok_or_else(Problem::unauthenticated)?;
    agent.require(Permission::ReadProjects)?;
    filter.map_err(Clone::clone)?;
    let next = page.next.map(|cursor| with_cursor(&visit.target, cursor));
    let link = link_to(next.as_deref());
    let cache = [(header::CACHE_CONTROL, PRIVATE)];
    let items = page.projects;
    Ok((cache, link, axum::Json(OwnProjects { items, next })).into_response())
}

/// Parts of a project that are to be put differently.
#[derive(Debug)]
pub struct Patch(Map<String, serde_json::Value>);

impl Deserr<FieldErrors> for Patch {
    fn deserialize_from_value<V: IntoValue>(
        value: Value<V>,
        location: ValuePointerRef,
    ) -> Result<Self, FieldErrors> {
        match serde_json::Value::from(value) {
            serde_json::Value::Object(parts) => Ok(Self(parts)),
            _ => Err(FieldErrors::at(
                location,
                Words::new("应为对象", "must be an object"),
            )),
        }
    }
}

/// Change parts of a project.
///
/// A JSON Merge Patch (RFC 7396): parts named are put differently, parts named null taken
/// away, all others stay. `shifts` is one part: name every shift that shall remain. What
/// a shift or a place change needs said is the same as in a replacement, and is said in
/// the patch: reasons given before explain nothing new.
#[utoipa::path(
    patch,
    path = "/api/v1/organizations/{org}/projects/{client_ref}",
    operation_id = "patch_project",
    tag = "projects",
    security(("api_key" = ["projects:write"]), ("session" = [])),
    params(
        ("org" = Uuid, Path, description = "The organization's id"),
        ("client_ref" = inline(Reference), Path, description = "The organization's own name for the project"),
        ("If-Match" = Option<String>, Header, description = "Change only this version"),
    ),
    request_body(content(
        (ProjectBody = "application/merge-patch+json", example = json!({"title": "冬日山村科学课（二）", "what_to_bring": null})),
        (ProjectBody = "application/json", example = json!({"state": "closed"})),
    )),
    responses(
        (status = 200, body = Project, description = "Changed, or unchanged", headers(("ETag" = String))),
        (status = 403, body = ProblemDetails, content_type = "application/problem+json", description = "forbidden, organization_not_verified"),
        (status = 404, body = ProblemDetails, content_type = "application/problem+json", description = "not_found"),
        (status = 409, body = ProblemDetails, content_type = "application/problem+json", description = "shift_has_signups"),
        (status = 412, body = ProblemDetails, content_type = "application/problem+json", description = "version_conflict"),
        (status = 422, body = ProblemDetails, content_type = "application/problem+json", description = "invalid_fields"),
    ),
)]
pub async fn patch(
    visit: Visit,
    _: Presented,
    Path((organization, reference)): Path<(String, String)>,
    condition: Precondition,
    patch: Result<Json<Patch, LARGE_BODY>, Problem>,
) -> Result<Response, Problem> {
    let (organization, reference) = names(&organization, &reference)?;
    let patch = patch.map(|Json(Patch(parts))| parts);
    let region = patch.as_ref().ok().and_then(|parts| parts.get("region"));
    let target = Target {
        organization: &organization,
        reference: &reference,
        condition: &condition,
        key: &IdempotencyKey::default(),
    };
    let region = region.and_then(serde_json::Value::as_str);
    let wanted = |before: &Before| patched(before, patch.as_ref().map_err(Clone::clone)?);
    publish(&visit, target, region, wanted).await.map(answer)
}

/// Publish a project.
///
/// Puts a draft on the menu, or opens a closed project again. The notice must be complete,
/// a shift must lie ahead, and the organization must be verified. A project that is
/// published already is answered as it stands.
#[utoipa::path(
    post,
    path = "/api/v1/organizations/{org}/projects/{client_ref}/publish",
    operation_id = "publish_project",
    tag = "projects",
    security(("api_key" = ["projects:write"]), ("session" = [])),
    params(
        ("org" = Uuid, Path, description = "The organization's id"),
        ("client_ref" = inline(Reference), Path, description = "The organization's own name for the project"),
        ("If-Match" = Option<String>, Header, description = "Publish only this version"),
        IdempotencyKey,
    ),
    responses(
        (status = 200, body = Project, headers(("ETag" = String))),
        (status = 403, body = ProblemDetails, content_type = "application/problem+json", description = "forbidden, organization_not_verified"),
        (status = 404, body = ProblemDetails, content_type = "application/problem+json", description = "not_found"),
        (status = 409, body = ProblemDetails, content_type = "application/problem+json", description = "wrong_state: it was called off"),
        (status = 412, body = ProblemDetails, content_type = "application/problem+json", description = "version_conflict"),
        (status = 422, body = ProblemDetails, content_type = "application/problem+json", description = "invalid_fields, idempotency_key_reused"),
    ),
)]
pub async fn publish_one(
    visit: Visit,
    _: Presented,
    Path((organization, reference)): Path<(String, String)>,
    condition: Precondition,
    key: IdempotencyKey,
) -> Result<Response, Problem> {
    let (organization, reference) = names(&organization, &reference)?;
    let target = Target {
        organization: &organization,
        reference: &reference,
        condition: &condition,
        key: &key,
    };
    step(&visit, target, Ok(Step::Publish)).await
}

/// Close a project.
///
/// No more sign-ups; its shifts go on. One that is closed already is answered as it stands.
#[utoipa::path(
    post,
    path = "/api/v1/organizations/{org}/projects/{client_ref}/close",
    operation_id = "close_project",
    tag = "projects",
    security(("api_key" = ["projects:write"]), ("session" = [])),
    params(
        ("org" = Uuid, Path, description = "The organization's id"),
        ("client_ref" = inline(Reference), Path, description = "The organization's own name for the project"),
        ("If-Match" = Option<String>, Header, description = "Close only this version"),
        IdempotencyKey,
    ),
    responses(
        (status = 200, body = Project, headers(("ETag" = String))),
        (status = 403, body = ProblemDetails, content_type = "application/problem+json", description = "forbidden"),
        (status = 404, body = ProblemDetails, content_type = "application/problem+json", description = "not_found"),
        (status = 409, body = ProblemDetails, content_type = "application/problem+json", description = "wrong_state: it is a draft or was called off"),
        (status = 412, body = ProblemDetails, content_type = "application/problem+json", description = "version_conflict"),
        (status = 422, body = ProblemDetails, content_type = "application/problem+json", description = "invalid_fields: the reference is not one, idempotency_key_reused"),
    ),
)]
pub async fn close(
    visit: Visit,
    _: Presented,
    Path((organization, reference)): Path<(String, String)>,
    condition: Precondition,
    key: IdempotencyKey,
) -> Result<Response, Problem> {
    let (organization, reference) = names(&organization, &reference)?;
    let target = Target {
        organization: &organization,
        reference: &reference,
        condition: &condition,
        key: &key,
    };
    step(&visit, target, Ok(Step::Close)).await
}

/// Why a project is called off.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = FieldErrors, deny_unknown_fields)]
pub struct CancelBody {
    /// Told to those signed up, and to whoever opens the project's page.
    #[schema(example = "连日暴雨，山路不通")]
    pub reason: Line<200>,
}

/// Call a project off.
///
/// Everybody on its shifts to come is freed and told the reason; what took place stays as
/// it was. One that was called off already is answered as it stands. To call off a single
/// shift, list it with `state` `cancelled` and a `change_reason` in a patch or replacement.
#[utoipa::path(
    post,
    path = "/api/v1/organizations/{org}/projects/{client_ref}/cancel",
    operation_id = "cancel_project",
    tag = "projects",
    security(("api_key" = ["projects:write"]), ("session" = [])),
    params(
        ("org" = Uuid, Path, description = "The organization's id"),
        ("client_ref" = inline(Reference), Path, description = "The organization's own name for the project"),
        ("If-Match" = Option<String>, Header, description = "Call off only this version"),
        IdempotencyKey,
    ),
    request_body(content = CancelBody, example = json!({"reason": "连日暴雨，山路不通"})),
    responses(
        (status = 200, body = Project, headers(("ETag" = String))),
        (status = 400, body = ProblemDetails, content_type = "application/problem+json", description = "malformed_json, invalid_idempotency_key"),
        (status = 403, body = ProblemDetails, content_type = "application/problem+json", description = "forbidden"),
        (status = 404, body = ProblemDetails, content_type = "application/problem+json", description = "not_found"),
        (status = 409, body = ProblemDetails, content_type = "application/problem+json", description = "wrong_state: it was never published"),
        (status = 412, body = ProblemDetails, content_type = "application/problem+json", description = "version_conflict"),
        (status = 422, body = ProblemDetails, content_type = "application/problem+json", description = "invalid_fields, idempotency_key_reused"),
    ),
)]
pub async fn cancel(
    visit: Visit,
    _: Presented,
    Path((organization, reference)): Path<(String, String)>,
    condition: Precondition,
    key: IdempotencyKey,
    body: Result<Json<CancelBody>, Problem>,
) -> Result<Response, Problem> {
    let (organization, reference) = names(&organization, &reference)?;
    let target = Target {
        organization: &organization,
        reference: &reference,
        condition: &condition,
        key: &key,
    };
    let body = body.map(|Json(body)| Step::Cancel(body.reason));
    step(&visit, target, body).await
}

async fn step(
    visit: &Visit,
    target: Target<'_>,
    step: Result<Step, Problem>,
) -> Result<Response, Problem> {
    let wanted = |before: &Before| {
        let step = step.as_ref().map_err(Clone::clone)?;
        step.of(before, visit.now)
    };
    publish(visit, target, None, wanted).await.map(answer)
}

/// What a copy is called, and when it takes place.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = FieldErrors, deny_unknown_fields)]
pub struct CopyBody {
    /// The organization's own name for the copy.
    #[schema(example = "winter-2027")]
    pub client_ref: Reference,
    /// So many days later, 0 when left out.
    #[schema(value_type = Option<i64>, minimum = 0, maximum = 732)]
    #[deserr(default)]
    pub shift_days: Option<Count<0, 732>>,
}

/// Copy a project.
///
/// The copy is a draft with a name of its own. Shifts that were called off are not copied,
/// nor those that would have begun by now.
#[utoipa::path(
    post,
    path = "/api/v1/organizations/{org}/projects/{client_ref}/copy",
    operation_id = "copy_project",
    tag = "projects",
    security(("api_key" = ["projects:write"]), ("session" = [])),
    params(
        ("org" = Uuid, Path, description = "The organization's id"),
        ("client_ref" = inline(Reference), Path, description = "The organization's own name for the project that is copied"),
        IdempotencyKey,
    ),
    request_body(content = CopyBody, example = json!({"client_ref": "winter-2027", "shift_days": 7})),
    responses(
        (status = 201, body = Project, headers(("ETag" = String), ("Location" = String))),
        (status = 400, body = ProblemDetails, content_type = "application/problem+json", description = "malformed_json, invalid_idempotency_key"),
        (status = 403, body = ProblemDetails, content_type = "application/problem+json", description = "forbidden"),
        (status = 404, body = ProblemDetails, content_type = "application/problem+json", description = "not_found"),
        (status = 409, body = ProblemDetails, content_type = "application/problem+json", description = "reference_taken: another project has that name"),
        (status = 422, body = ProblemDetails, content_type = "application/problem+json", description = "invalid_fields, idempotency_key_reused"),
    ),
)]
pub async fn copy(
    visit: Visit,
    _: Presented,
    Path((organization, reference)): Path<(String, String)>,
    key: IdempotencyKey,
    body: Result<Json<CopyBody>, Problem>,
) -> Result<Response, Problem> {
    let (organization, reference) = names(&organization, &reference)?;
    let body = body.map(|Json(body)| body);
    let copy = copy_project(&visit, &organization, &reference, &key, body).await?;
    Ok(answer(copy))
}

/// Copies a project as [`copy`] does.
pub async fn copy_project(
    visit: &Visit,
    organization: &str,
    reference: &Reference,
    key: &IdempotencyKey,
    wish: Result<CopyBody, Problem>,
) -> Result<Published, Problem> {
    let condition = Precondition::default();
    let source = Target {
        organization,
        reference,
        condition: &condition,
        key,
    };
    let found = match store::load(visit, source, None).await? {
        Loaded::Now(agent, before) => {
            let agent = agent.ok_or_else(Problem::unauthenticated)?;
            agent.require(Permission::WriteProjects)?;
            wish.as_ref().map_err(Clone::clone)?;
            before.answer.ok_or_else(Problem::not_found)?
        }
        Loaded::Earlier(earlier) => {
            let organization = source.organization;
            return Published::earlier(visit, organization, &earlier)
                .await
                .map(as_created);
        }
    };
    let wish = wish?;
    let days = wish.shift_days.map_or(0, Count::get);
    let body = copied((&found.0, &found.1), days, visit.now)?;
    let region = body.region.as_ref().map(|region| region.as_str());
    let target = Target {
        reference: &wish.client_ref,
        ..source
    };
    let wanted = |before: &Before| match before.standing {
        None => Ok(Wanted::whole(&body, before)),
        Some(_) => Err(reference_taken()),
    };
    publish(visit, target, region, wanted).await.map(as_created)
}

/// 409: another project of the organization has this reference.
pub fn reference_taken() -> Problem {
    Problem::new(StatusCode::CONFLICT, "reference_taken", taken_words())
}

/// That in words.
pub fn taken_words() -> Words {
    Words::new(
        "您的另一个项目已用了这个编号",
        "Another project of yours has this reference",
    )
}

/// A retry is answered as the first request was.
fn as_created(published: Published) -> Published {
    Published {
        outcome: Outcome::Created,
        ..published
    }
}

/// Delete a draft.
///
/// Only drafts that were never published: what volunteers may have seen stays on record,
/// and is called off instead.
#[utoipa::path(
    delete,
    path = "/api/v1/organizations/{org}/projects/{client_ref}",
    operation_id = "delete_project",
    tag = "projects",
    security(("api_key" = ["projects:write"]), ("session" = [])),
    params(
        ("org" = Uuid, Path, description = "The organization's id"),
        ("client_ref" = inline(Reference), Path, description = "The organization's own name for the project"),
        ("If-Match" = Option<String>, Header, description = "Delete only this version"),
    ),
    responses(
        (status = 204),
        (status = 403, body = ProblemDetails, content_type = "application/problem+json", description = "forbidden"),
        (status = 404, body = ProblemDetails, content_type = "application/problem+json", description = "not_found"),
        (status = 409, body = ProblemDetails, content_type = "application/problem+json", description = "wrong_state: it is or was published"),
        (status = 412, body = ProblemDetails, content_type = "application/problem+json", description = "version_conflict"),
        (status = 422, body = ProblemDetails, content_type = "application/problem+json", description = "invalid_fields: the reference is not one"),
    ),
)]
pub async fn delete(
    visit: Visit,
    Path((organization, reference)): Path<(String, String)>,
    condition: Precondition,
) -> Result<Response, Problem> {
    let (organization, reference) = names(&organization, &reference)?;
    let target = Target {
        organization: &organization,
        reference: &reference,
        condition: &condition,
        key: &IdempotencyKey::default(),
    };
    discard(&visit, target).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}
