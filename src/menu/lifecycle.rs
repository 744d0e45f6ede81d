//! What an organization does with a project as a whole: publish, close, call off, copy,
//! throw a draft away.

use axum::http::StatusCode;
use serde_json::Value;

use super::document::{Document, body_of, read};
use super::notice::{FURTHEST, ProjectBody};
use super::publishing::Wanted;
use super::store::{Before, ProjectRow, ShiftRow};
use super::{ProjectState, ShiftState};
use crate::platform::clock::{DAY, Instant};
use crate::platform::fields::FieldErrors;
use crate::platform::i18n::Words;
use crate::platform::merge_patch;
use crate::platform::problem::Problem;
use crate::platform::text::Line;

/// A step from one state to the next.
#[derive(Clone, Debug)]
pub enum Step {
    /// Onto the menu, from a draft or from closed.
    Publish,
    /// No more sign-ups; shifts go on.
    Close,
    /// Called off for this reason; those signed up are told.
    Cancel(Line<200>),
}

impl Step {
    /// The project after this step. `not_found` when there is none, `wrong_state` when
    /// the step does not lead on from where it stands, `invalid_fields` when no shift of
    /// it lies ahead. Where it stands there already, nothing changes.
    pub fn of(&self, before: &Before, now: Instant) -> Result<Wanted<'static>, Problem> {
        use ProjectState::{Cancelled, Closed, Draft, Published};
        let (project, shifts) = before.answer.as_ref().ok_or_else(Problem::not_found)?;
        let mut body = body_of(project, shifts)?;
        let was_published = project.published_at.is_some();
        match (self, project.state) {
            (Self::Publish, Published) | (Self::Close, Closed) | (Self::Cancel(_), Cancelled) => {}
            (Self::Publish, Draft | Closed) => {
                let ahead =
                    |shift: &ShiftRow| shift.state == ShiftState::Open && shift.starts_at > now;
                if !shifts.is_empty() && !shifts.iter().any(ahead) {
                    let words = Words::new(
                        "没有将来的班次，请先加一个",
                        "has none that lies ahead: add one first",
                    );
                    return Err(Problem::invalid(FieldErrors::one("/shifts", words)));
                }
                body.state = Published;
            }
            (Self::Close, Published) => body.state = Closed,
            (Self::Cancel(reason), Published | Closed) => {
                body.state = Cancelled;
                body.change_reason = Some(reason.clone());
            }
            (Self::Cancel(reason), Draft) if was_published => {
                body.state = Cancelled;
                body.change_reason = Some(reason.clone());
            }
            (_, state) => return Err(self.leads_nowhere(state)),
        }
        Ok(Wanted::changed(body))
    }

    fn leads_nowhere(&self, state: ProjectState) -> Problem {
        let words = match (self, state) {
            (Self::Cancel(_), _) => Words::new(
                "草稿从未发布，直接删除即可",
                "A draft that was never published is deleted, not called off",
            ),
            (_, ProjectState::Cancelled) => Words::new(
                "项目已取消；要重新招募，请复制一份",
                "The project was called off; to recruit anew, copy it",
            ),
            _ => Words::new("项目尚未发布", "The project is not published"),
        };
        wrong_state(state, words)
    }
}

fn wrong_state(state: ProjectState, words: Words) -> Problem {
    Problem::new(StatusCode::CONFLICT, "wrong_state", words).with("state", state.word())
}

/// Parts that every project has: they are put differently, never taken away.
const NEVER_NULL: [&str; 4] = ["state", "skills", "shifts", "repeats"];

/// The project with a merge patch applied. A part named null is taken away.
pub fn patched(
    before: &Before,
    patch: &serde_json::Map<String, Value>,
) -> Result<Wanted<'static>, Problem> {
    let (project, shifts) = before.answer.as_ref().ok_or_else(Problem::not_found)?;
    let mut faults = FieldErrors::default();
    for part in NEVER_NULL {
        if patch.get(part).is_some_and(Value::is_null) {
            let words = Words::new("不能为空", "must not be null");
            faults.push(format!("/{part}"), words);
        }
    }
    faults.into_result().map_err(Problem::invalid)?;
    let mut parts = Document::standing(project, shifts)
        .without_reasons()
        .into_parts();
    merge_patch::apply(&mut parts, patch);
    read(parts).map(Wanted::changed).map_err(Problem::invalid)
}

/// A draft like this project, its shifts so many days later. What was called off is not
/// copied, nor what would have begun by now.
pub fn copied(
    (project, shifts): (&ProjectRow, &[ShiftRow]),
    days: i64,
    now: Instant,
) -> Result<ProjectBody, Problem> {
    let mut body = body_of(project, shifts)?;
    body.state = ProjectState::Draft;
    let later = |at: Instant| at.plus(days * DAY);
    body.sign_up_opens_at = body.sign_up_opens_at.map(later);
    for shift in body.shifts.iter_mut() {
        shift.starts_at = later(shift.starts_at);
        shift.ends_at = later(shift.ends_at);
    }
    body.shifts
        .retain(|shift| shift.state == ShiftState::Open && shift.starts_at > now);
    if body
        .shifts
        .iter()
        .any(|shift| shift.starts_at > now.plus(FURTHEST))
    {
        let words = Words::new("太远了，最多提前两年", "leads more than two years ahead");
        return Err(Problem::invalid(FieldErrors::one("/shift_days", words)));
    }
    Ok(body)
}

/// An error unless a project may be thrown away: a draft nobody ever saw.
pub fn may_be_deleted(state: ProjectState, was_published: bool) -> Result<(), Problem> {
    match (state, was_published) {
        (ProjectState::Draft, false) => Ok(()),
        (ProjectState::Draft, true) => Err(wrong_state(
            state,
            Words::new(
                "项目曾经发布，记录须保留；可以取消它",
                "The project was published once and stays on record; call it off instead",
            ),
        )),
        _ => Err(wrong_state(
            state,
            Words::new(
                "只能删除草稿；已发布的项目请取消",
                "Only drafts are deleted; call a published project off",
            ),
        )),
    }
}
