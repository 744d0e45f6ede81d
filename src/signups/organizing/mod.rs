//! Sign-ups in the hands of those who run the shift: deciding on requests, moving
//! volunteers, noting what to expect of them, writing to all of them.

pub mod api;
pub mod pages;
pub mod store;

use axum::http::StatusCode;

use crate::choice;
use crate::platform::clock::DAY;
use crate::platform::i18n::{Lang, Words};
use crate::platform::problem::Problem;
use crate::signups::SignupState;

/// So many messages go out to a shift within [`MESSAGES_COUNT_FOR`]: each costs money and
/// patience.
pub const MOST_MESSAGES: i64 = 5;
/// A message counts for so long, in milliseconds.
pub const MESSAGES_COUNT_FOR: i64 = DAY;

choice! {
    /// What the organizer said to a request, where the project asks for approval.
    Approval {
        /// Nothing yet: the sign-up waits, and no seat is given to it.
        Pending = "pending",
        /// Yes: it has a seat, or waits in line for one.
        Approved = "approved",
        /// No.
        Declined = "declined",
    }
}

/// Where a sign-up stands, for people.
pub fn state_name(state: SignupState, approval: Option<Approval>, lang: Lang) -> &'static str {
    match (state, approval) {
        (SignupState::Waitlisted, Some(Approval::Pending)) => {
            lang.pick("待审核", "Awaiting approval")
        }
        (SignupState::Cancelled, Some(Approval::Declined)) => lang.pick("未通过", "Declined"),
        _ => state.name(lang),
    }
}

choice! {
    /// What the organizer expects of somebody on the day.
    Expectation {
        /// Comes as agreed.
        Expected = "expected",
        /// Comes later than the start.
        ArrivesLate = "arrives_late",
        /// Has said not to come, and keeps the seat.
        NotComing = "not_coming",
    }
}

impl Expectation {
    /// All expectations.
    pub fn all() -> impl Iterator<Item = Self> {
        use crate::platform::input::Choice as _;
        Self::ALL.iter().map(|(expectation, _)| *expectation)
    }

    /// Its name for people.
    pub fn name(self, lang: Lang) -> &'static str {
        match self {
            Self::Expected => lang.pick("会来", "Expected"),
            Self::ArrivesLate => lang.pick("会晚到", "Arrives late"),
            Self::NotComing => lang.pick("来不了", "Not coming"),
        }
    }
}

choice! {
    /// Whom a message goes to.
    Recipients {
        /// Those who have a seat.
        Confirmed = "confirmed",
        /// Those who wait as well.
        All = "all",
    }
}

choice! {
    /// Why an organizer's act cannot be done. The set is closed. Words say nothing of what
    /// else the volunteer does: that is not the organizer's to know.
    Obstacle {
        /// Not a shift of the same project.
        NotASibling = "not_a_sibling",
        /// Cancelled or settled: nothing to move any more.
        NotMovable = "not_movable",
        /// The request was decided, given up, or never was one.
        NotPending = "not_pending",
        /// The shift, or its whole project, was called off.
        ShiftCancelled = "shift_cancelled",
        /// The organization was stopped by a coordinator.
        OrganizationSuspended = "organization_suspended",
        /// The shift is over.
        Ended = "ended",
        /// The volunteer is on that shift.
        AlreadySignedUp = "already_signed_up",
        /// No seat is free there.
        ShiftFull = "shift_full",
        /// The shift bars minors, and no birth date is known.
        BirthDateMissing = "birth_date_missing",
        /// Younger than the project allows on that day.
        TooYoung = "too_young",
        /// Under 14 on that day, and no guardian comes along.
        GuardianMustAccompany = "guardian_must_accompany",
        /// Under 18 on that day, and no guardian has consented.
        GuardianConsentMissing = "guardian_consent_missing",
        /// A skill the project asks for.
        SkillMissing = "skill_missing",
        /// Overlaps another shift of theirs.
        ShiftClash = "shift_clash",
        /// Too little time from or to another place; they may agree to it.
        TightGap = "tight_gap",
        /// The shift ended more than 30 days ago.
        RosterClosed = "roster_closed",
        /// Enough for a day.
        TooManyMessages = "too_many_messages",
        /// Nobody would read it.
        NobodySignedUp = "nobody_signed_up",
    }
}

