//! A project as its organization would write it, whatever it was made of: what a patch
//! is applied to, and how a body is compared with what stands.

use serde_json::{Map, Value, json};

use super::ShiftState;
use super::notice::{MOST_SHIFTS, ProjectBody};
use super::store::{ProjectRow, ShiftRow};
use crate::platform::fields::FieldErrors;
use crate::platform::problem::Problem;

/// What an organization writes of a project; its answer has more.
const PARTS: [&str; 21] = [
    "state",
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
    "min_age",
    "skills",
    "sign_up_opens_at",
    "sign_up_closes_minutes",
    "cancel_until_minutes",
    "travel_minutes",
    "approval",
    "shifts",
    "change_reason",
];

/// What it writes of a shift.
const SHIFT_PARTS: [&str; 8] = [
    "ref",
    "role",
    "starts_at",
    "ends_at",
    "capacity",
    "waitlist",
    "state",
    "change_reason",
];

/// A project as a JSON object: every part that is there, what is left out by its default,
/// shifts in order of time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document(Map<String, Value>);

impl Document {
    /// Of what an organization wants.
    pub fn wanted(body: &ProjectBody) -> Self {
        let mut document = Self::of(json!(body), json!(&*body.shifts));
        for (part, value) in [
            ("min_age", json!(body.min_age())),
            ("skills", json!(body.skills())),
            (
                "sign_up_closes_minutes",
                json!(body.sign_up_closes_minutes()),
            ),
            ("cancel_until_minutes", json!(body.cancel_until_minutes())),
            ("travel_minutes", json!(body.travel_minutes())),
            ("approval", json!(body.approval())),
        ] {
            document.0.insert(part.to_owned(), value);
        }
        for shift in document.shifts_mut() {
            shift.entry("waitlist").or_insert(json!(0));
        }
        document
    }

    /// Of what stands. Shifts somebody ever held are kept for good, so that there may be
    /// more than one body can say: then those called off are left out, and the oldest.
    pub fn standing(project: &ProjectRow, shifts: &[ShiftRow]) -> Self {
        if shifts.len() <= MOST_SHIFTS {
            return Self::of(json!(project), json!(shifts));
        }
        let mut open: Vec<&ShiftRow> = shifts
            .iter()
            .filter(|shift| shift.state == ShiftState::Open)
            .collect();
        open.sort_by_key(|shift| std::cmp::Reverse(shift.starts_at));
        open.truncate(MOST_SHIFTS);
        Self::of(json!(project), json!(open))
    }

    fn of(project: Value, shifts: Value) -> Self {
        let mut parts = only(&PARTS, project);
        let mut shifts: Vec<Map<String, Value>> = match shifts {
            Value::Array(shifts) => shifts
                .into_iter()
                .map(|shift| only(&SHIFT_PARTS, shift))
                .collect(),
            _ => Vec::new(),
        };
        let text = |shift: &Map<String, Value>, part| shift.get(part).map(Value::to_string);
        shifts.sort_by_cached_key(|shift| (text(shift, "starts_at"), text(shift, "ref")));
        parts.insert("shifts".to_owned(), json!(shifts));
        Self(parts)
    }

    /// The same without the reasons for changes of the past: they explain no other.
    #[must_use]
    pub fn without_reasons(mut self) -> Self {
        self.0.remove("change_reason");
        for shift in self.shifts_mut() {
            shift.remove("change_reason");
        }
        self
    }

    /// The same, with the reasons that writing it leaves as they stand: those of shifts,
    /// and the project's own when `keeps_reason`.
    #[must_use]
    pub fn with_kept_reasons(mut self, standing: &Self, keeps_reason: bool) -> Self {
        if let (true, Some(reason)) = (keeps_reason, standing.0.get("change_reason")) {
            let reason = reason.clone();
            self.0.entry("change_reason").or_insert(reason);
        }
        for shift in self.shifts_mut() {
            let before = standing
                .shifts()
                .find(|before| before.get("ref") == shift.get("ref"))
                .and_then(|before| before.get("change_reason"));
            if let Some(reason) = before {
                shift.entry("change_reason").or_insert(reason.clone());
            }
        }
        self
    }

    fn shifts(&self) -> impl Iterator<Item = &Map<String, Value>> {
        let shifts = self.0.get("shifts").and_then(Value::as_array);
        shifts.into_iter().flatten().filter_map(Value::as_object)
    }

