//! Disputes as those see them who have to answer or decide. Lists name no volunteer.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::bind;
use crate::choice;
use crate::coordination::store::standing;
use crate::hours::corrections::DisputeState;
use crate::organizations::{Agent, Permission, admit};
use crate::platform::clock::Instant;
use crate::platform::db::Statement;
use crate::platform::problem::Problem;
use crate::platform::visit::Visit;

choice! {
    /// Which disputes to list.
    Which {
        /// Those the organization has not answered, the oldest first.
        Unanswered = "unanswered",
        /// All, the newest first.
        All = "all",
    }
}

/// A dispute in a list.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
pub struct ListedDispute {
    /// UUIDv7.
    #[schema(format = "uuid")]
    pub id: String,
    /// Its place among all.
    #[serde(skip_serializing)]
    pub seq: i64,
    /// Where it stands.
    pub state: DisputeState,
    /// The last day for the organization's answer.
    #[schema(format = "date")]
    pub due_on: String,
    /// When it was contested, RFC 3339.
    #[schema(value_type = String, format = "date-time")]
    pub opened_at: Instant,
    /// The record it is about.
    #[schema(format = "uuid")]
    pub record_id: String,
    /// The recording unit.
    #[schema(format = "uuid")]
    pub organization_id: String,
    /// Its name.
    pub organization_name: String,
    /// Name of the activity.
    pub activity: String,
    /// The day it took place.
    #[schema(format = "date")]
    pub on_date: String,
    /// Minutes recorded.
    pub minutes: i64,
}

macro_rules! listed_columns {
    () => {
        "
SELECT d.seq, d.id, d.state, d.due_on, d.opened_at, r.id AS record_id, d.organization_id,
  r.facts ->> 'organization' AS organization_name, r.facts ->> 'activity' AS activity, r.on_date, r.minutes
"
    };
}

/// `?1` credential, `?2` now, `?3` organization, `?4` roles and `?5` scopes that may.
macro_rules! of_organization {
    () => {
        concat!(
            "
WITH target AS (SELECT id AS organization_id, name FROM organization WHERE id = ?3),
",
            crate::organizations::agent!()
        )
    };
}

const WHO: &str = concat!(of_organization!(), crate::organizations::entry!());

/// `?6` after which place, `?7` how many.
const UNANSWERED: &str = concat!(
    of_organization!(),
    listed_columns!(),
    "FROM agent a JOIN record_dispute d JOIN service_record r ON r.seq = d.record
WHERE a.may AND d.organization_id = ?3 AND d.state = 'open' AND d.seq > ?6
ORDER BY d.seq
LIMIT ?7"
);

/// `?6` before which place, 0 for the first page, `?7` how many.
const ALL: &str = concat!(
    of_organization!(),
    listed_columns!(),
    "FROM agent a JOIN record_dispute d JOIN service_record r ON r.seq = d.record
WHERE a.may AND d.organization_id = ?3 AND d.seq < iif(?6 = 0, 9e15, ?6)
ORDER BY d.seq DESC
LIMIT ?7"
);

/// What waits for the coordinator's decision, or too long for an answer. `?3` today, `?4`
/// after which place, `?5` how many.
const WAITING: &str = concat!(
    "WITH ",
    crate::coordination::store::reach!(),
    listed_columns!(),
    "FROM record_dispute d JOIN service_record r ON r.seq = d.record
WHERE d.seq IN (
    SELECT b.seq FROM reach m JOIN record_dispute b
      ON b.region >= m.region AND b.region < m.region || ':' AND b.state IN ('open', 'escalated'))
  AND (d.state = 'escalated' OR d.due_on < ?3) AND d.seq > ?4
ORDER BY d.seq
LIMIT ?5"
);

/// A page of a list.
#[derive(Debug)]
pub struct Page {
    /// Who reads in an organization's name; none where a coordinator reads.
    pub agent: Option<Agent>,
    /// The disputes.
    pub items: Vec<ListedDispute>,
    /// After which place the next page begins; none on the last.
    pub next: Option<i64>,
}

impl Page {
    fn cut(agent: Option<Agent>, mut items: Vec<ListedDispute>, limit: usize) -> Self {
        let more = items.len() > limit;
        items.truncate(limit);
        let next = items.last().filter(|_| more).map(|last| last.seq);
        Self { agent, items, next }
    }
}

fn one_more(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX).saturating_add(1)
}

/// An organization's disputes, for whoever may read its hours.
pub async fn of_organization(
    visit: &Visit,
    organization: Uuid,
    which: Which,
    after: i64,
    limit: usize,
) -> Result<Page, Problem> {
    let permit = Permission::ReadHours.permit();
    let asks = |sql: &'static str| -> Statement {
        bind!(
            sql,
            visit.credential_hash(),
            visit.now,
            organization,
            &permit.roles,
            &permit.scopes
        )
    };
    let list = match which {
        Which::Unanswered => UNANSWERED,
        Which::All => ALL,
    };
    let batch = visit
        .db
        .batch(vec![
            asks(WHO),
            Agent::at_the_door(
                visit.credential_hash(),
                visit.now,
                &organization.to_string(),
            ),
            asks(list).and(after).and(one_more(limit)),
        ])
        .await?;
    admit(&batch, 0)?;
    Ok(Page::cut(batch.first(1)?, batch.rows(2)?, limit))
}

/// Disputes a coordinator should look at: to decide, or left unanswered too long.
pub async fn waiting_for_coordinator(
    visit: &Visit,
    after: i64,
    limit: usize,
) -> Result<Page, Problem> {
    let today = visit.now.date().to_string();
    let list = bind!(
        WAITING,
        visit.credential_hash(),
        visit.now,
        today,
        after,
        one_more(limit)
    );
    let batch = visit.db.batch(vec![standing(visit), list]).await?;
    let standing: Option<crate::coordination::store::Standing> = batch.first(0)?;
    standing.ok_or_else(Problem::unauthenticated)?.require()?;
    Ok(Page::cut(None, batch.rows(1)?, limit))
}
