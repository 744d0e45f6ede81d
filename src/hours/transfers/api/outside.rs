//! Hours recorded elsewhere, as JSON.

use axum::response::{IntoResponse, Response};
use deserr::Deserr;
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};

use super::{acted, each_once, own};
use crate::hours::transfers::MOST;
use crate::hours::transfers::store::{self, BroughtIn, Elsewhere, OutsideHours};
use crate::menu::api::{continued, link_to};
use crate::platform::fields::FieldErrors;
use crate::platform::i18n::Words;
use crate::platform::idempotency::IdempotencyKey;
use crate::platform::input::{Count, Day, Digits, Id, Json, LARGE_BODY, Many, Query};
use crate::platform::problem::{Problem, ProblemDetails};
use crate::platform::text::Line;
use crate::platform::visit::{Presented, Visit};
use crate::volunteers::Phone;

/// Hours somebody else recorded.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = FieldErrors, deny_unknown_fields)]
pub struct OutsideHoursItem {
    /// The phone of whose they are: somebody who signed up with the organization.
    phone: Phone,
    /// The system or organization that recorded them.
    #[schema(value_type = String, min_length = 1, max_length = 60)]
    source: Line<60>,
    /// Its own name for the record.
    #[schema(value_type = String, min_length = 1, max_length = 80)]
    reference: Line<80>,
    /// What was done.
    #[schema(value_type = String, min_length = 1, max_length = 80)]
    activity: Line<80>,
    /// The day.
    #[schema(value_type = String, format = Date)]
    on_date: Day,
    /// Minutes.
    #[schema(value_type = i64, minimum = 1, maximum = 2880)]
    minutes: Count<1, 2_880>,
}

/// Hours recorded elsewhere, to be brought in.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = FieldErrors, deny_unknown_fields)]
pub struct OutsideHoursBody {
    /// All are brought in, or none.
    #[schema(value_type = Vec<OutsideHoursItem>, min_items = 1, max_items = 500)]
    items: Many<OutsideHoursItem, MOST>,
}

/// What stands after hours were brought in.
#[derive(Debug, Serialize, ToSchema)]
pub struct OutsideHoursReport {
    /// In the order asked for.
    items: Vec<BroughtIn>,
}

/// Bring in hours recorded elsewhere.
///
/// Of the organization's own volunteers, under the name of whoever recorded them. They are
/// shown to the volunteer apart, and count towards no total, star or certificate. The same
/// again changes nothing; a reference brought in for somebody before with something else is
/// refused, until they say that it is not theirs. What another organization brings in under
/// the same reference is shown to the volunteer as the same hours.
#[utoipa::path(
    post,
    path = "/api/v1/organizations/{org}/outside-hours",
    operation_id = "bring_in_outside_hours",
    tag = "hours",
    security(("session" = []), ("api_key" = ["hours:write"])),
    params(("org" = Uuid, Path, description = "The organization's id"), IdempotencyKey),
    request_body(content = OutsideHoursBody, example = json!({"items": [{"phone": "13800138000", "source": "全国志愿服务信息系统", "reference": "JX-2025-004711", "activity": "重阳节敬老", "on_date": "2025-10-29", "minutes": 180}]})),
    responses(
        (status = 200, body = OutsideHoursReport),
        (status = 400, body = ProblemDetails, content_type = "application/problem+json", description = "malformed_json, invalid_idempotency_key"),
        (status = 403, body = ProblemDetails, content_type = "application/problem+json", description = "forbidden"),
        (status = 404, body = ProblemDetails, content_type = "application/problem+json", description = "not_found: no such organization"),
        (status = 422, body = ProblemDetails, content_type = "application/problem+json", description = "invalid_fields, idempotency_key_reused"),
    ),
)]
pub async fn bring_in(
    visit: Visit,
    _: Presented,
    Id(organization): Id,
    key: IdempotencyKey,
    Json(body): Json<OutsideHoursBody, LARGE_BODY>,
) -> Result<Response, Problem> {
    let names = body.items.iter();
    let names = names.map(|item| {
        let whose = item.phone.digits();
        (whose, item.source.as_str(), item.reference.as_str())
    });
    each_once("items", "reference", names)?;
    let mut errors = FieldErrors::default();
    for (place, item) in body.items.iter().enumerate() {
        if item.on_date.0 > visit.now.date() {
            let words = Words::new("不能晚于今天", "must not lie ahead");
            errors.push(format!("/items/{place}/on_date"), words);
        }
    }
    errors.into_result().map_err(Problem::invalid)?;
    let keys = &visit.config.keys;
    let items: Vec<_> = body
        .items
        .iter()
        .map(|item| Elsewhere {
            id: visit.new_id().to_string(),
            phone_hash: keys.phone_hash(item.phone.digits()),
            source: item.source.as_str().to_owned(),
            reference: item.reference.as_str().to_owned(),
            activity: item.activity.as_str().to_owned(),
            on_date: item.on_date.0.to_string(),
            minutes: item.minutes.get(),
        })
        .collect();
    let (items, repeated) = store::bring_in(&visit, organization, &items, &key).await?;
    Ok(acted(OutsideHoursReport { items }, repeated))
}

