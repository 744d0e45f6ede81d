//! Members as JSON.

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use deserr::Deserr;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::organizations::Role;
use crate::organizations::store::members::{self, Member};
use crate::organizations::store::reading::{self, Membership};
use crate::platform::fields::FieldErrors;
use crate::platform::input::{Id, Json, Path, parse_id};
use crate::platform::page::PRIVATE;
use crate::platform::problem::{Problem, ProblemDetails};
use crate::platform::visit::{Presented, Visit};

/// Everybody in an organization, owners first.
#[derive(Debug, Serialize, ToSchema)]
pub struct Members {
    items: Vec<Member>,
}

/// List an organization's members.
///
/// For its members, never for keys: names are for people.
#[utoipa::path(
    get,
    path = "/api/v1/organizations/{org}/members",
    operation_id = "list_members",
    tag = "members",
    security(("session" = [])),
    params(("org" = Uuid, Path, description = "The organization's id")),
    responses(
        (status = 200, body = Members),
        (status = 403, body = ProblemDetails, content_type = "application/problem+json", description = "forbidden"),
        (status = 404, body = ProblemDetails, content_type = "application/problem+json", description = "not_found"),
    ),
)]
pub async fn list(visit: Visit, Id(organization): Id) -> Result<Response, Problem> {
    let items = members::list(&visit, organization).await?;
    Ok(private(Members { items }))
}

/// What a member shall be.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = FieldErrors, deny_unknown_fields)]
pub struct RoleBody {
    /// The new role.
    role: Role,
}

/// Both ids of a path that ends with somebody or something in an organization.
pub fn two(organization: &str, other: &str) -> Result<(Uuid, Uuid), Problem> {
    Ok((parse_id(organization)?, parse_id(other)?))
}

/// Give a member another role.
///
/// By owners. The last owner stays one.
#[utoipa::path(
    patch,
    path = "/api/v1/organizations/{org}/members/{member}",
    operation_id = "change_member",
    tag = "members",
    security(("session" = [])),
    params(
        ("org" = Uuid, Path, description = "The organization's id"),
        ("member" = Uuid, Path, description = "The volunteer's id"),
    ),
    request_body(content = RoleBody, example = json!({"role": "manager"})),
    responses(
        (status = 200, body = Member),
        (status = 403, body = ProblemDetails, content_type = "application/problem+json", description = "forbidden"),
        (status = 404, body = ProblemDetails, content_type = "application/problem+json", description = "not_found"),
        (status = 409, body = ProblemDetails, content_type = "application/problem+json", description = "last_owner"),
        (status = 422, body = ProblemDetails, content_type = "application/problem+json", description = "invalid_fields"),
    ),
)]
pub async fn change(
    visit: Visit,
    _: Presented,
    Path((organization, member)): Path<(String, String)>,
    Json(body): Json<RoleBody>,
) -> Result<Response, Problem> {
    let (organization, member) = two(&organization, &member)?;
    members::change_role(&visit, organization, member, body.role)
        .await
        .map(private)
}

/// Remove a member, or leave.
///
/// Owners remove anybody, everybody may leave; the last owner cannot.
#[utoipa::path(
    delete,
    path = "/api/v1/organizations/{org}/members/{member}",
    operation_id = "remove_member",
    tag = "members",
    security(("session" = [])),
    params(
        ("org" = Uuid, Path, description = "The organization's id"),
        ("member" = Uuid, Path, description = "The volunteer's id; one's own to leave"),
    ),
    responses(
        (status = 204, description = "They belong to it no longer"),
        (status = 403, body = ProblemDetails, content_type = "application/problem+json", description = "forbidden"),
        (status = 404, body = ProblemDetails, content_type = "application/problem+json", description = "not_found"),
        (status = 409, body = ProblemDetails, content_type = "application/problem+json", description = "last_owner"),
    ),
)]
pub async fn remove(
    visit: Visit,
    Path((organization, member)): Path<(String, String)>,
) -> Result<StatusCode, Problem> {
    let (organization, member) = two(&organization, &member)?;
    members::remove(&visit, organization, member).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// One's own organizations.
#[derive(Debug, Serialize, ToSchema)]
pub struct Memberships {
    items: Vec<Membership>,
}

/// List the organizations you belong to.
#[utoipa::path(
    get,
    path = "/api/v1/me/organizations",
    operation_id = "list_my_organizations",
    tag = "me",
    security(("session" = [])),
    responses(
        (status = 200, body = Memberships),
    ),
)]
pub async fn mine(visit: Visit) -> Result<Response, Problem> {
    let statements = vec![crate::volunteers::who(&visit), reading::memberships(&visit)];
    let batch = visit.db.batch(statements).await?;
    batch
        .first::<crate::volunteers::Me>(0)?
        .ok_or_else(Problem::unauthenticated)?;
    Ok(private(Memberships {
        items: batch.rows(1)?,
    }))
}

/// JSON for one person only.
pub fn private(body: impl Serialize) -> Response {
    ([(header::CACHE_CONTROL, PRIVATE)], axum::Json(body)).into_response()
}
