//! SQL of one's own hours, of disputes and of corrections.

use serde::Deserialize;
use uuid::Uuid;

use super::{DisputeState, Obstacle, StepKind, Superseding, Wish, supersede};
use crate::bind;
use crate::hours::record::Record;
use crate::hours::settling;
use crate::organizations::{OrganizationState, Permission, Role};
use crate::platform::clock::Instant;
use crate::platform::db::{self, Batch, Statement};
use crate::platform::idempotency::{IdempotencyKey, Ran};
use crate::platform::problem::Problem;
use crate::platform::visit::Visit;

mod acting;
mod correcting;
mod disputing;
mod lists;
mod mine;

pub use correcting::{Hand, correct};
pub use disputing::{Claim, contest, decline, dismiss, escalate};
pub use lists::{ListedDispute, Page, Which, of_organization, waiting_for_coordinator};
pub use mine::{Kept, Mine, mine, totals};

/// A version of a record `r`, with the dispute about it.
macro_rules! version_columns {
    () => {
        concat!(
            crate::record_columns!(),
            ",
  iif(r.kind = 'service', NULL, (SELECT o.name FROM organization o WHERE o.id = r.organization_id))
    AS organization_name,
  d.id AS dispute_id, d.state AS dispute_state, d.due_on AS dispute_due_on, d.opened_at AS dispute_opened_at,
  d.proposed_started_at, d.proposed_ended_at, d.proposed_minutes
FROM service_record r LEFT JOIN record_dispute d ON d.record = r.seq
"
        )
    };
}
use version_columns;

/// A record as it stood at a time.
#[derive(Clone, Debug, Deserialize)]
pub struct Version {
    /// The row.
    #[serde(flatten)]
    pub record: Record,
    /// The recording unit, where the row does not name it.
    pub organization_name: Option<String>,
    dispute_id: Option<String>,
    dispute_state: Option<DisputeState>,
    dispute_due_on: Option<String>,
    dispute_opened_at: Option<Instant>,
    proposed_started_at: Option<Instant>,
    proposed_ended_at: Option<Instant>,
    proposed_minutes: Option<i64>,
}

/// A dispute without what was said.
#[derive(Clone, Debug)]
pub struct Dispute {
    /// UUIDv7.
    pub id: String,
    /// Where it stands.
    pub state: DisputeState,
    /// The last day for the organization's answer.
    pub due_on: String,
    /// Since when.
    pub opened_at: Instant,
    /// What the record should say.
    pub wish: Wish,
}

impl Version {
    /// The dispute about it.
    pub fn dispute(&self) -> Option<Dispute> {
        Some(Dispute {
            id: self.dispute_id.clone()?,
            state: self.dispute_state?,
            due_on: self.dispute_due_on.clone()?,
            opened_at: self.dispute_opened_at?,
            wish: Wish {
                started_at: self.proposed_started_at,
                ended_at: self.proposed_ended_at,
                minutes: self.proposed_minutes,
            },
        })
    }
}

