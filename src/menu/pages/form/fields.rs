//! The fields of a project, with what is wrong and what is missing beside them.

use maud::{Markup, html};

use super::faults::input_name;
use super::row::Row;
use super::{NUMBERS, Sheet};
use crate::menu::parts::project_part;
use crate::menu::{Field, Skill};
use crate::platform::faults::{self, Fault};
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
    pub faults: &'a [Fault],
    /// Parts still missing before the project can be published.
    pub missing: &'a [String],
    /// The divisions to choose from.
    pub regions: &'a [Region],
}

impl Beside<'_> {
    fn wrong(&self, field: &str) -> Option<String> {
        faults::wrong(self.faults, field, self.lang)
    }

    /// Whether anything is wrong below a heading: `shift-0`, `shift-0-day` …
    fn is_wrong_below(&self, group: &str) -> bool {
        self.faults.iter().any(|fault| {
            let rest = fault.field.strip_prefix(group);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
        })
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

    fn name(&self, part: &str) -> &'static str {
        project_part(part, self.lang).unwrap_or_default()
    }

    fn line(&self, sheet: &Sheet, name: &str, hint: Option<&str>) -> Markup {
        self.typed(name, "text", self.name(name), hint, sheet.value(name))
    }

    fn prose(&self, sheet: &Sheet, name: &str, optional: bool) -> Markup {
        let wrong = self.wrong(name);
        let hint = optional.then(|| self.lang.pick("可不填", "Optional"));
        let hint = self.hint(name, hint);
        let rows = if name == "content" { "6" } else { "3" };
        let input = html! {
            textarea id=(name) name=(name) rows=(rows) aria-invalid=[wrong.as_ref().map(|_| "true")]
                aria-describedby=[wrong.as_ref().map(|_| format!("{name}-wrong"))] { (sheet.value(name)) }
        };
        ask(
            name,
            self.name(name),
            hint.as_deref(),
            wrong.as_deref(),
            &input,
        )
    }

    /// One input with its label, its hint and what is wrong with it.
    pub fn typed(
        &self,
        name: &str,
        kind: &str,
        label: &str,
        hint: Option<&str>,
        value: &str,
    ) -> Markup {
        let wrong = self.wrong(name);
        let input = text_input(name, kind, value, "off", wrong.is_some(), false);
        let hint = self.hint(name, hint);
        ask(name, label, hint.as_deref(), wrong.as_deref(), &input)
    }

    /// One input of a shift, or of shifts that repeat.
    fn part(&self, group: &str, part: &str, kind: &str, hint: Option<&str>, value: &str) -> Markup {
        let label = input_name(part, self.lang).unwrap_or_default();
        self.typed(&format!("{group}-{part}"), kind, label, hint, value)
    }
}

/// All fields of a project.
pub fn fields(sheet: &Sheet, beside: &Beside<'_>) -> Markup {
    let lang = beside.lang;
    html! {
        (beside.line(sheet, "title", None))
        (choices(sheet, beside))
        (beside.line(sheet, "summary", None))
        (beside.prose(sheet, "content", false))
        (beside.line(sheet, "place", None))
        (beside.prose(sheet, "conditions", false))
        (beside.prose(sheet, "how_to_sign_up", false))
        (beside.prose(sheet, "risks", false))
        (beside.prose(sheet, "safeguards", false))
        (beside.prose(sheet, "what_to_bring", true))
        (details(sheet, beside))
        h2 #shifts { (beside.name("shifts")) }
        @let clock = lang.pick("时间按 24 小时制填写；过夜的班次，结束时间填次日的钟点", "A shift through the night ends at the time of the next day");
        @if let Some(hint) = beside.hint("shifts", Some(clock)) { p.hint { (hint) } }
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
        select id="field" name="field" aria-invalid=[beside.wrong("field").map(|_| "true")]
            aria-describedby=[beside.wrong("field").map(|_| "field-wrong")] {
            option value="" { (lang.pick("请选择", "Choose")) }
            @for field in Field::all() {
                option value=(field.word()) selected[sheet.value("field") == field.word()] { (field.name(lang)) }
            }
        }
    };
    let chosen = sheet.value("region");
    let offered = beside.regions.iter().any(|region| region.code == chosen);
    let region = html! {
        select id="region" name="region" aria-invalid=[beside.wrong("region").map(|_| "true")]
            aria-describedby=[beside.wrong("region").map(|_| "region-wrong")] {
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
        (ask("field", beside.name("field"), beside.hint("field", None).as_deref(),
            beside.wrong("field").as_deref(), &field))
        (ask("region", beside.name("region"), beside.hint("region", Some(towns)).as_deref(),
            beside.wrong("region").as_deref(), &region))
    }
}

fn details(sheet: &Sheet, beside: &Beside<'_>) -> Markup {
    let lang = beside.lang;
    let mut names = NUMBERS.iter().chain(&["sign_up_opens_at", "skills"]);
    let open = names.any(|name| beside.wrong(name).is_some());
    let minutes = |name: &str, zh: &str, en: &str, hint: &str| {
        let label = format!("{}{}", beside.name(name), lang.pick(zh, en));
        beside.typed(name, "number", &label, Some(hint), sheet.value(name))
    };
    html! {
        details open[open] {
            summary { (lang.pick("年龄、技能、审核与时限", "Ages, skills, approval and times")) }
            (beside.typed("min_age", "number", &format!("{}{}", beside.name("min_age"), lang.pick("（周岁）", "")),
                Some(lang.pick("不填为 14", "14 when left out")), sheet.value("min_age")))
            fieldset #skills {
                legend { (beside.name("skills")) }
                @if let Some(wrong) = beside.wrong("skills") { span.wrong { (wrong) } }
                div.ticks { @for skill in Skill::all() {
                    label.tick {
                        input type="checkbox" name="skill" value=(skill.word()) checked[sheet.skills.contains(&skill)];
                        (skill.name(lang))
                    }
                } }
            }
            label.tick {
                input #approval type="checkbox" name="approval" value="required" checked[sheet.value("approval") == "required"];
                (lang.pick("报名须经组织者审核", "Each sign-up needs the organizer's approval"))
            }
            (beside.typed("sign_up_opens_at", "datetime-local", beside.name("sign_up_opens_at"),
                Some(lang.pick("不填则发布后立即开放", "At once when left out")), sheet.value("sign_up_opens_at")))
            (minutes("sign_up_closes_minutes", "（开始前多少分钟）", ", minutes before the start",
                lang.pick("60 分钟即一小时；不填为 0，开始前都可报名", "0 when left out: until the start")))
            (minutes("cancel_until_minutes", "（最迟到开始前多少分钟）", ", minutes before the start",
                lang.pick("不填为 1440，即提前一天；之后取消须组织者同意", "1440, a day, when left out; later the organizer decides")))
            (minutes("travel_minutes", "（大约多少分钟）", ", in minutes",
                lang.pick("不填为 30；用来提醒志愿者两个班次离得太近", "30 when left out; warns volunteers of shifts too close together")))
        }
    }
}

