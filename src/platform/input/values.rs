//! Values that bodies and queries carry, each of a type that can only be valid.

use deserr::{
    DeserializeError as _, Deserr, ErrorKind, IntoValue, Sequence as _, Value, ValueKind,
    ValuePointerRef, take_cf_content,
};

use utoipa::openapi::{KnownFormat, ObjectBuilder, RefOr, Schema, SchemaFormat, Type};

use crate::platform::clock::{Instant, parse_date};
use crate::platform::fields::FieldErrors;
use crate::platform::i18n::Words;

/// The string in a value, or the error that says a string was expected.
pub fn string_from<V: IntoValue>(
    value: Value<V>,
    location: ValuePointerRef,
) -> Result<String, FieldErrors> {
    match value {
        Value::String(text) => Ok(text),
        actual => Err(take_cf_content(FieldErrors::error(
            None,
            ErrorKind::IncorrectValueKind {
                actual,
                accepted: &[ValueKind::String],
            },
            location,
        ))),
    }
}

impl Deserr<FieldErrors> for Instant {
    fn deserialize_from_value<V: IntoValue>(
        value: Value<V>,
        location: ValuePointerRef,
    ) -> Result<Self, FieldErrors> {
        Self::parse(&string_from(value, location)?).ok_or_else(|| {
            FieldErrors::at(
                location,
                Words::new(
                    "应为带时区的时间，如 2026-11-28T08:30:00+08:00",
                    "must be RFC 3339 with an offset, such as 2026-11-28T08:30:00+08:00",
                ),
            )
        })
    }
}

/// A day on the calendar, `2026-11-28`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Day(pub jiff::civil::Date);

impl Deserr<FieldErrors> for Day {
    fn deserialize_from_value<V: IntoValue>(
        value: Value<V>,
        location: ValuePointerRef,
    ) -> Result<Self, FieldErrors> {
        parse_date(&string_from(value, location)?)
            .map(Self)
            .ok_or_else(|| {
                FieldErrors::at(
                    location,
                    Words::new(
                        "应为日期，如 2026-11-28",
                        "must be a date such as 2026-11-28",
                    ),
                )
            })
    }
}

/// A whole number between `MIN` and `MAX`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Count<const MIN: i64, const MAX: i64>(i64);

impl<const MAX: i64> Count<0, MAX> {
    /// None.
    pub const ZERO: Self = Self(0);
}

impl<const MIN: i64, const MAX: i64> Count<MIN, MAX> {
    /// The number.
    pub const fn get(self) -> i64 {
        self.0
    }
}

impl<const MIN: i64, const MAX: i64> Deserr<FieldErrors> for Count<MIN, MAX> {
    fn deserialize_from_value<V: IntoValue>(
        value: Value<V>,
        location: ValuePointerRef,
    ) -> Result<Self, FieldErrors> {
        let number = match value {
            Value::Integer(number) => i64::try_from(number).ok(),
            Value::NegativeInteger(number) => Some(number),
            _ => None,
        };
        within(number, MIN, MAX, location).map(Self)
    }
}

/// A [`Count`] as queries carry it, in digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Digits<const MIN: i64, const MAX: i64>(i64);

impl<const MIN: i64, const MAX: i64> Digits<MIN, MAX> {
    /// The number.
    pub const fn get(self) -> i64 {
        self.0
    }
}

impl<const MIN: i64, const MAX: i64> utoipa::PartialSchema for Digits<MIN, MAX> {
    fn schema() -> RefOr<Schema> {
        let format = SchemaFormat::KnownFormat(KnownFormat::Int64);
        ObjectBuilder::new()
            .schema_type(Type::Integer)
            .format(Some(format))
            .minimum(Some(MIN))
            .maximum(Some(MAX))
            .into()
    }
}

impl<const MIN: i64, const MAX: i64> utoipa::ToSchema for Digits<MIN, MAX> {}

impl<const MIN: i64, const MAX: i64> Deserr<FieldErrors> for Digits<MIN, MAX> {
    fn deserialize_from_value<V: IntoValue>(
        value: Value<V>,
        location: ValuePointerRef,
    ) -> Result<Self, FieldErrors> {
        let digits = string_from(value, location)?;
        within(digits.parse().ok(), MIN, MAX, location).map(Self)
    }
}

