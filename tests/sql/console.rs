//! The console's pages, asked without a browser: what they refuse and how they say so.

use serde_json::json;

use crate::support::answer::Answer;
use crate::support::desk::Desk;
use crate::support::people::{Organization, Volunteer};
use crate::support::request::Request;

fn opens(volunteer: &Volunteer, path: &str) -> Answer {
    let request = Request::get(path).browser(&volunteer.session);
    volunteer.place.send(&request)
}

fn submits(volunteer: &Volunteer, path: &str, fields: &[(&str, &str)]) -> Answer {
    let request = Request::new("POST", path).browser(&volunteer.session);
    volunteer.place.send(&request.form(fields))
}

fn settings(organization: &Organization) -> String {
    format!("/organizations/{}/settings", organization.id)
}

#[test]
fn whoever_is_not_signed_in_is_led_there_and_back() {
    let desk = Desk::new();
    let organization = desk.place().organization();
    for path in [
        settings(&organization),
        "/me/organizations".to_owned(),
        "/organizations/new".to_owned(),
        "/coordination".to_owned(),
        "/coordination/coordinators".to_owned(),
        "/coordination/accept".to_owned(),
        format!("/coordination/organizations/{}", organization.id),
    ] {
        let led = desk.place().get(&path).is(303);
        let expected = format!("/sign-in?back={path}");
        assert_eq!(led.header("location"), Some(expected.as_str()));
    }
}

#[test]
fn settings_are_for_members_and_most_of_them_for_owners() {
    let desk = Desk::new();
    let organization = desk.place().organization();
    let path = settings(&organization);
    opens(&desk.place().adult(), &path).is(403);
    for role in ["viewer", "recorder", "manager"] {
        let member = organization.member(role);
        let page = opens(&member, &path).is(200).text();
        assert!(page.contains(&member.name));
        for hidden in [
            "/settings/invite",
            "/settings/key",
            "/settings/facts",
            "/settings/role",
        ] {
            assert!(!page.contains(hidden), "{role}: {hidden}");
        }
        for (act, fields) in [
            ("invite", &[("phone", "13800000000"), ("role", "owner")][..]),
            (
                "key",
                &[("name", "x"), ("scope", "projects:write"), ("days", "30")],
            ),
            (
                "facts",
                &[
                    ("name", "改名"),
                    ("kind", "volunteer_team"),
                    ("region", "36"),
                    ("version", "1"),
                ],
            ),
        ] {
            submits(&member, &format!("{path}/{act}"), fields).is(403);
        }
    }
    let keys = "SELECT count(*) AS n FROM api_key WHERE name = 'x'";
    assert_eq!(desk.place().number(keys, json!([])), 0);
}

#[test]
fn a_refusal_stands_where_it_was_sent_from() {
    let desk = Desk::new();
    let organization = desk.place().organization();
    let owner = organization.member("owner");
    let path = settings(&organization);
    let submit =
        |act: &str, fields: &[(&str, &str)]| submits(&owner, &format!("{path}/{act}"), fields);
    let mistyped = submit("invite", &[("phone", "1380000"), ("role", "viewer")]).is(422);
    assert!(mistyped.text().contains("value=\"1380000\"") && mistyped.text().contains("11 位"));
    let member = [("member", owner.id.as_str()), ("role", "viewer")];
    assert!(
        submit("role", &member)
            .is(409)
            .text()
            .contains("至少要有一位负责人")
    );
    assert!(
        submit("remove", &member[..1])
            .is(409)
            .text()
            .contains("至少要有一位负责人")
    );
    let nothing = submit("key", &[("name", "系统"), ("days", "30")]).is(422);
    assert!(nothing.text().contains("至少选一项权限"));
    submit("burn", &[]).is(404);
    // Renaming takes a tick.
    let facts = [
        ("name", "改了名"),
        ("kind", "volunteer_team"),
        ("region", "36"),
        ("version", "1"),
    ];
    let asked = submit("facts", &facts).is(409).text();
    assert!(asked.contains("重新核验") && asked.contains("value=\"改了名\""));
    let mut agreed = facts.to_vec();
    agreed.push(("accept_reverification", "1"));
    submit("facts", &agreed).is(303);
    assert!(opens(&owner, &path).is(200).text().contains("等待核验"));
    // Somebody's old page overwrites nothing.
    submit("facts", &facts).is(412);
}

