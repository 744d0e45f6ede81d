//! Organizations (组织): who publishes, and with which key.

mod agent;
pub mod api;
pub mod pages;
pub mod store;

use serde::Deserialize;

use crate::choice;
use crate::platform::i18n::Lang;

pub use agent::{Agent, Permission, Role, Scope};

choice! {
    /// Whether an organization may act.
    OrganizationState {
        /// Registered; keeps drafts.
        Unverified = "unverified",
        /// A coordinator has verified it.
        Verified = "verified",
        /// A coordinator has refused it.
        Refused = "refused",
        /// A coordinator has stopped it.
        Suspended = "suspended",
    }
}

choice! {
    /// What an organization is by law.
    OrganizationKind {
        /// 社会团体
        SocialOrganization = "social_organization",
        /// 基金会
        Foundation = "foundation",
        /// 社会工作服务机构
        SocialWorkAgency = "social_work_agency",
        /// 民办非企业单位
        PrivateNonEnterpriseUnit = "private_non_enterprise_unit",
        /// 未登记的志愿服务队
        VolunteerTeam = "volunteer_team",
        /// 村(居)民委员会
        VillageCommittee = "village_committee",
        /// 企业
        Enterprise = "enterprise",
        /// 事业单位
        PublicInstitution = "public_institution",
    }
}

impl OrganizationKind {
    /// Its name for people.
    pub fn name(self, lang: Lang) -> &'static str {
        match self {
            Self::SocialOrganization => lang.pick("社会团体", "Social organization"),
            Self::Foundation => lang.pick("基金会", "Foundation"),
            Self::SocialWorkAgency => lang.pick("社工机构", "Social-work agency"),
            Self::PrivateNonEnterpriseUnit => {
                lang.pick("民办非企业单位", "Private non-enterprise unit")
            }
            Self::VolunteerTeam => lang.pick("志愿服务队", "Volunteer team"),
            Self::VillageCommittee => lang.pick("村（居）委会", "Village or residents' committee"),
            Self::Enterprise => lang.pick("企业", "Enterprise"),
            Self::PublicInstitution => lang.pick("事业单位", "Public institution"),
        }
    }
}

/// The prefix of every API key.
pub const KEY_PREFIX: &str = "ddk_";

/// What the public reads of an organization.
#[derive(Debug, Deserialize, serde::Serialize, utoipa::ToSchema)]
pub struct Organization {
    /// UUIDv7.
    #[schema(format = "uuid")]
    pub id: String,
    /// Its name.
    pub name: String,
    /// What it is by law.
    pub kind: OrganizationKind,
    /// Unified social credit code (GB 32100-2015), when registered.
    pub credit_code: Option<String>,
    /// Division code.
    pub region: String,
    /// The division's name.
    pub region_name: String,
    /// What it says of itself.
    pub about: String,
    /// The organization's own telephone.
    pub contact_phone: Option<String>,
    /// Whether it may act.
    pub state: OrganizationState,
}
