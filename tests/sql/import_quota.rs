//! How much an organization may hand in within a day.

use diandan::imports::Format;
use diandan::imports::receiving::Receiving;
use diandan::imports::work::{Budget, get_on};
use diandan::platform::clock::{DAY, HOUR};
use pollster::FutureExt as _;
use serde_json::json;

use crate::support::answer::Answer;
use crate::support::desk::Desk;
use crate::support::people::Organization;
use crate::support::place::Place as _;
use crate::support::request::Request;

const NDJSON: &str = "application/x-ndjson";

fn hands_in(organization: &Organization, how: &str, file: Vec<u8>) -> Answer {
    let target = format!("/api/v1/organizations/{}/imports{how}", organization.id);
    let request = Request::new("POST", target).bearer(&organization.key);
    organization.place.send(&request.bytes(NDJSON, file))
}

/// Hands in so many drafts of so many bytes each, and lets all of it be done.
fn drafts(desk: &Desk, organization: &Organization, how: &str, many: usize, each: usize) -> Answer {
    let content = "x".repeat(each);
    let line = |n| json!({"client_ref": format!("n{n}"), "what": content}).to_string();
    let lines: Vec<String> = (0..many).map(line).collect();
    let answer = hands_in(organization, how, lines.join("\n").into_bytes());
    let all = Budget {
        rounds: 1000,
        statements: 400,
    };
    get_on(&desk.visit("/", &Default::default()), all)
        .block_on()
        .unwrap();
    answer
}

fn kept(desk: &Desk) -> i64 {
    let sql = "SELECT (SELECT count(*) FROM upload) + (SELECT count(*) FROM upload_line) AS n";
    desk.place().number(sql, json!([]))
}

#[test]
fn imports_are_counted_by_the_day() {
    let desk = Desk::new();
    let place = desk.place();
    for (state, most) in [("unverified", 10), ("verified", 40)] {
        let organization = place.organization_in_state(state);
        for n in 0..most {
            drafts(&desk, &organization, "", 1, n).is(202);
            desk.passes(HOUR / 4);
        }
        let before = kept(&desk);
        let refused = drafts(&desk, &organization, "", 1, 1).refused(429, "import_quota_spent");
        assert_eq!(kept(&desk), before);
        // Until the first of them is a day old.
        let wait = DAY - most as i64 * HOUR / 4;
        assert_eq!(
            refused.header("retry-after"),
            Some(&*(wait / 1000).to_string())
        );
        desk.passes(wait);
        drafts(&desk, &organization, "", 1, 1).is(202);
        drafts(&desk, &organization, "", 1, 1).refused(429, "import_quota_spent");
    }
}

#[test]
fn a_trial_done_for_real_counts_twice() {
    let desk = Desk::new();
    let organization = desk.place().organization_in_state("unverified");
    let trial = drafts(&desk, &organization, "?dry_run=1", 300, 1).is(202);
    let apply = format!("{}/apply", trial.header("location").unwrap());
    let apply = Request::new("POST", apply).bearer(&organization.key);
    desk.place().send(&apply).refused(429, "import_quota_spent");
    drafts(&desk, &organization, "", 200, 1).is(202);
    drafts(&desk, &organization, "", 1, 1).refused(429, "import_quota_spent");
}

#[test]
fn bytes_are_counted_by_the_day() {
    let desk = Desk::new();
    let place = desk.place();
    for (state, all) in [("unverified", 2_000_000), ("verified", 100_000_000)] {
        let organization = place.organization_in_state(state);
        // As if this had been handed in a moment ago.
        place.rows(
            "INSERT INTO upload (id, organization_id, format, created_at, bytes) VALUES (?1, ?1, 'ndjson', ?2, ?3)",
            json!([organization.id, desk.now().millis(), all - 250_000]),
        );
        let before = kept(&desk);
        drafts(&desk, &organization, "", 26, 10_000).refused(429, "import_quota_spent");
        assert_eq!(kept(&desk), before);
        drafts(&desk, &organization, "", 24, 10_000).is(202);
        desk.passes(DAY);
        drafts(&desk, &organization, "", 26, 10_000).is(202);
    }
}

#[test]
fn a_file_that_breaks_off_counts_as_far_as_it_came() {
    let desk = Desk::new();
    let organization = desk.place().organization_in_state("unverified");
    let lines = format!("{}\n", json!({"client_ref": "x".repeat(1_000)})).repeat(1_000);
    let push = || {
        let visit = desk.visit_with(&organization.key);
        let mut receiving = Receiving::new(&visit, &organization.id, Some(Format::Ndjson));
        receiving.push(lines.as_bytes()).block_on()
    };
    push().unwrap();
    let refused = push().unwrap_err();
    assert_eq!(refused.code(), "import_quota_spent");
    drafts(&desk, &organization, "", 1, 1).is(202);
}
