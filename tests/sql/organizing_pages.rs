//! The organizer's pages: each act as a form on a roster, or on the list of requests.

use diandan::platform::clock::HOUR;
use serde_json::json;

use crate::support::answer::Answer;
use crate::support::at;
use crate::support::desk::Desk;
use crate::support::notice::{Notice, shift, with_waitlist};
use crate::support::people::{Organization, Shift, Volunteer};
use crate::support::place::Place as _;
use crate::support::request::Request;

const NINE: &str = "2026-11-28T09:00:00+08:00";

fn two(organization: &Organization<'_>, approval: &str) -> [Shift; 2] {
    let project = organization.publishes(
        &Notice::of(&[
            with_waitlist(shift("a", at(NINE), 2), 2),
            shift("b", at(NINE).plus(3 * HOUR), 2),
        ])
        .with("approval", approval),
    );
    ["a", "b"].map(|name| project.shift(name))
}

fn open(desk: &Desk, who: &Volunteer<'_>, target: &str) -> Answer {
    let request = Request::get(target).browser(&who.session);
    desk.place().send(&request)
}

fn sends(desk: &Desk, who: &Volunteer<'_>, target: &str, fields: &[(&str, &str)]) -> Answer {
    let request = Request::new("POST", target)
        .browser(&who.session)
        .form(fields);
    desk.place().send(&request)
}

#[test]
fn a_roster_offers_managers_what_they_can_do_and_others_nothing() {
    let desk = Desk::new();
    let organization = desk.place().organization();
    let [a, b] = two(&organization, "none");
    let ming = desk.place().adult();
    let seat = ming.takes(&a, "confirmed");
    let roster = format!("/shifts/{}/roster", a.id);
    let to = |act: &str| format!("{roster}/{seat}/{act}");
    for role in ["manager", "viewer"] {
        let member = organization.member(role);
        let text = open(&desk, &member, &roster).is(200).text();
        let one = format!("{roster}/{seat}");
        let offered = text.contains(&format!("href=\"{one}\""));
        assert_eq!(offered, role == "manager", "{role}");
        let status = if role == "manager" { 200 } else { 403 };
        let text = text + &open(&desk, &member, &one).is(status).text();
        for form in [
            to("move"),
            to("describe"),
            to("release"),
            format!("{roster}/message"),
        ] {
            let offered = text.contains(&format!("action=\"{form}\""));
            assert_eq!(offered, role == "manager", "{form} to a {role}");
        }
        assert!(!text.contains(&to("approve")), "nothing to approve");
    }
    let nobody = format!("{roster}/{}", uuid::Uuid::new_v4());
    open(&desk, &organization.member("owner"), &nobody).is(404);
    let viewer = organization.member("viewer");
    let fields = [("shift_id", b.id.as_str())];
    sends(&desk, &viewer, &to("move"), &fields).is(403);
    sends(&desk, &viewer, &to("describe"), &[("note", "x")]).is(403);
    assert_eq!(ming.ticket(&seat)["shift_id"], a.id.as_str());
}

#[test]
fn each_form_does_what_it_says() {
    let desk = Desk::new();
    let organization = desk.place().organization();
    let manager = organization.member("manager");
    let [a, b] = two(&organization, "none");
    let ming = desk.place().adult();
    let seat = ming.takes(&a, "confirmed");
    let roster = format!("/shifts/{}/roster", a.id);
    let to = |act: &str| format!("{roster}/{seat}/{act}");

    let noted = [("expectation", "arrives_late"), ("note", "坐十点的车")];
    sends(&desk, &manager, &to("describe"), &noted).is(303);
    let text = open(&desk, &manager, &roster).is(200).text();
    assert!(text.contains("会晚到") && text.contains("坐十点的车"));
    let json = organization.reads_roster(&a).is(200).json();
    assert_eq!(json["items"][0]["expectation"], "arrives_late");
    assert!(!ming.ticket(&seat).to_string().contains("十点"));
    sends(&desk, &manager, &to("describe"), &[("expectation", "")]).is(303);
    let json = organization.reads_roster(&a).is(200).json();
    assert_eq!(json["items"][0]["expectation"], json!(null));
    assert_eq!(json["items"][0]["organizer_note"], json!(null));

    let words = [("to", "confirmed"), ("text", "请带伞")];
    sends(&desk, &manager, &format!("{roster}/message"), &words).is(303);
    assert!(ming.is_told("organizer_message").contains("请带伞"));

    let moving = [("shift_id", b.id.as_str()), ("reason", "那边缺人")];
    let answer = sends(&desk, &manager, &to("move"), &moving).is(303);
    let moved = format!("{roster}?done=moved");
    assert_eq!(answer.header("location"), Some(moved.as_str()));
    assert_eq!(ming.ticket(&seat)["shift_id"], b.id.as_str());

    let there = format!("/shifts/{}/roster/{seat}/release", b.id);
    sends(&desk, &manager, &there, &[("reason", "活动缩小规模")]).is(303);
    assert_eq!(ming.ticket(&seat)["state"], "cancelled");
    assert_eq!(ming.ticket(&seat)["change_reason"], "活动缩小规模");
    assert!(
        ming.is_told("signup_let_go")
            .contains("原因：活动缩小规模。")
    );
    assert!(
        !desk
            .texts_to(&ming.phone)
            .iter()
            .any(|text| text.contains("已同意您退出"))
    );
}

