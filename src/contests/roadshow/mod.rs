//! Roadshows (路演): entries present themselves one after the other, a panel scores while
//! each is up, and what it gave is shown when the chair says so. Nobody sees anything of
//! it before.

pub mod api;
mod deciding;
pub mod pages;
pub mod store;

use axum::http::StatusCode;
use deserr::Deserr;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::ranking::{Fault, Panel, panels};
use super::results::{Counted, sheet};
use super::rules::{Method, Rules, Stage, StageKind};
use crate::choice;
use crate::platform::clock::Instant;
use crate::platform::fields::FieldErrors;
use crate::platform::i18n::{Lang, Words};
use crate::platform::input::Id;
use crate::platform::problem::Problem;
use crate::platform::text::Line;

choice! {
    /// Where an entry is in a roadshow.
    FloorState {
        /// Not called up yet.
        Waiting = "waiting",
        /// It is up, and its judges score it.
        Open = "open",
        /// Scoring is closed, nothing is shown yet.
        Closed = "closed",
        /// Its score was shown.
        Shown = "shown",
    }
}

impl FloorState {
    /// Its name for people.
    pub fn name(self, lang: Lang) -> &'static str {
        match self {
            Self::Waiting => lang.pick("候场", "Waiting"),
            Self::Open => lang.pick("正在评分", "Being scored"),
            Self::Closed => lang.pick("评分结束", "Scoring closed"),
            Self::Shown => lang.pick("得分已公布", "Score shown"),
        }
    }

    /// Where an entry is now: scoring ends with the stage, whether somebody closed it or not.
    #[must_use]
    pub fn at(self, stage: &Stage, now: Instant) -> Self {
        match self {
            Self::Open if !stage.is_open(now) => Self::Closed,
            state => state,
        }
    }
}

choice! {
    /// What is done with an entry in a roadshow.
    FloorAct {
        /// 上场: it is called up, and can be scored.
        Open = "open",
        /// 停止评分: what is not handed in by now does not count.
        Close = "close",
        /// 重新评分: it is up again, for a reason.
        Reopen = "reopen",
        /// 公布得分: its score is shown to everybody, for good.
        Show = "show",
    }
}

/// What an act comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// It is to be done.
    Due,
    /// It was done before: a double click, or somebody was quicker.
    Done,
    /// Not from where the entry is.
    OutOfTurn,
}

impl FloorAct {
    /// What it comes to from where an entry is.
    pub fn from(self, state: FloorState) -> Step {
        use FloorState::{Closed, Open, Shown, Waiting};
        match (self, state) {
            (Self::Open, Waiting)
            | (Self::Close, Open)
            | (Self::Reopen, Closed)
            | (Self::Show, Closed) => Step::Due,
            (Self::Open | Self::Reopen, Open) | (Self::Close, Closed) | (Self::Show, Shown) => {
                Step::Done
            }
            _ => Step::OutOfTurn,
        }
    }

    /// What the log calls it.
    pub fn logged(self) -> &'static str {
        match self {
            Self::Open => "entry.called_up",
            Self::Close => "entry.scoring_closed",
            Self::Reopen => "entry.scoring_reopened",
            Self::Show => "entry.score_shown",
        }
    }
}

/// What is to be done with an entry.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = FieldErrors, deny_unknown_fields)]
pub struct FloorBody {
    /// Which entry.
    #[schema(value_type = String, format = "uuid")]
    pub entry_id: Id,
    /// What is done.
    pub act: FloorAct,
    /// Why it is scored again; needed to `reopen`, and kept in the log.
    #[deserr(default)]
    pub reason: Option<Line<300>>,
}

impl FloorBody {
    /// The reason that belongs to the act; an error when it needs one and has none.
    pub fn reason(&self) -> Result<Option<&str>, Problem> {
        match (self.act, &self.reason) {
            (FloorAct::Reopen, None) => {
                let words = Words::new("重新评分须说明原因", "must say why it is scored again");
                Err(Problem::invalid(FieldErrors::one("/reason", words)))
            }
            (FloorAct::Reopen, Some(reason)) => Ok(Some(reason.as_str())),
            _ => Ok(None),
        }
    }
}

/// What was shown of an entry: later changes do not alter it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ShownScore {
    /// Points, 100 for a perfect ballot of every judge.
    #[schema(example = "87.5000")]
    pub score: String,
    /// The stage's method. With `severity_adjusted` the score is the mean of all ballots; the
    /// one that counts follows with the ranking.
    pub method: Method,
    /// Of each judge who handed in, in the order of their numbers.
    pub marks: Vec<ShownMark>,
}

/// What one judge gave.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ShownMark {
    /// What the public reads instead of a name.
    #[schema(example = "J01")]
    pub judge: String,
    /// Points, 100 for a perfect ballot.
    #[schema(example = "90.0000")]
    pub mark: String,
    /// Whether it is dropped as one of the highest or lowest.
    pub dropped: bool,
}

