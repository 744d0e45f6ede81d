//! Settling a shift: what it records, what it refuses, and what it costs.

use diandan::hours::Grade;
use diandan::hours::settling::store::{self, RecordFilter};
use diandan::menu::search::Cursor;
use diandan::platform::clock::{DAY, HOUR, Instant, MINUTE};
use serde_json::{Value, json};

use crate::support::answer::Answer;
use crate::support::at;
use crate::support::desk::Desk;
use crate::support::notice::{Notice, shift, shift_until};
use crate::support::people::{Organization, Project, Shift, Volunteer};
use crate::support::place::Place as _;
use crate::support::records::Seen;
use crate::support::request::Request;

/// Saturday 28 November 2026.
const NINE: &str = "2026-11-28T09:00:00+08:00";

struct Scene<'a> {
    desk: &'a Desk,
    organization: Organization<'a>,
    /// A key for hours.
    key: String,
    project: Project,
    a: Shift,
}

/// A shift of two hours on Saturday with many seats; nobody has come yet.
fn saturday(desk: &Desk) -> Scene<'_> {
    let organization = desk.place().organization();
    let project = organization.publishes(&Notice::of(&[
        shift("a", at(NINE), 600),
        shift("b", at(NINE).plus(3 * HOUR), 600),
    ]));
    let key = organization.new_key(&["hours:write"]);
    let a = project.shift("a");
    desk.place().rows(
        "UPDATE organization SET contact_name = '李老师' WHERE id = ?1",
        json!([organization.id]),
    );
    Scene {
        desk,
        organization,
        key,
        project,
        a,
    }
}

impl Scene<'_> {
    fn over(&self) {
        self.desk.it_is(at(NINE).plus(4 * HOUR));
    }

    /// Takes a seat; gives the sign-up.
    fn takes(&self, volunteer: &Volunteer, shift: &Shift) -> String {
        volunteer.takes(shift, "confirmed")
    }

    /// Both ends by code, as minutes after nine.
    fn came(&self, signup: &str, from: i64, to: i64) {
        for (kind, minutes) in [("in", from), ("out", to)] {
            let happened_at = at(NINE).plus(minutes * MINUTE);
            Seen::by_code(kind, happened_at).write(self.desk.place(), signup);
        }
    }

    fn settlement(&self, shift: &Shift) -> String {
        format!("/api/v1/shifts/{}/settlement", shift.id)
    }

    fn proposes(&self, shift: &Shift) -> Answer {
        let request = Request::get(self.settlement(shift)).bearer(&self.key);
        self.desk.place().send(&request)
    }

    fn settling(&self, shift: &Shift, body: &Value) -> Request {
        Request::new("POST", self.settlement(shift))
            .bearer(&self.key)
            .json(body)
    }

    fn settles(&self, shift: &Shift, body: &Value) -> Answer {
        self.desk.place().send(&self.settling(shift, body))
    }

    fn record(&self, signup: &str) -> Value {
        let rows = self.desk.place().rows(
            "SELECT * FROM service_record WHERE signup_id = ?1 ORDER BY seq DESC LIMIT 1",
            json!([signup]),
        );
        rows.first().cloned().unwrap_or_default()
    }

    fn count(&self, table: &str) -> i64 {
        let sql = format!("SELECT count(*) FROM {table}");
        self.desk.place().number(&sql, json!([]))
    }
}

/// Makes a key the hand of a volunteer.
fn made_by(scene: &Scene, volunteer: &Volunteer) {
    scene.desk.place().rows(
        "UPDATE api_key SET created_by = ?1 WHERE organization_id = ?2",
        json!([volunteer.id, scene.organization.id]),
    );
}

#[test]
fn nobody_records_their_own_hours_but_as_the_codes_bear_them_out() {
    let desk = Desk::new();
    let scene = saturday(&desk);
    let (recorder, other) = (
        scene.organization.member("recorder"),
        scene.organization.member("recorder"),
    );
    let (own, ming) = (
        scene.takes(&recorder, &scene.a),
        scene.takes(&desk.place().adult(), &scene.a),
    );
    let b = scene.project.shift("b");
    let own_of_b = scene.takes(&recorder, &b);
    scene.came(&ming, 0, 120);
    scene.over();
    let target = scene.settlement(&scene.a);
    let came = json!({"entries": [{"signup_id": own, "attended": true}]});
    // By a session, and by a key of one's own.
    let refused = recorder.sends("POST", &target, &came);
    assert_eq!(refused.is(422).pointers(), ["/entries/0/signup_id"]);
    made_by(&scene, &recorder);
    let refused = scene.settles(&scene.a, &came);
    assert_eq!(refused.is(422).pointers(), ["/entries/0/signup_id"]);
    let people = recorder.reads(&target).is(200).json()["people"].clone();
    assert_eq!(people[0]["own"], true);
    assert_eq!(people[1]["own"], false);
    // Whoever settles is left for somebody else.
    recorder.sends("POST", &target, &json!({})).is(200);
    assert_eq!(scene.record(&ming)["grade"], "A");
    assert_eq!(scene.record(&own), Value::Null);
    assert_eq!(scene.count("absence"), 0);
    other.sends("POST", &target, &came).is(200);
    assert_eq!(scene.record(&own)["grade"], "D");

    let (own, reached) = (own_of_b, at(NINE).plus(3 * HOUR));
    for (kind, happened_at) in [("in", reached), ("out", reached.plus(2 * HOUR))] {
        Seen::by_code(kind, happened_at).write(desk.place(), &own);
    }
    desk.it_is(reached.plus(3 * HOUR));
    let target = scene.settlement(&b);
    let longer = json!({"entries": [{"signup_id": own, "attended": true, "reason": "收尾",
        "ended_at": reached.plus(150 * MINUTE)}]});
    recorder.sends("POST", &target, &longer).is(422);
    recorder.sends("POST", &target, &json!({})).is(200);
    assert_eq!(scene.record(&own)["grade"], "A");
}

