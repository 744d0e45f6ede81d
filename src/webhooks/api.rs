//! Webhooks as JSON, for owners.

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use deserr::Deserr;
use serde::Serialize;
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::store::{self, Change};
use super::{Endpoint, Event, Secret, WebhookState, endpoint_words};
use crate::menu::api::with_cursor;
use crate::menu::search::Cursor;
use crate::platform::clock::Instant;
use crate::platform::config::Environment;
use crate::platform::fields::FieldErrors;
use crate::platform::i18n::Words;
use crate::platform::idempotency::{IdempotencyKey, Ran, Reply, replayed};
use crate::platform::input::{Digits, Id, Json, Many, Path, Query, parse_id};
use crate::platform::page::PRIVATE;
use crate::platform::problem::{Problem, ProblemDetails};
use crate::platform::visit::{Presented, Visit};

/// An endpoint to be told.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = FieldErrors, deny_unknown_fields)]
pub struct WebhookBody {
    /// A public `https` address.
    #[schema(value_type = String, format = "uri", max_length = 500, example = "https://desk.example.org/diandan")]
    url: Endpoint,
    /// What to tell it of; all events when left out.
    #[deserr(default)]
    #[schema(value_type = Vec<Event>, required = false, max_items = 20)]
    events: Many<Event, 20>,
}

/// What changes; what is left out stays.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = FieldErrors, deny_unknown_fields)]
pub struct WebhookPatch {
    /// A public `https` address.
    #[deserr(default)]
    #[schema(value_type = Option<String>, format = "uri", max_length = 500)]
    url: Option<Endpoint>,
    /// What to tell it of; one event at least.
    #[deserr(default)]
    #[schema(value_type = Option<Vec<Event>>, min_items = 1, max_items = 20)]
    events: Option<Many<Event, 20>>,
    /// `disabled` stops it, `active` starts it afresh.
    #[deserr(default)]
    state: Option<WebhookState>,
}

/// An endpoint that is told what happens.
#[derive(Debug, Serialize, ToSchema)]
pub struct Webhook {
    /// UUIDv7.
    #[schema(format = "uuid")]
    id: String,
    /// Where it is.
    url: String,
    /// What it is told of.
    events: Vec<Event>,
    /// Whether it is told anything.
    state: WebhookState,
    /// When it was registered, RFC 3339.
    #[schema(value_type = String, format = "date-time")]
    created_at: Instant,
    /// Since when nothing arrives, RFC 3339.
    #[schema(value_type = Option<String>, format = "date-time")]
    failing_since: Option<Instant>,
    /// When it was switched off because nothing had arrived for five days, RFC 3339.
    #[schema(value_type = Option<String>, format = "date-time")]
    given_up_at: Option<Instant>,
    /// Until when the secret before signs as well, RFC 3339.
    #[schema(value_type = Option<String>, format = "date-time")]
    previous_secret_until: Option<Instant>,
    /// What deliveries are signed with: only in the answer to registering.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")]
    secret: Option<String>,
}

impl From<store::Webhook> for Webhook {
    fn from(webhook: store::Webhook) -> Self {
        Self {
            id: webhook.id,
            url: webhook.url,
            events: webhook.events,
            state: webhook.state,
            created_at: webhook.created_at,
            failing_since: webhook.failing_since,
            given_up_at: webhook.given_up_at,
            previous_secret_until: webhook.previous_until,
            secret: None,
        }
    }
}

/// An organization's endpoints.
#[derive(Debug, Serialize, ToSchema)]
pub struct Webhooks {
    items: Vec<Webhook>,
}

/// A new secret.
#[derive(Debug, Serialize, ToSchema)]
pub struct Rotated {
    /// What deliveries are signed with; shown this once.
    #[schema(example = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")]
    secret: String,
    /// Until when the secret before signs as well, RFC 3339.
    #[schema(value_type = String, format = "date-time")]
    previous_secret_until: Instant,
}

/// An error unless the deployment may call this address.
pub fn require_reachable(visit: &Visit, url: &Endpoint) -> Result<(), Problem> {
    if visit.config.environment == Environment::Production && !url.is_public() {
        return Err(Problem::invalid(FieldErrors::one("/url", endpoint_words())));
    }
    Ok(())
}

