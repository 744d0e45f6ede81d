//! Certificates: what they state, who sees what of them, and what becomes of them.

use diandan::hours::certificates::forget_holder;
use diandan::platform::clock::DAY;
use pollster::FutureExt as _;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::support::answer::Answer;
use crate::support::desk::Desk;
use crate::support::people::{Organization, Volunteer};
use crate::support::place::Place;
use crate::support::records::Recorded;
use crate::support::request::Request;

pub(super) const MORNING: i64 = 1_795_825_200_000;
pub(super) const HOUR: i64 = 3_600_000;

/// Asks for all of an organization's hours.
#[track_caller]
pub(super) fn asks(volunteer: &Volunteer, organization: &Organization, more: Value) -> Answer {
    let mut body = json!({"organization_id": organization.id});
    for (name, value) in more.as_object().unwrap() {
        body[name] = value.clone();
    }
    volunteer.sends("POST", "/api/v1/me/certificates", &body)
}

#[track_caller]
pub(super) fn issued(volunteer: &Volunteer, organization: &Organization, more: Value) -> Value {
    asks(volunteer, organization, more).is(201).json()
}

pub(super) fn path(certificate: &Value) -> String {
    format!(
        "/api/v1/certificates/{}",
        certificate["number"].as_str().unwrap()
    )
}

pub(super) fn page(certificate: &Value) -> String {
    format!("/certificates/{}", certificate["number"].as_str().unwrap())
}

#[track_caller]
pub(super) fn revokes(organization: &Organization, certificate: &Value) -> Answer {
    let key = organization.new_key(&["hours:write"]);
    let request = Request::new("POST", format!("{}/revocation", path(certificate))).bearer(&key);
    let body = json!({"reason": "签到记录系代签"});
    organization.place.send(&request.json(&body))
}

fn audited(place: &dyn Place, action: &str) -> i64 {
    place.number(
        "SELECT count(*) FROM audit WHERE action = ?1",
        json!([action]),
    )
}

#[test]
fn a_certificate_states_the_records_that_stand() {
    let desk = Desk::new();
    let place = desk.place();
    let (organization, other) = (place.organization(), place.organization());
    let (volunteer, friend) = (place.adult(), place.adult());
    let first = Recorded::new(MORNING, 120, "A").write(place, &organization, &volunteer);
    Recorded::new(MORNING + 3 * HOUR, 45, "C").write(place, &organization, &volunteer);
    Recorded::new(MORNING + 6 * HOUR, 600, "D").write(place, &other, &volunteer);
    Recorded::new(MORNING, 999, "B").write(place, &organization, &friend);
    Recorded::new(MORNING, 90, "B")
        .correcting(first)
        .write(place, &organization, &volunteer);
    let certificate = issued(&volunteer, &organization, json!({}));
    assert_eq!(certificate["state"], "valid");
    assert_eq!(certificate["minutes"], 135);
    let contents = &certificate["contents"];
    assert_eq!(contents["name"], volunteer.name.as_str());
    assert_eq!(
        contents["grades"],
        json!({"A": 0, "B": 90, "C": 45, "D": 0})
    );
    let items = contents["items"].as_array().unwrap();
    assert_eq!(items.len(), 1, "{contents}");
    assert_eq!(items[0]["activity"], "夏令营");
    assert_eq!(items[0]["person_in_charge"], "李老师");
    assert_eq!(items[0]["days"].as_array().unwrap().len(), 2);
    assert_eq!(
        certificate["organization"]["name"],
        organization.name.as_str()
    );
    assert_eq!(
        place.number("SELECT count(*) FROM certificate_record", json!([])),
        2
    );
}

