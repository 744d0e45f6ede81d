//! How the menu is searched. Field and division are columns of a project; of words,
//! days, skills and ages it has several, which are terms: a question names terms that
//! must all be there.

use deserr::Deserr;
use serde::Serialize;
use utoipa::IntoParams;

use super::notice::ProjectBody;
use super::{Field, ShiftState, Skill};
use crate::choice;
use crate::platform::clock::{Instant, coming_weekend, day_after, start_of};
use crate::platform::fields::FieldErrors;
use crate::platform::i18n::{Lang, Words};
use crate::platform::input::{Day, Digits};
use crate::platform::text::{Line, bigrams};
use crate::regions::RegionCode;

/// The age from which nobody needs a guardian (民法典, article 17).
const OF_AGE: i64 = 18;
/// So many pairs of a question are looked for: more hardly narrow it any further, and
/// the database takes conditions only up to a depth.
const MOST_GRAMS: usize = 8;
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
    #[param(value_type = Option<String>, max_length = 40)]
    #[deserr(default)]
    pub q: Option<Line<40>>,
    /// Key field.
    #[deserr(default)]
    pub field: Option<Field>,
    /// Division code at any level.
    #[param(value_type = Option<String>, example = "3607")]
    #[deserr(default)]
    pub region: Option<RegionCode>,
    /// A shift on this day or later.
    #[param(value_type = Option<String>, format = "date")]
    #[deserr(default)]
    pub from: Option<Day>,
    /// A shift on this day or earlier.
    #[param(value_type = Option<String>, format = "date")]
    #[deserr(default)]
    pub to: Option<Day>,
    /// A skill the project asks for.
    #[deserr(default)]
    pub skill: Option<Skill>,
    /// Somebody of this age may come, in whole years.
    #[param(value_type = Option<i64>, minimum = 0, maximum = 120)]
    #[deserr(default)]
    pub age: Option<Digits<0, 120>>,
    /// `1`: only where a seat is free.
    #[deserr(default)]
    pub free: Option<Free>,
    /// `start` when left out.
    #[deserr(default)]
    pub sort: Option<Sort>,
    /// How many, 20 when left out.
    #[param(value_type = Option<i64>, minimum = 1, maximum = 100)]
    #[deserr(default)]
    pub limit: Option<Digits<1, 100>>,
    /// Where the page before ended; taken from its `next`.
    #[param(value_type = Option<String>)]
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

impl Cursor {
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
        (cursor.token() == text && cursor.key >= 0 && cursor.project >= 0).then_some(cursor)
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
    /// All of them must be there.
    pub terms: Vec<String>,
    /// Key field.
    pub field: Option<Field>,
    /// Division at any level.
    pub region: Option<RegionCode>,
    /// A shift to come must start in this time, when it is not a term: from, which may be
    /// now, until before.
    pub window: Option<(Option<Instant>, Instant)>,
    /// The youngest age must not be above this.
    pub age: Option<i64>,
    /// A seat must be free.
    pub free: bool,
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
        let mut terms = Vec::new();
        if let Some(q) = &self.q {
            let mut grams = bigrams(q.as_str());
            // Pairs in the middle cross the syllables of a word: they are the rare ones.
            if !grams.is_empty() {
                let middle = grams.len() / 2;
                grams.rotate_left(middle);
            }
            let mut seen = std::collections::BTreeSet::new();
            grams.retain(|gram| seen.insert(gram.clone()));
            grams.truncate(MOST_GRAMS);
            if q.as_str().chars().filter(|c| c.is_alphanumeric()).count() < 2 {
                errors.push(
                    "/q",
                    Words::new("请输入至少两个字", "needs at least two characters"),
                );
            }
            terms.extend(grams.into_iter().map(|gram| format!("g:{gram}")));
        }
        terms.extend(self.skill.map(|skill| format!("s:{}", skill.word())));
        let (from, to) = (self.from.map(|day| day.0), self.to.map(|day| day.0));
        if from.zip(to).is_some_and(|(from, to)| to < from) {
            let words = Words::new("应不早于开始日期", "must not be before from");
            errors.push("/to", words);
        }
        let until = to.map_or(FAR, |day| start_of(day_after(day)));
        let window = match (from.filter(|day| *day > now.date()), to) {
            (Some(from), Some(to)) if from == to => {
                terms.push(format!("d:{from}"));
                None
            }
            (Some(from), Some(to)) if coming_weekend(from) == (from, to) => {
                terms.push(format!("w:{from}"));
                None
            }
            (None, None) => None,
            (from, _) => Some((from.map(start_of), until)),
        };
        let age = self.age.map(Digits::get);
        terms.extend(
            age.filter(|age| *age < OF_AGE)
                .map(|age| format!("a:{age}")),
        );
        errors.into_result()?;
        Ok(Search {
            sort: self.sort.unwrap_or(Sort::Start),
            terms,
            field: self.field,
            region: self.region.clone(),
            window,
            age: age.filter(|age| *age >= OF_AGE),
            free: self.free.is_some(),
            limit: self.limit.map_or(20, Digits::get),
            after: self.cursor,
        })
    }
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

    /// The term to read the list along, as the rarest condition; none when field and
    /// division are rarer. Shares of projects are estimates for a province.
    pub fn driver(&self) -> Option<&str> {
        let share_of_term = |term: &str| -> f64 {
            match term.get(..2) {
                Some("g:") => 0.01,
                Some("s:") => 0.04,
                Some("d:") => 0.07,
                Some("w:") => 0.17,
                _ => 0.45,
            }
        };
        let of_region = match self.region.as_ref().map(|region| region.listed_level().0) {
            None | Some(2) => 1.0,
            Some(4) => 0.09,
            Some(6) => 0.01,
            Some(_) => 0.0006,
        };
        let of_columns = of_region * if self.field.is_some() { 0.14 } else { 1.0 };
        let rarest = self
            .terms
            .iter()
            .min_by(|a, b| share_of_term(a).total_cmp(&share_of_term(b)))?;
        (share_of_term(rarest) < of_columns).then_some(rarest.as_str())
    }

    /// The first `limit` projects of a field.
    pub fn of_field(field: Field, limit: i64) -> Self {
        Self {
            sort: Sort::Start,
            terms: Vec::new(),
            field: Some(field),
            region: None,
            window: None,
            age: None,
            free: false,
            limit,
            after: None,
        }
    }
}

