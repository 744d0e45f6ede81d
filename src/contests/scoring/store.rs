//! SQL of a judge's desk: one question each, in which the judge, the stage and the entry are
//! settled together with what is read or saved.

use std::collections::BTreeMap;

use axum::http::StatusCode;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use super::blind::{BAR, Secrets};
use super::{BallotState, Scores};
use crate::bind;
use crate::contests::entry_label;
use crate::contests::judging::store::{Caller, caller};
use crate::contests::roadshow::FloorState;
use crate::contests::rules::{Key, Rules, Stage};
use crate::platform::clock::Instant;
use crate::platform::db::{self, Batch, Statement};
use crate::platform::i18n::Words;
use crate::platform::problem::Problem;
use crate::platform::visit::Visit;

/// What lies on the desk of whoever asks, in a stage: entries that were drawn for them and
/// with which nothing has come between. `?4` the stage's key.
macro_rules! desk {
    () => {
        concat!(
            "WITH ",
            caller!(),
            ",
desk AS (
  SELECT a.contest_id, a.actor, a.judge_id, a.judge_number, s.stage, s.document,
    a.declared_at IS NOT NULL AND s.opens_at <= ?2 AND ?2 < s.closes_at
      AND (s.kind <> 'roadshow' OR f.state IS 'open') AS open,
    iif(s.kind = 'roadshow', coalesce(f.state, 'waiting'), NULL) AS floor,
    e.id AS entry_id, e.number, e.track, e.title, coalesce(b.version, 0) AS version,
    coalesce(b.scores, '{}') AS scores, coalesce(b.comment, '') AS comment, b.before, b.submitted_at, b.saved_at
  FROM caller a
  JOIN contest_stage s ON s.contest_id = a.contest_id AND s.stage = ?4
  JOIN contest_assignment g ON g.judge_id = a.judge_id AND g.stage = s.stage AND g.ended_at IS NULL
  JOIN contest_entry e ON e.id = g.entry_id AND e.state = 'submitted'
  LEFT JOIN contest_ballot b ON b.contest_id = a.contest_id AND b.stage = s.stage
    AND b.entry_id = e.id AND b.judge_id = a.judge_id
  LEFT JOIN contest_floor f ON f.contest_id = a.contest_id AND f.stage = s.stage AND f.entry_id = e.id
  WHERE NOT EXISTS (
    SELECT 1 FROM contest_avoids v WHERE v.judge_id = a.judge_id AND v.entry_id = e.id))"
        )
    };
}

/// The end of a statement: entries on the desk, with what says whose each is.
macro_rules! read {
    ($more:literal, $which:literal) => {
        concat!(
            desk!(),
            "
SELECT d.entry_id, d.number, d.track, d.title, d.version, d.scores, d.comment, d.before, d.submitted_at,
  d.saved_at, d.floor, o.name AS organization_name, o.contact_name, p.place, (
    SELECT json_group_array(n.name) FROM region n
    WHERE length(n.code) > 2 AND n.code IN (
      substr(o.region, 1, 4), substr(o.region, 1, 6), substr(o.region, 1, 9), o.region,
      substr(p.region, 1, 4), substr(p.region, 1, 6), substr(p.region, 1, 9), p.region)) AS divisions",
            $more,
            "
FROM desk d
JOIN contest_entry e ON e.id = d.entry_id
JOIN organization o ON o.id = e.organization_id
JOIN project p ON p.id = e.project_id
WHERE ",
            $which,
            "
ORDER BY d.number"
        )
    };
}

const LIST: &str = read!("", "1");
/// `?5` the entry.
const ONE: &str = read!(", e.words, e.attachments, e.facts", "d.entry_id = ?5");
/// `?5` the entry's number.
const NUMBERED: &str = read!(", e.words, e.attachments, e.facts", "d.number = ?5");

pub mod mine;
pub mod saving;

