//! A record as the database keeps it, and what each kind says.

use serde::{Deserialize, Serialize};

use super::working_days::due;
use super::{Grade, RecordKind};
use crate::platform::clock::Instant;

/// The columns of [`Record`], of a `service_record r`.
#[macro_export]
macro_rules! record_columns {
    () => {
        "r.seq, r.id, r.kind, r.volunteer_id, r.organization_id, r.signup_id, r.shift_id, r.project_id,
  r.on_date, r.started_at, r.ended_at, r.minutes, r.grade, r.facts, r.due_on, r.recorded_at,
  r.recorded_by, r.supersedes, r.reason, r.salt"
    };
}

/// A row that never changes.
#[derive(Clone, Debug, Deserialize, PartialEq)]
pub struct Record {
    /// From 1, without gaps; leaf `seq - 1` of the ledger.
    pub seq: i64,
    /// UUIDv7.
    pub id: String,
    /// What it is of.
    pub kind: RecordKind,
    /// Whose.
    pub volunteer_id: String,
    /// The recording unit.
    pub organization_id: String,
    /// The place on a shift it comes from; none for what had no sign-up.
    pub signup_id: Option<String>,
    /// The shift.
    pub shift_id: Option<String>,
    /// The project.
    pub project_id: Option<String>,
    /// The day it took place, in Beijing, `YYYY-MM-DD`.
    pub on_date: String,
    /// When service began.
    pub started_at: Option<Instant>,
    /// When service ended.
    pub ended_at: Option<Instant>,
    /// Minutes actually given, for service; minutes of study, for training.
    pub minutes: Option<i64>,
    /// How well it is borne out, for service.
    pub grade: Option<Grade>,
    /// JSON, byte for byte as stored: see [`ServiceFacts`] and those beside it.
    pub facts: String,
    /// The tenth working day after the end, for service.
    pub due_on: Option<String>,
    /// When it was recorded.
    pub recorded_at: Instant,
    /// By whom: `volunteer:…` or `api_key:…`.
    pub recorded_by: String,
    /// The `seq` of the record it corrects.
    pub supersedes: Option<i64>,
    /// Why it corrects, or why more than the shift's length was given.
    pub reason: Option<String>,
    /// 256 random bits in hexadecimal.
    pub salt: String,
}

impl Record {
    /// Whether service was recorded after its last day (the Measures, article 8): the day
    /// written then, or the one that is known since, when the calendar of its year came later.
    /// A correction is not late.
    pub fn is_late(&self) -> bool {
        let (None, Some(written)) = (self.supersedes, self.due_on.as_deref()) else {
            return false;
        };
        let planned = self.service().map(|facts| facts.planned_ends_at);
        let known = planned.map(|ends_at| due(Instant::from_millis(ends_at)).date.to_string());
        let last = known.as_deref().map_or(written, |known| known.max(written));
        self.recorded_at.date().to_string().as_str() > last
    }

    /// What a record of service says besides.
    pub fn service(&self) -> Option<ServiceFacts> {
        match self.said()? {
            Said::Service(facts) => Some(*facts),
            _ => None,
        }
    }

    /// What it says besides; none when that cannot be read.
    pub fn said(&self) -> Option<Said> {
        let facts = &self.facts;
        match self.kind {
            RecordKind::Service => serde_json::from_str(facts).map(Said::Service),
            RecordKind::Training => serde_json::from_str(facts).map(Said::Training),
            RecordKind::Honour => serde_json::from_str(facts).map(Said::Honour),
            RecordKind::Evaluation => serde_json::from_str(facts).map(Said::Evaluation),
        }
        .ok()
    }
}

/// What a record says, by its kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Said {
    /// Of service.
    Service(Box<ServiceFacts>),
    /// Of training.
    Training(TrainingFacts),
    /// Of an award or commendation.
    Honour(HonourFacts),
    /// Of an evaluation.
    Evaluation(EvaluationFacts),
}

/// What a record of service holds by article 9 of the Measures, as it stood on the day of
/// recording.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq, Eq)]
pub struct ServiceFacts {
    /// Name of the activity.
    pub activity: String,
    /// What the volunteer was there as.
    pub role: String,
    /// One of the seven fields.
    pub field: String,
    /// Division code (GB/T 2260).
    pub region: String,
    /// Its full name.
    pub region_name: String,
    /// The place in words.
    pub place: String,
    /// What was done.
    pub content: String,
    /// Name of the recording unit.
    pub organization: String,
    /// Who was in charge of the activity.
    pub person_in_charge: String,
    /// When the shift was to begin.
    pub planned_starts_at: i64,
    /// When it was to end.
    pub planned_ends_at: i64,
    /// Minutes taken out of the span for breaks and the way.
    pub breaks_minutes: i64,
    /// Ids of the attendance it rests on.
    pub evidence: Vec<String>,
}

/// What a record of training holds by article 10.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq, Eq)]
pub struct TrainingFacts {
    /// Name of the training.
    pub name: String,
    /// What was taught.
    pub content: String,
    /// Who gave it.
    pub organizer: String,
}

/// What a record of an award or commendation holds by article 10.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq, Eq)]
pub struct HonourFacts {
    /// Name of the award.
    pub name: String,
    /// Who gave it.
    pub grantor: String,
}

/// What a record of an evaluation holds by article 10.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq, Eq)]
pub struct EvaluationFacts {
    /// What was said of the service.
    pub quality: String,
    /// Of which activity.
    pub activity: Option<String>,
}

/// Somebody's hours by grade, in minutes, those in force only.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
pub struct GradeTotal {
    /// The grade.
    pub grade: Grade,
    /// Minutes.
    pub minutes: i64,
    /// Records.
    pub records: i64,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recorded(on: &str, due_on: &str, planned_end: &str, supersedes: Option<i64>) -> Record {
        let at = |day: &str| Instant::parse(&format!("{day}T12:00:00+08:00")).unwrap();
        let end = at(planned_end).millis();
        let facts = serde_json::json!({
            "activity": "夏令营", "role": "陪伴员", "field": "education", "region": "360730",
            "region_name": "宁都县", "place": "小学", "content": "陪读", "organization": "邻里社",
            "person_in_charge": "李老师", "planned_starts_at": end - 1, "planned_ends_at": end,
            "breaks_minutes": 0, "evidence": [],
        });
        serde_json::from_value(serde_json::json!({
            "seq": 2, "id": "a", "kind": "service", "volunteer_id": "v", "organization_id": "o",
            "on_date": planned_end, "started_at": end - 1, "ended_at": end, "minutes": 60,
            "grade": "C", "facts": facts.to_string(), "due_on": due_on,
            "recorded_at": at(on).millis(), "recorded_by": "volunteer:x", "salt": "",
            "supersedes": supersedes,
        }))
        .unwrap()
    }

    #[test]
    fn late_is_after_the_day_written_and_the_day_known_since() {
        // Friday 6 November 2026: ten working days end on the 20th.
        for (on, due_on, late) in [
            ("2026-11-20", "2026-11-20", false),
            ("2026-11-21", "2026-11-20", true),
            // Written before the calendar of the year came.
            ("2026-11-20", "2026-11-18", false),
            ("2026-11-21", "2026-11-24", false),
        ] {
            let record = |supersedes| recorded(on, due_on, "2026-11-06", supersedes);
            assert_eq!(record(None).is_late(), late, "{on} {due_on}");
            assert!(!record(Some(1)).is_late());
        }
    }
}
