//! What settling costs over D1: rows and calls are the bill.

use diandan::platform::clock::HOUR;
use serde_json::json;

use crate::support::answer::Answer;
use crate::support::app::app;
use crate::support::notice::{Notice, morning, shift};
use crate::support::records::Seen;
use crate::support::request::Request;

const PEOPLE: i64 = 500;

/// A number the database told of an answer.
fn told(answer: &Answer, what: &str) -> i64 {
    let timing = answer.header("server-timing").unwrap().to_owned();
    let words: Vec<&str> = timing.split(|c: char| !c.is_ascii_alphanumeric()).collect();
    let at = words
        .iter()
        .position(|word| *word == what)
        .unwrap_or_else(|| panic!("{timing}"));
    words[at - 1].parse().unwrap_or_else(|_| panic!("{timing}"))
}

#[test]
fn settling_five_hundred_people_reads_a_dozen_rows_each() {
    let place = app();
    let organization = place.organization();
    let key = organization.new_key(&["hours:write"]);
    let project = organization.publishes(&Notice::of(&[shift("a", morning(place.now(), 3), 600)]));
    let a = project.shift("a");
    let start = morning(place.now(), -2);
    place.rows(
        "UPDATE shift SET starts_at = ?1, ends_at = ?1 + 7200000 WHERE id = ?2",
        json!([start.millis(), a.id]),
    );
    let crowd: Vec<_> = (0..PEOPLE / 100).flat_map(|_| place.crowd(100)).collect();
    let mut statements = Vec::new();
    for one in &crowd {
        let signup = uuid::Uuid::new_v4().to_string();
        statements.push((
            "INSERT INTO signup (id, shift_id, volunteer_id, state, starts_at, ends_at, created_at)
             SELECT ?1, id, ?2, 'confirmed', starts_at, ends_at, 0 FROM shift WHERE id = ?3"
                .to_owned(),
            vec![json!(signup), json!(one.id), json!(a.id)],
        ));
        for (kind, at) in [("in", start), ("out", start.plus(2 * HOUR))] {
            statements.push(Seen::by_code(kind, at).sql(&signup));
        }
    }
    for some in statements.chunks(300) {
        place.sql(some.to_vec());
    }
    let target = format!("/api/v1/shifts/{}/settlement", a.id);
    let proposal = place.send(&Request::get(&target).bearer(&key)).is(200);
    let people = proposal.json()["people"].as_array().unwrap().clone();
    let entries: Vec<_> = people
        .iter()
        .map(|one| json!({"signup_id": one["signup_id"], "attended": true, "breaks_minutes": 15}))
        .collect();
    let body = json!({"person_in_charge": "李老师", "entries": entries});
    let settled = place
        .send(&Request::new("POST", &target).bearer(&key).json(&body))
        .is(200);
    assert_eq!(
        settled.json()["recorded"].as_array().unwrap().len(),
        crowd.len()
    );
    println!(
        "500 people: {} and {}",
        proposal.header("server-timing").unwrap(),
        settled.header("server-timing").unwrap()
    );
    let list = format!(
        "/api/v1/organizations/{}/records?limit=100&grade=A",
        organization.id
    );
    let list = place.send(&Request::get(&list).bearer(&key)).is(200);
    println!("100 records: {}", list.header("server-timing").unwrap());
    assert_eq!(
        (
            told(&proposal, "calls"),
            told(&settled, "calls"),
            told(&list, "calls")
        ),
        (1, 2, 1)
    );
    assert!(told(&proposal, "read") <= 10 * PEOPLE, "{proposal:?}");
    assert!(told(&settled, "read") <= 60 * PEOPLE, "{settled:?}");
    assert!(told(&list, "read") <= 100 * 6, "{list:?}");
}
