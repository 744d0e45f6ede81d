//! The ledger as files, as programs for transparency logs expect it (C2SP tlog-tiles).

use axum::http::header;
use axum::response::{IntoResponse as _, Response};

use super::store;
use super::tiles::{Address, WIDTH};
use super::tree::Hash;
use crate::platform::input::Path;
use crate::platform::page::PUBLIC;
use crate::platform::problem::Problem;
use crate::platform::visit::Visit;

/// What was sealed never changes.
const FOR_EVER: &str = "public, max-age=31536000, immutable";

/// Serves `/ledger/checkpoint`.
pub async fn checkpoint(visit: Visit) -> Result<Response, Problem> {
    let sealed = store::newest(&visit.db).await?;
    let sealed = sealed.ok_or_else(Problem::not_found)?;
    let headers = [
        (header::CONTENT_TYPE, "text/plain; charset=utf-8"),
        (header::CACHE_CONTROL, PUBLIC),
    ];
    Ok((headers, sealed.note).into_response())
}

/// Serves `/ledger/tile/{level}/{index}` and `/ledger/tile/entries/{index}`.
pub async fn tile(
    visit: Visit,
    Path((level, address)): Path<(String, String)>,
) -> Result<Response, Problem> {
    let address = Address::parse(&address).ok_or_else(Problem::not_found)?;
    let index = i64::try_from(address.index).map_err(|_| Problem::not_found())?;
    if level == "entries" {
        return bundle(&visit, address, index).await;
    }
    let known = level.parse().ok().filter(|n: &i64| n.to_string() == level);
    let level = known.ok_or_else(Problem::not_found)?;
    let hashes = store::tile(&visit.db, level, index).await?;
    let width = usize::try_from(address.width).unwrap_or(usize::MAX);
    let hashes: Option<Vec<Hash>> = hashes.and_then(|all| Some(all.get(..width)?.to_vec()));
    let hashes = hashes.ok_or_else(Problem::not_found)?;
    Ok(bytes(hashes.into_flattened(), FOR_EVER))
}

/// What each record commits to as it stands now, in the order of the leaves: each behind
/// its length, two bytes. One that is not there any more is empty.
async fn bundle(visit: &Visit, address: Address, index: i64) -> Result<Response, Problem> {
    const EACH: i64 = WIDTH as i64;
    let from = index.checked_mul(EACH).ok_or_else(Problem::not_found)?;
    let most = i64::try_from(address.width).unwrap_or(EACH);
    let (_, entries) = store::entries(&visit.db, from, most).await?;
    if entries.len() as u64 != address.width {
        return Err(Problem::not_found());
    }
    let mut body = Vec::with_capacity(entries.len() * 34);
    for entry in entries {
        match entry.record {
            Some(record) => {
                body.extend_from_slice(&[0, 32]);
                body.extend_from_slice(&record.commitment);
            }
            None => body.extend_from_slice(&[0, 0]),
        }
    }
    Ok(bytes(body, PUBLIC))
}

fn bytes(body: Vec<u8>, cache: &'static str) -> Response {
    let headers = [
        (header::CONTENT_TYPE, "application/octet-stream"),
        (header::CACHE_CONTROL, cache),
    ];
    (headers, body).into_response()
}
