//! Records handed over to other systems, and hours that come from them.

use diandan::hours::transfers::Written;
use diandan::hours::transfers::store::{self, Wanted};
use diandan::platform::clock::DAY;
use serde_json::{Value, json};

use crate::support::answer::Answer;
use crate::support::at;
use crate::support::desk::Desk;
use crate::support::notice::{Notice, shift};
use crate::support::people::{Organization, Volunteer};
use crate::support::records::Recorded;
use crate::support::request::{Request, query};

/// Saturday 28 November 2026.
const NINE: &str = "2026-11-28T09:00:00+08:00";
const NATIONAL: &str = "全国志愿服务信息系统";

fn records(desk: &Desk, organization: &Organization, volunteer: &Volunteer, days: i64) {
    for day in 0..days {
        let start = at(NINE).plus(day * DAY).millis();
        Recorded::new(start, 90, "A").write(desk.place(), organization, volunteer);
    }
}

fn exports(
    desk: &Desk,
    organization: &Organization,
    token: &str,
    pairs: &[(&str, &str)],
) -> Answer {
    let target = format!(
        "/api/v1/organizations/{}/records/export?{}",
        organization.id,
        query(pairs)
    );
    desk.place().send(&Request::get(target).bearer(token))
}

fn marks(
    organization: &Organization,
    token: &str,
    system: &str,
    records: &[(&str, &str)],
) -> Answer {
    let records: Vec<_> = records
        .iter()
        .map(|(id, reference)| json!({"record_id": id, "reference": reference}))
        .collect();
    let target = format!(
        "/api/v1/organizations/{}/records/transfers",
        organization.id
    );
    let body = json!({"system": system, "records": records});
    let request = Request::new("POST", target).bearer(token).json(&body);
    organization.place.send(&request)
}

#[test]
fn an_export_tells_what_the_measures_ask_page_by_page() {
    let desk = Desk::new();
    let place = desk.place();
    let organization = place.organization();
    let (ming, recorder) = (place.adult(), organization.member("recorder"));
    place.rows(
        "UPDATE volunteer SET name = '=钟𠮷诺', birth_date = '1990-01-31', skills = '[\"first_aid\"]' WHERE id = ?1",
        json!([ming.id]),
    );
    records(&desk, &organization, &ming, 3);
    let corrected = Recorded::new(at(NINE).millis(), 60, "B").correcting(1);
    corrected.write(place, &organization, &ming);
    records(&desk, &place.organization(), &place.adult(), 1);
    place.rows(
        "INSERT INTO service_record (id, kind, volunteer_id, organization_id, on_date, facts, recorded_at, recorded_by)
         VALUES ('01938e2a-7c10-7d3a-9c55-4b1f8e6d2a90', 'honour', ?1, ?2, '2026-11-30', '{\"name\": \"优秀志愿者\", \"grantor\": \"县委\"}', 0, 'volunteer:x')",
        json!([ming.id, organization.id]),
    );
    let read =
        |pairs: &[(&str, &str)]| exports(&desk, &organization, &recorder.session, pairs).is(200);
    let all = read(&[]).json();
    let items = all["items"].as_array().unwrap();
    assert_eq!((items.len(), &all["next"]), (4, &Value::Null));
    let first = &items[0];
    for (member, value) in [
        ("name", json!("夏令营")),
        ("minutes", json!(90)),
        ("place", json!("小学")),
        ("content", json!("陪读")),
        ("organizer", json!("邻里社")),
        ("person_in_charge", json!("李老师")),
        ("grade", json!("A")),
        ("supersedes", json!(null)),
        ("transfers", json!([])),
    ] {
        assert_eq!(first[member], value, "{member}");
    }
    let person = json!({"name": "=钟𠮷诺", "phone": ming.phone, "birth_date": "1990-01-31", "skills": ["first_aid"]});
    assert_eq!(first["volunteer"], person);
    assert_eq!(
        (&items[2]["minutes"], items[2]["supersedes"].is_string()),
        (&json!(60), true)
    );
    assert_eq!(
        (&items[3]["kind"], &items[3]["organizer"]),
        (&json!("honour"), &json!("县委"))
    );
    let page = read(&[("limit", "3")]).json();
    let next = page["next"].as_str().unwrap();
    let rest = Request::get(next).bearer(&recorder.session);
    assert_eq!(place.send(&rest).is(200).json()["items"], json!([items[3]]));

    let file = read(&[("format", "csv"), ("limit", "1")]);
    assert!(file.header("link").unwrap().contains("rel=\"next\""));
    assert!(
        file.header("content-disposition")
            .unwrap()
            .contains("records-2026-11-23.csv")
    );
    let text = file.text();
    let lines: Vec<_> = text
        .trim_start_matches('\u{FEFF}')
        .trim_end()
        .split("\r\n")
        .collect();
    assert!(text.starts_with("\u{FEFF}记录编号,记录类型,姓名"), "{text}");
    assert_eq!(lines.len(), 2);
    assert!(lines[1].contains(",志愿服务,'=钟𠮷诺,"), "{text}");
}

