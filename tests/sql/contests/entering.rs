//! Entering a contest: drafts, deadlines, what bars a project, what the records say.

use diandan::contests::rules::example;
use diandan::platform::clock::DAY;
use serde_json::{Value, json};

use crate::support::answer::Answer;
use crate::support::at;
use crate::support::contests::{announced, entered, words};
use crate::support::desk::Desk;
use crate::support::notice::{Notice, shift};
use crate::support::people::{Organization, Project};
use crate::support::records::Recorded;
use crate::support::request::Request;

const ENTERING: &str = "2026-12-05T09:00:00+08:00";
const CLOSED: &str = "2026-12-20T18:00:00+08:00";

fn project<'a>(organization: &Organization<'a>) -> Project {
    let start = organization.place.now().plus(5 * DAY);
    organization.publishes(&Notice::of(&[shift("a", start, 5)]))
}

fn entry_of(organization: &Organization, project: &Project) -> Value {
    let mut body = words();
    body["organization_id"] = json!(organization.id);
    body["project_id"] = json!(project.id);
    body
}

fn enters(organization: &Organization, contest: &str, body: &Value) -> Answer {
    organization.posts(&format!("/api/v1/contests/{contest}/entries"), body)
}

fn does(organization: &Organization, contest: &str, entry: &str, act: &str) -> Answer {
    let target = format!("/api/v1/contests/{contest}/entries/{entry}/{act}");
    let request = Request::new("POST", target).bearer(&organization.key);
    let request = match act {
        "withdrawal" => request.json(&json!({"reason": "明年再报"})),
        _ => request,
    };
    organization.place.send(&request)
}

fn writes(organization: &Organization, contest: &str, entry: &str, body: &Value) -> Answer {
    let target = format!("/api/v1/contests/{contest}/entries/{entry}");
    let request = Request::new("PUT", target).bearer(&organization.key);
    organization.place.send(&request.json(body))
}

/// A desk while entries are taken, and a contest.
fn open(rules: &Value) -> (Desk, String) {
    let desk = Desk::new();
    let contest = announced(&desk, rules);
    (desk, contest)
}

#[test]
fn from_a_draft_to_a_number() {
    let (desk, contest) = open(&example());
    let organization = desk.place().organization();
    let project = project(&organization);
    let mut body = entry_of(&organization, &project);
    body["words"] = json!({"need": "三个村小没有科学老师。"});
    let begun = enters(&organization, &contest, &body).is(201);
    let id = begun.member("id");
    assert_eq!(
        (&begun.json()["state"], &begun.json()["number"]),
        (&json!("draft"), &json!(null))
    );
    enters(&organization, &contest, &body).refused(409, "already_entered");
    // Not yet open; then not yet whole.
    does(&organization, &contest, &id, "submission").refused(409, "entries_not_open");
    desk.it_is(at(ENTERING));
    let incomplete = does(&organization, &contest, &id, "submission");
    let incomplete = incomplete.refused(422, "invalid_fields");
    assert_eq!(incomplete.pointers(), ["/words/effect"]);
    assert!(incomplete.text().contains("800"), "the limit is told");
    writes(&organization, &contest, &id, &words()).is(200);
    let submitted = does(&organization, &contest, &id, "submission")
        .is(200)
        .json();
    assert_eq!(
        (&submitted["state"], &submitted["number"]),
        (&json!("submitted"), &json!(1))
    );
    // While it stands it stays whole, and keeps its number.
    let mut less = words();
    less["words"] = json!({"need": "少了一项"});
    let refused = writes(&organization, &contest, &id, &less).refused(422, "invalid_fields");
    assert_eq!(refused.pointers(), ["/words/effect"]);
    let other = desk.place().organization();
    let next = enters(&other, &contest, &entry_of(&other, &self::project(&other))).is(201);
    let next = does(&other, &contest, &next.member("id"), "submission").is(200);
    assert_eq!(next.json()["number"], 2);
    let kept = writes(&organization, &contest, &id, &words())
        .is(200)
        .json();
    assert_eq!(
        (&kept["state"], &kept["number"]),
        (&json!("submitted"), &json!(1))
    );
    // The deadline itself is late.
    desk.it_is(at(CLOSED));
    let late = writes(&organization, &contest, &id, &words()).refused(409, "entries_closed");
    assert_eq!(late.json()["closed_at"], CLOSED);
    does(&organization, &contest, &id, "submission").refused(409, "entries_closed");
    // Withdrawing leaves a trace.
    let gone = does(&organization, &contest, &id, "withdrawal")
        .is(200)
        .json();
    assert_eq!(
        (&gone["state"], &gone["number"]),
        (&json!("withdrawn"), &json!(1))
    );
    does(&organization, &contest, &id, "withdrawal").refused(409, "entry_withdrawn");
    let log = desk.place().rows(
        "SELECT act, actor FROM contest_log WHERE subject = ?1 ORDER BY seq",
        json!([format!("entry:{id}")]),
    );
    let acts: Vec<_> = log.iter().map(|row| row["act"].as_str().unwrap()).collect();
    assert_eq!(
        acts,
        [
            "entry.begun",
            "entry.written",
            "entry.submitted",
            "entry.written",
            "entry.withdrawn"
        ]
    );
    assert!(log[0]["actor"].as_str().unwrap().starts_with("api_key:"));
}

