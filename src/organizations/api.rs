//! Organizations as JSON.

pub mod invitations;
pub mod keys;
pub mod members;

use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use deserr::Deserr;
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::registration::{ChangeBody, Facts, Refusal, RegistrationBody};
use super::store::reading::{self, Filter, Found};
use super::store::registering::{self, Registered};
use super::{Organization, OrganizationLine, OrganizationState, Permission};
use crate::platform::db::DbError;
use crate::platform::fields::FieldErrors;
use crate::platform::i18n::Words;
use crate::platform::idempotency::{IdempotencyKey, Reply, replayed};
use crate::platform::input::{Digits, Id, Json, Query, string_from};
use crate::platform::page::{PRIVATE, PUBLIC};
use crate::platform::problem::{Problem, ProblemDetails};
use crate::platform::text::Line;
use crate::platform::visit::{Presented, Visit};
use crate::regions::RegionCode;

/// Read an organization.
///
/// Its members and whoever coordinates its region also read whom to ask for and why it was
/// refused or suspended.
#[utoipa::path(
    get,
    path = "/api/v1/organizations/{org}",
    operation_id = "read_organization",
    tag = "organizations",
    params(("org" = Uuid, Path, description = "The organization's id")),
    responses(
        (status = 200, body = Organization, headers(("ETag" = String))),
        (status = 404, body = ProblemDetails, content_type = "application/problem+json", description = "not_found"),
    ),
)]
pub async fn show(visit: Visit, Id(id): Id) -> Result<Response, Problem> {
    let found = reading::read(&visit, &id.to_string()).await?;
    let found = found.ok_or_else(Problem::not_found)?;
    if found.inside {
        return Ok(own(StatusCode::OK, found.organization));
    }
    let cache = [(header::CACHE_CONTROL, PUBLIC)];
    Ok((cache, axum::Json(found.organization)).into_response())
}

/// Where the page before ended: an organization's id.
#[derive(Debug)]
pub struct After(Uuid);

impl Deserr<FieldErrors> for After {
    fn deserialize_from_value<V: deserr::IntoValue>(
        value: deserr::Value<V>,
        location: deserr::ValuePointerRef,
    ) -> Result<Self, FieldErrors> {
        let text = string_from(value, location)?;
        crate::platform::input::parse_id(&text)
            .map(Self)
            .map_err(|_| {
                FieldErrors::at(
                    location,
                    Words::new(
                        "请使用上一页给出的链接",
                        "must be taken from the page before",
                    ),
                )
            })
    }
}

/// Which organizations to list.
#[derive(Debug, Deserr, IntoParams)]
#[deserr(error = FieldErrors, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListQuery {
    /// In this state only; others than `verified` are for coordinators.
    #[param(inline, example = "verified")]
    #[deserr(default)]
    state: Option<OrganizationState>,
    /// In this division and everything below it.
    #[param(inline, example = "3607")]
    #[deserr(default)]
    region: Option<RegionCode>,
    /// With this in their name.
    #[param(inline, example = "志愿")]
    #[deserr(default)]
    q: Option<Line<60>>,
    /// How many, 50 when left out.
    #[param(inline, example = 50)]
    #[deserr(default)]
    limit: Option<Digits<1, 100>>,
    /// Where the page before ended; taken from its `next`.
    #[param(value_type = Option<Uuid>, example = "01990000-0000-7000-8000-000000000002")]
    #[deserr(default)]
    cursor: Option<After>,
}

/// Organizations, in the order in which they came.
#[derive(Debug, Serialize, ToSchema)]
pub struct Organizations {
    items: Vec<OrganizationLine>,
    /// Where the next page is; `null` on the last.
    next: Option<String>,
}

