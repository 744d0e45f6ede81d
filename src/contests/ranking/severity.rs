//! The two-way additive model: ballot = entry + judge, by least squares.
//!
//! Judges come to zero together, so that an entry's score is what the average judge gives
//! it. Entries are eliminated: with n_i the ballots of entry i and a_i the 0/1 vector of
//! its judges, judges b solve S b = r where S = Σ_i (diag(a_i) − a_i a_iᵀ ÷ n_i) and
//! r = Σ_i Σ_j (y_ij − ȳ_i). S has the null vector 1 and, when judges and entries hang
//! together, no other one: S⁺ = (S + 1 1ᵀ ÷ J)⁻¹ − 1 1ᵀ ÷ J for J judges, b = S⁺ r, and
//! the entry is ȳ_i − a_iᵀ b ÷ n_i.
//!
//! Variances are σ² times: for a judge S⁺_jj, for an entry
//! v_i = 1 ÷ n_i + a_iᵀ S⁺ a_i ÷ n_i², with σ² = Σ residual² ÷ (ballots − entries −
//! judges + 1).
//!
//! Without the ballot of judge j, whose residual is e and whose leverage is
//! h = v_i − 2 q + S⁺_jj with q = (S⁺ a_i)_j ÷ n_i, the least-squares entry is exactly
//! (v_i − q) e ÷ (1 − h) less. No other score is fitted anew for it: what others gain or
//! lose through this judge's severity is smaller by the number of the judge's ballots.

use super::linear::Cholesky;
use super::points::Points;
use super::sheet::{Fault, Part};
use super::tally::{Mark, Round};

/// A stage with its judges' severity taken out.
pub struct Adjusted {
    /// As they came.
    pub entries: Vec<AdjustedEntry>,
    /// Severity and its standard error, in the round's order.
    pub judges: Vec<(Points, Option<Points>)>,
    pub degrees_of_freedom: u32,
}

/// An entry with its judges' severity taken out.
pub struct AdjustedEntry {
    pub score: Points,
    pub standard_error: Option<Points>,
    /// The score without each of its ballots.
    pub without: Vec<Option<Points>>,
}

/// A leverage so near to one is that of a ballot on which the whole link rests. Of any
/// other, 1 − h is at least 1 ÷ the ballots of the stage.
const BRIDGE: f64 = 1e-9;

/// Adjusts the entries of a stage, given with their names and ballots.
pub fn adjust(round: &Round, entries: &[(&str, &[Mark])]) -> Result<Adjusted, Fault> {
    let stage = || round.stage.key.clone();
    let parts = parts(round, entries);
    if parts.len() > 1 {
        let stage = stage();
        return Err(Fault::NotConnected { stage, parts });
    }
    fit(round, entries)
        .and_then(|fit| fit.published(round, entries))
        .ok_or_else(|| Fault::NotComputable { stage: stage() })
}

/// Who hangs together, by name of the first judge.
fn parts(round: &Round, entries: &[(&str, &[Mark])]) -> Vec<Part> {
    // For each judge the part it is in, numbered by its first judge.
    let mut part_of: Vec<usize> = (0..round.judges.len()).collect();
    for (_, marks) in entries {
        let part_of_mark = |mark: &Mark| part_of.get(mark.judge).copied();
        let joined: Vec<usize> = marks.iter().filter_map(part_of_mark).collect();
        let least = joined.iter().min().copied().unwrap_or(0);
        for part in &mut part_of {
            if joined.contains(part) {
                *part = least;
            }
        }
    }
    let mut firsts = part_of.clone();
    firsts.sort_unstable();
    firsts.dedup();
    let parts = firsts.into_iter().map(|first| {
        let is_in = |judge: usize| part_of.get(judge) == Some(&first);
        let in_part = |(_, marks): &&(&str, &[Mark])| marks.iter().any(|mark| is_in(mark.judge));
        let judges = round.judges.iter().enumerate();
        Part {
            entries: entries
                .iter()
                .filter(in_part)
                .map(|(name, _)| (*name).to_owned())
                .collect(),
            judges: judges
                .filter(|(judge, _)| is_in(*judge))
                .map(|(_, name)| (*name).to_owned())
                .collect(),
        }
    });
    parts.collect()
}

/// The solution, in the unit of ballots.
struct Fit {
    /// Subtracted from every ballot beforehand, so that digits are spent on differences.
    centre: i64,
    entries: Vec<f64>,
    judges: Vec<f64>,
    /// S⁺.
    covariance: Vec<Vec<f64>>,
    /// Their squares.
    residuals: f64,
    degrees_of_freedom: u32,
}

