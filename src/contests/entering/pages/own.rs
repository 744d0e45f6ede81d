//! An organization's entries: beginning, writing, submitting, withdrawing.

use axum::response::Response;
use maud::{Markup, html};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::{comments_shown, facts_shown, words_shown};
use crate::contests::entering::deciding::require_time;
use crate::contests::entering::store::{self, EntryRow, OwnPage};
use crate::contests::entering::{EntryDraft, EntryState, Withdrawal, acts};
use crate::contests::entry_label;
use crate::contests::rules::{EntryField, Rules};
use crate::contests::running::store::ContestRow;
use crate::organizations::pages::{Console, ConsolePage};
use crate::platform::fields::FieldErrors;
use crate::platform::i18n::Lang;
use crate::platform::idempotency::IdempotencyKey;
use crate::platform::input::{Form, Id, LargeForm, Path, parse_id};
use crate::platform::page::{Audience, Refused, ask, moment, page, see_other, text_input};
use crate::platform::problem::Problem;
use crate::platform::text::Line;
use crate::platform::visit::{Presented, Visit};

/// Serves `/organizations/{id}/entries`.
pub async fn entries(visit: Visit, _: Presented, Id(id): Id) -> Result<Response, Problem> {
    listed(&visit, id, Refused::default()).await
}

async fn listed(visit: &Visit, id: Uuid, refused: Refused<'_>) -> Result<Response, Problem> {
    let own = store::of_organization(visit, id, None).await?;
    let lang = visit.lang;
    let title = lang.pick("参赛", "Contests");
    let organization = id.to_string();
    let body = html! {
        (Console::of(visit, &organization, &own.agent).nav(Some(ConsolePage::Entries)))
        h1 { (title) }
        (refused.above(lang))
        @if own.items.is_empty() { div.empty { p { (lang.pick("还没有报名参加过大赛。", "No project has been entered yet.")) } } }
        ul.shifts { @for line in &own.items {
            li {
                div { @if let Some(number) = line.number { span.num { (entry_label(number)) } " " } strong { (line.title) } }
                div.go { a.button.quiet href={ "/organizations/" (id) "/entries/" (line.id) } aria-label={ (lang.pick("打开 ", "Open ")) (line.title) } { (lang.pick("打开", "Open")) } }
                div.small {
                    @if let Some(contest) = own.contests.iter().find(|contest| contest.id == line.id) { (contest.name) br; }
                    (line.state.name(lang))
                }
            }
        } }
        (beginning(visit, id, &own, &refused))
    };
    Ok(refused.answered(page(visit, Audience::Oneself, title, &body)))
}

fn beginning(visit: &Visit, id: Uuid, own: &OwnPage, refused: &Refused) -> Markup {
    let lang = visit.lang;
    html! {
        section.course #begin {
            h2 { (lang.pick("报名参赛", "Enter a project")) }
            @if own.open.is_empty() {
                p { (lang.pick("现在没有接受报名的大赛。", "No contest takes entries now.")) }
            } @else if own.projects.is_empty() {
                p { (lang.pick("先发布一个项目，才能报名参赛。", "Publish a project first.")) }
            } @else {
                form method="post" action={ "/organizations/" (id) "/entries" } {
                    (ask("contest", lang.pick("大赛", "Contest"), None, refused.wrong("contest", lang), &html! {
                        select #contest name="contest" required { @for line in &own.open {
                            option value=(line.id) selected[line.id == refused.typed("contest")] {
                                (line.name)
                                @if let Some(closes) = line.entries_close_at { (lang.pick("（截止 ", " (until ")) (moment(visit, closes)) (lang.pick("）", ")")) }
                            }
                        } }
                    }))
                    (ask("project_id", lang.pick("项目", "Project"), None, refused.wrong("project_id", lang), &html! {
                        select #project_id name="project_id" required { @for project in &own.projects {
                            option value=(project.id) selected[project.id == refused.typed("project_id")] { (project.title) }
                        } }
                    }))
                    button { (lang.pick("开始填写", "Begin")) }
                }
                p.small { (lang.pick("先存为草稿，截止前都可以改。", "It is a draft first, and may be changed until entries close.")) }
            }
        }
    }
}

