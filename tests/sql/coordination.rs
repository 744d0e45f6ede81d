//! Coordinators: bound to a region, they reach its whole subtree and nothing else.

use diandan::platform::clock::DAY;
use diandan::platform::crypto::sha256_hex;
use pollster::FutureExt as _;
use serde_json::{Value, json};

use crate::support::answer::Answer;
use crate::support::desk::Desk;
use crate::support::notice::{Notice, morning, shift};
use crate::support::people::{Organization, Volunteer};
use crate::support::place::Place as _;

const COORDINATORS: &str = "/api/v1/coordinators";

/// An organization in 于都县, waiting.
fn waiting(desk: &Desk) -> Organization<'_> {
    let organization = desk.place().organization_in_state("unverified");
    desk.place().rows(
        "UPDATE organization SET region = '360731' WHERE id = ?1",
        json!([organization.id]),
    );
    organization
}

#[track_caller]
fn decides(coordinator: &Volunteer, organization: &Organization, body: &Value) -> Answer {
    let target = format!("/api/v1/organizations/{}/verification", organization.id);
    coordinator.sends("POST", &target, body)
}

#[track_caller]
fn appoints(coordinator: &Volunteer, phone: &str, region: &str) -> Answer {
    let body = json!({"phone": phone, "region": region, "office": "于都县民政局"});
    coordinator.sends("POST", COORDINATORS, &body)
}

#[test]
fn a_coordinator_reaches_the_subtree_and_nothing_else() {
    for (region, status) in [
        ("36", 200),
        ("3607", 200),
        ("360731", 200),
        ("360731105", 403),
        ("3601", 403),
        ("360730", 403),
    ] {
        let desk = Desk::new();
        let organization = waiting(&desk);
        let coordinator = desk.place().coordinator(region);
        let answer = decides(&coordinator, &organization, &json!({"decision": "verify"}));
        assert_eq!(answer.status, status, "{region}: {answer:?}");
        let listed = coordinator.reads("/api/v1/organizations?limit=100").is(200);
        assert_eq!(
            listed.ids().contains(&organization.id),
            status == 200,
            "{region}"
        );
    }
}

#[test]
fn verification_opens_the_menu_and_suspension_closes_it() {
    let desk = Desk::new();
    let place = desk.place();
    let organization = waiting(&desk);
    let owner = organization.member("owner");
    let notice = Notice::of(&[shift("a", morning(desk.now(), 9), 3)]);
    organization
        .puts("p", &notice.0)
        .refused(403, "organization_not_verified");
    let draft = notice.clone().with("state", "draft");
    organization.puts("p", &draft.0).is(201);
    let coordinator = place.coordinator("3607");
    let on_the_menu = || place.menu(&[("q", &notice.word())]).ids().len();

    desk.passes(DAY);
    let verified = decides(&coordinator, &organization, &json!({"decision": "verify"})).is(200);
    let verified = verified.json();
    assert_eq!(verified["state"], "verified");
    assert_eq!(verified["state_since"], json!(desk.now().rfc3339()));
    assert_eq!(
        verified["state_by"],
        json!({"name": "赣州市民政局", "region": "3607", "region_name": "赣州市"})
    );
    owner.is_told("organization_verified");
    organization.puts("p", &notice.0).is(200);
    assert_eq!(on_the_menu(), 1);

    let suspend = json!({"decision": "suspend", "reason": "收到投诉"});
    decides(&coordinator, &organization, &suspend).is(200);
    assert_eq!(on_the_menu(), 0);
    assert!(owner.is_told("organization_suspended").contains("收到投诉"));
    // The public reads that, since when and by whom; why is for those concerned.
    let target = format!("/api/v1/organizations/{}", organization.id);
    let public = place.get(&target).is(200);
    assert_eq!(public.json()["state"], "suspended");
    assert_eq!(public.json()["state_by"]["name"], "赣州市民政局");
    assert!(!public.text().contains("收到投诉") && !public.text().contains(&coordinator.name));
    let page = place
        .get(&format!("/organizations/{}", organization.id))
        .is(200)
        .text();
    assert!(
        page.contains("赣州市民政局") && page.contains("2026年11月24日"),
        "{page}"
    );
    assert!(!page.contains("收到投诉") && !page.contains(&coordinator.name));
    assert_eq!(owner.reads(&target).json()["state_reason"], "收到投诉");

    decides(
        &coordinator,
        &organization,
        &json!({"decision": "reinstate"}),
    )
    .is(200);
    owner.is_told("organization_reinstated");
    assert_eq!(on_the_menu(), 1);
}

