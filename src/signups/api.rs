//! Sign-ups as JSON.

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use deserr::Deserr;
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};

use super::organizing::Approval;
use super::store::{self, Left, Outcome, Ticket, Wish};
use super::{Guardian, Leaving, SignupState};
use crate::menu::Skill;
use crate::menu::search::Cursor;
use crate::platform::clock::{DAY, Instant};
use crate::platform::fields::FieldErrors;
use crate::platform::idempotency::{IdempotencyKey, Reply, replayed};
use crate::platform::input::{Digits, Id, Json, Many, Query};
use crate::platform::page::PRIVATE;
use crate::platform::problem::{Problem, ProblemDetails};
use crate::platform::text::Line;
use crate::platform::visit::{Presented, Visit};
use crate::volunteers::{BirthDate, Name, birth_date_words};

/// What a volunteer says when signing up. Everything may be left out until a refusal
/// asks for it.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = FieldErrors, deny_unknown_fields)]
pub struct SignupBody {
    /// What they are called, when nobody knows yet.
    #[deserr(default)]
    name: Option<Name>,
    /// When the refusal is `birth_date_missing`. Once given it stays.
    #[schema(value_type = Option<String>, format = "date")]
    #[deserr(default)]
    birth_date: Option<String>,
    /// The volunteer says to be 18 or older.
    #[deserr(default)]
    #[schema(required = false)]
    adult: bool,
    /// Skills the volunteer says to have.
    #[deserr(default)]
    #[schema(value_type = Vec<Skill>, required = false, max_items = 12)]
    skills: Many<Skill, 12>,
    /// When the refusal is `guardian_consent_missing` or `guardian_must_accompany`.
    #[deserr(default)]
    guardian: Option<Guardian>,
    /// What the organizer should know, such as coming by car.
    #[deserr(default)]
    note: Option<Line<200>>,
    /// Overrides `tight_gap`.
    #[deserr(default)]
    #[schema(required = false)]
    accept_tight_gap: bool,
}

impl SignupBody {
    fn wish(self, now: Instant) -> Result<Wish, Problem> {
        let birth_date = self
            .birth_date
            .map(|text| {
                BirthDate::parse(&text, now).ok_or_else(|| {
                    Problem::invalid(FieldErrors::one("/birth_date", birth_date_words()))
                })
            })
            .transpose()?;
        Ok(Wish {
            name: self.name.map(|name| name.as_str().to_owned()),
            birth_date: birth_date.map(BirthDate::iso),
            adult: self.adult,
            skills: self.skills.to_vec(),
            guardian: self.guardian,
            accept_tight_gap: self.accept_tight_gap,
            note: self.note.map(|note| note.as_str().to_owned()),
        })
    }
}

/// A volunteer's place on a shift.
#[derive(Debug, Serialize, ToSchema)]
pub struct Signup {
    /// UUIDv7.
    #[schema(format = "uuid")]
    pub id: String,
    /// Where it stands.
    pub state: SignupState,
    /// What the organizer said to it; null where the project asks for no approval. One
    /// that is `pending` is `waitlisted` and has no seat until it is approved.
    pub approval: Option<Approval>,
    /// Place in the waiting list, from 1; null when not waiting, or for approval.
    pub position: Option<i64>,
    /// Which shift.
    #[schema(format = "uuid")]
    pub shift_id: String,
    /// Which project.
    #[schema(format = "uuid")]
    pub project_id: String,
    /// What the project is called.
    pub title: String,
    /// What the volunteer does.
    pub role: String,
    /// Where to come.
    pub place: String,
    /// RFC 3339.
    #[schema(value_type = String, format = "date-time")]
    pub starts_at: Instant,
    /// RFC 3339.
    #[schema(value_type = String, format = "date-time")]
    pub ends_at: Instant,
    /// Who offers it.
    pub organization_name: String,
    /// Until when the volunteer may cancel without asking, RFC 3339.
    #[schema(value_type = String, format = "date-time")]
    pub cancel_until: Instant,
    /// When the volunteer asked the organizer to be let go.
    #[schema(value_type = Option<String>, format = "date-time")]
    pub cancel_requested_at: Option<Instant>,
    /// When it was given up or called off.
    #[schema(value_type = Option<String>, format = "date-time")]
    pub cancelled_at: Option<Instant>,
    /// `volunteer` or `organization`.
    pub cancelled_by: Option<String>,
    /// Why the organizer moved or declined it, else why the shift or the project changed.
    pub change_reason: Option<String>,
}

