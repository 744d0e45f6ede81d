//! An organization's records with what is known of whose they are.

use serde::Deserialize;
use uuid::Uuid;

use super::of_organization;
use crate::bind;
use crate::hours::record::Record;
use crate::hours::transfers::{ExportedPerson, ExportedRecord, RecordTransfer, Told, Written};
use crate::menu::Skill;
use crate::organizations::{Permission, admit};
use crate::platform::db::{self, Statement};
use crate::platform::problem::Problem;
use crate::platform::visit::Visit;

const WHO: &str = concat!(of_organization!(), crate::organizations::entry!());

/// A page looks at so many records for each one asked for: what was handed over or corrected
/// may lie before what is left, however much it is.
const LOOKED_AT: i64 = 2;

/// Where the page ends at the latest; none within the last of them. `?6` after which place,
/// `?7` how many more than one are looked at.
macro_rules! until {
    () => {
        "(SELECT w.seq FROM service_record w WHERE w.organization_id = ?3 AND w.seq > ?6
  ORDER BY w.seq LIMIT 1 OFFSET ?7)"
    };
}

const UNTIL: &str = concat!(
    of_organization!(),
    "
SELECT ",
    until!(),
    " AS until FROM agent a WHERE a.may"
);

/// Records that stand, in the order of the ledger. `?8` how many, `?9` the system they were
/// not handed over to.
const RECORDS: &str = concat!(
    of_organization!(),
    "
SELECT ",
    crate::record_columns!(),
    ", v.name, v.phone_sealed, v.birth_date, v.skills, t.name AS organization_name,
  (SELECT o.id FROM service_record o WHERE o.seq = r.supersedes) AS supersedes_id,
  (SELECT json_group_array(json_object('system', m.system, 'reference', m.reference))
    FROM record_transfer m WHERE m.record = r.seq) AS transfers
FROM agent a
JOIN target t
JOIN service_record r ON r.organization_id = t.organization_id
JOIN volunteer v ON v.id = r.volunteer_id
WHERE a.may AND r.seq > ?6 AND r.seq <= coalesce(",
    until!(),
    ", 9e15)
  AND NOT EXISTS (SELECT 1 FROM service_record n WHERE n.supersedes = r.seq)
  AND (?9 IS NULL OR NOT EXISTS (SELECT 1 FROM record_transfer m WHERE m.record = r.seq AND m.system = ?9))
ORDER BY r.seq
LIMIT ?8"
);

/// `?6` what was asked for.
const AUDIT: &str = concat!(
    of_organization!(),
    "
INSERT INTO audit (at, actor, action, subject, after, request_id)
SELECT ?2, a.actor, 'records.exported', 'organization:' || t.organization_id, ?6, ?7
FROM agent a JOIN target t
WHERE a.may"
);

#[derive(Default, Deserialize)]
struct Looked {
    until: Option<i64>,
}

#[derive(Deserialize)]
struct Row {
    #[serde(flatten)]
    record: Record,
    name: String,
    phone_sealed: Option<String>,
    birth_date: Option<String>,
    #[serde(deserialize_with = "db::json")]
    skills: Vec<Skill>,
    organization_name: String,
    supersedes_id: Option<String>,
    #[serde(deserialize_with = "db::json")]
    transfers: Vec<RecordTransfer>,
}

impl Row {
    fn exported(self, visit: &Visit) -> ExportedRecord {
        let record = self.record;
        let told = Told::of(record.kind, &record.facts);
        let sealed = self.phone_sealed.as_deref();
        ExportedRecord {
            volunteer: ExportedPerson {
                name: self.name,
                phone: sealed.and_then(|sealed| visit.config.keys.open(sealed)),
                birth_date: self.birth_date,
                skills: self.skills,
            },
            id: record.id,
            kind: record.kind,
            name: told.name,
            on_date: record.on_date,
            started_at: record.started_at,
            ended_at: record.ended_at,
            minutes: record.minutes,
            place: told.place,
            region_name: told.region_name,
            role: told.role,
            content: told.content,
            organizer: told.organizer.unwrap_or(self.organization_name),
            person_in_charge: told.person_in_charge,
            grade: record.grade,
            recorded_at: record.recorded_at,
            supersedes: self.supersedes_id,
            transfers: self.transfers,
        }
    }
}

/// What is to be exported.
#[derive(Clone, Debug)]
pub struct Wanted<'a> {
    /// How it will be written, for the audit.
    pub format: Written,
    /// Only what was not handed over to this system.
    pub not_transferred_to: Option<&'a str>,
    /// After which place.
    pub after: i64,
    /// How many.
    pub limit: i64,
}

/// A page of records.
#[derive(Debug)]
pub struct ExportPage {
    /// In the order of the ledger.
    pub items: Vec<ExportedRecord>,
    /// After which place the next page begins; none on the last.
    pub next: Option<i64>,
}

/// Who asks, how far the page looks, the records, and the note of the export.
pub fn export_statements(visit: &Visit, organization: Uuid, wanted: &Wanted<'_>) -> [Statement; 4] {
    let permit = Permission::ExportHours.permit();
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
    let noted = serde_json::json!({
        "format": wanted.format,
        "after": wanted.after,
        "limit": wanted.limit,
        "not_transferred_to": wanted.not_transferred_to,
    });
    let looks = |sql| {
        asks(sql)
            .and(wanted.after)
            .and(LOOKED_AT * wanted.limit - 1)
    };
    let records = looks(RECORDS)
        .and(wanted.limit + 1)
        .and(wanted.not_transferred_to);
    let audit = asks(AUDIT).and(noted.to_string()).and(&*visit.request_id);
    [asks(WHO), looks(UNTIL), records, audit]
}

/// Exports a page, and writes down who did.
pub async fn export(
    visit: &Visit,
    organization: Uuid,
    wanted: &Wanted<'_>,
) -> Result<ExportPage, Problem> {
    let statements = export_statements(visit, organization, wanted);
    let batch = visit.db.batch(statements.into()).await?;
    admit(&batch, 0)?;
    let Looked { until } = batch.first(1)?.unwrap_or_default();
    let mut rows: Vec<Row> = batch.rows(2)?;
    let limit = usize::try_from(wanted.limit).unwrap_or(usize::MAX);
    let more = rows.len() > limit;
    rows.truncate(limit);
    let last = rows.last().filter(|_| more);
    let next = last.map(|row| row.record.seq).or(until);
    let items = rows.into_iter().map(|row| row.exported(visit)).collect();
    Ok(ExportPage { items, next })
}
