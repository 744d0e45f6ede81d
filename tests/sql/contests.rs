//! Contests: rules published beforehand, entries, and the log of every act.

mod entering;
mod log;
mod pages;
mod result_pages;
mod results;
mod roadshow;
mod rules_form;
mod running;
