//! What all answers have in common.

use std::collections::BTreeSet;

use diandan::platform::i18n::Lang;
use diandan::platform::problem::Problem;
use serde_json::json;

use crate::support::app::{app, shared};
use crate::support::notice::{Notice, morning, shift};
use crate::support::request::Request;
use crate::support::soon;

#[test]
fn errors_speak_the_language_of_whoever_asks() {
    let app = app();
    let title = |language: Option<&str>| {
        let mut request = Request::get("/api/v1/projects/x");
        if let Some(language) = language {
            request = request.language(language);
        }
        let refused = app.send(&request).refused(404, "not_found");
        let spoken = refused.header("content-language").unwrap().to_owned();
        (refused.member("detail"), spoken)
    };
    let said_in = |lang: Lang| {
        let title = Problem::not_found().title(lang).to_owned();
        (title, lang.tag().to_owned())
    };
    let (chinese, english) = (said_in(Lang::Zh), said_in(Lang::En));
    for (language, expected) in [
        (None, &chinese),
        (Some("zh-CN,zh;q=0.9,en;q=0.8"), &chinese),
        (Some("en"), &english),
        (Some("en-GB,en;q=0.9"), &english),
        (Some("fr-FR, en;q=0.5, zh;q=0.1"), &english),
        (Some("fr"), &chinese),
        (Some("*"), &chinese),
    ] {
        assert_eq!(title(language), *expected, "{language:?}");
    }
    let chosen = Request::get("/api/v1/projects/x")
        .header("cookie", "lang=en")
        .language("zh-CN");
    assert_eq!(app.send(&chosen).member("detail"), english.0);
    // Field faults too.
    let request = Request::get("/api/v1/projects?limit=0").language("en");
    let refused = app.send(&request).refused(400, "invalid_parameters");
    let detail = refused.json()["errors"][0]["detail"].clone();
    assert!(detail.as_str().unwrap().is_ascii(), "{detail}");
}

#[test]
fn each_language_has_a_page_of_its_own_in_the_short_memory() {
    let app = app();
    let read = |language: &str| {
        let page = app.send(&Request::get("/").language(language)).is(200);
        page.header("content-language").unwrap().to_owned()
    };
    for _ in 0..2 {
        assert_eq!(read("zh"), "zh-CN");
        assert_eq!(read("en"), "en");
    }
}

#[test]
fn a_problem_quotes_its_request() {
    let app = app();
    let ming = app.adult();
    let mut seen = BTreeSet::new();
    for request in [
        Request::get("/api/v1/me"),
        Request::get("/api/v1/projects/x"),
        Request::get("/api/v1/projects?colour=red"),
        Request::get("/api/v1/nothing"),
        Request::delete("/api/v1/projects"),
        ming.request("PATCH", "/api/v1/me").json(&json!([])),
        ming.request("PATCH", "/api/v1/me")
            .bytes("text/plain", vec![]),
    ] {
        let answer = app.send(&request);
        let id = answer.header("x-request-id").unwrap().to_owned();
        assert_eq!(answer.member("request_id"), id, "{answer:?}");
        assert_eq!(answer.json()["status"], answer.status);
        assert_eq!(
            answer.header("content-type"),
            Some("application/problem+json")
        );
        assert_eq!(answer.header("cache-control"), Some("no-store"));
        assert!(seen.insert(id), "{answer:?}");
    }
    for id in seen {
        soon("a line in the log", || shared().logs().contains(&id));
    }
}

#[test]
fn whoever_is_not_signed_in_is_told_how() {
    let app = app();
    let refused = app.get("/api/v1/me").refused(401, "unauthenticated");
    assert_eq!(refused.header("www-authenticate"), Some("Bearer"));
    for header in ["Basic dXNlcjpwYXNz", "Bearer", "Bearer ", "dds_x", ""] {
        let request = Request::get("/api/v1/me").header("authorization", header);
        app.send(&request).refused(401, "unauthenticated");
    }
}

