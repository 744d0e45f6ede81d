//! Organizations, as far as whoever asks may read them.

use serde::Deserialize;

use crate::bind;
use crate::coordination::store::{Standing, reach, standing};
use crate::menu::{Listed, upcoming_of};
use crate::organizations::{
    Agent, Fundraising, Office, Organization, OrganizationKind, OrganizationLine,
    OrganizationState, Role,
};
use crate::platform::clock::Instant;
use crate::platform::db::{self, Batch, DbError, Param, Statement};
use crate::platform::problem::Problem;
use crate::platform::visit::Visit;
use crate::regions::RegionCode;

/// `?1` session, `?2` now, `?3` organization. Members and whoever coordinates the region
/// are inside. What an organization says of itself is for the public once somebody has
/// looked at it.
const ORGANIZATION: &str = concat!(
    "WITH ",
    reach!(),
    ",
inside AS (
  SELECT 1 FROM session c
  JOIN member m ON m.volunteer_id = c.volunteer_id AND m.organization_id = ?3
  WHERE c.token_hash = ?1 AND c.expires_at > ?2
  UNION ALL
  SELECT 1 FROM organization o JOIN reach k ON substr(o.region, 1, length(k.region)) = k.region
  WHERE o.id = ?3)
SELECT o.id, o.version, o.name, o.kind, o.credit_code, o.region, r.full_name AS region_name,
  iif(o.state = 'verified' OR EXISTS (SELECT 1 FROM inside), o.about, '') AS about,
  iif(o.state = 'verified' OR EXISTS (SELECT 1 FROM inside), o.contact_phone, NULL) AS contact_phone,
  o.fundraising_certificate, o.fundraising_until, o.state,
  coalesce(o.state_since, o.created_at) AS state_since, o.state_region,
  s.full_name AS state_region_name, o.state_office,
  iif(EXISTS (SELECT 1 FROM inside), o.state_reason, NULL) AS state_reason,
  iif(EXISTS (SELECT 1 FROM inside), o.contact_name, NULL) AS contact_name,
  EXISTS (SELECT 1 FROM inside) AS inside
FROM organization o
JOIN region r ON r.code = o.region
LEFT JOIN region s ON s.code = o.state_region
WHERE o.id = ?3"
);

/// How many of its projects an organization's page shows.
const SHOWN: i64 = 50;

#[derive(Deserialize)]
struct Row {
    id: String,
    version: i64,
    name: String,
    kind: OrganizationKind,
    credit_code: Option<String>,
    region: String,
    region_name: String,
    about: String,
    contact_phone: Option<String>,
    fundraising_certificate: Option<String>,
    fundraising_until: Option<String>,
    state: OrganizationState,
    state_since: Instant,
    state_region: Option<String>,
    state_region_name: Option<String>,
    state_office: Option<String>,
    state_reason: Option<String>,
    contact_name: Option<String>,
    #[serde(deserialize_with = "db::truth")]
    inside: bool,
}

/// An organization that was found.
#[derive(Debug)]
pub struct Found {
    /// As far as the caller may read it.
    pub organization: Organization,
    /// Whether the caller reads more than the public.
    pub inside: bool,
}

impl From<Row> for Found {
    fn from(row: Row) -> Self {
        let fundraising = row.fundraising_certificate.zip(row.fundraising_until);
        let office = row
            .state_office
            .zip(row.state_region)
            .zip(row.state_region_name);
        Self {
            inside: row.inside,
            organization: Organization {
                id: row.id,
                version: row.version,
                name: row.name,
                kind: row.kind,
                credit_code: row.credit_code,
                region: row.region,
                region_name: row.region_name,
                about: row.about,
                contact_phone: row.contact_phone,
                fundraising: fundraising.map(|(certificate, valid_until)| Fundraising {
                    certificate,
                    valid_until,
                }),
                state: row.state,
                state_since: row.state_since,
                state_by: office.map(|((name, region), region_name)| Office {
                    name,
                    region,
                    region_name,
                }),
                state_reason: row.state_reason,
                contact_name: row.contact_name,
            },
        }
    }
}

