//! SQL of imports: looking at them here, taking files in in `receiving`, getting on with
//! them in `working`.

use serde::Deserialize;

use super::refusal::Refusal;
use super::{Import, LineOutcome, LineReport};
use crate::bind;
use crate::menu::{OwnProjects, own_after, own_page};
use crate::organizations::Agent;
use crate::platform::db::{self, DbError, Statement};
use crate::platform::i18n::Lang;
use crate::platform::visit::Visit;

mod allowance;
mod receiving;
mod working;

pub use allowance::{Used, spent, stop_if_spent};
pub use receiving::{
    AtTheDoor, NewImport, again, at_the_door, begin, cancel, drop_upload, finish, forget, keep,
    keep_lines, too_many,
};
pub use working::{Held, LineResult, Work, claim, earlier_lines, lines, put_back, settle};

macro_rules! import_columns {
    () => {
        "i.id, i.state, i.dry_run, u.format, i.total, i.done, i.created, i.replaced, i.unchanged,
  i.refused, i.created_at, i.finished_at
FROM import i JOIN upload u ON u.id = i.upload_id
WHERE i.organization_id = ?1 AND u.forgotten = 0"
    };
}

const IMPORT: &str = concat!("SELECT ", import_columns!(), " AND i.id = ?2");

const IMPORTS: &str = concat!(
    "SELECT ",
    import_columns!(),
    " AND i.id < ?2
ORDER BY i.id DESC
LIMIT ?3"
);

/// Greater than every id.
const AFTER_ALL: &str = "g";

/// Imports of an organization, the newest first, for whoever asks. `after` is the id the
/// page before ended with.
pub async fn recent(
    visit: &Visit,
    organization: &str,
    after: Option<&str>,
    limit: i64,
) -> Result<(Option<Agent>, Vec<Import>), DbError> {
    let batch = visit
        .db
        .batch(vec![
            Agent::at_the_door(visit.credential_hash(), visit.now, organization),
            bind!(IMPORTS, organization, after.unwrap_or(AFTER_ALL), limit),
        ])
        .await?;
    Ok((batch.first(0)?, batch.rows(1)?))
}

/// Which lines of a report are wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// After this one.
    pub after: i64,
    /// So many at most.
    pub limit: i64,
    /// Of which kind.
    pub which: Which,
}

/// A kind of lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    /// All of them.
    All,
    /// Those somebody has to look at.
    Refused,
    /// All others.
    Taken,
}

const RESULTS: &str = "
SELECT r.seq AS number, r.line, r.reference AS client_ref, r.outcome, r.refusal
FROM import_result r
WHERE r.import_id = (SELECT id FROM import WHERE organization_id = ?1 AND id = ?2) AND r.seq > ?3";

const IN_ORDER: &str = "
ORDER BY r.seq
LIMIT ?4";

fn results(organization: &str, import: &str, wanted: Wanted) -> Statement {
    let only = match wanted.which {
        Which::All => "",
        Which::Refused => " AND r.outcome = 'refused'",
        Which::Taken => " AND r.outcome <> 'refused'",
    };
    let sql = format!("{RESULTS}{only}{IN_ORDER}");
    bind!(sql, organization, import, wanted.after, wanted.limit)
}

#[derive(Deserialize)]
struct ResultRow {
    number: i64,
    line: i64,
    client_ref: Option<String>,
    outcome: LineOutcome,
    #[serde(default, deserialize_with = "refusal")]
    refusal: Option<Refusal>,
}

fn refusal<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Refusal>, D::Error> {
    let text = Option::<String>::deserialize(deserializer)?;
    text.map(|text| serde_json::from_str(&text).map_err(serde::de::Error::custom))
        .transpose()
}

impl ResultRow {
    fn report(self, lang: Lang) -> LineReport {
        LineReport {
            number: self.number,
            line: self.line,
            client_ref: self.client_ref,
            outcome: self.outcome,
            refusal: self.refusal.map(|refusal| refusal.in_lang(lang)),
        }
    }
}

/// One import and parts of its report, for whoever asks.
#[derive(Debug)]
pub struct Seen {
    /// Who asks, when they are anybody.
    pub agent: Option<Agent>,
    /// The import, when there is one.
    pub import: Option<Import>,
    /// The lines that were wanted, one list each time.
    pub lines: Vec<Vec<LineReport>>,
}

/// Looks at an import and at parts of its report.
pub async fn see(
    visit: &Visit,
    organization: &str,
    import: &str,
    wanted: &[Wanted],
) -> Result<Seen, DbError> {
    let mut statements = vec![
        Agent::at_the_door(visit.credential_hash(), visit.now, organization),
        bind!(IMPORT, organization, import),
    ];
    let wanted_results = wanted
        .iter()
        .map(|wanted| results(organization, import, *wanted));
    statements.extend(wanted_results);
    let batch = visit.db.batch(statements).await?;
    let lines = (2..2 + wanted.len()).map(|at| {
        let rows: Vec<ResultRow> = batch.rows(at)?;
        Ok(rows.into_iter().map(|row| row.report(visit.lang)).collect())
    });
    Ok(Seen {
        agent: batch.first(0)?,
        import: batch.first(1)?,
        lines: lines.collect::<Result<_, DbError>>()?,
    })
}

/// The next lines of a report somebody may already read.
pub async fn more_lines(
    visit: &Visit,
    organization: &str,
    import: &str,
    wanted: Wanted,
) -> Result<Vec<LineReport>, DbError> {
    let rows: Vec<ResultRow> = visit.db.rows(results(organization, import, wanted)).await?;
    Ok(rows.into_iter().map(|row| row.report(visit.lang)).collect())
}

/// Who asks, and the first of an organization's projects in the order of their names.
pub async fn first_projects(
    visit: &Visit,
    organization: &str,
    limit: i64,
) -> Result<(Option<Agent>, OwnProjects), DbError> {
    let mut statements = vec![Agent::at_the_door(
        visit.credential_hash(),
        visit.now,
        organization,
    )];
    statements.extend(own_after(organization, "", limit));
    let batch = visit.db.batch(statements).await?;
    Ok((batch.first(0)?, own_page(&batch, 1)?))
}

/// The next of them, for somebody who may already read them.
pub async fn projects_after(
    visit: &Visit,
    organization: &str,
    after: &str,
    limit: i64,
) -> Result<OwnProjects, DbError> {
    let statements = own_after(organization, after, limit).into();
    own_page(&visit.db.batch(statements).await?, 0)
}

/// Rows hold headings as JSON, and nothing where there are none.
fn headings<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    #[derive(Deserialize)]
    struct Text(#[serde(deserialize_with = "db::json")] Vec<String>);
    Ok(Option::<Text>::deserialize(deserializer)?.map_or_else(Vec::new, |Text(headings)| headings))
}
