//! A judge's desk: what is saved, what is refused, and what nobody sees.

use diandan::platform::clock::DAY;
use serde_json::{Value, json};

use crate::support::answer::Answer;
use crate::support::desk::Desk;
use crate::support::jury::{Contest, Entry};
use crate::support::people::Volunteer;

/// A save on a version; 0 is none.
#[track_caller]
fn saves(contest: &Contest, who: &Volunteer, entry: &Entry, on: i64, body: &Value) -> Answer {
    let request = who.request("PUT", &contest.ballot(entry));
    let request = match on {
        0 => request.header("if-none-match", "*"),
        version => request.header("if-match", format!("\"v{version}\"")),
    };
    contest.place.send(&request.json(body))
}

fn whole(need: i64, effect: i64) -> Value {
    json!({"scores": {"need": need, "effect": effect}, "hand_in": true})
}

#[test]
fn scores_are_saved_as_one_goes_and_handed_in_whole() {
    let desk = Desk::new();
    let contest = Contest::announced(desk.place());
    let entry = contest.entry(&desk.place().organization());
    let (li, judge) = contest.judge();
    contest.draws(&[(&entry, &judge)]);
    let read = li.reads(&contest.ballot(&entry)).is(200);
    assert_eq!(read.header("etag"), Some("\"v0\""));
    let read = read.json();
    assert_eq!(read["ballot"]["state"], "untouched");
    assert_eq!(
        read["criteria"][0]["levels"][1]["words"],
        "经实地走访核实，有数据支撑"
    );
    let begun = json!({"scores": {"need": 8}, "comment": "需求扎实"});
    let saved = saves(&contest, &li, &entry, 0, &begun).is(200).json();
    assert_eq!(
        (&saved["version"], &saved["state"]),
        (&json!(1), &json!("begun"))
    );
    let half = json!({"scores": {"need": 8}, "hand_in": true});
    let refused = saves(&contest, &li, &entry, 1, &half).refused(422, "invalid_fields");
    assert_eq!(refused.pointers(), ["/scores/effect"]);
    let wrong = json!({"scores": {"need": 11, "show": 3}, "comment": "x".repeat(1001)});
    let refused = saves(&contest, &li, &entry, 1, &wrong).refused(422, "invalid_fields");
    assert_eq!(refused.pointers(), ["/comment"]);
    let wrong = json!({"scores": {"need": 11, "show": 3}});
    let refused = saves(&contest, &li, &entry, 1, &wrong).refused(422, "invalid_fields");
    assert_eq!(refused.pointers(), ["/scores/need", "/scores/show"]);
    let saved = saves(&contest, &li, &entry, 1, &whole(8, 7)).is(200).json();
    assert_eq!(saved["state"], "handed_in");
    assert_eq!(
        saved["before"],
        json!({"scores": {"need": 8}, "comment": "需求扎实"})
    );
    // Revised, it stays handed in, and whole.
    let revised = json!({"scores": {"need": 9, "effect": 7}});
    let saved = saves(&contest, &li, &entry, 2, &revised).is(200).json();
    assert_eq!(
        (&saved["version"], &saved["state"]),
        (&json!(3), &json!("handed_in"))
    );
    saves(&contest, &li, &entry, 3, &begun).refused(422, "invalid_fields");
    let list = li
        .reads(&contest.path("stages/paper/ballots"))
        .is(200)
        .json();
    assert_eq!(
        (&list["handed_in"], &list["items"][0]["state"]),
        (&json!(1), &json!("handed_in"))
    );
}

#[test]
fn two_tabs_and_a_lost_answer_save_once_each() {
    let desk = Desk::new();
    let contest = Contest::announced(desk.place());
    let entry = contest.entry(&desk.place().organization());
    let (li, judge) = contest.judge();
    contest.draws(&[(&entry, &judge)]);
    saves(&contest, &li, &entry, 0, &whole(8, 7)).is(200);
    // The answer was lost: the same again, on the same version.
    let again = saves(&contest, &li, &entry, 0, &whole(8, 7)).is(200).json();
    assert_eq!(again["version"], 1);
    let other_tab = saves(&contest, &li, &entry, 0, &whole(1, 1)).refused(412, "version_conflict");
    assert_eq!(other_tab.header("etag"), Some("\"v1\""));
    let stands = li.reads(&contest.ballot(&entry)).is(200).json();
    assert_eq!(stands["ballot"]["scores"], json!({"need": 8, "effect": 7}));
    saves(&contest, &li, &entry, 1, &whole(2, 2)).is(200);
    saves(&contest, &li, &entry, 1, &whole(3, 3)).refused(412, "version_conflict");
}

