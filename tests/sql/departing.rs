//! Leaving: who somebody was is gone, what they did stays.

use std::collections::BTreeSet;

use diandan::contests::rules::example;
use diandan::platform::clock::{DAY, HOUR};
use serde_json::{Value, json};

use crate::support::at;
use crate::support::contests::announced;
use crate::support::desk::Desk;
use crate::support::notice::{Notice, shift, with_waitlist};
use crate::support::people::Volunteer;
use crate::support::place::{Place, appointment, keys};
use crate::support::records::Recorded;
use crate::support::request::Request;

const NINE: &str = "2026-11-28T09:00:00+08:00";

/// Every text in every table, with the table and column it stands in. Indexes of full text
/// hold terms of projects alone.
fn everything(place: &dyn Place) -> Vec<(String, String)> {
    let tables = place.rows(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT GLOB 'menu_by_*' AND name NOT GLOB 'sqlite_*'",
        json!([]),
    );
    let mut found = Vec::new();
    for table in tables {
        let table = table["name"].as_str().unwrap();
        for row in place.rows(&format!("SELECT * FROM \"{table}\""), json!([])) {
            for (column, value) in row.as_object().unwrap() {
                if let Value::String(text) = value {
                    found.push((format!("{table}.{column}"), text.clone()));
                }
            }
        }
    }
    found
}

/// Where any of these words stands, in plain text or under the seal.
fn traces(place: &dyn Place, words: &[&str]) -> BTreeSet<String> {
    let keys = keys();
    let knows = |text: &str| words.iter().any(|word| text.contains(word));
    everything(place)
        .into_iter()
        .filter(|(_, text)| knows(text) || keys.open(text).is_some_and(|text| knows(&text)))
        .map(|(at, _)| at)
        .collect()
}

#[track_caller]
fn leaves(who: &Volunteer<'_>) {
    who.asks_for_a_code().is(202);
    let code = json!({"code": who.newest_code()});
    who.sends("POST", "/api/v1/me/departure", &code).is(200);
}