#[test]
fn a_key_made_on_the_page_works_and_is_shown_once() {
    let desk = Desk::new();
    let organization = desk.place().organization();
    let owner = organization.member("owner");
    let path = settings(&organization);
    let fields = [
        ("name", "系统"),
        ("scope", "projects:write"),
        ("days", "30"),
    ];
    let page = submits(&owner, &format!("{path}/key"), &fields).is(200);
    assert_eq!(page.header("cache-control"), Some("private, no-store"));
    let page = page.text();
    let key = page
        .split(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == '-'))
        .find(|word| word.len() == 53 && word.starts_with("ddk_"))
        .unwrap();
    let read = Request::get(organization.own_path("none")).bearer(key);
    desk.place().send(&read).refused(404, "not_found");
    assert!(!opens(&owner, &path).text().contains(key));
}

#[test]
fn whoever_leaves_is_led_out() {
    let desk = Desk::new();
    let organization = desk.place().organization();
    let viewer = organization.member("viewer");
    let leave = format!("{}/remove", settings(&organization));
    let left = submits(&viewer, &leave, &[("member", &viewer.id)]).is(303);
    assert_eq!(left.header("location"), Some("/me/organizations"));
    opens(&viewer, &settings(&organization)).is(403);
}

#[test]
fn a_dossier_is_for_its_own_coordinators() {
    let desk = Desk::new();
    let place = desk.place();
    let organization = place.organization_in_state("unverified");
    let owner = organization.member("owner");
    let path = format!("/coordination/organizations/{}", organization.id);
    for stranger in [place.adult(), owner, place.coordinator("3601")] {
        opens(&stranger, &path).is(403);
        let decide = [("decision", "verify"), ("version", "1")];
        submits(&stranger, &path, &decide).is(403);
    }
    let coordinator = place.coordinator("36");
    let silent = submits(
        &coordinator,
        &path,
        &[("decision", "refuse"), ("version", "1")],
    )
    .is(422);
    assert!(silent.text().contains("请写明原因"));
    let stale = [("decision", "verify"), ("version", "9")];
    submits(&coordinator, &path, &stale).is(412);
    let decide = [("decision", "verify"), ("version", "1")];
    submits(&coordinator, &path, &decide).is(303);
    submits(
        &coordinator,
        &path,
        &[("decision", "verify"), ("version", "2")],
    )
    .is(409);
    opens(&coordinator, "/coordination?state=verified").is(200);
}

#[test]
fn the_queue_shows_what_is_in_reach() {
    let desk = Desk::new();
    let place = desk.place();
    let waiting = place.organization_in_state("unverified");
    let verified = place.organization();
    let page = |region: &str, state: &str| {
        let coordinator = place.coordinator(region);
        opens(&coordinator, &format!("/coordination?state={state}"))
            .is(200)
            .text()
    };
    assert!(page("36", "unverified").contains(&waiting.name));
    assert!(!page("3601", "unverified").contains(&waiting.name));
    assert!(page("36", "verified").contains(&verified.name));
    // Others are verified too, and somebody else's business.
    assert!(!page("3601", "verified").contains(&verified.name));
    opens(&place.adult(), "/coordination").is(403);
}

