//! Webhooks: what is told to whom, in the transaction of what happened, and how long it is
//! tried.

use diandan::platform::clock::{DAY, HOUR, Instant, MINUTE};
use diandan::platform::db::Statement;
use diandan::webhooks::{self, Due, Failure};
use pollster::FutureExt as _;
use serde_json::{Value, json};

use crate::support::at;
use crate::support::desk::Desk;
use crate::support::notice::{Notice, shift, with_waitlist};
use crate::support::people::{Organization, Shift, Volunteer};
use crate::support::place::Place as _;
use crate::support::records::Recorded;
use crate::support::request::Request;

mod limits;

const NINE: &str = "2026-11-28T09:00:00+08:00";
const URL: &str = "https://desk.example.org/in";

/// An organization's owner, and the endpoint they registered.
struct Ears<'a> {
    organization: Organization<'a>,
    owner: Volunteer<'a>,
    id: String,
    secret: String,
}

impl<'a> Ears<'a> {
    fn of(desk: &'a Desk, events: &[&str]) -> Self {
        let organization = desk.place().organization();
        let owner = organization.member("owner");
        let body = json!({"url": URL, "events": events});
        let target = format!("/api/v1/organizations/{}/webhooks", organization.id);
        let answer = desk
            .place()
            .send(&owner.request("POST", &target).json(&body))
            .is(201);
        Self {
            id: answer.member("id"),
            secret: answer.member("secret"),
            organization,
            owner,
        }
    }

    fn path(&self, rest: &str) -> String {
        let Self {
            organization, id, ..
        } = self;
        format!(
            "/api/v1/organizations/{}/webhooks/{id}{rest}",
            organization.id
        )
    }

    fn request(&self, method: &str, rest: &str) -> Request {
        self.owner.request(method, &self.path(rest))
    }

    fn reads(&self, rest: &str) -> Value {
        let request = self.request("GET", rest);
        self.owner.place.send(&request).is(200).json()
    }

    fn moves_to(&self, url: &str) -> String {
        let request = self.request("PATCH", "").json(&json!({"url": url}));
        self.owner.place.send(&request).is(200).member("url")
    }

    fn organization_becomes(&self, state: &str) {
        self.owner.place.rows(
            "UPDATE organization SET state = ?2 WHERE id = ?1",
            json!([self.organization.id, state]),
        );
    }

