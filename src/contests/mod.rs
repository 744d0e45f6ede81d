//! Project contests (项目大赛), judged so that anyone can recompute the ranking.
//!
//! [`drawing`] assigns judges to entries by lot from a published seed. [`ranking`] makes a ranking of published, pseudonymous scores; it knows nothing of the
//! rest of the house, so that a visitor's browser runs the very same code.

pub mod drawing;
pub mod ranking;
