//! The document by which others know whom a certificate means. Optional, kept sealed, shown
//! with its middle hidden.

use jiff::civil::Date;

use crate::choice;
use crate::platform::clock::Instant;
use crate::platform::i18n::{Lang, Words};

choice! {
    /// Which document.
    IdDocumentKind {
        /// 居民身份证, 港澳台居民居住证: 18 characters by GB 11643.
        ResidentId = "resident_id",
        /// 港澳居民来往内地通行证, 台湾居民来往大陆通行证.
        TravelPermit = "travel_permit",
        /// 护照.
        Passport = "passport",
    }
}

impl IdDocumentKind {
    /// All kinds.
    pub fn all() -> impl Iterator<Item = Self> {
        use crate::platform::input::Choice as _;
        Self::ALL.iter().map(|(kind, _)| *kind)
    }

    /// Its name for people.
    pub fn name(self, lang: Lang) -> &'static str {
        match self {
            Self::ResidentId => lang.pick("居民身份证号", "Resident ID"),
            Self::TravelPermit => lang.pick("通行证号", "Travel permit"),
            Self::Passport => lang.pick("护照号", "Passport"),
        }
    }
}

/// A number that can be one of its kind.
#[derive(Clone, PartialEq, Eq)]
pub struct IdDocument {
    kind: IdDocumentKind,
    number: String,
}

impl std::fmt::Debug for IdDocument {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("IdDocument(…)")
    }
}

/// Weights of the first 17 digits (GB 11643-1999, section 4.3).
const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
/// The check character for each remainder modulo 11.
const CHECKS: &[u8; 11] = b"10X98765432";

impl IdDocument {
    /// Reads a number as people write it; born by the day of `now`, where it says a day.
    pub fn parse(kind: IdDocumentKind, text: &str, now: Instant) -> Option<Self> {
        let number: String = text
            .chars()
            .filter(|c| !c.is_whitespace() && *c != '-')
            .map(|c| match c {
                '！'..='～' => char::from_u32(u32::from(c) - 0xFEE0).unwrap_or(c),
                c => c,
            })
            .map(|c| c.to_ascii_uppercase())
            .collect();
        let fits = match kind {
            IdDocumentKind::ResidentId => is_resident_id(&number, now),
            IdDocumentKind::TravelPermit | IdDocumentKind::Passport => {
                (7..=12).contains(&number.len())
                    && number.bytes().all(|b| b.is_ascii_alphanumeric())
            }
        };
        fits.then_some(Self { kind, number })
    }

    /// Which document.
    pub const fn kind(&self) -> IdDocumentKind {
        self.kind
    }

    /// For sealing.
    pub fn number(&self) -> &str {
        &self.number
    }
}

/// What is wrong with a number that cannot be one.
pub fn number_words(kind: IdDocumentKind) -> Words {
    match kind {
        IdDocumentKind::ResidentId => Words::new(
            "应为 18 位，请对照证件检查每一位",
            "must be the 18 characters of the card; compare each",
        ),
        _ => Words::new(
            "应为 7 到 12 位字母和数字",
            "must be 7 to 12 letters and digits",
        ),
    }
}

fn is_resident_id(number: &str, now: Instant) -> bool {
    let Some((digits, check)) = number.as_bytes().split_last_chunk::<1>() else {
        return false;
    };
    if digits.len() != WEIGHTS.len() || !digits.iter().all(u8::is_ascii_digit) {
        return false;
    }
    let sum: u32 = digits
        .iter()
        .zip(WEIGHTS)
        .map(|(digit, weight)| u32::from(digit - b'0') * weight)
        .sum();
    let expected = usize::try_from(sum % 11).ok().and_then(|at| CHECKS.get(at));
    let born = number
        .get(6..14)
        .and_then(|day| Date::strptime("%Y%m%d", day).ok());
    expected == Some(&check[0]) && born.is_some_and(|day| day.year() >= 1900 && day <= now.date())
}

/// `360***********1234`; of other documents, the first and the last two.
pub fn masked(number: &str) -> String {
    let (head, tail) = if number.len() == 18 { (3, 4) } else { (1, 2) };
    let hidden = number.len().saturating_sub(head + tail);
    match (number.get(..head), number.get(head + hidden..)) {
        (Some(head), Some(tail)) if hidden > 0 => format!("{head}{}{tail}", "*".repeat(hidden)),
        _ => "****".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::clock::DAY;

    fn now() -> Instant {
        Instant::parse("2026-11-23T12:00:00+08:00").unwrap()
    }

    fn resident(text: &str) -> Option<IdDocument> {
        IdDocument::parse(IdDocumentKind::ResidentId, text, now())
    }

    #[test]
    fn the_standards_own_numbers_are_taken() {
        // GB 11643-1999, annex A.
        for text in ["11010519491231002X", "440524188001010014"] {
            let born_too_early = text.contains("1880");
            assert_eq!(resident(text).is_none(), born_too_early, "{text}");
        }
        let number = resident(" 110105 19491231 002x ").unwrap();
        assert_eq!(number.number(), "11010519491231002X");
        assert_eq!(
            resident("１１０１０５１９４９１２３１００２Ｘ"),
            Some(number)
        );
    }

    #[test]
    fn each_wrong_digit_is_told() {
        let right = "11010519491231002X";
        for at in 0..17 {
            for digit in b'0'..=b'9' {
                let mut bytes = right.as_bytes().to_vec();
                if bytes[at] != digit {
                    bytes[at] = digit;
                    let text = String::from_utf8(bytes).unwrap();
                    assert_eq!(resident(&text), None, "{text}");
                }
            }
        }
        for text in [
            "",
            "X",
            "11010519491231002",
            "1101051949123100XX",
            "𠮷",
            "11010519491331002X",
        ] {
            assert_eq!(resident(text), None, "{text}");
        }
    }

    #[test]
    fn nobody_is_born_tomorrow() {
        let text = "36010020261123001";
        let sum: u32 = text
            .bytes()
            .zip(WEIGHTS)
            .map(|(b, w)| u32::from(b - b'0') * w)
            .sum();
        let text = format!("{text}{}", char::from(CHECKS[(sum % 11) as usize]));
        assert!(resident(&text).is_some());
        let yesterday = now().plus(-DAY);
        assert_eq!(
            IdDocument::parse(IdDocumentKind::ResidentId, &text, yesterday),
            None
        );
    }

    #[test]
    fn other_documents_are_letters_and_digits() {
        let read = |text| IdDocument::parse(IdDocumentKind::Passport, text, now());
        assert_eq!(read("e1234 5678").unwrap().number(), "E12345678");
        for text in ["", "E12", "E12345678901234", "E1234567é"] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn the_middle_is_hidden() {
        assert_eq!(masked("360102199001011234"), "360***********1234");
        assert_eq!(masked("E12345678"), "E******78");
        assert_eq!(masked("E1"), "****");
        assert_eq!(masked(""), "****");
    }

    #[test]
    fn numbers_do_not_print() {
        let number = resident("11010519491231002X");
        assert_eq!(format!("{number:?}"), "Some(IdDocument(…))");
    }
}
