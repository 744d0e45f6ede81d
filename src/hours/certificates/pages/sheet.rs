//! The certificate itself: for its holder to print, for strangers to check.

use axum::response::Response;
use deserr::Deserr;
use maud::{Markup, html};

use super::{date_words, span_words};
use crate::hours::certificates::api::holding::new_secret;
use crate::hours::certificates::api::public::KeyQuery;
use crate::hours::certificates::api::{address, number_in, opens, share_url, shown_to};
use crate::hours::certificates::snapshot::Item;
use crate::hours::certificates::store::{self, Certificate, Question};
use crate::hours::certificates::{CertificateState, Disclosure, Number, masked_name, mistyped};
use crate::hours::duration_words;
use crate::platform::assets::CERTIFICATE_STYLE;
use crate::platform::clock::day_words;
use crate::platform::fields::FieldErrors;
use crate::platform::i18n::{Lang, Words};
use crate::platform::idempotency::IdempotencyKey;
use crate::platform::input::{Choice as _, Form, PageQuery, Path, parse_id};
use crate::platform::page::{Audience, ask, page_with_head, see_other, text_input};
use crate::platform::problem::Problem;
use crate::platform::qr;
use crate::platform::text::Line;
use crate::platform::visit::Visit;

/// So much of what was done stands on paper, in characters; all of it in JSON.
const CONTENT: usize = 60;

/// Search engines keep no certificates.
fn head() -> Markup {
    html! {
        meta name="robots" content="noindex";
        link rel="stylesheet" href=(CERTIFICATE_STYLE.href());
    }
}

/// What somebody types in to check.
#[derive(Debug, Deserr)]
#[deserr(error = FieldErrors, deny_unknown_fields)]
pub struct NumberQuery {
    #[deserr(default)]
    number: Option<String>,
}

/// Serves `/certificates`: checking a number from paper.
pub async fn check(
    visit: Visit,
    PageQuery(query): PageQuery<NumberQuery>,
) -> Result<Response, Problem> {
    let lang = visit.lang;
    let typed = query.number.as_deref();
    if let Some(number) = typed.and_then(Number::parse) {
        return Ok(see_other(&format!("/certificates/{number}")));
    }
    let wrong = typed.map(|_| mistyped().title(lang).to_owned());
    let input = text_input(
        "number",
        "text",
        typed.unwrap_or_default(),
        "off",
        wrong.is_some(),
        true,
    );
    let title = lang.pick("核验证明", "Check a certificate");
    let body = html! {
        h1 { (title) }
        p.lead { (lang.pick(
            "输入志愿服务记录证明上的编号，或者扫描上面的二维码。",
            "Type the number on a certificate, or scan its code.",
        )) }
        form method="get" action="/certificates" {
            (ask("number", lang.pick("证明编号", "Number"),
                Some(lang.pick("16 位字母和数字，不分大小写", "16 letters and digits; case does not matter")),
                wrong.as_deref(), &input))
            button.wide { (lang.pick("核验", "Check")) }
        }
    };
    Ok(page_with_head(
        &visit,
        Audience::Oneself,
        title,
        &head(),
        &body,
    ))
}

/// Serves `/certificates/{number}`: to its people the sheet, to strangers what the holder
/// agreed to.
pub async fn show(
    visit: Visit,
    Path(number): Path<String>,
    PageQuery(query): PageQuery<KeyQuery>,
) -> Result<Response, Problem> {
    let certificate = store::read(&visit, &number_in(&number)?).await?;
    let lang = visit.lang;
    let key = query.key.as_deref();
    let shown = shown_to(&visit, &certificate, key);
    let body = html! {
        (verdict(&visit, &certificate))
        @match shown {
            Disclosure::Full => (sheet(&visit, &certificate)),
            _ => (facts(&certificate, shown, lang)),
        }
        @if certificate.is_holder {
            (holders(&visit, &certificate))
        } @else if opens(&visit, &certificate, key) {
            (badge_link(&certificate, key, lang))
        }
        @if certificate.revokes {
            @match certificate.revocation_reason.as_deref() {
                None => (revocation(&certificate, lang)),
                Some(reason) if !certificate.may_ask_again => (release(&certificate, reason, lang)),
                Some(_) => {},
            }
        }
    };
    let title = lang.pick("志愿服务记录证明", "Certificate of service");
    Ok(page_with_head(
        &visit,
        Audience::Oneself,
        title,
        &head(),
        &body,
    ))
}

