//! The examples of the OpenAPI document do what they show: each is sent as it stands, on a
//! day on which its dates lie ahead.

use serde_json::{Value, json};

use crate::support::at;
use crate::support::contract::contract;
use crate::support::desk::Desk;
use crate::support::notice::{Notice, shift};
use crate::support::people::Organization;
use crate::support::place::{Place as _, keys};
use crate::support::request::Request;

/// A monday on which all dates of the examples lie ahead.
const TODAY: &str = "2026-11-23T09:00:00+08:00";

/// What must be there before the example of an operation can succeed; gives its target and who
/// sends it.
fn prepared(desk: &Desk, operation: &str, path: &str, organization: &Organization) -> Request {
    let volunteer = desk.place().adult();
    let request =
        |method: &str, target: String, token: &str| Request::new(method, target).bearer(token);
    match operation {
        "send_sign_in_code" => Request::new("POST", path),
        "open_session" => {
            let (phone, code) = (keys().phone_hash("13800138000"), "012345");
            let now = desk.now().millis();
            desk.place().rows(
                "INSERT INTO sign_in_code (phone_hash, address_hash, code_hash, created_at, expires_at)
                 VALUES (?1, ?2, ?3, ?4, ?4 + 60000)",
                json!([phone, keys().address_hash("unknown"), keys().code_hash(&phone, code), now]),
            );
            Request::new("POST", path)
        }
        "change_me" => request("PATCH", path.to_owned(), &volunteer.session),
        "sign_up" => {
            let start = at("2026-12-05T09:00:00+08:00");
            let project = organization.publishes(&Notice::of(&[shift("a", start, 5)]));
            let minor = volunteer;
            desk.place().rows(
                "UPDATE volunteer SET adult_declared_at = NULL, name = '' WHERE id = ?1",
                json!([minor.id]),
            );
            request("POST", project.shift("a").signups(), &minor.session)
        }
        "put_project" => {
            let target = path.replace("{client_ref}", "winter-class-2026");
            request(
                "PUT",
                target.replace("{org}", &organization.id),
                &organization.key,
            )
        }
        other => panic!("say here what {other} needs before its example can succeed"),
    }
}

fn examples(operation: &Value) -> Vec<(String, Value)> {
    let mut found = Vec::new();
    let content = operation["requestBody"]["content"].as_object();
    for (media, content) in content.into_iter().flatten() {
        if !content["example"].is_null() {
            found.push((media.clone(), content["example"].clone()));
        }
        for example in content["examples"].as_object().into_iter().flatten() {
            found.push((media.clone(), example.1["value"].clone()));
        }
    }
    found
}

#[test]
fn every_example_of_a_body_is_carried_out() {
    let mut tried = 0;
    for (method, path, operation) in contract().operations() {
        let id = operation["operationId"].as_str().unwrap();
        for (media, example) in examples(operation) {
            let desk = Desk::new();
            desk.it_is(at(TODAY));
            let organization = desk.place().organization();
            let mut request = prepared(&desk, id, &path, &organization);
            request.method.clone_from(&method);
            let body = match &example {
                Value::String(text) => text.clone(),
                value => value.to_string(),
            };
            let answer = desk.place().send(&request.bytes(&media, body.into_bytes()));
            let promised = operation["responses"].as_object().unwrap().keys();
            let promised: Vec<u16> = promised
                .map(|status| status.parse().unwrap())
                .filter(|status| (200..300).contains(status))
                .collect();
            assert!(promised.contains(&answer.status), "{id}: {answer:?}");
            tried += 1;
        }
    }
    assert!(tried >= 5, "only {tried} examples");
}
