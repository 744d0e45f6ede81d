//! The rules of a contest (评审规则) as one document: tracks, what an entry says, stages
//! with their rubrics, awards, and what decides between equals. Frozen and published with
//! its SHA-256 before entries open, so that nobody can say afterwards it was different.

mod amending;
mod check;
mod example;
mod preset;

use deserr::{Deserr, IntoValue, Value, ValuePointerRef};
use serde::Serialize;
use utoipa::ToSchema;

use crate::choice;
use crate::menu::Field;
use crate::platform::clock::Instant;
use crate::platform::crypto::sha256_hex;
use crate::platform::fields::FieldErrors;
use crate::platform::i18n::{Lang, Words};
use crate::platform::input::{Count, Many, string_from};
use crate::platform::problem::Problem;
use crate::platform::text::Line;

pub use amending::amended;
pub use example::{amendment_example, example};
pub use preset::Preset;

/// Weights of a whole add up to this.
pub const WHOLE: i64 = 1000;
/// A contest has at most so many tracks.
pub const MOST_TRACKS: usize = 30;
/// And so many stages.
pub const MOST_STAGES: usize = 8;
/// A rubric has at most so many criteria.
pub const MOST_CRITERIA: usize = 12;
/// A criterion describes at most so many levels.
pub const MOST_LEVELS: usize = 10;
/// An entry answers at most so many questions.
pub const MOST_FIELDS: usize = 12;
/// A contest has at most so many awards.
pub const MOST_AWARDS: usize = 12;

/// Permille as people write a part of a whole: `40%`, `12.5%`.
pub fn percent(permille: i64) -> String {
    match permille % 10 {
        0 => format!("{}%", permille / 10),
        tenth => format!("{}.{tenth}%", permille / 10),
    }
}

/// The name by which a part of the rules is known to machines, for good: a small letter,
/// then up to 31 small letters, digits or `_`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Key(String);

crate::string_schema!(
    Key,
    "ContestKey",
    "The name by which a part of the rules is known to machines, unique among its like.",
    "^[a-z][a-z0-9_]{0,31}$",
    "first_review"
);

impl Key {
    /// Reads a key.
    pub fn parse(text: &str) -> Option<Self> {
        let fit = text.len() <= 32
            && text.starts_with(|c: char| c.is_ascii_lowercase())
            && text
                .bytes()
                .all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'_'));
        fit.then(|| Self(text.to_owned()))
    }

    /// As it was written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Deserr<FieldErrors> for Key {
    fn deserialize_from_value<V: IntoValue>(
        value: Value<V>,
        location: ValuePointerRef,
    ) -> Result<Self, FieldErrors> {
        Self::parse(&string_from(value, location)?).ok_or_else(|| {
            FieldErrors::at(
                location,
                Words::new(
                    "应以小写字母开头，由小写字母、数字或 _ 组成，最多 32 个字符",
                    "must be a small letter, then small letters, digits or _, 32 in all",
                ),
            )
        })
    }
}

choice! {
    /// What happens in a stage.
    StageKind {
        /// 资格审查: organizers say who may take part; nothing is scored.
        Eligibility = "eligibility",
        /// 评审: each judge scores alone, on a rubric.
        Review = "review",
        /// 路演: a panel scores while entries present themselves.
        Roadshow = "roadshow",
    }
}

impl StageKind {
    /// Its name for people.
    pub fn name(self, lang: Lang) -> &'static str {
        match self {
            Self::Eligibility => lang.pick("资格审查", "Eligibility"),
            Self::Review => lang.pick("书面评审", "Paper review"),
            Self::Roadshow => lang.pick("路演", "Roadshow"),
        }
    }
}

choice! {
    /// How the scores of several judges become the score of an entry.
    Method {
        /// 加权平均
        WeightedMean = "weighted_mean",
        /// 去掉最高分和最低分后平均
        TrimmedMean = "trimmed_mean",
        /// 按评委宽严校正
        SeverityAdjusted = "severity_adjusted",
    }
}

impl Method {
    /// Its name for people.
    pub fn name(self, lang: Lang) -> &'static str {
        match self {
            Self::WeightedMean => lang.pick("平均分", "Mean"),
            Self::TrimmedMean => lang.pick("去掉最高、最低分后平均", "Trimmed mean"),
            Self::SeverityAdjusted => lang.pick("按评委宽严校正", "Adjusted for judges' severity"),
        }
    }
}

