//! What stands in a form: from the document or as it was typed, and back again.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::part::{Kind, Part, Rows};
use crate::contests::rules::Key;
use crate::platform::clock::Instant;
use crate::platform::fields::FieldErrors;
use crate::platform::input::Form;

/// Stands for a line that cannot be read, so that the rest can be looked at.
const UNREAD: &str = "—";

/// A whole with what is typed for each of its parts, in their order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Row {
    /// Of what stands already, or will; empty where things have no keys.
    pub key: String,
    typed: Vec<Typed>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Typed {
    Text(String),
    Rows(Vec<Row>),
}

/// What cannot be taken out of a sheet.
#[derive(Debug, Default)]
pub struct Unread {
    /// Why, by pointer.
    pub faults: FieldErrors,
    /// Whether the rest cannot be looked at either.
    pub is_broken: bool,
}

/// The id of a field below a group.
pub fn id_of(group: &str, name: &str) -> String {
    let name = name.replace('/', "-");
    match group {
        "" => name,
        group => format!("{group}-{name}"),
    }
}

impl Row {
    /// Of a part of the document.
    pub fn standing(parts: &[Part], of: &Value) -> Self {
        let typed = |part: &Part| {
            let value = of
                .pointer(&format!("/{}", part.name))
                .unwrap_or(&Value::Null);
            match &part.kind {
                Kind::Rows(rows) => {
                    let items = value.as_array().into_iter().flatten();
                    Typed::Rows(items.map(|item| Self::standing(rows.of, item)).collect())
                }
                kind => Typed::Text(kind.shown(value)),
            }
        };
        Self {
            key: of
                .get("key")
                .and_then(Value::as_str)
                .unwrap_or_default()
                .to_owned(),
            typed: parts.iter().map(typed).collect(),
        }
    }

    /// As a form was filled in.
    pub fn typed(parts: &[Part], form: &Form) -> Self {
        let mut fields = BTreeMap::new();
        for (name, value) in form.pairs() {
            fields.entry(name).or_insert(value);
        }
        Self::below(parts, &fields, "")
    }

    fn below(parts: &[Part], fields: &BTreeMap<&str, &str>, group: &str) -> Self {
        let get = |id: &str| fields.get(id).copied().unwrap_or_default();
        let typed = |part: &Part| {
            let id = id_of(group, part.name);
            match &part.kind {
                Kind::Rows(rows) => {
                    let count = get(&id_of(&id, "count"))
                        .parse()
                        .unwrap_or(0)
                        .min(rows.most + 1);
                    let row = |index: usize| Self::below(rows.of, fields, &format!("{id}-{index}"));
                    Typed::Rows((0..count).map(row).collect())
                }
                _ => Typed::Text(get(&id).to_owned()),
            }
        };
        Self {
            key: get(&id_of(group, "key")).to_owned(),
            typed: parts.iter().map(typed).collect(),
        }
    }

    /// What is typed for a part at a place; nothing for several.
    pub fn text(&self, place: usize) -> &str {
        match self.typed.get(place) {
            Some(Typed::Text(text)) => text,
            _ => "",
        }
    }

    /// What is typed for a part.
    pub fn text_of(&self, parts: &[Part], name: &str) -> &str {
        let place = parts.iter().position(|part| part.name == name);
        place.map_or("", |place| self.text(place))
    }

    /// The several of a part at a place.
    pub fn rows(&self, place: usize) -> &[Self] {
        match self.typed.get(place) {
            Some(Typed::Rows(rows)) => rows,
            _ => &[],
        }
    }

    /// The several of a part.
    pub fn rows_of(&self, parts: &[Part], name: &str) -> &[Self] {
        let place = parts.iter().position(|part| part.name == name);
        place.map_or(&[], |place| self.rows(place))
    }

    fn is_blank(&self, parts: &[Part]) -> bool {
        parts
            .iter()
            .enumerate()
            .all(|(place, part)| match &part.kind {
                Kind::Rows(rows) => self.rows(place).iter().all(|row| row.is_blank(rows.of)),
                _ => self.text(place).is_empty(),
            })
    }

    /// Leaves out what was added and never filled in, and gives what is new a key that no
    /// other has, nor had in `standing`.
    pub fn settle(&mut self, parts: &[Part], standing: &Self) {
        for (place, part) in parts.iter().enumerate() {
            let (Kind::Rows(of), Some(Typed::Rows(rows))) = (&part.kind, self.typed.get_mut(place))
            else {
                continue;
            };
            let before = standing.rows(place);
            let stands = |row: &Self| before.iter().any(|one| one.key == row.key);
            rows.retain(|row| of.key.is_some() && stands(row) || !row.is_blank(of.of));
            let mut taken: BTreeSet<String> = before.iter().map(|row| row.key.clone()).collect();
            let mut seen = Vec::new();
            for row in &mut *rows {
                row.settle(of.of, &Self::default());
                let Some(prefix) = of.key else {
                    row.key.clear();
                    continue;
                };
                if Key::parse(&row.key).is_none() || seen.contains(&row.key) {
                    taken.extend(seen.iter().cloned());
                    row.key = fresh(prefix, &taken);
                }
                seen.push(row.key.clone());
            }
        }
    }

