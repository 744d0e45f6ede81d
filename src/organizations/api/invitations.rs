//! Invitations as JSON: from the side of who invites, and of who is invited.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use deserr::Deserr;
use serde::Serialize;
use utoipa::ToSchema;

use super::members::{private, two};
use crate::organizations::Role;
use crate::organizations::store::invitations::{self, Accepted, Invitation, Invited, MyInvitation};
use crate::organizations::store::reading::Membership;
use crate::platform::fields::FieldErrors;
use crate::platform::i18n::Words;
use crate::platform::idempotency::{IdempotencyKey, Reply, replayed};
use crate::platform::input::{Id, Json, Path};
use crate::platform::problem::{Problem, ProblemDetails};
use crate::platform::visit::{Presented, Visit};
use crate::volunteers::Phone;

/// Open invitations, the oldest first.
#[derive(Debug, Serialize, ToSchema)]
pub struct Invitations {
    items: Vec<Invitation>,
}

/// List an organization's open invitations.
#[utoipa::path(
    get,
    path = "/api/v1/organizations/{org}/invitations",
    operation_id = "list_invitations",
    tag = "members",
    security(("session" = [])),
    params(("org" = Uuid, Path, description = "The organization's id")),
    responses(
        (status = 200, body = Invitations),
        (status = 403, body = ProblemDetails, content_type = "application/problem+json", description = "forbidden"),
        (status = 404, body = ProblemDetails, content_type = "application/problem+json", description = "not_found"),
    ),
)]
pub async fn list(visit: Visit, Id(organization): Id) -> Result<Response, Problem> {
    let items = invitations::list(&visit, organization).await?;
    Ok(private(Invitations { items }))
}

/// Whom to invite, and as what.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = FieldErrors, deny_unknown_fields)]
pub struct InvitationBody {
    /// A mobile number of mainland China.
    phone: Phone,
    /// What they would be.
    role: Role,
}

/// Invite somebody by phone.
///
/// By owners. They are told, and join when they accept, signed in with that phone, within
/// 14 days. An organization invites at most 20 people a day.
#[utoipa::path(
    post,
    path = "/api/v1/organizations/{org}/invitations",
    operation_id = "invite_member",
    tag = "members",
    security(("session" = [])),
    params(("org" = Uuid, Path, description = "The organization's id"), IdempotencyKey),
    request_body(content = InvitationBody, example = json!({"phone": "13800138000", "role": "manager"})),
    responses(
        (status = 201, body = Invitation),
        (status = 400, body = ProblemDetails, content_type = "application/problem+json", description = "malformed_json, invalid_idempotency_key"),
        (status = 403, body = ProblemDetails, content_type = "application/problem+json", description = "forbidden"),
        (status = 404, body = ProblemDetails, content_type = "application/problem+json", description = "not_found"),
        (status = 409, body = ProblemDetails, content_type = "application/problem+json", description = "already_member, already_invited, too_many_invitations"),
        (status = 422, body = ProblemDetails, content_type = "application/problem+json", description = "invalid_fields, idempotency_key_reused"),
    ),
)]
pub async fn invite(
    visit: Visit,
    _: Presented,
    Id(organization): Id,
    key: IdempotencyKey,
    Json(body): Json<InvitationBody>,
) -> Result<Response, Problem> {
    match invitations::invite(&visit, organization, &body.phone, body.role, &key).await? {
        Invited::Sent(invitation) => created(&invitation),
        Invited::Before(invitation) => created(&invitation).map(replayed),
        refused => Err(not_invited(&refused)),
    }
}

fn created(invitation: &Invitation) -> Result<Response, Problem> {
    Ok(Reply::new(StatusCode::CREATED, invitation)?.into_response())
}

/// Why somebody was not invited.
pub fn not_invited(refused: &Invited) -> Problem {
    let (code, words) = match refused {
        Invited::Member => (
            "already_member",
            Words::new(
                "这个手机号的主人已经是成员",
                "Whoever has this phone is a member already",
            ),
        ),
        Invited::TooMany => (
            "too_many_invitations",
            Words::new(
                "今天的邀请太多了，请明天再试",
                "Too many were invited today; try again tomorrow",
            ),
        ),
        Invited::Already | Invited::Sent(_) | Invited::Before(_) => (
            "already_invited",
            Words::new(
                "已邀请过这个手机号，等待对方接受",
                "This phone is invited already and has not answered yet",
            ),
        ),
    };
    Problem::new(StatusCode::CONFLICT, code, words)
}

