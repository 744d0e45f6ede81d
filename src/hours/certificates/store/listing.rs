//! A volunteer's certificates, and the hours they may have one of.

use serde::Deserialize;

use crate::bind;
use crate::hours::certificates::id_document::IdDocumentKind;
use crate::hours::certificates::{CertificateState, Disclosure};
use crate::platform::clock::Instant;
use crate::platform::db::{Batch, Statement};
use crate::platform::problem::Problem;
use crate::platform::visit::Visit;
use crate::volunteers::{Me, who};

/// `?3` before which, `?4` how many.
const MINE: &str = concat!(
    "WITH ",
    caller!(),
    "
SELECT ",
    line_columns!(),
    "
FROM caller v JOIN certificate c ON c.volunteer_id = v.id
WHERE c.seq < ?3
ORDER BY c.seq DESC
LIMIT ?4"
);

/// Hours that stand, by organization and project.
const HELD: &str = concat!(
    "WITH ",
    caller!(),
    "
SELECT r.organization_id, o.name AS organization, r.project_id, max(r.facts ->> 'activity') AS activity,
  sum(r.minutes) AS minutes, min(r.on_date) AS first, max(r.on_date) AS last
FROM caller v
JOIN service_record r ON r.volunteer_id = v.id AND r.kind = 'service'
JOIN organization o ON o.id = r.organization_id
WHERE r.minutes > 0 AND NOT EXISTS (SELECT 1 FROM service_record n WHERE n.supersedes = r.seq)
GROUP BY r.organization_id, r.project_id
ORDER BY o.name, r.organization_id, last DESC"
);

const DOCUMENT: &str = concat!(
    "WITH ",
    caller!(),
    "
SELECT v.id_document_kind AS kind, v.id_document_shown_sealed AS sealed
FROM caller v
WHERE v.id_document_shown_sealed IS NOT NULL"
);

/// A certificate in a list.
#[derive(Debug, Deserialize)]
pub struct Line {
    /// Where it stands among all.
    pub seq: i64,
    /// Where it stands among those of its organization.
    pub ordinal: i64,
    /// Its number.
    pub number: String,
    /// Whose statement it is.
    pub organization_id: String,
    /// What that was called.
    pub organization: String,
    /// Whom it means.
    pub holder_name: Option<String>,
    /// When it was issued.
    pub issued_at: Instant,
    /// Minutes, all together.
    pub minutes: i64,
    /// From a day on.
    pub first_day: Option<String>,
    /// To a day.
    pub last_day: Option<String>,
    /// Of one project only.
    pub project_id: Option<String>,
    /// What that was called.
    pub activity: Option<String>,
    /// What strangers see.
    pub disclosure: Disclosure,
    superseded_at: Option<Instant>,
    revoked_at: Option<Instant>,
}

impl Line {
    /// What it is worth.
    pub const fn state(&self) -> CertificateState {
        CertificateState::of(self.superseded_at.is_some(), self.revoked_at.is_some())
    }
}

/// Hours that stand, in one project of one organization.
#[derive(Debug, Deserialize)]
pub struct Given {
    /// The recording unit.
    pub organization_id: String,
    /// Its name.
    pub organization: String,
    /// The project.
    pub project_id: Option<String>,
    /// What it is called.
    pub activity: String,
    /// Minutes.
    pub minutes: i64,
    /// The first day.
    pub first: String,
    /// The last day.
    pub last: String,
}

/// A document and its number, the middle hidden.
pub type Shown = (IdDocumentKind, String);

/// What a volunteer has, and may ask for.
#[derive(Debug)]
pub struct Held {
    /// Whose.
    pub me: Me,
    /// The document by which they are known, as it may be shown.
    pub document: Option<Shown>,
    /// By organization.
    pub given: Vec<Given>,
    /// The newest first.
    pub certificates: Vec<Line>,
}

#[derive(Deserialize)]
struct Document {
    kind: IdDocumentKind,
    sealed: String,
}

fn asks(visit: &Visit, sql: &'static str) -> Statement {
    bind!(sql, visit.credential_hash(), visit.now)
}

/// A volunteer's certificates before one, the newest first.
pub async fn mine(visit: &Visit, before: i64, limit: i64) -> Result<Vec<Line>, Problem> {
    let list = asks(visit, MINE).and(before).and(limit);
    let batch = visit.db.batch(vec![who(visit), list]).await?;
    batch.first::<Me>(0)?.ok_or_else(Problem::unauthenticated)?;
    Ok(batch.rows(1)?)
}

/// All that the page of a volunteer's certificates shows; `None` when nobody is signed in.
pub async fn held(visit: &Visit, limit: i64) -> Result<Option<Held>, Problem> {
    let statements = vec![
        who(visit),
        asks(visit, DOCUMENT),
        asks(visit, HELD),
        asks(visit, MINE).and(i64::MAX >> 11).and(limit),
    ];
    let batch = visit.db.batch(statements).await?;
    let Some(me) = batch.first(0)? else {
        return Ok(None);
    };
    Ok(Some(Held {
        me,
        document: shown(visit, &batch, 1)?,
        given: batch.rows(2)?,
        certificates: batch.rows(3)?,
    }))
}

/// The document by which a volunteer is known, as it may be shown.
pub async fn document(visit: &Visit) -> Result<Option<Shown>, Problem> {
    let batch = visit
        .db
        .batch(vec![who(visit), asks(visit, DOCUMENT)])
        .await?;
    batch.first::<Me>(0)?.ok_or_else(Problem::unauthenticated)?;
    shown(visit, &batch, 1)
}

fn shown(visit: &Visit, batch: &Batch, at: usize) -> Result<Option<Shown>, Problem> {
    let document: Option<Document> = batch.first(at)?;
    Ok(document.and_then(|document| {
        let number = visit.config.keys.open(&document.sealed)?;
        Some((document.kind, number))
    }))
}
