//! Why a line is refused, told in both languages: whoever reads the report may not be
//! whoever handed the file in.

use serde::{Deserialize, Serialize};

use super::{LineFault, LineRefusal};
use crate::platform::fields::FieldErrors;
use crate::platform::i18n::{Lang, Words};
use crate::platform::problem::Problem;

/// As it is stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    code: String,
    zh: String,
    en: String,
    faults: Vec<Fault>,
}

/// One fault, and where it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    pointer: String,
    line: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    column: Option<String>,
    zh: String,
    en: String,
}

/// Where in a file a part of a project stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The line, or the row.
    pub line: i64,
    /// The column of a spreadsheet.
    pub column: Option<String>,
}

impl Refusal {
    /// Of a problem, with each field where `place` finds it.
    pub fn of(problem: &Problem, place: impl Fn(&str) -> Place) -> Self {
        let errors = |lang| problem.errors().in_lang(lang);
        let faults = errors(Lang::Zh)
            .into_iter()
            .zip(errors(Lang::En))
            .map(|(zh, en)| {
                let Place { line, column } = place(&zh.pointer);
                Fault {
                    pointer: zh.pointer,
                    line,
                    column,
                    zh: zh.detail,
                    en: en.detail,
                }
            })
            .collect();
        Self {
            code: problem.code().to_owned(),
            zh: problem.title(Lang::Zh).to_owned(),
            en: problem.title(Lang::En).to_owned(),
            faults,
        }
    }

    /// In one language.
    pub fn in_lang(self, lang: Lang) -> LineRefusal {
        let errors = self.faults.into_iter().map(|fault| LineFault {
            pointer: fault.pointer,
            line: fault.line,
            column: fault.column,
            detail: lang.pick(fault.zh, fault.en),
        });
        LineRefusal {
            code: self.code,
            detail: lang.pick(self.zh, self.en),
            errors: errors.collect(),
        }
    }
}

/// The project's name stands on an earlier line of the same file too.
pub fn duplicate(line: i64) -> FieldErrors {
    FieldErrors::one(
        "/client_ref",
        Words::new(
            format!("与第 {line} 行重复，一个项目只能出现一次"),
            format!("is on line {line} already; a project may appear once"),
        ),
    )
}
