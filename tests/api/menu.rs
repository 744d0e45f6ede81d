//! Finding a project on the menu.

use diandan::platform::clock::{DAY, Instant, start_of};
use serde_json::json;

use crate::support::answer::Answer;
use crate::support::app::app;
use crate::support::notice::{Notice, morning, shift};
use crate::support::place::Place;
use crate::support::request::{Request, query};
use crate::support::unique_word;

/// The day so many days from today, as dates are written.
fn day(now: Instant, days: i64) -> String {
    start_of(now.date()).plus(days * DAY).date().to_string()
}

#[test]
fn each_condition_finds_the_project_and_its_opposite_does_not() {
    let app = app();
    let organization = app.organization();
    let now = app.now();
    let notice = Notice::of(&[shift("a", morning(now, 9), 3)])
        .with("field", "health")
        .with("region", "360731105")
        .with("min_age", 16)
        .with("skills", json!(["medical"]));
    let project = organization.publishes(&notice);
    let word = notice.word();
    let found = |conditions: &[(&str, &str)]| {
        let all = [&[("q", word.as_str())], conditions].concat();
        let ids = app.menu(&all).is(200).ids();
        assert!(ids.len() <= 1);
        ids.contains(&project.id)
    };
    assert!(found(&[]));
    let (before, on, after) = (day(now, 8), day(now, 9), day(now, 10));
    for (hit, miss) in [
        ([("field", "health")], [("field", "care")]),
        ([("region", "36")], [("region", "44")]),
        ([("region", "3607")], [("region", "3601")]),
        ([("region", "360731")], [("region", "360730")]),
        ([("region", "360731105")], [("region", "360731106")]),
        ([("skill", "medical")], [("skill", "driving")]),
        ([("age", "16")], [("age", "15")]),
        ([("age", "70")], [("age", "0")]),
        ([("from", on.as_str())], [("from", after.as_str())]),
        ([("to", on.as_str())], [("to", before.as_str())]),
        ([("sort", "newest")], [("field", "other")]),
        ([("free", "1")], [("region", "360102")]),
    ] {
        assert!(found(&hit), "{hit:?}");
        assert!(!found(&miss), "{miss:?}");
    }
    for (from, to, hit) in [
        (&on, &on, true),
        (&before, &before, false),
        (&after, &after, false),
        (&before, &after, true),
    ] {
        assert_eq!(found(&[("from", from), ("to", to)]), hit, "{from} to {to}");
    }
    assert!(found(&[
        ("field", "health"),
        ("region", "3607"),
        ("age", "17"),
        ("free", "1")
    ]));
    assert!(!found(&[
        ("field", "health"),
        ("region", "3601"),
        ("age", "17")
    ]));
}

#[test]
fn two_chinese_characters_find_a_title_a_summary_a_place_and_an_organization() {
    let app = app();
    let organization = app.organization();
    let words: Vec<_> = (0..4).map(|_| unique_word()).collect();
    let rename = "UPDATE organization SET name = ?2 WHERE id = ?1";
    app.rows(rename, json!([organization.id, format!("{}社", words[0])]));
    let notice = Notice::of(&[shift("a", morning(app.now(), 9), 3)])
        .with("title", format!("周末{}课", words[1]))
        .with("summary", format!("给{}讲故事", words[2]))
        .with("place", format!("{}小学", words[3]));
    let project = organization.publishes(&notice);
    for word in &words {
        assert_eq!(
            app.menu(&[("q", word)]).is(200).ids(),
            std::slice::from_ref(&project.id),
            "{word}"
        );
    }
    let both = format!("{} {}", words[1], words[3]);
    assert_eq!(app.menu(&[("q", &both)]).is(200).ids().len(), 1);
    let neither = format!("{} {}", words[1], unique_word());
    assert!(app.menu(&[("q", &neither)]).is(200).ids().is_empty());
}

#[test]
fn only_what_has_a_free_seat_is_listed_when_asked() {
    let app = app();
    let organization = app.organization();
    let notice = Notice::of(&[shift("a", morning(app.now(), 9), 1)]);
    let project = organization.publishes(&notice);
    let word = notice.word();
    let card = |conditions: &[(&str, &str)]| {
        let all = [&[("q", word.as_str())], conditions].concat();
        app.menu(&all).is(200).json()["items"][0].clone()
    };
    assert_eq!(card(&[("free", "1")])["seats_free"], 1);
    let ming = app.adult();
    let seat = ming.takes(&project.shift("a"), "confirmed");
    // Addresses nobody has asked for yet: the short memory holds nothing of them.
    assert_eq!(card(&[("free", "1"), ("limit", "5")]), json!(null));
    assert_eq!(card(&[("limit", "5")])["seats_free"], 0);
    ming.cancels(&seat).is(204);
    assert_eq!(card(&[("free", "1"), ("limit", "6")])["seats_free"], 1);
}

