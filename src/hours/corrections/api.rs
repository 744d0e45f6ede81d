//! One's own hours, disputes and corrections as JSON.

pub mod disputes;
pub mod mine;
pub mod records;

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use super::Wish;
use crate::platform::clock::Instant;
use crate::platform::idempotency::replayed;
use crate::platform::input::Count;
use crate::platform::page::PRIVATE;

/// Minutes of a record, as the schema has them.
pub type RecordedMinutes = Count<0, 2_880>;

fn wish(
    started_at: Option<Instant>,
    ended_at: Option<Instant>,
    minutes: Option<RecordedMinutes>,
) -> Wish {
    Wish {
        started_at,
        ended_at,
        minutes: minutes.map(Count::get),
    }
}

fn own(status: StatusCode, body: impl Serialize) -> Response {
    (status, [(header::CACHE_CONTROL, PRIVATE)], axum::Json(body)).into_response()
}

/// The answer to an act: what it made, where it is read, and whether it was made before.
fn acted(made: impl Serialize, location: Option<&str>, repeated: bool) -> Response {
    let status = match location {
        Some(_) => StatusCode::CREATED,
        None => StatusCode::OK,
    };
    let mut response = own(status, made);
    if let Some(location) = location.and_then(|path| HeaderValue::from_str(path).ok()) {
        response.headers_mut().insert(header::LOCATION, location);
    }
    match repeated {
        true => replayed(response),
        false => response,
    }
}
