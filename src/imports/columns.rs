//! The columns of the spreadsheet: what a clerk calls them, and what they mean.

use crate::menu::{Field, ProjectState, ShiftState, SignUpApproval, Skill};
use crate::platform::i18n::{Lang, Words};
use crate::platform::input::Choice;

/// A column.
#[derive(Debug, PartialEq, Eq)]
pub struct Column {
    /// What the API calls it.
    pub name: &'static str,
    /// What the template calls it.
    pub zh: &'static str,
    /// The member of the project, or of the shift, it fills.
    pub part: &'static str,
    /// Whether it says something of a shift.
    pub of_shift: bool,
    /// What its cells hold.
    pub kind: Kind,
}

/// What the cells of a column hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Text as it stands.
    Text,
    /// A whole number.
    Number,
    /// A time on the clock in Beijing.
    Time,
    /// One word of a closed set.
    Word(Vocabulary),
    /// Several words of a closed set.
    Words(Vocabulary),
}

/// A closed set of words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Vocabulary {
    /// [`ProjectState`]
    ProjectState,
    /// [`Field`]
    Field,
    /// [`Skill`]
    Skill,
    /// [`ShiftState`]
    ShiftState,
    /// [`SignUpApproval`]
    SignUpApproval,
}

impl Vocabulary {
    /// Each word of the API with its Chinese.
    pub fn pairs(self) -> Vec<(&'static str, &'static str)> {
        fn of<T: Choice>(zh: impl Fn(T) -> &'static str) -> Vec<(&'static str, &'static str)> {
            T::ALL
                .iter()
                .map(|(value, word)| (*word, zh(*value)))
                .collect()
        }
        match self {
            Self::ProjectState => of(|state| match state {
                ProjectState::Draft => "草稿",
                ProjectState::Published => "发布",
                ProjectState::Closed => "停止报名",
                ProjectState::Cancelled => "取消",
            }),
            Self::Field => of(|field: Field| field.name(Lang::Zh)),
            Self::Skill => of(|skill: Skill| skill.name(Lang::Zh)),
            Self::ShiftState => of(|state| match state {
                ShiftState::Open => "正常",
                ShiftState::Cancelled => "取消",
            }),
            Self::SignUpApproval => of(|approval| match approval {
                SignUpApproval::None => "不审核",
                SignUpApproval::Required => "需审核",
            }),
        }
    }

    /// The API's word for a word of either language.
    pub fn read(self, cell: &str) -> Option<&'static str> {
        self.pairs()
            .into_iter()
            .find(|(word, zh)| word.eq_ignore_ascii_case(cell) || *zh == cell)
            .map(|(word, _)| word)
    }

    /// The Chinese for a word of the API.
    pub fn zh(self, word: &str) -> Option<&'static str> {
        let mut pairs = self.pairs().into_iter();
        pairs.find(|(known, _)| *known == word).map(|(_, zh)| zh)
    }

    /// What to tell whoever wrote another word.
    pub fn fault(self) -> Words {
        let (words, zh): (Vec<_>, Vec<_>) = self.pairs().into_iter().unzip();
        Words::new(
            format!("应为以下之一：{}", zh.join("、")),
            format!("must be one of: {}", words.join(", ")),
        )
    }
}

const fn project(name: &'static str, zh: &'static str, kind: Kind) -> Column {
    Column {
        name,
        zh,
        part: name,
        of_shift: false,
        kind,
    }
}

const fn shift(name: &'static str, part: &'static str, zh: &'static str, kind: Kind) -> Column {
    Column {
        name,
        zh,
        part,
        of_shift: true,
        kind,
    }
}

