//! What organizations offer: projects with their recruitment notices and shifts, and
//! the menu on which they are found.

pub mod api;
pub mod changes;
pub mod document;
pub mod feed;
pub mod lifecycle;
pub mod notice;
pub mod opportunities;
pub mod own;
pub mod pages;
pub mod parts;
pub mod precondition;
pub mod publishing;
pub mod recurrence;
pub mod repeats;
pub mod replacing;
pub mod search;
pub mod store;

// What the clock moves on, and what another capability shows within its own question.
pub use store::{Listed, move_on, upcoming_of};
// What bulk import and export read and write.
pub use store::{
    OwnProjects, ProjectRow, Replacement, Several, ShiftRow, own_after, own_page, replacement,
    several, several_statements,
};

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::choice;
use crate::platform::clock::Instant;
use crate::platform::db;
use crate::platform::i18n::{Lang, Words};
use crate::platform::input::Choice as _;

choice! {
    /// The policy's key fields (重点领域).
    Field {
        /// 帮扶重点村
        Village = "village",
        /// 产业帮扶
        Industry = "industry",
        /// 教育帮扶
        Education = "education",
        /// 健康帮扶
        Health = "health",
        /// 易地搬迁后续
        Relocation = "relocation",
        /// 关爱保障
        Care = "care",
        /// 其他行动
        Other = "other",
    }
}

impl Field {
    /// The seven fields in the policy's order.
    pub fn all() -> impl Iterator<Item = Self> {
        Self::ALL.iter().map(|(field, _)| *field)
    }

    /// Its name for people.
    pub fn name(self, lang: Lang) -> &'static str {
        match self {
            Self::Village => lang.pick("结对帮村", "Villages"),
            Self::Industry => lang.pick("产业助农", "Farming and trade"),
            Self::Education => lang.pick("教育陪伴", "Education"),
            Self::Health => lang.pick("健康义诊", "Health"),
            Self::Relocation => lang.pick("搬迁安家", "Resettlement"),
            Self::Care => lang.pick("关爱照护", "Care"),
            Self::Other => lang.pick("生态文化及其他", "Nature, culture and more"),
        }
    }
}

choice! {
    /// What some shifts need somebody to be able to do.
    Skill {
        /// 教学
        Teaching = "teaching",
        /// 医护
        Medical = "medical",
        /// 心理咨询
        Counselling = "counselling",
        /// 社会工作
        SocialWork = "social_work",
        /// 法律
        Legal = "legal",
        /// 农技
        Agriculture = "agriculture",
        /// 电商直播
        ECommerce = "e_commerce",
        /// 驾驶
        Driving = "driving",
        /// 急救
        FirstAid = "first_aid",
        /// 手语
        SignLanguage = "sign_language",
        /// 摄影摄像
        Photography = "photography",
        /// 电脑网络
        It = "it",
    }
}

impl Skill {
    /// All skills.
    pub fn all() -> impl Iterator<Item = Self> {
        Self::ALL.iter().map(|(skill, _)| *skill)
    }

    /// Its name for people.
    pub fn name(self, lang: Lang) -> &'static str {
        match self {
            Self::Teaching => lang.pick("教学经验", "teaching"),
            Self::Medical => lang.pick("医护资质", "medical licence"),
            Self::Counselling => lang.pick("心理咨询", "counselling"),
            Self::SocialWork => lang.pick("社会工作", "social work"),
            Self::Legal => lang.pick("法律知识", "law"),
            Self::Agriculture => lang.pick("农业技术", "farming"),
            Self::ECommerce => lang.pick("电商直播", "e-commerce"),
            Self::Driving => lang.pick("驾驶证", "driving licence"),
            Self::FirstAid => lang.pick("急救证", "first aid"),
            Self::SignLanguage => lang.pick("手语", "sign language"),
            Self::Photography => lang.pick("摄影摄像", "photography"),
            Self::It => lang.pick("电脑网络", "computers"),
        }
    }
}

