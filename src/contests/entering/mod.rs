//! Entering a contest: an organization's project in its own words, beside what the records
//! say of it.

mod acts;
pub mod api;
mod deciding;
pub mod pages;
pub mod store;

use std::collections::BTreeMap;

use deserr::{Deserr, IntoValue, Value, ValuePointerRef};
use serde::{Deserialize, Serialize};
use url::Url;
use utoipa::ToSchema;

use super::rules::{Key, Rules};
use crate::choice;
use crate::platform::fields::FieldErrors;
use crate::platform::i18n::{Lang, Words};
use crate::platform::input::{Id, Many, string_from};
use crate::platform::text::{Line, Prose};

choice! {
    /// Where an entry stands.
    EntryState {
        /// Being written; only its organization reads it.
        Draft = "draft",
        /// Takes part.
        Submitted = "submitted",
        /// Taken back by its organization.
        Withdrawn = "withdrawn",
        /// May not take part; the reason says why.
        Ineligible = "ineligible",
    }
}

impl EntryState {
    /// Its name for people.
    pub fn name(self, lang: Lang) -> &'static str {
        match self {
            Self::Draft => lang.pick("草稿", "Draft"),
            Self::Submitted => lang.pick("已提交", "Submitted"),
            Self::Withdrawn => lang.pick("已撤回", "Withdrawn"),
            Self::Ineligible => lang.pick("未通过资格审查", "Not eligible"),
        }
    }
}

/// Where something can be read: an `https` address of at most 500 characters.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Link(String);

crate::string_schema!(
    Link,
    "AttachmentLink",
    "An https address of at most 500 characters.",
    "^https://[^ ]{1,492}$",
    "https://example.org/report.pdf"
);

impl Link {
    /// Reads an address, and writes it the one way (WHATWG URL).
    pub fn parse(text: &str) -> Option<Self> {
        let url = Url::parse(text.trim()).ok()?;
        let open = url.scheme() == "https" && url.username().is_empty() && url.password().is_none();
        (open && url.as_str().len() <= 500).then(|| Self(url.into()))
    }

    /// The address.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Deserr<FieldErrors> for Link {
    fn deserialize_from_value<V: IntoValue>(
        value: Value<V>,
        location: ValuePointerRef,
    ) -> Result<Self, FieldErrors> {
        Self::parse(&string_from(value, location)?).ok_or_else(|| {
            FieldErrors::at(
                location,
                Words::new(
                    "应为 https:// 开头的网址，最多 500 个字符",
                    "must be an https address of at most 500 characters",
                ),
            )
        })
    }
}

/// Something to read besides.
#[derive(Clone, Debug, PartialEq, Eq, Deserr, Serialize, ToSchema)]
#[deserr(error = FieldErrors, deny_unknown_fields)]
#[schema(as = EntryAttachment)]
pub struct Attachment {
    /// What it is.
    #[schema(example = "项目总结")]
    pub name: Line<60>,
    /// Where it is.
    pub url: Link,
}

/// An entry as its organization writes it.
#[derive(Clone, Debug, Deserr, Serialize, ToSchema)]
#[deserr(error = FieldErrors, deny_unknown_fields)]
pub struct EntryDraft {
    /// The key of a track.
    #[schema(example = "education")]
    pub track: Key,
    /// What it is called.
    #[schema(example = "冬日山村科学课")]
    pub title: Line<60>,
    /// The organization's own words, by the keys of the fields of the rules.
    #[deserr(default)]
    #[schema(value_type = std::collections::BTreeMap<String, String>, required = false)]
    pub words: BTreeMap<String, Prose<4000>>,
    /// Links; as many as the rules allow.
    #[deserr(default)]
    #[schema(value_type = Vec<Attachment>, required = false, max_items = 10)]
    pub attachments: Many<Attachment, 10>,
}

/// A project to be entered.
#[derive(Clone, Debug, Deserr, ToSchema)]
#[deserr(error = FieldErrors, deny_unknown_fields)]
pub struct NewEntry {
    /// Who enters it.
    #[schema(value_type = String, format = "uuid")]
    pub organization_id: Id,
    /// One of its projects that is, or was, published.
    #[schema(value_type = String, format = "uuid")]
    pub project_id: Id,
    /// The key of a track.
    #[schema(example = "education")]
    pub track: Key,
    /// What it is called.
    #[schema(example = "冬日山村科学课")]
    pub title: Line<60>,
    /// The organization's own words, by the keys of the fields of the rules.
    #[deserr(default)]
    #[schema(value_type = std::collections::BTreeMap<String, String>, required = false)]
    pub words: BTreeMap<String, Prose<4000>>,
    /// Links; as many as the rules allow.
    #[deserr(default)]
    #[schema(value_type = Vec<Attachment>, required = false, max_items = 10)]
    pub attachments: Many<Attachment, 10>,
}

impl NewEntry {
    /// What is written of it.
    pub fn draft(self) -> EntryDraft {
        EntryDraft {
            track: self.track,
            title: self.title,
            words: self.words,
            attachments: self.attachments,
        }
    }
}

/// Why an entry is withdrawn.
#[derive(Debug, Default, Deserr, ToSchema)]
#[deserr(error = FieldErrors, deny_unknown_fields)]
pub struct Withdrawal {
    /// The organizers read it.
    #[deserr(default)]
    #[schema(example = "项目负责人变动，明年再报。")]
    pub reason: Option<Line<300>>,
}

