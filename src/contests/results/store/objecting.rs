//! Objections: received, answered, decided, kept.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::bind;
use crate::contests::entry_label;
use crate::contests::judging::store::{Caller, caller};
use crate::contests::log::Act;
use crate::contests::results::refusals::{
    no_notice_period, objection_settled, objection_unanswered, too_many_objections,
};
use crate::contests::results::{ObjectionDecision, ObjectionRuling};
use crate::contests::rules::Key;
use crate::platform::clock::Instant;
use crate::platform::db::{self, Batch, Statement};
use crate::platform::fields::FieldErrors;
use crate::platform::i18n::Words;
use crate::platform::idempotency::{IdempotencyKey, Ran};
use crate::platform::problem::Problem;
use crate::platform::visit::Visit;

/// Somebody objects to one result at most so often,
const MOST_OF_ONE: i64 = 3;
/// and everybody together so often.
const MOST: i64 = 500;

/// `?4` stage, `?5` version, `?6` id, `?7` number of the entry, `?8` words, `?9` most of one
/// person, `?10` most of all.
const OBJECT: &str = concat!(
    "WITH ",
    caller!(),
    "
INSERT INTO contest_objection (id, contest_id, stage, version, number, volunteer_id, entry_id, words, received_at)
SELECT ?6, r.contest_id, r.stage, r.version,
  1 + coalesce((SELECT max(number) FROM contest_objection WHERE contest_id = ?3), 0),
  a.volunteer_id, e.id, ?8, ?2
FROM caller a
JOIN contest_result r ON r.contest_id = a.contest_id AND r.stage = ?4 AND r.version = ?5
LEFT JOIN contest_entry e ON e.contest_id = r.contest_id AND e.number = ?7
WHERE a.state = 'announced' AND (?7 IS NULL OR e.id IS NOT NULL)
  AND r.published_at <= ?2 AND ?2 < r.notice_until AND r.final_at IS NULL
  AND NOT EXISTS (
    SELECT 1 FROM contest_result n
    WHERE n.contest_id = r.contest_id AND n.stage = r.stage AND n.version > r.version AND n.published_at IS NOT NULL)
  AND (
    SELECT count(*) FROM contest_objection o
    WHERE o.volunteer_id = a.volunteer_id AND o.contest_id = ?3 AND o.stage = ?4 AND o.version = ?5) < ?9
  AND (
    SELECT count(*) FROM contest_objection o
    WHERE o.contest_id = ?3 AND o.stage = ?4 AND o.version = ?5) < ?10"
);

/// `?4` stage, `?5` version, `?6` number of the entry: what stands against objecting.
const WHY_NOT: &str = concat!(
    "WITH ",
    caller!(),
    "
SELECT EXISTS (
    SELECT 1 FROM contest_result r
    WHERE r.contest_id = ?3 AND r.stage = ?4 AND r.version = ?5 AND r.published_at IS NOT NULL) AS found,
  ?6 IS NULL OR EXISTS (
    SELECT 1 FROM contest_entry e WHERE e.contest_id = ?3 AND e.number = ?6) AS entry_known,
  (SELECT count(*) FROM contest_objection o JOIN caller a ON a.volunteer_id = o.volunteer_id
   WHERE o.contest_id = ?3 AND o.stage = ?4 AND o.version = ?5) AS own"
);

#[derive(Deserialize)]
struct WhyNot {
    #[serde(deserialize_with = "db::truth")]
    found: bool,
    #[serde(deserialize_with = "db::truth")]
    entry_known: bool,
    own: i64,
}

/// `?4` the objection; all of the contest when null, from `?5` on, so many as `?6`. Its words
/// are read by whoever wrote them and those who handle them.
const OBJECTIONS: &str = concat!(
    "WITH ",
    caller!(),
    "
SELECT o.id, o.number, o.stage, o.version, e.number AS entry,
  iif(EXISTS (
    SELECT 1 FROM caller a WHERE a.volunteer_id = o.volunteer_id OR a.reads AND NOT a.interested),
    o.words, NULL) AS words,
  EXISTS (SELECT 1 FROM caller a WHERE a.volunteer_id = o.volunteer_id) AS own,
  o.received_at, o.answer, o.answered_at, o.decision, o.decision_words, o.decided_at
FROM contest_objection o
JOIN contest k ON k.id = o.contest_id AND k.announced_at IS NOT NULL
LEFT JOIN contest_entry e ON e.id = o.entry_id
WHERE o.contest_id = ?3 AND (?4 IS NULL OR o.id = ?4) AND o.number > ?5
ORDER BY o.number
LIMIT ?6"
);

