//! A judge's desk on pages: the contests they judge, a stage with its progress, and one entry
//! a screen.

mod entry;
mod form;

use axum::response::Response;
use maud::{Markup, html};
use uuid::Uuid;

pub use entry::{show, submit};

use super::api::key;
use super::store::mine::{self, Work};
use super::store::{self, BallotLine, handed_in};
use super::{BallotState, blind};
use crate::contests::roadshow::pages::asking_again;
use crate::contests::rules::{Rules, Stage, StageKind};
use crate::platform::assets::{JUDGING_SCRIPT, JUDGING_STYLE};
use crate::platform::clock::{DAY, HOUR, Instant, MINUTE, day_from};
use crate::platform::i18n::Lang;
use crate::platform::input::{Path, parse_id};
use crate::platform::page::{Audience, page, page_with_head, see_other};
use crate::platform::problem::Problem;
use crate::platform::visit::Visit;

/// What is in the head of a judge's pages: scripts and styles they alone need.
pub fn head() -> Markup {
    html! {
        link rel="stylesheet" href=(JUDGING_STYLE.href());
        script src=(JUDGING_SCRIPT.href()) defer {}
    }
}

/// Where a judge has a stage before them.
pub fn stage_path(contest: Uuid, stage: &Stage) -> String {
    format!("/me/judging/{contest}/{}", stage.key.as_str())
}

/// How long a stage is open still, or when it opens, or that it has closed.
pub fn time_left(visit: &Visit, stage: &Stage) -> Markup {
    let (lang, now) = (visit.lang, visit.now);
    let at =
        |instant: Instant| format!("{} {}", day_from(now, instant, lang), instant.hour_minute());
    html! {
        @if now < stage.opens_at {
            (lang.pick("开始：", "Opens ")) (at(stage.opens_at))
        } @else if stage.is_open(now) {
            (lang.pick("截止：", "Closes ")) time datetime=(stage.closes_at.rfc3339()) { (at(stage.closes_at)) }
            (lang.pick("，还有 ", ", ")) (left(stage.closes_at.millis() - now.millis(), lang))
        } @else {
            (lang.pick("已于 ", "Closed ")) (at(stage.closes_at)) (lang.pick(" 截止", ""))
        }
    }
}

fn left(millis: i64, lang: Lang) -> String {
    let (days, hours, minutes) = (millis / DAY, millis % DAY / HOUR, millis % HOUR / MINUTE);
    match lang {
        Lang::Zh if days > 0 => format!("{days} 天 {hours} 小时"),
        Lang::Zh if hours > 0 => format!("{hours} 小时 {minutes} 分钟"),
        Lang::Zh => format!("{minutes} 分钟"),
        Lang::En if days > 0 => format!("{days} days {hours} hours left"),
        Lang::En if hours > 0 => format!("{hours} hours {minutes} minutes left"),
        Lang::En => format!("{minutes} minutes left"),
    }
}

/// How many are handed in.
pub fn progress(items: &[BallotLine], lang: Lang) -> Markup {
    let (done, all) = (handed_in(items), items.len());
    html! {
        label.small for="progress" {
            @match lang {
                Lang::Zh => { "已交 " b.num { (done) } " / " (all) " 件" }
                Lang::En => { b.num { (done) } " of " (all) " handed in" }
            }
        }
        progress #progress max=(all.max(1)) value=(done) {}
    }
}

/// Serves `/me/judging`.
pub async fn mine(visit: Visit) -> Result<Response, Problem> {
    let work = match mine::mine(&visit).await {
        Ok(work) => work,
        Err(problem) if problem.code() == "unauthenticated" => {
            return Ok(see_other("/sign-in?back=/me/judging"));
        }
        Err(problem) => return Err(problem),
    };
    let lang = visit.lang;
    let title = lang.pick("我的评审", "My judging");
    let body = html! {
        h1 { (title) }
        @if work.is_empty() {
            div.empty { p { (lang.pick("您目前没有评审任务。接到邀请链接后，打开并接受即可。", "You judge no contest. Open the link you were sent to accept an invitation.")) } }
        }
        @for one in &work {
            section.course {
                h2 { (one.name) }
                p.small { (one.office) }
                @if one.declared {
                    (stages(&visit, one))
                } @else {
                    div.say.wait {
                        p { (lang.pick("请先申报利益冲突，再查看参赛项目。", "Say which conflicts you have before you see entries.")) }
                        p { a.button href={ "/me/judging/" (one.id) } { (lang.pick("去申报", "Declare")) } }
                    }
                }
            }
        }
    };
    Ok(page(&visit, Audience::Oneself, title, &body))
}

fn stages(visit: &Visit, work: &Work) -> Markup {
    let lang = visit.lang;
    html! {
        ul.shifts { @for stage in work.rules.judged() {
            li {
                div { strong { (stage.name.as_str()) } small { br; (time_left(visit, stage)) } }
                @if visit.now >= stage.opens_at {
                    div.go { a.button.quiet[!stage.is_open(visit.now)] href={ "/me/judging/" (work.id) "/" (stage.key.as_str()) } {
                        (lang.pick("打开", "Open"))
                    } }
                }
            }
        } }
        p { a.more href={ "/me/judging/" (work.id) } { (lang.pick("利益冲突与退出", "Conflicts, and stepping down")) } }
    }
}

