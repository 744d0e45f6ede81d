//! A result becomes final, and what was won is given.

use serde::Deserialize;
use serde_json::json;
use uuid::Uuid;

use super::reading::{Heading, heading, of_batch};
use crate::bind;
use crate::contests::judging::store::{Caller, caller};
use crate::contests::log::Act;
use crate::contests::results::ResultState;
use crate::contests::results::refusals::{
    result_is_final, result_not_final_yet, result_superseded,
};
use crate::contests::rules::Key;
use crate::platform::idempotency::{IdempotencyKey, Ran};
use crate::platform::problem::Problem;
use crate::platform::visit::Visit;

/// Objections to any version of a stage's result: `?1` contest, `?2` stage, `?3` version.
const OBJECTIONS: &str = "
SELECT count(*) FILTER (WHERE decision IS NULL) AS open,
  count(*) FILTER (WHERE decision = 'upheld' AND version = ?3) AS upheld
FROM contest_objection WHERE contest_id = ?1 AND stage = ?2";

#[derive(Deserialize)]
struct Objections {
    open: i64,
    upheld: i64,
}

/// `?4` stage, `?5` version.
const FINISH: &str = concat!(
    "WITH ",
    caller!(),
    "
UPDATE contest_result SET final_at = ?2
WHERE contest_id = ?3 AND stage = ?4 AND version = ?5 AND final_at IS NULL AND notice_until <= ?2
  AND EXISTS (SELECT 1 FROM caller a WHERE a.runs AND NOT a.interested AND a.state = 'announced')
  AND NOT EXISTS (
    SELECT 1 FROM contest_objection o
    WHERE o.contest_id = ?3 AND o.stage = ?4 AND o.decision IS NULL)"
);

/// Of a result that became final just now. `?1` contest, `?2` stage, `?3` version, `?4` now,
/// `?5` awards.
const AWARD: &str = "
INSERT INTO contest_awarded (contest_id, entry_id, stage, version, award, award_name, rank, awarded_at)
SELECT p.contest_id, p.entry_id, p.stage, p.version, p.award, x.value ->> 'name', p.rank, ?4
FROM contest_result r
JOIN contest_placing p ON p.contest_id = r.contest_id AND p.stage = r.stage AND p.version = r.version
JOIN contest_entry e ON e.id = p.entry_id AND e.state = 'submitted'
JOIN json_each(?5) x ON x.value ->> 'key' = p.award
WHERE r.contest_id = ?1 AND r.stage = ?2 AND r.version = ?3 AND r.final_at = ?4
  AND NOT EXISTS (SELECT 1 FROM contest_awarded w WHERE w.contest_id = ?1)";

const BAR: &str = "
INSERT INTO contest_past_winner (project_id, contest_id, award, won_at)
SELECT e.project_id, w.contest_id, w.award_name, w.awarded_at
FROM contest_awarded w
JOIN contest_entry e ON e.id = w.entry_id
JOIN json_each(?5) x ON x.value ->> 'key' = w.award AND x.value ->> 'bars' = 1
WHERE w.contest_id = ?1 AND w.stage = ?2 AND w.version = ?3 AND w.awarded_at = ?4
ON CONFLICT DO NOTHING";

/// Makes a result final; whether the same request did it before.
pub async fn finish(
    visit: &Visit,
    contest: Uuid,
    (stage, version): (&Key, i64),
    key: &IdempotencyKey,
) -> Result<(Heading, bool), Problem> {
    let one = Some((stage.as_str(), version));
    let door = vec![
        Caller::at_the_door(visit, contest),
        heading(visit, contest, one),
        bind!(OBJECTIONS, contest, stage.as_str(), version),
    ];
    let (batch, repeated) = match key.run(visit, door.clone()).await? {
        Ran::Now(batch) => (batch, false),
        Ran::Before(earlier) => {
            earlier.subject()?;
            (visit.db.batch(door).await?, true)
        }
    };
    let caller = Caller::of(&batch, 0)?
        .require_runs()?
        .require_impartial()?
        .require_running()?;
    let before = of_batch(visit, &batch, 1)?.pop();
    let before = before.ok_or_else(Problem::not_found)?;
    if repeated {
        return Ok((before, true));
    }
    let objections: Objections = batch
        .first(2)?
        .ok_or_else(|| Problem::internal("a count has no row"))?;
    ready(before.state, &objections)?;
    let rules = caller.rules()?;
    let awards = rules.awards.iter().map(
        |award| json!({"key": award.key.as_str(), "name": award.name.as_str(), "bars": award.bars}),
    );
    let awards = awards.collect::<serde_json::Value>().to_string();
    let id = contest.to_string();
    let given =
        |sql: &'static str| bind!(sql, contest, stage.as_str(), version, visit.now, &awards);
    let statements = vec![
        bind!(
            FINISH,
            visit.credential_hash(),
            visit.now,
            contest,
            stage.as_str(),
            version
        ),
        Act {
            contest: &id,
            act: "result.final",
            subject: format!("stage:{}", stage.as_str()),
            detail: json!({"version": version, "hash": before.hash}),
        }
        .logged(visit),
        key.point_at(visit, version),
        given(AWARD),
        given(BAR),
        heading(visit, contest, one),
    ];
    let batch = match key.run(visit, statements).await {
        Ok(Ran::Now(batch)) => batch,
        Ok(Ran::Before(_)) => return Err(result_is_final()),
        Err(error) if error.is_refusal("result_not_final_yet") => return Err(changed()),
        Err(error) => return Err(error.into()),
    };
    let after = of_batch(visit, &batch, 5)?.pop();
    let after = after.filter(|after| after.state == ResultState::Final);
    Ok((after.ok_or_else(changed)?, false))
}

fn changed() -> Problem {
    result_not_final_yet(
        "刚有新的异议或新的版本，请刷新后再看",
        "There is a new objection or version just now; look again",
    )
}

fn ready(state: ResultState, objections: &Objections) -> Result<(), Problem> {
    match state {
        ResultState::NoticeOver if objections.open > 0 => Err(result_not_final_yet(
            "还有异议没有决定，先逐件决定",
            "Some objections are not decided yet",
        )),
        ResultState::NoticeOver if objections.upheld > 0 => Err(result_not_final_yet(
            "有异议成立，须重新汇总",
            "An objection was upheld: draw the result up again",
        )),
        ResultState::NoticeOver => Ok(()),
        ResultState::Final => Err(result_is_final()),
        ResultState::Superseded => Err(result_superseded()),
        ResultState::Published => Err(result_not_final_yet(
            "这一阶段只定晋级名单；最后一个阶段的结果公示后才能确定",
            "This stage only says who goes on; what becomes final is the result of the last",
        )),
        ResultState::Sealed | ResultState::OnNotice => Err(result_not_final_yet(
            "公示期满后才能确定",
            "The notice is not over yet",
        )),
    }
}
