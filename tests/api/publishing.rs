//! How an organization's own system publishes, again and again, safely.

use diandan::platform::clock::{DAY, HOUR};
use serde_json::{Value, json};

use crate::support::app::app;
use crate::support::notice::{Notice, morning, shift, shift_until, with_waitlist};
use crate::support::people::Organization;
use crate::support::place::Place;
use crate::support::request::Request;
use crate::support::unique;

fn notice(place: &dyn Place) -> Notice {
    Notice::of(&[
        shift("a", morning(place.now(), 5), 3),
        shift("b", morning(place.now(), 6), 3),
    ])
}

#[test]
fn a_retry_changes_nothing() {
    let app = app();
    let organization = app.organization();
    let notice = notice(app);
    let created = organization.puts("spring", &notice.0).is(201);
    assert_eq!(created.header("etag"), Some("\"v1\""));
    let id = created.member("id");
    let location = format!("/api/v1/projects/{id}");
    assert_eq!(created.header("location"), Some(location.as_str()));
    assert_eq!(created.json()["version"], 1);

    for _ in 0..2 {
        let again = organization.puts("spring", &notice.0).is(200);
        assert_eq!(again.header("etag"), Some("\"v1\""));
        assert_eq!(again.header("location"), None);
        assert_eq!(again.json(), created.json());
    }
    let audits = "SELECT count(*) AS n FROM audit WHERE subject = ?1";
    assert_eq!(app.number(audits, json!([format!("project:{id}")])), 1);

    let changed = notice.with("what_to_bring", "手套");
    let replaced = organization.puts("spring", &changed.0).is(200);
    assert_eq!(replaced.header("etag"), Some("\"v2\""));
    assert_eq!(replaced.member("id"), id);
    assert_eq!(replaced.json()["shifts"], created.json()["shifts"]);
    let own = Request::get(organization.own_path("spring")).bearer(&organization.key);
    let own = app.send(&own).is(200);
    assert_eq!(own.header("etag"), Some("\"v2\""));
    assert_eq!(own.json(), replaced.json());
}

#[test]
fn what_is_published_is_what_was_written() {
    let app = app();
    let organization = app.organization();
    let notice = notice(app)
        .with("what_to_bring", "手套\n水")
        .with("min_age", 16)
        .with("skills", json!(["first_aid", "driving", "driving"]))
        .with("sign_up_closes_minutes", 60)
        .with("cancel_until_minutes", 720)
        .with("travel_minutes", 45)
        .with("sign_up_opens_at", "2026-11-01T08:00:00+08:00");
    let project = organization.publishes(&notice);
    let read = app.get(&project.path()).is(200).json();
    for (part, written) in notice.0.as_object().unwrap() {
        let expected = match part.as_str() {
            "shifts" => continue,
            "skills" => json!(["driving", "first_aid"]),
            _ => written.clone(),
        };
        assert_eq!(read[part], expected, "{part}");
    }
    assert_eq!(read["region_name"], "赣州市于都县");
    assert_eq!(read["organization_name"], organization.name);
    for (shift, written) in [(0, "a"), (1, "b")] {
        assert_eq!(read["shifts"][shift]["ref"], written);
        for part in ["role", "starts_at", "ends_at", "capacity"] {
            assert_eq!(read["shifts"][shift][part], notice.0["shifts"][shift][part]);
        }
    }
}

#[test]
fn preconditions_keep_two_editors_from_overwriting_each_other() {
    let app = app();
    let organization = app.organization();
    let notice = notice(app);
    let mut change = 0;
    let mut edit = |reference: &str, name: &str, value: &str| {
        change += 1;
        let body = notice.clone().with("summary", format!("第{change}稿"));
        let request = organization.putting(reference).header(name, value);
        app.send(&request.json(&body.0))
    };
    edit("p", "if-match", "\"v1\"").refused(412, "version_conflict");
    edit("p", "if-match", "*").refused(412, "version_conflict");
    edit("p", "if-none-match", "*").is(201);
    let conflict = edit("p", "if-none-match", "*").refused(412, "version_conflict");
    assert_eq!(conflict.header("etag"), Some("\"v1\""));
    edit("p", "if-match", "\"v1\"").is(200);
    let conflict = edit("p", "if-match", "\"v1\"").refused(412, "version_conflict");
    assert_eq!(conflict.header("etag"), Some("\"v2\""));
    edit("p", "if-match", "\"v7\", \"v2\"").is(200);
    edit("p", "if-match", "*").is(200);
    let own = Request::get(organization.own_path("p")).bearer(&organization.key);
    assert_eq!(app.send(&own).is(200).header("etag"), Some("\"v4\""));
}

