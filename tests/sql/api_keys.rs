//! API keys: shown once, scoped, expiring, revocable, their use noted by the day.

use diandan::organizations::{is_mistyped_key, note_use};
use diandan::platform::clock::DAY;
use pollster::FutureExt as _;
use serde_json::{Value, json};

use crate::support::answer::Answer;
use crate::support::desk::Desk;
use crate::support::notice::{Notice, morning, shift};
use crate::support::people::{Organization, Volunteer};
use crate::support::place::Place as _;
use crate::support::request::Request;

fn keys(organization: &Organization) -> String {
    format!("/api/v1/organizations/{}/api-keys", organization.id)
}

#[track_caller]
fn makes(owner: &Volunteer, organization: &Organization, body: &Value) -> Answer {
    owner.sends("POST", &keys(organization), body)
}

fn for_projects() -> Value {
    json!({"name": "业务系统", "scopes": ["projects:write"]})
}

#[track_caller]
fn publishes(organization: &Organization, key: &str) -> Answer {
    let notice = Notice::of(&[shift("a", morning(organization.place.now(), 8), 3)]);
    let mut owned = organization.clone();
    key.clone_into(&mut owned.key);
    owned.puts("p", &notice.0)
}

#[test]
fn a_key_is_shown_once_and_opens_what_its_scopes_say() {
    let desk = Desk::new();
    let organization = desk.place().organization();
    let owner = organization.member("owner");
    let made = makes(&owner, &organization, &for_projects()).is(201);
    let key = made.member("key");
    assert!(!is_mistyped_key(&key) && key.starts_with(&made.member("hint")));
    let in_a_year = desk.now().plus(365 * DAY).rfc3339();
    assert_eq!(made.member("expires_at"), in_a_year);
    publishes(&organization, &key).is(201);
    let list = owner.reads(&keys(&organization)).is(200);
    assert!(!list.text().contains(&key[8..]), "{list:?}");
    assert_eq!(list.json()["items"][0]["hint"], json!(made.member("hint")));
    assert_eq!(list.json()["items"][0]["created_by"], json!(owner.name));
    let stored = desk.place().rows("SELECT * FROM api_key", json!([]));
    assert!(!json!(stored).to_string().contains(&key[8..]));
}

#[test]
fn a_key_that_is_revoked_stops_at_the_next_request() {
    let desk = Desk::new();
    let organization = desk.place().organization();
    let owner = organization.member("owner");
    let made = makes(&owner, &organization, &for_projects()).is(201);
    let key = made.member("key");
    publishes(&organization, &key).is(201);
    let target = format!("{}/{}", keys(&organization), made.member("id"));
    for _ in 0..2 {
        desk.place().send(&owner.request("DELETE", &target)).is(204);
    }
    publishes(&organization, &key).refused(401, "unauthenticated");
    let list = owner.reads(&keys(&organization)).is(200).json();
    assert_eq!(list["items"][0]["revoked_at"], json!(desk.now().rfc3339()));
    let revoked = "SELECT count(*) AS n FROM audit WHERE action = 'api_key.revoked'";
    assert_eq!(desk.place().number(revoked, json!([])), 1);
}

#[test]
fn somebody_elses_keys_are_out_of_reach() {
    let desk = Desk::new();
    let (organization, other) = (desk.place().organization(), desk.place().organization());
    let (owner, stranger) = (organization.member("owner"), other.member("owner"));
    let made = makes(&owner, &organization, &for_projects()).is(201);
    // Neither through the front door nor through one's own.
    let target = format!("{}/{}", keys(&organization), made.member("id"));
    let tried = desk.place().send(&stranger.request("DELETE", &target));
    tried.refused(403, "forbidden");
    let target = format!("{}/{}", keys(&other), made.member("id"));
    let tried = desk.place().send(&stranger.request("DELETE", &target));
    tried.refused(404, "not_found");
    publishes(&organization, &made.member("key")).is(201);
    publishes(&other, &made.member("key")).refused(403, "forbidden");
    // Nor do keys make keys.
    let by_key = Request::new("POST", keys(&organization)).bearer(&organization.key);
    desk.place()
        .send(&by_key.json(&for_projects()))
        .refused(403, "forbidden");
}

