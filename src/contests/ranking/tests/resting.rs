//! Flags are held against rankings of sheets that lack the ballot.

use std::num::NonZeroU32;

use proptest::prelude::*;

use super::*;

/// Ten entries on paper, of whom six go on to a show.
fn thrown(dice: &mut Dice) -> Sheet {
    let trimmed = Method::TrimmedMean {
        highest: 1,
        lowest: 1,
    };
    let mut paper = stage("paper", 400, trimmed, &[]);
    let mut show = stage("show", 600, Method::WeightedMean {}, &[]);
    paper.advance = NonZeroU32::new(6);
    for (stage, entries, judges) in [(&mut paper, 10, 4), (&mut show, 6, 3)] {
        for entry in 0..entries {
            for judge in 0..judges {
                stage.ballots.push(Ballot {
                    entry: format!("E{entry}"),
                    judge: format!("J{judge}"),
                    scores: vec![60 + i32::try_from(dice.below(30)).unwrap()],
                });
            }
        }
    }
    let mut thrown = sheet(vec![paper, show]);
    thrown.boundaries = [2, 4, 8].into_iter().filter_map(NonZeroU32::new).collect();
    thrown
}

/// The entry's rank at the boundary, and how many share what decides it.
fn rank_at(ranking: &Ranking, entry: &str, boundary: &Boundary) -> (u32, usize) {
    let entry = named(ranking, entry);
    match boundary {
        Boundary::Award { .. } => {
            let same = |other: &&Ranked| other.total == entry.total;
            (entry.rank, ranking.entries.iter().filter(same).count())
        }
        // The first stage's score is the standing after it, but for the weight.
        Boundary::Advance { .. } => {
            let same = |other: &&Ranked| other.stages[0].score == entry.stages[0].score;
            (
                entry.stages[0].rank,
                ranking.entries.iter().filter(same).count(),
            )
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn leaving_a_ballot_out_does_what_the_flag_says(seed: u64) {
        let sheet = thrown(&mut Dice(seed));
        let ranking = rank(&sheet).unwrap();
        let advance = Boundary::Advance { stage: "paper".into() };
        let awards = sheet.boundaries.iter().map(|rank| Boundary::Award { rank: *rank });
        let boundaries: Vec<Boundary> = awards.chain([advance]).collect();
        for (index, stage) in sheet.stages.iter().enumerate() {
            for (at, ballot) in stage.ballots.iter().enumerate() {
                let mut others = sheet.clone();
                others.stages[index].ballots.remove(at);
                let without = rank(&others).unwrap();
                for boundary in &boundaries {
                    let last = match boundary {
                        Boundary::Award { rank } => rank.get(),
                        Boundary::Advance { .. } => 6,
                    };
                    // A show comes after who goes on to it.
                    let counts = index == 0 || matches!(boundary, Boundary::Award { .. });
                    let (now, _) = rank_at(&ranking, &ballot.entry, boundary);
                    let (then, sharing) = rank_at(&without, &ballot.entry, boundary);
                    let said = named(&ranking, &ballot.entry).flags.iter().find_map(|flag| match flag {
                        Flag::RestsOnOneJudge { stage: of, judge, boundary: at, rank }
                            if (of, judge, at) == (&stage.key, &ballot.judge, boundary) => Some(*rank),
                        _ => None,
                    });
                    if let Some(rank) = said {
                        prop_assert!(counts && (now <= last) != (then <= last));
                        prop_assert!(sharing > 1 || rank == then);
                    } else if counts && sharing == 1 {
                        prop_assert_eq!(now <= last, then <= last, "{:?} {:?}", ballot, boundary);
                    }
                }
            }
        }
    }
}
