//! Publishing: what stands is read, what shall be is decided without the database, and
//! written whole or not at all.

use std::borrow::Cow;

use uuid::Uuid;

use super::ProjectState;
use super::notice::{ProjectBody, Reference};
use super::precondition::Precondition;
use super::replacing::{Plan, Refusal, plan};
use super::store::{self, Before, ProjectRow, Replacement, ShiftRow};
use crate::organizations::{Agent, Permission};
use crate::platform::clock::Instant;
use crate::platform::crypto::sha256_hex;
use crate::platform::db::DbError;
use crate::platform::i18n::Words;
use crate::platform::problem::Problem;
use crate::platform::visit::Visit;

/// How often a write is decided anew because somebody else was quicker.
const MOST_TRIES: u32 = 4;

/// What became of a project.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It is new.
    Created,
    /// It stood, and was changed.
    Replaced,
    /// It stood like this already; nothing was written.
    Unchanged,
}

/// A project as it stands after publishing.
#[derive(Debug)]
pub struct Published {
    /// What became of it.
    pub outcome: Outcome,
    /// The project.
    pub project: ProjectRow,
    /// Its shifts, in order of time.
    pub shifts: Vec<ShiftRow>,
}

/// What publishing comes to, decided and not done.
#[derive(Debug)]
pub enum Decision {
    /// It stands like this already.
    Unchanged,
    /// It is to be written: what becomes of its shifts, and the hash of the body.
    Write {
        /// What becomes of the shifts.
        plan: Plan,
        /// By which the same body is known again.
        body_hash: String,
    },
}

impl Decision {
    /// What it makes of what stood before.
    pub fn outcome(&self, before: &Before) -> Outcome {
        match self {
            Self::Unchanged => Outcome::Unchanged,
            Self::Write { .. } if before.standing.is_some() => Outcome::Replaced,
            Self::Write { .. } => Outcome::Created,
        }
    }
}

/// Decides what becomes of a project, from what stands and what its organization wants,
/// without writing. Refusals are `forbidden`, `invalid_fields` (all of them at once),
/// `organization_not_verified`, `version_conflict` and `shift_has_signups`.
pub fn decide(
    agent: &Agent,
    before: &Before,
    body: &ProjectBody,
    condition: &Precondition,
    now: Instant,
    new_id: impl FnMut() -> Uuid,
) -> Result<Decision, Problem> {
    agent.require(Permission::WriteProjects)?;
    let standing = before.standing.as_ref();
    let planned = plan(standing, &before.shifts, body, now, new_id);
    let mut invalid = body
        .check(standing.is_some_and(|standing| standing.published))
        .err()
        .unwrap_or_default();
    if body.region.is_some() && before.region_name(body).is_none() {
        let unknown = Words::new("没有这个行政区划代码", "is not a known division");
        invalid.push("/region", unknown);
    }
    if let Err(Refusal::Invalid(fields)) = &planned {
        invalid.extend(fields.clone());
    }
    invalid.into_result().map_err(Problem::invalid)?;
    if body.state == ProjectState::Published {
        agent.require_verified()?;
    }
    condition.check(standing.map(|standing| standing.version))?;
    let body_hash = sha256_hex(&serde_json::to_string(body).unwrap_or_default());
    if standing.is_some_and(|standing| standing.body_hash == body_hash) {
        return Ok(Decision::Unchanged);
    }
    let plan = planned.map_err(Refusal::into_problem)?;
    Ok(Decision::Write { plan, body_hash })
}

/// Publishes a project: reads, decides and writes, again when somebody was quicker.
///
/// `region` is the division code `wanted` will most likely name. `wanted` makes the body
/// out of what stands; it is asked only once the caller is known and may write projects,
/// so that nobody else learns what a body should be. `busy` when others were quicker
/// several times; besides what [`decide`] refuses, `unauthenticated`.
pub async fn publish<'a>(
    visit: &Visit,
    organization: &str,
    reference: &Reference,
    region: Option<&str>,
    condition: &Precondition,
    wanted: impl Fn(&Before) -> Result<Cow<'a, ProjectBody>, Problem>,
) -> Result<Published, Problem> {
    let mut tries = 0;
    loop {
        tries += 1;
        let (agent, before) = store::load(visit, organization, reference, region).await?;
        let agent = agent.ok_or_else(Problem::unauthenticated)?;
        agent.require(Permission::WriteProjects)?;
        let body = wanted(&before)?;
        let decision = decide(&agent, &before, &body, condition, visit.now, || {
            visit.new_id()
        })?;
        let outcome = decision.outcome(&before);
        let written = match &decision {
            Decision::Unchanged => Ok(before.answer),
            Decision::Write { plan, body_hash } => {
                let replacement = Replacement {
                    agent: &agent,
                    organization,
                    reference,
                    standing: before.standing.as_ref(),
                    body: &body,
                    body_hash,
                    region_name: before.region_name(&body),
                    plan,
                };
                store::replace(visit, &replacement).await
            }
        };
        match written {
            Ok(Some((project, shifts))) => {
                return Ok(Published {
                    outcome,
                    project,
                    shifts,
                });
            }
            Ok(None) => return Err(Problem::internal("the project written was not found")),
            // Somebody was quicker: look again, and decide again.
            Err(DbError::Refused(_)) if tries < MOST_TRIES => {}
            Err(DbError::Refused(reason)) => return Err(Problem::busy(reason)),
            Err(error) => return Err(error.into()),
        }
    }
}
