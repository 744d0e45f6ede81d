//! Signals as JSON.

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use deserr::Deserr;
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};

use super::store::{self, Case, Filter, ListedSignal, Page, SignalRecord, SignalStep};
use super::{SignalDecision, SignalFacts, SignalKind, SignalState};
use crate::choice;
use crate::menu::api::{continued, link_to};
use crate::platform::clock::Instant;
use crate::platform::fields::FieldErrors;
use crate::platform::i18n::Lang;
use crate::platform::idempotency::{IdempotencyKey, replayed};
use crate::platform::input::{Count, Digits, Id, Json, Query};
use crate::platform::page::PRIVATE;
use crate::platform::problem::{Problem, ProblemDetails};
use crate::platform::text::Prose;
use crate::platform::visit::{Presented, Visit};

choice! {
    /// Which signals to list.
    Which {
        /// Those nobody has decided on.
        Open = "open",
        /// Those somebody has decided on.
        Decided = "decided",
    }
}

/// Which signals to list. Conditions combine.
#[derive(Debug, Default, Deserr, IntoParams)]
#[deserr(error = FieldErrors, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct SignalsQuery {
    /// `open` when left out.
    #[param(inline, example = "open")]
    #[deserr(default)]
    pub state: Option<Which>,
    /// Only what one rule noticed.
    #[param(inline, example = "same_second")]
    #[deserr(default)]
    pub kind: Option<SignalKind>,
    /// How many, 50 when left out.
    #[param(inline, example = 50)]
    #[deserr(default)]
    pub limit: Option<Digits<1, 100>>,
    /// Where the page before ended; taken from its `next`.
    #[param(inline, example = 7)]
    #[deserr(default)]
    pub cursor: Option<Digits<1, 9_007_199_254_740_991>>,
}

impl SignalsQuery {
    /// What to look for.
    pub fn filter(&self) -> Filter {
        Filter {
            open: self.state != Some(Which::Decided),
            kind: self.kind,
            before: self.cursor.map_or(0, Digits::get),
            limit: self.limit.map_or(50, Digits::get),
        }
    }
}

/// What a person should look at.
#[derive(Debug, Serialize, ToSchema)]
pub struct Signal {
    /// UUIDv7.
    #[schema(format = "uuid")]
    id: String,
    /// What was noticed.
    kind: SignalKind,
    /// The last decision; `open` before any.
    state: SignalState,
    /// When it was found, RFC 3339.
    #[schema(value_type = String, format = "date-time")]
    found_at: Instant,
    /// The recording unit.
    #[schema(format = "uuid")]
    organization_id: String,
    /// Its name.
    organization_name: String,
    /// The shift it is about.
    #[schema(format = "uuid")]
    shift_id: Option<String>,
    /// The project it is about.
    #[schema(format = "uuid")]
    project_id: Option<String>,
    /// The reason in words, in the language asked for.
    reason: String,
    /// What was seen, in numbers.
    facts: SignalFacts,
}

impl Signal {
    fn of(signal: ListedSignal, lang: Lang) -> Self {
        Self {
            reason: signal.facts.words(lang),
            id: signal.id,
            kind: signal.kind,
            state: signal.state,
            found_at: signal.found_at,
            organization_id: signal.organization_id,
            organization_name: signal.organization_name,
            shift_id: signal.shift_id,
            project_id: signal.project_id,
            facts: signal.facts,
        }
    }
}

/// One page of signals.
#[derive(Debug, Serialize, ToSchema)]
pub struct Signals {
    items: Vec<Signal>,
    /// Where the next page is; `null` on the last.
    next: Option<String>,
}

/// A signal with its records and what was said to it.
#[derive(Debug, Serialize, ToSchema)]
pub struct SignalReport {
    /// The signal.
    signal: Signal,
    /// The records it is about; of many, the first fifty.
    records: Vec<SignalRecord>,
    /// Decisions and replies, in order.
    steps: Vec<SignalStep>,
}

