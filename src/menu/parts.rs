//! What people call the parts of a project: the same words beside a form's fields, above a
//! spreadsheet's columns and where something is wrong.

use crate::platform::i18n::Lang;

/// Parts of a project, by their name in the API, in the order of the form.
const PROJECT: [(&str, &str, &str); 21] = [
    ("client_ref", "编号", "Reference"),
    ("title", "项目名称", "Title"),
    ("field", "重点领域", "Field"),
    ("summary", "一句话简介", "One line for the menu"),
    ("content", "服务内容", "What volunteers do, and for whom"),
    ("region", "行政区划", "Region"),
    ("place", "服务地点", "Where to come"),
    ("conditions", "参加条件", "Who may come"),
    ("how_to_sign_up", "报名方式", "How to sign up"),
    ("risks", "风险提示", "What could go wrong"),
    ("safeguards", "安全保障", "What is done about it"),
    ("what_to_bring", "自备物品", "What to bring"),
    ("min_age", "最低年龄", "Youngest age"),
    ("skills", "所需技能", "Skills needed"),
    ("sign_up_opens_at", "报名开始时间", "When sign-up opens"),
    ("sign_up_closes_minutes", "报名截止", "Sign-up closes"),
    (
        "cancel_until_minutes",
        "可自行取消",
        "Cancelling by oneself",
    ),
    ("travel_minutes", "路程", "Time to get there"),
    ("approval", "报名审核", "Approval of sign-ups"),
    ("shifts", "班次", "Shifts"),
    ("change_reason", "变更原因", "Why it changes"),
];

/// Parts of a shift, by their name in the API.
const SHIFT: [(&str, &str, &str); 6] = [
    ("role", "岗位", "Role"),
    ("starts_at", "开始时间", "Starts"),
    ("ends_at", "结束时间", "Ends"),
    ("capacity", "名额", "Seats"),
    ("waitlist", "候补名额", "Waiting list"),
    ("change_reason", "变更原因", "Why it changes"),
];

fn name(parts: &'static [(&str, &str, &str)], part: &str, lang: Lang) -> Option<&'static str> {
    parts
        .iter()
        .find(|(known, ..)| *known == part)
        .map(|(_, zh, en)| lang.pick(*zh, *en))
}

/// What a part of a project is called.
pub fn project_part(part: &str, lang: Lang) -> Option<&'static str> {
    name(&PROJECT, part, lang)
}

/// Where a part of a project stands among them; behind all when it is not one.
pub fn project_position(part: &str) -> usize {
    let known = PROJECT.iter().position(|(known, ..)| *known == part);
    known.unwrap_or(PROJECT.len())
}

/// What a part of a shift is called.
pub fn shift_part(part: &str, lang: Lang) -> Option<&'static str> {
    name(&SHIFT, part, lang)
}
