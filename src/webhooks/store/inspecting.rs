//! What was delivered and what was not, and sending it again.

use axum::http::{HeaderValue, StatusCode, header};
use serde::{Deserialize, Deserializer};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Owner, Webhook, name, one};
use crate::platform::clock::Instant;
use crate::platform::db;
use crate::platform::i18n::Words;
use crate::platform::idempotency::{IdempotencyKey, Ran};
use crate::platform::input::Choice as _;
use crate::platform::problem::Problem;
use crate::platform::visit::Visit;
use crate::webhooks::hook::Hook;
use crate::webhooks::{Failure, MOST_TESTS, TESTS_COUNT_FOR};

/// `?6` the webhook, `?7` before which number, `?8` how many.
const DELIVERIES: &str = concat!(
    of_webhook!(),
    "
SELECT ",
    delivery_columns!(),
    "
FROM hook w JOIN webhook_delivery d ON d.webhook_id = w.id
WHERE d.seq < ?7
ORDER BY d.seq DESC
LIMIT ?8"
);

/// `?6` the webhook, `?7` the delivery.
const DELIVERY: &str = concat!(
    of_webhook!(),
    "
SELECT ",
    delivery_columns!(),
    "
FROM hook w JOIN webhook_delivery d ON d.webhook_id = w.id
WHERE d.id = ?7"
);

/// Why an event is not sent again, if it is not. `?6` the webhook, `?7` the delivery. Tests
/// are counted; a new one is made instead.
macro_rules! judging_replay {
    () => {
        concat!(
            of_webhook!(),
            ",
judged AS (
  SELECT d.seq, NULL AS first_counted,
    CASE
      WHEN t.organization_state <> 'verified' THEN 'organization_not_verified'
      WHEN h.state <> 'active' THEN 'webhook_disabled'
      WHEN d.type = 'webhook.test' THEN 'not_replayable'
    END AS refusal
  FROM hook h JOIN target t JOIN webhook_delivery d ON d.webhook_id = h.id AND d.id = ?7)"
        )
    };
}

/// Why an endpoint is not tried out, if it is not. `?6` the webhook, `?7` since when tests
/// count, `?8` most tests.
macro_rules! judging_test {
    () => {
        concat!(
            of_webhook!(),
            ",
tests AS (
  SELECT count(*) AS counted, min(d.created_at) AS first_counted
  FROM hook h
  JOIN webhook_delivery d ON d.webhook_id = h.id AND d.type = 'webhook.test' AND d.created_at > ?7),
judged AS (
  SELECT h.id, x.first_counted,
    CASE
      WHEN t.organization_state <> 'verified' THEN 'organization_not_verified'
      WHEN h.state <> 'active' THEN 'webhook_disabled'
      WHEN x.counted >= ?8 THEN 'too_many_tests'
    END AS refusal
  FROM hook h JOIN target t JOIN tests x)"
        )
    };
}

macro_rules! verdict {
    () => {
        "
SELECT refusal, first_counted FROM judged"
    };
}

const JUDGE_REPLAY: &str = concat!(judging_replay!(), verdict!());
const JUDGE_TEST: &str = concat!(judging_test!(), verdict!());

/// The same event under the same id, with all its attempts before it.
const REPLAY: &str = concat!(
    judging_replay!(),
    "
UPDATE webhook_delivery
SET due_at = ?2, attempts = 0, delivered_at = NULL, abandoned_at = NULL
FROM judged j
WHERE webhook_delivery.seq = j.seq AND j.refusal IS NULL"
);

/// `?9` the new id.
const TRY_OUT: &str = concat!(
    judging_test!(),
    "
INSERT INTO webhook_delivery (id, webhook_id, type, data, created_at, due_at)
SELECT ?9, j.id, 'webhook.test', json_object('id', j.id), ?2, ?2
FROM judged j
WHERE j.refusal IS NULL"
);

/// One event on its way to one endpoint.
#[derive(Debug, Deserialize)]
pub struct Delivery {
    /// Its number.
    pub seq: i64,
    /// The header `webhook-id`.
    pub id: String,
    /// Which event.
    pub kind: String,
    /// What it says.
    #[serde(deserialize_with = "db::json")]
    pub data: Value,
    /// When it happened.
    pub created_at: Instant,
    /// When it is tried next.
    pub due_at: Instant,
    /// How often it was tried since it was first due, or asked for again.
    pub attempts: i64,
    /// When it was tried last.
    pub attempted_at: Option<Instant>,
    /// What the endpoint answered then.
    pub status: Option<i64>,
    /// Why that was not good.
    #[serde(deserialize_with = "known_failure")]
    pub last_error: Option<Failure>,
    /// When it arrived.
    pub delivered_at: Option<Instant>,
    /// When it was given up.
    pub abandoned_at: Option<Instant>,
}

/// Rows from before the words say why in a sentence.
fn known_failure<'de, D: Deserializer<'de>>(row: D) -> Result<Option<Failure>, D::Error> {
    let word = Option::<String>::deserialize(row)?;
    Ok(word.map(|word| Failure::from_word(&word).unwrap_or(Failure::Other)))
}

