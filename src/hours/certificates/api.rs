//! Certificates as JSON.

pub mod holding;
pub mod issuing;
pub mod public;

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use deserr::Deserr;
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};

use super::credential::Issuer;
use super::id_document::IdDocumentKind;
use super::snapshot::{Item, Minutes};
use super::store::{self, Shown};
use super::{CertificateState, Disclosure, Number, Supersession, masked_name, mistyped};
use crate::menu::api::{link_to, with_cursor};
use crate::menu::search::Cursor;
use crate::platform::clock::Instant;
use crate::platform::crypto::same;
use crate::platform::fields::FieldErrors;
use crate::platform::input::Digits;
use crate::platform::page::PRIVATE;
use crate::platform::problem::Problem;
use crate::platform::visit::Visit;

/// Scheme and host in addresses that outlive this visit: on paper, in what was signed.
pub fn origin(visit: &Visit) -> &str {
    let known_by = visit.config.public_origin.as_deref();
    known_by.unwrap_or(&visit.origin)
}

/// Where anybody checks a certificate.
pub fn address(visit: &Visit, number: &impl std::fmt::Display) -> String {
    format!("{}/certificates/{number}", origin(visit))
}

/// The number in a path, spelt anyhow; one with a slip in it is told so.
pub fn number_in(path: &str) -> Result<Number, Problem> {
    Number::parse(path).ok_or_else(mistyped)
}

/// The recording unit, as it was when the certificate was issued.
#[derive(Debug, Serialize, ToSchema)]
pub struct RecordingUnit {
    /// UUIDv7.
    #[schema(format = "uuid")]
    id: String,
    /// Its name.
    name: String,
    /// Its unified social credit code, when it had one.
    credit_code: Option<String>,
    /// By which what it signs is checked (`did:web`).
    #[schema(
        example = "did:web:diandan.example:organizations:01938e2a-7c10-7d3a-9c55-4b1f8e6d2a90"
    )]
    did: String,
}

/// All that a certificate states.
#[derive(Debug, Serialize, ToSchema)]
pub struct Contents {
    /// Whom it means; null when they have left.
    name: Option<String>,
    /// The project it was asked for; null when for all.
    #[schema(format = "uuid")]
    project_id: Option<String>,
    /// The day from which on it was asked for.
    #[schema(format = "date")]
    from: Option<String>,
    /// The day to which it was asked for.
    #[schema(format = "date")]
    to: Option<String>,
    /// Minutes by how well they are borne out.
    grades: Minutes,
    /// What was given, by activity.
    items: Vec<Item>,
}

/// A document by which somebody is known.
#[derive(Debug, Serialize, ToSchema)]
pub struct IdDocumentView {
    /// Which document.
    kind: IdDocumentKind,
    /// Its number, the middle hidden.
    #[schema(example = "360***********1234")]
    number: String,
}

impl From<Shown> for IdDocumentView {
    fn from((kind, number): Shown) -> Self {
        Self { kind, number }
    }
}

/// What only the holder and the organization see of a certificate.
#[derive(Debug, Serialize, ToSchema)]
pub struct Inside {
    /// The holder's document as it was when the certificate was issued, if one was given.
    id_document: Option<IdDocumentView>,
    /// Why it was revoked.
    revocation_reason: Option<String>,
    /// Whether the holder may ask for another one of its records, after it was revoked.
    may_ask_again: bool,
    /// A link that shows all of it to whoever has it; for the holder.
    #[schema(format = "uri")]
    share_url: Option<String>,
}

/// A certificate, as far as the reader may see it.
#[derive(Debug, Serialize, ToSchema)]
pub struct Certificate {
    /// Its number.
    #[schema(example = "7K3M-9QXD-2VTB-N8RQ")]
    number: String,
    /// Where anybody checks it.
    #[schema(format = "uri")]
    url: String,
    /// What it is worth.
    state: CertificateState,
    /// Since when, RFC 3339.
    #[schema(value_type = String, format = "date-time")]
    state_since: Instant,
    /// Why it was superseded; null in any other state.
    superseded_because: Option<Supersession>,
    /// When it was issued, RFC 3339.
    #[schema(value_type = String, format = "date-time")]
    issued_at: Instant,
    /// Whose statement it is.
    organization: RecordingUnit,
    /// Whether that organization is suspended at present; what it certified before keeps its
    /// state.
    organization_suspended: bool,
    /// What strangers see.
    disclosure: Disclosure,
    /// The holder's name, all but its first character hidden; null where only the validity
    /// is shown.
    #[schema(example = "张*")]
    masked_name: Option<String>,
    /// Minutes, all together; null where only the validity is shown.
    minutes: Option<i64>,
    /// All of it; null where the reader sees less.
    contents: Option<Contents>,
    /// For the holder and the organization.
    inside: Option<Inside>,
}

/// Whether somebody has the secret of a certificate's link.
pub fn opens(visit: &Visit, certificate: &store::Certificate, key: Option<&str>) -> bool {
    let share = certificate.share(visit);
    matches!((share, key), (Some(share), Some(key)) if same(&share, key))
}

/// How much of a certificate a reader sees: its own people all, whoever has the secret of
/// its link as well, strangers what the holder agreed to.
pub fn shown_to(visit: &Visit, certificate: &store::Certificate, key: Option<&str>) -> Disclosure {
    if certificate.is_holder || certificate.is_issuer || opens(visit, certificate, key) {
        Disclosure::Full
    } else {
        certificate.disclosure
    }
}

/// The link that shows all of a certificate.
pub fn share_url(visit: &Visit, number: &Number, secret: &str) -> String {
    format!("{}?key={secret}", address(visit, number))
}

