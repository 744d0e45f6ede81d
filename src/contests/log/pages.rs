//! The supervisor's page: what stands where, and the log in words, with its chain worked out
//! anew.

use axum::response::Response;
use maud::{Markup, html};
use uuid::Uuid;

use super::store::{self, Audit, Head, Stretch};
use super::{Fit, Kept, fits, words};
use crate::contests::judging::store::inviting::{self, Board, StageBoard};
use crate::contests::judging::{Judge, JudgeState};
use crate::contests::running::store::{Officer, Published, Seen, officers, one};
use crate::platform::clock::Instant;
use crate::platform::fields::FieldErrors;
use crate::platform::i18n::Lang;
use crate::platform::input::{Digits, Id, PageQuery};
use crate::platform::page::{Audience, in_brackets, moment, page, see_other};
use crate::platform::problem::Problem;
use crate::platform::visit::Visit;

/// So many lines stand on a page.
const SHOWN: i64 = 30;

/// Which lines to show.
#[derive(Debug, Default, deserr::Deserr)]
#[deserr(error = FieldErrors, deny_unknown_fields)]
pub struct AuditPage {
    /// Those after this place.
    #[deserr(default)]
    after: Option<Digits<0, 9_007_199_254_740_991>>,
}

/// Serves `/contests/{id}/audit`.
pub async fn audit(
    visit: Visit,
    Id(id): Id,
    PageQuery(query): PageQuery<AuditPage>,
) -> Result<Response, Problem> {
    if !visit.has_credential() {
        return Ok(see_other(&format!("/sign-in?back=/contests/{id}/audit")));
    }
    let after = query.after.map_or(0, Digits::get);
    let audit = store::audit(&visit, id, after, SHOWN).await?;
    let seen = one(&visit, id).await?;
    let officers = officers(&visit, id).await?;
    let board = inviting::board(&visit, id).await?;
    let (lang, contest) = (visit.lang, &seen.contest);
    let title = lang.pick("监督", "Supervision");
    let body = html! {
        p.small { a href="/contests" { (lang.pick("项目大赛", "Contests")) } " / " a href={ "/contests/" (id) } { (contest.name) } }
        h1 { (title) }
        p.lead { (lang.pick(
            "您可以查看这次大赛的全部过程，不能改动任何内容。",
            "You see everything that is done in this contest, and change nothing.",
        )) }
        p { span.state { (contest.state.name(lang)) } }
        @if let Some(reason) = &contest.state_reason { p.say { (reason) } }
        div.actions {
            a.button.quiet href={ "/contests/" (id) "/run" } { (lang.pick("大赛后台（只读）", "How it is run")) }
            a.button.quiet href={ "/contests/" (id) "/judges" } { (lang.pick("评委与抽签", "Judges and draws")) }
        }
        (rules(&visit, id, &seen.published))
        (panel(&officers, &board.judges, lang))
        (progress(&visit, &audit, &board))
        (log(&visit, &seen, &audit, after))
    };
    Ok(page(&visit, Audience::Oneself, title, &body))
}

fn rules(visit: &Visit, id: Uuid, published: &[Published]) -> Markup {
    let lang = visit.lang;
    html! {
        section.course #rules {
            h2 { (lang.pick("规则", "Rules")) }
            @if published.is_empty() { p { (lang.pick("尚未公布。", "None is published yet.")) } }
            ul.faults { @for text in published { li {
                strong { a href={ "/api/v1/contests/" (id) "/rules/" (text.version) } { @match lang {
                    Lang::Zh => { "第 " (text.version) " 版" }
                    Lang::En => { "Version " (text.version) }
                } } }
                " " small { (moment(visit, text.published_at)) }
                @if let Some(reason) = &text.reason { p.small { (lang.pick("修订原因：", "Because: ")) (reason) } }
                p.small { "SHA-256 " code { (text.hash) } }
            } } }
        }
    }
}

