//! Instants are milliseconds since the epoch, UTC; people read them as Beijing time.

use jiff::civil::{Date, DateTime, Weekday};
use jiff::tz::Offset;
use jiff::{Timestamp, ToSpan as _};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::i18n::Lang;

/// China Standard Time has had no summer time since 1991.
const BEIJING: Offset = Offset::constant(8);

/// The earliest and the latest day a person may write: a century back, and 2099.
const FIRST_YEAR: i16 = 1900;
const LAST_YEAR: i16 = 2099;

/// One minute in milliseconds.
pub const MINUTE: i64 = 60_000;
/// One hour in milliseconds.
pub const HOUR: i64 = 60 * MINUTE;
/// One day in milliseconds.
pub const DAY: i64 = 24 * HOUR;

/// A point in time, in milliseconds since the epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Instant(i64);

impl Instant {
    /// From milliseconds since the epoch.
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis)
    }

    /// Milliseconds since the epoch.
    pub const fn millis(self) -> i64 {
        self.0
    }

    /// Later by so many milliseconds; earlier when negative.
    #[must_use]
    pub const fn plus(self, millis: i64) -> Self {
        Self(self.0.saturating_add(millis))
    }

    /// Reads RFC 3339 with an offset, years 1900 to 2099, to the second.
    pub fn parse(text: &str) -> Option<Self> {
        let zoned = text.len() >= 20 && text.is_ascii() && !text.contains('[');
        let instant = zoned.then(|| text.parse::<Timestamp>().ok())??;
        let instant = Self(instant.as_second() * 1000);
        (FIRST_YEAR..=LAST_YEAR)
            .contains(&instant.date().year())
            .then_some(instant)
    }

    /// When a clock in Beijing shows this date and time.
    pub fn of_local(local: DateTime) -> Self {
        BEIJING
            .to_timestamp(local)
            .map_or(Self(i64::MAX), |t| Self(t.as_millisecond()))
    }

    /// Date and time on a clock in Beijing.
    pub fn local(self) -> DateTime {
        BEIJING.to_datetime(self.timestamp())
    }

    /// The day on a calendar in Beijing.
    pub fn date(self) -> Date {
        self.local().date()
    }

    /// RFC 3339 with the offset of Beijing.
    pub fn rfc3339(self) -> String {
        self.local().strftime("%Y-%m-%dT%H:%M:%S+08:00").to_string()
    }

    /// `08:30`.
    pub fn hour_minute(self) -> String {
        self.local().strftime("%H:%M").to_string()
    }

    fn timestamp(self) -> Timestamp {
        Timestamp::from_millisecond(self.0).unwrap_or(Timestamp::MAX)
    }
}

impl Serialize for Instant {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.rfc3339())
    }
}

/// Rows hold milliseconds.
impl<'de> Deserialize<'de> for Instant {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        i64::deserialize(deserializer).map(Self)
    }
}

/// The first instant of a day in Beijing.
pub fn start_of(date: Date) -> Instant {
    Instant::of_local(date.at(0, 0, 0, 0))
}

/// Reads `2026-11-28`, years 1900 to 2099.
pub fn parse_date(text: &str) -> Option<Date> {
    let exact = text.len() == 10 && text.is_ascii();
    let date = exact.then(|| text.parse::<Date>().ok())??;
    (FIRST_YEAR..=LAST_YEAR)
        .contains(&date.year())
        .then_some(date)
}

/// The next day.
pub fn day_after(date: Date) -> Date {
    date.checked_add(1.day()).unwrap_or(date)
}

/// Saturday of this week, or today when it is Saturday or Sunday already.
pub fn coming_weekend(today: Date) -> (Date, Date) {
    let to_saturday = match today.weekday() {
        Weekday::Sunday => return (today, today),
        other => i64::from(other.until(Weekday::Saturday)),
    };
    let saturday = today.checked_add(to_saturday.days()).unwrap_or(today);
    (saturday, day_after(saturday))
}

/// Whole years of age on a day. Somebody born on 29 February grows older on 1 March
/// in common years.
pub fn age_on(birth: Date, day: Date) -> i16 {
    let had_birthday = (day.month(), day.day()) >= (birth.month(), birth.day());
    day.year() - birth.year() - i16::from(!had_birthday)
}

/// `2026年11月28日`, `28 Nov 2026`.
pub fn date_words(day: Date, lang: Lang) -> String {
    match lang {
        Lang::Zh => format!("{}年{}月{}日", day.year(), day.month(), day.day()),
        Lang::En => day.strftime("%-d %b %Y").to_string(),
    }
}

