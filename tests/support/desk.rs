//! The product on the host: the same router and the same SQL over the real migrations,
//! with a clock that stands where a test puts it.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use axum::body::Body;
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use diandan::messages;
use diandan::platform::clock::Instant;
use diandan::platform::config::Config;
use diandan::platform::db::{Db, Param, Statement};
use diandan::platform::outbox;
use diandan::platform::visit::Visit;
use diandan::router;
use pollster::FutureExt as _;
use serde_json::Value;

use super::answer::Answer;
use super::at;
use super::place::{Letter, MASTER_KEY, Place, Sql};
use super::request::Request;

const ORIGIN: &str = "https://diandan.example";

/// The product in this process, with a database of its own.
pub struct Desk {
    pub db: Db,
    pub config: Arc<Config>,
    clock: AtomicI64,
}

impl Desk {
    /// A new one, on Monday 23 November 2026, nine in the morning.
    pub fn new() -> Self {
        let config = Config::read(|name| match name {
            "ENVIRONMENT" => Some("test".to_owned()),
            "OUTBOX_PAGE" => Some("on".to_owned()),
            "MASTER_KEY" => Some(MASTER_KEY.to_owned()),
            _ => None,
        });
        Self {
            db: Db::in_memory().unwrap(),
            config: Arc::new(config.unwrap()),
            clock: AtomicI64::new(at("2026-11-23T09:00:00+08:00").millis()),
        }
    }

    /// A copy of it, over a copy of its database in a new file.
    pub fn copied_to(&self, file: &Path) -> Self {
        self.db
            .script(&format!("VACUUM INTO '{}'", file.display()))
            .unwrap();
        Self {
            db: Db::open(file).unwrap(),
            config: Arc::clone(&self.config),
            clock: AtomicI64::new(self.now().millis()),
        }
    }

    /// For its verbs.
    pub fn place(&self) -> &dyn Place {
        self
    }

    /// Puts the clock somewhere.
    pub fn it_is(&self, now: Instant) {
        self.clock.store(now.millis(), Ordering::Relaxed);
    }

    /// Lets time pass.
    pub fn passes(&self, millis: i64) {
        self.it_is(self.now().plus(millis));
    }

    /// A visit by whoever sends these headers.
    pub fn visit(&self, target: &str, headers: &HeaderMap) -> Visit {
        Visit::new(
            self.db.clone(),
            Arc::clone(&self.config),
            self.now(),
            &uuid::Uuid::new_v4().to_string(),
            &format!("{ORIGIN}{target}"),
            headers,
        )
    }

    /// A visit by whoever holds this session or key.
    pub fn visit_with(&self, token: &str) -> Visit {
        let mut headers = HeaderMap::new();
        let value = HeaderValue::from_str(&format!("Bearer {token}")).unwrap();
        headers.insert("authorization", value);
        self.visit("/", &headers)
    }

    /// What is wrong with a statement, in the words of the database.
    pub fn refuses(&self, sql: &str) -> String {
        format!("{:?}", self.db.script(sql).expect_err(sql))
    }
}

impl Place for Desk {
    fn answer(&self, request: &Request) -> Answer {
        let mut headers = HeaderMap::new();
        for (name, value) in &request.headers {
            let name: HeaderName = name.parse().unwrap();
            headers.append(name, HeaderValue::from_str(value).unwrap());
        }
        let mut asked =
            axum::http::Request::new(Body::from(request.body.clone().unwrap_or_default()));
        *asked.method_mut() = request.method.parse().unwrap();
        *asked.uri_mut() = format!("{ORIGIN}{}", request.target).parse().unwrap();
        *asked.headers_mut() = headers.clone();
        let visit = self.visit(&request.target, &headers);
        let answer = router::answer(visit, asked).block_on();
        if let Some(reason) = &answer.internal_reason {
            eprintln!("{} {}: {reason}", request.method, request.target);
        }
        Answer {
            to: format!("{} {}", request.method, request.target),
            status: answer.status.as_u16(),
            headers: answer
                .headers
                .iter()
                .map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()))
                .collect(),
            body: match answer.stream {
                Some(stream) => axum::body::to_bytes(stream, usize::MAX)
                    .block_on()
                    .unwrap()
                    .to_vec(),
                None => answer.body.to_vec(),
            },
        }
    }

    fn sql(&self, statements: Vec<Sql>) -> Vec<Vec<Value>> {
        let count = statements.len();
        let statements = statements
            .into_iter()
            .map(|(sql, params)| Statement::new(sql, params.iter().map(param).collect()))
            .collect();
        let batch = self.db.batch(statements).block_on().unwrap();
        (0..count).map(|at| batch.rows(at).unwrap()).collect()
    }

    fn now(&self) -> Instant {
        Instant::from_millis(self.clock.load(Ordering::Relaxed))
    }

    fn letters_to(&self, phone: &str) -> Vec<Letter> {
        let mut letters = outbox::latest(&self.db, 10_000).block_on().unwrap();
        letters.reverse();
        letters
            .iter()
            .filter(|letter| letter.phone(&self.config).as_deref() == Some(phone))
            .map(|letter| Letter {
                kind: letter.kind.clone(),
                text: messages::text(letter, &self.config).unwrap(),
            })
            .collect()
    }
}

fn param(value: &Value) -> Param {
    match value {
        Value::Null => Param::Null,
        Value::Bool(yes) => Param::from(*yes),
        Value::Number(number) => Param::Integer(number.as_i64().unwrap()),
        Value::String(text) => Param::Text(text.clone()),
        other => Param::Text(other.to_string()),
    }
}
