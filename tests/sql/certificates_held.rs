//! Whom certificates name, and what holds them back: one person's hours stand for one name.

use diandan::platform::clock::DAY;
use serde_json::{Value, json};

use super::certificates::{HOUR, MORNING, asks, issued, page, path, revokes};
use crate::support::answer::Answer;
use crate::support::desk::Desk;
use crate::support::people::{Organization, Volunteer};
use crate::support::place::Place;
use crate::support::records::Recorded;
use crate::support::request::Request;

fn renamed(volunteer: &Volunteer, name: &str) -> Answer {
    volunteer.sends("PATCH", "/api/v1/me", &json!({"name": name}))
}

fn states(place: &dyn Place, certificates: &[&Value]) -> Vec<String> {
    let state = |certificate: &&Value| place.get(&path(certificate)).is(200).member("state");
    certificates.iter().map(state).collect()
}

/// The bits that a list of the organization has set.
fn bits(place: &dyn Place) -> i64 {
    place.number(
        "SELECT count(DISTINCT status_index) FROM certificate_change",
        json!([]),
    )
}

#[test]
fn one_name_at_a_time_stands_for_the_hours_of_one_person() {
    let desk = Desk::new();
    let place = desk.place();
    let (organization, other) = (place.organization(), place.organization());
    let (volunteer, friend) = (place.adult(), place.adult());
    Recorded::new(MORNING, 60, "A").write(place, &organization, &volunteer);
    Recorded::new(MORNING + 3 * HOUR, 30, "A").write(place, &other, &volunteer);
    Recorded::new(MORNING, 60, "A").write(place, &organization, &friend);
    let of_a_friend = issued(&friend, &organization, json!({}));
    renamed(&volunteer, "买家甲").is(200);
    let first = issued(&volunteer, &organization, json!({"disclosure": "full"}));
    let elsewhere = issued(&volunteer, &other, json!({}));
    renamed(&volunteer, "买家乙").is(200);
    // What was issued states what it stated, until a name beside it does.
    assert_eq!(states(place, &[&first, &elsewhere]), ["valid", "valid"]);
    let second = issued(&volunteer, &organization, json!({}));
    assert_eq!(
        states(place, &[&first, &elsewhere, &second, &of_a_friend]),
        ["superseded", "superseded", "valid", "valid"]
    );
    assert_eq!(bits(place), 2);
    let seen = place.get(&path(&first)).json();
    assert_eq!(seen["superseded_because"], "renamed");
    assert_eq!(seen["contents"]["name"], "买家甲");
    let html = place.get(&page(&first)).is(200).text();
    assert!(
        html.contains("另一姓名重新开具") && !html.contains("买家乙"),
        "{html}"
    );
    let more = json!({"from": "2026-01-01"});
    let beside = issued(&volunteer, &organization, more);
    assert_eq!(states(place, &[&second, &beside]), ["valid", "valid"]);
    // A record that is corrected later changes nothing of why.
    let seq = place.number("SELECT min(seq) FROM service_record", json!([]));
    Recorded::new(MORNING, 50, "A")
        .correcting(seq)
        .write(place, &organization, &volunteer);
    let why = |certificate| place.get(&path(certificate)).json()["superseded_because"].clone();
    assert_eq!([why(&first), why(&second)], ["renamed", "corrected"]);
    assert_eq!(why(&of_a_friend), Value::Null);
}

#[test]
fn a_rename_is_audited_without_the_names() {
    let desk = Desk::new();
    let place = desk.place();
    let volunteer = place.adult();
    let subject = format!("volunteer:{}", volunteer.id);
    let audit = || {
        place.rows(
            "SELECT actor, before, after FROM audit WHERE action = 'volunteer.renamed' AND subject = ?1",
            json!([subject]),
        )
    };
    renamed(&volunteer, &volunteer.name).is(200);
    volunteer
        .sends("PATCH", "/api/v1/me", &json!({"skills": ["teaching"]}))
        .is(200);
    assert_eq!(audit(), [json!(null); 0]);
    renamed(&volunteer, "𠮷田").is(200);
    let rows = audit();
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0]["actor"], subject.as_str());
    assert!(!json!(rows).to_string().contains("𠮷田"));
    assert!(!json!(rows).to_string().contains(&volunteer.name));
    // A name given for the first time is no other name.
    place.rows(
        "UPDATE volunteer SET name = '' WHERE id = ?1",
        json!([volunteer.id]),
    );
    renamed(&volunteer, "王小川").is(200);
    assert_eq!(audit().len(), 1);
}