impl From<Ticket> for Signup {
    fn from(ticket: Ticket) -> Self {
        Self {
            cancel_until: ticket.cancel_until(),
            position: (ticket.position > 0).then_some(ticket.position),
            change_reason: ticket.why_changed().map(str::to_owned),
            id: ticket.id,
            state: ticket.state,
            approval: ticket.approval,
            shift_id: ticket.shift_id,
            project_id: ticket.project_id,
            title: ticket.title,
            role: ticket.role,
            place: ticket.place,
            starts_at: ticket.starts_at,
            ends_at: ticket.ends_at,
            organization_name: ticket.organization_name,
            cancel_requested_at: ticket.cancel_requested_at,
            cancelled_at: ticket.cancelled_at,
            cancelled_by: ticket.cancelled_by,
        }
    }
}

impl Ticket {
    /// Until when its holder may cancel without asking.
    pub fn cancel_until(&self) -> Instant {
        match self.state {
            SignupState::Waitlisted => self.starts_at,
            _ => self
                .starts_at
                .plus(-self.cancel_until_minutes * crate::platform::clock::MINUTE),
        }
    }

    /// Whether it waits for the organizer's word.
    pub fn is_pending(&self) -> bool {
        self.state == SignupState::Waitlisted && self.approval == Some(Approval::Pending)
    }

    /// How its holder may leave now.
    pub fn leaving(&self, now: Instant) -> Leaving {
        Leaving::of(self.state, self.starts_at, self.cancel_until_minutes, now)
    }

    /// Why the organizer moved or declined it, else why the shift, else the project,
    /// changed.
    pub fn why_changed(&self) -> Option<&str> {
        self.organizer_reason
            .as_deref()
            .or(self.shift_change_reason.as_deref())
            .or(self.change_reason.as_deref())
    }
}

/// Sign up for a shift.
///
/// Confirmed while seats last, then waitlisted with a position. A refusal has one of a
/// closed set of codes.
#[utoipa::path(
    post,
    path = "/api/v1/shifts/{id}/signups",
    operation_id = "sign_up",
    tag = "signups",
    security(("session" = [])),
    params(
        ("id" = Uuid, Path, description = "The shift's id"),
        IdempotencyKey,
    ),
    request_body(content = SignupBody, example = json!({
        "name": "钟知夏",
        "birth_date": "2010-05-01",
        "guardian": {"name": "钟一诺", "phone": "13800138000", "accompanies": true},
        "note": "坐早班车来",
    })),
    responses(
        (status = 201, body = Signup, description = "Signed up, or on the waiting list", headers(("Location" = String, description = "Where it is read"))),
        (status = 400, body = ProblemDetails, content_type = "application/problem+json", description = "malformed_json, invalid_idempotency_key"),
        (status = 404, body = ProblemDetails, content_type = "application/problem+json", description = "not_found"),
        (status = 409, body = ProblemDetails, content_type = "application/problem+json", description = "already_signed_up, shift_full, shift_clash, tight_gap, too_young, skill_missing, not_open, closed, ended, shift_cancelled, organization_suspended"),
        (status = 422, body = ProblemDetails, content_type = "application/problem+json", description = "invalid_fields, name_missing, birth_date_missing, guardian_consent_missing, guardian_must_accompany, idempotency_key_reused"),
    ),
)]
pub async fn sign_up(
    visit: Visit,
    _: Presented,
    Id(shift): Id,
    key: IdempotencyKey,
    Json(body): Json<SignupBody>,
) -> Result<Response, Problem> {
    let wish = body.wish(visit.now)?;
    match store::sign_up(&visit, shift, &wish, &key).await? {
        Outcome::SignedUp(ticket) => created(*ticket),
        Outcome::Repeated(ticket) => created(*ticket).map(replayed),
        Outcome::Refused(refusal, facts) => Err(refusal.problem(&facts)),
    }
}

fn created(ticket: Ticket) -> Result<Response, Problem> {
    let location = format!("/api/v1/signups/{}", ticket.id);
    let reply = Reply::new(StatusCode::CREATED, &Signup::from(ticket))?;
    Ok(reply.at(location).into_response())
}

