//! Contests on pages: what everybody reads, and where they are run.

mod console;
mod contest;
pub mod rules;

pub use console::{act, run};
pub use contest::contest;

use axum::response::Response;
use maud::{Markup, html};
use serde_json::{Map, Value, json};

use super::acts;
use super::store::{self, ContestLine, Filter, Mine};
use crate::platform::clock::Instant;
use crate::platform::fields::FieldErrors;
use crate::platform::i18n::Lang;
use crate::platform::idempotency::IdempotencyKey;
use crate::platform::input::{Form, Id, PageQuery};
use crate::platform::page::{Audience, Refused, ask, moment, page, see_other, text_input};
use crate::platform::problem::Problem;
use crate::platform::visit::Visit;

/// So many contests stand on a page.
const SHOWN: i64 = 20;

/// From when until when.
pub fn period(visit: &Visit, from: Instant, to: Instant) -> Markup {
    html! { (moment(visit, from)) (visit.lang.pick(" 至 ", " to ")) (moment(visit, to)) }
}

/// Which contests to show.
#[derive(Debug, Default, deserr::Deserr)]
#[deserr(error = FieldErrors, deny_unknown_fields)]
pub struct ContestsPage {
    /// The last of the page before.
    #[deserr(default)]
    after: Option<Id>,
}

/// Serves `/contests`.
pub async fn contests(
    visit: Visit,
    PageQuery(query): PageQuery<ContestsPage>,
) -> Result<Response, Problem> {
    shown(&visit, &query, Refused::default()).await
}

async fn shown(
    visit: &Visit,
    query: &ContestsPage,
    refused: Refused<'_>,
) -> Result<Response, Problem> {
    let filter = Filter {
        after: query.after.map(|id| id.0),
        limit: SHOWN,
        ..Filter::default()
    };
    let ((items, next), mine) = store::overview(visit, &filter).await?;
    let lang = visit.lang;
    let title = lang.pick("项目大赛", "Contests");
    let body = html! {
        h1 { (title) }
        (refused.above(lang))
        p.lead { (lang.pick(
            "志愿服务项目大赛。评审规则在报名开始前公布，谁都可以核对。",
            "Contests of volunteer-service projects. Rules are published before entries open, for anyone to check.",
        )) }
        @if !mine.contests.is_empty() {
            section.course #mine {
                h2 { (lang.pick("我办的大赛", "Contests I run")) }
                ul.shifts { @for line in &mine.contests { (listed(visit, line, true)) } }
            }
        }
        section.course #announced {
            h2 { (lang.pick("已公布的大赛", "Announced")) }
            @if items.is_empty() { div.empty { p { (lang.pick("还没有公布的大赛。", "None has been announced yet.")) } } }
            ul.shifts { @for line in &items { (listed(visit, line, false)) } }
            @if let Some(next) = next {
                p { a.button.quiet rel="next" href={ "/contests?after=" (next) } { (lang.pick("下一页", "Next page")) } }
            }
        }
        (preparation(&mine, &refused, lang))
    };
    let audience = match visit.has_credential() {
        true => Audience::Oneself,
        false => Audience::Everybody,
    };
    Ok(refused.answered(page(visit, audience, title, &body)))
}

fn listed(visit: &Visit, line: &ContestLine, runs: bool) -> Markup {
    let lang = visit.lang;
    let to = if runs { "/run" } else { "" };
    html! {
        li {
            div { strong { (line.name) } }
            div.go { a.button.quiet href={ "/contests/" (line.id) (to) } aria-label={ (lang.pick("查看 ", "Look at ")) (line.name) } { (lang.pick("查看", "Look")) } }
            div.small {
                (line.office) " · " (line.region_name) br;
                (stage_words(visit, line))
            }
        }
    }
}

/// Where a contest stands now, in a few words.
fn stage_words(visit: &Visit, line: &ContestLine) -> Markup {
    use crate::contests::ContestState::{Announced, Cancelled, Draft};
    let lang = visit.lang;
    let times = (line.entries_open_at, line.entries_close_at, line.ends_at);
    html! {
        @match (line.state, times) {
            (Draft | Cancelled, _) => { (line.state.name(lang)) }
            (Announced, (Some(opens), Some(closes), Some(ends))) => {
                @if visit.now < opens { (lang.pick("报名从 ", "Entries open ")) (moment(visit, opens)) (lang.pick(" 开始", "")) }
                @else if visit.now < closes { (lang.pick("报名截止：", "Entries close ")) (moment(visit, closes)) }
                @else if visit.now < ends { (lang.pick("评审中，", "Judging until ")) (moment(visit, ends)) (lang.pick(" 结束", "")) }
                @else { (lang.pick("评审已结束", "Judging is over")) }
            }
            (Announced, _) => {}
        }
    }
}

fn preparation(mine: &Mine, refused: &Refused, lang: Lang) -> Markup {
    let name = refused.wrong("name", lang);
    html! {
        @if !mine.organizations.is_empty() || !mine.regions.is_empty() {
            details open[refused.problem.is_some()] {
                summary { (lang.pick("筹备一届大赛", "Prepare a contest")) }
                form method="post" action="/contests" {
                    (ask("host", lang.pick("举办单位", "Held by"), None, refused.wrong("host", lang), &html! {
                        select id="host" name="host" required {
                            @for region in &mine.regions {
                                @let value = format!("region:{}", region.code);
                                option value=(value) selected[value == refused.typed("host")] { (region.full_name) (lang.pick("统筹单位", ", coordinating office")) }
                            }
                            @for organization in &mine.organizations {
                                @let value = format!("organization:{}", organization.id);
                                option value=(value) selected[value == refused.typed("host")] { (organization.name) }
                            }
                        }
                    }))
                    (ask("name", lang.pick("大赛名称", "Its name"), Some(lang.pick("60 字以内", "At most 60 characters")), name,
                        &text_input("name", "text", refused.typed("name"), "off", name.is_some(), true)))
                    button { (lang.pick("建立草稿", "Begin a draft")) }
                }
            }
        }
    }
}

/// Takes `/contests`: a new draft.
pub async fn prepare(visit: Visit, form: Form) -> Result<Response, Problem> {
    let mut body = Map::new();
    body.insert("name".into(), json!(form.get("name").unwrap_or_default()));
    match form.get("host").and_then(|host| host.split_once(':')) {
        Some(("region", code)) => body.insert("region".into(), json!(code)),
        Some(("organization", id)) => body.insert("organization_id".into(), json!(id)),
        _ => None,
    };
    let done = match deserr::deserialize::<_, _, FieldErrors>(Value::Object(body)) {
        Ok(body) => acts::prepare(&visit, &body, &IdempotencyKey::default()).await,
        Err(errors) => Err(Problem::invalid(errors)),
    };
    match done {
        Ok((seen, _)) => Ok(see_other(&format!("/contests/{}/run", seen.contest.id))),
        Err(problem) if problem.status().as_u16() == 422 => {
            let refused = Refused {
                problem: Some(&problem),
                form: Some(&form),
            };
            shown(&visit, &ContestsPage::default(), refused).await
        }
        Err(problem) => Err(problem),
    }
}
