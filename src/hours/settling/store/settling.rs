//! Writing what became of everybody on a shift, in one transaction.

use axum::http::StatusCode;
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;
use uuid::Uuid;

use super::reading::{Held, Loaded, Person, asks, load};
use super::{of_shift, version};
use crate::bind;
use crate::hours::Grade;
use crate::hours::record::ServiceFacts;
use crate::hours::settling::deciding::{Given, Outcome, Settling, decide};
use crate::hours::working_days::due;
use crate::organizations::Permission;
use crate::platform::clock::Instant;
use crate::platform::db::{DbError, Statement};
use crate::platform::fields::FieldErrors;
use crate::platform::i18n::Words;
use crate::platform::idempotency::{Earlier, IdempotencyKey, Ran, Reply};
use crate::platform::problem::Problem;
use crate::platform::visit::Visit;

/// Somebody may be quicker so often.
const MOST_TRIES: u32 = 3;

/// `?6` the version that was read.
const STAND_STILL: &str = concat!(
    of_shift!(),
    "
INSERT INTO abort_if
SELECT 'settlement_moved_on'
WHERE NOT EXISTS (
  SELECT 1 FROM target t JOIN agent a ON a.may
  WHERE t.organization_state = 'verified' AND t.shift_state = 'open' AND ",
    version!(),
    " = ?6)"
);

/// `?6` JSON: what to record of whom, `?7` facts all of them share. The plus sign has each
/// sign-up found by its id: by its shift, everybody would be looked at for everybody.
/// Nobody's own hand writes hours for themselves, only what the codes bear out.
const RECORD: &str = concat!(
    of_shift!(),
    "
INSERT INTO service_record (id, kind, volunteer_id, organization_id, signup_id, shift_id, project_id,
  on_date, started_at, ended_at, minutes, grade, facts, due_on, recorded_at, recorded_by, reason)
SELECT e.value ->> 'id', 'service', s.volunteer_id, t.organization_id, s.id, t.id, t.project_id,
  e.value ->> 'on_date', e.value ->> 'started_at', e.value ->> 'ended_at', e.value ->> 'minutes',
  e.value ->> 'grade',
  json_set(?7, '$.breaks_minutes', e.value ->> 'breaks_minutes', '$.evidence', json(e.value -> 'evidence')),
  e.value ->> 'due_on', ?2, a.actor, e.value ->> 'reason'
FROM target t
JOIN agent a ON a.may
JOIN json_each(?6) e
JOIN signup s ON s.id = e.value ->> 'signup_id' AND +s.shift_id = t.id
WHERE a.hand IS NOT s.volunteer_id OR e.value ->> 'grade' = 'A'
ORDER BY e.key"
);

/// `?6` JSON: who was absent.
const NOTE_ABSENT: &str = concat!(
    of_shift!(),
    "
INSERT INTO absence (signup_id, shift_id, organization_id, recorded_at, recorded_by, reason)
SELECT s.id, t.id, t.organization_id, ?2, a.actor, e.value ->> 'reason'
FROM target t
JOIN agent a ON a.may
JOIN json_each(?6) e
JOIN signup s ON s.id = e.value ->> 'signup_id' AND +s.shift_id = t.id"
);

/// Right after either: `?1` how many it must have been.
const ALL_OF_THEM: &str = "
INSERT INTO abort_if SELECT 'settlement_moved_on' WHERE changes() <> CAST(?1 AS INTEGER)";

/// `?1` shift, `?2` the last record before, `?3` now.
const LIFT: &str = "
UPDATE absence SET lifted_at = ?3
WHERE lifted_at IS NULL
  AND signup_id IN (SELECT r.signup_id FROM service_record r WHERE r.shift_id = ?1 AND r.seq > ?2)";

const ATTENDED: &str = "
UPDATE signup SET state = 'attended'
WHERE id IN (SELECT r.signup_id FROM service_record r WHERE r.shift_id = ?1 AND r.seq > ?2)";

/// `?1` JSON: who was absent.
const ABSENT: &str = "
UPDATE signup SET state = 'absent' WHERE id IN (SELECT e.value ->> 'signup_id' FROM json_each(?1) e)";

/// `?1` shift, `?2` now.
const SETTLED: &str = "UPDATE shift SET settled_at = ?2 WHERE id = ?1 AND settled_at IS NULL";

/// `?6` how many of whom, `?7` the request.
const AUDIT: &str = concat!(
    of_shift!(),
    "
INSERT INTO audit (at, actor, action, subject, after, request_id)
SELECT ?2, a.actor, 'shift.settled', 'shift:' || t.id, ?6, ?7
FROM target t JOIN agent a ON a.may"
);

/// `?1` shift, `?2` the last record before, `?3` now.
const TELL_RECORDED: &str = "
INSERT INTO outbox (kind, volunteer_id, language, params, created_at, due_at)
SELECT 'service_recorded', v.id, v.language,
  json_object('signup', r.signup_id, 'title', r.facts ->> 'activity', 'organization', r.facts ->> 'organization',
    'starts_at', r.started_at, 'ends_at', r.ended_at, 'minutes', r.minutes),
  ?3, ?3
FROM service_record r JOIN volunteer v ON v.id = r.volunteer_id
WHERE r.shift_id = ?1 AND r.seq > ?2";

/// `?1` JSON: who was absent, `?2` now, `?3` scheme and host.
const TELL_ABSENT: &str = "
INSERT INTO outbox (kind, volunteer_id, language, params, created_at, due_at)
SELECT 'service_absent', v.id, v.language,
  json_object('signup', s.id, 'title', s.facts ->> 'title', 'organization', s.facts ->> 'organization_name',
    'starts_at', s.starts_at, 'ends_at', s.ends_at, 'reason', e.value ->> 'reason',
    'url', ?3 || '/me/signups/' || s.id || '/absence'),
  ?2, ?2
FROM json_each(?1) e
JOIN signup s ON s.id = e.value ->> 'signup_id'
JOIN volunteer v ON v.id = s.volunteer_id";

/// What a settlement came to.
#[derive(Debug)]
pub enum Settled {
    /// It is written; the answer.
    Now(Reply),
    /// The same request was carried out before.
    Before(Earlier),
    /// The shift is not what was looked at any more; its version now.
    Changed(i64),
}

/// A settlement as it is answered.
#[derive(Debug, Serialize, ToSchema)]
pub struct Settlement {
    /// Which shift.
    #[schema(format = "uuid")]
    shift_id: String,
    /// When it was settled first, RFC 3339.
    #[schema(value_type = String, format = "date-time")]
    settled_at: Instant,
    /// Whose service this request recorded.
    recorded: Vec<NewRecord>,
    /// The sign-ups of those it noted as absent.
    absent: Vec<String>,
}

/// A record that was just made.
#[derive(Debug, Serialize, ToSchema)]
pub struct NewRecord {
    /// Of which sign-up.
    #[schema(format = "uuid")]
    signup_id: String,
    /// The record's id.
    #[schema(format = "uuid")]
    record_id: String,
    /// Minutes of service.
    minutes: i64,
    /// How well it is borne out.
    grade: Grade,
}

/// A record to be written; times in milliseconds.
#[derive(Serialize)]
struct Served<'a> {
    id: String,
    signup_id: &'a str,
    on_date: String,
    started_at: i64,
    ended_at: i64,
    minutes: i64,
    grade: Grade,
    breaks_minutes: i64,
    evidence: Vec<&'a str>,
    due_on: String,
    reason: Option<&'a str>,
}

