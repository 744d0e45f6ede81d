//! Inviting judges, listing them, and their leaving.

use serde::Deserialize;
use serde_json::json;
use uuid::Uuid;

use super::Caller;
use crate::bind;
use crate::contests::judge_label;
use crate::contests::judging::{INVITATION_LASTS, JUDGES_AT_MOST, Judge, JudgeCode, JudgeState};
use crate::contests::log::Act;
use crate::contests::rules::{Rules, Stage, StageKind};
use crate::platform::clock::Instant;
use crate::platform::db::{self, Batch, DbError, Statement};
use crate::platform::idempotency::{Earlier, IdempotencyKey, Ran, Reply};
use crate::platform::problem::Problem;
use crate::platform::visit::Visit;

#[derive(Deserialize)]
struct Row {
    id: String,
    number: i64,
    name: String,
    #[serde(deserialize_with = "db::json")]
    tracks: Vec<String>,
    code_expires_at: Instant,
    accepted_at: Option<Instant>,
    declared_at: Option<Instant>,
    left_at: Option<Instant>,
    left_how: Option<JudgeState>,
    conflicts: i64,
}

impl Row {
    fn shown(self, now: Instant) -> Judge {
        let state = match (self.left_how, self.accepted_at) {
            (Some(how), _) => how,
            (None, Some(_)) => JudgeState::Accepted,
            (None, None) if self.code_expires_at > now => JudgeState::Invited,
            (None, None) => JudgeState::Expired,
        };
        Judge {
            id: self.id,
            number: judge_label(self.number),
            name: self.name,
            tracks: self.tracks,
            state,
            invited_until: (state == JudgeState::Invited).then_some(self.code_expires_at),
            accepted_at: self.accepted_at,
            declared_at: self.declared_at,
            left_at: self.left_at,
            conflicts: self.conflicts,
        }
    }
}

const JUDGES: &str = concat!(
    "WITH ",
    caller!(),
    "
SELECT j.id, j.number, j.name, j.tracks, j.code_expires_at, j.accepted_at, j.declared_at, j.left_at,
  j.left_how, (SELECT count(*) FROM contest_conflict x WHERE x.judge_id = j.id) AS conflicts
FROM caller a JOIN contest_judge j ON j.contest_id = a.contest_id
WHERE a.reads
ORDER BY j.number"
);

/// The statement that lists a contest's judges, to those who run it or watch over it.
fn judges(visit: &Visit, contest: Uuid) -> Statement {
    bind!(JUDGES, visit.credential_hash(), visit.now, contest)
}

/// The judges listed by the statement at `at`.
fn listed(visit: &Visit, batch: &Batch, at: usize) -> Result<Vec<Judge>, DbError> {
    let rows: Vec<Row> = batch.rows(at)?;
    Ok(rows.into_iter().map(|row| row.shown(visit.now)).collect())
}

/// All judges in the order of their numbers, those who left included.
pub async fn list(visit: &Visit, contest: Uuid) -> Result<Vec<Judge>, Problem> {
    board(visit, contest).await.map(|board| board.judges)
}

/// What the page of judges shows.
#[derive(Debug)]
pub struct Board {
    /// In the order of their numbers.
    pub judges: Vec<Judge>,
    /// Keys and names of the contest's tracks; none before it is announced.
    pub tracks: Vec<(String, String)>,
    /// The judged stages, with their draws.
    pub stages: Vec<StageBoard>,
    /// Whether whoever asks runs the contest.
    pub runs: bool,
}

/// A stage for those who run the contest.
#[derive(Debug)]
pub struct StageBoard {
    /// Its rules.
    pub stage: Stage,
    /// What was drawn, in order.
    pub draws: Vec<DrawLine>,
    /// How far judges are, by track; none for whoever has an interest, nor of a roadshow, whose
    /// console says it.
    pub progress: Vec<Progress>,
}

/// A draw, without what came of it.
#[derive(Debug, Deserialize)]
pub struct DrawLine {
    stage: String,
    /// The first, the second …
    pub draw: i64,
    /// From which everything follows.
    pub seed: String,
    /// Why it was drawn again.
    pub reason: Option<String>,
    /// When.
    pub drawn_at: Instant,
}

/// How far judges are with a track.
#[derive(Debug, Deserialize)]
pub struct Progress {
    stage: String,
    /// The key of the track.
    pub track: String,
    /// Ballots there are to be.
    pub assigned: i64,
    /// Ballots handed in.
    pub handed_in: i64,
}

