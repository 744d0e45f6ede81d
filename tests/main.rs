//! All integration tests, in one binary so that one workerd serves them all.
//!
//! `sql` asks the product on the host, over the real migrations, with the clock in the
//! test's hand. `api` asks the very Worker that is deployed, over HTTP. Both speak to it
//! through `support`, whose verbs are those of the people who use it.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on fails, and says where"
)]

mod api;
mod browser;
mod sql;
mod support;
