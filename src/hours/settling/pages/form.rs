//! What the form of a settlement says.

use std::collections::BTreeMap;

use crate::hours::settling::deciding::Given;
use crate::hours::settling::{Slot, to_the_minute};
use crate::platform::clock::{DAY, Instant, MINUTE};
use crate::platform::fields::FieldErrors;
use crate::platform::i18n::Words;
use crate::platform::input::Form;
use crate::platform::text::Line;

/// The fields of one person, as typed.
#[derive(Debug, Default)]
pub struct Typed<'a> {
    pub came: bool,
    pub from: Option<&'a str>,
    pub to: Option<&'a str>,
    pub breaks: Option<&'a str>,
    pub reason: Option<&'a str>,
}

/// Everybody's, by sign-up, with the place the errors speak of.
#[derive(Debug, Default)]
pub struct Sheet<'a>(BTreeMap<&'a str, (usize, Typed<'a>)>);

impl<'a> Sheet<'a> {
    /// Fields are called by their letter and the person's place: `s0` the sign-up, `c0` whether
    /// they came, `f0`, `t0` and `b0` from, to and breaks, `r0` a reason.
    pub fn read(form: &'a Form) -> Self {
        let mut people: BTreeMap<usize, (&str, Typed)> = BTreeMap::new();
        for (name, value) in form.pairs() {
            let Some((letter, place)) = name.split_at_checked(1) else {
                continue;
            };
            let Ok(place) = place.parse() else { continue };
            let (signup, typed) = people.entry(place).or_default();
            match letter {
                "s" => *signup = value,
                "c" => typed.came = true,
                "f" => typed.from = Some(value),
                "t" => typed.to = Some(value),
                "b" => typed.breaks = Some(value),
                "r" => typed.reason = Some(value),
                _ => {}
            }
        }
        let named = people
            .into_values()
            .filter(|(signup, _)| !signup.is_empty());
        Self(
            named
                .enumerate()
                .map(|(at, (signup, typed))| (signup, (at, typed)))
                .collect(),
        )
    }

    /// What was typed of a sign-up.
    pub fn of(&self, signup: &str) -> Option<&Typed<'a>> {
        self.0.get(signup).map(|(_, typed)| typed)
    }

    /// Those that are spoken of, in order: on a shift that is settled only those who came.
    fn named(&self, settled: bool) -> Vec<(&'a str, &Typed<'a>)> {
        let mut in_order: Vec<_> = self.0.iter().collect();
        in_order.sort_by_key(|(_, (at, _))| *at);
        let all = in_order.into_iter();
        all.filter(|(_, (_, typed))| typed.came || !settled)
            .map(|(signup, (_, typed))| (*signup, typed))
            .collect()
    }

    /// Where errors speak of each.
    pub fn places(&self, settled: bool) -> BTreeMap<&'a str, usize> {
        let named = self.named(settled).into_iter().enumerate();
        named.map(|(place, (signup, _))| (signup, place)).collect()
    }

    /// What is said of whom.
    pub fn entries(&self, slot: Slot, settled: bool) -> Result<Vec<(String, Given)>, FieldErrors> {
        let mut errors = FieldErrors::default();
        let mut entries = Vec::new();
        for (place, (signup, typed)) in self.named(settled).into_iter().enumerate() {
            match given(slot, typed) {
                Ok(given) => entries.push((signup.to_owned(), given)),
                Err(faults) => {
                    for (field, words) in faults {
                        errors.push(format!("/entries/{place}/{field}"), words);
                    }
                }
            }
        }
        errors.into_result().map(|()| entries)
    }
}

