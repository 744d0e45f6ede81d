//! Reports, templates and exports as spreadsheets: what all of them have in common, and
//! the report.

use axum::http::header;
use axum::response::{IntoResponse, Response};

use super::acting::seen;
use super::sheet::guarded;
use super::store::{self, Wanted, Which};
use super::{Import, LineReport};
use crate::platform::i18n::Lang;
use crate::platform::page::PRIVATE;
use crate::platform::problem::Problem;
use crate::platform::visit::Visit;

/// By this Excel knows that a file is UTF-8.
pub const BYTE_ORDER_MARK: &str = "\u{FEFF}";

/// So many lines are read at once.
const A_PAGE: i64 = 500;

/// Writes a row (RFC 4180).
pub fn write_row<T: AsRef<str>>(into: &mut String, cells: &[T]) {
    for (index, cell) in cells.iter().enumerate() {
        if index > 0 {
            into.push(',');
        }
        let cell = cell.as_ref();
        if cell.contains(['"', ',', '\n', '\r', ';', '\t']) {
            into.push('"');
            into.push_str(&cell.replace('"', "\"\""));
            into.push('"');
        } else {
            into.push_str(cell);
        }
    }
    into.push_str("\r\n");
}

/// A file for whoever asked, under a name of ASCII letters.
pub fn download(media_type: &'static str, name: &str, body: String) -> Response {
    let headers = [
        (header::CONTENT_TYPE, media_type.to_owned()),
        (
            header::CONTENT_DISPOSITION,
            format!("attachment; filename=\"{name}\""),
        ),
        (header::CACHE_CONTROL, PRIVATE.to_owned()),
    ];
    (headers, body).into_response()
}

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
    let mut lines = lists.pop().unwrap_or_default();
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
    while let Some(last) = lines.last() {
        wanted.after = last.number;
        for line in &lines {
            write_line(&mut text, &import, line, lang);
        }
        lines = store::more_lines(visit, organization, &import.id, wanted).await?;
    }
    let name = format!("import-{}.csv", import.id);
    Ok(download("text/csv; charset=utf-8", &name, text))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_quoted_when_they_must_be() {
        let mut text = String::new();
        write_row(&mut text, &["a", "b,c", "say \"hi\"", "two\nlines", ""]);
        assert_eq!(text, "a,\"b,c\",\"say \"\"hi\"\"\",\"two\nlines\",\r\n");
    }
}
