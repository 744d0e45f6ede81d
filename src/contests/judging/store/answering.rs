//! What whoever opens an invitation's link reads, and says to it.

use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use crate::contests::judge_label;
use crate::contests::judging::{JudgeAnswer, JudgeCode};
use crate::contests::log::Act;
use crate::contests::running::not_running;
use crate::organizations::api::invitations::over;
use crate::platform::clock::Instant;
use crate::platform::db;
use crate::platform::i18n::Words;
use crate::platform::idempotency::{IdempotencyKey, Ran};
use crate::platform::problem::Problem;
use crate::platform::visit::Visit;
use crate::{bind, choice};

/// An invitation, as whoever holds its link sees it.
#[derive(Debug, Deserialize)]
pub struct Opened {
    /// What those who run the contest call them.
    pub name: String,
    /// The contest.
    pub contest_id: String,
    /// Its name.
    pub contest_name: String,
    /// Who organizes it.
    pub office: String,
    /// Until when the link is good.
    pub expires_at: Instant,
    /// The rules in force.
    pub rules: Option<String>,
    /// Whether somebody is signed in.
    #[serde(deserialize_with = "db::truth")]
    pub signed_in: bool,
}

const OPENED: &str = "
SELECT j.name, k.id AS contest_id, k.name AS contest_name, k.office, j.code_expires_at AS expires_at,
  (SELECT r.document FROM contest_rules r WHERE r.contest_id = k.id AND r.version = k.rules_version) AS rules,
  EXISTS (SELECT 1 FROM session WHERE token_hash = ?1 AND expires_at > ?2) AS signed_in
FROM contest_judge j JOIN contest k ON k.id = j.contest_id
WHERE j.code_hash = ?3 AND j.code_expires_at > ?2 AND j.accepted_at IS NULL AND j.left_at IS NULL";

/// What a link leads to; none when it was used, has expired, or is none.
pub async fn open(visit: &Visit, code: &JudgeCode) -> Result<Option<Opened>, Problem> {
    let caller = visit.credential_hash();
    let opened = bind!(OPENED, caller, visit.now, code.hash());
    Ok(visit.db.first(opened).await?)
}

/// To which contest a code belongs, used or not.
const CONTEST: &str = "SELECT contest_id FROM contest_judge WHERE code_hash = ?1";

#[derive(Deserialize)]
struct Contest {
    contest_id: String,
}

/// An invitation in the hands of whoever is signed in. It is `open` to them while nobody has
/// used it, and `theirs` once they have. `?1` session, `?2` now, `?3` its contest, `?4` hash
/// of the code.
macro_rules! held {
    () => {
        concat!(
            "WITH ",
            caller!(),
            ",
held AS (
  SELECT j.id, j.contest_id, j.number, c.volunteer_id, j.accepted_at IS NOT NULL AS accepted,
    j.volunteer_id IS c.volunteer_id AS theirs,
    j.left_at IS NULL AND j.accepted_at IS NULL AND j.code_expires_at > ?2 AS open,
    CASE
      WHEN c.state <> 'announced' THEN 'contest_not_running'
      WHEN c.judge_number IS NOT NULL THEN 'already_judge'
      WHEN c.reads THEN 'runs_contest'
    END AS obstacle
  FROM caller c
  JOIN contest_judge j ON j.contest_id = c.contest_id AND j.code_hash = ?4)"
        )
    };
}

const SIGNED_IN: &str = "
SELECT 1 AS found FROM session WHERE token_hash = ?1 AND expires_at > ?2";

const HELD: &str = concat!(
    held!(),
    "\nSELECT id, contest_id, number, accepted, theirs, open, obstacle FROM held"
);

const ACCEPT: &str = concat!(
    held!(),
    "
UPDATE contest_judge SET volunteer_id = h.volunteer_id, accepted_at = ?2
FROM held h
WHERE contest_judge.id = h.id AND h.open AND h.obstacle IS NULL"
);

const DECLINE: &str = concat!(
    held!(),
    "
UPDATE contest_judge SET left_at = ?2, left_how = 'declined'
FROM held h
WHERE contest_judge.id = h.id AND h.open"
);

