//! A project as a form: from what stands or was typed, and back into a body.

use maud::{Markup, html};
use serde_json::{Map, Value, json};

use crate::menu::document::Document;
use crate::menu::notice::MOST_SHIFTS;
use crate::menu::store::{ProjectRow, ShiftRow};
use crate::menu::{Field, ProjectState, ShiftState, Skill};
use crate::platform::clock::{Instant, day_after, day_words, parse_date, span_words};
use crate::platform::fields::FieldErrors;
use crate::platform::i18n::Lang;
use crate::platform::input::{Choice as _, Form};
use crate::platform::page::{ask, text_input};
use crate::regions::Region;

/// Parts that are text, and travel under their own names.
const TEXTS: [&str; 11] = [
    "title",
    "field",
    "summary",
    "content",
    "region",
    "place",
    "conditions",
    "how_to_sign_up",
    "risks",
    "safeguards",
    "what_to_bring",
];

/// Parts that are numbers.
const NUMBERS: [&str; 4] = [
    "min_age",
    "sign_up_closes_minutes",
    "cancel_until_minutes",
    "travel_minutes",
];

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

/// A shift as it stands in the form.
#[derive(Clone, Debug, Default)]
struct Row {
    /// Of a shift that stands already.
    reference: Option<String>,
    role: String,
    day: String,
    from: String,
    to: String,
    capacity: String,
    waitlist: String,
    reason: String,
    is_off: bool,
    is_left_out: bool,
    /// Volunteers on it, and whether it was off before.
    held: i64,
    was_off: bool,
}

/// What stands in the form.
#[derive(Clone, Debug, Default)]
pub struct Sheet {
    values: Map<String, Value>,
    skills: Vec<Skill>,
    rows: Vec<Row>,
    /// Days of the week of a rule, and its other fields.
    weekdays: Vec<String>,
}

impl Sheet {
    /// A new project, which lacks everything.
    pub fn empty() -> Self {
        Self {
            rows: vec![Row::default()],
            ..Self::default()
        }
    }

    /// A project as it stands. What is over is not in the form, and stays as it is.
    pub fn standing(project: &ProjectRow, shifts: &[ShiftRow], now: Instant) -> Self {
        let parts = Document::standing(project, shifts).into_parts();
        let mut sheet = Self {
            skills: project.skills.clone(),
            ..Self::default()
        };
        for name in TEXTS.into_iter().chain(NUMBERS) {
            let text = match parts.get(name) {
                Some(Value::String(text)) => text.clone(),
                Some(other) => other.to_string(),
                None => continue,
            };
            sheet.values.insert(name.to_owned(), text.into());
        }
        if let Some(opens) = project.sign_up_opens_at {
            let text = opens.local().strftime("%Y-%m-%dT%H:%M").to_string();
            sheet
                .values
                .insert("sign_up_opens_at".to_owned(), text.into());
        }
        let ahead = shifts.iter().filter(|shift| shift.ends_at > now);
        sheet.rows = ahead.take(MOST_SHIFTS).map(Row::standing).collect();
        if sheet.rows.is_empty() {
            sheet.rows.push(Row::default());
        }
        sheet
    }

    /// What was typed; how many are on each shift is known from what stands.
    pub fn typed(form: &Form, shifts: &[ShiftRow]) -> Self {
        let mut sheet = Self {
            skills: form.all("skill").filter_map(Skill::from_word).collect(),
            weekdays: form.all("repeat-day").map(str::to_owned).collect(),
            ..Self::default()
        };
        let others = [
            "client_ref",
            "sign_up_opens_at",
            "change_reason",
            "repeat-first",
            "repeat-until",
            "repeat-every",
            "repeat-from",
            "repeat-to",
            "repeat-role",
            "repeat-capacity",
            "repeat-waitlist",
        ];
        for name in TEXTS.into_iter().chain(NUMBERS).chain(others) {
            if let Some(text) = form.get(name) {
                sheet.values.insert(name.to_owned(), text.into());
            }
        }
        let rows = form.get("rows").and_then(|rows| rows.parse().ok());
        for index in 0..rows.unwrap_or(0).min(MOST_SHIFTS + 1) {
            sheet.rows.push(Row::typed(form, index, shifts));
        }
        sheet
    }

