//! SQL of who coordinates: listing, appointing, revoking, redeeming.

use serde::Deserialize;
use uuid::Uuid;

use super::{Standing, own_regions, reach, require, standing};
use crate::bind;
use crate::coordination::{AppointmentCode, Coordinator, Place};
use crate::organizations::store::reading;
use crate::platform::clock::Instant;
use crate::platform::db::{self, Statement};
use crate::platform::forgetting::A_SLICE;
use crate::platform::idempotency::{IdempotencyKey, Ran};
use crate::platform::input::parse_id;
use crate::platform::problem::Problem;
use crate::platform::visit::Visit;
use crate::regions::{Region, RegionCode};
use crate::volunteers::{Phone, masked};

/// A coordinator, and what whoever asks is to them.
macro_rules! coordinator_columns {
    () => {
        "
SELECT k.id, k.region, r.full_name AS region_name, k.office, nullif(v.name, '') AS name,
  k.phone_sealed, k.created_at,
  EXISTS (SELECT 1 FROM reach m WHERE m.id = k.id) AS is_me,
  EXISTS (
    SELECT 1 FROM reach m
    WHERE m.id = k.id
      OR substr(k.region, 1, length(m.region)) = m.region
        AND (length(k.region) > length(m.region) OR k.appointed_by = m.volunteer_id)) AS revocable
FROM coordinator k
JOIN region r ON r.code = k.region
LEFT JOIN volunteer v ON v.phone_hash = k.phone_hash
"
    };
}

/// In order of their regions, from where the page before ended. Division codes sort as
/// text: what a region holds stands behind it. `?3` a region and `?4` an id, both empty on
/// the first page; `?5` how many.
const COORDINATORS: &str = concat!(
    "WITH ",
    reach!(),
    coordinator_columns!(),
    "WHERE k.region >= max(?3, coalesce((SELECT min(region) FROM reach), ':'))
  AND (k.region, k.id) > (?3, ?4)
  AND EXISTS (SELECT 1 FROM reach m WHERE substr(k.region, 1, length(m.region)) = m.region)
ORDER BY k.region, k.id
LIMIT ?5"
);

const COORDINATOR: &str = concat!(
    "WITH ",
    reach!(),
    coordinator_columns!(),
    "WHERE k.id = ?3 AND EXISTS (
  SELECT 1 FROM reach m WHERE substr(k.region, 1, length(m.region)) = m.region)"
);

#[derive(Deserialize)]
struct CoordinatorRow {
    id: String,
    region: String,
    region_name: String,
    office: String,
    name: Option<String>,
    phone_sealed: Option<String>,
    #[serde(deserialize_with = "db::truth")]
    is_me: bool,
    #[serde(deserialize_with = "db::truth")]
    revocable: bool,
    created_at: Instant,
}

impl CoordinatorRow {
    fn shown(self, visit: &Visit) -> Coordinator {
        let keys = &visit.config.keys;
        Coordinator {
            phone: self
                .phone_sealed
                .map(|sealed| masked(&keys.open(&sealed).unwrap_or_default())),
            id: self.id,
            region: self.region,
            region_name: self.region_name,
            office: self.office,
            name: self.name,
            is_me: self.is_me,
            revocable: self.revocable,
            since: self.created_at,
        }
    }
}

/// One page of coordinators.
#[derive(Debug)]
pub struct Page {
    /// In order of their regions.
    pub items: Vec<Coordinator>,
    /// Where it ended, unless it is the last.
    pub next: Option<Place>,
}

fn listing(visit: &Visit, after: Option<&Place>, limit: i64) -> Statement {
    let (region, id) = after.map_or(("", ""), |place| (&place.region, &place.id));
    let caller = visit.credential_hash();
    bind!(COORDINATORS, caller, visit.now, region, id, limit + 1)
}

fn cut(visit: &Visit, rows: Vec<CoordinatorRow>, limit: i64) -> Page {
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let more = rows.len() > limit;
    let rows = rows.into_iter().take(limit);
    let items: Vec<Coordinator> = rows.map(|row| row.shown(visit)).collect();
    let next = items.last().filter(|_| more).map(Place::of);
    Page { items, next }
}

