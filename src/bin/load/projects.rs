//! Projects under the terms the product itself gives them.

use diandan::menu::notice::ProjectBody;
use diandan::menu::search::Terms;
use diandan::platform::fields::FieldErrors;
use rusqlite::params;
use serde_json::{Map, Value, json};

use super::crowd::{Organization, Town};
use super::file::{Load, Size, whole};
use super::sheet::Failure;
use super::shifts::Shift;
use super::words::Words;

const PROJECT: &str = "
    INSERT INTO project (
      seq, id, organization_id, client_ref, state, organization_state, organization_name, field,
      title, summary, region, region_name, place, min_age, skills, next_starts_at, seats_free,
      waits_free, published_at, created_at, updated_at, terms, organization_terms, travel_minutes, body_hash, content,
      conditions, how_to_sign_up, risks, safeguards, what_to_bring)
    VALUES (?, ?, ?, ?, 'published', 'verified', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 30,
      ?, ?, ?, ?, ?, ?, ?)";

impl Load {
    pub fn projects(
        &mut self,
        size: &Size,
        towns: &[Town],
        organizations: &[Organization],
        shifts: &[Shift],
    ) -> Result<(), Failure> {
        let words = Words::gather(towns)?;
        let mut rest = shifts;
        for project in 0..size.projects {
            let count = rest
                .iter()
                .take_while(|shift| shift.project == project)
                .count();
            let (own, others) = rest.split_at_checked(count).unwrap_or((rest, &[]));
            rest = others;
            let town = self.dice.pick(towns).ok_or("no towns")?;
            let organization = self.dice.pick(organizations).ok_or("no organizations")?;
            let notice = words.write(&mut self.dice, town, own)?;
            self.project(project, &notice, town, organization, own)?;
            if (project + 1) % 20_000 == 0 {
                self.say(&format!("{} projects", project + 1));
            }
        }
        self.say(&format!("{} projects", size.projects));
        Ok(())
    }

    fn project(
        &mut self,
        project: usize,
        notice: &Map<String, Value>,
        town: &Town,
        organization: &Organization,
        shifts: &[Shift],
    ) -> Result<(), Failure> {
        let body: ProjectBody =
            deserr::deserialize::<_, _, FieldErrors>(Value::Object(notice.clone()))
                .map_err(|errors| format!("{errors:?}"))?;
        body.check(false).map_err(|errors| format!("{errors:?}"))?;
        let published = self.ago(60);
        let (id, hash) = (self.id(published), self.hash());
        let next = shifts.iter().map(|shift| shift.starts_at.millis()).min();
        let seats: usize = shifts
            .iter()
            .map(|shift| shift.capacity - shift.confirmed)
            .sum();
        let waits: usize = shifts
            .iter()
            .map(|shift| shift.waitlist - shift.waiting)
            .sum();
        let text = |name: &str| notice.get(name).and_then(Value::as_str);
        let (at, terms) = (published.millis(), Terms::of(&body, None));
        let row = params![
            whole(project + 1),
            id,
            organization.id,
            format!("load-{project}"),
            organization.name,
            text("field"),
            text("title"),
            text("summary"),
            town.code,
            town.full_name,
            text("place"),
            body.min_age(),
            json!(body.skills()).to_string(),
            next,
            whole(seats),
            whole(waits),
            at,
            at,
            at,
            terms.json(),
            Terms::of_organization(&organization.name).json(),
            hash,
            text("content"),
            text("conditions"),
            text("how_to_sign_up"),
            text("risks"),
            text("safeguards"),
            text("what_to_bring"),
        ];
        self.insert(PROJECT, row)
    }
}
