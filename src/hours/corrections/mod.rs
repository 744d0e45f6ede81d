//! One's own hours, and how a record is put right: contested by its volunteer, answered or
//! corrected by its organization, decided by a coordinator. Nothing is overwritten: what is
//! put right is a new record before which the old one stands, with why.
//!
//! Source: the Measures: who disputes a record may ask for a correction, and the organization
//! checks and amends.

pub mod api;
pub mod pages;
pub mod store;
pub mod view;

use axum::http::StatusCode;

use super::Grade;
use super::record::{Record, ServiceFacts};
use super::settling::AROUND;
use crate::choice;
use crate::platform::clock::{Instant, MINUTE};
use crate::platform::fields::FieldErrors;
use crate::platform::i18n::{Lang, Words};
use crate::platform::input::Choice as _;
use crate::platform::problem::Problem;

choice! {
    /// Where a dispute stands.
    DisputeState {
        /// The organization has not answered yet.
        Open = "open",
        /// The organization has put the record right.
        Amended = "amended",
        /// The organization says that the record is right.
        Declined = "declined",
        /// The coordinator is asked to decide.
        Escalated = "escalated",
        /// The coordinator has put the record right.
        Upheld = "upheld",
        /// The coordinator says that the record is right.
        Dismissed = "dismissed",
    }
}

impl DisputeState {
    /// Its name for people.
    pub fn name(self, lang: Lang) -> &'static str {
        match self {
            Self::Open => lang.pick("等组织答复", "Awaiting the organization"),
            Self::Amended => lang.pick("组织已更正", "Corrected"),
            Self::Declined => lang.pick("组织认为无误", "Declined"),
            Self::Escalated => lang.pick("等统筹员裁定", "Awaiting the coordinator"),
            Self::Upheld => lang.pick("统筹员裁定更正", "Upheld"),
            Self::Dismissed => lang.pick("统筹员裁定维持", "Dismissed"),
        }
    }

    /// Whether somebody still has to act.
    pub fn waits(self) -> bool {
        matches!(self, Self::Open | Self::Escalated)
    }
}

choice! {
    /// What was done about a dispute.
    StepKind {
        /// The volunteer said what is wrong.
        Contested = "contested",
        /// The organization put the record right.
        Amended = "amended",
        /// The organization kept it.
        Declined = "declined",
        /// The volunteer asked the coordinator.
        Escalated = "escalated",
        /// The coordinator put the record right.
        Upheld = "upheld",
        /// The coordinator kept it.
        Dismissed = "dismissed",
    }
}

impl StepKind {
    /// Who did what, for people.
    pub fn name(self, lang: Lang) -> &'static str {
        match self {
            Self::Contested => lang.pick("志愿者提出异议", "The volunteer contested it"),
            Self::Amended => lang.pick("组织更正了记录", "The organization corrected it"),
            Self::Declined => lang.pick("组织答复：记录无误", "The organization declined"),
            Self::Escalated => lang.pick(
                "志愿者申请统筹员裁定",
                "The volunteer asked the coordinator",
            ),
            Self::Upheld => lang.pick("统筹员裁定：更正", "The coordinator upheld it"),
            Self::Dismissed => lang.pick("统筹员裁定：维持", "The coordinator dismissed it"),
        }
    }
}

/// What a record of service should say instead; what is left out stays.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Wish {
    /// When service began.
    pub started_at: Option<Instant>,
    /// When it ended.
    pub ended_at: Option<Instant>,
    /// Minutes actually given; 0 says that nothing was.
    pub minutes: Option<i64>,
}