#[test]
fn another_site_cannot_act_for_a_visitor() {
    let app = app();
    let here = shared().url.clone();
    let organization = app.organization();
    let notice = Notice::of(&[shift("a", morning(app.now(), 5), 9)]);
    let a = organization.publishes(&notice).shift("a");
    for (headers, forged) in [
        (vec![("sec-fetch-site", "cross-site")], true),
        (vec![("sec-fetch-site", "same-site")], true),
        (vec![("origin", "https://evil.example")], true),
        (vec![("origin", "null")], true),
        (vec![("sec-fetch-site", "same-origin")], false),
        (vec![("origin", here.as_str())], false),
        (vec![("sec-fetch-site", "none")], false),
        (
            vec![("sec-fetch-site", "cross-site"), ("origin", here.as_str())],
            true,
        ),
    ] {
        let ming = app.adult();
        let with_headers = |request: Request| {
            headers.iter().fold(request, |request, (name, value)| {
                request.header(name, *value)
            })
        };
        let sign_up = ming.anonymous("POST", &a.signups()).browser(&ming.session);
        let answer = app.send(&with_headers(sign_up).json(&json!({})));
        match forged {
            true => drop(answer.refused(403, "cross_site")),
            false => drop(answer.is(201)),
        }
        let taken = ming.reads("/api/v1/me/signups").is(200).ids();
        assert_eq!(taken.is_empty(), forged, "{headers:?}");
        // Forms as well, and with every method that changes something.
        let sign_out = ming.anonymous("POST", "/sign-out").browser(&ming.session);
        let answer = app.send(&with_headers(sign_out.form(&[])));
        assert_eq!(answer.status, if forged { 403 } else { 303 }, "{headers:?}");
        for method in ["DELETE", "PATCH"] {
            let request = ming.anonymous(method, "/api/v1/me").browser(&ming.session);
            let answer = app.send(&with_headers(request));
            assert_eq!(answer.status == 403, forged, "{method} {headers:?}");
        }
        // Reading harms nobody.
        let read = ming.anonymous("GET", "/api/v1/projects");
        app.send(&with_headers(read)).is(200);
    }
}

#[test]
fn head_is_get_without_its_body() {
    let app = app();
    let organization = app.organization();
    let project = organization.publishes(&Notice::of(&[shift("a", morning(app.now(), 5), 9)]));
    for (target, status) in [
        (project.path(), 200),
        ("/api/v1/projects?limit=1".to_owned(), 200),
        ("/".to_owned(), 200),
        (format!("/projects/{}", project.id), 200),
        ("/api/openapi.json".to_owned(), 200),
        ("/api/v1/projects/x".to_owned(), 404),
        ("/api/v1/me".to_owned(), 401),
    ] {
        let get = app.get(&target).is(status);
        let head = app.send(&Request::new("HEAD", &target)).is(status);
        assert!(head.body.is_empty(), "{head:?}");
        for name in ["content-type", "cache-control"] {
            assert_eq!(head.header(name), get.header(name), "{target} {name}");
        }
    }
}

#[test]
fn a_method_that_is_not_taken_says_which_are() {
    let app = app();
    let ming = app.adult();
    for (method, target, allowed) in [
        ("DELETE", "/api/v1/projects", &["GET", "HEAD"][..]),
        ("POST", "/api/v1/me", &["GET", "HEAD", "PATCH"]),
        ("PUT", "/api/v1/sessions", &["DELETE", "POST"]),
        ("POST", "/", &["GET", "HEAD"]),
        ("OPTIONS", "/api/v1/me", &["GET", "HEAD", "PATCH"]),
        ("TRACE", "/api/v1/regions", &["GET", "HEAD"]),
        ("GET", "/api/v1/sign-in-codes", &["POST"]),
        ("GET", "/sign-out", &["POST"]),
    ] {
        let answer = app.send(&ming.request(method, target));
        assert_eq!(answer.status, 405, "{answer:?}");
        if target.starts_with("/api/") {
            assert_eq!(answer.member("code"), "method_not_allowed");
        }
        let header = answer.header("allow").unwrap_or_default();
        let found: BTreeSet<_> = header.split(',').map(str::trim).collect();
        assert_eq!(
            found,
            allowed.iter().copied().collect(),
            "{method} {target}"
        );
    }
}

