//! The recruitment notice (招募信息): what an organization writes about a project.

use deserr::{Deserr, IntoValue, Value, ValuePointerRef};
use serde::Serialize;
use utoipa::ToSchema;

use super::repeats::{self, Repeat};
use super::{Field, ProjectState, ShiftState, SignUpApproval, Skill};
use crate::platform::clock::{DAY, Instant};
use crate::platform::fields::FieldErrors;
use crate::platform::i18n::Words;
use crate::platform::input::{Count, Many, string_from};
use crate::platform::text::{Line, Prose};
use crate::regions::RegionCode;

/// A project has at most so many shifts.
pub const MOST_SHIFTS: usize = 200;
/// And so many rules by which they repeat.
pub const MOST_REPEATS: usize = 20;
/// Nobody plans further ahead than this, in milliseconds.
pub const FURTHEST: i64 = 2 * 366 * DAY;

/// An organization's own name for a thing: 1 to 64 letters, digits, `.`, `_`, `~`, `-`,
/// no dot first, for addresses read those as something else (RFC 3986, section 5.2.4).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Reference(String);

crate::string_schema!(
    Reference,
    "Reference",
    "The organization's own name for a thing, unique among its like.",
    "^[A-Za-z0-9_~-][A-Za-z0-9._~-]{0,63}$",
    "winter-class-2026"
);

impl Reference {
    /// Reads a reference.
    pub fn parse(text: &str) -> Option<Self> {
        let unreserved = |b: u8| b.is_ascii_alphanumeric() || b"._~-".contains(&b);
        let fit = (1..=64).contains(&text.len())
            && text.bytes().all(unreserved)
            && !text.starts_with('.');
        fit.then(|| Self(text.to_owned()))
    }

    /// As it was written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Deserr<FieldErrors> for Reference {
    fn deserialize_from_value<V: IntoValue>(
        value: Value<V>,
        location: ValuePointerRef,
    ) -> Result<Self, FieldErrors> {
        Self::parse(&string_from(value, location)?)
            .ok_or_else(|| FieldErrors::at(location, reference_words()))
    }
}

/// What a reference may look like.
pub fn reference_words() -> Words {
    Words::new(
        "应为 1 到 64 个字母、数字或 . _ ~ -，不以 . 开头",
        "must be 1 to 64 letters, digits, or . _ ~ -, no dot first",
    )
}

/// A project as its organization writes it. Drafts may lack any part; published ones
/// state time, place, content, conditions, headcount, how to sign up, risks and
/// safeguards (志愿服务条例, article 12).
#[derive(Clone, Debug, Deserr, Serialize, ToSchema)]
#[deserr(error = FieldErrors, deny_unknown_fields, validate = repeats::expand -> FieldErrors)]
pub struct ProjectBody {
    /// `draft` when left out. `cancelled` calls the project off.
    #[deserr(default = ProjectState::Draft)]
    #[schema(required = false)]
    pub state: ProjectState,
    /// What it is called.
    #[schema(example = "冬日山村科学课")]
    #[deserr(default)]
    pub title: Option<Line<60>>,
    /// Key field.
    #[deserr(default)]
    pub field: Option<Field>,
    /// One line for the menu.
    #[deserr(default)]
    pub summary: Option<Line<120>>,
    /// What volunteers will do, and for whom.
    #[deserr(default)]
    pub content: Option<Prose<4000>>,
    /// GB/T 2260 division code of 2, 4, 6, 9 or 12 digits.
    #[deserr(default)]
    pub region: Option<RegionCode>,
    /// Where to come.
    #[deserr(default)]
    pub place: Option<Line<120>>,
    /// Who may come.
    #[deserr(default)]
    pub conditions: Option<Prose<1000>>,
    /// How to sign up, and what happens then.
    #[deserr(default)]
    pub how_to_sign_up: Option<Prose<1000>>,
    /// What could go wrong.
    #[deserr(default)]
    pub risks: Option<Prose<1000>>,
    /// What is done about it.
    #[deserr(default)]
    pub safeguards: Option<Prose<1000>>,
    /// What to bring.
    #[deserr(default)]
    pub what_to_bring: Option<Prose<500>>,
    /// Youngest age in whole years on the day of the shift; 14 when left out. Below 18 a
    /// guardian consents, below 14 a guardian comes along.
    #[deserr(default)]
    #[schema(value_type = Option<i64>, minimum = 0, maximum = 80)]
    pub min_age: Option<Count<0, 80>>,
    /// What somebody must be able to do, all of it.
    #[deserr(default)]
    #[schema(value_type = Vec<Skill>, required = false, max_items = 12)]
    pub skills: Many<Skill, 12>,
    /// When sign-up opens; at once when left out.
    #[schema(value_type = Option<String>, format = "date-time")]
    #[deserr(default)]
    pub sign_up_opens_at: Option<Instant>,
    /// With `required` a sign-up has no seat until the organizer approves of it; requests
    /// fill seats and waiting places together. `none` approves of everybody who waits for
    /// that. Left out, it is `none` for a new project; one that was published keeps what
    /// stands.
    #[deserr(default)]
    pub approval: Option<SignUpApproval>,
    /// Sign-up closes so many minutes before a shift starts; 0 when left out.
    #[schema(value_type = Option<i64>, minimum = 0, maximum = 43200)]
    #[deserr(default)]
    pub sign_up_closes_minutes: Option<Count<0, 43_200>>,
    /// Volunteers may cancel by themselves until so many minutes before the start; 1440
    /// when left out.
    #[schema(value_type = Option<i64>, minimum = 0, maximum = 43200)]
    #[deserr(default)]
    pub cancel_until_minutes: Option<Count<0, 43_200>>,
    /// Time to get to the place, in minutes; 30 when left out.
    #[schema(value_type = Option<i64>, minimum = 0, maximum = 1440)]
    #[deserr(default)]
    pub travel_minutes: Option<Count<0, 1440>>,
    /// The time slots, 200 at most.
    #[deserr(default)]
    #[schema(value_type = Vec<ShiftBody>, required = false, max_items = 200)]
    pub shifts: Many<ShiftBody, MOST_SHIFTS>,
    /// Shifts that repeat. They are made when the project is written, and answered among
    /// its `shifts`; one listed there with the same reference takes the place of the one
    /// that would be made.
    #[deserr(default)]
    #[serde(
        skip_serializing_if = "<[Repeat]>::is_empty",
        serialize_with = "repeats::once_made"
    )]
    #[schema(value_type = Vec<Repeat>, required = false, max_items = 20)]
    pub repeats: Many<Repeat, MOST_REPEATS>,
    /// Why the place changes or the project is called off; told to those signed up.
    #[deserr(default)]
    pub change_reason: Option<Line<200>>,
}