    /// Room for one more shift.
    pub fn add_row(&mut self) {
        if self.rows.len() < MOST_SHIFTS {
            self.rows.push(Row::default());
        }
    }

    /// What was typed into a field.
    pub fn value(&self, name: &str) -> &str {
        self.values
            .get(name)
            .and_then(Value::as_str)
            .unwrap_or_default()
    }

    /// The parts of a body in this state; shifts in `over` are kept as they are.
    pub fn parts(&self, state: ProjectState, over: &[Value]) -> Map<String, Value> {
        let mut parts = Map::new();
        parts.insert("state".to_owned(), json!(state));
        for name in TEXTS {
            let text = self.value(name);
            if !text.is_empty() {
                parts.insert(name.to_owned(), text.into());
            }
        }
        for name in NUMBERS {
            let text = self.value(name);
            if !text.is_empty() {
                parts.insert(name.to_owned(), number(text));
            }
        }
        let opens = self.value("sign_up_opens_at");
        if !opens.is_empty() {
            let text = format!("{}:00+08:00", opens.get(..16).unwrap_or(opens));
            parts.insert("sign_up_opens_at".to_owned(), text.into());
        }
        let reason = self.value("change_reason");
        if !reason.is_empty() {
            parts.insert("change_reason".to_owned(), reason.into());
        }
        parts.insert("skills".to_owned(), json!(self.skills));
        let mut shifts = over.to_vec();
        let mut taken: Vec<String> = self
            .rows
            .iter()
            .filter_map(|row| row.reference.clone())
            .collect();
        taken.extend(
            over.iter()
                .filter_map(|shift| shift["ref"].as_str().map(str::to_owned)),
        );
        for row in self.rows.iter().filter(|row| row.is_there()) {
            shifts.push(row.shift(&mut taken));
        }
        parts.insert("shifts".to_owned(), shifts.into());
        if self.repeats() {
            parts.insert("repeats".to_owned(), json!([self.repeat()]));
        }
        parts
    }

    fn repeats(&self) -> bool {
        !self.weekdays.is_empty()
            || ["repeat-first", "repeat-until", "repeat-from", "repeat-to"]
                .iter()
                .any(|name| !self.value(name).is_empty())
    }

    fn repeat(&self) -> Value {
        let (from, to) = (self.value("repeat-from"), self.value("repeat-to"));
        let first = self.value("repeat-first");
        let mut rule = format!(
            "FREQ=WEEKLY;UNTIL={}",
            self.value("repeat-until").replace('-', "")
        );
        if self.value("repeat-every") == "2" {
            rule.push_str(";INTERVAL=2");
        }
        if !self.weekdays.is_empty() {
            rule.push_str(";BYDAY=");
            rule.push_str(&self.weekdays.join(","));
        }
        let mut repeat = json!({
            "ref": format!("w{}", from.replace(':', "")),
            "rule": rule,
            "role": self.value("repeat-role"),
            "starts_at": at(first, from),
            "ends_at": end(first, from, to),
            "capacity": number(self.value("repeat-capacity")),
        });
        let waitlist = self.value("repeat-waitlist");
        if !waitlist.is_empty() {
            repeat["waitlist"] = number(waitlist);
        }
        repeat
    }

    /// Errors of a body's parts, under the names of this form. `over` shifts come first
    /// in the body and are not in the form.
    pub fn faults(&self, errors: &FieldErrors, over: usize, lang: Lang) -> Vec<(String, String)> {
        let there: Vec<usize> = (0..self.rows.len())
            .filter(|index| self.rows.get(*index).is_some_and(Row::is_there))
            .collect();
        errors
            .in_lang(lang)
            .into_iter()
            .map(|fault| {
                let mut steps = fault.pointer.split('/').skip(1);
                let name = match (steps.next(), steps.next()) {
                    (Some("shifts"), Some(index)) => index
                        .parse::<usize>()
                        .ok()
                        .and_then(|index| there.get(index.checked_sub(over)?))
                        .map_or("shifts".to_owned(), |row| format!("shift-{row}")),
                    (Some("repeats"), _) => "repeat".to_owned(),
                    (Some(name), _) => name.to_owned(),
                    (None, _) => String::new(),
                };
                (name, fault.detail)
            })
            .collect()
    }
}

