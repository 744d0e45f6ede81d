//! The fields of a project, with what is wrong and what is missing beside them.

use maud::{Markup, html};

use super::{NUMBERS, Row, Sheet};
use crate::menu::{Field, Skill};
use crate::platform::i18n::Lang;
use crate::platform::page::{ask, text_input};
use crate::regions::Region;

/// Days of the week as rules name them.
const WEEKDAYS: [(&str, &str, &str); 7] = [
    ("MO", "周一", "Mon"),
    ("TU", "周二", "Tue"),
    ("WE", "周三", "Wed"),
    ("TH", "周四", "Thu"),
    ("FR", "周五", "Fri"),
    ("SA", "周六", "Sat"),
    ("SU", "周日", "Sun"),
];

/// What a page says beside the fields.
#[derive(Debug)]
pub struct Beside<'a> {
    /// In which language.
    pub lang: Lang,
    /// What is wrong, by field.
    pub faults: &'a [(String, String)],
    /// Parts still missing before the project can be published.
    pub missing: &'a [String],
    /// The divisions to choose from.
    pub regions: &'a [Region],
}

impl Beside<'_> {
    fn wrong(&self, name: &str) -> Option<String> {
        let mut all = self.faults.iter().filter(|(field, _)| field == name);
        let first = all.next()?.1.clone();
        Some(all.fold(first, |whole, (_, more)| {
            format!("{whole}{}{more}", self.lang.pick("；", "; "))
        }))
    }

    fn hint(&self, name: &str, hint: Option<&str>) -> Option<String> {
        let missing = self.missing.iter().any(|part| part == name);
        let missing = missing.then(|| self.lang.pick("发布前必须填写", "Needed before publishing"));
        match (missing, hint) {
            (Some(missing), Some(hint)) => {
                Some(format!("{missing}{}{hint}", self.lang.pick("。", ". ")))
            }
            (one, other) => one.or(other).map(str::to_owned),
        }
    }

    fn line(&self, sheet: &Sheet, name: &str, label: &str, hint: Option<&str>) -> Markup {
        let wrong = self.wrong(name);
        let input = text_input(
            name,
            "text",
            sheet.value(name),
            "off",
            wrong.is_some(),
            false,
        );
        let hint = self.hint(name, hint);
        ask(name, label, hint.as_deref(), wrong.as_deref(), &input)
    }

    fn prose(&self, sheet: &Sheet, name: &str, label: &str, hint: Option<&str>) -> Markup {
        let wrong = self.wrong(name);
        let hint = self.hint(name, hint);
        let rows = if name == "content" { "6" } else { "3" };
        let input = html! {
            textarea id=(name) name=(name) rows=(rows) aria-invalid=[wrong.as_ref().map(|_| "true")]
                aria-describedby=[wrong.as_ref().map(|_| format!("{name}-wrong"))] { (sheet.value(name)) }
        };
        ask(name, label, hint.as_deref(), wrong.as_deref(), &input)
    }

    fn typed(
        &self,
        sheet: &Sheet,
        name: &str,
        kind: &str,
        label: &str,
        hint: Option<&str>,
    ) -> Markup {
        let wrong = self.wrong(name);
        let input = text_input(name, kind, sheet.value(name), "off", wrong.is_some(), false);
        let hint = self.hint(name, hint);
        ask(name, label, hint.as_deref(), wrong.as_deref(), &input)
    }
}

/// All fields of a project.
pub fn fields(sheet: &Sheet, beside: &Beside<'_>) -> Markup {
    let lang = beside.lang;
    html! {
        (beside.line(sheet, "title", lang.pick("名称", "Title"), None))
        (choices(sheet, beside))
        (beside.line(sheet, "summary", lang.pick("一句话介绍", "One line for the menu"), None))
        (beside.prose(sheet, "content", lang.pick("做什么，为谁做", "What volunteers do, and for whom"), None))
        (beside.line(sheet, "place", lang.pick("集合地点", "Where to come"), None))
        (beside.prose(sheet, "conditions", lang.pick("招募条件", "Who may come"), None))
        (beside.prose(sheet, "how_to_sign_up", lang.pick("怎样报名", "How to sign up"), None))
        (beside.prose(sheet, "risks", lang.pick("可能的风险", "What could go wrong"), None))
        (beside.prose(sheet, "safeguards", lang.pick("安全保障", "What is done about it"), None))
        (beside.prose(sheet, "what_to_bring", lang.pick("请带什么（可不填）", "What to bring (optional)"), None))
        (details(sheet, beside))
        h2 #shifts { (lang.pick("班次", "Shifts")) }
        @if let Some(hint) = beside.hint("shifts", None) { p.hint { (hint) } }
        @if let Some(wrong) = beside.wrong("shifts") { p.wrong { (wrong) } }
        input type="hidden" name="rows" value=(sheet.rows.len());
        @for (index, row) in sheet.rows.iter().enumerate() { (row_fields(row, index, beside)) }
        div.actions { button.quiet name="do" value="row" { (lang.pick("再加一班", "Add a shift")) } }
        (repeat_fields(sheet, beside))
    }
}

