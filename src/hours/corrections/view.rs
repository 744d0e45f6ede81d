//! Records and disputes as JSON tells them.

use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::store::{Case, Dispute, Kept, Step, Version};
use super::{DisputeState, StepKind, is_overdue};
use crate::hours::record::{EvaluationFacts, HonourFacts, Record, TrainingFacts};
use crate::hours::{Grade, RecordKind};
use crate::platform::clock::Instant;
use crate::platform::problem::Problem;

/// A record as it stood at a time.
#[derive(Debug, Serialize, ToSchema)]
pub struct RecordVersion {
    /// UUIDv7.
    #[schema(format = "uuid")]
    pub id: String,
    /// What it is of.
    pub kind: RecordKind,
    /// Name of the activity, of the training, of the award; for an evaluation, of what was
    /// evaluated.
    #[schema(example = "山村小学暑期陪读")]
    pub title: String,
    /// The day it took place, in Beijing.
    #[schema(format = "date")]
    pub on_date: String,
    /// When service began, RFC 3339.
    #[schema(value_type = Option<String>, format = "date-time")]
    pub started_at: Option<Instant>,
    /// When service ended, RFC 3339.
    #[schema(value_type = Option<String>, format = "date-time")]
    pub ended_at: Option<Instant>,
    /// Minutes actually given; 0 says that nothing was given after all.
    pub minutes: Option<i64>,
    /// How well it is borne out, for service.
    pub grade: Option<Grade>,
    /// The recording unit.
    #[schema(format = "uuid")]
    pub organization_id: String,
    /// Its name.
    pub organization_name: String,
    /// The project, where it comes from one.
    #[schema(format = "uuid")]
    pub project_id: Option<String>,
    /// The shift, where it comes from one.
    #[schema(format = "uuid")]
    pub shift_id: Option<String>,
    /// The sign-up, where it comes from one.
    #[schema(format = "uuid")]
    pub signup_id: Option<String>,
    /// What else the law asks of such a record, as it stood when it was recorded.
    #[schema(value_type = std::collections::HashMap<String, Value>)]
    pub facts: Value,
    /// The last day for recording it, for service.
    #[schema(format = "date")]
    pub due_on: Option<String>,
    /// When it was recorded, RFC 3339.
    #[schema(value_type = String, format = "date-time")]
    pub recorded_at: Instant,
    /// Whether that was after the last day; corrections are late by nature.
    pub late: bool,
    /// Why it corrects the one before it.
    pub reason: Option<String>,
    /// The dispute about it.
    #[schema(format = "uuid")]
    pub dispute_id: Option<String>,
    /// Where that stands.
    pub dispute_state: Option<DisputeState>,
}

impl From<&Version> for RecordVersion {
    fn from(version: &Version) -> Self {
        let record = &version.record;
        let dispute = version.dispute();
        Self {
            id: record.id.clone(),
            kind: record.kind,
            title: title(record),
            on_date: record.on_date.clone(),
            started_at: record.started_at,
            ended_at: record.ended_at,
            minutes: record.minutes,
            grade: record.grade,
            organization_id: record.organization_id.clone(),
            organization_name: organization_name(version),
            project_id: record.project_id.clone(),
            shift_id: record.shift_id.clone(),
            signup_id: record.signup_id.clone(),
            facts: serde_json::from_str(&record.facts).unwrap_or_default(),
            due_on: record.due_on.clone(),
            recorded_at: record.recorded_at,
            late: record.is_late(),
            reason: record.reason.clone(),
            dispute_state: dispute.as_ref().map(|dispute| dispute.state),
            dispute_id: dispute.map(|dispute| dispute.id),
        }
    }
}

/// What a record is called.
pub fn title(record: &Record) -> String {
    let facts = record.facts.as_str();
    let named = match record.kind {
        RecordKind::Service => record.service().map(|facts| facts.activity),
        RecordKind::Training => serde_json::from_str(facts)
            .ok()
            .map(|facts: TrainingFacts| facts.name),
        RecordKind::Honour => serde_json::from_str(facts)
            .ok()
            .map(|facts: HonourFacts| facts.name),
        RecordKind::Evaluation => serde_json::from_str(facts)
            .ok()
            .map(|facts: EvaluationFacts| facts.activity.unwrap_or(facts.quality)),
    };
    named.unwrap_or_default()
}

