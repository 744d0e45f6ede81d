//! What comes in: JSON bodies, query strings and forms, read into types that can only
//! be valid, with every bad field reported at once.

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, StatusCode, header};
use deserr::{
    DeserializeError, Deserr, ErrorKind, IntoValue, Sequence as _, Value, ValueKind,
    ValuePointerRef, take_cf_content,
};
use serde_json::Map;
use uuid::Uuid;

use super::clock::{Instant, parse_date};
use super::fields::FieldErrors;
use super::i18n::{Lang, Words};
use super::idempotency::note_body;
use super::problem::Problem;

/// A body is at most this long unless a handler says otherwise, in bytes.
const USUAL_BODY: usize = 16 * 1024;
/// A project with all its shifts, in bytes.
pub const LARGE_BODY: usize = 1024 * 1024;

/// The string in a value, or the error that says a string was expected.
pub fn string_from<V: IntoValue>(
    value: Value<V>,
    location: ValuePointerRef,
) -> Result<String, FieldErrors> {
    match value {
        Value::String(text) => Ok(text),
        actual => Err(take_cf_content(FieldErrors::error(
            None,
            ErrorKind::IncorrectValueKind {
                actual,
                accepted: &[ValueKind::String],
            },
            location,
        ))),
    }
}

impl Deserr<FieldErrors> for Instant {
    fn deserialize_from_value<V: IntoValue>(
        value: Value<V>,
        location: ValuePointerRef,
    ) -> Result<Self, FieldErrors> {
        Self::parse(&string_from(value, location)?).ok_or_else(|| {
            FieldErrors::at(
                location,
                Words::new(
                    "应为带时区的时间，如 2026-11-28T08:30:00+08:00",
                    "must be RFC 3339 with an offset, such as 2026-11-28T08:30:00+08:00",
                ),
            )
        })
    }
}

/// A day on the calendar, `2026-11-28`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Day(pub jiff::civil::Date);

impl Deserr<FieldErrors> for Day {
    fn deserialize_from_value<V: IntoValue>(
        value: Value<V>,
        location: ValuePointerRef,
    ) -> Result<Self, FieldErrors> {
        parse_date(&string_from(value, location)?)
            .map(Self)
            .ok_or_else(|| {
                FieldErrors::at(
                    location,
                    Words::new(
                        "应为日期，如 2026-11-28",
                        "must be a date such as 2026-11-28",
                    ),
                )
            })
    }
}

/// A whole number between `MIN` and `MAX`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Count<const MIN: i64, const MAX: i64>(i64);

impl<const MIN: i64, const MAX: i64> Count<MIN, MAX> {
    /// The number.
    pub const fn get(self) -> i64 {
        self.0
    }
}

impl<const MIN: i64, const MAX: i64> Deserr<FieldErrors> for Count<MIN, MAX> {
    fn deserialize_from_value<V: IntoValue>(
        value: Value<V>,
        location: ValuePointerRef,
    ) -> Result<Self, FieldErrors> {
        let number = match value {
            Value::Integer(number) => i64::try_from(number).ok(),
            Value::NegativeInteger(number) => Some(number),
            _ => None,
        };
        within(number, MIN, MAX, location).map(Self)
    }
}

/// A [`Count`] as queries carry it, in digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Digits<const MIN: i64, const MAX: i64>(i64);

impl<const MIN: i64, const MAX: i64> Digits<MIN, MAX> {
    /// The number.
    pub const fn get(self) -> i64 {
        self.0
    }
}

impl<const MIN: i64, const MAX: i64> Deserr<FieldErrors> for Digits<MIN, MAX> {
    fn deserialize_from_value<V: IntoValue>(
        value: Value<V>,
        location: ValuePointerRef,
    ) -> Result<Self, FieldErrors> {
        let digits = string_from(value, location)?;
        within(digits.parse().ok(), MIN, MAX, location).map(Self)
    }
}

fn within(
    number: Option<i64>,
    min: i64,
    max: i64,
    location: ValuePointerRef,
) -> Result<i64, FieldErrors> {
    number
        .filter(|number| (min..=max).contains(number))
        .ok_or_else(|| {
            FieldErrors::at(
                location,
                Words::new(
                    format!("应为 {min} 到 {max} 之间的整数"),
                    format!("must be a whole number from {min} to {max}"),
                ),
            )
        })
}

/// At most `MAX` things; more are refused before any is read.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(transparent)]
pub struct Many<T, const MAX: usize>(Vec<T>);

