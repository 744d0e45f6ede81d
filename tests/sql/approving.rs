//! Requests: where a project asks for approval, nobody has a seat without it.

use diandan::imports::work::{Budget, get_on};
use diandan::platform::clock::{HOUR, Instant};
use pollster::FutureExt as _;
use serde_json::json;

use crate::support::at;
use crate::support::desk::Desk;
use crate::support::notice::{Notice, shift, with_waitlist};
use crate::support::people::{Organization, Project, Shift, Volunteer};
use crate::support::place::Place as _;
use crate::support::request::Request;

const NINE: &str = "2026-11-28T09:00:00+08:00";

fn notice(seats: i64, waits: i64) -> Notice {
    Notice::of(&[with_waitlist(shift("a", at(NINE), seats), waits)]).with("approval", "required")
}

fn asking(desk: &Desk, seats: i64, waits: i64) -> (Organization<'_>, Project, Shift) {
    let organization = desk.place().organization();
    let project = organization.publishes(&notice(seats, waits));
    let a = project.shift("a");
    (organization, project, a)
}

/// `confirmed`, `waitlisted 1`, `pending` …
fn standing(volunteer: &Volunteer<'_>, signup: &str) -> String {
    let ticket = volunteer.ticket(signup);
    let (state, approval) = (&ticket["state"], &ticket["approval"]);
    match (state.as_str().unwrap(), approval.as_str()) {
        ("waitlisted", Some("pending")) => {
            assert_eq!(ticket["position"], json!(null));
            "pending".to_owned()
        }
        ("waitlisted", _) => format!("waitlisted {}", ticket["position"]),
        (state, _) => state.to_owned(),
    }
}

#[test]
fn a_request_has_no_seat_until_it_is_approved_then_those_who_came_first_do() {
    let desk = Desk::new();
    let (organization, _, a) = asking(&desk, 1, 2);
    let crowd = desk.place().crowd(4);
    let ids: Vec<_> = (0..3).map(|n| crowd[n].takes(&a, "waitlisted")).collect();
    let all = || -> Vec<String> { (0..3).map(|n| standing(&crowd[n], &ids[n])).collect() };
    assert_eq!(all(), ["pending"; 3]);
    // Seats and waiting places together are asked for.
    crowd[3].signs_up(&a).refused(409, "shift_full");

    organization.approves(&ids[1]).is(200);
    assert_eq!(all(), ["pending", "confirmed", "pending"]);
    crowd[1].is_told("signup_approved");
    organization.approves(&ids[2]).is(200);
    assert_eq!(all(), ["pending", "confirmed", "waitlisted 1"]);
    crowd[2].is_told("signup_approved_waiting");
    organization.approves(&ids[0]).is(200);
    // Whoever arrived first is first in line.
    assert_eq!(all(), ["waitlisted 1", "confirmed", "waitlisted 2"]);
    crowd[1].cancels(&ids[1]).is(204);
    assert_eq!(all(), ["confirmed", "cancelled", "waitlisted 1"]);
    crowd[0].is_told("signup_promoted");
}

#[test]
fn a_seat_that_comes_free_passes_over_those_not_approved() {
    let desk = Desk::new();
    let (organization, _, a) = asking(&desk, 1, 3);
    let crowd = desk.place().crowd(3);
    let ids: Vec<_> = (0..3).map(|n| crowd[n].takes(&a, "waitlisted")).collect();
    organization.approves(&ids[0]).is(200);
    crowd[0].cancels(&ids[0]).is(204);
    assert_eq!(standing(&crowd[1], &ids[1]), "pending");
    organization.approves(&ids[2]).is(200);
    assert_eq!(standing(&crowd[2], &ids[2]), "confirmed");
}

#[test]
fn a_declined_request_is_told_why_and_frees_its_place() {
    let desk = Desk::new();
    let (organization, _, a) = asking(&desk, 1, 0);
    let crowd = desk.place().crowd(2);
    let first = crowd[0].takes(&a, "waitlisted");
    crowd[1].signs_up(&a).refused(409, "shift_full");
    let declined = organization.declines(&first).is(200).json();
    assert_eq!(declined["approval"], "declined");
    assert_eq!(declined["state"], "cancelled");
    let ticket = crowd[0].ticket(&first);
    assert_eq!(ticket["cancelled_by"], "organization");
    assert_eq!(ticket["change_reason"], "人数已够");
    assert!(crowd[0].is_told("signup_declined").contains("人数已够"));
    crowd[1].takes(&a, "waitlisted");
    // Whoever was declined may ask again only as somebody new: the place is taken.
    crowd[0].signs_up(&a).refused(409, "shift_full");
}