impl Wish {
    /// Whether it asks for nothing.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// What a corrected record says anew; everything else it takes from the one before it.
#[derive(Clone, Debug, PartialEq)]
pub struct Superseding {
    /// The day it took place, in Beijing.
    pub on_date: String,
    /// When service began.
    pub started_at: Instant,
    /// When it ended.
    pub ended_at: Instant,
    /// Minutes actually given.
    pub minutes: i64,
    /// How well it is borne out.
    pub grade: Grade,
    /// JSON.
    pub facts: String,
}

/// So long may service last, in milliseconds, as the schema has it.
const LONGEST: i64 = 2_880 * MINUTE;

/// What the newest of `versions` (the oldest first) comes to by a wish.
///
/// A correction is entered by hand, but a hand that claims no more than the evidence bears
/// is no worse than the evidence: times within those of an earlier version, and no more
/// minutes than it has, keep the best grade such a version has. What goes beyond all of them
/// has nothing but the hand behind it, after settlement: D.
///
/// Refuses what changes nothing, ends before it begins, lies ahead or too far from the shift,
/// or gives more minutes than its times hold.
pub fn supersede(versions: &[Record], wish: Wish, now: Instant) -> Result<Superseding, Problem> {
    let newest = versions.last().ok_or_else(Problem::not_found)?;
    let (Some(facts), Some(was_started), Some(was_ended), Some(was_minutes)) = (
        newest.service(),
        newest.started_at,
        newest.ended_at,
        newest.minutes,
    ) else {
        return Err(Obstacle::NotService.problem());
    };
    let started_at = wish.started_at.unwrap_or(was_started);
    let ended_at = wish.ended_at.unwrap_or(was_ended);
    let span = (ended_at.millis() - started_at.millis()) / MINUTE;
    // Who moves the times and says nothing of the minutes keeps the breaks.
    let breaks = (was_ended.millis() - was_started.millis()) / MINUTE - was_minutes;
    let minutes = wish.minutes.unwrap_or_else(|| match was_minutes {
        0 => span,
        _ => (span - breaks).max(0),
    });
    let mut errors = FieldErrors::default();
    if started_at.millis() < facts.planned_starts_at - AROUND {
        let words = Words::new("比班次早太多", "is too long before the shift");
        errors.push("/started_at", words);
    }
    let end = if ended_at <= started_at {
        Some(Words::new("应晚于开始时间", "must be after the start"))
    } else if ended_at > now {
        Some(Words::new("不能晚于现在", "must not lie ahead"))
    } else if ended_at.millis() > facts.planned_ends_at + AROUND {
        Some(Words::new("比班次晚太多", "is too long after the shift"))
    } else if ended_at.millis() - started_at.millis() > LONGEST {
        Some(Words::new(
            "不能超过开始后 48 小时",
            "must be within 48 hours of the start",
        ))
    } else {
        None
    };
    if let Some(words) = end {
        errors.push("/ended_at", words);
    } else if minutes > span {
        errors.push(
            "/minutes",
            Words::new(
                format!("不能超过起止时间之内的 {span} 分钟"),
                format!("must be at most the {span} minutes between start and end"),
            ),
        );
    }
    errors.into_result().map_err(Problem::invalid)?;
    if (started_at, ended_at, minutes) == (was_started, was_ended, was_minutes) {
        return Err(Obstacle::NothingChanges.problem());
    }
    let within = |version: &&Record| {
        version.minutes != Some(0)
            && version.started_at.is_some_and(|start| start <= started_at)
            && version.ended_at.is_some_and(|end| end >= ended_at)
            && version.minutes.is_some_and(|borne| borne >= minutes)
    };
    let borne_out = versions
        .iter()
        .filter(within)
        .filter_map(|version| version.grade);
    let facts = ServiceFacts {
        breaks_minutes: span - minutes,
        ..facts
    };
    Ok(Superseding {
        on_date: started_at.date().to_string(),
        started_at,
        ended_at,
        minutes,
        grade: borne_out.min().unwrap_or(Grade::D),
        facts: serde_json::to_string(&facts)
            .map_err(|error| Problem::internal(error.to_string()))?,
    })
}

/// Whether the answer to a dispute is late: its last day is over.
pub fn is_overdue(state: DisputeState, due_on: &str, now: Instant) -> bool {
    state == DisputeState::Open && now.date().to_string().as_str() > due_on
}

choice! {
    /// Why a record cannot be contested, corrected or decided on. The set is closed.
    Obstacle {
        /// It was contested before.
        AlreadyContested = "already_contested",
        /// Another record stands in its place already.
        SupersededAlready = "superseded_already",
        /// The corrected times overlap another record of the same person.
        RecordOverlap = "record_overlap",
        /// It would say what it says already.
        NothingChanges = "nothing_changes",
        /// Not a record of service.
        NotService = "not_service",
        /// Where the dispute stands, this is nobody's to do.
        DisputeOutOfTurn = "dispute_out_of_turn",
        /// The organization still has time to answer.
        AnswerNotDue = "answer_not_due",
        /// Nobody judges their own hours.
        OwnRecord = "own_record",
    }
}

impl Obstacle {
    /// What people are told.
    pub fn problem(self) -> Problem {
        let words = match self {
            Self::AlreadyContested => Words::new(
                "这条记录您已经提过异议",
                "You have contested this record already",
            ),
            Self::SupersededAlready => Words::new(
                "这条记录刚刚已被更正，请看最新的一条",
                "This record was corrected meanwhile; look at the newest one",
            ),
            Self::RecordOverlap => Words::new(
                "这个时间段与同一志愿者的另一条记录重叠",
                "These times overlap another record of the same volunteer",
            ),
            Self::NothingChanges => Words::new(
                "与现有记录相同，没有可更正的",
                "This is what the record says already",
            ),
            Self::NotService => Words::new(
                "只有服务时长可以这样更正",
                "Only records of service are corrected this way",
            ),
            Self::DisputeOutOfTurn => Words::new(
                "这项异议目前不能这样处理，请刷新后查看",
                "The dispute does not stand where this can be done; look again",
            ),
            Self::AnswerNotDue => Words::new(
                "组织还在答复期内，逾期未答复可申请裁定",
                "The organization still has time to answer",
            ),
            Self::OwnRecord => Words::new(
                "不能处理自己的服务记录，请组织的其他成员或统筹员处理",
                "Nobody decides on their own record: ask another member, or the coordinator",
            ),
        };
        let status = match self {
            Self::OwnRecord => StatusCode::FORBIDDEN,
            _ => StatusCode::CONFLICT,
        };
        Problem::new(status, self.word(), words)
    }

