//! What the OpenAPI document says of all operations alike, so that no handler repeats it.
//!
//! Handlers name the codes of each refusal in its description: `code, code: words`. Here
//! those that follow from what an operation is are added, and each is explained from the
//! catalogue of problems.

use utoipa::Modify;
use utoipa::openapi::extensions::Extensions;
use utoipa::openapi::header::HeaderBuilder;
use utoipa::openapi::path::{Operation, ParameterIn, PathItem};
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityScheme};
use utoipa::openapi::{
    Components, Content, Header, ObjectBuilder, OpenApi, Ref, RefOr, Response, Type,
};

use crate::platform::i18n::Lang;
use crate::platform::problem::catalogue;

/// The extension that lists the codes of a response, for programs.
const CODES: &str = "x-problem-codes";

/// How a caller proves who they are.
pub struct Security;

impl Modify for Security {
    fn modify(&self, openapi: &mut OpenApi) {
        let components = openapi.components.get_or_insert_default();
        for (name, description) in [
            ("api_key", "An organization's key, `ddk_…`"),
            (
                "session",
                "A volunteer's session, `dds_…`; browsers send it as a cookie",
            ),
        ] {
            let mut scheme = Http::new(HttpAuthScheme::Bearer);
            scheme.description = Some(description.to_owned());
            components.add_security_scheme(name, SecurityScheme::Http(scheme));
        }
    }
}

/// What follows for every operation from what it is.
pub struct Manners;

