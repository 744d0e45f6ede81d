//! Moving a volunteer between shifts: one sign-up, one transaction, nobody overbooked.

use diandan::platform::clock::{DAY, HOUR, MINUTE};
use proptest::prelude::*;
use serde_json::json;

use crate::support::at;
use crate::support::desk::Desk;
use crate::support::notice::{Notice, shift, with_waitlist};
use crate::support::people::{Organization, Project, Shift};
use crate::support::place::Place as _;
use crate::support::request::Request;

const NINE: &str = "2026-11-28T09:00:00+08:00";

fn two(organization: &Organization<'_>, seats: [i64; 2]) -> (Project, Shift, Shift) {
    let project = organization.publishes(
        &Notice::of(&[
            with_waitlist(shift("a", at(NINE), seats[0]), 2),
            shift("b", at(NINE).plus(3 * HOUR), seats[1]),
        ])
        .with_shift(1, "role", "摄影"),
    );
    let shifts = (project.shift("a"), project.shift("b"));
    (project, shifts.0, shifts.1)
}

fn seats(desk: &Desk, shift: &Shift) -> [i64; 2] {
    let sql = "SELECT confirmed, waiting FROM shift WHERE id = ?1";
    let rows = desk.place().rows(sql, json!([shift.id]));
    ["confirmed", "waiting"].map(|name| rows[0][name].as_i64().unwrap())
}

#[test]
fn a_move_takes_the_ticket_along_and_the_seat_goes_to_whoever_waits() {
    let desk = Desk::new();
    let organization = desk.place().organization();
    let (_, a, b) = two(&organization, [1, 1]);
    let crowd = desk.place().crowd(3);
    let seat = crowd[0].takes(&a, "confirmed");
    let second = crowd[1].takes(&a, "waitlisted");
    let third = crowd[2].takes(&a, "waitlisted");
    let calendar = crowd[0].calendar_path();

    let moved = organization.moves(&seat, &b).is(200).json();
    assert_eq!(moved["shift_id"], b.id.as_str());
    assert_eq!(moved["moved_from"], a.id.as_str());
    let ticket = crowd[0].ticket(&seat);
    assert_eq!(ticket["shift_id"], b.id.as_str());
    assert_eq!(ticket["starts_at"], at(NINE).plus(3 * HOUR).rfc3339());
    assert_eq!(ticket["change_reason"], "那边缺人");
    assert_eq!(ticket["role"], "摄影");
    let text = desk.place().get(&calendar).is(200).text();
    assert!(text.contains("DTSTART:20261128T040000Z"), "{text}");
    assert!(text.contains("SEQUENCE:1"), "{text}");
    let told = crowd[0].is_told("signup_moved");
    assert!(
        told.contains("09:00") && told.contains("12:00–14:00") && told.contains("那边缺人"),
        "{told}"
    );

    assert_eq!(crowd[1].ticket(&second)["state"], "confirmed");
    crowd[1].is_told("signup_promoted");
    assert_eq!(crowd[2].ticket(&third)["position"], 1);
    assert_eq!((seats(&desk, &a), seats(&desk, &b)), ([1, 1], [1, 0]));
    let audit = "SELECT count(*) AS n FROM audit WHERE subject = ?1 AND action = 'signup.moved'";
    let subject = json!([format!("signup:{seat}")]);
    assert_eq!(desk.place().number(audit, subject.clone()), 1);

    // Again: there already.
    organization.moves(&seat, &b).is(200);
    assert_eq!(desk.texts_to(&crowd[0].phone).len(), 1);
    assert_eq!(desk.place().number(audit, subject), 1);
    assert_eq!((seats(&desk, &a), seats(&desk, &b)), ([1, 1], [1, 0]));
}

