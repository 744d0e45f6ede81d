//! The pages of coming and going.

mod check_in;
mod code;
mod desk;
mod own;
mod sheet;

pub use check_in::{check_in, check_in_submit, kept};
pub use code::code;
pub use desk::{desk, enter};
pub use own::{is_due, on_ticket, submit as ticket_submit};
pub use sheet::{scan, scan_submit};

use axum::response::Response;
use jiff::civil::DateTime;
use maud::{Markup, html};

use super::Attendance;
use crate::hours::AttendanceKind;
use crate::platform::assets::ATTENDANCE_SCRIPT;
use crate::platform::clock::Instant;
use crate::platform::fields::FieldErrors;
use crate::platform::i18n::{Lang, Words};
use crate::platform::input::{Choice as _, Form};
use crate::platform::page::{Audience, page_with_head};
use crate::platform::problem::Problem;
use crate::platform::visit::Visit;

/// What scanning, keeping and sending need besides the page.
pub fn script() -> Markup {
    html! { script src=(ATTENDANCE_SCRIPT.href()) defer {} }
}

/// A page of somebody's own, with the script.
fn scripted(visit: &Visit, title: &str, more: &Markup, body: &Markup) -> Response {
    let head = html! { (more) (script()) };
    page_with_head(visit, Audience::Oneself, title, &head, body)
}

/// To the sign-in, and back here.
fn to_sign_in(visit: &Visit) -> Response {
    let back: String = form_urlencoded::byte_serialize(visit.target.as_bytes()).collect();
    crate::platform::page::see_other(&format!("/sign-in?back={back}"))
}

/// What is known of somebody, a line each.
fn events_list(events: &[Attendance], lang: Lang) -> Markup {
    html! {
        @if !events.is_empty() {
            ul.evidence { @for event in events { li.num { (event.line(lang)) } } }
        }
    }
}

/// What the button says.
fn act(kind: AttendanceKind, lang: Lang) -> &'static str {
    match kind {
        AttendanceKind::In => lang.pick("签到", "Check in"),
        AttendanceKind::Out => lang.pick("签退", "Check out"),
    }
}

/// Where somebody is, if they tick it: shown by the script, which finds it out.
fn near_field(lang: Lang) -> Markup {
    html! {
        div data-near hidden {
            label.tick { input type="checkbox";
                (lang.pick("附上大致位置（约 1 公里，可不选）", "Add where I am, to about 1 km (optional)")) }
        }
    }
}

fn kind_of(form: &Form) -> Result<AttendanceKind, Problem> {
    let kind = form.get("kind").and_then(AttendanceKind::from_word);
    kind.ok_or_else(|| bad("/kind", "应为签到或签退", "must be in or out"))
}

fn bad(pointer: &str, zh: &'static str, en: &'static str) -> Problem {
    Problem::invalid(FieldErrors::one(pointer, Words::new(zh, en)))
}

/// `2026-11-28T09:00`, as `datetime-local` has it, on a clock in Beijing.
fn local_input(at: Instant) -> String {
    at.local().strftime("%Y-%m-%dT%H:%M").to_string()
}

fn instant_of(form: &Form) -> Result<Instant, Problem> {
    let local = form
        .get("at")
        .and_then(|text| text.parse::<DateTime>().ok());
    local
        .map(Instant::of_local)
        .ok_or_else(|| bad("/at", "请填写日期和时间", "must be a date and a time"))
}

/// What the recorder is offered: the time of the shift's own end, unless it lies ahead.
fn usual(kind: AttendanceKind, starts_at: Instant, ends_at: Instant, now: Instant) -> Instant {
    match kind {
        AttendanceKind::In => starts_at.min(now),
        AttendanceKind::Out => ends_at.min(now),
    }
}

/// The field for a time within the shift's window, now at the latest.
fn time_field(kind: AttendanceKind, at: Instant, lang: Lang) -> Markup {
    html! {
        label { @match kind {
                AttendanceKind::In => { (lang.pick("签到时间（北京时间）", "Came at (Beijing time)")) }
                AttendanceKind::Out => { (lang.pick("签退时间（北京时间）", "Left at (Beijing time)")) }
            }
            input type="datetime-local" name="at" required value=(local_input(at)); }
    }
}
