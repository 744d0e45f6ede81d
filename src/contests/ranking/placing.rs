//! Everybody's place, from first to last, with what is to be said of it.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroU32;

use super::dependence::{self, Field};
use super::order::{Place, order};
use super::points::Points;
use super::result::{Boundary, Flag, JudgeSummary, Ranked, Ranking, StageResult, StageSummary};
use super::scoring::{self, Contender, Judging, Scored};
use super::sheet::{Fault, Sheet, TieRule};
use super::tally::{Round, Tally};

/// The ranking that follows from a sheet, or everything that is wrong with it.
///
/// # Errors
///
/// First all that is wrong with its form; when nothing is, all stages whose method cannot
/// be applied.
pub fn rank(sheet: &Sheet) -> Result<Ranking, Vec<Fault>> {
    let scored = scoring::score(Tally::new(sheet)?)?;
    let contest = Contest::new(sheet, &scored);
    let mut entries = Vec::with_capacity(scored.contenders.len());
    for stage in (0..contest.rounds.len()).rev() {
        entries.extend(contest.ended_at(stage, count(entries.len())));
    }
    let rounds = scored.rounds.iter().zip(&contest.after);
    let stages = rounds.map(|((round, judging), after)| summary(round, judging, after.ranks.len()));
    Ok(Ranking {
        version: sheet.version,
        entries,
        stages: stages.collect(),
    })
}

/// Everything scored, and how it stood after each stage.
struct Contest<'c, 's> {
    rules: &'s [TieRule],
    contenders: &'c [Contender<'s>],
    rounds: Vec<&'c Round<'s>>,
    after: Vec<After<'s>>,
    /// The last rank of each award, in order.
    awards: Vec<(u32, Boundary)>,
}

/// How it stood after a stage, among all who were in it.
struct After<'s> {
    ranks: BTreeMap<&'s str, u32>,
    /// Who goes on.
    quota: Field,
}

impl<'c, 's> Contest<'c, 's> {
    fn new(sheet: &'s Sheet, scored: &'c Scored<'s>) -> Self {
        let rounds: Vec<&Round> = scored.rounds.iter().map(|(round, _)| round).collect();
        // Awards are for the whole contest: there are none before its last stage.
        let finished = rounds.last().is_some_and(|round| !round.judges.is_empty());
        let awards = sheet.boundaries.iter().filter(|_| finished).copied();
        let awards: BTreeSet<NonZeroU32> = awards.collect();
        let award = |rank: NonZeroU32| (rank.get(), Boundary::Award { rank });
        let mut contest = Self {
            rules: &sheet.ties,
            contenders: &scored.contenders,
            rounds,
            after: Vec::new(),
            awards: awards.into_iter().map(award).collect(),
        };
        let stages = 0..contest.rounds.len();
        contest.after = stages.map(|stage| contest.stood_after(stage)).collect();
        contest
    }

