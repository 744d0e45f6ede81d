//! How many requests a caller may send, and what tells them so (draft-ietf-httpapi-
//! ratelimit-headers). The platform counts; what it counts by is decided here, and the
//! numbers stand in `wrangler.toml`.

use std::cell::RefCell;
use std::collections::HashMap;

use axum::http::{HeaderMap, HeaderValue, StatusCode, header};

use super::clock::Instant;
use super::i18n::Words;
use super::newcomers;
use super::problem::Problem;
use super::visit::Visit;

/// The settings of the deployment, of which the limits are read.
const SETTINGS: &str = include_str!("../../wrangler.toml");

/// So many callers are remembered for their next header.
const MOST_CALLERS: usize = 10_000;

/// What requests are counted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scope {
    /// A key or a session.
    Caller,
    /// The network of somebody who presents nothing, or nobody's credential.
    Stranger,
    /// A network, whatever its people present.
    Network,
}

impl Scope {
    /// The name of the binding that counts.
    pub const fn binding(self) -> &'static str {
        match self {
            Self::Caller => "CALLER_LIMIT",
            Self::Stranger => "STRANGER_LIMIT",
            Self::Network => "NETWORK_LIMIT",
        }
    }

    /// The name of the policy in headers.
    const fn name(self) -> &'static str {
        match self {
            Self::Caller => "caller",
            Self::Stranger => "stranger",
            Self::Network => "network",
        }
    }
}

/// So many requests in so many seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quota {
    requests: u32,
    seconds: u32,
}

impl Quota {
    /// What `wrangler.toml` says of a binding.
    pub fn of(scope: Scope) -> Option<Self> {
        let name = format!("name = \"{}\"", scope.binding());
        let (_, rest) = SETTINGS.split_once(&name)?;
        let number = |name: &str| {
            let (_, value) = rest.split_once(name)?;
            let value = value.trim_start().strip_prefix('=')?.trim_start();
            let end = value.find(|c: char| !c.is_ascii_digit())?;
            value.get(..end)?.parse().ok()
        };
        Some(Self {
            requests: number("limit")?,
            seconds: number("period")?,
        })
    }
}

/// By what a request is counted, the narrowest first: those to the API, and those to pages
/// that are to change something.
pub fn counted_by(visit: &Visit, is_unsafe: bool) -> Vec<(Scope, String)> {
    if !visit.config.rate_limits || !(is_unsafe || visit.target.starts_with("/api/v1/")) {
        return Vec::new();
    }
    let network = visit.address_hash();
    match visit.credential_hash() {
        Some(credential) if !newcomers::is_made_up(&credential) => {
            vec![(Scope::Caller, credential), (Scope::Network, network)]
        }
        _ => vec![(Scope::Stranger, network)],
    }
}

/// How a caller stands with a limit.
#[derive(Clone, Copy, Debug)]
pub struct Standing {
    scope: Scope,
    quota: Quota,
    left: u32,
    /// For how long that holds, in seconds.
    resets_in: u32,
    refused: bool,
}

/// What this place has seen of a caller: when the window began, and how many requests.
type Seen = HashMap<(Scope, String), (i64, u32)>;

thread_local! {
    static SEEN: RefCell<Seen> = RefCell::default();
}

impl Standing {
    /// Counts a request that the platform let pass or refused. What is left is what this
    /// isolate knows of: others may have seen more.
    pub fn count(scope: Scope, caller: String, passed: bool, now: Instant) -> Option<Self> {
        let quota = Quota::of(scope)?;
        let window = i64::from(quota.seconds) * 1000;
        let began = now.millis() - now.millis().rem_euclid(window);
        let seen = SEEN.with_borrow_mut(|seen| {
            if seen.len() >= MOST_CALLERS {
                seen.clear();
            }
            let entry = seen.entry((scope, caller)).or_default();
            if entry.0 != began {
                *entry = (began, 0);
            }
            entry.1 = entry.1.saturating_add(1);
            entry.1
        });
        let rest = (began + window - now.millis() + 999) / 1000;
        Some(Self {
            scope,
            quota,
            left: if passed {
                quota.requests.saturating_sub(seen)
            } else {
                0
            },
            resets_in: u32::try_from(rest).unwrap_or(quota.seconds).max(1),
            refused: !passed,
        })
    }

