//! Records contested, answered, corrected and decided on.

use diandan::platform::clock::{DAY, HOUR, MINUTE};
use serde_json::{Value, json};

use crate::support::answer::Answer;
use crate::support::at;
use crate::support::desk::Desk;
use crate::support::people::{Organization, Volunteer};
use crate::support::records::Recorded;
use crate::support::request::Request;

/// A Saturday that is over.
const NINE: &str = "2026-11-21T09:00:00+08:00";

/// An organization, one of its recorders, and a volunteer with a record of three hours.
struct Scene<'a> {
    organization: Organization<'a>,
    recorder: Volunteer<'a>,
    ming: Volunteer<'a>,
    record: String,
}

impl<'a> Scene<'a> {
    fn new(desk: &'a Desk) -> Self {
        let organization = desk.place().organization();
        let ming = desk.place().adult();
        let seq = Recorded::new(at(NINE).millis(), 180, "A").write(desk, &organization, &ming);
        Self {
            recorder: organization.member("recorder"),
            organization,
            ming,
            record: id_of(desk, seq),
        }
    }

    #[track_caller]
    fn contests(&self) -> Answer {
        let target = format!("/api/v1/records/{}/disputes", self.record);
        let claim =
            json!({"claim": "我十点到的，一点才走", "ended_at": "2026-11-21T13:00:00+08:00"});
        self.ming.sends("POST", &target, &claim)
    }

    #[track_caller]
    fn contested(&self) -> String {
        self.contests().is(201).member("id")
    }

    #[track_caller]
    fn hours(&self) -> Value {
        self.ming.reads("/api/v1/me/hours").is(200).json()
    }

    /// What stands, with what it took the place of.
    #[track_caller]
    fn newest(&self) -> Value {
        let list = self.ming.reads("/api/v1/me/records").is(200).json();
        list["items"][0].clone()
    }
}

fn id_of(desk: &Desk, seq: i64) -> String {
    let id = desk
        .place()
        .value("SELECT id FROM service_record WHERE seq = ?1", json!([seq]));
    id.as_str().unwrap().to_owned()
}

#[test]
fn an_amendment_supersedes_and_the_old_record_stays_readable_with_why() {
    let desk = Desk::new();
    let scene = Scene::new(&desk);
    let dispute = scene.contested();
    let told = scene.recorder.is_told("record_contested");
    assert!(
        told.contains("夏令营") && told.contains("2026-12-07"),
        "{told}"
    );
    let answer = json!({"answer": "amend", "reason": "核对签到表属实"});
    let target = format!("/api/v1/disputes/{dispute}/answer");
    let report = scene
        .recorder
        .sends("POST", &target, &answer)
        .is(200)
        .json();
    assert_eq!(report["state"], "amended");
    assert_eq!(report["steps"][1]["words"], "核对签到表属实");
    let newest = scene.newest();
    // What the volunteer proposed, breaks as they were; a hand's word alone is grade D.
    assert_eq!(newest["record"]["minutes"], 240);
    assert_eq!(newest["record"]["grade"], "D");
    assert_eq!(newest["record"]["reason"], "核对签到表属实");
    assert_eq!(newest["earlier"][0]["id"], scene.record.as_str());
    assert_eq!(newest["earlier"][0]["minutes"], 180);
    assert_eq!(
        report["steps"][1]["outcome_record_id"],
        newest["record"]["id"]
    );
    assert_eq!(scene.hours()["minutes"], 240);
    let told = scene.ming.is_told("dispute_amended");
    assert!(
        told.contains("核对签到表属实") && told.contains("4 小时"),
        "{told}"
    );
    let audits = desk.place().rows(
        "SELECT action, actor FROM audit WHERE subject IN ('dispute:' || ?1, 'record:' || ?2) ORDER BY seq",
        json!([dispute, newest["record"]["id"]]),
    );
    let actions: Vec<_> = audits
        .iter()
        .map(|row| row["action"].as_str().unwrap())
        .collect();
    assert_eq!(actions, ["dispute.contested", "record.corrected"]);
    // What came of it may be contested in its turn, what stood before may not.
    scene.contests().refused(409, "superseded_already");
    let again = format!(
        "/api/v1/records/{}/disputes",
        newest["record"]["id"].as_str().unwrap()
    );
    scene
        .ming
        .sends("POST", &again, &json!({"claim": "还差半小时"}))
        .is(201);
}