#[test]
fn whoever_has_no_name_is_asked_for_one() {
    let desk = Desk::new();
    let place = desk.place();
    let organization = place.organization();
    let owner = organization.member("owner");
    let nameless = || {
        let somebody = place.adult();
        place.rows(
            "UPDATE volunteer SET name = '' WHERE id = ?1",
            json!([somebody.id]),
        );
        somebody
    };
    let facts = [
        ("name", "潭头村志愿队"),
        ("kind", "volunteer_team"),
        ("region", "360731"),
    ];
    let hong = nameless();
    let form = opens(&hong, "/organizations/new").is(200).text();
    assert!(form.contains("name=\"my_name\""));
    let mut blank = facts.to_vec();
    blank.push(("my_name", " "));
    let refused = submits(&hong, "/organizations/new", &blank).is(422).text();
    assert!(refused.contains("id=\"my_name-wrong\"") && refused.contains("请填写您的姓名"));
    assert_eq!(
        place.number(
            "SELECT count(*) AS n FROM organization WHERE name = '潭头村志愿队'",
            json!([])
        ),
        0
    );
    let mut named = facts.to_vec();
    named.push(("my_name", "钟红"));
    let made = submits(&hong, "/organizations/new", &named).is(303);
    let page = opens(&hong, made.header("location").unwrap())
        .is(200)
        .text();
    assert!(
        page.contains("登记成功") && page.contains("现在就可以写草稿"),
        "{page}"
    );
    let name = "SELECT name FROM volunteer WHERE id = ?1";
    assert_eq!(place.value(name, json!([hong.id])), "钟红");
    assert!(
        !opens(&hong, "/organizations/new")
            .text()
            .contains("my_name")
    );

    let ming = nameless();
    let invite = [("phone", ming.phone.as_str()), ("role", "viewer")];
    submits(
        &owner,
        &format!("{}/invite", settings(&organization)),
        &invite,
    )
    .is(303);
    assert!(
        opens(&ming, "/me/organizations")
            .is(200)
            .text()
            .contains("name=\"my_name\"")
    );
    let id = ming.reads("/api/v1/me/invitations").ids().remove(0);
    let target = format!("/me/invitations/{id}");
    submits(&ming, &target, &[("reply", "accept"), ("my_name", "")]).is(422);
    let joined = submits(
        &ming,
        &target,
        &[("reply", "accept"), ("my_name", "𠮷小明")],
    )
    .is(303);
    let page = opens(&ming, joined.header("location").unwrap())
        .is(200)
        .text();
    assert!(page.contains("您已加入本组织"));
    assert_eq!(place.value(name, json!([ming.id])), "𠮷小明");
}

#[test]
fn each_act_is_told_on_the_page_it_leads_to() {
    let desk = Desk::new();
    let place = desk.place();
    let organization = place.organization();
    let (owner, viewer) = (organization.member("owner"), organization.member("viewer"));
    let told = |who: &Volunteer, target: &str, fields: &[(&str, &str)]| {
        let answer = submits(who, target, fields).is(303);
        let location = answer.header("location").unwrap();
        let location = location.split('#').next().unwrap();
        let text = opens(who, location).is(200).text();
        let line = text.split("role=\"status\">").nth(1);
        line.unwrap_or_else(|| panic!("nothing said of {target}"))
            .split('<')
            .next()
            .unwrap()
            .to_owned()
    };
    let path = settings(&organization);
    let to = |act: &str| format!("{path}/{act}");
    let phone = place.adult().phone;
    for (act, fields, words) in [
        (
            "invite",
            vec![("phone", phone.as_str()), ("role", "viewer")],
            "邀请已发出",
        ),
        (
            "role",
            vec![("member", viewer.id.as_str()), ("role", "recorder")],
            "角色已更改",
        ),
        ("remove", vec![("member", viewer.id.as_str())], "成员已移除"),
    ] {
        let line = told(&owner, &to(act), &fields);
        assert!(line.contains(words), "{act}: {line}");
    }
    let coordinator = place.coordinator("36");
    let waiting = place.organization_in_state("unverified");
    let dossier = format!("/coordination/organizations/{}", waiting.id);
    for (decision, words) in [
        ("verify", "已通过核验"),
        ("suspend", "已暂停"),
        ("reinstate", "已恢复"),
    ] {
        let version = place
            .number(
                "SELECT version AS n FROM organization WHERE id = ?1",
                json!([waiting.id]),
            )
            .to_string();
        let fields = [
            ("decision", decision),
            ("reason", "核实情况"),
            ("version", &version),
        ];
        let line = told(&coordinator, &dossier, &fields);
        assert!(line.contains(words), "{decision}: {line}");
    }
    let phone = place.adult().phone;
    let fields = [
        ("phone", phone.as_str()),
        ("region", "3607"),
        ("office", "赣州市民政局"),
    ];
    assert!(told(&coordinator, "/coordination/coordinators", &fields).contains("已任命"));
    let odd = opens(&coordinator, "/coordination?done=sung").is(200);
    assert!(!odd.text().contains("role=\"status\">"));
}

