//! Coordination as JSON.

use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use deserr::Deserr;
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};

use super::store::appointing::{self, Appointed, Redeemed};
use super::store::deciding::{self, Decided};
use super::{AppointmentCode, Coordinator, Decision, DecisionBody, Place};
use crate::menu::api::{continued, link_to};
use crate::organizations::Organization;
use crate::organizations::api::{own, seen, unknown_region, version_conflict};
use crate::organizations::store::reading;
use crate::platform::fields::FieldErrors;
use crate::platform::i18n::Words;
use crate::platform::idempotency::{IdempotencyKey, Reply, replayed};
use crate::platform::input::{Digits, Id, Json, Query};
use crate::platform::page::PRIVATE;
use crate::platform::problem::{Problem, ProblemDetails};
use crate::platform::text::Line;
use crate::platform::visit::{Presented, Visit};
use crate::regions::RegionCode;
use crate::volunteers::Phone;

/// Decide on an organization.
///
/// By whoever coordinates its region or one that contains it. `verify` leads from
/// `unverified` or `refused` to `verified`, `refuse` from `unverified` to `refused`,
/// `suspend` from `verified` to `suspended`, `reinstate` back. Its owners are told.
#[utoipa::path(
    post,
    path = "/api/v1/organizations/{org}/verification",
    operation_id = "decide_on_organization",
    tag = "coordination",
    security(("session" = [])),
    params(
        ("org" = Uuid, Path, description = "The organization's id"),
        ("If-Match" = Option<String>, Header, description = "Decide only on this version: on what was looked at"),
        IdempotencyKey,
    ),
    request_body(content = DecisionBody, example = json!({"decision": "verify"})),
    responses(
        (status = 200, body = Organization, headers(("ETag" = String))),
        (status = 400, body = ProblemDetails, content_type = "application/problem+json", description = "malformed_json, invalid_idempotency_key"),
        (status = 403, body = ProblemDetails, content_type = "application/problem+json", description = "forbidden"),
        (status = 404, body = ProblemDetails, content_type = "application/problem+json", description = "not_found"),
        (status = 409, body = ProblemDetails, content_type = "application/problem+json", description = "decision_not_possible"),
        (status = 412, body = ProblemDetails, content_type = "application/problem+json", description = "version_conflict"),
        (status = 422, body = ProblemDetails, content_type = "application/problem+json", description = "invalid_fields, idempotency_key_reused"),
    ),
)]
pub async fn decide(
    visit: Visit,
    _: Presented,
    Id(organization): Id,
    headers: HeaderMap,
    key: IdempotencyKey,
    Json(body): Json<DecisionBody>,
) -> Result<Response, Problem> {
    body.check()?;
    let version = match seen(&headers) {
        None => None,
        Some(seen) => {
            // Which version it is that was looked at, only the row itself can say.
            let found = reading::read(&visit, &organization.to_string()).await?;
            let version = found.ok_or_else(Problem::not_found)?.organization.version;
            if !seen.fits(version) {
                return Err(version_conflict(version));
            }
            Some(version)
        }
    };
    match deciding::decide(&visit, organization, &body, version, &key).await? {
        Decided::Done(found) => Ok(own(StatusCode::OK, found.organization)),
        Decided::Before(found) => Ok(replayed(own(StatusCode::OK, found.organization))),
        Decided::NotPossible(state) => Err(Decision::not_possible(state)),
        Decided::Changed(version) => Err(version_conflict(version)),
    }
}

/// Which coordinators to list.
#[derive(Debug, Deserr, IntoParams)]
#[deserr(error = FieldErrors, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct CoordinatorsQuery {
    /// How many, 50 when left out.
    #[param(inline, example = 50)]
    #[deserr(default)]
    limit: Option<Digits<1, 100>>,
    /// Where the page before ended; taken from its `next`.
    #[param(inline, example = "360731_01990000-0000-7000-8000-000000000002")]
    #[deserr(default)]
    cursor: Option<Place>,
}