#[test]
fn a_correction_within_the_evidence_keeps_its_grade_and_annulling_takes_the_hours() {
    let desk = Desk::new();
    let scene = Scene::new(&desk);
    let target = format!("/api/v1/records/{}/corrections", scene.record);
    let less = json!({"reason": "中间离开一小时", "minutes": 120});
    let made = scene.recorder.sends("POST", &target, &less).is(201);
    assert_eq!(made.json()["record"]["grade"], "A");
    assert_eq!(made.json()["record"]["facts"]["breaks_minutes"], 60);
    assert!(
        scene
            .ming
            .is_told("record_corrected")
            .contains("中间离开一小时")
    );
    assert_eq!(scene.hours()["minutes"], 120);
    // A stale page.
    let answer = scene
        .recorder
        .sends("POST", &target, &json!({"reason": "再改", "minutes": 60}));
    answer.refused(409, "superseded_already");
    let target = format!(
        "/api/v1/records/{}/corrections",
        made.json()["record"]["id"].as_str().unwrap()
    );
    let nothing = json!({"reason": "张冠李戴", "minutes": 0});
    scene.recorder.sends("POST", &target, &nothing).is(201);
    assert_eq!(scene.hours()["minutes"], 0);
    let newest = scene.newest();
    let minutes: Vec<_> = newest["earlier"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["minutes"].clone())
        .collect();
    assert_eq!(minutes, [json!(120), json!(180)]);
}

#[test]
fn a_suspended_organization_takes_hours_away_but_adds_none() {
    let desk = Desk::new();
    let scene = Scene::new(&desk);
    desk.place().rows(
        "UPDATE organization SET state = 'suspended' WHERE id = ?1",
        json!([scene.organization.id]),
    );
    let target = format!("/api/v1/records/{}/corrections", scene.record);
    let more = json!({"reason": "停牌后加时", "ended_at": "2026-11-21T14:00:00+08:00"});
    scene
        .recorder
        .sends("POST", &target, &more)
        .refused(409, "organization_suspended");
    let less = json!({"reason": "多记了", "minutes": 60});
    scene.recorder.sends("POST", &target, &less).is(201);
    assert_eq!(scene.hours()["minutes"], 60);
}

#[test]
fn a_key_is_the_hand_of_whoever_made_it() {
    let desk = Desk::new();
    let scene = Scene::new(&desk);
    let key = scene.organization.new_key(&["hours:write"]);
    desk.place().rows(
        "UPDATE api_key SET created_by = ?1 WHERE organization_id = ?2",
        json!([scene.ming.id, scene.organization.id]),
    );
    let target = format!("/api/v1/records/{}/corrections", scene.record);
    let more = json!({"reason": "我记得", "ended_at": "2026-11-21T14:00:00+08:00"});
    let request = Request::new("POST", target).bearer(&key).json(&more);
    desk.place().send(&request).refused(403, "own_record");
    assert_eq!(scene.hours()["minutes"], 180);
}

#[test]
fn a_correction_gives_no_time_twice() {
    let desk = Desk::new();
    let scene = Scene::new(&desk);
    let noon = at(NINE).plus(3 * HOUR).millis();
    let other = desk.place().organization();
    Recorded::new(noon, 60, "B").write(&desk, &other, &scene.ming);
    let target = format!("/api/v1/records/{}/corrections", scene.record);
    let longer = json!({"reason": "少记了", "ended_at": "2026-11-21T12:30:00+08:00"});
    scene
        .recorder
        .sends("POST", &target, &longer)
        .refused(409, "record_overlap");
    assert_eq!(scene.newest()["record"]["minutes"], 60);
    let above = json!({"reason": "少记了", "minutes": 181});
    let refused = scene
        .recorder
        .sends("POST", &target, &above)
        .refused(422, "invalid_fields");
    assert_eq!(refused.json()["errors"][0]["pointer"], "/minutes");
    let nothing = scene
        .recorder
        .sends("POST", &target, &json!({"reason": "无"}));
    nothing.refused(422, "invalid_fields");
    let same = json!({"reason": "无", "minutes": 180});
    scene
        .recorder
        .sends("POST", &target, &same)
        .refused(409, "nothing_changes");
    assert_eq!(scene.hours()["minutes"], 240);
}

