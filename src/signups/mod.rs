//! Volunteers taking shifts: places, the waiting list, and why somebody cannot come.

pub mod api;
pub mod calendar;
pub mod consequences;
pub mod organizing;
pub mod pages;
pub mod roster;
pub mod store;

// What an organization's console counts within its own question.
pub use organizing::store::{Asked, asked};

use axum::http::StatusCode;
use deserr::Deserr;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::choice;
use crate::menu::Skill;
use crate::platform::clock::{DAY, Instant, age_on, day_words, parse_date, span_words};
use crate::platform::fields::FieldErrors;
use crate::platform::i18n::{Lang, Words};
use crate::platform::problem::Problem;
use crate::platform::text::Line;
use crate::volunteers::Phone;

/// Names and phones stay on the roster so long after the shift, in milliseconds.
pub const ROSTER_LASTS: i64 = 30 * DAY;

choice! {
    /// Where a sign-up stands.
    SignupState {
        /// Has a seat.
        Confirmed = "confirmed",
        /// Waits for one.
        Waitlisted = "waitlisted",
        /// Given up, or called off.
        Cancelled = "cancelled",
        /// Came.
        Attended = "attended",
        /// Did not come.
        Absent = "absent",
    }
}

impl SignupState {
    /// Its name for people.
    pub fn name(self, lang: Lang) -> &'static str {
        match self {
            Self::Confirmed => lang.pick("已确认", "Confirmed"),
            Self::Waitlisted => lang.pick("候补中", "Waiting list"),
            Self::Cancelled => lang.pick("已取消", "Cancelled"),
            Self::Attended => lang.pick("已参加", "Attended"),
            Self::Absent => lang.pick("未到场", "Absent"),
        }
    }
}

choice! {
    /// Why a volunteer cannot take a shift. The set is closed: pages, programs and tests
    /// know each of them.
    Refusal {
        /// The shift or its whole project was called off.
        ShiftCancelled = "shift_cancelled",
        /// The organization was stopped by a coordinator.
        OrganizationSuspended = "organization_suspended",
        /// The shift is over.
        Ended = "ended",
        /// Sign-up has closed, or the shift has begun.
        Closed = "closed",
        /// Sign-up has not opened yet.
        NotOpen = "not_open",
        /// They are on it.
        AlreadySignedUp = "already_signed_up",
        /// Nobody can call them by name yet.
        NameMissing = "name_missing",
        /// The shift needs to know their age.
        BirthDateMissing = "birth_date_missing",
        /// Younger than the project allows on the day of the shift.
        TooYoung = "too_young",
        /// Aged 14 to 17, and no guardian has consented.
        GuardianConsentMissing = "guardian_consent_missing",
        /// Under 14, and no guardian comes along.
        GuardianMustAccompany = "guardian_must_accompany",
        /// A skill the project asks for.
        SkillMissing = "skill_missing",
        /// Overlaps a shift they hold.
        ShiftClash = "shift_clash",
        /// Too little time between two places; the volunteer may override.
        TightGap = "tight_gap",
        /// Neither a seat nor a place on the waiting list.
        ShiftFull = "shift_full",
    }
}

impl Refusal {
    /// Whether the volunteer can add something that makes it possible.
    pub fn can_be_mended(self) -> bool {
        matches!(
            self,
            Self::NameMissing
                | Self::BirthDateMissing
                | Self::GuardianConsentMissing
                | Self::GuardianMustAccompany
                | Self::SkillMissing
                | Self::TightGap
        )
    }

