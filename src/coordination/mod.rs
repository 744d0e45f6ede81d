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
pub use store::forget;
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

#[cfg(test)]
mod tests {
    use super::*;

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
