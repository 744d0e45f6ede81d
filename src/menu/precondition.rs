//! Versions of a project, and requests that hold for one of them only (RFC 9110,
//! section 13.1).

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};

use crate::platform::i18n::Words;
use crate::platform::problem::Problem;

/// The entity tag of a version.
pub fn etag(version: i64) -> String {
    format!("\"v{version}\"")
}

/// `If-Match` guards replacing, `If-None-Match: *` creating. Tags count when they were
/// weakened on the way: networks do so when they compress.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Precondition {
    if_match: Option<String>,
    if_none_match: Option<String>,
}

impl Precondition {
    /// Only where nothing stands yet.
    pub fn nothing_stands() -> Self {
        Self {
            if_match: None,
            if_none_match: Some("*".to_owned()),
        }
    }

    /// Only while this version stands.
    pub fn version(version: i64) -> Self {
        Self {
            if_match: Some(etag(version)),
            if_none_match: None,
        }
    }

    /// 412 unless it holds for what stands now.
    pub fn check(&self, standing: Option<i64>) -> Result<(), Problem> {
        let matches = |list: &str, version: i64| {
            list.split(',')
                .map(|tag| tag.trim().trim_start_matches("W/"))
                .any(|tag| tag == "*" || tag == etag(version))
        };
        let met = match (&self.if_match, &self.if_none_match, standing) {
            (Some(list), _, Some(version)) => matches(list, version),
            (Some(_), _, None) => false,
            (None, Some(list), Some(version)) => !matches(list, version),
            (None, _, _) => true,
        };
        if met {
            return Ok(());
        }
        let problem = Problem::new(
            StatusCode::PRECONDITION_FAILED,
            "version_conflict",
            Words::new(
                "项目已被别人改动，请先读取最新版本",
                "The project has changed meanwhile; read its latest version first",
            ),
        );
        let tag = standing.and_then(|version| HeaderValue::from_str(&etag(version)).ok());
        Err(match tag {
            Some(tag) => problem.with_header(header::ETAG, tag),
            None => problem,
        })
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Precondition {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let text = |name: HeaderName| {
            let value = parts.headers.get(name)?.to_str().ok()?;
            Some(value.to_owned())
        };
        Ok(Self {
            if_match: text(header::IF_MATCH),
            if_none_match: text(header::IF_NONE_MATCH),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn if_match(list: &str, standing: Option<i64>) -> bool {
        let condition = Precondition {
            if_match: Some(list.to_owned()),
            if_none_match: None,
        };
        condition.check(standing).is_ok()
    }

    #[test]
    fn preconditions_guard_replacing_and_creating() {
        assert!(if_match("\"v3\"", Some(3)));
        assert!(if_match("\"v1\", \"v3\"", Some(3)));
        assert!(if_match("*", Some(3)));
        assert!(if_match("W/\"v3\"", Some(3)));
        assert!(!if_match("\"v2\"", Some(3)));
        assert!(!if_match("*", None));
        assert!(Precondition::version(3).check(Some(3)).is_ok());
        assert!(Precondition::version(3).check(Some(4)).is_err());
        assert!(Precondition::nothing_stands().check(None).is_ok());
        assert!(Precondition::nothing_stands().check(Some(3)).is_err());
        assert!(Precondition::default().check(Some(3)).is_ok());
    }
}
