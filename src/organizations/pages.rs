//! An organization's public page, and its console.

mod console;
mod facts;
mod mine;
mod settings;
mod structured;

pub use console::{Console, ConsolePage, console_nav};
pub use mine::{answer, mine, new, register};
pub use settings::{act, settings, settings_again};

use axum::response::Response;
use maud::html;

use super::store::reading;
use super::{Organization, OrganizationState};
use crate::menu::pages::lines;
use crate::platform::clock::{Instant, parse_date, start_of};
use crate::platform::i18n::Lang;
use crate::platform::input::Id;
use crate::platform::json_ld;
use crate::platform::page::{Audience, page_with_head};
use crate::platform::problem::Problem;
use crate::platform::visit::Visit;

/// Serves `/organizations/{id}`.
pub async fn organization(visit: Visit, Id(id): Id) -> Result<Response, Problem> {
    let found = reading::with_projects(&visit, &id.to_string()).await?;
    let (found, projects) = found.ok_or_else(Problem::not_found)?;
    let organization = found.organization;
    let lang = visit.lang;
    let (style, state) = state_words(&organization, lang);
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
            @if let Some(fundraising) = &organization.fundraising {
                dt { (lang.pick("公开募捐资格", "Public fundraising")) }
                dd { (fundraising.certificate) " " small.nowrap { (lang.pick("有效期至", "until ")) (day_of(&fundraising.valid_until, lang)) } }
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

/// In which state it is, since when, and by whom: a class and a sentence.
pub fn state_words(organization: &Organization, lang: Lang) -> (&'static str, String) {
    let day = on_day(organization.state_since, lang);
    let by = organization.state_by.as_ref();
    let by = by.map(|office| office.name.as_str());
    let office = by.unwrap_or(lang.pick("统筹单位", "its coordinator"));
    match (organization.state, lang) {
        (OrganizationState::Verified, Lang::Zh) => {
            ("say good", format!("{day}通过核验（{office}）"))
        }
        (OrganizationState::Verified, Lang::En) => {
            ("say good", format!("Verified by {office} since {day}"))
        }
        (OrganizationState::Suspended, Lang::Zh) => {
            ("say", format!("{day}起被{office}暂停，不能报名"))
        }
        (OrganizationState::Suspended, Lang::En) => (
            "say",
            format!("Suspended by {office} since {day}; sign-up is stopped"),
        ),
        (OrganizationState::Unverified, Lang::Zh) => {
            ("say wait", format!("{day}起等待核验，项目暂不在菜单上"))
        }
        (OrganizationState::Unverified, Lang::En) => (
            "say wait",
            format!("Waiting for verification since {day}; its projects are not on the menu"),
        ),
        (OrganizationState::Refused, Lang::Zh) => ("say", format!("{day}未通过{office}的核验")),
        (OrganizationState::Refused, Lang::En) => ("say", format!("Refused by {office} on {day}")),
    }
}

/// The same of a day written `2026-11-24`.
pub fn day_of(iso: &str, lang: Lang) -> String {
    parse_date(iso).map_or_else(|| iso.to_owned(), |day| on_day(start_of(day), lang))
}

/// `2026年11月24日`, or `24 Nov 2026`.
pub fn on_day(instant: Instant, lang: Lang) -> String {
    let format = lang.pick("%Y年%-m月%-d日", "%-d %b %Y");
    instant.local().strftime(format).to_string()
}
