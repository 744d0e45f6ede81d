//! The short memory never mixes people or languages up.

use crate::support::app::app;
use crate::support::notice::{Notice, morning, shift};
use crate::support::request::{Request, query};
use crate::support::unique_word;

#[test]
fn one_language_is_not_remembered_as_the_other() {
    let target = format!("/?{}", query(&[("q", &unique_word())]));
    // Bytes that one reader of headers takes for text and another does not.
    for odd in ["en,é", "é,en"] {
        app().answer(&Request::get(&target).language(odd));
        let english = app().send(&Request::get(&target).language("en-GB"));
        assert_eq!(english.header("content-language"), Some("en"), "{odd}");
    }
}

#[test]
fn what_somebody_did_is_seen_by_them_at_once() {
    let organization = app().organization();
    let project = organization.publishes(&Notice::of(&[shift("a", morning(app().now(), 3), 7)]));
    let page = format!("/projects/{}", project.id);
    assert!(app().get(&page).text().contains("余 7 位"));
    let volunteer = app().adult();
    volunteer.takes(&project.shift("a"), "confirmed");
    let seen = app().send(&Request::get(&page).browser(&volunteer.session));
    assert!(seen.text().contains("余 6 位"));
}

#[test]
fn a_foreign_cookie_signs_nobody_out() {
    let volunteer = app().adult();
    let cookies = format!("other=é; __Host-session={}", volunteer.session);
    let request = Request::get("/api/v1/me").header("cookie", cookies);
    app().send(&request).is(200);
    let request =
        Request::get("/api/v1/me").header("authorization", format!("bearer {}", volunteer.session));
    app().send(&request).is(200);
}
