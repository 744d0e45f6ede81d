//! What becomes of a contest. Each act reads first, decides, and writes only while what it
//! decided on stands and whoever asks still runs it.

use serde::Deserialize;
use serde_json::json;
use uuid::Uuid;

use super::reading::{Seen, seeing, seen};
use super::runs;
use crate::bind;
use crate::contests::log::Act;
use crate::contests::rules::Rules;
use crate::platform::db::{self, Statement};
use crate::platform::idempotency::{Earlier, IdempotencyKey, Ran};
use crate::platform::problem::Problem;
use crate::platform::visit::Visit;

/// In whose name a contest is prepared. `?1` session, `?2` now, `?3` organization, `?4`
/// division.
macro_rules! host {
    () => {
        "WITH host AS (
  SELECT o.id AS organization_id, coalesce(?4, o.region) AS region, o.name AS office, 0 AS ord
  FROM session c
  JOIN member m ON m.volunteer_id = c.volunteer_id AND m.role IN ('owner', 'manager')
  JOIN organization o ON o.id = m.organization_id
  WHERE c.token_hash = ?1 AND c.expires_at > ?2 AND o.id = ?3
  UNION ALL
  SELECT NULL, ?4, k.office, length(k.region)
  FROM session c
  JOIN volunteer v ON v.id = c.volunteer_id
  JOIN coordinator k ON k.phone_hash = v.phone_hash
  WHERE c.token_hash = ?1 AND c.expires_at > ?2 AND ?3 IS NULL
    AND substr(?4, 1, length(k.region)) = k.region
  ORDER BY ord DESC
  LIMIT 1)"
    };
}

/// `?5` id, `?6` name, `?7` about, `?8` draft.
const CREATE: &str = concat!(
    host!(),
    "
INSERT INTO contest (id, organization_id, region, office, name, about, draft, created_at)
SELECT ?5, h.organization_id, h.region, h.office, ?6, ?7, ?8, ?2
FROM host h JOIN region r ON r.code = h.region"
);

const WHY_NOT: &str = concat!(
    host!(),
    "
SELECT EXISTS (SELECT 1 FROM session WHERE token_hash = ?1 AND expires_at > ?2) AS signed_in,
  EXISTS (SELECT 1 FROM host) AS may,
  ?4 IS NULL OR EXISTS (SELECT 1 FROM region WHERE code = ?4) AS region_known"
);

#[derive(Deserialize)]
struct WhyNot {
    #[serde(deserialize_with = "db::truth")]
    signed_in: bool,
    #[serde(deserialize_with = "db::truth")]
    may: bool,
    #[serde(deserialize_with = "db::truth")]
    region_known: bool,
}

/// What a contest is said to be.
#[derive(Clone, Copy, Debug)]
pub struct Words<'a> {
    /// Its name.
    pub name: &'a str,
    /// What it is about.
    pub about: &'a str,
    /// Its rules so far.
    pub draft: Option<&'a Rules>,
}

/// What came of an act.
#[derive(Debug)]
pub enum Written {
    /// It is done.
    Now(Box<Seen>),
    /// The same request was carried out before.
    Before(Box<Seen>),
    /// There is no such division.
    UnknownRegion,
    /// Somebody was quicker; the version that stands.
    Changed(i64),
}

/// Prepares a contest.
pub async fn create(
    visit: &Visit,
    organization: Option<Uuid>,
    region: Option<&str>,
    words: Words<'_>,
    key: &IdempotencyKey,
) -> Result<Written, Problem> {
    let (caller, id) = (visit.credential_hash(), visit.new_id().to_string());
    let asks = |sql: &'static str| bind!(sql, &caller, visit.now, organization, region);
    let mut statements = vec![
        asks(WHY_NOT),
        asks(CREATE)
            .and(&id)
            .and(words.name)
            .and(words.about)
            .and(words.draft.map(Rules::canonical)),
        act(&id, "contest.prepared", json!({"name": words.name})).logged(visit),
        key.point_at(visit, &id),
    ];
    statements.extend(seeing(visit, &id));
    let batch = match key.run(visit, statements).await? {
        Ran::Now(batch) => batch,
        Ran::Before(earlier) => return again(visit, &earlier).await,
    };
    let why: Option<WhyNot> = batch.first(0)?;
    match why {
        Some(why) if !why.signed_in => Err(Problem::unauthenticated()),
        Some(why) if !why.region_known => Ok(Written::UnknownRegion),
        Some(why) if !why.may => Err(Problem::forbidden()),
        _ => Ok(Written::Now(Box::new(seen(&batch, 4)?))),
    }
}

fn act<'a>(contest: &'a str, act: &'a str, detail: serde_json::Value) -> Act<'a> {
    Act {
        contest,
        act,
        subject: format!("contest:{contest}"),
        detail,
    }
}

/// What the same request made before, as it stands, for those who still run it.
async fn again(visit: &Visit, earlier: &Earlier) -> Result<Written, Problem> {
    let statements = seeing(visit, earlier.subject()?);
    let batch = visit.db.batch(statements.into()).await?;
    super::stands(&batch, 0)?.require_run()?;
    Ok(Written::Before(Box::new(seen(&batch, 0)?)))
}

/// What was found before an act.
#[derive(Debug)]
pub enum Loaded {
    /// The contest, for somebody who runs it.
    Now(Box<Seen>),
    /// The same request was carried out before.
    Earlier(Written),
}

