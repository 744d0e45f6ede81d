//! Working days in China, with holidays and the weekends worked in exchange (调休).
//!
//! `script/holidays` writes the calendar. Of years it does not know yet only the weekends and
//! the holidays of fixed date are left out, and whatever was counted there is provisional.

mod calendar;

use calendar::{OFF, WORKED, YEARS};
use jiff::ToSpan as _;
use jiff::civil::{Date, Weekday};

use crate::platform::clock::{Instant, day_after, start_of};

/// Service is recorded within so many working days of its end (the Measures, article 8).
pub const TO_RECORD: u32 = 10;

/// The last day on which something is done in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DueDay {
    /// That day, in Beijing.
    pub date: Date,
    /// Whether it lies beyond the holidays that are known: it may turn out later.
    pub provisional: bool,
}

/// Holidays that fall on the same days every year, month and day (the State Council's
/// measures on holidays, article 2, as of 2025).
const FIXED: [(i8, i8); 6] = [(1, 1), (5, 1), (5, 2), (10, 1), (10, 2), (10, 3)];

/// Whether people in offices work that day, as far as it is known.
pub fn is_working_day(day: Date) -> bool {
    if !YEARS.contains(&day.year()) && FIXED.contains(&(day.month(), day.day())) {
        false
    } else if matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday) {
        WORKED.binary_search(&day).is_ok()
    } else {
        OFF.binary_search(&day).is_err()
    }
}

/// The tenth working day after the day of this instant. Until then service that ended is
/// recorded in time, and a record that was contested is answered.
pub fn due(since: Instant) -> DueDay {
    let mut date = since.date();
    let mut provisional = false;
    let mut left = TO_RECORD;
    while left > 0 {
        date = day_after(date);
        provisional |= !YEARS.contains(&date.year());
        left -= u32::from(is_working_day(date));
    }
    DueDay { date, provisional }
}

/// Whatever ended before this instant and is not recorded is overdue on `today`.
pub fn overdue_before(today: Date) -> Instant {
    let mut day = today;
    let mut left = TO_RECORD;
    while left > 0 {
        day = day.checked_sub(1.day()).unwrap_or(Date::MIN);
        left -= u32::from(is_working_day(day));
    }
    start_of(day)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::clock::DAY;
    use jiff::civil::date;
    use proptest::prelude::*;

    fn due_after(day: Date) -> DueDay {
        due(start_of(day).plus(11 * 3_600_000))
    }

    #[test]
    fn the_calendar_is_in_order_and_says_nothing_twice() {
        for days in [OFF, WORKED] {
            assert!(days.windows(2).all(|pair| pair[0] < pair[1]));
            assert!(days.iter().all(|day| YEARS.contains(&day.year())));
        }
        let weekend = |day: &Date| matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday);
        assert!(OFF.iter().all(|day| !weekend(day)) && WORKED.iter().all(weekend));
        // Every year has its New Year, Spring Festival and National Day.
        for year in YEARS {
            let of = |month| {
                OFF.iter()
                    .any(|day| (day.year(), day.month()) == (year, month))
            };
            assert!(of(1) && of(10), "{year}");
        }
    }

    #[test]
    fn days_are_worked_as_the_notices_say() {
        for (day, works) in [
            // 2025: 28 January to 4 February, for which 26 January and 8 February are worked.
            (date(2025, 1, 26), true),
            (date(2025, 1, 27), true),
            (date(2025, 1, 28), false),
            (date(2025, 2, 4), false),
            (date(2025, 2, 5), true),
            (date(2025, 2, 8), true),
            (date(2025, 2, 9), false),
            // 2026: 15 to 23 February, for which 14 and 28 February are worked.
            (date(2026, 2, 14), true),
            (date(2026, 2, 16), false),
            (date(2026, 2, 23), false),
            (date(2026, 2, 28), true),
            (date(2026, 3, 1), false),
            // National Day 2026: 1 to 7 October, 20 September and 10 October are worked.
            (date(2026, 9, 20), true),
            (date(2026, 10, 1), false),
            (date(2026, 10, 7), false),
            (date(2026, 10, 8), true),
            (date(2026, 10, 10), true),
            (date(2026, 10, 11), false),
        ] {
            assert_eq!(is_working_day(day), works, "{day}");
        }
    }

    #[test]
    fn ten_working_days_run_over_holidays_and_shifted_weekends() {
        for (ended, date, provisional) in [
            // Two plain weeks.
            (date(2026, 11, 6), date(2026, 11, 20), false),
            // Friday before Spring Festival 2025: 20–24, Sunday 26, 27 January; 5, 6, 7 February.
            (date(2025, 1, 17), date(2025, 2, 7), false),
            // On the eve: 5, 6, 7, Saturday 8, 10–14, 17 February.
            (date(2025, 1, 27), date(2025, 2, 17), false),
            // Spring Festival 2026: Saturday 14, 24–27, Saturday 28 February; 2–5 March.
            (date(2026, 2, 13), date(2026, 3, 5), false),
            // National Day 2026: 28–30 September, 8, 9, Saturday 10, 12–15 October.
            (date(2026, 9, 27), date(2026, 10, 15), false),
            // A working Saturday counts for what ended the day before, not on it.
            (date(2026, 10, 9), date(2026, 10, 22), false),
            (date(2026, 10, 10), date(2026, 10, 23), false),
            // The holidays of the year after the last are not known.
            (date(2026, 12, 17), date(2026, 12, 31), false),
            (date(2026, 12, 18), date(2027, 1, 4), true),
        ] {
            assert_eq!(due_after(ended), DueDay { date, provisional }, "{ended}");
        }
    }

    #[test]
    fn a_shift_over_midnight_is_counted_from_the_day_it_ends() {
        let midnight = start_of(date(2026, 11, 7));
        assert_eq!(due(midnight.plus(-1)).date, date(2026, 11, 20));
        assert_eq!(due(midnight.plus(-1)), due_after(date(2026, 11, 6)));
        assert_eq!(due(start_of(date(2026, 11, 9))).date, date(2026, 11, 23));
    }

    proptest! {
        #[test]
        fn the_due_day_is_worked_and_ten_days_are_worked_until_then(days in 19_700_i64..22_000) {
            let ended = Instant::from_millis(days * DAY);
            let due = due(ended);
            prop_assert!(is_working_day(due.date));
            let mut worked = 0;
            let mut day = ended.date();
            while day < due.date {
                day = day_after(day);
                worked += u32::from(is_working_day(day));
            }
            prop_assert_eq!(worked, TO_RECORD);
        }

        #[test]
        fn what_is_overdue_is_what_was_due_before_today(days in 19_700_i64..22_000, ago in 0_i64..40) {
            let ended = Instant::from_millis(days * DAY + 7_200_000);
            let today = ended.plus(ago * DAY).date();
            prop_assert_eq!(due(ended).date < today, ended < overdue_before(today));
        }

        #[test]
        fn what_ends_later_is_not_due_earlier(days in 19_700_i64..22_000) {
            let ended = Instant::from_millis(days * DAY);
            prop_assert!(due(ended).date <= due(ended.plus(DAY)).date);
        }
    }
}
