//! Webhooks as pages of the console.

use axum::response::Response;
use maud::{Markup, html};
use uuid::Uuid;

use super::api::{DeliveryState, both, register_at, require_reachable};
use super::store::{self, Change, Delivery, Webhook};
use super::{Endpoint, Event, MOST_WEBHOOKS, Secret, WebhookState, endpoint_words};
use crate::organizations::pages::{ConsolePage, console_nav};
use crate::platform::clock::{Instant, day_words};
use crate::platform::fields::FieldErrors;
use crate::platform::i18n::{Lang, Words};
use crate::platform::idempotency::{IdempotencyKey, Reply};
use crate::platform::input::{Choice as _, Form, Id, Path};
use crate::platform::page::{Audience, ask, page, see_other, text_input};
use crate::platform::problem::Problem;
use crate::platform::visit::{Presented, Visit};

/// So many deliveries are shown of one endpoint.
const SHOWN: i64 = 50;

/// Serves `/organizations/{id}/webhooks`.
pub async fn webhooks(visit: Visit, Id(organization): Id) -> Result<Response, Problem> {
    console(&visit, organization, None, "", &FieldErrors::default()).await
}

async fn console(
    visit: &Visit,
    organization: Uuid,
    secret: Option<&str>,
    url: &str,
    errors: &FieldErrors,
) -> Result<Response, Problem> {
    let (name, webhooks) = store::list(visit, organization).await?;
    let lang = visit.lang;
    let here = format!("/organizations/{organization}/webhooks");
    let body = html! {
        (console_nav(visit, &organization.to_string(), &name, ConsolePage::Webhooks))
        h1 { (lang.pick("事件推送", "Webhooks")) }
        p.lead { (lang.pick(
            "有人报名、取消、候补递补或班次变更时，立即告诉您自己的系统。只推送编号和状态，不含姓名和手机号。",
            "Your own system is told at once when somebody signs up, cancels or gets a seat, and when a shift changes: ids and states only, no names, no numbers.",
        )) }
        @if let Some(secret) = secret { (secret_once(secret, lang)) }
        ul.shifts { @for webhook in &webhooks { (endpoint_line(webhook, &here, lang)) } }
        @if webhooks.len() < MOST_WEBHOOKS {
            (register_form(&here, url, errors, lang))
        } @else {
            p.small { (too_many_words().in_lang(lang)) }
        }
    };
    let title = lang.pick("事件推送", "Webhooks");
    let mut response = page(visit, Audience::Oneself, title, &body);
    if !errors.is_empty() {
        *response.status_mut() = axum::http::StatusCode::UNPROCESSABLE_ENTITY;
    }
    Ok(response)
}

fn too_many_words() -> Words {
    Words::new(
        format!("最多登记 {MOST_WEBHOOKS} 个接收地址。"),
        format!("An organization has at most {MOST_WEBHOOKS} endpoints."),
    )
}

fn secret_once(secret: &str, lang: Lang) -> Markup {
    html! {
        div.say.good role="status" {
            p { (lang.pick("签名密钥只显示这一次，请现在存进您的系统：", "The signing secret is shown this once. Put it into your system now:")) }
            p { code.secret { (secret) } }
            p.small { (lang.pick(
                "每次推送按 Standard Webhooks 签名：webhook-id、webhook-timestamp、webhook-signature。",
                "Each delivery is signed as Standard Webhooks says: webhook-id, webhook-timestamp, webhook-signature.",
            )) }
        }
    }
}

fn register_form(here: &str, url: &str, errors: &FieldErrors, lang: Lang) -> Markup {
    let wrong = errors.of("/url", lang);
    let input = text_input("url", "url", url, "url", wrong.is_some(), true);
    html! {
        section.course {
            h2 { (lang.pick("登记接收地址", "Register an endpoint")) }
            form method="post" action=(here) {
                (ask("url", lang.pick("地址", "Address"), Some("https://…"), wrong, &input))
                fieldset {
                    legend { (lang.pick("推送哪些事件", "What to tell it of")) }
                    @for event in Event::all() {
                        label.tick { input type="checkbox" name="event" value=(event.word()) checked;
                            span { (event.name(lang)) " " small { code { (event.word()) } } } }
                    }
                }
                button { (lang.pick("登记", "Register")) }
            }
        }
    }
}

fn moment(at: Instant, lang: Lang) -> String {
    format!("{} {}", day_words(at, lang), at.hour_minute())
}

