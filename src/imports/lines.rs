//! A file taken apart into projects while it arrives: nothing is held but the project at
//! hand. What each says is read later, piece by piece.

use super::columns::Column;
use super::records::Records;
use crate::platform::i18n::Words;
use crate::platform::input::LARGE_BODY;

/// A heading is looked for in so many bytes.
const LONGEST_HEADING: usize = 16 * 1024;

/// One project of a file, as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The line of the file, or the row of the spreadsheet, where it begins, from 1.
    pub line: i64,
    /// JSON as it came, or the rows of a spreadsheet as [`Rows`]. None when it is longer
    /// than a project may be.
    pub source: Option<String>,
}

/// Rows of a spreadsheet with their numbers.
pub type Rows = Vec<(i64, Vec<String>)>;

/// Why a file as a whole cannot be read, in words for whoever made it.
pub type Fault = Words;

/// Lines of JSON.
#[derive(Debug)]
pub struct JsonLines {
    line: i64,
    held: String,
    too_long: bool,
}

impl Default for JsonLines {
    fn default() -> Self {
        Self {
            line: 1,
            held: String::new(),
            too_long: false,
        }
    }
}

impl JsonLines {
    /// Takes the next piece of text, and gives the projects that ended in it.
    pub fn push(&mut self, text: &str, into: &mut Vec<Line>) {
        let mut parts = text.split('\n');
        self.hold(parts.next().unwrap_or_default());
        for part in parts {
            self.end(into);
            self.hold(part);
        }
    }

    fn hold(&mut self, part: &str) {
        self.too_long |= self.held.len() + part.len() > LARGE_BODY;
        if self.too_long {
            self.held.clear();
        } else {
            self.held.push_str(part);
        }
    }

    /// The end of a line, or of the file.
    pub fn end(&mut self, into: &mut Vec<Line>) {
        let held = std::mem::take(&mut self.held);
        let too_long = std::mem::take(&mut self.too_long);
        if too_long || !held.trim().is_empty() {
            into.push(Line {
                line: self.line,
                source: (!too_long).then(|| held.trim().to_owned()),
            });
        }
        self.line += 1;
    }
}

/// Rows of a spreadsheet.
pub struct Sheet {
    records: Records,
    headings: Vec<String>,
    /// Whether the first row is behind.
    headed: bool,
    reference: usize,
    title: Option<usize>,
    project: Option<Project>,
}

/// The project at hand.
struct Project {
    line: i64,
    reference: String,
    title: String,
    rows: Rows,
    bytes: usize,
}

impl Sheet {
    /// Reads the headings off the beginning of a file; `first` holds at least the first
    /// row, or all there is.
    pub fn new(first: &str) -> Result<Self, Fault> {
        let delimiter = delimiter(first);
        let mut rows = Records::new(delimiter);
        let end = first.len().min(LONGEST_HEADING);
        let mut headings = None;
        rows.push(
            first.as_bytes().get(..end).unwrap_or_default(),
            |_, cells| {
                headings.get_or_insert(cells);
                Ok(())
            },
        )?;
        if headings.is_none() {
            rows.end(|_, cells| {
                headings.get_or_insert(cells);
                Ok(())
            })?;
        }
        let headings = headings.unwrap_or_default();
        check(&headings)?;
        let at = |name| {
            let named = |heading: &String| Column::named(heading).is_some_and(|c| c.name == name);
            headings.iter().position(named)
        };
        Ok(Self {
            reference: at("client_ref").ok_or_else(no_reference)?,
            title: at("title"),
            records: Records::new(delimiter),
            headings,
            headed: false,
            project: None,
        })
    }

    /// What stands in the first row.
    pub fn headings(&self) -> &[String] {
        &self.headings
    }

    /// Takes the next piece of text, the first row included, and gives the projects that
    /// ended in it.
    pub fn push(&mut self, text: &str, into: &mut Vec<Line>) -> Result<(), Fault> {
        let Self {
            records,
            headed,
            reference,
            title,
            project,
            ..
        } = self;
        records.push(text.as_bytes(), |row, cells| {
            if std::mem::replace(headed, true) {
                gather(project, (*reference, *title), row, cells, into);
            }
            Ok(())
        })
    }

