//! SQL of roadshows: who asks, and what they may see of it, is part of each question.

pub mod acting;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::{FloorState, ShownScore};
use crate::bind;
use crate::contests::rules::{Key, Rules, Stage, StageKind};
use crate::contests::running::not_running;
use crate::contests::{ContestState, entry_label};
use crate::platform::clock::Instant;
use crate::platform::db::{self, Batch};
use crate::platform::problem::Problem;
use crate::platform::visit::Visit;

/// Whoever asks. `acts`: a row when they run the contest or chair its panel. `?1` session,
/// `?2` now, `?3` contest.
macro_rules! seat {
    () => {
        concat!(
            crate::contests::running::store::runs!(),
            ",
acts AS (
  SELECT 1 FROM runs
  UNION ALL
  SELECT 1 FROM officer WHERE role = 'chair')"
        )
    };
}
use seat;

/// Ballots `b` that count for an entry in the stage `?4` of the contest `?3`, while it is in it.
macro_rules! counted {
    ($entry:literal) => {
        concat!(
            "
FROM contest_counted_ballot b
WHERE b.contest_id = ?3 AND b.stage = ?4 AND b.entry_id = ",
            $entry,
            "
  AND EXISTS (
    SELECT 1 FROM contest_taking_part p
    WHERE p.contest_id = ?3 AND p.stage = ?4 AND p.entry_id = b.entry_id)"
        )
    };
}
use counted;

const DOOR: &str = concat!(
    "WITH ",
    seat!(),
    "
SELECT k.state, k.name, r.document AS rules,
  EXISTS (SELECT 1 FROM asker) AS signed_in,
  EXISTS (SELECT 1 FROM acts) AS acts,
  EXISTS (SELECT 1 FROM acts) OR EXISTS (SELECT 1 FROM officer) AS reads
FROM (SELECT 1)
LEFT JOIN contest k ON k.id = ?3
LEFT JOIN contest_rules r ON r.contest_id = k.id AND r.version = k.rules_version"
);

/// Whoever asks, before the floor of a contest.
#[derive(Debug, Deserialize)]
struct Door {
    /// None when there is no such contest.
    state: Option<ContestState>,
    name: Option<String>,
    rules: Option<String>,
    #[serde(deserialize_with = "db::truth")]
    signed_in: bool,
    #[serde(deserialize_with = "db::truth")]
    acts: bool,
    #[serde(deserialize_with = "db::truth")]
    reads: bool,
}

impl Door {
    fn of(batch: &Batch, at: usize) -> Result<Self, Problem> {
        let door: Option<Self> = batch.first(at)?;
        door.ok_or_else(|| Problem::internal("nobody was at the door"))
    }

    fn require(self, may: bool) -> Result<Self, Problem> {
        match self.state {
            _ if !self.signed_in => Err(Problem::unauthenticated()),
            None => Err(Problem::not_found()),
            Some(ContestState::Draft) if !self.reads => Err(Problem::not_found()),
            _ if !may => Err(Problem::forbidden()),
            Some(ContestState::Announced) => Ok(self),
            Some(_) => Err(not_running()),
        }
    }

    /// An error unless they run the contest or chair its panel, and it is under way.
    fn require_acts(self) -> Result<Self, Problem> {
        let may = self.acts;
        self.require(may)
    }

    /// An error unless they may watch how it goes.
    fn require_reads(self) -> Result<Self, Problem> {
        let may = self.reads;
        self.require(may)
    }

    /// The rules, if the contest is under way and this is one of its roadshows.
    fn rules(&self, stage: &Key) -> Result<Rules, Problem> {
        let text = self.rules.as_deref();
        let text = text.filter(|_| self.state == Some(ContestState::Announced));
        let rules = Rules::stored(text.ok_or_else(Problem::not_found)?)?;
        match rules.stage(stage.as_str()) {
            Some(stage) if stage.kind == StageKind::Roadshow => Ok(rules),
            _ => Err(Problem::not_found()),
        }
    }
}

