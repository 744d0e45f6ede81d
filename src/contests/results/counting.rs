//! From ballots to the sheet that is published.

use std::num::NonZeroU32;

use serde::Deserialize;

use crate::contests::ranking::{self, Sheet};
use crate::contests::rules::{Criterion, Method, Rules, Stage};
use crate::contests::scoring::Scores;
use crate::contests::{entry_label, judge_label};
use crate::platform::db;
use crate::platform::problem::Problem;

/// A ballot that counts: handed in, for an entry that takes part, by a judge without a
/// conflict.
#[derive(Debug, Deserialize)]
pub struct Counted {
    /// The key of the stage.
    pub stage: String,
    /// The key of the entry's track.
    pub track: String,
    /// `E0001` without the `E`.
    pub entry: i64,
    /// `J01` without the `J`.
    pub judge: i64,
    /// One a criterion.
    #[serde(deserialize_with = "db::json")]
    pub scores: Scores,
}

/// What a track's ranking follows from. Fails as internal when a ballot that stands does not
/// fit the rules that stand.
pub fn sheet(rules: &Rules, track: &str, ballots: &[Counted]) -> Result<Sheet, Problem> {
    let stages = rules.judged().map(|stage| {
        let key = stage.key.as_str();
        let own = ballots
            .iter()
            .filter(|ballot| ballot.track == track && ballot.stage == key);
        Ok(ranking::Stage {
            key: key.to_owned(),
            weight: whole(stage.weight.get())?,
            method: method(stage)?,
            criteria: stage
                .criteria
                .iter()
                .map(criterion)
                .collect::<Result<_, _>>()?,
            advance: stage
                .advance
                .as_ref()
                .map(|quota| quota.get())
                .map(positive)
                .transpose()?,
            ballots: own
                .map(|ballot| named(stage, ballot))
                .collect::<Result<_, _>>()?,
        })
    });
    Ok(Sheet {
        version: ranking::VERSION,
        stages: stages.collect::<Result<_, Problem>>()?,
        ties: rules.ties.iter().map(tie).collect(),
        boundaries: boundaries(rules)?,
    })
}

/// After which ranks an award ends, from the highest award down: who shares the last rank
/// of an award has it, too, and the next award has so many fewer.
pub fn boundaries(rules: &Rules) -> Result<Vec<NonZeroU32>, Problem> {
    let mut rank = 0;
    let quotas = rules.awards.iter().map(|award| {
        rank += award.quota.get();
        positive(rank)
    });
    quotas.collect()
}

fn method(stage: &Stage) -> Result<ranking::Method, Problem> {
    Ok(match stage.method {
        Method::WeightedMean => ranking::Method::WeightedMean {},
        Method::TrimmedMean => {
            let trim = whole(stage.trim.get())?;
            ranking::Method::TrimmedMean {
                highest: trim,
                lowest: trim,
            }
        }
        Method::SeverityAdjusted => ranking::Method::SeverityAdjusted {},
    })
}

fn criterion(criterion: &Criterion) -> Result<ranking::Criterion, Problem> {
    Ok(ranking::Criterion {
        key: criterion.key.as_str().to_owned(),
        weight: whole(criterion.weight.get())?,
        minimum: whole(criterion.min.get())?,
        maximum: whole(criterion.max.get())?,
    })
}

fn tie(tie: &crate::contests::rules::Tie) -> ranking::TieRule {
    let stage = tie.stage.as_str().to_owned();
    match &tie.criterion {
        None => ranking::TieRule::Stage { stage },
        Some(criterion) => ranking::TieRule::Criterion {
            stage,
            criterion: criterion.as_str().to_owned(),
        },
    }
}

fn named(stage: &Stage, ballot: &Counted) -> Result<ranking::Ballot, Problem> {
    let entry = entry_label(ballot.entry);
    let scores = stage.criteria.iter().map(|criterion| {
        let key = criterion.key.as_str();
        let score = ballot.scores.get(key).ok_or_else(|| {
            Problem::internal(format!("a ballot for {entry} has no score for {key}"))
        })?;
        whole(*score)
    });
    Ok(ranking::Ballot {
        scores: scores.collect::<Result<_, Problem>>()?,
        entry,
        judge: judge_label(ballot.judge),
    })
}