fn verdict(visit: &Visit, certificate: &Certificate) -> Markup {
    let lang = visit.lang;
    let state = certificate.state();
    let since = date_words(&certificate.state_since().date().to_string(), lang);
    let checked = format!("{} {}", day_words(visit.now, lang), visit.now.hour_minute());
    let class = match state {
        CertificateState::Valid if !certificate.organization_suspended => "say good verdict",
        _ => "say verdict",
    };
    html! {
        div class=(class) role="status" {
            p { strong { (state.name(lang)) } " " span.small { (lang.pick("核验于 ", "checked ")) (checked) } }
            @match state {
                CertificateState::Valid => {},
                CertificateState::Superseded => @if let Some(because) = certificate.superseded_because() {
                    p { (since) (lang.pick("，", ": ")) (because.words(lang)) }
                },
                CertificateState::Revoked => p { (since) (lang.pick("，出具组织撤销了本证明。", ": its organization took it back.")) },
            }
            @if let Some(reason) = certificate.revocation_reason.as_deref().filter(|_| certificate.is_holder || certificate.is_issuer) {
                p { (lang.pick("撤销原因：", "Reason: ")) (reason) }
            }
            @if certificate.organization_suspended {
                p { (lang.pick(
                    "请注意：出具组织目前已被统筹单位暂停。",
                    "Note: a coordinator has suspended its organization for the time being.",
                )) }
            }
            @if certificate.is_holder && state == CertificateState::Revoked {
                p { @match certificate.may_ask_again {
                    true => a href="/me/certificates" { (lang.pick("组织允许您重新申请，去开具新的证明", "You may ask for another one")) },
                    false => (lang.pick("需要重新开具时，请联系出具组织。", "If you need another one, talk to the organization.")),
                } }
            }
            @if certificate.is_holder && state == CertificateState::Superseded {
                form method="post" action={ "/certificates/" (certificate.number) "/renew" } {
                    button { (lang.pick("按现在的记录重新开具", "Get a new one")) }
                }
            }
        }
    }
}

/// What strangers see of it.
fn facts(certificate: &Certificate, shown: Disclosure, lang: Lang) -> Markup {
    html! {
        h1 { (lang.pick("志愿服务记录证明", "Certificate of service")) }
        dl.facts {
            dt { (lang.pick("编号", "Number")) } dd.num { (certificate.number) }
            dt { (lang.pick("出具组织", "Issued by")) } dd { (certificate.snapshot.organization) }
            dt { (lang.pick("出具日期", "On")) } dd { (issued_on(certificate, lang)) }
            @if shown == Disclosure::Summary {
                @if let Some(name) = &certificate.holder_name {
                    dt { (lang.pick("志愿者", "Volunteer")) } dd { (masked_name(name)) }
                }
                dt { (lang.pick("服务时间", "Service time")) }
                dd { (duration_words(certificate.snapshot.minutes().total(), lang)) }
            }
        }
        p.small { (lang.pick(
            "其他内容由志愿者本人决定是否公开。需要查看全部内容时，请向本人索取分享链接。",
            "What else it says is the volunteer's to show. Ask them for a link to see all of it.",
        )) }
    }
}

fn issued_on(certificate: &Certificate, lang: Lang) -> String {
    date_words(&certificate.issued_at.date().to_string(), lang)
}

