//! Coming and going: by the code, kept on a phone, by the sheet, by hand.

use diandan::hours::attendance::{Window, sheet_path};
use diandan::platform::clock::{DAY, HOUR, Instant, MINUTE};
use serde_json::{Value, json};

use crate::support::at;
use crate::support::attendance::{coming, not_shown, shown};
use crate::support::desk::Desk;
use crate::support::notice::{Notice, shift, with_waitlist};
use crate::support::people::{Organization, Shift, Volunteer};
use crate::support::place::{Place as _, keys};
use crate::support::records::Seen;
use crate::support::request::Request;

const NINE: &str = "2026-11-28T09:00:00+08:00";

/// A shift of two hours at nine with five seats.
fn at_nine(organization: &Organization<'_>) -> Shift {
    let notice = Notice::of(&[with_waitlist(shift("a", at(NINE), 5), 2)]);
    organization.publishes(&notice).shift("a")
}

fn kept(desk: &Desk) -> i64 {
    desk.place()
        .number("SELECT count(*) AS n FROM attendance", json!([]))
}

#[test]
fn a_volunteer_checks_in_and_out_by_the_code() {
    let desk = Desk::new();
    let organization = desk.place().organization();
    let shift = at_nine(&organization);
    let volunteer = desk.place().adult();
    let signup = volunteer.takes(&shift, "confirmed");
    desk.it_is(at(NINE).plus(5 * MINUTE));
    let calls = desk.db.meter().calls();
    let came = volunteer.checks("in", &shift).is(201).json();
    assert_eq!(desk.db.meter().calls() - calls, 1);
    assert_eq!(came["signup_id"], signup.as_str());
    assert_eq!(came["happened_at"], desk.now().rfc3339());
    assert_eq!(
        (&came["method"], &came["late"]),
        (&json!("code"), &json!(false))
    );
    desk.passes(HOUR);
    volunteer
        .checks("in", &shift)
        .refused(409, "already_checked_in");
    volunteer.checks("out", &shift).is(201);
    volunteer
        .checks("out", &shift)
        .refused(409, "already_checked_out");
    // Away for lunch, and back.
    desk.passes(10 * MINUTE);
    volunteer.checks("in", &shift).is(201);

    let list = organization.reads_attendance(&shift);
    assert_eq!(list["opens_at"], at(NINE).plus(-HOUR).rfc3339());
    let person = &list["items"][0];
    assert_eq!(person["name"], volunteer.name.as_str());
    let kinds: Vec<&Value> = person["events"]
        .as_array()
        .unwrap()
        .iter()
        .map(|e| &e["kind"])
        .collect();
    assert_eq!(kinds, ["in", "out", "in"]);
    assert_eq!(person["events"][0]["id"], came["id"]);
    assert_eq!(
        person["events"][0]["actor"],
        format!("volunteer:{}", volunteer.id)
    );
}

fn seen_of(list: &Value) -> Vec<(&Value, &Value)> {
    let events = list["items"][0]["events"].as_array().unwrap();
    let seen = events.iter();
    seen.map(|event| (&event["kind"], &event["counts"]))
        .collect()
}

