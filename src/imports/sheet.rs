//! A project as rows of a spreadsheet, one row a shift: read from cells as clerks and
//! Excel write them, and written so that neither loses anything.

use jiff::civil::{Date, Time};
use serde_json::{Map, Value};

use super::columns::{COLUMNS, Column, Kind};
use super::lines::Rows;
use super::refusal::Place;
use crate::platform::clock::Instant;
use crate::platform::fields::FieldErrors;
use crate::platform::i18n::Words;

/// A project read from rows, with what is wrong with single cells.
#[derive(Debug)]
pub struct Cells {
    /// The project as JSON, its reference among its parts.
    pub parts: Map<String, Value>,
    /// Cells that hold something else than they should.
    pub faults: FieldErrors,
    shift_rows: Vec<i64>,
    first: i64,
}

impl Cells {
    /// Reads rows under these headings.
    pub fn read(headings: &[String], rows: &Rows) -> Self {
        let columns: Vec<Option<&Column>> = headings
            .iter()
            .map(|heading| Column::named(heading))
            .collect();
        let mut this = Self {
            parts: Map::new(),
            faults: FieldErrors::default(),
            shift_rows: Vec::new(),
            first: rows.first().map_or(0, |(row, _)| *row),
        };
        let mut shifts = Vec::new();
        for (row, cells) in rows {
            let mut shift = Map::new();
            let at = format!("/shifts/{}", shifts.len());
            for (index, cell) in cells.iter().enumerate() {
                let cell = unguarded(cell.trim());
                if cell.is_empty() {
                    continue;
                }
                match columns.get(index) {
                    Some(Some(column)) if column.of_shift => {
                        let value = this.value(column, &format!("{at}/{}", column.part), cell);
                        shift.insert(column.part.to_owned(), value);
                    }
                    Some(Some(column)) => this.project_cell(column, *row, cell),
                    Some(None) => {}
                    None => this.faults.push(
                        "",
                        Words::new(
                            format!("第 {row} 行的格子比列名多"),
                            format!("row {row} has more cells than there are columns"),
                        ),
                    ),
                }
            }
            if !shift.is_empty() {
                shifts.push(Value::Object(shift));
                this.shift_rows.push(*row);
            }
        }
        if !shifts.is_empty() {
            this.parts.insert("shifts".to_owned(), Value::Array(shifts));
        }
        this
    }

    /// The first row that says it counts; below it, it is repeated or left blank.
    fn project_cell(&mut self, column: &Column, row: i64, cell: &str) {
        let pointer = format!("/{}", column.part);
        if row == self.first {
            let value = self.value(column, &pointer, cell);
            self.parts.insert(column.part.to_owned(), value);
            return;
        }
        let mut ignored = Self {
            parts: Map::new(),
            faults: FieldErrors::default(),
            shift_rows: Vec::new(),
            first: row,
        };
        let value = ignored.value(column, &pointer, cell);
        if self.parts.get(column.part) != Some(&value) {
            let first = self.first;
            self.faults.push(
                pointer,
                Words::new(
                    format!("第 {row} 行与第 {first} 行不一致；同一项目的其余各行请留空或照抄"),
                    format!(
                        "row {row} differs from row {first}; leave it blank there, or repeat it"
                    ),
                ),
            );
        }
    }

    fn value(&mut self, column: &Column, pointer: &str, cell: &str) -> Value {
        let text = || Value::String(cell.to_owned());
        match column.kind {
            Kind::Text => text(),
            Kind::Number => cell.parse::<i64>().map_or_else(|_| text(), Value::from),
            Kind::Time => match parse_time(cell) {
                Some(instant) => Value::String(instant.rfc3339()),
                None => {
                    let fault = Words::new(
                        "应为北京时间，如 2026-12-05 09:00",
                        "must be a time in Beijing, such as 2026-12-05 09:00",
                    );
                    self.faults.push(pointer, fault);
                    text()
                }
            },
            Kind::Word(vocabulary) => match vocabulary.read(cell) {
                Some(word) => Value::from(word),
                None => {
                    self.faults.push(pointer, vocabulary.fault());
                    text()
                }
            },
            Kind::Words(vocabulary) => {
                let words = cell
                    .split(['、', '，', ',', '；', ';'])
                    .map(str::trim)
                    .filter(|word| !word.is_empty());
                let read = words.enumerate().map(|(index, word)| {
                    vocabulary.read(word).map(Value::from).unwrap_or_else(|| {
                        let pointer = format!("{pointer}/{index}");
                        self.faults.push(pointer, vocabulary.fault());
                        Value::from(word)
                    })
                });
                Value::Array(read.collect())
            }
        }
    }

