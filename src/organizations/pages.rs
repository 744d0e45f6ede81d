//! An organization's public page, and its console.

mod console;
mod structured;

pub use console::{ConsolePage, console_nav};

use axum::response::Response;
use maud::html;

use super::{OrganizationState, store};
use crate::menu::pages::lines;
use crate::platform::input::Id;
use crate::platform::json_ld;
use crate::platform::page::{Audience, page_with_head};
use crate::platform::problem::Problem;
use crate::platform::visit::Visit;

/// Serves `/organizations/{id}`.
pub async fn organization(visit: Visit, Id(id): Id) -> Result<Response, Problem> {
    let found = store::with_projects(&visit.db, &id.to_string(), visit.now).await?;
    let (organization, projects) = found.ok_or_else(Problem::not_found)?;
    let lang = visit.lang;
    let (style, state) = match organization.state {
        OrganizationState::Verified => (
            "say good",
            lang.pick("已通过统筹单位核验", "Verified by its coordinator"),
        ),
        OrganizationState::Suspended => (
            "say",
            lang.pick("已被暂停，暂时不能报名", "Suspended; sign-up is stopped"),
        ),
        OrganizationState::Unverified => (
            "say wait",
            lang.pick(
                "尚未核验，项目不会出现在菜单上",
                "Not verified yet; its projects are not on the menu",
            ),
        ),
        OrganizationState::Refused => {
            ("say", lang.pick("未通过核验", "Refused by its coordinator"))
        }
    };
    let listed = organization.state == OrganizationState::Verified;
    let body = html! {
        p.small { (organization.kind.name(lang)) }
        h1 { (organization.name) }
        p class=(style) { (state) }
        @if !organization.about.is_empty() { p.prose { (organization.about) } }
        dl.facts {
            dt { (lang.pick("所在地", "Region")) } dd { (organization.region_name) }
            @if let Some(code) = &organization.credit_code {
                dt { (lang.pick("信用代码", "Credit code")) } dd.num.nowrap { (code) }
            }
            @if let Some(phone) = &organization.contact_phone {
                dt { (lang.pick("联系电话", "Telephone")) } dd.num { a href={ "tel:" (phone) } { (phone) } }
            }
        }
        section.course {
            h2 { (lang.pick("菜单上的项目", "On the menu")) }
            @if projects.is_empty() || !listed {
                div.empty {
                    p { (lang.pick("目前没有正在招募的项目。", "It is not recruiting at the moment.")) }
                    p { a.button.quiet href="/" { (lang.pick("看看其他组织的", "See what others offer")) } }
                }
            } @else {
                (lines(&visit, &projects))
            }
        }
    };
    let head = json_ld::script(&structured::organization(&organization, &visit.origin));
    Ok(page_with_head(
        &visit,
        Audience::Everybody,
        &organization.name,
        &head,
        &body,
    ))
}
