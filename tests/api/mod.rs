//! The Worker in workerd, asked over HTTP.

mod abuse;
mod calendar;
mod contract;
mod hardening;
mod imports;
mod limits;
mod manners;
mod memory;
mod menu;
mod own;
mod pages;
mod problems;
mod publishing;
mod readme;
mod roles;
mod sessions;
mod signing_up;
mod trouble;
mod wave;
