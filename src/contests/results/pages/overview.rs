//! A contest's results as everybody reads them, and objections.

use axum::response::Response;
use deserr::Deserr;
use maud::{Markup, html};
use serde_json::{Map, json};
use uuid::Uuid;

use super::objections::{listed, taking};
use super::{address, stage_name, standing, version_name};
use crate::contests::results::store::objecting;
use crate::contests::results::store::reading::{self, Heading, Results};
use crate::contests::results::{EntryNumber, ObjectionBody, ResultState};
use crate::contests::rules::Rules;
use crate::contests::scoring::api::key;
use crate::platform::fields::FieldErrors;
use crate::platform::idempotency::IdempotencyKey;
use crate::platform::input::{Digits, Form, Id, PageQuery, Path, parse_id};
use crate::platform::page::{Audience, Refused, page, see_other};
use crate::platform::problem::Problem;
use crate::platform::visit::{Presented, Visit};

/// So many objections stand on a page.
const SHOWN: i64 = 10;

/// Which objections to show, and whether one was just taken.
#[derive(Debug, Default, Deserr)]
#[deserr(error = FieldErrors, deny_unknown_fields)]
pub struct ResultsPage {
    #[deserr(default)]
    after: Option<Digits<0, 9_007_199_254_740_991>>,
    #[deserr(default)]
    objected: Option<Digits<1, 1>>,
}

/// Serves `/contests/{id}/results`.
pub async fn results(
    visit: Visit,
    Id(contest): Id,
    PageQuery(query): PageQuery<ResultsPage>,
) -> Result<Response, Problem> {
    shown(&visit, contest, &query, Refused::default()).await
}

async fn shown(
    visit: &Visit,
    contest: Uuid,
    query: &ResultsPage,
    refused: Refused<'_>,
) -> Result<Response, Problem> {
    let after = query.after.map_or(0, Digits::get);
    let (results, (objections, next)) =
        reading::with_objections(visit, contest, after, SHOWN).await?;
    let lang = visit.lang;
    let rules = results.contest.rules()?;
    let title = lang.pick("评审结果", "Results");
    let body = html! {
        p.small { a href={ "/contests/" (contest) } { (results.contest.name) } }
        h1 { (title) }
        @if query.objected.is_some() {
            p.say.good role="status" { (lang.pick("异议已收到。答复和决定都会公布在这里，您的姓名不公开。", "Your objection was received. Answer and decision will be published here; who you are will not.")) }
        }
        @if results.oversees {
            p { a.button.quiet href={ "/contests/" (contest) "/run/results" } { (lang.pick("汇总与审定", "Draw up and approve")) } }
        }
        @if let Some(rules) = &rules { (published(visit, contest, &results, rules)) }
        @if !objections.is_empty() || next.is_some() || after > 0 {
            section.course #objections {
                h2 { (lang.pick("异议", "Objections")) }
                ul.faults { @for objection in &objections { li { (listed(visit, objection)) } } }
                @if let Some(next) = next {
                    p { a.button.quiet rel="next" href={ "/contests/" (contest) "/results?after=" (next) "#objections" } { (lang.pick("下一页", "Next page")) } }
                }
            }
        }
        @if let Some(heading) = open_to_objections(&results) {
            (taking(contest, heading, results.signed_in, &refused, lang))
        }
    };
    let audience = match visit.has_credential() {
        true => Audience::Oneself,
        false => Audience::Everybody,
    };
    let name = format!("{} · {title}", results.contest.name);
    Ok(refused.answered(page(visit, audience, &name, &body)))
}

/// The result to which objections are taken now.
fn open_to_objections(results: &Results) -> Option<&Heading> {
    let mut items = results.items.iter();
    items.find(|heading| heading.state == ResultState::OnNotice)
}

fn published(visit: &Visit, contest: Uuid, results: &Results, rules: &Rules) -> Markup {
    let lang = visit.lang;
    let public = || {
        results
            .items
            .iter()
            .filter(|heading| heading.published_at.is_some())
    };
    let (old, current): (Vec<&Heading>, Vec<&Heading>) =
        public().partition(|heading| heading.state == ResultState::Superseded);
    html! {
        @if current.is_empty() {
            div.empty { p { (lang.pick("评审还没有结果。结果由两人审定后公布，并留出时间提出异议。", "There is no result yet. Two people approve it before it is published, and there is time to object.")) } }
        }
        ul.shifts { @for heading in &current {
            li {
                div { strong { (stage_name(rules, &heading.stage)) } }
                div.go { a.button href=(address(contest, heading)) { (lang.pick("查看", "Look")) } }
                div.small { (standing(visit, heading)) }
            }
        } }
        @if !old.is_empty() {
            details {
                summary { (lang.pick("以前的版本", "Earlier versions")) }
                ul.evidence { @for heading in &old {
                    li {
                        a href=(address(contest, heading)) { (stage_name(rules, &heading.stage)) (lang.pick("，", ", ")) (version_name(heading.version, lang)) }
                    }
                } }
            }
        }
    }
}

/// Takes `/contests/{id}/results/{stage}/{version}/objections`.
pub async fn object(
    visit: Visit,
    _: Presented,
    Path((contest, stage, version)): Path<(String, String, u32)>,
    form: Form,
) -> Result<Response, Problem> {
    let (contest, stage) = (parse_id(&contest)?, key(&stage)?);
    let mut body = Map::new();
    for name in ["words", "entry"] {
        if let Some(text) = form.get(name) {
            body.insert(name.to_owned(), json!(text));
        }
    }
    let done = match deserr::deserialize::<ObjectionBody, _, FieldErrors>(json!(body)) {
        Ok(body) => {
            let said = (body.words.as_str(), body.entry.map(EntryNumber::get));
            let once = IdempotencyKey::default();
            objecting::object(&visit, contest, (&stage, version.into()), said, &once).await
        }
        Err(errors) => Err(Problem::invalid(errors)),
    };
    match done {
        Ok(_) => Ok(see_other(&format!(
            "/contests/{contest}/results?objected=1"
        ))),
        Err(problem) if matches!(problem.status().as_u16(), 409 | 422) => {
            let refused = Refused {
                problem: Some(&problem),
                form: Some(&form),
            };
            shown(&visit, contest, &ResultsPage::default(), refused).await
        }
        Err(problem) => Err(problem),
    }
}