impl<T, const MAX: usize> Default for Many<T, MAX> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T, const MAX: usize> Many<T, MAX> {
    /// Keeps those that fit.
    pub fn retain(&mut self, fits: impl FnMut(&T) -> bool) {
        self.0.retain(fits);
    }

    /// Adds one more, unless there are `MAX`; whether it was added.
    #[must_use]
    pub fn push(&mut self, one: T) -> bool {
        let fits = self.0.len() < MAX;
        if fits {
            self.0.push(one);
        }
        fits
    }
}

impl<T, const MAX: usize> std::ops::DerefMut for Many<T, MAX> {
    fn deref_mut(&mut self) -> &mut [T] {
        &mut self.0
    }
}

impl<T, const MAX: usize> std::ops::Deref for Many<T, MAX> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.0
    }
}

impl<T: Deserr<FieldErrors>, const MAX: usize> Deserr<FieldErrors> for Many<T, MAX> {
    fn deserialize_from_value<V: IntoValue>(
        value: Value<V>,
        location: ValuePointerRef,
    ) -> Result<Self, FieldErrors> {
        if let Value::Sequence(items) = &value
            && items.len() > MAX
        {
            let words = Words::new(
                format!("最多 {MAX} 项"),
                format!("must have at most {MAX} items"),
            );
            return Err(FieldErrors::at(location, words));
        }
        Vec::deserialize_from_value(value, location).map(Self)
    }
}

/// An enumeration whose values travel as words.
pub trait Choice: Sized + Copy + 'static {
    /// All values with their words.
    const ALL: &'static [(Self, &'static str)];

    /// Reads a word.
    fn from_word(word: &str) -> Option<Self> {
        Self::ALL
            .iter()
            .find(|(_, known)| *known == word)
            .map(|(value, _)| *value)
    }
}

/// Reads a [`Choice`], or says which words there are.
pub fn choice_from<T: Choice, V: IntoValue>(
    value: Value<V>,
    location: ValuePointerRef,
) -> Result<T, FieldErrors> {
    let word = string_from(value, location)?;
    T::from_word(&word).ok_or_else(|| {
        let accepted: Vec<&str> = T::ALL.iter().map(|(_, known)| *known).collect();
        take_cf_content(FieldErrors::error::<serde_json::Value>(
            None,
            ErrorKind::UnknownValue {
                value: &word,
                accepted: &accepted,
            },
            location,
        ))
    })
}

/// Declares a closed set of words: an enum, its words, its JSON and its schema.
#[macro_export]
macro_rules! choice {
    ($(#[$meta:meta])* $name:ident { $($(#[$doc:meta])* $variant:ident = $word:tt),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
        pub enum $name {
            $($(#[$doc])* #[serde(rename = $word)] $variant),+
        }

        impl $crate::platform::input::Choice for $name {
            const ALL: &'static [(Self, &'static str)] = &[$((Self::$variant, $word)),+];
        }

        impl $name {
            /// The word it travels as.
            pub const fn word(self) -> &'static str {
                match self {
                    $(Self::$variant => $word),+
                }
            }
        }

        impl deserr::Deserr<$crate::platform::fields::FieldErrors> for $name {
            fn deserialize_from_value<V: deserr::IntoValue>(
                value: deserr::Value<V>,
                location: deserr::ValuePointerRef,
            ) -> Result<Self, $crate::platform::fields::FieldErrors> {
                $crate::platform::input::choice_from(value, location)
            }
        }
    };
}

/// A JSON body of at most `MAX` bytes.
#[derive(Clone, Copy, Debug)]
pub struct Json<T, const MAX: usize = USUAL_BODY>(pub T);

impl<S: Send + Sync, T: Deserr<FieldErrors>, const MAX: usize> FromRequest<S> for Json<T, MAX> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        // RFC 7396 has a media type of its own; the older one says as much.
        let patches = request.method() == Method::PATCH
            && has_type(request.headers(), "application/merge-patch+json");
        if !patches && !has_type(request.headers(), "application/json") {
            return Err(Problem::new(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "unsupported_media_type",
                Words::new(
                    "请求体应为 application/json",
                    "The body must be application/json",
                ),
            ));
        }
        let (parts, body) = request.into_parts();
        let value = parse_json(&read(body, MAX).await?)?;
        note_body(&parts.extensions, value.to_string().as_bytes());
        deserr::deserialize(value)
            .map_err(Problem::invalid)
            .map(Self)
    }
}