#[test]
fn whoever_is_moved_comes_anew() {
    let desk = Desk::new();
    let organization = desk.place().organization();
    let days = [0, 3].map(|days| at(NINE).plus(days * DAY));
    let notice = Notice::of(&[shift("a", days[0], 5), shift("b", days[1], 5)]);
    let project = organization.publishes(&notice);
    let [a, b] = ["a", "b"].map(|reference| project.shift(reference));
    let volunteer = desk.place().adult();
    let signup = volunteer.takes(&a, "confirmed");
    desk.it_is(days[0]);
    let code = shown(&a, desk.now()).1;
    let coming = coming("in", &code);
    let came = volunteer.sends("POST", &a.attendance(), &coming).is(201);
    assert_eq!(came.json()["counts"], true);
    organization.moves(&signup, &b).is(200);
    let (yes, no) = (json!(true), json!(false));
    let (came, went) = (json!("in"), json!("out"));
    let list = organization.reads_attendance(&b);
    assert_eq!(seen_of(&list), [(&came, &no)]);

    desk.it_is(days[1]);
    let door = Request::get(b.check_in_link(desk.now())).browser(&volunteer.session);
    let text = desk.place().send(&door).is(200).text();
    assert!(text.contains("value=\"in\""), "{text}");
    assert!(text.contains("不作为这个班次的依据"), "{text}");
    let desk_page = format!("/shifts/{}/attendance", b.id);
    let owner = organization.member("owner");
    let page = Request::get(&*desk_page).browser(&owner.session);
    let text = desk.place().send(&page).is(200).text();
    assert!(text.contains("已签到 0"), "{text}");
    // The same evidence is not sent again for another shift.
    let mut again = coming.clone();
    again["code"] = json!(shown(&b, desk.now()).1);
    volunteer
        .sends("POST", &b.attendance(), &again)
        .refused(409, "attendance_id_taken");
    volunteer.checks("in", &b).is(201);
    volunteer
        .checks("in", &b)
        .refused(409, "already_checked_in");
    volunteer.checks("out", &b).is(201);
    let list = organization.reads_attendance(&b);
    assert_eq!(seen_of(&list), [(&came, &no), (&came, &yes), (&went, &yes)]);
    let text = desk.place().send(&page).is(200).text();
    assert!(text.contains("已签到 1 · 已签退 1"), "{text}");
}

#[test]
fn everybody_is_entered_at_the_shift_they_are_on_now() {
    let desk = Desk::new();
    let organization = desk.place().organization();
    let days = [0, 3].map(|days| at(NINE).plus(days * DAY));
    let notice = Notice::of(&[shift("a", days[0], 5), shift("b", days[1], 5)]);
    let project = organization.publishes(&notice);
    let [a, b] = ["a", "b"].map(|reference| project.shift(reference));
    let volunteer = desk.place().adult();
    let signup = volunteer.takes(&a, "confirmed");
    desk.it_is(days[0]);
    volunteer.checks("in", &a).is(201);
    organization.moves(&signup, &b).is(200);
    desk.it_is(days[1].plus(2 * HOUR));
    let all =
        |kind: &str| json!({"kind": kind, "happened_at": desk.now().rfc3339(), "reason": "停电"});
    let entered = |kind| {
        let answer = organization.enters(&b, &all(kind)).is(200).json();
        answer["items"].as_array().unwrap().len()
    };
    // Nobody goes who has not come here.
    assert_eq!(entered("out"), 0);
    assert_eq!([entered("in"), entered("out")], [1, 1]);
}

#[test]
fn the_window_of_what_counts_is_the_window_of_checking_in() {
    let desk = Desk::new();
    let organization = desk.place().organization();
    let shift = at_nine(&organization);
    let signup = desk.place().adult().takes(&shift, "confirmed");
    let window = Window::of(at(NINE), at(NINE).plus(2 * HOUR));
    let edges = [
        (window.opens_at.plus(-1), false),
        (window.opens_at, true),
        (window.closes_at, true),
        (window.closes_at.plus(1), false),
    ];
    for (happened_at, _) in edges {
        Seen::by_code("in", happened_at).write(desk.place(), &signup);
    }
    let list = organization.reads_attendance(&shift);
    let counted: Vec<_> = seen_of(&list)
        .into_iter()
        .map(|(_, counts)| counts)
        .collect();
    assert_eq!(
        counted,
        edges
            .map(|(_, counts)| json!(counts))
            .iter()
            .collect::<Vec<_>>()
    );
}

#[test]
fn two_taps_are_one_check_in_whichever_arrives_first() {
    let desk = Desk::new();
    let organization = desk.place().organization();
    let shift = at_nine(&organization);
    let volunteer = desk.place().adult();
    volunteer.takes(&shift, "confirmed");
    desk.it_is(at(NINE).plus(1));
    let (_, code) = shown(&shift, desk.now());
    let body = coming("in", &code);
    let first = volunteer.sends("POST", &shift.attendance(), &body).is(201);
    let second = volunteer.sends("POST", &shift.attendance(), &body).is(201);
    assert_eq!(first.body, second.body);
    assert_eq!(second.header("idempotency-replayed"), Some("true"));
    // Another tap left a moment before and was overtaken.
    desk.passes(-1);
    volunteer
        .checks("in", &shift)
        .refused(409, "already_checked_in");
    assert_eq!(kept(&desk), 1);
    // The same id for something else.
    let mut other = body.clone();
    other["kind"] = json!("out");
    volunteer
        .sends("POST", &shift.attendance(), &other)
        .refused(409, "attendance_id_taken");
}

