//! What an organization says of itself, and the decision on it.

use axum::response::Response;
use maud::{Markup, html};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::Done;
use crate::coordination::store::deciding::{self, Decided};
use crate::coordination::{Decision, DecisionBody};
use crate::organizations::Organization;
use crate::organizations::api::version_conflict;
use crate::organizations::pages::{day_of, state_words};
use crate::platform::i18n::Lang;
use crate::platform::idempotency::IdempotencyKey;
use crate::platform::input::{Form, Id};
use crate::platform::page::{Audience, Refused, ask, page, see_other};
use crate::platform::problem::Problem;
use crate::platform::visit::Visit;

/// Serves `/coordination/organizations/{id}`.
pub async fn organization(visit: Visit, Id(id): Id) -> Result<Response, Problem> {
    if !visit.has_credential() {
        let back = format!("/sign-in?back=/coordination/organizations/{id}");
        return Ok(see_other(&back));
    }
    dossier(&visit, id, Refused::default()).await
}

async fn dossier(visit: &Visit, id: Uuid, refused: Refused<'_>) -> Result<Response, Problem> {
    let organization = deciding::in_reach(visit, id).await?.organization;
    let lang = visit.lang;
    let (style, state) = state_words(&organization, lang);
    let wrong = refused.wrong("reason", lang);
    let possible: Vec<Decision> = Decision::possible_in(organization.state).collect();
    let explains = possible.iter().any(|decision| decision.needs_reason());
    let body = html! {
        p.small { a href="/coordination" { (lang.pick("统筹", "Coordination")) } }
        h1 { (organization.name) }
        div class=(style) {
            p { (state) }
            @if let Some(reason) = &organization.state_reason { p { (lang.pick("原因：", "Reason: ")) (reason) } }
        }
        (facts(&organization, lang))
        (refused.above(lang))
        form method="post" action={ "/coordination/organizations/" (organization.id) } {
            input type="hidden" name="version" value=(organization.version);
            @if explains {
                (ask("reason", lang.pick("原因", "Reason"),
                    Some(lang.pick("不予通过或暂停时必填，会发给组织的负责人", "Needed to refuse or suspend; its owners read it")), wrong, &html! {
                        textarea id="reason" name="reason" rows="3" maxlength="500" aria-invalid=[wrong.map(|_| "true")]
                            aria-describedby=[wrong.map(|_| "reason-wrong")] { (refused.typed("reason")) }
                    }))
            }
            div.actions {
                @for decision in possible {
                    button.quiet[decision.needs_reason()] name="decision" value=(decision.word()) { (decision.name(lang)) }
                }
            }
        }
    };
    let response = page(visit, Audience::Oneself, &organization.name, &body);
    Ok(refused.answered(response))
}

fn facts(organization: &Organization, lang: Lang) -> Markup {
    let nothing = lang.pick("未填", "not given");
    let given = |text: &Option<String>| text.clone().unwrap_or_else(|| nothing.to_owned());
    html! {
        dl.facts {
            dt { (lang.pick("类型", "Kind")) } dd { (organization.kind.name(lang)) }
            dt { (lang.pick("信用代码", "Credit code")) } dd.num { (given(&organization.credit_code)) }
            dt { (lang.pick("所在地", "Region")) } dd { (organization.region_name) }
            dt { (lang.pick("联系人", "Contact")) } dd { (given(&organization.contact_name)) }
            dt { (lang.pick("电话", "Telephone")) } dd.num { (given(&organization.contact_phone)) }
            @if let Some(fundraising) = &organization.fundraising {
                dt { (lang.pick("公开募捐资格", "Public fundraising")) }
                dd { (fundraising.certificate) " " small.nowrap { (lang.pick("有效期至", "until ")) (day_of(&fundraising.valid_until, lang)) } }
            }
        }
        @if !organization.about.is_empty() { p.prose { (organization.about) } }
    }
}

/// Takes `/coordination/organizations/{id}`: a decision.
pub async fn decide(visit: Visit, Id(id): Id, form: Form) -> Result<Response, Problem> {
    let problem = match decision(&visit, id, &form).await {
        Ok(done) => return Ok(see_other(&format!("/coordination?done={}", done.word()))),
        Err(problem) => problem,
    };
    if matches!(problem.status().as_u16(), 409 | 412 | 422) {
        let refused = Refused {
            problem: Some(&problem),
            form: Some(&form),
        };
        return dossier(&visit, id, refused).await;
    }
    Err(problem)
}

async fn decision(visit: &Visit, id: Uuid, form: &Form) -> Result<Done, Problem> {
    let body: Map<String, Value> = ["decision", "reason"]
        .iter()
        .filter_map(|name| Some(((*name).to_owned(), json!(form.get(name)?))))
        .collect();
    let body: DecisionBody = deserr::deserialize(Value::Object(body)).map_err(Problem::invalid)?;
    body.check()?;
    let seen = form.get("version").and_then(|text| text.parse().ok());
    match deciding::decide(visit, id, &body, seen, &IdempotencyKey::default()).await? {
        Decided::Done(_) | Decided::Before(_) => Ok(body.decision.into()),
        Decided::NotPossible(state) => Err(Decision::not_possible(state)),
        Decided::Changed(version) => Err(version_conflict(version)),
    }
}
