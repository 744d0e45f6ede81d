//! Whom certificates name, and what holds them back: one person's hours stand for one name.

use diandan::platform::clock::DAY;
use serde_json::{Value, json};

use super::certificates::{HOUR, MORNING, issued, page, path};
use crate::support::answer::Answer;
use crate::support::desk::Desk;
use crate::support::people::Volunteer;
use crate::support::place::Place;
use crate::support::records::Recorded;

fn renamed(volunteer: &Volunteer, name: &str) -> Answer {
    volunteer.sends("PATCH", "/api/v1/me", &json!({"name": name}))
}

fn states(place: &dyn Place, certificates: &[&Value]) -> Vec<String> {
    let state = |certificate: &&Value| place.get(&path(certificate)).is(200).member("state");
    certificates.iter().map(state).collect()
}

/// The bits that a list of the organization has set.
fn bits(place: &dyn Place) -> i64 {
    place.number(
        "SELECT count(DISTINCT status_index) FROM certificate_change",
        json!([]),
    )
}

#[test]
fn one_name_at_a_time_stands_for_the_hours_of_one_person() {
    let desk = Desk::new();
    let place = desk.place();
    let (organization, other) = (place.organization(), place.organization());
    let (volunteer, friend) = (place.adult(), place.adult());
    Recorded::new(MORNING, 60, "A").write(place, &organization, &volunteer);
    Recorded::new(MORNING + 3 * HOUR, 30, "A").write(place, &other, &volunteer);
    Recorded::new(MORNING, 60, "A").write(place, &organization, &friend);
    let of_a_friend = issued(&friend, &organization, json!({}));
    renamed(&volunteer, "买家甲").is(200);
    let first = issued(&volunteer, &organization, json!({"disclosure": "full"}));
    let elsewhere = issued(&volunteer, &other, json!({}));
    renamed(&volunteer, "买家乙").is(200);
    // What was issued states what it stated, until a name beside it does.
    assert_eq!(states(place, &[&first, &elsewhere]), ["valid", "valid"]);
    let second = issued(&volunteer, &organization, json!({}));
    assert_eq!(
        states(place, &[&first, &elsewhere, &second, &of_a_friend]),
        ["superseded", "superseded", "valid", "valid"]
    );
    assert_eq!(bits(place), 2);
    let seen = place.get(&path(&first)).json();
    assert_eq!(seen["superseded_because"], "renamed");
    assert_eq!(seen["contents"]["name"], "买家甲");
    let html = place.get(&page(&first)).is(200).text();
    assert!(
        html.contains("另一姓名重新开具") && !html.contains("买家乙"),
        "{html}"
    );
    let more = json!({"from": "2026-01-01"});
    let beside = issued(&volunteer, &organization, more);
    assert_eq!(states(place, &[&second, &beside]), ["valid", "valid"]);
    // A record that is corrected later changes nothing of why.
    let seq = place.number("SELECT min(seq) FROM service_record", json!([]));
    Recorded::new(MORNING, 50, "A")
        .correcting(seq)
        .write(place, &organization, &volunteer);
    let why = |certificate| place.get(&path(certificate)).json()["superseded_because"].clone();
    assert_eq!([why(&first), why(&second)], ["renamed", "corrected"]);
    assert_eq!(why(&of_a_friend), Value::Null);
}

#[test]
fn a_rename_is_audited_without_the_names() {
    let desk = Desk::new();
    let place = desk.place();
    let volunteer = place.adult();
    let subject = format!("volunteer:{}", volunteer.id);
    let audit = || {
        place.rows(
            "SELECT actor, before, after FROM audit WHERE action = 'volunteer.renamed' AND subject = ?1",
            json!([subject]),
        )
    };
    renamed(&volunteer, &volunteer.name).is(200);
    volunteer
        .sends("PATCH", "/api/v1/me", &json!({"skills": ["teaching"]}))
        .is(200);
    assert_eq!(audit(), [json!(null); 0]);
    renamed(&volunteer, "𠮷田").is(200);
    let rows = audit();
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0]["actor"], subject.as_str());
    assert!(!json!(rows).to_string().contains("𠮷田"));
    assert!(!json!(rows).to_string().contains(&volunteer.name));
    // A name given for the first time is no other name.
    place.rows(
        "UPDATE volunteer SET name = '' WHERE id = ?1",
        json!([volunteer.id]),
    );
    renamed(&volunteer, "王小川").is(200);
    assert_eq!(audit().len(), 1);
}

#[test]
fn whoever_has_records_changes_their_name_twice_a_year() {
    let desk = Desk::new();
    let place = desk.place();
    let (organization, volunteer) = (place.organization(), place.adult());
    // Before there is anything to certify, a name may be tried out.
    for name in ["甲", "乙", "丙"] {
        renamed(&volunteer, name).is(200);
    }
    place.rows(
        "UPDATE session SET expires_at = ?1",
        json!([place.now().plus(999 * DAY).millis()]),
    );
    let record = Recorded::new(MORNING, 60, "A").write(place, &organization, &volunteer);
    renamed(&volunteer, "丁").is(200);
    desk.passes(100 * DAY);
    renamed(&volunteer, "戊").is(200);
    renamed(&volunteer, "戊").is(200);
    let both = json!({"name": "己", "skills": ["driving"]});
    let refused = volunteer
        .sends("PATCH", "/api/v1/me", &both)
        .refused(409, "renamed_too_often");
    let again = place.now().plus(265 * DAY);
    assert_eq!(refused.member("possible_at"), again.rfc3339());
    // Nothing of it was done, and the rest may still be.
    let me = volunteer.reads("/api/v1/me").is(200).json();
    assert_eq!((&me["name"], &me["skills"]), (&json!("戊"), &json!([])));
    volunteer
        .sends(
            "PATCH",
            "/api/v1/me",
            &json!({"skills": ["driving"], "name": "戊"}),
        )
        .is(200);
    desk.passes(265 * DAY - 1);
    renamed(&volunteer, "己").refused(409, "renamed_too_often");
    desk.passes(1);
    renamed(&volunteer, "己").is(200);
    renamed(&volunteer, "庚").refused(409, "renamed_too_often");
    // Once nothing stands to their name any more, it is theirs to choose.
    Recorded::new(MORNING, 0, "A")
        .correcting(record)
        .write(place, &organization, &volunteer);
    renamed(&volunteer, "庚").is(200);
}
