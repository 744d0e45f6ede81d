//! What one endpoint may cost the others, and whoever it calls.

use std::collections::BTreeSet;

use diandan::platform::clock::{DAY, HOUR, Instant, MINUTE};
use diandan::webhooks::{self, Failure};
use pollster::FutureExt as _;
use serde_json::json;

use super::{Ears, claim, run};
use crate::support::desk::Desk;
use crate::support::place::Place as _;

/// So many events wait for an endpoint since then.
pub fn waiting(desk: &Desk, webhook: &str, many: i64, since: Instant) {
    desk.place().rows(
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?2)
         INSERT INTO webhook_delivery (webhook_id, type, data, created_at)
         SELECT ?1, 'signup.created', '{}', ?3 FROM n",
        json!([webhook, many, since.millis()]),
    );
}

fn rounds_until(desk: &Desk, url: &str) -> usize {
    (1..=200)
        .find(|_| claim(desk).iter().any(|due| due.url == url))
        .expect("its turn comes")
}

#[test]
fn a_thousand_events_of_one_endpoint_hold_up_nobody_else() {
    let desk = Desk::new();
    let loud = Ears::of(&desk, &[]);
    let quiet = Ears::of(&desk, &[]);
    waiting(&desk, &loud.id, 1000, desk.now());
    let url = quiet.moves_to("https://quiet.example.org/in");
    waiting(&desk, &quiet.id, 1, desk.now());
    assert_eq!(rounds_until(&desk, &url), 1);
    assert_eq!(claim(&desk).len(), 6, "what is left over is the loud one's");
}

#[test]
fn many_loud_endpoints_leave_a_turn_to_a_quiet_one() {
    let desk = Desk::new();
    for _ in 0..10 {
        waiting(&desk, &Ears::of(&desk, &[]).id, 500, desk.now());
    }
    let quiet = Ears::of(&desk, &[]);
    let url = quiet.moves_to("https://quiet.example.org/in");
    waiting(&desk, &quiet.id, 1, desk.now());
    rounds_until(&desk, &url);
}

#[test]
fn a_round_is_as_large_as_it_is_asked_to_be() {
    let desk = Desk::new();
    let ears = Ears::of(&desk, &[]);
    waiting(&desk, &ears.id, 9, desk.now());
    let due = webhooks::claim(&desk.db, desk.now(), 4).block_on().unwrap();
    assert_eq!(due.len(), 4);
}

#[test]
fn old_deliveries_are_forgotten_a_slice_at_a_time() {
    let desk = Desk::new();
    let ears = Ears::of(&desk, &[]);
    waiting(&desk, &ears.id, 1500, desk.now().plus(-31 * DAY));
    let left = || {
        run(&desk, vec![webhooks::forget(desk.now())]);
        desk.place()
            .number("SELECT count(*) AS n FROM webhook_delivery", json!([]))
    };
    assert_eq!((left(), left(), left()), (500, 0, 0));
}

#[test]
fn only_a_verified_organization_has_its_endpoints_called_at_will() {
    let desk = Desk::new();
    let ears = Ears::of(&desk, &[]);
    waiting(&desk, &ears.id, 1, desk.now());
    let id = ears.reads("/deliveries")["items"][0]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    for state in ["unverified", "suspended"] {
        ears.organization_becomes(state);
        for rest in ["/test", &format!("/deliveries/{id}/replay")] {
            desk.place()
                .send(&ears.request("POST", rest))
                .refused(403, "organization_not_verified");
        }
    }
    ears.organization_becomes("verified");
    desk.place().send(&ears.request("POST", "/test")).is(202);
}

#[test]
fn an_endpoint_is_tried_out_five_times_an_hour_at_most() {
    let desk = Desk::new();
    let ears = Ears::of(&desk, &[]);
    let other = Ears::of(&desk, &[]);
    let tries = |key: &str| {
        let request = ears.request("POST", "/test").header("idempotency-key", key);
        desk.place().send(&request)
    };
    for key in ["1", "2", "3", "4"] {
        tries(key).is(202);
    }
    desk.passes(10 * MINUTE);
    tries("5").is(202);
    let refused = tries("6");
    assert_eq!(refused.header("retry-after"), Some("3000"));
    refused.refused(429, "too_many_tests");
    tries("5").is(202);
    desk.place().send(&other.request("POST", "/test")).is(202);
    desk.passes(50 * MINUTE - 1);
    tries("6").refused(429, "too_many_tests");
    desk.passes(1);
    tries("6").is(202);
}

