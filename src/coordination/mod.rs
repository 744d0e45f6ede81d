//! Coordination (统筹): offices bound to a region, which reach everything in it and below
//! it, and nothing else. They verify organizations and appoint others below them.

pub mod api;
pub mod pages;
pub mod store;
mod verification;

use deserr::{Deserr, IntoValue, Value, ValuePointerRef};
use serde::Serialize;
use utoipa::ToSchema;

use crate::platform::clock::Instant;
use crate::platform::fields::FieldErrors;
use crate::platform::i18n::Words;
use crate::platform::input::string_from;

// What the clock forgets.
pub use store::appointing::forget;
pub use verification::{Decision, DecisionBody};

/// The prefix of a code that makes whoever redeems it a coordinator.
pub const CODE_PREFIX: &str = "ddc_";

/// A code as `script/coordinator` prints it.
pub struct AppointmentCode(String);

impl std::fmt::Debug for AppointmentCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("AppointmentCode(…)")
    }
}

crate::string_schema!(
    AppointmentCode,
    "AppointmentCode",
    "`ddc_` and 64 hexadecimal digits.",
    "^ddc_[0-9a-f]{64}$",
    "ddc_5f0c1c9e8f0b4b1e9d530c4a7c1d2e3f5f0c1c9e8f0b4b1e9d530c4a7c1d2e3f"
);

impl AppointmentCode {
    /// Reads a code; spaces around it come from copying.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let secret = text.strip_prefix(CODE_PREFIX)?;
        let fit = secret.len() == 64
            && secret
                .bytes()
                .all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        fit.then(|| Self(text.to_owned()))
    }

    /// By which it is found.
    pub fn hash(&self) -> String {
        crate::platform::crypto::sha256_hex(&self.0)
    }

    /// The id of the appointment it stands for: half of the hash.
    pub fn id(&self) -> Option<uuid::Uuid> {
        uuid::Uuid::try_parse(self.hash().get(..32)?).ok()
    }
}

/// What is wrong with what was typed as a code.
pub fn code_words() -> Words {
    Words::new(
        "任命码以 ddc_ 开头，请完整粘贴",
        "must be the whole code, which starts with ddc_",
    )
}

impl Deserr<FieldErrors> for AppointmentCode {
    fn deserialize_from_value<V: IntoValue>(
        value: Value<V>,
        location: ValuePointerRef,
    ) -> Result<Self, FieldErrors> {
        Self::parse(&string_from(value, location)?)
            .ok_or_else(|| FieldErrors::at(location, code_words()))
    }
}

/// Somebody who coordinates a region.
#[derive(Debug, Serialize, ToSchema)]
pub struct Coordinator {
    /// UUIDv7.
    #[schema(format = "uuid")]
    pub id: String,
    /// The division they coordinate, with everything below it.
    #[schema(example = "3607")]
    pub region: String,
    /// The division's name.
    #[schema(example = "赣州市")]
    pub region_name: String,
    /// What the public reads instead of their name.
    #[schema(example = "赣州市民政局")]
    pub office: String,
    /// What they are called; null until they have signed in.
    pub name: Option<String>,
    /// Their phone with its middle hidden; null until a code is redeemed.
    #[schema(example = "138****8000")]
    pub phone: Option<String>,
    /// Whether it is whoever asks.
    pub is_me: bool,
    /// Whether whoever asks may revoke the appointment.
    pub revocable: bool,
    /// When they were appointed, RFC 3339.
    #[schema(value_type = String, format = "date-time")]
    pub since: Instant,
}

/// Where a page of coordinators ended: a region, and the appointment in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The division's code.
    pub region: String,
    /// The appointment's id.
    pub id: String,
}

crate::string_schema!(
    Place,
    "CoordinatorsCursor",
    "Where a page of coordinators ended.",
    "^[0-9]{1,12}_[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$",
    "360731_01990000-0000-7000-8000-000000000002"
);

impl Place {
    /// Where a coordinator stands.
    pub fn of(coordinator: &Coordinator) -> Self {
        Self {
            region: coordinator.region.clone(),
            id: coordinator.id.clone(),
        }
    }

    fn parse(text: &str) -> Option<Self> {
        let (region, id) = text.split_once('_')?;
        let digits = (1..=12).contains(&region.len()) && region.bytes().all(|b| b.is_ascii_digit());
        let written = uuid::Uuid::try_parse(id).is_ok_and(|parsed| parsed.to_string() == id);
        (digits && written).then(|| Self {
            region: region.to_owned(),
            id: id.to_owned(),
        })
    }
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}_{}", self.region, self.id)
    }
}

impl Deserr<FieldErrors> for Place {
    fn deserialize_from_value<V: IntoValue>(
        value: Value<V>,
        location: ValuePointerRef,
    ) -> Result<Self, FieldErrors> {
        let words = Words::new(
            "请使用上一页给出的链接",
            "must be taken from the page before",
        );
        Self::parse(&string_from(value, location)?).ok_or_else(|| FieldErrors::at(location, words))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_read_as_it_was_given() {
        let given = "360731_01990000-0000-7000-8000-000000000002";
        assert_eq!(Place::parse(given).unwrap().to_string(), given);
        for bad in [
            "",
            "360731",
            "_",
            "36x_01990000-0000-7000-8000-000000000002",
            &given[..40],
            &given.replace('-', ""),
        ] {
            assert_eq!(Place::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_code_is_pasted_whole() {
        let code = format!("ddc_{}", "0f".repeat(32));
        assert!(AppointmentCode::parse(&format!(" {code}\n")).is_some());
        for bad in ["", "ddc_", &code[..67], &code[4..], &code.to_uppercase()] {
            assert!(AppointmentCode::parse(bad).is_none(), "{bad}");
        }
        let parsed = AppointmentCode::parse(&code).unwrap();
        assert_eq!(format!("{parsed:?}"), "AppointmentCode(…)");
        let id = parsed.id().unwrap().simple().to_string();
        assert!(parsed.hash().starts_with(&id) && parsed.hash().len() == 64);
    }
}
