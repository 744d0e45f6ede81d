//! Bulk import and export: an organization's projects as lines of JSON or as a
//! spreadsheet. A file is taken in at once and published piece by piece, each line as
//! `PUT` of that project would; what stands is written out in the same formats.

pub mod acting;
pub mod api;
pub mod columns;
pub mod export;
pub mod lines;
pub mod pages;
pub mod reading;
pub mod receiving;
mod records;
pub mod refusal;
pub mod report;
pub mod sheet;
pub mod store;
pub mod template;
pub mod work;

// What the clock forgets.
pub use store::forget;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::choice;
use crate::organizations::OrganizationState;
use crate::platform::clock::{DAY, Instant};
use crate::platform::db;
use crate::platform::i18n::Lang;

/// A file has at most so many projects.
pub const MOST_PROJECTS: i64 = 5_000;
/// A file is at most this long, in bytes.
pub const LARGEST_FILE: usize = 20 * 1024 * 1024;
/// So many imports of one organization may be under way at once.
pub const MOST_UNDER_WAY: i64 = 3;
/// How much an organization may import within 24 hours, what it only tries included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Allowance {
    /// Imports, those done after a trial included.
    pub imports: i64,
    /// Projects in all of them.
    pub projects: i64,
    /// What files hold, in bytes, also of files that broke off.
    pub bytes: i64,
}

/// For those a coordinator has verified.
pub const OF_THE_VERIFIED: Allowance = Allowance {
    imports: 40,
    projects: 40_000,
    bytes: 100_000_000,
};

/// For all others: enough to try it. Anybody can register an organization, and what it
/// hands in is kept for a month.
pub const OF_THE_OTHERS: Allowance = Allowance {
    imports: 10,
    projects: 500,
    bytes: 2_000_000,
};

impl Allowance {
    /// What an organization in this state may.
    pub fn of(state: Option<OrganizationState>) -> Self {
        match state {
            Some(OrganizationState::Verified) => OF_THE_VERIFIED,
            _ => OF_THE_OTHERS,
        }
    }

    /// In a few words.
    pub fn words(self, lang: Lang) -> String {
        let (imports, projects, megabytes) = (self.imports, self.projects, self.bytes / 1_000_000);
        match lang {
            Lang::Zh => format!("{imports} 次、{projects} 个项目、{megabytes} MB"),
            Lang::En => format!("{imports} imports, {projects} projects, {megabytes} MB"),
        }
    }
}

/// Files and reports are kept so long, in milliseconds.
pub const KEPT_FOR: i64 = 30 * DAY;

choice! {
    /// How a file is written.
    Format {
        /// One JSON object a line.
        Ndjson = "ndjson",
        /// A spreadsheet: one row a shift.
        Csv = "csv",
    }
}

impl Format {
    /// As `Content-Type` names it.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Ndjson => "application/x-ndjson",
            Self::Csv => "text/csv; charset=utf-8",
        }
    }
}

choice! {
    /// Where an import stands.
    ImportState {
        /// Nobody has begun.
        Queued = "queued",
        /// Some lines are done.
        Running = "running",
        /// Every line is done.
        Done = "done",
        /// Called off; what was done stays.
        Cancelled = "cancelled",
    }
}

impl ImportState {
    /// Its name for people.
    pub fn name(self, lang: Lang) -> &'static str {
        match self {
            Self::Queued => lang.pick("等待处理", "waiting"),
            Self::Running => lang.pick("处理中", "under way"),
            Self::Done => lang.pick("已完成", "done"),
            Self::Cancelled => lang.pick("已取消", "cancelled"),
        }
    }

    /// Whether lines may still be done.
    pub fn goes_on(self) -> bool {
        matches!(self, Self::Queued | Self::Running)
    }
}

choice! {
    /// What became of a line; in a dry run, what would.
    LineOutcome {
        /// The project is new.
        Created = "created",
        /// It stood, and was changed.
        Replaced = "replaced",
        /// It stood like this already.
        Unchanged = "unchanged",
        /// Nothing was done.
        Refused = "refused",
    }
}

impl LineOutcome {
    /// Its name for people; a dry run only says what would be.
    pub fn name(self, dry_run: bool, lang: Lang) -> &'static str {
        match (self, dry_run) {
            (Self::Created, false) => lang.pick("已新建", "created"),
            (Self::Created, true) => lang.pick("将新建", "would be created"),
            (Self::Replaced, false) => lang.pick("已更新", "replaced"),
            (Self::Replaced, true) => lang.pick("将更新", "would be replaced"),
            (Self::Unchanged, _) => lang.pick("无变化", "unchanged"),
            (Self::Refused, false) => lang.pick("未导入", "refused"),
            (Self::Refused, true) => lang.pick("不能导入", "would be refused"),
        }
    }
}

/// An import and how far it is.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Import {
    /// UUIDv7.
    #[schema(format = "uuid")]
    pub id: String,
    /// Where it stands.
    pub state: ImportState,
    /// Whether it only shows what would happen.
    #[serde(deserialize_with = "db::truth")]
    pub dry_run: bool,
    /// How the file is written.
    pub format: Format,
    /// Projects in the file.
    pub total: i64,
    /// Projects it is done with.
    pub done: i64,
    /// New projects; in a dry run, what would be.
    pub created: i64,
    /// Changed projects.
    pub replaced: i64,
    /// Projects that stood like this already.
    pub unchanged: i64,
    /// Projects that were not taken.
    pub refused: i64,
    /// When it was handed in.
    #[schema(value_type = String, format = "date-time")]
    pub created_at: Instant,
    /// When the last line was done, or when it was called off.
    #[schema(value_type = Option<String>, format = "date-time")]
    pub finished_at: Option<Instant>,
}

/// What became of one line.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct LineReport {
    /// Its place among the projects of the file, from 1.
    pub number: i64,
    /// The line of the file, or the row of the spreadsheet, where it begins, from 1.
    pub line: i64,
    /// The organization's own name for the project, when the line says it.
    pub client_ref: Option<String>,
    /// What became of it.
    pub outcome: LineOutcome,
    /// Why it was refused, as `PUT` of that project would say.
    pub refusal: Option<LineRefusal>,
}

/// Why a line was refused.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct LineRefusal {
    /// Stable: `invalid_fields`, `shift_has_signups`, `organization_not_verified`, …
    pub code: String,
    /// A sentence for people.
    pub detail: String,
    /// Every fault of the line.
    pub errors: Vec<LineFault>,
}

/// One fault of a line.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct LineFault {
    /// JSON pointer into the project.
    pub pointer: String,
    /// The line of the file, or the row of the spreadsheet.
    pub line: i64,
    /// The column of the spreadsheet.
    pub column: Option<String>,
    /// What is wrong.
    pub detail: String,
}

/// Whether asking for this path gets imports on: whoever looks at one waits for it.
pub fn wakes(path: &str) -> bool {
    path.contains("/organizations/") && path.contains("/imports")
}
