//! Coming and going on a volunteer's own ticket.

use axum::response::Response;
use maud::{Markup, html};
use uuid::Uuid;

use super::check_in::from_form;
use super::{act, events_list, near_field};
use crate::hours::AttendanceKind;
use crate::hours::attendance::{Attendance, Refusal, Window, next};
use crate::platform::clock::day_words;
use crate::platform::i18n::Lang;
use crate::platform::input::{Form, Id, parse_id};
use crate::platform::page::see_other;
use crate::platform::problem::Problem;
use crate::platform::visit::Visit;
use crate::signups::SignupState;
use crate::signups::store::Ticket;

/// The part of a ticket about coming and going. It stands there before the day as well:
/// where there is no network, the ticket is a page that was kept.
pub fn on_ticket(visit: &Visit, ticket: &Ticket, me: &str, events: &[Attendance]) -> Markup {
    let lang = visit.lang;
    let window = Window::of(ticket.starts_at, ticket.ends_at);
    let refusal = window.refusal(visit.now);
    let came = matches!(ticket.state, SignupState::Confirmed | SignupState::Attended);
    if !came || refusal == Some(Refusal::Closed) && events.is_empty() {
        return html! {};
    }
    let form = form(visit, ticket, next(events, ticket.ends_at, visit.now));
    html! {
        section.course #attendance data-me=(me) {
            h2 { (lang.pick("签到签退", "Checking in and out")) }
            (events_list(events, lang))
            @match refusal {
                None => (form),
                Some(Refusal::NotOpen) => {
                    p { (opens(window, lang)) }
                    details { summary { (lang.pick("到现场了？输入签到码", "There already? Type the code")) } (form) }
                },
                Some(_) => p.small { (lang.pick("签到已关闭。时间有误请联系组织者。", "Check-in has closed. If a time is wrong, ask the organizer.")) },
            }
        }
    }
}

/// Whether checking in or out is what the ticket is opened for now.
pub fn is_due(visit: &Visit, ticket: &Ticket) -> bool {
    let window = Window::of(ticket.starts_at, ticket.ends_at);
    ticket.state == SignupState::Confirmed && window.refusal(visit.now).is_none()
}

fn opens(window: Window, lang: Lang) -> String {
    let at = window.opens_at;
    let at = format!("{} {}", day_words(at, lang), at.hour_minute());
    match lang {
        Lang::Zh => {
            format!("{at} 起可以签到：到现场扫码，或输入屏幕上的 6 位数字。没有网络也可以。")
        }
        Lang::En => format!(
            "Check-in opens {at}: scan the code at the place, or type its six digits. It works offline."
        ),
    }
}

fn form(visit: &Visit, ticket: &Ticket, kind: AttendanceKind) -> Markup {
    let lang = visit.lang;
    html! {
        form method="post" action={ "/me/signups/" (ticket.id) "/attendance" } data-attendance=(ticket.shift_id)
            data-in=(act(AttendanceKind::In, lang)) data-out=(act(AttendanceKind::Out, lang)) {
            input type="hidden" name="id" value=(visit.new_id());
            input type="hidden" name="shift" value=(ticket.shift_id);
            input type="hidden" name="kind" value=(kind.word());
            label { (lang.pick("现场屏幕上的 6 位签到码", "Six digits on the screen at the place"))
                input.code name="code" inputmode="numeric" autocomplete="off" maxlength="7" pattern="\\s*([0-9]\\s*){6}" required; }
            (near_field(lang))
            p { button.wide { (act(kind, lang)) } }
            div data-camera hidden {
                p { button.quiet.wide type="button" { (lang.pick("用相机扫码", "Scan with the camera")) } }
                video playsinline muted hidden {}
            }
        }
    }
}

/// Takes `/me/signups/{id}/attendance`.
pub async fn submit(visit: Visit, Id(signup): Id, form: Form) -> Result<Response, Problem> {
    let shift: Uuid = parse_id(form.get("shift").unwrap_or_default())?;
    from_form(&visit, shift, &form).await?;
    Ok(see_other(&format!("/me/signups/{signup}#attendance")))
}