    /// A sentence a person understands.
    pub fn words(self, facts: &Facts) -> Words {
        let clash = |zh: &str, en: &str| {
            facts.clash.as_ref().map_or_else(
                || {
                    Words::new(
                        format!("与您的另一个班次{zh}"),
                        format!("It {en} another shift of yours"),
                    )
                },
                |clash| {
                    Words::new(
                        format!("与您已报名的“{}”（{}）", clash.title, clash.when(Lang::Zh)) + zh,
                        format!("It {en} “{}”, {}", clash.title, clash.when(Lang::En)),
                    )
                },
            )
        };
        match self {
            Self::ShiftCancelled => Words::new("这个班次已取消", "This shift was cancelled"),
            Self::OrganizationSuspended => Words::new(
                "这个组织已被暂停，暂时不能报名",
                "This organization is suspended; sign-up is stopped",
            ),
            Self::Ended => Words::new("这个班次已经结束", "This shift is over"),
            Self::Closed => Words::new("报名已经截止", "Sign-up has closed"),
            Self::NotOpen => facts.opens_at.map_or_else(
                || Words::new("报名还没有开始", "Sign-up has not opened yet"),
                |at| {
                    Words::new(
                        format!("{} {} 开放报名", day_words(at, Lang::Zh), at.hour_minute()),
                        format!(
                            "Sign-up opens {} at {}",
                            day_words(at, Lang::En),
                            at.hour_minute()
                        ),
                    )
                },
            ),
            Self::AlreadySignedUp => Words::new(
                "您已经报过这个班次了",
                "You are signed up for this shift already",
            ),
            Self::NameMissing => Words::new(
                "请填写姓名，方便现场签到",
                "Please give your name, so that you can be called by it",
            ),
            Self::BirthDateMissing if facts.min_age >= 18 => Words::new(
                "请填写出生日期，用来核对年龄",
                "Please give your birth date so that your age can be checked",
            ),
            Self::BirthDateMissing => Words::new(
                "请勾选“我已年满 18 周岁”；未满 18 周岁请填写出生日期",
                "Tick “I am 18 or older”; if you are under 18, give your birth date",
            ),
            Self::TooYoung => Words::new(
                format!("活动当天须年满 {} 周岁", facts.min_age),
                format!("You must be {} or older on the day", facts.min_age),
            ),
            Self::GuardianConsentMissing => Words::new(
                "未满 18 周岁，需要监护人同意",
                "Under 18, a guardian must consent",
            ),
            Self::GuardianMustAccompany => Words::new(
                "未满 14 周岁，需要监护人同意并全程陪同",
                "Under 14, a guardian must consent and come along",
            ),
            Self::SkillMissing => {
                let names = |lang| {
                    let names: Vec<_> = facts
                        .missing_skills
                        .iter()
                        .map(|skill| skill.name(lang))
                        .collect();
                    names.join(lang.pick("、", ", "))
                };
                Words::new(
                    format!("这个班次需要：{}", names(Lang::Zh)),
                    format!("This shift needs: {}", names(Lang::En)),
                )
            }
            Self::ShiftClash => clash("时间重叠", "overlaps with"),
            Self::TightGap => clash(
                "间隔太短，路上可能来不及",
                "leaves too little time to travel to or from",
            ),
            Self::ShiftFull => Words::new("名额已满", "All places are taken"),
        }
    }

    /// The refusal as an answer.
    pub fn problem(self, facts: &Facts) -> Problem {
        let status = match self {
            Self::NameMissing
            | Self::BirthDateMissing
            | Self::GuardianConsentMissing
            | Self::GuardianMustAccompany => StatusCode::UNPROCESSABLE_ENTITY,
            _ => StatusCode::CONFLICT,
        };
        let problem = Problem::new(status, self.word(), self.words(facts));
        match self {
            Self::AlreadySignedUp => problem.with("signup_id", facts.signup_id.clone()),
            Self::ShiftClash | Self::TightGap => match &facts.clash {
                Some(clash) => problem
                    .with(
                        "clashes_with",
                        serde_json::to_value(clash).unwrap_or_default(),
                    )
                    .with("may_override", self == Self::TightGap),
                None => problem,
            },
            Self::SkillMissing => problem.with("skills", serde_json::json!(facts.missing_skills)),
            Self::NotOpen => match facts.opens_at {
                Some(at) => problem.with("opens_at", at.rfc3339()),
                None => problem,
            },
            Self::TooYoung => problem.with("min_age", facts.min_age),
            _ => problem,
        }
    }
}