const DRAWS: &str = concat!(
    "WITH ",
    caller!(),
    "
SELECT d.stage, d.draw, d.seed, d.reason, d.drawn_at
FROM caller a JOIN contest_draw d ON d.contest_id = a.contest_id
WHERE a.reads
ORDER BY d.stage, d.draw"
);

/// Counts say something of scores: whoever belongs to an entrant reads none.
const PROGRESS: &str = concat!(
    "WITH ",
    caller!(),
    "
SELECT g.stage, e.track, count(*) AS assigned, count(b.submitted_at) AS handed_in
FROM caller a
JOIN contest_assignment g ON g.contest_id = a.contest_id AND g.ended_at IS NULL
JOIN contest_entry e ON e.id = g.entry_id AND e.state = 'submitted'
LEFT JOIN contest_ballot b ON b.contest_id = g.contest_id AND b.stage = g.stage
  AND b.entry_id = g.entry_id AND b.judge_id = g.judge_id
WHERE a.reads AND NOT EXISTS (
  SELECT 1 FROM contest_interest i
  WHERE i.contest_id = a.contest_id AND i.volunteer_id = a.volunteer_id)
GROUP BY g.stage, e.track
ORDER BY g.stage, e.track"
);

/// A contest's judges, and who asks for them.
pub async fn board(visit: &Visit, contest: Uuid) -> Result<Board, Problem> {
    let ask = |sql: &'static str| bind!(sql, visit.credential_hash(), visit.now, contest);
    let statements = vec![
        Caller::at_the_door(visit, contest),
        judges(visit, contest),
        ask(DRAWS),
        ask(PROGRESS),
    ];
    let batch = visit.db.batch(statements).await?;
    let caller = Caller::of(&batch, 0)?.require_reads()?;
    let rules = caller.rules().ok();
    let (mut draws, mut progress): (Vec<DrawLine>, Vec<Progress>) =
        (batch.rows(2)?, batch.rows(3)?);
    progress.retain(|line| {
        let stage = rules.as_ref().and_then(|rules| rules.stage(&line.stage));
        stage.is_some_and(|stage| stage.kind != StageKind::Roadshow)
    });
    let judged = rules.iter().flat_map(Rules::judged);
    let stages = judged.map(|stage| {
        let key = stage.key.as_str();
        StageBoard {
            stage: stage.clone(),
            draws: draws.extract_if(.., |line| line.stage == key).collect(),
            progress: progress.extract_if(.., |line| line.stage == key).collect(),
        }
    });
    let stages = stages.collect();
    let tracks = rules.iter().flat_map(|rules| rules.tracks.iter());
    let tracks = tracks.map(|track| {
        (
            track.key.as_str().to_owned(),
            track.name.as_str().to_owned(),
        )
    });
    Ok(Board {
        judges: listed(visit, &batch, 1)?,
        tracks: tracks.collect(),
        stages,
        runs: caller.runs(),
    })
}

/// `?4` id, `?5` name, `?6` tracks, `?7` hash of the code, `?8` its expiry, `?9` how many.
const INVITE: &str = concat!(
    "WITH ",
    caller!(),
    "
INSERT INTO contest_judge (id, contest_id, number, name, tracks, code_hash, code_expires_at, created_at)
SELECT ?4, a.contest_id,
  1 + coalesce((SELECT max(number) FROM contest_judge WHERE contest_id = a.contest_id), 0), ?5, ?6, ?7, ?8, ?2
FROM caller a
WHERE a.runs AND a.state = 'announced'
  AND (SELECT count(*) FROM contest_judge WHERE contest_id = a.contest_id) < ?9
  AND NOT EXISTS (
    SELECT 1 FROM json_each(?6) t
    WHERE t.value NOT IN (
      SELECT json_extract(x.value, '$.key')
      FROM contest_rules r, json_each(r.document, '$.tracks') x
      WHERE r.contest_id = a.contest_id AND r.version = a.rules_version))"
);

/// Somebody to be invited.
#[derive(Debug)]
pub struct Invitee<'a> {
    /// UUIDv7.
    pub id: Uuid,
    /// What those who run the contest call them.
    pub name: &'a str,
    /// Keys of tracks; none for all.
    pub tracks: &'a [String],
    /// What is in the link.
    pub code: &'a JudgeCode,
}

