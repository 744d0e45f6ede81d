//! Signing up, the ticket, my shifts and the roster as pages.

use axum::http::StatusCode;
use axum::response::Response;
use maud::{Markup, html};
use uuid::Uuid;

use super::roster;
use super::store::{self, Left, MyPage, Offer, Outcome, Ticket, Wish};
use super::{Facts, Guardian, Leaving, Refusal, SignupState};
use crate::menu::{Places, Skill};
use crate::platform::clock::{Instant, day_words};
use crate::platform::i18n::{Lang, Words};
use crate::platform::idempotency::IdempotencyKey;
use crate::platform::input::{Choice as _, FieldErrors, Form, Id, Path, parse_id};
use crate::platform::page::{Audience, ask, page, see_other, text_input, when};
use crate::platform::problem::Problem;
use crate::platform::text::Line;
use crate::platform::visit::Visit;
use crate::volunteers::pages::{code_field, phone_field, with_session};
use crate::volunteers::{
    BirthDate, Code, Me, Name, Phone, api::calendar_url, birth_date_words, code_words, masked,
    phone_words, sign_in,
};

/// What stands in a form again when it comes back.
struct Draft<'a> {
    form: &'a Form,
    errors: FieldErrors,
    refusal: Option<(Refusal, Facts)>,
}

impl<'a> Draft<'a> {
    fn new(form: &'a Form) -> Self {
        Self {
            form,
            errors: FieldErrors::default(),
            refusal: None,
        }
    }

    fn value(&self, name: &str) -> &str {
        self.form.get(name).unwrap_or_default()
    }

    fn refused_for(&self, refusal: Refusal) -> bool {
        self.refusal
            .as_ref()
            .is_some_and(|(found, _)| *found == refusal)
    }
}

/// Serves `/shifts/{id}/sign-up`.
pub async fn sign_up_form(visit: Visit, Id(shift): Id) -> Result<Response, Problem> {
    let (me, offer) = store::offer(&visit, shift).await?;
    let offer = offer.ok_or_else(Problem::not_found)?;
    Ok(form_page(
        &visit,
        me.as_ref(),
        &offer,
        &Draft::new(&Form::default()),
    ))
}

/// Takes `/shifts/{id}/sign-up`: signed in, or with a phone, then with its code.
pub async fn sign_up_submit(visit: Visit, Id(shift): Id, form: Form) -> Result<Response, Problem> {
    let (me, offer) = store::offer(&visit, shift).await?;
    let offer = offer.ok_or_else(Problem::not_found)?;
    let lang = visit.lang;
    let mut draft = Draft::new(&form);
    let wish = wish(&form, visit.now, me.is_none(), &mut draft.errors);
    if me.is_some() {
        if !draft.errors.is_empty() || offer.refusal.is_some_and(|r| r != Refusal::ShiftFull) {
            return Ok(form_page(&visit, me.as_ref(), &offer, &draft));
        }
        return finish(&visit, shift, &wish, me.as_ref(), &offer, draft).await;
    }
    let phone = Phone::parse(draft.value("phone"));
    if phone.is_none() {
        draft.errors.push("phone", phone_words());
    }
    let Some(phone) = phone.filter(|_| draft.errors.is_empty() && offer.refusal.is_none()) else {
        return Ok(form_page(&visit, None, &offer, &draft));
    };
    let Some(typed) = form.get("code") else {
        if form.get("step") == Some("code") {
            return Ok(code_page(
                &visit,
                &offer,
                &form,
                &phone,
                Some(code_words().in_lang(lang)),
            ));
        }
        return match sign_in::send_code(&visit, &phone).await {
            Ok(()) => Ok(code_page(&visit, &offer, &form, &phone, None)),
            Err(problem) if problem.code() == "too_many_codes" => Ok(code_page(
                &visit,
                &offer,
                &form,
                &phone,
                Some(problem.title(lang)),
            )),
            Err(problem) => Err(problem),
        };
    };
    let Some(code) = Code::parse(typed) else {
        return Ok(code_page(
            &visit,
            &offer,
            &form,
            &phone,
            Some(code_words().in_lang(lang)),
        ));
    };
    let name = wish.name.clone().unwrap_or_default();
    match sign_in::open_session(&visit, &phone, &code, &name).await {
        Ok(token) => {
            let visit = visit.signed_in_with(&token);
            let me = store::offer(&visit, shift).await?.0;
            let response = finish(&visit, shift, &wish, me.as_ref(), &offer, draft).await?;
            Ok(with_session(&visit, response, &token))
        }
        Err(problem) if problem.code() == "wrong_code" => Ok(code_page(
            &visit,
            &offer,
            &form,
            &phone,
            Some(problem.title(lang)),
        )),
        Err(problem) => Err(problem),
    }
}