    /// Where the part of the project at this JSON pointer stands.
    pub fn place(&self, headings: &[String], pointer: &str) -> Place {
        let mut steps = pointer.split('/').skip(1);
        let part = steps.next().unwrap_or_default();
        let shift = steps.next().filter(|_| part == "shifts");
        let row = shift
            .and_then(|index| self.shift_rows.get(index.parse::<usize>().ok()?))
            .copied();
        // What is said of shifts as a whole is said where they are named.
        let (of_shift, part) = match (part, shift) {
            ("shifts", Some(_)) => (true, steps.next().unwrap_or("ref")),
            ("shifts", None) => (true, "ref"),
            _ => (false, part),
        };
        let is_it = |heading: &&String| {
            Column::named(heading).is_some_and(|c| c.of_shift == of_shift && c.part == part)
        };
        let missing = || {
            let known = COLUMNS
                .iter()
                .find(|c| c.of_shift == of_shift && c.part == part);
            known.map(|column| column.zh.to_owned())
        };
        Place {
            line: row.unwrap_or(self.first),
            column: headings
                .iter()
                .find(is_it)
                .map(|heading| heading.trim().to_owned())
                .or_else(missing),
        }
    }
}

/// `2026-12-05 09:00` and what spreadsheets make of it, on the clock in Beijing; also
/// RFC 3339.
fn parse_time(cell: &str) -> Option<Instant> {
    if let Some(instant) = Instant::parse(cell) {
        return Some(instant);
    }
    let plain: String = cell
        .chars()
        .map(|c| match c {
            '/' | '.' | '年' | '月' => '-',
            '日' | 'T' => ' ',
            '：' => ':',
            c => c,
        })
        .collect();
    let (date, time) = plain.trim().split_once(' ')?;
    let mut date = date.split('-').map(|part| part.parse::<i16>().ok());
    let (year, month, day) = (date.next()??, date.next()??, date.next()??);
    let mut time = time.trim().split(':').map(|part| part.parse::<i8>().ok());
    let (hour, minute) = (time.next()??, time.next()??);
    let second = time.next().unwrap_or(Some(0))?;
    if date.next().is_some() || time.next().is_some() {
        return None;
    }
    let date = Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()?;
    let instant = Instant::of_local(date.to_datetime(Time::new(hour, minute, second, 0).ok()?));
    // What RFC 3339 may say, and nothing else.
    Instant::parse(&instant.rfc3339())
}

/// What Excel would run as a formula, or turn into another number or a date.
fn changes_in_excel(text: &str) -> bool {
    let core = text.trim_start_matches('\'');
    let Some(first) = core.chars().next() else {
        return false;
    };
    let numeric = |c: char| c.is_ascii_digit() || " -./:,eE%".contains(c);
    let whole = core.len() < 12
        && core.bytes().all(|b| b.is_ascii_digit())
        && (first != '0' || core == "0");
    "=+-@＝＋－＠".contains(first) || first.is_ascii_digit() && core.chars().all(numeric) && !whole
}

/// An apostrophe before what Excel would change keeps it text there; [`unguarded`] takes
/// it off again.
pub fn guarded(text: String) -> String {
    if changes_in_excel(&text) {
        format!("'{text}")
    } else {
        text
    }
}

fn unguarded(cell: &str) -> &str {
    match cell.strip_prefix('\'') {
        Some(rest) if changes_in_excel(rest) => rest,
        _ => cell,
    }
}

/// The rows of a project: its parts as JSON, its reference among them. One row a shift,
/// the project's own columns in the first only.
pub fn rows(parts: &Map<String, Value>) -> Vec<Vec<String>> {
    let shifts = parts.get("shifts").and_then(Value::as_array);
    let shifts: Vec<Option<&Value>> = match shifts {
        Some(shifts) if !shifts.is_empty() => shifts.iter().map(Some).collect(),
        _ => vec![None],
    };
    let row = |(index, shift): (usize, &Option<&Value>)| {
        COLUMNS
            .iter()
            .map(|column| match (column.of_shift, shift) {
                (true, Some(shift)) => cell(column, shift.get(column.part)),
                (false, _) if index == 0 || column.name == "client_ref" => {
                    cell(column, parts.get(column.part))
                }
                _ => String::new(),
            })
            .collect()
    };
    shifts.iter().enumerate().map(row).collect()
}

fn cell(column: &Column, value: Option<&Value>) -> String {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    match (value, column.kind) {
        (None | Some(Value::Null), _) => String::new(),
        (Some(value), Kind::Text) => guarded(text(value)),
        (Some(value), Kind::Number) => value.to_string(),
        (Some(value), Kind::Time) => {
            Instant::parse(&text(value)).map_or_else(|| text(value), time_cell)
        }
        (Some(value), Kind::Word(vocabulary)) => {
            let word = text(value);
            vocabulary.zh(&word).map_or(word, str::to_owned)
        }
        (Some(value), Kind::Words(vocabulary)) => {
            let words = value.as_array().map(Vec::as_slice).unwrap_or_default();
            let zh = words
                .iter()
                .filter_map(|word| vocabulary.zh(word.as_str()?));
            zh.collect::<Vec<_>>().join("、")
        }
    }
}