#[test]
fn many_at_once_make_one_project() {
    let app = app();
    let organization = app.organization();
    let notice = notice(app);
    let put = |body: &Value| organization.puts("once", body);
    let at_once = |bodies: Vec<Value>| {
        std::thread::scope(|scope| {
            let puts: Vec<_> = bodies
                .iter()
                .map(|body| scope.spawn(move || put(body).status))
                .collect();
            let mut statuses: Vec<_> = puts.into_iter().map(|put| put.join().unwrap()).collect();
            statuses.sort_unstable();
            statuses
        })
    };
    let same = at_once(vec![notice.0.clone(); 6]);
    assert_eq!(same, [200, 200, 200, 200, 200, 201]);
    let version = || {
        let sql = "SELECT version FROM project WHERE organization_id = ?1";
        app.number(sql, json!([organization.id]))
    };
    assert_eq!(version(), 1);
    let changes = (0..3).map(|n| notice.clone().with("summary", format!("第{n}稿")).0);
    let statuses = at_once(changes.collect());
    assert_eq!(statuses, [200, 200, 200]);
    assert_eq!(version(), 4, "each of them was written on top of another");
}

#[test]
fn a_draft_may_lack_anything_and_a_published_notice_nothing() {
    let app = app();
    let organization = app.organization();
    for draft in [json!({}), json!({"state": "draft", "title": "还没想好"})] {
        let draft = organization.puts(&format!("d{}", unique()), &draft).is(201);
        assert_eq!(draft.json()["state"], "draft");
    }
    let all = [
        "/conditions",
        "/content",
        "/field",
        "/how_to_sign_up",
        "/place",
        "/region",
        "/risks",
        "/safeguards",
        "/shifts",
        "/summary",
        "/title",
    ];
    for state in ["published", "closed", "cancelled"] {
        let refused = organization.puts("p", &json!({"state": state}));
        // What is called off has no time any more.
        let expected: Vec<_> = all
            .iter()
            .filter(|part| state != "cancelled" || **part != "/shifts")
            .collect();
        let refused = refused.refused(422, "invalid_fields");
        assert!(refused.pointers().iter().eq(expected), "{refused:?}");
    }
    for part in all {
        let part = &part[1..];
        let lacking = match part {
            "shifts" => notice(app).with("shifts", json!([])),
            part => notice(app).with(part, json!(null)),
        };
        let refused = organization
            .puts("p", &lacking.0)
            .refused(422, "invalid_fields");
        assert_eq!(refused.pointers(), [format!("/{part}")]);
    }
    organization.puts("p", &notice(app).0).is(201);
    // What was public once stays complete, for those who signed up while it was.
    let draft = json!({"state": "draft", "title": "重写"});
    let refused = organization
        .puts("p", &draft)
        .refused(422, "invalid_fields");
    assert!(refused.pointers().contains(&"/risks".to_owned()));
    organization
        .puts("p", &notice(app).with("state", "draft").0)
        .is(200);
}

#[test]
fn every_fault_is_told_at_once() {
    let app = app();
    let organization = app.organization();
    let past = shift("past", app.now().plus(-DAY), 3);
    let faulty = Notice::of(&[past, shift("a", morning(app.now(), 3), 3)])
        .with("region", "999999")
        .with("risks", json!(null));
    let refused = organization
        .puts("p", &faulty.0)
        .refused(422, "invalid_fields");
    assert_eq!(
        refused.pointers(),
        ["/region", "/risks", "/shifts/0/starts_at"]
    );

    let unreadable = notice(app)
        .with("title", "")
        .with("colour", "red")
        .with("min_age", "16")
        .with_shift(1, "capacity", -1)
        .with_shift(1, "seats", 3)
        .with_shift(0, "starts_at", "tomorrow");
    let refused = organization
        .puts("p", &unreadable.0)
        .refused(422, "invalid_fields");
    let pointers = [
        "/colour",
        "/min_age",
        "/shifts/0/starts_at",
        "/shifts/1/capacity",
        "/shifts/1/seats",
        "/title",
    ];
    assert_eq!(refused.pointers(), pointers);
}

/// Puts one part wrong in a notice that is right otherwise; the fault must be there.
fn refuses_part(organization: &Organization, part: &str, value: Value) {
    let (pointer, notice) = match part.strip_prefix("shift/") {
        Some(part) => {
            let notice = notice(organization.place).with_shift(0, part, value.clone());
            (format!("/shifts/0/{part}"), notice)
        }
        None => {
            let notice = notice(organization.place).with(part, value.clone());
            (format!("/{part}"), notice)
        }
    };
    let answer = organization.puts("p", &notice.0);
    assert_eq!(answer.status, 422, "{part}: {value}: {answer:?}");
    assert_eq!(answer.pointers(), [pointer], "{part}: {value}");
}

