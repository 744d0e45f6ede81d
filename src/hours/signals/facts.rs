//! The numbers of a finding, and the reason they make in words.

use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;

use super::SignalKind;
use crate::hours::duration_words;
use crate::platform::clock::{Instant, day_words};
use crate::platform::i18n::Lang;

/// What was seen, in numbers; `kind` says which.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum SignalFacts {
    /// Many records entered by hand in one second.
    SameSecond {
        /// How many.
        records: usize,
        /// When, RFC 3339.
        #[serde(deserialize_with = "rfc3339")]
        #[schema(value_type = String, format = "date-time")]
        at: Instant,
        /// By whom: `volunteer:…` or `api_key:…`.
        recorded_by: String,
    },
    /// One person's records, all at whole hours, without evidence.
    RoundNumbers {
        /// How many in a row.
        records: usize,
        /// Minutes of all of them.
        minutes: i64,
    },
    /// Two shifts too far apart for the time between them.
    ImpossibleTravel {
        /// Where the first was.
        from: String,
        /// When it ended, RFC 3339.
        #[serde(deserialize_with = "rfc3339")]
        #[schema(value_type = String, format = "date-time")]
        left_at: Instant,
        /// Where the second was.
        to: String,
        /// When it began, RFC 3339.
        #[serde(deserialize_with = "rfc3339")]
        #[schema(value_type = String, format = "date-time")]
        began_at: Instant,
        /// Minutes in between.
        minutes: i64,
        /// Kilometres in between, where both places are known.
        kilometres: Option<i64>,
    },
    /// More people recorded than the shift has seats.
    MoreThanSeats {
        /// People recorded.
        people: i64,
        /// Seats.
        seats: i64,
    },
    /// Service before its project was published.
    BeforePublication {
        /// The earliest service, RFC 3339.
        #[serde(deserialize_with = "rfc3339")]
        #[schema(value_type = String, format = "date-time")]
        started_at: Instant,
        /// When the project was published first, RFC 3339.
        #[serde(deserialize_with = "rfc3339")]
        #[schema(value_type = String, format = "date-time")]
        published_at: Instant,
        /// People recorded.
        people: i64,
    },
    /// One recorder who enters mostly after settlement.
    MostlyLate {
        /// Records of grade D.
        late: i64,
        /// All of their records within thirty days.
        all: i64,
        /// By whom: `volunteer:…` or `api_key:…`.
        recorded_by: String,
    },
}

/// SignalFacts stand in the database as they are shown.
fn rfc3339<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Instant, D::Error> {
    let text = String::deserialize(deserializer)?;
    Instant::parse(&text).ok_or_else(|| serde::de::Error::custom("not RFC 3339"))
}

fn at(instant: Instant, lang: Lang) -> String {
    format!("{} {}", day_words(instant, lang), instant.hour_minute())
}

/// The second of two times, without its day where that is the first one's.
fn then(first: Instant, second: Instant, lang: Lang) -> String {
    match first.date() == second.date() {
        true => second.hour_minute(),
        false => at(second, lang),
    }
}

impl SignalFacts {
    /// Which rule saw it.
    pub fn kind(&self) -> SignalKind {
        match self {
            Self::SameSecond { .. } => SignalKind::SameSecond,
            Self::RoundNumbers { .. } => SignalKind::RoundNumbers,
            Self::ImpossibleTravel { .. } => SignalKind::ImpossibleTravel,
            Self::MoreThanSeats { .. } => SignalKind::MoreThanSeats,
            Self::BeforePublication { .. } => SignalKind::BeforePublication,
            Self::MostlyLate { .. } => SignalKind::MostlyLate,
        }
    }

    /// Who recorded, where the finding is about them.
    pub fn recorder(&self) -> Option<&str> {
        match self {
            Self::SameSecond { recorded_by, .. } | Self::MostlyLate { recorded_by, .. } => {
                Some(recorded_by)
            }
            _ => None,
        }
    }

    /// The reason for the signal, in words; it names nobody.
    pub fn words(&self, lang: Lang) -> String {
        match lang {
            Lang::Zh => self.zh(),
            Lang::En => self.en(),
        }
    }

    fn zh(&self) -> String {
        let at = |instant: &Instant| at(*instant, Lang::Zh);
        match self {
            Self::SameSecond {
                records, at: when, ..
            } => format!(
                "{}，同一个人在同一秒录入了 {records} 条时长，没有扫码也没有签到表。",
                at(when)
            ),
            Self::RoundNumbers { records, minutes } => format!(
                "同一名志愿者连续 {records} 条人工登记的时长都是整小时，合计 {}。",
                duration_words(*minutes, Lang::Zh)
            ),
            Self::ImpossibleTravel {
                from,
                left_at,
                to,
                began_at,
                minutes,
                kilometres,
            } => {
                let far = match kilometres {
                    Some(far) => format!("相距约 {far} 公里"),
                    None => "不在同一个设区市".to_owned(),
                };
                format!(
                    "同一名志愿者 {} 在{from}结束服务，{} 又在{to}开始：中间 {minutes} 分钟，两地{far}。",
                    at(left_at),
                    then(*left_at, *began_at, Lang::Zh)
                )
            }
            Self::MoreThanSeats { people, seats } => {
                format!("这个班次有 {seats} 个名额，却记录了 {people} 人的服务时长。")
            }
            Self::BeforePublication {
                started_at,
                published_at,
                people,
            } => format!(
                "服务记录从 {} 开始，而项目 {} 才发布，涉及 {people} 人。",
                at(started_at),
                then(*started_at, *published_at, Lang::Zh)
            ),
            Self::MostlyLate { late, all, .. } => {
                format!(
                    "同一名记录人近 30 天录入 {all} 条时长，其中 {late} 条是班次结算之后补录的。"
                )
            }
        }
    }

    fn en(&self) -> String {
        let at = |instant: &Instant| at(*instant, Lang::En);
        match self {
            Self::SameSecond {
                records, at: when, ..
            } => format!(
                "{}: one recorder entered {records} records in the same second, without a code or a sheet behind them.",
                at(when)
            ),
            Self::RoundNumbers { records, minutes } => format!(
                "{records} records of one volunteer in a row, entered by hand, are whole hours: {} together.",
                duration_words(*minutes, Lang::En)
            ),
            Self::ImpossibleTravel {
                from,
                left_at,
                to,
                began_at,
                minutes,
                kilometres,
            } => {
                let far = match kilometres {
                    Some(far) => format!("about {far} km apart"),
                    None => "in two different prefectures".to_owned(),
                };
                format!(
                    "One volunteer ended in {from} at {} and began in {to} at {}: {minutes} minutes for two places {far}.",
                    at(left_at),
                    then(*left_at, *began_at, Lang::En)
                )
            }
            Self::MoreThanSeats { people, seats } => {
                format!("The shift has {seats} seats, but {people} people have hours recorded.")
            }
            Self::BeforePublication {
                started_at,
                published_at,
                people,
            } => format!(
                "Service is recorded from {} on, but the project was published at {}; it concerns {people} people.",
                at(started_at),
                then(*started_at, *published_at, Lang::En)
            ),
            Self::MostlyLate { late, all, .. } => format!(
                "One recorder entered {all} records within 30 days, {late} of them after the shift was settled."
            ),
        }
    }
}
