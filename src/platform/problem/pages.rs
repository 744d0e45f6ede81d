//! A page for each kind of problem: what its `type` leads to.

use axum::response::Response;
use maud::{Markup, html};

use super::Problem;
use super::catalogue::{KINDS, Kind, find};
use crate::platform::i18n::Lang;
use crate::platform::input::Path;
use crate::platform::page::{Audience, page};
use crate::platform::visit::Visit;

/// Serves `/problems`: all of them.
pub async fn index(visit: Visit) -> Response {
    let lang = visit.lang;
    let title = lang.pick("问题代码", "Problem codes");
    let body = html! {
        h1 { (title) }
        p.lead { (lang.pick(
            "接口拒绝一个请求时，用 RFC 9457 的格式说明原因：code 供程序判断，长期不变；title 和 detail 供人阅读；errors 逐项指出有问题的字段。以后可能增加新的代码，程序遇到不认识的，请按 HTTP 状态处理。",
            "When the API refuses a request it says why in the format of RFC 9457: code is for programs and stays what it is, title and detail are for people, errors names each field at fault. Codes may be added; treat one you do not know by its HTTP status.",
        )) }
        ul.shifts {
            @for kind in KINDS {
                li {
                    span { a href={ "/problems/" (kind.code) } { code { (kind.code) } } br; (kind.title(lang)) }
                    span.num { (kind.status) }
                }
            }
        }
    };
    page(&visit, Audience::Everybody, title, &body)
}

/// Serves `/problems/{code}`: one of them.
pub async fn show(visit: Visit, Path(code): Path<String>) -> Result<Response, Problem> {
    let kind = find(&code).ok_or_else(Problem::not_found)?;
    Ok(page(
        &visit,
        Audience::Everybody,
        kind.title(visit.lang),
        &explained(kind, visit.lang),
    ))
}

fn explained(kind: &Kind, lang: Lang) -> Markup {
    html! {
        p.small { (lang.pick("问题代码", "Problem code")) }
        h1 { (kind.title(lang)) }
        dl.facts {
            dt { "code" } dd { code { (kind.code) } }
            dt { "HTTP" } dd.num { (kind.status) }
        }
        section.course {
            h2 { (lang.pick("什么时候出现", "When it is answered")) }
            p { (marked(kind.meaning(lang))) }
        }
        section.course {
            h2 { (lang.pick("怎么办", "What to do")) }
            p { (marked(kind.remedy(lang))) }
        }
        div.actions {
            a.button.quiet href="/problems" { (lang.pick("全部代码", "All codes")) }
            a.button.quiet href="/api/docs" { (lang.pick("接口文档", "API reference")) }
        }
    }
}

/// What stands between backquotes is code.
fn marked(text: &str) -> Markup {
    html! {
        @for (at, part) in text.split('`').enumerate() {
            @if at % 2 == 1 { code { (part) } } @else { (part) }
        }
    }
}
