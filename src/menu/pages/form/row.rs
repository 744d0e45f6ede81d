//! A shift as a row of the form.

use serde_json::{Value, json};

use crate::menu::ShiftState;
use crate::menu::store::ShiftRow;
use crate::platform::clock::{Instant, day_after, day_words, parse_date, span_words};
use crate::platform::i18n::Lang;
use crate::platform::input::Form;

/// A shift as it stands in the form.
#[derive(Clone, Debug, Default)]
pub struct Row {
    /// Of a shift that stands already.
    pub reference: Option<String>,
    pub role: String,
    pub day: String,
    pub from: String,
    pub to: String,
    pub capacity: String,
    pub waitlist: String,
    pub reason: String,
    pub is_off: bool,
    pub is_left_out: bool,
    /// Volunteers on it, and whether it was off before.
    pub held: i64,
    pub was_off: bool,
}

impl Row {
    pub fn standing(shift: &ShiftRow) -> Self {
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

    pub fn typed(form: &Form, index: usize, shifts: &[ShiftRow]) -> Self {
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
    pub fn is_there(&self) -> bool {
        let typed = [&self.role, &self.day, &self.from, &self.to, &self.capacity];
        !self.is_left_out && (self.reference.is_some() || typed.iter().any(|text| !text.is_empty()))
    }

    pub fn shift(&self, taken: &mut Vec<String>) -> Value {
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

    pub fn summary(&self, lang: Lang) -> String {
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

pub fn put(object: &mut Value, name: &str, value: Value) {
    if let Value::Object(members) = object {
        members.insert(name.to_owned(), value);
    }
}

/// What is not a number goes on as it is, to be refused where it stands.
pub fn number(text: &str) -> Value {
    text.parse::<i64>()
        .map_or_else(|_| Value::from(text), Value::from)
}

pub fn at(day: &str, time: &str) -> String {
    format!("{day}T{}:00+08:00", time.get(..5).unwrap_or(time))
}

/// A shift that starts in the afternoon and ends by noon goes through the night. Any other
/// that ends before it starts is a slip, and is refused as such.
pub fn end(day: &str, from: &str, to: &str) -> String {
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
