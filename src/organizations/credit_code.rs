//! Unified social credit codes (统一社会信用代码), GB 32100-2015.

use deserr::{Deserr, IntoValue, Value, ValuePointerRef};

use crate::platform::fields::FieldErrors;
use crate::platform::i18n::Words;
use crate::platform::input::string_from;

/// Digits and capital letters without I, O, S, V and Z, in the order of their values
/// (GB 32100-2015, section 4, table 4).
const ALPHABET: &[u8; 31] = b"0123456789ABCDEFGHJKLMNPQRTUWXY";
/// Powers of three modulo 31, a weight for each of the first 17 characters.
const WEIGHTS: [usize; 17] = [
    1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28,
];
/// Where the six digits of the division stand (GB/T 2260).
const DIVISION: std::ops::Range<usize> = 2..8;

/// A code of 18 characters whose check character fits.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(transparent)]
pub struct CreditCode(String);

crate::string_schema!(
    CreditCode,
    "CreditCode",
    "Unified social credit code, GB 32100-2015; the last character is a check character.",
    "^[0-9A-HJ-NP-RTUWXY]{2}[0-9]{6}[0-9A-HJ-NP-RTUWXY]{10}$",
    "53360000000000019B"
);

/// Why a code cannot be taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CodeFault {
    /// Not 18 characters.
    Length,
    /// A character that no code has; I, O, S, V and Z look like digits.
    Character,
    /// Characters 3 to 8 are not a division's digits.
    Division,
    /// The last character does not fit the others: one of them is mistyped.
    Check,
}

impl CodeFault {
    /// What to tell whoever typed it.
    pub fn words(self) -> Words {
        match self {
            Self::Length => Words::new("应为 18 位", "must have 18 characters"),
            Self::Character => Words::new(
                "只含数字和大写字母，不含 I、O、S、V、Z",
                "must be digits and capital letters other than I, O, S, V and Z",
            ),
            Self::Division => Words::new(
                "第 3 到 8 位应为行政区划数字",
                "characters 3 to 8 must be the digits of a division",
            ),
            Self::Check => Words::new(
                "校验位不符，请对照证书检查每一位",
                "does not fit its check character; compare each character with the certificate",
            ),
        }
    }
}

impl CreditCode {
    /// Reads a code as people write it: with spaces, hyphens or small letters.
    pub fn parse(text: &str) -> Result<Self, CodeFault> {
        let code: String = text
            .chars()
            .filter(|c| !c.is_whitespace() && *c != '-')
            .map(|c| c.to_ascii_uppercase())
            .collect();
        if code.chars().count() != WEIGHTS.len() + 1 {
            return Err(CodeFault::Length);
        }
        let values = code
            .bytes()
            .map(|byte| ALPHABET.iter().position(|known| *known == byte))
            .collect::<Option<Vec<usize>>>()
            .ok_or(CodeFault::Character)?;
        let is_digit = |value: &usize| *value < 10;
        if !values
            .get(DIVISION)
            .is_some_and(|digits| digits.iter().all(is_digit))
        {
            return Err(CodeFault::Division);
        }
        let sum: usize = values.iter().zip(WEIGHTS).map(|(v, w)| v * w).sum();
        match values.last() {
            Some(check) if (sum + check).is_multiple_of(ALPHABET.len()) => Ok(Self(code)),
            _ => Err(CodeFault::Check),
        }
    }

    /// The 18 characters.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Deserr<FieldErrors> for CreditCode {
    fn deserialize_from_value<V: IntoValue>(
        value: Value<V>,
        location: ValuePointerRef,
    ) -> Result<Self, FieldErrors> {
        Self::parse(&string_from(value, location)?)
            .map_err(|fault| FieldErrors::at(location, fault.words()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The check character by the standard's own words: 31 less the remainder, and 0 for 31
    /// (GB 32100-2015, annex A).
    fn with_check(first: &str) -> String {
        let value = |c: char| {
            ALPHABET
                .iter()
                .position(|known| char::from(*known) == c)
                .unwrap()
        };
        let sum: usize = first
            .chars()
            .enumerate()
            .map(|(at, c)| value(c) * 3_usize.pow(at as u32) % 31)
            .sum();
        let check = match 31 - sum % 31 {
            31 => 0,
            other => other,
        };
        format!("{first}{}", char::from(ALPHABET[check]))
    }

    fn valid() -> impl Strategy<Value = String> {
        "[0-9A-HJ-NP-RTUWXY]{2}[0-9]{6}[0-9A-HJ-NP-RTUWXY]{9}".prop_map(|first| with_check(&first))
    }

    #[test]
    fn codes_are_read_as_people_write_them() {
        for code in [
            "91350100M000100Y43",
            "91110000600037341L",
            "9135 0100-m000 100y43",
            "53360000000000019B",
        ] {
            assert!(CreditCode::parse(code).is_ok(), "{code}");
        }
    }

    #[test]
    fn each_fault_is_named() {
        for (code, fault) in [
            ("", CodeFault::Length),
            ("91350100M000100Y4", CodeFault::Length),
            ("91350100M000100Y433", CodeFault::Length),
            ("9135O100M000100Y43", CodeFault::Character),
            ("91350100M000100Y4😀", CodeFault::Character),
            ("9135A100M000100Y43", CodeFault::Division),
            ("91350100M000100Y44", CodeFault::Check),
        ] {
            assert_eq!(CreditCode::parse(code), Err(fault), "{code}");
        }
    }

    proptest! {
        #[test]
        fn what_the_standard_makes_is_taken(code in valid()) {
            let parsed = CreditCode::parse(&code).unwrap();
            prop_assert_eq!(parsed.as_str(), &code);
        }

        /// 31 is a prime and no weight is a multiple of it.
        #[test]
        fn one_wrong_character_is_always_noticed(code in valid(), at in 0_usize..18, other in 0_usize..31) {
            let mut wrong = code.clone().into_bytes();
            wrong[at] = ALPHABET[other];
            let wrong = String::from_utf8(wrong).unwrap();
            prop_assert_eq!(CreditCode::parse(&wrong).is_ok(), wrong == code);
        }

        /// No two neighbouring weights are the same.
        #[test]
        fn neighbours_exchanged_are_always_noticed(code in valid(), at in 0_usize..17) {
            let mut wrong = code.clone().into_bytes();
            wrong.swap(at, at + 1);
            let wrong = String::from_utf8(wrong).unwrap();
            prop_assert_eq!(CreditCode::parse(&wrong).is_ok(), wrong == code);
        }

        #[test]
        fn anything_else_is_no_code(text in any::<String>()) {
            if let Ok(code) = CreditCode::parse(&text) {
                prop_assert_eq!(code.as_str().len(), 18);
            }
        }
    }
}
