//! SQL of coordination: how far a coordinator reaches.

pub mod appointing;
pub mod deciding;

use serde::Deserialize;

use crate::bind;
use crate::organizations::OrganizationLine;
use crate::organizations::store::reading::{self, Filter};
use crate::platform::db::{self, Statement};
use crate::platform::problem::Problem;
use crate::platform::visit::Visit;
use crate::regions::Region;

/// A row for each region that whoever asks coordinates. `?1` session, `?2` now.
macro_rules! reach {
    () => {
        "reach AS (
  SELECT k.id, k.region, k.office, v.id AS volunteer_id
  FROM session c
  JOIN volunteer v ON v.id = c.volunteer_id
  JOIN coordinator k ON k.phone_hash = v.phone_hash
  WHERE c.token_hash = ?1 AND c.expires_at > ?2)"
    };
}
pub(crate) use reach;

const STANDING: &str = concat!(
    "WITH ",
    reach!(),
    "
SELECT EXISTS (SELECT 1 FROM session WHERE token_hash = ?1 AND expires_at > ?2) AS signed_in,
  EXISTS (SELECT 1 FROM reach) AS coordinates"
);

/// Whether somebody is signed in, and coordinates anything.
#[derive(Debug, Deserialize)]
pub struct Standing {
    #[serde(deserialize_with = "db::truth")]
    signed_in: bool,
    #[serde(deserialize_with = "db::truth")]
    coordinates: bool,
}

impl Standing {
    /// An error unless somebody is signed in who coordinates something.
    pub fn require(&self) -> Result<(), Problem> {
        match (self.signed_in, self.coordinates) {
            (false, _) => Err(Problem::unauthenticated()),
            (true, false) => Err(Problem::forbidden()),
            (true, true) => Ok(()),
        }
    }

    /// Whether they do.
    pub fn coordinates(&self) -> bool {
        self.coordinates
    }
}

/// The statement that asks for the caller's [`Standing`].
pub fn standing(visit: &Visit) -> Statement {
    bind!(STANDING, visit.credential_hash(), visit.now)
}

fn require(row: Option<Standing>) -> Result<(), Problem> {
    row.map_or_else(|| Err(Problem::unauthenticated()), |row| row.require())
}

const OWN_REGIONS: &str = concat!(
    "WITH ",
    reach!(),
    "
SELECT m.region AS code, r.name, r.full_name FROM reach m JOIN region r ON r.code = m.region ORDER BY 1"
);

/// The statement that lists the regions the caller coordinates.
pub fn own_regions(visit: &Visit) -> Statement {
    bind!(OWN_REGIONS, visit.credential_hash(), visit.now)
}

/// What the queue shows.
#[derive(Debug)]
pub struct Queue {
    /// The regions the caller coordinates.
    pub regions: Vec<Region>,
    /// Organizations within them, in the state asked for.
    pub organizations: Vec<OrganizationLine>,
}

/// Organizations in reach of a coordinator.
pub async fn queue(visit: &Visit, filter: &Filter<'_>) -> Result<Queue, Problem> {
    let batch = visit
        .db
        .batch(vec![
            standing(visit),
            own_regions(visit),
            reading::lines(visit, filter),
        ])
        .await?;
    require(batch.first(0)?)?;
    Ok(Queue {
        regions: batch.rows(1)?,
        organizations: batch.rows(2)?,
    })
}