    /// One too many, before anybody counts it: a credential nobody has heard of, from a
    /// network that has come with too many of those.
    pub fn shut_out(visit: &Visit) -> Option<Self> {
        let credential = visit.credential_hash()?;
        let shut_out = newcomers::is_shut_out(visit, &credential);
        shut_out
            .then(|| Self::count(Scope::Stranger, visit.address_hash(), false, visit.now))
            .flatten()
    }

    /// When what was counted is forgotten.
    pub fn ends(&self, now: Instant) -> Instant {
        now.plus(i64::from(self.resets_in) * 1000)
    }

    /// Whether the request is one too many, as a problem.
    pub fn refusal(&self) -> Option<Problem> {
        let seconds = self.resets_in;
        self.refused.then(|| {
            Problem::new(
                StatusCode::TOO_MANY_REQUESTS,
                "rate_limited",
                Words::new(
                    format!("请求过于频繁，请 {seconds} 秒后再试"),
                    format!("Too many requests; try again in {seconds} seconds"),
                ),
            )
            .with_header(header::RETRY_AFTER, HeaderValue::from(seconds))
        })
    }

    /// Says it in headers.
    pub fn tell(&self, headers: &mut HeaderMap) {
        let name = self.scope.name();
        let Quota { requests, seconds } = self.quota;
        let policy = format!("\"{name}\";q={requests};w={seconds}");
        let left = format!("\"{name}\";r={};t={}", self.left, self.resets_in);
        for (name, value) in [("ratelimit-policy", policy), ("ratelimit", left)] {
            if let Ok(value) = HeaderValue::from_str(&value) {
                headers.insert(name, value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_settings_say_every_quota() {
        for scope in [Scope::Caller, Scope::Stranger, Scope::Network] {
            let quota = Quota::of(scope).unwrap();
            assert!([10, 60].contains(&quota.seconds), "{quota:?}");
            assert!(quota.requests > 0);
        }
        let requests = |scope| Quota::of(scope).unwrap().requests;
        assert!(requests(Scope::Network) > requests(Scope::Caller));
    }

    fn headers(standing: &Standing) -> (String, String) {
        let mut headers = HeaderMap::new();
        standing.tell(&mut headers);
        let text = |name: &str| headers[name].to_str().unwrap().to_owned();
        (text("ratelimit-policy"), text("ratelimit"))
    }

    #[test]
    fn what_is_left_falls_and_rises_with_the_next_window() {
        let Quota { requests, seconds } = Quota::of(Scope::Caller).unwrap();
        let at = |millis: i64| {
            let now = Instant::from_millis(millis);
            Standing::count(Scope::Caller, "somebody".to_owned(), true, now).unwrap()
        };
        let (policy, left) = headers(&at(0));
        assert_eq!(policy, format!("\"caller\";q={requests};w={seconds}"));
        assert_eq!(left, format!("\"caller\";r={};t={seconds}", requests - 1));
        assert_eq!(at(1).left, requests - 2);
        let last = at(i64::from(seconds) * 1000 - 1);
        assert_eq!((last.left, last.resets_in), (requests - 3, 1));
        assert!(last.refusal().is_none());
        assert_eq!(at(i64::from(seconds) * 1000).left, requests - 1);
    }

    #[test]
    fn one_too_many_says_when_to_come_back() {
        let now = Instant::from_millis(59_500);
        let standing = Standing::count(Scope::Stranger, "x".to_owned(), false, now).unwrap();
        let problem = standing.refusal().unwrap();
        assert_eq!(problem.code(), "rate_limited");
        assert_eq!(problem.headers()[header::RETRY_AFTER], "1");
        assert_eq!(standing.left, 0);
    }

    #[test]
    fn memory_is_bounded() {
        let now = Instant::from_millis(0);
        for n in 0..=MOST_CALLERS {
            Standing::count(Scope::Network, n.to_string(), true, now).unwrap();
        }
        SEEN.with_borrow(|seen| assert!(seen.len() < MOST_CALLERS));
    }
}
