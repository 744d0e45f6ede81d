//! Organizations (组织): who publishes, in whose name, and with which key.

mod agent;
pub mod api;
mod api_key;
mod credit_code;
mod guard;
pub mod pages;
pub mod registration;
pub mod store;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::choice;
use crate::platform::clock::{DAY, Instant};
use crate::platform::i18n::Lang;

pub use agent::{Agent, Permission, Role, Scope};
pub use api_key::{KEY_PREFIX, first_use_today, hint, is_mistyped_key, new_key, with_checksum};
pub use credit_code::{CodeFault, CreditCode};
pub use guard::{Permit, admit};
pub(crate) use guard::{agent, entry};
pub use registration::Fundraising;
// What an answered request leaves behind, and what the clock forgets.
pub use store::invitations::forget;
pub use store::keys::note_use;

/// An invitation to join is good for so long, in milliseconds.
pub const INVITATION_LASTS: i64 = 14 * DAY;
/// One organization sends at most so many invitations a day: each is a message to a phone
/// that may be anybody's.
pub const INVITATIONS_A_DAY: i64 = 20;
/// One phone is written to by at most so many organizations a day that invite it.
pub const INVITED_A_DAY: i64 = 5;
/// One person keeps at most so many organizations waiting for verification.
pub const WAITING_A_PERSON: i64 = 10;
/// An API key is good for so long unless its owner says otherwise, in milliseconds.
pub const KEY_LASTS: i64 = 365 * DAY;
/// And at most for so long, in milliseconds.
pub const KEY_LASTS_AT_MOST: i64 = 731 * DAY;
/// One organization has at most so many keys that work.
pub const KEYS_AT_MOST: i64 = 50;

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

/// What the public reads of an organization; its members and whoever coordinates its
/// region read all of it.
#[derive(Debug, Serialize, ToSchema)]
pub struct Organization {
    /// UUIDv7.
    #[schema(format = "uuid")]
    pub id: String,
    /// Rises with each change; for its members the `ETag` is made of it.
    pub version: i64,
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
    /// What it says of itself; for the public once it is verified, empty before.
    pub about: String,
    /// The organization's own telephone; for the public once it is verified.
    pub contact_phone: Option<String>,
    /// Public-fundraising qualification, when it has one.
    pub fundraising: Option<Fundraising>,
    /// Whether it may act.
    pub state: OrganizationState,
    /// Since when it is in this state, RFC 3339.
    #[schema(value_type = String, format = "date-time")]
    pub state_since: Instant,
    /// Which office decided on it; null until one did.
    pub state_by: Option<Office>,
    /// Why it was refused or suspended; for its members and its coordinators.
    pub state_reason: Option<String>,
    /// Whom to ask for; for its members and its coordinators.
    pub contact_name: Option<String>,
}

/// Who decided: an office and the division it coordinates, never a person.
#[derive(Debug, Serialize, ToSchema)]
pub struct Office {
    /// What it is called.
    #[schema(example = "赣州市民政局")]
    pub name: String,
    /// The division it coordinates.
    #[schema(example = "3607")]
    pub region: String,
    /// The division's name.
    #[schema(example = "赣州市")]
    pub region_name: String,
}

/// An organization in a list.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct OrganizationLine {
    /// UUIDv7.
    #[schema(format = "uuid")]
    pub id: String,
    /// Its name.
    pub name: String,
    /// What it is by law.
    pub kind: OrganizationKind,
    /// Unified social credit code, when registered.
    pub credit_code: Option<String>,
    /// Division code.
    pub region: String,
    /// The division's name.
    pub region_name: String,
    /// Whether it may act.
    pub state: OrganizationState,
    /// Since when it is in this state, RFC 3339.
    #[schema(value_type = String, format = "date-time")]
    pub state_since: Instant,
}

impl Role {
    /// Its name for people.
    pub fn name(self, lang: Lang) -> &'static str {
        match self {
            Self::Owner => lang.pick("负责人", "Owner"),
            Self::Manager => lang.pick("管理员", "Manager"),
            Self::Recorder => lang.pick("记录员", "Recorder"),
            Self::Viewer => lang.pick("查看者", "Viewer"),
        }
    }

    /// What it may do, in a few words.
    pub fn may_words(self, lang: Lang) -> &'static str {
        match self {
            Self::Owner => lang.pick(
                "全部，包括成员和密钥",
                "everything, members and keys included",
            ),
            Self::Manager => lang.pick("发布项目、处理报名", "projects and sign-ups"),
            Self::Recorder => lang.pick("看名单、记录时长", "sees who comes, records hours"),
            Self::Viewer => lang.pick("只看名单", "sees who comes"),
        }
    }
}

impl Scope {
    /// What it opens, in a few words.
    pub fn name(self, lang: Lang) -> &'static str {
        match self {
            Self::ProjectsWrite => lang.pick("发布项目", "Publish projects"),
            Self::SignupsRead => lang.pick("读取报名名单", "Read sign-ups"),
            Self::SignupsWrite => lang.pick("处理报名", "Decide on sign-ups"),
            Self::HoursRead => lang.pick("查看服务记录", "Read service records"),
            Self::HoursExport => lang.pick(
                "导出服务记录（含手机号和出生日期）",
                "Export records, with telephone numbers and birth dates",
            ),
            Self::HoursWrite => lang.pick("记录服务时间", "Record hours"),
            Self::ContestsEnter => lang.pick("报名参赛", "Enter contests"),
        }
    }
}

impl OrganizationState {
    /// Its name for people.
    pub fn name(self, lang: Lang) -> &'static str {
        match self {
            Self::Unverified => lang.pick("待核验", "Waiting for verification"),
            Self::Verified => lang.pick("已核验", "Verified"),
            Self::Refused => lang.pick("未通过核验", "Refused"),
            Self::Suspended => lang.pick("已暂停", "Suspended"),
        }
    }
}
