//! Signals before the coordinator.

use axum::response::Response;
use maud::html;
use uuid::Uuid;

use super::{filter, is_told_there, list, path, seen, sheet, sign_in, title, words_field, written};
use crate::hours::signals::SignalDecision;
use crate::hours::signals::api::SignalsQuery;
use crate::hours::signals::store;
use crate::platform::fields::FieldErrors;
use crate::platform::i18n::Words;
use crate::platform::idempotency::IdempotencyKey;
use crate::platform::input::{Choice as _, Form, Id, PageQuery};
use crate::platform::page::{Audience, Refused, page, see_other};
use crate::platform::problem::Problem;
use crate::platform::visit::Visit;

const HERE: &str = "/coordination/signals";

/// Serves `/coordination/signals`.
pub async fn signals(
    visit: Visit,
    PageQuery(query): PageQuery<SignalsQuery>,
) -> Result<Response, Problem> {
    if !visit.has_credential() {
        return Ok(see_other(&sign_in(HERE)));
    }
    let filter = filter(&query);
    let found = store::in_reach(&visit, &filter).await?;
    let lang = visit.lang;
    let body = html! {
        p.small { a href="/coordination" { (lang.pick("统筹", "Coordination")) } }
        h1 { (title(lang)) }
        p.lead { (lang.pick(
            "每天自动比对新的时长记录，把值得看一眼的列在这里。提示不会改动任何时长。",
            "New records are compared every day; what is worth a look is listed here. No hours change by it.",
        )) }
        (list(&visit, HERE, &found, &filter, true))
    };
    Ok(page(&visit, Audience::Oneself, title(lang), &body))
}

/// Serves `/coordination/signals/{id}`.
pub async fn signal(visit: Visit, Id(id): Id) -> Result<Response, Problem> {
    if !visit.has_credential() {
        return Ok(see_other(&sign_in(&path(HERE, id))));
    }
    shown(&visit, id, &Refused::default()).await
}

async fn shown(visit: &Visit, id: Uuid, refused: &Refused<'_>) -> Result<Response, Problem> {
    let case = store::case(visit, id).await?;
    if !case.standing.reaches {
        return Err(Problem::forbidden());
    }
    let lang = visit.lang;
    let name = case.signal.kind.name(lang);
    let body = html! {
        p.small { a href=(HERE) { (title(lang)) } }
        h1 { (name) }
        (refused.above(lang))
        (sheet(visit, &case, |_| None))
        @if case.standing.decides {
            section.course #decide {
                h2 { (lang.pick("处理", "Decision")) }
                form method="post" action=(path(HERE, id)) {
                    (words_field("reason", lang.pick("理由", "Reason"),
                        lang.pick("组织会看到。300 字以内", "The organization reads it. Up to 300 characters"), &case, refused, lang))
                    div.actions { @for (decision, word) in SignalDecision::ALL {
                        button.quiet[*decision != SignalDecision::NothingWrong] name="decision" value=(word) { (decision.name(lang)) }
                    } }
                }
            }
        } @else {
            p.small { (lang.pick(
                "您是这个组织的成员，或者记录里有您本人，请由其他统筹员处理。",
                "You belong to the organization, or one of the records is yours: another coordinator decides.",
            )) }
        }
    };
    Ok(refused.answered(page(visit, Audience::Oneself, name, &body)))
}

async fn decided(visit: &Visit, id: Uuid, form: &Form) -> Result<(), Problem> {
    let decision = form.get("decision").and_then(SignalDecision::from_word);
    let reason = written(form, "reason");
    let (Some(decision), Ok(reason)) = (decision, &reason) else {
        let words = Words::new("请选择处理结果", "choose a decision");
        let missing = Problem::invalid(FieldErrors::one("/decision", words));
        return Err(reason.err().unwrap_or(missing));
    };
    let key = IdempotencyKey::default();
    let decided = (decision, reason.as_str());
    store::decide(visit, id, decided, seen(form), &key)
        .await
        .map(|_| ())
}

/// Takes `/coordination/signals/{id}`: the decision.
pub async fn decide(visit: Visit, Id(id): Id, form: Form) -> Result<Response, Problem> {
    match decided(&visit, id, &form).await {
        Ok(()) => Ok(see_other(&path(HERE, id))),
        Err(problem) if is_told_there(&problem) => {
            let refused = Refused {
                problem: Some(&problem),
                form: Some(&form),
            };
            shown(&visit, id, &refused).await
        }
        Err(problem) => Err(problem),
    }
}