/// The rules of a contest. What one field alone cannot tell is checked by
/// [`Rules::check`].
#[derive(Clone, Debug, PartialEq, Eq, Deserr, Serialize, ToSchema)]
#[deserr(error = FieldErrors, deny_unknown_fields)]
#[schema(as = ContestRules)]
pub struct Rules {
    /// Entries compete within a track (赛道).
    #[schema(value_type = Vec<Track>, max_items = 30)]
    pub tracks: Many<Track, MOST_TRACKS>,
    /// When entries are taken, and what they say.
    pub entries: EntryRules,
    /// In order of time, after entries close.
    #[schema(value_type = Vec<Stage>, max_items = 8)]
    pub stages: Many<Stage, MOST_STAGES>,
    /// From the highest down.
    #[deserr(default)]
    #[schema(value_type = Vec<Award>, required = false, max_items = 12)]
    pub awards: Many<Award, MOST_AWARDS>,
    /// What decides between equal totals, in this order; after it pairs of judges'
    /// comparisons do, and what is equal then shares the place.
    #[deserr(default)]
    #[schema(value_type = Vec<Tie>, required = false, max_items = 12)]
    pub ties: Many<Tie, 12>,
    /// How many days the result is shown for objections (公示) before it is final.
    #[schema(value_type = i64, minimum = 1, maximum = 90, example = 7)]
    pub notice_days: Count<1, 90>,
    /// Whether projects that won an award which bars are refused.
    pub bar_past: bool,
    /// Whether projects are refused that stand in another contest still under way.
    pub bar_elsewhere: bool,
}

/// Where entries compete among themselves.
#[derive(Clone, Debug, PartialEq, Eq, Deserr, Serialize, ToSchema)]
#[deserr(error = FieldErrors, deny_unknown_fields)]
#[schema(as = ContestTrack)]
pub struct Track {
    /// For machines.
    #[schema(example = "rural_education")]
    pub key: Key,
    /// For people.
    #[schema(example = "乡村教育")]
    pub name: Line<40>,
    /// Only projects of this key field; any when left out.
    #[deserr(default)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<Field>,
}

/// When entries are taken, and what they say.
#[derive(Clone, Debug, PartialEq, Eq, Deserr, Serialize, ToSchema)]
#[deserr(error = FieldErrors, deny_unknown_fields)]
#[schema(as = ContestEntryRules)]
pub struct EntryRules {
    /// RFC 3339 with an offset.
    #[schema(value_type = String, format = "date-time")]
    pub opens_at: Instant,
    /// RFC 3339 with an offset; what comes at this instant is late.
    #[schema(value_type = String, format = "date-time")]
    pub closes_at: Instant,
    /// What an organization writes in its own words.
    #[schema(value_type = Vec<EntryField>, max_items = 12)]
    pub fields: Many<EntryField, MOST_FIELDS>,
    /// How many links to attachments an entry may carry.
    #[schema(value_type = i64, minimum = 0, maximum = 10)]
    pub attachments: Count<0, 10>,
}

/// One thing an organization writes of its project.
#[derive(Clone, Debug, PartialEq, Eq, Deserr, Serialize, ToSchema)]
#[deserr(error = FieldErrors, deny_unknown_fields)]
#[schema(as = ContestEntryField)]
pub struct EntryField {
    /// For machines.
    #[schema(example = "effect")]
    pub key: Key,
    /// For people.
    #[schema(example = "项目成效")]
    pub name: Line<40>,
    /// At most so many characters.
    #[schema(value_type = i64, minimum = 1, maximum = 4000, example = 800)]
    pub limit: Count<1, 4000>,
}

/// One stage.
#[derive(Clone, Debug, PartialEq, Eq, Deserr, Serialize, ToSchema)]
#[deserr(error = FieldErrors, deny_unknown_fields)]
#[schema(as = ContestStage)]
pub struct Stage {
    /// For machines.
    pub key: Key,
    /// For people.
    #[schema(example = "专家初评")]
    pub name: Line<40>,
    /// What happens in it.
    pub kind: StageKind,
    /// RFC 3339 with an offset.
    #[schema(value_type = String, format = "date-time")]
    pub opens_at: Instant,
    /// RFC 3339 with an offset; what comes at this instant is late.
    #[schema(value_type = String, format = "date-time")]
    pub closes_at: Instant,
    /// Its part in the total, in permille; 0 for `eligibility`.
    #[schema(value_type = i64, minimum = 0, maximum = 1000, example = 400)]
    pub weight: Count<0, 1000>,
    /// Whether judges read without the organizations' names, logos and places.
    #[deserr(default)]
    #[schema(required = false)]
    pub blind: bool,
    /// How many judges score each entry; 0 for `eligibility`.
    #[schema(value_type = i64, minimum = 0, maximum = 50, example = 7)]
    pub judges_per_entry: Count<0, 50>,
    /// How several judges' scores become one; `weighted_mean` when left out.
    #[deserr(default = Method::WeightedMean)]
    #[schema(required = false)]
    pub method: Method,
    /// For `trimmed_mean`: so many of the highest and as many of the lowest are dropped.
    #[deserr(default = Count::ZERO)]
    #[schema(value_type = i64, minimum = 0, maximum = 10, required = false)]
    pub trim: Count<0, 10>,
    /// How many entries of each track go on to the next stage; all when left out.
    #[deserr(default)]
    #[schema(value_type = Option<i64>, minimum = 1, maximum = 100_000)]
    pub advance: Option<Count<1, 100_000>>,
    /// The rubric; none for `eligibility`.
    #[deserr(default)]
    #[schema(value_type = Vec<Criterion>, required = false, max_items = 12)]
    pub criteria: Many<Criterion, MOST_CRITERIA>,
}

