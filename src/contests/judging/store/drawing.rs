//! Drawing judges for entries: read, drawn in plain Rust, and written in one batch that holds
//! only while what it was drawn from stands.

use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;
use uuid::Uuid;

use super::Caller;
use crate::bind;
use crate::contests::judging::drawn::{Outcome, Urn, timely};
use crate::contests::log::Act;
use crate::contests::rules::{Key, Rules};
use crate::platform::clock::Instant;
use crate::platform::crypto::{hex, random, sha256_hex};
use crate::platform::db::{self, Batch, DbError, Statement};
use crate::platform::fields::FieldErrors;
use crate::platform::i18n::Words;
use crate::platform::idempotency::{Earlier, IdempotencyKey, Ran};
use crate::platform::problem::Problem;
use crate::platform::visit::Visit;

/// `?2` the stage.
const ENTRIES: &str = "
SELECT e.number, e.track
FROM contest_taking_part t JOIN contest_entry e ON e.id = t.entry_id
WHERE t.contest_id = ?1 AND t.stage = ?2
ORDER BY e.number";

const JUDGES: &str = "
SELECT number, tracks FROM contest_judge
WHERE contest_id = ?1 AND declared_at IS NOT NULL AND left_at IS NULL
ORDER BY number";

/// What has ended once does not begin again. `?2` the stage.
const AVOIDED: &str = "
SELECT e.number AS entry, j.number AS judge
FROM contest_judge j
JOIN contest_avoids v ON v.judge_id = j.id
JOIN contest_entry e ON e.id = v.entry_id
WHERE j.contest_id = ?1 AND j.declared_at IS NOT NULL AND e.state = 'submitted'
UNION
SELECT e.number, j.number
FROM contest_assignment a
JOIN contest_entry e ON e.id = a.entry_id
JOIN contest_judge j ON j.id = a.judge_id
WHERE a.contest_id = ?1 AND a.stage = ?2 AND a.ended_at IS NOT NULL AND e.state = 'submitted'
ORDER BY 1, 2";

/// Whoever left stays with what they handed in.
const FIXED: &str = "
SELECT e.number AS entry, j.number AS judge
FROM contest_assignment a
JOIN contest_entry e ON e.id = a.entry_id
JOIN contest_judge j ON j.id = a.judge_id
WHERE a.contest_id = ?1 AND a.stage = ?2 AND a.ended_at IS NULL AND e.state = 'submitted'
  AND NOT EXISTS (SELECT 1 FROM contest_avoids v WHERE v.judge_id = j.id AND v.entry_id = e.id)
ORDER BY 1, 2";

/// How often the stage was drawn, and of which stages the result is published.
const COURSE: &str = "
SELECT coalesce(max(draw), 0) AS draws, (
  SELECT json_group_array(DISTINCT r.stage) FROM contest_result r
  WHERE r.contest_id = ?1 AND r.published_at IS NOT NULL) AS settled
FROM contest_draw WHERE contest_id = ?1 AND stage = ?2";

#[derive(Deserialize)]
struct Course {
    draws: i64,
    #[serde(deserialize_with = "db::json")]
    settled: Vec<String>,
}

/// A stage about to be drawn.
struct Before {
    rules: Rules,
    urn: Urn,
    course: Course,
}

/// What a stage is drawn from, to those who run the contest, unless the same request drew
/// before.
async fn before(
    visit: &Visit,
    contest: Uuid,
    stage: &Key,
    key: &IdempotencyKey,
) -> Result<Result<Before, Earlier>, Problem> {
    let mut statements = vec![Caller::at_the_door(visit, contest)];
    statements.push(bind!(JUDGES, contest));
    let of_stage = [ENTRIES, AVOIDED, FIXED, COURSE];
    statements.extend(of_stage.map(|sql| bind!(sql, contest, stage.as_str())));
    let batch = match key.run(visit, statements).await? {
        Ran::Now(batch) => batch,
        Ran::Before(earlier) => return Ok(Err(earlier)),
    };
    let caller = Caller::of(&batch, 0)?.require_runs()?.require_running()?;
    let course: Option<Course> = batch.first(5)?;
    Ok(Ok(Before {
        rules: caller.rules()?,
        urn: Urn {
            judges: batch.rows(1)?,
            entries: batch.rows(2)?,
            avoided: batch.rows(3)?,
            fixed: batch.rows(4)?,
        },
        course: course.ok_or_else(|| Problem::internal("a count has no row"))?,
    }))
}