/// All columns, in the order of the template.
pub static COLUMNS: [Column; 29] = [
    project("client_ref", "编号", Kind::Text),
    project("state", "状态", Kind::Word(Vocabulary::ProjectState)),
    project("title", "项目名称", Kind::Text),
    project("field", "重点领域", Kind::Word(Vocabulary::Field)),
    project("summary", "一句话简介", Kind::Text),
    project("content", "服务内容", Kind::Text),
    project("region", "行政区划代码", Kind::Text),
    project("place", "服务地点", Kind::Text),
    project("conditions", "参加条件", Kind::Text),
    project("how_to_sign_up", "报名方式", Kind::Text),
    project("risks", "风险提示", Kind::Text),
    project("safeguards", "安全保障", Kind::Text),
    project("what_to_bring", "自备物品", Kind::Text),
    project("min_age", "最低年龄", Kind::Number),
    project("skills", "所需技能", Kind::Words(Vocabulary::Skill)),
    project("sign_up_opens_at", "报名开始时间", Kind::Time),
    project(
        "sign_up_closes_minutes",
        "报名截止（开始前分钟）",
        Kind::Number,
    ),
    project(
        "cancel_until_minutes",
        "可自行取消（开始前分钟）",
        Kind::Number,
    ),
    project("travel_minutes", "路程（分钟）", Kind::Number),
    project(
        "approval",
        "报名审核",
        Kind::Word(Vocabulary::SignUpApproval),
    ),
    project("change_reason", "变更原因", Kind::Text),
    shift("shift_ref", "ref", "班次编号", Kind::Text),
    shift("shift_role", "role", "班次岗位", Kind::Text),
    shift("shift_starts_at", "starts_at", "班次开始时间", Kind::Time),
    shift("shift_ends_at", "ends_at", "班次结束时间", Kind::Time),
    shift("shift_capacity", "capacity", "班次名额", Kind::Number),
    shift("shift_waitlist", "waitlist", "班次候补名额", Kind::Number),
    shift(
        "shift_state",
        "state",
        "班次状态",
        Kind::Word(Vocabulary::ShiftState),
    ),
    shift(
        "shift_change_reason",
        "change_reason",
        "班次变更原因",
        Kind::Text,
    ),
];

impl Column {
    /// The column with this heading, in either language; what stands in brackets does not
    /// count.
    pub fn named(heading: &str) -> Option<&'static Self> {
        let plain = |text: &str| {
            let end = text.find(['（', '(']).unwrap_or(text.len());
            text.get(..end).unwrap_or(text).trim().to_ascii_lowercase()
        };
        let heading = plain(heading);
        COLUMNS
            .iter()
            .find(|column| column.name == heading || plain(column.zh) == heading)
    }

    /// Its heading for people.
    pub fn heading(&self, lang: Lang) -> &'static str {
        lang.pick(self.zh, self.name)
    }

    /// Whether a column with this heading is for people only: a clerk's own remarks, or a
    /// column without a heading.
    pub fn is_remark(heading: &str) -> bool {
        let heading = heading.trim();
        heading.is_empty() || heading.starts_with("备注") || heading.eq_ignore_ascii_case("note")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::menu::parts::{project_part, shift_part};

    #[test]
    fn whatever_a_project_or_a_shift_says_has_a_column() {
        let document = serde_json::to_value(crate::router::openapi()).unwrap();
        for (body, of_shift, elsewhere) in [
            ("ProjectBody", false, &["shifts", "repeats"][..]),
            ("ShiftBody", true, &[]),
        ] {
            let properties = &document["components"]["schemas"][body]["properties"];
            for part in properties.as_object().unwrap().keys() {
                let column = COLUMNS
                    .iter()
                    .find(|column| column.part == part && column.of_shift == of_shift);
                let is_elsewhere = elsewhere.contains(&part.as_str());
                assert!(column.is_some() != is_elsewhere, "{part} of {body}");
            }
        }
    }

    #[test]
    fn columns_are_called_what_the_form_calls_its_fields() {
        for column in &COLUMNS {
            let (own, name) = if column.of_shift {
                let own = column.zh.strip_prefix("班次").unwrap();
                (own, shift_part(column.part, Lang::Zh))
            } else {
                (column.zh, project_part(column.part, Lang::Zh))
            };
            // A form has buttons and ticks for these.
            let elsewhere = matches!(column.name, "state" | "shift_ref" | "shift_state");
            let begins = name.is_some_and(|name| own.starts_with(name));
            assert!(begins != elsewhere, "{}", column.zh);
        }
    }

    #[test]
    fn headings_are_found_in_either_language() {
        for column in &COLUMNS {
            assert_eq!(Column::named(column.name), Some(column));
            assert_eq!(Column::named(&format!(" {} ", column.zh)), Some(column));
        }
        assert_eq!(Column::named("路程(min)").unwrap().name, "travel_minutes");
        assert_eq!(Column::named("Title").unwrap().name, "title");
        assert_eq!(Column::named("价格"), None);
        assert!(Column::is_remark("备注（内部）") && Column::is_remark(" "));
        assert!(!Column::is_remark("价格"));
    }

    #[test]
    fn words_are_read_in_either_language() {
        assert_eq!(Vocabulary::Field.read("健康义诊"), Some("health"));
        assert_eq!(Vocabulary::Field.read("health"), Some("health"));
        assert_eq!(Vocabulary::ProjectState.read("发布"), Some("published"));
        assert_eq!(Vocabulary::ShiftState.read("发布"), None);
        assert_eq!(Vocabulary::Skill.zh("it"), Some("电脑网络"));
    }
}
