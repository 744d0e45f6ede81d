//! The ledger: sealing, proofs, and whoever rewrites something behind its back.

use std::path::PathBuf;

use data_encoding::HEXLOWER;
use diandan::hours::ledger::leaf::{COLUMNS, Opening};
use diandan::hours::ledger::note::{Checkpoint, Verifier};
use diandan::hours::ledger::sealing::{Budget, seal};
use diandan::hours::ledger::store::sealing::keep;
use diandan::hours::ledger::tiles::Tiles;
use diandan::hours::ledger::tree::{Hash, Seen, extends, includes, leaf_hash};
use diandan::hours::ledger::{SEALED_WITHIN, signer};
use pollster::FutureExt as _;
use serde_json::{Value, json};

use crate::support::desk::Desk;
use crate::support::people::{Organization, Volunteer};
use crate::support::place::Place as _;
use crate::support::records::Recorded;
use crate::support::request::Request;
use crate::support::verifier::verify;

const HOUR: i64 = 3_600_000;

/// Slices of a hundred records, as many as it takes.
const ALL: Budget = Budget {
    slices: 1_000,
    records: 100,
};

fn seals(desk: &Desk, budget: Budget) -> u64 {
    let clock = desk.visit("/", &Default::default());
    seal(&clock, budget).block_on().unwrap()
}

/// Writes so many records of one person, an hour each, the last of which ended an hour ago.
fn records(desk: &Desk, count: i64) -> (Organization<'_>, Volunteer<'_>) {
    let place = desk.place();
    let (organization, volunteer) = (place.organization(), place.adult());
    let record = |n| Recorded::new(desk.now().millis() - (n + 2) * HOUR, 60, "A");
    let statements = (0..count).map(|n| (record(n).sql(&organization, &volunteer), Vec::new()));
    place.sql(statements.collect());
    (organization, volunteer)
}

fn sizes(desk: &Desk) -> Vec<i64> {
    let sql = "SELECT size FROM ledger_checkpoint ORDER BY size";
    let rows = desk.place().rows(sql, json!([]));
    rows.iter()
        .map(|row| row["size"].as_i64().unwrap())
        .collect()
}

fn tiles(desk: &Desk) -> Vec<Value> {
    let sql = "SELECT level, idx, hashes FROM ledger_tile ORDER BY level, idx";
    desk.place().rows(sql, json!([]))
}

fn id_of(desk: &Desk, seq: i64) -> String {
    let sql = "SELECT id FROM service_record WHERE seq = ?1";
    let id = desk.place().value(sql, json!([seq]));
    id.as_str().unwrap().to_owned()
}

fn get(desk: &Desk, target: &str) -> Value {
    desk.place().get(target).is(200).json()
}

fn hash(hex: &Value) -> Hash {
    let bytes = HEXLOWER.decode(hex.as_str().unwrap().as_bytes());
    bytes.unwrap().try_into().unwrap()
}

fn hashes(list: &Value) -> Vec<Hash> {
    list.as_array().unwrap().iter().map(hash).collect()
}

/// A file of this name that is not there yet.
fn new_file(name: &str) -> PathBuf {
    let file = std::env::temp_dir().join(format!("diandan-{}-{name}", std::process::id()));
    let _ = std::fs::remove_file(&file);
    file
}

#[test]
fn a_record_is_sealed_with_those_that_came_while_it_waited() {
    let desk = Desk::new();
    assert_eq!(seals(&desk, ALL), 0);
    desk.place().get("/ledger/checkpoint").is(404);
    let (organization, volunteer) = records(&desk, 1);
    assert_eq!(seals(&desk, ALL), 1);
    let fresh = |start, minutes| {
        Recorded::new(start, minutes, "A").write(desk.place(), &organization, &volunteer);
    };
    let noon = desk.now().millis();
    fresh(noon - HOUR, 60);
    desk.passes(SEALED_WITHIN - 1);
    fresh(noon, 1);
    assert_eq!(seals(&desk, ALL), 0);
    desk.passes(1);
    assert_eq!(seals(&desk, ALL), 2);
    assert_eq!(sizes(&desk), [1, 3]);
    assert_eq!(seals(&desk, ALL), 0);
}

#[test]
fn a_record_from_the_future_holds_nothing_up() {
    let desk = Desk::new();
    let (organization, volunteer) = records(&desk, 0);
    let start = desk.now().millis() + 48 * HOUR;
    Recorded::new(start, 60, "A").write(desk.place(), &organization, &volunteer);
    assert_eq!(seals(&desk, ALL), 1);
}

