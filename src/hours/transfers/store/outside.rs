//! Hours recorded elsewhere.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::of_organization;
use crate::bind;
use crate::organizations::{Permission, admit};
use crate::platform::clock::Instant;
use crate::platform::db::Statement;
use crate::platform::fields::FieldErrors;
use crate::platform::i18n::Words;
use crate::platform::idempotency::{IdempotencyKey, Ran};
use crate::platform::problem::Problem;
use crate::platform::visit::Visit;

/// Hours somebody else recorded, as they are brought in.
#[derive(Clone, Debug, Serialize)]
pub struct Elsewhere {
    /// UUIDv7, for the new row.
    pub id: String,
    /// Of whose phone they are, hashed.
    pub phone_hash: String,
    /// The system or organization that recorded them.
    pub source: String,
    /// Its own name for the record.
    pub reference: String,
    /// What was done.
    pub activity: String,
    /// The day, in Beijing.
    pub on_date: String,
    /// Minutes.
    pub minutes: i64,
}

/// Hours that were brought in.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
pub struct BroughtIn {
    /// UUIDv7.
    #[schema(format = "uuid")]
    pub id: String,
    /// The system or organization that recorded them.
    pub source: String,
    /// Its own name for the record.
    pub reference: String,
    /// When they were brought in, RFC 3339.
    #[schema(value_type = String, format = "date-time")]
    pub imported_at: Instant,
}

const WHO: &str = concat!(of_organization!(), crate::organizations::entry!());

/// Whether the outside hours `x` are those of the item `i`, brought in by the organization
/// `?3`. What others brought in is nothing to it.
macro_rules! of_item {
    () => {
        "x.volunteer_id = i.volunteer_id AND x.source = i.it ->> 'source'
    AND x.reference = i.it ->> 'reference' AND x.organization_id = ?3"
    };
}

/// Whether nobody said that the outside hours are not theirs.
macro_rules! stands {
    ($hours:literal) => {
        concat!(
            "NOT EXISTS (SELECT 1 FROM outside_hours_strike k WHERE k.outside_hours = ",
            $hours,
            ".seq)"
        )
    };
}

/// `?6` the items. Whose they are must have signed up with the organization; what stands of
/// theirs under the same reference must be the same.
macro_rules! items {
    () => {
        concat!(
            of_organization!(),
            ",
item AS (
  SELECT e.key AS place, e.value AS it, a.actor, v.id AS volunteer_id
  FROM agent a
  JOIN json_each(?6) e
  LEFT JOIN volunteer v ON v.phone_hash = e.value ->> 'phone_hash' AND EXISTS (
    SELECT 1 FROM signup s WHERE s.volunteer_id = v.id AND s.facts ->> 'organization_id' = ?3)
  WHERE a.may),
bad AS (
  SELECT i.place, i.volunteer_id IS NULL AS unknown
  FROM item i LEFT JOIN outside_hours x ON ",
            of_item!(),
            " AND ",
            stands!("x"),
            "
  WHERE i.volunteer_id IS NULL OR x.seq IS NOT NULL
    AND (x.activity, x.on_date, x.minutes)
      <> (i.it ->> 'activity', i.it ->> 'on_date', i.it ->> 'minutes'))"
        )
    };
}

const BAD: &str = concat!(items!(), " SELECT place, unknown FROM bad ORDER BY place");

/// What stands already is not brought in twice: a trigger leaves it out.
const BRING_IN: &str = concat!(
    items!(),
    "
INSERT INTO outside_hours (id, volunteer_id, source, reference, activity, on_date, minutes, organization_id, imported_at, actor)
SELECT it ->> 'id', volunteer_id, it ->> 'source', it ->> 'reference', it ->> 'activity', it ->> 'on_date',
  it ->> 'minutes', ?3, ?2, actor
FROM item
WHERE NOT EXISTS (SELECT 1 FROM bad)
ORDER BY place"
);