#[test]
fn decisions_follow_a_closed_set() {
    let desk = Desk::new();
    let coordinator = desk.place().coordinator("36");
    for (state, possible) in [
        ("unverified", &["verify", "refuse"][..]),
        ("refused", &["verify"]),
        ("verified", &["suspend"]),
        ("suspended", &["reinstate"]),
    ] {
        for decision in ["verify", "refuse", "suspend", "reinstate"] {
            let organization = desk.place().organization_in_state(state);
            let body = json!({"decision": decision, "reason": "因为"});
            let answer = decides(&coordinator, &organization, &body);
            if possible.contains(&decision) {
                answer.is(200);
            } else {
                let refused = answer.refused(409, "decision_not_possible");
                assert_eq!(refused.member("state"), state);
            }
        }
    }
    let organization = desk.place().organization_in_state("unverified");
    let silent = decides(&coordinator, &organization, &json!({"decision": "refuse"}));
    assert_eq!(
        silent.refused(422, "invalid_fields").pointers(),
        ["/reason"]
    );
    let owner = organization.member("owner");
    let own = decides(&owner, &organization, &json!({"decision": "verify"}));
    own.refused(403, "forbidden");
}

#[test]
fn a_refused_act_leaves_no_trace_and_a_decision_does() {
    let desk = Desk::new();
    let organization = waiting(&desk);
    let owner = organization.member("owner");
    let elsewhere = desk.place().coordinator("3601");
    decides(&elsewhere, &organization, &json!({"decision": "verify"})).refused(403, "forbidden");
    let rows = "SELECT actor, action, before, after FROM audit";
    assert!(desk.place().rows(rows, json!([])).is_empty());
    assert!(desk.letters_to(&owner.phone).is_empty());
    let coordinator = desk.place().coordinator("360731");
    let refuse = json!({"decision": "refuse", "reason": "证书看不清"});
    decides(&coordinator, &organization, &refuse).is(200);
    let written = desk.place().rows(rows, json!([]));
    assert_eq!(written.len(), 1);
    assert_eq!(written[0]["actor"], format!("volunteer:{}", coordinator.id));
    assert_eq!(written[0]["action"], "organization.refused");
    assert!(
        written[0]["before"]
            .as_str()
            .unwrap()
            .contains("unverified")
    );
    assert!(written[0]["after"].as_str().unwrap().contains("证书看不清"));
    assert!(owner.is_told("organization_refused").contains("证书看不清"));
}

#[test]
fn what_was_looked_at_is_what_is_decided_on() {
    let desk = Desk::new();
    let organization = waiting(&desk);
    let owner = organization.member("owner");
    let coordinator = desk.place().coordinator("36");
    let target = format!("/api/v1/organizations/{}", organization.id);
    let seen = coordinator.reads(&target).is(200);
    let tag = seen.header("etag").unwrap().to_owned();
    owner
        .sends("PATCH", &target, &json!({"name": "悄悄改名"}))
        .is(200);
    let decide = |tag: &str| {
        let request = coordinator
            .request("POST", &format!("{target}/verification"))
            .header("if-match", tag)
            .json(&json!({"decision": "verify"}));
        desk.place().send(&request)
    };
    let refused = decide(&tag).refused(412, "version_conflict");
    let tag = refused.header("etag").unwrap().to_owned();
    decide(&tag).is(200);
}

