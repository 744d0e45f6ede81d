//! The roster, for those who run the shift: who comes.

use axum::response::Response;
use deserr::Deserr;
use maud::{Markup, html};

use super::acts::Done;
use super::counts;
use super::person::answers;
use crate::menu::Places;
use crate::organizations::pages::Console;
use crate::platform::clock::day_words;
use crate::platform::fields::FieldErrors;
use crate::platform::i18n::Lang;
use crate::platform::input::{Id, PageQuery};
use crate::platform::page::{Audience, in_brackets, page, when};
use crate::platform::problem::Problem;
use crate::platform::text::Line;
use crate::platform::visit::Visit;
use crate::signups::organizing::state_name;
use crate::signups::roster::{Person, RosterShift, Sibling, read};

/// What has just been done, and to whom.
#[derive(Debug, Default, Deserr)]
#[deserr(error = FieldErrors, deny_unknown_fields)]
pub struct RosterQuery {
    #[deserr(default)]
    done: Option<Done>,
    #[deserr(default)]
    signup: Option<Line<36>>,
}

/// Serves `/shifts/{id}/roster`.
pub async fn roster(
    visit: Visit,
    Id(id): Id,
    PageQuery(query): PageQuery<RosterQuery>,
) -> Result<Response, Problem> {
    let (shift, people, siblings) = read(&visit, id).await?;
    let lang = visit.lang;
    let this = id.to_string();
    let free = Places::of((shift.capacity - shift.confirmed).max(0), 0);
    let pending = people.iter().filter(|person| person.is_pending()).count();
    let pending = i64::try_from(pending).unwrap_or_default();
    let whom = query.signup.as_ref().map(Line::as_str);
    let whom = people
        .iter()
        .find(|person| Some(person.id.as_str()) == whom);
    let body = html! {
        (console(&visit, &shift))
        h1 { (lang.pick("名单", "Roster")) }
        @if let Some(done) = query.done { p.say.good role="status" { (done.words(whom, lang)) } }
        p { a href={ "/projects/" (shift.project_id) } { strong { (shift.title) } } br;
            strong.num { (when(&visit, shift.starts_at, shift.ends_at)) }
            " · " (shift.role) br; (shift.place) }
        p { (counts(shift.confirmed, shift.capacity, shift.waiting, pending, lang)) " · "
            span class=(free.class()) { (free.words().in_lang(lang)) } }
        @if siblings.len() > 1 { (beside(&this, &siblings, lang)) }
        @if people.is_empty() {
            div.empty {
                p { (lang.pick("还没有人报名。", "Nobody has signed up yet.")) }
                p { a.button.quiet href={ "/projects/" (shift.project_id) } { (lang.pick("打开项目页，转发给大家", "Open the project page to share it")) } }
            }
        } @else {
            div.actions {
                @if shift.records() { a.button.quiet href={ "/shifts/" (this) "/attendance/code" } { (lang.pick("签到码", "Check-in code")) } }
                a.button.quiet href={ "/shifts/" (this) "/attendance" } { (lang.pick("签到情况", "Who came")) }
                a.button.quiet href={ "/shifts/" (this) "/roster/print" } { (lang.pick("打印签到表", "Print a sign-in sheet")) }
                @if shift.ends_at <= visit.now {
                    a.button href={ "/shifts/" (this) "/settlement" } { (lang.pick("结算", "Settle")) }
                }
            }
            @if shift.manages() { (message_form(&this, &shift, pending, lang)) }
            div.scroll tabindex="0" role="region" aria-label=(lang.pick("名单", "Roster")) {
                table {
                    thead { tr {
                        th scope="col" { (lang.pick("姓名", "Name")) }
                        th scope="col" { (lang.pick("手机", "Phone")) }
                        th scope="col" { (lang.pick("状态", "State")) }
                    } }
                    tbody { @for person in &people {
                        (line(person, shift.manages(), lang))
                        @if shift.manages() {
                            tr.acts { td colspan="3" {
                                (answers(&this, person, lang))
                                a.more href={ "/shifts/" (this) "/roster/" (person.id) } {
                                    (lang.pick("换班、备注、取消…", "Move, note, cancel…"))
                                }
                            } }
                        }
                    } }
                }
            }
            p.small { (lang.pick(
                "名单仅供组织本次活动使用，活动结束 30 天后不再显示，请勿外传。",
                "This list is for running the shift only. It closes 30 days after the end; do not pass it on.",
            )) }
        }
    };
    Ok(page(
        &visit,
        Audience::Oneself,
        lang.pick("名单", "Roster"),
        &body,
    ))
}

