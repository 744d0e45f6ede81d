//! What was delivered and what was not, and sending it again.

use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Owner, Webhook, name, one};
use crate::platform::clock::Instant;
use crate::platform::db;
use crate::platform::i18n::Words;
use crate::platform::idempotency::{IdempotencyKey, Ran};
use crate::platform::problem::Problem;
use crate::platform::visit::Visit;
use crate::webhooks::{TEST, WebhookState};

/// `?6` the webhook, `?7` before which number, `?8` how many.
const DELIVERIES: &str = concat!(
    of_webhook!(),
    "
SELECT ",
    delivery_columns!(),
    "
FROM hook w JOIN webhook_delivery d ON d.webhook_id = w.id
WHERE d.seq < ?7
ORDER BY d.seq DESC
LIMIT ?8"
);

/// `?6` the webhook, `?7` the delivery.
const DELIVERY: &str = concat!(
    of_webhook!(),
    "
SELECT ",
    delivery_columns!(),
    "
FROM hook w JOIN webhook_delivery d ON d.webhook_id = w.id
WHERE d.id = ?7"
);

/// The same event under the same id, with all its attempts before it. `?6` the webhook,
/// `?7` the delivery.
const REPLAY: &str = concat!(
    of_webhook!(),
    "
UPDATE webhook_delivery
SET due_at = ?2, attempts = 0, delivered_at = NULL, abandoned_at = NULL
FROM hook w
WHERE webhook_delivery.webhook_id = w.id AND webhook_delivery.id = ?7 AND w.state = 'active'"
);

/// `?6` the webhook, `?7` the new id, `?8` the kind.
const TRY_OUT: &str = concat!(
    of_webhook!(),
    "
INSERT INTO webhook_delivery (id, webhook_id, type, data, created_at, due_at)
SELECT ?7, w.id, ?8, json_object('id', w.id), ?2, ?2
FROM hook w
WHERE w.state = 'active'"
);

/// One event on its way to one endpoint.
#[derive(Debug, Deserialize)]
pub struct Delivery {
    /// Its number.
    pub seq: i64,
    /// The header `webhook-id`.
    pub id: String,
    /// Which event.
    pub kind: String,
    /// What it says.
    #[serde(deserialize_with = "db::json")]
    pub data: Value,
    /// When it happened.
    pub created_at: Instant,
    /// When it is tried next.
    pub due_at: Instant,
    /// How often it was tried since it was first due, or asked for again.
    pub attempts: i64,
    /// When it was tried last.
    pub attempted_at: Option<Instant>,
    /// What the endpoint answered then.
    pub status: Option<i64>,
    /// Why that was not good.
    pub last_error: Option<String>,
    /// When it arrived.
    pub delivered_at: Option<Instant>,
    /// When it was given up.
    pub abandoned_at: Option<Instant>,
}

/// The organization's name, an endpoint and its newest deliveries before a number.
pub async fn deliveries(
    visit: &Visit,
    organization: Uuid,
    webhook: Uuid,
    before: i64,
    limit: i64,
) -> Result<(String, Webhook, Vec<Delivery>), Problem> {
    let owner = Owner::of(visit, organization);
    let list = owner.one_for(DELIVERIES, webhook).and(before).and(limit);
    let statements = vec![owner.who(), owner.one(webhook), list, owner.name()];
    let batch = visit.db.batch(statements).await?;
    let webhook = one(&batch, 1)?;
    Ok((name(&batch, 3)?, webhook, batch.rows(2)?))
}

/// A delivery that is due now, and whether the same request had asked for it before.
pub type Again = (Delivery, bool);

/// Sends an event again, under the same id.
pub async fn replay(
    visit: &Visit,
    organization: Uuid,
    webhook: Uuid,
    delivery: &str,
    key: &IdempotencyKey,
) -> Result<Again, Problem> {
    let owner = Owner::of(visit, organization);
    let act = owner.one_for(REPLAY, webhook).and(delivery);
    let after = json!({"delivery": delivery});
    let record = owner.records(webhook, "webhook.replayed", &after);
    due(&owner, webhook, delivery, [act, record], key).await
}

/// Sends an event that says nothing, to try an endpoint out.
pub async fn test(
    visit: &Visit,
    organization: Uuid,
    webhook: Uuid,
    key: &IdempotencyKey,
) -> Result<Again, Problem> {
    let owner = Owner::of(visit, organization);
    let id = format!("msg_{}", visit.new_id().simple());
    let act = owner.one_for(TRY_OUT, webhook).and(&id).and(TEST);
    let record = owner.records(webhook, "webhook.tested", &json!({"delivery": id}));
    due(&owner, webhook, &id, [act, record], key).await
}

async fn due(
    owner: &Owner<'_>,
    webhook: Uuid,
    delivery: &str,
    act: [db::Statement; 2],
    key: &IdempotencyKey,
) -> Result<Again, Problem> {
    let look = |delivery: &str| {
        vec![
            owner.who(),
            owner.one(webhook),
            owner.one_for(DELIVERY, webhook).and(delivery),
        ]
    };
    let mut statements = look(delivery);
    let found = statements.split_off(2);
    statements.extend(act);
    statements.push(key.point_at(owner.visit, delivery));
    statements.extend(found);
    let (batch, at, repeated) = match key.run(owner.visit, statements).await? {
        Ran::Now(batch) => (batch, 5, false),
        Ran::Before(earlier) => {
            let batch = owner.visit.db.batch(look(earlier.subject()?)).await?;
            (batch, 2, true)
        }
    };
    let webhook = one(&batch, 1)?;
    if webhook.state == WebhookState::Disabled {
        return Err(Problem::new(
            StatusCode::CONFLICT,
            "webhook_disabled",
            Words::new(
                "这个接收地址已停用，请先启用",
                "This webhook is switched off; switch it on first",
            ),
        ));
    }
    let delivery = batch.first(at)?.ok_or_else(Problem::not_found)?;
    Ok((delivery, repeated))
}
