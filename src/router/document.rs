//! What the OpenAPI document says of all operations alike, so that no handler repeats it.
//!
//! Handlers name the codes of each refusal in its description: `code, code: words`. Here
//! those that follow from what an operation is are added, and each is explained from the
//! catalogue of problems.

use std::collections::BTreeSet;

use axum::http::StatusCode;
use utoipa::Modify;
use utoipa::openapi::extensions::Extensions;
use utoipa::openapi::header::HeaderBuilder;
use utoipa::openapi::path::{Operation, ParameterIn, PathItem};
use utoipa::openapi::schema::{AdditionalProperties, ArrayItems};
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityScheme};
use utoipa::openapi::{
    Components, Content, Header, KnownFormat, ObjectBuilder, OpenApi, Ref, RefOr, Response, Schema,
    SchemaFormat, Type,
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
        close_bodies(openapi);
        add_headers(openapi.components.get_or_insert_default());
        for (path, item) in &mut openapi.paths.paths {
            for (is_unsafe, operation) in operations(item) {
                add_codes(path, is_unsafe, operation);
                exemplify(operation);
                let repeatable = takes_key(operation);
                for (status, response) in &mut operation.responses.responses {
                    if let RefOr::T(response) = response {
                        explain(response);
                        describe(status, response);
                        name_headers(status, repeatable, response);
                    }
                }
            }
        }
    }
}

/// Unknown fields of a body are errors, in everything that a body is made of.
fn close_bodies(openapi: &mut OpenApi) {
    let mut names = Vec::new();
    for item in openapi.paths.paths.values_mut() {
        for (_, operation) in operations(item) {
            let Some(RefOr::T(body)) = &operation.request_body else {
                continue;
            };
            for content in body.content.values() {
                if let RefOr::T(content) = content
                    && let Some(schema) = &content.schema
                {
                    gather(schema, &mut names);
                }
            }
        }
    }
    let components = openapi.components.get_or_insert_default();
    let mut closed = BTreeSet::new();
    while let Some(name) = names.pop() {
        if !closed.insert(name.clone()) {
            continue;
        }
        let Some(RefOr::T(schema)) = components.schemas.get_mut(&name) else {
            continue;
        };
        if let Schema::Object(object) = schema
            && !object.properties.is_empty()
        {
            object.additional_properties = Some(Box::new(AdditionalProperties::FreeForm(false)));
        }
        gather(&RefOr::T(schema.clone()), &mut names);
    }
}

/// The names of the components that a schema is made of.
fn gather(schema: &RefOr<Schema>, names: &mut Vec<String>) {
    let parts: Vec<&RefOr<Schema>> = match schema {
        RefOr::Ref(known) => {
            let name = known.ref_location.rsplit('/').next();
            names.extend(name.map(str::to_owned));
            Vec::new()
        }
        RefOr::T(Schema::Object(object)) => object.properties.values().collect(),
        RefOr::T(Schema::OneOf(choice)) => choice.items.iter().collect(),
        RefOr::T(Schema::AllOf(all)) => all.items.iter().collect(),
        RefOr::T(Schema::AnyOf(any)) => any.items.iter().collect(),
        RefOr::T(Schema::Array(list)) => match &list.items {
            ArrayItems::RefOrSchema(item) => vec![item],
            ArrayItems::False => Vec::new(),
        },
        RefOr::T(_) => Vec::new(),
    };
    for part in parts {
        gather(part, names);
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

/// Examples of ids, which handlers need not think of.
fn exemplify(operation: &mut Operation) {
    for parameter in operation.parameters.iter_mut().flatten() {
        let RefOr::T(parameter) = parameter else {
            continue;
        };
        let Some(RefOr::T(Schema::Object(schema))) = &mut parameter.schema else {
            continue;
        };
        let uuid = SchemaFormat::KnownFormat(KnownFormat::Uuid);
        let example = match parameter.name.as_str() {
            "If-Match" => "\"3\"",
            "If-None-Match" => "*",
            _ if schema.format.as_ref() == Some(&uuid) => "01990000-0000-7000-8000-000000000002",
            _ => continue,
        };
        if schema.examples.is_empty() {
            schema.examples.push(example.into());
        }
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
        let words = words.unwrap_or(meaning);
        lines.push(format!("- [`{code}`](/problems/{code}): {words}"));
        codes.push(code.to_owned());
    }
    response.description = lines.join("\n");
    let extensions = response.extensions.get_or_insert_with(Extensions::default);
    extensions.insert(CODES.to_owned(), codes.into());
}

/// Responses must have a description (OpenAPI 3.1, section 4.8.17), where handlers need
/// no words of their own.
fn describe(status: &str, response: &mut Response) {
    if response.description.is_empty() {
        let status = StatusCode::from_bytes(status.as_bytes()).ok();
        let reason = status.and_then(|status| status.canonical_reason());
        reason
            .unwrap_or("The answer")
            .clone_into(&mut response.description);
    }
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
            "Idempotency-Replayed".to_owned(),
            text(
                "`true` on the answer to a retry: nothing was done again.",
                "true",
            ),
        ),
        (
            "X-Request-Id".to_owned(),
            text("Names the request, to quote when asking for help.", "8f3c2a1b9d4e5f60-HKG"),
        ),
    ]);
}

