//! Putting a record right: a new one before which the old one stands.

use super::acting::{NOBODY_ACTS, Told, act, acting, tells, unless_done};
use super::{By, Case};
use crate::bind;
use crate::hours::corrections::{DisputeState, Obstacle, StepKind, Superseding};
use crate::organizations::Permission;
use crate::platform::idempotency::IdempotencyKey;
use crate::platform::problem::Problem;
use crate::platform::visit::Visit;

/// Whose hand corrects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hand {
    /// The recording unit's. An open dispute is answered by it.
    Organization,
    /// The coordinator's, by a decision.
    Coordinator,
}

/// `?6` the new id, `?7` day, `?8` start, `?9` end, `?10` minutes, `?11` grade, `?12` facts,
/// `?13` why.
macro_rules! write {
    ($who:ident, $right:literal) => {
        concat!(
            acting!($who),
            "
INSERT INTO service_record (id, kind, volunteer_id, organization_id, signup_id, shift_id, project_id,
  on_date, started_at, ended_at, minutes, grade, facts, due_on, recorded_at, recorded_by, supersedes, reason)
SELECT ?6, r.kind, r.volunteer_id, r.organization_id, r.signup_id, r.shift_id, r.project_id,
  ?7, ?8, ?9, ?10, ?11, ?12, r.due_on, ?2, a.actor, r.seq, ?13
FROM target t JOIN service_record r ON r.seq = t.seq JOIN acting a
",
            $right
        )
    };
}

/// Whoever may not act for the time being adds no hours.
const WRITE_BY_ORGANIZATION: &str = write!(
    organization,
    "WHERE CAST(?10 AS INTEGER) <= r.minutes
  OR EXISTS (SELECT 1 FROM organization o WHERE o.id = r.organization_id AND o.state = 'verified')"
);
const WRITE_BY_COORDINATOR: &str = write!(coordinator, "");

/// `?1` the new record, `?2` now, `?3` the request.
const AUDIT: &str = "
INSERT INTO audit (at, actor, action, subject, before, after, request_id)
SELECT ?2, n.recorded_by, 'record.corrected', 'record:' || n.id,
  json_object('record', o.id, 'started_at', o.started_at, 'ended_at', o.ended_at, 'minutes', o.minutes,
    'grade', o.grade),
  json_object('started_at', n.started_at, 'ended_at', n.ended_at, 'minutes', n.minutes, 'grade', n.grade,
    'reason', n.reason),
  ?3
FROM service_record n JOIN service_record o ON o.seq = n.supersedes
WHERE n.id = ?1";

/// Whatever waited for an answer has it; what waits for the coordinator is not the
/// organization's to answer, which the schema refuses. `?6` what was done, `?7` the new
/// record.
macro_rules! answer {
    ($who:ident) => {
        concat!(
            acting!($who),
            "
INSERT INTO record_dispute_step (dispute, kind, at, actor, office, words, outcome)
SELECT t.dispute, ?6, ?2, a.actor, a.office, n.reason, n.seq
FROM target t JOIN acting a JOIN service_record n ON n.id = ?7
WHERE t.dispute IS NOT NULL AND t.dispute_state IN ('open', 'declined', 'escalated')"
        )
    };
}

const ANSWER_BY_ORGANIZATION: &str = answer!(organization);
const ANSWER_BY_COORDINATOR: &str = answer!(coordinator);

/// Writes the record that takes the place of the one asked for, answers the dispute about
/// it, and tells the volunteer.
pub async fn correct(
    visit: &Visit,
    case: &Case,
    hand: Hand,
    new: &Superseding,
    why: &str,
    key: &IdempotencyKey,
) -> Result<Case, Problem> {
    case.newest_is_asked()?;
    let disputed = case.asked()?.dispute().map(|dispute| dispute.state);
    let told = match hand {
        Hand::Organization => {
            case.require_organization()?;
            case.require_right_to_add(new.minutes)?;
            match disputed {
                Some(DisputeState::Escalated) => {
                    return Err(Obstacle::DisputeOutOfTurn.problem());
                }
                Some(DisputeState::Open | DisputeState::Declined) => "dispute_amended",
                _ => "record_corrected",
            }
        }
        Hand::Coordinator => {
            case.require_coordinator()?;
            if disputed != Some(DisputeState::Escalated) {
                return Err(Obstacle::DisputeOutOfTurn.problem());
            }
            "dispute_upheld"
        }
    };
    let (write, answer, step) = match hand {
        Hand::Organization => (
            WRITE_BY_ORGANIZATION,
            ANSWER_BY_ORGANIZATION,
            StepKind::Amended,
        ),
        Hand::Coordinator => (
            WRITE_BY_COORDINATOR,
            ANSWER_BY_COORDINATOR,
            StepKind::Upheld,
        ),
    };
    let id = visit.new_id();
    let record = &case.asked()?.record.id;
    let permit = Permission::RecordHours.permit();
    let mut acts = vec![
        bind!(
            write,
            visit.credential_hash(),
            visit.now,
            record,
            &permit.roles,
            &permit.scopes,
            id,
            &new.on_date,
            new.started_at,
            new.ended_at,
            new.minutes,
            new.grade.word(),
            &new.facts,
            why,
        ),
        unless_done(NOBODY_ACTS),
        bind!(AUDIT, id, visit.now, &*visit.request_id),
        key.point_at(visit, format!("record:{id}")),
        bind!(
            answer,
            visit.credential_hash(),
            visit.now,
            record,
            &permit.roles,
            &permit.scopes,
            step.word(),
            id,
        ),
        tells(visit, (Told::Volunteer, told), record, Some(why), Some(id)),
    ];
    if hand == Hand::Coordinator {
        let told = (Told::Organization, "dispute_upheld");
        acts.push(tells(visit, told, record, Some(why), Some(id)));
    }
    act(visit, acts, By::Record(id), key).await
}
