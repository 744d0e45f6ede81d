//! Rules into a form and back.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::part::{Kind, Part};
use super::section::Section;
use super::sheet::{Row, id_of};
use crate::contests::rules::{Preset, Rules, example};
use crate::platform::clock::Instant;
use crate::platform::i18n::Lang;
use crate::platform::input::{Choice as _, Form};

fn read(rules: &Value) -> Rules {
    Rules::stored(&rules.to_string()).unwrap()
}

/// What a browser sends of a form it was shown.
fn pairs(parts: &[Part], row: &Row, group: &str, found: &mut Vec<(String, String)>) {
    for (place, part) in parts.iter().enumerate() {
        let id = id_of(group, part.name);
        let Kind::Rows(of) = &part.kind else {
            found.push((id, row.text(place).to_owned()));
            continue;
        };
        let rows = row.rows(place);
        found.push((format!("{id}-count"), rows.len().to_string()));
        for (index, row) in rows.iter().enumerate() {
            let id = format!("{id}-{index}");
            found.push((format!("{id}-key"), row.key.clone()));
            pairs(of.of, row, &id, found);
        }
    }
}

fn sent(section: Section, row: &Row, standing: &Row) -> Row {
    let mut found = Vec::new();
    pairs(section.parts(), row, "", &mut found);
    let mut row = Row::typed(section.parts(), &found.into_iter().collect());
    row.settle(section.parts(), standing);
    row
}

/// Through every form, each saved as it was shown.
fn round(rules: &Rules) -> Rules {
    let mut now = rules.clone();
    for section in Section::all(rules) {
        let standing = section.standing(&now);
        let row = sent(section, &standing, &standing);
        assert_eq!(row, standing);
        now = section.applied(&now, &row).unwrap();
    }
    now
}

#[test]
fn the_example_and_the_presets_come_back_as_they_are() {
    let now = Instant::parse("2026-11-23T09:00:00+08:00").unwrap();
    let presets = Preset::ALL
        .iter()
        .map(|(preset, _)| preset.rules(now).unwrap());
    for rules in presets.chain([read(&example())]) {
        assert_eq!(round(&rules), rules);
    }
}

/// Numbers thrown from a seed.
struct Dice(u64);

impl Dice {
    fn throw(&mut self, below: i64) -> i64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) as i64).rem_euclid(below)
    }

    fn name(&mut self) -> String {
        let letters = ["村", "𠮷", "🌾", "a", "<b>", "&", "\"", "-", " x"];
        (0..=self.throw(5))
            .map(|_| letters[self.throw(9) as usize])
            .collect::<String>()
            + "项"
    }

    /// So many weights that make a whole.
    fn weights(&mut self, count: i64) -> Vec<i64> {
        let mut left = 1000 - count;
        let mut weights: Vec<i64> = (1..count)
            .map(|_| {
                let part = self.throw(left + 1);
                left -= part;
                part + 1
            })
            .collect();
        weights.push(left + 1);
        weights
    }
}

