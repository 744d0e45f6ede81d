//! Contests on pages, as a browser without scripts sends their forms.

use diandan::contests::rules::example;
use diandan::platform::clock::DAY;
use serde_json::{Value, json};

use crate::support::answer::Answer;
use crate::support::at;
use crate::support::contests::announced;
use crate::support::desk::Desk;
use crate::support::notice::{Notice, shift};
use crate::support::people::{Organization, Project, Volunteer};
use crate::support::request::Request;

fn opens(who: &Volunteer, target: &str) -> Answer {
    who.place.send(&Request::get(target).browser(&who.session))
}

fn fills_in(who: &Volunteer, target: &str, fields: &[(&str, &str)]) -> Answer {
    let request = Request::new("POST", target).browser(&who.session);
    who.place.send(&request.form(fields))
}

fn project(organization: &Organization) -> Project {
    let start = organization.place.now().plus(30 * DAY);
    organization.publishes(&Notice::of(&[shift("a", start, 5)]))
}

#[test]
fn a_contest_is_prepared_announced_and_read() {
    let desk = Desk::new();
    let place = desk.place();
    let coordinator = place.coordinator("3607");
    assert!(
        opens(&coordinator, "/contests")
            .is(200)
            .text()
            .contains("筹备一届大赛")
    );
    assert!(
        !place
            .get("/contests")
            .is(200)
            .text()
            .contains("筹备一届大赛")
    );
    let nameless = [("host", "region:3607")];
    fills_in(&coordinator, "/contests", &nameless).is(422);
    let made = [("host", "region:3607"), ("name", "赣州<大赛>")];
    let made = fills_in(&coordinator, "/contests", &made).is(303);
    let run = made.header("location").unwrap().to_owned();
    let public = run.trim_end_matches("/run").to_owned();
    place.get(&public).is(404);
    let page = opens(&coordinator, &run).is(200).text();
    assert!(page.contains("赣州&lt;大赛&gt;") && !page.contains("judges_per_entry"));
    let named = [
        ("version", "1"),
        ("name", "赣州大赛"),
        ("about", "山村志愿服务"),
    ];
    let edit = format!("{run}/edit");
    fills_in(&coordinator, &edit, &[("version", "1"), ("name", "")]).is(422);
    fills_in(&coordinator, &edit, &named).is(303);
    fills_in(&coordinator, &edit, &named).is(412);
    let json = format!("{run}/rules/json");
    let page = opens(&coordinator, &json).is(200).text();
    assert!(page.contains("judges_per_entry"));
    let slip = [("version", "2"), ("rules", "{\"tracks\": [")];
    let told = fills_in(&coordinator, &json, &slip).is(422).text();
    assert!(told.contains("不是合法的 JSON") && told.contains("{&quot;tracks&quot;: ["));
    let announce = format!("{run}/announce");
    let unwritten = fills_in(&coordinator, &announce, &[("version", "2")]);
    assert!(unwritten.is(422).text().contains("公布前必须写好规则"));
    let mut rules = example();
    rules["stages"][1]["weight"] = json!(1);
    let text = rules.to_string();
    let draft = [("version", "2"), ("rules", text.as_str())];
    fills_in(&coordinator, &json, &draft).is(303);
    let stale = fills_in(&coordinator, &json, &draft).is(412).text();
    assert!(stale.contains("您填写的内容还在下面"));
    // What is wrong is told in words, with the way to it, and no pointer.
    let told = fills_in(&coordinator, &announce, &[("version", "3")]);
    let told = told.is(422).text();
    assert!(told.contains(&format!("href=\"{run}/rules/schedule#stages\"")));
    assert!(told.contains("现在是 60.1%") && !told.contains("/rules/stages<"));
    let text = example().to_string();
    let draft = [("version", "3"), ("rules", text.as_str())];
    fills_in(&coordinator, &json, &draft).is(303);
    fills_in(&coordinator, &announce, &[("version", "4")]).is(303);
    // Names and descriptions change nothing of the rules, nor they of those.
    let about = place.value("SELECT about FROM contest", json!([]));
    assert_eq!(about, "山村志愿服务");
    let page = opens(&coordinator, &json).is(200).text();
    assert!(page.contains("judges_per_entry") && page.contains("公开修订"));
    let mut rules = example();
    rules["stages"][1]["judges_per_entry"] = json!(5);
    let text = rules.to_string();
    let amendment = [
        ("version", "5"),
        ("rules", text.as_str()),
        ("reason", "人手不足"),
    ];
    fills_in(&coordinator, &json, &amendment[..2]).is(422);
    fills_in(&coordinator, &json, &amendment).is(303);
    fills_in(&coordinator, &json, &amendment).is(412);
    let hash = place.value(
        "SELECT hash FROM contest_rules ORDER BY version DESC LIMIT 1",
        json!([]),
    );
    let page = place.get(&public).is(200).text();
    for shown in [
        hash.as_str().unwrap(),
        "匿名评审",
        "经实地走访核实",
        "40%",
        "乡村教育",
        "金奖",
    ] {
        assert!(page.contains(shown), "{shown}");
    }
    assert!(place.get("/contests").is(200).text().contains("赣州大赛"));
    let appoint = [("phone", "13800138000"), ("role", "supervisor")];
    fills_in(&coordinator, &format!("{run}/appoint"), &appoint).is(303);
    assert!(
        opens(&coordinator, &run)
            .is(200)
            .text()
            .contains("138****8000")
    );
    fills_in(&coordinator, &format!("{run}/appoint"), &appoint).is(409);
    let stranger = place.adult();
    opens(&stranger, &run).is(403);
    fills_in(&stranger, &format!("{run}/call_off"), &[("reason", "x")]).is(403);
    fills_in(
        &coordinator,
        &format!("{run}/call_off"),
        &[("reason", "防汛")],
    )
    .is(303);
    assert!(
        place
            .get(&public)
            .is(200)
            .text()
            .contains("大赛已取消：防汛")
    );
}

