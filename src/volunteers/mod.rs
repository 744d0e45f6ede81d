//! Volunteers (志愿者): who they are, how they sign in, what they hold.

pub mod api;
pub mod leaving;
pub mod pages;
pub mod sign_in;
pub mod store;

// What the clock forgets, and what another capability asks within its own question.
pub use store::{Me, change_profile, forget, who};

use axum::http::StatusCode;
use deserr::{Deserr, IntoValue, Value, ValuePointerRef};
use jiff::civil::Date;

use crate::platform::clock::{DAY, HOUR, Instant, MINUTE, age_on, day_from, parse_date};
use crate::platform::fields::FieldErrors;
use crate::platform::i18n::{Lang, Words};
use crate::platform::input::string_from;
use crate::platform::problem::Problem;
use crate::platform::text::Line;

/// The prefix of every session token.
pub const SESSION_PREFIX: &str = "dds_";
/// A session lasts so long, in milliseconds: a season of volunteering.
pub const SESSION_LASTS: i64 = 90 * DAY;
/// A one-time code is good for so long, in milliseconds.
pub const CODE_LASTS: i64 = 10 * MINUTE;
/// One phone gets a code at most this often, in milliseconds.
pub const CODE_PAUSE: i64 = MINUTE;
/// One phone gets at most so many codes in [`CODE_WINDOW`].
pub const CODES_PER_PHONE: i64 = 6;
/// In milliseconds.
pub const CODE_WINDOW: i64 = HOUR;
/// Whoever has hours to their name changes it at most so often in [`RENAMES_WITHIN`]:
/// enough for a slip and a new name, too few to lend hours to others.
pub const RENAMES: i64 = 2;
/// In milliseconds.
pub const RENAMES_WITHIN: i64 = 365 * DAY;

/// What a person is called.
pub type Name = Line<30>;

/// 409: hours stand to a name that was changed as often as it may be; when it may be again.
pub fn renamed_too_often(now: Instant, possible_at: Instant) -> Problem {
    let day = |lang| day_from(now, possible_at, lang);
    Problem::new(
        StatusCode::CONFLICT,
        "renamed_too_often",
        Words::new(
            format!(
                "有服务记录后，姓名一年内最多改两次，{} 起可以再改",
                day(Lang::Zh)
            ),
            format!(
                "With hours to it, a name is changed at most twice a year; yours again from {} on",
                day(Lang::En)
            ),
        ),
    )
    .with("possible_at", possible_at.rfc3339())
}

/// A mobile number of mainland China, 11 digits.
#[derive(Clone, PartialEq, Eq)]
pub struct Phone(String);

impl std::fmt::Debug for Phone {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Phone(…)")
    }
}

crate::string_schema!(
    Phone,
    "Phone",
    "A mobile number of mainland China, 11 digits; +86, spaces and hyphens may stand in it.",
    r"^(\+86|0086)?1[3-9][0-9]{9}$",
    "13800138000"
);

impl Phone {
    /// Reads a number as people write it: with +86, spaces, hyphens or full-width digits.
    pub fn parse(text: &str) -> Option<Self> {
        let digits: String = text
            .chars()
            .filter(|c| !c.is_whitespace() && !matches!(c, '-' | '‐' | '–' | '(' | ')'))
            .map(|c| match c {
                '0'..='9' => c,
                '０'..='９' => {
                    char::from_u32(u32::from(c) - u32::from('０') + u32::from('0')).unwrap_or(c)
                }
                other => other,
            })
            .collect();
        let number = digits
            .strip_prefix("+86")
            .or_else(|| digits.strip_prefix("0086"))
            .unwrap_or(&digits);
        let mut bytes = number.bytes();
        let mobile = number.len() == 11
            && bytes.next() == Some(b'1')
            && bytes.next().is_some_and(|b| (b'3'..=b'9').contains(&b))
            && bytes.all(|b| b.is_ascii_digit());
        mobile.then(|| Self(number.to_owned()))
    }

    /// For sealing, hashing and sending.
    pub fn digits(&self) -> &str {
        &self.0
    }
}

/// `138****0000`.
pub fn masked(phone: &str) -> String {
    match (phone.get(..3), phone.get(7..)) {
        (Some(head), Some(tail)) => format!("{head}****{tail}"),
        _ => "****".to_owned(),
    }
}

