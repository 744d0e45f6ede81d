//! The rules of a contest as forms: an overview of what they say and lack, a small page a
//! section, and what an amendment changes before it is published.

mod awards;
mod changes;
mod entries;
mod faults;
mod fields;
mod json;
mod overview;
mod part;
mod review;
mod rubric;
mod schedule;
mod section;
mod section_page;
mod sheet;
mod stage;
#[cfg(test)]
mod tests;
mod tracks;
mod typing;

pub use faults::{by_section, leading};
pub use json::{json, write_json};
pub use overview::{begin, rules};
pub use section::Section;
pub use section_page::{change, section};

use axum::response::Response;
use maud::{Markup, html};
use uuid::Uuid;

use crate::choice;
use crate::contests::ContestState;
use crate::contests::rules::Rules;
use crate::contests::running::store::Seen;
use crate::platform::fields::FieldErrors;
use crate::platform::i18n::Lang;
use crate::platform::page::see_other;
use crate::platform::problem::Problem;
use crate::platform::visit::Visit;

choice! {
    /// What has just been done.
    RulesDone {
        /// A draft was begun from a preset.
        Begun = "begun",
        /// A section of a draft was written.
        Saved = "saved",
        /// The same, and ties went with what they named.
        SavedWithoutTies = "saved_without_ties",
        /// An amendment was published.
        Amended = "amended",
    }
}

impl RulesDone {
    fn words(self, lang: Lang) -> &'static str {
        match self {
            Self::Begun => lang.pick(
                "规则已按所选方案写好，日期从今天推算。请逐项核对修改。",
                "The rules are written, with days counted from today. Go through them one by one.",
            ),
            Self::Saved => lang.pick("已保存。", "Saved."),
            Self::SavedWithoutTies => lang.pick(
                "已保存。同分比较中用到的阶段或评分项已经不在，相应的比较项一并删去了。",
                "Saved. What ties were decided by is gone in part; those comparisons went with it.",
            ),
            Self::Amended => lang.pick(
                "修订已公开，立即生效。",
                "The amendment is public and in force.",
            ),
        }
    }
}

/// What has just been done, as addresses say it.
#[derive(Debug, Default, deserr::Deserr)]
#[deserr(error = FieldErrors, deny_unknown_fields)]
pub struct RulesPage {
    #[deserr(default)]
    done: Option<RulesDone>,
}

/// The rules as they are worked on: a draft's, or those in force.
fn at_work(seen: &Seen) -> Result<Option<Rules>, Problem> {
    match seen.contest.state {
        ContestState::Draft => seen.contest.draft(),
        ContestState::Announced | ContestState::Cancelled => seen.contest.rules(),
    }
}

fn here(id: Uuid) -> String {
    format!("/contests/{id}/run/rules")
}

fn done(id: Uuid, done: RulesDone) -> Response {
    see_other(&format!("{}?done={}", here(id), done.word()))
}

fn sign_in(visit: &Visit) -> Option<Response> {
    let back = &visit.target;
    (!visit.has_credential()).then(|| see_other(&format!("/sign-in?back={back}")))
}

/// The way back from a page of the rules.
fn way_back(seen: &Seen, below: bool, lang: Lang) -> Markup {
    let contest = &seen.contest;
    html! {
        p.small {
            a href={ "/contests/" (contest.id) "/run" } { (contest.name) }
            @if below { " / " a href={ "/contests/" (contest.id) "/run/rules" } { (lang.pick("评审规则", "Rules")) } }
        }
    }
}

/// What a page says whose contest somebody else has changed meanwhile.
fn changed_meanwhile(lang: Lang) -> &'static str {
    lang.pick(
        "您打开之后，有人改动了这届大赛。您填写的内容还在下面；再提交一次，就以您填写的为准。",
        "Somebody has changed this contest since you opened it. What you typed is still here; send it once more and it takes the place of theirs.",
    )
}