#[derive(Deserialize)]
struct Row {
    entry_id: String,
    number: i64,
    track: String,
    title: String,
    version: i64,
    #[serde(deserialize_with = "db::json")]
    scores: Scores,
    comment: String,
    before: Option<String>,
    submitted_at: Option<Instant>,
    saved_at: Option<Instant>,
    floor: Option<FloorState>,
    organization_name: String,
    contact_name: Option<String>,
    place: Option<String>,
    #[serde(deserialize_with = "db::json")]
    divisions: Vec<String>,
    words: Option<String>,
    attachments: Option<String>,
    facts: Option<String>,
}

impl Row {
    fn secrets(&self) -> Secrets {
        let names = [Some(&self.organization_name), self.contact_name.as_ref()];
        let places = self.divisions.iter().chain(self.place.as_ref());
        Secrets::new(
            names.into_iter().flatten().map(String::as_str),
            places.map(String::as_str),
        )
    }

    fn state(&self) -> BallotState {
        BallotState::of(self.version, self.submitted_at)
    }
}

/// A judge at a stage of a contest.
#[derive(Debug)]
pub struct Bench {
    /// The rules in force.
    pub rules: Rules,
    /// Which judge they are.
    pub judge: String,
    /// The stage's key.
    key: String,
}

impl Bench {
    /// Out of the row of [`Caller::at_the_door`]: a judge who has declared their conflicts.
    fn of(batch: &Batch, key: &Key) -> Result<Self, Problem> {
        let caller = Caller::of(batch, 0)?.require_judge()?.require_running()?;
        let rules = caller.rules()?;
        if !rules.judged().any(|stage| stage.key == *key) {
            return Err(Problem::not_found());
        }
        match (caller.declared_at, caller.judge_id) {
            (Some(_), Some(judge)) => Ok(Self {
                rules,
                judge,
                key: key.as_str().to_owned(),
            }),
            _ => Err(undeclared()),
        }
    }

    /// The stage.
    pub fn stage(&self) -> Result<&Stage, Problem> {
        self.rules.stage(&self.key).ok_or_else(Problem::not_found)
    }
}

/// 409: nothing is shown before conflicts are declared.
fn undeclared() -> Problem {
    Problem::new(
        StatusCode::CONFLICT,
        "conflicts_undeclared",
        Words::new(
            "请先申报利益冲突（没有也须申报），再查看参赛项目",
            "Say which conflicts you have, or that you have none, before you see entries",
        ),
    )
}

/// An entry on the list of a judge's own.
#[derive(Debug, Serialize, ToSchema)]
pub struct BallotLine {
    /// The entry.
    #[schema(format = "uuid")]
    pub entry_id: String,
    /// What the public reads instead of its name.
    #[schema(example = "E0001")]
    pub number: String,
    /// The key of its track.
    #[schema(example = "education")]
    pub track: String,
    /// Its title; in a blind stage with bars over whatever says whose it is.
    pub title: String,
    /// How far the judge is with it.
    pub state: BallotState,
    /// When it was saved last, RFC 3339.
    #[schema(value_type = Option<String>, format = "date-time")]
    pub saved_at: Option<Instant>,
    /// In a roadshow, whether it is up: only then it is scored. Null in other stages.
    pub floor: Option<FloorState>,
}

impl BallotLine {
    /// Whether it can be scored while its stage is open.
    pub fn is_up(&self) -> bool {
        matches!(self.floor, None | Some(FloorState::Open))
    }
}

/// What lies on a judge's desk in a stage.
#[derive(Debug)]
pub struct Desk {
    /// Where they sit.
    pub bench: Bench,
    /// In the order of the entries' numbers.
    pub items: Vec<BallotLine>,
}

/// How many of these are handed in.
pub fn handed_in(items: &[BallotLine]) -> usize {
    let states = items.iter().map(|line| line.state);
    states
        .filter(|state| *state == BallotState::HandedIn)
        .count()
}

fn listing(visit: &Visit, contest: Uuid, stage: &Key) -> Statement {
    bind!(
        LIST,
        visit.credential_hash(),
        visit.now,
        contest,
        stage.as_str()
    )
}

