//! Rules in words: what each section says, and what differs between two of them.

use super::part::{Around, Kind, Part};
use super::section::Section;
use super::sheet::Row;
use crate::contests::rules::Rules;
use crate::platform::clock::Instant;
use crate::platform::i18n::Lang;

/// One thing the rules say.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Said {
    /// What it is about, the same in both rules.
    about: String,
    /// What that is called.
    label: String,
    /// What is said of it.
    words: String,
}

/// What differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// What it is called.
    pub label: String,
    /// What stood; nothing when it is new.
    pub before: String,
    /// What shall stand; nothing when it goes.
    pub after: String,
}

/// What rows say, each in a line: what it begins with, which is its name, and the rest.
pub fn lines(of: &[Part], rows: &[Row], around: &Around<'_>) -> Vec<(String, String)> {
    let line = |row: &Row| {
        let parts = of.iter().enumerate();
        let mut words = parts
            .filter(|(_, part)| !matches!(part.kind, Kind::Rows(_)))
            .map(|(place, part)| part.words(row.text(place), around));
        let name = words.next().unwrap_or_default();
        let rest: Vec<String> = words
            .filter(|words| !words.is_empty() && *words != name)
            .collect();
        (name, rest.join(" · "))
    };
    rows.iter().map(line).collect()
}

fn said(parts: &[Part], row: &Row, about: &str, called: &str, around: &Around<'_>) -> Vec<Said> {
    let lang = around.lang;
    let mut all = Vec::new();
    for (place, part) in parts.iter().enumerate() {
        let about = format!("{about}/{}", part.name);
        let label = match called {
            "" => part.label(lang).to_owned(),
            called => format!("{called} · {}", part.label(lang)),
        };
        let Kind::Rows(of) = &part.kind else {
            let words = match (&part.kind, row.text(place)) {
                (Kind::Tick, "") => lang.pick("否", "no").to_owned(),
                (Kind::Tick, _) => lang.pick("是", "yes").to_owned(),
                (_, typed) => part.words(typed, around),
            };
            all.push(Said {
                about,
                label,
                words,
            });
            continue;
        };
        let rows = row.rows(place);
        let names: Vec<String> = match of.key {
            // Their names alone: of each more is said below.
            Some(_) => rows.iter().map(|row| row.text(0).to_owned()).collect(),
            None => lines(of.of, rows, around)
                .into_iter()
                .map(|(name, rest)| format!("{name} {rest}").trim_end().to_owned())
                .collect(),
        };
        let words = names.join(lang.pick("；", "; "));
        all.push(Said {
            about: about.clone(),
            label,
            words,
        });
        for row in rows.iter().filter(|_| of.key.is_some()) {
            let called = match called {
                "" => row.text(0).to_owned(),
                called => format!("{called} · {}", row.text(0)),
            };
            let about = format!("{about}/{}", row.key);
            let of_row = said(of.of, row, &about, &called, around);
            // What it is called is told by the line of names.
            all.extend(of_row.into_iter().skip(1));
        }
    }
    all
}

fn all_said(rules: &Rules, now: Instant, lang: Lang) -> Vec<Said> {
    let around = Around { rules, now, lang };
    let mut all = Vec::new();
    for section in Section::all(rules) {
        let stage = section.stage_key(rules).unwrap_or_default();
        let name = rules.stage(stage).map_or("", |stage| stage.name.as_str());
        all.extend(said(
            section.parts(),
            &section.standing(rules),
            stage,
            name,
            &around,
        ));
    }
    all
}

/// What an amendment changes, in the order of the rules.
pub fn changes(before: &Rules, after: &Rules, now: Instant, lang: Lang) -> Vec<Change> {
    let (old, new) = (all_said(before, now, lang), all_said(after, now, lang));
    let words = |all: &[Said], about: &str| {
        let said = all.iter().find(|said| said.about == about);
        said.map(|said| said.words.clone())
    };
    let mut found: Vec<Change> = Vec::new();
    for said in &new {
        let before = words(&old, &said.about);
        if before.as_ref() != Some(&said.words) {
            let change = Change {
                label: said.label.clone(),
                before: before.unwrap_or_default(),
                after: said.words.clone(),
            };
            found.push(change);
        }
    }
    // What goes with a row that goes is told by the row's own line.
    found.retain(|change| !(change.before.is_empty() && change.after.is_empty()));
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contests::rules::example;
    use serde_json::{Value, json};

    fn told(change: impl FnOnce(&mut Value)) -> Vec<(String, String, String)> {
        let read = |value: Value| Rules::stored(&value.to_string()).unwrap();
        let mut after = example();
        change(&mut after);
        let now = Instant::parse("2026-11-30T09:00:00+08:00").unwrap();
        changes(&read(example()), &read(after), now, Lang::Zh)
            .into_iter()
            .map(|change| (change.label, change.before, change.after))
            .collect()
    }

    fn change(label: &str, before: &str, after: &str) -> (String, String, String) {
        (label.to_owned(), before.to_owned(), after.to_owned())
    }

    #[test]
    fn what_changes_is_told_old_and_new() {
        assert!(told(|_| ()).is_empty());
        assert_eq!(
            told(|rules| {
                rules["entries"]["closes_at"] = json!("2026-12-20T20:00:00+08:00");
                rules["tracks"][1] = json!({"key": "track_3", "name": "关爱"});
                rules["stages"][1]["judges_per_entry"] = json!(5);
                rules["stages"][1]["advance"] = Value::Null;
                rules["stages"][2]["criteria"][0]["levels"][1]["words"] = json!("好");
                rules["ties"] = json!([{"stage": "paper"}]);
                rules["bar_past"] = json!(false);
            }),
            [
                change(
                    "报名截止",
                    "12月20日 周日 18:00 截止",
                    "12月20日 周日 20:00 截止"
                ),
                change("赛道", "乡村教育；综合", "乡村教育；关爱"),
                change("关爱 · 限哪个领域的项目", "", "不限领域"),
                change("曾获限制性奖项的项目不能报名", "是", "否"),
                change(
                    "书面评审 · 每个项目由几名评委打分",
                    "每个项目 7 名评委",
                    "每个项目 5 名评委"
                ),
                change(
                    "书面评审 · 每个赛道几个项目晋级下一阶段",
                    "每个赛道前 12 名晋级",
                    ""
                ),
                change(
                    "路演 · 展示 · 分值说明",
                    "0 分 没有说明；10 分 经实地走访核实，有数据支撑",
                    "0 分 没有说明；10 分 好"
                ),
                change("同分时", "路演得分；书面评审 · 成效", "书面评审得分"),
            ]
        );
    }

    #[test]
    fn an_order_is_told_as_well() {
        let told = told(|rules| rules["awards"].as_array_mut().unwrap().reverse());
        assert_eq!(told, [change("奖项", "金奖；银奖", "银奖；金奖")]);
    }
}
