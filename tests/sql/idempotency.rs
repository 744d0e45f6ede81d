//! The same request twice is one sign-up.

use diandan::platform::clock::{DAY, HOUR};
use serde_json::{Value, json};

use crate::support::answer::Answer;
use crate::support::contract::contract;
use crate::support::desk::Desk;
use crate::support::notice::{Notice, morning, shift, with_waitlist};
use crate::support::people::{Project, Shift, Volunteer};
use crate::support::place::Place as _;
use crate::support::request::Request;

fn project(desk: &Desk) -> Project {
    let start = morning(desk.now(), 5);
    let shifts = [
        with_waitlist(shift("a", start, 1), 1),
        shift("b", start.plus(DAY), 5),
    ];
    desk.place().organization().publishes(&Notice::of(&shifts))
}

fn tries(volunteer: &Volunteer, shift: &Shift, key: &str, body: &Value) -> Answer {
    let request = volunteer
        .request("POST", &shift.signups())
        .header("idempotency-key", key)
        .json(body);
    volunteer.place.send(&request)
}

fn signups(desk: &Desk) -> i64 {
    desk.place()
        .number("SELECT count(*) AS n FROM signup", json!([]))
}

#[test]
fn the_same_key_and_body_give_the_same_signup() {
    let desk = Desk::new();
    let a = project(&desk).shift("a");
    let ming = desk.place().volunteer();
    let body = json!({"adult": true});
    let first = tries(&ming, &a, "k", &body).is(201);
    assert_eq!(first.header("idempotency-replayed"), None);
    desk.passes(DAY - 1);
    // However the body is written, it is the same.
    let spaced = ming
        .request("POST", &a.signups())
        .header("idempotency-key", "k")
        .bytes(
            "application/json; charset=utf-8",
            b"{ \"adult\" : true }".to_vec(),
        );
    for again in [tries(&ming, &a, "k", &body), desk.place().send(&spaced)] {
        let again = again.is(201);
        assert_eq!(again.header("idempotency-replayed"), Some("true"));
        assert_eq!(again.header("location"), first.header("location"));
        assert_eq!(again.json(), first.json());
    }
    assert_eq!(signups(&desk), 1);
}

#[test]
fn the_same_key_for_another_request_is_refused() {
    let desk = Desk::new();
    let project = project(&desk);
    let ming = desk.place().volunteer();
    let guardian = |name: &str, phone: &str| json!({"adult": true, "guardian": {"name": name, "phone": phone}});
    let body = guardian("家长", "13700137000");
    tries(&ming, &project.shift("a"), "k", &body).is(201);
    for (reference, body) in [
        ("b", &body),
        ("a", &json!({"adult": true})),
        ("a", &guardian("家人", "13700137000")),
        ("a", &guardian("家长", "13700137001")),
    ] {
        tries(&ming, &project.shift(reference), "k", body).refused(422, "idempotency_key_reused");
    }
    assert_eq!(signups(&desk), 1);
}

#[test]
fn keys_belong_to_their_callers() {
    let desk = Desk::new();
    let b = project(&desk).shift("b");
    let crowd = desk.place().crowd(2);
    let ids = [&crowd[0], &crowd[1]].map(|volunteer| {
        let answer = tries(volunteer, &b, "k", &json!({})).is(201);
        assert_eq!(answer.header("idempotency-replayed"), None);
        answer.member("id")
    });
    assert_ne!(ids[0], ids[1]);
}

#[test]
fn a_refused_attempt_does_not_burn_its_key() {
    let desk = Desk::new();
    let a = project(&desk).shift("a");
    let early = desk.place().crowd(2);
    let seat = early[0].takes(&a, "confirmed");
    early[1].takes(&a, "waitlisted");
    let ming = desk.place().volunteer();
    let body = json!({"adult": true});
    tries(&ming, &a, "k", &body).refused(409, "shift_full");
    early[0].cancels(&seat).is(204);
    let taken = tries(&ming, &a, "k", &body).is(201);
    assert_eq!(taken.header("idempotency-replayed"), None);
    assert_eq!(taken.member("state"), "waitlisted");
}