    /// The end of the file.
    pub fn end(&mut self, into: &mut Vec<Line>) -> Result<(), Fault> {
        let Self {
            records,
            headed,
            reference,
            title,
            project,
            ..
        } = self;
        records.end(|row, cells| {
            if std::mem::replace(headed, true) {
                gather(project, (*reference, *title), row, cells, into);
            }
            Ok(())
        })?;
        into.extend(project.take().map(Project::line));
        Ok(())
    }
}

/// Adds a row to the project at hand, or begins the next with it. Below its first row a
/// project's own columns are repeated or left blank.
fn gather(
    project: &mut Option<Project>,
    (reference, title): (usize, Option<usize>),
    row: i64,
    cells: Vec<String>,
    into: &mut Vec<Line>,
) {
    if cells.iter().all(|cell| cell.trim().is_empty()) {
        return;
    }
    let cell = |at: Option<usize>| {
        let cell = at.and_then(|at| cells.get(at));
        cell.map_or("", |cell| cell.trim()).to_owned()
    };
    let (reference, title) = (cell(Some(reference)), cell(title));
    let same = project.as_ref().is_some_and(|project| {
        if reference.is_empty() {
            title.is_empty() || title == project.title
        } else {
            reference == project.reference
        }
    });
    if !same {
        into.extend(project.take().map(Project::line));
    }
    let project = project.get_or_insert_with(|| Project {
        line: row,
        reference,
        title,
        rows: Vec::new(),
        bytes: 0,
    });
    project.bytes += cells.iter().map(|cell| cell.len() + 4).sum::<usize>();
    if project.bytes > LARGE_BODY {
        project.rows = Vec::new();
    } else {
        project.rows.push((row, cells));
    }
}

impl Project {
    fn line(self) -> Line {
        let source = (self.bytes <= LARGE_BODY).then(|| serde_json::json!(self.rows).to_string());
        Line {
            line: self.line,
            source,
        }
    }
}

fn check(headings: &[String]) -> Result<(), Fault> {
    let unknown: Vec<&str> = headings
        .iter()
        .map(|heading| heading.trim())
        .filter(|heading| !Column::is_remark(heading) && Column::named(heading).is_none())
        .map(|heading| heading.get(..60).unwrap_or(heading))
        .take(10)
        .collect();
    if !unknown.is_empty() {
        return Err(Words::new(
            format!(
                "第一行有不认识的列：{}。请按模板填写列名，内部备注请用“备注”",
                unknown.join("、")
            ),
            format!(
                "The first row has unknown columns: {}. Name them as the template does; a column “note” is yours",
                unknown.join(", ")
            ),
        ));
    }
    let mut seen = Vec::new();
    for column in headings.iter().filter_map(|heading| Column::named(heading)) {
        if seen.contains(&column.name) {
            return Err(Words::new(
                format!("第一行的“{}”出现了两次", column.zh),
                format!("The first row has {} twice", column.name),
            ));
        }
        seen.push(column.name);
    }
    if seen.contains(&"client_ref") {
        Ok(())
    } else {
        Err(no_reference())
    }
}

fn no_reference() -> Fault {
    Words::new(
        "第一行应为列名，其中必须有“编号”（client_ref）。请用模板填写",
        "The first row must name the columns, client_ref among them. Use the template",
    )
}

