//! Results as JSON.

pub mod acts;
pub mod objections;
pub mod reading;

use axum::http::{HeaderName, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use crate::platform::idempotency::replayed;
use crate::platform::page::{PRIVATE, PUBLIC};
use crate::platform::visit::Visit;

/// How long an answer is kept: what is public and asked for by nobody in particular for a
/// moment, by everybody.
fn cache(visit: &Visit) -> [(HeaderName, &'static str); 1] {
    let kept = match visit.has_credential() {
        true => PRIVATE,
        false => PUBLIC,
    };
    [(header::CACHE_CONTROL, kept)]
}

/// JSON that anybody may read, as far as it goes for whoever asks.
fn open(visit: &Visit, body: impl Serialize) -> Response {
    (cache(visit), axum::Json(body)).into_response()
}

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