/// The navigation of the console the roster belongs to.
pub fn console(visit: &Visit, shift: &RosterShift) -> Markup {
    let console = Console::new(
        visit,
        &shift.organization_id,
        &shift.organization_name,
        shift.member_role,
    );
    console.nav(None)
}

/// Shifts of the same project, to go over to.
fn beside(this: &str, siblings: &[Sibling], lang: Lang) -> Markup {
    html! {
        details {
            summary { (lang.pick("同一项目的其他班次", "Other shifts of this project")) (in_brackets(siblings.len() - 1, lang)) }
            nav.chips aria-label=(lang.pick("同一项目的班次", "Shifts of this project")) {
                @for sibling in siblings {
                    a href={ "/shifts/" (sibling.id) "/roster" } aria-current=[(sibling.id == this).then_some("page")] {
                        (sibling_words(sibling, lang))
                    }
                }
            }
        }
    }
}

/// When another shift starts, and what volunteers do there.
pub fn sibling_words(sibling: &Sibling, lang: Lang) -> String {
    let Sibling {
        starts_at, role, ..
    } = sibling;
    format!(
        "{} {} {role}",
        day_words(*starts_at, lang),
        starts_at.hour_minute()
    )
}

fn line(person: &Person, has_acts: bool, lang: Lang) -> Markup {
    html! {
        tr.acted[has_acts] {
            td { strong { (person.name) } }
            td.num {
                a href={ "tel:" (person.phone) } { (person.phone) }
                @if let Some(note) = &person.note { br; small { (note) } }
                @if let (Some(name), Some(phone)) = (&person.guardian_name, &person.guardian_phone) {
                    br; small { (lang.pick("监护人 ", "Guardian ")) (name) " " a href={ "tel:" (phone) } { (phone) }
                        @if person.guardian_accompanies { (lang.pick("，陪同", ", comes along")) } }
                }
                @if let Some(note) = &person.organizer_note { br; small { (lang.pick("备注：", "Note: ")) (note) } }
            }
            td {
                (state_name(person.state, person.approval, lang))
                @if let Some(expectation) = person.expectation { br; small { (expectation.name(lang)) } }
                @if person.cancel_requested_at.is_some() {
                    br; small.wrong { (lang.pick("请求退出", "Asked to withdraw")) }
                }
            }
        }
    }
}

fn message_form(id: &str, shift: &RosterShift, pending: i64, lang: Lang) -> Markup {
    html! {
        details {
            summary { (lang.pick("给大家发短信", "Write to everybody")) }
            form method="post" action={ "/shifts/" (id) "/roster/message" } {
                label { (lang.pick("发给", "To"))
                    select name="to" {
                        option value="confirmed" { (lang.pick("有名额的人", "Those with a seat")) }
                        @if shift.waiting > pending { option value="all" { (lang.pick("所有人，含候补", "All, those waiting too")) } }
                    }
                }
                label { (lang.pick("内容（300 字以内，系统会在开头注明组织和项目）", "Text (300 characters; organization and project are put before it)"))
                    textarea name="text" rows="4" maxlength="300" required {} }
                p { button { (lang.pick("发送", "Send")) } }
            }
        }
    }
}
