//! Results (评审结果): what the judges' ballots come to under the rules, from the sheet anyone
//! can recompute to who is awarded what.

mod awarding;
mod counting;

pub use awarding::awarded;
pub use counting::{Counted, sheet};
