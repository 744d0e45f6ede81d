//! The chain of the log.

use diandan::contests::log::{BEGINNING, LogLine, chain};
use pollster::FutureExt as _;
use serde_json::json;

use crate::support::desk::Desk;

fn acts(desk: &Desk, contest: &str, many: usize) {
    for n in 0..many {
        desk.place().rows(
            "INSERT INTO contest_log (contest_id, at, actor, act, subject, detail)
             VALUES (?1, ?2, 'volunteer:x', 'contest.edited', 'contest:x', '{\"b\": 1, \"a\": \"𠮷\"}')",
            json!([contest, n]),
        );
    }
}

fn chains(desk: &Desk) -> usize {
    chain(&desk.visit_with("nobody")).block_on().unwrap()
}

fn contest(desk: &Desk) -> String {
    let id = uuid::Uuid::now_v7().to_string();
    desk.place().rows(
        "INSERT INTO contest (id, region, office, name, created_at) VALUES (?1, '36', 'x', 'x', 0)",
        json!([id]),
    );
    id
}

/// The chain of a contest, worked out anew from its lines, ends where the links do.
fn holds(desk: &Desk, contest: &str) -> bool {
    let rows = desk.place().rows(
        "SELECT l.seq, l.contest_id, l.at, l.actor, l.act, l.subject, l.detail, l.request_id, k.hash
         FROM contest_log l JOIN contest_log_link k ON k.seq = l.seq
         WHERE l.contest_id = ?1 ORDER BY k.place",
        json!([contest]),
    );
    let mut before = BEGINNING.to_owned();
    rows.into_iter().all(|row| {
        let line: LogLine = serde_json::from_value(row.clone()).unwrap();
        before = line.hash(&before);
        row["hash"] == before.as_str()
    })
}

#[test]
fn every_line_is_chained_in_slices_contest_by_contest() {
    let desk = Desk::new();
    let (first, second) = (contest(&desk), contest(&desk));
    acts(&desk, &first, 150);
    acts(&desk, &second, 120);
    acts(&desk, &first, 30);
    assert_eq!((chains(&desk), chains(&desk), chains(&desk)), (200, 100, 0));
    assert!(holds(&desk, &first) && holds(&desk, &second));
    acts(&desk, &second, 1);
    assert_eq!((chains(&desk), chains(&desk)), (1, 0));
    assert!(holds(&desk, &second));
    // A line that somebody got past the triggers shows.
    desk.place()
        .rows("DROP TRIGGER contest_log_is_kept", json!([]));
    desk.place().rows(
        "UPDATE contest_log SET actor = 'volunteer:y' WHERE seq = 3",
        json!([]),
    );
    assert!(!holds(&desk, &first) && holds(&desk, &second));
}

#[test]
fn the_log_is_only_added_to() {
    let desk = Desk::new();
    let first = contest(&desk);
    acts(&desk, &first, 2);
    chains(&desk);
    for sql in [
        "UPDATE contest_log SET act = 'x'",
        "DELETE FROM contest_log",
        "INSERT OR REPLACE INTO contest_log SELECT seq, contest_id, at, 'x', act, subject, detail, request_id FROM contest_log",
        "UPDATE contest_log_link SET hash = hash",
        "DELETE FROM contest_log_link",
        "INSERT OR REPLACE INTO contest_log_link SELECT seq, contest_id, place, hash FROM contest_log_link",
    ] {
        let refusal = desk.refuses(sql);
        assert!(refusal.contains("contest_log"), "{sql}: {refusal}");
    }
}
