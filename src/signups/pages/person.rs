//! One volunteer on a roster, and all that can be done about them.

use axum::response::Response;
use maud::{Markup, html};

use super::roster::{console, sibling_words};
use crate::platform::i18n::Lang;
use crate::platform::input::{Path, parse_id};
use crate::platform::page::{Audience, page, when};
use crate::platform::problem::Problem;
use crate::platform::visit::Visit;
use crate::signups::SignupState;
use crate::signups::organizing::{Expectation, state_name};
use crate::signups::roster::{Person, Sibling, read};

/// What a manager answers to what somebody asks.
pub fn answers(shift: &str, person: &Person, lang: Lang) -> Markup {
    let to = |act: &str| format!("/shifts/{shift}/roster/{}/{act}", person.id);
    html! {
        @if person.is_pending() {
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
        (console(&visit, &shift_row))
        p.small { a href=(roster) { (lang.pick("名单", "Roster")) } " · " (shift_row.title) " · "
            (when(&visit, shift_row.starts_at, shift_row.ends_at)) }
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
        @if !settled && !person.is_pending() && person.cancel_requested_at.is_none() {
            section.course.acts {
                h2 { (lang.pick("取消报名", "Cancel the sign-up")) }
                details {
                    summary { (lang.pick("取消这位志愿者的报名…", "Cancel this sign-up…")) }
                    p.small { (lang.pick("志愿者会收到短信，空出的名额自动让给候补。不能撤回。", "The volunteer is told; the seat goes to the next in line. There is no way back.")) }
                    form method="post" action=(to("release")) {
                        label { (lang.pick("原因（会发给志愿者，可不填）", "Reason (sent to the volunteer, optional)"))
                            input name="reason" maxlength="200"; }
                        p { button.quiet { (lang.pick("确定取消并通知", "Yes, cancel and tell")) } }
                    }
                }
            }
        }
    }
}

/// Declining needs a word of explanation. `requests_of` is the organization to whose
/// requests it leads back, if not to the roster.
pub fn decline_form(action: &str, requests_of: Option<&str>, lang: Lang) -> Markup {
    html! {
        details {
            summary { (lang.pick("不同意…", "Decline…")) }
            form method="post" action=(action) {
                @if let Some(id) = requests_of { input type="hidden" name="requests_of" value=(id); }
                label { (lang.pick("原因（会发给志愿者）", "Reason (sent to the volunteer)"))
                    input name="reason" maxlength="200" required; }
                p { button.quiet { (lang.pick("不同意并通知", "Decline and tell")) } }
            }
        }
    }
}