#[test]
fn parts_that_cannot_be_are_refused_where_they_stand() {
    let app = app();
    let organization = app.organization();
    for (part, values) in [
        ("state", json!(["open", "PUBLISHED", 1, {}])),
        ("field", json!(["sports", "", 7])),
        (
            "title",
            json!([
                "   ",
                "\u{3000}",
                "a\nb",
                "a\u{0}b",
                "a\u{202E}b",
                "\u{200B}",
                "a\u{2028}b",
                1,
                ["a"]
            ]),
        ),
        ("title", json!(["长".repeat(61)])),
        ("content", json!(["", "\u{7}", "长".repeat(4001)])),
        (
            "region",
            json!(["3", "36073", "jiangxi", 36, "99", "360731999"]),
        ),
        ("min_age", json!([-1, 81, 16.5, "16", true, 1e300])),
        ("skills", json!(["driving", ["flying"], [1], {}])),
        ("travel_minutes", json!([-1, 1441, 0.5])),
        ("cancel_until_minutes", json!([-1, 43201, "60"])),
        ("sign_up_closes_minutes", json!([-1, 43201])),
        (
            "sign_up_opens_at",
            json!([
                "2026-11-28",
                "2026-11-28T08:00:00",
                "1899-01-01T00:00:00Z",
                0
            ]),
        ),
        ("shifts", json!([{}, "none", 3])),
        (
            "shift/ref",
            json!(["", "a b", "班次", "a/b", "x".repeat(65), 1]),
        ),
        ("shift/role", json!(["", " ", 1, "长".repeat(41)])),
        ("shift/capacity", json!([-1, 0, 10001, 2.5, "3", 1e9])),
        ("shift/waitlist", json!([-1, 10001, 2.5, "3"])),
        ("shift/state", json!(["closed", 1])),
        (
            "shift/starts_at",
            json!([
                "",
                "now",
                "2026-13-01T00:00:00Z",
                "2126-01-01T00:00:00Z",
                1_800_000_000
            ]),
        ),
    ] {
        for value in values.as_array().unwrap() {
            let pointer_is_deeper = part == "skills" && value.is_array();
            if pointer_is_deeper {
                let notice = notice(app).with(part, value.clone());
                let refused = organization
                    .puts("p", &notice.0)
                    .refused(422, "invalid_fields");
                assert_eq!(refused.pointers(), ["/skills/0"], "{value}");
            } else {
                refuses_part(&organization, part, value.clone());
            }
        }
    }
    for body in [json!([]), json!(null), json!("published"), json!(7)] {
        organization.puts("p", &body).refused(422, "invalid_fields");
    }
}

#[test]
fn shifts_lie_ahead_within_two_years_and_last_up_to_a_day() {
    let app = app();
    let organization = app.organization();
    let now = app.now();
    let start = morning(now, 5);
    for (from, to, pointer) in [
        (start, start.plus(DAY), None),
        (start, start.plus(1000), None),
        (start, start.plus(DAY + 1000), Some("/shifts/0/ends_at")),
        (start, start, Some("/shifts/0/ends_at")),
        (start, start.plus(-HOUR), Some("/shifts/0/ends_at")),
        (now.plus(-HOUR), now.plus(HOUR), Some("/shifts/0/starts_at")),
        (
            now.plus(-3 * DAY),
            now.plus(-3 * DAY + HOUR),
            Some("/shifts/0/starts_at"),
        ),
        (morning(now, 731), morning(now, 731).plus(HOUR), None),
        (
            morning(now, 733),
            morning(now, 733).plus(HOUR),
            Some("/shifts/0/starts_at"),
        ),
    ] {
        let notice = Notice::of(&[shift_until("a", from, to, 3)]);
        let answer = organization.puts(&format!("t{}", unique()), &notice.0);
        match pointer {
            None => drop(answer.is(201)),
            Some(pointer) => assert_eq!(answer.is(422).pointers(), [pointer]),
        }
    }
    let twice = Notice::of(&[shift("a", start, 3), shift("a", start.plus(HOUR), 3)]);
    let refused = organization
        .puts("p", &twice.0)
        .refused(422, "invalid_fields");
    assert_eq!(refused.pointers(), ["/shifts/1/ref"]);
}

