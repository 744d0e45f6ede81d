//! Deliveries that are due: leased by one round, repeated with growing pauses, given up in
//! the end, and with them an endpoint where nothing arrives for days.

use serde::Deserialize;
use serde_json::Value;

use crate::bind;
use crate::platform::clock::{DAY, Instant, MINUTE};
use crate::platform::config::Config;
use crate::platform::db::{self, Db, DbError, Statement};
use crate::platform::outbox::pause_after;
use crate::webhooks::{MOST_ATTEMPTS, PATIENCE, Secret, payload, signature};

/// How many deliveries one round makes, all at once.
const A_ROUND: i64 = 6;
/// While one round makes a delivery no other does.
const LEASE: i64 = 2 * MINUTE;
/// How long deliveries can be looked at and replayed.
const KEPT_FOR: i64 = 30 * DAY;

const CLAIM: &str = "
UPDATE webhook_delivery
SET due_at = ?1 + ?2, attempts = attempts + 1, attempted_at = ?1
WHERE seq IN (
  SELECT seq FROM webhook_delivery
  WHERE delivered_at IS NULL AND abandoned_at IS NULL AND due_at <= ?1
  ORDER BY due_at, seq
  LIMIT ?3)
RETURNING seq, id, webhook_id, type AS kind, data, created_at, attempts,
  (SELECT w.url FROM webhook w WHERE w.id = webhook_id) AS url,
  (SELECT w.secret_sealed FROM webhook w WHERE w.id = webhook_id) AS secret_sealed,
  (SELECT iif(w.previous_until > ?1, w.previous_sealed, NULL) FROM webhook w WHERE w.id = webhook_id) AS previous_sealed";

/// `?1` the delivery, `?2` now, `?3` what was answered.
const SENT: &str = "
UPDATE webhook_delivery SET delivered_at = ?2, status = ?3, last_error = NULL WHERE seq = ?1";

/// `?1` the webhook.
const WELL_AGAIN: &str =
    "UPDATE webhook SET failing_since = NULL WHERE id = ?1 AND failing_since IS NOT NULL";

/// `?1` the delivery, `?2` when to try again, `?3` what was answered, `?4` why it failed,
/// `?5` most attempts, `?6` now.
const FAILED: &str = "
UPDATE webhook_delivery
SET due_at = ?2, status = ?3, last_error = ?4, abandoned_at = iif(attempts >= ?5, ?6, NULL)
WHERE seq = ?1";

/// `?1` the webhook, `?2` now.
const UNWELL: &str = "UPDATE webhook SET failing_since = coalesce(failing_since, ?2) WHERE id = ?1";

/// `?1` the webhook, `?2` now, `?3` since when is too long. An endpoint that says to be
/// gone is believed at once.
const TELL_OWNERS: &str = "
INSERT INTO outbox (kind, volunteer_id, language, params, created_at, due_at)
SELECT 'webhook_disabled', v.id, v.language, json_object('organization', o.name, 'url', w.url), ?2, ?2
FROM webhook w
JOIN organization o ON o.id = w.organization_id
JOIN member m ON m.organization_id = o.id AND m.role = 'owner'
JOIN volunteer v ON v.id = m.volunteer_id
WHERE w.id = ?1 AND w.state = 'active' AND w.failing_since <= ?3";

const DISABLE: &str = "
UPDATE webhook SET state = 'disabled', given_up_at = ?2
WHERE id = ?1 AND state = 'active' AND failing_since <= ?3";

/// `?1` the webhook, `?2` now.
const LET_GO: &str = "
UPDATE webhook_delivery SET abandoned_at = ?2
WHERE webhook_id = ?1 AND delivered_at IS NULL AND abandoned_at IS NULL
  AND (SELECT w.state FROM webhook w WHERE w.id = webhook_id) = 'disabled'";

const FORGET: &str = "DELETE FROM webhook_delivery WHERE created_at < ?1";

/// A delivery to be made now.
#[derive(Debug, Deserialize)]
pub struct Due {
    seq: i64,
    id: String,
    webhook_id: String,
    kind: String,
    #[serde(deserialize_with = "db::json")]
    data: Value,
    created_at: Instant,
    attempts: i64,
    /// Where to.
    pub url: String,
    secret_sealed: String,
    previous_sealed: Option<String>,
}

/// What is posted, with the headers that prove whose it is.
#[derive(Debug)]
pub struct Post {
    /// JSON.
    pub body: String,
    /// Name and value.
    pub headers: [(&'static str, String); 4],
}

impl Due {
    /// What to post at this time; `None` when the secret was sealed by another key.
    pub fn post(&self, config: &Config, now: Instant) -> Option<Post> {
        let sealed = [Some(&self.secret_sealed), self.previous_sealed.as_ref()];
        let secrets = sealed
            .into_iter()
            .flatten()
            .map(|sealed| config.keys.open(sealed).map(Secret::known))
            .collect::<Option<Vec<_>>>()?;
        let body = payload(&self.kind, self.created_at, &self.data);
        let timestamp = now.millis() / 1000;
        let signature = signature(&secrets, &self.id, timestamp, &body);
        Some(Post {
            headers: [
                ("content-type", "application/json".to_owned()),
                ("webhook-id", self.id.clone()),
                ("webhook-timestamp", timestamp.to_string()),
                ("webhook-signature", signature),
            ],
            body,
        })
    }
}

/// Takes the deliveries that are due, so that no other round makes them meanwhile.
pub async fn claim(db: &Db, now: Instant) -> Result<Vec<Due>, DbError> {
    db.rows(bind!(CLAIM, now, LEASE, A_ROUND)).await
}

/// The statements that note an arrival.
pub fn sent(due: &Due, status: u16, now: Instant) -> Vec<Statement> {
    vec![
        bind!(SENT, due.seq, now, i64::from(status)),
        bind!(WELL_AGAIN, &due.webhook_id),
    ]
}

/// The statements that note a failure, when to try again, and perhaps that enough is
/// enough: after days, or when the endpoint answers to be gone (410).
pub fn failed(due: &Due, status: Option<u16>, reason: &str, now: Instant) -> Vec<Statement> {
    let too_long = match status {
        Some(410) => now,
        _ => now.plus(-PATIENCE),
    };
    let webhook = due.webhook_id.as_str();
    vec![
        bind!(
            FAILED,
            due.seq,
            now.plus(pause_after(due.attempts)),
            status.map(i64::from),
            reason,
            MOST_ATTEMPTS,
            now,
        ),
        bind!(UNWELL, webhook, now),
        bind!(TELL_OWNERS, webhook, now, too_long),
        bind!(DISABLE, webhook, now, too_long),
        bind!(LET_GO, webhook, now),
    ]
}

/// The statement that forgets old deliveries.
pub fn forget(now: Instant) -> Statement {
    bind!(FORGET, now.plus(-KEPT_FOR))
}
