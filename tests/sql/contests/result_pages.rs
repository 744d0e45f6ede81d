//! Results on pages, as a browser without scripts sends their forms.

use diandan::platform::clock::DAY;
use serde_json::json;

use super::results::{Judged, two_stages};
use crate::support::answer::Answer;
use crate::support::desk::Desk;
use crate::support::jury::Contest;
use crate::support::people::Volunteer;
use crate::support::place::Place as _;
use crate::support::request::Request;

fn opens(who: Option<&Volunteer>, desk: &Desk, target: &str) -> Answer {
    let request = Request::get(target);
    desk.place().send(&match who {
        Some(who) => request.browser(&who.session),
        None => request,
    })
}

fn fills_in(who: &Volunteer, target: &str, fields: &[(&str, &str)]) -> Answer {
    let request = Request::new("POST", target).browser(&who.session);
    who.place.send(&request.form(fields))
}

#[test]
fn a_result_is_drawn_up_and_approved_on_the_page() {
    let desk = Desk::new();
    let judged = Judged::new(&desk);
    let run = format!("/contests/{}/run/results", judged.contest.id);
    let [owner, other] = [(); 2].map(|()| judged.contest.organization.member("owner"));
    assert!(
        opens(None, &desk, &run)
            .is(303)
            .header("location")
            .unwrap()
            .starts_with("/sign-in")
    );
    opens(Some(&desk.place().adult()), &desk, &run).is(403);
    opens(Some(&judged.judges[0].0), &desk, &run).is(403);
    let page = opens(Some(&owner), &desk, &run).is(200).text();
    assert!(
        page.contains("汇总本阶段评分") && !page.contains("重新汇总"),
        "{page}"
    );
    fills_in(&owner, &format!("{run}/draw_up"), &[("stage", "roadshow")]).is(409);
    fills_in(&owner, &format!("{run}/draw_up"), &[("stage", "paper")]).is(303);
    // A second tap draws nothing: it wants a reason.
    let told = fills_in(
        &owner,
        &format!("{run}/draw_up"),
        &[("stage", "paper"), ("reason", "")],
    );
    assert!(told.is(422).text().contains("重新汇总须说明原因"));
    let public = format!("/contests/{}/results", judged.contest.id);
    assert!(
        opens(None, &desk, &public)
            .is(200)
            .text()
            .contains("评审还没有结果")
    );
    let sealed = format!("{public}/paper/1");
    opens(None, &desk, &sealed).is(404);
    let read = opens(Some(&owner), &desk, &sealed).is(200).text();
    for shown in ["尚未公布，请勿外传", "34.0000", "乡村科学课", "E0003"] {
        assert!(read.contains(shown), "{shown}");
    }
    let approve = format!("{run}/approve");
    let this = [("stage", "paper"), ("version", "1")];
    fills_in(&owner, &approve, &this).is(303);
    let page = opens(Some(&owner), &desk, &run).is(200).text();
    assert!(page.contains("您已审定") && !page.contains("核对无误"));
    fills_in(&other, &approve, &this).is(303);
    let list = opens(None, &desk, &sealed).is(200);
    assert!(list.text().contains("晋级名单") && !list.text().contains("34.0000"));
    assert!(!list.text().contains("data-recompute"));
}

