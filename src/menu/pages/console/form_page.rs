//! The form of a project as a page: where the project stands, what is wrong, what is missing.

use axum::response::Response;
use maud::{Markup, html};
use serde_json::Value;

use super::edit::over;
use super::steps::steps;
use super::{Done, standing_of};
use crate::menu::document::read;
use crate::menu::notice::Reference;
use crate::menu::pages::form::{Beside, Sheet, fields};
use crate::menu::parts::project_part;
use crate::menu::store::{AtTheConsole, ProjectRow, ShiftRow};
use crate::menu::{ProjectState, ShiftState};
use crate::organizations::Permission;
use crate::organizations::pages::{Console, ConsolePage};
use crate::platform::faults::{Fault, summary};
use crate::platform::i18n::Lang;
use crate::platform::page::{Audience, page};
use crate::platform::problem::Problem;
use crate::platform::visit::Visit;

/// What a page of the form shows.
pub struct Shown<'a> {
    organization: &'a str,
    reference: Option<&'a Reference>,
    console: &'a AtTheConsole,
    sheet: &'a Sheet,
    /// Why what was sent was refused.
    pub problem: Option<&'a Problem>,
    /// What has just been done.
    pub done: Option<Done>,
}

impl<'a> Shown<'a> {
    /// The form of a project, or of one that is to be.
    pub fn new(
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

/// The page with the form.
pub fn form_page(visit: &Visit, shown: &Shown<'_>) -> Result<Response, Problem> {
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
        None => lang.pick("新建项目", "New project"),
        Some(_) => lang.pick("修改项目", "Edit project"),
    };
    let name = project.and_then(|(project, _)| project.title.as_deref());
    let base = format!("/organizations/{}/projects", shown.organization);
    let body = html! {
        (Console::of(visit, shown.organization, agent).nav(Some(ConsolePage::Projects)))
        h1 { (name.unwrap_or(title)) }
        @if let Some(done) = shown.done { p.say.good role="status" { (done.words(lang)) } }
        @if let Some(problem) = shown.problem { (refusal(problem, &faults, lang)) }
        @if let Some((project, shifts)) = project { (where_it_stands(project, shifts, visit)) }
        (standing_of(shown.organization, agent, lang))
        @if let Some((project, _)) = project { (steps(&base, project, lang)) }
        @if state != ProjectState::Cancelled {
            @if !missing.is_empty() {
                (what_is_missing(&missing, lang))
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

fn refusal(problem: &Problem, faults: &[Fault], lang: Lang) -> Markup {
    html! {
        div.say role="alert" {
            p {
                @if problem.code() == "version_conflict" {
                    (lang.pick(
                        "您打开之后，有人改动了这个项目。您填写的内容还在下面；再保存一次，就以您填写的为准。",
                        "Somebody has changed this project since you opened it. What you typed is still here; save once more and it takes the place of theirs.",
                    ))
                } @else { strong { (problem.title(lang)) } }
            }
            @if !faults.is_empty() { (summary(faults, lang)) }
        }
    }
}

fn what_is_missing(parts: &[String], lang: Lang) -> Markup {
    let count = parts.len();
    html! {
        div.say.wait {
            p { (match lang {
                Lang::Zh => format!("还差 {count} 项才能发布，已在下面标出。草稿随时可以保存。"),
                Lang::En => format!(
                    "{count} parts are missing before it can be published, marked below. A draft can be saved any time."
                ),
            }) }
            p { @for (at, part) in parts.iter().enumerate() {
                @if at > 0 { (lang.pick("、", ", ")) }
                a href={ "#" (part) } { (project_part(part, lang).unwrap_or(part)) }
            } }
        }
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
    let value = if typed.is_empty() { &made } else { typed };
    let hint = lang.pick(
        "供本组织内部使用，限字母和数字，保存后不能更改",
        "Your own name for it, letters and digits; it cannot be changed later",
    );
    let label = project_part("client_ref", lang).unwrap_or_default();
    beside.typed("client_ref", "text", label, Some(hint), value)
}

fn reason_field(shown: &Shown<'_>, beside: &Beside<'_>) -> Markup {
    let lang = beside.lang;
    let hint = lang.pick(
        "更换地点时必填，会告知已报名的人；其他改动可不填",
        "Told to those signed up when the place changes; otherwise optional",
    );
    let label = project_part("change_reason", lang).unwrap_or_default();
    let value = shown.sheet.value("change_reason");
    beside.typed("change_reason", "text", label, Some(hint), value)
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
            p { (lang.pick("后续班次 ", "Shifts to come: ")) span.num { (ahead.len()) }
                (lang.pick("，已报名 ", ", seats taken: ")) span.num { (taken) " / " (seats) } }
        }
        @if project.state != ProjectState::Draft && project.state != ProjectState::Cancelled {
            p { a href={ "/projects/" (project.id) } { (lang.pick("查看公开页面", "See the public page")) }
                @if let Some(first) = ahead.first() {
                    " · " a href={ "/shifts/" (first.id) "/roster" } { (lang.pick("查看名单", "See the roster")) }
                } }
        }
    }
}
