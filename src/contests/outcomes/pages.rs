//! What becomes of awarded entries on pages: for everybody, for those who run the contest,
//! and for the organizations that write their stories.

mod public;
mod run;
mod story;

pub use public::outcomes;
pub use run::{act, entry, list, reminder};
pub use story::{show as story, write as write_story};

use maud::{Markup, html};

use super::store::Sending;
use super::store::purchases::Purchase;
use super::store::stories::Story;
use super::{Channel, yuan};
use crate::platform::fields::FieldErrors;
use crate::platform::i18n::Lang;
use crate::platform::input::Digits;
use crate::platform::page::{Refused, ask, moment};
use crate::platform::visit::Visit;

/// Which awarded entries to show.
#[derive(Debug, Default, deserr::Deserr)]
#[deserr(error = FieldErrors, deny_unknown_fields)]
pub struct AwardedPage {
    /// Those after this number.
    #[deserr(default)]
    after: Option<Digits<1, 9_007_199_254_740_991>>,
}

/// So many characters at most, in words.
fn at_most(limit: usize, lang: Lang) -> String {
    match lang {
        Lang::Zh => format!("{limit} 字以内"),
        Lang::En => format!("At most {limit} characters"),
    }
}

/// A text with how much of it is written; `rows` high.
fn area(
    id: &str,
    label: &str,
    (limit, rows): (usize, u8),
    typed: &str,
    wrong: Option<&str>,
    lang: Lang,
) -> Markup {
    let described = format!("{id}-{}", if wrong.is_some() { "wrong" } else { "hint" });
    ask(
        id,
        label,
        Some(&at_most(limit, lang)),
        wrong,
        &html! {
            textarea id=(id) name=(id) rows=(rows) data-limit=(limit) aria-invalid=[wrong.map(|_| "true")]
                aria-describedby=(described) { (typed) }
            output.small.num id={ (id) "-count" } for=(id) {}
        },
    )
}

/// A day.
fn day(id: &str, label: &str, typed: &str, wrong: Option<&str>, required: bool) -> Markup {
    ask(
        id,
        label,
        None,
        wrong,
        &html! {
            input id=(id) name=(id) type="date" value=(typed) required[required] aria-invalid=[wrong.map(|_| "true")]
                aria-describedby=[wrong.map(|_| format!("{id}-wrong"))];
        },
    )
}

/// What was typed, or else what stands.
fn typed<'a>(refused: &'a Refused, name: &str, stands: &'a str) -> &'a str {
    match refused.form {
        Some(form) => form.get(name).unwrap_or_default(),
        None => stands,
    }
}

/// A purchase, as everybody reads it.
fn purchase_shown(visit: &Visit, purchase: &Purchase) -> Markup {
    let lang = visit.lang;
    html! {
        dl.facts {
            dt { (lang.pick("购买方", "Purchaser")) } dd { (purchase.purchaser) }
            dt { (lang.pick("金额", "Amount")) } dd.num { (yuan(purchase.fen)) (lang.pick(" 元", " CNY")) }
            dt { (lang.pick("服务期", "Period")) } dd.num { (purchase.from) (lang.pick(" 至 ", " to ")) (purchase.until) }
            @if !purchase.milestones.is_empty() {
                dt { (lang.pick("节点", "Milestones")) }
                dd { ul { @for milestone in &purchase.milestones { li {
                    @match &milestone.done_on {
                        Some(done) => { "✓ " (milestone.what) small.num { " " (done) (lang.pick(" 完成", " done")) } }
                        None => { "○ " (milestone.what) small.num { " " (lang.pick("应于 ", "due ")) (milestone.due_on) } }
                    }
                } } } }
            }
            @if let Some(outcome) = &purchase.outcome {
                dt { (lang.pick("成效", "Outcome")) }
                dd { span.prose { (outcome.words) } small.num { br; (outcome.on) } }
            }
        }
        p.small { (lang.pick("登记于 ", "As of ")) (moment(visit, purchase.since)) }
    }
}

/// A story with its pictures, and where it was sent.
fn story_shown(story: &Story, lang: Lang) -> Markup {
    html! {
        p.prose { (story.text) }
        @if !story.pictures.is_empty() { ul.evidence { @for picture in &story.pictures {
            li { a href=(picture.url) rel="noopener noreferrer nofollow" target="_blank" { (picture.caption) } }
        } } }
        (sendings_shown(&story.sendings, lang))
    }
}

fn sendings_shown(sendings: &[Sending], lang: Lang) -> Markup {
    html! {
        @if !sendings.is_empty() {
            p.small { (lang.pick("已推送：", "Sent to: ")) }
            ul.evidence { @for sending in sendings { li.small {
                a href=(sending.link) rel="noopener noreferrer nofollow" target="_blank" {
                    @match (sending.channel, &sending.name) {
                        (Channel::Other, Some(name)) => (name),
                        (known, _) => (known.name(lang)),
                    }
                }
                " " span.num { (sending.on) }
            } } }
        }
    }
}