    fn stood_after(&self, stage: usize) -> After<'s> {
        let places = self.order(stage, |scores| scores > stage);
        let quota = self.rounds.get(stage).and_then(|round| {
            let stage = round.stage.key.clone();
            Some((round.stage.advance?.get(), Boundary::Advance { stage }))
        });
        let ranks = places
            .iter()
            .map(|place| (place.contender.case.name, place.rank));
        After {
            ranks: ranks.collect(),
            quota: field(stage, &places, 0, quota.into_iter().collect()),
        }
    }

    /// Those of whose scores there are as many as `counts`, as they stand after the stage.
    fn order(&self, stage: usize, counts: impl Fn(usize) -> bool) -> Vec<Place<'c, 's>> {
        let pool = self
            .contenders
            .iter()
            .filter(|one| counts(one.scores.len()));
        order(&pool.collect::<Vec<_>>(), &self.rounds, self.rules, stage)
    }

    /// Those who ended at a stage, behind so many.
    fn ended_at(&self, stage: usize, ahead: u32) -> Vec<Ranked> {
        let places = self.order(stage, |scores| scores == stage + 1);
        let award = field(stage, &places, ahead, self.awards.clone());
        let ranked = places.into_iter().map(|place| {
            let contender = place.contender;
            let rank = ahead.saturating_add(place.rank);
            let quotas = self.after.iter().map(|after| &after.quota);
            let ranks = self.ranks(contender).into_iter();
            let fields: Vec<_> = quotas.zip(ranks).chain([(&award, rank)]).collect();
            let mut flags = dependence::flags(contender, &self.rounds, &fields);
            flags.extend(self.departures(contender));
            Ranked {
                entry: contender.case.name.to_owned(),
                rank,
                total: contender.standings.last().copied().unwrap_or_default(),
                stages: self.results(contender),
                tie: place.tie,
                flags,
            }
        });
        ranked.collect()
    }

    /// The ranks after each stage that a contender was in.
    fn ranks(&self, contender: &Contender) -> Vec<u32> {
        let ranks = self
            .after
            .iter()
            .map(|after| after.ranks.get(contender.case.name));
        ranks.map_while(|rank| rank.copied()).collect()
    }

    fn results(&self, contender: &Contender) -> Vec<StageResult> {
        let scores = self
            .rounds
            .iter()
            .zip(self.ranks(contender))
            .zip(&contender.scores);
        let results = scores.map(|((round, rank), score)| StageResult {
            stage: round.stage.key.clone(),
            rank,
            score: score.score,
            raw_mean: score.raw_mean,
            standard_error: score.standard_error,
            ballots: count(score.without.len()),
            deviation: score.spread.deviation,
            range: score.spread.range,
        });
        results.collect()
    }

    /// Where a contender did not go the way of its rank.
    fn departures(&self, contender: &Contender) -> Vec<Flag> {
        let steps = self.rounds.iter().zip(self.rounds.iter().skip(1));
        let steps = steps.zip(self.ranks(contender)).enumerate();
        let departed = steps.filter_map(|(index, ((round, next), rank))| {
            let within = round.stage.advance.is_none_or(|quota| rank <= quota.get());
            let went_on = contender.scores.len() > index + 1;
            let stage = round.stage.key.clone();
            match (within, went_on) {
                (true, false) if !next.judges.is_empty() => Some(Flag::DidNotGoOn { stage }),
                (false, true) => Some(Flag::WentOnBehindQuota { stage }),
                _ => None,
            }
        });
        departed.collect()
    }
}

fn field(stage: usize, places: &[Place], ahead: u32, boundaries: Vec<(u32, Boundary)>) -> Field {
    let standing =
        |place: &Place| -> Option<Points> { place.contender.standings.get(stage).copied() };
    Field {
        stage,
        standings: places.iter().filter_map(standing).collect(),
        ahead,
        boundaries,
    }
}

fn summary(round: &Round, judging: &Judging, entries: usize) -> StageSummary {
    let mut ballots = BTreeMap::<&str, usize>::new();
    for ballot in &round.stage.ballots {
        *ballots.entry(&ballot.judge).or_default() += 1;
    }
    let judges = ballots
        .into_iter()
        .enumerate()
        .map(|(index, (judge, ballots))| {
            let adjusted = judging.judges.get(index);
            JudgeSummary {
                judge: judge.to_owned(),
                ballots: count(ballots),
                severity: adjusted.map(|(severity, _)| *severity),
                standard_error: adjusted.and_then(|(_, error)| *error),
            }
        });
    StageSummary {
        stage: round.stage.key.clone(),
        entries: count(entries),
        ballots: count(round.stage.ballots.len()),
        degrees_of_freedom: judging.degrees_of_freedom,
        judges: judges.collect(),
    }
}

fn count(things: usize) -> u32 {
    u32::try_from(things).unwrap_or(u32::MAX)
}
