//! From published, pseudonymous scores to a ranking: [`rank`] of a [`Sheet`] is a
//! [`Ranking`], on every platform to the last digit.
//!
//! Compiles without the rest of the crate, and is compiled so for the browser
//! (`browser/ranking`): no file here may use `crate::`.
//!
//! *Exact where it can be.* A ballot is a whole number: with criteria of weight w ‰ on a
//! scale from a to b it comes to Σ w · (score − a) · D ÷ (b − a), D being the least common
//! multiple of the stage's scale widths, out of 1000 · D. Means are fractions of such
//! numbers. What is published is in [`Points`], of which a perfect ballot has 100: rounded
//! to four decimals, half away from zero. Everything that decides a rank is compared as
//! published, so that a table and a pencil come to the same order.
//!
//! *Floats where they must be*: the adjustment for severity, its errors, deviations, and
//! pairwise preference. They use + − × ÷ and square roots only, which IEEE 754 defines to
//! the bit, in the order of sorted names, so that the order of the sheet's arrays changes
//! nothing. A result is taken to the nearest 10⁻⁹ before it is rounded: what arithmetic on
//! paper puts halfway between two published numbers is not decided by a last bit.
//!
//! *Stages.* An entry is in a stage when it has a ballot there, and must have been in every
//! stage before. Its standing after a stage is Σ weight × score of the stages so far, or
//! the stage's own score while these weigh nothing. Whoever went on ranks before whoever
//! did not; those who ended at the same stage rank by their standing after it, which is
//! their total.
//!
//! *Ties* are broken by the declared rules in their order, then by the judges'
//! comparisons (Bradley–Terry), else the rank is shared: 1, 2, 2, 4.

mod dependence;
mod linear;
mod means;
mod order;
mod pairwise;
mod panel;
mod placing;
mod points;
mod recompute;
mod result;
mod scoring;
mod severity;
mod sheet;
mod tally;

pub use self::panel::{Panel, PanelMark, panels};
pub use self::placing::rank;
pub use self::points::{NotPoints, Points};
pub use self::recompute::{Unrankable, recompute};
pub use self::result::{
    Boundary, Break, Flag, JudgeSummary, Ranked, Ranking, StageResult, StageSummary, Tie,
};
pub use self::sheet::{
    Ballot, Criterion, FINEST, Fault, Method, Part, Sheet, Stage, TieRule, VERSION, WIDEST,
};

#[cfg(test)]
mod tests;
