//! Who belongs to an organization: invited by phone, with a role, and never without an
//! owner.

use diandan::organizations::Role;
use diandan::organizations::store::members;
use diandan::platform::clock::DAY;
use pollster::FutureExt as _;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::answer::Answer;
use crate::support::desk::Desk;
use crate::support::people::{Organization, Volunteer};
use crate::support::place::Place as _;
use crate::support::request::Request;

fn of(organization: &Organization, what: &str) -> String {
    format!("/api/v1/organizations/{}/{what}", organization.id)
}

#[track_caller]
fn invites(owner: &Volunteer, organization: &Organization, phone: &str, role: &str) -> Answer {
    let body = json!({"phone": phone, "role": role});
    owner.sends("POST", &of(organization, "invitations"), &body)
}

#[track_caller]
fn accepts(volunteer: &Volunteer, invitation: &str) -> Answer {
    let target = format!("/api/v1/me/invitations/{invitation}/acceptance");
    volunteer.place.send(&volunteer.request("POST", &target))
}

#[track_caller]
fn removes(volunteer: &Volunteer, organization: &Organization, member: &Volunteer) -> Answer {
    let target = of(organization, &format!("members/{}", member.id));
    volunteer.place.send(&volunteer.request("DELETE", &target))
}

#[track_caller]
fn roles(volunteer: &Volunteer, organization: &Organization) -> Vec<(String, String)> {
    let answer = volunteer.reads(&of(organization, "members")).is(200).json();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let items = answer["items"].as_array().unwrap().iter();
    items
        .map(|it| (text(&it["id"]), text(&it["role"])))
        .collect()
}

#[test]
fn somebody_invited_by_phone_joins_when_they_accept() {
    let desk = Desk::new();
    let organization = desk.place().organization();
    let owner = organization.member("owner");
    // They have never been here.
    let mut ming = desk.place().stranger();
    let sent = invites(&owner, &organization, &ming.phone, "manager").is(201);
    let shown = sent.member("phone");
    assert!(shown.contains("****") && !sent.text().contains(&ming.phone));
    assert!(
        ming.is_told("organization_invited")
            .contains(&organization.name)
    );
    ming.signs_in();
    let mine = ming.reads("/api/v1/me/invitations").is(200).json();
    assert_eq!(mine["items"][0]["id"], json!(sent.member("id")));
    assert_eq!(
        mine["items"][0]["organization_name"],
        json!(organization.name)
    );
    // Told is not joined.
    ming.reads(&of(&organization, "members"))
        .refused(403, "forbidden");
    let joined = accepts(&ming, &sent.member("id")).is(200);
    assert_eq!(joined.json()["role"], "manager");
    assert_eq!(roles(&ming, &organization).len(), 2);
    // A retry says the same.
    assert_eq!(
        accepts(&ming, &sent.member("id")).is(200).json(),
        joined.json()
    );
    let mine = ming.reads("/api/v1/me/invitations").is(200);
    assert!(mine.ids().is_empty());
    let open = owner.reads(&of(&organization, "invitations")).is(200);
    assert!(open.ids().is_empty());
}

#[test]
fn an_invitation_is_for_its_own_phone() {
    let desk = Desk::new();
    let organization = desk.place().organization();
    let owner = organization.member("owner");
    let (ming, thief) = (desk.place().adult(), desk.place().adult());
    let sent = invites(&owner, &organization, &ming.phone, "owner").is(201);
    assert!(thief.reads("/api/v1/me/invitations").ids().is_empty());
    accepts(&thief, &sent.member("id")).refused(404, "not_found");
    let decline = format!("/api/v1/me/invitations/{}", sent.member("id"));
    let declined = desk.place().send(&thief.request("DELETE", &decline));
    declined.refused(404, "not_found");
    thief
        .reads(&of(&organization, "members"))
        .refused(403, "forbidden");
    accepts(&ming, &sent.member("id")).is(200);
}

#[test]
fn an_invitation_ends() {
    let desk = Desk::new();
    let organization = desk.place().organization();
    let owner = organization.member("owner");
    let ming = desk.place().adult();
    let invite = || invites(&owner, &organization, &ming.phone, "viewer");
    // By being too old, to the millisecond.
    let old = invite().is(201).member("id");
    desk.passes(14 * DAY);
    accepts(&ming, &old).refused(410, "invitation_over");
    // By being withdrawn, as often as one likes.
    let withdrawn = invite().is(201).member("id");
    let target = of(&organization, &format!("invitations/{withdrawn}"));
    for _ in 0..2 {
        desk.place().send(&owner.request("DELETE", &target)).is(204);
    }
    accepts(&ming, &withdrawn).refused(410, "invitation_over");
    // By being declined.
    let declined = invite().is(201).member("id");
    let target = format!("/api/v1/me/invitations/{declined}");
    for _ in 0..2 {
        desk.place().send(&ming.request("DELETE", &target)).is(204);
    }
    accepts(&ming, &declined).refused(410, "invitation_over");
    // By the fall of whoever sent it.
    let second = organization.member("owner");
    let theirs = invites(&second, &organization, &ming.phone, "owner").is(201);
    removes(&owner, &organization, &second).is(204);
    accepts(&ming, &theirs.member("id")).refused(410, "invitation_over");
    assert_eq!(roles(&owner, &organization).len(), 1);
}

