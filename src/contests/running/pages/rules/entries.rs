//! What an organization hands in.

use serde_json::json;

use super::part::{Blank, Part, Rows};
use crate::contests::rules::MOST_FIELDS;

/// What is filled in.
pub static PARTS: &[Part] = &[
    Part::rows(
        "entries/fields",
        "填写项",
        "Questions",
        Rows {
            of: &[
                Part::line::<40>("name", "请参赛组织写什么", "What to write of"),
                Part::number("limit", ("最多多少字", "Characters at most"), 1, 4000, Blank::Wrong)
                    .said("{} 字以内", "{} characters at most"),
            ],
            most: MOST_FIELDS,
            one: ("填写项", "Question"),
            key: Some("question"),
            begins: |_| json!({"limit": 500}),
        },
    )
    .hint(
        "由参赛组织自己填写。服务时长、人次等由系统从服务记录读取，不用在这里问。",
        "In the organization's own words. Hours and people come from the service records, and need no question.",
    ),
    Part::number(
        "entries/attachments",
        ("可附几个链接", "Links it may carry"),
        0,
        10,
        Blank::Zero,
    )
    .under("附件", "Attachments")
    .hint("0 到 10，不填为 0", "0 to 10; none when left out")
    .said("附件链接最多 {} 个", "{} links at most"),
];