#[test]
fn what_bars_a_project_is_told() {
    let (desk, contest) = open(&example());
    desk.it_is(at(ENTERING));
    let place = desk.place();
    let organization = place.organization();
    let own = project(&organization);
    let stranger = place.organization();
    let theirs = entry_of(&organization, &project(&stranger));
    let refused = enters(&organization, &contest, &theirs).refused(422, "invalid_fields");
    assert_eq!(refused.pointers(), ["/project_id"]);
    let start = at("2026-12-28T09:00:00+08:00");
    let draft = Notice::of(&[shift("a", start, 5)]).with("state", "draft");
    let mut body = entry_of(&organization, &organization.publishes(&draft));
    body["track"] = json!("none");
    body["words"] = json!({"need": "长".repeat(501), "other": "x"});
    let refused = enters(&organization, &contest, &body).refused(422, "invalid_fields");
    assert_eq!(
        refused.pointers(),
        ["/project_id", "/track", "/words/need", "/words/other"]
    );
    let health = Notice::of(&[shift("a", start, 5)]).with("field", "health");
    let mut body = entry_of(&organization, &organization.publishes(&health));
    body["track"] = json!("education");
    let refused = enters(&organization, &contest, &body).refused(422, "invalid_fields");
    assert_eq!(refused.pointers(), ["/track"]);
    let past = announced(place, &example());
    place.rows(
        "INSERT INTO contest_past_winner VALUES (?1, ?2, '金奖', 0)",
        json!([own.id, past]),
    );
    let body = entry_of(&organization, &own);
    let barred = enters(&organization, &contest, &body).refused(409, "past_winner");
    assert!(barred.text().contains("金奖"));
    let mut lenient = example();
    lenient["bar_past"] = json!(false);
    let elsewhere = announced(place, &lenient);
    let id = enters(&organization, &elsewhere, &body)
        .is(201)
        .member("id");
    does(&organization, &elsewhere, &id, "submission").is(200);
    place.rows("DELETE FROM contest_past_winner", json!([]));
    enters(&organization, &contest, &body).refused(409, "entered_elsewhere");
    // Once that contest is called off, nothing stands in the way.
    place.rows(
        "UPDATE contest SET state = 'cancelled', state_reason = '防汛' WHERE id = ?1",
        json!([elsewhere]),
    );
    enters(&organization, &contest, &body).is(201);
    enters(
        &organization,
        &elsewhere,
        &entry_of(&organization, &project(&organization)),
    )
    .refused(409, "contest_not_running");
    let unverified = place.organization_in_state("suspended");
    place.rows(
        "UPDATE project SET organization_id = ?2 WHERE id = ?1",
        json!([theirs["project_id"], unverified.id]),
    );
    let body = entry_of(
        &unverified,
        &Project {
            id: theirs["project_id"].as_str().unwrap().to_owned(),
            ..own
        },
    );
    enters(&unverified, &contest, &body).refused(403, "organization_not_verified");
}

#[test]
fn facts_are_read_from_records_in_force() {
    let (desk, contest) = open(&example());
    let place = desk.place();
    let organization = place.organization();
    let project = project(&organization);
    let (first, second) = (place.adult(), place.adult());
    let start = at("2026-11-20T09:00:00+08:00").millis();
    let mut seqs = Vec::new();
    for (who, minutes, grade, days) in [
        (&first, 60, "A", 0),
        (&first, 90, "B", 1),
        (&second, 30, "C", 2),
        (&second, 45, "D", 3),
    ] {
        let record = Recorded::new(start + days * DAY, minutes, grade);
        seqs.push(record.write(place, &organization, who));
    }
    // What is corrected counts as corrected; what is nobody's project counts not at all.
    let corrected = Recorded::new(start, 20, "A").correcting(seqs[0]);
    corrected.write(place, &organization, &first);
    place.rows("DROP TRIGGER service_record_is_not_rewritten", json!([]));
    place.rows(
        "UPDATE service_record SET project_id = ?1 WHERE seq <> ?2",
        json!([project.id, seqs[3]]),
    );
    desk.it_is(at(ENTERING));
    let body = entry_of(&organization, &project);
    let id = enters(&organization, &contest, &body).is(201).member("id");
    // What an organization writes of it is refused, not taken.
    let mut forged = words();
    forged["facts"] = json!({"people": 1000});
    writes(&organization, &contest, &id, &forged).refused(422, "invalid_fields");
    let facts = does(&organization, &contest, &id, "submission")
        .is(200)
        .json()["facts"]
        .clone();
    assert_eq!(
        facts,
        json!({
            "people": 2, "shifts": 0, "records": 3,
            "minutes": {"a": 20, "b": 90, "c": 30, "d": 0},
            "from": "2026-11-28", "until": "2026-11-28",
            "places": ["江西省赣州市宁都县"], "ledger_size": 5,
        })
    );
}