fn fit(round: &Round, entries: &[(&str, &[Mark])]) -> Option<Fit> {
    let judges = round.judges.len();
    let all = || entries.iter().flat_map(|(_, marks)| marks.iter());
    let ballots = all().count();
    let sum: i128 = all().map(|mark| i128::from(mark.total)).sum();
    let centre = i64::try_from(sum.checked_div(i128::try_from(ballots).ok()?).unwrap_or(0)).ok()?;
    let given = |mark: &Mark| (mark.total - centre) as f64;

    let share = 1.0 / judges as f64;
    let mut matrix = vec![vec![share; judges]; judges];
    let mut right = vec![0.0; judges];
    let mut means = Vec::with_capacity(entries.len());
    for (_, marks) in entries {
        let count = marks.len() as f64;
        let mean = marks.iter().map(given).fold(0.0, |sum, value| sum + value) / count;
        for mark in *marks {
            *right.get_mut(mark.judge)? += given(mark) - mean;
            let row = matrix.get_mut(mark.judge)?;
            *row.get_mut(mark.judge)? += 1.0;
            for other in *marks {
                *row.get_mut(other.judge)? -= 1.0 / count;
            }
        }
        means.push(mean);
    }

    let cholesky = Cholesky::of(&matrix)?;
    let judges = cholesky.solve(&right);
    let mut covariance = cholesky.inverse();
    for value in covariance.iter_mut().flatten() {
        *value -= share;
    }

    let mut residuals = 0.0;
    let mut adjusted = Vec::with_capacity(entries.len());
    for ((_, marks), mean) in entries.iter().zip(means) {
        let mut severity = 0.0;
        for mark in *marks {
            severity += judges.get(mark.judge)?;
        }
        let entry = mean - severity / marks.len() as f64;
        for mark in *marks {
            let residual = given(mark) - entry - judges.get(mark.judge)?;
            residuals += residual * residual;
        }
        adjusted.push(entry);
    }
    let unknowns = (adjusted.len() + judges.len()).saturating_sub(1);
    Some(Fit {
        centre,
        entries: adjusted,
        judges,
        covariance,
        residuals,
        degrees_of_freedom: u32::try_from(ballots.saturating_sub(unknowns)).ok()?,
    })
}

impl Fit {
    fn published(&self, round: &Round, entries: &[(&str, &[Mark])]) -> Option<Adjusted> {
        let points = |value: f64| Points::near(value * 100.0 / round.whole as f64);
        let score = |value: f64| points(value + self.centre as f64);
        let error = |variance: f64| {
            let free = f64::from(self.degrees_of_freedom);
            if self.degrees_of_freedom == 0 {
                return None;
            }
            // Rounding may leave what is zero on paper a little below.
            points((self.residuals / free * variance.max(0.0)).sqrt())
        };
        let mut ballots = vec![0_usize; self.judges.len()];
        for mark in entries.iter().flat_map(|(_, marks)| *marks) {
            *ballots.get_mut(mark.judge)? += 1;
        }

        let mut adjusted = Vec::with_capacity(entries.len());
        for ((_, marks), entry) in entries.iter().zip(&self.entries) {
            let count = marks.len() as f64;
            // S⁺ a_i ÷ n_i at each of its judges.
            let mut shared = Vec::with_capacity(marks.len());
            for mark in *marks {
                let row = self.covariance.get(mark.judge)?;
                let mut sum = 0.0;
                for other in *marks {
                    sum += row.get(other.judge)?;
                }
                shared.push(sum / count);
            }
            let variance = (1.0 + shared.iter().fold(0.0, |sum, value| sum + value)) / count;

            let mut without = Vec::with_capacity(marks.len());
            for (mark, shared) in marks.iter().zip(&shared) {
                let judge = self.judges.get(mark.judge)?;
                let residual = (mark.total - self.centre) as f64 - entry - judge;
                let own = self.covariance.get(mark.judge)?.get(mark.judge)?;
                let freedom = 1.0 - (variance - 2.0 * shared + own);
                without.push(if marks.len() == 1 {
                    None
                } else if ballots.get(mark.judge) == Some(&1) {
                    // All that the ballot tells is how severe its judge is.
                    score(*entry)
                } else if freedom < BRIDGE {
                    None
                } else {
                    score(entry - (variance - shared) * residual / freedom)
                });
            }
            adjusted.push(AdjustedEntry {
                score: score(*entry)?,
                standard_error: error(variance),
                without,
            });
        }
        let judges = self.judges.iter().zip(&self.covariance).enumerate();
        let judges = judges
            .map(|(index, (severity, row))| Some((points(*severity)?, error(*row.get(index)?))));
        Some(Adjusted {
            entries: adjusted,
            judges: judges.collect::<Option<_>>()?,
            degrees_of_freedom: self.degrees_of_freedom,
        })
    }
}

#[cfg(test)]
mod tests;
