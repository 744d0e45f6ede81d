//! The form of a project: shown, saved, and shown again with what is wrong.

use axum::response::Response;
use serde_json::{Map, Value};

use super::form_page::{Shown, form_page};
use super::{ConsoleQuery, Done, can_be_mended};
use crate::menu::ProjectState;
use crate::menu::api::names;
use crate::menu::document::{Document, read};
use crate::menu::notice::{ProjectBody, Reference, reference_words};
use crate::menu::own::reference_taken;
use crate::menu::pages::form::Sheet;
use crate::menu::precondition::Precondition;
use crate::menu::publishing::{Published, Target, Wanted, publish};
use crate::menu::store::{self, Before, ProjectRow, ShiftRow};
use crate::organizations::Permission;
use crate::platform::clock::Instant;
use crate::platform::fields::FieldErrors;
use crate::platform::idempotency::IdempotencyKey;
use crate::platform::input::{Form, LargeForm, PageQuery, Path, parse_id};
use crate::platform::page::see_other;
use crate::platform::problem::Problem;
use crate::platform::visit::Visit;

/// Serves `/organizations/{id}/projects/new`.
pub async fn new(visit: Visit, Path(organization): Path<String>) -> Result<Response, Problem> {
    let organization = parse_id(&organization)?.to_string();
    let console = store::at_the_console(&visit, &organization, None).await?;
    let sheet = Sheet::empty();
    let shown = Shown::new(&organization, None, &console, &sheet);
    form_page(&visit, &shown)
}

/// Takes `/organizations/{id}/projects/new`.
pub async fn create(
    visit: Visit,
    Path(organization): Path<String>,
    LargeForm(form): LargeForm,
) -> Result<Response, Problem> {
    let organization = parse_id(&organization)?.to_string();
    save(&visit, &organization, None, &form).await
}

/// Serves `/organizations/{id}/projects/{client_ref}/edit`.
pub async fn edit(
    visit: Visit,
    Path((organization, reference)): Path<(String, String)>,
    PageQuery(query): PageQuery<ConsoleQuery>,
) -> Result<Response, Problem> {
    let (organization, reference) = names(&organization, &reference)?;
    let console = store::at_the_console(&visit, &organization, Some(&reference)).await?;
    let agent = console
        .agent
        .as_ref()
        .ok_or_else(Problem::unauthenticated)?;
    agent.require(Permission::WriteProjects)?;
    let (project, shifts) = console.project.as_ref().ok_or_else(Problem::not_found)?;
    let sheet = Sheet::standing(project, shifts, visit.now);
    let mut shown = Shown::new(&organization, Some(&reference), &console, &sheet);
    shown.done = query.done;
    form_page(&visit, &shown)
}

/// Takes `/organizations/{id}/projects/{client_ref}/edit`.
pub async fn change(
    visit: Visit,
    Path((organization, reference)): Path<(String, String)>,
    LargeForm(form): LargeForm,
) -> Result<Response, Problem> {
    let (organization, reference) = names(&organization, &reference)?;
    save(&visit, &organization, Some(&reference), &form).await
}

/// Shifts that are over: they are not in the form, and stay as they are.
pub fn over(project: &ProjectRow, shifts: &[ShiftRow], now: Instant) -> Vec<Value> {
    let parts = Document::standing(project, shifts)
        .without_reasons()
        .into_parts();
    let is_over = |shift: &&Value| {
        shift["ends_at"]
            .as_str()
            .and_then(Instant::parse)
            .is_some_and(|end| end <= now)
    };
    let shifts = parts.get("shifts").and_then(Value::as_array);
    shifts
        .into_iter()
        .flatten()
        .filter(is_over)
        .cloned()
        .collect()
}

