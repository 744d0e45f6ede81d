//! The log before the supervisor, and what they can do: read everything, change nothing.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use diandan::contests::log::{BEGINNING, LogLine, chain};
use pollster::FutureExt as _;
use serde_json::{Value, json};

use crate::support::answer::Answer;
use crate::support::app::node;
use crate::support::contract::contract;
use crate::support::desk::Desk;
use crate::support::jury::{Contest, Entry};
use crate::support::people::{Organization, Volunteer};
use crate::support::place::Place;
use crate::support::request::Request;

/// What gives somebody an office, past the product.
fn holds(contest: &str, who: &Volunteer, role: &str) {
    who.place.rows(
        "INSERT INTO contest_officer (id, contest_id, role, phone_hash, phone_sealed, created_at)
         SELECT ?1, ?2, ?3, phone_hash, phone_sealed, 0 FROM volunteer WHERE id = ?4",
        json!([uuid::Uuid::now_v7(), contest, role, who.id]),
    );
}

fn supervisor<'a>(contest: &Contest<'a>) -> Volunteer<'a> {
    let who = contest.place.adult();
    holds(&contest.id, &who, "supervisor");
    who
}

/// A contest of an organization, with an entry of another and a judge of it who has handed in
/// a ballot, with the scores 8 and 9.
struct Judged<'a> {
    contest: Contest<'a>,
    entrant: Organization<'a>,
    entry: Entry,
    judge: Volunteer<'a>,
    judge_id: String,
}

fn judged(place: &dyn Place) -> Judged<'_> {
    let contest = Contest::announced(place);
    let entrant = place.organization();
    let entry = contest.entry(&entrant);
    let (judge, judge_id) = contest.judge();
    contest.draws(&[(&entry, &judge_id)]);
    let ballot = json!({"scores": {"need": 8, "effect": 9}, "hand_in": true});
    judge.sends("PUT", &contest.ballot(&entry), &ballot).is(200);
    Judged {
        contest,
        entrant,
        entry,
        judge,
        judge_id,
    }
}

fn acts(desk: &Desk, contest: &str, many: usize) {
    for n in 0..many {
        desk.place().rows(
            "INSERT INTO contest_log (contest_id, at, actor, act, subject, detail, request_id)
             VALUES (?1, ?2, 'clock', 'contest.edited', 'contest:' || ?1, '{\"name\": \"𠮷 \\u2028 \\\" \\u0001\"}', 'r')",
            json!([contest, n]),
        );
    }
}

fn chains(desk: &Desk) {
    while chain(&desk.visit_with("nobody")).block_on().unwrap() > 0 {}
}

fn opens(who: &Volunteer, target: &str) -> Answer {
    who.place.send(&Request::get(target).browser(&who.session))
}

/// Every line, page by page.
fn whole(who: &Volunteer, contest: &Contest, limit: usize) -> Vec<Value> {
    let mut next = json!(contest.path(&format!("log?limit={limit}")));
    let mut items = Vec::new();
    while let Some(target) = next.as_str() {
        let page = who.reads(target).is(200).json();
        items.extend(page["items"].as_array().unwrap().clone());
        next = page["next"].clone();
    }
    items
}

/// The line as it is hashed, read from JSON as it was served.
fn hashed(item: &Value, before: &str) -> String {
    let text = item["line"].to_string();
    diandan::platform::crypto::sha256_hex(&format!("{before}{text}"))
}

#[test]
fn the_supervisor_reads_every_line_and_works_the_chain_out() {
    let desk = Desk::new();
    let all = judged(desk.place());
    let who = supervisor(&all.contest);
    acts(&desk, &all.contest.id, 6);
    // Another contest's lines stand between.
    acts(&desk, &Contest::announced(desk.place()).id, 2);
    acts(&desk, &all.contest.id, 1);
    chains(&desk);
    acts(&desk, &all.contest.id, 2);
    for limit in [1, 3, 8, 200] {
        let items = whole(&who, &all.contest, limit);
        let (chained, waiting) = items.split_at(8);
        let mut before = BEGINNING.to_owned();
        for (item, place) in chained.iter().zip(1..) {
            before = hashed(item, &before);
            assert_eq!(item["place"], place);
            assert_eq!(item["hash"], before.as_str());
        }
        assert!(!waiting.is_empty(), "by {limit}");
        assert!(
            waiting
                .iter()
                .all(|item| item["hash"].is_null() && item["place"].is_null())
        );
        let head = desk.place().get(&all.contest.path("log/head")).is(200);
        assert_eq!(head.json()["lines"], 8);
        assert_eq!(head.json()["hash"], before.as_str());
    }
    let first = &whole(&who, &all.contest, 200)[0]["line"];
    assert_eq!(first["act"], "ballot.handed_in");
    assert_eq!(first["detail"]["scores"], json!({"effect": 9, "need": 8}));
    assert_eq!(first["actor"], format!("judge:{}", all.judge_id));
    let beyond = who.reads(&all.contest.path("log?after=99")).is(200).json();
    assert_eq!(beyond["items"].as_array().unwrap().len(), 2);
    for bad in ["limit=0", "limit=201", "after=-1", "after=x", "cursor=1"] {
        who.reads(&all.contest.path(&format!("log?{bad}")))
            .refused(400, "invalid_parameters");
    }
}

