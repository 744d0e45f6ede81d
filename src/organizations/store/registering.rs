//! Registering an organization, and changing what it says of itself.

use serde::Deserialize;
use uuid::Uuid;

use super::reading::{self, Found};
use crate::bind;
use crate::menu::search::Terms;
use crate::organizations::registration::Facts;
use crate::organizations::{Agent, OrganizationState, WAITING_A_PERSON};
use crate::platform::db::{self, DbError, Statement};
use crate::platform::idempotency::{IdempotencyKey, Ran};
use crate::platform::input::parse_id;
use crate::platform::problem::Problem;
use crate::platform::visit::Visit;

/// Whoever may register an organization there. `?1` session, `?2` now, `?3` division, `?4`
/// how many one person keeps waiting.
macro_rules! registrant {
    () => {
        "WITH registrant AS (
  SELECT c.volunteer_id
  FROM session c
  WHERE c.token_hash = ?1 AND c.expires_at > ?2
    AND EXISTS (SELECT 1 FROM region WHERE code = ?3)
    AND (SELECT count(*)
         FROM member m JOIN organization o ON o.id = m.organization_id
         WHERE m.volunteer_id = c.volunteer_id AND m.role = 'owner' AND o.state IN ('unverified', 'refused')) < ?4)"
    };
}

/// Who asks, and what stands in the way. `?1` session, `?2` now, `?3` division.
const STANDING: &str = "
SELECT EXISTS (SELECT 1 FROM session WHERE token_hash = ?1 AND expires_at > ?2) AS signed_in,
  EXISTS (SELECT 1 FROM region WHERE code = ?3) AS region_known";

/// Whoever was refused with a code holds it no longer when somebody else comes with it: a
/// code typed in bad faith must not shut its rightful holder out.
const RELEASE_CODE: &str = "
UPDATE organization
SET credit_code = NULL, version = version + 1
WHERE credit_code = ?5 AND state = 'refused' AND id <> ?6 AND EXISTS (SELECT 1 FROM registrant)";

const RECORD_RELEASE: &str = "
INSERT INTO audit (at, actor, action, subject, before, request_id)
SELECT ?2, 'volunteer:' || p.volunteer_id, 'organization.code_released', 'organization:' || o.id,
  json_object('credit_code', o.credit_code), ?7
FROM registrant p
JOIN organization o ON o.credit_code = ?5 AND o.state = 'refused' AND o.id <> ?6";

const REGISTER: &str = "
INSERT INTO organization (
  id, name, kind, credit_code, region, about, contact_name, contact_phone,
  fundraising_certificate, fundraising_until, state, created_at)
SELECT ?6, ?7, ?8, ?5, ?3, ?9, ?10, ?11, ?12, ?13, 'unverified', ?2
FROM registrant";

const BECOME_OWNER: &str = "
INSERT INTO member (organization_id, volunteer_id, role, created_at)
SELECT o.id, c.volunteer_id, 'owner', ?2
FROM session c JOIN organization o ON o.id = ?3
WHERE c.token_hash = ?1 AND c.expires_at > ?2";

const RECORD: &str = "
INSERT INTO audit (at, actor, action, subject, before, after, request_id)
SELECT ?2, 'volunteer:' || m.volunteer_id, ?4, 'organization:' || ?3, ?5, ?6, ?7
FROM session c
JOIN member m ON m.volunteer_id = c.volunteer_id AND m.organization_id = ?3 AND m.role = 'owner'
WHERE c.token_hash = ?1 AND c.expires_at > ?2";

fn registrant(sql: &str) -> String {
    format!("{}{sql}", registrant!())
}

#[derive(Deserialize)]
struct Standing {
    #[serde(deserialize_with = "db::truth")]
    signed_in: bool,
    #[serde(deserialize_with = "db::truth")]
    region_known: bool,
}