/// Coordinators in order of their regions.
#[derive(Debug, Serialize, ToSchema)]
pub struct Coordinators {
    items: Vec<Coordinator>,
    /// Where the next page is; `null` on the last.
    next: Option<String>,
}

/// List the coordinators in your reach, yourself included.
#[utoipa::path(
    get,
    path = "/api/v1/coordinators",
    operation_id = "list_coordinators",
    tag = "coordination",
    security(("session" = [])),
    params(CoordinatorsQuery),
    responses(
        (status = 200, body = Coordinators, headers(("Link" = String))),
        (status = 403, body = ProblemDetails, content_type = "application/problem+json", description = "forbidden"),
    ),
)]
pub async fn list(
    visit: Visit,
    Query(query): Query<CoordinatorsQuery>,
) -> Result<Response, Problem> {
    let limit = query.limit.map_or(50, Digits::get);
    let page = appointing::coordinators(&visit, query.cursor.as_ref(), limit).await?;
    let next = page
        .next
        .map(|place| continued(&visit.target, &place.to_string()));
    let link = link_to(next.as_deref());
    let cache = [(header::CACHE_CONTROL, PRIVATE)];
    let items = page.items;
    Ok((cache, link, axum::Json(Coordinators { items, next })).into_response())
}

/// Whom to appoint, and where.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = FieldErrors, deny_unknown_fields)]
pub struct AppointmentBody {
    /// A mobile number of mainland China; they sign in with it.
    pub phone: Phone,
    /// A division the caller reaches.
    pub region: RegionCode,
    /// Their office, which the public reads instead of their name.
    pub office: Line<40>,
}

/// Appoint a coordinator.
///
/// For a region the caller reaches; they are told.
#[utoipa::path(
    post,
    path = "/api/v1/coordinators",
    operation_id = "appoint_coordinator",
    tag = "coordination",
    security(("session" = [])),
    params(IdempotencyKey),
    request_body(content = AppointmentBody, example = json!({"phone": "13800138000", "region": "360731", "office": "于都县民政局"})),
    responses(
        (status = 201, body = Coordinator),
        (status = 400, body = ProblemDetails, content_type = "application/problem+json", description = "malformed_json, invalid_idempotency_key"),
        (status = 403, body = ProblemDetails, content_type = "application/problem+json", description = "forbidden, region_out_of_reach"),
        (status = 404, body = ProblemDetails, content_type = "application/problem+json", description = "not_found: appointed by the same request before and gone since"),
        (status = 409, body = ProblemDetails, content_type = "application/problem+json", description = "already_coordinator"),
        (status = 422, body = ProblemDetails, content_type = "application/problem+json", description = "invalid_fields, idempotency_key_reused"),
    ),
)]
pub async fn appoint(
    visit: Visit,
    _: Presented,
    key: IdempotencyKey,
    Json(body): Json<AppointmentBody>,
) -> Result<Response, Problem> {
    match appointed(&visit, &body, &key).await? {
        (coordinator, true) => created(&coordinator).map(replayed),
        (coordinator, false) => created(&coordinator),
    }
}

fn created(coordinator: &Coordinator) -> Result<Response, Problem> {
    Ok(Reply::new(StatusCode::CREATED, coordinator)?.into_response())
}

/// Appoints, and says whether the same request was carried out before.
pub async fn appointed(
    visit: &Visit,
    body: &AppointmentBody,
    key: &IdempotencyKey,
) -> Result<(Coordinator, bool), Problem> {
    let office = body.office.as_str();
    match appointing::appoint(visit, &body.phone, &body.region, office, key).await? {
        Appointed::Made(coordinator) => Ok((*coordinator, false)),
        Appointed::Before(coordinator) => Ok((*coordinator, true)),
        Appointed::UnknownRegion => Err(unknown_region()),
        Appointed::Already => Err(already_coordinator()),
        Appointed::OutOfReach => Err(Problem::new(
            StatusCode::FORBIDDEN,
            "region_out_of_reach",
            Words::new(
                "只能任命本行政区划及其下级的统筹员",
                "You appoint coordinators within your own region only",
            ),
        )),
    }
}

