//! Held against published estimates, the equations of likelihood, and brute force.

use proptest::prelude::*;

use super::*;

fn all(count: usize) -> Vec<usize> {
    (0..count).collect()
}

/// Agresti, Categorical Data Analysis, section 10.6: the American League's eastern division
/// in 1987, wins of the row over the column. Estimates are logarithms against Baltimore, to
/// four places as the R package BradleyTerry2 prints them and to two as the book does.
#[test]
fn published_estimates() {
    let wins = [
        [0, 7, 9, 7, 7, 9, 11], // Milwaukee
        [6, 0, 7, 5, 11, 9, 9], // Detroit
        [4, 6, 0, 7, 7, 8, 12], // Toronto
        [6, 8, 6, 0, 6, 7, 10], // New York
        [6, 2, 6, 7, 0, 7, 12], // Boston
        [4, 4, 5, 6, 6, 0, 6],  // Cleveland
        [2, 4, 1, 3, 1, 7, 0],  // Baltimore
    ];
    let mut games = Comparisons::new(7);
    for (winner, row) in wins.iter().enumerate() {
        for (loser, times) in row.iter().enumerate() {
            for _ in 0..*times {
                games.add((loser, 0), (winner, 1));
            }
        }
    }
    let strengths = games.strengths(&all(7)).unwrap();
    let book = [1.58, 1.44, 1.29, 1.25, 1.11, 0.68, 0.0];
    let printed = [1.5814, 1.4364, 1.2945, 1.2476, 1.1077, 0.6839, 0.0];
    for ((strength, book), printed) in strengths.iter().zip(book).zip(printed) {
        let estimate = (strength / strengths[6]).ln();
        assert!((estimate - book).abs() <= 0.005, "{estimate}: {book}");
        assert!(
            (estimate - printed).abs() <= 0.000_05,
            "{estimate}: {printed}"
        );
    }
    let sets = games.sets();
    assert_eq!(sets.len(), 1);
    let milwaukee = sets[0][0].probability.unwrap();
    assert!((0.6..0.7).contains(&milwaukee), "{milwaukee}");
}

/// A line of forty, each preferred to the next by three of four: strengths fall to a third
/// at every step, as slowly as they settle.
#[test]
fn a_long_line_settles() {
    let mut line = Comparisons::new(40);
    for one in 0..39 {
        for wins in [1, 1, 1, -1] {
            line.add((one, wins), (one + 1, 0));
        }
    }
    let strengths = line.strengths(&all(40)).unwrap();
    for pair in strengths.windows(2) {
        assert!((pair[0] / pair[1] - 3.0).abs() < 1e-8, "{pair:?}");
    }
}

/// Two at a time, the likeliest probability is the share of wins.
#[test]
fn two_are_told_apart_by_their_wins() {
    let mut three = Comparisons::new(2);
    three.add((0, 8), (1, 7));
    three.add((1, 5), (0, 6));
    three.add((1, 9), (0, 3));
    let sets = three.sets();
    let probability = sets[0][0].probability.unwrap();
    assert!((probability - 2.0 / 3.0).abs() < 1e-12);
}

#[test]
fn who_never_wins_comes_last_and_who_was_not_compared_shares() {
    let numbers = |comparisons: &Comparisons| -> Vec<Vec<usize>> {
        let sets = comparisons.sets();
        sets.iter()
            .map(|set| set.iter().map(|one| one.who).collect())
            .collect()
    };
    let mut three = Comparisons::new(3);
    assert_eq!(numbers(&three), [[0, 1, 2]]);
    assert!(three.sets()[0].iter().all(|one| one.probability.is_none()));
    // 2 beats 0: nothing is known of 1.
    three.add((0, 1), (2, 2));
    assert_eq!(numbers(&three), [[0, 1, 2]]);
    // 1 beats 2 as well: a line.
    three.add((1, 2), (2, 1));
    assert_eq!(numbers(&three), [[1], [2], [0]]);
    // A half is a chain both ways.
    three.add((1, 1), (2, 1));
    assert_eq!(numbers(&three), [vec![1, 2], vec![0]]);
    assert!(three.sets()[0].iter().all(|one| one.probability.is_some()));
    assert!(three.sets()[1][0].probability.is_none());
    // Two pairs that nobody compared with each other: either would have strengths of its own.
    let mut pairs = Comparisons::new(4);
    pairs.add((0, 1), (1, 1));
    pairs.add((2, 1), (3, 1));
    pairs.add((2, 2), (3, 1));
    assert_eq!(numbers(&pairs), [[0, 1, 2, 3]]);
    assert!(pairs.sets()[0].iter().all(|one| one.probability.is_none()));
}

fn comparisons() -> impl Strategy<Value = (usize, Vec<(usize, i64, usize, i64)>)> {
    (2_usize..7).prop_flat_map(|count| {
        let one = (0..count, 0_i64..4, 1..count, 0_i64..4);
        let one = one.prop_map(move |(a, a_score, apart, b_score)| {
            (a, a_score, (a + apart) % count, b_score)
        });
        (Just(count), proptest::collection::vec(one, 0..14))
    })
}

fn given(count: usize, scores: &[(usize, i64, usize, i64)]) -> Comparisons {
    let mut given = Comparisons::new(count);
    for (a, a_score, b, b_score) in scores {
        given.add((*a, *a_score), (*b, *b_score));
    }
    given
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    /// The likelihood is concave: it is greatest where wins are as many as expected.
    #[test]
    fn strengths_explain_the_wins((count, scores) in comparisons()) {
        let given = given(count, &scores);
        prop_assume!(Chains::of(&given).link_all(&all(count)));
        let strengths = given.strengths(&all(count)).unwrap();
        let mut surplus = vec![0.0; count];
        for ((a, b), (a_halves, b_halves)) in &given.halves {
            let times = f64::from(a_halves + b_halves) / 2.0;
            let expected = times * strengths[*a] / (strengths[*a] + strengths[*b]);
            let won = f64::from(*a_halves) / 2.0;
            surplus[*a] += won - expected;
            surplus[*b] -= won - expected;
        }
        for one in surplus {
            prop_assert!(one.abs() < 1e-9, "{one:e}");
        }
        // Preference orders as strength does.
        let set = &given.sets()[0];
        for (one, a) in set.iter().zip(&strengths) {
            for (other, b) in set.iter().zip(&strengths) {
                if a > &(b * (1.0 + 1e-9)) {
                    prop_assert!(one.probability > other.probability);
                }
            }
        }
    }

    #[test]
    fn sets_are_apart_and_cannot_be_smaller((count, scores) in comparisons()) {
        let chains = Chains::of(&given(count, &scores));
        let sets = chains.sets();
        let mut seen: Vec<usize> = sets.iter().flatten().copied().collect();
        seen.sort_unstable();
        prop_assert_eq!(seen, all(count));
        let all_above = |some: &[usize], others: &[usize]| {
            some.iter().all(|one| others.iter().all(|other| chains.above(*one, *other)))
        };
        for pair in sets.windows(2) {
            prop_assert!(all_above(&pair[0], &pair[1]));
        }
        for set in &sets {
            for part in 1..(1_usize << set.len()) - 1 {
                let (some, others): (Vec<_>, Vec<_>) = set.iter().enumerate().partition(|(at, _)| part >> at & 1 == 1);
                let bare = |of: Vec<(usize, &usize)>| of.into_iter().map(|(_, one)| *one).collect::<Vec<_>>();
                prop_assert!(!all_above(&bare(some), &bare(others)));
            }
        }
    }
}