fn own(status: StatusCode, body: impl Serialize) -> Response {
    (status, [(header::CACHE_CONTROL, PRIVATE)], axum::Json(body)).into_response()
}

fn listed(visit: &Visit, page: Page) -> Response {
    let next = page
        .next
        .map(|seq| continued(&visit.target, &seq.to_string()));
    let link = link_to(next.as_deref());
    let items = page.items.into_iter();
    let items = items.map(|signal| Signal::of(signal, visit.lang)).collect();
    (link, own(StatusCode::OK, Signals { items, next })).into_response()
}

fn report(visit: &Visit, case: Case) -> SignalReport {
    SignalReport {
        signal: Signal::of(case.signal, visit.lang),
        records: case.records,
        steps: case.steps,
    }
}

fn acted(visit: &Visit, (case, repeated): (Case, bool)) -> Response {
    let response = own(StatusCode::OK, report(visit, case));
    match repeated {
        true => replayed(response),
        false => response,
    }
}

/// List the signals in your reach.
///
/// What a daily pass over new records noticed about organizations in the regions you
/// coordinate, the newest first. A signal is a reason to look; hours stay as they are.
#[utoipa::path(
    get,
    path = "/api/v1/coordination/signals",
    operation_id = "list_signals_in_reach",
    tag = "coordination",
    security(("session" = [])),
    params(SignalsQuery),
    responses(
        (status = 200, body = Signals, headers(("Link" = String, description = "rel=next, when there is more"))),
        (status = 403, body = ProblemDetails, content_type = "application/problem+json", description = "forbidden"),
    ),
)]
pub async fn in_reach(
    visit: Visit,
    _: Presented,
    Query(query): Query<SignalsQuery>,
) -> Result<Response, Problem> {
    let page = store::in_reach(&visit, &query.filter()).await?;
    Ok(listed(&visit, page))
}

/// List the signals about an organization.
///
/// The newest first.
#[utoipa::path(
    get,
    path = "/api/v1/organizations/{org}/signals",
    operation_id = "list_signals",
    tag = "hours",
    security(("session" = []), ("api_key" = ["hours:read"])),
    params(("org" = Uuid, Path, description = "The organization's id"), SignalsQuery),
    responses(
        (status = 200, body = Signals, headers(("Link" = String, description = "rel=next, when there is more"))),
        (status = 403, body = ProblemDetails, content_type = "application/problem+json", description = "forbidden"),
    ),
)]
pub async fn of_organization(
    visit: Visit,
    _: Presented,
    Id(organization): Id,
    Query(query): Query<SignalsQuery>,
) -> Result<Response, Problem> {
    let page = store::of_organization(&visit, organization, &query.filter()).await?;
    Ok(listed(&visit, page))
}

/// Read a signal.
///
/// By those who coordinate the organization's region, and by whoever reads its hours.
#[utoipa::path(
    get,
    path = "/api/v1/signals/{id}",
    operation_id = "read_signal",
    tag = "hours",
    security(("session" = []), ("api_key" = ["hours:read"])),
    params(("id" = Uuid, Path, description = "The signal's id")),
    responses(
        (status = 200, body = SignalReport),
        (status = 403, body = ProblemDetails, content_type = "application/problem+json", description = "forbidden"),
        (status = 404, body = ProblemDetails, content_type = "application/problem+json", description = "not_found"),
    ),
)]
pub async fn show(visit: Visit, _: Presented, Id(id): Id) -> Result<Response, Problem> {
    let case = store::case(&visit, id).await?;
    Ok(own(StatusCode::OK, report(&visit, case)))
}

/// A coordinator's decision on a signal.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = FieldErrors, deny_unknown_fields)]
pub struct SignalDecisionBody {
    /// What is decided.
    pub decision: SignalDecision,
    /// Why: the organization reads it.
    pub reason: Prose<300>,
    /// How many `steps` there were when it was decided; refused with `signal_moved_on` when
    /// there are others by then.
    #[deserr(default)]
    #[schema(value_type = Option<i64>, minimum = 0)]
    pub seen: Option<Count<0, 1_000_000>>,
}