#[test]
fn an_invitation_that_is_over_says_what_to_do() {
    let desk = Desk::new();
    let organization = desk.place().organization();
    let (owner, ming) = (organization.member("owner"), desk.place().adult());
    let path = settings(&organization);
    let invite = [("phone", ming.phone.as_str()), ("role", "viewer")];
    submits(&owner, &format!("{path}/invite"), &invite).is(303);
    let id = ming.reads("/api/v1/me/invitations").ids().remove(0);
    submits(&owner, &format!("{path}/withdraw"), &[("invitation", &id)]).is(303);
    let over = submits(
        &ming,
        &format!("/me/invitations/{id}"),
        &[("reply", "accept")],
    )
    .is(410);
    assert!(over.text().contains("重新邀请"));
}

#[test]
fn the_queue_leads_on_until_everybody_was_shown() {
    let desk = Desk::new();
    let coordinator = desk.place().coordinator("36");
    let mut waiting: Vec<String> = (0..45)
        .map(|_| desk.place().organization_in_state("unverified").id)
        .collect();
    let mut shown = Vec::new();
    for page in pages(&coordinator, "/coordination") {
        let links = page.split("/coordination/organizations/").skip(1);
        shown.extend(links.map(|rest| rest[..36].to_owned()));
    }
    shown.sort_unstable();
    waiting.sort_unstable();
    assert_eq!(shown, waiting);
}

/// A page and those it leads on to.
fn pages(reader: &Volunteer, first: &str) -> Vec<String> {
    let mut pages = Vec::new();
    let mut next = Some(first.to_owned());
    while let Some(path) = next {
        let page = opens(reader, &path).is(200).text();
        let link = page.split("rel=\"next\" href=\"").nth(1);
        next = link.map(|rest| rest.split('"').next().unwrap().replace("&amp;", "&"));
        pages.push(page);
    }
    pages
}

#[test]
fn colleagues_are_shown_page_by_page_and_revoked() {
    let desk = Desk::new();
    let coordinator = desk.place().coordinator("36");
    for _ in 0..45 {
        desk.place().coordinator("360731");
    }
    // Each can be revoked, and oneself can step down.
    let revocable = || {
        let pages = pages(&coordinator, "/coordination/coordinators");
        let fields = pages
            .iter()
            .map(|page| page.split("name=\"id\" value=\"").skip(1));
        let mut ids: Vec<String> = fields.flatten().map(|rest| rest[..36].to_owned()).collect();
        ids.sort_unstable();
        ids.dedup();
        (pages.len(), ids)
    };
    let (pages, ids) = revocable();
    assert_eq!((pages, ids.len()), (3, 46));
    let id = coordinator
        .reads("/api/v1/coordinators?limit=2")
        .ids()
        .remove(1);
    submits(
        &coordinator,
        "/coordination/coordinators/revoke",
        &[("id", &id)],
    )
    .is(303);
    assert!(!revocable().1.contains(&id));
    opens(&desk.place().adult(), "/coordination/coordinators").is(403);
}