/// Takes `/organizations/{id}/entries`: a draft, in the first track that fits.
pub async fn begin(
    visit: Visit,
    _: Presented,
    Id(id): Id,
    form: Form,
) -> Result<Response, Problem> {
    let done = match begun(&visit, id, &form).await {
        Ok(entry) => Ok(entry),
        Err(problem) if matches!(problem.status().as_u16(), 409 | 412 | 422) => Err(problem),
        Err(problem) => return Err(problem),
    };
    match done {
        Ok(entry) => Ok(see_other(&format!("/organizations/{id}/entries/{entry}"))),
        Err(problem) => {
            let refused = Refused {
                problem: Some(&problem),
                form: Some(&form),
            };
            listed(&visit, id, refused).await
        }
    }
}

async fn begun(visit: &Visit, id: Uuid, form: &Form) -> Result<String, Problem> {
    let contest = parse_id(form.get("contest").unwrap_or_default())?;
    let project = parse_id(form.get("project_id").unwrap_or_default())?;
    acts::begin_simply(visit, contest, (id, project))
        .await
        .map(|entry| entry.id)
}

/// Serves `/organizations/{id}/entries/{entry}`.
pub async fn entry(
    visit: Visit,
    _: Presented,
    Path((organization, entry)): Path<(String, String)>,
) -> Result<Response, Problem> {
    let of = (parse_id(&organization)?, parse_id(&entry)?);
    shown(&visit, of, Refused::default()).await
}

async fn shown(
    visit: &Visit,
    (organization, id): (Uuid, Uuid),
    refused: Refused<'_>,
) -> Result<Response, Problem> {
    let found = store::own(visit, organization, id).await?;
    let rules = found.contest.rules()?.ok_or_else(Problem::not_found)?;
    let (lang, row) = (visit.lang, &found.entry);
    let written = row.state != EntryState::Withdrawn
        && require_time(found.contest.state, &rules, visit.now).is_ok();
    let here = format!("/organizations/{organization}/entries/{id}");
    let organization = organization.to_string();
    let body = html! {
        (Console::of(visit, &organization, &found.agent).nav(Some(ConsolePage::Entries)))
        h1 { @if let Some(number) = row.number { span.num { (entry_label(number)) } " " } (row.title) }
        p.lead { a href={ "/contests/" (row.contest_id) } { (found.contest.name) } }
        (state(visit, row, &found.contest, &rules))
        @if let Some(problem) = refused.problem { (told(problem, lang)) }
        @if let Some(award) = &found.award {
            p.say.good { (lang.pick("获奖：", "It won: ")) strong { (award) } " "
                a href={ (here) "/story" } { (lang.pick("写宣传稿", "Write its story")) } }
        }
        section.course #facts {
            h2 { (lang.pick("服务记录", "From the records")) }
            p.small { (lang.pick(
                "由系统从本项目的服务记录读取，提交时固定，不能填写。",
                "Read from the project's service records, and fixed on submission; nobody writes it.",
            )) }
            (facts_shown(row.facts.as_ref().unwrap_or(&found.facts), lang))
        }
        @if written { (form(&here, row, &rules, &refused, lang)) }
        @else { section.course #words { h2 { (lang.pick("组织自述", "In your own words")) } (words_shown(row, &rules, lang)) } }
        (comments_shown(&found.comments, &rules, lang))
        @if row.state != EntryState::Withdrawn { (withdrawal(&here, row, lang)) }
    };
    Ok(refused.answered(page(visit, Audience::Oneself, &row.title, &body)))
}

fn told(problem: &Problem, lang: Lang) -> Markup {
    let faults = problem.errors().in_lang(lang);
    html! {
        div.say role="alert" {
            p { (problem.title(lang)) }
            @if !faults.is_empty() { ul { @for fault in faults { li { (fault.detail) } } } }
        }
    }
}

