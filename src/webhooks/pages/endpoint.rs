//! One endpoint: what was delivered to it and what was not, and what to do about it.

use axum::http::StatusCode;
use axum::response::Response;
use maud::{Markup, html};

use super::{Done, Said, WebhooksQuery, state_words};
use crate::organizations::pages::{ConsolePage, console_nav};
use crate::platform::i18n::Lang;
use crate::platform::idempotency::{IdempotencyKey, Reply};
use crate::platform::input::{Choice as _, PageQuery};
use crate::platform::page::{Audience, page, see_other};
use crate::platform::problem::Problem;
use crate::platform::visit::{Presented, Visit};
use crate::webhooks::api::deliveries::DeliveryState;
use crate::webhooks::hook::{Hook, OfDelivery};
use crate::webhooks::store::{self, Change, Delivery, Webhook};
use crate::webhooks::{Event, Secret, WebhookState, moment};

/// So many deliveries are shown of one endpoint.
const SHOWN: i64 = 50;

/// Serves `/organizations/{id}/webhooks/{webhook}`: what was delivered.
pub async fn webhook(
    visit: Visit,
    hook: Hook,
    PageQuery(query): PageQuery<WebhooksQuery>,
) -> Result<Response, Problem> {
    endpoint_page(&visit, hook, &query.into()).await
}

async fn endpoint_page(visit: &Visit, hook: Hook, said: &Said<'_>) -> Result<Response, Problem> {
    let (name, webhook, deliveries) = store::deliveries(visit, hook, i64::MAX >> 11, SHOWN).await?;
    let lang = visit.lang;
    let here = hook.page();
    let active = webhook.state == WebhookState::Active;
    let title = lang.pick("接收地址", "Endpoint");
    let body = html! {
        (console_nav(visit, &hook.organization.to_string(), &name, ConsolePage::Webhooks))
        h1 { (title) }
        (said.markup(lang))
        p { code { (webhook.url) } }
        p { (state_words(&webhook, lang)) }
        @if let Some(until) = webhook.previous_until {
            p.say.wait { (match lang {
                Lang::Zh => format!("旧密钥在 {} 之前同时有效，之后才能再换。", moment(until, lang)),
                Lang::En => format!("The secret before signs as well until {}; it can be changed again then.", moment(until, lang)),
            }) }
        }
        div.actions {
            @if active {
                form method="post" action={ (here) "/test" } { button { (lang.pick("发送测试", "Send a test")) } }
                form method="post" action={ (here) "/disable" } { button.quiet { (lang.pick("停用", "Switch off")) } }
            } @else {
                form method="post" action={ (here) "/enable" } { button { (lang.pick("启用", "Switch on")) } }
            }
        }
        section.course {
            h2 { (lang.pick("推送记录", "Deliveries")) }
            @if deliveries.is_empty() {
                div.empty { p { (lang.pick("还没有推送过。", "Nothing was delivered yet.")) } }
            }
            ul.shifts { @for delivery in &deliveries { (delivery_line(delivery, &here, active, lang)) } }
        }
        (rarely_needed(&webhook, &here, lang))
        p { a href=(hook.list()) { (lang.pick("全部接收地址", "All endpoints")) } }
        p.small { a href="/api/docs" { (lang.pick("接口文档", "API reference")) } }
    };
    let mut response = page(visit, Audience::Oneself, title, &body);
    *response.status_mut() = said.status();
    Ok(response)
}

fn rarely_needed(webhook: &Webhook, here: &str, lang: Lang) -> Markup {
    html! {
        details {
            summary { (lang.pick("更换密钥或删除", "Change the secret, or remove")) }
            @if webhook.previous_until.is_none() {
                p.small { (lang.pick("换密钥后，旧密钥还会同时签名一天。", "After a change the secret before signs as well for a day.")) }
                form method="post" action={ (here) "/rotate" } { button.quiet { (lang.pick("更换密钥", "Change the secret")) } }
            }
            form method="post" action={ (here) "/remove" } { button.quiet { (lang.pick("删除接收地址和推送记录", "Remove it and its deliveries")) } }
        }
    }
}

