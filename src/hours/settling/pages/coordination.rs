//! What is overdue in a coordinator's reach.

use axum::response::Response;
use maud::html;

use super::due_line;
use crate::hours::settling::api::lists::{DueQuery, following};
use crate::hours::settling::store;
use crate::hours::working_days::overdue_before;
use crate::platform::input::PageQuery;
use crate::platform::page::{Audience, page, see_other};
use crate::platform::problem::Problem;
use crate::platform::visit::Visit;

/// So many shifts on a page.
const SHOWN: i64 = 50;

/// Serves `/coordination/hours`.
pub async fn overdue(
    visit: Visit,
    PageQuery(query): PageQuery<DueQuery>,
) -> Result<Response, Problem> {
    if !visit.has_credential() {
        return Ok(see_other("/sign-in?back=/coordination/hours"));
    }
    let late = overdue_before(visit.now.date());
    let due = store::due_in_reach(&visit, late, query.cursor.as_ref(), SHOWN).await?;
    let next = due.next.map(|after| following(&visit.target, &after));
    let lang = visit.lang;
    let title = lang.pick("逾期未记录的服务", "Service overdue to be recorded");
    let body = html! {
        p.small { a href="/coordination" { (lang.pick("统筹", "Coordination")) } }
        h1 { (title) }
        p.lead { (lang.pick(
            "结束满 10 个工作日仍未结算的班次，最早的在前。",
            "Shifts not settled ten working days after their end, the oldest first.",
        )) }
        @if due.shifts.is_empty() {
            div.empty { p { (lang.pick("没有逾期的班次。", "Nothing is overdue.")) } }
        }
        ul.shifts { @for shift in &due.shifts {
            (due_line(&visit, shift, None, Some(&shift.organization_name)))
        } }
        @if let Some(next) = next { p { a.button.quiet rel="next" href=(next) { (lang.pick("下一页", "Next page")) } } }
    };
    Ok(page(&visit, Audience::Oneself, title, &body))
}
