//! A project as a form: from what stands or was typed, and back into a body.

mod fields;

pub use fields::{Beside, fields};

use serde_json::{Map, Value, json};

use crate::menu::document::Document;
use crate::menu::notice::MOST_SHIFTS;
use crate::menu::store::{ProjectRow, ShiftRow};
use crate::menu::{ProjectState, ShiftState, SignUpApproval, Skill};
use crate::platform::clock::{Instant, day_after, day_words, parse_date, span_words};
use crate::platform::fields::FieldErrors;
use crate::platform::i18n::Lang;
use crate::platform::input::{Choice as _, Form};

/// Parts that are text or a word, and travel under their own names.
const TEXTS: [&str; 12] = [
    "title",
    "field",
    "summary",
    "content",
    "region",
    "place",
    "conditions",
    "how_to_sign_up",
    "risks",
    "safeguards",
    "what_to_bring",
    "approval",
];

/// Parts that are numbers.
const NUMBERS: [&str; 4] = [
    "min_age",
    "sign_up_closes_minutes",
    "cancel_until_minutes",
    "travel_minutes",
];

/// A shift as it stands in the form.
#[derive(Clone, Debug, Default)]
struct Row {
    /// Of a shift that stands already.
    reference: Option<String>,
    role: String,
    day: String,
    from: String,
    to: String,
    capacity: String,
    waitlist: String,
    reason: String,
    is_off: bool,
    is_left_out: bool,
    /// Volunteers on it, and whether it was off before.
    held: i64,
    was_off: bool,
}

/// What stands in the form.
#[derive(Clone, Debug, Default)]
pub struct Sheet {
    values: Map<String, Value>,
    skills: Vec<Skill>,
    rows: Vec<Row>,
    /// Days of the week of a rule, and its other fields.
    weekdays: Vec<String>,
}

impl Sheet {
    /// A new project, which lacks everything.
    pub fn empty() -> Self {
        Self {
            rows: vec![Row::default()],
            ..Self::default()
        }
    }

    /// A project as it stands. What is over is not in the form, and stays as it is.
    pub fn standing(project: &ProjectRow, shifts: &[ShiftRow], now: Instant) -> Self {
        let parts = Document::standing(project, shifts).into_parts();
        let mut sheet = Self {
            skills: project.skills.clone(),
            ..Self::default()
        };
        for name in TEXTS.into_iter().chain(NUMBERS) {
            let text = match parts.get(name) {
                Some(Value::String(text)) => text.clone(),
                Some(other) => other.to_string(),
                None => continue,
            };
            sheet.values.insert(name.to_owned(), text.into());
        }
        if let Some(opens) = project.sign_up_opens_at {
            let text = opens.local().strftime("%Y-%m-%dT%H:%M").to_string();
            sheet
                .values
                .insert("sign_up_opens_at".to_owned(), text.into());
        }
        let ahead = shifts.iter().filter(|shift| shift.ends_at > now);
        sheet.rows = ahead.take(MOST_SHIFTS).map(Row::standing).collect();
        if sheet.rows.is_empty() {
            sheet.rows.push(Row::default());
        }
        sheet
    }

    /// What was typed; how many are on each shift is known from what stands.
    pub fn typed(form: &Form, shifts: &[ShiftRow]) -> Self {
        let mut sheet = Self {
            skills: form.all("skill").filter_map(Skill::from_word).collect(),
            weekdays: form.all("repeat-day").map(str::to_owned).collect(),
            ..Self::default()
        };
        let others = [
            "client_ref",
            "sign_up_opens_at",
            "change_reason",
            "repeat-first",
            "repeat-until",
            "repeat-every",
            "repeat-from",
            "repeat-to",
            "repeat-role",
            "repeat-capacity",
            "repeat-waitlist",
        ];
        for name in TEXTS.into_iter().chain(NUMBERS).chain(others) {
            if let Some(text) = form.get(name) {
                sheet.values.insert(name.to_owned(), text.into());
            }
        }
        let rows = form.get("rows").and_then(|rows| rows.parse().ok());
        for index in 0..rows.unwrap_or(0).min(MOST_SHIFTS + 1) {
            sheet.rows.push(Row::typed(form, index, shifts));
        }
        sheet
    }

    /// Room for one more shift.
    pub fn add_row(&mut self) {
        if self.rows.len() < MOST_SHIFTS {
            self.rows.push(Row::default());
        }
    }

    /// What was typed into a field.
    pub fn value(&self, name: &str) -> &str {
        self.values
            .get(name)
            .and_then(Value::as_str)
            .unwrap_or_default()
    }

