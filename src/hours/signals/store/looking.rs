//! What the daily pass reads, and what it leaves.

use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::bind;
use crate::hours::signals::{Attended, Burst, Finding, LOOK_BACK, Looked, Recorder, Row, STREAK};
use crate::platform::clock::DAY;
use crate::platform::db::{DbError, Statement};
use crate::platform::visit::Visit;

/// Somebody else got the pass on meanwhile.
pub const PASS_MOVED_ON: &str = "signal_pass_moved_on";

/// The records `r` of service to be looked at now. `?1` today in Beijing, `?2` how many.
/// Joins go from the slice outwards, and the plus signs keep SQLite from making an index of
/// all records for one question.
macro_rules! slice {
    () => {
        "
WITH slice AS (
  SELECT on_date, seq AS after, until,
    iif(seq < until OR on_date >= ?1, until, (SELECT coalesce(max(l.seq), 0) FROM service_record l)) AS goal,
    seq = until AND on_date < ?1 AS sets_out
  FROM signal_pass),
r AS (
  SELECT r.*
  FROM slice s CROSS JOIN service_record r ON r.seq > s.after AND r.seq <= min(s.after + ?2, s.goal)
  WHERE +r.kind = 'service' AND +r.minutes > 0)
"
    };
}

/// Nothing stands in the place of a record.
macro_rules! stands {
    ($record:literal) => {
        concat!(
            "NOT EXISTS (SELECT 1 FROM service_record n WHERE n.supersedes = ",
            $record,
            ".seq)"
        )
    };
}

const PASS: &str = concat!(
    slice!(),
    "SELECT on_date, after, until, goal, min(after + ?2, goal) AS upto, sets_out FROM slice"
);

macro_rules! near {
    ($record:literal) => {
        concat!(
            "(SELECT e.near FROM attendance e WHERE e.signup_id = ",
            $record,
            ".signup_id AND e.near IS NOT NULL ORDER BY e.seq LIMIT 1)"
        )
    };
}

/// The neighbour of a record in its person's time.
macro_rules! neighbour {
    ($when:literal, $order:literal) => {
        concat!(
            "coalesce((
    SELECT json_object('seq', b.seq, 'started_at', b.started_at, 'ended_at', b.ended_at,
      'region', coalesce(b.facts ->> 'region', ''), 'region_name', coalesce(b.facts ->> 'region_name', ''),
      'near', ",
            near!("b"),
            ")
    FROM service_record b
    WHERE b.volunteer_id = r.volunteer_id AND b.kind = 'service' AND ",
            $when,
            " AND b.minutes > 0 AND ",
            stands!("b"),
            "
    ORDER BY b.started_at ",
            $order,
            "
    LIMIT 1), 'null')"
        )
    };
}

/// Service lasts two days at most, and half a day is enough to be anywhere.
const LOOKED: &str = concat!(
    slice!(),
    "
SELECT r.organization_id, o.region AS office_region, r.project_id, r.shift_id, r.seq, r.started_at,
  r.ended_at, coalesce(r.facts ->> 'region', '') AS region,
  coalesce(r.facts ->> 'region_name', '') AS region_name, ",
    near!("r"),
    " AS near,
  ",
    neighbour!(
        "b.started_at < r.started_at AND b.started_at > r.started_at - 216000000",
        "DESC"
    ),
    " AS before,
  ",
    neighbour!(
        "b.started_at > r.started_at AND b.started_at < r.ended_at + 43200000",
        "ASC"
    ),
    " AS after
FROM r CROSS JOIN organization o ON o.id = r.organization_id
WHERE ",
    stands!("r")
);

/// Whether a record gives hours that were not there: a new one, or a correction upwards.
macro_rules! adds {
    ($record:literal) => {
        concat!(
            "(+",
            $record,
            ".supersedes IS NULL OR ",
            $record,
            ".minutes > (SELECT old.minutes FROM service_record old WHERE old.seq = ",
            $record,
            ".supersedes))"
        )
    };
}