#[test]
fn slices_of_any_size_come_to_the_same_tree() {
    let desk = Desk::new();
    records(&desk, 700);
    let [one, two] = ["slices-1", "slices-2"].map(|name| {
        let file = new_file(name);
        (desk.copied_to(&file), file)
    });
    let by = |records| Budget {
        slices: 1_000,
        records,
    };
    assert_eq!(seals(&desk, by(1_000)), 700);
    assert_eq!(seals(&one.0, by(256)), 700);
    assert_eq!(seals(&two.0, by(99)), 700);
    assert_eq!(sizes(&one.0), [256, 512, 700]);
    assert_eq!(tiles(&desk).len(), 4);
    for (copy, file) in [one, two] {
        assert_eq!(tiles(&copy), tiles(&desk));
        let newest = |desk: &Desk| desk.place().get("/ledger/checkpoint").text();
        assert_eq!(newest(&copy), newest(&desk));
        std::fs::remove_file(file).unwrap();
    }
}

#[test]
fn breaking_off_anywhere_comes_to_the_same_tree() {
    let whole = Desk::new();
    records(&whole, 350);
    let mut outcomes = Vec::new();
    for calls in 0..9 {
        for takes_effect in [false, true] {
            let file = new_file(&format!("broken-{calls}-{takes_effect}"));
            let desk = whole.copied_to(&file);
            desk.db.lose_connection_after(calls, takes_effect);
            let clock = desk.visit("/", &Default::default());
            let broken = seal(&clock, ALL).block_on().is_err();
            desk.db.keep_connection();
            seals(&desk, ALL);
            outcomes.push((broken, tiles(&desk), sizes(&desk)));
            std::fs::remove_file(file).unwrap();
        }
    }
    seals(&whole, ALL);
    let expected = (tiles(&whole), sizes(&whole));
    assert!(outcomes.iter().filter(|(broken, ..)| *broken).count() >= 16);
    for (_, tiles, sizes) in outcomes {
        assert_eq!((tiles, sizes), expected);
    }
}

#[test]
fn of_two_at_once_one_finds_it_done() {
    let desk = Desk::new();
    records(&desk, 3);
    seals(&desk, ALL);
    let tree = Seen {
        size: 5,
        root: [0; 32],
    };
    let late = keep(&desk.db, 2, &Tiles::default(), &tree, "note", desk.now()).block_on();
    assert!(late.unwrap_err().is_refusal("ledger_overtaken"));
    assert_eq!(sizes(&desk), [3]);
}

#[test]
fn what_was_sealed_is_not_rewritten() {
    let desk = Desk::new();
    records(&desk, 300);
    seals(&desk, ALL);
    for sql in [
        "UPDATE ledger_checkpoint SET sealed_at = 0",
        "DELETE FROM ledger_checkpoint",
        "INSERT INTO ledger_checkpoint SELECT 7, root, note, sealed_at FROM ledger_checkpoint LIMIT 1",
        "INSERT OR REPLACE INTO ledger_checkpoint SELECT * FROM ledger_checkpoint",
        "DELETE FROM ledger_tile",
        "INSERT OR REPLACE INTO ledger_tile SELECT level, idx, substr(hashes, 1, 64) FROM ledger_tile",
        "UPDATE ledger_tile SET idx = 9",
        "UPDATE ledger_tile SET hashes = hashes",
        "UPDATE ledger_tile SET hashes = substr(hashes, 1, 64)",
        "UPDATE ledger_tile SET hashes = 'x' || substr(hashes, 2) || hashes WHERE idx = 1",
    ] {
        let refusal = desk.refuses(sql);
        assert!(
            refusal.contains("ledger_is_append_only"),
            "{sql}: {refusal}"
        );
    }
    let sql = "UPDATE ledger_tile SET hashes = hashes || hashes WHERE idx = 0 AND level = 0";
    let refusal = desk.refuses(sql);
    assert!(refusal.contains("16384"), "{refusal}");
}

