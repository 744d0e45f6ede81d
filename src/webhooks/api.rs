//! Webhooks as JSON, for owners.

pub mod deliveries;

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use deserr::Deserr;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::hook::Hook;
use super::store::{self, Change};
use super::{Endpoint, Event, Secret, WebhookState, endpoint_words, no_events_words};
use crate::platform::clock::Instant;
use crate::platform::config::Environment;
use crate::platform::fields::FieldErrors;
use crate::platform::idempotency::{IdempotencyKey, Ran, Reply};
use crate::platform::input::{Id, Json, Many};
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
    params(Hook),
    responses(
        (status = 200, body = Webhook),
        (status = 403, body = ProblemDetails, content_type = "application/problem+json", description = "forbidden"),
    ),
)]
pub async fn show(visit: Visit, hook: Hook) -> Result<Response, Problem> {
    let found = store::show(&visit, hook).await?;
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
    params(Hook),
    request_body(content = WebhookPatch, example = json!({"events": ["signup.created", "signup.cancelled", "signup.promoted"], "state": "active"})),
    responses(
        (status = 200, body = Webhook),
        (status = 403, body = ProblemDetails, content_type = "application/problem+json", description = "forbidden"),
        (status = 422, body = ProblemDetails, content_type = "application/problem+json", description = "invalid_fields"),
    ),
)]
pub async fn change(
    visit: Visit,
    _: Presented,
    hook: Hook,
    Json(body): Json<WebhookPatch>,
) -> Result<Response, Problem> {
    if let Some(url) = &body.url {
        require_reachable(&visit, url)?;
    }
    if body.events.as_ref().is_some_and(|events| events.is_empty()) {
        let errors = FieldErrors::one("/events", no_events_words());
        return Err(Problem::invalid(errors));
    }
    let what = Change {
        url: body.url.as_ref(),
        events: body.events.as_deref(),
        state: body.state,
    };
    let changed = store::change(&visit, hook, &what).await?;
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
    params(Hook),
    responses(
        (status = 204, description = "Removed, now or before"),
        (status = 403, body = ProblemDetails, content_type = "application/problem+json", description = "forbidden"),
        (status = 404, body = ProblemDetails, content_type = "application/problem+json", description = "not_found: no such organization"),
    ),
)]
pub async fn remove(visit: Visit, hook: Hook) -> Result<Response, Problem> {
    store::remove(&visit, hook).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// Rotate a webhook's secret.
///
/// For a day deliveries carry a signature by each of the two, so that the receiver can
/// change over without losing any. Until then there is no further change.
#[utoipa::path(
    post,
    path = "/api/v1/organizations/{org}/webhooks/{webhook}/secret",
    operation_id = "rotate_webhook_secret",
    tag = "webhooks",
    security(("session" = [])),
    params(Hook, IdempotencyKey),
    responses(
        (status = 200, body = Rotated),
        (status = 403, body = ProblemDetails, content_type = "application/problem+json", description = "forbidden"),
        (status = 409, body = ProblemDetails, content_type = "application/problem+json", description = "secret_just_rotated"),
        (status = 422, body = ProblemDetails, content_type = "application/problem+json", description = "idempotency_key_reused"),
    ),
)]
pub async fn rotate(
    visit: Visit,
    _: Presented,
    hook: Hook,
    key: IdempotencyKey,
) -> Result<Response, Problem> {
    let secret = Secret::new()?;
    let rotated = Rotated {
        secret: secret.reveal().to_owned(),
        previous_secret_until: store::previous_until(&visit),
    };
    let reply = Reply::new(StatusCode::OK, &rotated)?;
    match store::rotate(&visit, hook, &secret, (&key, &reply)).await? {
        Ran::Now(_) => Ok(reply.into_response()),
        Ran::Before(earlier) => earlier.response(&visit),
    }
}

fn own(status: StatusCode, body: impl Serialize) -> Response {
    (status, [(header::CACHE_CONTROL, PRIVATE)], axum::Json(body)).into_response()
}
