//! Evidence and records written past the product, for what only reads them.

use serde_json::json;

use diandan::platform::clock::Instant;

use super::people::{Organization, Volunteer};
use super::place::{Place, Sql};

/// A record of service that stands by itself, without a sign-up.
#[derive(Clone)]
pub struct Recorded {
    pub id: String,
    pub started_at: i64,
    pub minutes: i64,
    pub grade: &'static str,
    /// The record it corrects.
    pub supersedes: Option<i64>,
}

impl Recorded {
    pub fn new(started_at: i64, minutes: i64, grade: &'static str) -> Self {
        Self {
            id: uuid::Uuid::now_v7().to_string(),
            started_at,
            minutes,
            grade,
            supersedes: None,
        }
    }

    pub fn known_as(mut self, id: &str) -> Self {
        id.clone_into(&mut self.id);
        self
    }

    pub fn correcting(mut self, seq: i64) -> Self {
        self.supersedes = Some(seq);
        self
    }

    /// The statement that writes it.
    pub fn sql(&self, organization: &Organization<'_>, volunteer: &Volunteer<'_>) -> String {
        let facts = json!({
            "activity": "夏令营", "role": "陪伴员", "field": "education", "region": "360730",
            "region_name": "江西省赣州市宁都县", "place": "小学", "content": "陪读",
            "organization": "邻里社", "person_in_charge": "李老师",
            "planned_starts_at": self.started_at,
            "planned_ends_at": self.started_at + self.minutes * 60_000,
            "breaks_minutes": 0, "evidence": [],
        });
        let (organization, volunteer) = (&organization.id, &volunteer.id);
        let Self {
            id,
            started_at,
            minutes,
            grade,
            supersedes,
        } = self;
        let ended_at = started_at + minutes * 60_000;
        let supersedes = supersedes.map_or("NULL".to_owned(), |seq| seq.to_string());
        format!(
            "INSERT INTO service_record (id, kind, volunteer_id, organization_id, on_date, started_at,
               ended_at, minutes, grade, facts, due_on, recorded_at, recorded_by, supersedes, reason)
             VALUES ('{id}', 'service', '{volunteer}', '{organization}', '2026-11-28', {started_at},
               {ended_at}, {minutes}, '{grade}', '{facts}', '2026-12-11', {ended_at},
               'volunteer:x', {supersedes}, iif({supersedes} IS NULL, NULL, '写错了'))
             RETURNING seq"
        )
    }

    /// Writes it; its place in the ledger, from 1.
    pub fn write(
        &self,
        place: &dyn Place,
        organization: &Organization<'_>,
        volunteer: &Volunteer<'_>,
    ) -> i64 {
        place.number(&self.sql(organization, volunteer), json!([]))
    }
}

/// A coming or going that was seen.
#[derive(Clone)]
pub struct Seen {
    pub kind: &'static str,
    pub method: &'static str,
    pub happened_at: Instant,
    pub late: bool,
}

impl Seen {
    /// `in` or `out` by the code that changes, on time.
    pub fn by_code(kind: &'static str, happened_at: Instant) -> Self {
        Self {
            kind,
            method: "code",
            happened_at,
            late: false,
        }
    }

    /// The statement that writes it of a sign-up.
    pub fn sql(&self, signup: &str) -> Sql {
        let sql = "INSERT INTO attendance (id, signup_id, shift_id, volunteer_id, kind, method, happened_at, received_at, late, reason, actor)
             SELECT ?1, s.id, s.shift_id, s.volunteer_id, ?3, ?4, ?5, ?5, ?6, iif(?4 = 'hand', '忘带手机', NULL), 'volunteer:x'
             FROM signup s WHERE s.id = ?2";
        let id = uuid::Uuid::now_v7();
        let params = vec![
            json!(id),
            json!(signup),
            json!(self.kind),
            json!(self.method),
            json!(self.happened_at.millis()),
            json!(i64::from(self.late)),
        ];
        (sql.to_owned(), params)
    }

    /// Writes it.
    pub fn write(&self, place: &dyn Place, signup: &str) {
        place.sql(vec![self.sql(signup)]);
    }
}
