//! One-time codes and sessions, to the millisecond.

use axum::http::HeaderMap;
use diandan::platform::clock::{DAY, HOUR, MINUTE};
use diandan::platform::idempotency::IdempotencyKey;
use diandan::volunteers::store::{self, Arrival, Attempted};
use pollster::FutureExt as _;
use serde_json::json;

use crate::support::desk::Desk;
use crate::support::place::Place as _;
use crate::support::unique;

#[test]
fn a_code_is_good_for_ten_minutes() {
    for (later, status) in [(10 * MINUTE - 1, 201), (10 * MINUTE, 403)] {
        let desk = Desk::new();
        let ming = desk.place().stranger();
        let sent = ming.asks_for_a_code().is(202);
        let until = desk.now().plus(10 * MINUTE).rfc3339();
        assert_eq!(sent.member("expires_at"), until);
        let code = ming.newest_code();
        desk.passes(later);
        ming.shows_code(&code).is(status);
    }
}

/// A code of six digits that is not this one.
fn another(code: &str) -> String {
    format!("{:06}", (code.parse::<u32>().unwrap() + 1) % 1_000_000)
}

#[test]
fn a_code_may_be_tried_five_times() {
    for (wrong, status) in [(4, 201), (5, 403)] {
        let desk = Desk::new();
        let ming = desk.place().stranger();
        ming.asks_for_a_code().is(202);
        let code = ming.newest_code();
        for _ in 0..wrong {
            ming.shows_code(&another(&code)).refused(403, "wrong_code");
        }
        let answer = ming.shows_code(&code).is(status);
        assert_eq!(answer.header("set-cookie"), None);
    }
}

#[test]
fn a_strangers_guesses_use_up_their_own() {
    let desk = Desk::new();
    let ming = desk.place().stranger();
    ming.asks_for_a_code().is(202);
    let code = ming.newest_code();
    let mut stranger = ming.clone();
    stranger.address = "10.255.0.9".to_owned();
    for _ in 0..5 {
        stranger
            .shows_code(&another(&code))
            .refused(403, "wrong_code");
    }
    // All strangers together have five guesses, from however many addresses.
    stranger.address = "10.255.0.10".to_owned();
    stranger.shows_code(&code).refused(403, "wrong_code");
    ming.shows_code(&code).is(201);
}

#[test]
fn somebody_whose_network_has_changed_still_comes_in() {
    let desk = Desk::new();
    let mut ming = desk.place().stranger();
    ming.asks_for_a_code().is(202);
    let code = ming.newest_code();
    ming.address = "10.255.0.9".to_owned();
    ming.shows_code(&code).is(201);
}

#[test]
fn only_the_newest_code_counts_and_only_once() {
    let desk = Desk::new();
    let ming = desk.place().stranger();
    ming.asks_for_a_code().is(202);
    let first = ming.newest_code();
    desk.passes(MINUTE);
    // Two codes may be the same by chance, one time in a million.
    ming.asks_for_a_code().is(202);
    let second = ming.newest_code();
    if first != second {
        ming.shows_code(&first).refused(403, "wrong_code");
    }
    ming.shows_code(&second).is(201);
    ming.shows_code(&second).refused(403, "wrong_code");
    ming.shows_code(&first).refused(403, "wrong_code");
}

#[test]
fn of_two_who_show_the_same_code_at_once_one_comes_in() {
    let desk = Desk::new();
    let ming = desk.place().stranger();
    ming.asks_for_a_code().is(202);
    let phone_hash = desk.config.keys.phone_hash(&ming.phone);
    let visit = desk.visit("/", &HeaderMap::new());
    // Both have looked the code up before either has used it.
    let known = [(); 2].map(|()| {
        let key = IdempotencyKey::default();
        let known = store::attempt(&visit, &phone_hash, "address", &key);
        match known.block_on().unwrap() {
            Attempted::Now(known) => known.unwrap(),
            Attempted::Before(_) => panic!("there was no key"),
        }
    });
    let [first, second] = known.map(|code| {
        let arrival = Arrival {
            code: code.id,
            phone_hash: &phone_hash,
            phone_sealed: "sealed",
            name: "明",
            token_hash: &unique().to_string(),
        };
        let key = IdempotencyKey::default();
        let keep = key.point_at(&visit, "");
        store::arrive(&visit, &arrival, &key, keep).block_on()
    });
    assert!(first.unwrap().is_none());
    assert!(second.unwrap_err().is_refusal("code_used"));
    let sessions = "SELECT count(*) AS n FROM session";
    assert_eq!(desk.place().number(sessions, json!([])), 1);
}

#[test]
fn a_code_is_for_its_own_phone() {
    let desk = Desk::new();
    let (ming, hong) = (desk.place().stranger(), desk.place().stranger());
    ming.asks_for_a_code().is(202);
    hong.asks_for_a_code().is(202);
    let (for_ming, for_hong) = (ming.newest_code(), hong.newest_code());
    if for_ming != for_hong {
        hong.shows_code(&for_ming).refused(403, "wrong_code");
    }
    ming.shows_code(&for_ming).is(201);
}