#[test]
fn only_those_with_a_place_check_in_and_only_around_the_shift() {
    let desk = Desk::new();
    let organization = desk.place().organization();
    let small = organization.publishes(&Notice::of(&[with_waitlist(shift("a", at(NINE), 1), 2)]));
    let (small, other) = (small.shift("a"), at_nine(&organization));
    let crowd = desk.place().crowd(3);
    crowd[0].takes(&small, "confirmed");
    crowd[1].takes(&small, "waitlisted");
    for (moment, outcome) in [
        (at(NINE).plus(-HOUR - 1000), Some("attendance_not_open")),
        (at(NINE).plus(6 * HOUR + 1000), Some("attendance_closed")),
        (at(NINE).plus(6 * HOUR), None),
    ] {
        desk.it_is(moment);
        let answer = crowd[0].checks("out", &small);
        match outcome {
            Some(code) => {
                let problem = answer.refused(409, code).json();
                assert_eq!(problem["opens_at"], at(NINE).plus(-HOUR).rfc3339());
            }
            None => drop(answer.is(201)),
        }
    }
    desk.it_is(at(NINE));
    for outsider in &crowd[1..] {
        outsider.checks("in", &small).refused(409, "not_signed_up");
    }
    let (_, code) = shown(&other, desk.now());
    if code != shown(&small, desk.now()).1 {
        let answer = crowd[0].sends("POST", &small.attendance(), &coming("in", &code));
        answer.refused(422, "wrong_attendance_code");
    }
    let nowhere = Shift {
        id: uuid::Uuid::new_v4().to_string(),
    };
    crowd[0].checks("in", &nowhere).refused(404, "not_found");
    desk.place().rows(
        "UPDATE shift SET state = 'cancelled' WHERE id = ?1",
        json!([small.id]),
    );
    crowd[0]
        .checks("in", &small)
        .refused(409, "shift_cancelled");
}

#[test]
fn nobody_finds_a_code_by_trying() {
    let desk = Desk::new();
    let organization = desk.place().organization();
    let shift = at_nine(&organization);
    let crowd = desk.place().crowd(2);
    for volunteer in &crowd {
        volunteer.takes(&shift, "confirmed");
    }
    desk.it_is(at(NINE));
    let wrong = |body: &Value| crowd[0].sends("POST", &shift.attendance(), body);
    for _ in 0..5 {
        let body = coming("in", &not_shown(&shift, desk.now()));
        wrong(&body).refused(422, "wrong_attendance_code");
        desk.passes(1000);
    }
    let problem = crowd[0]
        .checks("in", &shift)
        .refused(429, "too_many_wrong_codes");
    assert_eq!(problem.header("retry-after"), Some("300"));
    crowd[1].checks("in", &shift).is(201);
    // An old code is no attempt, and others do not suffer from it.
    let (_, old) = shown(&shift, desk.now().plus(-3 * MINUTE));
    let stale = crowd[1].sends("POST", &shift.attendance(), &coming("out", &old));
    stale.refused(409, "attendance_code_expired");
    desk.passes(5 * MINUTE);
    crowd[0].checks("in", &shift).is(201);
    // And twenty a day, however slowly.
    for _ in 0..15 {
        desk.passes(5 * MINUTE);
        let body = coming("out", &not_shown(&shift, desk.now()));
        wrong(&body).refused(422, "wrong_attendance_code");
    }
    desk.passes(5 * MINUTE);
    crowd[0]
        .checks("out", &shift)
        .refused(429, "too_many_wrong_codes");
}

/// What a phone kept at a moment.
fn kept_at(shift: &Shift, seen: Instant, scanned: bool) -> Value {
    let (step, code) = shown(shift, seen);
    let mut body = coming("in", &code);
    body["happened_at"] = json!(seen.rfc3339());
    if scanned {
        body["step"] = json!(step.0);
    }
    body
}

