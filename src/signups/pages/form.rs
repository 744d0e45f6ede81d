//! The way onto a shift: a form, a code, a ticket.

use axum::http::StatusCode;
use axum::response::Response;
use maud::{Markup, html};
use uuid::Uuid;

use crate::menu::{SignUpApproval, Skill};
use crate::platform::clock::{Instant, age_on, parse_date};
use crate::platform::fields::FieldErrors;
use crate::platform::i18n::{Lang, Words};
use crate::platform::idempotency::IdempotencyKey;
use crate::platform::input::{Choice as _, Form, Id};
use crate::platform::page::{Audience, ask, page, problem_page, see_other, text_input, when};
use crate::platform::problem::Problem;
use crate::platform::text::Line;
use crate::platform::visit::Visit;
use crate::signups::store::{self, AtTheForm, Offer, Outcome, Wish};
use crate::signups::{Facts, Guardian, Refusal, foresee};
use crate::volunteers::pages::{code_field, phone_field, with_session};
use crate::volunteers::{
    BirthDate, Code, Me, Name, Phone, birth_date_words, code_words, phone_words, sign_in,
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

/// Serves `/shifts/{id}/sign-up`; whoever is on the shift already comes to their ticket.
pub async fn sign_up_form(visit: Visit, Id(shift): Id) -> Result<Response, Problem> {
    let AtTheForm {
        me,
        offer,
        signup_id,
    } = store::at_the_form(&visit, shift).await?;
    if let Some(id) = signup_id {
        return Ok(see_other(&format!("/me/signups/{id}")));
    }
    let offer = offer.ok_or_else(Problem::not_found)?;
    let empty = Form::default();
    Ok(form_page(&visit, me.as_ref(), &offer, &Draft::new(&empty)))
}

/// Takes `/shifts/{id}/sign-up`: signed in, or with a phone, then with its code.
pub async fn sign_up_submit(visit: Visit, Id(shift): Id, form: Form) -> Result<Response, Problem> {
    let AtTheForm { me, offer, .. } = store::at_the_form(&visit, shift).await?;
    let offer = offer.ok_or_else(Problem::not_found)?;
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
    if draft.errors.is_empty() {
        draft.refusal = foresee(&wish, offer.min_age, &offer.skills, offer.starts_at.date());
    }
    let ready = draft.errors.is_empty() && draft.refusal.is_none() && offer.refusal.is_none();
    let Some(phone) = phone.filter(|_| ready && form.get("step") != Some("phone")) else {
        return Ok(form_page(&visit, None, &offer, &draft));
    };
    let ask_code = |wrong: Option<&str>| Ok(code_page(&visit, &offer, &form, &phone, wrong));
    let Some(typed) = form.get("code") else {
        if form.get("step") == Some("code") {
            return ask_code(Some(code_words().in_lang(visit.lang)));
        }
        return match sign_in::send_code(&visit, &phone).await {
            Ok(()) => ask_code(None),
            Err(problem) if problem.code() == "too_many_codes" => {
                ask_code(Some(problem.title(visit.lang)))
            }
            Err(problem) => Err(problem),
        };
    };
    let Some(code) = Code::parse(typed) else {
        return ask_code(Some(code_words().in_lang(visit.lang)));
    };
    let name = wish.name.clone().unwrap_or_default();
    let token = match sign_in::open_session(&visit, &phone, &code, &name).await {
        Ok(token) => token,
        Err(problem) if problem.code() == "wrong_code" => {
            return ask_code(Some(problem.title(visit.lang)));
        }
        Err(problem) => return Err(problem),
    };
    // The code is used up: whatever comes of the wish, the session is theirs.
    let visit = visit.clone().signed_in_with(&token);
    let response = match store::at_the_form(&visit, shift).await {
        Ok(now) => finish(&visit, shift, &wish, now.me.as_ref(), &offer, draft).await,
        Err(error) => Err(error.into()),
    };
    let response = response.unwrap_or_else(|problem| problem_page(&visit, &problem));
    Ok(with_session(&visit, response, &token))
}

async fn finish(
    visit: &Visit,
    shift: Uuid,
    wish: &Wish,
    me: Option<&Me>,
    offer: &Offer,
    mut draft: Draft<'_>,
) -> Result<Response, Problem> {
    match store::sign_up(visit, shift, wish, &IdempotencyKey::default()).await? {
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
        note: match form.get("note").map(Line::<200>::parse) {
            Some(Ok(note)) => Some(note.as_str().to_owned()),
            Some(Err(fault)) => {
                errors.push("note", fault.words());
                None
            }
            None => None,
        },
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

fn offer_ticket(visit: &Visit, offer: &Offer) -> Markup {
    let lang = visit.lang;
    html! {
        div.ticket {
            h2 { a href={ "/projects/" (offer.project_id) } { (offer.title) } }
            dl.facts {
                dt { (lang.pick("时间", "When")) }
                dd.num { strong { (when(visit, offer.starts_at, offer.ends_at)) } }
                dt { (lang.pick("地点", "Where")) }
                dd { (offer.place) br; small { (offer.region_name.as_deref().unwrap_or_default()) } }
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
            min_age: offer.min_age,
            ..Facts::default()
        },
    };
    let body = html! {
        h1 { (lang.pick("报名", "Sign up")) }
        (offer_ticket(visit, offer))
        @if let Some(refusal) = hopeless {
            div.empty {
                p role="alert" { (refusal.words(&facts).in_lang(lang)) }
                @if let (Refusal::TooYoung, Some(age)) = (refusal, age(me, draft, offer)) {
                    p { a.button.quiet href={ "/?age=" (age) } { (lang.pick("看看适合我年龄的项目", "Projects open to my age")) } }
                } @else {
                    p { a.button.quiet href={ "/projects/" (offer.project_id) } { (lang.pick("看看其他班次", "See other shifts")) } }
                }
            }
        } @else {
            @if let Some(refusal) = refusal {
                p.say role="alert" { (refusal.words(&facts).in_lang(lang)) }
            }
            @if asks(offer) { p.say.wait { (asking_words(lang)) } }
            @else if waits { p.say.wait { (waiting_words(offer, lang)) } }
            form method="post" action={ "/shifts/" (offer.shift_id) "/sign-up" } {
                (person_fields(lang, me, draft))
                (age_fields(lang, me, offer, draft))
                (skill_fields(lang, me, offer, draft))
                @let wrong = draft.errors.of("note", lang);
                @let input = text_input("note", "text", draft.value("note"), "off", wrong.is_some(), false);
                (ask("note", lang.pick("备注（可不填）", "Note (optional)"), None, wrong, &input))
                @if draft.refused_for(Refusal::TightGap) {
                    label.tick { input type="checkbox" name="accept_tight_gap" value="1" required;
                        (lang.pick("我来得及，仍要报名", "I can make it. Sign me up anyway")) }
                }
                button.wide {
                    @if me.is_none() { (lang.pick("获取验证码", "Send me a code")) }
                    @else { (go_words(offer, lang)) }
                }
                @if me.is_none() {
                    p.small { (lang.pick(
                        "验证码用来确认是您本人。手机号只有这个班次的组织者看得到，活动结束 30 天后不再显示。",
                        "The code confirms it's you. Only the people running this shift can see your number, until 30 days after it ends.",
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

/// How old they are on the day, as far as anybody has said.
fn age(me: Option<&Me>, draft: &Draft<'_>, offer: &Offer) -> Option<i16> {
    let known = me.and_then(|me| me.birth_date.as_deref());
    let birth = parse_date(known.or_else(|| draft.form.get("birth_date"))?)?;
    Some(age_on(birth, offer.starts_at.date()))
}

fn asks(offer: &Offer) -> bool {
    offer.approval == SignUpApproval::Required
}

/// What the button says that takes the place.
fn go_words(offer: &Offer, lang: Lang) -> &'static str {
    if asks(offer) {
        lang.pick("提交申请", "Ask for a place")
    } else if offer.confirmed >= offer.capacity {
        lang.pick("排队候补", "Join the waiting list")
    } else {
        lang.pick("确认报名", "Sign me up")
    }
}

fn asking_words(lang: Lang) -> &'static str {
    lang.pick(
        "报名要由组织者审核，通过后才有名额，结果会发短信告诉您。",
        "The organizer decides on each sign-up. You have a seat once it is approved; we text you.",
    )
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
    let minor = me
        .and_then(|me| me.birth_date.as_deref())
        .and_then(parse_date)
        .is_some_and(|birth| age_on(birth, offer.starts_at.date()) < 18);
    let about_guardian = about_guardian || minor;
    let asks_guardian = !needs_date && (about_guardian || known || !grown);
    let open = about_guardian
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
                    span.hint { (lang.pick("请由监护人填写。填写即表示监护人同意其参加这次活动。", "To be filled in by the guardian. Filling it in gives consent to this activity.")) }
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
                legend { (lang.pick("这个班次需要，请勾选您具备的", "This shift needs (tick what you have)")) }
                @for skill in missing {
                    label.tick {
                        input type="checkbox" name="skill" value=(skill.word())
                            checked[draft.form.all("skill").any(|word| word == skill.word())];
                        (skill.name(lang))
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
        @for name in ["name", "birth_date", "adult", "guardian_name", "guardian_phone", "guardian_accompanies", "note"] {
            @if let Some(value) = form.get(name) { input type="hidden" name=(name) value=(value); }
        }
        @for skill in form.all("skill") { input type="hidden" name="skill" value=(skill); }
    };
    let body = html! {
        h1 { (lang.pick("输入验证码，完成报名", "Enter the code to finish")) }
        form method="post" action=(action) {
            (carried)
            input type="hidden" name="step" value="code";
            (code_field(lang, phone.digits(), wrong))
            button.wide {
                (go_words(offer, lang))
            }
        }
        form method="post" action=(action) {
            (carried)
            button.quiet.wide { (lang.pick("没收到？重新获取", "Didn't get it? Send a new code")) }
        }
        form method="post" action=(action) {
            (carried)
            input type="hidden" name="step" value="phone";
            button.quiet.wide { (lang.pick("手机号写错了？修改", "Wrong number? Change it")) }
        }
        (offer_ticket(visit, offer))
    };
    page(
        visit,
        Audience::Oneself,
        lang.pick("输入验证码", "Enter the code"),
        &body,
    )
}
