//! The rules as JSON, for those who run contests by programs.

use axum::response::Response;
use maud::{Markup, html};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{RulesDone, at_work, changed_meanwhile, done, here, sign_in, way_back};
use crate::contests::ContestState;
use crate::contests::rules::{Rules, example};
use crate::contests::running::acts;
use crate::contests::running::store::{self, Seen};
use crate::platform::fields::FieldErrors;
use crate::platform::i18n::{Lang, Words};
use crate::platform::idempotency::IdempotencyKey;
use crate::platform::input::{Form, Id, LargeForm};
use crate::platform::page::{Audience, Refused, ask, page};
use crate::platform::problem::Problem;
use crate::platform::visit::{Presented, Visit};

/// Serves `/contests/{id}/run/rules/json`.
pub async fn json(visit: Visit, Id(id): Id) -> Result<Response, Problem> {
    if let Some(elsewhere) = sign_in(&visit) {
        return Ok(elsewhere);
    }
    let seen = store::one(&visit, id).await?;
    shown(&visit, id, &seen, &Refused::default())
}

/// Takes `/contests/{id}/run/rules/json`: a draft's rules, or an amendment.
pub async fn write_json(
    visit: Visit,
    _: Presented,
    Id(id): Id,
    LargeForm(form): LargeForm,
) -> Result<Response, Problem> {
    let seen = store::one(&visit, id).await?;
    seen.standing.require_run()?;
    match written(&visit, id, &seen, &form).await {
        Ok(what) => Ok(done(id, what)),
        Err(problem) if matches!(problem.status().as_u16(), 409 | 412 | 422) => {
            let seen = store::one(&visit, id).await?;
            let refused = Refused {
                problem: Some(&problem),
                form: Some(&form),
            };
            Ok(refused.answered(shown(&visit, id, &seen, &refused)?))
        }
        Err(problem) => Err(problem),
    }
}

/// Rules, named as in an amendment.
#[derive(Debug, deserr::Deserr)]
#[deserr(error = FieldErrors, deny_unknown_fields)]
struct Whole {
    rules: Rules,
}

async fn written(visit: &Visit, id: Uuid, seen: &Seen, form: &Form) -> Result<RulesDone, Problem> {
    let version: Option<i64> = form.get("version").and_then(|version| version.parse().ok());
    let meant = |stands| version == Some(stands);
    let rules = parsed(form.get("rules").unwrap_or_default()).map_err(Problem::invalid)?;
    if seen.contest.state == ContestState::Draft {
        let whole: Whole =
            deserr::deserialize(json!({"rules": rules})).map_err(Problem::invalid)?;
        acts::write_rules(visit, id, &whole.rules, &meant).await?;
        return Ok(RulesDone::Saved);
    }
    let reason = form.get("reason").unwrap_or_default();
    let body = deserr::deserialize(json!({"reason": reason, "rules": rules}));
    let body = body.map_err(Problem::invalid)?;
    acts::amend(visit, id, &body, &meant, &IdempotencyKey::default()).await?;
    Ok(RulesDone::Amended)
}

fn parsed(text: &str) -> Result<Value, FieldErrors> {
    serde_json::from_str(text).map_err(|fault| {
        let (line, column) = (fault.line(), fault.column());
        let words = Words::new(
            format!("不是合法的 JSON（第 {line} 行第 {column} 列）"),
            format!("is not JSON (line {line}, column {column})"),
        );
        FieldErrors::one("/rules", words)
    })
}

fn shown(visit: &Visit, id: Uuid, seen: &Seen, refused: &Refused<'_>) -> Result<Response, Problem> {
    seen.standing.require_run()?;
    let lang = visit.lang;
    let stands = match at_work(seen)? {
        Some(rules) => json!(rules),
        None => example(),
    };
    let text = match refused.form {
        Some(form) => form.get("rules").unwrap_or_default().to_owned(),
        None => serde_json::to_string_pretty(&stands).unwrap_or_default(),
    };
    let title = lang.pick("评审规则（JSON）", "Rules (JSON)");
    let body = html! {
        (way_back(seen, true, lang))
        h1 { (title) }
        @if let Some(problem) = refused.problem { (told(problem, lang)) }
        @if seen.contest.state != ContestState::Cancelled {
            form method="post" action={ (here(id)) "/json" } {
                input type="hidden" name="version" value=(seen.contest.version);
                (ask("rules", lang.pick("整份规则", "The rules, whole"),
                    Some(lang.pick("权重用千分比，时间带时区", "Weights in permille, times with an offset")),
                    refused.wrong("rules", lang),
                    &html! { textarea #rules name="rules" rows="20" required spellcheck="false" { (text) } }))
                @if seen.contest.state == ContestState::Announced {
                    (ask("reason", lang.pick("修订原因", "Why it is amended"),
                        Some(lang.pick("300 字以内，公开显示", "At most 300 characters, public")),
                        refused.wrong("reason", lang),
                        &html! { textarea #reason name="reason" rows="3" required { (refused.typed("reason")) } }))
                    button { (lang.pick("公开修订", "Publish the amendment")) }
                } @else {
                    button { (lang.pick("保存草稿", "Save the draft")) }
                }
            }
        }
    };
    Ok(page(visit, Audience::Oneself, title, &body))
}

/// Why something was refused, with every fault and where it stands.
fn told(problem: &Problem, lang: Lang) -> Markup {
    let faults = problem.errors().in_lang(lang);
    html! {
        div.say role="alert" {
            p { @if problem.code() == "version_conflict" { (changed_meanwhile(lang)) } @else { (problem.title(lang)) } }
            @if !faults.is_empty() {
                ul { @for fault in faults { li { code { (fault.pointer) } " " (fault.detail) } } }
            }
        }
    }
}