/// List webhooks.
#[utoipa::path(
    get,
    path = "/api/v1/organizations/{org}/webhooks",
    operation_id = "list_webhooks",
    tag = "webhooks",
    security(("session" = [])),
    params(("org" = Uuid, Path, description = "The organization's id")),
    responses(
        (status = 200, body = Webhooks),
        (status = 403, body = ProblemDetails, content_type = "application/problem+json", description = "forbidden"),
        (status = 404, body = ProblemDetails, content_type = "application/problem+json", description = "not_found"),
    ),
)]
pub async fn list(visit: Visit, Id(organization): Id) -> Result<Response, Problem> {
    let (_, webhooks) = store::list(&visit, organization).await?;
    let items = webhooks.into_iter().map(Webhook::from).collect();
    Ok(own(StatusCode::OK, Webhooks { items }))
}

/// Registers an endpoint; the reply holds its secret.
pub async fn register_at(
    visit: &Visit,
    organization: Uuid,
    url: &Endpoint,
    events: &[Event],
    secret: &Secret,
    key: &IdempotencyKey,
) -> Result<(Reply, Ran), Problem> {
    require_reachable(visit, url)?;
    let id = visit.new_id();
    let every: Vec<Event> = Event::all().collect();
    let events = if events.is_empty() { &every } else { events };
    let registered = Webhook {
        id: id.to_string(),
        url: url.as_str().to_owned(),
        events: store::in_order(events),
        state: WebhookState::Active,
        created_at: visit.now,
        failing_since: None,
        given_up_at: None,
        previous_secret_until: None,
        secret: Some(secret.reveal().to_owned()),
    };
    let location = format!("/api/v1/organizations/{organization}/webhooks/{id}");
    let reply = Reply::new(StatusCode::CREATED, &registered)?.at(location);
    let ran = store::register(
        visit,
        organization,
        id,
        (url, events),
        secret,
        (key, &reply),
    )
    .await?;
    Ok((reply, ran))
}

/// Register a webhook.
///
/// Five an organization. What happens is posted to it as JSON with `type`, `timestamp` and
/// `data` (ids and states, never names or numbers), signed as Standard Webhooks says:
/// headers `webhook-id`, `webhook-timestamp` and `webhook-signature`. Any 2xx within ten
/// seconds means it arrived; else it is posted again with growing pauses for about 38
/// hours. The secret is shown in this answer only.
#[utoipa::path(
    post,
    path = "/api/v1/organizations/{org}/webhooks",
    operation_id = "register_webhook",
    tag = "webhooks",
    security(("session" = [])),
    params(("org" = Uuid, Path, description = "The organization's id"), IdempotencyKey),
    request_body(content = WebhookBody, example = json!({"url": "https://desk.example.org/diandan", "events": ["signup.created", "signup.cancelled"]})),
    responses(
        (status = 201, body = Webhook, headers(("Location" = String))),
        (status = 400, body = ProblemDetails, content_type = "application/problem+json", description = "malformed_json, invalid_idempotency_key"),
        (status = 403, body = ProblemDetails, content_type = "application/problem+json", description = "forbidden"),
        (status = 404, body = ProblemDetails, content_type = "application/problem+json", description = "not_found"),
        (status = 409, body = ProblemDetails, content_type = "application/problem+json", description = "too_many_webhooks"),
        (status = 422, body = ProblemDetails, content_type = "application/problem+json", description = "invalid_fields, idempotency_key_reused"),
    ),
)]
pub async fn register(
    visit: Visit,
    _: Presented,
    Id(organization): Id,
    key: IdempotencyKey,
    Json(body): Json<WebhookBody>,
) -> Result<Response, Problem> {
    let (url, events, secret) = (&body.url, &body.events, Secret::new()?);
    let (reply, ran) = register_at(&visit, organization, url, events, &secret, &key).await?;
    match ran {
        Ran::Now(_) => Ok(reply.into_response()),
        Ran::Before(earlier) => earlier.response(&visit),
    }
}

/// Read a webhook.
#[utoipa::path(
    get,
    path = "/api/v1/organizations/{org}/webhooks/{webhook}",
    operation_id = "read_webhook",
    tag = "webhooks",
    security(("session" = [])),
    params(
        ("org" = Uuid, Path, description = "The organization's id"),
        ("webhook" = Uuid, Path, description = "The webhook's id"),
    ),
    responses(
        (status = 200, body = Webhook),
        (status = 403, body = ProblemDetails, content_type = "application/problem+json", description = "forbidden"),
        (status = 404, body = ProblemDetails, content_type = "application/problem+json", description = "not_found"),
    ),
)]
pub async fn show(visit: Visit, Path(ids): Path<(String, String)>) -> Result<Response, Problem> {
    let (organization, webhook) = both(&ids)?;
    let found = store::show(&visit, organization, webhook).await?;
    Ok(own(StatusCode::OK, Webhook::from(found)))
}

