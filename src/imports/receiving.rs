//! Taking a file in while it arrives: decoded, taken apart into projects, and kept in
//! pieces. Of 20 MB, about one is in memory at a time.

use axum::http::StatusCode;

use super::lines::{Fault, JsonLines, Line, Sheet};
use super::store;
use super::{Format, MOST_PROJECTS};
use crate::platform::charset::{Charset, Decoder, Unreadable};
use crate::platform::db::Statement;
use crate::platform::i18n::Words;
use crate::platform::problem::Problem;
use crate::platform::visit::Visit;

/// So much of a file is looked at to tell what it is.
const FIRST_LOOK: usize = 64 * 1024;
/// Lines are kept when so many bytes of them have gathered.
const A_LOAD: usize = 600_000;

/// A file on its way in.
pub struct Receiving<'a> {
    visit: &'a Visit,
    organization: &'a str,
    /// Its id.
    upload: String,
    /// None: whatever it looks like.
    format: Option<Format>,
    /// What has arrived before the first look.
    first: Vec<u8>,
    reading: Option<Reading>,
    lines: Vec<Line>,
    bytes: usize,
    /// Lines kept so far.
    kept: i64,
    /// To be done with the first lines.
    beginning: Option<Statement>,
}

/// What is known after the first look.
struct Reading {
    decoder: Decoder,
    splitter: Splitter,
    format: Format,
}

enum Splitter {
    Lines(JsonLines),
    Sheet(Box<Sheet>),
}

/// A file that has arrived.
#[derive(Debug)]
pub struct Received {
    /// Its id.
    pub upload: String,
    /// How it is written.
    pub format: Format,
    /// Projects in it.
    pub total: i64,
    /// What keeps the last of its lines.
    pub last_lines: Vec<Statement>,
}

impl<'a> Receiving<'a> {
    /// Of a file for an organization; without a format, whatever it looks like.
    pub fn new(visit: &'a Visit, organization: &'a str, format: Option<Format>) -> Self {
        Self {
            visit,
            organization,
            upload: visit.new_id().to_string(),
            format,
            first: Vec::new(),
            reading: None,
            lines: Vec::new(),
            bytes: 0,
            kept: 0,
            beginning: None,
        }
    }

    /// Its id.
    pub fn upload(&self) -> &str {
        &self.upload
    }

    /// Takes the next piece. Refusals are `unreadable_file`, `too_many_projects` and
    /// `import_quota_spent`.
    pub async fn push(&mut self, piece: &[u8]) -> Result<(), Problem> {
        if self.reading.is_some() {
            return self.read(piece, false).await;
        }
        self.first.extend_from_slice(piece);
        if self.first.len() < FIRST_LOOK {
            return Ok(());
        }
        self.look(false).await
    }

    /// The end of the file.
    pub async fn end(mut self) -> Result<Received, Problem> {
        if self.reading.is_none() {
            self.look(true).await?;
        } else {
            self.read(&[], true).await?;
        }
        let Some(Reading { format, .. }) = self.reading.take() else {
            return Err(Problem::internal("a file was never looked at"));
        };
        let total = self.kept + i64::try_from(self.lines.len()).unwrap_or(i64::MAX);
        if total == 0 {
            return Err(unreadable(Words::new(
                "文件里没有项目",
                "There is no project in the file",
            )));
        }
        Ok(Received {
            last_lines: self.load(),
            upload: self.upload,
            format,
            total,
        })
    }