#[test]
fn every_column_of_a_record_is_committed_to() {
    let desk = Desk::new();
    let place = desk.place();
    let rows = place.rows(
        "SELECT name, type FROM pragma_table_info('service_record')",
        json!([]),
    );
    let mut columns: Vec<_> = rows
        .iter()
        .map(|row| row["name"].as_str().unwrap())
        .collect();
    columns.sort_unstable();
    let mut committed = [COLUMNS, &["salt"]].concat();
    committed.sort_unstable();
    assert_eq!(columns, committed);

    records(&desk, 3);
    seals(&desk, ALL);
    desk.db
        .script(
            "DROP TRIGGER service_record_is_not_rewritten; PRAGMA foreign_keys = OFF;
             PRAGMA ignore_check_constraints = ON",
        )
        .unwrap();
    let sealed = get(&desk, "/api/v1/ledger/entries");
    for row in &rows {
        let (name, kind) = (row["name"].as_str().unwrap(), row["type"].as_str().unwrap());
        let changed = match kind {
            "INTEGER" => format!("coalesce({name} + 100, 1)"),
            _ => format!("coalesce(substr({name}, 2), '') || 'é'"),
        };
        desk.db
            .script(&format!(
                "CREATE TABLE kept AS SELECT {name} AS value FROM service_record WHERE seq = 2;
                 UPDATE service_record SET {name} = {changed} WHERE seq = 2"
            ))
            .unwrap();
        let entries = get(&desk, "/api/v1/ledger/entries");
        for at in [0, 2] {
            assert_eq!(entries["items"][at], sealed["items"][at], "{name}");
        }
        let [was, is] = [&sealed, &entries].map(|all| &all["items"][1]["commitment"]);
        assert_ne!(was, is, "{name}");
        desk.db
            .script(&format!(
                "UPDATE service_record SET {name} = (SELECT value FROM kept)
                 WHERE seq = 2 OR seq = 102; DROP TABLE kept"
            ))
            .unwrap();
        assert_eq!(get(&desk, "/api/v1/ledger/entries"), sealed, "{name}");
    }
}

#[test]
fn anybody_can_verify_that_a_record_is_in_the_ledger() {
    let desk = Desk::new();
    records(&desk, 300);
    seals(&desk, ALL);
    let vkey = get(&desk, "/api/v1/ledger/key")["vkey"].clone();
    let key = Verifier::parse(vkey.as_str().unwrap()).unwrap();
    assert_eq!(key.name(), "diandan.local/ledger");
    let note = desk.place().get("/ledger/checkpoint").text();
    let newest = Checkpoint::parse(key.open(&note).unwrap()).unwrap().tree;
    assert_eq!(newest.size, 300);

    let listed = get(&desk, "/api/v1/ledger/checkpoints?limit=2");
    assert_eq!(listed["items"][0]["note"], note);
    let rest = get(&desk, listed["next"].as_str().unwrap());
    assert_eq!(
        (&rest["items"][0]["size"], &rest["next"]),
        (&json!(100), &Value::Null)
    );
    assert_eq!(
        get(&desk, "/api/v1/ledger/checkpoints/100"),
        rest["items"][0]
    );

    let entries = get(&desk, "/api/v1/ledger/entries?from=256");
    assert_eq!(entries["items"].as_array().unwrap().len(), 44);
    let page = get(&desk, "/api/v1/ledger/entries?from=2&limit=3");
    assert_eq!(page["next"], "/api/v1/ledger/entries?from=5&limit=3");
    for (seq, size) in [
        (1, None),
        (257, None),
        (300, None),
        (3, Some(100)),
        (100, Some(100)),
        (1, Some(1)),
    ] {
        let record = id_of(&desk, seq);
        let asked = size.map_or_else(String::new, |size| format!("&size={size}"));
        let proof = get(
            &desk,
            &format!("/api/v1/ledger/proofs/inclusion?record={record}{asked}"),
        );
        let from = seq - 1;
        let entry = &get(
            &desk,
            &format!("/api/v1/ledger/entries?from={from}&limit=1"),
        )["items"][0];
        assert_eq!(entry["record"], record);
        let leaf = leaf_hash(&hash(&entry["commitment"]));
        assert_eq!(hash(&proof["leaf_hash"]), leaf);
        let size = size.unwrap_or(300);
        let (path, root) = (hashes(&proof["path"]), hash(&proof["root"]));
        let index = u64::try_from(from).unwrap();
        assert!(includes(index, &leaf, size, &path, &root), "{proof}");
        assert!(size < 300 || root == newest.root);
    }
}

#[test]
fn anybody_can_verify_that_the_ledger_was_only_added_to() {
    let desk = Desk::new();
    records(&desk, 300);
    seals(&desk, ALL);
    for (from, to) in [(1, 300), (100, 200), (100, 300), (255, 257), (300, 300)] {
        let target = format!("/api/v1/ledger/proofs/consistency?from={from}&to={to}");
        let proof = get(&desk, &target);
        let seen = |size, root: &Value| Seen {
            size,
            root: hash(root),
        };
        let old = seen(from, &proof["from_root"]);
        let new = seen(to, &proof["to_root"]);
        assert!(extends(&old, &new, &hashes(&proof["path"])), "{proof}");
        if from == 100 {
            let sealed = get(&desk, "/api/v1/ledger/checkpoints/100");
            assert_eq!(proof["from_root"], sealed["root"]);
        }
    }
}