fn lines(
    batch: &Batch,
    at: usize,
    stage: &Stage,
    now: Instant,
) -> Result<Vec<BallotLine>, Problem> {
    let rows: Vec<Row> = batch.rows(at)?;
    let line = |row: Row| BallotLine {
        title: match stage.blind {
            true => row.secrets().hide(&row.title),
            false => row.title.clone(),
        },
        state: row.state(),
        number: entry_label(row.number),
        entry_id: row.entry_id,
        track: row.track,
        saved_at: row.saved_at,
        floor: row.floor.map(|floor| floor.at(stage, now)),
    };
    Ok(rows.into_iter().map(line).collect())
}

/// The entries that were drawn for whoever asks.
pub async fn desk(visit: &Visit, contest: Uuid, stage: &Key) -> Result<Desk, Problem> {
    let door = Caller::at_the_door(visit, contest);
    let statements = vec![door, listing(visit, contest, stage)];
    let batch = visit.db.batch(statements).await?;
    let bench = Bench::of(&batch, stage)?;
    let items = lines(&batch, 1, bench.stage()?, visit.now)?;
    Ok(Desk { bench, items })
}

/// A ballot as it stands.
#[derive(Debug, Serialize, ToSchema)]
pub struct Ballot {
    /// Of which version; 0 when nothing is saved.
    pub version: i64,
    /// How far it is.
    pub state: BallotState,
    /// Whole numbers by criterion; what has none yet is not there.
    pub scores: Scores,
    /// For those who decide, and for the entry; empty when there is none.
    pub comment: String,
    /// What stood before the last save, to go back to; null when nothing did.
    pub before: Option<Earlier>,
    /// When it was saved last, RFC 3339.
    #[schema(value_type = Option<String>, format = "date-time")]
    pub saved_at: Option<Instant>,
    /// When it was handed in, RFC 3339.
    #[schema(value_type = Option<String>, format = "date-time")]
    pub submitted_at: Option<Instant>,
}

/// What a ballot said before.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[schema(as = EarlierBallot)]
pub struct Earlier {
    /// Whole numbers by criterion.
    pub scores: Scores,
    /// The comment.
    pub comment: String,
}

impl Ballot {
    fn of(row: &Row) -> Self {
        let before = row.before.as_deref();
        Self {
            version: row.version,
            state: row.state(),
            scores: row.scores.clone(),
            comment: row.comment.clone(),
            before: before.and_then(|text| serde_json::from_str(text).ok()),
            saved_at: row.saved_at,
            submitted_at: row.submitted_at,
        }
    }
}

/// One of an organization's own words, as a judge reads it.
#[derive(Debug, Serialize, ToSchema)]
pub struct EntryWords {
    /// The key of the field of the rules.
    #[schema(example = "need")]
    pub key: String,
    /// What is asked.
    #[schema(example = "服务需求")]
    pub name: String,
    /// What the organization wrote; in a blind stage with bars over whatever says who it is.
    pub text: String,
    /// Whether there are such bars.
    pub hidden: bool,
}

/// A link an entry carries.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
pub struct EntryLink {
    /// What it is.
    pub name: String,
    /// Where it is; null in a blind stage, for whoever hosts it may say whose it is.
    #[schema(format = "uri")]
    pub url: Option<String>,
}

/// An entry, as its judge reads it.
#[derive(Debug, Serialize, ToSchema)]
pub struct JudgedEntry {
    /// UUIDv7.
    #[schema(format = "uuid")]
    pub id: String,
    /// What the public reads instead of its name.
    #[schema(example = "E0001")]
    pub number: String,
    /// The key of its track.
    #[schema(example = "education")]
    pub track: String,
    /// Its title.
    pub title: String,
    /// Whose it is; null in a blind stage.
    pub organization_name: Option<String>,
    /// What the organization wrote, in the order of the rules.
    pub words: Vec<EntryWords>,
    /// Its links.
    pub attachments: Vec<EntryLink>,
    /// What the records say; without places in a blind stage.
    #[schema(value_type = std::collections::HashMap<String, Value>)]
    pub facts: Value,
}

