//! Signals: what a person should look at among the records, each with its reason in words.
//!
//! A signal accuses nobody. It says what was seen, a coordinator looks and decides, the
//! organization replies, and the hours stay as they are: whoever finds them wrong corrects
//! the record. Rules judge what [`store`] reads; their thresholds are the constants here.

pub mod api;
mod facts;
pub mod pages;
pub mod store;
pub mod work;

pub use facts::SignalFacts;

use serde::{Deserialize, Serialize};

use super::Grade;
use crate::choice;
use crate::platform::clock::{HOUR, Instant, MINUTE};
use crate::platform::db;
use crate::platform::i18n::Lang;

/// So many records in one second, with nothing but a hand behind them, are looked at. A
/// sheet or a code behind a record is somebody else's word for it.
pub const BULK: usize = 10;
/// So many records of one person in a row at whole hours are looked at. Hours borne out by
/// a code are often whole, being cut at the ends of the shift: they do not count.
pub const STREAK: usize = 8;
/// Nobody travels faster between two shifts, in kilometres an hour.
pub const FASTEST: f64 = 120.0;
/// Where somebody was is known to about a kilometre, at both ends.
pub const ROUGHLY: f64 = 2.0;
/// Without places: nobody is from one prefecture to another in less, in milliseconds.
pub const BETWEEN_PREFECTURES: i64 = 20 * MINUTE;
/// Shifts further apart in time are reached from anywhere, in milliseconds.
pub const APART: i64 = 12 * HOUR;
/// From so many records of one recorder on, within [`LOOK_BACK`], their grades are compared.
pub const ENOUGH: i64 = 10;
/// What a recorder's grades are compared over, in days.
pub const LOOK_BACK: i64 = 30;
/// A signal names so many of its records.
pub const NAMED: usize = 50;

choice! {
    /// What was noticed.
    SignalKind {
        /// Many records entered by hand in one second.
        SameSecond = "same_second",
        /// One person's records, all at whole hours, without evidence.
        RoundNumbers = "round_numbers",
        /// Two shifts too far apart for the time between them.
        ImpossibleTravel = "impossible_travel",
        /// More people recorded than the shift has seats.
        MoreThanSeats = "more_than_seats",
        /// Service before its project was published.
        BeforePublication = "before_publication",
        /// One recorder who enters mostly after settlement.
        MostlyLate = "mostly_late",
    }
}

impl SignalKind {
    /// Its name for people.
    pub fn name(self, lang: Lang) -> &'static str {
        match self {
            Self::SameSecond => lang.pick("同一秒批量录入", "Entered in the same second"),
            Self::RoundNumbers => lang.pick("时长连续为整数", "Whole hours in a row"),
            Self::ImpossibleTravel => lang.pick("两场服务赶不到", "Too far apart"),
            Self::MoreThanSeats => lang.pick("人数超过名额", "More people than seats"),
            Self::BeforePublication => lang.pick("早于项目发布", "Before publication"),
            Self::MostlyLate => lang.pick("多为结算后补录", "Mostly entered late"),
        }
    }
}

choice! {
    /// Where a signal stands.
    SignalState {
        /// Nobody has decided yet.
        Open = "open",
        /// There is a good reason for it.
        NothingWrong = "nothing_wrong",
        /// The organization is to correct the records.
        ToCorrect = "to_correct",
        /// It is looked into further.
        ToInvestigate = "to_investigate",
    }
}

impl SignalState {
    /// Its name for people.
    pub fn name(self, lang: Lang) -> &'static str {
        match self {
            Self::Open => lang.pick("待查看", "To be looked at"),
            Self::NothingWrong => SignalDecision::NothingWrong.name(lang),
            Self::ToCorrect => SignalDecision::ToCorrect.name(lang),
            Self::ToInvestigate => SignalDecision::ToInvestigate.name(lang),
        }
    }
}

choice! {
    /// What a coordinator decides.
    SignalDecision {
        /// There is a good reason for it.
        NothingWrong = "nothing_wrong",
        /// The organization is to correct the records.
        ToCorrect = "to_correct",
        /// It is looked into further.
        ToInvestigate = "to_investigate",
    }
}

impl SignalDecision {
    /// Its name for people.
    pub fn name(self, lang: Lang) -> &'static str {
        match self {
            Self::NothingWrong => lang.pick("没有问题", "Nothing wrong"),
            Self::ToCorrect => lang.pick("需要更正", "To be corrected"),
            Self::ToInvestigate => lang.pick("继续核查", "To be investigated"),
        }
    }
}

/// What a rule found.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Finding {
    /// What was noticed.
    pub kind: SignalKind,
    /// The same finding has the same: it is made once.
    pub finding: String,
    /// The recording unit.
    pub organization_id: String,
    /// Where that is.
    pub region: String,
    /// The shift it is about, where it is about one.
    pub shift_id: Option<String>,
    /// The project it is about, where it is about one.
    pub project_id: Option<String>,
    /// The records it is about, at most [`NAMED`].
    pub records: Vec<i64>,
    /// Its numbers.
    pub facts: SignalFacts,
}