/// The formal sheet, which fits A4.
fn sheet(visit: &Visit, certificate: &Certificate) -> Markup {
    let lang = visit.lang;
    let snapshot = &certificate.snapshot;
    let (first, last) = snapshot.span();
    let from = certificate.first_day.as_deref().unwrap_or(first);
    let to = certificate.last_day.as_deref().unwrap_or(last);
    let minutes = snapshot.minutes();
    let document = (certificate.is_holder || certificate.is_issuer)
        .then(|| certificate.document(visit))
        .flatten();
    let name = certificate.holder_name.as_deref();
    let url = address(visit, &certificate.number);
    html! {
        article.certificate {
            h1 { (lang.pick("志愿服务记录证明", "Certificate of Volunteer Service")) }
            p.no { (lang.pick("编号：", "No. ")) span.num { (certificate.number) } }
            @if certificate.state() != CertificateState::Valid {
                p.void { (certificate.state().name(lang)) }
            }
            p.statement {
                (lang.pick("兹证明 ", "This is to certify that "))
                strong { (name.unwrap_or(lang.pick("（已注销）", "(left)"))) }
                @if let Some((kind, number)) = &document {
                    (lang.pick("（", " (")) (kind.name(lang)) " " span.num { (number) } (lang.pick("）", ")"))
                }
                @match lang {
                    Lang::Zh => { "于 " (span_words(from, to, lang)) " 期间参加本组织的志愿服务，服务时间共计 " }
                    Lang::En => { ", " (span_words(from, to, lang)) ", gave volunteer service with us, in all " }
                }
                strong { (duration_words(minutes.total(), lang)) }
                (lang.pick("。明细如下：", ", as follows:"))
            }
            table.given {
                thead { tr {
                    th scope="col" { (lang.pick("服务项目与内容", "Activity")) }
                    th scope="col" { (lang.pick("日期", "Date")) }
                    th scope="col" { (lang.pick("服务时间", "Time")) }
                    th scope="col" { (lang.pick("证据等级", "Evidence")) }
                } }
                tbody { @for item in &snapshot.items { (row(item, lang)) } }
                tfoot { tr {
                    th scope="row" colspan="2" { (lang.pick("合计", "Total")) }
                    td.num { (duration_words(minutes.total(), lang)) }
                    td {}
                } }
            }
            section.close {
                p.legend {
                    (lang.pick("证据等级：", "Evidence: "))
                    @for (at, (grade, minutes)) in minutes.graded().enumerate() {
                        @if at > 0 { (lang.pick("；", "; ")) }
                        strong { (grade.word()) } " " (grade.name(lang)) " " (duration_words(minutes, lang))
                    }
                    (lang.pick(
                        "。服务时间为实际提供服务的时间，不含往返交通，不折算。",
                        ". Time is service actually given: no travel, no weighting.",
                    ))
                }
                div.foot {
                    div.check {
                        // The address stands beside it for whoever cannot see it.
                        div aria-hidden="true" { (qr::svg(&url)) }
                        p { (lang.pick("扫码或访问以下网址核验", "Check it at")) br; span.url { (url) } }
                    }
                    dl.unit {
                        dt { (lang.pick("记录单位（盖章）", "Recording unit (seal)")) }
                        dd { (snapshot.organization) }
                        @if let Some(code) = &snapshot.credit_code {
                            dt { (lang.pick("统一社会信用代码", "Credit code")) } dd.num { (code) }
                        }
                        dt { (lang.pick("活动负责人", "In charge")) } dd { (in_charge(&snapshot.in_charge(), lang)) }
                        dt { (lang.pick("出具日期", "Issued")) } dd { (issued_on(certificate, lang)) }
                    }
                }
                p.law { (lang.pick(
                    "依据《志愿服务条例》和《志愿服务记录与证明出具办法（试行）》出具，不收取任何费用。",
                    "Issued free of charge under the Regulations on Volunteer Service and order 67 of 2020.",
                )) }
            }
        }
    }
}

/// The first few; all of them stand in the rows above.
fn in_charge(people: &[&str], lang: Lang) -> String {
    let shown: Vec<&str> = people.iter().copied().take(3).collect();
    let joined = shown.join(lang.pick("、", ", "));
    match people.len() > shown.len() {
        true => joined + lang.pick("等", " and others"),
        false => joined,
    }
}

