//! Drawing up a result: read, ranked in plain Rust, and written in one batch that holds only
//! while what it was ranked from stands.

use serde::Deserialize;
use serde_json::json;
use uuid::Uuid;

use super::reading::{Heading, heading, of_batch};
use crate::bind;
use crate::contests::judging::store::{Caller, caller};
use crate::contests::log::Act;
use crate::contests::results::refusals::{result_in_use, result_is_final, stage_not_over};
use crate::contests::results::{Counted, Draft, Entrant, Subject, draft, has_result, upto};
use crate::contests::rules::{Key, Rules};
use crate::platform::db::{self, DbError, Statement};
use crate::platform::fields::FieldErrors;
use crate::platform::i18n::Words;
use crate::platform::idempotency::{Earlier, IdempotencyKey, Ran};
use crate::platform::problem::Problem;
use crate::platform::visit::Visit;

/// `?1` contest, `?2` stage.
const ENTRANTS: &str = "
SELECT e.number, EXISTS (
  SELECT 1 FROM contest_taking_part t
  WHERE t.contest_id = e.contest_id AND t.stage = ?2 AND t.entry_id = e.id) AS in_stage
FROM contest_entry e
WHERE e.contest_id = ?1 AND e.state = 'submitted'
ORDER BY e.number";

/// `?1` contest, `?2` the keys of stages.
const COUNTED: &str = "
SELECT stage, track, entry, judge, scores
FROM contest_counted_ballot
WHERE contest_id = ?1 AND stage IN (SELECT value FROM json_each(?2))
ORDER BY stage, entry, judge";

/// `?1` contest, `?2` stage.
const COURSE: &str = "
SELECT coalesce(max(r.version), 0) AS versions,
  EXISTS (SELECT 1 FROM contest_result f WHERE f.contest_id = ?1 AND f.final_at IS NOT NULL) AS final,
  EXISTS (
    SELECT 1 FROM contest_stage s
    JOIN contest_stage n ON n.contest_id = s.contest_id AND n.place > s.place
    JOIN contest_draw d ON d.contest_id = n.contest_id AND d.stage = n.stage
    WHERE s.contest_id = ?1 AND s.stage = ?2) AS in_use
FROM contest_result r
WHERE r.contest_id = ?1 AND r.stage = ?2";

#[derive(Deserialize)]
struct Course {
    versions: i64,
    #[serde(rename = "final", deserialize_with = "db::truth")]
    is_final: bool,
    #[serde(deserialize_with = "db::truth")]
    in_use: bool,
}

/// What a result is drawn up from.
struct Before {
    rules: Rules,
    rules_version: i64,
    course: Course,
    entrants: Vec<Entrant>,
    ballots: Vec<Counted>,
}

/// The same, to those who may draw up, unless the same request did before.
async fn before(
    visit: &Visit,
    contest: Uuid,
    stage: &Key,
    key: &IdempotencyKey,
) -> Result<Result<Before, Earlier>, Problem> {
    let door = vec![
        Caller::at_the_door(visit, contest),
        bind!(COURSE, contest, stage.as_str()),
    ];
    let batch = match key.run(visit, door).await? {
        Ran::Now(batch) => batch,
        Ran::Before(earlier) => return Ok(Err(earlier)),
    };
    let caller = Caller::of(&batch, 0)?
        .require_runs()?
        .require_impartial()?
        .require_running()?;
    let rules = caller.rules()?;
    let judged = rules.stage(stage.as_str());
    let judged = judged.filter(|stage| has_result(&rules, stage));
    let judged = judged.ok_or_else(Problem::not_found)?;
    let course: Course = batch
        .first(1)?
        .ok_or_else(|| Problem::internal("a count has no row"))?;
    if course.is_final {
        return Err(result_is_final());
    }
    if course.in_use {
        return Err(result_in_use());
    }
    if visit.now < judged.closes_at {
        return Err(stage_not_over());
    }
    let stages = json!(upto(&rules, judged)).to_string();
    let batch = visit
        .db
        .batch(vec![
            bind!(ENTRANTS, contest, stage.as_str()),
            bind!(COUNTED, contest, stages),
        ])
        .await?;
    Ok(Ok(Before {
        rules_version: caller.rules_version.unwrap_or_default(),
        rules,
        course,
        entrants: batch.rows(0)?,
        ballots: batch.rows(1)?,
    }))
}

/// `?4` stage, `?5` version, `?6` document, `?7` its hash, `?8` reason.
const DRAW_UP: &str = concat!(
    "WITH ",
    caller!(),
    "
INSERT INTO contest_result (contest_id, stage, version, document, hash, reason, drawn_at)
SELECT a.contest_id, ?4, ?5, ?6, ?7, ?8, ?2
FROM caller a
WHERE a.runs AND NOT a.interested AND a.state = 'announced'"
);

/// Somebody amended the rules, withdrew, or declared a conflict since. `?1` contest, `?2` the
/// keys of stages, `?3` version of the rules, `?4` how many ballots, `?5` how many entries.
const STOP_IF_STALE: &str = "
INSERT INTO abort_if
SELECT 'result_stale'
WHERE ?3 IS NOT (SELECT rules_version FROM contest WHERE id = ?1)
  OR ?4 <> (
    SELECT count(*) FROM contest_counted_ballot
    WHERE contest_id = ?1 AND stage IN (SELECT value FROM json_each(?2)))
  OR ?5 <> (SELECT count(*) FROM contest_entry WHERE contest_id = ?1 AND state = 'submitted')";

