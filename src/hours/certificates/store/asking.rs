//! Asking for a certificate: it is there at once.

use serde::Deserialize;
use uuid::Uuid;

use super::{Certificate, found, reading};
use crate::bind;
use crate::hours::certificates::{CERTIFICATES_A_DAY, Disclosure, Number, Obstacle, status_list};
use crate::platform::db::{self, Statement};
use crate::platform::idempotency::{IdempotencyKey, Ran};
use crate::platform::problem::Problem;
use crate::platform::visit::Visit;

/// What is asked, and what came of it so far. `?1` session, `?2` now, `?3` organization,
/// `?4` project, `?5` first and `?6` last day, `?7` how many a day. `twin` is a certificate
/// of the last day that states the very same: valid, to the same name and document, of the
/// same minutes. As its records still stand, those are all of them. `taken_back` is one of
/// them that was revoked, and not released for another one.
macro_rules! asking {
    () => {
        concat!(
            "
WITH ",
            caller!(),
            ",
held AS (
  SELECT r.seq, r.id, r.project_id, r.on_date, r.minutes, r.grade, r.facts
  FROM caller v
  JOIN service_record r ON r.volunteer_id = v.id AND r.kind = 'service'
  WHERE r.organization_id = ?3 AND r.minutes > 0
    AND (?4 IS NULL OR r.project_id = ?4)
    AND (?5 IS NULL OR r.on_date >= ?5) AND (?6 IS NULL OR r.on_date <= ?6)
    AND NOT EXISTS (SELECT 1 FROM service_record n WHERE n.supersedes = r.seq)),
twin AS (
  SELECT c.seq, c.number FROM caller v
  JOIN certificate c ON c.volunteer_id = v.id AND c.holder_name = v.name
    AND c.id_document_sealed IS v.id_document_shown_sealed
  WHERE c.organization_id = ?3 AND c.project_id IS ?4 AND c.first_day IS ?5 AND c.last_day IS ?6
    AND c.issued_at > ?2 - 86400000 AND c.minutes = (SELECT sum(minutes) FROM held)
    AND NOT EXISTS (SELECT 1 FROM certificate_change x WHERE x.certificate = c.seq)
  ORDER BY c.seq DESC LIMIT 1),
taken_back AS (
  SELECT x.record FROM caller v
  CROSS JOIN certificate c ON c.volunteer_id = v.id AND c.organization_id = ?3
  CROSS JOIN certificate_change g ON g.certificate = c.seq AND g.becomes = 'revoked'
  CROSS JOIN certificate_record x ON x.certificate = c.seq
  WHERE x.record IN (SELECT seq FROM held) AND NOT EXISTS (
    SELECT 1 FROM certificate_change f WHERE f.certificate = c.seq AND f.becomes = 'released')
  LIMIT 1),
judged AS (
  SELECT v.id, v.name, v.id_document_kind, v.id_document_shown_sealed,
    EXISTS (SELECT 1 FROM organization WHERE id = ?3) AS known,
    CASE
      WHEN (SELECT state FROM organization WHERE id = ?3) = 'suspended' THEN 'organization_suspended'
      WHEN NOT EXISTS (SELECT 1 FROM held) THEN 'no_hours'
      WHEN v.name = '' THEN 'name_missing'
      WHEN EXISTS (SELECT 1 FROM taken_back) THEN 'certificate_revoked'
      WHEN NOT EXISTS (SELECT 1 FROM twin) AND (
        SELECT count(*) FROM certificate c
        WHERE c.volunteer_id = v.id AND c.issued_at > ?2 - 86400000) >= ?7 THEN 'too_many_certificates'
    END AS obstacle
  FROM caller v)"
        )
    };
}

/// Why not, before anything is written.
const JUDGE: &str = concat!(asking!(), "\nSELECT known, obstacle FROM judged");

/// `?8` the number, `?9` what strangers see, `?10` bits to choose from, `?11` how many a
/// status list takes. One row an activity, place and person in charge; each with its records
/// in the order of their dates.
const ISSUE: &str = concat!(
    asking!(),
    ",
place AS (SELECT coalesce((SELECT max(ordinal) FROM certificate WHERE organization_id = ?3), 0) AS before),
list AS (SELECT before + 1 AS ordinal, before / CAST(?11 AS INTEGER) AS list FROM place),
item AS (
  SELECT min(h.on_date) AS first, min(h.seq) AS seq,
    json_object('project_id', h.project_id, 'activity', h.facts ->> 'activity',
      'region_name', h.facts ->> 'region_name', 'place', h.facts ->> 'place',
      'content', h.facts ->> 'content', 'person_in_charge', h.facts ->> 'person_in_charge',
      'days', json(json_group_array(json_object('record_id', h.id, 'date', h.on_date,
        'role', h.facts ->> 'role', 'minutes', h.minutes, 'grade', h.grade)))) AS item
  FROM (SELECT * FROM held ORDER BY on_date, seq) h
  GROUP BY h.project_id, h.facts ->> 'activity', h.facts ->> 'region_name', h.facts ->> 'place',
    h.facts ->> 'content', h.facts ->> 'person_in_charge')
INSERT INTO certificate (number, volunteer_id, organization_id, project_id, first_day, last_day, issued_at,
  holder_name, id_document_kind, id_document_sealed, minutes, snapshot, key_version, ordinal, status_list,
  status_index, disclosure)
SELECT ?8, j.id, o.id, ?4, ?5, ?6, ?2, j.name, j.id_document_kind, j.id_document_shown_sealed, (SELECT sum(minutes) FROM held),
  json_object('organization', o.name, 'credit_code', o.credit_code,
    'items', json((SELECT json_group_array(json(item)) FROM (SELECT item FROM item ORDER BY first, seq)))),
  (SELECT max(k.version) FROM organization_key k WHERE k.organization_id = o.id),
  l.ordinal, l.list,
  (SELECT d.value FROM json_each(?10) d WHERE NOT EXISTS (
     SELECT 1 FROM certificate t
     WHERE t.organization_id = o.id AND t.status_list = l.list AND t.status_index = d.value)
   ORDER BY d.key LIMIT 1),
  ?9
FROM judged j JOIN organization o ON o.id = ?3 JOIN list l
WHERE j.obstacle IS NULL AND NOT EXISTS (SELECT 1 FROM twin)"
);

