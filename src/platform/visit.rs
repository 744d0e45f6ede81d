//! One request, as every handler sees it.

use std::net::Ipv6Addr;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use uuid::{NoContext, Timestamp, Uuid};

use super::clock::Instant;
use super::config::{Config, Environment};
use super::crypto::Token;
use super::db::Db;
use super::i18n::Lang;
use super::limits::Standing;
use super::problem::Problem;

/// The cookie of a signed-in browser. `__Host-` binds it to this origin and to TLS.
const SESSION_COOKIE: &str = "__Host-session";
/// The same where there is no TLS: a phone that tries a laptop out in its own network.
const PLAIN_SESSION_COOKIE: &str = "session";
/// The cookie of a chosen language.
pub const LANG_COOKIE: &str = "lang";

/// Everything a handler needs besides its own input.
#[derive(Clone)]
pub struct Visit {
    /// The database, metered for this request.
    pub db: Db,
    /// The deployment's settings.
    pub config: Arc<Config>,
    /// When the request arrived.
    pub now: Instant,
    /// In which language to answer.
    pub lang: Lang,
    /// Names the request in logs and in problems.
    pub request_id: Arc<str>,
    /// Scheme and host, for links that leave the page.
    pub origin: Arc<str>,
    /// The path and query, to come back to.
    pub target: Arc<str>,
    /// The page of this site the caller comes from, when its browser says so.
    pub came_from: Option<Arc<str>>,
    /// The network address of the caller.
    pub address: Arc<str>,
    /// Whether the browser keeps secrets for this origin: TLS, or this very machine.
    trusted_origin: bool,
    /// What the caller presents: a bearer token, else the session cookie.
    credential: Option<Arc<str>>,
    /// Whether another site made the browser send this.
    cross_site: bool,
    /// How the caller stands with the limits, where they are counted.
    standing: Option<Standing>,
}

impl Visit {
    /// Reads what the headers say.
    pub fn new(
        db: Db,
        config: Arc<Config>,
        now: Instant,
        request_id: &str,
        url: &str,
        headers: &HeaderMap,
    ) -> Self {
        let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
        let bearer = text(header::AUTHORIZATION).and_then(bearer);
        let (origin, target) = split(url);
        let trusted_origin =
            config.environment == Environment::Production || is_trustworthy(origin);
        let cookie = cookie(headers, session_cookie(trusted_origin));
        Self {
            db,
            config,
            now,
            lang: Lang::negotiate(cookie_lang(headers), text(header::ACCEPT_LANGUAGE)),
            request_id: request_id.into(),
            cross_site: is_cross_site(headers, origin),
            came_from: text(header::REFERER)
                .and_then(|referer| referer.strip_prefix(origin))
                .filter(|path| is_path(path))
                .map(Into::into),
            origin: origin.into(),
            target: target.into(),
            address: headers
                .get("cf-connecting-ip")
                .and_then(|value| value.to_str().ok())
                .unwrap_or("unknown")
                .into(),
            trusted_origin,
            credential: bearer.or(cookie).map(Into::into),
            standing: None,
        }
    }

    /// The same visit, counted.
    #[must_use]
    pub fn counted(mut self, standing: Option<Standing>) -> Self {
        self.standing = standing;
        self
    }

    /// How the caller stands with the limits, where they are counted.
    pub fn standing(&self) -> Option<&Standing> {
        self.standing.as_ref()
    }

    /// The same visit by somebody who has just signed in.
    #[must_use]
    pub fn signed_in_with(mut self, token: &Token) -> Self {
        self.credential = Some(token.reveal().into());
        self
    }

    /// The `Set-Cookie` of a session that lasts so many seconds; none to end it.
    pub fn session_cookie(&self, token: &str, seconds: i64) -> String {
        let name = session_cookie(self.trusted_origin);
        let secure = if self.trusted_origin { "; Secure" } else { "" };
        format!("{name}={token}; Path=/; Max-Age={seconds}{secure}; HttpOnly; SameSite=Lax")
    }