#[test]
fn a_project_is_entered_and_checked() {
    let desk = Desk::new();
    let place = desk.place();
    let contest = announced(place, &example());
    let organization = place.organization();
    let manager = organization.member("manager");
    let project = project(&organization);
    desk.it_is(at("2026-12-05T09:00:00+08:00"));
    let list = format!("/organizations/{}/entries", organization.id);
    assert!(
        opens(&manager, &list)
            .is(200)
            .text()
            .contains("志愿服务项目大赛")
    );
    opens(&organization.member("viewer"), &list).is(403);
    let begin = [
        ("contest", contest.as_str()),
        ("project_id", project.id.as_str()),
    ];
    let begun = fills_in(&manager, &list, &begin).is(303);
    let here = begun.header("location").unwrap().to_owned();
    let again = fills_in(&manager, &list, &begin).is(409).text();
    assert!(again.contains("一个项目只能报一次"));
    let page = opens(&manager, &here).is(200).text();
    assert!(page.contains("data-limit=\"800\"") && page.contains("800 字以内"));
    assert!(page.contains("服务的志愿者"));
    let long = "长".repeat(501);
    let mut fields = vec![
        ("version", "1"),
        ("track", "open"),
        ("title", "科学课"),
        ("words-need", long.as_str()),
        ("link-0-name", "总结"),
        ("link-0-url", "https://example.org/a"),
        ("act", "submit"),
    ];
    let refused = fills_in(&manager, &here, &fields).is(422).text();
    assert!(refused.contains("最多 500 字，现有 501 字") && refused.contains(&long));
    fields[3] = ("words-need", "三个村小没有科学老师。");
    // What was typed is saved, though it cannot be submitted yet.
    let refused = fills_in(&manager, &here, &fields).is(422).text();
    assert!(refused.contains("项目成效") && refused.contains("三个村小没有科学老师。"));
    fields[0] = ("version", "2");
    fields.push(("words-effect", "一学期上了二十四节课。"));
    fills_in(&manager, &here, &fields).is(303);
    let page = opens(&manager, &here).is(200).text();
    assert!(page.contains("E0001") && page.contains("已提交"));
    let coordinator = place.coordinator("36");
    let run = format!("/contests/{contest}/run");
    assert!(opens(&coordinator, &run).is(200).text().contains("E0001"));
    let entry = here.rsplit('/').next().unwrap();
    let dossier = format!("{run}/entries/{entry}");
    assert!(
        opens(&coordinator, &dossier)
            .is(200)
            .text()
            .contains("三个村小没有科学老师。")
    );
    opens(&manager, &dossier).is(403);
    fills_in(&coordinator, &dossier, &[("eligible", "no")]).is(422);
    let no = [("eligible", "no"), ("reason", "不在评选年度内")];
    fills_in(&coordinator, &dossier, &no).is(303);
    assert!(
        opens(&manager, &here)
            .is(200)
            .text()
            .contains("不在评选年度内")
    );
    desk.it_is(at("2026-12-20T18:00:00+08:00"));
    let page = opens(&manager, &here).is(200).text();
    assert!(page.contains("报名已于北京时间 2026-12-20 18:00 截止") && !page.contains("<textarea"));
    fills_in(
        &manager,
        &here,
        &[("act", "withdraw"), ("reason", "明年再报")],
    )
    .is(303);
    let state: Value = place.value("SELECT state FROM contest_entry", json!([]));
    assert_eq!(state, "withdrawn");
    // Somebody else's entry is nobody's business.
    let other = place.organization();
    let theirs = format!("/organizations/{}/entries/{entry}", other.id);
    opens(&other.member("owner"), &theirs).is(404);
}
