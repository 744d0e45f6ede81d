//! The frame of every page, and what pages have in common.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use maud::{DOCTYPE, Markup, html};

use super::assets::{ATTENDANCE_SCRIPT, ICON, SCRIPT, STYLE};
use super::clock::{Instant, day_from, span_words};
use super::i18n::{Lang, Words};
use super::input::Form;
use super::problem::Problem;
use super::visit::{Visit, is_path};

/// Who may keep a page, and for how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Audience {
    /// The same for everybody: shared caches keep it for a moment, with an entity tag.
    Everybody,
    /// For one person only.
    Oneself,
}

/// `Cache-Control` of what is the same for everybody: kept for two seconds at the edge,
/// always asked for again by browsers (RFC 9111, section 5.2.2).
pub const PUBLIC: &str = "public, max-age=0, s-maxage=2, must-revalidate";

/// `Cache-Control` of what is somebody's own.
pub const PRIVATE: &str = "private, no-store";

/// A whole page.
pub fn page(visit: &Visit, audience: Audience, title: &str, body: &Markup) -> Response {
    page_with_head(visit, audience, title, &html! {}, body)
}

/// A whole page with more in its head, such as a description.
pub fn page_with_head(
    visit: &Visit,
    audience: Audience,
    title: &str,
    head: &Markup,
    body: &Markup,
) -> Response {
    let mut response = frame(visit.lang, &visit.target, title, head, body).into_response();
    let headers = response.headers_mut();
    let (cache, vary) = match audience {
        Audience::Everybody => (PUBLIC, "Cookie, Accept-Language"),
        Audience::Oneself => (PRIVATE, "Cookie"),
    };
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(cache));
    headers.insert(header::VARY, HeaderValue::from_static(vary));
    headers.insert(
        header::CONTENT_LANGUAGE,
        HeaderValue::from_static(visit.lang.tag()),
    );
    response
}

/// The HTML around a page's own.
fn frame(lang: Lang, target: &str, title: &str, head: &Markup, body: &Markup) -> Markup {
    let name = lang.pick("点单 · 志愿服务", "Diandan · volunteering");
    let back: String = form_urlencoded::byte_serialize(target.as_bytes()).collect();
    let current = |path: &str| (target.split('?').next() == Some(path)).then_some("page");
    html! {
        (DOCTYPE)
        html lang=(lang.tag())
            data-slow=(lang.pick("网络较慢，正在发送，请稍候…", "The network is slow; still sending…"))
            data-offline=(lang.pick("现在没有网络。看过的页面仍可打开。", "You are offline. Pages you have seen still open."))
            data-attendance=(ATTENDANCE_SCRIPT.href())
        {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="theme-color" content="#fbf7ee" media="(prefers-color-scheme: light)";
                meta name="theme-color" content="#1a1713" media="(prefers-color-scheme: dark)";
                title { @if title.is_empty() { (name) } @else { (title) " – " (name) } }
                (head)
                link rel="stylesheet" href=(STYLE.href());
                link rel="icon" href="/icon.svg" type="image/svg+xml";
                link rel="manifest" href="/manifest.webmanifest";
                script src=(SCRIPT.href()) defer {}
            }
            body {
                a.skip href="#main" { (lang.pick("跳到正文", "Skip to content")) }
                header {
                    a.brand href="/" {
                        img src=(ICON.href()) alt="" width="28" height="28";
                        (lang.pick("点单", "Diandan"))
                    }
                    nav aria-label=(lang.pick("主导航", "Main")) {
                        a href="/" aria-current=[current("/")] { (lang.pick("菜单", "Menu")) }
                        a href="/me/signups" aria-current=[current("/me/signups")] {
                            (lang.pick("我的班次", "My shifts"))
                        }
                        @let other = lang.pick(Lang::En, Lang::Zh);
                        a href={ "/language/" (other.code()) "?back=" (back) }
                            lang=(other.tag()) hreflang=(other.tag()) rel="nofollow"
                        { (lang.pick("English", "中文")) }
                    }
                }
                p #notice role="status" hidden {}
                main #main { (body) }
                footer {
                    nav.chips aria-label=(lang.pick("给组织", "For organizations")) {
                        a href="/me/organizations" { (lang.pick("我的组织", "My organizations")) }
                        a href="/organizations/new" { (lang.pick("登记组织", "Register one")) }
                        a href="/api/docs" { (lang.pick("接口文档", "API")) }
                        a href="/certificates" { (lang.pick("核验证明", "Check a certificate")) }
                        a href="/contests" { (lang.pick("项目大赛", "Contests")) }
                        a href="/ledger" { (lang.pick("记录总账", "Ledger")) }
                    }
                    p { (lang.pick(
                        "点单：组织把能做的写上菜单，村里缺什么点什么，志愿者来上菜。报名和开证明永远免费。",
                        "Diandan: organizations write the menu, villages order what they need, volunteers serve it. Always free to sign up and to get a certificate.",
                    )) }
                }
            }
        }
    }
}

