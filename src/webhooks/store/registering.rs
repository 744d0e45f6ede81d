//! Registering endpoints, changing and removing them.

use axum::http::StatusCode;
use serde_json::json;
use uuid::Uuid;

use super::{Owner, Webhook, one, words};
use crate::organizations::admit;
use crate::platform::clock::Instant;
use crate::platform::i18n::{Lang, Words};
use crate::platform::idempotency::{IdempotencyKey, Ran, Reply};
use crate::platform::problem::Problem;
use crate::platform::visit::Visit;
use crate::webhooks::hook::Hook;
use crate::webhooks::{Endpoint, Event, MOST_WEBHOOKS, OVERLAP, Secret, WebhookState, moment};

/// `?6` the new id, `?7` the address, `?8` the events, `?9` the sealed secret.
const REGISTER: &str = concat!(
    owning!(),
    "
INSERT INTO webhook (id, organization_id, url, events, secret_sealed, created_at)
SELECT ?6, t.organization_id, ?7, ?8, ?9, ?2
FROM target t JOIN agent a ON a.may"
);

/// `?6` the webhook, `?7` the address, `?8` the events, `?9` the state, each null to stay.
/// Switched on again it starts afresh.
const CHANGE: &str = concat!(
    of_webhook!(),
    "
UPDATE webhook SET
  url = coalesce(?7, webhook.url), events = coalesce(?8, webhook.events),
  state = coalesce(?9, webhook.state),
  failing_since = iif(?7 IS NOT NULL OR ?9 IS 'active', NULL, webhook.failing_since),
  given_up_at = iif(?9 IS 'active', NULL, webhook.given_up_at)
FROM hook h
WHERE webhook.id = h.id"
);

/// What a switched-off endpoint was still owed is not kept. `?6` the webhook.
const LET_GO: &str = concat!(
    of_webhook!(),
    "
UPDATE webhook_delivery SET abandoned_at = ?2
FROM hook h
WHERE webhook_delivery.webhook_id = h.id AND h.state = 'disabled'
  AND webhook_delivery.delivered_at IS NULL AND webhook_delivery.abandoned_at IS NULL"
);

/// `?6` the webhook, `?7` the new secret, `?8` until when the one before signs as well. The
/// one before that would sign no more, so it waits until then.
const ROTATE: &str = concat!(
    of_webhook!(),
    "
UPDATE webhook SET previous_sealed = webhook.secret_sealed, previous_until = ?8, secret_sealed = ?7
FROM hook h
WHERE webhook.id = h.id AND (h.previous_until IS NULL OR h.previous_until <= ?2)"
);

/// `?6` the webhook. Its deliveries go with it.
const REMOVE: &str = concat!(
    of_webhook!(),
    "
DELETE FROM webhook WHERE id IN (SELECT id FROM hook)"
);

/// What changes; what is not said stays.
#[derive(Debug, Default)]
pub struct Change<'a> {
    /// A new address.
    pub url: Option<&'a Endpoint>,
    /// Other events.
    pub events: Option<&'a [Event]>,
    /// On or off.
    pub state: Option<WebhookState>,
}

/// Registers an endpoint. The reply is what is answered, now and to a retry: it holds the
/// secret. Refused as `too_many_webhooks` where there are enough.
pub async fn register(
    visit: &Visit,
    organization: Uuid,
    id: Uuid,
    (url, events): (&Endpoint, &[Event]),
    secret: &Secret,
    (key, reply): (&IdempotencyKey, &Reply),
) -> Result<Ran, Problem> {
    let owner = Owner::of(visit, organization);
    let events = words(events);
    let sealed = visit.config.keys.seal(secret.reveal())?;
    let statements = [
        owner
            .asks(REGISTER)
            .and(id)
            .and(url.as_str())
            .and(&events)
            .and(sealed),
        owner.records(
            id,
            "webhook.registered",
            &json!({"url": url.as_str(), "events": events}),
        ),
        key.keep(visit, id, reply)?,
    ];
    owner.run(key, statements).await
}

pub(super) fn too_many() -> Problem {
    Problem::new(
        StatusCode::CONFLICT,
        "too_many_webhooks",
        Words::new(
            format!("最多登记 {MOST_WEBHOOKS} 个接收地址"),
            format!("An organization has at most {MOST_WEBHOOKS} webhooks"),
        ),
    )
}

/// Changes an endpoint.
pub async fn change(
    visit: &Visit,
    Hook {
        organization,
        webhook,
    }: Hook,
    what: &Change<'_>,
) -> Result<Webhook, Problem> {
    let owner = Owner::of(visit, organization);
    let url = what.url.map(Endpoint::as_str);
    let events = what.events.map(words);
    let state = what.state.map(WebhookState::word);
    let after = json!({"url": url, "events": events, "state": state});
    let change = owner
        .one_for(CHANGE, webhook)
        .and(url)
        .and(events)
        .and(state);
    let statements = vec![
        owner.who(),
        change,
        owner.records(webhook, "webhook.changed", &after),
        owner.one_for(LET_GO, webhook),
        owner.one(webhook),
    ];
    let batch = visit.db.batch(statements).await?;
    one(&batch, 4)
}

/// Gives an endpoint another secret; the one before signs as well for a while. Refused as
/// `secret_just_rotated` while it does.
pub async fn rotate(
    visit: &Visit,
    Hook {
        organization,
        webhook,
    }: Hook,
    secret: &Secret,
    (key, reply): (&IdempotencyKey, &Reply),
) -> Result<Ran, Problem> {
    let owner = Owner::of(visit, organization);
    let sealed = visit.config.keys.seal(secret.reveal())?;
    let statements = [
        owner.one(webhook),
        owner
            .one_for(ROTATE, webhook)
            .and(sealed)
            .and(previous_until(visit)),
        owner.records(webhook, "webhook.rotated", &json!({})),
        key.keep(visit, webhook, reply)?,
    ];
    let ran = owner.run(key, statements).await?;
    if let Ran::Now(batch) = &ran
        && let Some(until) = one(batch, 1)?.previous_until
    {
        return Err(too_soon(until));
    }
    Ok(ran)
}

fn too_soon(until: Instant) -> Problem {
    let words = |lang| moment(until, lang);
    Problem::new(
        StatusCode::CONFLICT,
        "secret_just_rotated",
        Words::new(
            format!("一天内已换过密钥，{} 之后才能再换", words(Lang::Zh)),
            format!(
                "The secret was changed within a day; it can be changed again from {}",
                words(Lang::En)
            ),
        ),
    )
    .with("possible_at", until.rfc3339())
}

/// Until when the secret before signs as well, when it is rotated now.
pub fn previous_until(visit: &Visit) -> Instant {
    visit.now.plus(OVERLAP)
}

/// Removes an endpoint; what was removed before is gone all the same.
pub async fn remove(
    visit: &Visit,
    Hook {
        organization,
        webhook,
    }: Hook,
) -> Result<(), Problem> {
    let owner = Owner::of(visit, organization);
    let statements = vec![
        owner.who(),
        owner.one_for(REMOVE, webhook),
        owner.records(webhook, "webhook.removed", &json!({})),
    ];
    let batch = visit.db.batch(statements).await?;
    admit(&batch, 0)
}