#[derive(Deserialize)]
struct Held {
    id: String,
    contest_id: String,
    number: i64,
    #[serde(deserialize_with = "db::truth")]
    accepted: bool,
    #[serde(deserialize_with = "db::truth")]
    theirs: bool,
    #[serde(deserialize_with = "db::truth")]
    open: bool,
    obstacle: Option<Obstacle>,
}

choice! {
    /// What keeps somebody from accepting.
    Obstacle {
        /// The contest is a draft or was cancelled.
        NotRunning = "contest_not_running",
        /// They are, or were, a judge of it by another invitation.
        AlreadyJudge = "already_judge",
        /// They run it, or watch over it.
        RunsContest = "runs_contest",
    }
}

impl Obstacle {
    fn problem(self) -> Problem {
        let words = match self {
            Self::NotRunning => return not_running(),
            Self::AlreadyJudge => Words::new(
                "您已是（或曾是）本次大赛的评委，不能再次接受",
                "You are, or were, a judge of this contest already",
            ),
            Self::RunsContest => Words::new(
                "您参与本次大赛的组织或监督，不能同时担任评委",
                "You run this contest or watch over it, and cannot judge it as well",
            ),
        };
        Problem::new(StatusCode::CONFLICT, self.word(), words)
    }
}

/// What somebody has said to an invitation.
#[derive(Debug, Serialize, ToSchema)]
pub struct AnsweredInvitation {
    /// The contest.
    #[schema(format = "uuid")]
    pub contest_id: String,
    /// Which judge they are.
    #[schema(format = "uuid")]
    pub judge_id: String,
    /// What the public reads instead of their name.
    #[schema(example = "J07")]
    pub number: String,
    /// Whether they judge.
    pub accepted: bool,
}

impl AnsweredInvitation {
    fn of(held: Held) -> Self {
        Self {
            contest_id: held.contest_id,
            judge_id: held.id,
            number: judge_label(held.number),
            accepted: held.accepted,
        }
    }
}

/// Takes an answer, and says whether the same request gave it before. Whoever accepts twice
/// has accepted.
pub async fn answer(
    visit: &Visit,
    code: &JudgeCode,
    answer: JudgeAnswer,
    key: &IdempotencyKey,
) -> Result<(AnsweredInvitation, bool), Problem> {
    let (caller, hash) = (visit.credential_hash(), code.hash());
    let contest: Option<Contest> = visit.db.first(bind!(CONTEST, &hash)).await?;
    let contest = contest.map_or_else(String::new, |contest| contest.contest_id);
    let about = |sql: &'static str| bind!(sql, &caller, visit.now, &contest, &hash);
    let act = Act {
        contest: &contest,
        act: match answer {
            JudgeAnswer::Accept => "judge.accepted",
            JudgeAnswer::Decline => "judge.declined",
        },
        subject: format!("contest:{contest}"),
        detail: json!({}),
    };
    let statements = vec![
        bind!(SIGNED_IN, &caller, visit.now),
        about(HELD),
        about(match answer {
            JudgeAnswer::Accept => ACCEPT,
            JudgeAnswer::Decline => DECLINE,
        }),
        act.logged(visit),
        key.point_at(visit, &hash),
        about(HELD),
    ];
    let batch = match key.run(visit, statements).await? {
        Ran::Now(batch) => batch,
        Ran::Before(earlier) => {
            earlier.subject()?;
            let held: Option<Held> = visit.db.first(about(HELD)).await?;
            return held
                .map(|held| (AnsweredInvitation::of(held), true))
                .ok_or_else(Problem::not_found);
        }
    };
    if batch.first::<serde_json::Value>(0)?.is_none() {
        return Err(Problem::unauthenticated());
    }
    let before: Held = batch.first(1)?.ok_or_else(over)?;
    let after: Held = batch.first(5)?.ok_or_else(over)?;
    let accepts = answer == JudgeAnswer::Accept;
    match (before.open, before.obstacle) {
        (true, Some(obstacle)) if accepts => Err(obstacle.problem()),
        (true, _) => Ok((AnsweredInvitation::of(after), false)),
        (false, _) if accepts && before.theirs => Ok((AnsweredInvitation::of(after), false)),
        (false, _) => Err(over()),
    }
}
