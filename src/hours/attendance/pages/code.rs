//! The code that changes, on the organizer's screen.

use axum::response::Response;
use maud::{Markup, html};

use super::scripted;
use crate::hours::attendance::Refusal;
use crate::hours::attendance::api::AttendanceCode;
use crate::hours::attendance::store::{self, DeskShift};
use crate::platform::i18n::Lang;
use crate::platform::input::Id;
use crate::platform::page::when;
use crate::platform::problem::Problem;
use crate::platform::qr;
use crate::platform::visit::Visit;

/// Serves `/shifts/{id}/attendance/code`. It changes by itself: by the script, and where
/// there are none, by reloading.
pub async fn code(visit: Visit, Id(id): Id) -> Result<Response, Problem> {
    let shift = store::door(&visit, id).await?;
    let lang = visit.lang;
    let refusal = match shift.cancelled {
        true => Some(Refusal::ShiftCancelled),
        false => shift.window().refusal(visit.now),
    };
    let now = AttendanceCode::now(&visit, &shift);
    let left = (now.valid_until.millis() - visit.now.millis() + 999) / 1000;
    let body = html! {
        p.small { a href={ "/shifts/" (id) "/attendance" } { (lang.pick("签到情况", "Who came")) }
            " · " a href={ "/shifts/" (id) "/roster" } { (lang.pick("名单", "Roster")) } }
        h1 { (lang.pick("签到码", "Check-in code")) }
        p { (shift.title) " · " (shift.role) br; strong.num { (when(&visit, shift.starts_at, shift.ends_at)) } }
        @match refusal {
            Some(refusal) => {
                p.say.wait { (refusal.words(Some(shift.window())).in_lang(lang)) }
            },
            None => (screen(&now, &shift, left, lang)),
        }
    };
    let reload = html! {
        @if refusal.is_none() { noscript { meta http-equiv="refresh" content=(left); } }
    };
    let title = lang.pick("签到码", "Check-in code");
    Ok(scripted(&visit, title, &reload, &body))
}

fn screen(now: &AttendanceCode, shift: &DeskShift, left: i64, lang: Lang) -> Markup {
    let (first, last) = now.code.split_at_checked(3).unwrap_or_default();
    html! {
        section.screen #code data-left=(left) {
            (qr::svg(&now.url))
            p.digits { (first) " " (last) }
            p.small { @match lang {
                Lang::Zh => { span.num data-count { (left) } " 秒后自动更新" },
                Lang::En => { "Changes in " span.num data-count { (left) } " s" },
            } }
            p.num { @match lang {
                Lang::Zh => { "已签到 " strong { (shift.came) "/" (shift.expected) } " · 已签退 " strong { (shift.went) } },
                Lang::En => { "In " strong { (shift.came) "/" (shift.expected) } " · out " strong { (shift.went) } },
            } }
        }
        p { (lang.pick(
            "请志愿者用手机扫码，或在“我的班次”的票上输入这 6 位数字。来时签到，走时签退。",
            "Volunteers scan this, or type the six digits on their ticket under My shifts: once on arriving, once on leaving.",
        )) }
        p.small { (lang.pick(
            "没有网络也能签到：手机会先保存，有网后自动上传。截图和转发的码很快失效。",
            "It works without a network: the phone keeps the check-in and sends it later. Screenshots soon stop working.",
        )) }
    }
}
