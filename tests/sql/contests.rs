//! Contests: rules published beforehand, entries, and the log of every act.

mod audit;
mod entering;
mod leaks;
mod log;
mod outcomes;
mod pages;
mod result_pages;
mod results;
mod roadshow;
mod rules_form;
mod running;
