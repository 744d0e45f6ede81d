//! Settling as pages.

mod absence;
mod coordination;
mod form;
mod hours;
mod records;
mod settlement;

pub use absence::{absence, reply};
pub use coordination::overdue;
pub use hours::hours;
pub use records::{add, new, records};
pub use settlement::{settle, settlement};

use maud::{Markup, html};

use super::store::Due;
use crate::hours::working_days::{DueDay, due};
use crate::platform::clock::{Instant, day_words, start_of};
use crate::platform::i18n::Lang;
use crate::platform::page::when;
use crate::platform::visit::Visit;

/// Until when something is to be recorded, in red once that day has passed.
fn due_words(due: DueDay, now: Instant, lang: Lang) -> Markup {
    let day = day_words(start_of(due.date), lang);
    let provisional = due.provisional.then(|| {
        lang.pick(
            "（假期安排未公布，暂定）",
            " (provisional: holidays not announced)",
        )
    });
    html! {
        @if now.date() > due.date {
            span.wrong { (lang.pick("已逾期，最迟应在 ", "Overdue since ")) (day) (lang.pick("记录", "")) (provisional.unwrap_or_default()) }
        } @else {
            span { (lang.pick("最迟在 ", "Due by ")) (day) (lang.pick("记录", "")) (provisional.unwrap_or_default()) }
        }
    }
}

/// A shift that waits to be settled; `by` whose it is, where that is not plain.
fn due_line(visit: &Visit, shift: &Due, target: Option<&str>, by: Option<&str>) -> Markup {
    let lang = visit.lang;
    html! {
        li {
            div.when { (when(visit, shift.starts_at, shift.ends_at)) }
            div.go { @if let Some(target) = target {
                a.button.quiet href=(target) aria-label={ (lang.pick("结算 ", "Settle ")) (shift.title) } { (lang.pick("结算", "Settle")) }
            } }
            div.small {
                @if let Some(by) = by { a href={ "/organizations/" (shift.organization_id) } { (by) } br; }
                a href={ "/projects/" (shift.project_id) } { (shift.title) } " · " (shift.role) " · "
                @match lang { Lang::Zh => { (shift.confirmed) " 人" } Lang::En => { (shift.confirmed) " with a seat" } }
                br; (due_words(due(shift.ends_at), visit.now, lang))
            }
        }
    }
}
