//! Everybody's place, from first to last, with what is to be said of it.

use std::collections::BTreeMap;

use super::dependence::{self, Field};
use super::order::{Place, order};
use super::points::Points;
use super::result::{Boundary, Flag, JudgeSummary, Ranked, Ranking, StageResult, StageSummary};
use super::scoring::{self, Contender, Judging};
use super::sheet::{Fault, Sheet};
use super::tally::{Round, Tally};

/// The ranking that follows from a sheet, or everything that is wrong with it.
///
/// # Errors
///
/// First all that is wrong with its form; when nothing is, all stages whose method cannot
/// be applied.
pub fn rank(sheet: &Sheet) -> Result<Ranking, Vec<Fault>> {
    let scored = scoring::score(Tally::new(sheet)?)?;
    let contenders = &scored.contenders;
    let rounds: Vec<&Round> = scored.rounds.iter().map(|(round, _)| round).collect();
    let went_beyond = |stage: usize| {
        contenders
            .iter()
            .filter(move |one| one.scores.len() > stage)
    };

    // After each stage, among all who were in it.
    let mut ranks: Vec<BTreeMap<&str, u32>> = Vec::new();
    let mut quotas: Vec<Field> = Vec::new();
    for (stage, round) in rounds.iter().enumerate() {
        let pool: Vec<&Contender> = went_beyond(stage).collect();
        let places = order(&pool, &rounds, &sheet.ties, stage);
        let boundary = round.stage.advance.map(|quota| {
            let stage = round.stage.key.clone();
            (quota.get(), Boundary::Advance { stage })
        });
        quotas.push(field(stage, &places, 0, boundary.into_iter().collect()));
        let named = places
            .iter()
            .map(|place| (place.contender.case.name, place.rank));
        ranks.push(named.collect());
    }
    let rank_after = |contender: &Contender, stage: usize| {
        let ranks = ranks.get(stage)?;
        ranks.get(contender.case.name).copied()
    };

    // Awards are for the whole contest: there are none before its last stage.
    let finished = rounds.last().is_some_and(|round| !round.judges.is_empty());
    let awards = sheet.boundaries.iter().filter(|_| finished).copied();
    let mut awards: Vec<_> = awards
        .map(|rank| (rank.get(), Boundary::Award { rank }))
        .collect();
    awards.sort_unstable_by_key(|(rank, _)| *rank);
    awards.dedup();

    let mut entries = Vec::with_capacity(contenders.len());
    for stage in (0..rounds.len()).rev() {
        let ended = |one: &&Contender| one.scores.len() == stage + 1;
        let pool: Vec<&Contender> = contenders.iter().filter(ended).collect();
        let ahead = u32::try_from(entries.len()).unwrap_or(u32::MAX);
        let places = order(&pool, &rounds, &sheet.ties, stage);
        let award = field(stage, &places, ahead, awards.clone());
        for place in places {
            let contender = place.contender;
            let rank = ahead.saturating_add(place.rank);
            let mut fields: Vec<(&Field, u32)> = quotas
                .iter()
                .filter_map(|field| Some((field, rank_after(contender, field.stage)?)))
                .collect();
            fields.push((&award, rank));
            let mut flags = dependence::flags(contender, &rounds, &fields);
            flags.extend(departures(contender, &rounds, &rank_after));
            let results = contender.scores.iter().zip(&rounds).enumerate();
            let results = results.map(|(index, (score, round))| StageResult {
                stage: round.stage.key.clone(),
                rank: rank_after(contender, index).unwrap_or_default(),
                score: score.score,
                raw_mean: score.raw_mean,
                standard_error: score.standard_error,
                ballots: count(score.without.len()),
                deviation: score.spread.deviation,
                range: score.spread.range,
            });
            entries.push(Ranked {
                entry: contender.case.name.to_owned(),
                rank,
                total: contender.standings.last().copied().unwrap_or_default(),
                stages: results.collect(),
                tie: place.tie,
                flags,
            });
        }
    }
    let stages = scored.rounds.iter().enumerate();
    let stages = stages.map(|(index, (round, judging))| {
        let entries = went_beyond(index).count();
        summary(round, judging, entries)
    });
    Ok(Ranking {
        version: sheet.version,
        entries,
        stages: stages.collect(),
    })
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

/// Where an entry did not go the way of its rank.
fn departures(
    contender: &Contender,
    rounds: &[&Round],
    rank_after: &impl Fn(&Contender, usize) -> Option<u32>,
) -> Vec<Flag> {
    let steps = rounds.iter().zip(rounds.iter().skip(1)).enumerate();
    let departed = steps.filter_map(|(index, (round, next))| {
        let rank = rank_after(contender, index)?;
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
