//! Being there: the code that changes, the printed sheet, and the recorder's own hand. What
//! they yield is evidence, kept as it came.

pub mod api;
pub mod code;
pub mod pages;
pub mod store;

pub use store::{forget, of_signup};

use axum::http::{HeaderValue, StatusCode, header};
use deserr::{Deserr, IntoValue, Value, ValuePointerRef};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{AttendanceKind, AttendanceMethod, settling};
use crate::choice;
use crate::platform::clock::{HOUR, Instant, MINUTE, day_words};
use crate::platform::crypto::{Keys, Token, same};
use crate::platform::db;
use crate::platform::fields::FieldErrors;
use crate::platform::i18n::{Lang, Words};
use crate::platform::input::string_from;
use crate::platform::problem::Problem;

macro_rules! opens_before {
    () => {
        3_600_000
    };
}
macro_rules! closes_after {
    () => {
        14_400_000
    };
}

/// Volunteers check in from so long before the start, in milliseconds.
pub const OPENS_BEFORE: i64 = opens_before!();
/// They check out until so long after the end.
pub const CLOSES_AFTER: i64 = closes_after!();
/// What a phone kept for want of a network is taken until so long after the end.
pub const SENT_WITHIN: i64 = 72 * HOUR;

/// So many wrong codes within [`WRONG_COUNT_FOR`], or [`MOST_WRONG_A_DAY`] within a day: a
/// million codes are not tried out.
pub const MOST_WRONG: i64 = 5;
/// A wrong code counts for so long, in milliseconds.
pub const WRONG_COUNT_FOR: i64 = 5 * MINUTE;
/// So many wrong codes a day.
pub const MOST_WRONG_A_DAY: i64 = 20;

/// From when to when somebody may be checked in or out at a shift.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// The first instant.
    pub opens_at: Instant,
    /// The last.
    pub closes_at: Instant,
}

/// Whether an `attendance e` counts: it is of the shift its sign-up is on now, and within
/// that shift's [`Window`] as it is now. Sign-ups are moved and shifts put off, and what was
/// seen at another time bears nothing out. The shift may be named where it is known.
macro_rules! counts {
    () => {
        concat!(
            "EXISTS (SELECT 1 FROM signup g JOIN shift w ON w.id = g.shift_id WHERE g.id = e.signup_id AND ",
            $crate::hours::attendance::counts!("w"),
            ")"
        )
    };
    ($shift:literal) => {
        concat!(
            "(e.shift_id = ",
            $shift,
            ".id AND e.happened_at BETWEEN ",
            $shift,
            ".starts_at - ",
            $crate::hours::attendance::opens_before!(),
            " AND ",
            $shift,
            ".ends_at + ",
            $crate::hours::attendance::closes_after!(),
            ")"
        )
    };
}
pub(crate) use {closes_after, counts, opens_before};

impl Window {
    /// Of a shift.
    pub const fn of(starts_at: Instant, ends_at: Instant) -> Self {
        Self {
            opens_at: starts_at.plus(-OPENS_BEFORE),
            closes_at: ends_at.plus(CLOSES_AFTER),
        }
    }

    /// Why not at this instant, if not.
    pub fn refusal(self, at: Instant) -> Option<Refusal> {
        if at < self.opens_at {
            Some(Refusal::NotOpen)
        } else if at > self.closes_at {
            Some(Refusal::Closed)
        } else {
            None
        }
    }
}

choice! {
    /// Why somebody is not checked in or out. The set is closed.
    Refusal {
        /// Without a confirmed place on the shift.
        NotSignedUp = "not_signed_up",
        /// The shift or its whole project was called off.
        ShiftCancelled = "shift_cancelled",
        /// Long before the start.
        NotOpen = "attendance_not_open",
        /// Long after the end.
        Closed = "attendance_closed",
        /// The code was not shown then.
        WrongCode = "wrong_attendance_code",
        /// The code has changed since.
        CodeExpired = "attendance_code_expired",
        /// Too many wrong ones.
        TooManyWrongCodes = "too_many_wrong_codes",
        /// Checked in, and not out since.
        AlreadyCheckedIn = "already_checked_in",
        /// Checked out, and not in since.
        AlreadyCheckedOut = "already_checked_out",
        /// The id is that of another piece of evidence.
        IdTaken = "attendance_id_taken",
        /// Nobody vouches for themselves, by hand or by the printed sheet.
        Own = "own_attendance",
        /// The organization was stopped by a coordinator.
        OrganizationSuspended = "organization_suspended",
    }
}

