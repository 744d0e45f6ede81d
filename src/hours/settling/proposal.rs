//! What to record of somebody, going by what was seen of them. Nobody's word is taken here:
//! whoever settles may say otherwise, and the grade tells.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Note, Slot, TOLERANCE, minutes_between, to_the_minute};
use crate::hours::{AttendanceKind, AttendanceMethod, Grade};
use crate::platform::clock::{Instant, MINUTE};
use crate::platform::db;

/// One coming or going, as it was kept.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq, Eq, ToSchema)]
pub struct Evidence {
    /// Its id.
    pub id: String,
    /// Coming or going.
    pub kind: AttendanceKind,
    /// How it became known.
    pub method: AttendanceMethod,
    /// When it happened, RFC 3339.
    #[schema(value_type = String, format = "date-time")]
    pub happened_at: Instant,
    /// Whether it was sent afterwards, for want of a network.
    #[serde(deserialize_with = "db::truth")]
    pub late: bool,
}

/// From when to when somebody served.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stay {
    /// The start, to the minute.
    pub started_at: Instant,
    /// The end, to the minute.
    pub ended_at: Instant,
    /// Minutes within that were not service.
    pub breaks_minutes: i64,
    /// How well it is borne out.
    pub grade: Grade,
}

impl Stay {
    /// Minutes of service.
    pub fn minutes(&self) -> i64 {
        minutes_between(self.started_at, self.ended_at) - self.breaks_minutes
    }
}

/// What is proposed, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proposal {
    /// The service; none when they seem not to have come.
    pub stay: Option<Stay>,
    /// What explains it.
    pub notes: Vec<Note>,
}

impl Proposal {
    /// Whether the codes bear out both ends.
    pub fn is_borne_out(&self) -> bool {
        self.stay
            .as_ref()
            .is_some_and(|stay| stay.grade == Grade::A)
    }

    fn absent(note: Note) -> Self {
        Self {
            stay: None,
            notes: vec![note],
        }
    }
}

/// The earliest or latest of the best kind there is: the code says more than a hand.
fn best<'a>(
    seen: impl Iterator<Item = &'a Evidence> + Clone,
    earliest: bool,
) -> Option<&'a Evidence> {
    let is_code = |evidence: &&Evidence| evidence.method == AttendanceMethod::Code;
    let by_code = seen.clone().any(|evidence| is_code(&evidence));
    seen.filter(|evidence| is_code(evidence) || !by_code)
        .min_by_key(|evidence| {
            let at = evidence.happened_at.millis();
            if earliest { at } else { -at }
        })
}

/// How well two ends bear service out.
fn grade(ends: [Option<&Evidence>; 2]) -> Grade {
    let by_code = |end: &Option<&Evidence>| {
        end.is_some_and(|evidence| evidence.method == AttendanceMethod::Code)
    };
    let on_time = |end: &Option<&Evidence>| end.is_some_and(|evidence| !evidence.late);
    if ends.iter().all(|end| by_code(end) && on_time(end)) {
        Grade::A
    } else if ends.iter().any(by_code) {
        Grade::B
    } else {
        Grade::C
    }
}

/// Minutes between going and coming back, within a span.
fn away(seen: &[&Evidence], from: Instant, to: Instant) -> i64 {
    let within = |at: Instant| at.max(from).min(to);
    seen.windows(2)
        .map(|pair| match pair {
            [out, back] if out.kind == AttendanceKind::Out && back.kind == AttendanceKind::In => {
                minutes_between(within(out.happened_at), within(back.happened_at))
            }
            _ => 0,
        })
        .sum()
}

