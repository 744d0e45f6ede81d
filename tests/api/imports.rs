//! Bulk import in workerd: it gets on by itself, reads what Chinese Excel writes, and is
//! handed in from a page without scripts.

use serde_json::{Value, json};

use crate::support::answer::Answer;
use crate::support::app::{App, app, shared};
use crate::support::notice::{Notice, morning, shift};
use crate::support::people::{Organization, Volunteer};
use crate::support::place::Place;
use crate::support::request::Request;
use crate::support::soon;

fn ndjson(place: &dyn Place, count: usize) -> Vec<u8> {
    let notice = Notice::of(&[shift("a", morning(place.now(), 5), 3)]);
    let lines = (0..count).map(|n| {
        let mut line = notice.0.clone();
        line["client_ref"] = json!(format!("n{n}"));
        format!("{line}\n")
    });
    lines.collect::<String>().into_bytes()
}

fn hands_in(organization: &Organization, media: &str, file: Vec<u8>) -> Answer {
    let target = format!("/api/v1/organizations/{}/imports", organization.id);
    let request = Request::new("POST", target).bearer(&organization.key);
    organization.place.send(&request.bytes(media, file))
}

/// Looks until it is done.
fn done(organization: &Organization, at: &str) -> Value {
    let look = || {
        let request = Request::get(at).bearer(&organization.key);
        organization.place.send(&request).is(200).json()
    };
    soon("the end of an import", || look()["state"] == "done");
    look()
}

#[test]
fn an_import_gets_on_while_somebody_looks() {
    let place = app();
    let organization = place.organization();
    let answer = hands_in(&organization, "application/x-ndjson", ndjson(place, 60)).is(202);
    let import = done(&organization, answer.header("location").unwrap());
    assert_eq!(import["created"], 60);
    assert_eq!(import["total"], 60);
}

#[test]
fn an_import_gets_on_by_the_clock_when_nobody_looks() {
    let app = App::start();
    let place = app.place();
    let organization = place.organization();
    hands_in(&organization, "application/x-ndjson", ndjson(place, 30)).is(202);
    let count = || place.number("SELECT coalesce(sum(done), 0) AS n FROM import", json!([]));
    let mut before = count();
    for _ in 0..30 {
        app.ticks();
        let now = count();
        assert!(now >= before);
        before = now;
    }
    assert_eq!(before, 30);
}

#[test]
fn what_chinese_excel_saves_is_read() {
    let place = app();
    let organization = place.organization();
    let template = place.get("/api/v1/imports/template.csv").is(200);
    assert_eq!(
        template.header("content-type"),
        Some("text/csv; charset=utf-8")
    );
    let text = template.text();
    let text = text.trim_start_matches('\u{feff}');
    let body = encoding_rs::GB18030.encode(text).0.into_owned();
    let answer = hands_in(&organization, "text/csv", body).is(202);
    let import = done(&organization, answer.header("location").unwrap());
    assert_eq!(import["created"], 1, "{import}");
    let own = Request::get(organization.own_path("science-01")).bearer(&organization.key);
    assert_eq!(place.send(&own).is(200).json()["title"], "冬日山村科学课");
    let broken = [&b"client_ref,title\na,\xb1"[..], &[0xff; 4]].concat();
    hands_in(&organization, "text/csv", broken).refused(422, "unreadable_file");
}

#[test]
fn a_file_of_twenty_megabytes_is_taken_and_one_byte_more_is_not() {
    let place = app();
    let organization = place.organization();
    let line = |n: usize, length: usize| {
        let line = format!("{{\"client_ref\":\"n{n}\",\"content\":\"");
        let fill = length - line.len() - 3;
        format!("{line}{}\"}}\n", "a".repeat(fill))
    };
    let mut file: String = (0..20).map(|n| line(n, 1024 * 1024)).collect();
    let answer = hands_in(
        &organization,
        "application/x-ndjson",
        file.clone().into_bytes(),
    )
    .is(202);
    let import = done(&organization, answer.header("location").unwrap());
    assert_eq!(import["refused"], 20, "content that long is too long");
    file.push(' ');
    hands_in(&organization, "application/x-ndjson", file.into_bytes())
        .refused(413, "body_too_large");
}

