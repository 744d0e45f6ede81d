//! The ledger: service records in a Merkle log that cannot be quietly rewritten.
//!
//! Record n is leaf n - 1. A leaf commits to a record by a salted hash ([`leaf`]); the tree
//! is that of RFC 6962 ([`tree`]), kept and published in tiles ([`tiles`]); each seal is a
//! signed checkpoint ([`note`]). `docs/ledger.md` has the formats.

pub mod api;
pub mod files;
pub mod leaf;
pub mod note;
pub mod pages;
pub mod sealing;
pub mod store;
pub mod tiles;
pub mod tree;

use axum::http::{HeaderValue, StatusCode, header};

use self::note::Signer;
use crate::platform::clock::MINUTE;
use crate::platform::config::Config;
use crate::platform::i18n::Words;
use crate::platform::problem::Problem;

/// A record waits so long for others before it is sealed with them, in milliseconds.
pub const SEALED_WITHIN: i64 = 4 * MINUTE;

/// Which of the keys derived from the master key signs; a new one makes a new key.
const KEY_VERSION: i64 = 1;

/// The name of the log and of its key: where it is published, without a scheme.
pub fn origin(config: &Config) -> String {
    format!("{}/ledger", config.public_host())
}

/// Who signs checkpoints.
pub fn signer(config: &Config) -> Signer {
    let seed = config.keys.signing_seed("ledger", KEY_VERSION);
    Signer::new(origin(config), &seed)
}

/// 409: a record waits to be sealed.
fn not_sealed_yet() -> Problem {
    Problem::new(
        StatusCode::CONFLICT,
        "not_sealed_yet",
        Words::new(
            "这条记录刚写下，还没有封存，请几分钟后再试",
            "This record is new and not sealed yet; try again in a few minutes",
        ),
    )
    .with_header(header::RETRY_AFTER, HeaderValue::from_static("300"))
}

/// 500: what is kept of the tree is not what was signed.
fn not_whole() -> Problem {
    Problem::internal("the ledger's tiles are not whole")
}
