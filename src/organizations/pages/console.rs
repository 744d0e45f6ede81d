//! What all pages of an organization's console have in common.

use maud::{Markup, html};

use crate::organizations::{Agent, Permission, Role};
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
    /// `/organizations/{id}/certificates`
    Certificates,
    /// `/organizations/{id}/disputes`
    Disputes,
    /// `/organizations/{id}/entries`: in contests
    Entries,
    /// `/organizations/{id}/imports`
    Imports,
    /// `/organizations/{id}/webhooks`
    Webhooks,
    /// `/organizations/{id}/settings`: facts, members, keys
    Settings,
}

impl ConsolePage {
    const ALL: [Self; 9] = [
        Self::Projects,
        Self::Requests,
        Self::Hours,
        Self::Certificates,
        Self::Disputes,
        Self::Entries,
        Self::Imports,
        Self::Webhooks,
        Self::Settings,
    ];

    const fn path(self) -> &'static str {
        match self {
            Self::Projects => "projects",
            Self::Requests => "requests",
            Self::Hours => "hours",
            Self::Certificates => "certificates",
            Self::Disputes => "disputes",
            Self::Entries => "entries",
            Self::Imports => "imports",
            Self::Webhooks => "webhooks",
            Self::Settings => "settings",
        }
    }

    /// What whoever opens it must be allowed to do.
    const fn needs(self) -> Permission {
        match self {
            Self::Webhooks => Permission::Manage,
            Self::Entries => Permission::EnterContests,
            Self::Requests => Permission::ReadSignups,
            Self::Hours | Self::Certificates | Self::Disputes => Permission::ReadHours,
            Self::Projects | Self::Imports | Self::Settings => Permission::ReadProjects,
        }
    }

    fn name(self, lang: Lang) -> &'static str {
        match self {
            Self::Projects => lang.pick("项目", "Projects"),
            Self::Requests => lang.pick("报名请求", "Requests"),
            Self::Hours => lang.pick("服务记录", "Service hours"),
            Self::Certificates => lang.pick("证明", "Certificates"),
            Self::Disputes => lang.pick("时长异议", "Disputes"),
            Self::Entries => lang.pick("参赛", "Contests"),
            Self::Imports => lang.pick("批量导入", "Imports"),
            Self::Webhooks => lang.pick("事件推送", "Webhooks"),
            Self::Settings => lang.pick("设置", "Settings"),
        }
    }
}

/// Whose console a page belongs to, and who looks at it.
#[derive(Debug)]
pub struct Console<'a> {
    lang: Lang,
    id: &'a str,
    name: &'a str,
    role: Option<Role>,
    requests: i64,
}

impl<'a> Console<'a> {
    /// Of the organization with this id and name, for a member in this role.
    pub const fn new(visit: &Visit, id: &'a str, name: &'a str, role: Option<Role>) -> Self {
        Self {
            lang: visit.lang,
            id,
            name,
            role,
            requests: 0,
        }
    }

    /// Of the organization at whose door somebody stands.
    pub fn of(visit: &Visit, id: &'a str, agent: &'a Agent) -> Self {
        Self::new(visit, id, &agent.organization_name, agent.role)
    }

    /// The same, with how many requests wait for an answer.
    #[must_use]
    pub const fn with_requests(self, requests: i64) -> Self {
        Self { requests, ..self }
    }

    /// Leads from page to page, as far as the role may open them; `here` is the page it
    /// stands on, when it is one of them.
    pub fn nav(&self, here: Option<ConsolePage>) -> Markup {
        let lang = self.lang;
        let may = |page: &ConsolePage| {
            let needs = page.needs();
            self.role.is_some_and(|role| role.may(needs))
        };
        html! {
            p.small {
                a href="/me/organizations" { (lang.pick("我的组织", "My organizations")) }
                " / " a href={ "/organizations/" (self.id) } { (self.name) }
            }
            nav.chips aria-label=(lang.pick("组织后台", "Console")) {
                @for page in ConsolePage::ALL.into_iter().filter(may) {
                    a href={ "/organizations/" (self.id) "/" (page.path()) }
                        aria-current=[(Some(page) == here).then_some("page")] {
                        (page.name(lang))
                        @if page == ConsolePage::Requests && self.requests > 0 {
                            " " span.num.count { (self.requests) }
                        }
                    }
                }
            }
        }
    }
}

/// The navigation on pages that only owners open.
pub fn console_nav(visit: &Visit, id: &str, name: &str, here: ConsolePage) -> Markup {
    Console::new(visit, id, name, Some(Role::Owner)).nav(Some(here))
}