#[test]
fn an_export_names_people_and_is_written_down() {
    let desk = Desk::new();
    let place = desk.place();
    let organization = place.organization();
    records(&desk, &organization, &place.adult(), 1);
    let [viewer, recorder] = ["viewer", "recorder"].map(|role| organization.member(role));
    let other = place.organization().member("owner");
    for (token, status) in [
        (&viewer.session, 403),
        (&other.session, 403),
        (&organization.key, 403),
        (&recorder.session, 200),
        (&organization.new_key(&["hours:read"]), 403),
        (&organization.new_key(&["hours:write"]), 403),
        (&organization.new_key(&["hours:read", "hours:write"]), 403),
        (&place.organization().new_key(&["hours:export"]), 403),
        (&organization.new_key(&["hours:export"]), 200),
    ] {
        exports(
            &desk,
            &organization,
            token,
            &[("not_transferred_to", NATIONAL)],
        )
        .is(status);
    }
    let rows = place.rows(
        "SELECT actor, after ->> 'not_transferred_to' AS system FROM audit WHERE action = 'records.exported' AND subject = ?1",
        json!([format!("organization:{}", organization.id)]),
    );
    assert_eq!(rows.len(), 2);
    let by_recorder = json!({"actor": format!("volunteer:{}", recorder.id), "system": NATIONAL});
    assert_eq!(rows[0], by_recorder);
}

