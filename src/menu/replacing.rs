//! Replacing a project without throwing anybody off a shift silently.

use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::notice::{FURTHEST, ProjectBody, ShiftBody};
use super::{ProjectState, ShiftState};
use crate::platform::clock::Instant;
use crate::platform::fields::FieldErrors;
use crate::platform::i18n::Words;
use crate::platform::problem::Problem;

/// A project as it stands.
#[derive(Debug, Deserialize)]
pub struct Standing {
    /// UUIDv7.
    pub id: String,
    /// Its number in the database.
    pub seq: i64,
    /// Rises with each change.
    pub version: i64,
    /// Where it stands.
    pub state: ProjectState,
    /// Where to come.
    pub place: Option<String>,
    /// Division code.
    pub region: Option<String>,
    /// Hash of the body that made it so.
    pub body_hash: String,
    /// Whether it was ever published: volunteers may hold tickets for it.
    #[serde(deserialize_with = "crate::platform::db::truth")]
    pub published: bool,
}

/// A shift as it stands.
#[derive(Debug, Deserialize)]
pub struct StandingShift {
    /// UUIDv7.
    pub id: String,
    /// The organization's own name for it.
    #[serde(rename = "ref")]
    pub reference: String,
    /// When it starts.
    pub starts_at: Instant,
    /// When it ends.
    pub ends_at: Instant,
    /// Where it stands.
    pub state: ShiftState,
    /// Seats taken.
    pub confirmed: i64,
    /// Volunteers waiting.
    pub waiting: i64,
    /// Whether anybody ever signed up, cancelled sign-ups included.
    #[serde(deserialize_with = "crate::platform::db::truth")]
    pub ever: bool,
}

impl StandingShift {
    fn held(&self) -> i64 {
        if self.state == ShiftState::Open {
            self.confirmed + self.waiting
        } else {
            0
        }
    }
}

/// A row to be written.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct ShiftRow {
    /// Kept, or new.
    pub id: String,
    /// The organization's own name for it.
    #[serde(rename = "ref")]
    pub reference: String,
    /// What somebody does.
    pub role: String,
    /// Milliseconds since the epoch.
    pub starts_at: i64,
    /// Milliseconds since the epoch.
    pub ends_at: i64,
    /// The day it starts on in Beijing.
    pub local_date: String,
    /// Seats.
    pub capacity: i64,
    /// Places on the waiting list.
    pub waitlist: i64,
    /// Where it stands.
    pub state: &'static str,
    /// Why it was moved or called off.
    pub change_reason: Option<String>,
}

/// What replacing comes to.
#[derive(Debug, Default)]
pub struct Plan {
    /// Shifts to write.
    pub write: Vec<ShiftRow>,
    /// Shifts to delete: nobody ever signed up.
    pub delete: Vec<String>,
    /// Shifts moved in time or place, whose volunteers are told.
    pub moved: Vec<String>,
    /// Shifts called off, whose volunteers are told and freed.
    pub cancelled: Vec<String>,
    /// Shifts moved, called off or deleted because nobody is signed up: true at the time
    /// of writing, or the whole act is repeated.
    pub assumed_empty: Vec<String>,
}