#[test]
fn whoever_is_declined_asks_the_coordinator_who_decides_once() {
    let desk = Desk::new();
    let scene = Scene::new(&desk);
    let (coordinator, province) = (
        desk.place().coordinator("36"),
        desk.place().coordinator("36"),
    );
    let elsewhere = desk.place().coordinator("3601");
    let dispute = scene.contested();
    let to = |act: &str| format!("/api/v1/disputes/{dispute}/{act}");
    let plea = json!({"reason": "同组的人可以作证"});
    let early = scene.ming.sends("POST", &to("escalation"), &plea);
    assert_eq!(
        early.refused(409, "answer_not_due").json()["due_on"],
        "2026-12-07"
    );
    let decline = json!({"answer": "decline", "reason": "与签到表一致"});
    let answer = scene
        .organization
        .member("manager")
        .sends("POST", &to("answer"), &decline);
    assert_eq!(answer.is(200).json()["state"], "declined");
    assert!(
        scene
            .ming
            .is_told("dispute_declined")
            .contains("与签到表一致")
    );
    let ruling = json!({"ruling": "uphold", "reason": "证言一致", "minutes": 150});
    coordinator
        .sends("POST", &to("decision"), &ruling)
        .refused(409, "dispute_out_of_turn");
    scene.ming.sends("POST", &to("escalation"), &plea).is(200);
    scene
        .ming
        .sends("POST", &to("escalation"), &plea)
        .refused(409, "dispute_out_of_turn");
    for told in [&coordinator, &province, &scene.recorder] {
        assert!(told.is_told("dispute_escalated").contains("统筹员裁定"));
    }
    assert!(desk.place().texts_to(&elsewhere.phone).is_empty());
    elsewhere
        .sends("POST", &to("decision"), &ruling)
        .refused(403, "forbidden");
    // The organization has had its say.
    let correction = json!({"reason": "改", "minutes": 150});
    let target = format!("/api/v1/records/{}/corrections", scene.record);
    scene
        .recorder
        .sends("POST", &target, &correction)
        .refused(409, "dispute_out_of_turn");
    let report = coordinator
        .sends("POST", &to("decision"), &ruling)
        .is(200)
        .json();
    assert_eq!(report["state"], "upheld");
    assert_eq!(report["steps"][3]["office"], "江西省民政局");
    province
        .sends("POST", &to("decision"), &ruling)
        .refused(409, "superseded_already");
    let newest = scene.newest();
    assert_eq!(
        (&newest["record"]["minutes"], &newest["record"]["grade"]),
        (&json!(150), &json!("A"))
    );
    for told in [&scene.ming, &scene.recorder] {
        let text = told.is_told("dispute_upheld");
        assert!(
            text.contains("江西省民政局") && text.contains("证言一致"),
            "{text}"
        );
    }
}

#[test]
fn silence_is_seen_by_the_coordinator_and_lets_the_volunteer_go_on() {
    let desk = Desk::new();
    let scene = Scene::new(&desk);
    let coordinator = desk.place().coordinator("36");
    let elsewhere = desk.place().coordinator("3601");
    let dispute = scene.contested();
    let waiting = |who: &Volunteer<'_>| {
        let list = who.reads("/api/v1/coordination/disputes").is(200).json();
        list["items"].as_array().unwrap().len()
    };
    desk.it_is(at("2026-12-07T23:59:00+08:00"));
    assert_eq!(waiting(&coordinator), 0);
    desk.passes(MINUTE);
    assert_eq!((waiting(&coordinator), waiting(&elsewhere)), (1, 0));
    let report = coordinator
        .reads(&format!("/api/v1/disputes/{dispute}"))
        .is(200)
        .json();
    assert_eq!(report["overdue"], true);
    let plea = json!({"reason": "一直没有答复"});
    let to = |act: &str| format!("/api/v1/disputes/{dispute}/{act}");
    scene.ming.sends("POST", &to("escalation"), &plea).is(200);
    let dismissal = json!({"ruling": "dismiss", "reason": "签退记录清楚"});
    coordinator
        .sends("POST", &to("decision"), &dismissal)
        .is(200);
    assert!(
        scene
            .ming
            .is_told("dispute_dismissed")
            .contains("签退记录清楚")
    );
    assert_eq!(waiting(&coordinator), 0);
    assert_eq!(scene.newest()["record"]["minutes"], 180);
    assert_eq!(scene.newest()["record"]["dispute_state"], "dismissed");
}

#[test]
fn nobody_judges_their_own_hours() {
    let desk = Desk::new();
    let scene = Scene::new(&desk);
    desk.place().rows(
        "INSERT INTO member (organization_id, volunteer_id, role, created_at) VALUES (?1, ?2, 'owner', 0)",
        json!([scene.organization.id, scene.ming.id]),
    );
    let target = format!("/api/v1/records/{}/corrections", scene.record);
    let more = json!({"reason": "我记得", "ended_at": "2026-11-21T14:00:00+08:00"});
    scene
        .ming
        .sends("POST", &target, &more)
        .refused(403, "own_record");
    let dispute = scene.contested();
    let to = |act: &str| format!("/api/v1/disputes/{dispute}/{act}");
    let amend = json!({"answer": "amend", "reason": "属实"});
    scene
        .ming
        .sends("POST", &to("answer"), &amend)
        .refused(403, "own_record");
    // A coordinator who belongs to the organization is a party as well.
    desk.passes(30 * DAY);
    scene
        .ming
        .sends("POST", &to("escalation"), &json!({"reason": "无人处理"}))
        .is(200);
    let ruling = json!({"ruling": "uphold", "reason": "属实"});
    desk.place().sql(vec![
        crate::support::place::appointment(&scene.recorder, "36"),
        crate::support::place::appointment(&scene.ming, "36"),
    ]);
    scene
        .recorder
        .sends("POST", &to("decision"), &ruling)
        .refused(403, "forbidden");
    scene
        .ming
        .sends("POST", &to("decision"), &ruling)
        .refused(403, "own_record");
    assert_eq!(scene.hours()["minutes"], 180);
}

