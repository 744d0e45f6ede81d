//! A sheet that holds together, sorted: what everything after it relies on.

use std::collections::BTreeMap;

use super::sheet::{Ballot, Criterion, FINEST, Fault, Sheet, Stage, TieRule, VERSION, WIDEST};

/// The sheet by entry, in the order of names.
pub struct Tally<'s> {
    pub rounds: Vec<Round<'s>>,
    pub cases: Vec<Case<'s>>,
}

/// A stage.
pub struct Round<'s> {
    pub stage: &'s Stage,
    /// What a perfect ballot comes to.
    pub whole: i64,
    /// Who judged, in the order of names.
    pub judges: Vec<&'s str>,
}

/// An entry.
pub struct Case<'s> {
    pub name: &'s str,
    /// Its ballots in the first stage, in the second, … up to where it ended; nowhere empty.
    pub marks: Vec<Vec<Mark<'s>>>,
}

/// A ballot, without whose it is.
#[derive(Clone, Copy)]
pub struct Mark<'s> {
    /// The place among the judges of the round.
    pub judge: usize,
    /// Out of the whole of the round.
    pub total: i64,
    pub scores: &'s [i32],
}

impl<'s> Tally<'s> {
    /// Or everything that is wrong with the sheet.
    pub fn new(sheet: &'s Sheet) -> Result<Self, Vec<Fault>> {
        let mut faults = Vec::new();
        if sheet.version != VERSION {
            faults.push(Fault::Version {
                version: sheet.version,
            });
        }
        check_stages(sheet, &mut faults);
        check_ties(sheet, &mut faults);

        let mut rounds = Vec::new();
        let mut cases = BTreeMap::<&str, Vec<Vec<Mark>>>::new();
        for (index, stage) in sheet.stages.iter().enumerate() {
            let widths = check_criteria(stage, &mut faults);
            let mut ballots: Vec<&Ballot> = stage.ballots.iter().collect();
            ballots.sort_by_key(|ballot| (&ballot.entry, &ballot.judge, &ballot.scores));
            check_ballots(stage, &ballots, &mut faults);

            let mut judges: Vec<&str> = ballots.iter().map(|ballot| &*ballot.judge).collect();
            judges.sort_unstable();
            judges.dedup();
            let whole = 1_000 * widths;
            let mut strangers = Vec::new();
            for of_one in ballots.chunk_by(|one, other| one.entry == other.entry) {
                let marks = of_one.iter().map(|ballot| Mark {
                    judge: judges.partition_point(|judge| *judge < &*ballot.judge),
                    total: total(stage, widths, ballot),
                    scores: &ballot.scores,
                });
                let entry = of_one.first().map_or("", |ballot| &ballot.entry);
                let before = cases.entry(entry).or_default();
                if before.len() < index {
                    strangers.push(entry.to_owned());
                }
                before.push(marks.collect());
            }
            if !strangers.is_empty() {
                faults.push(Fault::NotInStageBefore {
                    stage: stage.key.clone(),
                    entries: strangers,
                });
            }
            rounds.push(Round {
                stage,
                whole,
                judges,
            });
        }
        if !faults.is_empty() {
            return Err(faults);
        }
        let cases = cases.into_iter().map(|(name, marks)| Case { name, marks });
        Ok(Self {
            rounds,
            cases: cases.collect(),
        })
    }
}

fn check_stages(sheet: &Sheet, faults: &mut Vec<Fault>) {
    if sheet.stages.is_empty() {
        faults.push(Fault::NoStages {});
        return;
    }
    let sum = sheet
        .stages
        .iter()
        .map(|stage| u64::from(stage.weight))
        .sum();
    if sum != 1_000 {
        faults.push(Fault::StageWeights { sum });
    }
    for stage in repeated(sheet.stages.iter().map(|stage| &*stage.key)) {
        faults.push(Fault::DuplicateStage { stage });
    }
    if let Some(last) = sheet.stages.last().filter(|last| last.advance.is_some()) {
        faults.push(Fault::NowhereToAdvance {
            stage: last.key.clone(),
        });
    }
}

