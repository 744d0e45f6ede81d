//! Writing to everybody on a shift: once to each, not too often, not too late.

use diandan::platform::clock::{DAY, HOUR};
use serde_json::json;

use crate::support::at;
use crate::support::desk::Desk;
use crate::support::notice::{Notice, shift, with_waitlist};
use crate::support::people::{Organization, Shift};
use crate::support::place::Place as _;
use crate::support::request::Request;

const NINE: &str = "2026-11-28T09:00:00+08:00";

fn saturday(desk: &Desk) -> (Organization<'_>, Shift) {
    let organization = desk.place().organization();
    let notice = Notice::of(&[with_waitlist(shift("a", at(NINE), 2), 2)]);
    let a = organization.publishes(&notice).shift("a");
    (organization, a)
}

#[test]
fn each_is_told_once_in_the_organizations_name() {
    let desk = Desk::new();
    let (organization, a) = saturday(&desk);
    let crowd = desk.place().crowd(4);
    let gone = crowd[0].takes(&a, "confirmed");
    crowd[0].cancels(&gone).is(204);
    crowd[1].takes(&a, "confirmed");
    crowd[2].takes(&a, "confirmed");
    crowd[3].takes(&a, "waitlisted");
    for (to, expected) in [("confirmed", [0, 1, 1, 0]), ("all", [0, 2, 2, 1])] {
        let sent = organization
            .writes_to(&a, to, "集合点改到村委会\n请带伞")
            .is(202)
            .json();
        assert_eq!(
            sent["recipients"],
            expected[1..].iter().filter(|n| **n > 0).count()
        );
        let told: Vec<_> = crowd
            .iter()
            .map(|volunteer| desk.texts_to(&volunteer.phone).len())
            .collect();
        assert_eq!(told, expected, "{to}");
    }
    let text = crowd[1].is_told("organizer_message");
    assert!(
        text.contains(&organization.name) && text.contains("请带伞") && text.contains("09:00"),
        "{text}"
    );
    let audit = "SELECT count(*) AS n FROM audit WHERE action = 'shift.notified' AND subject = ?1
        AND actor LIKE 'api_key:%' AND after NOT LIKE '%伞%'";
    let subject = json!([format!("shift:{}", a.id)]);
    assert_eq!(desk.place().number(audit, subject), 2);
}

#[test]
fn five_messages_within_a_day_are_enough() {
    let desk = Desk::new();
    let (organization, a) = saturday(&desk);
    let ming = desk.place().adult();
    ming.takes(&a, "confirmed");
    for _ in 0..5 {
        organization.writes_to(&a, "all", "提醒").is(202);
        desk.passes(HOUR);
    }
    let sixth = || organization.writes_to(&a, "all", "提醒");
    let refused = sixth().refused(429, "too_many_messages");
    // The first of the five counts for 19 hours more.
    assert_eq!(refused.header("retry-after"), Some("68401"));
    assert_eq!(desk.texts_to(&ming.phone).len(), 5);
    desk.passes(DAY - 5 * HOUR - 1);
    sixth().refused(429, "too_many_messages");
    desk.passes(1);
    sixth().is(202);
    sixth().refused(429, "too_many_messages");
}

#[test]
fn nobody_is_written_to_where_nobody_is_or_long_after() {
    let desk = Desk::new();
    let (organization, a) = saturday(&desk);
    organization
        .writes_to(&a, "all", "提醒")
        .refused(409, "nobody_signed_up");
    let crowd = desk.place().crowd(1);
    crowd[0].takes(&a, "confirmed");
    let closes = at(NINE).plus(2 * HOUR + 30 * DAY);
    desk.it_is(closes.plus(-1));
    organization.writes_to(&a, "all", "谢谢大家").is(202);
    desk.it_is(closes);
    organization
        .writes_to(&a, "all", "谢谢大家")
        .refused(410, "roster_closed");
}

#[test]
fn a_retry_with_the_same_key_writes_once() {
    let desk = Desk::new();
    let (organization, a) = saturday(&desk);
    let ming = desk.place().adult();
    ming.takes(&a, "confirmed");
    let target = format!("/api/v1/shifts/{}/messages", a.id);
    let ask = |text: &str| {
        let request = Request::new("POST", &target)
            .bearer(&organization.key)
            .header("idempotency-key", "k")
            .json(&json!({"to": "all", "text": text}));
        desk.place().send(&request)
    };
    let first = ask("提醒").is(202);
    let again = ask("提醒").is(202);
    assert_eq!(first.json(), again.json());
    assert_eq!(again.header("idempotency-replayed"), Some("true"));
    ask("别的").refused(422, "idempotency_key_reused");
    assert_eq!(desk.texts_to(&ming.phone).len(), 1);
}

#[test]
fn a_message_says_something_and_not_too_much() {
    let desk = Desk::new();
    let (organization, a) = saturday(&desk);
    desk.place().adult().takes(&a, "confirmed");
    for (text, status) in [
        ("好".repeat(300), 202),
        ("好".repeat(301), 422),
        (" \n ".to_owned(), 422),
        ("a\u{202E}b".to_owned(), 422),
    ] {
        organization.writes_to(&a, "all", &text).is(status);
    }
    organization.writes_to(&a, "everybody", "好").is(422);
}

#[test]
fn who_may_not_write_writes_to_nobody() {
    let desk = Desk::new();
    let (organization, a) = saturday(&desk);
    let ming = desk.place().adult();
    ming.takes(&a, "confirmed");
    let target = format!("/api/v1/shifts/{}/messages", a.id);
    for (token, status) in [
        (ming.session.clone(), 403),
        (organization.member("viewer").session, 403),
        (organization.member("recorder").session, 403),
        (organization.new_key(&["signups:read"]), 403),
        (desk.place().organization().key, 403),
        ("ddk_open-sesame".to_owned(), 401),
        (organization.member("manager").session, 202),
    ] {
        let before = desk.texts_to(&ming.phone).len();
        let request = Request::new("POST", &target)
            .bearer(&token)
            .json(&json!({"to": "all", "text": "提醒"}));
        desk.place().send(&request).is(status);
        let told = desk.texts_to(&ming.phone).len() - before;
        assert_eq!(told, usize::from(status == 202));
    }
    let unknown = format!("/api/v1/shifts/{}/messages", uuid::Uuid::new_v4());
    organization
        .posts(&unknown, &json!({"to": "all", "text": "提醒"}))
        .refused(404, "not_found");
}