fn choices(sheet: &Sheet, beside: &Beside<'_>) -> Markup {
    let lang = beside.lang;
    let field = html! {
        select id="field" name="field" aria-invalid=[beside.wrong("field").map(|_| "true")] {
            option value="" { (lang.pick("请选择", "Choose")) }
            @for field in Field::all() {
                option value=(field.word()) selected[sheet.value("field") == field.word()] { (field.name(lang)) }
            }
        }
    };
    let chosen = sheet.value("region");
    let offered = beside.regions.iter().any(|region| region.code == chosen);
    let region = html! {
        select id="region" name="region" aria-invalid=[beside.wrong("region").map(|_| "true")] {
            option value="" { (lang.pick("请选择", "Choose")) }
            @for region in beside.regions {
                option value=(region.code) selected[region.code == chosen] {
                    @match region.code.len() { 6 => "\u{3000}", 9 => "\u{3000}\u{3000}", _ => "" }
                    (region.name)
                }
            }
            @if !offered && !chosen.is_empty() { option value=(chosen) selected { (chosen) } }
        }
    };
    let towns = lang.pick(
        "选到县并保存后，可再选乡镇",
        "Towns can be chosen once the county is saved",
    );
    html! {
        (ask("field", lang.pick("领域", "Field"), beside.hint("field", None).as_deref(),
            beside.wrong("field").as_deref(), &field))
        (ask("region", lang.pick("地区", "Region"), beside.hint("region", Some(towns)).as_deref(),
            beside.wrong("region").as_deref(), &region))
    }
}

fn details(sheet: &Sheet, beside: &Beside<'_>) -> Markup {
    let lang = beside.lang;
    let names = NUMBERS.iter().chain(&["sign_up_opens_at", "skills"]);
    let open = names.clone().any(|name| beside.wrong(name).is_some());
    html! {
        details open[open] {
            summary { (lang.pick("年龄、技能、审核与时限", "Ages, skills, approval and times")) }
            (beside.typed(sheet, "min_age", "number", lang.pick("最低年龄（周岁）", "Youngest age"),
                Some(lang.pick("不填为 14", "14 when left out"))))
            fieldset {
                legend { (lang.pick("需要的技能", "Skills needed")) }
                div.ticks { @for skill in Skill::all() {
                    label.tick {
                        input type="checkbox" name="skill" value=(skill.word()) checked[sheet.skills.contains(&skill)];
                        (skill.name(lang))
                    }
                } }
            }
            label.tick {
                input type="checkbox" name="approval" value="required" checked[sheet.value("approval") == "required"];
                (lang.pick("报名要经组织者审核", "Each sign-up needs the organizer's approval"))
            }
            (beside.typed(sheet, "sign_up_opens_at", "datetime-local", lang.pick("何时开放报名", "When sign-up opens"),
                Some(lang.pick("不填为立即", "At once when left out"))))
            (beside.typed(sheet, "sign_up_closes_minutes", "number",
                lang.pick("开始前多少分钟截止报名", "Sign-up closes so many minutes before"),
                Some(lang.pick("不填为 0", "0 when left out"))))
            (beside.typed(sheet, "cancel_until_minutes", "number",
                lang.pick("开始前多少分钟内不能自行取消", "No cancelling by oneself so many minutes before"),
                Some(lang.pick("不填为 1440，即一天", "1440, a day, when left out"))))
            (beside.typed(sheet, "travel_minutes", "number", lang.pick("路上大约多少分钟", "Minutes to get there"),
                Some(lang.pick("不填为 30", "30 when left out"))))
        }
    }
}