/// The terms a project stands under.
#[derive(Debug, Serialize)]
#[serde(transparent)]
pub struct Terms(Vec<String>);

impl Terms {
    /// Of a project offered by an organization with this name, in a division with that.
    pub fn of(body: &ProjectBody, organization: &str, region: Option<&str>) -> Self {
        let mut terms = Vec::new();
        terms.extend(
            body.skills()
                .iter()
                .map(|skill| format!("s:{}", skill.word())),
        );
        terms.extend((body.min_age()..OF_AGE).map(|age| format!("a:{age}")));
        for shift in body
            .shifts
            .iter()
            .filter(|shift| shift.state == ShiftState::Open)
        {
            let day = shift.starts_at.date();
            terms.push(format!("d:{day}"));
            let (first, last) = coming_weekend(day);
            if day == first || day == last {
                // A Sunday belongs to the weekend that began the day before.
                let saturday = if first == last {
                    first.yesterday().unwrap_or(first)
                } else {
                    first
                };
                terms.push(format!("w:{saturday}"));
            }
        }
        let words = [
            body.title.as_ref().map(Line::as_str),
            body.summary.as_ref().map(Line::as_str),
            body.place.as_ref().map(Line::as_str),
            Some(organization),
            region,
            body.field.map(|field| field.name(Lang::Zh)),
        ];
        for text in words.into_iter().flatten() {
            terms.extend(bigrams(text).into_iter().map(|gram| format!("g:{gram}")));
        }
        terms.sort_unstable();
        terms.dedup();
        Self(terms)
    }

    /// As the database keeps them.
    pub fn json(&self) -> String {
        serde_json::json!(self.0).to_string()
    }
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
        Terms::of(&body, "阳光社工", Some("赣州市于都县"))
    }

    #[test]
    fn each_filter_finds_the_project_and_its_opposite_does_not() {
        let terms = project();
        let finds = |query: &str| {
            search(query)
                .terms
                .iter()
                .all(|term| terms.0.contains(term))
        };
        for (hit, miss) in [
            ("skill=teaching", "skill=medical"),
            ("age=16", "age=15"),
            (
                "from=2026-11-29&to=2026-11-29",
                "from=2026-12-01&to=2026-12-01",
            ),
            (
                "from=2026-11-28&to=2026-11-29",
                "from=2026-12-05&to=2026-12-06",
            ),
            ("q=科学", "q=数学"),
            ("q=山村科学课", "q=山村数学课"),
            ("q=科学+阳光", "q=科学+月光"),
            ("q=于都", "q=兴国"),
            ("q=教育", "q=健康"),
        ] {
            assert!(finds(hit), "{hit}");
            assert!(!finds(miss), "{miss}");
        }
        assert!(finds(""));
    }

    #[test]
    fn the_list_is_read_along_the_rarest_condition() {
        for (query, driver) in [
            ("", None),
            ("field=health", None),
            ("age=16", Some("a:16")),
            ("age=16&field=health", None),
            ("q=%E7%A7%91%E5%AD%A6%E8%AF%BE&age=16", Some("g:学课")),
            ("skill=teaching&region=3607", Some("s:teaching")),
            ("skill=teaching&region=360731", None),
            (
                "from=2026-12-01&to=2026-12-01&field=health",
                Some("d:2026-12-01"),
            ),
        ] {
            assert_eq!(search(query).driver(), driver, "{query}");
        }
    }

    #[test]
    fn a_long_window_is_not_a_term() {
        let search = search("from=2026-11-24&to=2026-11-30");
        assert!(search.terms.is_empty());
        let (from, until) = search.window.unwrap();
        assert_eq!(from.unwrap().rfc3339(), "2026-11-24T00:00:00+08:00");
        assert_eq!(until.rfc3339(), "2026-12-01T00:00:00+08:00");
    }

    #[test]
    fn from_today_on_means_what_is_still_to_come() {
        for query in [
            "from=2026-11-23&to=2026-11-23",
            "from=2026-11-01&to=2026-11-23",
            "to=2026-11-23",
        ] {
            let search = search(query);
            let (from, until) = search.window.unwrap();
            assert_eq!((search.terms.len(), from), (0, None), "{query}");
            assert_eq!(until.rfc3339(), "2026-11-24T00:00:00+08:00", "{query}");
        }
        assert_eq!(search("from=2026-11-23").window, None);
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
        fn a_cursor_is_read_back(key in 0_i64..i64::MAX, project in 0_i64..i64::MAX) {
            let cursor = Cursor { key, project };
            prop_assert_eq!(Cursor::parse(&cursor.token()), Some(cursor));
        }
    }
}
