//! What whoever settles says, held against the evidence and against what was recorded
//! elsewhere: either all of it stands, or everything wrong is named at once.

use std::collections::{BTreeMap, BTreeSet};

use super::proposal::{Evidence, Proposal, Stay, propose};
use super::{AROUND, Slot, TOLERANCE, to_the_minute};
use crate::hours::Grade;
use crate::platform::clock::{Instant, day_words, span_words};
use crate::platform::fields::FieldErrors;
use crate::platform::i18n::{Lang, Words};

/// Somebody with a seat, as far as deciding goes.
#[derive(Debug)]
pub struct Seated<'a> {
    /// The sign-up's id.
    pub signup: &'a str,
    /// The ticket's number.
    pub number: i64,
    /// Whether it is whoever settles.
    pub own: bool,
    /// What was seen of them.
    pub evidence: &'a [Evidence],
    /// When other records say that they served.
    pub busy: &'a [(Instant, Instant)],
    /// Whether a record of this sign-up stands.
    pub recorded: bool,
    /// Whether they were noted as absent.
    pub absent: bool,
}

/// What is said of somebody; whatever is left out is as proposed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Given {
    /// Whether they came.
    pub attended: bool,
    /// From when.
    pub started_at: Option<Instant>,
    /// Until when.
    pub ended_at: Option<Instant>,
    /// Minutes within that were not service.
    pub breaks_minutes: Option<i64>,
    /// Why more than the shift's length, or why absent against the evidence.
    pub reason: Option<String>,
}

/// What becomes of somebody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Their service is recorded.
    Served(Stay, Option<String>),
    /// They were not there.
    Absent(Option<String>),
    /// It is noted already.
    Unchanged,
}

/// A shift that is being settled.
#[derive(Clone, Copy, Debug)]
pub struct Settling {
    /// When it was to take place.
    pub slot: Slot,
    /// Whether it was settled before.
    pub settled: bool,
    /// Now.
    pub now: Instant,
}

