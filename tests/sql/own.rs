//! What an organization does with its projects as wholes, and how it finds them.

use diandan::menu::own::{Filter, OwnQuery};
use diandan::menu::store::own_list_statement;
use diandan::platform::clock::{DAY, HOUR, Instant};
use diandan::platform::input::parse_query;
use serde_json::{Value, json};

use crate::support::answer::Answer;
use crate::support::desk::Desk;
use crate::support::notice::{Notice, morning, shift, with_waitlist};
use crate::support::people::Organization;
use crate::support::place::Place as _;
use crate::support::request::{Request, query};

fn notice(now: Instant) -> Notice {
    Notice::of(&[
        with_waitlist(shift("a", morning(now, 5), 2), 2),
        shift("b", morning(now, 7), 2),
    ])
}

fn cancels(organization: &Organization, reference: &str, reason: &str) -> Answer {
    let request = organization.stepping(reference, "cancel");
    organization
        .place
        .send(&request.json(&json!({"reason": reason})))
}

fn copies(organization: &Organization, reference: &str, body: &Value) -> Answer {
    let request = organization.stepping(reference, "copy");
    organization.place.send(&request.json(body))
}

fn deletes(organization: &Organization, reference: &str) -> Answer {
    let request = Request::delete(organization.own_path(reference)).bearer(&organization.key);
    organization.place.send(&request)
}

#[test]
fn a_project_goes_from_draft_to_menu_to_closed_and_back() {
    let desk = Desk::new();
    let organization = desk.place().organization();
    let draft = notice(desk.now()).with("state", "draft");
    organization.puts("p", &draft.0).is(201);
    let listed = || desk.place().menu(&[("q", &draft.word())]).ids().len();
    assert_eq!(listed(), 0);

    let published = organization.steps("p", "publish").is(200);
    assert_eq!(published.header("etag"), Some("\"v2\""));
    assert_eq!(published.json()["state"], "published");
    assert_eq!(
        published.json()["published_at"],
        json!(desk.now().rfc3339())
    );
    assert_eq!(listed(), 1);
    let closed = organization.steps("p", "close").is(200);
    assert_eq!(closed.json()["state"], "closed");
    assert_eq!(listed(), 0);
    let again = organization.steps("p", "publish").is(200);
    assert_eq!(again.json()["state"], "published");
    assert_eq!(
        again.json()["published_at"],
        published.json()["published_at"]
    );
    assert_eq!(again.json()["shifts"], published.json()["shifts"]);
    assert_eq!(listed(), 1);

    let acts = desk.place().rows(
        "SELECT action FROM audit WHERE subject = ?1 ORDER BY seq",
        json!([format!("project:{}", again.member("id"))]),
    );
    let acts: Vec<_> = acts.iter().map(|row| row["action"].clone()).collect();
    assert_eq!(
        acts,
        [
            "project.created",
            "project.published",
            "project.closed",
            "project.published"
        ]
    );
}

#[test]
fn a_step_taken_twice_changes_nothing_more() {
    let desk = Desk::new();
    let organization = desk.place().organization();
    organization
        .puts("p", &notice(desk.now()).with("state", "draft").0)
        .is(201);
    for step in ["publish", "close"] {
        let once = organization.steps("p", step).is(200);
        let twice = organization.steps("p", step).is(200);
        assert_eq!(once.json(), twice.json(), "{step}");
    }
    let once = cancels(&organization, "p", "台风").is(200);
    let twice = cancels(&organization, "p", "别的原因").is(200);
    assert_eq!(once.json(), twice.json());
    assert_eq!(twice.json()["change_reason"], "台风");
}

#[test]
fn steps_that_lead_nowhere_are_refused() {
    let desk = Desk::new();
    let organization = desk.place().organization();
    let draft = notice(desk.now()).with("state", "draft");
    organization.puts("draft", &draft.0).is(201);
    organization.puts("off", &notice(desk.now()).0).is(201);
    cancels(&organization, "off", "台风").is(200);
    let state = |answer: Answer| answer.refused(409, "wrong_state").member("state");
    assert_eq!(state(organization.steps("draft", "close")), "draft");
    assert_eq!(state(cancels(&organization, "draft", "不办了")), "draft");
    assert_eq!(state(organization.steps("off", "publish")), "cancelled");
    assert_eq!(state(organization.steps("off", "close")), "cancelled");
    for step in ["publish", "close"] {
        organization.steps("none", step).refused(404, "not_found");
    }
    cancels(&organization, "none", "?").refused(404, "not_found");
    let silent = organization.stepping("off", "cancel").json(&json!({}));
    let refused = desk.place().send(&silent).refused(422, "invalid_fields");
    assert_eq!(refused.pointers(), ["/reason"]);
}

