//! Registering an organization, and changing what it says of itself.

use pollster::FutureExt as _;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::support::answer::Answer;
use crate::support::desk::Desk;
use crate::support::notice::{Notice, morning, shift};
use crate::support::people::Volunteer;
use crate::support::place::Place as _;
use crate::support::request::{Request, query};

const CODE: &str = "53360000000000019B";

fn charity(name: &str) -> Value {
    json!({"name": name, "kind": "foundation", "credit_code": CODE, "region": "360731"})
}

fn team(name: &str) -> Value {
    json!({"name": name, "kind": "volunteer_team", "region": "360731105"})
}

#[track_caller]
fn registers(volunteer: &Volunteer, body: &Value) -> Answer {
    volunteer.sends("POST", "/api/v1/organizations", body)
}

fn path(organization: &Answer) -> String {
    format!("/api/v1/organizations/{}", organization.member("id"))
}

#[track_caller]
fn changes(volunteer: &Volunteer, path: &str, body: &Value) -> Answer {
    volunteer.sends("PATCH", path, body)
}

#[test]
fn whoever_registers_an_organization_owns_it_and_it_waits() {
    let desk = Desk::new();
    let hong = desk.place().adult();
    let body = json!({
        "name": "豆灯教育基金会", "kind": "foundation", "credit_code": "5336 0000 0000 0001 9b",
        "region": "360731", "about": "一灯如豆。", "contact_name": "罗橘井",
        "contact_phone": "0797-1234567",
        "fundraising": {"certificate": "赣民募 2024-12", "valid_until": "2029-12-31"},
    });
    let made = registers(&hong, &body).is(201);
    let expected = path(&made);
    assert_eq!(made.header("location"), Some(expected.as_str()));
    assert_eq!(made.header("etag"), Some("\"v1\""));
    let made = made.json();
    for (member, expected) in [
        ("credit_code", json!(CODE)),
        ("state", json!("unverified")),
        ("state_by", json!(null)),
        ("region_name", json!("赣州市于都县")),
        ("contact_name", json!("罗橘井")),
        ("fundraising", body["fundraising"].clone()),
        ("state_since", json!(desk.now().rfc3339())),
    ] {
        assert_eq!(made[member], expected, "{member}");
    }
    let mine = hong.reads("/api/v1/me/organizations").is(200).json();
    assert_eq!(mine["items"][0]["id"], made["id"]);
    assert_eq!(mine["items"][0]["role"], "owner");
    let audit = desk.place().value(
        "SELECT action || ' ' || actor FROM audit WHERE subject = 'organization:' || ?1",
        json!([made["id"]]),
    );
    let expected = format!("organization.registered volunteer:{}", hong.id);
    assert_eq!(audit, json!(expected));
}

#[test]
fn the_public_reads_no_contact_person() {
    let desk = Desk::new();
    let hong = desk.place().adult();
    let mut body = team("潭头村志愿队");
    body["contact_name"] = json!("罗橘井");
    let made = registers(&hong, &body).is(201);
    let page = format!("/organizations/{}", made.member("id"));
    for stranger in [None, Some(desk.place().adult())] {
        let read = |target: &str| match &stranger {
            None => desk.place().get(target),
            Some(stranger) => stranger.reads(target),
        };
        let api = read(&path(&made)).is(200);
        assert_eq!(api.json()["contact_name"], Value::Null);
        for answer in [
            api,
            read(&page).is(200),
            read("/api/v1/organizations").is(200),
        ] {
            assert!(!answer.text().contains("罗橘井"), "{answer:?}");
        }
    }
    assert_eq!(
        hong.reads(&path(&made)).is(200).member("contact_name"),
        "罗橘井"
    );
}

#[test]
fn every_bad_field_is_named_at_once() {
    let desk = Desk::new();
    let hong = desk.place().adult();
    let body = json!({
        "name": " ", "kind": "club", "credit_code": "53360000000000019C", "region": "3607311",
        "contact_phone": "打电话", "fundraising": {"valid_until": "2020-02-30"}, "owner": "me",
    });
    let refused = registers(&hong, &body).refused(422, "invalid_fields");
    assert_eq!(
        refused.pointers(),
        [
            "/contact_phone",
            "/credit_code",
            "/fundraising/certificate",
            "/fundraising/valid_until",
            "/kind",
            "/name",
            "/owner",
            "/region"
        ]
    );
    let refused = registers(
        &hong,
        &json!({"name": "甲", "kind": "enterprise", "region": "36"}),
    );
    assert_eq!(
        refused.refused(422, "invalid_fields").pointers(),
        ["/credit_code"]
    );
    let mut body = team("甲");
    body["region"] = json!("990000");
    let refused = registers(&hong, &body).refused(422, "invalid_fields");
    assert_eq!(refused.pointers(), ["/region"]);
    let left = "SELECT count(*) AS n FROM organization";
    assert_eq!(desk.place().number(left, json!([])), 0);
}