fn state(visit: &Visit, row: &EntryRow, contest: &ContestRow, rules: &Rules) -> Markup {
    let lang = visit.lang;
    html! {
        p { span.state { (row.state.name(lang)) } }
        @if let Some(reason) = &row.state_reason { p.say.wait { (reason) } }
        @if let Err(problem) = require_time(contest.state, rules, visit.now) {
            p.small { (problem.title(lang)) }
        } @else {
            p.small { (lang.pick("报名截止：", "Entries close ")) (moment(visit, rules.entries.closes_at)) }
        }
    }
}

fn form(here: &str, row: &EntryRow, rules: &Rules, refused: &Refused, lang: Lang) -> Markup {
    let typed = |name: &str, stands: &str| match refused.form {
        Some(form) => form.get(name).unwrap_or_default().to_owned(),
        None => stands.to_owned(),
    };
    let title = refused.wrong("title", lang);
    html! {
        form method="post" action=(here) {
            input type="hidden" name="version" value=(row.version);
            (ask("track", lang.pick("赛道", "Track"), None, refused.wrong("track", lang), &html! {
                select #track name="track" required { @for track in rules.tracks.iter() {
                    option value=(track.key.as_str()) selected[track.key.as_str() == typed("track", &row.track)] { (track.name.as_str()) }
                } }
            }))
            (ask("title", lang.pick("参赛项目名称", "What it is called"), Some(lang.pick("60 字以内", "At most 60 characters")), title,
                &text_input("title", "text", &typed("title", &row.title), "off", title.is_some(), true)))
            @for field in rules.entries.fields.iter() { (words_field(field, row, refused, lang)) }
            @for place in 0..rules.entries.attachments.get() {
                (link_fields(usize::try_from(place).unwrap_or_default(), row, refused, lang))
            }
            div.actions {
                button name="act" value="save" class=[(row.state != EntryState::Submitted).then_some("quiet")] { (lang.pick("保存", "Save")) }
                @if row.state != EntryState::Submitted {
                    button name="act" value="submit" { (lang.pick("保存并提交", "Save and submit")) }
                }
            }
        }
    }
}

fn words_field(field: &EntryField, row: &EntryRow, refused: &Refused, lang: Lang) -> Markup {
    let key = field.key.as_str();
    let (id, limit) = (format!("words-{key}"), field.limit.get());
    let wrong = refused.wrong(&format!("words/{key}"), lang);
    let text = match refused.form {
        Some(form) => form.get(&id).unwrap_or_default(),
        None => row.words.get(key).map_or("", String::as_str),
    };
    let hint = match lang {
        Lang::Zh => format!("{limit} 字以内"),
        Lang::En => format!("At most {limit} characters"),
    };
    let described = format!("{id}-{}", if wrong.is_some() { "wrong" } else { "hint" });
    ask(
        &id,
        field.name.as_str(),
        Some(&hint),
        wrong,
        &html! {
            textarea id=(id) name=(id) rows="8" data-limit=(limit) aria-invalid=[wrong.map(|_| "true")]
                aria-describedby=(described) { (text) }
            output.small.num id={ (id) "-count" } for=(id) {}
        },
    )
}

fn link_fields(place: usize, row: &EntryRow, refused: &Refused, lang: Lang) -> Markup {
    let (name, url) = (format!("link-{place}-name"), format!("link-{place}-url"));
    let stands = row.attachments.get(place);
    let typed = |id: &str, stands: Option<&String>| match refused.form {
        Some(form) => form.get(id).unwrap_or_default().to_owned(),
        None => stands.cloned().unwrap_or_default(),
    };
    let wrong = |part: &str| refused.wrong(&format!("attachments/{place}/{part}"), lang);
    let label = lang.pick("附件链接 ", "Attachment ");
    html! {
        fieldset {
            legend { (label) (place + 1) }
            (ask(&name, lang.pick("名称", "Name"), None, wrong("name"),
                &text_input(&name, "text", &typed(&name, stands.map(|link| &link.name)), "off", wrong("name").is_some(), false)))
            (ask(&url, lang.pick("网址", "Address"), Some(lang.pick("https:// 开头", "Begins with https://")), wrong("url"),
                &text_input(&url, "url", &typed(&url, stands.map(|link| &link.url)), "off", wrong("url").is_some(), false)))
        }
    }
}

