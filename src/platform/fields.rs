//! What is wrong with what came in: every bad field at once, each by JSON pointer.

use std::ops::ControlFlow;

use deserr::{DeserializeError, ErrorKind, IntoValue, MergeWithError, ValueKind, ValuePointerRef};
use serde::Serialize;
use utoipa::ToSchema;

use super::i18n::{Lang, Words};

/// Reading stops after so many bad fields: nobody reads more, and somebody might send a
/// million to see what happens.
const MOST: usize = 100;

/// Every bad field of one input, each with a JSON pointer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FieldErrors(Vec<(String, Words)>);

impl FieldErrors {
    /// One bad field.
    pub fn one(pointer: impl Into<String>, detail: Words) -> Self {
        Self(vec![(pointer.into(), detail)])
    }

    /// One bad field, where deserr found it.
    pub fn at(location: ValuePointerRef, detail: Words) -> Self {
        Self::one(pointer(location), detail)
    }

    /// Adds a bad field; the same fault of the same field is told once.
    pub fn push(&mut self, pointer: impl Into<String>, detail: Words) {
        let fault = (pointer.into(), detail);
        if !self.0.contains(&fault) {
            self.0.push(fault);
        }
    }

    /// Adds what somebody else found.
    pub fn extend(&mut self, mut other: Self) {
        self.0.append(&mut other.0);
    }

    /// Adds what somebody else found about fields of which nothing is said yet.
    pub fn extend_elsewhere(&mut self, other: Self) {
        for (pointer, detail) in other.0 {
            if !self.0.iter().any(|(known, _)| *known == pointer) {
                self.0.push((pointer, detail));
            }
        }
    }

    /// The members of the whole that are bad, or have something bad in them.
    pub fn parts(&self) -> impl Iterator<Item = &str> {
        let steps = self.0.iter().map(|(pointer, _)| pointer.split('/').nth(1));
        steps.map(Option::unwrap_or_default)
    }

    /// Keeps those of some pointers.
    pub fn retain(&mut self, keeps: impl Fn(&str) -> bool) {
        self.0.retain(|(pointer, _)| keeps(pointer));
    }

    /// Makes pointers those of a part of what was looked at: `/rules/tracks` becomes
    /// `/tracks`, below `/rules`.
    pub fn rooted(&mut self, at: &str) {
        for (pointer, _) in &mut self.0 {
            if let Some(below) = pointer.strip_prefix(at) {
                *pointer = below.to_owned();
            }
        }
    }

    /// Whether no field is bad.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// `Ok` when nothing is bad.
    pub fn into_result(self) -> Result<(), Self> {
        if self.is_empty() { Ok(()) } else { Err(self) }
    }

    /// What is wrong with a field, if anything.
    pub fn of(&self, pointer: &str, lang: Lang) -> Option<&str> {
        self.0
            .iter()
            .find(|(at, _)| at == pointer)
            .map(|(_, detail)| detail.in_lang(lang))
    }

    /// All of them, in one language.
    pub fn in_lang(&self, lang: Lang) -> Vec<FieldProblem> {
        self.0
            .iter()
            .map(|(pointer, detail)| FieldProblem {
                pointer: pointer.clone(),
                detail: detail.in_lang(lang).to_owned(),
            })
            .collect()
    }
}

/// RFC 6901: `~` and `/` inside a name are escaped.
fn pointer(location: ValuePointerRef) -> String {
    match location {
        ValuePointerRef::Origin => String::new(),
        ValuePointerRef::Key { key, prev } => {
            format!(
                "{}/{}",
                pointer(*prev),
                key.replace('~', "~0").replace('/', "~1")
            )
        }
        ValuePointerRef::Index { index, prev } => format!("{}/{index}", pointer(*prev)),
    }
}

impl MergeWithError<Self> for FieldErrors {
    fn merge(before: Option<Self>, mut other: Self, _: ValuePointerRef) -> ControlFlow<Self, Self> {
        let mut all = before.unwrap_or_default();
        all.0.append(&mut other.0);
        if all.0.len() < MOST {
            ControlFlow::Continue(all)
        } else {
            ControlFlow::Break(all)
        }
    }
}

impl DeserializeError for FieldErrors {
    fn error<V: IntoValue>(
        before: Option<Self>,
        error: ErrorKind<V>,
        location: ValuePointerRef,
    ) -> ControlFlow<Self, Self> {
        let this = match error {
            ErrorKind::IncorrectValueKind { accepted, .. } => {
                let kinds = |lang| {
                    let names: Vec<_> =
                        accepted.iter().map(|kind| kind_name(*kind, lang)).collect();
                    names.join(" / ")
                };
                Self::at(
                    location,
                    Words::new(
                        format!("类型应为{}", kinds(Lang::Zh)),
                        format!("must be {}", kinds(Lang::En)),
                    ),
                )
            }
            ErrorKind::MissingField { field } => Self::at(
                location.push_key(field),
                Words::new("此项必填", "is missing"),
            ),
            ErrorKind::UnknownKey { key, .. } => Self::at(
                location.push_key(key),
                Words::new("没有这个字段", "is not a known field"),
            ),
            ErrorKind::UnknownValue { accepted, .. } => Self::at(
                location,
                Words::new(
                    format!("应为以下之一：{}", accepted.join("、")),
                    format!("must be one of: {}", accepted.join(", ")),
                ),
            ),
            ErrorKind::BadSequenceLen { expected, .. } => Self::at(
                location,
                Words::new(
                    format!("应有 {expected} 项"),
                    format!("must have {expected} items"),
                ),
            ),
            ErrorKind::Unexpected { .. } => Self::at(
                location,
                Words::new("数值不在允许范围内", "is out of range"),
            ),
        };
        Self::merge(before, this, location)
    }
}

fn kind_name(kind: ValueKind, lang: Lang) -> &'static str {
    match kind {
        ValueKind::Null => lang.pick("空值", "null"),
        ValueKind::Boolean => lang.pick("真假值", "a boolean"),
        ValueKind::Integer | ValueKind::NegativeInteger => lang.pick("整数", "an integer"),
        ValueKind::Float => lang.pick("数字", "a number"),
        ValueKind::String => lang.pick("字符串", "a string"),
        ValueKind::Sequence => lang.pick("数组", "an array"),
        ValueKind::Map => lang.pick("对象", "an object"),
    }
}

/// One bad field.
#[derive(Debug, Serialize, ToSchema)]
pub struct FieldProblem {
    /// RFC 6901 JSON pointer into the body; `/name` of a parameter in a path or query.
    #[schema(example = "/shifts/0/starts_at")]
    pub pointer: String,
    /// What is wrong with it.
    pub detail: String,
}