#[test]
fn a_credit_code_is_taken_once() {
    let desk = Desk::new();
    let (hong, ming) = (desk.place().adult(), desk.place().adult());
    registers(&hong, &charity("豆灯基金会")).is(201);
    let refused = registers(&ming, &charity("另一盏灯")).refused(409, "credit_code_taken");
    assert_eq!(refused.pointers(), ["/credit_code"]);
    // Nor by changing to it.
    let other = registers(&ming, &team("潭头村志愿队")).is(201);
    let take = json!({"credit_code": CODE});
    changes(&ming, &path(&other), &take).refused(409, "credit_code_taken");
    // Teams without a code do not stand in each other's way.
    registers(&ming, &team("梓山村志愿队")).is(201);
}

#[test]
fn a_refused_organization_holds_no_code_against_its_rightful_owner() {
    let desk = Desk::new();
    let (squatter, rightful) = (desk.place().adult(), desk.place().adult());
    let fake = registers(&squatter, &charity("豆灯基金会（假）")).is(201);
    desk.place().rows(
        "UPDATE organization SET state = 'refused' WHERE id = ?1",
        json!([fake.member("id")]),
    );
    let made = registers(&rightful, &charity("豆灯基金会")).is(201);
    assert_eq!(made.json()["credit_code"], CODE);
    let fake = squatter.reads(&path(&fake)).is(200).json();
    assert_eq!(fake["credit_code"], Value::Null);
    // It cannot come back without one.
    let target = format!("/api/v1/organizations/{}", fake["id"].as_str().unwrap());
    let refused = changes(&squatter, &target, &json!({"about": "真的"}));
    assert_eq!(
        refused.refused(422, "invalid_fields").pointers(),
        ["/credit_code"]
    );
}

#[test]
fn one_person_keeps_ten_waiting() {
    let desk = Desk::new();
    let hong = desk.place().adult();
    for n in 0..10 {
        registers(&hong, &team(&format!("第{n}队"))).is(201);
    }
    registers(&hong, &team("第十队")).refused(409, "too_many_waiting");
    desk.place().rows(
        "UPDATE organization SET state = 'verified' WHERE name = '第0队'",
        json!([]),
    );
    registers(&hong, &team("第十队")).is(201);
}

#[test]
fn registering_twice_with_one_key_registers_once() {
    let desk = Desk::new();
    let hong = desk.place().adult();
    let request = || {
        hong.request("POST", "/api/v1/organizations")
            .header("idempotency-key", "k")
            .json(&team("潭头村志愿队"))
    };
    let first = desk.place().send(&request()).is(201);
    let again = desk.place().send(&request()).is(201);
    assert_eq!(again.header("idempotency-replayed"), Some("true"));
    assert_eq!(again.json(), first.json());
    let count = "SELECT count(*) AS n FROM organization";
    assert_eq!(desk.place().number(count, json!([])), 1);
}

#[test]
fn what_was_verified_changes_openly() {
    let desk = Desk::new();
    let place = desk.place();
    let organization = place.organization();
    let owner = organization.member("owner");
    let notice = Notice::of(&[shift("a", morning(desk.now(), 5), 3)]);
    organization.publishes(&notice);
    let target = format!("/api/v1/organizations/{}", organization.id);
    let on_the_menu = || place.menu(&[("q", &notice.word())]).ids().len();
    // What it says of itself changes at any time.
    let about = changes(&owner, &target, &json!({"about": "新的介绍"})).is(200);
    assert_eq!(about.json()["state"], "verified");
    assert_eq!(on_the_menu(), 1);
    // Another name does not, by accident.
    let rename = json!({"name": "改名后的队"});
    changes(&owner, &target, &rename).refused(409, "reverification_needed");
    assert_eq!(on_the_menu(), 1);
    let rename = json!({"name": "改名后的队", "accept_reverification": true});
    let renamed = changes(&owner, &target, &rename).is(200);
    assert_eq!(renamed.json()["state"], "unverified");
    assert_eq!(renamed.json()["state_since"], json!(desk.now().rfc3339()));
    assert_eq!(on_the_menu(), 0);
    // Verified again, its projects are found under the new name and not the old one.
    let verification = format!("{target}/verification");
    let verify = json!({"decision": "verify"});
    place
        .coordinator("36")
        .sends("POST", &verification, &verify)
        .is(200);
    let found = |name: &str| place.menu(&[("q", name)]).ids().len();
    assert_eq!(on_the_menu(), 1);
    assert_eq!(found("改名后的队"), 1);
    assert_eq!(found(&organization.name), 0);
}

