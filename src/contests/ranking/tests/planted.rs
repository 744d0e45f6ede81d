//! Harsh and lenient judges over a known true order.

use super::*;

const ENTRIES: usize = 80;
const JUDGES: usize = 16;
const JUDGES_AN_ENTRY: usize = 5;
const SEEDS: u64 = 60;

/// Qualities lie within 20 points around 60, judges' severities within 12 and the noise of a
/// ballot within 6 around zero.
fn judged(dice: &mut Dice) -> (Vec<f64>, Sheet) {
    let severities: Vec<f64> = (0..JUDGES).map(|_| 12.0 * dice.around_zero()).collect();
    let mut qualities = Vec::new();
    let mut paper = stage("paper", 1_000, Method::SeverityAdjusted {}, &[]);
    for entry in 0..ENTRIES {
        let quality = 60.0 + 20.0 * dice.around_zero();
        let mut judges: Vec<usize> = (0..JUDGES).collect();
        dice.shuffle(&mut judges);
        for judge in judges.into_iter().take(JUDGES_AN_ENTRY) {
            let given = quality + severities[judge] + 6.0 * dice.around_zero();
            paper.ballots.push(Ballot {
                entry: format!("E{entry:04}"),
                judge: format!("J{judge:02}"),
                scores: vec![given.round() as i32],
            });
        }
        qualities.push(quality);
    }
    (qualities, sheet(vec![paper]))
}

/// Kendall's τ-a: pairs in the same order less pairs in the other one, of all pairs.
fn kendall(truth: &[f64], found: &[Points]) -> f64 {
    let mut balance = 0;
    let pairs = truth.len() * (truth.len() - 1) / 2;
    for (at, (a, found_a)) in truth.iter().zip(found).enumerate() {
        for (b, found_b) in truth.iter().zip(found).skip(at + 1) {
            balance += match (a.total_cmp(b), found_a.cmp(found_b)) {
                (_, std::cmp::Ordering::Equal) => 0,
                (truth, found) if truth == found => 1,
                _ => -1,
            };
        }
    }
    f64::from(balance) / pairs as f64
}

#[test]
fn adjusting_comes_nearer_to_the_true_order() {
    let (mut raw_sum, mut adjusted_sum, mut nearer) = (0.0, 0.0, 0);
    for seed in 0..SEEDS {
        let (truth, sheet) = judged(&mut Dice(seed));
        let mut ranking = rank(&sheet).unwrap();
        ranking.entries.sort_by(|a, b| a.entry.cmp(&b.entry));
        let of = |what: fn(&StageResult) -> Points| -> Vec<Points> {
            ranking
                .entries
                .iter()
                .map(|one| what(&one.stages[0]))
                .collect()
        };
        let raw = kendall(&truth, &of(|stage| stage.raw_mean));
        let adjusted = kendall(&truth, &of(|stage| stage.score));
        raw_sum += raw;
        adjusted_sum += adjusted;
        nearer += i32::from(adjusted > raw);
    }
    let (raw, adjusted) = (raw_sum / SEEDS as f64, adjusted_sum / SEEDS as f64);
    println!("τ {raw:.3} of means, {adjusted:.3} adjusted, nearer in {nearer} of {SEEDS}");
    assert!(adjusted > raw + 0.05, "{adjusted} against {raw}");
    assert!(nearer >= 58, "only in {nearer} of {SEEDS}");
}

/// The errors that are published are those that are made.
#[test]
fn nine_of_ten_scores_lie_within_their_errors() {
    let (mut within, mut all) = (0, 0);
    for seed in 0..SEEDS {
        let (mut truth, sheet) = judged(&mut Dice(seed));
        let mut ranking = rank(&sheet).unwrap();
        ranking.entries.sort_by(|a, b| a.entry.cmp(&b.entry));
        // Quality and severity are told apart up to a constant.
        let scores: Vec<f64> = ranking
            .entries
            .iter()
            .map(|one| one.total.units() as f64 / 1e4)
            .collect();
        let shift = (scores.iter().sum::<f64>() - truth.iter().sum::<f64>()) / ENTRIES as f64;
        truth.iter_mut().for_each(|one| *one += shift);
        for (entry, (score, truth)) in ranking.entries.iter().zip(scores.iter().zip(&truth)) {
            let error = entry.stages[0].standard_error.unwrap().units() as f64 / 1e4;
            within += i32::from((score - truth).abs() <= 1.645 * error);
            all += 1;
        }
    }
    let share = f64::from(within) / f64::from(all);
    println!("{share:.3} within 1.645 errors");
    assert!((0.88..0.93).contains(&share), "{share}");
}
