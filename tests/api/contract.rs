//! The OpenAPI document itself. That answers keep to it is checked wherever one is
//! received: see `support::contract`.

use std::collections::BTreeSet;

use crate::support::app::app;
use crate::support::contract::contract;

#[test]
fn the_worker_serves_the_document_of_its_handlers() {
    let served = app().get("/api/openapi.json").is(200);
    assert_eq!(served.header("content-type"), Some("application/json"));
    // Whole documents say little in a message.
    let same = served.json() == contract().document;
    assert!(same, "run: cargo run --bin openapi >docs/openapi.json");
}

#[test]
fn every_operation_has_an_id_of_its_own() {
    let mut seen = BTreeSet::new();
    for (method, path, operation) in contract().operations() {
        let id = operation["operationId"].as_str().unwrap();
        assert!(seen.insert(id), "{method} {path} is a second {id}");
    }
}

#[test]
fn problems_are_documented_as_what_they_are() {
    for (method, path, operation) in contract().operations() {
        for (status, response) in operation["responses"].as_object().unwrap() {
            let Some(content) = response["content"].as_object() else {
                continue;
            };
            let media: Vec<_> = content.keys().map(String::as_str).collect();
            let expected = match status.parse::<u16>().unwrap() {
                400.. => &["application/problem+json"][..],
                // Files.
                _ if path.ends_with("/records/export") => &["application/json", "text/csv"],
                _ if path.ends_with("/export") => &["application/x-ndjson", "text/csv"],
                _ if path.ends_with(".csv") => &["text/csv"],
                _ if path.ends_with("/report") => &["application/json", "text/csv"],
                _ => &["application/json"],
            };
            assert_eq!(media, expected, "{method} {path} {status}");
        }
    }
}

#[test]
fn whoever_needs_a_credential_is_told_which() {
    for (method, path, operation) in contract().operations() {
        let documents = |status: &str| !operation["responses"][status].is_null();
        assert_eq!(
            operation["security"].is_array(),
            documents("401"),
            "{method} {path}"
        );
    }
}