#[test]
fn whoever_has_records_changes_their_name_twice_a_year() {
    let desk = Desk::new();
    let place = desk.place();
    let (organization, volunteer) = (place.organization(), place.adult());
    // Before there is anything to certify, a name may be tried out.
    for name in ["甲", "乙", "丙"] {
        renamed(&volunteer, name).is(200);
    }
    place.rows(
        "UPDATE session SET expires_at = ?1",
        json!([place.now().plus(999 * DAY).millis()]),
    );
    let record = Recorded::new(MORNING, 60, "A").write(place, &organization, &volunteer);
    renamed(&volunteer, "丁").is(200);
    desk.passes(100 * DAY);
    renamed(&volunteer, "戊").is(200);
    renamed(&volunteer, "戊").is(200);
    let both = json!({"name": "己", "skills": ["driving"]});
    let refused = volunteer
        .sends("PATCH", "/api/v1/me", &both)
        .refused(409, "renamed_too_often");
    let again = place.now().plus(265 * DAY);
    assert_eq!(refused.member("possible_at"), again.rfc3339());
    // Nothing of it was done, and the rest may still be.
    let me = volunteer.reads("/api/v1/me").is(200).json();
    assert_eq!((&me["name"], &me["skills"]), (&json!("戊"), &json!([])));
    volunteer
        .sends(
            "PATCH",
            "/api/v1/me",
            &json!({"skills": ["driving"], "name": "戊"}),
        )
        .is(200);
    desk.passes(265 * DAY - 1);
    renamed(&volunteer, "己").refused(409, "renamed_too_often");
    desk.passes(1);
    renamed(&volunteer, "己").is(200);
    renamed(&volunteer, "庚").refused(409, "renamed_too_often");
    // Once nothing stands to their name any more, it is theirs to choose.
    Recorded::new(MORNING, 0, "A")
        .correcting(record)
        .write(place, &organization, &volunteer);
    renamed(&volunteer, "庚").is(200);
}

fn keeps(volunteer: &Volunteer, number: &str) {
    let body = json!({"kind": "passport", "number": number});
    volunteer
        .sends("PUT", "/api/v1/me/id-document", &body)
        .is(200);
}

#[test]
fn a_document_stands_as_it_was_until_it_is_forgotten() {
    let desk = Desk::new();
    let place = desk.place();
    let (organization, volunteer) = (place.organization(), place.adult());
    Recorded::new(MORNING, 60, "A").write(place, &organization, &volunteer);
    let shown = |certificate: &Value| {
        let read = volunteer.reads(&path(certificate)).is(200).json();
        read["inside"]["id_document"]["number"].clone()
    };
    let bare = issued(&volunteer, &organization, json!({}));
    keeps(&volunteer, "E12345678");
    assert_eq!(shown(&bare), Value::Null);
    let first = issued(&volunteer, &organization, json!({}));
    assert_ne!(first["number"], bare["number"]);
    asks(&volunteer, &organization, json!({})).is(200);
    keeps(&volunteer, "G98765499");
    let second = issued(&volunteer, &organization, json!({}));
    assert_eq!(
        [shown(&bare), shown(&first), shown(&second)],
        [Value::Null, json!("E******78"), json!("G******99")]
    );
    let html = place
        .send(&Request::get(page(&first)).browser(&volunteer.session))
        .text();
    assert!(html.contains("E******78") && !html.contains("G******99"));
    for sql in [
        "UPDATE certificate SET id_document_sealed = 'x' WHERE id_document_sealed IS NOT NULL",
        "UPDATE certificate SET id_document_kind = 'passport', id_document_sealed = 'x'",
        "UPDATE certificate SET id_document_kind = 'travel_permit' WHERE id_document_sealed IS NOT NULL",
    ] {
        let said = desk.refuses(sql);
        assert!(
            said.contains("certificate_is_not_rewritten"),
            "{sql}: {said}"
        );
    }
    volunteer.deletes("/api/v1/me/id-document").is(204);
    keeps(&volunteer, "G98765499");
    assert_eq!([shown(&first), shown(&second)], [Value::Null, Value::Null]);
}

#[track_caller]
fn revokes_saying(organization: &Organization, certificate: &Value, may: bool) -> Value {
    let body = json!({"reason": "姓名写错", "may_ask_again": may});
    let target = format!("{}/revocation", path(certificate));
    let key = organization.new_key(&["hours:write"]);
    let request = Request::new("POST", target).bearer(&key).json(&body);
    organization.place.send(&request).is(200).json()
}

