//! The calls of the README, made as they stand there.

use std::collections::HashMap;
use std::path::Path;
use std::process::Command;

use diandan::platform::clock::DAY;
use serde_json::Value;

use crate::support::app::App;

/// The shell blocks of a section, in order.
fn blocks(file: &str, section: &str) -> Vec<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    let text = std::fs::read_to_string(path).unwrap();
    let (_, section) = text.split_once(section).expect("the section is there");
    let section = section.split("\n## ").next().unwrap();
    let after = section.split("```sh\n").skip(1);
    after
        .map(|rest| rest.split("```").next().unwrap().to_owned())
        .collect()
}

/// The name of a variable that the reader fills in.
fn to_fill_in(line: &str) -> Option<&str> {
    let (name, _) = line.trim_start().split_once('=')?;
    let is_name = !name.is_empty() && name.bytes().all(|b| b.is_ascii_lowercase());
    is_name.then_some(name)
}

/// What the calls answer; all of them must succeed.
fn run(commands: &str, known: &HashMap<&str, String>) -> Vec<Value> {
    let script = format!(
        "curl() {{ command curl --silent --show-error --fail-with-body --write-out '\\n' \"$@\"; }}\n{commands}"
    );
    let output = Command::new("bash")
        .args(["-euc", &script])
        .envs(known)
        .output()
        .expect("bash starts");
    let text = String::from_utf8(output.stdout).unwrap();
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{commands}\n{text}\n{complaint}");
    let answers = text.lines().filter(|answer| !answer.is_empty());
    answers
        .map(|answer| serde_json::from_str(answer).expect("the answer is JSON"))
        .collect()
}

/// Follows the section as a reader would; gives what each call answered.
fn follow(file: &str, section: &str) -> Vec<Value> {
    // Nobody has asked for the menu here a second ago.
    let app = App::start();
    let place = app.place();
    let organization = place.organization();
    let reader = place.stranger();
    let mut known = HashMap::from([
        ("site", app.url.trim_end_matches('/').to_owned()),
        ("org", organization.id.clone()),
        ("key", organization.key.clone()),
        ("day", place.now().plus(40 * DAY).date().to_string()),
    ]);
    let mut answers: Vec<Value> = Vec::new();
    for block in blocks(file, section) {
        let mut commands = String::new();
        for line in block.replace("13800138000", &reader.phone).lines() {
            let Some(name) = to_fill_in(line) else {
                commands.extend([line, "\n"]);
                continue;
            };
            answers.extend(run(&std::mem::take(&mut commands), &known));
            let value = match name {
                "code" => reader.newest_code(),
                "session" => answers.last().unwrap()["token"]
                    .as_str()
                    .unwrap()
                    .to_owned(),
                "shift" => answers[0]["shifts"][0]["id"].as_str().unwrap().to_owned(),
                given => known[given].clone(),
            };
            let name = ["site", "org", "key", "day", "code", "session", "shift"]
                .into_iter()
                .find(|known| *known == name);
            known.insert(name.expect("the reader knows where it comes from"), value);
        }
        answers.extend(run(&commands, &known));
    }
    answers
}

#[test]
fn the_five_calls_of_the_readme_do_what_it_says() {
    for (file, section) in [
        ("README.md", "## The API in five calls"),
        ("README.zh-CN.md", "## 五次调用看懂接口"),
    ] {
        let answers = follow(file, section);
        let [project, menu, code, session, signup, roster] = answers.as_slice() else {
            panic!("{file}: {answers:#?}");
        };
        assert_eq!(project["state"], "published", "{file}");
        let found = menu["items"].as_array().unwrap().iter();
        assert!(
            found.clone().any(|item| item["id"] == project["id"]),
            "{file}: {menu}"
        );
        assert!(code.is_object() && session["token"].is_string(), "{file}");
        assert_eq!(signup["state"], "confirmed", "{file}");
        assert_eq!(roster["items"][0]["id"], signup["id"], "{file}");
    }
}
