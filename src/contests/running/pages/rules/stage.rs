//! How a stage is judged.

use super::part::{Blank, Part};
use crate::contests::rules::{Method, Rules};
use crate::platform::i18n::Lang;
use crate::platform::input::Choice as _;

/// What is filled in.
pub static PARTS: &[Part] = &[
    Part::tick("blind", "匿名评审", "Blind").hint(
        "评委看不到参赛组织的名称和所在地；路演当面进行，不能匿名",
        "Judges see neither names nor places of organizations; not on a roadshow",
    ),
    Part::number(
        "judges_per_entry",
        ("每个项目由几名评委打分", "Judges an entry"),
        1,
        50,
        Blank::Wrong,
    )
    .said("每个项目 {} 名评委", "{} judges an entry"),
    Part::choice("method", ("怎么合成得分", "How scores become one"), methods),
    Part::number(
        "trim",
        ("去掉几个最高分和最低分", "Dropped at each end"),
        0,
        10,
        Blank::Zero,
    )
    .hint(
        "选“去掉最高、最低分后平均”时填写，如 1；其他方法不填",
        "For the trimmed mean, such as 1; otherwise left out",
    )
    .said("最高分、最低分各去 {} 个", "{} dropped at each end"),
    Part::number(
        "advance",
        (
            "每个赛道几个项目晋级下一阶段",
            "Entries of each track that go on",
        ),
        1,
        100_000,
        Blank::Absent,
    )
    .hint(
        "不填为全部晋级；最后一个阶段不填",
        "All when left out; left out in the last stage",
    )
    .said("每个赛道前 {} 名晋级", "the first {} of each track go on"),
];

fn methods(_: &Rules, lang: Lang) -> Vec<(String, String)> {
    let methods = Method::ALL.iter();
    methods
        .map(|(method, word)| ((*word).to_owned(), method.name(lang).to_owned()))
        .collect()
}
