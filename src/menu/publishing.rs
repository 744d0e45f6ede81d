//! Publishing: what stands is read, what shall be is decided without the database, and
//! written whole or not at all.

use std::borrow::Cow;

use uuid::Uuid;

use super::changes::Changes;
use super::document::Document;
use super::lifecycle::may_be_deleted;
use super::notice::{ProjectBody, Reference};
use super::precondition::Precondition;
use super::replacing::{Plan, Refusal, plan};
use super::store::{self, Before, Loaded, ProjectRow, Replacement, ShiftRow, Written};
use super::{ProjectState, SignUpApproval};
use crate::organizations::{Agent, Permission};
use crate::platform::clock::Instant;
use crate::platform::crypto::sha256_hex;
use crate::platform::db::DbError;
use crate::platform::i18n::Words;
use crate::platform::idempotency::{Earlier, IdempotencyKey};
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
    /// Whether an earlier request with the same key has done it.
    pub replayed: bool,
}

/// What publishing comes to, decided and not done.
#[derive(Debug)]
pub enum Decision {
    /// It stands like this already.
    Unchanged,
    /// It is to be written.
    Write {
        /// What becomes of the shifts.
        plan: Plan,
        /// By which the same body is known again.
        body_hash: String,
        /// What is different then.
        changes: Changes,
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

/// What an organization wants of a project.
#[derive(Clone, Debug)]
pub struct Wanted<'a> {
    /// The whole project as it shall be.
    pub body: Cow<'a, ProjectBody>,
    /// Whether the reason of the last change stays, where the body gives none. It
    /// explains no further change.
    pub keeps_reason: bool,
}

impl<'a> Wanted<'a> {
    /// The body takes the place of what stands. Whether the organizer decides on sign-ups
    /// stays for a project that was published, unless the body says it: what a body leaves
    /// out gives nobody a seat.
    pub fn whole(body: &'a ProjectBody, before: &Before) -> Self {
        let published = before.standing.as_ref().filter(|it| it.published);
        let asks = published
            .and(before.answer.as_ref())
            .map(|(project, _)| project.approval);
        let mut body = Cow::Borrowed(body);
        if body.approval.is_none() && asks == Some(SignUpApproval::Required) {
            body.to_mut().approval = asks;
        }
        Self {
            body,
            keeps_reason: false,
        }
    }

    /// The body was made out of what stands.
    pub fn changed(body: ProjectBody) -> Self {
        Self {
            body: Cow::Owned(body),
            keeps_reason: true,
        }
    }
}

/// Decides what becomes of a project, from what stands and what its organization wants,
/// without writing. Refusals are `forbidden`, `invalid_fields` (all of them at once),
/// `organization_not_verified`, `version_conflict` and `shift_has_signups`.
pub fn decide(
    agent: &Agent,
    before: &Before,
    wanted: &Wanted<'_>,
    condition: &Precondition,
    now: Instant,
    new_id: impl FnMut() -> Uuid,
) -> Result<Decision, Problem> {
    agent.require(Permission::WriteProjects)?;
    let body = &*wanted.body;
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
    let document = Document::wanted(body);
    let body_hash = sha256_hex(&document.text());
    if standing.is_some_and(|standing| standing.body_hash == body_hash) {
        return Ok(Decision::Unchanged);
    }
    let stood = before
        .answer
        .as_ref()
        .map(|(project, shifts)| Document::standing(project, shifts));
    let document = match &stood {
        Some(stood) => document.with_kept_reasons(stood, wanted.keeps_reason),
        None => document,
    };
    if stood.as_ref() == Some(&document) {
        return Ok(Decision::Unchanged);
    }
    let plan = planned.map_err(Refusal::into_problem)?;
    let changes = Changes::between(standing.zip(stood.as_ref()), &document, &body_hash);
    Ok(Decision::Write {
        plan,
        body_hash,
        changes,
    })
}

/// Which project is to be published, and on which conditions.
#[derive(Clone, Copy, Debug)]
pub struct Target<'a> {
    /// In whose name.
    pub organization: &'a str,
    /// The organization's own name for the project.
    pub reference: &'a Reference,
    /// Which version it must be.
    pub condition: &'a Precondition,
    /// Under which the answer is given again.
    pub key: &'a IdempotencyKey,
}

