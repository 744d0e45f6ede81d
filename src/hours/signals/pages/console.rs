//! Signals about an organization, in its console.

use axum::response::Response;
use maud::html;
use uuid::Uuid;

use super::{filter, is_told_there, list, path, seen, sheet, sign_in, title, words_field, written};
use crate::hours::signals::api::SignalsQuery;
use crate::hours::signals::store;
use crate::organizations::pages::{Console, ConsolePage};
use crate::platform::idempotency::IdempotencyKey;
use crate::platform::input::{Form, Id, PageQuery, Path, parse_id};
use crate::platform::page::{Audience, Refused, page, see_other};
use crate::platform::problem::Problem;
use crate::platform::visit::Visit;

fn here(organization: Uuid) -> String {
    format!("/organizations/{organization}/signals")
}

/// Serves `/organizations/{id}/signals`.
pub async fn signals(
    visit: Visit,
    Id(organization): Id,
    PageQuery(query): PageQuery<SignalsQuery>,
) -> Result<Response, Problem> {
    let here = here(organization);
    if !visit.has_credential() {
        return Ok(see_other(&sign_in(&here)));
    }
    let filter = filter(&query);
    let found = store::of_organization(&visit, organization, &filter).await?;
    let lang = visit.lang;
    let body = html! {
        @if let Some(agent) = &found.agent {
            (Console::of(&visit, &organization.to_string(), agent).nav(Some(ConsolePage::Hours)))
        }
        h1 { (title(lang)) }
        p.lead { (lang.pick(
            "系统每天比对新的时长记录，列出值得核对的。统筹员会看，您也可以在这里说明情况。",
            "New records are compared every day; what is worth checking is listed here. The coordinator looks at it, and you can explain.",
        )) }
        (list(&visit, &here, &found, &filter, false))
    };
    Ok(page(&visit, Audience::Oneself, title(lang), &body))
}

fn ids((organization, signal): (&str, &str)) -> Result<(Uuid, Uuid), Problem> {
    Ok((parse_id(organization)?, parse_id(signal)?))
}

/// Serves `/organizations/{id}/signals/{signal}`.
pub async fn signal(
    visit: Visit,
    Path((organization, signal)): Path<(String, String)>,
) -> Result<Response, Problem> {
    let (organization, signal) = ids((&organization, &signal))?;
    if !visit.has_credential() {
        return Ok(see_other(&sign_in(&path(&here(organization), signal))));
    }
    shown(&visit, organization, signal, &Refused::default()).await
}

async fn shown(
    visit: &Visit,
    organization: Uuid,
    id: Uuid,
    refused: &Refused<'_>,
) -> Result<Response, Problem> {
    let case = store::case(visit, id).await?;
    let owner = organization.to_string();
    if !case.standing.reads {
        return Err(Problem::forbidden());
    }
    if case.signal.organization_id != owner {
        return Err(Problem::not_found());
    }
    let (lang, here) = (visit.lang, here(organization));
    let name = case.signal.kind.name(lang);
    let body = html! {
        (Console::new(visit, &owner, &case.signal.organization_name, case.standing.role).nav(Some(ConsolePage::Hours)))
        p.small { a href=(here) { (title(lang)) } }
        h1 { (name) }
        (refused.above(lang))
        (sheet(visit, &case, |record| Some(format!("/organizations/{owner}/records/{}", record.id))))
        @if let Some(shift) = &case.signal.shift_id {
            p { a.more href={ "/shifts/" (shift) "/settlement" } { (lang.pick("这个班次的结算", "Settlement of the shift")) } }
        }
        @if case.standing.records {
            section.course #reply {
                h2 { (lang.pick("说明情况", "Reply")) }
                form method="post" action=(path(&here, id)) {
                    (words_field("text", lang.pick("说明", "Your reply"),
                        lang.pick("统筹员会看到，提交后不能修改。300 字以内", "The coordinator reads it; it cannot be changed. Up to 300 characters"), &case, refused, lang))
                    p { button { (lang.pick("提交说明", "Send")) } }
                }
            }
        }
    };
    Ok(refused.answered(page(visit, Audience::Oneself, name, &body)))
}

async fn replied(visit: &Visit, id: Uuid, form: &Form) -> Result<(), Problem> {
    let text = written(form, "text")?;
    let key = IdempotencyKey::default();
    store::reply(visit, id, text.as_str(), seen(form), &key)
        .await
        .map(|_| ())
}

/// Takes `/organizations/{id}/signals/{signal}`: the organization's reply.
pub async fn reply(
    visit: Visit,
    Path((organization, signal)): Path<(String, String)>,
    form: Form,
) -> Result<Response, Problem> {
    let (organization, signal) = ids((&organization, &signal))?;
    match replied(&visit, signal, &form).await {
        Ok(()) => Ok(see_other(&path(&here(organization), signal))),
        Err(problem) if is_told_there(&problem) => {
            let refused = Refused {
                problem: Some(&problem),
                form: Some(&form),
            };
            shown(&visit, organization, signal, &refused).await
        }
        Err(problem) => Err(problem),
    }
}
