//! SQL of reading the log. Who asks is part of each question.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::{BEGINNING, Kept, Mark};
use crate::bind;
use crate::contests::entering::EntryState;
use crate::contests::running::store::{runs, standing, stands};
use crate::platform::clock::Instant;
use crate::platform::db::{Batch, DbError, Statement};
use crate::platform::problem::Problem;
use crate::platform::visit::Visit;

/// `supervises`: a row when whoever presents the session `?1` at `?2` is the supervisor of
/// the contest `?3`, does not run it by another office, and belongs to nobody who entered.
macro_rules! supervises {
    () => {
        concat!(
            "WITH ",
            runs!(),
            ",
supervises AS (
  SELECT a.volunteer_id
  FROM asker a
  WHERE EXISTS (SELECT 1 FROM officer WHERE role = 'supervisor') AND NOT EXISTS (SELECT 1 FROM runs)
    AND NOT EXISTS (
      SELECT 1 FROM contest_interest i WHERE i.contest_id = ?3 AND i.volunteer_id = a.volunteer_id))"
        )
    };
}

const DOOR: &str = concat!(
    supervises!(),
    "
SELECT 1 AS found FROM supervises"
);

/// An error unless the rows at `at`, of [`standing`], and after, of `DOOR`, are the
/// supervisor's.
fn admit(batch: &Batch, at: usize) -> Result<(), Problem> {
    stands(batch, at)?.require_oversight()?;
    match batch.first::<serde_json::Value>(at + 1)? {
        Some(_) => Ok(()),
        None => Err(Problem::forbidden()),
    }
}

/// The last link at the place `?2` or before.
const MARK: &str = "
SELECT place, hash FROM contest_log_link
WHERE contest_id = ?1 AND place <= ?2
ORDER BY place DESC
LIMIT 1";

/// Lines after the place `?4`, at most `?5`, in the order they were written: chained ones,
/// those that wait, and any that stand between and should not.
const LINES: &str = concat!(
    supervises!(),
    "
SELECT l.seq, l.contest_id, l.at, l.actor, l.act, l.subject, l.detail, l.request_id, k.place, k.hash,
  k.seq IS NULL AND l.seq < (SELECT coalesce(max(seq), 0) FROM contest_log_link) AS passed
FROM supervises
CROSS JOIN contest_log l ON l.contest_id = ?3 AND l.seq > coalesce((
    SELECT b.seq FROM contest_log_link b
    WHERE b.contest_id = ?3 AND b.place <= ?4
    ORDER BY b.place DESC
    LIMIT 1), 0)
LEFT JOIN contest_log_link k ON k.seq = l.seq AND k.contest_id = l.contest_id
ORDER BY l.seq
LIMIT ?5"
);

/// A stretch of the log.
#[derive(Debug)]
pub struct Stretch {
    /// What its first line is chained to.
    pub before: Mark,
    /// Lines, at most as many as were asked for.
    pub lines: Vec<Kept>,
    /// The place after which the next stretch begins.
    pub next: Option<i64>,
}

impl Stretch {
    fn of(batch: &Batch, at: usize, limit: i64) -> Result<Self, DbError> {
        let before: Mark = batch.first(at)?.unwrap_or_default();
        let mut lines: Vec<Kept> = batch.rows(at + 1)?;
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let more = lines.len() > limit;
        lines.truncate(limit);
        let last = lines.iter().rev().find_map(|kept| kept.place);
        Ok(Self {
            before,
            lines,
            next: last.filter(|_| more),
        })
    }
}

fn stretch(visit: &Visit, contest: &str, after: i64, limit: i64) -> [Statement; 2] {
    let caller = visit.credential_hash();
    [
        bind!(MARK, contest, after),
        bind!(LINES, caller, visit.now, contest, after, limit + 1),
    ]
}

/// Lines after a place, for the supervisor.
pub async fn lines(
    visit: &Visit,
    contest: Uuid,
    after: i64,
    limit: i64,
) -> Result<Stretch, Problem> {
    let id = contest.to_string();
    let mut statements = vec![
        standing(visit, &id),
        bind!(DOOR, visit.credential_hash(), visit.now, &id),
    ];
    statements.extend(stretch(visit, &id, after, limit));
    let batch = visit.db.batch(statements).await?;
    admit(&batch, 0)?;
    Ok(Stretch::of(&batch, 2, limit)?)
}

/// How far the log is chained.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[schema(as = ContestLogHead)]
pub struct Head {
    /// So many lines are chained.
    pub lines: i64,
    /// The hash of the last, in hexadecimal; 64 zeros before there is one.
    #[schema(example = "0000000000000000000000000000000000000000000000000000000000000000")]
    pub hash: String,
    /// When what it says was done, RFC 3339.
    #[schema(value_type = Option<String>, format = "date-time")]
    pub at: Option<Instant>,
}

const HEAD: &str = "
SELECT coalesce(k.place, 0) AS lines, coalesce(k.hash, ?2) AS hash, l.at
FROM contest t
LEFT JOIN contest_log_link k ON k.contest_id = t.id
  AND k.place = (SELECT max(place) FROM contest_log_link WHERE contest_id = t.id)
LEFT JOIN contest_log l ON l.seq = k.seq
WHERE t.id = ?1 AND t.announced_at IS NOT NULL";

/// The statement that reads the head of a contest's log; no row before it is announced.
pub fn heading(contest: &str) -> Statement {
    bind!(HEAD, contest, BEGINNING)
}

/// The head of the log of an announced contest, for anyone.
pub async fn head(visit: &Visit, contest: Uuid) -> Result<Head, Problem> {
    let head: Option<Head> = visit.db.first(heading(&contest.to_string())).await?;
    head.ok_or_else(Problem::not_found)
}