    /// The hash by which the caller's session or key is found.
    pub fn credential_hash(&self) -> Option<String> {
        self.credential
            .as_deref()
            .map(|token| Token::presented(token).hash())
    }

    /// By which requests from one place are counted. One subscriber holds a whole /64 of
    /// IPv6 (RFC 6177).
    pub fn address_hash(&self) -> String {
        self.config.keys.address_hash(&network(&self.address))
    }

    /// Whether what the caller presents is such a token.
    pub fn presents(&self, such: impl FnOnce(&str) -> bool) -> bool {
        self.credential.as_deref().is_some_and(such)
    }

    /// Whether a caller presents anything at all.
    pub fn has_credential(&self) -> bool {
        self.credential.is_some()
    }

    /// Whether another site made the browser send this (Fetch Metadata; RFC 6454,
    /// section 7). Unsafe methods are refused then.
    pub fn is_forged(&self) -> bool {
        self.cross_site
    }

    /// A new id, ordered by time (UUIDv7, RFC 9562).
    pub fn new_id(&self) -> Uuid {
        let millis = u64::try_from(self.now.millis()).unwrap_or_default();
        let nanos = u32::try_from(millis % 1000 * 1_000_000).unwrap_or_default();
        Uuid::new_v7(Timestamp::from_unix(NoContext, millis / 1000, nanos))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Visit {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        parts
            .extensions
            .get::<Self>()
            .cloned()
            .ok_or_else(|| Problem::internal("the router was called without a visit"))
    }
}

/// Whether this is a path on this site, and cannot be read as leading elsewhere.
pub fn is_path(target: &str) -> bool {
    target.starts_with('/')
        && !target.starts_with("//")
        && !target.starts_with("/\\")
        && target.bytes().all(|b| b.is_ascii_graphic())
}

fn network(address: &str) -> String {
    match address
        .parse::<Ipv6Addr>()
        .map(|v6| (v6, v6.to_ipv4_mapped()))
    {
        Ok((_, Some(v4))) => v4.to_string(),
        Ok((v6, None)) => {
            let [a, b, c, d, ..] = v6.segments();
            Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).to_string()
        }
        Err(_) => address.to_owned(),
    }
}

fn session_cookie(trusted_origin: bool) -> &'static str {
    if trusted_origin {
        SESSION_COOKIE
    } else {
        PLAIN_SESSION_COOKIE
    }
}

/// Where browsers keep `Secure` cookies (W3C Secure Contexts, section 3.1).
fn is_trustworthy(origin: &str) -> bool {
    let host = origin
        .strip_prefix("http://")
        .map(|rest| rest.split(':').next().unwrap_or(rest));
    match host {
        Some(host) => matches!(host, "localhost" | "127.0.0.1") || host.ends_with(".localhost"),
        None => origin.starts_with("https://"),
    }
}

/// Whether a request carries anything that makes its answer somebody's own.
pub fn is_personal(cookies: &str) -> bool {
    cookies.split(';').any(|pair| {
        let name = pair.split('=').next().unwrap_or_default().trim();
        name == SESSION_COOKIE || name == PLAIN_SESSION_COOKIE
    })
}

/// Somebody who presents anything at all: whoever does not is told so before a body is
/// read.
#[derive(Clone, Copy, Debug)]
pub struct Presented;

impl<S: Send + Sync> FromRequestParts<S> for Presented {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let visit = Visit::from_request_parts(parts, state).await?;
        if visit.has_credential() {
            Ok(Self)
        } else {
            Err(Problem::unauthenticated())
        }
    }
}

/// The token of an `Authorization` header; schemes have no case (RFC 9110, section 11.1).
fn bearer(authorization: &str) -> Option<&str> {
    let (scheme, token) = authorization.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// The value of a cookie. Other cookies may hold any bytes.
pub fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .flat_map(|value| value.as_bytes().split(|byte| *byte == b';'))
        .filter_map(|pair| std::str::from_utf8(pair).ok()?.trim().split_once('='))
        .find(|(known, _)| *known == name)
        .map(|(_, value)| value)
}