#[test]
fn deciding_twice_is_deciding_once_and_a_decision_stands() {
    let desk = Desk::new();
    let (organization, _, a) = asking(&desk, 2, 0);
    let crowd = desk.place().crowd(2);
    let ids: Vec<_> = (0..2).map(|n| crowd[n].takes(&a, "waitlisted")).collect();
    for _ in 0..2 {
        organization.approves(&ids[0]).is(200);
        organization.declines(&ids[1]).is(200);
    }
    for volunteer in &crowd {
        assert_eq!(desk.texts_to(&volunteer.phone).len(), 1);
    }
    organization.declines(&ids[0]).refused(409, "not_pending");
    organization.approves(&ids[1]).refused(409, "not_pending");
    let audits =
        "SELECT count(*) AS n FROM audit WHERE action IN ('signup.approved', 'signup.declined')";
    assert_eq!(desk.place().number(audits, json!([])), 2);
    // What never was a request, and what was withdrawn.
    let plain = organization.publishes(&Notice::of(&[shift("x", at(NINE).plus(9 * HOUR), 1)]));
    let seat = crowd[0].takes(&plain.shift("x"), "confirmed");
    organization.approves(&seat).refused(409, "not_pending");
    let withdrawn = crowd[1].takes(&a, "waitlisted");
    crowd[1].cancels(&withdrawn).is(204);
    organization
        .approves(&withdrawn)
        .refused(409, "not_pending");
}

#[test]
fn only_those_who_run_the_shift_decide_and_not_after_it() {
    let desk = Desk::new();
    let (organization, _, a) = asking(&desk, 5, 0);
    let ming = desk.place().adult();
    let id = ming.takes(&a, "waitlisted");
    for (act, body) in [
        ("approve", None),
        ("decline", Some(json!({"reason": "满了"}))),
    ] {
        for token in [
            ming.session.clone(),
            organization.member("recorder").session,
            organization.new_key(&["projects:write", "signups:read"]),
            desk.place().organization().member("owner").session,
        ] {
            let request =
                Request::new("POST", format!("/api/v1/signups/{id}/{act}")).bearer(&token);
            let request = match &body {
                Some(body) => request.json(body),
                None => request,
            };
            desk.place().send(&request).refused(403, "forbidden");
        }
    }
    assert_eq!(standing(&ming, &id), "pending");
    let end: Instant = at(NINE).plus(2 * HOUR);
    desk.it_is(end);
    organization.approves(&id).refused(409, "ended");
    desk.it_is(end.plus(-1));
    organization.approves(&id).is(200);
}

#[test]
fn a_suspended_organization_gives_no_seats() {
    let desk = Desk::new();
    let (organization, _, a) = asking(&desk, 5, 0);
    let ming = desk.place().adult();
    let id = ming.takes(&a, "waitlisted");
    desk.db
        .script("UPDATE organization SET state = 'suspended'")
        .unwrap();
    organization
        .approves(&id)
        .refused(409, "organization_suspended");
    organization.declines(&id).is(200);
}

#[test]
fn a_project_that_stops_asking_seats_those_who_asked() {
    let desk = Desk::new();
    let (organization, project, a) = asking(&desk, 2, 1);
    let crowd = desk.place().crowd(3);
    let ids: Vec<_> = (0..3).map(|n| crowd[n].takes(&a, "waitlisted")).collect();
    organization.changes(&project, &notice(2, 1).with("approval", "none"));
    let all: Vec<_> = (0..3).map(|n| standing(&crowd[n], &ids[n])).collect();
    assert_eq!(all, ["confirmed", "confirmed", "waitlisted 1"]);
    crowd[0].is_told("signup_promoted");
    crowd[1].is_told("signup_promoted");
}

