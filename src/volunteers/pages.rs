//! Signing in and out on pages.

use axum::http::{HeaderValue, header};
use axum::response::Response;
use maud::{Markup, html};

use super::store::{self, Me};
use super::{Code, Phone, SESSION_LASTS, code_words, phone_words, sign_in};
use crate::platform::crypto::Token;
use crate::platform::i18n::Lang;
use crate::platform::input::{Form, PageQuery, Path};
use crate::platform::page::{Audience, ask, page, safe_back, see_other, text_input};
use crate::platform::problem::Problem;
use crate::platform::visit::{LANG_COOKIE, Visit};

/// Where to go afterwards.
#[derive(Debug, deserr::Deserr)]
#[deserr(error = crate::platform::fields::FieldErrors, deny_unknown_fields)]
pub struct BackQuery {
    #[deserr(default)]
    back: Option<String>,
}

/// Serves `/sign-in`.
pub async fn sign_in_form(visit: Visit, PageQuery(query): PageQuery<BackQuery>) -> Response {
    let back = match safe_back(query.back.as_deref()) {
        "/" => "/me/signups",
        back => back,
    };
    phone_step(&visit, back, "", None)
}

fn phone_step(visit: &Visit, back: &str, phone: &str, wrong: Option<&str>) -> Response {
    let lang = visit.lang;
    let body = html! {
        h1 { (lang.pick("登录", "Sign in")) }
        p.lead { (lang.pick("用手机号收验证码，不用密码。", "A code to your phone; no password.")) }
        form method="post" action="/sign-in" {
            input type="hidden" name="back" value=(back);
            (phone_field(lang, phone, wrong))
            button.wide { (lang.pick("获取验证码", "Send me a code")) }
        }
    };
    page(
        visit,
        Audience::Oneself,
        lang.pick("登录", "Sign in"),
        &body,
    )
}

/// The field for a phone number.
pub fn phone_field(lang: Lang, phone: &str, wrong: Option<&str>) -> Markup {
    let input = text_input("phone", "tel", phone, "tel-national", wrong.is_some(), true);
    ask(
        "phone",
        lang.pick("手机号", "Mobile number"),
        None,
        wrong,
        &input,
    )
}

/// The field for a one-time code, for a phone it was sent to.
pub fn code_field(lang: Lang, phone: &str, wrong: Option<&str>) -> Markup {
    let input = html! {
        input.code id="code" name="code" inputmode="numeric" autocomplete="one-time-code" maxlength="7"
            required autofocus aria-invalid=[wrong.map(|_| "true")]
            aria-describedby=[Some(if wrong.is_some() { "code-wrong" } else { "code-hint" })];
    };
    let hint = match lang {
        Lang::Zh => format!("已发到 {}，10 分钟内有效", grouped(phone)),
        Lang::En => format!("Sent to {}. Valid for 10 minutes.", grouped(phone)),
    };
    ask(
        "code",
        lang.pick("6 位验证码", "6-digit code"),
        Some(&hint),
        wrong,
        &input,
    )
}

/// `138 0013 8000`: whoever typed it can see what is wrong with it.
fn grouped(phone: &str) -> String {
    match (phone.get(..3), phone.get(3..7), phone.get(7..)) {
        (Some(a), Some(b), Some(c)) => format!("{a} {b} {c}"),
        _ => phone.to_owned(),
    }
}