/// The statement that reads an organization; its row is a [`found`].
pub fn organization(visit: &Visit, id: &str) -> Statement {
    bind!(ORGANIZATION, visit.credential_hash(), visit.now, id)
}

/// The organization read by the statement at `at`.
pub fn found(batch: &Batch, at: usize) -> Result<Option<Found>, DbError> {
    Ok(batch.first::<Row>(at)?.map(Found::from))
}

/// An organization.
pub async fn read(visit: &Visit, id: &str) -> Result<Option<Found>, DbError> {
    found(&visit.db.run(organization(visit, id)).await?, 0)
}

/// An organization with what it has on the menu.
pub async fn with_projects(
    visit: &Visit,
    id: &str,
) -> Result<Option<(Found, Vec<Listed>)>, DbError> {
    let projects = upcoming_of(id, SHOWN, visit.now);
    let batch = visit
        .db
        .batch(vec![organization(visit, id), projects])
        .await?;
    Ok(match found(&batch, 0)? {
        Some(found) => Some((found, batch.rows(1)?)),
        None => None,
    })
}

/// An organization at whose door somebody stands.
pub async fn at_the_door(
    visit: &Visit,
    id: &str,
) -> Result<(Option<Agent>, Option<Found>), DbError> {
    let agent = Agent::at_the_door(visit.credential_hash(), visit.now, id);
    let batch = visit.db.batch(vec![agent, organization(visit, id)]).await?;
    Ok((batch.first(0)?, found(&batch, 1)?))
}

/// Which organizations to list.
#[derive(Debug, Default)]
pub struct Filter<'a> {
    /// In this state only.
    pub state: Option<OrganizationState>,
    /// In this division and below it.
    pub region: Option<&'a RegionCode>,
    /// With this in their name.
    pub q: Option<&'a str>,
    /// Only what the caller coordinates.
    pub in_reach: bool,
    /// After this one.
    pub after: Option<&'a str>,
    /// At most so many.
    pub limit: i64,
}

const LINES: &str = concat!(
    "WITH ",
    reach!(),
    "
SELECT o.id, o.name, o.kind, o.credit_code, o.region, r.full_name AS region_name, o.state,
  coalesce(o.state_since, o.created_at) AS state_since
FROM "
);

/// Those whose names have a word, in the order of their ids.
const BY_WORD: &str = "organization_word w CROSS JOIN organization o ON o.id = w.organization_id";

/// The word of a JSON array that fewest names have, as far as a glance tells.
const RAREST: &str = "w.word = (
  SELECT n.value FROM json_each(?) n
  ORDER BY (SELECT count(*) FROM (SELECT 1 FROM organization_word g WHERE g.word = n.value LIMIT 50))
  LIMIT 1)";

/// So many words of a question are compared.
const MOST_WORDS: usize = 12;

const READABLE: &str = "
JOIN region r ON r.code = o.region
WHERE (o.state = 'verified' OR EXISTS (
  SELECT 1 FROM reach m WHERE substr(o.region, 1, length(m.region)) = m.region))";

/// The words of what is asked for: each pair of neighbours, or the one character.
fn words(q: &str) -> String {
    let letters: Vec<char> = q.chars().collect();
    let pairs = letters.windows(letters.len().clamp(1, 2));
    let mut words: Vec<String> = pairs.map(|pair| pair.iter().collect()).collect();
    words.sort_unstable();
    words.dedup();
    words.truncate(MOST_WORDS);
    serde_json::json!(words).to_string()
}

