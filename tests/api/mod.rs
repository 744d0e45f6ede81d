//! The Worker in workerd, asked over HTTP.

mod contract;
mod roles;
mod signing_up;
mod wave;