#[test]
fn somebody_elses_change_is_not_overwritten() {
    let desk = Desk::new();
    let hong = desk.place().adult();
    let made = registers(&hong, &team("潭头村志愿队")).is(201);
    let request = |tag: &str, about: &str| {
        let request = hong.request("PATCH", &path(&made)).header("if-match", tag);
        desk.place().send(&request.json(&json!({"about": about})))
    };
    let changed = request("\"v1\"", "一").is(200);
    assert_eq!(changed.header("etag"), Some("\"v2\""));
    let refused = request("\"v1\"", "二").refused(412, "version_conflict");
    assert_eq!(refused.header("etag"), Some("\"v2\""));
    // Saying what stands already changes nothing.
    assert_eq!(
        request("\"v2\"", "一").is(200).header("etag"),
        Some("\"v2\"")
    );
    assert_eq!(request("*", "三").is(200).json()["about"], "三");
}

#[test]
fn the_list_is_for_everybody_and_leads_on() {
    let desk = Desk::new();
    let place = desk.place();
    let made: Vec<_> = (0..5).map(|_| place.organization()).collect();
    place.organization_in_state("unverified");
    place.organization_in_state("suspended");
    let mut expected: Vec<_> = made.iter().map(|it| it.id.clone()).collect();
    expected.sort();
    let mut found = Vec::new();
    let mut target = "/api/v1/organizations?limit=2&region=36".to_owned();
    loop {
        let page = place.get(&target).is(200);
        found.extend(page.ids());
        let next = page.json()["next"].clone();
        let Some(next) = next.as_str() else { break };
        let link = format!("<{next}>; rel=\"next\"");
        assert_eq!(page.header("link"), Some(link.as_str()));
        next.clone_into(&mut target);
    }
    assert_eq!(found, expected);
    let named = query(&[("q", &made[2].name)]);
    let named = place.get(&format!("/api/v1/organizations?{named}"));
    assert_eq!(named.ids(), [made[2].id.clone()]);
    assert!(
        place
            .get("/api/v1/organizations?region=3601")
            .ids()
            .is_empty()
    );
}

#[test]
fn others_than_the_verified_are_for_coordinators() {
    let desk = Desk::new();
    let place = desk.place();
    let waiting = registers(&place.adult(), &team("潭头村志愿队")).is(201);
    let target = "/api/v1/organizations?state=unverified";
    place.get(target).refused(401, "unauthenticated");
    place.adult().reads(target).refused(403, "forbidden");
    assert_eq!(
        place.coordinator("3607").reads(target).ids(),
        [waiting.member("id")]
    );
    assert!(place.coordinator("3601").reads(target).ids().is_empty());
    for bad in [
        "state=lost",
        "limit=0",
        "limit=101",
        "cursor=x",
        "region=1",
        "x=1",
    ] {
        let target = format!("/api/v1/organizations?{bad}");
        place.get(&target).refused(400, "invalid_parameters");
    }
}

