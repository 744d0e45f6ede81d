//! One of one's own records: what it says, how it came to, and what to do when it is wrong.

use axum::response::Response;
use maud::{Markup, html};
use uuid::Uuid;

use super::{
    day, history, is_told_there, read, sheet, stands, state_of, steps, time_fields, words_field,
};
use crate::hours::RecordKind;
use crate::hours::corrections::api::disputes::{contested, escalated};
use crate::hours::corrections::store::{self, By, Case};
use crate::hours::corrections::{DisputeState, is_overdue};
use crate::organizations::Permission;
use crate::platform::i18n::Lang;
use crate::platform::idempotency::IdempotencyKey;
use crate::platform::input::{Form, Id};
use crate::platform::page::{Audience, Refused, page, see_other};
use crate::platform::problem::Problem;
use crate::platform::visit::Visit;

/// Serves `/me/records/{id}`.
pub async fn record(visit: Visit, Id(id): Id) -> Result<Response, Problem> {
    if !visit.has_credential() {
        return Ok(see_other(&format!("/sign-in?back=/me/records/{id}")));
    }
    shown(&visit, id, &Refused::default()).await
}

async fn shown(visit: &Visit, id: Uuid, refused: &Refused<'_>) -> Result<Response, Problem> {
    let case = store::case(visit, By::Record(id), Permission::ReadHours).await?;
    case.require_own()?;
    let newest = case.newest()?;
    let lang = visit.lang;
    let title = lang.pick("服务记录", "Service record");
    let body = html! {
        p.small { a href="/me/records" { (lang.pick("我的时长", "My hours")) } }
        h1 { (title) }
        (refused.above(lang))
        @if let Some(dispute) = newest.dispute() {
            div.say.wait { p { strong { (state_of(&dispute, visit.now, lang)) } }
                @if dispute.state == DisputeState::Open {
                    p { @match lang {
                        Lang::Zh => { "组织应在" (day(&dispute.due_on, lang)) "前答复，结果会发短信告诉您。" }
                        Lang::En => { "The organization answers by " (day(&dispute.due_on, lang)) ". We text you." }
                    } }
                }
            }
        }
        (sheet(visit, newest, None))
        (steps(&case, lang))
        (history(visit, &case.versions))
        (what_to_do(visit, &case, refused)?)
    };
    Ok(refused.answered(page(visit, Audience::Oneself, title, &body)))
}

fn what_to_do(visit: &Visit, case: &Case, refused: &Refused<'_>) -> Result<Markup, Problem> {
    let (newest, lang) = (case.newest()?, visit.lang);
    let id = &newest.record.id;
    Ok(match newest.dispute() {
        None if newest.record.kind != RecordKind::Service => html! {},
        None => html! {
            section.course #contest {
                h2 { (lang.pick("记得不对？", "Is it wrong?")) }
                p.small { (lang.pick(
                    "告诉组织哪里不对。组织核对后更正或说明理由；原来的记录不会被抹掉。",
                    "Tell the organization. It checks and corrects it, or says why not. What was recorded before stays readable.",
                )) }
                form method="post" action={ "/me/records/" (id) "/contest" } {
                    (words_field("claim", lang.pick("哪里不对，应当是多少", "What is wrong, and what should it be"),
                        lang.pick("例如：我十二点才离开，少记了一小时", "For example: I left at twelve; an hour is missing"), 500, refused, lang))
                    details open[refused.problem.is_some()] {
                        summary { (lang.pick("知道准确时间的话，请填写（选填）", "If you know the exact times (optional)")) }
                        (time_fields(newest, refused, lang))
                    }
                    button.wide { (lang.pick("提出异议", "Contest this record")) }
                }
            }
        },
        Some(dispute)
            if stands(newest, DisputeState::Declined)
                || is_overdue(dispute.state, &dispute.due_on, visit.now) =>
        {
            html! {
                section.course #escalate {
                    h2 { (lang.pick("申请统筹员裁定", "Ask the coordinator")) }
                    p.small { (lang.pick(
                        "由组织所在地的统筹单位核实后裁定，裁定是最终的。",
                        "The office that coordinates the organization's region looks into it and decides; its decision is final.",
                    )) }
                    form method="post" action={ "/me/disputes/" (dispute.id) "/escalate" } {
                        input type="hidden" name="record" value=(id);
                        (words_field("reason", lang.pick("为什么不同意", "Why you disagree"),
                            lang.pick("有证人、照片等，请写明", "Name witnesses or photos if there are any"), 500, refused, lang))
                        button.wide { (lang.pick("申请裁定", "Ask for a decision")) }
                    }
                }
            }
        }
        Some(_) => html! {},
    })
}

/// Takes `/me/records/{id}/contest`.
pub async fn contest(visit: Visit, Id(id): Id, form: Form) -> Result<Response, Problem> {
    let key = IdempotencyKey::default();
    let done = match read(&form, &["claim"]) {
        Ok(body) => contested(&visit, id, &body, &key).await,
        Err(problem) => Err(problem),
    };
    answered(&visit, id, &form, done).await
}

/// Takes `/me/disputes/{id}/escalate`.
pub async fn escalate(visit: Visit, Id(id): Id, form: Form) -> Result<Response, Problem> {
    let record = crate::platform::input::parse_id(form.get("record").unwrap_or_default())?;
    let key = IdempotencyKey::default();
    let done = match read(&form, &["reason"]) {
        Ok(body) => escalated(&visit, id, &body, &key).await,
        Err(problem) => Err(problem),
    };
    answered(&visit, record, &form, done).await
}

async fn answered(
    visit: &Visit,
    record: Uuid,
    form: &Form,
    done: Result<(Case, bool), Problem>,
) -> Result<Response, Problem> {
    match done {
        Ok(_) => Ok(see_other(&format!("/me/records/{record}"))),
        Err(problem) if is_told_there(&problem) => {
            let refused = Refused {
                problem: Some(&problem),
                form: Some(form),
            };
            shown(visit, record, &refused).await
        }
        Err(problem) => Err(problem),
    }
}
