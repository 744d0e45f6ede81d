//! The product on the host, over the real migrations, at any time a test likes.

mod api_keys;
mod clerk;
mod clock;
mod console;
mod coordination;
mod examples;
mod idempotency;
mod leaving;
mod members;
mod menu;
mod organizations;
mod outbox;
mod own;
mod refusals;
mod repeats;
mod replacing;
mod schema;
mod shifts;
mod sign_in;
mod standards;
