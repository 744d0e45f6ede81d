//! A clerk writes projects in the console.

use diandan::platform::clock::DAY;
use serde_json::{Value, json};

use crate::support::answer::Answer;
use crate::support::desk::Desk;
use crate::support::filled::Filled;
use crate::support::notice::{Notice, morning, shift, with_waitlist};
use crate::support::people::{Organization, Volunteer};
use crate::support::place::Place as _;
use crate::support::request::Request;

fn opens(clerk: &Volunteer, target: &str) -> Answer {
    clerk
        .place
        .send(&Request::get(target).browser(&clerk.session))
}

fn sends(clerk: &Volunteer, target: &str, form: &Filled) -> Answer {
    let fields: Vec<_> = form
        .0
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    let request = Request::new("POST", target).browser(&clerk.session);
    clerk.place.send(&request.form(&fields))
}

fn follows(clerk: &Volunteer, answer: Answer) -> Answer {
    let target = answer.is(303).header("location").unwrap().to_owned();
    opens(clerk, &target)
}

fn base(organization: &Organization) -> String {
    format!("/organizations/{}/projects", organization.id)
}

/// Everything a notice needs, and one shift.
fn complete(form: Filled) -> Filled {
    [
        ("title", "冬日山村科学课"),
        ("field", "education"),
        ("summary", "带孩子做三个小实验"),
        ("content", "上午两节课。\r\n材料由我们带去。"),
        ("region", "360731"),
        ("place", "潭头村小学"),
        ("conditions", "有耐心"),
        ("how_to_sign_up", "在本页报名"),
        ("risks", "山路湿滑 <小心>"),
        ("safeguards", "已投保"),
        ("min_age", "16"),
        ("shift-0-day", "2026-12-05"),
        ("shift-0-role", "助教"),
        ("shift-0-from", "09:00"),
        ("shift-0-to", "11:30"),
        ("shift-0-capacity", "8"),
        ("shift-0-waitlist", "4"),
    ]
    .into_iter()
    .fold(form, |form, (name, value)| form.with(name, value))
}

#[test]
fn a_clerk_writes_a_draft_and_publishes_it() {
    let desk = Desk::new();
    let organization = desk.place().organization();
    let clerk = organization.member("manager");
    let new = format!("{}/new", base(&organization));
    let page = opens(&clerk, &new).is(200);
    let form = Filled::of(&page).with("title", "冬日山村科学课");
    let saved = sends(&clerk, &new, &form.clone().and("do", "save"));
    let page = follows(&clerk, saved).is(200);
    assert!(page.text().contains("已保存"), "{page:?}");
    assert!(
        page.text().contains("还差 10 项才能发布"),
        "{}",
        page.text()
    );
    let reference = form.get("client_ref").to_owned();
    let edit = format!("{}/{reference}/edit", base(&organization));
    assert_eq!(organization.reads(&reference).json()["state"], "draft");

    // Publishing what lacks parts says which, and keeps what was typed.
    let form = Filled::of(&page).with("place", "潭头村小学");
    let refused = sends(&clerk, &edit, &form.and("do", "publish")).is(422);
    let again = Filled::of(&refused);
    assert_eq!(again.get("place"), "潭头村小学");
    assert!(refused.text().contains("id=\"risks-wrong\""));
    assert!(!refused.text().contains("id=\"place-wrong\""));

    let form = complete(again).and("skill", "driving").and("skill", "it");
    let page = follows(&clerk, sends(&clerk, &edit, &form.and("do", "publish")));
    assert!(page.text().contains("已发布"), "{page:?}");
    let project = organization.reads(&reference).json();
    assert_eq!(project["state"], "published");
    assert_eq!(project["content"], "上午两节课。\n材料由我们带去。");
    assert_eq!(project["risks"], "山路湿滑 <小心>");
    assert_eq!(project["min_age"], 16);
    assert_eq!(project["skills"], json!(["driving", "it"]));
    let made = &project["shifts"][0];
    assert_eq!(made["starts_at"], "2026-12-05T09:00:00+08:00");
    assert_eq!(made["ends_at"], "2026-12-05T11:30:00+08:00");
    assert_eq!(
        (&made["capacity"], &made["waitlist"]),
        (&json!(8), &json!(4))
    );

    // Saved as it stands, it stays as it is.
    let form = Filled::of(&page).and("do", "save");
    follows(&clerk, sends(&clerk, &edit, &form)).is(200);
    assert_eq!(organization.reads(&reference).json(), project);
}

