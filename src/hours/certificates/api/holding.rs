//! What a volunteer asks for, and decides.

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use deserr::{Deserr, IntoValue, Value, ValuePointerRef};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{Certificate, Certificates, IdDocumentView, ListQuery, number_in, own, share_url};
use crate::hours::certificates::Disclosure;
use crate::hours::certificates::id_document::{IdDocument, IdDocumentKind, number_words};
use crate::hours::certificates::store::{self, Question};
use crate::platform::crypto::Token;
use crate::platform::fields::FieldErrors;
use crate::platform::i18n::Words;
use crate::platform::idempotency::{IdempotencyKey, Ran, Reply, replayed};
use crate::platform::input::{Day, Json, Path, Query, parse_id, string_from};
use crate::platform::problem::{Problem, ProblemDetails};
use crate::platform::text::Line;
use crate::platform::visit::{Presented, Visit};

/// An id in a body.
#[derive(Clone, Copy, Debug)]
struct Known(Uuid);

impl Deserr<FieldErrors> for Known {
    fn deserialize_from_value<V: IntoValue>(
        value: Value<V>,
        location: ValuePointerRef,
    ) -> Result<Self, FieldErrors> {
        parse_id(&string_from(value, location)?)
            .map(Self)
            .map_err(|_| {
                FieldErrors::at(
                    location,
                    Words::new("应为编号（UUID）", "must be an id (UUID)"),
                )
            })
    }
}

/// Which hours a certificate is to state.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = FieldErrors, deny_unknown_fields)]
pub struct QuestionBody {
    /// The organization that recorded them.
    #[schema(value_type = String, format = "uuid")]
    organization_id: Known,
    /// Of this project only.
    #[deserr(default)]
    #[schema(value_type = Option<String>, format = "uuid")]
    project_id: Option<Known>,
    /// Of this day and later ones.
    #[deserr(default)]
    #[schema(value_type = Option<String>, format = "date")]
    from: Option<Day>,
    /// Of this day and earlier ones.
    #[deserr(default)]
    #[schema(value_type = Option<String>, format = "date")]
    to: Option<Day>,
    /// What strangers see who check the number; the least when left out.
    #[deserr(default = Disclosure::Validity)]
    #[schema(required = false)]
    disclosure: Disclosure,
}

/// A question whose days are in order.
pub fn question(
    organization: Uuid,
    project: Option<Uuid>,
    (from, to): (Option<Day>, Option<Day>),
    disclosure: Disclosure,
) -> Result<Question, FieldErrors> {
    if let (Some(Day(from)), Some(Day(to))) = (from, to)
        && from > to
    {
        let words = Words::new("不能早于开始日期", "must not be before the first day");
        return Err(FieldErrors::one("/to", words));
    }
    Ok(Question {
        organization,
        project,
        from: from.map(|Day(day)| day.to_string()),
        to: to.map(|Day(day)| day.to_string()),
        disclosure,
    })
}

/// Ask for a certificate.
///
/// Free, and there at once: the organization's statement of the hours it recorded, as the
/// records stand now. What was asked for within a day and still states the same is answered
/// with 200 instead of being issued twice. Those issued to the same volunteer under another
/// name, by whichever organization, are superseded by it. The same as a signed Open Badges 3.0 credential
/// (VC-JWT) is at `/certificates/{number}/badge`, for the holder.
#[utoipa::path(
    post,
    path = "/api/v1/me/certificates",
    operation_id = "ask_for_certificate",
    tag = "certificates",
    security(("session" = [])),
    params(IdempotencyKey),
    request_body(content = QuestionBody, example = json!({"organization_id": "01938e2a-7c10-7d3a-9c55-4b1f8e6d2a90", "from": "2026-01-01", "to": "2026-12-31", "disclosure": "summary"})),
    responses(
        (status = 200, body = Certificate, description = "It was issued before"),
        (status = 201, body = Certificate, headers(("Location" = String))),
        (status = 404, body = ProblemDetails, content_type = "application/problem+json", description = "not_found: no such organization"),
        (status = 409, body = ProblemDetails, content_type = "application/problem+json", description = "no_hours, certificate_revoked, organization_suspended"),
        (status = 422, body = ProblemDetails, content_type = "application/problem+json", description = "name_missing"),
        (status = 429, body = ProblemDetails, content_type = "application/problem+json", description = "too_many_certificates"),
    ),
)]
pub async fn ask(
    visit: Visit,
    _: Presented,
    key: IdempotencyKey,
    Json(body): Json<QuestionBody>,
) -> Result<Response, Problem> {
    let project = body.project_id.map(|Known(id)| id);
    let Known(organization) = body.organization_id;
    let question = question(organization, project, (body.from, body.to), body.disclosure)
        .map_err(Problem::invalid)?;
    let asked = store::ask(&visit, &question, &key).await?;
    let status = match asked.is_new {
        true => StatusCode::CREATED,
        false => StatusCode::OK,
    };
    let location = format!("/api/v1/certificates/{}", asked.certificate.number);
    let mut response = own(status, Certificate::shown(&visit, asked.certificate, None));
    if asked.is_new {
        response = ([(header::LOCATION, location)], response).into_response();
    }
    Ok(if asked.repeated {
        replayed(response)
    } else {
        response
    })
}