#[test]
fn nobody_is_invited_twice_or_too_often() {
    let desk = Desk::new();
    let organization = desk.place().organization();
    let owner = organization.member("owner");
    let viewer = organization.member("viewer");
    invites(&owner, &organization, &viewer.phone, "owner").refused(409, "already_member");
    let phone = desk.place().stranger().phone;
    invites(&owner, &organization, &phone, "viewer").is(201);
    invites(&owner, &organization, &phone, "viewer").refused(409, "already_invited");
    for _ in 1..20 {
        let phone = desk.place().stranger().phone;
        invites(&owner, &organization, &phone, "viewer").is(201);
    }
    let one_more = desk.place().stranger().phone;
    invites(&owner, &organization, &one_more, "viewer").refused(409, "too_many_invitations");
    assert!(desk.letters_to(&one_more).is_empty());
    desk.passes(DAY);
    invites(&owner, &organization, &one_more, "viewer").is(201);
}

#[test]
fn a_name_nobody_verified_is_not_sent_to_strangers() {
    let desk = Desk::new();
    let organization = desk.place().organization_in_state("unverified");
    let owner = organization.member("owner");
    let ming = desk.place().stranger();
    invites(&owner, &organization, &ming.phone, "viewer").is(201);
    let told = ming.is_told("organization_invited");
    assert!(!told.contains(&organization.name), "{told}");
}

#[test]
fn owners_give_roles_and_take_them() {
    let desk = Desk::new();
    let organization = desk.place().organization();
    let (owner, viewer) = (organization.member("owner"), organization.member("viewer"));
    let target = of(&organization, &format!("members/{}", viewer.id));
    let role = |who: &Volunteer, role: &str| who.sends("PATCH", &target, &json!({"role": role}));
    role(&viewer, "owner").refused(403, "forbidden");
    assert_eq!(role(&owner, "manager").is(200).json()["role"], "manager");
    role(&owner, "boss").refused(422, "invalid_fields");
    removes(&viewer, &organization, &owner).refused(403, "forbidden");
    removes(&owner, &organization, &viewer).is(204);
    removes(&owner, &organization, &viewer).refused(404, "not_found");
    viewer
        .reads(&of(&organization, "members"))
        .refused(403, "forbidden");
    let audit = desk.place().rows(
        "SELECT action FROM audit WHERE subject = 'organization:' || ?1 ORDER BY seq",
        json!([organization.id]),
    );
    let actions: Vec<_> = audit
        .iter()
        .map(|row| row["action"].as_str().unwrap())
        .collect();
    assert_eq!(actions, ["member.role_changed", "member.removed"]);
}

#[test]
fn the_last_owner_stays() {
    let desk = Desk::new();
    let organization = desk.place().organization();
    let (owner, viewer) = (organization.member("owner"), organization.member("viewer"));
    let target = of(&organization, &format!("members/{}", owner.id));
    let demote = json!({"role": "manager"});
    owner
        .sends("PATCH", &target, &demote)
        .refused(409, "last_owner");
    removes(&owner, &organization, &owner).refused(409, "last_owner");
    assert_eq!(
        roles(&owner, &organization)[0],
        (owner.id.clone(), "owner".to_owned())
    );
    // Anybody else may leave.
    removes(&viewer, &organization, &viewer).is(204);
    // Saying what is so already is no demotion.
    owner
        .sends("PATCH", &target, &json!({"role": "owner"}))
        .is(200);
}

#[test]
fn of_two_owners_who_leave_at_once_one_stays() {
    let desk = Desk::new();
    let organization = desk.place().organization();
    let owners = [organization.member("owner"), organization.member("owner")];
    let id: Uuid = organization.id.parse().unwrap();
    let left: Vec<_> = owners
        .iter()
        .map(|owner| {
            let visit = desk.visit_with(&owner.session);
            members::remove(&visit, id, owner.id.parse().unwrap()).block_on()
        })
        .collect();
    assert!(left[0].is_ok());
    assert_eq!(left[1].as_ref().unwrap_err().code(), "last_owner");
    // Nor do two demote each other.
    let desk = Desk::new();
    let organization = desk.place().organization();
    let owners = [organization.member("owner"), organization.member("owner")];
    let id: Uuid = organization.id.parse().unwrap();
    let demote = |by: &Volunteer, whom: &Volunteer| {
        let visit = desk.visit_with(&by.session);
        let whom = whom.id.parse().unwrap();
        members::change_role(&visit, id, whom, Role::Viewer).block_on()
    };
    assert!(demote(&owners[0], &owners[1]).is_ok());
    assert_eq!(
        demote(&owners[1], &owners[0]).unwrap_err().code(),
        "forbidden"
    );
    assert_eq!(
        demote(&owners[0], &owners[0]).unwrap_err().code(),
        "last_owner"
    );
}