#[test]
fn what_is_not_there_is_a_problem_for_programs_and_a_page_for_people() {
    let app = app();
    let id = uuid::Uuid::new_v4();
    for target in [
        "/api/v1/nothing",
        "/api/v1/projects/",
        "/api/",
        "/api/v2/projects",
        &format!("/api/v1/projects/{id}"),
        &format!("/api/v1/projects/{}", id.to_string().replace('-', "")),
        "/api/v1/projects/%FF",
        "/api/v1/projects/1;DROP%20TABLE%20project",
        "/api/v1/organizations/%FF/projects/p",
    ] {
        app.get(target).refused(404, "not_found");
    }
    for target in [
        "/nothing",
        "/api",
        "/projects/x",
        "/projects/%FF",
        "/calendar/%FF",
        "/assets/%FF/app.css",
        "/language/xx",
        "/..%2f..%2fetc/passwd",
        "/.env",
        &format!("/projects/{id}"),
        &format!("/organizations/{id}"),
        &format!("/shifts/{id}/sign-up"),
    ] {
        let page = app.get(target).is(404);
        assert_eq!(
            page.header("content-type"),
            Some("text/html; charset=utf-8"),
            "{target}"
        );
        let title = Problem::not_found().title(Lang::Zh).to_owned();
        assert!(page.text().contains(&title), "{target}");
    }
}

#[test]
fn every_answer_is_guarded() {
    let app = app();
    for target in [
        "/",
        "/api/v1/projects",
        "/api/v1/nothing",
        "/nothing",
        "/sign-in",
        "/robots.txt",
    ] {
        let answer = app.get(target);
        let policy = answer.header("content-security-policy").unwrap();
        assert!(policy.contains("default-src 'none'"), "{target}: {policy}");
        assert!(!policy.contains("unsafe"), "{target}: {policy}");
        assert!(
            policy.contains("frame-ancestors 'none'"),
            "{target}: {policy}"
        );
        assert_eq!(
            answer.header("x-content-type-options"),
            Some("nosniff"),
            "{target}"
        );
        assert_eq!(
            answer.header("referrer-policy"),
            Some("same-origin"),
            "{target}"
        );
        assert!(answer.header("cache-control").is_some(), "{target}");
    }
}

#[test]
fn nothing_of_ones_own_is_left_in_shared_caches() {
    let app = app();
    let organization = app.organization();
    let ming = organization.member("owner");
    let notice = Notice::of(&[
        shift("a", morning(app.now(), 5), 9),
        shift("free", morning(app.now(), 6), 9),
    ]);
    let project = organization.publishes(&notice);
    let (a, free) = (project.shift("a"), project.shift("free"));
    let signup = ming.takes(&a, "confirmed");
    for target in [
        "/api/v1/me".to_owned(),
        "/api/v1/me/signups".to_owned(),
        format!("/api/v1/signups/{signup}"),
        a.signups(),
        "/me/signups".to_owned(),
        format!("/me/signups/{signup}"),
        format!("/shifts/{}/roster", a.id),
        format!("/shifts/{}/sign-up", free.id),
    ] {
        let mine = ming.anonymous("GET", &target).browser(&ming.session);
        let answer = app.send(&mine).is(200);
        let cache = answer.header("cache-control").unwrap();
        assert!(cache.contains("no-store"), "{target}: {cache}");
        // Whoever comes next without a session sees nothing of it.
        let stranger = app.get(&target);
        assert!(!stranger.text().contains(&ming.name), "{target}");
        if !target.ends_with("/sign-up") {
            assert!([401, 303].contains(&stranger.status), "{stranger:?}");
        }
    }
}

#[test]
fn hostile_addresses_are_answered_like_any_other() {
    let app = app();
    let long = "x".repeat(8_000);
    for target in [
        format!("/api/v1/projects?q={long}"),
        format!("/api/v1/projects?{long}=1"),
        format!("/api/v1/projects/{long}"),
        "/api/v1/projects?%FF=%FE".to_owned(),
        "/api/v1/projects?q=%FF%FE%FD".to_owned(),
        "/api/v1/projects?cursor=9223372036854775807_9223372036854775807".to_owned(),
        "/api/v1/projects?cursor=99999999999999999999_1".to_owned(),
        "/api/v1/projects?q=%27%20OR%201%3D1%20--%20".to_owned(),
        "/api/v1/projects?region=36%27".to_owned(),
        "/api/v1/projects?&&&=&".to_owned(),
        format!("/?{long}=1"),
    ] {
        let answer = app.get(&target);
        assert!(answer.status < 500, "{answer:?}");
    }
}
