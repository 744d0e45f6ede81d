//! The page on which a shift is settled: everybody with what is proposed, one button.

use std::collections::BTreeMap;

use axum::response::Response;
use deserr::Deserr;
use maud::{Markup, html};
use uuid::Uuid;

use super::due_words;
use super::form::{Sheet, Typed};
use crate::hours::duration_words;
use crate::hours::settling::api::{loaded, moved_on};
use crate::hours::settling::deciding::overlap;
use crate::hours::settling::proposal::{Evidence, Proposal, propose};
use crate::hours::settling::store::{self, Loaded, Person, Recorded, Settled, ShiftRow, Wanted};
use crate::hours::working_days::due;
use crate::platform::clock::{Instant, day_words, span_words};
use crate::platform::fields::FieldErrors;
use crate::platform::i18n::Lang;
use crate::platform::idempotency::IdempotencyKey;
use crate::platform::input::{Form, Id, LargeForm, PageQuery};
use crate::platform::page::{Audience, page, see_other, when};
use crate::platform::problem::Problem;
use crate::platform::text::Line;
use crate::platform::visit::{Presented, Visit};
use crate::signups::SignupState;

/// Where whoever settled comes from.
#[derive(Debug, Default, Deserr)]
#[deserr(error = FieldErrors, deny_unknown_fields)]
pub struct SettlementQuery {
    #[deserr(default)]
    done: Option<Line<8>>,
}

/// What was typed and refused.
#[derive(Default)]
struct Refused<'a> {
    problem: Option<&'a Problem>,
    sheet: Sheet<'a>,
    places: BTreeMap<&'a str, usize>,
    person_in_charge: Option<&'a str>,
}

impl Refused<'_> {
    fn wrong(&self, signup: &str, field: &str, lang: Lang) -> Option<&str> {
        let place = self.places.get(signup)?;
        let errors = self.problem?.errors();
        errors.of(&format!("/entries/{place}/{field}"), lang)
    }

    fn of(&self, signup: &str, lang: Lang) -> Vec<&str> {
        [
            "signup_id",
            "started_at",
            "ended_at",
            "breaks_minutes",
            "reason",
        ]
        .into_iter()
        .filter_map(|field| self.wrong(signup, field, lang))
        .collect()
    }
}

/// Serves `/shifts/{id}/settlement`.
pub async fn settlement(
    visit: Visit,
    Id(shift): Id,
    PageQuery(query): PageQuery<SettlementQuery>,
) -> Result<Response, Problem> {
    let loaded = loaded(&visit, shift).await?;
    Ok(shown(
        &visit,
        &loaded,
        &Refused::default(),
        query.done.is_some(),
    ))
}

/// Takes `/shifts/{id}/settlement`.
pub async fn settle(
    visit: Visit,
    _: Presented,
    Id(shift): Id,
    LargeForm(form): LargeForm,
) -> Result<Response, Problem> {
    match settled(&visit, shift, &form).await {
        Ok(()) => Ok(see_other(&format!("/shifts/{shift}/settlement?done=1"))),
        Err(problem) if matches!(problem.status().as_u16(), 409 | 412 | 422) => {
            let loaded = loaded(&visit, shift).await?;
            let sheet = Sheet::read(&form);
            let refused = Refused {
                problem: Some(&problem),
                places: sheet.places(loaded.shift.settled_at.is_some()),
                sheet,
                person_in_charge: form.get("person_in_charge"),
            };
            let mut response = shown(&visit, &loaded, &refused, false);
            *response.status_mut() = problem.status();
            Ok(response)
        }
        Err(problem) => Err(problem),
    }
}

async fn settled(visit: &Visit, shift: Uuid, form: &Form) -> Result<(), Problem> {
    let read = loaded(visit, shift).await?;
    let version: i64 = form
        .get("version")
        .and_then(|version| version.parse().ok())
        .unwrap_or_default();
    if version != read.shift.version {
        return Err(moved_on(read.shift.version));
    }
    let mut errors = FieldErrors::default();
    let in_charge = form
        .get("person_in_charge")
        .map(Line::<60>::parse)
        .transpose();
    let in_charge = in_charge.unwrap_or_else(|fault| {
        errors.push("/person_in_charge", fault.words());
        None
    });
    let sheet = Sheet::read(form);
    let entries = sheet.entries(read.shift.slot(), read.shift.settled_at.is_some());
    let entries = entries.unwrap_or_else(|wrong| {
        errors.extend(wrong);
        Vec::new()
    });
    errors.into_result().map_err(Problem::invalid)?;
    let wanted = Wanted {
        person_in_charge: in_charge.as_ref().map(Line::as_str),
        entries: &entries,
        fits: &|now| now == version,
    };
    match store::settle(visit, shift, &wanted, &IdempotencyKey::default()).await? {
        Settled::Now(_) | Settled::Before(_) => Ok(()),
        Settled::Changed(version) => Err(moved_on(version)),
    }
}

