//! SQL of handing records over, and of hours recorded elsewhere.

mod exporting;
mod marking;
mod outside;

pub use exporting::{ExportPage, Wanted, export, export_statements};
pub use marking::{Mark, TransferMark, mark};
pub use outside::{BroughtIn, Elsewhere, OutsideHours, bring_in, mine, mine_statement, strike};

/// `?1` credential, `?2` now, `?3` organization, `?4` roles and `?5` scopes that may.
macro_rules! of_organization {
    () => {
        concat!(
            "
WITH target AS (SELECT id AS organization_id, name FROM organization WHERE id = ?3),
",
            crate::organizations::agent!()
        )
    };
}
use of_organization;