fn parse_json(bytes: &[u8]) -> Result<serde_json::Value, Problem> {
    let malformed = |zh: String, en: String| {
        Problem::new(
            StatusCode::BAD_REQUEST,
            "malformed_json",
            Words::new(zh, en),
        )
    };
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let at = error.valid_up_to();
        malformed(
            format!("请求体不是 UTF-8 编码（第 {at} 字节）"),
            format!("The body is not UTF-8 (byte {at})"),
        )
    })?;
    serde_json::from_str(text).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        malformed(
            format!("请求体不是合法的 JSON（第 {line} 行第 {column} 列）"),
            format!("The body is not JSON (line {line}, column {column})"),
        )
    })
}

/// A query string. Every parameter is a string to begin with; unknown ones are errors.
#[derive(Clone, Copy, Debug)]
pub struct Query<T>(pub T);

impl<S: Send + Sync, T: Deserr<FieldErrors>> FromRequestParts<S> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        parse_query(parts.uri.query().unwrap_or_default()).map(Self)
    }
}

/// The query string of a page: what cannot be read is left out, for links gather
/// parameters of chat apps and campaigns on their way (`from=singlemessage`).
#[derive(Clone, Copy, Debug)]
pub struct PageQuery<T>(pub T);

impl<S: Send + Sync, T: Deserr<FieldErrors>> FromRequestParts<S> for PageQuery<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let query = parts.uri.query().unwrap_or_default();
        let problem = match parse_query(query) {
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

/// Reads a query string. Empty parameters count as absent, as browsers send them for
/// fields left blank.
pub fn parse_query<T: Deserr<FieldErrors>>(query: &str) -> Result<T, Problem> {
    let refuse = |errors| {
        Problem::new(
            StatusCode::BAD_REQUEST,
            "invalid_parameters",
            Words::new("有些查询条件需要修改", "Some parameters need correcting"),
        )
        .with_fields(errors)
    };
    let mut values = Map::new();
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        if value.is_empty() {
            continue;
        }
        let value = serde_json::Value::String(value.into_owned());
        if values.insert(name.to_string(), value).is_some() {
            return Err(refuse(FieldErrors::one(
                format!("/{name}"),
                Words::new("只能出现一次", "must appear once"),
            )));
        }
    }
    deserr::deserialize(serde_json::Value::Object(values)).map_err(refuse)
}

/// The fields of an HTML form, in order.
#[derive(Clone, Debug, Default)]
pub struct Form(Vec<(String, String)>);

impl Form {
    /// The trimmed value of a field; `None` when absent or blank.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.all(name).next()
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

impl<S: Send + Sync> FromRequest<S> for Form {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        if !has_type(request.headers(), "application/x-www-form-urlencoded") {
            return Err(Problem::new(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "unsupported_media_type",
                Words::new("请用网页表单提交", "Please use the form on the page"),
            ));
        }
        let bytes = body(request, USUAL_BODY).await?;
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

/// Reads a UUID written the usual way; anything else is not found.
pub fn parse_id(text: &str) -> Result<Uuid, Problem> {
    Uuid::try_parse(text)
        .ok()
        .filter(|id| id.to_string() == text)
        .ok_or_else(Problem::not_found)
}

fn has_type(headers: &HeaderMap, expected: &str) -> bool {
    headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split(';').next())
        .is_some_and(|mime| mime.trim().eq_ignore_ascii_case(expected))
}

/// A body of at most `max` bytes, of any type.
pub async fn body(request: Request, max: usize) -> Result<Bytes, Problem> {
    let (parts, body) = request.into_parts();
    let bytes = read(body, max).await?;
    note_body(&parts.extensions, &bytes);
    Ok(bytes)
}

async fn read(body: Body, max: usize) -> Result<Bytes, Problem> {
    to_bytes(body, max).await.map_err(|_| {
        let kilobytes = max / 1024;
        Problem::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "body_too_large",
            Words::new(
                format!("请求体不能超过 {kilobytes} KB"),
                format!("The body must be at most {kilobytes} KB"),
            ),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
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
            "malformed_json"
        );
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
        assert!(parse_query::<Asked>("name=36&limit=").is_ok());
        for query in [
            "name=a&name=b",
            "name=a&limit=99",
            "name=a&limit=x",
            "name=a&other=1",
            "",
        ] {
            let problem = parse_query::<Asked>(query).unwrap_err();
            assert_eq!(problem.code(), "invalid_parameters", "{query}");
        }
    }
}