/// The organization's name, an endpoint and its newest deliveries before a number.
pub async fn deliveries(
    visit: &Visit,
    Hook {
        organization,
        webhook,
    }: Hook,
    before: i64,
    limit: i64,
) -> Result<(String, Webhook, Vec<Delivery>), Problem> {
    let owner = Owner::of(visit, organization);
    let list = owner.one_for(DELIVERIES, webhook).and(before).and(limit);
    let statements = vec![owner.who(), owner.one(webhook), list, owner.name()];
    let batch = visit.db.batch(statements).await?;
    let webhook = one(&batch, 1)?;
    Ok((name(&batch, 3)?, webhook, batch.rows(2)?))
}

/// A delivery that is due now, and whether the same request had asked for it before.
pub type Again = (Delivery, bool);

/// Sends an event again, under the same id.
pub async fn replay(
    visit: &Visit,
    Hook {
        organization,
        webhook,
    }: Hook,
    delivery: &str,
    key: &IdempotencyKey,
) -> Result<Again, Problem> {
    let owner = Owner::of(visit, organization);
    let asks = |sql| owner.one_for(sql, webhook).and(delivery);
    let after = json!({"delivery": delivery});
    let record = owner.records(webhook, "webhook.replayed", &after);
    let acts = [asks(JUDGE_REPLAY), asks(REPLAY), record];
    due(&owner, webhook, delivery, acts, key).await
}

/// Sends an event that says nothing, to try an endpoint out.
pub async fn test(
    visit: &Visit,
    Hook {
        organization,
        webhook,
    }: Hook,
    key: &IdempotencyKey,
) -> Result<Again, Problem> {
    let owner = Owner::of(visit, organization);
    let id = format!("msg_{}", visit.new_id().simple());
    let since = visit.now.plus(-TESTS_COUNT_FOR);
    let asks = |sql| owner.one_for(sql, webhook).and(since).and(MOST_TESTS);
    let record = owner.records(webhook, "webhook.tested", &json!({"delivery": id}));
    let acts = [asks(JUDGE_TEST), asks(TRY_OUT).and(&id), record];
    due(&owner, webhook, &id, acts, key).await
}

async fn due(
    owner: &Owner<'_>,
    webhook: Uuid,
    delivery: &str,
    acts: [db::Statement; 3],
    key: &IdempotencyKey,
) -> Result<Again, Problem> {
    let look = |delivery: &str| owner.one_for(DELIVERY, webhook).and(delivery);
    let point = key.point_at(owner.visit, delivery);
    let statements = acts.into_iter().chain([point, look(delivery)]);
    match owner.run(key, statements).await? {
        Ran::Now(batch) => {
            let judged: Judged = batch.first(1)?.ok_or_else(Problem::not_found)?;
            if let Some(refusal) = judged.refusal {
                return Err(refusal.problem(judged.first_counted, owner.visit.now));
            }
            let delivery = batch.first(5)?.ok_or_else(Problem::not_found)?;
            Ok((delivery, false))
        }
        Ran::Before(earlier) => {
            let batch = owner.visit.db.run(look(earlier.subject()?)).await?;
            let delivery = batch.first(0)?.ok_or_else(Problem::not_found)?;
            Ok((delivery, true))
        }
    }
}

#[derive(Deserialize)]
struct Judged {
    refusal: Option<Refusal>,
    first_counted: Option<Instant>,
}

/// Why nothing is sent.
#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Refusal {
    OrganizationNotVerified,
    WebhookDisabled,
    NotReplayable,
    TooManyTests,
}

impl Refusal {
    fn problem(self, first_counted: Option<Instant>, now: Instant) -> Problem {
        match self {
            Self::OrganizationNotVerified => Problem::new(
                StatusCode::FORBIDDEN,
                "organization_not_verified",
                Words::new(
                    "组织尚未通过核验或已被暂停，暂时不能向接收地址发送",
                    "The organization is not verified or was suspended: nothing is sent at its request",
                ),
            ),
            Self::WebhookDisabled => Problem::new(
                StatusCode::CONFLICT,
                "webhook_disabled",
                Words::new(
                    "这个接收地址已停用，请先启用",
                    "This webhook is switched off; switch it on first",
                ),
            ),
            Self::NotReplayable => Problem::new(
                StatusCode::CONFLICT,
                "not_replayable",
                Words::new(
                    "测试不能再次推送，请另发一条",
                    "A test is not sent again; send another one",
                ),
            ),
            Self::TooManyTests => {
                let again = first_counted.unwrap_or(now).plus(TESTS_COUNT_FOR);
                let wait = again.millis() - now.millis();
                let seconds = u64::try_from(wait).unwrap_or_default().div_ceil(1000);
                Problem::new(
                    StatusCode::TOO_MANY_REQUESTS,
                    "too_many_tests",
                    Words::new(
                        format!(
                            "一小时内最多测试 {MOST_TESTS} 次，请在 {} 之后再试",
                            again.hour_minute()
                        ),
                        format!(
                            "At most {MOST_TESTS} tests within an hour; try again from {}",
                            again.hour_minute()
                        ),
                    ),
                )
                .with_header(header::RETRY_AFTER, HeaderValue::from(seconds.max(1)))
            }
        }
    }
}
