//! The roster: names and phones, for those who run the shift, while they need them.

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::organizing::{Approval, Expectation};
use super::{ROSTER_LASTS, SignupState};
use crate::bind;
use crate::organizations::{Permission, Role, Scope};
use crate::platform::clock::Instant;
use crate::platform::db;
use crate::platform::i18n::Words;
use crate::platform::input::Id;
use crate::platform::page::PRIVATE;
use crate::platform::problem::{Problem, ProblemDetails};
use crate::platform::visit::Visit;

/// Who asks, and for which shift. `?1` session or key, `?2` now, `?3` shift, `?4` the
/// scope a key needs, `?5` how long rosters last.
macro_rules! reader {
    () => {
        "
WITH reader AS (
  SELECT h.id AS shift_id, h.role, h.starts_at, h.ends_at, h.capacity, h.confirmed, h.waitlist,
    h.waiting, h.state AS shift_state, p.id AS project_id, p.title, p.place, p.organization_name,
    h.ends_at + ?5 > ?2 AS in_time,
    (SELECT m.role FROM session c
     JOIN member m ON m.volunteer_id = c.volunteer_id AND m.organization_id = p.organization_id
     WHERE c.token_hash = ?1 AND c.expires_at > ?2) AS member_role,
    (SELECT v.name FROM session c JOIN volunteer v ON v.id = c.volunteer_id
     WHERE c.token_hash = ?1 AND c.expires_at > ?2) AS reader_name, p.organization_id,
    EXISTS (
      SELECT 1 FROM api_key k
      WHERE k.token_hash = ?1 AND k.expires_at > ?2 AND k.revoked_at IS NULL
        AND k.organization_id = p.organization_id
        AND ?4 IN (SELECT value FROM json_each(k.scopes))) AS by_key
  FROM shift h JOIN project p ON p.seq = h.project
  WHERE h.id = ?3)"
    };
}

const SHIFT: &str = concat!(reader!(), "\nSELECT * FROM reader");

const PEOPLE: &str = concat!(
    reader!(),
    "
SELECT s.id, s.seq, s.state, s.approval, s.expectation, s.organizer_note, s.created_at, s.cancel_requested_at, s.volunteer_name AS name,
  s.volunteer_phone_sealed AS phone_sealed, s.guardian_name, s.guardian_phone_sealed, s.guardian_accompanies, s.note
FROM reader r
JOIN signup s ON s.shift_id = r.shift_id AND s.state <> 'cancelled'
WHERE r.in_time AND (r.member_role IS NOT NULL OR r.by_key)
ORDER BY s.seq"
);

const SIBLINGS: &str = concat!(
    reader!(),
    "
SELECT h.id, h.starts_at, h.ends_at, h.role, h.state = 'open' AND h.confirmed < h.capacity AND h.ends_at > ?2 AS has_seat
FROM reader r
JOIN shift me ON me.id = r.shift_id
JOIN shift h ON h.project = me.project
WHERE (r.member_role IS NOT NULL OR r.by_key) AND h.ends_at + ?5 > ?2
ORDER BY h.starts_at, h.id"
);

/// Another shift of the same project.
#[derive(Debug, Deserialize)]
pub struct Sibling {
    /// UUIDv7.
    pub id: String,
    /// When it starts.
    pub starts_at: Instant,
    /// When it ends.
    pub ends_at: Instant,
    /// What volunteers do.
    pub role: String,
    /// Whether somebody can be moved there.
    #[serde(deserialize_with = "db::truth")]
    pub has_seat: bool,
}

const SIGNED_IN: &str = "
SELECT EXISTS (SELECT 1 FROM session WHERE token_hash = ?1 AND expires_at > ?2)
  OR EXISTS (SELECT 1 FROM api_key WHERE token_hash = ?1 AND expires_at > ?2 AND revoked_at IS NULL) AS known";

#[derive(Deserialize)]
struct Known {
    #[serde(deserialize_with = "db::truth")]
    known: bool,
}

/// The shift of a roster.
#[derive(Debug, Deserialize)]
pub struct RosterShift {
    /// Which project.
    pub project_id: String,
    /// What it is called.
    pub title: String,
    /// What volunteers do.
    pub role: String,
    /// Where.
    pub place: String,
    /// When it starts.
    pub starts_at: Instant,
    /// When it ends.
    pub ends_at: Instant,
    /// Seats.
    pub capacity: i64,
    /// Seats taken.
    pub confirmed: i64,
    /// Volunteers waiting, for a seat or for an answer.
    pub waiting: i64,
    /// What the reader is in the organization, when it is a person.
    pub member_role: Option<Role>,
    /// What the reader is called, when it is a person.
    pub reader_name: Option<String>,
    /// Whose shift it is.
    pub organization_id: String,
    /// Who offers it.
    pub organization_name: String,
    #[serde(deserialize_with = "db::truth")]
    by_key: bool,
    #[serde(deserialize_with = "db::truth")]
    in_time: bool,
}

impl RosterShift {
    /// Whether the reader may let volunteers go.
    pub fn manages(&self) -> bool {
        self.member_role
            .is_some_and(|role| role.may(Permission::WriteSignups))
    }

    /// Whether the reader may check volunteers in.
    pub fn records(&self) -> bool {
        self.member_role
            .is_some_and(|role| role.may(Permission::RecordHours))
    }
}

