//! How the menu is searched: a project stands under terms (words, days, skills, its field,
//! its divisions …), a question asks for some of each kind, all kinds at once.

use std::collections::BTreeSet;

use deserr::Deserr;
use jiff::civil::Date;
use serde::Serialize;
use utoipa::IntoParams;

use super::notice::{FURTHEST, ProjectBody};
use super::{Field, ShiftState, Skill};
use crate::choice;
use crate::platform::clock::{Instant, day_after, start_of};
use crate::platform::fields::FieldErrors;
use crate::platform::i18n::{Lang, Words};
use crate::platform::input::{Day, Digits};
use crate::platform::text::{Line, bigrams};
use crate::regions::RegionCode;

/// Nobody must be older than this to volunteer, in years.
const OLDEST_MINIMUM: i64 = 80;
/// After every shift there can be.
const FAR: Instant = Instant::from_millis(1 << 43);

choice! {
    /// The order of a list.
    Sort {
        /// By the start of the first shift to come.
        Start = "start",
        /// By publication, the latest first.
        Newest = "newest",
    }
}

choice! {
    /// Which projects, by places left.
    Free {
        /// Only projects with a free seat.
        Seats = "1",
    }
}

/// What to list. Conditions combine: a project must meet them all.
#[derive(Debug, Default, Deserr, IntoParams)]
#[deserr(error = FieldErrors, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct MenuQuery {
    /// Words of two characters or more, in title, summary, place or organization.
    #[param(inline, example = "科学课")]
    #[deserr(default)]
    pub q: Option<Line<40>>,
    /// Key field.
    #[param(inline, example = "education")]
    #[deserr(default)]
    pub field: Option<Field>,
    /// Division code at any level.
    #[param(inline, example = "3607")]
    #[deserr(default)]
    pub region: Option<RegionCode>,
    /// A shift on this day or later.
    #[param(value_type = Option<String>, format = "date", example = "2026-11-28")]
    #[deserr(default)]
    pub from: Option<Day>,
    /// A shift on this day or earlier.
    #[param(value_type = Option<String>, format = "date", example = "2026-11-28")]
    #[deserr(default)]
    pub to: Option<Day>,
    /// A skill the project asks for.
    #[param(inline, example = "teaching")]
    #[deserr(default)]
    pub skill: Option<Skill>,
    /// Somebody of this age may come, in whole years.
    #[param(inline, example = 16)]
    #[deserr(default)]
    pub age: Option<Digits<0, 120>>,
    /// `1`: only where a seat is free.
    #[param(inline, example = "1")]
    #[deserr(default)]
    pub free: Option<Free>,
    /// `start` when left out.
    #[param(inline, example = "newest")]
    #[deserr(default)]
    pub sort: Option<Sort>,
    /// How many, 20 when left out.
    #[param(inline, example = 20)]
    #[deserr(default)]
    pub limit: Option<Digits<1, 100>>,
    /// Where the page before ended; taken from its `next`.
    #[param(inline, example = "1795824000000_7")]
    #[deserr(default)]
    pub cursor: Option<Cursor>,
}

/// Where a page ends: the sort key and the number of its last project.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// Milliseconds since the epoch.
    pub key: i64,
    /// Breaks ties.
    pub project: i64,
}

crate::string_schema!(
    Cursor,
    "Cursor",
    "Where the page before ended; taken from its `next`.",
    "^(0|[1-9][0-9]{0,14})_(0|[1-9][0-9]{0,14})$",
    "1795824000000_7"
);

impl Cursor {
    /// After every project there can be.
    pub const LAST: Self = Self {
        key: FAR.millis(),
        project: 0,
    };

    /// As it stands in a URL.
    pub fn token(self) -> String {
        format!("{}_{}", self.key, self.project)
    }

    fn parse(text: &str) -> Option<Self> {
        let (key, project) = text.split_once('_')?;
        let cursor = Self {
            key: key.parse().ok()?,
            project: project.parse().ok()?,
        };
        let range = 0..1_000_000_000_000_000;
        let fit = range.contains(&cursor.key) && range.contains(&cursor.project);
        (fit && cursor.token() == text).then_some(cursor)
    }
}

