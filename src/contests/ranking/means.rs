//! What a stage makes of an entry's ballots by itself: means, trimmed means, spread.

use super::points::Points;
use super::sheet::Method;

/// How many of the highest and of the lowest are left out.
#[derive(Clone, Copy)]
pub struct Trim {
    pub highest: usize,
    pub lowest: usize,
}

impl Trim {
    pub const NOTHING: Self = Self {
        highest: 0,
        lowest: 0,
    };

    /// Of a method; the adjusted one leaves nothing out.
    pub fn of(method: Method) -> Self {
        match method {
            Method::TrimmedMean { highest, lowest } => Self {
                highest: usize::try_from(highest).unwrap_or(usize::MAX),
                lowest: usize::try_from(lowest).unwrap_or(usize::MAX),
            },
            Method::WeightedMean {} | Method::SeverityAdjusted {} => Self::NOTHING,
        }
    }

    /// The mean of what is left of `values`, sorted; none when nothing is.
    ///
    /// In points, when `whole` of the values' unit are 100 of them.
    pub fn mean(self, values: &[i64], whole: i64) -> Option<Points> {
        let end = values.len().checked_sub(self.highest)?;
        let kept = values.get(self.lowest..end)?;
        let sum: i128 = kept.iter().map(|value| i128::from(*value)).sum();
        Points::of(
            100 * sum,
            i128::try_from(kept.len()).ok()? * i128::from(whole),
        )
    }

    /// The mean as if each of `values`, in any order, were missing in turn.
    pub fn means_without(self, values: &[i64], whole: i64) -> Vec<Option<Points>> {
        (0..values.len())
            .map(|missing| {
                let others = values.iter().enumerate();
                let others = others.filter(|(index, _)| *index != missing);
                let mut others: Vec<i64> = others.map(|(_, value)| *value).collect();
                others.sort_unstable();
                self.mean(&others, whole)
            })
            .collect()
    }
}

/// How far an entry's ballots lie apart.
#[derive(Clone, Copy)]
pub struct Spread {
    /// The sample's standard deviation; one ballot has none.
    pub deviation: Option<Points>,
    /// From the lowest to the highest.
    pub range: Points,
}

impl Spread {
    /// Of `values`, sorted; none when there are none.
    pub fn of(values: &[i64], whole: i64) -> Option<Self> {
        let (lowest, highest) = (values.first()?, values.last()?);
        let range = Points::of(100 * i128::from(highest - lowest), i128::from(whole))?;
        Some(Self {
            deviation: deviation(values, whole),
            range,
        })
    }
}

/// √((n Σx² − (Σx)²) ÷ (n (n − 1))): the sums are exact.
fn deviation(values: &[i64], whole: i64) -> Option<Points> {
    if values.len() < 2 {
        return None;
    }
    let count = i128::try_from(values.len()).ok()?;
    let wide = || values.iter().map(|value| i128::from(*value));
    let sum: i128 = wide().sum();
    let squares: i128 = wide().map(|value| value * value).sum();
    let variance = (count * squares - sum * sum) as f64 / (count * (count - 1)) as f64;
    Points::near(variance.sqrt() * 100.0 / whole as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn points(text: &str) -> Option<Points> {
        Some(text.parse().unwrap())
    }

    #[test]
    fn the_mean_of_what_is_left() {
        let values = [10, 70, 80, 81, 100];
        let trim = Trim {
            highest: 1,
            lowest: 1,
        };
        assert_eq!(Trim::NOTHING.mean(&values, 100), points("68.2000"));
        assert_eq!(trim.mean(&values, 100), points("77.0000"));
        assert_eq!(trim.mean(&[1, 2], 100), None);
        assert_eq!(trim.mean(&[1], 100), None);
        assert_eq!(
            Trim {
                highest: 2,
                lowest: 0
            }
            .mean(&values, 100),
            points("53.3333")
        );
        assert_eq!(
            Trim {
                highest: 0,
                lowest: 2
            }
            .mean(&values, 100),
            points("87.0000")
        );
    }

    #[test]
    fn each_ballot_left_out_in_turn() {
        let trim = Trim {
            highest: 1,
            lowest: 0,
        };
        assert_eq!(
            trim.means_without(&[80, 10, 70], 100),
            [points("10.0000"), points("70.0000"), points("10.0000")]
        );
        assert_eq!(trim.means_without(&[10, 70], 100), [None, None]);
    }

    /// NIST/SEMATECH's data set NumAcc1, whose deviation is exactly 1 at mean 10,000,002.
    #[test]
    fn deviations_lose_no_digits() {
        let spread = Spread::of(&[10_000_001, 10_000_002, 10_000_003], 100).unwrap();
        assert_eq!(spread.deviation, points("1.0000"));
        assert_eq!(Some(spread.range), points("2.0000"));
        let one = Spread::of(&[7], 100).unwrap();
        assert_eq!((one.deviation, one.range), (None, Points::default()));
    }
}
