//! An organization's own projects: the list with every state, and throwing drafts away.

use std::fmt::Write as _;

use serde::Deserialize;

use super::writing::stand_still;
use crate::bind;
use crate::menu::ProjectState;
use crate::menu::own::{Filter, OwnProject};
use crate::menu::publishing::Target;
use crate::menu::replacing::Standing;
use crate::menu::search::Cursor;
use crate::organizations::{Agent, Permission};
use crate::platform::audit::Act;
use crate::platform::db::{DbError, Param, Statement};
use crate::platform::visit::Visit;

const COLUMNS: &str =
    "p.number, p.id, p.client_ref, p.version, p.state, p.title, p.field, p.region_name,
  p.next_starts_at, p.seats_free, p.waits_free, p.published_at, p.updated_at";

/// After every text that begins with another.
const LAST_CHARACTER: char = '\u{10FFFF}';

/// Projects whose reference begins with the words come first, then titles.
const BY_REFERENCE: i64 = 0;
const BY_TITLE: i64 = 1;

#[derive(Deserialize)]
struct Row {
    phase: i64,
    number: i64,
    #[serde(flatten)]
    project: OwnProject,
}

/// One page of the list, and where the next one begins, if there is more.
#[derive(Debug)]
pub struct OwnPage {
    /// Who asks, when they are anybody.
    pub agent: Option<Agent>,
    /// The projects.
    pub projects: Vec<OwnProject>,
    /// Where this page ends.
    pub next: Option<Cursor>,
}

/// Asks who is calling, and for one page of the organization's projects if there is
/// anything to look for.
pub async fn own_list(
    visit: &Visit,
    organization: &str,
    filter: Option<&Filter>,
) -> Result<OwnPage, DbError> {
    let door = Agent::at_the_door(visit.credential_hash(), visit.now, organization);
    let Some(filter) = filter else {
        return Ok(OwnPage {
            agent: visit.db.first(door).await?,
            projects: Vec::new(),
            next: None,
        });
    };
    let batch = visit
        .db
        .batch(vec![door, own_list_statement(organization, filter)])
        .await?;
    let mut rows: Vec<Row> = batch.rows(1)?;
    let limit = usize::try_from(filter.limit).unwrap_or(usize::MAX);
    let more = rows.len() > limit;
    rows.truncate(limit);
    let next = rows.last().filter(|_| more).map(|last| Cursor {
        key: last.phase,
        project: last.number,
    });
    Ok(OwnPage {
        agent: batch.first(0)?,
        projects: rows.into_iter().map(|row| row.project).collect(),
        next,
    })
}

/// The statement for one page of the list, and one line more.
pub fn own_list_statement(organization: &str, filter: &Filter) -> Statement {
    let mut params: Vec<Param> = vec![organization.into(), (filter.limit + 1).into()];
    let mut bind = |value: Param| {
        params.push(value);
        format!("?{}", params.len())
    };
    let state = filter.state.map_or_else(String::new, |state| {
        format!(" AND p.state = {}", bind(state.word().into()))
    });
    let after = filter.after.map(|cursor| {
        let number = bind(cursor.project.into());
        (cursor.key, number)
    });
    let Some(words) = &filter.words else {
        let mut sql = format!(
            "SELECT 0 AS phase, {COLUMNS}\nFROM project p\nWHERE p.organization_id = ?1{state}"
        );
        if let Some((_, number)) = after {
            let _ = write!(sql, " AND p.number < {number}");
        }
        sql.push_str("\nORDER BY p.number DESC\nLIMIT ?2");
        return Statement::new(sql, params);
    };
    let from = bind(words.as_str().into());
    let until = bind(format!("{words}{LAST_CHARACTER}").into());
    // With two lower bounds the database might begin at the wrong one: the plus sign keeps
    // it from the first once a page begins elsewhere.
    let (mut named, mut titled) = ("p.client_ref >= ", "p.title >= ");
    let mut later = String::new();
    match &after {
        Some((BY_TITLE, number)) => {
            titled = "+p.title >= ";
            later = format!(
                "\n    AND (p.title, p.number) > (SELECT title, number FROM project WHERE seq = {number} AND organization_id = ?1)"
            );
        }
        Some((_, number)) => {
            named = "+p.client_ref >= ";
            later = format!(
                "\n    AND p.client_ref > (SELECT client_ref FROM project WHERE seq = {number} AND organization_id = ?1)"
            );
        }
        None => {}
    }
    let title_only = matches!(after, Some((BY_TITLE, _)));
    let (after_reference, after_title) = if title_only {
        ("", later.as_str())
    } else {
        (later.as_str(), "")
    };
    let by_reference = format!(
        "SELECT {BY_REFERENCE} AS phase, {COLUMNS}\n  FROM project p\n  WHERE p.organization_id = ?1 AND {named}{from} AND p.client_ref < {until}{state}{after_reference}"
    );
    let by_title = format!(
        "SELECT {BY_TITLE} AS phase, {COLUMNS}\n  FROM project p\n  WHERE p.organization_id = ?1 AND {titled}{from} AND p.title < {until}{state}\n    AND NOT (+p.client_ref >= {from} AND +p.client_ref < {until}){after_title}"
    );
    let by_title = format!("SELECT * FROM ({by_title}\n  ORDER BY p.title, p.number\n  LIMIT ?2)");
    let sql = if title_only {
        by_title
    } else {
        format!(
            "SELECT * FROM ({by_reference}\n  ORDER BY p.client_ref\n  LIMIT ?2)\nUNION ALL\n{by_title}\nLIMIT ?2"
        )
    };
    Statement::new(sql, params)
}

const DELETE_SHIFTS: &str = "
DELETE FROM shift WHERE project = (
  SELECT seq FROM project
  WHERE organization_id = ?1 AND client_ref = ?2 AND state = 'draft' AND published_at IS NULL)";

const DELETE: &str = "
DELETE FROM project
WHERE organization_id = ?1 AND client_ref = ?2 AND state = 'draft' AND published_at IS NULL";

/// Throws a draft away that was never published. Refuses with `version_conflict` when it
/// has changed since it was looked at, with `agent_changed` when the agent has.
pub async fn discard(
    visit: &Visit,
    agent: &Agent,
    target: Target<'_>,
    standing: &Standing,
) -> Result<(), DbError> {
    let (organization, reference) = (target.organization, target.reference);
    let before = serde_json::json!({
        "version": standing.version,
        "state": ProjectState::Draft,
        "client_ref": reference,
    });
    let act = Act {
        actor: agent.actor.clone(),
        action: "project.deleted",
        subject: format!("project:{}", standing.id),
        before: Some(before.to_string()),
        after: None,
    };
    let name = reference.as_str();
    visit
        .db
        .batch(vec![
            agent.stand_still(Permission::WriteProjects, visit.now, organization),
            stand_still(organization, reference, Some(standing.version)),
            bind!(DELETE_SHIFTS, organization, name),
            bind!(DELETE, organization, name),
            act.record(visit),
        ])
        .await
        .map(drop)
}
