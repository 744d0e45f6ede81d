//! How long an organization has to answer.

use jiff::ToSpan as _;
use jiff::civil::Date;

use crate::platform::clock::Instant;

/// Two weeks by the calendar, in which ten working days fit when no holiday lies between.
const DAYS: i64 = 14;

/// The last day for the answer to what was contested then.
pub fn answer_by(contested: Instant) -> Date {
    let day = contested.date();
    day.checked_add(DAYS.days()).unwrap_or(day)
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn an_answer_is_due_in_two_weeks() {
        let contested = Instant::parse("2026-12-24T23:59:00+08:00").unwrap();
        assert_eq!(answer_by(contested), date(2027, 1, 7));
    }
}
