//! What becomes of awarded entries: government purchases (政府购买服务) with what they came
//! to, and stories (宣传推送) that organizations write, agree to, and see sent.

mod acts;
pub mod api;
pub mod pages;
mod sheet;
pub mod store;

use deserr::Deserr;
use jiff::civil::Date;
use serde::Serialize;
use utoipa::ToSchema;

use super::entering::Link;
use crate::choice;
use crate::platform::fields::FieldErrors;
use crate::platform::i18n::{Lang, Words};
use crate::platform::input::{Count, Day, Many};
use crate::platform::text::{Line, Prose};

/// The most a purchase may be for, in fen: ten thousand million yuan.
pub const MOST_FEN: i64 = 1_000_000_000_000;
/// A purchase has at most so many milestones.
pub const MILESTONES: usize = 20;
/// A story has at most so many pictures.
pub const PICTURES: usize = 9;
/// A story's text has at most so many characters.
pub const STORY: usize = 4000;
/// What a purchase came to is told in at most so many characters.
pub const OUTCOME: usize = 1000;

/// Something a purchase is to reach.
#[derive(Clone, Debug, Deserr, ToSchema)]
#[deserr(error = FieldErrors, deny_unknown_fields)]
#[schema(as = PurchaseMilestoneBody)]
pub struct MilestoneBody {
    /// What.
    #[schema(example = "完成两个村的需求走访")]
    pub what: Line<100>,
    /// By which day.
    #[schema(value_type = String, format = "date")]
    pub due_on: Day,
    /// On which day it was reached, if it was.
    #[deserr(default)]
    #[schema(value_type = Option<String>, format = "date")]
    pub done_on: Option<Day>,
}

/// What a purchase has come to.
#[derive(Clone, Debug, Deserr, ToSchema)]
#[deserr(error = FieldErrors, deny_unknown_fields)]
#[schema(as = PurchaseOutcomeBody)]
pub struct OutcomeBody {
    /// In words.
    #[schema(example = "两个村的科学课由县教育局继续购买，覆盖 340 名学生。")]
    pub words: Prose<1000>,
    /// As seen on this day.
    #[schema(value_type = String, format = "date")]
    pub on: Day,
}

/// A purchase as those who run the contest write it.
#[derive(Clone, Debug, Deserr, ToSchema)]
#[deserr(error = FieldErrors, deny_unknown_fields)]
pub struct PurchaseBody {
    /// Who buys.
    #[schema(example = "于都县教育局")]
    pub purchaser: Line<60>,
    /// For how much, CNY in fen.
    #[schema(value_type = i64, minimum = 1, maximum = 1_000_000_000_000_i64, example = 12_000_000)]
    pub fen: Count<1, MOST_FEN>,
    /// The first day of service.
    #[schema(value_type = String, format = "date")]
    pub from: Day,
    /// The last.
    #[schema(value_type = String, format = "date")]
    pub until: Day,
    /// What is to be reached by when.
    #[deserr(default)]
    #[schema(value_type = Vec<MilestoneBody>, required = false, max_items = 20)]
    pub milestones: Many<MilestoneBody, MILESTONES>,
    /// What it has come to, told once six months have passed.
    #[deserr(default)]
    pub outcome: Option<OutcomeBody>,
}

impl PurchaseBody {
    /// What its days say against it.
    pub fn check(&self, today: Date) -> Result<(), FieldErrors> {
        let mut errors = FieldErrors::default();
        let to_come = || Words::new("不能晚于今天", "must not be to come");
        if self.until.0 < self.from.0 {
            let words = Words::new("不能早于开始日期", "must not be before it begins");
            errors.push("/until", words);
        }
        for (at, milestone) in self.milestones.iter().enumerate() {
            if milestone.done_on.is_some_and(|day| day.0 > today) {
                errors.push(format!("/milestones/{at}/done_on"), to_come());
            }
        }
        if let Some(outcome) = &self.outcome {
            if outcome.on.0 > today {
                errors.push("/outcome/on", to_come());
            } else if outcome.on.0 < self.from.0 {
                let words = Words::new("不能早于开始日期", "must not be before it begins");
                errors.push("/outcome/on", words);
            }
        }
        errors.into_result()
    }
}

