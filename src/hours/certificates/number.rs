//! The number of a certificate: what a stranger reads from paper and types in.

use std::fmt;

use crate::platform::crypto::{NoRandomness, random};

/// Crockford's digits: no I, L, O or U to be mistaken.
const DIGITS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// Before the check character; 75 bits that nobody guesses.
const RANDOM: usize = 15;
const GROUP: usize = 4;

/// 15 random digits to base 32 and a check character, such as `7K3M-9QXD-2VTB-N8RQ`. One
/// wrong character, or any two exchanged, is told without asking anybody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Number(String);

crate::string_schema!(
    Number,
    "CertificateNumber",
    "The number of a certificate: 16 letters and digits, the last a check character; hyphens and the case of letters do not matter.",
    "^[0-9A-Za-z]{4}-?[0-9A-Za-z]{4}-?[0-9A-Za-z]{4}-?[0-9A-Za-z]{4}$",
    "7K3M-9QXD-2VTB-N8RQ"
);

impl Number {
    /// A new one.
    pub fn new() -> Result<Self, NoRandomness> {
        let bytes: [u8; RANDOM] = random()?;
        Ok(Self::of(bytes.map(|byte| byte & 31)))
    }

    fn of(values: [u8; RANDOM]) -> Self {
        let mut text = String::new();
        for (at, value) in values.into_iter().chain([check(&values)]).enumerate() {
            if at > 0 && at % GROUP == 0 {
                text.push('-');
            }
            text.push(
                DIGITS
                    .get(usize::from(value))
                    .map_or('0', |digit| char::from(*digit)),
            );
        }
        Self(text)
    }

    /// Reads a number as people copy it; nothing when a slip is in it.
    pub fn parse(text: &str) -> Option<Self> {
        let values = text
            .chars()
            .filter(|c| !c.is_whitespace() && !matches!(c, '-' | '‐' | '–' | '—' | '－'))
            .map(value_of)
            .collect::<Option<Vec<u8>>>()?;
        let (last, values) = values.split_last()?;
        let values: [u8; RANDOM] = values.try_into().ok()?;
        (check(&values) == *last).then(|| Self::of(values))
    }

    /// As it is written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What looks like a digit is one; full-width forms are what some keyboards type.
fn value_of(c: char) -> Option<u8> {
    let c = match c {
        '！'..='～' => char::from_u32(u32::from(c) - 0xFEE0)?,
        c => c,
    };
    let c = match c.to_ascii_uppercase() {
        'O' => '0',
        'I' | 'L' => '1',
        c => c,
    };
    let at = DIGITS.iter().position(|digit| char::from(*digit) == c)?;
    u8::try_from(at).ok()
}

/// The sum of the digits, each times another power of the generator of the field of 32
/// elements (x⁵ + x² + 1). As the powers differ, so does the sum when one digit is wrong
/// or two are exchanged.
fn check(values: &[u8; RANDOM]) -> u8 {
    values.iter().fold(0, |sum, value| twice(sum ^ value))
}

const fn twice(value: u8) -> u8 {
    let doubled = value << 1;
    if doubled & 32 == 0 {
        doubled
    } else {
        doubled ^ 0b10_0101
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn numbers_are_read_as_people_copy_them() {
        let number = Number::of([7, 19, 3, 20, 9, 23, 29, 13, 2, 27, 26, 11, 21, 8, 24]);
        assert_eq!(number.as_str(), "7K3M-9QXD-2VTB-N8RQ");
        for text in [
            "7K3M9QXD2VTBN8RQ",
            " 7k3m 9qxd 2vtb n8rq ",
            "7k3m–9qxd–2vtb–n8rq",
            "７Ｋ３Ｍ－９ＱＸＤ－２ＶＴＢ－Ｎ８ＲＱ",
        ] {
            assert_eq!(Number::parse(text).as_ref(), Some(&number), "{text}");
        }
        let ones = Number::of([0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0]);
        let read = ones.as_str().replace('0', "o").replace('1', "l");
        assert_eq!(Number::parse(&read), Some(ones));
    }

    #[test]
    fn what_is_no_number_is_none() {
        for text in [
            "",
            "-",
            "7K3M-9QXD-2VTB",
            "7K3M-9QXD-2VTB-N8RQ-0",
            "UUUU-UUUU-UUUU-UUUU",
            "七",
        ] {
            assert_eq!(Number::parse(text), None, "{text}");
        }
    }

    #[test]
    fn no_two_are_alike() {
        let numbers: std::collections::BTreeSet<_> =
            (0..1000).map(|_| Number::new().unwrap().0).collect();
        assert_eq!(numbers.len(), 1000);
    }

    proptest! {
        #[test]
        fn a_slip_is_told(
            values in proptest::array::uniform15(0_u8..32),
            at in 0_usize..16,
            other in 0_usize..16,
            wrong in 0_usize..32,
        ) {
            let number = Number::of(values);
            let mut text: Vec<char> = number.as_str().chars().filter(|c| *c != '-').collect();
            prop_assert_eq!(Number::parse(number.as_str()), Some(number.clone()));
            let right = text[at];
            text[at] = char::from(DIGITS[wrong]);
            if text[at] != right {
                prop_assert_eq!(Number::parse(&text.iter().collect::<String>()), None);
            }
            text[at] = right;
            if text[at] != text[other] {
                text.swap(at, other);
                prop_assert_eq!(Number::parse(&text.iter().collect::<String>()), None);
            }
        }
    }
}