/// List your certificates.
///
/// The newest first.
#[utoipa::path(
    get,
    path = "/api/v1/me/certificates",
    operation_id = "list_my_certificates",
    tag = "certificates",
    security(("session" = [])),
    params(ListQuery),
    responses((status = 200, body = Certificates)),
)]
pub async fn mine(
    visit: Visit,
    _: Presented,
    Query(query): Query<ListQuery>,
) -> Result<Response, Problem> {
    let (before, limit) = query.page();
    let lines = store::mine(&visit, before, limit).await?;
    Ok(query.answer(&visit, lines, |line| line.seq))
}

/// What changes of a certificate.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = FieldErrors, deny_unknown_fields)]
pub struct CertificatePatch {
    /// What strangers see from now on.
    disclosure: Disclosure,
}

/// Change what strangers see.
///
/// For the holder. What the certificate states stays as it is.
#[utoipa::path(
    patch,
    path = "/api/v1/certificates/{number}",
    operation_id = "change_certificate",
    tag = "certificates",
    security(("session" = [])),
    params(("number" = String, Path, description = "The certificate's number", example = "7K3M-9QXD-2VTB-N8RQ")),
    request_body(content = CertificatePatch, example = json!({"disclosure": "full"})),
    responses(
        (status = 200, body = Certificate),
        (status = 403, body = ProblemDetails, content_type = "application/problem+json", description = "forbidden"),
        (status = 404, body = ProblemDetails, content_type = "application/problem+json", description = "not_found, mistyped_number"),
    ),
)]
pub async fn change(
    visit: Visit,
    _: Presented,
    Path(number): Path<String>,
    Json(body): Json<CertificatePatch>,
) -> Result<Response, Problem> {
    let number = number_in(&number)?;
    let certificate = store::set_disclosure(&visit, &number, body.disclosure).await?;
    Ok(own(
        StatusCode::OK,
        Certificate::shown(&visit, certificate, None),
    ))
}

/// A link that shows all of a certificate.
#[derive(Debug, Serialize, ToSchema)]
pub struct Share {
    /// For whoever is to see all of it.
    #[schema(
        format = "uri",
        example = "https://diandan.example/certificates/7K3M-9QXD-2VTB-N8RQ?key=mK3xQ0b2T1yWJ8vNfZcR5g"
    )]
    url: String,
}

/// A secret for a link. Half of a token: nobody stores it, and it has to fit a QR code.
pub fn new_secret() -> Result<String, Problem> {
    let token = Token::new("")?;
    Ok(token.reveal().chars().take(22).collect())
}

