//! Bulk import: what each line comes to, and that breaking off anywhere changes nothing
//! about the end.

use diandan::imports::work::{Budget, get_on};
use diandan::platform::clock::{DAY, HOUR, MINUTE};
use pollster::FutureExt as _;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::support::answer::Answer;
use crate::support::desk::Desk;
use crate::support::notice::{Notice, morning, shift};
use crate::support::people::Organization;
use crate::support::place::Place as _;
use crate::support::request::Request;

/// As much as is wanted.
const ALL: Budget = Budget {
    rounds: 1000,
    statements: 400,
};

fn imports(organization: &Organization) -> String {
    format!("/api/v1/organizations/{}/imports", organization.id)
}

fn hands_in(organization: &Organization, how: &str, media: &str, file: &[u8]) -> Answer {
    let request = Request::new("POST", format!("{}{how}", imports(organization)))
        .bearer(&organization.key)
        .bytes(media, file.to_vec());
    organization.place.send(&request)
}

fn get(organization: &Organization, target: &str) -> Answer {
    organization
        .place
        .send(&Request::get(target).bearer(&organization.key))
}

fn post(organization: &Organization, target: &str) -> Answer {
    organization
        .place
        .send(&Request::new("POST", target).bearer(&organization.key))
}

/// The visit of the clock.
fn works(desk: &Desk, budget: Budget) -> i64 {
    let visit = desk.visit("/", &Default::default());
    get_on(&visit, budget).block_on().unwrap().lines
}

/// Hands a file in, lets all of it be done, and gives where it is.
fn imported(
    desk: &Desk,
    organization: &Organization,
    how: &str,
    media: &str,
    file: &[u8],
) -> String {
    let answer = hands_in(organization, how, media, file).is(202);
    works(desk, ALL);
    let at = answer.header("location").unwrap().to_owned();
    assert_eq!(get(organization, &at).is(200).member("state"), "done");
    at
}

fn report(organization: &Organization, at: &str) -> Vec<Value> {
    let mut lines = Vec::new();
    let mut next = Some(format!("{at}/report?limit=7"));
    while let Some(target) = next {
        let page = get(organization, &target).is(200).json();
        lines.extend(page["items"].as_array().unwrap().clone());
        next = page["next"].as_str().map(str::to_owned);
    }
    lines
}

fn outcomes(lines: &[Value]) -> Vec<&str> {
    lines
        .iter()
        .map(|line| line["outcome"].as_str().unwrap())
        .collect()
}

fn with_name(notice: &Notice, name: &str) -> Value {
    let mut line = notice.0.clone();
    line["client_ref"] = json!(name);
    line
}

fn ndjson(lines: &[Value]) -> Vec<u8> {
    let lines: Vec<String> = lines.iter().map(Value::to_string).collect();
    lines.join("\n").into_bytes()
}

const NDJSON: &str = "application/x-ndjson";
const CSV: &str = "text/csv; charset=gb18030";

/// Everything an import may have touched, without ids and hours.
fn what_stands(desk: &Desk, organization: &Organization) -> Vec<Value> {
    desk.place().rows(
        "SELECT p.client_ref, p.version, p.state, p.title, p.terms <> '[]' AS found, p.seats_free, p.next_starts_at,
           p.body_hash,
           (SELECT json_group_array(json_array(h.ref, h.starts_at, h.capacity, h.state) ORDER BY h.ref)
            FROM shift h WHERE h.project = p.seq) AS shifts,
           (SELECT count(*) FROM audit a WHERE a.subject = 'project:' || p.id) AS acts
         FROM project p WHERE p.organization_id = ?1 ORDER BY p.client_ref",
        json!([organization.id]),
    )
}