#[test]
fn a_phone_gets_a_code_a_minute_and_six_an_hour() {
    let desk = Desk::new();
    let ming = desk.place().stranger();
    let began = desk.now();
    // Whoever waits as long as they are told may ask again.
    let refused_for = |seconds: &str| {
        let refused = ming.asks_for_a_code().refused(429, "too_many_codes");
        assert_eq!(refused.header("retry-after"), Some(seconds));
    };
    ming.asks_for_a_code().is(202);
    refused_for("61");
    desk.it_is(began.plus(MINUTE - 1));
    refused_for("1");
    for n in 1..6 {
        desk.it_is(began.plus(n * MINUTE));
        ming.asks_for_a_code().is(202);
    }
    desk.it_is(began.plus(10 * MINUTE));
    refused_for("3001");
    desk.it_is(began.plus(HOUR - 1));
    refused_for("1");
    desk.it_is(began.plus(HOUR));
    ming.asks_for_a_code().is(202);
    assert_eq!(desk.texts_to(&ming.phone).len(), 7);
}

#[test]
fn another_address_does_not_get_round_the_limit_of_a_phone() {
    let desk = Desk::new();
    let mut ming = desk.place().stranger();
    ming.asks_for_a_code().is(202);
    ming.address = "10.255.0.1".to_owned();
    ming.asks_for_a_code().refused(429, "too_many_codes");
    ming.phone = format!("+86 {}", ming.phone);
    ming.asks_for_a_code().refused(429, "too_many_codes");
}

#[test]
fn an_address_asks_for_a_hundred_codes_an_hour() {
    let desk = Desk::new();
    let school = "10.255.0.2";
    let began = desk.now();
    let ask = || {
        let mut pupil = desk.place().stranger();
        pupil.address = school.to_owned();
        pupil.asks_for_a_code()
    };
    for _ in 0..100 {
        ask().is(202);
    }
    ask().refused(429, "too_many_codes");
    desk.place().stranger().asks_for_a_code().is(202);
    desk.it_is(began.plus(HOUR - 1));
    ask().refused(429, "too_many_codes");
    desk.it_is(began.plus(HOUR));
    ask().is(202);
}

#[test]
fn the_answer_does_not_tell_whether_a_phone_is_known() {
    let desk = Desk::new();
    let known = desk.place().volunteer();
    desk.passes(HOUR);
    let stranger = desk.place().stranger();
    let (to_known, to_stranger) = (known.asks_for_a_code(), stranger.asks_for_a_code());
    assert_eq!(to_known.body, to_stranger.body);
    assert_eq!(to_known.status, to_stranger.status);
    let wrong = |volunteer: &crate::support::people::Volunteer| {
        let problem = volunteer.shows_code("000000").is(403).json();
        (problem["code"].clone(), problem["title"].clone())
    };
    assert_eq!(wrong(&known), wrong(&stranger));
}

#[test]
fn a_session_lasts_ninety_days() {
    for (later, status) in [(90 * DAY - 1, 200), (90 * DAY, 401)] {
        let desk = Desk::new();
        let ming = desk.place().volunteer();
        desk.passes(later);
        ming.reads("/api/v1/me").is(status);
        ming.reads("/api/v1/me/signups").is(status);
    }
}

#[test]
fn a_key_opens_until_it_expires_or_is_revoked() {
    let desk = Desk::new();
    let mut organization = desk.place().organization();
    let body = json!({"title": "草稿"});
    let until = desk.now().plus(HOUR);
    organization.key = organization.new_key_until(&["projects:write"], until.millis());
    desk.it_is(until.plus(-1));
    organization.puts("a", &body).is(201);
    desk.it_is(until);
    organization
        .puts("b", &body)
        .refused(401, "unauthenticated");
    organization.key = organization.new_key(&["projects:write"]);
    organization.puts("b", &body).is(201);
    let revoke = "UPDATE api_key SET revoked_at = 0 WHERE organization_id = ?1";
    desk.place().rows(revoke, json!([organization.id]));
    organization
        .puts("c", &body)
        .refused(401, "unauthenticated");
}

#[test]
fn whoever_comes_back_is_the_same_volunteer() {
    let desk = Desk::new();
    let ming = desk.place().volunteer();
    desk.passes(MINUTE);
    let mut again = ming.clone();
    again.name = "另一个名字".to_owned();
    again.signs_in();
    assert_eq!(again.id, ming.id);
    assert_ne!(again.session, ming.session);
    let profile = again.reads("/api/v1/me").is(200);
    assert_eq!(
        profile.member("name"),
        ming.name,
        "a known one keeps the name"
    );
    ming.reads("/api/v1/me").is(200);
}

#[test]
fn neither_phone_nor_code_nor_token_is_kept_readable() {
    let desk = Desk::new();
    let ming = desk.place().stranger();
    ming.asks_for_a_code().is(202);
    let code = ming.newest_code();
    let session = ming.shows_code(&code).is(201).member("token");
    // The menu's indexes hold words of projects, in a form of their own.
    let tables = desk.place().rows(
        "SELECT name FROM sqlite_schema
         WHERE type = 'table' AND name NOT LIKE 'sqlite%' AND name NOT LIKE 'menu_by%' AND name <> 'region'",
        json!([]),
    );
    for table in tables {
        let table = table["name"].as_str().unwrap();
        let rows = desk
            .place()
            .rows(&format!("SELECT * FROM {table}"), json!([]));
        for row in rows {
            for (column, value) in row.as_object().unwrap() {
                let text = value.to_string();
                for secret in [&ming.phone, &format!("\"{code}\""), &session] {
                    assert!(!text.contains(secret.as_str()), "{table}.{column}: {text}");
                }
            }
        }
    }
}