#[test]
fn only_what_was_asked_for_is_certified() {
    let desk = Desk::new();
    let place = desk.place();
    let (organization, volunteer) = (place.organization(), place.adult());
    for n in 0..3 {
        let on = format!("2026-11-{:02}", 10 + n);
        let sql = Recorded::new(MORNING + n * DAY, 60, "A").sql(&organization, &volunteer);
        place.rows(&sql.replace("'2026-11-28'", &format!("'{on}'")), json!([]));
    }
    for (question, minutes) in [
        (json!({}), 180),
        (json!({"from": "2026-11-11"}), 120),
        (json!({"to": "2026-11-10"}), 60),
        (json!({"from": "2026-11-11", "to": "2026-11-11"}), 60),
    ] {
        let certificate = issued(&volunteer, &organization, question.clone());
        assert_eq!(certificate["minutes"], minutes, "{question}");
        assert_eq!(certificate["contents"]["from"], question["from"]);
    }
    let nothing = json!({"from": "2026-11-20"});
    asks(&volunteer, &organization, nothing).refused(409, "no_hours");
    let backwards = json!({"from": "2026-11-11", "to": "2026-11-10"});
    let answer = asks(&volunteer, &organization, backwards).refused(422, "invalid_fields");
    assert_eq!(answer.pointers(), ["/to"]);
    let project = json!({"project_id": "01938e2a-7c10-7d3a-9c55-4b1f8e6d2a90"});
    asks(&volunteer, &organization, project).refused(409, "no_hours");
    asks(&place.adult(), &organization, json!({})).refused(409, "no_hours");
}

#[test]
fn asking_twice_gives_one_certificate() {
    let desk = Desk::new();
    let place = desk.place();
    let (organization, volunteer) = (place.organization(), place.adult());
    Recorded::new(MORNING, 60, "A").write(place, &organization, &volunteer);
    let first = issued(&volunteer, &organization, json!({}));
    let again = asks(&volunteer, &organization, json!({"disclosure": "full"}))
        .is(200)
        .json();
    assert_eq!(again["number"], first["number"]);
    assert_eq!(again["disclosure"], "full");
    // More was recorded since: another one.
    Recorded::new(MORNING + 2 * HOUR, 60, "A").write(place, &organization, &volunteer);
    let more = issued(&volunteer, &organization, json!({}));
    assert_ne!(more["number"], first["number"]);
    desk.passes(2 * DAY);
    let later = issued(&volunteer, &organization, json!({}));
    assert_ne!(later["number"], more["number"]);
    assert_eq!(
        place.number("SELECT count(*) FROM certificate", json!([])),
        3
    );
}

#[test]
fn there_is_an_end_to_asking() {
    let desk = Desk::new();
    let place = desk.place();
    let (organization, volunteer) = (place.organization(), place.adult());
    Recorded::new(MORNING, 60, "A").write(place, &organization, &volunteer);
    for n in 1..=30 {
        let from = format!("2026-10-{n:02}");
        issued(&volunteer, &organization, json!({"from": from}));
    }
    let one_more = json!({"from": "2026-11-01"});
    asks(&volunteer, &organization, one_more.clone()).refused(429, "too_many_certificates");
    asks(&volunteer, &organization, json!({"from": "2026-10-07"})).is(200);
    desk.passes(DAY + 1);
    issued(&volunteer, &organization, one_more);
}

#[test]
fn a_certificate_states_a_name() {
    let desk = Desk::new();
    let place = desk.place();
    let (organization, volunteer) = (place.organization(), place.adult());
    Recorded::new(MORNING, 60, "A").write(place, &organization, &volunteer);
    place.rows(
        "UPDATE volunteer SET name = '' WHERE id = ?1",
        json!([volunteer.id]),
    );
    asks(&volunteer, &organization, json!({})).refused(422, "name_missing");
    let rare = json!({"name": "𠮷田　𪚥"});
    volunteer.sends("PATCH", "/api/v1/me", &rare).is(200);
    let certificate = issued(&volunteer, &organization, json!({"disclosure": "summary"}));
    assert_eq!(certificate["contents"]["name"], "𠮷田　𪚥");
    assert_eq!(
        place.get(&path(&certificate)).is(200).json()["masked_name"],
        "𠮷***"
    );
    // The name on paper stays, whatever they are called afterwards.
    volunteer
        .sends("PATCH", "/api/v1/me", &json!({"name": "别人"}))
        .is(200);
    let read = volunteer.reads(&path(&certificate)).is(200).json();
    assert_eq!(read["contents"]["name"], "𠮷田　𪚥");
}