#[test]
fn a_replay_shows_what_became_of_the_signup() {
    let desk = Desk::new();
    let a = project(&desk).shift("a");
    let ming = desk.place().volunteer();
    let body = json!({"adult": true});
    let id = tries(&ming, &a, "k", &body).is(201).member("id");
    ming.cancels(&id).is(204);
    let replay = tries(&ming, &a, "k", &body).is(201);
    assert_eq!(replay.member("id"), id);
    assert_eq!(replay.member("state"), "cancelled");
    assert_eq!(signups(&desk), 1);
    // A new wish has a new key.
    let anew = tries(&ming, &a, "k2", &body).is(201);
    assert_ne!(anew.member("id"), id);
}

#[test]
fn a_key_is_one_to_64_visible_characters() {
    let desk = Desk::new();
    let b = project(&desk).shift("b");
    let crowd = desk.place().crowd(3);
    for (volunteer, key, status) in [
        (&crowd[0], "a".repeat(64), 201),
        (&crowd[1], "!~".to_owned(), 201),
        (&crowd[2], "a".repeat(65), 400),
        (&crowd[2], String::new(), 400),
        (&crowd[2], "a b".to_owned(), 400),
    ] {
        let answer = tries(volunteer, &b, &key, &json!({})).is(status);
        if status == 400 {
            answer.refused(400, "invalid_idempotency_key");
        }
    }
}

fn posts(ming: &Volunteer, target: &str, key: &str, body: &Value) -> Answer {
    let request = ming.anonymous("POST", target);
    let request = request.header("idempotency-key", key).json(body);
    ming.place.send(&request)
}

#[test]
fn a_code_is_sent_once_however_often_it_is_asked_for_with_one_key() {
    let desk = Desk::new();
    let ming = desk.place().stranger();
    let body = json!({"phone": ming.phone});
    let first = posts(&ming, "/api/v1/sign-in-codes", "k", &body).is(202);
    assert_eq!(first.header("idempotency-replayed"), None);
    desk.passes(HOUR);
    let again = posts(&ming, "/api/v1/sign-in-codes", "k", &body).is(202);
    assert_eq!(again.header("idempotency-replayed"), Some("true"));
    assert_eq!(again.json(), first.json());
    assert_eq!(desk.texts_to(&ming.phone).len(), 1);
    let other = json!({"phone": "13700137000"});
    posts(&ming, "/api/v1/sign-in-codes", "k", &other).refused(422, "idempotency_key_reused");
    // Elsewhere it is another key, and a request refused takes none.
    let mut away = ming.clone();
    away.address = "10.255.0.9".to_owned();
    posts(&away, "/api/v1/sign-in-codes", "k", &body).is(202);
    posts(&away, "/api/v1/sign-in-codes", "k2", &body).refused(429, "too_many_codes");
    desk.passes(HOUR);
    let later = posts(&away, "/api/v1/sign-in-codes", "k2", &body).is(202);
    assert_eq!(later.header("idempotency-replayed"), None);
}

#[test]
fn a_session_whose_answer_was_lost_is_answered_again() {
    let desk = Desk::new();
    let ming = desk.place().stranger();
    ming.asks_for_a_code().is(202);
    let code = ming.newest_code();
    let wrong = json!({"phone": ming.phone, "code": another(&code)});
    posts(&ming, "/api/v1/sessions", "k", &wrong).refused(403, "wrong_code");
    let right = json!({"phone": ming.phone, "code": code});
    let first = posts(&ming, "/api/v1/sessions", "k", &right).is(201);
    let again = posts(&ming, "/api/v1/sessions", "k", &right).is(201);
    assert_eq!(again.header("idempotency-replayed"), Some("true"));
    assert_eq!(again.json(), first.json());
    let sessions = "SELECT count(*) AS n FROM session";
    assert_eq!(desk.place().number(sessions, json!([])), 1);
    posts(&ming, "/api/v1/sessions", "k", &wrong).refused(422, "idempotency_key_reused");
    // The same code in another request was used up.
    posts(&ming, "/api/v1/sessions", "k2", &right).refused(403, "wrong_code");
    // What is stored is not the token.
    let token = first.member("token");
    let stored = "SELECT request_hash || answer_sealed AS text FROM idempotency_key";
    let stored = desk.place().value(stored, json!([]));
    assert!(!stored.as_str().unwrap().contains(&token));
}

