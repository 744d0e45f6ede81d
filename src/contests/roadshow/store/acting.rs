//! What is done on the floor: guarded in the statement itself, so that two people at once
//! come to one outcome.

use serde_json::{Value, json};
use uuid::Uuid;

use super::{DOOR, Door, FLOOR, Floor, FloorEntry, counted, seat};
use crate::bind;
use crate::contests::log::Act;
use crate::contests::results::Counted;
use crate::contests::roadshow::deciding::{Before, is_due, too_few};
use crate::contests::roadshow::{FloorAct, FloorBody, score};
use crate::contests::rules::Key;
use crate::platform::crypto::sha256_hex;
use crate::platform::db::{Batch, Statement};
use crate::platform::idempotency::{Earlier, IdempotencyKey, Ran};
use crate::platform::problem::Problem;
use crate::platform::visit::Visit;

/// Which ballots of the entry `?5` count, in which versions.
macro_rules! ballots {
    () => {
        concat!(
            "(
  SELECT json_group_array(json_array(judge, version))
  FROM (SELECT b.judge, b.version",
            counted!("?5"),
            "
    ORDER BY b.judge))"
        )
    };
}

/// Whether the entry `?5` takes part and has judges.
macro_rules! ready {
    () => {
        "EXISTS (
    SELECT 1 FROM contest_taking_part p
    WHERE p.contest_id = ?3 AND p.stage = ?4 AND p.entry_id = ?5)
  AND EXISTS (
    SELECT 1 FROM contest_assignment g
    WHERE g.contest_id = ?3 AND g.stage = ?4 AND g.entry_id = ?5 AND g.ended_at IS NULL)"
    };
}

/// The entry `?5`, to whoever may act.
const BEFORE: &str = concat!(
    "WITH ",
    seat!(),
    "
SELECT coalesce(f.state, 'waiting') AS state, ",
    ready!(),
    " AS ready, ",
    ballots!(),
    " AS ballots, (
    SELECT n.number FROM contest_floor u JOIN contest_entry n ON n.id = u.entry_id
    WHERE u.contest_id = ?3 AND u.stage = ?4 AND u.track = e.track AND u.state = 'open' AND u.entry_id <> e.id) AS other
FROM contest_entry e
LEFT JOIN contest_floor f ON f.contest_id = ?3 AND f.stage = ?4 AND f.entry_id = e.id
WHERE e.id = ?5 AND e.contest_id = ?3 AND e.number IS NOT NULL AND EXISTS (SELECT 1 FROM acts)"
);

/// Its ballots that count, to them.
const BALLOTS: &str = concat!(
    "WITH ",
    seat!(),
    "
SELECT b.stage, b.track, b.entry, b.judge, b.scores",
    counted!("?5"),
    "
  AND EXISTS (SELECT 1 FROM acts)
ORDER BY b.judge"
);

