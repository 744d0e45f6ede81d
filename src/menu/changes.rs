//! What a write changes of a project, as audit rows keep it: the parts that differ, long
//! texts by their hash, so that a row is small however long the notice is.

use serde_json::{Map, Value, json};

use super::document::Document;
use super::replacing::Standing;
use crate::platform::crypto::sha256_hex;

/// Texts are kept in full up to so many bytes.
const LONGEST_TEXT: usize = 200;
/// Shifts are told one by one up to so many.
const MOST_SHIFTS: usize = 20;

/// Both sides of a change, as JSON.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Changes {
    /// What stood; none when it is new.
    pub before: Option<String>,
    /// What stands now, with the hash of the whole body.
    pub after: String,
}

impl Changes {
    /// From what stands to what is wanted.
    pub fn between(
        standing: Option<(&Standing, &Document)>,
        wanted: &Document,
        body_hash: &str,
    ) -> Self {
        let mut after = Map::new();
        let Some((standing, stood)) = standing else {
            after.extend(side(wanted, None));
            after.insert("body_hash".to_owned(), body_hash.into());
            return Self {
                before: None,
                after: Value::Object(after).to_string(),
            };
        };
        let mut before = side(stood, Some(wanted));
        before.insert("version".to_owned(), standing.version.into());
        before.insert("state".to_owned(), json!(standing.state));
        after.extend(side(wanted, Some(stood)));
        after.insert("body_hash".to_owned(), body_hash.into());
        Self {
            before: Some(Value::Object(before).to_string()),
            after: Value::Object(after).to_string(),
        }
    }
}

/// The parts of one document that are not the same in the other; null where only the
/// other has them.
fn side(this: &Document, other: Option<&Document>) -> Map<String, Value> {
    let none = Map::new();
    let theirs = other.map_or(&none, Document::parts);
    let mine = this.parts();
    let mut parts = Map::new();
    for name in mine.keys().chain(theirs.keys()) {
        let value = mine.get(name).unwrap_or(&Value::Null);
        if theirs.get(name) == Some(value) {
            continue;
        }
        let told = match name.as_str() {
            "shifts" => shifts(value, theirs.get(name)),
            _ => shortened(value),
        };
        parts.insert(name.clone(), told);
    }
    parts
}

/// Shifts that are not the same on the other side, by their references; only how many
/// there are when they are many.
fn shifts(these: &Value, others: Option<&Value>) -> Value {
    let others: Vec<&Value> = list(others);
    let differ: Vec<&Value> = list(Some(these))
        .into_iter()
        .filter(|shift| !others.contains(shift))
        .collect();
    if differ.len() > MOST_SHIFTS {
        return json!({"count": differ.len(), "sha256": sha256_hex(&these.to_string())});
    }
    let told = differ.into_iter().filter_map(|shift| {
        let same = others.iter().find(|other| other["ref"] == shift["ref"]);
        let reference = shift["ref"].as_str()?.to_owned();
        let parts = shift.as_object()?.iter().filter(|(name, value)| {
            *name != "ref" && same.is_none_or(|same| same.get(name.as_str()) != Some(*value))
        });
        let parts = parts.map(|(name, value)| (name.clone(), shortened(value)));
        Some((reference, Value::Object(parts.collect())))
    });
    Value::Object(told.collect())
}

fn list(value: Option<&Value>) -> Vec<&Value> {
    value
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .collect()
}

fn shortened(value: &Value) -> Value {
    match value {
        Value::String(text) if text.len() > LONGEST_TEXT => json!({"sha256": sha256_hex(text)}),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::menu::ProjectState;
    use crate::menu::document::read;

    fn document(value: Value) -> Document {
        let Value::Object(parts) = value else {
            panic!("no object")
        };
        Document::wanted(&read(parts).unwrap())
    }

    fn shift(reference: &str, capacity: i64) -> Value {
        json!({
            "ref": reference, "role": "助教", "capacity": capacity,
            "starts_at": "2026-12-01T08:00:00+08:00", "ends_at": "2026-12-01T10:00:00+08:00",
        })
    }

    fn changed(before: Value, after: Value) -> (Value, Value) {
        let standing = Standing {
            id: "p".into(),
            seq: 1,
            version: 4,
            state: ProjectState::Draft,
            place: None,
            region: None,
            body_hash: String::new(),
            published: false,
        };
        let (before, after) = (document(before), document(after));
        let changes = Changes::between(Some((&standing, &before)), &after, "hash");
        let json = |text: &str| serde_json::from_str(text).unwrap();
        (json(&changes.before.unwrap()), json(&changes.after))
    }

    #[test]
    fn only_what_differs_is_kept_on_both_sides() {
        let before = json!({"title": "义诊", "place": "村口", "risks": "路滑", "shifts": [shift("a", 3), shift("b", 3)]});
        let after = json!({"title": "义诊", "place": "村尾", "content": "量血压", "shifts": [shift("a", 4), shift("b", 3)]});
        let (before, after) = changed(before, after);
        assert_eq!(
            before,
            json!({"version": 4, "state": "draft", "place": "村口", "risks": "路滑", "content": null,
                "shifts": {"a": {"capacity": 3}}})
        );
        assert_eq!(
            after,
            json!({"body_hash": "hash", "place": "村尾", "risks": null, "content": "量血压",
                "shifts": {"a": {"capacity": 4}}})
        );
    }

    #[test]
    fn shifts_that_come_and_go_are_told_whole() {
        let (before, after) = changed(
            json!({"shifts": [shift("a", 3)]}),
            json!({"shifts": [shift("b", 5)]}),
        );
        assert_eq!(before["shifts"]["a"]["capacity"], 3);
        assert_eq!(after["shifts"]["b"]["capacity"], 5);
        assert_eq!(after["shifts"]["b"]["state"], "open");
    }

    #[test]
    fn a_row_stays_small_however_much_changes() {
        let whole = |capacity: i64, character: &str| {
            let names: Vec<String> = (0..200).map(|n| format!("s{n}")).collect();
            let shifts: Vec<Value> = names.iter().map(|name| shift(name, capacity)).collect();
            json!({"content": character.repeat(4000), "risks": character.repeat(1000), "shifts": shifts})
        };
        let (before, after) = changed(whole(1, "甲"), whole(2, "乙"));
        assert_eq!(before["shifts"]["count"], 200);
        assert_eq!(after["content"]["sha256"], sha256_hex(&"乙".repeat(4000)));
        for side in [before, after] {
            assert!(side.to_string().len() < 1_000, "{side}");
        }
    }
}