fn row_fields(row: &Row, index: usize, beside: &Beside<'_>) -> Markup {
    let lang = beside.lang;
    let group = format!("shift-{index}");
    let name = |part: &str| format!("{group}-{part}");
    let open =
        row.reference.is_none() || beside.is_wrong_below(&group) || row.is_off != row.was_off;
    let input = |part: &str, kind: &str, value: &str| beside.part(&group, part, kind, None, value);
    html! {
        details.row #(group) open[open] {
            summary {
                span class=[row.is_off.then_some("struck")] { (row.summary(lang)) }
                @if row.held > 0 { " · " (row.held) (lang.pick(" 人已报名", " signed up")) }
            }
            @if let Some(reference) = &row.reference { input type="hidden" name=(name("ref")) value=(reference); }
            @if let Some(wrong) = beside.wrong(&group) { p.wrong { (wrong) } }
            div.filters {
                (input("day", "date", &row.day))
                (input("role", "text", &row.role))
                (input("from", "time", &row.from))
                (input("to", "time", &row.to))
                (input("capacity", "number", &row.capacity))
                (input("waitlist", "number", &row.waitlist))
            }
            @if row.reference.is_some() {
                @if row.held == 0 {
                    label.tick { input type="checkbox" name=(name("out")) value="1" checked[row.is_left_out];
                        (lang.pick("删去这一班", "Leave this shift out")) }
                }
                label.tick { input type="checkbox" name=(name("off")) value="1" checked[row.is_off];
                    (lang.pick("取消这一班", "Call this shift off")) }
                @if row.held > 0 {
                    (beside.part(&group, "reason", "text",
                        Some(lang.pick("改期或取消时必填，会告知已报名的人", "Needed to move or call it off; those signed up are told")), &row.reason))
                }
            }
        }
    }
}

fn repeat_fields(sheet: &Sheet, beside: &Beside<'_>) -> Markup {
    let lang = beside.lang;
    let input = |part: &str, kind: &str| {
        let value = sheet.value(&format!("repeat-{part}"));
        beside.part("repeat", part, kind, None, value)
    };
    html! {
        details #repeat open[beside.is_wrong_below("repeat") || sheet.repeats()] {
            summary { (lang.pick("每周重复的班次", "Shifts every week")) }
            span.hint { (lang.pick(
                "保存后会逐班列出，遇到放假可单独删去。",
                "They are listed one by one once saved; leave out days off there.",
            )) }
            @if let Some(wrong) = beside.wrong("repeat") { p.wrong { (wrong) } }
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
                div.ask {
                    label for="repeat-every" { (lang.pick("间隔", "Every")) }
                    select #repeat-every name="repeat-every" {
                        option value="1" { (lang.pick("每周", "week")) }
                        option value="2" selected[sheet.value("repeat-every") == "2"] { (lang.pick("每两周", "second week")) }
                    }
                }
                (input("role", "text"))
                (input("first", "date"))
                (input("until", "date"))
                (input("from", "time"))
                (input("to", "time"))
                (input("capacity", "number"))
                (input("waitlist", "number"))
            }
        }
    }
}
