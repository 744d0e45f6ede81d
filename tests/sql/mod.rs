//! The product on the host, over the real migrations, at any time a test likes.

mod clock;
mod console;
mod examples;
mod idempotency;
mod imports;
mod leaving;
mod menu;
mod outbox;
mod own;
mod refusals;
mod repeats;
mod replacing;
mod schema;
mod shifts;
mod sign_in;
mod standards;
