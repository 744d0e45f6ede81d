//! Preparing, announcing, amending and calling off a contest, and who may.

use diandan::contests::rules::{amendment_example, example};
use diandan::platform::crypto::sha256_hex;
use serde_json::{Value, json};

use crate::support::answer::Answer;
use crate::support::at;
use crate::support::contests::{announced, drafted};
use crate::support::desk::Desk;
use crate::support::people::Volunteer;
use crate::support::request::Request;

const ENTERING: &str = "2026-12-05T09:00:00+08:00";

fn does(who: &Volunteer, contest: &str, act: &str, body: &Value) -> Answer {
    who.sends("POST", &format!("/api/v1/contests/{contest}/{act}"), body)
}

fn announces(who: &Volunteer, contest: &str) -> Answer {
    let target = format!("/api/v1/contests/{contest}/announcement");
    who.place.send(&who.request("POST", &target))
}

fn amends(who: &Volunteer, contest: &str, rules: &Value) -> Answer {
    let body = json!({"reason": "应多地要求", "rules": rules});
    does(who, contest, "amendments", &body)
}

fn acts(desk: &Desk, contest: &str) -> Vec<String> {
    let sql = "SELECT act FROM contest_log WHERE contest_id = ?1 ORDER BY seq";
    let rows = desk.place().rows(sql, json!([contest]));
    let acts = rows.iter().map(|row| row["act"].as_str().unwrap());
    acts.map(str::to_owned).collect()
}

#[test]
fn from_a_draft_to_published_rules_anybody_can_hash() {
    let desk = Desk::new();
    let place = desk.place();
    let coordinator = place.coordinator("3607");
    let body = json!({"region": "360731", "name": "于都县大赛"});
    let made = coordinator.sends("POST", "/api/v1/contests", &body).is(201);
    let id = made.member("id");
    let target = format!("/api/v1/contests/{id}");
    assert_eq!(made.header("location"), Some(&*target));
    assert_eq!(made.json()["office"], "赣州市民政局");
    // Nobody else knows of a draft.
    place.get(&target).refused(404, "not_found");
    place.adult().reads(&target).refused(404, "not_found");
    let listed = |desk: &Desk| {
        let list = desk.place().get("/api/v1/contests").is(200).json();
        list["items"].as_array().unwrap().len()
    };
    assert_eq!(listed(&desk), 0);
    let missing = announces(&coordinator, &id).refused(422, "invalid_fields");
    assert_eq!(missing.pointers(), ["/rules"]);
    let mut rules = example();
    rules["stages"][1]["weight"] = json!(300);
    rules["entries"]["opens_at"] = json!("2026-11-23T09:00:00+08:00");
    let draft = json!({"name": "于都县大赛", "about": "欢迎", "rules": rules});
    coordinator.sends("PUT", &target, &draft).is(200);
    let bad = announces(&coordinator, &id).refused(422, "invalid_fields");
    assert_eq!(bad.pointers(), ["/rules/entries/opens_at", "/rules/stages"]);
    let draft = json!({"name": "于都县大赛", "about": "欢迎", "rules": example()});
    coordinator.sends("PUT", &target, &draft).is(200);
    let stale = coordinator.request("POST", &format!("{target}/announcement"));
    place
        .send(&stale.header("if-match", "\"v2\""))
        .refused(412, "version_conflict");
    let announced = announces(&coordinator, &id).is(200).json();
    assert_eq!(announced["state"], "announced");
    announces(&coordinator, &id).refused(409, "contest_not_draft");
    coordinator
        .sends("PUT", &target, &draft)
        .refused(409, "contest_not_draft");
    let read = place.get(&target).is(200).json();
    let text = place.get(&format!("{target}/rules/1")).is(200).text();
    assert_eq!(read["rules_hash"], sha256_hex(&text));
    assert_eq!(read["published"][0]["hash"], read["rules_hash"]);
    let as_read: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(as_read, read["rules"]);
    assert_eq!(listed(&desk), 1);
    assert_eq!(
        acts(&desk, &id),
        [
            "contest.prepared",
            "contest.edited",
            "contest.edited",
            "contest.announced"
        ]
    );
}