#[test]
fn what_comes_as_the_stage_closes_is_refused_and_what_stood_stands() {
    let desk = Desk::new();
    let contest = Contest::announced(desk.place());
    let entry = contest.entry(&desk.place().organization());
    let (li, judge) = contest.judge();
    contest.draws(&[(&entry, &judge)]);
    desk.passes(-1);
    li.sends("PUT", &contest.ballot(&entry), &whole(8, 7))
        .refused(409, "stage_not_open");
    desk.passes(2 * DAY);
    saves(&contest, &li, &entry, 0, &whole(8, 7)).is(200);
    desk.passes(1);
    saves(&contest, &li, &entry, 1, &whole(9, 9)).refused(409, "stage_closed");
    // Sent again, what is in is in.
    saves(&contest, &li, &entry, 0, &whole(8, 7)).is(200);
    let stands = li.reads(&contest.ballot(&entry)).is(200).json();
    assert_eq!(stands["ballot"]["scores"]["need"], 8);
    for sql in [
        "UPDATE contest_ballot SET scores = '{}', version = version + 1, saved_at = 1e15",
        "UPDATE contest_ballot SET scores = '{}'",
    ] {
        assert!(desk.refuses(sql).contains("ballot_not_open"), "{sql}");
    }
    for sql in [
        "DELETE FROM contest_ballot",
        "INSERT OR REPLACE INTO contest_ballot SELECT * FROM contest_ballot",
    ] {
        assert!(desk.refuses(sql).contains("contest_ballot_stays"), "{sql}");
    }
}

#[test]
fn a_blind_stage_says_nowhere_whose_an_entry_is() {
    let desk = Desk::new();
    let place = desk.place();
    let contest = Contest::announced(place);
    let team = place.organization();
    place.rows(
        "UPDATE organization SET region = '360731', contact_name = '钟𠮷诺' WHERE id = ?1",
        json!([team.id]),
    );
    let entry = contest.entry(&team);
    place.rows(
        "UPDATE contest_entry SET title = '于都科学课', words = json_set(words, '$.effect', '钟𠮷诺在赣州市带了 12 次课') WHERE id = ?1",
        json!([entry.id]),
    );
    let (li, judge) = contest.judge();
    contest.draws(&[(&entry, &judge)]);
    let list = contest.path("stages/paper/ballots");
    for target in [&list, &contest.ballot(&entry)] {
        let text = li.reads(target).is(200).text();
        for secret in [&*team.name, "于都", "赣州", "钟𠮷诺", "pictures.example"] {
            assert!(!text.contains(secret), "{secret} in {text}");
        }
    }
    let read = li.reads(&contest.ballot(&entry)).is(200).json();
    let read = &read["entry"];
    assert_eq!(read["organization_name"], json!(null));
    assert_eq!(read["title"], "▇▇▇科学课");
    assert_eq!(read["words"][1]["text"], "▇▇▇在▇▇▇带了 12 次课");
    assert_eq!(read["words"][1]["hidden"], true);
    assert_eq!(read["facts"], json!({"people": 3}));
    // Where judges may know, they do.
    place.rows(
        "UPDATE contest SET rules_version = 2 WHERE id = ?1
         AND EXISTS (SELECT 1)",
        json!([contest.id]),
    );
    place.rows(
        "INSERT INTO contest_rules (contest_id, version, document, hash, reason, published_at)
         SELECT contest_id, 2, json_set(document, '$.stages[0].blind', json('false')), hash, '公开评审', 0
         FROM contest_rules WHERE contest_id = ?1",
        json!([contest.id]),
    );
    let read = li.reads(&contest.ballot(&entry)).is(200).json();
    assert_eq!(read["entry"]["organization_name"], json!(team.name));
    assert_eq!(read["entry"]["facts"]["places"], json!(["于都县"]));
}

#[test]
fn nobody_reads_a_ballot_but_the_judge_it_was_drawn_for() {
    let desk = Desk::new();
    let place = desk.place();
    let contest = Contest::announced(place);
    let team = place.organization();
    let entries = [contest.entry(&team), contest.entry(&team)];
    let ((li, first), (wang, second)) = (contest.judge(), contest.judge());
    contest.draws(&[(&entries[0], &first), (&entries[1], &second)]);
    saves(&contest, &li, &entries[0], 0, &whole(8, 7)).is(200);
    let (list, ballot) = (
        contest.path("stages/paper/ballots"),
        contest.ballot(&entries[0]),
    );
    let own = wang.reads(&list).is(200).json();
    assert_eq!(own["items"].as_array().unwrap().len(), 1);
    assert_eq!(own["handed_in"], 0);
    wang.reads(&ballot).refused(404, "not_found");
    wang.sends("PUT", &ballot, &whole(1, 1))
        .refused(404, "not_found");
    let owner = contest.organization.member("owner");
    for who in [
        &owner,
        &team.member("owner"),
        &place.adult(),
        &place.coordinator("36"),
    ] {
        who.reads(&list).refused(403, "forbidden");
        who.reads(&ballot).refused(403, "forbidden");
        who.sends("PUT", &ballot, &whole(1, 1))
            .refused(403, "forbidden");
    }
    for stage in ["final", "Paper"] {
        li.reads(&contest.path(&format!("stages/{stage}/ballots")))
            .refused(404, "not_found");
    }
    // Not before they have said which conflicts they have, and not once an entry is gone.
    place.rows(
        "UPDATE contest_entry SET state = 'withdrawn' WHERE id = ?1",
        json!([entries[0].id]),
    );
    li.reads(&ballot).refused(404, "not_found");
    place.rows("UPDATE contest_judge SET declared_at = NULL", json!([]));
    wang.reads(&list).refused(409, "conflicts_undeclared");
    wang.reads(&contest.ballot(&entries[1]))
        .refused(409, "conflicts_undeclared");
    wang.sends("PUT", &contest.ballot(&entries[1]), &whole(1, 1))
        .refused(409, "conflicts_undeclared");
    assert_eq!(
        place.number("SELECT count(*) FROM contest_ballot", json!([])),
        1
    );
}
