//! Disputes before the coordinator.

use axum::response::Response;
use deserr::Deserr;
use maud::html;
use uuid::Uuid;

use super::console::lines;
use super::{
    history, is_told_there, read, sheet, stands, state_of, steps, time_fields, words_field,
};
use crate::hours::corrections::DisputeState;
use crate::hours::corrections::api::disputes::decided;
use crate::hours::corrections::store::{self, By};
use crate::organizations::Permission;
use crate::platform::fields::FieldErrors;
use crate::platform::idempotency::IdempotencyKey;
use crate::platform::input::{Digits, Form, Id, PageQuery};
use crate::platform::page::{Audience, Refused, page, see_other};
use crate::platform::problem::Problem;
use crate::platform::visit::Visit;

/// So many disputes stand on a page.
const SHOWN: usize = 20;

/// Where the list begins.
#[derive(Debug, Deserr)]
#[deserr(error = FieldErrors, deny_unknown_fields)]
pub struct WaitingQuery {
    #[deserr(default)]
    after: Option<Digits<1, 9_007_199_254_740_991>>,
}

/// Serves `/coordination/disputes`.
pub async fn disputes(
    visit: Visit,
    PageQuery(query): PageQuery<WaitingQuery>,
) -> Result<Response, Problem> {
    if !visit.has_credential() {
        return Ok(see_other("/sign-in?back=/coordination/disputes"));
    }
    let after = query.after.map_or(0, Digits::get);
    let found = store::waiting_for_coordinator(&visit, after, SHOWN).await?;
    let lang = visit.lang;
    let title = lang.pick("时长异议", "Disputed hours");
    let body = html! {
        p.small { a href="/coordination" { (lang.pick("统筹", "Coordination")) } }
        h1 { (title) }
        p.lead { (lang.pick("等您裁定的，以及组织逾期没有答复的。", "To be decided by you, or left unanswered too long.")) }
        (lines(&found.items, |line| format!("/coordination/disputes/{}", line.id), visit.now, lang))
        @if let Some(next) = found.next {
            p { a.button.quiet rel="next" href={ "/coordination/disputes?after=" (next) } { (lang.pick("下一页", "Next page")) } }
        }
    };
    Ok(page(&visit, Audience::Oneself, title, &body))
}

/// Serves `/coordination/disputes/{id}`.
pub async fn dispute(visit: Visit, Id(id): Id) -> Result<Response, Problem> {
    if !visit.has_credential() {
        let back = format!("/sign-in?back=/coordination/disputes/{id}");
        return Ok(see_other(&back));
    }
    shown(&visit, id, &Refused::default()).await
}

async fn shown(visit: &Visit, id: Uuid, refused: &Refused<'_>) -> Result<Response, Problem> {
    let case = store::case(visit, By::Dispute(id), Permission::ReadHours).await?;
    case.require_coordinator()?;
    let (asked, dispute, lang) = (case.asked()?, case.dispute()?, visit.lang);
    let title = lang.pick("时长异议", "Disputed hours");
    let body = html! {
        p.small { a href="/coordination/disputes" { (title) } }
        h1 { (title) }
        p.lead { (state_of(&dispute, visit.now, lang)) }
        (refused.above(lang))
        (sheet(visit, asked, Some(&case.volunteer_name)))
        (steps(&case, lang))
        (history(visit, &case.versions))
        @if stands(asked, DisputeState::Escalated) {
            section.course #decide {
                h2 { (lang.pick("裁定", "Decision")) }
                p.small { (lang.pick(
                    "裁定是最终的，双方都会收到。更正会成为一条新记录，原记录仍可查。",
                    "The decision is final, and both sides are told. A correction becomes a new record; the old one stays readable.",
                )) }
                form method="post" action={ "/coordination/disputes/" (id) } {
                    (words_field("reason", lang.pick("理由", "Reason"), lang.pick("写明依据", "Say what it rests on"), 300, refused, lang))
                    details open[refused.problem.is_some() || dispute.wish.is_empty()] {
                        summary { (lang.pick("更正为（不改则采用志愿者提出的）", "Correct to (left as it is: what the volunteer proposed)")) }
                        (time_fields(asked, refused, lang))
                    }
                    div.actions {
                        button name="ruling" value="uphold" { (lang.pick("裁定更正", "Correct it")) }
                        button.quiet name="ruling" value="dismiss" { (lang.pick("维持原记录", "It stands")) }
                    }
                }
            }
        }
    };
    Ok(refused.answered(page(visit, Audience::Oneself, title, &body)))
}

/// Takes `/coordination/disputes/{id}`: the decision.
pub async fn decide(visit: Visit, Id(id): Id, form: Form) -> Result<Response, Problem> {
    let key = IdempotencyKey::default();
    let done = match read(&form, &["ruling", "reason"]) {
        Ok(body) => decided(&visit, id, &body, &key).await,
        Err(problem) => Err(problem),
    };
    match done {
        Ok(_) => Ok(see_other(&format!("/coordination/disputes/{id}"))),
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
