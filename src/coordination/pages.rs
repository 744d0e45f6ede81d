//! Coordination on pages: who waits, deciding, appointing.

mod code;
mod coordinators;
mod dossier;
mod queue;

pub use code::{code_form, redeem};
pub use coordinators::{appoint, coordinators, revoke};
pub use dossier::{decide, organization};
pub use queue::queue;

use maud::{Markup, html};

use super::Decision;
use crate::choice;
use crate::platform::i18n::Lang;

choice! {
    /// What has just been done.
    Done {
        /// An organization was verified.
        Verified = "verified",
        /// An organization was refused.
        Refused = "refused",
        /// An organization was stopped.
        Suspended = "suspended",
        /// An organization may act again.
        Reinstated = "reinstated",
        /// Somebody became a coordinator.
        Appointed = "appointed",
        /// Somebody is a coordinator no more.
        Revoked = "revoked",
        /// Whoever asks became a coordinator.
        Redeemed = "redeemed",
    }
}

impl From<Decision> for Done {
    fn from(decision: Decision) -> Self {
        match decision {
            Decision::Verify => Self::Verified,
            Decision::Refuse => Self::Refused,
            Decision::Suspend => Self::Suspended,
            Decision::Reinstate => Self::Reinstated,
        }
    }
}

impl Done {
    fn words(self, lang: Lang) -> &'static str {
        match self {
            Self::Verified => lang.pick(
                "已通过核验，该组织的项目可以上菜单了；已发短信通知负责人。",
                "Verified: its projects may go on the menu. Its owners are told.",
            ),
            Self::Refused => lang.pick(
                "已作出不予通过的决定，原因已发短信告知负责人。",
                "Refused. Its owners are told your reason.",
            ),
            Self::Suspended => lang.pick(
                "已暂停该组织，其项目已从菜单撤下；原因已发短信告知负责人。",
                "Suspended: its projects are off the menu. Its owners are told your reason.",
            ),
            Self::Reinstated => lang.pick(
                "已恢复该组织，其项目重新上菜单；已发短信通知负责人。",
                "Reinstated: its projects are back on the menu. Its owners are told.",
            ),
            Self::Appointed => lang.pick(
                "已任命，并发短信通知对方。",
                "Appointed. They are told by text.",
            ),
            Self::Revoked => lang.pick("已撤销任命。", "The appointment is revoked."),
            Self::Redeemed => lang.pick("您已成为统筹员。", "You are a coordinator now."),
        }
    }
}

/// A line that says what has just been done.
fn told(done: Option<Done>, lang: Lang) -> Markup {
    html! { @if let Some(done) = done { p.say.good role="status" { (done.words(lang)) } } }
}
