//! The report of an import, to be handed back to whoever made the file.

use axum::response::Response;

use super::acting::seen;
use super::sheet::guarded;
use super::store::{self, Wanted, Which};
use super::{Import, LineReport};
use crate::platform::download::{BYTE_ORDER_MARK, streamed, write_row};
use crate::platform::i18n::Lang;
use crate::platform::problem::Problem;
use crate::platform::visit::Visit;

/// So many lines are read at once.
const A_PAGE: i64 = 500;

/// The report of an import as a spreadsheet, for whoever may read it.
pub async fn spreadsheet(
    visit: &Visit,
    organization: &str,
    import: &str,
) -> Result<Response, Problem> {
    let mut wanted = Wanted {
        after: 0,
        limit: A_PAGE,
        which: Which::All,
    };
    let found = store::see(visit, organization, import, &[wanted]).await?;
    let (_, import, mut lists) = seen(found)?;
    let lines = lists.pop().unwrap_or_default();
    let lang = visit.lang;
    let mut text = BYTE_ORDER_MARK.to_owned();
    write_row(
        &mut text,
        &lang.pick(
            ["行号", "编号", "结果", "所在行", "所在列", "原因"],
            [
                "row",
                "client_ref",
                "outcome",
                "at row",
                "at column",
                "reason",
            ],
        ),
    );
    let name = format!("import-{}.csv", import.id);
    let first = (text, lines);
    let (visit, organization) = (visit.clone(), organization.to_owned());
    Ok(streamed(
        "text/csv; charset=utf-8",
        &name,
        Some(first),
        move |page| {
            let (visit, organization, import) =
                (visit.clone(), organization.clone(), import.clone());
            async move {
                let Some((mut text, lines)) = page else {
                    return Ok(None);
                };
                for line in &lines {
                    write_line(&mut text, &import, line, lang);
                }
                let Some(last) = lines.last() else {
                    return Ok(Some((text, None)));
                };
                wanted.after = last.number;
                let lines = store::more_lines(&visit, &organization, &import.id, wanted).await?;
                let next = (!lines.is_empty()).then(|| (String::new(), lines));
                Ok(Some((text, next)))
            }
        },
    ))
}

fn write_line(into: &mut String, import: &Import, line: &LineReport, lang: Lang) {
    let first = [
        line.line.to_string(),
        guarded(line.client_ref.clone().unwrap_or_default()),
        line.outcome.name(import.dry_run, lang).to_owned(),
    ];
    let mut row = |place: [String; 3]| {
        let cells: Vec<&str> = first.iter().chain(&place).map(String::as_str).collect();
        write_row(into, &cells);
    };
    let Some(refusal) = &line.refusal else {
        return row([String::new(), String::new(), String::new()]);
    };
    if refusal.errors.is_empty() {
        row([line.line.to_string(), String::new(), refusal.detail.clone()]);
    }
    for fault in &refusal.errors {
        let column = fault
            .column
            .clone()
            .unwrap_or_else(|| fault.pointer.clone());
        row([
            fault.line.to_string(),
            guarded(column),
            guarded(fault.detail.clone()),
        ]);
    }
}
