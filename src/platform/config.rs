//! What a deployment is told through its bindings.

use super::crypto::Keys;

/// Where the Worker runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Environment {
    /// Real people use it.
    Production,
    /// A laptop or a test: timings are shown in answers.
    Development,
}

/// Read once an isolate.
#[derive(Debug)]
pub struct Config {
    /// `ENVIRONMENT`: `production`, which is also meant when nothing is said, or
    /// `development` or `test`.
    pub environment: Environment,
    /// `MASTER_KEY`, a secret of 64 hexadecimal digits.
    pub keys: Keys,
    /// `OUTBOX_PAGE=on`: what would be sent is shown on a page. Never in production.
    pub outbox_page: bool,
    /// `NOTIFIER_URL`: the webhook of the message gateway.
    pub notifier_url: Option<String>,
    /// `NOTIFIER_TOKEN`, a secret: the bearer token the gateway expects.
    pub notifier_token: Option<String>,
    /// `CODES_PER_ADDRESS_PER_HOUR`: a school behind one address signs up together.
    pub codes_per_address: i64,
    /// `RATE_LIMITS=off`: requests are not counted, where something else does that.
    pub rate_limits: bool,
    /// `WORKERS_PLAN`: `free`, which is also meant when nothing is said, or `paid`.
    pub plan: Plan,
    /// `PUBLIC_ORIGIN`: the address the deployment is known by, `https://…`. What it signs
    /// names it, whatever address a request came to. None on a machine of one's own.
    pub public_origin: Option<String>,
    /// `STAR_HOURS`: hours for one to five stars, `100,300,600,1000,1500` when nothing is said.
    pub star_hours: [i64; 5],
}

/// What one invocation of the Worker may do: calls to the database and time of computing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Plan {
    /// 50 queries and 10 milliseconds.
    Free,
    /// 1,000 queries and 30 seconds.
    Paid,
}

impl Plan {
    /// How many calls to the database and requests to other systems one invocation makes.
    pub const fn subrequests(self) -> u32 {
        match self {
            Self::Free => 50,
            Self::Paid => 1000,
        }
    }
}

const CODES_PER_ADDRESS: i64 = 100;

/// 中国注册志愿者管理办法 (2013).
const STAR_HOURS: [i64; 5] = [100, 300, 600, 1000, 1500];

/// Five numbers of hours, each above the one before.
fn ladder(list: &str) -> Option<[i64; 5]> {
    let hours: Option<Vec<i64>> = list
        .split(',')
        .map(|part| part.trim().parse().ok())
        .collect();
    let hours: [i64; 5] = hours?.try_into().ok()?;
    let ascends = std::iter::once(&0).chain(&hours).is_sorted_by(|a, b| a < b);
    (ascends && hours.iter().all(|hours| *hours <= 1_000_000)).then_some(hours)
}

/// Where nobody else is told of it.
const LOCAL_HOST: &str = "diandan.local";

impl Config {
    /// Reads the variables through `get`. The error names the variable at fault.
    pub fn read(get: impl Fn(&str) -> Option<String>) -> Result<Self, &'static str> {
        let environment = match get("ENVIRONMENT").as_deref() {
            None | Some("production") => Environment::Production,
            Some("development" | "test") => Environment::Development,
            Some(_) => return Err("ENVIRONMENT must be production, development or test"),
        };
        let set = |name| get(name).filter(|value| !value.is_empty());
        Ok(Self {
            environment,
            keys: get("MASTER_KEY")
                .and_then(|hex| Keys::from_master(&hex))
                .ok_or("MASTER_KEY must be 64 hexadecimal digits")?,
            outbox_page: environment == Environment::Development
                && get("OUTBOX_PAGE").as_deref() == Some("on"),
            notifier_url: set("NOTIFIER_URL"),
            notifier_token: set("NOTIFIER_TOKEN"),
            rate_limits: match get("RATE_LIMITS").as_deref() {
                None | Some("" | "on") => true,
                Some("off") => false,
                Some(_) => return Err("RATE_LIMITS must be on or off"),
            },
            codes_per_address: match set("CODES_PER_ADDRESS_PER_HOUR") {
                None => CODES_PER_ADDRESS,
                Some(number) => number
                    .parse()
                    .map_err(|_| "CODES_PER_ADDRESS_PER_HOUR must be a whole number")?,
            },
            plan: match set("WORKERS_PLAN").as_deref() {
                None | Some("free") => Plan::Free,
                Some("paid") => Plan::Paid,
                Some(_) => return Err("WORKERS_PLAN must be free or paid"),
            },
            public_origin: match set("PUBLIC_ORIGIN") {
                None => None,
                Some(origin) if is_origin(&origin) => Some(origin),
                Some(_) => return Err("PUBLIC_ORIGIN must be https://, a host, and nothing else"),
            },
            star_hours: match set("STAR_HOURS") {
                None => STAR_HOURS,
                Some(list) => ladder(&list)
                    .ok_or("STAR_HOURS must be five ascending whole numbers of hours")?,
            },
        })
    }

    /// The host of the address the deployment is known by, with its port where it has one.
    pub fn public_host(&self) -> &str {
        match &self.public_origin {
            Some(origin) => origin.trim_start_matches("https://"),
            None => LOCAL_HOST,
        }
    }

    /// Whether anything sent can reach anybody.
    pub fn can_notify(&self) -> bool {
        self.notifier_url.is_some() || self.outbox_page
    }
}

