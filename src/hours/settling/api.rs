//! Settling as JSON.

pub mod absences;
pub mod lists;
pub mod records;

use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use deserr::{Deserr, IntoValue, Value, ValuePointerRef};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::deciding::Given;
use super::proposal::{Evidence, propose};
use super::store::{self, Absence, Held, Loaded, Person, Settled, Settlement, Wanted};
use super::{MOST_ENTRIES, Note, Obstacle, Slot};
use crate::hours::Grade;
use crate::hours::working_days::due;
use crate::organizations::Permission;
use crate::organizations::api::seen;
use crate::platform::clock::Instant;
use crate::platform::fields::FieldErrors;
use crate::platform::i18n::Words;
use crate::platform::idempotency::IdempotencyKey;
use crate::platform::input::{Count, Id, Json, LARGE_BODY, Many, parse_id, string_from};
use crate::platform::page::PRIVATE;
use crate::platform::problem::{Problem, ProblemDetails};
use crate::platform::text::Line;
use crate::platform::visit::{Presented, Visit};
use crate::signups::SignupState;

/// The id of a sign-up in a body.
#[derive(Clone, Copy, Debug)]
pub struct SignupId(pub Uuid);

impl Deserr<FieldErrors> for SignupId {
    fn deserialize_from_value<V: IntoValue>(
        value: Value<V>,
        location: ValuePointerRef,
    ) -> Result<Self, FieldErrors> {
        parse_id(&string_from(value, location)?)
            .map(Self)
            .map_err(|_| {
                FieldErrors::at(
                    location,
                    Words::new("应为报名的编号", "must be a sign-up's id"),
                )
            })
    }
}

/// A shift to be settled, with what is proposed of everybody.
#[derive(Debug, Serialize, ToSchema)]
pub struct SettlementProposal {
    /// Which shift.
    #[schema(format = "uuid")]
    shift_id: String,
    /// Which project.
    #[schema(format = "uuid")]
    project_id: String,
    /// What it is called.
    title: String,
    /// What volunteers do.
    role: String,
    /// When it was to start, RFC 3339.
    #[schema(value_type = String, format = "date-time")]
    starts_at: Instant,
    /// When it was to end, RFC 3339.
    #[schema(value_type = String, format = "date-time")]
    ends_at: Instant,
    /// Until when service is recorded in time: the tenth working day after the end.
    #[schema(format = Date)]
    due_on: String,
    /// Whether that day lies beyond the holidays that are known.
    due_provisional: bool,
    /// When it was settled first, RFC 3339; null before.
    #[schema(value_type = Option<String>, format = "date-time")]
    settled_at: Option<Instant>,
    /// Why it cannot be settled now.
    obstacle: Option<Obstacle>,
    /// Rises with everything a settlement rests on; the `ETag` is made of it.
    version: i64,
    /// Who is in charge unless somebody else is named.
    person_in_charge: Option<String>,
    /// Everybody with a seat, in the order of arrival.
    people: Vec<SettlementPerson>,
}

/// Somebody with a seat, what was seen of them, and what is proposed.
#[derive(Debug, Serialize, ToSchema)]
pub struct SettlementPerson {
    /// The sign-up's id.
    #[schema(format = "uuid")]
    signup_id: String,
    /// The ticket's number.
    number: i64,
    /// What they are called.
    name: String,
    /// Whether it is whoever asks, or made the key that asks: nobody records their own, but
    /// as both ends by code bear it out.
    own: bool,
    /// Where the sign-up stands.
    state: SignupState,
    /// What was seen of their coming and going.
    evidence: Vec<Evidence>,
    /// What was seen of them on a shift they were moved from, or before this one was put
    /// off: it bears nothing out, and nothing is proposed from it.
    evidence_of_another_time: Vec<Evidence>,
    /// What is proposed to record.
    proposal: ProposalBody,
    /// Other records of theirs that overlap the shift or what is proposed, each from when to
    /// when, RFC 3339.
    #[schema(value_type = Vec<Vec<String>>)]
    busy: Vec<[Instant; 2]>,
    /// Their record of this shift, once there is one.
    record: Option<StandingRecord>,
    /// That they were noted as absent, and what they say.
    absence: Option<Absence>,
}

/// What is proposed of somebody.
#[derive(Debug, Serialize, ToSchema)]
pub struct ProposalBody {
    /// Whether they seem to have come.
    attended: bool,
    /// From when, RFC 3339.
    #[schema(value_type = Option<String>, format = "date-time")]
    started_at: Option<Instant>,
    /// Until when, RFC 3339.
    #[schema(value_type = Option<String>, format = "date-time")]
    ended_at: Option<Instant>,
    /// Minutes within that were not service.
    breaks_minutes: Option<i64>,
    /// Minutes of service.
    minutes: Option<i64>,
    /// How well it is borne out.
    grade: Option<Grade>,
    /// What explains it.
    notes: Vec<Note>,
}

