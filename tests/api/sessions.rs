//! Signing in, staying in, going out.

use serde_json::json;

use crate::support::answer::Answer;
use crate::support::app::app;

#[test]
fn a_code_from_the_phone_opens_a_session() {
    let app = app();
    let ming = app.stranger();
    ming.asks_for_a_code().is(202);
    let text = ming.is_told("sign_in_code");
    assert!(
        text.starts_with("【点单】") && text.contains("10 分钟"),
        "{text}"
    );
    let session = ming.shows_code(&ming.newest_code()).is(201);
    assert!(session.member("token").starts_with("dds_"));
    assert_eq!(session.header("cache-control"), Some("private, no-store"));
    let until = session.member("expires_at");
    let days = (crate::support::at(&until).millis() - app.now().millis()) / 86_400_000;
    assert!((89..=90).contains(&days), "{until}");
}

#[test]
fn codes_are_sent_in_the_language_of_whoever_asks() {
    let app = app();
    let ming = app.stranger();
    let request = ming
        .anonymous("POST", "/api/v1/sign-in-codes")
        .language("en-GB,en;q=0.9")
        .json(&json!({"phone": ming.phone}));
    app.send(&request).is(202);
    let text = ming.is_told("sign_in_code");
    assert!(text.starts_with("[Diandan] "), "{text}");
}

#[test]
fn a_wrong_code_says_no_more_than_that() {
    let app = app();
    let ming = app.stranger();
    let never_asked = ming.shows_code("123456").refused(403, "wrong_code");
    ming.asks_for_a_code().is(202);
    let code = ming.newest_code();
    let wrong = if code == "123456" { "654321" } else { "123456" };
    let wrong = ming.shows_code(wrong).refused(403, "wrong_code");
    assert_eq!(wrong.member("detail"), never_asked.member("detail"));
    ming.asks_for_a_code().refused(429, "too_many_codes");
    for code in ["12345", "1234567", "abcdef", ""] {
        let refused = ming.shows_code(code).refused(422, "invalid_fields");
        assert_eq!(refused.pointers(), ["/code"], "{code}");
    }
    ming.shows_code(&code).is(201);
}

#[test]
fn of_many_who_show_the_same_code_at_once_one_comes_in() {
    let app = app();
    let ming = app.stranger();
    ming.asks_for_a_code().is(202);
    let code = ming.newest_code();
    let mut statuses = std::thread::scope(|scope| {
        let tries: Vec<_> = (0..8)
            .map(|_| scope.spawn(|| ming.shows_code(&code).status))
            .collect();
        tries
            .into_iter()
            .map(|one| one.join().unwrap())
            .collect::<Vec<_>>()
    });
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 403, 403, 403, 403, 403, 403, 403]);
    let sql = "SELECT count(*) AS n FROM session c JOIN volunteer v ON v.id = c.volunteer_id WHERE v.name = ?1";
    assert_eq!(app.number(sql, json!([ming.name])), 1);
}

#[test]
fn of_many_codes_asked_for_at_once_one_is_sent() {
    let app = app();
    let ming = app.stranger();
    let mut statuses = std::thread::scope(|scope| {
        let asked: Vec<_> = (0..6)
            .map(|_| scope.spawn(|| ming.asks_for_a_code().status))
            .collect();
        asked
            .into_iter()
            .map(|one| one.join().unwrap())
            .collect::<Vec<_>>()
    });
    statuses.sort_unstable();
    assert_eq!(statuses, [202, 429, 429, 429, 429, 429]);
}

#[test]
fn the_same_request_many_times_at_once_has_one_effect_and_one_answer() {
    let app = app();
    let ming = app.stranger();
    // Four: a code may be tried five times.
    let at_once = |target: &str, key: &str, body: &serde_json::Value| {
        let request = ming.anonymous("POST", target);
        let request = request.header("idempotency-key", key).json(body);
        let answers: Vec<_> = std::thread::scope(|scope| {
            let tries: Vec<_> = (0..4).map(|_| scope.spawn(|| app.send(&request))).collect();
            let tries = tries.into_iter();
            tries.map(|one| one.join().unwrap()).collect()
        });
        let first = |answer: &&Answer| answer.header("idempotency-replayed").is_none();
        assert_eq!(answers.iter().filter(first).count(), 1);
        let same = |answer: &Answer| {
            (answer.status, &answer.body) == (answers[0].status, &answers[0].body)
        };
        assert!(answers.iter().all(same), "{answers:?}");
        answers[0].status
    };
    let body = json!({"phone": ming.phone});
    assert_eq!(at_once("/api/v1/sign-in-codes", "first", &body), 202);
    let code = ming.newest_code();
    assert_eq!(app.texts_to(&ming.phone).len(), 1);
    // Another target is another request.
    let body = json!({"phone": ming.phone, "code": code, "name": ming.name});
    let request = ming.anonymous("POST", "/api/v1/sessions");
    let request = request.header("idempotency-key", "first").json(&body);
    app.send(&request).refused(422, "idempotency_key_reused");
    assert_eq!(at_once("/api/v1/sessions", "second", &body), 201);
}