#[test]
fn requests_of_all_shifts_stand_in_one_place() {
    let desk = Desk::new();
    let organization = desk.place().organization();
    let manager = organization.member("manager");
    let [a, _] = two(&organization, "required");
    let [_, d] = two(&organization, "none");
    let requests = format!("/organizations/{}/requests", organization.id);
    let text = || open(&desk, &manager, &requests).is(200).text();
    assert!(text().contains("没有待处理的请求"));

    let crowd = desk.place().crowd(4);
    let [first, second] = [0, 1].map(|n| crowd[n].takes(&a, "waitlisted"));
    let leaver = crowd[2].takes(&d, "confirmed");
    crowd[3].takes(&d, "confirmed");
    desk.it_is(at(NINE).plus(-HOUR));
    crowd[2].cancels(&leaver).is(202);
    let shown = text();
    for (n, there) in [(0, true), (1, true), (2, true), (3, false)] {
        assert_eq!(shown.contains(&crowd[n].name), there, "{n}");
        assert!(!shown.contains(&crowd[n].phone));
    }
    let act = |shift: &Shift, signup: &str, act: &str, reason: &str| {
        let target = format!("/shifts/{}/roster/{signup}/{act}", shift.id);
        let fields = [
            ("requests_of", organization.id.as_str()),
            ("reason", reason),
        ];
        let answer = sends(&desk, &manager, &target, &fields).is(303);
        let location = answer.header("location").unwrap();
        assert!(location.starts_with(&requests), "{location}");
        let told = open(&desk, &manager, location).is(200).text();
        told.split("role=\"status\">").nth(1).unwrap().to_owned()
    };
    assert!(shown.contains("报名请求 <span class=\"num count\">3</span>"));
    assert!(act(&a, &first, "approve", "").starts_with("已同意报名"));
    assert!(act(&a, &second, "decline", "人数已够").starts_with("已谢绝"));
    assert!(act(&d, &leaver, "release", "").starts_with("已取消报名"));
    assert!(text().contains("没有待处理的请求"));
    assert_eq!(crowd[0].ticket(&first)["state"], "confirmed");
    assert_eq!(crowd[1].ticket(&second)["change_reason"], "人数已够");
    crowd[2].is_told("signup_released");
    open(&desk, &crowd[0], &requests).is(403);
    open(
        &desk,
        &desk.place().organization().member("owner"),
        &requests,
    )
    .is(403);

    // Another page to go back to is none.
    let third = desk.place().adult();
    let seat = third.takes(&a, "waitlisted");
    let roster = format!("/shifts/{}/roster", a.id);
    let target = format!("{roster}/{seat}/approve");
    let fields = [("requests_of", "//evil.example")];
    let answer = sends(&desk, &manager, &target, &fields).is(303);
    let location = answer.header("location").unwrap();
    assert_eq!(location, format!("{roster}?done=approved&signup={seat}"));
    // Whom it was done to stands on the page, never in its address.
    let told = open(&desk, &manager, location).is(200).text();
    assert!(
        told.contains(&format!("已同意{}的报名", third.name)),
        "{told}"
    );
    for odd in [
        "done=sung",
        "done=approved&signup=%3Cb%3E",
        "done=noted&signup=x",
    ] {
        open(&desk, &manager, &format!("{roster}?{odd}")).is(200);
    }
}