#[test]
fn a_project_has_up_to_200_shifts() {
    let app = app();
    let organization = app.organization();
    let start = morning(app.now(), 5);
    let shifts = |count: i64| {
        let shifts: Vec<_> = (0..count)
            .map(|n| shift(&format!("s{n}"), start.plus(n * HOUR), 3))
            .collect();
        Notice::of(&shifts)
    };
    let project = organization.publishes(&shifts(200));
    assert_eq!(project.body["shifts"].as_array().unwrap().len(), 200);
    let refused = organization
        .puts("p", &shifts(201).0)
        .refused(422, "invalid_fields");
    assert_eq!(refused.pointers(), ["/shifts"]);
}

#[test]
fn bodies_that_are_no_notice_are_refused_by_name() {
    let app = app();
    let organization = app.organization();
    let json = "application/json";
    let good = notice(app).0.to_string().into_bytes();
    let padded = |length: usize| {
        let mut body = good.clone();
        body.resize(length, b' ');
        body
    };
    let nested = [b"{\"title\":".to_vec(), b"[".repeat(100_000)].concat();
    for (media, body, status, code) in [
        (json, Vec::new(), 400, "malformed_json"),
        (json, b"{".to_vec(), 400, "malformed_json"),
        (json, b"{\"title\": 'x'}".to_vec(), 400, "malformed_json"),
        (json, b"{} {}".to_vec(), 400, "malformed_json"),
        (
            json,
            b"{\"title\": \"\\ud800\"}".to_vec(),
            400,
            "malformed_json",
        ),
        (
            json,
            b"{\"title\": \"\xff\xfe\"}".to_vec(),
            400,
            "malformed_json",
        ),
        (
            json,
            b"{\"min_age\": 1e999}".to_vec(),
            400,
            "malformed_json",
        ),
        (json, nested, 400, "json_too_deep"),
        (json, padded(1_048_577), 413, "body_too_large"),
        ("text/plain", good.clone(), 415, "unsupported_media_type"),
        (
            "application/x-www-form-urlencoded",
            good.clone(),
            415,
            "unsupported_media_type",
        ),
        (
            "application/jsonp",
            good.clone(),
            415,
            "unsupported_media_type",
        ),
    ] {
        let request = organization.putting("p").bytes(media, body);
        app.send(&request).refused(status, code);
    }
    let mut untyped = organization.putting("p");
    untyped.body = Some(good.clone());
    app.send(&untyped).refused(415, "unsupported_media_type");
    let full = organization.putting("full").bytes(json, padded(1_048_576));
    app.send(&full).is(201);
    let typed = organization.putting("typed");
    let typed = typed.bytes("Application/JSON;charset=UTF-8", good);
    app.send(&typed).is(201);
}

#[test]
fn whoever_nobody_knows_learns_nothing_of_the_body() {
    let app = app();
    for (method, target) in [
        (
            "POST",
            format!("/api/v1/shifts/{}/signups", uuid::Uuid::new_v4()),
        ),
        ("PATCH", "/api/v1/me".to_owned()),
    ] {
        let request = Request::new(method, target).bytes("text/plain", b"{".to_vec());
        app.send(&request).refused(401, "unauthenticated");
    }
    let organization = app.organization();
    let path = organization.own_path("p");
    for body in [&b"{"[..], b"{\"colour\": 1}"] {
        let request = Request::put(&path).bytes("application/json", body.to_vec());
        app.send(&request).refused(401, "unauthenticated");
        let other = app.organization().key;
        app.send(&request.bearer(&other)).refused(403, "forbidden");
    }
}

#[test]
fn letters_of_every_plane_come_back_as_they_went() {
    let app = app();
    let organization = app.organization();
    for title in [
        "𠮷野家义诊",
        "👩‍👩‍👧‍👦 一家人 🎉",
        "ÄÖÜ ß ñ — “引号” 'and' \"quotes\" \\ / & <b>",
        "བོད་ཡིག ئۇيغۇرچە",
        &"𠮷".repeat(60),
    ] {
        let notice = notice(app)
            .with("title", title)
            .with("content", "一\n\n二\t".trim());
        let project = organization.publishes(&notice);
        assert_eq!(project.body["title"], title);
        assert_eq!(app.get(&project.path()).is(200).member("title"), title);
        let page = app.get(&format!("/projects/{}", project.id)).is(200).text();
        assert!(!page.contains("<b>"), "text is escaped on pages");
    }
    let trimmed = notice(app).with("title", " \u{3000}科学课 ");
    assert_eq!(organization.publishes(&trimmed).body["title"], "科学课");
    let lines = notice(app).with("content", "一\r\n二");
    assert_eq!(organization.publishes(&lines).body["content"], "一\n二");
}

