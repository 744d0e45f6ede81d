//! Contests of volunteer-service projects (大赛): their rules, their entries, their judges,
//! and the log of every act, so that anyone can recompute the ranking.

pub mod drawing;
pub mod judging;
pub mod ranking;
pub mod rules;
pub mod scoring;