/// One time slot of one role.
#[derive(Clone, Debug, Deserr, Serialize, ToSchema)]
#[deserr(error = FieldErrors, deny_unknown_fields)]
pub struct ShiftBody {
    /// The organization's own name for the shift, unique in the project.
    #[deserr(rename = "ref")]
    #[serde(rename = "ref")]
    #[schema(example = "sat-am")]
    pub reference: Reference,
    /// What somebody does.
    #[schema(example = "课堂助教")]
    pub role: Line<40>,
    /// RFC 3339 with an offset.
    #[schema(value_type = String, format = "date-time")]
    pub starts_at: Instant,
    /// RFC 3339 with an offset; up to 24 hours after the start.
    #[schema(value_type = String, format = "date-time")]
    pub ends_at: Instant,
    /// Seats.
    #[schema(value_type = i64, minimum = 1, maximum = 10000)]
    pub capacity: Count<1, 10_000>,
    /// Places on the waiting list; 0 when left out.
    #[schema(value_type = Option<i64>, minimum = 0, maximum = 10000)]
    #[deserr(default)]
    pub waitlist: Option<Count<0, 10_000>>,
    /// `open` when left out. `cancelled` calls it off.
    #[deserr(default = ShiftState::Open)]
    #[schema(required = false)]
    pub state: ShiftState,
    /// Why a shift with sign-ups is moved or called off; told to those signed up.
    #[deserr(default)]
    pub change_reason: Option<Line<200>>,
    /// Which of the repeats made it.
    #[deserr(skip)]
    #[serde(skip)]
    pub repeat: Option<usize>,
}

impl ShiftBody {
    /// Where it stands in the body, or what made it: `/shifts/0`, `/repeats/0`.
    pub fn pointer(&self, index: usize) -> String {
        match self.repeat {
            None => format!("/shifts/{index}"),
            Some(repeat) => format!("/repeats/{repeat}"),
        }
    }

    /// Places on the waiting list.
    pub fn waitlist(&self) -> i64 {
        self.waitlist.map_or(0, Count::get)
    }
}

impl ProjectBody {
    /// Checks what one field alone cannot tell, and for a project that is, or ever was,
    /// published everything the notice must say: all faults at once.
    pub fn check(&self, was_published: bool) -> Result<(), FieldErrors> {
        let mut errors = FieldErrors::default();
        self.check_shifts(&mut errors);
        if was_published || self.state != ProjectState::Draft {
            self.check_notice(&mut errors);
        }
        errors.into_result()
    }