/// Records of one recorder in one second with nothing but a hand behind them.
#[derive(Debug, Deserialize)]
pub struct Burst {
    /// The recording unit.
    pub organization_id: String,
    /// Where that is.
    pub region: String,
    /// Who recorded.
    pub recorded_by: String,
    /// Seconds since 1970.
    pub second: i64,
    /// The records.
    #[serde(deserialize_with = "db::json")]
    pub records: Vec<i64>,
}

impl Burst {
    /// Same-second bulk entries.
    pub fn finding(&self) -> Option<Finding> {
        let entered = self.records.len();
        (entered >= BULK).then(|| Finding {
            kind: SignalKind::SameSecond,
            finding: format!(
                "same_second:{}:{}:{}",
                self.organization_id, self.recorded_by, self.second
            ),
            facts: SignalFacts::SameSecond {
                records: entered,
                at: Instant::from_millis(self.second.saturating_mul(1_000)),
                recorded_by: self.recorded_by.clone(),
            },
            organization_id: self.organization_id.clone(),
            region: self.region.clone(),
            shift_id: None,
            project_id: None,
            records: named(self.records.clone()),
        })
    }
}

/// One record of a [`Row`].
#[derive(Debug, Deserialize)]
pub struct Length {
    /// Its place in the ledger.
    pub seq: i64,
    /// The day it took place.
    pub on_date: String,
    /// Minutes given.
    pub minutes: i64,
}

/// The last records of one person at one organization without a code behind them, the
/// newest first, at most [`STREAK`].
#[derive(Debug, Deserialize)]
pub struct Row {
    /// The recording unit.
    pub organization_id: String,
    /// Where that is.
    pub region: String,
    /// Whose.
    pub volunteer_id: String,
    /// The records.
    #[serde(deserialize_with = "db::json")]
    pub records: Vec<Length>,
}

impl Row {
    /// Round-number streaks: once a month and person, while they go on.
    pub fn finding(&self) -> Option<Finding> {
        let newest = self.records.first()?;
        let whole = |record: &Length| record.minutes > 0 && record.minutes % 60 == 0;
        if self.records.len() < STREAK || !self.records.iter().all(whole) {
            return None;
        }
        let month = newest.on_date.get(..7)?;
        Some(Finding {
            kind: SignalKind::RoundNumbers,
            finding: format!(
                "round_numbers:{}:{}:{month}",
                self.organization_id, self.volunteer_id
            ),
            facts: SignalFacts::RoundNumbers {
                records: self.records.len(),
                minutes: self.records.iter().map(|record| record.minutes).sum(),
            },
            organization_id: self.organization_id.clone(),
            region: self.region.clone(),
            shift_id: None,
            project_id: None,
            records: named(self.records.iter().map(|record| record.seq).collect()),
        })
    }
}

/// Where somebody served, and when.
#[derive(Clone, Debug, Deserialize)]
pub struct Stop {
    /// The record's place in the ledger.
    pub seq: i64,
    /// When service began.
    pub started_at: Instant,
    /// When it ended.
    pub ended_at: Instant,
    /// Division code.
    pub region: String,
    /// Its full name.
    pub region_name: String,
    /// Degrees north and east, where the volunteer chose to say it.
    pub near: Option<String>,
}

/// Degrees north and east, out of `25.95,115.41`.
fn degrees(near: &str) -> Option<(f64, f64)> {
    let (north, east) = near.split_once(',')?;
    let (north, east) = (north.trim().parse().ok()?, east.trim().parse().ok()?);
    let fits = (-90.0..=90.0).contains(&north) && (-180.0..=180.0).contains(&east);
    fits.then_some((north, east))
}

/// Kilometres between two points given in degrees north and east, on a sphere of 6371 km
/// (haversine formula).
pub fn distance(a: (f64, f64), b: (f64, f64)) -> f64 {
    let [north_a, east_a, north_b, east_b] = [a.0, a.1, b.0, b.1].map(f64::to_radians);
    let half = |angle: f64| (angle / 2.0).sin().powi(2);
    let chord = half(north_b - north_a) + north_a.cos() * north_b.cos() * half(east_b - east_a);
    2.0 * 6_371.0 * chord.clamp(0.0, 1.0).sqrt().asin()
}

/// Whether nobody gets from one stop to the next in time, in the numbers that say so.
pub fn travel(from: &Stop, to: &Stop) -> Option<SignalFacts> {
    let gap = to.started_at.millis() - from.ended_at.millis();
    if !(0..APART).contains(&gap) {
        return None;
    }
    let places = [from, to].map(|stop| stop.near.as_deref().and_then(degrees));
    let kilometres = match places {
        [Some(from), Some(to)] => {
            let between = distance(from, to) - ROUGHLY;
            #[expect(clippy::cast_precision_loss, reason = "at most twelve hours")]
            let reached = gap as f64 / HOUR as f64 * FASTEST;
            if between <= reached {
                return None;
            }
            #[expect(clippy::cast_possible_truncation, reason = "at most half the equator")]
            let kilometres = between.round() as i64;
            Some(kilometres)
        }
        _ => {
            let [a, b] = [from, to].map(|stop| stop.region.get(..4));
            let apart = a.is_some() && b.is_some() && a != b;
            if !apart || gap >= BETWEEN_PREFECTURES {
                return None;
            }
            None
        }
    };
    Some(SignalFacts::ImpossibleTravel {
        from: from.region_name.clone(),
        left_at: from.ended_at,
        to: to.region_name.clone(),
        began_at: to.started_at,
        minutes: gap / MINUTE,
        kilometres,
    })
}