#[test]
fn a_list_reads_about_as_many_rows_as_it_shows() {
    let desk = Desk::new();
    let place = desk.place();
    let regions = place.rows(
        "SELECT code FROM region WHERE length(code) = 6 LIMIT 40",
        json!([]),
    );
    let statements = (0..2000)
        .map(|n| {
            let region = &regions[n % regions.len()]["code"];
            let sql = "INSERT INTO organization (id, name, kind, region, state, created_at)
                 VALUES (?1, ?1, 'volunteer_team', ?2, iif(?3, 'verified', 'unverified'), 0)";
            let id = uuid::Uuid::new_v4().to_string();
            (
                sql.to_owned(),
                vec![json!(id), region.clone(), json!(n % 10)],
            )
        })
        .collect();
    place.sql(statements);
    for filter in [
        "",
        "region=3601",
        "region=360102",
        "region=36",
        "state=verified",
    ] {
        let visit = desk.visit("/", &axum::http::HeaderMap::new());
        let query = format!("limit=20&{filter}");
        let state = filter
            .starts_with("state")
            .then_some(diandan::organizations::OrganizationState::Verified);
        let region = filter
            .strip_prefix("region=")
            .and_then(diandan::regions::RegionCode::parse);
        let statement = diandan::organizations::store::reading::lines(
            &visit,
            &diandan::organizations::store::reading::Filter {
                state,
                region: region.as_ref(),
                limit: 20,
                ..Default::default()
            },
        );
        let plan = desk.db.plan(&statement).unwrap().join("\n");
        assert!(!plan.contains("TEMP B-TREE"), "{query}: {plan}");
        let first = plan.lines().find(|line| line.contains(" o")).unwrap();
        assert!(
            first.contains("SEARCH o USING") || filter.is_empty() && first.starts_with("SCAN o"),
            "{query}: {plan}"
        );
    }
}

#[test]
fn names_are_found_by_any_part_of_them() {
    let desk = Desk::new();
    let place = desk.place();
    let owned = place.organization();
    let names = [
        "翠竹义剪社",
        "𠮷野家志愿队",
        "Green Hand 青年队",
        "第1号-志愿队",
        "社",
    ];
    let rename = "UPDATE organization SET name = ?2 WHERE id = ?1";
    for name in names {
        place.rows(rename, json!([place.organization().id, name]));
    }
    let all: Vec<(String, String)> = place
        .rows(
            "SELECT id, lower(name) AS name FROM organization ORDER BY id",
            json!([]),
        )
        .iter()
        .map(|row| {
            (
                row["id"].as_str().unwrap().to_owned(),
                row["name"].as_str().unwrap().to_owned(),
            )
        })
        .collect();
    for q in [
        "翠竹",
        "竹",
        "𠮷野",
        "green",
        "HAND 青",
        "1号-志",
        "志愿队",
        "社",
        "翠竹义剪社",
        "竹翠",
        "义队",
        "翠竹义剪社团",
        "%",
        "号-",
    ] {
        let answer = place.get(&format!(
            "/api/v1/organizations?limit=100&{}",
            query(&[("q", q)])
        ));
        let expected: Vec<_> = all
            .iter()
            .filter(|(_, name)| name.contains(&q.to_ascii_lowercase()))
            .map(|(id, _)| id.clone())
            .collect();
        assert_eq!(answer.is(200).ids(), expected, "{q}");
    }
    // By a new name, and no more by the old one.
    place.rows(rename, json!([owned.id, "改名之后"]));
    let found = |q: &str| {
        place
            .get(&format!("/api/v1/organizations?{}", query(&[("q", q)])))
            .ids()
    };
    assert_eq!(found("名之"), std::slice::from_ref(&owned.id));
    assert!(found(&owned.name).is_empty());
    let words = "SELECT count(*) FROM organization_word WHERE organization_id = ?1";
    assert_eq!(place.number(words, json!([owned.id])), 7);
}