#[test]
fn what_cannot_be_proven_is_refused_with_a_reason() {
    let desk = Desk::new();
    let (organization, volunteer) = records(&desk, 3);
    seals(&desk, ALL);
    let fresh = Recorded::new(desk.now().millis() - HOUR, 60, "A");
    fresh.write(desk.place(), &organization, &volunteer);
    let (sealed, fresh) = (id_of(&desk, 3), id_of(&desk, 4));
    let refused = |target: &str, status, code: &str| {
        let answer = desk.place().get(&format!("/api/v1/ledger/{target}"));
        answer.refused(status, code)
    };
    let waits = refused(
        &format!("proofs/inclusion?record={fresh}"),
        409,
        "not_sealed_yet",
    );
    assert_eq!(waits.header("retry-after"), Some("300"));
    let nobody = uuid::Uuid::new_v4();
    refused(
        &format!("proofs/inclusion?record={nobody}"),
        404,
        "not_found",
    );
    refused("checkpoints/2", 404, "not_found");
    refused("checkpoints/03", 404, "not_found");
    for bad in [
        "proofs/inclusion".to_owned(),
        "proofs/inclusion?record=3".to_owned(),
        format!("proofs/inclusion?record={sealed}&size=2"),
        format!("proofs/inclusion?record={sealed}&size=4"),
        format!("proofs/inclusion?record={sealed}&size=0"),
        "proofs/consistency?from=0&to=3".to_owned(),
        "proofs/consistency?from=3&to=2".to_owned(),
        "proofs/consistency?from=2&to=4".to_owned(),
        "proofs/consistency?from=2".to_owned(),
        "entries?limit=257".to_owned(),
        "entries?from=-1".to_owned(),
        "checkpoints?cursor=0".to_owned(),
        "key?x=1".to_owned(),
    ] {
        refused(&bad, 400, "invalid_parameters");
    }
    let beyond = get(&desk, "/api/v1/ledger/entries?from=3");
    assert_eq!(
        (&beyond["items"], &beyond["next"]),
        (&json!([]), &Value::Null)
    );
}

#[test]
fn tiles_are_served_as_the_specification_says() {
    let desk = Desk::new();
    records(&desk, 300);
    seals(&desk, ALL);
    let place = desk.place();
    let full = place.get("/ledger/tile/0/000").is(200);
    assert_eq!(
        full.header("content-type"),
        Some("application/octet-stream")
    );
    assert!(full.header("cache-control").unwrap().contains("immutable"));
    assert_eq!(full.body.len(), 8_192);
    let partial = place.get("/ledger/tile/0/001.p/44").is(200);
    assert_eq!(partial.body.len(), 44 * 32);
    assert_eq!(
        place.get("/ledger/tile/0/001.p/40").is(200).body,
        partial.body[..40 * 32]
    );
    assert_eq!(place.get("/ledger/tile/1/000.p/1").is(200).body.len(), 32);
    let bundle = place.get("/ledger/tile/entries/001.p/44").is(200).body;
    assert_eq!(bundle.len(), 44 * 34);
    let entry: &[u8] = &bundle[2..34];
    assert_eq!(
        (&bundle[..2], &leaf_hash(entry)[..]),
        (&[0, 32][..], &partial.body[..32])
    );
    for nothing in [
        "0/001",
        "0/001.p/45",
        "0/002",
        "0/000.p/256",
        "1/000",
        "2/000.p/1",
        "00/000",
        "64/000",
        "x/000",
        "0/0",
        "entries/001",
        "entries/001.p/45",
        "entries/x999/x999/x999/x999/x999/999",
    ] {
        place.get(&format!("/ledger/tile/{nothing}")).is(404);
    }
}

