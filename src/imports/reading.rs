//! What a line says: a project with its name, or everything that is wrong with it. The
//! project is read exactly as `PUT` reads it.

use axum::http::StatusCode;
use serde_json::{Map, Value};

use super::Format;
use super::lines::Rows;
use super::refusal::{Place, Refusal};
use super::sheet::Cells;
use super::store::{Held, Work};
use crate::menu::notice::{ProjectBody, Reference, reference_words};
use crate::platform::fields::FieldErrors;
use crate::platform::i18n::Words;
use crate::platform::input::LARGE_BODY;
use crate::platform::json::{self, Fault};
use crate::platform::problem::Problem;

/// A line that was read.
#[derive(Debug)]
pub struct Read {
    /// Its place among the projects of the file.
    pub seq: i64,
    /// Where it begins in the file.
    pub line: i64,
    /// The organization's own name for the project, as far as it can be read.
    pub reference: Option<Reference>,
    /// The project.
    pub body: Result<ProjectBody, Problem>,
    /// The cells it stands in, in a spreadsheet.
    cells: Option<Cells>,
}

impl Read {
    /// Reads a line of an import.
    pub fn new(work: &Work, held: &Held) -> Self {
        let mut this = Self {
            seq: held.seq,
            line: held.line,
            reference: None,
            body: Err(too_long()),
            cells: None,
        };
        let Some(source) = &held.source else {
            return this;
        };
        let mut faults = FieldErrors::default();
        let parts = match work.format {
            Format::Ndjson => match parse(source) {
                Ok(parts) => parts,
                Err(problem) => {
                    this.body = Err(problem);
                    return this;
                }
            },
            Format::Csv => {
                let rows: Rows = serde_json::from_str(source).unwrap_or_default();
                let mut cells = Cells::read(&work.headings, &rows);
                faults = std::mem::take(&mut cells.faults);
                let parts = std::mem::take(&mut cells.parts);
                this.cells = Some(cells);
                parts
            }
        };
        this.take(parts, faults);
        this
    }

    fn take(&mut self, mut parts: Map<String, Value>, mut faults: FieldErrors) {
        self.reference = match parts.remove("client_ref") {
            None | Some(Value::Null) => {
                faults.push("/client_ref", Words::new("此项必填", "is missing"));
                None
            }
            Some(name) => {
                let reference = name.as_str().and_then(Reference::parse);
                if reference.is_none() {
                    faults.push("/client_ref", reference_words());
                }
                reference
            }
        };
        let body = deserr::deserialize::<ProjectBody, _, FieldErrors>(Value::Object(parts));
        self.body = match body {
            Ok(body) if faults.is_empty() => Ok(body),
            Ok(_) => Err(Problem::invalid(faults)),
            Err(more) => {
                faults.extend_elsewhere(more);
                Err(Problem::invalid(faults))
            }
        };
    }

    /// Why it is refused, with the places of its faults in the file.
    pub fn refusal(&self, headings: &[String], problem: &Problem) -> Refusal {
        Refusal::of(problem, |pointer| match &self.cells {
            Some(cells) => cells.place(headings, pointer),
            None => Place {
                line: self.line,
                column: None,
            },
        })
    }
}

fn parse(source: &str) -> Result<Map<String, Value>, Problem> {
    let malformed = |words| Problem::new(StatusCode::BAD_REQUEST, "malformed_json", words);
    match json::parse(source.as_bytes()) {
        Ok(Value::Object(parts)) => Ok(parts),
        Ok(_) => Err(malformed(Words::new(
            "这一行应为一个 JSON 对象",
            "The line must be one JSON object",
        ))),
        Err(Fault::Duplicates(pointers)) => {
            let mut twice = FieldErrors::default();
            for pointer in pointers {
                twice.push(pointer, Words::new("只能出现一次", "must appear once"));
            }
            let words = Words::new("这一行有重复的字段名", "The line gives a name twice");
            Err(Problem::new(StatusCode::BAD_REQUEST, "duplicate_key", words).with_fields(twice))
        }
        Err(Fault::TooDeep(pointer)) => Err(Problem::new(
            StatusCode::BAD_REQUEST,
            "json_too_deep",
            Words::new("这一行嵌套过深", "The line is nested too deeply"),
        )
        .with_fields(FieldErrors::one(
            pointer,
            Words::new("嵌套过深", "is nested too deeply"),
        ))),
        Err(Fault::Syntax(_, column)) => Err(malformed(Words::new(
            format!("这一行不是合法的 JSON（第 {column} 列）"),
            format!("The line is not JSON (column {column})"),
        ))),
        Err(Fault::NotUtf8(_)) => Err(malformed(Words::new(
            "这一行不是 UTF-8 编码",
            "The line is not UTF-8",
        ))),
    }
}

fn too_long() -> Problem {
    let kilobytes = LARGE_BODY / 1024;
    Problem::new(
        StatusCode::PAYLOAD_TOO_LARGE,
        "body_too_large",
        Words::new(
            format!("一个项目不能超过 {kilobytes} KB"),
            format!("A project must be at most {kilobytes} KB"),
        ),
    )
}