#[test]
fn a_search_among_thousands_reads_those_with_the_rarest_word() {
    let desk = Desk::new();
    let place = desk.place();
    let statements = (0..2000)
        .map(|n| {
            let sql = "INSERT INTO organization (id, name, kind, region, state, created_at)
                 VALUES (?1, ?2, 'volunteer_team', '36', 'verified', 0)";
            let name = format!(
                "第{n}号志愿服务队{}",
                if n % 400 == 7 { "翠竹" } else { "" }
            );
            (
                sql.to_owned(),
                vec![json!(uuid::Uuid::new_v4()), json!(name)],
            )
        })
        .collect();
    place.sql(statements);
    let filter = diandan::organizations::store::reading::Filter {
        q: Some("志愿服务队翠竹"),
        limit: 20,
        ..Default::default()
    };
    let visit = desk.visit("/", &Default::default());
    let statement = diandan::organizations::store::reading::lines(&visit, &filter);
    let plan = desk.db.plan(&statement).unwrap().join("\n");
    let outer = plan
        .lines()
        .find(|line| line.contains(" w ") || line.contains(" o"))
        .unwrap();
    assert!(
        outer.contains("SEARCH w USING PRIMARY KEY (word=?"),
        "{plan}"
    );
    assert!(plan.contains("SEARCH o USING PRIMARY KEY"), "{plan}");
    let by_word = "SELECT count(*) FROM organization_word WHERE word = ?1";
    assert_eq!(place.number(by_word, json!(["志愿"])), 2000);
    assert_eq!(place.number(by_word, json!(["翠竹"])), 5);
    assert_eq!(
        desk.db.rows::<Value>(statement).block_on().unwrap().len(),
        5
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever is sent, the answer is one that was promised.
    #[test]
    fn no_registration_breaks_anything(
        name in any::<Option<String>>(),
        kind in prop_oneof![Just("foundation"), Just("volunteer_team"), Just("")],
        code in proptest::option::of("[0-9A-Z]{17,19}"),
        region in prop_oneof![Just("36".to_owned()), "[0-9]{2,6}"],
    ) {
        let desk = Desk::new();
        let body = json!({"name": name, "kind": kind, "credit_code": code, "region": region});
        let request = Request::new("POST", "/api/v1/organizations");
        let request = request.bearer(&desk.place().adult().session).json(&body);
        let answer = desk.place().send(&request);
        prop_assert!([201, 422].contains(&answer.status), "{:?}", answer);
    }
}

#[test]
fn what_a_suspended_organization_was_verified_as_stays() {
    let desk = Desk::new();
    let organization = desk.place().organization_in_state("suspended");
    let owner = organization.member("owner");
    let path = format!("/api/v1/organizations/{}", organization.id);
    changes(&owner, &path, &json!({"name": "九江市红十字会"})).is(409);
    changes(&owner, &path, &json!({"about": "我们在改正"})).is(200);
}

#[test]
fn what_an_organization_says_of_itself_is_public_once_it_is_verified() {
    let desk = Desk::new();
    let place = desk.place();
    for (state, public) in [
        ("unverified", false),
        ("verified", true),
        ("refused", false),
        ("suspended", false),
    ] {
        let organization = place.organization_in_state(state);
        let member = organization.member("viewer");
        let coordinator = place.coordinator("36");
        place.rows(
            "UPDATE organization SET about = '加我的群', contact_phone = '0797-1234567' WHERE id = ?1",
            json!([organization.id]),
        );
        let api = format!("/api/v1/organizations/{}", organization.id);
        let shown = |answer: Answer| {
            let text = answer.is(200).text().to_owned();
            text.contains("加我的群") && text.contains("0797-1234567")
        };
        let none = |answer: Answer| {
            let text = answer.is(200).text().to_owned();
            !text.contains("加我的群") && !text.contains("1234567")
        };
        let page = format!("/organizations/{}", organization.id);
        for target in [&api, &page] {
            let stranger = || place.get(target);
            assert_eq!(shown(stranger()), public, "{state} {target}");
            assert_eq!(none(stranger()), !public, "{state} {target}");
        }
        assert!(none(place.get(&format!("{api}/opportunities"))) || public);
        assert!(shown(member.reads(&api)), "{state}");
        assert!(shown(coordinator.reads(&api)), "{state}");
    }
}

#[test]
fn the_audit_knows_that_a_contact_changed_and_not_to_whom() {
    let desk = Desk::new();
    let organization = desk.place().organization();
    let owner = organization.member("owner");
    let target = format!("/api/v1/organizations/{}", organization.id);
    for body in [
        json!({"contact_name": "罗橘井", "contact_phone": "0797-1234567"}),
        json!({"contact_name": "李四", "about": "一灯如豆。"}),
    ] {
        owner.sends("PATCH", &target, &body).is(200);
    }
    let rows = desk.place().rows(
        "SELECT coalesce(before, '') || after AS text, after ->> 'contact_name' AS name, after ->> 'contact_phone' AS phone,
           after ->> 'about' AS about
         FROM audit WHERE action = 'organization.changed' ORDER BY seq",
        json!([]),
    );
    for row in &rows {
        let text = row["text"].as_str().unwrap();
        for private in ["罗橘井", "李四", "1234567"] {
            assert!(!text.contains(private), "{text}");
        }
    }
    let changed = json!("changed");
    assert_eq!((&rows[0]["name"], &rows[0]["phone"]), (&changed, &changed));
    assert_eq!(
        (&rows[1]["name"], &rows[1]["phone"]),
        (&changed, &json!(null))
    );
    assert_eq!(rows[1]["about"], "一灯如豆。");
}
