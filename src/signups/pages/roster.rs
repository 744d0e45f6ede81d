//! The roster, for those who run the shift: who comes, and what can be done about it.

use axum::response::Response;
use maud::{Markup, html};

use super::counts;
use crate::menu::Places;
use crate::platform::clock::day_words;
use crate::platform::i18n::Lang;
use crate::platform::input::{Id, Path, parse_id};
use crate::platform::page::{Audience, page, when};
use crate::platform::problem::Problem;
use crate::platform::visit::Visit;
use crate::signups::SignupState;
use crate::signups::organizing::{Approval, Expectation, state_name};
use crate::signups::roster::{Person, RosterShift, Sibling, read};

/// Serves `/shifts/{id}/roster`.
pub async fn roster(visit: Visit, Id(id): Id) -> Result<Response, Problem> {
    let (shift, people, siblings) = read(&visit, id).await?;
    let lang = visit.lang;
    let this = id.to_string();
    let free = Places::of((shift.capacity - shift.confirmed).max(0), 0);
    let body = html! {
        p.small { a href={ "/projects/" (shift.project_id) } { (shift.title) }
            " · " a href={ "/organizations/" (shift.organization_id) "/requests" } { (lang.pick("全部请求", "All requests")) } }
        h1 { (lang.pick("名单", "Roster")) }
        p { strong.num { (when(shift.starts_at, shift.ends_at, lang)) }
            " · " (shift.role) br; (shift.place) }
        p { (counts(shift.confirmed, shift.capacity, shift.waiting, lang)) " · "
            span class=(free.class()) { (free.words().in_lang(lang)) } }
        @if people.is_empty() {
            div.empty {
                p { (lang.pick("还没有人报名。", "Nobody has signed up yet.")) }
                p { a.button.quiet href={ "/projects/" (shift.project_id) } { (lang.pick("打开项目页，转发给大家", "Open the project page to share it")) } }
            }
        } @else {
            div.scroll tabindex="0" role="region" aria-label=(lang.pick("名单", "Roster")) {
                table {
                    thead { tr {
                        th scope="col" { (lang.pick("姓名", "Name")) }
                        th scope="col" { (lang.pick("手机", "Phone")) }
                        th scope="col" { (lang.pick("状态", "State")) }
                    } }
                    tbody { @for person in &people {
                        (line(person, lang))
                        @if shift.manages() {
                            tr.acts { td colspan="3" {
                                (answers(&this, person, lang))
                                a.more href={ "/shifts/" (this) "/roster/" (person.id) } {
                                    (lang.pick("换班、备注…", "Move, note…"))
                                }
                            } }
                        }
                    } }
                }
            }
            div.actions {
                a.button.quiet href={ "/shifts/" (this) "/roster/print" } { (lang.pick("打印签到表", "Print a sign-in sheet")) }
                @if shift.ends_at <= visit.now {
                    a.button href={ "/shifts/" (this) "/settlement" } { (lang.pick("结算", "Settle")) }
                }
            }
            @if shift.manages() { (message_form(&this, &shift, lang)) }
            p.small { (lang.pick(
                "名单只用于组织这次活动，结束 30 天后不再显示，请勿转发。",
                "This list is for running the shift only. It closes 30 days after the end; do not pass it on.",
            )) }
        }
        @if siblings.len() > 1 {
            nav.chips aria-label=(lang.pick("同一项目的班次", "Shifts of this project")) {
                @for sibling in &siblings {
                    a href={ "/shifts/" (sibling.id) "/roster" } aria-current=[(sibling.id == this).then_some("page")] {
                        (sibling_words(sibling, lang))
                    }
                }
            }
        }
    };
    Ok(page(
        &visit,
        Audience::Oneself,
        lang.pick("名单", "Roster"),
        &body,
    ))
}

fn sibling_words(sibling: &Sibling, lang: Lang) -> String {
    let Sibling {
        starts_at, role, ..
    } = sibling;
    format!(
        "{} {} {role}",
        day_words(*starts_at, lang),
        starts_at.hour_minute()
    )
}