/// Organizations in the order of their ids: those verified, and to whoever coordinates
/// their region also the others. Asking for the others takes a coordinator.
pub async fn list(visit: &Visit, filter: &Filter<'_>) -> Result<Vec<OrganizationLine>, Problem> {
    let batch = visit
        .db
        .batch(vec![standing(visit), lines(visit, filter)])
        .await?;
    if filter
        .state
        .is_some_and(|state| state != OrganizationState::Verified)
    {
        let standing: Option<Standing> = batch.first(0)?;
        standing.ok_or_else(Problem::unauthenticated)?.require()?;
    }
    Ok(batch.rows(1)?)
}

/// The statement that lists organizations. Only what is asked for stands in it, so that
/// SQLite finds the index that yields it in order.
pub fn lines(visit: &Visit, filter: &Filter) -> Statement {
    let (from, id) = match filter.q {
        Some(_) => (BY_WORD, "w.organization_id"),
        None => ("organization o", "o.id"),
    };
    let mut sql = [LINES, from, READABLE].concat();
    let mut params = vec![Param::from(visit.credential_hash()), Param::from(visit.now)];
    let mut and = |condition: &str, value: Param| {
        params.push(value);
        sql.push_str("\n  AND ");
        sql.push_str(&condition.replace('?', &format!("?{}", params.len())));
    };
    if let Some(state) = filter.state {
        and("o.state = ?", state.word().into());
    }
    if let Some(region) = filter.region {
        // Indexed down to towns; of villages there are few organizations.
        let level = region.as_str().len().min(9);
        let code = region.as_str().get(..level).unwrap_or_default();
        and(&format!("substr(o.region, 1, {level}) = ?"), code.into());
        if region.as_str() != code {
            and("o.region = ?", region.as_str().into());
        }
    }
    if let Some(q) = filter.q {
        let q = q.to_ascii_lowercase();
        and(RAREST, words(&q).into());
        and("instr(lower(o.name), ?) > 0", q.into());
    }
    if let Some(after) = filter.after {
        and(&format!("{id} > ?"), after.into());
    }
    if filter.in_reach {
        sql.push_str(
            "\n  AND EXISTS (SELECT 1 FROM reach m WHERE substr(o.region, 1, length(m.region)) = m.region)",
        );
    }
    params.push(filter.limit.into());
    sql.push_str(&format!("\nORDER BY {id}\nLIMIT ?{}", params.len()));
    Statement::new(sql, params)
}

/// An organization somebody is a member of.
#[derive(Debug, Deserialize, serde::Serialize, utoipa::ToSchema)]
pub struct Membership {
    /// The organization, UUIDv7.
    #[schema(format = "uuid")]
    pub id: String,
    /// Its name.
    pub name: String,
    /// Whether it may act.
    pub state: OrganizationState,
    /// What the caller is in it.
    pub role: Role,
    /// Since when, RFC 3339.
    #[schema(value_type = String, format = "date-time")]
    pub since: Instant,
}

const MEMBERSHIPS: &str = "
SELECT o.id, o.name, o.state, m.role, m.created_at AS since
FROM session c
JOIN member m ON m.volunteer_id = c.volunteer_id
JOIN organization o ON o.id = m.organization_id
WHERE c.token_hash = ?1 AND c.expires_at > ?2
ORDER BY o.id
LIMIT 500";

/// The statement that lists the caller's own organizations.
pub fn memberships(visit: &Visit) -> Statement {
    bind!(MEMBERSHIPS, visit.credential_hash(), visit.now)
}

const REGIONS: &str = "
WITH RECURSIVE division (code) AS (
  SELECT code FROM region WHERE parent IS NULL
  UNION ALL
  SELECT r.code FROM division d JOIN region r ON r.parent = d.code WHERE length(d.code) < 6)
SELECT r.code, r.name, r.full_name FROM division d JOIN region r ON r.code = d.code ORDER BY r.code";

/// The statement that lists provinces, cities and counties, for a choice among them.
pub fn counties() -> Statement {
    bind!(REGIONS)
}
