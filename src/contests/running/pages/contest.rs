//! A contest as everybody reads it: its times, its tracks, and by which rubric judges
//! score.

use axum::response::Response;
use maud::{Markup, html};

use super::period;
use crate::contests::ContestState;
use crate::contests::log::pages::head_shown;
use crate::contests::log::store::Head;
use crate::contests::roadshow::pages as roadshow;
use crate::contests::rules::{Award, Criterion, Method, Rules, Stage, StageKind, percent};
use crate::contests::running::store::{self, Seen};
use crate::platform::clock::Instant;
use crate::platform::i18n::Lang;
use crate::platform::input::Id;
use crate::platform::page::{Audience, moment, page};
use crate::platform::problem::Problem;
use crate::platform::visit::Visit;

/// Serves `/contests/{id}`.
pub async fn contest(visit: Visit, Id(id): Id) -> Result<Response, Problem> {
    let (seen, head) = store::with_log(&visit, id).await?;
    let rules = match seen.contest.rules()? {
        Some(rules) => Some(rules),
        None => seen.contest.draft()?,
    };
    let lang = visit.lang;
    let contest = &seen.contest;
    let body = html! {
        p.small { a href="/contests" { (lang.pick("项目大赛", "Contests")) } }
        h1 { (contest.name) }
        p.lead { (contest.office) " · " (contest.region_name) }
        @match contest.state {
            ContestState::Cancelled => p.say {
                (lang.pick("大赛已取消：", "Called off: ")) (contest.state_reason.as_deref().unwrap_or_default())
            },
            ContestState::Draft => p.say.wait { (lang.pick("草稿，尚未公布。", "A draft, not announced yet.")) },
            ContestState::Announced => {}
        }
        @if seen.standing.oversees() {
            p { a.button.quiet href={ "/contests/" (contest.id) "/run" } { (lang.pick("大赛后台", "Run it")) } }
        }
        @if rules.as_ref().is_some_and(|rules| judged_by(rules, visit.now)) {
            p { a.button.quiet href={ "/contests/" (contest.id) "/results" } { (lang.pick("评审结果", "Results")) } }
        }
        @if seen.standing.supervises() {
            p { a.button.quiet href={ "/contests/" (contest.id) "/audit" } { (lang.pick("监督", "Watch over it")) } }
        }
        @if !contest.about.is_empty() { p.prose { (contest.about) } }
        @if let Some(rules) = &rules { (published(&visit, &seen, rules)) }
        @if let Some(head) = &head { (chained(&visit, head)) }
    };
    let audience = match visit.has_credential() {
        true => Audience::Oneself,
        false => Audience::Everybody,
    };
    Ok(page(&visit, audience, &contest.name, &body))
}

/// Whether a stage was judged, so that there may be a result.
fn judged_by(rules: &Rules, now: Instant) -> bool {
    let mut judged = rules.judged();
    judged.any(|stage| stage.closes_at <= now)
}

fn published(visit: &Visit, seen: &Seen, rules: &Rules) -> Markup {
    let lang = visit.lang;
    html! {
        section.course #times {
            h2 { (lang.pick("日程", "Times")) }
            dl.facts {
                dt { (lang.pick("报名", "Entries")) }
                dd { (period(visit, rules.entries.opens_at, rules.entries.closes_at)) }
                @for stage in rules.stages.iter() {
                    dt { (stage.name.as_str()) }
                    dd { (period(visit, stage.opens_at, stage.closes_at)) }
                }
                dt { (lang.pick("结果公示", "On notice")) }
                dd { (rules.notice_days.get()) (lang.pick(" 天", " days")) }
            }
            @if seen.contest.state == ContestState::Announced && visit.now < rules.entries.closes_at {
                p { a.button href="/me/organizations" { (lang.pick("报名参赛", "Enter a project")) } }
                p.small { (lang.pick(
                    "由志愿服务组织报名：进入“我的组织”，在“参赛”页选择项目。",
                    "Organizations enter: open yours, and choose a project on its page of entries.",
                )) }
            }
            @for stage in rules.stages.iter().filter(|stage| stage.kind == StageKind::Roadshow) {
                @if seen.contest.state == ContestState::Announced && stage.is_open(visit.now) {
                    (roadshow::link(&seen.contest.id, stage, lang))
                }
            }
        }
        section.course #tracks {
            h2 { (lang.pick("赛道", "Tracks")) }
            ul.evidence { @for track in rules.tracks.iter() {
                li { (track.name.as_str())
                    @if let Some(field) = track.field { small { (lang.pick("（限", " (only ")) (field.name(lang)) (lang.pick("领域的项目）", ")")) } } }
            } }
            (bars(rules, lang))
        }
        @for stage in rules.judged() { (rubric(stage, lang)) }
        @if rules.ends_at() <= visit.now {
            p { a.button.quiet href={ "/contests/" (seen.contest.id) "/outcomes" } { (lang.pick("获奖项目的后续", "What became of awarded entries")) } }
        }
        p.small { a href="/me/judging" { (lang.pick("我是评委，去评审", "I am a judge")) } }
        @if !rules.awards.is_empty() {
            section.course #awards {
                h2 { (lang.pick("奖项（每个赛道）", "Awards in each track")) }
                ul.evidence { @for award in rules.awards.iter() { li { (award_words(award, lang)) } } }
            }
        }
        @if !seen.published.is_empty() { (texts(visit, seen)) }
    }
}