fn shown(visit: &Visit, loaded: &Loaded, refused: &Refused<'_>, done: bool) -> Response {
    let lang = visit.lang;
    let Loaded { shift, people } = loaded;
    let obstacle = shift.obstacle(visit.now);
    let open = shift.may_settle && obstacle.is_none();
    let left = people.iter().any(|person| person.record.is_none());
    let body = html! {
        p.small {
            a href={ "/organizations/" (shift.organization_id) "/hours" } { (lang.pick("服务记录", "Service hours")) }
            " · " a href={ "/shifts/" (shift.id) "/roster" } { (lang.pick("名单", "Roster")) }
        }
        h1 { @if shift.settled_at.is_some() { (lang.pick("已结算", "Settled")) } @else { (lang.pick("结算班次", "Settle the shift")) } }
        p { a href={ "/projects/" (shift.project_id) } { (shift.title) } br;
            strong.num { (when(visit, shift.starts_at, shift.ends_at)) } " · " (shift.role) }
        (standing(visit, shift, people, done))
        @if let Some(problem) = refused.problem { (faults(problem, people, refused, lang)) }
        @if let Some(obstacle) = obstacle { p.say.wait { (obstacle.words().in_lang(lang)) } }
        @if people.is_empty() {
            div.empty { p { (lang.pick("这个班次没有人占名额。", "Nobody had a seat on this shift.")) } }
        }
        form method="post" action={ "/shifts/" (shift.id) "/settlement" } {
            input type="hidden" name="version" value=(shift.version);
            @if open && shift.settled_at.is_none() { p.small { (lang.pick("勾选的人记为到场，时间按签到情况提出，可以修改。", "Those ticked came. Times are proposed from what was seen; change what is not right.")) } }
            ul.people { @for (at, person) in people.iter().enumerate() { (line(visit, shift, at, person, open, refused)) } }
            @if open && (left || shift.settled_at.is_none()) { (in_charge(shift, refused, lang)) }
        }
    };
    let title = lang.pick("结算班次", "Settle the shift");
    page(visit, Audience::Oneself, title, &body)
}

/// Where the shift stands, and until when it is to be settled.
fn standing(visit: &Visit, shift: &ShiftRow, people: &[Person], done: bool) -> Markup {
    let lang = visit.lang;
    let minutes: i64 = people
        .iter()
        .filter_map(|it| it.record.as_ref())
        .map(|it| it.minutes)
        .sum();
    let recorded = people.iter().filter(|it| it.record.is_some()).count();
    let absent = people.iter().filter(|it| it.is_absent()).count();
    let given = duration_words(minutes, lang);
    html! {
        @match shift.settled_at {
            None => p { (due_words(due(shift.ends_at), visit.now, lang)) },
            Some(at) => div.say.good role=[done.then_some("status")] {
                p { @match lang {
                    Lang::Zh => { (recorded) " 人的服务已记录，共 " (given) "；" (absent) " 人未到场。" @if done { "志愿者会收到通知。" } }
                    Lang::En => { (recorded) " recorded, " (given) " in all; " (absent) " absent." @if done { " The volunteers are told." } }
                } }
                p.small { @match lang {
                    Lang::Zh => { (day_words(at, lang)) " " (at.hour_minute()) " 结算。漏掉的人可在下面补录，等级为 D。" }
                    Lang::En => { "Settled " (day_words(at, lang)) " " (at.hour_minute()) ". Whoever was forgotten can be added below, in grade D." }
                } }
            },
        }
    }
}

/// All that is wrong, by name, each leading to the person.
fn faults(problem: &Problem, people: &[Person], refused: &Refused<'_>, lang: Lang) -> Markup {
    let named: Vec<_> = people
        .iter()
        .enumerate()
        .map(|(at, person)| (at, person, refused.of(&person.signup_id, lang)))
        .filter(|(_, _, wrong)| !wrong.is_empty())
        .collect();
    let errors = problem.errors();
    html! {
        div.say role="alert" {
            p { (problem.title(lang))
                @if problem.code() == "version_conflict" { (lang.pick("。您填的内容还在，请核对有变化的人。", ". What you typed is kept; check those who changed.")) } }
            ul {
                @for field in ["/person_in_charge", "/entries"] {
                    @if let Some(wrong) = errors.of(field, lang) { li { (wrong) } }
                }
                @for (at, person, wrong) in named {
                    li { a href={ "#p" (at) } { (person.name) } (lang.pick("：", ": ")) (wrong.join(lang.pick("；", "; "))) }
                }
            }
        }
    }
}

