//! Rankings as a whole.

mod faults;
mod panels;
mod permuted;
mod planted;
mod resting;
mod stages;

use super::*;

fn points(text: &str) -> Points {
    text.parse().unwrap()
}

/// A stage that is one criterion of 0 to 100, all of it.
fn stage(key: &str, weight: u32, method: Method, ballots: &[(&str, &str, i32)]) -> Stage {
    let ballots = ballots.iter().map(|(entry, judge, score)| Ballot {
        entry: (*entry).into(),
        judge: (*judge).into(),
        scores: vec![*score],
    });
    Stage {
        key: key.into(),
        weight,
        method,
        criteria: vec![Criterion {
            key: "all".into(),
            weight: 1_000,
            minimum: 0,
            maximum: 100,
        }],
        advance: None,
        ballots: ballots.collect(),
    }
}

fn sheet(stages: Vec<Stage>) -> Sheet {
    Sheet {
        version: VERSION,
        stages,
        ties: Vec::new(),
        boundaries: Vec::new(),
    }
}

fn placed(ranking: &Ranking) -> Vec<(&str, u32)> {
    let entries = ranking.entries.iter();
    entries.map(|one| (&*one.entry, one.rank)).collect()
}

fn named<'r>(ranking: &'r Ranking, entry: &str) -> &'r Ranked {
    ranking
        .entries
        .iter()
        .find(|one| one.entry == entry)
        .unwrap()
}

/// Numbers by SplitMix64: the same whenever and wherever a test runs.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % bound as u64).unwrap()
    }

    /// From −1 up to 1.
    fn around_zero(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 52) as f64 - 1.0
    }

    fn shuffle<T>(&mut self, row: &mut [T]) {
        for end in (1..row.len()).rev() {
            row.swap(end, self.below(end + 1));
        }
    }
}