/// List organizations.
///
/// Everybody reads those that are verified; coordinators also the others in the regions
/// they reach.
#[utoipa::path(
    get,
    path = "/api/v1/organizations",
    operation_id = "list_organizations",
    tag = "organizations",
    security((), ("session" = [])),
    params(ListQuery),
    responses(
        (status = 200, body = Organizations, headers(("Link" = String))),
        (status = 401, body = ProblemDetails, content_type = "application/problem+json", description = "unauthenticated: only coordinators read organizations in this state"),
        (status = 403, body = ProblemDetails, content_type = "application/problem+json", description = "forbidden: only coordinators read organizations in this state"),
    ),
)]
pub async fn list(visit: Visit, Query(query): Query<ListQuery>) -> Result<Response, Problem> {
    let limit = query.limit.map_or(50, Digits::get);
    let after = query.cursor.map(|after| after.0.to_string());
    let filter = Filter {
        state: query.state,
        region: query.region.as_ref(),
        q: query.q.as_ref().map(|q| q.as_str()),
        after: after.as_deref(),
        limit: limit + 1,
        in_reach: false,
    };
    let mut items = reading::list(&visit, &filter).await?;
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let more = items.len() > limit;
    items.truncate(limit);
    let next = items
        .last()
        .filter(|_| more)
        .map(|last| following(&visit.target, &last.id));
    let link = next
        .as_ref()
        .and_then(|next| HeaderValue::from_str(&format!("<{next}>; rel=\"next\"")).ok());
    let cache = match visit.has_credential() {
        true => PRIVATE,
        false => PUBLIC,
    };
    let cache = [(header::CACHE_CONTROL, cache)];
    let mut response = (cache, axum::Json(Organizations { items, next })).into_response();
    if let Some(link) = link {
        response.headers_mut().insert(header::LINK, link);
    }
    Ok(response)
}

/// The same question from another place on.
fn following(target: &str, after: &str) -> String {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let kept = form_urlencoded::parse(query.as_bytes())
        .filter(|(name, value)| name != "cursor" && !value.is_empty());
    let query = form_urlencoded::Serializer::new(String::new())
        .extend_pairs(kept)
        .append_pair("cursor", after)
        .finish();
    format!("{path}?{query}")
}

/// Register an organization.
///
/// Whoever does becomes its owner. It keeps drafts until a coordinator of its region has
/// verified it. A code that only a refused organization holds passes to whoever comes with
/// it next.
#[utoipa::path(
    post,
    path = "/api/v1/organizations",
    operation_id = "register_organization",
    tag = "organizations",
    security(("session" = [])),
    params(IdempotencyKey),
    request_body(content = RegistrationBody, example = json!({
        "name": "豆灯教育基金会",
        "kind": "foundation",
        "credit_code": "53360000000000019B",
        "region": "360731",
        "about": "一灯如豆。",
        "contact_name": "罗橘井",
        "contact_phone": "0797-1234567",
        "fundraising": {"certificate": "赣民募 2024-12", "valid_until": "2029-12-31"},
    })),
    responses(
        (status = 201, body = Organization, headers(("Location" = String), ("ETag" = String))),
        (status = 400, body = ProblemDetails, content_type = "application/problem+json", description = "malformed_json, invalid_idempotency_key"),
        (status = 409, body = ProblemDetails, content_type = "application/problem+json", description = "credit_code_taken, too_many_waiting"),
        (status = 422, body = ProblemDetails, content_type = "application/problem+json", description = "invalid_fields, idempotency_key_reused"),
    ),
)]
pub async fn register(
    visit: Visit,
    _: Presented,
    key: IdempotencyKey,
    Json(body): Json<RegistrationBody>,
) -> Result<Response, Problem> {
    let facts = body.facts(visit.now).map_err(Problem::invalid)?;
    match registered(&visit, &facts, &key).await? {
        (found, true) => created(found).map(replayed),
        (found, false) => created(found),
    }
}

fn created(found: Found) -> Result<Response, Problem> {
    let organization = found.organization;
    let reply = Reply::new(StatusCode::CREATED, &organization)?
        .at(format!("/api/v1/organizations/{}", organization.id))
        .tagged(etag(organization.version));
    Ok(reply.into_response())
}