fn line(
    visit: &Visit,
    shift: &ShiftRow,
    at: usize,
    person: &Person,
    open: bool,
    refused: &Refused<'_>,
) -> Markup {
    let lang = visit.lang;
    let settled = shift.settled_at.is_some();
    let phone = visit
        .config
        .keys
        .open(&person.phone_sealed)
        .unwrap_or_default();
    let tail = phone.get(7..).unwrap_or_default();
    let proposal = propose(shift.slot(), &person.evidence.counting, settled);
    let name = html! { strong { (person.name) } " " small.num { (tail) } };
    let said = html! {
        div.small {
            @if !person.is_absent() || !person.evidence.counting.is_empty() { (proposed(&proposal, &person.busy, lang)) }
            (seen(&person.evidence.counting, lang))
            (seen_at_another_time(&person.evidence.of_another_time, lang))
            @if let Some(absence) = person.absence.as_ref().filter(|it| it.lifted_at.is_none()) {
                (lang.pick("已记为未到场", "Noted as absent"))
                @if let Some(reason) = &absence.reason { (lang.pick("：", ": ")) (reason) }
                @if let Some(reply) = &absence.reply {
                    p.say.wait { (lang.pick("志愿者说明：", "The volunteer says: ")) (reply) }
                }
            }
        }
    };
    html! {
        li id={ "p" (at) } {
            @match &person.record {
                Some(record) => (recorded(record, &name, shift, lang)),
                None if open && person.own && !proposal.is_borne_out() => {
                    div { (name) " · " (person.state.name(lang)) } (said)
                    p.small { (lang.pick(
                        "这是您本人。签到、签退都扫码的才能由自己结算，否则请另一位成员来结算。",
                        "This is you. Unless you checked in and out by code, another member settles your hours.",
                    )) }
                },
                None if open => (fields(at, person, [&name, &said], &proposal, settled, refused, lang)),
                None => { div { (name) " · " (person.state.name(lang)) } (said) }
            }
        }
    }
}

fn recorded(record: &Recorded, name: &Markup, shift: &ShiftRow, lang: Lang) -> Markup {
    let late = record.recorded_at.date() > due(shift.ends_at).date;
    html! {
        div { (name) " · " (SignupState::Attended.name(lang)) }
        div.small {
            span.num { (span_words(record.started_at, record.ended_at, lang)) }
            " · " (duration_words(record.minutes, lang)) " · " (record.grade.word()) " " (record.grade.name(lang))
            @if late { " " span.wrong { (lang.pick("逾期补记", "Recorded late")) } }
        }
    }
}

/// What is proposed, and why.
fn proposed(proposal: &Proposal, busy: &[(Instant, Instant)], lang: Lang) -> Markup {
    html! {
        @if let Some(stay) = &proposal.stay {
            span.num { (span_words(stay.started_at, stay.ended_at, lang)) }
            " · " (duration_words(stay.minutes(), lang)) " · " (stay.grade.word()) " " (stay.grade.name(lang))
        }
        @for note in &proposal.notes {
            @if proposal.stay.is_some() { (lang.pick("；", "; ")) }
            (note.name(lang))
        }
        @if let Some(stay) = &proposal.stay {
            @for (from, to) in busy { @if *from < stay.ended_at && *to > stay.started_at {
                span.wrong { (overlap(*from, *to).in_lang(lang)) }
            } }
        }
    }
}

fn seen(evidence: &[Evidence], lang: Lang) -> Markup {
    html! {
        @if !evidence.is_empty() {
            br;
            @for (at, one) in evidence.iter().enumerate() {
                @if at > 0 { (lang.pick("，", ", ")) }
                (one.kind.name(lang)) " " span.num { (one.happened_at.hour_minute()) }
                (lang.pick("（", " (")) (one.method.name(lang)) (lang.pick("）", ")"))
            }
        }
    }
}

