//! Shifts that repeat: made out of a recurrence rule when a body is read, so that all
//! that follows knows shifts only.

use deserr::{Deserr, IntoValue, Value, ValuePointerRef};
use jiff::civil::Date;
use utoipa::ToSchema;

use super::ShiftState;
use super::notice::{MOST_SHIFTS, ProjectBody, Reference, ShiftBody};
use super::recurrence::Rule;
use crate::platform::clock::Instant;
use crate::platform::fields::FieldErrors;
use crate::platform::i18n::Words;
use crate::platform::input::{Count, Day, Many, string_from};
use crate::platform::text::{Line, TextFault};

/// What a day adds to a reference: `-20261205`.
const SUFFIX: usize = 9;
/// A rule is no longer than this, in characters.
const LONGEST_RULE: usize = 200;

/// A shift that repeats. Its first day is the first on or after `starts_at` that the rule
/// names; all begin at the same time of day, in Beijing, and last as long.
#[derive(Clone, Debug, Deserr, ToSchema)]
#[deserr(error = FieldErrors, deny_unknown_fields)]
pub struct Repeat {
    /// What references of its shifts begin with: `sat` makes `sat-20261205`.
    #[deserr(rename = "ref")]
    #[schema(value_type = String, pattern = "^[A-Za-z0-9._~-]{1,55}$", max_length = 55, example = "sat")]
    #[serde(rename = "ref")]
    pub reference: Reference,
    /// An RFC 5545 recurrence rule: `FREQ` of `DAILY`, `WEEKLY` or `MONTHLY`, `COUNT` or
    /// `UNTIL`, and as needed `INTERVAL`, `BYDAY`, `BYMONTHDAY`, `WKST`.
    #[schema(value_type = String, max_length = 200, example = "FREQ=WEEKLY;BYDAY=SA;COUNT=8")]
    pub rule: Rule,
    /// Days of the rule on which nothing takes place.
    #[deserr(default)]
    #[schema(value_type = Vec<String>, required = false, max_items = 200, example = json!(["2026-12-26"]))]
    pub except: Many<Day, MOST_SHIFTS>,
    /// What somebody does.
    #[schema(example = "课堂助教")]
    pub role: Line<40>,
    /// When the first one starts, RFC 3339 with an offset.
    #[schema(value_type = String, format = "date-time")]
    pub starts_at: Instant,
    /// When the first one ends, RFC 3339 with an offset; up to 24 hours after the start.
    #[schema(value_type = String, format = "date-time")]
    pub ends_at: Instant,
    /// Seats on each.
    #[schema(value_type = i64, minimum = 1, maximum = 10000)]
    pub capacity: Count<1, 10_000>,
    /// Places on the waiting list of each; 0 when left out.
    #[schema(value_type = Option<i64>, minimum = 0, maximum = 10000)]
    #[deserr(default)]
    pub waitlist: Option<Count<0, 10_000>>,
    /// Why shifts with sign-ups are moved; told to those signed up.
    #[deserr(default)]
    pub change_reason: Option<Line<200>>,
}

impl Deserr<FieldErrors> for Rule {
    fn deserialize_from_value<V: IntoValue>(
        value: Value<V>,
        location: ValuePointerRef,
    ) -> Result<Self, FieldErrors> {
        let text = string_from(value, location)?;
        if text.len() > LONGEST_RULE {
            let words = TextFault::TooLong(LONGEST_RULE).words();
            return Err(FieldErrors::at(location, words));
        }
        Self::parse(&text).map_err(|words| FieldErrors::at(location, words))
    }
}

/// Makes the shifts of a body's repeats, behind those it lists.
pub fn expand(mut body: ProjectBody, _: ValuePointerRef) -> Result<ProjectBody, FieldErrors> {
    let mut faults = FieldErrors::default();
    let repeats = std::mem::take(&mut body.repeats);
    let listed = body.shifts.len();
    for (index, repeat) in repeats.iter().enumerate() {
        let at = format!("/repeats/{index}");
        let days = match repeat.rule.days(repeat.starts_at) {
            Ok(days) => days,
            Err(words) => {
                faults.push(format!("{at}/rule"), words);
                continue;
            }
        };
        if days.is_empty() {
            let words = Words::new("没有一天符合", "names no day");
            faults.push(format!("{at}/rule"), words);
        }
        if let Some(odd) = repeat.except.iter().position(|day| !days.contains(&day.0)) {
            let words = Words::new("不是重复规则中的一天", "is not a day of the rule");
            faults.push(format!("{at}/except/{odd}"), words);
        }
        let held = days
            .into_iter()
            .filter(|day| !repeat.except.contains(&Day(*day)));
        for day in held {
            let Some(shift) = repeat.shift(index, day) else {
                faults.push(format!("{at}/ref"), too_long());
                break;
            };
            let names = |other: &ShiftBody| other.reference == shift.reference;
            if body.shifts.iter().take(listed).any(names) {
                continue;
            }
            if !body.shifts.push(shift) {
                let words = Words::new(
                    format!("一个项目最多 {MOST_SHIFTS} 个班次"),
                    format!("makes more shifts than a project may have, {MOST_SHIFTS}"),
                );
                faults.push(format!("{at}/rule"), words);
                break;
            }
        }
    }
    faults.into_result().map(|()| body)
}

/// Rules are gone once their shifts are made.
pub fn once_made<T, S: serde::Serializer>(_: &T, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_none()
}

fn too_long() -> Words {
    let most = 64 - SUFFIX;
    Words::new(
        format!("后面还要加上日期，最多 {most} 个字符"),
        format!("gets a day added: at most {most} characters"),
    )
}

