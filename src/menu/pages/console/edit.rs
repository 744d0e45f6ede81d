//! The form of a project: shown, saved, and shown again with what is wrong.

use axum::response::Response;
use maud::{Markup, html};
use serde_json::Value;

use super::steps::steps;
use super::{ConsoleQuery, Done, can_be_mended, standing_of};
use crate::menu::api::names;
use crate::menu::document::{Document, read};
use crate::menu::notice::{Reference, reference_words};
use crate::menu::own::reference_taken;
use crate::menu::pages::form::{Beside, Sheet, fields};
use crate::menu::precondition::Precondition;
use crate::menu::publishing::{Published, Target, Wanted, publish};
use crate::menu::store::{self, AtTheConsole, Before, ProjectRow, ShiftRow};
use crate::menu::{ProjectState, ShiftState};
use crate::organizations::Permission;
use crate::organizations::pages::{ConsolePage, console_nav};
use crate::platform::clock::Instant;
use crate::platform::fields::FieldErrors;
use crate::platform::i18n::Lang;
use crate::platform::idempotency::IdempotencyKey;
use crate::platform::input::{Form, LargeForm, PageQuery, Path, parse_id};
use crate::platform::page::{Audience, ask, page, see_other, text_input};
use crate::platform::problem::Problem;
use crate::platform::visit::Visit;

/// Serves `/organizations/{id}/projects/new`.
pub async fn new(visit: Visit, Path(organization): Path<String>) -> Result<Response, Problem> {
    let organization = parse_id(&organization)?.to_string();
    let console = store::at_the_console(&visit, &organization, None).await?;
    let sheet = Sheet::empty();
    let shown = Shown::new(&organization, None, &console, &sheet);
    form_page(&visit, &shown)
}

/// Takes `/organizations/{id}/projects/new`.
pub async fn create(
    visit: Visit,
    Path(organization): Path<String>,
    LargeForm(form): LargeForm,
) -> Result<Response, Problem> {
    let organization = parse_id(&organization)?.to_string();
    save(&visit, &organization, None, &form).await
}

/// Serves `/organizations/{id}/projects/{client_ref}/edit`.
pub async fn edit(
    visit: Visit,
    Path((organization, reference)): Path<(String, String)>,
    PageQuery(query): PageQuery<ConsoleQuery>,
) -> Result<Response, Problem> {
    let (organization, reference) = names(&organization, &reference)?;
    let console = store::at_the_console(&visit, &organization, Some(&reference)).await?;
    let agent = console
        .agent
        .as_ref()
        .ok_or_else(Problem::unauthenticated)?;
    agent.require(Permission::WriteProjects)?;
    let (project, shifts) = console.project.as_ref().ok_or_else(Problem::not_found)?;
    let sheet = Sheet::standing(project, shifts, visit.now);
    let mut shown = Shown::new(&organization, Some(&reference), &console, &sheet);
    shown.done = query.done;
    form_page(&visit, &shown)
}

/// Takes `/organizations/{id}/projects/{client_ref}/edit`.
pub async fn change(
    visit: Visit,
    Path((organization, reference)): Path<(String, String)>,
    LargeForm(form): LargeForm,
) -> Result<Response, Problem> {
    let (organization, reference) = names(&organization, &reference)?;
    save(&visit, &organization, Some(&reference), &form).await
}

/// Shifts that are over: they are not in the form, and stay as they are.
fn over(project: &ProjectRow, shifts: &[ShiftRow], now: Instant) -> Vec<Value> {
    let parts = Document::standing(project, shifts)
        .without_reasons()
        .into_parts();
    let is_over = |shift: &&Value| {
        shift["ends_at"]
            .as_str()
            .and_then(Instant::parse)
            .is_some_and(|end| end <= now)
    };
    let shifts = parts.get("shifts").and_then(Value::as_array);
    shifts
        .into_iter()
        .flatten()
        .filter(is_over)
        .cloned()
        .collect()
}