fn delivery_line(delivery: &Delivery, here: &str, active: bool, lang: Lang) -> Markup {
    let (state, style) = match delivery.state() {
        DeliveryState::Delivered => (lang.pick("已送达", "Delivered"), "state confirmed"),
        DeliveryState::Pending if delivery.attempts == 0 => {
            (lang.pick("待推送", "On its way"), "state waitlisted")
        }
        DeliveryState::Pending => (lang.pick("待重试", "Will be retried"), "state waitlisted"),
        DeliveryState::Abandoned => (lang.pick("未送达", "Given up"), "state cancelled"),
    };
    // A test is no event.
    let event = Event::from_word(&delivery.kind);
    let name = event.map_or(lang.pick("测试", "Test"), |event| event.name(lang));
    html! {
        li {
            div { strong { (name) } " " small { code { (delivery.kind) } } }
            div.go {
                span class=(style) { (state) }
                @if active && event.is_some() {
                    form method="post" action={ (here) "/deliveries/" (delivery.id) "/replay" } {
                        button.quiet { (lang.pick("重新推送", "Send again")) }
                    }
                }
            }
            div.small {
                (moment(delivery.created_at, lang)) " · "
                @match lang {
                    Lang::Zh => { "已尝试 " (delivery.attempts) " 次" }
                    Lang::En => { (delivery.attempts) @if delivery.attempts == 1 { " attempt" } @else { " attempts" } }
                }
                @if let Some(status) = delivery.status { " · HTTP " (status) }
                @if let Some(failure) = delivery.last_error { br; (failure.words(lang)) }
                br; code { (delivery.id) }
            }
        }
    }
}

/// Back to the endpoint, which says what was done; what was refused is said there as well.
async fn then(
    visit: &Visit,
    hook: Hook,
    done: Done,
    result: Result<(), Problem>,
) -> Result<Response, Problem> {
    match result {
        Ok(()) => Ok(see_other(&format!("{}?done={}", hook.page(), done.word()))),
        Err(problem) if can_be_said(&problem) => {
            endpoint_page(visit, hook, &Said::Refused(&problem)).await
        }
        Err(problem) => Err(problem),
    }
}

/// Whether whoever was refused may still see the endpoint.
fn can_be_said(problem: &Problem) -> bool {
    matches!(
        problem.status(),
        StatusCode::CONFLICT | StatusCode::TOO_MANY_REQUESTS
    ) || problem.code() == "organization_not_verified"
}

/// Takes `/organizations/{id}/webhooks/{webhook}/test`.
pub async fn test(visit: Visit, _: Presented, hook: Hook) -> Result<Response, Problem> {
    let sent = store::test(&visit, hook, &IdempotencyKey::default()).await;
    then(&visit, hook, Done::Tested, sent.map(drop)).await
}

/// Takes `/organizations/{id}/webhooks/{webhook}/deliveries/{delivery}/replay`.
pub async fn replay(
    visit: Visit,
    _: Presented,
    hook: Hook,
    OfDelivery { delivery }: OfDelivery,
) -> Result<Response, Problem> {
    let sent = store::replay(&visit, hook, &delivery, &IdempotencyKey::default()).await;
    then(&visit, hook, Done::Replayed, sent.map(drop)).await
}

/// Takes `/organizations/{id}/webhooks/{webhook}/enable`.
pub async fn enable(visit: Visit, _: Presented, hook: Hook) -> Result<Response, Problem> {
    switch(&visit, hook, WebhookState::Active, Done::Enabled).await
}

/// Takes `/organizations/{id}/webhooks/{webhook}/disable`.
pub async fn disable(visit: Visit, _: Presented, hook: Hook) -> Result<Response, Problem> {
    switch(&visit, hook, WebhookState::Disabled, Done::Disabled).await
}

async fn switch(
    visit: &Visit,
    hook: Hook,
    state: WebhookState,
    done: Done,
) -> Result<Response, Problem> {
    let what = Change {
        state: Some(state),
        ..Change::default()
    };
    let changed = store::change(visit, hook, &what).await;
    then(visit, hook, done, changed.map(drop)).await
}

/// Takes `/organizations/{id}/webhooks/{webhook}/rotate`, and shows the new secret once.
pub async fn rotate(visit: Visit, _: Presented, hook: Hook) -> Result<Response, Problem> {
    let secret = Secret::new()?;
    let unused = Reply::new(StatusCode::OK, &())?;
    let key = IdempotencyKey::default();
    match store::rotate(&visit, hook, &secret, (&key, &unused)).await {
        Ok(_) => {
            let done = visit.lang.pick("密钥已更换。", "The secret was changed.");
            endpoint_page(&visit, hook, &Said::Secret(done, &secret)).await
        }
        Err(problem) if can_be_said(&problem) => {
            endpoint_page(&visit, hook, &Said::Refused(&problem)).await
        }
        Err(problem) => Err(problem),
    }
}

/// Takes `/organizations/{id}/webhooks/{webhook}/remove`.
pub async fn remove(visit: Visit, _: Presented, hook: Hook) -> Result<Response, Problem> {
    store::remove(&visit, hook).await?;
    Ok(see_other(&format!(
        "{}?done={}",
        hook.list(),
        Done::Removed.word()
    )))
}
