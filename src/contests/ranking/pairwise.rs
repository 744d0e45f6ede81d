//! Who is preferred among a few, from comparisons of two: Bradley and Terry's model.
//!
//! i is preferred to j with probability p_i ÷ (p_i + p_j). The likeliest strengths p are
//! found as Newman (2023, "Efficient computation of rankings from pairwise comparisons")
//! sets out: p_i ← Σ_j w_ij p_j ÷ (p_i + p_j) over Σ_j w_ji ÷ (p_i + p_j), w_ij being how
//! often i was preferred to j, one after the other in the order of names, then all scaled
//! to a mean of 1. They settle where those of Hunter's MM algorithm (2004) do, which is the
//! same but for w_ij p_j on top, in a fifth of its rounds. They have settled when no
//! strength changes by more than [`SETTLED`] of itself.
//!
//! There is a likeliest p only where everybody is linked with everybody else by a chain of
//! wins. So the strongest that judges said comes first: who is above another one by such a
//! chain, and not below by any, ranks above. Those are set apart of whom each is above each
//! of the rest; within such a set strengths decide if all are linked both ways, and nothing
//! does otherwise: judges have not compared them.

use std::collections::BTreeMap;

/// A strength that changes by no more than this part of itself has settled.
const SETTLED: f64 = 1e-13;

/// What has not settled after so many rounds decides nothing.
const ROUNDS: u32 = 10_000;

/// Comparisons among as many as there are, by their numbers.
pub struct Comparisons {
    count: usize,
    /// For each pair, the lesser number first: half a win is 1.
    halves: BTreeMap<(usize, usize), (u32, u32)>,
}

/// One of those compared.
pub struct Preference {
    /// The number.
    pub who: usize,
    /// The probability of being preferred to another one of the set, chosen at random;
    /// where strengths were found.
    pub probability: Option<f64>,
}

impl Comparisons {
    /// None yet, of so many.
    pub fn new(count: usize) -> Self {
        Self {
            count,
            halves: BTreeMap::new(),
        }
    }

    /// A judge gave `a` and `b` so much: a win for the higher one, a half for each of equals.
    pub fn add(&mut self, a: (usize, i64), b: (usize, i64)) {
        let (a, b) = if a.0 < b.0 { (a, b) } else { (b, a) };
        let won = |own: i64, other: i64| match own.cmp(&other) {
            std::cmp::Ordering::Less => 0,
            std::cmp::Ordering::Equal => 1,
            std::cmp::Ordering::Greater => 2,
        };
        let of_pair = self.halves.entry((a.0, b.0)).or_default();
        of_pair.0 += won(a.1, b.1);
        of_pair.1 += won(b.1, a.1);
    }

    /// Sets of which each ranks before the next, in each by number.
    pub fn sets(&self) -> Vec<Vec<Preference>> {
        let chains = Chains::of(self);
        let sets = chains.sets().into_iter().map(|set| {
            let linked = set.len() > 1 && chains.link_all(&set);
            let strengths = linked.then(|| self.strengths(&set)).flatten();
            let probability = |own: usize| {
                let strengths = strengths.as_ref()?;
                let strength = strengths.get(own)?;
                let others = strengths
                    .iter()
                    .enumerate()
                    .filter(|(index, _)| *index != own);
                let sum = others.fold(0.0, |sum, (_, other)| sum + strength / (strength + other));
                Some(sum / (set.len() - 1) as f64)
            };
            let members = set.iter().enumerate();
            members
                .map(|(index, who)| Preference {
                    who: *who,
                    probability: probability(index),
                })
                .collect()
        });
        sets.collect()
    }

