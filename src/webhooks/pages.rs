//! Webhooks as pages of the console.

mod endpoint;

use axum::http::StatusCode;
use axum::response::Response;
use deserr::Deserr;
use maud::{Markup, html};
use uuid::Uuid;

use super::api::{register_at, require_reachable};
use super::store::{self, Webhook};
use super::{
    Endpoint, Event, MOST_WEBHOOKS, Secret, WebhookState, endpoint_words, moment, no_events_words,
};
use crate::choice;
use crate::organizations::pages::{ConsolePage, console_nav};
use crate::platform::fields::FieldErrors;
use crate::platform::i18n::{Lang, Words};
use crate::platform::idempotency::IdempotencyKey;
use crate::platform::input::{Choice as _, Form, Id, PageQuery};
use crate::platform::page::{Audience, ask, page, text_input};
use crate::platform::problem::Problem;
use crate::platform::visit::{Presented, Visit};

pub use endpoint::{disable, enable, remove, replay, rotate, test, webhook};

choice! {
    /// What has just been done.
    Done {
        /// A test was sent.
        Tested = "tested",
        /// An event was sent again.
        Replayed = "replayed",
        /// Switched on.
        Enabled = "enabled",
        /// Switched off.
        Disabled = "disabled",
        /// Removed.
        Removed = "removed",
    }
}

impl Done {
    fn words(self, lang: Lang) -> &'static str {
        match self {
            Self::Tested => lang.pick(
                "测试已发出，结果见下面的推送记录。",
                "The test is on its way; what comes of it stands below.",
            ),
            Self::Replayed => lang.pick(
                "已重新推送，结果见下面的推送记录。",
                "It is on its way again; what comes of it stands below.",
            ),
            Self::Enabled => lang.pick(
                "已启用，此后的事件照常推送。",
                "Switched on: it is told what happens from now on.",
            ),
            Self::Disabled => lang.pick(
                "已停用，停用期间的事件不会补发。",
                "Switched off: what happens meanwhile is not kept for it.",
            ),
            Self::Removed => lang.pick(
                "接收地址和推送记录已删除。",
                "The endpoint and its deliveries were removed.",
            ),
        }
    }
}

/// What the address of a page says.
#[derive(Debug, Default, Deserr)]
#[deserr(error = FieldErrors, deny_unknown_fields)]
pub struct WebhooksQuery {
    #[deserr(default)]
    done: Option<Done>,
}

/// What a page has to say before all else.
enum Said<'a> {
    Nothing,
    Done(Done),
    /// What was done, and the secret that came of it.
    Secret(&'static str, &'a Secret),
    Refused(&'a Problem),
}

impl Said<'_> {
    fn markup(&self, lang: Lang) -> Markup {
        html! {
            @match self {
                Self::Nothing => {}
                Self::Done(done) => p.say.good role="status" { (done.words(lang)) },
                Self::Secret(done, secret) => div.say.good role="status" {
                    p { strong { (done) } }
                    p { (lang.pick("签名密钥只显示这一次，请现在存进您的系统：", "The signing secret is shown this once. Put it into your system now:")) }
                    p { code.secret { (secret.reveal()) } }
                    p.small { (lang.pick(
                        "每次推送都按 Standard Webhooks 签名，见请求头 webhook-id、webhook-timestamp、webhook-signature。",
                        "Each delivery is signed as Standard Webhooks says: webhook-id, webhook-timestamp, webhook-signature.",
                    )) }
                },
                Self::Refused(problem) => p.say role="alert" { (problem.title(lang)) },
            }
        }
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::Refused(problem) => problem.status(),
            _ => StatusCode::OK,
        }
    }
}

impl From<WebhooksQuery> for Said<'_> {
    fn from(query: WebhooksQuery) -> Self {
        query.done.map_or(Self::Nothing, Self::Done)
    }
}

/// What was typed into the form, and what is wrong with it.
struct Typed<'a> {
    url: &'a str,
    events: Vec<Event>,
    errors: FieldErrors,
}

impl Default for Typed<'_> {
    fn default() -> Self {
        Self {
            url: "",
            events: Event::all().collect(),
            errors: FieldErrors::default(),
        }
    }
}

/// Serves `/organizations/{id}/webhooks`.
pub async fn webhooks(
    visit: Visit,
    Id(organization): Id,
    PageQuery(query): PageQuery<WebhooksQuery>,
) -> Result<Response, Problem> {
    console(&visit, organization, &query.into(), &Typed::default()).await
}