#[test]
fn each_line_comes_to_what_put_would_come_to() {
    let desk = Desk::new();
    let organization = desk.place().organization();
    let notice = Notice::of(&[shift("a", morning(desk.now(), 5), 3)]);
    let kept = organization.publishes(&notice);
    let changed = organization.publishes(&notice);
    let held = organization.publishes(&notice);
    desk.place().adult().takes(&held.shift("a"), "confirmed");
    let later = notice.clone().with_shift(
        0,
        "ends_at",
        morning(desk.now(), 5).plus(3 * HOUR).rfc3339(),
    );
    let mut lines: Vec<String> = [
        with_name(&notice, "new"),
        with_name(&notice, &kept.reference),
        with_name(&later, &changed.reference),
        with_name(&later, &held.reference),
        with_name(
            &notice
                .clone()
                .with("risks", Value::Null)
                .with("min_age", "old"),
            "bad",
        ),
        notice.0.clone(),
        with_name(&notice, "new"),
        with_name(&notice.clone().with("region", "99"), "nowhere"),
    ]
    .iter()
    .map(Value::to_string)
    .collect();
    lines.insert(1, String::new());
    lines.push("{\"client_ref\": \"x\",}".to_owned());
    lines.push("{\"client_ref\": \"y\", \"title\": \"a\", \"title\": \"b\"}".to_owned());
    lines.push(format!(
        "{{\"client_ref\": \"z\", \"content\": \"{}\"}}",
        "长".repeat(400_000)
    ));
    let file = lines.join("\r\n").into_bytes();

    let before = what_stands(&desk, &organization);
    let tried = imported(&desk, &organization, "?dry_run=1", NDJSON, &file);
    assert_eq!(
        what_stands(&desk, &organization),
        before,
        "a trial writes nothing"
    );
    let at = imported(&desk, &organization, "", NDJSON, &file);
    let found = report(&organization, &at);
    assert_eq!(
        report(&organization, &tried),
        found,
        "and says what will be"
    );
    let said: Vec<(i64, &str, &str)> = found
        .iter()
        .map(|line| {
            let code = line["refusal"]["code"].as_str().unwrap_or_default();
            (
                line["line"].as_i64().unwrap(),
                line["outcome"].as_str().unwrap(),
                code,
            )
        })
        .collect();
    assert_eq!(
        said,
        [
            (1, "created", ""),
            (3, "unchanged", ""),
            (4, "replaced", ""),
            (5, "refused", "shift_has_signups"),
            (6, "refused", "invalid_fields"),
            (7, "refused", "invalid_fields"),
            (8, "refused", "invalid_fields"),
            (9, "refused", "invalid_fields"),
            (10, "refused", "malformed_json"),
            (11, "refused", "duplicate_key"),
            (12, "refused", "body_too_large"),
        ]
    );
    let pointers = |index: usize| -> Vec<&str> {
        let errors = found[index]["refusal"]["errors"].as_array().unwrap();
        errors
            .iter()
            .map(|error| error["pointer"].as_str().unwrap())
            .collect()
    };
    assert_eq!(pointers(3), ["/shifts/0/change_reason"]);
    assert_eq!(pointers(4), ["/min_age"]);
    assert_eq!(pointers(5), ["/client_ref"]);
    assert_eq!(pointers(6), ["/client_ref"]);
    assert_eq!(pointers(7), ["/region"]);
    assert_eq!(pointers(9), ["/title"]);
    assert!(found[6].to_string().contains("第 1 行"), "{}", found[6]);
    let import = get(&organization, &at).json();
    assert_eq!(
        (
            &import["created"],
            &import["replaced"],
            &import["unchanged"],
            &import["refused"]
        ),
        (&json!(1), &json!(1), &json!(1), &json!(8))
    );
    assert_eq!(import["total"], import["done"]);
    // A second time, nothing is new.
    let again = imported(&desk, &organization, "", NDJSON, &file);
    assert_eq!(
        outcomes(&report(&organization, &again))[..3],
        ["unchanged"; 3]
    );
    let put = organization.puts("new", &notice.0).is(200);
    assert_eq!(put.json()["version"], 1);
}

#[test]
fn who_may_not_publish_imports_drafts_only() {
    let desk = Desk::new();
    let organization = desk.place().organization_in_state("unverified");
    let notice = Notice::of(&[shift("a", morning(desk.now(), 5), 3)]);
    let draft = notice.clone().with("state", "draft");
    let file = ndjson(&[with_name(&notice, "a"), with_name(&draft, "b")]);
    let at = imported(&desk, &organization, "", NDJSON, &file);
    let lines = report(&organization, &at);
    assert_eq!(outcomes(&lines), ["refused", "created"]);
    assert_eq!(lines[0]["refusal"]["code"], "organization_not_verified");
}

