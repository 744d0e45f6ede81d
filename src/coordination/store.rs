//! SQL of coordinators: how far they reach, whom they appoint, what they decide.

use serde::Deserialize;
use uuid::Uuid;

use super::{AppointmentCode, Coordinator, DecisionBody};
use crate::bind;
use crate::organizations::OrganizationLine;
use crate::organizations::store::reading::{self, Filter, Found};
use crate::platform::clock::Instant;
use crate::platform::db::{self, Statement};
use crate::platform::forgetting::A_SLICE;
use crate::platform::idempotency::{IdempotencyKey, Ran};
use crate::platform::input::parse_id;
use crate::platform::problem::Problem;
use crate::platform::visit::Visit;
use crate::regions::{Region, RegionCode};
use crate::volunteers::{Phone, masked};

/// A row for each region that whoever asks coordinates. `?1` session, `?2` now.
macro_rules! reach {
    () => {
        "reach AS (
  SELECT k.id, k.region, k.office, v.id AS volunteer_id
  FROM session c
  JOIN volunteer v ON v.id = c.volunteer_id
  JOIN coordinator k ON k.phone_hash = v.phone_hash
  WHERE c.token_hash = ?1 AND c.expires_at > ?2)"
    };
}
pub(crate) use reach;

const STANDING: &str = concat!(
    "WITH ",
    reach!(),
    "
SELECT EXISTS (SELECT 1 FROM session WHERE token_hash = ?1 AND expires_at > ?2) AS signed_in,
  EXISTS (SELECT 1 FROM reach) AS coordinates"
);

/// Whether somebody is signed in, and coordinates anything.
#[derive(Debug, Deserialize)]
pub struct Standing {
    #[serde(deserialize_with = "db::truth")]
    signed_in: bool,
    #[serde(deserialize_with = "db::truth")]
    coordinates: bool,
}

impl Standing {
    /// An error unless somebody is signed in who coordinates something.
    pub fn require(&self) -> Result<(), Problem> {
        match (self.signed_in, self.coordinates) {
            (false, _) => Err(Problem::unauthenticated()),
            (true, false) => Err(Problem::forbidden()),
            (true, true) => Ok(()),
        }
    }

    /// Whether they do.
    pub fn coordinates(&self) -> bool {
        self.coordinates
    }
}

/// The statement that asks for the caller's [`Standing`].
pub fn standing(visit: &Visit) -> Statement {
    bind!(STANDING, visit.credential_hash(), visit.now)
}

fn require(row: Option<Standing>) -> Result<(), Problem> {
    row.map_or_else(|| Err(Problem::unauthenticated()), |row| row.require())
}

const OWN_REGIONS: &str = concat!(
    "WITH ",
    reach!(),
    "
SELECT m.region AS code, r.name, r.full_name FROM reach m JOIN region r ON r.code = m.region ORDER BY 1"
);

/// The statement that lists the regions the caller coordinates.
pub fn own_regions(visit: &Visit) -> Statement {
    bind!(OWN_REGIONS, visit.credential_hash(), visit.now)
}

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

/// Division codes sort as text: all that begin with one stand from it to before `:`,
/// which follows `9`.
const COORDINATORS: &str = concat!(
    "WITH ",
    reach!(),
    coordinator_columns!(),
    "WHERE k.id IN (
  SELECT b.id FROM reach m JOIN coordinator b ON b.region >= m.region AND b.region < m.region || ':')
ORDER BY k.region, k.created_at, k.id
LIMIT 1000"
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

