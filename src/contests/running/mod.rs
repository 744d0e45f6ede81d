//! Running a contest: preparing it, publishing its rules, amending them in the open,
//! calling it off, and who has an office in it.

mod acts;
pub mod api;
pub mod pages;
pub mod store;

pub use acts::not_running;

use deserr::Deserr;
use utoipa::ToSchema;

use super::ContestOffice;
use super::rules::Rules;
use crate::platform::fields::FieldErrors;
use crate::platform::input::Id;
use crate::platform::text::{Line, Prose};
use crate::regions::RegionCode;
use crate::volunteers::Phone;

/// A contest to be prepared.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = FieldErrors, deny_unknown_fields)]
pub struct NewContest {
    /// The organization that holds it; when left out, the office that coordinates `region`.
    #[deserr(default)]
    #[schema(value_type = Option<String>, format = "uuid")]
    pub organization_id: Option<Id>,
    /// Where it is held; the organization's own division when left out.
    #[deserr(default)]
    pub region: Option<RegionCode>,
    /// Its name.
    #[schema(example = "赣州市志愿服务项目大赛")]
    pub name: Line<60>,
    /// What it is about, and who may enter.
    #[deserr(default)]
    pub about: Option<Prose<4000>>,
    /// Its rules so far.
    #[deserr(default)]
    pub rules: Option<Rules>,
}

/// A draft written anew.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = FieldErrors, deny_unknown_fields)]
pub struct ContestDraft {
    /// Its name.
    #[schema(example = "赣州市志愿服务项目大赛")]
    pub name: Line<60>,
    /// What it is about, and who may enter.
    #[deserr(default)]
    pub about: Option<Prose<4000>>,
    /// Its rules so far.
    #[deserr(default)]
    pub rules: Option<Rules>,
}

/// Other rules, for a reason.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = FieldErrors, deny_unknown_fields)]
pub struct Amendment {
    /// Why; everybody reads it.
    #[schema(example = "应多地要求，报名延长一周。")]
    pub reason: Line<300>,
    /// The rules as they shall be, whole.
    pub rules: Rules,
}

/// Why a contest is called off.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = FieldErrors, deny_unknown_fields)]
pub struct Cancellation {
    /// Everybody reads it.
    #[schema(example = "因汛期防灾，本届大赛取消。")]
    pub reason: Line<300>,
}

/// Somebody to have an office in a contest.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = FieldErrors, deny_unknown_fields)]
pub struct OfficerBody {
    /// Theirs; they need not have signed in before.
    pub phone: Phone,
    /// Which office.
    pub role: ContestOffice,
}
