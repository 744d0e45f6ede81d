//! Recurrence rules (RFC 5545, section 3.3.10), as far as shifts need them: so many days,
//! weeks or months apart, on days of the week or of the month, until an end.

use jiff::civil::{Date, Weekday};
use jiff::{ToSpan as _, Unit};

use crate::platform::clock::Instant;
use crate::platform::i18n::Words;

/// A rule makes no more days than a project may have shifts.
pub const MOST_DAYS: usize = 200;

/// A rule is followed for three years from its first day: nobody plans further ahead, and
/// a rule that names no day at all must come to an end.
const FOLLOWED_FOR: i32 = 3 * 366;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Frequency {
    Daily,
    Weekly,
    Monthly,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    /// So many days.
    Count(usize),
    /// The last instant a shift may begin.
    Until(Instant),
    /// The last day.
    On(Date),
}

/// A day of the week, every one of the month or only the so-manieth, from its end when
/// negative.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct ByDay {
    ordinal: Option<i8>,
    weekday: Weekday,
}

/// A rule by which days follow each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    frequency: Frequency,
    interval: i32,
    end: End,
    by_day: Vec<ByDay>,
    by_month_day: Vec<i8>,
    week_start: Weekday,
}

const WEEKDAYS: [(&str, Weekday); 7] = [
    ("MO", Weekday::Monday),
    ("TU", Weekday::Tuesday),
    ("WE", Weekday::Wednesday),
    ("TH", Weekday::Thursday),
    ("FR", Weekday::Friday),
    ("SA", Weekday::Saturday),
    ("SU", Weekday::Sunday),
];

impl Rule {
    /// Reads a rule. What it cannot follow it refuses by name, rather than follow another
    /// rule than the one that was meant.
    pub fn parse(text: &str) -> Result<Self, Words> {
        let text = text.strip_prefix("RRULE:").unwrap_or(text);
        let mut frequency = None;
        let mut rule = Self {
            frequency: Frequency::Daily,
            interval: 1,
            end: End::Count(0),
            by_day: Vec::new(),
            by_month_day: Vec::new(),
            week_start: Weekday::Monday,
        };
        let mut end: Option<End> = None;
        let mut seen: Vec<&str> = Vec::new();
        for part in text.split(';') {
            let (name, value) = part.split_once('=').ok_or_else(|| {
                Words::new(
                    format!("“{part}”应为 名称=值"),
                    format!("“{part}” must be NAME=VALUE"),
                )
            })?;
            if seen.contains(&name) {
                return Err(Words::new(
                    format!("{name} 只能出现一次"),
                    format!("{name} must appear once"),
                ));
            }
            seen.push(name);
            let wrong = || {
                Words::new(
                    format!("{name} 的值“{value}”不对"),
                    format!("{name} cannot be “{value}”"),
                )
            };
            match name {
                "FREQ" => {
                    frequency = Some(match value {
                        "DAILY" => Frequency::Daily,
                        "WEEKLY" => Frequency::Weekly,
                        "MONTHLY" => Frequency::Monthly,
                        _ => {
                            return Err(Words::new(
                                format!("不支持 FREQ={value}，可用 DAILY、WEEKLY、MONTHLY"),
                                format!(
                                    "FREQ={value} is not supported: use DAILY, WEEKLY or MONTHLY"
                                ),
                            ));
                        }
                    });
                }
                "INTERVAL" => rule.interval = number(value, 1, 366).ok_or_else(wrong)?,
                "COUNT" => {
                    let count = number(value, 1, 200).ok_or_else(wrong)?;
                    end = Some(End::Count(usize::try_from(count).map_err(|_| wrong())?));
                }
                "UNTIL" => end = Some(until(value).ok_or_else(wrong)?),
                "BYDAY" => rule.by_day = list(value, by_day).ok_or_else(wrong)?,
                "BYMONTHDAY" => rule.by_month_day = list(value, by_month_day).ok_or_else(wrong)?,
                "WKST" => rule.week_start = weekday(value).ok_or_else(wrong)?,
                _ => {
                    return Err(Words::new(
                        format!("不支持 {name}"),
                        format!("{name} is not supported"),
                    ));
                }
            }
        }
        rule.frequency = frequency.ok_or_else(|| Words::new("缺少 FREQ", "FREQ is missing"))?;
        if seen.contains(&"COUNT") && seen.contains(&"UNTIL") {
            return Err(Words::new(
                "COUNT 和 UNTIL 只能有一个",
                "COUNT and UNTIL exclude each other",
            ));
        }
        rule.end = end.ok_or_else(|| {
            Words::new(
                "须以 COUNT 或 UNTIL 写明何时结束",
                "must say with COUNT or UNTIL when it ends",
            )
        })?;
        if rule.frequency == Frequency::Weekly && !rule.by_month_day.is_empty() {
            return Err(Words::new(
                "按周重复时不能有 BYMONTHDAY",
                "BYMONTHDAY does not go with FREQ=WEEKLY",
            ));
        }
        let ordinals = rule.by_day.iter().any(|day| day.ordinal.is_some());
        if rule.frequency != Frequency::Monthly && ordinals {
            return Err(Words::new(
                "第几个星期几只能用于按月重复",
                "a so-manieth weekday goes with FREQ=MONTHLY only",
            ));
        }
        Ok(rule)
    }

