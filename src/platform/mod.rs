//! What every capability stands on. Nothing here knows of any of them.

pub mod assets;
pub mod audit;
pub mod charset;
pub mod clock;
pub mod config;
pub mod crypto;
pub mod db;
pub mod download;
pub mod fields;
pub mod i18n;
pub mod idempotency;
pub mod input;
pub mod json;
pub mod json_ld;
pub mod limits;
pub mod memory;
pub mod merge_patch;
pub mod multipart;
pub mod outbox;
pub mod page;
pub mod problem;
pub mod reference;
pub mod schema;
pub mod strict;
pub mod text;
pub mod visit;