fn row(item: &Item, lang: Lang) -> Markup {
    let (from, to) = item.span();
    let minutes = item.minutes();
    let mut letters = item.content.chars();
    let mut content: String = letters.by_ref().take(CONTENT).collect();
    if letters.next().is_some() {
        content.push('…');
    }
    html! {
        tr {
            td {
                strong { (item.activity) } br;
                (content.replace('\n', " ")) br;
                span.small { (item.region_name) (item.place) " · " (lang.pick("负责人：", "in charge: ")) (item.person_in_charge) }
            }
            td.num {
                span.nowrap { (date_words(from, lang)) }
                @if from != to { " " span.nowrap { (lang.pick("至 ", "to ")) (date_words(to, lang)) } }
                @if item.days.len() > 1 {
                    br; span.small { @match lang {
                        Lang::Zh => { "共 " (item.days.len()) " 次" }
                        Lang::En => { (item.days.len()) " times" }
                    } }
                }
            }
            td.num { (duration_words(minutes.total(), lang)) }
            td.num {
                @let graded: Vec<_> = minutes.graded().collect();
                @match graded.as_slice() {
                    [(grade, _)] => (grade.word()),
                    several => @for (grade, minutes) in several {
                        div { (grade.word()) " " (duration_words(*minutes, lang)) }
                    },
                }
            }
        }
    }
}

fn badge_link(certificate: &Certificate, key: Option<&str>, lang: Lang) -> Markup {
    let query = key.map_or_else(String::new, |key| format!("?key={key}"));
    html! {
        div.actions {
            a.button.quiet href={ "/certificates/" (certificate.number) "/badge" (query) } download {
                (lang.pick("下载电子凭证（Open Badges 3.0）", "Download the Open Badge (3.0)"))
            }
        }
    }
}

/// What the holder may do.
fn holders(visit: &Visit, certificate: &Certificate) -> Markup {
    let lang = visit.lang;
    let to = |act: &str| format!("/certificates/{}/{act}", certificate.number);
    let share = certificate.share(visit);
    html! {
        section.course.tools {
            p.small { (lang.pick(
                "打印：用浏览器菜单里的“打印”，纸张选 A4。也可以另存为 PDF。",
                "Print it from the browser's menu, on A4, or save it as PDF.",
            )) }
            (badge_link(certificate, None, lang))
            form method="post" action=(to("disclosure")) {
                (disclosures(certificate.disclosure, lang))
                button.quiet { (lang.pick("保存", "Save")) }
            }
            h2 { (lang.pick("分享全部内容", "Share all of it")) }
            @if let Some(secret) = &share {
                p.small { (lang.pick("有这个链接的人能看到全部内容：", "Whoever has this link sees all of it:")) }
                p { code.secret { (share_url(visit, &certificate.number, secret)) } }
                div.actions {
                    form method="post" action=(to("share")) { button.quiet { (lang.pick("换一个链接", "Another link")) } }
                    form method="post" action=(to("unshare")) { button.quiet { (lang.pick("停止分享", "Stop sharing")) } }
                }
            } @else {
                p.small { (lang.pick(
                    "生成一个私密链接，只发给您信任的人或单位，可随时停用。",
                    "Makes a private link for those you trust; you can end it any time.",
                )) }
                form method="post" action=(to("share")) { button.quiet { (lang.pick("生成分享链接", "Make a link")) } }
            }
            div.actions { a.button.quiet href="/me/certificates" { (lang.pick("我的全部证明", "All my certificates")) } }
        }
    }
}

/// What strangers may see, to choose from.
pub fn disclosures(chosen: Disclosure, lang: Lang) -> Markup {
    html! {
        fieldset {
            legend { (lang.pick("陌生人核验时能看到", "Strangers who check it see")) }
            @for disclosure in Disclosure::all() {
                label.tick {
                    input type="radio" name="disclosure" value=(disclosure.word()) checked[disclosure == chosen];
                    (disclosure.name(lang))
                }
            }
        }
    }
}