impl Deserr<FieldErrors> for Cursor {
    fn deserialize_from_value<V: deserr::IntoValue>(
        value: deserr::Value<V>,
        location: deserr::ValuePointerRef,
    ) -> Result<Self, FieldErrors> {
        let text = crate::platform::input::string_from(value, location)?;
        Self::parse(&text).ok_or_else(|| {
            FieldErrors::at(
                location,
                Words::new(
                    "请使用上一页给出的链接",
                    "must be taken from the page before",
                ),
            )
        })
    }
}

/// A question, ready to be asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Search {
    /// In which order.
    pub sort: Sort,
    /// Of each kind of condition, the terms of which one must be there.
    pub any_of: Vec<Vec<String>>,
    /// The first shift to come must start before.
    pub until: Instant,
    /// How many.
    pub limit: i64,
    /// After which project.
    pub after: Option<Cursor>,
}

impl MenuQuery {
    /// Whether anything is asked for at all.
    pub fn is_plain(&self) -> bool {
        self.q.is_none()
            && self.field.is_none()
            && self.region.is_none()
            && self.from.is_none()
            && self.to.is_none()
            && self.skill.is_none()
            && self.age.is_none()
            && self.free.is_none()
            && self.sort.is_none()
            && self.cursor.is_none()
    }

    /// Turns conditions into terms. The error names the parameters that contradict.
    pub fn search(&self, now: Instant) -> Result<Search, FieldErrors> {
        let mut errors = FieldErrors::default();
        let mut any_of = Vec::new();
        if let Some(q) = &self.q {
            let grams: BTreeSet<String> = bigrams(q.as_str()).into_iter().collect();
            if q.as_str().chars().filter(|c| c.is_alphanumeric()).count() < 2 {
                errors.push(
                    "/q",
                    Words::new("请输入至少两个字", "needs at least two characters"),
                );
            }
            any_of.extend(grams.into_iter().map(|gram| vec![format!("g:{gram}")]));
        }
        any_of.extend(self.field.map(|field| vec![format!("f:{}", field.word())]));
        let region = self.region.as_ref();
        any_of.extend(region.map(|code| vec![format!("r:{}", code.as_str())]));
        any_of.extend(self.skill.map(|skill| vec![format!("s:{}", skill.word())]));
        any_of.extend(self.free.map(|_| vec!["free".to_owned()]));
        any_of.extend(self.age.map(|age| {
            let youngest = 0..=age.get().min(OLDEST_MINIMUM);
            youngest.map(|age| format!("y:{age}")).collect()
        }));
        let today = now.date();
        let (from, to) = (self.from.map(|day| day.0), self.to.map(|day| day.0));
        if from.zip(to).is_some_and(|(from, to)| to < from) {
            let words = Words::new("应不早于开始日期", "must not be before from");
            errors.push("/to", words);
        }
        let furthest = now.plus(FURTHEST).date();
        if let Some(from) = from.filter(|from| *from > today) {
            any_of.push(days_between(from, to.unwrap_or(furthest).min(furthest)));
        }
        errors.into_result()?;
        Ok(Search {
            sort: self.sort.unwrap_or(Sort::Start),
            any_of,
            until: to.map_or(FAR, |day| start_of(day_after(day))),
            limit: self.limit.map_or(20, Digits::get),
            after: self.cursor,
        })
    }
}

/// The terms of the days from one to another, both included, whole months as one; a day
/// no project can have when there is none.
fn days_between(from: Date, to: Date) -> Vec<String> {
    let mut terms = Vec::new();
    let mut day = from;
    while day <= to {
        let last = day.last_of_month();
        if day.day() == 1 && last <= to {
            terms.push(month_term(day));
            day = day_after(last);
        } else {
            terms.push(format!("d:{day}"));
            day = day_after(day);
        }
    }
    if terms.is_empty() {
        terms.push(format!("d:{from}"));
    }
    terms
}

