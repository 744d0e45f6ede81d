//! A judge's desk: what is saved, what is refused, and what nobody sees.

use diandan::platform::clock::DAY;
use serde_json::{Value, json};

use crate::support::answer::Answer;
use crate::support::desk::Desk;
use crate::support::jury::{Contest, Entry};
use crate::support::people::Volunteer;
use crate::support::request::Request;

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

fn page(who: &Volunteer, target: &str) -> Answer {
    who.place.send(&Request::get(target).browser(&who.session))
}

fn submits(who: &Volunteer, target: &str, fields: &[(&str, &str)]) -> Answer {
    let request = Request::new("POST", target).browser(&who.session);
    who.place.send(&request.form(fields))
}

#[test]
fn a_judge_works_through_the_pages_without_scripts() {
    let desk = Desk::new();
    let place = desk.place();
    let contest = Contest::announced(place);
    let owner = contest.organization.member("owner");
    let judges = format!("/contests/{}/judges", contest.id);
    let team = place.organization();
    let entries = [contest.entry(&team), contest.entry(&team)];
    let invited = submits(
        &owner,
        &judges,
        &[("name", "李老师"), ("track", "education")],
    );
    let text = invited.is(200).text();
    let start = text.find("/judge/ddj_").unwrap();
    let link = &text[start..start + "/judge/ddj_".len() + 43];
    assert!(!page(&owner, &judges).is(200).text().contains(link));
    // Whoever is not signed in is led back.
    let li = place.adult();
    let opened = place.get(link).is(200).text();
    assert!(
        opened.contains(&format!("/sign-in?back={link}")) && opened.contains("志愿服务项目大赛")
    );
    let accepted = submits(&li, link, &[("answer", "accept")]).is(303);
    let home = format!("/me/judging/{}", contest.id);
    assert_eq!(accepted.header("location"), Some(&*home));
    page(&li, link).is(410);
    // Nothing is shown before conflicts are declared.
    let stage = format!("{home}/paper");
    let judge = place.value("SELECT id FROM contest_judge", json!([]));
    let judge = judge.as_str().unwrap().to_owned();
    let away = page(&li, &stage).is(303);
    assert_eq!(away.header("location"), Some(&*home));
    let unknown = [
        ("organization", "没有这个队"),
        ("kind", "kinship"),
        ("act", "done"),
    ];
    assert!(
        submits(&li, &home, &unknown)
            .is(422)
            .text()
            .contains("没有找到这个组织")
    );
    let more = [
        ("organization", &*contest.organization.name),
        ("kind", "adviser"),
        ("act", "more"),
    ];
    submits(&li, &home, &more).is(303);
    let declared = page(&li, &home).is(200).text();
    assert!(declared.contains(&format!("指导或顾问关系：{}", contest.organization.name)));
    contest.draws(&entries.each_ref().map(|entry| (entry, &*judge)));
    assert!(page(&li, "/me/judging").is(200).text().contains("书面评审"));
    let list = page(&li, &stage).is(200).text();
    assert!(list.contains("E0001") && list.contains("已交 <b class=\"num\">0</b> / 2 件"));
    let first = format!("{stage}/E0001");
    let shown = page(&li, &first).is(200).text();
    assert!(shown.contains("经实地走访核实") && !shown.contains(&team.name));
    // Handing in half of it keeps what was typed.
    let half = [
        ("version", "0"),
        ("score_need", "8"),
        ("comment", "𠮷"),
        ("act", "hand_in"),
    ];
    let refused = submits(&li, &first, &half).is(422).text();
    assert!(refused.contains("还没有打分") && refused.contains("𠮷"));
    assert!(refused.contains("value=\"8\" checked"));
    submits(
        &li,
        &first,
        &[("version", "0"), ("score_need", "8"), ("act", "save")],
    )
    .is(303);
    let whole = [
        ("version", "1"),
        ("score_need", "8"),
        ("score_effect", "7"),
        ("act", "hand_in"),
    ];
    let on = submits(&li, &first, &whole).is(303);
    assert_eq!(on.header("location"), Some(&*format!("{stage}/E0002")));
    // Another tab of before is told what stands, and keeps what it wrote.
    let stale = [
        ("version", "1"),
        ("score_need", "1"),
        ("score_effect", "1"),
        ("act", "save"),
    ];
    let refused = submits(&li, &first, &stale).is(412).text();
    assert!(refused.contains("在别处改过") && refused.contains("需求 8"));
    assert!(refused.contains("value=\"1\" checked"));
    let changed = [
        ("version", "2"),
        ("score_need", "2"),
        ("score_effect", "2"),
        ("act", "save"),
    ];
    submits(&li, &first, &changed).is(303);
    submits(&li, &first, &[("version", "3"), ("act", "undo")]).is(303);
    let ballot = li.reads(&contest.ballot(&entries[0])).is(200).json();
    assert_eq!(ballot["ballot"]["scores"], json!({"need": 8, "effect": 7}));
    assert_eq!(ballot["ballot"]["state"], "handed_in");
    // The deadline passes in between.
    desk.passes(2 * DAY);
    let late = [
        ("version", "0"),
        ("score_need", "5"),
        ("score_effect", "5"),
        ("act", "hand_in"),
    ];
    let refused = submits(&li, &format!("{stage}/E0002"), &late)
        .is(409)
        .text();
    assert!(refused.contains("评分已截止") && refused.contains("value=\"5\" checked"));
    // A conflict that comes to mind is declared from the entry.
    let entry = [("entry", &*entries[1].id), ("kind", "other")];
    submits(&li, &home, &entry).is(303);
    page(&li, &format!("{stage}/E0002")).is(404);
    submits(&li, &home, &[("act", "leave")]).is(303);
    page(&li, &stage).is(403);
}

#[test]
fn pages_of_judges_are_for_nobody_else() {
    let desk = Desk::new();
    let place = desk.place();
    let contest = Contest::announced(place);
    let entry = contest.entry(&place.organization());
    let (li, judge) = contest.judge();
    contest.draws(&[(&entry, &judge)]);
    let home = format!("/me/judging/{}", contest.id);
    let stranger = place.adult();
    let targets = [
        home.clone(),
        format!("{home}/paper"),
        format!("{home}/paper/E0001"),
        format!("/contests/{}/judges", contest.id),
    ];
    for target in targets {
        page(&stranger, &target).is(403);
        let away = place.get(&target).is(303);
        assert_eq!(
            away.header("location"),
            Some(&*format!("/sign-in?back={target}"))
        );
    }
    let owner = contest.organization.member("owner");
    page(&owner, &format!("{home}/paper/E0001")).is(403);
    page(&li, &format!("/contests/{}/judges", contest.id)).is(403);
    page(&li, &format!("{home}/paper/E0002")).is(404);
    page(&li, &format!("{home}/paper/1")).is(404);
    let nothing = format!("/judge/ddj_{}", "0".repeat(43));
    place.get(&nothing).is(410);
    place.get("/judge/x").is(410);
}
