//! What is said and done about a dispute, short of a new record.

use uuid::Uuid;

use super::acting::{NOBODY_ACTS, Told, act, acting, tells, unless_done};
use super::{By, Case};
use crate::bind;
use crate::hours::RecordKind;
use crate::hours::corrections::{DisputeState, Obstacle, StepKind, Wish, is_overdue};
use crate::hours::working_days;
use crate::organizations::Permission;
use crate::platform::db::Statement;
use crate::platform::idempotency::IdempotencyKey;
use crate::platform::problem::Problem;
use crate::platform::visit::Visit;

/// What a volunteer says of a record.
#[derive(Debug)]
pub struct Claim<'a> {
    /// What is wrong, and what should be.
    pub words: &'a str,
    /// What should be, in numbers.
    pub wish: Wish,
}

/// `?4` id, `?5` proposed start, `?6` end, `?7` minutes, `?8` last day for the answer.
const OPEN: &str = concat!(
    acting!(volunteer),
    "
INSERT INTO record_dispute (id, record, volunteer_id, organization_id, region, proposed_started_at,
  proposed_ended_at, proposed_minutes, opened_at, due_on)
SELECT ?4, t.seq, t.volunteer_id, t.organization_id, t.region, ?5, ?6, ?7, ?2, ?8
FROM target t JOIN acting a
WHERE NOT EXISTS (SELECT 1 FROM service_record n WHERE n.supersedes = t.seq)"
);

const FIRST_STEP: &str = "
INSERT INTO record_dispute_step (dispute, kind, at, actor, words)
SELECT seq, 'contested', ?2, 'volunteer:' || volunteer_id, ?3 FROM record_dispute WHERE id = ?1";

/// `?6` what is done, `?7` why.
macro_rules! step {
    ($who:ident) => {
        concat!(
            acting!($who),
            "
INSERT INTO record_dispute_step (dispute, kind, at, actor, office, words)
SELECT t.dispute, ?6, ?2, a.actor, a.office, ?7
FROM target t JOIN acting a
WHERE t.dispute IS NOT NULL"
        )
    };
}

const STEP_BY_VOLUNTEER: &str = step!(volunteer);
const STEP_BY_ORGANIZATION: &str = step!(organization);
const STEP_BY_COORDINATOR: &str = step!(coordinator);

/// `?1` dispute, `?2` now, `?3` the request. Whoever took the last step did it.
const AUDIT: &str = "
INSERT INTO audit (at, actor, action, subject, after, request_id)
SELECT ?2, s.actor, 'dispute.' || s.kind, 'dispute:' || d.id,
  json_object('record', r.id, 'organization', d.organization_id, 'state', d.state, 'office', s.office), ?3
FROM record_dispute d
JOIN service_record r ON r.seq = d.record
JOIN record_dispute_step s ON s.dispute = d.seq
WHERE d.id = ?1
ORDER BY s.seq DESC
LIMIT 1";

fn audit(visit: &Visit, dispute: &str) -> Statement {
    bind!(AUDIT, dispute, visit.now, &*visit.request_id)
}

/// Contests a record of one's own; the organization is told.
pub async fn contest(
    visit: &Visit,
    case: &Case,
    claim: &Claim<'_>,
    key: &IdempotencyKey,
) -> Result<Case, Problem> {
    case.require_own()?;
    let record = &case.asked()?.record;
    if record.kind != RecordKind::Service {
        return Err(Obstacle::NotService.problem());
    }
    case.newest_is_asked()?;
    if let Some(dispute) = case.asked()?.dispute() {
        let problem = Obstacle::AlreadyContested.problem();
        return Err(problem.with("dispute_id", dispute.id));
    }
    let id = visit.new_id();
    let due = working_days::due(visit.now).date.to_string();
    let acts = vec![
        bind!(
            OPEN,
            visit.credential_hash(),
            visit.now,
            &record.id,
            id,
            claim.wish.started_at,
            claim.wish.ended_at,
            claim.wish.minutes,
            due,
        ),
        unless_done(Obstacle::SupersededAlready.word()),
        bind!(FIRST_STEP, id, visit.now, claim.words),
        audit(visit, &id.to_string()),
        key.point_at(visit, format!("dispute:{id}")),
        tells(
            visit,
            (Told::Organization, "record_contested"),
            &record.id,
            None,
            None,
        ),
    ];
    act(visit, acts, By::Dispute(id), key).await
}