async fn save(
    visit: &Visit,
    organization: &str,
    standing: Option<&Reference>,
    form: &Form,
) -> Result<Response, Problem> {
    let typed = form.get("client_ref").unwrap_or_default();
    let named = standing.cloned().or_else(|| Reference::parse(typed));
    let result = match (&named, form.get("do")) {
        (_, Some("row")) => None,
        (None, _) => Some(Err(Problem::invalid(FieldErrors::one(
            "/client_ref",
            reference_words(),
        )))),
        (Some(reference), act) => {
            let publishes = act == Some("publish");
            Some(
                store_typed(
                    visit,
                    organization,
                    reference,
                    standing.is_some(),
                    publishes,
                    form,
                )
                .await,
            )
        }
    };
    let problem = match result {
        Some(Ok(published)) => {
            let done = match form.get("do") {
                Some("publish") => Done::Published,
                _ => Done::Saved,
            };
            let reference = published.project.client_ref;
            return Ok(see_other(&format!(
                "/organizations/{organization}/projects/{reference}/edit?done={}",
                done.word()
            )));
        }
        Some(Err(problem)) if !can_be_mended(&problem) => return Err(problem),
        Some(Err(problem)) => Some(problem),
        None => None,
    };
    let console = store::at_the_console(visit, organization, standing).await?;
    let shifts = console
        .project
        .as_ref()
        .map_or(&[][..], |(_, shifts)| shifts);
    let mut sheet = Sheet::typed(form, shifts);
    if problem.is_none() {
        sheet.add_row();
    }
    let mut shown = Shown::new(organization, standing, &console, &sheet);
    shown.problem = problem.as_ref();
    form_page(visit, &shown)
}

async fn store_typed(
    visit: &Visit,
    organization: &str,
    reference: &Reference,
    stands: bool,
    publishes: bool,
    form: &Form,
) -> Result<Published, Problem> {
    let target = Target {
        organization,
        reference,
        condition: &Precondition::default(),
        key: &IdempotencyKey::default(),
    };
    let version: Option<i64> = form.get("version").and_then(|version| version.parse().ok());
    let wanted = |before: &Before| {
        let answer = before.answer.as_ref();
        if stands && answer.is_none() {
            return Err(Problem::not_found());
        }
        let shifts = answer.map_or(&[][..], |(_, shifts)| shifts);
        let over = answer.map_or_else(Vec::new, |(project, shifts)| {
            over(project, shifts, visit.now)
        });
        let state = match answer {
            _ if publishes => ProjectState::Published,
            Some((project, _)) if stands => project.state,
            _ => ProjectState::Draft,
        };
        let parts = Sheet::typed(form, shifts).parts(state, &over);
        let body = read(parts).map_err(Problem::invalid)?;
        let Some((project, shifts)) = answer else {
            return Ok(Wanted::changed(body));
        };
        let standing = Document::standing(project, shifts);
        let same = Document::wanted(&body).with_kept_reasons(&standing, true) == standing;
        // A second tap comes with the version of the first, and wants what stands.
        if !same && !stands {
            return Err(reference_taken());
        }
        if !same && version != Some(project.version) {
            Precondition::version(version.unwrap_or_default()).check(Some(project.version))?;
        }
        Ok(Wanted::changed(body))
    };
    publish(visit, target, form.get("region"), wanted).await
}

/// What a page of the form shows.
struct Shown<'a> {
    organization: &'a str,
    reference: Option<&'a Reference>,
    console: &'a AtTheConsole,
    sheet: &'a Sheet,
    problem: Option<&'a Problem>,
    done: Option<Done>,
}

impl<'a> Shown<'a> {
    fn new(
        organization: &'a str,
        reference: Option<&'a Reference>,
        console: &'a AtTheConsole,
        sheet: &'a Sheet,
    ) -> Self {
        Self {
            organization,
            reference,
            console,
            sheet,
            problem: None,
            done: None,
        }
    }

