//! Service records of the years before: most people have a few, some have hundreds.

use diandan::hours::record::ServiceFacts;
use diandan::platform::clock::{DAY, HOUR, Instant, MINUTE, start_of};
use rusqlite::params;

use super::file::{Load, Size, told, whole};
use super::sheet::Failure;

const RECORD: &str = "
    INSERT INTO service_record (
      seq, id, kind, volunteer_id, organization_id, project_id, on_date, started_at, ended_at, minutes,
      grade, facts, due_on, recorded_at, recorded_by, salt)
    VALUES (?, ?, 'service', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'volunteer:load', ?)";

const TOTALS: &str = "
    INSERT INTO hours_total (volunteer_id, grade, minutes, records)
    SELECT volunteer_id, grade, sum(minutes), count(*) FROM service_record GROUP BY 1, 2";

/// So many people are at it every other day.
const TIRELESS: usize = 100;
/// One record in so many is theirs.
const THEIR_SHARE: usize = 20;
/// So many projects of the past stand behind all records.
const PROJECTS: usize = 5_000;

struct Past {
    project: String,
    organization: String,
    facts: ServiceFacts,
}

impl Load {
    pub fn records(&mut self, size: &Size) -> Result<(), Failure> {
        let volunteers = self.volunteer_ids()?;
        let past = self.past()?;
        let today = start_of(self.now.date());
        let mut had = vec![0_i64; volunteers.len()];
        for number in 0..size.records {
            let who = match number % THEIR_SHARE {
                0 => number / THEIR_SHARE % TIRELESS.min(volunteers.len()),
                _ => number % volunteers.len(),
            };
            let volunteer = volunteers.get(who).ok_or("no volunteers")?;
            let days = had.get_mut(who).ok_or("no volunteers")?;
            *days += 1;
            // Nobody is at two places on one day.
            let starts_at = today.plus(-(3 + *days) * DAY + 9 * HOUR);
            self.record(number + 1, volunteer, starts_at, &past)?;
            if (number + 1) % 200_000 == 0 {
                self.say(&format!("{} records", number + 1));
            }
        }
        self.script(TOTALS)?;
        self.say(&format!("{} records", size.records));
        Ok(())
    }

    fn record(
        &mut self,
        seq: usize,
        volunteer: &str,
        starts_at: Instant,
        past: &[Past],
    ) -> Result<(), Failure> {
        let minutes = 30 * (2 + i64::try_from(self.dice.below(12)).unwrap_or_default());
        let ends_at = starts_at.plus(minutes * MINUTE);
        let recorded_at = ends_at.plus(2 * HOUR);
        let id = self.id(recorded_at);
        let salt = self.hash();
        let grade = self.dice.pick(&["A", "A", "A", "B", "C", "D"]).copied();
        let behind = self.dice.pick(past).ok_or("no projects")?;
        let facts = ServiceFacts {
            planned_starts_at: starts_at.millis(),
            planned_ends_at: ends_at.millis(),
            ..behind.facts.clone()
        };
        let facts = serde_json::to_string(&facts).map_err(|error| error.to_string())?;
        let date = starts_at.date().to_string();
        let due = ends_at.plus(14 * DAY).date().to_string();
        let row = params![
            whole(seq),
            id,
            volunteer,
            behind.organization,
            behind.project,
            date,
            starts_at.millis(),
            ends_at.millis(),
            minutes,
            grade,
            facts,
            due,
            recorded_at.millis(),
            salt,
        ];
        self.insert(RECORD, row)
    }

    fn volunteer_ids(&self) -> Result<Vec<String>, Failure> {
        self.connection
            .prepare("SELECT id FROM volunteer ORDER BY id")
            .and_then(|mut all| all.query_map([], |row| row.get(0))?.collect())
            .map_err(told)
    }

    fn past(&self) -> Result<Vec<Past>, Failure> {
        const SOME: &str = "
            SELECT id, organization_id, title, field, region, region_name, place, content, organization_name
            FROM project ORDER BY seq LIMIT ?";
        self.connection
            .prepare(SOME)
            .and_then(|mut some| {
                some.query_map([whole(PROJECTS)], |row| {
                    Ok(Past {
                        project: row.get(0)?,
                        organization: row.get(1)?,
                        facts: ServiceFacts {
                            activity: row.get(2)?,
                            role: "志愿者".to_owned(),
                            field: row.get(3)?,
                            region: row.get(4)?,
                            region_name: row.get(5)?,
                            place: row.get(6)?,
                            content: row.get(7)?,
                            organization: row.get(8)?,
                            person_in_charge: "王老师".to_owned(),
                            planned_starts_at: 0,
                            planned_ends_at: 0,
                            breaks_minutes: 0,
                            evidence: Vec::new(),
                        },
                    })
                })?
                .collect()
            })
            .map_err(told)
    }
}
