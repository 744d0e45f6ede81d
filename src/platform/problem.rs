//! Refusals, as RFC 9457 problem details for programs and as pages for people.
//! What went wrong inside is logged and never told.

pub mod catalogue;
pub mod pages;

use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::crypto::NoRandomness;
use super::db::DbError;
use super::fields::{FieldErrors, FieldProblem};
use super::i18n::{Lang, Words};
use super::visit::Visit;

/// Why a request was not carried out.
#[derive(Clone, Debug)]
pub struct Problem(Box<Parts>);

#[derive(Clone, Debug)]
struct Parts {
    status: StatusCode,
    code: &'static str,
    title: Words,
    errors: FieldErrors,
    members: Map<String, Value>,
    headers: HeaderMap,
    internal: Option<String>,
}

/// A problem on the wire, `application/problem+json` (RFC 9457). Some codes add members of
/// their own, such as `clashes_with`.
#[derive(Debug, Serialize, ToSchema)]
pub struct ProblemDetails {
    /// Leads to a page that explains the code.
    #[serde(rename = "type")]
    #[schema(
        format = "uri",
        example = "https://diandan.example/problems/shift_full"
    )]
    pub kind: String,
    /// The HTTP status, repeated.
    pub status: u16,
    /// Stable, for programs: `shift_full`, `version_conflict`, …
    #[schema(example = "shift_full")]
    pub code: &'static str,
    /// What the code means, in the language of `Accept-Language`.
    #[schema(example = "Shift full")]
    pub title: String,
    /// What it means here, for people, in the same language.
    #[schema(example = "All places are taken")]
    pub detail: String,
    /// The request's id, to quote when asking for help.
    pub request_id: String,
    /// Every bad field, when fields are at fault.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldProblem>,
    /// What the code adds.
    #[serde(flatten)]
    #[schema(value_type = std::collections::HashMap<String, Value>)]
    pub members: Map<String, Value>,
}

impl Problem {
    /// A refusal with its status, its stable code and its sentence.
    pub fn new(status: StatusCode, code: &'static str, title: Words) -> Self {
        Self(Box::new(Parts {
            status,
            code,
            title,
            errors: FieldErrors::default(),
            members: Map::new(),
            headers: HeaderMap::new(),
            internal: None,
        }))
    }

    /// The same, said in other words.
    #[must_use]
    pub fn titled(mut self, title: Words) -> Self {
        self.0.title = title;
        self
    }

    /// Adds a member to the problem.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.0.members.insert(name.to_owned(), value.into());
        self
    }

    /// Adds the fields at fault.
    #[must_use]
    pub fn with_fields(mut self, errors: FieldErrors) -> Self {
        self.0.errors = errors;
        self
    }

    /// Adds a header to the answer.
    #[must_use]
    pub fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.0.headers.insert(name, value);
        self
    }

    /// 404: there is nothing here, or nothing the caller may know of.
    pub fn not_found() -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            "not_found",
            Words::new("没有找到您要的内容", "Page not found"),
        )
    }

    /// 405.
    pub fn method_not_allowed() -> Self {
        Self::new(
            StatusCode::METHOD_NOT_ALLOWED,
            "method_not_allowed",
            Words::new(
                "这个地址不支持该操作",
                "This address does not take that method",
            ),
        )
    }

    /// 401: nobody is signed in, or the key or session is not valid any more.
    pub fn unauthenticated() -> Self {
        Self::new(
            StatusCode::UNAUTHORIZED,
            "unauthenticated",
            Words::new(
                "请先登录，或检查接口密钥",
                "Sign in first, or check the API key",
            ),
        )
        .with_header(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"))
    }

    /// 403: the caller is known, and may not.
    pub fn forbidden() -> Self {
        Self::new(
            StatusCode::FORBIDDEN,
            "forbidden",
            Words::new("您没有这项权限", "You may not do this"),
        )
    }

    /// 422: fields are at fault.
    pub fn invalid(errors: FieldErrors) -> Self {
        Self::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "invalid_fields",
            Words::new("有些内容需要修改", "Some fields need correcting"),
        )
        .with_fields(errors)
    }

    /// 500: a fault of ours. `reason` goes to the log only.
    pub fn internal(reason: impl Into<String>) -> Self {
        let mut problem = Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "internal",
            Words::new(
                "系统出了点问题，请稍后再试",
                "Something went wrong here; please try again later",
            ),
        );
        problem.0.internal = Some(reason.into());
        problem
    }

    /// 503: somebody else was quicker, or the storage restarts; the same request may succeed.
    pub fn busy(reason: String) -> Self {
        let mut problem = Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "busy",
            Words::new(
                "系统繁忙，请几秒后再试",
                "Busy; please try again in a few seconds",
            ),
        )
        .with_header(header::RETRY_AFTER, HeaderValue::from_static("2"));
        problem.0.internal = Some(reason);
        problem
    }

    /// The HTTP status.
    pub fn status(&self) -> StatusCode {
        self.0.status
    }

    /// The stable code.
    pub fn code(&self) -> &'static str {
        self.0.code
    }

    /// What happened, in a sentence for people.
    pub fn title(&self, lang: Lang) -> &str {
        self.0.title.in_lang(lang)
    }

    /// The fields at fault.
    pub fn errors(&self) -> &FieldErrors {
        &self.0.errors
    }

    /// A member that is text.
    pub fn member(&self, name: &str) -> Option<&str> {
        self.0.members.get(name).and_then(Value::as_str)
    }

    /// Headers the answer carries.
    pub fn headers(&self) -> &HeaderMap {
        &self.0.headers
    }

    /// What only the log may know.
    pub fn internal_reason(&self) -> Option<&str> {
        self.0.internal.as_deref()
    }

    /// The problem as programs read it.
    pub fn details(&self, visit: &Visit) -> ProblemDetails {
        let lang = visit.lang;
        let code = self.0.code;
        let kind = catalogue::find(code);
        ProblemDetails {
            kind: format!("{}/problems/{code}", visit.origin),
            status: self.0.status.as_u16(),
            code,
            title: kind
                .map_or(self.title(lang), |kind| kind.title(lang))
                .to_owned(),
            detail: self.title(lang).to_owned(),
            request_id: visit.request_id.to_string(),
            errors: self.0.errors.in_lang(lang),
            members: self.0.members.clone(),
        }
    }
}

impl From<DbError> for Problem {
    fn from(error: DbError) -> Self {
        match error {
            DbError::Transient(reason) => Self::busy(reason),
            DbError::Refused(reason) | DbError::Broken(reason) => Self::internal(reason),
        }
    }
}

impl From<NoRandomness> for Problem {
    fn from(_: NoRandomness) -> Self {
        Self::internal("no randomness from the platform")
    }
}

/// The router renders problems when it knows for whom: as JSON below `/api`, else as a
/// page. Until then the response only carries one.
impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = self.0.status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}
