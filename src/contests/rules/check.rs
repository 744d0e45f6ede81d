//! What rules must be together before they are published.

use std::collections::BTreeSet;

use super::{Criterion, Key, Method, Rules, Stage, StageKind, WHOLE, percent};
use crate::platform::fields::FieldErrors;
use crate::platform::i18n::Words;

/// Collects faults below one place of the document.
struct Faults<'a> {
    at: &'a str,
    found: FieldErrors,
}

impl Faults<'_> {
    fn push(&mut self, pointer: &str, zh: impl Into<String>, en: impl Into<String>) {
        let words = Words::new(zh.into(), en.into());
        self.found.push(format!("{}{pointer}", self.at), words);
    }

    fn unique<'k>(&mut self, list: &str, keys: impl Iterator<Item = &'k Key>) {
        let mut seen = BTreeSet::new();
        for (index, key) in keys.enumerate() {
            if !seen.insert(key) {
                self.push(
                    &format!("{list}/{index}/key"),
                    "与前面的重复",
                    "is used by an earlier one",
                );
            }
        }
    }

    /// Weights make a whole; what they come to is said as people write it.
    fn whole(&mut self, list: &str, weights: impl Iterator<Item = i64>) {
        let sum = weights.sum();
        if sum != WHOLE {
            let sum = percent(sum);
            self.push(
                list,
                format!("占比（权重）相加应为 100%，现在是 {sum}"),
                format!("weights must add up to 100% (1000 permille), and come to {sum}"),
            );
        }
    }

    fn some(&mut self, list: &str, is_empty: bool) {
        if is_empty {
            self.push(list, "至少要有一项", "must have one at least");
        }
    }
}

impl Rules {
    /// Checks what one field alone cannot tell; pointers begin with `at`. All faults at
    /// once.
    pub fn check(&self, at: &str) -> Result<(), FieldErrors> {
        let found = FieldErrors::default();
        let mut faults = Faults { at, found };
        faults.some("/tracks", self.tracks.is_empty());
        faults.unique("/tracks", self.tracks.iter().map(|track| &track.key));
        faults.some("/entries/fields", self.entries.fields.is_empty());
        let fields = self.entries.fields.iter().map(|field| &field.key);
        faults.unique("/entries/fields", fields);
        faults.unique("/awards", self.awards.iter().map(|award| &award.key));
        self.check_times(&mut faults);
        self.check_stages(&mut faults);
        self.check_ties(&mut faults);
        faults.found.into_result()
    }

    fn check_times(&self, faults: &mut Faults) {
        if self.entries.closes_at <= self.entries.opens_at {
            faults.push(
                "/entries/closes_at",
                "应晚于开始时间",
                "must be after it opens",
            );
        }
        let mut before = self.entries.closes_at;
        for (index, stage) in self.stages.iter().enumerate() {
            if stage.opens_at < before {
                faults.push(
                    &format!("/stages/{index}/opens_at"),
                    "应在报名截止和上一阶段结束之后",
                    "must not be before entries and the stage before have closed",
                );
            }
            if stage.closes_at <= stage.opens_at {
                faults.push(
                    &format!("/stages/{index}/closes_at"),
                    "应晚于开始时间",
                    "must be after it opens",
                );
            }
            before = before.max(stage.closes_at);
        }
    }

    fn check_stages(&self, faults: &mut Faults) {
        faults.unique("/stages", self.stages.iter().map(|stage| &stage.key));
        if self.judged().next().is_none() {
            faults.push(
                "/stages",
                "至少要有一个评分阶段",
                "must have a stage that is scored",
            );
        } else {
            faults.whole("/stages", self.judged().map(|stage| stage.weight.get()));
        }
        for (index, stage) in self.stages.iter().enumerate() {
            let at = format!("/stages/{index}");
            if stage.is_judged() {
                check_judged(stage, &at, faults);
            } else {
                check_eligibility(stage, &at, index, faults);
            }
            if stage.advance.is_some() && index + 1 == self.stages.len() {
                faults.push(
                    &format!("{at}/advance"),
                    "最后一个阶段没有晋级",
                    "must be left out: nothing follows the last stage",
                );
            }
        }
    }

