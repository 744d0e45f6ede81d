//! SQL of volunteers, sessions and one-time codes.

use serde::Deserialize;

use super::{
    CODE_LASTS, CODE_PAUSE, CODE_WINDOW, CODES_PER_PHONE, RENAMES, RENAMES_WITHIN, SESSION_LASTS,
    renamed_too_often,
};
use crate::bind;
use crate::menu::Skill;
use crate::platform::clock::{DAY, Instant};
use crate::platform::db::{self, DbError, Statement};
use crate::platform::forgetting::A_SLICE;
use crate::platform::idempotency::{Earlier, IdempotencyKey, Ran};
use crate::platform::problem::Problem;
use crate::platform::visit::Visit;

/// `?1` phone, `?2` address, `?3` code, `?4` now, `?5` end, `?6` pause, `?7` window,
/// `?8` codes a phone, `?9` codes an address.
const ISSUE_CODE: &str = "
INSERT INTO sign_in_code (phone_hash, address_hash, code_hash, created_at, expires_at)
SELECT ?1, ?2, ?3, ?4, ?5
WHERE NOT EXISTS (SELECT 1 FROM sign_in_code WHERE phone_hash = ?1 AND created_at > ?4 - ?6)
  AND (SELECT count(*) FROM sign_in_code WHERE phone_hash = ?1 AND created_at > ?4 - ?7) < ?8
  AND (SELECT count(*) FROM sign_in_code WHERE address_hash = ?2 AND created_at > ?4 - ?7) < ?9";

const IF_ISSUED: &str = "
INSERT INTO outbox (kind, phone_sealed, language, urgent, secret_sealed, created_at, due_at, phone_hash)
SELECT 'sign_in_code', ?1, ?2, 1, ?3, ?4, ?4, ?5
WHERE changes() = 1";

/// A code that is about to be sent.
#[derive(Debug)]
pub struct NewCode<'a> {
    /// By which the phone is found.
    pub phone_hash: &'a str,
    /// The phone, sealed.
    pub phone_sealed: &'a str,
    /// By which the network address is counted.
    pub address_hash: &'a str,
    /// By which the code is known again.
    pub code_hash: &'a str,
    /// The code, sealed until it is sent.
    pub code_sealed: &'a str,
}

/// When the next code may be asked for: `?1` phone, `?2` address, `?3` since when codes
/// count, `?4` codes a phone, `?5` codes an address, `?6` pause, `?7` window.
const NEXT_CODE: &str = "
SELECT max(
  coalesce((SELECT max(created_at) + ?6 FROM sign_in_code WHERE phone_hash = ?1 AND created_at > ?3), 0),
  coalesce((SELECT created_at + ?7 FROM sign_in_code WHERE phone_hash = ?1 AND created_at > ?3
            ORDER BY created_at DESC LIMIT 1 OFFSET ?4 - 1), 0),
  coalesce((SELECT created_at + ?7 FROM sign_in_code WHERE address_hash = ?2 AND created_at > ?3
            ORDER BY created_at DESC LIMIT 1 OFFSET ?5 - 1), 0)) AS next";

#[derive(Deserialize)]
struct Next {
    next: Instant,
}

/// What came of asking for a code.
#[derive(Debug)]
pub enum Issued {
    /// It is on its way.
    Now,
    /// The same request had one before.
    Before(Earlier),
    /// Too many were asked for; from then on there is one again.
    NotUntil(Instant),
}

