//! Stage by stage: what was drawn up, what keeps it, and what is to be done.

use maud::{Markup, html};
use uuid::Uuid;

use super::objections::{handling, listed};
use super::{address, standing, version_name};
use crate::contests::results::store::objecting::Objection;
use crate::contests::results::store::reading::{Heading, Results};
use crate::contests::results::{ObjectionDecision, ResultState, is_last};
use crate::contests::rules::{Rules, Stage};
use crate::contests::scoring::pages::time_left;
use crate::platform::i18n::Lang;
use crate::platform::page::{Refused, ask};
use crate::platform::visit::Visit;

/// A stage: what was drawn up of it, and what may be done next.
pub fn section(
    visit: &Visit,
    contest: Uuid,
    results: &Results,
    (rules, stage): (&Rules, &Stage),
    objections: &[Objection],
    refused: &Refused,
) -> Markup {
    let lang = visit.lang;
    let key = stage.key.as_str();
    // Who went on is settled once the stage after it is.
    let later = rules
        .stages
        .iter()
        .skip_while(|one| one.key != stage.key)
        .skip(1);
    let settled = later
        .flat_map(|one| {
            results
                .items
                .iter()
                .filter(|result| result.stage == one.key.as_str())
        })
        .next()
        .is_some();
    let obstacle = obstacle(objections, own_version(results, key), lang);
    let own: Vec<&Heading> = results
        .items
        .iter()
        .filter(|one| one.stage == key)
        .collect();
    let here = format!("/contests/{contest}/run/results");
    let newest = own.first();
    let is_final = results
        .items
        .iter()
        .any(|one| one.state == ResultState::Final);
    let open = visit.now >= stage.closes_at && !is_final && !settled;
    html! {
        section.course id={ "stage-" (key) } {
            h2 { (stage.name.as_str()) }
            p.small {
                (time_left(visit, stage))
                @if is_last(rules, stage) { (lang.pick(" · 最后阶段，决定奖项", " · the last stage, which decides awards")) }
            }
            @for heading in &own { (drawn(visit, contest, results, heading, obstacle)) }
            @if results.rights.draws_up && open {
                (drawing_form(&here, key, newest.is_some(), refused, lang))
            }
        }
    }
}

/// The newest version of a stage's result.
fn own_version<'a>(results: &Results, stage: &'a str) -> Option<(&'a str, i64)> {
    let newest = results.items.iter().find(|one| one.stage == stage);
    newest.map(|newest| (stage, newest.version))
}

/// What keeps a result from being final, besides time.
fn obstacle(objections: &[Objection], of: Option<(&str, i64)>, lang: Lang) -> Option<&'static str> {
    let (stage, version) = of?;
    let mut own = objections.iter().filter(|one| one.stage == stage);
    if own.clone().any(|one| one.decision.is_none()) {
        return Some(lang.pick(
            "还有异议没有决定，逐件决定后才能确定结果。",
            "Some objections are not decided yet: decide on each before this can be final.",
        ));
    }
    let upheld =
        own.any(|one| one.version == version && one.decision == Some(ObjectionDecision::Upheld));
    upheld.then_some(lang.pick(
        "有异议成立：请说明原因，重新汇总。",
        "An objection was upheld: draw it up again, and say why.",
    ))
}

