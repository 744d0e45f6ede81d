//! Whose rank rests on one judge: each ballot left out in turn.
//!
//! An entry's stage score is computed without the ballot, and its standing from that; the
//! others stay as published. For means that is what a count without the ballot would come
//! to; for adjusted scores see [`super::severity`]. A move onto the same total as an entry
//! on the other side is no move across: the rules for ties would have to decide.

use super::points::Points;
use super::result::{Boundary, Flag};
use super::scoring::{Contender, standings};
use super::tally::Round;

/// A row of entries in which some win and some do not.
pub struct Field {
    /// After which stage.
    pub stage: usize,
    /// The standings of all, the best first.
    pub standings: Vec<Points>,
    /// So many rank before all of them.
    pub ahead: u32,
    /// The last winning rank, and what is won.
    pub boundaries: Vec<(u32, Boundary)>,
}

impl Field {
    /// Across which boundaries, and to which rank, an entry of this rank and standing moves
    /// that comes to stand elsewhere.
    fn crossed(
        &self,
        rank: u32,
        from: Points,
        to: Points,
    ) -> impl Iterator<Item = (&Boundary, u32)> {
        let count = |standing: Points| {
            let better = self.standings.partition_point(|other| *other > standing);
            let as_good = self.standings.partition_point(|other| *other >= standing);
            (better, as_good)
        };
        // Itself is among the standings, where it is now.
        let (better, as_good) = count(to);
        let best = better + 1 - usize::from(from > to);
        let worst = as_good + 1 - usize::from(from >= to);
        let place = |rank: usize| {
            self.ahead
                .saturating_add(u32::try_from(rank).unwrap_or(u32::MAX))
        };
        let (best, worst) = (place(best), place(worst));
        self.boundaries.iter().filter_map(move |(last, boundary)| {
            let leaves = rank <= *last && best > *last;
            let enters = rank > *last && worst <= *last;
            match (leaves, enters) {
                (true, _) => Some((boundary, best)),
                (_, true) => Some((boundary, worst)),
                _ => None,
            }
        })
    }
}

/// What an entry rests on: `fields` are those it is in, with its rank in each.
pub fn flags(contender: &Contender, rounds: &[&Round], fields: &[(&Field, u32)]) -> Vec<Flag> {
    let weights: Vec<u32> = rounds.iter().map(|round| round.stage.weight).collect();
    let mut flags = Vec::new();
    let scored = contender
        .scores
        .iter()
        .zip(&contender.case.marks)
        .zip(rounds);
    for (index, ((score, marks), round)) in scored.enumerate() {
        for (without, mark) in score.without.iter().zip(marks) {
            let stage = || round.stage.key.clone();
            let judge = || {
                round
                    .judges
                    .get(mark.judge)
                    .copied()
                    .unwrap_or_default()
                    .to_owned()
            };
            let Some(without) = *without else {
                flags.push(Flag::NothingWithout {
                    stage: stage(),
                    judge: judge(),
                });
                continue;
            };
            let scores = contender.scores.iter().enumerate();
            let scores =
                scores.map(|(other, score)| if other == index { without } else { score.score });
            let standings = standings(&weights, scores);
            for (field, rank) in fields.iter().filter(|(field, _)| field.stage >= index) {
                let now = contender
                    .standings
                    .get(field.stage)
                    .copied()
                    .unwrap_or_default();
                let then = standings.get(field.stage).copied().unwrap_or_default();
                for (boundary, rank) in field.crossed(*rank, now, then) {
                    flags.push(Flag::RestsOnOneJudge {
                        stage: stage(),
                        judge: judge(),
                        boundary: boundary.clone(),
                        rank,
                    });
                }
            }
        }
    }
    flags
}