#[test]
fn whoever_waits_is_moved_to_a_seat_and_a_request_to_leave_is_met() {
    let desk = Desk::new();
    let organization = desk.place().organization();
    let (_, a, b) = two(&organization, [1, 2]);
    let crowd = desk.place().crowd(2);
    let seat = crowd[0].takes(&a, "confirmed");
    let waiting = crowd[1].takes(&a, "waitlisted");
    let moved = organization.moves(&waiting, &b).is(200);
    assert_eq!(moved.member("state"), "confirmed");
    assert_eq!((seats(&desk, &a), seats(&desk, &b)), ([1, 0], [1, 0]));
    desk.it_is(at(NINE).plus(-HOUR));
    crowd[0].cancels(&seat).is(202);
    organization.moves(&seat, &b).is(200);
    assert_eq!(crowd[0].ticket(&seat)["cancel_requested_at"], json!(null));
    assert_eq!((seats(&desk, &a), seats(&desk, &b)), ([0, 0], [2, 0]));
}

#[test]
fn a_refused_move_changes_nothing_and_tells_nobody() {
    let desk = Desk::new();
    let organization = desk.place().organization();
    let (_, a, b) = two(&organization, [2, 1]);
    let (_, elsewhere, _) = two(&organization, [1, 1]);
    let crowd = desk.place().crowd(3);
    let seat = crowd[0].takes(&a, "confirmed");
    crowd[1].takes(&b, "confirmed");
    organization.moves(&seat, &b).refused(409, "shift_full");
    organization
        .moves(&seat, &elsewhere)
        .refused(409, "not_a_sibling");
    let gone = crowd[2].takes(&a, "confirmed");
    crowd[2].cancels(&gone).is(204);
    organization.moves(&gone, &b).refused(409, "not_movable");
    assert_eq!(crowd[0].ticket(&seat)["shift_id"], a.id.as_str());
    assert_eq!((seats(&desk, &a), seats(&desk, &b)), ([1, 0], [1, 0]));
    assert!(desk.texts_to(&crowd[0].phone).is_empty());
    let audits = "SELECT count(*) AS n FROM audit WHERE action = 'signup.moved'";
    assert_eq!(desk.place().number(audits, json!([])), 0);
}

#[test]
fn time_called_off_shifts_and_other_shifts_of_theirs_stand_in_the_way() {
    let desk = Desk::new();
    let organization = desk.place().organization();
    let notice = Notice::of(&[
        shift("a", at(NINE), 9),
        shift("b", at(NINE).plus(3 * HOUR), 9),
        shift("off", at(NINE).plus(DAY), 9),
    ]);
    let project = organization.publishes(&notice);
    let (a, b) = (project.shift("a"), project.shift("b"));
    let off = notice.with_shift(2, "state", "cancelled");
    organization.changes(&project, &off);
    let crowd = desk.place().crowd(2);
    let seat = crowd[0].takes(&a, "confirmed");
    crowd[0].takes(&b, "confirmed");
    organization
        .moves(&seat, &b)
        .refused(409, "already_signed_up");
    organization
        .moves(&seat, &project.shift("off"))
        .refused(409, "shift_cancelled");

    // Another organization's shift, at the same time and shortly after.
    let other = desk.place().organization();
    for (begins, code, gap) in [
        (at(NINE).plus(4 * HOUR), "shift_clash", true),
        (at(NINE).plus(5 * HOUR + 10 * MINUTE), "tight_gap", false),
    ] {
        let elsewhere = other.publishes(&Notice::of(&[shift("x", begins, 9)]));
        let ming = desk.place().adult();
        let seat = ming.takes(&a, "confirmed");
        ming.takes(&elsewhere.shift("x"), "confirmed");
        let refused = organization.moves(&seat, &b).refused(409, code);
        assert!(
            refused.json().get("clashes_with").is_none(),
            "what else somebody does is not the organizer's to know"
        );
        let target = format!("/api/v1/signups/{seat}/move");
        let agreed = json!({"shift_id": b.id, "accept_tight_gap": true});
        organization
            .posts(&target, &agreed)
            .is(if gap { 409 } else { 200 });
    }

    let late = crowd[1].takes(&a, "confirmed");
    desk.it_is(at(NINE).plus(2 * HOUR));
    organization.moves(&late, &b).refused(409, "ended");
}

