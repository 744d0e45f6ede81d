//! Where on the form a fault of the body stands, in words of the form.

use super::Sheet;
use super::row::{Row, at};
use crate::menu::parts::{project_part, project_position, shift_part};
use crate::platform::clock::{Instant, parse_date};
use crate::platform::faults::Fault;
use crate::platform::fields::FieldErrors;
use crate::platform::i18n::Lang;

/// Inputs of a shift, and of shifts that repeat, in the order of the form.
const INPUTS: [&str; 9] = [
    "role", "day", "first", "until", "from", "to", "capacity", "waitlist", "reason",
];

/// Three inputs make the times of a shift: a day, a start and an end.
struct Times<'a> {
    day: &'a str,
    from: &'a str,
    to: &'a str,
    /// What the input of the day is named.
    day_part: &'static str,
    lang: Lang,
}

impl Times<'_> {
    /// Which inputs are at fault when the body's `part` is, and what to say there.
    fn faults(&self, part: &str, detail: &str) -> Vec<(&'static str, String)> {
        let lang = self.lang;
        let asked = |zh: &str, en: &str| lang.pick(zh, en).to_owned();
        let is_day = parse_date(self.day).is_some();
        let is_time = |time: &str| Instant::parse(&at("2026-01-01", time)).is_some();
        let mut found = Vec::new();
        if part == "starts_at" {
            if !is_day {
                found.push((self.day_part, asked("请填写日期", "Enter the day")));
            }
            if !is_time(self.from) {
                found.push(("from", asked("请填写开始时间", "Enter when it starts")));
            }
            if found.is_empty() {
                found.push((self.day_part, detail.to_owned()));
            }
        } else if !is_time(self.to) {
            found.push(("to", asked("请填写结束时间", "Enter when it ends")));
        } else if is_day {
            found.push(("to", detail.to_owned()));
        }
        found
    }
}

impl Sheet {
    /// Errors of a body's parts, under the names of this form. `over` shifts come first
    /// in the body and are not in the form.
    pub fn faults(&self, errors: &FieldErrors, over: usize, lang: Lang) -> Vec<Fault> {
        let there: Vec<usize> = (0..self.rows.len())
            .filter(|index| self.rows.get(*index).is_some_and(Row::is_there))
            .collect();
        let row_of = |index: &str| {
            let index: usize = index.parse().ok()?;
            let row = *there.get(index.checked_sub(over)?)?;
            Some((row, self.rows.get(row)?))
        };
        let mut faults = Vec::new();
        for fault in errors.in_lang(lang) {
            let mut steps = fault.pointer.split('/').skip(1);
            let (name, index, part) = (steps.next(), steps.next(), steps.next());
            let part = part.unwrap_or_default();
            match (name, index.map(row_of)) {
                (Some("shifts"), Some(Some((number, row)))) => {
                    faults.extend(row.faults(number, part, &fault.detail, lang));
                }
                (Some("repeats"), Some(_)) => {
                    faults.extend(self.repeat_faults(part, &fault.detail, lang));
                }
                (name, _) => {
                    let known = name.and_then(|name| Some((name, project_part(name, lang)?)));
                    let (field, label) = known.unwrap_or_default();
                    faults.push(Fault {
                        field: field.to_owned(),
                        label: label.to_owned(),
                        detail: fault.detail,
                    });
                }
            }
        }
        faults.sort_by_key(|fault| place(&fault.field));
        faults
    }

    fn repeat_faults(&self, part: &str, detail: &str, lang: Lang) -> Vec<Fault> {
        let times = Times {
            day: self.value("repeat-first"),
            from: self.value("repeat-from"),
            to: self.value("repeat-to"),
            day_part: "first",
            lang,
        };
        let found = match part {
            "starts_at" | "ends_at" => times.faults(part, detail),
            "rule" if parse_date(self.value("repeat-until")).is_none() => vec![(
                "until",
                lang.pick("请填写截止日期", "Enter the last day").to_owned(),
            )],
            "rule" => vec![("until", detail.to_owned())],
            "role" => vec![("role", detail.to_owned())],
            "capacity" => vec![("capacity", detail.to_owned())],
            "waitlist" => vec![("waitlist", detail.to_owned())],
            // Made of the start, which is at fault by itself.
            "ref" => Vec::new(),
            _ => vec![("", detail.to_owned())],
        };
        let whole = lang.pick("每周重复", "Weekly shifts");
        labelled(found, "repeat", whole, lang)
    }
}

impl Row {
    fn faults(&self, number: usize, part: &str, detail: &str, lang: Lang) -> Vec<Fault> {
        let times = Times {
            day: &self.day,
            from: &self.from,
            to: &self.to,
            day_part: "day",
            lang,
        };
        let found = match part {
            "starts_at" | "ends_at" => times.faults(part, detail),
            "role" => vec![("role", detail.to_owned())],
            "capacity" => vec![("capacity", detail.to_owned())],
            "waitlist" => vec![("waitlist", detail.to_owned())],
            "change_reason" => vec![("reason", detail.to_owned())],
            _ => vec![("", detail.to_owned())],
        };
        let whole = match lang {
            Lang::Zh => format!("第 {} 个班次", number + 1),
            Lang::En => format!("Shift {}", number + 1),
        };
        labelled(found, &format!("shift-{number}"), &whole, lang)
    }
}

/// Where a field stands on the form: its part, its row and its input there.
fn place(field: &str) -> (usize, usize, usize) {
    let mut steps = field.split('-');
    let (part, number, input) = match (steps.next(), steps.next()) {
        (Some("shift"), number) => ("shifts", number, steps.next()),
        (Some("repeat"), input) => ("repeats", None, input),
        (part, _) => (part.unwrap_or_default(), None, None),
    };
    let position = |input: &str| INPUTS.iter().position(|known| *known == input);
    (
        project_position(part),
        number.and_then(|number| number.parse().ok()).unwrap_or(0),
        input.and_then(position).unwrap_or(0),
    )
}

/// Faults of inputs below one heading.
fn labelled(
    found: Vec<(&'static str, String)>,
    group: &str,
    whole: &str,
    lang: Lang,
) -> Vec<Fault> {
    found
        .into_iter()
        .map(|(part, detail)| match input_name(part, lang) {
            None => Fault {
                field: group.to_owned(),
                label: whole.to_owned(),
                detail,
            },
            Some(name) => Fault {
                field: format!("{group}-{part}"),
                label: format!("{whole} · {name}"),
                detail,
            },
        })
        .collect()
}

/// What an input of a shift, or of shifts that repeat, is called.
pub fn input_name(part: &str, lang: Lang) -> Option<&'static str> {
    match part {
        "day" => Some(lang.pick("日期", "Day")),
        "first" => Some(lang.pick("起始日期", "First day")),
        "until" => Some(lang.pick("截止日期", "Last day")),
        "from" => shift_part("starts_at", lang),
        "to" => shift_part("ends_at", lang),
        "reason" => shift_part("change_reason", lang),
        part => shift_part(part, lang),
    }
}
