//! The Worker in workerd, asked over HTTP.

mod abuse;
mod attendance;
mod calendar;
mod certificates;
mod client;
mod contract;
mod hardening;
mod imports;
mod ledger;
mod limits;
mod manners;
mod memory;
mod menu;
mod organizations;
mod own;
mod pages;
mod problems;
mod publishing;
mod readme;
mod roles;
mod sessions;
mod settling;
mod signing_up;
mod trouble;
mod wave;
mod webhooks;