#[test]
fn requests_are_told_apart_from_those_who_wait_in_line() {
    let desk = Desk::new();
    let organization = desk.place().organization();
    let manager = organization.member("manager");
    let project = organization.publishes(
        &Notice::of(&[with_waitlist(shift("a", at(NINE), 1), 3)]).with("approval", "required"),
    );
    let a = project.shift("a");
    let crowd = desk.place().crowd(4);
    let ids: Vec<_> = crowd
        .iter()
        .map(|one| one.takes(&a, "waitlisted"))
        .collect();
    organization.approves(&ids[0]).is(200);
    organization.approves(&ids[1]).is(200);
    let counted = "已确认 1/1，待审核 2，候补 1";
    let roster = format!("/shifts/{}/roster", a.id);
    for page in [roster.as_str(), "/me/signups"] {
        let text = open(&desk, &manager, page).is(200).text();
        assert!(text.contains(counted), "{page}: {text}");
    }
}

#[test]
fn letting_somebody_go_takes_two_taps() {
    let desk = Desk::new();
    let organization = desk.place().organization();
    let manager = organization.member("manager");
    let [a, _] = two(&organization, "none");
    let seat = desk.place().adult().takes(&a, "confirmed");
    let one = format!("/shifts/{}/roster/{seat}", a.id);
    let text = open(&desk, &manager, &one).is(200).text();
    let form = text.find(&format!("action=\"{one}/release\"")).unwrap();
    let before = &text[..form];
    let opened = before.matches("<details").count();
    assert_eq!(opened, before.matches("</details>").count() + 1, "{text}");
    let too_long = "长".repeat(201);
    let refused = sends(
        &desk,
        &manager,
        &format!("{one}/release"),
        &[("reason", &too_long)],
    );
    assert!(refused.is(422).text().contains("原因不能超过 200 个字"));
}

#[test]
fn a_refused_act_leads_back_to_where_it_was_sent_from() {
    let desk = Desk::new();
    let organization = desk.place().organization();
    let manager = organization.member("manager");
    let [a, _] = two(&organization, "none");
    let seat = desk.place().adult().takes(&a, "confirmed");
    let roster = format!("/shifts/{}/roster", a.id);
    let refused = |referer: &str| {
        let request = Request::new("POST", format!("{roster}/{seat}/approve"))
            .browser(&manager.session)
            .header("referer", referer)
            .form(&[]);
        desk.place().send(&request).is(409).text()
    };
    let origin = "https://diandan.example";
    let text = refused(&format!("{origin}{roster}?done=noted"));
    assert!(
        text.contains(&format!("href=\"{roster}?done=noted\">返回上一页")),
        "{text}"
    );
    for elsewhere in [
        format!("{origin}.evil.example{roster}"),
        format!("{origin}//evil.example/"),
        "https://evil.example/".to_owned(),
        "javascript:alert(1)".to_owned(),
    ] {
        let text = refused(&elsewhere);
        assert!(!text.contains(">返回上一页<"), "{elsewhere}");
    }
    // Words to correct are told by the name of their field.
    let target = format!("{roster}/message");
    let empty = sends(&desk, &manager, &target, &[("to", "all")]).is(422);
    assert!(empty.text().contains("短信内容不能为空"));
}

#[test]
fn a_roster_stands_in_the_console_and_leads_where_its_reader_may_go() {
    let desk = Desk::new();
    let organization = desk.place().organization();
    let [a, _] = two(&organization, "none");
    for (role, webhooks) in [("owner", true), ("manager", false), ("viewer", false)] {
        let member = organization.member(role);
        let console = format!("/organizations/{}", organization.id);
        for page in [
            format!("/shifts/{}/roster", a.id),
            format!("{console}/projects"),
            format!("{console}/requests"),
            format!("{console}/imports"),
            format!("{console}/settings"),
        ] {
            let text = open(&desk, &member, &page).is(200).text();
            assert!(
                text.contains(&format!("href=\"{console}/projects\"")),
                "{page}"
            );
            let offered = text.contains(&format!("href=\"{console}/webhooks\""));
            assert_eq!(offered, webhooks, "{page} to a {role}");
        }
        let status = if webhooks { 200 } else { 403 };
        let page = open(&desk, &member, &format!("{console}/webhooks")).is(status);
        let leads = page
            .text()
            .contains("class=\"button quiet\" href=\"/me/organizations\"");
        assert_eq!(leads, !webhooks, "{role}");
    }
}

#[test]
fn requests_are_found_by_their_index() {
    let desk = Desk::new();
    let organization = desk.place().organization();
    let [a, _] = two(&organization, "none");
    for volunteer in desk.place().crowd(2) {
        volunteer.takes(&a, "confirmed");
    }
    let plan = desk
        .db
        .plan(&diandan::platform::db::Statement::new(
            "SELECT s.id FROM signup s WHERE s.asks IS NOT NULL AND s.facts ->> 'organization_id' = ?1
               AND s.starts_at > ?2 ORDER BY s.starts_at, s.seq LIMIT 100",
            vec![organization.id.as_str().into(), 0_i64.into()],
        ))
        .unwrap();
    assert!(
        plan.iter().any(|step| step.contains("signup_asks")) && plan.len() == 1,
        "{plan:?}"
    );
}