#[test]
fn parameters_that_cannot_be_are_named() {
    let app = app();
    for (question, parameters) in [
        ("colour=red", &["/colour"][..]),
        ("limit=0", &["/limit"]),
        ("limit=101", &["/limit"]),
        ("limit=ten", &["/limit"]),
        ("limit=-1&age=-1&colour=red", &["/age", "/colour", "/limit"]),
        ("age=121", &["/age"]),
        ("field=sports", &["/field"]),
        ("region=3", &["/region"]),
        ("skill=flying", &["/skill"]),
        ("free=yes", &["/free"]),
        ("sort=best", &["/sort"]),
        ("from=28.11.2026", &["/from"]),
        ("from=2026-02-30", &["/from"]),
        ("from=2026-12-02&to=2026-12-01", &["/to"]),
        ("cursor=1", &["/cursor"]),
        ("cursor=1_2_3", &["/cursor"]),
        ("cursor=%27_--", &["/cursor"]),
        ("q=%E8%8C%B6", &["/q"]),
        ("q=--", &["/q"]),
        ("q=a%00b", &["/q"]),
        ("field=care&field=care", &["/field"]),
    ] {
        let answer = app.get(&format!("/api/v1/projects?{question}"));
        let refused = answer.refused(400, "invalid_parameters");
        assert_eq!(refused.pointers(), parameters, "{question}");
    }
    let long = query(&[("q", &"长".repeat(41))]);
    let refused = app.get(&format!("/api/v1/projects?{long}"));
    assert_eq!(
        refused.refused(400, "invalid_parameters").pointers(),
        ["/q"]
    );
    // Fields of a form left blank count as absent, as browsers send them; programs don't.
    app.get("/?q=&field=&region=&free=").is(200);
    let blank = app.get("/api/v1/projects?q=&field=&region=&free=");
    let blank = blank.refused(400, "invalid_parameters");
    assert_eq!(blank.pointers().len(), 4);
    for target in ["/api/v1/regions?parent=x", "/api/v1/regions?child=36"] {
        app.get(target).refused(400, "invalid_parameters");
    }
    let ming = app.adult();
    for target in [
        "/api/v1/me/signups?limit=0",
        "/api/v1/me/signups?state=open",
    ] {
        ming.reads(target).refused(400, "invalid_parameters");
    }
}

/// Follows a list to its end; gives the ids of all pages.
fn follow(place: &dyn Place, first: Answer) -> Vec<Vec<String>> {
    let mut pages = Vec::new();
    let mut page = first;
    loop {
        pages.push(page.ids());
        let next = page.json()["next"].as_str().map(str::to_owned);
        let link = next.as_ref().map(|next| format!("<{next}>; rel=\"next\""));
        assert_eq!(page.header("link"), link.as_deref());
        match next {
            Some(next) => page = place.get(&next).is(200),
            None => return pages,
        }
    }
}

#[test]
fn pages_follow_each_other_without_a_gap_or_a_repetition() {
    let app = app();
    let organization = app.organization();
    let word = unique_word();
    let now = app.now();
    // Some at the very same moment: the cursor breaks the tie.
    let ids: Vec<_> = [3, 3, 3, 4, 5, 6, 6]
        .iter()
        .map(|days| {
            let notice = Notice::of(&[shift("a", morning(now, *days), 3)]);
            organization
                .publishes(&notice.with("title", format!("连载{word}")))
                .id
        })
        .collect();
    for limit in [1, 2, 3, 6, 7, 8] {
        let limit_text = limit.to_string();
        let first = app.menu(&[("q", &word), ("limit", &limit_text)]).is(200);
        let pages = follow(app, first);
        assert!(pages.iter().rev().skip(1).all(|page| page.len() == limit));
        assert_eq!(pages.concat(), ids, "by start, {limit} a page");
    }
    let newest = [("q", word.as_str()), ("limit", "3"), ("sort", "newest")];
    let mut newest = follow(app, app.menu(&newest).is(200)).concat();
    newest.reverse();
    assert_eq!(newest, ids, "newest first");
}

#[test]
fn own_signups_are_listed_in_order_of_time_page_by_page() {
    let app = app();
    let organization = app.organization();
    let now = app.now();
    let shifts: Vec<_> = [6, 3, 5, 4]
        .iter()
        .map(|days| shift(&format!("d{days}"), morning(now, *days), 3))
        .collect();
    let project = organization.publishes(&Notice::of(&shifts));
    let ming = app.adult();
    let mut ids = std::collections::BTreeMap::new();
    for days in [5, 3, 6, 4] {
        let id = ming.takes(&project.shift(&format!("d{days}")), "confirmed");
        ids.insert(days, id);
    }
    let in_order: Vec<_> = ids.into_values().collect();
    let mut listed = Vec::new();
    let mut target = "/api/v1/me/signups?limit=3".to_owned();
    loop {
        let page = ming.reads(&target).is(200);
        assert_eq!(page.header("cache-control"), Some("private, no-store"));
        listed.extend(page.ids());
        match page.json()["next"].as_str() {
            Some(next) => target = next.to_owned(),
            None => break,
        }
    }
    assert_eq!(listed, in_order);
}

