//! What no client means to send, refused by name and never a fault of ours.

use serde_json::{Value, json};

use crate::support::answer::Answer;
use crate::support::app::app;
use crate::support::contract::contract;
use crate::support::notice::{Notice, morning, shift};
use crate::support::request::Request;

const JSON: &str = "application/json";

/// Every operation that takes a JSON body, as each who might be listened to. Bodies of
/// others are not looked at.
struct Writers {
    operations: Vec<Request>,
    tokens: Vec<String>,
}

/// A path with something in the place of each parameter.
fn filled(template: &str, organization: &str) -> String {
    let id = "01990000-0000-7000-8000-000000000001";
    let part = |part: &str| match part {
        "{org}" => organization.to_owned(),
        "{version}" => "1".to_owned(),
        part if part.starts_with('{') => id.to_owned(),
        part => part.to_owned(),
    };
    let parts: Vec<_> = template.split('/').map(part).collect();
    parts.join("/")
}

fn writers() -> Writers {
    let organization = app().organization();
    let operations = contract().operations().into_iter();
    let takes_json = operations.filter(|(_, _, operation)| {
        let content = &operation["requestBody"]["content"];
        content.get("application/json").is_some()
    });
    Writers {
        operations: takes_json
            .map(|(method, path, _)| Request::new(&method, filled(&path, &organization.id)))
            .collect(),
        tokens: vec![
            organization.member("owner").session,
            organization.key.clone(),
        ],
    }
}

impl Writers {
    /// Each operation refuses it, whoever it listens to.
    #[track_caller]
    fn are_refused(
        &self,
        send: impl Fn(Request) -> Request,
        status: u16,
        code: &str,
    ) -> Vec<Answer> {
        let mut refusals = Vec::new();
        for operation in &self.operations {
            let answers = self
                .tokens
                .iter()
                .map(|token| app().send(&send(operation.clone().bearer(token))));
            let unheard = |answer: &Answer| [401, 403].contains(&answer.status);
            let mut heard: Vec<_> = answers.filter(|answer| !unheard(answer)).collect();
            assert!(!heard.is_empty(), "nobody is heard: {operation:?}");
            refusals.extend(heard.drain(..).map(|answer| answer.refused(status, code)));
        }
        refusals
    }
}

#[test]
fn bodies_are_held_to_their_size() {
    let body = json!({"x": "x".repeat(1024 * 1024)}).to_string();
    let send = |request: Request| request.bytes(JSON, body.clone().into_bytes());
    writers().are_refused(send, 413, "body_too_large");
}

#[test]
fn bodies_nest_only_so_deep() {
    let writers = writers();
    for bomb in ["[".repeat(10_000), "{\"a\":".repeat(2_000)] {
        let send = |request: Request| request.bytes(JSON, bomb.clone().into_bytes());
        writers.are_refused(send, 400, "json_too_deep");
    }
}

#[test]
fn names_given_twice_are_told() {
    let body =
        br#"{"phone": "13800138000", "shifts": [{"ref": 1, "ref": 2}], "phone": "13900139000"}"#;
    let send = |request: Request| request.bytes(JSON, body.to_vec());
    for refused in writers().are_refused(send, 400, "duplicate_key") {
        assert_eq!(refused.pointers(), ["/phone", "/shifts/0/ref"]);
    }
}

#[test]
fn only_utf8_is_json() {
    let writers = writers();
    for body in [
        &b"{\"phone\": \"\xff\"}"[..],
        b"\xfe\xff\0{\0}",
        b"\xef\xbb\xbf{}",
        b"",
        b"{} {}",
        b"\0",
    ] {
        let send = |request: Request| request.bytes(JSON, body.to_vec());
        writers.are_refused(send, 400, "malformed_json");
    }
}

#[test]
fn other_media_types_are_named() {
    let writers = writers();
    for media in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "application/json; charset=gb18030",
        "application/jsonl",
        "application/json5, application/json",
        "*/*",
    ] {
        let send = |request: Request| request.bytes(media, b"{}".to_vec());
        writers.are_refused(send, 415, "unsupported_media_type");
    }
    let squeezed = |request: Request| {
        let request = request.header("content-encoding", "br");
        request.bytes(JSON, b"{}".to_vec())
    };
    writers.are_refused(squeezed, 415, "unsupported_media_type");
}

#[test]
fn every_operation_refuses_parameters_it_does_not_know() {
    let organization = app().organization();
    for (method, path, _) in contract().operations() {
        for query in ["surprise=1", "surprise="] {
            let request = Request::new(
                &method,
                format!("{}?{query}", filled(&path, &organization.id)),
            );
            let request = request.bearer(&organization.key);
            let refused = app().send(&request.json(&json!({})));
            let refused = refused.refused(400, "invalid_parameters");
            assert!(
                refused.pointers().contains(&"/surprise".to_owned()),
                "{refused:?}"
            );
        }
    }
}

#[test]
fn parameters_are_given_once_filled_and_in_utf8() {
    for query in [
        "limit=1&limit=2",
        "limit=",
        "q=",
        "q=%ff",
        "q=%00",
        "limit=%31%00",
        "region=%u4e00",
    ] {
        let target = format!("/api/v1/projects?{query}");
        app().get(&target).refused(400, "invalid_parameters");
    }
}

#[test]
fn characters_nobody_can_see_do_not_come_in() {
    let organization = app().organization();
    let notice = Notice::of(&[shift("a", morning(app().now(), 4), 5)]);
    let nul = notice.clone().with("title", "带\u{0}空字符");
    let refused = organization
        .puts("nul", &nul.0)
        .refused(422, "invalid_fields");
    assert_eq!(refused.pointers(), ["/title"]);
    for reference in [
        "%00",
        "a%00b",
        "%ff",
        "%E4%B8%80%00",
        "%0a",
        "..%2f..",
        "%25",
        "%",
    ] {
        let answer = organization.puts(reference, &notice.0);
        assert!([404, 422].contains(&answer.status), "{answer:?}");
    }
    for path in [
        "/api/v1/projects/%00",
        "/api/v1/projects/%ff",
        "/api/v1/projects/%",
        "/%00",
        "/api/v1/%ff",
    ] {
        app().get(path).is(404);
    }
}

#[test]
fn long_headers_are_read_calmly() {
    let long = "a".repeat(12_000);
    let read =
        |name: &str, value: &str| app().send(&Request::get("/api/v1/me").header(name, value));
    for name in [
        "accept-language",
        "cookie",
        "if-none-match",
        "authorization",
        "x-anything",
    ] {
        read(name, &long).refused(401, "unauthenticated");
    }
    read("authorization", &format!("Bearer {long}")).refused(401, "unauthenticated");
    let post = Request::new("POST", "/api/v1/sign-in-codes").header("idempotency-key", &long);
    let body: Value = json!({"phone": "13800138000"});
    app()
        .send(&post.json(&body))
        .refused(400, "invalid_idempotency_key");
}