/// A record of service of this shift.
#[derive(Debug, Serialize, ToSchema)]
pub struct StandingRecord {
    /// The record's id.
    #[schema(format = "uuid")]
    id: String,
    /// From when, RFC 3339.
    #[schema(value_type = String, format = "date-time")]
    started_at: Instant,
    /// Until when, RFC 3339.
    #[schema(value_type = String, format = "date-time")]
    ended_at: Instant,
    /// Minutes of service.
    minutes: i64,
    /// How well it is borne out.
    grade: Grade,
    /// When it was recorded, RFC 3339.
    #[schema(value_type = String, format = "date-time")]
    recorded_at: Instant,
}

fn person(person: Person, slot: Slot, settled: bool) -> SettlementPerson {
    let proposal = propose(slot, &person.evidence.counting, settled);
    let stay = proposal.stay.as_ref();
    let ends_at = stay.map_or(slot.ends_at, |stay| stay.ended_at.max(slot.ends_at));
    let within = |from: Instant, to: Instant| from < ends_at && to > slot.starts_at;
    SettlementPerson {
        proposal: ProposalBody {
            attended: stay.is_some(),
            started_at: stay.map(|stay| stay.started_at),
            ended_at: stay.map(|stay| stay.ended_at),
            breaks_minutes: stay.map(|stay| stay.breaks_minutes),
            minutes: stay.map(super::proposal::Stay::minutes),
            grade: stay.map(|stay| stay.grade),
            notes: proposal.notes,
        },
        signup_id: person.signup_id,
        number: person.number,
        name: person.name,
        own: person.own,
        state: person.state,
        evidence: person.evidence.counting,
        evidence_of_another_time: person.evidence.of_another_time,
        busy: person
            .busy
            .iter()
            .filter(|(from, to)| within(*from, *to))
            .map(|(from, to)| [*from, *to])
            .collect(),
        record: person.record.map(|record| StandingRecord {
            id: record.id,
            started_at: record.started_at,
            ended_at: record.ended_at,
            minutes: record.minutes,
            grade: record.grade,
            recorded_at: record.recorded_at,
        }),
        absence: person.absence,
    }
}

/// Reads a shift as it is to be settled.
pub async fn loaded(visit: &Visit, shift: Uuid) -> Result<Loaded, Problem> {
    let key = IdempotencyKey::default();
    match store::load(visit, shift, Permission::ReadHours, &key).await? {
        Held::Now(loaded) => Ok(*loaded),
        Held::Before(_) => Err(Problem::internal("a key where none was sent")),
    }
}

fn etag(version: i64) -> String {
    format!("\"v{version}\"")
}

/// Read what a settlement would record.
///
/// Proposed from the evidence alone: an early check-in counts from the start of the shift, a
/// late check-out to half an hour after its end, a missing end is the planned one. Until the
/// shift is settled all of it may still change with what phones without a network send.
#[utoipa::path(
    get,
    path = "/api/v1/shifts/{id}/settlement",
    operation_id = "read_settlement",
    tag = "hours",
    security(("session" = []), ("api_key" = ["hours:read"])),
    params(("id" = Uuid, Path, description = "The shift's id")),
    responses(
        (status = 200, body = SettlementProposal, headers(("ETag" = String))),
        (status = 403, body = ProblemDetails, content_type = "application/problem+json", description = "forbidden"),
        (status = 404, body = ProblemDetails, content_type = "application/problem+json", description = "not_found"),
    ),
)]
pub async fn show(visit: Visit, Id(shift): Id) -> Result<Response, Problem> {
    let Loaded { shift, people } = loaded(&visit, shift).await?;
    let due = due(shift.ends_at);
    let (slot, settled) = (shift.slot(), shift.settled_at.is_some());
    let version = shift.version;
    let proposal = SettlementProposal {
        obstacle: shift.obstacle(visit.now),
        shift_id: shift.id,
        project_id: shift.project_id,
        title: shift.title,
        role: shift.role,
        starts_at: shift.starts_at,
        ends_at: shift.ends_at,
        due_on: due.date.to_string(),
        due_provisional: due.provisional,
        settled_at: shift.settled_at,
        version,
        person_in_charge: shift.contact_name,
        people: people
            .into_iter()
            .map(|one| person(one, slot, settled))
            .collect(),
    };
    let mut response = own(StatusCode::OK, proposal);
    if let Ok(tag) = HeaderValue::from_str(&etag(version)) {
        response.headers_mut().insert(header::ETAG, tag);
    }
    Ok(response)
}