/// Whether an entry may take part.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = FieldErrors, deny_unknown_fields)]
pub struct EligibilityBody {
    /// Whether it may.
    pub eligible: bool,
    /// Why; the organization reads it. Needed when it may not.
    #[deserr(default)]
    #[schema(example = "项目执行时间不在评选年度内。")]
    pub reason: Option<Line<300>>,
}

/// Minutes of service by how well they are borne out.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
pub struct MinutesByGrade {
    /// Both ends by the code that changes.
    pub a: i64,
    /// One end by the code, or sent late.
    pub b: i64,
    /// Entered by hand.
    pub c: i64,
    /// Entered after settlement.
    pub d: i64,
}

impl MinutesByGrade {
    /// All of them.
    pub const fn total(&self) -> i64 {
        self.a + self.b + self.c + self.d
    }
}

/// What the service records of a project say: those in force, of service given.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
pub struct EntryFacts {
    /// How many people served.
    pub people: i64,
    /// In how many shifts.
    pub shifts: i64,
    /// As how many records.
    pub records: i64,
    /// For how long.
    pub minutes: MinutesByGrade,
    /// The first day.
    #[schema(format = "date")]
    pub from: Option<String>,
    /// The last day.
    #[schema(format = "date")]
    pub until: Option<String>,
    /// In which divisions; of many, the first fifty.
    pub places: Vec<String>,
    /// Of the ledger's first so many records.
    pub ledger_size: i64,
}

impl EntryDraft {
    /// What rules say against it, as it stands: pointers begin with `/`.
    pub fn check(&self, rules: &Rules) -> FieldErrors {
        let mut errors = FieldErrors::default();
        if rules.track(self.track.as_str()).is_none() {
            errors.push(
                "/track",
                Words::new("没有这个赛道", "is no track of the contest"),
            );
        }
        for (key, text) in &self.words {
            let pointer = format!("/words/{}", key.replace('~', "~0").replace('/', "~1"));
            let field = rules.entries.fields.iter();
            match field.clone().find(|field| field.key.as_str() == key) {
                None => errors.push(
                    pointer,
                    Words::new("规则中没有这一项", "is no field of the rules"),
                ),
                Some(field) => {
                    let (length, limit) = (text.as_str().chars().count(), field.limit.get());
                    if i64::try_from(length).is_ok_and(|length| length > limit) {
                        errors.push(
                            pointer,
                            Words::new(
                                format!("最多 {limit} 字，现有 {length} 字"),
                                format!("must have at most {limit} characters, has {length}"),
                            ),
                        );
                    }
                }
            }
        }
        let most = rules.entries.attachments.get();
        if i64::try_from(self.attachments.len()).is_ok_and(|number| number > most) {
            errors.push(
                "/attachments",
                Words::new(
                    format!("最多 {most} 个附件链接"),
                    format!("must have at most {most} links"),
                ),
            );
        }
        errors
    }

    /// The same, and what must be there before it is submitted.
    pub fn check_whole(&self, rules: &Rules) -> FieldErrors {
        let mut errors = self.check(rules);
        for field in rules.entries.fields.iter() {
            if !self.words.contains_key(field.key.as_str()) {
                let limit = field.limit.get();
                errors.push(
                    format!("/words/{}", field.key.as_str()),
                    Words::new(
                        format!("请填写“{}”（{limit} 字以内）", field.name.as_str()),
                        format!("must be stated, in at most {limit} characters"),
                    ),
                );
            }
        }
        errors
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contests::rules::example;
    use serde_json::json;

    fn faults(entry: serde_json::Value, whole: bool) -> Vec<String> {
        let rules = deserr::deserialize::<Rules, _, FieldErrors>(example()).unwrap();
        let entry = deserr::deserialize::<EntryDraft, _, FieldErrors>(entry).unwrap();
        let errors = match whole {
            true => entry.check_whole(&rules),
            false => entry.check(&rules),
        };
        let errors = errors.in_lang(Lang::Zh).into_iter();
        errors
            .map(|error| format!("{} {}", error.pointer, error.detail))
            .collect()
    }

    #[test]
    fn every_fault_is_told_with_its_limit() {
        let link = json!({"name": "总结", "url": "https://example.org/a"});
        let entry = json!({
            "track": "none", "title": "科学课",
            "words": {"need": "𠮷".repeat(501), "a/b": "x"},
            "attachments": vec![link; 4],
        });
        assert_eq!(
            faults(entry.clone(), false),
            [
                "/track 没有这个赛道",
                "/words/a~1b 规则中没有这一项",
                "/words/need 最多 500 字，现有 501 字",
                "/attachments 最多 3 个附件链接"
            ]
        );
        assert_eq!(
            faults(entry, true).last().unwrap(),
            "/words/effect 请填写“项目成效”（800 字以内）"
        );
    }

    #[test]
    fn a_draft_may_lack_words_and_characters_count() {
        let entry = json!({"track": "open", "title": "课", "words": {"need": "𠮷".repeat(500)}});
        assert!(faults(entry.clone(), false).is_empty());
        assert_eq!(faults(entry, true).len(), 1);
    }

    #[test]
    fn an_attachment_is_behind_tls_and_names_no_secret() {
        for good in ["https://example.org/a", " https://例子.中国/报告 "] {
            assert!(Link::parse(good).is_some(), "{good}");
        }
        let long = format!("https://example.org/{}", "a".repeat(500));
        for bad in [
            "http://a.b",
            "javascript:alert(1)",
            "https://u:p@a.b",
            "a.b",
            "",
            &*long,
        ] {
            assert!(Link::parse(bad).is_none(), "{bad}");
        }
    }
}