type Faults = Vec<(&'static str, Words)>;

fn given(slot: Slot, typed: &Typed<'_>) -> Result<Given, Faults> {
    let mut faults = Faults::new();
    let reason = typed
        .reason
        .and_then(|text| match Line::<200>::parse(text) {
            Ok(line) => Some(line.as_str().to_owned()),
            Err(fault) => {
                faults.push(("reason", fault.words()));
                None
            }
        });
    let mut given = Given {
        attended: typed.came,
        reason,
        ..Given::default()
    };
    if typed.came {
        let mut time = |field, text: Option<&str>, read: &dyn Fn(i64) -> Instant| {
            let text = text?;
            let minutes = minutes_of_day(text);
            if minutes.is_none() {
                let words = Words::new("应为时间，如 09:00", "must be a time such as 09:00");
                faults.push((field, words));
            }
            minutes.map(read)
        };
        let from = time("started_at", typed.from, &|minutes| {
            nearest(slot.starts_at, minutes)
        });
        let start = from.unwrap_or(slot.starts_at);
        let to = time("ended_at", typed.to, &|minutes| next_after(start, minutes));
        given.started_at = from;
        given.ended_at = to;
        given.breaks_minutes = typed.breaks.and_then(|text| {
            let minutes = text
                .parse()
                .ok()
                .filter(|minutes| (0..=1440).contains(minutes));
            if minutes.is_none() {
                let words = Words::new(
                    "应为 0 到 1440 之间的整数",
                    "must be a whole number from 0 to 1440",
                );
                faults.push(("breaks_minutes", words));
            }
            minutes
        });
    }
    if faults.is_empty() {
        Ok(given)
    } else {
        Err(faults)
    }
}

/// Minutes since midnight of `09:30`, as browsers send times and people type them.
fn minutes_of_day(text: &str) -> Option<i64> {
    let (hours, minutes) = text.split_once([':', '：'])?;
    let minutes = minutes.get(..2).unwrap_or(minutes);
    let (hours, minutes): (i64, i64) = (hours.parse().ok()?, minutes.parse().ok()?);
    ((0..24).contains(&hours) && (0..60).contains(&minutes)).then_some(hours * 60 + minutes)
}

/// How long after midnight in Beijing an instant lies, in milliseconds.
fn time_of_day(instant: Instant) -> i64 {
    instant.millis() - crate::platform::clock::start_of(instant.date()).millis()
}

/// When a clock shows this time nearest to an instant.
fn nearest(to: Instant, minutes: i64) -> Instant {
    let by = (minutes * MINUTE - time_of_day(to)).rem_euclid(DAY);
    to.plus(if by <= DAY / 2 { by } else { by - DAY })
}

/// When a clock shows this time for the first time after an instant.
fn next_after(from: Instant, minutes: i64) -> Instant {
    let from = to_the_minute(from);
    let by = (minutes * MINUTE - time_of_day(from)).rem_euclid(DAY);
    from.plus(if by == 0 { DAY } else { by })
}

#[cfg(test)]
mod tests {
    use super::super::super::proposal::tests::at;
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_time_is_of_the_day_the_shift_is_of() {
        let night = at("2026-12-31T22:00");
        for (text, from, to) in [
            ("21:50", "2026-12-31T21:50", "2027-01-01T21:50"),
            ("00:30", "2027-01-01T00:30", "2027-01-01T00:30"),
            ("22:00", "2026-12-31T22:00", "2027-01-01T22:00"),
            ("09：05", "2027-01-01T09:05", "2027-01-01T09:05"),
        ] {
            let minutes = minutes_of_day(text).unwrap();
            assert_eq!(nearest(night, minutes), at(from), "{text}");
            assert_eq!(next_after(night, minutes), at(to), "{text}");
        }
        for text in ["", "9", "24:00", "09:60", "-1:00", "九点"] {
            assert_eq!(minutes_of_day(text), None, "{text}");
        }
        assert_eq!(minutes_of_day("09:30:00"), Some(570));
    }

    proptest! {
        #[test]
        fn what_the_page_shows_is_read_back(start in 27_000_000_i64..31_000_000, before in -719_i64..719, long in 1_i64..=1440) {
            let planned = Instant::from_millis(start * MINUTE);
            let from = planned.plus(before * MINUTE);
            let to = from.plus(long * MINUTE);
            let read = |instant: Instant| minutes_of_day(&instant.hour_minute()).unwrap();
            prop_assert_eq!(nearest(planned, read(from)), from);
            prop_assert_eq!(next_after(from, read(to)), to);
        }
    }
}