#[test]
fn a_reference_is_the_organizations_own() {
    let app = app();
    let (one, two) = (app.organization(), app.organization());
    let notice = notice(app);
    let first = one.puts("same", &notice.0).is(201).member("id");
    let second = two.puts("same", &notice.0).is(201).member("id");
    assert_ne!(first, second);
    one.puts("A.b_c~d-9", &notice.0).is(201);
    one.puts(&"x".repeat(64), &notice.0).is(201);
    for bad in ["a%20b", "%E9%A1%B9", "x%2Fy", &"x".repeat(65)] {
        let refused = one.puts(bad, &notice.0).refused(422, "invalid_fields");
        assert_eq!(refused.pointers(), ["/client_ref"], "{bad}");
    }
    let elsewhere = "/api/v1/organizations/not-an-id/projects/p";
    let request = Request::put(elsewhere).bearer(&one.key).json(&notice.0);
    app.send(&request).refused(404, "not_found");
}

#[test]
fn only_a_verified_organization_publishes() {
    let app = app();
    for state in ["unverified", "refused", "suspended"] {
        let organization = app.organization_in_state(state);
        let notice = notice(app);
        organization
            .puts("p", &notice.0)
            .refused(403, "organization_not_verified");
        let draft = notice.clone().with("state", "draft");
        organization.puts("p", &draft.0).is(201);
        organization
            .puts("p", &notice.0)
            .refused(403, "organization_not_verified");
        let verify = "UPDATE organization SET state = 'verified' WHERE id = ?1";
        app.rows(verify, json!([organization.id]));
        organization.puts("p", &notice.0).is(200);
        assert_eq!(app.menu(&[("q", &notice.word())]).is(200).ids().len(), 1);
    }
}

#[test]
fn volunteers_hear_why_their_shift_moves() {
    let app = app();
    let organization = app.organization();
    let start = morning(app.now(), 5);
    let notice = Notice::of(&[with_waitlist(shift("sat-am", start, 1), 1)]);
    let project = organization.publishes(&notice);
    let a = project.shift("sat-am");
    let (ming, hong) = (app.volunteer(), app.volunteer());
    let seat = ming.takes(&a, "confirmed");
    let waiting = hong.takes(&a, "waitlisted");

    let later = start.plus(HOUR);
    let moved = notice
        .with_shift(0, "starts_at", later.rfc3339())
        .with_shift(0, "ends_at", later.plus(HOUR).rfc3339());
    let refused = organization
        .puts(&project.reference, &moved.0)
        .refused(409, "shift_has_signups");
    assert_eq!(refused.pointers(), ["/shifts/0/change_reason"]);
    assert!(
        refused.text().contains('2'),
        "it says how many: {refused:?}"
    );

    let moved = moved.with_shift(0, "change_reason", "校车晚点");
    organization.changes(&project, &moved);
    for (volunteer, signup) in [(&ming, &seat), (&hong, &waiting)] {
        let text = volunteer.is_told("shift_moved");
        assert!(
            text.contains("10:00–11:00") && text.contains("校车晚点"),
            "{text}"
        );
        let ticket = volunteer.ticket(signup);
        assert_eq!(ticket["change_reason"], "校车晚点");
        assert_eq!(ticket["starts_at"], later.rfc3339());
    }
}

#[test]
fn a_project_that_is_called_off_is_gone_and_says_why() {
    let app = app();
    let organization = app.organization();
    let notice = notice(app);
    let project = organization.publishes(&notice);
    let ming = app.volunteer();
    let seat = ming.takes(&project.shift("a"), "confirmed");
    let off = notice.clone().with("state", "cancelled");
    let refused = organization.puts(&project.reference, &off.0);
    let refused = refused.refused(409, "shift_has_signups");
    assert_eq!(refused.pointers(), ["/change_reason"]);
    organization.changes(&project, &off.with("change_reason", "台风预警"));

    let gone = app.get(&project.path()).refused(410, "project_cancelled");
    assert_eq!(gone.member("reason"), "台风预警");
    let page = app.get(&format!("/projects/{}", project.id)).is(410);
    assert_eq!(
        page.header("content-type"),
        Some("text/html; charset=utf-8")
    );
    assert!(app.menu(&[("q", &notice.word())]).is(200).ids().is_empty());
    let ticket = ming.ticket(&seat);
    assert_eq!(ticket["state"], "cancelled");
    assert_eq!(ticket["cancelled_by"], "organization");
    assert_eq!(ticket["change_reason"], "台风预警");
    let text = ming.is_told("shift_cancelled");
    assert!(text.contains("台风预警"), "{text}");
    ming.signs_up(&project.shift("a"))
        .refused(409, "shift_cancelled");
}