fn state_words(webhook: &Webhook, lang: Lang) -> Markup {
    html! {
        @match (webhook.state, webhook.given_up_at, webhook.failing_since) {
            (WebhookState::Disabled, Some(at), _) => span.wrong {
                (lang.pick("连续多天无法送达，已停用：", "Switched off, nothing had arrived for days: ")) (moment(at, lang))
            },
            (WebhookState::Disabled, None, _) => { (lang.pick("已停用", "Switched off")) },
            (WebhookState::Active, _, Some(since)) => span.wrong {
                (lang.pick("送不到，始于 ", "Failing since ")) (moment(since, lang))
            },
            (WebhookState::Active, _, None) => { (lang.pick("正常", "Working")) },
        }
    }
}

fn endpoint_line(webhook: &Webhook, here: &str, lang: Lang) -> Markup {
    html! {
        li {
            div { strong { (webhook.url) } }
            div.go { a.button.quiet href={ (here) "/" (webhook.id) } { (lang.pick("查看", "Open")) } }
            div.small {
                (state_words(webhook, lang)) br;
                @for (index, event) in webhook.events.iter().enumerate() {
                    @if index > 0 { (lang.pick("、", ", ")) }
                    (event.name(lang))
                }
            }
        }
    }
}

/// Takes `/organizations/{id}/webhooks`: registers an endpoint and shows its secret, once.
pub async fn register(
    visit: Visit,
    _: Presented,
    Id(organization): Id,
    form: Form,
) -> Result<Response, Problem> {
    let url = form.get("url").unwrap_or_default();
    let events: Vec<Event> = form.all("event").filter_map(Event::from_word).collect();
    let endpoint = Endpoint::parse(url).filter(|url| require_reachable(&visit, url).is_ok());
    let Some(endpoint) = endpoint else {
        let errors = FieldErrors::one("/url", endpoint_words());
        return console(&visit, organization, None, url, &errors).await;
    };
    let secret = Secret::new()?;
    let key = IdempotencyKey::default();
    register_at(&visit, organization, &endpoint, &events, &secret, &key).await?;
    let no_errors = FieldErrors::default();
    console(&visit, organization, Some(secret.reveal()), "", &no_errors).await
}

/// Serves `/organizations/{id}/webhooks/{webhook}`: what was delivered.
pub async fn webhook(visit: Visit, Path(ids): Path<(String, String)>) -> Result<Response, Problem> {
    endpoint_page(&visit, &ids, None).await
}

async fn endpoint_page(
    visit: &Visit,
    ids: &(String, String),
    secret: Option<&str>,
) -> Result<Response, Problem> {
    let (organization, id) = both(ids)?;
    let (name, webhook, deliveries) =
        store::deliveries(visit, organization, id, i64::MAX >> 11, SHOWN).await?;
    let lang = visit.lang;
    let list = format!("/organizations/{organization}/webhooks");
    let here = format!("{list}/{id}");
    let active = webhook.state == WebhookState::Active;
    let body = html! {
        (console_nav(visit, &organization.to_string(), &name, ConsolePage::Webhooks))
        h1 { (lang.pick("接收地址", "Endpoint")) }
        p { code { (webhook.url) } }
        p { (state_words(&webhook, lang)) }
        @if let Some(secret) = secret { (secret_once(secret, lang)) }
        @if let Some(until) = webhook.previous_until {
            p.say.wait { (lang.pick("旧密钥仍同时签名，直到 ", "The secret before signs as well until ")) (moment(until, lang)) }
        }
        div.actions {
            @if active {
                form method="post" action={ (here) "/test" } { button { (lang.pick("发一条测试", "Send a test")) } }
                form method="post" action={ (here) "/disable" } { button.quiet { (lang.pick("停用", "Switch off")) } }
            } @else {
                form method="post" action={ (here) "/enable" } { button { (lang.pick("启用", "Switch on")) } }
            }
        }
        section.course {
            h2 { (lang.pick("最近的推送", "Latest deliveries")) }
            @if deliveries.is_empty() {
                div.empty { p { (lang.pick("还没有推送过。", "Nothing was delivered yet.")) } }
            }
            ul.shifts { @for delivery in &deliveries { (delivery_line(delivery, &here, active, lang)) } }
        }
        details {
            summary { (lang.pick("更换密钥或删除", "Change the secret, or remove")) }
            p.small { (lang.pick("换新密钥后，旧密钥还会同时签名一天。", "After a change the secret before signs as well for a day.")) }
            form method="post" action={ (here) "/rotate" } { button.quiet { (lang.pick("换新密钥", "Make a new secret")) } }
            form method="post" action={ (here) "/remove" } { button.quiet { (lang.pick("删除这个地址和它的记录", "Remove it and its deliveries")) } }
        }
        p { a href=(list) { (lang.pick("全部接收地址", "All endpoints")) } }
    };
    Ok(page(
        visit,
        Audience::Oneself,
        lang.pick("接收地址", "Endpoint"),
        &body,
    ))
}

