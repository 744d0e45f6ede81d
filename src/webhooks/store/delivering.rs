//! Deliveries that are due: leased by one round, repeated with growing pauses, given up in
//! the end, and with them an endpoint where nothing arrives for days.

use serde::Deserialize;
use serde_json::Value;

use crate::bind;
use crate::platform::clock::{DAY, Instant, MINUTE};
use crate::platform::config::Config;
use crate::platform::db::{self, Db, DbError, Statement};
use crate::platform::outbox::pause_after;
use crate::webhooks::{Failure, MOST_ATTEMPTS, PATIENCE, Secret, payload, signature};

/// While one round makes a delivery no other does.
const LEASE: i64 = 2 * MINUTE;
/// How long deliveries can be looked at and replayed.
const KEPT_FOR: i64 = 30 * DAY;
/// How many are forgotten at once.
const A_SLICE: i64 = 1000;

/// `?1` now, `?2` the lease, `?3` how many. From endpoint to endpoint along the index, so
/// that what one is owed costs the others nothing; then a few rows of those on whom the lot
/// falls. All of these have a turn before any has a second one, and nobody is always late.
const CLAIM: &str = "
WITH RECURSIVE waiting (webhook_id) AS (
  SELECT min(webhook_id) FROM webhook_delivery WHERE delivered_at IS NULL AND abandoned_at IS NULL
  UNION ALL
  SELECT (
    SELECT min(d.webhook_id) FROM webhook_delivery d
    WHERE d.delivered_at IS NULL AND d.abandoned_at IS NULL AND d.webhook_id > w.webhook_id)
  FROM waiting w
  WHERE w.webhook_id IS NOT NULL),
drawn AS MATERIALIZED (
  SELECT w.webhook_id FROM waiting w
  WHERE EXISTS (
    SELECT 1 FROM webhook_delivery d
    WHERE d.delivered_at IS NULL AND d.abandoned_at IS NULL
      AND d.webhook_id = w.webhook_id AND d.due_at <= ?1)
  ORDER BY random()
  LIMIT ?3),
due AS (
  SELECT d.seq, row_number() OVER (PARTITION BY d.webhook_id ORDER BY d.due_at, d.seq) AS turn
  FROM drawn w
  CROSS JOIN webhook_delivery d ON d.seq IN (
    SELECT n.seq FROM webhook_delivery n
    WHERE n.delivered_at IS NULL AND n.abandoned_at IS NULL
      AND n.webhook_id = w.webhook_id AND n.due_at <= ?1
    ORDER BY n.due_at, n.seq
    LIMIT ?3))
UPDATE webhook_delivery
SET due_at = ?1 + ?2, attempts = attempts + 1, attempted_at = ?1
WHERE seq IN (SELECT seq FROM due ORDER BY turn LIMIT ?3)
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
/// `?5` most attempts, `?6` now. A test is made once: whoever asked for it looks on.
const FAILED: &str = "
UPDATE webhook_delivery
SET due_at = ?2, status = ?3, last_error = ?4,
  abandoned_at = iif(attempts >= ?5 OR type = 'webhook.test', ?6, NULL)
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
WHERE webhook_id = (SELECT w.id FROM webhook w WHERE w.id = ?1 AND w.state = 'disabled')
  AND delivered_at IS NULL AND abandoned_at IS NULL";

/// `?1` what is older, `?2` how many.
const FORGET: &str = "
DELETE FROM webhook_delivery
WHERE seq IN (SELECT seq FROM webhook_delivery WHERE created_at < ?1 ORDER BY created_at LIMIT ?2)";

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

/// Takes so many of the deliveries that are due, so that no other round makes them meanwhile.
pub async fn claim(db: &Db, now: Instant, most: u32) -> Result<Vec<Due>, DbError> {
    db.rows(claiming(now, most)).await
}

fn claiming(now: Instant, most: u32) -> Statement {
    bind!(CLAIM, now, LEASE, i64::from(most))
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
pub fn failed(due: &Due, status: Option<u16>, why: Failure, now: Instant) -> Vec<Statement> {
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
            why.word(),
            MOST_ATTEMPTS,
            now,
        ),
        bind!(UNWELL, webhook, now),
        bind!(TELL_OWNERS, webhook, now, too_long),
        bind!(DISABLE, webhook, now, too_long),
        bind!(LET_GO, webhook, now),
    ]
}

/// The statement that forgets old deliveries, a slice of them: the clock comes again.
pub fn forget(now: Instant) -> Statement {
    bind!(FORGET, now.plus(-KEPT_FOR), A_SLICE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whose_turn_it_is_is_read_from_the_index() {
        let db = Db::in_memory().unwrap();
        let now = Instant::from_millis(0);
        for statement in [claiming(now, 6), forget(now)] {
            for step in db.plan(&statement).unwrap() {
                let reads_all = step.starts_with("SCAN") && step.contains("webhook_delivery");
                assert!(!reads_all, "{step}");
            }
        }
    }
}
