//! What somebody with bad intentions, or bad luck, tries.

use serde_json::json;

use crate::support::app::app;
use crate::support::notice::{Notice, morning, shift};
use crate::support::request::{Request, query};

#[test]
fn a_million_faults_are_not_answered_one_by_one() {
    let volunteer = app().adult();
    let target = "/api/v1/shifts/01990000-0000-7000-8000-000000000001/signups";
    let long = json!({"skills": vec![""; 50_000]});
    volunteer_refused(&volunteer.request("POST", target).json(&long), 413);
    let many = json!({"skills": vec![""; 500]});
    volunteer_refused(&volunteer.request("POST", target).json(&many), 422);
    // Nobody's body is not even read.
    volunteer_refused(&Request::new("POST", target).json(&long), 401);
}

#[track_caller]
fn volunteer_refused(request: &Request, status: u16) {
    let answer = app().send(request).is(status);
    assert!(answer.body.len() < 20_000, "{} bytes", answer.body.len());
}

#[test]
fn a_question_of_forty_different_characters_is_a_question() {
    let q: String = ('一'..).filter(|c| c.is_alphanumeric()).take(40).collect();
    let conditions = [
        ("q", q.as_str()),
        ("field", "care"),
        ("region", "360731"),
        ("skill", "driving"),
        ("age", "15"),
        ("from", "2030-01-01"),
        ("to", "2030-02-01"),
        ("free", "1"),
        ("sort", "newest"),
    ];
    app().menu(&conditions).is(200);
    app().get(&format!("/?{}", query(&conditions))).is(200);
}

#[test]
fn replacing_at_once_ends_in_one_of_them_and_never_in_a_fault_of_ours() {
    let organization = app().organization();
    let start = morning(app().now(), 4);
    let statuses: Vec<u16> = std::thread::scope(|scope| {
        let writers: Vec<_> = (0..24)
            .map(|n| {
                let notice =
                    Notice::of(&[shift("a", start, 5)]).with("summary", format!("第{n}版"));
                let organization = &organization;
                scope.spawn(move || organization.puts("same", &notice.0).status)
            })
            .collect();
        writers
            .into_iter()
            .map(|writer| writer.join().unwrap())
            .collect()
    });
    assert!(
        statuses
            .iter()
            .all(|status| [200, 201, 503].contains(status)),
        "{statuses:?}"
    );
    assert_eq!(
        statuses.iter().filter(|status| **status == 201).count(),
        1,
        "{statuses:?}"
    );
}

#[test]
fn what_was_published_is_never_emptied_under_those_who_hold_tickets() {
    let organization = app().organization();
    let notice = Notice::of(&[shift("a", morning(app().now(), 4), 5)]);
    let project = organization.publishes(&notice);
    let volunteer = app().adult();
    let signup = volunteer.takes(&project.shift("a"), "confirmed");
    volunteer.cancels(&signup).is(204);
    organization
        .puts(&project.reference, &json!({}))
        .refused(422, "invalid_fields");
    organization
        .puts(&project.reference, &notice.with("state", "draft").0)
        .is(200);
    assert_eq!(volunteer.ticket(&signup)["state"], "cancelled");
}

#[test]
fn a_suspended_organization_can_still_call_off() {
    let organization = app().organization();
    let notice = Notice::of(&[shift("a", morning(app().now(), 4), 5)]);
    let project = organization.publishes(&notice);
    let volunteer = app().adult();
    let signup = volunteer.takes(&project.shift("a"), "confirmed");
    app().rows(
        "UPDATE organization SET state = 'suspended' WHERE id = ?1",
        json!([organization.id]),
    );
    let changed = notice.clone().with("summary", "另一句");
    organization
        .puts(&project.reference, &changed.0)
        .refused(403, "organization_not_verified");
    let off = notice
        .with("state", "cancelled")
        .with("change_reason", "组织被暂停");
    organization.puts(&project.reference, &off.0).is(200);
    assert_eq!(volunteer.ticket(&signup)["state"], "cancelled");
    volunteer.is_told("组织被暂停");
}

#[test]
fn asking_again_to_withdraw_changes_nothing_more() {
    let organization = app().organization();
    let notice =
        Notice::of(&[shift("a", morning(app().now(), 1), 5)]).with("cancel_until_minutes", 4320);
    let project = organization.publishes(&notice);
    let volunteer = app().adult();
    let signup = volunteer.takes(&project.shift("a"), "confirmed");
    for _ in 0..3 {
        volunteer.cancels(&signup).is(202);
    }
    let acts = app().number(
        "SELECT count(*) AS n FROM audit WHERE subject = ?1",
        json!([format!("signup:{signup}")]),
    );
    assert_eq!(acts, 1);
}

#[test]
fn a_strangers_guesses_do_not_lock_anybody_out() {
    let ming = app().stranger();
    ming.asks_for_a_code().is(202);
    let code = ming.newest_code();
    let mut stranger = app().stranger();
    stranger.phone.clone_from(&ming.phone);
    let wrong = if code == "000000" { "111111" } else { "000000" };
    for _ in 0..6 {
        stranger.shows_code(wrong).refused(403, "wrong_code");
    }
    stranger.shows_code(&code).refused(403, "wrong_code");
    ming.shows_code(&code).is(201);
}
