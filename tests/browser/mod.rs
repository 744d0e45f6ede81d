//! The pages, in a real browser the size of a phone.

mod attendance;
mod certificates;
mod clerk;
mod console;
mod contests;
mod flows;
mod judging;
mod line;
mod network;
mod pages;
mod phone;
mod records;
mod settling;
mod signals;
mod walk;