#[test]
fn signing_out_ends_this_session_and_everywhere_ends_all() {
    let app = app();
    let ming = app.volunteer();
    let end = |target: &str, session: &str| {
        let mut same = ming.clone();
        same.session = session.to_owned();
        app.send(&same.request("DELETE", target))
    };
    let me = |session: &str| {
        let mut same = ming.clone();
        same.session = session.to_owned();
        same.reads("/api/v1/me").status
    };
    // Two more devices.
    let sessions: Vec<String> = (0..2)
        .map(|n| {
            let token = format!("dds_device-{n}-{}", ming.id);
            app.rows(
                "INSERT INTO session (token_hash, volunteer_id, created_at, expires_at) VALUES (?1, ?2, 0, ?3)",
                json!([
                    diandan::platform::crypto::sha256_hex(&token),
                    ming.id,
                    app.now().millis() + 86_400_000,
                ]),
            );
            token
        })
        .collect();
    end("/api/v1/sessions/current", &ming.session).is(204);
    assert_eq!(me(&ming.session), 401);
    end("/api/v1/sessions/current", &ming.session).refused(401, "unauthenticated");
    assert_eq!((me(&sessions[0]), me(&sessions[1])), (200, 200));
    let other = app.adult();
    end("/api/v1/sessions", &sessions[0]).is(204);
    assert_eq!((me(&sessions[0]), me(&sessions[1])), (401, 401));
    other.reads("/api/v1/me").is(200);
}

#[test]
fn a_profile_shows_little_and_changes_what_may_change() {
    let app = app();
    let ming = app.volunteer();
    let profile = ming.reads("/api/v1/me").is(200);
    let masked = format!("{}****{}", &ming.phone[..3], &ming.phone[7..]);
    assert_eq!(profile.member("phone"), masked);
    assert!(!profile.text().contains(&ming.phone));
    assert_eq!(profile.member("name"), ming.name);

    let change =
        |body: serde_json::Value| app.send(&ming.request("PATCH", "/api/v1/me").json(&body));
    let changed = change(json!({"name": " 李小明 ", "skills": ["legal", "driving"]})).is(200);
    assert_eq!(changed.member("name"), "李小明");
    assert_eq!(changed.json()["skills"], json!(["legal", "driving"]));
    let kept = change(json!({})).is(200);
    assert_eq!(kept.json(), changed.json());
    assert_eq!(
        change(json!({"skills": []})).is(200).json()["skills"],
        json!([])
    );
    for (body, pointer) in [
        (json!({"name": ""}), "/name"),
        (json!({"name": "长".repeat(31)}), "/name"),
        (json!({"phone": "13800138000"}), "/phone"),
        (json!({"birth_date": "2000-01-01"}), "/birth_date"),
        (json!({"skills": ["flying"]}), "/skills/0"),
        (json!({"id": "x"}), "/id"),
    ] {
        let refused = change(body.clone()).refused(422, "invalid_fields");
        assert_eq!(refused.pointers(), [pointer], "{body}");
    }
    assert_eq!(ming.reads("/api/v1/me").is(200).member("name"), "李小明");
}

#[test]
fn phones_are_read_as_people_write_them() {
    let app = app();
    let ming = app.stranger();
    let spaced = format!(
        "+86 {} {}-{}",
        &ming.phone[..3],
        &ming.phone[3..7],
        &ming.phone[7..]
    );
    let request = ming.anonymous("POST", "/api/v1/sign-in-codes");
    app.send(&request.json(&json!({"phone": spaced}))).is(202);
    ming.shows_code(&ming.newest_code()).is(201);
    for phone in ["", "123", "0797-1234567", "+1 202 555 0100", "1380013800x"] {
        let request = ming.anonymous("POST", "/api/v1/sign-in-codes");
        let refused = app.send(&request.json(&json!({"phone": phone})));
        assert_eq!(
            refused.refused(422, "invalid_fields").pointers(),
            ["/phone"],
            "{phone}"
        );
    }
}

#[test]
fn nobody_needs_a_long_body_to_sign_in() {
    let app = app();
    let ming = app.adult();
    let mut body = json!({"phone": ming.phone, "code": "000000"}).to_string();
    body.push_str(&" ".repeat(16 * 1024 + 1 - body.len()));
    for (method, target) in [
        ("POST", "/api/v1/sign-in-codes"),
        ("POST", "/api/v1/sessions"),
        ("PATCH", "/api/v1/me"),
    ] {
        let request = ming.request(method, target);
        let request = request.bytes("application/json", body.clone().into_bytes());
        app.send(&request).refused(413, "body_too_large");
    }
}
