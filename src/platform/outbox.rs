//! What people must be told: written in the transaction of what happened, delivered
//! afterwards, again and again until it arrives.

use serde::Deserialize;
use serde_json::{Map, Value};

use super::clock::{DAY, HOUR, Instant, MINUTE};
use super::config::Config;
use super::db::{self, Db, DbError, Statement};
use super::forgetting::A_SLICE;
use super::i18n::Lang;
use crate::bind;

/// After so many attempts a message is given up.
pub const MOST_ATTEMPTS: i64 = 10;
/// How many messages one round delivers at most.
pub const A_ROUND: u32 = 100;
/// While one round delivers a message no other does.
const LEASE: i64 = 2 * MINUTE;
/// What is urgent is of no use later: a code is good for ten minutes.
const URGENT_FOR: i64 = 10 * MINUTE;
/// How long delivered messages stay for looking into complaints.
const KEPT_FOR: i64 = 30 * DAY;

/// `?1` now, `?2` the lease, `?3` how many, `?4` how many of them may be urgent: they go
/// first, and leave some room.
const CLAIM: &str = "
UPDATE outbox
SET due_at = ?1 + ?2, attempts = attempts + 1
WHERE seq IN (
  SELECT seq FROM (
    SELECT seq, urgent FROM (
      SELECT seq, urgent FROM outbox
      WHERE sent_at IS NULL AND abandoned_at IS NULL AND urgent = 1 AND due_at <= ?1
      ORDER BY due_at
      LIMIT ?4)
    UNION ALL
    SELECT seq, urgent FROM (
      SELECT seq, urgent FROM outbox
      WHERE sent_at IS NULL AND abandoned_at IS NULL AND urgent = 0 AND due_at <= ?1
      ORDER BY due_at
      LIMIT ?3))
  ORDER BY urgent DESC
  LIMIT ?3)
RETURNING seq, kind, language, params, secret_sealed, attempts, created_at, sent_at, last_error,
  coalesce(phone_sealed, (SELECT v.phone_sealed FROM volunteer v WHERE v.id = volunteer_id)) AS phone_sealed";

const LATEST: &str = "
SELECT o.seq, o.kind, o.language, o.params, o.secret_sealed, o.attempts, o.created_at, o.sent_at,
  o.last_error, coalesce(o.phone_sealed, v.phone_sealed) AS phone_sealed
FROM outbox o LEFT JOIN volunteer v ON v.id = o.volunteer_id
ORDER BY o.seq DESC
LIMIT ?1";

/// A secret is of no use any more once it has arrived.
const SENT: &str =
    "UPDATE outbox SET sent_at = ?2, secret_sealed = NULL, last_error = NULL WHERE seq = ?1";

const FAILED: &str = "
UPDATE outbox
SET due_at = ?2, last_error = ?3,
  abandoned_at = CASE WHEN attempts >= ?4 OR urgent AND created_at + ?6 <= ?2 THEN ?5 END
WHERE seq = ?1";

const FORGET: &str = "
DELETE FROM outbox
WHERE seq IN (SELECT seq FROM outbox WHERE created_at < ?1 ORDER BY created_at LIMIT ?2)";

/// A message as it lies in the outbox.
#[derive(Debug, Deserialize)]
pub struct Letter {
    /// Its number.
    pub seq: i64,
    /// Which message it is; see the table of messages.
    pub kind: String,
    language: String,
    /// What the message speaks of.
    #[serde(deserialize_with = "db::json")]
    pub params: Map<String, Value>,
    secret_sealed: Option<String>,
    phone_sealed: String,
    /// Deliveries tried, this one included.
    pub attempts: i64,
    /// When it was written.
    pub created_at: Instant,
    /// When it was delivered.
    pub sent_at: Option<Instant>,
    /// Why it was not.
    pub last_error: Option<String>,
}

impl Letter {
    /// The recipient's language.
    pub fn lang(&self) -> Lang {
        Lang::from_code(&self.language).unwrap_or_default()
    }

    /// The recipient's phone; `None` when it was sealed by another key.
    pub fn phone(&self, config: &Config) -> Option<String> {
        config.keys.open(&self.phone_sealed)
    }

    /// A text parameter, or nothing.
    pub fn param(&self, name: &str) -> &str {
        self.params
            .get(name)
            .and_then(Value::as_str)
            .unwrap_or_default()
    }

    /// An instant among the parameters.
    pub fn instant(&self, name: &str) -> Instant {
        Instant::from_millis(self.number(name))
    }

    /// A whole number among the parameters.
    pub fn number(&self, name: &str) -> i64 {
        let number = self.params.get(name).and_then(Value::as_f64);
        #[expect(clippy::cast_possible_truncation, reason = "it is whole")]
        {
            number.unwrap_or_default() as i64
        }
    }

    /// The secret it carries, such as a one-time code.
    pub fn secret(&self, config: &Config) -> Option<String> {
        config.keys.open(self.secret_sealed.as_deref()?)
    }
}

/// Takes so many of the messages that are due, so that no other round delivers them
/// meanwhile.
pub async fn claim(db: &Db, now: Instant, most: u32) -> Result<Vec<Letter>, DbError> {
    let urgent = most.div_ceil(4) * 3;
    db.rows(bind!(CLAIM, now, LEASE, i64::from(most), i64::from(urgent)))
        .await
}

/// The newest messages, for the page that stands in for a phone on a laptop.
pub async fn latest(db: &Db, limit: i64) -> Result<Vec<Letter>, DbError> {
    db.rows(bind!(LATEST, limit)).await
}

/// The statement that notes a delivery.
pub fn sent(letter: &Letter, now: Instant) -> Statement {
    bind!(SENT, letter.seq, now)
}

/// The statement that notes a failure and when to try again.
pub fn failed(letter: &Letter, reason: &str, now: Instant) -> Statement {
    let due = now.plus(pause_after(letter.attempts));
    bind!(
        FAILED,
        letter.seq,
        due,
        reason,
        MOST_ATTEMPTS,
        now,
        URGENT_FOR
    )
}

/// The statement that forgets a slice of old messages.
pub fn forget(now: Instant) -> Statement {
    bind!(FORGET, now.plus(-KEPT_FOR), A_SLICE)
}

/// One minute, doubled each time, six hours at most; in milliseconds.
pub fn pause_after(attempts: i64) -> i64 {
    let doublings = u32::try_from(attempts.clamp(1, 10) - 1).unwrap_or_default();
    (MINUTE << doublings).min(6 * HOUR)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_six_hours() {
        let minutes: Vec<i64> = (1..=10).map(|n| pause_after(n) / MINUTE).collect();
        assert_eq!(minutes, [1, 2, 4, 8, 16, 32, 64, 128, 256, 360]);
    }
}