/// A record in somebody's hands. `$id` is what it is found by, `?3`.
macro_rules! target {
    ($id:literal) => {
        concat!(
            "
WITH target AS (
  SELECT r.seq, r.organization_id, r.volunteer_id, d.seq AS dispute, d.state AS dispute_state,
    coalesce(d.region, o.region) AS region
  FROM service_record r
  JOIN organization o ON o.id = r.organization_id
  LEFT JOIN record_dispute d ON d.record = r.seq
  WHERE ",
            $id,
            " = ?3)"
        )
    };
}
use target;

/// `?1` credential, `?2` now, `?3` the id, `?4` roles and `?5` scopes that may.
macro_rules! entry {
    ($id:literal) => {
        concat!(
            target!($id),
            ",
",
            crate::organizations::agent!(),
            ",
",
            crate::coordination::store::reach!(),
            "
SELECT a.may, t.seq, t.organization_id, o.name AS organization_name, v.name AS volunteer_name,
  o.state AS organization_state, coalesce(a.actor = 'volunteer:' || t.volunteer_id, 0) AS own,
  coalesce(a.hand = t.volunteer_id, 0) AS own_hand,
  EXISTS (SELECT 1 FROM reach m WHERE substr(t.region, 1, length(m.region)) = m.region) AS reached,
  (SELECT w.role FROM member w
   WHERE w.organization_id = t.organization_id AND a.actor = 'volunteer:' || w.volunteer_id) AS role
FROM agent a
LEFT JOIN target t
LEFT JOIN organization o ON o.id = t.organization_id
LEFT JOIN volunteer v ON v.id = t.volunteer_id"
        )
    };
}

const WHO_BY_RECORD: &str = entry!("r.id");
const WHO_BY_DISPUTE: &str = entry!("d.id");

/// All versions of what `?1` is one of, the oldest first.
macro_rules! chain {
    ($id:literal) => {
        concat!(
            "
WITH RECURSIVE chain AS (
  SELECT r.seq FROM service_record r LEFT JOIN record_dispute d ON d.record = r.seq WHERE ",
            $id,
            " = ?1
  UNION
  SELECT n.seq FROM chain c JOIN service_record n ON n.supersedes = c.seq
  UNION
  SELECT o.supersedes FROM chain c JOIN service_record o ON o.seq = c.seq WHERE o.supersedes IS NOT NULL)"
        )
    };
}

macro_rules! versions {
    ($id:literal) => {
        concat!(
            chain!($id),
            "
SELECT ",
            version_columns!(),
            "WHERE r.seq IN (SELECT seq FROM chain)
ORDER BY r.seq"
        )
    };
}

macro_rules! steps {
    ($id:literal) => {
        concat!(
            chain!($id),
            "
SELECT d.id AS dispute_id, s.kind, s.at, s.office, s.words,
  (SELECT n.id FROM service_record n WHERE n.seq = s.outcome) AS outcome
FROM record_dispute d JOIN record_dispute_step s ON s.dispute = d.seq
WHERE d.record IN (SELECT seq FROM chain)
ORDER BY s.seq"
        )
    };
}

const VERSIONS_BY_RECORD: &str = versions!("r.id");
const VERSIONS_BY_DISPUTE: &str = versions!("d.id");
const STEPS_BY_RECORD: &str = steps!("r.id");
const STEPS_BY_DISPUTE: &str = steps!("d.id");

/// What a record is looked up by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// Its own id, or that of another version of it.
    Record(Uuid),
    /// The id of a dispute about it.
    Dispute(Uuid),
}

/// Something that was said or done about a dispute.
#[derive(Clone, Debug, Deserialize)]
pub struct Step {
    /// Which dispute.
    pub dispute_id: String,
    /// What was done.
    pub kind: StepKind,
    /// When.
    pub at: Instant,
    /// The coordinator's office.
    pub office: Option<String>,
    /// Why; none once its writer has left.
    pub words: Option<String>,
    /// Id of the record that came of it.
    pub outcome: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Entry {
    #[serde(deserialize_with = "db::truth")]
    may: bool,
    #[serde(deserialize_with = "db::truth")]
    own: bool,
    #[serde(deserialize_with = "db::truth")]
    own_hand: bool,
    #[serde(deserialize_with = "db::truth")]
    reached: bool,
    role: Option<Role>,
    organization_state: Option<OrganizationState>,
    seq: Option<i64>,
    organization_id: Option<String>,
    organization_name: Option<String>,
    volunteer_name: Option<String>,
}

/// A record with all that was said and done about it, before somebody.
#[derive(Debug)]
pub struct Case {
    may: bool,
    own: bool,
    /// By whoever made the key, when it is a key that asks.
    own_hand: bool,
    reached: bool,
    organization_state: Option<OrganizationState>,
    asked: i64,
    /// What the caller is in the organization, when it is a member.
    pub role: Option<Role>,
    /// The recording unit.
    pub organization_id: String,
    /// Its name.
    pub organization_name: String,
    /// Whose record it is.
    pub volunteer_name: String,
    /// The oldest first; at least one.
    pub versions: Vec<Version>,
    /// What was said and done about all of them, in order.
    pub steps: Vec<Step>,
}

impl Case {
    /// The version that was asked for.
    pub fn asked(&self) -> Result<&Version, Problem> {
        self.versions
            .iter()
            .find(|version| version.record.seq == self.asked)
            .ok_or_else(Problem::not_found)
    }

    /// The version that stands.
    pub fn newest(&self) -> Result<&Version, Problem> {
        self.versions.last().ok_or_else(Problem::not_found)
    }

    /// What the record comes to by a wish, while it stands.
    pub fn superseded_by(&self, wish: Wish, now: Instant) -> Result<Superseding, Problem> {
        self.newest_is_asked()?;
        let records: Vec<Record> = self.versions.iter().map(|it| it.record.clone()).collect();
        supersede(&records, wish, now)
    }

    /// The dispute about the version that was asked for.
    pub fn dispute(&self) -> Result<Dispute, Problem> {
        self.asked()?.dispute().ok_or_else(Problem::not_found)
    }

    /// Whether the newest version says what the asked one does.
    fn newest_is_asked(&self) -> Result<(), Problem> {
        match self.newest()?.record.seq == self.asked {
            true => Ok(()),
            false => Err(Obstacle::SupersededAlready.problem()),
        }
    }