#[test]
fn each_fault_stands_beside_its_field_and_above_with_the_way_to_it() {
    let desk = Desk::new();
    let organization = desk.place().organization();
    let clerk = organization.member("manager");
    let new = format!("{}/new", base(&organization));
    let form = complete(Filled::of(&opens(&clerk, &new).is(200)));
    let form = form
        .with("risks", "")
        .with("min_age", "200")
        .with("shift-0-day", "")
        .with("shift-0-to", "")
        .with("shift-0-capacity", "many");
    let refused = sends(&clerk, &new, &form.clone().and("do", "publish")).is(422);
    let html = refused.text();
    let wrong = [
        "risks",
        "min_age",
        "shift-0-day",
        "shift-0-to",
        "shift-0-capacity",
    ];
    assert!(html.contains("共 5 处需要修改"), "{html}");
    for field in wrong {
        assert!(html.contains(&format!("href=\"#{field}\"")), "{field}");
        assert!(html.contains(&format!(" id=\"{field}\"")), "{field}");
        assert!(html.contains(&format!("id=\"{field}-wrong\"")), "{field}");
        assert!(
            html.contains(&format!("aria-describedby=\"{field}-wrong\"")),
            "{field}"
        );
    }
    assert_eq!(
        html.matches("class=\"wrong\" id=").count(),
        wrong.len(),
        "{html}"
    );
    assert!(html.contains("第 1 个班次 · 日期"), "{html}");

    // In the order of the form.
    let at = |field: &str| html.find(&format!("href=\"#{field}\"")).unwrap();
    assert!(at("risks") < at("min_age") && at("min_age") < at("shift-0-day"));
    assert!(at("shift-0-day") < at("shift-0-to") && at("shift-0-to") < at("shift-0-capacity"));

    // An end before the start is told at the end, not at the day.
    let form = form
        .with("min_age", "16")
        .with("shift-0-day", "2026-12-05")
        .with("shift-0-to", "08:00")
        .with("shift-0-capacity", "8");
    let html = sends(&clerk, &new, &form.and("do", "save")).is(422).text();
    assert!(html.contains("id=\"shift-0-to-wrong\""), "{html}");
    assert_eq!(html.matches("class=\"wrong\" id=").count(), 1, "{html}");
}

#[test]
fn a_draft_leads_to_what_it_lacks_and_is_published_in_one_place() {
    let desk = Desk::new();
    let organization = desk.place().organization();
    let clerk = organization.member("manager");
    organization
        .puts("draft", &json!({"title": "还没想好"}))
        .is(201);
    let edit = format!("{}/draft/edit", base(&organization));
    let html = opens(&clerk, &edit).is(200).text();
    for part in ["field", "risks", "shifts"] {
        assert!(html.contains(&format!("href=\"#{part}\"")), "{part}");
    }
    assert!(!html.contains("/draft/publish"), "{html}");
    // Whoever comes by the address reads which parts, in the form's words.
    let step = format!("{}/draft/publish", base(&organization));
    let refused = sends(&clerk, &step, &Filled(vec![]).and("version", "1")).is(422);
    assert!(refused.text().contains(&format!("{edit}#risks")));
    assert!(refused.text().contains("风险提示"));
}