/// Reads a contest to decide on, for those who run it.
pub async fn load(visit: &Visit, id: &str, key: &IdempotencyKey) -> Result<Loaded, Problem> {
    let batch = match key.run(visit, seeing(visit, id).into()).await? {
        Ran::Now(batch) => batch,
        Ran::Before(earlier) => return again(visit, &earlier).await.map(Loaded::Earlier),
    };
    super::stands(&batch, 0)?.require_run()?;
    Ok(Loaded::Now(Box::new(seen(&batch, 0)?)))
}

/// What was decided on must still stand, decided by somebody who still may. `?4` version.
const STAND_STILL: &str = concat!(
    "WITH ",
    runs!(),
    "
INSERT INTO abort_if
SELECT 'version_conflict'
WHERE ?4 IS NOT (SELECT version FROM contest WHERE id = ?3) OR NOT EXISTS (SELECT 1 FROM runs)"
);

async fn written(
    visit: &Visit,
    before: &Seen,
    effects: Vec<Statement>,
    act: Act<'_>,
    key: &IdempotencyKey,
) -> Result<Written, Problem> {
    let (id, version) = (&*before.contest.id, before.contest.version);
    let mut statements = vec![bind!(
        STAND_STILL,
        visit.credential_hash(),
        visit.now,
        id,
        version
    )];
    statements.extend(effects);
    statements.extend([act.logged(visit), key.point_at(visit, id)]);
    let at = statements.len();
    statements.extend(seeing(visit, id));
    match key.run(visit, statements).await {
        Ok(Ran::Now(batch)) => Ok(Written::Now(Box::new(seen(&batch, at)?))),
        Ok(Ran::Before(earlier)) => again(visit, &earlier).await,
        Err(error) if error.is_refusal("version_conflict") => {
            let batch = visit.db.batch(seeing(visit, id).into()).await?;
            Ok(Written::Changed(seen(&batch, 0)?.contest.version))
        }
        Err(error) => Err(error.into()),
    }
}

const EDIT: &str = "
UPDATE contest SET name = ?2, about = ?3, draft = ?4, version = version + 1 WHERE id = ?1";

/// Writes a draft anew.
pub async fn edit(visit: &Visit, before: &Seen, words: Words<'_>) -> Result<Written, Problem> {
    let id = &before.contest.id;
    let draft = words.draft.map(Rules::canonical);
    let effect = bind!(EDIT, id, words.name, words.about, draft);
    let act = act(id, "contest.edited", json!({"name": words.name}));
    written(visit, before, vec![effect], act, &IdempotencyKey::default()).await
}

/// `?1` contest, `?2` version of the rules, `?3` text, `?4` hash, `?5` reason, `?6` now.
const PUBLISH: &str = "
INSERT INTO contest_rules (contest_id, version, document, hash, reason, published_at)
VALUES (?1, ?2, ?3, ?4, ?5, ?6)";

const ANNOUNCE: &str = "
UPDATE contest
SET state = 'announced', draft = NULL, rules_version = ?2, announced_at = coalesce(announced_at, ?3),
  entries_open_at = ?4, entries_close_at = ?5, ends_at = ?6, version = version + 1
WHERE id = ?1";

fn publishing(visit: &Visit, before: &Seen, rules: &Rules, reason: Option<&str>) -> Vec<Statement> {
    let (id, version) = (&before.contest.id, before.contest.rules_version + 1);
    vec![
        bind!(
            PUBLISH,
            id,
            version,
            rules.canonical(),
            rules.hash(),
            reason,
            visit.now
        ),
        bind!(
            ANNOUNCE,
            id,
            version,
            visit.now,
            rules.entries.opens_at,
            rules.entries.closes_at,
            rules.ends_at()
        ),
    ]
}

/// Publishes the first rules.
pub async fn announce(
    visit: &Visit,
    before: &Seen,
    rules: &Rules,
    key: &IdempotencyKey,
) -> Result<Written, Problem> {
    let effects = publishing(visit, before, rules, None);
    let detail = json!({"rules": 1, "hash": rules.hash()});
    let act = act(&before.contest.id, "contest.announced", detail);
    written(visit, before, effects, act, key).await
}

/// Publishes other rules, for a reason.
pub async fn amend(
    visit: &Visit,
    before: &Seen,
    rules: &Rules,
    reason: &str,
    key: &IdempotencyKey,
) -> Result<Written, Problem> {
    let effects = publishing(visit, before, rules, Some(reason));
    let version = before.contest.rules_version + 1;
    let detail = json!({"rules": version, "hash": rules.hash(), "reason": reason});
    let act = act(&before.contest.id, "contest.amended", detail);
    written(visit, before, effects, act, key).await
}

const CALL_OFF: &str = "
UPDATE contest SET state = 'cancelled', state_reason = ?2, version = version + 1 WHERE id = ?1";

/// Calls it off, for a reason.
pub async fn call_off(
    visit: &Visit,
    before: &Seen,
    reason: &str,
    key: &IdempotencyKey,
) -> Result<Written, Problem> {
    let id = &before.contest.id;
    let effect = bind!(CALL_OFF, id, reason);
    let act = act(id, "contest.called_off", json!({"reason": reason}));
    written(visit, before, vec![effect], act, key).await
}
