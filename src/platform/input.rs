//! What comes in: JSON bodies, query strings and forms, read into types that can only
//! be valid, with every bad field reported at once.

mod body;
mod values;

use std::borrow::Cow;

use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{Method, StatusCode};
use deserr::Deserr;
use serde_json::Map;
use uuid::Uuid;

use super::fields::FieldErrors;
use super::i18n::{Lang, Words};
use super::idempotency::note_body;
use super::json::{self, DEEPEST, Fault};
use super::problem::Problem;

pub use body::{Pieces, body, has_type, is_plain};
pub use values::{Choice, Count, Day, Digits, Many, choice_from, string_from};

/// A body is at most this long unless a handler says otherwise, in bytes.
const USUAL_BODY: usize = 16 * 1024;
/// A project with all its shifts, in bytes.
pub const LARGE_BODY: usize = 1024 * 1024;

/// A JSON body of at most `MAX` bytes.
#[derive(Clone, Copy, Debug)]
pub struct Json<T, const MAX: usize = USUAL_BODY>(pub T);

impl<S: Send + Sync, T: Deserr<FieldErrors>, const MAX: usize> FromRequest<S> for Json<T, MAX> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        // RFC 7396 has a media type of its own; the older one says as much.
        let patches = request.method() == Method::PATCH
            && has_type(request.headers(), "application/merge-patch+json");
        let is_json = patches || has_type(request.headers(), "application/json");
        if !is_plain(request.headers()) || !is_json {
            return Err(Problem::new(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "unsupported_media_type",
                Words::new(
                    "请求体应为未压缩的 application/json，UTF-8 编码",
                    "The body must be application/json in UTF-8, not compressed",
                ),
            ));
        }
        let (parts, body) = request.into_parts();
        let value = parse_json(&body::read(body, MAX).await?)?;
        note_body(&parts.extensions, value.to_string().as_bytes());
        deserr::deserialize(value)
            .map_err(Problem::invalid)
            .map(Self)
    }
}

fn parse_json(bytes: &[u8]) -> Result<serde_json::Value, Problem> {
    let refuse = |code, zh: String, en: String| {
        Err(Problem::new(
            StatusCode::BAD_REQUEST,
            code,
            Words::new(zh, en),
        ))
    };
    match json::parse(bytes) {
        Ok(value) => Ok(value),
        Err(Fault::NotUtf8(at)) => refuse(
            "malformed_json",
            format!("请求体不是 UTF-8 编码（第 {at} 字节）"),
            format!("The body is not UTF-8 (byte {at})"),
        ),
        Err(Fault::Syntax(line, column)) => refuse(
            "malformed_json",
            format!("请求体不是合法的 JSON（第 {line} 行第 {column} 列）"),
            format!("The body is not JSON (line {line}, column {column})"),
        ),
        Err(Fault::TooDeep(pointer)) => Err(Problem::new(
            StatusCode::BAD_REQUEST,
            "json_too_deep",
            Words::new(
                format!("请求体的嵌套不能超过 {DEEPEST} 层"),
                format!("The body must nest at most {DEEPEST} levels"),
            ),
        )
        .with_fields(FieldErrors::one(
            pointer,
            Words::new("嵌套过深", "is nested too deeply"),
        ))),
        Err(Fault::Duplicates(pointers)) => {
            let mut twice = FieldErrors::default();
            for pointer in pointers {
                twice.push(pointer, Words::new("只能出现一次", "must appear once"));
            }
            Err(Problem::new(
                StatusCode::BAD_REQUEST,
                "duplicate_key",
                Words::new(
                    "请求体中有重复的字段名",
                    "The body gives a name twice in one object",
                ),
            )
            .with_fields(twice))
        }
    }
}

/// A query string. Every parameter is a string to begin with; unknown, repeated and empty
/// ones are errors.
#[derive(Clone, Copy, Debug)]
pub struct Query<T>(pub T);

impl<S: Send + Sync, T: Deserr<FieldErrors>> FromRequestParts<S> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        parse_query(parts.uri.query().unwrap_or_default()).map(Self)
    }
}

/// The query string of a page: what is empty or cannot be read is left out, for browsers
/// send fields left blank, and links gather parameters of chat apps and campaigns on
/// their way (`from=singlemessage`).
#[derive(Clone, Copy, Debug)]
pub struct PageQuery<T>(pub T);

