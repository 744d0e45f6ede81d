//! What to expect of a volunteer on the day, and a note about it.

use serde_json::json;
use uuid::Uuid;

use super::{Organizer, Standing};
use crate::organizations::admit;
use crate::platform::problem::Problem;
use crate::platform::visit::Visit;
use crate::signups::organizing::Expectation;

/// `?6` whether the expectation changes, `?7` to what, `?8` whether the note changes, `?9`
/// to what.
const DESCRIBE: &str = concat!(
    organizing!(),
    "
UPDATE signup SET
  expectation = iif(?6, ?7, signup.expectation),
  organizer_note = iif(?8, ?9, signup.organizer_note)
FROM target t JOIN agent a ON a.may
WHERE signup.id = t.id AND t.state <> 'cancelled'
  AND (?6 AND signup.expectation IS NOT ?7 OR ?8 AND signup.organizer_note IS NOT ?9)"
);

/// What changes; what is not said stays.
#[derive(Debug, Default)]
pub struct Description<'a> {
    /// The new expectation, or none.
    pub expectation: Option<Option<Expectation>>,
    /// The new note, or none.
    pub note: Option<Option<&'a str>>,
}

/// Writes down what to expect of a volunteer.
pub async fn describe(
    visit: &Visit,
    signup: Uuid,
    what: &Description<'_>,
) -> Result<Standing, Problem> {
    let organizer = Organizer::of(visit, signup);
    let expectation = what.expectation.flatten().map(Expectation::word);
    let describe = organizer
        .asks(DESCRIBE)
        .and(what.expectation.is_some())
        .and(expectation)
        .and(what.note.is_some())
        .and(what.note.flatten());
    // The note may speak of health or family: the audit row says only that it changed.
    let after = json!({"expectation": expectation, "note": what.note.is_some()});
    let statements = vec![
        organizer.who(),
        describe,
        organizer.records("signup.described", &after),
        organizer.standing(),
    ];
    let batch = visit.db.batch(statements).await?;
    admit(&batch, 0)?;
    batch.first(3)?.ok_or_else(Problem::not_found)
}
