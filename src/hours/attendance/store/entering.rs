//! The recorder's own entries: by hand, or from a row of the printed sheet.

use serde::Deserialize;
use serde_json::json;
use uuid::Uuid;

use crate::bind;
use crate::hours::attendance::{Attendance, CLOSES_AFTER, OPENS_BEFORE, Refusal, Window, counts};
use crate::hours::{AttendanceKind, AttendanceMethod};
use crate::organizations::{Permission, admit};
use crate::platform::clock::Instant;
use crate::platform::db;
use crate::platform::fields::FieldErrors;
use crate::platform::i18n::Words;
use crate::platform::idempotency::{IdempotencyKey, Ran};
use crate::platform::input::parse_id;
use crate::platform::problem::Problem;
use crate::platform::visit::Visit;

/// `?6` which end, `?7` when, `?8` whom (a JSON array, or all), `?9` by what; `?10` opens
/// before, `?11` closes after. An entry of everybody leaves out whom it would say nothing
/// new of, and whoever enters it; one of people by name is a correction, and stands beside
/// what is there.
macro_rules! entering {
    () => {
        concat!(
            recording!(),
            ",
named AS (
  SELECT n.key AS place, s.id
  FROM json_each(coalesce(?8, '[]')) n
  LEFT JOIN signup s ON s.id = n.value AND s.shift_id = ?3 AND ",
            has_a_place!(),
            "),
person AS (
  SELECT s.id, s.seq, s.shift_id, s.volunteer_id, ",
            last_kind!("s.id", "?7"),
            " AS last
  FROM target t JOIN signup s ON s.shift_id = t.id AND ",
            has_a_place!(),
            "
  WHERE ?8 IS NULL OR s.id IN (SELECT id FROM named)),
judged AS (
  SELECT
    CASE
      WHEN t.shift_state = 'cancelled' OR t.project_state = 'cancelled' THEN 'shift_cancelled'
      WHEN t.organization_state <> 'verified' THEN 'organization_suspended'
      WHEN ?7 < t.starts_at - ?10 THEN 'attendance_not_open'
      WHEN ?7 > t.ends_at + ?11 THEN 'attendance_closed'
      WHEN ?8 IS NOT NULL AND EXISTS (
        SELECT 1 FROM person p JOIN agent a ON a.hand = p.volunteer_id)
        THEN 'own_attendance'
      WHEN ?9 = 'sheet' AND (SELECT last FROM person) = ?6
        THEN iif(?6 = 'in', 'already_checked_in', 'already_checked_out')
    END AS refusal,
    (SELECT json_group_array(place) FROM named WHERE id IS NULL) AS unknown,
    t.starts_at, t.ends_at
  FROM target t)"
        )
    };
}

const WHO: &str = concat!(recording!(), crate::organizations::entry!());

const JUDGE: &str = concat!(
    entering!(),
    "
SELECT refusal, unknown, starts_at, ends_at FROM judged"
);

/// `?12` the first 24 letters of the new ids, `?13` the reason.
const ENTER: &str = concat!(
    entering!(),
    "
INSERT INTO attendance (id, signup_id, shift_id, volunteer_id, kind, method, happened_at, received_at, late, reason, actor)
SELECT ?12 || printf('%012x', row_number() OVER (ORDER BY p.seq)), p.id, p.shift_id, p.volunteer_id,
  ?6, ?9, ?7, ?2, 0, ?13, a.actor
FROM judged j JOIN target t JOIN agent a ON a.may JOIN person p
WHERE j.refusal IS NULL AND j.unknown = '[]' AND a.hand IS NOT p.volunteer_id
  AND CASE
    WHEN ?8 IS NOT NULL THEN NOT EXISTS (
      SELECT 1 FROM attendance e
      WHERE e.signup_id = p.id AND e.kind = ?6 AND e.method = ?9 AND e.happened_at = ?7 AND ",
    counts!("t"),
    ")
    WHEN ?6 = 'in' THEN NOT EXISTS (
      SELECT 1 FROM attendance e WHERE e.signup_id = p.id AND e.kind = 'in' AND ",
    counts!("t"),
    ")
    ELSE (
      SELECT e.kind FROM attendance e WHERE e.signup_id = p.id AND ",
    counts!("t"),
    "
      ORDER BY e.happened_at DESC, e.seq DESC LIMIT 1) IS 'in'
  END"
);

/// Right after the act: `?6` what was done, `?7` what came of it, `?8` the request.
const RECORD: &str = concat!(
    recording!(),
    "
INSERT INTO audit (at, actor, action, subject, after, request_id)
SELECT ?2, a.actor, ?6, 'shift:' || ?3, ?7, ?8
FROM agent a
WHERE a.may AND changes() > 0"
);

/// `?6` the first 24 letters of their ids.
const ENTERED: &str = concat!(
    recording!(),
    "
SELECT ",
    attendance_columns!(),
    "
FROM agent a JOIN attendance e ON a.may AND e.shift_id = ?3
WHERE e.id BETWEEN ?6 || '000000000000' AND ?6 || 'ffffffffffff'
ORDER BY e.id"
);

/// So much of an id is one entry's own; the rest counts its rows.
const STEM: usize = 24;

/// Whom an entry is of.
#[derive(Debug)]
pub enum Whom<'a> {
    /// All with a place of whom nothing of the kind is known.
    Everybody,
    /// These sign-ups.
    Named(&'a [Uuid]),
}

/// What the recorder says.
#[derive(Debug)]
pub struct Entry<'a> {
    /// Which end.
    pub kind: AttendanceKind,
    /// When.
    pub at: Instant,
    /// Of whom.
    pub whom: Whom<'a>,
    /// By hand, or from the sheet.
    pub method: AttendanceMethod,
    /// Why; always given by hand.
    pub reason: Option<&'a str>,
}

/// What an entry came to.
#[derive(Debug)]
pub struct Entered {
    /// New evidence, in the order of sign-ups.
    pub items: Vec<Attendance>,
    /// Whether the same request brought it before.
    pub repeated: bool,
}

#[derive(Deserialize)]
struct Judged {
    refusal: Option<Refusal>,
    #[serde(deserialize_with = "db::json")]
    unknown: Vec<usize>,
    starts_at: Instant,
    ends_at: Instant,
}

/// Keeps that people came or went, all or nobody of those named.
pub async fn enter(
    visit: &Visit,
    shift: Uuid,
    entry: &Entry<'_>,
    key: &IdempotencyKey,
) -> Result<Entered, Problem> {
    if entry.at > visit.now {
        let words = Words::new("不能晚于现在", "must not lie ahead");
        return Err(Problem::invalid(FieldErrors::one("/happened_at", words)));
    }
    let credential = visit.credential_hash();
    let permit = Permission::RecordHours.permit();
    let asks = |sql: &'static str| {
        bind!(
            sql,
            credential.as_deref(),
            visit.now,
            shift,
            &permit.roles,
            &permit.scopes,
        )
    };
    let named = match entry.whom {
        Whom::Everybody => None,
        Whom::Named(ids) => Some(json!(ids).to_string()),
    };
    let enters = |sql| {
        asks(sql)
            .and(entry.kind.word())
            .and(entry.at)
            .and(named.as_deref())
            .and(entry.method.word())
            .and(OPENS_BEFORE)
            .and(CLOSES_AFTER)
    };
    let id = visit.new_id();
    let entered = |id: Uuid| asks(ENTERED).and(stem(id));
    // The reason may speak of health or family: it stays with the evidence.
    let after = json!({
        "kind": entry.kind, "happened_at": entry.at, "signups": match entry.whom {
            Whom::Everybody => json!("all"),
            Whom::Named(ids) => json!(ids),
        },
    });
    let action = match entry.method {
        AttendanceMethod::Sheet => "attendance.by_sheet",
        _ => "attendance.by_hand",
    };
    let statements = vec![
        asks(WHO),
        enters(JUDGE),
        enters(ENTER).and(stem(id)).and(entry.reason),
        asks(RECORD)
            .and(action)
            .and(after.to_string())
            .and(&*visit.request_id),
        key.point_at(visit, id),
        entered(id),
    ];
    let batch = match key.run(visit, statements).await? {
        Ran::Now(batch) => batch,
        Ran::Before(earlier) => {
            let id = parse_id(earlier.subject()?)?;
            let batch = visit.db.batch(vec![asks(WHO), entered(id)]).await?;
            admit(&batch, 0)?;
            return Ok(Entered {
                items: batch.rows(1)?,
                repeated: true,
            });
        }
    };
    admit(&batch, 0)?;
    let judged: Judged = batch.first(1)?.ok_or_else(Problem::not_found)?;
    if let Some(refusal) = judged.refusal {
        let window = Window::of(judged.starts_at, judged.ends_at);
        return Err(refusal.problem(Some(window)));
    }
    let mut unknown = FieldErrors::default();
    for place in judged.unknown {
        let words = Words::new(
            "不是这个班次上有名额的报名",
            "is no sign-up with a place on this shift",
        );
        unknown.push(format!("/signup_ids/{place}"), words);
    }
    unknown.into_result().map_err(Problem::invalid)?;
    Ok(Entered {
        items: batch.rows(5)?,
        repeated: false,
    })
}

fn stem(id: Uuid) -> String {
    id.to_string().chars().take(STEM).collect()
}
