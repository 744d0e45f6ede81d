//! The Worker itself, in workerd, started by `launch.mjs`.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::LazyLock;
use std::time::Duration;

use diandan::platform::clock::Instant;
use serde_json::{Value, json};

use super::answer::Answer;
use super::place::{Letter, Place, Sql};
use super::request::Request;
use super::wall_clock;

/// A Worker with a database of its own.
pub struct App {
    /// Where the Worker answers.
    pub url: String,
    /// Where `launch.mjs` takes orders.
    pub control: String,
    agent: ureq::Agent,
    launcher: Child,
    // The launcher lives until this is closed, and at the end of the process it is.
    alive: Option<ChildStdin>,
}

/// The Worker all tests share.
pub fn app() -> &'static dyn Place {
    shared()
}

/// The same, with its control routes.
pub fn shared() -> &'static App {
    static SHARED: LazyLock<App> = LazyLock::new(App::start);
    &SHARED
}

impl App {
    /// A Worker for a test that would disturb others.
    pub fn start() -> Self {
        Self::start_with("off")
    }

    /// A Worker that counts requests, and lets a caller send twenty a minute.
    pub fn start_with_limits() -> Self {
        Self::start_with("on")
    }

    fn start_with(rate_limits: &str) -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut launcher = Command::new(node(root))
            .arg(root.join("tests/support/launch.mjs"))
            .env("RATE_LIMITS", rate_limits)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("Node.js starts");
        let mut line = String::new();
        BufReader::new(launcher.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let addresses: Value =
            serde_json::from_str(&line).expect("the launcher tells its addresses; see above");
        let address = |name: &str| addresses[name].as_str().unwrap().to_owned();
        // A connection a request: none is reused just when the other side closes it.
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .allow_non_standard_methods(true)
            .max_idle_connections(0)
            .timeout_global(Some(Duration::from_secs(120)))
            .build();
        Self {
            url: address("url"),
            control: address("control"),
            agent: config.into(),
            alive: launcher.stdin.take(),
            launcher,
        }
    }

    /// For its verbs.
    pub fn place(&self) -> &dyn Place {
        self
    }

    /// What the SMS gateway answers from now on.
    pub fn gateway_answers(&self, status: u16) {
        self.order("POST", "/webhook-status", Some(json!({"status": status})));
    }

    /// Lets the cron tick.
    pub fn ticks(&self) {
        let outcome = self.order("POST", "/scheduled", Some(json!({})));
        assert_eq!(outcome["outcome"], "ok", "{outcome}");
    }

    /// Everything the Worker logged.
    pub fn logs(&self) -> String {
        self.order("GET", "/logs", None).to_string()
    }

    /// Every message the gateway was handed: its number, its phone and its text.
    pub fn deliveries(&self) -> Vec<Value> {
        let messages = self.order("GET", "/webhook", None);
        let read = |message: &Value| serde_json::from_str(message["body"].as_str().unwrap());
        messages
            .as_array()
            .unwrap()
            .iter()
            .map(|message| read(message).unwrap())
            .collect()
    }

    /// Where an organization receives events.
    pub fn receiver(&self, name: &str) -> String {
        format!("{}/receivers/{name}", self.control)
    }

    /// What it received so far, and whether each is genuine by the secret it knows.
    pub fn received(&self, name: &str) -> Vec<Value> {
        let events = self.order("GET", &format!("/receivers/{name}"), None);
        events.as_array().unwrap().clone()
    }

    /// What it answers from now on, or verifies with.
    pub fn receiver_has(&self, name: &str, what: &Value) {
        self.order("PUT", &format!("/receivers/{name}"), Some(what.clone()));
    }

    fn order(&self, method: &str, path: &str, body: Option<Value>) -> Value {
        let mut request = Request::new(method, path);
        request.body = body.map(|body| body.to_string().into_bytes());
        let answer = self.exchange(&self.control, &request);
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.json()
    }

    fn exchange(&self, origin: &str, request: &Request) -> Answer {
        let mut asked = ureq::http::Request::builder()
            .method(request.method.as_str())
            .uri(format!("{origin}{}", request.target));
        for (name, value) in &request.headers {
            asked = asked.header(name, value);
        }
        let to = format!("{} {}", request.method, request.target);
        let answer = match request.body.clone() {
            Some(body) => self.agent.run(asked.body(body).unwrap()),
            None => self.agent.run(asked.body(()).unwrap()),
        };
        let mut answer = answer.unwrap_or_else(|error| panic!("{to}: {error}"));
        let headers = answer
            .headers()
            .iter()
            .map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()))
            .collect();
        Answer {
            status: answer.status().as_u16(),
            headers,
            body: answer
                .body_mut()
                .with_config()
                .limit(64 << 20)
                .read_to_vec()
                .unwrap_or_else(|error| panic!("{to}: {error}")),
            to,
        }
    }
}

impl Drop for App {
    fn drop(&mut self) {
        self.alive = None;
        let _ = self.launcher.wait();
    }
}

impl Place for App {
    fn answer(&self, request: &Request) -> Answer {
        self.exchange(&self.url, request)
    }

    fn sql(&self, statements: Vec<Sql>) -> Vec<Vec<Value>> {
        let statements: Vec<Value> = statements
            .into_iter()
            .map(|(sql, params)| json!({"sql": sql, "params": params}))
            .collect();
        let results = self.order("POST", "/sql", Some(json!({"statements": statements})));
        results["results"]
            .as_array()
            .unwrap()
            .iter()
            .map(|result| result["rows"].as_array().cloned().unwrap_or_default())
            .collect()
    }

    fn now(&self) -> Instant {
        wall_clock()
    }

    fn ticks(&self) {
        App::ticks(self);
    }

    fn letters_to(&self, phone: &str) -> Vec<Letter> {
        let text = |part: &Value| part.as_str().unwrap().to_owned();
        self.deliveries()
            .iter()
            .filter(|message| message["to"] == phone)
            .map(|message| Letter {
                kind: text(&message["kind"]),
                text: text(&message["text"]),
            })
            .collect()
    }
}

/// The pinned Node.js, else the machine's.
pub fn node(root: &Path) -> PathBuf {
    let pinned = root.join("node_modules/.bin/node");
    if pinned.exists() {
        pinned
    } else {
        PathBuf::from("node")
    }
}
