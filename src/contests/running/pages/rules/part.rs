//! What a person fills in of the rules, part by part. Each is said once: what it is called,
//! how it is typed, and how it is read in words; forms, refusals, the overview and what an
//! amendment changes all follow from it.

use serde_json::Value;

use super::typing::moment;
use crate::contests::rules::Rules;
use crate::platform::clock::Instant;
use crate::platform::i18n::{Lang, Words};
use crate::platform::text::Line;

/// The same in Chinese and in English.
type Both = (&'static str, &'static str);

/// One thing to fill in.
#[derive(Debug)]
pub struct Part {
    /// Where it stands in the document, below the whole it is a part of.
    pub name: &'static str,
    label: Both,
    hint: Option<Both>,
    /// What stands above it and what follows.
    under: Option<Both>,
    /// How its value reads in a sentence, in place of `{}`.
    said: Both,
    /// How it is typed.
    pub kind: Kind,
}

/// How a part is typed.
#[derive(Debug)]
pub enum Kind {
    /// A line of text.
    Text(fn(&str) -> Result<(), Words>),
    /// A longer line, which has room for more.
    Prose(fn(&str) -> Result<(), Words>),
    /// A whole number from the first to the second.
    Number(i64, i64, Blank),
    /// Permille, typed as percent.
    Percent(Blank),
    /// An instant, typed as date and time on a clock in Beijing.
    Moment,
    /// Yes, when it is ticked.
    Tick,
    /// One of these words, each with what it is called; the empty word is none.
    Choice(fn(&Rules, Lang) -> Vec<(String, String)>),
    /// Several things of a kind.
    Rows(Rows),
}

/// What nothing typed means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Blank {
    /// A mistake.
    Wrong,
    /// Zero, which is shown as nothing.
    Zero,
    /// That there is no such member.
    Absent,
}

/// Several things of a kind.
#[derive(Debug)]
pub struct Rows {
    /// What each consists of.
    pub of: &'static [Part],
    /// There are at most so many.
    pub most: usize,
    /// What one is called.
    pub one: Both,
    /// How keys of new ones begin; those without keys are known by their place alone.
    pub key: Option<&'static str>,
    /// What a new one begins as, and from when, after the last one typed there is.
    pub begins: fn(Option<Instant>) -> Value,
}

fn line<const MAX: usize>(text: &str) -> Result<(), Words> {
    Line::<MAX>::parse(text)
        .map(drop)
        .map_err(|fault| match text.is_empty() {
            true => please(),
            false => fault.words(),
        })
}

/// What a field left blank is told.
pub fn please() -> Words {
    Words::new("请填写", "Please fill it in")
}

impl Part {
    const fn new(name: &'static str, label: Both, kind: Kind) -> Self {
        Self {
            name,
            label,
            hint: None,
            under: None,
            said: ("{}", "{}"),
            kind,
        }
    }

    /// A line of at most `MAX` characters.
    pub const fn line<const MAX: usize>(
        name: &'static str,
        zh: &'static str,
        en: &'static str,
    ) -> Self {
        Self::new(name, (zh, en), Kind::Text(line::<MAX>))
    }

    /// The same, with room for more.
    pub const fn prose<const MAX: usize>(
        name: &'static str,
        zh: &'static str,
        en: &'static str,
    ) -> Self {
        Self::new(name, (zh, en), Kind::Prose(line::<MAX>))
    }

    /// A whole number.
    pub const fn number(name: &'static str, label: Both, from: i64, to: i64, blank: Blank) -> Self {
        Self::new(name, label, Kind::Number(from, to, blank))
    }

    /// A weight.
    pub const fn percent(name: &'static str, label: Both, blank: Blank) -> Self {
        let part = Self::new(name, label, Kind::Percent(blank));
        part.said("{}%", "{}%")
    }

    /// A date and time.
    pub const fn moment(name: &'static str, zh: &'static str, en: &'static str) -> Self {
        Self::new(name, (zh, en), Kind::Moment)
    }

