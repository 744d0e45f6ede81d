//! The link by which a judge is invited.

use axum::response::Response;
use maud::{Markup, html};

use crate::contests::judging::store::answering::{self, Opened};
use crate::contests::judging::{JudgeAnswer, JudgeCode};
use crate::contests::rules::Rules;
use crate::organizations::api::invitations::over;
use crate::platform::clock::day_from;
use crate::platform::idempotency::IdempotencyKey;
use crate::platform::input::{Form, Path};
use crate::platform::page::{Audience, page, see_other};
use crate::platform::problem::Problem;
use crate::platform::visit::Visit;

fn code(text: &str) -> Result<JudgeCode, Problem> {
    JudgeCode::parse(text).ok_or_else(over)
}

/// Serves `/judge/{code}`.
pub async fn show(visit: Visit, Path(link): Path<String>) -> Result<Response, Problem> {
    let opened = answering::open(&visit, &code(&link)?)
        .await?
        .ok_or_else(over)?;
    let lang = visit.lang;
    let title = lang.pick("评委邀请", "An invitation to judge");
    let body = html! {
        h1 { (title) }
        p.lead { (opened.name) (lang.pick("，您好！", ",")) }
        p { strong { (opened.office) } (lang.pick(" 邀请您担任 ", " invites you to judge ")) strong { (opened.contest_name) } (lang.pick(" 的评委。", ".")) }
        (tasks(&visit, &opened)?)
        @if opened.signed_in {
            form method="post" action={ "/judge/" (link) } {
                p.small { (lang.pick(
                    "链接只能使用一次。接受后请先申报利益冲突，再查看参赛项目。评分不署名公布。",
                    "The link works once. You will say which conflicts you have before you see entries. Scores are published without names.",
                )) }
                button.wide name="answer" value="accept" { (lang.pick("接受邀请", "Accept")) }
                div.actions { button.quiet name="answer" value="decline" { (lang.pick("谢绝", "Decline")) } }
            }
        } @else {
            p.small { (lang.pick("请用您本人的手机号登录后答复。", "Sign in with your own phone to answer.")) }
            div.actions { a.button.wide href={ "/sign-in?back=/judge/" (link) } { (lang.pick("登录后答复", "Sign in to answer")) } }
        }
        p.small { (lang.pick("邀请有效至 ", "Valid until ")) (day_from(visit.now, opened.expires_at, lang)) " " (opened.expires_at.hour_minute()) }
    };
    Ok(page(&visit, Audience::Oneself, title, &body))
}

/// When there is something to do, and how many judge each entry.
fn tasks(visit: &Visit, opened: &Opened) -> Result<Markup, Problem> {
    let lang = visit.lang;
    let Some(rules) = &opened.rules else {
        return Ok(html! {});
    };
    let rules = Rules::stored(rules)?;
    Ok(html! {
        dl.facts { @for stage in rules.judged() {
            dt { (stage.name.as_str()) }
            dd {
                (day_from(visit.now, stage.opens_at, lang)) " " (stage.opens_at.hour_minute()) " – "
                (day_from(visit.now, stage.closes_at, lang)) " " (stage.closes_at.hour_minute())
            }
        } }
    })
}

/// Takes `/judge/{code}`: yes or no.
pub async fn answer(
    visit: Visit,
    Path(link): Path<String>,
    form: Form,
) -> Result<Response, Problem> {
    let said = match form.get("answer") {
        Some("accept") => JudgeAnswer::Accept,
        _ => JudgeAnswer::Decline,
    };
    let once = IdempotencyKey::default();
    match answering::answer(&visit, &code(&link)?, said, &once).await {
        Ok((answered, _)) if answered.accepted => {
            Ok(see_other(&format!("/me/judging/{}", answered.contest_id)))
        }
        Ok(_) => Ok(thanks(&visit)),
        Err(problem) if problem.code() == "unauthenticated" => {
            Ok(see_other(&format!("/sign-in?back=/judge/{link}")))
        }
        Err(problem) => Err(problem),
    }
}

fn thanks(visit: &Visit) -> Response {
    let lang = visit.lang;
    let title = lang.pick("已谢绝", "Declined");
    let body = html! {
        h1 { (title) }
        p { (lang.pick("感谢您的回复，主办方会看到。", "Thank you for your answer; the organizer sees it.")) }
        div.actions { a.button.quiet href="/" { (lang.pick("看看菜单", "See the menu")) } }
    };
    page(visit, Audience::Oneself, title, &body)
}
