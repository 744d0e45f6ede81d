//! Certificates on pages.

mod console;
mod mine;
mod sheet;

pub use console::{issued, rotate};
pub use mine::{ask, document, mine};
pub use sheet::{act, check, show};

use crate::platform::clock::{self, parse_date};
use crate::platform::i18n::Lang;

/// `2026年11月28日`, `28 Nov 2026`.
fn date_words(date: &str, lang: Lang) -> String {
    parse_date(date).map_or_else(String::new, |day| clock::date_words(day, lang))
}

/// From a day to a day, or that day.
fn span_words(from: &str, to: &str, lang: Lang) -> String {
    if from == to {
        return date_words(from, lang);
    }
    let (from, to) = (date_words(from, lang), date_words(to, lang));
    match lang {
        Lang::Zh => format!("{from}至{to}"),
        Lang::En => format!("{from} – {to}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_read_as_on_paper() {
        let (from, to) = ("2026-02-08", "2026-11-28");
        assert_eq!(span_words(from, from, Lang::Zh), "2026年2月8日");
        assert_eq!(
            span_words(from, to, Lang::Zh),
            "2026年2月8日至2026年11月28日"
        );
        assert_eq!(span_words(from, to, Lang::En), "8 Feb 2026 – 28 Nov 2026");
    }
}