#[test]
fn strangers_see_what_the_holder_agreed_to() {
    let desk = Desk::new();
    let place = desk.place();
    let (organization, volunteer) = (place.organization(), place.adult());
    Recorded::new(MORNING, 60, "A").write(place, &organization, &volunteer);
    let document = json!({"kind": "resident_id", "number": "11010519491231002x"});
    volunteer
        .sends("PUT", "/api/v1/me/id-document", &document)
        .is(200);
    let certificate = issued(&volunteer, &organization, json!({}));
    let path = path(&certificate);
    let number = certificate["number"].as_str().unwrap();
    let (name, page) = (volunteer.name.as_str(), format!("/certificates/{number}"));
    let sees = |disclosure: &str| {
        volunteer
            .sends("PATCH", &path, &json!({"disclosure": disclosure}))
            .is(200);
        let (seen, html) = (place.get(&path).is(200), place.get(&page).is(200).text());
        // Whatever they agreed to, no number of a document and nothing for the inside.
        for text in [seen.text(), html.clone()] {
            assert!(!text.contains("002X") && !text.contains("****"), "{text}");
        }
        assert_eq!(seen.json()["inside"], Value::Null);
        (seen.json(), html)
    };
    let (seen, html) = sees("validity");
    assert_eq!(seen["state"], "valid");
    let told = [&seen["masked_name"], &seen["minutes"], &seen["contents"]];
    assert_eq!(told, [&Value::Null; 3]);
    assert!(html.contains("有效") && !html.contains("1 小时") && !html.contains("志愿者1"));
    let (seen, html) = sees("summary");
    assert_eq!(seen["minutes"], 60);
    assert_eq!(seen["contents"], Value::Null);
    assert!(html.contains("志***") && html.contains("1 小时"));
    assert!(!html.contains(name) && !html.contains("夏令营"));
    let (seen, html) = sees("full");
    assert_eq!(seen["contents"]["name"], name);
    assert!(html.contains(name) && html.contains("夏令营"));
    // Its own people see more.
    let own = volunteer.reads(&path).is(200).json();
    assert_eq!(own["inside"]["id_document"]["number"], "110***********002X");
    let html = place
        .send(&Request::get(&page).browser(&volunteer.session))
        .text();
    assert!(html.contains("110***********002X"), "{html}");
    for role in ["viewer", "owner"] {
        let read = organization.member(role).reads(&path).is(200).json();
        assert_eq!(
            read["inside"]["id_document"]["number"],
            "110***********002X"
        );
        assert_eq!(read["inside"]["share_url"], Value::Null);
    }
    volunteer
        .sends("PATCH", &path, &json!({"disclosure": "validity"}))
        .is(200);
    let other = place.organization();
    for stranger in [place.adult(), other.member("owner")] {
        assert_eq!(
            stranger.reads(&path).is(200).json()["contents"],
            Value::Null
        );
        let change = json!({"disclosure": "full"});
        stranger
            .sends("PATCH", &path, &change)
            .refused(403, "forbidden");
    }
    organization
        .member("owner")
        .sends("PATCH", &path, &json!({"disclosure": "full"}))
        .refused(403, "forbidden");
    volunteer.deletes("/api/v1/me/id-document").is(204);
    assert_eq!(
        volunteer.reads(&path).json()["inside"]["id_document"],
        Value::Null
    );
    volunteer
        .reads("/api/v1/me/id-document")
        .refused(404, "not_found");
    let kept = place.number(
        "SELECT count(*) FROM volunteer WHERE id_document_sealed IS NOT NULL",
        json!([]),
    );
    assert_eq!(kept, 0);
}

#[test]
fn a_shared_link_shows_all_until_it_ends() {
    let desk = Desk::new();
    let place = desk.place();
    let (organization, volunteer) = (place.organization(), place.adult());
    Recorded::new(MORNING, 60, "A").write(place, &organization, &volunteer);
    let certificate = issued(&volunteer, &organization, json!({}));
    let share = format!("{}/share", path(&certificate));
    let link = |answer: Answer| {
        let url = answer.is(201).member("url");
        let (_, key) = url.split_once("?key=").unwrap();
        key.to_owned()
    };
    let sees = |key: &str| {
        let read = place
            .get(&format!("{}?key={key}", path(&certificate)))
            .is(200)
            .json();
        !read["contents"].is_null()
    };
    let badge = |key: &str| {
        place
            .get(&format!("{}/badge?key={key}", page(&certificate)))
            .status
    };
    let first = link(volunteer.sends("POST", &share, &json!({})));
    assert!(sees(&first) && !sees("x") && !sees(""));
    assert_eq!((badge(&first), badge("x"), badge("")), (200, 401, 401));
    let own = volunteer.reads(&path(&certificate)).json();
    assert!(
        own["inside"]["share_url"]
            .as_str()
            .unwrap()
            .ends_with(&first)
    );
    let second = link(volunteer.sends("POST", &share, &json!({})));
    assert!(sees(&second) && !sees(&first));
    // What strangers see opens no badge.
    volunteer
        .sends("PATCH", &path(&certificate), &json!({"disclosure": "full"}))
        .is(200);
    assert_eq!((badge("x"), badge(&first)), (401, 401));
    volunteer
        .sends(
            "PATCH",
            &path(&certificate),
            &json!({"disclosure": "validity"}),
        )
        .is(200);
    place
        .adult()
        .sends("POST", &share, &json!({}))
        .refused(403, "forbidden");
    place.adult().deletes(&share).refused(403, "forbidden");
    assert!(sees(&second));
    volunteer.deletes(&share).is(204);
    assert!(!sees(&second));
    let counted = [
        "certificate.shared",
        "certificate.unshared",
        "certificate.disclosed",
    ];
    assert_eq!(counted.map(|action| audited(place, action)), [2, 1, 2]);
    assert_eq!(badge(&second), 401);
}