/// Who coordinates a region the caller reaches: `limit` of them from a place on.
pub async fn coordinators(
    visit: &Visit,
    after: Option<&Place>,
    limit: i64,
) -> Result<Page, Problem> {
    let list = listing(visit, after, limit);
    let batch = visit.db.batch(vec![standing(visit), list]).await?;
    require(batch.first(0)?)?;
    Ok(cut(visit, batch.rows(1)?, limit))
}

/// What the page of coordinators shows.
#[derive(Debug)]
pub struct Board {
    /// Who coordinates.
    pub page: Page,
    /// Divisions somebody can be appointed for.
    pub appointable: Vec<Region>,
}

/// Coordinators, and where others can be appointed.
pub async fn board(visit: &Visit, after: Option<&Place>, limit: i64) -> Result<Board, Problem> {
    let statements = vec![
        standing(visit),
        own_regions(visit),
        reading::counties(),
        listing(visit, after, limit),
    ];
    let batch = visit.db.batch(statements).await?;
    require(batch.first(0)?)?;
    let own: Vec<Region> = batch.rows(1)?;
    let mut appointable: Vec<Region> = batch.rows(2)?;
    appointable.retain(|region| own.iter().any(|own| region.code.starts_with(&own.code)));
    // A town's coordinator appoints colleagues; the choice ends at counties.
    for own in own {
        if !appointable.iter().any(|region| region.code == own.code) {
            appointable.push(own);
        }
    }
    let page = cut(visit, batch.rows(3)?, limit);
    Ok(Board { page, appointable })
}

const APPOINTABLE: &str = concat!(
    "WITH ",
    reach!(),
    "
SELECT EXISTS (SELECT 1 FROM region WHERE code = ?3) AS known,
  EXISTS (SELECT 1 FROM reach m WHERE substr(?3, 1, length(m.region)) = m.region) AS reached,
  EXISTS (SELECT 1 FROM coordinator WHERE phone_hash = ?4 AND region = ?3) AS already"
);

const APPOINT: &str = concat!(
    "WITH ",
    reach!(),
    "
INSERT INTO coordinator (id, region, office, phone_hash, phone_sealed, appointed_by, created_at)
SELECT ?5, r.code, ?6, ?4, ?7, m.volunteer_id, ?2
FROM region r JOIN reach m ON substr(r.code, 1, length(m.region)) = m.region
WHERE r.code = ?3
ORDER BY length(m.region)
LIMIT 1
ON CONFLICT DO NOTHING"
);

const TELL_APPOINTED: &str = "
INSERT INTO outbox (kind, volunteer_id, phone_sealed, language, params, created_at, due_at, phone_hash)
SELECT 'coordinator_appointed', v.id, iif(v.id IS NULL, k.phone_sealed, NULL), coalesce(v.language, ?3),
  json_object('place', r.full_name, 'title', k.office), ?2, ?2, k.phone_hash
FROM coordinator k
JOIN region r ON r.code = k.region
LEFT JOIN volunteer v ON v.phone_hash = k.phone_hash
WHERE k.id = ?1";

const RECORD_APPOINTED: &str = "
INSERT INTO audit (at, actor, action, subject, after, request_id)
SELECT ?2, 'volunteer:' || k.appointed_by, 'coordinator.appointed', 'coordinator:' || k.id,
  json_object('region', k.region, 'office', k.office), ?3
FROM coordinator k
WHERE k.id = ?1";

/// What came of an appointment.
#[derive(Debug)]
pub enum Appointed {
    /// It is made.
    Made(Box<Coordinator>),
    /// The same request was carried out before.
    Before(Box<Coordinator>),
    /// There is no such division.
    UnknownRegion,
    /// The division is not within the caller's.
    OutOfReach,
    /// They coordinate it already.
    Already,
}

#[derive(Deserialize)]
struct Appointable {
    #[serde(deserialize_with = "db::truth")]
    known: bool,
    #[serde(deserialize_with = "db::truth")]
    reached: bool,
    #[serde(deserialize_with = "db::truth")]
    already: bool,
}

