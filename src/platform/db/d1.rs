//! D1 in workerd. Results leave JavaScript as one JSON text, a single crossing however
//! many rows there are.

use std::sync::Arc;

use js_sys::{Array, JSON, Promise};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use worker::D1Database;
use worker::send::SendFuture;

use super::{Batch, DbError, Meter, Param, Statement};

mod import {
    use super::{Array, JsValue, Promise, wasm_bindgen};

    #[wasm_bindgen]
    extern "C" {
        /// D1's binding, as JavaScript sees it.
        pub type Database;

        /// A prepared statement.
        pub type Prepared;

        #[wasm_bindgen(method, catch)]
        pub fn prepare(this: &Database, sql: &str) -> Result<Prepared, JsValue>;

        #[wasm_bindgen(method, catch, variadic)]
        pub fn bind(this: &Prepared, values: &Array) -> Result<Prepared, JsValue>;

        #[wasm_bindgen(method, catch)]
        pub fn batch(this: &Database, statements: &Array) -> Result<Promise, JsValue>;
    }
}

/// A handle for one request.
#[derive(Clone)]
pub struct Db {
    binding: Arc<D1Database>,
    pub(super) meter: Arc<Meter>,
}

impl Db {
    /// Wraps the binding of a request.
    pub fn new(binding: D1Database) -> Self {
        Self {
            binding: Arc::new(binding),
            meter: Arc::default(),
        }
    }

    /// Runs statements in order, in one transaction and one round trip.
    pub async fn batch(&self, statements: Vec<Statement>) -> Result<Batch, DbError> {
        let batch = SendFuture::new(async { self.call(statements).await.map_err(error) }).await?;
        self.meter.add(&batch.0);
        Ok(batch)
    }

    async fn call(&self, statements: Vec<Statement>) -> Result<Batch, JsValue> {
        let binding: &JsValue = D1Database::as_ref(&self.binding);
        let database: &import::Database = binding.unchecked_ref();
        let prepared = Array::new();
        for statement in statements {
            let values: Array = statement.params.into_iter().map(value).collect();
            let statement = database.prepare(&statement.sql)?;
            prepared.push(statement.bind(&values)?.as_ref());
        }
        let results = JsFuture::from(database.batch(&prepared)?).await?;
        let text = String::from(JSON::stringify(&results)?);
        serde_json::from_str(&text)
            .map(Batch)
            .map_err(|error| JsValue::from_str(&error.to_string()))
    }
}

fn value(param: Param) -> JsValue {
    match param {
        Param::Null => JsValue::NULL,
        #[expect(
            clippy::cast_precision_loss,
            reason = "instants, counts and flags stay below 2⁵³; D1 refuses BigInt"
        )]
        Param::Integer(number) => JsValue::from_f64(number as f64),
        Param::Text(text) => JsValue::from_str(&text),
    }
}

fn error(thrown: JsValue) -> DbError {
    let message = thrown
        .dyn_ref::<js_sys::Error>()
        .map(|error| String::from(error.message()))
        .or_else(|| thrown.as_string())
        .unwrap_or_default();
    DbError::from_message(&message)
}