async fn console(
    visit: &Visit,
    organization: Uuid,
    said: &Said<'_>,
    typed: &Typed<'_>,
) -> Result<Response, Problem> {
    let (name, webhooks) = store::list(visit, organization).await?;
    let lang = visit.lang;
    let here = format!("/organizations/{organization}/webhooks");
    let title = lang.pick("事件推送", "Webhooks");
    let body = html! {
        (console_nav(visit, &organization.to_string(), &name, ConsolePage::Webhooks))
        h1 { (title) }
        (said.markup(lang))
        p.lead { (lang.pick(
            "有人报名、取消、候补递补或班次变更时，立即通知您自己的系统。只推送编号和状态，不含姓名和手机号。",
            "Your own system is told at once when somebody signs up, cancels or gets a seat, and when a shift changes: ids and states only, no names, no numbers.",
        )) }
        p.small {
            (lang.pick("推送的格式和签名的验证方法，见", "Formats, and how to verify signatures: "))
            a href="/api/docs" { (lang.pick("接口文档", "API reference")) }
        }
        ul.shifts { @for webhook in &webhooks { (endpoint_line(webhook, &here, lang)) } }
        @if webhooks.len() < MOST_WEBHOOKS {
            (register_form(&here, typed, lang))
        } @else {
            p.small { (too_many_words().in_lang(lang)) }
        }
    };
    let mut response = page(visit, Audience::Oneself, title, &body);
    *response.status_mut() = match typed.errors.is_empty() {
        true => said.status(),
        false => StatusCode::UNPROCESSABLE_ENTITY,
    };
    Ok(response)
}

fn too_many_words() -> Words {
    Words::new(
        format!("最多登记 {MOST_WEBHOOKS} 个接收地址。"),
        format!("An organization has at most {MOST_WEBHOOKS} endpoints."),
    )
}

fn register_form(here: &str, typed: &Typed<'_>, lang: Lang) -> Markup {
    let wrong = typed.errors.of("/url", lang);
    let input = text_input("url", "url", typed.url, "url", wrong.is_some(), true);
    html! {
        section.course {
            h2 { (lang.pick("登记接收地址", "Register an endpoint")) }
            form method="post" action=(here) {
                (ask("url", lang.pick("地址", "Address"), Some("https://…"), wrong, &input))
                fieldset {
                    legend { (lang.pick("推送哪些事件", "What to tell it of")) }
                    @if let Some(wrong) = typed.errors.of("/event", lang) { span.wrong { (wrong) } }
                    @for event in Event::all() {
                        label.tick { input type="checkbox" name="event" value=(event.word()) checked[typed.events.contains(&event)];
                            span { (event.name(lang)) " " small { code { (event.word()) } } } }
                    }
                }
                button { (lang.pick("登记", "Register")) }
            }
        }
    }
}

fn state_words(webhook: &Webhook, lang: Lang) -> Markup {
    html! {
        @match (webhook.state, webhook.given_up_at, webhook.failing_since) {
            (WebhookState::Disabled, Some(at), _) => span.wrong {
                (lang.pick("一直无法送达，已自动停用：", "Switched off, for nothing arrived: ")) (moment(at, lang))
            },
            (WebhookState::Disabled, None, _) => { (lang.pick("已停用", "Switched off")) },
            (WebhookState::Active, _, Some(since)) => span.wrong {
                (lang.pick("推送失败，最早一次：", "Failing since ")) (moment(since, lang))
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
    let mut typed = Typed {
        url: form.get("url").unwrap_or_default(),
        events: form.all("event").filter_map(Event::from_word).collect(),
        errors: FieldErrors::default(),
    };
    let endpoint = Endpoint::parse(typed.url).filter(|url| require_reachable(&visit, url).is_ok());
    if endpoint.is_none() {
        typed.errors.push("/url", endpoint_words());
    }
    if typed.events.is_empty() {
        typed.errors.push("/event", no_events_words());
    }
    let Some(endpoint) = endpoint.filter(|_| typed.errors.is_empty()) else {
        return console(&visit, organization, &Said::Nothing, &typed).await;
    };
    let secret = Secret::new()?;
    let key = IdempotencyKey::default();
    let registered = register_at(
        &visit,
        organization,
        &endpoint,
        &typed.events,
        &secret,
        &key,
    )
    .await;
    let said = match &registered {
        Ok(_) => Said::Secret(visit.lang.pick("已登记。", "Registered."), &secret),
        Err(problem) if problem.code() == "too_many_webhooks" => Said::Refused(problem),
        Err(problem) => return Err(problem.clone()),
    };
    console(&visit, organization, &said, &Typed::default()).await
}
