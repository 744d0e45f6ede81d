//! A roadshow: called up, scored, closed, shown, and what nobody sees before.

use diandan::platform::clock::HOUR;
use diandan::platform::crypto::sha256_hex;
use serde_json::{Value, json};

use crate::support::answer::Answer;
use crate::support::desk::Desk;
use crate::support::jury::{Contest, Entry};
use crate::support::people::{Organization, Volunteer};
use crate::support::place::Place;
use crate::support::request::Request;

/// A contest whose roadshow has just opened: two entries of one track, four judges each.
struct Show<'a> {
    contest: Contest<'a>,
    owner: Volunteer<'a>,
    chair: Volunteer<'a>,
    team: Organization<'a>,
    entries: [Entry; 2],
    judges: Vec<(Volunteer<'a>, String)>,
}

impl<'a> Show<'a> {
    fn opens(place: &'a dyn Place) -> Self {
        let contest = Contest::on_stage(place);
        let team = place.organization();
        let entries = [contest.entry(&team), contest.entry(&team)];
        let judges: Vec<_> = (0..4).map(|_| contest.judge()).collect();
        let pairs: Vec<_> = entries
            .iter()
            .flat_map(|entry| judges.iter().map(move |(_, judge)| (entry, &**judge)))
            .collect();
        contest.draws_in("roadshow", &pairs);
        Self {
            owner: contest.organization.member("owner"),
            chair: contest.officer("chair"),
            contest,
            team,
            entries,
            judges,
        }
    }

    fn floor(&self) -> String {
        self.contest.path("stages/roadshow/floor")
    }

    #[track_caller]
    fn does(&self, who: &Volunteer, act: &str, entry: usize) -> Answer {
        let mut body = json!({"entry_id": self.entries[entry].id, "act": act});
        if act == "reopen" {
            body["reason"] = json!("投影故障，评委没有看全");
        }
        who.sends("POST", &self.floor(), &body)
    }

    #[track_caller]
    fn chairs(&self, act: &str, entry: usize) -> Value {
        self.does(&self.chair, act, entry).is(200).json()
    }

    fn ballot(&self, entry: usize) -> String {
        let entry = &self.entries[entry].id;
        self.contest
            .path(&format!("stages/roadshow/ballots/{entry}"))
    }

    #[track_caller]
    fn scores(&self, judge: usize, entry: usize, mark: i64) -> Answer {
        let body = json!({"scores": {"show": mark}, "hand_in": true});
        let (judge, _) = &self.judges[judge];
        judge.sends("PUT", &self.ballot(entry), &body)
    }

    #[track_caller]
    fn all_score(&self, entry: usize, marks: [i64; 4]) {
        for (judge, mark) in marks.into_iter().enumerate() {
            self.scores(judge, entry, mark).is(200);
        }
    }

    /// What anybody reads.
    #[track_caller]
    fn public(&self) -> Value {
        self.contest.place.get(&self.floor()).is(200).json()["items"].clone()
    }

    fn log(&self) -> Vec<(String, Value)> {
        let rows = self.contest.place.rows(
            "SELECT act, detail FROM contest_log WHERE contest_id = ?1 AND act LIKE 'entry.%' ORDER BY seq",
            json!([self.contest.id]),
        );
        let line = |row: &Value| {
            let detail = serde_json::from_str(row["detail"].as_str().unwrap());
            (row["act"].as_str().unwrap().to_owned(), detail.unwrap())
        };
        rows.iter().map(line).collect()
    }

    fn acts(&self) -> Vec<String> {
        self.log().into_iter().map(|(act, _)| act).collect()
    }
}