/// An absence to be noted.
#[derive(Serialize)]
struct Missed<'a> {
    signup_id: &'a str,
    reason: Option<&'a str>,
}

/// What is to be written of whom.
struct Writing<'a> {
    served: Vec<Served<'a>>,
    absent: Vec<Missed<'a>>,
}

impl<'a> Writing<'a> {
    fn of(visit: &Visit, loaded: &'a Loaded, outcomes: &'a [(usize, Outcome)]) -> Self {
        let due_on = due(loaded.shift.ends_at).date.to_string();
        let mut in_order: Vec<_> = outcomes.iter().collect();
        in_order.sort_by_key(|(at, _)| *at);
        let mut writing = Self {
            served: Vec::new(),
            absent: Vec::new(),
        };
        for (at, outcome) in in_order {
            let Some(person) = loaded.people.get(*at) else {
                continue;
            };
            let signup_id = &*person.signup_id;
            match outcome {
                Outcome::Served(stay, reason) => writing.served.push(Served {
                    id: visit.new_id().to_string(),
                    signup_id,
                    on_date: stay.started_at.date().to_string(),
                    started_at: stay.started_at.millis(),
                    ended_at: stay.ended_at.millis(),
                    minutes: stay.minutes(),
                    grade: stay.grade,
                    breaks_minutes: stay.breaks_minutes,
                    evidence: person
                        .evidence
                        .counting
                        .iter()
                        .map(|seen| &*seen.id)
                        .collect(),
                    due_on: due_on.clone(),
                    reason: reason.as_deref(),
                }),
                Outcome::Absent(reason) => writing.absent.push(Missed {
                    signup_id,
                    reason: reason.as_deref(),
                }),
                Outcome::Unchanged => {}
            }
        }
        writing
    }