/// Change a webhook.
///
/// What happens while it is `disabled` is not kept for it.
#[utoipa::path(
    patch,
    path = "/api/v1/organizations/{org}/webhooks/{webhook}",
    operation_id = "change_webhook",
    tag = "webhooks",
    security(("session" = [])),
    params(
        ("org" = Uuid, Path, description = "The organization's id"),
        ("webhook" = Uuid, Path, description = "The webhook's id"),
    ),
    request_body(content = WebhookPatch, example = json!({"events": ["signup.created", "signup.cancelled", "signup.promoted"], "state": "active"})),
    responses(
        (status = 200, body = Webhook),
        (status = 403, body = ProblemDetails, content_type = "application/problem+json", description = "forbidden"),
        (status = 404, body = ProblemDetails, content_type = "application/problem+json", description = "not_found"),
        (status = 422, body = ProblemDetails, content_type = "application/problem+json", description = "invalid_fields"),
    ),
)]
pub async fn change(
    visit: Visit,
    _: Presented,
    Path(ids): Path<(String, String)>,
    Json(body): Json<WebhookPatch>,
) -> Result<Response, Problem> {
    let (organization, webhook) = both(&ids)?;
    if let Some(url) = &body.url {
        require_reachable(&visit, url)?;
    }
    if body.events.as_ref().is_some_and(|events| events.is_empty()) {
        let words = Words::new("至少选一种事件", "must name one event at least");
        return Err(Problem::invalid(FieldErrors::one("/events", words)));
    }
    let what = Change {
        url: body.url.as_ref(),
        events: body.events.as_deref(),
        state: body.state,
    };
    let changed = store::change(&visit, organization, webhook, &what).await?;
    Ok(own(StatusCode::OK, Webhook::from(changed)))
}