#[test]
fn no_row_knows_who_left() {
    let desk = Desk::new();
    let place = desk.place();
    let mut ming = place.volunteer();
    ming.name = "钟𠮷诺".to_owned();
    ming.sends(
        "PATCH",
        "/api/v1/me",
        &json!({"name": ming.name, "skills": ["teaching"]}),
    )
    .is(200);
    let organization = place.organization();
    let owner = organization.member("owner");
    place.rows(
        "INSERT INTO member (organization_id, volunteer_id, role, created_at) VALUES (?1, ?2, 'recorder', 0)",
        json!([organization.id, ming.id]),
    );
    place.rows(
        "UPDATE organization SET contact_name = ?2, contact_phone = ?3 WHERE id = ?1",
        json!([organization.id, ming.name, ming.phone]),
    );
    let inviting = place.organization();
    let target = format!("/api/v1/organizations/{}/invitations", inviting.id);
    let invitation = json!({"phone": ming.phone, "role": "viewer"});
    inviting
        .member("owner")
        .sends("POST", &target, &invitation)
        .is(201);
    place.sql(vec![appointment(&ming, "3607")]);
    let contest = announced(place, &example());
    place
        .coordinator("36")
        .sends(
            "POST",
            &format!("/api/v1/contests/{contest}/officers"),
            &json!({"phone": ming.phone, "role": "supervisor"}),
        )
        .is(201);
    let project = organization.publishes(&Notice::of(&[
        with_waitlist(shift("a", at(NINE), 1), 2),
        shift("b", at(NINE).plus(DAY), 3),
    ]));
    ming.takes(&project.shift("b"), "confirmed");
    let seat = ming.takes(&project.shift("a"), "confirmed");
    place.rows(
        "UPDATE signup SET guardian_name = ?2, guardian_phone_sealed = ?3, note = ?2 WHERE id = ?1",
        json!([
            seat,
            format!("{}之母", ming.name),
            keys().seal(&ming.phone).unwrap()
        ]),
    );
    let next = place.adult();
    let waiting = next.takes(&project.shift("a"), "waitlisted");
    let note = json!({"organizer_note": "钟𠮷诺晕车"});
    owner
        .sends("PATCH", &format!("/api/v1/signups/{seat}"), &note)
        .is(200);
    organization
        .writes_to(&project.shift("a"), "all", "明天见")
        .is(202);
    let morning = at(NINE).plus(-7 * DAY).millis();
    let seq = Recorded::new(morning, 180, "A").write(place, &organization, &ming);
    let record = place.value("SELECT id FROM service_record WHERE seq = ?1", json!([seq]));
    let record = record.as_str().unwrap();
    let claim = json!({"claim": format!("我是{}，电话 {}", ming.name, ming.phone), "minutes": 120});
    let request = ming.request("POST", &format!("/api/v1/records/{record}/disputes"));
    let dispute = place
        .send(&request.header("idempotency-key", "k").json(&claim))
        .is(201)
        .member("id");
    let reply = format!("我是{}，我来过", ming.name);
    place.rows(
        "INSERT INTO absence (signup_id, shift_id, organization_id, recorded_at, recorded_by, reply, replied_at)
         SELECT id, shift_id, ?2, 0, 'clock', ?3, 0 FROM signup WHERE id = ?1",
        json!([seat, organization.id, reply]),
    );
    let document = json!({"kind": "resident_id", "number": "11010519491231002X"});
    ming.sends("PUT", "/api/v1/me/id-document", &document)
        .is(200);
    let certificate = ming
        .sends(
            "POST",
            "/api/v1/me/certificates",
            &json!({"organization_id": organization.id, "disclosure": "summary"}),
        )
        .is(201)
        .member("number");
    let certificate = format!("/api/v1/certificates/{certificate}");
    let share = format!("{certificate}/share");
    ming.sends("POST", &share, &json!({})).is(201);
    place.rows(
        "INSERT INTO outside_hours (id, volunteer_id, source, reference, activity, on_date, minutes, organization_id, imported_at, actor)
         VALUES ('o', ?1, '别处', '1', ?2, '2026-01-01', 60, ?3, 0, 'volunteer:x')",
        json!([ming.id, format!("表彰{}", ming.name), organization.id]),
    );
    place.rows(
        "INSERT INTO outside_hours_strike SELECT seq, 0 FROM outside_hours",
        json!([]),
    );
    let words = [
        &*ming.name,
        &*ming.phone,
        "11010519491231002X",
        "110***********002X",
    ];
    let before = traces(place, &words);
    for known in [
        "volunteer.name",
        "volunteer.phone_sealed",
        "signup.volunteer_name",
        "signup.guardian_name",
        "signup.guardian_phone_sealed",
        "signup.note",
        "signup.organizer_note",
        "invitation.phone_sealed",
        "contest_officer.phone_sealed",
        "coordinator.phone_sealed",
        "organization.contact_phone",
        "record_dispute_step.words",
        "absence.reply",
        "certificate.holder_name",
        "certificate.id_document_sealed",
        "outside_hours.activity",
        "volunteer.id_document_sealed",
        "volunteer.id_document_shown_sealed",
        "outbox.phone_sealed",
    ] {
        assert!(
            before.contains(known),
            "nothing to forget at {known}: {before:?}"
        );
    }
    let hash = keys().phone_hash(&ming.phone);
    let records = place.rows("SELECT * FROM service_record", json!([]));
    desk.passes(HOUR);
    leaves(&ming);
    assert_eq!(traces(place, &words), BTreeSet::new());
    assert_eq!(traces(place, &[&hash]), BTreeSet::new());
    // Whoever holds the number learns that it is valid, and no more.
    let checked = place.send(&Request::get(&*certificate)).is(200).json();
    assert_eq!(checked["state"], "valid");
    assert_eq!(
        place.value("SELECT share_sealed FROM certificate", json!([])),
        json!(null)
    );
    // What they did stands as it stood.
    assert_eq!(
        place.rows("SELECT * FROM service_record", json!([])),
        records
    );
    let target = format!("/api/v1/disputes/{dispute}");
    let kept = owner.reads(&target).is(200).json();
    assert_eq!(kept["steps"][0]["words"], json!(null));
    // The seat went on, and whoever got it knows.
    assert_eq!(next.ticket(&waiting)["state"], "confirmed");
    assert!(next.is_told("signup_promoted").contains("周六"));
    ming.reads("/api/v1/me").is(401);
    let rosters = owner.reads_roster(&project.shift("a")).is(200).text();
    assert!(!rosters.contains(&ming.name));
    // The organization goes on without telling anybody.
    let decline = json!({"answer": "decline", "reason": "与签到表一致"});
    owner
        .sends("POST", &format!("{target}/answer"), &decline)
        .is(200);
    assert!(place.texts_to(&ming.phone).is_empty());
    // The same phone is somebody new.
    let mut anew = place.stranger();
    anew.phone.clone_from(&ming.phone);
    anew.signs_in();
    assert_ne!(anew.id, ming.id);
    assert_eq!(anew.reads("/api/v1/me/hours").is(200).json()["minutes"], 0);
}