/// Which page of one's own.
#[derive(Debug, Default, Deserr, IntoParams)]
#[deserr(error = FieldErrors, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct OutsideHoursQuery {
    /// How many, 50 when left out.
    #[param(inline, example = 50)]
    #[deserr(default)]
    limit: Option<Digits<1, 100>>,
    /// Where the page before ended; taken from its `next`.
    #[param(inline, example = 7)]
    #[deserr(default)]
    pub cursor: Option<Digits<1, 9_007_199_254_740_991>>,
}

/// One page of hours recorded elsewhere.
#[derive(Debug, Serialize, ToSchema)]
pub struct OutsideHoursList {
    items: Vec<OutsideHours>,
    /// Where the next page is; `null` on the last.
    next: Option<String>,
}

/// List your hours recorded elsewhere.
///
/// The newest first. They count towards nothing here: each names who recorded it.
#[utoipa::path(
    get,
    path = "/api/v1/me/outside-hours",
    operation_id = "list_my_outside_hours",
    tag = "me",
    security(("session" = [])),
    params(OutsideHoursQuery),
    responses(
        (status = 200, body = OutsideHoursList, headers(("Link" = String, description = "rel=next, when there is more"))),
    ),
)]
pub async fn mine(
    visit: Visit,
    _: Presented,
    Query(query): Query<OutsideHoursQuery>,
) -> Result<Response, Problem> {
    let before = query.cursor.map_or(0, Digits::get);
    let limit = query.limit.map_or(50, Digits::get);
    let (items, next) = store::mine(&visit, before, limit).await?;
    let next = next.map(|seq| continued(&visit.target, &seq.to_string()));
    let link = link_to(next.as_deref());
    Ok((link, own(OutsideHoursList { items, next })).into_response())
}

/// Say that hours recorded elsewhere are not yours.
///
/// They stay, struck out, with when you said so. Said once, it is not taken back.
#[utoipa::path(
    post,
    path = "/api/v1/me/outside-hours/{id}/strike",
    operation_id = "strike_outside_hours",
    tag = "me",
    security(("session" = [])),
    params(("id" = Uuid, Path, description = "Which hours"), IdempotencyKey),
    responses(
        (status = 200, body = OutsideHours),
        (status = 400, body = ProblemDetails, content_type = "application/problem+json", description = "invalid_idempotency_key"),
        (status = 404, body = ProblemDetails, content_type = "application/problem+json", description = "not_found: not one's own"),
        (status = 422, body = ProblemDetails, content_type = "application/problem+json", description = "idempotency_key_reused"),
    ),
)]
pub async fn strike(
    visit: Visit,
    _: Presented,
    Id(id): Id,
    key: IdempotencyKey,
) -> Result<Response, Problem> {
    let (one, repeated) = store::strike(&visit, id, &key).await?;
    Ok(acted(one, repeated))
}