#[test]
fn a_slip_in_a_number_is_told_without_asking() {
    let desk = Desk::new();
    let place = desk.place();
    let (organization, volunteer) = (place.organization(), place.adult());
    Recorded::new(MORNING, 60, "A").write(place, &organization, &volunteer);
    let certificate = issued(&volunteer, &organization, json!({}));
    let number = certificate["number"].as_str().unwrap();
    let small = number.to_lowercase().replace('-', "");
    assert_eq!(
        place
            .get(&format!("/api/v1/certificates/{small}"))
            .is(200)
            .json()["number"],
        number
    );
    let last = if number.ends_with('0') { "1" } else { "0" };
    let slip = format!("{}{last}", &number[..18]);
    place
        .get(&format!("/api/v1/certificates/{slip}"))
        .refused(404, "mistyped_number");
    place.get(&format!("/certificates/{slip}")).is(404);
    place
        .get("/api/v1/certificates/7K3M-9QXD-2VTB-N8RQ")
        .refused(404, "not_found");
    let found = place.get(&format!("/certificates?number={small}")).is(303);
    assert_eq!(
        found.header("location").unwrap(),
        format!("/certificates/{number}")
    );
    let told = place
        .get(&format!("/certificates?number={slip}"))
        .is(200)
        .text();
    assert!(told.contains("校验位不符"), "{told}");
}

#[test]
fn a_correction_supersedes_and_offers_another() {
    let desk = Desk::new();
    let place = desk.place();
    let (organization, volunteer) = (place.organization(), place.adult());
    let first = Recorded::new(MORNING, 120, "A").write(place, &organization, &volunteer);
    Recorded::new(MORNING + 5 * HOUR, 60, "A").write(place, &organization, &volunteer);
    let certificate = issued(&volunteer, &organization, json!({"disclosure": "summary"}));
    let untouched = issued(&volunteer, &organization, json!({"to": "2030-01-01"}));
    Recorded::new(MORNING, 90, "A")
        .correcting(first)
        .write(place, &organization, &volunteer);
    for old in [&certificate, &untouched] {
        assert_eq!(place.get(&path(old)).json()["state"], "superseded");
    }
    // What it stated stays as it was.
    assert_eq!(volunteer.reads(&path(&certificate)).json()["minutes"], 180);
    let html = place
        .send(&Request::get(page(&certificate)).browser(&volunteer.session))
        .text();
    assert!(html.contains("/renew"), "{html}");
    assert!(!place.get(&page(&certificate)).text().contains("/renew"));
    let renew = Request::new("POST", format!("{}/renew", page(&certificate)));
    let renewed = place
        .send(&renew.clone().form(&[]).browser(&volunteer.session))
        .is(303);
    let new = renewed
        .header("location")
        .unwrap()
        .replace("/certificates/", "/api/v1/certificates/");
    let new = volunteer.reads(&new).is(200).json();
    assert_eq!(
        (&new["state"], &new["minutes"], &new["disclosure"]),
        (&json!("valid"), &json!(150), &json!("summary"))
    );
    place
        .send(&renew.clone().form(&[]).browser(&place.adult().session))
        .is(403);
    place.send(&renew.form(&[])).is(401);
    // All of it was taken out: there is nothing to certify.
    let rows = place.rows("SELECT max(seq) AS seq FROM service_record", json!([]));
    Recorded::new(MORNING, 0, "A")
        .correcting(rows[0]["seq"].as_i64().unwrap())
        .write(place, &organization, &volunteer);
    assert_eq!(volunteer.reads(&path(&new)).json()["state"], "superseded");
}

