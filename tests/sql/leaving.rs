//! Giving a place up: until when alone, until when at all, and who moves up.

use diandan::platform::clock::{DAY, HOUR, Instant, MINUTE};
use serde_json::json;

use crate::support::at;
use crate::support::desk::Desk;
use crate::support::notice::{Notice, shift, with_waitlist};
use crate::support::people::{Organization, Shift};
use crate::support::place::Place as _;
use crate::support::request::Request;

const NINE: &str = "2026-11-28T09:00:00+08:00";
const ELEVEN: &str = "2026-11-28T11:00:00+08:00";

/// Saturday's shift, from which one cancels alone until six hours before.
fn saturday(desk: &Desk, seats: i64, waits: i64) -> (Organization<'_>, Shift) {
    let organization = desk.place().organization();
    let notice = Notice::of(&[with_waitlist(shift("a", at(NINE), seats), waits)])
        .with("cancel_until_minutes", 360);
    let a = organization.publishes(&notice).shift("a");
    (organization, a)
}

#[test]
fn until_the_deadline_one_cancels_alone_then_asks_then_it_is_too_late() {
    let deadline = at(NINE).plus(-6 * HOUR);
    for (now, status) in [
        (deadline.plus(-1), 204),
        (deadline, 202),
        (at(NINE).plus(-1), 202),
        (at(NINE), 409),
        (at(ELEVEN).plus(DAY), 409),
    ] {
        let desk = Desk::new();
        let (_, a) = saturday(&desk, 1, 1);
        let crowd = desk.place().crowd(2);
        let seat = crowd[0].takes(&a, "confirmed");
        let waiting = crowd[1].takes(&a, "waitlisted");
        let promised = crowd[0].ticket(&seat)["cancel_until"].clone();
        assert_eq!(promised, deadline.rfc3339());
        desk.it_is(now);
        let answer = crowd[0].cancels(&seat).is(status);
        if status == 409 {
            answer.refused(409, "too_late");
        }
        let (state, next) = match status {
            204 => ("cancelled", "confirmed"),
            _ => ("confirmed", "waitlisted"),
        };
        assert_eq!(crowd[0].ticket(&seat)["state"], state, "at {now:?}");
        assert_eq!(crowd[1].ticket(&waiting)["state"], next, "at {now:?}");
    }
}

#[test]
fn waiting_is_given_up_freely_until_the_start() {
    for (now, status) in [(at(NINE).plus(-1), 204), (at(NINE), 409)] {
        let desk = Desk::new();
        let (_, a) = saturday(&desk, 1, 1);
        let crowd = desk.place().crowd(2);
        crowd[0].takes(&a, "confirmed");
        let waiting = crowd[1].takes(&a, "waitlisted");
        desk.it_is(now);
        crowd[1].cancels(&waiting).is(status);
    }
}

#[test]
fn an_organizer_lets_go_until_the_end_and_nobody_else_does() {
    for (role, now, status) in [
        ("owner", at(NINE).plus(-DAY), 204),
        ("manager", at(NINE).plus(-1), 204),
        ("manager", at(ELEVEN).plus(-1), 204),
        ("manager", at(ELEVEN), 409),
        ("recorder", at(NINE).plus(-DAY), 404),
        ("viewer", at(NINE).plus(-DAY), 404),
    ] {
        let desk = Desk::new();
        let (organization, a) = saturday(&desk, 1, 0);
        let ming = desk.place().adult();
        let seat = ming.takes(&a, "confirmed");
        let member = organization.member(role);
        desk.it_is(now);
        member.cancels(&seat).is(status);
        let ticket = ming.ticket(&seat);
        let (state, by) = match status {
            204 => ("cancelled", json!("organization")),
            _ => ("confirmed", json!(null)),
        };
        assert_eq!(ticket["state"], state, "{role} at {now:?}");
        assert_eq!(ticket["cancelled_by"], by, "{role} at {now:?}");
        let told = desk.texts_to(&ming.phone).len();
        assert_eq!(told, usize::from(status == 204), "{role} at {now:?}");
    }
}

#[test]
fn an_owner_past_the_deadline_lets_themself_go() {
    let desk = Desk::new();
    let (organization, a) = saturday(&desk, 1, 0);
    let owner = organization.member("owner");
    let seat = owner.takes(&a, "confirmed");
    desk.it_is(at(NINE).plus(-HOUR));
    owner.cancels(&seat).is(204);
    assert_eq!(owner.ticket(&seat)["state"], "cancelled");
}

