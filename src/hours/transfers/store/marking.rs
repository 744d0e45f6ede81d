//! The mark that a record was handed over.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::of_organization;
use crate::bind;
use crate::organizations::{Permission, admit};
use crate::platform::clock::Instant;
use crate::platform::fields::FieldErrors;
use crate::platform::i18n::Words;
use crate::platform::idempotency::{IdempotencyKey, Ran};
use crate::platform::problem::Problem;
use crate::platform::visit::Visit;

/// A record, and what another system calls it.
#[derive(Clone, Debug, Serialize)]
pub struct Mark {
    /// The record's id.
    pub record_id: String,
    /// The other system's own name for it.
    pub reference: String,
}

/// A record that was handed over.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
pub struct TransferMark {
    /// UUIDv7.
    #[schema(format = "uuid")]
    pub record_id: String,
    /// The other system's own name for it.
    pub reference: String,
    /// When the mark was set, RFC 3339.
    #[schema(value_type = String, format = "date-time")]
    pub at: Instant,
}

const WHO: &str = concat!(of_organization!(), crate::organizations::entry!());

/// What cannot be marked: records of others, and those marked otherwise. `?6` the marks,
/// `?7` the system.
macro_rules! bad {
    () => {
        concat!(
            of_organization!(),
            ",
bad AS (
  SELECT e.key AS place, r.seq IS NULL AS unknown
  FROM agent a
  JOIN json_each(?6) e
  LEFT JOIN service_record r ON r.id = e.value ->> 'record_id' AND r.organization_id = ?3
  LEFT JOIN record_transfer m ON m.record = r.seq AND m.system = ?7
  WHERE a.may AND (r.seq IS NULL OR m.reference <> e.value ->> 'reference'))"
        )
    };
}

const BAD: &str = concat!(bad!(), " SELECT place, unknown FROM bad ORDER BY place");

const MARK: &str = concat!(
    bad!(),
    "
INSERT INTO record_transfer (record, organization_id, system, reference, at, actor)
SELECT r.seq, r.organization_id, ?7, e.value ->> 'reference', ?2, a.actor
FROM agent a JOIN json_each(?6) e JOIN service_record r ON r.id = e.value ->> 'record_id'
WHERE a.may AND NOT EXISTS (SELECT 1 FROM bad)
ON CONFLICT (record, system) DO NOTHING"
);

const AUDIT: &str = concat!(
    of_organization!(),
    "
INSERT INTO audit (at, actor, action, subject, after, request_id)
SELECT ?2, a.actor, 'records.transferred', 'organization:' || t.organization_id,
  json_object('system', ?6, 'records', changes()), ?7
FROM agent a JOIN target t
WHERE a.may AND changes() > 0"
);

const MARKED: &str = concat!(
    of_organization!(),
    "
SELECT r.id AS record_id, m.reference, m.at
FROM agent a
JOIN json_each(?6) e
JOIN service_record r ON r.id = e.value ->> 'record_id' AND r.organization_id = ?3
JOIN record_transfer m ON m.record = r.seq AND m.system = ?7
WHERE a.may
ORDER BY e.key"
);

#[derive(Deserialize)]
struct Bad {
    place: i64,
    #[serde(deserialize_with = "crate::platform::db::truth")]
    unknown: bool,
}

/// Marks records as handed over: all, or none. Gives their marks, and whether the same
/// request had set them before.
pub async fn mark(
    visit: &Visit,
    organization: Uuid,
    system: &str,
    marks: &[Mark],
    key: &IdempotencyKey,
) -> Result<(Vec<TransferMark>, bool), Problem> {
    let permit = Permission::RecordHours.permit();
    let asks = |sql: &'static str| {
        bind!(
            sql,
            visit.credential_hash(),
            visit.now,
            organization,
            &permit.roles,
            &permit.scopes
        )
    };
    let list = serde_json::json!(marks).to_string();
    let with_list = |sql: &'static str| asks(sql).and(&list).and(system);
    let statements = vec![
        asks(WHO),
        with_list(BAD),
        with_list(MARK),
        asks(AUDIT).and(system).and(&*visit.request_id),
        key.point_at(visit, organization),
        with_list(MARKED),
    ];
    let batch = match key.run(visit, statements).await? {
        Ran::Now(batch) => batch,
        Ran::Before(earlier) => {
            earlier.subject()?;
            let batch = visit.db.batch(vec![asks(WHO), with_list(MARKED)]).await?;
            admit(&batch, 0)?;
            return Ok((batch.rows(1)?, true));
        }
    };
    admit(&batch, 0)?;
    let mut errors = FieldErrors::default();
    for bad in batch.rows::<Bad>(1)? {
        let at = format!("/records/{}", bad.place);
        match bad.unknown {
            true => errors.push(
                format!("{at}/record_id"),
                Words::new("本组织没有这条记录", "is no record of this organization"),
            ),
            false => errors.push(
                format!("{at}/reference"),
                Words::new(
                    "这条记录已经用另一个编号标记过",
                    "was marked with another reference before",
                ),
            ),
        }
    }
    errors.into_result().map_err(Problem::invalid)?;
    Ok((batch.rows(5)?, false))
}
