//! What becomes of an entry: read, decided on, and written only while what was decided on
//! stands.

use serde_json::{Value, json};
use uuid::Uuid;

use super::reading::{EntryRow, at_entry, at_organization, row};
use super::{facts, organization_agent};
use crate::bind;
use crate::contests::entering::deciding::Candidate;
use crate::contests::entering::{EntryDraft, EntryState};
use crate::contests::log;
use crate::contests::running::store::{ContestRow, contest};
use crate::organizations::{Permission, admit};
use crate::platform::db::Statement;
use crate::platform::idempotency::{Earlier, IdempotencyKey, Ran};
use crate::platform::problem::Problem;
use crate::platform::visit::Visit;

/// The project of `x`, and what stands against entering it. `?1` now.
macro_rules! candidate {
    () => {
        "
SELECT p.organization_id = x.organization_id AS own, p.published_at IS NOT NULL AS published, p.title, p.field,
  o.state AS organization_state,
  EXISTS (
    SELECT 1 FROM contest_entry e
    WHERE e.contest_id = x.contest_id AND e.project_id = p.id AND e.state <> 'withdrawn'
      AND e.id IS NOT x.entry_id) AS entered,
  (SELECT w.award FROM contest_past_winner w
   WHERE w.project_id = p.id AND w.contest_id <> x.contest_id LIMIT 1) AS won,
  (SELECT t.name
   FROM contest_entry e JOIN contest t ON t.id = e.contest_id
   WHERE e.project_id = p.id AND e.contest_id <> x.contest_id AND e.state = 'submitted'
     AND t.state = 'announced' AND t.ends_at > ?1
   LIMIT 1) AS elsewhere
FROM x
JOIN project p ON p.id = x.project_id
JOIN organization o ON o.id = p.organization_id"
    };
}

/// `?2` project, `?3` organization, `?4` contest.
const CANDIDATE: &str = concat!(
    "WITH x AS (SELECT ?2 AS project_id, ?3 AS organization_id, ?4 AS contest_id, NULL AS entry_id)",
    candidate!()
);

/// `?2` entry.
const CANDIDATE_OF_ENTRY: &str = concat!(
    "WITH x AS (
  SELECT project_id, organization_id, contest_id, id AS entry_id FROM contest_entry WHERE id = ?2)",
    candidate!()
);

/// What was found before an entry is written.
#[derive(Debug)]
pub struct Before {
    /// Its contest.
    pub contest: ContestRow,
    /// The entry, when there is one.
    pub entry: Option<EntryRow>,
    /// The project, when there is one.
    pub candidate: Option<Candidate>,
    organization: String,
    project: String,
}

/// What was found.
#[derive(Debug)]
pub enum Loaded {
    /// What stands, for somebody who acts for the organization.
    Now(Box<Before>),
    /// The same was done before.
    Earlier(Box<EntryRow>),
}

/// What the same request wrote, as it stands, for those who still act for the organization.
async fn again(visit: &Visit, contest_id: &str, earlier: &Earlier) -> Result<EntryRow, Problem> {
    let id = earlier.subject()?;
    let statements = vec![at_entry(visit, id), row(contest_id, id)];
    let batch = visit.db.batch(statements).await?;
    admit(&batch, 0)?;
    batch.first(1)?.ok_or_else(Problem::not_found)
}

/// Reads what is needed to enter a project.
pub async fn load_new(
    visit: &Visit,
    contest_id: Uuid,
    (organization, project): (Uuid, Uuid),
    key: &IdempotencyKey,
) -> Result<Loaded, Problem> {
    let contest_id = contest_id.to_string();
    let (organization, project) = (organization.to_string(), project.to_string());
    let statements = vec![
        at_organization(visit, &organization),
        contest(&contest_id),
        bind!(CANDIDATE, visit.now, &project, &organization, &contest_id),
    ];
    let batch = match key.run(visit, statements).await? {
        Ran::Now(batch) => batch,
        Ran::Before(earlier) => {
            let row = again(visit, &contest_id, &earlier).await?;
            return Ok(Loaded::Earlier(Box::new(row)));
        }
    };
    admit(&batch, 0)?;
    let contest: Option<ContestRow> = batch.first(1)?;
    let contest = contest.filter(|contest| contest.announced_at.is_some());
    Ok(Loaded::Now(Box::new(Before {
        contest: contest.ok_or_else(Problem::not_found)?,
        entry: None,
        candidate: batch.first(2)?,
        organization,
        project,
    })))
}

