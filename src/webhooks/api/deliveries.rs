//! What was delivered and what was not, as JSON; sending it again, and trying out.

use axum::http::StatusCode;
use axum::response::Response;
use deserr::Deserr;
use serde::Serialize;
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

use super::own;
use crate::menu::api::with_cursor;
use crate::menu::search::Cursor;
use crate::platform::clock::Instant;
use crate::platform::fields::FieldErrors;
use crate::platform::idempotency::{IdempotencyKey, replayed};
use crate::platform::input::{Digits, Query};
use crate::platform::problem::{Problem, ProblemDetails};
use crate::platform::visit::{Presented, Visit};
use crate::webhooks::Failure;
use crate::webhooks::hook::{Hook, OfDelivery};
use crate::webhooks::store;

/// Where a delivery stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DeliveryState {
    /// It will be tried, or tried again.
    Pending,
    /// It arrived.
    Delivered,
    /// It was given up.
    Abandoned,
}

/// One event on its way to one endpoint.
#[derive(Debug, Serialize, ToSchema)]
pub struct Delivery {
    /// The header `webhook-id`: the same at every attempt.
    #[schema(example = "msg_0f8fad5bd9cb469fa16570867728950e")]
    id: String,
    /// Which event, or `webhook.test`.
    #[serde(rename = "type")]
    kind: String,
    /// What it says.
    #[schema(value_type = std::collections::HashMap<String, Value>)]
    data: Value,
    /// When it happened, RFC 3339.
    #[schema(value_type = String, format = "date-time")]
    created_at: Instant,
    /// Where it stands.
    state: DeliveryState,
    /// How often it was tried since it was first due, or replayed.
    attempts: i64,
    /// When it was tried last, RFC 3339.
    #[schema(value_type = Option<String>, format = "date-time")]
    attempted_at: Option<Instant>,
    /// The HTTP status that was answered then; null when there was no answer.
    status: Option<i64>,
    /// Why that was not good. More words may come.
    error: Option<Failure>,
    /// When it will be tried next, RFC 3339.
    #[schema(value_type = Option<String>, format = "date-time")]
    next_attempt_at: Option<Instant>,
}

impl store::Delivery {
    /// Where it stands.
    pub fn state(&self) -> DeliveryState {
        match (self.delivered_at, self.abandoned_at) {
            (Some(_), _) => DeliveryState::Delivered,
            (None, Some(_)) => DeliveryState::Abandoned,
            (None, None) => DeliveryState::Pending,
        }
    }
}

impl From<store::Delivery> for Delivery {
    fn from(delivery: store::Delivery) -> Self {
        let state = delivery.state();
        Self {
            state,
            // What is new is due at once.
            next_attempt_at: (state == DeliveryState::Pending)
                .then(|| delivery.due_at.max(delivery.created_at)),
            id: delivery.id,
            kind: delivery.kind,
            data: delivery.data,
            created_at: delivery.created_at,
            attempts: delivery.attempts,
            attempted_at: delivery.attempted_at,
            status: delivery.status,
            error: delivery.last_error,
        }
    }
}

/// Which deliveries to list.
#[derive(Debug, Deserr, IntoParams)]
#[deserr(error = FieldErrors, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct DeliveriesQuery {
    /// How many, 50 when left out.
    #[param(inline, example = 50)]
    #[deserr(default)]
    limit: Option<Digits<1, 100>>,
    /// Where the page before ended; taken from its `next`.
    #[param(inline, example = "120_0")]
    #[deserr(default)]
    cursor: Option<Cursor>,
}

/// Deliveries, the newest first.
#[derive(Debug, Serialize, ToSchema)]
pub struct Deliveries {
    items: Vec<Delivery>,
    /// Where the next page is; `null` on the last.
    next: Option<String>,
}

/// List a webhook's deliveries.
///
/// Of the last 30 days, the newest first.
#[utoipa::path(
    get,
    path = "/api/v1/organizations/{org}/webhooks/{webhook}/deliveries",
    operation_id = "list_webhook_deliveries",
    tag = "webhooks",
    security(("session" = [])),
    params(Hook, DeliveriesQuery),
    responses(
        (status = 200, body = Deliveries),
        (status = 403, body = ProblemDetails, content_type = "application/problem+json", description = "forbidden"),
    ),
)]
pub async fn list(
    visit: Visit,
    _: Presented,
    hook: Hook,
    Query(query): Query<DeliveriesQuery>,
) -> Result<Response, Problem> {
    let limit = query.limit.map_or(50, Digits::get);
    let before = query.cursor.map_or(i64::MAX >> 11, |cursor| cursor.key);
    let (_, _, mut items) = store::deliveries(&visit, hook, before, limit + 1).await?;
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let more = items.len() > limit;
    items.truncate(limit);
    let next = items.last().filter(|_| more).map(|last| {
        let (key, project) = (last.seq, 0);
        with_cursor(&visit.target, Cursor { key, project })
    });
    let items = items.into_iter().map(Delivery::from).collect();
    Ok(own(StatusCode::OK, Deliveries { items, next }))
}

/// Replay a delivery.
///
/// The same event under the same `webhook-id`, whether it arrived before or was given up;
/// for verified organizations only. A `webhook.test` is not replayed.
#[utoipa::path(
    post,
    path = "/api/v1/organizations/{org}/webhooks/{webhook}/deliveries/{delivery}/replay",
    operation_id = "replay_webhook_delivery",
    tag = "webhooks",
    security(("session" = [])),
    params(Hook, OfDelivery, IdempotencyKey),
    responses(
        (status = 202, body = Delivery, description = "On its way"),
        (status = 403, body = ProblemDetails, content_type = "application/problem+json", description = "forbidden, organization_not_verified"),
        (status = 409, body = ProblemDetails, content_type = "application/problem+json", description = "webhook_disabled, not_replayable"),
        (status = 422, body = ProblemDetails, content_type = "application/problem+json", description = "idempotency_key_reused"),
    ),
)]
pub async fn replay(
    visit: Visit,
    _: Presented,
    hook: Hook,
    OfDelivery { delivery }: OfDelivery,
    key: IdempotencyKey,
) -> Result<Response, Problem> {
    let again = store::replay(&visit, hook, &delivery, &key).await?;
    Ok(on_its_way(again))
}

/// Try a webhook out.
///
/// Posts an event of type `webhook.test` to it, once: a test is not repeated when it fails.
/// Five an hour, and for verified organizations only.
#[utoipa::path(
    post,
    path = "/api/v1/organizations/{org}/webhooks/{webhook}/test",
    operation_id = "test_webhook",
    tag = "webhooks",
    security(("session" = [])),
    params(Hook, IdempotencyKey),
    responses(
        (status = 202, body = Delivery, description = "On its way"),
        (status = 403, body = ProblemDetails, content_type = "application/problem+json", description = "forbidden, organization_not_verified"),
        (status = 409, body = ProblemDetails, content_type = "application/problem+json", description = "webhook_disabled"),
        (status = 422, body = ProblemDetails, content_type = "application/problem+json", description = "idempotency_key_reused"),
        (status = 429, body = ProblemDetails, content_type = "application/problem+json", description = "too_many_tests"),
    ),
)]
pub async fn test(
    visit: Visit,
    _: Presented,
    hook: Hook,
    key: IdempotencyKey,
) -> Result<Response, Problem> {
    let again = store::test(&visit, hook, &key).await?;
    Ok(on_its_way(again))
}

fn on_its_way((delivery, repeated): store::Again) -> Response {
    let response = own(StatusCode::ACCEPTED, Delivery::from(delivery));
    if repeated {
        return replayed(response);
    }
    response
}
