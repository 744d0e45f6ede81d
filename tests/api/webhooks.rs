//! Events on their way to an organization's own system, over HTTP, checked by a receiver
//! that knows nothing of this crate.

use serde_json::{Value, json};

use crate::support::app::{App, shared};
use crate::support::notice::{Notice, morning, shift};
use crate::support::people::{Organization, Shift, Volunteer};
use crate::support::{soon, unique};

struct Listener<'a> {
    app: &'a App,
    name: String,
    organization: Organization<'a>,
    owner: Volunteer<'a>,
    path: String,
}

impl<'a> Listener<'a> {
    fn at(app: &'a App) -> Self {
        let name = format!("r{}", unique());
        let organization = app.place().organization();
        let owner = organization.member("owner");
        let hooks = format!("/api/v1/organizations/{}/webhooks", organization.id);
        let body = json!({"url": app.receiver(&name)});
        let answer = app
            .place()
            .send(&owner.request("POST", &hooks).json(&body))
            .is(201);
        app.receiver_has(&name, &json!({"secret": answer.member("secret")}));
        Self {
            path: format!("{hooks}/{}", answer.member("id")),
            app,
            name,
            organization,
            owner,
        }
    }

    fn shift(&self) -> Shift {
        let start = morning(self.app.place().now(), 9);
        self.organization
            .publishes(&Notice::of(&[shift("a", start, 9)]))
            .shift("a")
    }

    fn received(&self) -> Vec<Value> {
        self.app.received(&self.name)
    }

    fn newest(&self) -> Value {
        let target = format!("{}/deliveries?limit=1", self.path);
        self.owner.reads(&target).is(200).json()["items"][0].clone()
    }

    fn answers(&self, status: u16) {
        self.app
            .receiver_has(&self.name, &json!({"status": status}));
    }

    fn posts(&self, rest: &str) -> Value {
        let request = self.owner.request("POST", &format!("{}{rest}", self.path));
        self.app.place().send(&request).is(202).json()
    }
}

#[test]
fn an_event_arrives_at_once_signed_and_without_anything_personal() {
    let listener = Listener::at(shared());
    let a = listener.shift();
    let ming = listener.app.place().adult();
    let seat = ming.takes(&a, "confirmed");
    soon("the event", || listener.received().len() == 1);
    let event = &listener.received()[0];
    assert_eq!(event["genuine"], true, "{event}");
    assert_eq!(event["headers"]["content-type"], "application/json");
    let body: Value = serde_json::from_str(event["body"].as_str().unwrap()).unwrap();
    assert_eq!(body["type"], "signup.created");
    assert_eq!(body["data"]["id"], seat.as_str());
    assert_eq!(body["data"]["state"], "confirmed");
    let text = event.to_string();
    assert!(
        !text.contains(&ming.phone) && !text.contains(&ming.name),
        "{text}"
    );
    let sent: i64 = event["headers"]["webhook-timestamp"]
        .as_str()
        .unwrap()
        .parse()
        .unwrap();
    let now = listener.app.place().now().millis() / 1000;
    assert!((now - sent).abs() < 60, "{sent} at {now}");
    soon("the note of it", || {
        listener.newest()["state"] == "delivered"
    });
    assert_eq!(listener.newest()["id"], event["headers"]["webhook-id"]);
}

#[test]
fn what_failed_is_inspected_and_replayed_under_the_same_id() {
    let listener = Listener::at(shared());
    listener.answers(500);
    let a = listener.shift();
    listener.app.place().adult().takes(&a, "confirmed");
    soon("the attempt", || listener.newest()["status"] == 500);
    let failed = listener.newest();
    let id = failed["id"].as_str().unwrap().to_owned();
    assert_eq!(failed["error"], "refused");
    assert_eq!(
        (&failed["state"], &failed["attempts"]),
        (&json!("pending"), &json!(1))
    );
    assert!(failed["next_attempt_at"].is_string());
    listener.answers(204);
    listener.posts(&format!("/deliveries/{id}/replay"));
    soon("the replay", || listener.newest()["state"] == "delivered");
    let received = listener.received();
    assert_eq!(received.len(), 2);
    for event in &received {
        assert_eq!(event["headers"]["webhook-id"], id.as_str());
        assert_eq!(event["genuine"], true);
    }
    assert_eq!(received[0]["body"], received[1]["body"]);
}

#[test]
fn redirects_are_not_followed() {
    let listener = Listener::at(shared());
    listener.answers(307);
    listener.posts("/test");
    soon("the attempt", || !listener.newest()["error"].is_null());
    let state = &listener.newest()["state"];
    assert_eq!(state, "abandoned", "a test is made once");
    assert_eq!(listener.received().len(), 1);
    assert!(listener.app.received("elsewhere").is_empty());
}

#[test]
fn a_changed_secret_signs_beside_the_one_before() {
    let listener = Listener::at(shared());
    let request = listener
        .owner
        .request("POST", &format!("{}/secret", listener.path));
    let rotated = listener.app.place().send(&request).is(200);
    listener.posts("/test");
    soon("the event", || listener.received().len() == 1);
    assert_eq!(listener.received()[0]["genuine"], true, "by the old secret");
    let secret = json!({"secret": rotated.member("secret")});
    listener.app.receiver_has(&listener.name, &secret);
    assert_eq!(listener.received()[0]["genuine"], true, "by the new one");
    let other = json!({"secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"});
    listener.app.receiver_has(&listener.name, &other);
    assert_eq!(listener.received()[0]["genuine"], false, "by no other");
}
