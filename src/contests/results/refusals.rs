//! Why a result is not drawn up, approved, contested or final.

use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::contests::ranking::{Fault, Part};
use crate::contests::rules::{Rules, Track};
use crate::platform::i18n::{Lang, Words};
use crate::platform::problem::Problem;

fn conflict(code: &'static str, zh: impl Into<String>, en: impl Into<String>) -> Problem {
    Problem::new(StatusCode::CONFLICT, code, Words::new(zh.into(), en.into()))
}

/// 403: whoever asks belongs to an organization that entered.
pub fn interested_party() -> Problem {
    Problem::new(
        StatusCode::FORBIDDEN,
        "interested_party",
        Words::new(
            "您所在的组织参加了本届大赛，应当回避",
            "Your organization takes part in this contest: somebody else must do this",
        ),
    )
}

/// 409: no ballot counts.
pub fn nothing_to_rank() -> Problem {
    conflict(
        "nothing_to_rank",
        "还没有一份有效评分，不能汇总",
        "There is no ballot that counts, and nothing to rank",
    )
}

/// 409: judges may still score.
pub fn stage_not_over() -> Problem {
    conflict(
        "stage_not_over",
        "本阶段还没有结束，结束后再汇总",
        "The stage has not closed yet",
    )
}

/// 409: judges were drawn for those who went on.
pub fn result_in_use() -> Problem {
    conflict(
        "result_in_use",
        "后一阶段已按这份结果抽签，不能重新汇总",
        "Judges were drawn for the next stage by this result: it stands",
    )
}

/// 409: it is the end of it.
pub fn result_is_final() -> Problem {
    conflict(
        "result_is_final",
        "结果已经确定，不再改动",
        "The result is final",
    )
}

/// 409: a later version was drawn up, or this one is published already.
pub fn result_superseded() -> Problem {
    conflict(
        "result_superseded",
        "这份结果已有新的版本，或者已经公布",
        "There is a newer version of this result, or it is published already",
    )
}

/// 409: nobody may object now.
pub fn no_notice_period() -> Problem {
    conflict(
        "no_notice_period",
        "现在不在公示期内，不能提出异议",
        "The result is not on notice now: objections are not taken",
    )
}

/// 409: it cannot be final yet, and why.
pub fn result_not_final_yet(zh: &'static str, en: &'static str) -> Problem {
    conflict("result_not_final_yet", zh, en)
}

/// 409: whoever objects has said enough.
pub fn too_many_objections() -> Problem {
    conflict(
        "too_many_objections",
        "您对这份结果已提出三次异议，请等待处理",
        "You have objected three times to this result; wait for the decisions",
    )
}

/// 409: an objection is answered and decided once.
pub fn objection_settled() -> Problem {
    conflict(
        "objection_settled",
        "这件异议已经答复或决定过",
        "The objection was answered or decided already",
    )
}

/// 409: an objection is decided after it is answered.
pub fn objection_unanswered() -> Problem {
    conflict(
        "objection_unanswered",
        "请先答复，再作决定",
        "Answer the objection before it is decided",
    )
}

/// 409: tracks that have no ranking, and every reason.
pub fn ranking_impossible(rules: &Rules, faults: &[(&Track, Vec<Fault>)]) -> Problem {
    let said = |lang: Lang| {
        let tracks = faults.iter().map(|(track, some)| {
            let reasons: Vec<String> = some.iter().map(|fault| words(rules, fault, lang)).collect();
            let reasons = reasons.join(lang.pick("；", "; "));
            let name = track.name.as_str();
            match lang {
                Lang::Zh => format!("{name}：{reasons}"),
                Lang::En => format!("{name}: {reasons}"),
            }
        });
        tracks.collect::<Vec<_>>().join(lang.pick("。", ". "))
    };
    let listed: Value = faults
        .iter()
        .map(|(track, some)| json!({"track": track.key.as_str(), "faults": some}))
        .collect();
    conflict("ranking_impossible", said(Lang::Zh), said(Lang::En)).with("tracks", listed)
}

/// What to do about a sheet that has no ranking. Rules that were checked, and ballots that
/// were taken, leave only what depends on who judged what.
fn words(rules: &Rules, fault: &Fault, lang: Lang) -> String {
    let name = |key: &str| {
        let stage = rules.stage(key);
        stage.map_or(key.to_owned(), |stage| stage.name.as_str().to_owned())
    };
    match (fault, lang) {
        (Fault::NotConnected { stage, parts }, Lang::Zh) => format!(
            "“{}”阶段的评委没有把项目连成一片，宽严无法校正（{}），请补抽评委",
            name(stage),
            apart(parts)
        ),
        (Fault::NotConnected { stage, parts }, Lang::En) => format!(
            "no judge links the parts of “{}” ({}): severity cannot be told from quality; draw more judges",
            name(stage),
            apart(parts)
        ),
        (Fault::TooFewToTrim { stage, entries }, Lang::Zh) => format!(
            "“{}”阶段有项目的评分太少，去掉最高、最低分后不剩：{}",
            name(stage),
            some(entries)
        ),
        (Fault::TooFewToTrim { stage, entries }, Lang::En) => format!(
            "in “{}” nothing is left of too few ballots once the highest and lowest are dropped: {}",
            name(stage),
            some(entries)
        ),
        (Fault::NotInStageBefore { stage, entries }, Lang::Zh) => {
            format!(
                "“{}”阶段有项目缺前一阶段的评分：{}",
                name(stage),
                some(entries)
            )
        }
        (Fault::NotInStageBefore { stage, entries }, Lang::En) => format!(
            "in “{}” are entries without a ballot in the stage before: {}",
            name(stage),
            some(entries)
        ),
        (other, Lang::Zh) => format!("无法计算（{}）", code(other)),
        (other, Lang::En) => format!("cannot be computed ({})", code(other)),
    }
}

fn code(fault: &Fault) -> String {
    let value = json!(fault);
    let code = value.get("code").and_then(Value::as_str);
    code.unwrap_or_default().to_owned()
}

/// Entries by name, of many the first twenty.
fn some(entries: &[String]) -> String {
    let few: Vec<&str> = entries.iter().take(20).map(String::as_str).collect();
    few.join("、")
}

/// One entry of each part that hangs together.
fn apart(parts: &[Part]) -> String {
    let first = parts.iter().filter_map(|part| part.entries.first());
    let few: Vec<&str> = first.take(8).map(String::as_str).collect();
    few.join(" | ")
}