fn seen_at_another_time(evidence: &[Evidence], lang: Lang) -> Markup {
    html! {
        @if !evidence.is_empty() {
            br;
            (lang.pick("其他时间的签到签退，不作依据：", "Of another time, and bears nothing out: "))
            @for (at, one) in evidence.iter().enumerate() {
                @if at > 0 { (lang.pick("，", ", ")) }
                (one.kind.name(lang)) " " span.num { (day_words(one.happened_at, lang)) " " (one.happened_at.hour_minute()) }
            }
        }
    }
}

/// Whether they came, and behind it the times, for whoever has to change them.
fn fields(
    at: usize,
    person: &Person,
    [name, said]: [&Markup; 2],
    proposal: &Proposal,
    settled: bool,
    refused: &Refused<'_>,
    lang: Lang,
) -> Markup {
    let typed = refused.sheet.of(&person.signup_id);
    let stay = proposal.stay.as_ref();
    let proposed = stay.map(|stay| {
        let breaks = stay.breaks_minutes.to_string();
        (
            stay.started_at.hour_minute(),
            stay.ended_at.hour_minute(),
            breaks,
        )
    });
    let (from, to, breaks) = proposed.unwrap_or_default();
    // After the settlement nobody is ticked by themselves.
    let came = typed.map_or(stay.is_some() && !settled, |typed| typed.came);
    let value = |get: fn(&Typed<'_>) -> Option<String>, proposed: String| {
        typed.and_then(get).unwrap_or(proposed)
    };
    let own = |text: Option<&str>| text.map(str::to_owned);
    let wrong = |field| refused.wrong(&person.signup_id, field, lang);
    let any_wrong = !refused.of(&person.signup_id, lang).is_empty();
    let field = |letter: char, kind: &str, label: &str, value: String, wrong: Option<&str>| {
        html! {
            label { (label)
                input name={ (letter) (at) } type=(kind) value=(value) maxlength=[(kind == "text").then_some("200")]
                    inputmode=[(letter == 'b').then_some("numeric")] min=[(kind == "number").then_some("0")]
                    max=[(kind == "number").then_some("1440")] aria-invalid=[wrong.is_some().then_some("true")];
                @if let Some(wrong) = wrong { span.wrong { (wrong) } }
            }
        }
    };
    html! {
        div {
            input type="hidden" name={ "s" (at) } value=(person.signup_id);
            label.tick { input type="checkbox" name={ "c" (at) } value="1" checked[came];
                span { (name) } }
            @if let Some(wrong) = wrong("signup_id") { span.wrong { (wrong) } }
        }
        (said)
        details open[any_wrong] {
            summary aria-label={ (lang.pick("改时间 ", "Change times of ")) (person.name) } { (lang.pick("改时间", "Change times")) }
            div.filters {
                (field('f', "time", lang.pick("从", "From"), value(|it| it.from.map(str::to_owned), from), wrong("started_at")))
                (field('t', "time", lang.pick("到", "To"), value(|it| it.to.map(str::to_owned), to), wrong("ended_at")))
                (field('b', "number", lang.pick("扣除休息、路途（分钟）", "Breaks, travel (min)"), value(|it| it.breaks.map(str::to_owned), breaks), wrong("breaks_minutes")))
                div.all { (field('r', "text", lang.pick("原因（超时或与签到不符时必填）", "Reason (when longer than the shift, or against the evidence)"),
                    typed.and_then(|typed| own(typed.reason)).unwrap_or_default(), wrong("reason"))) }
            }
        }
    }
}

/// Who was in charge, and the button.
fn in_charge(shift: &ShiftRow, refused: &Refused<'_>, lang: Lang) -> Markup {
    let value = refused.person_in_charge.or(shift.contact_name.as_deref());
    let settled = shift.settled_at.is_some();
    html! {
        label { (lang.pick("活动负责人", "Person in charge"))
            input name="person_in_charge" maxlength="60" required value=[value] autocomplete="name"; }
        p { button.wide {
            @if settled { (lang.pick("补录勾选的人并通知", "Add those ticked and tell them")) }
            @else { (lang.pick("结算并通知志愿者", "Settle and tell the volunteers")) }
        } }
        p.small { @if settled {
            (lang.pick("补录的等级为 D，公开可查。", "What is added has grade D, for anyone to see."))
        } @else {
            (lang.pick(
                "没勾选的人记为未到场，会收到短信并可以说明情况。记录一经写入不能改写，只能更正。",
                "Whoever is not ticked is noted as absent, is told and may reply. Records are never rewritten, only corrected.",
            ))
        } }
    }
}