/// `?4` stage, `?5` number, `?6` seed, `?7` document, `?8` its hash, `?9` reason.
const DRAW: &str = concat!(
    "WITH ",
    caller!(),
    "
INSERT INTO contest_draw (contest_id, stage, draw, seed, document, hash, reason, drawn_at)
SELECT a.contest_id, ?4, ?5, ?6, ?7, ?8, ?9, ?2
FROM caller a
WHERE a.runs AND a.state = 'announced'"
);

/// Whoever has a conflict by now, judges it no more. `?3` now, `?4` number, `?5` seed: of a
/// draw that was made.
const END: &str = "
UPDATE contest_assignment SET ended_at = ?3, ended_for = 'conflict'
WHERE contest_id = ?1 AND stage = ?2 AND ended_at IS NULL
  AND EXISTS (
    SELECT 1 FROM contest_draw d WHERE d.contest_id = ?1 AND d.stage = ?2 AND d.draw = ?4 AND d.seed = ?5)
  AND EXISTS (
    SELECT 1 FROM contest_avoids v
    WHERE v.judge_id = contest_assignment.judge_id AND v.entry_id = contest_assignment.entry_id)";

/// `?6` the pairs, which lead: a planner that looked for each judge and entry among them would
/// take minutes for a national final.
const ASSIGN: &str = "
INSERT INTO contest_assignment (contest_id, stage, entry_id, judge_id, draw)
SELECT d.contest_id, d.stage, e.id, j.id, d.draw
FROM contest_draw d
CROSS JOIN json_each(?6) x
CROSS JOIN contest_entry e ON e.contest_id = d.contest_id AND e.number = x.value ->> 0
CROSS JOIN contest_judge j ON j.contest_id = d.contest_id AND j.number = x.value ->> 1
WHERE d.contest_id = ?1 AND d.stage = ?2 AND d.draw = ?4 AND d.seed = ?5 AND ?3 > 0";

/// Somebody left, or an entry was withdrawn, since it was read.
const STOP_IF_STALE: &str = "
INSERT INTO abort_if
SELECT 'draw_stale'
FROM contest_assignment a
JOIN contest_entry e ON e.id = a.entry_id
JOIN contest_judge j ON j.id = a.judge_id
WHERE a.contest_id = ?1 AND a.stage = ?2 AND a.draw = ?3 AND (e.state <> 'submitted' OR j.left_at IS NOT NULL)
LIMIT 1";

const DRAWN: &str = concat!(
    "WITH ",
    caller!(),
    "
SELECT d.stage, d.draw, d.seed, d.hash, d.reason, d.drawn_at,
  iif(s.closes_at <= ?2 OR EXISTS (SELECT 1 FROM caller a WHERE a.reads), d.document, NULL) AS document,
  (SELECT json_group_array(DISTINCT e.track)
   FROM caller a
   JOIN member m ON m.volunteer_id = a.volunteer_id
   JOIN contest_entry e ON e.organization_id = m.organization_id AND e.contest_id = a.contest_id
   WHERE s.closes_at > ?2 AND e.number IS NOT NULL) AS hidden
FROM contest_draw d
JOIN contest_stage s ON s.contest_id = d.contest_id AND s.stage = d.stage
WHERE d.contest_id = ?3 AND d.stage = ?4 AND (?5 IS NULL OR d.draw = ?5)
ORDER BY d.draw"
);

#[derive(Deserialize)]
struct Row {
    draw: i64,
    seed: String,
    hash: String,
    reason: Option<String>,
    drawn_at: Instant,
    document: Option<String>,
    #[serde(deserialize_with = "db::json")]
    hidden: Vec<String>,
}

