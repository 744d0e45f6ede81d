//! What may be done with an entry when.

use axum::http::StatusCode;
use serde::Deserialize;

use super::{FloorAct, FloorState, Step};
use crate::contests::entry_label;
use crate::contests::rules::Stage;
use crate::platform::clock::Instant;
use crate::platform::db;
use crate::platform::i18n::Words;
use crate::platform::problem::Problem;

/// An entry before something is done with it.
#[derive(Debug, Deserialize)]
pub struct Before {
    /// Where it is, as it was written.
    pub state: FloorState,
    /// Whether it takes part in the stage and has judges.
    #[serde(deserialize_with = "db::truth")]
    pub ready: bool,
    /// The number of another entry that is up in its track.
    pub other: Option<i64>,
    /// Which ballots of it count, in which versions.
    pub ballots: String,
}

/// Whether an act is to be done; false when it was done before.
pub fn is_due(
    act: FloorAct,
    before: &Before,
    stage: &Stage,
    now: Instant,
) -> Result<bool, Problem> {
    match act.from(before.state.at(stage, now)) {
        Step::Done => return Ok(false),
        Step::OutOfTurn => return Err(out_of_turn()),
        Step::Due => {}
    }
    if act == FloorAct::Show {
        return Ok(true);
    }
    in_time(stage, now)?;
    if act == FloorAct::Close {
        return Ok(true);
    }
    if !before.ready {
        return Err(not_in_stage());
    }
    match before.other {
        Some(number) => Err(another_up(number)),
        None => Ok(true),
    }
}

fn in_time(stage: &Stage, now: Instant) -> Result<(), Problem> {
    let (code, words) = match stage.is_open(now) {
        true => return Ok(()),
        false if now < stage.opens_at => (
            "stage_not_open",
            Words::new("路演尚未开始", "The roadshow has not begun yet"),
        ),
        false => (
            "stage_closed",
            Words::new(
                "路演时间已过，不能再上场或评分",
                "The roadshow is over: nothing is called up or scored any more",
            ),
        ),
    };
    Err(Problem::new(StatusCode::CONFLICT, code, words))
}

fn out_of_turn() -> Problem {
    Problem::new(
        StatusCode::CONFLICT,
        "floor_out_of_turn",
        Words::new(
            "现在不能这样操作：请先看这个项目进行到哪一步",
            "Not now: see first how far this entry is",
        ),
    )
}

fn not_in_stage() -> Problem {
    Problem::new(
        StatusCode::CONFLICT,
        "entry_not_in_stage",
        Words::new(
            "这个项目不参加路演，或还没有抽签分配评委",
            "This entry is not in the roadshow, or no judge was drawn for it",
        ),
    )
}

fn another_up(number: i64) -> Problem {
    let number = entry_label(number);
    Problem::new(
        StatusCode::CONFLICT,
        "another_entry_up",
        Words::new(
            format!("同赛道的 {number} 还在评分，请先停止它的评分"),
            format!("{number} of the same track is being scored; close it first"),
        ),
    )
    .with("up", number)
}

/// 409: too few have handed in.
pub fn too_few() -> Problem {
    Problem::new(
        StatusCode::CONFLICT,
        "too_few_ballots",
        Words::new(
            "交上来的评分不够，按规则算不出得分",
            "Too few ballots were handed in: the rules give no score",
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contests::rules::{example, tests::read};

    fn at(state: FloorState) -> Before {
        Before {
            state,
            ready: true,
            other: None,
            ballots: "[]".to_owned(),
        }
    }

    #[test]
    fn the_floor_is_open_while_the_stage_is() {
        let rules = read(example());
        let stage = rules.stage("roadshow").unwrap();
        let says = |act, state, now| match is_due(act, &at(state), stage, now) {
            Ok(true) => "due",
            Ok(false) => "done",
            Err(problem) => problem.code(),
        };
        use FloorState::{Closed, Open, Waiting};
        let (early, late) = (stage.opens_at.plus(-1), stage.closes_at);
        assert_eq!(says(FloorAct::Open, Waiting, early), "stage_not_open");
        assert_eq!(says(FloorAct::Open, Waiting, stage.opens_at), "due");
        assert_eq!(says(FloorAct::Open, Waiting, late), "stage_closed");
        assert_eq!(says(FloorAct::Reopen, Closed, late), "stage_closed");
        // The stage itself closed it, and what it came to can be shown.
        assert_eq!(says(FloorAct::Close, Open, late), "done");
        assert_eq!(says(FloorAct::Show, Open, late), "due");
        assert_eq!(
            says(FloorAct::Show, Open, late.plus(-1)),
            "floor_out_of_turn"
        );
    }

    #[test]
    fn one_entry_is_up_at_a_time_and_only_one_that_takes_part() {
        let rules = read(example());
        let stage = rules.stage("roadshow").unwrap();
        let says = |act, before: &Before| {
            let due = is_due(act, before, stage, stage.opens_at);
            due.err().map(|problem| problem.code())
        };
        for (act, state) in [
            (FloorAct::Open, FloorState::Waiting),
            (FloorAct::Reopen, FloorState::Closed),
        ] {
            let other = Before {
                other: Some(2),
                ..at(state)
            };
            assert_eq!(says(act, &other), Some("another_entry_up"));
            let gone = Before {
                ready: false,
                ..at(state)
            };
            assert_eq!(says(act, &gone), Some("entry_not_in_stage"));
        }
        // An entry that takes part no more leaves the floor.
        let gone = Before {
            ready: false,
            ..at(FloorState::Open)
        };
        assert_eq!(says(FloorAct::Close, &gone), None);
    }
}
