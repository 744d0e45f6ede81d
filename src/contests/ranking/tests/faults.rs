//! What is wrong with a sheet is said, all of it.

use serde_json::{Value, json};

use super::*;

fn good() -> Value {
    json!({
        "version": 1,
        "stages": [
            {
                "key": "paper", "weight": 400, "advance": 1,
                "method": {"kind": "trimmed_mean", "highest": 1, "lowest": 0},
                "criteria": [
                    {"key": "need", "weight": 600, "minimum": 1, "maximum": 5},
                    {"key": "effect", "weight": 400, "minimum": 0, "maximum": 10}
                ],
                "ballots": [
                    {"entry": "E1", "judge": "J1", "scores": [5, 10]},
                    {"entry": "E1", "judge": "J2", "scores": [4, 9]},
                    {"entry": "E2", "judge": "J1", "scores": [1, 0]},
                    {"entry": "E2", "judge": "J2", "scores": [3, 5]}
                ]
            },
            {
                "key": "show", "weight": 600, "advance": null,
                "method": {"kind": "weighted_mean"},
                "criteria": [{"key": "all", "weight": 1000, "minimum": 0, "maximum": 100}],
                "ballots": [{"entry": "E1", "judge": "J1", "scores": [90]}]
            }
        ],
        "ties": [
            {"rule": "stage", "stage": "show"},
            {"rule": "criterion", "stage": "paper", "criterion": "effect"}
        ],
        "boundaries": [1]
    })
}

fn faults(sheet: Value) -> Vec<Fault> {
    rank(&serde_json::from_value(sheet).unwrap()).unwrap_err()
}

#[test]
fn a_sheet_reads_and_writes_as_it_is_published() {
    let read: Sheet = serde_json::from_value(good()).unwrap();
    assert_eq!(serde_json::to_value(&read).unwrap(), good());
    rank(&read).unwrap();
}

#[test]
fn fields_nobody_knows_are_refused() {
    let places = [
        "",
        "/stages/0",
        "/stages/0/method",
        "/stages/1/method",
        "/stages/0/criteria/0",
    ];
    let more = ["/stages/0/ballots/0", "/ties/0", "/ties/1"];
    for place in places.iter().chain(&more) {
        let mut sheet = good();
        sheet.pointer_mut(place).unwrap()["note"] = json!("");
        assert!(serde_json::from_value::<Sheet>(sheet).is_err(), "{place}");
    }
    for (place, value) in [
        ("/stages/0/ballots/0/scores/0", json!(4.5)),
        ("/stages/0/advance", json!(0)),
        ("/boundaries/0", json!(0)),
        ("/stages/0/weight", json!(-1)),
    ] {
        let mut sheet = good();
        *sheet.pointer_mut(place).unwrap() = value;
        assert!(serde_json::from_value::<Sheet>(sheet).is_err(), "{place}");
    }
}

#[test]
fn everything_wrong_is_said_at_once() {
    let mut sheet = good();
    sheet["version"] = json!(2);
    sheet["stages"][0]["weight"] = json!(500);
    sheet["stages"][0]["criteria"][1]["weight"] = json!(300);
    sheet["stages"][0]["ballots"][1]["judge"] = json!("J1");
    sheet["stages"][0]["ballots"][2]["scores"] = json!([0, 11]);
    sheet["stages"][0]["ballots"][3]["scores"] = json!([1]);
    sheet["stages"][1]["advance"] = json!(1);
    sheet["stages"][1]["criteria"][0]["maximum"] = json!(0);
    sheet["stages"][1]["ballots"][0]["entry"] = json!("E3");
    sheet["ties"][1]["criterion"] = json!("beauty");
    let whose = |entry: &str| ("paper".to_owned(), entry.to_owned());
    let out_of_scale = |criterion: &str| {
        let (stage, entry) = whose("E2");
        Fault::OutOfScale {
            stage,
            entry,
            judge: "J1".into(),
            criterion: criterion.into(),
        }
    };
    assert_eq!(
        faults(sheet),
        [
            Fault::Version { version: 2 },
            Fault::StageWeights { sum: 1_100 },
            Fault::NowhereToAdvance {
                stage: "show".into()
            },
            Fault::UnknownTieRule { index: 1 },
            Fault::CriterionWeights {
                stage: "paper".into(),
                sum: 900
            },
            Fault::DuplicateBallot {
                stage: "paper".into(),
                entry: "E1".into(),
                judge: "J1".into(),
            },
            out_of_scale("need"),
            out_of_scale("effect"),
            Fault::ScoreCount {
                stage: "paper".into(),
                entry: "E2".into(),
                judge: "J2".into(),
            },
            Fault::Scale {
                stage: "show".into(),
                criterion: "all".into()
            },
            Fault::NotInStageBefore {
                stage: "show".into(),
                entries: vec!["E3".into()]
            },
        ]
    );
}