/// `11月28日 周六`, or `Sat 28 Nov`.
pub fn day_words(instant: Instant, lang: Lang) -> String {
    let local = instant.local();
    match lang {
        Lang::Zh => format!(
            "{}月{}日 {}",
            local.month(),
            local.day(),
            match local.weekday() {
                Weekday::Monday => "周一",
                Weekday::Tuesday => "周二",
                Weekday::Wednesday => "周三",
                Weekday::Thursday => "周四",
                Weekday::Friday => "周五",
                Weekday::Saturday => "周六",
                Weekday::Sunday => "周日",
            }
        ),
        Lang::En => local.strftime("%a %-d %b").to_string(),
    }
}

/// The same of a day that may lie in another year than now, which is then said:
/// `2027年1月9日 周六`, or `Sat 9 Jan 2027`.
pub fn day_from(now: Instant, instant: Instant, lang: Lang) -> String {
    let (day, year) = (day_words(instant, lang), instant.date().year());
    match lang {
        _ if year == now.date().year() => day,
        Lang::Zh => format!("{year}年{day}"),
        Lang::En => format!("{day} {year}"),
    }
}

/// `08:30–11:30`; an end on another day is marked.
pub fn span_words(from: Instant, to: Instant, lang: Lang) -> String {
    let next_day = if from.date() == to.date() {
        ""
    } else {
        lang.pick("次日 ", "next day ")
    };
    format!("{}–{next_day}{}", from.hour_minute(), to.hour_minute())
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;
    use proptest::prelude::*;

    #[test]
    fn reads_offsets_and_writes_beijing_time() {
        let instant = Instant::parse("2026-11-28T00:30:00Z").unwrap();
        assert_eq!(instant.rfc3339(), "2026-11-28T08:30:00+08:00");
        assert_eq!(
            instant,
            Instant::parse("2026-11-28T09:30:00.999+09:00").unwrap()
        );
    }

    #[test]
    fn refuses_what_is_not_an_instant() {
        for text in [
            "",
            "2026-11-28",
            "2026-11-28T08:30:00",
            "2026-11-28T08:30:00[Asia/Shanghai]",
            "2026-13-01T00:00:00Z",
            "1899-12-31T00:00:00Z",
            "2100-06-01T00:00:00Z",
            "９月一日 08:30:00 2026",
        ] {
            assert_eq!(Instant::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_leap_day_child_is_older_on_the_first_of_march() {
        let born = date(2012, 2, 29);
        assert_eq!(age_on(born, date(2026, 2, 28)), 13);
        assert_eq!(age_on(born, date(2026, 3, 1)), 14);
        assert_eq!(age_on(born, date(2028, 2, 29)), 16);
    }

    #[test]
    fn the_weekend_is_what_is_left_of_it() {
        assert_eq!(
            coming_weekend(date(2026, 11, 23)),
            (date(2026, 11, 28), date(2026, 11, 29))
        );
        assert_eq!(
            coming_weekend(date(2026, 11, 28)),
            (date(2026, 11, 28), date(2026, 11, 29))
        );
        assert_eq!(
            coming_weekend(date(2026, 11, 29)),
            (date(2026, 11, 29), date(2026, 11, 29))
        );
    }

    #[test]
    fn a_shift_over_midnight_says_so() {
        let from = Instant::parse("2026-12-31T22:00:00+08:00").unwrap();
        let to = Instant::parse("2027-01-01T06:00:00+08:00").unwrap();
        assert_eq!(span_words(from, to, Lang::Zh), "22:00–次日 06:00");
        assert_eq!(day_words(from, Lang::Zh), "12月31日 周四");
        assert_eq!(day_words(from, Lang::En), "Thu 31 Dec");
        assert_eq!(day_from(from, from, Lang::Zh), "12月31日 周四");
        assert_eq!(day_from(from, to, Lang::Zh), "2027年1月1日 周五");
        assert_eq!(day_from(to, from, Lang::En), "Thu 31 Dec 2026");
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(seconds in -2_200_000_000_i64..4_000_000_000) {
            let instant = Instant::from_millis(seconds * 1000);
            prop_assert_eq!(Instant::parse(&instant.rfc3339()), Some(instant));
        }

        #[test]
        fn a_day_starts_before_all_its_instants(millis in 0_i64..4_000_000_000_000) {
            let instant = Instant::from_millis(millis);
            let start = start_of(instant.date());
            prop_assert!(start <= instant && instant < start.plus(DAY));
        }
    }
}
