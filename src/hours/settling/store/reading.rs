//! Reading what a settlement rests on, and single records.

use serde::Deserialize;
use uuid::Uuid;

use super::{of_shift, version};
use crate::bind;
use crate::hours::Grade;
use crate::hours::attendance::counts;
use crate::hours::record::Record;
use crate::hours::settling::deciding::Seated;
use crate::hours::settling::proposal::Evidence;
use crate::hours::settling::{AROUND, Obstacle, Slot};
use crate::menu::ShiftState;
use crate::organizations::{OrganizationState, Permission, admit};
use crate::platform::clock::{DAY, Instant};
use crate::platform::db::{self, Statement};
use crate::platform::idempotency::{Earlier, IdempotencyKey, Ran};
use crate::platform::problem::Problem;
use crate::platform::visit::Visit;
use crate::signups::SignupState;

const WHO: &str = concat!(of_shift!(), crate::organizations::entry!());

const SHIFT: &str = concat!(
    of_shift!(),
    "
SELECT t.*, o.contact_name, coalesce((SELECT max(r.seq) FROM service_record r), 0) AS last_record, ",
    version!(),
    " AS version,
  EXISTS (
    SELECT 1 FROM session c JOIN member m ON m.volunteer_id = c.volunteer_id
    WHERE c.token_hash = ?1 AND m.organization_id = t.organization_id
      AND m.role IN (SELECT value FROM json_each(?6))) AS may_settle
FROM target t JOIN agent a ON a.may JOIN organization o ON o.id = t.organization_id"
);

/// What was seen of the sign-up `s` of the shift `t`: what counts, and what does not.
macro_rules! evidence {
    () => {
        concat!(
            "(SELECT json_object(
      'counting', json_group_array(json(e.seen)) FILTER (WHERE e.counts),
      'of_another_time', json_group_array(json(e.seen)) FILTER (WHERE NOT e.counts))
   FROM (
     SELECT json_object('id', e.id, 'kind', e.kind, 'method', e.method, 'happened_at', e.happened_at,
       'late', e.late) AS seen, ",
            counts!("t"),
            " AS counts
     FROM attendance e WHERE e.signup_id = s.id) e)"
        )
    };
}

/// `?6` how far from the shift its service may lie, `?7` how long a record lasts at most.
const PEOPLE: &str = concat!(
    of_shift!(),
    "
SELECT s.id AS signup_id, s.seq AS number, coalesce(a.hand = s.volunteer_id, 0) AS own,
  s.state, v.name, s.volunteer_phone_sealed AS phone_sealed,
  ",
    evidence!(),
    " AS evidence,
  (SELECT json_group_array(json_array(r.started_at, r.ended_at))
   FROM service_record r
   WHERE r.volunteer_id = s.volunteer_id AND r.kind = 'service' AND r.started_at > t.starts_at - ?6 - ?7
     AND r.started_at < t.ends_at + ?6 AND r.ended_at > t.starts_at - ?6 AND r.minutes > 0 AND r.signup_id IS NOT s.id
     AND NOT EXISTS (SELECT 1 FROM service_record n WHERE n.supersedes = r.seq)) AS busy,
  (SELECT json_object('id', r.id, 'started_at', r.started_at, 'ended_at', r.ended_at,
      'minutes', r.minutes, 'grade', r.grade, 'recorded_at', r.recorded_at)
   FROM service_record r
   WHERE r.signup_id = s.id AND r.kind = 'service'
     AND NOT EXISTS (SELECT 1 FROM service_record n WHERE n.supersedes = r.seq)) AS record,
  iif(b.signup_id IS NULL, NULL, json_object('signup_id', b.signup_id, 'recorded_at', b.recorded_at,
    'reason', b.reason, 'reply', b.reply, 'replied_at', b.replied_at, 'lifted_at', b.lifted_at)) AS absence
FROM target t
JOIN agent a ON a.may
JOIN signup s ON s.shift_id = t.id AND s.state IN ('confirmed', 'attended', 'absent')
JOIN volunteer v ON v.id = s.volunteer_id
LEFT JOIN absence b ON b.signup_id = s.id
ORDER BY s.seq"
);