/// `?8` the number of what was just issued.
const REST_ON: &str = concat!(
    asking!(),
    "
INSERT INTO certificate_record (certificate, record)
SELECT c.seq, h.seq FROM certificate c JOIN held h WHERE c.number = ?8"
);

/// What strangers see is what was asked last.
const DISCLOSE: &str = concat!(
    asking!(),
    "
UPDATE certificate SET disclosure = ?8
WHERE seq = (SELECT seq FROM twin) AND disclosure <> ?8 AND (SELECT obstacle FROM judged) IS NULL"
);

const RECORD: &str = "
INSERT INTO audit (at, actor, action, subject, after, request_id)
SELECT issued_at, 'volunteer:' || volunteer_id, 'certificate.issued', 'certificate:' || number,
  json_object('organization', organization_id, 'minutes', minutes), ?2
FROM certificate WHERE number = ?1";

const STANDS: &str = concat!(asking!(), "\nSELECT number FROM twin");

/// Which hours a certificate is to state.
#[derive(Clone, Debug)]
pub struct Question {
    /// Of this organization.
    pub organization: Uuid,
    /// Of this project of it; of all when none.
    pub project: Option<Uuid>,
    /// From this day on, `YYYY-MM-DD`.
    pub from: Option<String>,
    /// To this day.
    pub to: Option<String>,
    /// What strangers see.
    pub disclosure: Disclosure,
}

#[derive(Deserialize)]
struct Judged {
    #[serde(deserialize_with = "db::truth")]
    known: bool,
    obstacle: Option<Obstacle>,
}

#[derive(Deserialize)]
struct Stands {
    number: String,
}

/// What came of asking.
#[derive(Debug)]
pub struct Asked {
    /// The certificate.
    pub certificate: Certificate,
    /// Whether it is new.
    pub is_new: bool,
    /// Whether the same request had it issued before, by its idempotency key.
    pub repeated: bool,
}

/// Issues a certificate of the records that stand now, or finds the one of today that
/// states the same.
pub async fn ask(
    visit: &Visit,
    question: &Question,
    key: &IdempotencyKey,
) -> Result<Asked, Problem> {
    let number = Number::new()?;
    let asks = |sql: &'static str| -> Statement {
        bind!(
            sql,
            visit.credential_hash(),
            visit.now,
            question.organization,
            question.project,
            question.from.as_deref(),
            question.to.as_deref(),
            CERTIFICATES_A_DAY,
        )
    };
    let statements = vec![
        asks(JUDGE),
        asks(ISSUE)
            .and(number.as_str())
            .and(question.disclosure.word())
            .and(status_list::draw()?)
            .and(status_list::CERTIFICATES),
        key.point_at(visit, &number),
        asks(REST_ON).and(number.as_str()),
        bind!(RECORD, number.as_str(), &*visit.request_id),
        asks(DISCLOSE).and(question.disclosure.word()),
        asks(STANDS),
        reading(visit, &number),
    ];
    let batch = match key.run(visit, statements).await {
        Ok(Ran::Now(batch)) => batch,
        Ok(Ran::Before(earlier)) => {
            let number = Number::parse(earlier.subject()?).ok_or_else(Problem::not_found)?;
            let certificate = super::read(visit, &number).await?;
            let is_new = true;
            return Ok(Asked {
                certificate,
                is_new,
                repeated: true,
            });
        }
        Err(error) => return Err(error.into()),
    };
    let judged: Judged = batch.first(0)?.ok_or_else(Problem::unauthenticated)?;
    if !judged.known {
        return Err(Problem::not_found());
    }
    if let Some(obstacle) = judged.obstacle {
        return Err(obstacle.problem());
    }
    let stands: Stands = batch.first(6)?.ok_or_else(Problem::not_found)?;
    let is_new = stands.number == number.as_str();
    let certificate = if is_new {
        found(&batch, 7)?
    } else {
        let number = Number::parse(&stands.number).ok_or_else(Problem::not_found)?;
        super::read(visit, &number).await?
    };
    Ok(Asked {
        certificate,
        is_new,
        repeated: false,
    })
}
