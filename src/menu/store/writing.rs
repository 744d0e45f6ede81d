//! Publishing: what stands is loaded, what shall be is written whole or not at all.

use serde::Deserialize;

use super::{PROJECT, ProjectRow, SHIFTS, ShiftRow, whole};
use crate::bind;
use crate::menu::changes::Changes;
use crate::menu::notice::{ProjectBody, Reference};
use crate::menu::publishing::Target;
use crate::menu::replacing::{Plan, Standing, StandingShift};
use crate::menu::search::Terms;
use crate::menu::{Field, ProjectState};
use crate::organizations::{Agent, Permission};
use crate::platform::audit::Act;
use crate::platform::db::{DbError, Statement};
use crate::platform::idempotency::{Earlier, IdempotencyKey, Ran};
use crate::platform::visit::Visit;
use crate::signups::consequences;

const STANDING: &str = "
SELECT id, seq, version, state, place, region, body_hash, published_at IS NOT NULL AS published
FROM project
WHERE organization_id = ?1 AND client_ref = ?2";

const STANDING_SHIFTS: &str = concat!(
    "
SELECT h.id, h.ref, h.starts_at, h.ends_at, h.state, h.confirmed, h.waiting,
  ",
    ever!(),
    "
FROM shift h
WHERE h.project = (SELECT seq FROM project WHERE organization_id = ?1 AND client_ref = ?2)
ORDER BY h.starts_at, h.id"
);

const REGION: &str = "SELECT code, full_name FROM region WHERE code = ?1";

/// What stands before a project is published.
#[derive(Debug, Default)]
pub struct Before {
    /// The project as it stands.
    pub standing: Option<Standing>,
    /// Its shifts.
    pub shifts: Vec<StandingShift>,
    /// The division that was asked for, when there is one of that code.
    pub region: Option<KnownRegion>,
    /// The project as it is answered.
    pub answer: Option<(ProjectRow, Vec<ShiftRow>)>,
}

/// A division and its name.
#[derive(Clone, Debug, Deserialize)]
pub struct KnownRegion {
    /// Division code.
    pub code: String,
    /// Its name with those of the divisions that contain it.
    pub full_name: String,
}

impl Before {
    /// Why it changed last.
    pub fn reason(&self) -> Option<&str> {
        let (project, _) = self.answer.as_ref()?;
        project.change_reason.as_deref()
    }

    /// The name of the division a body names, when it is a known one.
    pub fn region_name(&self, body: &ProjectBody) -> Option<&str> {
        let code = body.region.as_ref()?.as_str();
        let asked = self.region.as_ref().filter(|region| region.code == code);
        let standing = || {
            let (project, _) = self.answer.as_ref()?;
            (project.region.as_deref() == Some(code)).then_some(project.region_name.as_deref())?
        };
        asked
            .map(|region| region.full_name.as_str())
            .or_else(standing)
    }
}

/// What was found.
#[derive(Debug)]
pub enum Loaded {
    /// Who asks, when they are anybody, and what stands.
    Now(Option<Agent>, Box<Before>),
    /// The same was done before, under the same key.
    Earlier(Earlier),
}

/// Asks who is calling and what stands, in one go; `region` is looked up besides.
pub async fn load(
    visit: &Visit,
    target: Target<'_>,
    region: Option<&str>,
) -> Result<Loaded, DbError> {
    let (organization, reference) = (target.organization, target.reference.as_str());
    let statements = vec![
        Agent::at_the_door(visit.credential_hash(), visit.now, organization),
        bind!(STANDING, organization, reference),
        bind!(STANDING_SHIFTS, organization, reference),
        bind!(REGION, region),
        own_project(organization, reference),
        own_shifts(organization, reference),
    ];
    let batch = match target.key.run(visit, statements).await? {
        Ran::Now(batch) => batch,
        Ran::Before(earlier) => return Ok(Loaded::Earlier(earlier)),
    };
    let before = Before {
        standing: batch.first(1)?,
        shifts: batch.rows(2)?,
        region: batch.first(3)?,
        answer: whole(&batch, 4)?,
    };
    Ok(Loaded::Now(batch.first(0)?, Box::new(before)))
}

