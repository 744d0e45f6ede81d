//! Results as JSON.

pub mod acts;
pub mod objections;
pub mod reading;

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use crate::platform::idempotency::replayed;
use crate::platform::page::PRIVATE;

/// JSON that is for whoever asked alone.
fn own(status: StatusCode, body: impl Serialize) -> Response {
    (status, [(header::CACHE_CONTROL, PRIVATE)], axum::Json(body)).into_response()
}

/// What an act came to, and whether the same request did it before.
fn acted(status: StatusCode, (body, repeated): (impl Serialize, bool)) -> Response {
    let response = own(status, body);
    match repeated {
        true => replayed(response),
        false => response,
    }
}
