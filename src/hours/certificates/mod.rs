//! Certificates (志愿服务记录证明): an organization's statement of recorded hours, which
//! anyone can check (the Measures, articles 13 to 20).

pub mod api;
pub mod credential;
pub mod id_document;
pub mod number;
pub mod pages;
pub mod snapshot;
pub mod status_list;
pub mod store;

use axum::http::StatusCode;

use crate::choice;
use crate::platform::i18n::{Lang, Words};
use crate::platform::problem::Problem;

pub use number::Number;
// What goes with somebody who leaves.
pub use store::forget_holder;

/// One person is issued at most so many certificates a day: what is asked for again is
/// answered with what stands.
pub const CERTIFICATES_A_DAY: i64 = 30;

choice! {
    /// What a certificate is worth today.
    CertificateState {
        /// Its records stand as they were.
        Valid = "valid",
        /// A record of it was corrected since, or another one was issued to its holder under
        /// another name.
        Superseded = "superseded",
        /// Its organization took it back.
        Revoked = "revoked",
    }
}

impl CertificateState {
    /// What became of a certificate, from whether a record of it was corrected and whether
    /// it was taken back.
    pub const fn of(superseded: bool, revoked: bool) -> Self {
        match (superseded, revoked) {
            (_, true) => Self::Revoked,
            (true, false) => Self::Superseded,
            (false, false) => Self::Valid,
        }
    }

    /// Its name for people.
    pub fn name(self, lang: Lang) -> &'static str {
        match self {
            Self::Valid => lang.pick("有效", "Valid"),
            Self::Superseded => lang.pick("已被取代，不再有效", "Superseded"),
            Self::Revoked => lang.pick("已撤销", "Revoked"),
        }
    }
}

choice! {
    /// Why a certificate was superseded.
    Supersession {
        /// A record of it was corrected; another certificate can be had.
        Corrected = "corrected",
        /// Its holder has another name since, under which certificates were issued.
        Renamed = "renamed",
    }
}

impl Supersession {
    /// What it says of the certificate, for people.
    pub fn words(self, lang: Lang) -> &'static str {
        match self {
            Self::Corrected => lang.pick(
                "其中的服务记录已更正，本证明的内容不再准确。",
                "a record of it was corrected, and it is not accurate any more.",
            ),
            Self::Renamed => lang.pick(
                "志愿者已改用另一姓名重新开具证明，以新的证明为准。",
                "the volunteer had it issued anew under another name; the new one counts.",
            ),
        }
    }
}

choice! {
    /// What strangers see of a certificate when they check its number.
    Disclosure {
        /// Its state, organization and date.
        Validity = "validity",
        /// The surname and the total as well.
        Summary = "summary",
        /// The whole certificate, but no document's number.
        Full = "full",
    }
}

impl Disclosure {
    /// All of them, the least first.
    pub fn all() -> impl Iterator<Item = Self> {
        use crate::platform::input::Choice as _;
        Self::ALL.iter().map(|(disclosure, _)| *disclosure)
    }

    /// What it lets them see, for people.
    pub fn name(self, lang: Lang) -> &'static str {
        match self {
            Self::Validity => lang.pick(
                "只看真伪：是否有效、出具组织、日期",
                "Only whether it is valid, by whom and when",
            ),
            Self::Summary => lang.pick(
                "真伪、姓氏（如“张*”）和总时长",
                "That, the surname (as in 张*) and the total",
            ),
            Self::Full => lang.pick(
                "全部内容（证件号码除外）",
                "Everything but the document's number",
            ),
        }
    }
}

choice! {
    /// Why a certificate is not issued. The set is closed.
    Obstacle {
        /// No record that stands fits what was asked.
        NoHours = "no_hours",
        /// A certificate states a name, and none is known.
        NameMissing = "name_missing",
        /// The organization took a certificate of these records back, and lets nobody ask
        /// for another one.
        CertificateRevoked = "certificate_revoked",
        /// The organization was stopped by a coordinator.
        OrganizationSuspended = "organization_suspended",
        /// Enough for a day.
        TooManyCertificates = "too_many_certificates",
    }
}