/// What was sent with a form, when it was refused.
#[derive(Clone, Copy, Debug, Default)]
pub struct Refused<'a> {
    /// Why.
    pub problem: Option<&'a Problem>,
    /// What was typed.
    pub form: Option<&'a Form>,
}

impl Refused<'_> {
    /// What was typed into a field.
    pub fn typed(&self, name: &str) -> &str {
        self.form
            .and_then(|form| form.get(name))
            .unwrap_or_default()
    }

    /// What is wrong with a field.
    pub fn wrong(&self, name: &str, lang: Lang) -> Option<&str> {
        self.problem?.errors().of(&format!("/{name}"), lang)
    }

    /// What stands above the form.
    pub fn above(&self, lang: Lang) -> Markup {
        html! { @if let Some(problem) = self.problem { p.say role="alert" { (problem.title(lang)) } } }
    }

    /// The page, with the status of the refusal.
    #[must_use]
    pub fn answered(&self, mut response: Response) -> Response {
        if let Some(problem) = self.problem {
            *response.status_mut() = problem.status();
        }
        response
    }
}

/// A problem as a page: what happened, and what to do next.
pub fn problem_page(visit: &Visit, problem: &Problem) -> Response {
    let lang = visit.lang;
    let advice = match problem.status() {
        StatusCode::NOT_FOUND => Words::new(
            "地址可能写错了，或者内容已经撤下。",
            "The address may be mistyped, or the page was taken down.",
        ),
        StatusCode::GONE if problem.code() == "roster_closed" => Words::new(
            "为保护志愿者的隐私，名单只保留到班次结束后 30 天。",
            "Rosters are closed 30 days after the shift, to protect volunteers.",
        ),
        StatusCode::GONE if problem.code() == "invitation_over" => Words::new(
            "请让对方重新邀请。",
            "Ask whoever invited you for a new one.",
        ),
        StatusCode::GONE => Words::new(
            "已报名的志愿者会收到短信通知。",
            "Volunteers who had signed up are notified.",
        ),
        StatusCode::UNAUTHORIZED => Words::new("登录后再试一次。", "Sign in and try again."),
        StatusCode::FORBIDDEN => Words::new(
            "如有疑问，请联系组织的负责人。",
            "If you think you should have access, ask the organization's owner.",
        ),
        status if status.is_server_error() => Words::new(
            "请返回后重试。如果仍然不行，求助时请报上下面的编号。",
            "Go back and try again. When you ask for help, give the number below.",
        ),
        StatusCode::CONFLICT => Words::new(
            "情况可能刚有变化。请返回上一页，刷新后再看。",
            "Things may just have changed. Go back and look again.",
        ),
        _ => Words::new("请返回修改后再试。", "Go back, correct it and try again."),
    };
    let fields = problem.errors().in_lang(lang);
    let title = match problem.status() {
        StatusCode::UNAUTHORIZED => lang.pick("请先登录", "Please sign in"),
        _ => problem.title(lang),
    };
    let body = html! {
        h1 { (title) }
        @if let Some(reason) = problem.member("reason") { p.say { (lang.pick("取消原因：", "Reason: ")) (reason) } }
        p { (advice.in_lang(lang)) }
        @if !fields.is_empty() {
            ul.say { @for field in fields { li { (field.detail) } } }
        }
        div.actions {
            @if problem.status() == StatusCode::UNAUTHORIZED {
                a.button href={ "/sign-in?back=" (form_urlencoded::byte_serialize(visit.target.as_bytes()).collect::<String>()) } {
                    (lang.pick("登录", "Sign in"))
                }
            }
            @if let Some(back) = &visit.came_from {
                @if **back != *visit.target {
                    a.button href=(back) { (lang.pick("返回上一页", "Go back")) }
                }
            }
            @if problem.status() == StatusCode::FORBIDDEN && visit.has_credential() {
                a.button.quiet href="/me/organizations" { (lang.pick("我的组织", "My organizations")) }
            }
            a.button.quiet href="/" { (lang.pick("看看菜单", "See the menu")) }
        }
        @if problem.status().is_server_error() {
            p.small { (lang.pick("编号：", "Number: ")) code { (visit.request_id) } }
        }
    };
    let mut response = page(visit, Audience::Oneself, problem.title(lang), &body);
    *response.status_mut() = problem.status();
    response
}

