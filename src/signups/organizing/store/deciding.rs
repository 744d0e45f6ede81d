//! Approving and declining, where a project asks for it.

use serde_json::json;
use uuid::Uuid;

use super::{Done, Organizer, Standing, outcome};
use crate::platform::db::Statement;
use crate::platform::idempotency::{IdempotencyKey, Ran};
use crate::platform::problem::Problem;
use crate::platform::visit::Visit;

/// What was decided before has no obstacle and nothing to do.
macro_rules! approving {
    () => {
        concat!(
            organizing!(),
            ",
judged AS (
  SELECT t.*, t.approval IS 'approved' AS done,
    iif(t.confirmed < t.capacity, 'confirmed', 'waitlisted') AS becomes,
    CASE
      WHEN t.approval IS 'approved' THEN NULL
      WHEN t.approval IS NOT 'pending' OR t.state <> 'waitlisted' THEN 'not_pending'
      WHEN t.organization_state <> 'verified' THEN 'organization_suspended'
      WHEN t.ends_at <= ?2 THEN 'ended'
    END AS obstacle
  FROM target t)"
        )
    };
}

macro_rules! declining {
    () => {
        concat!(
            organizing!(),
            ",
judged AS (
  SELECT t.*, t.approval IS 'declined' AS done,
    CASE
      WHEN t.approval IS 'declined' THEN NULL
      WHEN t.approval IS NOT 'pending' OR t.state <> 'waitlisted' THEN 'not_pending'
    END AS obstacle
  FROM target t)"
        )
    };
}

macro_rules! tell {
    ($judging:expr, $kind:literal, $reason:literal) => {
        concat!(
            $judging,
            "
INSERT INTO outbox (kind, volunteer_id, language, params, created_at, due_at)
SELECT ",
            $kind,
            ", v.id, v.language,
  json_object('signup', j.id, 'title', p.title, 'place', p.place, 'role', h.role,
    'starts_at', h.starts_at, 'ends_at', h.ends_at, 'reason', ",
            $reason,
            "),
  ?2, ?2
FROM judged j
JOIN agent a ON a.may
JOIN volunteer v ON v.id = j.volunteer_id
JOIN shift h ON h.id = j.shift_id
JOIN project p ON p.seq = j.project
WHERE j.obstacle IS NULL AND NOT j.done"
        )
    };
}

const JUDGE_APPROVAL: &str = concat!(approving!(), "\nSELECT obstacle FROM judged");
const JUDGE_DECLINING: &str = concat!(declining!(), "\nSELECT obstacle FROM judged");

const TELL_APPROVED: &str = tell!(
    approving!(),
    "iif(j.becomes = 'confirmed', 'signup_approved', 'signup_approved_waiting')",
    "NULL"
);
/// `?6` the reason.
const TELL_DECLINED: &str = tell!(declining!(), "'signup_declined'", "?6");

const APPROVE: &str = concat!(
    approving!(),
    "
UPDATE signup SET state = j.becomes, approval = 'approved',
  promoted_at = iif(j.becomes = 'confirmed', ?2, NULL), revision = signup.revision + 1
FROM judged j JOIN agent a ON a.may
WHERE signup.id = j.id AND j.obstacle IS NULL AND NOT j.done"
);

/// `?6` the reason.
const DECLINE: &str = concat!(
    declining!(),
    "
UPDATE signup SET state = 'cancelled', approval = 'declined', cancelled_at = ?2,
  cancelled_by = 'organization', organizer_reason = ?6, revision = signup.revision + 1
FROM judged j JOIN agent a ON a.may
WHERE signup.id = j.id AND j.obstacle IS NULL AND NOT j.done"
);

/// Says yes to a request: it has a seat if one is free, else it waits in line.
pub async fn approve(
    visit: &Visit,
    signup: Uuid,
    key: &IdempotencyKey,
) -> Result<Done<Standing>, Problem> {
    let organizer = Organizer::of(visit, signup);
    let act = [JUDGE_APPROVAL, TELL_APPROVED, APPROVE].map(|sql| organizer.asks(sql));
    let record = organizer.records("signup.approved", &json!({}));
    decide(&organizer, act, record, key).await
}

/// Says no to a request, and why.
pub async fn decline(
    visit: &Visit,
    signup: Uuid,
    reason: &str,
    key: &IdempotencyKey,
) -> Result<Done<Standing>, Problem> {
    let organizer = Organizer::of(visit, signup);
    let act = [
        organizer.asks(JUDGE_DECLINING),
        organizer.asks(TELL_DECLINED).and(reason),
        organizer.asks(DECLINE).and(reason),
    ];
    let record = organizer.records("signup.declined", &json!({"reason": reason}));
    decide(&organizer, act, record, key).await
}

async fn decide(
    organizer: &Organizer<'_>,
    act: [Statement; 3],
    record: Statement,
    key: &IdempotencyKey,
) -> Result<Done<Standing>, Problem> {
    let mut statements = vec![organizer.who()];
    statements.extend(act);
    statements.extend([
        record,
        key.point_at(organizer.visit, organizer.signup),
        organizer.standing(),
    ]);
    let standing = statements.len() - 1;
    match key.run(organizer.visit, statements).await? {
        Ran::Now(batch) => outcome(&batch, standing),
        Ran::Before(earlier) => organizer.repeats(&earlier).await,
    }
}