impl Refusal {
    /// A sentence a person understands.
    pub fn words(self, window: Option<Window>) -> Words {
        let moment = |at: Instant, lang| format!("{} {}", day_words(at, lang), at.hour_minute());
        match (self, window) {
            (Self::NotSignedUp, _) => Words::new(
                "您在这个班次没有已确认的名额",
                "You have no confirmed place on this shift",
            ),
            (Self::ShiftCancelled, _) => Words::new("这个班次已取消", "This shift was cancelled"),
            (Self::NotOpen, Some(window)) => Words::new(
                format!(
                    "还没到时间，{} 起可以签到",
                    moment(window.opens_at, Lang::Zh)
                ),
                format!("Check-in opens {}", moment(window.opens_at, Lang::En)),
            ),
            (Self::NotOpen, None) => Words::new("还没到签到时间", "Check-in has not opened yet"),
            (Self::Closed, _) => Words::new(
                "签到已经关闭，请联系组织者补记",
                "Check-in has closed; ask the organizer to enter it",
            ),
            (Self::WrongCode, _) => Words::new(
                "签到码不对，请看现场屏幕上的 6 位数字",
                "Wrong code; look at the six digits on the screen",
            ),
            (Self::CodeExpired, _) => Words::new(
                "签到码已经更新，请重新扫码或输入新的 6 位数字",
                "The code has changed; scan again or type the new digits",
            ),
            (Self::TooManyWrongCodes, _) => Words::new(
                "输错太多次，请过几分钟再试，或请组织者登记",
                "Too many wrong codes; try again in a few minutes, or ask the organizer",
            ),
            (Self::AlreadyCheckedIn, _) => {
                Words::new("您已经签到了", "You have checked in already")
            }
            (Self::AlreadyCheckedOut, _) => {
                Words::new("您已经签退了", "You have checked out already")
            }
            (Self::IdTaken, _) => Words::new(
                "这个编号已用于另一条签到记录",
                "This id is that of another check-in",
            ),
            (Self::OrganizationSuspended, _) => settling::Obstacle::OrganizationSuspended.words(),
            (Self::Own, _) => Words::new(
                "不能登记自己的签到，请扫现场的签到码，或请另一位负责人登记",
                "Nobody enters their own; check in by the code, or let somebody else enter it",
            ),
        }
    }

    /// The refusal as an answer, with the times of the shift where they explain it.
    pub fn problem(self, window: Option<Window>) -> Problem {
        let status = match self {
            Self::WrongCode => StatusCode::UNPROCESSABLE_ENTITY,
            Self::TooManyWrongCodes => StatusCode::TOO_MANY_REQUESTS,
            Self::Own => StatusCode::FORBIDDEN,
            _ => StatusCode::CONFLICT,
        };
        let problem = Problem::new(status, self.word(), self.words(window));
        match (self, window) {
            (Self::NotOpen | Self::Closed, Some(window)) => problem
                .with("opens_at", window.opens_at.rfc3339())
                .with("closes_at", window.closes_at.rfc3339()),
            (Self::TooManyWrongCodes, _) => {
                let seconds = HeaderValue::from(WRONG_COUNT_FOR / 1000);
                problem.with_header(header::RETRY_AFTER, seconds)
            }
            _ => problem,
        }
    }
}

/// A place to about a kilometre: degrees of latitude and longitude with two decimals, as
/// volunteers who agree to say it send it. Anything finer is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Near(String);

crate::string_schema!(
    Near,
    "Near",
    "Latitude and longitude in degrees with two decimals: about a kilometre.",
    "^-?[0-9]{1,2}\\.[0-9]{2},-?[0-9]{1,3}\\.[0-9]{2}$",
    "25.95,115.41"
);

impl Near {
    /// Reads `25.95,115.41`.
    pub fn parse(text: &str) -> Option<Self> {
        let (latitude, longitude) = text.split_once(',')?;
        let fits = degrees(latitude, 90) && degrees(longitude, 180);
        fits.then(|| Self(text.to_owned()))
    }