/// A draw of judges for entries.
#[derive(Debug, Serialize, ToSchema)]
pub struct Draw {
    /// The first, the second …
    #[schema(example = 1)]
    pub draw: i64,
    /// 32 random bytes in hexadecimal, from which everything follows.
    #[schema(pattern = "^[0-9a-f]{64}$")]
    pub seed: String,
    /// SHA-256 of the document, its members in the order of their names and without white
    /// space, in hexadecimal.
    #[schema(pattern = "^[0-9a-f]{64}$")]
    pub hash: String,
    /// Why it was drawn again; null for the first.
    pub reason: Option<String>,
    /// RFC 3339.
    #[schema(value_type = String, format = "date-time")]
    pub drawn_at: Instant,
    /// What it was drawn from and what came of it, track by track. Null until the stage
    /// closes, but to those who run the contest or watch over it: entrants who knew their
    /// judges could talk to them. To whoever belongs to an entrant, without its tracks.
    #[schema(value_type = Option<std::collections::HashMap<String, Value>>)]
    pub document: Option<Value>,
}

impl Draw {
    fn of(row: Row) -> Self {
        let document = row
            .document
            .as_deref()
            .and_then(|text| serde_json::from_str(text).ok());
        let shown = |mut document: Value| {
            if let Some(Value::Array(tracks)) = document.get_mut("tracks") {
                tracks.retain(|track| !row.hidden.iter().any(|key| track["track"] == *key));
            }
            document
        };
        Self {
            document: document.map(shown),
            draw: row.draw,
            seed: row.seed,
            hash: row.hash,
            reason: row.reason,
            drawn_at: row.drawn_at,
        }
    }
}

fn reading(visit: &Visit, contest: Uuid, stage: &Key, draw: Option<i64>) -> Statement {
    let caller = visit.credential_hash();
    bind!(DRAWN, caller, visit.now, contest, stage.as_str(), draw)
}

fn of_batch(batch: &Batch, at: usize) -> Result<Vec<Draw>, DbError> {
    let rows: Vec<Row> = batch.rows(at)?;
    Ok(rows.into_iter().map(Draw::of).collect())
}

/// Whether everybody may know of a stage.
const KNOWN: &str = "SELECT 1 AS found FROM contest_stage WHERE contest_id = ?1 AND stage = ?2";

/// The draws of a stage in their order, to anybody.
pub async fn list(visit: &Visit, contest: Uuid, stage: &Key) -> Result<Vec<Draw>, Problem> {
    let statements = vec![
        bind!(KNOWN, contest, stage.as_str()),
        reading(visit, contest, stage, None),
    ];
    let batch = visit.db.batch(statements).await?;
    batch.first::<Value>(0)?.ok_or_else(Problem::not_found)?;
    Ok(of_batch(&batch, 1)?)
}

/// So often a draw is tried again when somebody was quicker, or left meanwhile.
const TRIES: u32 = 3;

/// Draws judges for the entries of a stage; whether the same request did it before.
pub async fn draw(
    visit: &Visit,
    contest: Uuid,
    stage: &Key,
    reason: Option<&str>,
    key: &IdempotencyKey,
) -> Result<(Draw, bool), Problem> {
    for _ in 0..TRIES {
        let before = match before(visit, contest, stage, key).await? {
            Ok(before) => before,
            Err(earlier) => return repeated(visit, contest, stage, &earlier).await,
        };
        let plan = plan(visit, stage, reason, &before)?;
        let written = match key
            .run(visit, plan.statements(visit, contest, stage, key))
            .await
        {
            Ok(Ran::Now(batch)) => batch,
            Ok(Ran::Before(earlier)) => return repeated(visit, contest, stage, &earlier).await,
            Err(DbError::Refused(_)) => continue,
            Err(error) => return Err(error.into()),
        };
        Caller::of(&written, 0)?.require_runs()?.require_running()?;
        let drawn = of_batch(&written, 7)?.into_iter().next();
        return drawn
            .map(|drawn| (drawn, false))
            .ok_or_else(|| Problem::internal("a draw was not written and nothing refused"));
    }
    Err(Problem::busy(
        "a stage changed while it was drawn".to_owned(),
    ))
}