impl Obstacle {
    /// The refusal as an answer.
    pub fn problem(self) -> Problem {
        let (status, words) = match self {
            Self::NoHours => (
                StatusCode::CONFLICT,
                Words::new(
                    "这个组织没有符合条件的服务记录",
                    "The organization has no service record that fits",
                ),
            ),
            Self::NameMissing => (
                StatusCode::UNPROCESSABLE_ENTITY,
                Words::new(
                    "还没有填写姓名，证明上必须有姓名",
                    "A certificate states a name, and yours is not known",
                ),
            ),
            Self::CertificateRevoked => (
                StatusCode::CONFLICT,
                Words::new(
                    "出具组织撤销过这些记录的证明，需要重新开具请联系该组织",
                    "The organization revoked a certificate of these records; ask it to let you have another",
                ),
            ),
            Self::OrganizationSuspended => (
                StatusCode::CONFLICT,
                Words::new(
                    "这个组织已被暂停，暂时不能开具证明；您的服务记录不受影响",
                    "The organization is suspended and certifies nothing for now; your records stand",
                ),
            ),
            Self::TooManyCertificates => (
                StatusCode::TOO_MANY_REQUESTS,
                Words::new(
                    "今天开具的证明已达 30 份，请明天再来",
                    "Thirty certificates were issued to you today; come back tomorrow",
                ),
            ),
        };
        Problem::new(status, self.word(), words)
    }
}

/// 404: a number with a slip in it, which no certificate can have.
pub fn mistyped() -> Problem {
    Problem::new(
        StatusCode::NOT_FOUND,
        "mistyped_number",
        Words::new(
            "证明编号有误：校验位不符，请对照证明逐位检查",
            "The number is mistyped: its check character does not fit",
        ),
    )
}

/// 409: a key is not rotated twice a day.
pub fn rotated_today() -> Problem {
    Problem::new(
        StatusCode::CONFLICT,
        "key_rotated_today",
        Words::new(
            "签名密钥 24 小时内已更换过",
            "The signing key was rotated within the last 24 hours",
        ),
    )
}

/// `张*`, `欧**`, `A***`: who knows the name knows it again, and nobody else learns it.
pub fn masked_name(name: &str) -> String {
    let mut letters = name.chars();
    let first = letters.next();
    let rest = letters.count();
    match (first, rest) {
        (None, _) => String::new(),
        (Some(_), 0) => "*".to_owned(),
        (Some(first), rest) => format!("{first}{}", "*".repeat(rest.min(3))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::input::Choice as _;
    use crate::platform::problem::catalogue;

    #[test]
    fn taken_back_weighs_more_than_corrected() {
        assert_eq!(CertificateState::of(false, false), CertificateState::Valid);
        assert_eq!(
            CertificateState::of(true, false),
            CertificateState::Superseded
        );
        assert_eq!(CertificateState::of(true, true), CertificateState::Revoked);
        assert_eq!(CertificateState::of(false, true), CertificateState::Revoked);
    }

    #[test]
    fn names_are_known_again_and_not_learnt() {
        for (name, masked) in [
            ("张三", "张*"),
            ("欧阳娜娜", "欧***"),
            ("𠮷田", "𠮷*"),
            ("Anna Li", "A***"),
            ("李", "*"),
            ("", ""),
        ] {
            assert_eq!(masked_name(name), masked);
        }
    }

    #[test]
    fn every_refusal_has_its_code() {
        let obstacles = Obstacle::ALL.iter().map(|(obstacle, _)| obstacle.problem());
        for problem in obstacles.chain([mistyped(), rotated_today()]) {
            let kind = catalogue::find(problem.code()).unwrap();
            assert_eq!(problem.status().as_u16(), kind.status, "{}", kind.code);
        }
    }
}