/// What came of a registration.
#[derive(Debug)]
pub enum Registered {
    /// It is there and waits for verification.
    Done(Box<Found>),
    /// The same request was carried out before.
    Before(Box<Found>),
    /// There is no such division.
    UnknownRegion,
    /// Somebody else has this code.
    CodeTaken,
    /// The caller keeps too many waiting already.
    TooMany,
}

/// Registers an organization whose owner the caller becomes: one transaction.
pub async fn register(
    visit: &Visit,
    facts: &Facts,
    key: &IdempotencyKey,
) -> Result<Registered, Problem> {
    let caller = visit.credential_hash();
    let id: Uuid = visit.new_id();
    let (region, code) = (&facts.region, facts.credit_code.as_ref());
    let may = |sql| registrant(sql);
    let statements = vec![
        bind!(STANDING, &caller, visit.now, region),
        bind!(
            may(RECORD_RELEASE),
            &caller,
            visit.now,
            region,
            WAITING_A_PERSON,
            code,
            id,
            &*visit.request_id
        ),
        bind!(
            may(RELEASE_CODE),
            &caller,
            visit.now,
            region,
            WAITING_A_PERSON,
            code,
            id
        ),
        bind!(
            may(REGISTER),
            &caller,
            visit.now,
            region,
            WAITING_A_PERSON,
            code,
            id,
            &facts.name,
            facts.kind.word(),
            &facts.about,
            facts.contact_name.as_ref(),
            facts.contact_phone.as_ref(),
            facts.fundraising.as_ref().map(|it| &it.certificate),
            facts.fundraising.as_ref().map(|it| &it.valid_until),
        ),
        key.point_at(visit, id),
        bind!(BECOME_OWNER, &caller, visit.now, id),
        record(
            visit,
            &id.to_string(),
            "organization.registered",
            None,
            facts,
        ),
        reading::organization(visit, &id.to_string()),
    ];
    let batch = match key.run(visit, statements).await {
        Err(error) if error.is_refusal("organization.credit_code") => {
            return Ok(Registered::CodeTaken);
        }
        Err(error) => return Err(error.into()),
        Ok(Ran::Now(batch)) => batch,
        Ok(Ran::Before(earlier)) => {
            let id = parse_id(earlier.subject()?)?.to_string();
            let found = reading::read(visit, &id).await?;
            let found = found.ok_or_else(Problem::not_found)?;
            return Ok(Registered::Before(Box::new(found)));
        }
    };
    let standing: Option<Standing> = batch.first(0)?;
    let standing = standing.filter(|standing| standing.signed_in);
    let standing = standing.ok_or_else(Problem::unauthenticated)?;
    if !standing.region_known {
        return Ok(Registered::UnknownRegion);
    }
    Ok(match reading::found(&batch, 7)? {
        Some(found) => Registered::Done(Box::new(found)),
        None => Registered::TooMany,
    })
}

fn record(
    visit: &Visit,
    id: &str,
    action: &str,
    before: Option<&Facts>,
    after: &Facts,
) -> Statement {
    let json = |facts: &Facts| told(facts, before.unwrap_or(after)).ok();
    bind!(
        RECORD,
        visit.credential_hash(),
        visit.now,
        id,
        action,
        before.and_then(json),
        json(after),
        &*visit.request_id,
    )
}

/// Facts as the audit keeps them: of whom to ask for and by which telephone, only that it
/// is not what it was.
fn told(facts: &Facts, before: &Facts) -> serde_json::Result<String> {
    let mut told = serde_json::to_value(facts)?;
    for (name, same) in [
        ("contact_name", facts.contact_name == before.contact_name),
        ("contact_phone", facts.contact_phone == before.contact_phone),
    ] {
        if let Some(members) = told.as_object_mut() {
            members.remove(name);
            if !same {
                members.insert(name.to_owned(), "changed".into());
            }
        }
    }
    Ok(told.to_string())
}

const REGION: &str = "SELECT code FROM region WHERE code = ?1";