/// What the same request drew before, to whoever may draw still.
async fn repeated(
    visit: &Visit,
    contest: Uuid,
    stage: &Key,
    earlier: &Earlier,
) -> Result<(Draw, bool), Problem> {
    let number = earlier
        .subject()?
        .parse()
        .map_err(|_| Problem::not_found())?;
    let statements = vec![
        Caller::at_the_door(visit, contest),
        reading(visit, contest, stage, Some(number)),
    ];
    let batch = visit.db.batch(statements).await?;
    Caller::of(&batch, 0)?.require_runs()?;
    let drawn = of_batch(&batch, 1)?.pop().ok_or_else(Problem::not_found)?;
    Ok((drawn, true))
}

/// A draw to be written.
struct Plan {
    draw: i64,
    seed: String,
    document: String,
    reason: Option<String>,
    pairs: String,
}

/// Draws, if it is time and there is something to draw.
fn plan(
    visit: &Visit,
    stage: &Key,
    reason: Option<&str>,
    before: &Before,
) -> Result<Plan, Problem> {
    let rules = &before.rules;
    let judged = rules.judged().find(|one| one.key == *stage);
    let judged = judged.ok_or_else(Problem::not_found)?;
    timely(rules, judged, &before.course.settled, visit.now)?;
    let reason = match (before.course.draws, reason) {
        (0, _) => None,
        (_, Some(reason)) => Some(reason.to_owned()),
        (_, None) => {
            let words = Words::new("补抽须说明原因", "must say why it is drawn again");
            return Err(Problem::invalid(FieldErrors::one("/reason", words)));
        }
    };
    let judges_an_entry = usize::try_from(judged.judges_per_entry.get()).unwrap_or_default();
    let seed: [u8; 32] = random()?;
    let Outcome { drawn, document } = before.urn.draw(rules, judges_an_entry, &seed)?;
    if drawn.is_empty() {
        return Err(Problem::new(
            StatusCode::CONFLICT,
            "nothing_to_draw",
            Words::new(
                "每个项目的评委都已足额，无须抽签",
                "Every entry has its judges; there is nothing to draw",
            ),
        ));
    }
    let pairs: Vec<[i64; 2]> = drawn.iter().map(|pair| [pair.entry, pair.judge]).collect();
    Ok(Plan {
        draw: before.course.draws + 1,
        seed: hex(&seed),
        document: document.to_string(),
        reason,
        pairs: json!(pairs).to_string(),
    })
}

impl Plan {
    fn statements(
        &self,
        visit: &Visit,
        contest: Uuid,
        stage: &Key,
        key: &IdempotencyKey,
    ) -> Vec<Statement> {
        let stage_key = stage.as_str();
        let of_this =
            |sql: &'static str| bind!(sql, contest, stage_key, visit.now, self.draw, &self.seed);
        vec![
            Caller::at_the_door(visit, contest),
            bind!(
                DRAW,
                visit.credential_hash(),
                visit.now,
                contest,
                stage_key,
                self.draw,
                &self.seed,
                &self.document,
                sha256_hex(&self.document),
                &self.reason,
            ),
            Act {
                contest: &contest.to_string(),
                act: "judges.drawn",
                subject: format!("stage:{stage_key}"),
                detail: json!({"draw": self.draw, "seed": self.seed, "hash": sha256_hex(&self.document), "reason": self.reason}),
            }
            .logged(visit),
            key.point_at(visit, self.draw),
            of_this(END),
            of_this(ASSIGN).and(&self.pairs),
            bind!(STOP_IF_STALE, contest, stage_key, self.draw),
            reading(visit, contest, stage, Some(self.draw)),
        ]
    }
}
