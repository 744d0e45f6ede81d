//! A code that was printed at deployment makes whoever redeems it a coordinator.

use axum::response::Response;
use maud::html;

use crate::coordination::api::redeemed;
use crate::coordination::{AppointmentCode, code_words};
use crate::platform::idempotency::IdempotencyKey;
use crate::platform::input::Form;
use crate::platform::page::{Audience, ask, page, see_other, text_input};
use crate::platform::problem::Problem;
use crate::platform::visit::Visit;

/// Serves `/coordination/accept`, where a code that was printed at deployment is redeemed.
pub async fn code_form(visit: Visit) -> Result<Response, Problem> {
    if !visit.has_credential() {
        return Ok(see_other("/sign-in?back=/coordination/accept"));
    }
    Ok(code_page(&visit, None))
}

fn code_page(visit: &Visit, wrong: Option<&str>) -> Response {
    let lang = visit.lang;
    let title = lang.pick("使用任命码", "Redeem a code");
    let body = html! {
        h1 { (title) }
        p.lead { (lang.pick("请填写部署系统时生成的任命码。任命码只能使用一次，提交后您即成为统筹员。", "The code from the deployment works once, and makes you a coordinator.")) }
        form method="post" action="/coordination/accept" {
            (ask("code", lang.pick("任命码", "Code"), None, wrong,
                &text_input("code", "text", "", "off", wrong.is_some(), true)))
            button.wide { (lang.pick("成为统筹员", "Become a coordinator")) }
        }
    };
    page(visit, Audience::Oneself, title, &body)
}

/// Takes `/coordination/accept`.
pub async fn redeem(visit: Visit, form: Form) -> Result<Response, Problem> {
    let Some(code) = AppointmentCode::parse(form.get("code").unwrap_or_default()) else {
        return Ok(code_page(&visit, Some(code_words().in_lang(visit.lang))));
    };
    match redeemed(&visit, &code, &IdempotencyKey::default()).await {
        Ok(_) => Ok(see_other("/coordination?done=redeemed")),
        Err(problem) if matches!(problem.code(), "wrong_code" | "already_coordinator") => {
            Ok(code_page(&visit, Some(problem.title(visit.lang))))
        }
        Err(problem) => Err(problem),
    }
}