/// The score of an entry out of its ballots that count, by the stage's method; none when there
/// are too few of them.
pub fn score(
    rules: &Rules,
    stage: &Stage,
    track: &str,
    ballots: &[Counted],
) -> Result<Option<ShownScore>, Problem> {
    let key = stage.key.as_str();
    let sheet = sheet(rules, track, ballots)?;
    let alone = sheet.stages.iter().find(|stage| stage.key == key);
    let alone = alone.ok_or_else(|| Problem::internal("a stage is not on its own sheet"))?;
    match panels(alone) {
        Ok(panels) => Ok(panels.into_iter().next().map(|panel| shown(stage, panel))),
        Err(faults) if faults.iter().all(is_lack) => Ok(None),
        Err(faults) => Err(Problem::internal(format!("not to be scored: {faults:?}"))),
    }
}

fn is_lack(fault: &Fault) -> bool {
    matches!(fault, Fault::TooFewToTrim { .. })
}

fn shown(stage: &Stage, panel: Panel) -> ShownScore {
    let marks = panel.marks.into_iter().map(|mark| ShownMark {
        judge: mark.judge,
        mark: mark.mark.to_string(),
        dropped: mark.dropped,
    });
    ShownScore {
        score: panel.score.to_string(),
        method: stage.method,
        marks: marks.collect(),
    }
}

/// 409: in a roadshow only what is up is scored. `floor` is where the entry is, none when it
/// was never called up.
pub fn require_up(stage: &Stage, floor: Option<FloorState>) -> Result<(), Problem> {
    let words = match (stage.kind, floor) {
        (StageKind::Eligibility | StageKind::Review, _) | (_, Some(FloorState::Open)) => {
            return Ok(());
        }
        (_, None | Some(FloorState::Waiting)) => Words::new(
            "这个项目还没有上场，上场后才能评分",
            "This entry is not up yet: it is scored once it is called up",
        ),
        (_, Some(FloorState::Closed | FloorState::Shown)) => Words::new(
            "这个项目的评分已经停止，这次修改没有保存，以停止前交的为准",
            "Scoring of this entry is closed: this change was not saved; what was handed in before stands",
        ),
    };
    Err(Problem::new(StatusCode::CONFLICT, "entry_not_up", words))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contests::rules::{example, tests::read};
    use crate::platform::input::Choice as _;

    #[test]
    fn every_act_is_due_from_one_place_only() {
        use FloorState::{Closed, Open, Shown, Waiting};
        let due = |act: FloorAct| {
            let states = [Waiting, Open, Closed, Shown];
            let mut due = states
                .into_iter()
                .filter(|state| act.from(*state) == Step::Due);
            (due.next(), due.next())
        };
        assert_eq!(due(FloorAct::Open), (Some(Waiting), None));
        assert_eq!(due(FloorAct::Close), (Some(Open), None));
        assert_eq!(due(FloorAct::Reopen), (Some(Closed), None));
        assert_eq!(due(FloorAct::Show), (Some(Closed), None));
        // What was shown changes no more.
        for (act, _) in FloorAct::ALL {
            assert_ne!(act.from(Shown), Step::Due);
        }
    }

    #[test]
    fn scoring_ends_with_the_stage() {
        let rules = read(example());
        let stage = rules.stage("roadshow").unwrap();
        let before = stage.closes_at.plus(-1);
        assert_eq!(FloorState::Open.at(stage, before), FloorState::Open);
        assert_eq!(
            FloorState::Open.at(stage, stage.closes_at),
            FloorState::Closed
        );
        assert_eq!(
            FloorState::Shown.at(stage, stage.closes_at),
            FloorState::Shown
        );
    }

    #[test]
    fn only_roadshows_have_a_floor() {
        let rules = read(example());
        let code = |stage: &str, floor| {
            let refused = require_up(rules.stage(stage).unwrap(), floor).err();
            refused.map(|problem| problem.code())
        };
        assert_eq!(code("paper", None), None);
        assert_eq!(code("roadshow", None), Some("entry_not_up"));
        assert_eq!(code("roadshow", Some(FloorState::Open)), None);
        assert_eq!(
            code("roadshow", Some(FloorState::Closed)),
            Some("entry_not_up")
        );
    }

    fn given(marks: &[i64]) -> Vec<Counted> {
        let numbered = (1..).zip(marks);
        let ballot = numbered.map(|(judge, mark)| Counted {
            stage: "roadshow".to_owned(),
            track: "open".to_owned(),
            entry: 1,
            judge,
            scores: [("show".to_owned(), *mark)].into(),
        });
        ballot.collect()
    }

    #[test]
    fn what_is_shown_says_which_marks_were_dropped() {
        let rules = read(example());
        let stage = rules.stage("roadshow").unwrap();
        let scored = |marks: &[i64]| score(&rules, stage, "open", &given(marks)).unwrap();
        let shown = scored(&[9, 2, 8, 7]).unwrap();
        assert_eq!(shown.score, "75.0000");
        let dropped: Vec<_> = shown.marks.iter().map(|mark| mark.dropped).collect();
        assert_eq!(dropped, [true, true, false, false]);
        assert_eq!(shown.marks[0].mark, "90.0000");
        assert_eq!(scored(&[9, 2]), None);
        assert_eq!(scored(&[]), None);
        assert!(score(&rules, stage, "open", &given(&[11, 9, 8])).is_err());
    }
}
