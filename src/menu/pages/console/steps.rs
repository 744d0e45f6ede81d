//! What becomes of a project as a whole, each step with a page that asks once more.

use axum::response::Response;
use maud::{Markup, html};
use serde_json::Value;

use super::{Done, can_be_mended};
use crate::choice;
use crate::menu::ProjectState;
use crate::menu::api::names;
use crate::menu::lifecycle::Step;
use crate::menu::notice::Reference;
use crate::menu::own::{CopyBody, copy_project, taken_words};
use crate::menu::parts::project_part;
use crate::menu::precondition::Precondition;
use crate::menu::publishing::{Outcome, Published, Target, discard, own_project, publish};
use crate::menu::store::{self, Before, ProjectRow};
use crate::organizations::Permission;
use crate::organizations::pages::{Console, ConsolePage};
use crate::platform::fields::FieldErrors;
use crate::platform::i18n::Lang;
use crate::platform::idempotency::IdempotencyKey;
use crate::platform::input::{Choice as _, Form, Path};
use crate::platform::page::{Audience, ask, page, see_other, text_input};
use crate::platform::problem::Problem;
use crate::platform::text::Line;
use crate::platform::visit::Visit;

choice! {
    /// A step that is confirmed on a page of its own.
    Act {
        /// Onto the menu.
        Publish = "publish",
        /// No more sign-ups.
        Close = "close",
        /// Off, for a reason.
        Cancel = "cancel",
        /// Once more, later.
        Copy = "copy",
        /// Away.
        Delete = "delete",
    }
}

impl Act {
    fn name(self, lang: Lang) -> &'static str {
        match self {
            Self::Publish => lang.pick("发布", "Publish"),
            Self::Close => lang.pick("停止报名", "Close sign-up"),
            Self::Cancel => lang.pick("取消项目", "Call off"),
            Self::Copy => lang.pick("复制", "Copy"),
            Self::Delete => lang.pick("删除草稿", "Delete draft"),
        }
    }

    fn explained(self, lang: Lang) -> &'static str {
        match self {
            Self::Publish => lang.pick("发布后会出现在菜单上，志愿者可以报名。", "It appears on the menu, and volunteers can sign up."),
            Self::Close => lang.pick("不再接受报名，已报名的班次照常进行。之后还可以重新发布。", "No more sign-ups; shifts go on as planned. It can be published again."),
            Self::Cancel => lang.pick("所有将来的班次都会取消，已报名的人会收到短信和您写的原因。不能撤回。", "All shifts to come are called off, and those signed up are told your reason. There is no way back."),
            Self::Copy => lang.pick("内容和将来的班次会复制成一份草稿，改好再发布。", "Its notice and shifts to come become a draft, to be changed and published."),
            Self::Delete => lang.pick("草稿会被彻底删除。", "The draft is gone for good."),
        }
    }

    /// Steps that lead on from a state.
    fn from(state: ProjectState, was_published: bool) -> &'static [Self] {
        match (state, was_published) {
            // A draft is published from its form, with what was typed there last.
            (ProjectState::Draft, false) => &[Self::Copy, Self::Delete],
            (ProjectState::Draft, true) => &[Self::Copy, Self::Cancel],
            (ProjectState::Published, _) => &[Self::Close, Self::Copy, Self::Cancel],
            (ProjectState::Closed, _) => &[Self::Publish, Self::Copy, Self::Cancel],
            (ProjectState::Cancelled, _) => &[Self::Copy],
        }
    }
}

/// Where the steps are taken that lead on from a project.
pub fn steps(base: &str, project: &ProjectRow, lang: Lang) -> Markup {
    let acts = Act::from(project.state, project.published_at.is_some());
    html! {
        div.actions {
            @for act in acts {
                a.button.quiet href={ (base) "/" (project.client_ref) "/" (act.word()) } { (act.name(lang)) }
            }
        }
    }
}

/// Serves `/organizations/{id}/projects/{client_ref}/{act}`: asks once more.
pub async fn confirm(
    visit: Visit,
    Path((organization, reference, act)): Path<(String, String, String)>,
) -> Result<Response, Problem> {
    let act = Act::from_word(&act).ok_or_else(Problem::not_found)?;
    let (organization, reference) = names(&organization, &reference)?;
    confirm_page(
        &visit,
        &organization,
        &reference,
        act,
        None,
        &Form::default(),
    )
    .await
}