    /// Tells what the file is by its beginning, and reads that.
    async fn look(&mut self, last: bool) -> Result<(), Problem> {
        let first = std::mem::take(&mut self.first);
        let bytes = first.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&first);
        for (magic, words) in [
            (&b"PK\x03\x04"[..], workbook()),
            (b"\xD0\xCF\x11\xE0", workbook()),
            (b"\xFF\xFE", utf16()),
            (b"\xFE\xFF", utf16()),
        ] {
            if bytes.starts_with(magic) {
                return Err(unreadable(words));
            }
        }
        let looks_like_json = bytes.trim_ascii_start().starts_with(b"{");
        let format = self.format.unwrap_or(if looks_like_json {
            Format::Ndjson
        } else {
            Format::Csv
        });
        let charset = match format {
            Format::Ndjson => Charset::Utf8,
            Format::Csv => Charset::guess(bytes),
        };
        let decoder = || Decoder::new(charset).map_err(|fault| undecodable(fault, 0));
        let (splitter, headings) = match format {
            Format::Ndjson => (Splitter::Lines(JsonLines::default()), Vec::new()),
            Format::Csv => {
                let beginning = decoder()?
                    .decode(bytes, last)
                    .map_err(|fault| undecodable(fault, 0))?;
                let sheet = Sheet::new(&beginning).map_err(unreadable)?;
                let headings = sheet.headings().to_vec();
                (Splitter::Sheet(Box::new(sheet)), headings)
            }
        };
        self.beginning = Some(store::begin(
            self.visit,
            &self.upload,
            self.organization,
            format,
            &headings,
        ));
        self.reading = Some(Reading {
            decoder: decoder()?,
            splitter,
            format,
        });
        self.read(bytes, last).await
    }

    async fn read(&mut self, bytes: &[u8], last: bool) -> Result<(), Problem> {
        let Some(reading) = &mut self.reading else {
            return Err(Problem::internal("a file is read before it is looked at"));
        };
        let before = self.lines.len();
        let line = self.kept + i64::try_from(before).unwrap_or(i64::MAX);
        let text = reading
            .decoder
            .decode(bytes, last)
            .map_err(|fault| undecodable(fault, line))?;
        match &mut reading.splitter {
            Splitter::Lines(lines) => {
                lines.push(&text, &mut self.lines);
                if last {
                    lines.end(&mut self.lines);
                }
            }
            Splitter::Sheet(sheet) => {
                sheet.push(&text, &mut self.lines).map_err(unreadable)?;
                if last {
                    sheet.end(&mut self.lines).map_err(unreadable)?;
                }
            }
        }
        let new = self.lines.get(before..).unwrap_or_default();
        self.bytes += new
            .iter()
            .filter_map(|line| Some(line.source.as_ref()?.len()))
            .sum::<usize>();
        let total = self.kept + i64::try_from(self.lines.len()).unwrap_or(i64::MAX);
        if total > MOST_PROJECTS {
            return Err(Problem::new(
                StatusCode::UNPROCESSABLE_ENTITY,
                "too_many_projects",
                Words::new(
                    format!("一个文件最多 {MOST_PROJECTS} 个项目，请分成几个文件"),
                    format!("A file may have {MOST_PROJECTS} projects at most; split it"),
                ),
            ));
        }
        if self.bytes > A_LOAD {
            let statements = self.load();
            store::keep(self.visit, self.organization, statements).await?;
        }
        Ok(())
    }

    /// What keeps the lines at hand.
    fn load(&mut self) -> Vec<Statement> {
        let lines = std::mem::take(&mut self.lines);
        let first = self.kept + 1;
        self.kept += i64::try_from(lines.len()).unwrap_or(i64::MAX);
        self.bytes = 0;
        let mut statements: Vec<Statement> = self.beginning.take().into_iter().collect();
        statements.extend(store::keep_lines(&self.upload, first, lines));
        statements
    }
}

/// 422: the file as a whole cannot be read, for this reason.
pub fn unreadable(words: Fault) -> Problem {
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "unreadable_file", words)
}

fn undecodable(Unreadable: Unreadable, after: i64) -> Problem {
    let (zh, en) = match after {
        0 => ("文件".to_owned(), "The text".to_owned()),
        _ => (
            format!("第 {after} 个项目之后"),
            format!("The text after project {after}"),
        ),
    };
    unreadable(Words::new(
        format!("{zh}的文字编码无法识别。请在表格软件里另存为“CSV UTF-8”再上传"),
        format!("{en} is in no known encoding. Save the file as “CSV UTF-8”"),
    ))
}

fn workbook() -> Words {
    Words::new(
        "这是 Excel 工作簿。请在表格软件里另存为“CSV UTF-8（逗号分隔）”再上传",
        "This is an Excel workbook. Save it as “CSV UTF-8 (comma delimited)” first",
    )
}

fn utf16() -> Words {
    Words::new(
        "文件是 UTF-16 编码。请在表格软件里另存为“CSV UTF-8”再上传",
        "The file is UTF-16. Save it as “CSV UTF-8” first",
    )
}