/// What keeps a project out.
fn bars(rules: &Rules, lang: Lang) -> Markup {
    html! {
        p.small {
            (lang.pick("一个项目只能报一次。", "One entry a project. "))
            @if rules.bar_elsewhere { (lang.pick("正在参加别的大赛的项目不能报名。", "None that takes part elsewhere at the time. ")) }
            @if rules.bar_past { (lang.pick("曾获限制性奖项的项目不能报名。", "None that won an award which bars. ")) }
        }
    }
}

fn award_words(award: &Award, lang: Lang) -> String {
    let (name, quota) = (award.name.as_str(), award.quota.get());
    let bars = match award.bars {
        true => lang.pick("，获奖后不再参评", "; bars from later contests"),
        false => "",
    };
    match lang {
        Lang::Zh => format!("{name}：{quota} 个{bars}"),
        Lang::En => format!("{name}: {quota}{bars}"),
    }
}

fn rubric(stage: &Stage, lang: Lang) -> Markup {
    html! {
        section.course id={ "stage-" (stage.key.as_str()) } {
            h2 { (stage.name.as_str()) small { (lang.pick("占总分 ", "")) (percent(stage.weight.get())) (lang.pick("", " of the total")) } }
            p.small {
                (stage.kind.name(lang)) " · "
                @match lang {
                    Lang::Zh => { "每个项目 " (stage.judges_per_entry.get()) " 名评委" }
                    Lang::En => { (stage.judges_per_entry.get()) " judges an entry" }
                }
                " · " (stage.method.name(lang))
                @if stage.method == Method::TrimmedMean { (lang.pick("（各去 ", " (")) (stage.trim.get()) (lang.pick(" 个）", " off each end)")) }
                @if stage.blind { " · " (lang.pick("匿名评审", "blind")) }
                @if let Some(advance) = stage.advance {
                    " · " @match lang {
                        Lang::Zh => { "每个赛道前 " (advance.get()) " 名晋级" }
                        Lang::En => { "the first " (advance.get()) " of each track go on" }
                    }
                }
            }
            @for criterion in stage.criteria.iter() { (scale(criterion, lang)) }
        }
    }
}

fn scale(criterion: &Criterion, lang: Lang) -> Markup {
    html! {
        details.row {
            summary { strong { (criterion.name.as_str()) } " "
                small { (percent(criterion.weight.get())) " · " span.num { (criterion.min.get()) "–" (criterion.max.get()) } (lang.pick(" 分", " points")) } }
            dl.facts { @for level in criterion.levels.iter() {
                dt.num { (level.score.get()) (lang.pick(" 分", "")) }
                dd { (level.words.as_str()) }
            } }
        }
    }
}

/// Every text that was published, with its hash.
fn texts(visit: &Visit, seen: &Seen) -> Markup {
    let lang = visit.lang;
    html! {
        section.course #published {
            h2 { (lang.pick("规则原文与修订", "Texts of the rules")) }
            p.small { (lang.pick(
                "每一版规则公布后不再改动。下载原文计算 SHA-256，应与这里的一致。",
                "No text changes once it is published. SHA-256 of the file is what stands here.",
            )) }
            ul.faults { @for text in &seen.published {
                li {
                    strong { @match lang {
                        Lang::Zh => { "第 " (text.version) " 版" }
                        Lang::En => { "Version " (text.version) }
                    } }
                    " " small { (moment(visit, text.published_at)) }
                    @if let Some(reason) = &text.reason { p { (lang.pick("修订原因：", "Why it was amended: ")) (reason) } }
                    p.small { code.secret { (text.hash) } }
                    p { a href={ "/api/v1/contests/" (seen.contest.id) "/rules/" (text.version) } { (lang.pick("原文（JSON）", "Text (JSON)")) } }
                }
            } }
        }
    }
}

/// How far the log is chained, for anyone to write down.
fn chained(visit: &Visit, head: &Head) -> Markup {
    let lang = visit.lang;
    html! {
        section.course #log {
            h2 { (lang.pick("操作日志", "Log")) }
            p.small { (lang.pick(
                "大赛的每一项操作都记入日志，逐行以哈希相连，由监督员查阅。把下面的哈希抄存下来，以后就能核对此前的日志没有被改动。",
                "Every act is logged, line chained to line by hash, for the supervisor to read. Keep a copy of the hash below: it shows later whether anything before it was changed.",
            )) }
            (head_shown(visit, head))
        }
    }
}