#[test]
fn an_organization_takes_its_own_back_for_good() {
    let desk = Desk::new();
    let place = desk.place();
    let (organization, other) = (place.organization(), place.organization());
    let volunteer = place.adult();
    let record = Recorded::new(MORNING, 120, "A").write(place, &organization, &volunteer);
    let certificate = issued(&volunteer, &organization, json!({}));
    revokes(&other, &certificate).refused(403, "forbidden");
    let revoke = format!("{}/revocation", path(&certificate));
    let reason = json!({"reason": "x"});
    volunteer
        .sends("POST", &revoke, &reason)
        .refused(403, "forbidden");
    organization
        .member("viewer")
        .sends("POST", &revoke, &reason)
        .refused(403, "forbidden");
    assert_eq!(place.get(&path(&certificate)).json()["state"], "valid");
    let revoked = revokes(&organization, &certificate).is(200).json();
    assert_eq!(revoked["inside"]["revocation_reason"], "签到记录系代签");
    let since = revoked["state_since"].clone();
    desk.passes(HOUR);
    organization
        .member("recorder")
        .sends("POST", &revoke, &reason)
        .is(200);
    Recorded::new(MORNING, 90, "A")
        .correcting(record)
        .write(place, &organization, &volunteer);
    let seen = place.get(&path(&certificate)).json();
    assert_eq!(
        (&seen["state"], &seen["state_since"]),
        (&json!("revoked"), &since)
    );
    // Why is not for strangers.
    assert!(!place.get(&page(&certificate)).text().contains("代签"));
    let html = place
        .send(&Request::get(page(&certificate)).browser(&volunteer.session))
        .text();
    assert!(html.contains("代签") && html.contains("已撤销"), "{html}");
    assert_eq!(audited(place, "certificate.revoked"), 1);
    assert_eq!(audited(place, "certificate.issued"), 1);
    // The record that took the place of the wrong one can be certified.
    issued(&volunteer, &organization, json!({}));
}

#[test]
fn what_was_issued_is_never_rewritten() {
    let desk = Desk::new();
    let place = desk.place();
    let (organization, volunteer) = (place.organization(), place.adult());
    let first = Recorded::new(MORNING, 120, "A").write(place, &organization, &volunteer);
    let stranger = Recorded::new(MORNING, 120, "A").write(place, &organization, &place.adult());
    let certificate = issued(&volunteer, &organization, json!({}));
    revokes(&organization, &certificate).is(200);
    for sql in [
        "UPDATE certificate SET minutes = 1",
        "UPDATE certificate SET snapshot = '{}'",
        "UPDATE certificate SET number = '0000-0000-0000-0000'",
        "UPDATE certificate SET holder_name = '别人'",
        "DELETE FROM certificate",
        "DELETE FROM certificate_record",
        "UPDATE certificate_change SET at = 0",
        "DELETE FROM certificate_change",
    ] {
        assert!(
            desk.refuses(sql).contains("certificate_is_not_rewritten"),
            "{sql}"
        );
    }
    for sql in [
        "UPDATE organization_key SET version = 9",
        "DELETE FROM organization_key",
    ] {
        assert!(
            desk.refuses(sql)
                .contains("organization_key_is_append_only"),
            "{sql}"
        );
    }
    Recorded::new(MORNING + 5 * HOUR, 60, "A")
        .correcting(first)
        .write(place, &organization, &volunteer);
    for record in [first, stranger] {
        let sql = format!("INSERT INTO certificate_record SELECT seq, {record} FROM certificate");
        assert!(
            desk.refuses(&sql).contains("certificate_rests_on_nothing"),
            "{sql}"
        );
    }
}

