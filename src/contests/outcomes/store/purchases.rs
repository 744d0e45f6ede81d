//! Purchases: each word on one is a row, the newest stands.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;
use uuid::Uuid;

use super::{Door, at_the_door, hosts};
use crate::bind;
use crate::contests::log::Act;
use crate::contests::outcomes::PurchaseBody;
use crate::platform::clock::Instant;
use crate::platform::crypto::sha256_hex;
use crate::platform::db;
use crate::platform::problem::Problem;
use crate::platform::visit::Visit;

/// Something a purchase is to reach.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[schema(as = PurchaseMilestone)]
pub struct Milestone {
    /// What.
    #[schema(example = "完成两个村的需求走访")]
    pub what: String,
    /// By which day.
    #[schema(format = "date")]
    pub due_on: String,
    /// On which day it was reached; null while it is not.
    #[schema(format = "date")]
    pub done_on: Option<String>,
}

/// What a purchase has come to.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[schema(as = PurchaseOutcome)]
pub struct Outcome {
    /// In words.
    pub words: String,
    /// As seen on this day.
    #[schema(format = "date")]
    pub on: String,
}

/// A purchase of what an awarded entry offers.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[schema(as = ContestPurchase)]
pub struct Purchase {
    /// Rises with each word on it; the `ETag` is made of it.
    pub version: i64,
    /// Who buys.
    #[schema(example = "于都县教育局")]
    pub purchaser: String,
    /// For how much, CNY in fen.
    #[schema(example = 12_000_000)]
    pub fen: i64,
    /// The first day of service.
    #[schema(format = "date")]
    pub from: String,
    /// The last.
    #[schema(format = "date")]
    pub until: String,
    /// What is to be reached by when.
    #[serde(deserialize_with = "db::json")]
    pub milestones: Vec<Milestone>,
    /// What it has come to; null until that is told.
    #[serde(deserialize_with = "maybe")]
    pub outcome: Option<Outcome>,
    /// Since when it says so, RFC 3339.
    #[schema(value_type = String, format = "date-time")]
    pub since: Instant,
}

fn maybe<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Outcome>, D::Error> {
    let text: Option<String> = Option::deserialize(deserializer)?;
    text.map(|text| serde_json::from_str(&text).map_err(serde::de::Error::custom))
        .transpose()
}

fn milestones(body: &PurchaseBody) -> Vec<Milestone> {
    let milestones = body.milestones.iter().map(|milestone| Milestone {
        what: milestone.what.as_str().to_owned(),
        due_on: milestone.due_on.0.to_string(),
        done_on: milestone.done_on.map(|day| day.0.to_string()),
    });
    milestones.collect()
}

fn outcome(body: &PurchaseBody) -> Option<Outcome> {
    body.outcome.as_ref().map(|outcome| Outcome {
        words: outcome.words.as_str().to_owned(),
        on: outcome.on.0.to_string(),
    })
}

impl Purchase {
    /// Whether this is what it says already.
    pub fn says(&self, body: &PurchaseBody) -> bool {
        self.purchaser == body.purchaser.as_str()
            && self.fen == body.fen.get()
            && self.from == body.from.0.to_string()
            && self.until == body.until.0.to_string()
            && self.milestones == milestones(body)
            && self.outcome == outcome(body)
    }
}

/// A purchase `p` as it is answered.
macro_rules! purchase_columns {
    () => {
        "p.version, p.purchaser, p.fen, p.from_day AS \"from\", p.until_day AS \"until\", p.milestones,
  iif(p.outcome IS NULL, NULL, json_object('words', p.outcome, 'on', p.outcome_on)) AS outcome, p.said_at AS since"
    };
}
pub(super) use purchase_columns;

/// Every word on a purchase, the newest first. `?1` contest, `?2` entry, `?3` how many.
const PURCHASES: &str = concat!(
    "SELECT ",
    purchase_columns!(),
    "
FROM contest_purchase p
WHERE p.contest_id = ?1 AND p.entry_id = ?2
ORDER BY p.version DESC
LIMIT ?3"
);

/// What was found before a purchase is written.
#[derive(Debug)]
pub struct Before {
    /// Who asks, and of which entry.
    pub door: Door,
    /// The newest word on it.
    pub stands: Option<Purchase>,
}

impl Before {
    /// Of the newest word; 0 when there is none.
    pub fn version(&self) -> i64 {
        self.stands.as_ref().map_or(0, |stands| stands.version)
    }
}

/// Reads what is needed to write a purchase.
pub async fn load(visit: &Visit, (contest, entry): (Uuid, Uuid)) -> Result<Before, Problem> {
    let (contest, entry) = (contest.to_string(), entry.to_string());
    let mut statements = Vec::from(at_the_door(visit, &contest, &entry));
    statements.push(bind!(PURCHASES, &contest, &entry, 1));
    let batch = visit.db.batch(statements).await?;
    Ok(Before {
        door: Door::of(&batch, 0)?,
        stands: batch.first(2)?,
    })
}

/// So many words on a purchase are shown.
const SHOWN: i64 = 50;

/// Every word on a purchase, the newest first; none where there is none, and of a contest
/// nobody may know of.
pub async fn history(
    visit: &Visit,
    (contest, entry): (Uuid, Uuid),
) -> Result<Vec<Purchase>, Problem> {
    Ok(visit
        .db
        .rows(bind!(PURCHASES, contest, entry, SHOWN))
        .await?)
}

/// `?4` entry, `?5` the version that stands, `?6` purchaser, `?7` fen, `?8` from, `?9` until,
/// `?10` milestones, `?11` outcome, `?12` its day.
const WRITE: &str = concat!(
    hosts!(),
    "
INSERT INTO contest_purchase (contest_id, entry_id, version, purchaser, fen, from_day, until_day, milestones,
  outcome, outcome_on, said_at)
SELECT a.contest_id, a.entry_id, ?5 + 1, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?2
FROM hosts
JOIN contest_awarded a ON a.contest_id = ?3 AND a.entry_id = ?4
WHERE ?5 = coalesce((
  SELECT max(p.version) FROM contest_purchase p WHERE p.contest_id = ?3 AND p.entry_id = ?4), 0)"
);

/// Writes the next word on a purchase; none when something else stands by now.
pub async fn write(
    visit: &Visit,
    (contest, entry): (Uuid, Uuid),
    version: i64,
    body: &PurchaseBody,
) -> Result<Option<Purchase>, Problem> {
    let (contest, entry) = (contest.to_string(), entry.to_string());
    let (milestones, outcome) = (json!(milestones(body)), outcome(body));
    let text: Value = json!([body.purchaser, milestones, outcome]);
    let act = Act {
        contest: &contest,
        act: "purchase.written",
        subject: format!("entry:{entry}"),
        detail: json!({
            "version": version + 1, "fen": body.fen, "from": body.from.0.to_string(),
            "until": body.until.0.to_string(), "sha256": sha256_hex(&text.to_string()),
        }),
    };
    let statements = vec![
        bind!(
            WRITE,
            visit.credential_hash(),
            visit.now,
            &contest,
            &entry,
            version,
            body.purchaser.as_str(),
            body.fen.get(),
            body.from.0.to_string(),
            body.until.0.to_string(),
            milestones.to_string(),
            outcome.as_ref().map(|outcome| &*outcome.words),
            outcome.as_ref().map(|outcome| &*outcome.on),
        ),
        act.logged(visit),
        bind!(PURCHASES, &contest, &entry, 1),
    ];
    let batch = visit.db.batch(statements).await?;
    match batch.changes(0) {
        0 => Ok(None),
        _ => Ok(batch.first(2)?),
    }
}