impl<S: Send + Sync, T: Deserr<FieldErrors>> FromRequestParts<S> for PageQuery<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let query = parts.uri.query().unwrap_or_default();
        let filled = |(_, value): &(Cow<'_, str>, Cow<'_, str>)| !value.is_empty();
        let filled = form_urlencoded::parse(query.as_bytes()).filter(filled);
        let query = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(filled)
            .finish();
        let problem = match parse_query(&query) {
            Ok(read) => return Ok(Self(read)),
            Err(problem) => problem,
        };
        let kept = form_urlencoded::parse(query.as_bytes())
            .filter(|(name, _)| problem.errors().of(&format!("/{name}"), Lang::En).is_none());
        let kept = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(kept)
            .finish();
        parse_query(&kept).map(Self)
    }
}

/// Reads a query string.
pub fn parse_query<T: Deserr<FieldErrors>>(query: &str) -> Result<T, Problem> {
    let mut values = Map::new();
    let mut errors = FieldErrors::default();
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        // What percent signs hid was not UTF-8.
        if value.contains('\u{FFFD}') || name.contains('\u{FFFD}') {
            let words = Words::new("不是 UTF-8 编码", "is not UTF-8");
            errors.push(format!("/{name}"), words);
        }
        let value = serde_json::Value::String(value.into_owned());
        if values.insert(name.to_string(), value).is_some() {
            let words = Words::new("只能出现一次", "must appear once");
            errors.push(format!("/{name}"), words);
        }
    }
    errors.into_result().map_err(invalid_parameters)?;
    deserr::deserialize(serde_json::Value::Object(values)).map_err(invalid_parameters)
}

/// 400: parameters of the query are at fault.
pub fn invalid_parameters(errors: FieldErrors) -> Problem {
    Problem::new(
        StatusCode::BAD_REQUEST,
        "invalid_parameters",
        Words::new("有些查询条件需要修改", "Some parameters need correcting"),
    )
    .with_fields(errors)
}

/// The fields of an HTML form, in order.
#[derive(Clone, Debug, Default)]
pub struct Form(Vec<(String, String)>);

impl Form {
    /// The trimmed value of a field; `None` when absent or blank.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.all(name).next()
    }

    /// What was sent in a field, even when it is blank; `None` when the form has none.
    pub fn sent(&self, name: &str) -> Option<&str> {
        let mut fields = self.0.iter().filter(|(known, _)| known == name);
        fields.next().map(|(_, value)| value.as_str())
    }

    /// Every field that is filled in, with its trimmed value, in order.
    pub fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0
            .iter()
            .map(|(name, value)| (name.as_str(), value.trim()))
            .filter(|(_, value)| !value.is_empty())
    }

    /// All values of a field that may be ticked several times.
    pub fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.0
            .iter()
            .filter(move |(known, _)| known == name)
            .map(|(_, value)| value.trim())
            .filter(|value| !value.is_empty())
    }
}

impl FromIterator<(String, String)> for Form {
    fn from_iter<T: IntoIterator<Item = (String, String)>>(fields: T) -> Self {
        Self(fields.into_iter().collect())
    }
}

impl<S: Send + Sync> FromRequest<S> for Form {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        Self::read(request, USUAL_BODY).await
    }
}

/// A form of a project with all its shifts.
#[derive(Clone, Debug, Default)]
pub struct LargeForm(pub Form);

impl<S: Send + Sync> FromRequest<S> for LargeForm {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        Form::read(request, LARGE_BODY).await.map(Self)
    }
}

impl Form {
    async fn read(request: Request, max: usize) -> Result<Self, Problem> {
        if !has_type(request.headers(), "application/x-www-form-urlencoded") {
            return Err(Problem::new(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "unsupported_media_type",
                Words::new("请用网页表单提交", "Please use the form on the page"),
            ));
        }
        let bytes = body(request, max).await?;
        Ok(Self(form_urlencoded::parse(&bytes).into_owned().collect()))
    }
}

/// What stands in a path; what cannot be read is not found.
#[derive(Clone, Copy, Debug)]
pub struct Path<T>(pub T);

impl<S: Send + Sync, T: serde::de::DeserializeOwned + Send> FromRequestParts<S> for Path<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        axum::extract::Path::from_request_parts(parts, state)
            .await
            .map(|axum::extract::Path(value)| Self(value))
            .map_err(|_| Problem::not_found())
    }
}

/// A UUID in a path; anything else is not found.
#[derive(Clone, Copy, Debug)]
pub struct Id(pub Uuid);

impl<S: Send + Sync> FromRequestParts<S> for Id {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let Path(text) = Path::<String>::from_request_parts(parts, state).await?;
        parse_id(&text).map(Self)
    }
}

