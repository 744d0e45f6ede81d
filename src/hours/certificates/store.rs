//! SQL of certificates.

use serde::Deserialize;

use super::id_document::IdDocumentKind;
use super::snapshot::Snapshot;
use super::{CertificateState, Disclosure, Number, Supersession};
use crate::bind;
use crate::organizations::Permission;
use crate::platform::clock::Instant;
use crate::platform::db::{self, Batch, Statement};
use crate::platform::problem::Problem;
use crate::platform::visit::Visit;

/// Who is signed in. `?1` session, `?2` now.
macro_rules! caller {
    () => {
        "caller AS (
  SELECT v.id, v.name, v.id_document_kind, v.id_document_shown_sealed FROM session c JOIN volunteer v ON v.id = c.volunteer_id
  WHERE c.token_hash = ?1 AND c.expires_at > ?2)"
    };
}

/// A certificate's organization as the target of who acts. `?3` the number.
macro_rules! at_certificate {
    () => {
        concat!(
            "
WITH target AS (SELECT seq, organization_id FROM certificate WHERE number = ?3),
",
            crate::organizations::agent!()
        )
    };
}

/// What became of a certificate `c`.
macro_rules! changes_columns {
    () => {
        "(SELECT x.at FROM certificate_change x WHERE x.certificate = c.seq AND x.becomes = 'superseded') AS superseded_at,
  (SELECT x.at FROM certificate_change x WHERE x.certificate = c.seq AND x.becomes = 'revoked') AS revoked_at"
    };
}

/// A line of a list, of a certificate `c`.
macro_rules! line_columns {
    () => {
        concat!(
            "c.seq, c.ordinal, c.number, c.organization_id, c.snapshot ->> 'organization' AS organization, c.holder_name,
  c.issued_at, c.minutes, c.first_day, c.last_day, c.project_id,
  iif(c.project_id IS NULL, NULL, c.snapshot ->> '$.items[0].activity') AS activity, c.disclosure,
  ",
            changes_columns!()
        )
    };
}

/// `?4` roles and `?5` scopes that may read it as its organization, `?6` roles that may
/// take it back.
const READ: &str = concat!(
    at_certificate!(),
    "
SELECT c.number, c.organization_id, c.project_id, c.first_day, c.last_day, c.issued_at, c.holder_name,
  c.snapshot, c.key_version, c.status_list, c.status_index, c.disclosure, c.share_sealed,
  c.id_document_kind, c.id_document_sealed, o.state = 'suspended' AS organization_suspended,
  ",
    changes_columns!(),
    ",
  (SELECT x.cause FROM certificate_change x WHERE x.certificate = c.seq AND x.becomes = 'superseded') AS superseded_by,
  (SELECT x.reason FROM certificate_change x WHERE x.certificate = c.seq AND x.becomes = 'revoked') AS revocation_reason,
  EXISTS (SELECT 1 FROM certificate_change x WHERE x.certificate = c.seq AND x.becomes = 'released') AS may_ask_again,
  EXISTS (
    SELECT 1 FROM session s
    WHERE s.token_hash = ?1 AND s.expires_at > ?2 AND s.volunteer_id = c.volunteer_id) AS is_holder,
  EXISTS (SELECT 1 FROM agent a WHERE a.may) AS is_issuer,
  EXISTS (
    SELECT 1 FROM session s JOIN member m ON m.volunteer_id = s.volunteer_id
    WHERE s.token_hash = ?1 AND s.expires_at > ?2 AND m.organization_id = c.organization_id
      AND m.role IN (SELECT value FROM json_each(?6))) AS revokes
FROM certificate c JOIN organization o ON o.id = c.organization_id
WHERE c.number = ?3"
);

mod asking;
mod holding;
mod issuing;
mod listing;

pub use asking::{Asked, Question, ask};
pub use holding::{forget_holder, keep_document, set_disclosure, set_share};
pub use issuing::{
    Issued, KeyVersion, SigningKeys, StatusBits, list_of, revoke, rotate, signing_keys,
    status_bits, versions,
};
pub use listing::{Given, Held, Line, Shown, document, held, mine};

