//! The unit in which scores are published and compared.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// A score on the scale where a perfect ballot has 100 points, in whole ten-thousandths of
/// a point. As text and in JSON a decimal with four places: `"87.5000"`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Points(i64);

impl Points {
    /// So many ten-thousandths are one point.
    pub const UNIT: i64 = 10_000;

    /// So many ten-thousandths of a point.
    pub const fn from_units(units: i64) -> Self {
        Self(units)
    }

    /// How many ten-thousandths of a point.
    pub const fn units(self) -> i64 {
        self.0
    }

    /// A fraction of points, rounded half away from zero; none when it is no number or
    /// too large.
    pub(super) fn of(numerator: i128, denominator: i128) -> Option<Self> {
        let doubled = numerator.checked_mul(2 * i128::from(Self::UNIT))?;
        let half = denominator * numerator.signum() * denominator.signum();
        let units = (doubled + half).checked_div(denominator.checked_mul(2)?)?;
        i64::try_from(units).ok().map(Self)
    }

    /// Points from a calculation that is not exact: to the nearest 10⁻⁹, then rounded.
    pub(super) fn near(points: f64) -> Option<Self> {
        let grid = points * 1e9;
        // Beyond 2⁵³ a float has no digit to round; no score comes near.
        if grid.is_nan() || grid.abs() >= 9e15 {
            return None;
        }
        let half = if grid < 0.0 { -0.5 } else { 0.5 };
        // A cast cuts towards zero.
        Self::of(i128::from((grid + half) as i64), 1_000_000_000)
    }
}

impl fmt::Display for Points {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let (unit, units) = (Self::UNIT.unsigned_abs(), self.0.unsigned_abs());
        write!(f, "{sign}{}.{:04}", units / unit, units % unit)
    }
}

/// The text is not a decimal with four places as [`Points`] writes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotPoints;

impl fmt::Display for NotPoints {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a decimal with four places was expected")
    }
}

impl FromStr for Points {
    type Err = NotPoints;

    fn from_str(text: &str) -> Result<Self, NotPoints> {
        let digits = text.replacen('.', "", 1);
        let points = digits.parse().map(Self).map_err(|_| NotPoints)?;
        // One way to write a number: `5.0`, `05.0000` and `-0.0000` are not it.
        if points.to_string() == text {
            Ok(points)
        } else {
            Err(NotPoints)
        }
    }
}

impl Serialize for Points {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Points {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        String::deserialize(from)?
            .parse()
            .map_err(|NotPoints| de::Error::custom(NotPoints))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_half_is_rounded_away_from_zero() {
        // 2/3 of a point, and halves of a ten-thousandth on either side.
        assert_eq!(Points::of(2, 3), Some(Points(6_667)));
        assert_eq!(Points::of(1, 20_000), Some(Points(1)));
        assert_eq!(Points::of(-1, 20_000), Some(Points(-1)));
        assert_eq!(Points::of(1, -20_000), Some(Points(-1)));
        assert_eq!(Points::of(1, 20_001), Some(Points(0)));
        assert_eq!(Points::of(0, 7), Some(Points(0)));
        assert_eq!(Points::of(1, 0), None);
        assert_eq!(Points::of(i128::MAX, 1), None);
    }

    #[test]
    fn a_last_bit_decides_nothing_halfway() {
        let half = 62.500_05_f64;
        for value in [half, half.next_up(), half.next_down(), half - 1e-12] {
            assert_eq!(Points::near(value), Some(Points(625_001)), "{value:e}");
            assert_eq!(Points::near(-value), Some(Points(-625_001)), "{value:e}");
        }
        assert_eq!(Points::near(62.500_049), Some(Points(625_000)));
        assert_eq!(Points::near(f64::NAN), None);
        assert_eq!(Points::near(f64::INFINITY), None);
    }

    #[test]
    fn a_number_is_written_in_one_way() {
        assert_eq!(Points(875_000).to_string(), "87.5000");
        assert_eq!(Points(-1).to_string(), "-0.0001");
        assert_eq!("87.5000".parse(), Ok(Points(875_000)));
        for other in [
            "", ".", "87.5", "87,5000", "087.5000", "-0.0000", "+1.0000", "8.75000", "1e3",
        ] {
            assert_eq!(other.parse::<Points>(), Err(NotPoints), "{other}");
        }
    }

    proptest! {
        #[test]
        fn text_and_back(units: i64) {
            prop_assert_eq!(Points(units).to_string().parse(), Ok(Points(units)));
        }

        #[test]
        fn fractions_and_floats_agree(numerator in -1_000_000_i32..1_000_000, denominator in 1_i32..1_000) {
            let exact = Points::of(numerator.into(), denominator.into());
            prop_assert_eq!(Points::near(f64::from(numerator) / f64::from(denominator)), exact);
        }
    }
}