impl Deserr<FieldErrors> for Id {
    fn deserialize_from_value<V: deserr::IntoValue>(
        value: deserr::Value<V>,
        location: deserr::ValuePointerRef,
    ) -> Result<Self, FieldErrors> {
        let words = Words::new("应为小写的 UUID", "must be a UUID in small letters");
        let id = parse_id(&string_from(value, location)?);
        id.map(Self).map_err(|_| FieldErrors::at(location, words))
    }
}

/// Reads a UUID written the usual way; anything else is not found.
pub fn parse_id(text: &str) -> Result<Uuid, Problem> {
    Uuid::try_parse(text)
        .ok()
        .filter(|id| id.to_string() == text)
        .ok_or_else(Problem::not_found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::clock::Instant;
    use crate::platform::text::Line;

    #[derive(Debug, Deserr)]
    #[deserr(error = FieldErrors, deny_unknown_fields)]
    struct Sample {
        #[expect(dead_code, reason = "read by Debug only")]
        name: Line<4>,
        #[expect(dead_code, reason = "read by Debug only")]
        #[deserr(default)]
        seats: Option<Count<1, 10>>,
        #[expect(dead_code, reason = "read by Debug only")]
        #[deserr(default)]
        parts: Many<Part, 4>,
    }

    #[derive(Debug, Deserr)]
    #[deserr(error = FieldErrors, deny_unknown_fields)]
    struct Part {
        #[expect(dead_code, reason = "read by Debug only")]
        starts_at: Instant,
    }

    fn read_json<T: Deserr<FieldErrors>>(bytes: &[u8]) -> Result<T, Problem> {
        deserr::deserialize(parse_json(bytes)?).map_err(Problem::invalid)
    }

    fn pointers(body: &str) -> Vec<String> {
        let problem = read_json::<Sample>(body.as_bytes()).unwrap_err();
        let fields = problem.errors().in_lang(Lang::En);
        fields.into_iter().map(|field| field.pointer).collect()
    }

    #[test]
    fn every_bad_field_is_reported_at_once() {
        let body =
            r#"{"name": "too long", "seats": -1, "a/b": 1, "parts": [{}, {"starts_at": 5}]}"#;
        let mut found = pointers(body);
        found.sort();
        assert_eq!(
            found,
            [
                "/a~1b",
                "/name",
                "/parts/0/starts_at",
                "/parts/1/starts_at",
                "/seats"
            ]
        );
    }

    #[test]
    fn an_endless_list_of_faults_ends() {
        let fields: Vec<String> = (0..5_000).map(|n| format!("\"f{n}\": 0")).collect();
        let body = format!("{{{}}}", fields.join(","));
        assert_eq!(pointers(&body).len(), 100);
        let body = format!(r#"{{"name": "a", "parts": [{}0]}}"#, "0,".repeat(9));
        assert_eq!(pointers(&body), ["/parts"]);
    }

    #[test]
    fn what_is_not_json_says_where() {
        for body in [&b"{\"name\": "[..], b"\xff\xfe", b""] {
            let problem = read_json::<Sample>(body).unwrap_err();
            assert_eq!(problem.code(), "malformed_json");
        }
        let bomb = "[".repeat(100_000);
        assert_eq!(
            read_json::<Sample>(bomb.as_bytes()).unwrap_err().code(),
            "json_too_deep"
        );
        let twice = br#"{"name": "a", "name": "b"}"#;
        let problem = read_json::<Sample>(twice).unwrap_err();
        assert_eq!(problem.code(), "duplicate_key");
        assert!(problem.errors().of("/name", Lang::En).is_some());
    }

    #[derive(Debug, Deserr)]
    #[deserr(error = FieldErrors, deny_unknown_fields)]
    struct Asked {
        #[expect(dead_code, reason = "read by Debug only")]
        name: Line<4>,
        #[deserr(default)]
        limit: Option<Digits<1, 10>>,
    }

    #[test]
    fn queries_are_as_strict_as_bodies() {
        let asked: Asked = parse_query("name=%E4%B9%89%E8%AF%8A&limit=7").unwrap();
        assert_eq!(asked.limit.map(Digits::get), Some(7));
        for query in [
            "name=a&name=b",
            "name=a&limit=99",
            "name=a&limit=x",
            "name=a&limit=",
            "name=a&other=1",
            "name=a&other=",
            "name=%ff",
            "",
        ] {
            let problem = parse_query::<Asked>(query).unwrap_err();
            assert_eq!(problem.code(), "invalid_parameters", "{query}");
        }
    }
}