/// Reads an entry to decide on.
pub async fn load(
    visit: &Visit,
    contest_id: Uuid,
    id: Uuid,
    key: &IdempotencyKey,
) -> Result<Loaded, Problem> {
    let (contest_id, id) = (contest_id.to_string(), id.to_string());
    let statements = vec![
        at_entry(visit, &id),
        contest(&contest_id),
        row(&contest_id, &id),
        bind!(CANDIDATE_OF_ENTRY, visit.now, &id),
    ];
    let batch = match key.run(visit, statements).await? {
        Ran::Now(batch) => batch,
        Ran::Before(earlier) => {
            let row = again(visit, &contest_id, &earlier).await?;
            return Ok(Loaded::Earlier(Box::new(row)));
        }
    };
    admit(&batch, 0)?;
    let entry: EntryRow = batch.first(2)?.ok_or_else(Problem::not_found)?;
    Ok(Loaded::Now(Box::new(Before {
        contest: batch.first(1)?.ok_or_else(Problem::not_found)?,
        candidate: batch.first(3)?,
        organization: entry.organization_id.clone(),
        project: entry.project_id.clone(),
        entry: Some(entry),
    })))
}

/// What was decided on must still stand, decided by somebody who still may: `?6` the
/// contest, `?7` the version of its rules, `?8` the entry and `?9` its version, null for a
/// new one.
const STAND_STILL: &str = concat!(
    organization_agent!(),
    "
INSERT INTO abort_if
SELECT 'entry_moved_on'
WHERE NOT EXISTS (SELECT 1 FROM agent WHERE may)
  OR NOT EXISTS (SELECT 1 FROM contest WHERE id = ?6 AND rules_version = ?7)
  OR ?9 IS NOT (SELECT version FROM contest_entry WHERE id = ?8)"
);

/// Stops the batch when the project takes part elsewhere by now. `?1` project, `?2` contest,
/// `?3` now.
const STAY_FREE: &str = "
INSERT INTO abort_if
SELECT 'entry_moved_on'
FROM contest_entry e JOIN contest t ON t.id = e.contest_id
WHERE e.project_id = ?1 AND e.contest_id <> ?2 AND e.state = 'submitted'
  AND t.state = 'announced' AND t.ends_at > ?3";

const BEGIN: &str = "
INSERT INTO contest_entry (id, contest_id, project_id, organization_id, track, title, words, attachments,
  created_at, updated_at)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?9)";

const REWRITE: &str = "
UPDATE contest_entry
SET track = ?2, title = ?3, words = ?4, attachments = ?5, updated_at = ?6, version = version + 1
WHERE id = ?1";

/// `?1` project, `?2` entry, `?3` now, `?4` state.
const SUBMIT: &str = concat!(
    "
UPDATE contest_entry
SET state = ?4, facts = ",
    facts!("?1"),
    ",
  number = coalesce(number, (
    SELECT 1 + coalesce(max(n.number), 0) FROM contest_entry n WHERE n.contest_id = contest_entry.contest_id)),
  state_reason = iif(?4 = 'submitted', NULL, state_reason), checked_at = iif(?4 = 'submitted', NULL, checked_at),
  submitted_at = coalesce(submitted_at, ?3), updated_at = ?3, version = version + 1
WHERE id = ?2"
);

const WITHDRAW: &str = "
UPDATE contest_entry
SET state = 'withdrawn', state_reason = ?2, updated_at = ?3, version = version + 1
WHERE id = ?1";