    fn check_ties(&self, faults: &mut Faults) {
        for (index, tie) in self.ties.iter().enumerate() {
            let stage = self.judged().find(|stage| stage.key == tie.stage);
            if stage.is_none() {
                faults.push(
                    &format!("/ties/{index}/stage"),
                    "没有这个评分阶段",
                    "is no stage that is scored",
                );
            }
            let criterion = tie.criterion.as_ref();
            let missing = |key: &&Key| stage.is_some_and(|s| s.criterion(key.as_str()).is_none());
            if criterion.filter(missing).is_some() {
                faults.push(
                    &format!("/ties/{index}/criterion"),
                    "该阶段没有这个评分项",
                    "is no criterion of that stage",
                );
            }
            let earlier = self.ties.iter().take(index);
            if earlier.into_iter().any(|before| before == tie) {
                faults.push(
                    &format!("/ties/{index}"),
                    "与前面的重复",
                    "is the same as an earlier one",
                );
            }
        }
    }
}

/// Organizers decide; there is nothing to weigh.
fn check_eligibility(stage: &Stage, at: &str, index: usize, faults: &mut Faults) {
    if index > 0 {
        faults.push(
            &format!("{at}/kind"),
            "资格审查只能是第一个阶段",
            "must be the first stage",
        );
    }
    for (given, part) in [
        (stage.weight.get() > 0, "weight"),
        (stage.blind, "blind"),
        (stage.judges_per_entry.get() > 0, "judges_per_entry"),
        (stage.method != Method::WeightedMean, "method"),
        (stage.trim.get() > 0, "trim"),
        (stage.advance.is_some(), "advance"),
        (!stage.criteria.is_empty(), "criteria"),
    ] {
        if given {
            faults.push(
                &format!("{at}/{part}"),
                "资格审查不评分，不设此项",
                "must be left out: nothing is scored in eligibility",
            );
        }
    }
}

fn check_judged(stage: &Stage, at: &str, faults: &mut Faults) {
    if stage.weight.get() == 0 {
        faults.push(
            &format!("{at}/weight"),
            "评分阶段的占比（权重）应大于 0",
            "must be more than 0",
        );
    }
    if stage.judges_per_entry.get() == 0 {
        faults.push(
            &format!("{at}/judges_per_entry"),
            "每个项目至少要有一名评委",
            "must be one at least",
        );
    }
    if stage.blind && stage.kind == StageKind::Roadshow {
        faults.push(
            &format!("{at}/blind"),
            "路演当面进行，不能匿名",
            "cannot be: judges see who presents",
        );
    }
    let dropped = 2 * stage.trim.get();
    let fits = match stage.method {
        Method::TrimmedMean => dropped > 0 && dropped < stage.judges_per_entry.get(),
        Method::WeightedMean | Method::SeverityAdjusted => dropped == 0,
    };
    if !fits {
        faults.push(
            &format!("{at}/trim"),
            "只在去掉最高、最低分时填写，去掉的总数应少于评委人数",
            "is for the trimmed mean only, and must leave one judge at least",
        );
    }
    let list = format!("{at}/criteria");
    faults.some(&list, stage.criteria.is_empty());
    faults.unique(&list, stage.criteria.iter().map(|one| &one.key));
    if !stage.criteria.is_empty() {
        faults.whole(&list, stage.criteria.iter().map(|one| one.weight.get()));
    }
    for (index, criterion) in stage.criteria.iter().enumerate() {
        check_scale(criterion, &format!("{list}/{index}"), faults);
    }
}

