//! What the rules say, section by section, and what they lack.

use axum::response::Response;
use maud::{Markup, html};

use super::changes::lines;
use super::faults::{Found, by_section, leading};
use super::part::{Around, Kind, Part, grouped};
use super::section::Section;
use super::sheet::Row;
use super::{RulesDone, RulesPage, at_work, done, sign_in, way_back};
use crate::contests::ContestState;
use crate::contests::rules::{Preset, Rules};
use crate::contests::running::acts;
use crate::contests::running::store::{self, Seen};
use crate::platform::i18n::Lang;
use crate::platform::input::{Choice as _, Form, Id, PageQuery};
use crate::platform::page::{Audience, Refused, page};
use crate::platform::problem::Problem;
use crate::platform::visit::{Presented, Visit};

/// Serves `/contests/{id}/run/rules`.
pub async fn rules(
    visit: Visit,
    Id(id): Id,
    PageQuery(query): PageQuery<RulesPage>,
) -> Result<Response, Problem> {
    if let Some(elsewhere) = sign_in(&visit) {
        return Ok(elsewhere);
    }
    let seen = store::one(&visit, id).await?;
    shown(&visit, &seen, query.done, Refused::default())
}

/// Takes `/contests/{id}/run/rules`: the draft begins from a preset.
pub async fn begin(
    visit: Visit,
    _: Presented,
    Id(id): Id,
    form: Form,
) -> Result<Response, Problem> {
    let preset = form.get("preset").and_then(Preset::from_word);
    let rules = preset.ok_or_else(Problem::not_found)?.rules(visit.now)?;
    let seen = store::one(&visit, id).await?;
    seen.standing.require_run()?;
    // A second tap wants what stands.
    if seen.contest.state == ContestState::Draft && at_work(&seen)?.as_ref() == Some(&rules) {
        return Ok(done(id, RulesDone::Begun));
    }
    let version: Option<i64> = form.get("version").and_then(|version| version.parse().ok());
    let meant = |stands| version == Some(stands);
    match acts::write_rules(&visit, id, &rules, &meant).await {
        Ok(_) => Ok(done(id, RulesDone::Begun)),
        Err(problem) if matches!(problem.status().as_u16(), 409 | 412) => {
            let seen = store::one(&visit, id).await?;
            let refused = Refused {
                problem: Some(&problem),
                form: None,
            };
            Ok(refused.answered(shown(&visit, &seen, None, refused)?))
        }
        Err(problem) => Err(problem),
    }
}

fn shown(
    visit: &Visit,
    seen: &Seen,
    done: Option<RulesDone>,
    refused: Refused<'_>,
) -> Result<Response, Problem> {
    seen.standing.require_oversight()?;
    let (lang, contest) = (visit.lang, &seen.contest);
    let rules = at_work(seen)?;
    let may = seen.standing.runs() && contest.state != ContestState::Cancelled;
    let lacks = |rules: &Rules| {
        let errors = acts::announceable(rules, visit.now, "").err();
        by_section(rules, &errors.unwrap_or_default(), lang)
    };
    let faults = rules.as_ref().map(lacks).unwrap_or_default();
    let title = lang.pick("评审规则", "Rules");
    let body = html! {
        (way_back(seen, false, lang))
        h1 { (title) }
        @if let Some(done) = done { p.say.good role="status" { (done.words(lang)) } }
        (refused.above(lang))
        @match (&rules, contest.state) {
            (None, ContestState::Draft) if may => (presets(seen, lang)),
            (None, _) => div.empty { p { (lang.pick("还没有写规则。", "No rules are written yet.")) } },
            (Some(rules), state) => {
                @match state {
                    ContestState::Draft => (readiness(seen, rules, &faults, lang)),
                    ContestState::Announced if may => p.say.wait { (in_force(contest.rules_version, lang)) },
                    ContestState::Announced | ContestState::Cancelled => {}
                }
                ul.shifts { @for section in Section::all(rules) { (summary(visit, seen, rules, section, may)) } }
                @if may && state == ContestState::Draft && faults.is_empty() { (announcing(seen, lang)) }
            }
        }
        @if may {
            @if rules.is_some() && contest.state == ContestState::Draft {
                details.row {
                    summary { (lang.pick("换一个方案，从头写起", "Begin anew from another plan")) }
                    p.small { (lang.pick("现在写好的规则会被替换，不能恢复。", "What is written now is replaced, for good.")) }
                    (presets(seen, lang))
                }
            }
            details.row {
                summary { (lang.pick("高级：JSON", "Advanced: JSON")) }
                p.small { (lang.pick(
                    "给用程序管理大赛的人：整份规则的 JSON 原文，可以整份替换。",
                    "For those who run contests by programs: the rules as JSON, to be replaced whole.",
                )) }
                p { a.button.quiet href={ (here_of(seen)) "/json" } { (lang.pick("查看 JSON", "See the JSON")) } }
            }
        }
    };
    Ok(page(visit, Audience::Oneself, title, &body))
}