#[test]
fn nobody_else_reads_a_line() {
    let desk = Desk::new();
    let place = desk.place();
    let all = judged(place);
    let contest = &all.contest;
    let log = contest.path("log");
    let page = format!("/contests/{}/audit", contest.id);
    let [organizer, chair, dismissed, elsewhere, entrant] = [(); 5].map(|()| place.adult());
    holds(&contest.id, &organizer, "organizer");
    holds(&contest.id, &chair, "chair");
    holds(&contest.id, &dismissed, "supervisor");
    place.rows(
        "UPDATE contest_officer SET ended_at = 1 WHERE phone_hash = (SELECT phone_hash FROM volunteer WHERE id = ?1)",
        json!([dismissed.id]),
    );
    holds(&Contest::announced(place).id, &elsewhere, "supervisor");
    // A supervisor who belongs to an entrant, in whatever role.
    let belongs = all.entrant.member("viewer");
    holds(&contest.id, &belongs, "supervisor");
    // One who runs the contest as well: they would read scores while they run it.
    let owner = contest.organization.member("owner");
    holds(&contest.id, &owner, "supervisor");
    let manager = contest.organization.member("manager");
    for who in [
        &organizer, &chair, &dismissed, &elsewhere, &entrant, &belongs, &owner, &manager,
        &all.judge,
    ] {
        who.reads(&log).refused(403, "forbidden");
        opens(who, &page).is(403);
    }
    place.get(&log).refused(401, "unauthenticated");
    assert_eq!(
        place.get(&page).is(303).header("location").unwrap(),
        format!("/sign-in?back={page}")
    );
    let key = Request::get(&log).bearer(&contest.organization.key);
    place.send(&key).refused(401, "unauthenticated");
    let nowhere = format!("/api/v1/contests/{}/log", uuid::Uuid::now_v7());
    supervisor(contest)
        .reads(&nowhere)
        .refused(404, "not_found");
    // Whoever was free of interest reads it until the organization they joined enters.
    let who = supervisor(contest);
    who.reads(&log).is(200);
    opens(&who, &page).is(200);
    place.rows(
        "INSERT INTO member (organization_id, volunteer_id, role, created_at) VALUES (?1, ?2, 'viewer', 0)",
        json!([all.entrant.id, who.id]),
    );
    who.reads(&log).refused(403, "forbidden");
    opens(&who, &page).is(403);
}

#[test]
fn anybody_reads_how_far_the_log_of_an_announced_contest_is_chained() {
    let desk = Desk::new();
    let place = desk.place();
    let contest = Contest::announced(place);
    let head = place.get(&contest.path("log/head")).is(200).json();
    assert_eq!(head, json!({"lines": 0, "hash": BEGINNING, "at": null}));
    acts(&desk, &contest.id, 3);
    chains(&desk);
    let head = place.get(&contest.path("log/head")).is(200).json();
    assert_eq!(
        (&head["lines"], &head["at"]),
        (&json!(3), &json!("1970-01-01T08:00:00+08:00"))
    );
    let page = place
        .get(&format!("/contests/{}", contest.id))
        .is(200)
        .text();
    assert!(page.contains(head["hash"].as_str().unwrap()) && page.contains("已入链 3 行"));
    // Nobody knows of a draft.
    let id = uuid::Uuid::now_v7().to_string();
    place.rows(
        "INSERT INTO contest (id, region, office, name, created_at) VALUES (?1, '36', 'x', 'x', 0)",
        json!([id]),
    );
    place
        .get(&format!("/api/v1/contests/{id}/log/head"))
        .refused(404, "not_found");
}