#[test]
fn the_last_owner_hands_over_first() {
    let desk = Desk::new();
    let place = desk.place();
    let ming = place.volunteer();
    let organization = place.organization();
    place.rows(
        "INSERT INTO member (organization_id, volunteer_id, role, created_at) VALUES (?1, ?2, 'owner', 0)",
        json!([organization.id, ming.id]),
    );
    desk.passes(HOUR);
    ming.asks_for_a_code().is(202);
    let code = json!({"code": ming.newest_code()});
    let refused = ming
        .sends("POST", "/api/v1/me/departure", &code)
        .refused(409, "last_owner");
    assert_eq!(
        refused.json()["organizations"][0]["name"],
        organization.name.as_str()
    );
    let page = Request::get("/me/leaving").browser(&ming.session);
    assert!(
        place
            .send(&page)
            .is(200)
            .text()
            .contains(&organization.name)
    );
    organization.member("owner");
    ming.sends("POST", "/api/v1/me/departure", &code).is(200);
}

#[test]
fn it_takes_a_fresh_code_and_happens_once() {
    let desk = Desk::new();
    let place = desk.place();
    let (ming, friend) = (place.volunteer(), place.volunteer());
    let target = "/api/v1/me/departure";
    ming.sends("POST", target, &json!({"code": "000000"}))
        .refused(403, "wrong_code");
    desk.passes(HOUR);
    friend.asks_for_a_code().is(202);
    // Somebody else's code is none.
    let other = json!({"code": friend.newest_code()});
    ming.sends("POST", target, &other)
        .refused(403, "wrong_code");
    ming.asks_for_a_code().is(202);
    let code = json!({"code": ming.newest_code()});
    let request = ming
        .request("POST", target)
        .header("idempotency-key", "k")
        .json(&code);
    let left = place.send(&request).is(200);
    let again = place.send(&request).is(200);
    assert_eq!(left.json(), again.json());
    ming.sends("POST", target, &code).is(401);
    for sql in [
        "UPDATE volunteer SET name = 'x' WHERE left_at IS NOT NULL",
        "UPDATE volunteer SET left_at = NULL WHERE left_at IS NOT NULL",
    ] {
        assert!(desk.refuses(sql).contains("volunteer_left"), "{sql}");
    }
    place.rows(
        "INSERT INTO outbox (kind, volunteer_id, created_at, due_at) VALUES ('x', ?1, 0, 0)",
        json!([ming.id]),
    );
    let letters = "SELECT count(*) FROM outbox WHERE volunteer_id = ?1";
    assert_eq!(place.number(letters, json!([ming.id])), 0);
}