/// Whichever of comma, semicolon and tab makes the most headings known.
fn delimiter(first: &str) -> u8 {
    let line = first.lines().find(|line| !line.trim().is_empty());
    let known = |delimiter: &u8| {
        line.unwrap_or_default()
            .split(char::from(*delimiter))
            .filter(|heading| Column::named(heading.trim_matches(['"', ' '])).is_some())
            .count()
    };
    // The last of equals wins.
    [b'\t', b';', b',']
        .into_iter()
        .max_by_key(known)
        .unwrap_or(b',')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::i18n::Lang;
    use proptest::prelude::*;

    fn sheet(text: &str, piece: usize) -> Result<Vec<(i64, Rows)>, Fault> {
        let mut sheet = Sheet::new(text)?;
        let mut lines = Vec::new();
        let letters: Vec<char> = text.chars().collect();
        for piece in letters.chunks(piece) {
            sheet.push(&piece.iter().collect::<String>(), &mut lines)?;
        }
        sheet.end(&mut lines)?;
        Ok(lines
            .into_iter()
            .map(|line| {
                (
                    line.line,
                    serde_json::from_str(&line.source.unwrap()).unwrap(),
                )
            })
            .collect())
    }

    fn row(cells: &[&str]) -> Vec<String> {
        cells.iter().map(|cell| (*cell).to_owned()).collect()
    }

    #[test]
    fn rows_are_numbered_as_a_spreadsheet_does() {
        let text = "编号,项目名称\r\na,\"一\r\n二\"\r\n\r\n,\r\nb,三\n\nc,四";
        for piece in 1..9 {
            assert_eq!(
                sheet(text, piece).unwrap(),
                [
                    (2, vec![(2, row(&["a", "一\r\n二"]))]),
                    (5, vec![(5, row(&["b", "三"]))]),
                    (7, vec![(7, row(&["c", "四"]))]),
                ],
                "{piece}"
            );
        }
    }

    #[test]
    fn rows_of_one_project_stand_together() {
        let text = "client_ref;title\na;一\n;\"\"\n;一\na;\nb;二\n;三\n";
        let rows: Vec<Vec<i64>> = sheet(text, 3)
            .unwrap()
            .into_iter()
            .map(|(_, rows)| rows.into_iter().map(|(row, _)| row).collect())
            .collect();
        assert_eq!(rows, [vec![2, 4, 5], vec![6], vec![7]]);
    }

    #[test]
    fn a_heading_nobody_knows_is_named() {
        for (text, what) in [
            ("编号,价格\n", "价格"),
            ("编号,编号\n", "两次"),
            ("项目名称\n", "编号"),
            ("", "编号"),
            ("{\"client_ref\": 1}\n", "client_ref"),
        ] {
            let fault = sheet(text, 9).unwrap_err();
            assert!(fault.in_lang(Lang::Zh).contains(what), "{fault:?}");
        }
        assert!(sheet("编号\t备注\n", 9).unwrap().is_empty());
    }

    #[test]
    fn an_open_quotation_mark_ends_it() {
        let text = format!("编号,项目名称\na,\"{}", "一,".repeat(LARGE_BODY / 4));
        let fault = sheet(&text, 5000).unwrap_err();
        assert!(fault.in_lang(Lang::Zh).contains("第 2 行"), "{fault:?}");
    }

    #[test]
    fn lines_too_long_are_only_counted() {
        let long = "x".repeat(LARGE_BODY + 1);
        let mut lines = JsonLines::default();
        let mut into = Vec::new();
        for piece in ["{}\r\n\n", &long, &long, "\n", " {\"a\":", "1}"] {
            lines.push(piece, &mut into);
        }
        lines.end(&mut into);
        let line = |line, source: Option<&str>| Line {
            line,
            source: source.map(str::to_owned),
        };
        assert_eq!(
            into,
            [
                line(1, Some("{}")),
                line(3, None),
                line(4, Some("{\"a\":1}"))
            ]
        );
        let text = format!("编号,项目名称\na,一\nb,{long}\nc,三\n");
        let mut sheet = Sheet::new(&text).unwrap();
        assert!(
            sheet.push(&text, &mut Vec::new()).is_err(),
            "one cell that long"
        );
        let rows = "b,二\n".repeat(LARGE_BODY / 10);
        let text = format!("编号,项目名称\na,一\n{rows}c,三\n");
        let mut sheet = Sheet::new(&text).unwrap();
        let mut into = Vec::new();
        sheet.push(&text, &mut into).unwrap();
        sheet.end(&mut into).unwrap();
        let taken: Vec<bool> = into.iter().map(|line| line.source.is_some()).collect();
        assert_eq!(taken, [true, false, true]);
    }

    proptest! {
        #[test]
        fn pieces_make_the_same_rows(
            rows in proptest::collection::vec("[a-c]{1,2},(\"[一二,\n\r]{0,5}\"|[一-五]{0,3})(\r\n|\n|\n\n)", 0..6),
            piece in 1_usize..8,
        ) {
            let text = format!("编号,项目名称\r\n{}", rows.concat());
            prop_assert_eq!(sheet(&text, piece).unwrap(), sheet(&text, usize::MAX >> 8).unwrap());
        }
    }
}