    /// Adds, drops or moves what a button says: `more:tracks`, `drop:tracks-1`,
    /// `up:tracks-1`. Where to look afterwards; none when no button says that.
    pub fn act(&mut self, parts: &'static [Part], standing: &Self, act: &str) -> Option<String> {
        let (verb, id) = act.split_once(':')?;
        if verb == "more" {
            let (of, rows) = self.list(parts, id)?;
            let mut taken: BTreeSet<String> = rows.iter().map(|row| row.key.clone()).collect();
            let before = parts.iter().position(|part| id_of("", part.name) == id);
            let before = before.map_or(&[][..], |place| standing.rows(place));
            taken.extend(before.iter().map(|row| row.key.clone()));
            if rows.len() < of.most {
                let last = rows.last().map(|row| row.text_of(of.of, "closes_at"));
                let kind = Kind::Moment;
                let last = last.and_then(|text| Instant::parse(kind.read(text).ok()?.as_str()?));
                let mut row = Self::standing(of.of, &(of.begins)(last));
                row.key = of
                    .key
                    .map_or_else(String::new, |prefix| fresh(prefix, &taken));
                rows.push(row);
            }
            return Some(format!("{id}-{}", rows.len().saturating_sub(1)));
        }
        let (list, index) = id.rsplit_once('-')?;
        let (_, rows) = self.list(parts, list)?;
        let index: usize = index.parse().ok().filter(|index| *index < rows.len())?;
        match verb {
            "drop" => {
                rows.remove(index);
                Some(list.to_owned())
            }
            "up" => {
                let above = index.saturating_sub(1);
                rows.swap(above, index);
                Some(format!("{list}-{above}"))
            }
            _ => None,
        }
    }

    fn list(
        &mut self,
        parts: &'static [Part],
        id: &str,
    ) -> Option<(&'static Rows, &mut Vec<Self>)> {
        for (part, typed) in parts.iter().zip(&mut self.typed) {
            let (Kind::Rows(of), Typed::Rows(rows)) = (&part.kind, typed) else {
                continue;
            };
            let own = id_of("", part.name);
            if id == own {
                return Some((of, rows));
            }
            if let Some(rest) = id
                .strip_prefix(&own)
                .and_then(|rest| rest.strip_prefix('-'))
            {
                let (index, below) = rest.split_once('-')?;
                return rows
                    .get_mut(index.parse::<usize>().ok()?)?
                    .list(of.of, below);
            }
        }
        None
    }

    /// As a part of the document; what cannot be read goes to `unread`, with pointers that
    /// begin with `at`.
    pub fn value(&self, parts: &[Part], at: &str, unread: &mut Unread) -> Value {
        let mut whole = Value::Object(Map::new());
        if !self.key.is_empty() {
            put(&mut whole, "key", Value::from(self.key.as_str()));
        }
        for (place, part) in parts.iter().enumerate() {
            let pointer = format!("{at}/{}", part.name);
            let value = match &part.kind {
                Kind::Rows(of) => {
                    let rows = self.rows(place).iter().enumerate();
                    rows.map(|(index, row)| row.value(of.of, &format!("{pointer}/{index}"), unread))
                        .collect()
                }
                kind => kind.read(self.text(place)).unwrap_or_else(|words| {
                    unread.faults.push(pointer, words);
                    unread.is_broken |= !matches!(kind, Kind::Text(_) | Kind::Prose(_));
                    UNREAD.into()
                }),
            };
            put(&mut whole, part.name, value);
        }
        whole
    }
}

/// `track_3`: counts on from how many there are.
fn fresh(prefix: &str, taken: &BTreeSet<String>) -> String {
    let mut number = taken.len();
    loop {
        number += 1;
        let key = format!("{prefix}_{number}");
        if !taken.contains(&key) {
            return key;
        }
    }
}

/// Puts a member where it belongs, `entries/opens_at` into `entries`.
fn put(whole: &mut Value, name: &str, value: Value) {
    let Value::Object(members) = whole else {
        return;
    };
    match name.split_once('/') {
        None => {
            members.insert(name.to_owned(), value);
        }
        Some((part, rest)) => {
            let part = members
                .entry(part)
                .or_insert_with(|| Value::Object(Map::new()));
            put(part, rest, value);
        }
    }
}

/// Lays what a form says over what stands: things with keys keep what the form does not ask.
pub fn overlay(standing: &mut Value, said: Value) {
    match (standing, said) {
        (Value::Object(members), Value::Object(said)) => {
            for (name, value) in said {
                overlay(members.entry(name).or_insert(Value::Null), value);
            }
        }
        (Value::Array(items), Value::Array(said)) => {
            let before = std::mem::take(items);
            for value in said {
                let key = value.get("key").filter(|key| key.is_string());
                let same = before
                    .iter()
                    .find(|item| key.is_some() && item.get("key") == key);
                let mut item = same.cloned().unwrap_or(Value::Null);
                overlay(&mut item, value);
                items.push(item);
            }
        }
        (standing, said) => *standing = said,
    }
}
