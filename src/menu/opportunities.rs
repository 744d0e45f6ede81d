//! What an organization offers in the UK volunteering data standard: organisation,
//! activity, role, session (<https://ns.volunteeringdata.io/>, as of March 2026).

use axum::http::header;
use axum::response::{IntoResponse, Response};
use jiff::civil::Weekday;
use serde::Serialize;
use utoipa::ToSchema;

use super::Field;
use super::store::{self, Offered, OfferedProject, OfferedShift};
use crate::platform::clock::Instant;
use crate::platform::input::Id;
use crate::platform::page::PUBLIC;
use crate::platform::problem::{Problem, ProblemDetails};
use crate::platform::visit::Visit;

/// What the names in the document mean.
const CONTEXT: &str = "https://api.volunteeringdata.io/context/v1";
/// Where the standard's own terms stand.
const TERMS: &str = "https://ns.volunteeringdata.io/";
/// So many activities are told.
const MOST: i64 = 100;

/// An organization and what it has on the menu, as JSON-LD.
#[derive(Debug, Serialize, ToSchema)]
pub struct Opportunities {
    /// What the names below mean.
    #[serde(rename = "@context")]
    #[schema(example = "https://api.volunteeringdata.io/context/v1")]
    context: &'static str,
    /// `Organisation`.
    #[serde(rename = "type")]
    kind: &'static str,
    /// The organization's page.
    #[schema(format = "uri")]
    id: String,
    /// Its name.
    name: String,
    /// What it says of itself.
    description: String,
    /// Causes its activities serve, in the standard's terms.
    cause: Vec<String>,
    /// Projects with a shift to come, the next ones first.
    activity: Vec<OfferedActivity>,
}

/// A project.
#[derive(Debug, Serialize, ToSchema)]
pub struct OfferedActivity {
    /// `Activity`.
    #[serde(rename = "type")]
    kind: &'static str,
    /// The project's page.
    #[schema(format = "uri")]
    id: String,
    /// What it is called.
    title: String,
    /// What volunteers do, and for whom.
    description: String,
    /// Each role there is on its shifts.
    role: Vec<OfferedRole>,
    /// Its shifts to come.
    session: Vec<OfferedSession>,
}

/// What somebody does.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct OfferedRole {
    /// What it is called.
    title: String,
    /// Where to sign up.
    #[schema(format = "uri")]
    apply_link: String,
    /// Shifts have a place to come to.
    allows_remote_participation: bool,
    /// Whole years, as text.
    #[schema(example = "14")]
    minimum_age: String,
}

/// A shift.
#[derive(Debug, Serialize, ToSchema)]
pub struct OfferedSession {
    /// Where.
    location: OfferedLocation,
    /// The part of the week, in the standard's terms, where it has one, and the very time.
    time: Vec<Moment>,
}

/// Where to come.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct OfferedLocation {
    /// The place.
    name: String,
    /// The division.
    address: String,
}

/// When something takes place.
#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
pub enum Moment {
    /// A part of every week, such as `https://ns.volunteeringdata.io/SaturdayMorning`.
    PartOfTheWeek(String),
    /// One period, in terms of OWL-Time.
    Period {
        /// `Time`.
        #[serde(rename = "type")]
        kind: &'static str,
        /// When it begins.
        #[serde(rename = "time:hasBeginning")]
        beginning: Stamp,
        /// When it ends.
        #[serde(rename = "time:hasEnd")]
        end: Stamp,
    },
}

/// A point in time.
#[derive(Debug, Serialize, ToSchema)]
pub struct Stamp {
    /// RFC 3339.
    #[serde(rename = "time:inXSDDateTimeStamp")]
    #[schema(value_type = String, format = "date-time")]
    at: Instant,
}

/// Read what an organization offers in the UK volunteering data standard.
///
/// JSON-LD: organisation, activity, role, session. The first 100 projects with a shift to
/// come; nothing for an organization that is not verified.
#[utoipa::path(
    get,
    path = "/api/v1/organizations/{org}/opportunities",
    operation_id = "read_opportunities",
    tag = "organizations",
    params(("org" = Uuid, Path, description = "The organization's id")),
    responses(
        (status = 200, body = Opportunities),
        (status = 404, body = ProblemDetails, content_type = "application/problem+json", description = "not_found"),
    ),
)]
pub async fn show(visit: Visit, Id(id): Id) -> Result<Response, Problem> {
    let found = store::offered(&visit.db, &id.to_string(), MOST, visit.now).await?;
    let offered = found.ok_or_else(Problem::not_found)?;
    let cache = [(header::CACHE_CONTROL, PUBLIC)];
    let document = document(offered, &visit.origin);
    Ok((cache, axum::Json(document)).into_response())
}