fn panel(officers: &[Officer], judges: &[Judge], lang: Lang) -> Markup {
    html! {
        section.course #officers {
            h2 { (lang.pick("职务人员", "Officers")) (in_brackets(officers.len(), lang)) }
            ul.people { @for officer in officers { li {
                strong { (officer.role.name(lang)) } " "
                small { @if let Some(name) = &officer.name { (name) " " } span.num { (officer.phone) } }
            } } }
        }
        section.course #judges {
            h2 { (lang.pick("评委", "Judges")) (in_brackets(judges.len(), lang)) }
            ul.people { @for judge in judges { li {
                strong { (judge.number) " " (judge.name) } " "
                small { (judge.state.name(lang)) @if judge.state == JudgeState::Accepted { " · " (declared(judge, lang)) } }
            } } }
        }
    }
}

fn declared(judge: &Judge, lang: Lang) -> String {
    match (judge.declared_at, judge.conflicts, lang) {
        (None, _, _) => lang
            .pick("未申报利益冲突", "conflicts not declared")
            .to_owned(),
        (Some(_), some, Lang::Zh) => format!("回避 {some} 项"),
        (Some(_), some, Lang::En) => format!("{some} conflicts"),
    }
}

fn progress(visit: &Visit, audit: &Audit, board: &Board) -> Markup {
    let lang = visit.lang;
    html! {
        section.course #entries {
            h2 { (lang.pick("参赛项目", "Entries")) }
            @if audit.entries.is_empty() { p { (lang.pick("还没有提交的项目。", "None has been submitted yet.")) } }
            @else { dl.facts { @for row in &audit.entries {
                dt { (row.state.name(lang)) } dd.num { (row.entries) }
            } } }
        }
        @for of in &board.stages { (stage(visit, of)) }
    }
}

fn stage(visit: &Visit, of: &StageBoard) -> Markup {
    let lang = visit.lang;
    let sum = |part: fn(&inviting::Progress) -> i64| of.progress.iter().map(part).sum::<i64>();
    let (handed_in, assigned) = (sum(|row| row.handed_in), sum(|row| row.assigned));
    html! {
        section.course id={ "stage-" (of.stage.key.as_str()) } {
            h2 { (of.stage.name.as_str()) }
            p { (lang.pick("评分表：已交 ", "Ballots handed in: ")) b.num { (handed_in) } " / " span.num { (assigned) } }
            @if of.draws.is_empty() { p.small { (lang.pick("尚未抽签。", "Judges are not drawn yet.")) } }
            ul.evidence { @for draw in &of.draws { li.small {
                @match lang {
                    Lang::Zh => { "第 " (draw.draw) " 次抽签，" }
                    Lang::En => { "Draw " (draw.draw) ", " }
                }
                (moment(visit, draw.drawn_at))
                @if let Some(reason) = &draw.reason { (lang.pick("，原因：", ", because: ")) (reason) }
                br; (lang.pick("种子 ", "seed ")) code { (draw.seed) }
            } } }
        }
    }
}

fn log(visit: &Visit, seen: &Seen, audit: &Audit, after: i64) -> Markup {
    let (lang, id) = (visit.lang, &seen.contest.id);
    let Stretch {
        before,
        lines,
        next,
    } = &audit.stretch;
    let fits = fits(before, lines);
    let at = |after: i64| format!("/contests/{id}/audit?after={after}#log");
    html! {
        section.course #log {
            h2 { (lang.pick("日志", "Log")) }
            p.small { (lang.pick(
                "每一项操作一行，只增不改。每行的哈希由上一行的哈希和本行内容算出；打开本页时，系统把本页各行重新计算了一遍。",
                "A line for each act, only ever added to. Each line's hash is made of the hash before and the line itself; those of this page were worked out anew when you opened it.",
            )) }
            @if let Some(head) = &audit.head { (head_shown(visit, head)) }
            (verdict(&fits, lang))
            @if lines.is_empty() { div.empty { p { (lang.pick("这里没有日志。", "There are no lines here.")) } } }
            ul.faults { @for (kept, fit) in lines.iter().zip(&fits) { (line(visit, audit, kept, *fit)) } }
            div.actions {
                @if after > 0 { a.button.quiet rel="prev" href=(at((after - SHOWN).max(0))) { (lang.pick("上一页", "Previous page")) } }
                @if let Some(next) = next {
                    a.button.quiet rel="next" href=(at(*next)) { (lang.pick("下一页", "Next page")) }
                    @if let Some(head) = &audit.head { a.button.quiet href=(at((head.lines - SHOWN).max(0))) { (lang.pick("最新", "Latest")) } }
                }
            }
            p.small {
                (lang.pick("要核对整条哈希链，请读取", "To check the whole chain, read "))
                a href={ "/api/v1/contests/" (id) "/log" } { (lang.pick("日志（JSON）", "the log (JSON)")) }
                (lang.pick("，用 script/verify-contest-log.mjs 重新计算。", " and work it out anew with script/verify-contest-log.mjs."))
            }
        }
    }
}

