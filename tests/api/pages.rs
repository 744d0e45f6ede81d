//! The pages, as a browser without scripts sends their forms.

use diandan::platform::i18n::Lang;
use diandan::volunteers::{birth_date_words, code_words, phone_words};
use serde_json::json;

use crate::support::answer::Answer;
use crate::support::app::app;
use crate::support::notice::{Notice, morning, shift, with_waitlist};
use crate::support::request::Request;

/// The session in `Set-Cookie`, which must be well guarded.
#[track_caller]
fn session(answer: &Answer) -> String {
    let cookie = answer.header("set-cookie").unwrap();
    for attribute in ["HttpOnly", "Secure", "SameSite=Lax", "Path=/"] {
        assert!(cookie.contains(attribute), "{cookie}");
    }
    assert!(!cookie.contains("Domain"), "{cookie}");
    let value = cookie.strip_prefix("__Host-session=").unwrap();
    value.split(';').next().unwrap().to_owned()
}

#[test]
fn somebody_new_signs_up_with_two_forms() {
    let app = app();
    let organization = app.organization();
    let notice = Notice::of(&[shift("a", morning(app.now(), 5), 9)]);
    let a = organization.publishes(&notice).shift("a");
    let ming = app.stranger();
    let path = format!("/shifts/{}/sign-up", a.id);
    assert!(app.get(&path).is(200).text().contains(notice.title()));

    let fields = [
        ("name", ming.name.as_str()),
        ("phone", &ming.phone),
        ("adult", "1"),
    ];
    let code_page = app
        .send(&ming.anonymous("POST", &path).form(&fields))
        .is(200);
    assert!(code_page.text().contains(&ming.phone[7..]));
    let code = ming.newest_code();
    let with_code = [&fields[..], &[("code", code.as_str()), ("step", "code")]].concat();
    let done = app
        .send(&ming.anonymous("POST", &path).form(&with_code))
        .is(303);
    let ticket = done.header("location").unwrap().to_owned();
    let session = session(&done);
    let page = app
        .send(&ming.anonymous("GET", &ticket).browser(&session))
        .is(200);
    assert!(page.text().contains(notice.title()));
    app.get(&ticket).is(401);
    let people = organization.reads_roster(&a).is(200).json();
    assert_eq!(people["items"][0]["phone"], ming.phone);

    let cancel = ming
        .anonymous("POST", &format!("{ticket}/cancel"))
        .browser(&session);
    app.send(&cancel.form(&[])).is(303);
    let people = organization.reads_roster(&a).is(200).json();
    assert_eq!(people["items"], json!([]));
}

#[test]
fn a_form_with_faults_comes_back_with_what_was_written() {
    let app = app();
    let organization = app.organization();
    let a = organization
        .publishes(&Notice::of(&[shift("a", morning(app.now(), 5), 9)]))
        .shift("a");
    let ming = app.stranger();
    let path = format!("/shifts/{}/sign-up", a.id);
    let fields = [
        ("name", ming.name.as_str()),
        ("phone", "123"),
        ("birth_date", "2030-01-01"),
    ];
    let page = app
        .send(&ming.anonymous("POST", &path).form(&fields))
        .is(422);
    let text = page.text();
    for words in [phone_words(), birth_date_words()] {
        assert!(text.contains(words.in_lang(Lang::Zh)), "{words:?}: {text}");
    }
    assert!(text.contains(&ming.name), "{text}");
    assert_eq!(app.texts_to("123").len(), 0);
    let script = [("name", "<script>alert(1)</script>"), ("phone", "\"><b>")];
    let page = app.send(&ming.anonymous("POST", &path).form(&script));
    let text = page.text();
    assert!(
        !text.contains("<script>alert") && !text.contains("\"><b>"),
        "{text}"
    );
}

#[test]
fn signing_in_goes_back_to_where_one_came_from_but_not_elsewhere() {
    let app = app();
    for (back, target) in [
        ("/me/signups", "/me/signups"),
        ("/projects/1?a=b", "/projects/1?a=b"),
        ("https://evil.example/", "/"),
        ("//evil.example/", "/"),
        ("/\\evil.example", "/"),
    ] {
        let ming = app.stranger();
        let send = |fields: &[(&str, &str)]| {
            let all = [&[("phone", ming.phone.as_str()), ("back", back)], fields].concat();
            app.send(&ming.anonymous("POST", "/sign-in").form(&all))
        };
        send(&[]).is(200);
        let wrong = send(&[("code", "12"), ("step", "code")]);
        assert!(wrong.text().contains(code_words().in_lang(Lang::Zh)));
        let done = send(&[("code", &ming.newest_code()), ("step", "code")]).is(303);
        assert_eq!(done.header("location"), Some(target), "{back}");
        let session = session(&done);
        let mine = ming.anonymous("GET", "/me/signups").browser(&session);
        app.send(&mine).is(200);

        let out = ming
            .anonymous("POST", "/sign-out")
            .browser(&session)
            .form(&[]);
        let out = app.send(&out).is(303);
        assert!(out.header("set-cookie").unwrap().contains("Max-Age=0"));
        assert!(out.header("clear-site-data").is_some());
        let mine = app.send(&mine).is(303);
        assert_eq!(mine.header("location"), Some("/sign-in?back=/me/signups"));
    }
}