/// A record of service with the one before and the one after of the same person.
#[derive(Debug, Deserialize)]
pub struct Looked {
    /// The recording unit.
    pub organization_id: String,
    /// Where that is.
    pub office_region: String,
    /// The project.
    pub project_id: Option<String>,
    /// The shift.
    pub shift_id: Option<String>,
    /// Where and when.
    #[serde(flatten)]
    pub stop: Stop,
    /// The record before it.
    #[serde(deserialize_with = "db::json")]
    pub before: Option<Stop>,
    /// The record after it.
    #[serde(deserialize_with = "db::json")]
    pub after: Option<Stop>,
}

impl Looked {
    /// Impossible travel between shifts.
    pub fn findings(&self) -> impl Iterator<Item = Finding> {
        let before = self.before.as_ref().map(|before| (before, &self.stop));
        let after = self.after.as_ref().map(|after| (&self.stop, after));
        before.into_iter().chain(after).filter_map(|(from, to)| {
            Some(Finding {
                kind: SignalKind::ImpossibleTravel,
                finding: format!("impossible_travel:{}:{}", from.seq, to.seq),
                organization_id: self.organization_id.clone(),
                region: self.office_region.clone(),
                shift_id: self.shift_id.clone(),
                project_id: self.project_id.clone(),
                records: vec![from.seq, to.seq],
                facts: travel(from, to)?,
            })
        })
    }
}

/// A shift, and who was recorded to have been there.
#[derive(Debug, Deserialize)]
pub struct Attended {
    /// The recording unit.
    pub organization_id: String,
    /// Where that is.
    pub region: String,
    /// The shift.
    pub shift_id: String,
    /// Its project.
    pub project_id: String,
    /// Seats.
    pub capacity: i64,
    /// People with a record of service that stands.
    pub people: i64,
    /// When the project was published first.
    pub published_at: Option<Instant>,
    /// The earliest service that was recorded and stands.
    pub earliest: Option<Instant>,
    /// The records that stand.
    #[serde(deserialize_with = "db::json")]
    pub records: Vec<i64>,
}

impl Attended {
    /// More people than seats, and hours before the project was published.
    pub fn findings(&self) -> impl Iterator<Item = Finding> {
        let crowded = (self.people > self.capacity).then_some(SignalFacts::MoreThanSeats {
            people: self.people,
            seats: self.capacity,
        });
        let times = self.published_at.zip(self.earliest);
        let early = times.and_then(|(published_at, started_at)| {
            (started_at < published_at).then_some(SignalFacts::BeforePublication {
                started_at,
                published_at,
                people: self.people,
            })
        });
        crowded.into_iter().chain(early).map(|facts| Finding {
            kind: facts.kind(),
            finding: format!("{}:{}", facts.kind().word(), self.shift_id),
            organization_id: self.organization_id.clone(),
            region: self.region.clone(),
            shift_id: Some(self.shift_id.clone()),
            project_id: Some(self.project_id.clone()),
            records: named(self.records.clone()),
            facts,
        })
    }
}

/// What one recorder entered lately.
#[derive(Debug, Deserialize)]
pub struct Recorder {
    /// The recording unit.
    pub organization_id: String,
    /// Where that is.
    pub region: String,
    /// Who recorded.
    pub recorded_by: String,
    /// The grades of what they entered within [`LOOK_BACK`], and where each stands in the
    /// ledger, the newest first.
    #[serde(deserialize_with = "db::json")]
    pub entered: Vec<(i64, Grade)>,
}

impl Recorder {
    /// One recorder entering mostly D: once a month, while it goes on.
    pub fn finding(&self, now: Instant) -> Option<Finding> {
        let all = i64::try_from(self.entered.len()).unwrap_or(i64::MAX);
        let late = self.entered.iter().filter(|(_, grade)| *grade == Grade::D);
        let records: Vec<i64> = late.map(|(seq, _)| *seq).collect();
        let late = i64::try_from(records.len()).unwrap_or(i64::MAX);
        (all >= ENOUGH && late.saturating_mul(2) > all).then(|| Finding {
            kind: SignalKind::MostlyLate,
            finding: format!(
                "mostly_late:{}:{}:{}",
                self.organization_id,
                self.recorded_by,
                now.date().strftime("%Y-%m")
            ),
            facts: SignalFacts::MostlyLate {
                late,
                all,
                recorded_by: self.recorded_by.clone(),
            },
            organization_id: self.organization_id.clone(),
            region: self.region.clone(),
            shift_id: None,
            project_id: None,
            records: named(records),
        })
    }
}

fn named(mut records: Vec<i64>) -> Vec<i64> {
    records.sort_unstable();
    records.truncate(NAMED);
    records
}

#[cfg(test)]
mod tests;