fn document(offered: Offered, origin: &str) -> Opportunities {
    let Offered {
        organization,
        projects,
        shifts,
    } = offered;
    let mut cause: Vec<String> = projects
        .iter()
        .map(|project| term(cause(project.field)))
        .collect();
    cause.sort_unstable();
    cause.dedup();
    Opportunities {
        context: CONTEXT,
        kind: "Organisation",
        id: format!("{origin}/organizations/{}", organization.id),
        name: organization.name,
        description: organization.about,
        cause,
        activity: projects
            .into_iter()
            .map(|project| activity(project, &shifts, origin))
            .collect(),
    }
}

fn activity(project: OfferedProject, shifts: &[OfferedShift], origin: &str) -> OfferedActivity {
    let page = format!("{origin}/projects/{}", project.id);
    let own = || shifts.iter().filter(|shift| shift.project == project.seq);
    let mut roles: Vec<&str> = own().map(|shift| shift.role.as_str()).collect();
    roles.sort_unstable();
    roles.dedup();
    let location = OfferedLocation {
        name: project.place.clone(),
        address: project.region_name.clone(),
    };
    OfferedActivity {
        kind: "Activity",
        role: roles
            .into_iter()
            .map(|role| OfferedRole {
                title: role.to_owned(),
                apply_link: format!("{page}#shifts"),
                allows_remote_participation: false,
                minimum_age: project.min_age.to_string(),
            })
            .collect(),
        session: own()
            .map(|shift| OfferedSession {
                location: location.clone(),
                time: moments(shift.starts_at, shift.ends_at),
            })
            .collect(),
        id: page,
        title: project.title,
        description: project.content,
    }
}

fn moments(from: Instant, to: Instant) -> Vec<Moment> {
    let period = Moment::Period {
        kind: "Time",
        beginning: Stamp { at: from },
        end: Stamp { at: to },
    };
    let part = part_of_the_week(from, to).map(|part| Moment::PartOfTheWeek(term(&part)));
    part.into_iter().chain([period]).collect()
}

/// Mornings are from 6 to 12, afternoons from 12 to 18, evenings from 18 to 24 (section
/// 2.6.2): the part a shift lies in, if it lies in one.
fn part_of_the_week(from: Instant, to: Instant) -> Option<String> {
    let (from, last) = (from.local(), to.plus(-1).local());
    let day = match from.weekday() {
        Weekday::Monday => "Monday",
        Weekday::Tuesday => "Tuesday",
        Weekday::Wednesday => "Wednesday",
        Weekday::Thursday => "Thursday",
        Weekday::Friday => "Friday",
        Weekday::Saturday => "Saturday",
        Weekday::Sunday => "Sunday",
    };
    let part = match from.hour() {
        6..=11 => "Morning",
        12..=17 => "Afternoon",
        18..=23 => "Evening",
        _ => return None,
    };
    let within = from.date() == last.date() && from.hour() / 6 == last.hour() / 6;
    within.then(|| format!("{day}{part}"))
}

/// The cause of the standard's taxonomy that is nearest to a field.
fn cause(field: Field) -> &'static str {
    match field {
        Field::Village => "LocalCommunity",
        Field::Industry => "AntiPoverty",
        Field::Education => "EducationLanguages",
        Field::Health => "Health",
        Field::Relocation => "Housing",
        Field::Care => "Care",
        Field::Other => "Community",
    }
}

fn term(name: &str) -> String {
    format!("{TERMS}{name}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shift_lies_in_a_part_of_the_week_or_in_none() {
        let part = |from: &str, to: &str| {
            let at = |text: &str| Instant::parse(&format!("2026-12-{text}:00+08:00")).unwrap();
            part_of_the_week(at(from), at(to)).unwrap_or_default()
        };
        assert_eq!(part("05T09:00", "05T12:00"), "SaturdayMorning");
        assert_eq!(part("06T12:00", "06T18:00"), "SundayAfternoon");
        assert_eq!(part("07T18:00", "08T00:00"), "MondayEvening");
        assert_eq!(part("05T09:00", "05T12:01"), "");
        assert_eq!(part("05T05:00", "05T06:00"), "");
        assert_eq!(part("05T22:00", "06T01:00"), "");
    }
}