fn drawn(
    visit: &Visit,
    contest: Uuid,
    results: &Results,
    heading: &Heading,
    obstacle: Option<&str>,
) -> Markup {
    let lang = visit.lang;
    let here = format!("/contests/{contest}/run/results");
    let which = html! {
        input type="hidden" name="stage" value=(heading.stage);
        input type="hidden" name="version" value=(heading.version);
    };
    let gone = heading.state == ResultState::Superseded;
    html! {
        div.ticket {
            p { strong.struck[gone] { (version_name(heading.version, lang)) } " · " (standing(visit, heading)) }
            @if let Some(reason) = &heading.reason { p.small { (reason) } }
            @if !heading.short.is_empty() {
                details {
                    summary { @match lang {
                        Lang::Zh => { (heading.short.len()) " 个项目的评分少于规则规定的份数" }
                        Lang::En => { (heading.short.len()) " entries have fewer ballots than the rules say" }
                    } }
                    p.small.num { @for entry in heading.short.iter().take(60) { (entry.entry) " (" (entry.ballots) ") " } }
                }
            }
            p { a.button.quiet href=(address(contest, heading)) { (lang.pick("看名次和得分", "Ranks and scores")) } }
            @match heading.state {
                ResultState::Sealed => {
                    p { @match lang {
                        Lang::Zh => { "已有 " b.num { (heading.approvals) } " / 2 人审定" }
                        Lang::En => { b.num { (heading.approvals) } " of 2 have approved" }
                    } }
                    @if heading.own_approval {
                        p.small { (lang.pick("您已审定，等另一位负责人。", "You have approved; it waits for somebody else.")) }
                    } @else if results.rights.approves {
                        form method="post" action={ (here) "/approve" } { (which)
                            p.small { (lang.pick("请先看过名次和建议讨论的项目。第二人审定后立即公布。", "Look at the ranks, and at what is to be talked about, first. The second approval publishes it at once.")) }
                            button { (lang.pick("核对无误，审定", "Checked: approve")) }
                        }
                    }
                }
                ResultState::NoticeOver if results.rights.draws_up => {
                    @if let Some(obstacle) = obstacle { p.say.wait { (obstacle) } }
                    @else { form method="post" action={ (here) "/finish" } { (which)
                        p.small { (lang.pick("确定后不能再改，奖项随即生效。", "This cannot be undone; awards are given with it.")) }
                        button { (lang.pick("确定结果", "Make it final")) }
                    } }
                }
                ResultState::Published | ResultState::OnNotice | ResultState::NoticeOver
                | ResultState::Final | ResultState::Superseded => {}
            }
        }
    }
}

fn drawing_form(here: &str, stage: &str, again: bool, refused: &Refused, lang: Lang) -> Markup {
    let this = refused.typed("stage") == stage
        && refused
            .form
            .is_some_and(|form| form.sent("reason").is_some());
    let wrong = refused.wrong("reason", lang).filter(|_| this);
    let id = format!("reason-{stage}");
    let hidden = html! { input type="hidden" name="stage" value=(stage); };
    html! {
        @if again {
            details open[this] {
                summary { (lang.pick("重新汇总", "Draw it up again")) }
                form method="post" action={ (here) "/draw_up" } { (hidden)
                    (ask(&id, lang.pick("原因（公开）", "Why; everybody reads it"), None, wrong, &html! {
                        input id=(id) name="reason" required maxlength="300" autocomplete="off"
                            value=(if this { refused.typed("reason") } else { "" });
                    }))
                    button.quiet { (lang.pick("重新汇总", "Draw it up again")) }
                }
            }
        } @else {
            form method="post" action={ (here) "/draw_up" } { (hidden)
                button { (lang.pick("汇总本阶段评分", "Draw up the result")) }
            }
        }
    }
}

/// Objections, those that wait first.
pub fn objections_of(
    visit: &Visit,
    here: &str,
    objections: &[Objection],
    results: &Results,
    refused: &Refused,
) -> Markup {
    let lang = visit.lang;
    let (decided, waiting): (Vec<_>, Vec<_>) =
        objections.iter().partition(|one| one.decision.is_some());
    html! {
        @if !objections.is_empty() {
            section.course #objections {
                h2 { (lang.pick("异议", "Objections")) }
                @if waiting.is_empty() { p.small { (lang.pick("没有待处理的异议。", "None is waiting.")) } }
                ul.faults { @for objection in waiting {
                    li { (listed(visit, objection)) (handling(here, objection, results.rights, refused, lang)) }
                } }
                @if !decided.is_empty() {
                    details {
                        summary { (lang.pick("已决定的异议", "Decided")) }
                        ul.faults { @for objection in decided { li { (listed(visit, objection)) } } }
                    }
                }
            }
        }
    }
}