#[test]
fn what_a_phone_kept_arrives_later_and_is_marked_so() {
    let desk = Desk::new();
    let organization = desk.place().organization();
    let shift = at_nine(&organization);
    let crowd = desk.place().crowd(4);
    for volunteer in &crowd {
        volunteer.takes(&shift, "confirmed");
    }
    let seen = at(NINE).plus(2 * MINUTE);
    // The end came through; the beginning follows days later.
    desk.it_is(at(NINE).plus(2 * HOUR));
    crowd[0].checks("out", &shift).is(201);
    desk.it_is(at(NINE).plus(2 * HOUR + 3 * DAY));
    for (volunteer, scanned) in crowd.iter().zip([true, false]) {
        let body = kept_at(&shift, seen, scanned);
        let came = volunteer
            .sends("POST", &shift.attendance(), &body)
            .is(201)
            .json();
        assert_eq!(
            (&came["late"], &came["happened_at"]),
            (&json!(true), &json!(seen.rfc3339()))
        );
        assert_eq!(came["received_at"], desk.now().rfc3339());
    }
    let events = organization.reads_attendance(&shift)["items"][0]["events"].clone();
    assert_eq!(
        (&events[0]["kind"], &events[1]["kind"]),
        (&json!("in"), &json!("out"))
    );
    // A time at which another code was shown, and one when nobody may check in.
    let mut moved = kept_at(&shift, seen, false);
    moved["happened_at"] = json!(seen.plus(5 * MINUTE).rfc3339());
    let answer = crowd[2].sends("POST", &shift.attendance(), &moved);
    answer.refused(422, "wrong_attendance_code");
    let early = kept_at(&shift, at(NINE).plus(-2 * HOUR), true);
    let answer = crowd[2].sends("POST", &shift.attendance(), &early);
    answer.refused(409, "attendance_not_open");
    desk.passes(1000);
    let answer = crowd[3].sends("POST", &shift.attendance(), &kept_at(&shift, seen, true));
    answer.refused(409, "attendance_closed");
}

#[test]
fn where_is_told_coarsely_or_not_at_all() {
    let desk = Desk::new();
    let organization = desk.place().organization();
    let shift = at_nine(&organization);
    let volunteer = desk.place().adult();
    volunteer.takes(&shift, "confirmed");
    desk.it_is(at(NINE));
    let mut body = coming("in", &shown(&shift, desk.now()).1);
    body["near"] = json!("25.95123,115.41456");
    let answer = volunteer.sends("POST", &shift.attendance(), &body);
    answer.refused(422, "invalid_fields");
    body["near"] = json!("25.95,115.41");
    let came = volunteer
        .sends("POST", &shift.attendance(), &body)
        .is(201)
        .json();
    assert_eq!(came["near"], "25.95,115.41");
}

