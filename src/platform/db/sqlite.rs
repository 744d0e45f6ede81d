//! SQLite on the host, with what D1 sets: foreign keys on, numbers bound as REAL, its limits.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::limits::Limit;
use rusqlite::types::{ToSqlOutput, Value, ValueRef};
use rusqlite::{Connection, ErrorCode, OpenFlags, StatementStatus, ToSql};
use serde_json::{Map, Number};

use super::{Batch, DbError, Meta, Meter, Param, ResultSet, Statement};

/// A handle over one database file, or one in memory.
#[derive(Clone)]
pub struct Db {
    connection: Arc<Mutex<Connection>>,
    loss: Arc<Mutex<Option<Loss>>>,
    pub(super) meter: Arc<Meter>,
}

/// What workerd sets of SQLite's limits (`src/workerd/util/sqlite.c++`): a statement that is
/// too much for D1 is too much here.
const LIMITS: [(Limit, i32); 5] = [
    (Limit::SQLITE_LIMIT_COLUMN, 100),
    (Limit::SQLITE_LIMIT_COMPOUND_SELECT, 5),
    (Limit::SQLITE_LIMIT_FUNCTION_ARG, 32),
    (Limit::SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 50),
    (Limit::SQLITE_LIMIT_VARIABLE_NUMBER, 100),
];

/// How the connection will be lost.
#[derive(Clone, Copy, Debug)]
struct Loss {
    calls_left: u32,
    takes_effect: bool,
}

impl ToSql for Param {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(match self {
            Self::Null => ToSqlOutput::Owned(Value::Null),
            #[expect(clippy::cast_precision_loss, reason = "as D1 binds numbers")]
            Self::Integer(number) => ToSqlOutput::Owned(Value::Real(*number as f64)),
            Self::Text(text) => ToSqlOutput::Borrowed(ValueRef::Text(text.as_bytes())),
        })
    }
}

impl Db {
    /// A new database in memory, migrated.
    pub fn in_memory() -> Result<Self, DbError> {
        let db = Self::wrap(Connection::open_in_memory().map_err(error)?)?;
        let migrations = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations");
        let mut files: Vec<_> = std::fs::read_dir(migrations)
            .and_then(Iterator::collect::<Result<Vec<_>, _>>)
            .map_err(|error| DbError::Broken(error.to_string()))?;
        files.sort_by_key(std::fs::DirEntry::file_name);
        for file in files {
            let sql = std::fs::read_to_string(file.path())
                .map_err(|error| DbError::Broken(error.to_string()))?;
            db.script(&sql)?;
        }
        Ok(db)
    }

    /// An existing database file, migrated by whoever made it.
    pub fn open(path: &Path) -> Result<Self, DbError> {
        Self::wrap(Connection::open(path).map_err(error)?)
    }

