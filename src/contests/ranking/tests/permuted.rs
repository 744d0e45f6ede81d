//! The order in which a sheet lists things changes nothing.

use std::num::NonZeroU32;

use proptest::prelude::*;

use super::*;

/// Three stages of every method, coarse enough for ties of every kind.
fn thrown(dice: &mut Dice) -> Sheet {
    let methods = [
        Method::SeverityAdjusted {},
        Method::TrimmedMean {
            highest: 1,
            lowest: 1,
        },
        Method::WeightedMean {},
    ];
    let steps = 1 + i32::try_from(dice.below(9)).unwrap();
    let mut present: Vec<usize> = (0..12).collect();
    let mut stages = Vec::new();
    for (key, (weight, method)) in ["first", "paper", "show"]
        .iter()
        .zip([150, 250, 600].into_iter().zip(methods))
    {
        let mut stage = stage(key, weight, method, &[]);
        let criterion = |key: &str, weight, maximum| Criterion {
            key: key.into(),
            weight,
            minimum: 0,
            maximum,
        };
        stage.criteria = vec![criterion("need", 300, steps), criterion("effect", 700, 3)];
        for entry in &present {
            let mut judges: Vec<usize> = (0..5).collect();
            dice.shuffle(&mut judges);
            for judge in judges.into_iter().take(3 + dice.below(3)) {
                let mut score =
                    |maximum: i32| i32::try_from(dice.below(maximum as usize + 1)).unwrap();
                stage.ballots.push(Ballot {
                    entry: format!("E{entry}"),
                    judge: format!("J{judge}"),
                    scores: vec![score(steps), score(3)],
                });
            }
        }
        dice.shuffle(&mut present);
        present.truncate(present.len() * 2 / 3);
        stage.advance = (*key != "show").then_some(NonZeroU32::MIN.saturating_add(7));
        stages.push(stage);
    }
    let mut thrown = sheet(stages);
    let of = |stage: &str, criterion: &str| TieRule::Criterion {
        stage: stage.into(),
        criterion: criterion.into(),
    };
    thrown.ties = vec![
        of("show", "need"),
        TieRule::Stage {
            stage: "paper".into(),
        },
    ];
    thrown.boundaries = [1, 3, 2].into_iter().filter_map(NonZeroU32::new).collect();
    thrown
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn not_one_byte_differs(seed: u64, order: u64) {
        let sheet = thrown(&mut Dice(seed));
        let mut permuted = sheet.clone();
        let mut dice = Dice(order);
        for stage in &mut permuted.stages {
            dice.shuffle(&mut stage.ballots);
        }
        dice.shuffle(&mut permuted.boundaries);
        let text = |sheet: &Sheet| serde_json::to_string(&rank(sheet).unwrap()).unwrap();
        let ranking = text(&sheet);
        prop_assert_eq!(&ranking, &text(&permuted));

        // What is published reads back as what it was.
        let read: Ranking = serde_json::from_str(&ranking).unwrap();
        prop_assert_eq!(serde_json::to_string(&read).unwrap(), ranking);

        // Ranks are standard competition ranks: each is one more than those ahead.
        for (at, entry) in read.entries.iter().enumerate() {
            let ahead = read.entries.iter().filter(|other| other.rank < entry.rank).count();
            prop_assert_eq!(entry.rank as usize, ahead + 1);
            prop_assert!(entry.rank as usize <= at + 1);
        }
    }

    #[test]
    fn faults_are_the_same_too(seed: u64, order: u64) {
        let mut sheet = thrown(&mut Dice(seed));
        for stage in &mut sheet.stages {
            for ballot in stage.ballots.iter_mut().step_by(5) {
                ballot.scores.pop();
                ballot.judge = "J1".into();
            }
        }
        let mut permuted = sheet.clone();
        let mut dice = Dice(order);
        for stage in &mut permuted.stages {
            dice.shuffle(&mut stage.ballots);
        }
        prop_assert_eq!(rank(&sheet).unwrap_err(), rank(&permuted).unwrap_err());
    }
}
