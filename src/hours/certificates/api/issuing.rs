//! What an organization reads and decides.

use axum::http::StatusCode;
use axum::response::Response;
use deserr::Deserr;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{Certificate, Certificates, ListQuery, number_in, origin, own};
use crate::hours::certificates::credential::Issuer;
use crate::hours::certificates::store::{self, KeyVersion};
use crate::platform::clock::Instant;
use crate::platform::fields::FieldErrors;
use crate::platform::idempotency::{IdempotencyKey, replayed};
use crate::platform::input::{Id, Json, Path, Query};
use crate::platform::problem::{Problem, ProblemDetails};
use crate::platform::text::Line;
use crate::platform::visit::{Presented, Visit};

/// List an organization's certificates.
///
/// All it ever issued, the newest first.
#[utoipa::path(
    get,
    path = "/api/v1/organizations/{org}/certificates",
    operation_id = "list_certificates",
    tag = "certificates",
    security(("session" = []), ("api_key" = ["hours:read"])),
    params(("org" = Uuid, Path, description = "The organization's id"), ListQuery),
    responses(
        (status = 200, body = Certificates),
        (status = 403, body = ProblemDetails, content_type = "application/problem+json", description = "forbidden"),
        (status = 404, body = ProblemDetails, content_type = "application/problem+json", description = "not_found"),
    ),
)]
pub async fn list(
    visit: Visit,
    _: Presented,
    Id(organization): Id,
    Query(query): Query<ListQuery>,
) -> Result<Response, Problem> {
    let (before, limit) = query.page();
    let issued = store::list_of(&visit, organization, before, limit).await?;
    Ok(query.answer(&visit, issued.lines, |line| line.ordinal))
}

/// Why a certificate is taken back.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = FieldErrors, deny_unknown_fields)]
pub struct RevocationBody {
    /// For the holder and the organization; strangers do not see it.
    #[schema(value_type = String, max_length = 200)]
    reason: Line<200>,
    /// Whether the holder may ask for another certificate of its records, as when only the
    /// name was wrong. Otherwise they are refused until you say so.
    #[deserr(default)]
    #[schema(required = false, default = false)]
    may_ask_again: bool,
}

/// Revoke a certificate.
///
/// For the organization that issued it. It stays readable as revoked, its credential's bit
/// in the status list is set, and that is for good. The holder is refused another one of the
/// same records, unless `may_ask_again` is true. Revoking again changes nothing, but that
/// `may_ask_again` may be said later.
#[utoipa::path(
    post,
    path = "/api/v1/certificates/{number}/revocation",
    operation_id = "revoke_certificate",
    tag = "certificates",
    security(("session" = []), ("api_key" = ["hours:write"])),
    params(
        ("number" = String, Path, description = "The certificate's number", example = "7K3M-9QXD-2VTB-N8RQ"),
        IdempotencyKey,
    ),
    request_body(content = RevocationBody, example = json!({"reason": "姓名写错", "may_ask_again": true})),
    responses(
        (status = 200, body = Certificate),
        (status = 403, body = ProblemDetails, content_type = "application/problem+json", description = "forbidden"),
        (status = 404, body = ProblemDetails, content_type = "application/problem+json", description = "not_found, mistyped_number"),
    ),
)]
pub async fn revoke(
    visit: Visit,
    _: Presented,
    Path(number): Path<String>,
    key: IdempotencyKey,
    Json(body): Json<RevocationBody>,
) -> Result<Response, Problem> {
    let number = number_in(&number)?;
    let (certificate, repeated) = store::revoke(
        &visit,
        &number,
        body.reason.as_str(),
        body.may_ask_again,
        &key,
    )
    .await?;
    let response = own(
        StatusCode::OK,
        Certificate::shown(&visit, certificate, None),
    );
    Ok(if repeated {
        replayed(response)
    } else {
        response
    })
}

/// A version of an organization's key.
#[derive(Debug, Serialize, ToSchema)]
pub struct SigningKey {
    /// From 1; the highest signs what is new.
    version: i64,
    /// Its name in what it signed.
    #[schema(
        example = "did:web:diandan.example:organizations:01938e2a-7c10-7d3a-9c55-4b1f8e6d2a90#key-1"
    )]
    kid: String,
    /// Since when it is there, RFC 3339.
    #[schema(value_type = String, format = "date-time")]
    created_at: Instant,
}

/// All versions of an organization's key.
#[derive(Debug, Serialize, ToSchema)]
pub struct SigningKeys {
    items: Vec<SigningKey>,
}

fn keys(visit: &Visit, organization: Uuid, versions: Vec<KeyVersion>) -> SigningKeys {
    let organization = organization.to_string();
    let issuer = Issuer {
        origin: origin(visit),
        organization: &organization,
    };
    let show = |key: KeyVersion| SigningKey {
        version: key.version,
        kid: issuer.key_id(key.version),
        created_at: key.created_at,
    };
    SigningKeys {
        items: versions.into_iter().map(show).collect(),
    }
}

/// List signing keys.
///
/// By which the organization's certificates are signed. Their public halves stand in its
/// `did.json`.
#[utoipa::path(
    get,
    path = "/api/v1/organizations/{org}/signing-keys",
    operation_id = "list_signing_keys",
    tag = "certificates",
    security(("session" = [])),
    params(("org" = Uuid, Path, description = "The organization's id")),
    responses(
        (status = 200, body = SigningKeys),
        (status = 403, body = ProblemDetails, content_type = "application/problem+json", description = "forbidden"),
        (status = 404, body = ProblemDetails, content_type = "application/problem+json", description = "not_found"),
    ),
)]
pub async fn list_keys(
    visit: Visit,
    _: Presented,
    Id(organization): Id,
) -> Result<Response, Problem> {
    let versions = store::signing_keys(&visit, organization).await?;
    Ok(own(StatusCode::OK, keys(&visit, organization, versions)))
}

/// Rotate the signing key.
///
/// Certificates to come are signed with a new key; those signed before stay verifiable.
/// Once a day at most.
#[utoipa::path(
    post,
    path = "/api/v1/organizations/{org}/signing-keys",
    operation_id = "rotate_signing_key",
    tag = "certificates",
    security(("session" = [])),
    params(("org" = Uuid, Path, description = "The organization's id"), IdempotencyKey),
    responses(
        (status = 201, body = SigningKeys),
        (status = 403, body = ProblemDetails, content_type = "application/problem+json", description = "forbidden"),
        (status = 404, body = ProblemDetails, content_type = "application/problem+json", description = "not_found"),
        (status = 409, body = ProblemDetails, content_type = "application/problem+json", description = "key_rotated_today"),
    ),
)]
pub async fn rotate_key(
    visit: Visit,
    _: Presented,
    Id(organization): Id,
    key: IdempotencyKey,
) -> Result<Response, Problem> {
    let (versions, repeated) = store::rotate(&visit, organization, &key).await?;
    let response = own(StatusCode::CREATED, keys(&visit, organization, versions));
    Ok(if repeated {
        replayed(response)
    } else {
        response
    })
}
