//! Whether a project may be entered, and an entry still changed: each reason by its name.

use axum::http::StatusCode;
use serde::Deserialize;

use super::{EntryDraft, EntryState};
use crate::contests::ContestState;
use crate::contests::rules::Rules;
use crate::menu::Field;
use crate::organizations::OrganizationState;
use crate::platform::clock::Instant;
use crate::platform::db;
use crate::platform::fields::FieldErrors;
use crate::platform::i18n::Words;
use crate::platform::problem::Problem;

/// A project that somebody would enter, and what stands against it.
#[derive(Clone, Debug, Deserialize)]
pub struct Candidate {
    /// Whether it is the organization's.
    #[serde(deserialize_with = "db::truth")]
    pub own: bool,
    /// Whether it was ever published.
    #[serde(deserialize_with = "db::truth")]
    pub published: bool,
    /// What it is called.
    pub title: Option<String>,
    /// Its key field.
    pub field: Option<Field>,
    /// Where its organization stands.
    pub organization_state: OrganizationState,
    /// Whether another entry of it stands in this contest.
    #[serde(deserialize_with = "db::truth")]
    pub entered: bool,
    /// What it won that bars it.
    pub won: Option<String>,
    /// Another contest still under way in which it takes part.
    pub elsewhere: Option<String>,
}

fn conflict(code: &'static str, zh: impl Into<String>, en: impl Into<String>) -> Problem {
    Problem::new(StatusCode::CONFLICT, code, Words::new(zh.into(), en.into()))
}

/// 409: another entry of the project stands.
pub fn already_entered() -> Problem {
    conflict(
        "already_entered",
        "这个项目已经报名参加本届大赛，一个项目只能报一次",
        "The project is entered in this contest already: once a project",
    )
}

fn entered_elsewhere(contest: &str) -> Problem {
    conflict(
        "entered_elsewhere",
        format!("这个项目正在参加“{contest}”，不能同时参加本届大赛"),
        format!("The project takes part in “{contest}”, which is still under way"),
    )
}

fn past_winner(award: &str) -> Problem {
    conflict(
        "past_winner",
        format!("这个项目曾获“{award}”，按规则不再参评"),
        format!("The project won “{award}” before, which bars it by the rules"),
    )
}

/// 409: the deadline has passed.
fn late(closed_at: Instant) -> Problem {
    let at = closed_at.rfc3339();
    conflict(
        "entries_closed",
        format!(
            "报名已于北京时间 {} 截止",
            closed_at.local().strftime("%Y-%m-%d %H:%M")
        ),
        format!("Entries closed at {at}"),
    )
    .with("closed_at", at)
}

/// An error unless a contest goes on and has not closed its entries.
pub fn require_time(state: ContestState, rules: &Rules, now: Instant) -> Result<(), Problem> {
    match state {
        ContestState::Announced if now >= rules.entries.closes_at => {
            Err(late(rules.entries.closes_at))
        }
        ContestState::Announced => Ok(()),
        ContestState::Draft | ContestState::Cancelled => {
            Err(crate::contests::running::not_running())
        }
    }
}

/// The same for submitting, which waits until they open.
pub fn require_open(state: ContestState, rules: &Rules, now: Instant) -> Result<(), Problem> {
    require_time(state, rules, now)?;
    if rules.entries.are_open(now) {
        return Ok(());
    }
    let at = rules.entries.opens_at;
    Err(conflict(
        "entries_not_open",
        format!(
            "报名从北京时间 {} 开始，现在可以先存草稿",
            at.local().strftime("%Y-%m-%d %H:%M")
        ),
        format!(
            "Entries open at {}; drafts may be kept until then",
            at.rfc3339()
        ),
    )
    .with("opens_at", at.rfc3339()))
}

/// An error unless an entry may still be written.
pub fn require_written(state: EntryState) -> Result<(), Problem> {
    if state != EntryState::Withdrawn {
        return Ok(());
    }
    Err(conflict(
        "entry_withdrawn",
        "这份报名已经撤回；截止前可以重新报名",
        "The entry was withdrawn; until entries close, enter the project anew",
    ))
}

impl Candidate {
    /// An error unless it may be entered; what is written of it is checked at the same time,
    /// so that all fields at fault are told at once.
    pub fn require(
        candidate: Option<&Self>,
        draft: &EntryDraft,
        rules: &Rules,
        whole: bool,
    ) -> Result<(), Problem> {
        let mut errors = match whole {
            true => draft.check_whole(rules),
            false => draft.check(rules),
        };
        let own = candidate.filter(|candidate| candidate.own);
        match own {
            None => errors.push(
                "/project_id",
                Words::new("不是本组织的项目", "is no project of the organization"),
            ),
            Some(project) => project.check_fields(draft, rules, &mut errors),
        }
        errors.into_result().map_err(Problem::invalid)?;
        own.map_or(Ok(()), |project| project.require_free(rules))
    }

    fn check_fields(&self, draft: &EntryDraft, rules: &Rules, errors: &mut FieldErrors) {
        if !self.published {
            errors.push(
                "/project_id",
                Words::new(
                    "项目还没有发布过，不能参赛",
                    "was never published: it cannot be entered",
                ),
            );
        }
        let track = rules.track(draft.track.as_str());
        if track.is_some_and(|track| track.field.is_some() && track.field != self.field) {
            errors.push(
                "/track",
                Words::new(
                    "项目的领域与这个赛道不符",
                    "takes projects of another key field",
                ),
            );
        }
    }

    fn require_free(&self, rules: &Rules) -> Result<(), Problem> {
        if self.organization_state != OrganizationState::Verified {
            return Err(Problem::new(
                StatusCode::FORBIDDEN,
                "organization_not_verified",
                Words::new(
                    "组织尚未通过核验或已被暂停，不能报名参赛",
                    "The organization is not verified or was suspended: it cannot enter a contest",
                ),
            ));
        }
        if self.entered {
            return Err(already_entered());
        }
        if let Some(award) = self.won.as_deref().filter(|_| rules.bar_past) {
            return Err(past_winner(award));
        }
        if let Some(contest) = self.elsewhere.as_deref().filter(|_| rules.bar_elsewhere) {
            return Err(entered_elsewhere(contest));
        }
        Ok(())
    }
}

/// An error unless an organizer may say now whether an entry takes part.
pub fn require_checkable(state: EntryState, rules: &Rules, now: Instant) -> Result<(), Problem> {
    if !matches!(state, EntryState::Submitted | EntryState::Ineligible) {
        return Err(conflict(
            "entry_not_submitted",
            "这份报名没有提交，或已经撤回",
            "The entry is not submitted, or was withdrawn",
        ));
    }
    if rules.judged().any(|stage| stage.opens_at <= now) {
        return Err(conflict(
            "judging_begun",
            "评分已经开始，不能再作资格审查决定",
            "Judging has begun: eligibility is not decided any more",
        ));
    }
    Ok(())
}

/// 403: whoever belongs to the organization that entered does not decide on it.
pub fn own_entry() -> Problem {
    Problem::new(
        StatusCode::FORBIDDEN,
        "own_entry",
        Words::new(
            "这是您所在组织的参赛项目，请由其他组织者决定",
            "It is an entry of your own organization; another organizer decides on it",
        ),
    )
}