/// Appoints whoever has a phone, known or not, and tells them.
pub async fn appoint(
    visit: &Visit,
    phone: &Phone,
    region: &RegionCode,
    office: &str,
    key: &IdempotencyKey,
) -> Result<Appointed, Problem> {
    let keys = &visit.config.keys;
    let (caller, id) = (visit.credential_hash(), visit.new_id());
    let hash = keys.phone_hash(phone.digits());
    let sealed = keys.seal(phone.digits())?;
    let region = region.as_str();
    let statements = vec![
        standing(visit),
        bind!(APPOINTABLE, &caller, visit.now, region, &hash),
        bind!(
            APPOINT, &caller, visit.now, region, &hash, id, office, sealed
        ),
        key.point_at(visit, id),
        bind!(TELL_APPOINTED, id, visit.now, visit.lang.code()),
        bind!(RECORD_APPOINTED, id, visit.now, &*visit.request_id),
        bind!(COORDINATOR, &caller, visit.now, id),
    ];
    let batch = match key.run(visit, statements).await? {
        Ran::Now(batch) => batch,
        Ran::Before(earlier) => {
            let made = coordinator(visit, parse_id(earlier.subject()?)?).await?;
            return Ok(Appointed::Before(Box::new(made)));
        }
    };
    require(batch.first(0)?)?;
    if let Some(row) = batch.first::<CoordinatorRow>(6)? {
        return Ok(Appointed::Made(Box::new(row.shown(visit))));
    }
    let why: Option<Appointable> = batch.first(1)?;
    match why {
        Some(Appointable { known: false, .. }) => Ok(Appointed::UnknownRegion),
        Some(Appointable { reached: false, .. }) => Ok(Appointed::OutOfReach),
        Some(Appointable { already: true, .. }) => Ok(Appointed::Already),
        _ => Err(Problem::internal("nobody was appointed and nobody refused")),
    }
}

/// One whom the caller reaches, to coordinators.
async fn coordinator(visit: &Visit, id: Uuid) -> Result<Coordinator, Problem> {
    let one = bind!(COORDINATOR, visit.credential_hash(), visit.now, id);
    let batch = visit.db.batch(vec![standing(visit), one]).await?;
    require(batch.first(0)?)?;
    let row: Option<CoordinatorRow> = batch.first(1)?;
    row.map(|row| row.shown(visit))
        .ok_or_else(Problem::not_found)
}

/// Whom the caller may revoke: those below, those they appointed themselves, and
/// themselves. `?1` session, `?2` now, `?3` coordinator.
macro_rules! revocable {
    () => {
        concat!(
            "WITH ",
            reach!(),
            ",
revocable AS (
  SELECT k.id, k.region, k.office, m.volunteer_id AS revoker
  FROM coordinator k
  JOIN reach m ON m.id = k.id
    OR substr(k.region, 1, length(m.region)) = m.region
      AND (length(k.region) > length(m.region) OR k.appointed_by = m.volunteer_id)
  WHERE k.id = ?3
  LIMIT 1)"
        )
    };
}

const RECORD_REVOKED: &str = concat!(
    revocable!(),
    "
INSERT INTO audit (at, actor, action, subject, before, request_id)
SELECT ?2, 'volunteer:' || revoker, 'coordinator.revoked', 'coordinator:' || id,
  json_object('region', region, 'office', office), ?4
FROM revocable"
);

const REVOKE: &str = concat!(
    revocable!(),
    "
DELETE FROM coordinator WHERE id IN (SELECT id FROM revocable)"
);

/// Ends an appointment, from the next request on.
pub async fn revoke(visit: &Visit, id: Uuid) -> Result<(), Problem> {
    let caller = visit.credential_hash();
    let batch = visit
        .db
        .batch(vec![
            standing(visit),
            bind!(COORDINATOR, &caller, visit.now, id),
            bind!(RECORD_REVOKED, &caller, visit.now, id, &*visit.request_id),
            bind!(REVOKE, &caller, visit.now, id),
        ])
        .await?;
    require(batch.first(0)?)?;
    let row: CoordinatorRow = batch.first(1)?.ok_or_else(Problem::not_found)?;
    if row.revocable {
        Ok(())
    } else {
        Err(Problem::forbidden())
    }
}

