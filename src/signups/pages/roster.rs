//! The roster, for those who run the shift.

use axum::response::Response;
use maud::html;

use super::counts;
use crate::menu::Places;
use crate::platform::clock::day_words;
use crate::platform::input::{Id, Path, parse_id};
use crate::platform::page::{Audience, page, see_other, when};
use crate::platform::problem::Problem;
use crate::platform::visit::Visit;
use crate::signups::api::too_late;
use crate::signups::roster::read;
use crate::signups::store::{self, Left};

/// Serves `/shifts/{id}/roster`.
pub async fn roster(visit: Visit, Id(id): Id) -> Result<Response, Problem> {
    let (shift, people, siblings) = read(&visit, id).await?;
    let lang = visit.lang;
    let this = id.to_string();
    let body = html! {
        p.small { a href={ "/projects/" (shift.project_id) } { (shift.title) } }
        h1 { (lang.pick("名单", "Roster")) }
        p { strong.num { (when(shift.starts_at, shift.ends_at, lang)) }
            " · " (shift.role) br; (shift.place) }
        p { (counts(shift.confirmed, shift.capacity, shift.waiting, lang)) " · "
            span class=(Places::of(shift.capacity - shift.confirmed, 0).class()) {
                (Places::of(shift.capacity - shift.confirmed, 0).words().in_lang(lang))
            } }
        @if people.is_empty() {
            div.empty {
                p { (lang.pick("还没有人报名。", "Nobody has signed up yet.")) }
                p { a.button.quiet href={ "/projects/" (shift.project_id) } { (lang.pick("打开项目页，转发给大家", "Open the project page to share it")) } }
            }
        } @else {
            div.scroll tabindex="0" role="region" aria-label=(lang.pick("名单", "Roster")) {
                table {
                    thead { tr {
                        th scope="col" { (lang.pick("姓名", "Name")) }
                        th scope="col" { (lang.pick("手机", "Phone")) }
                        th scope="col" { (lang.pick("状态", "State")) }
                    } }
                    tbody { @for person in &people {
                        tr {
                            td { strong { (person.name) } }
                            td.num {
                                a href={ "tel:" (person.phone) } { (person.phone) }
                                @if let Some(note) = &person.note { br; small { (note) } }
                                @if let (Some(name), Some(phone)) = (&person.guardian_name, &person.guardian_phone) {
                                    br; small { (lang.pick("监护人 ", "Guardian ")) (name) " " a href={ "tel:" (phone) } { (phone) }
                                        @if person.guardian_accompanies { (lang.pick("，陪同", ", comes along")) } }
                                }
                            }
                            td {
                                (person.state.name(lang))
                                @if person.cancel_requested_at.is_some() {
                                    br; small.wrong { (lang.pick("请求退出", "Asked to withdraw")) }
                                }
                                @if shift.manages() && person.cancel_requested_at.is_some() {
                                    form method="post" action={ "/shifts/" (id) "/roster/" (person.id) "/release" } {
                                        button.quiet { (lang.pick("同意退出", "Approve")) }
                                    }
                                }
                            }
                        }
                    } }
                }
            }
            p.small { (lang.pick(
                "名单只用于组织这次活动，结束 30 天后不再显示，请勿转发。",
                "This list is for running the shift only. It closes 30 days after the end; do not pass it on.",
            )) }
        }
        @if siblings.len() > 1 {
            nav.chips aria-label=(lang.pick("同一项目的班次", "Shifts of this project")) {
                @for sibling in &siblings {
                    a href={ "/shifts/" (sibling.id) "/roster" } aria-current=[(sibling.id == this).then_some("page")] {
                        (day_words(sibling.starts_at, lang)) " " (sibling.starts_at.hour_minute()) " " (sibling.role)
                    }
                }
            }
        }
    };
    Ok(page(
        &visit,
        Audience::Oneself,
        lang.pick("名单", "Roster"),
        &body,
    ))
}

/// Takes `/shifts/{shift}/roster/{signup}/release`: lets a volunteer go who asked to.
pub async fn release(
    visit: Visit,
    Path((shift, signup)): Path<(String, String)>,
) -> Result<Response, Problem> {
    let signup = parse_id(&signup)?;
    let shift = parse_id(&shift)?;
    match store::leave(&visit, signup).await? {
        Left::TooLate => Err(too_late()),
        _ => Ok(see_other(&format!("/shifts/{shift}/roster"))),
    }
}