/// 409: nothing to appoint.
pub fn already_coordinator() -> Problem {
    Problem::new(
        StatusCode::CONFLICT,
        "already_coordinator",
        Words::new(
            "已经是该行政区划的统筹员",
            "They coordinate that region already",
        ),
    )
}

/// Revoke a coordinator, or step down.
///
/// Those below one's own region, those one has appointed, and oneself. What they decided
/// stands.
#[utoipa::path(
    delete,
    path = "/api/v1/coordinators/{id}",
    operation_id = "revoke_coordinator",
    tag = "coordination",
    security(("session" = [])),
    params(("id" = Uuid, Path, description = "The appointment's id")),
    responses(
        (status = 204, description = "They coordinate it no longer"),
        (status = 403, body = ProblemDetails, content_type = "application/problem+json", description = "forbidden"),
        (status = 404, body = ProblemDetails, content_type = "application/problem+json", description = "not_found"),
    ),
)]
pub async fn revoke(visit: Visit, Id(id): Id) -> Result<StatusCode, Problem> {
    appointing::revoke(&visit, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The code that `script/coordinator` printed.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = FieldErrors, deny_unknown_fields)]
pub struct RedemptionBody {
    /// As it was printed.
    code: AppointmentCode,
}

/// Redeem an appointment code.
///
/// Whoever is signed in becomes the coordinator it stands for. It works once.
#[utoipa::path(
    post,
    path = "/api/v1/me/coordination",
    operation_id = "redeem_appointment_code",
    tag = "coordination",
    security(("session" = [])),
    params(IdempotencyKey),
    request_body(content = RedemptionBody, example = json!({"code": "ddc_5f0c1c9e8f0b4b1e9d530c4a7c1d2e3f5f0c1c9e8f0b4b1e9d530c4a7c1d2e3f"})),
    responses(
        (status = 201, body = Coordinator),
        (status = 400, body = ProblemDetails, content_type = "application/problem+json", description = "malformed_json, invalid_idempotency_key"),
        (status = 403, body = ProblemDetails, content_type = "application/problem+json", description = "wrong_code"),
        (status = 404, body = ProblemDetails, content_type = "application/problem+json", description = "not_found: redeemed by the same request before and gone since"),
        (status = 409, body = ProblemDetails, content_type = "application/problem+json", description = "already_coordinator"),
        (status = 422, body = ProblemDetails, content_type = "application/problem+json", description = "invalid_fields, idempotency_key_reused"),
    ),
)]
pub async fn redeem(
    visit: Visit,
    _: Presented,
    key: IdempotencyKey,
    Json(body): Json<RedemptionBody>,
) -> Result<Response, Problem> {
    match redeemed(&visit, &body.code, &key).await? {
        (coordinator, true) => created(&coordinator).map(replayed),
        (coordinator, false) => created(&coordinator),
    }
}

/// Redeems, and says whether the same request was carried out before.
pub async fn redeemed(
    visit: &Visit,
    code: &AppointmentCode,
    key: &IdempotencyKey,
) -> Result<(Coordinator, bool), Problem> {
    match appointing::redeem(visit, code, key).await? {
        Redeemed::Done(coordinator) => Ok((*coordinator, false)),
        Redeemed::Before(coordinator) => Ok((*coordinator, true)),
        Redeemed::Already => Err(already_coordinator()),
        Redeemed::NoSuchCode => Err(Problem::new(
            StatusCode::FORBIDDEN,
            "wrong_code",
            Words::new(
                "任命码不对、已用过或已过期",
                "The code is wrong, used, or too old",
            ),
        )),
    }
}
