//! What a leaf commits to: a record, byte for byte as it is stored.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::tree::{Hash, leaf_hash};

/// Columns as they stand, whatever they have become: what somebody changed behind our back
/// need not be of its column's type any more.
macro_rules! committed {
    ($($column:literal)+) => {
        /// What of a record is committed to: every column that says something. Adding one
        /// would change every leaf there is.
        pub const COLUMNS: &[&str] = &[$($column),+];

        /// The columns of [`Stored`], of a `service_record r`.
        macro_rules! as_stored {
            () => {
                concat!(
                    $("iif(typeof(r.", $column, ") = 'blob', 'x' || hex(r.", $column, "), r.", $column, ") AS ", $column, ",\n  ",)+
                    "iif(typeof(r.salt) = 'blob', 'x' || hex(r.salt), r.salt) AS salt"
                )
            };
        }
    };
}

committed! {
    "due_on" "ended_at" "facts" "grade" "id" "kind" "minutes" "on_date" "organization_id"
    "project_id" "reason" "recorded_at" "recorded_by" "seq" "shift_id" "signup_id"
    "started_at" "supersedes" "volunteer_id"
}

pub(super) use as_stored;

/// A row of `service_record`, as `as_stored!` reads it.
#[derive(Clone, Debug, Deserialize)]
pub struct Stored(BTreeMap<String, Value>);

/// What opens a commitment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opening {
    /// JSON by RFC 8785 of the row without its salt.
    pub canonical: String,
    /// 64 hexadecimal digits.
    pub salt: String,
}

impl Opening {
    /// SHA-256 of the salt's digits and the canonical text.
    pub fn commitment(&self) -> Hash {
        Sha256::new_with_prefix(&self.salt)
            .chain_update(&self.canonical)
            .finalize()
            .into()
    }

    /// Whether the text is of this record, at this leaf.
    pub fn is_of(&self, record: &str, leaf: u64) -> bool {
        let stored: Option<Stored> = serde_json::from_str(&self.canonical).ok();
        stored.is_some_and(|stored| stored.id() == Some(record) && stored.index() == Some(leaf))
    }

    /// The leaf.
    pub fn leaf_hash(&self) -> Hash {
        leaf_hash(&self.commitment())
    }
}

impl Stored {
    /// Its leaf in the ledger.
    pub fn index(&self) -> Option<u64> {
        let seq = self.0.get("seq")?.as_u64()?;
        seq.checked_sub(1)
    }

    /// Its id.
    pub fn id(&self) -> Option<&str> {
        self.0.get("id")?.as_str()
    }

    /// What its leaf commits to. Members are sorted, for names of columns are ASCII; numbers
    /// are whole; and `serde_json` escapes as ECMAScript does.
    pub fn opening(mut self) -> Opening {
        let salt = match self.0.remove("salt") {
            Some(Value::String(salt)) => salt,
            _ => String::new(),
        };
        let canonical = serde_json::to_string(&self.0).unwrap_or_default();
        Opening { canonical, salt }
    }
}

#[cfg(test)]
mod tests {
    use data_encoding::HEXLOWER;
    use serde_json::json;

    use super::*;

    fn stored(row: Value) -> Stored {
        serde_json::from_value(row).unwrap()
    }

    #[test]
    fn the_canonical_text_is_that_of_rfc_8785() {
        let row = stored(json!({
            "seq": 3, "salt": "00ff", "reason": "\u{8}\t\n\u{c}\r\u{1f}\"\\/\u{7f}€𠮷\u{2028}",
            "id": "a", "grade": null, "facts": "{\"b\":1, \"a\":2}", "recorded_at": 1_795_825_200_000_i64,
        }));
        assert_eq!((row.index(), row.id()), (Some(2), Some("a")));
        let opening = row.opening();
        assert_eq!(
            opening.canonical,
            "{\"facts\":\"{\\\"b\\\":1, \\\"a\\\":2}\",\"grade\":null,\"id\":\"a\",\
             \"reason\":\"\\b\\t\\n\\f\\r\\u001f\\\"\\\\/\u{7f}€𠮷\u{2028}\",\
             \"recorded_at\":1795825200000,\"seq\":3}"
        );
        assert_eq!(opening.salt, "00ff");
    }

    #[test]
    fn a_commitment_is_what_sha256sum_says() {
        let opening = stored(json!({"seq": 1, "salt": "00ff"})).opening();
        // printf '%s' '00ff{"seq":1}' | sha256sum
        assert_eq!(
            HEXLOWER.encode(&opening.commitment()),
            "fa503524158d64832162ccd33cfdec5bb72f56ec1dcaa69f1ce536cc706c88a6"
        );
        assert_eq!(opening.leaf_hash(), leaf_hash(&opening.commitment()));
    }

    #[test]
    fn rows_that_are_no_records_any_more_have_openings_all_the_same() {
        let opening = stored(json!({"seq": "x00", "salt": null, "minutes": 1.5})).opening();
        assert_eq!(opening.canonical, r#"{"minutes":1.5,"seq":"x00"}"#);
        assert_eq!(stored(json!({"seq": 0})).index(), None);
    }

    #[test]
    fn columns_are_in_the_order_of_the_canonical_text() {
        assert!(COLUMNS.is_sorted());
    }
}