fn withdrawal(here: &str, row: &EntryRow, lang: Lang) -> Markup {
    html! {
        section.course #withdraw {
            details {
                summary { (lang.pick("撤回报名", "Withdraw it")) }
                p.small { @if row.number.is_some() { (lang.pick(
                    "撤回会留下记录，这份报名不再参评。",
                    "That it was withdrawn stays on record; it takes part no more.",
                )) } }
                form method="post" action=(here) {
                    (ask("reason", lang.pick("原因（可不填）", "Reason (may be left out)"), None, None, &html! {
                        input #reason name="reason" maxlength="300";
                    }))
                    button.quiet name="act" value="withdraw" { (lang.pick("撤回报名", "Withdraw it")) }
                }
            }
        }
    }
}

/// What a form says of an entry; links left blank are none, and keep their places.
fn draft(form: &Form, rules: &Rules) -> Result<EntryDraft, FieldErrors> {
    let mut words = Map::new();
    for field in rules.entries.fields.iter() {
        let key = field.key.as_str();
        if let Some(text) = form.get(&format!("words-{key}")) {
            words.insert(key.to_owned(), json!(text));
        }
    }
    let links: Vec<Value> = (0..rules.entries.attachments.get())
        .filter_map(|place| {
            let name = form.get(&format!("link-{place}-name"));
            let url = form.get(&format!("link-{place}-url"));
            (name.is_some() || url.is_some())
                .then(|| json!({"name": name.unwrap_or_default(), "url": url.unwrap_or_default()}))
        })
        .collect();
    deserr::deserialize(json!({
        "track": form.get("track").unwrap_or_default(),
        "title": form.get("title").unwrap_or_default(),
        "words": words,
        "attachments": links,
    }))
}

async fn carried_out(
    visit: &Visit,
    (organization, id): (Uuid, Uuid),
    form: &Form,
) -> Result<(), Problem> {
    let found = store::own(visit, organization, id).await?;
    let contest = parse_id(&found.entry.contest_id)?;
    let key = IdempotencyKey::default();
    if form.get("act") == Some("withdraw") {
        let reason = form.get("reason").map(Line::parse).transpose();
        let reason =
            reason.map_err(|fault| Problem::invalid(FieldErrors::one("/reason", fault.words())))?;
        let body = Withdrawal { reason };
        return acts::withdraw(visit, contest, id, &body, &key)
            .await
            .map(drop);
    }
    let rules = found.contest.rules()?.ok_or_else(Problem::not_found)?;
    let draft = draft(form, &rules).map_err(Problem::invalid)?;
    let seen: Option<i64> = form.get("version").and_then(|version| version.parse().ok());
    acts::rewrite(visit, contest, id, &draft, |version| {
        seen.is_none_or(|seen| seen == version)
    })
    .await?;
    match form.get("act") {
        Some("submit") => acts::submit(visit, contest, id, &key).await.map(drop),
        _ => Ok(()),
    }
}

/// Takes `/organizations/{id}/entries/{entry}`.
pub async fn act(
    visit: Visit,
    _: Presented,
    Path((organization, entry)): Path<(String, String)>,
    LargeForm(form): LargeForm,
) -> Result<Response, Problem> {
    let of = (parse_id(&organization)?, parse_id(&entry)?);
    match carried_out(&visit, of, &form).await {
        Ok(()) => Ok(see_other(&format!(
            "/organizations/{organization}/entries/{entry}"
        ))),
        Err(problem) if matches!(problem.status().as_u16(), 409 | 412 | 422) => {
            let refused = Refused {
                problem: Some(&problem),
                form: Some(&form),
            };
            shown(&visit, of, refused).await
        }
        Err(problem) => Err(problem),
    }
}
