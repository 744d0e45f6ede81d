//! Entering contests on pages: an organization's own entries, and an entry before those
//! who check whether it may take part.

mod dossier;
mod own;

pub use dossier::{check, dossier};
pub use own::{act, begin, entries, entry};

use maud::{Markup, html};

use super::EntryFacts;
use super::store::{EntryRow, JudgeComment};
use crate::contests::rules::Rules;
use crate::hours::{Grade, duration_words};
use crate::platform::i18n::Lang;

/// What the records say, shown as such.
fn facts_shown(facts: &EntryFacts, lang: Lang) -> Markup {
    let minutes = &facts.minutes;
    let grades = [
        (Grade::A, minutes.a),
        (Grade::B, minutes.b),
        (Grade::C, minutes.c),
        (Grade::D, minutes.d),
    ];
    html! {
        dl.facts {
            dt { (lang.pick("服务的志愿者", "People who served")) }
            dd.num { (facts.people) (lang.pick(" 人", "")) }
            dt { (lang.pick("班次", "Shifts")) }
            dd.num { (facts.shifts) }
            dt { (lang.pick("服务时长", "Service")) }
            dd { (duration_words(minutes.total(), lang))
                @for (grade, minutes) in grades { @if minutes > 0 {
                    small { br; (grade.word()) " " (grade.name(lang)) "：" (duration_words(minutes, lang)) }
                } }
            }
            dt { (lang.pick("期间", "Period")) }
            dd.num { @match (&facts.from, &facts.until) {
                (Some(from), Some(until)) => { (from) (lang.pick(" 至 ", " to ")) (until) }
                _ => { "—" }
            } }
            dt { (lang.pick("地点", "Places")) }
            dd { @if facts.places.is_empty() { "—" } (facts.places.join(lang.pick("、", ", "))) }
        }
    }
}

/// The organization's own words, and its links.
fn words_shown(entry: &EntryRow, rules: &Rules, lang: Lang) -> Markup {
    html! {
        @for field in rules.entries.fields.iter() {
            @if let Some(text) = entry.words.get(field.key.as_str()) {
                h3 { (field.name.as_str()) }
                p.prose { (text) }
            }
        }
        @if !entry.attachments.is_empty() {
            h3 { (lang.pick("附件", "Attachments")) }
            ul.evidence { @for link in &entry.attachments {
                li { a href=(link.url) rel="noopener noreferrer nofollow" target="_blank" { (link.name) } }
            } }
        }
    }
}

/// What judges said, under pseudonyms; nothing while there is nothing.
fn comments_shown(comments: &[JudgeComment], rules: &Rules, lang: Lang) -> Markup {
    let stage = |key: &str| {
        let stage = rules.stage(key);
        stage.map_or(key.to_owned(), |stage| stage.name.as_str().to_owned())
    };
    html! {
        @if !comments.is_empty() {
            section.course #comments {
                h2 { (lang.pick("评委意见", "What judges said")) }
                dl.facts { @for comment in comments {
                    dt { (stage(&comment.stage)) " " span.num { (comment.judge) } }
                    dd.prose { (comment.comment) }
                } }
            }
        }
    }
}
