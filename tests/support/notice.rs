//! Recruitment notices, complete until a test takes something away.

use diandan::platform::clock::{DAY, HOUR, Instant, start_of};
use serde_json::{Value, json};

use super::unique_word;

/// A project ready to be published, on the menu under a word of its own.
#[derive(Clone, Debug)]
pub struct Notice(pub Value);

impl Notice {
    /// With the shifts given.
    pub fn of(shifts: &[Value]) -> Self {
        Self(json!({
            "state": "published",
            "title": format!("冬日科学课{}", unique_word()),
            "field": "education",
            "summary": "带山村孩子做三个小实验",
            "content": "上午两节课,每节四十分钟。\n材料由我们带去。",
            "region": "360731",
            "place": "于都县潭头村小学",
            "conditions": "有耐心,能讲普通话",
            "how_to_sign_up": "在本页报名,名额满后可候补",
            "risks": "山路湿滑",
            "safeguards": "已为每位志愿者投保",
            "shifts": shifts,
        }))
    }

    /// The same, with a part put differently; null takes it away.
    pub fn with(mut self, part: &str, value: impl Into<Value>) -> Self {
        let parts = self.0.as_object_mut().unwrap();
        match value.into() {
            Value::Null => parts.remove(part),
            value => parts.insert(part.to_owned(), value),
        };
        self
    }

    /// The same, with a part of one of its shifts put differently; null takes it away.
    pub fn with_shift(mut self, index: usize, part: &str, value: impl Into<Value>) -> Self {
        let shift = self.0["shifts"][index].as_object_mut().unwrap();
        match value.into() {
            Value::Null => shift.remove(part),
            value => shift.insert(part.to_owned(), value),
        };
        self
    }

    pub fn title(&self) -> &str {
        self.0["title"].as_str().unwrap()
    }

    /// The word only this title has.
    pub fn word(&self) -> String {
        let letters: Vec<char> = self.title().chars().collect();
        letters[letters.len() - 2..].iter().collect()
    }
}

/// Two hours of a role, from an instant on.
pub fn shift(reference: &str, starts_at: Instant, capacity: i64) -> Value {
    shift_until(reference, starts_at, starts_at.plus(2 * HOUR), capacity)
}

pub fn shift_until(reference: &str, from: Instant, to: Instant, capacity: i64) -> Value {
    json!({
        "ref": reference,
        "role": "课堂助教",
        "starts_at": from.rfc3339(),
        "ends_at": to.rfc3339(),
        "capacity": capacity,
    })
}

/// The same shift, with a waiting list.
pub fn with_waitlist(mut shift: Value, places: i64) -> Value {
    shift["waitlist"] = json!(places);
    shift
}

/// Nine in the morning in Beijing, so many days from today.
pub fn morning(now: Instant, days: i64) -> Instant {
    start_of(now.date()).plus(days * DAY + 9 * HOUR)
}