    /// As it was written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn degrees(text: &str, most: u32) -> bool {
    let digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    unsigned.split_once('.').is_some_and(|(whole, decimals)| {
        (1..=3).contains(&whole.len())
            && digits(whole)
            && decimals.len() == 2
            && digits(decimals)
            && whole
                .parse()
                .is_ok_and(|whole: u32| whole < most || whole == most && decimals == "00")
    })
}

impl Deserr<FieldErrors> for Near {
    fn deserialize_from_value<V: IntoValue>(
        value: Value<V>,
        location: ValuePointerRef,
    ) -> Result<Self, FieldErrors> {
        Self::parse(&string_from(value, location)?).ok_or_else(|| {
            let words = Words::new(
                "应为两位小数的纬度和经度，如 25.95,115.41",
                "must be latitude and longitude with two decimals, such as 25.95,115.41",
            );
            FieldErrors::at(location, words)
        })
    }
}

/// A piece of evidence as it was kept.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
pub struct Attendance {
    /// As its sender chose it.
    #[schema(format = "uuid")]
    pub id: String,
    /// Whose.
    #[schema(format = "uuid")]
    pub signup_id: String,
    /// Which end of the shift it speaks of.
    pub kind: AttendanceKind,
    /// How it became known.
    pub method: AttendanceMethod,
    /// When they came or went, RFC 3339.
    #[schema(value_type = String, format = "date-time")]
    pub happened_at: Instant,
    /// When it arrived here.
    #[schema(value_type = String, format = "date-time")]
    pub received_at: Instant,
    /// Kept on the phone for want of a network, and sent afterwards.
    #[serde(deserialize_with = "db::truth")]
    pub late: bool,
    /// Whether it is of the shift the sign-up is on now, and within that shift's window as
    /// it is now; what does not count stays to be read, and bears nothing out.
    #[serde(deserialize_with = "db::truth")]
    pub counts: bool,
    /// Why it was entered by hand.
    pub reason: Option<String>,
    /// Where, to about a kilometre, from those who agreed to say it.
    pub near: Option<String>,
    /// By whom: `volunteer:…` or `api_key:…`.
    pub actor: String,
}

impl Attendance {
    /// `签到 08:01 · 扫码，补传`; with its day where it does not count.
    pub fn line(&self, lang: Lang) -> String {
        let (kind, method) = (self.kind.name(lang), self.method.name(lang));
        let at = self.happened_at.hour_minute();
        let late = match self.late {
            true => lang.pick("，补传", ", sent late"),
            false => "",
        };
        if self.counts {
            return format!("{kind} {at} · {method}{late}");
        }
        let day = day_words(self.happened_at, lang);
        let elsewhen = lang.pick(
            "（其他时间的，不作为这个班次的依据）",
            " (of another time: bears nothing out here)",
        );
        format!("{kind} {day} {at} · {method}{late}{elsewhen}")
    }
}

/// What somebody does next, from what counts, in order of time: whoever came goes, and
/// whoever comes only after the end comes to check out.
pub fn next(events: &[Attendance], ends_at: Instant, now: Instant) -> AttendanceKind {
    match events.iter().rfind(|event| event.counts) {
        Some(last) if last.kind == AttendanceKind::In => AttendanceKind::Out,
        Some(_) => AttendanceKind::In,
        None if now >= ends_at => AttendanceKind::Out,
        None => AttendanceKind::In,
    }
}

/// So many characters of a row's secret stand on the printed sheet: 132 bits.
const SHEET_SECRET: usize = 22;

/// The address behind a row of the printed sheet; short, so that its code is coarse.
pub fn sheet_path(keys: &Keys, signup: &str) -> String {
    let token = keys.sheet_token(signup);
    let secret = token.reveal().get(..SHEET_SECRET).unwrap_or_default();
    format!("/sheet/{signup}/{secret}")
}

