//! What judges of a stage look at, and what their scores mean.

use serde_json::{Value, json};

use super::part::{Blank, Part, Rows};
use crate::contests::rules::{MOST_CRITERIA, MOST_LEVELS};

/// What is filled in.
pub static PARTS: &[Part] = &[Part::rows(
    "criteria",
    "评分项",
    "Criteria",
    Rows {
        of: &[
            Part::line::<40>("name", "名称", "Name"),
            Part::percent(
                "weight",
                ("占本阶段（%）", "Of the stage (%)"),
                Blank::Wrong,
            ),
            Part::number("min", ("最低分", "Lowest score"), 0, 1000, Blank::Wrong)
                .said("{} 分起", "from {}"),
            Part::number("max", ("最高分", "Highest score"), 1, 1000, Blank::Wrong)
                .said("满分 {}", "to {}"),
            Part::rows("levels", "分值说明", "What scores mean", LEVELS).hint(
                "至少说明两个分值，评委照着打分",
                "Two scores at least, for judges to go by",
            ),
        ],
        most: MOST_CRITERIA,
        one: ("评分项", "Criterion"),
        key: Some("criterion"),
        begins: |_| criterion(),
    },
)
.hint(
    "各项占比相加应为 100%。",
    "What they count adds up to 100%.",
)];

const LEVELS: Rows = Rows {
    of: &[
        Part::number("score", ("分值", "Score"), 0, 1000, Blank::Wrong).said("{} 分", "{}"),
        Part::prose::<120>("words", "什么情况打这个分", "When to give it"),
    ],
    most: MOST_LEVELS,
    one: ("分值", "Score"),
    key: None,
    begins: |_| json!({}),
};

/// What a new criterion begins as.
fn criterion() -> Value {
    json!({"min": 0, "max": 10, "levels": [{"score": 0}, {"score": 6}, {"score": 10}]})
}

/// A rubric for a stage that has none yet; it stands as it is.
pub fn starter() -> Value {
    json!([{
        "key": "criterion_1", "name": "综合评价", "weight": 1000, "min": 0, "max": 10, "levels": [
            {"score": 0, "words": "不符合要求"},
            {"score": 6, "words": "基本符合要求"},
            {"score": 10, "words": "完全符合要求，表现突出"},
        ],
    }])
}