impl Repeat {
    /// Its shift on a day; none when the reference has no room for the day.
    fn shift(&self, index: usize, day: Date) -> Option<ShiftBody> {
        let name = format!("{}-{}", self.reference.as_str(), day.strftime("%Y%m%d"));
        let starts_at = Instant::of_local(day.to_datetime(self.starts_at.local().time()));
        let lasts = self.ends_at.millis() - self.starts_at.millis();
        Some(ShiftBody {
            reference: Reference::parse(&name)?,
            role: self.role.clone(),
            starts_at,
            ends_at: starts_at.plus(lasts),
            capacity: self.capacity,
            waitlist: self.waitlist,
            state: ShiftState::Open,
            change_reason: self.change_reason.clone(),
            repeat: Some(index),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::i18n::Lang;
    use serde_json::json;

    fn repeat(more: serde_json::Value) -> serde_json::Value {
        let mut whole = json!({
            "ref": "sat", "rule": "FREQ=WEEKLY;BYDAY=SA;COUNT=3", "role": "助教", "capacity": 4,
            "starts_at": "2026-12-01T22:00:00+08:00", "ends_at": "2026-12-02T01:00:00+08:00",
        });
        let parts = whole.as_object_mut().unwrap();
        parts.extend(more.as_object().unwrap().clone());
        whole
    }

    fn read(body: serde_json::Value) -> Result<ProjectBody, Vec<String>> {
        deserr::deserialize::<_, _, FieldErrors>(body).map_err(|faults| {
            let faults = faults.in_lang(Lang::En);
            faults.into_iter().map(|fault| fault.pointer).collect()
        })
    }

    fn starts(body: &ProjectBody) -> Vec<(String, String)> {
        let shifts = body.shifts.iter();
        shifts
            .map(|shift| {
                (
                    shift.reference.as_str().to_owned(),
                    shift.starts_at.rfc3339(),
                )
            })
            .collect()
    }

    #[test]
    fn a_rule_makes_shifts_with_references_of_their_own() {
        let body = read(json!({"repeats": [repeat(json!({"waitlist": 2}))]})).unwrap();
        let expected = ["05", "12", "19"].map(|day| {
            (
                format!("sat-202612{day}"),
                format!("2026-12-{day}T22:00:00+08:00"),
            )
        });
        assert_eq!(starts(&body), expected);
        for shift in body.shifts.iter() {
            assert_eq!(shift.ends_at, shift.starts_at.plus(3 * 3_600_000));
            assert_eq!((shift.capacity.get(), shift.waitlist()), (4, 2));
        }
        assert!(body.check(false).is_ok());
    }

    #[test]
    fn exceptions_do_not_take_place_and_what_is_listed_comes_first() {
        let listed = json!({
            "ref": "sat-20261219", "role": "助教", "capacity": 9, "state": "cancelled",
            "starts_at": "2026-12-19T22:00:00+08:00", "ends_at": "2026-12-19T23:00:00+08:00",
        });
        let body = json!({
            "shifts": [listed], "repeats": [repeat(json!({"except": ["2026-12-12"]}))],
        });
        let body = read(body).unwrap();
        let names: Vec<_> = starts(&body).into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["sat-20261219", "sat-20261205"]);
        assert_eq!(body.shifts[0].capacity.get(), 9);
        assert_eq!(body.shifts[0].state, ShiftState::Cancelled);
    }

    #[test]
    fn faults_are_told_where_the_rule_stands() {
        for (more, pointer) in [
            (json!({"rule": "FREQ=HOURLY;COUNT=2"}), "/repeats/0/rule"),
            (
                json!({"rule": format!("FREQ=DAILY;COUNT={}3", "0".repeat(200))}),
                "/repeats/0/rule",
            ),
            (
                json!({"rule": "FREQ=WEEKLY;UNTIL=20261101"}),
                "/repeats/0/rule",
            ),
            (
                json!({"rule": "FREQ=DAILY;UNTIL=20271231"}),
                "/repeats/0/rule",
            ),
            (
                json!({"except": ["2026-12-05", "2026-12-06"]}),
                "/repeats/0/except/1",
            ),
            (json!({"ref": "a".repeat(56)}), "/repeats/0/ref"),
            (json!({"colour": "red"}), "/repeats/0/colour"),
        ] {
            assert_eq!(
                read(json!({"repeats": [repeat(more)]})).unwrap_err(),
                [pointer]
            );
        }
        assert!(read(json!({"repeats": [repeat(json!({"ref": "a".repeat(55)}))]})).is_ok());
        let long =
            read(json!({"repeats": [repeat(json!({"ends_at": "2026-12-03T00:00:00+08:00"}))]}));
        let faults = long.unwrap().check(false).unwrap_err().in_lang(Lang::En);
        assert_eq!(faults[0].pointer, "/repeats/0/ends_at");
    }

    #[test]
    fn rules_together_make_no_more_shifts_than_a_project_may_have() {
        let rule = |name: &str, count: u32| {
            repeat(json!({"ref": name, "rule": format!("FREQ=DAILY;COUNT={count}")}))
        };
        let body = read(json!({"repeats": [rule("a", 120), rule("b", 80)]})).unwrap();
        assert_eq!(body.shifts.len(), MOST_SHIFTS);
        let faults = read(json!({"repeats": [rule("a", 120), rule("b", 81)]})).unwrap_err();
        assert_eq!(faults, ["/repeats/1/rule"]);
        let twice = read(json!({"repeats": [rule("a", 2), rule("a", 1)]})).unwrap();
        let faults = twice.check(false).unwrap_err().in_lang(Lang::En);
        assert_eq!(faults[0].pointer, "/repeats/1/ref");
    }
}
