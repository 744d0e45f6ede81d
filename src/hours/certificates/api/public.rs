//! What anybody may ask: whether a certificate holds, and by which key it was signed.

use axum::http::{HeaderName, StatusCode, header};
use axum::response::{IntoResponse, Response};
use deserr::Deserr;
use utoipa::IntoParams;

use super::{Certificate, number_in, opens, origin, own};
use crate::hours::certificates::credential::{Issuer, MEDIA_TYPE, Statement, StatusList};
use crate::hours::certificates::store;
use crate::platform::fields::FieldErrors;
use crate::platform::input::{Id, PageQuery, Path, Query, parse_id};
use crate::platform::page::{PRIVATE, PUBLIC};
use crate::platform::problem::{Problem, ProblemDetails};
use crate::platform::visit::Visit;

/// Whoever checks keys and lists may do so from a page of their own.
const FROM_ANYWHERE: (HeaderName, &str) = (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*");

/// What a shared link carries.
#[derive(Debug, Default, Deserr, IntoParams)]
#[deserr(error = FieldErrors, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct KeyQuery {
    /// The secret of a link that the holder shared: shows all of it.
    #[deserr(default)]
    #[param(example = "mK3xQ0b2T1yWJ8vNfZcR5g")]
    pub key: Option<String>,
}

/// Check a certificate.
///
/// For anybody: whether it is valid, was superseded because a record of it was corrected or
/// because its holder had another one issued under another name, or was revoked. How much else is told is the holder's to decide; the holder and the
/// organization, when they present who they are, read all of it. Hyphens and the case of
/// letters do not matter. A mistyped number is told from one that was never issued.
#[utoipa::path(
    get,
    path = "/api/v1/certificates/{number}",
    operation_id = "check_certificate",
    tag = "certificates",
    params(
        ("number" = String, Path, description = "The certificate's number", example = "7K3M-9QXD-2VTB-N8RQ"),
        KeyQuery,
    ),
    responses(
        (status = 200, body = Certificate),
        (status = 404, body = ProblemDetails, content_type = "application/problem+json", description = "not_found, mistyped_number"),
    ),
)]
pub async fn check(
    visit: Visit,
    Path(number): Path<String>,
    Query(query): Query<KeyQuery>,
) -> Result<Response, Problem> {
    let certificate = store::read(&visit, &number_in(&number)?).await?;
    let shown = Certificate::shown(&visit, certificate, query.key.as_deref());
    Ok(own(StatusCode::OK, shown))
}

/// Serves `/certificates/{number}/badge`, for the holder and whoever has the secret of the
/// link.
pub async fn badge(
    visit: Visit,
    Path(number): Path<String>,
    PageQuery(query): PageQuery<KeyQuery>,
) -> Result<Response, Problem> {
    let certificate = store::read(&visit, &number_in(&number)?).await?;
    if !certificate.is_holder && !opens(&visit, &certificate, query.key.as_deref()) {
        let known = visit.has_credential();
        return Err(if known {
            Problem::forbidden()
        } else {
            Problem::unauthenticated()
        });
    }
    // Whoever has left is named no more.
    let holder = certificate
        .holder_name
        .as_deref()
        .ok_or_else(Problem::not_found)?;
    let statement = Statement {
        issuer: Issuer {
            origin: origin(&visit),
            organization: &certificate.organization_id,
        },
        number: &certificate.number,
        issued_at: certificate.issued_at,
        holder,
        snapshot: &certificate.snapshot,
        key_version: certificate.key_version,
        status: (certificate.status_list, certificate.status_index),
    };
    let name = format!("attachment; filename=\"{}.jwt\"", certificate.number);
    let headers = [
        (header::CONTENT_TYPE, MEDIA_TYPE.to_owned()),
        (header::CACHE_CONTROL, PRIVATE.to_owned()),
        (header::CONTENT_DISPOSITION, name),
    ];
    Ok((headers, statement.badge(&visit.config.keys)).into_response())
}

/// Serves `/organizations/{id}/did.json`.
pub async fn did(visit: Visit, Id(organization): Id) -> Result<Response, Problem> {
    let versions = store::versions(&visit, organization).await?;
    if versions.is_empty() {
        return Err(Problem::not_found());
    }
    let organization = organization.to_string();
    let issuer = Issuer {
        origin: origin(&visit),
        organization: &organization,
    };
    let versions: Vec<i64> = versions.iter().map(|key| key.version).collect();
    let document = issuer.did_document(&visit.config.keys, &versions);
    let headers = [
        (header::CONTENT_TYPE, "application/did+ld+json"),
        (header::CACHE_CONTROL, PUBLIC),
        FROM_ANYWHERE,
    ];
    Ok((headers, document.to_string()).into_response())
}

/// Serves `/organizations/{id}/status-lists/{list}`.
pub async fn status_list(
    visit: Visit,
    Path((organization, list)): Path<(String, u32)>,
) -> Result<Response, Problem> {
    let organization = parse_id(&organization)?;
    let list = i64::from(list);
    let bits = store::status_bits(&visit, organization, list).await?;
    let organization = organization.to_string();
    let credential = StatusList {
        issuer: Issuer {
            origin: origin(&visit),
            organization: &organization,
        },
        number: list,
        key_version: bits.version,
        changed_at: bits.changed_at,
        set: bits.set,
    };
    let token = credential
        .credential(&visit.config.keys)
        .map_err(|error| Problem::internal(error.to_string()))?;
    let headers = [
        (header::CONTENT_TYPE, MEDIA_TYPE),
        (header::CACHE_CONTROL, PUBLIC),
        FROM_ANYWHERE,
    ];
    Ok((headers, token).into_response())
}
