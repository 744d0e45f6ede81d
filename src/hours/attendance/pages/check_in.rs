//! Where a scanned code leads: one button, and nothing done before it is pressed.

use axum::response::Response;
use deserr::Deserr;
use maud::{Markup, html};
use uuid::Uuid;

use super::{act, events_list, kind_of, near_field, script, scripted, to_sign_in};
use crate::hours::AttendanceKind;
use crate::hours::attendance::code::{Presented, Step};
use crate::hours::attendance::store::{self, AtTheDoor, CheckIn};
use crate::hours::attendance::{Near, Refusal, Window, next};
use crate::platform::fields::FieldErrors;
use crate::platform::i18n::Lang;
use crate::platform::idempotency::IdempotencyKey;
use crate::platform::input::{Form, Id, PageQuery, parse_id};
use crate::platform::page::{Audience, page_with_head, see_other, when};
use crate::platform::problem::Problem;
use crate::platform::visit::Visit;
use crate::volunteers::{Code, code_words};

/// What the link of a QR code carries.
#[derive(Debug, Deserr)]
#[deserr(error = FieldErrors, deny_unknown_fields)]
pub struct Scanned {
    #[deserr(default)]
    step: Option<String>,
    #[deserr(default)]
    code: Option<String>,
}

/// Serves `/check-in/{shift}`.
pub async fn check_in(
    visit: Visit,
    Id(shift): Id,
    PageQuery(scanned): PageQuery<Scanned>,
) -> Result<Response, Problem> {
    if !visit.has_credential() {
        return Ok(to_sign_in(&visit));
    }
    let door = match store::at_the_door(&visit, shift).await {
        Err(problem) if problem.code() == "unauthenticated" => return Ok(to_sign_in(&visit)),
        door => door?,
    };
    let step = scanned.step.as_deref().and_then(|step| step.parse().ok());
    let (step, code) = (step.map(Step), scanned.code.unwrap_or_default());
    let shown = Presented {
        code: &code,
        step,
        happened_at: None,
    };
    let secret = visit.config.keys.attendance_key(&shift.to_string());
    let window = Window::of(door.starts_at, door.ends_at);
    let refusal = if door.signup_id.is_none() {
        Some(Refusal::NotSignedUp)
    } else if door.cancelled {
        Some(Refusal::ShiftCancelled)
    } else {
        window
            .refusal(visit.now)
            .or_else(|| shown.verify(&secret, visit.now).err())
    };
    let lang = visit.lang;
    let kind = next(&door.events, door.ends_at, visit.now);
    let body = html! {
        h1 { (kind.name(lang)) }
        article.ticket data-me=(door.volunteer_id) {
            h2 { (door.title) }
            p { strong.num { (when(&visit, door.starts_at, door.ends_at)) } br; (door.role) br; (door.place) }
            (events_list(&door.events, lang))
        }
        @match refusal {
            None => (button(&visit, shift, &shown, kind)),
            Some(refusal) => { p.say { (refusal.words(Some(window)).in_lang(lang)) } (ways_on(&door, refusal, lang)) },
        }
    };
    Ok(scripted(&visit, kind.name(lang), &html! {}, &body))
}

fn button(visit: &Visit, shift: Uuid, shown: &Presented<'_>, kind: AttendanceKind) -> Markup {
    let lang = visit.lang;
    html! {
        form method="post" action={ "/check-in/" (shift) } data-attendance=(shift) {
            input type="hidden" name="id" value=(visit.new_id());
            input type="hidden" name="kind" value=(kind.word());
            input type="hidden" name="code" value=(shown.code);
            @if let Some(step) = shown.step { input type="hidden" name="step" value=(step.0); }
            (near_field(lang))
            button.wide { (act(kind, lang)) }
        }
        p.small { (lang.pick("按下按钮才算数。", "Nothing counts until you press it.")) }
    }
}

fn ways_on(door: &AtTheDoor, refusal: Refusal, lang: Lang) -> Markup {
    html! {
        div.actions {
            @match &door.signup_id {
                Some(signup) => a.button.quiet href={ "/me/signups/" (signup) } {
                    @match refusal {
                        Refusal::CodeExpired | Refusal::WrongCode => { (lang.pick("改为输入 6 位数字", "Type the six digits instead")) }
                        _ => { (lang.pick("打开我的票", "Open my ticket")) }
                    }
                },
                None => a.button.quiet href="/me/signups" { (lang.pick("看看我的班次", "See my shifts")) },
            }
        }
    }
}

/// Takes `/check-in/{shift}`.
pub async fn check_in_submit(visit: Visit, Id(shift): Id, form: Form) -> Result<Response, Problem> {
    let signup = from_form(&visit, shift, &form).await?;
    Ok(see_other(&format!("/me/signups/{signup}#attendance")))
}

/// Checks in as a form says; the sign-up it was for.
pub(super) async fn from_form(visit: &Visit, shift: Uuid, form: &Form) -> Result<String, Problem> {
    let code = form
        .get("code")
        .and_then(Code::parse)
        .ok_or_else(|| Problem::invalid(FieldErrors::one("/code", code_words())))?;
    let near = form.get("near").and_then(Near::parse);
    let step = form.get("step").and_then(|step| step.parse().ok());
    let what = CheckIn {
        id: parse_id(form.get("id").unwrap_or_default())?,
        kind: kind_of(form)?,
        shown: Presented {
            code: code.digits(),
            step: step.map(Step),
            happened_at: None,
        },
        near: near.as_ref(),
    };
    let checked = store::check_in(visit, shift, &what, &IdempotencyKey::default()).await?;
    Ok(checked.attendance.signup_id)
}

/// Serves `/check-in`: what a phone without a network shows when a code is scanned. The
/// service worker keeps it; the script reads the code from the address.
pub async fn kept(visit: Visit) -> Response {
    let lang = visit.lang;
    let title = lang.pick("签到", "Check in");
    let body = html! {
        h1 { (title) }
        p #no-code { (lang.pick(
            "请用手机扫描现场的签到码，或打开“我的班次”里的票，输入 6 位数字。",
            "Scan the code shown at the place, or type its six digits on your ticket under My shifts.",
        )) }
        form data-kept hidden method="post" action="/check-in" {
            p.say.wait { (lang.pick(
                "现在没有网络。请选择签到或签退，会先保存在手机里，联网后自动上传。",
                "There is no network. Choose one: it is kept on this phone and sent once you are online.",
            )) }
            input type="hidden" name="kind" value="in";
            input type="hidden" name="code";
            input type="hidden" name="step";
            (near_field(lang))
            div.actions {
                @for kind in [AttendanceKind::In, AttendanceKind::Out] {
                    button type="submit" value=(kind.word()) { (act(kind, lang)) }
                }
            }
        }
        p { a.more href="/me/signups" { (lang.pick("我的班次", "My shifts")) } }
    };
    page_with_head(&visit, Audience::Everybody, title, &script(), &body)
}