#[test]
fn a_printed_sheet_has_no_telephone_numbers_and_says_who_printed_it() {
    let desk = Desk::new();
    let organization = desk.place().organization();
    let viewer = organization.member("viewer");
    let [a, _] = two(&organization, "none");
    let crowd = desk.place().crowd(3);
    for (volunteer, state) in crowd.iter().zip(["confirmed", "confirmed", "waitlisted"]) {
        volunteer.takes(&a, state);
    }
    let sheet = format!("/shifts/{}/roster/print", a.id);
    let text = open(&desk, &viewer, &sheet).is(200).text();
    for volunteer in &crowd {
        assert!(text.contains(&volunteer.name));
        assert!(!text.contains(&volunteer.phone));
        assert!(text.contains(&format!(">{}<", &volunteer.phone[7..])));
    }
    assert!(text.contains(&viewer.name) && text.contains("候补"));
    open(&desk, &crowd[0], &sheet).is(403);
    open(&desk, &desk.place().stranger(), &sheet).is(401);
}

#[test]
fn the_console_registers_tries_out_replays_and_removes_an_endpoint() {
    let desk = Desk::new();
    let organization = desk.place().organization();
    let owner = organization.member("owner");
    let list = format!("/organizations/{}/webhooks", organization.id);
    open(&desk, &organization.member("manager"), &list).is(403);
    let wrong = sends(&desk, &owner, &list, &[("url", "ftp://x")]).is(422);
    assert!(wrong.text().contains("ftp://x") && wrong.text().contains("公网的 https 地址"));
    let deaf = [("url", "https://desk.example.org/in")];
    let none = sends(&desk, &owner, &list, &deaf).is(422);
    assert!(none.text().contains("至少选一种事件"));
    let fields = [
        ("url", "https://desk.example.org/in"),
        ("event", "signup.created"),
    ];
    let shown = sends(&desk, &owner, &list, &fields).is(200).text();
    assert!(shown.contains("whsec_") && shown.contains("已登记"));
    assert!(shown.contains("href=\"/api/docs\">接口文档"));
    let text = open(&desk, &owner, &list).is(200).text();
    assert!(text.contains("desk.example.org") && !text.contains("whsec_"));
    let api = format!("/api/v1{list}");
    let id = owner.reads(&api).is(200).ids().remove(0);
    let one = format!("{list}/{id}");
    let done = |target: &str, words: &str| {
        let answer = sends(&desk, &owner, target, &[]).is(303);
        let shown = open(&desk, &owner, answer.header("location").unwrap());
        let text = shown.is(200).text();
        assert!(
            text.contains("role=\"status\"") && text.contains(words),
            "{text}"
        );
        text
    };
    let text = done(&format!("{one}/test"), "测试已发出");
    assert!(text.contains("webhook.test") && text.contains("待推送"));
    assert!(!text.contains("/replay\""), "a test is sent anew");
    let delivery = "msg_0f8fad5bd9cb469fa16570867728950e";
    desk.place().rows(
        "INSERT INTO webhook_delivery (id, webhook_id, type, data) VALUES (?1, ?2, 'signup.created', '{}')",
        serde_json::json!([delivery, id]),
    );
    done(&format!("{one}/deliveries/{delivery}/replay"), "已重新推送");
    let rotated = sends(&desk, &owner, &format!("{one}/rotate"), &[]).is(200);
    assert!(rotated.text().contains("whsec_") && rotated.text().contains("密钥已更换"));
    let twice = sends(&desk, &owner, &format!("{one}/rotate"), &[]).is(409);
    assert!(twice.text().contains("role=\"alert\"") && !twice.text().contains("whsec_"));
    for _ in 0..4 {
        sends(&desk, &owner, &format!("{one}/test"), &[]).is(303);
    }
    let too_many = sends(&desk, &owner, &format!("{one}/test"), &[]).is(429);
    assert!(too_many.text().contains("一小时内最多测试 5 次"));
    assert!(done(&format!("{one}/disable"), "补发").contains("已停用"));
    done(&format!("{one}/enable"), "已启用");
    done(&format!("{one}/remove"), "已删除");
    open(&desk, &owner, &one).is(404);
}