#[test]
fn a_mark_is_set_once_for_each_system_and_all_or_none() {
    let desk = Desk::new();
    let place = desk.place();
    let (organization, other) = (place.organization(), place.organization());
    let key = organization.new_key(&["hours:write", "hours:export"]);
    records(&desk, &organization, &place.adult(), 3);
    records(&desk, &other, &place.adult(), 1);
    let ids = place.rows("SELECT id FROM service_record ORDER BY seq", json!([]));
    let ids: Vec<_> = ids.iter().map(|row| row["id"].as_str().unwrap()).collect();
    let refused = marks(
        &organization,
        &key,
        NATIONAL,
        &[(ids[0], "1"), (ids[3], "2"), ("nothing", "3")],
    )
    .is(422);
    assert_eq!(
        refused.pointers(),
        ["/records/1/record_id", "/records/2/record_id"]
    );
    let twice = marks(
        &organization,
        &key,
        NATIONAL,
        &[(ids[0], "1"), (ids[0], "2")],
    )
    .is(422);
    assert_eq!(twice.pointers(), ["/records/1/record_id"]);
    assert_eq!(
        marks(&organization, &key, NATIONAL, &[]).is(422).pointers(),
        ["/records"]
    );
    assert_eq!(
        place.number("SELECT count(*) FROM record_transfer", json!([])),
        0
    );
    let done = marks(
        &organization,
        &key,
        NATIONAL,
        &[(ids[0], "1"), (ids[1], "2")],
    )
    .is(200)
    .json();
    desk.passes(DAY);
    let again = marks(
        &organization,
        &key,
        NATIONAL,
        &[(ids[0], "1"), (ids[1], "2")],
    )
    .is(200)
    .json();
    assert_eq!(again, done);
    let changed = marks(
        &organization,
        &key,
        NATIONAL,
        &[(ids[0], "9"), (ids[2], "3")],
    )
    .is(422);
    assert_eq!(changed.pointers(), ["/records/0/reference"]);
    marks(&organization, &key, "省平台", &[(ids[0], "9")]).is(200);
    let left = |system| {
        let page = exports(
            &desk,
            &organization,
            &key,
            &[("not_transferred_to", system)],
        );
        page.is(200).ids().len()
    };
    assert_eq!((left(NATIONAL), left("省平台"), left("别的")), (1, 2, 3));
    let first = exports(&desk, &organization, &key, &[("limit", "1")]).json();
    let systems = first["items"][0]["transfers"].as_array().unwrap().len();
    assert_eq!(systems, 2);
    let rows = || place.rows("SELECT * FROM record_transfer ORDER BY seq", json!([]));
    let before = rows();
    desk.db
        .script(
            "INSERT OR REPLACE INTO record_transfer (record, organization_id, system, reference, at, actor)
             SELECT record, organization_id, system, 'x', 0, '' FROM record_transfer",
        )
        .unwrap();
    assert_eq!(rows(), before);
    for sql in [
        "UPDATE record_transfer SET reference = ''",
        "DELETE FROM record_transfer",
    ] {
        assert!(desk.refuses(sql).contains("record_transfer_is_append_only"));
    }
}

fn item(phone: &str, reference: &str) -> Value {
    json!({
        "phone": phone, "source": NATIONAL, "reference": reference,
        "activity": "重阳节敬老", "on_date": "2025-10-29", "minutes": 180,
    })
}

fn brings(organization: &Organization, token: &str, items: &[Value]) -> Answer {
    let target = format!("/api/v1/organizations/{}/outside-hours", organization.id);
    let request = Request::new("POST", target).bearer(token);
    organization
        .place
        .send(&request.json(&json!({"items": items})))
}