#[test]
fn the_menu_offers_no_seat_that_is_asked_for() {
    let desk = Desk::new();
    let (organization, project, a) = asking(&desk, 2, 1);
    let crowd = desk.place().crowd(3);
    let left = || {
        let read = desk.place().get(&project.path()).is(200).json();
        let card = &desk.place().menu(&[]).is(200).json()["items"][0];
        (
            read["shifts"][0]["seats_left"].as_i64().unwrap(),
            card["seats_free"].as_i64().unwrap(),
            card["waits_free"].as_i64().unwrap(),
        )
    };
    let mut seen = vec![left()];
    let mut ids = Vec::new();
    for volunteer in &crowd {
        ids.push(volunteer.takes(&a, "waitlisted"));
        desk.passes(3_000);
        seen.push(left());
    }
    organization.approves(&ids[0]).is(200);
    desk.passes(3_000);
    seen.push(left());
    organization.declines(&ids[1]).is(200);
    desk.passes(3_000);
    seen.push(left());
    let expected = [
        (2, 2, 1),
        (1, 1, 1),
        (0, 0, 1),
        (0, 0, 0),
        (0, 0, 0),
        (0, 0, 1),
    ];
    assert_eq!(seen, expected);
}

#[test]
fn a_calendar_and_a_ticket_say_that_it_is_a_request() {
    let desk = Desk::new();
    let (organization, _, a) = asking(&desk, 2, 0);
    let ming = desk.place().adult();
    let id = ming.takes(&a, "waitlisted");
    let calendar = ming.calendar_path();
    let read = || desk.place().get(&calendar).is(200).text();
    assert!(read().contains("STATUS:TENTATIVE") && read().contains("待审核"));
    let page = Request::get(format!("/me/signups/{id}")).browser(&ming.session);
    let text = desk.place().send(&page).is(200).text();
    assert!(text.contains("待审核") && !text.contains("候补"), "{text}");
    organization.approves(&id).is(200);
    let text = read();
    assert!(
        text.contains("STATUS:CONFIRMED") && text.contains("SEQUENCE:1"),
        "{text}"
    );
}

#[test]
fn leaving_approval_out_gives_nobody_a_seat() {
    let desk = Desk::new();
    let (organization, project, a) = asking(&desk, 2, 0);
    let crowd = desk.place().crowd(1);
    let id = crowd[0].takes(&a, "waitlisted");
    let mut silent = notice(2, 0).with("title", "新题目").0;
    silent.as_object_mut().unwrap().remove("approval");
    let put = organization.puts(&project.reference, &silent).is(200);
    assert_eq!(put.json()["title"], "新题目");
    assert_eq!(put.json()["approval"], "required");
    assert_eq!(standing(&crowd[0], &id), "pending");
    // The same again changes nothing.
    let again = organization.puts(&project.reference, &silent).is(200);
    assert_eq!(again.json()["version"], put.json()["version"]);
    // Imported, it is the same.
    silent["title"] = json!("又一题目");
    silent["client_ref"] = json!(project.reference);
    let target = format!("/api/v1/organizations/{}/imports", organization.id);
    let file = Request::new("POST", target).bearer(&organization.key);
    let file = file.bytes("application/x-ndjson", silent.to_string().into_bytes());
    desk.place().send(&file).is(202);
    let visit = desk.visit("/", &Default::default());
    let done = get_on(&visit, Budget::LARGE).block_on().unwrap();
    assert_eq!(done.lines, 1);
    let read = organization.reads(&project.reference).is(200).json();
    assert_eq!(
        (&read["title"], &read["approval"]),
        (&json!("又一题目"), &json!("required"))
    );
    assert_eq!(standing(&crowd[0], &id), "pending");
    // Said openly, it approves of everybody who waits.
    silent.as_object_mut().unwrap().remove("client_ref");
    silent["approval"] = json!("none");
    organization.puts(&project.reference, &silent).is(200);
    assert_eq!(standing(&crowd[0], &id), "confirmed");
}

#[test]
fn a_draft_nobody_could_sign_up_for_asks_for_what_its_body_says() {
    let desk = Desk::new();
    let organization = desk.place().organization();
    let draft = organization.publishes(&notice(2, 0).with("state", "draft"));
    let mut silent = notice(2, 0).0;
    silent.as_object_mut().unwrap().remove("approval");
    let put = organization.puts(&draft.reference, &silent).is(200);
    assert_eq!(put.json()["approval"], "none");
}