/// A certificate, and how whoever reads it stands to it.
#[derive(Debug, Deserialize)]
pub struct Certificate {
    #[serde(deserialize_with = "number")]
    /// Its number.
    pub number: Number,
    /// Whose statement it is.
    pub organization_id: String,
    /// Of one project only.
    pub project_id: Option<String>,
    /// From a day on.
    pub first_day: Option<String>,
    /// To a day.
    pub last_day: Option<String>,
    /// When it was issued.
    pub issued_at: Instant,
    /// Whom it means; none when they have left.
    pub holder_name: Option<String>,
    /// What it states.
    #[serde(deserialize_with = "db::json")]
    pub snapshot: Snapshot,
    /// With which key it is signed.
    pub key_version: i64,
    /// Which status list.
    pub status_list: i64,
    /// And which bit.
    pub status_index: i64,
    /// What strangers see.
    pub disclosure: Disclosure,
    share_sealed: Option<String>,
    id_document_kind: Option<IdDocumentKind>,
    id_document_sealed: Option<String>,
    superseded_at: Option<Instant>,
    superseded_by: Option<Supersession>,
    revoked_at: Option<Instant>,
    /// Why it was taken back.
    pub revocation_reason: Option<String>,
    /// Whether the holder may ask for another one in its place, after it was taken back.
    #[serde(deserialize_with = "db::truth")]
    pub may_ask_again: bool,
    /// Whether its organization is suspended at present.
    #[serde(deserialize_with = "db::truth")]
    pub organization_suspended: bool,
    /// Whether the holder reads.
    #[serde(deserialize_with = "db::truth")]
    pub is_holder: bool,
    /// Whether its organization reads.
    #[serde(deserialize_with = "db::truth")]
    pub is_issuer: bool,
    /// Whether the reader may take it back.
    #[serde(deserialize_with = "db::truth")]
    pub revokes: bool,
}

fn number<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Number, D::Error> {
    let text = String::deserialize(deserializer)?;
    Number::parse(&text).ok_or_else(|| serde::de::Error::custom("not a number"))
}

impl Certificate {
    /// What it is worth.
    pub const fn state(&self) -> CertificateState {
        CertificateState::of(self.superseded_at.is_some(), self.revoked_at.is_some())
    }

    /// Why it was superseded, when that is what it is.
    pub fn superseded_because(&self) -> Option<Supersession> {
        self.superseded_by
            .filter(|_| self.state() == CertificateState::Superseded)
    }

    /// Since when it is worth that.
    pub fn state_since(&self) -> Instant {
        self.revoked_at
            .or(self.superseded_at)
            .unwrap_or(self.issued_at)
    }

    /// The secret of the link that shows all of it, if there is one.
    pub fn share(&self, visit: &Visit) -> Option<String> {
        visit.config.keys.open(self.share_sealed.as_deref()?)
    }

    /// The holder's document, as it was shown when this was issued.
    pub fn document(&self, visit: &Visit) -> Option<Shown> {
        let number = visit
            .config
            .keys
            .open(self.id_document_sealed.as_deref()?)?;
        Some((self.id_document_kind?, number))
    }
}

/// The statement that reads a certificate, for anybody.
fn reading(visit: &Visit, number: &Number) -> Statement {
    let (reads, records) = (
        Permission::ReadHours.permit(),
        Permission::RecordHours.permit(),
    );
    bind!(
        READ,
        visit.credential_hash(),
        visit.now,
        number.as_str(),
        &reads.roles,
        &reads.scopes,
        &records.roles,
    )
}

fn found(batch: &Batch, at: usize) -> Result<Certificate, Problem> {
    batch.first(at)?.ok_or_else(Problem::not_found)
}

/// A certificate, for anybody: what they may see of it is not decided here.
pub async fn read(visit: &Visit, number: &Number) -> Result<Certificate, Problem> {
    let batch = visit.db.run(reading(visit, number)).await?;
    found(&batch, 0)
}