/// What must be known before an organization is changed.
#[derive(Debug)]
pub struct Loaded {
    /// Who asks, when they are anybody.
    pub agent: Option<Agent>,
    /// The organization as it stands.
    pub found: Option<Found>,
    /// Whether the division it wants to move to exists.
    pub region_known: bool,
}

/// Asks who is calling and what stands, in one go.
pub async fn load(visit: &Visit, id: &str, region: Option<&str>) -> Result<Loaded, DbError> {
    let batch = visit
        .db
        .batch(vec![
            Agent::at_the_door(visit.credential_hash(), visit.now, id),
            reading::organization(visit, id),
            bind!(REGION, region),
        ])
        .await?;
    Ok(Loaded {
        agent: batch.first(0)?,
        found: reading::found(&batch, 1)?,
        region_known: batch.first::<serde_json::Value>(2)?.is_some(),
    })
}

/// What was decided on must still stand, decided by somebody who still may.
const STAND_STILL: &str = concat!(
    "WITH ",
    owner!(),
    "
INSERT INTO abort_if
SELECT 'version_conflict'
WHERE ?4 IS NOT (SELECT version FROM organization WHERE id = ?3) OR NOT EXISTS (SELECT 1 FROM owner)"
);

const RECORD_TAKEN: &str = "
INSERT INTO audit (at, actor, action, subject, before, request_id)
SELECT ?2, 'volunteer:' || c.volunteer_id, 'organization.code_released', 'organization:' || o.id,
  json_object('credit_code', o.credit_code), ?5
FROM session c
JOIN organization o ON o.credit_code = ?4 AND o.state = 'refused' AND o.id <> ?3
WHERE c.token_hash = ?1 AND c.expires_at > ?2";

const TAKE_CODE: &str = "
UPDATE organization
SET credit_code = NULL, version = version + 1
WHERE credit_code = ?1 AND state = 'refused' AND id <> ?2";

const CHANGE: &str = "
UPDATE organization
SET name = ?3, kind = ?4, credit_code = ?5, region = ?6, about = ?7, contact_name = ?8,
  contact_phone = ?9, fundraising_certificate = ?10, fundraising_until = ?11, version = version + 1,
  state = ?12,
  state_since = iif(state = ?12, state_since, ?2),
  state_region = iif(state = ?12, state_region, NULL),
  state_office = iif(state = ?12, state_office, NULL),
  state_reason = iif(state = ?12, state_reason, NULL)
WHERE id = ?1";

/// The menu finds projects by the name of their organization, too.
const RENAME_ON_MENU: &str = "
UPDATE project SET organization_terms = ?2 WHERE organization_id = ?1 AND organization_terms <> ?2";

/// Writes what an organization shall be. `version_conflict` and `organization.credit_code`
/// are refused: somebody was quicker.
pub async fn change(
    visit: &Visit,
    version: i64,
    id: &str,
    before: &Facts,
    after: &Facts,
    state: OrganizationState,
) -> Result<Option<Found>, DbError> {
    let batch = visit
        .db
        .batch(vec![
            bind!(STAND_STILL, visit.credential_hash(), visit.now, id, version),
            bind!(
                RECORD_TAKEN,
                visit.credential_hash(),
                visit.now,
                id,
                after.credit_code.as_ref(),
                &*visit.request_id,
            ),
            bind!(TAKE_CODE, after.credit_code.as_ref(), id),
            bind!(
                CHANGE,
                id,
                visit.now,
                &after.name,
                after.kind.word(),
                after.credit_code.as_ref(),
                &after.region,
                &after.about,
                after.contact_name.as_ref(),
                after.contact_phone.as_ref(),
                after.fundraising.as_ref().map(|it| &it.certificate),
                after.fundraising.as_ref().map(|it| &it.valid_until),
                state.word(),
            ),
            bind!(
                RENAME_ON_MENU,
                id,
                Terms::of_organization(&after.name).json()
            ),
            record(visit, id, "organization.changed", Some(before), after),
            reading::organization(visit, id),
        ])
        .await?;
    reading::found(&batch, 6)
}