/// A picture, where it is, and what is on it.
#[derive(Clone, Debug, PartialEq, Eq, Deserr, Serialize, ToSchema)]
#[deserr(error = FieldErrors, deny_unknown_fields)]
#[schema(as = StoryPictureBody)]
pub struct PictureBody {
    /// Where it is.
    pub url: Link,
    /// What is on it.
    #[schema(example = "孩子们第一次自己装好电路。")]
    pub caption: Line<100>,
}

/// A story as its organization writes it.
#[derive(Clone, Debug, Deserr, Serialize, ToSchema)]
#[deserr(error = FieldErrors, deny_unknown_fields)]
pub struct StoryBody {
    /// Its title.
    #[schema(example = "山村里的第一堂科学课")]
    pub title: Line<60>,
    /// Its text.
    #[schema(example = "去年冬天，志愿者第一次走进村小。")]
    pub text: Prose<4000>,
    /// Links to pictures.
    #[deserr(default)]
    #[schema(value_type = Vec<PictureBody>, required = false, max_items = 9)]
    pub pictures: Many<PictureBody, PICTURES>,
    /// Whether the organization agrees to this being published and sent on. Written anew
    /// without, a story leaves every list.
    pub consent: bool,
}

choice! {
    /// Where a story is sent.
    Channel {
        /// 中国志愿服务网.
        ChinaVolunteer = "china_volunteer",
        /// 中国扶贫网.
        ChinaPovertyAlleviation = "china_poverty_alleviation",
        /// Another one, which has a name.
        Other = "other",
    }
}

impl Channel {
    /// Its name for people.
    pub fn name(self, lang: Lang) -> &'static str {
        match self {
            Self::ChinaVolunteer => lang.pick("中国志愿服务网", "China Volunteer Service"),
            Self::ChinaPovertyAlleviation => lang.pick("中国扶贫网", "China Poverty Alleviation"),
            Self::Other => lang.pick("其他渠道", "Another channel"),
        }
    }
}

/// That a story was sent.
#[derive(Clone, Debug, Deserr, ToSchema)]
#[deserr(error = FieldErrors, deny_unknown_fields)]
pub struct SendingBody {
    /// Where.
    pub channel: Channel,
    /// The name of another channel; only of one.
    #[deserr(default)]
    #[schema(example = "赣州文明网")]
    pub name: Option<Line<40>>,
    /// Where it can be read there.
    pub link: Link,
    /// On which day.
    #[schema(value_type = String, format = "date")]
    pub on: Day,
}

impl SendingBody {
    /// What its parts say against one another.
    pub fn check(&self, today: Date) -> Result<(), FieldErrors> {
        let mut errors = FieldErrors::default();
        match (self.channel, &self.name) {
            (Channel::Other, None) => errors.push(
                "/name",
                Words::new("请填写渠道名称", "must be stated of another channel"),
            ),
            (Channel::ChinaVolunteer | Channel::ChinaPovertyAlleviation, Some(_)) => errors.push(
                "/name",
                Words::new("只有其他渠道才填写名称", "is for other channels only"),
            ),
            _ => {}
        }
        if self.on.0 > today {
            errors.push("/on", Words::new("不能晚于今天", "must not be to come"));
        }
        errors.into_result()
    }
}