fn check_scale(criterion: &Criterion, at: &str, faults: &mut Faults) {
    if criterion.max.get() <= criterion.min.get() {
        faults.push(
            &format!("{at}/max"),
            "最高分应大于最低分",
            "must be more than min",
        );
    }
    if criterion.levels.len() < 2 {
        faults.push(
            &format!("{at}/levels"),
            "至少说明两个分值代表什么",
            "must say of two scores at least what they mean",
        );
    }
    let mut seen = BTreeSet::new();
    for (index, level) in criterion.levels.iter().enumerate() {
        let score = level.score.get();
        if !criterion.takes(score) || !seen.insert(score) {
            faults.push(
                &format!("{at}/levels/{index}/score"),
                "应在分值范围内，且不重复",
                "must be on the scale, and said once",
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::example;
    use super::super::tests::read;
    use crate::platform::i18n::Lang;
    use serde_json::{Value, json};

    fn faults(change: impl FnOnce(&mut Value)) -> Vec<String> {
        let mut rules = example();
        change(&mut rules);
        let faults = read(rules).check("/rules").err().unwrap_or_default();
        let faults = faults.in_lang(Lang::En).into_iter();
        faults.map(|fault| fault.pointer).collect()
    }

    #[test]
    fn the_sample_stands() {
        assert!(faults(|_| ()).is_empty());
    }

    #[test]
    fn every_fault_is_told_at_its_place() {
        type Change = fn(&mut Value);
        let cases: [(Change, &[&str]); 20] = [
            (|r| r["tracks"] = json!([]), &["/tracks"]),
            (
                |r| r["tracks"][1]["key"] = json!("education"),
                &["/tracks/1/key"],
            ),
            (|r| r["entries"]["fields"] = json!([]), &["/entries/fields"]),
            (
                |r| r["awards"][1]["key"] = json!("gold"),
                &["/awards/1/key"],
            ),
            (
                |r| r["entries"]["closes_at"] = json!("2026-11-01T00:00:00Z"),
                &["/entries/closes_at"],
            ),
            (
                |r| r["stages"][1]["opens_at"] = json!("2026-12-24T00:00:00Z"),
                &["/stages/1/opens_at"],
            ),
            (
                |r| r["stages"][2]["closes_at"] = json!("2027-01-10T09:00:00+08:00"),
                &["/stages/2/closes_at"],
            ),
            (|r| r["stages"][1]["weight"] = json!(399), &["/stages"]),
            (
                |r| r["stages"][0]["weight"] = json!(1),
                &["/stages/0/weight"],
            ),
            (
                |r| r["stages"][0]["advance"] = json!(1),
                &["/stages/0/advance"],
            ),
            (
                |r| r["stages"][2]["advance"] = json!(1),
                &["/stages/2/advance"],
            ),
            (
                |r| r["stages"][2]["blind"] = json!(true),
                &["/stages/2/blind"],
            ),
            (|r| r["stages"][2]["trim"] = json!(5), &["/stages/2/trim"]),
            (|r| r["stages"][2]["trim"] = json!(0), &["/stages/2/trim"]),
            (|r| r["stages"][1]["trim"] = json!(1), &["/stages/1/trim"]),
            (
                |r| r["stages"][1]["criteria"][0]["weight"] = json!(401),
                &["/stages/1/criteria"],
            ),
            (
                |r| r["stages"][1]["criteria"][0]["max"] = json!(9),
                &["/stages/1/criteria/0/levels/1/score"],
            ),
            (
                |r| r["stages"][1]["criteria"][0]["levels"] = json!([]),
                &["/stages/1/criteria/0/levels"],
            ),
            (
                |r| r["ties"][0]["stage"] = json!("eligibility"),
                &["/ties/0/stage"],
            ),
            (
                |r| r["ties"][1]["criterion"] = json!("show"),
                &["/ties/1/criterion"],
            ),
        ];
        for (index, (change, expected)) in cases.into_iter().enumerate() {
            let expected: Vec<String> = expected.iter().map(|at| format!("/rules{at}")).collect();
            assert_eq!(faults(change), expected, "case {index}");
        }
        assert_eq!(
            faults(|r| {
                r["tracks"] = json!([]);
                r["stages"][2]["weight"] = json!(0);
                r["stages"][2]["judges_per_entry"] = json!(0);
                r["ties"][0] = json!({"stage": "paper", "criterion": "effect"});
            }),
            [
                "/rules/tracks",
                "/rules/stages",
                "/rules/stages/2/weight",
                "/rules/stages/2/judges_per_entry",
                "/rules/stages/2/trim",
                "/rules/ties/1"
            ]
        );
    }

    #[test]
    fn eligibility_comes_first() {
        let swapped = faults(|rules| {
            let stages = rules["stages"].as_array_mut().unwrap();
            stages.rotate_left(1);
        });
        assert!(
            swapped.contains(&"/rules/stages/2/kind".to_owned()),
            "{swapped:?}"
        );
    }
}