#[test]
fn ages_count_on_the_day_of_the_other_shift() {
    let desk = Desk::new();
    let organization = desk.place().organization();
    let project = organization.publishes(
        &Notice::of(&[
            shift("early", at(NINE), 9),
            shift("late", at(NINE).plus(DAY), 9),
        ])
        .with("min_age", 16),
    );
    let (early, late) = (project.shift("early"), project.shift("late"));
    let on = |born: &str, shift: &Shift| {
        let ming = desk.place().volunteer();
        let guardian = json!({"name": "李父", "phone": "13800138000"});
        let body = json!({"birth_date": born, "guardian": guardian});
        ming.signs_up_saying(shift, &body).is(201).member("id")
    };
    // Sixteen on the day of the later shift only.
    let young = on("2010-11-29", &late);
    organization.moves(&young, &early).refused(409, "too_young");
    let old = on("2010-11-28", &late);
    organization.moves(&old, &early).is(200);

    // Of age on the later day only, and nobody consented.
    let body = json!({"birth_date": "2008-11-29"});
    let hong = desk
        .place()
        .volunteer()
        .signs_up_saying(&late, &body)
        .is(201)
        .member("id");
    organization
        .moves(&hong, &early)
        .refused(422, "guardian_consent_missing");
}

#[test]
fn only_those_who_run_the_shift_move_anybody() {
    let desk = Desk::new();
    let organization = desk.place().organization();
    let (_, a, b) = two(&organization, [9, 9]);
    let other = desk.place().organization();
    for (role, status) in [
        ("owner", 200),
        ("manager", 200),
        ("recorder", 403),
        ("viewer", 403),
    ] {
        let ming = desk.place().adult();
        let seat = ming.takes(&a, "confirmed");
        let target = format!("/api/v1/signups/{seat}/move");
        let body = json!({"shift_id": b.id});
        let ask = |token: &str| {
            let request = Request::new("POST", &target).bearer(token).json(&body);
            desk.place().send(&request)
        };
        ask(&ming.session).refused(403, "forbidden");
        ask(&other.key).refused(403, "forbidden");
        ask(&other.member("owner").session).refused(403, "forbidden");
        ask(&organization.new_key(&["signups:read"])).refused(403, "forbidden");
        ask("dds_open-sesame").refused(401, "unauthenticated");
        assert_eq!(ming.ticket(&seat)["shift_id"], a.id.as_str());
        ask(&organization.member(role).session).is(status);
        let there = if status == 200 { &b } else { &a };
        assert_eq!(ming.ticket(&seat)["shift_id"], there.id.as_str(), "{role}");
    }
}

#[test]
fn a_retry_with_the_same_key_moves_once() {
    let desk = Desk::new();
    let organization = desk.place().organization();
    let (_, a, b) = two(&organization, [9, 9]);
    let ming = desk.place().adult();
    let seat = ming.takes(&a, "confirmed");
    let ask = |to: &Shift| {
        let target = format!("/api/v1/signups/{seat}/move");
        let request = Request::new("POST", target)
            .bearer(&organization.key)
            .header("idempotency-key", "move-1")
            .json(&json!({"shift_id": to.id}));
        desk.place().send(&request)
    };
    ask(&b).is(200);
    organization.moves(&seat, &a).is(200);
    // The retry of the first does not move it again.
    let repeated = ask(&b).is(200);
    assert_eq!(repeated.header("idempotency-replayed"), Some("true"));
    assert_eq!(ming.ticket(&seat)["shift_id"], a.id.as_str());
    ask(&a).refused(422, "idempotency_key_reused");
}

#[test]
fn there_and_back_again() {
    let desk = Desk::new();
    let organization = desk.place().organization();
    let (_, a, b) = two(&organization, [1, 1]);
    let ming = desk.place().adult();
    let seat = ming.takes(&a, "confirmed");
    organization.moves(&seat, &b).is(200);
    let again = organization.moves(&seat, &a).is(200).json();
    assert_eq!(again["moved_from"], b.id.as_str());
    assert_eq!((seats(&desk, &a), seats(&desk, &b)), ([1, 0], [0, 0]));
}

/// What somebody does next: whoever it is, on whichever of the two shifts.
#[derive(Clone, Debug)]
enum Act {
    SignsUp(usize, bool),
    Leaves(usize),
    IsMoved(usize, bool),
    IsApproved(usize),
    IsDeclined(usize),
    AsksNoMore,
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        6 => (0_usize..6, any::<bool>()).prop_map(|(who, there)| Act::SignsUp(who, there)),
        3 => (0_usize..6).prop_map(Act::Leaves),
        4 => (0_usize..6, any::<bool>()).prop_map(|(who, there)| Act::IsMoved(who, there)),
        4 => (0_usize..6).prop_map(Act::IsApproved),
        2 => (0_usize..6).prop_map(Act::IsDeclined),
        1 => Just(Act::AsksNoMore),
    ]
}