    /// Parts a project lacks before it can be published.
    fn missing(&self, over: &[Value]) -> Vec<String> {
        let parts = self.sheet.parts(ProjectState::Published, over);
        let faults = read(parts).and_then(|body| body.check(true)).err();
        let faults = faults.unwrap_or_default().in_lang(Lang::En);
        let part = |pointer: &str| pointer.strip_prefix('/').map(str::to_owned);
        faults
            .iter()
            .filter_map(|fault| part(&fault.pointer))
            .filter(|part| !part.contains('/'))
            .collect()
    }
}

fn form_page(visit: &Visit, shown: &Shown<'_>) -> Result<Response, Problem> {
    let lang = visit.lang;
    let agent = shown
        .console
        .agent
        .as_ref()
        .ok_or_else(Problem::unauthenticated)?;
    agent.require(Permission::WriteProjects)?;
    let project = shown.console.project.as_ref();
    let over = project.map_or_else(Vec::new, |(project, shifts)| {
        over(project, shifts, visit.now)
    });
    let state = project.map_or(ProjectState::Draft, |(project, _)| project.state);
    let was_published = project.is_some_and(|(project, _)| project.published_at.is_some());
    let missing = match state {
        ProjectState::Draft if shown.problem.is_none() => shown.missing(&over),
        _ => Vec::new(),
    };
    let faults = shown.problem.map_or_else(Vec::new, |problem| {
        shown.sheet.faults(problem.errors(), over.len(), lang)
    });
    let beside = Beside {
        lang,
        faults: &faults,
        missing: &missing,
        regions: &shown.console.regions,
    };
    let title = match shown.reference {
        None => lang.pick("写一个新项目", "New project"),
        Some(_) => lang.pick("修改项目", "Edit project"),
    };
    let name = project.and_then(|(project, _)| project.title.as_deref());
    let base = format!("/organizations/{}/projects", shown.organization);
    let body = html! {
        (console_nav(visit, shown.organization, &agent.organization_name, ConsolePage::Projects))
        h1 { (name.unwrap_or(title)) }
        @if let Some(done) = shown.done { p.say.good role="status" { (done.words(lang)) } }
        @if let Some(problem) = shown.problem { (refusal(problem, lang)) }
        @if let Some((project, shifts)) = project { (where_it_stands(project, shifts, visit)) }
        (standing_of(agent, lang))
        @if let Some((project, _)) = project { (steps(&base, project, lang)) }
        @if state != ProjectState::Cancelled {
            @if !missing.is_empty() {
                p.say.wait { (missing_words(missing.len(), lang)) }
            }
            form.sheet method="post" action=(match shown.reference {
                None => format!("{base}/new"),
                Some(reference) => format!("{base}/{}/edit", reference.as_str()),
            }) {
                @match project {
                    Some((project, _)) => { input type="hidden" name="version" value=(project.version); }
                    None => { (reference_field(visit, shown, &beside)) }
                }
                // What the Enter key presses is the first button there is.
                button.skip name="do" value="save" tabindex="-1" aria-hidden="true" { (lang.pick("保存", "Save")) }
                (fields(shown.sheet, &beside))
                @if was_published { (reason_field(shown, &beside)) }
                div.actions {
                    @if state == ProjectState::Draft {
                        button name="do" value="save" { (lang.pick("保存草稿", "Save draft")) }
                        button.quiet name="do" value="publish" { (lang.pick("保存并发布", "Save and publish")) }
                    } @else {
                        button name="do" value="save" { (lang.pick("保存", "Save")) }
                    }
                }
            }
        }
    };
    let mut response = page(visit, Audience::Oneself, title, &body);
    if let Some(problem) = shown.problem {
        *response.status_mut() = problem.status();
    }
    Ok(response)
}