/// A shift the volunteer holds.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Clash {
    /// What its project is called.
    pub title: String,
    /// When it starts.
    pub starts_at: Instant,
    /// When it ends.
    pub ends_at: Instant,
}

impl Clash {
    fn when(&self, lang: Lang) -> String {
        format!(
            "{} {}",
            day_words(self.starts_at, lang),
            span_words(self.starts_at, self.ends_at, lang)
        )
    }
}

/// What explains a refusal.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    /// Youngest age.
    pub min_age: i64,
    /// When sign-up opens.
    pub opens_at: Option<Instant>,
    /// The sign-up there is.
    pub signup_id: Option<String>,
    /// The shift in the way.
    pub clash: Option<Clash>,
    /// What they have not said they can do.
    pub missing_skills: Vec<Skill>,
}

/// A guardian (监护人) of a volunteer under 18.
#[derive(Clone, Debug, Deserr, ToSchema)]
#[deserr(error = FieldErrors, deny_unknown_fields)]
pub struct Guardian {
    /// What they are called.
    pub name: Line<30>,
    /// Their mobile number.
    pub phone: Phone,
    /// Whether they come along; must be so under 14.
    #[deserr(default)]
    #[schema(required = false)]
    pub accompanies: bool,
}

/// What a sign-up lacks as far as the form tells, before anybody is signed in and a code
/// is sent for nothing. The database decides.
pub fn foresee(
    wish: &store::Wish,
    min_age: i64,
    skills: &[Skill],
    day: Date,
) -> Option<(Refusal, Facts)> {
    let facts = |refusal| {
        let missing_skills = skills
            .iter()
            .copied()
            .filter(|skill| !wish.skills.contains(skill));
        let facts = Facts {
            min_age,
            missing_skills: missing_skills.collect(),
            ..Facts::default()
        };
        Some((refusal, facts))
    };
    let birth = wish.birth_date.as_deref().and_then(parse_date);
    if let Some(birth) = birth {
        let age = i64::from(age_on(birth, day));
        let guardian = wish.guardian.as_ref();
        if age < min_age {
            return facts(Refusal::TooYoung);
        } else if age < 14 && !guardian.is_some_and(|guardian| guardian.accompanies) {
            return facts(Refusal::GuardianMustAccompany);
        } else if age < 18 && guardian.is_none() {
            return facts(Refusal::GuardianConsentMissing);
        }
    } else if min_age >= 18 || !wish.adult {
        return facts(Refusal::BirthDateMissing);
    }
    if skills.iter().any(|skill| !wish.skills.contains(skill)) {
        return facts(Refusal::SkillMissing);
    }
    None
}

/// How long before the start a volunteer may cancel alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leaving {
    /// At once.
    Freely,
    /// Only by asking the organizer.
    ByAsking,
    /// Not any more.
    TooLate,
}

