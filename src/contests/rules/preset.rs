//! Rules to begin from: whole as they are, with days counted from today.

use serde_json::{Value, json};

use super::Rules;
use crate::choice;
use crate::platform::clock::{DAY, HOUR, Instant, start_of};
use crate::platform::i18n::Lang;
use crate::platform::problem::Problem;

choice! {
    /// How contests are usually judged.
    Preset {
        /// 资格审查，书面评审 40%，路演 60%
        PaperAndRoadshow = "paper_and_roadshow",
        /// 初评 15%，复评 25%，终评 60%
        ThreeRounds = "three_rounds",
        /// 资格审查，书面评审
        Paper = "paper",
    }
}

impl Preset {
    /// Its name for people.
    pub fn name(self, lang: Lang) -> &'static str {
        match self {
            Self::PaperAndRoadshow => {
                lang.pick("书面评审 40% + 路演 60%", "Paper review 40% + roadshow 60%")
            }
            Self::ThreeRounds => lang.pick(
                "初评 15% + 复评 25% + 终评 60%",
                "First round 15% + second 25% + final 60%",
            ),
            Self::Paper => lang.pick("只做书面评审", "Paper review alone"),
        }
    }

    /// What it is good for.
    pub fn about(self, lang: Lang) -> &'static str {
        match self {
            Self::PaperAndRoadshow => lang.pick(
                "先查资格，专家匿名看材料，每个赛道前 12 名现场路演。市、县大赛多用这一种。",
                "Eligibility first, then papers read blind; the first 12 of each track present themselves.",
            ),
            Self::ThreeRounds => lang.pick(
                "项目多时用：两轮看材料逐步筛选，前 10 名现场终评。",
                "For many entries: two rounds on paper, and a final in person for the first 10.",
            ),
            Self::Paper => lang.pick(
                "项目不多、不办现场活动时用：查完资格，专家匿名看材料定名次。",
                "For few entries and no event: eligibility, then papers read blind decide.",
            ),
        }
    }

    /// The rules, with entries open in a week.
    pub fn rules(self, now: Instant) -> Result<Rules, Problem> {
        Rules::stored(&self.document(now).to_string())
    }

    fn document(self, now: Instant) -> Value {
        // Days from today, and the hour.
        let at = |day: i64, hour: i64| start_of(now.date()).plus(day * DAY + hour * HOUR).rfc3339();
        let eligibility = json!({
            "key": "eligibility", "name": "资格审查", "kind": "eligibility",
            "opens_at": at(37, 18), "closes_at": at(44, 18), "weight": 0, "judges_per_entry": 0,
        });
        let paper = |key: &str, name: &str, weight: i64, days: (i64, i64)| {
            json!({
                "key": key, "name": name, "kind": "review", "weight": weight, "blind": true,
                "opens_at": at(days.0, 9), "closes_at": at(days.1, 18), "judges_per_entry": 5,
                "method": "severity_adjusted", "criteria": on_paper(),
            })
        };
        let in_person = |key: &str, name: &str, day: i64| {
            json!({
                "key": key, "name": name, "kind": "roadshow", "weight": 600,
                "opens_at": at(day, 9), "closes_at": at(day, 18), "judges_per_entry": 7,
                "method": "trimmed_mean", "trim": 1, "criteria": on_stage(),
            })
        };
        let (stages, ties) = match self {
            Self::PaperAndRoadshow => (
                json!([
                    eligibility,
                    advancing(paper("paper", "书面评审", 400, (45, 59)), 12),
                    in_person("roadshow", "路演", 66),
                ]),
                json!([{"stage": "roadshow"}, {"stage": "paper", "criterion": "effect"}]),
            ),
            Self::ThreeRounds => (
                json!([
                    advancing(paper("first", "初评", 150, (38, 48)), 30),
                    advancing(paper("second", "复评", 250, (50, 60)), 10),
                    in_person("final", "终评", 67),
                ]),
                json!([{"stage": "final"}, {"stage": "second"}]),
            ),
            Self::Paper => (
                json!([eligibility, paper("paper", "书面评审", 1000, (45, 59))]),
                json!([{"stage": "paper", "criterion": "effect"}]),
            ),
        };
        json!({
            "tracks": [{"key": "open", "name": "综合"}],
            "entries": {
                "opens_at": at(7, 9), "closes_at": at(37, 18), "attachments": 3,
                "fields": [
                    {"key": "need", "name": "服务需求", "limit": 500},
                    {"key": "plan", "name": "实施方案", "limit": 1000},
                    {"key": "effect", "name": "项目成效", "limit": 800},
                ],
            },
            "stages": stages,
            "awards": [
                {"key": "first", "name": "一等奖", "quota": 1, "bars": true},
                {"key": "second", "name": "二等奖", "quota": 2},
                {"key": "third", "name": "三等奖", "quota": 3},
            ],
            "ties": ties,
            "notice_days": 7, "bar_past": true, "bar_elsewhere": true,
        })
    }
}

fn advancing(mut stage: Value, places: i64) -> Value {
    if let Value::Object(members) = &mut stage {
        members.insert("advance".to_owned(), json!(places));
    }
    stage
}

/// A criterion of ten points, with what none, six and ten mean.
fn criterion(key: &str, name: &str, weight: i64, means: [&str; 3]) -> Value {
    let levels: Vec<Value> = [0, 6, 10]
        .iter()
        .zip(means)
        .map(|(score, words)| json!({"score": score, "words": words}))
        .collect();
    json!({"key": key, "name": name, "weight": weight, "min": 0, "max": 10, "levels": levels})
}

fn on_paper() -> Value {
    json!([
        criterion(
            "need",
            "需求真实",
            300,
            [
                "没有说明服务对象和需求",
                "说明了需求，缺少调查依据",
                "经实地走访核实，有数据支撑",
            ]
        ),
        criterion(
            "plan",
            "方案可行",
            300,
            [
                "没有可以执行的安排",
                "安排基本可行，人员或经费未落实",
                "步骤、人员、经费和风险都有安排",
            ]
        ),
        criterion(
            "effect",
            "服务成效",
            400,
            [
                "看不出服务带来的变化",
                "有变化，缺少记录印证",
                "服务记录完整，服务对象的变化可以核实",
            ]
        ),
    ])
}

fn on_stage() -> Value {
    json!([
        criterion(
            "show",
            "现场展示",
            400,
            [
                "没有讲清项目做了什么",
                "讲清了项目，重点不突出",
                "条理清楚，实例具体，有说服力",
            ]
        ),
        criterion(
            "answers",
            "答辩",
            300,
            ["答非所问", "基本回答了问题", "回答准确，对不足有清醒认识",]
        ),
        criterion(
            "lasting",
            "可持续和可推广",
            300,
            [
                "活动结束就停下",
                "有后续打算，条件未落实",
                "有稳定的队伍和经费，别处可以照做",
            ]
        ),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::input::Choice as _;

    #[test]
    fn every_preset_is_whole_on_any_day() {
        for day in ["2026-11-23T09:00:00+08:00", "2028-02-29T23:59:59+08:00"] {
            let now = Instant::parse(day).unwrap();
            for (preset, word) in Preset::ALL {
                let rules = preset.rules(now).unwrap();
                assert_eq!(rules.check(""), Ok(()), "{word} on {day}");
                assert!(rules.entries.opens_at > now);
            }
        }
    }
}
