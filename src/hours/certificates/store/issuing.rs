//! What an organization does: read what it issued, take one back, change its key.

use serde::Deserialize;
use uuid::Uuid;

use super::{Certificate, Line, found, reading};
use crate::bind;
use crate::hours::certificates::{Number, rotated_today};
use crate::organizations::{Agent, Permission, admit};
use crate::platform::clock::{DAY, Instant};
use crate::platform::db::{Batch, Statement};
use crate::platform::idempotency::{IdempotencyKey, Ran};
use crate::platform::problem::Problem;
use crate::platform::visit::Visit;

/// `?1` credential, `?2` now, `?3` organization, `?4` roles and `?5` scopes that may.
macro_rules! of_organization {
    () => {
        concat!(
            "
WITH target AS (SELECT id AS organization_id, name FROM organization WHERE id = ?3),
",
            crate::organizations::agent!()
        )
    };
}

const WHO: &str = concat!(of_organization!(), crate::organizations::entry!());

/// `?6` before which, `?7` how many.
const ISSUED: &str = concat!(
    of_organization!(),
    "
SELECT ",
    line_columns!(),
    "
FROM agent a JOIN certificate c ON c.organization_id = ?3
WHERE a.may AND c.ordinal < ?6
ORDER BY c.ordinal DESC
LIMIT ?7"
);

const KEYS: &str = concat!(
    of_organization!(),
    "
SELECT k.version, k.created_at FROM agent a JOIN organization_key k ON k.organization_id = ?3
WHERE a.may
ORDER BY k.version"
);

/// `?6` since when one rotation is enough. The first key is as old as the organization.
const ROTATE: &str = concat!(
    of_organization!(),
    "
INSERT INTO organization_key (organization_id, version, created_at)
SELECT ?3, (SELECT max(version) FROM organization_key WHERE organization_id = ?3) + 1, ?2
FROM agent a
WHERE a.may AND NOT EXISTS (
  SELECT 1 FROM organization_key WHERE organization_id = ?3 AND version > 1 AND created_at > ?6)"
);

/// `?6` the request.
const RECORD_ROTATION: &str = concat!(
    of_organization!(),
    "
INSERT INTO audit (at, actor, action, subject, after, request_id)
SELECT ?2, a.actor, 'signing_key.rotated', 'organization:' || ?3,
  json_object('version', (SELECT max(version) FROM organization_key WHERE organization_id = ?3)), ?6
FROM agent a
WHERE a.may AND changes() > 0"
);

const REVOKER: &str = concat!(at_certificate!(), crate::organizations::entry!());

/// `?6` the reason, `?7` whether the holder may ask for another one.
const REVOKE: &str = concat!(
    at_certificate!(),
    "
INSERT INTO certificate_change (certificate, becomes, organization_id, status_list, status_index, at, reason, actor)
SELECT c.seq, b.becomes, c.organization_id, c.status_list, c.status_index, ?2, b.reason, a.actor
FROM agent a JOIN certificate c ON c.number = ?3
JOIN (SELECT 'revoked' AS becomes, ?6 AS reason UNION ALL SELECT 'released', NULL WHERE ?7) b
WHERE a.may
ON CONFLICT (certificate, becomes) DO NOTHING"
);

/// Right after it, when it changed anything: one row alone that was asked for besides is a
/// release of what had been revoked before. `?6` the reason, `?7` whether the holder may ask
/// for another one, `?8` the request.
const RECORD_REVOCATION: &str = concat!(
    at_certificate!(),
    "
INSERT INTO audit (at, actor, action, subject, after, request_id)
SELECT ?2, a.actor, iif(?7 AND changes() = 1, 'certificate.released', 'certificate.revoked'),
  'certificate:' || ?3, json_object('reason', ?6, 'may_ask_again', json(iif(?7, 'true', 'false'))), ?8
FROM agent a
WHERE a.may AND changes() > 0"
);

const VERSIONS: &str =
    "SELECT version, created_at FROM organization_key WHERE organization_id = ?1 ORDER BY version";

/// `?2` which of its lists.
const LIST: &str = "
SELECT max(k.version) AS version,
  max(k.created_at, coalesce((
    SELECT max(at) FROM certificate_change WHERE organization_id = ?1 AND status_list = ?2), 0)) AS changed_at
FROM organization_key k
WHERE k.organization_id = ?1
  AND EXISTS (SELECT 1 FROM certificate WHERE organization_id = ?1 AND status_list = ?2)
GROUP BY k.organization_id";

const SET: &str = "
SELECT DISTINCT status_index FROM certificate_change
WHERE organization_id = ?1 AND status_list = ?2 ORDER BY status_index";

/// A version of an organization's key.
#[derive(Clone, Copy, Debug, Deserialize)]
pub struct KeyVersion {
    /// From 1.
    pub version: i64,
    /// Since when it signs.
    pub created_at: Instant,
}

/// What an organization issued.
#[derive(Debug)]
pub struct Issued {
    /// Who reads.
    pub agent: Agent,
    /// The newest first.
    pub lines: Vec<Line>,
}

