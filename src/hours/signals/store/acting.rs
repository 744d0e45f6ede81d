//! What is decided about a signal, and what the organization replies.

use axum::http::StatusCode;
use uuid::Uuid;

use super::reading::{Case, case, looking, read};
use crate::bind;
use crate::hours::signals::SignalDecision;
use crate::organizations::Permission;
use crate::platform::db::{DbError, Statement};
use crate::platform::i18n::Words;
use crate::platform::idempotency::{IdempotencyKey, Ran};
use crate::platform::input::parse_id;
use crate::platform::problem::Problem;
use crate::platform::visit::Visit;

/// A signal, and who stands before it. `deciding` is whoever decides: the office closest to
/// the organization, and no party. `?1` credential, `?2` now, `?3` the signal's id, `?4`
/// roles and `?5` scopes that may.
macro_rules! of_signal {
    () => {
        concat!(
            "
WITH target AS (SELECT seq, organization_id, region, records FROM signal WHERE id = ?3),
",
            crate::organizations::agent!(),
            ",
",
            crate::coordination::store::reach!(),
            ",
deciding AS (
  SELECT 'volunteer:' || m.volunteer_id AS actor, m.office
  FROM reach m JOIN target t ON substr(t.region, 1, length(m.region)) = m.region
  WHERE NOT EXISTS (
      SELECT 1 FROM member w WHERE w.organization_id = t.organization_id AND w.volunteer_id = m.volunteer_id)
    AND NOT EXISTS (
      SELECT 1 FROM json_each(t.records) e JOIN service_record r ON r.seq = e.value
      WHERE r.volunteer_id = m.volunteer_id)
  ORDER BY length(m.region) DESC
  LIMIT 1)"
        )
    };
}
pub(super) use of_signal;

/// What the page before an act showed is what there still is, and the same is not said
/// twice in a row. `?6` how many steps were seen, `?7` the words, `?8` the decision.
macro_rules! still {
    () => {
        "(?6 IS NULL OR (SELECT count(*) FROM signal_step x WHERE x.signal = t.seq) = ?6)
  AND NOT EXISTS (
    SELECT 1 FROM signal_step x
    WHERE x.seq = (SELECT max(y.seq) FROM signal_step y WHERE y.signal = t.seq)
      AND x.words = ?7 AND x.decision IS ?8)"
    };
}

const DECIDE: &str = concat!(
    of_signal!(),
    "
INSERT INTO signal_step (signal, decision, words, at, actor, office)
SELECT t.seq, ?8, ?7, ?2, d.actor, d.office
FROM target t JOIN deciding d
WHERE ",
    still!()
);

const REPLY: &str = concat!(
    of_signal!(),
    "
INSERT INTO signal_step (signal, decision, words, at, actor)
SELECT t.seq, ?8, ?7, ?2, a.actor
FROM target t JOIN agent a
WHERE a.may AND ",
    still!()
);

const NOTHING_DONE: &str = "nothing_done";
const UNLESS_DONE: &str = "INSERT INTO abort_if SELECT ?1 WHERE changes() = 0";

/// `?1` signal, `?2` now, `?3` the request. Whoever took the last step did it.
const AUDIT: &str = "
INSERT INTO audit (at, actor, action, subject, after, request_id)
SELECT ?2, e.actor, iif(e.decision IS NULL, 'signal.replied', 'signal.decided'), 'signal:' || s.id,
  json_object('organization', s.organization_id, 'decision', e.decision, 'office', e.office), ?3
FROM signal s JOIN signal_step e ON e.signal = s.seq
WHERE s.id = ?1
ORDER BY e.seq DESC
LIMIT 1";

/// A coordinator's decision. `seen` is how many steps there were when it was made up.
pub async fn decide(
    visit: &Visit,
    signal: Uuid,
    (decision, why): (SignalDecision, &str),
    seen: Option<i64>,
    key: &IdempotencyKey,
) -> Result<(Case, bool), Problem> {
    let said = (Some(decision), why);
    let acts = step(visit, signal, DECIDE, said, seen);
    act(visit, signal, acts, said, key, |case| case.standing.decides).await
}

/// What the organization says to a signal about it.
pub async fn reply(
    visit: &Visit,
    signal: Uuid,
    words: &str,
    seen: Option<i64>,
    key: &IdempotencyKey,
) -> Result<(Case, bool), Problem> {
    let acts = step(visit, signal, REPLY, (None, words), seen);
    act(visit, signal, acts, (None, words), key, |case| {
        case.standing.records
    })
    .await
}

fn step(
    visit: &Visit,
    signal: Uuid,
    sql: &'static str,
    (decision, words): (Option<SignalDecision>, &str),
    seen: Option<i64>,
) -> Statement {
    let permit = Permission::RecordHours.permit();
    bind!(
        sql,
        visit.credential_hash(),
        visit.now,
        signal,
        permit.roles,
        permit.scopes,
        seen,
        words,
        decision.map(SignalDecision::word),
    )
}

/// Runs an act; gives how the signal stands then, and whether the same was said before.
async fn act(
    visit: &Visit,
    signal: Uuid,
    act: Statement,
    said: (Option<SignalDecision>, &str),
    key: &IdempotencyKey,
    may: impl Fn(&Case) -> bool,
) -> Result<(Case, bool), Problem> {
    let mut statements = vec![
        act,
        bind!(UNLESS_DONE, NOTHING_DONE),
        bind!(AUDIT, signal, visit.now, &*visit.request_id),
        key.point_at(visit, signal),
    ];
    let at = statements.len();
    statements.extend(looking(visit, signal));
    match key.run(visit, statements).await {
        Ok(Ran::Now(batch)) => Ok((read(&batch, at)?, false)),
        Ok(Ran::Before(earlier)) => {
            let found = case(visit, parse_id(earlier.subject()?)?).await?;
            match may(&found) {
                true => Ok((found, true)),
                false => Err(Problem::forbidden()),
            }
        }
        Err(DbError::Refused(name)) if name == NOTHING_DONE => {
            let found = case(visit, signal).await?;
            if !may(&found) {
                return Err(Problem::forbidden());
            }
            // The same words again are one click too many.
            let last = found.steps.last();
            let last = last.map(|step| (step.decision, step.words.as_str()));
            match last == Some(said) {
                true => Ok((found, true)),
                false => Err(moved_on()),
            }
        }
        Err(error) => Err(error.into()),
    }
}

/// 409: somebody has decided or replied since.
fn moved_on() -> Problem {
    Problem::new(
        StatusCode::CONFLICT,
        "signal_moved_on",
        Words::new(
            "刚刚有人处理过这条提示，请看最新的情况",
            "Somebody has decided or replied meanwhile; look again",
        ),
    )
}