/// Publishes a project: reads, decides and writes, again when somebody was quicker.
///
/// `region` is the division code that `wanted` will most likely name. `wanted` makes the
/// project out of what stands; it is asked only once the caller is known and may write
/// projects, so that nobody else learns what a body should be. Besides what [`decide`]
/// refuses: `unauthenticated`, and `busy` when others were quicker several times.
pub async fn publish<'a>(
    visit: &Visit,
    target: Target<'_>,
    region: Option<&str>,
    wanted: impl Fn(&Before) -> Result<Wanted<'a>, Problem>,
) -> Result<Published, Problem> {
    let mut tries = 0;
    loop {
        tries += 1;
        let (agent, before) = match store::load(visit, target, region).await? {
            Loaded::Now(agent, before) => (agent, before),
            Loaded::Earlier(earlier) => {
                return Published::earlier(visit, target.organization, &earlier).await;
            }
        };
        let agent = agent.ok_or_else(Problem::unauthenticated)?;
        agent.require(Permission::WriteProjects)?;
        let wanted = wanted(&before)?;
        let decision = decide(
            &agent,
            &before,
            &wanted,
            target.condition,
            visit.now,
            || visit.new_id(),
        )?;
        let outcome = decision.outcome(&before);
        let written = match &decision {
            Decision::Unchanged => Ok(Written::Now(before.answer.map(Box::new))),
            Decision::Write {
                plan,
                body_hash,
                changes,
            } => {
                let replacement = Replacement {
                    agent: &agent,
                    organization: target.organization,
                    reference: target.reference,
                    standing: before.standing.as_ref(),
                    body: &wanted.body,
                    body_hash,
                    kept_reason: before.reason().filter(|_| wanted.keeps_reason),
                    region_name: before.region_name(&wanted.body),
                    plan,
                    changes,
                };
                store::replace(visit, &replacement, target.key).await
            }
        };
        match written {
            Ok(Written::Now(Some(whole))) => {
                let (project, shifts) = *whole;
                return Ok(Published {
                    outcome,
                    project,
                    shifts,
                    replayed: false,
                });
            }
            Ok(Written::Now(None)) => {
                return Err(Problem::internal("the project written was not found"));
            }
            Ok(Written::Earlier(earlier)) => {
                return Published::earlier(visit, target.organization, &earlier).await;
            }
            // Somebody was quicker: look again, and decide again.
            Err(DbError::Refused(_)) if tries < MOST_TRIES => {}
            Err(DbError::Refused(reason)) => return Err(Problem::busy(reason)),
            Err(error) => return Err(error.into()),
        }
    }
}

/// Reads one of the organization's own projects, drafts included, for whoever may.
pub async fn own_project(
    visit: &Visit,
    organization: &str,
    reference: &Reference,
) -> Result<(ProjectRow, Vec<ShiftRow>), Problem> {
    let target = Target {
        organization,
        reference,
        condition: &Precondition::default(),
        key: &IdempotencyKey::default(),
    };
    let Loaded::Now(agent, before) = store::load(visit, target, None).await? else {
        return Err(Problem::internal("a key where none was sent"));
    };
    let agent = agent.ok_or_else(Problem::unauthenticated)?;
    agent.require(Permission::ReadProjects)?;
    before.answer.ok_or_else(Problem::not_found)
}

/// Throws a draft away that was never published. Refusals are `unauthenticated`,
/// `forbidden`, `not_found`, `version_conflict`, `wrong_state` and `busy`.
pub async fn discard(visit: &Visit, target: Target<'_>) -> Result<(), Problem> {
    let mut tries = 0;
    loop {
        tries += 1;
        let Loaded::Now(agent, before) = store::load(visit, target, None).await? else {
            return Ok(());
        };
        let agent = agent.ok_or_else(Problem::unauthenticated)?;
        agent.require(Permission::WriteProjects)?;
        let standing = before.standing.ok_or_else(Problem::not_found)?;
        target.condition.check(Some(standing.version))?;
        may_be_deleted(standing.state, standing.published)?;
        match store::discard(visit, &agent, target, &standing).await {
            Ok(()) => return Ok(()),
            Err(DbError::Refused(_)) if tries < MOST_TRIES => {}
            Err(DbError::Refused(reason)) => return Err(Problem::busy(reason)),
            Err(error) => return Err(error.into()),
        }
    }
}

impl Published {
    /// What an earlier request with the same key made, for those who may still write.
    pub async fn earlier(
        visit: &Visit,
        organization: &str,
        earlier: &Earlier,
    ) -> Result<Self, Problem> {
        let (agent, found) = store::made(visit, organization, earlier.subject()?).await?;
        let agent = agent.ok_or_else(Problem::unauthenticated)?;
        agent.require(Permission::WriteProjects)?;
        let (project, shifts) = found.ok_or_else(Problem::not_found)?;
        Ok(Self {
            outcome: Outcome::Replaced,
            project,
            shifts,
            replayed: true,
        })
    }
}