    fn answer(&self, loaded: &Loaded, now: Instant) -> Settlement {
        let recorded = self.served.iter().map(|served| NewRecord {
            signup_id: served.signup_id.to_owned(),
            record_id: served.id.clone(),
            minutes: served.minutes,
            grade: served.grade,
        });
        let absent = self.absent.iter().map(|missed| missed.signup_id.to_owned());
        Settlement {
            shift_id: loaded.shift.id.clone(),
            settled_at: loaded.shift.settled_at.unwrap_or(now),
            recorded: recorded.collect(),
            absent: absent.collect(),
        }
    }
}

fn as_json(rows: &impl Serialize) -> Result<String, Problem> {
    serde_json::to_string(rows).map_err(|error| Problem::internal(error.to_string()))
}

fn count<T>(all: &[T]) -> i64 {
    i64::try_from(all.len()).unwrap_or(i64::MAX)
}

/// Facts everybody on the shift shares.
fn shared(loaded: &Loaded, person_in_charge: &str) -> Result<String, Problem> {
    let shift = &loaded.shift;
    let facts = ServiceFacts {
        activity: shift.title.clone(),
        role: shift.role.clone(),
        field: shift.field.clone(),
        region: shift.region.clone(),
        region_name: shift.region_name.clone(),
        place: shift.place.clone(),
        content: shift.content.clone(),
        organization: shift.organization_name.clone(),
        person_in_charge: person_in_charge.to_owned(),
        planned_starts_at: shift.starts_at.millis(),
        planned_ends_at: shift.ends_at.millis(),
        breaks_minutes: 0,
        evidence: Vec::new(),
    };
    as_json(&facts)
}

/// What is asked to be settled.
pub struct Wanted<'a> {
    /// Who was in charge of the activity; the organization's contact when left out.
    pub person_in_charge: Option<&'a str>,
    /// What is said of whom.
    pub entries: &'a [(String, Given)],
    /// Whether this version is the one that was looked at.
    pub fits: &'a (dyn Fn(i64) -> bool + Sync),
}