#[test]
fn the_schema_itself_keeps_an_owner() {
    let desk = Desk::new();
    let organization = desk.place().organization();
    let owner = organization.member("owner");
    organization.member("manager");
    for sql in [
        "DELETE FROM member".to_owned(),
        "UPDATE member SET role = 'viewer'".to_owned(),
        format!("DELETE FROM member WHERE volunteer_id = '{}'", owner.id),
    ] {
        assert!(desk.refuses(&sql).contains("last_owner"), "{sql}");
    }
}

#[test]
fn old_invitations_are_forgotten_with_their_phones() {
    let desk = Desk::new();
    let organization = desk.place().organization();
    let owner = organization.member("owner");
    let phone = desk.place().stranger().phone;
    invites(&owner, &organization, &phone, "viewer").is(201);
    let left = |later: i64| {
        desk.passes(later);
        let forget = diandan::organizations::forget(desk.now());
        desk.db.run(forget).block_on().unwrap();
        let count = "SELECT count(*) AS n FROM invitation";
        desk.place().number(count, json!([]))
    };
    assert_eq!(left(44 * DAY), 1);
    assert_eq!(left(1), 0);
}

#[test]
fn names_are_for_members_and_phones_for_nobody() {
    let desk = Desk::new();
    let organization = desk.place().organization();
    let (owner, viewer) = (organization.member("owner"), organization.member("viewer"));
    let read = viewer.reads(&of(&organization, "members")).is(200);
    assert!(read.text().contains(&owner.name) && !read.text().contains(&owner.phone));
    viewer
        .reads(&of(&organization, "invitations"))
        .refused(403, "forbidden");
    viewer
        .reads(&of(&organization, "api-keys"))
        .refused(403, "forbidden");
    let stranger = desk.place().adult();
    stranger
        .reads(&of(&organization, "members"))
        .refused(403, "forbidden");
}

#[test]
fn whoever_is_invited_again_and_again_is_written_to_once_a_day() {
    let desk = Desk::new();
    let organization = desk.place().organization();
    let owner = organization.member("owner");
    let stranger = desk.place().stranger();
    for _ in 0..3 {
        let invitation = invites(&owner, &organization, &stranger.phone, "viewer").is(201);
        let target = of(
            &organization,
            &format!("invitations/{}", invitation.member("id")),
        );
        owner.sends("DELETE", &target, &json!({})).is(204);
    }
    assert_eq!(desk.texts_to(&stranger.phone).len(), 1);
    desk.passes(DAY + 1);
    invites(&owner, &organization, &stranger.phone, "viewer").is(201);
    assert_eq!(desk.texts_to(&stranger.phone).len(), 2);
}

#[test]
fn however_many_organizations_invite_a_phone_it_is_written_to_five_times_a_day() {
    let desk = Desk::new();
    let stranger = desk.place().stranger();
    let invited_by = |many: usize| {
        for _ in 0..many {
            let organization = desk.place().organization();
            let owner = organization.member("owner");
            invites(&owner, &organization, &stranger.phone, "viewer").is(201);
        }
        desk.texts_to(&stranger.phone).len()
    };
    assert_eq!(invited_by(7), 5);
    let open = "SELECT count(*) AS n FROM invitation WHERE ended_at IS NULL";
    assert_eq!(desk.place().number(open, json!([])), 7);
    desk.passes(DAY + 1);
    assert_eq!(invited_by(1), 6);
}

#[test]
fn keys_outlive_whoever_made_them_and_owners_are_told_whose_they_are() {
    let desk = Desk::new();
    let organization = desk.place().organization();
    let [staying, leaving] = ["owner", "owner"].map(|role| organization.member(role));
    let viewer = organization.member("viewer");
    let body = json!({"name": "业务系统", "scopes": ["projects:write"]});
    let made = leaving.sends("POST", &of(&organization, "api-keys"), &body);
    let key = made.is(201).member("key");
    let members = [&staying, &leaving, &viewer];
    let keys_of = |who: &Volunteer| -> Vec<Value> {
        let read = who.reads(&of(&organization, "members")).is(200).json();
        let items = read["items"].as_array().unwrap();
        let line = |member: &&Volunteer| items.iter().find(|item| item["id"] == *member.id);
        let lines = members.iter().map(|member| line(member).unwrap());
        lines.map(|line| line["keys"].clone()).collect()
    };
    assert_eq!(keys_of(&staying), [json!(0), json!(1), json!(0)]);
    assert_eq!(keys_of(&viewer), [json!(null), json!(null), json!(null)]);
    let page = format!("/organizations/{}/settings", organization.id);
    let page = desk
        .place()
        .send(&Request::get(&page).browser(&staying.session));
    assert!(page.is(200).text().contains("建有 1 个有效密钥"));
    removes(&staying, &organization, &leaving).is(204);
    let list = Request::get(of(&organization, "projects")).bearer(&key);
    desk.place().send(&list).is(200);
    let keys = staying.reads(&of(&organization, "api-keys")).is(200).json();
    assert_eq!(keys["items"][0]["created_by"], leaving.name);
}
