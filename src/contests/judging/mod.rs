//! Judges (评委) of a contest: invited by a link that works once, free of conflicts as far as
//! they say and the system knows, and drawn for entries from a seed that is published.

pub mod api;
pub mod drawn;
pub mod pages;
pub mod store;

use deserr::{Deserr, IntoValue, Value, ValuePointerRef};
use serde::Serialize;
use utoipa::ToSchema;

use crate::choice;
use crate::platform::clock::{DAY, Instant};
use crate::platform::crypto::{NoRandomness, Token, sha256_hex};
use crate::platform::fields::FieldErrors;
use crate::platform::i18n::{Lang, Words};
use crate::platform::input::string_from;

/// The prefix of a code that makes whoever redeems it a judge.
const CODE_PREFIX: &str = "ddj_";
/// 256 bits in base64url.
const SECRET_LENGTH: usize = 43;
/// An invitation is good for so long, in milliseconds.
pub const INVITATION_LASTS: i64 = 14 * DAY;
/// A contest has at most so many judges, those who left included.
pub const JUDGES_AT_MOST: i64 = 300;

/// The secret part of an invitation's link.
pub struct JudgeCode(String);

impl std::fmt::Debug for JudgeCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("JudgeCode(…)")
    }
}

crate::string_schema!(
    JudgeCode,
    "JudgeCode",
    "`ddj_` and 43 characters of base64url.",
    "^ddj_[A-Za-z0-9_-]{43}$",
    "ddj_Zk3nq0XW8yT5vL1cR7bP2dJ4hM6gN9sQaEuFiKoYtBw"
);

impl JudgeCode {
    /// A new one.
    pub fn new() -> Result<Self, NoRandomness> {
        Token::new(CODE_PREFIX).map(|token| Self(token.reveal().to_owned()))
    }

    /// Reads a code; spaces around it come from copying.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let secret = text.strip_prefix(CODE_PREFIX)?;
        let fit = secret.len() == SECRET_LENGTH
            && secret
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'));
        fit.then(|| Self(text.to_owned()))
    }

    /// For whoever is invited.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// By which it is found.
    pub fn hash(&self) -> String {
        sha256_hex(&self.0)
    }
}

impl Deserr<FieldErrors> for JudgeCode {
    fn deserialize_from_value<V: IntoValue>(
        value: Value<V>,
        location: ValuePointerRef,
    ) -> Result<Self, FieldErrors> {
        Self::parse(&string_from(value, location)?).ok_or_else(|| {
            FieldErrors::at(
                location,
                Words::new(
                    "邀请码以 ddj_ 开头，请完整粘贴",
                    "must be the whole code, which starts with ddj_",
                ),
            )
        })
    }
}

choice! {
    /// What somebody says to an invitation.
    JudgeAnswer {
        /// They judge.
        Accept = "accept",
        /// They do not.
        Decline = "decline",
    }
}

choice! {
    /// How a judge stands to an organization, a region or an entry.
    ConflictKind {
        /// 本单位
        OwnOrganization = "own_organization",
        /// 本地区
        Region = "region",
        /// 亲属关系
        Kinship = "kinship",
        /// 指导、顾问关系
        Adviser = "adviser",
        /// 其他可能影响公正的情形
        Other = "other",
    }
}

impl ConflictKind {
    /// Its name for people.
    pub fn name(self, lang: Lang) -> &'static str {
        match self {
            Self::OwnOrganization => lang.pick("本单位", "Own organization"),
            Self::Region => lang.pick("本地区", "Own region"),
            Self::Kinship => lang.pick("亲属关系", "Kinship"),
            Self::Adviser => lang.pick("指导或顾问关系", "Adviser"),
            Self::Other => lang.pick("其他可能影响公正的情形", "Anything else"),
        }
    }
}

choice! {
    /// Where a judge stands.
    JudgeState {
        /// The link waits to be opened.
        Invited = "invited",
        /// The link has expired.
        Expired = "expired",
        /// They judge.
        Accepted = "accepted",
        /// They did not want to.
        Declined = "declined",
        /// They stepped down.
        Withdrew = "withdrew",
        /// Those who run the contest removed them.
        Removed = "removed",
    }
}

impl JudgeState {
    /// Its name for people.
    pub fn name(self, lang: Lang) -> &'static str {
        match self {
            Self::Invited => lang.pick("已邀请", "Invited"),
            Self::Expired => lang.pick("邀请已过期", "Invitation expired"),
            Self::Accepted => lang.pick("已接受", "Accepted"),
            Self::Declined => lang.pick("已谢绝", "Declined"),
            Self::Withdrew => lang.pick("已退出", "Stepped down"),
            Self::Removed => lang.pick("已移出", "Removed"),
        }
    }

    /// Whether they have not left.
    pub fn is_there(self) -> bool {
        matches!(self, Self::Invited | Self::Expired | Self::Accepted)
    }
}

/// A judge, to those who run the contest or watch over it.
#[derive(Debug, Serialize, ToSchema)]
pub struct Judge {
    /// UUIDv7.
    #[schema(format = "uuid")]
    pub id: String,
    /// What the public reads instead of a name.
    #[schema(example = "J07")]
    pub number: String,
    /// What those who run the contest call them.
    #[schema(example = "李老师")]
    pub name: String,
    /// Keys of the tracks they judge; empty for all.
    pub tracks: Vec<String>,
    /// Where they stand.
    pub state: JudgeState,
    /// Until when the link is good, RFC 3339; null unless somebody may use it.
    #[schema(value_type = Option<String>, format = "date-time")]
    pub invited_until: Option<Instant>,
    /// When they accepted, RFC 3339.
    #[schema(value_type = Option<String>, format = "date-time")]
    pub accepted_at: Option<Instant>,
    /// When they first said which conflicts they have, or none; nothing is drawn for them
    /// before. RFC 3339.
    #[schema(value_type = Option<String>, format = "date-time")]
    pub declared_at: Option<Instant>,
    /// When they left, RFC 3339.
    #[schema(value_type = Option<String>, format = "date-time")]
    pub left_at: Option<Instant>,
    /// How many conflicts they have declared.
    pub conflicts: i64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_reads_back_and_nothing_else_does() {
        let code = JudgeCode::new().unwrap();
        let read = JudgeCode::parse(&format!(" {}\n", code.reveal())).unwrap();
        assert_eq!(read.hash(), code.hash());
        let secret = code.reveal().strip_prefix(CODE_PREFIX).unwrap();
        for bad in [
            secret.to_owned(),
            format!("ddj_{secret}x"),
            format!("ddc_{secret}"),
            format!("ddj_{}/", &secret[1..]),
            String::new(),
        ] {
            assert!(JudgeCode::parse(&bad).is_none(), "{bad}");
        }
        assert!(!format!("{code:?}").contains(secret));
    }

    #[test]
    fn numbers_sort_as_they_count() {
        assert_eq!([1, 70].map(crate::contests::judge_label), ["J01", "J70"]);
    }
}