#[test]
fn owners_and_managers_are_asked_once_and_others_never() {
    let desk = Desk::new();
    let (organization, a) = saturday(&desk, 1, 0);
    let ming = desk.place().adult();
    let seat = ming.takes(&a, "confirmed");
    let members = ["owner", "manager", "recorder", "viewer"].map(|role| organization.member(role));
    let stranger = desk.place().organization().member("owner");
    desk.it_is(at(NINE).plus(-HOUR));
    ming.cancels(&seat).is(202);
    desk.passes(MINUTE);
    ming.cancels(&seat).is(202);
    let told: Vec<_> = members
        .iter()
        .chain([&stranger])
        .map(|member| desk.texts_to(&member.phone).len())
        .collect();
    assert_eq!(told, [1, 1, 0, 0, 0]);
    let asked_at = &ming.ticket(&seat)["cancel_requested_at"];
    assert_eq!(
        *asked_at,
        at(NINE).plus(-HOUR).rfc3339(),
        "the first time counts"
    );
}

#[test]
fn giving_up_twice_is_giving_up_once() {
    let desk = Desk::new();
    let (_, a) = saturday(&desk, 1, 2);
    let crowd = desk.place().crowd(3);
    let seat = crowd[0].takes(&a, "confirmed");
    let second = crowd[1].takes(&a, "waitlisted");
    let third = crowd[2].takes(&a, "waitlisted");
    for _ in 0..3 {
        crowd[0].cancels(&seat).is(204);
        desk.passes(MINUTE);
    }
    assert_eq!(crowd[1].ticket(&second)["state"], "confirmed");
    assert_eq!(crowd[2].ticket(&third)["state"], "waitlisted");
    assert_eq!(desk.texts_to(&crowd[1].phone).len(), 1);
    let audits = "SELECT count(*) AS n FROM audit WHERE subject = ?1";
    let subject = json!([format!("signup:{seat}")]);
    assert_eq!(desk.place().number(audits, subject), 1);
}

#[test]
fn those_who_wait_move_up_in_order_of_arrival() {
    let desk = Desk::new();
    let (_, a) = saturday(&desk, 2, 4);
    let crowd = desk.place().crowd(6);
    let ids: Vec<_> = crowd
        .iter()
        .map(|volunteer| volunteer.signs_up(&a).is(201).member("id"))
        .collect();
    let standing = || -> String {
        let letter = |at: usize| {
            let ticket = crowd[at].ticket(&ids[at]);
            match ticket["state"].as_str().unwrap() {
                "waitlisted" => ticket["position"].to_string(),
                state => state[..1].to_owned(),
            }
        };
        (0..6).map(letter).collect()
    };
    // c on a seat or cancelled; in line the position.
    assert_eq!(standing(), "cc1234");
    crowd[3].cancels(&ids[3]).is(204);
    assert_eq!(standing(), "cc1c23");
    crowd[0].cancels(&ids[0]).is(204);
    assert_eq!(standing(), "cccc12");
    crowd[1].cancels(&ids[1]).is(204);
    assert_eq!(standing(), "ccccc1");
    let told: Vec<_> = crowd
        .iter()
        .map(|volunteer| desk.texts_to(&volunteer.phone).len())
        .collect();
    assert_eq!(told, [0, 0, 1, 0, 1, 0]);
}

#[test]
fn nobody_moves_up_once_the_shift_has_begun() {
    for (now, state) in [(at(NINE).plus(-1), "confirmed"), (at(NINE), "waitlisted")] {
        let desk = Desk::new();
        let (organization, a) = saturday(&desk, 1, 1);
        let crowd = desk.place().crowd(2);
        let seat = crowd[0].takes(&a, "confirmed");
        let waiting = crowd[1].takes(&a, "waitlisted");
        let manager = organization.member("manager");
        desk.it_is(now);
        manager.cancels(&seat).is(204);
        assert_eq!(crowd[1].ticket(&waiting)["state"], state, "at {now:?}");
    }
}

#[test]
fn the_roster_closes_thirty_days_after_the_end() {
    let last: Instant = at(ELEVEN).plus(30 * DAY);
    for (now, status) in [(at(ELEVEN), 200), (last.plus(-1), 200), (last, 410)] {
        let desk = Desk::new();
        let (organization, a) = saturday(&desk, 3, 0);
        let crowd = desk.place().crowd(2);
        crowd[0].takes(&a, "confirmed");
        let gone = crowd[1].takes(&a, "confirmed");
        crowd[1].cancels(&gone).is(204);
        let owner = organization.member("owner");
        desk.it_is(now);
        for roster in [organization.reads_roster(&a), owner.reads_roster(&a)] {
            assert_eq!(roster.status, status, "at {now:?}");
            let text = roster.text();
            assert_eq!(text.contains(&crowd[0].phone), status == 200, "at {now:?}");
            assert!(
                !text.contains(&crowd[1].phone),
                "whoever left is off the roster"
            );
            if status == 410 {
                roster.refused(410, "roster_closed");
            }
        }
        let page = Request::get(format!("/shifts/{}/roster", a.id)).browser(&owner.session);
        let page = desk.place().send(&page).is(status);
        assert_eq!(page.text().contains(&crowd[0].phone), status == 200);
    }
}