/// Members of an entry's facts that say where it was.
const PLACES: [&str; 1] = ["places"];

impl JudgedEntry {
    fn of(row: &Row, rules: &Rules, blind: bool) -> Self {
        let secrets = match blind {
            true => row.secrets(),
            false => Secrets::default(),
        };
        let written: BTreeMap<String, String> = stored(row.words.as_deref());
        let fields = rules.entries.fields.iter();
        let words = fields.filter_map(|field| {
            let text = secrets.hide(written.get(field.key.as_str())?);
            Some(EntryWords {
                key: field.key.as_str().to_owned(),
                name: field.name.as_str().to_owned(),
                hidden: blind && text.contains(BAR),
                text,
            })
        });
        let links: Vec<EntryLink> = stored(row.attachments.as_deref());
        let attachments = links.into_iter().map(|link| EntryLink {
            name: secrets.hide(&link.name),
            url: link.url.filter(|_| !blind),
        });
        let mut facts: Value = stored(row.facts.as_deref());
        if let (true, Value::Object(members)) = (blind, &mut facts) {
            members.retain(|name, _| !PLACES.contains(&name.as_str()));
        }
        Self {
            id: row.entry_id.clone(),
            number: entry_label(row.number),
            track: row.track.clone(),
            title: secrets.hide(&row.title),
            organization_name: (!blind).then(|| row.organization_name.clone()),
            words: words.collect(),
            attachments: attachments.collect(),
            facts,
        }
    }
}

fn stored<T: DeserializeOwned + Default>(text: Option<&str>) -> T {
    text.and_then(|text| serde_json::from_str(text).ok())
        .unwrap_or_default()
}

/// An entry on a judge's desk, and what they made of it.
#[derive(Debug)]
pub struct Sheet {
    /// Where they sit.
    pub bench: Bench,
    /// What they read.
    pub entry: JudgedEntry,
    /// In a roadshow, whether it is up; none in other stages.
    pub floor: Option<FloorState>,
    /// What they gave it.
    pub ballot: Ballot,
    /// All that lies on the desk.
    pub items: Vec<BallotLine>,
}

fn one(visit: &Visit, contest: Uuid, stage: &Key, entry: &str) -> Statement {
    let caller = visit.credential_hash();
    bind!(ONE, caller, visit.now, contest, stage.as_str(), entry)
}

/// One entry that was drawn for whoever asks; anything else is not found.
pub async fn sheet(
    visit: &Visit,
    contest: Uuid,
    stage: &Key,
    entry: Uuid,
) -> Result<Sheet, Problem> {
    let one = one(visit, contest, stage, &entry.to_string());
    read(visit, contest, stage, one).await
}

/// The same by what the public reads instead of its name, without the `E`.
pub async fn numbered(
    visit: &Visit,
    contest: Uuid,
    stage: &Key,
    number: i64,
) -> Result<Sheet, Problem> {
    let caller = visit.credential_hash();
    let one = bind!(NUMBERED, caller, visit.now, contest, stage.as_str(), number);
    read(visit, contest, stage, one).await
}

async fn read(visit: &Visit, contest: Uuid, stage: &Key, one: Statement) -> Result<Sheet, Problem> {
    let statements = vec![
        Caller::at_the_door(visit, contest),
        one,
        listing(visit, contest, stage),
    ];
    let batch = visit.db.batch(statements).await?;
    let bench = Bench::of(&batch, stage)?;
    let row: Row = batch.first(1)?.ok_or_else(Problem::not_found)?;
    let stage = bench.stage()?;
    Ok(Sheet {
        entry: JudgedEntry::of(&row, &bench.rules, stage.blind),
        floor: row.floor.map(|floor| floor.at(stage, visit.now)),
        ballot: Ballot::of(&row),
        items: lines(&batch, 2, stage, visit.now)?,
        bench,
    })
}