    fn check_shifts(&self, errors: &mut FieldErrors) {
        let mut seen = std::collections::BTreeSet::new();
        for (index, shift) in self.shifts.iter().enumerate() {
            let at = shift.pointer(index);
            if !seen.insert(&shift.reference) {
                errors.push(
                    format!("{at}/ref"),
                    Words::new("与前面的班次重复", "is used by an earlier shift"),
                );
            }
            if shift.ends_at <= shift.starts_at || shift.ends_at > shift.starts_at.plus(DAY) {
                errors.push(
                    format!("{at}/ends_at"),
                    Words::new(
                        "应在开始之后，且不超过 24 小时",
                        "must be after the start, by 24 hours at most",
                    ),
                );
            }
        }
    }

    fn check_notice(&self, errors: &mut FieldErrors) {
        for (missing, pointer) in [
            (self.title.is_none(), "/title"),
            (self.field.is_none(), "/field"),
            (self.summary.is_none(), "/summary"),
            (self.content.is_none(), "/content"),
            (self.region.is_none(), "/region"),
            (self.place.is_none(), "/place"),
            (self.conditions.is_none(), "/conditions"),
            (self.how_to_sign_up.is_none(), "/how_to_sign_up"),
            (self.risks.is_none(), "/risks"),
            (self.safeguards.is_none(), "/safeguards"),
            (
                self.shifts.is_empty()
                    && matches!(self.state, ProjectState::Published | ProjectState::Closed),
                "/shifts",
            ),
        ] {
            if missing {
                errors.push(
                    pointer,
                    Words::new("发布前必须填写", "must be stated before publishing"),
                );
            }
        }
    }

    /// Skills without repetition, in a fixed order.
    pub fn skills(&self) -> Vec<Skill> {
        let mut skills = self.skills.to_vec();
        skills.sort_unstable();
        skills.dedup();
        skills
    }

    /// Youngest age in whole years.
    pub fn min_age(&self) -> i64 {
        self.min_age.map_or(14, Count::get)
    }

    /// Whether the organizer decides on each sign-up.
    pub fn approval(&self) -> SignUpApproval {
        self.approval.unwrap_or(SignUpApproval::None)
    }

    /// Minutes before the start of a shift when sign-up closes.
    pub fn sign_up_closes_minutes(&self) -> i64 {
        self.sign_up_closes_minutes.map_or(0, Count::get)
    }

    /// Minutes before the start until which volunteers cancel by themselves.
    pub fn cancel_until_minutes(&self) -> i64 {
        self.cancel_until_minutes.map_or(1440, Count::get)
    }

    /// Minutes to get to the place.
    pub fn travel_minutes(&self) -> i64 {
        self.travel_minutes.map_or(30, Count::get)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::i18n::Lang;
    use serde_json::json;

    fn read(value: serde_json::Value) -> ProjectBody {
        deserr::deserialize::<_, _, FieldErrors>(value).unwrap()
    }

    fn faults(value: serde_json::Value) -> Vec<String> {
        let errors = read(value).check(false).unwrap_err();
        errors
            .in_lang(Lang::En)
            .into_iter()
            .map(|field| field.pointer)
            .collect()
    }

    #[test]
    fn a_draft_may_lack_everything() {
        assert!(read(json!({})).check(false).is_ok());
        assert!(read(json!({})).check(true).is_err());
    }

    #[test]
    fn a_published_notice_lists_all_that_is_missing() {
        assert_eq!(
            faults(json!({"state": "published", "title": "义诊", "risks": "路滑"})),
            [
                "/field",
                "/summary",
                "/content",
                "/region",
                "/place",
                "/conditions",
                "/how_to_sign_up",
                "/safeguards",
                "/shifts",
            ]
        );
    }

    #[test]
    fn shifts_are_checked_in_drafts_too() {
        let shift = |name: &str, from: &str, to: &str| json!({"ref": name, "role": "助教", "starts_at": from, "ends_at": to, "capacity": 3});
        let (eight, ten) = ("2026-11-28T08:00:00+08:00", "2026-11-28T10:00:00+08:00");
        assert_eq!(
            faults(json!({"shifts": [
                shift("a", eight, ten),
                shift("a", ten, eight),
                shift("b", eight, "2026-11-29T08:00:01+08:00"),
                shift("c", eight, "2026-11-29T08:00:00+08:00"),
            ]})),
            ["/shifts/1/ref", "/shifts/1/ends_at", "/shifts/2/ends_at"]
        );
    }

    #[test]
    fn a_reference_stays_itself_in_a_url() {
        for good in ["a", "2026.11_x~y-z", &"a".repeat(64)] {
            assert!(Reference::parse(good).is_some(), "{good}");
        }
        for bad in ["", "a/b", "a b", "项目", "a%20", &"a".repeat(65)] {
            assert!(Reference::parse(bad).is_none(), "{bad}");
        }
    }
}