/// A shift that is or was to be settled.
#[derive(Debug, Deserialize)]
pub struct ShiftRow {
    /// UUIDv7.
    pub id: String,
    /// What volunteers do.
    pub role: String,
    /// When it was to start.
    pub starts_at: Instant,
    /// When it was to end.
    pub ends_at: Instant,
    /// Whether it takes place.
    pub shift_state: ShiftState,
    /// When it was settled first.
    pub settled_at: Option<Instant>,
    /// Which project.
    pub project_id: String,
    /// What it is called.
    pub title: String,
    /// Its key field.
    pub field: String,
    /// Division code.
    pub region: String,
    /// The division's name.
    pub region_name: String,
    /// The place in words.
    pub place: String,
    /// What is done.
    pub content: String,
    /// The recording unit.
    pub organization_id: String,
    /// Its name.
    pub organization_name: String,
    /// Whether it may act.
    pub organization_state: OrganizationState,
    /// Whom to ask for in the organization.
    pub contact_name: Option<String>,
    /// The last record there is.
    pub last_record: i64,
    /// Rises with all that a settlement rests on.
    pub version: i64,
    /// Whether the member who reads may settle; keys are told when they try.
    #[serde(deserialize_with = "db::truth")]
    pub may_settle: bool,
}

impl ShiftRow {
    /// When it was to take place.
    pub fn slot(&self) -> Slot {
        Slot {
            starts_at: self.starts_at,
            ends_at: self.ends_at,
        }
    }

    /// What keeps it from being settled now.
    pub fn obstacle(&self, now: Instant) -> Option<Obstacle> {
        if self.organization_state != OrganizationState::Verified {
            Some(Obstacle::OrganizationSuspended)
        } else if self.shift_state == ShiftState::Cancelled {
            Some(Obstacle::ShiftCancelled)
        } else if self.ends_at > now {
            Some(Obstacle::NotOver)
        } else {
            None
        }
    }
}

/// A record of service that stands.
#[derive(Debug, Deserialize)]
pub struct Recorded {
    /// UUIDv7.
    pub id: String,
    /// From when.
    pub started_at: Instant,
    /// Until when.
    pub ended_at: Instant,
    /// Minutes of service.
    pub minutes: i64,
    /// How well it is borne out.
    pub grade: Grade,
    /// When it was recorded.
    pub recorded_at: Instant,
}

/// What was seen of somebody.
#[derive(Debug, Deserialize)]
pub struct AllEvidence {
    /// At the shift.
    pub counting: Vec<Evidence>,
    /// On another shift, or when the shift was to be at another time.
    pub of_another_time: Vec<Evidence>,
}

/// Somebody with a seat.
#[derive(Debug, Deserialize)]
pub struct Person {
    /// The sign-up's id.
    pub signup_id: String,
    /// The ticket's number.
    pub number: i64,
    /// Whether it is whoever asks, or whoever made the key that asks.
    #[serde(deserialize_with = "db::truth")]
    pub own: bool,
    /// Where the sign-up stands.
    pub state: SignupState,
    /// What they are called.
    pub name: String,
    /// Their sealed phone.
    pub phone_sealed: String,
    /// What was seen of them.
    #[serde(deserialize_with = "db::json")]
    pub evidence: AllEvidence,
    /// When other records say that they served.
    #[serde(deserialize_with = "db::json")]
    pub busy: Vec<(Instant, Instant)>,
    /// The record of this sign-up.
    #[serde(deserialize_with = "held")]
    pub record: Option<Recorded>,
    /// That they were noted as absent.
    #[serde(deserialize_with = "held")]
    pub absence: Option<super::Absence>,
}

fn held<'de, D: serde::Deserializer<'de>, T: serde::de::DeserializeOwned>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    let text: Option<String> = Option::deserialize(deserializer)?;
    text.map(|text| serde_json::from_str(&text).map_err(serde::de::Error::custom))
        .transpose()
}

impl Person {
    /// As far as deciding goes.
    pub fn seated(&self) -> Seated<'_> {
        Seated {
            signup: &self.signup_id,
            number: self.number,
            own: self.own,
            evidence: &self.evidence.counting,
            busy: &self.busy,
            recorded: self.record.is_some(),
            absent: self.is_absent(),
        }
    }

    /// Whether they were noted as absent, and nothing was recorded since.
    pub fn is_absent(&self) -> bool {
        self.absence
            .as_ref()
            .is_some_and(|absence| absence.lifted_at.is_none())
    }
}

