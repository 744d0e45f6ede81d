//! How much of its day's allowance an organization has used.

use axum::http::{HeaderValue, StatusCode, header};
use serde::Deserialize;

use crate::bind;
use crate::imports::{Allowance, OF_THE_OTHERS, OF_THE_VERIFIED};
use crate::platform::clock::{DAY, Instant};
use crate::platform::db::{DbError, Statement};
use crate::platform::i18n::{Lang, Words};
use crate::platform::problem::Problem;
use crate::platform::visit::Visit;

/// `?1` organization, `?2` a day ago.
const USED: &str = "
SELECT (SELECT count(*) FROM import WHERE organization_id = ?1 AND created_at > ?2) AS imports,
  (SELECT coalesce(sum(total), 0) FROM import WHERE organization_id = ?1 AND created_at > ?2) AS projects,
  (SELECT coalesce(sum(bytes), 0) FROM upload WHERE organization_id = ?1 AND created_at > ?2) AS bytes,
  (SELECT min(since) FROM (
    SELECT min(created_at) AS since FROM import WHERE organization_id = ?1 AND created_at > ?2
    UNION ALL
    SELECT min(created_at) FROM upload WHERE organization_id = ?1 AND created_at > ?2)) AS since";

/// What an organization has handed in within a day.
#[derive(Debug, Deserialize)]
pub struct Used {
    imports: i64,
    projects: i64,
    bytes: i64,
    /// When the first of it was handed in.
    since: Option<Instant>,
}

impl Used {
    /// The statement that counts it.
    pub fn of(organization: &str, now: Instant) -> Statement {
        bind!(USED, organization, now.plus(-DAY))
    }

    /// Whether an allowance has no room left.
    pub fn spends(&self, all: Allowance) -> bool {
        self.imports >= all.imports || self.projects >= all.projects || self.bytes >= all.bytes
    }

    /// 429: when some of it is a day old, and there is room again.
    pub fn refusal(&self, now: Instant) -> Problem {
        let frees = self.since.unwrap_or(now).plus(DAY);
        let seconds = (frees.millis() - now.millis() + 999) / 1000;
        Problem::new(
            StatusCode::TOO_MANY_REQUESTS,
            "import_quota_spent",
            Words::new(
                format!(
                    "24 小时内的导入已到上限（{}；未核验的组织{}）",
                    OF_THE_VERIFIED.words(Lang::Zh),
                    OF_THE_OTHERS.words(Lang::Zh)
                ),
                format!(
                    "Enough was imported within 24 hours ({}; {} unless verified)",
                    OF_THE_VERIFIED.words(Lang::En),
                    OF_THE_OTHERS.words(Lang::En)
                ),
            ),
        )
        .with_header(header::RETRY_AFTER, HeaderValue::from(seconds))
    }
}

/// `?3` imports and `?4` projects to come, then both allowances.
const STOP_IF_SPENT: &str = "
INSERT INTO abort_if
SELECT 'import_quota_spent'
FROM organization o
WHERE o.id = ?1 AND (
  (SELECT count(*) FROM import WHERE organization_id = ?1 AND created_at > ?2) + ?3
    > iif(o.state = 'verified', ?5, ?6)
  OR (SELECT coalesce(sum(total), 0) FROM import WHERE organization_id = ?1 AND created_at > ?2) + ?4
    > iif(o.state = 'verified', ?7, ?8)
  OR (SELECT coalesce(sum(bytes), 0) FROM upload WHERE organization_id = ?1 AND created_at > ?2)
    > iif(o.state = 'verified', ?9, ?10))";

/// Stops the batch with `import_quota_spent` when an organization has handed in too much
/// within a day: bytes that the batch has kept so far, and so many `imports` and
/// `projects` that it is about to write.
pub fn stop_if_spent(visit: &Visit, organization: &str, imports: i64, projects: i64) -> Statement {
    let (verified, others) = (OF_THE_VERIFIED, OF_THE_OTHERS);
    bind!(
        STOP_IF_SPENT,
        organization,
        visit.now.plus(-DAY),
        imports,
        projects,
        verified.imports,
        others.imports,
        verified.projects,
        others.projects,
        verified.bytes,
        others.bytes,
    )
}

/// The refusal of [`stop_if_spent`], with when to come back.
pub async fn spent(visit: &Visit, organization: &str) -> Problem {
    let used: Result<Option<Used>, DbError> =
        visit.db.first(Used::of(organization, visit.now)).await;
    match used {
        Ok(Some(used)) => used.refusal(visit.now),
        Ok(None) => Problem::internal("nothing was counted"),
        Err(error) => error.into(),
    }
}
