//! Signals on pages: the coordinator's, and the organization's own.

mod console;
mod coordination;

pub use console::{reply, signal as own_signal, signals as of_organization};
pub use coordination::{decide, signal, signals};

use maud::{Markup, html};
use uuid::Uuid;

use super::SignalState;
use super::api::{SignalsQuery, Which};
use super::store::{Case, Filter, Page, SignalRecord};
use crate::hours::duration_words;
use crate::menu::api::continued;
use crate::platform::clock::{Instant, day_words};
use crate::platform::fields::FieldErrors;
use crate::platform::i18n::Lang;
use crate::platform::input::Form;
use crate::platform::page::{Refused, ask, when};
use crate::platform::problem::Problem;
use crate::platform::text::Prose;
use crate::platform::visit::Visit;

/// So many signals stand on a page.
const SHOWN: i64 = 20;

fn title(lang: Lang) -> &'static str {
    lang.pick("核查提示", "Signals")
}

fn filter(query: &SignalsQuery) -> Filter {
    Filter {
        limit: SHOWN,
        ..query.filter()
    }
}

fn at(instant: Instant, lang: Lang) -> String {
    format!("{} {}", day_words(instant, lang), instant.hour_minute())
}

fn state(state: SignalState, lang: Lang) -> Markup {
    html! {
        @if state == SignalState::Open { span.wait { (state.name(lang)) } } @else { (state.name(lang)) }
    }
}

/// The list below a path, with the choice between what is open and what is decided.
fn list(visit: &Visit, here: &str, page: &Page, filter: &Filter, names: bool) -> Markup {
    let lang = visit.lang;
    let choices = [
        (Which::Open, lang.pick("待查看", "Open")),
        (Which::Decided, lang.pick("已处理", "Decided")),
    ];
    html! {
        nav.chips aria-label=(lang.pick("哪些提示", "Which signals")) {
            @for (which, name) in choices {
                a href={ (here) "?state=" (which.word()) }
                    aria-current=[(filter.open == (which == Which::Open)).then_some("page")] { (name) }
            }
        }
        @if page.items.is_empty() {
            div.empty { p { @if filter.open { (lang.pick("没有待查看的提示。", "Nothing to look at.")) }
                @else { (lang.pick("还没有处理过的提示。", "Nothing has been decided yet.")) } } }
        }
        ul.shifts { @for signal in &page.items {
            @let name = signal.kind.name(lang);
            li {
                div { strong { (name) } }
                div.go { a.button.quiet href={ (here) "/" (signal.id) } aria-label={ (lang.pick("查看：", "Look at: ")) (name) } { (lang.pick("查看", "Look")) } }
                div.small {
                    @if names { (signal.organization_name) @if signal.title.is_some() { " · " } }
                    @if let Some(title) = &signal.title { (title) }
                    @if names || signal.title.is_some() { br; }
                    (signal.facts.words(lang)) br;
                    (state(signal.state, lang)) " · " (lang.pick("发现于 ", "found ")) (day_words(signal.found_at, lang))
                }
            }
        } }
        @if let Some(next) = page.next {
            p { a.button.quiet rel="next" href=(continued(&visit.target, &next.to_string())) { (lang.pick("下一页", "Next page")) } }
        }
    }
}

/// What was seen, the records behind it, and what was said to it.
fn sheet(
    visit: &Visit,
    case: &Case,
    to_record: impl Fn(&SignalRecord) -> Option<String>,
) -> Markup {
    let lang = visit.lang;
    let signal = &case.signal;
    html! {
        article.ticket {
            p.prose { (signal.facts.words(lang)) }
            hr;
            dl.facts {
                dt { (lang.pick("记录单位", "Recorded by")) } dd { (signal.organization_name) }
                @if let (Some(id), Some(title)) = (&signal.project_id, &signal.title) {
                    dt { (lang.pick("项目", "Project")) } dd { a href={ "/projects/" (id) } { (title) } }
                }
                @if let Some(name) = &case.recorder { dt { (lang.pick("记录人", "Recorder")) } dd { (name) } }
                dt { (lang.pick("状态", "State")) } dd { (state(signal.state, lang)) }
                dt { (lang.pick("发现于", "Found")) } dd.num { (at(signal.found_at, lang)) }
            }
        }
        p.small { (lang.pick(
            "提示只说明有人该看一眼，不代表有错；服务时长不会因此改变。",
            "A signal is a reason to look, not a fault found; hours do not change by it.",
        )) }
        section.course {
            h2 { (lang.pick("涉及的记录", "Records")) }
            ul.shifts { @for record in &case.records {
                li {
                    div { strong { (record.name) } @if record.superseded { small { (lang.pick(" · 后来已更正", " · corrected since")) } } }
                    div.go { @if let Some(to) = to_record(record) {
                        a.button.quiet href=(to) aria-label={ (lang.pick("查看：", "Look at: ")) (record.name) } { (lang.pick("查看", "Look")) }
                    } }
                    div.small { (record.activity) br;
                        (when(visit, record.started_at, record.ended_at)) br;
                        (duration_words(record.minutes, lang)) " · " (record.grade.word()) " " (record.grade.name(lang)) }
                }
            } }
        }
        @if !case.steps.is_empty() {
            section.course {
                h2 { (lang.pick("处理经过", "Decisions and replies")) }
                ol.shifts { @for step in &case.steps {
                    li { div {
                        strong { @match step.decision {
                            Some(decision) => { (lang.pick("统筹员：", "Coordinator: ")) (decision.name(lang)) }
                            None => { (lang.pick("组织回复", "The organization replied")) }
                        } }
                        div.small { @if let Some(office) = &step.office { (office) " · " } (at(step.at, lang)) }
                        div.prose { (step.words) }
                    } }
                } }
            }
        }
    }
}

/// A field for words, and how much its reader had seen.
fn words_field(
    name: &str,
    label: &str,
    hint: &str,
    case: &Case,
    refused: &Refused<'_>,
    lang: Lang,
) -> Markup {
    let wrong = refused.wrong(name, lang);
    let described = format!("{name}-{}", if wrong.is_some() { "wrong" } else { "hint" });
    html! {
        input type="hidden" name="seen" value=(case.steps.len());
        (ask(name, label, Some(hint), wrong, &html! {
            textarea id=(name) name=(name) rows="4" maxlength="300" required
                aria-invalid=[wrong.map(|_| "true")] aria-describedby=(described) { (refused.typed(name)) }
        }))
    }
}

/// What was written into a form's field.
fn written(form: &Form, name: &str) -> Result<Prose<300>, Problem> {
    Prose::parse(form.get(name).unwrap_or_default())
        .map_err(|fault| Problem::invalid(FieldErrors::one(format!("/{name}"), fault.words())))
}

fn seen(form: &Form) -> Option<i64> {
    form.get("seen")?.parse().ok()
}

/// Whether a refusal is told on the page itself.
fn is_told_there(problem: &Problem) -> bool {
    matches!(problem.status().as_u16(), 409 | 422)
}

fn sign_in(here: &str) -> String {
    format!("/sign-in?back={here}")
}

fn path(base: &str, id: Uuid) -> String {
    format!("{base}/{id}")
}