/// Takes `/sign-in`: first a phone, then its code.
pub async fn sign_in_submit(visit: Visit, form: Form) -> Result<Response, Problem> {
    let lang = visit.lang;
    let back = safe_back(form.get("back"));
    let typed = form.get("phone").unwrap_or_default();
    let Some(phone) = Phone::parse(typed) else {
        return Ok(phone_step(
            &visit,
            back,
            typed,
            Some(phone_words().in_lang(lang)),
        ));
    };
    let Some(code) = form.get("code") else {
        if form.get("step") == Some("code") {
            return Ok(code_step(
                &visit,
                back,
                &phone,
                Some(code_words().in_lang(lang)),
            ));
        }
        return match sign_in::send_code(&visit, &phone).await {
            Ok(()) => Ok(code_step(&visit, back, &phone, None)),
            // The code on its way is still good: let it be typed.
            Err(problem) if problem.code() == "too_many_codes" => {
                Ok(code_step(&visit, back, &phone, Some(problem.title(lang))))
            }
            Err(problem) => Err(problem),
        };
    };
    let Some(code) = Code::parse(code) else {
        return Ok(code_step(
            &visit,
            back,
            &phone,
            Some(code_words().in_lang(lang)),
        ));
    };
    match sign_in::open_session(&visit, &phone, &code, "").await {
        Ok(token) => Ok(with_session(&visit, see_other(back), &token)),
        Err(problem) if problem.code() == "wrong_code" => {
            Ok(code_step(&visit, back, &phone, Some(problem.title(lang))))
        }
        Err(problem) => Err(problem),
    }
}

fn code_step(visit: &Visit, back: &str, phone: &Phone, wrong: Option<&str>) -> Response {
    let lang = visit.lang;
    let body = html! {
        h1 { (lang.pick("输入验证码", "Enter the code")) }
        form method="post" action="/sign-in" {
            input type="hidden" name="back" value=(back);
            input type="hidden" name="phone" value=(phone.digits());
            input type="hidden" name="step" value="code";
            (code_field(lang, phone.digits(), wrong))
            button.wide { (lang.pick("登录", "Sign in")) }
        }
        form method="post" action="/sign-in" {
            input type="hidden" name="back" value=(back);
            input type="hidden" name="phone" value=(phone.digits());
            button.quiet.wide { (lang.pick("没收到？重新获取", "Didn't get it? Send a new code")) }
        }
        p { a.more href={ "/sign-in?back=" (form_urlencoded::byte_serialize(back.as_bytes()).collect::<String>()) } {
            (lang.pick("手机号写错了？修改", "Wrong number? Change it"))
        } }
    };
    page(
        visit,
        Audience::Oneself,
        lang.pick("输入验证码", "Enter the code"),
        &body,
    )
}

/// The answer, with the cookie of a new session.
pub fn with_session(visit: &Visit, mut response: Response, token: &Token) -> Response {
    set_cookie(
        &mut response,
        &visit.session_cookie(token.reveal(), SESSION_LASTS / 1000),
    );
    response
}

fn set_cookie(response: &mut Response, cookie: &str) {
    if let Ok(cookie) = HeaderValue::from_str(cookie) {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
}

/// Takes `/sign-out`: this session, or all of them.
pub async fn sign_out(visit: Visit, form: Form) -> Result<Response, Problem> {
    if form.get("everywhere").is_some() {
        store::sign_out_everywhere(&visit).await?;
    } else {
        store::sign_out(&visit).await?;
    }
    Ok(without_session(&visit, see_other("/")))
}

/// The answer, after which the browser knows of nobody.
pub fn without_session(visit: &Visit, mut response: Response) -> Response {
    set_cookie(&mut response, &visit.session_cookie("", 0));
    // Tickets kept for times without a network are somebody's own.
    let forget = HeaderValue::from_static("\"cache\", \"storage\"");
    response.headers_mut().insert("clear-site-data", forget);
    response
}

/// Takes `/me/calendar`: a new private address.
pub async fn new_calendar(visit: Visit) -> Result<Response, Problem> {
    let me: Me = store::me(&visit)
        .await?
        .ok_or_else(Problem::unauthenticated)?;
    store::new_calendar(&visit, &me).await?;
    Ok(see_other("/me/signups#calendar"))
}

/// Serves `/language/{code}`: keeps the choice and goes back.
pub async fn language(
    Path(code): Path<String>,
    PageQuery(query): PageQuery<BackQuery>,
) -> Result<Response, Problem> {
    let lang = Lang::from_code(&code).ok_or_else(Problem::not_found)?;
    let mut response = see_other(safe_back(query.back.as_deref()));
    let cookie = format!(
        "{LANG_COOKIE}={}; Path=/; Max-Age=31536000; SameSite=Lax",
        lang.code()
    );
    set_cookie(&mut response, &cookie);
    Ok(response)
}