#[test]
fn a_form_says_again_whatever_a_project_says() {
    let desk = Desk::new();
    let organization = desk.place().organization();
    let clerk = organization.member("owner");
    let night = with_waitlist(
        crate::support::notice::shift_until(
            "night",
            morning(desk.now(), 6).plus(DAY / 2),
            morning(desk.now(), 7),
            2,
        ),
        3,
    );
    let notice = Notice::of(&[shift("a", morning(desk.now(), 5), 3), night])
        .with("what_to_bring", "手套 & \"水\"")
        .with("region", "360731105")
        .with("skills", json!(["driving"]))
        .with("min_age", 0)
        .with("sign_up_opens_at", "2026-11-24T08:30:00+08:00")
        .with("sign_up_closes_minutes", 60)
        .with("cancel_until_minutes", 720)
        .with("travel_minutes", 45)
        .with_shift(0, "state", "cancelled");
    let project = organization.publishes(&notice);
    let edit = format!("{}/{}/edit", base(&organization), project.reference);
    let page = opens(&clerk, &edit).is(200);
    let saved = sends(&clerk, &edit, &Filled::of(&page).and("do", "save"));
    follows(&clerk, saved).is(200);
    let after = organization.reads(&project.reference).json();
    assert_eq!(after, project.body);
    // A town is offered once its county is chosen.
    assert!(page.text().contains("value=\"360731105\" selected"));
}

#[test]
fn a_rule_becomes_shifts_that_are_listed_one_by_one() {
    let desk = Desk::new();
    let organization = desk.place().organization();
    let clerk = organization.member("owner");
    let new = format!("{}/new", base(&organization));
    let form = Filled::of(&opens(&clerk, &new).is(200))
        .and("repeat-day", "SA")
        .and("repeat-day", "SU");
    let form = [
        ("repeat-first", "2026-12-01"),
        ("repeat-until", "2026-12-13"),
        ("repeat-role", "助教"),
        ("repeat-from", "22:00"),
        ("repeat-to", "01:00"),
        ("repeat-capacity", "5"),
    ]
    .into_iter()
    .fold(form, |form, (name, value)| form.with(name, value));
    let reference = form.get("client_ref").to_owned();
    let page = follows(&clerk, sends(&clerk, &new, &form.and("do", "save")));
    let starts = || -> Vec<Value> {
        let project = organization.reads(&reference).json();
        let shifts = project["shifts"].as_array().unwrap().iter();
        shifts.map(|shift| shift["starts_at"].clone()).collect()
    };
    let expected = ["05", "06", "12", "13"].map(|day| format!("2026-12-{day}T22:00:00+08:00"));
    assert_eq!(starts(), expected);
    // A day off is left out of the list.
    let form = Filled::of(&page).and("shift-1-out", "1");
    let edit = format!("{}/{reference}/edit", base(&organization));
    follows(&clerk, sends(&clerk, &edit, &form.and("do", "save"))).is(200);
    assert_eq!(starts(), [0, 2, 3].map(|at| expected[at].clone()));
    // What a rule lacks is told beside it, in words of the form.
    let form = Filled::of(&opens(&clerk, &edit)).and("repeat-day", "SA");
    let refused = sends(&clerk, &edit, &form.and("do", "save")).is(422).text();
    for part in ["first", "until", "from", "to", "role", "capacity"] {
        assert!(
            refused.contains(&format!("id=\"repeat-{part}-wrong\"")),
            "{part}"
        );
        assert!(
            refused.contains(&format!("href=\"#repeat-{part}\"")),
            "{part}"
        );
    }
    assert!(
        !refused.contains("UNTIL") && !refused.contains("RFC"),
        "{refused}"
    );
}

#[test]
fn one_more_row_saves_nothing_and_forgets_nothing() {
    let desk = Desk::new();
    let organization = desk.place().organization();
    let clerk = organization.member("owner");
    let new = format!("{}/new", base(&organization));
    let form = complete(Filled::of(&opens(&clerk, &new).is(200)));
    let more = sends(&clerk, &new, &form.clone().and("do", "row")).is(200);
    let again = Filled::of(&more);
    assert_eq!(again.get("rows"), "2");
    for (name, value) in &form.0 {
        if name != "rows" && name != "content" {
            assert_eq!(again.get(name), value, "{name}");
        }
    }
    let projects = desk
        .place()
        .number("SELECT count(*) AS n FROM project", json!([]));
    assert_eq!(projects, 0);
}

