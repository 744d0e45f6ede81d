//! Who acts for an organization: a member in a role, or a program with a key.

use axum::http::StatusCode;
use serde::Deserialize;

use super::OrganizationState;
use crate::bind;
use crate::choice;
use crate::platform::clock::Instant;
use crate::platform::db::{self, Statement};
use crate::platform::i18n::Words;
use crate::platform::problem::Problem;

choice! {
    /// What an API key may do.
    Scope {
        /// Create, replace and publish projects.
        ProjectsWrite = "projects:write",
        /// Read who is signed up.
        SignupsRead = "signups:read",
        /// Decide on sign-ups, move volunteers, write to them.
        SignupsWrite = "signups:write",
        /// Read attendance, service records and certificates.
        HoursRead = "hours:read",
        /// Export records with telephone numbers and birth dates.
        HoursExport = "hours:export",
        /// Check people in, settle shifts, correct records.
        HoursWrite = "hours:write",
        /// Enter projects in contests.
        ContestsEnter = "contests:enter",
    }
}

choice! {
    /// What a member is in an organization.
    Role {
        /// Everything, members and keys included.
        Owner = "owner",
        /// Projects and sign-ups.
        Manager = "manager",
        /// Sees who comes, and records hours.
        Recorder = "recorder",
        /// Sees who comes.
        Viewer = "viewer",
    }
}

/// What is to be done in an organization's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Permission {
    /// Read own projects, drafts included.
    ReadProjects,
    /// Write and publish projects.
    WriteProjects,
    /// Read names and telephone numbers of those signed up.
    ReadSignups,
    /// Decide on sign-ups, move volunteers, write to them.
    WriteSignups,
    /// Read attendance, service records and certificates.
    ReadHours,
    /// Take away records with whose they are: telephone numbers and birth dates.
    ExportHours,
    /// Check people in, settle shifts, correct records.
    RecordHours,
    /// Enter projects in contests, and read those entries.
    EnterContests,
    /// Members, keys, the organization itself: for people, never for programs.
    Manage,
}

impl Role {
    /// Whether members in this role may do it.
    pub fn may(self, permission: Permission) -> bool {
        match permission {
            Permission::ReadProjects | Permission::ReadSignups | Permission::ReadHours => true,
            Permission::WriteProjects | Permission::WriteSignups | Permission::EnterContests => {
                matches!(self, Self::Owner | Self::Manager)
            }
            Permission::ExportHours | Permission::RecordHours => self != Self::Viewer,
            Permission::Manage => self == Self::Owner,
        }
    }
}

impl Scope {
    /// Whether keys with this scope may do it.
    pub fn gives(self, permission: Permission) -> bool {
        match self {
            Self::ProjectsWrite => matches!(
                permission,
                Permission::ReadProjects | Permission::WriteProjects
            ),
            Self::SignupsRead => permission == Permission::ReadSignups,
            Self::SignupsWrite => matches!(
                permission,
                Permission::ReadSignups | Permission::WriteSignups
            ),
            Self::HoursRead => permission == Permission::ReadHours,
            Self::HoursExport => permission == Permission::ExportHours,
            Self::HoursWrite => {
                matches!(permission, Permission::ReadHours | Permission::RecordHours)
            }
            Self::ContestsEnter => permission == Permission::EnterContests,
        }
    }
}

/// Somebody who is known, at an organization's door.
#[derive(Debug, Deserialize)]
pub struct Agent {
    /// As audit rows name them: `api_key:…` or `volunteer:…`.
    pub actor: String,
    /// The member's role; none for keys and for strangers.
    pub role: Option<Role>,
    #[serde(deserialize_with = "db::json")]
    scopes: Vec<Scope>,
    /// Whether the organization may act; none when there is no such organization.
    pub organization_state: Option<OrganizationState>,
    /// The organization's name, empty when there is none.
    pub organization_name: String,
}

/// A key of another organization has no scopes here.
const AGENT: &str = "
SELECT 'api_key:' || k.id AS actor, NULL AS role,
  iif(k.organization_id = o.id, k.scopes, '[]') AS scopes,
  o.state AS organization_state, coalesce(o.name, '') AS organization_name
FROM api_key k LEFT JOIN organization o ON o.id = ?3
WHERE k.token_hash = ?1 AND k.revoked_at IS NULL AND k.expires_at > ?2
UNION ALL
SELECT 'volunteer:' || c.volunteer_id, m.role, '[]', o.state, coalesce(o.name, '')
FROM session c
LEFT JOIN organization o ON o.id = ?3
LEFT JOIN member m ON m.organization_id = o.id AND m.volunteer_id = c.volunteer_id
WHERE c.token_hash = ?1 AND c.expires_at > ?2";

/// `?1` as audit rows name them, `?2` now, `?3` the organization.
const STILL: &str = "
SELECT ?1 AS actor, NULL AS role, k.scopes, o.state AS organization_state, o.name AS organization_name
FROM api_key k JOIN organization o ON o.id = k.organization_id
WHERE ?1 GLOB 'api_key:*' AND k.id = substr(?1, 9) AND o.id = ?3
  AND k.revoked_at IS NULL AND k.expires_at > ?2