impl Certificate {
    /// For whoever holds `key`, or nothing.
    pub fn shown(visit: &Visit, certificate: store::Certificate, key: Option<&str>) -> Self {
        let shown = shown_to(visit, &certificate, key);
        let minutes = certificate.snapshot.minutes();
        let inside = (certificate.is_holder || certificate.is_issuer).then(|| Inside {
            id_document: certificate.document(visit).map(IdDocumentView::from),
            revocation_reason: certificate.revocation_reason.clone(),
            may_ask_again: certificate.may_ask_again,
            share_url: certificate
                .share(visit)
                .filter(|_| certificate.is_holder)
                .map(|secret| share_url(visit, &certificate.number, &secret)),
        });
        let issuer = Issuer {
            origin: origin(visit),
            organization: &certificate.organization_id,
        };
        let did = issuer.did();
        Self {
            url: address(visit, &certificate.number),
            state: certificate.state(),
            state_since: certificate.state_since(),
            superseded_because: certificate.superseded_because(),
            issued_at: certificate.issued_at,
            organization_suspended: certificate.organization_suspended,
            disclosure: certificate.disclosure,
            masked_name: certificate
                .holder_name
                .as_deref()
                .filter(|_| shown >= Disclosure::Summary)
                .map(masked_name),
            minutes: (shown >= Disclosure::Summary).then(|| minutes.total()),
            inside,
            organization: RecordingUnit {
                id: certificate.organization_id,
                name: certificate.snapshot.organization,
                credit_code: certificate.snapshot.credit_code,
                did,
            },
            contents: (shown == Disclosure::Full).then_some(Contents {
                name: certificate.holder_name,
                project_id: certificate.project_id,
                from: certificate.first_day,
                to: certificate.last_day,
                grades: minutes,
                items: certificate.snapshot.items,
            }),
            number: certificate.number.to_string(),
        }
    }
}

/// A certificate in a list.
#[derive(Debug, Serialize, ToSchema)]
pub struct CertificateLine {
    /// Its number.
    #[schema(example = "7K3M-9QXD-2VTB-N8RQ")]
    number: String,
    /// Whose statement it is.
    #[schema(format = "uuid")]
    organization_id: String,
    /// What that was called.
    organization: String,
    /// Whom it means, all but the first character hidden; null when they have left.
    #[schema(example = "张*")]
    masked_name: Option<String>,
    /// What it is worth.
    state: CertificateState,
    /// When it was issued, RFC 3339.
    #[schema(value_type = String, format = "date-time")]
    issued_at: Instant,
    /// Minutes, all together.
    minutes: i64,
    /// The project it was asked for; null when for all.
    #[schema(format = "uuid")]
    project_id: Option<String>,
    /// The day from which on it was asked for.
    #[schema(format = "date")]
    from: Option<String>,
    /// The day to which it was asked for.
    #[schema(format = "date")]
    to: Option<String>,
    /// What strangers see.
    disclosure: Disclosure,
}

impl From<store::Line> for CertificateLine {
    fn from(line: store::Line) -> Self {
        Self {
            state: line.state(),
            number: line.number,
            organization_id: line.organization_id,
            organization: line.organization,
            masked_name: line.holder_name.as_deref().map(masked_name),
            issued_at: line.issued_at,
            minutes: line.minutes,
            project_id: line.project_id,
            from: line.first_day,
            to: line.last_day,
            disclosure: line.disclosure,
        }
    }
}

/// Which certificates to list.
#[derive(Debug, Deserr, IntoParams)]
#[deserr(error = FieldErrors, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListQuery {
    /// How many, 50 when left out.
    #[param(inline, example = 50)]
    #[deserr(default)]
    limit: Option<Digits<1, 100>>,
    /// Where the page before ended; taken from its `next`.
    #[param(inline, example = "120_0")]
    #[deserr(default)]
    cursor: Option<Cursor>,
}

/// Certificates, the newest first.
#[derive(Debug, Serialize, ToSchema)]
pub struct Certificates {
    items: Vec<CertificateLine>,
    /// Where the next page is; `null` on the last.
    next: Option<String>,
}

impl ListQuery {
    /// Before which key, and how many with one to see whether more follow.
    pub fn page(&self) -> (i64, i64) {
        let limit = self.limit.map_or(50, Digits::get);
        (
            self.cursor.map_or(i64::MAX >> 11, |cursor| cursor.key),
            limit + 1,
        )
    }

    /// Where the next page is, once what is one line too many has been taken away.
    pub fn next(
        &self,
        visit: &Visit,
        lines: &mut Vec<store::Line>,
        key: impl Fn(&store::Line) -> i64,
    ) -> Option<String> {
        let limit = usize::try_from(self.page().1 - 1).unwrap_or(usize::MAX);
        let more = lines.len() > limit;
        lines.truncate(limit);
        let (key, project) = (key(lines.last().filter(|_| more)?), 0);
        Some(with_cursor(&visit.target, Cursor { key, project }))
    }

    fn answer(
        &self,
        visit: &Visit,
        mut lines: Vec<store::Line>,
        key: impl Fn(&store::Line) -> i64,
    ) -> Response {
        let next = self.next(visit, &mut lines, key);
        let link = link_to(next.as_deref());
        let items = lines.into_iter().map(CertificateLine::from).collect();
        (link, own(StatusCode::OK, Certificates { items, next })).into_response()
    }
}

fn own(status: StatusCode, body: impl Serialize) -> Response {
    (status, [(header::CACHE_CONTROL, PRIVATE)], axum::Json(body)).into_response()
}
