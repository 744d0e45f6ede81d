//! A volunteer's certificates, and asking for one.

use axum::response::Response;
use maud::{Markup, html};

use super::sheet::disclosures;
use super::span_words;
use crate::hours::certificates::api::holding::question;
use crate::hours::certificates::id_document::{IdDocument, IdDocumentKind, number_words};
use crate::hours::certificates::store::{self, Given, Held, Line};
use crate::hours::certificates::{CertificateState, Disclosure};
use crate::hours::duration_words;
use crate::platform::clock::{day_words, parse_date};
use crate::platform::fields::FieldErrors;
use crate::platform::i18n::{Lang, Words};
use crate::platform::idempotency::IdempotencyKey;
use crate::platform::input::{Choice as _, Day, Form, parse_id};
use crate::platform::page::{Audience, page, see_other};
use crate::platform::problem::Problem;
use crate::platform::visit::Visit;

/// So many certificates are listed on the page.
const LISTED: i64 = 100;

/// Serves `/me/certificates`.
pub async fn mine(visit: Visit) -> Result<Response, Problem> {
    let held = match visit.has_credential() {
        true => store::held(&visit, LISTED).await?,
        false => None,
    };
    let Some(held) = held else {
        return Ok(see_other("/sign-in?back=/me/certificates"));
    };
    let lang = visit.lang;
    let title = lang.pick("我的证明", "My certificates");
    let organizations: Vec<&[Given]> = held
        .given
        .chunk_by(|one, next| one.organization_id == next.organization_id)
        .collect();
    let body = html! {
        h1 { (title) }
        p.lead { (lang.pick(
            "志愿服务记录证明由记录您服务的组织出具，当场就有，永远免费。",
            "The organization that recorded your service certifies it: at once, and always free.",
        )) }
        @if organizations.is_empty() {
            div.empty {
                p { (lang.pick("还没有可以开证明的服务记录。", "There is no service record to certify yet.")) }
                p { a.button.quiet href="/me/signups" { (lang.pick("我的班次", "My shifts")) } }
            }
        }
        @for given in &organizations {
            (asking(given, organizations.len() == 1 && held.certificates.is_empty(), lang))
        }
        @if !held.certificates.is_empty() {
            section.course {
                h2 { (lang.pick("已开具的证明", "Issued to you")) }
                ul.shifts { @for line in &held.certificates { (issued(line, lang)) } }
            }
        }
        (known_by(&held, lang))
    };
    Ok(page(&visit, Audience::Oneself, title, &body))
}

fn asking(given: &[Given], open: bool, lang: Lang) -> Markup {
    let Some(first) = given.first() else {
        return html! {};
    };
    let minutes: i64 = given.iter().map(|given| given.minutes).sum();
    let id = |name: &str| format!("{name}-{}", first.organization_id);
    let (project, from, to) = (id("project"), id("from"), id("to"));
    html! {
        details.row open[open] {
            summary { strong { (first.organization) } " · " span.num { (duration_words(minutes, lang)) } }
            form method="post" action="/me/certificates" {
                input type="hidden" name="organization" value=(first.organization_id);
                div.ask {
                    label for=(project) { (lang.pick("项目", "Project")) }
                    select id=(project) name="project" {
                        option value="" { (lang.pick("全部项目", "All projects")) }
                        @for given in given {
                            @if let Some(id) = &given.project_id {
                                option value=(id) {
                                    (given.activity) " · " (duration_words(given.minutes, lang)) " · "
                                    (span_words(&given.first, &given.last, lang))
                                }
                            }
                        }
                    }
                }
                div.ask {
                    label for=(from) { (lang.pick("从哪天起（选填）", "From (optional)")) }
                    input id=(from) name="from" type="date";
                }
                div.ask {
                    label for=(to) { (lang.pick("到哪天止（选填）", "To (optional)")) }
                    input id=(to) name="to" type="date";
                }
                (disclosures(Disclosure::Validity, lang))
                p.small { (lang.pick("以后可以随时改。", "You can change this any time.")) }
                button.wide { (lang.pick("开具证明", "Get the certificate")) }
            }
        }
    }
}

fn issued(line: &Line, lang: Lang) -> Markup {
    let state = line.state();
    let class = match state {
        CertificateState::Valid => "state small confirmed",
        CertificateState::Superseded => "state small waitlisted",
        CertificateState::Revoked => "state small cancelled",
    };
    html! {
        li {
            div { a href={ "/certificates/" (line.number) } { (line.organization) } " · "
                strong.num { (duration_words(line.minutes, lang)) } }
            div.go { span class=(class) { (short_name(state, lang)) } }
            div.small {
                (asked_words(line, lang)) br;
                (day_words(line.issued_at, lang)) (lang.pick(" 开具", ", issued")) br;
                span.num.nowrap { (line.number) }
            }
        }
    }
}