#[test]
fn a_key_lasts_two_years_at_most() {
    let desk = Desk::new();
    let organization = desk.place().organization();
    let owner = organization.member("owner");
    let until = |millis: i64| {
        let mut body = for_projects();
        body["expires_at"] = json!(desk.now().plus(millis).rfc3339());
        makes(&owner, &organization, &body)
    };
    for bad in [-DAY, 0, 731 * DAY + 1000] {
        let refused = until(bad).refused(422, "invalid_fields");
        assert_eq!(refused.pointers(), ["/expires_at"]);
    }
    let made = until(731 * DAY).is(201);
    desk.passes(731 * DAY - 1);
    publishes(&organization, &made.member("key")).is(201);
    desk.passes(1);
    publishes(&organization, &made.member("key")).refused(401, "unauthenticated");
}

#[test]
fn a_key_for_nothing_is_not_made_nor_are_too_many() {
    let desk = Desk::new();
    let organization = desk.place().organization();
    let owner = organization.member("owner");
    let refused = makes(&owner, &organization, &json!({"name": "x", "scopes": []}));
    assert_eq!(
        refused.refused(422, "invalid_fields").pointers(),
        ["/scopes"]
    );
    let body = json!({"name": "x", "scopes": ["projects:write", "projects:write"]});
    let made = makes(&owner, &organization, &body).is(201);
    assert_eq!(made.json()["scopes"], json!(["projects:write"]));
    // The organization's own and the one above make two.
    for _ in 2..50 {
        makes(&owner, &organization, &for_projects()).is(201);
    }
    makes(&owner, &organization, &for_projects()).refused(409, "too_many_keys");
    let target = format!("{}/{}", keys(&organization), made.member("id"));
    desk.place().send(&owner.request("DELETE", &target)).is(204);
    makes(&owner, &organization, &for_projects()).is(201);
}

#[test]
fn a_lost_answer_is_given_again_with_the_same_key_in_it() {
    let desk = Desk::new();
    let organization = desk.place().organization();
    let owner = organization.member("owner");
    let request = || {
        owner
            .request("POST", &keys(&organization))
            .header("idempotency-key", "k")
            .json(&for_projects())
    };
    let first = desk.place().send(&request()).is(201);
    let again = desk.place().send(&request()).is(201);
    assert_eq!(again.json(), first.json());
    publishes(&organization, &again.member("key")).is(201);
}

#[test]
fn a_slip_in_a_key_is_told_as_one() {
    let desk = Desk::new();
    let organization = desk.place().organization();
    let cut = &organization.key[..organization.key.len() - 1];
    let told = publishes(&organization, cut).refused(401, "unauthenticated");
    assert!(told.member("detail").contains("校验位"), "{told:?}");
    let unknown = diandan::organizations::new_key().unwrap();
    let told = publishes(&organization, unknown.reveal()).refused(401, "unauthenticated");
    assert!(!told.member("detail").contains("校验位"), "{told:?}");
}

#[test]
fn the_last_use_is_known_by_the_day_and_written_once() {
    let desk = Desk::new();
    let organization = desk.place().organization();
    let owner = organization.member("owner");
    let used = || {
        let list = owner.reads(&keys(&organization)).is(200).json();
        list["items"][0]["last_used_on"].clone()
    };
    let note = || {
        let visit = desk.visit_with(&organization.key);
        note_use(&visit).block_on().unwrap();
        visit.db.meter().rows_written()
    };
    assert_eq!(used(), Value::Null);
    let before = note();
    assert_eq!(used(), "2026-11-23");
    assert_eq!(note(), before, "nothing is written twice a day");
    desk.passes(DAY);
    note();
    assert_eq!(used(), "2026-11-24");
    desk.place()
        .rows("UPDATE api_key SET revoked_at = 0", json!([]));
    desk.passes(DAY);
    note();
    assert_eq!(used(), "2026-11-24");
}