#[test]
fn two_taps_do_what_one_does() {
    let desk = Desk::new();
    let organization = desk.place().organization();
    let clerk = organization.member("owner");
    let new = format!("{}/new", base(&organization));
    let form = complete(Filled::of(&opens(&clerk, &new).is(200)));
    let reference = form.get("client_ref").to_owned();
    for _ in 0..2 {
        sends(&clerk, &new, &form.clone().and("do", "save")).is(303);
    }
    let edit = format!("{}/{reference}/edit", base(&organization));
    let changed = Filled::of(&opens(&clerk, &edit)).with("summary", "另一句");
    for _ in 0..2 {
        sends(&clerk, &edit, &changed.clone().and("do", "publish")).is(303);
    }
    for (step, extra) in [
        ("close", vec![]),
        ("publish", vec![]),
        ("copy", vec![("client_ref", "again")]),
        ("cancel", vec![("reason", "台风")]),
    ] {
        let target = format!("{}/{reference}/{step}", base(&organization));
        let page = opens(&clerk, &target).is(200).text();
        let version = page.split("name=\"version\" value=\"").nth(1).unwrap();
        let version = version.split('"').next().unwrap().to_owned();
        let mut form = Filled(vec![("version".to_owned(), version)]);
        for (name, value) in extra {
            form = form.and(name, value);
        }
        let first = sends(&clerk, &target, &form).is(303);
        let second = sends(&clerk, &target, &form).is(303);
        assert_eq!(
            first.header("location"),
            second.header("location"),
            "{step}"
        );
        follows(&clerk, second).is(200);
    }
    let delete = format!("{}/again/delete", base(&organization));
    opens(&clerk, &delete).is(200);
    for _ in 0..2 {
        sends(&clerk, &delete, &Filled(vec![])).is(303);
    }
    let states = desk
        .place()
        .rows("SELECT state, version FROM project", json!([]));
    // Saved, published, closed, published, called off.
    assert_eq!(states, [json!({"state": "cancelled", "version": 5})]);
}

#[test]
fn what_somebody_else_changed_meanwhile_is_not_overwritten_unawares() {
    let desk = Desk::new();
    let organization = desk.place().organization();
    let clerk = organization.member("owner");
    let project = organization.publishes(&Notice::of(&[shift("a", morning(desk.now(), 5), 3)]));
    let name = &project.reference;
    let edit = format!("{}/{name}/edit", base(&organization));
    let form = Filled::of(&opens(&clerk, &edit)).with("summary", "我的一句");
    organization
        .patches(name, &json!({"title": "别人的题目"}))
        .is(200);
    let refused = sends(&clerk, &edit, &form.and("do", "save")).is(412);
    assert_eq!(organization.reads(name).json()["title"], "别人的题目");
    let again = Filled::of(&refused);
    assert_eq!(again.get("summary"), "我的一句");
    assert_eq!(again.get("version"), "2");
    sends(&clerk, &edit, &again.and("do", "save")).is(303);
    let saved = organization.reads(name).json();
    assert_eq!(
        (&saved["summary"], &saved["title"]),
        (&json!("我的一句"), &project.body["title"])
    );

    // So are steps.
    let cancel = format!("{}/{name}/cancel", base(&organization));
    let stale = Filled(vec![]).and("version", "2").and("reason", "雨");
    let refused = sends(&clerk, &cancel, &stale).is(412);
    assert!(refused.text().contains("已被别人改动"));
    let silent = Filled(vec![]).and("version", "3");
    assert!(
        sends(&clerk, &cancel, &silent)
            .is(422)
            .text()
            .contains("id=\"reason-wrong\"")
    );
    assert_eq!(organization.reads(name).json()["state"], "published");
}