#[test]
fn hours_from_elsewhere_stand_apart() {
    let desk = Desk::new();
    let place = desk.place();
    let (organization, other) = (place.organization(), place.organization());
    let project = organization.publishes(&Notice::of(&[shift("a", at(NINE), 5)]));
    let (ming, stranger) = (place.adult(), place.adult());
    ming.takes(&project.shift("a"), "confirmed");
    let key = organization.new_key(&["hours:write"]);
    let faults = brings(
        &organization,
        &key,
        &[
            item(&ming.phone, "1"),
            item(&stranger.phone, "2"),
            item("13900000000", "3"),
        ],
    );
    assert_eq!(
        faults.is(422).pointers(),
        ["/items/1/phone", "/items/2/phone"]
    );
    let mut ahead = item(&ming.phone, "1");
    ahead["on_date"] = json!("2026-11-24");
    ahead["minutes"] = json!(0);
    let faults = brings(&organization, &key, &[ahead.clone()]).is(422);
    assert_eq!(faults.pointers(), ["/items/0/minutes"]);
    ahead["minutes"] = json!(1);
    let faults = brings(&organization, &key, &[ahead, item(&ming.phone, "2")]).is(422);
    assert_eq!(faults.pointers(), ["/items/0/on_date"]);
    assert_eq!(
        place.number("SELECT count(*) FROM outside_hours", json!([])),
        0
    );
    let both = [item(&ming.phone, "1"), item(&ming.phone, "2")];
    let done = brings(&organization, &key, &both).is(200).json();
    assert_eq!(brings(&organization, &key, &both).is(200).json(), done);
    let mut changed = item(&ming.phone, "1");
    changed["minutes"] = json!(600);
    let faults = brings(&organization, &key, &[changed]).is(422);
    assert_eq!(faults.pointers(), ["/items/0/reference"]);
    let foreign = other.new_key(&["hours:write"]);
    let faults = brings(&other, &foreign, &[item(&ming.phone, "1")]).is(422);
    assert_eq!(faults.pointers(), ["/items/0/phone"]);

    let mine = ming.reads("/api/v1/me/outside-hours").is(200).json();
    let items = mine["items"].as_array().unwrap();
    assert_eq!(items.len(), 2);
    for (member, value) in [
        ("source", json!(NATIONAL)),
        ("reference", json!("2")),
        ("minutes", json!(180)),
        ("imported_by", json!(organization.name)),
        ("struck_at", json!(null)),
        ("same_as", json!(null)),
    ] {
        assert_eq!(items[0][member], value, "{member}");
    }
    assert!(
        stranger
            .reads("/api/v1/me/outside-hours")
            .is(200)
            .ids()
            .is_empty()
    );
    for table in ["hours_total", "service_record"] {
        assert_eq!(
            place.number(&format!("SELECT count(*) FROM {table}"), json!([])),
            0
        );
    }
    let rows = || place.rows("SELECT * FROM outside_hours ORDER BY seq", json!([]));
    let before = rows();
    desk.db
        .script(
            "INSERT OR REPLACE INTO outside_hours (id, volunteer_id, source, reference, activity, on_date, minutes, organization_id, imported_at, actor)
             SELECT id || 'x', volunteer_id, source, reference, 'x', on_date, 9, organization_id, 0, '' FROM outside_hours",
        )
        .unwrap();
    assert_eq!(rows(), before);
    for sql in [
        "UPDATE outside_hours SET minutes = 1",
        "DELETE FROM outside_hours",
    ] {
        assert!(desk.refuses(sql).contains("outside_hours_are_append_only"));
    }
}

/// One's own, the newest first.
fn own(volunteer: &Volunteer) -> Vec<Value> {
    let list = volunteer.reads("/api/v1/me/outside-hours").is(200).json();
    list["items"].as_array().unwrap().clone()
}

fn strikes(volunteer: &Volunteer, hours: &Value) -> Answer {
    let id = hours["id"].as_str().unwrap();
    let target = format!("/api/v1/me/outside-hours/{id}/strike");
    volunteer.sends("POST", &target, &json!({}))
}

#[test]
fn a_mistake_is_struck_and_brought_in_anew() {
    let desk = Desk::new();
    let place = desk.place();
    let organization = place.organization();
    let project = organization.publishes(&Notice::of(&[shift("a", at(NINE), 5)]));
    let (ming, hua) = (place.adult(), place.adult());
    for volunteer in [&ming, &hua] {
        volunteer.takes(&project.shift("a"), "confirmed");
    }
    let key = organization.new_key(&["hours:write"]);
    // It was Hua's: that it stands for Ming is nothing to her.
    let of_ming = item(&ming.phone, "1");
    let both = [of_ming.clone(), item(&hua.phone, "1")];
    brings(&organization, &key, &both[..1]).is(200);
    let ids = brings(&organization, &key, &both).is(200).ids();
    assert_eq!((ids.len(), own(&hua).len()), (2, 1));
    let twice = [of_ming.clone(), of_ming.clone()];
    let faults = brings(&organization, &key, &twice).is(422);
    assert_eq!(faults.pointers(), ["/items/1/reference"]);

    let mut corrected = of_ming;
    corrected["minutes"] = json!(60);
    let corrected = [corrected];
    let faults = brings(&organization, &key, &corrected).is(422);
    assert_eq!(faults.pointers(), ["/items/0/reference"]);
    strikes(&ming, &own(&ming)[0]).is(200);
    let anew = brings(&organization, &key, &corrected).is(200);
    assert_eq!(
        brings(&organization, &key, &corrected).is(200).json(),
        anew.json()
    );
    let items = own(&ming);
    assert_eq!(items.len(), 2);
    assert_eq!(
        (&items[0]["minutes"], &items[0]["struck_at"]),
        (&json!(60), &json!(null))
    );
    assert_eq!(
        (&items[0]["same_as"], &items[0]["id"]),
        (&json!(null), &json!(anew.ids()[0]))
    );
    assert!(items[1]["struck_at"].is_string());
    // And once more.
    strikes(&ming, &items[0]).is(200);
    brings(&organization, &key, &both).is(200);
    assert_eq!(own(&ming).len(), 3);
}

