//! Service hours: from having been there to a certificate anyone can check.
//!
//! Sources: 志愿服务记录与证明出具办法（试行） (Ministry of Civil Affairs, order 67 of 2020),
//! below "the Measures".

pub mod attendance;
pub mod certificates;
pub mod corrections;
pub mod ledger;
pub mod record;
pub mod settling;
pub mod signals;
pub mod stars;
pub mod transfers;
pub mod working_days;

use crate::choice;
use crate::platform::i18n::Lang;

choice! {
    /// How well a service record is borne out, best first.
    Grade {
        /// Came and went by the code that changes.
        A = "A",
        /// One end by the code, or sent later from a phone without a network.
        B = "B",
        /// Entered by hand, or from the printed sheet.
        C = "C",
        /// Entered after the shift had been settled.
        D = "D",
    }
}

impl Grade {
    /// What it says, for people.
    pub fn name(self, lang: Lang) -> &'static str {
        match self {
            Self::A => lang.pick("签到、签退均扫码", "Checked in and out by code"),
            Self::B => lang.pick("一端扫码或补传", "One end by code, or sent late"),
            Self::C => lang.pick("人工登记", "Entered by hand"),
            Self::D => lang.pick("结算后补录", "Entered after settlement"),
        }
    }
}

choice! {
    /// What a record is of.
    RecordKind {
        /// Service actually given (the Measures, article 9).
        Service = "service",
        /// Training (article 10).
        Training = "training",
        /// An award or commendation (article 10).
        Honour = "honour",
        /// What was said of somebody's service (article 10).
        Evaluation = "evaluation",
    }
}

impl RecordKind {
    /// Its name for people.
    pub fn name(self, lang: Lang) -> &'static str {
        match self {
            Self::Service => lang.pick("志愿服务", "Service"),
            Self::Training => lang.pick("培训", "Training"),
            Self::Honour => lang.pick("表彰奖励", "Honour"),
            Self::Evaluation => lang.pick("服务评价", "Evaluation"),
        }
    }
}

choice! {
    /// Which end of a shift a piece of evidence speaks of.
    AttendanceKind {
        /// Checked in.
        In = "in",
        /// Checked out.
        Out = "out",
    }
}

impl AttendanceKind {
    /// Its name for people.
    pub fn name(self, lang: Lang) -> &'static str {
        match self {
            Self::In => lang.pick("签到", "Check-in"),
            Self::Out => lang.pick("签退", "Check-out"),
        }
    }
}

choice! {
    /// How somebody's coming or going became known.
    AttendanceMethod {
        /// By the code that changes every 30 seconds.
        Code = "code",
        /// By a row of the printed sheet.
        Sheet = "sheet",
        /// Entered by the recorder.
        Hand = "hand",
    }
}

impl AttendanceMethod {
    /// Its name for people.
    pub fn name(self, lang: Lang) -> &'static str {
        match self {
            Self::Code => lang.pick("扫码", "By code"),
            Self::Sheet => lang.pick("签到表", "By the sheet"),
            Self::Hand => lang.pick("人工登记", "By hand"),
        }
    }
}

/// Minutes as people read hours: `3 小时 30 分`.
pub fn duration_words(minutes: i64, lang: Lang) -> String {
    let (hours, rest) = (minutes / 60, minutes % 60);
    match (lang, hours, rest) {
        (Lang::Zh, 0, rest) => format!("{rest} 分钟"),
        (Lang::Zh, hours, 0) => format!("{hours} 小时"),
        (Lang::Zh, hours, rest) => format!("{hours} 小时 {rest} 分"),
        (Lang::En, 0, rest) => format!("{rest} min"),
        (Lang::En, hours, 0) => format!("{hours} h"),
        (Lang::En, hours, rest) => format!("{hours} h {rest} min"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_as_people_say_them() {
        for (minutes, zh, en) in [
            (0, "0 分钟", "0 min"),
            (45, "45 分钟", "45 min"),
            (180, "3 小时", "3 h"),
            (210, "3 小时 30 分", "3 h 30 min"),
        ] {
            assert_eq!(duration_words(minutes, Lang::Zh), zh);
            assert_eq!(duration_words(minutes, Lang::En), en);
        }
    }
}
