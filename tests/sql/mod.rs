//! The product on the host, over the real migrations, at any time a test likes.

mod api_keys;
mod approving;
mod clerk;
mod clock;
mod console;
mod coordination;
mod examples;
mod idempotency;
mod imports;
mod leaving;
mod members;
mod menu;
mod moving;
mod notifying;
mod organizations;
mod organizing_pages;
mod outbox;
mod own;
mod refusals;
mod repeats;
mod replacing;
mod schema;
mod shifts;
mod sign_in;
mod standards;
mod webhooks;
