//! The organizer at work: requests of all shifts in one place, and the roster on paper.

use axum::response::Response;
use deserr::Deserr;
use maud::{Markup, html};

use super::state_name;
use super::store::{self, Asks, Request};
use crate::hours::attendance;
use crate::organizations::Permission;
use crate::organizations::pages::{Console, ConsolePage};
use crate::platform::clock::day_words;
use crate::platform::fields::FieldErrors;
use crate::platform::i18n::Lang;
use crate::platform::input::{Id, PageQuery};
use crate::platform::page::{Audience, page, when};
use crate::platform::problem::Problem;
use crate::platform::qr;
use crate::platform::visit::Visit;
use crate::signups::SignupState;
use crate::signups::pages::acts::Done;
use crate::signups::pages::decline_form;
use crate::signups::roster::{Person, read};

/// What has just been done.
#[derive(Debug, Default, Deserr)]
#[deserr(error = FieldErrors, deny_unknown_fields)]
pub struct RequestsQuery {
    #[deserr(default)]
    done: Option<Done>,
}

/// Serves `/organizations/{id}/requests`.
pub async fn requests(
    visit: Visit,
    Id(id): Id,
    PageQuery(query): PageQuery<RequestsQuery>,
) -> Result<Response, Problem> {
    let requests = store::requests(&visit, id).await?;
    let lang = visit.lang;
    let organization = id.to_string();
    let console = Console::new(&visit, &organization, &requests.organization, requests.role);
    let number = i64::try_from(requests.items.len()).unwrap_or_default();
    let decides = requests
        .role
        .is_some_and(|role| role.may(Permission::WriteSignups));
    let body = html! {
        (console.with_requests(number).nav(Some(ConsolePage::Requests)))
        h1 { (lang.pick("报名请求", "Requests")) }
        @if let Some(done) = query.done { p.say.good role="status" { (done.words(None, lang)) } }
        @if requests.items.is_empty() {
            div.empty { p { (lang.pick("没有待处理的请求。", "Nothing waits for you.")) } }
        }
        ul.shifts {
            @for request in &requests.items {
                (request_line(&visit, request, &organization, decides))
            }
        }
    };
    Ok(page(
        &visit,
        Audience::Oneself,
        lang.pick("报名请求", "Requests"),
        &body,
    ))
}

fn request_line(visit: &Visit, request: &Request, organization: &str, decides: bool) -> Markup {
    let lang = visit.lang;
    let to = |act: &str| format!("/shifts/{}/roster/{}/{act}", request.shift_id, request.id);
    let (asks, act, button) = match request.asks {
        Asks::Place => (
            lang.pick("想参加", "would like to come"),
            "approve",
            lang.pick("同意报名", "Approve"),
        ),
        Asks::Leave => (
            lang.pick("请求退出", "asks to be let go"),
            "release",
            lang.pick("同意退出", "Let go"),
        ),
    };
    let since = request.cancel_requested_at.unwrap_or(request.created_at);
    html! {
        li {
            div { strong { (request.name) } " " (asks) }
            div.go {
                @if decides {
                    form method="post" action=(to(act)) {
                        input type="hidden" name="requests_of" value=(organization);
                        button { (button) }
                    }
                }
            }
            div.small {
                a href={ "/shifts/" (request.shift_id) "/roster" } { (request.title) }
                " · " (request.role) br;
                (when(visit, request.starts_at, request.ends_at)) " · "
                (lang.pick("已确认 ", "confirmed ")) span.num { (request.confirmed) "/" (request.capacity) } br;
                (day_words(since, lang)) " " (since.hour_minute()) (lang.pick(" 提交", " asked"))
                @if let Some(note) = &request.note { br; (lang.pick("留言：", "Note: ")) (note) }
                @if decides && request.asks == Asks::Place { (decline_form(&to("decline"), Some(organization), lang)) }
            }
        }
    }
}