const AUDIT: &str = concat!(
    of_organization!(),
    "
INSERT INTO audit (at, actor, action, subject, after, request_id)
SELECT ?2, a.actor, 'outside_hours.imported', 'organization:' || t.organization_id,
  json_object('items', changes()), ?6
FROM agent a JOIN target t
WHERE a.may AND changes() > 0"
);

/// The last of each, should it have been struck since.
const BROUGHT: &str = concat!(
    items!(),
    "
SELECT b.id, b.source, b.reference, b.imported_at
FROM item i
JOIN outside_hours b ON b.seq = (SELECT max(x.seq) FROM outside_hours x WHERE ",
    of_item!(),
    ")
ORDER BY i.place"
);

#[derive(Deserialize)]
struct Bad {
    place: i64,
    #[serde(deserialize_with = "crate::platform::db::truth")]
    unknown: bool,
}

/// Brings hours in: all, or none. Gives what stands, and whether the same request had
/// brought it in before.
pub async fn bring_in(
    visit: &Visit,
    organization: Uuid,
    items: &[Elsewhere],
    key: &IdempotencyKey,
) -> Result<(Vec<BroughtIn>, bool), Problem> {
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
    let list = serde_json::json!(items).to_string();
    let statements = vec![
        asks(WHO),
        asks(BAD).and(&list),
        asks(BRING_IN).and(&list),
        asks(AUDIT).and(&*visit.request_id),
        key.point_at(visit, organization),
        asks(BROUGHT).and(&list),
    ];
    let batch = match key.run(visit, statements).await? {
        Ran::Now(batch) => batch,
        Ran::Before(earlier) => {
            earlier.subject()?;
            let again = vec![asks(WHO), asks(BROUGHT).and(&list)];
            let batch = visit.db.batch(again).await?;
            admit(&batch, 0)?;
            return Ok((batch.rows(1)?, true));
        }
    };
    admit(&batch, 0)?;
    let mut errors = FieldErrors::default();
    for bad in batch.rows::<Bad>(1)? {
        let at = format!("/items/{}", bad.place);
        match bad.unknown {
            true => errors.push(
                format!("{at}/phone"),
                Words::new(
                    "没有在本组织报过名的志愿者用这个手机号",
                    "is nobody who signed up with this organization",
                ),
            ),
            false => errors.push(
                format!("{at}/reference"),
                Words::new(
                    "已为这位志愿者录入过这个编号，内容不同；本人说明“不是我的”之后可以重新录入",
                    "was brought in for them before, and says something else; once they say that it is not theirs, bring it in anew",
                ),
            ),
        }
    }
    errors.into_result().map_err(Problem::invalid)?;
    Ok((batch.rows(5)?, false))
}

/// Hours recorded elsewhere, as their volunteer sees them.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
pub struct OutsideHours {
    /// UUIDv7.
    #[schema(format = "uuid")]
    pub id: String,
    /// Its place among all.
    #[serde(skip_serializing)]
    pub seq: i64,
    /// The system or organization that recorded them.
    pub source: String,
    /// Its own name for the record.
    pub reference: String,
    /// What was done.
    pub activity: String,
    /// The day.
    #[schema(format = "date")]
    pub on_date: String,
    /// Minutes. They count towards nothing here.
    pub minutes: i64,
    /// The organization that brought them in.
    pub imported_by: String,
    /// When, RFC 3339.
    #[schema(value_type = String, format = "date-time")]
    pub imported_at: Instant,
    /// The hours that another organization brought in before, under the same source and
    /// reference, and that stand: these are the same ones. Count what has none.
    #[schema(format = "uuid")]
    pub same_as: Option<String>,
    /// When the volunteer said that they are not theirs, RFC 3339.
    #[schema(value_type = Option<String>, format = "date-time")]
    pub struck_at: Option<Instant>,
}

const KNOWN: &str = "SELECT 1 AS known FROM session WHERE token_hash = ?1 AND expires_at > ?2";

/// Of whoever presents the session `?1`, at `?2`.
macro_rules! own {
    () => {
        concat!(
            "
SELECT x.id, x.seq, x.source, x.reference, x.activity, x.on_date, x.minutes, o.name AS imported_by,
  x.imported_at, k.at AS struck_at,
  iif(k.at IS NULL, (
    SELECT y.id FROM outside_hours y
    WHERE y.volunteer_id = x.volunteer_id AND y.source = x.source AND y.reference = x.reference
      AND y.seq < x.seq AND ",
            stands!("y"),
            "
    ORDER BY y.seq LIMIT 1), NULL) AS same_as
FROM session c
JOIN outside_hours x ON x.volunteer_id = c.volunteer_id
JOIN organization o ON o.id = x.organization_id
LEFT JOIN outside_hours_strike k ON k.outside_hours = x.seq
WHERE c.token_hash = ?1 AND c.expires_at > ?2"
        )
    };
}

/// `?3` before which place, 0 for the first page, `?4` how many.
const MINE: &str = concat!(
    own!(),
    " AND x.seq < iif(?3 = 0, 9e15, ?3)
ORDER BY x.seq DESC
LIMIT ?4"
);

/// `?3` which.
const ONE: &str = concat!(own!(), " AND x.id = ?3");

const STRIKE: &str = "
INSERT INTO outside_hours_strike (outside_hours, at)
SELECT x.seq, ?2
FROM session c JOIN outside_hours x ON x.volunteer_id = c.volunteer_id
WHERE c.token_hash = ?1 AND c.expires_at > ?2 AND x.id = ?3
ON CONFLICT DO NOTHING";

const AUDIT_STRIKE: &str = "
INSERT INTO audit (at, actor, action, subject, request_id)
SELECT ?2, 'volunteer:' || c.volunteer_id, 'outside_hours.struck', 'outside_hours:' || ?3, ?4
FROM session c
WHERE c.token_hash = ?1 AND c.expires_at > ?2 AND changes() > 0";

fn asks(visit: &Visit, sql: &'static str) -> Statement {
    bind!(sql, visit.credential_hash(), visit.now)
}

/// The statement for one page of the caller's own.
pub fn mine_statement(visit: &Visit, before: i64, limit: i64) -> Statement {
    asks(visit, MINE).and(before).and(limit + 1)
}

/// The caller's own, the newest first; and before which place the next page begins.
pub async fn mine(
    visit: &Visit,
    before: i64,
    limit: i64,
) -> Result<(Vec<OutsideHours>, Option<i64>), Problem> {
    let list = mine_statement(visit, before, limit);
    let batch = visit.db.batch(vec![asks(visit, KNOWN), list]).await?;
    let known: Option<serde_json::Value> = batch.first(0)?;
    known.ok_or_else(Problem::unauthenticated)?;
    let mut items: Vec<OutsideHours> = batch.rows(1)?;
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let more = items.len() > limit;
    items.truncate(limit);
    let next = items.last().filter(|_| more).map(|last| last.seq);
    Ok((items, next))
}

/// The volunteer says: not mine. Once said, it stays. Gives what stands, and whether the
/// same request had said so before.
pub async fn strike(
    visit: &Visit,
    id: Uuid,
    key: &IdempotencyKey,
) -> Result<(OutsideHours, bool), Problem> {
    let statements = vec![
        asks(visit, KNOWN),
        asks(visit, STRIKE).and(id),
        asks(visit, AUDIT_STRIKE).and(id).and(&*visit.request_id),
        key.point_at(visit, id),
        asks(visit, ONE).and(id),
    ];
    let batch = match key.run(visit, statements).await? {
        Ran::Now(batch) => batch,
        Ran::Before(earlier) => {
            earlier.subject()?;
            let one: Option<OutsideHours> = visit.db.first(asks(visit, ONE).and(id)).await?;
            return Ok((one.ok_or_else(Problem::not_found)?, true));
        }
    };
    let known: Option<serde_json::Value> = batch.first(0)?;
    known.ok_or_else(Problem::unauthenticated)?;
    let one: OutsideHours = batch.first(4)?.ok_or_else(Problem::not_found)?;
    Ok((one, false))
}