/// Settles a shift, or those left over on one that is settled: two round trips however many
/// they are. Problems are `unauthenticated`, `forbidden`, `not_found`, those of
/// [`Obstacle`](crate::hours::settling::Obstacle), and `invalid_fields` with all that is wrong.
pub async fn settle(
    visit: &Visit,
    shift: Uuid,
    wanted: &Wanted<'_>,
    key: &IdempotencyKey,
) -> Result<Settled, Problem> {
    let mut tries = 0;
    loop {
        tries += 1;
        let loaded = match load(visit, shift, Permission::RecordHours, key).await? {
            Held::Now(loaded) => loaded,
            Held::Before(earlier) => return Ok(Settled::Before(earlier)),
        };
        if !(wanted.fits)(loaded.shift.version) {
            return Ok(Settled::Changed(loaded.shift.version));
        }
        if let Some(obstacle) = loaded.shift.obstacle(visit.now) {
            return Err(obstacle.problem());
        }
        let mut errors = FieldErrors::default();
        let settling = Settling {
            slot: loaded.shift.slot(),
            settled: loaded.shift.settled_at.is_some(),
            now: visit.now,
        };
        let seated: Vec<_> = loaded.people.iter().map(Person::seated).collect();
        let outcomes = decide(settling, &seated, wanted.entries);
        let in_charge = wanted
            .person_in_charge
            .or(loaded.shift.contact_name.as_deref());
        if in_charge.is_none() {
            errors.push(
                "/person_in_charge",
                Words::new("请写明负责人", "is missing"),
            );
        }
        let outcomes = outcomes.unwrap_or_else(|wrong| {
            errors.extend(wrong);
            Vec::new()
        });
        errors.into_result().map_err(Problem::invalid)?;
        let writing = Writing::of(visit, &loaded, &outcomes);
        let facts = shared(&loaded, in_charge.unwrap_or_default())?;
        match write(visit, shift, &loaded, &writing, &facts, key).await {
            Ok(settled) => return Ok(settled),
            // Somebody was quicker: look again, and decide again.
            Err(Failed::Database(DbError::Refused(_))) if tries < MOST_TRIES => {}
            Err(Failed::Database(DbError::Refused(reason))) => return Err(Problem::busy(reason)),
            Err(Failed::Database(error)) => return Err(error.into()),
            Err(Failed::Otherwise(problem)) => return Err(problem),
        }
    }
}

enum Failed {
    Database(DbError),
    Otherwise(Problem),
}

impl From<DbError> for Failed {
    fn from(error: DbError) -> Self {
        Self::Database(error)
    }
}

impl From<Problem> for Failed {
    fn from(problem: Problem) -> Self {
        Self::Otherwise(problem)
    }
}

async fn write(
    visit: &Visit,
    shift: Uuid,
    loaded: &Loaded,
    writing: &Writing<'_>,
    facts: &str,
    key: &IdempotencyKey,
) -> Result<Settled, Failed> {
    let reply = Reply::new(StatusCode::OK, &writing.answer(loaded, visit.now))?;
    let (recorded, absent) = (count(&writing.served), count(&writing.absent));
    let (served_rows, absent_rows) = (as_json(&writing.served)?, as_json(&writing.absent)?);
    let asks = |sql: &'static str| asks(visit, shift, Permission::RecordHours, sql);
    let last = loaded.shift.last_record;
    let audited = json!({"recorded": recorded, "absent": absent}).to_string();
    let mut statements: Vec<Statement> = vec![
        asks(STAND_STILL).and(loaded.shift.version),
        asks(RECORD).and(served_rows).and(facts),
        bind!(ALL_OF_THEM, recorded),
        asks(NOTE_ABSENT).and(&absent_rows),
        bind!(ALL_OF_THEM, absent),
        bind!(LIFT, shift, last, visit.now),
        bind!(ATTENDED, shift, last),
        bind!(ABSENT, &absent_rows),
        bind!(SETTLED, shift, visit.now),
        asks(AUDIT).and(audited).and(&*visit.request_id),
    ];
    statements.push(key.keep(visit, shift, &reply)?);
    statements.push(bind!(TELL_RECORDED, shift, last, visit.now));
    statements.push(bind!(TELL_ABSENT, &absent_rows, visit.now, &*visit.origin));
    Ok(match key.run(visit, statements).await? {
        Ran::Now(_) => Settled::Now(reply),
        Ran::Before(earlier) => Settled::Before(earlier),
    })
}