#[test]
fn what_one_has_already_is_not_sent_again() {
    let app = app();
    let organization = app.organization();
    let notice = Notice::of(&[shift("a", morning(app.now(), 9), 3)]);
    let project = organization.publishes(&notice);
    for target in [
        project.path(),
        format!("/projects/{}", project.id),
        format!("/api/v1/projects?{}", query(&[("q", &notice.word())])),
        format!("/api/v1/organizations/{}", organization.id),
    ] {
        // Both from the database and from the short memory.
        for _ in 0..2 {
            let full = app.get(&target).is(200);
            let cache = full.header("cache-control").unwrap();
            assert!(cache.starts_with("public, max-age=0"), "{cache}");
            let etag = full.header("etag").unwrap().to_owned();
            for known in [
                etag.clone(),
                format!("W/{etag}"),
                format!("\"x\", {etag}"),
                "*".to_owned(),
            ] {
                let request = Request::get(&target).header("if-none-match", &*known);
                let unchanged = app.send(&request).is(304);
                assert!(unchanged.body.is_empty());
                assert_eq!(unchanged.header("etag"), Some(etag.as_str()));
            }
            let stale = Request::get(&target).header("if-none-match", "\"x\"");
            assert_eq!(app.send(&stale).is(200).body, full.body);
            let key = Request::get(&target)
                .bearer(&organization.key)
                .header("if-none-match", &*etag);
            app.send(&key).is(304);
        }
    }
    let old = app.get(&project.path()).header("etag").unwrap().to_owned();
    app.adult().takes(&project.shift("a"), "confirmed");
    let changed = Request::get(project.path())
        .bearer(&organization.key)
        .header("if-none-match", &*old);
    assert_eq!(
        app.send(&changed).is(200).json()["shifts"][0]["seats_left"],
        2
    );
}

#[test]
fn divisions_are_listed_level_by_level() {
    let app = app();
    let codes = |target: &str| -> Vec<String> {
        let items = app.get(target).is(200).json()["items"].clone();
        let code = |item: &serde_json::Value| item["code"].as_str().unwrap().to_owned();
        items.as_array().unwrap().iter().map(code).collect()
    };
    assert_eq!(codes("/api/v1/regions"), ["36"]);
    assert_eq!(codes("/api/v1/regions?parent=36").len(), 11);
    let counties = codes("/api/v1/regions?parent=3607");
    assert!(counties.contains(&"360731".to_owned()));
    assert!(counties.is_sorted());
    assert!(codes("/api/v1/regions?parent=360731").contains(&"360731105".to_owned()));
    assert!(codes("/api/v1/regions?parent=99").is_empty());
}

#[test]
fn an_organization_is_known_to_everybody_its_members_to_nobody() {
    let app = app();
    let organization = app.organization();
    let owner = organization.member("owner");
    let path = format!("/api/v1/organizations/{}", organization.id);
    let read = app.get(&path).is(200);
    assert_eq!(read.member("name"), organization.name);
    assert_eq!(read.member("region_name"), "江西省");
    for secret in [&owner.name, &owner.phone, &owner.id] {
        assert!(!read.text().contains(secret.as_str()));
    }
    let nobody = uuid::Uuid::new_v4();
    for path in [
        format!("{nobody}"),
        "x".to_owned(),
        organization.id.to_uppercase(),
    ] {
        app.get(&format!("/api/v1/organizations/{path}"))
            .refused(404, "not_found");
    }
}

#[test]
fn a_suspended_organization_leaves_the_menu_and_takes_nobody() {
    let app = app();
    let organization = app.organization();
    let notice = Notice::of(&[shift("a", morning(app.now(), 9), 3)]);
    let project = organization.publishes(&notice);
    let ming = app.adult();
    let seat = ming.takes(&project.shift("a"), "confirmed");
    let suspend = "UPDATE organization SET state = 'suspended' WHERE id = ?1";
    app.rows(suspend, json!([organization.id]));
    assert!(app.menu(&[("q", &notice.word())]).is(200).ids().is_empty());
    app.adult()
        .signs_up(&project.shift("a"))
        .refused(409, "organization_suspended");
    // Whoever is on it already keeps the ticket and may still leave.
    assert_eq!(ming.ticket(&seat)["state"], "confirmed");
    ming.cancels(&seat).is(204);
    // It may not change what it offers, but call it off.
    let changed = notice.clone().with("summary", "改");
    organization
        .puts(&project.reference, &changed.0)
        .refused(403, "organization_not_verified");
    organization
        .puts(&project.reference, &notice.with("state", "cancelled").0)
        .is(200);
}
