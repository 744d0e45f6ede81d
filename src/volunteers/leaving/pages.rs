//! Leaving on pages: what it means, then a code, then it is done.

use axum::response::Response;
use maud::html;

use super::require_successors;
use super::store::{self, Found, Leaver};
use crate::platform::i18n::Lang;
use crate::platform::idempotency::IdempotencyKey;
use crate::platform::input::Form;
use crate::platform::page::{Audience, page, see_other};
use crate::platform::problem::Problem;
use crate::platform::visit::Visit;
use crate::volunteers::pages::{code_field, without_session};
use crate::volunteers::{Code, code_words, sign_in};

async fn leaver(visit: &Visit) -> Result<Box<Leaver>, Problem> {
    match store::leaver(visit, &IdempotencyKey::default()).await? {
        Found::Now(leaver) => Ok(leaver),
        Found::Before(_) => Err(Problem::internal("a page sent a key")),
    }
}

/// Serves `/me/leaving`: what goes, what stays, and what holds one back.
pub async fn explain(visit: Visit) -> Result<Response, Problem> {
    if !visit.has_credential() {
        return Ok(see_other("/sign-in?back=/me/leaving"));
    }
    let leaver = leaver(&visit).await?;
    Ok(explained(&visit, &leaver))
}

fn explained(visit: &Visit, leaver: &Leaver) -> Response {
    let lang = visit.lang;
    let title = title(lang);
    let body = html! {
        h1 { (title) }
        p.lead { (lang.pick(
            "注销就是撤回您对保存个人信息的同意。注销后不能恢复。",
            "It withdraws your consent to keep what identifies you. It cannot be undone.",
        )) }
        section.course {
            h2 { (lang.pick("会删除", "What goes")) }
            p { (lang.pick(
                "姓名、手机号、出生日期、技能、监护人信息、留言、异议中的陈述、日历地址、登录状态，以及您在各组织的身份和邀请。还没开始的班次会取消，名额让给候补的人。",
                "Name, phone, birth date, skills, guardians, notes, what you wrote in disputes, the calendar address, sessions, and your roles and invitations. Shifts still to come are cancelled, and the seats go to those who wait.",
            )) }
        }
        section.course {
            h2 { (lang.pick("会保留", "What stays")) }
            p { (lang.pick(
                "服务记录和已开具的证明。法规要求记录长期保存，证明也要一直能核验；记录上不再写着您是谁。",
                "Service records and certificates already issued: the law has records kept, and a certificate must stay verifiable. The records no longer say who you were.",
            )) }
        }
        div.say.wait {
            p { (lang.pick(
                "注销后您自己也看不到这些记录了。需要证明的，请先开好、存好。",
                "You will not see these records any more either. If you need a certificate, get it and keep it first.",
            )) }
            p { (lang.pick(
                "以后可以用同一手机号重新注册，但那是一个新账号，时长不会转过去。",
                "The same phone may register again, as a new account: hours do not move to it.",
            )) }
        }
        @if leaver.owned.is_empty() {
            form method="post" action="/me/leaving" {
                input type="hidden" name="step" value="send";
                button.wide { (lang.pick("我明白，发送验证码", "I understand: send me a code")) }
            }
        } @else {
            div.say {
                p { (lang.pick("您是下列组织的最后一位负责人，请先把别的成员设为负责人：", "You are the last owner of these organizations. Make another member an owner first:")) }
                ul { @for one in &leaver.owned { li { a href={ "/organizations/" (one.id) "/settings" } { (one.name) } } } }
            }
        }
        div.actions { a.button.quiet href="/me/records" { (lang.pick("不注销，返回", "Keep my account")) } }
    };
    page(visit, Audience::Oneself, title, &body)
}

fn title(lang: Lang) -> &'static str {
    lang.pick("注销账号", "Delete my account")
}

fn last_step(visit: &Visit, phone: &str, wrong: Option<&str>) -> Response {
    let lang = visit.lang;
    let title = title(lang);
    let body = html! {
        h1 { (title) }
        p.lead { (lang.pick("最后一步：输入验证码后立即注销，不能恢复。", "The last step: with the code your account is deleted at once, for good.")) }
        form method="post" action="/me/leaving" {
            input type="hidden" name="step" value="leave";
            (code_field(lang, phone, wrong))
            button.wide { (lang.pick("确定注销", "Delete my account")) }
        }
        div.actions { a.button.quiet href="/me/records" { (lang.pick("不注销，返回", "Keep my account")) } }
    };
    page(visit, Audience::Oneself, title, &body)
}

/// Takes `/me/leaving`: first a code is sent, then it is shown.
pub async fn leave(visit: Visit, form: Form) -> Result<Response, Problem> {
    let leaver = leaver(&visit).await?;
    require_successors(&leaver.owned)?;
    let phone = leaver.phone.as_ref().ok_or_else(sign_in::wrong_code)?;
    let (digits, lang) = (phone.digits(), visit.lang);
    if form.get("step") != Some("leave") {
        return match sign_in::send_code(&visit, phone).await {
            Ok(()) => Ok(last_step(&visit, digits, None)),
            Err(problem) if problem.code() == "too_many_codes" => {
                Ok(last_step(&visit, digits, Some(problem.title(lang))))
            }
            Err(problem) => Err(problem),
        };
    }
    let Some(code) = Code::parse(form.get("code").unwrap_or_default()) else {
        return Ok(last_step(&visit, digits, Some(code_words().in_lang(lang))));
    };
    let once = IdempotencyKey::default();
    let keep = once.point_at(&visit, "");
    match store::leave(&visit, &leaver, &code, &once, keep).await {
        Ok(_) => Ok(goodbye(&visit)),
        Err(problem) if problem.code() == "wrong_code" => {
            Ok(last_step(&visit, digits, Some(problem.title(lang))))
        }
        Err(problem) => Err(problem),
    }
}

fn goodbye(visit: &Visit) -> Response {
    let lang = visit.lang;
    let title = lang.pick("已注销", "Your account is deleted");
    let body = html! {
        h1 { (title) }
        p { (lang.pick("您的个人信息已经删除。谢谢您做过的每一小时。", "What identified you is gone. Thank you for every hour you gave.")) }
        div.actions { a.button.quiet href="/" { (lang.pick("看看菜单", "See the menu")) } }
    };
    without_session(visit, page(visit, Audience::Oneself, title, &body))
}
