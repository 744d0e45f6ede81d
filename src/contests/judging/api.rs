//! Judges as JSON.

pub mod answers;
pub mod conflicts;
pub mod draws;
pub mod judges;

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use crate::platform::page::PRIVATE;

/// JSON that is for whoever asked alone.
fn own(status: StatusCode, body: impl Serialize) -> Response {
    (status, [(header::CACHE_CONTROL, PRIVATE)], axum::Json(body)).into_response()
}
