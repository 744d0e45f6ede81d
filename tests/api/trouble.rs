//! When something does not work, and what must not come out then. These break things,
//! each in a Worker of its own.

use serde_json::json;

use crate::support::app::App;
use crate::support::notice::{Notice, morning, shift, with_waitlist};
use crate::support::request::Request;
use crate::support::soon;

#[test]
fn a_message_the_gateway_refused_is_sent_again_by_the_clock() {
    let app = App::start();
    let place = app.place();
    app.gateway_answers(500);
    let ming = place.stranger();
    ming.asks_for_a_code().is(202);
    let failures = || {
        let sql = "SELECT count(*) AS n FROM outbox WHERE attempts = 1 AND last_error LIKE '%500%' AND sent_at IS NULL";
        place.number(sql, json!([]))
    };
    soon("the failure", || failures() == 1);
    assert_eq!(app.deliveries().len(), 1);

    app.gateway_answers(204);
    app.ticks();
    assert_eq!(app.deliveries().len(), 1, "a minute has not passed");
    let due = "SELECT due_at - created_at AS n FROM outbox";
    let pause = place.number(due, json!([]));
    assert!((60_000..90_000).contains(&pause), "{pause} ms");

    place.rows("UPDATE outbox SET due_at = 0", json!([]));
    app.ticks();
    soon("the delivery", || {
        let sql = "SELECT count(*) AS n FROM outbox WHERE sent_at IS NOT NULL AND last_error IS NULL AND secret_sealed IS NULL";
        place.number(sql, json!([])) == 1
    });
    let deliveries = app.deliveries();
    assert_eq!(deliveries.len(), 2);
    assert_eq!(
        deliveries[0], deliveries[1],
        "the same message with the same id"
    );
    ming.shows_code(&ming.newest_code()).is(201);

    app.ticks();
    assert_eq!(
        app.deliveries().len(),
        2,
        "what has arrived is not sent again"
    );
}

#[test]
fn everybody_is_told_when_a_large_shift_is_called_off() {
    let app = App::start();
    let place = app.place();
    let organization = place.organization();
    let notice = Notice::of(&[with_waitlist(shift("a", morning(place.now(), 5), 70), 60)]);
    let project = organization.publishes(&notice);
    let crowd = place.crowd(130);
    let a = project.shift("a");
    for volunteer in &crowd {
        volunteer.signs_up(&a).is(201);
    }
    let off = notice.with_shift(0, "state", "cancelled");
    organization.changes(&project, &off.with_shift(0, "change_reason", "暴雨"));
    let unsent = || {
        let sql = "SELECT count(*) AS n FROM outbox WHERE sent_at IS NULL";
        place.number(sql, json!([]))
    };
    // Minute by minute, some twenty each on the plan with the fewest calls.
    for _ in 0..8 {
        app.ticks();
    }
    soon("the last delivery", || unsent() == 0);
    let mut told: Vec<_> = app
        .deliveries()
        .iter()
        .map(|message| message["to"].as_str().unwrap().to_owned())
        .collect();
    told.sort();
    let mut phones: Vec<_> = crowd
        .iter()
        .map(|volunteer| volunteer.phone.clone())
        .collect();
    phones.sort();
    assert_eq!(told, phones, "everybody, and once");
}

#[test]
fn the_log_knows_no_person() {
    let app = App::start();
    let place = app.place();
    let organization = place.organization();
    let start = morning(place.now(), 5);
    let notice = Notice::of(&[with_waitlist(shift("a", start, 1), 1)]);
    let project = organization.publishes(&notice);
    let a = project.shift("a");
    let (ming, hong) = (place.volunteer(), place.volunteer());
    let owner = organization.member("owner");
    let born = format!("{}-01-01", start.date().year() - 16);
    let guardian = json!({"name": "监护人甲", "phone": "13700137000"});
    let seat = ming
        .signs_up_saying(&a, &json!({"birth_date": born, "guardian": guardian}))
        .is(201)
        .member("id");
    hong.takes(&a, "waitlisted");
    owner.reads_roster(&a).is(200);
    organization.reads_roster(&a).is(200);
    let calendar = ming.calendar_path();
    place.get(&calendar).is(200);
    ming.cancels(&seat).is(204);
    hong.is_told("signup_promoted");
    // Also when it goes wrong.
    app.gateway_answers(500);
    let tao = place.stranger();
    tao.asks_for_a_code().is(202);
    soon("the failure", || {
        app.logs().contains("the gateway answered 500")
    });
    ming.shows_code("000000").is(403);
    place
        .get(&format!("/api/v1/projects?q={}", ming.phone))
        .is(200);
    place.get(&format!("/{}", ming.phone)).is(404);
    place.get(&format!("/calendar/{}", hong.session)).is(404);
    let broken = ming.request("POST", &a.signups());
    let broken = broken.bytes("application/json", ming.phone.clone().into_bytes());
    place.send(&broken).is(422);
    app.ticks();

    let log = app.logs();
    assert!(
        log.contains("/api/v1/sign-in-codes"),
        "something is logged: {log}"
    );
    let token = calendar
        .trim_start_matches("/calendar/")
        .trim_end_matches(".ics");
    for secret in [
        ming.phone.as_str(),
        &hong.phone,
        &tao.phone,
        &owner.phone,
        "13700137000",
        &ming.name,
        &hong.name,
        &owner.name,
        "监护人甲",
        &born,
        &ming.session,
        &hong.session,
        &organization.key,
        token,
        &ming.address,
    ] {
        assert!(!log.contains(secret), "{secret} is in the log: {log}");
    }
}

#[test]
fn a_fault_inside_stays_inside() {
    let app = App::start();
    let place = app.place();
    let ming = place.volunteer();
    place.rows("ALTER TABLE shift RENAME TO elsewhere", json!([]));
    place.rows("ALTER TABLE region RENAME TO nowhere", json!([]));
    let shift = uuid::Uuid::new_v4();
    let mut ids = Vec::new();
    for request in [
        Request::get("/api/v1/regions"),
        Request::get(format!("/api/v1/projects/{shift}")),
        ming.request("POST", &format!("/api/v1/shifts/{shift}/signups"))
            .json(&json!({})),
        Request::get("/"),
        Request::get(format!("/projects/{shift}")),
    ] {
        let answer = place.send(&request).is(500);
        let id = answer.header("x-request-id").unwrap().to_owned();
        let text = answer.text();
        assert!(text.contains(&id), "there is a number to quote: {text}");
        let lower = text.to_lowercase();
        for inside in [
            "sqlite",
            "d1_",
            "no such",
            "select",
            "nowhere",
            "elsewhere",
            "panick",
            ".rs",
        ] {
            assert!(!lower.contains(inside), "{inside} is in {text}");
        }
        if request.target.starts_with("/api/") {
            let problem = answer.refused(500, "internal");
            assert_eq!(problem.member("request_id"), id);
        }
        ids.push(id);
    }
    for id in ids {
        soon("a line in the log", || app.logs().contains(&id));
    }
    soon("why", || app.logs().contains("no such table"));
    // What does not need the broken part still works.
    ming.reads("/api/v1/me").is(200);
}