fn month_term(day: Date) -> String {
    format!("m:{:04}-{:02}", day.year(), day.month())
}

impl Search {
    /// The same with one line more, which tells whether there is another page.
    #[must_use]
    pub fn and_one_more(&self) -> Self {
        Self {
            limit: self.limit + 1,
            ..self.clone()
        }
    }

    /// As the index reads it (SQLite FTS5, section 3). Terms hold letters, digits, `:`,
    /// `-` and `_` only, all of which its tokenizer leaves in one piece.
    pub fn expression(&self) -> String {
        if self.any_of.is_empty() {
            return "all".to_owned();
        }
        let quoted = |terms: &Vec<String>| {
            let quoted: Vec<String> = terms.iter().map(|term| format!("\"{term}\"")).collect();
            format!("({})", quoted.join(" OR "))
        };
        let kinds: Vec<String> = self.any_of.iter().map(quoted).collect();
        kinds.join(" AND ")
    }

    /// The first `limit` projects of a field.
    pub fn of_field(field: Field, limit: i64) -> Self {
        Self {
            sort: Sort::Start,
            any_of: vec![vec![format!("f:{}", field.word())]],
            until: FAR,
            limit,
            after: None,
        }
    }
}

/// Terms a project stands under. Field, divisions, age and places left follow from its
/// columns (`menu_terms` in the schema).
#[derive(Debug, Serialize)]
#[serde(transparent)]
pub struct Terms(BTreeSet<String>);

impl Terms {
    /// Of a project in a division with this name.
    pub fn of(body: &ProjectBody, region: Option<&str>) -> Self {
        let mut terms = BTreeSet::new();
        terms.extend(
            body.skills()
                .iter()
                .map(|skill| format!("s:{}", skill.word())),
        );
        for shift in body
            .shifts
            .iter()
            .filter(|shift| shift.state == ShiftState::Open)
        {
            let day = shift.starts_at.date();
            terms.extend([format!("d:{day}"), month_term(day)]);
        }
        let words = [
            body.title.as_ref().map(Line::as_str),
            body.summary.as_ref().map(Line::as_str),
            body.place.as_ref().map(Line::as_str),
            region,
            body.field.map(|field| field.name(Lang::Zh)),
        ];
        for text in words.into_iter().flatten() {
            terms.extend(word_terms(text));
        }
        Self(terms)
    }

    /// Of an organization with this name; its projects stand under them, too.
    pub fn of_organization(name: &str) -> Self {
        Self(word_terms(name).collect())
    }

    /// As the database keeps them.
    pub fn json(&self) -> String {
        serde_json::json!(self.0).to_string()
    }
}

