//! Text to text: what the browser runs.

use serde::{Deserialize, Serialize};

use super::{Fault, Sheet, rank};

/// Why there is no ranking of a published sheet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum Unrankable {
    /// It is not the JSON of a sheet.
    Unreadable {
        /// What its reader says, in English.
        message: String,
    },
    /// It does not hold together.
    Faulty {
        /// Everything that is wrong.
        faults: Vec<Fault>,
    },
}

impl From<serde_json::Error> for Unrankable {
    fn from(error: serde_json::Error) -> Self {
        let message = error.to_string();
        Self::Unreadable { message }
    }
}

/// The ranking of a sheet, both as the JSON that is published.
///
/// # Errors
///
/// The text is no sheet, or one that has no ranking.
pub fn recompute(sheet: &str) -> Result<String, Unrankable> {
    let sheet: Sheet = serde_json::from_str(sheet)?;
    let ranking = rank(&sheet).map_err(|faults| Unrankable::Faulty { faults })?;
    Ok(serde_json::to_string(&ranking)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_to_text() {
        let sheet = r#"{"version":1,"stages":[{"key":"s","weight":1000,"method":{"kind":"weighted_mean"},
            "criteria":[{"key":"c","weight":1000,"minimum":0,"maximum":3}],
            "advance":null,"ballots":[{"entry":"E1","judge":"J1","scores":[1]}]}],"ties":[],"boundaries":[]}"#;
        assert_eq!(
            recompute(sheet).unwrap(),
            concat!(
                r#"{"version":1,"entries":[{"entry":"E1","rank":1,"total":"33.3333","#,
                r#""stages":[{"stage":"s","rank":1,"score":"33.3333","raw_mean":"33.3333","#,
                r#""standard_error":null,"ballots":1,"deviation":null,"range":"0.0000"}],"tie":null,"#,
                r#""flags":[{"flag":"nothing_without","stage":"s","judge":"J1"}]}],"#,
                r#""stages":[{"stage":"s","entries":1,"ballots":1,"degrees_of_freedom":null,"#,
                r#""judges":[{"judge":"J1","ballots":1,"severity":null,"standard_error":null}]}]}"#
            )
        );
        let faults = vec![Fault::Version { version: 2 }];
        let another = sheet.replace("\"version\":1", "\"version\":2");
        assert_eq!(recompute(&another), Err(Unrankable::Faulty { faults }));
        let unreadable = recompute("{}").unwrap_err();
        let written = serde_json::to_value(unreadable).unwrap();
        assert_eq!(written["code"], "unreadable");
    }
}