#[test]
fn a_shift_with_sign_ups_is_changed_with_a_reason_only() {
    let desk = Desk::new();
    let organization = desk.place().organization();
    let clerk = organization.member("manager");
    let project = organization.publishes(&Notice::of(&[
        shift("a", morning(desk.now(), 5), 3),
        shift("b", morning(desk.now(), 8), 3),
    ]));
    let ming = desk.place().adult();
    ming.takes(&project.shift("b"), "confirmed");
    // The first one is over, is not in the form, and stays.
    desk.passes(6 * DAY);
    let edit = format!("{}/{}/edit", base(&organization), project.reference);
    let page = opens(&clerk, &edit).is(200);
    assert!(page.text().contains("1 人已报名"));
    let form = Filled::of(&page)
        .with("shift-0-from", "14:00")
        .with("shift-0-to", "16:00");
    let refused = sends(&clerk, &edit, &form.and("do", "save")).is(409);
    assert!(
        refused.text().contains("请说明更改或取消的原因"),
        "{refused:?}"
    );
    let form = Filled::of(&refused).with("shift-0-reason", "学校考试");
    follows(&clerk, sends(&clerk, &edit, &form.and("do", "save"))).is(200);
    assert!(ming.is_told("shift_moved").contains("学校考试"));
    let after = organization.reads(&project.reference).json();
    assert_eq!(after["shifts"].as_array().unwrap().len(), 2);
    assert_eq!(after["shifts"][0], project.body["shifts"][0]);
}

#[test]
fn the_list_is_for_members_and_the_form_for_those_who_write() {
    let desk = Desk::new();
    let organization = desk.place().organization();
    let project = organization.publishes(&Notice::of(&[shift("a", morning(desk.now(), 5), 3)]));
    organization
        .puts("draft", &json!({"title": "还没想好"}))
        .is(201);
    let list = base(&organization);
    let edit = format!("{list}/{}/edit", project.reference);
    let publish = format!("{list}/{}/publish", project.reference);
    let stranger = desk.place().adult();
    let other = desk.place().organization().member("owner");
    for (who, reads, writes) in [
        (organization.member("owner"), 200, 200),
        (organization.member("manager"), 200, 200),
        (organization.member("recorder"), 200, 403),
        (organization.member("viewer"), 200, 403),
        (stranger, 403, 403),
        (other, 403, 403),
    ] {
        let page = opens(&who, &list).is(reads);
        if reads == 200 {
            assert!(page.text().contains("还没想好"));
            assert_eq!(page.text().contains("/edit\""), writes == 200);
        }
        for target in [&edit, &publish, &format!("{list}/new")] {
            opens(&who, target).is(writes);
        }
        let form = Filled(vec![]).and("client_ref", "x").and("title", "偷改");
        for target in [&edit, &format!("{list}/new")] {
            let status = sends(&who, target, &form).status;
            assert_eq!(status == 403, writes == 403, "{target} {status}");
        }
    }
    desk.place().get(&list).is(401);
    desk.place().get(&edit).is(401);
    let nobody = Request::new("POST", &edit).form(&[("title", "偷改")]);
    desk.place().send(&nobody).is(401);
    let owner = organization.member("owner");
    opens(&owner, &format!("{list}/none/edit")).is(404);
    opens(&owner, &format!("{list}/draft/sing")).is(404);
    // Filters of the list.
    let drafts = opens(&owner, &format!("{list}?state=draft")).text();
    assert!(
        drafts.contains("还没想好") && !drafts.contains(project.body["title"].as_str().unwrap())
    );
    let found = opens(&owner, &format!("{list}?q=%E8%BF%98%E6%B2%A1")).text();
    assert!(found.contains("还没想好"));
    assert!(
        opens(&owner, &format!("{list}?q=zzz"))
            .text()
            .contains("没有符合条件的项目")
    );
}
