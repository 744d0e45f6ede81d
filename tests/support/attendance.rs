//! Coming and going, as a phone at the place sends it.

use diandan::hours::attendance::code::Step;
use diandan::platform::clock::Instant;
use serde_json::{Value, json};

use super::answer::Answer;
use super::people::{Organization, Shift, Volunteer};
use super::place::{Place, keys};

/// What is shown at a shift at a moment.
pub fn shown(shift: &Shift, at: Instant) -> (Step, String) {
    let step = Step::of(at);
    (step, step.code(&keys().attendance_key(&shift.id)))
}

/// A code that is not shown around a moment.
pub fn not_shown(shift: &Shift, at: Instant) -> String {
    let near: Vec<String> = (-25..=25)
        .map(|more| shown(shift, at.plus(more * 30_000)).1)
        .collect();
    let codes = (0..).map(|number| format!("{number:06}"));
    codes.into_iter().find(|code| !near.contains(code)).unwrap()
}

/// A body with a new id.
pub fn coming(kind: &str, code: &str) -> Value {
    json!({"id": uuid::Uuid::new_v4(), "kind": kind, "code": code})
}

impl Shift {
    /// Lets it begin now, for an hour, with everybody who is on it.
    pub fn begins(&self, place: &dyn Place) {
        place.rows(
            "UPDATE shift SET starts_at = ?1, ends_at = ?1 + 3600000 WHERE id = ?2",
            json!([place.now().millis(), self.id]),
        );
    }

    /// The link behind what is shown at a moment.
    pub fn check_in_link(&self, at: Instant) -> String {
        let (step, code) = shown(self, at);
        format!("/check-in/{}?step={}&code={code}", self.id, step.0)
    }

    /// Where one checks in, and where it is read who did.
    pub fn attendance(&self) -> String {
        format!("/api/v1/shifts/{}/attendance", self.id)
    }
}

impl Volunteer<'_> {
    /// Types what is shown now.
    #[track_caller]
    pub fn checks(&self, kind: &str, shift: &Shift) -> Answer {
        let (_, code) = shown(shift, self.place.now());
        self.sends("POST", &shift.attendance(), &coming(kind, &code))
    }
}

impl Organization<'_> {
    /// Checks people in or out by hand, as a program.
    #[track_caller]
    pub fn enters(&self, shift: &Shift, body: &Value) -> Answer {
        let key = self.new_key(&["hours:write"]);
        let target = format!("{}-by-hand", shift.attendance());
        let request = super::request::Request::new("POST", target);
        self.place.send(&request.bearer(&key).json(body))
    }

    /// What is known of everybody on a shift.
    #[track_caller]
    pub fn reads_attendance(&self, shift: &Shift) -> Value {
        let key = self.new_key(&["hours:read"]);
        let request = super::request::Request::get(shift.attendance());
        self.place.send(&request.bearer(&key)).is(200).json()
    }
}