/// Who asks, and a project of the organization by its id.
pub async fn made(
    visit: &Visit,
    organization: &str,
    id: &str,
) -> Result<(Option<Agent>, Option<(ProjectRow, Vec<ShiftRow>)>), DbError> {
    let of_both = "id = ?1 AND organization_id = ?2";
    let batch = visit
        .db
        .batch(vec![
            Agent::at_the_door(visit.credential_hash(), visit.now, organization),
            bind!(
                format!("{PROJECT} p.id = ?1 AND p.organization_id = ?2"),
                id,
                organization
            ),
            bind!(
                format!("{SHIFTS} {of_both}) ORDER BY h.starts_at, h.id"),
                id,
                organization
            ),
        ])
        .await?;
    Ok((batch.first(0)?, whole(&batch, 1)?))
}

/// The project as its organization reads it.
pub fn own_project(organization: &str, reference: &str) -> Statement {
    let sql = format!("{PROJECT} p.organization_id = ?1 AND p.client_ref = ?2");
    bind!(sql, organization, reference)
}

/// Its shifts, in order of time.
pub fn own_shifts(organization: &str, reference: &str) -> Statement {
    let sql =
        format!("{SHIFTS} organization_id = ?1 AND client_ref = ?2) ORDER BY h.starts_at, h.id");
    bind!(sql, organization, reference)
}

const STAND_STILL: &str = "
INSERT INTO abort_if
SELECT 'version_conflict'
WHERE ?3 IS NOT (SELECT version FROM project WHERE organization_id = ?1 AND client_ref = ?2)";

/// Stops the batch with `version_conflict` unless this version stands; none when nothing
/// stands.
pub fn stand_still(organization: &str, reference: &Reference, version: Option<i64>) -> Statement {
    bind!(STAND_STILL, organization, reference.as_str(), version)
}

const STAY_EMPTY: &str = "
INSERT INTO abort_if
SELECT 'shift_has_signups'
WHERE EXISTS (
  SELECT 1 FROM shift h
  WHERE h.id IN (SELECT value FROM json_each(?1)) AND h.confirmed + h.waiting > 0)";

const WRITE: &str = "
INSERT INTO project (
  id, organization_id, client_ref, state, organization_state, organization_name, field, title, summary,
  region, region_name, place, min_age, skills, published_at, created_at, updated_at,
  sign_up_opens_at, sign_up_closes_minutes, cancel_until_minutes, travel_minutes, change_reason,
  body_hash, content, conditions, how_to_sign_up, risks, safeguards, what_to_bring,
  approval)
SELECT ?1, o.id, ?3, ?4, o.state, o.name, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12,
  CASE WHEN ?4 <> 'draft' THEN ?13 END, ?13, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23, ?24, ?25, ?26
FROM organization o
WHERE o.id = ?2
ON CONFLICT (organization_id, client_ref) DO UPDATE SET
  version = version + 1, state = excluded.state, field = excluded.field, title = excluded.title,
  summary = excluded.summary, region = excluded.region, region_name = excluded.region_name,
  place = excluded.place, min_age = excluded.min_age, skills = excluded.skills,
  published_at = coalesce(published_at, excluded.published_at), updated_at = excluded.updated_at,
  sign_up_opens_at = excluded.sign_up_opens_at,
  sign_up_closes_minutes = excluded.sign_up_closes_minutes,
  cancel_until_minutes = excluded.cancel_until_minutes, travel_minutes = excluded.travel_minutes,
  change_reason = excluded.change_reason, body_hash = excluded.body_hash, content = excluded.content,
  conditions = excluded.conditions, how_to_sign_up = excluded.how_to_sign_up, risks = excluded.risks,
  safeguards = excluded.safeguards, what_to_bring = excluded.what_to_bring,
  approval = excluded.approval";

const DELETE_SHIFTS: &str = "DELETE FROM shift WHERE id IN (SELECT value FROM json_each(?1))";