    /// The likeliest strengths within `set`, sorted, whose members are all linked; none when
    /// they do not settle.
    fn strengths(&self, set: &[usize]) -> Option<Vec<f64>> {
        let place = |who: usize| set.binary_search(&who).ok();
        // For each the others, with how often it was preferred to them and they to it.
        let mut met: Vec<Vec<(usize, f64, f64)>> = vec![Vec::new(); set.len()];
        for ((a, b), (a_halves, b_halves)) in &self.halves {
            let (Some(a), Some(b)) = (place(*a), place(*b)) else {
                continue;
            };
            let (a_wins, b_wins) = (f64::from(*a_halves) / 2.0, f64::from(*b_halves) / 2.0);
            met.get_mut(a)?.push((b, a_wins, b_wins));
            met.get_mut(b)?.push((a, b_wins, a_wins));
        }
        let mut strengths = vec![1.0; set.len()];
        for _ in 0..ROUNDS {
            let before = strengths.clone();
            for (own, met) in met.iter().enumerate() {
                let strength = *strengths.get(own)?;
                let (mut won, mut lost) = (0.0, 0.0);
                for (other, wins, losses) in met {
                    let other = strengths.get(*other)?;
                    won += wins * other / (strength + other);
                    lost += losses / (strength + other);
                }
                *strengths.get_mut(own)? = won / lost;
            }
            let mean = strengths.iter().fold(0.0, |sum, one| sum + one) / set.len() as f64;
            let mut settled = true;
            for (new, old) in strengths.iter_mut().zip(&before) {
                *new /= mean;
                settled &= (*new - old).abs() <= SETTLED * *new;
            }
            if settled {
                return Some(strengths);
            }
        }
        None
    }
}

/// From whom a chain of wins, or of halves, leads to whom: a row of bits for each.
struct Chains {
    rows: Vec<Vec<u64>>,
}

impl Chains {
    fn of(comparisons: &Comparisons) -> Self {
        let mut rows = vec![vec![0; comparisons.count.div_ceil(64)]; comparisons.count];
        let mut won = |over: usize, under: usize| {
            if let Some(word) = rows.get_mut(over).and_then(|row| row.get_mut(under / 64)) {
                *word |= 1 << (under % 64);
            }
        };
        for ((a, b), (a_halves, b_halves)) in &comparisons.halves {
            if *a_halves > 0 {
                won(*a, *b);
            }
            if *b_halves > 0 {
                won(*b, *a);
            }
        }
        let mut chains = Self { rows };
        for through in 0..comparisons.count {
            let onward = chains.rows.get(through).cloned().unwrap_or_default();
            for row in &mut chains.rows {
                if has(row, through) {
                    for (word, more) in row.iter_mut().zip(&onward) {
                        *word |= more;
                    }
                }
            }
        }
        chains
    }

    fn lead(&self, from: usize, to: usize) -> bool {
        self.rows.get(from).is_some_and(|row| has(row, to))
    }

    fn above(&self, one: usize, other: usize) -> bool {
        self.lead(one, other) && !self.lead(other, one)
    }

    fn link_all(&self, set: &[usize]) -> bool {
        set.iter()
            .all(|from| set.iter().all(|to| from == to || self.lead(*from, *to)))
    }

    /// The smallest sets such that all of one are above all of the next ones, each sorted.
    fn sets(&self) -> Vec<Vec<usize>> {
        let mut all: Vec<usize> = (0..self.rows.len()).collect();
        // Whoever is in an earlier set is above more than anybody in a later one.
        let below = |one: &usize| all.iter().filter(|other| self.above(*one, **other)).count();
        let counts: Vec<usize> = all.iter().map(below).collect();
        all.sort_by_key(|one| std::cmp::Reverse(counts.get(*one)));

        let mut sets = Vec::new();
        let mut set = Vec::new();
        let mut reaches = 0;
        for (index, one) in all.iter().enumerate() {
            let not_below = all
                .iter()
                .rposition(|other| other != one && !self.above(*one, *other));
            reaches = reaches.max(not_below.unwrap_or(0)).max(index);
            set.push(*one);
            if reaches == index {
                set.sort_unstable();
                sets.push(std::mem::take(&mut set));
            }
        }
        sets
    }
}

fn has(row: &[u64], bit: usize) -> bool {
    row.get(bit / 64)
        .is_some_and(|word| word >> (bit % 64) & 1 == 1)
}

#[cfg(test)]
mod tests;
