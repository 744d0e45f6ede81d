//! Results on pages: what everybody reads and recomputes, where they are approved, and the
//! sheet for whoever won.

mod award;
mod console;
mod explained;
mod objections;
mod overview;
mod placings;
mod stages;

use axum::http::{HeaderValue, header};
use axum::response::Response;
use maud::{Markup, html};
use uuid::Uuid;

use super::ResultState;
use super::store::reading::Heading;
use crate::contests::rules::Rules;
use crate::platform::assets::RESULTS_SCRIPT;
use crate::platform::i18n::Lang;
use crate::platform::page::moment;
use crate::platform::visit::Visit;

pub use award::award;
pub use console::{act, run};
pub use overview::{object, results};
pub use placings::placings;

/// As that of all pages, and a module that was compiled for browsers may run.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self' 'wasm-unsafe-eval'; \
img-src 'self'; connect-src 'self'; manifest-src 'self'; worker-src 'self'; form-action 'self'; \
base-uri 'none'; frame-ancestors 'none'";

/// In the head of pages that recompute.
fn head() -> Markup {
    html! { script type="module" src=(RESULTS_SCRIPT.href()) {} }
}

/// Lets a page recompute.
fn recomputing(mut response: Response) -> Response {
    let policy = HeaderValue::from_static(CONTENT_SECURITY_POLICY);
    response
        .headers_mut()
        .insert(header::CONTENT_SECURITY_POLICY, policy);
    response
}

/// Below which address a result is read.
fn address(contest: Uuid, heading: &Heading) -> String {
    format!(
        "/contests/{contest}/results/{}/{}",
        heading.stage, heading.version
    )
}

/// What a stage is called.
fn stage_name<'a>(rules: &'a Rules, key: &'a str) -> &'a str {
    rules.stage(key).map_or(key, |stage| stage.name.as_str())
}

/// Where a result stands, and since when or until when.
fn standing(visit: &Visit, heading: &Heading) -> Markup {
    let lang = visit.lang;
    html! {
        (heading.state.name(lang))
        @match (heading.state, heading.published_at, heading.notice_until, heading.final_at) {
            (ResultState::OnNotice, _, Some(until), _) => {
                (lang.pick("，", ", ")) (moment(visit, until)) (lang.pick(" 前可以提出异议", " is the end of objections"))
            }
            (ResultState::Final, _, _, Some(at)) => { (lang.pick("，", ", ")) (moment(visit, at)) }
            (_, Some(at), _, _) => { (lang.pick("，公布于 ", ", published ")) (moment(visit, at)) }
            (_, None, _, _) => { (lang.pick("，汇总于 ", ", drawn up ")) (moment(visit, heading.drawn_at)) }
        }
    }
}

/// 第 2 版
fn version_name(version: i64, lang: Lang) -> String {
    match lang {
        Lang::Zh => format!("第 {version} 版"),
        Lang::En => format!("version {version}"),
    }
}