#[test]
fn nobody_grants_themselves_an_honour() {
    let desk = Desk::new();
    let scene = saturday(&desk);
    let recorder = scene.organization.member("recorder");
    scene.takes(&recorder, &scene.a);
    let target = format!("/api/v1/organizations/{}/records", scene.organization.id);
    let honour = json!({"kind": "honour", "phone": recorder.phone, "on_date": "2026-11-20",
        "name": "优秀志愿者", "grantor": "县团委"});
    recorder
        .sends("POST", &target, &honour)
        .refused(403, "own_record");
    made_by(&scene, &recorder);
    let by_key = Request::new("POST", target.clone()).bearer(&scene.key);
    desk.place()
        .send(&by_key.json(&honour))
        .refused(403, "own_record");
    let other = scene.organization.member("recorder");
    other.sends("POST", &target, &honour).is(201);
}

#[test]
fn what_was_seen_becomes_records_of_all_the_articles_ask() {
    let desk = Desk::new();
    let scene = saturday(&desk);
    let crowd = desk.place().crowd(3);
    let signups: Vec<_> = crowd.iter().map(|one| scene.takes(one, &scene.a)).collect();
    scene.came(&signups[0], -5, 120);
    Seen::by_code("in", at(NINE).plus(10 * MINUTE)).write(desk.place(), &signups[1]);
    scene
        .settles(&scene.a, &json!({}))
        .refused(409, "shift_not_over");
    scene.over();
    let proposal = scene.proposes(&scene.a).is(200).json();
    let people = proposal["people"].as_array().unwrap();
    let minutes: Vec<_> = people
        .iter()
        .map(|one| one["proposal"]["minutes"].as_i64())
        .collect();
    assert_eq!(minutes, [Some(120), Some(110), None]);
    assert_eq!(people[0]["proposal"]["notes"], json!(["came_early"]));
    assert_eq!(proposal["due_on"], "2026-12-11");
    assert_eq!(proposal["due_provisional"], false);
    let settled = scene.settles(&scene.a, &json!({})).is(200).json();
    let recorded: Vec<_> = settled["recorded"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| {
            (
                one["minutes"].as_i64().unwrap(),
                one["grade"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(recorded, [(120, "A"), (110, "B")]);
    assert_eq!(settled["absent"], json!([signups[2]]));
    let record = scene.record(&signups[0]);
    for (column, value) in [
        ("kind", json!("service")),
        ("volunteer_id", json!(crowd[0].id)),
        ("organization_id", json!(scene.organization.id)),
        ("shift_id", json!(scene.a.id)),
        ("project_id", json!(scene.project.id)),
        ("on_date", json!("2026-11-28")),
        ("started_at", json!(at(NINE).millis())),
        ("ended_at", json!(at(NINE).plus(2 * HOUR).millis())),
        ("due_on", json!("2026-12-11")),
        ("supersedes", json!(null)),
        ("reason", json!(null)),
    ] {
        assert_eq!(record[column], value, "{column}");
    }
    assert!(
        record["recorded_by"]
            .as_str()
            .unwrap()
            .starts_with("api_key:")
    );
    let facts: diandan::hours::record::ServiceFacts =
        serde_json::from_str(record["facts"].as_str().unwrap()).unwrap();
    assert_eq!(facts.activity, scene.project.body["title"]);
    assert_eq!(
        (&*facts.person_in_charge, facts.evidence.len()),
        ("李老师", 2)
    );
    assert_eq!(
        (&*facts.place, &*facts.organization),
        ("于都县潭头村小学", &*scene.organization.name)
    );
    assert!(
        facts.region_name.ends_with("于都县"),
        "{}",
        facts.region_name
    );
    assert_eq!(facts.planned_ends_at - facts.planned_starts_at, 2 * HOUR);
    // Its members stand as the type has them: what is hashed does not depend on who wrote it.
    assert_eq!(
        serde_json::to_string(&facts).unwrap(),
        record["facts"].as_str().unwrap()
    );
    let states = desk.place().rows(
        "SELECT state FROM signup WHERE shift_id = ?1 ORDER BY seq",
        json!([scene.a.id]),
    );
    assert_eq!(
        json!(states),
        json!([{"state": "attended"}, {"state": "attended"}, {"state": "absent"}])
    );
    assert!(crowd[0].is_told("service_recorded").contains("2 小时"));
    let told = crowd[2].is_told("service_absent");
    assert!(
        told.contains(&format!("/me/signups/{}/absence", signups[2])),
        "{told}"
    );
    let audit = "SELECT after FROM audit WHERE action = 'shift.settled' AND subject = ?1";
    let audit = desk
        .place()
        .value(audit, json!([format!("shift:{}", scene.a.id)]));
    assert_eq!(audit, json!(r#"{"absent":1,"recorded":2}"#));
}

#[test]
fn settling_five_hundred_takes_two_calls() {
    let desk = Desk::new();
    let scene = saturday(&desk);
    let crowd = desk.place().crowd(500);
    let mut statements = Vec::new();
    for (n, one) in crowd.iter().enumerate() {
        let signup = uuid::Uuid::new_v4().to_string();
        statements.push((
            "INSERT INTO signup (id, shift_id, volunteer_id, state, starts_at, ends_at, created_at)
             SELECT ?1, id, ?2, 'confirmed', starts_at, ends_at, 0 FROM shift WHERE id = ?3"
                .to_owned(),
            vec![json!(signup), json!(one.id), json!(scene.a.id)],
        ));
        for (kind, minutes) in [("in", 0), ("out", 120)] {
            let happened_at = at(NINE).plus(minutes * MINUTE + i64::try_from(n).unwrap());
            statements.push(Seen::by_code(kind, happened_at).sql(&signup));
        }
    }
    desk.place().sql(statements);
    scene.over();
    let people = scene.proposes(&scene.a).is(200).json();
    let entries: Vec<_> = people["people"].as_array().unwrap().iter()
        .map(|one| json!({"signup_id": one["signup_id"], "attended": true, "breaks_minutes": 15, "started_at": at(NINE).rfc3339(), "ended_at": at(NINE).plus(2 * HOUR).rfc3339()}))
        .collect();
    let before = desk.db.meter().calls();
    let settled = scene
        .settles(&scene.a, &json!({"entries": entries}))
        .is(200)
        .json();
    assert_eq!(settled["recorded"].as_array().unwrap().len(), 500);
    assert_eq!(desk.db.meter().calls() - before, 2);
    assert_eq!(
        scene.count("service_record WHERE minutes = 105 AND grade = 'A'"),
        500
    );
    assert_eq!(scene.count("outbox WHERE kind = 'service_recorded'"), 500);
}

#[test]
fn all_that_is_wrong_is_named_and_nothing_is_recorded() {
    let desk = Desk::new();
    let scene = saturday(&desk);
    let crowd = desk.place().crowd(3);
    let b = scene.project.shift("b");
    let signups: Vec<_> = crowd.iter().map(|one| scene.takes(one, &scene.a)).collect();
    let elsewhere = scene.takes(&crowd[0], &b);
    scene.desk.it_is(at(NINE).plus(6 * HOUR));
    let later = json!({"signup_id": elsewhere, "attended": true});
    scene.settles(&b, &json!({"entries": [later]})).is(200);
    let minute = |minutes: i64| at(NINE).plus(minutes * MINUTE).rfc3339();
    let body = json!({"entries": [
        {"signup_id": signups[0], "attended": true, "ended_at": minute(181), "reason": "收尾"},
        {"signup_id": signups[1], "attended": true, "started_at": minute(60), "ended_at": minute(30)},
        {"signup_id": signups[2], "attended": true, "ended_at": minute(151)},
        {"signup_id": elsewhere, "attended": true},
    ]});
    let refused = scene
        .settles(&scene.a, &body)
        .refused(422, "invalid_fields");
    let pointers: Vec<_> = refused.json()["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|error| error["pointer"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(
        pointers,
        [
            "/entries/0/started_at",
            "/entries/1/ended_at",
            "/entries/2/reason",
            "/entries/3/signup_id",
        ]
    );
    assert!(
        refused.text().contains("11月28日 周六 12:00–14:00"),
        "{refused:?}"
    );
    assert_eq!(scene.count("service_record"), 1);
    assert_eq!(scene.count("shift WHERE settled_at IS NOT NULL"), 1);
    // What ends when the other begins does not overlap.
    let body = json!({"entries": [
        {"signup_id": signups[0], "attended": true, "ended_at": minute(180), "reason": "收尾"},
    ]});
    scene.settles(&scene.a, &body).is(200);
    assert_eq!(scene.record(&signups[0])["minutes"], 180);
    assert_eq!(scene.record(&signups[0])["reason"], "收尾");
}

#[test]
fn two_recorders_do_not_settle_twice() {
    let desk = Desk::new();
    let scene = saturday(&desk);
    let crowd = desk.place().crowd(2);
    let signups: Vec<_> = crowd.iter().map(|one| scene.takes(one, &scene.a)).collect();
    scene.came(&signups[0], 0, 120);
    scene.over();
    let tag = scene.proposes(&scene.a).header("etag").unwrap().to_owned();
    let ask = |tag: &str| {
        let request = scene.settling(&scene.a, &json!({})).header("if-match", tag);
        desk.place().send(&request)
    };
    // A late piece of evidence makes what was looked at stale.
    Seen::by_code("in", at(NINE)).write(desk.place(), &signups[1]);
    let stale = ask(&tag).refused(412, "version_conflict");
    let fresh = stale.header("etag").unwrap().to_owned();
    assert_ne!(fresh, tag);
    ask(&fresh).is(200);
    ask(&fresh).refused(412, "version_conflict");
    scene
        .settles(&scene.a, &json!({}))
        .refused(422, "invalid_fields");
    let again = json!({"entries": [{"signup_id": signups[0], "attended": true}]});
    let refused = scene
        .settles(&scene.a, &again)
        .refused(422, "invalid_fields");
    assert_eq!(
        refused.json()["errors"][0]["pointer"],
        "/entries/0/signup_id"
    );
    assert_eq!(scene.count("service_record"), 2);
    assert_eq!(desk.texts_to(&crowd[0].phone).len(), 1);
}

#[test]
fn the_same_request_settles_once() {
    let desk = Desk::new();
    let scene = saturday(&desk);
    let ming = desk.place().adult();
    let signup = scene.takes(&ming, &scene.a);
    scene.came(&signup, 0, 120);
    scene.over();
    let ask = |body: &Value| {
        let request = scene
            .settling(&scene.a, body)
            .header("idempotency-key", "k");
        desk.place().send(&request)
    };
    let first = ask(&json!({"person_in_charge": "王队长"})).is(200);
    let again = ask(&json!({"person_in_charge": "王队长"})).is(200);
    assert_eq!(first.json(), again.json());
    assert_eq!(again.header("idempotency-replayed"), Some("true"));
    ask(&json!({"person_in_charge": "别人"})).refused(422, "idempotency_key_reused");
    assert_eq!(scene.count("service_record"), 1);
    let facts = scene.record(&signup)["facts"].as_str().unwrap().to_owned();
    assert!(facts.contains("王队长"), "{facts}");
}

#[test]
fn whoever_was_absent_replies_and_is_recorded_afterwards() {
    let desk = Desk::new();
    let scene = saturday(&desk);
    let (ming, hong) = (desk.place().adult(), desk.place().adult());
    let signup = scene.takes(&ming, &scene.a);
    scene.over();
    let target = format!("/api/v1/signups/{signup}/absence-reply");
    let says = |who: &Volunteer, text: &str| who.sends("POST", &target, &json!({"text": text}));
    says(&ming, "我来过").refused(404, "not_found");
    scene.settles(&scene.a, &json!({})).is(200);
    says(&hong, "我来过").refused(404, "not_found");
    says(&ming, " ").refused(422, "invalid_fields");
    let said = says(&ming, "我在后厨帮忙𠮷").is(200).json();
    assert_eq!(said["reply"], "我在后厨帮忙𠮷");
    says(&ming, "还有").refused(409, "already_replied");
    let people = scene.proposes(&scene.a).is(200).json();
    assert_eq!(people["people"][0]["absence"]["reply"], "我在后厨帮忙𠮷");
    let hours = format!("/organizations/{}/hours", scene.organization.id);
    let recorder = scene.organization.member("recorder");
    let page = desk
        .place()
        .send(&Request::get(&hours).browser(&recorder.session))
        .is(200);
    assert!(page.text().contains("我在后厨帮忙𠮷"));
    let body = json!({"entries": [{"signup_id": signup, "attended": true}]});
    let settled = scene.settles(&scene.a, &body).is(200).json();
    assert_eq!(settled["recorded"][0]["grade"], "D");
    let people = scene.proposes(&scene.a).is(200).json();
    assert_eq!(people["people"][0]["state"], "attended");
    assert!(people["people"][0]["absence"]["lifted_at"].is_string());
    let page = desk
        .place()
        .send(&Request::get(&hours).browser(&recorder.session))
        .is(200);
    assert!(!page.text().contains("我在后厨帮忙𠮷"));
    for sql in ["UPDATE absence SET reply = 'x'", "DELETE FROM absence"] {
        assert!(desk.refuses(sql).contains("absence_is_"), "{sql}");
    }
}

#[test]
fn what_waits_is_listed_by_its_end_and_leaves_when_it_is_settled() {
    let desk = Desk::new();
    let scene = saturday(&desk);
    let b = scene.project.shift("b");
    let ming = desk.place().adult();
    let due = format!("/api/v1/organizations/{}/hours-due", scene.organization.id);
    let coordinator = desk.place().coordinator("36");
    let elsewhere = desk.place().coordinator("3601");
    let listed = |target: &str, token: &str| -> Vec<(String, bool)> {
        let answer = desk
            .place()
            .send(&Request::get(target).bearer(token))
            .is(200)
            .json();
        let items = answer["items"].as_array().unwrap().clone();
        items
            .iter()
            .map(|item| {
                (
                    item["shift_id"].as_str().unwrap().to_owned(),
                    item["overdue"].as_bool().unwrap(),
                )
            })
            .collect()
    };
    let own = || listed(&due, &scene.key);
    scene.takes(&ming, &scene.a);
    let gone = scene.takes(&ming, &b);
    assert_eq!(own(), []);
    scene.desk.it_is(at(NINE).plus(DAY));
    assert_eq!(own(), [(scene.a.id.clone(), false), (b.id.clone(), false)]);
    let first = desk
        .place()
        .send(&Request::get(format!("{due}?limit=1")).bearer(&scene.key))
        .is(200)
        .json();
    let next = first["next"].as_str().unwrap();
    assert_eq!(listed(next, &scene.key), [(b.id.clone(), false)]);
    desk.place().rows(
        "UPDATE signup SET state = 'cancelled' WHERE id = ?1",
        json!([gone]),
    );
    assert_eq!(own(), [(scene.a.id.clone(), false)]);
    // The tenth working day is Friday 11 December.
    let overdue = "/api/v1/coordination/hours-due";
    desk.it_is(at("2026-12-11T23:59:59+08:00"));
    assert_eq!(own(), [(scene.a.id.clone(), false)]);
    assert_eq!(listed(overdue, &coordinator.session), []);
    desk.it_is(at("2026-12-12T00:00:00+08:00"));
    assert_eq!(own(), [(scene.a.id.clone(), true)]);
    assert_eq!(
        listed(overdue, &coordinator.session),
        [(scene.a.id.clone(), true)]
    );
    assert_eq!(listed(overdue, &elsewhere.session), []);
    desk.place().rows(
        "UPDATE organization SET region = '360102' WHERE id = ?1",
        json!([scene.organization.id]),
    );
    assert_eq!(
        listed(overdue, &elsewhere.session),
        [(scene.a.id.clone(), true)]
    );
    desk.place().rows(
        "UPDATE organization SET region = '3607' WHERE id = ?1",
        json!([scene.organization.id]),
    );
    assert_eq!(listed(overdue, &elsewhere.session), []);
    assert_eq!(listed(overdue, &coordinator.session).len(), 1);
    desk.place()
        .send(&Request::get(overdue).bearer(&ming.session))
        .refused(403, "forbidden");
    scene.settles(&scene.a, &json!({"entries": []})).is(200);
    assert_eq!((own(), scene.count("unsettled_shift")), (vec![], 0));
    let page = format!("/organizations/{}/records", scene.organization.id);
    let recorder = scene.organization.member("viewer");
    desk.place()
        .send(&Request::get(&page).browser(&recorder.session))
        .is(200);
}

#[test]
fn what_is_recorded_late_says_so() {
    let desk = Desk::new();
    let scene = saturday(&desk);
    let ming = desk.place().adult();
    let signup = scene.takes(&ming, &scene.a);
    scene.came(&signup, 0, 120);
    desk.it_is(at("2026-12-12T08:00:00+08:00"));
    scene.settles(&scene.a, &json!({})).is(200);
    let id = scene.record(&signup)["id"].as_str().unwrap().to_owned();
    let read = ming.reads(&format!("/api/v1/records/{id}")).is(200).json();
    assert_eq!((&read["late"], &read["grade"]), (&json!(true), &json!("A")));
    assert_eq!(read["facts"]["person_in_charge"], "李老师");
    let page = format!("/organizations/{}/records", scene.organization.id);
    let viewer = scene.organization.member("viewer");
    let page = desk
        .place()
        .send(&Request::get(&page).browser(&viewer.session))
        .is(200);
    assert!(page.text().contains("逾期补记"));
}

#[test]
fn records_are_listed_by_day_and_filtered() {
    let desk = Desk::new();
    let scene = saturday(&desk);
    let crowd = desk.place().crowd(3);
    let b = scene.project.shift("b");
    let other = scene.organization.publishes(&Notice::of(&[shift_until(
        "n",
        at(NINE).plus(13 * HOUR),
        at(NINE).plus(17 * HOUR),
        9,
    )]));
    let n = other.shift("n");
    for one in &crowd[..2] {
        let signup = scene.takes(one, &scene.a);
        scene.came(&signup, 0, 120);
    }
    scene.takes(&crowd[2], &b);
    let night = scene.takes(&crowd[2], &n);
    for (kind, hours) in [("in", 13), ("out", 17)] {
        Seen::by_code(kind, at(NINE).plus(hours * HOUR)).write(desk.place(), &night);
    }
    desk.it_is(at("2026-11-30T08:00:00+08:00"));
    for shift in [&n, &b, &scene.a] {
        scene.settles(shift, &json!({})).is(200);
    }
    let list = format!("/api/v1/organizations/{}/records", scene.organization.id);
    let read = |query: &str| {
        let request = Request::get(format!("{list}{query}")).bearer(&scene.key);
        let answer = desk.place().send(&request).is(200).json();
        let next = answer["next"].as_str().map(str::to_owned);
        let items = answer["items"].as_array().unwrap().clone();
        let of = |item: &Value| {
            (
                item["minutes"].as_i64().unwrap(),
                item["name"].as_str().unwrap().to_owned(),
            )
        };
        (items.iter().map(of).collect::<Vec<_>>(), next)
    };
    let all = read("").0;
    assert_eq!(
        all.iter().map(|(minutes, _)| *minutes).collect::<Vec<_>>(),
        [120, 120, 240]
    );
    assert_eq!(all[2].1, crowd[2].name);
    let (first, next) = read("?limit=2");
    assert_eq!(first, all[..2]);
    let next = next.unwrap();
    let (rest, end) = read(&next[next.find('?').unwrap()..]);
    assert_eq!((rest, end), (all[2..].to_vec(), None));
    assert_eq!(read("?grade=A").0.len(), 3);
    assert_eq!(read("?grade=D").0.len(), 0);
    assert_eq!(read(&format!("?project={}", other.id)).0, all[2..]);
    assert_eq!(
        read(&format!(
            "?project={}&grade=A&from=2026-11-28&to=2026-11-28",
            scene.project.id
        ))
        .0
        .len(),
        2
    );
    assert_eq!(read("?from=2026-11-29").0.len(), 0);
    let stranger = desk.place().organization().new_key(&["hours:read"]);
    desk.place()
        .send(&Request::get(&list).bearer(&stranger))
        .refused(403, "forbidden");
}

#[test]
fn training_honours_and_evaluations_are_recorded_of_ones_own_volunteers() {
    let desk = Desk::new();
    let scene = saturday(&desk);
    let (ming, stranger) = (desk.place().adult(), desk.place().adult());
    let signup = scene.takes(&ming, &scene.a);
    let list = format!("/api/v1/organizations/{}/records", scene.organization.id);
    let adds = |body: &Value| {
        desk.place()
            .send(&Request::new("POST", &list).bearer(&scene.key).json(body))
    };
    let honour = json!({"kind": "honour", "phone": ming.phone, "on_date": "2026-11-20", "name": "优秀志愿者", "grantor": "县团委"});
    let made = adds(&honour).is(201);
    let location = made.header("location").unwrap().to_owned();
    let read = ming.reads(&location).is(200).json();
    assert_eq!(
        (&read["kind"], &read["facts"]["grantor"]),
        (&json!("honour"), &json!("县团委"))
    );
    assert!(ming.is_told("record_added").contains("优秀志愿者"));
    stranger.reads(&location).refused(404, "not_found");
    let said = json!({"kind": "evaluation", "signup_id": signup, "on_date": "2026-11-20", "quality": "耐心"});
    let said = adds(&said).is(201).json();
    assert_eq!(said["facts"]["activity"], scene.project.body["title"]);
    assert_eq!(said["signup_id"], json!(signup));
    let mut of_stranger = honour.clone();
    of_stranger["phone"] = json!(stranger.phone);
    let refused = adds(&of_stranger).refused(422, "invalid_fields");
    assert_eq!(refused.json()["errors"][0]["pointer"], "/phone");
    let other = desk.place().organization();
    let key = other.new_key(&["hours:write"]);
    let theirs = format!("/api/v1/organizations/{}/records", other.id);
    desk.place()
        .send(&Request::new("POST", &theirs).bearer(&key).json(&honour))
        .refused(422, "invalid_fields");
    assert_eq!(scene.count("service_record"), 2);
}

#[test]
fn nobody_settles_for_a_suspended_organization_or_a_cancelled_shift() {
    let desk = Desk::new();
    let scene = saturday(&desk);
    let ming = desk.place().adult();
    scene.takes(&ming, &scene.a);
    scene.over();
    let stop = |sql: &str| desk.place().rows(sql, json!([scene.organization.id]));
    stop("UPDATE organization SET state = 'suspended' WHERE id = ?1");
    scene
        .settles(&scene.a, &json!({}))
        .refused(409, "organization_suspended");
    stop("UPDATE organization SET state = 'verified' WHERE id = ?1");
    desk.place().rows(
        "UPDATE shift SET state = 'cancelled' WHERE id = ?1",
        json!([scene.a.id]),
    );
    scene
        .settles(&scene.a, &json!({}))
        .refused(409, "shift_cancelled");
    assert_eq!(scene.count("unsettled_shift"), 0);
    desk.place().rows(
        "UPDATE shift SET state = 'open' WHERE id = ?1",
        json!([scene.a.id]),
    );
    assert_eq!(scene.count("unsettled_shift"), 2);
    scene.settles(&scene.a, &json!({})).is(200);
}

#[test]
fn a_shift_that_moves_waits_at_its_new_end() {
    let desk = Desk::new();
    let scene = saturday(&desk);
    let ming = desk.place().adult();
    scene.takes(&ming, &scene.a);
    let later = at(NINE).plus(5 * HOUR);
    let sql = "UPDATE shift SET ends_at = ?2 WHERE id = ?1";
    desk.place().rows(sql, json!([scene.a.id, later.millis()]));
    let ends = "SELECT min(ends_at) + max(ends_at) FROM unsettled_shift WHERE shift_id = ?1";
    assert_eq!(
        desk.place().number(ends, json!([scene.a.id])),
        2 * later.millis()
    );
}

/// Publishes the project once more, with its first shift at another time.
fn retimes(scene: &Scene<'_>, to: Instant) {
    let notice = Notice::of(&[
        shift("a", to, 600),
        shift("b", at(NINE).plus(3 * HOUR), 600),
    ])
    .with_shift(0, "change_reason", "教室另有安排");
    scene.organization.changes(&scene.project, &notice);
}

#[test]
fn what_was_seen_at_another_time_bears_nothing_out() {
    let desk = Desk::new();
    let scene = saturday(&desk);
    let [moved, stayed] = [(), ()].map(|()| scene.takes(&desk.place().adult(), &scene.a));
    desk.it_is(at(NINE).plus(-30 * MINUTE));
    for signup in [&moved, &stayed] {
        scene.came(signup, 0, 50);
    }
    let b = scene.project.shift("b");
    scene.organization.moves(&moved, &b).is(200);
    // Within the shift the evidence speaks of it, whatever the slot came to.
    retimes(&scene, at(NINE).plus(10 * MINUTE));
    let person = |shift: &Shift| scene.proposes(shift).is(200).json()["people"][0].clone();
    assert_eq!(person(&scene.a)["proposal"]["grade"], "A");
    assert_eq!(person(&scene.a)["evidence_of_another_time"], json!([]));
    retimes(&scene, at(NINE).plus(30 * DAY));
    desk.it_is(at(NINE).plus(31 * DAY));
    for (shift, signup) in [(&b, &moved), (&scene.a, &stayed)] {
        let person = person(shift);
        assert_eq!(person["signup_id"], signup.as_str());
        assert_eq!(person["proposal"]["attended"], false, "{person}");
        assert_eq!(person["evidence"], json!([]));
        let other = person["evidence_of_another_time"].as_array().unwrap();
        assert_eq!(other.len(), 2);
        let owner = scene.organization.member("owner");
        let page = Request::get(format!("/shifts/{}/settlement", shift.id));
        let text = desk
            .place()
            .send(&page.browser(&owner.session))
            .is(200)
            .text();
        assert!(text.contains("其他时间的签到"), "{text}");
        // Whoever says that they came says it by hand.
        let body = json!({"entries": [{"signup_id": signup, "attended": true}]});
        scene.settles(shift, &body).is(200);
        let record = scene.record(signup);
        assert_eq!(record["grade"], "C", "{record}");
        assert!(
            record["facts"]
                .as_str()
                .unwrap()
                .contains("\"evidence\":[]"),
            "{record}"
        );
    }
}

#[test]
fn the_page_settles_what_is_ticked_and_keeps_what_is_typed() {
    let desk = Desk::new();
    let scene = saturday(&desk);
    let recorder = scene.organization.member("recorder");
    let crowd = desk.place().crowd(3);
    let signups: Vec<_> = crowd.iter().map(|one| scene.takes(one, &scene.a)).collect();
    scene.came(&signups[0], 0, 120);
    scene.over();
    let target = format!("/shifts/{}/settlement", scene.a.id);
    let read = || {
        desk.place()
            .send(&Request::get(&target).browser(&recorder.session))
            .is(200)
    };
    let version = |page: &Answer| {
        let text = page.text();
        let from = text.find("name=\"version\" value=\"").unwrap() + 22;
        text[from..].split('"').next().unwrap().to_owned()
    };
    let send = |fields: &[(&str, &str)]| {
        desk.place().send(
            &Request::new("POST", &target)
                .browser(&recorder.session)
                .form(fields),
        )
    };
    let page = read();
    assert!(page.text().contains(&crowd[0].name) && page.text().contains("value=\"李老师\""));
    let seen = version(&page);
    let fields = |version: &str, to: &str, reason: &str| -> Vec<(String, String)> {
        [
            ("version", version),
            ("person_in_charge", "王队长"),
            ("s0", &signups[0]),
            ("c0", "1"),
            ("f0", "09:00"),
            ("t0", "11:00"),
            ("b0", "0"),
            ("r0", ""),
            ("s1", &signups[1]),
            ("c1", "1"),
            ("f1", "08:30"),
            ("t1", to),
            ("b1", ""),
            ("r1", reason),
            ("s2", &signups[2]),
            ("f2", ""),
            ("t2", ""),
            ("b2", ""),
            ("r2", ""),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .to_vec()
    };
    let send = |fields: &[(String, String)]| {
        let fields: Vec<_> = fields
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        send(&fields)
    };
    let refused = send(&fields(&seen, "11:01", "")).is(422);
    assert!(
        refused
            .text()
            .contains(&format!("{}</a>：服务时间超过", crowd[1].name)),
        "{}",
        refused.text()
    );
    assert!(refused.text().contains("value=\"11:01\"") && refused.text().contains("王队长"));
    let refused = send(&fields(&seen, "快了", "")).is(422);
    assert!(refused.text().contains("应为时间"));
    assert_eq!(scene.count("service_record"), 0);
    Seen::by_code("in", at(NINE)).write(desk.place(), &signups[2]);
    let stale = send(&fields(&seen, "11:01", "多待了一会")).is(412);
    assert!(stale.text().contains("多待了一会") && stale.text().contains("您填的内容还在"));
    let fresh = version(&stale);
    let refused = send(&fields(&fresh, "11:01", "多待了一会")).is(422);
    assert!(refused.text().contains("记为未到请写明原因"));
    let mut last = fields(&fresh, "11:01", "多待了一会");
    last.retain(|(name, _)| name != "r2");
    last.push(("r2".to_owned(), "签到后就走了".to_owned()));
    send(&last).is(303);
    assert_eq!(scene.count("service_record"), 2);
    assert_eq!(scene.record(&signups[1])["minutes"], 151);
    assert_eq!(scene.record(&signups[1])["grade"], "C");
    assert_eq!(scene.record(&signups[0])["grade"], "A");
    assert!(crowd[2].is_told("service_absent").contains("签到后就走了"));
    // A second click finds the shift settled.
    send(&last).is(412);
    assert_eq!(scene.count("service_record"), 2);
    let page = read();
    let later = [
        ("version", version(&page)),
        ("person_in_charge", "王队长".to_owned()),
        ("s2", signups[2].clone()),
        ("c2", "1".to_owned()),
        ("f2", "09:00".to_owned()),
        ("t2", "10:00".to_owned()),
    ]
    .map(|(name, value)| (name.to_owned(), value));
    send(&later).is(303);
    assert_eq!(scene.record(&signups[2])["grade"], "D");
    assert!(read().text().contains("3 人的服务已记录"));
    let viewer = scene.organization.member("viewer");
    let looked = desk
        .place()
        .send(&Request::get(&target).browser(&viewer.session))
        .is(200);
    assert!(!looked.text().contains("<button"));
}

#[test]
fn pages_are_for_those_they_concern() {
    let desk = Desk::new();
    let scene = saturday(&desk);
    let (ming, stranger) = (desk.place().adult(), desk.place().adult());
    let signup = scene.takes(&ming, &scene.a);
    scene.over();
    scene.settles(&scene.a, &json!({})).is(200);
    let read = |target: &str, session: &str| {
        desk.place()
            .send(&Request::get(target).browser(session))
            .status
    };
    let organization = &scene.organization.id;
    let recorder = scene.organization.member("recorder");
    let viewer = scene.organization.member("viewer");
    let coordinator = desk.place().coordinator("36");
    for (target, statuses) in [
        (
            format!("/organizations/{organization}/hours"),
            [200, 200, 403, 403],
        ),
        (
            format!("/organizations/{organization}/records"),
            [200, 200, 403, 403],
        ),
        (
            format!("/organizations/{organization}/records/new"),
            [200, 403, 403, 403],
        ),
        (
            format!("/shifts/{}/settlement", scene.a.id),
            [200, 200, 403, 403],
        ),
        ("/coordination/hours".to_owned(), [403, 403, 403, 200]),
    ] {
        let found =
            [&recorder, &viewer, &stranger, &coordinator].map(|who| read(&target, &who.session));
        assert_eq!(found, statuses, "{target}");
    }
    let absence = format!("/me/signups/{signup}/absence");
    assert_eq!(
        (
            read(&absence, &ming.session),
            read(&absence, &stranger.session)
        ),
        (200, 404)
    );
    let say = |text: &str| {
        let request = Request::new("POST", &absence).browser(&ming.session);
        desk.place().send(&request.form(&[("text", text)]))
    };
    say("").is(422);
    say("我来过").is(303);
    say("我来过").is(303);
    say("再补一句").is(409);
    let page = desk
        .place()
        .send(&Request::get(&absence).browser(&ming.session))
        .is(200);
    assert!(page.text().contains("我来过") && !page.text().contains("<textarea"));
    let add = format!("/organizations/{organization}/records/new");
    let send = |fields: &[(&str, &str)]| {
        desk.place().send(
            &Request::new("POST", &add)
                .browser(&recorder.session)
                .form(fields),
        )
    };
    let refused = send(&[
        ("kind", "training"),
        ("phone", &stranger.phone),
        ("on_date", "2026-11-20"),
        ("name", "急救"),
        ("content", "包扎"),
        ("minutes", "90"),
        ("organizer", "红十字会"),
    ])
    .is(422);
    assert!(refused.text().contains("没有在本组织报过名") && refused.text().contains("包扎"));
    send(&[
        ("kind", "training"),
        ("phone", &ming.phone),
        ("on_date", "2026-11-20"),
        ("name", "急救"),
        ("content", "包扎"),
        ("minutes", "90"),
        ("organizer", "红十字会"),
    ])
    .is(303);
    send(&[("kind", "honour"), ("phone", &ming.phone)]).is(422);
    let list = format!("/organizations/{organization}/records");
    let list = desk
        .place()
        .send(&Request::get(&list).browser(&viewer.session))
        .is(200);
    assert!(list.text().contains("培训：急救（红十字会）"));
}

#[test]
fn every_page_of_a_list_is_found_in_order_by_an_index() {
    let desk = Desk::new();
    let visit = desk.visit_with("dds_anybody");
    let id = uuid::Uuid::nil();
    let mut statements = vec![
        store::due_statement(&visit, id, None, 50),
        store::overdue_statement(&visit, at(NINE), None, 50),
    ];
    let after = Some(Cursor {
        key: at(NINE).millis(),
        project: 7,
    });
    let day = Some("2026-11-28".to_owned());
    for project in [None, Some(id)] {
        for grade in [None, Some(Grade::D)] {
            for (from, to) in [
                (None, None),
                (day.clone(), None),
                (day.clone(), day.clone()),
            ] {
                for after in [None, after] {
                    let filter = RecordFilter {
                        project,
                        grade,
                        from: from.clone(),
                        to: to.clone(),
                        after,
                        limit: 50,
                    };
                    statements.push(store::records_statement(id, &filter));
                }
            }
        }
    }
    for statement in &statements {
        let plan = desk.db.plan(statement).unwrap().join("\n");
        let sorts =
            plan.contains("TEMP B-TREE FOR ORDER BY") || plan.contains("TEMP B-TREE FOR LAST");
        let scans = plan.lines().any(|line| {
            line.starts_with("SCAN ")
                && !["SCAN m", "SCAN u", "SCAN (subquery", "SCAN CONSTANT ROW"]
                    .iter()
                    .any(|known| line.starts_with(known))
        });
        assert!(!sorts && !scans, "{statement:?}\n{plan}");
    }
}