impl Row {
    fn standing(shift: &ShiftRow) -> Self {
        let clock = |at: Instant| at.local().strftime("%H:%M").to_string();
        let is_off = shift.state == ShiftState::Cancelled;
        Self {
            reference: Some(shift.reference.clone()),
            role: shift.role.clone(),
            day: shift.starts_at.date().to_string(),
            from: clock(shift.starts_at),
            to: clock(shift.ends_at),
            capacity: shift.capacity.to_string(),
            waitlist: match shift.waitlist {
                0 => String::new(),
                places => places.to_string(),
            },
            reason: String::new(),
            is_off,
            is_left_out: false,
            held: shift.confirmed + shift.waiting,
            was_off: is_off,
        }
    }

    fn typed(form: &Form, index: usize, shifts: &[ShiftRow]) -> Self {
        let get = |name: &str| form.get(&format!("shift-{index}-{name}"));
        let text = |name: &str| get(name).unwrap_or_default().to_owned();
        let reference = get("ref").map(str::to_owned);
        let before = shifts
            .iter()
            .find(|shift| Some(&shift.reference) == reference.as_ref());
        Self {
            role: text("role"),
            day: text("day"),
            from: text("from"),
            to: text("to"),
            capacity: text("capacity"),
            waitlist: text("waitlist"),
            reason: text("reason"),
            is_off: get("off").is_some(),
            is_left_out: get("out").is_some(),
            held: before.map_or(0, |shift| shift.confirmed + shift.waiting),
            was_off: before.is_some_and(|shift| shift.state == ShiftState::Cancelled),
            reference,
        }
    }

    /// Whether anything was typed into it, and it is to stay.
    fn is_there(&self) -> bool {
        let typed = [&self.role, &self.day, &self.from, &self.to, &self.capacity];
        !self.is_left_out && (self.reference.is_some() || typed.iter().any(|text| !text.is_empty()))
    }

    fn shift(&self, taken: &mut Vec<String>) -> Value {
        let reference = self.reference.clone().unwrap_or_else(|| {
            let name = format!("s{}-{}", self.day, self.from.replace(':', ""));
            let mut unique = name.clone();
            let mut n = 1;
            while taken.contains(&unique) {
                n += 1;
                unique = format!("{name}-{n}");
            }
            taken.push(unique.clone());
            unique
        });
        let mut shift = json!({
            "ref": reference,
            "role": self.role,
            "starts_at": at(&self.day, &self.from),
            "ends_at": end(&self.day, &self.from, &self.to),
            "capacity": number(&self.capacity),
            "state": if self.is_off { ShiftState::Cancelled } else { ShiftState::Open },
        });
        if !self.waitlist.is_empty() {
            shift["waitlist"] = number(&self.waitlist);
        }
        if !self.reason.is_empty() {
            shift["change_reason"] = self.reason.as_str().into();
        }
        shift
    }

    fn summary(&self, lang: Lang) -> String {
        let parse = |text: &str| Instant::parse(text);
        match (
            parse(&at(&self.day, &self.from)),
            parse(&end(&self.day, &self.from, &self.to)),
        ) {
            (Some(from), Some(to)) => format!(
                "{} {} {}",
                day_words(from, lang),
                span_words(from, to, lang),
                self.role
            ),
            _ => lang.pick("新的班次", "New shift").to_owned(),
        }
    }
}

/// What is not a number goes on as it is, to be refused where it stands.
fn number(text: &str) -> Value {
    text.parse::<i64>()
        .map_or_else(|_| Value::from(text), Value::from)
}

fn at(day: &str, time: &str) -> String {
    format!("{day}T{}:00+08:00", time.get(..5).unwrap_or(time))
}

/// A shift that ends before it starts ends the next day.
fn end(day: &str, from: &str, to: &str) -> String {
    match parse_date(day) {
        Some(date) if to <= from => at(&day_after(date).to_string(), to),
        _ => at(day, to),
    }
}

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
            summary { (lang.pick("年龄、技能与时限", "Ages, skills and times")) }
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