#[test]
fn coordinators_appoint_within_their_region_and_revoke_below_it() {
    let desk = Desk::new();
    let place = desk.place();
    let top = place.coordinator("3607");
    let mut ming = place.stranger();
    let appointed = appoints(&top, &ming.phone, "360731").is(201);
    assert_eq!(appointed.json()["region_name"], "赣州市于都县");
    assert!(!appointed.text().contains(&ming.phone));
    assert!(ming.is_told("coordinator_appointed").contains("于都县"));
    ming.signs_in();
    // At once, and no wider.
    decides(&ming, &waiting(&desk), &json!({"decision": "verify"})).is(200);
    appoints(&ming, "13800000000", "3607").refused(403, "region_out_of_reach");
    appoints(&ming, "13800000000", "360730").refused(403, "region_out_of_reach");
    appoints(&top, &ming.phone, "360731").refused(409, "already_coordinator");
    let nowhere = appoints(&top, "13800000000", "360799").refused(422, "invalid_fields");
    assert_eq!(nowhere.pointers(), ["/region"]);

    let of = |who: &Volunteer| who.reads(COORDINATORS).is(200).json()["items"].clone();
    assert_eq!(of(&top).as_array().unwrap().len(), 2);
    let seen = of(&ming);
    assert_eq!(seen.as_array().unwrap().len(), 1);
    assert_eq!(seen[0]["is_me"], true);
    let delete = |who: &Volunteer, id: &Value| {
        let target = format!("{COORDINATORS}/{}", id.as_str().unwrap());
        place.send(&who.request("DELETE", &target))
    };
    // From below the one above is not even seen.
    let above = of(&top)[0]["id"].clone();
    delete(&ming, &above).refused(404, "not_found");
    // Nor is a colleague sent away by somebody who did not appoint them.
    let colleague = place.coordinator("3607");
    delete(&colleague, &above).refused(403, "forbidden");
    delete(&colleague, &appointed.json()["id"]).is(204);
    ming.reads(COORDINATORS).refused(403, "forbidden");
    decides(&ming, &waiting(&desk), &json!({"decision": "verify"})).refused(403, "forbidden");
    // Anybody may step down.
    delete(&top, &above).is(204);
    top.reads(COORDINATORS).refused(403, "forbidden");
}

#[test]
fn coordinators_are_listed_page_by_page_within_reach() {
    let desk = Desk::new();
    let place = desk.place();
    let top = place.coordinator("3607");
    for region in ["360731", "360730", "360731", "36", "3608", "360731"] {
        place.coordinator(region);
    }
    let mut seen = Vec::new();
    let mut next = Some(format!("{COORDINATORS}?limit=2"));
    while let Some(page) = next {
        let answer = top.reads(&page).is(200);
        let items = answer.json()["items"].as_array().unwrap().clone();
        assert!(items.len() <= 2);
        seen.extend(
            items
                .iter()
                .map(|one| one["region"].as_str().unwrap().to_owned()),
        );
        next = answer.json()["next"].as_str().map(str::to_owned);
        assert_eq!(answer.header("link").is_some(), next.is_some());
    }
    assert_eq!(seen, ["3607", "360730", "360731", "360731", "360731"]);
    // From where somebody stood who was revoked meanwhile, it goes on all the same.
    let gone = "360731_00000000-0000-7000-8000-000000000000";
    let rest = top.reads(&format!("{COORDINATORS}?cursor={gone}")).is(200);
    assert_eq!(rest.json()["items"].as_array().unwrap().len(), 3);
    for bad in [
        "360731",
        "x_00000000-0000-7000-8000-000000000000",
        "360731_x",
    ] {
        let refused = top.reads(&format!("{COORDINATORS}?cursor={bad}"));
        assert_eq!(
            refused.refused(400, "invalid_parameters").pointers(),
            ["/cursor"]
        );
    }
}

