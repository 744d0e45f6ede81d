//! What may be amended when. An amendment never reaches back: who entered, and who judged,
//! did so by rules that stand.

use super::{EntryRules, Rules, Stage};
use crate::platform::clock::Instant;
use crate::platform::fields::FieldErrors;
use crate::platform::i18n::Words;

/// Why published rules cannot become other ones now; pointers begin with `at`. All reasons
/// at once. What the new ones must be together is [`Rules::check`]'s.
pub fn amended(before: &Rules, after: &Rules, now: Instant, at: &str) -> Result<(), FieldErrors> {
    let mut errors = FieldErrors::default();
    if before == after {
        errors.push(at, Words::new("与现行规则相同", "is what stands already"));
    }
    if before.entries.opens_at <= now {
        check_tracks(before, after, at, &mut errors);
        check_entries(&before.entries, &after.entries, now, at, &mut errors);
    } else {
        let opens_at = after.entries.opens_at;
        in_the_future(opens_at, now, format!("{at}/entries/opens_at"), &mut errors);
    }
    check_stages(before, after, now, at, &mut errors);
    if before.judged().any(|stage| stage.opens_at <= now) {
        for (same, part) in [
            (before.awards == after.awards, "awards"),
            (before.ties == after.ties, "ties"),
            (before.notice_days == after.notice_days, "notice_days"),
        ] {
            if !same {
                errors.push(format!("{at}/{part}"), judging_has_begun());
            }
        }
    }
    errors.into_result()
}

fn judging_has_begun() -> Words {
    Words::new(
        "评分已经开始，不能再改",
        "cannot change any more: judging has begun",
    )
}

fn entries_are_taken() -> Words {
    Words::new(
        "报名已经开始，不能再改",
        "cannot change any more: entries are being taken",
    )
}

fn in_the_future(instant: Instant, now: Instant, at: String, errors: &mut FieldErrors) {
    if instant <= now {
        errors.push(at, Words::new("应晚于现在", "must be to come"));
    }
}

/// Entries stand in tracks: one may be called otherwise, or come anew.
fn check_tracks(before: &Rules, after: &Rules, at: &str, errors: &mut FieldErrors) {
    for track in before.tracks.iter() {
        let stays = after
            .track(track.key.as_str())
            .is_some_and(|kept| kept.field == track.field);
        if !stays {
            errors.push(format!("{at}/tracks"), entries_are_taken());
        }
    }
}

/// More time and more room may be given, none taken away.
fn check_entries(
    before: &EntryRules,
    after: &EntryRules,
    now: Instant,
    at: &str,
    errors: &mut FieldErrors,
) {
    let at = format!("{at}/entries");
    if before.closes_at <= now {
        if before != after {
            errors.push(
                at,
                Words::new(
                    "报名已经截止，不能再改",
                    "cannot change any more: entries have closed",
                ),
            );
        }
        return;
    }
    if before.opens_at != after.opens_at {
        errors.push(format!("{at}/opens_at"), entries_are_taken());
    }
    if after.closes_at < before.closes_at {
        errors.push(
            format!("{at}/closes_at"),
            Words::new(
                "报名已经开始，截止时间只能延后",
                "may only become later: entries are being taken",
            ),
        );
    }
    let keeps_room = before.fields.iter().all(|field| {
        let mut kept = after.fields.iter();
        kept.any(|kept| kept.key == field.key && kept.limit.get() >= field.limit.get())
    });
    if !keeps_room || after.fields.len() != before.fields.len() {
        errors.push(
            format!("{at}/fields"),
            Words::new(
                "报名已经开始，填写项不能增减，字数只能放宽",
                "entries are being taken: fields stay, and limits may only rise",
            ),
        );
    }
    if after.attachments.get() < before.attachments.get() {
        errors.push(
            format!("{at}/attachments"),
            Words::new(
                "报名已经开始，只能增加",
                "may only rise: entries are being taken",
            ),
        );
    }
}

/// A stage that has opened keeps all but its end, which may become later until it comes.
fn check_stages(before: &Rules, after: &Rules, now: Instant, at: &str, errors: &mut FieldErrors) {
    let begun = |stage: &Stage| stage.opens_at <= now;
    for (index, stage) in before.stages.iter().enumerate() {
        if !begun(stage) {
            continue;
        }
        let closed = stage.closes_at <= now;
        let stays = after.stages.get(index).is_some_and(|kept| {
            let as_before = Stage {
                closes_at: stage.closes_at,
                ..kept.clone()
            };
            let later = kept.closes_at >= stage.closes_at;
            as_before == *stage && (kept.closes_at == stage.closes_at || later && !closed)
        });
        if !stays {
            errors.push(
                format!("{at}/stages/{index}"),
                Words::new(
                    "该阶段已经开始，只能延后结束时间",
                    "has opened: only its end may become later, until it comes",
                ),
            );
        }
    }
    let opened = before.stages.iter().filter(|stage| begun(stage)).count();
    for (index, stage) in after.stages.iter().enumerate().skip(opened) {
        let at = format!("{at}/stages/{index}/opens_at");
        in_the_future(stage.opens_at, now, at, errors);
    }
}