/// Whether the stage is open, whoever asks may act, and nothing else is up in the track.
macro_rules! free {
    ($track:literal) => {
        concat!(
            "EXISTS (SELECT 1 FROM acts) AND ",
            ready!(),
            "
  AND EXISTS (
    SELECT 1 FROM contest_stage s
    WHERE s.contest_id = ?3 AND s.stage = ?4 AND s.kind = 'roadshow' AND s.opens_at <= ?2 AND ?2 < s.closes_at)
  AND NOT EXISTS (
    SELECT 1 FROM contest_floor u
    WHERE u.contest_id = ?3 AND u.stage = ?4 AND u.track = ",
            $track,
            " AND u.state = 'open')"
        )
    };
}

const OPEN: &str = concat!(
    "WITH ",
    seat!(),
    "
INSERT INTO contest_floor (contest_id, stage, entry_id, track, opened_at)
SELECT e.contest_id, ?4, e.id, e.track, ?2
FROM contest_entry e
WHERE e.id = ?5 AND e.contest_id = ?3
  AND NOT EXISTS (SELECT 1 FROM contest_floor f WHERE f.contest_id = ?3 AND f.stage = ?4 AND f.entry_id = ?5)
  AND ",
    free!("e.track")
);

const CLOSE: &str = concat!(
    "WITH ",
    seat!(),
    "
UPDATE contest_floor SET state = 'closed', closed_at = ?2
WHERE contest_id = ?3 AND stage = ?4 AND entry_id = ?5 AND state = 'open' AND EXISTS (SELECT 1 FROM acts)
  AND EXISTS (
    SELECT 1 FROM contest_stage s
    WHERE s.contest_id = ?3 AND s.stage = ?4 AND s.opens_at <= ?2 AND ?2 < s.closes_at)"
);

const REOPEN: &str = concat!(
    "WITH ",
    seat!(),
    "
UPDATE contest_floor SET state = 'open', opened_at = ?2, closed_at = NULL
WHERE contest_id = ?3 AND stage = ?4 AND entry_id = ?5 AND state = 'closed' AND ",
    free!("contest_floor.track")
);

/// `?6` what is shown, `?7` which ballots it was made of. What nobody closed, the stage did.
const SHOW: &str = concat!(
    "WITH ",
    seat!(),
    "
UPDATE contest_floor SET state = 'shown', shown_at = ?2, shown = ?6, closed_at = coalesce(closed_at, s.closes_at)
FROM contest_stage s
WHERE contest_floor.contest_id = ?3 AND contest_floor.stage = ?4 AND contest_floor.entry_id = ?5
  AND s.contest_id = ?3 AND s.stage = ?4 AND EXISTS (SELECT 1 FROM acts)
  AND (contest_floor.state = 'closed' OR contest_floor.state = 'open' AND s.closes_at <= ?2)
  AND ?7 = ",
    ballots!()
);

/// So often a score is worked out again when its ballots changed meanwhile.
const TRIES: u32 = 3;

/// One entry of a roadshow, and whoever does something with it.
struct Turn<'a> {
    visit: &'a Visit,
    contest: Uuid,
    stage: &'a Key,
    entry: String,
    key: &'a IdempotencyKey,
}