fn word_terms(text: &str) -> impl Iterator<Item = String> {
    bigrams(text).into_iter().map(|gram| format!("g:{gram}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::input::parse_query;
    use proptest::prelude::*;
    use serde_json::json;

    fn search(query: &str) -> Search {
        let now = Instant::parse("2026-11-23T09:00:00+08:00").unwrap();
        parse_query::<MenuQuery>(query)
            .unwrap()
            .search(now)
            .unwrap()
    }

    fn project() -> Terms {
        let body = json!({
            "title": "冬日山村科学课", "field": "education", "region": "360731105",
            "summary": "带孩子做实验", "place": "潭头村小学", "min_age": 16, "skills": ["teaching"],
            "shifts": [
                {"ref": "a", "role": "助教", "capacity": 3,
                 "starts_at": "2026-11-29T08:00:00+08:00", "ends_at": "2026-11-29T10:00:00+08:00"},
                {"ref": "b", "role": "助教", "capacity": 3, "state": "cancelled",
                 "starts_at": "2026-12-01T08:00:00+08:00", "ends_at": "2026-12-01T10:00:00+08:00"},
            ],
        });
        let body: ProjectBody = deserr::deserialize::<_, _, FieldErrors>(body).unwrap();
        Terms::of(&body, Some("赣州市于都县"))
    }

    #[test]
    fn words_days_and_skills_find_the_project_and_their_opposites_do_not() {
        let terms = project();
        let finds = |query: &str| {
            search(query)
                .any_of
                .iter()
                .all(|any| any.iter().any(|term| terms.0.contains(term)))
        };
        for (hit, miss) in [
            ("skill=teaching", "skill=medical"),
            (
                "from=2026-11-29&to=2026-11-29",
                "from=2026-12-01&to=2026-12-01",
            ),
            ("from=2026-11-28&to=2026-12-29", "from=2026-11-30"),
            ("from=2026-11-24", "from=2026-12-01"),
            ("q=科学", "q=数学"),
            ("q=山村科学课", "q=山村数学课"),
            ("q=科学+于都", "q=科学+兴国"),
            ("q=教育", "q=健康"),
        ] {
            assert!(finds(hit), "{hit}");
            assert!(!finds(miss), "{miss}");
        }
        assert!(finds(""));
    }

    #[test]
    fn a_question_is_an_expression_of_the_index() {
        for (query, expression) in [
            ("", "all"),
            (
                "field=health&region=3607&free=1",
                r#"("f:health") AND ("r:3607") AND ("free")"#,
            ),
            ("q=%F0%A0%AE%B7%E9%87%8E", r#"("g:𠮷野")"#),
            ("q=%22+OR+Go%2Aa", r#"("g:a") AND ("g:go") AND ("g:or")"#),
            ("age=2", r#"("y:0" OR "y:1" OR "y:2")"#),
            (
                "from=2026-11-29&to=2027-01-01",
                r#"("d:2026-11-29" OR "d:2026-11-30" OR "m:2026-12" OR "d:2027-01-01")"#,
            ),
            ("from=2030-01-01", r#"("d:2030-01-01")"#),
        ] {
            assert_eq!(search(query).expression(), expression, "{query}");
        }
        let ages = search("age=120").any_of.concat();
        assert_eq!(ages.last().map(String::as_str), Some("y:80"));
        // Two years of months, and the days at both ends.
        assert!(search("from=2026-11-24").any_of.concat().len() < 80);
    }

    #[test]
    fn from_today_on_means_what_is_still_to_come() {
        for query in [
            "from=2026-11-23&to=2026-11-23",
            "from=2026-11-01&to=2026-11-23",
            "to=2026-11-23",
        ] {
            let search = search(query);
            assert!(search.any_of.is_empty(), "{query}");
            assert_eq!(
                search.until.rfc3339(),
                "2026-11-24T00:00:00+08:00",
                "{query}"
            );
        }
        let search = search("from=2026-11-23");
        assert_eq!((search.any_of.len(), search.until), (0, FAR));
    }

    #[test]
    fn contradictions_and_empty_words_are_refused() {
        let now = Instant::from_millis(0);
        for query in ["from=2026-11-29&to=2026-11-28", "q=%E8%8C%B6", "q=--"] {
            let query: MenuQuery = parse_query(query).unwrap();
            assert!(query.search(now).is_err(), "{query:?}");
        }
        assert!(parse_query::<MenuQuery>("cursor=1_x").is_err());
        assert!(parse_query::<MenuQuery>("cursor=-1_2").is_err());
    }

    proptest! {
        #[test]
        fn a_window_covers_its_days_and_no_other(first in 0_i64..800, length in 0_i64..800, probe in 0_i64..1700) {
            let start = Instant::parse("2026-11-23T12:00:00+08:00").unwrap();
            let day = |days: i64| start.plus(days * crate::platform::clock::DAY).date();
            let terms = days_between(day(first), day(first + length));
            let probed = day(probe);
            let found = terms.contains(&format!("d:{probed}")) || terms.contains(&month_term(probed));
            prop_assert_eq!(found, (first..=first + length).contains(&probe));
        }

        #[test]
        fn a_cursor_is_read_back(key in 0_i64..1_000_000_000_000_000, project in 0_i64..1_000_000_000_000_000) {
            let cursor = Cursor { key, project };
            prop_assert_eq!(Cursor::parse(&cursor.token()), Some(cursor));
        }
    }
}
