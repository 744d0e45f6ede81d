//! Permission settled inside the question itself: the statement that acts, acts only for
//! somebody who may.

use serde::Deserialize;

use super::{Permission, Role, Scope};
use crate::platform::db::{self, Batch};
use crate::platform::input::Choice as _;
use crate::platform::problem::Problem;

/// A common table expression `agent`: who presents a credential, and whether they may act
/// for the organization of `target`, an expression before it with a column
/// `organization_id` and at most one row. `?1` credential, `?2` now, `?4` roles and `?5`
/// scopes that may, as [`Permit`] has them.
macro_rules! agent {
    () => {
        "agent AS (
  SELECT 'volunteer:' || c.volunteer_id AS actor, c.volunteer_id AS hand,
    EXISTS (
      SELECT 1 FROM target t
      JOIN member m ON m.organization_id = t.organization_id AND m.volunteer_id = c.volunteer_id
      WHERE m.role IN (SELECT value FROM json_each(?4))) AS may
  FROM session c
  WHERE c.token_hash = ?1 AND c.expires_at > ?2
  UNION ALL
  SELECT 'api_key:' || k.id, k.created_by,
    EXISTS (
      SELECT 1 FROM target t JOIN json_each(k.scopes) s
      WHERE t.organization_id = k.organization_id AND s.value IN (SELECT value FROM json_each(?5)))
  FROM api_key k
  WHERE k.token_hash = ?1 AND k.expires_at > ?2 AND k.revoked_at IS NULL)"
    };
}

pub(crate) use agent;

/// Who may do something, as statements ask for it.
#[derive(Debug)]
pub struct Permit {
    /// A JSON array of roles.
    pub roles: String,
    /// A JSON array of scopes.
    pub scopes: String,
}

impl Permission {
    /// The roles and scopes that may.
    pub fn permit(self) -> Permit {
        let roles = Role::ALL.iter().filter(|(role, _)| role.may(self));
        let scopes = Scope::ALL.iter().filter(|(scope, _)| scope.gives(self));
        let words = |words: Vec<&str>| serde_json::json!(words).to_string();
        Permit {
            roles: words(roles.map(|(_, word)| *word).collect()),
            scopes: words(scopes.map(|(_, word)| *word).collect()),
        }
    }
}

/// The end of a statement that tells who asked; [`admit`] reads its row.
macro_rules! entry {
    () => {
        "
SELECT a.may, EXISTS (SELECT 1 FROM target) AS found FROM agent a"
    };
}

pub(crate) use entry;

#[derive(Deserialize)]
struct Entry {
    #[serde(deserialize_with = "db::truth")]
    may: bool,
    #[serde(deserialize_with = "db::truth")]
    found: bool,
}

/// Why the caller was not let in, from the row of `entry!` at `index`.
pub fn admit(batch: &Batch, index: usize) -> Result<(), Problem> {
    match batch.first::<Entry>(index)? {
        None => Err(Problem::unauthenticated()),
        Some(entry) if !entry.found => Err(Problem::not_found()),
        Some(entry) if !entry.may => Err(Problem::forbidden()),
        Some(_) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_ask_for_whom_the_rules_let_in() {
        let permit = Permission::WriteSignups.permit();
        assert_eq!(permit.roles, r#"["owner","manager"]"#);
        assert_eq!(permit.scopes, r#"["signups:write"]"#);
        let permit = Permission::Manage.permit();
        assert_eq!((&*permit.roles, &*permit.scopes), (r#"["owner"]"#, "[]"));
    }
}
