//! Taking a file in: its lines as they arrive, then the import, in one transaction with
//! what makes it one.

use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::json;

use super::allowance::{Used, spent, stop_if_spent};
use crate::bind;
use crate::imports::lines::Line;
use crate::imports::{Format, KEPT_FOR, MOST_UNDER_WAY};
use crate::organizations::Agent;
use crate::platform::audit::Act;
use crate::platform::clock::{HOUR, Instant};
use crate::platform::db::{Batch, DbError, Statement};
use crate::platform::forgetting::A_SLICE;
use crate::platform::i18n::Words;
use crate::platform::idempotency::{IdempotencyKey, Ran, Reply};
use crate::platform::problem::Problem;
use crate::platform::visit::Visit;

/// A value bound to a statement may have two million bytes; so many are put together.
const A_PIECE: usize = 800_000;

macro_rules! under_way {
    () => {
        "(SELECT count(*) FROM import WHERE organization_id = ?1 AND state IN ('queued', 'running'))"
    };
}

const UNDER_WAY: &str = concat!("SELECT ", under_way!(), " AS under_way");

const STOP_IF_MANY: &str = concat!(
    "INSERT INTO abort_if SELECT 'too_many_imports' WHERE ",
    under_way!(),
    " >= ?2"
);

const BEGIN: &str = "
INSERT INTO upload (id, organization_id, format, columns, created_at)
SELECT ?1, id, ?3, ?4, ?5 FROM organization WHERE id = ?2";

/// Beside the lines that make it grow, so that a file counts as far as it came.
const GROW: &str = "UPDATE upload SET bytes = bytes + ?2 WHERE id = ?1";

const KEEP_PIECE: &str = "
INSERT INTO upload_line (upload_id, seq, line, source, bytes)
SELECT ?1, value ->> 'seq', value ->> 'line', value ->> 'source', value ->> 'bytes' FROM json_each(?2)";

const KEEP_ONE: &str = "
INSERT INTO upload_line (upload_id, seq, line, source, bytes) SELECT ?1, ?2, ?3, ?4, ?5";

const IMPORT: &str = "
INSERT INTO import (id, organization_id, upload_id, dry_run, state, actor, total, created_at)
SELECT ?1, ?2, ?3, ?4, 'queued', ?5, ?6, ?7";

/// What was only tried, for real.
const AGAIN: &str = "
INSERT INTO import (id, organization_id, upload_id, dry_run, state, actor, total, created_at)
SELECT ?1, organization_id, upload_id, 0, 'queued', ?4, total, ?5
FROM import
WHERE organization_id = ?2 AND id = ?3";

const STOP_IF_NOT_TRIED: &str = "
INSERT INTO abort_if
SELECT 'dry_run_not_done'
WHERE NOT EXISTS (
  SELECT 1 FROM import i JOIN upload u ON u.id = i.upload_id
  WHERE i.organization_id = ?1 AND i.id = ?2 AND i.dry_run = 1 AND i.state = 'done' AND u.forgotten = 0)";

const STOP_IF_OVER: &str = "
INSERT INTO abort_if
SELECT 'import_over'
WHERE NOT EXISTS (
  SELECT 1 FROM import WHERE organization_id = ?1 AND id = ?2 AND state IN ('queued', 'running'))";

const CANCEL: &str = "
UPDATE import SET state = 'cancelled', finished_at = ?3 WHERE organization_id = ?1 AND id = ?2";

/// Who hands something in.
#[derive(Debug)]
pub struct AtTheDoor {
    /// None when nobody is known.
    pub agent: Option<Agent>,
    /// How many imports the organization has under way.
    pub under_way: i64,
    /// What it has handed in within a day.
    pub used: Option<Used>,
}

#[derive(Deserialize)]
struct UnderWay {
    under_way: i64,
}

/// Asks who hands something in, before any of it is read.
pub async fn at_the_door(visit: &Visit, organization: &str) -> Result<AtTheDoor, DbError> {
    let batch = visit
        .db
        .batch(vec![
            Agent::at_the_door(visit.credential_hash(), visit.now, organization),
            bind!(UNDER_WAY, organization),
            Used::of(organization, visit.now),
        ])
        .await?;
    Ok(AtTheDoor {
        agent: batch.first(0)?,
        under_way: batch.first::<UnderWay>(1)?.map_or(0, |row| row.under_way),
        used: batch.first(2)?,
    })
}

/// Notes that a file begins to arrive.
pub fn begin(
    visit: &Visit,
    upload: &str,
    organization: &str,
    format: Format,
    headings: &[String],
) -> Statement {
    let columns = (format == Format::Csv).then(|| json!(headings).to_string());
    bind!(
        BEGIN,
        upload,
        organization,
        format.word(),
        columns,
        visit.now
    )
}

