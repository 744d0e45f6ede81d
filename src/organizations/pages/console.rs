//! What all pages of an organization's console have in common.

use maud::{Markup, html};

use crate::platform::i18n::Lang;
use crate::platform::visit::Visit;

/// A page of the console, in the order of its navigation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConsolePage {
    /// `/organizations/{id}/projects`
    Projects,
    /// `/organizations/{id}/requests`
    Requests,
    /// `/organizations/{id}/hours`
    Hours,
    /// `/organizations/{id}/imports`
    Imports,
    /// `/organizations/{id}/webhooks`
    Webhooks,
    /// `/organizations/{id}/settings`: facts, members, keys
    Settings,
}

impl ConsolePage {
    const ALL: [Self; 6] = [
        Self::Projects,
        Self::Requests,
        Self::Hours,
        Self::Imports,
        Self::Webhooks,
        Self::Settings,
    ];

    const fn path(self) -> &'static str {
        match self {
            Self::Projects => "projects",
            Self::Requests => "requests",
            Self::Hours => "hours",
            Self::Imports => "imports",
            Self::Webhooks => "webhooks",
            Self::Settings => "settings",
        }
    }

    fn name(self, lang: Lang) -> &'static str {
        match self {
            Self::Projects => lang.pick("项目", "Projects"),
            Self::Requests => lang.pick("报名请求", "Requests"),
            Self::Hours => lang.pick("服务记录", "Service hours"),
            Self::Imports => lang.pick("批量导入", "Imports"),
            Self::Webhooks => lang.pick("事件推送", "Webhooks"),
            Self::Settings => lang.pick("设置", "Settings"),
        }
    }
}

/// Leads from page to page of one organization's console: `id` and `name` are the
/// organization's, `here` is the page it stands on.
pub fn console_nav(visit: &Visit, id: &str, name: &str, here: ConsolePage) -> Markup {
    let lang = visit.lang;
    html! {
        p.small {
            a href="/me/organizations" { (lang.pick("我的组织", "My organizations")) }
            " / " a href={ "/organizations/" (id) } { (name) }
        }
        nav.chips aria-label=(lang.pick("组织后台", "Console")) {
            @for page in ConsolePage::ALL {
                a href={ "/organizations/" (id) "/" (page.path()) }
                    aria-current=[(page == here).then_some("page")] { (page.name(lang)) }
            }
        }
    }
}
