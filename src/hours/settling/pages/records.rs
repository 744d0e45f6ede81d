//! An organization's records, and adding those that are not of service.

use axum::response::Response;
use deserr::Deserr;
use maud::{Markup, html};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::hours::record::Said;
use crate::hours::settling::api::lists::RecordsQuery;
use crate::hours::settling::extra::ExtraBody;
use crate::hours::settling::store::{self, RecordFilter, RecordRow};
use crate::hours::{Grade, RecordKind, duration_words};
use crate::menu::api::with_cursor;
use crate::organizations::Permission;
use crate::organizations::pages::{Console, ConsolePage};
use crate::platform::clock::{day_words, parse_date, start_of};
use crate::platform::fields::FieldErrors;
use crate::platform::i18n::Lang;
use crate::platform::idempotency::IdempotencyKey;
use crate::platform::input::{Choice as _, Form, Id, PageQuery};
use crate::platform::page::{Audience, ask, page, see_other, text_input};
use crate::platform::problem::Problem;
use crate::platform::visit::{Presented, Visit};

/// So many records on a page.
const SHOWN: i64 = 50;

/// Serves `/organizations/{id}/records`.
pub async fn records(
    visit: Visit,
    Id(id): Id,
    PageQuery(query): PageQuery<RecordsQuery>,
) -> Result<Response, Problem> {
    if !visit.has_credential() {
        return Ok(see_other(&format!(
            "/sign-in?back=/organizations/{id}/records"
        )));
    }
    let filter = RecordFilter {
        limit: SHOWN,
        ..query.filter()
    };
    let (agent, rows, next) = store::records(&visit, id, &filter).await?;
    let next = next.map(|cursor| with_cursor(&visit.target, cursor));
    let lang = visit.lang;
    let title = lang.pick("全部记录", "All records");
    let body = html! {
        (Console::of(&visit, &id.to_string(), &agent).nav(Some(ConsolePage::Hours)))
        h1 { (title) }
        form.filters method="get" action={ "/organizations/" (id) "/records" } {
            @if let Some(project) = filter.project { input type="hidden" name="project" value=(project); }
            label { (lang.pick("从", "From")) input type="date" name="from" value=[filter.from.as_deref()]; }
            label { (lang.pick("到", "To")) input type="date" name="to" value=[filter.to.as_deref()]; }
            label.all { (lang.pick("依据等级", "Grade"))
                select name="grade" {
                    option value="" { (lang.pick("全部", "All")) }
                    @for (grade, word) in Grade::ALL {
                        option value=(word) selected[filter.grade == Some(*grade)] { (word) " " (grade.name(lang)) }
                    }
                }
            }
            button.quiet.all { (lang.pick("筛选", "Filter")) }
        }
        @if rows.is_empty() { div.empty { p { (lang.pick("没有这样的记录。", "There is none.")) } } }
        ul.shifts { @for row in &rows { (line(row, lang)) } }
        @if let Some(next) = next { p { a.button.quiet rel="next" href=(next) { (lang.pick("下一页", "Next page")) } } }
    };
    Ok(page(&visit, Audience::Oneself, title, &body))
}

fn line(row: &RecordRow, lang: Lang) -> Markup {
    let record = &row.record;
    let day = parse_date(&record.on_date).map(|day| day_words(start_of(day), lang));
    let (year, day) = (
        record.on_date.get(..4).unwrap_or_default(),
        day.unwrap_or_default(),
    );
    let day = match lang {
        Lang::Zh => format!("{year}年{day}"),
        Lang::En => format!("{day} {year}"),
    };
    let due = record.due_on.as_deref().and_then(parse_date);
    let late =
        record.supersedes.is_none() && due.is_some_and(|due| record.recorded_at.date() > due);
    let corrected = row.superseded_by.is_some();
    html! {
        li {
            div { a href={ "/organizations/" (record.organization_id) "/records/" (record.id) } {
                    strong class=[corrected.then_some("struck")] { (row.name) } }
                br; small.num { (day) } }
            div.go.num {
                @match record.minutes {
                    Some(minutes) => (duration_words(minutes, lang)),
                    None => (record.kind.name(lang)),
                }
            }
            div.small {
                (what(row, lang))
                @if let Some(grade) = record.grade {
                    " · " (grade.word()) " "
                    @if grade == Grade::D { span.wrong { (lang.pick("补录", "Added after settlement")) } } @else { (grade.name(lang)) }
                }
                @if late { " " span.wrong { (lang.pick("逾期补记", "Recorded late")) } }
                @if corrected { " · " (lang.pick("已更正", "Corrected since")) }
                @if record.supersedes.is_some() { " · " (lang.pick("更正前一条", "Corrects another")) }
            }
        }
    }
}