/// A shift with everybody who has a seat.
#[derive(Debug)]
pub struct Loaded {
    /// The shift.
    pub shift: ShiftRow,
    /// In the order of arrival.
    pub people: Vec<Person>,
}

/// What a reading with a key finds.
#[derive(Debug)]
pub enum Held {
    /// The shift as it stands.
    Now(Box<Loaded>),
    /// The same request was carried out before.
    Before(Earlier),
}

/// A statement about a shift with who asks for it, and what they want to do.
pub(super) fn asks(
    visit: &Visit,
    shift: Uuid,
    permission: Permission,
    sql: &'static str,
) -> Statement {
    let permit = permission.permit();
    bind!(
        sql,
        visit.credential_hash(),
        visit.now,
        shift,
        permit.roles,
        permit.scopes
    )
}

/// A shift as it is to be settled, for whoever has the permission.
pub async fn load(
    visit: &Visit,
    shift: Uuid,
    permission: Permission,
    key: &IdempotencyKey,
) -> Result<Held, Problem> {
    let asks = |sql| asks(visit, shift, permission, sql);
    let settlers = Permission::RecordHours.permit().roles;
    let statements = vec![
        asks(WHO),
        asks(SHIFT).and(settlers),
        asks(PEOPLE).and(AROUND).and(2 * DAY),
    ];
    let batch = match key.run(visit, statements).await? {
        Ran::Now(batch) => batch,
        Ran::Before(earlier) => {
            admit(&visit.db.run(asks(WHO)).await?, 0)?;
            return Ok(Held::Before(earlier));
        }
    };
    admit(&batch, 0)?;
    let shift: ShiftRow = batch.first(1)?.ok_or_else(Problem::not_found)?;
    let people = batch.rows(2)?;
    Ok(Held::Now(Box::new(Loaded { shift, people })))
}

/// A record with what stands beside it.
#[derive(Debug, Deserialize)]
pub struct RecordRow {
    /// The row that never changes.
    #[serde(flatten)]
    pub record: Record,
    /// Whose it is.
    pub name: String,
    /// Id of the record it corrects.
    pub supersedes_id: Option<String>,
    /// Id of the record that corrects it.
    pub superseded_by: Option<String>,
}

/// The columns of [`RecordRow`], of a `service_record r` and a `volunteer v`.
macro_rules! row_columns {
    () => {
        concat!(
            crate::record_columns!(),
            ", v.name,
  (SELECT o.id FROM service_record o WHERE o.seq = r.supersedes) AS supersedes_id,
  (SELECT n.id FROM service_record n WHERE n.supersedes = r.seq) AS superseded_by"
        )
    };
}
pub(super) use row_columns;

/// `?1` credential, `?2` now, `?3` record, `?4` roles and `?5` scopes that may.
const RECORD: &str = concat!(
    "
WITH target AS (SELECT id, volunteer_id, organization_id FROM service_record WHERE id = ?3),
",
    crate::organizations::agent!(),
    "
SELECT ",
    row_columns!(),
    "
FROM target t
JOIN agent a ON a.may OR a.actor = 'volunteer:' || t.volunteer_id
JOIN service_record r ON r.id = t.id
JOIN volunteer v ON v.id = r.volunteer_id"
);

const KNOWN: &str = "
SELECT EXISTS (SELECT 1 FROM session WHERE token_hash = ?1 AND expires_at > ?2)
  OR EXISTS (SELECT 1 FROM api_key WHERE token_hash = ?1 AND expires_at > ?2 AND revoked_at IS NULL) AS known";

#[derive(Deserialize)]
struct Known {
    #[serde(deserialize_with = "db::truth")]
    known: bool,
}

/// One record, for the volunteer and for those who may read the organization's.
pub async fn record(visit: &Visit, id: Uuid) -> Result<RecordRow, Problem> {
    let known = bind!(KNOWN, visit.credential_hash(), visit.now);
    let record = asks(visit, id, Permission::ReadHours, RECORD);
    let batch = visit.db.batch(vec![known, record]).await?;
    match batch.first(0)? {
        Some(Known { known: true }) => batch.first(1)?.ok_or_else(Problem::not_found),
        _ => Err(Problem::unauthenticated()),
    }
}
