//! What everybody sees of a roadshow, on a phone or on the wall: what is up, and the scores
//! that were shown.

use axum::response::Response;
use maud::{Markup, html};

use super::{asking_again, live_path, marks, method, named, scores, short};
use crate::contests::roadshow::FloorState;
use crate::contests::roadshow::store::{self, FloorEntry};
use crate::contests::rules::Stage;
use crate::contests::scoring::api::key;
use crate::contests::scoring::pages::time_left;
use crate::platform::i18n::Lang;
use crate::platform::input::{Path, parse_id};
use crate::platform::page::{Audience, page};
use crate::platform::problem::Problem;
use crate::platform::visit::Visit;

/// Serves `/contests/{id}/live/{stage}`, the same for everybody.
pub async fn live(
    visit: Visit,
    Path((contest, stage)): Path<(String, String)>,
) -> Result<Response, Problem> {
    let contest = parse_id(&contest)?;
    let floor = store::in_public(&visit, contest, &key(&stage)?).await?;
    let (lang, stage) = (visit.lang, floor.stage()?);
    let open = stage.is_open(visit.now);
    let body = html! {
        p.small { a href={ "/contests/" (contest) } { (floor.contest) } }
        h1 { (stage.name.as_str()) }
        p.small { (time_left(&visit, stage)) }
        p.lead { (method(stage, lang)) }
        @for track in floor.rules.tracks.iter() {
            @let key = track.key.as_str();
            section.course id={ "track-" (key) } {
                h2 { (track.name.as_str()) }
                (of_track(floor.items.iter().filter(|entry| entry.track == key), open, lang))
            }
        }
    };
    let title = format!("{} – {}", stage.name.as_str(), floor.contest);
    let response = page(&visit, Audience::Everybody, &title, &body);
    let owed = floor
        .items
        .iter()
        .any(|entry| entry.state == FloorState::Closed);
    Ok(asking_again(response, owed || visit.now < stage.closes_at))
}

/// What is up in a track, else what was shown last, in large; then what was shown before.
fn of_track<'a>(
    entries: impl Iterator<Item = &'a FloorEntry>,
    goes_on: bool,
    lang: Lang,
) -> Markup {
    let (mut done, mut up): (Vec<_>, Vec<_>) = entries.partition(|entry| entry.shown.is_some());
    up.sort_by_key(|entry| entry.opened_at);
    done.sort_by_key(|entry| entry.shown_at);
    let last = match up.is_empty() {
        true => done.pop(),
        false => None,
    };
    html! {
        @for entry in &up {
            div.ticket {
                @if entry.state == FloorState::Open {
                    p.state.confirmed { (entry.state.name(lang)) }
                } @else {
                    p.state.waitlisted { (lang.pick("评分结束，等待公布", "Scoring closed; the score is to come")) }
                }
                (whose(entry))
            }
        }
        @if let Some((entry, shown)) = last.and_then(|entry| Some((entry, entry.shown.as_ref()?))) {
            div.ticket {
                p.state { (lang.pick("最新得分", "Latest score")) }
                (whose(entry))
                p.sum { (short(&shown.score)) }
                (marks(shown, lang))
            }
        }
        @if up.is_empty() && goes_on { p.small { (lang.pick("等待下一个项目上场。", "Waiting for the next entry.")) } }
        (scores(done.into_iter(), lang))
    }
}

fn whose(entry: &FloorEntry) -> Markup {
    html! {
        h3 { (named(entry)) }
        @if let Some(name) = &entry.organization_name { p.small { (name) } }
    }
}

/// A link to it while a roadshow goes on.
pub fn link(contest: &str, stage: &Stage, lang: Lang) -> Markup {
    html! {
        p { a.button href=(live_path(contest, stage)) {
            (stage.name.as_str()) (lang.pick("：看现场得分", ": see the scores live"))
        } }
    }
}