/// Every table of contests, row by row.
fn everything(place: &dyn Place) -> Vec<(String, Vec<Value>)> {
    let tables = place.rows(
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND name GLOB 'contest*' ORDER BY name",
        json!([]),
    );
    let name = |row: &Value| row["name"].as_str().unwrap().to_owned();
    let rows = |name: String| {
        let rows = place.rows(&format!("SELECT * FROM {name} ORDER BY 1, 2, 3"), json!([]));
        (name, rows)
    };
    tables.iter().map(name).map(rows).collect()
}

#[test]
fn whatever_the_supervisor_tries_changes_nothing() {
    let desk = Desk::new();
    let place = desk.place();
    let all = judged(place);
    let who = supervisor(&all.contest);
    let office = place.value("SELECT id FROM contest_officer", json!([]));
    let before = everything(place);
    assert!(before.len() > 10, "{} tables", before.len());
    let mut tried = Vec::new();
    for (method, path, operation) in contract().operations() {
        // Whoever objects does so in their own name, whatever their office.
        let in_ones_own_name = path.ends_with("/results/{version}/objections");
        if method == "GET" || !path.starts_with("/api/v1/contests") || in_ones_own_name {
            continue;
        }
        let target = path
            .replace("{id}", &all.contest.id)
            .replace("{entry}", &all.entry.id)
            .replace("{judge}", &all.judge_id)
            .replace("{officer}", office.as_str().unwrap())
            .replace("{stage}", "paper")
            .replace("{objection}", &all.entry.id)
            .replace("{version}", "1");
        let mut request = who.request(&method, &target);
        let mut example =
            operation["requestBody"]["content"]["application/json"]["example"].clone();
        if example.is_object() {
            if example.get("organization_id").is_some() {
                example["organization_id"] = json!(all.entrant.id);
            }
            request = request.json(&example);
        }
        place.send(&request).refused(403, "forbidden");
        assert_eq!(everything(place), before, "{method} {path}");
        tried.push(path);
    }
    assert!(tried.len() >= 15, "{tried:?}");
    for (target, fields) in [
        (
            format!("/contests/{}/run/call_off", all.contest.id),
            &[("reason", "x")][..],
        ),
        (
            format!("/contests/{}/judges", all.contest.id),
            &[("name", "x")],
        ),
        (
            format!("/contests/{}/judges/draw", all.contest.id),
            &[("stage", "paper"), ("reason", "x")],
        ),
        (
            format!("/contests/{}/run/entries/{}", all.contest.id, all.entry.id),
            &[("eligible", "yes")],
        ),
    ] {
        let request = Request::new("POST", &target).browser(&who.session);
        place.send(&request.form(fields)).is(403);
        assert_eq!(everything(place), before, "{target}");
    }
}

#[test]
fn the_page_says_what_stands_where_and_who_did_what() {
    let desk = Desk::new();
    let place = desk.place();
    let all = judged(place);
    let who = supervisor(&all.contest);
    acts(&desk, &all.contest.id, 70);
    chains(&desk);
    let target = format!("/contests/{}/audit", all.contest.id);
    let page = opens(&who, &target).is(200).text();
    let hash = place.value("SELECT hash FROM contest_rules", json!([]));
    for shown in [
        hash.as_str().unwrap(),
        "139****",
        "J01 李老师",
        "回避 0 项",
        "<dt>已提交</dt><dd class=\"num\">1</dd>",
        "已交 <b class=\"num\">1</b> / <span class=\"num\">1</span>",
        "种子 <code>000",
        "提交评分",
        "评委 J01",
        "E0001",
        "effect 9，need 8",
        "本页 30 行已重新计算，与哈希链相符",
        "下一页",
    ] {
        assert!(page.contains(shown), "{shown} is not on {page}");
    }
    for hidden in [&who.phone, &all.judge_id, &who.id] {
        assert!(!page.contains(hidden.as_str()), "{hidden}");
    }
    assert!(
        opens(&who, &format!("{target}?after=60"))
            .is(200)
            .text()
            .contains("本页 11 行")
    );
    // They are led there, and others are not.
    let led = format!("href=\"{target}\"");
    for from in ["", "/run"] {
        let from = format!("/contests/{}{from}", all.contest.id);
        assert!(opens(&who, &from).is(200).text().contains(&led));
        let owner = all.contest.organization.member("owner");
        assert!(!opens(&owner, &from).is(200).text().contains(&led));
    }
    let english = Request::get(&target).browser(&who.session).language("en");
    assert!(
        place
            .send(&english)
            .is(200)
            .text()
            .contains("Handed in a ballot")
    );
}