fn delivery_line(delivery: &Delivery, here: &str, active: bool, lang: Lang) -> Markup {
    let (state, style) = match delivery.state() {
        DeliveryState::Delivered => (lang.pick("已送达", "Delivered"), "state confirmed"),
        DeliveryState::Pending if delivery.attempts == 0 => {
            (lang.pick("待推送", "On its way"), "state waitlisted")
        }
        DeliveryState::Pending => (lang.pick("将重试", "Will be retried"), "state waitlisted"),
        DeliveryState::Abandoned => (lang.pick("已放弃", "Given up"), "state cancelled"),
    };
    let name = match Event::from_word(&delivery.kind) {
        Some(event) => event.name(lang),
        None => lang.pick("测试", "Test"),
    };
    html! {
        li {
            div { strong { (name) } " " small { code { (delivery.kind) } } }
            div.go {
                span class=(style) { (state) }
                @if active {
                    form method="post" action={ (here) "/deliveries/" (delivery.id) "/replay" } {
                        button.quiet { (lang.pick("重发", "Replay")) }
                    }
                }
            }
            div.small {
                (moment(delivery.created_at, lang)) " · "
                @match lang {
                    Lang::Zh => { "已尝试 " (delivery.attempts) " 次" }
                    Lang::En => { (delivery.attempts) " attempts" }
                }
                @if let Some(status) = delivery.status { " · HTTP " (status) }
                br; code { (delivery.id) }
                @if let Some(error) = &delivery.last_error { br; (error) }
            }
        }
    }
}

/// Takes `/organizations/{id}/webhooks/{webhook}/test`.
pub async fn test(
    visit: Visit,
    _: Presented,
    Path(ids): Path<(String, String)>,
) -> Result<Response, Problem> {
    let (organization, webhook) = both(&ids)?;
    store::test(&visit, organization, webhook, &IdempotencyKey::default()).await?;
    Ok(to_endpoint(&ids))
}

/// Takes `/organizations/{id}/webhooks/{webhook}/enable`.
pub async fn enable(
    visit: Visit,
    _: Presented,
    Path(ids): Path<(String, String)>,
) -> Result<Response, Problem> {
    switch(&visit, &ids, WebhookState::Active).await
}

/// Takes `/organizations/{id}/webhooks/{webhook}/disable`.
pub async fn disable(
    visit: Visit,
    _: Presented,
    Path(ids): Path<(String, String)>,
) -> Result<Response, Problem> {
    switch(&visit, &ids, WebhookState::Disabled).await
}

async fn switch(
    visit: &Visit,
    ids: &(String, String),
    state: WebhookState,
) -> Result<Response, Problem> {
    let (organization, webhook) = both(ids)?;
    let what = Change {
        state: Some(state),
        ..Change::default()
    };
    store::change(visit, organization, webhook, &what).await?;
    Ok(to_endpoint(ids))
}

/// Takes `/organizations/{id}/webhooks/{webhook}/rotate`, and shows the new secret once.
pub async fn rotate(
    visit: Visit,
    _: Presented,
    Path(ids): Path<(String, String)>,
) -> Result<Response, Problem> {
    let (organization, webhook) = both(&ids)?;
    let secret = Secret::new()?;
    let unused = Reply::new(axum::http::StatusCode::OK, &())?;
    let key = IdempotencyKey::default();
    store::rotate(&visit, organization, webhook, &secret, (&key, &unused)).await?;
    endpoint_page(&visit, &ids, Some(secret.reveal())).await
}

/// Takes `/organizations/{id}/webhooks/{webhook}/remove`.
pub async fn remove(
    visit: Visit,
    _: Presented,
    Path(ids): Path<(String, String)>,
) -> Result<Response, Problem> {
    let (organization, webhook) = both(&ids)?;
    store::remove(&visit, organization, webhook).await?;
    Ok(see_other(&format!(
        "/organizations/{organization}/webhooks"
    )))
}

/// Takes `/organizations/{id}/webhooks/{webhook}/deliveries/{delivery}/replay`.
pub async fn replay(
    visit: Visit,
    _: Presented,
    Path((organization, webhook, delivery)): Path<(String, String, String)>,
) -> Result<Response, Problem> {
    let ids = (organization, webhook);
    let (organization, webhook) = both(&ids)?;
    let key = IdempotencyKey::default();
    store::replay(&visit, organization, webhook, &delivery, &key).await?;
    Ok(to_endpoint(&ids))
}

fn to_endpoint((organization, webhook): &(String, String)) -> Response {
    see_other(&format!("/organizations/{organization}/webhooks/{webhook}"))
}