fn line(person: &Person, lang: Lang) -> Markup {
    html! {
        tr {
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

fn is_pending(person: &Person) -> bool {
    person.state == SignupState::Waitlisted && person.approval == Some(Approval::Pending)
}

/// What a manager answers to what somebody asks.
fn answers(shift: &str, person: &Person, lang: Lang) -> Markup {
    let to = |act: &str| format!("/shifts/{shift}/roster/{}/{act}", person.id);
    html! {
        @if is_pending(person) {
            div.actions {
                form method="post" action=(to("approve")) { button { (lang.pick("同意报名", "Approve")) } }
            }
            (decline_form(&to("decline"), None, lang))
        } @else if person.cancel_requested_at.is_some() {
            div.actions {
                form method="post" action=(to("release")) { button { (lang.pick("同意退出", "Let go")) } }
            }
        }
    }
}

/// Serves `/shifts/{shift}/roster/{signup}`: all that can be done about one volunteer.
pub async fn person(
    visit: Visit,
    Path((shift, signup)): Path<(String, String)>,
) -> Result<Response, Problem> {
    let id = parse_id(&shift)?;
    let (shift_row, people, siblings) = read(&visit, id).await?;
    let person = people
        .iter()
        .find(|person| person.id == signup)
        .ok_or_else(Problem::not_found)?;
    if !shift_row.manages() {
        return Err(Problem::forbidden());
    }
    let lang = visit.lang;
    let elsewhere: Vec<&Sibling> = siblings
        .iter()
        .filter(|sibling| sibling.has_seat && sibling.id != shift)
        .collect();
    let roster = format!("/shifts/{shift}/roster");
    let body = html! {
        p.small { a href=(roster) { (lang.pick("名单", "Roster")) } " · " (shift_row.title) " · "
            (when(shift_row.starts_at, shift_row.ends_at, lang)) }
        h1 { (person.name) }
        p { (state_name(person.state, person.approval, lang)) " · " a.num href={ "tel:" (person.phone) } { (person.phone) }
            @if let Some(note) = &person.note { br; (lang.pick("留言：", "Says: ")) (note) } }
        (answers(&shift, person, lang))
        (acts(&roster, person, &elsewhere, lang))
        p { a href=(roster) { (lang.pick("回到名单", "Back to the roster")) } }
    };
    Ok(page(&visit, Audience::Oneself, &person.name, &body))
}

fn acts(roster: &str, person: &Person, elsewhere: &[&Sibling], lang: Lang) -> Markup {
    let to = |act: &str| format!("{roster}/{}/{act}", person.id);
    let settled = !matches!(
        person.state,
        SignupState::Confirmed | SignupState::Waitlisted
    );
    html! {
        section.course.acts {
            h2 { (lang.pick("预计到场", "On the day")) }
            form method="post" action=(to("describe")) {
                label { (lang.pick("预计", "Expected"))
                    select name="expectation" {
                        option value="" { (lang.pick("未说明", "Not said")) }
                        @for expectation in Expectation::all() {
                            option value=(expectation.word()) selected[person.expectation == Some(expectation)] { (expectation.name(lang)) }
                        }
                    }
                }
                label { (lang.pick("备注（志愿者看不到）", "Note (the volunteer does not see it)"))
                    input name="note" maxlength="200" value=[person.organizer_note.as_deref()]; }
                p { button.quiet { (lang.pick("保存", "Save")) } }
            }
        }
        @if !settled && !elsewhere.is_empty() {
            section.course.acts {
                h2 { (lang.pick("换到别的班次", "Move to another shift")) }
                form method="post" action=(to("move")) {
                    label { (lang.pick("有空位的班次", "With a free seat"))
                        select name="shift_id" {
                            @for sibling in elsewhere { option value=(sibling.id) { (sibling_words(sibling, lang)) } }
                        }
                    }
                    label { (lang.pick("原因（会发给志愿者，可不填）", "Reason (sent to the volunteer, optional)"))
                        input name="reason" maxlength="200"; }
                    label.tick { input type="checkbox" name="accept_tight_gap" value="1";
                        (lang.pick("两班间隔很短，志愿者已同意", "The volunteer agrees to a tight schedule")) }
                    p { button.quiet { (lang.pick("换班并通知", "Move and tell")) } }
                }
            }
        }
        @if !settled && !is_pending(person) && person.cancel_requested_at.is_none() {
            section.course.acts {
                h2 { (lang.pick("取消报名", "Cancel the sign-up")) }
                p.small { (lang.pick("志愿者会收到短信，名额让给候补。", "The volunteer is told; the seat goes to the next in line.")) }
                form method="post" action=(to("release")) {
                    button.quiet { (lang.pick("取消这位志愿者的报名", "Cancel this sign-up")) }
                }
            }
        }
    }
}

/// Declining needs a word of explanation.
pub fn decline_form(action: &str, back: Option<&str>, lang: Lang) -> Markup {
    html! {
        details {
            summary { (lang.pick("不同意…", "Decline…")) }
            form method="post" action=(action) {
                @if let Some(back) = back { input type="hidden" name="back" value=(back); }
                label { (lang.pick("原因（会发给志愿者）", "Reason (sent to the volunteer)"))
                    input name="reason" maxlength="200" required; }
                p { button.quiet { (lang.pick("不同意并通知", "Decline and tell")) } }
            }
        }
    }
}

fn message_form(id: &str, shift: &RosterShift, lang: Lang) -> Markup {
    html! {
        details {
            summary { (lang.pick("给大家发短信", "Write to everybody")) }
            form method="post" action={ "/shifts/" (id) "/roster/message" } {
                label { (lang.pick("发给", "To"))
                    select name="to" {
                        option value="confirmed" { (lang.pick("有名额的人", "Those with a seat")) }
                        @if shift.waiting > 0 { option value="all" { (lang.pick("所有人，含候补", "All, those waiting too")) } }
                    }
                }
                label { (lang.pick("内容（300 字以内，前面会注明组织和项目）", "Text (300 characters; organization and project are put before it)"))
                    textarea name="text" rows="4" maxlength="300" required {} }
                p { button { (lang.pick("发送", "Send")) } }
            }
        }
    }
}
