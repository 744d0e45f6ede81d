//! The ticket, and all of them.

use axum::response::Response;
use maud::{Markup, html};

use super::counts;
use crate::hours::attendance::{self, Attendance};
use crate::platform::clock::day_from;
use crate::platform::i18n::Lang;
use crate::platform::input::Id;
use crate::platform::page::{Audience, in_brackets, page, page_with_head, see_other, when};
use crate::platform::problem::Problem;
use crate::platform::visit::Visit;
use crate::signups::api::{LOOKING_BACK, too_late};
use crate::signups::organizing::{Approval, state_name};
use crate::signups::store::{self, Left, MyPage, Ticket};
use crate::signups::{Leaving, SignupState};
use crate::volunteers::api::calendar_url;
use crate::volunteers::{Me, masked, who};

/// Serves `/me/signups/{id}`: the ticket.
pub async fn ticket(visit: Visit, Id(id): Id) -> Result<Response, Problem> {
    let more = vec![attendance::of_signup(&visit, id), who(&visit)];
    let (ticket, batch) = store::ticket_with(&visit, id, more).await?;
    let events: Vec<Attendance> = batch.rows(2)?;
    let me: Me = batch.first(3)?.ok_or_else(Problem::unauthenticated)?;
    let lang = visit.lang;
    let over = ticket.ends_at <= visit.now;
    let due = attendance::pages::is_due(&visit, &ticket);
    let by_organizer = ticket.cancelled_by.as_deref() == Some("organization");
    let headline = match ticket.state {
        SignupState::Confirmed if over => lang.pick("这个班次已经结束", "This shift is over"),
        SignupState::Confirmed if ticket.cancel_requested_at.is_some() => {
            lang.pick("已提交退出请求", "Withdrawal requested")
        }
        SignupState::Confirmed if due => lang.pick(
            "到了签到，走时签退",
            "Check in when you arrive, out when you leave",
        ),
        SignupState::Confirmed => {
            lang.pick("报名成功，到时见！", "You're signed up. See you there!")
        }
        SignupState::Waitlisted if ticket.is_pending() => {
            lang.pick("已提交，等组织者审核", "Asked; the organizer decides")
        }
        SignupState::Waitlisted => lang.pick("已排上候补", "You are on the waiting list"),
        SignupState::Cancelled if ticket.approval == Some(Approval::Declined) => {
            lang.pick("这次没有通过审核", "Your sign-up was declined")
        }
        SignupState::Cancelled if by_organizer => {
            lang.pick("组织者取消了这个班次", "The organizer cancelled this shift")
        }
        SignupState::Cancelled => lang.pick("已取消报名", "You cancelled your sign-up"),
        state => state.name(lang),
    };
    let cancelled = ticket.state == SignupState::Cancelled;
    let coming = attendance::pages::on_ticket(&visit, &ticket, &me.id, &events);
    let body = html! {
        h1 { (headline) }
        @if due { (coming) }
        (ticket_card(&visit, &ticket))
        @if let Some(why) = ticket.why_changed() {
            p.say.wait {
                @if cancelled { (lang.pick("取消原因：", "Reason: ")) } @else { (lang.pick("有变更：", "Changed: ")) }
                (why)
            }
        }
        @if ticket.is_pending() && !over {
            p { (lang.pick("审核通过后才有名额，结果会发短信告诉您。", "You have a seat once it is approved. We text you either way.")) }
        } @else if ticket.state == SignupState::Waitlisted && !over {
            p { (lang.pick("有名额时会按顺序自动为您确认，并发短信通知。", "If a seat comes free you move up automatically, and we text you.")) }
        }
        @if !due { (coming) }
        @if ticket.state == SignupState::Absent {
            p { a.button href={ "/me/signups/" (ticket.id) "/absence" } { (lang.pick("说明情况", "Say what happened")) } }
        }
        (leaving_fields(&visit, &ticket))
        div.actions {
            @if cancelled {
                a.button href={ "/projects/" (ticket.project_id) "#shifts" } { (lang.pick("看看其他班次", "See other shifts")) }
            } @else {
                a.button.quiet href="/me/signups#calendar" { (lang.pick("放进手机日历", "Add to calendar")) }
            }
            a.button.quiet href="/me/signups" { (lang.pick("我的全部班次", "All my shifts")) }
            a.button.quiet href={ "/projects/" (ticket.project_id) } { (lang.pick("项目详情", "About the project")) }
        }
    };
    let head = attendance::pages::script();
    let audience = Audience::Oneself;
    Ok(page_with_head(&visit, audience, headline, &head, &body))
}