/// Remove a webhook.
///
/// With all its deliveries.
#[utoipa::path(
    delete,
    path = "/api/v1/organizations/{org}/webhooks/{webhook}",
    operation_id = "remove_webhook",
    tag = "webhooks",
    security(("session" = [])),
    params(
        ("org" = Uuid, Path, description = "The organization's id"),
        ("webhook" = Uuid, Path, description = "The webhook's id"),
    ),
    responses(
        (status = 204, description = "Removed, now or before"),
        (status = 403, body = ProblemDetails, content_type = "application/problem+json", description = "forbidden"),
        (status = 404, body = ProblemDetails, content_type = "application/problem+json", description = "not_found: no such organization"),
    ),
)]
pub async fn remove(visit: Visit, Path(ids): Path<(String, String)>) -> Result<Response, Problem> {
    let (organization, webhook) = both(&ids)?;
    store::remove(&visit, organization, webhook).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// Rotate a webhook's secret.
///
/// For a day deliveries carry a signature by each of the two, so that the receiver can
/// change over without losing any.
#[utoipa::path(
    post,
    path = "/api/v1/organizations/{org}/webhooks/{webhook}/secret",
    operation_id = "rotate_webhook_secret",
    tag = "webhooks",
    security(("session" = [])),
    params(
        ("org" = Uuid, Path, description = "The organization's id"),
        ("webhook" = Uuid, Path, description = "The webhook's id"),
        IdempotencyKey,
    ),
    responses(
        (status = 200, body = Rotated),
        (status = 403, body = ProblemDetails, content_type = "application/problem+json", description = "forbidden"),
        (status = 404, body = ProblemDetails, content_type = "application/problem+json", description = "not_found"),
        (status = 422, body = ProblemDetails, content_type = "application/problem+json", description = "idempotency_key_reused"),
    ),
)]
pub async fn rotate(
    visit: Visit,
    _: Presented,
    Path(ids): Path<(String, String)>,
    key: IdempotencyKey,
) -> Result<Response, Problem> {
    let (organization, webhook) = both(&ids)?;
    let secret = Secret::new()?;
    let rotated = Rotated {
        secret: secret.reveal().to_owned(),
        previous_secret_until: store::previous_until(&visit),
    };
    let reply = Reply::new(StatusCode::OK, &rotated)?;
    match store::rotate(&visit, organization, webhook, &secret, (&key, &reply)).await? {
        Ran::Now(_) => Ok(reply.into_response()),
        Ran::Before(earlier) => earlier.response(&visit),
    }
}

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
    /// Why that was not good.
    error: Option<String>,
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
    #[param(value_type = Option<i64>, minimum = 1, maximum = 100, example = 50)]
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
    params(
        ("org" = Uuid, Path, description = "The organization's id"),
        ("webhook" = Uuid, Path, description = "The webhook's id"),
        DeliveriesQuery,
    ),
    responses(
        (status = 200, body = Deliveries),
        (status = 403, body = ProblemDetails, content_type = "application/problem+json", description = "forbidden"),
        (status = 404, body = ProblemDetails, content_type = "application/problem+json", description = "not_found"),
    ),
)]
pub async fn deliveries(
    visit: Visit,
    _: Presented,
    Path(ids): Path<(String, String)>,
    Query(query): Query<DeliveriesQuery>,
) -> Result<Response, Problem> {
    let (organization, webhook) = both(&ids)?;
    let limit = query.limit.map_or(50, Digits::get);
    let before = query.cursor.map_or(i64::MAX >> 11, |cursor| cursor.key);
    let (_, _, mut items) =
        store::deliveries(&visit, organization, webhook, before, limit + 1).await?;
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
/// The same event under the same `webhook-id`, whether it arrived before or was given up.
#[utoipa::path(
    post,
    path = "/api/v1/organizations/{org}/webhooks/{webhook}/deliveries/{delivery}/replay",
    operation_id = "replay_webhook_delivery",
    tag = "webhooks",
    security(("session" = [])),
    params(
        ("org" = Uuid, Path, description = "The organization's id"),
        ("webhook" = Uuid, Path, description = "The webhook's id"),
        ("delivery" = String, Path, description = "The delivery's id", example = "msg_0f8fad5bd9cb469fa16570867728950e"),
        IdempotencyKey,
    ),
    responses(
        (status = 202, body = Delivery, description = "On its way"),
        (status = 403, body = ProblemDetails, content_type = "application/problem+json", description = "forbidden"),
        (status = 404, body = ProblemDetails, content_type = "application/problem+json", description = "not_found"),
        (status = 409, body = ProblemDetails, content_type = "application/problem+json", description = "webhook_disabled"),
        (status = 422, body = ProblemDetails, content_type = "application/problem+json", description = "idempotency_key_reused"),
    ),
)]
pub async fn replay(
    visit: Visit,
    _: Presented,
    Path((organization, webhook, delivery)): Path<(String, String, String)>,
    key: IdempotencyKey,
) -> Result<Response, Problem> {
    let (organization, webhook) = both(&(organization, webhook))?;
    let again = store::replay(&visit, organization, webhook, &delivery, &key).await?;
    Ok(on_its_way(again))
}

/// Try a webhook out.
///
/// Posts an event of type `webhook.test` to it.
#[utoipa::path(
    post,
    path = "/api/v1/organizations/{org}/webhooks/{webhook}/test",
    operation_id = "test_webhook",
    tag = "webhooks",
    security(("session" = [])),
    params(
        ("org" = Uuid, Path, description = "The organization's id"),
        ("webhook" = Uuid, Path, description = "The webhook's id"),
        IdempotencyKey,
    ),
    responses(
        (status = 202, body = Delivery, description = "On its way"),
        (status = 403, body = ProblemDetails, content_type = "application/problem+json", description = "forbidden"),
        (status = 404, body = ProblemDetails, content_type = "application/problem+json", description = "not_found"),
        (status = 409, body = ProblemDetails, content_type = "application/problem+json", description = "webhook_disabled"),
        (status = 422, body = ProblemDetails, content_type = "application/problem+json", description = "idempotency_key_reused"),
    ),
)]
pub async fn test(
    visit: Visit,
    _: Presented,
    Path(ids): Path<(String, String)>,
    key: IdempotencyKey,
) -> Result<Response, Problem> {
    let (organization, webhook) = both(&ids)?;
    let again = store::test(&visit, organization, webhook, &key).await?;
    Ok(on_its_way(again))
}

/// Reads the two ids of a path.
pub fn both((organization, webhook): &(String, String)) -> Result<(Uuid, Uuid), Problem> {
    Ok((parse_id(organization)?, parse_id(webhook)?))
}

fn on_its_way((delivery, repeated): store::Again) -> Response {
    let response = own(StatusCode::ACCEPTED, Delivery::from(delivery));
    if repeated {
        return replayed(response);
    }
    response
}

fn own(status: StatusCode, body: impl Serialize) -> Response {
    (status, [(header::CACHE_CONTROL, PRIVATE)], axum::Json(body)).into_response()
}