#[test]
fn what_is_not_ready_is_not_published() {
    let desk = Desk::new();
    let organization = desk.place().organization();
    let bare = notice(desk.now())
        .with("state", "draft")
        .with("risks", Value::Null)
        .with("shifts", json!([]));
    organization.puts("bare", &bare.0).is(201);
    let refused = organization.steps("bare", "publish");
    let refused = refused.refused(422, "invalid_fields");
    assert_eq!(refused.pointers(), ["/risks", "/shifts"]);

    organization
        .puts("late", &notice(desk.now()).with("state", "draft").0)
        .is(201);
    desk.passes(8 * DAY);
    let refused = organization.steps("late", "publish");
    assert_eq!(
        refused.refused(422, "invalid_fields").pointers(),
        ["/shifts"]
    );

    let unknown = desk.place().organization_in_state("unverified");
    unknown
        .puts("p", &notice(desk.now()).with("state", "draft").0)
        .is(201);
    unknown
        .steps("p", "publish")
        .refused(403, "organization_not_verified");
}

#[test]
fn calling_off_tells_everybody_to_come_and_keeps_the_past() {
    let desk = Desk::new();
    let organization = desk.place().organization();
    let project = organization.publishes(&notice(desk.now()));
    let crowd = desk.place().crowd(3);
    let past = crowd[0].takes(&project.shift("a"), "confirmed");
    let ahead = crowd[1].takes(&project.shift("b"), "confirmed");
    desk.it_is(morning(desk.now(), 6));
    let off = cancels(&organization, &project.reference, "连日暴雨").is(200);
    assert_eq!(off.json()["state"], "cancelled");
    assert_eq!(off.json()["shifts"][0]["state"], "open");
    assert_eq!(off.json()["shifts"][1]["state"], "cancelled");
    assert_eq!(crowd[0].ticket(&past)["state"], "confirmed");
    assert_eq!(crowd[1].ticket(&ahead)["state"], "cancelled");
    assert!(desk.texts_to(&crowd[0].phone).is_empty());
    let texts = desk.texts_to(&crowd[1].phone);
    assert!(
        texts.len() == 1 && texts[0].contains("连日暴雨"),
        "{texts:?}"
    );
    let gone = desk.place().get(&project.path());
    assert_eq!(
        gone.refused(410, "project_cancelled").member("reason"),
        "连日暴雨"
    );
}

#[test]
fn a_project_withdrawn_to_a_draft_is_called_off_and_not_deleted() {
    let desk = Desk::new();
    let organization = desk.place().organization();
    let notice = notice(desk.now());
    organization.puts("p", &notice.0).is(201);
    deletes(&organization, "p").refused(409, "wrong_state");
    organization
        .puts("p", &notice.with("state", "draft").0)
        .is(200);
    deletes(&organization, "p").refused(409, "wrong_state");
    let off = cancels(&organization, "p", "不办了").is(200);
    assert_eq!(off.json()["state"], "cancelled");
    deletes(&organization, "p").refused(409, "wrong_state");
}

#[test]
fn a_draft_nobody_saw_is_thrown_away_whole() {
    let desk = Desk::new();
    let organization = desk.place().organization();
    let draft = notice(desk.now()).with("state", "draft");
    let id = organization.puts("p", &draft.0).is(201).member("id");
    let stale = Request::delete(organization.own_path("p"))
        .bearer(&organization.key)
        .header("if-match", "\"v2\"");
    desk.place().send(&stale).refused(412, "version_conflict");
    deletes(&organization, "p").is(204);
    organization.reads("p").refused(404, "not_found");
    deletes(&organization, "p").refused(404, "not_found");
    for table in ["project", "shift"] {
        let sql = format!("SELECT count(*) AS n FROM {table}");
        assert_eq!(desk.place().number(&sql, json!([])), 0, "{table}");
    }
    let acts = desk.place().rows(
        "SELECT action, before ->> 'client_ref' AS ref FROM audit WHERE subject = ?1 ORDER BY seq",
        json!([format!("project:{id}")]),
    );
    assert_eq!(acts[1], json!({"action": "project.deleted", "ref": "p"}));
    // The name is free again.
    organization.puts("p", &draft.0).is(201);
}

