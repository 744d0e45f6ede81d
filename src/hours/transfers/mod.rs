//! Records on their way to other systems, and hours on their way from them: the export in
//! the fields of the Measures, articles 7 to 10, the mark that a record was handed over, and
//! hours recorded elsewhere, which stand apart under the name of whoever recorded them.

pub mod api;
pub mod pages;
pub mod store;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::record::{EvaluationFacts, HonourFacts, ServiceFacts, TrainingFacts};
use super::{Grade, RecordKind};
use crate::choice;
use crate::imports::sheet::guarded;
use crate::menu::Skill;
use crate::platform::clock::Instant;
use crate::platform::i18n::Lang;

/// So many records are marked, and so many hours brought in, with one request.
pub const MOST: usize = 500;

choice! {
    /// How records are written.
    Written {
        /// A page of JSON.
        Json = "json",
        /// A spreadsheet, with the byte order mark Excel asks for.
        Csv = "csv",
    }
}

/// That a record was handed over.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
pub struct RecordTransfer {
    /// To which system.
    pub system: String,
    /// That system's own name for the record.
    pub reference: String,
}

/// Article 7: who the volunteer is, as far as it is known here.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ExportedPerson {
    /// What they are called; empty once they have left.
    pub name: String,
    /// Their mobile number; none once they have left.
    pub phone: Option<String>,
    /// When they were born.
    #[schema(format = "date")]
    pub birth_date: Option<String>,
    /// What they say they can do.
    pub skills: Vec<Skill>,
}

/// A record in the fields of the Measures.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ExportedRecord {
    /// UUIDv7.
    #[schema(format = "uuid")]
    pub id: String,
    /// What it is of.
    pub kind: RecordKind,
    /// Article 7: whose.
    pub volunteer: ExportedPerson,
    /// Name of the activity, the training or the award.
    pub name: String,
    /// The day it took place.
    #[schema(format = "date")]
    pub on_date: String,
    /// When service began, RFC 3339.
    #[schema(value_type = Option<String>, format = "date-time")]
    pub started_at: Option<Instant>,
    /// When it ended, RFC 3339.
    #[schema(value_type = Option<String>, format = "date-time")]
    pub ended_at: Option<Instant>,
    /// Minutes actually given; 0 where a correction says that nothing was.
    pub minutes: Option<i64>,
    /// Where, in words.
    pub place: Option<String>,
    /// The division of that, in words.
    pub region_name: Option<String>,
    /// What the volunteer was there as.
    pub role: Option<String>,
    /// What was done, taught or said of it.
    pub content: Option<String>,
    /// The organizing body: who organized it, trained, or granted it.
    pub organizer: String,
    /// Who was in charge.
    pub person_in_charge: Option<String>,
    /// How well it is borne out.
    pub grade: Option<Grade>,
    /// When it was recorded, RFC 3339.
    #[schema(value_type = String, format = "date-time")]
    pub recorded_at: Instant,
    /// The record in whose place it stands: hand this on where that one was handed over.
    #[schema(format = "uuid")]
    pub supersedes: Option<String>,
    /// Where it was handed over before.
    pub transfers: Vec<RecordTransfer>,
}

/// The parts of a record that differ from kind to kind.
#[derive(Debug, Default, PartialEq)]
pub struct Told {
    name: String,
    place: Option<String>,
    region_name: Option<String>,
    role: Option<String>,
    content: Option<String>,
    organizer: Option<String>,
    person_in_charge: Option<String>,
}

impl Told {
    /// Out of the facts of a record, which are JSON.
    pub fn of(kind: RecordKind, facts: &str) -> Self {
        let read = match kind {
            RecordKind::Service => serde_json::from_str(facts).map(|it: ServiceFacts| Self {
                name: it.activity,
                place: Some(it.place),
                region_name: Some(it.region_name),
                role: Some(it.role),
                content: Some(it.content),
                organizer: Some(it.organization),
                person_in_charge: Some(it.person_in_charge),
            }),
            RecordKind::Training => serde_json::from_str(facts).map(|it: TrainingFacts| Self {
                name: it.name,
                content: Some(it.content),
                organizer: Some(it.organizer),
                ..Self::default()
            }),
            RecordKind::Honour => serde_json::from_str(facts).map(|it: HonourFacts| Self {
                name: it.name,
                organizer: Some(it.grantor),
                ..Self::default()
            }),
            RecordKind::Evaluation => serde_json::from_str(facts).map(|it: EvaluationFacts| Self {
                name: it.activity.unwrap_or_default(),
                content: Some(it.quality),
                ..Self::default()
            }),
        };
        read.unwrap_or_default()
    }
}