/// Read one of your sign-ups.
#[utoipa::path(
    get,
    path = "/api/v1/signups/{id}",
    operation_id = "read_signup",
    tag = "signups",
    security(("session" = [])),
    params(("id" = Uuid, Path, description = "The sign-up's id")),
    responses(
        (status = 200, body = Signup),
        (status = 404, body = ProblemDetails, content_type = "application/problem+json", description = "not_found"),
    ),
)]
pub async fn show(visit: Visit, Id(id): Id) -> Result<Response, Problem> {
    let ticket = store::ticket(&visit, id).await?;
    Ok(own(StatusCode::OK, Signup::from(ticket)))
}

/// Cancel a sign-up.
///
/// By the volunteer until the project's deadline, then as a request to the organizer
/// (202); by an owner or manager of the organization until the end of the shift. The
/// seat goes to whoever waits longest.
#[utoipa::path(
    delete,
    path = "/api/v1/signups/{id}",
    operation_id = "cancel_signup",
    tag = "signups",
    security(("session" = [])),
    params(("id" = Uuid, Path, description = "The sign-up's id")),
    responses(
        (status = 202, description = "Past the deadline: the organizer is asked"),
        (status = 204, description = "Cancelled, now or before"),
        (status = 404, body = ProblemDetails, content_type = "application/problem+json", description = "not_found"),
        (status = 409, body = ProblemDetails, content_type = "application/problem+json", description = "too_late"),
    ),
)]
pub async fn cancel(visit: Visit, Id(id): Id) -> Result<Response, Problem> {
    match store::leave(&visit, id, None).await? {
        Left::Cancelled | Left::Already => Ok(StatusCode::NO_CONTENT.into_response()),
        Left::Asked => Ok(StatusCode::ACCEPTED.into_response()),
        Left::TooLate => Err(too_late()),
    }
}

/// The shift has begun: nothing to cancel any more.
pub fn too_late() -> Problem {
    Problem::new(
        StatusCode::CONFLICT,
        "too_late",
        crate::platform::i18n::Words::new(
            "班次已经开始，不能再取消",
            "The shift has begun; it cannot be cancelled any more",
        ),
    )
}

/// Which of the own sign-ups to list.
#[derive(Debug, Deserr, IntoParams)]
#[deserr(error = FieldErrors, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct MineQuery {
    /// How many, 50 when left out.
    #[param(inline, example = 50)]
    #[deserr(default)]
    limit: Option<Digits<1, 100>>,
    /// Where the page before ended; taken from its `next`.
    #[param(inline, example = "1795824000000_7")]
    #[deserr(default)]
    cursor: Option<Cursor>,
}

/// Own sign-ups in order of time.
#[derive(Debug, Serialize, ToSchema)]
pub struct Signups {
    items: Vec<Signup>,
    /// Where the next page is; `null` on the last.
    next: Option<String>,
}

/// How far back the own sign-ups are listed, in milliseconds.
pub const LOOKING_BACK: i64 = 366 * DAY;

/// List your sign-ups of the last year and all to come.
#[utoipa::path(
    get,
    path = "/api/v1/me/signups",
    operation_id = "list_my_signups",
    tag = "me",
    security(("session" = [])),
    params(MineQuery),
    responses(
        (status = 200, body = Signups),
    ),
)]
pub async fn mine(
    visit: Visit,
    _: Presented,
    Query(query): Query<MineQuery>,
) -> Result<Response, Problem> {
    let limit = query.limit.map_or(50, Digits::get);
    let after = query
        .cursor
        .map_or((0, 0), |cursor| (cursor.key, cursor.project));
    let from = visit.now.plus(-LOOKING_BACK);
    let batch = visit
        .db
        .batch(vec![
            crate::volunteers::who(&visit),
            store::mine(&visit, from, after, limit + 1),
        ])
        .await?;
    batch
        .first::<crate::volunteers::Me>(0)?
        .ok_or_else(Problem::unauthenticated)?;
    let mut items: Vec<Ticket> = batch.rows(1)?;
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let more = items.len() > limit;
    items.truncate(limit);
    let next = items.last().filter(|_| more).map(|last| {
        let cursor = Cursor {
            key: last.starts_at.millis(),
            project: last.seq,
        };
        crate::menu::api::with_cursor(&visit.target, cursor)
    });
    let items = items.into_iter().map(Signup::from).collect();
    Ok(own(StatusCode::OK, Signups { items, next }))
}

fn own(status: StatusCode, body: impl Serialize) -> Response {
    (status, [(header::CACHE_CONTROL, PRIVATE)], axum::Json(body)).into_response()
}