const WRITE_SHIFTS: &str = "
INSERT INTO shift (id, project, ref, role, starts_at, ends_at, local_date, capacity, waitlist, state, change_reason)
SELECT n.value ->> 'id', p.seq, n.value ->> 'ref', n.value ->> 'role', n.value ->> 'starts_at',
  n.value ->> 'ends_at', n.value ->> 'local_date', n.value ->> 'capacity', n.value ->> 'waitlist',
  n.value ->> 'state', n.value ->> 'change_reason'
FROM project p, json_each(?3) n
WHERE p.organization_id = ?1 AND p.client_ref = ?2
ON CONFLICT (id) DO UPDATE SET
  role = excluded.role, starts_at = excluded.starts_at, ends_at = excluded.ends_at,
  local_date = excluded.local_date, capacity = excluded.capacity, waitlist = excluded.waitlist,
  state = excluded.state, change_reason = coalesce(excluded.change_reason, change_reason)";

/// Shifts left out because nobody is on them any more are called off, not deleted.
const CANCEL_SHIFTS: &str = "
UPDATE shift SET state = 'cancelled'
WHERE id IN (SELECT value FROM json_each(?1)) AND state = 'open'";

const RECOUNT_ONE: &str = concat!(
    "UPDATE project",
    recount!(),
    ", terms = ?4, organization_terms = ?5
WHERE organization_id = ?2 AND client_ref = ?3"
);

/// What is to be written.
#[derive(Debug)]
pub struct Replacement<'a> {
    /// By whom.
    pub agent: &'a Agent,
    /// In whose name.
    pub organization: &'a str,
    /// The organization's own name for the project.
    pub reference: &'a Reference,
    /// What stands now.
    pub standing: Option<&'a Standing>,
    /// What it shall be.
    pub body: &'a ProjectBody,
    /// The hash of that.
    pub body_hash: &'a str,
    /// Why it changed before, where that is still to be said.
    pub kept_reason: Option<&'a str>,
    /// The division's name.
    pub region_name: Option<&'a str>,
    /// What becomes of the shifts.
    pub plan: &'a Plan,
    /// What is different then, for the audit.
    pub changes: &'a Changes,
}

/// Writes a project and its shifts, tells and frees those concerned, and fills the seats
/// that became free: all of it or nothing. Refusals are `agent_changed`,
/// `version_conflict`, `shift_has_signups` and `shift_not_overfilled`: somebody was
/// quicker.
pub async fn replace(
    visit: &Visit,
    what: &Replacement<'_>,
    key: &IdempotencyKey,
) -> Result<Written, DbError> {
    let still = what
        .agent
        .stand_still(Permission::WriteProjects, visit.now, what.organization);
    let mut statements = vec![still];
    statements.extend(replacement(visit, what, Some(key)));
    let answer = statements.len();
    let reference = what.reference.as_str();
    statements.push(own_project(what.organization, reference));
    statements.push(own_shifts(what.organization, reference));
    Ok(match key.run(visit, statements).await? {
        Ran::Now(batch) => Written::Now(whole(&batch, answer)?.map(Box::new)),
        Ran::Before(earlier) => Written::Earlier(earlier),
    })
}

/// What writing came to.
#[derive(Debug)]
pub enum Written {
    /// The project as it is answered.
    Now(Option<Box<(ProjectRow, Vec<ShiftRow>)>>),
    /// It was done before, under the same key.
    Earlier(Earlier),
}

