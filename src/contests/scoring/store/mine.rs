//! Contests in which whoever asks judges.

use serde::Deserialize;

use crate::bind;
use crate::contests::rules::Rules;
use crate::platform::clock::Instant;
use crate::platform::db::Statement;
use crate::platform::problem::Problem;
use crate::platform::visit::Visit;
use crate::volunteers::{Me, who};

const MINE: &str = "
SELECT k.id, k.name, k.office, j.declared_at, r.document AS rules
FROM session c
JOIN contest_judge j ON j.volunteer_id = c.volunteer_id AND j.left_at IS NULL
JOIN contest k ON k.id = j.contest_id AND k.state = 'announced'
JOIN contest_rules r ON r.contest_id = k.id AND r.version = k.rules_version
WHERE c.token_hash = ?1 AND c.expires_at > ?2
ORDER BY j.accepted_at DESC, k.id
LIMIT 50";

#[derive(Deserialize)]
struct Row {
    id: String,
    name: String,
    office: String,
    declared_at: Option<Instant>,
    rules: String,
}

/// A contest somebody judges.
#[derive(Debug)]
pub struct Work {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Who organizes it.
    pub office: String,
    /// Whether they have declared their conflicts.
    pub declared: bool,
    /// The rules in force.
    pub rules: Rules,
}

/// The statement that lists the contests the caller judges.
fn listing(visit: &Visit) -> Statement {
    bind!(MINE, visit.credential_hash(), visit.now)
}

/// The contests the caller judges, the last accepted first.
pub async fn mine(visit: &Visit) -> Result<Vec<Work>, Problem> {
    let batch = visit.db.batch(vec![who(visit), listing(visit)]).await?;
    batch.first::<Me>(0)?.ok_or_else(Problem::unauthenticated)?;
    let rows: Vec<Row> = batch.rows(1)?;
    let work = |row: Row| {
        Ok(Work {
            rules: Rules::stored(&row.rules)?,
            id: row.id,
            name: row.name,
            office: row.office,
            declared: row.declared_at.is_some(),
        })
    };
    rows.into_iter().map(work).collect()
}