#[test]
fn a_key_that_is_revoked_meanwhile_publishes_no_more() {
    let desk = Desk::new();
    let organization = desk.place().organization();
    let notice = Notice::of(&[shift("a", morning(desk.now(), 5), 3)]);
    let lines: Vec<Value> = (0..9)
        .map(|n| with_name(&notice, &format!("n{n}")))
        .collect();
    let at = hands_in(&organization, "", NDJSON, &ndjson(&lines)).is(202);
    let at = at.header("location").unwrap().to_owned();
    assert!((1..9).contains(&works(&desk, Budget::SMALL)));
    desk.place().rows(
        "UPDATE api_key SET revoked_at = 1 WHERE organization_id = ?1",
        json!([organization.id]),
    );
    works(&desk, ALL);
    let owner = organization.member("owner");
    let import = owner.reads(&at).is(200).json();
    let done = import["created"].as_i64().unwrap();
    assert_eq!(what_stands(&desk, &organization).len() as i64, done);
    assert_eq!(import["refused"], json!(9 - done));
    let lines = owner.reads(&format!("{at}/report?outcome=refused")).is(200);
    assert_eq!(lines.json()["items"][0]["refusal"]["code"], "forbidden");
}

#[test]
fn a_spreadsheet_is_taken_as_clerks_write_it() {
    let desk = Desk::new();
    let organization = desk.place().organization();
    let template = desk.place().get("/api/v1/imports/template.csv").is(200);
    let at = imported(&desk, &organization, "", "text/csv", &template.body);
    assert_eq!(outcomes(&report(&organization, &at)), ["created"]);
    let project = get(&organization, &organization.own_path("science-01"))
        .is(200)
        .json();
    assert_eq!(project["shifts"].as_array().unwrap().len(), 2);
    assert_eq!(project["skills"], json!(["teaching"]));
    // Chinese Excel saves GB18030 with its own idea of times, and semicolons elsewhere.
    let text = template.text();
    let excel = text
        .trim_start_matches('\u{feff}')
        .replace("2026-12-07 09:00", "2026/12/7 9:00");
    assert_ne!(excel.len() + 3, text.len());
    let bytes = encoding_rs::GB18030.encode(&excel).0.into_owned();
    let at = imported(&desk, &organization, "", CSV, &bytes);
    assert_eq!(outcomes(&report(&organization, &at)), ["unchanged"]);
    let semicolons = excel.replace(',', ";");
    let at = imported(&desk, &organization, "", CSV, semicolons.as_bytes());
    assert_eq!(outcomes(&report(&organization, &at)), ["unchanged"]);
}