/// Keeps a code and puts it into the outbox, or says from when on one may be asked for.
pub async fn issue_code(
    visit: &Visit,
    code: &NewCode<'_>,
    key: &IdempotencyKey,
    keep: Statement,
) -> Result<Issued, DbError> {
    let statements = vec![
        bind!(
            ISSUE_CODE,
            code.phone_hash,
            code.address_hash,
            code.code_hash,
            visit.now,
            visit.now.plus(CODE_LASTS),
            CODE_PAUSE,
            CODE_WINDOW,
            CODES_PER_PHONE,
            visit.config.codes_per_address,
        ),
        bind!(
            IF_ISSUED,
            code.phone_sealed,
            visit.lang.code(),
            code.code_sealed,
            visit.now,
            code.phone_hash,
        ),
        keep,
        bind!(
            NEXT_CODE,
            code.phone_hash,
            code.address_hash,
            visit.now.plus(-CODE_WINDOW),
            CODES_PER_PHONE,
            visit.config.codes_per_address,
            CODE_PAUSE,
            CODE_WINDOW,
        ),
    ];
    let batch = match key.run(visit, statements).await? {
        Ran::Now(batch) => batch,
        Ran::Before(earlier) => return Ok(Issued::Before(earlier)),
    };
    if batch.changes(0) > 0 {
        return Ok(Issued::Now);
    }
    let next = batch.first::<Next>(3)?.map(|row| row.next);
    Ok(Issued::NotUntil(next.unwrap_or(visit.now)))
}

/// Only the newest code of a phone counts, five times at most from where it was asked
/// for and five times from elsewhere.
const ATTEMPT: &str = "
UPDATE sign_in_code
SET attempts = attempts + (address_hash = ?3), strange_attempts = strange_attempts + (address_hash <> ?3)
WHERE id = (SELECT id FROM sign_in_code WHERE phone_hash = ?1 ORDER BY created_at DESC, id DESC LIMIT 1)
  AND CASE WHEN address_hash = ?3 THEN attempts ELSE strange_attempts END < 5
  AND used_at IS NULL AND expires_at > ?2
RETURNING id, code_hash";

/// A code somebody may be trying.
#[derive(Debug, Deserialize)]
pub struct KnownCode {
    /// Its number.
    pub id: i64,
    /// What it must match.
    pub code_hash: String,
}

/// What came of an attempt.
#[derive(Debug)]
pub enum Attempted {
    /// What the code must match, while attempts are left.
    Now(Option<KnownCode>),
    /// The same request was carried out before.
    Before(Earlier),
}

/// Counts an attempt and gives what the code must match, while attempts are left.
pub async fn attempt(
    visit: &Visit,
    phone_hash: &str,
    address_hash: &str,
    key: &IdempotencyKey,
) -> Result<Attempted, DbError> {
    let statement = bind!(ATTEMPT, phone_hash, visit.now, address_hash);
    Ok(match key.run(visit, vec![statement]).await? {
        Ran::Now(batch) => Attempted::Now(batch.first(0)?),
        Ran::Before(earlier) => Attempted::Before(earlier),
    })
}

const USE_CODE: &str = "UPDATE sign_in_code SET used_at = ?2 WHERE id = ?1 AND used_at IS NULL";
const ONLY_ONCE: &str = "INSERT INTO abort_if SELECT 'code_used' WHERE changes() = 0";

/// The statements that use a code up; refused with `code_used` when it was.
pub(super) fn use_code(code: i64, now: Instant) -> [Statement; 2] {
    [bind!(USE_CODE, code, now), bind!(ONLY_ONCE)]
}

const ENROL: &str = "
INSERT INTO volunteer (id, name, phone_hash, phone_sealed, language, calendar_hash, created_at)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
ON CONFLICT (phone_hash) DO UPDATE SET
  language = excluded.language,
  name = CASE WHEN volunteer.name = '' THEN excluded.name ELSE volunteer.name END";

const OPEN_SESSION: &str = "
INSERT INTO session (token_hash, volunteer_id, created_at, expires_at)
SELECT ?1, id, ?3, ?4 FROM volunteer WHERE phone_hash = ?2";

/// Somebody who has shown the right code.
#[derive(Debug)]
pub struct Arrival<'a> {
    /// Which code was shown.
    pub code: i64,
    /// By which the phone is found.
    pub phone_hash: &'a str,
    /// The phone, sealed.
    pub phone_sealed: &'a str,
    /// What they call themselves; may be empty.
    pub name: &'a str,
    /// The hash of their new session.
    pub token_hash: &'a str,
}