    /// Yes or no.
    pub const fn tick(name: &'static str, zh: &'static str, en: &'static str) -> Self {
        Self::new(name, (zh, en), Kind::Tick)
    }

    /// One of several.
    pub const fn choice(
        name: &'static str,
        label: Both,
        of: fn(&Rules, Lang) -> Vec<(String, String)>,
    ) -> Self {
        Self::new(name, label, Kind::Choice(of))
    }

    /// Several of a kind.
    pub const fn rows(name: &'static str, zh: &'static str, en: &'static str, rows: Rows) -> Self {
        Self::new(name, (zh, en), Kind::Rows(rows))
    }

    /// With a hint above the field.
    pub const fn hint(mut self, zh: &'static str, en: &'static str) -> Self {
        self.hint = Some((zh, en));
        self
    }

    /// Below a heading of its own.
    pub const fn under(mut self, zh: &'static str, en: &'static str) -> Self {
        self.under = Some((zh, en));
        self
    }

    /// Read in these words.
    pub const fn said(mut self, zh: &'static str, en: &'static str) -> Self {
        self.said = (zh, en);
        self
    }

    /// What it is called.
    pub fn label(&self, lang: Lang) -> &'static str {
        lang.pick(self.label.0, self.label.1)
    }

    /// What stands above its field.
    pub fn hinted(&self, lang: Lang) -> Option<&'static str> {
        self.hint.map(|hint| lang.pick(hint.0, hint.1))
    }

    /// The heading above it.
    pub fn heading(&self, lang: Lang) -> Option<&'static str> {
        self.under.map(|under| lang.pick(under.0, under.1))
    }

    /// What was typed, in words; nothing when nothing was.
    pub fn words(&self, typed: &str, around: &Around<'_>) -> String {
        let lang = around.lang;
        let value = match &self.kind {
            Kind::Tick => {
                return if typed.is_empty() {
                    String::new()
                } else {
                    self.label(lang).to_owned()
                };
            }
            Kind::Choice(of) => {
                let mut options = of(around.rules, lang).into_iter();
                options
                    .find(|(word, _)| word == typed)
                    .map(|(_, name)| name)
                    .unwrap_or_default()
            }
            Kind::Moment => moment(typed).map_or_else(String::new, |at| around.moment(at)),
            _ => typed.to_owned(),
        };
        match value.is_empty() {
            true => value,
            false => lang.pick(self.said.0, self.said.1).replace("{}", &value),
        }
    }
}

impl Rows {
    /// What the one at a place is called.
    pub fn called(&self, index: usize, lang: Lang) -> String {
        format!("{} {}", lang.pick(self.one.0, self.one.1), index + 1)
    }

    /// What one is called.
    pub fn one(&self, lang: Lang) -> &'static str {
        lang.pick(self.one.0, self.one.1)
    }
}

/// Parts with their places: those there are one of together, several of a kind alone.
pub fn grouped(parts: &[Part]) -> Vec<Vec<(usize, &Part)>> {
    let is_single = |part: &Part| !matches!(part.kind, Kind::Rows(_));
    let mut groups: Vec<Vec<(usize, &Part)>> = Vec::new();
    for (place, part) in parts.iter().enumerate() {
        let follows = groups.last_mut().filter(|group| {
            let goes_on = group.iter().all(|(_, before)| is_single(before));
            goes_on && is_single(part) && part.under.is_none()
        });
        match follows {
            Some(group) => group.push((place, part)),
            None => groups.push(vec![(place, part)]),
        }
    }
    groups
}

/// What a part is read within.
#[derive(Clone, Copy, Debug)]
pub struct Around<'a> {
    /// The rules as they stand.
    pub rules: &'a Rules,
    /// Now.
    pub now: Instant,
    /// In which language.
    pub lang: Lang,
}

impl Around<'_> {
    fn moment(&self, at: Instant) -> String {
        use crate::platform::clock::day_from;
        format!("{} {}", day_from(self.now, at, self.lang), at.hour_minute())
    }
}