fn within(
    number: Option<i64>,
    min: i64,
    max: i64,
    location: ValuePointerRef,
) -> Result<i64, FieldErrors> {
    number
        .filter(|number| (min..=max).contains(number))
        .ok_or_else(|| {
            FieldErrors::at(
                location,
                Words::new(
                    format!("应为 {min} 到 {max} 之间的整数"),
                    format!("must be a whole number from {min} to {max}"),
                ),
            )
        })
}

/// At most `MAX` things; more are refused before any is read.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(transparent)]
pub struct Many<T, const MAX: usize>(Vec<T>);

impl<T, const MAX: usize> Default for Many<T, MAX> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T, const MAX: usize> Many<T, MAX> {
    /// Keeps those that fit.
    pub fn retain(&mut self, fits: impl FnMut(&T) -> bool) {
        self.0.retain(fits);
    }

    /// Adds one more, unless there are `MAX`; whether it was added.
    #[must_use]
    pub fn push(&mut self, one: T) -> bool {
        let fits = self.0.len() < MAX;
        if fits {
            self.0.push(one);
        }
        fits
    }
}

impl<T, const MAX: usize> std::ops::DerefMut for Many<T, MAX> {
    fn deref_mut(&mut self) -> &mut [T] {
        &mut self.0
    }
}

impl<T, const MAX: usize> std::ops::Deref for Many<T, MAX> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.0
    }
}

impl<T: Deserr<FieldErrors>, const MAX: usize> Deserr<FieldErrors> for Many<T, MAX> {
    fn deserialize_from_value<V: IntoValue>(
        value: Value<V>,
        location: ValuePointerRef,
    ) -> Result<Self, FieldErrors> {
        if let Value::Sequence(items) = &value
            && items.len() > MAX
        {
            let words = Words::new(
                format!("最多 {MAX} 项"),
                format!("must have at most {MAX} items"),
            );
            return Err(FieldErrors::at(location, words));
        }
        Vec::deserialize_from_value(value, location).map(Self)
    }
}

/// An enumeration whose values travel as words.
pub trait Choice: Sized + Copy + 'static {
    /// All values with their words.
    const ALL: &'static [(Self, &'static str)];

    /// Reads a word.
    fn from_word(word: &str) -> Option<Self> {
        Self::ALL
            .iter()
            .find(|(_, known)| *known == word)
            .map(|(value, _)| *value)
    }
}

/// Reads a [`Choice`], or says which words there are.
pub fn choice_from<T: Choice, V: IntoValue>(
    value: Value<V>,
    location: ValuePointerRef,
) -> Result<T, FieldErrors> {
    let word = string_from(value, location)?;
    T::from_word(&word).ok_or_else(|| {
        let accepted: Vec<&str> = T::ALL.iter().map(|(_, known)| *known).collect();
        take_cf_content(FieldErrors::error::<serde_json::Value>(
            None,
            ErrorKind::UnknownValue {
                value: &word,
                accepted: &accepted,
            },
            location,
        ))
    })
}

/// Declares a closed set of words: an enum, its words, its JSON and its schema.
#[macro_export]
macro_rules! choice {
    ($(#[$meta:meta])* $name:ident { $($(#[$doc:meta])* $variant:ident = $word:tt),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
        pub enum $name {
            $($(#[$doc])* #[serde(rename = $word)] $variant),+
        }

        impl $crate::platform::input::Choice for $name {
            const ALL: &'static [(Self, &'static str)] = &[$((Self::$variant, $word)),+];
        }

        impl $name {
            /// The word it travels as.
            pub const fn word(self) -> &'static str {
                match self {
                    $(Self::$variant => $word),+
                }
            }
        }

        impl deserr::Deserr<$crate::platform::fields::FieldErrors> for $name {
            fn deserialize_from_value<V: deserr::IntoValue>(
                value: deserr::Value<V>,
                location: deserr::ValuePointerRef,
            ) -> Result<Self, $crate::platform::fields::FieldErrors> {
                $crate::platform::input::choice_from(value, location)
            }
        }
    };
}