#[test]
fn an_entry_comes_up_is_scored_and_shown() {
    let desk = Desk::new();
    let show = Show::opens(desk.place());
    assert_eq!(show.public(), json!([]));
    // Those who run it see who waits, in the order of numbers.
    let waiting = show.chair.reads(&show.floor()).is(200).json();
    let numbers: Vec<_> = waiting["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| (item["number"].clone(), item["state"].clone()))
        .collect();
    let expected = ["E0001", "E0002"].map(|number| (json!(number), json!("waiting")));
    assert_eq!(numbers, expected);
    let up = show.chairs("open", 0);
    assert_eq!(
        (&up["state"], &up["handed_in"], &up["judges"]),
        (&json!("open"), &json!(0), &json!(4))
    );
    let public = &show.public()[0];
    assert_eq!(
        (&public["number"], &public["state"], &public["title"]),
        (&json!("E0001"), &json!("open"), &json!("乡村科学课"))
    );
    assert_eq!(public["organization_name"], json!(show.team.name));
    show.all_score(0, [9, 2, 8, 7]);
    let closed = show.chairs("close", 0);
    assert_eq!(
        (&closed["state"], &closed["handed_in"]),
        (&json!("closed"), &json!(4))
    );
    let shown = show.does(&show.owner, "show", 0).is(200).json();
    let expected = json!({
        "score": "75.0000", "method": "trimmed_mean",
        "marks": [
            {"judge": "J01", "mark": "90.0000", "dropped": true},
            {"judge": "J02", "mark": "20.0000", "dropped": true},
            {"judge": "J03", "mark": "80.0000", "dropped": false},
            {"judge": "J04", "mark": "70.0000", "dropped": false},
        ],
    });
    assert_eq!(shown["shown"], expected);
    assert_eq!(show.public()[0]["shown"], expected);
    assert!(!show.public().to_string().contains("李老师"));
    let log = show.log();
    let acts: Vec<_> = log.iter().map(|(act, _)| &**act).collect();
    assert_eq!(
        acts,
        [
            "entry.called_up",
            "entry.scoring_closed",
            "entry.score_shown"
        ]
    );
    let kept = desk
        .place()
        .value("SELECT shown FROM contest_floor", json!([]));
    assert_eq!(log[2].1["hash"], sha256_hex(kept.as_str().unwrap()));
    // The next one.
    show.chairs("open", 1);
    assert_eq!(show.public()[1]["state"], "open");
}

#[test]
fn only_what_is_up_is_scored() {
    let desk = Desk::new();
    let show = Show::opens(desk.place());
    show.scores(0, 0, 9).refused(409, "entry_not_up");
    show.chairs("open", 0);
    show.scores(0, 1, 9).refused(409, "entry_not_up");
    show.all_score(0, [9, 8, 7, 6]);
    let begun = json!({"scores": {"show": 3}});
    let saved = show.judges[3].0.sends("PUT", &show.ballot(0), &begun);
    assert_eq!(saved.is(200).json()["state"], "handed_in");
    show.chairs("close", 0);
    show.scores(0, 0, 1).refused(409, "entry_not_up");
    // Sent again, what is in is in.
    show.scores(0, 0, 9).is(200);
    let list = show.contest.path("stages/roadshow/ballots");
    let list = show.judges[0].0.reads(&list).is(200).json();
    let floors: Vec<_> = [0, 1].map(|at| list["items"][at]["floor"].clone()).into();
    assert_eq!(floors, ["closed", "waiting"]);
    for sql in [
        "UPDATE contest_ballot SET scores = '{\"show\":1}', version = version + 1",
        "INSERT INTO contest_ballot (contest_id, stage, entry_id, judge_id, scores, saved_at)
         SELECT contest_id, stage, entry_id, judge_id, '{}', (SELECT opened_at FROM contest_floor)
         FROM contest_assignment WHERE entry_id NOT IN (SELECT entry_id FROM contest_ballot) LIMIT 1",
    ] {
        assert!(desk.refuses(sql).contains("entry_not_up"), "{sql}");
    }
    let stands = show.judges[0].0.reads(&show.ballot(0)).is(200).json();
    assert_eq!(stands["ballot"]["scores"], json!({"show": 9}));
    // The paper review has no floor.
    show.chair
        .reads(&show.contest.path("stages/paper/floor"))
        .refused(404, "not_found");
}

#[test]
fn what_was_saved_and_not_handed_in_does_not_count() {
    let desk = Desk::new();
    let show = Show::opens(desk.place());
    show.chairs("open", 0);
    for judge in 0..3 {
        show.scores(judge, 0, 6).is(200);
    }
    let begun = json!({"scores": {"show": 10}});
    show.judges[3]
        .0
        .sends("PUT", &show.ballot(0), &begun)
        .is(200);
    let console = show.chair.reads(&show.floor()).is(200).json();
    assert_eq!(console["items"][0]["handed_in"], 3);
    show.chairs("close", 0);
    let shown = show.chairs("show", 0);
    assert_eq!(shown["shown"]["score"], "60.0000");
    assert_eq!(shown["shown"]["marks"].as_array().unwrap().len(), 3);
}

#[test]
fn one_entry_is_up_in_a_track_at_a_time() {
    let desk = Desk::new();
    let show = Show::opens(desk.place());
    show.chairs("open", 0);
    let refused = show
        .does(&show.owner, "open", 1)
        .refused(409, "another_entry_up");
    assert_eq!(refused.member("up"), "E0001");
    assert!(
        desk.refuses(
            "INSERT INTO contest_floor (contest_id, stage, entry_id, track, opened_at)
             SELECT f.contest_id, f.stage, e.id, f.track, f.opened_at
             FROM contest_floor f JOIN contest_entry e ON e.id <> f.entry_id"
        )
        .contains("contest_floor.track")
    );
    // Another track has a room of its own.
    desk.place().rows(
        "UPDATE contest_entry SET track = 'open' WHERE id = ?1",
        json!([show.entries[1].id]),
    );
    show.chairs("open", 1);
    show.all_score(1, [5, 5, 5, 5]);
    show.chairs("close", 1);
    show.chairs("show", 1);
    assert_eq!(show.public()[0]["state"], "open");
}

#[test]
fn it_is_opened_again_for_a_reason_until_it_is_shown() {
    let desk = Desk::new();
    let show = Show::opens(desk.place());
    for act in ["close", "reopen", "show"] {
        show.does(&show.chair, act, 0)
            .refused(409, "floor_out_of_turn");
    }
    show.chairs("open", 0);
    show.does(&show.chair, "show", 0)
        .refused(409, "floor_out_of_turn");
    show.all_score(0, [5, 5, 5, 5]);
    show.chairs("close", 0);
    show.does(&show.chair, "open", 0)
        .refused(409, "floor_out_of_turn");
    let silent = json!({"entry_id": show.entries[0].id, "act": "reopen"});
    let refused = show.chair.sends("POST", &show.floor(), &silent);
    assert_eq!(
        refused.refused(422, "invalid_fields").pointers(),
        ["/reason"]
    );
    show.chairs("open", 1);
    show.does(&show.chair, "reopen", 0)
        .refused(409, "another_entry_up");
    show.chairs("close", 1);
    show.chairs("reopen", 0);
    show.scores(0, 0, 10).is(200);
    show.chairs("close", 0);
    show.chairs("show", 0);
    for act in ["open", "close", "reopen"] {
        show.does(&show.chair, act, 0)
            .refused(409, "floor_out_of_turn");
    }
    let reopened = show
        .log()
        .into_iter()
        .find(|(act, _)| act == "entry.scoring_reopened");
    assert_eq!(reopened.unwrap().1["reason"], "投影故障，评委没有看全");
    for sql in [
        "UPDATE contest_floor SET shown = '{}' WHERE state = 'shown'",
        "DELETE FROM contest_floor",
        "INSERT OR REPLACE INTO contest_floor SELECT * FROM contest_floor",
        "UPDATE contest_floor SET track = 'open'",
    ] {
        assert!(desk.refuses(sql).contains("floor_out_of_turn"), "{sql}");
    }
}

#[test]
fn a_double_click_does_nothing_twice() {
    let desk = Desk::new();
    let show = Show::opens(desk.place());
    let sent = |act: &str, key: &str| {
        let body = json!({"entry_id": show.entries[0].id, "act": act, "reason": "再看一遍"});
        let request = show.chair.request("POST", &show.floor());
        let request = request.header("idempotency-key", key);
        desk.place().send(&request.json(&body)).is(200)
    };
    for (at, act) in ["open", "close", "reopen", "close", "show"]
        .into_iter()
        .enumerate()
    {
        if act == "show" {
            sent("reopen", "again");
            show.all_score(0, [5, 6, 7, 8]);
            sent("close", "at-last");
        }
        let key = format!("key-{at}");
        let first = sent(act, &key);
        assert_eq!(first.header("idempotency-replayed"), None, "{act}");
        let replayed = sent(act, &key);
        assert_eq!(
            replayed.header("idempotency-replayed"),
            Some("true"),
            "{act}"
        );
        assert_eq!(replayed.json(), first.json());
        // And somebody else who was slower, or has no key.
        let state = show.does(&show.owner, act, 0).is(200).json()["state"].clone();
        assert_eq!(state, first.json()["state"]);
    }
    assert_eq!(
        show.acts(),
        [
            "entry.called_up",
            "entry.scoring_closed",
            "entry.scoring_reopened",
            "entry.scoring_closed",
            "entry.scoring_reopened",
            "entry.scoring_closed",
            "entry.score_shown"
        ]
    );
}

#[test]
fn the_chair_and_those_who_run_it_act_and_nobody_else() {
    let desk = Desk::new();
    let place = desk.place();
    let show = Show::opens(place);
    let elsewhere = Show::opens(place);
    let supervisor = show.contest.officer("supervisor");
    for who in [
        &supervisor,
        &show.judges[0].0,
        &place.adult(),
        &show.team.member("owner"),
        &show.contest.organization.member("viewer"),
        &elsewhere.chair,
        &elsewhere.owner,
        &place.coordinator("36"),
    ] {
        show.does(who, "open", 0).refused(403, "forbidden");
    }
    let body = json!({"entry_id": show.entries[0].id, "act": "open"});
    let anonymous = Request::new("POST", show.floor()).json(&body);
    place.send(&anonymous).refused(401, "unauthenticated");
    show.contest
        .organization
        .posts(&show.floor(), &body)
        .refused(401, "unauthenticated");
    // A chair who judges as well is a judge.
    place.rows(
        "UPDATE contest_judge SET volunteer_id = ?1 WHERE id = ?2",
        json!([show.chair.id, show.judges[0].1]),
    );
    show.does(&show.chair, "open", 0).refused(403, "forbidden");
    assert!(show.acts().is_empty());
    // Somebody else's entry, and what is none.
    for entry in [
        &*elsewhere.entries[0].id,
        "01990000-0000-7000-8000-000000000003",
    ] {
        let body = json!({"entry_id": entry, "act": "open"});
        show.owner
            .sends("POST", &show.floor(), &body)
            .refused(404, "not_found");
    }
    for (body, pointers) in [
        (json!({}), vec!["/act", "/entry_id"]),
        (
            json!({"entry_id": "𠮷", "act": "shut", "reason": "", "x": 1}),
            vec!["/act", "/entry_id", "/reason", "/x"],
        ),
    ] {
        let refused = show.owner.sends("POST", &show.floor(), &body);
        assert_eq!(refused.refused(422, "invalid_fields").pointers(), pointers);
    }
    for stage in ["final", "paper", "Road"] {
        let floor = show.contest.path(&format!("stages/{stage}/floor"));
        place.get(&floor).refused(404, "not_found");
        show.owner
            .sends("POST", &floor, &body)
            .refused(404, "not_found");
    }
    place.rows(
        "UPDATE contest SET state = 'cancelled', state_reason = '防汛' WHERE id = ?1",
        json!([show.contest.id]),
    );
    show.does(&show.owner, "open", 0)
        .refused(409, "contest_not_running");
    place.get(&show.floor()).refused(404, "not_found");
}

#[test]
fn nobody_sees_anything_before_it_is_shown() {
    let desk = Desk::new();
    let place = desk.place();
    let show = Show::opens(place);
    let interested = show.contest.officer("chair");
    place.rows(
        "INSERT INTO member (organization_id, volunteer_id, role, created_at) VALUES (?1, ?2, 'viewer', 0)",
        json!([show.team.id, interested.id]),
    );
    let supervisor = show.contest.officer("supervisor");
    show.chairs("open", 0);
    show.all_score(0, [9, 2, 8, 7]);
    let stranger = place.adult();
    let entrant = show.team.member("owner");
    let judge = &show.judges[0].0;
    for state in ["open", "closed"] {
        if state == "closed" {
            // Who has an interest may run the floor, and reads no counts.
            let closed = show.does(&interested, "close", 0).is(200).json();
            assert_eq!(
                (&closed["handed_in"], &closed["judges"]),
                (&json!(null), &json!(null))
            );
        }
        for who in [&interested, &supervisor, &stranger, &entrant, judge] {
            let read = who.reads(&show.floor()).is(200);
            assert_eq!(read.header("cache-control"), Some("private, no-store"));
            let item = &read.json()["items"][0];
            assert_eq!(item["state"], state);
            for secret in ["handed_in", "judges", "shown", "shown_at"] {
                assert_eq!(item[secret], json!(null), "{secret}");
            }
        }
        let item = &show.public()[0];
        for secret in ["handed_in", "judges", "shown", "shown_at"] {
            assert_eq!(item[secret], json!(null), "{secret}");
        }
        let own = show.owner.reads(&show.floor()).is(200).json();
        assert_eq!(
            (&own["items"][0]["handed_in"], &own["items"][0]["judges"]),
            (&json!(4), &json!(4))
        );
    }
    // Nor does the list of judges tell.
    let judges = format!("/contests/{}/judges", show.contest.id);
    for who in [&interested, &supervisor, &show.owner] {
        let text = page(who, &judges).is(200).text();
        assert!(text.contains("路演控制台") && !text.contains("已交 <b"));
    }
    // Who waits is nobody's business but theirs.
    for (who, seen) in [
        (&show.chair, 2),
        (&supervisor, 2),
        (judge, 1),
        (&stranger, 1),
    ] {
        let items = who.reads(&show.floor()).is(200).json()["items"].clone();
        assert_eq!(items.as_array().unwrap().len(), seen);
    }
}

#[test]
fn what_was_shown_stays_whatever_comes_after() {
    let desk = Desk::new();
    let place = desk.place();
    let show = Show::opens(place);
    show.chairs("open", 0);
    show.all_score(0, [9, 2, 8, 7]);
    show.chairs("close", 0);
    // A conflict that comes to mind before it is shown: that ballot does not count.
    let conflict = json!({"conflicts": [{"kind": "kinship", "entry_id": show.entries[0].id}]});
    let conflicts = show.contest.path("conflicts");
    show.judges[0]
        .0
        .sends("POST", &conflicts, &conflict)
        .is(200);
    let own = show.chair.reads(&show.floor()).is(200).json();
    assert_eq!(
        (&own["items"][0]["handed_in"], &own["items"][0]["judges"]),
        (&json!(3), &json!(3))
    );
    let shown = show.chairs("show", 0)["shown"].clone();
    assert_eq!(shown["score"], "70.0000");
    assert_eq!(
        shown["marks"][0],
        json!({"judge": "J02", "mark": "20.0000", "dropped": true})
    );
    // One that comes to mind later, and a judge who belongs to them all along.
    show.judges[1]
        .0
        .sends("POST", &conflicts, &conflict)
        .is(200);
    place.rows(
        "INSERT INTO member (organization_id, volunteer_id, role, created_at) VALUES (?1, ?2, 'viewer', 0)",
        json!([show.team.id, show.judges[2].0.id]),
    );
    place.rows(
        "UPDATE contest_entry SET state = 'ineligible', state_reason = '抄袭' WHERE id = ?1",
        json!([show.entries[0].id]),
    );
    assert_eq!(show.public()[0]["shown"], shown);
    assert_eq!(show.chairs("show", 0)["shown"], shown);
}

#[test]
fn too_few_ballots_give_no_score() {
    let desk = Desk::new();
    let place = desk.place();
    let show = Show::opens(place);
    show.chairs("open", 0);
    show.chairs("close", 0);
    show.does(&show.chair, "show", 0)
        .refused(409, "too_few_ballots");
    show.chairs("reopen", 0);
    show.scores(0, 0, 9).is(200);
    show.scores(1, 0, 8).is(200);
    show.chairs("close", 0);
    show.does(&show.chair, "show", 0)
        .refused(409, "too_few_ballots");
    // A judge who leaves keeps what they handed in.
    show.chairs("reopen", 0);
    show.scores(2, 0, 7).is(200);
    let leaving = show.contest.path(&format!("judges/{}", show.judges[2].1));
    show.judges[2].0.deletes(&leaving).is(204);
    show.chairs("close", 0);
    assert_eq!(show.chairs("show", 0)["shown"]["score"], "80.0000");
}

#[test]
fn the_floor_is_open_as_long_as_the_stage_is() {
    let desk = Desk::new();
    let place = desk.place();
    let show = Show::opens(place);
    desk.passes(-1);
    show.does(&show.chair, "open", 0)
        .refused(409, "stage_not_open");
    desk.passes(1);
    show.chairs("open", 0);
    show.all_score(0, [5, 5, 5, 5]);
    desk.passes(8 * HOUR);
    show.scores(0, 0, 9).refused(409, "stage_closed");
    show.does(&show.chair, "open", 1)
        .refused(409, "stage_closed");
    show.does(&show.chair, "reopen", 0)
        .refused(409, "stage_closed");
    // The stage closed what was up, and it can be shown.
    let public = show.public();
    assert_eq!(public[0]["state"], "closed");
    assert_eq!(public[0]["closed_at"], desk.now().rfc3339());
    show.chairs("close", 0);
    assert_eq!(show.chairs("show", 0)["shown"]["score"], "50.0000");
    assert_eq!(show.acts(), ["entry.called_up", "entry.score_shown"]);
}

#[test]
fn what_does_not_take_part_is_not_called_up() {
    let desk = Desk::new();
    let place = desk.place();
    let show = Show::opens(place);
    let undrawn = show.contest.entry(&show.team);
    let body = json!({"entry_id": undrawn.id, "act": "open"});
    show.chair
        .sends("POST", &show.floor(), &body)
        .refused(409, "entry_not_in_stage");
    show.chairs("open", 0);
    show.all_score(0, [5, 5, 5, 5]);
    let ends = |state: &str| {
        place.rows(
            "UPDATE contest_entry SET state = ?2, state_reason = '抄袭' WHERE contest_id = ?1",
            json!([show.contest.id, state]),
        )
    };
    ends("ineligible");
    show.does(&show.chair, "open", 1)
        .refused(409, "entry_not_in_stage");
    assert!(
        desk.refuses(
            "INSERT INTO contest_floor (contest_id, stage, entry_id, track, opened_at)
             SELECT f.contest_id, f.stage, e.id, 'open', f.opened_at
             FROM contest_floor f JOIN contest_entry e ON e.id <> f.entry_id"
        )
        .contains("floor_out_of_turn")
    );
    // It leaves the floor, and has no score.
    show.chairs("close", 0);
    show.does(&show.chair, "reopen", 0)
        .refused(409, "entry_not_in_stage");
    show.does(&show.chair, "show", 0)
        .refused(409, "too_few_ballots");
}

#[test]
fn a_blind_roadshow_says_numbers_only() {
    let desk = Desk::new();
    let place = desk.place();
    let show = Show::opens(place);
    show.chairs("open", 0);
    place.rows(
        "INSERT INTO contest_rules (contest_id, version, document, hash, reason, published_at)
         SELECT contest_id, 2, json_set(document, '$.stages[1].blind', json('true')), hash, '匿名', 0
         FROM contest_rules WHERE contest_id = ?1",
        json!([show.contest.id]),
    );
    place.rows(
        "UPDATE contest SET rules_version = 2 WHERE id = ?1",
        json!([show.contest.id]),
    );
    for text in [
        place.get(&show.floor()).is(200).text(),
        show.judges[0].0.reads(&show.floor()).is(200).text(),
    ] {
        assert!(
            text.contains("E0001")
                && !text.contains("乡村科学课")
                && !text.contains(&show.team.name)
        );
    }
    let own = show.chair.reads(&show.floor()).is(200).json();
    assert_eq!(own["items"][0]["title"], "乡村科学课");
}

fn page(who: &Volunteer, target: &str) -> Answer {
    who.place.send(&Request::get(target).browser(&who.session))
}

fn submits(who: &Volunteer, target: &str, fields: &[(&str, &str)]) -> Answer {
    let request = Request::new("POST", target).browser(&who.session);
    who.place.send(&request.form(fields))
}

#[test]
fn a_chair_runs_a_roadshow_from_a_phone() {
    let desk = Desk::new();
    let place = desk.place();
    let show = Show::opens(place);
    let contest = &show.contest.id;
    let console = format!("/contests/{contest}/roadshow/roadshow");
    let live = format!("/contests/{contest}/live/roadshow");
    let stage = format!("/me/judging/{contest}/roadshow");
    let judge = &show.judges[0].0;
    // Each page leads to the next.
    let judges = format!("/contests/{contest}/judges");
    assert!(
        page(&show.chair, &judges)
            .is(200)
            .text()
            .contains(&format!("href=\"{console}\""))
    );
    let public = format!("/contests/{contest}");
    assert!(
        place
            .get(&public)
            .is(200)
            .text()
            .contains(&format!("href=\"{live}\""))
    );
    let first = page(&show.chair, &console).is(200);
    assert_eq!(first.header("refresh"), Some("10"));
    assert_eq!(first.text().matches("value=\"open\"").count(), 2);
    let waits = page(judge, &stage).is(200);
    assert_eq!(waits.header("refresh"), Some("10"));
    assert!(waits.text().contains("现在没有轮到您评的项目"));
    let early = page(judge, &format!("{stage}/E0001")).is(200).text();
    assert!(
        early.contains("还没有上场") && early.contains("<fieldset id=\"score_show\" disabled>")
    );
    assert!(
        place
            .get(&live)
            .is(200)
            .text()
            .contains("等待下一个项目上场")
    );
    // Called up.
    let [entry, other] = show.entries.each_ref().map(|entry| &*entry.id);
    let called = submits(&show.chair, &console, &[("entry", entry), ("act", "open")]).is(303);
    assert_eq!(
        called.header("location"),
        Some(&*format!("{console}#track-education"))
    );
    let up = page(&show.chair, &console).is(200);
    let up = up.text();
    assert!(up.contains("已交 <b class=\"num\">0</b> / 4 份") && !up.contains("value=\"open\""));
    let refused = submits(&show.chair, &console, &[("entry", other), ("act", "open")]).is(409);
    assert!(refused.text().contains("E0001 还在评分"));
    assert_eq!(refused.header("refresh"), None);
    let now = page(judge, &stage).is(200);
    assert!(
        now.text()
            .contains(&format!("class=\"button wide\" href=\"{stage}/E0001\""))
    );
    assert!(place.get(&live).is(200).text().contains("正在评分"));
    // Scored without scripts: back to what is up.
    let whole = [("version", "0"), ("score_show", "9"), ("act", "hand_in")];
    let handed = submits(judge, &format!("{stage}/E0001"), &whole).is(303);
    assert_eq!(handed.header("location"), Some(&*stage));
    for (at, mark) in [(1, 2), (2, 8), (3, 7)] {
        show.scores(at, 0, mark).is(200);
    }
    submits(&show.chair, &console, &[("entry", entry), ("act", "close")]).is(303);
    // A judge who was too slow keeps what was typed.
    let late = [("version", "1"), ("score_show", "3"), ("act", "hand_in")];
    let refused = submits(judge, &format!("{stage}/E0001"), &late)
        .is(409)
        .text();
    assert!(refused.contains("这个项目的评分已经停止") && refused.contains("value=\"3\" checked"));
    let closed = page(&show.chair, &console).is(200);
    let again = format!("{console}?reopen={entry}");
    assert!(closed.text().contains(&format!("href=\"{again}\"")));
    let asked = page(&show.chair, &again).is(200);
    assert_eq!(asked.header("refresh"), None);
    let silent = [("entry", entry), ("act", "reopen"), ("reason", " ")];
    let refused = submits(&show.chair, &console, &silent).is(422).text();
    assert!(refused.contains("重新评分须说明原因"));
    let screen = place.get(&live).is(200);
    assert!(screen.text().contains("等待公布") && !screen.text().contains("J01"));
    submits(&show.chair, &console, &[("entry", entry), ("act", "show")]).is(303);
    let screen = place.get(&live).is(200);
    assert_eq!(screen.header("refresh"), Some("10"));
    assert!(
        screen.text().contains("75.00")
            && screen.text().contains("<s class=\"nowrap\">J02 20.00</s>")
    );
    // Once all is shown and the stage is over, nothing changes any more.
    desk.passes(8 * HOUR);
    assert_eq!(place.get(&live).is(200).header("refresh"), None);
    assert!(
        !page(&show.chair, &console)
            .is(200)
            .text()
            .contains("value=\"open\"")
    );
    assert!(!place.get(&public).is(200).text().contains(&live));
}

#[test]
fn the_console_is_for_those_who_run_it_or_watch_over_it() {
    let desk = Desk::new();
    let place = desk.place();
    let show = Show::opens(place);
    let console = format!("/contests/{}/roadshow/roadshow", show.contest.id);
    let away = place.get(&console).is(303);
    assert_eq!(
        away.header("location"),
        Some(&*format!("/sign-in?back={console}"))
    );
    for who in [
        &show.judges[0].0,
        &place.adult(),
        &show.team.member("owner"),
    ] {
        page(who, &console).is(403);
        submits(
            who,
            &console,
            &[("entry", &show.entries[0].id), ("act", "open")],
        )
        .is(403);
    }
    let supervisor = show.contest.officer("supervisor");
    let looks = page(&supervisor, &console).is(200).text();
    assert!(looks.contains("不能操作") && !looks.contains("name=\"act\""));
    for target in [
        format!("/contests/{}/roadshow/paper", show.contest.id),
        format!("/contests/{}/roadshow/x!", show.contest.id),
    ] {
        let answer = page(&show.chair, &target);
        assert!(matches!(answer.status, 400 | 404), "{answer:?}");
    }
    place
        .get(&format!("/contests/{}/live/paper", show.contest.id))
        .is(404);
    submits(&show.chair, &console, &[("act", "𠮷")]).is(422);
}