#[test]
fn keys_twice_and_scales_without_measure() {
    let mut sheet = good();
    sheet["stages"][1]["key"] = json!("paper");
    sheet["stages"][0]["criteria"][1]["key"] = json!("need");
    sheet["stages"][0]["ballots"] = json!([]);
    sheet["stages"][1]["ballots"] = json!([]);
    sheet["stages"][0]["criteria"][0]["maximum"] = json!(i32::MAX);
    sheet["stages"][0]["criteria"][0]["minimum"] = json!(i32::MIN);
    let criteria = [997, 991, 983].map(|maximum| {
        json!({"key": maximum.to_string(), "weight": if maximum == 997 { 998 } else { 1 },
            "minimum": 0, "maximum": maximum})
    });
    sheet["stages"][1]["criteria"] = json!(criteria);
    let stage = || "paper".to_owned();
    assert_eq!(
        faults(sheet),
        [
            Fault::DuplicateStage { stage: stage() },
            // The rules name a stage and a criterion that are gone.
            Fault::UnknownTieRule { index: 0 },
            Fault::UnknownTieRule { index: 1 },
            Fault::DuplicateCriterion {
                stage: stage(),
                criterion: "need".into()
            },
            Fault::Scale {
                stage: stage(),
                criterion: "need".into()
            },
            Fault::ScalesTooFine { stage: stage() },
        ]
    );
    let empty = json!({"version": 1, "stages": [], "ties": [], "boundaries": []});
    assert_eq!(faults(empty), [Fault::NoStages {}]);
}

#[test]
fn methods_that_cannot_be_applied() {
    let mut sheet = good();
    sheet["stages"][0]["method"] = json!({"kind": "trimmed_mean", "highest": 1, "lowest": 1});
    let entries = vec!["E1".to_owned(), "E2".to_owned()];
    let stage = "paper".to_owned();
    assert_eq!(faults(sheet), [Fault::TooFewToTrim { stage, entries }]);

    let mut sheet = good();
    sheet["stages"][0]["method"] = json!({"kind": "severity_adjusted"});
    sheet["stages"][0]["ballots"] = json!([
        {"entry": "E1", "judge": "J3", "scores": [5, 10]},
        {"entry": "E2", "judge": "J1", "scores": [5, 10]},
        {"entry": "E1", "judge": "J2", "scores": [5, 10]},
        {"entry": "E3", "judge": "J1", "scores": [5, 10]},
    ]);
    let part = |entries: &[&str], judges: &[&str]| Part {
        entries: entries.iter().map(|name| (*name).to_owned()).collect(),
        judges: judges.iter().map(|name| (*name).to_owned()).collect(),
    };
    assert_eq!(
        faults(sheet),
        [Fault::NotConnected {
            stage: "paper".into(),
            parts: vec![part(&["E2", "E3"], &["J1"]), part(&["E1"], &["J2", "J3"])],
        }]
    );
}

#[test]
fn a_fault_is_a_code_with_what_it_is_about() {
    let fault = Fault::TooFewToTrim {
        stage: "paper".into(),
        entries: vec!["E1".into()],
    };
    let written = json!({"code": "too_few_to_trim", "stage": "paper", "entries": ["E1"]});
    assert_eq!(serde_json::to_value(&fault).unwrap(), written);
}