#[cfg(test)]
mod tests {
    use super::super::example;
    use super::super::tests::read;
    use super::*;
    use crate::platform::i18n::Lang;
    use serde_json::{Value, json};

    fn faults(now: &str, change: impl FnOnce(&mut Value)) -> Vec<String> {
        let mut after = example();
        change(&mut after);
        let (before, after) = (read(example()), read(after));
        let now = Instant::parse(now).unwrap();
        let errors = amended(&before, &after, now, "/rules").err();
        let errors = errors.unwrap_or_default().in_lang(Lang::En).into_iter();
        errors.map(|error| error.pointer).collect()
    }

    const BEFORE: &str = "2026-11-30T09:00:00+08:00";
    const ENTERING: &str = "2026-12-05T09:00:00+08:00";
    const CHECKING: &str = "2026-12-21T09:00:00+08:00";
    const JUDGING: &str = "2026-12-27T09:00:00+08:00";

    #[test]
    fn an_amendment_changes_something() {
        assert_eq!(faults(BEFORE, |_| ()), ["/rules"]);
    }

    #[test]
    fn all_may_change_before_entries_open() {
        let whole = |rules: &mut Value| {
            rules["tracks"] = json!([{"key": "other", "name": "其他"}]);
            rules["entries"]["fields"] = json!([{"key": "all", "name": "全部", "limit": 9}]);
            rules["stages"][1]["criteria"][0]["name"] = json!("别的");
        };
        assert!(faults(BEFORE, whole).is_empty());
        assert_eq!(
            faults(ENTERING, whole),
            ["/rules/tracks", "/rules/entries/fields"]
        );
        assert_eq!(
            faults(BEFORE, |rules| rules["entries"]["opens_at"] =
                json!("2026-11-29T00:00:00Z")),
            ["/rules/entries/opens_at"]
        );
    }

    #[test]
    fn who_enters_is_given_more_and_never_less() {
        assert!(
            faults(ENTERING, |rules| {
                rules["entries"]["closes_at"] = json!("2026-12-20T20:00:00+08:00");
                rules["stages"][0]["opens_at"] = json!("2026-12-20T20:00:00+08:00");
                rules["entries"]["fields"][0]["limit"] = json!(900);
                rules["entries"]["attachments"] = json!(5);
                rules["tracks"][0]["name"] = json!("乡村教育赛道");
            })
            .is_empty()
        );
        assert_eq!(
            faults(ENTERING, |rules| {
                rules["entries"]["opens_at"] = json!("2026-12-02T09:00:00+08:00");
                rules["entries"]["closes_at"] = json!("2026-12-19T18:00:00+08:00");
                rules["entries"]["fields"][0]["limit"] = json!(100);
                rules["entries"]["attachments"] = json!(0);
                rules["tracks"][0]["field"] = json!("health");
            }),
            [
                "/rules/tracks",
                "/rules/entries/opens_at",
                "/rules/entries/closes_at",
                "/rules/entries/fields",
                "/rules/entries/attachments"
            ]
        );
        let later =
            |rules: &mut Value| rules["entries"]["closes_at"] = json!("2026-12-20T17:59:00+08:00");
        assert_eq!(faults(CHECKING, later), ["/rules/entries"]);
    }

    #[test]
    fn a_stage_that_has_opened_keeps_its_rubric() {
        let rubric = |rules: &mut Value| rules["stages"][1]["criteria"][0]["name"] = json!("别的");
        assert!(faults(CHECKING, rubric).is_empty());
        assert_eq!(faults(JUDGING, rubric), ["/rules/stages/1"]);
        let end = |rules: &mut Value| {
            rules["stages"][1]["closes_at"] = json!("2027-01-06T18:00:00+08:00")
        };
        assert!(faults(JUDGING, end).is_empty());
        let earlier = |rules: &mut Value| {
            rules["stages"][1]["closes_at"] = json!("2027-01-04T18:00:00+08:00")
        };
        assert_eq!(faults(JUDGING, earlier), ["/rules/stages/1"]);
        assert_eq!(
            faults("2027-01-05T18:00:00+08:00", end),
            ["/rules/stages/1"]
        );
        let gone = |rules: &mut Value| {
            rules["stages"].as_array_mut().unwrap().remove(0);
        };
        assert!(faults(JUDGING, gone).contains(&"/rules/stages/0".to_owned()));
        assert_eq!(
            faults(JUDGING, |rules| {
                rules["stages"][2]["opens_at"] = json!(JUDGING);
                rules["awards"][0]["quota"] = json!(2);
                rules["ties"] = json!([]);
                rules["notice_days"] = json!(1);
            }),
            [
                "/rules/stages/2/opens_at",
                "/rules/awards",
                "/rules/ties",
                "/rules/notice_days"
            ]
        );
    }
}