/// To where somebody is sent who is not signed in, or has not declared their conflicts.
fn elsewhere(visit: &Visit, contest: Uuid, problem: Problem) -> Result<Response, Problem> {
    match problem.code() {
        "unauthenticated" => Ok(see_other(&format!("/sign-in?back={}", visit.target))),
        "conflicts_undeclared" => Ok(see_other(&format!("/me/judging/{contest}"))),
        _ => Err(problem),
    }
}

/// Serves `/me/judging/{contest}/{stage}`.
pub async fn stage(
    visit: Visit,
    Path((contest, stage)): Path<(String, String)>,
) -> Result<Response, Problem> {
    let contest = parse_id(&contest)?;
    let desk = match store::desk(&visit, contest, &key(&stage)?).await {
        Ok(desk) => desk,
        Err(problem) => return elsewhere(&visit, contest, problem),
    };
    let (lang, stage) = (visit.lang, desk.bench.stage()?);
    let title = stage.name.as_str();
    let here = stage_path(contest, stage);
    let goes_on = stage.is_open(visit.now);
    let is_roadshow = stage.kind == StageKind::Roadshow;
    let body = html! {
        p.small { a href="/me/judging" { (lang.pick("我的评审", "My judging")) } }
        h1 data-judge=(desk.bench.judge) { (title) }
        p { (time_left(&visit, stage)) }
        @if stage.blind { p.small { (lang.pick(
            "本阶段匿名评审：单位名称、标识和地点已隐去，文字中可能透露身份的部分以 ",
            "Read blind: names, logos and places are hidden; what may give them away in a text shows as ",
        )) (blind::BAR) (lang.pick(" 代替。", ".")) } }
        @if desk.items.is_empty() {
            div.empty { p { (lang.pick("还没有分给您的参赛项目，抽签后会出现在这里。", "Nothing is drawn for you yet; it will be here once it is.")) } }
        } @else {
            (progress(&desk.items, lang))
            @if goes_on && is_roadshow { (up(&desk.items, &here, lang)) }
            @else if goes_on { (next(&desk.items, &here, lang)) }
            ul.shifts { @for line in &desk.items { li {
                div {
                    strong { a href={ (here) "/" (line.number) } data-open[line.is_up() && line.state != BallotState::HandedIn] { (line.number) " " (line.title) } }
                    small {
                        br; (track(&desk.bench.rules, &line.track))
                        @if let Some(floor) = line.floor { " · " (floor.name(lang)) }
                    }
                }
                div.go { (state(line.state, lang)) }
            } } }
        }
    };
    let response = page_with_head(&visit, Audience::Oneself, title, &head(), &body);
    Ok(asking_again(
        response,
        is_roadshow && visit.now < stage.closes_at,
    ))
}

/// The one thing to do next.
fn next(items: &[BallotLine], here: &str, lang: Lang) -> Markup {
    let next = items
        .iter()
        .find(|line| line.state != BallotState::HandedIn);
    html! {
        @if let Some(line) = next {
            div.actions { a.button.wide href={ (here) "/" (line.number) } {
                (lang.pick("评 ", "Score ")) (line.number)
            } }
        }
    }
}

/// What is up in a roadshow, which is the one thing to score.
fn up(items: &[BallotLine], here: &str, lang: Lang) -> Markup {
    let up: Vec<_> = items.iter().filter(|line| line.is_up()).collect();
    html! {
        @if up.is_empty() { p.say.wait role="status" { (lang.pick(
            "现在没有轮到您评的项目。上场后会出现在这里，本页自动更新。",
            "Nothing of yours is up now. It will be here once it is called up; this page refreshes itself.",
        )) } }
        @for line in up {
            @let done = line.state == BallotState::HandedIn;
            div.say.good role="status" {
                p { (lang.pick("正在评分：", "Up now: ")) strong { (line.number) " " (line.title) } }
                @if done { p.small { (lang.pick("您已经交了，停止评分前可以修改。", "You have handed in; you may revise it until scoring is closed.")) } }
                p { a.button.wide.quiet[done] href={ (here) "/" (line.number) } {
                    @if done { (lang.pick("修改 ", "Revise ")) } @else { (lang.pick("评 ", "Score ")) } (line.number)
                } }
            }
        }
    }
}

/// How far one is with an entry.
fn state(state: BallotState, lang: Lang) -> Markup {
    let class = match state {
        BallotState::HandedIn => "seats",
        BallotState::Begun => "seats wait",
        BallotState::Untouched => "seats none",
    };
    html! { span class=(class) { (state.name(lang)) } }
}

/// A track's name.
fn track<'a>(rules: &'a Rules, key: &'a str) -> &'a str {
    rules.track(key).map_or(key, |track| track.name.as_str())
}