/// Uses the code up, enrols a volunteer who is new, opens a session: all or nothing.
/// `code_used` when another request was quicker; what was there before when the key was
/// taken.
pub async fn arrive(
    visit: &Visit,
    arrival: &Arrival<'_>,
    key: &IdempotencyKey,
    keep: Statement,
) -> Result<Option<Earlier>, DbError> {
    let id = visit.new_id().to_string();
    let calendar = visit.config.keys.calendar_token(&id, 1).hash();
    let [used, only_once] = use_code(arrival.code, visit.now);
    let statements = vec![
        used,
        only_once,
        bind!(
            ENROL,
            &id,
            arrival.name,
            arrival.phone_hash,
            arrival.phone_sealed,
            visit.lang.code(),
            calendar,
            visit.now,
        ),
        bind!(
            OPEN_SESSION,
            arrival.token_hash,
            arrival.phone_hash,
            visit.now,
            visit.now.plus(SESSION_LASTS),
        ),
        keep,
    ];
    Ok(match key.run(visit, statements).await? {
        Ran::Now(_) => None,
        Ran::Before(earlier) => Some(earlier),
    })
}

const ME: &str = "
SELECT v.id, v.name, v.phone_sealed, v.birth_date, v.adult_declared_at IS NOT NULL AS adult,
  v.skills, v.calendar_version
FROM session c JOIN volunteer v ON v.id = c.volunteer_id
WHERE c.token_hash = ?1 AND c.expires_at > ?2";

/// The volunteer who is signed in.
#[derive(Debug, Deserialize)]
pub struct Me {
    /// UUIDv7.
    pub id: String,
    /// May be empty until it is asked for.
    pub name: String,
    /// Sealed.
    pub phone_sealed: String,
    /// `2008-05-01`, when it was ever needed.
    pub birth_date: Option<String>,
    /// Whether they said to be of age.
    #[serde(deserialize_with = "db::truth")]
    pub adult: bool,
    /// What they say they can do.
    #[serde(deserialize_with = "db::json")]
    pub skills: Vec<Skill>,
    /// Which calendar address is theirs.
    pub calendar_version: i64,
}

/// The statement that finds who is signed in.
pub fn who(visit: &Visit) -> Statement {
    bind!(ME, visit.credential_hash(), visit.now)
}

/// Who is signed in.
pub async fn me(visit: &Visit) -> Result<Option<Me>, DbError> {
    visit.db.first(who(visit)).await
}

/// Who is to have which name. `?1` session, `?2` now, `?3` the name, null where it stays,
/// `?4` a year, `?5` how many renames it takes. `recorded` says whether hours stand to their
/// name; then `held_until` is when so many renames are a year ago that another is due. What
/// was tried out before there were hours does not count.
macro_rules! renaming {
    () => {
        "
WITH caller AS (
  SELECT v.id, v.name FROM session c JOIN volunteer v ON v.id = c.volunteer_id
  WHERE c.token_hash = ?1 AND c.expires_at > ?2),
renaming AS (
  SELECT v.id, EXISTS (
    SELECT 1 FROM service_record r
    WHERE r.volunteer_id = v.id AND r.kind = 'service' AND r.minutes > 0
      AND NOT EXISTS (SELECT 1 FROM service_record n WHERE n.supersedes = r.seq)) AS recorded
  FROM caller v
  WHERE v.name <> '' AND v.name <> ?3),
judged AS (
  SELECT r.id, r.recorded, (
    SELECT a.at + ?4 FROM audit a
    WHERE r.recorded AND a.subject = 'volunteer:' || r.id AND a.action = 'volunteer.renamed'
      AND a.after ->> 'recorded' AND a.at > ?2 - ?4
    ORDER BY a.seq DESC LIMIT 1 OFFSET ?5 - 1) AS held_until
  FROM renaming r)"
    };
}

const HELD_UNTIL: &str = concat!(
    renaming!(),
    "
SELECT held_until FROM judged WHERE held_until IS NOT NULL"
);

/// `?6` the request. No name is written down.
const RECORD_RENAME: &str = concat!(
    renaming!(),
    "
INSERT INTO audit (at, actor, action, subject, after, request_id)
SELECT ?2, 'volunteer:' || id, 'volunteer.renamed', 'volunteer:' || id,
  json_object('recorded', json(iif(recorded, 'true', 'false'))), ?6
FROM judged WHERE held_until IS NULL"
);