#[test]
fn the_proof_of_a_record_is_for_whom_it_is_of_and_who_recorded_it() {
    let desk = Desk::new();
    let (organization, volunteer) = records(&desk, 3);
    let record = id_of(&desk, 2);
    let target = format!("/api/v1/records/{record}/proof");
    let early = volunteer.reads(&target).refused(409, "not_sealed_yet");
    assert_eq!(early.header("retry-after"), Some("300"));
    seals(&desk, ALL);
    let proof = volunteer.reads(&target).is(200);
    assert_eq!(proof.header("cache-control"), Some("private, no-store"));
    let by_key = Request::get(&target).bearer(&organization.new_key(&["hours:read"]));
    assert_eq!(desk.place().send(&by_key).is(200).json(), proof.json());
    assert_eq!(
        organization.member("viewer").reads(&target).is(200).json(),
        proof.json()
    );
    desk.place().get(&target).refused(401, "unauthenticated");
    desk.place()
        .adult()
        .reads(&target)
        .refused(403, "forbidden");
    let other = desk.place().organization();
    let stranger = Request::get(&target).bearer(&other.new_key(&["hours:read"]));
    desk.place().send(&stranger).refused(403, "forbidden");
    let nobody = format!("/api/v1/records/{}/proof", uuid::Uuid::new_v4());
    volunteer.reads(&nobody).refused(404, "not_found");

    let proof = proof.json();
    let text = |name: &str| proof[name].as_str().unwrap().to_owned();
    let opening = Opening {
        canonical: text("canonical"),
        salt: text("salt"),
    };
    assert_eq!(hash(&proof["inclusion"]["leaf_hash"]), opening.leaf_hash());
    let canonical: Value = serde_json::from_str(&opening.canonical).unwrap();
    assert_eq!(
        (&canonical["id"], &canonical["seq"]),
        (&json!(record), &json!(2))
    );
    assert!(canonical["facts"].as_str().unwrap().contains("陪读"));

    // Whoever is given it needs nothing else.
    let file = new_file("proof.json");
    let path = file.to_str().unwrap();
    let shown = |proof: &Value| {
        std::fs::write(&file, proof.to_string()).unwrap();
        verify(&["--proof", path])
    };
    let holds = shown(&proof);
    assert!(
        holds
            .adds_up()
            .holds
            .contains(&format!("record {record} (leaf 1) is in"))
    );
    let vkey = text("vkey");
    verify(&["--proof", path, "--key", &vkey]).adds_up();
    let other = signer(&Desk::new().config).verifier().to_string();
    assert_eq!(other, vkey);
    let changed = |pointer: &str, from: &str, to: &str| {
        let mut proof = proof.clone();
        let member = proof.pointer_mut(pointer).unwrap();
        let now = member.as_str().unwrap().replacen(from, to, 1);
        assert_ne!(now, member.as_str().unwrap(), "{pointer}");
        *member = json!(now);
        shown(&proof)
    };
    changed("/canonical", "陪读", "陪伴").finds("is not what was sealed");
    changed("/canonical", &record, &id_of(&desk, 1)).finds("is not of record");
    changed("/salt", &text("salt")[..4], "zzzz").finds("is not what was sealed");
    changed("/checkpoint/note", "\n3\n", "\n4\n").finds("not signed by the key");
    let root = text("salt");
    changed(
        "/inclusion/path/0",
        proof["inclusion"]["path"][0].as_str().unwrap(),
        &root,
    )
    .finds("is not what was sealed");
    std::fs::remove_file(file).unwrap();
}

/// A sealed ledger in a file, what it is verified with, and its bytes.
struct InFile {
    path: PathBuf,
    vkey: String,
    bytes: Vec<u8>,
}

impl InFile {
    fn new(name: &str, desk: &Desk) -> Self {
        let path = new_file(name);
        drop(desk.copied_to(&path));
        Self {
            vkey: signer(&desk.config).verifier().to_string(),
            bytes: std::fs::read(&path).unwrap(),
            path,
        }
    }

    /// What the verifier says of these bytes.
    fn verdict(&self, bytes: &[u8], more: &[&str]) -> crate::support::verifier::Verdict {
        std::fs::write(&self.path, bytes).unwrap();
        let own = [
            "--database",
            self.path.to_str().unwrap(),
            "--key",
            &self.vkey,
        ];
        verify(&[&own, more].concat())
    }

    fn find(&self, needle: &[u8], from: usize) -> usize {
        let found = self.bytes[from..]
            .windows(needle.len())
            .position(|at| at == needle);
        from + found.unwrap()
    }
}

impl Drop for InFile {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.path);
    }
}

