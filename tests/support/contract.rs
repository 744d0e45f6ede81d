//! What the OpenAPI document promises, held against every answer any test receives.

use std::collections::HashMap;
use std::sync::LazyLock;

use diandan::platform::i18n::Lang;
use diandan::platform::problem::catalogue;
use jsonschema::Validator;
use serde_json::{Value, json};

use super::answer::Answer;
use super::request::Request;

/// The document, and a validator for each schema an answer may have.
pub struct Contract {
    pub document: Value,
    validators: HashMap<String, Validator>,
}

/// What the handlers say of themselves.
pub fn contract() -> &'static Contract {
    static CONTRACT: LazyLock<Contract> = LazyLock::new(|| {
        let document = serde_json::to_value(diandan::router::openapi()).unwrap();
        Contract::of(document)
    });
    &CONTRACT
}

/// Fails unless the answer is one that was promised.
#[track_caller]
pub fn check(request: &Request, answer: &Answer) {
    check_problem(answer);
    if let Err(fault) = contract().examine(request, answer) {
        panic!("not as documented: {fault}\n{answer:?}");
    }
}

/// A problem, wherever it comes from, is one of the catalogue.
#[track_caller]
fn check_problem(answer: &Answer) {
    if answer.header("content-type") != Some("application/problem+json") || answer.body.is_empty() {
        return;
    }
    let problem = answer.json();
    let code = problem["code"].as_str().unwrap();
    let kind = catalogue::find(code).unwrap_or_else(|| panic!("no such kind: {answer:?}"));
    assert_eq!(kind.status, answer.status, "{answer:?}");
    let leads_to = problem["type"].as_str().unwrap();
    assert!(
        leads_to.ends_with(&format!("/problems/{code}")),
        "{answer:?}"
    );
    let titles = [Lang::Zh, Lang::En].map(|lang| kind.title(lang));
    assert!(
        titles.contains(&problem["title"].as_str().unwrap()),
        "{answer:?}"
    );
}

impl Contract {
    fn of(document: Value) -> Self {
        let mut components = document["components"].clone();
        for schema in components["schemas"].as_object_mut().unwrap().values_mut() {
            close(schema);
        }
        let mut validators = HashMap::new();
        for (_, _, operation) in operations(&document) {
            for response in operation["responses"].as_object().unwrap().values() {
                let Some((_, schema)) = content(response) else {
                    continue;
                };
                if validators.contains_key(&schema.to_string()) {
                    continue;
                }
                let mut whole = schema.clone();
                whole["components"] = components.clone();
                let validator = jsonschema::options()
                    .should_validate_formats(true)
                    .build(&whole)
                    .unwrap();
                validators.insert(schema.to_string(), validator);
            }
        }
        Self {
            document,
            validators,
        }
    }

    /// Every path and method of the document, with what is said of it.
    pub fn operations(&self) -> Vec<(String, String, &Value)> {
        operations(&self.document)
    }

    fn examine(&self, request: &Request, answer: &Answer) -> Result<(), String> {
        let path = request.target.split('?').next().unwrap();
        let method = match request.method.as_str() {
            "HEAD" => "GET",
            method => method,
        };
        let operation = operations(&self.document)
            .into_iter()
            .find(|(known, template, _)| known == method && fits(template, path));
        let Some((_, _, operation)) = operation else {
            return Ok(());
        };
        if answer.status == 304 {
            return Ok(());
        }
        let response = &operation["responses"][answer.status.to_string()];
        if response.is_null() {
            return Err(format!("status {}", answer.status));
        }
        if request.method == "HEAD" {
            return Ok(());
        }
        self.examine_body(response, answer)
    }

    fn examine_body(&self, response: &Value, answer: &Answer) -> Result<(), String> {
        let Some((_, schema)) = content(response) else {
            return match answer.body.is_empty() {
                true => Ok(()),
                false => Err("a body".to_owned()),
            };
        };
        let media = answer.header("content-type").unwrap_or_default();
        let media = media.split(';').next().unwrap();
        if media != "application/json"
            && !response["content"][media].is_null()
            && answer.status < 400
        {
            return Ok(());
        }
        let media = match answer.status {
            400.. => "application/problem+json",
            _ => "application/json",
        };
        if answer.header("content-type") != Some(media) {
            return Err(format!("content type {:?}", answer.header("content-type")));
        }
        let body: Value =
            serde_json::from_slice(&answer.body).map_err(|error| error.to_string())?;
        let codes = &response["x-problem-codes"];
        let named = |code: &Value| codes.as_array().is_some_and(|codes| codes.contains(code));
        if answer.status >= 400 && !named(&body["code"]) {
            return Err(format!("code {}, only {codes}", body["code"]));
        }
        let faults: Vec<String> = self.validators[&schema.to_string()]
            .iter_errors(&body)
            .map(|error| format!("{}: {error}", error.instance_path()))
            .collect();
        if faults.is_empty() {
            Ok(())
        } else {
            Err(faults.join("\n"))
        }
    }
}

fn operations(document: &Value) -> Vec<(String, String, &Value)> {
    let mut all = Vec::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            all.push((method.to_uppercase(), path.clone(), operation));
        }
    }
    all
}

fn content(response: &Value) -> Option<(&String, &Value)> {
    let (media, content) = response["content"].as_object()?.iter().next()?;
    Some((media, &content["schema"]))
}

/// Objects have the members they are documented with, and no others.
fn close(schema: &mut Value) {
    let Some(object) = schema.as_object_mut() else {
        return;
    };
    if object.contains_key("properties") && !object.contains_key("additionalProperties") {
        object.insert("additionalProperties".to_owned(), json!(false));
    }
}

/// Whether a path is one of `/api/v1/projects/{id}`.
pub fn fits(template: &str, path: &str) -> bool {
    let (template, path) = (template.split('/'), path.split('/'));
    template.clone().count() == path.clone().count()
        && template
            .zip(path)
            .all(|(part, actual)| part == actual || part.starts_with('{') && !actual.is_empty())
}