/// Whether a secret is that of a row.
pub fn is_of_sheet(keys: &Keys, signup: &str, secret: &str) -> bool {
    let expected = sheet_path(keys, signup);
    let presented = format!("/sheet/{signup}/{secret}");
    same(
        &Token::presented(&expected).hash(),
        &Token::presented(&presented).hash(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::input::Choice as _;
    use crate::platform::problem::catalogue;

    fn at(text: &str) -> Instant {
        Instant::parse(text).unwrap()
    }

    #[test]
    fn every_refusal_speaks_both_languages_and_has_its_code() {
        let (start, end) = (
            at("2026-11-28T09:00:00+08:00"),
            at("2026-11-28T11:00:00+08:00"),
        );
        for window in [None, Some(Window::of(start, end))] {
            for (refusal, word) in Refusal::ALL {
                let problem = refusal.problem(window);
                assert_eq!(problem.code(), *word);
                let kind = catalogue::find(word).unwrap_or_else(|| panic!("{word}"));
                assert_eq!(problem.status().as_u16(), kind.status, "{word}");
                let (zh, en) = (problem.title(Lang::Zh), problem.title(Lang::En));
                assert!(zh.chars().any(|c| c > '\u{2E80}'), "{word}: {zh}");
                assert!(
                    en.starts_with(|c: char| c.is_ascii_uppercase()),
                    "{word}: {en}"
                );
            }
        }
    }

    #[test]
    fn a_shift_is_open_from_an_hour_before_until_four_after() {
        let window = Window::of(
            at("2026-12-31T22:00:00+08:00"),
            at("2027-01-01T06:00:00+08:00"),
        );
        for (instant, refusal) in [
            ("2026-12-31T20:59:59+08:00", Some(Refusal::NotOpen)),
            ("2026-12-31T21:00:00+08:00", None),
            ("2027-01-01T10:00:00+08:00", None),
            ("2027-01-01T10:00:01+08:00", Some(Refusal::Closed)),
        ] {
            assert_eq!(window.refusal(at(instant)), refusal, "{instant}");
        }
    }

    #[test]
    fn nobody_says_where_they_are_to_the_metre() {
        for good in ["25.95,115.41", "-0.01,-180.00", "90.00,0.00"] {
            assert_eq!(Near::parse(good).unwrap().as_str(), good);
        }
        for bad in [
            "25.951,115.41",
            "25.95,115.4",
            "25.95",
            "91.00,0.00",
            "90.01,0.00",
            "1.00,180.01",
            "1.00,1.00,1.00",
            "+1.00,1.00",
            "1.00, 1.00",
            "--1.00,1.00",
            "１.00,1.00",
            ",",
            "",
        ] {
            assert_eq!(Near::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn what_comes_next_follows_from_what_is_there() {
        let event = |kind| Attendance {
            id: String::new(),
            signup_id: String::new(),
            kind,
            method: AttendanceMethod::Code,
            happened_at: at("2026-11-28T09:00:00+08:00"),
            received_at: at("2026-11-28T09:00:00+08:00"),
            late: false,
            counts: true,
            reason: None,
            near: None,
            actor: String::new(),
        };
        let (end, during) = (
            at("2026-11-28T11:00:00+08:00"),
            at("2026-11-28T10:00:00+08:00"),
        );
        let (came, went) = (event(AttendanceKind::In), event(AttendanceKind::Out));
        let elsewhen = Attendance {
            counts: false,
            ..came.clone()
        };
        for (events, now, then) in [
            (vec![], during, AttendanceKind::In),
            (vec![], end, AttendanceKind::Out),
            (vec![came.clone()], during, AttendanceKind::Out),
            (vec![came.clone(), went], during, AttendanceKind::In),
            (vec![elsewhen.clone()], during, AttendanceKind::In),
            (vec![came, elsewhen], during, AttendanceKind::Out),
        ] {
            assert_eq!(next(&events, end, now), then);
        }
    }

    #[test]
    fn a_row_of_the_sheet_opens_with_its_own_secret() {
        let keys = Keys::from_master(&"a".repeat(64)).unwrap();
        let path = sheet_path(&keys, "one");
        let secret = path.rsplit('/').next().unwrap();
        assert_eq!(secret.len(), SHEET_SECRET);
        assert!(is_of_sheet(&keys, "one", secret));
        for bad in ["", "x", &secret[1..]] {
            assert!(!is_of_sheet(&keys, "one", bad));
        }
        assert!(!is_of_sheet(&keys, "two", secret));
    }
}
