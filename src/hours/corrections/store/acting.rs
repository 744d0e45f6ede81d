//! SQL that every act on a record shares: who acts, what came of it, who is told.

use uuid::Uuid;

use super::{By, Case, case, looking, read, subject};
use crate::bind;
use crate::hours::corrections::Obstacle;
use crate::organizations::Permission;
use crate::platform::db::{DbError, Statement};
use crate::platform::idempotency::{IdempotencyKey, Ran};
use crate::platform::problem::Problem;
use crate::platform::visit::Visit;

/// Runs an act and reads what it made; `acts` are its statements.
pub(super) async fn act(
    visit: &Visit,
    acts: Vec<Statement>,
    made: By,
    key: &IdempotencyKey,
) -> Result<Case, Problem> {
    let at = acts.len();
    let mut statements = acts;
    statements.extend(looking(visit, made, Permission::RecordHours));
    match key.run(visit, statements).await {
        Ok(Ran::Now(batch)) => read(&batch, at),
        Ok(Ran::Before(earlier)) => {
            let made = subject(earlier.subject()?)?;
            case(visit, made, Permission::RecordHours).await
        }
        Err(error) => Err(refused(error)),
    }
}

fn refused(error: DbError) -> Problem {
    let DbError::Refused(name) = &error else {
        return error.into();
    };
    match Obstacle::of_refusal(name) {
        Some(obstacle) => obstacle.problem(),
        None if name == NOBODY_ACTS => Problem::forbidden(),
        None => error.into(),
    }
}

/// Whoever might act a moment ago may not any more.
pub(super) const NOBODY_ACTS: &str = "nobody_acts";
const UNLESS_DONE: &str = "INSERT INTO abort_if SELECT ?1 WHERE changes() = 0";

pub(super) fn unless_done(code: &str) -> Statement {
    bind!(UNLESS_DONE, code)
}

/// A common table expression `acting`: whoever presents the credential, when they may do it
/// as what they say they are; their `office`, when they decide as one. `?1` credential, `?2`
/// now; for organizations `?4` roles and `?5` scopes that may.
macro_rules! acting {
    (volunteer) => {
        concat!(
            crate::hours::corrections::store::target!("r.id"),
            ",
acting AS (
  SELECT 'volunteer:' || c.volunteer_id AS actor, NULL AS office
  FROM session c JOIN target t ON t.volunteer_id = c.volunteer_id
  WHERE c.token_hash = ?1 AND c.expires_at > ?2)"
        )
    };
    (organization) => {
        concat!(
            crate::hours::corrections::store::target!("r.id"),
            ",
",
            crate::organizations::agent!(),
            ",
acting AS (
  SELECT a.actor, NULL AS office
  FROM agent a JOIN target t
  WHERE a.may AND a.hand IS NOT t.volunteer_id)"
        )
    };
    (coordinator) => {
        concat!(
            crate::hours::corrections::store::target!("r.id"),
            ",
",
            crate::coordination::store::reach!(),
            ",
acting AS (
  SELECT 'volunteer:' || m.volunteer_id AS actor, m.office
  FROM reach m JOIN target t ON substr(t.region, 1, length(m.region)) = m.region
  WHERE m.volunteer_id <> t.volunteer_id AND NOT EXISTS (
    SELECT 1 FROM member w WHERE w.organization_id = t.organization_id AND w.volunteer_id = m.volunteer_id)
  ORDER BY length(m.region) DESC
  LIMIT 1)"
        )
    };
}
pub(super) use acting;

/// What is told of a record: `?1` the message, `?2` now, `?3` the record, `?4` why, `?5` the
/// record that came of it.
macro_rules! tell {
    ($who:literal) => {
        concat!(
            "
INSERT INTO outbox (kind, volunteer_id, language, params, created_at, due_at)
SELECT ?1, v.id, v.language,
  json_object('title', r.facts ->> 'activity', 'organization', r.facts ->> 'organization',
    'starts_at', coalesce(n.started_at, r.started_at), 'ends_at', coalesce(n.ended_at, r.ended_at),
    'minutes', coalesce(n.minutes, r.minutes), 'reason', ?4, 'due_on', d.due_on,
    'place', (SELECT s.office FROM record_dispute_step s WHERE s.dispute = d.seq ORDER BY s.seq DESC LIMIT 1)),
  ?2, ?2
FROM service_record r
LEFT JOIN service_record n ON n.id = ?5
LEFT JOIN record_dispute d ON d.record = r.seq
JOIN volunteer v ON ",
            $who,
            "
WHERE r.id = ?3"
        )
    };
}

const TELL_VOLUNTEER: &str = tell!("v.id = r.volunteer_id");

const TELL_ORGANIZATION: &str = tell!(
    "v.id IN (
  SELECT m.volunteer_id FROM member m
  WHERE m.organization_id = r.organization_id AND m.role IN ('owner', 'manager', 'recorder'))"
);

/// The office closest to the organization.
const TELL_COORDINATORS: &str = tell!(
    "v.phone_hash IN (
  SELECT k.phone_hash FROM coordinator k
  WHERE k.region = (
    SELECT max(c.region) FROM coordinator c
    WHERE c.region IN (substr(d.region, 1, 2), substr(d.region, 1, 4), substr(d.region, 1, 6),
      substr(d.region, 1, 9), d.region) AND c.phone_hash IS NOT NULL))"
);

/// Whom a message goes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Told {
    Volunteer,
    Organization,
    Coordinators,
}

/// The statement that tells somebody of what became of a record. What a volunteer wrote
/// stays where it was written, and is told to nobody's phone.
pub(super) fn tells(
    visit: &Visit,
    (whom, message): (Told, &str),
    record: &str,
    why: Option<&str>,
    outcome: Option<Uuid>,
) -> Statement {
    let sql = match whom {
        Told::Volunteer => TELL_VOLUNTEER,
        Told::Organization => TELL_ORGANIZATION,
        Told::Coordinators => TELL_COORDINATORS,
    };
    bind!(sql, message, visit.now, record, why, outcome)
}