/// Registers, and says whether the same request was carried out before.
pub async fn registered(
    visit: &Visit,
    facts: &Facts,
    key: &IdempotencyKey,
) -> Result<(Found, bool), Problem> {
    match registering::register(visit, facts, key).await? {
        Registered::Done(found) => Ok((*found, false)),
        Registered::Before(found) => Ok((*found, true)),
        Registered::UnknownRegion => Err(unknown_region()),
        Registered::CodeTaken => Err(code_taken()),
        Registered::TooMany => Err(Problem::new(
            StatusCode::CONFLICT,
            "too_many_waiting",
            Words::new(
                "您有太多组织还在等待核验，请等核验后再登记",
                "Too many organizations of yours wait for verification; register more when they are verified",
            ),
        )),
    }
}

/// 422: a division's digits, but of none there is.
pub fn unknown_region() -> Problem {
    Problem::invalid(FieldErrors::one(
        "/region",
        Words::new("没有这个行政区划", "is not a known division"),
    ))
}

fn code_taken() -> Problem {
    let words = Words::new(
        "这个信用代码已有组织登记；如果那不是贵单位登记的，请联系当地统筹单位",
        "An organization is registered with this credit code; if that was not you, ask the coordinator of your region",
    );
    Problem::new(StatusCode::CONFLICT, "credit_code_taken", words.clone())
        .with_fields(FieldErrors::one("/credit_code", words))
}

/// Change what an organization says of itself.
///
/// By its owners. Name, kind, credit code, region and fundraising qualification are what a
/// coordinator vouches for: changing one of them sends a verified organization back to
/// waiting, which takes its projects off the menu and therefore needs
/// `accept_reverification`. A refused organization waits again after any change; a
/// suspended one stays suspended.
#[utoipa::path(
    patch,
    path = "/api/v1/organizations/{org}",
    operation_id = "change_organization",
    tag = "organizations",
    security(("session" = [])),
    params(
        ("org" = Uuid, Path, description = "The organization's id"),
        ("If-Match" = Option<String>, Header, description = "Change only this version"),
    ),
    request_body(content = ChangeBody, example = json!({"about": "一灯如豆。", "contact_phone": null})),
    responses(
        (status = 200, body = Organization, headers(("ETag" = String))),
        (status = 403, body = ProblemDetails, content_type = "application/problem+json", description = "forbidden"),
        (status = 409, body = ProblemDetails, content_type = "application/problem+json", description = "credit_code_taken, organization_suspended, reverification_needed"),
        (status = 412, body = ProblemDetails, content_type = "application/problem+json", description = "version_conflict"),
        (status = 422, body = ProblemDetails, content_type = "application/problem+json", description = "invalid_fields"),
    ),
)]
pub async fn change(
    visit: Visit,
    _: Presented,
    Id(id): Id,
    headers: HeaderMap,
    Json(body): Json<ChangeBody>,
) -> Result<Response, Problem> {
    let seen = seen(&headers);
    changed(&visit, id, body, |version| {
        seen.is_none_or(|seen| seen.fits(version))
    })
    .await
    .map(|organization| own(StatusCode::OK, organization))
}

/// Changes an organization, if its version is still one that was meant.
pub async fn changed(
    visit: &Visit,
    id: Uuid,
    body: ChangeBody,
    meant: impl Fn(i64) -> bool,
) -> Result<Organization, Problem> {
    let id = id.to_string();
    let region = body
        .region
        .as_ref()
        .map(|region| region.as_str().to_owned());
    let loaded = registering::load(visit, &id, region.as_deref()).await?;
    let agent = loaded.agent.ok_or_else(Problem::unauthenticated)?;
    agent.require(Permission::Manage)?;
    let before = loaded.found.ok_or_else(Problem::not_found)?.organization;
    if !meant(before.version) {
        return Err(version_conflict(before.version));
    }
    if region.is_some() && !loaded.region_known {
        return Err(unknown_region());
    }
    let facts = Facts::from(&before);
    let (next, state) = facts
        .changed(before.state, body, visit.now)
        .map_err(refused)?;
    if next == facts {
        return Ok(before);
    }
    match registering::change(visit, before.version, &id, &facts, &next, state).await {
        Ok(Some(found)) => Ok(found.organization),
        Ok(None) => Err(Problem::not_found()),
        Err(error) if error.is_refusal("organization.credit_code") => Err(code_taken()),
        // Somebody was quicker, with the facts or with the caller's own role.
        Err(error) if error.is_refusal("version_conflict") => {
            let now = reading::read(visit, &id).await?;
            Err(version_conflict(
                now.map_or(before.version, |now| now.organization.version),
            ))
        }
        Err(DbError::Refused(reason)) => Err(Problem::internal(reason)),
        Err(error) => Err(error.into()),
    }
}

