//! The chair's console: what is up, what to do next, and what was shown.

use axum::response::Response;
use maud::{Markup, html};
use serde_json::json;
use uuid::Uuid;

use super::{asking_again, at_track, console_path, live_path, method, named, reopening, scores};
use crate::contests::roadshow::store::acting::act as done;
use crate::contests::roadshow::store::{self, Floor, FloorEntry};
use crate::contests::roadshow::{FloorAct, FloorBody, FloorState};
use crate::contests::rules::{Key, Stage};
use crate::contests::scoring::api::key;
use crate::contests::scoring::pages::time_left;
use crate::platform::fields::FieldErrors;
use crate::platform::i18n::Lang;
use crate::platform::idempotency::IdempotencyKey;
use crate::platform::input::{Form, Id, PageQuery, Path, parse_id};
use crate::platform::page::{Audience, Refused, ask, page, see_other};
use crate::platform::problem::Problem;
use crate::platform::visit::{Presented, Visit};

/// Whether the page asks why an entry is scored again.
#[derive(Debug, Default, deserr::Deserr)]
#[deserr(error = FieldErrors, deny_unknown_fields)]
pub struct ConsolePage {
    #[deserr(default)]
    reopen: Option<Id>,
}

/// Serves `/contests/{id}/roadshow/{stage}`.
pub async fn console(
    visit: Visit,
    Path((contest, stage)): Path<(String, String)>,
    PageQuery(query): PageQuery<ConsolePage>,
) -> Result<Response, Problem> {
    let (contest, stage) = (parse_id(&contest)?, key(&stage)?);
    let reopen = query.reopen.map(|id| id.0.to_string());
    match shown(
        &visit,
        (contest, &stage),
        reopen.as_deref(),
        Refused::default(),
    )
    .await
    {
        Err(problem) if problem.code() == "unauthenticated" => Ok(see_other(&format!(
            "/sign-in?back=/contests/{contest}/roadshow/{}",
            stage.as_str()
        ))),
        answer => answer,
    }
}

/// Takes `/contests/{id}/roadshow/{stage}`.
pub async fn act(
    visit: Visit,
    _: Presented,
    Path((contest, stage)): Path<(String, String)>,
    form: Form,
) -> Result<Response, Problem> {
    let (contest, stage) = (parse_id(&contest)?, key(&stage)?);
    let typed = ["entry", "act", "reason"].map(|name| form.get(name));
    let body = json!({"entry_id": typed[0], "act": typed[1], "reason": typed[2]});
    let once = IdempotencyKey::default();
    let acted = match deserr::deserialize::<FloorBody, _, FieldErrors>(body) {
        Ok(body) => done(&visit, (contest, &stage), &body, &once).await,
        Err(errors) => Err(Problem::invalid(errors)),
    };
    match acted {
        Ok((entry, _)) => {
            let here = format!("/contests/{contest}/roadshow/{}", stage.as_str());
            Ok(see_other(&at_track(&here, &entry)))
        }
        Err(problem) if matches!(problem.status().as_u16(), 409 | 422) => {
            let refused = Refused {
                problem: Some(&problem),
                form: Some(&form),
            };
            let reopen = typed[0].filter(|_| typed[1] == Some(FloorAct::Reopen.word()));
            shown(&visit, (contest, &stage), reopen, refused).await
        }
        Err(problem) => Err(problem),
    }
}

async fn shown(
    visit: &Visit,
    (contest, stage): (Uuid, &Key),
    reopen: Option<&str>,
    refused: Refused<'_>,
) -> Result<Response, Problem> {
    let floor = store::console(visit, contest, stage).await?;
    let (lang, stage) = (visit.lang, floor.stage()?);
    let here = console_path(contest, stage);
    let is_asked =
        |entry: &&FloorEntry| entry.state == FloorState::Closed && Some(&*entry.entry_id) == reopen;
    let asked = floor.items.iter().find(is_asked).filter(|_| floor.acts);
    let title = lang.pick("路演控制台", "Roadshow console");
    let body = html! {
        p.small {
            a href={ "/contests/" (contest) "/judges" } { (lang.pick("评委与抽签", "Judges and draws")) }
            " · " a href=(live_path(contest, stage)) { (lang.pick("公开大屏", "Public screen")) }
        }
        h1 { (title) }
        p.lead { (floor.contest) " · " (stage.name.as_str()) }
        p.small { (time_left(visit, stage)) }
        (refused.above(lang))
        @if !floor.acts { p.say.wait { (lang.pick("您可以查看，不能操作。", "You may look, and change nothing.")) } }
        @match asked {
            Some(entry) => (why_again(entry, &here, &refused, lang)),
            None => (tracks(visit, &floor, stage, &here)),
        }
    };
    let response = page(visit, Audience::Oneself, title, &body);
    let goes_on = visit.now < stage.closes_at && asked.is_none() && refused.problem.is_none();
    Ok(asking_again(refused.answered(response), goes_on))
}

fn tracks(visit: &Visit, floor: &Floor, stage: &Stage, here: &str) -> Markup {
    let lang = visit.lang;
    html! {
        @if floor.items.is_empty() { div.empty { p { (lang.pick(
            "还没有可以上场的项目：抽签分配评委后，项目会按编号列在这里。",
            "Nothing can be called up yet: entries are here by number once judges are drawn for them.",
        )) } } }
        @for track in floor.rules.tracks.iter() {
            @let key = track.key.as_str();
            @let entries = floor.items.iter().filter(|entry| entry.track == key).collect::<Vec<_>>();
            @if !entries.is_empty() {
                section.course id={ "track-" (key) } {
                    h2 { (track.name.as_str()) }
                    (of_track(&Room { floor, here, lang, open: stage.is_open(visit.now) }, &entries))
                }
            }
        }
        p.small { (method(stage, lang)) }
    }
}