#[test]
fn two_steps_on_the_page() {
    let desk = Desk::new();
    let place = desk.place();
    let ming = place.volunteer();
    desk.passes(HOUR);
    let submits = |fields: &[(&str, &str)]| {
        let request = Request::new("POST", "/me/leaving")
            .browser(&ming.session)
            .form(fields);
        place.send(&request)
    };
    let page = submits(&[("step", "send")]).is(200).text();
    assert!(page.contains("确定注销") && page.contains("name=\"code\""));
    assert!(
        submits(&[("step", "leave"), ("code", "12")])
            .is(200)
            .text()
            .contains("6 位数字")
    );
    let code = ming.newest_code();
    let done = submits(&[("step", "leave"), ("code", &code)]).is(200);
    assert!(done.text().contains("谢谢您做过的每一小时"));
    assert!(done.header("set-cookie").unwrap().contains("Max-Age=0"));
    ming.reads("/api/v1/me").is(401);
}

/// A new column that may know somebody is forgotten when they leave, or said here to stay.
#[test]
fn every_column_of_a_person_is_decided_on() {
    let desk = Desk::new();
    let erased = [
        "name",
        "phone_hash",
        "phone_sealed",
        "birth_date",
        "adult_declared_at",
        "skills",
        "calendar_hash",
        "calendar_version",
        "id_document_kind",
        "id_document_sealed",
        "id_document_shown_sealed",
        "left_at",
    ];
    let kept = ["id", "language", "created_at"];
    let columns = desk
        .place()
        .rows("SELECT name FROM pragma_table_info('volunteer')", json!([]));
    let columns: BTreeSet<_> = columns
        .iter()
        .map(|row| row["name"].as_str().unwrap().to_owned())
        .collect();
    let decided = erased
        .iter()
        .chain(&kept)
        .map(|name| (*name).to_owned())
        .collect();
    assert_eq!(columns, decided);
}

/// The same for whatever else points at a person or holds something under the seal.
#[test]
fn every_trace_of_a_person_is_decided_on() {
    let desk = Desk::new();
    let columns = desk.place().rows(
        "SELECT t.name || '.' || c.name AS it
         FROM sqlite_master t JOIN pragma_table_info(t.name) c
         WHERE t.type = 'table' AND t.name NOT GLOB 'menu_by_*'
           AND (c.name GLOB '*volunteer_id' OR c.name GLOB '*_sealed' OR c.name GLOB '*phone_hash')",
        json!([]),
    );
    let columns: BTreeSet<_> = columns
        .iter()
        .map(|row| row["it"].as_str().unwrap())
        .collect();
    let erased = [
        "certificate.id_document_sealed",
        "certificate.share_sealed",
        "contest_officer.phone_hash",
        "contest_officer.phone_sealed",
        "coordinator.phone_hash",
        "coordinator.phone_sealed",
        "idempotency_key.answer_sealed",
        "invitation.phone_hash",
        "invitation.phone_sealed",
        "member.volunteer_id",
        "outbox.phone_hash",
        "outbox.phone_sealed",
        "outbox.secret_sealed",
        "outbox.volunteer_id",
        "outside_hours.volunteer_id",
        "session.volunteer_id",
        "sign_in_code.phone_hash",
        "signup.guardian_phone_sealed",
        "signup.volunteer_phone_sealed",
        "volunteer.id_document_sealed",
        "volunteer.id_document_shown_sealed",
        "volunteer.phone_hash",
        "volunteer.phone_sealed",
    ];
    // By an id that stands for nobody any more.
    let kept = [
        "attendance.volunteer_id",
        "certificate.volunteer_id",
        "contest_judge.volunteer_id",
        "contest_objection.volunteer_id",
        "contest_result_approval.volunteer_id",
        "hours_total.volunteer_id",
        "record_dispute.volunteer_id",
        "service_record.volunteer_id",
        "signup.volunteer_id",
    ];
    let of_organizations = ["webhook.previous_sealed", "webhook.secret_sealed"];
    let decided = erased
        .iter()
        .chain(&kept)
        .chain(&of_organizations)
        .copied()
        .collect();
    assert_eq!(columns, decided);
}
