//! The ledger in the Worker: sealed by the clock, published, and verified from outside by our
//! verifier and by a program that shares nothing with it.

use std::path::Path;
use std::process::Command;

use serde_json::json;

use crate::support::app::{App, node};
use crate::support::place::Place;
use crate::support::records::Recorded;
use crate::support::soon;
use crate::support::verifier::{Verdict, verify};

const HOUR: i64 = 3_600_000;

fn writes(place: &dyn Place, count: i64, days_ago: i64) {
    let (organization, volunteer) = (place.organization(), place.adult());
    let begin = place.now().millis() - days_ago * 24 * HOUR;
    let record = |n| Recorded::new(begin - n * HOUR, 60, "B").sql(&organization, &volunteer);
    place.sql((0..count).map(|n| (record(n), Vec::new())).collect());
}

fn seals(app: &App, size: i64) {
    soon("the seal", || {
        app.ticks();
        let sql = "SELECT coalesce(max(size), 0) FROM ledger_checkpoint";
        app.place().number(sql, json!([])) == size
    });
}

/// Recomputes the root by another hand.
fn recompute(app: &App, vkey: &str) -> Verdict {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let script = root.join("script/recompute-root.mjs");
    Verdict::of(Command::new(node(root)).arg(script).args([&app.url, vkey]))
}

#[test]
fn what_is_published_is_verified_and_what_is_rewritten_is_named() {
    let app = App::start();
    let place = app.place();
    verify(&[&app.url]).adds_up();
    writes(place, 270, 1);
    seals(&app, 270);
    let kept = std::env::temp_dir().join(format!("diandan-{}-kept", std::process::id()));
    std::fs::write(&kept, place.get("/ledger/checkpoint").is(200).text()).unwrap();
    writes(place, 30, 30);
    seals(&app, 300);

    let key = place.get("/api/v1/ledger/key").is(200).member("vkey");
    let since = [&app.url, "--key", &key, "--since", kept.to_str().unwrap()];
    // Answers that are the same for everybody are remembered for a moment.
    let newest = || place.get("/ledger/checkpoint").text();
    soon("the checkpoint", || newest().contains("\n300\n"));
    let clean = verify(&since);
    clean.adds_up();
    for words in [
        "checkpoint of 300 records",
        "the records as they stand make the root that was signed",
        "extends the checkpoint of 270 records",
    ] {
        assert!(clean.holds.contains(words), "{clean:?}");
    }
    let by_another_hand = recompute(&app, &key);
    by_another_hand.adds_up();
    assert!(
        by_another_hand.holds.contains("300 entries"),
        "{by_another_hand:?}"
    );
    let other = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
    let unsigned = recompute(&app, other);
    assert_eq!(
        (unsigned.code, unsigned.holds.contains("signature")),
        (1, true)
    );

    let sql = |sql: &str| place.rows(sql, json!([]));
    let altered = place.value("SELECT id FROM service_record WHERE seq = 123", json!([]));
    sql("DROP TRIGGER service_record_is_not_rewritten");
    sql("UPDATE service_record SET minutes = minutes - 1 WHERE seq = 123");
    let altered = altered.as_str().unwrap();
    soon("the fault", || verify(&since).code == 1);
    let found = verify(&since);
    found.finds(&format!("record {altered} (leaf 122) was altered"));
    assert_eq!(found.faults.lines().count(), 1, "{found:?}");
    soon("the fault", || recompute(&app, &key).code == 1);
    std::fs::remove_file(kept).unwrap();
}

#[test]
fn the_page_says_what_is_sealed() {
    let app = App::start();
    let place = app.place();
    let empty = place.get("/ledger").is(200).text();
    assert!(empty.contains("还没有封存过记录") && !empty.contains("/ledger/checkpoint"));
    writes(place, 3, 1);
    seals(&app, 3);
    soon("the page", || {
        place.get("/ledger").text().contains("3 条记录")
    });
    let page = place.get("/ledger").is(200).text();
    let key = place.get("/api/v1/ledger/key").is(200).member("vkey");
    assert!(page.contains(&key) && page.contains("/ledger/checkpoint"));
    assert!(place.get("/").text().contains("href=\"/ledger\""));
}