    /// What a refusal of the schema means.
    fn of_refusal(name: &str) -> Option<Self> {
        match name {
            "record_dispute.record" => Some(Self::AlreadyContested),
            "service_records_overlap" => Some(Self::RecordOverlap),
            name => Self::from_word(name),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::problem::catalogue;
    use proptest::prelude::*;

    const NINE: i64 = 1_795_827_600_000;
    const HOUR: i64 = 60 * MINUTE;

    fn version(seq: i64, hours: (i64, i64), minutes: i64, grade: &str) -> Record {
        let facts = serde_json::json!({
            "activity": "夏令营", "role": "陪伴员", "field": "education", "region": "360730",
            "region_name": "宁都县", "place": "小学", "content": "陪读", "organization": "邻里社",
            "person_in_charge": "李老师", "planned_starts_at": NINE, "planned_ends_at": NINE + 3 * HOUR,
            "breaks_minutes": 0, "evidence": [],
        });
        serde_json::from_value(serde_json::json!({
            "seq": seq, "id": "a", "kind": "service", "volunteer_id": "v", "organization_id": "o",
            "on_date": "2026-11-28", "started_at": NINE + hours.0 * HOUR,
            "ended_at": NINE + hours.1 * HOUR, "minutes": minutes, "grade": grade,
            "facts": facts.to_string(), "due_on": "2026-12-11", "recorded_at": NINE + 4 * HOUR,
            "recorded_by": "volunteer:x", "salt": "",
        }))
        .unwrap()
    }

    fn hours(from: i64, to: i64) -> Wish {
        Wish {
            started_at: Some(Instant::from_millis(NINE + from * HOUR)),
            ended_at: Some(Instant::from_millis(NINE + to * HOUR)),
            minutes: None,
        }
    }

    const LATER: Instant = Instant::from_millis(NINE + 100 * HOUR);

    #[test]
    fn a_correction_within_the_evidence_keeps_its_grade() {
        let first = version(1, (0, 3), 180, "A");
        let less = supersede(std::slice::from_ref(&first), hours(1, 3), LATER).unwrap();
        assert_eq!((less.minutes, less.grade), (120, Grade::A));
        let more = supersede(std::slice::from_ref(&first), hours(0, 4), LATER).unwrap();
        assert_eq!((more.minutes, more.grade), (240, Grade::D));
        // Back to what the code bore witness to, by way of what it did not.
        let stretched = version(2, (0, 4), 240, "D");
        let back = supersede(&[first, stretched], hours(0, 3), LATER).unwrap();
        assert_eq!((back.minutes, back.grade), (180, Grade::A));
    }

    #[test]
    fn breaks_stay_unless_the_minutes_are_given() {
        let first = version(1, (0, 3), 150, "B");
        let moved = supersede(std::slice::from_ref(&first), hours(1, 3), LATER).unwrap();
        assert_eq!(moved.minutes, 90);
        let facts: ServiceFacts = serde_json::from_str(&moved.facts).unwrap();
        assert_eq!(facts.breaks_minutes, 30);
        let wish = Wish {
            minutes: Some(180),
            ..Wish::default()
        };
        let without = supersede(std::slice::from_ref(&first), wish, LATER).unwrap();
        // More than was borne out before, though within the same times.
        assert_eq!((without.minutes, without.grade), (180, Grade::D));
        let nothing = Wish {
            minutes: Some(0),
            ..Wish::default()
        };
        let annulled = supersede(std::slice::from_ref(&first), nothing, LATER).unwrap();
        assert_eq!(annulled.minutes, 0);
    }

    #[test]
    fn what_cannot_be_is_refused_with_every_bad_field() {
        let first = [version(1, (0, 3), 180, "A")];
        let pointers = |wish| {
            let problem = supersede(&first, wish, LATER).unwrap_err();
            let fields = problem.errors().in_lang(Lang::En);
            fields
                .into_iter()
                .map(|field| field.pointer)
                .collect::<Vec<_>>()
        };
        assert_eq!(pointers(hours(3, 1)), ["/ended_at"]);
        assert_eq!(pointers(hours(0, 49)), ["/ended_at"]);
        assert_eq!(pointers(hours(98, 101)), ["/ended_at"]);
        // Twelve hours around the shift, and no more.
        assert_eq!(pointers(hours(-13, 16)), ["/started_at", "/ended_at"]);
        assert!(supersede(&first, hours(-12, 15), LATER).is_ok());
        let minutes = Some(181);
        assert_eq!(
            pointers(Wish {
                minutes,
                ..Wish::default()
            }),
            ["/minutes"]
        );
        let same = supersede(&first, hours(0, 3), LATER).unwrap_err();
        assert_eq!(same.code(), "nothing_changes");
    }

    #[test]
    fn the_day_follows_the_start_in_beijing() {
        let first = [version(1, (0, 3), 180, "C")];
        let early = supersede(&first, hours(-10, -7), LATER).unwrap();
        assert_eq!(early.on_date, "2026-11-27");
    }

    #[test]
    fn an_answer_is_late_from_the_day_after() {
        let at = |text| Instant::parse(text).unwrap();
        let due = "2026-12-07";
        for (state, now, late) in [
            (DisputeState::Open, "2026-12-07T23:59:59+08:00", false),
            (DisputeState::Open, "2026-12-08T00:00:00+08:00", true),
            (DisputeState::Declined, "2026-12-08T00:00:00+08:00", false),
        ] {
            assert_eq!(is_overdue(state, due, at(now)), late, "{now}");
        }
    }

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

    proptest! {
        #[test]
        fn no_correction_gives_more_than_its_times_or_a_better_grade(
            from in -20_i64..20, length in 1_i64..40, minutes in proptest::option::of(0_i64..2_880),
            grade in proptest::sample::select(vec!["A", "B", "C", "D"]),
        ) {
            let first = [version(1, (0, 3), 180, grade)];
            let wish = Wish { minutes, ..hours(from, from + length) };
            if let Ok(done) = supersede(&first, wish, LATER) {
                prop_assert!(done.minutes * MINUTE <= done.ended_at.millis() - done.started_at.millis());
                prop_assert!(Some(done.grade) >= first[0].grade);
                let within = from >= 0 && from + length <= 3;
                prop_assert_eq!(done.grade == Grade::D, !within || grade == "D");
                prop_assert_eq!(done.on_date, done.started_at.date().to_string());
            }
        }
    }
}
