//! What lines of the log say, for people.

use serde_json::Value;

use super::LogLine;
use super::store::{Named, Part};
use crate::contests::{ContestOffice, entry_label, judge_label};
use crate::platform::i18n::Lang;
use crate::platform::input::Choice as _;

/// Every act, in the order of its name.
const ACTS: &[(&str, &str, &str)] = &[
    ("ballot.handed_in", "提交评分", "Handed in a ballot"),
    ("conflicts.declared", "申报利益冲突", "Declared conflicts"),
    (
        "conflicts.declared_first",
        "完成利益冲突申报",
        "Said which conflicts there are, or none",
    ),
    (
        "conflicts.found",
        "系统按组织成员身份登记回避",
        "Was found to belong to an entrant",
    ),
    ("contest.amended", "修订规则", "Amended the rules"),
    ("contest.announced", "公布大赛", "Announced the contest"),
    ("contest.called_off", "取消大赛", "Called the contest off"),
    ("contest.edited", "修改草稿", "Edited the draft"),
    ("contest.prepared", "筹备大赛", "Prepared the contest"),
    ("entry.begun", "开始填报", "Began an entry"),
    ("entry.called_up", "请项目上场", "Called an entry up"),
    (
        "entry.found_eligible",
        "资格审查通过",
        "Found an entry eligible",
    ),
    (
        "entry.found_ineligible",
        "资格审查不通过",
        "Found an entry not eligible",
    ),
    (
        "entry.score_shown",
        "公布路演得分",
        "Showed an entry's score",
    ),
    (
        "entry.scoring_closed",
        "停止路演评分",
        "Closed the scoring of an entry",
    ),
    (
        "entry.scoring_reopened",
        "重新开放路演评分",
        "Reopened the scoring of an entry",
    ),
    ("entry.submitted", "提交参赛项目", "Submitted an entry"),
    ("entry.withdrawn", "撤回参赛项目", "Withdrew an entry"),
    ("entry.written", "修改参赛项目", "Rewrote an entry"),
    ("judge.accepted", "接受评委邀请", "Accepted to judge"),
    ("judge.declined", "谢绝评委邀请", "Declined to judge"),
    ("judge.invited", "邀请评委", "Invited a judge"),
    (
        "judge.left",
        "评委退出或被移出",
        "A judge left or was removed",
    ),
    ("judges.drawn", "抽签分配评委", "Drew judges"),
    ("objection.answered", "答复异议", "Answered an objection"),
    ("objection.decided", "决定异议", "Decided on an objection"),
    ("objection.received", "收到异议", "Received an objection"),
    ("officer.appointed", "任命职务", "Gave an office"),
    ("officer.dismissed", "解除职务", "Ended an office"),
    (
        "purchase.written",
        "登记政府购买服务",
        "Wrote down a purchase",
    ),
    ("result.approved", "审定结果", "Approved a result"),
    ("result.drawn_up", "汇总结果", "Drew a result up"),
    ("result.final", "确定结果", "Made a result final"),
    ("result.published", "公布结果", "Published a result"),
    (
        "story.consent_withdrawn",
        "撤回宣传稿的公开同意",
        "Withdrew the consent to a story",
    ),
    ("story.sent", "标记宣传稿已推送", "Marked a story as sent"),
    ("story.written", "填写宣传稿", "Wrote a story"),
];

/// What a member of a line's detail is called.
const MEMBERS: &[(&str, &str, &str)] = &[
    ("channel", "渠道", "Channel"),
    ("consent", "同意公开", "May be published"),
    ("decision", "决定", "Decision"),
    ("declared", "申报项数", "Conflicts declared"),
    ("draw", "第几次抽签", "Draw"),
    ("entry", "项目", "Entry"),
    ("fen", "金额（分）", "Fen"),
    ("from", "自", "From"),
    ("hash", "哈希", "Hash"),
    ("link", "网址", "Link"),
    ("name", "名称", "Name"),
    ("notice_until", "公示截止", "On notice until"),
    ("on", "日期", "On"),
    ("project", "项目编号", "Project"),
    ("reason", "原因", "Reason"),
    ("role", "职务", "Office"),
    ("rules", "规则版本", "Version of the rules"),
    ("scores", "评分", "Scores"),
    ("seed", "种子", "Seed"),
    ("stage", "阶段", "Stage"),
    ("track", "赛道", "Track"),
    ("tracks", "赛道", "Tracks"),
    ("until", "至", "Until"),
    ("version", "版本", "Version"),
];

fn told<'a>(table: &[(&'a str, &'a str, &'a str)], word: &'a str, lang: Lang) -> &'a str {
    let row = table.iter().find(|(known, ..)| *known == word);
    row.map_or(word, |(_, zh, en)| lang.pick(zh, en))
}

/// What was done; what nobody has put into words yet, as programs call it.
pub fn act(line: &LogLine, lang: Lang) -> &str {
    told(ACTS, &line.act, lang)
}

fn find<'a>(named: &'a [Named], name: &str) -> Option<&'a Named> {
    named.iter().find(|one| one.name == name)
}

