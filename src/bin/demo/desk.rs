//! The product itself, in this process: asked by its own API, at any hour of the past.

use std::path::Path;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::SystemTime;

use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderMap, Method, header};
use diandan::platform::clock::Instant;
use diandan::platform::config::Config;
use diandan::platform::crypto::Token;
use diandan::platform::db::{Db, DbError, Statement};
use diandan::platform::visit::Visit;
use diandan::router;
use serde_json::Value;

use super::sheet::Failure;

/// A database, its keys, and when the loading began.
pub struct Desk {
    db: Db,
    pub config: Arc<Config>,
    pub now: Instant,
}

/// The API said no.
#[derive(Debug)]
pub struct Refused {
    /// Its stable code.
    pub code: String,
    /// The whole problem.
    problem: Value,
}

impl From<Refused> for Failure {
    fn from(refused: Refused) -> Self {
        format!("the desk refused: {}", refused.problem)
    }
}

impl Desk {
    /// Opens a migrated database. What a power failure could damage here is made anew by
    /// deleting the file, so nothing waits for the disk.
    pub fn open(path: &Path) -> Result<Self, Failure> {
        if !path.is_file() {
            return Err(format!(
                "{} is not there; script/server makes it",
                path.display()
            ));
        }
        let config = Config::read(|name| std::env::var(name).ok())?;
        let db = Db::open(path).map_err(broken)?;
        db.script("PRAGMA synchronous = OFF").map_err(broken)?;
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        let millis = now.map_err(|error| error.to_string())?.as_millis();
        Ok(Self {
            db,
            config: Arc::new(config),
            now: Instant::from_millis(i64::try_from(millis).unwrap_or_default()),
        })
    }

    /// Whether a statement finds anything.
    pub fn finds(&self, statement: Statement) -> Result<bool, Failure> {
        let row: Option<Value> = ready(self.db.first(statement)).map_err(broken)?;
        Ok(row.is_some())
    }

    /// Writes rows that no API writes yet.
    pub fn write(&self, statements: Vec<Statement>) -> Result<(), Failure> {
        ready(self.db.batch(statements)).map(drop).map_err(broken)
    }

    /// Asks the API at `now` as the holder of `token`.
    pub fn ask(
        &self,
        now: Instant,
        token: &Token,
        method: Method,
        path: &str,
        body: &Value,
    ) -> Result<Value, Refused> {
        const HERE: &str = "http://127.0.0.1";
        let visit = Visit::new(
            self.db.clone(),
            Arc::clone(&self.config),
            now,
            "demo",
            &format!("{HERE}{path}"),
            &HeaderMap::new(),
        )
        .signed_in_with(token);
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::CONTENT_TYPE, "application/json")
            .body(Body::from(body.to_string()))
            .map_err(|error| refused(error.to_string().into()))?;
        let answer = ready(router::answer(visit, request));
        let body = serde_json::from_slice(&answer.body).unwrap_or_default();
        if answer.status.is_success() {
            return Ok(body);
        }
        Err(refused(match answer.internal_reason {
            Some(reason) => reason.into(),
            None => body,
        }))
    }
}

fn refused(problem: Value) -> Refused {
    let code = problem.get("code").and_then(Value::as_str);
    Refused {
        code: code.unwrap_or_default().to_owned(),
        problem,
    }
}

fn broken(error: DbError) -> Failure {
    format!("the database: {error:?}")
}

/// On the host the database answers at once: nothing is ever waited for.
fn ready<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
            return output;
        }
    }
}