#[test]
fn who_runs_the_shift_lets_go_whoever_asked() {
    let app = app();
    let organization = app.organization();
    let notice = Notice::of(&[with_waitlist(shift("a", morning(app.now(), 2), 1), 1)])
        .with("cancel_until_minutes", 43_200);
    let a = organization.publishes(&notice).shift("a");
    let (ming, hong) = (app.adult(), app.adult());
    let seat = ming.takes(&a, "confirmed");
    hong.takes(&a, "waitlisted");
    let ask = ming
        .anonymous("POST", &format!("/me/signups/{seat}/cancel"))
        .browser(&ming.session);
    app.send(&ask.form(&[])).is(303);

    let release = format!("/shifts/{}/roster/{seat}/release", a.id);
    let by = |role: &str| {
        let member = organization.member(role);
        let roster = member
            .anonymous("GET", &format!("/shifts/{}/roster", a.id))
            .browser(&member.session);
        let roster = app.send(&roster).is(200).text();
        assert_eq!(roster.contains(&release), role == "manager", "{role}");
        let act = member.anonymous("POST", &release).browser(&member.session);
        app.send(&act.form(&[]))
    };
    by("viewer").is(404);
    assert_eq!(ming.ticket(&seat)["state"], "confirmed");
    by("manager").is(303);
    assert_eq!(ming.ticket(&seat)["state"], "cancelled");
    hong.is_told("signup_promoted");
    let stranger = app.adult();
    let roster = stranger
        .anonymous("GET", &format!("/shifts/{}/roster", a.id))
        .browser(&stranger.session);
    let refused = app.send(&roster).is(403).text();
    assert!(!refused.contains(&hong.phone) && !refused.contains(&hong.name));
}

#[test]
fn a_choice_of_language_is_kept() {
    let app = app();
    let chosen = app.get("/language/en?back=/sign-in").is(303);
    assert_eq!(chosen.header("location"), Some("/sign-in"));
    let cookie = chosen.header("set-cookie").unwrap();
    assert!(cookie.starts_with("lang=en;"), "{cookie}");
    let request = Request::get("/sign-in")
        .header("cookie", "lang=en")
        .language("zh-CN");
    assert!(app.send(&request).is(200).text().contains("Sign in"));
    let away = app.get("/language/en?back=https://evil.example").is(303);
    assert_eq!(away.header("location"), Some("/"));
}

#[test]
fn files_are_kept_for_ever_under_their_fingerprint() {
    let app = app();
    let page = app.get("/").is(200).text();
    let at = page.find("/assets/").unwrap();
    let href = page[at..].split('"').next().unwrap().to_owned();
    let file = app.get(&href).is(200);
    let cache = file.header("cache-control").unwrap();
    assert!(cache.contains("immutable"), "{cache}");
    let name = href.rsplit('/').next().unwrap();
    let old = app.get(&format!("/assets/0000000000000000/{name}")).is(200);
    assert!(!old.header("cache-control").unwrap().contains("immutable"));
    assert_eq!(old.body, file.body);
    app.get("/assets/0000000000000000/secret.txt").is(404);
    for target in [
        "/icon.svg",
        "/sw.js",
        "/manifest.webmanifest",
        "/robots.txt",
        "/offline",
    ] {
        app.get(target).is(200);
    }
}

#[test]
fn the_outbox_stands_in_for_a_phone() {
    let app = app();
    let ming = app.stranger();
    ming.asks_for_a_code().is(202);
    // Nobody else's message of this kind need be on the page, only ours.
    let page = app.get("/outbox").is(200);
    assert!(page.text().contains(&ming.phone));
    assert_eq!(page.header("cache-control"), Some("private, no-store"));
}

#[test]
fn a_link_that_gathered_parameters_on_its_way_still_opens() {
    let app = app();
    for target in [
        "/?from=singlemessage&isappinstalled=0",
        "/?field=sports&utm_source=chat",
        "/?q=xy&limit=0",
        "/sign-in?back=/me/signups&from=timeline",
        "/language/en?back=/&from=timeline",
    ] {
        let page = app.get(target);
        assert!([200, 303].contains(&page.status), "{page:?}");
    }
}
