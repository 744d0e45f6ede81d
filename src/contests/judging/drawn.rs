//! What a draw is made from, and what is published of it.

use std::collections::{BTreeMap, BTreeSet};

use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::contests::drawing::{self, Fault};
use crate::contests::rules::{Rules, Stage};
use crate::contests::{entry_label, judge_label};
use crate::platform::clock::Instant;
use crate::platform::crypto::sha256;
use crate::platform::db;
use crate::platform::i18n::Words;
use crate::platform::problem::Problem;

/// An entry that can be drawn for.
#[derive(Debug, Deserialize)]
pub struct Entrant {
    /// `E0001` without the `E`.
    pub number: i64,
    /// The key of its track.
    pub track: String,
}

/// A judge who can be drawn.
#[derive(Debug, Deserialize)]
pub struct Juror {
    /// `J01` without the `J`.
    pub number: i64,
    /// Keys of tracks; empty for all.
    #[serde(deserialize_with = "db::json")]
    pub tracks: Vec<String>,
}

/// An entry and a judge, by their numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
pub struct Pair {
    /// The entry.
    pub entry: i64,
    /// The judge.
    pub judge: i64,
}

impl Pair {
    fn named(self) -> drawing::Pair {
        drawing::Pair {
            entry: entry_label(self.entry),
            judge: judge_label(self.judge),
        }
    }
}

/// All that a draw depends on.
#[derive(Debug)]
pub struct Urn {
    /// Those who take part.
    pub entries: Vec<Entrant>,
    /// Those who judge.
    pub judges: Vec<Juror>,
    /// Who must not judge what.
    pub avoided: Vec<Pair>,
    /// What was drawn before and stands.
    pub fixed: Vec<Pair>,
}

/// What came of a draw.
#[derive(Debug)]
pub struct Outcome {
    /// What is new.
    pub drawn: Vec<Pair>,
    /// What is published: what it was drawn from, track by track, and what came of it.
    pub document: Value,
}

/// The seed of a track: SHA-256 of the seed's 32 bytes and the track's key.
fn seed_of(seed: &[u8; 32], track: &str) -> [u8; 32] {
    sha256(&[seed.as_slice(), track.as_bytes()].concat())
}

/// Pairs as they are published.
fn listed(pairs: &[drawing::Pair]) -> Value {
    let pairs = pairs.iter().map(|pair| json!([pair.entry, pair.judge]));
    pairs.collect()
}

impl Urn {
    /// Draws judges for the entries of each track, which are ranked among themselves: each
    /// track from a seed of its own.
    pub fn draw(
        &self,
        rules: &Rules,
        judges_an_entry: usize,
        seed: &[u8; 32],
    ) -> Result<Outcome, Problem> {
        let (mut drawn, mut tracks, mut faults) = (Vec::new(), Vec::new(), Vec::new());
        let known: BTreeMap<drawing::Pair, Pair> = self.every_pair().collect();
        for track in rules.tracks.iter() {
            let key = track.key.as_str();
            let input = self.input(key, judges_an_entry, seed_of(seed, key));
            if input.entries.is_empty() {
                continue;
            }
            match drawing::draw(&input) {
                Ok(came) => {
                    let fixed: BTreeSet<_> = input.fixed.iter().collect();
                    let new = came.pairs.iter().filter(|pair| !fixed.contains(pair));
                    drawn.extend(new.filter_map(|pair| known.get(pair)));
                    tracks.push(json!({
                        "track": key,
                        "entries": input.entries,
                        "judges": input.judges,
                        "avoided": listed(&input.conflicts),
                        "fixed": listed(&input.fixed),
                        "pairs": listed(&came.pairs),
                        "linked": came.linked,
                    }));
                }
                Err(some) => faults.extend(some),
            }
        }
        match faults.is_empty() {
            true => Ok(Outcome {
                drawn,
                document: json!({"judges_an_entry": judges_an_entry, "tracks": tracks}),
            }),
            false => Err(impossible(&faults)),
        }
    }

    /// What a track is drawn from.
    fn input(&self, track: &str, judges_an_entry: usize, seed: [u8; 32]) -> drawing::Draw {
        let entries = self.entries.iter().filter(|entry| entry.track == track);
        let numbers: BTreeSet<i64> = entries.map(|entry| entry.number).collect();
        let judges = self.judges.iter().filter(|judge| {
            judge.tracks.is_empty() || judge.tracks.iter().any(|known| known == track)
        });
        let within = |pairs: &[Pair]| {
            let pairs = pairs.iter().filter(|pair| numbers.contains(&pair.entry));
            pairs.map(|pair| pair.named()).collect()
        };
        drawing::Draw {
            conflicts: within(&self.avoided),
            fixed: within(&self.fixed),
            judges: judges.map(|judge| judge_label(judge.number)).collect(),
            entries: numbers.iter().map(|number| entry_label(*number)).collect(),
            judges_an_entry,
            seed,
        }
    }

    fn every_pair(&self) -> impl Iterator<Item = (drawing::Pair, Pair)> {
        self.entries.iter().flat_map(|entry| {
            self.judges.iter().map(|judge| {
                let pair = Pair {
                    entry: entry.number,
                    judge: judge.number,
                };
                (pair.named(), pair)
            })
        })
    }
}