/// What a record says besides, in a few words.
fn what(row: &RecordRow, lang: Lang) -> String {
    let said = match row.record.said() {
        Some(Said::Service(facts)) => return format!("{} · {}", facts.activity, facts.role),
        Some(Said::Training(facts)) => format!("{}（{}）", facts.name, facts.organizer),
        Some(Said::Honour(facts)) => format!("{}（{}）", facts.name, facts.grantor),
        Some(Said::Evaluation(facts)) => facts.quality,
        None => String::new(),
    };
    let colon = lang.pick("：", ": ");
    format!("{}{colon}{said}", row.record.kind.name(lang))
}

/// Of which kind the new record is.
#[derive(Debug, Default, Deserr)]
#[deserr(error = FieldErrors, deny_unknown_fields)]
pub struct NewQuery {
    #[deserr(default)]
    kind: Option<RecordKind>,
}

/// What can be added here.
const KINDS: [RecordKind; 3] = [
    RecordKind::Training,
    RecordKind::Honour,
    RecordKind::Evaluation,
];

/// Serves `/organizations/{id}/records/new`.
pub async fn new(
    visit: Visit,
    Id(id): Id,
    PageQuery(query): PageQuery<NewQuery>,
) -> Result<Response, Problem> {
    if !visit.has_credential() {
        return Ok(see_other(&format!(
            "/sign-in?back=/organizations/{id}/records/new"
        )));
    }
    let kind = query.kind.filter(|kind| KINDS.contains(kind));
    let form = Form::default();
    asked(
        &visit,
        id,
        kind.unwrap_or(RecordKind::Training),
        &form,
        None,
    )
    .await
}

/// Takes `/organizations/{id}/records/new`.
pub async fn add(visit: Visit, _: Presented, Id(id): Id, form: Form) -> Result<Response, Problem> {
    let kind = form.get("kind").and_then(RecordKind::from_word);
    let kind = kind
        .filter(|kind| KINDS.contains(kind))
        .unwrap_or(RecordKind::Training);
    match added(&visit, id, &form, kind).await {
        Ok(()) => Ok(see_other(&format!("/organizations/{id}/records"))),
        Err(problem) if matches!(problem.status().as_u16(), 409 | 422) => {
            asked(&visit, id, kind, &form, Some(&problem)).await
        }
        Err(problem) => Err(problem),
    }
}

async fn added(visit: &Visit, id: Uuid, form: &Form, kind: RecordKind) -> Result<(), Problem> {
    let mut body: Map<String, Value> = form
        .pairs()
        .map(|(name, value)| (name.to_owned(), json!(value)))
        .collect();
    body.insert("kind".to_owned(), json!(kind));
    if let Some(minutes) = form
        .get("minutes")
        .and_then(|minutes| minutes.parse::<i64>().ok())
    {
        body.insert("minutes".to_owned(), json!(minutes));
    }
    let body: ExtraBody = deserr::deserialize(Value::Object(body)).map_err(Problem::invalid)?;
    let extra = body.read(visit.now).map_err(Problem::invalid)?;
    store::add(visit, id, &extra, &IdempotencyKey::default())
        .await
        .map(drop)
}