#[test]
fn organizers_say_who_takes_part() {
    let (desk, contest) = open(&example());
    let place = desk.place();
    let organization = place.organization();
    let entry = entered(
        &organization,
        &contest,
        &project(&organization),
        "submitted",
    );
    let target = format!("/api/v1/contests/{contest}/entries/{entry}/eligibility");
    let coordinator = place.coordinator("36");
    let says = |body: Value| coordinator.sends("POST", &target, &body);
    let refused = says(json!({"eligible": false})).refused(422, "invalid_fields");
    assert_eq!(refused.pointers(), ["/reason"]);
    let no = json!({"eligible": false, "reason": "不在评选年度内"});
    assert_eq!(says(no.clone()).is(200).json()["state"], "ineligible");
    // The organization reads why.
    let own = Request::get(format!("/api/v1/contests/{contest}/entries/{entry}"));
    let read = place.send(&own.bearer(&organization.key)).is(200).json();
    assert_eq!(read["state_reason"], "不在评选年度内");
    assert_eq!(
        says(json!({"eligible": true})).is(200).json()["state"],
        "submitted"
    );
    // Nobody decides on their own organization's entry.
    place.rows(
        "INSERT INTO member (organization_id, volunteer_id, role, created_at) VALUES (?1, ?2, 'viewer', 0)",
        json!([organization.id, coordinator.id]),
    );
    says(no.clone()).refused(403, "own_entry");
    let other = place.coordinator("36");
    desk.it_is(at("2026-12-26T09:00:00+08:00"));
    other
        .sends("POST", &target, &no)
        .refused(409, "judging_begun");
    let draft = entered(
        &place.organization(),
        &contest,
        &project(&organization),
        "draft",
    );
    let unseen = format!("/api/v1/contests/{contest}/entries/{draft}");
    other
        .sends("POST", &format!("{unseen}/eligibility"), &no)
        .refused(404, "not_found");
    other.reads(&unseen).refused(403, "forbidden");
}

#[test]
fn lists_are_for_those_who_oversee_and_for_ones_own() {
    let (desk, contest) = open(&example());
    let place = desk.place();
    let (one, two) = (place.organization(), place.organization());
    for organization in [&one, &two] {
        entered(organization, &contest, &project(organization), "submitted");
        entered(organization, &contest, &project(organization), "draft");
    }
    let target = format!("/api/v1/contests/{contest}/entries");
    let list = |answer: Answer| answer.is(200).json()["items"].as_array().unwrap().len();
    let supervisor = place.adult();
    let body = json!({"phone": supervisor.phone, "role": "supervisor"});
    let officers = format!("/api/v1/contests/{contest}/officers");
    place
        .coordinator("36")
        .sends("POST", &officers, &body)
        .is(201);
    assert_eq!(list(supervisor.reads(&target)), 2);
    let first = supervisor
        .reads(&format!("{target}?limit=1"))
        .is(200)
        .json();
    let next = supervisor
        .reads(first["next"].as_str().unwrap())
        .is(200)
        .json();
    assert_eq!(
        (&next["items"][0]["number"], &next["next"]),
        (&json!(2), &json!(null))
    );
    assert_eq!(
        list(supervisor.reads(&format!("{target}?track=education"))),
        0
    );
    supervisor
        .sends(
            "POST",
            &format!(
                "{target}/{}/eligibility",
                first["items"][0]["id"].as_str().unwrap()
            ),
            &json!({"eligible": true}),
        )
        .refused(403, "forbidden");
    let own = format!("{target}?organization_id={}", one.id);
    let reads = |target: &str, token: &str| place.send(&Request::get(target).bearer(token));
    assert_eq!(list(reads(&own, &one.key)), 2);
    reads(&own, &two.key).refused(403, "forbidden");
    reads(&own, &one.member("viewer").session).refused(403, "forbidden");
}

#[test]
fn of_two_changes_at_once_one_is_told() {
    let (desk, contest) = open(&example());
    desk.it_is(at(ENTERING));
    let organization = desk.place().organization();
    let body = entry_of(&organization, &project(&organization));
    let begun = enters(&organization, &contest, &body).is(201);
    let target = format!("/api/v1/contests/{contest}/entries/{}", begun.member("id"));
    let seen = begun.header("etag").unwrap().to_owned();
    let writes = || {
        let request = Request::new("PUT", target.clone()).bearer(&organization.key);
        desk.place()
            .send(&request.header("if-match", &seen).json(&words()))
    };
    writes().is(200);
    writes().refused(412, "version_conflict");
}