#[test]
fn a_copy_is_a_draft_so_many_days_later() {
    let desk = Desk::new();
    let organization = desk.place().organization();
    let opens = desk.now().plus(DAY);
    let off = shift("off", morning(desk.now(), 8), 2);
    let mut source = notice(desk.now())
        .with("change_reason", "塌方")
        .with("skills", json!(["driving"]))
        .with("sign_up_opens_at", opens.rfc3339());
    source.0["shifts"].as_array_mut().unwrap().push(off);
    let source = source
        .with_shift(2, "state", "cancelled")
        .with_shift(2, "change_reason", "停电");
    organization.puts("p", &source.0).is(201);

    let wish = json!({"client_ref": "q", "shift_days": 7});
    let copy = copies(&organization, "p", &wish).is(201);
    let location = copy.header("location").unwrap().to_owned();
    let copy = copy.json();
    assert!(
        location.ends_with(copy["id"].as_str().unwrap()),
        "{location}"
    );
    assert_eq!(copy["state"], "draft");
    assert_eq!(copy["client_ref"], "q");
    assert_eq!(copy["version"], 1);
    assert_eq!(copy["change_reason"], Value::Null);
    assert_eq!(copy["published_at"], Value::Null);
    assert_eq!(
        copy["sign_up_opens_at"],
        json!(opens.plus(7 * DAY).rfc3339())
    );
    for part in [
        "title",
        "content",
        "skills",
        "safeguards",
        "region",
        "min_age",
    ] {
        let source = organization.reads("p").json();
        assert_eq!(copy[part], source[part], "{part}");
    }
    let starts: Vec<_> = copy["shifts"]
        .as_array()
        .unwrap()
        .iter()
        .map(|shift| (shift["ref"].clone(), shift["starts_at"].clone()))
        .collect();
    let expected = [("a", 5 + 7), ("b", 7 + 7)]
        .map(|(reference, days)| (json!(reference), json!(morning(desk.now(), days).rfc3339())));
    assert_eq!(starts, expected);

    copies(&organization, "p", &wish).refused(409, "reference_taken");
    copies(&organization, "p", &json!({"client_ref": "p"})).refused(409, "reference_taken");
    copies(&organization, "none", &wish).refused(404, "not_found");
    let refused = copies(
        &organization,
        "p",
        &json!({"client_ref": "两", "shift_days": -1}),
    );
    assert_eq!(
        refused.refused(422, "invalid_fields").pointers(),
        ["/client_ref", "/shift_days"]
    );
    let refused = copies(
        &organization,
        "p",
        &json!({"client_ref": "r", "shift_days": 732}),
    );
    assert_eq!(
        refused.refused(422, "invalid_fields").pointers(),
        ["/shift_days"]
    );
    // A year on, what would lie in the past is left out.
    desk.passes(10 * DAY);
    let copy = copies(&organization, "p", &json!({"client_ref": "s"})).is(201);
    assert_eq!(copy.json()["shifts"], json!([]));
}

#[test]
fn the_same_key_takes_a_step_once() {
    let desk = Desk::new();
    let organization = desk.place().organization();
    organization
        .puts("p", &notice(desk.now()).with("state", "draft").0)
        .is(201);
    let keyed = |step: &str, body: Option<Value>| {
        let request = organization
            .stepping("p", step)
            .header("idempotency-key", step)
            .header("if-match", "*");
        desk.place().send(&match body {
            Some(body) => request.json(&body),
            None => request,
        })
    };
    for (step, body, other) in [
        (
            "copy",
            Some(json!({"client_ref": "q"})),
            Some(json!({"client_ref": "r"})),
        ),
        ("publish", None, None),
        ("close", None, None),
        (
            "cancel",
            Some(json!({"reason": "雨"})),
            Some(json!({"reason": "雪"})),
        ),
    ] {
        let first = keyed(step, body.clone());
        assert!(
            first.status < 300 && first.header("idempotency-replayed").is_none(),
            "{first:?}"
        );
        let again = keyed(step, body).is(first.status);
        assert_eq!(again.header("idempotency-replayed"), Some("true"), "{step}");
        assert_eq!(again.json(), first.json());
        if other.is_some() {
            keyed(step, other).refused(422, "idempotency_key_reused");
        }
    }
    let projects = desk
        .place()
        .number("SELECT count(*) AS n FROM project", json!([]));
    assert_eq!(projects, 2);
}