/// Takes a step in a dispute that makes no new record, and tells those concerned.
async fn step(
    visit: &Visit,
    case: &Case,
    (sql, kind): (&'static str, StepKind),
    words: &str,
    told: &[(Told, &str)],
    key: &IdempotencyKey,
) -> Result<Case, Problem> {
    let dispute = case.dispute()?.id;
    let record = &case.asked()?.record.id;
    let permit = Permission::RecordHours.permit();
    let mut acts = vec![
        bind!(
            sql,
            visit.credential_hash(),
            visit.now,
            record,
            permit.roles,
            permit.scopes,
            kind.word(),
            words,
        ),
        unless_done(NOBODY_ACTS),
        audit(visit, &dispute),
        key.point_at(visit, format!("dispute:{dispute}")),
    ];
    let why = Some(words).filter(|_| kind != StepKind::Escalated);
    let told = told
        .iter()
        .map(|told| tells(visit, *told, record, why, None));
    acts.extend(told);
    let id: Uuid = crate::platform::input::parse_id(&dispute)?;
    act(visit, acts, By::Dispute(id), key).await
}

/// The organization keeps the record as it is, and says why.
pub async fn decline(
    visit: &Visit,
    case: &Case,
    why: &str,
    key: &IdempotencyKey,
) -> Result<Case, Problem> {
    case.require_organization()?;
    if case.dispute()?.state != DisputeState::Open {
        return Err(Obstacle::DisputeOutOfTurn.problem());
    }
    let act = (STEP_BY_ORGANIZATION, StepKind::Declined);
    let told = [(Told::Volunteer, "dispute_declined")];
    step(visit, case, act, why, &told, key).await
}

/// The volunteer asks the coordinator to decide: after a refusal, or when no answer came in
/// time.
pub async fn escalate(
    visit: &Visit,
    case: &Case,
    why: &str,
    key: &IdempotencyKey,
) -> Result<Case, Problem> {
    case.require_own()?;
    let dispute = case.dispute()?;
    match dispute.state {
        DisputeState::Declined => {}
        DisputeState::Open if is_overdue(dispute.state, &dispute.due_on, visit.now) => {}
        DisputeState::Open => {
            let problem = Obstacle::AnswerNotDue.problem();
            return Err(problem.with("due_on", dispute.due_on));
        }
        _ => return Err(Obstacle::DisputeOutOfTurn.problem()),
    }
    case.newest_is_asked()?;
    let act = (STEP_BY_VOLUNTEER, StepKind::Escalated);
    let told = [
        (Told::Organization, "dispute_escalated"),
        (Told::Coordinators, "dispute_escalated"),
    ];
    step(visit, case, act, why, &told, key).await
}

/// The coordinator keeps the record as it is, and says why.
pub async fn dismiss(
    visit: &Visit,
    case: &Case,
    why: &str,
    key: &IdempotencyKey,
) -> Result<Case, Problem> {
    case.require_coordinator()?;
    if case.dispute()?.state != DisputeState::Escalated {
        return Err(Obstacle::DisputeOutOfTurn.problem());
    }
    let act = (STEP_BY_COORDINATOR, StepKind::Dismissed);
    let told = [
        (Told::Volunteer, "dispute_dismissed"),
        (Told::Organization, "dispute_dismissed"),
    ];
    step(visit, case, act, why, &told, key).await
}