/// What is or was up; to those who run it or watch over it what waits, too. How many have
/// handed in is for those who act and have no interest in it. `?5` one entry, all when null.
const FLOOR: &str = concat!(
    "WITH ",
    seat!(),
    ",
sight AS (
  SELECT EXISTS (SELECT 1 FROM acts) OR EXISTS (SELECT 1 FROM officer) AS waiting,
    EXISTS (SELECT 1 FROM acts) AND NOT EXISTS (
      SELECT 1 FROM asker a
      JOIN contest_interest i ON i.contest_id = ?3 AND i.volunteer_id = a.volunteer_id) AS counts),
listed AS (
  SELECT f.entry_id FROM contest_floor f WHERE f.contest_id = ?3 AND f.stage = ?4
  UNION
  SELECT d.entry_id
  FROM sight s
  CROSS JOIN (
    SELECT DISTINCT entry_id FROM contest_assignment
    WHERE contest_id = ?3 AND stage = ?4 AND ended_at IS NULL) d
  WHERE s.waiting AND EXISTS (
    SELECT 1 FROM contest_taking_part p
    WHERE p.contest_id = ?3 AND p.stage = ?4 AND p.entry_id = d.entry_id))
SELECT e.id AS entry_id, e.number, e.track, e.title, o.name AS organization_name,
  coalesce(f.state, 'waiting') AS state, f.opened_at, f.closed_at, f.shown_at, f.shown,
  iif(s.counts AND f.state IN ('open', 'closed'), (
    SELECT count(*) FROM contest_assignment g
    WHERE g.contest_id = ?3 AND g.stage = ?4 AND g.entry_id = e.id AND g.ended_at IS NULL
      AND NOT EXISTS (
        SELECT 1 FROM contest_avoids v WHERE v.judge_id = g.judge_id AND v.entry_id = g.entry_id)), NULL) AS judges,
  iif(s.counts AND f.state IN ('open', 'closed'), (SELECT count(*)",
    counted!("e.id"),
    "), NULL) AS handed_in
FROM sight s
CROSS JOIN listed l
JOIN contest_entry e ON e.id = l.entry_id
JOIN organization o ON o.id = e.organization_id
LEFT JOIN contest_floor f ON f.contest_id = ?3 AND f.stage = ?4 AND f.entry_id = e.id
WHERE ?5 IS NULL OR e.id = ?5
ORDER BY e.number"
);

#[derive(Deserialize)]
struct Row {
    entry_id: String,
    number: i64,
    track: String,
    title: String,
    organization_name: String,
    state: FloorState,
    opened_at: Option<Instant>,
    closed_at: Option<Instant>,
    shown_at: Option<Instant>,
    shown: Option<String>,
    judges: Option<i64>,
    handed_in: Option<i64>,
}

/// An entry in a roadshow.
#[derive(Debug, Serialize, ToSchema)]
pub struct FloorEntry {
    /// The entry.
    #[schema(format = "uuid")]
    pub entry_id: String,
    /// What the public reads instead of its name.
    #[schema(example = "E0001")]
    pub number: String,
    /// The key of its track.
    #[schema(example = "education")]
    pub track: String,
    /// Its title; null in a blind stage, but to those who run the contest or watch over it.
    pub title: Option<String>,
    /// Whose it is; null likewise.
    pub organization_name: Option<String>,
    /// Where it is.
    pub state: FloorState,
    /// When it was called up last, RFC 3339.
    #[schema(value_type = Option<String>, format = "date-time")]
    pub opened_at: Option<Instant>,
    /// When scoring was closed, RFC 3339.
    #[schema(value_type = Option<String>, format = "date-time")]
    pub closed_at: Option<Instant>,
    /// When its score was shown, RFC 3339.
    #[schema(value_type = Option<String>, format = "date-time")]
    pub shown_at: Option<Instant>,
    /// How many judges it has, until its score is shown; null but to whoever may act here and
    /// belongs to no entrant.
    pub judges: Option<i64>,
    /// How many of them have handed in; null likewise.
    pub handed_in: Option<i64>,
    /// What was shown; null before.
    pub shown: Option<ShownScore>,
}

impl FloorEntry {
    fn of(row: Row, stage: &Stage, names: bool, now: Instant) -> Result<Self, Problem> {
        let shown = row.shown.as_deref().map(serde_json::from_str).transpose();
        let shown = shown
            .map_err(|fault| Problem::internal(format!("what was shown does not read: {fault}")))?;
        let state = row.state.at(stage, now);
        let closed_by_the_stage = state == FloorState::Closed && row.closed_at.is_none();
        Ok(Self {
            closed_at: row
                .closed_at
                .or(closed_by_the_stage.then_some(stage.closes_at)),
            entry_id: row.entry_id,
            number: entry_label(row.number),
            track: row.track,
            title: names.then_some(row.title),
            organization_name: names.then_some(row.organization_name),
            state,
            opened_at: row.opened_at,
            shown_at: row.shown_at,
            judges: row.judges,
            handed_in: row.handed_in,
            shown,
        })
    }
}

/// The floor of a roadshow, as far as whoever asks may see it.
#[derive(Debug)]
pub struct Floor {
    /// The contest's name.
    pub contest: String,
    /// The rules in force.
    pub rules: Rules,
    /// Whether they may call entries up.
    pub acts: bool,
    /// In the order of their numbers.
    pub items: Vec<FloorEntry>,
    key: Key,
}

impl Floor {
    /// Out of the rows of [`FLOOR`] at `at`.
    fn of(door: Door, key: &Key, batch: &Batch, at: usize, now: Instant) -> Result<Self, Problem> {
        let rules = door.rules(key)?;
        let stage = rules.stage(key.as_str()).ok_or_else(Problem::not_found)?;
        let names = !stage.blind || door.reads;
        let rows: Vec<Row> = batch.rows(at)?;
        let items = rows
            .into_iter()
            .map(|row| FloorEntry::of(row, stage, names, now));
        Ok(Self {
            items: items.collect::<Result<_, _>>()?,
            contest: door.name.unwrap_or_default(),
            acts: door.acts,
            rules,
            key: key.clone(),
        })
    }

    /// The stage.
    pub fn stage(&self) -> Result<&Stage, Problem> {
        let stage = self.rules.stage(self.key.as_str());
        stage.ok_or_else(Problem::not_found)
    }
}

/// The floor, to whoever asks.
pub async fn floor(visit: &Visit, contest: Uuid, stage: &Key) -> Result<Floor, Problem> {
    let caller = visit.credential_hash();
    let (door, batch) = looked(visit, caller, contest, stage).await?;
    Floor::of(door, stage, &batch, 1, visit.now)
}

/// The floor as everybody sees it, whoever asks.
pub async fn in_public(visit: &Visit, contest: Uuid, stage: &Key) -> Result<Floor, Problem> {
    let (door, batch) = looked(visit, None, contest, stage).await?;
    Floor::of(door, stage, &batch, 1, visit.now)
}

/// The floor, to those who run the contest or watch over it.
pub async fn console(visit: &Visit, contest: Uuid, stage: &Key) -> Result<Floor, Problem> {
    let caller = visit.credential_hash();
    let (door, batch) = looked(visit, caller, contest, stage).await?;
    Floor::of(door.require_reads()?, stage, &batch, 1, visit.now)
}

async fn looked(
    visit: &Visit,
    caller: Option<String>,
    contest: Uuid,
    stage: &Key,
) -> Result<(Door, Batch), Problem> {
    let all: Option<&str> = None;
    let statements = vec![
        bind!(DOOR, &caller, visit.now, contest),
        bind!(FLOOR, &caller, visit.now, contest, stage.as_str(), all),
    ];
    let batch = visit.db.batch(statements).await?;
    Ok((Door::of(&batch, 0)?, batch))
}