#[test]
fn an_edit_of_another_version_is_refused() {
    let desk = Desk::new();
    let organization = desk.place().organization();
    organization.puts("p", &notice(desk.now()).0).is(201);
    for (method, tail, body) in [
        ("PATCH", "", Some(json!({"title": "另一个"}))),
        ("POST", "/close", None),
        ("POST", "/cancel", Some(json!({"reason": "雨"}))),
    ] {
        let target = format!("{}{tail}", organization.own_path("p"));
        let request = |tag: &str| {
            let request = Request::new(method, &target)
                .bearer(&organization.key)
                .header("if-match", tag);
            match &body {
                Some(body) => request.json(body),
                None => request,
            }
        };
        let now = organization.reads("p").header("etag").unwrap().to_owned();
        let refused = desk.place().send(&request("\"v99\""));
        let refused = refused.refused(412, "version_conflict");
        assert_eq!(refused.header("etag"), Some(now.as_str()));
        desk.place().send(&request(&now)).is(200);
    }
}

#[test]
fn a_patch_changes_what_it_names() {
    let desk = Desk::new();
    let organization = desk.place().organization();
    let notice = notice(desk.now())
        .with("what_to_bring", "手套")
        .with("min_age", 16);
    let project = organization.publishes(&notice);
    let name = &project.reference;
    let before = organization.reads(name).json();
    let same = organization.patches(name, &json!({})).is(200);
    assert_eq!(same.json(), before);
    let changed = organization.patches(
        name,
        &json!({"title": "新题目", "what_to_bring": null, "min_age": null, "skills": ["it"]}),
    );
    let changed = changed.is(200).json();
    for (part, value) in before.as_object().unwrap() {
        let expected = match part.as_str() {
            "title" => json!("新题目"),
            "what_to_bring" => Value::Null,
            "min_age" => json!(14),
            "skills" => json!(["it"]),
            "version" => json!(2),
            _ => value.clone(),
        };
        assert_eq!(changed[part], expected, "{part}");
    }
    // A patch said again changes nothing.
    let again = organization
        .patches(name, &json!({"title": "新题目"}))
        .is(200);
    assert_eq!(again.json(), changed);
    // What it comes to is what a whole replacement would say.
    let whole = notice
        .with("title", "新题目")
        .with("what_to_bring", Value::Null)
        .with("min_age", Value::Null)
        .with("skills", json!(["it"]));
    let replaced = organization.puts(name, &whole.0).is(200);
    assert_eq!(replaced.json(), changed);
}

#[test]
fn a_patch_is_refused_where_a_replacement_would_be() {
    let desk = Desk::new();
    let organization = desk.place().organization();
    let project = organization.publishes(&notice(desk.now()));
    let name = &project.reference;
    desk.place().adult().takes(&project.shift("a"), "confirmed");
    let pointers = |patch: Value| {
        organization
            .patches(name, &patch)
            .refused(422, "invalid_fields")
            .pointers()
    };
    assert_eq!(pointers(json!({"title": null})), ["/title"]);
    assert_eq!(pointers(json!({"colour": 1})), ["/colour"]);
    assert_eq!(pointers(json!({"region": "999999"})), ["/region"]);
    assert_eq!(
        pointers(json!({"state": null, "shifts": null, "skills": null})),
        ["/shifts", "/skills", "/state"]
    );
    assert_eq!(pointers(json!([])), [""]);
    let at_stake = |patch: Value| {
        organization
            .patches(name, &patch)
            .refused(409, "shift_has_signups")
            .pointers()
    };
    assert_eq!(at_stake(json!({"place": "别处"})), ["/change_reason"]);
    assert_eq!(at_stake(json!({"state": "draft"})), ["/state"]);
    let b = organization.reads(name).json()["shifts"][1].clone();
    let b = shift(
        "b",
        Instant::parse(b["starts_at"].as_str().unwrap()).unwrap(),
        2,
    );
    assert_eq!(at_stake(json!({"shifts": [b]})), ["/shifts"]);
    organization
        .patches("none", &json!({"title": "无"}))
        .refused(404, "not_found");
    assert_eq!(organization.reads(name).json()["version"], 1);
}