fn asks(visit: &Visit, organization: Uuid, permission: Permission, sql: &'static str) -> Statement {
    let permit = permission.permit();
    let (credential, now) = (visit.credential_hash(), visit.now);
    bind!(
        sql,
        credential,
        now,
        organization,
        &permit.roles,
        &permit.scopes
    )
}

/// What an organization issued before a number.
pub async fn list_of(
    visit: &Visit,
    organization: Uuid,
    before: i64,
    limit: i64,
) -> Result<Issued, Problem> {
    let asks = |sql| asks(visit, organization, Permission::ReadHours, sql);
    let statements = vec![
        asks(WHO),
        Agent::at_the_door(
            visit.credential_hash(),
            visit.now,
            &organization.to_string(),
        ),
        asks(ISSUED).and(before).and(limit),
    ];
    let batch = visit.db.batch(statements).await?;
    admit(&batch, 0)?;
    Ok(Issued {
        agent: batch.first(1)?.ok_or_else(Problem::not_found)?,
        lines: batch.rows(2)?,
    })
}

/// All versions of an organization's key, and whether the same request had made the newest.
pub type SigningKeys = (Vec<KeyVersion>, bool);

/// All versions of the key, to an owner.
pub async fn signing_keys(visit: &Visit, organization: Uuid) -> Result<Vec<KeyVersion>, Problem> {
    let asks = |sql| asks(visit, organization, Permission::Manage, sql);
    let batch = visit.db.batch(vec![asks(WHO), asks(KEYS)]).await?;
    admit(&batch, 0)?;
    Ok(batch.rows(1)?)
}

/// Changes the key: what comes is signed with another, what was signed stays good.
pub async fn rotate(
    visit: &Visit,
    organization: Uuid,
    key: &IdempotencyKey,
) -> Result<SigningKeys, Problem> {
    let asks = |sql| asks(visit, organization, Permission::Manage, sql);
    let statements = vec![
        asks(WHO),
        asks(ROTATE).and(visit.now.plus(-DAY)),
        asks(RECORD_ROTATION).and(&*visit.request_id),
        key.point_at(visit, organization),
        asks(KEYS),
    ];
    match key.run(visit, statements).await? {
        Ran::Now(batch) => {
            admit(&batch, 0)?;
            if batch.changes(1) == 0 {
                return Err(rotated_today());
            }
            Ok((batch.rows(4)?, false))
        }
        Ran::Before(earlier) => {
            earlier.subject()?;
            Ok((signing_keys(visit, organization).await?, true))
        }
    }
}

/// Takes a certificate back, for a reason; once is enough. That the holder may ask for
/// another one can be said then or later. The certificate, and whether the same request had
/// done it before.
pub async fn revoke(
    visit: &Visit,
    number: &Number,
    reason: &str,
    may_ask_again: bool,
    key: &IdempotencyKey,
) -> Result<(Certificate, bool), Problem> {
    let permit = Permission::RecordHours.permit();
    let asks = |sql: &'static str| {
        let (credential, now) = (visit.credential_hash(), visit.now);
        bind!(
            sql,
            credential,
            now,
            number.as_str(),
            &permit.roles,
            &permit.scopes
        )
    };
    let statements = vec![
        asks(REVOKER),
        asks(REVOKE).and(reason).and(may_ask_again),
        asks(RECORD_REVOCATION)
            .and(reason)
            .and(may_ask_again)
            .and(&*visit.request_id),
        key.point_at(visit, number),
        reading(visit, number),
    ];
    match key.run(visit, statements).await? {
        Ran::Now(batch) => {
            admit(&batch, 0)?;
            Ok((found(&batch, 4)?, false))
        }
        Ran::Before(earlier) => {
            earlier.subject()?;
            let again = vec![asks(REVOKER), reading(visit, number)];
            let batch = visit.db.batch(again).await?;
            admit(&batch, 0)?;
            Ok((found(&batch, 1)?, true))
        }
    }
}

/// The versions of an organization's key, for anybody; none when there is no such
/// organization.
pub async fn versions(visit: &Visit, organization: Uuid) -> Result<Vec<KeyVersion>, Problem> {
    Ok(visit.db.rows(bind!(VERSIONS, organization)).await?)
}

/// What a status list says.
#[derive(Debug)]
pub struct StatusBits {
    /// With which key it is signed.
    pub version: i64,
    /// Since when it says that.
    pub changed_at: Instant,
    /// The bits that are set.
    pub set: Vec<usize>,
}

#[derive(Deserialize)]
struct ListRow {
    version: i64,
    changed_at: Instant,
}

#[derive(Deserialize)]
struct Bit {
    status_index: usize,
}

/// A status list, for anybody; nothing before its first certificate.
pub async fn status_bits(
    visit: &Visit,
    organization: Uuid,
    list: i64,
) -> Result<StatusBits, Problem> {
    let statements = vec![
        bind!(LIST, organization, list),
        bind!(SET, organization, list),
    ];
    let batch: Batch = visit.db.batch(statements).await?;
    let row: ListRow = batch.first(0)?.ok_or_else(Problem::not_found)?;
    let bits: Vec<Bit> = batch.rows(1)?;
    Ok(StatusBits {
        version: row.version,
        changed_at: row.changed_at,
        set: bits.into_iter().map(|bit| bit.status_index).collect(),
    })
}