#[test]
fn a_test_is_made_once() {
    let desk = Desk::new();
    let ears = Ears::of(&desk, &[]);
    let test = desk
        .place()
        .send(&ears.request("POST", "/test"))
        .is(202)
        .member("id");
    let due = claim(&desk);
    run(
        &desk,
        webhooks::failed(&due[0], Some(500), Failure::Refused, desk.now()),
    );
    let failed = &ears.reads("/deliveries")["items"][0];
    assert_eq!(
        (&failed["state"], &failed["next_attempt_at"]),
        (&json!("abandoned"), &json!(null))
    );
    desk.passes(DAY);
    assert!(claim(&desk).is_empty());
    desk.place()
        .send(&ears.request("POST", &format!("/deliveries/{test}/replay")))
        .refused(409, "not_replayable");
}

#[test]
fn a_secret_is_not_changed_twice_within_a_day() {
    let desk = Desk::new();
    let ears = Ears::of(&desk, &[]);
    let rotates = || desk.place().send(&ears.request("POST", "/secret"));
    let first = rotates().is(200);
    desk.passes(DAY - HOUR);
    let until = first.member("previous_secret_until");
    let refused = rotates();
    assert_eq!(refused.json()["possible_at"], until.as_str());
    refused.refused(409, "secret_just_rotated");
    let page = format!(
        "/organizations/{}/webhooks/{}",
        ears.organization.id, ears.id
    );
    let shown = ears.owner.reads(&page).is(200).text();
    assert!(shown.contains("之后才能再换") && !shown.contains("/rotate\""));
    ears.owner
        .sends("POST", &format!("{page}/rotate"), &json!({}))
        .is(409);
    desk.passes(HOUR);
    rotates().is(200);
}

#[test]
fn whoever_is_no_owner_any_more_is_not_answered_again() {
    let desk = Desk::new();
    let ears = Ears::of(&desk, &[]);
    waiting(&desk, &ears.id, 1, desk.now());
    let id = ears.reads("/deliveries")["items"][0]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let register = format!("/api/v1/organizations/{}/webhooks", ears.organization.id);
    let posts = [
        register.clone(),
        ears.path("/secret"),
        ears.path("/test"),
        ears.path(&format!("/deliveries/{id}/replay")),
    ];
    // A key each: one key is one request.
    let post = |at: usize| {
        let target = &posts[at];
        let request = ears
            .owner
            .request("POST", target)
            .header("idempotency-key", format!("once-{at}"));
        let request = match *target == register {
            true => request.json(&json!({"url": super::URL})),
            false => request,
        };
        desk.place().send(&request)
    };
    let first: Vec<_> = (0..posts.len()).map(|at| post(at).status).collect();
    assert_eq!(first, [201, 200, 202, 202]);
    ears.organization.member("owner");
    let demote = "UPDATE member SET role = 'manager' WHERE volunteer_id = ?1";
    desk.place().rows(demote, json!([ears.owner.id]));
    for at in 0..posts.len() {
        let again = post(at);
        assert!(!again.text().contains("whsec_"), "{again:?}");
        again.refused(403, "forbidden");
    }
    let gone = "DELETE FROM member WHERE volunteer_id = ?1";
    desk.place().rows(gone, json!([ears.owner.id]));
    for at in 0..posts.len() {
        post(at).refused(403, "forbidden");
    }
}

#[test]
fn why_nothing_arrived_is_a_word_and_said_in_both_languages() {
    let desk = Desk::new();
    let ears = Ears::of(&desk, &[]);
    let page = format!(
        "/organizations/{}/webhooks/{}",
        ears.organization.id, ears.id
    );
    let mut seen = BTreeSet::new();
    for (kept, word, zh, en) in [
        (
            "unreachable",
            "unreachable",
            "连不上",
            "Could not be reached",
        ),
        (
            "timeout",
            "timeout",
            "10 秒内没有回应",
            "No answer within 10 seconds",
        ),
        (
            "redirected",
            "redirected",
            "不跟随跳转",
            "Redirects are not followed",
        ),
        ("refused", "refused", "没有接收", "Did not take it"),
        ("it answered 500", "other", "没有送达", "Did not arrive"),
    ] {
        desk.place().rows(
            "INSERT INTO webhook_delivery (webhook_id, type, data, attempts, attempted_at, last_error)
             VALUES (?1, 'signup.created', '{}', 1, 0, ?2)",
            json!([ears.id, kept]),
        );
        assert_eq!(ears.reads("/deliveries")["items"][0]["error"], word);
        let read = |language: &str| {
            let request = ears
                .owner
                .request("GET", &page)
                .header("accept-language", language);
            desk.place().send(&request).is(200).text()
        };
        let chinese = read("zh");
        assert!(chinese.contains(zh), "{word}");
        assert!(!chinese.contains("it answered"), "{word}");
        assert!(read("en").contains(en), "{word}");
        assert!(seen.insert(zh));
    }
}
