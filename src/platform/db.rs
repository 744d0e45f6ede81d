//! The database: statements with their parameters, one call for a batch, rows decoded
//! by struct, errors named by the constraint that was breached.
//!
//! In workerd this is D1; on the host it is the same SQLite, so that stores can be
//! tested against the real migrations without a server.

use std::borrow::Cow;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use super::clock::Instant;

#[cfg(target_arch = "wasm32")]
mod d1;
#[cfg(not(target_arch = "wasm32"))]
mod sqlite;

#[cfg(target_arch = "wasm32")]
pub use d1::Db;
#[cfg(not(target_arch = "wasm32"))]
pub use sqlite::Db;

/// One value bound to a statement.
#[derive(Clone, Debug, PartialEq)]
pub enum Param {
    /// SQL `NULL`.
    Null,
    /// A whole number below 2⁵³. D1 binds it as REAL: columns of STRICT tables turn it
    /// back, elsewhere SQL says `CAST(? AS INTEGER)`.
    Integer(i64),
    /// UTF-8 text.
    Text(String),
}

impl From<i64> for Param {
    fn from(number: i64) -> Self {
        Self::Integer(number)
    }
}

impl From<bool> for Param {
    fn from(yes: bool) -> Self {
        Self::Integer(i64::from(yes))
    }
}

impl From<Instant> for Param {
    fn from(instant: Instant) -> Self {
        Self::Integer(instant.millis())
    }
}

impl From<&str> for Param {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Param {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<&String> for Param {
    fn from(text: &String) -> Self {
        Self::Text(text.clone())
    }
}

impl From<uuid::Uuid> for Param {
    fn from(id: uuid::Uuid) -> Self {
        Self::Text(id.to_string())
    }
}

impl<T: Into<Self>> From<Option<T>> for Param {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

impl From<&Option<String>> for Param {
    fn from(text: &Option<String>) -> Self {
        Self::from(text.as_ref())
    }
}

/// SQL and the values of its `?1`, `?2` …
#[derive(Clone, Debug)]
pub struct Statement {
    sql: Cow<'static, str>,
    params: Vec<Param>,
}

impl Statement {
    /// A statement with its parameters in order.
    pub fn new(sql: impl Into<Cow<'static, str>>, params: Vec<Param>) -> Self {
        Self {
            sql: sql.into(),
            params,
        }
    }

    /// The same with one more parameter after the others.
    #[must_use]
    pub fn and(mut self, param: impl Into<Param>) -> Self {
        self.params.push(param.into());
        self
    }
}

/// Binds parameters to SQL: `bind!(SQL, id, now)`.
#[macro_export]
macro_rules! bind {
    ($sql:expr $(, $param:expr)* $(,)?) => {
        $crate::platform::db::Statement::new(
            $sql,
            vec![$($crate::platform::db::Param::from($param)),*],
        )
    };
}

/// What a database call can fail with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DbError {
    /// A constraint was breached, or a trigger refused: its name, or `table.column` for
    /// a key.
    Refused(String),
    /// The connection was lost or the storage restarted; the same call may succeed.
    Transient(String),
    /// Anything else: a fault of ours.
    Broken(String),
}

impl DbError {
    /// Reads SQLite's message, which D1 passes on between a prefix and a suffix.
    fn from_message(message: &str) -> Self {
        let message = message.strip_prefix("D1_ERROR: ").unwrap_or(message);
        let text = message.split(": SQLITE_").next().unwrap_or(message);
        for prefix in [
            "UNIQUE constraint failed: ",
            "CHECK constraint failed: ",
            "FOREIGN KEY constraint failed",
            "NOT NULL constraint failed: ",
        ] {
            if let Some(name) = text.strip_prefix(prefix) {
                let name = if name.is_empty() { "foreign_key" } else { name };
                return Self::Refused(name.to_owned());
            }
        }
        if message.contains("SQLITE_CONSTRAINT") {
            return Self::Refused(text.to_owned());
        }
        if [
            "Network connection lost",
            "storage caused object to be reset",
            "reset because its code was updated",
        ]
        .iter()
        .any(|known| message.contains(known))
        {
            return Self::Transient(message.to_owned());
        }
        Self::Broken(message.to_owned())
    }

    /// Whether this constraint or trigger refused.
    pub fn is_refusal(&self, name: &str) -> bool {
        matches!(self, Self::Refused(refused) if refused == name)
    }
}

/// What the database cost so far.
#[derive(Debug, Default)]
pub struct Meter {
    calls: AtomicU32,
    rows_read: AtomicU32,
    rows_written: AtomicU32,
}

impl Meter {
    fn add(&self, results: &[ResultSet]) {
        self.calls.fetch_add(1, Ordering::Relaxed);
        for result in results {
            self.rows_read
                .fetch_add(result.meta.rows_read, Ordering::Relaxed);
            self.rows_written
                .fetch_add(result.meta.rows_written, Ordering::Relaxed);
        }
    }

