//! My shifts in the calendar of a phone.

use diandan::platform::clock::{HOUR, Instant};
use serde_json::json;

use crate::support::app::app;
use crate::support::notice::{Notice, morning, shift, with_waitlist};
use crate::support::people::Volunteer;

/// The lines of one event, unfolded (RFC 5545, section 3.1).
fn event(calendar: &str, signup: &str) -> Vec<String> {
    let unfolded = calendar.replace("\r\n ", "").replace("\r\n\t", "");
    unfolded
        .split("BEGIN:VEVENT")
        .skip(1)
        .find(|event| event.contains(&format!("UID:{signup}@")))
        .unwrap_or_else(|| panic!("no event of {signup} in {unfolded}"))
        .lines()
        .map(str::to_owned)
        .collect()
}

/// The value of a line whose name may carry parameters.
#[track_caller]
fn value(event: &[String], name: &str) -> String {
    event
        .iter()
        .filter_map(|line| line.split_once(':'))
        .find(|(known, _)| known.split(';').next() == Some(name))
        .unwrap_or_else(|| panic!("no {name} in {event:?}"))
        .1
        .to_owned()
}

fn reads(volunteer: &Volunteer) -> String {
    let calendar = volunteer.place.get(&volunteer.calendar_path()).is(200);
    assert_eq!(
        calendar.header("content-type"),
        Some("text/calendar; charset=utf-8")
    );
    assert_eq!(calendar.header("cache-control"), Some("private, no-store"));
    calendar.text()
}

/// RFC 5545, section 3.3.5, form 2, written anew.
fn utc(instant: Instant) -> String {
    let beijing = instant.plus(-8 * HOUR).rfc3339();
    let digits: String = beijing[..19]
        .chars()
        .filter(|c| *c != '-' && *c != ':')
        .collect();
    format!("{digits}Z")
}

#[test]
fn the_calendar_follows_every_change() {
    let app = app();
    let organization = app.organization();
    let start = morning(app.now(), 5);
    let notice = Notice::of(&[with_waitlist(shift("a", start, 1), 1)])
        .with("title", "科学课, 第一讲; 𠮷")
        .with("what_to_bring", "手套\n水");
    let project = organization.publishes(&notice);
    let a = project.shift("a");
    let (ming, hong) = (app.volunteer(), app.volunteer());
    let seat = ming.takes(&a, "confirmed");
    let waiting = hong.takes(&a, "waitlisted");

    let of_ming = event(&reads(&ming), &seat);
    assert_eq!(value(&of_ming, "SUMMARY"), r"科学课\, 第一讲\; 𠮷");
    assert_eq!(value(&of_ming, "STATUS"), "CONFIRMED");
    assert_eq!(value(&of_ming, "DTSTART"), utc(start));
    assert_eq!(value(&of_ming, "DTEND"), utc(start.plus(2 * HOUR)));
    assert!(value(&of_ming, "LOCATION").contains("潭头村小学"));
    assert!(value(&of_ming, "DESCRIPTION").contains(r"手套\n水"));
    let before: i64 = value(&of_ming, "SEQUENCE").parse().unwrap();
    let of_hong = event(&reads(&hong), &waiting);
    assert_eq!(value(&of_hong, "STATUS"), "TENTATIVE");

    let later = start.plus(HOUR);
    let moved = notice
        .with_shift(0, "starts_at", later.rfc3339())
        .with_shift(0, "ends_at", later.plus(HOUR).rfc3339())
        .with_shift(0, "change_reason", "校车晚点");
    organization.changes(&project, &moved);
    let of_ming = event(&reads(&ming), &seat);
    assert_eq!(value(&of_ming, "DTSTART"), utc(later));
    assert!(value(&of_ming, "DESCRIPTION").contains("校车晚点"));
    let after: i64 = value(&of_ming, "SEQUENCE").parse().unwrap();
    assert!(after > before, "programs take only a higher sequence");

    let place = moved
        .with("place", "县图书馆")
        .with("change_reason", "停电");
    organization.changes(&project, &place);
    let of_ming = event(&reads(&ming), &seat);
    assert!(value(&of_ming, "LOCATION").contains("县图书馆"));
    let moved_again: i64 = value(&of_ming, "SEQUENCE").parse().unwrap();
    assert!(moved_again > after);

    ming.cancels(&seat).is(204);
    let of_ming = event(&reads(&ming), &seat);
    assert_eq!(value(&of_ming, "STATUS"), "CANCELLED");
    assert!(value(&of_ming, "SEQUENCE").parse::<i64>().unwrap() > moved_again);
    let of_hong = event(&reads(&hong), &waiting);
    assert_eq!(value(&of_hong, "STATUS"), "CONFIRMED");
}

#[test]
fn a_calendar_keeps_to_its_format() {
    let app = app();
    let organization = app.organization();
    let notice = Notice::of(&[shift("a", morning(app.now(), 5), 9)])
        .with("title", "长".repeat(60))
        .with("what_to_bring", "带".repeat(500));
    let project = organization.publishes(&notice);
    let ming = app.adult();
    ming.takes(&project.shift("a"), "confirmed");
    let calendar = reads(&ming);
    assert!(calendar.starts_with("BEGIN:VCALENDAR\r\n"));
    assert!(calendar.ends_with("END:VCALENDAR\r\n"));
    for line in calendar.trim_end().split("\r\n") {
        assert!(line.len() <= 75 && !line.contains('\n'), "{line}");
    }
    for line in ["VERSION:2.0", "PRODID:", "BEGIN:VEVENT", "DTSTAMP:"] {
        assert_eq!(calendar.matches(line).count(), 1, "{line}");
    }
    assert!(!calendar.contains(&ming.phone) && !calendar.contains(&ming.name));
}

#[test]
fn a_new_address_closes_the_old_one() {
    let app = app();
    let ming = app.volunteer();
    let old = ming.calendar_path();
    assert_eq!(ming.calendar_path(), old, "it stays until it is exchanged");
    app.get(&old).is(200);
    let exchange = ming
        .anonymous("POST", "/me/calendar")
        .browser(&ming.session)
        .form(&[]);
    app.send(&exchange).is(303);
    let new = ming.calendar_path();
    assert_ne!(new, old);
    app.get(&new).is(200);
    app.get(&old).is(404);
    app.send(&ming.anonymous("POST", "/me/calendar").form(&[]))
        .is(401);
}

#[test]
fn nobody_guesses_a_calendar() {
    let app = app();
    let ming = app.volunteer();
    let path = ming.calendar_path();
    let shorter = format!("{}.ics", &path[..path.len() - 5]);
    for path in [
        "/calendar/.ics".to_owned(),
        "/calendar/x.ics".to_owned(),
        format!("/calendar/{}.ics", ming.id),
        format!("/calendar/{}.ics", ming.session),
        path.trim_end_matches(".ics").to_owned(),
        path.to_lowercase(),
        shorter,
    ] {
        app.get(&path).is(404);
    }
    // Its hash, should a database ever be lost, opens nothing.
    let sql = "SELECT calendar_hash FROM volunteer WHERE id = ?1";
    let hash = app.value(sql, json!([ming.id]));
    app.get(&format!("/calendar/{}.ics", hash.as_str().unwrap()))
        .is(404);
}