    /// The parts of a body in this state; shifts in `over` are kept as they are.
    pub fn parts(&self, state: ProjectState, over: &[Value]) -> Map<String, Value> {
        let mut parts = Map::new();
        parts.insert("state".to_owned(), json!(state));
        for name in TEXTS {
            let text = self.value(name);
            if !text.is_empty() {
                parts.insert(name.to_owned(), text.into());
            }
        }
        // A box that is not ticked is not sent.
        parts
            .entry("approval")
            .or_insert_with(|| json!(SignUpApproval::None));
        for name in NUMBERS {
            let text = self.value(name);
            if !text.is_empty() {
                parts.insert(name.to_owned(), number(text));
            }
        }
        let opens = self.value("sign_up_opens_at");
        if !opens.is_empty() {
            let text = format!("{}:00+08:00", opens.get(..16).unwrap_or(opens));
            parts.insert("sign_up_opens_at".to_owned(), text.into());
        }
        let reason = self.value("change_reason");
        if !reason.is_empty() {
            parts.insert("change_reason".to_owned(), reason.into());
        }
        parts.insert("skills".to_owned(), json!(self.skills));
        let mut shifts = over.to_vec();
        let mut taken: Vec<String> = self
            .rows
            .iter()
            .filter_map(|row| row.reference.clone())
            .collect();
        taken.extend(
            over.iter()
                .filter_map(|shift| shift["ref"].as_str().map(str::to_owned)),
        );
        for row in self.rows.iter().filter(|row| row.is_there()) {
            shifts.push(row.shift(&mut taken));
        }
        parts.insert("shifts".to_owned(), shifts.into());
        if self.repeats() {
            parts.insert("repeats".to_owned(), json!([self.repeat()]));
        }
        parts
    }

    fn repeats(&self) -> bool {
        !self.weekdays.is_empty()
            || ["repeat-first", "repeat-until", "repeat-from", "repeat-to"]
                .iter()
                .any(|name| !self.value(name).is_empty())
    }

    fn repeat(&self) -> Value {
        let (from, to) = (self.value("repeat-from"), self.value("repeat-to"));
        let first = self.value("repeat-first");
        let mut rule = format!(
            "FREQ=WEEKLY;UNTIL={}",
            self.value("repeat-until").replace('-', "")
        );
        if self.value("repeat-every") == "2" {
            rule.push_str(";INTERVAL=2");
        }
        if !self.weekdays.is_empty() {
            rule.push_str(";BYDAY=");
            rule.push_str(&self.weekdays.join(","));
        }
        let mut repeat = json!({
            "ref": format!("w{}", from.replace(':', "")),
            "rule": rule,
            "role": self.value("repeat-role"),
            "starts_at": at(first, from),
            "ends_at": end(first, from, to),
            "capacity": number(self.value("repeat-capacity")),
        });
        let waitlist = self.value("repeat-waitlist");
        if !waitlist.is_empty() {
            put(&mut repeat, "waitlist", number(waitlist));
        }
        repeat
    }

    /// Errors of a body's parts, under the names of this form. `over` shifts come first
    /// in the body and are not in the form.
    pub fn faults(&self, errors: &FieldErrors, over: usize, lang: Lang) -> Vec<(String, String)> {
        let there: Vec<usize> = (0..self.rows.len())
            .filter(|index| self.rows.get(*index).is_some_and(Row::is_there))
            .collect();
        errors
            .in_lang(lang)
            .into_iter()
            .map(|fault| {
                let mut steps = fault.pointer.split('/').skip(1);
                let name = match (steps.next(), steps.next()) {
                    (Some("shifts"), Some(index)) => index
                        .parse::<usize>()
                        .ok()
                        .and_then(|index| there.get(index.checked_sub(over)?))
                        .map_or("shifts".to_owned(), |row| format!("shift-{row}")),
                    (Some("repeats"), _) => "repeat".to_owned(),
                    (Some(name), _) => name.to_owned(),
                    (None, _) => String::new(),
                };
                (name, fault.detail)
            })
            .collect()
    }
}

impl Row {
    fn standing(shift: &ShiftRow) -> Self {
        let clock = |at: Instant| at.local().strftime("%H:%M").to_string();
        let is_off = shift.state == ShiftState::Cancelled;
        Self {
            reference: Some(shift.reference.clone()),
            role: shift.role.clone(),
            day: shift.starts_at.date().to_string(),
            from: clock(shift.starts_at),
            to: clock(shift.ends_at),
            capacity: shift.capacity.to_string(),
            waitlist: match shift.waitlist {
                0 => String::new(),
                places => places.to_string(),
            },
            reason: String::new(),
            is_off,
            is_left_out: false,
            held: shift.confirmed + shift.waiting,
            was_off: is_off,
        }
    }

