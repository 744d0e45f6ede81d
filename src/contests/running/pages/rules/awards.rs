//! What entries can win, and what decides between equals.

use serde_json::{Value, json};

use super::part::{Blank, Part, Rows};
use crate::contests::rules::{MOST_AWARDS, Rules, Tie};
use crate::platform::i18n::Lang;

/// What is filled in.
pub static PARTS: &[Part] = &[
    Part::rows(
        "awards",
        "奖项",
        "Awards",
        Rows {
            of: &[
                Part::line::<40>("name", "名称", "Name"),
                Part::number("quota", ("每个赛道几个", "In each track"), 1, 1000, Blank::Wrong)
                    .said("每个赛道 {} 个", "{} in each track"),
                Part::tick(
                    "bars",
                    "获奖后不再参加以后的大赛",
                    "Winners are barred from later contests",
                ),
            ],
            most: MOST_AWARDS,
            one: ("奖项", "Award"),
            key: Some("award"),
            begins: |_| json!({}),
        },
    )
    .hint("从高到低填写，按赛道评出。", "From the highest down, in each track."),
    Part::rows(
        "ties",
        "同分时",
        "Between equals",
        Rows {
            of: &[Part::choice("by", ("看哪一项得分", "By the score of"), deciders)],
            most: 12,
            one: ("比较项", "Comparison"),
            key: None,
            begins: |_| json!({}),
        },
    )
    .hint(
        "总分相同时依次比较；都相同再看评委两两比较，仍相同的并列。",
        "Compared in this order when totals are equal; then pairs of judges' comparisons, then the place is shared.",
    ),
];

/// What can decide: a stage, or one of its criteria.
fn deciders(rules: &Rules, lang: Lang) -> Vec<(String, String)> {
    let choose = (String::new(), lang.pick("请选择", "Choose").to_owned());
    let judged = rules.judged().flat_map(|stage| {
        let (key, name) = (stage.key.as_str(), stage.name.as_str());
        let whole = (
            key.to_owned(),
            format!("{name}{}", lang.pick("得分", ", as a whole")),
        );
        let criteria = stage.criteria.iter().map(move |criterion| {
            let (one, called) = (criterion.key.as_str(), criterion.name.as_str());
            (format!("{key}.{one}"), format!("{name} · {called}"))
        });
        [whole].into_iter().chain(criteria)
    });
    [choose].into_iter().chain(judged).collect()
}

/// What one tie is called.
pub fn called(tie: &Tie, rules: &Rules, lang: Lang) -> String {
    let word = word(
        tie.stage.as_str(),
        tie.criterion.as_ref().map(|key| key.as_str()),
    );
    let mut options = deciders(rules, lang).into_iter();
    options
        .find(|(known, _)| *known == word)
        .map(|(_, name)| name)
        .unwrap_or_default()
}

fn word(stage: &str, criterion: Option<&str>) -> String {
    match criterion {
        None => stage.to_owned(),
        Some(criterion) => format!("{stage}.{criterion}"),
    }
}

/// Ties of the document as the form chooses them.
pub fn chosen(document: &mut Value) {
    let Some(Value::Array(ties)) = document.get_mut("ties") else {
        return;
    };
    for tie in ties {
        let part = |name: &str| tie.get(name).and_then(Value::as_str);
        *tie = json!({"by": word(part("stage").unwrap_or_default(), part("criterion"))});
    }
}

/// And back.
pub fn decided(section: &mut Value) {
    let Some(Value::Array(ties)) = section.get_mut("ties") else {
        return;
    };
    for tie in ties {
        let by = tie.get("by").and_then(Value::as_str).unwrap_or_default();
        *tie = match by.split_once('.') {
            None => json!({"stage": by}),
            Some((stage, criterion)) => json!({"stage": stage, "criterion": criterion}),
        };
    }
}