fn cookie_lang(headers: &HeaderMap) -> Option<&str> {
    cookie(headers, LANG_COOKIE)
}

/// `https://host` and `/path?query`.
fn split(url: &str) -> (&str, &str) {
    let host = url.find("://").map_or(0, |at| at + 3);
    let path = url
        .get(host..)
        .and_then(|rest| rest.find('/'))
        .map_or(url.len(), |at| host + at);
    let (origin, target) = url.split_at_checked(path).unwrap_or((url, ""));
    (origin, if target.is_empty() { "/" } else { target })
}

fn is_cross_site(headers: &HeaderMap, origin: &str) -> bool {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    match text("sec-fetch-site") {
        Some(site) => !matches!(site, "same-origin" | "none"),
        None => text("origin").is_some_and(|sent| sent != origin),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| ((*name).parse().unwrap(), (*value).parse().unwrap()))
            .collect()
    }

    #[test]
    fn a_url_splits_into_origin_and_target() {
        assert_eq!(split("https://a.b:8/c?d=/e"), ("https://a.b:8", "/c?d=/e"));
        assert_eq!(split("https://a.b"), ("https://a.b", "/"));
    }

    #[test]
    fn one_subscriber_is_one_network() {
        assert_eq!(network("2001:db8:1:2::81"), network("2001:db8:1:2:ffff::1"));
        assert_ne!(network("2001:db8:1:2::81"), network("2001:db8:1:3::81"));
        assert_eq!(network("::ffff:192.0.2.1"), "192.0.2.1");
        assert_eq!(network("192.0.2.1"), "192.0.2.1");
        assert_eq!(network("unknown"), "unknown");
    }

    #[test]
    fn another_site_is_told_by_either_header() {
        let here = "https://diandan.example";
        for (pairs, forged) in [
            (&[][..], false),
            (&[("sec-fetch-site", "same-origin")], false),
            (&[("sec-fetch-site", "none")], false),
            (&[("sec-fetch-site", "cross-site")], true),
            (&[("sec-fetch-site", "same-site")], true),
            (&[("origin", "https://diandan.example")], false),
            (&[("origin", "https://diandan.example.evil")], true),
            (&[("origin", "null")], true),
        ] {
            assert_eq!(is_cross_site(&headers(pairs), here), forged, "{pairs:?}");
        }
    }

    #[test]
    fn secrets_stay_with_tls_and_this_machine() {
        for origin in [
            "https://a.b",
            "http://127.0.0.1:8787",
            "http://localhost",
            "http://a.localhost:1",
        ] {
            assert!(is_trustworthy(origin), "{origin}");
        }
        for origin in [
            "http://192.168.1.2:8787",
            "http://a.b",
            "http://localhost.evil",
            "ftp://a.b",
        ] {
            assert!(!is_trustworthy(origin), "{origin}");
        }
        assert!(is_personal("lang=zh; __Host-session=x") && is_personal("session=x"));
        assert!(!is_personal("lang=session=") && !is_personal(""));
    }

    #[test]
    fn cookies_are_found_by_their_whole_name() {
        let sent = headers(&[("cookie", "xlang=zh; lang=en;a=b")]);
        assert_eq!(cookie(&sent, "lang"), Some("en"));
        assert_eq!(cookie(&sent, "ang"), None);
        let mut foreign = HeaderMap::new();
        let bytes = header::HeaderValue::from_bytes(b"x=\xe9; lang=en").unwrap();
        foreign.insert(header::COOKIE, bytes);
        assert_eq!(cookie(&foreign, "lang"), Some("en"));
    }

    #[test]
    fn schemes_have_no_case() {
        assert_eq!(bearer("bearer dds_x"), Some("dds_x"));
        assert_eq!(bearer("Bearer dds_x"), Some("dds_x"));
        assert_eq!(bearer("Basic dds_x"), None);
        assert_eq!(bearer("Bearer"), None);
    }
}
