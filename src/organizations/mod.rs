//! Organizations (组织): who publishes, and with which key.

pub mod api;
pub mod pages;
pub mod store;

use axum::http::StatusCode;
use serde::Deserialize;

use crate::choice;
use crate::platform::db;
use crate::platform::i18n::{Lang, Words};
use crate::platform::problem::Problem;

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

choice! {
    /// What an API key may do.
    Scope {
        /// Create and replace projects.
        ProjectsWrite = "projects:write",
        /// Read who is signed up.
        SignupsRead = "signups:read",
    }
}

/// A valid key: neither revoked nor expired.
#[derive(Debug, Deserialize)]
pub struct KeyRow {
    /// Its id, which may stand in logs.
    pub id: String,
    /// Whose key it is.
    pub organization_id: String,
    /// Its name.
    pub organization_name: String,
    /// Whether the organization may act.
    pub organization_state: OrganizationState,
    #[serde(deserialize_with = "db::json")]
    scopes: Vec<Scope>,
}

impl KeyRow {
    /// Whether the key opens this organization, for this purpose.
    pub fn require(&self, organization: &str, scope: Scope) -> Result<(), Problem> {
        if self.organization_id == organization && self.scopes.contains(&scope) {
            Ok(())
        } else {
            Err(Problem::forbidden())
        }
    }

    /// Whether the organization may publish.
    pub fn require_verified(&self) -> Result<(), Problem> {
        if self.organization_state == OrganizationState::Verified {
            return Ok(());
        }
        Err(Problem::new(
            StatusCode::FORBIDDEN,
            "organization_not_verified",
            Words::new(
                "组织尚未通过核验或已被暂停，只能保存草稿",
                "The organization is not verified or was suspended: it can keep drafts only",
            ),
        ))
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

#[cfg(test)]
mod tests {
    use super::*;

    fn key(state: &str, scopes: &str) -> KeyRow {
        serde_json::from_value(serde_json::json!({
            "id": "k", "organization_id": "a", "organization_name": "A",
            "organization_state": state, "scopes": scopes,
        }))
        .unwrap()
    }

    #[test]
    fn a_key_opens_its_own_organization_for_its_scopes() {
        let key = key("verified", r#"["projects:write"]"#);
        assert!(key.require("a", Scope::ProjectsWrite).is_ok());
        assert!(key.require("b", Scope::ProjectsWrite).is_err());
        assert!(key.require("a", Scope::SignupsRead).is_err());
    }

    #[test]
    fn only_verified_organizations_publish() {
        for (state, may) in [
            ("verified", true),
            ("unverified", false),
            ("refused", false),
            ("suspended", false),
        ] {
            assert_eq!(key(state, "[]").require_verified().is_ok(), may, "{state}");
        }
    }
}