choice! {
    /// Where a project stands.
    ProjectState {
        /// Not on the menu; parts may be missing.
        Draft = "draft",
        /// On the menu.
        Published = "published",
        /// No more sign-ups; shifts go on.
        Closed = "closed",
        /// Called off; those signed up are told.
        Cancelled = "cancelled",
    }
}

impl ProjectState {
    /// Its name for people.
    pub fn name(self, lang: Lang) -> &'static str {
        match self {
            Self::Draft => lang.pick("草稿", "Draft"),
            Self::Published => lang.pick("已发布", "Published"),
            Self::Closed => lang.pick("已停止报名", "Closed"),
            Self::Cancelled => lang.pick("已取消", "Called off"),
        }
    }
}

choice! {
    /// Where a shift stands.
    ShiftState {
        /// Takes place.
        Open = "open",
        /// Called off; those signed up are told.
        Cancelled = "cancelled",
    }
}

choice! {
    /// Whether the organizer decides on each sign-up.
    SignUpApproval {
        /// Whoever fits has the seat at once.
        None = "none",
        /// A sign-up is a request until the organizer approves of it.
        Required = "required",
    }
}

/// How many places are left, in one word a person can act on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Places {
    /// So many seats.
    Free(i64),
    /// No seat, but a waiting list with room.
    Waiting,
    /// Neither.
    Full,
}

impl Places {
    /// From free seats and free places on the waiting list.
    pub fn of(seats: i64, waits: i64) -> Self {
        match (seats, waits) {
            (1.., _) => Self::Free(seats),
            (_, 1..) => Self::Waiting,
            _ => Self::Full,
        }
    }

    /// What the menu says: `余 6 位`.
    pub fn words(self) -> Words {
        match self {
            Self::Free(seats) => Words::new(format!("余 {seats} 位"), format!("{seats} left")),
            Self::Waiting => Words::new("可候补", "waiting list"),
            Self::Full => Words::new("已满", "full"),
        }
    }

    /// The style of those words.
    pub fn class(self) -> &'static str {
        match self {
            Self::Free(1..=3) => "seats few",
            Self::Free(_) => "seats",
            Self::Waiting => "seats wait",
            Self::Full => "seats none",
        }
    }
}

/// One line of the menu.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct Card {
    /// UUIDv7.
    #[schema(format = "uuid")]
    pub id: String,
    /// What it is called.
    #[schema(example = "冬日山村科学课")]
    pub title: String,
    /// Key field.
    pub field: Field,
    /// One line.
    pub summary: String,
    /// GB/T 2260 division code.
    #[schema(example = "360731")]
    pub region: String,
    /// The division's name.
    #[schema(example = "赣州市于都县")]
    pub region_name: String,
    /// Where to come.
    pub place: String,
    /// Who offers it.
    #[schema(format = "uuid")]
    pub organization_id: String,
    /// Its name.
    pub organization_name: String,
    /// Youngest age, in whole years on the day of the shift.
    pub min_age: i64,
    /// What somebody must be able to do.
    #[serde(deserialize_with = "db::json")]
    pub skills: Vec<Skill>,
    /// Start of the first open shift to come, RFC 3339.
    #[schema(value_type = Option<String>, format = "date-time")]
    pub next_starts_at: Option<Instant>,
    /// Seats left on shifts to come.
    pub seats_free: i64,
    /// Places left on their waiting lists.
    pub waits_free: i64,
    /// When it was published, RFC 3339.
    #[schema(value_type = Option<String>, format = "date-time")]
    pub published_at: Option<Instant>,
}

impl Card {
    /// How many places are left.
    pub fn places(&self) -> Places {
        Places::of(self.seats_free, self.waits_free)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_seats_first_then_the_waiting_list() {
        assert_eq!(Places::of(2, 0), Places::Free(2));
        assert_eq!(Places::of(0, 2), Places::Waiting);
        assert_eq!(Places::of(0, 0), Places::Full);
        assert_eq!(Places::Free(6).words().in_lang(Lang::Zh), "余 6 位");
    }
}