/// An answer that sends the browser on with GET (RFC 9110, section 15.4.4).
pub fn see_other(target: &str) -> Response {
    let location = HeaderValue::from_str(target).unwrap_or(HeaderValue::from_static("/"));
    (
        StatusCode::SEE_OTHER,
        [
            (header::LOCATION, location),
            (header::CACHE_CONTROL, HeaderValue::from_static(PRIVATE)),
        ],
    )
        .into_response()
}

/// A path on this site to go back to; the menu when it is none.
pub fn safe_back(target: Option<&str>) -> &str {
    target.filter(|path| is_path(path)).unwrap_or("/")
}

/// A number beside a heading.
pub fn in_brackets(number: usize, lang: Lang) -> String {
    match lang {
        Lang::Zh => format!("（{number}）"),
        Lang::En => format!(" ({number})"),
    }
}

/// Day and time of a shift, each kept on one line.
pub fn when(visit: &Visit, from: Instant, to: Instant) -> Markup {
    let lang = visit.lang;
    html! {
        span.nowrap { (day_from(visit.now, from, lang)) } " " span.nowrap { (span_words(from, to, lang)) }
    }
}

/// `12月1日 周二 09:00`: local time.
pub fn moment(visit: &Visit, at: Instant) -> Markup {
    html! { span.nowrap { (day_from(visit.now, at, visit.lang)) " " span.num { (at.hour_minute()) } } }
}

/// A labelled field of a form with its hint and its error.
pub fn ask(
    name: &str,
    label: &str,
    hint: Option<&str>,
    wrong: Option<&str>,
    input: &Markup,
) -> Markup {
    html! {
        div.ask {
            label for=(name) { (label) }
            @if let Some(hint) = hint { span.hint id={ (name) "-hint" } { (hint) } }
            @if let Some(wrong) = wrong { span.wrong id={ (name) "-wrong" } { (wrong) } }
            (input)
        }
    }
}

/// A text input for [`ask`].
pub fn text_input(
    name: &str,
    kind: &str,
    value: &str,
    autocomplete: &str,
    wrong: bool,
    required: bool,
) -> Markup {
    let mode = match kind {
        "tel" => Some("tel"),
        _ => None,
    };
    html! {
        input id=(name) name=(name) type=(kind) value=(value) autocomplete=(autocomplete)
            inputmode=[mode] required[required] aria-invalid=[wrong.then_some("true")]
            aria-describedby=[wrong.then(|| format!("{name}-wrong"))];
    }
}

#[cfg(test)]
mod tests {
    use super::safe_back;

    #[test]
    fn going_back_stays_on_this_site() {
        assert_eq!(safe_back(Some("/projects/1?a=b")), "/projects/1?a=b");
        for bad in [
            "//evil.example",
            "/\\evil.example",
            "https://evil.example",
            "/a\r\nb",
            "/ b",
            "",
        ] {
            assert_eq!(safe_back(Some(bad)), "/", "{bad}");
        }
        assert_eq!(safe_back(None), "/");
    }
}