const FORGET: &str = "
DELETE FROM coordinator
WHERE id IN (SELECT id FROM coordinator WHERE code_expires_at < ?1 ORDER BY code_expires_at LIMIT ?2)";

/// The statement that forgets a slice of the codes nobody has redeemed in time.
pub fn forget(now: Instant) -> Statement {
    bind!(FORGET, now, A_SLICE)
}

/// `?1` session, `?2` now, `?3` hash of the code.
const REDEEM: &str = "
UPDATE coordinator
SET phone_hash = v.phone_hash, phone_sealed = v.phone_sealed, code_hash = NULL, code_expires_at = NULL
FROM session c JOIN volunteer v ON v.id = c.volunteer_id
WHERE c.token_hash = ?1 AND c.expires_at > ?2
  AND coordinator.code_hash = ?3 AND coordinator.code_expires_at > ?2
  AND NOT EXISTS (
    SELECT 1 FROM coordinator k WHERE k.phone_hash = v.phone_hash AND k.region = coordinator.region)";

/// Written before, while the code is still there.
const RECORD_REDEEMED: &str = "
INSERT INTO audit (at, actor, action, subject, after, request_id)
SELECT ?2, 'volunteer:' || v.id, 'coordinator.redeemed', 'coordinator:' || k.id,
  json_object('region', k.region, 'office', k.office), ?4
FROM session c
JOIN volunteer v ON v.id = c.volunteer_id
JOIN coordinator k ON k.code_hash = ?3 AND k.code_expires_at > ?2
WHERE c.token_hash = ?1 AND c.expires_at > ?2
  AND NOT EXISTS (SELECT 1 FROM coordinator o WHERE o.phone_hash = v.phone_hash AND o.region = k.region)";

/// Whether a code still stands for an appointment.
const REDEEMABLE: &str = "
SELECT 1 AS found FROM coordinator WHERE code_hash = ?1 AND code_expires_at > ?2";

/// What came of redeeming a code.
#[derive(Debug)]
pub enum Redeemed {
    /// The caller coordinates from now on.
    Done(Box<Coordinator>),
    /// The same request was carried out before.
    Before(Box<Coordinator>),
    /// Used, too old, or none.
    NoSuchCode,
    /// They coordinate that region already.
    Already,
}

/// Makes whoever is signed in the coordinator a code stands for.
pub async fn redeem(
    visit: &Visit,
    code: &AppointmentCode,
    key: &IdempotencyKey,
) -> Result<Redeemed, Problem> {
    let (caller, hash) = (visit.credential_hash(), code.hash());
    let id = code.id().ok_or_else(Problem::not_found)?;
    let request = &*visit.request_id;
    let statements = vec![
        bind!(RECORD_REDEEMED, &caller, visit.now, &hash, request),
        bind!(REDEEM, &caller, visit.now, &hash),
        key.point_at(visit, id),
        standing(visit),
        bind!(COORDINATOR, &caller, visit.now, id),
        bind!(REDEEMABLE, &hash, visit.now),
    ];
    let batch = match key.run(visit, statements).await? {
        Ran::Now(batch) => batch,
        Ran::Before(earlier) => {
            let made = coordinator(visit, parse_id(earlier.subject()?)?).await?;
            return Ok(Redeemed::Before(Box::new(made)));
        }
    };
    let standing: Option<Standing> = batch.first(3)?;
    if !standing.is_some_and(|standing| standing.signed_in) {
        return Err(Problem::unauthenticated());
    }
    if batch.changes(1) > 0 {
        let row: CoordinatorRow = batch.first(4)?.ok_or_else(Problem::not_found)?;
        return Ok(Redeemed::Done(Box::new(row.shown(visit))));
    }
    Ok(match batch.first::<serde_json::Value>(5)? {
        Some(_) => Redeemed::Already,
        None => Redeemed::NoSuchCode,
    })
}