/// Of a result that was drawn up just now. `?1` contest, `?2` stage, `?3` version, `?4` its
/// hash, `?5` track, `?6` sheet, `?7` ranking.
const TRACK: &str = "
INSERT INTO contest_result_track (contest_id, stage, version, track, sheet, ranking)
SELECT contest_id, stage, version, ?5, ?6, ?7
FROM contest_result WHERE contest_id = ?1 AND stage = ?2 AND version = ?3 AND hash = ?4";

/// `?5` placings.
const PLACE: &str = "
INSERT INTO contest_placing (contest_id, stage, version, entry_id, rank, total, goes_on, award)
SELECT r.contest_id, r.stage, r.version, e.id, x.value ->> 'rank', x.value ->> 'total',
  x.value ->> 'goes_on', x.value ->> 'award'
FROM contest_result r
CROSS JOIN json_each(?5) x
CROSS JOIN contest_entry e ON e.contest_id = r.contest_id AND e.number = x.value ->> 'number'
WHERE r.contest_id = ?1 AND r.stage = ?2 AND r.version = ?3 AND r.hash = ?4";

/// So often it is drawn up again when something changed meanwhile.
const TRIES: u32 = 3;

/// Draws up a result of a stage; whether the same request did it before.
pub async fn draw_up(
    visit: &Visit,
    contest: Uuid,
    stage: &Key,
    reason: Option<&str>,
    key: &IdempotencyKey,
) -> Result<(Heading, bool), Problem> {
    for _ in 0..TRIES {
        let before = match before(visit, contest, stage, key).await? {
            Ok(before) => before,
            Err(earlier) => return repeated(visit, contest, stage, &earlier).await,
        };
        let reason = match (before.course.versions, reason) {
            (0, _) => None,
            (_, Some(reason)) => Some(reason),
            (_, None) => {
                let words = Words::new("重新汇总须说明原因", "must say why it is drawn up again");
                return Err(Problem::invalid(FieldErrors::one("/reason", words)));
            }
        };
        let rules = &before.rules;
        let judged = rules.stage(stage.as_str()).ok_or_else(Problem::not_found)?;
        let subject = Subject {
            contest: &contest.to_string(),
            rules,
            rules_version: before.rules_version,
            stage: judged,
            version: before.course.versions + 1,
        };
        let draft = draft(&subject, &before.entrants, &before.ballots)?;
        let statements = written(visit, &subject, &draft, reason, &before, key);
        let heading_at = statements.len() - 1;
        match key.run(visit, statements).await {
            Ok(Ran::Now(batch)) => {
                Caller::of(&batch, 0)?
                    .require_runs()?
                    .require_impartial()?
                    .require_running()?;
                let drawn = of_batch(visit, &batch, heading_at)?.pop();
                return drawn.map(|drawn| (drawn, false)).ok_or_else(|| {
                    Problem::internal("a result was not written and nothing refused")
                });
            }
            Ok(Ran::Before(earlier)) => return repeated(visit, contest, stage, &earlier).await,
            Err(DbError::Refused(_)) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(Problem::busy(
        "a contest changed while its result was drawn up".to_owned(),
    ))
}

fn written(
    visit: &Visit,
    of: &Subject<'_>,
    draft: &Draft,
    reason: Option<&str>,
    before: &Before,
    key: &IdempotencyKey,
) -> Vec<Statement> {
    let (stage, hash) = (of.stage.key.as_str(), draft.hash());
    let contest = Uuid::parse_str(of.contest).unwrap_or_default();
    let of_this = |sql: &'static str| bind!(sql, of.contest, stage, of.version, &hash);
    let count = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
    let mut statements = vec![
        Caller::at_the_door(visit, contest),
        bind!(
            DRAW_UP,
            visit.credential_hash(),
            visit.now,
            of.contest,
            stage,
            of.version,
            &draft.document,
            &hash,
            reason,
        ),
        Act {
            contest: of.contest,
            act: "result.drawn_up",
            subject: format!("stage:{stage}"),
            detail: json!({"version": of.version, "hash": hash, "reason": reason}),
        }
        .logged(visit),
        key.point_at(visit, of.version),
        bind!(
            STOP_IF_STALE,
            of.contest,
            json!(upto(of.rules, of.stage)).to_string(),
            of.rules_version,
            count(before.ballots.len()),
            count(before.entrants.len()),
        ),
    ];
    statements.extend(draft.tracks.iter().map(|track| {
        of_this(TRACK)
            .and(&track.key)
            .and(&track.sheet)
            .and(&track.ranking)
    }));
    statements.push(of_this(PLACE).and(json!(draft.placings).to_string()));
    statements.push(heading(visit, contest, Some((stage, of.version))));
    statements
}

/// What the same request drew up before, to whoever may still.
async fn repeated(
    visit: &Visit,
    contest: Uuid,
    stage: &Key,
    earlier: &Earlier,
) -> Result<(Heading, bool), Problem> {
    let version = earlier
        .subject()?
        .parse()
        .map_err(|_| Problem::not_found())?;
    let statements = vec![
        Caller::at_the_door(visit, contest),
        heading(visit, contest, Some((stage.as_str(), version))),
    ];
    let batch = visit.db.batch(statements).await?;
    Caller::of(&batch, 0)?.require_runs()?.require_impartial()?;
    let drawn = of_batch(visit, &batch, 1)?.pop();
    Ok((drawn.ok_or_else(Problem::not_found)?, true))
}