/// A state where there is little room.
pub fn short_name(state: CertificateState, lang: Lang) -> &'static str {
    match state {
        CertificateState::Superseded => lang.pick("已被取代", "Superseded"),
        state => state.name(lang),
    }
}

/// What a certificate was asked for.
pub fn asked_words(line: &Line, lang: Lang) -> String {
    let period = match (line.first_day.as_deref(), line.last_day.as_deref()) {
        (None, None) => lang.pick("全部时间", "all the time").to_owned(),
        (Some(from), Some(to)) => span_words(from, to, lang),
        (Some(from), None) => format!(
            "{}{}",
            super::date_words(from, lang),
            lang.pick("起", " on")
        ),
        (None, Some(to)) => format!("{}{}", lang.pick("至", "to "), super::date_words(to, lang)),
    };
    let project = line
        .activity
        .as_deref()
        .unwrap_or(lang.pick("全部项目", "all projects"));
    format!("{project} · {period}")
}

/// The document by which the volunteer is known.
fn known_by(held: &Held, lang: Lang) -> Markup {
    html! {
        section.course #id-document {
            h2 { (lang.pick("证明上的身份", "Who it says you are")) }
            dl.facts {
                dt { (lang.pick("姓名", "Name")) } dd { (held.me.name) }
                @if let Some((kind, number)) = &held.document {
                    dt { (kind.name(lang)) } dd.num { (number) }
                }
            }
            details {
                summary { @match held.document {
                    Some(_) => (lang.pick("更换或删除证件号码", "Change or delete the number")),
                    None => (lang.pick("填写证件号码（选填）", "Add a document's number (optional)")),
                } }
                p.small { (lang.pick(
                    "加密保存，证明上只显示首尾几位，只有您和出具组织能看到。更换后，已开具的证明不变；删除后，所有证明上都不再显示。",
                    "Kept encrypted. Certificates show only its ends, to you and the organization only. Those issued stay as they are when you change it, and lose it when you delete it.",
                )) }
                form method="post" action="/me/certificates/id-document" {
                    div.ask {
                        label for="kind" { (lang.pick("证件", "Document")) }
                        select id="kind" name="kind" {
                            @for kind in IdDocumentKind::all() { option value=(kind.word()) { (kind.name(lang)) } }
                        }
                    }
                    div.ask {
                        label for="number" { (lang.pick("号码", "Number")) }
                        input id="number" name="number" type="text" autocomplete="off" required;
                    }
                    button.quiet { (lang.pick("保存", "Save")) }
                }
                @if held.document.is_some() {
                    form method="post" action="/me/certificates/id-document" {
                        input type="hidden" name="forget" value="1";
                        button.quiet { (lang.pick("删除证件号码", "Delete the number")) }
                    }
                }
            }
        }
    }
}

/// Takes `/me/certificates`: issues one and shows it.
pub async fn ask(visit: Visit, form: Form) -> Result<Response, Problem> {
    let mut errors = FieldErrors::default();
    let mut day = |name: &str| {
        let text = form.get(name)?;
        let date = parse_date(text).map(Day);
        if date.is_none() {
            let words = Words::new(
                "应为日期，如 2026-11-28",
                "must be a date such as 2026-11-28",
            );
            errors.push(format!("/{name}"), words);
        }
        date
    };
    let period = (day("from"), day("to"));
    errors.into_result().map_err(Problem::invalid)?;
    let organization = parse_id(form.get("organization").unwrap_or_default())?;
    let project = form.get("project").map(parse_id).transpose()?;
    let disclosure = form.get("disclosure").and_then(Disclosure::from_word);
    let disclosure = disclosure.unwrap_or(Disclosure::Validity);
    let question = question(organization, project, period, disclosure).map_err(Problem::invalid)?;
    let asked = store::ask(&visit, &question, &IdempotencyKey::default()).await?;
    Ok(see_other(&format!(
        "/certificates/{}",
        asked.certificate.number
    )))
}

/// Takes `/me/certificates/id-document`.
pub async fn document(visit: Visit, form: Form) -> Result<Response, Problem> {
    let kind = form.get("kind").and_then(IdDocumentKind::from_word);
    let kind = kind.unwrap_or(IdDocumentKind::ResidentId);
    let document = match form.get("forget") {
        Some(_) => None,
        None => {
            let number = form.get("number").unwrap_or_default();
            let document = IdDocument::parse(kind, number, visit.now);
            let wrong = || Problem::invalid(FieldErrors::one("/number", number_words(kind)));
            Some(document.ok_or_else(wrong)?)
        }
    };
    store::keep_document(&visit, document.as_ref()).await?;
    Ok(see_other("/me/certificates#id-document"))
}
