//! Contests of volunteer-service projects (大赛): their rules, their entries, and the log
//! of every act.

pub mod judging;
pub mod rules;
pub mod scoring;
