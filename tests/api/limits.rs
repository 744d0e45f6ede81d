//! How many requests a caller may send.

use crate::support::answer::Answer;
use crate::support::app::{App, app};
use crate::support::request::Request;

/// `q`, `r` … of a header such as `"caller";q=600;w=60`.
fn part(answer: &Answer, header: &str, name: &str) -> u64 {
    let value = answer
        .header(header)
        .unwrap_or_else(|| panic!("no {header}"));
    let mut parts = value.split(';');
    let found = parts.find_map(|part| part.strip_prefix(&format!("{name}=")));
    found.unwrap().parse().unwrap()
}

#[test]
fn one_too_many_is_told_when_to_come_back_and_nobody_else_is() {
    let app = App::start_with_limits();
    let place = app.place();
    let ming = place.adult();
    let ask = |request: Request| place.send(&request.header("cf-connecting-ip", "10.7.7.7"));
    let as_ming = || Request::get("/api/v1/me").bearer(&ming.session);

    let first = ask(as_ming()).is(200);
    let quota = part(&first, "ratelimit-policy", "q");
    assert!(
        first
            .header("ratelimit-policy")
            .unwrap()
            .starts_with("\"caller\";q=")
    );
    assert!(part(&first, "ratelimit", "r") < quota);
    assert!((1..=60).contains(&part(&first, "ratelimit", "t")));

    // A window may end meanwhile; a second one hardly does.
    let refused = (0..60)
        .map(|_| ask(as_ming()))
        .find(|answer| answer.status != 200)
        .expect("somewhere it ends")
        .refused(429, "rate_limited");
    let wait: u64 = refused.header("retry-after").unwrap().parse().unwrap();
    assert!((1..=60).contains(&wait));
    assert_eq!(part(&refused, "ratelimit", "r"), 0);
    assert_eq!(part(&refused, "ratelimit-policy", "q"), quota);

    // Others at the same address, with a credential or without, are not concerned, and
    // neither is reading pages.
    let hong = place.adult();
    ask(Request::get("/api/v1/me").bearer(&hong.session)).is(200);
    let stranger = ask(Request::get("/api/v1/me")).is(401);
    assert!(
        stranger
            .header("ratelimit-policy")
            .unwrap()
            .starts_with("\"stranger\";q=")
    );
    let page = ask(Request::get("/me/signups").browser(&ming.session)).is(200);
    assert_eq!(page.header("ratelimit"), None);
    assert_eq!(
        ask(Request::get("/api/openapi.json"))
            .is(200)
            .header("ratelimit"),
        None
    );
}

#[test]
fn an_answer_from_memory_tells_nobody_elses_standing() {
    let app = App::start_with_limits();
    let place = app.place();
    let answers = (0..9).map(|_| place.get("/api/v1/regions").is(200));
    let recalled = |answer: &Answer| answer.header("x-request-id").is_none();
    let recalled: Vec<_> = answers.filter(recalled).collect();
    assert!(!recalled.is_empty());
    assert!(
        recalled
            .iter()
            .all(|answer| answer.header("ratelimit").is_none())
    );
}

#[test]
fn where_nothing_counts_nothing_is_told() {
    let answer = app().get("/api/v1/me").is(401);
    assert_eq!(answer.header("ratelimit-policy"), None);
    assert_eq!(answer.header("ratelimit"), None);
}

#[test]
fn made_up_credentials_count_for_their_network() {
    let app = App::start_with_limits();
    let place = app.place();
    let ming = place.adult();
    let ask = |request: Request| place.send(&request.header("cf-connecting-ip", "10.8.8.8"));
    let as_ming = || ask(Request::get("/api/v1/me").bearer(&ming.session));
    // Who has been heard of is not confused with them.
    for _ in 0..6 {
        as_ming().is(200);
    }
    let refused = (0..400)
        .map(|n| ask(Request::get("/api/v1/me").bearer(&format!("dds_made-up-{n}"))))
        .find(|answer| answer.status != 401)
        .expect("somewhere it ends")
        .refused(429, "rate_limited");
    assert!(
        refused
            .header("ratelimit-policy")
            .unwrap()
            .starts_with("\"stranger\";q=")
    );
    as_ming().is(200);
}

#[test]
fn what_pages_are_to_change_is_counted() {
    let app = App::start_with_limits();
    let place = app.place();
    let post = || {
        let request = Request::new("POST", "/sign-in").header("cf-connecting-ip", "10.9.9.9");
        place.send(
            &request
                .header("sec-fetch-site", "same-origin")
                .form(&[("phone", "x")]),
        )
    };
    let refused = (0..60)
        .map(|_| post())
        .find(|answer| answer.status == 429)
        .expect("somewhere it ends");
    assert!(refused.header("retry-after").is_some());
    assert!(refused.text().contains("<html"));
}