/// The fields of a kind: name, label, type.
fn fields(kind: RecordKind, lang: Lang) -> Vec<(&'static str, &'static str, &'static str)> {
    match kind {
        RecordKind::Training => vec![
            (
                "name",
                lang.pick("培训名称", "Name of the training"),
                "text",
            ),
            ("content", lang.pick("主要内容", "What was taught"), "prose"),
            (
                "minutes",
                lang.pick("学习时长（分钟）", "Length (minutes)"),
                "number",
            ),
            ("organizer", lang.pick("培训单位", "Who gave it"), "text"),
        ],
        RecordKind::Honour => vec![
            (
                "name",
                lang.pick("表彰奖励名称", "Name of the award"),
                "text",
            ),
            ("grantor", lang.pick("授予单位", "Who granted it"), "text"),
        ],
        RecordKind::Service | RecordKind::Evaluation => vec![
            (
                "activity",
                lang.pick("活动名称（可不填）", "Activity (optional)"),
                "optional",
            ),
            (
                "quality",
                lang.pick("评价", "What is said of the service"),
                "prose",
            ),
        ],
    }
}

fn day(kind: RecordKind, lang: Lang) -> &'static str {
    match kind {
        RecordKind::Training => lang.pick("培训日期", "Day of the training"),
        RecordKind::Honour => lang.pick("授予日期", "Day it was granted"),
        RecordKind::Service | RecordKind::Evaluation => {
            lang.pick("评价日期", "Day of the evaluation")
        }
    }
}

async fn asked(
    visit: &Visit,
    id: Uuid,
    kind: RecordKind,
    form: &Form,
    problem: Option<&Problem>,
) -> Result<Response, Problem> {
    let nothing = RecordFilter::default();
    let (agent, _, _) = store::records(visit, id, &nothing).await?;
    if !agent.may(Permission::RecordHours) {
        return Err(Problem::forbidden());
    }
    let lang = visit.lang;
    let title = lang.pick(
        "记培训、表彰、评价",
        "Add training, an honour, an evaluation",
    );
    let typed = |name: &str| form.get(name).unwrap_or_default().to_owned();
    let wrong =
        |name: &str| problem.and_then(|problem| problem.errors().of(&format!("/{name}"), lang));
    let input = |name: &str, kind: &str| match kind {
        "prose" => {
            html! { textarea id=(name) name=(name) rows="3" maxlength="500" required { (typed(name)) } }
        }
        "optional" => text_input(
            name,
            "text",
            &typed(name),
            "off",
            wrong(name).is_some(),
            false,
        ),
        kind => text_input(name, kind, &typed(name), "off", wrong(name).is_some(), true),
    };
    let today = visit.now.date().to_string();
    let body = html! {
        (Console::of(visit, &id.to_string(), &agent).nav(Some(ConsolePage::Hours)))
        h1 { (title) }
        nav.chips aria-label=(lang.pick("种类", "Kind")) {
            @for choice in KINDS {
                a href={ "/organizations/" (id) "/records/new?kind=" (choice.word()) } aria-current=[(choice == kind).then_some("page")] { (choice.name(lang)) }
            }
        }
        @if let Some(problem) = problem { p.say role="alert" { (problem.title(lang)) } }
        form method="post" action={ "/organizations/" (id) "/records/new" } {
            input type="hidden" name="kind" value=(kind.word());
            (ask("phone", lang.pick("志愿者手机号", "The volunteer's mobile number"),
                Some(lang.pick("在本组织报过名的志愿者", "Somebody who signed up with you")), wrong("phone"), &input("phone", "tel")))
            (ask("on_date", day(kind, lang), None, wrong("on_date"), &html! {
                input id="on_date" name="on_date" type="date" required max=(today)
                    value=(form.get("on_date").unwrap_or(&today));
            }))
            @for (name, label, kind) in fields(kind, lang) { (ask(name, label, None, wrong(name), &input(name, kind))) }
            p { button { (lang.pick("记录并通知", "Record and tell")) } }
            p.small { (lang.pick("记录写入后不能改写，只能更正。", "A record is never rewritten, only corrected.")) }
        }
    };
    let mut response = page(visit, Audience::Oneself, title, &body);
    if let Some(problem) = problem {
        *response.status_mut() = problem.status();
    }
    Ok(response)
}