#[test]
fn whoever_leaves_is_named_no_more() {
    let desk = Desk::new();
    let place = desk.place();
    let (organization, volunteer) = (place.organization(), place.adult());
    Recorded::new(MORNING, 120, "A").write(place, &organization, &volunteer);
    let document = json!({"kind": "resident_id", "number": "11010519491231002X"});
    volunteer
        .sends("PUT", "/api/v1/me/id-document", &document)
        .is(200);
    let certificate = issued(&volunteer, &organization, json!({"disclosure": "full"}));
    desk.db
        .batch(forget_holder(&volunteer.id).into())
        .block_on()
        .unwrap();
    let seen = place.get(&path(&certificate)).is(200).text();
    assert!(
        seen.contains("\"valid\"") && !seen.contains(&volunteer.name),
        "{seen}"
    );
    let console = format!("/organizations/{}/certificates", organization.id);
    let owner = organization.member("owner").session;
    place.send(&Request::get(&console).browser(&owner)).is(200);
    let inside = place
        .send(&Request::get(path(&certificate)).bearer(&owner))
        .is(200)
        .json();
    assert_eq!(inside["contents"]["name"], Value::Null);
    assert_eq!(inside["inside"]["id_document"], Value::Null);
    place
        .send(&Request::get(page(&certificate)).browser(&owner))
        .is(200);
    volunteer
        .reads(&format!("{}/badge", page(&certificate)))
        .is(404);
}

#[test]
fn lists_go_on_page_by_page() {
    let desk = Desk::new();
    let place = desk.place();
    let (organization, other) = (place.organization(), place.organization());
    let (volunteer, friend) = (place.adult(), place.adult());
    Recorded::new(MORNING, 60, "A").write(place, &organization, &volunteer);
    Recorded::new(MORNING, 60, "A").write(place, &organization, &friend);
    Recorded::new(MORNING + HOUR, 60, "A").write(place, &other, &volunteer);
    issued(&friend, &organization, json!({}));
    let mut mine = Vec::new();
    for n in 1..=5 {
        let question = json!({"from": format!("2026-10-{n:02}")});
        mine.push(issued(&volunteer, &organization, question)["number"].clone());
    }
    mine.push(issued(&volunteer, &other, json!({}))["number"].clone());
    mine.reverse();
    let walk = |first: String, read: &dyn Fn(&str) -> Answer| {
        let (mut numbers, mut next) = (Vec::new(), Some(first));
        while let Some(target) = next {
            let list = read(&target).is(200).json();
            let items = list["items"].as_array().unwrap();
            assert!(items.len() <= 2);
            numbers.extend(items.iter().map(|item| item["number"].clone()));
            next = list["next"].as_str().map(str::to_owned);
        }
        numbers
    };
    let numbers = walk("/api/v1/me/certificates?limit=2".to_owned(), &|target| {
        volunteer.reads(target)
    });
    assert_eq!(numbers, mine);
    let key = organization.new_key(&["hours:read"]);
    let list = format!(
        "/api/v1/organizations/{}/certificates?limit=2",
        organization.id
    );
    let numbers = walk(list.clone(), &|target| {
        place.send(&Request::get(target).bearer(&key))
    });
    assert_eq!(numbers.len(), 6);
    assert_eq!(numbers[..5], mine[1..]);
    place
        .send(&Request::get(&list).bearer(&other.new_key(&["hours:read"])))
        .refused(403, "forbidden");
    let text = place.send(&Request::get(&list).bearer(&key)).text();
    assert!(!text.contains(&volunteer.name), "{text}");
    let console = format!("/organizations/{}/certificates", organization.id);
    let html = |role: &str| {
        place
            .send(&Request::get(&console).browser(&organization.member(role).session))
            .is(200)
            .text()
    };
    assert!(html("owner").contains("更换密钥") && !html("viewer").contains("更换密钥"));
    let html = place
        .send(&Request::get("/me/certificates").browser(&volunteer.session))
        .is(200)
        .text();
    assert!(html.contains(mine[0].as_str().unwrap()), "{html}");
    place.get("/me/certificates").is(303);
}

#[test]
fn an_index_is_drawn_once() {
    let desk = Desk::new();
    let place = desk.place();
    let organization = place.organization();
    for volunteer in place.crowd(200) {
        Recorded::new(MORNING, 60, "A").write(place, &organization, &volunteer);
        issued(&volunteer, &organization, json!({}));
    }
    let sql = "SELECT count(DISTINCT status_index) FROM certificate WHERE status_list = 0";
    assert_eq!(place.number(sql, json!([])), 200);
    let spread = "SELECT max(status_index) - min(status_index) FROM certificate";
    assert!(place.number(spread, json!([])) > 100_000);
    // When half of a list is given out, the next one begins.
    let volunteer = place.adult();
    Recorded::new(MORNING, 60, "A").write(place, &organization, &volunteer);
    place.rows(
        "INSERT INTO certificate (number, volunteer_id, organization_id, issued_at, minutes, snapshot, key_version,
           ordinal, status_list, status_index, disclosure)
         VALUES ('xxxx-xxxx-xxxx-xxxx', ?1, ?2, 0, 1, '{}', 1, 65536, 0, 7, 'validity')",
        json!([place.adult().id, organization.id]),
    );
    issued(&volunteer, &organization, json!({}));
    assert_eq!(
        place.number("SELECT max(status_list) FROM certificate", json!([])),
        1
    );
}

