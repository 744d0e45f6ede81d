//! SQL of judges. Who asks, whether they may, and the act itself are one question to the
//! database.

use serde::Deserialize;
use uuid::Uuid;

use crate::bind;
use crate::contests::results::interested_party;
use crate::contests::rules::Rules;
use crate::contests::running::not_running;
use crate::platform::db::{self, Batch, Statement};
use crate::platform::problem::Problem;
use crate::platform::visit::Visit;

/// Whoever asks, and what they are in a contest. `?1` session, `?2` now, `?3` contest.
macro_rules! caller {
    () => {
        concat!(
            crate::contests::running::store::runs!(),
            ",
caller AS (
  SELECT c.volunteer_id, 'volunteer:' || c.volunteer_id AS actor, k.id AS contest_id, k.state,
    k.rules_version,
    iif(j.left_at IS NULL, j.id, NULL) AS judge_id, j.number AS judge_number, j.declared_at,
    EXISTS (SELECT 1 FROM runs) AS runs,
    EXISTS (SELECT 1 FROM runs) OR EXISTS (SELECT 1 FROM officer) AS reads,
    EXISTS (SELECT 1 FROM runs) OR EXISTS (SELECT 1 FROM officer WHERE role = 'chair') AS approves,
    EXISTS (
      SELECT 1 FROM contest_interest i
      WHERE i.contest_id = k.id AND i.volunteer_id = c.volunteer_id) AS interested
  FROM asker c
  LEFT JOIN contest k ON k.id = ?3
  LEFT JOIN contest_judge j ON j.contest_id = k.id AND j.volunteer_id = c.volunteer_id)"
        )
    };
}
pub(crate) use caller;

pub mod answering;
pub mod conflicts;
pub mod drawing;
pub mod inviting;

const CALLER: &str = concat!(
    "WITH ",
    caller!(),
    "
SELECT a.volunteer_id, a.contest_id IS NOT NULL AS found, a.state, a.runs, a.reads, a.approves, a.interested,
  a.judge_id, a.declared_at, a.rules_version,
  (SELECT r.document FROM contest_rules r
   WHERE r.contest_id = a.contest_id AND r.version = a.rules_version) AS rules
FROM caller a"
);

/// What somebody may of results: nothing, when they belong to who entered.
#[derive(Clone, Copy, Debug, Default)]
pub struct Rights {
    /// Draws them up, answers objections, makes them final.
    pub draws_up: bool,
    /// Approves them, and decides on objections.
    pub approves: bool,
    /// Reads them before they are public.
    pub reads: bool,
}

/// Whoever asks, at the door of a contest.
#[derive(Debug, Deserialize)]
pub struct Caller {
    #[serde(deserialize_with = "db::truth")]
    found: bool,
    state: Option<String>,
    #[serde(deserialize_with = "db::truth")]
    runs: bool,
    #[serde(deserialize_with = "db::truth")]
    reads: bool,
    #[serde(deserialize_with = "db::truth")]
    approves: bool,
    #[serde(deserialize_with = "db::truth")]
    interested: bool,
    /// Which judge they are, unless they left.
    pub judge_id: Option<String>,
    /// When they first said which conflicts they have.
    pub declared_at: Option<crate::platform::clock::Instant>,
    /// Of the rules in force; none when there is no such contest.
    pub rules_version: Option<i64>,
    rules: Option<String>,
}

impl Caller {
    /// The statement that finds them.
    pub fn at_the_door(visit: &Visit, contest: Uuid) -> Statement {
        bind!(CALLER, visit.credential_hash(), visit.now, contest)
    }

    /// Out of the rows of that statement.
    pub fn of(batch: &Batch, at: usize) -> Result<Self, Problem> {
        let caller: Self = batch.first(at)?.ok_or_else(Problem::unauthenticated)?;
        let hidden = caller.state.as_deref() == Some("draft") && !caller.reads;
        match caller.found && !hidden {
            true => Ok(caller),
            false => Err(Problem::not_found()),
        }
    }

    /// The same, or none when nobody is signed in, or they know of no such contest.
    pub fn perhaps(batch: &Batch, at: usize) -> Result<Option<Self>, Problem> {
        let caller: Option<Self> = batch.first(at)?;
        Ok(caller.filter(|caller| caller.found))
    }

    /// An error unless they run the contest.
    pub fn require_runs(self) -> Result<Self, Problem> {
        match self.runs {
            true => Ok(self),
            false => Err(Problem::forbidden()),
        }
    }

    /// An error unless they run the contest or watch over it.
    pub fn require_reads(self) -> Result<Self, Problem> {
        match self.reads {
            true => Ok(self),
            false => Err(Problem::forbidden()),
        }
    }

    /// An error unless they approve results, and belong to nobody who entered.
    pub fn require_approves(self) -> Result<Self, Problem> {
        match self.approves {
            true => self.require_impartial(),
            false => Err(Problem::forbidden()),
        }
    }

    /// An error when they belong to an organization that entered.
    pub fn require_impartial(self) -> Result<Self, Problem> {
        match self.interested {
            true => Err(interested_party()),
            false => Ok(self),
        }
    }

    /// An error unless they judge it.
    pub fn require_judge(self) -> Result<Self, Problem> {
        match self.judge_id.is_some() {
            true => Ok(self),
            false => Err(Problem::forbidden()),
        }
    }

    /// An error unless the contest is announced and not cancelled.
    pub fn require_running(self) -> Result<Self, Problem> {
        match self.state.as_deref() {
            Some("announced") => Ok(self),
            _ => Err(not_running()),
        }
    }

    /// Whether they run the contest.
    pub fn runs(&self) -> bool {
        self.runs
    }

    /// Whether they run the contest or watch over it.
    pub fn reads(&self) -> bool {
        self.reads
    }

    /// What they may see and do of results before these are public.
    pub fn rights(&self) -> Rights {
        let impartial = |may: bool| may && !self.interested;
        Rights {
            draws_up: impartial(self.runs),
            approves: impartial(self.approves),
            reads: impartial(self.reads),
        }
    }

    /// The rules in force.
    pub fn rules(&self) -> Result<Rules, Problem> {
        Rules::stored(self.rules.as_deref().ok_or_else(not_running)?)
    }
}