async fn finish(
    visit: &Visit,
    shift: Uuid,
    wish: &Wish,
    me: Option<&Me>,
    offer: &Offer,
    mut draft: Draft<'_>,
) -> Result<Response, Problem> {
    match store::sign_up(visit, shift, wish, &IdempotencyKey::default(), "").await? {
        Outcome::SignedUp(ticket) | Outcome::Repeated(ticket) => {
            Ok(see_other(&format!("/me/signups/{}", ticket.id)))
        }
        // A second tap lands where the first one did.
        Outcome::Refused(Refusal::AlreadySignedUp, facts) => Ok(see_other(&format!(
            "/me/signups/{}",
            facts.signup_id.unwrap_or_default()
        ))),
        Outcome::Refused(refusal, facts) => {
            draft.refusal = Some((refusal, *facts));
            Ok(form_page(visit, me, offer, &draft))
        }
    }
}

fn wish(form: &Form, now: Instant, is_new: bool, errors: &mut FieldErrors) -> Wish {
    let name = match form.get("name").map(Name::parse) {
        Some(Ok(name)) => Some(name.as_str().to_owned()),
        Some(Err(fault)) => {
            errors.push("name", fault.words());
            None
        }
        None => {
            if is_new {
                errors.push("name", Words::new("请填写姓名", "Please give your name"));
            }
            None
        }
    };
    let birth_date = form.get("birth_date").and_then(|text| {
        let date = BirthDate::parse(text, now);
        if date.is_none() {
            errors.push("birth_date", birth_date_words());
        }
        date.map(BirthDate::iso)
    });
    Wish {
        name,
        birth_date,
        adult: form.get("adult").is_some(),
        skills: form.all("skill").filter_map(Skill::from_word).collect(),
        guardian: guardian(form, errors),
        accept_tight_gap: form.get("accept_tight_gap").is_some(),
    }
}

fn guardian(form: &Form, errors: &mut FieldErrors) -> Option<Guardian> {
    let (name, phone) = (form.get("guardian_name"), form.get("guardian_phone"));
    if name.is_none() && phone.is_none() {
        return None;
    }
    let name = Line::<30>::parse(name.unwrap_or_default())
        .map_err(|fault| errors.push("guardian_name", fault.words()))
        .ok();
    let phone = Phone::parse(phone.unwrap_or_default());
    if phone.is_none() {
        errors.push("guardian_phone", phone_words());
    }
    Some(Guardian {
        name: name?,
        phone: phone?,
        accompanies: form.get("guardian_accompanies").is_some(),
    })
}

fn offer_ticket(offer: &Offer, lang: Lang) -> Markup {
    html! {
        div.ticket {
            h2 { a href={ "/projects/" (offer.project_id) } { (offer.title) } }
            dl.facts {
                dt { (lang.pick("时间", "When")) }
                dd.num { strong { (when(offer.starts_at, offer.ends_at, lang)) } }
                dt { (lang.pick("地点", "Where")) }
                dd { (offer.region_name.as_deref().unwrap_or_default()) " " (offer.place) }
                dt { (lang.pick("岗位", "Role")) }
                dd { (offer.role) }
            }
        }
    }
}

