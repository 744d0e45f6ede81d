//! What a volunteer says to having been noted as absent.

use axum::response::Response;
use maud::html;

use crate::hours::settling::api::absences::already_replied;
use crate::hours::settling::store::{self, Excuse};
use crate::platform::clock::day_words;
use crate::platform::fields::FieldErrors;
use crate::platform::i18n::{Lang, Words};
use crate::platform::idempotency::IdempotencyKey;
use crate::platform::input::{Form, Id};
use crate::platform::page::{Audience, page, see_other, when};
use crate::platform::problem::Problem;
use crate::platform::text::Prose;
use crate::platform::visit::{Presented, Visit};

/// Serves `/me/signups/{id}/absence`.
pub async fn absence(visit: Visit, Id(signup): Id) -> Result<Response, Problem> {
    if !visit.has_credential() {
        return Ok(see_other(&format!(
            "/sign-in?back=/me/signups/{signup}/absence"
        )));
    }
    let excuse = store::absence(&visit, signup).await?;
    Ok(shown(&visit, &excuse, "", None))
}

/// Takes `/me/signups/{id}/absence`.
pub async fn reply(
    visit: Visit,
    _: Presented,
    Id(signup): Id,
    form: Form,
) -> Result<Response, Problem> {
    let typed = form.get("text").unwrap_or_default();
    let text = match Prose::<300>::parse(typed) {
        Ok(text) => text,
        Err(fault) => {
            let excuse = store::absence(&visit, signup).await?;
            let wrong = Problem::invalid(FieldErrors::one("/text", fault.words()));
            let mut response = shown(&visit, &excuse, typed, Some(&fault.words()));
            *response.status_mut() = wrong.status();
            return Ok(response);
        }
    };
    let key = IdempotencyKey::default();
    let (absence, said, _) = store::reply(&visit, signup, text.as_str(), &key).await?;
    // The same words twice are one click too many.
    if !said && absence.reply.as_deref() != Some(text.as_str()) {
        return Err(already_replied());
    }
    Ok(see_other(&format!("/me/signups/{signup}/absence")))
}

fn shown(visit: &Visit, excuse: &Excuse, typed: &str, wrong: Option<&Words>) -> Response {
    let lang = visit.lang;
    let absence = &excuse.absence;
    let title = lang.pick("未到场说明", "About your absence");
    let recorded = absence.recorded_at;
    let body = html! {
        p.small { a href={ "/me/signups/" (absence.signup_id) } { (lang.pick("这张票", "The ticket")) } }
        h1 { (title) }
        p { (excuse.title) br; strong.num { (when(visit, excuse.starts_at, excuse.ends_at)) } }
        @if absence.lifted_at.is_some() {
            p.say.good { (lang.pick("组织者后来补记了您的服务，这条未到场不再算数。", "Your service was recorded afterwards; the absence does not count any more.")) }
        } @else {
            p.say.wait {
                @match lang {
                    Lang::Zh => { (excuse.organization_name) "于 " (day_words(recorded, lang)) "把这次报名记为未到场" }
                    Lang::En => { (excuse.organization_name) " noted on " (day_words(recorded, lang)) " that you were not there" }
                }
                @if let Some(reason) = &absence.reason { (lang.pick("，原因：", ". Reason: ")) (reason) }
                (lang.pick("。", "."))
            }
        }
        @if let Some(reply) = &absence.reply {
            h2 { (lang.pick("您的说明", "What you said")) }
            p.prose { (reply) }
            p.small { (lang.pick("组织者看得到，并可以补记您的服务。", "The organizers read it and may still record your service.")) }
        } @else if absence.lifted_at.is_none() {
            p { (lang.pick(
                "来过但没有扫码，或者临时有事？写下来，组织者会看到，并可以补记您的服务。说明只能提交一次。",
                "Were you there without scanning, or did something come up? Write it down: the organizers read it and may still record your service. You can reply once.",
            )) }
            form method="post" action={ "/me/signups/" (absence.signup_id) "/absence" } {
                label { (lang.pick("说明（300 字以内）", "Your reply (300 characters)"))
                    textarea name="text" rows="4" maxlength="300" required aria-invalid=[wrong.map(|_| "true")] { (typed) }
                    @if let Some(wrong) = wrong { span.wrong { (wrong.in_lang(lang)) } } }
                p { button { (lang.pick("提交说明", "Send")) } }
            }
        }
    };
    page(visit, Audience::Oneself, title, &body)
}