/// Where the entries of a track come up.
struct Room<'a> {
    floor: &'a Floor,
    here: &'a str,
    lang: Lang,
    /// Whether the stage is open.
    open: bool,
}

fn of_track(room: &Room<'_>, entries: &[&FloorEntry]) -> Markup {
    let lang = room.lang;
    let with = |state: FloorState| entries.iter().filter(move |entry| entry.state == state);
    let is_free = with(FloorState::Open).next().is_none();
    let free = room.floor.acts && room.open && is_free;
    html! {
        @for entry in with(FloorState::Open) { (up(room, entry)) }
        @for entry in with(FloorState::Closed) { (closed(room, entry, free)) }
        @if with(FloorState::Waiting).next().is_some() {
            h3 { (lang.pick("候场", "Waiting")) }
            ul.shifts { @for (at, entry) in with(FloorState::Waiting).enumerate() {
                li {
                    (who(entry))
                    @if free { div.go { (button(room, entry, FloorAct::Open, at > 0)) } }
                }
            } }
        }
        @if with(FloorState::Shown).next().is_some() {
            h3 { (lang.pick("已公布", "Shown")) }
            (scores(with(FloorState::Shown).copied(), lang))
        }
    }
}

fn who(entry: &FloorEntry) -> Markup {
    html! {
        div {
            strong { (named(entry)) }
            @if let Some(name) = &entry.organization_name { small { br; (name) } }
        }
    }
}

fn up(room: &Room<'_>, entry: &FloorEntry) -> Markup {
    let lang = room.lang;
    html! {
        div.ticket {
            p.state.confirmed { (entry.state.name(lang)) }
            h3 { (named(entry)) }
            @if let Some(name) = &entry.organization_name { p.small { (name) } }
            (handed_in(entry, lang))
            @if room.floor.acts {
                (button(room, entry, FloorAct::Close, false))
                p.small { (lang.pick("停止后，没有交的评分不计。", "What is not handed in by then does not count.")) }
            }
        }
    }
}

fn closed(room: &Room<'_>, entry: &FloorEntry, free: bool) -> Markup {
    let lang = room.lang;
    html! {
        div.ticket {
            p.state.waitlisted { (entry.state.name(lang)) }
            h3 { (named(entry)) }
            @if let Some(name) = &entry.organization_name { p.small { (name) } }
            (handed_in(entry, lang))
            @if room.floor.acts {
                (button(room, entry, FloorAct::Show, false))
                p.small { (lang.pick("公布后所有人都看得到，不能再改。", "Everybody sees it then, and it changes no more.")) }
            }
            @if free { p { a.more href=(reopening(room.here, entry)) { (lang.pick("重新评分", "Score it again")) } } }
        }
    }
}

/// How many have handed in, to those who may know.
fn handed_in(entry: &FloorEntry, lang: Lang) -> Markup {
    html! {
        @if let (Some(done), Some(all)) = (entry.handed_in, entry.judges) {
            @let id = format!("handed-in-{}", entry.number);
            label for=(id) { @match lang {
                Lang::Zh => { "已交 " b.num { (done) } " / " (all) " 份" }
                Lang::En => { b.num { (done) } " of " (all) " handed in" }
            } }
            progress id=(id) max=(all.max(1)) value=(done) {}
        }
    }
}

fn button(room: &Room<'_>, entry: &FloorEntry, act: FloorAct, quiet: bool) -> Markup {
    let words = match act {
        FloorAct::Open => room.lang.pick("上场", "Call up"),
        FloorAct::Close => room.lang.pick("停止评分", "Close scoring"),
        FloorAct::Reopen => room.lang.pick("重新评分", "Score it again"),
        FloorAct::Show => room.lang.pick("公布得分", "Show the score"),
    };
    html! {
        form method="post" action=(room.here) {
            input type="hidden" name="entry" value=(entry.entry_id);
            button.wide[act != FloorAct::Open].quiet[quiet] name="act" value=(act.word())
                aria-label={ (words) " " (entry.number) } { (words) }
        }
    }
}

/// The form that opens an entry again.
fn why_again(entry: &FloorEntry, here: &str, refused: &Refused<'_>, lang: Lang) -> Markup {
    let wrong = refused.wrong("reason", lang);
    html! {
        h2 { (lang.pick("重新评分：", "Score it again: ")) (named(entry)) }
        form method="post" action=(here) {
            input type="hidden" name="entry" value=(entry.entry_id);
            p.small { (lang.pick(
                "评委可以补交或修改评分，原来交的仍然有效。",
                "Judges may hand in or revise; what they handed in before stands.",
            )) }
            (ask("reason", lang.pick("原因", "Reason"), Some(lang.pick("记入大赛日志", "It is kept in the contest's log")), wrong, &html! {
                textarea #reason name="reason" rows="3" maxlength="300" required
                    aria-invalid=[wrong.map(|_| "true")] aria-describedby="reason-hint" { (refused.typed("reason")) }
            }))
            button.wide name="act" value=(FloorAct::Reopen.word()) { (lang.pick("重新评分", "Score it again")) }
            p { a.more href=(at_track(here, entry)) { (lang.pick("返回", "Back")) } }
        }
    }
}