fn form_page(visit: &Visit, me: Option<&Me>, offer: &Offer, draft: &Draft<'_>) -> Response {
    let lang = visit.lang;
    let waits = offer.confirmed >= offer.capacity;
    let refusal = draft.refusal.as_ref().map(|(refusal, _)| *refusal);
    let hopeless = refusal
        .or(offer.refusal)
        .filter(|refusal| !refusal.can_be_mended());
    let facts = match &draft.refusal {
        Some((_, facts)) => facts.clone(),
        None => Facts {
            opens_at: offer.sign_up_opens_at,
            ..Facts::default()
        },
    };
    let body = html! {
        h1 { (lang.pick("报名", "Sign up")) }
        (offer_ticket(offer, lang))
        @if let Some(refusal) = hopeless {
            div.empty {
                p role="alert" { (refusal.words(&facts).in_lang(lang)) }
                p { a.button.quiet href={ "/projects/" (offer.project_id) } { (lang.pick("看看其他班次", "See other shifts")) } }
            }
        } @else {
            @if let Some(refusal) = refusal {
                p.say role="alert" { (refusal.words(&facts).in_lang(lang)) }
            }
            @if waits { p.say.wait { (waiting_words(offer, lang)) } }
            form method="post" action={ "/shifts/" (offer.shift_id) "/sign-up" } {
                (person_fields(lang, me, draft))
                (age_fields(lang, me, offer, draft))
                (skill_fields(lang, me, offer, draft))
                @if draft.refused_for(Refusal::TightGap) {
                    label.tick { input type="checkbox" name="accept_tight_gap" value="1" required;
                        (lang.pick("我来得及，仍要报名", "I will make it; sign me up all the same")) }
                }
                button.wide {
                    @if me.is_none() { (lang.pick("获取验证码", "Send me a code")) }
                    @else if waits { (lang.pick("排队候补", "Join the waiting list")) }
                    @else { (lang.pick("确认报名", "Sign me up")) }
                }
                @if me.is_none() {
                    p.small { (lang.pick(
                        "验证码用来确认是您本人。手机号只有这个班次的组织者看得到，活动结束 30 天后不再显示。",
                        "The code makes sure it is you. Only who runs this shift sees your number, until 30 days after.",
                    )) }
                }
            }
        }
    };
    let mut response = page(
        visit,
        Audience::Oneself,
        lang.pick("报名", "Sign up"),
        &body,
    );
    if draft.refusal.is_some() || !draft.errors.is_empty() {
        *response.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    }
    response
}

fn waiting_words(offer: &Offer, lang: Lang) -> String {
    let place = offer.waiting + 1;
    match lang {
        Lang::Zh => {
            format!("名额已满。现在报名排在候补第 {place} 位，有人退出会按顺序自动递补并通知您。")
        }
        Lang::En => format!(
            "All seats are taken. You would be number {place} in line; when somebody leaves, the next moves up and is told."
        ),
    }
}

fn person_fields(lang: Lang, me: Option<&Me>, draft: &Draft<'_>) -> Markup {
    let wrong = |name| draft.errors.of(name, lang);
    let nameless = me.is_none_or(|me| me.name.is_empty());
    html! {
        @if let Some(me) = me.filter(|me| !me.name.is_empty()) {
            p { (lang.pick("报名人：", "Signing up: ")) strong { (me.name) } }
        }
        @if nameless {
            @let input = text_input("name", "text", draft.value("name"), "name", wrong("name").is_some(), true);
            (ask("name", lang.pick("姓名", "Name"), None, wrong("name"), &input))
        }
        @if me.is_none() { (phone_field(lang, draft.value("phone"), wrong("phone"))) }
    }
}

fn age_fields(lang: Lang, me: Option<&Me>, offer: &Offer, draft: &Draft<'_>) -> Markup {
    let wrong = |name| draft.errors.of(name, lang);
    let known = me.is_some_and(|me| me.birth_date.is_some());
    let grown = me.is_some_and(|me| me.adult);
    let needs_date = offer.min_age >= 18;
    let about_guardian = draft.refused_for(Refusal::GuardianConsentMissing)
        || draft.refused_for(Refusal::GuardianMustAccompany);
    let asks_guardian = !needs_date && (about_guardian || known || !grown);
    let open = about_guardian
        || draft.refused_for(Refusal::BirthDateMissing)
        || ["birth_date", "guardian_name", "guardian_phone"]
            .iter()
            .any(|name| wrong(name).is_some());
    let date_input = html! {
        input id="birth_date" name="birth_date" type="date" min="1906-01-01" value=(draft.value("birth_date"))
            autocomplete="bday" required[needs_date] aria-invalid=[wrong("birth_date").map(|_| "true")];
    };
    let date_field = ask(
        "birth_date",
        lang.pick("出生日期", "Birth date"),
        Some(lang.pick(
            "只用来核对年龄，填写后不能自行更改",
            "Only to check your age; it cannot be changed later",
        )),
        wrong("birth_date"),
        &date_input,
    );
    html! {
        @if needs_date && !known { (date_field) }
        @if !needs_date && !known && !grown {
            label.tick {
                input type="checkbox" name="adult" value="1" checked[draft.form.get("adult").is_some()];
                (lang.pick("我已年满 18 周岁", "I am 18 or older"))
            }
        }
        @if asks_guardian && (!known || about_guardian) {
            details open[open] {
                summary { (lang.pick("未满 18 周岁，请点这里", "Under 18? Tap here")) }
                @if !known { (date_field) }
                fieldset {
                    legend { (lang.pick("监护人同意", "A guardian's consent")) }
                    @let input = text_input("guardian_name", "text", draft.value("guardian_name"), "off", wrong("guardian_name").is_some(), false);
                    (ask("guardian_name", lang.pick("监护人姓名", "Guardian's name"), None, wrong("guardian_name"), &input))
                    @let input = text_input("guardian_phone", "tel", draft.value("guardian_phone"), "off", wrong("guardian_phone").is_some(), false);
                    (ask("guardian_phone", lang.pick("监护人手机号", "Guardian's mobile number"), None, wrong("guardian_phone"), &input))
                    label.tick {
                        input type="checkbox" name="guardian_accompanies" value="1" checked[draft.form.get("guardian_accompanies").is_some()];
                        (lang.pick("监护人全程陪同（未满 14 周岁必须）", "The guardian comes along (required under 14)"))
                    }
                }
            }
        }
    }
}