impl Leaving {
    /// Waiting costs nobody anything: it may always be given up.
    pub fn of(
        state: SignupState,
        starts_at: Instant,
        cancel_until_minutes: i64,
        now: Instant,
    ) -> Self {
        let deadline = starts_at.plus(-cancel_until_minutes * crate::platform::clock::MINUTE);
        match state {
            SignupState::Waitlisted if now < starts_at => Self::Freely,
            SignupState::Confirmed if now < deadline => Self::Freely,
            SignupState::Confirmed if now < starts_at => Self::ByAsking,
            _ => Self::TooLate,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::input::Choice as _;

    fn at(text: &str) -> Instant {
        Instant::parse(text).unwrap()
    }

    #[test]
    fn every_refusal_speaks_both_languages_and_has_its_code() {
        let facts = Facts {
            min_age: 16,
            opens_at: Some(at("2026-11-28T08:00:00+08:00")),
            signup_id: Some("x".into()),
            clash: Some(Clash {
                title: "义诊".into(),
                starts_at: at("2026-11-28T08:00:00+08:00"),
                ends_at: at("2026-11-28T10:00:00+08:00"),
            }),
            missing_skills: vec![Skill::Driving, Skill::FirstAid],
        };
        for (refusal, word) in Refusal::ALL {
            let words = refusal.words(&facts);
            let (zh, en) = (words.in_lang(Lang::Zh), words.in_lang(Lang::En));
            assert!(zh.chars().any(|c| c > '\u{2E80}'), "{word}: {zh}");
            assert!(
                en.starts_with(|c: char| c.is_ascii_uppercase()),
                "{word}: {en}"
            );
            assert_eq!(refusal.problem(&facts).code(), *word);
        }
        let clash = Refusal::ShiftClash.words(&facts);
        assert_eq!(
            clash.in_lang(Lang::Zh),
            "与您已报名的“义诊”（11月28日 周六 08:00–10:00）时间重叠"
        );
        let skills = Refusal::SkillMissing.words(&facts);
        assert_eq!(skills.in_lang(Lang::Zh), "这个班次需要：驾驶证、急救证");
        let opens = Refusal::NotOpen.words(&facts);
        assert_eq!(opens.in_lang(Lang::Zh), "11月28日 周六 08:00 开放报名");
    }

    #[test]
    fn what_a_form_lacks_is_told_before_a_code_is_sent() {
        let day = jiff::civil::date(2026, 11, 28);
        let guardian = |accompanies| Guardian {
            name: Line::parse("李父").unwrap(),
            phone: Phone::parse("13800138000").unwrap(),
            accompanies,
        };
        let wish = |born: Option<&str>, adult, guardian| store::Wish {
            birth_date: born.map(str::to_owned),
            adult,
            guardian,
            ..store::Wish::default()
        };
        let lacks = |wish: &store::Wish, min_age| {
            foresee(wish, min_age, &[], day).map(|(refusal, _)| refusal)
        };
        assert_eq!(
            lacks(&wish(None, false, None), 14),
            Some(Refusal::BirthDateMissing)
        );
        assert_eq!(lacks(&wish(None, true, None), 14), None);
        assert_eq!(
            lacks(&wish(None, true, None), 18),
            Some(Refusal::BirthDateMissing)
        );
        assert_eq!(lacks(&wish(Some("2008-11-28"), false, None), 18), None);
        assert_eq!(
            lacks(&wish(Some("2008-11-29"), false, None), 18),
            Some(Refusal::TooYoung)
        );
        assert_eq!(
            lacks(&wish(Some("2010-01-01"), false, None), 14),
            Some(Refusal::GuardianConsentMissing)
        );
        assert_eq!(
            lacks(&wish(Some("2010-01-01"), false, Some(guardian(false))), 14),
            None
        );
        assert_eq!(
            lacks(&wish(Some("2013-01-01"), false, Some(guardian(false))), 0),
            Some(Refusal::GuardianMustAccompany)
        );
        assert_eq!(
            lacks(&wish(Some("2013-01-01"), false, Some(guardian(true))), 0),
            None
        );
        let skilled = foresee(&wish(None, true, None), 14, &[Skill::Driving], day);
        assert_eq!(skilled.unwrap().1.missing_skills, [Skill::Driving]);
    }

    #[test]
    fn leaving_is_free_until_the_deadline_then_asked_for() {
        let start = at("2026-11-28T08:00:00+08:00");
        for (state, now, leaving) in [
            (
                SignupState::Confirmed,
                "2026-11-27T07:59:59+08:00",
                Leaving::Freely,
            ),
            (
                SignupState::Confirmed,
                "2026-11-27T08:00:00+08:00",
                Leaving::ByAsking,
            ),
            (
                SignupState::Confirmed,
                "2026-11-28T08:00:00+08:00",
                Leaving::TooLate,
            ),
            (
                SignupState::Waitlisted,
                "2026-11-28T07:59:59+08:00",
                Leaving::Freely,
            ),
            (
                SignupState::Waitlisted,
                "2026-11-28T08:00:00+08:00",
                Leaving::TooLate,
            ),
            (
                SignupState::Cancelled,
                "2026-11-01T08:00:00+08:00",
                Leaving::TooLate,
            ),
        ] {
            assert_eq!(
                Leaving::of(state, start, 1440, at(now)),
                leaving,
                "{state:?} {now}"
            );
        }
    }
}