fn time_cell(instant: Instant) -> String {
    let local = instant.local();
    let format = if local.second() == 0 {
        "%Y-%m-%d %H:%M"
    } else {
        "%Y-%m-%d %H:%M:%S"
    };
    local.strftime(format).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::i18n::Lang;
    use proptest::prelude::*;
    use serde_json::json;

    fn headings(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    fn pointers(cells: &Cells) -> Vec<String> {
        let faults = cells.faults.in_lang(Lang::Zh);
        faults.into_iter().map(|fault| fault.pointer).collect()
    }

    #[test]
    fn cells_become_what_the_api_takes() {
        let headings = headings(&[
            "编号",
            "状态",
            "重点领域",
            "最低年龄",
            "所需技能",
            "班次编号",
            "班次开始时间",
            "备注",
        ]);
        let rows = vec![
            (
                7,
                headings_row(&[
                    "a",
                    "发布",
                    "健康义诊",
                    "16",
                    "急救证、it",
                    "am",
                    "2026/12/5 9:00",
                    "x",
                ]),
            ),
            (
                8,
                headings_row(&["a", "", "", "16", "", "pm", "2026-12-05 14:30", ""]),
            ),
        ];
        let cells = Cells::read(&headings, &rows);
        assert!(cells.faults.is_empty(), "{:?}", cells.faults);
        assert_eq!(
            Value::Object(cells.parts.clone()),
            json!({
                "client_ref": "a", "state": "published", "field": "health", "min_age": 16,
                "skills": ["first_aid", "it"],
                "shifts": [
                    {"ref": "am", "starts_at": "2026-12-05T09:00:00+08:00"},
                    {"ref": "pm", "starts_at": "2026-12-05T14:30:00+08:00"},
                ],
            })
        );
        let place = |pointer| {
            let place = cells.place(&headings, pointer);
            (place.line, place.column)
        };
        assert_eq!(
            place("/shifts/1/starts_at"),
            (8, Some("班次开始时间".to_owned()))
        );
        assert_eq!(
            place("/shifts/1/capacity"),
            (8, Some("班次名额".to_owned()))
        );
        assert_eq!(place("/skills/1"), (7, Some("所需技能".to_owned())));
        assert_eq!(place("/title"), (7, Some("项目名称".to_owned())));
        assert_eq!(place("/shifts"), (7, Some("班次编号".to_owned())));
        assert_eq!(place(""), (7, None));
    }

    fn headings_row(cells: &[&str]) -> Vec<String> {
        headings(cells)
    }

    #[test]
    fn every_bad_cell_is_told() {
        let headings = headings(&["编号", "状态", "所需技能", "项目名称", "班次开始时间"]);
        let rows = vec![
            (
                2,
                headings_row(&["a", "上架", "it、魔术", "一", "明天", "多"]),
            ),
            (3, headings_row(&["", "", "", "二", "2026-12-05 25:00"])),
        ];
        let cells = Cells::read(&headings, &rows);
        assert_eq!(
            pointers(&cells),
            [
                "/state",
                "/skills/1",
                "/shifts/0/starts_at",
                "",
                "/title",
                "/shifts/1/starts_at"
            ]
        );
    }

    #[test]
    fn times_are_read_as_spreadsheets_write_them() {
        let nine = Instant::parse("2026-12-05T09:00:00+08:00");
        for cell in [
            "2026-12-05 09:00",
            "2026/12/5 9:00",
            "2026/12/5 9:00:00",
            "2026年12月5日 9：00",
            "2026.12.5  9:00",
            "2026-12-05T09:00",
            "2026-12-05T01:00:00Z",
        ] {
            assert_eq!(parse_time(cell), nine, "{cell}");
        }
        for cell in [
            "2026-12-05",
            "12-05 09:00",
            "2026-13-05 09:00",
            "9:00",
            "",
            "2026-12-05 9:00 PM",
            "1800-01-01 09:00",
        ] {
            assert_eq!(parse_time(cell), None, "{cell}");
        }
    }

    #[test]
    fn nothing_runs_in_excel() {
        for text in [
            "=1+1",
            "+86",
            "-a",
            "@SUM(A1)",
            "'=1",
            "＝1",
            "360731000000",
            "007",
            "2026-11-01",
            "1e5",
            "3-4",
        ] {
            let cell = guarded(text.to_owned());
            assert!(cell.starts_with('\''), "{text}");
            assert_eq!(unguarded(&cell), text);
        }
        for text in ["360731", "0", "义诊", "'a", "a=1", "p-1", "8 号楼"] {
            assert_eq!(guarded(text.to_owned()), text);
            assert_eq!(unguarded(text), text);
        }
    }

    proptest! {
        #[test]
        fn a_guard_comes_off_as_it_was_put_on(text in "['=+@0-9a-c.-]{0,6}") {
            let cell = guarded(text.clone());
            prop_assert!(cell == text || cell.starts_with('\''));
            prop_assert_eq!(unguarded(&cell), text);
        }
    }
}
