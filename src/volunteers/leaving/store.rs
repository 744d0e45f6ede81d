//! SQL of leaving: one transaction, after which nobody is there.

use super::{GONE, Owned, last_owner, require_successors};
use crate::bind;
use crate::hours::certificates;
use crate::platform::db::Statement;
use crate::platform::idempotency::{Earlier, IdempotencyKey, Ran};
use crate::platform::problem::Problem;
use crate::platform::visit::Visit;
use crate::signups::consequences::give_up_all;
use crate::volunteers::sign_in::{shown_again, wrong_code};
use crate::volunteers::store::{Me, use_code, who};
use crate::volunteers::{Code, Phone};

/// Organizations nobody else owns. `?1` session, `?2` now.
const OWNED_ALONE: &str = "
SELECT o.id, o.name
FROM session c
JOIN member m ON m.volunteer_id = c.volunteer_id AND m.role = 'owner'
JOIN organization o ON o.id = m.organization_id
WHERE c.token_hash = ?1 AND c.expires_at > ?2 AND NOT EXISTS (
  SELECT 1 FROM member w
  WHERE w.organization_id = m.organization_id AND w.role = 'owner' AND w.volunteer_id <> m.volunteer_id)
ORDER BY o.id";

/// Somebody who may be about to leave.
#[derive(Debug)]
pub struct Leaver {
    me: Me,
    /// Their phone; none when it cannot be read.
    pub phone: Option<Phone>,
    /// What holds them.
    pub owned: Vec<Owned>,
}

fn looking(visit: &Visit) -> Vec<Statement> {
    vec![
        who(visit),
        bind!(OWNED_ALONE, visit.credential_hash(), visit.now),
    ]
}

/// What came of looking before leaving.
#[derive(Debug)]
pub enum Found {
    /// Somebody is there.
    Now(Box<Leaver>),
    /// The same request was carried out before.
    Before(Earlier),
}

/// Who is signed in, and what holds them, unless the same request had them leave before.
pub async fn leaver(visit: &Visit, key: &IdempotencyKey) -> Result<Found, Problem> {
    let batch = match key.run(visit, looking(visit)).await? {
        Ran::Now(batch) => batch,
        Ran::Before(earlier) => return Ok(Found::Before(earlier)),
    };
    let me: Me = batch.first(0)?.ok_or_else(Problem::unauthenticated)?;
    let phone = visit.config.keys.open(&me.phone_sealed);
    Ok(Found::Now(Box::new(Leaver {
        phone: phone.and_then(|phone| Phone::parse(&phone)),
        me,
        owned: batch.rows(1)?,
    })))
}

/// `?1` the volunteer, `?2` now, `?3` the request.
const AUDIT: &str = "
INSERT INTO audit (at, actor, action, subject, after, request_id)
SELECT ?2, 'volunteer:' || v.id, 'volunteer.left', 'volunteer:' || v.id,
  json_object('records', (SELECT count(*) FROM service_record r WHERE r.volunteer_id = v.id)), ?3
FROM volunteer v WHERE v.id = ?1";

const AUDIT_MEMBERSHIPS: &str = "
INSERT INTO audit (at, actor, action, subject, before, request_id)
SELECT ?2, 'volunteer:' || volunteer_id, 'member.left', 'organization:' || organization_id,
  json_object('member', volunteer_id, 'role', role), ?3
FROM member WHERE volunteer_id = ?1";

/// `?4` by which their phone is found.
const AUDIT_OFFICES: &str = "
INSERT INTO audit (at, actor, action, subject, before, request_id)
SELECT ?2, 'volunteer:' || ?1, 'coordinator.revoked', 'coordinator:' || id,
  json_object('region', region, 'office', office), ?3
FROM coordinator WHERE phone_hash = ?4";

/// An organization that named them as its contact names nobody. `?2` their phone.
const FORGET_CONTACT: &str = "
UPDATE organization
SET contact_phone = iif(replace(replace(contact_phone, ' ', ''), '-', '') = ?2, NULL, contact_phone),
  contact_name = iif(contact_name = v.name, NULL, contact_name), version = organization.version + 1
FROM volunteer v
WHERE v.id = ?1 AND organization.id IN (SELECT organization_id FROM member WHERE volunteer_id = ?1)
  AND (replace(replace(contact_phone, ' ', ''), '-', '') = ?2 OR contact_name = v.name)";