#[test]
fn a_refused_row_is_found_again_in_the_spreadsheet() {
    let desk = Desk::new();
    let organization = desk.place().organization();
    let text = "编号,项目名称,状态,班次编号,班次岗位,班次开始时间,班次结束时间,班次名额,备注\n\
                a,义诊,草稿,am,量血压,2026-12-05 09:00,2026-12-05 11:00,3,好\n\
                ,,,pm,量血压,明天下午,2026-12-05 16:00,三,\n\
                b,义诊,上架,,,,,,\n";
    let at = imported(&desk, &organization, "", CSV, text.as_bytes());
    let lines = report(&organization, &at);
    assert_eq!(outcomes(&lines), ["refused", "refused"]);
    let errors: Vec<(i64, &str)> = lines[0]["refusal"]["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|error| {
            (
                error["line"].as_i64().unwrap(),
                error["column"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(errors, [(3, "班次开始时间"), (3, "班次名额")]);
    assert_eq!(lines[1]["line"], 4);
    let csv = get(&organization, &format!("{at}/report.csv")).is(200);
    assert!(csv.body.starts_with("\u{feff}行号,编号,结果".as_bytes()));
    assert!(
        csv.text().contains("2,a,未导入,3,班次开始时间,"),
        "{}",
        csv.text()
    );
    for (accept, is_csv) in [
        ("text/csv", true),
        ("text/csv, */*;q=0.1", true),
        ("application/json;q=0.5, text/csv", true),
        ("text/csv;q=0.5, application/json", false),
        ("text/csv;q=0", false),
        ("text/csv, application/json", false),
        ("*/*", false),
    ] {
        let request = Request::get(format!("{at}/report"))
            .bearer(&organization.key)
            .header("accept", accept);
        let answer = desk.place().send(&request).is(200);
        let kind = answer.header("content-type").unwrap();
        assert_eq!(kind.starts_with("text/csv"), is_csv, "{accept}: {kind}");
        assert_eq!(answer.header("vary"), Some("Accept"));
        assert!(!is_csv || answer.body == csv.body);
    }
    let english = Request::get(format!("{at}/report.csv"))
        .bearer(&organization.key)
        .language("en");
    assert!(
        desk.place()
            .send(&english)
            .text()
            .contains("4,b,refused,4,状态,\"must be one of: draft,")
    );
}

#[test]
fn what_cannot_be_read_at_all_is_refused_at_once() {
    let desk = Desk::new();
    let organization = desk.place().organization();
    let too_many = "{\"client_ref\":\"a\"}\n".repeat(5001);
    for (media, file, code) in [
        ("text/csv", &b"PK\x03\x04rest"[..], "unreadable_file"),
        ("text/csv", b"\xff\xfea\0", "unreadable_file"),
        ("text/csv", "编号,价格\na,3\n".as_bytes(), "unreadable_file"),
        ("text/csv", "编号\n".as_bytes(), "unreadable_file"),
        (
            "text/csv",
            b"client_ref,title\na,\"open\n\xb1",
            "unreadable_file",
        ),
        (NDJSON, b"", "unreadable_file"),
        (NDJSON, b"{\"client_ref\":\"\xff\"}", "unreadable_file"),
        (NDJSON, too_many.as_bytes(), "too_many_projects"),
    ] {
        hands_in(&organization, "", media, file).refused(422, code);
    }
    hands_in(&organization, "", "application/json", b"{}").refused(415, "unsupported_media_type");
    hands_in(&organization, "?dry_run=2", NDJSON, b"{}").refused(400, "invalid_parameters");
    // Before the first project there is no number to tell.
    let odd = hands_in(&organization, "", NDJSON, b"{\"client_ref\":\"\xff\"}").is(422);
    let detail = odd.member("detail").to_string();
    assert!(detail.contains("文件的文字编码"), "{detail}");
    let large = vec![b' '; 20 * 1024 * 1024 + 1];
    hands_in(&organization, "", NDJSON, &large).refused(413, "body_too_large");
    let left = desk.place().number("SELECT (SELECT count(*) FROM upload) + (SELECT count(*) FROM upload_line) + (SELECT count(*) FROM import) AS n", json!([]));
    assert_eq!(left, 0);
}

#[test]
fn the_same_key_hands_in_once() {
    let desk = Desk::new();
    let organization = desk.place().organization();
    let send = |file: &[u8]| {
        let request = Request::new("POST", imports(&organization))
            .bearer(&organization.key)
            .header("idempotency-key", "k")
            .bytes(NDJSON, file.to_vec());
        desk.place().send(&request)
    };
    let first = send(b"{\"client_ref\":\"a\"}").is(202);
    let again = send(b"{\"client_ref\":\"a\"}").is(202);
    assert_eq!(again.json(), first.json());
    assert_eq!(again.header("idempotency-replayed"), Some("true"));
    send(b"{\"client_ref\":\"b\"}").refused(422, "idempotency_key_reused");
    assert_eq!(
        desk.place()
            .number("SELECT count(*) AS n FROM upload", json!([])),
        1
    );
}

#[test]
fn a_trial_is_done_for_real_and_an_import_called_off() {
    let desk = Desk::new();
    let organization = desk.place().organization();
    let notice = Notice::of(&[shift("a", morning(desk.now(), 5), 3)]);
    let lines: Vec<Value> = (0..30)
        .map(|n| with_name(&notice, &format!("n{n}")))
        .collect();
    let trial = imported(&desk, &organization, "?dry_run=1", NDJSON, &ndjson(&lines));
    desk.passes(1);
    let real = post(&organization, &format!("{trial}/apply")).is(202);
    let at = real.header("location").unwrap().to_owned();
    post(&organization, &format!("{at}/apply")).refused(409, "dry_run_not_done");
    works(&desk, Budget::SMALL);
    let half = post(&organization, &format!("{at}/cancel")).is(200).json();
    assert_eq!(half["state"], "cancelled");
    works(&desk, ALL);
    let done = half["done"].as_i64().unwrap();
    assert!((1..30).contains(&done));
    assert_eq!(what_stands(&desk, &organization).len() as i64, done);
    assert_eq!(
        post(&organization, &format!("{at}/cancel")).is(200).json(),
        half
    );
    let list = get(
        &organization,
        &format!("{}?limit=1", imports(&organization)),
    )
    .is(200)
    .json();
    assert_eq!(list["items"][0], half);
    let next = list["next"].as_str().unwrap();
    assert_eq!(
        get(&organization, next).is(200).json()["items"][0]["dry_run"],
        true
    );
    // Three at a time.
    for _ in 0..3 {
        post(&organization, &format!("{trial}/apply")).is(202);
    }
    post(&organization, &format!("{trial}/apply")).refused(409, "too_many_imports");
    hands_in(&organization, "", NDJSON, &ndjson(&lines)).refused(409, "too_many_imports");
}

#[test]
fn files_are_kept_for_thirty_days() {
    let desk = Desk::new();
    let organization = desk.place().organization();
    let at = imported(&desk, &organization, "", NDJSON, b"{\"client_ref\":\"a\"}");
    let forget = || {
        desk.db
            .batch(diandan::imports::forget(desk.now()))
            .block_on()
            .unwrap()
    };
    desk.passes(30 * DAY);
    forget();
    get(&organization, &at).is(200);
    desk.passes(1);
    forget();
    get(&organization, &at).refused(404, "not_found");
    let left = desk.place().number("SELECT (SELECT count(*) FROM upload) + (SELECT count(*) FROM upload_line) + (SELECT count(*) FROM import_result) AS n", json!([]));
    assert_eq!(left, 0);
    assert_eq!(what_stands(&desk, &organization).len(), 1);
}

/// Whatever a clerk's file may hold.
fn projects() -> impl Strategy<Value = Vec<Value>> {
    let text = || prop::option::of("[=+@'a-c一-三,;\"-]{1,3}(\n[一-三]{1,2})?");
    let project = (
        prop::sample::select(vec!["draft", "published", "closed", "cancelled"]),
        text(),
        prop::option::of(0..80_i64),
        prop::collection::vec(prop::sample::select(vec!["it", "driving", "legal"]), 0..3),
        prop::collection::vec(
            (
                1..40_i64,
                1..9_i64,
                prop::option::of(0..3_i64),
                any::<bool>(),
            ),
            0..4,
        ),
        any::<bool>(),
        prop::option::of(0..60_i64),
    );
    prop::collection::vec(project, 1..6).prop_map(|projects| {
        let now = Desk::new().now();
        projects
            .into_iter()
            .enumerate()
            .map(|(n, (state, text, age, skills, shifts, opens, seconds))| {
                let shifts: Vec<Value> = shifts
                    .into_iter()
                    .enumerate()
                    .map(|(n, (days, seats, waits, open))| {
                        let from = morning(now, days).plus(seconds.unwrap_or(0) * 1000);
                        let mut shift = shift(&format!("0{n}"), from, seats);
                        shift["waitlist"] = json!(waits);
                        if !open {
                            shift["state"] = json!("cancelled");
                            shift["change_reason"] = json!("=下雨");
                        }
                        shift
                    })
                    .collect();
                let mut notice = Notice::of(&shifts)
                    .with("state", state)
                    .with("min_age", age)
                    .with("skills", skills)
                    .with(
                        "change_reason",
                        text.clone().map(|text| text.replace('\n', " ")),
                    );
                if let Some(text) = text {
                    notice = notice.with("content", text);
                }
                if opens {
                    notice = notice.with("sign_up_opens_at", now.plus(HOUR).rfc3339());
                }
                with_name(
                    &notice,
                    &format!("{}{n}", ["1e", "00", "p-", "2026-1-"][n % 4]),
                )
            })
            .collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn an_export_imported_again_changes_nothing(projects in projects()) {
        let desk = Desk::new();
        let organization = desk.place().organization();
        let at = imported(&desk, &organization, "", NDJSON, &ndjson(&projects));
        let created = report(&organization, &at).iter().filter(|line| line["outcome"] == "created").count();
        prop_assume!(created > 0);
        // Time passes: what stands is still what stands.
        desk.passes(7 * DAY);
        let before = what_stands(&desk, &organization);
        prop_assert_eq!(before.len(), created);
        for (format, media) in [("ndjson", NDJSON), ("csv", "text/csv")] {
            let target = format!("/api/v1/organizations/{}/export?format={format}", organization.id);
            let file = get(&organization, &target).is(200).body;
            let at = imported(&desk, &organization, "", media, &file);
            let lines = report(&organization, &at);
            prop_assert_eq!(lines.len(), created);
            for line in &lines {
                prop_assert_eq!(&line["outcome"], "unchanged", "{}\n{}", line, String::from_utf8_lossy(&file));
            }
            prop_assert_eq!(&what_stands(&desk, &organization), &before);
        }
    }
}

/// A file with something of everything, for an organization that has some of it already.
fn a_mixed_file(desk: &Desk, organization: &Organization) -> Vec<u8> {
    let notice = Notice::of(&[
        shift("a", morning(desk.now(), 5), 3),
        shift("b", morning(desk.now(), 6), 3),
    ]);
    let one = |n: usize| notice.clone().with("title", format!("项目{n}"));
    let mut lines = Vec::new();
    for n in 0..40 {
        let name = format!("n{n}");
        if n % 4 == 1 {
            organization.puts(&name, &one(n).0).is(201);
        }
        if n % 8 == 2 {
            organization.puts(&name, &one(99).0).is(201);
        }
        lines.push(match n % 5 {
            3 => with_name(&one(n).with("region", "99"), &name),
            _ => with_name(&one(n), &name),
        });
    }
    ndjson(&lines)
}

#[test]
fn breaking_off_anywhere_comes_to_the_same_end() {
    let budget = Budget {
        rounds: 1,
        statements: 30,
    };
    let run = |fault: Option<(u32, bool)>| {
        let desk = Desk::new();
        let organization = desk.place().organization();
        let file = a_mixed_file(&desk, &organization);
        let at = hands_in(&organization, "", NDJSON, &file).is(202);
        let at = at.header("location").unwrap().to_owned();
        let visit = || desk.visit("/", &Default::default());
        let calls_before = desk.db.meter().calls();
        if let Some((calls, takes_effect)) = fault {
            desk.db.lose_connection_after(calls, takes_effect);
        }
        let mut broke_off = false;
        for _ in 0..60 {
            broke_off |= get_on(&visit(), budget).block_on().is_err();
            if broke_off {
                desk.db.keep_connection();
                // Whoever broke off may have held it.
                desk.passes(MINUTE);
            }
        }
        assert_eq!(broke_off, fault.is_some(), "{fault:?}");
        let calls = desk.db.meter().calls() - calls_before;
        let import = get(&organization, &at).json();
        assert_eq!(import["state"], "done", "{fault:?}");
        let said: Vec<Value> = report(&organization, &at);
        (calls, said, what_stands(&desk, &organization))
    };
    let (calls, said, stands) = run(None);
    assert!(calls > 40, "{calls}");
    // Each call of the first rounds once lost on the way there and once on the way back.
    for call in 0..24 {
        for takes_effect in [false, true] {
            let (_, again, standing) = run(Some((call, takes_effect)));
            assert_eq!(again, said, "{call} {takes_effect}");
            assert_eq!(standing, stands, "{call} {takes_effect}");
        }
    }
}

#[test]
fn two_at_once_do_no_line_twice() {
    let desk = Desk::new();
    let organization = desk.place().organization();
    let file = a_mixed_file(&desk, &organization);
    let at = hands_in(&organization, "", NDJSON, &file).is(202);
    let at = at.header("location").unwrap().to_owned();
    // Somebody begins and is never heard of again, or comes back much later.
    let claimed = diandan::imports::store::claim(&desk.db, desk.now())
        .block_on()
        .unwrap()
        .unwrap();
    assert_eq!(works(&desk, ALL), 0, "it is somebody's");
    desk.passes(MINUTE);
    assert!((1..40).contains(&works(&desk, Budget::SMALL)));
    let visit = desk.visit("/", &Default::default());
    let late = diandan::imports::store::settle(&visit, &claimed, vec![], &[]);
    assert!(late.block_on().unwrap_err().is_refusal("import_overtaken"));
    works(&desk, ALL);
    let import = get(&organization, &at).json();
    assert_eq!(
        (&import["state"], &import["done"]),
        (&json!("done"), &json!(40))
    );
}

#[test]
fn a_line_that_is_overtaken_each_time_holds_nobody_up() {
    let desk = Desk::new();
    let organization = desk.place().organization();
    let notice = Notice::of(&[shift("a", morning(desk.now(), 5), 3)]);
    let lines: Vec<Value> = (0..5)
        .map(|n| with_name(&notice, &format!("n{n}")))
        .collect();
    let at = hands_in(&organization, "", NDJSON, &ndjson(&lines)).is(202);
    let at = at.header("location").unwrap().to_owned();
    desk.db
        .script("CREATE TRIGGER always_quicker BEFORE INSERT ON project WHEN NEW.client_ref = 'n2' BEGIN SELECT RAISE(ABORT, 'version_conflict'); END")
        .unwrap();
    for _ in 0..20 {
        works(&desk, ALL);
    }
    let lines = report(&organization, &at);
    assert_eq!(
        outcomes(&lines),
        ["created", "created", "refused", "created", "created"]
    );
    assert_eq!(lines[2]["refusal"]["code"], "busy");
}