/// Withdraw an invitation.
#[utoipa::path(
    delete,
    path = "/api/v1/organizations/{org}/invitations/{invitation}",
    operation_id = "withdraw_invitation",
    tag = "members",
    security(("session" = [])),
    params(
        ("org" = Uuid, Path, description = "The organization's id"),
        ("invitation" = Uuid, Path, description = "The invitation's id"),
    ),
    responses(
        (status = 204, description = "It is over, now or before"),
        (status = 403, body = ProblemDetails, content_type = "application/problem+json", description = "forbidden"),
        (status = 404, body = ProblemDetails, content_type = "application/problem+json", description = "not_found"),
    ),
)]
pub async fn withdraw(
    visit: Visit,
    Path((organization, invitation)): Path<(String, String)>,
) -> Result<StatusCode, Problem> {
    let (organization, invitation) = two(&organization, &invitation)?;
    invitations::withdraw(&visit, organization, invitation).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Invitations for one's own phone.
#[derive(Debug, Serialize, ToSchema)]
pub struct MyInvitations {
    items: Vec<MyInvitation>,
}

/// List the invitations for your phone.
#[utoipa::path(
    get,
    path = "/api/v1/me/invitations",
    operation_id = "list_my_invitations",
    tag = "me",
    security(("session" = [])),
    responses(
        (status = 200, body = MyInvitations),
    ),
)]
pub async fn mine(visit: Visit) -> Result<Response, Problem> {
    let statements = vec![crate::volunteers::who(&visit), invitations::mine(&visit)];
    let batch = visit.db.batch(statements).await?;
    batch
        .first::<crate::volunteers::Me>(0)?
        .ok_or_else(Problem::unauthenticated)?;
    Ok(private(MyInvitations {
        items: batch.rows(1)?,
    }))
}

/// Accept an invitation.
///
/// By whoever is signed in with the phone that was invited; to everybody else there is no
/// such invitation.
#[utoipa::path(
    post,
    path = "/api/v1/me/invitations/{invitation}/acceptance",
    operation_id = "accept_invitation",
    tag = "me",
    security(("session" = [])),
    params(("invitation" = Uuid, Path, description = "The invitation's id"), IdempotencyKey),
    responses(
        (status = 200, body = Membership),
        (status = 404, body = ProblemDetails, content_type = "application/problem+json", description = "not_found"),
        (status = 410, body = ProblemDetails, content_type = "application/problem+json", description = "invitation_over"),
        (status = 422, body = ProblemDetails, content_type = "application/problem+json", description = "idempotency_key_reused"),
    ),
)]
pub async fn accept(
    visit: Visit,
    _: Presented,
    Id(invitation): Id,
    key: IdempotencyKey,
) -> Result<Response, Problem> {
    let reply = |membership| Ok(Reply::new(StatusCode::OK, &membership)?.into_response());
    match invitations::accept(&visit, invitation, &key).await? {
        Accepted::Joined(membership) => reply(membership),
        Accepted::Before(membership) => reply(membership).map(replayed),
        Accepted::Over => Err(over()),
    }
}

/// 410: withdrawn, declined, or too old.
pub fn over() -> Problem {
    Problem::new(
        StatusCode::GONE,
        "invitation_over",
        Words::new(
            "邀请已失效，请让对方重新邀请",
            "This invitation is over; ask for a new one",
        ),
    )
}

/// Decline an invitation.
#[utoipa::path(
    delete,
    path = "/api/v1/me/invitations/{invitation}",
    operation_id = "decline_invitation",
    tag = "me",
    security(("session" = [])),
    params(("invitation" = Uuid, Path, description = "The invitation's id")),
    responses(
        (status = 204, description = "Declined, now or before"),
        (status = 404, body = ProblemDetails, content_type = "application/problem+json", description = "not_found"),
        (status = 410, body = ProblemDetails, content_type = "application/problem+json", description = "invitation_over"),
    ),
)]
pub async fn decline(visit: Visit, Id(invitation): Id) -> Result<StatusCode, Problem> {
    if invitations::decline(&visit, invitation).await? {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(over())
    }
}
