//! Coming and going, where requests really arrive at once.

use std::thread;

use serde_json::json;

use crate::support::app::app;
use crate::support::notice::{Notice, morning, shift};

#[test]
fn two_taps_at_once_are_one_check_in() {
    let organization = app().organization();
    let notice = Notice::of(&[shift("a", morning(app().now(), 3), 5)]);
    let shift = organization.publishes(&notice).shift("a");
    let volunteer = app().adult();
    let signup = volunteer.takes(&shift, "confirmed");
    shift.begins(app());
    let mut statuses: Vec<u16> = thread::scope(|scope| {
        let taps: Vec<_> = (0..6)
            .map(|_| scope.spawn(|| volunteer.checks("in", &shift).status))
            .collect();
        taps.into_iter().map(|tap| tap.join().unwrap()).collect()
    });
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 409, 409, 409, 409, 409]);
    let rows = "SELECT count(*) AS n FROM attendance WHERE signup_id = ?1";
    assert_eq!(app().number(rows, json!([signup])), 1);
}

#[test]
fn a_whole_shift_is_entered_at_once_and_a_retry_enters_nobody() {
    let organization = app().organization();
    let notice = Notice::of(&[shift("a", morning(app().now(), 3), 50)]);
    let shift = organization.publishes(&notice).shift("a");
    for volunteer in app().crowd(20) {
        volunteer.takes(&shift, "confirmed");
    }
    shift.begins(app());
    let recorder = organization.member("recorder");
    let target = format!("{}-by-hand", shift.attendance());
    let body = json!({"kind": "in", "reason": "现场没有信号"});
    let request = recorder.request("POST", &target).json(&body);
    let request = request.header("idempotency-key", "all-of-them");
    let first = app().send(&request).is(200);
    assert_eq!(first.json()["items"].as_array().unwrap().len(), 20);
    let again = app().send(&request).is(200);
    assert_eq!(again.header("idempotency-replayed"), Some("true"));
    assert_eq!(again.body, first.body);
    let rows = "SELECT count(*) AS n FROM attendance WHERE shift_id = ?1 AND method = 'hand'";
    assert_eq!(app().number(rows, json!([shift.id])), 20);
}