/// What is said of somebody; whatever is left out is as proposed.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = FieldErrors, deny_unknown_fields)]
pub struct EntryBody {
    /// Somebody with a seat on the shift.
    #[schema(value_type = String, format = "uuid")]
    signup_id: SignupId,
    /// Whether they came.
    attended: bool,
    /// From when, RFC 3339, to the minute.
    #[deserr(default)]
    #[schema(value_type = Option<String>, format = "date-time")]
    started_at: Option<Instant>,
    /// Until when, RFC 3339, to the minute.
    #[deserr(default)]
    #[schema(value_type = Option<String>, format = "date-time")]
    ended_at: Option<Instant>,
    /// Minutes within that were not service: breaks, the way.
    #[deserr(default)]
    #[schema(value_type = Option<i64>, minimum = 0, maximum = 1440)]
    breaks_minutes: Option<Count<0, 1440>>,
    /// Needed for over 30 minutes more than the shift's length, and for noting somebody as
    /// absent against the evidence.
    #[deserr(default)]
    #[schema(value_type = Option<String>, max_length = 200)]
    reason: Option<Line<200>>,
}

/// What whoever settles says.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = FieldErrors, deny_unknown_fields)]
pub struct SettlementBody {
    /// Who was in charge of the activity; the organization's contact when left out.
    #[deserr(default)]
    #[schema(value_type = Option<String>, max_length = 60)]
    person_in_charge: Option<Line<60>>,
    /// What is said of whom, at most 2000. Whoever is not named is settled as proposed, the
    /// first time; later only those named are.
    #[deserr(default)]
    #[schema(value_type = Vec<EntryBody>, required = false, max_items = 2000)]
    entries: Many<EntryBody, MOST_ENTRIES>,
}

impl EntryBody {
    fn given(&self) -> (String, Given) {
        let given = Given {
            attended: self.attended,
            started_at: self.started_at,
            ended_at: self.ended_at,
            breaks_minutes: self.breaks_minutes.map(Count::get),
            reason: self
                .reason
                .as_ref()
                .map(|reason| reason.as_str().to_owned()),
        };
        (self.signup_id.0.to_string(), given)
    }
}

/// 412: the shift is not what the caller looked at.
pub fn moved_on(version: i64) -> Problem {
    let problem = Problem::new(
        StatusCode::PRECONDITION_FAILED,
        "version_conflict",
        Words::new(
            "这个班次的签到或结算有了变化，请核对后再提交",
            "The shift has changed meanwhile; look at it again before settling",
        ),
    );
    match HeaderValue::from_str(&etag(version)) {
        Ok(tag) => problem.with_header(header::ETAG, tag),
        Err(_) => problem,
    }
}

/// Settle a shift.
///
/// Records the service of those who came and notes those who did not, all in one act or
/// none of it; everybody is told. The grade of the evidence holds as long as no more is
/// given than was seen; beyond it the grade is C. Once a shift is settled, whoever was
/// forgotten or absent is recorded here by name, in grade D. A record that stands is
/// corrected, never replaced by settling again.
///
/// No record overlaps another of the same person: `errors` says when, not with whom.
#[utoipa::path(
    post,
    path = "/api/v1/shifts/{id}/settlement",
    operation_id = "settle_shift",
    tag = "hours",
    security(("session" = []), ("api_key" = ["hours:write"])),
    params(
        ("id" = Uuid, Path, description = "The shift's id"),
        ("If-Match" = Option<String>, Header, description = "Settle only what was looked at"),
        IdempotencyKey,
    ),
    request_body(content = SettlementBody, example = json!({"person_in_charge": "李老师"})),
    responses(
        (status = 200, body = Settlement),
        (status = 400, body = ProblemDetails, content_type = "application/problem+json", description = "malformed_json, invalid_idempotency_key"),
        (status = 403, body = ProblemDetails, content_type = "application/problem+json", description = "forbidden"),
        (status = 404, body = ProblemDetails, content_type = "application/problem+json", description = "not_found"),
        (status = 409, body = ProblemDetails, content_type = "application/problem+json", description = "shift_not_over, shift_cancelled, organization_suspended"),
        (status = 412, body = ProblemDetails, content_type = "application/problem+json", description = "version_conflict"),
        (status = 422, body = ProblemDetails, content_type = "application/problem+json", description = "invalid_fields, idempotency_key_reused"),
    ),
)]
pub async fn settle(
    visit: Visit,
    _: Presented,
    Id(shift): Id,
    headers: HeaderMap,
    key: IdempotencyKey,
    Json(body): Json<SettlementBody, LARGE_BODY>,
) -> Result<Response, Problem> {
    let entries: Vec<_> = body.entries.iter().map(EntryBody::given).collect();
    let seen = seen(&headers);
    let wanted = Wanted {
        person_in_charge: body.person_in_charge.as_ref().map(Line::as_str),
        entries: &entries,
        fits: &|version| seen.is_none_or(|seen| seen.fits(version)),
    };
    match store::settle(&visit, shift, &wanted, &key).await? {
        Settled::Now(reply) => Ok(reply.into_response()),
        Settled::Before(earlier) => earlier.response(&visit),
        Settled::Changed(version) => Err(moved_on(version)),
    }
}

fn own(status: StatusCode, body: impl Serialize) -> Response {
    (status, [(header::CACHE_CONTROL, PRIVATE)], axum::Json(body)).into_response()
}