    fn typed(form: &Form, index: usize, shifts: &[ShiftRow]) -> Self {
        let get = |name: &str| form.get(&format!("shift-{index}-{name}"));
        let text = |name: &str| get(name).unwrap_or_default().to_owned();
        let reference = get("ref").map(str::to_owned);
        let before = shifts
            .iter()
            .find(|shift| Some(&shift.reference) == reference.as_ref());
        Self {
            role: text("role"),
            day: text("day"),
            from: text("from"),
            to: text("to"),
            capacity: text("capacity"),
            waitlist: text("waitlist"),
            reason: text("reason"),
            is_off: get("off").is_some(),
            is_left_out: get("out").is_some(),
            held: before.map_or(0, |shift| shift.confirmed + shift.waiting),
            was_off: before.is_some_and(|shift| shift.state == ShiftState::Cancelled),
            reference,
        }
    }

    /// Whether anything was typed into it, and it is to stay.
    fn is_there(&self) -> bool {
        let typed = [&self.role, &self.day, &self.from, &self.to, &self.capacity];
        !self.is_left_out && (self.reference.is_some() || typed.iter().any(|text| !text.is_empty()))
    }

    fn shift(&self, taken: &mut Vec<String>) -> Value {
        let reference = self.reference.clone().unwrap_or_else(|| {
            let name = format!("s{}-{}", self.day, self.from.replace(':', ""));
            let mut unique = name.clone();
            let mut n = 1;
            while taken.contains(&unique) {
                n += 1;
                unique = format!("{name}-{n}");
            }
            taken.push(unique.clone());
            unique
        });
        let mut shift = json!({
            "ref": reference,
            "role": self.role,
            "starts_at": at(&self.day, &self.from),
            "ends_at": end(&self.day, &self.from, &self.to),
            "capacity": number(&self.capacity),
            "state": if self.is_off { ShiftState::Cancelled } else { ShiftState::Open },
        });
        if !self.waitlist.is_empty() {
            put(&mut shift, "waitlist", number(&self.waitlist));
        }
        if !self.reason.is_empty() {
            put(&mut shift, "change_reason", self.reason.as_str().into());
        }
        shift
    }

    fn summary(&self, lang: Lang) -> String {
        let parse = |text: &str| Instant::parse(text);
        match (
            parse(&at(&self.day, &self.from)),
            parse(&end(&self.day, &self.from, &self.to)),
        ) {
            (Some(from), Some(to)) => format!(
                "{} {} {}",
                day_words(from, lang),
                span_words(from, to, lang),
                self.role
            ),
            _ => lang.pick("新的班次", "New shift").to_owned(),
        }
    }
}

fn put(object: &mut Value, name: &str, value: Value) {
    if let Value::Object(members) = object {
        members.insert(name.to_owned(), value);
    }
}

/// What is not a number goes on as it is, to be refused where it stands.
fn number(text: &str) -> Value {
    text.parse::<i64>()
        .map_or_else(|_| Value::from(text), Value::from)
}

fn at(day: &str, time: &str) -> String {
    format!("{day}T{}:00+08:00", time.get(..5).unwrap_or(time))
}

/// A shift that starts in the afternoon and ends by noon goes through the night. Any other
/// that ends before it starts is a slip, and is refused as such.
fn end(day: &str, from: &str, to: &str) -> String {
    let overnight = to < from && from >= "12:00" && to <= "12:00";
    match parse_date(day) {
        Some(date) if overnight => at(&day_after(date).to_string(), to),
        _ => at(day, to),
    }
}

#[cfg(test)]
mod tests {
    use super::end;

    #[test]
    fn a_night_goes_on_to_the_next_day_and_a_slip_does_not() {
        for (from, to, ends) in [
            ("09:00", "11:30", "2026-12-05T11:30:00+08:00"),
            ("20:00", "06:00", "2026-12-06T06:00:00+08:00"),
            ("14:00", "13:00", "2026-12-05T13:00:00+08:00"),
            ("09:00", "08:00", "2026-12-05T08:00:00+08:00"),
            ("12:00", "12:00", "2026-12-05T12:00:00+08:00"),
        ] {
            assert_eq!(end("2026-12-05", from, to), ends, "{from} to {to}");
        }
    }
}