#[test]
fn a_reason_of_the_past_stays_to_be_read_and_explains_nothing_new() {
    let desk = Desk::new();
    let organization = desk.place().organization();
    let project = organization.publishes(&notice(desk.now()));
    let name = &project.reference;
    let ming = desk.place().adult();
    ming.takes(&project.shift("a"), "confirmed");
    let moved = json!({"place": "县图书馆", "change_reason": "学校停电"});
    organization.patches(name, &moved).is(200);
    let renamed = organization
        .patches(name, &json!({"title": "新题目"}))
        .is(200);
    assert_eq!(renamed.json()["change_reason"], "学校停电");
    organization
        .patches(name, &json!({"place": "村委会"}))
        .refused(409, "shift_has_signups");
    assert_eq!(desk.texts_to(&ming.phone).len(), 1);
    let closed = organization.steps(name, "close").is(200);
    assert_eq!(closed.json()["change_reason"], "学校停电");
}

#[test]
fn the_merge_patch_media_type_is_as_good_as_json() {
    let desk = Desk::new();
    let organization = desk.place().organization();
    organization.puts("p", &json!({})).is(201);
    let body = json!({"title": "义诊"}).to_string().into_bytes();
    let request = Request::new("PATCH", organization.own_path("p")).bearer(&organization.key);
    let merged = request
        .clone()
        .bytes("application/merge-patch+json", body.clone());
    assert_eq!(desk.place().send(&merged).is(200).json()["title"], "义诊");
    let other = request.bytes("application/json-patch+json", body.clone());
    desk.place()
        .send(&other)
        .refused(415, "unsupported_media_type");
    // It is a way to patch, and no way to replace.
    let put = organization
        .putting("p")
        .bytes("application/merge-patch+json", body);
    desk.place()
        .send(&put)
        .refused(415, "unsupported_media_type");
}

/// A long list: every third a draft, every tenth of another word.
fn with_list(desk: &Desk, size: usize) -> Organization<'_> {
    let organization = desk.place().organization();
    for n in 0..size {
        let title = if n % 10 == 0 {
            "冬日义诊"
        } else {
            "科学课"
        };
        let state = if n % 3 == 0 { "draft" } else { "closed" };
        let notice = notice(desk.now()).with("title", title).with("state", state);
        let reference = if n % 5 == 0 { "winter" } else { "x" };
        organization
            .puts(&format!("{reference}-{n:03}"), &notice.0)
            .is(201);
    }
    organization
}

/// All references of a list, page by page.
fn pages(organization: &Organization, conditions: &[(&str, &str)]) -> Vec<String> {
    let mut target = format!(
        "/api/v1/organizations/{}/projects?{}",
        organization.id,
        query(conditions)
    );
    let mut all = Vec::new();
    loop {
        let request = Request::get(&target).bearer(&organization.key);
        let page = organization.place.send(&request).is(200);
        let json = page.json();
        for item in json["items"].as_array().unwrap() {
            all.push(item["client_ref"].as_str().unwrap().to_owned());
        }
        match json["next"].as_str() {
            None => {
                assert_eq!(page.header("link"), None);
                return all;
            }
            Some(next) => {
                let link = format!("<{next}>; rel=\"next\"");
                assert_eq!(page.header("link"), Some(link.as_str()));
                target = next.to_owned();
            }
        }
    }
}

