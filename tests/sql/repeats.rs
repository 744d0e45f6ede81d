//! Shifts that repeat, as an organization's system writes them again and again.

use diandan::platform::clock::{DAY, HOUR};
use serde_json::{Value, json};

use crate::support::desk::Desk;
use crate::support::notice::{Notice, morning, shift_until};
use crate::support::place::Place as _;

/// Six Saturdays from 28 November 2026 on, one of them left out.
fn saturdays(desk: &Desk) -> Notice {
    let first = morning(desk.now(), 5);
    let repeat = json!({
        "ref": "sat",
        "rule": "FREQ=WEEKLY;BYDAY=SA;UNTIL=20270102",
        "except": ["2026-12-12"],
        "role": "课堂助教",
        "starts_at": first.rfc3339(),
        "ends_at": first.plus(2 * HOUR).rfc3339(),
        "capacity": 3,
        "waitlist": 2,
    });
    Notice::of(&[]).with("repeats", json!([repeat]))
}

fn references(project: &Value) -> Vec<&str> {
    let shifts = project["shifts"].as_array().unwrap().iter();
    shifts.map(|shift| shift["ref"].as_str().unwrap()).collect()
}

#[test]
fn a_rule_is_answered_as_the_shifts_it_makes() {
    let desk = Desk::new();
    let organization = desk.place().organization();
    let notice = saturdays(&desk);
    let created = organization.puts("p", &notice.0).is(201).json();
    assert_eq!(
        references(&created),
        [
            "sat-20261128",
            "sat-20261205",
            "sat-20261219",
            "sat-20261226",
            "sat-20270102"
        ]
    );
    for (shift, day) in [(0, "2026-11-28"), (4, "2027-01-02")] {
        let shift = &created["shifts"][shift];
        assert_eq!(shift["starts_at"], format!("{day}T09:00:00+08:00"));
        assert_eq!(shift["ends_at"], format!("{day}T11:00:00+08:00"));
        assert_eq!(shift["capacity"], 3);
        assert_eq!(shift["waitlist"], 2);
    }
    // The menu finds it on each of its days.
    for (day, found) in [("2026-12-19", 1), ("2026-12-12", 0)] {
        let listed = desk.place().menu(&[("from", day), ("to", day)]).ids();
        assert_eq!(listed.len(), found, "{day}");
    }
}

#[test]
fn the_same_rule_again_changes_nothing_however_much_of_it_is_over() {
    let desk = Desk::new();
    let organization = desk.place().organization();
    let notice = saturdays(&desk);
    let created = organization.puts("p", &notice.0).is(201).json();
    for _ in 0..3 {
        desk.passes(10 * DAY);
        assert_eq!(organization.puts("p", &notice.0).is(200).json(), created);
    }
    // Changed in another part, its shifts stay the ones they were.
    let renamed = organization.puts("p", &notice.with("title", "新题目").0);
    assert_eq!(renamed.is(200).json()["shifts"], created["shifts"]);
}

#[test]
fn one_day_of_a_rule_is_called_off_by_listing_it() {
    let desk = Desk::new();
    let organization = desk.place().organization();
    let notice = saturdays(&desk);
    let project = organization.publishes(&notice);
    let ming = desk.place().adult();
    let seat = ming.takes(&project.shift("sat-20261205"), "confirmed");
    let start = morning(desk.now(), 12);
    let mut off = shift_until("sat-20261205", start, start.plus(2 * HOUR), 3);
    off["state"] = json!("cancelled");

    // Leaving it out, or calling it off silently, is refused where it stands.
    let mut left_out = notice.clone();
    left_out.0["repeats"][0]["except"] = json!(["2026-12-05", "2026-12-12"]);
    let refused = organization.puts(&project.reference, &left_out.0);
    assert_eq!(
        refused.refused(409, "shift_has_signups").pointers(),
        ["/shifts"]
    );
    let silent = notice.clone().with("shifts", json!([off]));
    let refused = organization.puts(&project.reference, &silent.0);
    assert_eq!(
        refused.refused(409, "shift_has_signups").pointers(),
        ["/shifts/0/change_reason"]
    );
    off["change_reason"] = json!("学校停电");
    let told = organization.changes(&project, &notice.clone().with("shifts", json!([off])));
    assert_eq!(told.body["shifts"].as_array().unwrap().len(), 5);
    assert_eq!(told.body["shifts"][1]["state"], "cancelled");
    assert_eq!(ming.ticket(&seat)["state"], "cancelled");
    assert!(ming.is_told("shift_cancelled").contains("学校停电"));
    // A later time of the rule moves what is left, and says where a reason is missing.
    let other = desk.place().adult();
    other.takes(&project.shift("sat-20261219"), "confirmed");
    let mut later = notice;
    for (part, hour) in [("starts_at", "14"), ("ends_at", "16")] {
        later.0["repeats"][0][part] = json!(format!("2026-11-28T{hour}:00:00+08:00"));
    }
    let refused = organization.puts(&project.reference, &later.0);
    assert_eq!(
        refused.refused(409, "shift_has_signups").pointers(),
        ["/repeats/0/change_reason"]
    );
    later.0["repeats"][0]["change_reason"] = json!("学校上午考试");
    // The one called off stays so: listed, it is not of the rule.
    later = later.with("shifts", json!([off]));
    let moved = organization.changes(&project, &later);
    assert_eq!(moved.body["shifts"][1]["state"], "cancelled");
    let text = other.is_told("shift_moved");
    assert!(text.contains("14:00–16:00") && text.contains("学校上午考试"));
}

#[test]
fn a_patch_may_add_a_rule_to_the_shifts_there_are() {
    let desk = Desk::new();
    let organization = desk.place().organization();
    let project = organization.publishes(&saturdays(&desk));
    let sunday = json!({
        "ref": "sun", "rule": "FREQ=WEEKLY;COUNT=2", "role": "课堂助教", "capacity": 3,
        "starts_at": "2026-11-29T09:00:00+08:00", "ends_at": "2026-11-29T11:00:00+08:00",
    });
    let patched = organization.patches(&project.reference, &json!({"repeats": [sunday]}));
    let patched = patched.is(200).json();
    assert_eq!(references(&patched).len(), 7);
    assert!(references(&patched).contains(&"sun-20261206"));
    for shift in project.body["shifts"].as_array().unwrap() {
        assert!(patched["shifts"].as_array().unwrap().contains(shift));
    }
}

#[test]
fn a_rule_that_cannot_be_followed_is_refused_once_and_by_name() {
    let desk = Desk::new();
    let organization = desk.place().organization();
    let mut notice = saturdays(&desk);
    notice.0["repeats"][0]["rule"] = json!("FREQ=WEEKLY;BYSETPOS=1;COUNT=3");
    let refused = organization
        .puts("p", &notice.0)
        .refused(422, "invalid_fields");
    assert_eq!(refused.pointers(), ["/repeats/0/rule"]);
    assert!(refused.text().contains("BYSETPOS"), "{refused:?}");
    // What has begun already cannot be announced; one fault, not one a day.
    let mut late = saturdays(&desk);
    late.0["repeats"][0]["starts_at"] = json!("2026-11-01T09:00:00+08:00");
    late.0["repeats"][0]["ends_at"] = json!("2026-11-01T11:00:00+08:00");
    let refused = organization
        .puts("p", &late.0)
        .refused(422, "invalid_fields");
    assert_eq!(refused.pointers(), ["/repeats/0/starts_at"]);
}