/// What must hold of any shift, whatever was done.
fn holds(desk: &Desk, after: &str) {
    let wrong = desk.place().rows(
        "SELECT * FROM (
           SELECT h.ref, h.capacity, h.confirmed, h.waiting,
             (SELECT count(*) FROM signup s WHERE s.shift_id = h.id AND s.state = 'confirmed') AS seated,
             (SELECT count(*) FROM signup s WHERE s.shift_id = h.id AND s.state = 'waitlisted') AS in_line,
             (SELECT count(*) FROM signup s WHERE s.shift_id = h.id AND s.state = 'waitlisted' AND s.approval IS NOT 'pending') AS ready,
             (SELECT count(*) FROM signup s WHERE s.shift_id = h.id AND s.state = 'confirmed' AND s.approval IN ('pending', 'declined')) AS unlawful,
             (SELECT count(*) FROM signup s WHERE s.shift_id = h.id AND s.starts_at <> h.starts_at) AS elsewhere
           FROM shift h)
         WHERE confirmed <> seated OR waiting <> in_line OR confirmed > capacity
           OR ready > 0 AND confirmed < capacity OR unlawful > 0 OR elsewhere > 0",
        json!([]),
    );
    assert!(wrong.is_empty(), "after {after}: {wrong:?}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn whatever_is_done_to_two_shifts_their_seats_add_up(asks in any::<bool>(), acts in prop::collection::vec(act(), 1..40)) {
        let desk = Desk::new();
        let organization = desk.place().organization();
        let notice = |approval: &str| {
            Notice::of(&[
                with_waitlist(shift("a", at(NINE), 2), 2),
                with_waitlist(shift("b", at(NINE).plus(3 * HOUR), 1), 2),
            ])
            .with("approval", approval)
        };
        let project = organization.publishes(&notice(if asks { "required" } else { "none" }));
        let shifts = ["a", "b"].map(|name| project.shift(name));
        let crowd = desk.place().crowd(6);
        let mut ids: Vec<Option<String>> = vec![None; 6];
        let none = uuid::Uuid::new_v4().to_string();
        for act in acts {
            let id = |who: usize| ids[who].clone().unwrap_or_else(|| none.clone());
            match &act {
                Act::SignsUp(who, there) => {
                    let answer = crowd[*who].signs_up(&shifts[usize::from(*there)]);
                    if answer.status == 201 {
                        ids[*who] = Some(answer.member("id"));
                    }
                }
                Act::Leaves(who) => drop(crowd[*who].cancels(&id(*who))),
                Act::IsMoved(who, there) => drop(organization.moves(&id(*who), &shifts[usize::from(*there)])),
                Act::IsApproved(who) => drop(organization.approves(&id(*who))),
                Act::IsDeclined(who) => drop(organization.declines(&id(*who))),
                Act::AsksNoMore => drop(organization.changes(&project, &notice("none"))),
            }
            holds(&desk, &format!("{act:?}"));
        }
    }
}

#[test]
fn a_shift_somebody_was_moved_from_can_be_left_out() {
    let desk = Desk::new();
    let organization = desk.place().organization();
    let (project, a, b) = two(&organization, [1, 1]);
    let ming = desk.place().adult();
    let seat = ming.takes(&a, "confirmed");
    organization.moves(&seat, &b).is(200);
    let mut notice = Notice::of(&[shift("b", at(NINE).plus(3 * HOUR), 1)]);
    notice.0["shifts"][0]["role"] = json!("摄影");
    let changed = organization.changes(&project, &notice);
    let shifts = changed.body["shifts"].as_array().unwrap();
    let state = |of: &str| shifts.iter().find(|shift| shift["ref"] == of).unwrap()["state"].clone();
    assert_eq!(
        (state("a"), state("b")),
        (json!("cancelled"), json!("open"))
    );
}
