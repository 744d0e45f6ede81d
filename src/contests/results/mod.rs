//! Results (评审结果): what the judges' ballots come to under the rules, from the sheet anyone
//! can recompute to who is awarded what: drawn up sealed, approved by two people, shown for
//! objections, final.

pub mod api;
mod awarding;
mod counting;
mod drafting;
pub mod pages;

mod refusals;
pub mod store;

use deserr::Deserr;
use utoipa::ToSchema;

use crate::choice;
use crate::platform::clock::{DAY, Instant, start_of};
use crate::platform::fields::FieldErrors;
use crate::platform::i18n::Lang;
use crate::platform::text::Prose;

pub use awarding::awarded;
pub use counting::{Counted, sheet};
pub use drafting::{Draft, Entrant, Subject, draft, has_result, is_last, upto};
pub use refusals::interested_party;

choice! {
    /// Where a result stands.
    ResultState {
        /// Drawn up; only those who approve and watch over it read it.
        Sealed = "sealed",
        /// Approved by two people and public; of a stage from which only some go on.
        Published = "published",
        /// Public, and objections are taken.
        OnNotice = "on_notice",
        /// The time for objections is over.
        NoticeOver = "notice_over",
        /// It stands, and awards are given.
        Final = "final",
        /// Another version has taken its place.
        Superseded = "superseded",
    }
}

impl ResultState {
    /// Its name for people.
    pub fn name(self, lang: Lang) -> &'static str {
        match self {
            Self::Sealed => lang.pick("待审定", "Sealed, to be approved"),
            Self::Published => lang.pick("已公布", "Published"),
            Self::OnNotice => lang.pick("公示中", "On notice"),
            Self::NoticeOver => lang.pick("公示期满", "Notice over"),
            Self::Final => lang.pick("已确定", "Final"),
            Self::Superseded => lang.pick("已被新版本取代", "Superseded"),
        }
    }
}

choice! {
    /// What becomes of an objection.
    ObjectionDecision {
        /// 成立: the result is drawn up again.
        Upheld = "upheld",
        /// 不成立
        Dismissed = "dismissed",
    }
}

impl ObjectionDecision {
    /// Its name for people.
    pub fn name(self, lang: Lang) -> &'static str {
        match self {
            Self::Upheld => lang.pick("成立", "Upheld"),
            Self::Dismissed => lang.pick("不成立", "Dismissed"),
        }
    }
}

/// A result to be drawn up.
#[derive(Debug, Default, Deserr, ToSchema)]
#[deserr(error = FieldErrors, deny_unknown_fields)]
pub struct ResultBody {
    /// Why it is drawn up again, which everybody reads; not for the first time.
    #[deserr(default)]
    #[schema(example = "一件异议成立，剔除一份评分后重新汇总。")]
    pub reason: Option<Prose<300>>,
}

/// An objection to a result.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = FieldErrors, deny_unknown_fields)]
pub struct ObjectionBody {
    /// What is wrong. Read by those who handle it, not by the public.
    #[schema(example = "该项目的服务时长与公示材料不一致。")]
    pub words: Prose<2000>,
    /// The number of the entry it is about, if it is about one.
    #[deserr(default)]
    #[schema(value_type = Option<String>, pattern = "^E[0-9]{4,6}$", example = "E0001")]
    pub entry: Option<EntryNumber>,
}

/// What an objection is answered with.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = FieldErrors, deny_unknown_fields)]
pub struct ObjectionAnswer {
    /// Everybody reads it.
    #[schema(example = "经核对服务记录，公示的时长与总账一致。")]
    pub answer: Prose<1000>,
}

/// What an objection is decided with.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = FieldErrors, deny_unknown_fields)]
pub struct ObjectionRuling {
    /// Whether the result changes.
    pub decision: ObjectionDecision,
    /// Why; everybody reads it.
    #[schema(example = "材料齐全，维持公示结果。")]
    pub reason: Prose<1000>,
}

/// `E0001`, as judges and the public read it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EntryNumber(i64);

impl EntryNumber {
    /// Reads one.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.trim().strip_prefix(['E', 'e'])?;
        let fit = (4..=6).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
        let number = digits.parse().ok().filter(|number| *number > 0 && fit);
        number.map(Self)
    }

    /// Without the `E`.
    pub const fn get(self) -> i64 {
        self.0
    }
}

impl Deserr<FieldErrors> for EntryNumber {
    fn deserialize_from_value<V: deserr::IntoValue>(
        value: deserr::Value<V>,
        location: deserr::ValuePointerRef,
    ) -> Result<Self, FieldErrors> {
        let text = crate::platform::input::string_from(value, location)?;
        Self::parse(&text).ok_or_else(|| {
            let words = crate::platform::i18n::Words::new(
                "应为项目编号，如 E0001",
                "must be the number of an entry, such as E0001",
            );
            FieldErrors::at(location, words)
        })
    }
}

/// Until when objections are taken to what is published now: to the end of the last of so
/// many days that follow.
pub fn notice_ends(published_at: Instant, days: i64) -> Instant {
    start_of(published_at.date()).plus((days + 1) * DAY)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_notice_lasts_whole_days_after_the_day_it_begins_on() {
        let at = |text| Instant::parse(text).unwrap();
        let ends = at("2026-12-09T00:00:00+08:00");
        for begins in ["2026-12-01T00:00:00+08:00", "2026-12-01T23:59:59+08:00"] {
            assert_eq!(notice_ends(at(begins), 7), ends, "{begins}");
        }
    }

    #[test]
    fn an_entry_is_named_as_it_is_shown() {
        for (text, number) in [
            ("E0001", Some(1)),
            (" e12345", Some(12345)),
            ("E0000", None),
        ] {
            assert_eq!(
                EntryNumber::parse(text).map(EntryNumber::get),
                number,
                "{text}"
            );
        }
        for bad in ["", "1", "E1", "E00１1", "E-001", "E1234567"] {
            assert_eq!(EntryNumber::parse(bad), None, "{bad}");
        }
    }
}