/// As URLs write an origin (WHATWG URL).
fn is_origin(text: &str) -> bool {
    url::Url::parse(text)
        .is_ok_and(|url| url.scheme() == "https" && url.origin().ascii_serialization() == text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pairs: &[(&str, &str)]) -> Result<Config, &'static str> {
        let master = "0f".repeat(32);
        Config::read(|name| {
            pairs
                .iter()
                .chain(&[("MASTER_KEY", master.as_str())])
                .find(|(key, _)| *key == name)
                .map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn nothing_said_means_production_without_an_outbox_page() {
        let config = read(&[("OUTBOX_PAGE", "on")]).unwrap();
        assert_eq!(config.environment, Environment::Production);
        assert!(!config.outbox_page && !config.can_notify());
    }

    #[test]
    fn the_outbox_page_needs_both_words() {
        assert!(
            read(&[("ENVIRONMENT", "development"), ("OUTBOX_PAGE", "on")])
                .unwrap()
                .outbox_page
        );
        assert!(!read(&[("ENVIRONMENT", "development")]).unwrap().outbox_page);
    }

    #[test]
    fn a_bad_value_is_named() {
        assert!(
            read(&[("MASTER_KEY", "secret")])
                .unwrap_err()
                .starts_with("MASTER_KEY")
        );
        assert!(
            read(&[("ENVIRONMENT", "Production")])
                .unwrap_err()
                .starts_with("ENVIRONMENT")
        );
        let bad = read(&[("RATE_LIMITS", "false")]);
        assert!(bad.unwrap_err().starts_with("RATE_LIMITS"));
        let bad = read(&[("CODES_PER_ADDRESS_PER_HOUR", "many")]);
        assert!(bad.unwrap_err().starts_with("CODES_PER_ADDRESS_PER_HOUR"));
        assert_eq!(read(&[]).unwrap().plan, Plan::Free);
        let bad = read(&[("WORKERS_PLAN", "Paid")]);
        assert!(bad.unwrap_err().starts_with("WORKERS_PLAN"));
        for bad in [
            "1,2,3,4",
            "1,2,3,4,4",
            "0,1,2,3,4",
            "1,2,3,4,x",
            "1,2,3,4,5,6",
        ] {
            let bad = read(&[("STAR_HOURS", bad)]);
            assert!(bad.unwrap_err().starts_with("STAR_HOURS"));
        }
        let own = read(&[("STAR_HOURS", "50, 100,150,200,250")]).unwrap();
        assert_eq!(own.star_hours, [50, 100, 150, 200, 250]);
    }

    #[test]
    fn a_deployment_is_known_by_an_origin() {
        assert_eq!(read(&[]).unwrap().public_host(), "diandan.local");
        for (origin, host) in [
            ("https://diandan.example", "diandan.example"),
            ("https://diandan.example:8443", "diandan.example:8443"),
        ] {
            let config = read(&[("PUBLIC_ORIGIN", origin)]).unwrap();
            assert_eq!(
                (config.public_origin.as_deref(), config.public_host()),
                (Some(origin), host)
            );
        }
        for bad in [
            "diandan.example",
            "http://diandan.example",
            "https://diandan.example/",
            "https://diandan.example/desk",
            "https://Diandan.example",
            "https://a@diandan.example",
            "https:// diandan.example",
            "https://点单.example",
        ] {
            let refused = read(&[("PUBLIC_ORIGIN", bad)]).unwrap_err();
            assert!(refused.starts_with("PUBLIC_ORIGIN"), "{bad}");
        }
    }
}