#[test]
fn an_organization_lists_everything_it_has_page_by_page() {
    let desk = Desk::new();
    let organization = with_list(&desk, 45);
    with_list(&desk, 3);
    let all = |fits: &dyn Fn(usize) -> bool| -> Vec<String> {
        (0..45)
            .filter(|n| fits(*n))
            .map(|n| {
                let name = if n % 5 == 0 { "winter" } else { "x" };
                format!("{name}-{n:03}")
            })
            .collect()
    };
    for limit in ["1", "7", "100"] {
        let latest_first = |mut names: Vec<String>| {
            names.reverse();
            names
        };
        assert_eq!(
            pages(&organization, &[("limit", limit)]),
            latest_first(all(&|_| true))
        );
        assert_eq!(
            pages(&organization, &[("limit", limit), ("state", "draft")]),
            latest_first(all(&|n| n % 3 == 0))
        );
        assert_eq!(
            pages(&organization, &[("limit", limit), ("q", "winter-0")]),
            all(&|n| n % 5 == 0)
        );
        assert_eq!(
            pages(&organization, &[("limit", limit), ("q", "冬日")]),
            all(&|n| n % 10 == 0)
        );
        assert_eq!(
            pages(
                &organization,
                &[("limit", limit), ("q", "科学课"), ("state", "draft")]
            ),
            all(&|n| n % 10 != 0 && n % 3 == 0)
        );
        assert!(pages(&organization, &[("limit", limit), ("q", "义诊")]).is_empty());
    }
}

#[test]
fn a_reference_is_found_before_a_title_and_only_once() {
    let desk = Desk::new();
    let organization = desk.place().organization();
    for (reference, title) in [("b", "ab"), ("ab-2", "z"), ("ab-1", "ab too"), ("c", "abc")] {
        let body = json!({"title": title});
        organization.puts(reference, &body).is(201);
    }
    for limit in ["1", "3", "100"] {
        assert_eq!(
            pages(&organization, &[("q", "ab"), ("limit", limit)]),
            ["ab-1", "ab-2", "b", "c"]
        );
    }
}

#[test]
fn the_own_list_is_read_along_an_index_in_its_order() {
    let desk = Desk::new();
    let mut slow = Vec::new();
    for state in ["limit=9", "state=draft"] {
        for words in ["", "&q=%E5%86%AC"] {
            for cursor in ["", "&cursor=0_7", "&cursor=1_7"] {
                let question = format!("{state}{words}{cursor}");
                let filter: Filter = parse_query::<OwnQuery>(&question).unwrap().filter();
                let plan = desk.db.plan(&own_list_statement("o", &filter)).unwrap();
                let sorts = plan.iter().any(|step| step.contains("TEMP B-TREE"));
                let scans = plan
                    .iter()
                    .any(|step| step.starts_with("SCAN") && step.contains(" p"));
                // Every search in a project's index begins with the organization.
                let narrow = plan
                    .iter()
                    .filter(|step| step.starts_with("SEARCH p "))
                    .all(|step| step.contains("organization_id=?"));
                if sorts || scans || !narrow {
                    slow.push(format!("{question}: {plan:#?}"));
                }
            }
        }
    }
    assert!(slow.is_empty(), "{}", slow.join("\n"));
}

#[test]
fn what_the_list_says_is_what_stands() {
    let desk = Desk::new();
    let organization = desk.place().organization();
    let project = organization.publishes(&notice(desk.now()));
    desk.place().adult().takes(&project.shift("a"), "confirmed");
    desk.passes(HOUR);
    organization
        .patches(&project.reference, &json!({"title": "新题目"}))
        .is(200);
    let target = format!("/api/v1/organizations/{}/projects", organization.id);
    let list = desk
        .place()
        .send(&Request::get(&target).bearer(&organization.key))
        .is(200)
        .json();
    let item = &list["items"][0];
    let whole = organization.reads(&project.reference).json();
    for part in [
        "id",
        "client_ref",
        "version",
        "state",
        "title",
        "field",
        "region_name",
        "published_at",
    ] {
        assert_eq!(item[part], whole[part], "{part}");
    }
    assert_eq!(item["seats_free"], 3);
    assert_eq!(item["waits_free"], 2);
    assert_eq!(item["next_starts_at"], whole["shifts"][0]["starts_at"]);
    assert_eq!(item["updated_at"], json!(desk.now().rfc3339()));
    // Parameters nobody knows are no secret to those who may ask.
    let odd = format!("{target}?colour=red");
    let refused = desk
        .place()
        .send(&Request::get(&odd).bearer(&organization.key));
    assert_eq!(
        refused.refused(400, "invalid_parameters").pointers(),
        ["/colour"]
    );
    desk.place().get(&odd).refused(401, "unauthenticated");
}
