//! Settling a shift: from what was seen of people's coming and going to their service records
//! (the Measures, articles 7 to 9), and what is recorded besides (article 10).

pub mod api;
pub mod deciding;
pub mod extra;
pub mod pages;
pub mod proposal;
pub mod store;

use axum::http::StatusCode;

use crate::choice;
use crate::platform::clock::{HOUR, Instant, MINUTE};
use crate::platform::i18n::{Lang, Words};
use crate::platform::problem::Problem;

/// Minutes beyond the planned length that need no reason: people tidy up.
pub const TOLERANCE: i64 = 30;
/// Service of a shift lies within so much of it, in milliseconds.
pub const AROUND: i64 = 12 * HOUR;
/// So many people are named in one request.
pub const MOST_ENTRIES: usize = 2000;

/// When a shift was to take place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slot {
    /// Its start.
    pub starts_at: Instant,
    /// Its end.
    pub ends_at: Instant,
}

impl Slot {
    /// Its length in minutes.
    pub fn minutes(self) -> i64 {
        minutes_between(self.starts_at, self.ends_at)
    }
}

/// Whole minutes from one instant to a later one.
pub fn minutes_between(from: Instant, to: Instant) -> i64 {
    (to.millis() - from.millis()).div_euclid(MINUTE)
}

/// The minute an instant lies in.
fn to_the_minute(instant: Instant) -> Instant {
    instant.plus(-instant.millis().rem_euclid(MINUTE))
}

choice! {
    /// What explains a proposal. The set is closed.
    Note {
        /// Checked in early: counted from the start.
        CameEarly = "came_early",
        /// Checked out late: counted to half an hour after the end.
        LeftLate = "left_late",
        /// No check-in: counted from the start.
        NoCheckIn = "no_check_in",
        /// No check-out, or one before coming back: counted to the end.
        NoCheckOut = "no_check_out",
        /// Sent afterwards from a phone without a network.
        SentLate = "sent_late",
        /// From the sheet, or by the recorder's hand.
        ByHand = "by_hand",
        /// Went and came back: taken out as a break.
        WentAway = "went_away",
        /// Nothing was seen of them.
        NothingSeen = "nothing_seen",
        /// What was seen gives no time within the shift.
        NoTime = "no_time",
        /// The shift was settled before.
        AfterSettlement = "after_settlement",
    }
}

impl Note {
    /// What it says, for people.
    pub fn name(self, lang: Lang) -> &'static str {
        match self {
            Self::CameEarly => lang.pick("提前签到，从开始时间算", "early, counted from the start"),
            Self::LeftLate => lang.pick(
                "签退较晚，算到结束后 30 分钟",
                "late out, counted to 30 min after the end",
            ),
            Self::NoCheckIn => lang.pick(
                "没有签到，从开始时间算",
                "no check-in, counted from the start",
            ),
            Self::NoCheckOut => {
                lang.pick("没有签退，算到结束时间", "no check-out, counted to the end")
            }
            Self::SentLate => lang.pick("断网补传", "sent late"),
            Self::ByHand => lang.pick("人工登记或签到表", "by hand or by the sheet"),
            Self::WentAway => lang.pick("中途离开，已扣除", "time away taken out"),
            Self::NothingSeen => lang.pick("没有签到记录", "nothing seen"),
            Self::NoTime => lang.pick("签到不在班次时间内", "seen outside the shift only"),
            Self::AfterSettlement => lang.pick("结算后补录", "after settlement"),
        }
    }
}

choice! {
    /// Why a shift cannot be settled now. The set is closed.
    Obstacle {
        /// It has not ended.
        NotOver = "shift_not_over",
        /// It was called off.
        ShiftCancelled = "shift_cancelled",
        /// The organization was stopped by a coordinator.
        OrganizationSuspended = "organization_suspended",
    }
}

impl Obstacle {
    /// What it says, for people.
    pub fn words(self) -> Words {
        match self {
            Self::NotOver => Words::new(
                "班次还没有结束，结束后再结算",
                "The shift is not over; settle it afterwards",
            ),
            Self::ShiftCancelled => Words::new("这个班次已取消", "The shift was cancelled"),
            Self::OrganizationSuspended => Words::new(
                "组织尚未核验或已被暂停",
                "The organization is not verified or was suspended",
            ),
        }
    }

    /// The refusal as an answer.
    pub fn problem(self) -> Problem {
        Problem::new(StatusCode::CONFLICT, self.word(), self.words())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::input::Choice as _;
    use crate::platform::problem::catalogue;

    #[test]
    fn every_obstacle_has_its_code() {
        for (obstacle, word) in Obstacle::ALL {
            let kind = catalogue::find(word).unwrap();
            assert_eq!(obstacle.problem().status().as_u16(), kind.status, "{word}");
        }
    }
}