/// Everybody who coordinates a region the caller reaches, in order of their regions.
pub async fn coordinators(visit: &Visit) -> Result<Vec<Coordinator>, Problem> {
    let caller = visit.credential_hash();
    let list = bind!(COORDINATORS, caller, visit.now);
    let batch = visit.db.batch(vec![standing(visit), list]).await?;
    require(batch.first(0)?)?;
    let rows = batch.rows::<CoordinatorRow>(1)?;
    Ok(rows.into_iter().map(|row| row.shown(visit)).collect())
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

/// `?1` session, `?2` now, `?3` organization, `?4` the states it may leave, `?5` the version
/// that was looked at, if any. The office closest to the organization decides.
macro_rules! decided {
    () => {
        concat!(
            "WITH ",
            reach!(),
            ",
decided AS (
  SELECT o.id, o.state, o.name, m.region, m.office, m.volunteer_id
  FROM organization o
  JOIN reach m ON substr(o.region, 1, length(m.region)) = m.region
  WHERE o.id = ?3 AND o.state IN (SELECT value FROM json_each(?4)) AND (?5 IS NULL OR o.version = ?5)
    AND NOT EXISTS (SELECT 1 FROM member w WHERE w.organization_id = o.id AND w.volunteer_id = m.volunteer_id)
  ORDER BY length(m.region) DESC
  LIMIT 1)"
        )
    };
}

const IN_REACH: &str = concat!(
    "WITH ",
    reach!(),
    "
SELECT o.state, o.version,
  EXISTS (SELECT 1 FROM reach m WHERE substr(o.region, 1, length(m.region)) = m.region) AS reached,
  EXISTS (SELECT 1 FROM reach m JOIN member w ON w.volunteer_id = m.volunteer_id AND w.organization_id = o.id) AS own
FROM organization o
WHERE o.id = ?3"
);

const RECORD_DECISION: &str = concat!(
    decided!(),
    "
INSERT INTO audit (at, actor, action, subject, before, after, request_id)
SELECT ?2, 'volunteer:' || volunteer_id, ?6, 'organization:' || id, json_object('state', state),
  json_object('state', ?7, 'reason', ?8, 'region', region, 'office', office), ?9
FROM decided"
);

const TELL_OWNERS: &str = concat!(
    decided!(),
    "
INSERT INTO outbox (kind, volunteer_id, language, params, created_at, due_at)
SELECT ?6, v.id, v.language, json_object('title', d.name, 'reason', ?7, 'place', d.office), ?2, ?2
FROM decided d
JOIN member m ON m.organization_id = d.id AND m.role = 'owner'
JOIN volunteer v ON v.id = m.volunteer_id"
);

const DECIDE: &str = concat!(
    decided!(),
    "
UPDATE organization
SET state = ?6, state_since = ?2, state_region = d.region, state_office = d.office, state_reason = ?7,
  version = version + 1
FROM decided d
WHERE organization.id = d.id"
);

#[derive(Deserialize)]
struct InReach {
    state: crate::organizations::OrganizationState,
    version: i64,
    #[serde(deserialize_with = "db::truth")]
    reached: bool,
    /// Nobody decides on an organization of their own.
    #[serde(deserialize_with = "db::truth")]
    own: bool,
}

/// An organization as whoever coordinates it looks at it before deciding.
pub async fn in_reach(visit: &Visit, organization: Uuid) -> Result<Found, Problem> {
    let (caller, id) = (visit.credential_hash(), organization.to_string());
    let batch = visit
        .db
        .batch(vec![
            standing(visit),
            bind!(IN_REACH, &caller, visit.now, &id),
            reading::organization(visit, &id),
        ])
        .await?;
    require(batch.first(0)?)?;
    let row: InReach = batch.first(1)?.ok_or_else(Problem::not_found)?;
    if !row.reached {
        return Err(Problem::forbidden());
    }
    reading::found(&batch, 2)?.ok_or_else(Problem::not_found)
}

/// What the page of coordination shows.
#[derive(Debug)]
pub struct Overview {
    /// The regions the caller coordinates.
    pub regions: Vec<Region>,
    /// Organizations within them, in the state asked for.
    pub organizations: Vec<OrganizationLine>,
    /// Everybody who coordinates within them.
    pub coordinators: Vec<Coordinator>,
    /// Divisions somebody can be appointed for.
    pub appointable: Vec<Region>,
}

/// Everything the page of coordination shows, to a coordinator.
pub async fn overview(visit: &Visit, filter: &Filter<'_>) -> Result<Overview, Problem> {
    let batch = visit
        .db
        .batch(vec![
            standing(visit),
            own_regions(visit),
            reading::lines(visit, filter),
            bind!(COORDINATORS, visit.credential_hash(), visit.now),
            reading::counties(),
        ])
        .await?;
    require(batch.first(0)?)?;
    let regions: Vec<Region> = batch.rows(1)?;
    let within = |region: &Region| regions.iter().any(|own| region.code.starts_with(&own.code));
    let mut appointable: Vec<Region> = batch.rows(4)?;
    appointable.retain(within);
    for own in &regions {
        // A town's coordinator appoints colleagues; the choice ends at counties.
        if !appointable.iter().any(|region| region.code == own.code) {
            appointable.push(Region {
                code: own.code.clone(),
                name: own.name.clone(),
                full_name: own.full_name.clone(),
            });
        }
    }
    let coordinators = batch.rows::<CoordinatorRow>(3)?;
    Ok(Overview {
        organizations: batch.rows(2)?,
        coordinators: coordinators
            .into_iter()
            .map(|row| row.shown(visit))
            .collect(),
        appointable,
        regions,
    })
}

/// What came of a decision.
#[derive(Debug)]
pub enum Decided {
    /// It stands.
    Done(Box<Found>),
    /// The same request was carried out before.
    Before(Box<Found>),
    /// Not from this state.
    NotPossible(crate::organizations::OrganizationState),
    /// The organization is not what the coordinator looked at any more; its version now.
    Changed(i64),
}

/// Decides on an organization, tells its owners, and reads it back: one transaction.
pub async fn decide(
    visit: &Visit,
    organization: Uuid,
    body: &DecisionBody,
    seen: Option<i64>,
    key: &IdempotencyKey,
) -> Result<Decided, Problem> {
    let caller = visit.credential_hash();
    let (decision, reason) = (body.decision, body.reason.as_ref().map(|it| it.as_str()));
    let (from, to) = decision.from_to();
    let from = serde_json::json!(from).to_string();
    let action = format!("organization.{}", to.word());
    let id = organization.to_string();
    let statements = vec![
        standing(visit),
        bind!(IN_REACH, &caller, visit.now, &id),
        bind!(
            RECORD_DECISION,
            &caller,
            visit.now,
            &id,
            &from,
            seen,
            action,
            to.word(),
            reason,
            &*visit.request_id,
        ),
        bind!(
            TELL_OWNERS,
            &caller,
            visit.now,
            &id,
            &from,
            seen,
            decision.message(),
            reason,
        ),
        bind!(
            DECIDE,
            &caller,
            visit.now,
            &id,
            &from,
            seen,
            to.word(),
            reason
        ),
        key.point_at(visit, &id),
        reading::organization(visit, &id),
    ];
    let batch = match key.run(visit, statements).await? {
        Ran::Now(batch) => batch,
        Ran::Before(earlier) => {
            let id = earlier.subject()?;
            let statements = vec![standing(visit), reading::organization(visit, id)];
            let batch = visit.db.batch(statements).await?;
            require(batch.first(0)?)?;
            let found = reading::found(&batch, 1)?.ok_or_else(Problem::not_found)?;
            return Ok(Decided::Before(Box::new(found)));
        }
    };
    require(batch.first(0)?)?;
    let before: InReach = batch.first(1)?.ok_or_else(Problem::not_found)?;
    if !before.reached || before.own {
        return Err(Problem::forbidden());
    }
    if batch.changes(4) > 0 {
        let found = reading::found(&batch, 6)?.ok_or_else(Problem::not_found)?;
        return Ok(Decided::Done(Box::new(found)));
    }
    Ok(match seen {
        Some(seen) if seen != before.version => Decided::Changed(before.version),
        _ => Decided::NotPossible(before.state),
    })
}