#[derive(Deserialize)]
struct Row {
    id: String,
    number: i64,
    stage: String,
    version: i64,
    entry: Option<i64>,
    words: Option<String>,
    #[serde(deserialize_with = "db::truth")]
    own: bool,
    received_at: Instant,
    answer: Option<String>,
    answered_at: Option<Instant>,
    decision: Option<ObjectionDecision>,
    decision_words: Option<String>,
    decided_at: Option<Instant>,
}

/// An objection to a result.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = ContestObjection)]
pub struct Objection {
    /// UUIDv7.
    #[schema(format = "uuid")]
    pub id: String,
    /// Its number in the contest, from 1.
    pub number: i64,
    /// To the result of this stage,
    #[schema(example = "roadshow")]
    pub stage: String,
    /// of this version.
    pub version: i64,
    /// The entry it is about, if it is about one.
    #[schema(example = "E0001")]
    pub entry: Option<String>,
    /// What is said to be wrong: to whoever wrote it and those who handle it, else null.
    pub words: Option<String>,
    /// Whether whoever asks wrote it.
    pub own: bool,
    /// When it came, RFC 3339.
    #[schema(value_type = String, format = "date-time")]
    pub received_at: Instant,
    /// What the organizers say to it.
    pub answer: Option<String>,
    /// When they said so, RFC 3339.
    #[schema(value_type = Option<String>, format = "date-time")]
    pub answered_at: Option<Instant>,
    /// What was decided.
    pub decision: Option<ObjectionDecision>,
    /// Why.
    pub decision_words: Option<String>,
    /// When, RFC 3339.
    #[schema(value_type = Option<String>, format = "date-time")]
    pub decided_at: Option<Instant>,
}

impl Row {
    fn shown(self) -> Objection {
        Objection {
            id: self.id,
            number: self.number,
            stage: self.stage,
            version: self.version,
            entry: self.entry.map(entry_label),
            words: self.words,
            own: self.own,
            received_at: self.received_at,
            answer: self.answer,
            answered_at: self.answered_at,
            decision: self.decision,
            decision_words: self.decision_words,
            decided_at: self.decided_at,
        }
    }
}

/// Objections in the order they came, and the number of the last unless it is the last of all.
pub type ObjectionPage = (Vec<Objection>, Option<i64>);

fn asked(visit: &Visit, contest: Uuid, one: Option<&str>, (after, limit): (i64, i64)) -> Statement {
    let caller = visit.credential_hash();
    bind!(OBJECTIONS, caller, visit.now, contest, one, after, limit)
}

/// The statement that lists them for [`listed`].
pub(super) fn listing(visit: &Visit, contest: Uuid, after: i64, limit: i64) -> Statement {
    asked(visit, contest, None, (after, limit + 1))
}

/// Out of its rows.
pub(super) fn listed(batch: &Batch, at: usize, limit: i64) -> Result<ObjectionPage, Problem> {
    let rows: Vec<Row> = batch.rows(at)?;
    let mut items: Vec<Objection> = rows.into_iter().map(Row::shown).collect();
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let more = items.len() > limit;
    items.truncate(limit);
    let next = items.last().filter(|_| more).map(|last| last.number);
    Ok((items, next))
}

fn one(visit: &Visit, contest: Uuid, id: &str) -> Statement {
    asked(visit, contest, Some(id), (0, 1))
}

fn the_one(batch: &Batch, at: usize) -> Result<Option<Objection>, Problem> {
    Ok(batch.first::<Row>(at)?.map(Row::shown))
}

/// Whether everybody may know of a contest.
const PUBLIC: &str = "SELECT 1 AS found FROM contest WHERE id = ?1 AND announced_at IS NOT NULL";

/// Objections after a number, so many, to anybody.
pub async fn objections(
    visit: &Visit,
    contest: Uuid,
    after: i64,
    limit: i64,
) -> Result<ObjectionPage, Problem> {
    let statements = vec![
        bind!(PUBLIC, contest),
        listing(visit, contest, after, limit),
    ];
    let batch = visit.db.batch(statements).await?;
    batch.first::<Value>(0)?.ok_or_else(Problem::not_found)?;
    listed(&batch, 1, limit)
}