    /// The days of this rule from the first instant on, in order. The first instant is one
    /// only when the rule names its day. `Err` when there would be more than
    /// [`MOST_DAYS`], or fewer than it counts within three years.
    pub fn days(&self, first: Instant) -> Result<Vec<Date>, Words> {
        let (start, time) = (first.date(), first.local().time());
        let mut days = Vec::new();
        for offset in 0..FOLLOWED_FOR {
            let Ok(day) = start.checked_add(offset.days()) else {
                break;
            };
            let is_over = match self.end {
                End::Count(_) => false,
                End::On(last) => day > last,
                End::Until(last) => Instant::of_local(day.to_datetime(time)) > last,
            };
            if is_over {
                return Ok(days);
            }
            if !self.names(day, start) {
                continue;
            }
            if days.len() == MOST_DAYS {
                return Err(Words::new(
                    format!("超过了 {MOST_DAYS} 个班次"),
                    format!("makes more than {MOST_DAYS} shifts"),
                ));
            }
            days.push(day);
            if self.end == End::Count(days.len()) {
                return Ok(days);
            }
        }
        Err(Words::new(
            "延续超过三年，请缩短",
            "goes on for more than three years",
        ))
    }

    /// Whether a day is one of those that follow from the first.
    fn names(&self, day: Date, start: Date) -> bool {
        let apart = match self.frequency {
            Frequency::Daily => days_between(start, day),
            Frequency::Weekly => days_between(self.week_of(start), self.week_of(day)) / 7,
            Frequency::Monthly => {
                i32::from(day.year() - start.year()) * 12 + i32::from(day.month() - start.month())
            }
        };
        if apart % self.interval != 0 {
            return false;
        }
        let by_month_day = self.by_month_day.is_empty()
            || self.by_month_day.iter().any(|number| {
                let from_the_end = day.day() - day.days_in_month() - 1;
                *number == day.day() || *number == from_the_end
            });
        let by_day = self.by_day.is_empty() || self.by_day.iter().any(|wanted| wanted.is(day));
        // What the rule does not say follows from the first day.
        let like_the_first = match self.frequency {
            Frequency::Daily => true,
            Frequency::Weekly => !self.by_day.is_empty() || day.weekday() == start.weekday(),
            Frequency::Monthly => {
                !self.by_day.is_empty() || !self.by_month_day.is_empty() || day.day() == start.day()
            }
        };
        by_month_day && by_day && like_the_first
    }

    /// The first day of a day's week.
    fn week_of(&self, day: Date) -> Date {
        let into = i32::from(self.week_start.until(day.weekday()));
        day.checked_sub(into.days()).unwrap_or(day)
    }
}

impl ByDay {
    fn is(self, day: Date) -> bool {
        if self.weekday != day.weekday() {
            return false;
        }
        let from_the_start = (day.day() - 1) / 7 + 1;
        let from_the_end = (day.day() - day.days_in_month()) / 7 - 1;
        self.ordinal
            .is_none_or(|ordinal| ordinal == from_the_start || ordinal == from_the_end)
    }
}

fn days_between(from: Date, to: Date) -> i32 {
    from.until((Unit::Day, to))
        .map_or(0, |span| span.get_days())
}

/// A whole number written in digits only.
fn number(text: &str, min: i32, max: i32) -> Option<i32> {
    let digits = !text.is_empty() && text.len() <= 4 && text.bytes().all(|b| b.is_ascii_digit());
    let number = digits.then(|| text.parse().ok())??;
    (min..=max).contains(&number).then_some(number)
}