/// What came of inviting somebody.
#[derive(Debug)]
pub enum Invited {
    /// The link works.
    Done,
    /// The same request was carried out before.
    Before(Earlier),
    /// These are no tracks of the contest, by their place in the list.
    UnknownTracks(Vec<usize>),
    /// There are as many as there may be.
    TooMany,
}

/// Until when an invitation made now is good.
pub fn good_until(now: Instant) -> Instant {
    now.plus(INVITATION_LASTS)
}

/// Keeps an invitation, and the answer that shows its link when `key` asks for that.
pub async fn invite(
    visit: &Visit,
    contest: Uuid,
    invitee: &Invitee<'_>,
    key: &IdempotencyKey,
    reply: &Reply,
) -> Result<Invited, Problem> {
    let caller = visit.credential_hash();
    let statements = vec![
        Caller::at_the_door(visit, contest),
        bind!(
            INVITE,
            caller,
            visit.now,
            contest,
            invitee.id,
            invitee.name,
            json!(invitee.tracks).to_string(),
            invitee.code.hash(),
            good_until(visit.now),
            JUDGES_AT_MOST,
        ),
        Act {
            contest: &contest.to_string(),
            act: "judge.invited",
            subject: format!("judge:{}", invitee.id),
            detail: json!({"tracks": invitee.tracks}),
        }
        .logged(visit),
        key.keep(visit, invitee.id, reply)?,
    ];
    let batch = match key.run(visit, statements).await? {
        Ran::Now(batch) => batch,
        // Its answer shows the link: only to whoever may invite still.
        Ran::Before(earlier) => {
            let batch = visit.db.run(Caller::at_the_door(visit, contest)).await?;
            Caller::of(&batch, 0)?.require_runs()?;
            return Ok(Invited::Before(earlier));
        }
    };
    let caller = Caller::of(&batch, 0)?.require_runs()?.require_running()?;
    if batch.changes(1) > 0 {
        return Ok(Invited::Done);
    }
    let rules = caller.rules()?;
    let tracks = invitee.tracks.iter().enumerate();
    let unknown: Vec<usize> = tracks
        .filter(|(_, key)| rules.track(key).is_none())
        .map(|(at, _)| at)
        .collect();
    Ok(match unknown.is_empty() {
        true => Invited::TooMany,
        false => Invited::UnknownTracks(unknown),
    })
}

/// `?4` the judge.
const LEAVE: &str = concat!(
    "WITH ",
    caller!(),
    "
UPDATE contest_judge SET left_at = ?2, left_how = iif(a.runs, 'removed', 'withdrew')
FROM caller a
WHERE contest_judge.id = ?4 AND contest_judge.contest_id = a.contest_id AND contest_judge.left_at IS NULL
  AND (a.runs OR a.judge_id = contest_judge.id)"
);

/// `?4` the judge. Whether they are, or were, whoever asks.
const WHO_LEFT: &str = "
SELECT EXISTS (
  SELECT 1 FROM session c
  WHERE c.token_hash = ?1 AND c.expires_at > ?2 AND c.volunteer_id = j.volunteer_id) AS is_me
FROM contest_judge j
WHERE j.id = ?4 AND j.contest_id = ?3";

#[derive(Deserialize)]
struct WhoLeft {
    #[serde(deserialize_with = "db::truth")]
    is_me: bool,
}

/// Removes a judge, or has them step down, if it is they who ask. What they have handed in
/// stands; nothing happens to one who has left.
pub async fn leave(visit: &Visit, contest: Uuid, judge: Uuid) -> Result<(), Problem> {
    let about = |sql: &'static str| bind!(sql, visit.credential_hash(), visit.now, contest, judge);
    let statements = vec![
        Caller::at_the_door(visit, contest),
        about(WHO_LEFT),
        about(LEAVE),
        Act {
            contest: &contest.to_string(),
            act: "judge.left",
            subject: format!("judge:{judge}"),
            detail: json!({}),
        }
        .logged(visit),
    ];
    let batch = visit.db.batch(statements).await?;
    let caller = Caller::of(&batch, 0)?;
    match batch.first::<WhoLeft>(1)? {
        Some(who) if who.is_me || caller.runs() => Ok(()),
        None if caller.runs() => Err(Problem::not_found()),
        _ => Err(Problem::forbidden()),
    }
}
