//! Handing in, doing for real and calling off, whichever way somebody asks: what the API
//! and the pages have in common.

use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};

use super::receiving::Received;
use super::store::{self, NewImport, Seen};
use super::{Allowance, Format, Import, ImportState, LineReport, MOST_UNDER_WAY};
use crate::organizations::{Agent, Permission};
use crate::platform::idempotency::{Earlier, IdempotencyKey, Ran, Reply};
use crate::platform::input::parse_id;
use crate::platform::problem::Problem;
use crate::platform::visit::Visit;

/// A member or a key that may import into an organization with room for one more import,
/// now and within the day.
pub async fn admit(visit: &Visit, organization: &str) -> Result<Agent, Problem> {
    let door = store::at_the_door(visit, organization).await?;
    let agent = door.agent.ok_or_else(Problem::unauthenticated)?;
    agent.require(Permission::WriteProjects)?;
    if door.under_way >= MOST_UNDER_WAY {
        return Err(store::too_many());
    }
    let allowance = Allowance::of(agent.organization_state);
    if let Some(used) = door.used.filter(|used| used.spends(allowance)) {
        return Err(used.refusal(visit.now));
    }
    Ok(agent)
}

/// Who hands a file in, and for what.
#[derive(Clone, Copy, Debug)]
pub struct FileIn<'a> {
    /// In whose name.
    pub organization: &'a str,
    /// By whom.
    pub agent: &'a Agent,
    /// Whether it is only tried.
    pub dry_run: bool,
    /// Under which the answer is given again.
    pub key: &'a IdempotencyKey,
}

/// What came of handing in.
#[derive(Debug)]
pub enum HandedIn {
    /// A new import, and its answer.
    Now(Box<Import>, Reply),
    /// The same was handed in before, under the same key.
    Before(Earlier),
}

impl HandedIn {
    /// As the API answers.
    pub fn answer(self, visit: &Visit) -> Result<Response, Problem> {
        match self {
            Self::Now(_, reply) => Ok(reply.into_response()),
            Self::Before(earlier) => earlier.response(visit),
        }
    }
}

impl FileIn<'_> {
    /// Makes an import of a file that has arrived.
    pub async fn finish(self, visit: &Visit, received: Received) -> Result<HandedIn, Problem> {
        let (import, reply) = self.new_import(visit, received.format, received.total)?;
        let new = self.row(&import, &received.upload);
        let ran = store::finish(visit, new, received.last_lines, self.key, &reply).await?;
        Ok(match ran {
            Ran::Now(_) => HandedIn::Now(Box::new(import), reply),
            Ran::Before(earlier) => HandedIn::Before(earlier),
        })
    }

    /// Does for real what was only tried.
    pub async fn repeat(self, visit: &Visit, trial: &Import) -> Result<HandedIn, Problem> {
        let (import, reply) = self.new_import(visit, trial.format, trial.total)?;
        let new = self.row(&import, "");
        let ran = store::again(visit, new, &trial.id, self.key, &reply).await?;
        Ok(match ran {
            Ran::Now(_) => HandedIn::Now(Box::new(import), reply),
            Ran::Before(earlier) => HandedIn::Before(earlier),
        })
    }

    fn row<'b>(&'b self, import: &'b Import, upload: &'b str) -> NewImport<'b> {
        NewImport {
            id: &import.id,
            organization: self.organization,
            actor: &self.agent.actor,
            upload,
            total: import.total,
            dry_run: self.dry_run,
        }
    }

    fn new_import(
        self,
        visit: &Visit,
        format: Format,
        total: i64,
    ) -> Result<(Import, Reply), Problem> {
        let import = Import {
            id: visit.new_id().to_string(),
            state: ImportState::Queued,
            dry_run: self.dry_run,
            format,
            total,
            done: 0,
            created: 0,
            replaced: 0,
            unchanged: 0,
            refused: 0,
            created_at: visit.now,
            finished_at: None,
        };
        let at = format!(
            "/api/v1/organizations/{}/imports/{}",
            self.organization, import.id
        );
        let reply = Reply::new(StatusCode::ACCEPTED, &import)?.at(at);
        Ok((import, reply))
    }
}

/// Calls an import off for whoever may; gives how it stands then, and whether the same
/// was asked before.
pub async fn call_off(
    visit: &Visit,
    organization: &str,
    import: &str,
    key: &IdempotencyKey,
) -> Result<(Import, bool), Problem> {
    let found = store::see(visit, organization, import, &[]).await?;
    let (agent, found, _) = seen(found)?;
    agent.require(Permission::WriteProjects)?;
    let mut earlier = false;
    match store::cancel(visit, organization, &found.id, &agent.actor, key).await {
        Ok(Ran::Now(_)) => {}
        Ok(Ran::Before(before)) => {
            before.subject()?;
            earlier = true;
        }
        Err(error) if error.is_refusal("import_over") => {}
        Err(error) => return Err(error.into()),
    }
    let (_, import, _) = seen(store::see(visit, organization, import, &[]).await?)?;
    Ok((import, earlier))
}

/// Imports for real what was only tried, for whoever may.
pub async fn do_for_real(
    visit: &Visit,
    organization: &str,
    trial: &str,
    key: &IdempotencyKey,
) -> Result<HandedIn, Problem> {
    let (agent, trial, _) = seen(store::see(visit, organization, trial, &[]).await?)?;
    agent.require(Permission::WriteProjects)?;
    let again = FileIn {
        organization,
        agent: &agent,
        dry_run: false,
        key,
    };
    again.repeat(visit, &trial).await
}

/// Ids in a path; what is none is not found.
pub fn ids(organization: &str, import: &str) -> Result<(String, String), Problem> {
    Ok((
        parse_id(organization)?.to_string(),
        parse_id(import)?.to_string(),
    ))
}

/// What somebody who may read projects sees of an import.
pub fn seen(seen: Seen) -> Result<(Agent, Import, Vec<Vec<LineReport>>), Problem> {
    let agent = seen.agent.ok_or_else(Problem::unauthenticated)?;
    agent.require(Permission::ReadProjects)?;
    let import = seen.import.ok_or_else(Problem::not_found)?;
    Ok((agent, import, seen.lines))
}

/// An error unless they are known and may read projects.
pub fn may_read(agent: Option<&Agent>) -> Result<(), Problem> {
    let agent = agent.ok_or_else(Problem::unauthenticated)?;
    agent.require(Permission::ReadProjects)
}

/// Cuts a list that has one more than the page; whether it had.
pub fn cut<T>(items: &mut Vec<T>, limit: i64) -> bool {
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let more = items.len() > limit;
    items.truncate(limit);
    more
}