fn skill_fields(lang: Lang, me: Option<&Me>, offer: &Offer, draft: &Draft<'_>) -> Markup {
    let missing: Vec<Skill> = offer
        .skills
        .iter()
        .copied()
        .filter(|skill| me.is_none_or(|me| !me.skills.contains(skill)))
        .collect();
    html! {
        @if !missing.is_empty() {
            fieldset {
                legend { (lang.pick("这个班次需要", "This shift needs")) }
                @for skill in missing {
                    label.tick {
                        input type="checkbox" name="skill" value=(skill.word())
                            checked[draft.form.all("skill").any(|word| word == skill.word())];
                        (lang.pick("我有：", "I have: ")) (skill.name(lang))
                    }
                }
            }
        }
    }
}

fn code_page(
    visit: &Visit,
    offer: &Offer,
    form: &Form,
    phone: &Phone,
    wrong: Option<&str>,
) -> Response {
    let lang = visit.lang;
    let action = format!("/shifts/{}/sign-up", offer.shift_id);
    let carried = html! {
        input type="hidden" name="phone" value=(phone.digits());
        @for name in ["name", "birth_date", "adult", "guardian_name", "guardian_phone", "guardian_accompanies"] {
            @if let Some(value) = form.get(name) { input type="hidden" name=(name) value=(value); }
        }
        @for skill in form.all("skill") { input type="hidden" name="skill" value=(skill); }
    };
    let waits = offer.confirmed >= offer.capacity;
    let body = html! {
        h1 { (lang.pick("输入验证码，完成报名", "Enter the code to finish")) }
        form method="post" action=(action) {
            (carried)
            input type="hidden" name="step" value="code";
            (code_field(lang, phone.digits(), wrong))
            button.wide {
                @if waits { (lang.pick("排队候补", "Join the waiting list")) }
                @else { (lang.pick("确认报名", "Sign me up")) }
            }
        }
        form method="post" action=(action) {
            (carried)
            button.quiet.wide { (lang.pick("没收到？重新获取", "Not there? Send another")) }
        }
        (offer_ticket(offer, lang))
    };
    page(
        visit,
        Audience::Oneself,
        lang.pick("输入验证码", "Enter the code"),
        &body,
    )
}

/// Serves `/me/signups/{id}`: the ticket.
pub async fn ticket(visit: Visit, Id(id): Id) -> Result<Response, Problem> {
    let ticket = store::ticket(&visit, id).await?;
    let lang = visit.lang;
    let headline = match ticket.state {
        SignupState::Confirmed => lang.pick("报名成功，到时见！", "You are on. See you there!"),
        SignupState::Waitlisted => lang.pick("已排上候补", "You are on the waiting list"),
        SignupState::Cancelled if ticket.cancelled_by.as_deref() == Some("organization") => {
            lang.pick("组织者取消了", "The organizer cancelled")
        }
        state => state.name(lang),
    };
    let body = html! {
        h1 { (headline) }
        (ticket_card(&ticket, lang))
        @if let Some(why) = ticket.why_changed() {
            p.say.wait { (lang.pick("有变更：", "Changed: ")) (why) }
        }
        (leaving_fields(&visit, &ticket))
        div.actions {
            a.button.quiet href="/me/signups" { (lang.pick("我的全部班次", "All my shifts")) }
            a.button.quiet href={ "/projects/" (ticket.project_id) } { (lang.pick("项目详情", "About the project")) }
        }
    };
    Ok(page(&visit, Audience::Oneself, headline, &body))
}