/// The script over what was saved, with its arguments.
fn script(arguments: &[&str], input: &str, session: &str) -> Output {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut running = Command::new(node(root))
        .arg(root.join("script/verify-contest-log.mjs"))
        .args(arguments)
        .env("DIANDAN_SESSION", session)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts");
    let mut to = running.stdin.take().unwrap();
    // A script that was given an address reads nothing.
    drop(to.write_all(input.as_bytes()));
    drop(to);
    running.wait_with_output().unwrap()
}

#[track_caller]
fn fits(log: &Value, arguments: &[&str]) -> String {
    let out = script(&[&["-"], arguments].concat(), &log.to_string(), "");
    assert!(out.status.success(), "{out:?}");
    String::from_utf8(out.stdout).unwrap()
}

#[track_caller]
fn misfits(log: &Value, arguments: &[&str], said: &str) {
    let out = script(&[&["-"], arguments].concat(), &log.to_string(), "");
    let told = String::from_utf8_lossy(&out.stderr);
    assert_eq!(out.status.code(), Some(1), "{told}");
    assert!(told.starts_with(said), "{told}");
}

#[test]
fn the_script_names_the_first_line_that_does_not_fit() {
    let desk = Desk::new();
    let all = judged(desk.place());
    let who = supervisor(&all.contest);
    acts(&desk, &all.contest.id, 6);
    chains(&desk);
    let head = desk
        .place()
        .get(&all.contest.path("log/head"))
        .is(200)
        .json();
    acts(&desk, &all.contest.id, 1);
    let log = json!({"head": head, "items": whole(&who, &all.contest, 200)});
    let told = fits(&log, &[]);
    assert!(
        told.starts_with("7 lines fit") && told.contains("1 more wait"),
        "{told}"
    );
    let kept = format!("7:{}", head["hash"].as_str().unwrap());
    fits(&log, &["--kept", &kept]);
    let after = |change: fn(&mut Vec<Value>)| {
        let mut log = log.clone();
        change(log["items"].as_array_mut().unwrap());
        log
    };
    let changed = after(|items| items[0]["line"]["detail"]["scores"]["need"] = json!(9));
    misfits(&changed, &[], "line 1: does not fit");
    misfits(
        &after(|items| items[3]["hash"] = json!(BEGINNING)),
        &[],
        "line 4: does not fit",
    );
    misfits(
        &after(|items| drop(items.remove(4))),
        &[],
        "line 5: is missing",
    );
    misfits(&after(|items| items.truncate(6)), &[], "line 7: is missing");
    let put_in = after(|items| {
        let mut line = items[1].clone();
        (line["hash"], line["place"]) = (json!(null), json!(null));
        items.insert(2, line);
    });
    misfits(&put_in, &[], "line 3: before it");
    // Written anew with all its hashes it fits, but not what somebody kept.
    let mut anew = after(|items| {
        items[0]["line"]["detail"]["scores"]["need"] = json!(9);
        let mut before = BEGINNING.to_owned();
        for item in items.iter_mut().filter(|item| !item["hash"].is_null()) {
            before = hashed(item, &before);
            item["hash"] = json!(before);
        }
    });
    anew["head"] = json!(null);
    fits(&anew, &[]);
    misfits(
        &anew,
        &["--kept", &kept],
        "line 7: is chained, but not as it was kept",
    );
    let nothing = script(&["-", "--kept", "7"], &log.to_string(), "");
    assert_eq!(nothing.status.code(), Some(2));
}

/// Serves a desk to the programs of this machine, one request a connection; its address.
fn served(desk: &'static Desk) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
            let first = lines.next().unwrap().unwrap();
            let mut request = Request::get(first.split(' ').nth(1).unwrap());
            for line in lines
                .map_while(Result::ok)
                .take_while(|line| !line.is_empty())
            {
                if let Some((name, value)) = line.split_once(": ")
                    && name.eq_ignore_ascii_case("authorization")
                {
                    request = request.header("authorization", value);
                }
            }
            let answer = desk.place().send(&request);
            let head = format!(
                "HTTP/1.1 {} x\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
                answer.status,
                answer.body.len()
            );
            stream.write_all(head.as_bytes()).unwrap();
            stream.write_all(&answer.body).unwrap();
        }
    });
    address
}