async fn save(
    visit: &Visit,
    organization: &str,
    standing: Option<&Reference>,
    form: &Form,
) -> Result<Response, Problem> {
    let typed = form.get("client_ref").unwrap_or_default();
    let named = standing.cloned().or_else(|| Reference::parse(typed));
    let result = match (&named, form.get("do")) {
        (_, Some("row")) => None,
        (None, _) => Some(Err(Problem::invalid(FieldErrors::one(
            "/client_ref",
            reference_words(),
        )))),
        (Some(reference), act) => {
            let publishes = act == Some("publish");
            Some(
                store_typed(
                    visit,
                    organization,
                    reference,
                    standing.is_some(),
                    publishes,
                    form,
                )
                .await,
            )
        }
    };
    let problem = match result {
        Some(Ok(published)) => {
            let done = match form.get("do") {
                Some("publish") => Done::Published,
                _ => Done::Saved,
            };
            let reference = published.project.client_ref;
            return Ok(see_other(&format!(
                "/organizations/{organization}/projects/{reference}/edit?done={}",
                done.word()
            )));
        }
        Some(Err(problem)) if !can_be_mended(&problem) => return Err(problem),
        Some(Err(problem)) => Some(problem),
        None => None,
    };
    let console = store::at_the_console(visit, organization, standing).await?;
    let shifts = console
        .project
        .as_ref()
        .map_or(&[][..], |(_, shifts)| shifts);
    let mut sheet = Sheet::typed(form, shifts);
    if problem.is_none() {
        sheet.add_row();
    }
    let mut shown = Shown::new(organization, standing, &console, &sheet);
    shown.problem = problem.as_ref();
    form_page(visit, &shown)
}

async fn store_typed(
    visit: &Visit,
    organization: &str,
    reference: &Reference,
    stands: bool,
    publishes: bool,
    form: &Form,
) -> Result<Published, Problem> {
    let target = Target {
        organization,
        reference,
        condition: &Precondition::default(),
        key: &IdempotencyKey::default(),
    };
    let version: Option<i64> = form.get("version").and_then(|version| version.parse().ok());
    let wanted = |before: &Before| {
        let answer = before.answer.as_ref();
        if stands && answer.is_none() {
            return Err(Problem::not_found());
        }
        let shifts = answer.map_or(&[][..], |(_, shifts)| shifts);
        let over = answer.map_or_else(Vec::new, |(project, shifts)| {
            over(project, shifts, visit.now)
        });
        let state = match answer {
            _ if publishes => ProjectState::Published,
            Some((project, _)) if stands => project.state,
            _ => ProjectState::Draft,
        };
        let parts = Sheet::typed(form, shifts).parts(state, &over);
        let body = read_whole(parts).map_err(Problem::invalid)?;
        let Some((project, shifts)) = answer else {
            return Ok(Wanted::changed(body));
        };
        let standing = Document::standing(project, shifts);
        let same = Document::wanted(&body).with_kept_reasons(&standing, true) == standing;
        // A second tap comes with the version of the first, and wants what stands.
        if !same && !stands {
            return Err(reference_taken());
        }
        if !same && version != Some(project.version) {
            Precondition::version(version.unwrap_or_default()).check(Some(project.version))?;
        }
        Ok(Wanted::changed(body))
    };
    publish(visit, target, form.get("region"), wanted).await
}

/// Reads a body; what cannot be read hides nothing that is missing besides.
fn read_whole(parts: Map<String, Value>) -> Result<ProjectBody, FieldErrors> {
    let mut rest = parts.clone();
    let mut faults = match read(parts) {
        Ok(body) => return Ok(body),
        Err(faults) => faults,
    };
    let unread: Vec<String> = faults.parts().map(str::to_owned).collect();
    rest.retain(|part, _| !unread.contains(part));
    let shifts_unread = unread
        .iter()
        .any(|part| part == "shifts" || part == "repeats");
    if let Ok(body) = read(rest) {
        let mut missing = body.check(false).err().unwrap_or_default();
        missing.retain(|pointer| !(shifts_unread && pointer == "/shifts"));
        faults.extend_elsewhere(missing);
    }
    Err(faults)
}