/// Serves `/shifts/{id}/roster/print`: the sheet people sign in on.
pub async fn print(visit: Visit, Id(id): Id) -> Result<Response, Problem> {
    let (shift, people, _) = read(&visit, id).await?;
    let lang = visit.lang;
    let (waiting, seated): (Vec<&Person>, Vec<&Person>) = people
        .iter()
        .filter(|person| !person.is_pending())
        .partition(|person| is_waiting(person));
    let printed = format!("{} {}", day_words(visit.now, lang), visit.now.hour_minute());
    let by = shift.reader_name.as_deref().unwrap_or_default();
    let body = html! {
        div.actions {
            a.button.quiet href={ "/shifts/" (id) "/roster" } { (lang.pick("回到名单", "Back to the roster")) }
        }
        p.small.actions { (lang.pick("用浏览器菜单里的“打印”，纸张选 A4。", "Print it from the browser's menu, on A4.")) }
        section.sheet {
            h1 { (shift.title) }
            p { strong.num { (when(&visit, shift.starts_at, shift.ends_at)) } " · " (shift.role) br; (shift.place) br;
                (shift.organization_name) }
            (sign_in_table(&visit, &seated, lang.pick("已确认", "With a seat")))
            @if !waiting.is_empty() {
                h2 { (lang.pick("候补", "Waiting list")) }
                (sign_in_table(&visit, &waiting, lang.pick("候补", "Waiting list")))
            }
            p.small { (lang.pick(
                "没有网络时先在纸上签名并写时间；有网后负责人扫每行的码补签到、签退。本人不能用它给自己签到。",
                "Without a network, sign here with the time; later a recorder scans each row to check people in and out. Nobody can check themselves in with it.",
            )) }
            p.small {
                @match lang {
                    Lang::Zh => { (by) "于" (printed) "打印。用完请妥善销毁。" }
                    Lang::En => { "Printed by " (by) " on " (printed) ". Destroy it after use." }
                }
            }
        }
    };
    Ok(page(
        &visit,
        Audience::Oneself,
        lang.pick("签到表", "Sign-in sheet"),
        &body,
    ))
}

fn is_waiting(person: &Person) -> bool {
    person.state == SignupState::Waitlisted
}

/// No telephone numbers lie about: the last four digits tell namesakes apart. Whoever has a
/// seat has a code as well, for the recorder to scan.
fn sign_in_table(visit: &Visit, people: &[&Person], label: &str) -> Markup {
    let lang = visit.lang;
    let seated = people.iter().any(|person| !is_waiting(person));
    let row = |person: &Person| {
        let path = attendance::sheet_path(&visit.config.keys, &person.id);
        qr::svg(&format!("{}{path}", visit.origin))
    };
    html! {
        div.scroll tabindex="0" role="region" aria-label=(label) { table {
            thead { tr {
                th scope="col" { "#" }
                th scope="col" { (lang.pick("姓名", "Name")) }
                th scope="col" { (lang.pick("尾号", "Phone")) }
                th.note scope="col" { (lang.pick("备注", "Note")) }
                th.sign scope="col" { (lang.pick("签到", "In")) }
                th.sign scope="col" { (lang.pick("签退", "Out")) }
                th.sign scope="col" { (lang.pick("签名", "Signature")) }
                @if seated { th scope="col" { (lang.pick("负责人扫", "Recorder")) } }
            } }
            tbody { @for (index, person) in people.iter().enumerate() {
                tr {
                    td.num { (index + 1) }
                    td { (person.name) }
                    td.num { (last_four(&person.phone)) }
                    td {
                        @if let Some(expectation) = person.expectation { (expectation.name(lang)) " " }
                        @if person.state != SignupState::Confirmed && !is_waiting(person) { (state_name(person.state, None, lang)) " " }
                        @if let Some(note) = &person.organizer_note { (note) " " }
                        @if person.guardian_accompanies { (lang.pick("监护人陪同", "guardian comes along")) }
                    }
                    td {} td {} td {}
                    @if seated { td { @if !is_waiting(person) { (row(person)) } } }
                }
            } }
        } }
    }
}

fn last_four(phone: &str) -> &str {
    phone
        .len()
        .checked_sub(4)
        .map_or("", |at| phone.get(at..).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::last_four;

    #[test]
    fn only_the_end_of_a_number_is_printed() {
        assert_eq!(last_four("13800138000"), "8000");
        assert_eq!(last_four("80"), "");
    }
}