#[test]
fn one_record_is_contested_once_and_a_retry_is_the_same_request() {
    let desk = Desk::new();
    let scene = Scene::new(&desk);
    let target = format!("/api/v1/records/{}/disputes", scene.record);
    let claim = json!({"claim": "少记了"});
    let request = scene
        .ming
        .request("POST", &target)
        .header("idempotency-key", "k")
        .json(&claim);
    let first = desk.place().send(&request).is(201);
    let again = desk.place().send(&request).is(201);
    assert_eq!(first.member("id"), again.member("id"));
    let refused = scene.contests().refused(409, "already_contested");
    assert_eq!(
        refused.json()["dispute_id"].as_str().unwrap(),
        first.member("id")
    );
    assert_eq!(desk.place().texts_to(&scene.recorder.phone).len(), 1);
    let stranger = desk.place().adult();
    stranger
        .sends("POST", &target, &claim)
        .refused(404, "not_found");
    // A retry of a correction is answered with what it made.
    let target = format!("/api/v1/records/{}/corrections", scene.record);
    let body = json!({"reason": "改", "minutes": 150});
    let request = scene
        .recorder
        .request("POST", &target)
        .header("idempotency-key", "c")
        .json(&body);
    let first = desk.place().send(&request).is(201);
    let again = desk.place().send(&request).is(201);
    assert_eq!(first.json(), again.json());
    assert_eq!(again.header("idempotency-replayed"), Some("true"));
    // Correcting answered the dispute.
    assert_eq!(scene.newest()["earlier"][0]["dispute_state"], "amended");
}

#[test]
fn lists_name_nobody_and_go_on() {
    let desk = Desk::new();
    let scene = Scene::new(&desk);
    scene.contested();
    for n in 1..4 {
        let start = at(NINE).plus(-n * DAY).millis();
        let seq = Recorded::new(start, 60, "B").write(&desk, &scene.organization, &scene.ming);
        let target = format!("/api/v1/records/{}/disputes", id_of(&desk, seq));
        scene
            .ming
            .sends("POST", &target, &json!({"claim": "少记了"}))
            .is(201);
    }
    for which in ["unanswered", "all"] {
        let mut next = format!(
            "/api/v1/organizations/{}/disputes?which={which}&limit=3",
            scene.organization.id
        );
        let mut found = Vec::new();
        loop {
            let page = scene.recorder.reads(&next).is(200);
            assert!(!page.text().contains(&scene.ming.name));
            let page = page.json();
            let items = page["items"].as_array().unwrap();
            found.extend(items.iter().map(|it| it["id"].as_str().unwrap().to_owned()));
            match page["next"].as_str() {
                Some(more) => next = more.to_owned(),
                None => break,
            }
        }
        let distinct: std::collections::BTreeSet<_> = found.iter().collect();
        assert_eq!((found.len(), distinct.len()), (4, 4), "{which}");
    }
}

#[test]
fn what_was_said_is_not_unsaid() {
    let desk = Desk::new();
    let scene = Scene::new(&desk);
    scene.contested();
    for sql in [
        "UPDATE record_dispute_step SET words = 'x'",
        "UPDATE record_dispute_step SET words = NULL, at = 0",
        "DELETE FROM record_dispute_step",
    ] {
        assert!(
            desk.refuses(sql)
                .contains("record_dispute_step_is_append_only"),
            "{sql}"
        );
    }
    let decided = "INSERT INTO record_dispute_step (dispute, kind, at, actor) SELECT seq, 'dismissed', 0, 'x' FROM record_dispute";
    assert!(desk.refuses(decided).contains("dispute_out_of_turn"));
    assert!(
        desk.refuses("DELETE FROM record_dispute")
            .contains("record_dispute_is_kept")
    );
}

#[test]
fn a_viewer_reads_a_record_and_is_offered_no_correction() {
    let desk = Desk::new();
    let place = desk.place();
    let (organization, ming) = (place.organization(), place.adult());
    let record = Recorded::new(at(NINE).millis(), 180, "A");
    record.write(place, &organization, &ming);
    let page = format!("/organizations/{}/records/{}", organization.id, record.id);
    let sees = |role: &str| {
        let member = organization.member(role);
        let request = Request::get(&*page).browser(&member.session);
        place.send(&request).is(200).text()
    };
    assert!(sees("recorder").contains("更正这条记录"));
    let viewer = sees("viewer");
    assert!(viewer.contains("夏令营") && !viewer.contains("更正这条记录"));
}