/// What judges look at.
#[derive(Clone, Debug, PartialEq, Eq, Deserr, Serialize, ToSchema)]
#[deserr(error = FieldErrors, deny_unknown_fields)]
#[schema(as = ContestCriterion)]
pub struct Criterion {
    /// For machines.
    #[schema(example = "need")]
    pub key: Key,
    /// For people.
    #[schema(example = "需求真实性")]
    pub name: Line<40>,
    /// Its part in the stage, in permille.
    #[schema(value_type = i64, minimum = 1, maximum = 1000, example = 300)]
    pub weight: Count<1, 1000>,
    /// The lowest score.
    #[schema(value_type = i64, minimum = 0, maximum = 1000, example = 0)]
    pub min: Count<0, 1000>,
    /// The highest score.
    #[schema(value_type = i64, minimum = 1, maximum = 1000, example = 10)]
    pub max: Count<1, 1000>,
    /// What some scores mean, in words; two of them at least.
    #[schema(value_type = Vec<Level>, max_items = 10)]
    pub levels: Many<Level, MOST_LEVELS>,
}

/// What a score means.
#[derive(Clone, Debug, PartialEq, Eq, Deserr, Serialize, ToSchema)]
#[deserr(error = FieldErrors, deny_unknown_fields)]
#[schema(as = ContestLevel)]
pub struct Level {
    /// The score.
    #[schema(value_type = i64, minimum = 0, maximum = 1000, example = 10)]
    pub score: Count<0, 1000>,
    /// What it means.
    #[schema(example = "需求经实地走访核实，有数据支撑")]
    pub words: Line<120>,
}

/// What entries can win.
#[derive(Clone, Debug, PartialEq, Eq, Deserr, Serialize, ToSchema)]
#[deserr(error = FieldErrors, deny_unknown_fields)]
#[schema(as = ContestAward)]
pub struct Award {
    /// For machines.
    #[schema(example = "gold")]
    pub key: Key,
    /// For people.
    #[schema(example = "金奖")]
    pub name: Line<40>,
    /// How many entries of each track have it.
    #[schema(value_type = i64, minimum = 1, maximum = 1000, example = 1)]
    pub quota: Count<1, 1000>,
    /// Whether who wins it is refused by later contests that bar past winners.
    #[deserr(default)]
    #[schema(required = false)]
    pub bars: bool,
}

/// What decides between equal totals: the score of a stage, or of one of its criteria.
#[derive(Clone, Debug, PartialEq, Eq, Deserr, Serialize, ToSchema)]
#[deserr(error = FieldErrors, deny_unknown_fields)]
#[schema(as = ContestTie)]
pub struct Tie {
    /// Of this stage,
    #[schema(example = "roadshow")]
    pub stage: Key,
    /// and of this criterion; of the whole stage when left out.
    #[deserr(default)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub criterion: Option<Key>,
}

impl Rules {
    /// Reads the rules that stand in a row.
    pub fn stored(text: &str) -> Result<Self, Problem> {
        let value: serde_json::Value = serde_json::from_str(text)
            .map_err(|fault| Problem::internal(format!("rules are not JSON: {fault}")))?;
        deserr::deserialize(value).map_err(|faults: FieldErrors| {
            Problem::internal(format!("rules that stand do not read: {faults:?}"))
        })
    }

    /// The text that is kept, published and hashed: RFC 8785, so that the same rules are
    /// the same bytes everywhere. All numbers are whole.
    pub fn canonical(&self) -> String {
        // Members of a value are in order of their names.
        serde_json::json!(self).to_string()
    }

    /// SHA-256 of that text, in hexadecimal.
    pub fn hash(&self) -> String {
        sha256_hex(&self.canonical())
    }