/// What `script/coordinator` writes.
fn code(desk: &Desk, region: &str) -> String {
    let code = format!("ddc_{}", sha256_hex(&uuid::Uuid::new_v4().to_string()));
    let hash = sha256_hex(&code);
    let id: uuid::Uuid = hash[..32].parse().unwrap();
    desk.place().rows(
        "INSERT INTO coordinator (id, region, office, code_hash, code_expires_at, created_at)
         VALUES (?1, ?2, '江西省民政厅', ?3, ?4, ?5)",
        json!([
            id,
            region,
            hash,
            desk.now().plus(3 * DAY).millis(),
            desk.now().millis()
        ]),
    );
    code
}

#[track_caller]
fn redeems(volunteer: &Volunteer, code: &str) -> Answer {
    volunteer.sends("POST", "/api/v1/me/coordination", &json!({"code": code}))
}

#[test]
fn the_first_coordinator_redeems_a_code_once() {
    let desk = Desk::new();
    let (first, late) = (desk.place().adult(), desk.place().adult());
    let code = code(&desk, "36");
    let made = redeems(&first, &code).is(201);
    assert_eq!(made.json()["region"], "36");
    assert_eq!(made.json()["is_me"], true);
    redeems(&late, &code).refused(403, "wrong_code");
    late.reads(COORDINATORS).refused(403, "forbidden");
    appoints(&first, &late.phone, "3607").is(201);
    let actions = "SELECT group_concat(action) AS a FROM audit";
    let actions = desk.place().value(actions, json!([]));
    assert_eq!(actions, "coordinator.redeemed,coordinator.appointed");
}

#[test]
fn a_code_expires_and_cannot_be_guessed() {
    let desk = Desk::new();
    let ming = desk.place().adult();
    let code = code(&desk, "36");
    let wrong = format!("ddc_{}", "0".repeat(64));
    redeems(&ming, &wrong).refused(403, "wrong_code");
    redeems(&ming, "open sesame").refused(422, "invalid_fields");
    let codes = || {
        let forget = diandan::coordination::forget(desk.now());
        desk.db.run(forget).block_on().unwrap();
        let count = "SELECT count(*) AS n FROM coordinator";
        desk.place().number(count, json!([]))
    };
    desk.passes(3 * DAY);
    redeems(&ming, &code).refused(403, "wrong_code");
    assert_eq!(codes(), 1);
    desk.passes(1);
    assert_eq!(codes(), 0);
    let written = "SELECT count(*) AS n FROM audit";
    assert_eq!(desk.place().number(written, json!([])), 0);
}

#[test]
fn a_code_for_what_one_has_is_left_for_somebody_else() {
    let desk = Desk::new();
    let coordinator = desk.place().coordinator("36");
    let code = code(&desk, "36");
    redeems(&coordinator, &code).refused(409, "already_coordinator");
    redeems(&desk.place().adult(), &code).is(201);
}

#[test]
fn redeeming_is_safe_to_repeat() {
    let desk = Desk::new();
    let first = desk.place().adult();
    let code = code(&desk, "36");
    let request = || {
        first
            .request("POST", "/api/v1/me/coordination")
            .header("idempotency-key", "k")
            .json(&json!({"code": code}))
    };
    let made = desk.place().send(&request()).is(201);
    let again = desk.place().send(&request()).is(201);
    assert_eq!(again.header("idempotency-replayed"), Some("true"));
    assert_eq!(again.json(), made.json());
}

#[test]
fn nobody_decides_on_an_organization_of_their_own() {
    let desk = Desk::new();
    let waiting = waiting(&desk);
    let (own, other) = (
        desk.place().coordinator("36"),
        desk.place().coordinator("36"),
    );
    desk.place().rows(
        "INSERT INTO member (organization_id, volunteer_id, role, created_at) VALUES (?1, ?2, 'viewer', 0)",
        json!([waiting.id, own.id]),
    );
    let verify = json!({"decision": "verify"});
    decides(&own, &waiting, &verify).is(403);
    decides(&other, &waiting, &verify).is(200);
}