/// `-1` or `+2` or `3`, but not zero.
fn signed(text: &str, max: i32) -> Option<i8> {
    let (sign, digits) = match text.as_bytes().first()? {
        b'-' => (-1, text.get(1..)?),
        b'+' => (1, text.get(1..)?),
        _ => (1, text),
    };
    i8::try_from(sign * number(digits, 1, max)?).ok()
}

fn list<T>(text: &str, read: impl Fn(&str) -> Option<T>) -> Option<Vec<T>> {
    text.split(',').map(read).collect()
}

fn weekday(text: &str) -> Option<Weekday> {
    WEEKDAYS
        .iter()
        .find(|(name, _)| *name == text)
        .map(|(_, weekday)| *weekday)
}

fn by_day(text: &str) -> Option<ByDay> {
    let (ordinal, name) = text.split_at_checked(text.len().checked_sub(2)?)?;
    Some(ByDay {
        weekday: weekday(name)?,
        ordinal: match ordinal {
            "" => None,
            ordinal => Some(signed(ordinal, 5)?),
        },
    })
}

fn by_month_day(text: &str) -> Option<i8> {
    signed(text, 31)
}

/// `20261231`, or `20261231T155959Z`: with a time it is UTC (RFC 5545, section 3.3.10).
fn until(text: &str) -> Option<End> {
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    let date = |text: &str| -> Option<String> {
        let (year, rest) = text.split_at_checked(4)?;
        let (month, day) = rest.split_at_checked(2)?;
        (text.len() == 8 && digits(text)).then(|| format!("{year}-{month}-{day}"))
    };
    match text.split_once('T') {
        None => crate::platform::clock::parse_date(&date(text)?).map(End::On),
        Some((day, time)) => {
            let time = time.strip_suffix('Z')?;
            let (hour, rest) = time.split_at_checked(2)?;
            let (minute, second) = rest.split_at_checked(2)?;
            if second.len() != 2 || !digits(time) {
                return None;
            }
            let rfc3339 = format!("{}T{hour}:{minute}:{second}Z", date(day)?);
            Instant::parse(&rfc3339).map(End::Until)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::i18n::Lang;
    use proptest::prelude::*;

    fn days(rule: &str, first: &str) -> String {
        let first = Instant::parse(&format!("{first}T09:00:00+08:00")).unwrap();
        match Rule::parse(rule).and_then(|rule| rule.days(first)) {
            Ok(days) => days
                .iter()
                .map(|day| day.strftime("%m%d").to_string())
                .collect::<Vec<_>>()
                .join(" "),
            Err(words) => words.in_lang(Lang::En).to_owned(),
        }
    }

    #[test]
    fn rules_name_the_days_people_mean() {
        for (rule, first, expected) in [
            ("FREQ=DAILY;COUNT=3", "2026-12-30", "1230 1231 0101"),
            (
                "FREQ=DAILY;INTERVAL=2;UNTIL=20261205",
                "2026-12-01",
                "1201 1203 1205",
            ),
            ("FREQ=WEEKLY;COUNT=3", "2026-12-05", "1205 1212 1219"),
            (
                "RRULE:FREQ=WEEKLY;BYDAY=SA,SU;COUNT=4",
                "2026-12-01",
                "1205 1206 1212 1213",
            ),
            (
                "FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,SU;COUNT=4;WKST=MO",
                "1997-08-05",
                "0805 0810 0819 0824",
            ),
            (
                "FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,SU;COUNT=4;WKST=SU",
                "1997-08-05",
                "0805 0817 0819 0831",
            ),
            (
                "FREQ=MONTHLY;BYDAY=1FR;COUNT=3",
                "1997-09-05",
                "0905 1003 1107",
            ),
            (
                "FREQ=MONTHLY;BYDAY=-2MO;COUNT=3",
                "1997-09-22",
                "0922 1020 1117",
            ),
            (
                "FREQ=MONTHLY;INTERVAL=2;BYDAY=1SU,-1SU;COUNT=4",
                "1997-09-07",
                "0907 0928 1102 1130",
            ),
            (
                "FREQ=MONTHLY;BYMONTHDAY=-3;COUNT=3",
                "1997-09-28",
                "0928 1029 1128",
            ),
            (
                "FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13;COUNT=2",
                "1997-09-02",
                "0213 0313",
            ),
            (
                "FREQ=MONTHLY;BYDAY=SA;BYMONTHDAY=7,8,9,10,11,12,13;COUNT=2",
                "1997-09-13",
                "0913 1011",
            ),
            (
                "FREQ=MONTHLY;BYDAY=TU,1MO;COUNT=5",
                "2026-12-01",
                "1201 1207 1208 1215 1222",
            ),
            ("FREQ=MONTHLY;COUNT=3", "2026-12-31", "1231 0131 0331"),
            ("FREQ=DAILY;UNTIL=20261201", "2026-12-02", ""),
        ] {
            assert_eq!(days(rule, first), expected, "{rule}");
        }
    }

    #[test]
    fn an_end_with_a_time_is_the_last_start() {
        for (until, expected) in [
            ("20261203T010000Z", "1201 1202 1203"),
            ("20261203T005959Z", "1201 1202"),
        ] {
            let rule = format!("FREQ=DAILY;UNTIL={until}");
            assert_eq!(days(&rule, "2026-12-01"), expected);
        }
    }

    #[test]
    fn what_cannot_be_followed_is_refused_by_name() {
        for (rule, refusal) in [
            ("", "“” must be NAME=VALUE"),
            ("COUNT=3", "FREQ is missing"),
            ("FREQ=DAILY", "must say with COUNT or UNTIL when it ends"),
            (
                "FREQ=YEARLY;COUNT=3",
                "FREQ=YEARLY is not supported: use DAILY, WEEKLY or MONTHLY",
            ),
            (
                "FREQ=weekly;COUNT=3",
                "FREQ=weekly is not supported: use DAILY, WEEKLY or MONTHLY",
            ),
            (
                "FREQ=DAILY;COUNT=3;UNTIL=20261201",
                "COUNT and UNTIL exclude each other",
            ),
            ("FREQ=DAILY;COUNT=3;COUNT=3", "COUNT must appear once"),
            (
                "FREQ=MONTHLY;BYSETPOS=-1;BYDAY=SA;COUNT=3",
                "BYSETPOS is not supported",
            ),
            ("FREQ=DAILY;BYHOUR=9;COUNT=3", "BYHOUR is not supported"),
            ("FREQ=DAILY;COUNT=0", "COUNT cannot be “0”"),
            ("FREQ=DAILY;COUNT=201", "COUNT cannot be “201”"),
            ("FREQ=DAILY;COUNT=+3", "COUNT cannot be “+3”"),
            ("FREQ=DAILY;INTERVAL=0;COUNT=3", "INTERVAL cannot be “0”"),
            ("FREQ=DAILY;UNTIL=20261301", "UNTIL cannot be “20261301”"),
            (
                "FREQ=DAILY;UNTIL=20261201T080000",
                "UNTIL cannot be “20261201T080000”",
            ),
            (
                "FREQ=WEEKLY;BYDAY=1SA;COUNT=3",
                "a so-manieth weekday goes with FREQ=MONTHLY only",
            ),
            (
                "FREQ=WEEKLY;BYMONTHDAY=1;COUNT=3",
                "BYMONTHDAY does not go with FREQ=WEEKLY",
            ),
            ("FREQ=MONTHLY;BYDAY=6SA;COUNT=3", "BYDAY cannot be “6SA”"),
            ("FREQ=MONTHLY;BYDAY=0SA;COUNT=3", "BYDAY cannot be “0SA”"),
            ("FREQ=WEEKLY;BYDAY=六;COUNT=3", "BYDAY cannot be “六”"),
            (
                "FREQ=MONTHLY;BYMONTHDAY=32;COUNT=3",
                "BYMONTHDAY cannot be “32”",
            ),
            ("FREQ=DAILY;UNTIL=20270801", "makes more than 200 shifts"),
            (
                "FREQ=MONTHLY;INTERVAL=12;BYMONTHDAY=30;COUNT=3",
                "goes on for more than three years",
            ),
        ] {
            assert_eq!(days(rule, "2026-02-01"), refusal, "{rule}");
        }
    }

    fn any_rule() -> impl Strategy<Value = String> {
        let weekday = prop::sample::select(WEEKDAYS.map(|(name, _)| name).to_vec());
        let weekdays = prop::collection::btree_set(weekday.clone(), 1..4)
            .prop_map(|days| days.into_iter().collect::<Vec<_>>().join(","));
        let ordinal = prop::sample::select(vec!["1", "2", "3", "4", "5", "-1", "-2", "-4"]);
        let nth = prop::collection::btree_set((ordinal, weekday.clone()), 1..4).prop_map(|days| {
            let days: Vec<_> = days
                .into_iter()
                .map(|(n, day)| format!("{n}{day}"))
                .collect();
            days.join(",")
        });
        let month_days = prop::collection::btree_set(prop_oneof![1_i8..=31, -31_i8..=-1], 1..4)
            .prop_map(|days| days.iter().map(i8::to_string).collect::<Vec<_>>().join(","));
        let part = |name: &'static str, value: BoxedStrategy<String>| {
            prop::option::of(value).prop_map(move |value| {
                value.map_or(String::new(), |value| format!(";{name}={value}"))
            })
        };
        let shape = prop_oneof![
            (
                part("BYDAY", weekdays.clone().boxed()),
                part("BYMONTHDAY", month_days.clone().boxed())
            )
                .prop_map(|(day, month_day)| format!("FREQ=DAILY{day}{month_day}")),
            part("BYDAY", weekdays.clone().boxed()).prop_map(|day| format!("FREQ=WEEKLY{day}")),
            (
                // The other hand follows one kind only where both stand in a list.
                part("BYDAY", prop_oneof![nth, weekdays.clone()].boxed()),
                part("BYMONTHDAY", month_days.boxed())
            )
                .prop_map(|(day, month_day)| format!("FREQ=MONTHLY{day}{month_day}")),
        ];
        let end = prop_oneof![
            (1..=200_u32).prop_map(|count| format!(";COUNT={count}")),
            (400..900_i32).prop_map(|days| {
                let last = jiff::civil::date(2026, 1, 1)
                    .checked_add(days.days())
                    .unwrap();
                format!(";UNTIL={}T155959Z", last.strftime("%Y%m%d"))
            }),
        ];
        (
            shape,
            1..=4_u32,
            part("WKST", weekday.prop_map(str::to_owned).boxed()),
            end,
        )
            .prop_map(|(shape, interval, week_start, end)| {
                format!("{shape};INTERVAL={interval}{week_start}{end}")
            })
    }

    /// The same days by another hand.
    fn oracle(rule: &str, first: Instant) -> Vec<Date> {
        let local = first.local();
        let zone = rrule::Tz::Asia__Shanghai;
        let text = format!(
            "DTSTART;TZID=Asia/Shanghai:{}\nRRULE:{rule}",
            local.strftime("%Y%m%dT%H%M%S")
        );
        let set: rrule::RRuleSet = text
            .parse()
            .unwrap_or_else(|error| panic!("{error}: {text}"));
        let horizon = Instant::of_local(local.checked_add(FOLLOWED_FOR.days()).unwrap());
        set.all(1000)
            .dates
            .into_iter()
            .map(|at| Instant::from_millis(at.with_timezone(&zone).timestamp_millis()))
            .take_while(|at| *at < horizon)
            .map(Instant::date)
            .collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(192))]
        #[test]
        fn another_hand_comes_to_the_same_days(rule in any_rule(), start in 0..400_i64) {
            let first = Instant::parse("2026-01-01T09:00:00+08:00").unwrap()
                .plus(start * crate::platform::clock::DAY);
            let read = Rule::parse(&rule).unwrap();
            match read.days(first) {
                Ok(days) => {
                    prop_assert!(days.len() <= MOST_DAYS);
                    prop_assert!(days.windows(2).all(|pair| pair[0] < pair[1]), "in order, and once");
                    prop_assert!(days.iter().all(|day| *day >= first.date()));
                    prop_assert_eq!(&days, &read.days(first).unwrap(), "the same each time");
                    prop_assert_eq!(days, oracle(&rule, first));
                }
                Err(words) => {
                    let same = oracle(&rule, first);
                    match words.in_lang(Lang::En) {
                        "goes on for more than three years" => {
                            let counted = rule.split("COUNT=").nth(1).unwrap().parse().unwrap();
                            prop_assert!(same.len() < counted);
                        }
                        _ => prop_assert!(same.len() > MOST_DAYS),
                    }
                }
            }
        }

        #[test]
        fn no_text_upsets_the_reader(text in "[A-Z0-9;=,+\\-:六]{0,40}") {
            let first = Instant::parse("2026-01-01T09:00:00+08:00").unwrap();
            if let Ok(rule) = Rule::parse(&text) {
                let _ = rule.days(first);
            }
        }
    }
}
