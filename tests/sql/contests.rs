//! Contests: rules published beforehand, entries, and the log of every act.

mod entering;
mod log;
mod pages;
mod rules_form;
mod running;