#[test]
fn amendments_are_public_and_never_backwards() {
    let desk = Desk::new();
    let place = desk.place();
    let coordinator = place.coordinator("36");
    let contest = announced(place, &example());
    let target = format!("/api/v1/contests/{contest}");
    let first = place.get(&format!("{target}/rules/1")).is(200).text();
    let amended = amends(&coordinator, &contest, &amendment_example())
        .is(200)
        .json();
    assert_eq!(amended["published"][1]["reason"], "应多地要求");
    assert_eq!(amended["published"][1]["hash"], amended["rules_hash"]);
    // What stood before stays readable.
    assert_eq!(
        place.get(&format!("{target}/rules/1")).is(200).text(),
        first
    );
    place
        .get(&format!("{target}/rules/3"))
        .refused(404, "not_found");
    let same = amends(&coordinator, &contest, &amendment_example());
    assert_eq!(same.refused(422, "invalid_fields").pointers(), ["/rules"]);
    desk.it_is(at(ENTERING));
    let mut shorter = amendment_example();
    shorter["entries"]["closes_at"] = json!("2026-12-19T18:00:00+08:00");
    let refused = amends(&coordinator, &contest, &shorter).refused(422, "invalid_fields");
    assert_eq!(refused.pointers(), ["/rules/entries/closes_at"]);
    let mut longer = amendment_example();
    longer["entries"]["closes_at"] = json!("2026-12-20T17:00:00Z");
    longer["stages"][0]["opens_at"] = json!("2026-12-21T09:00:00+08:00");
    amends(&coordinator, &contest, &longer).is(200);
    let closes = place.number("SELECT entries_close_at FROM contest", json!([]));
    assert_eq!(closes, at("2026-12-20T17:00:00Z").millis());
    for sql in [
        "UPDATE contest_rules SET reason = 'x'",
        "DELETE FROM contest_rules",
        "INSERT OR REPLACE INTO contest_rules SELECT contest_id, version, '{}', hash, reason, published_at FROM contest_rules",
    ] {
        assert!(desk.refuses(sql).contains("contest_rules"), "{sql}");
    }
}

#[test]
fn who_runs_a_contest() {
    let desk = Desk::new();
    let place = desk.place();
    let organization = place.organization();
    let manager = organization.member("manager");
    let body = json!({"organization_id": organization.id, "name": "邻里大赛", "rules": example()});
    let theirs = manager.sends("POST", "/api/v1/contests", &body).is(201);
    assert_eq!(theirs.json()["office"], organization.name.as_str());
    let theirs = theirs.member("id");
    for role in ["recorder", "viewer"] {
        let member = organization.member(role);
        member
            .sends("POST", "/api/v1/contests", &body)
            .refused(403, "forbidden");
        announces(&member, &theirs).refused(403, "forbidden");
    }
    // An office coordinates; it does not run what organizations hold.
    let coordinator = place.coordinator("36");
    announces(&coordinator, &theirs).refused(403, "forbidden");
    announces(&organization.member("owner"), &theirs).is(200);
    let office = drafted(place, &example());
    announces(&manager, &office).refused(403, "forbidden");
    announces(&place.coordinator("3607"), &office).refused(403, "forbidden");
    let outside = json!({"region": "3601", "name": "别处"});
    place
        .coordinator("3607")
        .sends("POST", "/api/v1/contests", &outside)
        .refused(403, "forbidden");
    let nowhere = json!({"region": "369999", "name": "别处"});
    let unknown = coordinator.sends("POST", "/api/v1/contests", &nowhere);
    assert_eq!(
        unknown.refused(422, "invalid_fields").pointers(),
        ["/region"]
    );
    let neither = coordinator.sends("POST", "/api/v1/contests", &json!({"name": "别处"}));
    assert_eq!(
        neither.refused(422, "invalid_fields").pointers(),
        ["/region"]
    );
    // Whoever judges in it runs it no more.
    place.rows(
        "INSERT INTO contest_judge (id, contest_id, number, name, code_hash, code_expires_at, volunteer_id, accepted_at, created_at)
         VALUES ('j', ?1, 1, '评委', 'j', 0, ?2, 0, 0)",
        json!([office, coordinator.id]),
    );
    announces(&coordinator, &office).refused(403, "forbidden");
    // An organization nobody has verified announces nothing.
    let unverified = place.organization_in_state("unverified");
    let owner = unverified.member("owner");
    let body = json!({"organization_id": unverified.id, "name": "大赛", "rules": example()});
    let id = owner
        .sends("POST", "/api/v1/contests", &body)
        .is(201)
        .member("id");
    announces(&owner, &id).refused(403, "organization_not_verified");
}

