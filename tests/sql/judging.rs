//! Judges of contests: the link they are invited by, the conflicts they declare, and their
//! leaving.

use diandan::platform::clock::DAY;
use serde_json::{Value, json};

use crate::support::answer::Answer;
use crate::support::desk::Desk;
use crate::support::jury::Contest;
use crate::support::people::Volunteer;
use crate::support::place::appointment;

#[track_caller]
fn invites(contest: &Contest, who: &Volunteer, name: &str) -> String {
    let answer = who.sends("POST", &contest.path("judges"), &json!({"name": name}));
    answer.is(201).member("code")
}

#[track_caller]
fn answers(who: &Volunteer, code: &str, answer: &str) -> Answer {
    let body = json!({"code": code, "answer": answer});
    who.sends("POST", "/api/v1/judge-invitations", &body)
}

#[track_caller]
fn declares(contest: &Contest, who: &Volunteer, conflicts: &Value) -> Answer {
    let body = json!({"conflicts": conflicts});
    who.sends("POST", &contest.path("conflicts"), &body)
}

#[test]
fn a_link_works_once_for_whoever_opens_it_in_time() {
    let desk = Desk::new();
    let contest = Contest::announced(desk.place());
    let owner = contest.organization.member("owner");
    let (li, wang) = (desk.place().adult(), desk.place().adult());
    let code = invites(&contest, &owner, "李老师");
    let said = answers(&li, &code, "accept").is(200).json();
    assert_eq!(
        (&said["number"], &said["accepted"]),
        (&json!("J01"), &json!(true))
    );
    // A double click accepts once, and nobody else does.
    answers(&li, &code, "accept").is(200);
    answers(&wang, &code, "accept").refused(410, "invitation_over");
    answers(&wang, &code, "decline").refused(410, "invitation_over");
    let late = invites(&contest, &owner, "王老师");
    desk.passes(14 * DAY);
    answers(&wang, &late, "accept").refused(410, "invitation_over");
    let listed = owner.reads(&contest.path("judges")).is(200).json();
    let states: Vec<_> = listed["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|judge| &judge["state"])
        .collect();
    assert_eq!(states, ["accepted", "expired"]);
    assert!(!listed.to_string().contains(&code));
    let nothing = format!("ddj_{}", "0".repeat(43));
    answers(&li, &nothing, "accept").refused(410, "invitation_over");
    answers(&li, "ddj_0", "accept").refused(422, "invalid_fields");
}

#[test]
fn whoever_declines_frees_the_link_for_nobody() {
    let desk = Desk::new();
    let contest = Contest::announced(desk.place());
    let owner = contest.organization.member("owner");
    let li = desk.place().adult();
    let code = invites(&contest, &owner, "李老师");
    let said = answers(&li, &code, "decline").is(200).json();
    assert_eq!(said["accepted"], false);
    answers(&li, &code, "accept").refused(410, "invitation_over");
    li.reads(&contest.path("conflicts"))
        .refused(403, "forbidden");
    // Another invitation is another chance.
    let again = invites(&contest, &owner, "李老师");
    answers(&li, &again, "accept").is(200);
    let third = invites(&contest, &owner, "李老师");
    answers(&li, &third, "accept").refused(409, "already_judge");
}

#[test]
fn the_answer_to_a_retry_shows_the_same_link() {
    let desk = Desk::new();
    let contest = Contest::announced(desk.place());
    let owner = contest.organization.member("owner");
    let request = owner
        .request("POST", &contest.path("judges"))
        .header("idempotency-key", "k")
        .json(&json!({"name": "李老师"}));
    let first = desk.place().send(&request).is(201).json();
    let again = desk.place().send(&request).is(201);
    assert_eq!(again.header("idempotency-replayed"), Some("true"));
    assert_eq!(again.json(), first);
    let count = "SELECT count(*) FROM contest_judge";
    assert_eq!(desk.place().number(count, json!([])), 1);
}

#[test]
fn whoever_runs_a_contest_or_watches_over_it_does_not_judge_it() {
    let desk = Desk::new();
    let place = desk.place();
    let contest = Contest::announced(place);
    let owner = contest.organization.member("owner");
    let (chair, judge) = (place.adult(), place.adult());
    place.rows(
        "INSERT INTO contest_officer (id, contest_id, role, phone_hash, phone_sealed, created_at)
         SELECT 'c', ?1, 'chair', phone_hash, phone_sealed, 0 FROM volunteer WHERE id = ?2",
        json!([contest.id, chair.id]),
    );
    for who in [&owner, &contest.organization.member("manager"), &chair] {
        let code = invites(&contest, &owner, "李老师");
        answers(who, &code, "accept").refused(409, "runs_contest");
        answers(who, &code, "decline").is(200);
    }
    // The chair watches and does nothing.
    chair.reads(&contest.path("judges")).is(200);
    chair
        .sends("POST", &contest.path("judges"), &json!({"name": "x"}))
        .refused(403, "forbidden");
    // A judge who joins those who run it still judges, and runs nothing.
    let code = invites(&contest, &owner, "李老师");
    answers(&judge, &code, "accept").is(200);
    place.rows(
        "INSERT INTO member (organization_id, volunteer_id, role, created_at) VALUES (?1, ?2, 'owner', 0)",
        json!([contest.organization.id, judge.id]),
    );
    judge
        .reads(&contest.path("judges"))
        .refused(403, "forbidden");
}

#[test]
fn an_office_runs_its_own_contest_within_its_reach() {
    let desk = Desk::new();
    let place = desk.place();
    let contest = Contest::announced(place);
    place.rows(
        "UPDATE contest SET organization_id = NULL, region = '3607' WHERE id = ?1",
        json!([contest.id]),
    );
    let province = place.coordinator("36");
    let (elsewhere, below) = (place.coordinator("3601"), place.coordinator("360731"));
    invites(&contest, &province, "李老师");
    for who in [&elsewhere, &below, &contest.organization.member("owner")] {
        who.sends("POST", &contest.path("judges"), &json!({"name": "x"}))
            .refused(403, "forbidden");
    }
    // A draft is nobody else's business, and a cancelled contest takes no judges.
    place.rows(
        "UPDATE contest SET state = 'draft', rules_version = 0, announced_at = NULL, entries_open_at = NULL,
           entries_close_at = NULL, ends_at = NULL WHERE id = ?1",
        json!([contest.id]),
    );
    elsewhere
        .reads(&contest.path("judges"))
        .refused(404, "not_found");
    province
        .sends("POST", &contest.path("judges"), &json!({"name": "x"}))
        .refused(409, "contest_not_running");
    place.rows("DELETE FROM coordinator WHERE region = '36'", json!([]));
    province
        .reads(&contest.path("judges"))
        .refused(404, "not_found");
    place.sql(vec![appointment(&province, "3607")]);
    province.reads(&contest.path("judges")).is(200);
}

#[test]
fn every_track_that_is_none_is_told() {
    let desk = Desk::new();
    let contest = Contest::announced(desk.place());
    let owner = contest.organization.member("owner");
    let body = json!({"name": " ", "tracks": ["Open"]});
    let answer = owner.sends("POST", &contest.path("judges"), &body);
    assert_eq!(
        answer.refused(422, "invalid_fields").pointers(),
        ["/name", "/tracks/0"]
    );
    let body = json!({"name": "李老师", "tracks": ["open", "health", "sport"]});
    let answer = owner.sends("POST", &contest.path("judges"), &body);
    assert_eq!(
        answer.refused(422, "invalid_fields").pointers(),
        ["/tracks/1", "/tracks/2"]
    );
}

#[test]
fn conflicts_are_declared_with_what_one_belongs_to_and_never_taken_back() {
    let desk = Desk::new();
    let place = desk.place();
    let contest = Contest::announced(place);
    let owner = contest.organization.member("owner");
    let (own, other) = (place.organization(), place.organization());
    let li = own.member("viewer");
    let code = invites(&contest, &owner, "李老师");
    answers(&li, &code, "accept").is(200);
    let before = li.reads(&contest.path("conflicts")).is(200).json();
    assert_eq!(before, json!({"declared_at": null, "items": []}));
    let unknown = json!([
        {"kind": "region", "region": "360731"},
        {"kind": "kinship", "organization_id": contest.id},
        {"kind": "other", "entry_id": contest.id},
    ]);
    let refused = declares(&contest, &li, &unknown).refused(422, "invalid_fields");
    assert_eq!(refused.pointers(), ["/conflicts/1", "/conflicts/2"]);
    let none =
        json!([{"kind": "region"}, {"kind": "other", "region": "36", "organization_id": other.id}]);
    let refused = declares(&contest, &li, &none).refused(422, "invalid_fields");
    assert_eq!(refused.pointers(), ["/conflicts/0", "/conflicts/1"]);
    let before = li.reads(&contest.path("conflicts")).is(200).json();
    assert_eq!(before["declared_at"], json!(null));
    let said = json!([{"kind": "adviser", "organization_id": other.id}, {"kind": "region", "region": "360731"}]);
    declares(&contest, &li, &said).is(200);
    let after = declares(&contest, &li, &said).is(200).json();
    let items = after["items"].as_array().unwrap();
    let kinds: Vec<_> = items.iter().map(|item| &item["kind"]).collect();
    assert_eq!(kinds, ["adviser", "region", "own_organization"]);
    assert_eq!(items[1]["region_name"], "赣州市于都县");
    assert_eq!(items[2]["organization_id"], json!(own.id));
    for sql in [
        "DELETE FROM contest_conflict",
        "UPDATE contest_conflict SET kind = 'other'",
        "INSERT OR REPLACE INTO contest_conflict SELECT * FROM contest_conflict",
    ] {
        assert!(
            desk.refuses(sql)
                .contains("contest_conflict_is_append_only"),
            "{sql}"
        );
    }
    // Nobody else reads them, nor declares any.
    for who in [&owner, &place.adult()] {
        who.reads(&contest.path("conflicts"))
            .refused(403, "forbidden");
        declares(&contest, who, &json!([])).refused(403, "forbidden");
    }
}

#[test]
fn a_conflict_ends_what_was_drawn_and_leaving_keeps_what_was_handed_in() {
    let desk = Desk::new();
    let place = desk.place();
    let contest = Contest::announced(place);
    let owner = contest.organization.member("owner");
    let (a, b) = (place.organization(), place.organization());
    let entries = [contest.entry(&a), contest.entry(&b), contest.entry(&b)];
    let (li, judge) = contest.judge();
    contest.draws(&entries.each_ref().map(|entry| (entry, &*judge)));
    let list = contest.path("stages/paper/ballots");
    let numbers = || {
        let listed = li.reads(&list).is(200).json();
        let items = listed["items"].as_array().unwrap();
        let numbers = items
            .iter()
            .map(|item| item["number"].as_str().unwrap().to_owned());
        numbers.collect::<Vec<_>>()
    };
    assert_eq!(numbers(), ["E0001", "E0002", "E0003"]);
    declares(
        &contest,
        &li,
        &json!([{"kind": "kinship", "organization_id": a.id}]),
    )
    .is(200);
    assert_eq!(numbers(), ["E0002", "E0003"]);
    li.reads(&contest.ballot(&entries[0]))
        .refused(404, "not_found");
    let whole = json!({"scores": {"need": 8, "effect": 7}, "hand_in": true});
    li.sends("PUT", &contest.ballot(&entries[1]), &whole)
        .is(200);
    // Joining an organization is a conflict nobody needs to declare.
    place.rows(
        "INSERT INTO member (organization_id, volunteer_id, role, created_at) VALUES (?1, ?2, 'viewer', 0)",
        json!([b.id, li.id]),
    );
    li.reads(&contest.ballot(&entries[1]))
        .refused(404, "not_found");
    li.sends("PUT", &contest.ballot(&entries[2]), &whole)
        .refused(404, "not_found");
    place.rows("DELETE FROM member WHERE volunteer_id = ?1", json!([li.id]));
    let stranger = place.adult();
    let leave = contest.path(&format!("judges/{judge}"));
    stranger.deletes(&leave).refused(403, "forbidden");
    li.deletes(&leave).is(204);
    li.deletes(&leave).is(204);
    li.reads(&list).refused(403, "forbidden");
    let ended = place.rows(
        "SELECT e.number, a.ended_for FROM contest_assignment a JOIN contest_entry e ON e.id = a.entry_id ORDER BY 1",
        json!([]),
    );
    let ended: Vec<_> = ended.iter().map(|row| &row["ended_for"]).collect();
    assert_eq!(ended, [&json!("conflict"), &json!(null), &json!("left")]);
    let state = &owner.reads(&contest.path("judges")).is(200).json()["items"][0]["state"];
    assert_eq!(state, "withdrew");
}

#[test]
fn whoever_leaves_the_platform_leaves_as_a_judge_without_a_name() {
    let desk = Desk::new();
    let place = desk.place();
    let contest = Contest::announced(place);
    let entry = contest.entry(&place.organization());
    let (li, judge) = contest.judge();
    contest.draws(&[(&entry, &judge)]);
    desk.passes(60_000);
    li.asks_for_a_code().is(202);
    let code = json!({"code": li.newest_code()});
    li.sends("POST", "/api/v1/me/departure", &code).is(200);
    let row = &place.rows("SELECT name, left_how FROM contest_judge", json!([]))[0];
    assert_eq!(row, &json!({"name": "已注销", "left_how": "withdrew"}));
    let open = "SELECT count(*) FROM contest_assignment WHERE ended_at IS NULL";
    assert_eq!(place.number(open, json!([])), 0);
}