async fn confirm_page(
    visit: &Visit,
    organization: &str,
    reference: &Reference,
    act: Act,
    problem: Option<&Problem>,
    form: &Form,
) -> Result<Response, Problem> {
    let lang = visit.lang;
    let console = store::at_the_console(visit, organization, Some(reference)).await?;
    let agent = console.agent.ok_or_else(Problem::unauthenticated)?;
    agent.require(Permission::WriteProjects)?;
    let (project, _) = console.project.ok_or_else(Problem::not_found)?;
    let back = format!(
        "/organizations/{organization}/projects/{}/edit",
        project.client_ref
    );
    let wrong = |name: &str| problem.and_then(|problem| problem.errors().of(name, lang));
    let value = |name: &str| form.get(name).unwrap_or_default().to_owned();
    let body = html! {
        (Console::of(visit, organization, &agent).nav(Some(ConsolePage::Projects)))
        h1 { (act.name(lang)) }
        p { strong { (project.title.as_deref().unwrap_or(&project.client_ref)) } }
        p { (act.explained(lang)) }
        @if let Some(problem) = problem { (refusal(problem, &back, lang)) }
        form method="post" action={ "/organizations/" (organization) "/projects/" (project.client_ref) "/" (act.word()) } {
            input type="hidden" name="version" value=(project.version);
            @if act == Act::Cancel {
                @let input = text_input("reason", "text", &value("reason"), "off", wrong("/reason").is_some(), true);
                (ask("reason", lang.pick("取消的原因", "Why it is called off"),
                    Some(lang.pick("会告知已报名的人，也会显示在项目页上", "Told to those signed up, and shown on its page")),
                    wrong("/reason"), &input))
            }
            @if act == Act::Copy {
                @let made = format!("{}-{}", project.client_ref.get(..50).unwrap_or(&project.client_ref),
                    visit.now.local().strftime("%m%d%H%M"));
                @let typed = value("client_ref");
                @let name = if typed.is_empty() { &made } else { &typed };
                @let input = text_input("client_ref", "text", name, "off", wrong("/client_ref").is_some(), true);
                (ask("client_ref", lang.pick("新的编号", "New reference"), None, wrong("/client_ref"), &input))
                @let input = text_input("shift_days", "number", &value("shift_days"), "off", wrong("/shift_days").is_some(), false);
                (ask("shift_days", lang.pick("班次推后多少天", "Shifts so many days later"),
                    Some(lang.pick("例如 7；不填则日期不变", "Such as 7; the same days when left out")),
                    wrong("/shift_days"), &input))
            }
            div.actions {
                button { (act.name(lang)) }
                a.button.quiet href=(back) { (lang.pick("返回", "Back")) }
            }
        }
    };
    let mut response = page(visit, Audience::Oneself, act.name(lang), &body);
    if let Some(problem) = problem {
        *response.status_mut() = problem.status();
    }
    Ok(response)
}

/// What is not asked on this page is put right on the project's form.
fn refusal(problem: &Problem, form: &str, lang: Lang) -> Markup {
    let faults = problem.errors().in_lang(lang);
    let elsewhere = faults.iter().filter_map(|fault| {
        let part = fault.pointer.split('/').nth(1)?;
        let asked_here = matches!(part, "reason" | "client_ref" | "shift_days");
        (!asked_here).then_some((part, &fault.detail))
    });
    html! {
        div.say role="alert" {
            p { (problem.title(lang)) }
            ul { @for (part, detail) in elsewhere {
                li {
                    @if let Some(name) = project_part(part, lang) {
                        a href={ (form) "#" (part) } { (name) } (lang.pick("：", ": "))
                    }
                    (detail)
                }
            } }
        }
    }
}

