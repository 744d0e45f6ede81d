//! All projects of an organization, written as they are imported.

use axum::response::Response;
use deserr::Deserr;
use serde_json::{Map, Value};
use utoipa::IntoParams;

use super::Format;
use super::acting::may_read;
use super::columns::COLUMNS;
use super::{sheet, store};
use crate::menu::document::Document;
use crate::menu::{ProjectRow, ShiftRow};
use crate::platform::download::{BYTE_ORDER_MARK, streamed, write_row};
use crate::platform::fields::FieldErrors;
use crate::platform::i18n::Lang;
use crate::platform::input::{Path, Query, parse_id};
use crate::platform::problem::{Problem, ProblemDetails};
use crate::platform::visit::Visit;

/// So many projects are read at once.
const A_PAGE: i64 = 100;

/// How projects are to be written.
#[derive(Debug, Deserr, IntoParams)]
#[into_params(parameter_in = Query)]
#[deserr(error = FieldErrors, deny_unknown_fields)]
pub struct ExportQuery {
    /// `ndjson` when left out.
    #[param(inline, example = "csv")]
    #[deserr(default)]
    format: Option<Format>,
}

/// Export projects.
///
/// All projects of the organization, in every state, written as they are imported: the
/// file imported again changes nothing. In the spreadsheet, an apostrophe stands before
/// what Excel would run or rewrite; importing takes it off.
#[utoipa::path(
    get,
    path = "/api/v1/organizations/{org}/export",
    operation_id = "export_projects",
    tag = "imports",
    security(("api_key" = ["projects:write"]), ("session" = [])),
    params(("org" = Uuid, Path, description = "The organization's id"), ExportQuery),
    responses(
        (status = 200, content((String = "application/x-ndjson"), (String = "text/csv")), headers(("Content-Disposition" = String))),
        (status = 403, body = ProblemDetails, content_type = "application/problem+json", description = "forbidden"),
        (status = 404, body = ProblemDetails, content_type = "application/problem+json", description = "not_found: no such organization"),
    ),
)]
pub async fn export(
    visit: Visit,
    Path(organization): Path<String>,
    Query(query): Query<ExportQuery>,
) -> Result<Response, Problem> {
    let organization = parse_id(&organization)?.to_string();
    let format = query.format.unwrap_or(Format::Ndjson);
    let (agent, projects) = store::first_projects(&visit, &organization, A_PAGE).await?;
    may_read(agent.as_ref())?;
    let name = format!("projects-{}.{}", visit.now.date(), format.word());
    let first = Some((beginning(format), projects));
    Ok(streamed(format.media_type(), &name, first, move |page| {
        let (visit, organization) = (visit.clone(), organization.clone());
        async move {
            let Some((mut text, projects)) = page else {
                return Ok(None);
            };
            for (project, shifts) in &projects {
                write(&mut text, format, project, shifts);
            }
            let Some((last, _)) = projects.last() else {
                return Ok(Some((text, None)));
            };
            let projects =
                store::projects_after(&visit, &organization, &last.client_ref, A_PAGE).await?;
            let next = (!projects.is_empty()).then(|| (String::new(), projects));
            Ok(Some((text, next)))
        }
    }))
}

fn beginning(format: Format) -> String {
    let mut text = String::new();
    if format == Format::Csv {
        text.push_str(BYTE_ORDER_MARK);
        write_row(
            &mut text,
            &COLUMNS.each_ref().map(|column| column.heading(Lang::Zh)),
        );
    }
    text
}

/// Writes one project.
fn write(into: &mut String, format: Format, project: &ProjectRow, shifts: &[ShiftRow]) {
    let mut parts = Map::new();
    parts.insert(
        "client_ref".to_owned(),
        Value::from(project.client_ref.as_str()),
    );
    parts.extend(Document::standing(project, shifts).into_parts());
    match format {
        Format::Ndjson => {
            into.push_str(&Value::Object(parts).to_string());
            into.push('\n');
        }
        Format::Csv => {
            for row in sheet::rows(&parts) {
                write_row(into, &row);
            }
        }
    }
}
