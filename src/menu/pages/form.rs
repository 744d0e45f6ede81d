//! A project as a form: from what stands or was typed, and back into a body.

mod faults;
mod fields;
mod row;

pub use fields::{Beside, fields};

use row::{Row, at, end, number, put};
use serde_json::{Map, Value, json};

use crate::menu::document::Document;
use crate::menu::notice::MOST_SHIFTS;
use crate::menu::store::{ProjectRow, ShiftRow};
use crate::menu::{ProjectState, SignUpApproval, Skill};
use crate::platform::clock::Instant;
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
}
