//! The rules in sections, each small enough for a page.

use serde_json::{Value, json};

use super::part::Part;
use super::sheet::{Row, Unread, overlay};
use super::{awards, entries, rubric, schedule, stage, tracks};
use crate::contests::rules::{Rules, Tie};
use crate::platform::fields::FieldErrors;
use crate::platform::i18n::Lang;

/// A section of the rules; stages by their place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Section {
    /// Where entries compete, and who may not take part.
    Tracks,
    /// What they say.
    Entries,
    /// When, in which stages, what each counts, and how long results are on notice.
    Schedule,
    /// How a stage is judged.
    Stage(usize),
    /// By which rubric.
    Rubric(usize),
    /// What can be won, and what decides between equals.
    Awards,
}

impl Section {
    /// All there are, in the order they are read.
    pub fn all(rules: &Rules) -> Vec<Self> {
        let stages = rules.stages.iter().enumerate();
        let judged = stages.filter(|(_, stage)| stage.is_judged());
        let mut all = vec![Self::Schedule, Self::Tracks, Self::Entries];
        all.extend(judged.flat_map(|(at, _)| [Self::Stage(at), Self::Rubric(at)]));
        all.push(Self::Awards);
        all
    }

    /// One of them, as paths name it.
    pub fn named(word: &str, rules: &Rules) -> Option<Self> {
        Self::all(rules)
            .into_iter()
            .find(|section| section.word() == word)
    }

    /// How paths name it: stages by their number.
    pub fn word(self) -> String {
        match self {
            Self::Tracks => "tracks".to_owned(),
            Self::Entries => "entries".to_owned(),
            Self::Schedule => "schedule".to_owned(),
            Self::Stage(at) => format!("stage-{}", at + 1),
            Self::Rubric(at) => format!("rubric-{}", at + 1),
            Self::Awards => "awards".to_owned(),
        }
    }

    /// Its name for people.
    pub fn title(self, rules: &Rules, lang: Lang) -> String {
        let of = |at: usize, zh: &str, en: &str| {
            let name = rules.stages.get(at).map_or("", |stage| stage.name.as_str());
            format!("{name}{}", lang.pick(zh, en))
        };
        match self {
            Self::Tracks => lang
                .pick("赛道与参赛限制", "Tracks and who is barred")
                .to_owned(),
            Self::Entries => lang.pick("报名材料", "What entries say").to_owned(),
            Self::Schedule => lang.pick("日程与占比", "Dates and weights").to_owned(),
            Self::Stage(at) => of(at, "：评审办法", ": how it is judged"),
            Self::Rubric(at) => of(at, "：评分标准", ": rubric"),
            Self::Awards => lang.pick("奖项与同分", "Awards and ties").to_owned(),
        }
    }