#[test]
fn a_key_is_rotated_once_a_day() {
    let desk = Desk::new();
    let place = desk.place();
    let organization = place.organization();
    let owner = organization.member("owner");
    let keys = format!("/api/v1/organizations/{}/signing-keys", organization.id);
    let versions = |answer: Answer| answer.json()["items"].as_array().unwrap().len();
    assert_eq!(versions(owner.reads(&keys).is(200)), 1);
    assert_eq!(versions(owner.sends("POST", &keys, &json!({})).is(201)), 2);
    owner
        .sends("POST", &keys, &json!({}))
        .refused(409, "key_rotated_today");
    organization
        .member("manager")
        .sends("POST", &keys, &json!({}))
        .refused(403, "forbidden");
    desk.passes(DAY + 1);
    assert_eq!(versions(owner.sends("POST", &keys, &json!({})).is(201)), 3);
    let did = place
        .get(&format!("/organizations/{}/did.json", organization.id))
        .is(200)
        .json();
    assert_eq!(did["verificationMethod"].as_array().unwrap().len(), 3);
    place
        .get("/organizations/01938e2a-7c10-7d3a-9c55-4b1f8e6d2a90/did.json")
        .is(404);
    place
        .get(&format!(
            "/organizations/{}/status-lists/0",
            organization.id
        ))
        .is(404);
}

#[test]
fn a_bad_document_is_not_kept() {
    let desk = Desk::new();
    let volunteer = desk.place().adult();
    for (kind, number) in [
        ("resident_id", "110105194912310021"),
        ("passport", "E1"),
        ("travel_permit", "港澳1234567"),
    ] {
        let body = json!({"kind": kind, "number": number});
        let answer = volunteer
            .sends("PUT", "/api/v1/me/id-document", &body)
            .refused(422, "invalid_fields");
        assert_eq!(answer.pointers(), ["/number"]);
    }
    let body = json!({"kind": "resident_id", "number": "11010519491231002X"});
    let kept = volunteer
        .sends("PUT", "/api/v1/me/id-document", &body)
        .is(200)
        .json();
    assert_eq!(
        kept,
        json!({"kind": "resident_id", "number": "110***********002X"})
    );
    let stored = desk.place().value(
        "SELECT id_document_sealed FROM volunteer WHERE id = ?1",
        json!([volunteer.id]),
    );
    assert!(!stored.as_str().unwrap().contains("110105"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn a_total_by_grade_is_the_sum_of_its_records(
        given in proptest::collection::vec((0_usize..4, 1_i64..300, any::<bool>()), 1..12),
    ) {
        let desk = Desk::new();
        let place = desk.place();
        let (organization, volunteer) = (place.organization(), place.adult());
        let mut sums = [0; 4];
        for (n, (grade, minutes, corrected)) in (0..).zip(&given) {
            let word = ["A", "B", "C", "D"][*grade];
            let record = Recorded::new(MORNING + n * 12 * HOUR, *minutes, word);
            let seq = record.write(place, &organization, &volunteer);
            match corrected {
                true => {
                    sums[2] += minutes / 2;
                    let half = Recorded::new(MORNING + n * 12 * HOUR, minutes / 2, "C");
                    half.correcting(seq).write(place, &organization, &volunteer);
                }
                false => sums[*grade] += minutes,
            }
        }
        let answer = asks(&volunteer, &organization, json!({}));
        if sums.iter().sum::<i64>() == 0 {
            answer.refused(409, "no_hours");
        } else {
            let certificate = answer.is(201).json();
            let [a, b, c, d] = sums;
            prop_assert_eq!(&certificate["contents"]["grades"], &json!({"A": a, "B": b, "C": c, "D": d}));
            let sql = "SELECT sum(r.minutes) FROM certificate_record x JOIN service_record r ON r.seq = x.record";
            prop_assert_eq!(place.number(sql, json!([])), sums.iter().sum::<i64>());
            prop_assert_eq!(&certificate["minutes"], sums.iter().sum::<i64>());
        }
    }
}