/// What only the volunteer is in. `?1` the volunteer.
const FORGET_THEIRS: [&str; 7] = [
    "UPDATE signup SET guardian_name = NULL, guardian_phone_sealed = NULL, guardian_accompanies = NULL,
       note = NULL, organizer_note = NULL, organizer_reason = NULL
     WHERE volunteer_id = ?1",
    "DELETE FROM member WHERE volunteer_id = ?1",
    "UPDATE record_dispute_step SET words = NULL
     WHERE dispute IN (SELECT seq FROM record_dispute WHERE volunteer_id = ?1)
       AND kind IN ('contested', 'escalated') AND words IS NOT NULL",
    "UPDATE absence SET reply = NULL, replied_at = NULL
     WHERE signup_id IN (SELECT id FROM signup WHERE volunteer_id = ?1) AND reply IS NOT NULL",
    "DELETE FROM outbox WHERE volunteer_id = ?1",
    "DELETE FROM idempotency_key
     WHERE caller IN (SELECT token_hash FROM session WHERE volunteer_id = ?1)",
    "DELETE FROM session WHERE volunteer_id = ?1",
];

/// Those they invited are not invited any more. `?2` now.
const WITHDRAW_INVITATIONS: &str = "
UPDATE invitation SET outcome = 'withdrawn', ended_at = ?2 WHERE invited_by = ?1 AND ended_at IS NULL";

/// What knows their phone. `?1` by which it is found.
const FORGET_PHONE: [&str; 5] = [
    "UPDATE contest_officer SET ended_at = coalesce(ended_at, created_at), phone_hash = '', phone_sealed = ''
     WHERE phone_hash = ?1",
    "DELETE FROM invitation WHERE phone_hash = ?1",
    "DELETE FROM coordinator WHERE phone_hash = ?1",
    "DELETE FROM outbox WHERE phone_hash = ?1",
    "DELETE FROM sign_in_code WHERE phone_hash = ?1",
];

/// Rosters follow by a trigger. No phone has this hash, so the same one may come anew.
/// `?2` now, `?3` what is read instead of a name.
const ERASE: &str = "
UPDATE volunteer
SET name = ?3, phone_hash = 'left:' || lower(hex(randomblob(32))), phone_sealed = '', birth_date = NULL,
  adult_declared_at = NULL, skills = '[]', calendar_hash = NULL, calendar_version = calendar_version + 1,
  left_at = ?2
WHERE id = ?1 AND left_at IS NULL";

/// What other bodies recorded; it may go once its owner is nobody.
const FORGET_OUTSIDE_HOURS: [&str; 2] = [
    "DELETE FROM outside_hours_strike
     WHERE outside_hours IN (SELECT seq FROM outside_hours WHERE volunteer_id = ?1)",
    "DELETE FROM outside_hours WHERE volunteer_id = ?1",
];

/// Makes nobody of a volunteer who shows a fresh code; `keep` takes the key.
pub async fn leave(
    visit: &Visit,
    leaver: &Leaver,
    code: &Code,
    key: &IdempotencyKey,
    keep: Statement,
) -> Result<Option<Earlier>, Problem> {
    require_successors(&leaver.owned)?;
    let phone = leaver.phone.as_ref().ok_or_else(wrong_code)?;
    let hash = visit.config.keys.phone_hash(phone.digits());
    let code = shown_again(visit, &hash, code).await?;
    let (id, now, request) = (&leaver.me.id, visit.now, &*visit.request_id);
    let mut statements = Vec::from(use_code(code, now));
    statements.extend([
        bind!(AUDIT, id, now, request),
        bind!(AUDIT_MEMBERSHIPS, id, now, request),
        bind!(AUDIT_OFFICES, id, now, request, &hash),
    ]);
    statements.extend(give_up_all(id, now));
    statements.extend([
        bind!(FORGET_CONTACT, id, phone.digits()),
        bind!(WITHDRAW_INVITATIONS, id, now),
    ]);
    statements.extend(FORGET_THEIRS.map(|sql| bind!(sql, id)));
    statements.extend(certificates::forget_holder(id));
    statements.extend(FORGET_PHONE.map(|sql| bind!(sql, &hash)));
    statements.extend([bind!(ERASE, id, now, GONE), keep]);
    statements.extend(FORGET_OUTSIDE_HOURS.map(|sql| bind!(sql, id)));
    match key.run(visit, statements).await {
        Ok(Ran::Now(_)) => Ok(None),
        Ok(Ran::Before(earlier)) => Ok(Some(earlier)),
        Err(error) if error.is_refusal("code_used") => Err(wrong_code()),
        // The other owner went a moment ago.
        Err(error) if error.is_refusal("last_owner") => Err(last_owner(&[])),
        Err(error) => Err(error.into()),
    }
}
