//! How an entry came to its place, in words.

use maud::{Markup, html};

use super::stage_name;
use crate::contests::ranking::{Boundary, Break, Flag, Ranked, StageResult, Tie};
use crate::contests::rules::{Method, Rules};
use crate::platform::i18n::Lang;

/// Each stage's score, what told it from equals, and what people should talk about.
pub fn explained(ranked: &Ranked, rules: &Rules, lang: Lang) -> Markup {
    html! {
        dl.facts { @for stage in &ranked.stages {
            dt { (stage_name(rules, &stage.stage)) }
            dd { (score(stage, rules, lang)) }
        } }
        @if let Some(tie) = &ranked.tie { p.small { (tied(tie, rules, lang)) } }
        @for flag in &ranked.flags { p.say.wait { (flagged(flag, rules, lang)) } }
    }
}

fn score(of: &StageResult, rules: &Rules, lang: Lang) -> Markup {
    let method = rules.stage(&of.stage).map(|stage| stage.method);
    html! {
        b.num { (of.score) } " "
        small {
            @match lang {
                Lang::Zh => { (of.ballots) " 份评分" }
                Lang::En => { (of.ballots) " ballots" }
            }
            @if method != Some(Method::WeightedMean) {
                (lang.pick("，平均 ", ", mean ")) span.num { (of.raw_mean) }
            }
            @if let Some(error) = of.standard_error {
                (lang.pick("，标准误 ", ", standard error ")) span.num { (error) }
            }
            @if of.ballots > 1 {
                (lang.pick("，最高与最低相差 ", ", range ")) span.num { (of.range) }
            }
        }
    }
}

fn by(rule: &Break, rules: &Rules, lang: Lang) -> String {
    let criterion_name = |stage: &str, key: &str| {
        let criterion = rules.stage(stage).and_then(|stage| stage.criterion(key));
        criterion.map_or(key.to_owned(), |known| known.name.as_str().to_owned())
    };
    match rule {
        Break::Stage { stage } => match lang {
            Lang::Zh => format!("“{}”得分", stage_name(rules, stage)),
            Lang::En => format!("the score in “{}”", stage_name(rules, stage)),
        },
        Break::Criterion { stage, criterion } => {
            let (stage_name, name) = (stage_name(rules, stage), criterion_name(stage, criterion));
            match lang {
                Lang::Zh => format!("“{stage_name}”中“{name}”的平均分"),
                Lang::En => format!("the mean on “{name}” in “{stage_name}”"),
            }
        }
        Break::Pairwise {} => lang
            .pick(
                "同时评过它们的评委的两两比较",
                "comparisons by judges who scored both",
            )
            .to_owned(),
        Break::Shared {} => String::new(),
    }
}

fn tied(tie: &Tie, rules: &Rules, lang: Lang) -> String {
    let neighbour = |rule: &Break, before: bool| match (rule, lang) {
        (Break::Shared {}, Lang::Zh) => "与相邻项目同分，并列".to_owned(),
        (Break::Shared {}, Lang::En) => {
            "equal to its neighbour, with whom it shares the place".to_owned()
        }
        (rule, Lang::Zh) if before => format!("与前一名同分，按{}排在其后", by(rule, rules, lang)),
        (rule, Lang::Zh) => format!("与后一名同分，按{}排在其前", by(rule, rules, lang)),
        (rule, Lang::En) if before => {
            format!(
                "equal to the one before, behind it by {}",
                by(rule, rules, lang)
            )
        }
        (rule, Lang::En) => format!(
            "equal to the one after, ahead of it by {}",
            by(rule, rules, lang)
        ),
    };
    let mut said: Vec<String> = Vec::new();
    let before = tie.before.iter().map(|rule| neighbour(rule, true));
    for words in before.chain(tie.after.iter().map(|rule| neighbour(rule, false))) {
        if !said.contains(&words) {
            said.push(words);
        }
    }
    said.join(lang.pick("；", "; "))
}

fn flagged(flag: &Flag, rules: &Rules, lang: Lang) -> String {
    let line = |boundary: &Boundary| match (boundary, lang) {
        (Boundary::Advance { stage }, Lang::Zh) => {
            format!("“{}”的晋级线", stage_name(rules, stage))
        }
        (Boundary::Advance { stage }, Lang::En) => {
            format!("the line to go on from “{}”", stage_name(rules, stage))
        }
        (Boundary::Award { rank }, Lang::Zh) => format!("第 {rank} 名的获奖线"),
        (Boundary::Award { rank }, Lang::En) => format!("the award line after rank {rank}"),
    };
    match (flag, lang) {
        (
            Flag::RestsOnOneJudge {
                stage,
                judge,
                boundary,
                rank,
            },
            Lang::Zh,
        ) => format!(
            "取决于一名评委：去掉 {judge} 在“{}”的评分，就会到{}的另一侧（第 {rank} 名）",
            stage_name(rules, stage),
            line(boundary)
        ),
        (
            Flag::RestsOnOneJudge {
                stage,
                judge,
                boundary,
                rank,
            },
            Lang::En,
        ) => format!(
            "It rests on one judge: without {judge}'s ballot in “{}” it would be on the other side of {} (rank {rank})",
            stage_name(rules, stage),
            line(boundary)
        ),
        (Flag::NothingWithout { stage, judge }, Lang::Zh) => format!(
            "去掉 {judge} 的评分，“{}”就算不出得分",
            stage_name(rules, stage)
        ),
        (Flag::NothingWithout { stage, judge }, Lang::En) => format!(
            "Without {judge}'s ballot there is no score in “{}”",
            stage_name(rules, stage)
        ),
        (Flag::DidNotGoOn { stage }, Lang::Zh) => format!(
            "在“{}”的名次够晋级，但没有进入下一阶段",
            stage_name(rules, stage)
        ),
        (Flag::DidNotGoOn { stage }, Lang::En) => format!(
            "It ranked high enough in “{}” and is not in the next stage",
            stage_name(rules, stage)
        ),
        (Flag::WentOnBehindQuota { stage }, Lang::Zh) => format!(
            "在“{}”的名次不够晋级，但进入了下一阶段",
            stage_name(rules, stage)
        ),
        (Flag::WentOnBehindQuota { stage }, Lang::En) => format!(
            "It is in the next stage though it ranked behind the quota of “{}”",
            stage_name(rules, stage)
        ),
    }
}
