//! Stars: one to five by hours alone, never by points.
//!
//! Source: 中国注册志愿者管理办法 (2013): 100, 300, 600, 1000 and 1500 hours. A
//! deployment may set others with `STAR_HOURS`.

use serde::Serialize;
use utoipa::ToSchema;

use super::Grade;
use super::record::GradeTotal;
use crate::platform::input::Choice as _;

/// Hours for one to five stars, ascending.
pub type Ladder = [i64; 5];

/// The star after the ones somebody has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct NextStar {
    /// Which one.
    #[schema(minimum = 1, maximum = 5, example = 2)]
    pub stars: usize,
    /// Hours it takes.
    #[schema(example = 300)]
    pub hours: i64,
    /// Minutes still missing.
    #[schema(example = 4320)]
    pub missing_minutes: i64,
}

/// How many stars so many minutes make; a star is for full hours.
pub fn earned(minutes: i64, ladder: &Ladder) -> usize {
    ladder
        .iter()
        .filter(|hours| minutes >= **hours * 60)
        .count()
}

/// What is missing to the next star; none above five.
pub fn next(minutes: i64, ladder: &Ladder) -> Option<NextStar> {
    let stars = earned(minutes, ladder);
    ladder.get(stars).map(|hours| NextStar {
        stars: stars + 1,
        hours: *hours,
        missing_minutes: hours * 60 - minutes,
    })
}

/// The grades that count, by a list such as `A,B`: four at most, at least one. Whichever
/// is named twice counts once.
pub fn grades(list: &str) -> Option<Vec<Grade>> {
    let words = list.split(',').map(Grade::from_word);
    let mut found: Vec<Grade> = words.collect::<Option<_>>()?;
    let few = found.len() <= Grade::ALL.len();
    found.sort_unstable();
    found.dedup();
    few.then_some(found)
}

/// Minutes of these grades together.
pub fn minutes_of(totals: &[GradeTotal], grades: &[Grade]) -> i64 {
    totals
        .iter()
        .filter(|total| grades.contains(&total.grade))
        .map(|total| total.minutes)
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const LADDER: Ladder = [100, 300, 600, 1000, 1500];

    #[test]
    fn a_star_comes_with_its_last_minute() {
        for (minutes, stars) in [
            (0, 0),
            (5_999, 0),
            (6_000, 1),
            (17_999, 1),
            (18_000, 2),
            (36_000, 3),
            (60_000, 4),
            (89_999, 4),
            (90_000, 5),
            (9_000_000, 5),
        ] {
            assert_eq!(earned(minutes, &LADDER), stars, "{minutes}");
        }
        let missing = next(13_680, &LADDER).unwrap();
        assert_eq!(
            (missing.stars, missing.hours, missing.missing_minutes),
            (2, 300, 4_320)
        );
        assert_eq!(next(90_000, &LADDER), None);
    }

    #[test]
    fn grades_are_listed() {
        assert_eq!(grades("A,B"), Some(vec![Grade::A, Grade::B]));
        assert_eq!(grades("D"), Some(vec![Grade::D]));
        assert_eq!(grades("B,A,B"), Some(vec![Grade::A, Grade::B]));
        for bad in ["", "A,", "a", "E", "A B", "A,A,A,A,A"] {
            assert_eq!(grades(bad), None, "{bad}");
        }
    }

    #[test]
    fn only_the_grades_asked_for_count() {
        let total = |grade, minutes| GradeTotal {
            grade,
            minutes,
            records: 1,
        };
        let totals = [total(Grade::A, 60), total(Grade::C, 30)];
        assert_eq!(minutes_of(&totals, &[Grade::A, Grade::B]), 60);
        assert_eq!(minutes_of(&totals, &[Grade::A, Grade::C]), 90);
    }

    proptest! {
        #[test]
        fn what_is_missing_makes_the_star(minutes in 0_i64..100_000) {
            if let Some(next) = next(minutes, &LADDER) {
                prop_assert!(next.missing_minutes > 0);
                prop_assert_eq!(earned(minutes, &LADDER) + 1, next.stars);
                prop_assert_eq!(earned(minutes + next.missing_minutes, &LADDER), next.stars);
            }
        }
    }
}
