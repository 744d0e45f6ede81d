//! The Worker in workerd, asked over HTTP.

mod abuse;
mod calendar;
mod client;
mod contract;
mod hardening;
mod imports;
mod limits;
mod manners;
mod memory;
mod menu;
mod organizations;
mod own;
mod own_hours;
mod pages;
mod problems;
mod publishing;
mod readme;
mod roles;
mod sessions;
mod signing_up;
mod trouble;
mod wave;
mod webhooks;
