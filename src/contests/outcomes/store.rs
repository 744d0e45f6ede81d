//! SQL of what becomes of awarded entries. Who asks is part of each question.

pub mod listing;
pub mod purchases;
pub mod sendings;
pub mod stories;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Channel;
use crate::bind;
use crate::contests::running::store::{Standing, standing, stands};
use crate::platform::clock::Instant;
use crate::platform::db::{self, Batch, Statement};
use crate::platform::problem::Problem;
use crate::platform::visit::Visit;

/// `hosts`: a row when whoever presents the session `?1` at `?2` runs the contest `?3` and
/// belongs to nobody who entered it.
macro_rules! hosts {
    () => {
        concat!(
            "WITH ",
            crate::contests::running::store::runs!(),
            ",
hosts AS (
  SELECT r.contest_id, r.volunteer_id
  FROM runs r
  WHERE NOT EXISTS (
    SELECT 1 FROM contest_interest i
    WHERE i.contest_id = r.contest_id AND i.volunteer_id = r.volunteer_id))"
        )
    };
}
use hosts;

/// `?1` session, `?2` now, `?3` contest, `?4` entry.
const DOOR: &str = "
SELECT EXISTS (
    SELECT 1
    FROM session c JOIN contest_interest i ON i.volunteer_id = c.volunteer_id AND i.contest_id = ?3
    WHERE c.token_hash = ?1 AND c.expires_at > ?2) AS interested,
  EXISTS (SELECT 1 FROM contest_entry WHERE id = ?4 AND contest_id = ?3) AS entered,
  EXISTS (SELECT 1 FROM contest_awarded WHERE entry_id = ?4 AND contest_id = ?3) AS awarded";

#[derive(Deserialize)]
struct DoorRow {
    #[serde(deserialize_with = "db::truth")]
    interested: bool,
    #[serde(deserialize_with = "db::truth")]
    entered: bool,
    #[serde(deserialize_with = "db::truth")]
    awarded: bool,
}

/// Whoever asks, at the door of an entry.
#[derive(Debug)]
pub struct Door {
    /// What they are in the contest.
    pub standing: Standing,
    /// Whether they belong to an organization that entered.
    pub interested: bool,
    /// Whether the contest has the entry.
    pub entered: bool,
    /// Whether it was awarded something.
    pub awarded: bool,
}

/// The two statements that find them.
fn at_the_door(visit: &Visit, contest: &str, entry: &str) -> [Statement; 2] {
    let caller = visit.credential_hash();
    [
        standing(visit, contest),
        bind!(DOOR, caller, visit.now, contest, entry),
    ]
}

impl Door {
    /// Out of the rows of those, from `at` on.
    fn of(batch: &Batch, at: usize) -> Result<Self, Problem> {
        let row: Option<DoorRow> = batch.first(at + 1)?;
        let row = row.ok_or_else(|| Problem::internal("nobody stood at the door"))?;
        Ok(Self {
            standing: stands(batch, at)?,
            interested: row.interested,
            entered: row.entered,
            awarded: row.awarded,
        })
    }
}

/// That a story was sent.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[schema(as = StorySending)]
pub struct Sending {
    /// Where.
    pub channel: Channel,
    /// The name of another channel.
    pub name: Option<String>,
    /// Where it can be read there.
    pub link: String,
    /// On which day.
    #[schema(format = "date")]
    pub on: String,
    /// When that was marked, RFC 3339.
    #[schema(value_type = String, format = "date-time")]
    pub marked_at: Instant,
}
