//! What an amendment changes, to be seen before it is published.

use axum::response::Response;
use maud::html;

use super::changes::changes;
use super::section_page::At;
use super::{here, way_back};
use crate::contests::rules::Rules;
use crate::platform::input::Form;
use crate::platform::page::{Audience, page};
use crate::platform::visit::Visit;

/// The page that asks for it.
pub fn review_page(visit: &Visit, at: &At, after: &Rules, form: &Form) -> Response {
    let lang = visit.lang;
    let title = lang.pick("核对改动", "What changes");
    let none = lang.pick("（没有）", "(nothing)");
    let or_none = |words: String| {
        if words.is_empty() {
            none.to_owned()
        } else {
            words
        }
    };
    let body = html! {
        (way_back(&at.seen, true, lang))
        h1 { (title) }
        p.lead { (lang.pick("还没有公布。请核对每一处改动：", "Nothing is published yet. Look at each change:")) }
        ul.faults { @for change in changes(&at.rules, after, visit.now, lang) {
            li {
                strong { (change.label) }
                dl.facts {
                    dt { (lang.pick("原来", "Was")) } dd { (or_none(change.before)) }
                    dt { (lang.pick("改为", "Becomes")) } dd { strong { (or_none(change.after)) } }
                }
            }
        } }
        p { (lang.pick("修订原因：", "Why: ")) (form.get("reason").unwrap_or_default()) }
        form.sheet method="post" action={ (here(at.id)) "/" (at.section.word()) } {
            @for (name, value) in form.pairs().filter(|(name, _)| *name != "act") {
                input type="hidden" name=(name) value=(value);
            }
            p.small { (lang.pick(
                "公布后立即生效，连同原因公开显示，不能撤回。",
                "It is in force at once, public with its reason, and cannot be taken back.",
            )) }
            div.actions {
                button name="act" value="publish" { (lang.pick("公开修订", "Publish the amendment")) }
                button.quiet name="act" value="back" { (lang.pick("返回修改", "Go back and edit")) }
            }
        }
    };
    page(visit, Audience::Oneself, title, &body)
}