    /// What it was told, the oldest first: the type and the state of what it is about.
    fn heard(&self) -> Vec<(String, String)> {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let mut heard: Vec<_> = self.reads("/deliveries?limit=100")["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|item| (text(&item["type"]), text(&item["data"]["state"])))
            .collect();
        heard.reverse();
        heard
    }
}

fn all(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    let owned = |(kind, state): &(&str, &str)| ((*kind).to_owned(), (*state).to_owned());
    pairs.iter().map(owned).collect()
}

fn two(organization: &Organization<'_>) -> (Notice, [Shift; 2]) {
    let notice = Notice::of(&[
        with_waitlist(shift("a", at(NINE), 1), 2),
        shift("b", at(NINE).plus(3 * HOUR), 2),
    ]);
    let project = organization.publishes(&notice);
    (notice, ["a", "b"].map(|name| project.shift(name)))
}

fn claim(desk: &Desk) -> Vec<Due> {
    webhooks::claim(&desk.db, desk.now(), webhooks::A_ROUND)
        .block_on()
        .unwrap()
}

fn run(desk: &Desk, statements: Vec<Statement>) {
    desk.db.batch(statements).block_on().unwrap();
}

#[test]
fn everything_that_becomes_of_a_signup_is_told_once() {
    let desk = Desk::new();
    let ears = Ears::of(&desk, &[]);
    let deaf = Ears::of(&desk, &[]);
    let (_, [a, b]) = two(&ears.organization);
    let crowd = desk.place().crowd(3);
    let seat = crowd[0].takes(&a, "confirmed");
    crowd[1].takes(&a, "waitlisted");
    let third = crowd[2].takes(&a, "waitlisted");
    crowd[0].cancels(&seat).is(204);
    ears.organization.moves(&third, &b).is(200);
    desk.it_is(at(NINE).plus(-HOUR));
    crowd[2].cancels(&third).is(202);
    let expected = [
        ("signup.created", "confirmed"),
        ("signup.created", "waitlisted"),
        ("signup.created", "waitlisted"),
        ("signup.cancelled", "cancelled"),
        ("signup.promoted", "confirmed"),
        ("signup.changed", "confirmed"),
        ("signup.changed", "confirmed"),
    ];
    assert_eq!(ears.heard(), all(&expected));
    assert!(deaf.heard().is_empty(), "others hear nothing of it");
    let item = &ears.reads("/deliveries?limit=1")["items"][0];
    assert_eq!(item["data"]["id"], third.as_str());
    assert_eq!(item["data"]["shift_id"], b.id.as_str());
    let text = ears.reads("/deliveries").to_string();
    for volunteer in &crowd {
        assert!(!text.contains(&volunteer.phone) && !text.contains(&volunteer.name));
    }
}

#[test]
fn decisions_are_told_as_what_they_come_to() {
    let desk = Desk::new();
    let ears = Ears::of(&desk, &[]);
    let notice =
        Notice::of(&[with_waitlist(shift("a", at(NINE), 1), 2)]).with("approval", "required");
    let a = ears.organization.publishes(&notice).shift("a");
    let crowd = desk.place().crowd(3);
    let ids: Vec<_> = crowd
        .iter()
        .map(|one| one.takes(&a, "waitlisted"))
        .collect();
    ears.organization.approves(&ids[0]).is(200);
    ears.organization.approves(&ids[1]).is(200);
    ears.organization.declines(&ids[2]).is(200);
    assert_eq!(
        ears.heard()[3..],
        all(&[
            ("signup.promoted", "confirmed"),
            ("signup.changed", "waitlisted"),
            ("signup.cancelled", "cancelled"),
        ])
    );
}

#[test]
fn records_and_their_corrections_are_told() {
    let desk = Desk::new();
    let ears = Ears::of(&desk, &[]);
    let ming = desk.place().adult();
    let first = Recorded::new(at(NINE).millis(), 120, "A");
    let seq = first.write(desk.place(), &ears.organization, &ming);
    let second = Recorded::new(at(NINE).millis(), 90, "A").correcting(seq);
    second.write(desk.place(), &ears.organization, &ming);
    let told = ears.reads("/deliveries");
    let told = told["items"].as_array().unwrap().iter();
    let told: Vec<_> = told
        .map(|it| json!([it["type"], it["data"]["id"], it["data"]["supersedes"]]))
        .collect();
    let expected = [
        json!(["record.superseded", second.id, first.id]),
        json!(["record.created", first.id, null]),
    ];
    assert_eq!(told, expected);
}

#[test]
fn a_shift_that_changes_is_told_and_a_seat_taken_is_no_change_of_it() {
    let desk = Desk::new();
    let ears = Ears::of(&desk, &["shift.changed"]);
    let organization = &ears.organization;
    let notice = Notice::of(&[shift("a", at(NINE), 3), shift("b", at(NINE), 3)]);
    let project = organization.publishes(&notice);
    desk.place().adult().takes(&project.shift("a"), "confirmed");
    assert!(ears.heard().is_empty());
    let later = shift("a", at(NINE).plus(HOUR), 3);
    let moved = Notice(notice.0.clone())
        .with_shift(0, "starts_at", later["starts_at"].clone())
        .with_shift(0, "ends_at", later["ends_at"].clone())
        .with_shift(0, "change_reason", "雨天");
    organization.changes(&project, &moved);
    assert_eq!(ears.heard(), all(&[("shift.changed", "open")]));
    let off = moved.clone().with_shift(1, "state", "cancelled");
    organization.changes(&project, &off);
    assert_eq!(ears.heard()[1..], all(&[("shift.changed", "cancelled")]));
    let elsewhere = off.with("place", "镇上").with("change_reason", "路断了");
    organization.changes(&project, &elsewhere);
    assert_eq!(ears.heard()[2..], all(&[("shift.changed", "open")]));
}

#[test]
fn what_is_rolled_back_is_not_told() {
    let desk = Desk::new();
    let ears = Ears::of(&desk, &[]);
    let (_, [a, _]) = two(&ears.organization);
    let ming = desk.place().adult();
    let write = format!(
        "INSERT INTO signup (id, shift_id, volunteer_id, state, starts_at, ends_at, created_at)
         SELECT 'x', id, '{}', 'confirmed', starts_at, ends_at, 0 FROM shift WHERE id = '{}'",
        ming.id, a.id
    );
    let batch = vec![
        Statement::new(write, vec![]),
        Statement::new("INSERT INTO abort_if VALUES ('enough')", vec![]),
    ];
    let error = desk.db.batch(batch).block_on().unwrap_err();
    assert!(error.is_refusal("enough"), "{error:?}");
    assert!(ears.heard().is_empty());
    ming.takes(&a, "confirmed");
    assert_eq!(ears.heard().len(), 1);
}

#[test]
fn an_endpoint_hears_only_what_it_asked_for_and_nothing_while_it_is_off() {
    let desk = Desk::new();
    let ears = Ears::of(&desk, &["signup.cancelled"]);
    let (_, [_, b]) = two(&ears.organization);
    let ming = desk.place().adult();
    let seat = ming.takes(&b, "confirmed");
    ming.cancels(&seat).is(204);
    assert_eq!(ears.heard(), all(&[("signup.cancelled", "cancelled")]));
    let switch = |state: &str| {
        let request = ears.request("PATCH", "").json(&json!({"state": state}));
        desk.place().send(&request).is(200).json()
    };
    assert_eq!(switch("disabled")["state"], "disabled");
    assert!(claim(&desk).is_empty(), "what it was owed is let go");
    assert_eq!(ears.reads("/deliveries")["items"][0]["state"], "abandoned");
    let seat = ming.takes(&b, "confirmed");
    ming.cancels(&seat).is(204);
    assert_eq!(ears.heard().len(), 1);
    let tries = |rest: &str| desk.place().send(&ears.request("POST", rest));
    tries("/test").refused(409, "webhook_disabled");
    switch("active");
    tries("/test").is(202);
    assert_eq!(claim(&desk).len(), 1);
    let chosen = json!({"events": ["signup.created", "signup.created"]});
    let changed = desk
        .place()
        .send(&ears.request("PATCH", "").json(&chosen))
        .is(200)
        .json();
    assert_eq!(changed["events"], json!(["signup.created"]));
    for bad in [
        json!({"events": []}),
        json!({"url": "ftp://x"}),
        json!({"secret": "x"}),
    ] {
        desk.place()
            .send(&ears.request("PATCH", "").json(&bad))
            .refused(422, "invalid_fields");
    }
}

#[test]
fn there_are_five_endpoints_at_most() {
    let desk = Desk::new();
    let ears = Ears::of(&desk, &[]);
    let target = format!("/api/v1/organizations/{}/webhooks", ears.organization.id);
    let register = || {
        let body = json!({"url": URL});
        desk.place()
            .send(&ears.owner.request("POST", &target).json(&body))
    };
    for _ in 0..4 {
        register().is(201);
    }
    register().refused(409, "too_many_webhooks");
    desk.place().send(&ears.request("DELETE", "")).is(204);
    desk.place().send(&ears.request("DELETE", "")).is(204);
    desk.place()
        .send(&ears.request("GET", ""))
        .refused(404, "not_found");
    register().is(201);
    let listed = ears.owner.reads(&target).is(200);
    assert_eq!(listed.ids().len(), 5);
    assert!(!listed.text().contains("whsec_"), "secrets are shown once");
    let kept = "SELECT count(*) AS n FROM webhook WHERE secret_sealed LIKE '%whsec_%'";
    assert_eq!(desk.place().number(kept, json!([])), 0);
}

#[test]
fn a_retry_of_registering_registers_once_and_shows_the_same_secret() {
    let desk = Desk::new();
    let organization = desk.place().organization();
    let owner = organization.member("owner");
    let target = format!("/api/v1/organizations/{}/webhooks", organization.id);
    let ask = || {
        let request = owner
            .request("POST", &target)
            .header("idempotency-key", "w1")
            .json(&json!({"url": URL}));
        desk.place().send(&request).is(201)
    };
    assert_eq!(ask().json(), ask().json());
    assert_eq!(owner.reads(&target).is(200).ids().len(), 1);
}

#[test]
fn only_owners_see_and_change_webhooks() {
    let desk = Desk::new();
    let ears = Ears::of(&desk, &[]);
    let organization = &ears.organization;
    let everything = ["projects:write", "signups:read", "signups:write"];
    for token in [
        organization.member("manager").session,
        organization.member("viewer").session,
        organization.new_key(&everything),
        desk.place().organization().member("owner").session,
    ] {
        for (method, rest) in [
            ("GET", ""),
            ("PATCH", ""),
            ("DELETE", ""),
            ("POST", "/secret"),
            ("POST", "/test"),
            ("GET", "/deliveries"),
            ("POST", "/deliveries/msg_0/replay"),
        ] {
            let request = Request::new(method, ears.path(rest)).bearer(&token);
            let request = match method {
                "PATCH" => request.json(&json!({"state": "disabled"})),
                _ => request,
            };
            desk.place().send(&request).refused(403, "forbidden");
        }
    }
    // Another organization's owner, through their own organization's path.
    let other = Ears::of(&desk, &[]);
    let crossed = format!(
        "/api/v1/organizations/{}/webhooks/{}",
        other.organization.id, ears.id
    );
    for rest in ["", "/deliveries"] {
        other
            .owner
            .reads(&format!("{crossed}{rest}"))
            .refused(404, "not_found");
    }
    desk.place()
        .send(&other.owner.request("DELETE", &crossed))
        .is(204);
    assert_eq!(ears.reads("")["state"], "active");
}

#[test]
fn a_delivery_is_leased_repeated_with_pauses_and_given_up() {
    let desk = Desk::new();
    let ears = Ears::of(&desk, &[]);
    let (_, [_, b]) = two(&ears.organization);
    desk.place().adult().takes(&b, "confirmed");
    let newest = || ears.reads("/deliveries")["items"][0].clone();
    for pause in [1, 2, 4, 8, 16, 32, 64, 128, 256, 360, 360, 360, 360] {
        let due = claim(&desk);
        assert_eq!(due.len(), 1, "before the pause of {pause} minutes");
        assert!(claim(&desk).is_empty(), "leased");
        run(
            &desk,
            webhooks::failed(&due[0], Some(500), Failure::Refused, desk.now()),
        );
        assert_eq!(newest()["state"], "pending");
        assert_eq!(newest()["status"], 500);
        desk.passes(pause * MINUTE - 1);
        assert!(claim(&desk).is_empty(), "within {pause} minutes");
        desk.passes(1);
    }
    assert!(ears.reads("")["failing_since"].is_string());
    let due = claim(&desk);
    run(
        &desk,
        webhooks::failed(&due[0], None, Failure::Unreachable, desk.now()),
    );
    assert_eq!(newest()["state"], "abandoned");
    assert_eq!(newest()["attempts"], 14);
    desk.passes(DAY);
    assert!(claim(&desk).is_empty());

    let id = newest()["id"].as_str().unwrap().to_owned();
    let replay = ears.request("POST", &format!("/deliveries/{id}/replay"));
    let again = desk.place().send(&replay).is(202).json();
    assert_eq!(
        (again["id"].as_str(), again["state"].as_str()),
        (Some(&*id), Some("pending"))
    );
    let due = claim(&desk);
    assert_eq!(due.len(), 1);
    run(&desk, webhooks::sent(&due[0], 204, desk.now()));
    assert_eq!(
        (newest()["state"].as_str(), newest()["attempts"].as_i64()),
        (Some("delivered"), Some(1))
    );
    assert_eq!(ears.reads("")["failing_since"], json!(null));
    let unknown = ears.request("POST", "/deliveries/msg_0/replay");
    desk.place().send(&unknown).refused(404, "not_found");
}

#[test]
fn whoever_held_a_lease_and_died_is_followed_by_another() {
    let desk = Desk::new();
    let ears = Ears::of(&desk, &[]);
    let (_, [_, b]) = two(&ears.organization);
    desk.place().adult().takes(&b, "confirmed");
    assert_eq!(claim(&desk).len(), 1);
    desk.passes(2 * MINUTE - 1);
    assert!(claim(&desk).is_empty());
    desk.passes(1);
    assert_eq!(claim(&desk).len(), 1);
}

#[test]
fn an_endpoint_where_nothing_arrives_for_five_days_is_switched_off_and_its_owners_told() {
    let desk = Desk::new();
    let ears = Ears::of(&desk, &[]);
    let manager = ears.organization.member("manager");
    let (_, [_, b]) = two(&ears.organization);
    let ming = desk.place().adult();
    let fails = || {
        let due = claim(&desk);
        for due in &due {
            run(
                &desk,
                webhooks::failed(due, Some(503), Failure::Refused, desk.now()),
            );
        }
        due.len()
    };
    ming.takes(&b, "confirmed");
    assert_eq!(fails(), 1);
    desk.passes(5 * DAY - HOUR);
    fails();
    assert_eq!(ears.reads("")["state"], "active");
    desk.passes(HOUR);
    desk.place().send(&ears.request("POST", "/test")).is(202);
    fails();
    let webhook = ears.reads("");
    assert_eq!(webhook["state"], "disabled");
    assert!(webhook["given_up_at"].is_string());
    let told = ears.owner.is_told("webhook_disabled");
    assert!(
        told.contains(URL) && told.contains(&ears.organization.name),
        "{told}"
    );
    assert!(desk.texts_to(&manager.phone).is_empty());
    desk.passes(7 * DAY);
    assert_eq!(fails(), 0);
    assert_eq!(desk.texts_to(&ears.owner.phone).len(), 1, "once");

    let on = ears.request("PATCH", "").json(&json!({"state": "active"}));
    let on = desk.place().send(&on).is(200).json();
    assert_eq!(
        (&on["failing_since"], &on["given_up_at"]),
        (&json!(null), &json!(null))
    );
    desk.place().send(&ears.request("POST", "/test")).is(202);
    assert_eq!(fails(), 1);
    assert_eq!(ears.reads("")["state"], "active");
}

#[test]
fn an_endpoint_that_says_to_be_gone_is_believed() {
    let desk = Desk::new();
    let ears = Ears::of(&desk, &[]);
    desk.place().send(&ears.request("POST", "/test")).is(202);
    let due = claim(&desk);
    run(
        &desk,
        webhooks::failed(&due[0], Some(410), Failure::Refused, desk.now()),
    );
    assert_eq!(ears.reads("")["state"], "disabled");
    ears.owner.is_told("webhook_disabled");
}

#[test]
fn after_a_rotation_both_secrets_sign_for_a_day() {
    let desk = Desk::new();
    let ears = Ears::of(&desk, &[]);
    let rotated = desk.place().send(&ears.request("POST", "/secret")).is(200);
    let new = rotated.member("secret");
    assert_ne!(new, ears.secret);
    let until = desk.now().plus(DAY);
    assert_eq!(rotated.member("previous_secret_until"), until.rfc3339());
    let signatures = |now: Instant| -> Vec<String> {
        desk.it_is(now);
        desk.place().send(&ears.request("POST", "/test")).is(202);
        let due = claim(&desk).pop().unwrap();
        let post = due.post(&desk.config, now).unwrap();
        let find = |name: &str| {
            let found = post.headers.iter().find(|(known, _)| *known == name);
            found.unwrap().1.clone()
        };
        let (id, timestamp) = (find("webhook-id"), find("webhook-timestamp"));
        let known = [new.as_str(), ears.secret.as_str()].map(|secret| {
            let secret = webhooks::Secret::known(secret.to_owned());
            webhooks::signature(&[secret], &id, timestamp.parse().unwrap(), &post.body)
        });
        let name = |one: &str| match known.iter().position(|known| known == one) {
            Some(0) => "new".to_owned(),
            Some(_) => "old".to_owned(),
            None => panic!("signed by neither"),
        };
        find("webhook-signature").split(' ').map(name).collect()
    };
    assert_eq!(signatures(until.plus(-1)), ["new", "old"]);
    assert_eq!(signatures(until), ["new"]);
}

#[test]
fn deliveries_are_listed_page_by_page_and_forgotten_after_a_month() {
    let desk = Desk::new();
    let ears = Ears::of(&desk, &[]);
    limits::waiting(&desk, &ears.id, 7, desk.now());
    let mut seen = Vec::new();
    let mut next = Some(ears.path("/deliveries?limit=3"));
    while let Some(target) = next {
        let page = ears.owner.reads(&target).is(200);
        seen.extend(page.ids());
        next = page.json()["next"].as_str().map(str::to_owned);
    }
    assert_eq!(seen.len(), 7);
    let mut sorted = seen.clone();
    sorted.sort();
    sorted.dedup();
    assert_eq!(sorted.len(), 7, "each once");
    let month = desk.now().plus(30 * DAY);
    let kept = |now: Instant| {
        run(&desk, vec![webhooks::forget(now)]);
        desk.place()
            .number("SELECT count(*) AS n FROM webhook_delivery", json!([]))
    };
    assert_eq!((kept(month), kept(month.plus(1))), (7, 0));
}