fn whole<T: TryFrom<i64>>(number: i64) -> Result<T, Problem> {
    T::try_from(number).map_err(|_| Problem::internal(format!("{number} is beyond any scale")))
}

fn positive(number: i64) -> Result<NonZeroU32, Problem> {
    NonZeroU32::new(whole(number)?).ok_or_else(|| Problem::internal("a quota of nobody"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contests::ranking::rank;
    use crate::contests::rules::{example, tests::read};

    fn ballot(
        stage: &str,
        track: &str,
        (entry, judge): (i64, i64),
        scores: &[(&str, i64)],
    ) -> Counted {
        Counted {
            stage: stage.to_owned(),
            track: track.to_owned(),
            entry,
            judge,
            scores: scores
                .iter()
                .map(|(key, score)| ((*key).to_owned(), *score))
                .collect(),
        }
    }

    fn paper(pair: (i64, i64), need: i64, effect: i64) -> Counted {
        ballot("paper", "open", pair, &[("effect", effect), ("need", need)])
    }

    #[test]
    fn a_sheet_holds_the_rules_and_the_ballots_of_its_track() {
        let rules = read(example());
        let ballots = [
            paper((1, 1), 10, 0),
            paper((1, 2), 8, 7),
            ballot("roadshow", "open", (1, 3), &[("show", 9)]),
            ballot("paper", "education", (2, 1), &[("need", 1), ("effect", 1)]),
        ];
        let sheet = sheet(&rules, "open", &ballots).unwrap();
        let keys: Vec<_> = sheet
            .stages
            .iter()
            .map(|stage| (&*stage.key, stage.weight))
            .collect();
        assert_eq!(keys, [("paper", 400), ("roadshow", 600)]);
        let [paper, roadshow] = sheet.stages.as_slice() else {
            panic!("{} stages", sheet.stages.len())
        };
        assert_eq!(paper.method, ranking::Method::SeverityAdjusted {});
        assert_eq!(paper.advance, NonZeroU32::new(12));
        // In the order of the rubric, not of their names.
        let scores: Vec<_> = paper.ballots.iter().map(|ballot| &*ballot.scores).collect();
        assert_eq!(scores, [[10, 0], [8, 7]]);
        assert_eq!(paper.ballots[0].entry, "E0001");
        assert_eq!(
            roadshow.method,
            ranking::Method::TrimmedMean {
                highest: 1,
                lowest: 1
            }
        );
        assert_eq!(roadshow.ballots[0].judge, "J03");
        assert_eq!(
            sheet.boundaries,
            [1, 3].map(|rank| NonZeroU32::new(rank).unwrap())
        );
        assert_eq!(sheet.ties.len(), 2);
    }

    #[test]
    fn what_the_rules_say_can_be_ranked() {
        let rules = read(example());
        let both = [1, 2].map(|judge| paper((1, judge), 8, 7));
        let more = [1, 2].map(|judge| paper((2, judge), 9, 7));
        let ballots: Vec<_> = both.into_iter().chain(more).collect();
        let ranking = rank(&sheet(&rules, "open", &ballots).unwrap()).unwrap();
        let places: Vec<_> = ranking
            .entries
            .iter()
            .map(|entry| (&*entry.entry, entry.rank))
            .collect();
        assert_eq!(places, [("E0002", 1), ("E0001", 2)]);
    }

    #[test]
    fn a_ballot_that_does_not_fit_the_rubric_is_not_left_out_silently() {
        let rules = read(example());
        let half = [ballot("paper", "open", (1, 1), &[("need", 8)])];
        let problem = sheet(&rules, "open", &half).unwrap_err();
        assert_eq!(
            problem.internal_reason(),
            Some("a ballot for E0001 has no score for effect")
        );
    }
}
