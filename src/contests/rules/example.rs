//! Rules to begin with.

use serde_json::{Value, json};

/// Rules as contests have them: eligibility, paper review, roadshow. What the OpenAPI
/// document shows, and tests begin with.
pub fn example() -> Value {
    let levels = json!([
        {"score": 0, "words": "没有说明"},
        {"score": 10, "words": "经实地走访核实，有数据支撑"},
    ]);
    let criterion = |key: &str, name: &str, weight: i64| json!({"key": key, "name": name, "weight": weight, "min": 0, "max": 10, "levels": levels});
    json!({
        "tracks": [
            {"key": "education", "name": "乡村教育", "field": "education"},
            {"key": "open", "name": "综合"},
        ],
        "entries": {
            "opens_at": "2026-12-01T09:00:00+08:00", "closes_at": "2026-12-20T18:00:00+08:00",
            "fields": [
                {"key": "need", "name": "服务需求", "limit": 500},
                {"key": "effect", "name": "项目成效", "limit": 800},
            ],
            "attachments": 3,
        },
        "stages": [
            {"key": "eligibility", "name": "资格审查", "kind": "eligibility",
             "opens_at": "2026-12-20T18:00:00+08:00", "closes_at": "2026-12-25T18:00:00+08:00",
             "weight": 0, "judges_per_entry": 0},
            {"key": "paper", "name": "书面评审", "kind": "review",
             "opens_at": "2026-12-26T09:00:00+08:00", "closes_at": "2027-01-05T18:00:00+08:00",
             "weight": 400, "blind": true, "judges_per_entry": 7,
             "method": "severity_adjusted", "advance": 12,
             "criteria": [criterion("need", "需求", 400), criterion("effect", "成效", 600)]},
            {"key": "roadshow", "name": "路演", "kind": "roadshow",
             "opens_at": "2027-01-10T09:00:00+08:00", "closes_at": "2027-01-10T18:00:00+08:00",
             "weight": 600, "judges_per_entry": 9, "method": "trimmed_mean", "trim": 1,
             "criteria": [criterion("show", "展示", 1000)]},
        ],
        "awards": [
            {"key": "gold", "name": "金奖", "quota": 1, "bars": true},
            {"key": "silver", "name": "银奖", "quota": 2},
        ],
        "ties": [{"stage": "roadshow"}, {"stage": "paper", "criterion": "effect"}],
        "notice_days": 7, "bar_past": true, "bar_elsewhere": true,
    })
}

/// The same, amended before entries open.
pub fn amendment_example() -> Value {
    let mut rules = example();
    if let Some(judges) = rules.pointer_mut("/stages/1/judges_per_entry") {
        *judges = json!(5);
    }
    rules
}