fn revocation(certificate: &Certificate, lang: Lang) -> Markup {
    html! {
        details.tools {
            summary { (lang.pick("撤销这份证明", "Revoke this certificate")) }
            p.small { (lang.pick(
                "撤销后不能恢复；志愿者和核验的人都会看到“已撤销”，本人也不能再为这些记录开具证明。记录有误时，请更正记录，不必撤销证明。",
                "It cannot be undone: the volunteer and whoever checks it see that it was revoked, and no other is issued of these records. When a record is wrong, correct the record instead.",
            )) }
            form method="post" action={ "/certificates/" (certificate.number) "/revoke" } {
                (ask("reason", lang.pick("原因", "Reason"), None, None, &text_input("reason", "text", "", "off", false, true)))
                label.tick {
                    input type="checkbox" name="may_ask_again" value="1";
                    (lang.pick("允许本人重新申请（例如只是姓名写错）", "The volunteer may ask for another one (say, only the name was wrong)"))
                }
                button.quiet { (lang.pick("确定撤销", "Revoke it")) }
            }
        }
    }
}

/// Says later that the holder may ask for another one; why it was revoked stays.
fn release(certificate: &Certificate, reason: &str, lang: Lang) -> Markup {
    html! {
        form.tools method="post" action={ "/certificates/" (certificate.number) "/revoke" } {
            input type="hidden" name="reason" value=(reason);
            input type="hidden" name="may_ask_again" value="1";
            p.small { (lang.pick(
                "这份证明已撤销，本人不能再为其中的记录开具证明。",
                "It was revoked, and no other is issued of its records.",
            )) }
            button.quiet { (lang.pick("允许本人重新申请", "Let the volunteer ask for another one")) }
        }
    }
}

/// Takes `/certificates/{number}/{act}`.
pub async fn act(
    visit: Visit,
    Path((number, act)): Path<(String, String)>,
    form: Form,
) -> Result<Response, Problem> {
    let number = number_in(&number)?;
    let once = IdempotencyKey::default();
    let missing = |field: &str| {
        let words = Words::new("请填写", "must be filled in");
        Problem::invalid(FieldErrors::one(format!("/{field}"), words))
    };
    let next = match act.as_str() {
        "disclosure" => {
            let disclosure = form
                .get("disclosure")
                .and_then(Disclosure::from_word)
                .ok_or_else(|| missing("disclosure"))?;
            store::set_disclosure(&visit, &number, disclosure).await?;
            number
        }
        "share" => {
            store::set_share(&visit, &number, Some(&new_secret()?), &once, None).await?;
            number
        }
        "unshare" => {
            store::set_share(&visit, &number, None, &once, None).await?;
            number
        }
        "revoke" => {
            let reason = form.get("reason").ok_or_else(|| missing("reason"))?;
            let reason = Line::<200>::parse(reason)
                .map_err(|fault| Problem::invalid(FieldErrors::one("/reason", fault.words())))?;
            let may_ask_again = form.get("may_ask_again").is_some();
            store::revoke(&visit, &number, reason.as_str(), may_ask_again, &once).await?;
            number
        }
        "renew" => renewed(&visit, &number, &once).await?,
        _ => return Err(Problem::not_found()),
    };
    Ok(see_other(&format!("/certificates/{next}")))
}

/// The same question asked anew, by the holder.
async fn renewed(visit: &Visit, number: &Number, key: &IdempotencyKey) -> Result<Number, Problem> {
    let certificate = store::read(visit, number).await?;
    if !certificate.is_holder {
        let known = visit.has_credential();
        return Err(if known {
            Problem::forbidden()
        } else {
            Problem::unauthenticated()
        });
    }
    let question = Question {
        organization: parse_id(&certificate.organization_id)?,
        project: certificate
            .project_id
            .as_deref()
            .map(parse_id)
            .transpose()?,
        from: certificate.first_day,
        to: certificate.last_day,
        disclosure: certificate.disclosure,
    };
    Ok(store::ask(visit, &question, key).await?.certificate.number)
}