const ATTENDED: &str = concat!(
    slice!(),
    "
SELECT p.organization_id, o.region, h.id AS shift_id, p.id AS project_id, h.capacity, p.published_at,
  count(DISTINCT b.volunteer_id) AS people, min(b.started_at) AS earliest, json_group_array(b.seq) AS records
FROM (SELECT DISTINCT shift_id FROM r WHERE shift_id IS NOT NULL) t
CROSS JOIN shift h ON h.id = t.shift_id
CROSS JOIN project p ON p.seq = h.project
CROSS JOIN organization o ON o.id = p.organization_id
CROSS JOIN service_record b ON b.shift_id = h.id
WHERE +b.kind = 'service' AND b.minutes > 0 AND ",
    stands!("b"),
    "
GROUP BY h.id"
);

const BURSTS: &str = concat!(
    slice!(),
    "
SELECT t.organization_id, o.region, t.recorded_by, t.second, json_group_array(b.seq) AS records
FROM (
  SELECT DISTINCT organization_id, recorded_by, recorded_at / 1000 AS second
  FROM r WHERE ",
    adds!("r"),
    " AND +grade IN ('C', 'D')) t
CROSS JOIN organization o ON o.id = t.organization_id
CROSS JOIN service_record b ON b.organization_id = t.organization_id AND b.recorded_by = t.recorded_by
  AND b.recorded_at >= t.second * 1000 AND b.recorded_at < (t.second + 1) * 1000
WHERE +b.kind = 'service' AND ",
    adds!("b"),
    " AND b.grade IN ('C', 'D')
  AND (b.supersedes IS NOT NULL
    OR NOT EXISTS (SELECT 1 FROM attendance e WHERE e.signup_id = b.signup_id AND e.method <> 'hand' AND ",
    crate::hours::attendance::counts!(),
    "))
GROUP BY t.organization_id, t.recorded_by, t.second"
);

/// `?3` how long a streak is. Of one person's records, the last hundred.
const ROWS: &str = concat!(
    slice!(),
    "
SELECT t.organization_id, o.region, t.volunteer_id, (
    SELECT json_group_array(json_object('seq', seq, 'on_date', on_date, 'minutes', minutes))
    FROM (
      SELECT lately.seq, lately.on_date, lately.minutes
      FROM (
        SELECT * FROM service_record
        WHERE volunteer_id = t.volunteer_id AND kind = 'service'
        ORDER BY started_at DESC
        LIMIT 100) lately
      WHERE lately.organization_id = t.organization_id AND lately.minutes > 0 AND lately.grade IN ('C', 'D') AND ",
    stands!("lately"),
    "
      ORDER BY lately.started_at DESC
      LIMIT ?3)) AS records
FROM (
  SELECT DISTINCT organization_id, volunteer_id FROM r
  WHERE grade IN ('C', 'D') AND minutes % 60 = 0) t
CROSS JOIN organization o ON o.id = t.organization_id"
);

/// `?3` since when. Of one recorder's entries, the last two hundred.
const RECORDERS: &str = concat!(
    slice!(),
    "
SELECT t.organization_id, o.region, t.recorded_by, (
    SELECT json_group_array(json_array(seq, grade))
    FROM (
      SELECT b.seq, b.grade
      FROM service_record b
      WHERE b.organization_id = t.organization_id AND b.recorded_by = t.recorded_by
        AND b.recorded_at > ?3 AND +b.kind = 'service' AND ",
    adds!("b"),
    "
      ORDER BY b.recorded_at DESC
      LIMIT 200)) AS entered
FROM (SELECT DISTINCT organization_id, recorded_by FROM r WHERE ",
    adds!("r"),
    " AND +grade = 'D') t
CROSS JOIN organization o ON o.id = t.organization_id"
);

#[derive(Debug, Deserialize)]
struct Pass {
    on_date: String,
    after: i64,
    until: i64,
    goal: i64,
    upto: i64,
    #[serde(deserialize_with = "crate::platform::db::truth")]
    sets_out: bool,
}

/// What is to be looked at now.
#[derive(Debug)]
pub struct Slice {
    pass: Pass,
    /// Records with their neighbours.
    pub looked: Vec<Looked>,
    /// Shifts.
    pub attended: Vec<Attended>,
    /// What was entered in one second.
    pub bursts: Vec<Burst>,
    /// What somebody has without evidence.
    pub rows: Vec<Row>,
    /// What recorders entered.
    pub recorders: Vec<Recorder>,
}

impl Slice {
    /// How many places of the ledger it spans.
    pub fn records(&self) -> i64 {
        self.pass.upto - self.pass.after
    }
}

fn today(visit: &Visit) -> String {
    visit.now.date().to_string()
}

/// The statements of a slice, in the order [`slice`] reads them: the first tells whether
/// there is anything to ask the others.
pub fn statements(visit: &Visit, most: i64) -> [Statement; 6] {
    let of_slice = |sql: &'static str| bind!(sql, today(visit), most);
    let since = visit.now.plus(-LOOK_BACK * DAY);
    let streak = i64::try_from(STREAK).unwrap_or(i64::MAX);
    [
        of_slice(PASS),
        of_slice(LOOKED),
        of_slice(ATTENDED),
        of_slice(BURSTS),
        of_slice(ROWS).and(streak),
        of_slice(RECORDERS).and(since),
    ]
}

/// Reads at most so many records after those looked at before, and what stands around them;
/// none when there is nothing to do until tomorrow. Should the pass get on between the two
/// questions, [`keep`] refuses.
pub async fn slice(visit: &Visit, most: i64) -> Result<Option<Slice>, DbError> {
    let [pass, others @ ..] = statements(visit, most);
    let pass: Option<Pass> = visit.db.first(pass).await?;
    let pass = pass.ok_or_else(|| DbError::Broken("no signal pass".to_owned()))?;
    if pass.after == pass.upto && !pass.sets_out {
        return Ok(None);
    }
    let batch = visit.db.batch(others.into()).await?;
    Ok(Some(Slice {
        pass,
        looked: batch.rows(0)?,
        attended: batch.rows(1)?,
        bursts: batch.rows(2)?,
        rows: batch.rows(3)?,
        recorders: batch.rows(4)?,
    }))
}

const STANDS_AS_READ: &str = "
INSERT INTO abort_if
SELECT 'signal_pass_moved_on'
WHERE NOT EXISTS (SELECT 1 FROM signal_pass WHERE on_date = ?1 AND seq = ?2 AND until = ?3)";

/// `?1` findings with ids, `?2` now.
const KEEP: &str = "
INSERT INTO signal (id, kind, finding, organization_id, region, shift_id, project_id, records, facts, found_at)
SELECT value ->> 'id', value ->> 'kind', value ->> 'finding', value ->> 'organization_id', value ->> 'region',
  value ->> 'shift_id', value ->> 'project_id', value -> 'records', value -> 'facts', ?2
FROM json_each(?1)
WHERE true
ON CONFLICT (finding) DO NOTHING
RETURNING seq";

const MOVE_ON: &str = "
UPDATE signal_pass SET on_date = iif(?1, ?2, on_date), seq = ?3, until = ?4";

#[derive(Serialize)]
struct Found<'a> {
    id: String,
    #[serde(flatten)]
    finding: &'a Finding,
}

/// Keeps what was found that was not found before, and moves the pass on; how many were new.
pub async fn keep(visit: &Visit, findings: &[Finding], slice: &Slice) -> Result<u32, DbError> {
    let Pass {
        on_date,
        after,
        until,
        goal,
        upto,
        sets_out,
    } = &slice.pass;
    let found: Vec<_> = findings
        .iter()
        .map(|finding| Found {
            id: visit.new_id().to_string(),
            finding,
        })
        .collect();
    let batch = visit
        .db
        .batch(vec![
            bind!(STANDS_AS_READ, on_date, *after, *until),
            bind!(KEEP, json!(found).to_string(), visit.now),
            bind!(MOVE_ON, *sets_out, today(visit), *upto, *goal),
        ])
        .await?;
    // Changes would count the lines that follow by trigger.
    let kept: Vec<serde_json::Value> = batch.rows(1)?;
    Ok(u32::try_from(kept.len()).unwrap_or(u32::MAX))
}