#[test]
fn a_flipped_byte_of_a_record_in_the_file_is_found_and_the_record_named() {
    let desk = Desk::new();
    records(&desk, 40);
    seals(&desk, ALL);
    let file = InFile::new("flipped.sqlite", &desk);
    let clean = file.verdict(&file.bytes, &[]);
    assert!(
        clean.adds_up().holds.contains("checkpoint of 40 records"),
        "{clean:?}"
    );

    let record = id_of(&desk, 23);
    let salt = desk
        .place()
        .value("SELECT salt FROM service_record WHERE seq = 23", json!([]));
    // A row begins with its id and its kind, and ends with its salt.
    let begin = file.find(format!("{record}service").as_bytes(), 0);
    let end = file.find(salt.as_str().unwrap().as_bytes(), begin) + 64;
    assert!((500..2_000).contains(&(end - begin)));
    for at in (begin..end).step_by(7) {
        let mut bytes = file.bytes.clone();
        bytes[at] ^= 1 << (at % 8);
        let verdict = file.verdict(&bytes, &[]);
        verdict.finds("(leaf 22) was altered");
        assert_eq!(verdict.faults.lines().count(), 1, "{verdict:?}");
        if at >= begin + 36 {
            verdict.finds(&format!("record {record} (leaf 22) was altered"));
        }
    }
    // What says where values begin and of which type they are.
    for at in begin - 24..begin {
        let mut bytes = file.bytes.clone();
        bytes[at] ^= 1;
        let verdict = file.verdict(&bytes, &[]);
        assert_eq!(verdict.code, 1, "{verdict:?}");
    }
}

#[test]
fn what_was_removed_rolled_back_or_signed_anew_is_found() {
    let desk = Desk::new();
    records(&desk, 300);
    seals(&desk, ALL);
    let file = InFile::new("removed.sqlite", &desk);
    let kept = new_file("checkpoint.txt");
    let since = ["--since", kept.to_str().unwrap()];
    let keep = |note: &Value| std::fs::write(&kept, note.as_str().unwrap()).unwrap();
    let at = |size: i64| get(&desk, &format!("/api/v1/ledger/checkpoints/{size}"))["note"].clone();
    keep(&at(200));
    let grown = file.verdict(&file.bytes, &since);
    assert!(
        grown
            .adds_up()
            .holds
            .contains("extends the checkpoint of 200 records")
    );

    let altered = |sql: &str| {
        let path = new_file("altered.sqlite");
        desk.copied_to(&path).db.script(sql).unwrap();
        let bytes = std::fs::read(&path).unwrap();
        std::fs::remove_file(path).unwrap();
        file.verdict(&bytes, &since)
    };
    let unguarded =
        "DROP TRIGGER service_record_is_not_deleted; DROP TRIGGER service_record_is_not_rewritten;
        DROP TRIGGER ledger_tile_only_grows; DROP TRIGGER ledger_checkpoint_is_not_deleted;";
    altered(&format!(
        "{unguarded} DELETE FROM service_record WHERE seq = 7"
    ))
    .finds("the record of leaf 6 is gone");
    altered(&format!(
        "{unguarded} UPDATE service_record SET grade = 'D' WHERE seq = 7"
    ))
    .finds(&format!("record {} (leaf 6) was altered", id_of(&desk, 7)));
    altered(&format!(
        "{unguarded} UPDATE ledger_tile SET hashes = substr(hashes, 1, 64) || hex(zeroblob(32)) || substr(hashes, 129) WHERE level = 0 AND idx = 0"
    ))
    .finds("the tiles do not make the root that was signed");
    altered(&format!(
        "{unguarded} DELETE FROM ledger_checkpoint WHERE size > 100"
    ))
    .finds("rolled back: 200 records were sealed before");
    altered(&format!("{unguarded} DELETE FROM ledger_checkpoint"))
        .finds("200 records were sealed before");

    // The whole ledger written anew with the right key, one record less.
    let other = Desk::new();
    records(&other, 300);
    seals(&other, ALL);
    let anew = InFile::new("anew.sqlite", &other);
    anew.verdict(&anew.bytes, &[]).adds_up();
    anew.verdict(&anew.bytes, &since)
        .finds("rewritten: not what was signed of 200 records before");

    // Another key is not the ledger's.
    let peter = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
    let path = file.path.to_str().unwrap();
    std::fs::write(&file.path, &file.bytes).unwrap();
    verify(&["--database", path, "--key", peter]).finds("not signed by the key");
    verify(&["--database", path]).finds("name the --key");
    verify(&["--database", "/nowhere", "--key", peter]).finds("cannot verify: /nowhere");
    assert_eq!(verify(&[]).code, 2);
    assert_eq!(verify(&["--frobnicate"]).code, 2);
    std::fs::remove_file(kept).unwrap();
}