fn ticket_card(visit: &Visit, ticket: &Ticket) -> Markup {
    let lang = visit.lang;
    html! {
        article.ticket {
            span class={ "state " (ticket.state.word()) } {
                (state_name(ticket.state, ticket.approval, lang))
                @if ticket.position > 0 {
                    @match lang {
                        Lang::Zh => { " · 第 " (ticket.position) " 位" }
                        Lang::En => { " · #" (ticket.position) }
                    }
                }
            }
            h2 class=[(ticket.state == SignupState::Cancelled).then_some("struck")] { (ticket.title) }
            hr;
            dl.facts {
                dt { (lang.pick("时间", "When")) }
                dd.num { strong { (when(visit, ticket.starts_at, ticket.ends_at)) } }
                dt { (lang.pick("地点", "Where")) }
                dd { (ticket.place) br; small { (ticket.region_name.as_deref().unwrap_or_default()) } }
                dt { (lang.pick("岗位", "Role")) }
                dd { (ticket.role) }
                @if let Some(bring) = &ticket.what_to_bring {
                    dt { (lang.pick("请带", "Bring")) }
                    dd.prose { (bring) }
                }
                dt { (lang.pick("组织", "By")) }
                dd { a href={ "/organizations/" (ticket.organization_id) } { (ticket.organization_name) } }
            }
            hr;
            small { (lang.pick("票号", "Ticket")) }
            div.number { (format!("{:06}", ticket.seq)) }
        }
    }
}

fn leaving_fields(visit: &Visit, ticket: &Ticket) -> Markup {
    let lang = visit.lang;
    let until = ticket.cancel_until();
    let until = format!(
        "{} {}",
        day_from(visit.now, until, lang),
        until.hour_minute()
    );
    let (summary, hint, button) = match ticket.leaving(visit.now) {
        Leaving::TooLate => return html! {},
        Leaving::ByAsking if ticket.cancel_requested_at.is_some() => {
            return html! { p.say.wait { (lang.pick(
                "等组织者同意后才算退出；在此之前名额仍为您保留，请留意短信。",
                "You keep your seat until the organizer approves. We'll text you.",
            )) } };
        }
        Leaving::Freely if ticket.is_pending() => (
            lang.pick("来不了？撤回申请", "Can't come? Withdraw"),
            lang.pick(
                "班次开始前随时可以撤回。",
                "You can withdraw any time before the shift starts.",
            )
            .to_owned(),
            lang.pick("确定撤回", "Yes, withdraw"),
        ),
        Leaving::Freely if ticket.state == SignupState::Waitlisted => (
            lang.pick("来不了？退出候补", "Can't come? Leave the waiting list"),
            lang.pick(
                "班次开始前随时可以退出，不影响别人。",
                "You can leave any time before the shift starts.",
            )
            .to_owned(),
            lang.pick("确定退出候补", "Yes, leave the waiting list"),
        ),
        Leaving::Freely => (
            lang.pick("来不了？取消报名", "Can't come? Cancel"),
            match lang {
                Lang::Zh => format!("{until} 前可以自行取消，名额会立刻让给候补的人。"),
                Lang::En => format!(
                    "You may cancel until {until}; the seat goes to the next in line at once."
                ),
            },
            lang.pick("确定取消", "Yes, cancel"),
        ),
        Leaving::ByAsking => (
            lang.pick("来不了？请组织者同意", "Can't come? Ask the organizer"),
            lang.pick(
                "已过自行取消的时间。提交后组织者会收到通知，同意后您的名额才会释放。",
                "The time to cancel alone has passed. The organizer is told, and frees your seat.",
            )
            .to_owned(),
            lang.pick("请求退出", "Ask to withdraw"),
        ),
    };
    html! {
        details {
            summary { (summary) }
            p.small { (hint) }
            form method="post" action={ "/me/signups/" (ticket.id) "/cancel" } { button.quiet { (button) } }
        }
    }
}

/// Takes `/me/signups/{id}/cancel`.
pub async fn cancel(visit: Visit, Id(id): Id) -> Result<Response, Problem> {
    match store::leave(&visit, id, None).await? {
        Left::TooLate => Err(too_late()),
        Left::Cancelled | Left::Asked | Left::Already => {
            Ok(see_other(&format!("/me/signups/{id}")))
        }
    }
}

/// Serves `/me/signups`.
pub async fn mine(visit: Visit) -> Result<Response, Problem> {
    let page_of_mine = match visit.has_credential() {
        true => store::my_page(&visit, visit.now.plus(-LOOKING_BACK)).await?,
        false => None,
    };
    let Some(mine) = page_of_mine else {
        return Ok(see_other("/sign-in?back=/me/signups"));
    };
    Ok(my_shifts(&visit, &mine))
}

