//! Who has an office in a contest.

use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{runs, standing, stands};
use crate::bind;
use crate::contests::ContestOffice;
use crate::contests::log::Act;
use crate::platform::clock::Instant;
use crate::platform::db::Statement;
use crate::platform::idempotency::{IdempotencyKey, Ran};
use crate::platform::problem::Problem;
use crate::platform::visit::Visit;
use crate::volunteers::{Phone, masked};

/// Somebody with an office in a contest.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Officer {
    /// UUIDv7.
    #[schema(format = "uuid")]
    pub id: String,
    /// Which.
    pub role: ContestOffice,
    /// Their phone with its middle hidden.
    #[schema(example = "138****8000")]
    pub phone: String,
    /// What they are called; null until they have signed in.
    pub name: Option<String>,
    /// Since when, RFC 3339.
    #[schema(value_type = String, format = "date-time")]
    pub since: Instant,
}

#[derive(Deserialize)]
struct Row {
    id: String,
    role: ContestOffice,
    phone_sealed: String,
    name: Option<String>,
    created_at: Instant,
}

/// `?1` contest, `?2` which one; all when null.
const OFFICERS: &str = "
SELECT f.id, f.role, f.phone_sealed, nullif(v.name, '') AS name, f.created_at
FROM contest_officer f LEFT JOIN volunteer v ON v.phone_hash = f.phone_hash
WHERE f.contest_id = ?1 AND f.ended_at IS NULL AND (?2 IS NULL OR f.id = ?2)
ORDER BY f.id";

fn shown(visit: &Visit, rows: Vec<Row>) -> Vec<Officer> {
    let keys = &visit.config.keys;
    let shown = rows.into_iter().map(|row| Officer {
        id: row.id,
        role: row.role,
        phone: masked(&keys.open(&row.phone_sealed).unwrap_or_default()),
        name: row.name,
        since: row.created_at,
    });
    shown.collect()
}

fn listing(contest: &str, id: Option<&str>) -> Statement {
    bind!(OFFICERS, contest, id)
}

/// All officers, for those who oversee the contest.
pub async fn officers(visit: &Visit, contest: Uuid) -> Result<Vec<Officer>, Problem> {
    let contest = contest.to_string();
    let statements = vec![standing(visit, &contest), listing(&contest, None)];
    let batch = visit.db.batch(statements).await?;
    stands(&batch, 0)?.require_oversight()?;
    Ok(shown(visit, batch.rows(1)?))
}

/// `?4` id, `?5` role, `?6` by which the phone is found, `?7` sealed, `?8` how many there
/// may be.
const APPOINT: &str = concat!(
    "WITH ",
    runs!(),
    "
INSERT INTO contest_officer (id, contest_id, role, phone_hash, phone_sealed, created_at)
SELECT ?4, contest_id, ?5, ?6, ?7, ?2
FROM runs
WHERE (SELECT count(*) FROM contest_officer WHERE contest_id = ?3 AND ended_at IS NULL) < ?8
ON CONFLICT DO NOTHING"
);

const ALREADY: &str = "
SELECT 1 AS found FROM contest_officer
WHERE contest_id = ?1 AND phone_hash = ?2 AND ended_at IS NULL AND id <> ?3";

/// A contest has at most so many officers at a time.
const MOST: i64 = 50;

/// What came of an appointment.
#[derive(Debug)]
pub enum Appointed {
    /// They have the office; and whether the same request gave it to them before.
    Done(Officer, bool),
    /// They have one already.
    Already,
    /// There are as many as may be.
    TooMany,
}

/// Gives somebody an office.
pub async fn appoint(
    visit: &Visit,
    contest: Uuid,
    (phone, role): (&Phone, ContestOffice),
    key: &IdempotencyKey,
) -> Result<Appointed, Problem> {
    let keys = &visit.config.keys;
    let (contest, id) = (contest.to_string(), visit.new_id().to_string());
    let hash = keys.phone_hash(phone.digits());
    let act = Act {
        contest: &contest,
        act: "officer.appointed",
        subject: format!("officer:{id}"),
        detail: json!({"role": role}),
    };
    let statements = vec![
        standing(visit, &contest),
        bind!(ALREADY, &contest, &hash, &id),
        bind!(
            APPOINT,
            visit.credential_hash(),
            visit.now,
            &contest,
            &id,
            role.word(),
            &hash,
            keys.seal(phone.digits())?,
            MOST
        ),
        act.logged(visit),
        key.point_at(visit, &id),
        listing(&contest, Some(&id)),
    ];
    let (batch, repeated) = match key.run(visit, statements).await? {
        Ran::Now(batch) => (batch, false),
        Ran::Before(earlier) => {
            let id = earlier.subject()?;
            let none = bind!(ALREADY, &contest, "", "");
            let again = vec![standing(visit, &contest), none, listing(&contest, Some(id))];
            (visit.db.batch(again).await?, true)
        }
    };
    stands(&batch, 0)?.require_run()?;
    let rows = batch.rows(if repeated { 2 } else { 5 })?;
    if let Some(officer) = shown(visit, rows).pop() {
        return Ok(Appointed::Done(officer, repeated));
    }
    match batch.first::<serde_json::Value>(1)? {
        Some(_) => Ok(Appointed::Already),
        None if repeated => Err(Problem::not_found()),
        None => Ok(Appointed::TooMany),
    }
}

/// `?4` the officer.
const DISMISS: &str = concat!(
    "WITH ",
    runs!(),
    "
UPDATE contest_officer SET ended_at = ?2
WHERE id = ?4 AND contest_id = ?3 AND ended_at IS NULL AND EXISTS (SELECT 1 FROM runs)"
);

/// Ends an office.
pub async fn dismiss(visit: &Visit, contest: Uuid, officer: Uuid) -> Result<(), Problem> {
    let contest = contest.to_string();
    let act = Act {
        contest: &contest,
        act: "officer.dismissed",
        subject: format!("officer:{officer}"),
        detail: json!({}),
    };
    let batch = visit
        .db
        .batch(vec![
            standing(visit, &contest),
            bind!(
                DISMISS,
                visit.credential_hash(),
                visit.now,
                &contest,
                officer
            ),
            act.logged(visit),
        ])
        .await?;
    stands(&batch, 0)?.require_run()?;
    match batch.changes(1) {
        0 => Err(Problem::not_found()),
        _ => Ok(()),
    }
}