/// Valid rules of every shape.
fn thrown(dice: &mut Dice) -> Value {
    let fields = ["village", "care", "other"];
    let mut second = 1_800_000_000;
    let mut later = |dice: &mut Dice| {
        second += 1 + dice.throw(9_000_000);
        Instant::from_millis(second * 1000).rfc3339()
    };
    let tracks: Vec<Value> = (0..=dice.throw(4))
        .map(|at| {
            let mut track = json!({"key": format!("t{at}"), "name": dice.name()});
            if dice.throw(2) == 0 {
                track["field"] = json!(fields[dice.throw(3) as usize]);
            }
            track
        })
        .collect();
    let questions: Vec<Value> = (0..=dice.throw(4))
        .map(|at| json!({"key": format!("q{at}"), "name": dice.name(), "limit": 1 + dice.throw(4000)}))
        .collect();
    let entries = json!({"opens_at": later(dice), "closes_at": later(dice), "fields": questions, "attachments": dice.throw(11)});
    let mut stages = Vec::new();
    if dice.throw(2) == 0 {
        stages.push(json!({"key": "e", "name": dice.name(), "kind": "eligibility", "opens_at": later(dice), "closes_at": later(dice), "weight": 0, "judges_per_entry": 0}));
    }
    let judged = 1 + dice.throw(4);
    let mut deciders = Vec::new();
    for (at, weight) in dice.weights(judged).into_iter().enumerate() {
        let kind = ["review", "roadshow"][dice.throw(2) as usize];
        let method = ["weighted_mean", "trimmed_mean", "severity_adjusted"][dice.throw(3) as usize];
        let trim = if method == "trimmed_mean" {
            1 + dice.throw(3)
        } else {
            0
        };
        let count = 1 + dice.throw(5);
        let criteria: Vec<Value> = dice.weights(count).into_iter().enumerate().map(|(at, weight)| {
            let min = dice.throw(5);
            json!({"key": format!("c{at}"), "name": dice.name(), "weight": weight, "min": min, "max": min + 9, "levels": [
                {"score": min, "words": dice.name()}, {"score": min + 1 + dice.throw(9), "words": dice.name()},
            ]})
        }).collect();
        deciders.push(json!({"stage": format!("s{at}")}));
        deciders.push(
            json!({"stage": format!("s{at}"), "criterion": format!("c{}", dice.throw(count))}),
        );
        let mut stage = json!({
            "key": format!("s{at}"), "name": dice.name(), "kind": kind, "opens_at": later(dice), "closes_at": later(dice),
            "weight": weight, "blind": kind == "review" && dice.throw(2) == 0, "judges_per_entry": 2 * trim + 1 + dice.throw(9),
            "method": method, "trim": trim, "criteria": criteria,
        });
        if at as i64 + 1 < judged && dice.throw(2) == 0 {
            stage["advance"] = json!(1 + dice.throw(100_000));
        }
        stages.push(stage);
    }
    let awards: Vec<Value> = (0..dice.throw(4))
        .map(|at| json!({"key": format!("a{at}"), "name": dice.name(), "quota": 1 + dice.throw(1000), "bars": dice.throw(2) == 0}))
        .collect();
    deciders.rotate_left(dice.throw(2) as usize);
    deciders.truncate(dice.throw(5) as usize);
    json!({
        "tracks": tracks, "entries": entries, "stages": stages, "awards": awards, "ties": deciders,
        "notice_days": 1 + dice.throw(90), "bar_past": dice.throw(2) == 0, "bar_elsewhere": dice.throw(2) == 0,
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn valid_rules_come_back_as_they_are(seed: u64) {
        let rules = read(&thrown(&mut Dice(seed)));
        prop_assert_eq!(rules.check(""), Ok(()));
        prop_assert_eq!(round(&rules), rules);
    }

    #[test]
    fn whatever_is_sent_is_answered(fields in proptest::collection::vec(("(stages|criteria|tracks|ties|awards|entries)(-(count|0|1|key|name|levels|weight|opens_at|by|fields)){0,4}", "[0-9]{1,20}|\\PC{0,9}"), 0..30)) {
        let rules = read(&example());
        let form: Form = fields.into_iter().collect();
        for section in Section::all(&rules) {
            let standing = section.standing(&rules);
            let mut row = Row::typed(section.parts(), &form);
            for act in ["more:tracks", "drop:stages-0", "up:stages-1", "more:criteria-0-levels", "drop:x-9", "up:-", "more:"] {
                row.act(section.parts(), &standing, act);
            }
            row.settle(section.parts(), &standing);
            if let Err(refused) = section.applied(&rules, &row) {
                section.faults(&row, &refused.faults, Lang::Zh);
            }
        }
    }
}

/// A section with one thing typed otherwise; what is wrong then, field by field.
fn wrong(section: Section, field: &str, typed: &str) -> Vec<(String, String)> {
    let rules = read(&example());
    let standing = section.standing(&rules);
    let mut found = Vec::new();
    pairs(section.parts(), &standing, "", &mut found);
    let known = found
        .iter_mut()
        .find(|(name, _)| name == field)
        .unwrap_or_else(|| panic!("{field}"));
    known.1 = typed.to_owned();
    let mut row = Row::typed(section.parts(), &found.into_iter().collect());
    row.settle(section.parts(), &standing);
    let errors = match section.applied(&rules, &row) {
        Ok(after) => section.own(&after.check("").err().unwrap_or_default(), &after),
        Err(refused) => refused.faults,
    };
    let faults = section.faults(&row, &errors, Lang::Zh).into_iter();
    faults.map(|fault| (fault.field, fault.detail)).collect()
}

#[test]
fn each_fault_is_told_at_its_field() {
    let cases = [
        (
            Section::Tracks,
            "tracks-0-name",
            "",
            "tracks-0-name",
            "请填写",
        ),
        (
            Section::Tracks,
            "tracks-count",
            "0",
            "tracks",
            "至少要有一项",
        ),
        (
            Section::Entries,
            "entries-fields-1-limit",
            "9999",
            "entries-fields-1-limit",
            "应为 1 到 4000 之间的整数",
        ),
        (
            Section::Schedule,
            "entries-closes_at",
            "2026-11-30T09:00",
            "entries-closes_at",
            "应晚于开始时间",
        ),
        (
            Section::Schedule,
            "stages-1-opens_at",
            "",
            "stages-1-opens_at",
            "请填写日期和时间",
        ),
        (
            Section::Schedule,
            "stages-1-opens_at",
            "2026-12-22T09:00",
            "stages-1-opens_at",
            "应在报名截止和上一阶段结束之后",
        ),
        (
            Section::Schedule,
            "stages-1-weight",
            "30",
            "stages",
            "占比（权重）相加应为 100%，现在是 90%",
        ),
        (
            Section::Schedule,
            "stages-0-weight",
            "0.5",
            "stages-0-weight",
            "资格审查不评分，不设此项",
        ),
        (
            Section::Stage(2),
            "judges_per_entry",
            "2",
            "trim",
            "只在去掉最高、最低分时填写，去掉的总数应少于评委人数",
        ),
        (
            Section::Stage(2),
            "blind",
            "yes",
            "blind",
            "路演当面进行，不能匿名",
        ),
        (
            Section::Stage(2),
            "advance",
            "3",
            "advance",
            "最后一个阶段没有晋级",
        ),
        (
            Section::Rubric(1),
            "criteria-1-weight",
            "50",
            "criteria",
            "占比（权重）相加应为 100%，现在是 90%",
        ),
        (
            Section::Rubric(1),
            "criteria-1-max",
            "9",
            "criteria-1-levels-1-score",
            "应在分值范围内，且不重复",
        ),
        (
            Section::Rubric(1),
            "criteria-0-levels-1-words",
            "",
            "criteria-0-levels-1-words",
            "请填写",
        ),
        (
            Section::Rubric(1),
            "criteria-0-levels-count",
            "1",
            "criteria-0-levels",
            "至少说明两个分值代表什么",
        ),
        (
            Section::Awards,
            "ties-1-by",
            "roadshow",
            "ties-1",
            "与前面的重复",
        ),
        (
            Section::Awards,
            "ties-1-by",
            "nothing",
            "ties-1",
            "没有这个评分阶段",
        ),
        (
            Section::Schedule,
            "notice_days",
            "一周",
            "notice_days",
            "应为 1 到 90 之间的整数",
        ),
    ];
    for (section, field, typed, at, detail) in cases {
        assert_eq!(
            wrong(section, field, typed),
            [(at.to_owned(), detail.to_owned())],
            "{field}: {typed}"
        );
    }
}

#[test]
fn rows_come_go_and_move_with_keys_of_their_own() {
    let rules = read(&example());
    let section = Section::Tracks;
    let standing = section.standing(&rules);
    let mut row = standing.clone();
    let parts = section.parts();
    let keys = |row: &Row| {
        row.rows_of(parts, "tracks")
            .iter()
            .map(|row| row.key.clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(
        row.act(parts, &standing, "more:tracks").as_deref(),
        Some("tracks-2")
    );
    assert_eq!(keys(&row)[2], "track_3");
    row.act(parts, &standing, "up:tracks-2");
    row.act(parts, &standing, "drop:tracks-0");
    assert_eq!(keys(&row), ["track_3", "open"]);
    // What was never filled in is none.
    row.settle(parts, &standing);
    assert_eq!(keys(&row), ["open"]);
}

#[test]
fn what_named_a_stage_goes_with_it() {
    let rules = read(&example());
    let section = Section::Schedule;
    let standing = section.standing(&rules);
    let mut row = standing.clone();
    row.act(section.parts(), &standing, "drop:stages-2");
    assert_eq!(section.lost_ties(&rules, &row), rules.ties[..1]);
    let after = section.applied(&rules, &row).unwrap();
    assert_eq!(after.ties[..], rules.ties[1..]);
    // The last stage lets nobody go on.
    assert_eq!(after.stages[1].advance, None);
}

#[test]
fn a_stage_that_comes_has_all_it_needs_but_a_name_and_a_weight() {
    let rules = read(&example());
    let section = Section::Schedule;
    let standing = section.standing(&rules);
    let mut row = standing.clone();
    row.act(section.parts(), &standing, "more:stages");
    let refused = section.applied(&rules, &row).unwrap_err();
    let faults = section.faults(&row, &refused.faults, Lang::En);
    assert_eq!(faults.len(), 1);
    assert_eq!(faults[0].field, "stages-3-name");
    let rest = refused.rest.unwrap();
    let faults = section.own(&rest.check("").unwrap_err(), &rest);
    let faults = section.faults(&row, &faults, Lang::En);
    let fields: Vec<&str> = faults.iter().map(|fault| fault.field.as_str()).collect();
    assert_eq!(fields, ["stages-3-weight"]);
    let own = rest.check("").unwrap_err();
    assert_eq!(own.in_lang(Lang::En).len(), 1, "{own:?}");
}