/// The statements that keep lines, the first of them with the number `seq`.
pub fn keep_lines(upload: &str, seq: i64, lines: Vec<Line>) -> Vec<Statement> {
    let mut statements = Vec::new();
    let mut piece = String::new();
    let mut close = |piece: &mut String| {
        if !piece.is_empty() {
            let rows = format!("[{}]", std::mem::take(piece));
            statements.push(bind!(KEEP_PIECE, upload, rows));
        }
    };
    let mut long = Vec::new();
    let mut all = 0;
    for (seq, line) in (seq..).zip(lines) {
        let bytes = i64::try_from(line.source.as_ref().map_or(0, String::len)).unwrap_or(i64::MAX);
        all += bytes;
        let row = json!({"seq": seq, "line": line.line, "source": line.source, "bytes": bytes});
        let row = row.to_string();
        // Quotation marks are written longer than they are.
        if row.len() > A_PIECE {
            long.push(bind!(KEEP_ONE, upload, seq, line.line, line.source, bytes));
            continue;
        }
        if piece.len() + row.len() > A_PIECE {
            close(&mut piece);
        }
        if !piece.is_empty() {
            piece.push(',');
        }
        piece.push_str(&row);
    }
    close(&mut piece);
    statements.extend(long);
    statements.push(bind!(GROW, upload, all));
    statements
}

/// An import of what has arrived.
#[derive(Clone, Copy, Debug)]
pub struct NewImport<'a> {
    /// Its id.
    pub id: &'a str,
    /// In whose name.
    pub organization: &'a str,
    /// By whom.
    pub actor: &'a str,
    /// Of which file.
    pub upload: &'a str,
    /// Projects in the file.
    pub total: i64,
    /// Whether it only shows what would happen.
    pub dry_run: bool,
}

/// 409: the organization has as many imports under way as it may.
pub fn too_many() -> Problem {
    Problem::new(
        StatusCode::CONFLICT,
        "too_many_imports",
        Words::new(
            format!("已有 {MOST_UNDER_WAY} 个导入正在处理，请等它们完成，或取消其中一个"),
            format!("{MOST_UNDER_WAY} imports are under way; wait for them, or cancel one"),
        ),
    )
}

/// Makes an import of what has arrived, with the last of its lines. Refused with
/// `too_many_imports` and `import_quota_spent`.
pub async fn finish(
    visit: &Visit,
    new: NewImport<'_>,
    last_lines: Vec<Statement>,
    key: &IdempotencyKey,
    reply: &Reply,
) -> Result<Ran, Problem> {
    let mut statements = vec![bind!(STOP_IF_MANY, new.organization, MOST_UNDER_WAY)];
    statements.extend(last_lines);
    statements.extend([
        stop_if_spent(visit, new.organization, 1, new.total),
        bind!(
            IMPORT,
            new.id,
            new.organization,
            new.upload,
            new.dry_run,
            new.actor,
            new.total,
            visit.now
        ),
        key.keep(visit, new.id, reply)?,
        begun(visit, new),
    ]);
    run(visit, new.organization, key, statements).await
}

async fn run(
    visit: &Visit,
    organization: &str,
    key: &IdempotencyKey,
    statements: Vec<Statement>,
) -> Result<Ran, Problem> {
    match key.run(visit, statements).await {
        Ok(ran) => Ok(ran),
        Err(error) if error.is_refusal("too_many_imports") => Err(too_many()),
        Err(error) if error.is_refusal("import_quota_spent") => {
            Err(spent(visit, organization).await)
        }
        Err(error) if error.is_refusal("dry_run_not_done") => Err(Problem::new(
            StatusCode::CONFLICT,
            "dry_run_not_done",
            Words::new(
                "只有已完成的试运行才能正式导入",
                "Only a dry run that is done can be done for real",
            ),
        )),
        Err(error) => Err(error.into()),
    }
}

/// Keeps what has arrived so far of a file. Refused with `import_quota_spent`.
pub async fn keep(
    visit: &Visit,
    organization: &str,
    mut lines: Vec<Statement>,
) -> Result<(), Problem> {
    lines.push(stop_if_spent(visit, organization, 0, 0));
    match visit.db.batch(lines).await {
        Ok(_) => Ok(()),
        Err(error) if error.is_refusal("import_quota_spent") => {
            Err(spent(visit, organization).await)
        }
        Err(error) => Err(error.into()),
    }
}

fn begun(visit: &Visit, new: NewImport<'_>) -> Statement {
    let after = json!({"projects": new.total, "dry_run": new.dry_run, "upload": new.upload});
    Act {
        actor: new.actor.to_owned(),
        action: "import.begun",
        subject: format!("import:{}", new.id),
        before: None,
        after: Some(after.to_string()),
    }
    .record(visit)
}

