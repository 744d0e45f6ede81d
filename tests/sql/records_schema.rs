//! What the schema holds of service records, whatever the code above it does.

use diandan::platform::clock::Instant;
use serde_json::json;

use crate::support::desk::Desk;
use crate::support::notice::{Notice, shift};
use crate::support::place::Place;
use crate::support::records::{Recorded, Seen};

const MORNING: i64 = 1_795_825_200_000;
const HOUR: i64 = 3_600_000;

fn totals(place: &dyn Place, volunteer: &str) -> Vec<(String, i64, i64)> {
    let sql =
        "SELECT grade, minutes, records FROM hours_total WHERE volunteer_id = ?1 ORDER BY grade";
    let rows = place.rows(sql, json!([volunteer]));
    let number = |row: &serde_json::Value, name: &str| row[name].as_i64().unwrap();
    rows.iter()
        .map(|row| {
            let grade = row["grade"].as_str().unwrap().to_owned();
            (grade, number(row, "minutes"), number(row, "records"))
        })
        .collect()
}

#[test]
fn records_and_evidence_are_never_rewritten() {
    let desk = Desk::new();
    let place = desk.place();
    let (organization, volunteer) = (place.organization(), place.adult());
    Recorded::new(MORNING, 60, "A").write(place, &organization, &volunteer);
    for sql in [
        "UPDATE service_record SET minutes = 59",
        "DELETE FROM service_record",
        "UPDATE service_record SET recorded_at = 0",
        "INSERT OR REPLACE INTO service_record SELECT * FROM service_record",
    ] {
        assert!(desk.refuses(sql).contains("service_record_is_append_only"));
    }
    let again = Recorded::new(MORNING, 30, "A").sql(&organization, &volunteer);
    let again = again.replacen(
        "INSERT INTO service_record (",
        "INSERT OR REPLACE INTO service_record (seq, ",
        1,
    );
    let again = again.replacen("VALUES (", "VALUES (1, ", 1);
    assert!(
        desk.refuses(&again)
            .contains("service_record_is_append_only")
    );
    assert_eq!(
        place.number("SELECT minutes FROM service_record", json!([])),
        60
    );
}

#[test]
fn evidence_is_not_replaced() {
    let desk = Desk::new();
    let place = desk.place();
    let (organization, volunteer) = (place.organization(), place.adult());
    let start = Instant::from_millis(MORNING);
    let project = organization.publishes(&Notice::of(&[shift("a", start, 3)]));
    let signup = volunteer.takes(&project.shift("a"), "confirmed");
    Seen::by_code("in", start).write(place, &signup);
    let before = place.rows("SELECT * FROM attendance", json!([]));
    for sql in [
        "INSERT OR REPLACE INTO attendance
         SELECT seq, id, signup_id, shift_id, volunteer_id, kind, 'sheet', 0, 0, late, reason, near, actor FROM attendance",
        "INSERT OR REPLACE INTO attendance
         SELECT seq, 'other', signup_id, shift_id, volunteer_id, 'out', method, 0, 0, late, reason, near, actor FROM attendance",
    ] {
        place.rows(sql, json!([]));
        assert_eq!(place.rows("SELECT * FROM attendance", json!([])), before);
    }
    for sql in ["UPDATE attendance SET late = 1", "DELETE FROM attendance"] {
        assert!(desk.refuses(sql).contains("attendance_is_append_only"));
    }
}

#[test]
fn places_in_the_ledger_have_no_gaps() {
    let desk = Desk::new();
    let place = desk.place();
    let (organization, volunteer) = (place.organization(), place.adult());
    let hours: Vec<i64> = (0..3)
        .map(|n| Recorded::new(MORNING + n * HOUR, 60, "A").write(place, &organization, &volunteer))
        .collect();
    assert_eq!(hours, [1, 2, 3]);
    let next = Recorded::new(MORNING + 4 * HOUR, 60, "A").sql(&organization, &volunteer);
    let ahead = next
        .replace("(id, kind", "(seq, id, kind")
        .replace("VALUES (", "VALUES (7, ");
    assert!(desk.refuses(&ahead).contains("service_record_leaves_a_gap"));
}

#[test]
fn nobody_serves_at_two_places_at_once() {
    let desk = Desk::new();
    let place = desk.place();
    let (one, other) = (place.organization(), place.organization());
    let (volunteer, friend) = (place.adult(), place.adult());
    let first = Recorded::new(MORNING, 120, "A").write(place, &one, &volunteer);
    for start in [MORNING - HOUR, MORNING, MORNING + HOUR] {
        let clash = Recorded::new(start, 90, "C").sql(&other, &volunteer);
        assert!(
            desk.refuses(&clash).contains("service_records_overlap"),
            "{start}"
        );
    }
    Recorded::new(MORNING - HOUR, 60, "A").write(place, &other, &volunteer);
    Recorded::new(MORNING + 2 * HOUR, 60, "A").write(place, &other, &volunteer);
    Recorded::new(MORNING, 120, "A").write(place, &one, &friend);
    // What is corrected takes up no time any more.
    Recorded::new(MORNING + HOUR, 60, "B")
        .correcting(first)
        .write(place, &one, &volunteer);
    Recorded::new(MORNING, 60, "A").write(place, &other, &volunteer);
}

#[test]
fn totals_follow_corrections() {
    let desk = Desk::new();
    let place = desk.place();
    let (organization, volunteer) = (place.organization(), place.adult());
    let first = Recorded::new(MORNING, 120, "A").write(place, &organization, &volunteer);
    Recorded::new(MORNING + 3 * HOUR, 30, "A").write(place, &organization, &volunteer);
    assert_eq!(totals(place, &volunteer.id), [("A".to_owned(), 150, 2)]);
    let second =
        Recorded::new(MORNING, 90, "C")
            .correcting(first)
            .write(place, &organization, &volunteer);
    let by_grade = [("A".to_owned(), 30, 1), ("C".to_owned(), 90, 1)];
    assert_eq!(totals(place, &volunteer.id), by_grade);
    Recorded::new(MORNING, 0, "C")
        .correcting(second)
        .write(place, &organization, &volunteer);
    let nothing = [("A".to_owned(), 30, 1), ("C".to_owned(), 0, 0)];
    assert_eq!(totals(place, &volunteer.id), nothing);
}

#[test]
fn a_correction_corrects_one_record_of_its_own() {
    let desk = Desk::new();
    let place = desk.place();
    let (organization, other) = (place.organization(), place.organization());
    let (volunteer, stranger) = (place.adult(), place.adult());
    let first = Recorded::new(MORNING, 120, "A").write(place, &organization, &volunteer);
    let correction = Recorded::new(MORNING, 60, "A").correcting(first);
    for sql in [
        correction.sql(&other, &volunteer),
        correction.sql(&organization, &stranger),
    ] {
        let refusal = desk.refuses(&sql);
        assert!(
            refusal.contains("service_record_corrects_another"),
            "{refusal}"
        );
    }
    correction.write(place, &organization, &volunteer);
    assert!(
        desk.refuses(&correction.sql(&organization, &volunteer))
            .contains("superseded_already")
    );
    let nothing = Recorded::new(MORNING + 5 * HOUR, 0, "A").sql(&organization, &volunteer);
    assert!(
        desk.refuses(&nothing)
            .contains("nothing_given_is_a_correction")
    );
}
