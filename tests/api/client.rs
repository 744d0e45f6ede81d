//! A client in another language, generated from the document that is served.

use std::path::{Path, PathBuf};
use std::process::Command;

use diandan::platform::clock::DAY;
use serde_json::Value;

use crate::support::app::{node, shared};

fn tool(name: &str) -> Command {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut command = Command::new(node(root));
    command.arg(root.join("node_modules/.bin").join(name));
    command
}

#[track_caller]
fn run(command: &mut Command) -> String {
    let output = command.output().expect("it starts");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (said, complained) = (text(&output.stdout), text(&output.stderr));
    assert!(output.status.success(), "{command:?}\n{said}\n{complained}");
    said
}

/// The program, ready to run: the client is generated, and both are one file.
fn build(document: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("generated");
    let (client, program) = (folder.join("client"), folder.join("program.mjs"));
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join("openapi.json");
    std::fs::write(&file, document).unwrap();
    run(tool("openapi-ts")
        .args(["--silent", "--no-log-file", "--input"])
        .arg(&file)
        .arg("--output")
        .arg(&client));
    // The bundler is a program of its own, not one of Node's.
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    run(Command::new(root.join("node_modules/.bin/esbuild"))
        .arg(root.join("tests/api/client.ts"))
        .args([
            "--bundle",
            "--platform=node",
            "--format=esm",
            "--log-level=warning",
        ])
        .arg(format!("--alias:generated={}", client.display()))
        .arg(format!("--outfile={}", program.display())));
    program
}

#[test]
fn a_generated_client_registers_publishes_and_reads_a_roster() {
    let app = shared();
    let place = app.place();
    let document = place.get("/api/openapi.json").is(200).text();
    let program = build(&document);
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let volunteer = place.adult();
    let said = run(Command::new(node(root))
        .arg(program)
        .env("SITE", app.url.trim_end_matches('/'))
        .env("OWNER", &place.adult().session)
        .env("COORDINATOR", &place.coordinator("36").session)
        .env("VOLUNTEER", &volunteer.session)
        .env("DAY", place.now().plus(40 * DAY).date().to_string()));
    let roster: Value = serde_json::from_str(&said).unwrap();
    assert_eq!(roster["items"][0]["name"], volunteer.name.as_str());
}
