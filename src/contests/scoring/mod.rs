//! Scoring (评分): a judge's desk. One entry a screen, a rubric with its anchors, saved as one
//! goes and revised until the stage closes. Nobody sees what others gave.

pub mod api;
pub mod blind;
pub mod pages;
pub mod store;

use std::collections::BTreeMap;

use axum::http::StatusCode;

use crate::choice;
use crate::contests::rules::Stage;
use crate::platform::clock::Instant;
use crate::platform::fields::FieldErrors;
use crate::platform::i18n::{Lang, Words};
use crate::platform::problem::Problem;

/// A comment has at most so many characters.
pub const COMMENT: usize = 1000;

/// Scores by criterion; what has none yet is not there.
pub type Scores = BTreeMap<String, i64>;

choice! {
    /// How far a judge is with an entry.
    BallotState {
        /// Nothing is saved.
        Untouched = "untouched",
        /// Something is saved, not handed in.
        Begun = "begun",
        /// Handed in; it may be revised until the stage closes.
        HandedIn = "handed_in",
    }
}

impl BallotState {
    /// Out of the version that stands and of when it was handed in.
    pub fn of(version: i64, submitted_at: Option<Instant>) -> Self {
        match (version, submitted_at) {
            (_, Some(_)) => Self::HandedIn,
            (0, None) => Self::Untouched,
            (_, None) => Self::Begun,
        }
    }

    /// Its name for people.
    pub fn name(self, lang: Lang) -> &'static str {
        match self {
            Self::Untouched => lang.pick("未评", "Not begun"),
            Self::Begun => lang.pick("未交", "Begun"),
            Self::HandedIn => lang.pick("已交", "Handed in"),
        }
    }
}

/// Whether a stage can be scored now.
pub fn open(stage: &Stage, now: Instant) -> Result<(), Problem> {
    if now < stage.opens_at {
        return Err(Problem::new(
            StatusCode::CONFLICT,
            "stage_not_open",
            Words::new("本阶段尚未开始评分", "Scoring has not begun yet"),
        ));
    }
    match stage.is_open(now) {
        true => Ok(()),
        false => Err(Problem::new(
            StatusCode::CONFLICT,
            "stage_closed",
            Words::new(
                "评分已截止，这次修改没有保存，以截止前最后一次保存的为准",
                "The stage has closed: this change was not saved; what was saved before stands",
            ),
        )),
    }
}

/// Holds scores against a rubric; `whole` when each criterion must have one.
pub fn check(stage: &Stage, scores: &Scores, whole: bool) -> Result<(), FieldErrors> {
    let mut faults = FieldErrors::default();
    for (key, score) in scores {
        let at = format!("/scores/{}", key.replace('~', "~0").replace('/', "~1"));
        match stage.criterion(key) {
            None => faults.push(
                at,
                Words::new("没有这个评分项", "is no criterion of this stage"),
            ),
            Some(criterion) if !criterion.takes(*score) => {
                let (min, max) = (criterion.min.get(), criterion.max.get());
                faults.push(
                    at,
                    Words::new(
                        format!("应为 {min} 到 {max} 之间的整数"),
                        format!("must be a whole number from {min} to {max}"),
                    ),
                );
            }
            Some(_) => {}
        }
    }
    for criterion in stage.criteria.iter().filter(|_| whole) {
        if !scores.contains_key(criterion.key.as_str()) {
            let words = Words::new(
                format!("“{}”还没有打分", criterion.name.as_str()),
                format!("“{}” has no score yet", criterion.name.as_str()),
            );
            faults.push(format!("/scores/{}", criterion.key.as_str()), words);
        }
    }
    faults.into_result()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contests::rules::example;
    use crate::contests::rules::tests::read;

    #[test]
    fn scores_are_held_against_the_rubric() {
        let rules = read(example());
        let paper = rules.stage("paper").unwrap();
        let faults = |scores: &[(&str, i64)], whole| -> Vec<String> {
            let scores = scores
                .iter()
                .map(|(key, score)| ((*key).to_owned(), *score));
            let faults = check(paper, &scores.collect(), whole);
            let faults = faults.err().unwrap_or_default().in_lang(Lang::En);
            faults.into_iter().map(|fault| fault.pointer).collect()
        };
        assert!(faults(&[], false).is_empty());
        assert!(faults(&[("need", 0), ("effect", 10)], true).is_empty());
        assert_eq!(
            faults(&[("need", 11)], true),
            ["/scores/need", "/scores/effect"]
        );
        assert_eq!(
            faults(&[("show", 1), ("need", -1)], false),
            ["/scores/need", "/scores/show"]
        );
    }

    #[test]
    fn a_stage_is_scored_between_its_times() {
        let rules = read(example());
        let paper = rules.stage("paper").unwrap();
        let code = |now| open(paper, now).err().map(|problem| problem.code());
        assert_eq!(code(paper.opens_at.plus(-1)), Some("stage_not_open"));
        assert_eq!(code(paper.opens_at), None);
        assert_eq!(code(paper.closes_at.plus(-1)), None);
        assert_eq!(code(paper.closes_at), Some("stage_closed"));
    }
}