/// What becomes of everybody: of those named what is said of them, of all others with a seat
/// what is proposed, unless the shift was settled before. Gives places in `people`.
///
/// Nobody records their own hours by hand: of whoever settles only what both ends by code
/// bear out is taken, and they are left for somebody else otherwise.
///
/// Errors point at `/entries/…`; one of somebody not named at `/entries`, by the number of
/// the ticket.
pub fn decide(
    shift: Settling,
    people: &[Seated<'_>],
    entries: &[(String, Given)],
) -> Result<Vec<(usize, Outcome)>, FieldErrors> {
    let places: BTreeMap<&str, usize> = people
        .iter()
        .enumerate()
        .map(|(at, person)| (person.signup, at))
        .collect();
    let mut errors = FieldErrors::default();
    let mut outcomes = Vec::new();
    let mut named = BTreeSet::new();
    for (index, (signup, given)) in entries.iter().enumerate() {
        let place = places.get(signup.as_str()).copied();
        let Some((at, person)) = place.and_then(|at| Some((at, people.get(at)?))) else {
            errors.push(
                format!("/entries/{index}/signup_id"),
                Words::new("不在这个班次的名单上", "has no seat on this shift"),
            );
            continue;
        };
        if !named.insert(at) {
            errors.push(
                format!("/entries/{index}/signup_id"),
                Words::new("只能出现一次", "must appear once"),
            );
            continue;
        }
        match one(shift, person, given) {
            Ok(outcome) => outcomes.push((at, outcome)),
            Err(faults) => {
                for (field, words) in faults {
                    errors.push(format!("/entries/{index}/{field}"), words);
                }
            }
        }
    }
    if shift.settled && entries.is_empty() {
        let words = Words::new("请写明要补录谁", "must name somebody: the shift is settled");
        errors.push("/entries", words);
    }
    if !shift.settled {
        for (at, person) in people.iter().enumerate() {
            if named.contains(&at) || person.recorded || person.absent {
                continue;
            }
            let proposal = propose(shift.slot, person.evidence, false);
            if person.own && !proposal.is_borne_out() {
                continue;
            }
            let attended = proposal.stay.is_some();
            let given = Given {
                attended,
                ..Given::default()
            };
            match one(shift, person, &given) {
                Ok(outcome) => outcomes.push((at, outcome)),
                Err(faults) => {
                    for (_, words) in faults {
                        errors.push("/entries", of_ticket(person.number, &words));
                    }
                }
            }
        }
    }
    errors.into_result().map(|()| outcomes)
}

fn of_ticket(number: i64, words: &Words) -> Words {
    Words::new(
        format!("票号 {number:06}：{}", words.in_lang(Lang::Zh)),
        format!("ticket {number:06}: {}", words.in_lang(Lang::En)),
    )
}

/// What is wrong with what is said of somebody: fields and words.
type Faults = Vec<(&'static str, Words)>;

fn one(shift: Settling, person: &Seated<'_>, given: &Given) -> Result<Outcome, Faults> {
    if person.recorded {
        let words = Words::new(
            "已有服务记录，如有错误请更正那条记录",
            "has a service record already; correct that one",
        );
        return Err(vec![("signup_id", words)]);
    }
    let proposal = propose(shift.slot, person.evidence, shift.settled);
    if given.attended {
        served(shift, person, &proposal, given)
    } else {
        absent(person, &proposal, given)
    }
}

fn absent(person: &Seated<'_>, proposal: &Proposal, given: &Given) -> Result<Outcome, Faults> {
    let mut faults = Faults::new();
    for (field, is_given) in [
        ("started_at", given.started_at.is_some()),
        ("ended_at", given.ended_at.is_some()),
        ("breaks_minutes", given.breaks_minutes.is_some()),
    ] {
        if is_given {
            let words = Words::new("未到的人没有时间可记", "goes with attended only");
            faults.push((field, words));
        }
    }
    if proposal.stay.is_some() && given.reason.is_none() && !person.absent {
        faults.push((
            "reason",
            Words::new(
                "有签到记录，记为未到请写明原因",
                "must say why: there is evidence that they came",
            ),
        ));
    }
    if !faults.is_empty() {
        return Err(faults);
    }
    Ok(match person.absent {
        true => Outcome::Unchanged,
        false => Outcome::Absent(given.reason.clone()),
    })
}

fn served(
    shift: Settling,
    person: &Seated<'_>,
    proposal: &Proposal,
    given: &Given,
) -> Result<Outcome, Faults> {
    let proposed = proposal.stay.as_ref();
    let slot = shift.slot;
    let started_at = given.started_at.map(to_the_minute);
    let ended_at = given.ended_at.map(to_the_minute);
    let mut stay = Stay {
        started_at: started_at
            .unwrap_or_else(|| proposed.map_or(slot.starts_at, |it| it.started_at)),
        ended_at: ended_at.unwrap_or_else(|| proposed.map_or(slot.ends_at, |it| it.ended_at)),
        breaks_minutes: given
            .breaks_minutes
            .unwrap_or_else(|| proposed.map_or(0, |it| it.breaks_minutes)),
        grade: Grade::C,
    };
    stay.grade = borne_out(&stay, proposed, shift.settled);
    let mut faults = Faults::new();
    if person.own && stay.grade != Grade::A {
        let words = Words::new(
            "是您本人：签到、签退都扫了码的时间才能由自己结算，否则请另一位成员记录",
            "is you: record your own only as both codes bear it out, or ask another member",
        );
        faults.push(("signup_id", words));
    }
    if stay.started_at < slot.starts_at.plus(-AROUND) {
        let words = Words::new("比班次早太多", "is too long before the shift");
        faults.push(("started_at", words));
    }
    if stay.ended_at > slot.ends_at.plus(AROUND) {
        let words = Words::new("比班次晚太多", "is too long after the shift");
        faults.push(("ended_at", words));
    } else if stay.ended_at > shift.now {
        let words = Words::new("这个时间还没有到", "lies ahead");
        faults.push(("ended_at", words));
    }
    if stay.ended_at <= stay.started_at {
        let words = Words::new("应晚于开始时间", "must be after the start");
        faults.push(("ended_at", words));
    } else if stay.minutes() <= 0 {
        let words = Words::new("休息不能占满全部时间", "must leave some time of service");
        faults.push(("breaks_minutes", words));
    } else if stay.minutes() > slot.minutes() + TOLERANCE && given.reason.is_none() {
        let words = Words::new(
            format!("服务时间超过班次长度 {TOLERANCE} 分钟以上，请写明原因"),
            format!("must say why: over {TOLERANCE} minutes longer than the shift"),
        );
        faults.push(("reason", words));
    }
    for (from, to) in person.busy {
        if *from < stay.ended_at && *to > stay.started_at {
            faults.push(("started_at", overlap(*from, *to)));
        }
    }
    if faults.is_empty() {
        Ok(Outcome::Served(stay, given.reason.clone()))
    } else {
        Err(faults)
    }
}

/// Says when, never with whom.
pub fn overlap(from: Instant, to: Instant) -> Words {
    let when = |lang| format!("{} {}", day_words(from, lang), span_words(from, to, lang));
    Words::new(
        format!("与另一条服务记录的时间重叠：{}", when(Lang::Zh)),
        format!("overlaps another service record: {}", when(Lang::En)),
    )
}

/// The grade of the evidence holds as far as the evidence goes; beyond it somebody's hand
/// wrote.
fn borne_out(stay: &Stay, proposed: Option<&Stay>, settled: bool) -> Grade {
    if settled {
        return Grade::D;
    }
    proposed
        .filter(|proposed| {
            stay.started_at >= proposed.started_at
                && stay.ended_at <= proposed.ended_at
                && stay.minutes() <= proposed.minutes()
        })
        .map_or(Grade::C, |proposed| proposed.grade)
}

#[cfg(test)]
mod tests {
    use super::super::proposal::tests::{at, morning, seen, shifts_and_what_was_seen};
    use super::*;
    use crate::hours::{AttendanceKind, AttendanceMethod};
    use crate::platform::clock::{DAY, MINUTE};
    use proptest::prelude::*;

    fn settling(settled: bool) -> Settling {
        Settling {
            slot: morning(),
            settled,
            now: at("2026-11-28T20:00"),
        }
    }

    fn both_ends() -> Vec<Evidence> {
        let code = |kind, time: &str| seen(kind, AttendanceMethod::Code, at(time));
        vec![
            code(AttendanceKind::In, "2026-11-28T09:00"),
            code(AttendanceKind::Out, "2026-11-28T11:30"),
        ]
    }

    fn person<'a>(signup: &'a str, evidence: &'a [Evidence]) -> Seated<'a> {
        Seated {
            signup,
            number: 7,
            own: false,
            evidence,
            busy: &[],
            recorded: false,
            absent: false,
        }
    }

    fn came(from: &str, to: &str) -> Given {
        Given {
            attended: true,
            started_at: Some(at(&format!("2026-11-28T{from}"))),
            ended_at: Some(at(&format!("2026-11-28T{to}"))),
            ..Given::default()
        }
    }

    fn outcome(person: Seated, given: Given) -> Result<Outcome, Vec<String>> {
        let entries = [(person.signup.to_owned(), given)];
        match decide(settling(false), &[person], &entries) {
            Ok(mut outcomes) => Ok(outcomes.remove(0).1),
            Err(errors) => {
                let errors = errors.in_lang(Lang::En).into_iter();
                Err(errors.map(|error| error.pointer).collect())
            }
        }
    }

    fn served_as(given: Given) -> (i64, Grade) {
        match outcome(person("a", &both_ends()), given) {
            Ok(Outcome::Served(stay, _)) => (stay.minutes(), stay.grade),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_grade_holds_within_the_evidence_and_falls_beyond_it() {
        let yes = Given {
            attended: true,
            ..Given::default()
        };
        assert_eq!(served_as(yes.clone()), (150, Grade::A));
        let less = Given {
            breaks_minutes: Some(30),
            ..yes
        };
        assert_eq!(served_as(less), (120, Grade::A));
        assert_eq!(served_as(came("09:30", "11:00")), (90, Grade::A));
        assert_eq!(served_as(came("08:50", "11:30")), (160, Grade::C));
        assert_eq!(served_as(came("09:00", "11:31")), (151, Grade::C));
    }

    #[test]
    fn more_than_the_shift_and_its_tolerance_needs_a_reason() {
        assert_eq!(served_as(came("09:00", "12:00")).0, 180);
        let long = came("09:00", "12:01");
        let refused = outcome(person("a", &both_ends()), long.clone());
        assert_eq!(refused, Err(vec!["/entries/0/reason".to_owned()]));
        let reason = Some("送最后一位老人回家".to_owned());
        assert_eq!(served_as(Given { reason, ..long }), (181, Grade::C));
    }

    #[test]
    fn nobody_is_noted_absent_against_the_evidence_without_a_word() {
        let no = Given::default();
        assert_eq!(
            outcome(person("a", &[]), no.clone()),
            Ok(Outcome::Absent(None))
        );
        let refused = outcome(person("a", &both_ends()), no);
        assert_eq!(refused, Err(vec!["/entries/0/reason".to_owned()]));
        let timed = Given {
            attended: false,
            ..came("09:00", "10:00")
        };
        let refused = outcome(person("a", &[]), timed);
        assert_eq!(
            refused.unwrap_err(),
            ["/entries/0/started_at", "/entries/0/ended_at"]
        );
    }

    #[test]
    fn times_make_sense() {
        for (from, to, wrong) in [
            ("11:00", "11:00", "ended_at"),
            ("11:00", "10:00", "ended_at"),
            ("09:00", "20:01", "ended_at"),
        ] {
            let refused = outcome(person("a", &[]), came(from, to)).unwrap_err();
            assert!(
                refused.contains(&format!("/entries/0/{wrong}")),
                "{from} {to}: {refused:?}"
            );
        }
        let idle = Given {
            breaks_minutes: Some(60),
            ..came("09:00", "10:00")
        };
        assert_eq!(
            outcome(person("a", &[]), idle).unwrap_err(),
            ["/entries/0/breaks_minutes"]
        );
    }

    #[test]
    fn what_overlaps_another_record_is_named_and_what_touches_it_is_not() {
        let busy = [(at("2026-11-28T10:00"), at("2026-11-28T12:00"))];
        let person = |signup| Seated {
            busy: &busy,
            ..person(signup, &[])
        };
        let entries = [
            ("a".to_owned(), came("09:00", "10:00")),
            ("b".to_owned(), came("09:00", "10:01")),
            ("a".to_owned(), came("09:00", "10:00")),
            ("z".to_owned(), came("09:00", "10:00")),
        ];
        let refused = decide(settling(false), &[person("a"), person("b")], &entries).unwrap_err();
        let refused: Vec<_> = refused
            .in_lang(Lang::Zh)
            .into_iter()
            .map(|e| (e.pointer, e.detail))
            .collect();
        let named = |pointer: &str, detail: &str| (pointer.to_owned(), detail.to_owned());
        assert_eq!(
            refused,
            [
                named(
                    "/entries/1/started_at",
                    "与另一条服务记录的时间重叠：11月28日 周六 10:00–12:00"
                ),
                named("/entries/2/signup_id", "只能出现一次"),
                named("/entries/3/signup_id", "不在这个班次的名单上"),
            ]
        );
    }

    #[test]
    fn whoever_is_not_named_is_settled_as_proposed_the_first_time_only() {
        let seen = both_ends();
        let people = [person("a", &seen), person("b", &[])];
        let outcomes = decide(settling(false), &people, &[]).unwrap();
        assert!(
            matches!(&outcomes[..], [(0, Outcome::Served(stay, None)), (1, Outcome::Absent(None))] if stay.grade == Grade::A)
        );
        let nobody = decide(settling(true), &people, &[]).unwrap_err();
        assert!(nobody.of("/entries", Lang::En).is_some());
        let yes = Given {
            attended: true,
            ..Given::default()
        };
        let later = decide(settling(true), &people, &[("b".to_owned(), yes)]).unwrap();
        assert!(matches!(&later[..], [(1, Outcome::Served(stay, None))] if stay.grade == Grade::D));
        let busy = [(at("2026-11-28T10:00"), at("2026-11-28T12:00"))];
        let clash = [Seated {
            busy: &busy,
            ..person("a", &seen)
        }];
        let refused = decide(settling(false), &clash, &[]).unwrap_err();
        assert!(
            refused
                .of("/entries", Lang::Zh)
                .unwrap()
                .starts_with("票号 000007：")
        );
    }

    #[test]
    fn what_is_recorded_is_not_recorded_again_and_an_absence_may_be_lifted() {
        let yes = Given {
            attended: true,
            ..Given::default()
        };
        let recorded = Seated {
            recorded: true,
            ..person("a", &[])
        };
        assert_eq!(
            outcome(recorded, yes.clone()).unwrap_err(),
            ["/entries/0/signup_id"]
        );
        let absent = || Seated {
            absent: true,
            ..person("a", &[])
        };
        assert_eq!(outcome(absent(), Given::default()), Ok(Outcome::Unchanged));
        assert!(matches!(outcome(absent(), yes), Ok(Outcome::Served(..))));
    }

    proptest! {
        #[test]
        fn without_a_reason_nobody_gets_more_than_the_shift_and_its_tolerance(
            (slot, seen) in shifts_and_what_was_seen(),
            from in proptest::option::of(-900_i64..2400),
            to in proptest::option::of(-900_i64..2400),
            breaks in proptest::option::of(0_i64..600),
        ) {
            let minute = |at: i64| slot.starts_at.plus(at * MINUTE);
            let given = Given { attended: true, started_at: from.map(minute), ended_at: to.map(minute), breaks_minutes: breaks, reason: None };
            let shift = Settling { slot, settled: false, now: slot.ends_at.plus(3 * DAY) };
            if let Ok(Outcome::Served(stay, _)) = one(shift, &person("a", &seen), &given) {
                prop_assert!((1..=slot.minutes() + TOLERANCE).contains(&stay.minutes()));
                let proposed = propose(slot, &seen, false).stay;
                let beyond = proposed.is_none_or(|p| stay.started_at < p.started_at || stay.ended_at > p.ended_at || stay.minutes() > p.minutes());
                prop_assert!(!beyond || stay.grade == Grade::C);
            }
        }
    }
}