impl Turn<'_> {
    fn asks(&self, sql: &'static str) -> Statement {
        let caller = self.visit.credential_hash();
        let stage = self.stage.as_str();
        bind!(
            sql,
            caller,
            self.visit.now,
            self.contest,
            stage,
            &self.entry
        )
    }

    fn knocks(&self) -> Statement {
        let caller = self.visit.credential_hash();
        bind!(DOOR, caller, self.visit.now, self.contest)
    }

    /// The entry as it stands, out of a batch that begins with [`Self::knocks`] and has
    /// [`FLOOR`] at `at`.
    fn stands(&self, batch: &Batch, at: usize) -> Result<FloorEntry, Problem> {
        let door = Door::of(batch, 0)?.require_acts()?;
        let mut floor = Floor::of(door, self.stage, batch, at, self.visit.now)?;
        floor.items.pop().ok_or_else(Problem::not_found)
    }

    /// The entry as it was, when the act is to be done: out of a batch that begins with
    /// [`Self::knocks`] and [`BEFORE`].
    fn due(&self, batch: &Batch, act: FloorAct) -> Result<Option<Before>, Problem> {
        let door = Door::of(batch, 0)?.require_acts()?;
        let rules = door.rules(self.stage)?;
        let stage = rules.stage(self.stage.as_str());
        let stage = stage.ok_or_else(Problem::not_found)?;
        let before: Before = batch.first(1)?.ok_or_else(Problem::not_found)?;
        let due = is_due(act, &before, stage, self.visit.now)?;
        Ok(due.then_some(before))
    }

    /// The log's line and the key, right after the effect.
    fn recorded(&self, act: FloorAct, detail: Value) -> [Statement; 2] {
        let act = Act {
            contest: &self.contest.to_string(),
            act: act.logged(),
            subject: format!("entry:{}", self.entry),
            detail,
        };
        [
            act.logged(self.visit),
            self.key.point_at(self.visit, &self.entry),
        ]
    }

    /// What the same request did before, to whoever may act still.
    async fn again(&self, earlier: &Earlier) -> Result<(FloorEntry, bool), Problem> {
        earlier.subject()?;
        let statements = vec![self.knocks(), self.asks(FLOOR)];
        let batch = self.visit.db.batch(statements).await?;
        Ok((self.stands(&batch, 1)?, true))
    }

    /// Opens, closes or opens again.
    async fn moves(
        &self,
        act: FloorAct,
        sql: &'static str,
        detail: Value,
    ) -> Result<(FloorEntry, bool), Problem> {
        let mut statements = vec![self.knocks(), self.asks(BEFORE), self.asks(sql)];
        statements.extend(self.recorded(act, detail));
        statements.push(self.asks(FLOOR));
        let batch = match self.key.run(self.visit, statements).await? {
            Ran::Now(batch) => batch,
            Ran::Before(earlier) => return self.again(&earlier).await,
        };
        if batch.changes(2) == 0 && self.due(&batch, act)?.is_some() {
            return Err(Problem::internal("an entry stayed and nothing refused"));
        }
        Ok((self.stands(&batch, 5)?, false))
    }

    /// Shows the score, worked out of ballots that still stand when it is written.
    async fn shows(&self) -> Result<(FloorEntry, bool), Problem> {
        for _ in 0..TRIES {
            let statements = [BEFORE, BALLOTS, FLOOR].map(|sql| self.asks(sql));
            let statements = [self.knocks()].into_iter().chain(statements).collect();
            let batch = match self.key.run(self.visit, statements).await? {
                Ran::Now(batch) => batch,
                Ran::Before(earlier) => return self.again(&earlier).await,
            };
            let Some(before) = self.due(&batch, FloorAct::Show)? else {
                return Ok((self.stands(&batch, 3)?, false));
            };
            let shown = self.scored(&batch)?;
            let show = self.asks(SHOW).and(&shown).and(&before.ballots);
            let mut statements = vec![self.knocks(), show];
            let detail = json!({"stage": self.stage.as_str(), "hash": sha256_hex(&shown)});
            statements.extend(self.recorded(FloorAct::Show, detail));
            statements.push(self.asks(FLOOR));
            match self.key.run(self.visit, statements).await? {
                Ran::Now(batch) if batch.changes(1) > 0 => {
                    return Ok((self.stands(&batch, 4)?, false));
                }
                Ran::Now(_) => {}
                Ran::Before(earlier) => return self.again(&earlier).await,
            }
        }
        Err(Problem::busy(
            "ballots changed while their score was worked out".to_owned(),
        ))
    }

    /// What is to be shown, as text, out of the ballots at the third place of a batch.
    fn scored(&self, batch: &Batch) -> Result<String, Problem> {
        let rules = Door::of(batch, 0)?.rules(self.stage)?;
        let stage = rules.stage(self.stage.as_str());
        let stage = stage.ok_or_else(Problem::not_found)?;
        let ballots: Vec<Counted> = batch.rows(2)?;
        let track = ballots.first().map_or("", |ballot| &ballot.track);
        let shown = score(&rules, stage, track, &ballots)?.ok_or_else(too_few)?;
        Ok(json!(shown).to_string())
    }
}

/// Does something with an entry; whether the same request did so before.
pub async fn act(
    visit: &Visit,
    (contest, stage): (Uuid, &Key),
    body: &FloorBody,
    key: &IdempotencyKey,
) -> Result<(FloorEntry, bool), Problem> {
    let turn = Turn {
        visit,
        contest,
        stage,
        entry: body.entry_id.0.to_string(),
        key,
    };
    let stage = stage.as_str();
    match (body.act, body.reason()?) {
        (FloorAct::Open, _) => turn.moves(body.act, OPEN, json!({"stage": stage})).await,
        (FloorAct::Close, _) => turn.moves(body.act, CLOSE, json!({"stage": stage})).await,
        (FloorAct::Reopen, reason) => {
            let detail = json!({"stage": stage, "reason": reason});
            turn.moves(body.act, REOPEN, detail).await
        }
        (FloorAct::Show, _) => turn.shows().await,
    }
}
