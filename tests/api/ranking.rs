//! The module that a visitor's browser recomputes a ranking with.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use diandan::contests::ranking;

use crate::support::app::{node, shared};

fn script(name: &str, input: &str) -> Output {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut running = Command::new(node(root))
        .arg(root.join("script").join(name))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts");
    let mut to = running.stdin.take().unwrap();
    to.write_all(input.as_bytes()).unwrap();
    drop(to);
    running.wait_with_output().unwrap()
}

#[test]
fn a_browser_comes_to_the_same_bytes_as_the_server() {
    let sheet = script("national-sheet.mjs", "");
    let sheet = String::from_utf8(sheet.stdout).unwrap();
    let here = ranking::recompute(&sheet).unwrap();
    let there = script("recompute-ranking.mjs", &sheet);
    assert!(
        there.status.success(),
        "{}",
        String::from_utf8_lossy(&there.stderr)
    );
    // Half a megabyte is not to be shown when it differs.
    assert!(here.as_bytes() == there.stdout, "the rankings differ");
    let ranked: ranking::Ranking = serde_json::from_str(&here).unwrap();
    assert_eq!(ranked.entries.len(), 1_202);

    let broken = sheet.replacen("\"weight\":400", "\"weight\":401", 1);
    let here = ranking::recompute(&broken).unwrap_err();
    let there = script("recompute-ranking.mjs", &broken);
    assert!(!there.status.success());
    let there: ranking::Unrankable = serde_json::from_slice(&there.stderr).unwrap();
    assert_eq!(here, there);
}

#[test]
fn the_module_is_served_as_what_it_is() {
    let place = shared().place();
    for (path, kind) in [
        ("/ranking/recompute.mjs", "text/javascript"),
        ("/ranking/ranking.wasm", "application/wasm"),
    ] {
        let answer = place.get(path).is(200);
        let told = answer.header("content-type").unwrap();
        assert!(told.starts_with(kind), "{path}: {told}");
        assert_eq!(
            answer.header("cache-control"),
            Some("public, no-cache"),
            "{path}"
        );
    }
}
