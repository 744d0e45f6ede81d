//! Rankings as a whole.

mod faults;
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