UNION ALL
SELECT ?1, m.role, '[]', o.state, o.name
FROM member m JOIN organization o ON o.id = m.organization_id
WHERE ?1 GLOB 'volunteer:*' AND m.volunteer_id = substr(?1, 11) AND o.id = ?3";

/// `?1` to `?3` as above, `?4` roles and `?5` scopes that may, `?6` the organization's
/// state.
const STAND_STILL: &str = "
INSERT INTO abort_if
SELECT 'agent_changed'
WHERE NOT EXISTS (
  SELECT 1 FROM organization o
  WHERE o.id = ?3 AND o.state = ?6 AND (
    EXISTS (
      SELECT 1 FROM member m
      WHERE ?1 GLOB 'volunteer:*' AND m.organization_id = o.id AND m.volunteer_id = substr(?1, 11)
        AND m.role IN (SELECT value FROM json_each(?4)))
    OR EXISTS (
      SELECT 1 FROM api_key k JOIN json_each(k.scopes) s
      WHERE ?1 GLOB 'api_key:*' AND k.id = substr(?1, 9) AND k.organization_id = o.id
        AND k.revoked_at IS NULL AND k.expires_at > ?2
        AND s.value IN (SELECT value FROM json_each(?5)))))";

impl Agent {
    /// The statement that finds who once began something in an organization's name and is
    /// to go on with it; no row when they may not act in it any more.
    pub fn still(actor: &str, now: Instant, organization: &str) -> Statement {
        bind!(STILL, actor, now, organization)
    }

    /// The statement that stops a batch with `agent_changed` unless this agent still may do
    /// this, and the organization is in the state it was found in.
    pub fn stand_still(
        &self,
        permission: Permission,
        now: Instant,
        organization: &str,
    ) -> Statement {
        let permit = permission.permit();
        let state = self.organization_state.map(OrganizationState::word);
        bind!(
            STAND_STILL,
            &self.actor,
            now,
            organization,
            permit.roles,
            permit.scopes,
            state,
        )
    }

    /// The statement that finds who presents a credential at an organization's door; no row
    /// when nobody is known by it.
    pub fn at_the_door(
        credential_hash: Option<String>,
        now: Instant,
        organization: &str,
    ) -> Statement {
        bind!(AGENT, credential_hash, now, organization)
    }

    /// Whether they may do this in the organization's name.
    pub fn may(&self, permission: Permission) -> bool {
        self.role.is_some_and(|role| role.may(permission))
            || self.scopes.iter().any(|scope| scope.gives(permission))
    }

    /// An error unless they may do this in the organization's name.
    pub fn require(&self, permission: Permission) -> Result<(), Problem> {
        if self.may(permission) {
            Ok(())
        } else {
            Err(Problem::forbidden())
        }
    }

    /// An error unless the organization may publish.
    pub fn require_verified(&self) -> Result<(), Problem> {
        if self.organization_state == Some(OrganizationState::Verified) {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn agent(role: Option<&str>, scopes: &str, state: &str) -> Agent {
        serde_json::from_value(serde_json::json!({
            "actor": "a", "role": role, "scopes": scopes,
            "organization_state": state, "organization_name": "A",
        }))
        .unwrap()
    }

    #[test]
    fn roles_and_scopes_open_what_they_say() {
        use Permission::{
            EnterContests, ExportHours, Manage, ReadHours, ReadProjects, ReadSignups, RecordHours,
            WriteProjects, WriteSignups,
        };
        const ALL: [Permission; 9] = [
            ReadProjects,
            ReadSignups,
            ReadHours,
            ExportHours,
            RecordHours,
            WriteProjects,
            WriteSignups,
            EnterContests,
            Manage,
        ];
        for (role, scopes, may) in [
            (Some("owner"), "[]", &ALL[..]),
            (Some("manager"), "[]", &ALL[..8]),
            (Some("recorder"), "[]", &ALL[..5]),
            (Some("viewer"), "[]", &ALL[..3]),
            (None, "[]", &[]),
            (
                None,
                r#"["projects:write"]"#,
                &[ReadProjects, WriteProjects],
            ),
            (None, r#"["signups:read"]"#, &[ReadSignups]),
            (None, r#"["signups:write"]"#, &[ReadSignups, WriteSignups]),
            (None, r#"["hours:read"]"#, &[ReadHours]),
            (None, r#"["hours:export"]"#, &[ExportHours]),
            (None, r#"["hours:write"]"#, &[ReadHours, RecordHours]),
            (None, r#"["contests:enter"]"#, &[EnterContests]),
        ] {
            let agent = agent(role, scopes, "verified");
            for permission in ALL {
                let opened = agent.require(permission).is_ok();
                assert_eq!(
                    opened,
                    may.contains(&permission),
                    "{agent:?} {permission:?}"
                );
            }
        }
    }

    #[test]
    fn only_verified_organizations_publish() {
        for (state, may) in [
            ("verified", true),
            ("unverified", false),
            ("refused", false),
            ("suspended", false),
        ] {
            let agent = agent(Some("owner"), "[]", state);
            assert_eq!(agent.require_verified().is_ok(), may, "{state}");
        }
    }
}
