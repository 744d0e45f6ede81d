//! Tracks (赛道): where entries compete among themselves, and who may not take part.

use serde_json::json;

use super::part::{Part, Rows};
use crate::contests::rules::{MOST_TRACKS, Rules};
use crate::menu::Field;
use crate::platform::i18n::Lang;

/// What is filled in.
pub static PARTS: &[Part] = &[
    Part::rows(
        "tracks",
        "赛道",
        "Tracks",
        Rows {
            of: &[
                Part::line::<40>("name", "名称", "Name"),
                Part::choice("field", ("限哪个领域的项目", "Only projects of"), fields),
            ],
            most: MOST_TRACKS,
            one: ("赛道", "Track"),
            key: Some("track"),
            begins: |_| json!({}),
        },
    )
    .hint(
        "参赛项目在同一赛道内排名次、评奖项。",
        "Entries are ranked and win awards within a track.",
    ),
    Part::tick(
        "bar_past",
        "曾获限制性奖项的项目不能报名",
        "Projects that won an award which bars are refused",
    )
    .under("参赛限制", "Who may not take part"),
    Part::tick(
        "bar_elsewhere",
        "正在参加别的大赛的项目不能报名",
        "Projects that stand in another contest are refused",
    ),
];

fn fields(_: &Rules, lang: Lang) -> Vec<(String, String)> {
    let any = lang.pick("不限领域", "any field").to_owned();
    let fields = Field::all().map(|field| (field.word().to_owned(), field.name(lang).to_owned()));
    [(String::new(), any)].into_iter().chain(fields).collect()
}