/// Share a certificate.
///
/// For the holder: gives a link that shows all of it, whatever strangers see. A link given
/// before ends.
#[utoipa::path(
    post,
    path = "/api/v1/certificates/{number}/share",
    operation_id = "share_certificate",
    tag = "certificates",
    security(("session" = [])),
    params(
        ("number" = String, Path, description = "The certificate's number", example = "7K3M-9QXD-2VTB-N8RQ"),
        IdempotencyKey,
    ),
    responses(
        (status = 201, body = Share),
        (status = 403, body = ProblemDetails, content_type = "application/problem+json", description = "forbidden"),
        (status = 404, body = ProblemDetails, content_type = "application/problem+json", description = "not_found, mistyped_number"),
    ),
)]
pub async fn share(
    visit: Visit,
    _: Presented,
    Path(number): Path<String>,
    key: IdempotencyKey,
) -> Result<Response, Problem> {
    let number = number_in(&number)?;
    let secret = new_secret()?;
    let url = share_url(&visit, &number, &secret);
    let reply = Reply::new(StatusCode::CREATED, &Share { url })?;
    match store::set_share(&visit, &number, Some(&secret), &key, Some(&reply)).await? {
        Some(Ran::Before(earlier)) => earlier.response(&visit),
        _ => Ok(reply.into_response()),
    }
}

/// Stop sharing a certificate.
///
/// For the holder: the link given before ends.
#[utoipa::path(
    delete,
    path = "/api/v1/certificates/{number}/share",
    operation_id = "stop_sharing_certificate",
    tag = "certificates",
    security(("session" = [])),
    params(("number" = String, Path, description = "The certificate's number", example = "7K3M-9QXD-2VTB-N8RQ")),
    responses(
        (status = 204, description = "Ended, now or before"),
        (status = 403, body = ProblemDetails, content_type = "application/problem+json", description = "forbidden"),
        (status = 404, body = ProblemDetails, content_type = "application/problem+json", description = "not_found, mistyped_number"),
    ),
)]
pub async fn unshare(
    visit: Visit,
    _: Presented,
    Path(number): Path<String>,
) -> Result<Response, Problem> {
    let number = number_in(&number)?;
    store::set_share(&visit, &number, None, &IdempotencyKey::default(), None).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// A document by which a volunteer is known.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = FieldErrors, deny_unknown_fields)]
pub struct IdDocumentBody {
    /// Which document.
    kind: IdDocumentKind,
    /// Its number; of a resident ID all 18 characters.
    #[schema(value_type = String, max_length = 40)]
    number: Line<40>,
}

/// Read your document.
///
/// As certificates to come show it: the middle of its number hidden. 404 when none is
/// kept.
#[utoipa::path(
    get,
    path = "/api/v1/me/id-document",
    operation_id = "read_my_id_document",
    tag = "certificates",
    security(("session" = [])),
    responses(
        (status = 200, body = IdDocumentView),
        (status = 404, body = ProblemDetails, content_type = "application/problem+json", description = "not_found: none is kept"),
    ),
)]
pub async fn document(visit: Visit, _: Presented) -> Result<Response, Problem> {
    let document = store::document(&visit)
        .await?
        .ok_or_else(Problem::not_found)?;
    Ok(own(StatusCode::OK, IdDocumentView::from(document)))
}

/// Keep your document.
///
/// Its number is kept encrypted and never shown in full. It stands, the middle hidden, on
/// certificates issued from then on, when you or the organization open them; strangers never
/// see it.
#[utoipa::path(
    put,
    path = "/api/v1/me/id-document",
    operation_id = "keep_my_id_document",
    tag = "certificates",
    security(("session" = [])),
    request_body(content = IdDocumentBody, example = json!({"kind": "resident_id", "number": "11010519491231002X"})),
    responses((status = 200, body = IdDocumentView)),
)]
pub async fn keep_document(
    visit: Visit,
    _: Presented,
    Json(body): Json<IdDocumentBody>,
) -> Result<Response, Problem> {
    let document = IdDocument::parse(body.kind, body.number.as_str(), visit.now)
        .ok_or_else(|| Problem::invalid(FieldErrors::one("/number", number_words(body.kind))))?;
    let kept = store::keep_document(&visit, Some(&document)).await?;
    let kept = kept.ok_or_else(Problem::not_found)?;
    Ok(own(StatusCode::OK, IdDocumentView::from(kept)))
}

/// Forget your document.
///
/// It stands on no certificate any more, whenever that was issued.
#[utoipa::path(
    delete,
    path = "/api/v1/me/id-document",
    operation_id = "forget_my_id_document",
    tag = "certificates",
    security(("session" = [])),
    responses((status = 204, description = "Forgotten, now or before")),
)]
pub async fn forget_document(visit: Visit, _: Presented) -> Result<Response, Problem> {
    store::keep_document(&visit, None).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}