#[derive(Deserialize)]
struct PersonRow {
    id: String,
    seq: i64,
    state: SignupState,
    approval: Option<Approval>,
    expectation: Option<Expectation>,
    organizer_note: Option<String>,
    created_at: Instant,
    cancel_requested_at: Option<Instant>,
    name: String,
    phone_sealed: String,
    guardian_name: Option<String>,
    guardian_phone_sealed: Option<String>,
    guardian_accompanies: Option<i64>,
    note: Option<String>,
}

/// Somebody on the roster.
#[derive(Debug, Serialize, ToSchema)]
pub struct Person {
    /// The sign-up's id.
    #[schema(format = "uuid")]
    pub id: String,
    /// The order of arrival.
    pub number: i64,
    /// Where the sign-up stands.
    pub state: SignupState,
    /// What was said to the request; null where the project asks for no approval.
    pub approval: Option<Approval>,
    /// What is expected of them on the day.
    pub expectation: Option<Expectation>,
    /// A note for those who run the shift.
    pub organizer_note: Option<String>,
    /// What they are called.
    pub name: String,
    /// Their mobile number.
    pub phone: String,
    /// Who consented, for a volunteer under 18.
    pub guardian_name: Option<String>,
    /// The guardian's mobile number.
    pub guardian_phone: Option<String>,
    /// Whether the guardian comes along.
    pub guardian_accompanies: bool,
    /// What they told the organizer.
    pub note: Option<String>,
    /// When they signed up, RFC 3339.
    #[schema(value_type = String, format = "date-time")]
    pub signed_up_at: Instant,
    /// When they asked to be let go, RFC 3339.
    #[schema(value_type = Option<String>, format = "date-time")]
    pub cancel_requested_at: Option<Instant>,
}

impl Person {
    /// Whether they wait for the organizer's word.
    pub fn is_pending(&self) -> bool {
        self.state == SignupState::Waitlisted && self.approval == Some(Approval::Pending)
    }
}

/// Everybody on a shift, in order of arrival.
#[derive(Debug, Serialize, ToSchema)]
pub struct Roster {
    items: Vec<Person>,
}

/// The roster with the shifts beside it, for whoever may read it.
pub async fn read(
    visit: &Visit,
    shift: Uuid,
) -> Result<(RosterShift, Vec<Person>, Vec<Sibling>), Problem> {
    let reader = visit
        .credential_hash()
        .ok_or_else(Problem::unauthenticated)?;
    let scope = Scope::SignupsRead.word();
    let batch = visit
        .db
        .batch(vec![
            bind!(SIGNED_IN, &reader, visit.now),
            bind!(SHIFT, &reader, visit.now, shift, scope, ROSTER_LASTS),
            bind!(PEOPLE, &reader, visit.now, shift, scope, ROSTER_LASTS),
            bind!(SIBLINGS, &reader, visit.now, shift, scope, ROSTER_LASTS),
        ])
        .await?;
    if !batch.first::<Known>(0)?.is_some_and(|row| row.known) {
        return Err(Problem::unauthenticated());
    }
    let shift: RosterShift = batch.first(1)?.ok_or_else(Problem::not_found)?;
    if shift.member_role.is_none() && !shift.by_key {
        return Err(Problem::forbidden());
    }
    if !shift.in_time {
        return Err(Problem::new(
            StatusCode::GONE,
            "roster_closed",
            Words::new(
                "班次结束已超过 30 天，名单不再显示",
                "The shift ended more than 30 days ago; its roster is closed",
            ),
        ));
    }
    let keys = &visit.config.keys;
    let open = |sealed: &str| {
        keys.open(sealed)
            .ok_or_else(|| Problem::internal("a phone was sealed by another key"))
    };
    let people = batch
        .rows::<PersonRow>(2)?
        .into_iter()
        .map(|row| {
            Ok(Person {
                phone: open(&row.phone_sealed)?,
                guardian_phone: row.guardian_phone_sealed.as_deref().map(open).transpose()?,
                guardian_accompanies: row.guardian_accompanies == Some(1)
                    && row.guardian_name.is_some(),
                id: row.id,
                number: row.seq,
                state: row.state,
                approval: row.approval,
                expectation: row.expectation,
                organizer_note: row.organizer_note,
                name: row.name,
                guardian_name: row.guardian_name,
                note: row.note,
                signed_up_at: row.created_at,
                cancel_requested_at: row.cancel_requested_at,
            })
        })
        .collect::<Result<_, Problem>>()?;
    Ok((shift, people, batch.rows(3)?))
}

/// Read who is on a shift.
///
/// For members of the organization and its keys, until 30 days after the end.
#[utoipa::path(
    get,
    path = "/api/v1/shifts/{id}/signups",
    operation_id = "read_roster",
    tag = "signups",
    security(("session" = []), ("api_key" = ["signups:read"])),
    params(("id" = Uuid, Path, description = "The shift's id")),
    responses(
        (status = 200, body = Roster),
        (status = 403, body = ProblemDetails, content_type = "application/problem+json", description = "forbidden"),
        (status = 404, body = ProblemDetails, content_type = "application/problem+json", description = "not_found"),
        (status = 410, body = ProblemDetails, content_type = "application/problem+json", description = "roster_closed"),
    ),
)]
pub async fn list(visit: Visit, Id(shift): Id) -> Result<Response, Problem> {
    let (_, items, _) = read(&visit, shift).await?;
    let cache = [(header::CACHE_CONTROL, PRIVATE)];
    Ok((cache, axum::Json(Roster { items })).into_response())
}
