//! Organizations over HTTP: what only happens when several ask at once, and what is left
//! behind after an answer.

use serde_json::{Value, json};

use crate::support::app::app;
use crate::support::people::Volunteer;
use crate::support::request::Request;
use crate::support::{soon, unique};

/// A code nobody else in this run has, with the check character the standard gives it.
fn code() -> String {
    const ALPHABET: &str = "0123456789ABCDEFGHJKLMNPQRTUWXY";
    let first = format!("51360700{:09}", unique());
    let sum: usize = first
        .chars()
        .enumerate()
        .map(|(at, c)| ALPHABET.find(c).unwrap() * (0..at).fold(1, |w, _| w * 3 % 31))
        .sum();
    let check = ALPHABET.chars().nth((31 - sum % 31) % 31).unwrap();
    format!("{first}{check}")
}

fn all_at_once(
    volunteers: &[Volunteer],
    request: impl Fn(&Volunteer) -> Request + Sync,
) -> Vec<u16> {
    std::thread::scope(|scope| {
        let asked: Vec<_> = volunteers
            .iter()
            .map(|volunteer| scope.spawn(|| app().send(&request(volunteer)).status))
            .collect();
        let mut answers: Vec<_> = asked.into_iter().map(|it| it.join().unwrap()).collect();
        answers.sort_unstable();
        answers
    })
}

#[test]
fn of_many_who_register_one_code_at_once_one_does() {
    let crowd = app().crowd(12);
    let body = json!({"name": "同一家", "kind": "social_organization", "region": "3607", "credit_code": code()});
    let answers = all_at_once(&crowd, |volunteer| {
        volunteer
            .request("POST", "/api/v1/organizations")
            .json(&body)
    });
    assert_eq!(answers[0], 201);
    assert_eq!(answers[1..], [409; 11]);
    let count = "SELECT count(*) AS n FROM organization WHERE credit_code = ?1";
    assert_eq!(app().number(count, json!([body["credit_code"]])), 1);
    // Whoever was refused owns nothing.
    let owners = "SELECT count(*) AS n FROM member m JOIN organization o ON o.id = m.organization_id WHERE o.credit_code = ?1";
    assert_eq!(app().number(owners, json!([body["credit_code"]])), 1);
}

#[test]
fn of_all_owners_who_leave_at_once_one_stays() {
    let organization = app().organization();
    let owners: Vec<_> = (0..6).map(|_| organization.member("owner")).collect();
    let answers = all_at_once(&owners, |owner| {
        let target = format!(
            "/api/v1/organizations/{}/members/{}",
            organization.id, owner.id
        );
        owner.request("DELETE", &target)
    });
    assert_eq!(answers, [204, 204, 204, 204, 204, 409]);
    let left = "SELECT count(*) AS n FROM member WHERE organization_id = ?1";
    assert_eq!(app().number(left, json!([organization.id])), 1);
}

#[test]
fn two_coordinators_decide_once() {
    let organization = app().organization_in_state("unverified");
    let owner = organization.member("owner");
    let coordinators: Vec<_> = (0..5).map(|_| app().coordinator("36")).collect();
    let target = format!("/api/v1/organizations/{}/verification", organization.id);
    let answers = all_at_once(&coordinators, |coordinator| {
        let body = json!({"decision": "verify"});
        coordinator.request("POST", &target).json(&body)
    });
    assert_eq!(answers, [200, 409, 409, 409, 409]);
    owner.is_told("organization_verified");
    let told = app().letters_to(&owner.phone).len();
    assert_eq!(told, 1, "once is enough");
}

#[test]
fn the_use_of_a_key_is_noted_after_the_answer() {
    let organization = app().organization();
    let owner = organization.member("owner");
    let keys = format!("/api/v1/organizations/{}/api-keys", organization.id);
    let made = owner
        .sends(
            "POST",
            &keys,
            &json!({"name": "系统", "scopes": ["projects:write"]}),
        )
        .is(201);
    let used = || {
        let list = owner.reads(&keys).is(200).json();
        let items = list["items"].as_array().unwrap().clone();
        let key = items.into_iter().find(|key| key["id"] == made.json()["id"]);
        key.unwrap()["last_used_on"].clone()
    };
    assert_eq!(used(), Value::Null);
    let target = organization.own_path("none");
    let request = Request::get(target).bearer(&made.member("key"));
    app().send(&request).refused(404, "not_found");
    soon("the use of the key", || used() != Value::Null);
    assert_eq!(used(), app().now().date().to_string());
}

#[test]
fn who_is_verified_is_never_remembered_for_the_wrong_reader() {
    let organization = app().organization_in_state("unverified");
    let owner = organization.member("owner");
    let target = format!("/api/v1/organizations/{}", organization.id);
    owner
        .sends("PATCH", &target, &json!({"contact_name": "罗橘井"}))
        .is(200);
    for _ in 0..3 {
        let own = owner.reads(&target).is(200);
        assert_eq!(own.header("cache-control"), Some("private, no-store"));
        assert_eq!(own.member("contact_name"), "罗橘井");
        assert_eq!(
            app().get(&target).is(200).json()["contact_name"],
            Value::Null
        );
    }
}