fn name_headers(status: &str, repeatable: bool, response: &mut Response) {
    let retry = matches!(status, "429" | "503").then_some("Retry-After");
    let replayed = (repeatable && status.starts_with('2')).then_some("Idempotency-Replayed");
    let common = ["RateLimit-Policy", "RateLimit", "X-Request-Id"];
    for name in common.into_iter().chain(retry).chain(replayed) {
        let known = RefOr::Ref(Ref::new(format!("#/components/headers/{name}")));
        response.headers.entry(name.to_owned()).or_insert(known);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::router::openapi;

    fn documented() -> Vec<(u16, String, String)> {
        let mut found = Vec::new();
        for (name, operation) in operations() {
            for (status, response) in operation["responses"].as_object().unwrap() {
                for code in response[CODES].as_array().into_iter().flatten() {
                    let code = code.as_str().unwrap().to_owned();
                    found.push((status.parse().unwrap(), code, name.clone()));
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
    fn what_the_document_refers_to_is_in_it() {
        fn references<'a>(part: &'a Value, found: &mut Vec<&'a str>) {
            match part {
                Value::Object(members) => {
                    found.extend(members.get("$ref").and_then(Value::as_str));
                    members.values().for_each(|value| references(value, found));
                }
                Value::Array(items) => items.iter().for_each(|item| references(item, found)),
                _ => {}
            }
        }
        let document: Value = serde_json::to_value(openapi()).unwrap();
        let mut found = Vec::new();
        references(&document, &mut found);
        assert!(found.len() > 50, "{found:?}");
        for reference in found {
            let pointer = reference.trim_start_matches('#');
            assert!(document.pointer(pointer).is_some(), "{reference}");
        }
    }

    #[test]
    fn every_response_is_described() {
        for (name, operation) in operations() {
            for (status, response) in operation["responses"].as_object().unwrap() {
                let said = response["description"].as_str().unwrap_or_default();
                assert!(!said.is_empty(), "{status} of {name}");
            }
        }
    }

    fn operations() -> Vec<(String, Value)> {
        let document: Value = serde_json::to_value(openapi()).unwrap();
        let mut found = Vec::new();
        for (path, item) in document["paths"].as_object().unwrap() {
            for (method, operation) in item.as_object().unwrap() {
                found.push((format!("{method} {path}"), operation.clone()));
            }
        }
        found
    }

    fn is_said(text: &Value) -> bool {
        text.as_str().is_some_and(|text| text.len() > 3)
    }

    #[test]
    fn every_operation_says_what_it_does_and_what_it_takes() {
        for (name, operation) in operations() {
            assert!(is_said(&operation["summary"]), "{name} has no summary");
            assert!(is_said(&operation["operationId"]), "{name} has no id");
            for parameter in operation["parameters"].as_array().into_iter().flatten() {
                let said = is_said(&parameter["description"]);
                assert!(said, "{name}: {} is not described", parameter["name"]);
                let shown =
                    !parameter["example"].is_null() || !parameter["schema"]["examples"].is_null();
                assert!(shown, "{name}: {} has no example", parameter["name"]);
            }
            for (media, content) in operation["requestBody"]["content"]
                .as_object()
                .into_iter()
                .flatten()
            {
                let shown = !content["example"].is_null() || !content["examples"].is_null();
                assert!(shown, "{name}: no example of {media}");
            }
        }
    }

    #[test]
    fn refusals_are_documented_by_their_codes() {
        for (name, operation) in operations() {
            for (status, response) in operation["responses"].as_object().unwrap() {
                let refuses = status.parse::<u16>().unwrap() >= 400;
                let codes = response[CODES].as_array().map_or(0, Vec::len);
                assert_eq!(refuses, codes > 0, "{name} {status}");
            }
        }
    }
}
