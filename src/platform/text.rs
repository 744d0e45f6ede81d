//! Written words that can only be held when they are fit to be shown.

use std::borrow::Cow;

use deserr::{Deserr, IntoValue, Value, ValuePointerRef};
use serde::{Serialize, Serializer};
use utoipa::openapi::{ObjectBuilder, RefOr, Schema, Type};

use super::fields::FieldErrors;
use super::i18n::Words;
use super::input::string_from;

/// One line of 1 to `MAX` characters, trimmed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line<const MAX: usize>(String);

/// Paragraphs of 1 to `MAX` characters, trimmed, with line feeds only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prose<const MAX: usize>(String);

/// Why words cannot be taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TextFault {
    /// Nothing but white space.
    Empty,
    /// More characters than the maximum given.
    TooLong(usize),
    /// A control character, or one that reverses the direction of what follows.
    Unprintable,
}

impl TextFault {
    /// What to tell whoever wrote it.
    pub fn words(self) -> Words {
        match self {
            Self::Empty => Words::new("不能为空", "must not be empty"),
            Self::TooLong(max) => Words::new(
                format!("不能超过 {max} 个字"),
                format!("must have at most {max} characters"),
            ),
            Self::Unprintable => Words::new(
                "含有无法显示的字符，请删去后重填",
                "has characters that cannot be shown",
            ),
        }
    }
}

/// Bidirectional controls, tags and separators make text read as something it is not.
fn disguises(c: char) -> bool {
    matches!(c, '\u{200E}' | '\u{200F}' | '\u{061C}' | '\u{2028}' | '\u{2029}' | '\u{E0000}'..='\u{E007F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{FEFF}' | '\u{FFFE}' | '\u{FFFF}')
}

/// What takes no ink: a name of these alone would be no name.
fn blank(c: char) -> bool {
    c.is_whitespace()
        || matches!(c, '\u{AD}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}' | '\u{180E}'
            | '\u{200B}'..='\u{200D}' | '\u{2060}'..='\u{2064}' | '\u{2800}' | '\u{3164}' | '\u{FFA0}')
}

fn fit(text: &str, max: usize, newline: bool) -> Result<String, TextFault> {
    // Before trimming, as the OpenAPI document has it.
    let length = text.chars().count();
    let text = text.trim();
    if text.chars().all(blank) {
        Err(TextFault::Empty)
    } else if length > max {
        Err(TextFault::TooLong(max))
    } else if text
        .chars()
        .any(|c| disguises(c) || c.is_control() && !(newline && c == '\n'))
    {
        Err(TextFault::Unprintable)
    } else {
        Ok(text.to_owned())
    }
}

/// White space around, something that takes ink, and nothing that cannot be shown, as far
/// as a pattern (ECMA-262) can say it.
const LINE: &str = r"^[\t-\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]*[^\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ufffe\uffff]*[^\u0000- \u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ufffe\uffff\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000\u00ad\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200d\u2060-\u2064\u2800\u3164\uffa0][^\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ufffe\uffff]*[\t-\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]*$";
/// The same with line feeds.
const PROSE: &str = r"^[\t-\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]*[^\u0000-\u0009\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ufffe\uffff]*[^\u0000- \u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ufffe\uffff\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000\u00ad\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200d\u2060-\u2064\u2800\u3164\uffa0][^\u0000-\u0009\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ufffe\uffff]*[\t-\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]*$";

macro_rules! text_type {
    ($name:ident, $prepare:expr, $newline:expr, $pattern:expr) => {
        impl<const MAX: usize> utoipa::PartialSchema for $name<MAX> {
            fn schema() -> RefOr<Schema> {
                ObjectBuilder::new()
                    .schema_type(Type::String)
                    .min_length(Some(1))
                    .max_length(Some(MAX))
                    .pattern(Some($pattern))
                    .into()
            }
        }

        impl<const MAX: usize> utoipa::ToSchema for $name<MAX> {
            fn name() -> Cow<'static, str> {
                Cow::Owned(format!("{}{MAX}", stringify!($name)))
            }
        }

        impl<const MAX: usize> $name<MAX> {
            /// Trims and checks.
            pub fn parse(text: &str) -> Result<Self, TextFault> {
                let prepare: fn(&str) -> String = $prepare;
                fit(&prepare(text), MAX, $newline).map(Self)
            }

            /// The words.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl<const MAX: usize> Serialize for $name<MAX> {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }

        impl<const MAX: usize> Deserr<FieldErrors> for $name<MAX> {
            fn deserialize_from_value<V: IntoValue>(
                value: Value<V>,
                location: ValuePointerRef,
            ) -> Result<Self, FieldErrors> {
                let text = string_from(value, location)?;
                Self::parse(&text).map_err(|fault| FieldErrors::at(location, fault.words()))
            }
        }
    };
}

text_type!(Line, str::to_owned, false, LINE);
text_type!(Prose, |text| text.replace("\r\n", "\n"), true, PROSE);

/// Pairs of neighbouring characters, which is how text is found: Chinese words have
/// two characters, and no tokenizer is needed. Letters count without case, and only
/// letters and digits count. A run of a single character yields that character. In the
/// order of the text.
pub fn bigrams(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for run in text.to_lowercase().split(|c: char| !c.is_alphanumeric()) {
        let letters: Vec<char> = run.chars().collect();
        if let [only] = letters.as_slice() {
            found.push(only.to_string());
        }
        found.extend(letters.windows(2).map(|pair| pair.iter().collect()));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn characters_count_not_bytes() {
        assert_eq!(Line::<4>::parse(" 𠮷野 ").unwrap().as_str(), "𠮷野");
        assert_eq!(Line::<2>::parse("𠮷野家"), Err(TextFault::TooLong(2)));
    }

    #[test]
    fn a_line_has_no_second_line_and_prose_has() {
        assert_eq!(Line::<9>::parse("a\nb"), Err(TextFault::Unprintable));
        assert_eq!(Prose::<9>::parse("a\r\nb").unwrap().as_str(), "a\nb");
        assert_eq!(Prose::<9>::parse("a\u{0}b"), Err(TextFault::Unprintable));
        assert_eq!(
            Line::<9>::parse("abc\u{202E}txt"),
            Err(TextFault::Unprintable)
        );
        for nothing in [" \u{3000} ", "\u{200B}", "\u{3164}\u{2800}"] {
            assert_eq!(Line::<9>::parse(nothing), Err(TextFault::Empty));
        }
        assert_eq!(Line::<9>::parse("a\u{2028}b"), Err(TextFault::Unprintable));
    }

    #[test]
    fn chinese_is_found_by_two_characters() {
        assert_eq!(bigrams("义诊，Go!"), ["义诊", "go"]);
        assert_eq!(bigrams("留守儿童"), ["留守", "守儿", "儿童"]);
        assert_eq!(bigrams("𠮷"), ["𠮷"]);
        assert!(bigrams("——").is_empty());
    }

    proptest! {
        #[test]
        fn a_part_of_a_text_has_only_its_bigrams(text in "[一-龥a-z]{2,20}", cut in 0_usize..19) {
            let letters: Vec<char> = text.chars().collect();
            let cut = cut.min(letters.len() - 2);
            let part: String = letters.iter().skip(cut).collect();
            let whole = bigrams(&text);
            prop_assert!(bigrams(&part).iter().all(|gram| whole.contains(gram)));
        }
    }
}