/// What is wrong with a phone number that cannot be read.
pub fn phone_words() -> Words {
    Words::new(
        "请填写 11 位中国大陆手机号",
        "must be a mainland mobile number of 11 digits",
    )
}

impl Deserr<FieldErrors> for Phone {
    fn deserialize_from_value<V: IntoValue>(
        value: Value<V>,
        location: ValuePointerRef,
    ) -> Result<Self, FieldErrors> {
        Self::parse(&string_from(value, location)?)
            .ok_or_else(|| FieldErrors::at(location, phone_words()))
    }
}

/// A one-time code as people type it: six digits.
#[derive(Clone)]
pub struct Code(String);

impl std::fmt::Debug for Code {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Code(…)")
    }
}

crate::string_schema!(Code, "Code", "Six digits.", "^[0-9]{6}$", "012345");

impl Code {
    /// Reads six digits, spaces allowed.
    pub fn parse(text: &str) -> Option<Self> {
        let digits: String = text.chars().filter(|c| !c.is_whitespace()).collect();
        let six = digits.len() == 6 && digits.bytes().all(|b| b.is_ascii_digit());
        six.then_some(Self(digits))
    }

    /// For hashing.
    pub fn digits(&self) -> &str {
        &self.0
    }
}

/// What is wrong with a code that cannot be read.
pub fn code_words() -> Words {
    Words::new("请输入 6 位数字", "must be 6 digits")
}

impl Deserr<FieldErrors> for Code {
    fn deserialize_from_value<V: IntoValue>(
        value: Value<V>,
        location: ValuePointerRef,
    ) -> Result<Self, FieldErrors> {
        Self::parse(&string_from(value, location)?)
            .ok_or_else(|| FieldErrors::at(location, code_words()))
    }
}

/// The day somebody was born: in the past, and not longer ago than people live.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BirthDate(Date);

impl BirthDate {
    /// Reads `2008-05-01`; plausible on the day of `now`.
    pub fn parse(text: &str, now: Instant) -> Option<Self> {
        let date = parse_date(text)?;
        (date <= now.date() && age_on(date, now.date()) <= 120).then_some(Self(date))
    }

    /// `2008-05-01`.
    pub fn iso(self) -> String {
        self.0.to_string()
    }
}

/// What is wrong with a birth date that cannot be.
pub fn birth_date_words() -> Words {
    Words::new(
        "应为真实的出生日期，如 2008-05-01",
        "must be a real birth date such as 2008-05-01",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phones_are_read_as_people_write_them() {
        for text in [
            "13800138000",
            "+86 138-0013-8000",
            "0086 13800138000",
            "１３８００１３８０００",
            " 138 0013 8000 ",
        ] {
            assert_eq!(
                Phone::parse(text).unwrap().digits(),
                "13800138000",
                "{text}"
            );
        }
        for text in [
            "",
            "12800138000",
            "1380013800",
            "138001380000",
            "0797-1234567",
            "1380013800a",
            "+1 3800138000",
            "😀",
        ] {
            assert!(Phone::parse(text).is_none(), "{text}");
        }
    }

    #[test]
    fn masks_hide_the_middle() {
        assert_eq!(masked("13800138000"), "138****8000");
        assert_eq!(masked("138"), "****");
    }

    #[test]
    fn codes_are_six_digits() {
        assert_eq!(Code::parse(" 012 345").unwrap().digits(), "012345");
        for text in ["", "12345", "1234567", "12345a", "１２３４５６"] {
            assert!(Code::parse(text).is_none(), "{text}");
        }
    }

    #[test]
    fn birth_dates_are_in_the_past_and_within_a_life() {
        let now = Instant::parse("2026-11-23T12:00:00+08:00").unwrap();
        assert!(BirthDate::parse("2026-11-23", now).is_some());
        for text in ["2026-11-24", "1900-01-01", "2008-02-30", "08-05-01", ""] {
            assert!(BirthDate::parse(text, now).is_none(), "{text}");
        }
    }

    #[test]
    fn secrets_do_not_print() {
        let (phone, code) = (
            Phone::parse("13800138000").unwrap(),
            Code::parse("123456").unwrap(),
        );
        assert_eq!(format!("{phone:?} {code:?}"), "Phone(…) Code(…)");
    }
}