    /// Round trips to the database.
    pub fn calls(&self) -> u32 {
        self.calls.load(Ordering::Relaxed)
    }

    /// Rows read, as billed.
    pub fn rows_read(&self) -> u32 {
        self.rows_read.load(Ordering::Relaxed)
    }

    /// Rows written, as billed.
    pub fn rows_written(&self) -> u32 {
        self.rows_written.load(Ordering::Relaxed)
    }
}

#[derive(Debug, Default, Deserialize)]
struct Meta {
    #[serde(default)]
    changes: u32,
    #[serde(default)]
    rows_read: u32,
    #[serde(default)]
    rows_written: u32,
}

#[derive(Debug, Deserialize)]
struct ResultSet {
    results: Option<Box<RawValue>>,
    #[serde(default)]
    meta: Meta,
}

/// The results of a batch, one a statement, in order.
#[derive(Debug)]
pub struct Batch(Vec<ResultSet>);

impl Batch {
    /// Without the result of the first statement, which somebody put before the others.
    pub(super) fn without_first(mut self) -> Self {
        if !self.0.is_empty() {
            self.0.remove(0);
        }
        self
    }

    /// All rows of the statement at `index`.
    pub fn rows<T: DeserializeOwned>(&self, index: usize) -> Result<Vec<T>, DbError> {
        let Some(set) = self.0.get(index) else {
            return Err(DbError::Broken(format!(
                "the batch has no statement {index}"
            )));
        };
        set.results.as_ref().map_or_else(
            || Ok(Vec::new()),
            |rows| {
                serde_json::from_str(rows.get())
                    .map_err(|error| DbError::Broken(format!("row does not decode: {error}")))
            },
        )
    }

    /// The first row of the statement at `index`, if there is one.
    pub fn first<T: DeserializeOwned>(&self, index: usize) -> Result<Option<T>, DbError> {
        Ok(self.rows(index)?.into_iter().next())
    }

    /// Rows the statement at `index` inserted, updated or deleted.
    pub fn changes(&self, index: usize) -> u32 {
        self.0.get(index).map_or(0, |set| set.meta.changes)
    }
}

impl Db {
    /// Runs one statement.
    pub async fn run(&self, statement: Statement) -> Result<Batch, DbError> {
        self.batch(vec![statement]).await
    }

    /// Runs one statement for its rows.
    pub async fn rows<T: DeserializeOwned>(&self, statement: Statement) -> Result<Vec<T>, DbError> {
        self.run(statement).await?.rows(0)
    }

    /// Runs one statement for its first row.
    pub async fn first<T: DeserializeOwned>(
        &self,
        statement: Statement,
    ) -> Result<Option<T>, DbError> {
        self.run(statement).await?.first(0)
    }

    /// The meter that counts this handle's calls.
    pub fn meter(&self) -> &Arc<Meter> {
        &self.meter
    }
}

/// Rows hold truth as 0 and 1: `#[serde(deserialize_with = "db::truth")]`.
pub fn truth<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    i64::deserialize(deserializer).map(|number| number != 0)
}

/// Rows hold lists as JSON text: `#[serde(deserialize_with = "db::json")]`.
pub fn json<'de, D: serde::Deserializer<'de>, T: DeserializeOwned>(
    deserializer: D,
) -> Result<T, D::Error> {
    let text = String::deserialize(deserializer)?;
    serde_json::from_str(&text).map_err(serde::de::Error::custom)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_are_named_by_what_refused() {
        for (message, name) in [
            (
                "D1_ERROR: UNIQUE constraint failed: organization.credit_code: SQLITE_CONSTRAINT (extended: SQLITE_CONSTRAINT_UNIQUE)",
                "organization.credit_code",
            ),
            (
                "CHECK constraint failed: shift_not_overfilled: SQLITE_CONSTRAINT",
                "shift_not_overfilled",
            ),
            (
                "D1_ERROR: version_conflict: SQLITE_CONSTRAINT (extended: SQLITE_CONSTRAINT_TRIGGER)",
                "version_conflict",
            ),
            (
                "FOREIGN KEY constraint failed: SQLITE_CONSTRAINT",
                "foreign_key",
            ),
        ] {
            assert!(DbError::from_message(message).is_refusal(name), "{message}");
        }
    }

    #[test]
    fn a_lost_connection_is_worth_another_try() {
        assert!(matches!(
            DbError::from_message("D1_ERROR: Network connection lost."),
            DbError::Transient(_)
        ));
        assert!(matches!(
            DbError::from_message("D1_ERROR: no such table: x: SQLITE_ERROR"),
            DbError::Broken(_)
        ));
    }
}