impl From<&Organization> for Facts {
    fn from(organization: &Organization) -> Self {
        Self {
            name: organization.name.clone(),
            kind: organization.kind,
            credit_code: organization.credit_code.clone(),
            region: organization.region.clone(),
            about: organization.about.clone(),
            contact_name: organization.contact_name.clone(),
            contact_phone: organization.contact_phone.clone(),
            fundraising: organization.fundraising.clone(),
        }
    }
}

fn refused(refusal: Refusal) -> Problem {
    match refusal {
        Refusal::Invalid(fields) => Problem::invalid(fields),
        Refusal::ReverificationNeeded => Problem::new(
            StatusCode::CONFLICT,
            "reverification_needed",
            Words::new(
                "修改名称、类型、信用代码、所在地或募捐资格后要重新核验，核验前项目不在菜单上；请确认后再提交",
                "After a change of name, kind, credit code, region or fundraising qualification the organization must be verified again, and is off the menu until then; confirm that first",
            ),
        ),
        Refusal::Suspended => Problem::new(
            StatusCode::CONFLICT,
            "organization_suspended",
            Words::new(
                "组织已被暂停，名称、类型、信用代码、所在地和募捐资格暂时不能修改",
                "The organization is suspended: name, kind, credit code, region and fundraising qualification stay as they are until it is reinstated",
            ),
        ),
    }
}

/// The versions an `If-Match` names.
#[derive(Clone, Copy)]
pub struct Seen<'a>(&'a str);

/// What `If-Match` says, if anything.
pub fn seen(headers: &HeaderMap) -> Option<Seen<'_>> {
    let value = headers.get(header::IF_MATCH)?;
    Some(Seen(value.to_str().unwrap_or_default()))
}

impl Seen<'_> {
    /// Whether this version is among them (RFC 9110, section 13.1.1). Tags count when they
    /// were weakened on the way: networks do so when they compress.
    pub fn fits(self, version: i64) -> bool {
        crate::router::matches_any(self.0, &etag(version))
    }
}

fn etag(version: i64) -> String {
    format!("\"v{version}\"")
}

/// 412: the organization is not what the caller looked at.
pub fn version_conflict(version: i64) -> Problem {
    let problem = Problem::new(
        StatusCode::PRECONDITION_FAILED,
        "version_conflict",
        Words::new(
            "组织资料已被改动，请先读取最新版本",
            "The organization has changed meanwhile; read its latest version first",
        ),
    );
    match HeaderValue::from_str(&etag(version)) {
        Ok(tag) => problem.with_header(header::ETAG, tag),
        Err(_) => problem,
    }
}

/// An organization for its own eyes.
pub fn own(status: StatusCode, organization: Organization) -> Response {
    let tag = HeaderValue::from_str(&etag(organization.version));
    let cache = [(header::CACHE_CONTROL, PRIVATE)];
    let mut response = (status, cache, axum::Json(organization)).into_response();
    if let Ok(tag) = tag {
        response.headers_mut().insert(header::ETAG, tag);
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_leads_to_the_next_with_the_same_question() {
        assert_eq!(
            following("/a?q=%E4%B9%89&cursor=x&state=", "y"),
            "/a?q=%E4%B9%89&cursor=y"
        );
        assert_eq!(following("/a", "y"), "/a?cursor=y");
    }

    #[test]
    fn versions_are_compared_as_tags() {
        for (list, fits) in [
            ("\"v3\"", true),
            ("W/\"v3\"", true),
            ("*", true),
            ("\"v2\"", false),
            ("v3", false),
        ] {
            assert_eq!(Seen(list).fits(3), fits, "{list}");
        }
    }
}