/// Plans a replacement. The error lists every shift that stands in the way.
pub fn plan(
    standing: Option<&Standing>,
    shifts: &[StandingShift],
    body: &ProjectBody,
    now: Instant,
    mut new_id: impl FnMut() -> Uuid,
) -> Result<Plan, Refusal> {
    let mut plan = Plan::default();
    let mut invalid = FieldErrors::default();
    let mut at_stake = FieldErrors::default();
    let upcoming = |shift: &&StandingShift| shift.ends_at > now && shift.held() > 0;
    let held: Vec<&StandingShift> = shifts.iter().filter(upcoming).collect();
    let cancels_all = body.state == ProjectState::Cancelled;

    if body.state == ProjectState::Draft && !held.is_empty() {
        at_stake.push(
            "/state",
            told(&held, "撤回前请先取消班次", "cancel its shifts first"),
        );
    }
    let explained = body.change_reason.is_some();
    if cancels_all && !held.is_empty() && !explained {
        at_stake.push(
            "/change_reason",
            told(&held, "请说明取消原因", "say why the project is called off"),
        );
    }
    let relocated = standing.is_some_and(|standing| {
        standing.place.as_deref() != body.place.as_ref().map(|place| place.as_str())
            || standing.region.as_deref() != body.region.as_ref().map(|region| region.as_str())
    });
    if relocated && !held.is_empty() && !explained && !cancels_all {
        at_stake.push(
            "/change_reason",
            told(&held, "请说明为何更换地点", "say why the place changes"),
        );
    }

    if body.state == ProjectState::Draft || !explained && (cancels_all || relocated) {
        let empty = |shift: &&StandingShift| shift.ends_at > now && shift.held() == 0;
        plan.assumed_empty
            .extend(shifts.iter().filter(empty).map(|shift| shift.id.clone()));
    }

    for (index, wanted) in body.shifts.iter().enumerate() {
        let before = shifts
            .iter()
            .find(|shift| shift.reference == wanted.reference.as_str());
        let at = wanted.pointer(index);
        place_shift(
            &mut plan,
            &mut invalid,
            &mut at_stake,
            wanted,
            before,
            cancels_all,
            relocated,
            &at,
            now,
            &mut new_id,
        );
    }
    for gone in shifts {
        if body
            .shifts
            .iter()
            .any(|wanted| wanted.reference.as_str() == gone.reference)
        {
            continue;
        }
        if cancels_all {
            if gone.ends_at > now && gone.state == ShiftState::Open {
                plan.cancelled.push(gone.id.clone());
            }
        } else if !gone.ever {
            plan.delete.push(gone.id.clone());
            plan.assumed_empty.push(gone.id.clone());
        } else if gone.ends_at > now && gone.held() > 0 {
            let name = &gone.reference;
            at_stake.push(
                "/shifts",
                Words::new(
                    format!("班次 {name} 已有 {} 人报名，请写明 state 为 cancelled 并说明原因，不能直接删去", gone.held()),
                    format!("shift {name} has {} sign-ups: list it with state cancelled and a change_reason instead of leaving it out", gone.held()),
                ),
            );
        } else if gone.ends_at > now && gone.state == ShiftState::Open {
            plan.cancelled.push(gone.id.clone());
            plan.assumed_empty.push(gone.id.clone());
        }
    }
    match (invalid.into_result(), at_stake.into_result()) {
        (Err(fields), _) => Err(Refusal::Invalid(fields)),
        (_, Err(fields)) => Err(Refusal::SignupsAtStake(fields)),
        _ => Ok(plan),
    }
}

/// Why a replacement is refused.
#[derive(Debug, PartialEq, Eq)]
pub enum Refusal {
    /// Shifts that cannot be.
    Invalid(FieldErrors),
    /// Volunteers would lose a shift without being told why.
    SignupsAtStake(FieldErrors),
}

impl Refusal {
    /// `invalid_fields` or `shift_has_signups`, with the fields at fault.
    pub fn into_problem(self) -> Problem {
        match self {
            Self::Invalid(fields) => Problem::invalid(fields),
            Self::SignupsAtStake(fields) => Problem::new(
                StatusCode::CONFLICT,
                "shift_has_signups",
                Words::new(
                    "已有人报名，改动必须写明，不能悄悄进行",
                    "Volunteers are signed up: say openly what changes and why",
                ),
            )
            .with_fields(fields),
        }
    }
}

#[expect(
    clippy::too_many_arguments,
    reason = "one step of the plan above, with all it fills"
)]
fn place_shift(
    plan: &mut Plan,
    invalid: &mut FieldErrors,
    at_stake: &mut FieldErrors,
    wanted: &ShiftBody,
    before: Option<&StandingShift>,
    cancels_all: bool,
    relocated: bool,
    at: &str,
    now: Instant,
    new_id: &mut impl FnMut() -> Uuid,
) {
    // What took place before the whole was called off stays as it was.
    if cancels_all && before.is_some_and(|before| before.ends_at <= now) {
        return;
    }
    let state = if cancels_all {
        ShiftState::Cancelled
    } else {
        wanted.state
    };
    let timed_anew = before.is_none_or(|before| {
        (before.starts_at, before.ends_at) != (wanted.starts_at, wanted.ends_at)
    });
    if timed_anew && state == ShiftState::Open {
        if wanted.starts_at <= now {
            invalid.push(
                format!("{at}/starts_at"),
                Words::new(
                    "已经过去；新的班次应在将来",
                    "is in the past; a new shift must lie ahead",
                ),
            );
        } else if wanted.starts_at > now.plus(FURTHEST) {
            invalid.push(
                format!("{at}/starts_at"),
                Words::new(
                    "太远了，最多提前两年",
                    "is too far ahead; two years at most",
                ),
            );
        }
    }
    if let Some(before) = before {
        let id = before.id.clone();
        let held = before.held();
        let calls_off = state == ShiftState::Cancelled && before.state == ShiftState::Open;
        let explained = wanted.change_reason.is_some();
        if before.ends_at <= now && before.ever && (timed_anew || before.state != state) {
            // What took place is recorded as it was (志愿服务记录与证明出具办法(试行)).
            at_stake.push(
                at,
                Words::new(
                    "已经结束且有人报名的班次不能再改",
                    "has ended with sign-ups and stays as it was",
                ),
            );
        } else if held > 0 && (calls_off && !cancels_all || timed_anew && !calls_off) && !explained
        {
            at_stake.push(
                format!("{at}/change_reason"),
                Words::new(
                    format!("已有 {held} 人报名，请说明更改或取消的原因"),
                    format!("{held} volunteers are signed up: say why it is moved or called off"),
                ),
            );
        } else if state == ShiftState::Open && wanted.capacity.get() < before.confirmed {
            at_stake.push(
                format!("{at}/capacity"),
                Words::new(
                    format!("已确认 {} 人，名额不能更少", before.confirmed),
                    format!(
                        "{} volunteers are confirmed; it cannot be less",
                        before.confirmed
                    ),
                ),
            );
        } else if calls_off {
            plan.cancelled.push(id.clone());
        } else if (timed_anew || relocated) && before.ends_at > now {
            plan.moved.push(id.clone());
        }
        if held == 0 && (calls_off || timed_anew) {
            plan.assumed_empty.push(id);
        }
    }
    plan.write.push(ShiftRow {
        id: before.map_or_else(|| new_id().to_string(), |before| before.id.clone()),
        reference: wanted.reference.as_str().to_owned(),
        role: wanted.role.as_str().to_owned(),
        starts_at: wanted.starts_at.millis(),
        ends_at: wanted.ends_at.millis(),
        local_date: wanted.starts_at.date().to_string(),
        capacity: wanted.capacity.get(),
        waitlist: wanted.waitlist(),
        state: state.word(),
        change_reason: wanted
            .change_reason
            .as_ref()
            .map(|reason| reason.as_str().to_owned()),
    });
}