#[test]
fn the_recorder_enters_all_who_lack_it_and_corrects_one() {
    let desk = Desk::new();
    let organization = desk.place().organization();
    let shift = at_nine(&organization);
    let crowd = desk.place().crowd(4);
    let signups: Vec<String> = crowd[..3]
        .iter()
        .map(|v| v.takes(&shift, "confirmed"))
        .collect();
    desk.it_is(at(NINE).plus(5 * MINUTE));
    crowd[0].checks("in", &shift).is(201);
    desk.it_is(at(NINE).plus(3 * HOUR));
    let body = json!({"kind": "in", "happened_at": NINE, "reason": "现场没有信号𠮷"});
    let entered = organization.enters(&shift, &body).is(200).json();
    let of: Vec<&str> = entered["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|e| e["signup_id"].as_str().unwrap())
        .collect();
    assert_eq!(of, [&*signups[1], &*signups[2]]);
    let first = &entered["items"][0];
    assert_eq!(
        (&first["method"], &first["reason"]),
        (&json!("hand"), &json!("现场没有信号𠮷"))
    );
    assert!(first["actor"].as_str().unwrap().starts_with("api_key:"));
    let again = organization.enters(&shift, &body).is(200).json();
    assert_eq!(again["items"], json!([]));
    // All out: only those who came and have not gone.
    crowd[0].checks("out", &shift).is(201);
    let body = json!({"kind": "out", "happened_at": at(NINE).plus(2 * HOUR).rfc3339(), "reason": "手机没电"});
    let entered = organization.enters(&shift, &body).is(200).json();
    assert_eq!(entered["items"].as_array().unwrap().len(), 2);
    // One by name, to another time; the same once more says nothing new.
    let body = json!({"kind": "in", "happened_at": at(NINE).plus(-MINUTE).rfc3339(), "signup_ids": [signups[0]], "reason": "扫码前已到"});
    let entered = organization.enters(&shift, &body).is(200).json();
    assert_eq!(entered["items"][0]["signup_id"], signups[0].as_str());
    let twice = organization.enters(&shift, &body).is(200).json();
    assert_eq!(twice["items"], json!([]));
    assert_eq!(kept(&desk), 7);
    let audits =
        "SELECT count(*) AS n FROM audit WHERE action = 'attendance.by_hand' AND subject = ?1";
    let subject = json!([format!("shift:{}", shift.id)]);
    assert_eq!(desk.place().number(audits, subject), 3);
    let named = "SELECT count(*) AS n FROM audit WHERE action = 'attendance.by_hand' AND after LIKE '%志愿者%'";
    assert_eq!(desk.place().number(named, json!([])), 0);
}

#[test]
fn an_entry_that_cannot_be_is_refused_whole() {
    let desk = Desk::new();
    let organization = desk.place().organization();
    let shift = at_nine(&organization);
    let elsewhere = at_nine(&organization);
    let crowd = desk.place().crowd(2);
    let here = crowd[0].takes(&shift, "confirmed");
    let there = crowd[1].takes(&elsewhere, "confirmed");
    desk.it_is(at(NINE).plus(HOUR));
    let ghost = uuid::Uuid::new_v4();
    let body = json!({"kind": "in", "signup_ids": [here, there, ghost], "reason": "补记"});
    let problem = organization
        .enters(&shift, &body)
        .refused(422, "invalid_fields")
        .json();
    let pointers: Vec<&Value> = problem["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|e| &e["pointer"])
        .collect();
    assert_eq!(pointers, ["/signup_ids/1", "/signup_ids/2"]);
    for (moment, status, code) in [
        (at(NINE).plus(HOUR + 1000), 422, "invalid_fields"),
        (at(NINE).plus(-HOUR - 1000), 409, "attendance_not_open"),
    ] {
        let body = json!({"kind": "in", "happened_at": moment.rfc3339(), "reason": "补记"});
        organization.enters(&shift, &body).refused(status, code);
    }
    desk.it_is(at(NINE).plus(8 * HOUR));
    let body = json!({"kind": "in", "reason": "补记"});
    organization
        .enters(&shift, &body)
        .refused(409, "attendance_closed");
    organization
        .enters(&shift, &json!({"kind": "in", "happened_at": NINE}))
        .refused(422, "invalid_fields");
    assert_eq!(kept(&desk), 0);
    // Nobody vouches for themselves, by name or among all.
    let recorder = organization.member("recorder");
    desk.it_is(at("2026-11-23T09:00:00+08:00"));
    let own = recorder.takes(&shift, "confirmed");
    desk.it_is(at(NINE).plus(HOUR));
    let by_hand = format!("{}-by-hand", shift.attendance());
    let named = json!({"kind": "in", "signup_ids": [own], "reason": "补记"});
    recorder
        .sends("POST", &by_hand, &named)
        .refused(403, "own_attendance");
    let all = json!({"kind": "in", "reason": "补记"});
    let entered = recorder.sends("POST", &by_hand, &all).is(200).json();
    assert_eq!(entered["items"].as_array().unwrap().len(), 1);
    assert_eq!(entered["items"][0]["signup_id"], here.as_str());
    // Days later it is still taken: what is entered late stays visible as such.
    desk.passes(30 * DAY);
    let body = json!({"kind": "in", "happened_at": NINE, "reason": "补记"});
    organization.enters(&shift, &body).is(200);
}

#[test]
fn a_row_of_the_sheet_is_for_recorders_and_not_for_whose_it_is() {
    let desk = Desk::new();
    let organization = desk.place().organization();
    let shift = at_nine(&organization);
    let (volunteer, stranger) = (desk.place().adult(), desk.place().adult());
    let (recorder, viewer) = (
        organization.member("recorder"),
        organization.member("viewer"),
    );
    let other = desk.place().organization().member("owner");
    let [signup, own] = [&volunteer, &recorder].map(|v| v.takes(&shift, "confirmed"));
    let [row, own_row] = [&signup, &own].map(|id| sheet_path(&keys(), id));
    desk.it_is(at(NINE).plus(MINUTE));
    let sends = |who: &Volunteer<'_>, row: &str, kind: &str| {
        let form = [
            ("shift", &*shift.id),
            ("kind", kind),
            ("at", "2026-11-28T09:00"),
        ];
        desk.place()
            .send(&who.request("POST", row).form(&form))
            .status
    };
    for who in [&volunteer, &stranger, &viewer, &other] {
        assert_eq!(who.reads(&row).status, 403);
        assert_eq!(sends(who, &row, "in"), 403);
    }
    assert_eq!(desk.place().get(&row).status, 303);
    let forged = format!("/sheet/{signup}/{}", "A".repeat(22));
    assert_eq!(recorder.reads(&forged).status, 404);
    assert_eq!(sends(&recorder, &forged, "in"), 404);
    assert_eq!(sends(&recorder, &own_row, "in"), 403);
    assert!(recorder.reads(&own_row).is(200).text().contains("您本人"));
    assert_eq!(kept(&desk), 0);

    assert!(
        recorder
            .reads(&row)
            .is(200)
            .text()
            .contains(&volunteer.name)
    );
    assert_eq!(sends(&recorder, &row, "in"), 303);
    assert_eq!(sends(&recorder, &row, "in"), 409);
    desk.passes(2 * HOUR);
    let events = organization.reads_attendance(&shift)["items"][0]["events"].clone();
    assert_eq!(events.as_array().unwrap().len(), 1);
    assert_eq!(
        (&events[0]["method"], &events[0]["happened_at"]),
        (&json!("sheet"), &json!(NINE))
    );
    assert_eq!(events[0]["actor"], format!("volunteer:{}", recorder.id));
}

#[test]
fn keys_do_what_their_scopes_say() {
    let desk = Desk::new();
    let organization = desk.place().organization();
    let shift = at_nine(&organization);
    desk.it_is(at(NINE));
    let code = format!("{}-code", shift.attendance());
    let hand = format!("{}-by-hand", shift.attendance());
    let body = json!({"kind": "in", "reason": "补记"});
    for (scope, statuses) in [
        ("hours:read", [200, 403, 403]),
        ("hours:write", [200, 200, 200]),
        ("signups:write", [403, 403, 403]),
    ] {
        let key = organization.new_key(&[scope]);
        let asks = [
            Request::get(shift.attendance()),
            Request::get(&code),
            Request::new("POST", &hand).json(&body),
        ];
        let answers = asks.map(|request| desk.place().send(&request.bearer(&key)).status);
        assert_eq!(answers, statuses, "{scope}");
    }
    let key = organization.new_key(&["hours:write"]);
    let now = desk.place().send(&Request::get(&code).bearer(&key)).json();
    let (step, digits) = shown(&shift, desk.now());
    assert_eq!(
        (&now["code"], &now["step"]),
        (&json!(digits), &json!(step.0))
    );
    let link = format!("/check-in/{}?step={}&code={digits}", shift.id, step.0);
    assert!(now["url"].as_str().unwrap().ends_with(&link), "{now}");
    assert_eq!(now["valid_until"], step.ends().rfc3339());
}

#[test]
fn wrong_codes_are_forgotten_after_a_day() {
    let desk = Desk::new();
    let organization = desk.place().organization();
    let shift = at_nine(&organization);
    let volunteer = desk.place().adult();
    volunteer.takes(&shift, "confirmed");
    desk.it_is(at(NINE));
    let body = coming("in", &not_shown(&shift, desk.now()));
    volunteer
        .sends("POST", &shift.attendance(), &body)
        .refused(422, "wrong_attendance_code");
    let attempts = || {
        desk.place()
            .number("SELECT count(*) AS n FROM attendance_attempt", json!([]))
    };
    let forget = |now| {
        use pollster::FutureExt as _;
        let statement = diandan::hours::attendance::forget(now);
        desk.db.run(statement).block_on().unwrap();
    };
    forget(desk.now().plus(DAY));
    assert_eq!(attempts(), 1);
    forget(desk.now().plus(DAY + 1));
    assert_eq!(attempts(), 0);
}
