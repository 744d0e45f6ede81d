//! JSON as it may come in: UTF-8, no name twice in one object, no deeper than anything the
//! product reads. Parsers differ in which of two equal names they believe (RFC 8259,
//! section 4), so neither is.

use std::cell::RefCell;
use std::fmt;

use serde::Deserializer;
use serde::de::{DeserializeSeed, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

/// Arrays and objects inside one another.
pub const DEEPEST: usize = 32;
/// So many names given twice are told.
const MOST: usize = 100;

/// Why bytes are not taken as JSON.
#[derive(Debug, PartialEq, Eq)]
pub enum Fault {
    /// Not UTF-8 from this byte on.
    NotUtf8(usize),
    /// Not JSON, at a line and a column.
    Syntax(usize, usize),
    /// Deeper than [`DEEPEST`], at this JSON pointer.
    TooDeep(String),
    /// Names given twice, by JSON pointer.
    Duplicates(Vec<String>),
}

#[derive(Default)]
struct Notes {
    /// Where the parser is, each step escaped for a JSON pointer.
    path: Vec<String>,
    too_deep: Option<String>,
    duplicates: Vec<String>,
}

impl Notes {
    fn pointer(&self) -> String {
        self.path.iter().map(|step| format!("/{step}")).collect()
    }
}

/// Reads a JSON text.
pub fn parse(bytes: &[u8]) -> Result<Value, Fault> {
    let text = std::str::from_utf8(bytes).map_err(|error| Fault::NotUtf8(error.valid_up_to()))?;
    let notes = RefCell::default();
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let read = Strict(&notes)
        .deserialize(&mut deserializer)
        .and_then(|value| deserializer.end().map(|()| value));
    let notes = notes.into_inner();
    if let Some(pointer) = notes.too_deep {
        return Err(Fault::TooDeep(pointer));
    }
    let value = read.map_err(|error| Fault::Syntax(error.line(), error.column()))?;
    if notes.duplicates.is_empty() {
        Ok(value)
    } else {
        Err(Fault::Duplicates(notes.duplicates))
    }
}

#[derive(Clone, Copy)]
struct Strict<'a>(&'a RefCell<Notes>);

impl Strict<'_> {
    fn enter<E: serde::de::Error>(self, step: String) -> Result<(), E> {
        let mut notes = self.0.borrow_mut();
        notes.path.push(step);
        if notes.path.len() > DEEPEST {
            notes.too_deep = Some(notes.pointer());
            return Err(E::custom("too deep"));
        }
        Ok(())
    }

    fn leave(self) {
        self.0.borrow_mut().path.pop();
    }
}

impl<'de> DeserializeSeed<'de> for Strict<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, yes: bool) -> Result<Value, E> {
        Ok(Value::Bool(yes))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Value, E> {
        Ok(number.into())
    }

    fn visit_u64<E>(self, number: u64) -> Result<Value, E> {
        Ok(number.into())
    }

    fn visit_f64<E: serde::de::Error>(self, number: f64) -> Result<Value, E> {
        Number::from_f64(number)
            .map(Value::Number)
            .ok_or_else(|| E::custom("not a finite number"))
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(text.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        loop {
            self.enter(list.len().to_string())?;
            match items.next_element_seed(self)? {
                Some(item) => list.push(item),
                None => break,
            }
            self.leave();
        }
        self.leave();
        Ok(Value::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut map = Map::new();
        while let Some(name) = members.next_key::<String>()? {
            self.enter(name.replace('~', "~0").replace('/', "~1"))?;
            let value = members.next_value_seed(self)?;
            if map.insert(name, value).is_some() {
                let mut notes = self.0.borrow_mut();
                let pointer = notes.pointer();
                if notes.duplicates.len() < MOST && !notes.duplicates.contains(&pointer) {
                    notes.duplicates.push(pointer);
                }
            }
            self.leave();
        }
        Ok(Value::Object(map))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_given_twice_are_told_by_pointer() {
        let body = br#"{"a": 1, "a": 2, "b": [{"c/d": 1, "e": {}, "c/d": {}}], "a": 3}"#;
        let expected = vec!["/a".to_owned(), "/b/0/c~1d".to_owned()];
        let mut found = match parse(body) {
            Err(Fault::Duplicates(found)) => found,
            other => panic!("{other:?}"),
        };
        found.sort();
        assert_eq!(found, expected);
        // However they are written, they are the same.
        assert!(matches!(
            parse(br#"{"a": 1, "\u0061": 2}"#),
            Err(Fault::Duplicates(_))
        ));
        assert!(parse(br#"[{"a": 1}, {"a": 2}]"#).is_ok());
    }

    #[test]
    fn depth_is_bounded() {
        let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        assert!(parse(nested(DEEPEST).as_bytes()).is_ok());
        assert!(matches!(
            parse(nested(DEEPEST + 1).as_bytes()),
            Err(Fault::TooDeep(_))
        ));
        let objects = "{\"a\":".repeat(100_000);
        assert_eq!(
            parse(objects.as_bytes()),
            Err(Fault::TooDeep("/a".repeat(DEEPEST + 1)))
        );
    }

    #[test]
    fn what_is_not_json_says_where() {
        assert_eq!(parse(b"{\"a\": \xff}"), Err(Fault::NotUtf8(6)));
        assert_eq!(parse(b"{\n1"), Err(Fault::Syntax(2, 1)));
        for text in [
            "",
            "{} {}",
            "NaN",
            "1e999",
            "'a'",
            "[1,]",
            "\u{FEFF}{}",
            r#""\ud800""#,
        ] {
            assert!(
                matches!(parse(text.as_bytes()), Err(Fault::Syntax(..))),
                "{text}"
            );
        }
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<u64>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            ".*".prop_map(Value::from),
        ];
        leaf.prop_recursive(6, 64, 8, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..8).prop_map(Value::from),
                prop::collection::hash_map(".*", inner, 0..8)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn whatever_serde_json_writes_is_read_as_serde_json_reads_it(value in any_json()) {
            let text = value.to_string();
            let usual: Value = serde_json::from_str(&text).unwrap();
            prop_assert_eq!(parse(text.as_bytes()), Ok(usual));
        }
    }
}
