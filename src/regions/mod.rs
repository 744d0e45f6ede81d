//! Administrative divisions (行政区划), GB/T 2260: a prefix is an ancestor.

pub mod api;
pub mod store;

use deserr::{Deserr, IntoValue, Value, ValuePointerRef};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::platform::fields::FieldErrors;
use crate::platform::i18n::Words;
use crate::platform::input::string_from;

/// A division code of 2, 4, 6, 9 or 12 digits: province, city, county, town, village.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RegionCode(String);

crate::string_schema!(
    RegionCode,
    "RegionCode",
    "GB/T 2260 division code of 2, 4, 6, 9 or 12 digits.",
    "^[0-9]{2}([0-9]{2}([0-9]{2}([0-9]{3}([0-9]{3})?)?)?)?$",
    "360731"
);

const LENGTHS: [usize; 5] = [2, 4, 6, 9, 12];

impl RegionCode {
    /// Reads a code; `None` unless it has the digits of one of the five levels.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.bytes().all(|b| b.is_ascii_digit());
        (digits && LENGTHS.contains(&text.len())).then(|| Self(text.to_owned()))
    }

    /// The digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Deserr<FieldErrors> for RegionCode {
    fn deserialize_from_value<V: IntoValue>(
        value: Value<V>,
        location: ValuePointerRef,
    ) -> Result<Self, FieldErrors> {
        Self::parse(&string_from(value, location)?).ok_or_else(|| {
            FieldErrors::at(
                location,
                Words::new(
                    "应为 2、4、6、9 或 12 位行政区划代码，如 360731",
                    "must be a division code of 2, 4, 6, 9 or 12 digits, such as 360731",
                ),
            )
        })
    }
}

/// One division.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct Region {
    /// GB/T 2260 code.
    #[schema(example = "360731")]
    pub code: String,
    /// Its own name.
    #[schema(example = "于都县")]
    pub name: String,
    /// Its name with those of the divisions that contain it, below the province.
    #[schema(example = "赣州市于都县")]
    pub full_name: String,
}

#[cfg(test)]
mod tests {
    use super::RegionCode;

    #[test]
    fn a_code_has_the_digits_of_a_level() {
        for good in ["36", "3607", "360731", "360731105", "360731105201"] {
            assert!(RegionCode::parse(good).is_some(), "{good}");
        }
        for bad in [
            "", "3", "360", "36073", "3607311", "36073１", "36073x", "-36073",
        ] {
            assert!(RegionCode::parse(bad).is_none(), "{bad}");
        }
    }
}
