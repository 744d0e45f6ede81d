//! What comes in: JSON bodies, query strings and forms, read into types that can only
//! be valid, with every bad field reported at once.

use std::borrow::Cow;
use std::future::poll_fn;
use std::pin::Pin;

use axum::body::{Body, Bytes, HttpBody as _};
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
use super::json::{self, DEEPEST, Fault};
use super::problem::Problem;

/// A body is at most this long unless a handler says otherwise, in bytes.
const USUAL_BODY: usize = 16 * 1024;
/// Nobody sends more by mistake, in bytes.
const LONGEST_READ: usize = 32 * 1024 * 1024;
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
        let value = parse_json(&read(body, MAX).await?)?;
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

/// Reads a UUID written the usual way; anything else is not found.
pub fn parse_id(text: &str) -> Result<Uuid, Problem> {
    Uuid::try_parse(text)
        .ok()
        .filter(|id| id.to_string() == text)
        .ok_or_else(Problem::not_found)
}

/// Whether the body is of a media type, in UTF-8 (RFC 9110, section 8.3).
pub fn has_type(headers: &HeaderMap, expected: &str) -> bool {
    let Some(value) = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
    else {
        return false;
    };
    let mut parts = value.split(';').map(str::trim);
    let mime = parts.next().unwrap_or_default();
    mime.eq_ignore_ascii_case(expected)
        && parts.all(|parameter| match parameter.split_once('=') {
            Some((name, charset)) if name.eq_ignore_ascii_case("charset") => {
                charset.trim_matches('"').eq_ignore_ascii_case("utf-8")
            }
            _ => true,
        })
}

/// Whether the body is sent as it is, not compressed.
pub fn is_plain(headers: &HeaderMap) -> bool {
    headers
        .get(header::CONTENT_ENCODING)
        .is_none_or(|encoding| encoding.as_bytes().eq_ignore_ascii_case(b"identity"))
}

/// A body of at most `max` bytes, of any type.
pub async fn body(request: Request, max: usize) -> Result<Bytes, Problem> {
    let (parts, body) = request.into_parts();
    let bytes = read(body, max).await?;
    note_body(&parts.extensions, &bytes);
    Ok(bytes)
}

async fn read(body: Body, max: usize) -> Result<Bytes, Problem> {
    let mut pieces = Pieces::new(body, max);
    let mut bytes = Vec::new();
    while let Some(piece) = pieces.next().await? {
        bytes.extend_from_slice(&piece);
    }
    Ok(bytes.into())
}

/// A body as it arrives.
#[derive(Debug)]
pub struct Pieces {
    body: Body,
    length: usize,
    max: usize,
}

impl Pieces {
    /// Of a body of at most `max` bytes.
    pub fn new(body: Body, max: usize) -> Self {
        Self {
            body,
            length: 0,
            max,
        }
    }

    /// The next piece; none at the end. `body_too_large` when the body turns out to be
    /// longer than it may, once it has arrived.
    pub async fn next(&mut self) -> Result<Option<Bytes>, Problem> {
        let piece = self.frame().await?;
        if self.length <= self.max {
            return Ok(piece);
        }
        self.drain().await?;
        let kilobytes = self.max / 1024;
        Err(Problem::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "body_too_large",
            Words::new(
                format!("请求体不能超过 {kilobytes} KB"),
                format!("The body must be at most {kilobytes} KB"),
            ),
        ))
    }

    /// Reads what is left and keeps nothing: an answer before the end looks like a broken
    /// connection to proxies and to clients still sending.
    pub async fn drain(&mut self) -> Result<(), Problem> {
        while self.length <= LONGEST_READ && self.frame().await?.is_some() {}
        Ok(())
    }

    async fn frame(&mut self) -> Result<Option<Bytes>, Problem> {
        while let Some(frame) = poll_fn(|cx| Pin::new(&mut self.body).poll_frame(cx)).await {
            let frame = frame.map_err(|_| Problem::busy("the body broke off".to_owned()))?;
            if let Ok(data) = frame.into_data() {
                self.length = self.length.saturating_add(data.len());
                return Ok(Some(data));
            }
        }
        Ok(None)
    }
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
            "json_too_deep"
        );
        let twice = br#"{"name": "a", "name": "b"}"#;
        let problem = read_json::<Sample>(twice).unwrap_err();
        assert_eq!(problem.code(), "duplicate_key");
        assert!(problem.errors().of("/name", Lang::En).is_some());
    }

    #[test]
    fn a_media_type_has_no_case_and_one_charset() {
        for (value, fits) in [
            ("application/json", true),
            ("Application/JSON; Charset=\"UTF-8\"", true),
            ("application/json;v=1", true),
            ("application/json; charset=gbk", false),
            ("application/jsonp", false),
            ("text/plain; application/json", false),
            ("", false),
        ] {
            let headers = [(header::CONTENT_TYPE, value.parse().unwrap())];
            let headers = HeaderMap::from_iter(headers);
            assert_eq!(has_type(&headers, "application/json"), fits, "{value}");
        }
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