/// A column of the spreadsheet: its heading, and what stands in it.
type Column = (&'static str, fn(&ExportedRecord) -> String);

fn text(text: Option<&String>) -> String {
    text.cloned().unwrap_or_default()
}

fn minute(instant: Option<Instant>) -> String {
    instant.map_or_else(String::new, |at| {
        at.local().strftime("%Y-%m-%d %H:%M").to_string()
    })
}

/// In the order of the Measures: the person, the service, and how it was recorded.
const COLUMNS: [Column; 21] = [
    ("记录编号", |it| it.id.clone()),
    ("记录类型", |it| it.kind.name(Lang::Zh).to_owned()),
    ("姓名", |it| it.volunteer.name.clone()),
    ("联系方式", |it| text(it.volunteer.phone.as_ref())),
    ("出生日期", |it| text(it.volunteer.birth_date.as_ref())),
    ("服务技能", |it| {
        let skills = it.volunteer.skills.iter();
        let names: Vec<_> = skills.map(|skill| skill.name(Lang::Zh)).collect();
        names.join("、")
    }),
    ("活动（培训、表彰）名称", |it| it.name.clone()),
    ("日期", |it| it.on_date.clone()),
    ("开始时间", |it| minute(it.started_at)),
    ("结束时间", |it| minute(it.ended_at)),
    ("时长（分钟）", |it| {
        it.minutes
            .map_or_else(String::new, |minutes| minutes.to_string())
    }),
    ("行政区划", |it| text(it.region_name.as_ref())),
    ("地点", |it| text(it.place.as_ref())),
    ("岗位", |it| text(it.role.as_ref())),
    ("服务（培训、评价）内容", |it| {
        text(it.content.as_ref())
    }),
    ("活动组织（培训、授予）单位", |it| {
        it.organizer.clone()
    }),
    ("活动负责人", |it| text(it.person_in_charge.as_ref())),
    ("记录依据", |it| {
        it.grade.map_or_else(String::new, |grade| {
            format!("{} {}", grade.word(), grade.name(Lang::Zh))
        })
    }),
    ("记录时间", |it| minute(Some(it.recorded_at))),
    ("更正的记录", |it| text(it.supersedes.as_ref())),
    ("已转移到", |it| {
        let marks = it.transfers.iter();
        let marks: Vec<_> = marks
            .map(|mark| format!("{}（{}）", mark.system, mark.reference))
            .collect();
        marks.join("；")
    }),
];

/// The first row of the spreadsheet.
pub fn headings() -> Vec<&'static str> {
    COLUMNS.iter().map(|(heading, _)| *heading).collect()
}

impl ExportedRecord {
    /// A row of the spreadsheet: nothing in it runs as a formula.
    pub fn row(&self) -> Vec<String> {
        let cells = COLUMNS.iter();
        cells.map(|(_, cell)| guarded(cell(self))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exported(name: &str) -> ExportedRecord {
        ExportedRecord {
            id: "i".into(),
            kind: RecordKind::Service,
            volunteer: ExportedPerson {
                name: name.into(),
                phone: Some("13800138000".into()),
                birth_date: None,
                skills: vec![Skill::FirstAid, Skill::Driving],
            },
            name: "科学课".into(),
            on_date: "2026-11-28".into(),
            started_at: Some(Instant::from_millis(1_795_827_600_000)),
            ended_at: None,
            minutes: Some(0),
            place: None,
            region_name: None,
            role: None,
            content: None,
            organizer: "邻里社".into(),
            person_in_charge: None,
            grade: Some(Grade::B),
            recorded_at: Instant::from_millis(1_795_827_600_000),
            supersedes: None,
            transfers: vec![RecordTransfer {
                system: "全国志愿服务信息系统".into(),
                reference: "Z-1".into(),
            }],
        }
    }

    #[test]
    fn a_row_has_a_cell_under_each_heading_and_no_formula() {
        let row = exported("=HYPERLINK(\"x\")").row();
        assert_eq!(row.len(), headings().len());
        let cell = |heading: &str| {
            let place = headings().iter().position(|known| *known == heading);
            row[place.unwrap()].as_str()
        };
        assert_eq!(cell("姓名"), "'=HYPERLINK(\"x\")");
        assert_eq!(cell("时长（分钟）"), "0");
        assert_eq!(cell("记录依据"), "B 一端扫码或补传");
        assert_eq!(cell("已转移到"), "全国志愿服务信息系统（Z-1）");
    }

    #[test]
    fn each_kind_tells_what_its_article_asks() {
        for (kind, facts, name, organizer) in [
            (
                RecordKind::Training,
                r#"{"name": "急救", "content": "包扎", "organizer": "红十字会"}"#,
                "急救",
                Some("红十字会"),
            ),
            (
                RecordKind::Honour,
                r#"{"name": "优秀志愿者", "grantor": "县委"}"#,
                "优秀志愿者",
                Some("县委"),
            ),
            (
                RecordKind::Evaluation,
                r#"{"quality": "耐心", "activity": null}"#,
                "",
                None,
            ),
            (RecordKind::Service, "{}", "", None),
        ] {
            let told = Told::of(kind, facts);
            assert_eq!(
                (told.name.as_str(), told.organizer.as_deref()),
                (name, organizer)
            );
        }
    }
}