fn row_fields(row: &Row, index: usize, beside: &Beside<'_>) -> Markup {
    let lang = beside.lang;
    let wrong = beside.wrong(&format!("shift-{index}"));
    let name = |part: &str| format!("shift-{index}-{part}");
    let open = row.reference.is_none() || wrong.is_some() || row.is_off != row.was_off;
    let input = |part: &str, kind: &str, label: &str, value: &str| {
        let field = name(part);
        html! {
            label { (label) input type=(kind) name=(field) value=(value) autocomplete="off"
                min=[(kind == "number").then_some("0")]; }
        }
    };
    html! {
        details.row open[open] {
            summary {
                span class=[row.is_off.then_some("struck")] { (row.summary(lang)) }
                @if row.held > 0 { " · " (row.held) (lang.pick(" 人已报名", " signed up")) }
            }
            @if let Some(reference) = &row.reference { input type="hidden" name=(name("ref")) value=(reference); }
            @if let Some(wrong) = &wrong { p.wrong { (wrong) } }
            div.filters {
                (input("day", "date", lang.pick("日期", "Day"), &row.day))
                (input("role", "text", lang.pick("岗位", "Role"), &row.role))
                (input("from", "time", lang.pick("从", "From"), &row.from))
                (input("to", "time", lang.pick("到", "To"), &row.to))
                (input("capacity", "number", lang.pick("人数", "Seats"), &row.capacity))
                (input("waitlist", "number", lang.pick("候补", "Waiting list"), &row.waitlist))
            }
            @if row.reference.is_some() {
                @if row.held == 0 {
                    label.tick { input type="checkbox" name=(name("out")) value="1" checked[row.is_left_out];
                        (lang.pick("删去这一班", "Leave this shift out")) }
                }
                label.tick { input type="checkbox" name=(name("off")) value="1" checked[row.is_off];
                    (lang.pick("取消这一班", "Call this shift off")) }
                @if row.held > 0 {
                    (input("reason", "text", lang.pick("更改或取消的原因，会告知已报名的人", "Why it is moved or called off; those signed up are told"), &row.reason))
                }
            }
        }
    }
}

fn repeat_fields(sheet: &Sheet, beside: &Beside<'_>) -> Markup {
    let lang = beside.lang;
    let wrong = beside.wrong("repeat");
    let input = |part: &str, kind: &str, label: &str| {
        let name = format!("repeat-{part}");
        html! {
            label { (label) input type=(kind) name=(name) value=(sheet.value(&name)) autocomplete="off"
                min=[(kind == "number").then_some("0")]; }
        }
    };
    html! {
        details open[wrong.is_some() || sheet.repeats()] {
            summary { (lang.pick("每周重复的班次", "Shifts every week")) }
            span.hint { (lang.pick(
                "保存后逐班列出，放假的那几天可以单独删去。",
                "They are listed one by one once saved; leave out days off there.",
            )) }
            @if let Some(wrong) = wrong { p.wrong { (wrong) } }
            fieldset {
                legend { (lang.pick("每逢", "On")) }
                div.ticks { @for (word, zh, en) in WEEKDAYS {
                    label.tick {
                        input type="checkbox" name="repeat-day" value=(word)
                            checked[sheet.weekdays.iter().any(|day| day == word)];
                        (lang.pick(zh, en))
                    }
                } }
            }
            div.filters {
                label {
                    (lang.pick("间隔", "Every"))
                    select name="repeat-every" {
                        option value="1" { (lang.pick("每周", "week")) }
                        option value="2" selected[sheet.value("repeat-every") == "2"] { (lang.pick("每两周", "second week")) }
                    }
                }
                (input("role", "text", lang.pick("岗位", "Role")))
                (input("first", "date", lang.pick("从哪天起", "First day")))
                (input("until", "date", lang.pick("到哪天止", "Last day")))
                (input("from", "time", lang.pick("从", "From")))
                (input("to", "time", lang.pick("到", "To")))
                (input("capacity", "number", lang.pick("人数", "Seats")))
                (input("waitlist", "number", lang.pick("候补", "Waiting list")))
            }
        }
    }
}