impl Modify for Manners {
    fn modify(&self, openapi: &mut OpenApi) {
        add_headers(openapi.components.get_or_insert_default());
        for (path, item) in &mut openapi.paths.paths {
            for (is_unsafe, operation) in operations(item) {
                add_codes(path, is_unsafe, operation);
                for (status, response) in &mut operation.responses.responses {
                    if let RefOr::T(response) = response {
                        explain(response);
                        name_headers(status, response);
                    }
                }
            }
        }
    }
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = (bool, &mut Operation)> {
    let safe = item.get.as_mut().map(|operation| (false, operation));
    [
        &mut item.put,
        &mut item.post,
        &mut item.delete,
        &mut item.patch,
    ]
    .into_iter()
    .filter_map(|operation| operation.as_mut().map(|operation| (true, operation)))
    .chain(safe)
}

fn add_codes(path: &str, is_unsafe: bool, operation: &mut Operation) {
    add(operation, 400, &["invalid_parameters"]);
    add(operation, 429, &["rate_limited"]);
    add(operation, 500, &["internal"]);
    add(operation, 503, &["busy"]);
    if path.contains('{') {
        add(operation, 404, &["not_found"]);
    }
    if is_unsafe {
        add(operation, 403, &["cross_site"]);
    }
    if operation.security.is_some() {
        add(operation, 401, &["unauthenticated"]);
    }
    if takes_json(operation) {
        let unreadable = ["malformed_json", "json_too_deep", "duplicate_key"];
        add(operation, 400, &unreadable);
        add(operation, 413, &["body_too_large"]);
        add(operation, 415, &["unsupported_media_type"]);
        add(operation, 422, &["invalid_fields"]);
    }
    if takes_key(operation) {
        add(operation, 400, &["invalid_idempotency_key"]);
        add(operation, 422, &["idempotency_key_reused"]);
    }
}

fn takes_json(operation: &Operation) -> bool {
    match &operation.request_body {
        Some(RefOr::T(body)) => body.content.contains_key("application/json"),
        _ => false,
    }
}

fn takes_key(operation: &Operation) -> bool {
    let mut parameters = operation.parameters.iter().flatten();
    parameters.any(|parameter| match parameter {
        RefOr::T(parameter) => {
            parameter.name == "Idempotency-Key" && parameter.parameter_in == ParameterIn::Header
        }
        RefOr::Ref(_) => false,
    })
}

/// Adds codes to the response with a status, where they are not named already.
fn add(operation: &mut Operation, status: u16, codes: &[&str]) {
    let responses = &mut operation.responses.responses;
    let response = responses.entry(status.to_string()).or_insert_with(|| {
        let mut response = Response::new("");
        let schema = Ref::from_schema_name("ProblemDetails");
        response.content.insert(
            "application/problem+json".to_owned(),
            RefOr::T(Content::new(Some(schema))),
        );
        RefOr::T(response)
    });
    let RefOr::T(response) = response else { return };
    for code in codes {
        if !named(&response.description).any(|(known, _)| known == *code) {
            if !response.description.is_empty() {
                response.description.push_str(", ");
            }
            response.description.push_str(code);
        }
    }
}

/// The codes of a description, each with the handler's own words.
fn named(description: &str) -> impl Iterator<Item = (&str, Option<&str>)> {
    description
        .split(", ")
        .map(|part| match part.split_once(": ") {
            Some((code, words)) => (code, Some(words)),
            None => (part, None),
        })
}

/// Says of each code what it means, and lists the codes for programs.
fn explain(response: &mut Response) {
    if !response.content.contains_key("application/problem+json") {
        return;
    }
    let mut lines = Vec::new();
    let mut codes = Vec::new();
    for (code, words) in named(&response.description) {
        let kind = catalogue::find(code);
        let meaning = kind.map_or("", |kind| kind.meaning(Lang::En));
        lines.push(format!("- `{code}`: {}", words.unwrap_or(meaning)));
        codes.push(code.to_owned());
    }
    response.description = lines.join("\n");
    let extensions = response.extensions.get_or_insert_with(Extensions::default);
    extensions.insert(CODES.to_owned(), codes.into());
}

/// Headers that answers have in common, described once.
fn add_headers(components: &mut Components) {
    let text = |description: &str, example: &str| -> RefOr<Header> {
        let schema = ObjectBuilder::new()
            .schema_type(Type::String)
            .examples([example.to_owned()]);
        let header = HeaderBuilder::new()
            .schema(Some(schema))
            .description(Some(description));
        RefOr::T(header.build())
    };
    let mut seconds = HeaderBuilder::new()
        .schema(Some(
            ObjectBuilder::new()
                .schema_type(Type::Integer)
                .minimum(Some(1)),
        ))
        .build();
    seconds.description = Some("Seconds after which the same request may succeed.".to_owned());
    components.headers.extend([
        (
            "RateLimit-Policy".to_owned(),
            text(
                "How many requests (q) this key, session or network address may send within how many seconds (w). Absent where a deployment sets no limits.",
                "\"key\";q=600;w=60",
            ),
        ),
        (
            "RateLimit".to_owned(),
            text(
                "How many of them are left (r), as far as the place that answers knows, and for how many seconds that holds (t).",
                "\"key\";r=598;t=42",
            ),
        ),
        ("Retry-After".to_owned(), RefOr::T(seconds)),
        (
            "X-Request-Id".to_owned(),
            text("Names the request, to quote when asking for help.", "8f3c2a1b9d4e5f60-HKG"),
        ),
    ]);
}

fn name_headers(status: &str, response: &mut Response) {
    let retry = matches!(status, "429" | "503").then_some("Retry-After");
    let common = ["RateLimit-Policy", "RateLimit", "X-Request-Id"];
    for name in common.into_iter().chain(retry) {
        let known = RefOr::Ref(Ref::new(format!("#/components/headers/{name}")));
        response.headers.entry(name.to_owned()).or_insert(known);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::Value;

    use super::*;
    use crate::router::openapi;

    fn documented() -> Vec<(u16, String, String)> {
        let document: Value = serde_json::to_value(openapi()).unwrap();
        let mut found = Vec::new();
        for (path, item) in document["paths"].as_object().unwrap() {
            for (method, operation) in item.as_object().unwrap() {
                for (status, response) in operation["responses"].as_object().unwrap() {
                    for code in response[CODES].as_array().into_iter().flatten() {
                        found.push((
                            status.parse().unwrap(),
                            code.as_str().unwrap().to_owned(),
                            format!("{method} {path}"),
                        ));
                    }
                }
            }
        }
        found
    }

    #[test]
    fn every_documented_code_is_in_the_catalogue_with_its_status() {
        for (status, code, operation) in documented() {
            let kind = catalogue::find(&code).unwrap_or_else(|| panic!("{code} of {operation}"));
            assert_eq!(kind.status, status, "{code} of {operation}");
        }
    }

    #[test]
    fn every_code_of_the_catalogue_is_documented_by_some_operation() {
        let documented: BTreeSet<_> = documented().into_iter().map(|(_, code, _)| code).collect();
        for kind in catalogue::KINDS {
            // An operation has its method.
            let is_none = kind.code == "method_not_allowed";
            assert!(is_none || documented.contains(kind.code), "{}", kind.code);
        }
    }

    #[test]
    fn refusals_are_documented_by_their_codes() {
        let document: Value = serde_json::to_value(openapi()).unwrap();
        for (path, item) in document["paths"].as_object().unwrap() {
            for (method, operation) in item.as_object().unwrap() {
                for (status, response) in operation["responses"].as_object().unwrap() {
                    let refuses = status.parse::<u16>().unwrap() >= 400;
                    let codes = response[CODES].as_array().map_or(0, Vec::len);
                    assert_eq!(refuses, codes > 0, "{method} {path} {status}");
                }
            }
        }
    }
}
