//! Roadshows on pages: the chair's console, and the screen everybody sees.

mod console;
mod live;

pub use console::{act, console};
pub use live::{link, live};

use axum::http::{HeaderValue, header};
use axum::response::Response;
use maud::{Markup, html};

use super::ShownScore;
use super::store::FloorEntry;
use crate::contests::rules::{Method, Stage};
use crate::platform::i18n::Lang;

/// Pages of a roadshow ask again after so many seconds while it goes on.
const AGAIN_AFTER: HeaderValue = HeaderValue::from_static("10");

/// The same page, which asks again by itself while `goes_on`.
pub fn asking_again(mut response: Response, goes_on: bool) -> Response {
    if goes_on {
        response.headers_mut().insert(header::REFRESH, AGAIN_AFTER);
    }
    response
}

/// Where a roadshow is run.
pub fn console_path(contest: impl std::fmt::Display, stage: &Stage) -> String {
    format!("/contests/{contest}/roadshow/{}", stage.key.as_str())
}

/// Where everybody sees it.
pub fn live_path(contest: impl std::fmt::Display, stage: &Stage) -> String {
    format!("/contests/{contest}/live/{}", stage.key.as_str())
}

/// An entry by number, and by title where that may be said.
fn named(entry: &FloorEntry) -> Markup {
    html! {
        span.num { (entry.number) }
        @if let Some(title) = &entry.title { " " (title) }
    }
}

/// Points as a screen shows them: two decimals, or as many as there are.
fn short(points: &str) -> &str {
    let fewer = points.strip_suffix('0');
    fewer.map_or(points, |fewer| fewer.strip_suffix('0').unwrap_or(fewer))
}

/// How the score came about.
fn method(stage: &Stage, lang: Lang) -> String {
    let trim = stage.trim.get();
    match (stage.method, lang) {
        (Method::WeightedMean, _) => lang
            .pick(
                "得分是各位评委打分的平均，满分 100。",
                "The score is the mean of the judges' marks, out of 100.",
            )
            .to_owned(),
        (Method::TrimmedMean, Lang::Zh) => {
            format!("去掉 {trim} 个最高分、{trim} 个最低分（划线的）后平均，满分 100。")
        }
        (Method::TrimmedMean, Lang::En) => {
            format!(
                "The mean of the marks without the {trim} highest and {trim} lowest, which are struck out; out of 100."
            )
        }
        (Method::SeverityAdjusted, _) => lang
            .pick(
                "现场公布的是平均分；最后得分还要按评委宽严校正，随排名公布。",
                "What is shown here is the mean. The score that counts is adjusted for judges' severity, and follows with the ranking.",
            )
            .to_owned(),
    }
}

/// The marks behind a score, with those struck out that were dropped.
fn marks(shown: &ShownScore, lang: Lang) -> Markup {
    html! {
        p.small.num {
            @for (at, mark) in shown.marks.iter().enumerate() {
                @if at > 0 { (lang.pick("，", ", ")) }
                @let words = html! { (mark.judge) " " (short(&mark.mark)) };
                @if mark.dropped { s.nowrap { (words) } } @else { span.nowrap { (words) } }
            }
        }
    }
}

/// What was shown of entries, the last one first.
fn scores<'a>(entries: impl Iterator<Item = &'a FloorEntry>, lang: Lang) -> Markup {
    let mut entries: Vec<&FloorEntry> = entries.collect();
    entries.sort_by_key(|entry| std::cmp::Reverse(entry.shown_at));
    html! {
        ul.shifts { @for entry in entries { @if let Some(shown) = &entry.shown {
            li {
                div {
                    strong { (named(entry)) }
                    @if let Some(name) = &entry.organization_name { small { br; (name) } }
                }
                div.go { strong.num { (short(&shown.score)) } }
                (marks(shown, lang))
            }
        } } }
    }
}

/// The parameter by which the console asks why an entry is scored again.
fn reopening(here: &str, entry: &FloorEntry) -> String {
    format!("{here}?reopen={}", entry.entry_id)
}

/// Back to the track of an entry on a page.
fn at_track(here: &str, entry: &FloorEntry) -> String {
    format!("{here}#track-{}", entry.track)
}

#[cfg(test)]
mod tests {
    use super::short;

    #[test]
    fn a_screen_shows_two_decimals_or_all_there_are() {
        for (points, shown) in [
            ("87.5000", "87.50"),
            ("87.5010", "87.501"),
            ("83.3333", "83.3333"),
            ("100.0000", "100.00"),
            ("0.0000", "0.00"),
        ] {
            assert_eq!(short(points), shown);
        }
    }
}