/// Right after the rename was recorded, if it is one. `?1` session, `?2` now; then what
/// changes, null what stays.
const PROFILE: &str = "
UPDATE volunteer SET
  name = coalesce(?3, name),
  skills = coalesce(?4, skills)
WHERE id = (SELECT volunteer_id FROM session WHERE token_hash = ?1 AND expires_at > ?2)
  AND (?3 IS NULL OR name IN ('', ?3) OR changes() > 0)";

#[derive(Deserialize)]
struct Held {
    held_until: Instant,
}

/// Changes what a volunteer says of themselves, and reads it back: all of it or nothing,
/// when the name was changed too often.
pub async fn change_profile(
    visit: &Visit,
    name: Option<&str>,
    skills: Option<&[Skill]>,
) -> Result<Option<Me>, Problem> {
    let skills = skills.map(|skills| {
        let mut skills = skills.to_vec();
        skills.sort_unstable();
        skills.dedup();
        serde_json::json!(skills).to_string()
    });
    let renames = |sql: &'static str| {
        let (credential, now) = (visit.credential_hash(), visit.now);
        bind!(sql, credential, now, name, RENAMES_WITHIN, RENAMES)
    };
    let statements = vec![
        renames(HELD_UNTIL),
        renames(RECORD_RENAME).and(&*visit.request_id),
        bind!(PROFILE, visit.credential_hash(), visit.now, name, skills),
        who(visit),
    ];
    let batch = visit.db.batch(statements).await?;
    if let Some(held) = batch.first::<Held>(0)? {
        return Err(renamed_too_often(visit.now, held.held_until));
    }
    Ok(batch.first(3)?)
}

const SIGN_OUT: &str = "DELETE FROM session WHERE token_hash = ?1 AND expires_at > ?2";

const SIGN_OUT_EVERYWHERE: &str = "
DELETE FROM session WHERE volunteer_id = (
  SELECT volunteer_id FROM session WHERE token_hash = ?1 AND expires_at > ?2)";

/// Ends this session; `false` when there was none.
pub async fn sign_out(visit: &Visit) -> Result<bool, DbError> {
    let batch = visit
        .db
        .run(bind!(SIGN_OUT, visit.credential_hash(), visit.now))
        .await?;
    Ok(batch.changes(0) > 0)
}

/// Ends all sessions of whoever is signed in; `false` when nobody is.
pub async fn sign_out_everywhere(visit: &Visit) -> Result<bool, DbError> {
    let statement = bind!(SIGN_OUT_EVERYWHERE, visit.credential_hash(), visit.now);
    Ok(visit.db.run(statement).await?.changes(0) > 0)
}

const NEW_CALENDAR: &str = "
UPDATE volunteer SET calendar_version = ?2, calendar_hash = ?3
WHERE id = ?1 AND calendar_version = ?2 - 1";

/// Gives the calendar a new address; the old one stops working.
pub async fn new_calendar(visit: &Visit, me: &Me) -> Result<(), DbError> {
    let version = me.calendar_version + 1;
    let hash = visit.config.keys.calendar_token(&me.id, version).hash();
    visit
        .db
        .run(bind!(NEW_CALENDAR, &me.id, version, hash))
        .await
        .map(drop)
}

const FORGET_CODES: &str = "
DELETE FROM sign_in_code
WHERE id IN (SELECT id FROM sign_in_code WHERE created_at < ?1 ORDER BY created_at LIMIT ?2)";
const FORGET_SESSIONS: &str = "
DELETE FROM session
WHERE token_hash IN (SELECT token_hash FROM session WHERE expires_at < ?1 ORDER BY expires_at LIMIT ?2)";

/// The statements that forget a slice of old codes, and of old sessions.
pub fn forget(now: Instant) -> [Statement; 2] {
    [
        bind!(FORGET_CODES, now.plus(-DAY), A_SLICE),
        bind!(FORGET_SESSIONS, now, A_SLICE),
    ]
}