#[test]
fn the_script_reads_the_log_from_a_desk() {
    let desk: &'static Desk = Box::leak(Box::new(Desk::new()));
    let all = judged(desk.place());
    let who = supervisor(&all.contest);
    acts(desk, &all.contest.id, 450);
    chains(desk);
    let address = format!("{}/api/v1/contests/{}", served(desk), all.contest.id);
    let out = script(&[&address], "", &who.session);
    assert!(
        String::from_utf8_lossy(&out.stdout).starts_with("451 lines fit"),
        "{out:?}"
    );
    let refused = script(&[&address], "", &all.judge.session);
    assert_eq!(refused.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("403 forbidden"));
    desk.place()
        .rows("DROP TRIGGER contest_log_is_kept", json!([]));
    desk.place().rows(
        "UPDATE contest_log SET actor = 'volunteer:y' WHERE seq = (SELECT seq FROM contest_log_link WHERE place = 300)",
        json!([]),
    );
    let out = script(&[&address], "", &who.session);
    assert_eq!(out.status.code(), Some(1));
    assert!(
        String::from_utf8_lossy(&out.stderr).starts_with("line 300: does not fit"),
        "{out:?}"
    );
}

#[test]
fn what_is_changed_past_the_product_shows() {
    let desk = Desk::new();
    let place = desk.place();
    let all = judged(place);
    let who = supervisor(&all.contest);
    acts(&desk, &all.contest.id, 9);
    chains(&desk);
    // As long as the triggers stand, nothing is.
    for sql in [
        "UPDATE contest_log SET detail = '{}'",
        "DELETE FROM contest_log",
        "UPDATE contest_log_link SET hash = hash",
        "DELETE FROM contest_log_link",
        "INSERT OR REPLACE INTO contest_log SELECT seq, contest_id, at, 'x', act, subject, detail, request_id FROM contest_log",
        "INSERT OR REPLACE INTO contest_log_link SELECT seq, contest_id, place, hash FROM contest_log_link",
    ] {
        assert!(desk.refuses(sql).contains("contest_log"), "{sql}");
    }
    let target = format!("/contests/{}/audit", all.contest.id);
    let page = || opens(&who, &target).is(200).text();
    assert!(page().contains("本页 10 行已重新计算") && !page().contains("✗"));
    for trigger in [
        "contest_log_is_kept",
        "contest_log_stays",
        "contest_log_link_is_kept",
        "contest_log_link_stays",
    ] {
        place.rows(&format!("DROP TRIGGER {trigger}"), json!([]));
    }
    let seq = |place_of: i64| {
        place.number(
            "SELECT seq FROM contest_log_link WHERE place = ?1",
            json!([place_of]),
        )
    };
    place.rows(
        "UPDATE contest_log SET at = at + 1 WHERE seq = ?1",
        json!([seq(3)]),
    );
    let told = page();
    assert!(told.contains("哈希链不符：本页有 1 处") && told.contains("这一行或它的哈希被改动过"));
    assert!(told.contains("role=\"alert\"") && !told.contains("与哈希链相符。"));
    let items = whole(&who, &all.contest, 200);
    let line: LogLine = serde_json::from_value({
        let mut line = items[2]["line"].clone();
        line["detail"] = json!(line["detail"].to_string());
        line
    })
    .unwrap();
    assert_ne!(
        line.hash(items[1]["hash"].as_str().unwrap()),
        items[2]["hash"].as_str().unwrap()
    );
    misfits(&json!({"items": items}), &[], "line 3: does not fit");
    // A line that is gone, and one that was put in where it stood.
    let gone = seq(6);
    desk.db.script(&format!("PRAGMA foreign_keys = OFF; DELETE FROM contest_log_link WHERE seq = {gone}; PRAGMA foreign_keys = ON")).unwrap();
    let told = page();
    assert!(
        told.contains("本页有 3 处")
            && told.contains("这一行是事后插入的")
            && told.contains("缺少 1 行")
    );
    place.rows("DELETE FROM contest_log WHERE seq = ?1", json!([gone]));
    let told = page();
    assert!(told.contains("本页有 2 处") && told.contains("缺少 1 行"));
}
