//! Two people stand for a result, and it is public.

use serde_json::json;
use uuid::Uuid;

use super::reading::{Heading, heading, of_batch};
use crate::bind;
use crate::contests::judging::store::{Caller, caller};
use crate::contests::log::Act;
use crate::contests::results::refusals::{interested_party, result_superseded};
use crate::contests::results::{ResultState, is_last, notice_ends};
use crate::contests::rules::Key;
use crate::platform::clock::Instant;
use crate::platform::idempotency::{IdempotencyKey, Ran};
use crate::platform::problem::Problem;
use crate::platform::visit::Visit;

/// `?4` stage, `?5` version.
const APPROVE: &str = concat!(
    "WITH ",
    caller!(),
    "
INSERT INTO contest_result_approval (contest_id, stage, version, volunteer_id, approved_at)
SELECT r.contest_id, r.stage, r.version, a.volunteer_id, ?2
FROM caller a
JOIN contest_result r ON r.contest_id = a.contest_id AND r.stage = ?4 AND r.version = ?5
WHERE a.approves AND NOT a.interested AND a.state = 'announced' AND r.published_at IS NULL
  AND NOT EXISTS (
    SELECT 1 FROM contest_result_approval p
    WHERE p.contest_id = r.contest_id AND p.stage = r.stage AND p.version = r.version
      AND p.volunteer_id = a.volunteer_id)"
);

/// `?1` contest, `?2` stage, `?3` version, `?4` now, `?5` until when objections are taken.
const PUBLISH: &str = "
UPDATE contest_result SET published_at = ?4, notice_until = ?5
WHERE contest_id = ?1 AND stage = ?2 AND version = ?3 AND published_at IS NULL AND (
  SELECT count(*) FROM contest_result_approval p
  WHERE p.contest_id = ?1 AND p.stage = ?2 AND p.version = ?3) >= 2";

/// Stands for a result, which the second who does publishes; whether the same request did it
/// before. Whoever approves twice has approved.
pub async fn approve(
    visit: &Visit,
    contest: Uuid,
    (stage, version): (&Key, i64),
    key: &IdempotencyKey,
) -> Result<(Heading, bool), Problem> {
    let one = Some((stage.as_str(), version));
    let door = vec![
        Caller::at_the_door(visit, contest),
        heading(visit, contest, one),
    ];
    let (batch, repeated) = match key.run(visit, door.clone()).await? {
        Ran::Now(batch) => (batch, false),
        Ran::Before(earlier) => {
            earlier.subject()?;
            (visit.db.batch(door).await?, true)
        }
    };
    let caller = Caller::of(&batch, 0)?
        .require_approves()?
        .require_running()?;
    let before = of_batch(visit, &batch, 1)?.pop();
    let before = before.ok_or_else(Problem::not_found)?;
    if repeated || before.own_approval {
        return Ok((before, repeated));
    }
    if before.state != ResultState::Sealed {
        return Err(result_superseded());
    }
    let rules = caller.rules()?;
    let judged = rules.stage(stage.as_str()).ok_or_else(Problem::not_found)?;
    let notice: Option<Instant> =
        is_last(&rules, judged).then(|| notice_ends(visit.now, rules.notice_days.get()));
    let id = contest.to_string();
    let act = |act, detail| Act {
        contest: &id,
        act,
        subject: format!("stage:{}", stage.as_str()),
        detail,
    };
    let statements = vec![
        bind!(
            APPROVE,
            visit.credential_hash(),
            visit.now,
            contest,
            stage.as_str(),
            version
        ),
        act(
            "result.approved",
            json!({"version": version, "hash": before.hash}),
        )
        .logged(visit),
        key.point_at(visit, version),
        bind!(PUBLISH, contest, stage.as_str(), version, visit.now, notice),
        act(
            "result.published",
            json!({"version": version, "hash": before.hash, "notice_until": notice}),
        )
        .logged(visit),
        heading(visit, contest, one),
    ];
    let batch = match key.run(visit, statements).await {
        Ok(Ran::Now(batch)) => batch,
        Ok(Ran::Before(_)) => return Err(result_superseded()),
        Err(error) if error.is_refusal("result_superseded") => return Err(result_superseded()),
        // They joined an organization that entered, or the jury, a moment ago.
        Err(error) if error.is_refusal("approver_in_conflict") => return Err(interested_party()),
        Err(error) => return Err(error.into()),
    };
    let after = of_batch(visit, &batch, 5)?.pop();
    let after = after.filter(|after| after.own_approval);
    Ok((after.ok_or_else(result_superseded)?, false))
}