fn here_of(seen: &Seen) -> String {
    format!("/contests/{}/run/rules", seen.contest.id)
}

fn in_force(version: i64, lang: Lang) -> String {
    match lang {
        Lang::Zh => format!(
            "第 {version} 版规则已经公布。要改动，请点开相应部分修订；修订连同原因公开，公布前会先列出改了什么。"
        ),
        Lang::En => format!(
            "Version {version} is in force. Amend it section by section: an amendment is public with its reason, and you see what it changes before it is published."
        ),
    }
}

/// Plans to begin from, each a tap.
fn presets(seen: &Seen, lang: Lang) -> Markup {
    html! {
        p { (lang.pick("选一个最接近的方案，再逐项修改：", "Choose the plan that comes nearest, then go through it:")) }
        form method="post" action=(here_of(seen)) {
            input type="hidden" name="version" value=(seen.contest.version);
            ul.shifts { @for (preset, word) in Preset::ALL {
                li {
                    div { strong { (preset.name(lang)) } }
                    div.go { button.quiet name="preset" value=(word) aria-label={ (lang.pick("选用 ", "Choose ")) (preset.name(lang)) } { (lang.pick("选用", "Choose")) } }
                    div.small { (preset.about(lang)) }
                }
            } }
        }
    }
}

/// What is missing before a draft can be announced.
fn readiness(seen: &Seen, rules: &Rules, faults: &[Found], lang: Lang) -> Markup {
    html! {
        @if faults.is_empty() {
            p.say.good { (lang.pick("规则完整。逐项核对后，在", "The rules are whole. Go through them, and announce the contest ")) a href="#announce" { (lang.pick("页面最后", "at the end")) } (lang.pick("公布大赛。", ".")) }
        } @else {
            div.say.wait {
                p { (match lang {
                    Lang::Zh => format!("还有 {} 处要改好才能公布：", faults.len()),
                    Lang::En => format!("{} to be put right before it can be announced:", faults.len()),
                }) }
                (leading(rules, faults, &here_of(seen), lang))
            }
        }
    }
}

/// Where a draft is announced.
fn announcing(seen: &Seen, lang: Lang) -> Markup {
    html! {
        section.course #announce {
            h2 { (lang.pick("公布大赛", "Announce the contest")) }
            p { (lang.pick(
                "公布后谁都可以查看规则，报名按时开始。规则随即冻结，再改只能公开修订。",
                "Everybody reads the rules then, and entries open on time. The rules are frozen, and change by amendments in the open only.",
            )) }
            form method="post" action={ "/contests/" (seen.contest.id) "/run/announce" } {
                input type="hidden" name="version" value=(seen.contest.version);
                button.wide { (lang.pick("公布大赛", "Announce the contest")) }
            }
        }
    }
}

/// What a section says.
fn summary(visit: &Visit, seen: &Seen, rules: &Rules, section: Section, may: bool) -> Markup {
    let (lang, now) = (visit.lang, visit.now);
    let around = Around { rules, now, lang };
    let (row, word) = (section.standing(rules), section.word());
    let title = section.title(rules, lang);
    let edit = match seen.contest.state {
        ContestState::Draft => lang.pick("修改", "Edit"),
        ContestState::Announced | ContestState::Cancelled => lang.pick("修订", "Amend"),
    };
    html! {
        li id=(word) {
            h2 { (title) }
            @if may {
                div.go { a.button.quiet href={ (here_of(seen)) "/" (word) } aria-label={ (edit) " " (title) } { (edit) } }
            }
            div.small { @for group in grouped(section.parts()) { (said(&group, &row, &around)) } }
        }
    }
}

/// What stands in a group of parts.
fn said(group: &[(usize, &Part)], row: &Row, around: &Around<'_>) -> Markup {
    let (comma, colon) = (around.lang.pick("，", ", "), around.lang.pick("：", ": "));
    let Some((place, part)) = group.first() else {
        return html! {};
    };
    let Kind::Rows(of) = &part.kind else {
        let words = group
            .iter()
            .map(|(place, part)| part.words(row.text(*place), around));
        let words: Vec<String> = words.filter(|words| !words.is_empty()).collect();
        return html! { @if !words.is_empty() { p { (words.join(comma)) } } };
    };
    let lines = lines(of.of, row.rows(*place), around);
    html! {
        @if of.key.is_some() {
            ul { @for (name, rest) in lines {
                li { strong { (name) } @if !rest.is_empty() { " " (rest) } }
            } }
        } @else if !lines.is_empty() {
            @let names: Vec<String> = lines.into_iter().map(|(name, _)| name).collect();
            p { (part.label(around.lang)) (colon) (names.join(comma)) }
        }
    }
}