#[test]
fn what_two_organizations_bring_in_is_counted_once() {
    let desk = Desk::new();
    let place = desk.place();
    let ming = place.adult();
    let both = [0, 1].map(|days| {
        let organization = place.organization();
        let start = at(NINE).plus(days * DAY);
        let project = organization.publishes(&Notice::of(&[shift("a", start, 5)]));
        ming.takes(&project.shift("a"), "confirmed");
        organization
    });
    let bringing = |organization: &Organization, minutes: i64| {
        let mut item = item(&ming.phone, "1");
        item["minutes"] = json!(minutes);
        let key = organization.new_key(&["hours:write"]);
        brings(organization, &key, &[item]).is(200).json()
    };
    let squatted = bringing(&both[0], 1);
    // The other hears nothing of it.
    let mut told = bringing(&both[1], 180);
    let item = told["items"][0].as_object_mut().unwrap();
    assert_ne!(item["id"], squatted["items"][0]["id"]);
    let mut members: Vec<_> = item.keys().map(String::as_str).collect();
    members.sort_unstable();
    assert_eq!(members, ["id", "imported_at", "reference", "source"]);
    let items = own(&ming);
    assert_eq!(items.len(), 2);
    assert_eq!(items[0]["same_as"], items[1]["id"]);
    assert_eq!(items[1]["same_as"], json!(null));
    let page = Request::get("/me/outside-hours").browser(&ming.session);
    let text = place.send(&page).is(200).text();
    assert_eq!(text.matches("只算一次").count(), 1, "{text}");
    strikes(&ming, &items[1]).is(200);
    let items = own(&ming);
    assert_eq!(
        [&items[0]["same_as"], &items[1]["same_as"]],
        [&json!(null); 2]
    );
}

#[test]
fn an_export_looks_at_so_many_records_whatever_was_handed_over() {
    let desk = Desk::new();
    let place = desk.place();
    let (organization, ming) = (place.organization(), place.adult());
    let recorder = organization.member("recorder");
    let visit = desk.visit_with(&recorder.session);
    let id = organization.id.parse().unwrap();
    let steps = || -> i32 {
        let wanted = Wanted {
            format: Written::Json,
            not_transferred_to: Some(NATIONAL),
            after: 0,
            limit: 20,
        };
        let statements = store::export_statements(&visit, id, &wanted);
        statements.iter().map(|it| desk.db.steps(it).unwrap()).sum()
    };
    let hands_over = || {
        place.rows(
            "INSERT INTO record_transfer (record, organization_id, system, reference, at, actor)
             SELECT seq, organization_id, ?1, seq, 0, 'volunteer:x' FROM service_record",
            json!([NATIONAL]),
        )
    };
    records(&desk, &organization, &ming, 100);
    hands_over();
    let before = steps();
    let start = at(NINE).plus(200 * DAY);
    for day in 0..300 {
        let start = start.plus(day * DAY).millis();
        Recorded::new(start, 90, "A").write(place, &organization, &ming);
    }
    hands_over();
    assert!(steps() <= before + 50, "{} after {before}", steps());
    records(&desk, &organization, &place.adult(), 2);
    let mut pages = vec![exports(
        &desk,
        &organization,
        &recorder.session,
        &[("not_transferred_to", NATIONAL), ("limit", "20")],
    )];
    while let Some(next) = pages.last().unwrap().json()["next"].as_str() {
        let rest = Request::get(next).bearer(&recorder.session);
        pages.push(place.send(&rest).is(200));
    }
    let found: Vec<_> = pages.iter().map(|page| page.ids().len()).collect();
    let mut expected = vec![0; 11];
    expected[10] = 2;
    assert_eq!(found, expected);
}