/// Decide on a signal.
///
/// By those who coordinate the organization's region and belong to no side. Kept for good;
/// a later decision stands before an earlier one. Hours stay as they are: what is wrong is
/// corrected by the organization.
#[utoipa::path(
    post,
    path = "/api/v1/signals/{id}/decisions",
    operation_id = "decide_signal",
    tag = "coordination",
    security(("session" = [])),
    params(("id" = Uuid, Path, description = "The signal's id"), IdempotencyKey),
    request_body(content = SignalDecisionBody, example = json!({"decision": "to_correct", "reason": "纸质签到表上只有 12 人，请核对后更正。", "seen": 0})),
    responses(
        (status = 200, body = SignalReport),
        (status = 400, body = ProblemDetails, content_type = "application/problem+json", description = "malformed_json, invalid_idempotency_key"),
        (status = 403, body = ProblemDetails, content_type = "application/problem+json", description = "forbidden"),
        (status = 404, body = ProblemDetails, content_type = "application/problem+json", description = "not_found"),
        (status = 409, body = ProblemDetails, content_type = "application/problem+json", description = "signal_moved_on"),
        (status = 422, body = ProblemDetails, content_type = "application/problem+json", description = "invalid_fields, idempotency_key_reused"),
    ),
)]
pub async fn decide(
    visit: Visit,
    _: Presented,
    Id(id): Id,
    key: IdempotencyKey,
    Json(body): Json<SignalDecisionBody>,
) -> Result<Response, Problem> {
    let decided = (body.decision, body.reason.as_str());
    let seen = body.seen.map(Count::get);
    let done = store::decide(&visit, id, decided, seen, &key).await?;
    Ok(acted(&visit, done))
}

/// What an organization says to a signal.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = FieldErrors, deny_unknown_fields)]
pub struct SignalReplyBody {
    /// The coordinator reads it.
    pub text: Prose<300>,
    /// How many `steps` there were when it was written; refused with `signal_moved_on` when
    /// there are others by then.
    #[deserr(default)]
    #[schema(value_type = Option<i64>, minimum = 0)]
    pub seen: Option<Count<0, 1_000_000>>,
}

/// Reply to a signal.
///
/// By those who record the organization's hours. Kept for good.
#[utoipa::path(
    post,
    path = "/api/v1/signals/{id}/replies",
    operation_id = "reply_to_signal",
    tag = "hours",
    security(("session" = []), ("api_key" = ["hours:write"])),
    params(("id" = Uuid, Path, description = "The signal's id"), IdempotencyKey),
    request_body(content = SignalReplyBody, example = json!({"text": "当天村里停电，扫不了码，纸质签到表在村委会存档。"})),
    responses(
        (status = 200, body = SignalReport),
        (status = 400, body = ProblemDetails, content_type = "application/problem+json", description = "malformed_json, invalid_idempotency_key"),
        (status = 403, body = ProblemDetails, content_type = "application/problem+json", description = "forbidden"),
        (status = 404, body = ProblemDetails, content_type = "application/problem+json", description = "not_found"),
        (status = 409, body = ProblemDetails, content_type = "application/problem+json", description = "signal_moved_on"),
        (status = 422, body = ProblemDetails, content_type = "application/problem+json", description = "invalid_fields, idempotency_key_reused"),
    ),
)]
pub async fn reply(
    visit: Visit,
    _: Presented,
    Id(id): Id,
    key: IdempotencyKey,
    Json(body): Json<SignalReplyBody>,
) -> Result<Response, Problem> {
    let seen = body.seen.map(Count::get);
    let done = store::reply(&visit, id, body.text.as_str(), seen, &key).await?;
    Ok(acted(&visit, done))
}
