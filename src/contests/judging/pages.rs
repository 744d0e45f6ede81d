//! Judges on pages: the link they are invited by, their conflicts, and the list of those who
//! run the contest.

mod conflicts;
mod console;
mod draws;
mod invitation;

pub use conflicts::{declare, show as conflicts};
pub use console::{draw, invite, judges, remove};
pub use invitation::{answer, show as invitation};
