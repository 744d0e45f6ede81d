//! SQL of running contests. Who asks, and what they are in the contest, is part of each
//! question.

mod officers;
mod reading;
mod writing;

pub use officers::{Appointed, Officer, appoint, dismiss, officers};
pub(crate) use reading::contest_columns;
pub use reading::{
    ContestLine, ContestRow, Filter, Host, Mine, Published, Seen, contest, list, one, overview,
    rules_text, with_log,
};
pub use writing::{Loaded, Words, Written, amend, announce, call_off, create, edit, load};

use serde::Deserialize;

use crate::bind;
use crate::platform::db::{self, Batch, Statement};
use crate::platform::problem::Problem;
use crate::platform::visit::Visit;

/// `asker`: whoever presents the session `?1` at `?2`. `runs`: a row when they run the
/// contest `?3`: whoever coordinates its region where it is an office's, owners and
/// managers of the organization whose it is, and its organizers. `officer`: a row for the
/// office they have in it. A judge of it has neither.
macro_rules! runs {
    () => {
        "asker AS (
  SELECT v.id AS volunteer_id, v.phone_hash
  FROM session c JOIN volunteer v ON v.id = c.volunteer_id
  WHERE c.token_hash = ?1 AND c.expires_at > ?2),
judging AS (
  SELECT 1
  FROM asker a JOIN contest_judge j ON j.contest_id = ?3 AND j.volunteer_id = a.volunteer_id),
officer AS (
  SELECT f.role
  FROM asker a JOIN contest_officer f ON f.phone_hash = a.phone_hash AND f.contest_id = ?3
  WHERE f.ended_at IS NULL AND NOT EXISTS (SELECT 1 FROM judging)),
runs AS (
  SELECT t.id AS contest_id, a.volunteer_id
  FROM contest t JOIN asker a
  WHERE t.id = ?3
    AND (t.organization_id IS NULL AND EXISTS (
        SELECT 1 FROM coordinator k
        WHERE k.phone_hash = a.phone_hash AND substr(t.region, 1, length(k.region)) = k.region)
      OR EXISTS (
        SELECT 1 FROM member m
        WHERE m.organization_id = t.organization_id AND m.volunteer_id = a.volunteer_id
          AND m.role IN ('owner', 'manager'))
      OR EXISTS (SELECT 1 FROM officer WHERE role = 'organizer'))
    AND NOT EXISTS (SELECT 1 FROM judging))"
    };
}
pub(crate) use runs;

const STANDING: &str = concat!(
    "WITH ",
    runs!(),
    "
SELECT EXISTS (SELECT 1 FROM asker) AS signed_in,
  EXISTS (SELECT 1 FROM runs) AS runs,
  (SELECT role FROM officer) AS office,
  (SELECT announced_at IS NOT NULL FROM contest WHERE id = ?3) AS public"
);

/// What whoever asks is in a contest.
#[derive(Debug, Deserialize)]
pub struct Standing {
    #[serde(deserialize_with = "db::truth")]
    signed_in: bool,
    #[serde(deserialize_with = "db::truth")]
    runs: bool,
    office: Option<crate::contests::ContestOffice>,
    /// Whether it was announced; none when there is no such contest.
    public: Option<i64>,
}

impl Standing {
    /// Whether they run it.
    pub fn runs(&self) -> bool {
        self.runs
    }

    /// Whether they read what organizers read: those who run it, its chair and supervisor.
    pub fn oversees(&self) -> bool {
        self.runs || self.office.is_some()
    }

    /// Whether they watch over it, and do not run it as well.
    pub fn supervises(&self) -> bool {
        self.office == Some(crate::contests::ContestOffice::Supervisor) && !self.runs
    }

    /// Whether they may know that it is there.
    pub fn sees(&self) -> bool {
        self.public == Some(1) || self.public.is_some() && self.oversees()
    }

    /// An error unless they run it.
    pub fn require_run(&self) -> Result<(), Problem> {
        self.require(self.runs)
    }

    /// An error unless they oversee it.
    pub fn require_oversight(&self) -> Result<(), Problem> {
        self.require(self.oversees())
    }

    fn require(&self, may: bool) -> Result<(), Problem> {
        if !self.signed_in {
            Err(Problem::unauthenticated())
        } else if self.public.is_none() {
            Err(Problem::not_found())
        } else if may {
            Ok(())
        } else {
            Err(Problem::forbidden())
        }
    }
}

/// The statement that asks for the caller's [`Standing`] in a contest.
pub fn standing(visit: &Visit, contest: &str) -> Statement {
    bind!(STANDING, visit.credential_hash(), visit.now, contest)
}

/// The row of [`standing`] at `index`.
pub fn stands(batch: &Batch, index: usize) -> Result<Standing, Problem> {
    let row: Option<Standing> = batch.first(index)?;
    row.ok_or_else(|| Problem::internal("nobody's standing was told"))
}