/// `120,000.00`: fen as people read yuan.
pub fn yuan(fen: i64) -> String {
    let whole = (fen / 100).to_string();
    let mut grouped = String::new();
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && (whole.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    format!("{grouped}.{:02}", fen % 100)
}

/// Reads yuan as people write them, `120,000` or `0.5`, into fen.
pub fn fen(yuan: &str) -> Option<i64> {
    let plain: String = yuan.chars().filter(|c| !",， ".contains(*c)).collect();
    let (whole, part) = plain.split_once('.').unwrap_or((&plain, ""));
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty() || whole.len() > 12 || part.len() > 2 || !digits(whole) || !digits(part) {
        return None;
    }
    format!("{whole}{part:0<2}").parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;
    use serde_json::{Value, json};

    fn faults<T: Deserr<FieldErrors>>(
        body: Value,
        check: impl Fn(&T) -> Result<(), FieldErrors>,
    ) -> Vec<String> {
        let read = deserr::deserialize::<T, _, FieldErrors>(body);
        let errors = read.and_then(|body| check(&body)).err().unwrap_or_default();
        let errors = errors.in_lang(Lang::En).into_iter();
        errors.map(|error| error.pointer).collect()
    }

    fn purchase(change: impl Fn(&mut Value)) -> Vec<String> {
        let mut body = json!({
            "purchaser": "县教育局", "fen": 1, "from": "2026-01-01", "until": "2026-06-30",
            "milestones": [{"what": "走访", "due_on": "2026-03-01", "done_on": "2026-02-27"}],
            "outcome": {"words": "继续购买", "on": "2026-12-31"},
        });
        change(&mut body);
        faults(body, |body: &PurchaseBody| body.check(date(2026, 12, 31)))
    }

    #[test]
    fn days_are_in_order_and_what_was_done_is_past() {
        assert!(purchase(|_| {}).is_empty());
        let late = purchase(|body| {
            body["until"] = json!("2025-12-31");
            body["milestones"][0]["done_on"] = json!("2027-01-01");
            body["outcome"]["on"] = json!("2027-01-01");
        });
        assert_eq!(late, ["/until", "/milestones/0/done_on", "/outcome/on"]);
        let early = purchase(|body| body["outcome"]["on"] = json!("2025-12-31"));
        assert_eq!(early, ["/outcome/on"]);
    }

    #[test]
    fn every_bad_field_of_a_purchase_is_told_at_once() {
        let bad = purchase(|body| {
            body["purchaser"] = json!("");
            body["fen"] = json!(0);
            body["from"] = json!("2026-02-30");
            body["milestones"] = json!([{"what": "x".repeat(101), "due_on": 3}]);
            body["outcome"] = json!({"words": "𠮷".repeat(1001)});
            body["more"] = json!(1);
        });
        for pointer in [
            "/purchaser",
            "/fen",
            "/from",
            "/milestones/0/what",
            "/milestones/0/due_on",
            "/outcome/words",
            "/outcome/on",
            "/more",
        ] {
            assert!(bad.iter().any(|told| told == pointer), "{pointer} {bad:?}");
        }
        for fen in [json!(-1), json!(1.5), json!("1"), json!(MOST_FEN + 1)] {
            assert_eq!(purchase(|body| body["fen"] = fen.clone()), ["/fen"]);
        }
    }

    #[test]
    fn only_another_channel_has_a_name() {
        let sending = |channel: &str, name: Value, on: &str| {
            let body =
                json!({"channel": channel, "name": name, "link": "https://a.example/1", "on": on});
            faults(body, |body: &SendingBody| body.check(date(2026, 12, 31)))
        };
        assert!(sending("other", json!("文明网"), "2026-12-31").is_empty());
        assert!(sending("china_volunteer", json!(null), "2026-12-31").is_empty());
        assert_eq!(
            sending("other", json!(null), "2027-01-01"),
            ["/name", "/on"]
        );
        assert_eq!(
            sending("china_volunteer", json!("x"), "2026-12-31"),
            ["/name"]
        );
    }

    #[test]
    fn yuan_are_read_and_written_to_the_fen() {
        for (text, read) in [
            ("120,000", Some(12_000_000)),
            (" 0.5", Some(50)),
            ("1.05", Some(105)),
            ("1，000.", Some(100_000)),
            ("", None),
            (".5", None),
            ("-1", None),
            ("1.005", None),
            ("1e3", None),
            ("9999999999999", None),
            ("１２", None),
        ] {
            assert_eq!(fen(text), read, "{text}");
        }
        assert_eq!(yuan(12_000_000), "120,000.00");
        assert_eq!(yuan(105), "1.05");
        assert_eq!(yuan(99_999), "999.99");
        assert_eq!(yuan(MOST_FEN), "10,000,000,000.00");
    }
}