fn check_ties(sheet: &Sheet, faults: &mut Vec<Fault>) {
    for (index, rule) in sheet.ties.iter().enumerate() {
        let known = match rule {
            TieRule::Stage { stage } => sheet.stages.iter().any(|other| other.key == *stage),
            TieRule::Criterion { stage, criterion } => sheet.stages.iter().any(|other| {
                other.key == *stage && other.criteria.iter().any(|one| one.key == *criterion)
            }),
        };
        if !known {
            faults.push(Fault::UnknownTieRule { index });
        }
    }
}

/// The least common multiple of the scales' widths.
fn check_criteria(stage: &Stage, faults: &mut Vec<Fault>) -> i64 {
    let key = || stage.key.clone();
    for criterion in repeated(stage.criteria.iter().map(|criterion| &*criterion.key)) {
        let stage = key();
        faults.push(Fault::DuplicateCriterion { stage, criterion });
    }
    let weights = stage.criteria.iter().map(|one| u64::from(one.weight));
    let sum = weights.sum();
    if sum != 1_000 {
        faults.push(Fault::CriterionWeights { stage: key(), sum });
    }
    let mut common = 1;
    for criterion in &stage.criteria {
        let width = width(criterion);
        if !(1..=WIDEST).contains(&width) {
            faults.push(Fault::Scale {
                stage: key(),
                criterion: criterion.key.clone(),
            });
        } else if common <= FINEST {
            common *= width / greatest_common_divisor(common, width);
        }
    }
    if common > FINEST {
        faults.push(Fault::ScalesTooFine { stage: key() });
    }
    common
}

fn check_ballots(stage: &Stage, sorted: &[&Ballot], faults: &mut Vec<Fault>) {
    let whose = |ballot: &Ballot| {
        (
            stage.key.clone(),
            ballot.entry.clone(),
            ballot.judge.clone(),
        )
    };
    for same in
        sorted.chunk_by(|one, other| (&one.entry, &one.judge) == (&other.entry, &other.judge))
    {
        if let [ballot, _, ..] = same {
            let (stage, entry, judge) = whose(ballot);
            faults.push(Fault::DuplicateBallot {
                stage,
                entry,
                judge,
            });
        }
        for ballot in same {
            if ballot.scores.len() != stage.criteria.len() {
                let (stage, entry, judge) = whose(ballot);
                faults.push(Fault::ScoreCount {
                    stage,
                    entry,
                    judge,
                });
                continue;
            }
            for (criterion, score) in stage.criteria.iter().zip(&ballot.scores) {
                // A scale upside down is a fault already, and contains nothing.
                if criterion.minimum < criterion.maximum
                    && !(criterion.minimum..=criterion.maximum).contains(score)
                {
                    let (stage, entry, judge) = whose(ballot);
                    faults.push(Fault::OutOfScale {
                        stage,
                        entry,
                        judge,
                        criterion: criterion.key.clone(),
                    });
                }
            }
        }
    }
}

/// What a ballot comes to, out of 1000 · `widths`; anything for one that is at fault.
fn total(stage: &Stage, widths: i64, ballot: &Ballot) -> i64 {
    let scored = stage.criteria.iter().zip(&ballot.scores);
    scored.fold(0, |sum: i64, (criterion, score)| {
        let steps = i64::from(*score) - i64::from(criterion.minimum);
        let part = widths.checked_div(width(criterion)).unwrap_or(0);
        sum.wrapping_add(i64::from(criterion.weight).wrapping_mul(steps.wrapping_mul(part)))
    })
}

/// How many steps a scale has.
pub fn width(criterion: &Criterion) -> i64 {
    i64::from(criterion.maximum) - i64::from(criterion.minimum)
}

fn greatest_common_divisor(a: i64, b: i64) -> i64 {
    if b == 0 {
        a
    } else {
        greatest_common_divisor(b, a % b)
    }
}

fn repeated<'k>(keys: impl Iterator<Item = &'k str>) -> Vec<String> {
    let mut keys: Vec<&str> = keys.collect();
    keys.sort_unstable();
    keys.chunk_by(|one, other| one == other)
        .filter_map(|same| match same {
            [key, _, ..] => Some((*key).to_owned()),
            _ => None,
        })
        .collect()
}
