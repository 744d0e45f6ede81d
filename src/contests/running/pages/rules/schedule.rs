//! When entries are taken, which stages there are and when, what each counts, and how long
//! results are on notice: on one page, for one moves with the others.

use serde_json::{Value, json};

use super::part::{Blank, Part, Rows};
use crate::contests::rules::{MOST_STAGES, Rules, StageKind};
use crate::platform::clock::{DAY, HOUR, Instant, start_of};
use crate::platform::i18n::Lang;
use crate::platform::input::Choice as _;

/// What is filled in.
pub static PARTS: &[Part] = &[
    Part::moment("entries/opens_at", "报名开始", "Entries open")
        .under("报名", "Entries")
        .hint("北京时间", "Beijing time")
        .said("报名 {} 开始", "entries from {}"),
    Part::moment("entries/closes_at", "报名截止", "Entries close").said("{} 截止", "until {}"),
    Part::rows(
        "stages",
        "阶段",
        "Stages",
        Rows {
            of: STAGE,
            most: MOST_STAGES,
            one: ("阶段", "Stage"),
            key: Some("stage"),
            begins,
        },
    )
    .hint(
        "按先后填写，占比相加应为 100%。资格审查由组织者做，不评分，占比不填；书面评审由评委各自打分；路演当场打分。",
        "In order of time; what they count adds up to 100%. Organizers decide on eligibility, which counts nothing; papers are scored by each judge alone, roadshows on the spot.",
    ),
    Part::number(
        "notice_days",
        ("结果公示多少天", "Days on notice"),
        1,
        90,
        Blank::Wrong,
    )
    .under("公示", "Notice")
    .said("结果公示 {} 天", "on notice for {} days"),
];

/// Of each stage.
pub static STAGE: &[Part] = &[
    Part::line::<40>("name", "名称", "Name"),
    Part::choice("kind", ("怎么进行", "How"), kinds),
    Part::moment("opens_at", "开始", "Starts").said("{} 开始", "from {}"),
    Part::moment("closes_at", "结束", "Ends").said("{} 结束", "until {}"),
    Part::percent("weight", ("占总分（%）", "Of the total (%)"), Blank::Zero)
        .said("占总分 {}%", "{}% of the total"),
];

fn kinds(_: &Rules, lang: Lang) -> Vec<(String, String)> {
    let kinds = StageKind::ALL.iter();
    kinds
        .map(|(kind, word)| ((*word).to_owned(), kind.name(lang).to_owned()))
        .collect()
}

/// The day after the stage before, for a week.
fn begins(after: Option<Instant>) -> Value {
    let kind = StageKind::Review;
    match after {
        None => json!({"kind": kind}),
        Some(after) => {
            let day = start_of(after.date());
            let (opens_at, closes_at) = (day.plus(DAY + 9 * HOUR), day.plus(8 * DAY + 18 * HOUR));
            json!({"kind": kind, "opens_at": opens_at, "closes_at": closes_at})
        }
    }
}
