//! Recording training, honours and evaluations.

use serde::Deserialize;
use uuid::Uuid;

use super::reading::{RecordRow, record};
use crate::bind;
use crate::hours::corrections;
use crate::hours::settling::Obstacle;
use crate::hours::settling::extra::{Extra, Whose};
use crate::organizations::{OrganizationState, Permission, admit};
use crate::platform::db::Statement;
use crate::platform::fields::FieldErrors;
use crate::platform::i18n::Words;
use crate::platform::idempotency::{IdempotencyKey, Ran};
use crate::platform::input::parse_id;
use crate::platform::problem::Problem;
use crate::platform::visit::Visit;

/// `?1` credential, `?2` now, `?3` organization, `?4` roles and `?5` scopes that may.
macro_rules! of_organization {
    () => {
        concat!(
            "
WITH target AS (SELECT id AS organization_id, name, state FROM organization WHERE id = ?3),
",
            crate::organizations::agent!()
        )
    };
}

const WHO: &str = concat!(of_organization!(), crate::organizations::entry!());

/// `?6` a sign-up, or `?7` the hash of a phone: of somebody who signed up with the
/// organization.
macro_rules! whose {
    () => {
        concat!(
            of_organization!(),
            ",
whose AS (
  SELECT s.volunteer_id, s.id AS signup_id, s.shift_id, p.id AS project_id, p.title
  FROM target t
  JOIN agent a ON a.may
  JOIN signup s ON s.id = ?6
  JOIN shift h ON h.id = s.shift_id
  JOIN project p ON p.seq = h.project AND p.organization_id = t.organization_id
  UNION ALL
  SELECT v.id, NULL, NULL, NULL, NULL
  FROM target t
  JOIN agent a ON a.may
  JOIN volunteer v ON v.phone_hash = ?7
  WHERE EXISTS (
    SELECT 1 FROM signup s
    WHERE s.volunteer_id = v.id AND s.facts ->> 'organization_id' = t.organization_id))"
        )
    };
}

const FOUND: &str = concat!(
    whose!(),
    "
SELECT t.state, EXISTS (SELECT 1 FROM whose) AS found,
  EXISTS (SELECT 1 FROM whose w WHERE w.volunteer_id = a.hand) AS own
FROM target t JOIN agent a ON a.may"
);

/// `?8` the new id, `?9` its kind, `?10` the day, `?11` minutes, `?12` facts. What is said
/// of a sign-up's service belongs to that sign-up. Nobody says it of themselves.
const ADD: &str = concat!(
    whose!(),
    "
INSERT INTO service_record (id, kind, volunteer_id, organization_id, signup_id, shift_id, project_id,
  on_date, minutes, facts, recorded_at, recorded_by)
SELECT ?8, ?9, w.volunteer_id, t.organization_id, iif(?9 = 'evaluation', w.signup_id, NULL),
  iif(?9 = 'evaluation', w.shift_id, NULL), iif(?9 = 'evaluation', w.project_id, NULL), ?10, ?11,
  iif(?9 = 'evaluation' AND ?12 ->> 'activity' IS NULL, json_set(?12, '$.activity', w.title), ?12), ?2, a.actor
FROM whose w JOIN target t ON t.state = 'verified' JOIN agent a ON a.may AND a.hand IS NOT w.volunteer_id"
);

/// `?1` the record, `?2` the request.
const AUDIT: &str = "
INSERT INTO audit (at, actor, action, subject, after, request_id)
SELECT r.recorded_at, r.recorded_by, 'record.added', 'service_record:' || r.id,
  json_object('kind', r.kind, 'on_date', r.on_date), ?2
FROM service_record r WHERE r.id = ?1";

/// `?1` the record, `?2` what it is called.
const TELL: &str = "
INSERT INTO outbox (kind, volunteer_id, language, params, created_at, due_at)
SELECT 'record_added', v.id, v.language,
  json_object('record', r.id, 'kind', r.kind, 'title', ?2, 'organization', o.name),
  r.recorded_at, r.recorded_at
FROM service_record r
JOIN volunteer v ON v.id = r.volunteer_id
JOIN organization o ON o.id = r.organization_id
WHERE r.id = ?1";

fn asks(visit: &Visit, organization: Uuid, sql: &'static str) -> Statement {
    super::reading::asks(visit, organization, Permission::RecordHours, sql)
}

#[derive(Deserialize)]
struct Found {
    state: OrganizationState,
    #[serde(deserialize_with = "crate::platform::db::truth")]
    found: bool,
    #[serde(deserialize_with = "crate::platform::db::truth")]
    own: bool,
}

/// Records it and tells the volunteer; whether the same request had done so before.
pub async fn add(
    visit: &Visit,
    organization: Uuid,
    extra: &Extra,
    key: &IdempotencyKey,
) -> Result<(RecordRow, bool), Problem> {
    let id = visit.new_id();
    let (signup, phone, field) = match &extra.whose {
        Whose::Signup(signup) => (Some(signup.to_string()), None, "/signup_id"),
        Whose::Phone(phone) => {
            let hash = visit.config.keys.phone_hash(phone.digits());
            (None, Some(hash), "/phone")
        }
    };
    let of_whom = |sql| asks(visit, organization, sql).and(&signup).and(&phone);
    let statements = vec![
        asks(visit, organization, WHO),
        of_whom(FOUND),
        of_whom(ADD)
            .and(id)
            .and(extra.kind.word())
            .and(&*extra.on_date)
            .and(extra.minutes)
            .and(&*extra.facts),
        key.point_at(visit, id),
        bind!(AUDIT, id, &*visit.request_id),
        bind!(TELL, id, &*extra.title),
    ];
    let batch = match key.run(visit, statements).await? {
        Ran::Now(batch) => batch,
        Ran::Before(earlier) => {
            admit(&visit.db.run(asks(visit, organization, WHO)).await?, 0)?;
            let made = parse_id(earlier.subject()?)?;
            return Ok((record(visit, made).await?, true));
        }
    };
    admit(&batch, 0)?;
    if batch.changes(2) > 0 {
        return Ok((record(visit, id).await?, false));
    }
    match batch.first(1)? {
        Some(Found { state, .. }) if state != OrganizationState::Verified => {
            Err(Obstacle::OrganizationSuspended.problem())
        }
        Some(Found { own: true, .. }) => Err(corrections::Obstacle::OwnRecord.problem()),
        Some(Found { found: false, .. }) => {
            let words = Words::new(
                "没有在本组织报过名的这位志愿者",
                "names nobody who signed up with the organization",
            );
            Err(Problem::invalid(FieldErrors::one(field, words)))
        }
        _ => Err(Problem::internal("a record was neither made nor refused")),
    }
}