/// 409: no lot helps.
fn impossible(faults: &[Fault]) -> Problem {
    let mut entries: Vec<&str> = Vec::new();
    for fault in faults {
        match fault {
            Fault::TooFewJudges(names) | Fault::TooManyFixed(names) => {
                entries.extend(names.iter().map(String::as_str));
            }
            Fault::UnknownEntry(pair)
            | Fault::DuplicateFixed(pair)
            | Fault::FixedConflict(pair) => {
                entries.push(&pair.entry);
            }
            Fault::DuplicateName(name) => entries.push(name),
        }
    }
    let few = entries
        .iter()
        .take(20)
        .copied()
        .collect::<Vec<_>>()
        .join("、");
    Problem::new(
        StatusCode::CONFLICT,
        "draw_impossible",
        Words::new(
            format!("没有足够的、无利益冲突的评委：{few}"),
            format!("There are not enough judges without a conflict for {few}"),
        ),
    )
    .with("entries", json!(entries))
}

/// Whether a stage can be drawn now: once what comes before it is over, and who goes on is
/// published of the stages that are `settled`, until it closes.
pub fn timely(
    rules: &Rules,
    stage: &Stage,
    settled: &[String],
    now: Instant,
) -> Result<(), Problem> {
    let before = rules.stages.iter().take_while(|one| one.key != stage.key);
    let ready = before
        .clone()
        .map(|one| one.closes_at)
        .fold(rules.entries.closes_at, Instant::max);
    let (code, words) = if now < ready {
        (
            "draw_too_early",
            Words::new(
                "报名或前一阶段尚未结束，还不能抽签",
                "Entries, or the stage before, have not closed yet",
            ),
        )
    } else if before
        .filter(|one| one.advance.is_some())
        .any(|one| !settled.iter().any(|key| key == one.key.as_str()))
    {
        (
            "draw_too_early",
            Words::new(
                "前一阶段的晋级名单尚未公布，还不能抽签",
                "Who goes on from the stage before is not published yet",
            ),
        )
    } else if now >= stage.closes_at {
        (
            "stage_closed",
            Words::new("本阶段已经截止", "The stage has closed"),
        )
    } else {
        return Ok(());
    };
    Err(Problem::new(StatusCode::CONFLICT, code, words))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contests::rules::example;
    use crate::contests::rules::tests::read;

    fn urn() -> Urn {
        let entrant = |number: i64, track: &str| Entrant {
            number,
            track: track.to_owned(),
        };
        let juror = |number: i64, tracks: &[&str]| Juror {
            number,
            tracks: tracks.iter().map(|key| (*key).to_owned()).collect(),
        };
        Urn {
            entries: vec![
                entrant(1, "education"),
                entrant(2, "open"),
                entrant(3, "open"),
            ],
            judges: vec![
                juror(1, &[]),
                juror(2, &["open"]),
                juror(3, &["education"]),
                juror(4, &[]),
            ],
            avoided: vec![Pair { entry: 2, judge: 1 }],
            fixed: vec![Pair { entry: 3, judge: 9 }],
        }
    }

    #[test]
    fn each_track_is_drawn_from_its_own_judges() {
        let (rules, urn) = (read(example()), urn());
        let mut came = urn.draw(&rules, 2, &[7; 32]).unwrap();
        came.drawn.sort_unstable();
        let judges = |entry: i64| -> Vec<i64> {
            let of = came.drawn.iter().filter(|pair| pair.entry == entry);
            of.map(|pair| pair.judge).collect()
        };
        assert_eq!(judges(2), [2, 4]);
        assert_eq!(judges(1).len(), 2);
        assert!(!judges(1).contains(&2));
        // What stands counts, and is not drawn again.
        assert_eq!(judges(3).len(), 1);
        assert!(!judges(3).contains(&9));
        assert_eq!(
            came.document["tracks"][1]["fixed"],
            json!([["E0003", "J09"]])
        );
        let again = urn.draw(&rules, 2, &[7; 32]).unwrap();
        assert_eq!(again.document, came.document);
    }

    #[test]
    fn entries_that_cannot_be_drawn_for_are_named() {
        let problem = urn().draw(&read(example()), 3, &[7; 32]).unwrap_err();
        assert_eq!(problem.code(), "draw_impossible");
        let named = problem.title(crate::platform::i18n::Lang::En);
        assert!(named.contains("E0002"), "{named}");
    }

    #[test]
    fn a_stage_is_drawn_once_what_comes_before_is_over() {
        let rules = read(example());
        let (paper, roadshow) = (
            rules.stage("paper").unwrap(),
            rules.stage("roadshow").unwrap(),
        );
        let after = |settled: &[&str], stage, now| {
            let settled: Vec<String> = settled.iter().map(|key| (*key).to_owned()).collect();
            let late = timely(&rules, stage, &settled, now);
            late.err().map(|problem| problem.code())
        };
        let code = |stage, now| after(&[], stage, now);
        let eligible = rules.stage("eligibility").unwrap().closes_at;
        assert_eq!(code(paper, eligible.plus(-1)), Some("draw_too_early"));
        assert_eq!(code(paper, eligible), None);
        assert_eq!(code(paper, paper.closes_at), Some("stage_closed"));
        assert_eq!(code(roadshow, roadshow.opens_at), Some("draw_too_early"));
        assert_eq!(after(&["paper"], roadshow, roadshow.opens_at), None);
    }
}