#[test]
fn what_was_revoked_is_not_had_by_asking_again() {
    let desk = Desk::new();
    let place = desk.place();
    let (organization, other) = (place.organization(), place.organization());
    let (volunteer, friend) = (place.adult(), place.adult());
    let record = Recorded::new(MORNING, 60, "A").write(place, &organization, &volunteer);
    Recorded::new(MORNING + 3 * HOUR, 60, "A").write(place, &other, &volunteer);
    Recorded::new(MORNING, 60, "A").write(place, &organization, &friend);
    let certificate = issued(&volunteer, &organization, json!({"disclosure": "validity"}));
    let beside = issued(&volunteer, &organization, json!({"from": "2026-01-01"}));
    revokes(&organization, &certificate).is(200);
    for question in [
        json!({}),
        json!({"to": "2026-12-31"}),
        json!({"from": "2026-01-01", "disclosure": "full"}),
    ] {
        asks(&volunteer, &organization, question).refused(409, "certificate_revoked");
    }
    // A refusal discloses nothing of what stands beside it.
    let kept = place.get(&path(&beside)).json();
    assert_eq!(kept["disclosure"], "validity");
    issued(&volunteer, &other, json!({}));
    issued(&friend, &organization, json!({}));
    let html = |session: &str| {
        place
            .send(&Request::get(page(&certificate)).browser(session))
            .is(200)
            .text()
    };
    assert!(html(&volunteer.session).contains("请联系出具组织"));
    let recorder = organization.member("recorder");
    assert!(html(&recorder.session).contains("允许本人重新申请"));
    // Another record took the place of the one that was wrong.
    Recorded::new(MORNING, 30, "C")
        .correcting(record)
        .write(place, &organization, &volunteer);
    issued(&volunteer, &organization, json!({}));
}

#[test]
fn an_organization_lets_the_holder_ask_again() {
    let desk = Desk::new();
    let place = desk.place();
    let (organization, volunteer) = (place.organization(), place.adult());
    Recorded::new(MORNING, 60, "A").write(place, &organization, &volunteer);
    let first = issued(&volunteer, &organization, json!({}));
    let revoked = revokes_saying(&organization, &first, true);
    assert_eq!(revoked["inside"]["may_ask_again"], true);
    assert_eq!(revoked["state"], "revoked");
    let second = issued(&volunteer, &organization, json!({}));
    let since = revokes_saying(&organization, &second, false)["state_since"].clone();
    asks(&volunteer, &organization, json!({})).refused(409, "certificate_revoked");
    // Said later; what was said is not taken back by saying less.
    desk.passes(HOUR);
    let form = [("reason", "别的原因"), ("may_ask_again", "1")];
    let form = Request::new("POST", format!("{}/revoke", page(&second))).form(&form);
    let submits = |who: &Volunteer| place.send(&form.clone().browser(&who.session));
    submits(&volunteer).is(403);
    submits(&organization.member("viewer")).is(403);
    asks(&volunteer, &organization, json!({})).refused(409, "certificate_revoked");
    submits(&organization.member("recorder")).is(303);
    let read = revokes_saying(&organization, &second, false);
    assert_eq!(read["inside"]["may_ask_again"], true);
    assert_eq!(read["inside"]["revocation_reason"], "姓名写错");
    assert_eq!(read["state_since"], since);
    issued(&volunteer, &organization, json!({}));
    let actions = place.rows(
        "SELECT action, after ->> 'may_ask_again' AS may FROM audit
         WHERE subject = 'certificate:' || ?1 AND action <> 'certificate.issued' ORDER BY seq",
        json!([second["number"]]),
    );
    assert_eq!(
        actions,
        [
            json!({"action": "certificate.revoked", "may": 0}),
            json!({"action": "certificate.released", "may": 1}),
        ]
    );
    let released = "INSERT INTO certificate_change (certificate, becomes, organization_id, status_list, status_index, at, actor)
         SELECT seq, 'released', organization_id, status_list, status_index, 0, 'x' FROM certificate ORDER BY seq DESC LIMIT 1";
    assert!(desk.refuses(released).contains("nothing_was_revoked"));
}

#[test]
fn a_suspended_organization_certifies_nothing_and_is_said_to_be() {
    let desk = Desk::new();
    let place = desk.place();
    let (organization, volunteer) = (place.organization(), place.adult());
    Recorded::new(MORNING, 60, "A").write(place, &organization, &volunteer);
    let certificate = issued(&volunteer, &organization, json!({}));
    let suspended = || {
        let seen = place.get(&path(&certificate)).is(200).json();
        let html = place.get(&page(&certificate)).is(200).text();
        assert_eq!(seen["state"], "valid");
        assert_eq!(seen["organization_suspended"], html.contains("暂停"));
        assert!(html.contains("有效"));
        html.contains("暂停")
    };
    assert!(!suspended());
    let becomes = |state: &str| {
        place.rows(
            "UPDATE organization SET state = ?2 WHERE id = ?1",
            json!([organization.id, state]),
        )
    };
    becomes("suspended");
    assert!(suspended());
    for question in [json!({}), json!({"from": "2026-01-01"})] {
        asks(&volunteer, &organization, question).refused(409, "organization_suspended");
    }
    becomes("verified");
    assert!(!suspended());
    issued(&volunteer, &organization, json!({"from": "2026-01-01"}));
}
