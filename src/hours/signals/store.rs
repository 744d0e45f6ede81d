//! SQL of signals: what the rules look at, and what people say to what was found.

mod acting;
mod looking;
mod reading;

pub use acting::{decide, reply};
pub use looking::{PASS_MOVED_ON, Slice, keep, slice, statements};
pub use reading::{
    Case, Filter, ListedSignal, Page, SignalRecord, SignalStep, case, in_reach, list_statements,
    of_organization,
};
