//! Certificates as somebody else's program checks them.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;

use data_encoding::BASE64URL_NOPAD;
use serde_json::{Value, json};

use crate::support::app::{node, shared};
use crate::support::people::{Organization, Volunteer};
use crate::support::records::Recorded;
use crate::support::soon;

const MORNING: i64 = 1_795_825_200_000;

/// What the verifier says of a badge; nothing when it refuses.
fn verified(badge: &str) -> Option<Value> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut verifier = Command::new(node(root))
        .arg(root.join("tests/api/verify.mjs"))
        .env("SITE", &shared().url)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    verifier
        .stdin
        .take()
        .unwrap()
        .write_all(badge.as_bytes())
        .unwrap();
    let said = verifier.wait_with_output().unwrap();
    if !said.status.success() {
        eprintln!("{}", String::from_utf8_lossy(&said.stderr));
        return None;
    }
    Some(serde_json::from_slice(&said.stdout).unwrap())
}

#[track_caller]
fn certified(volunteer: &Volunteer, organization: &Organization) -> String {
    let body = json!({"organization_id": organization.id});
    let asked = volunteer.sends("POST", "/api/v1/me/certificates", &body);
    asked.is(201).member("number")
}

#[track_caller]
fn badge(volunteer: &Volunteer, number: &str) -> String {
    let answer = volunteer
        .reads(&format!("/certificates/{number}/badge"))
        .is(200);
    assert_eq!(answer.header("content-type"), Some("application/vc+jwt"));
    answer.text()
}

#[test]
fn another_library_verifies_a_badge_and_sees_the_revocation() {
    let place = shared().place();
    let organization = place.organization();
    let volunteer = place.adult();
    let code = "53360000000000019B";
    place.rows(
        "UPDATE organization SET credit_code = ?2 WHERE id = ?1",
        json!([organization.id, code]),
    );
    let record = Recorded::new(MORNING, 90, "A").write(place, &organization, &volunteer);
    let number = certified(&volunteer, &organization);
    let first = badge(&volunteer, &number);
    let found = verified(&first).unwrap();
    let credential = &found["credential"];
    assert_eq!(found["revoked"], false);
    assert_eq!(
        credential["type"],
        json!(["VerifiableCredential", "OpenBadgeCredential"])
    );
    assert_eq!(credential["issuer"]["name"], organization.name.as_str());
    assert_eq!(
        credential["issuer"]["otherIdentifier"][0]["identifier"],
        code
    );
    let subject = &credential["credentialSubject"];
    assert_eq!(
        subject["identifier"][0]["identityHash"],
        volunteer.name.as_str()
    );
    assert_eq!(subject["result"][0]["value"], "90");
    assert_eq!(credential["evidence"][0]["name"], "夏令营");

    // A changed letter is noticed.
    let (signed, signature) = first.rsplit_once('.').unwrap();
    let (header, payload) = signed.split_once('.').unwrap();
    let text = String::from_utf8(BASE64URL_NOPAD.decode(payload.as_bytes()).unwrap()).unwrap();
    let more = BASE64URL_NOPAD.encode(text.replace("\"90\"", "\"91\"").as_bytes());
    assert_ne!(more, payload);
    assert_eq!(verified(&format!("{header}.{more}.{signature}")), None);

    // Another key: what was signed stays good, and is the same byte for byte.
    let owner = organization.member("owner");
    let keys = format!("/api/v1/organizations/{}/signing-keys", organization.id);
    owner.sends("POST", &keys, &json!({})).is(201);
    assert_eq!(badge(&volunteer, &number), first);
    soon("the new key", || {
        let did = place.get(&format!("/organizations/{}/did.json", organization.id));
        did.json()["verificationMethod"].as_array().unwrap().len() == 2
    });
    assert_eq!(verified(&first).unwrap()["kid"], found["kid"]);
    Recorded::new(MORNING + 86_400_000, 30, "B").write(place, &organization, &volunteer);
    let second = certified(&volunteer, &organization);
    let kid = verified(&badge(&volunteer, &second)).unwrap()["kid"].clone();
    assert!(kid.as_str().unwrap().ends_with("#key-2"), "{kid}");

    // A correction is seen in both, a revocation in its own.
    Recorded::new(MORNING, 60, "C")
        .correcting(record)
        .write(place, &organization, &volunteer);
    soon("the correction", || {
        verified(&first).unwrap()["revoked"] == true
    });
    let third = certified(&volunteer, &organization);
    let third_badge = badge(&volunteer, &third);
    assert_eq!(verified(&third_badge).unwrap()["revoked"], false);
    let revoke = format!("/api/v1/certificates/{third}/revocation");
    owner
        .sends("POST", &revoke, &json!({"reason": "代签"}))
        .is(200);
    soon("the revocation", || {
        verified(&third_badge).unwrap()["revoked"] == true
    });
}

#[test]
fn a_badge_is_for_its_holder() {
    let place = shared().place();
    let organization = place.organization();
    let volunteer = place.adult();
    Recorded::new(MORNING, 90, "A").write(place, &organization, &volunteer);
    let badge = format!(
        "/certificates/{}/badge",
        certified(&volunteer, &organization)
    );
    place.get(&badge).is(401);
    place.adult().reads(&badge).is(403);
    organization.member("owner").reads(&badge).is(403);
    volunteer.reads(&badge).is(200);
}

#[test]
fn whoever_asks_and_is_renamed_at_once_has_one_name_that_stands() {
    let place = shared().place();
    let organization = place.organization();
    let volunteer = place.adult();
    Recorded::new(MORNING, 90, "A").write(place, &organization, &volunteer);
    let asks = |day: &str| {
        let body = json!({"organization_id": organization.id, "from": day});
        volunteer.sends("POST", "/api/v1/me/certificates", &body)
    };
    thread::scope(|scope| {
        for name in ["买家甲", "买家乙"] {
            let (asks, volunteer) = (&asks, &volunteer);
            scope.spawn(move || {
                volunteer
                    .sends("PATCH", "/api/v1/me", &json!({"name": name}))
                    .is(200);
                let status = asks("2026-01-01").status;
                assert!(matches!(status, 200 | 201), "{status}");
            });
        }
        for day in ["2026-01-02", "2026-01-03"] {
            let asks = &asks;
            scope.spawn(move || asks(day).is(201));
        }
    });
    let names = place.rows(
        "SELECT DISTINCT c.holder_name FROM certificate c
         WHERE c.volunteer_id = ?1 AND NOT EXISTS (
           SELECT 1 FROM certificate_change x WHERE x.certificate = c.seq)",
        json!([volunteer.id]),
    );
    assert_eq!(names.len(), 1, "{names:?}");
    let renames = "SELECT count(*) FROM audit WHERE action = 'volunteer.renamed' AND subject = ?1";
    let subject = format!("volunteer:{}", volunteer.id);
    assert_eq!(place.number(renames, json!([subject])), 2);
}
