//! What is shown of one entry is what the ranking says of it later.

use super::*;

fn trimmed(highest: u32, lowest: u32) -> Method {
    Method::TrimmedMean { highest, lowest }
}

fn of_one(method: Method, given: &[(&str, i32)]) -> Panel {
    let ballots: Vec<_> = given
        .iter()
        .map(|(judge, score)| ("E0001", *judge, *score))
        .collect();
    panels(&stage("show", 600, method, &ballots))
        .unwrap()
        .remove(0)
}

fn dropped(panel: &Panel) -> Vec<&str> {
    let dropped = panel.marks.iter().filter(|mark| mark.dropped);
    dropped.map(|mark| &*mark.judge).collect()
}

#[test]
fn the_highest_and_the_lowest_are_dropped() {
    let given = [("J03", 90), ("J01", 70), ("J04", 81), ("J02", 80)];
    let panel = of_one(trimmed(1, 1), &given);
    assert_eq!(panel.score, points("80.5000"));
    assert_eq!(dropped(&panel), ["J01", "J03"]);
    let marks: Vec<_> = panel
        .marks
        .iter()
        .map(|mark| (&*mark.judge, mark.mark))
        .collect();
    let expected = [
        ("J01", "70.0000"),
        ("J02", "80.0000"),
        ("J03", "90.0000"),
        ("J04", "81.0000"),
    ];
    assert_eq!(marks, expected.map(|(judge, mark)| (judge, points(mark))));
    assert_eq!(dropped(&of_one(trimmed(0, 2), &given)), ["J01", "J02"]);
    assert_eq!(dropped(&of_one(Method::WeightedMean {}, &given)), [""; 0]);
}

#[test]
fn of_equal_marks_as_many_are_dropped() {
    let given = [("J03", 80), ("J01", 80), ("J02", 80)];
    let panel = of_one(trimmed(1, 1), &given);
    assert_eq!(panel.score, points("80.0000"));
    assert_eq!(dropped(&panel), ["J01", "J03"]);
}

#[test]
fn severity_is_not_taken_out_of_one_entry() {
    let panel = of_one(Method::SeverityAdjusted {}, &[("J01", 60), ("J02", 91)]);
    assert_eq!(panel.score, points("75.5000"));
    assert_eq!(
        panels(&stage("show", 600, Method::SeverityAdjusted {}, &[])),
        Ok(vec![])
    );
}

#[test]
fn too_few_to_trim_have_no_score() {
    let two = [("E0001", "J01", 1), ("E0001", "J02", 2)];
    let faults = panels(&stage("show", 600, trimmed(1, 1), &two)).unwrap_err();
    assert!(matches!(faults.as_slice(), [Fault::TooFewToTrim { .. }]));
}

#[test]
fn it_is_the_score_of_the_ranking() {
    let mut dice = Dice(7);
    for _ in 0..50 {
        let names: Vec<_> = (0..9).map(|at| format!("J{at:02}")).collect();
        let mut ballots = Vec::new();
        for entry in ["E0001", "E0002", "E0003"] {
            for name in &names {
                ballots.push((entry, &**name, i32::try_from(dice.below(101)).unwrap()));
            }
        }
        let stage = stage("show", 1_000, trimmed(2, 1), &ballots);
        let shown = panels(&stage).unwrap();
        let ranking = rank(&sheet(vec![stage])).unwrap();
        for panel in shown {
            let ranked = named(&ranking, &panel.entry);
            assert_eq!(panel.score, ranked.stages[0].score);
            assert_eq!(dropped(&panel).len(), 3);
        }
    }
}