fn told(held: &[&StandingShift], zh: &str, en: &str) -> Words {
    let people: i64 = held.iter().map(|shift| shift.held()).sum();
    Words::new(
        format!("已有 {people} 人报名，{zh}"),
        format!("{people} volunteers are signed up: {en}"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::i18n::Lang;
    use serde_json::{Value, json};

    const EIGHT: &str = "2026-11-28T08:00:00+08:00";
    const TEN: &str = "2026-11-28T10:00:00+08:00";
    const NOON: &str = "2026-11-28T12:00:00+08:00";

    fn at(text: &str) -> Instant {
        Instant::parse(text).unwrap()
    }

    fn shift(confirmed: i64, waiting: i64) -> StandingShift {
        StandingShift {
            id: "kept".into(),
            reference: "a".into(),
            starts_at: at(EIGHT),
            ends_at: at(TEN),
            state: ShiftState::Open,
            confirmed,
            waiting,
            ever: confirmed + waiting > 0,
        }
    }

    fn standing() -> Standing {
        Standing {
            id: "p".into(),
            seq: 1,
            version: 1,
            state: ProjectState::Published,
            place: Some("村口".into()),
            region: None,
            body_hash: String::new(),
            published: true,
        }
    }

    fn replace(before: &StandingShift, now: &str, body: Value) -> Result<Plan, Refusal> {
        let mut whole = json!({"state": "published", "place": "村口"});
        whole
            .as_object_mut()
            .unwrap()
            .extend(body.as_object().unwrap().clone());
        let body: ProjectBody = deserr::deserialize::<_, _, FieldErrors>(whole).unwrap();
        plan(
            Some(&standing()),
            std::slice::from_ref(before),
            &body,
            at(now),
            Uuid::nil,
        )
    }

    fn wanted(more: Value) -> Value {
        let mut shift =
            json!({"ref": "a", "role": "助教", "starts_at": EIGHT, "ends_at": TEN, "capacity": 9});
        shift
            .as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        json!({"shifts": [shift]})
    }

    fn stakes(result: Result<Plan, Refusal>) -> Vec<String> {
        let Err(Refusal::SignupsAtStake(errors)) = result else {
            panic!("{result:?}")
        };
        errors
            .in_lang(Lang::En)
            .into_iter()
            .map(|field| field.pointer)
            .collect()
    }

    const BEFORE: &str = "2026-11-20T08:00:00+08:00";

    #[test]
    fn nobody_loses_a_shift_without_a_reason() {
        let held = shift(2, 1);
        assert_eq!(
            stakes(replace(&held, BEFORE, json!({"shifts": []}))),
            ["/shifts"]
        );
        assert_eq!(
            stakes(replace(&held, BEFORE, wanted(json!({"ends_at": NOON})))),
            ["/shifts/0/change_reason"]
        );
        assert_eq!(
            stakes(replace(
                &held,
                BEFORE,
                wanted(json!({"state": "cancelled"}))
            )),
            ["/shifts/0/change_reason"]
        );
        assert_eq!(
            stakes(replace(&held, BEFORE, wanted(json!({"capacity": 1})))),
            ["/shifts/0/capacity"]
        );
        let draft = json!({"state": "draft", "shifts": wanted(json!({}))["shifts"]});
        assert_eq!(stakes(replace(&held, BEFORE, draft)), ["/state"]);
        let elsewhere = json!({"place": "村尾", "shifts": wanted(json!({}))["shifts"]});
        assert_eq!(
            stakes(replace(&held, BEFORE, elsewhere)),
            ["/change_reason"]
        );
        let off = json!({"state": "cancelled", "shifts": []});
        assert_eq!(stakes(replace(&held, BEFORE, off)), ["/change_reason"]);
    }

    #[test]
    fn with_a_reason_those_signed_up_are_told() {
        let held = shift(2, 1);
        let moved = replace(
            &held,
            BEFORE,
            wanted(json!({"ends_at": NOON, "change_reason": "雨"})),
        )
        .unwrap();
        assert_eq!(
            (
                moved.moved,
                moved.cancelled.len(),
                moved.assumed_empty.len()
            ),
            (vec!["kept".to_owned()], 0, 0)
        );
        let off = replace(
            &held,
            BEFORE,
            wanted(json!({"state": "cancelled", "change_reason": "雨"})),
        )
        .unwrap();
        assert_eq!(off.cancelled, ["kept"]);
        let all = replace(
            &held,
            BEFORE,
            json!({"state": "cancelled", "change_reason": "雨", "shifts": []}),
        )
        .unwrap();
        assert_eq!(all.cancelled, ["kept"]);
        let place = json!({"place": "村尾", "change_reason": "塌方", "shifts": wanted(json!({}))["shifts"]});
        assert_eq!(replace(&held, BEFORE, place).unwrap().moved, ["kept"]);
    }

    #[test]
    fn an_empty_shift_is_free_to_change_as_long_as_it_stays_empty() {
        let empty = shift(0, 0);
        let gone = replace(&empty, BEFORE, json!({"shifts": []})).unwrap();
        assert_eq!(
            (gone.delete, gone.assumed_empty),
            (vec!["kept".to_owned()], vec!["kept".to_owned()])
        );
        let moved = replace(&empty, BEFORE, wanted(json!({"ends_at": NOON}))).unwrap();
        assert_eq!(moved.assumed_empty, ["kept"]);
        let left = StandingShift {
            ever: true,
            ..empty
        };
        let gone = replace(&left, BEFORE, json!({"shifts": []})).unwrap();
        assert_eq!(
            (gone.delete.len(), gone.cancelled),
            (0, vec!["kept".to_owned()])
        );
    }

    #[test]
    fn what_took_place_stays_as_it_was() {
        let after = "2026-11-29T08:00:00+08:00";
        let held = shift(2, 0);
        assert_eq!(
            stakes(replace(
                &held,
                after,
                wanted(json!({"ends_at": NOON, "state": "cancelled", "change_reason": "?"}))
            )),
            ["/shifts/0"]
        );
        assert!(
            replace(&held, after, wanted(json!({})))
                .unwrap()
                .moved
                .is_empty()
        );
        let left_out = replace(&held, after, json!({"shifts": []})).unwrap();
        assert!(left_out.delete.is_empty() && left_out.cancelled.is_empty());
    }

    #[test]
    fn calling_a_project_off_leaves_its_past_alone() {
        let after = "2026-11-29T08:00:00+08:00";
        let held = shift(2, 0);
        for shifts in [json!([]), wanted(json!({}))["shifts"].clone()] {
            let body = json!({"state": "cancelled", "change_reason": "雨", "shifts": shifts});
            let plan = replace(&held, after, body).unwrap();
            assert!(plan.cancelled.is_empty() && plan.write.is_empty());
        }
    }

    #[test]
    fn what_needs_empty_shifts_says_which() {
        let empty = shift(0, 0);
        let kept = wanted(json!({}))["shifts"].clone();
        for body in [
            json!({"state": "draft", "shifts": kept}),
            json!({"state": "cancelled", "shifts": kept}),
            json!({"place": "村尾", "shifts": kept}),
        ] {
            let plan = replace(&empty, BEFORE, body).unwrap();
            assert!(plan.assumed_empty.contains(&"kept".to_owned()));
        }
        let plan = replace(&empty, BEFORE, json!({"shifts": kept})).unwrap();
        assert!(plan.assumed_empty.is_empty());
    }

    #[test]
    fn a_new_shift_lies_ahead_but_not_too_far() {
        for (now, fits) in [
            (BEFORE, true),
            (NOON, false),
            ("2024-11-01T00:00:00Z", false),
        ] {
            let body: ProjectBody =
                deserr::deserialize::<_, _, FieldErrors>(wanted(json!({}))).unwrap();
            let result = plan(None, &[], &body, at(now), Uuid::nil);
            assert_eq!(result.is_ok(), fits, "{now}");
        }
    }
}