/// What to record of somebody on a shift. `settled` when the shift was settled before.
pub fn propose(slot: Slot, evidence: &[Evidence], settled: bool) -> Proposal {
    if evidence.is_empty() {
        return Proposal::absent(Note::NothingSeen);
    }
    let mut seen: Vec<&Evidence> = evidence.iter().collect();
    seen.sort_by_key(|evidence| evidence.happened_at);
    let of = |kind| {
        seen.iter()
            .copied()
            .filter(move |evidence| evidence.kind == kind)
    };
    let came = best(of(AttendanceKind::In), true);
    let went = best(of(AttendanceKind::Out), false).filter(|went| {
        // Whoever came back did not leave then.
        seen.last().is_some_and(|last| {
            last.kind == AttendanceKind::Out || last.happened_at <= went.happened_at
        })
    });
    let mut notes = Vec::new();
    let started_at = match came {
        Some(came) if came.happened_at < slot.starts_at => {
            notes.push(Note::CameEarly);
            slot.starts_at
        }
        Some(came) => to_the_minute(came.happened_at),
        None => {
            notes.push(Note::NoCheckIn);
            slot.starts_at
        }
    };
    let latest = slot.ends_at.plus(TOLERANCE * MINUTE);
    let ended_at = match went {
        Some(went) if went.happened_at > latest => {
            notes.push(Note::LeftLate);
            latest
        }
        Some(went) => to_the_minute(went.happened_at),
        None => {
            notes.push(Note::NoCheckOut);
            slot.ends_at
        }
    };
    let breaks_minutes = away(&seen, started_at, ended_at);
    let mut stay = Stay {
        started_at,
        ended_at,
        breaks_minutes,
        grade: grade([came, went]),
    };
    if stay.minutes() <= 0 {
        return Proposal::absent(Note::NoTime);
    }
    if breaks_minutes > 0 {
        notes.push(Note::WentAway);
    }
    let ends = || [came, went].into_iter().flatten();
    if ends().any(|end| end.late) {
        notes.push(Note::SentLate);
    }
    if ends().any(|end| end.method != AttendanceMethod::Code) {
        notes.push(Note::ByHand);
    }
    if settled {
        stay.grade = Grade::D;
        notes.push(Note::AfterSettlement);
    }
    Proposal {
        stay: Some(stay),
        notes,
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::platform::clock::HOUR;
    use proptest::prelude::*;

    pub fn at(text: &str) -> Instant {
        Instant::parse(&format!("{text}:00+08:00")).unwrap()
    }

    pub fn morning() -> Slot {
        Slot {
            starts_at: at("2026-11-28T09:00"),
            ends_at: at("2026-11-28T11:30"),
        }
    }

    pub fn seen(kind: AttendanceKind, method: AttendanceMethod, happened_at: Instant) -> Evidence {
        Evidence {
            id: format!("{kind:?}{}", happened_at.millis()),
            kind,
            method,
            happened_at,
            late: false,
        }
    }

    fn code(kind: AttendanceKind, time: &str) -> Evidence {
        seen(
            kind,
            AttendanceMethod::Code,
            at(&format!("2026-11-28T{time}")),
        )
    }

    use AttendanceKind::{In, Out};

    /// Start, end, breaks, minutes and grade.
    type Said = (String, String, i64, i64, &'static str);

    fn said(proposal: &Proposal) -> Option<Said> {
        proposal.stay.as_ref().map(|stay| {
            let (from, to) = (stay.started_at.hour_minute(), stay.ended_at.hour_minute());
            (
                from,
                to,
                stay.breaks_minutes,
                stay.minutes(),
                stay.grade.word(),
            )
        })
    }

    fn proposed(evidence: &[Evidence]) -> (Option<Said>, Vec<Note>) {
        let proposal = propose(morning(), evidence, false);
        (said(&proposal), proposal.notes)
    }

    fn stay(from: &str, to: &str, breaks: i64, minutes: i64, grade: &'static str) -> Option<Said> {
        Some((from.to_owned(), to.to_owned(), breaks, minutes, grade))
    }

    #[test]
    fn both_ends_by_code_count_as_they_are() {
        let seen = [code(In, "09:05"), code(Out, "11:20")];
        assert_eq!(
            proposed(&seen),
            (stay("09:05", "11:20", 0, 135, "A"), vec![])
        );
    }

    #[test]
    fn early_and_late_are_counted_within_the_shift_and_its_tolerance() {
        let seen = [code(In, "08:40"), code(Out, "12:30")];
        let notes = vec![Note::CameEarly, Note::LeftLate];
        assert_eq!(
            proposed(&seen),
            (stay("09:00", "12:00", 0, 180, "A"), notes)
        );
        let seen = [code(In, "08:40"), code(Out, "11:50")];
        assert_eq!(proposed(&seen).0, stay("09:00", "11:50", 0, 170, "A"));
    }

    #[test]
    fn a_missing_end_is_the_planned_one_and_one_grade_less() {
        let (one, notes) = proposed(&[code(In, "09:10")]);
        assert_eq!(
            (one, notes),
            (stay("09:10", "11:30", 0, 140, "B"), vec![Note::NoCheckOut])
        );
        let (one, notes) = proposed(&[code(Out, "11:00")]);
        assert_eq!(
            (one, notes),
            (stay("09:00", "11:00", 0, 120, "B"), vec![Note::NoCheckIn])
        );
    }

    #[test]
    fn breaks_are_taken_out() {
        let seen = [
            code(In, "09:00"),
            code(Out, "10:00"),
            code(In, "10:20"),
            code(Out, "11:30"),
        ];
        assert_eq!(
            proposed(&seen),
            (stay("09:00", "11:30", 20, 130, "A"), vec![Note::WentAway])
        );
        // Came back and forgot to check out.
        let (one, notes) = proposed(&seen[..3]);
        assert_eq!(one, stay("09:00", "11:30", 20, 130, "B"));
        assert_eq!(notes, [Note::NoCheckOut, Note::WentAway]);
    }

    #[test]
    fn the_code_says_more_than_a_hand() {
        let hand = |kind, time: &str| Evidence {
            method: AttendanceMethod::Hand,
            ..code(kind, time)
        };
        let seen = [hand(In, "09:00"), code(In, "09:10"), code(Out, "11:30")];
        assert_eq!(proposed(&seen).0, stay("09:10", "11:30", 0, 140, "A"));
        let seen = [hand(In, "09:00"), code(Out, "11:30")];
        assert_eq!(
            proposed(&seen),
            (stay("09:00", "11:30", 0, 150, "B"), vec![Note::ByHand])
        );
        let seen = [hand(In, "09:00"), hand(Out, "11:30")];
        assert_eq!(proposed(&seen).0, stay("09:00", "11:30", 0, 150, "C"));
        let late = Evidence {
            late: true,
            ..code(In, "09:00")
        };
        let (one, notes) = proposed(&[late, code(Out, "11:30")]);
        assert_eq!(
            (one, notes),
            (stay("09:00", "11:30", 0, 150, "B"), vec![Note::SentLate])
        );
    }

    #[test]
    fn what_gives_no_time_proposes_an_absence() {
        assert_eq!(proposed(&[]), (None, vec![Note::NothingSeen]));
        assert_eq!(proposed(&[code(In, "11:40")]), (None, vec![Note::NoTime]));
        assert_eq!(proposed(&[code(Out, "08:40")]), (None, vec![Note::NoTime]));
    }

    #[test]
    fn after_settlement_everything_is_the_last_grade() {
        let proposal = propose(morning(), &[code(In, "09:00"), code(Out, "11:30")], true);
        assert_eq!(said(&proposal), stay("09:00", "11:30", 0, 150, "D"));
        assert_eq!(proposal.notes, [Note::AfterSettlement]);
    }

    #[test]
    fn a_shift_over_new_year_is_one_stay() {
        let slot = Slot {
            starts_at: at("2026-12-31T22:00"),
            ends_at: at("2027-01-01T02:00"),
        };
        let seen = [
            seen(In, AttendanceMethod::Code, at("2026-12-31T21:58")),
            seen(Out, AttendanceMethod::Code, at("2027-01-01T02:10")),
        ];
        let stay = propose(slot, &seen, false).stay.unwrap();
        assert_eq!((stay.minutes(), stay.grade), (250, Grade::A));
    }

    prop_compose! {
        /// Any shift of a day at most, anywhere in a few years, and what was seen around it.
        pub fn shifts_and_what_was_seen()(
            start in 1_735_660_800_000_i64..1_830_268_800_000,
            minutes in 1_i64..=1440,
            seen in prop::collection::vec((any::<bool>(), 0_usize..3, -3.0_f64..4.0, any::<bool>()), 0..7),
        ) -> (Slot, Vec<Evidence>) {
            let starts_at = to_the_minute(Instant::from_millis(start));
            let slot = Slot { starts_at, ends_at: starts_at.plus(minutes * MINUTE) };
            let methods = [AttendanceMethod::Code, AttendanceMethod::Sheet, AttendanceMethod::Hand];
            let seen = seen.into_iter().map(|(coming, method, hours, late)| Evidence {
                late,
                ..super::tests::seen(
                    if coming { In } else { Out },
                    methods[method],
                    #[expect(clippy::cast_possible_truncation, reason = "any instant will do")]
                    starts_at.plus((hours * 3_600_000.0) as i64),
                )
            });
            (slot, seen.collect())
        }
    }

    proptest! {
        #[test]
        fn never_more_than_was_there_or_the_shift_and_its_tolerance((slot, seen) in shifts_and_what_was_seen(), settled: bool) {
            let proposal = propose(slot, &seen, settled);
            prop_assert_eq!(proposal.stay.is_none(), proposal.notes.iter().any(|note| matches!(note, Note::NothingSeen | Note::NoTime)));
            if let Some(stay) = proposal.stay {
                prop_assert!(stay.minutes() > 0);
                prop_assert!(stay.minutes() <= minutes_between(stay.started_at, stay.ended_at));
                prop_assert!(stay.minutes() <= slot.minutes() + TOLERANCE);
                prop_assert!(stay.started_at >= slot.starts_at);
                prop_assert!(stay.ended_at <= slot.ends_at.plus(TOLERANCE * MINUTE));
                prop_assert!(stay.breaks_minutes >= 0);
                prop_assert_eq!(settled, stay.grade == Grade::D);
            }
        }

        #[test]
        fn the_best_grade_needs_two_codes_on_time((slot, seen) in shifts_and_what_was_seen()) {
            let codes = |kind| seen.iter().any(|e| e.kind == kind && e.method == AttendanceMethod::Code && !e.late);
            if let Some(stay) = propose(slot, &seen, false).stay {
                prop_assert!(stay.grade != Grade::A || codes(In) && codes(Out));
            }
        }

        #[test]
        fn the_order_in_which_evidence_arrives_changes_nothing((slot, seen) in shifts_and_what_was_seen()) {
            let mut turned = seen.clone();
            turned.reverse();
            let minutes = |seen: &[Evidence]| propose(slot, seen, false).stay.map(|stay| (stay.minutes(), stay.started_at));
            prop_assert_eq!(minutes(&seen), minutes(&turned));
        }

        #[test]
        fn moving_all_by_days_moves_the_proposal((slot, seen) in shifts_and_what_was_seen(), hours in -9000_i64..9000) {
            let by = hours * HOUR;
            let moved = Slot { starts_at: slot.starts_at.plus(by), ends_at: slot.ends_at.plus(by) };
            let later: Vec<_> = seen.iter().map(|e| Evidence { happened_at: e.happened_at.plus(by), ..e.clone() }).collect();
            let (one, other) = (propose(slot, &seen, false), propose(moved, &later, false));
            prop_assert_eq!(one.notes, other.notes);
            prop_assert_eq!(one.stay.map(|s| (s.minutes(), s.grade)), other.stay.map(|s| (s.minutes(), s.grade)));
        }
    }
}
