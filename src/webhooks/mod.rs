//! Webhooks (事件推送): what happens, told to an organization's own system, signed as
//! Standard Webhooks says (standardwebhooks.com).

pub mod api;
mod hook;
pub mod pages;
pub mod store;

use std::fmt;

use data_encoding::BASE64;
use deserr::{Deserr, IntoValue, Value, ValuePointerRef};
use url::{Host, Url};

use crate::choice;
use crate::platform::clock::{DAY, HOUR, Instant, day_words};
use crate::platform::crypto::{NoRandomness, hmac_sha256, random};
use crate::platform::fields::FieldErrors;
use crate::platform::i18n::{Lang, Words};
use crate::platform::input::{Choice as _, string_from};

// What the clock and whoever delivers need.
pub use store::{Due, Post, claim, failed, forget, sent};

/// How many deliveries one round makes at most, all at once: a Worker has six connections.
pub const A_ROUND: u32 = 6;

/// An organization has at most so many endpoints; the schema says so too.
pub const MOST_WEBHOOKS: usize = 5;
/// After so many attempts, some 38 hours, a delivery is given up.
pub const MOST_ATTEMPTS: i64 = 14;
/// An endpoint where nothing arrives for so long is switched off, in milliseconds.
pub const PATIENCE: i64 = 5 * DAY;
/// After a rotation the secret before signs as well for so long, in milliseconds.
pub const OVERLAP: i64 = DAY;