/// The statements of [`replace`], for a batch that writes several projects and asserts
/// once that their agent still may.
/// `key`, if any, is taken with it.
pub fn replacement(
    visit: &Visit,
    what: &Replacement<'_>,
    key: Option<&IdempotencyKey>,
) -> Vec<Statement> {
    let (organization, reference) = (what.organization, what.reference.as_str());
    let (body, plan, now) = (what.body, what.plan, visit.now);
    let id = what.standing.map_or_else(
        || visit.new_id().to_string(),
        |standing| standing.id.clone(),
    );
    let ids = |shifts: &[String]| serde_json::json!(shifts).to_string();
    let rows = serde_json::to_string(&plan.write).unwrap_or_default();
    let place = body.place.as_ref().map(|place| place.as_str());
    let reason = body.change_reason.as_ref().map(|reason| reason.as_str());
    let written: Vec<String> = plan.write.iter().map(|shift| shift.id.clone()).collect();
    let cancelled = ids(&plan.cancelled);

    // What concerns no shift is left out: statements are counted.
    let mut statements = vec![stand_still(
        organization,
        what.reference,
        what.standing.map(|standing| standing.version),
    )];
    if !plan.assumed_empty.is_empty() {
        statements.push(bind!(STAY_EMPTY, ids(&plan.assumed_empty)));
    }
    if !plan.moved.is_empty() {
        let moved = ids(&plan.moved);
        statements.extend(consequences::tell_moved(&moved, now, place, reason, &rows));
    }
    if !plan.cancelled.is_empty() {
        statements.extend(consequences::call_off(&cancelled, now, reason, &rows));
    }
    statements.push(write_project(visit, what, &id));
    statements.extend(key.map(|key| key.point_at(visit, &id)));
    if !plan.delete.is_empty() {
        statements.push(bind!(DELETE_SHIFTS, ids(&plan.delete)));
    }
    if !plan.write.is_empty() {
        statements.push(bind!(WRITE_SHIFTS, organization, reference, rows));
    }
    if !plan.cancelled.is_empty() {
        statements.push(bind!(CANCEL_SHIFTS, cancelled));
    }
    if what.standing.is_some() && !written.is_empty() {
        statements.extend(consequences::promote(&ids(&written), now));
    }
    let terms = Terms::of(body, what.region_name).json();
    let organization_terms = Terms::of_organization(&what.agent.organization_name).json();
    statements.push(bind!(
        RECOUNT_ONE,
        now,
        organization,
        reference,
        terms,
        organization_terms
    ));
    statements.push(
        Act {
            actor: what.agent.actor.clone(),
            action: act(what),
            subject: format!("project:{id}"),
            before: what.changes.before.clone(),
            after: Some(what.changes.after.clone()),
        }
        .record(visit),
    );
    statements
}

/// What the audit calls it.
fn act(what: &Replacement<'_>) -> &'static str {
    match (what.standing, what.body.state) {
        (None, _) => "project.created",
        (Some(standing), state) if standing.state == state => "project.replaced",
        (_, ProjectState::Draft) => "project.withdrawn",
        (_, ProjectState::Published) => "project.published",
        (_, ProjectState::Closed) => "project.closed",
        (_, ProjectState::Cancelled) => "project.cancelled",
    }
}

fn write_project(visit: &Visit, what: &Replacement<'_>, id: &str) -> Statement {
    let body = what.body;
    bind!(
        WRITE,
        id,
        what.organization,
        what.reference.as_str(),
        body.state.word(),
        body.field.map(Field::word),
        body.title.as_ref().map(|text| text.as_str()),
        body.summary.as_ref().map(|text| text.as_str()),
        body.region.as_ref().map(|region| region.as_str()),
        what.region_name,
        body.place.as_ref().map(|text| text.as_str()),
        body.min_age(),
        serde_json::json!(body.skills()).to_string(),
        visit.now,
        body.sign_up_opens_at,
        body.sign_up_closes_minutes(),
        body.cancel_until_minutes(),
        body.travel_minutes(),
        body.change_reason
            .as_ref()
            .map(|text| text.as_str())
            .or(what.kept_reason),
        what.body_hash,
        body.content.as_ref().map(|text| text.as_str()),
        body.conditions.as_ref().map(|text| text.as_str()),
        body.how_to_sign_up.as_ref().map(|text| text.as_str()),
        body.risks.as_ref().map(|text| text.as_str()),
        body.safeguards.as_ref().map(|text| text.as_str()),
        body.what_to_bring.as_ref().map(|text| text.as_str()),
        body.approval().word(),
    )
}