fn my_shifts(visit: &Visit, mine: &MyPage) -> Response {
    let lang = visit.lang;
    let (past, ahead): (Vec<_>, Vec<_>) = mine.tickets.iter().partition(|ticket| {
        ticket.ends_at <= visit.now
            || ticket.state == SignupState::Cancelled
                && ticket.cancelled_by.as_deref() != Some("organization")
    });
    let phone = visit
        .config
        .keys
        .open(&mine.me.phone_sealed)
        .unwrap_or_default();
    let body = html! {
        h1 { (lang.pick("我的班次", "My shifts")) }
        p.small { (mine.me.name) " " span.num { (masked(&phone)) } }
        div.actions {
            a.button.quiet href="/me/records" { (lang.pick("我的时长", "My hours")) }
            a.button.quiet href="/me/certificates" { (lang.pick("我的证明", "My certificates")) }
        }
        @if !mine.organized.is_empty() {
            section.course {
                h2 { (lang.pick("我负责的班次", "Shifts I run")) }
                p { a href="/me/organizations" { (lang.pick("我的组织：项目、报名请求、成员", "My organizations: projects, requests, members")) } }
                ul.shifts {
                    @for shift in &mine.organized {
                        li {
                            div.when { (when(visit, shift.starts_at, shift.ends_at)) }
                            div.go { a.button.quiet href={ "/shifts/" (shift.id) "/roster" } { (lang.pick("名单", "Roster")) } }
                            div.small { (shift.title) " · " (shift.role) " · " (counts(shift.confirmed, shift.capacity, shift.waiting, shift.pending, lang)) }
                        }
                    }
                }
            }
        }
        @if ahead.is_empty() && !mine.organized.is_empty() {
            p.small { (lang.pick("自己还没有报名的班次。", "You have not signed up for a shift yourself.")) }
        } @else if ahead.is_empty() {
            div.empty {
                p { (lang.pick("还没有要参加的班次。", "No upcoming shifts.")) }
                p { a.button href="/" { (lang.pick("去菜单上挑一个", "Pick one from the menu")) } }
            }
        }
        ul.shifts { @for ticket in &ahead { (my_line(visit, ticket)) } }
        @if !past.is_empty() {
            details {
                summary { (lang.pick("以往的班次", "Past shifts")) (in_brackets(past.len(), lang)) }
                ul.shifts { @for ticket in past.iter().rev() { (my_line(visit, ticket)) } }
            }
        }
        section.course #calendar {
            h2 { (lang.pick("放进手机日历", "In your calendar")) }
            p.small { (lang.pick(
                "在手机日历里订阅下面的地址，班次有变更会自动更新。地址仅供本人使用，请勿转发。",
                "Subscribe to this address in your calendar; it follows every change. It is private: do not pass it on.",
            )) }
            p { a.button.quiet href=(calendar_url(visit, &mine.me).replacen(scheme(visit), "webcal", 1)) {
                (lang.pick("订阅到日历", "Subscribe"))
            } }
            label { (lang.pick("日历地址", "Calendar address"))
                input readonly value=(calendar_url(visit, &mine.me)); }
            form method="post" action="/me/calendar" { p { button.quiet { (lang.pick("换新地址（旧地址立即失效）", "Make a new address (the old one stops working)")) } } }
        }
        div.actions {
            a.button.quiet href="/me/organizations" { (lang.pick("我的组织", "My organizations")) }
            form method="post" action="/sign-out" { button.quiet { (lang.pick("退出登录", "Sign out")) } }
            form method="post" action="/sign-out" {
                input type="hidden" name="everywhere" value="1";
                button.quiet { (lang.pick("退出所有设备", "Sign out everywhere")) }
            }
        }
    };
    page(
        visit,
        Audience::Oneself,
        lang.pick("我的班次", "My shifts"),
        &body,
    )
}

/// `https`, or `http` on a laptop.
fn scheme(visit: &Visit) -> &str {
    visit.origin.split(':').next().unwrap_or_default()
}

fn my_line(visit: &Visit, ticket: &Ticket) -> Markup {
    let lang = visit.lang;
    let cancelled = ticket.state == SignupState::Cancelled;
    html! {
        li {
            div.when class=[cancelled.then_some("struck")] {
                (when(visit, ticket.starts_at, ticket.ends_at))
            }
            div.go {
                span class={ "state small " (ticket.state.word()) } {
                    (state_name(ticket.state, ticket.approval, lang))
                    @if ticket.position > 0 { @match lang { Lang::Zh => { " 第 " (ticket.position) " 位" } Lang::En => { " #" (ticket.position) } } }
                }
            }
            div {
                a href={ "/me/signups/" (ticket.id) } { (ticket.title) }
                small { " · " (ticket.place) }
                @if let Some(why) = ticket.why_changed() { small.wrong { (why) } }
            }
        }
    }
}