/// The table of events: the word each travels as, and what it is for people.
macro_rules! events {
    ($($(#[$doc:meta])+ $event:ident = $word:tt ($zh:literal, $en:literal);)+) => {
        choice! {
            /// What an endpoint may be told of.
            Event { $($(#[$doc])+ $event = $word),+ }
        }

        impl Event {
            /// What it is, for people.
            pub fn name(self, lang: Lang) -> &'static str {
                match self {
                    $(Self::$event => lang.pick($zh, $en)),+
                }
            }
        }
    };
}

events! {
    /// Somebody signed up.
    SignupCreated = "signup.created" ("有人报名", "Somebody signed up");
    /// A sign-up was given up, declined, or called off.
    SignupCancelled = "signup.cancelled" ("报名取消", "A sign-up was cancelled");
    /// Somebody who waited has a seat.
    SignupPromoted = "signup.promoted" ("候补递补", "Somebody waiting got a seat");
    /// A sign-up was moved, approved, settled, expected otherwise, or its holder asks to be let go.
    SignupChanged = "signup.changed" ("报名变更", "A sign-up changed");
    /// A shift has another time, place, role or size, or was called off.
    ShiftChanged = "shift.changed" ("班次变更", "A shift changed");
    /// Service, training, an honour or an evaluation was recorded.
    RecordCreated = "record.created" ("新增记录", "A record was made");
    /// A record was corrected: another one stands in its place.
    RecordSuperseded = "record.superseded" ("记录更正", "A record was corrected");
}

impl Event {
    /// All events.
    pub fn all() -> impl Iterator<Item = Self> {
        Self::ALL.iter().map(|(event, _)| *event)
    }
}

choice! {
    /// Whether an endpoint is told anything.
    WebhookState {
        /// It is.
        Active = "active",
        /// Not until it is switched on again; what happens meanwhile is not kept for it.
        Disabled = "disabled",
    }
}

/// An endpoint is tried out so often within [`TESTS_COUNT_FOR`].
pub const MOST_TESTS: i64 = 5;
/// How long a test counts, in milliseconds.
pub const TESTS_COUNT_FOR: i64 = HOUR;

choice! {
    /// Why a delivery did not arrive.
    Failure {
        /// Nobody answered at the address.
        Unreachable = "unreachable",
        /// No answer came within ten seconds.
        Timeout = "timeout",
        /// The answer pointed elsewhere (3xx).
        Redirected = "redirected",
        /// The answer was none of 2xx.
        Refused = "refused",
        /// The secret to sign with cannot be read: the deployment has another master key.
        Unsigned = "unsigned",
        /// Anything else.
        Other = "other",
    }
}

impl Failure {
    /// What went wrong, for people.
    pub fn words(self, lang: Lang) -> &'static str {
        match self {
            Self::Unreachable => lang.pick("连不上这个地址", "Could not be reached"),
            Self::Timeout => lang.pick("10 秒内没有回应", "No answer within 10 seconds"),
            Self::Redirected => lang.pick(
                "对方要求跳转；推送不跟随跳转",
                "It answered with a redirect. Redirects are not followed",
            ),
            Self::Refused => lang.pick("对方没有接收", "Did not take it"),
            Self::Unsigned => lang.pick(
                "签名密钥读不出来，请换新密钥",
                "The secret cannot be read; change it",
            ),
            Self::Other => lang.pick("没有送达", "Did not arrive"),
        }
    }
}

/// Where events go: `http` or `https`, with a host, without a user or a fragment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint(Url);

impl Endpoint {
    /// Reads an address of at most 500 characters.
    pub fn parse(text: &str) -> Option<Self> {
        let url = (text.len() <= 500).then(|| Url::parse(text).ok())??;
        let fit = matches!(url.scheme(), "http" | "https")
            && url.host().is_some()
            && url.username().is_empty()
            && url.password().is_none()
            && url.fragment().is_none();
        fit.then_some(Self(url))
    }

    /// Whether it is somewhere on the internet, over TLS: no address of a machine, no name of
    /// a private network (RFC 6761, RFC 6762, RFC 8375).
    pub fn is_public(&self) -> bool {
        const PRIVATE: [&str; 10] = [
            "localhost",
            "local",
            "internal",
            "intranet",
            "lan",
            "home",
            "corp",
            "private",
            "arpa",
            "test",
        ];
        let Some(Host::Domain(host)) = self.0.host() else {
            return false;
        };
        let host = host.trim_end_matches('.');
        let suffix = host.rsplit('.').next().unwrap_or(host);
        self.0.scheme() == "https" && host.contains('.') && !PRIVATE.contains(&suffix)
    }

    /// As it is called.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

impl Deserr<FieldErrors> for Endpoint {
    fn deserialize_from_value<V: IntoValue>(
        value: Value<V>,
        location: ValuePointerRef,
    ) -> Result<Self, FieldErrors> {
        Self::parse(&string_from(value, location)?)
            .ok_or_else(|| FieldErrors::at(location, endpoint_words()))
    }
}

/// What an address must look like.
pub fn endpoint_words() -> Words {
    Words::new(
        "应为公网的 https 地址，不带用户名和 #，不超过 500 个字符",
        "must be a public https address without user or fragment, at most 500 characters",
    )
}

/// Of the events to be told of, when none is chosen.
pub fn no_events_words() -> Words {
    Words::new("至少选一种事件", "must name one event at least")
}

/// What both sides sign with: `whsec_` and 32 random bytes in base64.
pub struct Secret(String);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

impl Secret {
    const PREFIX: &'static str = "whsec_";

    /// A new one.
    pub fn new() -> Result<Self, NoRandomness> {
        let bytes: [u8; 32] = random()?;
        Ok(Self(format!("{}{}", Self::PREFIX, BASE64.encode(&bytes))))
    }

    /// One that was kept.
    pub fn known(text: String) -> Self {
        Self(text)
    }

    /// For its holder's eyes, once.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// `v1,` and the signature of a message.
    fn sign(&self, message: &str) -> Option<String> {
        let key = BASE64
            .decode(self.0.strip_prefix(Self::PREFIX)?.as_bytes())
            .ok()?;
        Some(format!("v1,{}", BASE64.encode(&hmac_sha256(&key, message))))
    }
}

/// The header `webhook-signature`: one signature a secret, separated by spaces.
pub fn signature(secrets: &[Secret], id: &str, timestamp: i64, body: &str) -> String {
    let message = format!("{id}.{timestamp}.{body}");
    let all: Vec<String> = secrets
        .iter()
        .filter_map(|secret| secret.sign(&message))
        .collect();
    all.join(" ")
}

/// A day and a time, for people.
fn moment(at: Instant, lang: Lang) -> String {
    format!("{} {}", day_words(at, lang), at.hour_minute())
}

/// What is posted: the same bytes at every attempt.
pub fn payload(kind: &str, at: Instant, data: &serde_json::Value) -> String {
    serde_json::json!({"type": kind, "timestamp": at, "data": data}).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signatures_are_those_of_the_standard() {
        // The vector published with the reference libraries of Standard Webhooks.
        let secret = Secret::known("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".to_owned());
        let id = "msg_p5jXN8AQM9LWM0D4loKWxJek";
        let body = r#"{"test": 2432232314}"#;
        let expected = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
        assert_eq!(signature(&[secret], id, 1_614_265_330, body), expected);
        let new = Secret::new().unwrap();
        let old = Secret::known("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".to_owned());
        let both = signature(&[new, old], id, 1_614_265_330, body);
        assert_eq!(both.split(' ').count(), 2);
        assert!(both.ends_with(expected), "{both}");
    }

    #[test]
    fn secrets_do_not_print_and_are_long() {
        let secret = Secret::new().unwrap();
        assert_eq!(format!("{secret:?}"), "Secret(…)");
        assert_eq!(secret.reveal().len(), 6 + 44);
    }

    #[test]
    fn an_endpoint_is_a_plain_address() {
        for good in [
            "https://a.example/hooks?x=1",
            "http://127.0.0.1:8080/",
            "https://点单.example/",
        ] {
            assert!(Endpoint::parse(good).is_some(), "{good}");
        }
        for bad in [
            "",
            "/hooks",
            "ftp://a.example/",
            "https://",
            "https://u:p@a.example/",
            "https://a.example/#x",
            "javascript:alert(1)",
            &format!("https://a.example/{}", "x".repeat(500)),
        ] {
            assert!(Endpoint::parse(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn in_production_only_the_internet_is_called() {
        for (address, public) in [
            ("https://hooks.example.org/in", true),
            ("https://hooks.example.org:8443/in", true),
            ("http://hooks.example.org/in", false),
            ("https://localhost/", false),
            ("https://a.localhost/", false),
            ("https://printer.local/", false),
            ("https://printer.local./", false),
            ("https://db.internal/", false),
            ("https://router.home.arpa/", false),
            ("https://intranet/", false),
            ("https://127.0.0.1/", false),
            ("https://2130706433/", false),
            ("https://0x7f.1/", false),
            ("https://10.0.0.8/", false),
            ("https://[::1]/", false),
            ("https://[::ffff:10.0.0.1]/", false),
            ("https://8.8.8.8/", false),
            ("https://LOCALHOST./", false),
        ] {
            assert_eq!(
                Endpoint::parse(address).unwrap().is_public(),
                public,
                "{address}"
            );
        }
    }

    #[test]
    fn a_payload_is_small_and_dated() {
        let at = Instant::parse("2026-11-28T08:30:00+08:00").unwrap();
        assert_eq!(
            payload("signup.created", at, &serde_json::json!({"id": "x"})),
            r#"{"data":{"id":"x"},"timestamp":"2026-11-28T08:30:00+08:00","type":"signup.created"}"#
        );
    }
}