/// The recording unit's name.
pub fn organization_name(version: &Version) -> String {
    match version.record.service() {
        Some(facts) => facts.organization,
        None => version.organization_name.clone().unwrap_or_default(),
    }
}

/// A record that stands, and those it took the place of.
#[derive(Debug, Serialize, ToSchema)]
pub struct RecordHistory {
    /// What stands.
    pub record: RecordVersion,
    /// What stood before it, the newest first: superseded, and readable for ever.
    pub earlier: Vec<RecordVersion>,
}

impl From<&Kept> for RecordHistory {
    fn from(kept: &Kept) -> Self {
        Self {
            record: RecordVersion::from(&kept.newest),
            earlier: kept.earlier.iter().map(RecordVersion::from).collect(),
        }
    }
}

impl RecordHistory {
    /// Of a case, whichever version was asked for.
    pub fn of(case: &Case) -> Result<Self, Problem> {
        let (newest, earlier) = case.versions.split_last().ok_or_else(Problem::not_found)?;
        Ok(Self {
            record: RecordVersion::from(newest),
            earlier: earlier.iter().rev().map(RecordVersion::from).collect(),
        })
    }
}

/// Something that was said or done about a dispute.
#[derive(Debug, Serialize, ToSchema)]
pub struct DisputeStep {
    /// What was done.
    pub kind: StepKind,
    /// When, RFC 3339.
    #[schema(value_type = String, format = "date-time")]
    pub at: Instant,
    /// Why; null once whoever wrote it has left.
    pub words: Option<String>,
    /// The coordinator's office, where one decided.
    pub office: Option<String>,
    /// The record that came of it.
    #[schema(format = "uuid")]
    pub outcome_record_id: Option<String>,
}

impl From<&Step> for DisputeStep {
    fn from(step: &Step) -> Self {
        Self {
            kind: step.kind,
            at: step.at,
            words: step.words.clone(),
            office: step.office.clone(),
            outcome_record_id: step.outcome.clone(),
        }
    }
}

/// A record contested, and what became of it.
#[derive(Debug, Serialize, ToSchema)]
pub struct DisputeReport {
    /// UUIDv7.
    #[schema(format = "uuid")]
    pub id: String,
    /// Where it stands.
    pub state: DisputeState,
    /// The record it is about.
    #[schema(format = "uuid")]
    pub record_id: String,
    /// The recording unit.
    #[schema(format = "uuid")]
    pub organization_id: String,
    /// When it was contested, RFC 3339.
    #[schema(value_type = String, format = "date-time")]
    pub opened_at: Instant,
    /// The last day for the organization's answer.
    #[schema(format = "date")]
    pub due_on: String,
    /// Whether that day is over and no answer was given.
    pub overdue: bool,
    /// When service began, by the volunteer.
    #[schema(value_type = Option<String>, format = "date-time")]
    pub proposed_started_at: Option<Instant>,
    /// When it ended, by the volunteer.
    #[schema(value_type = Option<String>, format = "date-time")]
    pub proposed_ended_at: Option<Instant>,
    /// Minutes given, by the volunteer.
    pub proposed_minutes: Option<i64>,
    /// What was said and done, in order.
    pub steps: Vec<DisputeStep>,
}

impl DisputeReport {
    /// About the version that was asked for.
    pub fn of(case: &Case, now: Instant) -> Result<Self, Problem> {
        Self::about(case, &case.dispute()?.id, now)
    }

    /// Of a dispute about any version.
    pub fn about(case: &Case, dispute: &str, now: Instant) -> Result<Self, Problem> {
        let mut disputed = case
            .versions
            .iter()
            .filter_map(|version| Some((version, version.dispute()?)));
        let (version, dispute) = disputed
            .find(|(_, it)| it.id == dispute)
            .ok_or_else(Problem::not_found)?;
        let Dispute {
            id,
            state,
            due_on,
            opened_at,
            wish,
        } = dispute;
        let steps = case.steps.iter().filter(|step| step.dispute_id == id);
        Ok(Self {
            overdue: is_overdue(state, &due_on, now),
            steps: steps.map(DisputeStep::from).collect(),
            record_id: version.record.id.clone(),
            organization_id: case.organization_id.clone(),
            id,
            state,
            opened_at,
            due_on,
            proposed_started_at: wish.started_at,
            proposed_ended_at: wish.ended_at,
            proposed_minutes: wish.minutes,
        })
    }
}