/// What becomes of an entry.
#[derive(Clone, Copy, Debug)]
pub enum Change<'a> {
    /// It is written, as a draft or anew.
    Written(&'a EntryDraft),
    /// It is written anew while it stands submitted: the facts are read again.
    Rewritten(&'a EntryDraft),
    /// It is submitted.
    Submitted,
    /// It is withdrawn, for a reason.
    Withdrawn(Option<&'a str>),
}

/// What came of it.
#[derive(Debug)]
pub enum Written {
    /// It is done; or the same request had done it before.
    Done(Box<EntryRow>, bool),
    /// Something it rested on is not so any more.
    MovedOn,
    /// Another entry of the project stands.
    Entered,
}

/// How the log calls it.
pub type Act = (&'static str, Value);

fn effects(visit: &Visit, before: &Before, id: &str, change: Change<'_>) -> (Vec<Statement>, Act) {
    let contest_id = &before.contest.id;
    let written = |draft: &EntryDraft| {
        let words = json!(draft.words).to_string();
        (words, json!(&*draft.attachments).to_string())
    };
    match change {
        Change::Written(draft) | Change::Rewritten(draft) => {
            let (words, attachments) = written(draft);
            let (track, title) = (draft.track.as_str(), draft.title.as_str());
            let digest = crate::platform::crypto::sha256_hex(&json!(draft).to_string());
            let detail = json!({"track": track, "sha256": digest});
            let Some(entry) = &before.entry else {
                let begin = bind!(
                    BEGIN,
                    id,
                    contest_id,
                    &before.project,
                    &before.organization,
                    track,
                    title,
                    words,
                    attachments,
                    visit.now
                );
                return (vec![begin], ("entry.begun", detail));
            };
            let mut statements = vec![bind!(
                REWRITE,
                id,
                track,
                title,
                words,
                attachments,
                visit.now
            )];
            if matches!(change, Change::Rewritten(_)) {
                let state = entry.state.word();
                statements.push(bind!(SUBMIT, &before.project, id, visit.now, state));
            }
            (statements, ("entry.written", detail))
        }
        Change::Submitted => (
            vec![bind!(
                SUBMIT,
                &before.project,
                id,
                visit.now,
                EntryState::Submitted.word()
            )],
            ("entry.submitted", json!({"project": before.project})),
        ),
        Change::Withdrawn(reason) => (
            vec![bind!(WITHDRAW, id, reason, visit.now)],
            ("entry.withdrawn", json!({"reason": reason})),
        ),
    }
}

/// Writes what becomes of an entry.
pub async fn write(
    visit: &Visit,
    before: &Before,
    change: Change<'_>,
    stays_free: bool,
    key: &IdempotencyKey,
) -> Result<Written, Problem> {
    let permit = Permission::EnterContests.permit();
    let contest_id = &before.contest.id;
    let id = before
        .entry
        .as_ref()
        .map_or_else(|| visit.new_id().to_string(), |entry| entry.id.clone());
    let mut statements = vec![bind!(
        STAND_STILL,
        visit.credential_hash(),
        visit.now,
        &before.organization,
        permit.roles,
        permit.scopes,
        contest_id,
        before.contest.rules_version,
        &id,
        before.entry.as_ref().map(|entry| entry.version)
    )];
    if stays_free {
        statements.push(bind!(STAY_FREE, &before.project, contest_id, visit.now));
    }
    let (effects, (act, detail)) = effects(visit, before, &id, change);
    statements.extend(effects);
    let act = log::Act {
        contest: contest_id,
        act,
        subject: format!("entry:{id}"),
        detail,
    };
    statements.extend([act.logged(visit), key.point_at(visit, &id)]);
    let at = statements.len();
    statements.push(row(contest_id, &id));
    match key.run(visit, statements).await {
        Ok(Ran::Now(batch)) => {
            let entry = batch.first(at)?.ok_or_else(Problem::not_found)?;
            Ok(Written::Done(Box::new(entry), false))
        }
        Ok(Ran::Before(earlier)) => {
            let entry = again(visit, contest_id, &earlier).await?;
            Ok(Written::Done(Box::new(entry), true))
        }
        Err(error) if error.is_refusal("entry_moved_on") => Ok(Written::MovedOn),
        Err(error) if error.is_refusal("contest_entry.contest_id, contest_entry.project_id") => {
            Ok(Written::Entered)
        }
        Err(error) => Err(error.into()),
    }
}