/// How many entries stand so.
#[derive(Debug, Deserialize)]
pub struct Standing {
    /// How.
    pub state: EntryState,
    /// How many.
    pub entries: i64,
}

/// Drafts are nobody's but their organizations'.
const ENTRIES: &str = concat!(
    supervises!(),
    "
SELECT e.state, count(*) AS entries
FROM supervises
CROSS JOIN contest_entry e ON e.contest_id = ?3 AND e.number IS NOT NULL
GROUP BY e.state
ORDER BY e.state"
);

/// Whoever is named by lines of a stretch, as far as it can be told: `?4` a JSON array of
/// `volunteer:…`, `api_key:…`, `judge:…`, `entry:…` and `officer:…`. D1 joins five selects
/// at most.
const NAMED: &str = concat!(
    supervises!(),
    ",
named AS (
  SELECT value AS name, substr(value, 1, instr(value, ':') - 1) AS kind, substr(value, instr(value, ':') + 1) AS id
  FROM supervises CROSS JOIN json_each(?4)),
people(name, part, office, number, organization) AS (
  SELECT n.name, 'judge' AS part, NULL AS office, j.number, NULL AS organization
  FROM named n
  JOIN contest_judge j ON j.contest_id = ?3
    AND (n.kind = 'judge' AND j.id = n.id OR n.kind = 'volunteer' AND j.volunteer_id = n.id)
  UNION ALL
  SELECT n.name, 'officer', f.role, NULL, NULL
  FROM named n
  JOIN volunteer v ON n.kind = 'volunteer' AND v.id = n.id
  JOIN contest_officer f ON f.contest_id = ?3 AND f.phone_hash = v.phone_hash
  UNION ALL
  SELECT n.name, 'officer', f.role, NULL, NULL
  FROM named n
  JOIN contest_officer f ON n.kind = 'officer' AND f.contest_id = ?3 AND f.id = n.id),
others(name, part, office, number, organization) AS (
  SELECT n.name, 'entrant', NULL, NULL, o.name
  FROM named n
  JOIN api_key k ON n.kind = 'api_key' AND k.id = n.id
  JOIN organization o ON o.id = k.organization_id
  UNION ALL
  SELECT n.name, 'entry', NULL, e.number, NULL
  FROM named n
  JOIN contest_entry e ON n.kind = 'entry' AND e.contest_id = ?3 AND e.id = n.id
  UNION ALL
  SELECT n.name, 'host', NULL, NULL, NULL
  FROM named n
  JOIN contest t ON t.id = ?3
  WHERE n.kind = 'volunteer' AND (
    t.organization_id IS NULL AND EXISTS (
      SELECT 1 FROM volunteer v JOIN coordinator c ON c.phone_hash = v.phone_hash
      WHERE v.id = n.id AND substr(t.region, 1, length(c.region)) = c.region)
    OR EXISTS (
      SELECT 1 FROM member m
      WHERE m.organization_id = t.organization_id AND m.volunteer_id = n.id AND m.role IN ('owner', 'manager')))
  UNION ALL
  SELECT n.name, 'entrant', NULL, NULL, min(o.name)
  FROM named n
  JOIN member m ON n.kind = 'volunteer' AND m.volunteer_id = n.id
  JOIN contest_entry e ON e.contest_id = ?3 AND e.organization_id = m.organization_id
  JOIN organization o ON o.id = e.organization_id
  GROUP BY n.name)
SELECT * FROM people
UNION ALL
SELECT * FROM others"
);

/// What part somebody, or something, has in the contest.
#[derive(Clone, Debug, Deserialize)]
pub struct Named {
    /// As lines name them.
    pub name: String,
    /// Which.
    pub part: Part,
    /// An officer's office.
    pub office: Option<crate::contests::ContestOffice>,
    /// A judge's or an entry's number.
    pub number: Option<i64>,
    /// An entrant's organization.
    pub organization: Option<String>,
}

/// A part in a contest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// A judge.
    Judge,
    /// Somebody with an office.
    Officer,
    /// Somebody of the house whose contest it is.
    Host,
    /// Somebody of an organization that entered, or its program.
    Entrant,
    /// An entry.
    Entry,
}

/// What the supervisor's page shows of the log itself.
#[derive(Debug)]
pub struct Audit {
    /// How many entries stand where.
    pub entries: Vec<Standing>,
    /// Lines of the log.
    pub stretch: Stretch,
    /// How far it is chained; none before the contest is announced.
    pub head: Option<Head>,
    /// Who is named by those lines; the first of a name says most.
    pub named: Vec<Named>,
}

/// A page of the log with who is named there, for the supervisor.
pub async fn audit(visit: &Visit, contest: Uuid, after: i64, limit: i64) -> Result<Audit, Problem> {
    let (id, caller) = (contest.to_string(), visit.credential_hash());
    let mut statements = vec![
        standing(visit, &id),
        bind!(DOOR, &caller, visit.now, &id),
        bind!(ENTRIES, &caller, visit.now, &id),
        heading(&id),
    ];
    statements.extend(stretch(visit, &id, after, limit));
    let batch = visit.db.batch(statements).await?;
    admit(&batch, 0)?;
    let stretch = Stretch::of(&batch, 4, limit)?;
    let mut names: Vec<&str> = stretch
        .lines
        .iter()
        .flat_map(|kept| [&*kept.line.actor, &*kept.line.subject])
        .collect();
    names.sort_unstable();
    names.dedup();
    let names = serde_json::json!(names).to_string();
    let named = visit
        .db
        .rows(bind!(NAMED, &caller, visit.now, &id, names))
        .await?;
    Ok(Audit {
        entries: batch.rows(2)?,
        head: batch.first(3)?,
        stretch,
        named,
    })
}