#[test]
fn the_public_reads_recomputes_and_objects() {
    let desk = Desk::new();
    let judged = Judged::on_notice(&desk);
    let (place, id) = (desk.place(), &judged.contest.id);
    let public = format!("/contests/{id}/results");
    let page = opens(None, &desk, &public).is(200).text();
    assert!(
        page.contains("前可以提出异议") && page.contains("登录后提出"),
        "{page}"
    );
    let result = opens(None, &desk, &format!("{public}/roadshow/1")).is(200);
    let policy = result.header("content-security-policy").unwrap();
    assert!(policy.contains("'wasm-unsafe-eval'") && !policy.contains("'unsafe-eval'"));
    let result = result.text();
    for shown in [
        "84.0000",
        "金奖",
        "data-recompute",
        "/placings.csv",
        "2 份评分",
    ] {
        assert!(result.contains(shown), "{shown}");
    }
    // No certificate before it is final.
    opens(None, &desk, &format!("/contests/{id}/awards/E0002")).is(404);
    let li = place.adult();
    let object = format!("{public}/roadshow/1/objections");
    let slip = fills_in(&li, &object, &[("words", "不符"), ("entry", "第三个")])
        .is(422)
        .text();
    assert!(
        slip.contains("应为项目编号") && slip.contains("不符</textarea>"),
        "{slip}"
    );
    fills_in(
        &li,
        &object,
        &[("words", "时长<不符>𠮷"), ("entry", "e0002")],
    )
    .is(303);
    let mine = opens(Some(&li), &desk, &public).is(200).text();
    assert!(mine.contains("时长&lt;不符&gt;𠮷") && mine.contains("您提出的"));
    assert!(!opens(None, &desk, &public).is(200).text().contains("时长"));
    let run = format!("/contests/{id}/run/results");
    let owner = judged.contest.organization.member("owner");
    let chair = judged.contest.officer("chair");
    let objection = place.value("SELECT id FROM contest_objection", json!([]));
    let objection = objection.as_str().unwrap();
    let empty = [("objection", objection), ("answer", " ")];
    fills_in(&owner, &format!("{run}/answer"), &empty).is(422);
    let answer = [("objection", objection), ("answer", "已核对")];
    fills_in(&chair, &format!("{run}/answer"), &answer).is(403);
    fills_in(&owner, &format!("{run}/answer"), &answer).is(303);
    let decide = [
        ("objection", objection),
        ("decision", "dismissed"),
        ("reason", "维持"),
    ];
    fills_in(&chair, &format!("{run}/decide"), &decide).is(303);
    assert!(
        opens(None, &desk, &public)
            .is(200)
            .text()
            .contains("不成立")
    );
    desk.passes(9 * DAY);
    assert!(
        opens(Some(&owner), &desk, &run)
            .is(200)
            .text()
            .contains("确定结果")
    );
    let this = [("stage", "roadshow"), ("version", "1")];
    fills_in(&owner, &format!("{run}/finish"), &this).is(303);
    let sheet = opens(None, &desk, &format!("/contests/{id}/awards/E0002"))
        .is(200)
        .text();
    for shown in ["获奖证书", "乡村科学课", "乡村教育赛道", "金奖", "省民政厅"]
    {
        assert!(sheet.contains(shown), "{shown}");
    }
    opens(None, &desk, &format!("/contests/{id}/awards/E0003")).is(404);
}

#[test]
fn what_people_should_talk_about_is_found() {
    let desk = Desk::new();
    let mut rules = two_stages(desk.now());
    rules["stages"][0]["advance"] = json!(1);
    let contest = Contest::under(desk.place(), &rules);
    let team = desk.place().organization();
    let entries: Vec<_> = (0..3).map(|_| contest.entry(&team)).collect();
    let judges = [contest.judge().1, contest.judge().1];
    let pairs = entries
        .iter()
        .flat_map(|entry| judges.iter().map(move |judge| (entry, &**judge)));
    let pairs: Vec<_> = pairs.collect();
    contest.draws(&pairs);
    // Without the second judge the second entry would be ahead of the first.
    let given = [5, 9, 6, 7, 1, 1].map(|both| json!({"need": both, "effect": both}));
    let ballots: Vec<_> = pairs
        .iter()
        .zip(given)
        .map(|((entry, judge), scores)| (*entry, *judge, scores))
        .collect();
    contest.scored("paper", &ballots);
    desk.passes(2 * DAY);
    let owner = contest.organization.member("owner");
    let target = contest.path("stages/paper/results");
    owner.sends("POST", &target, &json!({})).is(201);
    let page = |query: &str| {
        let target = format!("/contests/{}/results/paper/1{query}", contest.id);
        opens(Some(&owner), &desk, &target).is(200).text()
    };
    assert!(page("").contains("E0003"));
    let flagged = page("?track=education&flagged=1");
    assert!(flagged.contains("取决于一名评委：去掉 J02"), "{flagged}");
    assert!(!flagged.contains("E0003"));
    let api = contest.path("stages/paper/results/1/tracks/education?flagged=true");
    let items = owner.reads(&api).is(200).json();
    assert_eq!(items["items"][0]["entry"], "E0001");
}