#[test]
fn what_is_not_mine_is_struck_for_good() {
    let desk = Desk::new();
    let place = desk.place();
    let organization = place.organization();
    let project = organization.publishes(&Notice::of(&[shift("a", at(NINE), 5)]));
    let (ming, stranger) = (place.adult(), place.adult());
    ming.takes(&project.shift("a"), "confirmed");
    let key = organization.new_key(&["hours:write"]);
    let brought = brings(&organization, &key, &[item(&ming.phone, "1")])
        .is(200)
        .ids();
    let target = format!("/api/v1/me/outside-hours/{}/strike", brought[0]);
    let strikes =
        |who: &Volunteer| place.send(&Request::new("POST", &*target).bearer(&who.session));
    strikes(&stranger).refused(404, "not_found");
    let struck = strikes(&ming).is(200).json();
    assert!(struck["struck_at"].is_string());
    desk.passes(DAY);
    assert_eq!(strikes(&ming).is(200).json(), struck);
    let page = Request::get("/me/outside-hours").browser(&ming.session);
    assert!(
        place
            .send(&page)
            .is(200)
            .text()
            .contains("您说明过不是本人的")
    );
    for sql in [
        "UPDATE outside_hours_strike SET at = 0",
        "DELETE FROM outside_hours_strike",
    ] {
        assert!(
            desk.refuses(sql)
                .contains("outside_hours_strike_is_append_only")
        );
    }
    desk.db
        .script("INSERT OR REPLACE INTO outside_hours_strike SELECT outside_hours, 0 FROM outside_hours_strike")
        .unwrap();
    assert!(place.number("SELECT at FROM outside_hours_strike", json!([])) > 0);
    // They go with whoever leaves, whose phone has a hash no phone has.
    place.rows(
        "UPDATE volunteer SET phone_hash = 'left:0' WHERE id = ?1",
        json!([ming.id]),
    );
    for sql in [
        "DELETE FROM outside_hours_strike",
        "DELETE FROM outside_hours",
    ] {
        desk.db.script(sql).unwrap();
    }
    let audited = "SELECT count(*) FROM audit WHERE action = 'outside_hours.struck'";
    assert_eq!(place.number(audited, json!([])), 1);
}

#[test]
fn pages_are_read_from_an_index() {
    let desk = Desk::new();
    let visit = desk.visit_with("nobody");
    let wanted = Wanted {
        format: Written::Json,
        not_transferred_to: Some(NATIONAL),
        after: 7,
        limit: 200,
    };
    let mut statements: Vec<_> =
        store::export_statements(&visit, uuid::Uuid::nil(), &wanted).into();
    statements.push(store::mine_statement(&visit, 7, 30));
    for statement in &statements {
        let plan = desk.db.plan(statement).unwrap();
        let scans = plan.iter().any(|line| {
            [
                "SCAN r",
                "SCAN v",
                "SCAN m",
                "SCAN x",
                "SCAN n",
                "AUTOMATIC",
            ]
            .iter()
            .any(|bad| line.contains(bad))
        });
        let sorts = plan
            .iter()
            .any(|line| line.contains("TEMP B-TREE FOR ORDER BY"));
        assert!(!scans && !sorts, "{plan:#?}");
    }
}