/// Does for real what was only tried. Refused with `too_many_imports`,
/// `import_quota_spent`, and with `dry_run_not_done` unless the trial is done.
pub async fn again(
    visit: &Visit,
    new: NewImport<'_>,
    trial: &str,
    key: &IdempotencyKey,
    reply: &Reply,
) -> Result<Ran, Problem> {
    let statements = vec![
        bind!(STOP_IF_NOT_TRIED, new.organization, trial),
        bind!(STOP_IF_MANY, new.organization, MOST_UNDER_WAY),
        stop_if_spent(visit, new.organization, 1, new.total),
        bind!(AGAIN, new.id, new.organization, trial, new.actor, visit.now),
        key.keep(visit, new.id, reply)?,
        begun(visit, new),
    ];
    run(visit, new.organization, key, statements).await
}

/// Calls an import off; what was done stays. Refused with `import_over` when every line
/// is done, or it was called off before.
pub async fn cancel(
    visit: &Visit,
    organization: &str,
    import: &str,
    actor: &str,
    key: &IdempotencyKey,
) -> Result<Ran, DbError> {
    let act = Act {
        actor: actor.to_owned(),
        action: "import.cancelled",
        subject: format!("import:{import}"),
        before: None,
        after: None,
    };
    let statements = vec![
        bind!(STOP_IF_OVER, organization, import),
        bind!(CANCEL, organization, import, visit.now),
        key.point_at(visit, import),
        act.record(visit),
    ];
    key.run(visit, statements).await
}

const DROP_LINES: &str = "DELETE FROM upload_line WHERE upload_id = ?1";
const DROP: &str = "DELETE FROM upload WHERE id = ?1";

/// Forgets a file that did not become an import.
pub async fn drop_upload(visit: &Visit, upload: &str) -> Result<Batch, DbError> {
    let statements = vec![bind!(DROP_LINES, upload), bind!(DROP, upload)];
    visit.db.batch(statements).await
}

/// `?1` broke off before then, `?2` is as old as files get. What is marked is seen no more.
const GIVE_UP: &str = "
UPDATE upload SET forgotten = 1
WHERE id IN (
  SELECT u.id FROM upload u
  WHERE u.created_at < ?1 AND u.forgotten = 0
    AND (u.created_at < ?2 OR NOT EXISTS (SELECT 1 FROM import i WHERE i.upload_id = u.id))
    AND NOT EXISTS (
      SELECT 1 FROM import i WHERE i.upload_id = u.id AND i.state IN ('queued', 'running'))
  ORDER BY u.created_at
  LIMIT ?3)";

const FORGET_RESULTS: &str = "
DELETE FROM import_result
WHERE (import_id, seq) IN (
  SELECT r.import_id, r.seq
  FROM upload u JOIN import i ON i.upload_id = u.id JOIN import_result r ON r.import_id = i.id
  WHERE u.forgotten = 1
  LIMIT ?1)";

const FORGET_LINES: &str = "
DELETE FROM upload_line
WHERE (upload_id, seq) IN (
  SELECT l.upload_id, l.seq
  FROM upload u JOIN upload_line l ON l.upload_id = u.id
  WHERE u.forgotten = 1
  LIMIT ?1)";

const FORGET_IMPORTS: &str = "
DELETE FROM import
WHERE id IN (
  SELECT i.id
  FROM upload u JOIN import i ON i.upload_id = u.id
  WHERE u.forgotten = 1 AND NOT EXISTS (SELECT 1 FROM import_result r WHERE r.import_id = i.id)
  LIMIT ?1)";

const FORGET_FILES: &str = "
DELETE FROM upload
WHERE id IN (
  SELECT u.id FROM upload u
  WHERE u.forgotten = 1
    AND NOT EXISTS (SELECT 1 FROM upload_line l WHERE l.upload_id = u.id)
    AND NOT EXISTS (SELECT 1 FROM import i WHERE i.upload_id = u.id)
  LIMIT ?1)";

/// Forgets files that are due, with all that came of them: files that broke off after an
/// hour, others after [`KEPT_FOR`]. Each statement takes a slice; what is left goes next
/// time.
pub fn forget(now: Instant) -> Vec<Statement> {
    let due = bind!(GIVE_UP, now.plus(-HOUR), now.plus(-KEPT_FOR), A_SLICE);
    let slices = [FORGET_RESULTS, FORGET_LINES, FORGET_IMPORTS, FORGET_FILES];
    std::iter::once(due)
        .chain(slices.map(|sql| bind!(sql, A_SLICE)))
        .collect()
}