#[test]
fn nobody_finds_a_code_by_guessing_behind_a_key() {
    let desk = Desk::new();
    let ming = desk.place().stranger();
    ming.asks_for_a_code().is(202);
    let code = ming.newest_code();
    let right = json!({"phone": ming.phone, "code": code});
    posts(&ming, "/api/v1/sessions", "1", &right).is(201);
    let mut guess = code.clone();
    for _ in 0..5 {
        guess = another(&guess);
        let body = json!({"phone": ming.phone, "code": guess});
        posts(&ming, "/api/v1/sessions", "1", &body).refused(422, "idempotency_key_reused");
    }
    posts(&ming, "/api/v1/sessions", "1", &right).refused(422, "idempotency_key_reused");
}

#[test]
fn whoever_has_signed_out_is_not_answered_from_memory() {
    let desk = Desk::new();
    let b = project(&desk).shift("b");
    let ming = desk.place().volunteer();
    tries(&ming, &b, "k", &json!({})).is(422);
    tries(&ming, &b, "k", &json!({"adult": true})).is(201);
    let out = Request::delete("/api/v1/sessions/current").bearer(&ming.session);
    desk.place().send(&out).is(204);
    tries(&ming, &b, "k", &json!({"adult": true})).refused(401, "unauthenticated");
}

/// A code of six digits that is not this one.
fn another(code: &str) -> String {
    format!("{:06}", (code.parse::<u32>().unwrap() + 1) % 1_000_000)
}

#[test]
fn a_stranger_s_key_tells_nothing_of_what_needs_somebody() {
    let desk = Desk::new();
    let place = desk.place();
    let asked = Request::new("POST", "/api/v1/sign-in-codes")
        .header("idempotency-key", "k")
        .json(&json!({"phone": "13800138000"}));
    place.send(&asked).is(202);
    let mut tried = 0;
    for (path, item) in contract().document["paths"].as_object().unwrap() {
        let needs_somebody = |operation: &Value| {
            let ways = operation["security"].as_array();
            ways.is_some_and(|ways| ways.iter().all(|way| way != &json!({})))
        };
        if item.get("post").is_some_and(needs_somebody) {
            let id = uuid::Uuid::new_v4().to_string();
            let parts = path.split('/').map(|part| match part {
                "{client_ref}" => "a",
                part if part.starts_with('{') => &id,
                part => part,
            });
            let target = parts.collect::<Vec<_>>().join("/");
            let request = Request::new("POST", target).header("idempotency-key", "k");
            place.send(&request).is(401);
            tried += 1;
        }
    }
    assert!(tried > 20, "{tried}");
}

#[test]
fn whoever_is_removed_reads_nothing_by_asking_again() {
    let desk = Desk::new();
    let organization = desk.place().organization();
    let project = organization.publishes(&Notice::of(&[shift("a", morning(desk.now(), 5), 2)]));
    let manager = organization.member("manager");
    let target = format!("{}/copy", organization.own_path(&project.reference));
    let copies = || {
        let request = manager
            .request("POST", &target)
            .header("idempotency-key", "k")
            .json(&json!({"client_ref": "next"}));
        desk.place().send(&request)
    };
    copies().is(201);
    copies().is(201);
    let sql = "DELETE FROM member WHERE volunteer_id = ?1";
    desk.place().rows(sql, json!([manager.id]));
    copies().is(403);
}