    /// An existing database file that is left as it is.
    pub fn open_to_read(path: &Path) -> Result<Self, DbError> {
        Self::wrap(
            Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY).map_err(error)?,
        )
    }

    fn wrap(connection: Connection) -> Result<Self, DbError> {
        let db = Self {
            connection: Arc::new(Mutex::new(connection)),
            loss: Arc::default(),
            meter: Arc::default(),
        };
        for (limit, most) in LIMITS {
            db.lock().set_limit(limit, most).map_err(error)?;
        }
        db.script("PRAGMA foreign_keys = ON")?;
        Ok(db)
    }

    /// Runs a script of statements without parameters.
    pub fn script(&self, sql: &str) -> Result<(), DbError> {
        self.lock().execute_batch(sql).map_err(error)
    }

    /// How SQLite would find the rows: the detail column of `EXPLAIN QUERY PLAN`.
    pub fn plan(&self, statement: &Statement) -> Result<Vec<String>, DbError> {
        let connection = self.lock();
        let mut explained = connection
            .prepare(&format!("EXPLAIN QUERY PLAN {}", statement.sql))
            .map_err(error)?;
        explained
            .query_map(rusqlite::params_from_iter(&statement.params), |row| {
                row.get("detail")
            })
            .and_then(Iterator::collect)
            .map_err(error)
    }

    /// How much work SQLite does for a statement, in steps of its machine: what grows with
    /// the rows read, which only D1 counts.
    pub fn steps(&self, statement: &Statement) -> Result<i32, DbError> {
        let connection = self.lock();
        let mut prepared = connection.prepare(&statement.sql).map_err(error)?;
        let mut rows = prepared
            .query(rusqlite::params_from_iter(&statement.params))
            .map_err(error)?;
        while rows.next().map_err(error)?.is_some() {}
        drop(rows);
        Ok(prepared.get_status(StatementStatus::VmStep))
    }

    /// Loses the connection, as D1 may, after so many more calls: on the way there, or on
    /// the way back when the call that is cut off takes effect. No later call succeeds.
    pub fn lose_connection_after(&self, calls: u32, takes_effect: bool) {
        *self.loss() = Some(Loss {
            calls_left: calls,
            takes_effect,
        });
    }

    /// Loses it no more.
    pub fn keep_connection(&self) {
        *self.loss() = None;
    }

    fn loss(&self) -> std::sync::MutexGuard<'_, Option<Loss>> {
        self.loss.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether this call is cut off, and if so, whether it takes effect.
    fn cut_off(&self) -> Option<bool> {
        let mut loss = self.loss();
        let loss = loss.as_mut()?;
        if let Some(left) = loss.calls_left.checked_sub(1) {
            loss.calls_left = left;
            return None;
        }
        Some(std::mem::replace(&mut loss.takes_effect, false))
    }

    #[expect(clippy::unused_async, reason = "the same signature as D1's")]
    /// Runs statements in order, in one transaction.
    pub async fn batch(&self, statements: Vec<Statement>) -> Result<Batch, DbError> {
        let cut_off = self.cut_off();
        if cut_off == Some(false) {
            return Err(lost());
        }
        let mut connection = self.lock();
        let transaction = connection.transaction().map_err(error)?;
        let mut results = Vec::with_capacity(statements.len());
        for statement in &statements {
            results.push(run(&transaction, statement)?);
        }
        transaction.commit().map_err(error)?;
        if cut_off.is_some() {
            return Err(lost());
        }
        self.meter.add(&results);
        Ok(Batch(results))
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Connection> {
        self.connection
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

fn lost() -> DbError {
    DbError::from_message("D1_ERROR: Network connection lost.")
}

fn run(connection: &Connection, statement: &Statement) -> Result<ResultSet, DbError> {
    let mut prepared = connection.prepare_cached(&statement.sql).map_err(error)?;
    let before = connection.total_changes();
    let columns: Vec<String> = prepared.column_names().map(str::to_owned).collect();
    let mut rows = prepared
        .query(rusqlite::params_from_iter(&statement.params))
        .map_err(error)?;
    let mut found = Vec::new();
    while let Some(row) = rows.next().map_err(error)? {
        let mut object = Map::new();
        for (index, column) in columns.iter().enumerate() {
            let value = match row.get_ref(index).map_err(error)? {
                ValueRef::Null => serde_json::Value::Null,
                ValueRef::Integer(number) => number.into(),
                ValueRef::Real(number) => whole(number),
                ValueRef::Text(text) => String::from_utf8_lossy(text).into(),
                ValueRef::Blob(_) => {
                    return Err(DbError::Broken(format!("column {column} is a BLOB")));
                }
            };
            object.insert(column.clone(), value);
        }
        found.push(object);
    }
    drop(rows);
    let results = serde_json::value::to_raw_value(&found)
        .map_err(|error| DbError::Broken(error.to_string()))?;
    let changes = connection.total_changes().saturating_sub(before);
    Ok(ResultSet {
        results: Some(results),
        meta: Meta {
            changes: u32::try_from(changes).unwrap_or(u32::MAX),
            ..Meta::default()
        },
    })
}

/// JavaScript writes 5.0 as 5, and so does D1.
fn whole(number: f64) -> serde_json::Value {
    #[expect(clippy::cast_possible_truncation, reason = "checked to be whole")]
    if number.fract() == 0.0 && number.abs() < 9e15 {
        (number as i64).into()
    } else {
        Number::from_f64(number).into()
    }
}

fn error(error: rusqlite::Error) -> DbError {
    let constraint = error.sqlite_error_code() == Some(ErrorCode::ConstraintViolation);
    let message = match error {
        rusqlite::Error::SqliteFailure(_, Some(message)) => message,
        other => other.to_string(),
    };
    if constraint {
        DbError::from_message(&format!("{message}: SQLITE_CONSTRAINT"))
    } else {
        DbError::from_message(&message)
    }
}
