//! Hours recorded elsewhere, before their volunteer.

use axum::response::Response;
use maud::html;

use super::api::outside::OutsideHoursQuery;
use super::store;
use crate::hours::duration_words;
use crate::menu::api::continued;
use crate::organizations::pages::day_of;
use crate::platform::clock::day_words;
use crate::platform::idempotency::IdempotencyKey;
use crate::platform::input::{Digits, Id, PageQuery};
use crate::platform::page::{Audience, page, see_other};
use crate::platform::problem::Problem;
use crate::platform::visit::{Presented, Visit};

const HERE: &str = "/me/outside-hours";
/// So many stand on a page.
const SHOWN: i64 = 30;

/// Serves `/me/outside-hours`.
pub async fn mine(
    visit: Visit,
    PageQuery(query): PageQuery<OutsideHoursQuery>,
) -> Result<Response, Problem> {
    if !visit.has_credential() {
        return Ok(see_other(&format!("/sign-in?back={HERE}")));
    }
    let before = query.cursor.map_or(0, Digits::get);
    let (items, next) = store::mine(&visit, before, SHOWN).await?;
    let lang = visit.lang;
    let title = lang.pick("别处的服务时长", "Hours recorded elsewhere");
    let body = html! {
        h1 { (title) }
        p.lead { (lang.pick(
            "由别的系统或单位记录，组织者代为录入，在这里单独列出。不计入您的时长、星级和证明。",
            "Recorded by another system or body and brought in by an organizer. They stand apart from your hours, stars and certificates.",
        )) }
        @if items.is_empty() {
            div.empty { p { (lang.pick("还没有录入过。", "There are none.")) } }
        }
        ul.shifts { @for item in &items {
            li {
                div class=[item.struck_at.map(|_| "struck")] { strong { (item.activity) } }
                div.go { (duration_words(item.minutes, lang)) }
                div.small {
                    span.num { (day_of(&item.on_date, lang)) } br;
                    (lang.pick("记录单位：", "Recorded by ")) (item.source) br;
                    (lang.pick("编号：", "Number: ")) (item.reference) br;
                    (lang.pick("录入：", "Brought in by ")) (item.imported_by) " · " (day_words(item.imported_at, lang))
                }
                @if item.same_as.is_some() {
                    p.small { (lang.pick("另一组织已录入过这一条，只算一次。", "Another organization brought in the same ones before: they are one.")) }
                }
                @if let Some(at) = item.struck_at {
                    p.small { (lang.pick("您说明过不是本人的 · ", "You said it is not yours · ")) (day_words(at, lang)) }
                } @else {
                    details {
                        summary { (lang.pick("不是我的", "Not mine")) }
                        p.small { (lang.pick("会一直标注“非本人”，不能撤回。", "It will be marked for good as not yours.")) }
                        form method="post" action={ (HERE) "/" (item.id) "/strike" } {
                            button.quiet aria-label={ (lang.pick("确认不是我的：", "Not mine: ")) (item.activity) } { (lang.pick("确认不是我的", "It is not mine")) }
                        }
                    }
                }
            }
        } }
        @if let Some(next) = next {
            p { a.button.quiet rel="next" href=(continued(&visit.target, &next.to_string())) { (lang.pick("下一页", "Next page")) } }
        }
    };
    Ok(page(&visit, Audience::Oneself, title, &body))
}

/// Takes `/me/outside-hours/{id}/strike`.
pub async fn strike(visit: Visit, _: Presented, Id(id): Id) -> Result<Response, Problem> {
    store::strike(&visit, id, &IdempotencyKey::default()).await?;
    Ok(see_other(HERE))
}