/// How far the log is chained, to be written down.
pub fn head_shown(visit: &Visit, head: &Head) -> Markup {
    let lang = visit.lang;
    html! {
        p.small {
            @match lang {
                Lang::Zh => { "已入链 " (head.lines) " 行" }
                Lang::En => { (head.lines) " lines are chained" }
            }
            @if let Some(at) = head.at { (lang.pick("，最后一行：", ", the last: ")) (moment(visit, at)) br; code { (head.hash) } }
        }
    }
}

/// Whether the page as a whole holds.
fn verdict(fits: &[Fit], lang: Lang) -> Markup {
    let broken = fits
        .iter()
        .filter(|fit| !matches!(fit, Fit::Holds | Fit::Waits))
        .count();
    let held = fits.iter().filter(|fit| **fit == Fit::Holds).count();
    html! {
        @if broken > 0 {
            p.say role="alert" { @match lang {
                Lang::Zh => { "哈希链不符：本页有 " (broken) " 处与记录时不一致，日志可能被人绕过系统改动过。请保存本页，并要求主办单位和平台运营方说明。" }
                Lang::En => { "The chain does not fit: in " (broken) " places on this page it is not what was recorded. Somebody may have changed the log behind the system’s back. Keep this page, and ask the host and the operator to explain." }
            } }
        } @else if held > 0 {
            p.say.good { @match lang {
                Lang::Zh => { "本页 " (held) " 行已重新计算，与哈希链相符。" }
                Lang::En => { (held) " lines of this page were worked out anew, and fit the chain." }
            } }
        }
    }
}

fn line(visit: &Visit, audit: &Audit, kept: &Kept, fit: Fit) -> Markup {
    let (lang, line) = (visit.lang, &kept.line);
    let details = words::details(line, lang);
    html! {
        li {
            @if let Some(place) = kept.place { span.num { (place) } ". " }
            strong { (words::act(line, lang)) }
            @if let Some(subject) = words::subject(line, &audit.named, lang) { " " span.num { (subject) } }
            br; small { (words::actor(line, &audit.named, lang)) " · " (moment(visit, Instant::from_millis(line.at))) }
            @if !details.is_empty() {
                details { summary.small { (lang.pick("详情", "Details")) } dl.facts { @for (name, value) in &details {
                    dt { (name) } dd { (value) }
                } } }
            }
            (fit_shown(kept, fit, lang))
        }
    }
}

fn fit_shown(kept: &Kept, fit: Fit, lang: Lang) -> Markup {
    let short: String = kept
        .hash
        .iter()
        .flat_map(|hash| hash.chars())
        .take(12)
        .collect();
    html! {
        @match (fit, lang) {
            (Fit::Holds, _) => p.small { "✓ " (lang.pick("相符 ", "fits ")) code { (short) "…" } },
            (Fit::Waits, _) => p.small { (lang.pick("稍后入链", "to be chained in a moment")) },
            (Fit::Changed, _) => p.wrong { (lang.pick("✗ 与哈希链不符：这一行或它的哈希被改动过", "✗ does not fit the chain: this line, or its hash, was changed")) },
            (Fit::After(gone), Lang::Zh) => p.wrong { "✗ 与哈希链不符：这一行之前缺少 " (gone) " 行" },
            (Fit::After(gone), Lang::En) => p.wrong { "✗ does not fit the chain: " (gone) " lines before it are gone" },
            (Fit::PutIn, _) => p.wrong { (lang.pick("✗ 不在哈希链中：这一行是事后插入的", "✗ is not in the chain: this line was put in afterwards")) },
        }
    }
}
