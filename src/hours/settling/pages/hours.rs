//! What an organization has to settle.

use axum::response::Response;
use maud::html;

use super::due_line;
use crate::hours::settling::api::lists::{DueQuery, following};
use crate::hours::settling::store;
use crate::organizations::Permission;
use crate::organizations::pages::{Console, ConsolePage};
use crate::platform::clock::DAY;
use crate::platform::input::{Id, PageQuery};
use crate::platform::page::{Audience, page, see_other, when};
use crate::platform::problem::Problem;
use crate::platform::visit::Visit;

/// So many shifts on a page.
const SHOWN: i64 = 50;
/// What volunteers said to their absences is shown for so long, in milliseconds.
const ANSWERS_SHOWN: i64 = 60 * DAY;

/// Serves `/organizations/{id}/hours`.
pub async fn hours(
    visit: Visit,
    Id(id): Id,
    PageQuery(query): PageQuery<DueQuery>,
) -> Result<Response, Problem> {
    if !visit.has_credential() {
        return Ok(see_other(&format!(
            "/sign-in?back=/organizations/{id}/hours"
        )));
    }
    let since = visit.now.plus(-ANSWERS_SHOWN);
    let after = query.cursor.as_ref();
    let (agent, due, answers) =
        store::due_of_organization(&visit, id, after, SHOWN, Some(since)).await?;
    let next = due.next.map(|after| following(&visit.target, &after));
    let lang = visit.lang;
    let title = lang.pick("服务记录", "Service hours");
    let body = html! {
        (Console::of(&visit, &id.to_string(), &agent).nav(Some(ConsolePage::Hours)))
        h1 { (title) }
        div.actions {
            a.button.quiet href={ "/organizations/" (id) "/records" } { (lang.pick("全部记录", "All records")) }
            a.button.quiet href={ "/organizations/" (id) "/signals" } { (lang.pick("值得核对的记录", "Records to look at")) }
            @if agent.may(Permission::RecordHours) {
                a.button.quiet href={ "/organizations/" (id) "/records/new" } { (lang.pick("记培训、表彰、评价", "Add training, honours …")) }
            }
        }
        section.course {
            h2 { (lang.pick("待结算的班次", "Shifts to settle")) }
            @if due.shifts.is_empty() {
                div.empty { p { (lang.pick("没有待结算的班次。", "Nothing waits to be settled.")) } }
            } @else {
                p.small { (lang.pick(
                    "服务结束后 10 个工作日内记录（民政部令第 67 号第八条）。逾期仍可记录，会注明“逾期补记”。",
                    "Service is recorded within ten working days of its end (Order 67, article 8). Later is possible and shows.",
                )) }
            }
            ul.shifts { @for shift in &due.shifts {
                (due_line(&visit, shift, Some(&format!("/shifts/{}/settlement", shift.shift_id)), None))
            } }
            @if let Some(next) = next { p { a.button.quiet rel="next" href=(next) { (lang.pick("下一页", "Next page")) } } }
        }
        @if !answers.is_empty() {
            section.course {
                h2 { (lang.pick("对“未到场”的说明", "Replies to absences")) }
                ul.shifts { @for answer in &answers {
                    li {
                        div { strong { (answer.name) } }
                        div.go { a.button.quiet href={ "/shifts/" (answer.shift_id) "/settlement" } { (lang.pick("查看", "Look")) } }
                        div.small { (answer.title) " · " (when(&visit, answer.starts_at, answer.ends_at)) br;
                            (lang.pick("说明：", "Says: ")) (answer.reply) }
                    }
                } }
            }
        }
    };
    Ok(page(&visit, Audience::Oneself, title, &body))
}