    fn shifts_mut(&mut self) -> impl Iterator<Item = &mut Map<String, Value>> {
        let shifts = self.0.get_mut("shifts").and_then(Value::as_array_mut);
        shifts
            .into_iter()
            .flatten()
            .filter_map(Value::as_object_mut)
    }

    /// Its parts.
    pub fn parts(&self) -> &Map<String, Value> {
        &self.0
    }

    /// Its parts, to be changed.
    pub fn into_parts(self) -> Map<String, Value> {
        self.0
    }

    /// The text by which the same document is known again.
    pub fn text(&self) -> String {
        json!(self.0).to_string()
    }
}

/// The named members of an object that are not null.
fn only(names: &[&str], object: Value) -> Map<String, Value> {
    let Value::Object(members) = object else {
        return Map::new();
    };
    let known =
        |(name, value): &(String, Value)| names.contains(&name.as_str()) && !value.is_null();
    members.into_iter().filter(known).collect()
}

/// Reads a body out of the parts of a document.
pub fn read(parts: Map<String, Value>) -> Result<ProjectBody, FieldErrors> {
    deserr::deserialize(Value::Object(parts))
}

/// The body that would make a project what it is, without reasons.
pub fn body_of(project: &ProjectRow, shifts: &[ShiftRow]) -> Result<ProjectBody, Problem> {
    let document = Document::standing(project, shifts).without_reasons();
    read(document.into_parts())
        .map_err(|faults| Problem::internal(format!("what stands does not read: {faults:?}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(value: Value) -> ProjectBody {
        deserr::deserialize::<_, _, FieldErrors>(value).unwrap()
    }

    fn shift(reference: &str, day: u8) -> Value {
        json!({
            "ref": reference, "role": "助教", "capacity": 3,
            "starts_at": format!("2026-12-{day:02}T08:00:00+08:00"),
            "ends_at": format!("2026-12-{day:02}T10:00:00+08:00"),
        })
    }

    #[test]
    fn every_part_of_a_body_is_in_its_document() {
        let serialized = json!(body(json!({"shifts": [shift("a", 1)]})));
        for name in serialized.as_object().unwrap().keys() {
            assert!(PARTS.contains(&name.as_str()), "{name}");
        }
        for name in serialized["shifts"][0].as_object().unwrap().keys() {
            assert!(SHIFT_PARTS.contains(&name.as_str()), "{name}");
        }
    }

    #[test]
    fn what_means_the_same_is_the_same() {
        let short = body(
            json!({"skills": ["it", "driving", "it"], "shifts": [shift("b", 2), shift("a", 1)]}),
        );
        let mut first = shift("a", 1);
        first["waitlist"] = json!(0);
        first["state"] = json!("open");
        first["starts_at"] = json!("2026-12-01T00:00:00Z");
        let long = body(json!({
            "state": "draft", "title": null, "min_age": 14, "skills": ["driving", "it"],
            "sign_up_closes_minutes": 0, "cancel_until_minutes": 1440, "travel_minutes": 30,
            "shifts": [first, shift("b", 2)],
        }));
        assert_eq!(Document::wanted(&short), Document::wanted(&long));
        assert_eq!(
            Document::wanted(&short).text(),
            Document::wanted(&long).text()
        );
        let other = body(json!({"min_age": 15}));
        assert_ne!(Document::wanted(&short), Document::wanted(&other));
    }

    #[test]
    fn a_document_is_read_back_as_what_it_was_made_of() {
        let before = Document::wanted(&body(json!({
            "state": "published", "title": "义诊", "field": "health", "region": "360731",
            "sign_up_opens_at": "2026-11-30T08:00:00+08:00", "change_reason": "雨",
            "shifts": [shift("a", 1)],
        })));
        let read = read(before.clone().into_parts()).unwrap();
        assert_eq!(Document::wanted(&read), before);
    }

    #[test]
    fn reasons_of_the_past_are_kept_and_explain_nothing() {
        let mut a = shift("a", 1);
        a["change_reason"] = json!("雨");
        let standing = Document::wanted(&body(json!({"change_reason": "塌方", "shifts": [a]})));
        let silent = standing.clone().without_reasons();
        assert!(!silent.text().contains("雨") && !silent.text().contains("塌方"));
        assert_eq!(silent.clone().with_kept_reasons(&standing, true), standing);
        let replaced = silent.with_kept_reasons(&standing, false);
        assert!(replaced.text().contains("雨") && !replaced.text().contains("塌方"));
    }
}