fn ticket_card(ticket: &Ticket, lang: Lang) -> Markup {
    html! {
        article.ticket {
            span class={ "state " (ticket.state.word()) } {
                (ticket.state.name(lang))
                @if ticket.position > 0 {
                    @match lang {
                        Lang::Zh => { " · 第 " (ticket.position) " 位" }
                        Lang::En => { " · number " (ticket.position) }
                    }
                }
            }
            h2 class=[(ticket.state == SignupState::Cancelled).then_some("struck")] { (ticket.title) }
            hr;
            dl.facts {
                dt { (lang.pick("时间", "When")) }
                dd.num { strong { (when(ticket.starts_at, ticket.ends_at, lang)) } }
                dt { (lang.pick("地点", "Where")) }
                dd { (ticket.region_name.as_deref().unwrap_or_default()) " " (ticket.place) }
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
    let until = format!("{} {}", day_words(until, lang), until.hour_minute());
    let (summary, hint, button) = match ticket.leaving(visit.now) {
        Leaving::TooLate => return html! {},
        Leaving::ByAsking if ticket.cancel_requested_at.is_some() => {
            return html! { p.say.wait { (lang.pick(
                "已请组织者同意您退出。在此之前名额仍为您保留。",
                "The organizer was asked to let you go. Until then the seat is yours.",
            )) } };
        }
        Leaving::Freely => (
            lang.pick("来不了？取消报名", "Cannot come? Cancel"),
            match lang {
                Lang::Zh => format!("{until} 前可以自行取消，名额会立刻让给候补的人。"),
                Lang::En => format!(
                    "You may cancel until {until}; the seat goes to the next in line at once."
                ),
            },
            lang.pick("确定取消", "Yes, cancel"),
        ),
        Leaving::ByAsking => (
            lang.pick("来不了？请组织者同意", "Cannot come? Ask the organizer"),
            lang.pick(
                "已过自行取消的时间。提交后组织者会收到通知，同意后您的名额才会释放。",
                "The time to cancel alone has passed. The organizer is told, and frees your seat.",
            )
            .to_owned(),
            lang.pick("请求退出", "Ask to be let go"),
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
    match store::leave(&visit, id).await?.0 {
        Left::TooLate => Err(super::api::too_late()),
        Left::Cancelled | Left::Asked | Left::Already => {
            Ok(see_other(&format!("/me/signups/{id}")))
        }
    }
}

/// Serves `/me/signups`.
pub async fn mine(visit: Visit) -> Result<Response, Problem> {
    let page_of_mine = match visit.has_credential() {
        true => store::my_page(&visit, visit.now.plus(-super::api::LOOKING_BACK)).await?,
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
        @if ahead.is_empty() {
            div.empty {
                p { (lang.pick("还没有要参加的班次。", "No shift ahead.")) }
                p { a.button href="/" { (lang.pick("去菜单上挑一个", "Pick one from the menu")) } }
            }
        }
        ul.shifts { @for ticket in &ahead { (my_line(ticket, lang)) } }
        @if !mine.organized.is_empty() {
            section.course {
                h2 { (lang.pick("我负责的班次", "Shifts I help to run")) }
                ul.shifts {
                    @for shift in &mine.organized {
                        li {
                            div.when { (when(shift.starts_at, shift.ends_at, lang)) }
                            div.go { a.button.quiet href={ "/shifts/" (shift.id) "/roster" } { (lang.pick("名单", "Roster")) } }
                            div.small { (shift.title) " · " (shift.role) " · " (counts(shift.confirmed, shift.capacity, shift.waiting, lang)) }
                        }
                    }
                }
            }
        }
        @if !past.is_empty() {
            details {
                summary { (lang.pick("以前的", "Earlier")) " (" (past.len()) ")" }
                ul.shifts { @for ticket in past.iter().rev() { (my_line(ticket, lang)) } }
            }
        }
        section.course #calendar {
            h2 { (lang.pick("放进手机日历", "In your calendar")) }
            p.small { (lang.pick(
                "在日历应用里“订阅”下面的地址，班次有变更会自动更新。地址是私密的，请不要转发。",
                "Subscribe to this address in your calendar; it follows every change. It is private: do not pass it on.",
            )) }
            label { (lang.pick("日历地址", "Calendar address"))
                input readonly value=(calendar_url(visit, &mine.me)); }
            form method="post" action="/me/calendar" { p { button.quiet { (lang.pick("换一个新地址", "Make a new address")) } } }
        }
        div.actions {
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

fn my_line(ticket: &Ticket, lang: Lang) -> Markup {
    let cancelled = ticket.state == SignupState::Cancelled;
    html! {
        li {
            div.when class=[cancelled.then_some("struck")] {
                (when(ticket.starts_at, ticket.ends_at, lang))
            }
            div.go {
                span class={ "state small " (ticket.state.word()) } {
                    (ticket.state.name(lang))
                    @if ticket.position > 0 { " " (ticket.position) }
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

fn counts(confirmed: i64, capacity: i64, waiting: i64, lang: Lang) -> String {
    match lang {
        Lang::Zh => format!("已确认 {confirmed}/{capacity}，候补 {waiting}"),
        Lang::En => format!("{confirmed}/{capacity} confirmed, {waiting} waiting"),
    }
}

/// Serves `/shifts/{id}/roster`.
pub async fn roster(visit: Visit, Id(id): Id) -> Result<Response, Problem> {
    let (shift, people, siblings) = roster::read(&visit, id).await?;
    let lang = visit.lang;
    let this = id.to_string();
    let body = html! {
        p.small { a href={ "/projects/" (shift.project_id) } { (shift.title) } }
        h1 { (lang.pick("名单", "Roster")) }
        p { strong.num { (when(shift.starts_at, shift.ends_at, lang)) }
            " · " (shift.role) br; (shift.place) }
        p { (counts(shift.confirmed, shift.capacity, shift.waiting, lang)) " · "
            span class=(Places::of(shift.capacity - shift.confirmed, 0).class()) {
                (Places::of(shift.capacity - shift.confirmed, 0).words().in_lang(lang))
            } }
        @if siblings.len() > 1 {
            nav.chips aria-label=(lang.pick("同一项目的班次", "Shifts of this project")) {
                @for sibling in &siblings {
                    a href={ "/shifts/" (sibling.id) "/roster" } aria-current=[(sibling.id == this).then_some("page")] {
                        (day_words(sibling.starts_at, lang)) " " (sibling.starts_at.hour_minute()) " " (sibling.role)
                    }
                }
            }
        }
        @if people.is_empty() {
            div.empty {
                p { (lang.pick("还没有人报名。", "Nobody has signed up yet.")) }
                p { a.button.quiet href={ "/projects/" (shift.project_id) } { (lang.pick("把项目页转发出去", "Share the project's page")) } }
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
                        tr {
                            td { strong { (person.name) } }
                            td.num {
                                a href={ "tel:" (person.phone) } { (person.phone) }
                                @if let (Some(name), Some(phone)) = (&person.guardian_name, &person.guardian_phone) {
                                    br; small { (lang.pick("监护人 ", "Guardian ")) (name) " " a href={ "tel:" (phone) } { (phone) }
                                        @if person.guardian_accompanies { (lang.pick("，陪同", ", comes along")) } }
                                }
                            }
                            td {
                                (person.state.name(lang))
                                @if person.cancel_requested_at.is_some() {
                                    br; small.wrong { (lang.pick("请求退出", "Asks to leave")) }
                                }
                                @if shift.manages() && person.cancel_requested_at.is_some() {
                                    form method="post" action={ "/shifts/" (id) "/roster/" (person.id) "/release" } {
                                        button.quiet { (lang.pick("同意", "Let go")) }
                                    }
                                }
                            }
                        }
                    } }
                }
            }
            p.small { (lang.pick(
                "名单只用于组织这次活动，结束 30 天后不再显示，请勿转发。",
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

/// Takes `/shifts/{shift}/roster/{signup}/release`: lets a volunteer go who asked to.
pub async fn release(
    visit: Visit,
    Path((shift, signup)): Path<(String, String)>,
) -> Result<Response, Problem> {
    let signup = parse_id(&signup)?;
    let shift = parse_id(&shift)?;
    match store::leave(&visit, signup).await?.0 {
        Left::TooLate => Err(super::api::too_late()),
        _ => Ok(see_other(&format!("/shifts/{shift}/roster"))),
    }
}