/// What a browser sends for the form.
fn form(member: &Volunteer, organization: &Organization, dry_run: bool, file: &str) -> Answer {
    let mut body = String::new();
    if dry_run {
        body += "--b\r\nContent-Disposition: form-data; name=\"dry_run\"\r\n\r\n1\r\n";
    }
    body += "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"项目.csv\"\r\nContent-Type: text/csv\r\n\r\n";
    body += file;
    body += "\r\n--b--\r\n";
    let target = format!("/organizations/{}/imports", organization.id);
    let request = Request::new("POST", target).browser(&member.session);
    member
        .place
        .send(&request.bytes("multipart/form-data; boundary=b", body.into_bytes()))
}

#[test]
fn a_clerk_tries_a_file_corrects_it_and_imports_it() {
    let place = app();
    let organization = place.organization();
    let clerk = organization.member("manager");
    let page = |target: &str, lang: &str| {
        let request = Request::get(target).browser(&clerk.session).language(lang);
        place.send(&request).is(200)
    };
    let home = format!("/organizations/{}/imports", organization.id);
    assert!(page(&home, "zh").text().contains("multipart/form-data"));
    assert!(page(&home, "en").text().contains("Try it first"));

    let wrong = form(&clerk, &organization, true, "编号,价格\na,3\n").is(422);
    assert!(wrong.text().contains("不认识的列：价格"), "{wrong:?}");
    form(&clerk, &organization, true, "").is(422);

    let file = "编号,项目名称,最低年龄\na,义诊,14\nb,<b>义诊</b>,老\n";
    let answer = form(&clerk, &organization, true, file).is(303);
    let trial = answer.header("location").unwrap().to_owned();
    soon("the end of a trial", || {
        page(&trial, "zh").header("refresh").is_none()
    });
    let seen = page(&trial, "zh").text();
    for said in [
        "将新建",
        "第 3 行",
        "最低年龄",
        "正式导入 1 个项目",
        "report.csv",
    ] {
        assert!(seen.contains(said), "{said}: {seen}");
    }
    assert!(page(&trial, "en").text().contains("would be created"));
    let own = Request::get(organization.own_path("a")).bearer(&organization.key);
    place.send(&own).refused(404, "not_found");

    let apply = Request::new("POST", format!("{trial}/apply")).browser(&clerk.session);
    let real = place
        .send(&apply)
        .is(303)
        .header("location")
        .unwrap()
        .to_owned();
    soon("the end of an import", || {
        page(&real, "zh").header("refresh").is_none()
    });
    assert!(page(&real, "zh").text().contains("已新建"));
    place.send(&own).is(200);
    let cancel = Request::new("POST", format!("{real}/cancel")).browser(&clerk.session);
    place.send(&cancel).is(303);
    assert!(page(&home, "zh").text().contains("试运行"));

    let viewer = organization.member("viewer");
    let seen = place
        .send(&Request::get(&home).browser(&viewer.session))
        .is(200);
    assert!(!seen.text().contains("multipart/form-data"));
    form(&viewer, &organization, true, file).is(403);
    let stranger = place.adult();
    place
        .send(&Request::get(&real).browser(&stranger.session))
        .is(403);
}

#[test]
fn nothing_of_a_file_is_logged() {
    let place = app();
    let organization = place.organization();
    let file = "{\"client_ref\":\"a\",\"title\":\"不可记录\",\"risks\":7}\n";
    let answer = hands_in(&organization, "application/x-ndjson", file.into()).is(202);
    done(&organization, answer.header("location").unwrap());
    soon("the line of the log", || {
        shared().logs().contains("imported")
    });
    assert!(!shared().logs().contains("不可记录"));
}