    /// A track.
    pub fn track(&self, key: &str) -> Option<&Track> {
        self.tracks.iter().find(|track| track.key.as_str() == key)
    }

    /// A stage.
    pub fn stage(&self, key: &str) -> Option<&Stage> {
        self.stages.iter().find(|stage| stage.key.as_str() == key)
    }

    /// An award.
    pub fn award(&self, key: &str) -> Option<&Award> {
        self.awards.iter().find(|award| award.key.as_str() == key)
    }

    /// The stages in which judges score, in order of time.
    pub fn judged(&self) -> impl Iterator<Item = &Stage> {
        self.stages.iter().filter(|stage| stage.is_judged())
    }

    /// When the last stage closes.
    pub fn ends_at(&self) -> Instant {
        let last = self.stages.iter().map(|stage| stage.closes_at).max();
        last.unwrap_or(self.entries.closes_at)
    }
}

impl EntryRules {
    /// Whether entries are taken.
    pub fn are_open(&self, now: Instant) -> bool {
        self.opens_at <= now && now < self.closes_at
    }
}

impl Stage {
    /// Whether judges score in it.
    pub fn is_judged(&self) -> bool {
        self.kind != StageKind::Eligibility
    }

    /// Whether it is going on.
    pub fn is_open(&self, now: Instant) -> bool {
        self.opens_at <= now && now < self.closes_at
    }

    /// A criterion.
    pub fn criterion(&self, key: &str) -> Option<&Criterion> {
        self.criteria
            .iter()
            .find(|criterion| criterion.key.as_str() == key)
    }
}

impl Criterion {
    /// Whether a score is on its scale.
    pub fn takes(&self, score: i64) -> bool {
        (self.min.get()..=self.max.get()).contains(&score)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use serde_json::json;

    pub fn read(value: serde_json::Value) -> Rules {
        deserr::deserialize::<_, _, FieldErrors>(value).unwrap()
    }

    #[test]
    fn the_same_rules_are_the_same_bytes() {
        let rules = read(example());
        let text = rules.canonical();
        assert!(
            text.starts_with(r#"{"awards":[{"bars":true,"key":"gold","name":"金奖","quota":1}"#)
        );
        assert_eq!(Rules::stored(&text).unwrap(), rules);
        assert_eq!(Rules::stored(&text).unwrap().hash(), rules.hash());
        // What means the same instant, or says a default, changes nothing.
        let mut same = example();
        same["entries"]["opens_at"] = json!("2026-12-01T01:00:00Z");
        same["stages"][1]["trim"] = json!(0);
        same["stages"][0]["criteria"] = json!([]);
        assert_eq!(read(same).hash(), rules.hash());
        let mut other = example();
        other["stages"][1]["criteria"][0]["levels"][0]["words"] = json!("没有说明。");
        assert_ne!(read(other).hash(), rules.hash());
    }

    #[test]
    fn every_bad_field_is_told_at_once() {
        let mut bad = example();
        bad["tracks"][0]["key"] = json!("Education");
        bad["stages"][1]["criteria"][0]["weight"] = json!(0.5);
        bad["stages"][1]["kind"] = json!("vote");
        bad["entries"]["opens_at"] = json!("2026-12-01");
        bad["more"] = json!(1);
        let faults = deserr::deserialize::<Rules, _, FieldErrors>(bad).unwrap_err();
        let mut pointers: Vec<String> = faults
            .in_lang(Lang::En)
            .into_iter()
            .map(|fault| fault.pointer)
            .collect();
        pointers.sort();
        assert_eq!(
            pointers,
            [
                "/entries/opens_at",
                "/more",
                "/stages/1/criteria/0/weight",
                "/stages/1/kind",
                "/tracks/0/key"
            ]
        );
    }

    #[test]
    fn parts_are_read_as_percent() {
        assert_eq!(percent(400), "40%");
        assert_eq!(percent(125), "12.5%");
    }

    #[test]
    fn a_key_is_small_letters_digits_and_underscores() {
        for good in ["a", "stage_2", &"a".repeat(32)] {
            assert!(Key::parse(good).is_some(), "{good}");
        }
        for bad in ["", "2nd", "_a", "A", "a-b", "项目", &"a".repeat(33)] {
            assert!(Key::parse(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn what_comes_as_it_closes_is_late() {
        let rules = read(example());
        let closes = rules.entries.closes_at;
        assert!(rules.entries.are_open(rules.entries.opens_at));
        assert!(rules.entries.are_open(closes.plus(-1)));
        assert!(!rules.entries.are_open(closes));
        assert_eq!(rules.ends_at(), rules.stage("roadshow").unwrap().closes_at);
    }
}
