//! The draws of a stage, for those who run the contest.

use maud::{Markup, html};
use uuid::Uuid;

use super::console::asked;
use crate::contests::judging::store::inviting::{Board, StageBoard};
use crate::contests::roadshow::pages::console_path;
use crate::contests::rules::StageKind;
use crate::contests::scoring::pages::time_left;
use crate::platform::clock::day_from;
use crate::platform::i18n::Lang;
use crate::platform::page::{Refused, ask};
use crate::platform::visit::Visit;

/// A stage: what was drawn, how far judges are, and drawing.
pub fn section(
    visit: &Visit,
    contest: Uuid,
    board: &Board,
    of: &StageBoard,
    refused: &Refused<'_>,
) -> Markup {
    let (lang, key) = (visit.lang, of.stage.key.as_str());
    let here = format!("/contests/{contest}/judges");
    let this = asked(refused, "stage") && refused.typed("stage") == key;
    html! {
        section.course id={ "stage-" (key) } {
            h2 { (of.stage.name.as_str()) }
            p.small { (time_left(visit, &of.stage)) }
            @if of.stage.kind == StageKind::Roadshow {
                p { a.button.quiet href=(console_path(contest, &of.stage)) { (lang.pick("路演控制台", "Roadshow console")) } }
            }
            @if this { (refused.above(lang)) }
            ul { @for line in &of.draws { li.small {
                @match lang {
                    Lang::Zh => { "第 " (line.draw) " 次抽签，" }
                    Lang::En => { "Draw " (line.draw) ", " }
                }
                (day_from(visit.now, line.drawn_at, lang)) " " (line.drawn_at.hour_minute())
                @if let Some(reason) = &line.reason { (lang.pick("，原因：", ", because: ")) (reason) }
                br; (lang.pick("种子 ", "seed ")) code { (line.seed) }
            } } }
            @for line in &of.progress {
                @let name = board.tracks.iter().find(|(known, _)| *known == line.track);
                p { (name.map_or(line.track.as_str(), |(_, name)| name)) (lang.pick("：已交 ", ": handed in "))
                    b.num { (line.handed_in) } " / " (line.assigned) }
            }
            @if board.runs {
                form method="post" action={ (here) "/draw" } {
                    input type="hidden" name="stage" value=(key);
                    @if of.draws.is_empty() {
                        p.small { (lang.pick(
                            "系统按公布的种子随机分配评委，回避利益冲突，均衡工作量。已申报利益冲突的评委才参加抽签。",
                            "Judges are drawn by lot from a seed that is published: conflicts are avoided, loads are levelled. Only judges who have declared their conflicts take part.",
                        )) }
                        button { (lang.pick("抽签分配评委", "Draw judges")) }
                    } @else {
                        details open[this] {
                            summary { (lang.pick("评委有变动，补抽", "Draw again for what is open")) }
                            (ask(&format!("reason-{key}"), lang.pick("原因（公开）", "Why; everybody reads it"), None,
                                refused.wrong("reason", lang).filter(|_| this), &html! {
                                    input id={ "reason-" (key) } name="reason" required maxlength="300" autocomplete="off"
                                        value=(if this { refused.typed("reason") } else { "" });
                                }))
                            button.quiet { (lang.pick("补抽", "Draw again")) }
                        }
                    }
                }
            }
        }
    }
}
