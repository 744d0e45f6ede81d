//! The daily pass: new records are looked at in the order they came, a slice at a time.

use super::store::{self, Slice};
use super::{Attended, Burst, Finding, Looked, Recorder, Row};
use crate::platform::db::DbError;
use crate::platform::visit::Visit;

/// So many records are looked at in one go: with the cron of every minute, a quarter of a
/// million a day.
pub const SLICE: i64 = 200;

/// What came of a go.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Places of the ledger that were looked at.
    pub records: i64,
    /// Findings that were new.
    pub signals: u32,
}

/// Gets the pass on by a slice; once a day, by the date in Beijing, it sets out anew.
/// Breaking off anywhere, or two at once, comes to the same signals.
pub async fn get_on(visit: &Visit) -> Result<Progress, DbError> {
    let Some(slice) = store::slice(visit, SLICE).await? else {
        return Ok(Progress::default());
    };
    let records = slice.records();
    match store::keep(visit, &findings(&slice, visit), &slice).await {
        Ok(signals) => Ok(Progress { records, signals }),
        Err(error) if error.is_refusal(store::PASS_MOVED_ON) => Ok(Progress::default()),
        Err(error) => Err(error),
    }
}

fn findings(slice: &Slice, visit: &Visit) -> Vec<Finding> {
    let travels = slice.looked.iter().flat_map(Looked::findings);
    let shifts = slice.attended.iter().flat_map(Attended::findings);
    let bursts = slice.bursts.iter().filter_map(Burst::finding);
    let rows = slice.rows.iter().filter_map(Row::finding);
    let recorders = slice.recorders.iter();
    let recorders = recorders.filter_map(|recorder: &Recorder| recorder.finding(visit.now));
    travels
        .chain(shifts)
        .chain(bursts)
        .chain(rows)
        .chain(recorders)
        .collect()
}
