//! What a person fills in of the rules, part by part. Each is said once: what it is called,
//! how it is typed, and how it is read in words; forms, refusals, the overview and what an
//! amendment changes all follow from it.

use serde_json::{Value, json};

use crate::contests::rules::{Rules, percent};
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

impl Kind {
    /// A member of the document as it stands in a field.
    pub fn shown(&self, value: &Value) -> String {
        match (self, value) {
            (Self::Number(.., Blank::Zero) | Self::Percent(Blank::Zero), value) if *value == 0 => {
                String::new()
            }
            (Self::Percent(_), value) => value.as_i64().map_or_else(String::new, |permille| {
                percent(permille).trim_end_matches('%').to_owned()
            }),
            (Self::Moment, Value::String(text)) => {
                Instant::parse(text).map_or_else(String::new, local)
            }
            (Self::Tick, Value::Bool(true)) => "yes".to_owned(),
            (_, Value::String(text)) => text.clone(),
            (_, Value::Number(number)) => number.to_string(),
            _ => String::new(),
        }
    }

    /// What was typed as a member of the document, or what is wrong with it.
    pub fn read(&self, typed: &str) -> Result<Value, Words> {
        match self {
            Self::Text(fits) | Self::Prose(fits) => fits(typed).map(|()| json!(typed)),
            Self::Tick => Ok(json!(!typed.is_empty())),
            Self::Choice(_) if typed.is_empty() => Ok(Value::Null),
            Self::Choice(_) => Ok(json!(typed)),
            Self::Moment => moment(typed)
                .map(|at| json!(at))
                .ok_or_else(|| Words::new("请填写日期和时间", "Please give the date and the time")),
            Self::Number(.., blank) | Self::Percent(blank) if typed.is_empty() => match blank {
                Blank::Wrong => Err(please()),
                Blank::Zero => Ok(json!(0)),
                Blank::Absent => Ok(Value::Null),
            },
            Self::Number(from, to, _) => {
                let number = plain(typed).parse().ok();
                let number: Option<i64> = number.filter(|number| (*from..=*to).contains(number));
                number.map(|number| json!(number)).ok_or_else(|| {
                    Words::new(
                        format!("应为 {from} 到 {to} 之间的整数"),
                        format!("must be a whole number from {from} to {to}"),
                    )
                })
            }
            Self::Percent(_) => permille(typed).map(|part| json!(part)).ok_or_else(|| {
                Words::new(
                    "应为 0.1 到 100 之间的数，最多一位小数，如 40 或 12.5",
                    "must be a number from 0.1 to 100 with one decimal at most, such as 40 or 12.5",
                )
            }),
            Self::Rows(_) => Ok(Value::Null),
        }
    }
}

/// Digits as a Chinese keyboard types them, made plain.
fn plain(typed: &str) -> String {
    typed
        .chars()
        .filter_map(|c| match c {
            '０'..='９' => char::from_digit(c as u32 - '０' as u32, 10),
            '．' | '。' => Some('.'),
            '％' => Some('%'),
            c if c.is_whitespace() => None,
            c => Some(c),
        })
        .collect()
}

/// `40`, `12.5`, `40%` in permille.
fn permille(typed: &str) -> Option<i64> {
    let typed = plain(typed);
    let typed = typed.strip_suffix('%').unwrap_or(&typed);
    let (whole, tenth) = typed.split_once('.').unwrap_or((typed, "0"));
    let digits = |text: &str, most| text.len() <= most && text.bytes().all(|b| b.is_ascii_digit());
    let fits = digits(whole, 3) && digits(tenth, 1);
    let part =
        fits.then(|| Some(10 * whole.parse::<i64>().ok()? + tenth.parse::<i64>().ok()?))??;
    (1..=1000).contains(&part).then_some(part)
}

/// `2026-12-01T09:00`, as browsers write date and time.
fn moment(typed: &str) -> Option<Instant> {
    let seconds = if typed.len() == 16 { ":00" } else { "" };
    Instant::parse(&format!("{typed}{seconds}+08:00"))
}

fn local(at: Instant) -> String {
    let text = at.local().strftime("%Y-%m-%dT%H:%M:%S").to_string();
    text.strip_suffix(":00").unwrap_or(&text).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn percent_is_read_as_people_type_it() {
        for (typed, part) in [
            ("40", 400),
            ("12.5", 125),
            ("0.1", 1),
            ("100", 1000),
            ("40%", 400),
            ("４０％", 400),
            ("12。5", 125),
            ("7.0", 70),
        ] {
            assert_eq!(permille(typed), Some(part), "{typed}");
        }
        for typed in [
            "", "0", "-5", "100.1", "12.55", "四十", "1e2", ".5", "5.", "+5", "40%%",
        ] {
            assert_eq!(permille(typed), None, "{typed}");
        }
    }

    #[test]
    fn moments_are_on_a_clock_in_beijing() {
        let at = Instant::parse("2026-12-01T01:00:00Z").unwrap();
        assert_eq!(local(at), "2026-12-01T09:00");
        assert_eq!(moment("2026-12-01T09:00"), Some(at));
        assert_eq!(local(at.plus(30_000)), "2026-12-01T09:00:30");
        for typed in [
            "",
            "2026-12-01",
            "2026-12-01T25:00",
            "明天",
            "2026-02-30T09:00",
        ] {
            assert_eq!(moment(typed), None, "{typed}");
        }
    }

    #[test]
    fn numbers_are_whole_and_within() {
        let number = Kind::Number(1, 50, Blank::Wrong);
        assert_eq!(number.read("７"), Ok(json!(7)));
        for typed in ["", "0", "51", "5.5", "x", "99999999999999999999"] {
            assert!(number.read(typed).is_err(), "{typed}");
        }
        assert_eq!(Kind::Number(0, 10, Blank::Zero).read(""), Ok(json!(0)));
        assert_eq!(Kind::Number(1, 10, Blank::Absent).read(""), Ok(Value::Null));
    }

    proptest! {
        #[test]
        fn what_is_shown_is_read_back(part in 1_i64..=1000, seconds in -2_000_000_000_i64..4_000_000_000) {
            let kind = Kind::Percent(Blank::Wrong);
            prop_assert_eq!(kind.read(&kind.shown(&json!(part))), Ok(json!(part)));
            let at = Instant::from_millis(seconds * 1000);
            prop_assert_eq!(moment(&local(at)), Some(at));
        }

        #[test]
        fn nothing_typed_breaks_it(typed in "\\PC*") {
            for kind in [Kind::Percent(Blank::Wrong), Kind::Moment, Kind::Number(0, 9, Blank::Zero)] {
                let _ = kind.read(&typed);
            }
        }
    }
}
