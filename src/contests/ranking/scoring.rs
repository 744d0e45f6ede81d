//! Each stage by its method, and where everybody stands after each.

use super::means::{Spread, Trim};
use super::points::Points;
use super::severity::{self, Adjusted};
use super::sheet::{Fault, Method};
use super::tally::{Case, Mark, Round, Tally};

/// A sheet with everything scored.
pub struct Scored<'s> {
    pub contenders: Vec<Contender<'s>>,
    /// Each stage with what it says of its judges.
    pub rounds: Vec<(Round<'s>, Judging)>,
}

/// An entry with its scores.
pub struct Contender<'s> {
    pub case: Case<'s>,
    /// One a stage it was in.
    pub scores: Vec<Score>,
    /// After each of them.
    pub standings: Vec<Points>,
}

/// What a stage made of an entry's ballots.
pub struct Score {
    pub score: Points,
    pub raw_mean: Points,
    pub standard_error: Option<Points>,
    pub spread: Spread,
    /// The score without each of the ballots in turn, as the marks are ordered; none where
    /// the method has no score without it.
    pub without: Vec<Option<Points>>,
}

/// What an adjusted stage says of its judges.
#[derive(Default)]
pub struct Judging {
    pub degrees_of_freedom: Option<u32>,
    /// Severity and its standard error, as the round's judges are ordered; empty where
    /// scores are not adjusted.
    pub judges: Vec<(Points, Option<Points>)>,
}

/// Scores everything, or says for which stages that is not possible.
pub fn score(tally: Tally) -> Result<Scored, Vec<Fault>> {
    let Tally { rounds, cases } = tally;
    let mut scores: Vec<Vec<Score>> = cases.iter().map(|_| Vec::new()).collect();
    let mut judged = Vec::new();
    let mut faults = Vec::new();
    for (index, round) in rounds.into_iter().enumerate() {
        let present: Vec<(&str, &[Mark])> = cases
            .iter()
            .filter_map(|case| Some((case.name, &**case.marks.get(index)?)))
            .collect();
        match score_round(&round, &present) {
            Ok((of_round, judging)) => {
                let contenders = cases.iter().zip(&mut scores);
                let present = contenders.filter(|(case, _)| case.marks.len() > index);
                for ((_, scores), score) in present.zip(of_round) {
                    scores.push(score);
                }
                judged.push((round, judging));
            }
            Err(fault) => faults.push(fault),
        }
    }
    if !faults.is_empty() {
        return Err(faults);
    }
    let weights: Vec<u32> = judged.iter().map(|(round, _)| round.stage.weight).collect();
    let contenders = cases
        .into_iter()
        .zip(scores)
        .map(|(case, scores)| Contender {
            standings: standings(&weights, scores.iter().map(|score| score.score)),
            case,
            scores,
        });
    Ok(Scored {
        contenders: contenders.collect(),
        rounds: judged,
    })
}

fn score_round(round: &Round, present: &[(&str, &[Mark])]) -> Result<(Vec<Score>, Judging), Fault> {
    let stage = || round.stage.key.clone();
    let not_computable = || Fault::NotComputable { stage: stage() };
    let trim = Trim::of(round.stage.method);
    let mut too_few = Vec::new();
    let mut scores = Vec::with_capacity(present.len());
    for (name, marks) in present {
        let mut totals: Vec<i64> = marks.iter().map(|mark| mark.total).collect();
        let without = trim.means_without(&totals, round.whole);
        totals.sort_unstable();
        let Some(score) = trim.mean(&totals, round.whole) else {
            too_few.push((*name).to_owned());
            continue;
        };
        scores.push(Score {
            score,
            raw_mean: Trim::NOTHING
                .mean(&totals, round.whole)
                .ok_or_else(not_computable)?,
            standard_error: None,
            spread: Spread::of(&totals, round.whole).ok_or_else(not_computable)?,
            without,
        });
    }
    if !too_few.is_empty() {
        return Err(Fault::TooFewToTrim {
            stage: stage(),
            entries: too_few,
        });
    }
    let mut judging = Judging::default();
    if let Method::SeverityAdjusted {} = round.stage.method {
        let Adjusted {
            entries,
            judges,
            degrees_of_freedom,
        } = severity::adjust(round, present)?;
        for (score, adjusted) in scores.iter_mut().zip(entries) {
            score.score = adjusted.score;
            score.standard_error = adjusted.standard_error;
            score.without = adjusted.without;
        }
        judging.judges = judges;
        judging.degrees_of_freedom = Some(degrees_of_freedom);
    }
    Ok((scores, judging))
}

/// Where an entry stands after each of its stages.
pub fn standings(weights: &[u32], scores: impl Iterator<Item = Points>) -> Vec<Points> {
    let mut weighed = 0;
    let mut sum = 0;
    weights
        .iter()
        .zip(scores)
        .map(|(weight, score)| {
            weighed += weight;
            sum += i128::from(*weight) * i128::from(score.units());
            // As long as nothing counts towards the total, the stage's own score does.
            if weighed == 0 {
                score
            } else {
                Points::of(sum, 1_000 * i128::from(Points::UNIT)).unwrap_or_default()
            }
        })
        .collect()
}