    /// What is filled in.
    pub fn parts(self) -> &'static [Part] {
        match self {
            Self::Tracks => tracks::PARTS,
            Self::Entries => entries::PARTS,
            Self::Schedule => schedule::PARTS,
            Self::Stage(_) => stage::PARTS,
            Self::Rubric(_) => rubric::PARTS,
            Self::Awards => awards::PARTS,
        }
    }

    /// Where it stands in the document.
    pub fn at(self) -> String {
        match self {
            Self::Stage(at) | Self::Rubric(at) => format!("/stages/{at}"),
            _ => String::new(),
        }
    }

    /// The same one in other rules, where a stage may have another place.
    pub fn within(self, rules: &Rules, key: &str) -> Option<Self> {
        let place = rules
            .stages
            .iter()
            .position(|stage| stage.key.as_str() == key && stage.is_judged());
        match self {
            Self::Stage(_) => place.map(Self::Stage),
            Self::Rubric(_) => place.map(Self::Rubric),
            section => Some(section),
        }
    }

    /// The key of the stage it is about.
    pub fn stage_key(self, rules: &Rules) -> Option<&str> {
        match self {
            Self::Stage(at) | Self::Rubric(at) => {
                rules.stages.get(at).map(|stage| stage.key.as_str())
            }
            _ => None,
        }
    }

    /// The section as it stands.
    pub fn standing(self, rules: &Rules) -> Row {
        let mut document = json!(rules);
        awards::chosen(&mut document);
        let of = document.pointer(&self.at()).unwrap_or(&Value::Null);
        let mut row = Row::standing(self.parts(), of);
        // The whole has no key in a form: a stage's stands in its own field.
        row.key.clear();
        row
    }

    /// The rules with this section as it was filled in. Pointers begin with `/`.
    pub fn applied(self, rules: &Rules, row: &Row) -> Result<Rules, Refused> {
        let mut unread = Unread::default();
        let mut said = row.value(self.parts(), &self.at(), &mut unread);
        awards::decided(&mut said);
        if unread.is_broken {
            return Err(Refused {
                faults: unread.faults,
                rest: None,
            });
        }
        let mut document = json!(rules);
        if let Some(part) = document.pointer_mut(&self.at()) {
            overlay(part, said);
        }
        if self == Self::Schedule {
            complete(&mut document);
        }
        let mut after: Rules = match deserr::deserialize(document) {
            Ok(after) => after,
            Err(faults) => {
                unread.faults.extend_elsewhere(faults);
                return Err(Refused {
                    faults: unread.faults,
                    rest: None,
                });
            }
        };
        let lost = self.lost_ties(rules, row);
        after.ties.retain(|tie| !lost.contains(tie));
        match unread.faults.is_empty() {
            true => Ok(after),
            false => Err(Refused {
                faults: unread.faults,
                rest: Some(Box::new(after)),
            }),
        }
    }

    /// What is wrong with rules in this section.
    pub fn own(self, faults: &FieldErrors, rules: &Rules) -> FieldErrors {
        let mut own = faults.clone();
        own.retain(|pointer| Self::of(pointer, rules) == Some(self));
        own
    }

    /// To which section a pointer leads, which begins with `/`.
    pub fn of(pointer: &str, rules: &Rules) -> Option<Self> {
        let mut steps = pointer.split('/').skip(1);
        match (steps.next()?, steps.next(), steps.next()) {
            ("tracks" | "bar_past" | "bar_elsewhere", ..) => Some(Self::Tracks),
            ("entries", Some("opens_at" | "closes_at"), _) => Some(Self::Schedule),
            ("entries", ..) => Some(Self::Entries),
            ("stages", Some(at), Some(part)) => {
                let at: usize = at.parse().ok()?;
                let judged = rules.stages.get(at).is_some_and(|stage| stage.is_judged());
                Some(match part {
                    "criteria" if judged => Self::Rubric(at),
                    "blind" | "judges_per_entry" | "method" | "trim" | "advance" if judged => {
                        Self::Stage(at)
                    }
                    _ => Self::Schedule,
                })
            }
            ("stages" | "notice_days", ..) => Some(Self::Schedule),
            ("awards" | "ties", ..) => Some(Self::Awards),
            _ => None,
        }
    }

    /// Ties that go because what they name goes.
    pub fn lost_ties(self, rules: &Rules, row: &Row) -> Vec<Tie> {
        let gone = |tie: &&Tie| match self {
            Self::Schedule => {
                let judged = |stage: &&Row| stage.text_of(schedule::STAGE, "kind") != "eligibility";
                let mut stages = row.rows_of(self.parts(), "stages").iter().filter(judged);
                !stages.any(|stage| stage.key == tie.stage.as_str())
            }
            Self::Rubric(at) => {
                let of = rules
                    .stages
                    .get(at)
                    .is_some_and(|stage| stage.key == tie.stage);
                let criteria = row.rows_of(self.parts(), "criteria");
                let named = tie.criterion.as_ref();
                of && named.is_some_and(|key| !criteria.iter().any(|one| one.key == key.as_str()))
            }
            _ => false,
        };
        rules.ties.iter().filter(gone).cloned().collect()
    }
}

/// Why a section cannot be taken as it was filled in.
#[derive(Debug)]
pub struct Refused {
    /// By pointer.
    pub faults: FieldErrors,
    /// The rules as they would be besides, to be looked at as well.
    pub rest: Option<Box<Rules>>,
}

/// What follows for stages from what they are: nothing is scored in eligibility, a stage
/// that is new to scoring has somebody to score and something to score by, nobody is blind
/// on a roadshow, and nothing follows the last stage.
fn complete(document: &mut Value) {
    let Some(Value::Array(stages)) = document.get_mut("stages") else {
        return;
    };
    let last = stages.len().saturating_sub(1);
    for (at, stage) in stages.iter_mut().enumerate() {
        let Value::Object(stage) = stage else {
            continue;
        };
        let kind = stage
            .get("kind")
            .and_then(Value::as_str)
            .unwrap_or_default();
        let (is_judged, in_person) = (kind != "eligibility", kind == "roadshow");
        if !is_judged {
            for part in ["blind", "method", "trim", "advance", "criteria"] {
                stage.remove(part);
            }
            stage.insert("judges_per_entry".to_owned(), json!(0));
        } else if stage
            .get("judges_per_entry")
            .is_none_or(|judges| *judges == 0)
            && stage
                .get("criteria")
                .is_none_or(|criteria| *criteria == json!([]))
        {
            stage.insert("judges_per_entry".to_owned(), json!(5));
            stage.insert("criteria".to_owned(), rubric::starter());
        }
        if in_person {
            stage.remove("blind");
        }
        if at == last {
            stage.remove("advance");
        }
    }
}