    /// An error unless it is the caller's own; that of others does not exist for them.
    pub fn require_own(&self) -> Result<(), Problem> {
        match self.own {
            true => Ok(()),
            false => Err(Problem::not_found()),
        }
    }

    /// An error unless the caller may act on it for the organization.
    pub fn require_organization(&self) -> Result<(), Problem> {
        match (self.may, self.own_hand) {
            (false, _) => Err(Problem::forbidden()),
            (true, true) => Err(Obstacle::OwnRecord.problem()),
            (true, false) => Ok(()),
        }
    }

    /// An error when an organization that may not act would add hours.
    pub fn require_right_to_add(&self, minutes: i64) -> Result<(), Problem> {
        let verified = self.organization_state == Some(OrganizationState::Verified);
        match verified || Some(minutes) <= self.newest()?.record.minutes {
            true => Ok(()),
            false => Err(settling::Obstacle::OrganizationSuspended.problem()),
        }
    }

    /// An error unless the caller coordinates the region, and is no party.
    pub fn require_coordinator(&self) -> Result<(), Problem> {
        match (self.reached, self.own, self.role.is_some()) {
            (false, ..) => Err(Problem::forbidden()),
            (true, true, _) => Err(Obstacle::OwnRecord.problem()),
            (true, false, true) => Err(Problem::forbidden()),
            (true, false, false) => Ok(()),
        }
    }

    /// An error unless the caller may read it as the organization does.
    pub fn require_reader(&self) -> Result<(), Problem> {
        match self.may {
            true => Ok(()),
            false => Err(Problem::forbidden()),
        }
    }

    /// An error unless the caller is the volunteer, the organization, or, where it was
    /// contested, the coordinator.
    pub fn require_party(&self) -> Result<(), Problem> {
        let coordinates = self.reached && !self.steps.is_empty();
        match self.own || self.may || coordinates {
            true => Ok(()),
            false => Err(Problem::forbidden()),
        }
    }

    /// Whether it is the caller's own.
    pub fn is_own(&self) -> bool {
        self.own
    }
}

/// The three statements [`read`] understands.
fn looking(visit: &Visit, by: By, permission: Permission) -> [Statement; 3] {
    let permit = permission.permit();
    let (who, versions, steps, id) = match by {
        By::Record(id) => (WHO_BY_RECORD, VERSIONS_BY_RECORD, STEPS_BY_RECORD, id),
        By::Dispute(id) => (WHO_BY_DISPUTE, VERSIONS_BY_DISPUTE, STEPS_BY_DISPUTE, id),
    };
    [
        bind!(
            who,
            visit.credential_hash(),
            visit.now,
            id,
            permit.roles,
            permit.scopes
        ),
        bind!(versions, id),
        bind!(steps, id),
    ]
}

fn read(batch: &Batch, at: usize) -> Result<Case, Problem> {
    let entry: Entry = batch.first(at)?.ok_or_else(Problem::unauthenticated)?;
    let (Some(asked), Some(organization_id)) = (entry.seq, entry.organization_id) else {
        return Err(Problem::not_found());
    };
    Ok(Case {
        may: entry.may,
        own: entry.own,
        own_hand: entry.own_hand,
        reached: entry.reached,
        organization_state: entry.organization_state,
        asked,
        role: entry.role,
        organization_id,
        organization_name: entry.organization_name.unwrap_or_default(),
        volunteer_name: entry.volunteer_name.unwrap_or_default(),
        versions: batch.rows(at + 1)?,
        steps: batch.rows(at + 2)?,
    })
}

/// A record with its history, for whoever asks with this permission in mind.
pub async fn case(visit: &Visit, by: By, permission: Permission) -> Result<Case, Problem> {
    let batch = visit
        .db
        .batch(looking(visit, by, permission).into())
        .await?;
    read(&batch, 0)
}

/// The case before an act; or, and then this says so, after the same request acted before.
pub async fn before_acting(
    visit: &Visit,
    by: By,
    key: &IdempotencyKey,
) -> Result<(Case, bool), Problem> {
    let permission = Permission::RecordHours;
    match key
        .run(visit, looking(visit, by, permission).into())
        .await?
    {
        Ran::Now(batch) => Ok((read(&batch, 0)?, false)),
        Ran::Before(earlier) => {
            let made = subject(earlier.subject()?)?;
            Ok((case(visit, made, permission).await?, true))
        }
    }
}

/// What an act made: `record:…` or `dispute:…`.
fn subject(text: &str) -> Result<By, Problem> {
    let id = |text| crate::platform::input::parse_id(text);
    match text.split_once(':') {
        Some(("record", text)) => Ok(By::Record(id(text)?)),
        Some(("dispute", text)) => Ok(By::Dispute(id(text)?)),
        _ => Err(Problem::not_found()),
    }
}
