//! Diandan (点单): a service desk for menu-style volunteering.
//!
//! A request's way: `router` → a handler in a capability's `api` or `pages` → the rules
//! in its `mod` → one question to the database in its `store` → the answer.

pub mod contests;
pub mod coordination;
pub mod hours;
pub mod imports;
pub mod menu;
pub mod messages;
pub mod organizations;
pub mod platform;
pub mod regions;
pub mod router;
pub mod signups;
pub mod volunteers;
pub mod webhooks;

#[cfg(target_arch = "wasm32")]
mod delivery;
#[cfg(target_arch = "wasm32")]
mod events;