#[test]
fn officers_have_what_their_office_gives() {
    let desk = Desk::new();
    let place = desk.place();
    let coordinator = place.coordinator("36");
    let contest = drafted(place, &example());
    let target = format!("/api/v1/contests/{contest}/officers");
    let [organizer, chair, supervisor] = [(); 3].map(|()| place.adult());
    let appoint = |who: &Volunteer, role: &str| {
        let body = json!({"phone": who.phone, "role": role});
        coordinator.sends("POST", &target, &body)
    };
    let office = appoint(&organizer, "organizer").is(201).member("id");
    appoint(&organizer, "supervisor").refused(409, "already_officer");
    appoint(&chair, "chair").is(201);
    let shown = appoint(&supervisor, "supervisor").is(201).json();
    assert!(shown["phone"].as_str().unwrap().contains("****"));
    for who in [&organizer, &chair, &supervisor] {
        let list = who.reads(&target).is(200);
        assert!(!list.text().contains(&who.phone));
        who.reads(&format!("/api/v1/contests/{contest}")).is(200);
    }
    for who in [&chair, &supervisor] {
        let body = json!({"phone": place.stranger().phone, "role": "organizer"});
        who.sends("POST", &target, &body).refused(403, "forbidden");
        announces(who, &contest).refused(403, "forbidden");
        does(who, &contest, "cancellation", &json!({"reason": "x"})).refused(403, "forbidden");
    }
    announces(&organizer, &contest).is(200);
    coordinator.deletes(&format!("{target}/{office}")).is(204);
    coordinator
        .deletes(&format!("{target}/{office}"))
        .refused(404, "not_found");
    organizer.reads(&target).refused(403, "forbidden");
    // The same phone may have an office anew.
    appoint(&organizer, "chair").is(201);
}

#[test]
fn a_contest_that_is_called_off_says_why() {
    let desk = Desk::new();
    let place = desk.place();
    let coordinator = place.coordinator("36");
    let contest = announced(place, &example());
    let reason = json!({"reason": "因汛期防灾取消"});
    does(&coordinator, &contest, "cancellation", &reason).is(200);
    let read = place
        .get(&format!("/api/v1/contests/{contest}"))
        .is(200)
        .json();
    assert_eq!(
        (&read["state"], &read["state_reason"]),
        (&json!("cancelled"), &json!("因汛期防灾取消"))
    );
    does(&coordinator, &contest, "cancellation", &reason).refused(409, "contest_not_running");
    amends(&coordinator, &contest, &amendment_example()).refused(409, "contest_not_running");
    // What nobody knew of stays unknown.
    let draft = drafted(place, &example());
    does(&coordinator, &draft, "cancellation", &reason).is(200);
    place
        .get(&format!("/api/v1/contests/{draft}"))
        .refused(404, "not_found");
}

#[test]
fn of_two_at_once_one_is_told() {
    let desk = Desk::new();
    let coordinator = desk.place().coordinator("36");
    let contest = drafted(desk.place(), &example());
    let target = format!("/api/v1/contests/{contest}");
    let draft = json!({"name": "一"});
    let seen = coordinator
        .reads(&target)
        .is(200)
        .header("etag")
        .unwrap()
        .to_owned();
    let edit = |name: &str| {
        let request = coordinator
            .request("PUT", &target)
            .header("if-match", &seen);
        desk.place().send(&request.json(&json!({"name": name})))
    };
    edit("一").is(200);
    edit("二").refused(412, "version_conflict");
    coordinator.sends("PUT", &target, &draft).is(200);
}

#[test]
fn contests_are_listed_page_by_page() {
    let desk = Desk::new();
    let place = desk.place();
    let ids: Vec<String> = (0..3).map(|_| announced(place, &example())).collect();
    let first = place.get("/api/v1/contests?limit=2").is(200).json();
    let of = |page: &Value| -> Vec<String> {
        let items = page["items"].as_array().unwrap().iter();
        items
            .map(|item| item["id"].as_str().unwrap().to_owned())
            .collect()
    };
    let next = first["next"].as_str().unwrap();
    let second = place.send(&Request::get(next)).is(200).json();
    let mut all = of(&first);
    all.extend(of(&second));
    all.reverse();
    assert_eq!(all, ids);
    assert_eq!(second["next"], json!(null));
    let within = |region: &str| {
        let target = format!("/api/v1/contests?region={region}");
        of(&place.get(&target).is(200).json()).len()
    };
    assert_eq!((within("360731"), within("36")), (3, 3));
}