/// Takes `/organizations/{id}/projects/{client_ref}/{act}`.
pub async fn act(
    visit: Visit,
    Path((organization, reference, act)): Path<(String, String, String)>,
    form: Form,
) -> Result<Response, Problem> {
    let act = Act::from_word(&act).ok_or_else(Problem::not_found)?;
    let (organization, reference) = names(&organization, &reference)?;
    let base = format!("/organizations/{organization}/projects");
    let edit = |reference: &str, done: Done| {
        Ok(see_other(&format!(
            "{base}/{reference}/edit?done={}",
            done.word()
        )))
    };
    let result = match act {
        Act::Delete => {
            return match delete(&visit, &organization, &reference, &form).await {
                // A second tap finds it gone already.
                Err(problem) if problem.code() != "not_found" => Err(problem),
                _ => Ok(see_other(&format!("{base}?done={}", Done::Deleted.word()))),
            };
        }
        Act::Copy => copy(&visit, &organization, &reference, &form)
            .await
            .map(|copy| (copy, Done::Copied)),
        Act::Publish => take(&visit, &organization, &reference, &form, Ok(Step::Publish))
            .await
            .map(|project| (project, Done::Published)),
        Act::Close => take(&visit, &organization, &reference, &form, Ok(Step::Close))
            .await
            .map(|project| (project, Done::Closed)),
        Act::Cancel => {
            let reason = Line::parse(form.get("reason").unwrap_or_default());
            let step = reason
                .map(Step::Cancel)
                .map_err(|fault| Problem::invalid(FieldErrors::one("/reason", fault.words())));
            take(&visit, &organization, &reference, &form, step)
                .await
                .map(|project| (project, Done::Cancelled))
        }
    };
    match result {
        Ok((project, done)) => edit(&project.project.client_ref, done),
        Err(problem) if can_be_mended(&problem) => {
            confirm_page(
                &visit,
                &organization,
                &reference,
                act,
                Some(&problem),
                &form,
            )
            .await
        }
        Err(problem) => Err(problem),
    }
}

fn version(form: &Form) -> Precondition {
    let version = form.get("version").and_then(|version| version.parse().ok());
    version.map_or_else(Precondition::default, Precondition::version)
}

async fn take(
    visit: &Visit,
    organization: &str,
    reference: &Reference,
    form: &Form,
    step: Result<Step, Problem>,
) -> Result<Published, Problem> {
    let target = Target {
        organization,
        reference,
        condition: &Precondition::default(),
        key: &IdempotencyKey::default(),
    };
    let condition = version(form);
    let wanted = |before: &Before| {
        let wanted = step.as_ref().map_err(Clone::clone)?.of(before, visit.now)?;
        let standing = before.standing.as_ref();
        // A second tap finds the step taken already, and the version gone.
        if standing.is_some_and(|standing| standing.state != wanted.body.state) {
            condition.check(standing.map(|standing| standing.version))?;
        }
        Ok(wanted)
    };
    publish(visit, target, None, wanted).await
}

async fn delete(
    visit: &Visit,
    organization: &str,
    reference: &Reference,
    form: &Form,
) -> Result<(), Problem> {
    let target = Target {
        organization,
        reference,
        condition: &version(form),
        key: &IdempotencyKey::default(),
    };
    discard(visit, target).await
}

async fn copy(
    visit: &Visit,
    organization: &str,
    reference: &Reference,
    form: &Form,
) -> Result<Published, Problem> {
    let mut wish = serde_json::Map::new();
    wish.insert("client_ref".to_owned(), form.get("client_ref").into());
    if let Some(days) = form.get("shift_days") {
        let days = days
            .parse::<i64>()
            .map_or_else(|_| days.into(), Value::from);
        wish.insert("shift_days".to_owned(), days);
    }
    let wish: CopyBody = deserr::deserialize(Value::Object(wish)).map_err(Problem::invalid)?;
    let name = wish.client_ref.clone();
    let key = IdempotencyKey::default();
    let copied = copy_project(visit, organization, reference, &key, Ok(wish)).await;
    match copied {
        Err(problem) if problem.code() == "reference_taken" => {
            // A second tap finds the copy of the first.
            let (source, _) = own_project(visit, organization, reference).await?;
            let (project, shifts) = own_project(visit, organization, &name).await?;
            let is_copy = project.version == 1
                && project.state == ProjectState::Draft
                && project.title == source.title
                && name != *reference;
            if is_copy {
                Ok(Published {
                    outcome: Outcome::Unchanged,
                    project,
                    shifts,
                    replayed: true,
                })
            } else {
                Err(problem.with_fields(FieldErrors::one("/client_ref", taken_words())))
            }
        }
        other => other,
    }
}
