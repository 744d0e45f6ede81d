//! Pages of the console for bulk import: handing a file in, and the report.

mod form;
mod report;

pub use form::{hand_in, list};
pub use report::{apply, cancel, show};
