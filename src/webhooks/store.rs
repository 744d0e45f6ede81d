//! SQL of webhooks. Events themselves are written by triggers, in the transaction of what
//! happened.

use serde::Deserialize;
use uuid::Uuid;

use super::hook::Hook;
use super::{Event, WebhookState};
use crate::bind;
use crate::organizations::{Permission, Permit, admit};
use crate::platform::clock::Instant;
use crate::platform::db::{self, Batch, Statement};
use crate::platform::idempotency::{IdempotencyKey, Ran};
use crate::platform::problem::Problem;
use crate::platform::visit::Visit;

/// An organization at whose webhooks somebody asks. `?1` credential, `?2` now, `?3`
/// organization, `?4` roles and `?5` scopes that may.
macro_rules! owning {
    () => {
        concat!(
            "
WITH target AS (SELECT id AS organization_id, name, state AS organization_state FROM organization WHERE id = ?3),
",
            crate::organizations::agent!()
        )
    };
}

/// One webhook of it, for those who may. `?6` the webhook.
macro_rules! of_webhook {
    () => {
        concat!(
            owning!(),
            ",
hook AS (
  SELECT w.* FROM target t JOIN agent a ON a.may
  JOIN webhook w ON w.organization_id = t.organization_id AND w.id = ?6)"
        )
    };
}

macro_rules! webhook_columns {
    () => {
        "w.id, w.url, w.events, w.state, w.created_at, w.failing_since, w.given_up_at, iif(w.previous_until > ?2, w.previous_until, NULL) AS previous_until"
    };
}

macro_rules! delivery_columns {
    () => {
        "d.seq, d.id, d.type AS kind, d.data, d.created_at, d.due_at, d.attempts, d.attempted_at, d.status, d.last_error, d.delivered_at, d.abandoned_at"
    };
}

mod delivering;
mod inspecting;
mod registering;

pub use delivering::{Due, Post, claim, failed, forget, sent};
pub use inspecting::{Again, Delivery, deliveries, replay, test};
pub use registering::{Change, change, previous_until, register, remove, rotate};

const WHO: &str = concat!(owning!(), crate::organizations::entry!());

const NAME: &str = concat!(
    owning!(),
    "
SELECT t.name FROM target t JOIN agent a ON a.may"
);

const ALL: &str = concat!(
    owning!(),
    "
SELECT ",
    webhook_columns!(),
    "
FROM target t JOIN agent a ON a.may JOIN webhook w ON w.organization_id = t.organization_id
ORDER BY w.id"
);

const ONE: &str = concat!(
    of_webhook!(),
    "
SELECT ",
    webhook_columns!(),
    " FROM hook w"
);

/// Right after an act: `?6` the webhook, `?7` what was done, `?8` what came of it, `?9` the
/// request.
const RECORD: &str = concat!(
    owning!(),
    "
INSERT INTO audit (at, actor, action, subject, after, request_id)
SELECT ?2, a.actor, ?7, 'webhook:' || ?6, ?8, ?9
FROM agent a
WHERE a.may AND changes() > 0"
);

/// An endpoint as it stands.
#[derive(Debug, Deserialize)]
pub struct Webhook {
    /// UUIDv7.
    pub id: String,
    /// Where it is.
    pub url: String,
    /// What it is told of.
    #[serde(deserialize_with = "db::json")]
    pub events: Vec<Event>,
    /// Whether it is told anything.
    pub state: WebhookState,
    /// When it was registered.
    pub created_at: Instant,
    /// Since when nothing arrives.
    pub failing_since: Option<Instant>,
    /// When it was switched off because nothing had arrived for days.
    pub given_up_at: Option<Instant>,
    /// Until when the secret before signs as well.
    pub previous_until: Option<Instant>,
}

/// Somebody at an organization's webhooks, if they may.
struct Owner<'a> {
    visit: &'a Visit,
    organization: Uuid,
    credential: Option<String>,
    permit: Permit,
}

impl<'a> Owner<'a> {
    fn of(visit: &'a Visit, organization: Uuid) -> Self {
        Self {
            visit,
            organization,
            credential: visit.credential_hash(),
            permit: Permission::Manage.permit(),
        }
    }

    /// A statement with nothing but who asks.
    fn asks(&self, sql: &'static str) -> Statement {
        bind!(
            sql,
            self.credential.as_deref(),
            self.visit.now,
            self.organization,
            &self.permit.roles,
            &self.permit.scopes,
        )
    }

    fn who(&self) -> Statement {
        self.asks(WHO)
    }

    fn records(&self, webhook: Uuid, action: &str, after: &serde_json::Value) -> Statement {
        self.asks(RECORD)
            .and(webhook)
            .and(action)
            .and(after.to_string())
            .and(&*self.visit.request_id)
    }

    fn name(&self) -> Statement {
        self.asks(NAME)
    }

    /// A statement about one webhook.
    fn one_for(&self, sql: &'static str, webhook: Uuid) -> Statement {
        self.asks(sql).and(webhook)
    }

    fn one(&self, webhook: Uuid) -> Statement {
        self.one_for(ONE, webhook)
    }

    /// Runs statements after one that says who asks, unless the key was taken before. An
    /// earlier answer is for those only who may still have it.
    async fn run(
        &self,
        key: &IdempotencyKey,
        statements: impl IntoIterator<Item = Statement>,
    ) -> Result<Ran, Problem> {
        let statements = [self.who()].into_iter().chain(statements).collect();
        let ran = key.run(self.visit, statements).await.map_err(|error| {
            if error.is_refusal("too_many_webhooks") {
                registering::too_many()
            } else {
                error.into()
            }
        })?;
        match &ran {
            Ran::Now(batch) => admit(batch, 0)?,
            Ran::Before(_) => admit(&self.visit.db.run(self.who()).await?, 0)?,
        }
        Ok(ran)
    }
}

fn one(batch: &Batch, at: usize) -> Result<Webhook, Problem> {
    admit(batch, 0)?;
    batch.first(at)?.ok_or_else(Problem::not_found)
}

#[derive(Deserialize)]
struct Name {
    name: String,
}

fn name(batch: &Batch, at: usize) -> Result<String, Problem> {
    let row: Name = batch.first(at)?.ok_or_else(Problem::not_found)?;
    Ok(row.name)
}

/// An organization's endpoints, for those who may see them, and its name.
pub async fn list(visit: &Visit, organization: Uuid) -> Result<(String, Vec<Webhook>), Problem> {
    let owner = Owner::of(visit, organization);
    let statements = vec![owner.who(), owner.name(), owner.asks(ALL)];
    let batch = visit.db.batch(statements).await?;
    admit(&batch, 0)?;
    Ok((name(&batch, 1)?, batch.rows(2)?))
}

/// One of them.
pub async fn show(
    visit: &Visit,
    Hook {
        organization,
        webhook,
    }: Hook,
) -> Result<Webhook, Problem> {
    let owner = Owner::of(visit, organization);
    let batch = visit
        .db
        .batch(vec![owner.who(), owner.one(webhook)])
        .await?;
    one(&batch, 1)
}

/// Each once, in a fixed order.
pub fn in_order(events: &[Event]) -> Vec<Event> {
    let mut events = events.to_vec();
    events.sort_unstable();
    events.dedup();
    events
}

fn words(events: &[Event]) -> String {
    serde_json::json!(in_order(events)).to_string()
}
