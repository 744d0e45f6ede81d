//! Writing to everybody on a shift.

use axum::http::{HeaderValue, header};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::Done;
use crate::bind;
use crate::organizations::{Permission, admit};
use crate::platform::clock::Instant;
use crate::platform::idempotency::{IdempotencyKey, Ran};
use crate::platform::input::parse_id;
use crate::platform::problem::Problem;
use crate::platform::visit::Visit;
use crate::signups::ROSTER_LASTS;
use crate::signups::organizing::{MESSAGES_COUNT_FOR, MOST_MESSAGES, Obstacle, Recipients};

/// A shift, and who would act on it. `?1` credential, `?2` now, `?3` shift, `?4` roles and
/// `?5` scopes that may.
macro_rules! of_shift {
    () => {
        concat!(
            "
WITH target AS (
  SELECT h.id, h.project, h.ends_at, p.organization_id, p.organization_state
  FROM shift h JOIN project p ON p.seq = h.project
  WHERE h.id = ?3 AND p.state <> 'draft'),
",
            crate::organizations::agent!()
        )
    };
}

/// `?6` to whom, `?7` how long rosters last, `?8` since when messages count, `?9` how many
/// may.
macro_rules! writing {
    () => {
        concat!(
            of_shift!(),
            ",
counted AS (
  SELECT t.*, (
    SELECT count(*) FROM signup s
    WHERE s.shift_id = t.id AND (s.state = 'confirmed' OR ?6 = 'all' AND s.state = 'waitlisted')) AS recipients
  FROM target t),
judged AS (
  SELECT c.*,
    CASE
      WHEN c.organization_state <> 'verified' THEN 'organization_suspended'
      WHEN c.ends_at + ?7 <= ?2 THEN 'roster_closed'
      WHEN (SELECT count(*) FROM shift_message m WHERE m.shift_id = c.id AND m.created_at > ?8) >= ?9
        THEN 'too_many_messages'
      WHEN c.recipients = 0 THEN 'nobody_signed_up'
    END AS obstacle
  FROM counted c)"
        )
    };
}

const WHO: &str = concat!(of_shift!(), crate::organizations::entry!());

const JUDGE: &str = concat!(
    writing!(),
    "
SELECT j.obstacle, (
  SELECT min(m.created_at) FROM shift_message m WHERE m.shift_id = j.id AND m.created_at > ?8) AS first_counted
FROM judged j"
);

/// `?10` the new id, `?11` the text.
const WRITE: &str = concat!(
    writing!(),
    "
INSERT INTO shift_message (id, shift_id, audience, text, recipients, actor, created_at)
SELECT ?10, j.id, ?6, ?11, j.recipients, a.actor, ?2
FROM judged j JOIN agent a ON a.may
WHERE j.obstacle IS NULL"
);

/// Right after it: `?1` the message, `?2` the request.
const RECORD: &str = "
INSERT INTO audit (at, actor, action, subject, after, request_id)
SELECT m.created_at, m.actor, 'shift.notified', 'shift:' || m.shift_id,
  json_object('message', m.id, 'to', m.audience, 'recipients', m.recipients), ?2
FROM shift_message m
WHERE m.id = ?1 AND changes() > 0";

/// `?1` the message.
const POST: &str = "
INSERT INTO outbox (kind, volunteer_id, language, params, created_at, due_at)
SELECT 'organizer_message', v.id, v.language,
  json_object('signup', s.id, 'title', p.title, 'organization', p.organization_name, 'text', m.text,
    'starts_at', h.starts_at, 'ends_at', h.ends_at),
  m.created_at, m.created_at
FROM shift_message m
JOIN shift h ON h.id = m.shift_id
JOIN project p ON p.seq = h.project
JOIN signup s ON s.shift_id = h.id AND (s.state = 'confirmed' OR m.audience = 'all' AND s.state = 'waitlisted')
JOIN volunteer v ON v.id = s.volunteer_id
WHERE m.id = ?1";

const SENT: &str = "
SELECT id, audience AS \"to\", text, recipients, created_at FROM shift_message WHERE id = ?1";

/// What to write, and to whom.
#[derive(Debug)]
pub struct Notice<'a> {
    /// To whom.
    pub to: Recipients,
    /// What it says.
    pub text: &'a str,
}

/// A message that went out to a shift.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
pub struct Sent {
    /// UUIDv7.
    #[schema(format = "uuid")]
    pub id: String,
    /// To whom.
    pub to: Recipients,
    /// What it says.
    pub text: String,
    /// To how many.
    pub recipients: i64,
    /// When, RFC 3339.
    #[serde(rename(serialize = "sent_at", deserialize = "created_at"))]
    #[schema(value_type = String, format = "date-time")]
    pub sent_at: Instant,
}

/// Writes to everybody on a shift: a row in the outbox for each, in one transaction.
pub async fn notify(
    visit: &Visit,
    shift: Uuid,
    notice: &Notice<'_>,
    key: &IdempotencyKey,
) -> Result<Done<Sent>, Problem> {
    let id = visit.new_id();
    let permit = Permission::WriteSignups.permit();
    let asks = |sql: &'static str| {
        let credential = visit.credential_hash();
        bind!(
            sql,
            credential,
            visit.now,
            shift,
            &permit.roles,
            &permit.scopes
        )
    };
    let judged = |sql| {
        asks(sql)
            .and(notice.to.word())
            .and(ROSTER_LASTS)
            .and(visit.now.plus(-MESSAGES_COUNT_FOR))
            .and(MOST_MESSAGES)
    };
    let statements = vec![
        asks(WHO),
        judged(JUDGE),
        judged(WRITE).and(id).and(notice.text),
        bind!(RECORD, id, &*visit.request_id),
        key.point_at(visit, id),
        bind!(POST, id),
        bind!(SENT, id),
    ];
    let batch = match key.run(visit, statements).await? {
        Ran::Now(batch) => batch,
        Ran::Before(earlier) => {
            let id = parse_id(earlier.subject()?)?;
            let batch = visit.db.batch(vec![asks(WHO), bind!(SENT, id)]).await?;
            admit(&batch, 0)?;
            let sent = batch.first(1)?.ok_or_else(Problem::not_found)?;
            return Ok(Done::before(sent));
        }
    };
    admit(&batch, 0)?;
    if let Some(sent) = batch.first(6)? {
        return Ok(Done::once(sent));
    }
    let judged: Judged = batch.first(1)?.ok_or_else(Problem::not_found)?;
    Err(judged.problem(visit.now))
}

#[derive(Deserialize)]
struct Judged {
    obstacle: Option<Obstacle>,
    first_counted: Option<Instant>,
}

impl Judged {
    fn problem(self, now: Instant) -> Problem {
        let Some(obstacle) = self.obstacle else {
            return Problem::internal("a message was neither written nor refused");
        };
        match (obstacle, self.first_counted) {
            (Obstacle::TooManyMessages, Some(first)) => {
                let wait = first.plus(MESSAGES_COUNT_FOR).millis() - now.millis();
                let seconds = HeaderValue::from(wait.max(0) / 1000 + 1);
                obstacle.problem().with_header(header::RETRY_AFTER, seconds)
            }
            _ => obstacle.problem(),
        }
    }
}
