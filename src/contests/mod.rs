//! Contests of volunteer-service projects (大赛): their rules, their entries, their judges,
//! and the log of every act, so that anyone can recompute the ranking.

pub mod drawing;
pub mod entering;
pub mod judging;
pub mod log;
pub mod outcomes;
pub mod ranking;
pub mod results;
pub mod roadshow;
pub mod rules;
pub mod running;
pub mod scoring;

use crate::choice;
use crate::platform::i18n::Lang;

choice! {
    /// Where a contest stands.
    ContestState {
        /// Being prepared; nobody else knows of it.
        Draft = "draft",
        /// Its rules are published.
        Announced = "announced",
        /// Called off.
        Cancelled = "cancelled",
    }
}

impl ContestState {
    /// Its name for people.
    pub fn name(self, lang: Lang) -> &'static str {
        match self {
            Self::Draft => lang.pick("草稿", "Draft"),
            Self::Announced => lang.pick("已公布", "Announced"),
            Self::Cancelled => lang.pick("已取消", "Called off"),
        }
    }
}

choice! {
    /// An office in a contest, besides those whose contest it is.
    ContestOffice {
        /// 组织者: runs it.
        Organizer = "organizer",
        /// 评审组长: leads the panel.
        Chair = "chair",
        /// 监督员: sees everything, changes nothing.
        Supervisor = "supervisor",
    }
}

impl ContestOffice {
    /// Its name for people.
    pub fn name(self, lang: Lang) -> &'static str {
        match self {
            Self::Organizer => lang.pick("组织者", "Organizer"),
            Self::Chair => lang.pick("评审组长", "Chair of the panel"),
            Self::Supervisor => lang.pick("监督员", "Supervisor"),
        }
    }
}

/// How judges and the public read the number of an entry: `E0001`.
pub fn entry_label(number: i64) -> String {
    format!("E{number:04}")
}

/// What the public reads instead of a judge's name: `J01`.
pub fn judge_label(number: i64) -> String {
    format!("J{number:02}")
}
