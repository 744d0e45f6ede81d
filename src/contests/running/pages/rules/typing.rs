//! How members of the document are typed by people, and read back: percent for permille, a
//! clock in Beijing for instants, digits as any keyboard has them.

use serde_json::{Value, json};

use super::part::{Blank, Kind, please};
use crate::contests::rules::percent;
use crate::platform::clock::Instant;
use crate::platform::i18n::Words;

impl Kind {
    /// A member of the document as it stands in a field.
    pub fn shown(&self, value: &Value) -> String {
        match (self, value) {
            (Self::Number(.., Blank::Zero) | Self::Percent(Blank::Zero), value) if *value == 0 => {
                String::new()
            }
            (Self::Percent(_), value) => value.as_i64().map_or_else(String::new, |permille| {
                percent(permille).trim_end_matches('%').to_owned()
            }),
            (Self::Moment, Value::String(text)) => {
                Instant::parse(text).map_or_else(String::new, local)
            }
            (Self::Tick, Value::Bool(true)) => "yes".to_owned(),
            (_, Value::String(text)) => text.clone(),
            (_, Value::Number(number)) => number.to_string(),
            _ => String::new(),
        }
    }

    /// What was typed as a member of the document, or what is wrong with it.
    pub fn read(&self, typed: &str) -> Result<Value, Words> {
        match self {
            Self::Text(fits) | Self::Prose(fits) => fits(typed).map(|()| json!(typed)),
            Self::Tick => Ok(json!(!typed.is_empty())),
            Self::Choice(_) if typed.is_empty() => Ok(Value::Null),
            Self::Choice(_) => Ok(json!(typed)),
            Self::Moment => moment(typed)
                .map(|at| json!(at))
                .ok_or_else(|| Words::new("请填写日期和时间", "Please give the date and the time")),
            Self::Number(.., blank) | Self::Percent(blank) if typed.is_empty() => match blank {
                Blank::Wrong => Err(please()),
                Blank::Zero => Ok(json!(0)),
                Blank::Absent => Ok(Value::Null),
            },
            Self::Number(from, to, _) => {
                let number = plain(typed).parse().ok();
                let number: Option<i64> = number.filter(|number| (*from..=*to).contains(number));
                number.map(|number| json!(number)).ok_or_else(|| {
                    Words::new(
                        format!("应为 {from} 到 {to} 之间的整数"),
                        format!("must be a whole number from {from} to {to}"),
                    )
                })
            }
            Self::Percent(_) => permille(typed).map(|part| json!(part)).ok_or_else(|| {
                Words::new(
                    "应为 0.1 到 100 之间的数，最多一位小数，如 40 或 12.5",
                    "must be a number from 0.1 to 100 with one decimal at most, such as 40 or 12.5",
                )
            }),
            Self::Rows(_) => Ok(Value::Null),
        }
    }
}

/// Digits as a Chinese keyboard types them, made plain.
fn plain(typed: &str) -> String {
    typed
        .chars()
        .filter_map(|c| match c {
            '０'..='９' => char::from_digit(c as u32 - '０' as u32, 10),
            '．' | '。' => Some('.'),
            '％' => Some('%'),
            c if c.is_whitespace() => None,
            c => Some(c),
        })
        .collect()
}

/// `40`, `12.5`, `40%` in permille.
fn permille(typed: &str) -> Option<i64> {
    let typed = plain(typed);
    let typed = typed.strip_suffix('%').unwrap_or(&typed);
    let (whole, tenth) = typed.split_once('.').unwrap_or((typed, "0"));
    let digits = |text: &str, most| text.len() <= most && text.bytes().all(|b| b.is_ascii_digit());
    let fits = digits(whole, 3) && digits(tenth, 1);
    let part =
        fits.then(|| Some(10 * whole.parse::<i64>().ok()? + tenth.parse::<i64>().ok()?))??;
    (1..=1000).contains(&part).then_some(part)
}

/// `2026-12-01T09:00`, as browsers write date and time.
pub fn moment(typed: &str) -> Option<Instant> {
    let seconds = if typed.len() == 16 { ":00" } else { "" };
    Instant::parse(&format!("{typed}{seconds}+08:00"))
}

fn local(at: Instant) -> String {
    let text = at.local().strftime("%Y-%m-%dT%H:%M:%S").to_string();
    text.strip_suffix(":00").unwrap_or(&text).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn percent_is_read_as_people_type_it() {
        for (typed, part) in [
            ("40", 400),
            ("12.5", 125),
            ("0.1", 1),
            ("100", 1000),
            ("40%", 400),
            ("４０％", 400),
            ("12。5", 125),
            ("7.0", 70),
        ] {
            assert_eq!(permille(typed), Some(part), "{typed}");
        }
        for typed in [
            "", "0", "-5", "100.1", "12.55", "四十", "1e2", ".5", "5.", "+5", "40%%",
        ] {
            assert_eq!(permille(typed), None, "{typed}");
        }
    }

    #[test]
    fn moments_are_on_a_clock_in_beijing() {
        let at = Instant::parse("2026-12-01T01:00:00Z").unwrap();
        assert_eq!(local(at), "2026-12-01T09:00");
        assert_eq!(moment("2026-12-01T09:00"), Some(at));
        assert_eq!(local(at.plus(30_000)), "2026-12-01T09:00:30");
        for typed in [
            "",
            "2026-12-01",
            "2026-12-01T25:00",
            "明天",
            "2026-02-30T09:00",
        ] {
            assert_eq!(moment(typed), None, "{typed}");
        }
    }

    #[test]
    fn numbers_are_whole_and_within() {
        let number = Kind::Number(1, 50, Blank::Wrong);
        assert_eq!(number.read("７"), Ok(json!(7)));
        for typed in ["", "0", "51", "5.5", "x", "99999999999999999999"] {
            assert!(number.read(typed).is_err(), "{typed}");
        }
        assert_eq!(Kind::Number(0, 10, Blank::Zero).read(""), Ok(json!(0)));
        assert_eq!(Kind::Number(1, 10, Blank::Absent).read(""), Ok(Value::Null));
    }

    proptest! {
        #[test]
        fn what_is_shown_is_read_back(part in 1_i64..=1000, seconds in -2_000_000_000_i64..4_000_000_000) {
            let kind = Kind::Percent(Blank::Wrong);
            prop_assert_eq!(kind.read(&kind.shown(&json!(part))), Ok(json!(part)));
            let at = Instant::from_millis(seconds * 1000);
            prop_assert_eq!(moment(&local(at)), Some(at));
        }

        #[test]
        fn nothing_typed_breaks_it(typed in "\\PC*") {
            for kind in [Kind::Percent(Blank::Wrong), Kind::Moment, Kind::Number(0, 9, Blank::Zero)] {
                let _ = kind.read(&typed);
            }
        }
    }
}