/// Takes an objection; whether the same request brought it before.
pub async fn object(
    visit: &Visit,
    contest: Uuid,
    (stage, version): (&Key, i64),
    (words, entry): (&str, Option<i64>),
    key: &IdempotencyKey,
) -> Result<(Objection, bool), Problem> {
    let id = visit.new_id().to_string();
    let contest_id = contest.to_string();
    let about = |sql: &'static str| {
        bind!(
            sql,
            visit.credential_hash(),
            visit.now,
            contest,
            stage.as_str(),
            version
        )
    };
    let statements = vec![
        Caller::at_the_door(visit, contest),
        about(WHY_NOT).and(entry),
        about(OBJECT)
            .and(&id)
            .and(entry)
            .and(words)
            .and(MOST_OF_ONE)
            .and(MOST),
        Act {
            contest: &contest_id,
            act: "objection.received",
            subject: format!("objection:{id}"),
            detail: json!({"stage": stage.as_str(), "version": version, "entry": entry.map(entry_label)}),
        }
        // Who objects is not for the log either.
        .logged_as(visit, "objector"),
        key.point_at(visit, &id),
        one(visit, contest, &id),
    ];
    let batch = match key.run(visit, statements).await? {
        Ran::Now(batch) => batch,
        Ran::Before(earlier) => {
            let statement = one(visit, contest, earlier.subject()?);
            let batch = visit.db.run(statement).await?;
            let objection = the_one(&batch, 0)?.ok_or_else(Problem::not_found)?;
            return Ok((objection, true));
        }
    };
    Caller::of(&batch, 0)?.require_running()?;
    if let Some(objection) = the_one(&batch, 5)? {
        return Ok((objection, false));
    }
    match batch.first::<WhyNot>(1)? {
        Some(why) if !why.found => Err(Problem::not_found()),
        Some(why) if !why.entry_known => {
            let words = Words::new("本届大赛没有这个编号的项目", "is no entry of this contest");
            Err(Problem::invalid(FieldErrors::one("/entry", words)))
        }
        Some(why) if why.own >= MOST_OF_ONE => Err(too_many_objections()),
        _ => Err(no_notice_period()),
    }
}

/// What is done with an objection.
#[derive(Clone, Copy, Debug)]
pub enum Handling<'a> {
    /// By those who run the contest.
    Answer(&'a str),
    /// By those who approve results.
    Decide(&'a ObjectionRuling),
}

/// `?4` the objection, `?5` words.
const ANSWER: &str = concat!(
    "WITH ",
    caller!(),
    "
UPDATE contest_objection SET answer = ?5, answered_at = ?2
WHERE id = ?4 AND contest_id = ?3 AND answer IS NULL AND EXISTS (
  SELECT 1 FROM caller a
  WHERE a.runs AND NOT a.interested AND a.volunteer_id <> contest_objection.volunteer_id)"
);

/// `?4` the objection, `?5` words, `?6` the decision.
const DECIDE: &str = concat!(
    "WITH ",
    caller!(),
    "
UPDATE contest_objection SET decision = ?6, decision_words = ?5, decided_at = ?2
WHERE id = ?4 AND contest_id = ?3 AND answer IS NOT NULL AND decision IS NULL AND EXISTS (
  SELECT 1 FROM caller a
  WHERE a.approves AND NOT a.interested AND a.volunteer_id <> contest_objection.volunteer_id)"
);

/// Answers an objection, or decides on it; whether the same request did so before. Nobody
/// handles their own.
pub async fn handle(
    visit: &Visit,
    contest: Uuid,
    objection: Uuid,
    handling: Handling<'_>,
    key: &IdempotencyKey,
) -> Result<(Objection, bool), Problem> {
    let (contest_id, id) = (contest.to_string(), objection.to_string());
    let handled = |sql: &'static str, words: &str| {
        let caller = visit.credential_hash();
        bind!(sql, caller, visit.now, contest, &id, words)
    };
    let (effect, act, detail) = match handling {
        Handling::Answer(words) => (handled(ANSWER, words), "objection.answered", json!({})),
        Handling::Decide(ruling) => (
            handled(DECIDE, ruling.reason.as_str()).and(ruling.decision.word()),
            "objection.decided",
            json!({"decision": ruling.decision}),
        ),
    };
    let act = Act {
        contest: &contest_id,
        act,
        subject: format!("objection:{id}"),
        detail,
    };
    let statements = vec![
        Caller::at_the_door(visit, contest),
        one(visit, contest, &id),
        effect,
        act.logged(visit),
        key.point_at(visit, &id),
        one(visit, contest, &id),
    ];
    let (batch, repeated) = match key.run(visit, statements).await? {
        Ran::Now(batch) => (batch, false),
        Ran::Before(earlier) => {
            earlier.subject()?;
            let again = vec![
                Caller::at_the_door(visit, contest),
                one(visit, contest, &id),
            ];
            (visit.db.batch(again).await?, true)
        }
    };
    let caller = Caller::of(&batch, 0)?;
    match handling {
        Handling::Answer(_) => caller.require_runs()?.require_impartial()?,
        Handling::Decide(_) => caller.require_approves()?,
    };
    let before = the_one(&batch, 1)?.ok_or_else(Problem::not_found)?;
    if repeated {
        return Ok((before, true));
    }
    if batch.changes(2) > 0 {
        let after = the_one(&batch, 5)?.ok_or_else(Problem::not_found)?;
        return Ok((after, false));
    }
    match handling {
        _ if before.own => Err(Problem::forbidden()),
        Handling::Decide(_) if before.answer.is_none() => Err(objection_unanswered()),
        _ => Err(objection_settled()),
    }
}
