//! The pages, in a real browser the size of a phone.

mod clerk;
mod console;
mod flows;
mod network;
mod pages;
mod phone;
mod signals;
