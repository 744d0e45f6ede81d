//! Who came, for those who run the shift, and entering it by hand.

use axum::response::Response;
use maud::{Markup, html};
use uuid::Uuid;

use super::{act, events_list, instant_of, kind_of, time_field, usual};
use crate::hours::attendance::next;
use crate::hours::attendance::store::{self, DeskShift, Entry, Present, Whom};
use crate::hours::{AttendanceKind, AttendanceMethod};
use crate::platform::fields::FieldErrors;
use crate::platform::i18n::{Lang, Words};
use crate::platform::idempotency::IdempotencyKey;
use crate::platform::input::{Form, Id, parse_id};
use crate::platform::page::{Audience, page, see_other, when};
use crate::platform::problem::Problem;
use crate::platform::text::Line;
use crate::platform::visit::{Presented, Visit};

/// Serves `/shifts/{id}/attendance`.
pub async fn desk(visit: Visit, Id(id): Id) -> Result<Response, Problem> {
    let desk = store::desk(&visit, id).await?;
    let (shift, lang) = (&desk.shift, visit.lang);
    let enters = shift.records && !shift.cancelled && visit.now >= shift.window().opens_at;
    let title = lang.pick("签到情况", "Who came");
    let body = html! {
        p.small { a href={ "/projects/" (shift.project_id) } { (shift.title) }
            " · " a href={ "/shifts/" (id) "/roster" } { (lang.pick("名单", "Roster")) } }
        h1 { (title) }
        p { strong.num { (when(&visit, shift.starts_at, shift.ends_at)) } " · " (shift.role) br; (shift.place) }
        p.num { (counts(shift, lang)) }
        @if shift.records {
            div.actions {
                @if shift.ends_at <= visit.now {
                    a.button href={ "/shifts/" (id) "/settlement" } { (lang.pick("结算", "Settle")) }
                }
                @if shift.window().refusal(visit.now).is_none() {
                    a.button.quiet[shift.ends_at <= visit.now] href={ "/shifts/" (id) "/attendance/code" } { (lang.pick("显示签到码", "Show the code")) }
                }
                a.button.quiet href={ "/shifts/" (id) "/roster/print" } { (lang.pick("打印签到表", "Print a sign-in sheet")) }
            }
        }
        @if desk.people.is_empty() {
            div.empty { p { (lang.pick("这个班次没有人报名。", "Nobody signed up for this shift.")) } }
        }
        ul.shifts { @for person in &desk.people { (line(&visit, shift, person, enters)) } }
        @if enters && !desk.people.is_empty() {
            section.course.acts {
                h2 { (lang.pick("全部登记", "Enter everybody")) }
                p.small { (lang.pick(
                    "只登记还没有记录的人，不含您本人；登记人、时间和原因会一直保留，服务记录标为“人工登记”。",
                    "Only those of whom nothing is known yet, and not yourself. Who entered it, when and why stays; service records will say so.",
                )) }
                @for kind in [AttendanceKind::In, AttendanceKind::Out] {
                    details {
                        summary { @match kind {
                            AttendanceKind::In => { (lang.pick("全部签到…", "Check everybody in…")) }
                            AttendanceKind::Out => { (lang.pick("全部签退…", "Check everybody out…")) }
                        } }
                        (by_hand(&visit, shift, kind, None))
                    }
                }
            }
        }
    };
    Ok(page(&visit, Audience::Oneself, title, &body))
}

fn counts(shift: &DeskShift, lang: Lang) -> String {
    let DeskShift {
        expected,
        came,
        went,
        ..
    } = shift;
    match lang {
        Lang::Zh => format!("共 {expected} 人 · 已签到 {came} · 已签退 {went}"),
        Lang::En => format!("{expected} in all · {came} came · {went} left"),
    }
}

fn line(visit: &Visit, shift: &DeskShift, person: &Present, enters: bool) -> Markup {
    let lang = visit.lang;
    let kind = next(&person.events, shift.ends_at, visit.now);
    html! {
        li {
            div { strong { (person.name) } " " span.small.num { (format!("{:06}", person.number)) } }
            div.small {
                @if person.events.is_empty() { (lang.pick("还没有记录", "Nothing yet")) }
                (events_list(&person.events, lang))
                @for reason in person.events.iter().filter_map(|event| event.reason.as_ref()) {
                    div { (lang.pick("原因：", "Reason: ")) (reason) }
                }
            }
            @if enters {
                details {
                    summary { (lang.pick("手工登记…", "Enter by hand…")) }
                    (by_hand(visit, shift, kind, Some(&person.signup_id)))
                }
            }
        }
    }
}

/// The entry of one, who may be entered either way, or of everybody.
fn by_hand(visit: &Visit, shift: &DeskShift, kind: AttendanceKind, one: Option<&str>) -> Markup {
    let lang = visit.lang;
    let at = usual(kind, shift.starts_at, shift.ends_at, visit.now);
    html! {
        form method="post" action={ "/shifts/" (shift.id) "/attendance" } {
            @match one {
                Some(signup) => {
                    input type="hidden" name="signup" value=(signup);
                    label { (lang.pick("登记", "Enter"))
                        select name="kind" {
                            @for known in [AttendanceKind::In, AttendanceKind::Out] {
                                option value=(known.word()) selected[known == kind] { (known.name(lang)) }
                            }
                        }
                    }
                    label { (lang.pick("时间（北京时间）", "At (Beijing time)"))
                        input type="datetime-local" name="at" required value=(super::local_input(at)); }
                },
                None => {
                    input type="hidden" name="kind" value=(kind.word());
                    (time_field(kind, at, lang))
                },
            }
            label { (lang.pick("原因", "Reason"))
                input name="reason" maxlength="200" required placeholder=(lang.pick("如：现场没有信号", "Such as: no network there")); }
            p { button.quiet {
                @match one {
                    Some(_) => { (lang.pick("登记", "Enter")) }
                    None => { (act(kind, lang)) }
                }
            } }
        }
    }
}

/// Takes `/shifts/{id}/attendance`: one by hand, or all.
pub async fn enter(
    visit: Visit,
    _: Presented,
    Id(shift): Id,
    form: Form,
) -> Result<Response, Problem> {
    let reason: Line<200> = match form.get("reason").map(Line::parse) {
        Some(Ok(reason)) => reason,
        Some(Err(fault)) => {
            return Err(Problem::invalid(FieldErrors::one("/reason", fault.words())));
        }
        None => {
            let words = Words::new("请填写原因", "must be given");
            return Err(Problem::invalid(FieldErrors::one("/reason", words)));
        }
    };
    let one: Option<[Uuid; 1]> = match form.get("signup") {
        Some(signup) => Some([parse_id(signup)?]),
        None => None,
    };
    let entry = Entry {
        kind: kind_of(&form)?,
        at: instant_of(&form)?,
        whom: one.as_ref().map_or(Whom::Everybody, |one| Whom::Named(one)),
        method: AttendanceMethod::Hand,
        reason: Some(reason.as_str()),
    };
    store::enter(&visit, shift, &entry, &IdempotencyKey::default()).await?;
    Ok(see_other(&format!("/shifts/{shift}/attendance")))
}