fn refusal(problem: &Problem, lang: Lang) -> Markup {
    html! {
        p.say role="alert" {
            @if problem.code() == "version_conflict" {
                (lang.pick(
                    "您打开之后，有人改动了这个项目。您填写的内容还在下面；再保存一次，就以您填写的为准。",
                    "Somebody has changed this project since you opened it. What you typed is still here; save once more and it takes the place of theirs.",
                ))
            } @else { (problem.title(lang)) }
        }
    }
}

fn missing_words(count: usize, lang: Lang) -> String {
    match lang {
        Lang::Zh => format!("还差 {count} 项才能发布，已在下面标出。草稿随时可以保存。"),
        Lang::En => format!(
            "{count} parts are missing before it can be published, marked below. A draft can be saved any time."
        ),
    }
}

fn reference_field(visit: &Visit, shown: &Shown<'_>, beside: &Beside<'_>) -> Markup {
    let lang = visit.lang;
    let typed = shown.sheet.value("client_ref");
    // Made when the page is: a second tap sends the same one.
    let made = format!(
        "p{}-{}",
        visit.now.local().strftime("%Y%m%d"),
        visit
            .new_id()
            .simple()
            .to_string()
            .get(24..)
            .unwrap_or_default()
    );
    let wrong = beside
        .faults
        .iter()
        .find(|(field, _)| field == "client_ref")
        .map(|(_, detail)| detail.as_str());
    let value = if typed.is_empty() { &made } else { typed };
    let input = text_input("client_ref", "text", value, "off", wrong.is_some(), true);
    let hint = lang.pick(
        "组织自己的编号，字母和数字，之后不能更改",
        "Your own name for it, letters and digits; it cannot be changed later",
    );
    ask(
        "client_ref",
        lang.pick("编号", "Reference"),
        Some(hint),
        wrong,
        &input,
    )
}

fn reason_field(shown: &Shown<'_>, beside: &Beside<'_>) -> Markup {
    let lang = beside.lang;
    let wrong = beside
        .faults
        .iter()
        .find(|(field, _)| field == "change_reason")
        .map(|(_, detail)| detail.as_str());
    let value = shown.sheet.value("change_reason");
    let input = text_input(
        "change_reason",
        "text",
        value,
        "off",
        wrong.is_some(),
        false,
    );
    let hint = lang.pick(
        "换地点时，会告知已报名的人；其他改动可不填",
        "Told to those signed up when the place changes; otherwise optional",
    );
    ask(
        "change_reason",
        lang.pick("更改的原因", "Why it changes"),
        Some(hint),
        wrong,
        &input,
    )
}

fn where_it_stands(project: &ProjectRow, shifts: &[ShiftRow], visit: &Visit) -> Markup {
    let lang = visit.lang;
    let ahead: Vec<_> = shifts
        .iter()
        .filter(|shift| shift.starts_at > visit.now && shift.state == ShiftState::Open)
        .collect();
    let seats: i64 = ahead.iter().map(|shift| shift.capacity).sum();
    let taken: i64 = ahead.iter().map(|shift| shift.confirmed).sum();
    html! {
        p {
            span.state class=(project.state.word()) { (project.state.name(lang)) } " "
            span.small { (project.client_ref) }
        }
        @if let (ProjectState::Cancelled, Some(reason)) = (project.state, &project.change_reason) {
            p.say { (lang.pick("取消原因：", "Reason: ")) (reason) }
        }
        @if !ahead.is_empty() && project.state != ProjectState::Draft {
            p { (lang.pick("将来的班次 ", "Shifts to come: ")) span.num { (ahead.len()) }
                (lang.pick("，已报名 ", ", seats taken: ")) span.num { (taken) " / " (seats) } }
        }
        @if project.state != ProjectState::Draft && project.state != ProjectState::Cancelled {
            p { a href={ "/projects/" (project.id) } { (lang.pick("看公开的页面", "See the public page")) }
                @if let Some(first) = ahead.first() {
                    " · " a href={ "/shifts/" (first.id) "/roster" } { (lang.pick("看名单", "See the roster")) }
                } }
        }
    }
}