impl Obstacle {
    /// The refusal as an answer.
    pub fn problem(self) -> Problem {
        let status = match self {
            Self::RosterClosed => StatusCode::GONE,
            Self::TooManyMessages => StatusCode::TOO_MANY_REQUESTS,
            Self::BirthDateMissing | Self::GuardianMustAccompany | Self::GuardianConsentMissing => {
                StatusCode::UNPROCESSABLE_ENTITY
            }
            _ => StatusCode::CONFLICT,
        };
        Problem::new(status, self.word(), self.words())
    }

    fn words(self) -> Words {
        match self {
            Self::NotASibling => Words::new(
                "只能换到同一项目的班次",
                "Volunteers are moved between shifts of the same project only",
            ),
            Self::NotMovable => Words::new(
                "这个报名已取消或已结算，不能再换班",
                "This sign-up was cancelled or settled and cannot be moved",
            ),
            Self::NotPending => Words::new(
                "这个报名不在等待审核",
                "This sign-up is not waiting for approval",
            ),
            Self::ShiftCancelled => Words::new("这个班次已取消", "The shift was cancelled"),
            Self::OrganizationSuspended => Words::new(
                "组织尚未核验或已被暂停",
                "The organization is not verified or was suspended",
            ),
            Self::Ended => Words::new("这个班次已经结束", "The shift is over"),
            Self::AlreadySignedUp => Words::new(
                "这位志愿者已经在那个班次上了",
                "The volunteer is on that shift already",
            ),
            Self::ShiftFull => Words::new("那个班次没有空位了", "No seat is free on that shift"),
            Self::BirthDateMissing => Words::new(
                "那个班次不收未成年人，而这位志愿者没有填写出生日期",
                "That shift bars minors, and the volunteer's birth date is not known",
            ),
            Self::TooYoung => Words::new(
                "这位志愿者在活动当天还不到年龄",
                "The volunteer would be too young on the day",
            ),
            Self::GuardianMustAccompany => Words::new(
                "这位志愿者当天未满 14 周岁，需要监护人同意并陪同",
                "The volunteer would be under 14 that day: a guardian must consent and come along",
            ),
            Self::GuardianConsentMissing => Words::new(
                "这位志愿者当天未满 18 周岁，需要监护人同意",
                "The volunteer would be under 18 that day: a guardian must consent",
            ),
            Self::SkillMissing => Words::new(
                "这位志愿者没有填写项目需要的技能",
                "The volunteer has not said to have the skills the project needs",
            ),
            Self::ShiftClash => Words::new(
                "这位志愿者那个时间已有别的班次",
                "The volunteer has another shift at that time",
            ),
            Self::TightGap => Words::new(
                "与这位志愿者的另一个班次间隔太短，路上可能来不及",
                "It leaves the volunteer too little time to travel to or from another shift",
            ),
            Self::RosterClosed => Words::new(
                "班次结束已超过 30 天，名单不再显示",
                "The shift ended more than 30 days ago; its roster is closed",
            ),
            Self::TooManyMessages => Words::new(
                "24 小时内给这个班次的消息已达 5 条，请稍后再发",
                "Five messages went out to this shift within 24 hours; try again later",
            ),
            Self::NobodySignedUp => {
                Words::new("没有可以通知的志愿者", "There is nobody to write to")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::input::Choice as _;
    use crate::platform::problem::catalogue;

    #[test]
    fn every_obstacle_speaks_both_languages_and_has_its_code() {
        for (obstacle, word) in Obstacle::ALL {
            let problem = obstacle.problem();
            assert_eq!(problem.code(), *word);
            let kind = catalogue::find(word).unwrap();
            assert_eq!(problem.status().as_u16(), kind.status, "{word}");
            let (zh, en) = (problem.title(Lang::Zh), problem.title(Lang::En));
            assert!(zh.chars().any(|c| c > '\u{2E80}'), "{word}: {zh}");
            assert!(
                en.starts_with(|c: char| c.is_ascii_uppercase()),
                "{word}: {en}"
            );
        }
    }

    #[test]
    fn a_request_is_not_called_a_waiting_list() {
        for (state, approval, name) in [
            (
                SignupState::Waitlisted,
                Some(Approval::Pending),
                "Awaiting approval",
            ),
            (
                SignupState::Waitlisted,
                Some(Approval::Approved),
                "Waiting list",
            ),
            (SignupState::Waitlisted, None, "Waiting list"),
            (SignupState::Cancelled, Some(Approval::Declined), "Declined"),
            (SignupState::Cancelled, Some(Approval::Pending), "Cancelled"),
            (
                SignupState::Confirmed,
                Some(Approval::Approved),
                "Confirmed",
            ),
        ] {
            assert_eq!(state_name(state, approval, Lang::En), name);
        }
    }
}