/// Who did it, by the part they have; nobody's id unless nothing else is known.
pub fn actor(line: &LogLine, named: &[Named], lang: Lang) -> String {
    if line.actor == "clock" {
        return lang.pick("系统", "The clock").to_owned();
    }
    let Some(known) = find(named, &line.actor) else {
        return match line.actor.split(':').next() {
            Some("volunteer") => lang.pick("其他用户", "Somebody else").to_owned(),
            Some("objector") => lang.pick("提出异议的人", "Whoever objects").to_owned(),
            _ => line.actor.clone(),
        };
    };
    let organization = known.organization.as_deref().unwrap_or_default();
    match known.part {
        Part::Judge => match lang {
            Lang::Zh => format!("评委 {}", judge_label(known.number.unwrap_or_default())),
            Lang::En => format!("Judge {}", judge_label(known.number.unwrap_or_default())),
        },
        Part::Officer => known
            .office
            .map_or_else(String::new, |office| office.name(lang).to_owned()),
        Part::Host => lang.pick("主办方", "The host").to_owned(),
        Part::Entrant | Part::Entry => match lang {
            Lang::Zh => format!("组织“{organization}”"),
            Lang::En => organization.to_owned(),
        },
    }
}

/// To what it was done, where that is not the contest as a whole.
pub fn subject(line: &LogLine, named: &[Named], lang: Lang) -> Option<String> {
    let (kind, id) = line.subject.split_once(':')?;
    let known = find(named, &line.subject);
    match (kind, known) {
        ("contest", _) => None,
        ("entry", Some(known)) => Some(known.number.map(entry_label)?),
        ("judge", Some(known)) => Some(known.number.map(judge_label)?),
        ("officer", Some(known)) => Some(known.office?.name(lang).to_owned()),
        ("stage", _) => Some(id.to_owned()),
        _ => None,
    }
}

/// What else is to be known: names and values, in the order of the names.
pub fn details(line: &LogLine, lang: Lang) -> Vec<(&str, String)> {
    let members = line.detail.as_object().into_iter().flatten();
    let said = members.filter_map(|(name, value)| {
        let text = said(name, value, lang);
        (!text.is_empty()).then(|| (told(MEMBERS, name, lang), text))
    });
    said.collect()
}

fn said(name: &str, value: &Value, lang: Lang) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(word) if name == "role" => {
            let office = ContestOffice::from_word(word);
            office
                .map_or(&**word, |office| office.name(lang))
                .to_owned()
        }
        Value::String(text) => text.clone(),
        Value::Array(items) => {
            let items = items.iter().map(|item| said("", item, lang));
            items.collect::<Vec<_>>().join(lang.pick("、", ", "))
        }
        Value::Object(members) => {
            let members = members
                .iter()
                .map(|(name, value)| format!("{name} {}", said("", value, lang)));
            members.collect::<Vec<_>>().join(lang.pick("，", ", "))
        }
        Value::Bool(_) | Value::Number(_) => value.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::{Path, PathBuf};

    fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                sources(&path, found);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(path);
            }
        }
    }

    #[test]
    fn both_tables_are_in_order_and_in_both_languages() {
        for table in [ACTS, MEMBERS] {
            assert!(table.is_sorted_by(|a, b| a.0 < b.0));
            for (word, zh, en) in table {
                assert!(!zh.is_ascii() && en.is_ascii(), "{word}: {zh} {en}");
            }
        }
    }

    #[test]
    fn every_act_that_is_logged_can_be_put_into_words() {
        let mut files = Vec::new();
        let contests = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/contests");
        sources(&contests, &mut files);
        let mut logged = 0;
        for file in files.iter().filter(|file| !file.ends_with("log/words.rs")) {
            let source = std::fs::read_to_string(file).unwrap();
            let source = source.split("#[cfg(test)]").next().unwrap();
            // Acts are quoted in Rust, and in SQL.
            for word in source.split(['"', '\'']) {
                let Some((of, act)) = word.split_once('.') else {
                    continue;
                };
                // Columns of tables are quoted as well; their tables have `_`, or one letter.
                let word_of = of.len() > 1 && of.bytes().all(|b| b.is_ascii_lowercase());
                let done = |b: u8| b.is_ascii_lowercase() || b == b'_';
                if word_of && !act.is_empty() && act.bytes().all(done) {
                    logged += 1;
                    assert_ne!(told(ACTS, word, Lang::Zh), word, "{word} of {file:?}");
                }
            }
        }
        assert!(logged >= ACTS.len(), "only {logged} were found");
    }

    fn line(actor: &str, subject: &str, detail: Value) -> LogLine {
        LogLine {
            act: "ballot.handed_in".into(),
            actor: actor.into(),
            at: 0,
            contest_id: "c".into(),
            detail,
            request_id: None,
            seq: 1,
            subject: subject.into(),
        }
    }

    #[test]
    fn people_are_named_by_their_part() {
        let judge = Named {
            name: "judge:x".into(),
            part: Part::Judge,
            office: None,
            number: Some(7),
            organization: None,
        };
        let entry = Named {
            name: "entry:y".into(),
            part: Part::Entry,
            number: Some(12),
            ..judge.clone()
        };
        let named = [judge, entry];
        let detail = serde_json::json!({"scores": {"effect": 9, "need": 8}, "reason": null, "role": "chair"});
        let judged = line("judge:x", "entry:y", detail);
        assert_eq!(actor(&judged, &named, Lang::Zh), "评委 J07");
        assert_eq!(subject(&judged, &named, Lang::Zh).as_deref(), Some("E0012"));
        assert_eq!(act(&judged, Lang::Zh), "提交评分");
        assert_eq!(
            details(&judged, Lang::Zh),
            [
                ("职务", "评审组长".to_owned()),
                ("评分", "effect 9，need 8".to_owned())
            ]
        );
        let stranger = line("volunteer:z", "contest:c", Value::Null);
        assert_eq!(actor(&stranger, &named, Lang::Zh), "其他用户");
        assert_eq!(subject(&stranger, &named, Lang::Zh), None);
        assert!(details(&stranger, Lang::Zh).is_empty());
    }
}
