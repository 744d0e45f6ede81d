//! Disputes and corrections in an organization's console.

use axum::response::Response;
use deserr::Deserr;
use maud::{Markup, html};
use uuid::Uuid;

use super::{day, history, is_told_there, read, sheet, steps, time_fields, words_field};
use crate::hours::corrections::api::disputes::answered;
use crate::hours::corrections::api::records::corrected;
use crate::hours::corrections::store::{self, By, Case, ListedDispute, Which};
use crate::hours::corrections::{DisputeState, is_overdue};
use crate::hours::{RecordKind, duration_words};
use crate::organizations::Permission;
use crate::organizations::pages::{Console, ConsolePage};
use crate::platform::clock::Instant;
use crate::platform::fields::FieldErrors;
use crate::platform::i18n::Lang;
use crate::platform::idempotency::IdempotencyKey;
use crate::platform::input::{Digits, Form, Id, PageQuery, Path, parse_id};
use crate::platform::page::{Audience, Refused, page, see_other};
use crate::platform::problem::Problem;
use crate::platform::visit::Visit;

/// So many disputes stand on a page.
const SHOWN: usize = 20;

/// Which disputes to show.
#[derive(Debug, Deserr)]
#[deserr(error = FieldErrors, deny_unknown_fields)]
pub struct DisputesQuery {
    #[deserr(default)]
    which: Option<Which>,
    #[deserr(default)]
    after: Option<Digits<1, 9_007_199_254_740_991>>,
}

/// Serves `/organizations/{id}/disputes`.
pub async fn disputes(
    visit: Visit,
    Id(id): Id,
    PageQuery(query): PageQuery<DisputesQuery>,
) -> Result<Response, Problem> {
    let which = query.which.unwrap_or(Which::Unanswered);
    let after = query.after.map_or(0, Digits::get);
    let found = store::of_organization(&visit, id, which, after, SHOWN).await?;
    let lang = visit.lang;
    let here = format!("/organizations/{id}/disputes");
    let title = lang.pick("时长异议", "Disputes");
    let choices = [
        (Which::Unanswered, lang.pick("待答复", "To answer")),
        (Which::All, lang.pick("全部", "All")),
    ];
    let body = html! {
        @if let Some(agent) = &found.agent {
            (Console::of(&visit, &id.to_string(), agent).nav(Some(ConsolePage::Disputes)))
        }
        h1 { (title) }
        nav.chips aria-label=(lang.pick("哪些异议", "Which disputes")) {
            @for (choice, name) in choices {
                a href={ (here) "?which=" (choice.word()) } aria-current=[(choice == which).then_some("page")] { (name) }
            }
        }
        (lines(&found.items, |line| format!("{here}/{}", line.id), visit.now, lang))
        @if let Some(next) = found.next {
            p { a.button.quiet rel="next" href={ (here) "?which=" (which.word()) "&after=" (next) } { (lang.pick("下一页", "Next page")) } }
        }
    };
    Ok(page(&visit, Audience::Oneself, title, &body))
}

/// A list of disputes, each leading to its page.
pub(super) fn lines(
    items: &[ListedDispute],
    to: impl Fn(&ListedDispute) -> String,
    now: Instant,
    lang: Lang,
) -> Markup {
    html! {
        @if items.is_empty() {
            div.empty { p { (lang.pick("没有等您处理的异议。", "Nothing waits for you.")) } }
        }
        ul.shifts { @for line in items {
            @let overdue = is_overdue(line.state, &line.due_on, now);
            li {
                div { strong { (line.activity) } }
                div.go { a.button.quiet href=(to(line)) aria-label={ (lang.pick("查看 ", "Look at ")) (line.activity) } { (lang.pick("查看", "Look")) } }
                div.small {
                    (line.organization_name) br;
                    (day(&line.on_date, lang)) " · " (duration_words(line.minutes, lang)) br;
                    @if overdue { span.wrong { (lang.pick("已逾期，应于", "Overdue since ")) (day(&line.due_on, lang)) (lang.pick("前答复", "")) } }
                    @else if line.state == DisputeState::Open { (lang.pick("请于", "Answer by ")) (day(&line.due_on, lang)) (lang.pick("前答复", "")) }
                    @else { (line.state.name(lang)) }
                }
            }
        } }
    }
}

/// Serves `/organizations/{id}/disputes/{dispute}`.
pub async fn dispute(
    visit: Visit,
    Path((organization, dispute)): Path<(String, String)>,
) -> Result<Response, Problem> {
    let by = By::Dispute(parse_id(&dispute)?);
    shown(&visit, &organization, by, &Refused::default()).await
}

/// Serves `/organizations/{id}/records/{record}`.
pub async fn record(
    visit: Visit,
    Path((organization, record)): Path<(String, String)>,
) -> Result<Response, Problem> {
    let by = By::Record(parse_id(&record)?);
    shown(&visit, &organization, by, &Refused::default()).await
}

async fn shown(
    visit: &Visit,
    organization: &str,
    by: By,
    refused: &Refused<'_>,
) -> Result<Response, Problem> {
    let case = store::case(visit, by, Permission::ReadHours).await?;
    case.require_reader()?;
    if case.organization_id != organization {
        return Err(Problem::not_found());
    }
    let lang = visit.lang;
    let title = lang.pick("服务记录", "Service record");
    let console = Console::new(visit, organization, &case.organization_name, case.role);
    let here = match by {
        By::Record(_) => ConsolePage::Hours,
        By::Dispute(_) => ConsolePage::Disputes,
    };
    let body = html! {
        (console.nav(Some(here)))
        h1 { (title) }
        (refused.above(lang))
        (sheet(visit, case.newest()?, Some(&case.volunteer_name)))
        (steps(&case, lang))
        (history(visit, &case.versions))
        (what_to_do(visit, &case, refused)?)
    };
    Ok(refused.answered(page(visit, Audience::Oneself, title, &body)))
}

fn what_to_do(visit: &Visit, case: &Case, refused: &Refused<'_>) -> Result<Markup, Problem> {
    let (newest, lang) = (case.newest()?, visit.lang);
    let records = case
        .role
        .is_some_and(|role| role.may(Permission::RecordHours));
    if newest.record.kind != RecordKind::Service || !records {
        return Ok(html! {});
    }
    if case.is_own() {
        return Ok(html! { p.say.wait { (lang.pick(
            "这是您自己的服务记录，请组织的其他成员处理。",
            "This is your own record: another member of the organization decides on it.",
        )) } });
    }
    let organization = &case.organization_id;
    let reason = words_field(
        "reason",
        lang.pick("说明", "Reason"),
        lang.pick(
            "会发短信告诉志愿者，并留在记录里",
            "Texted to the volunteer, and kept with the record",
        ),
        300,
        refused,
        lang,
    );
    Ok(match newest.dispute() {
        Some(dispute) if dispute.state == DisputeState::Escalated => html! {
            p.say.wait { (lang.pick("统筹员正在裁定，组织暂不能更正。", "The coordinator is deciding; the organization cannot correct it now.")) }
        },
        Some(dispute) if dispute.state == DisputeState::Open => html! {
            section.course #answer {
                h2 { (lang.pick("答复", "Answer")) }
                p.small { @match lang {
                    Lang::Zh => { "请核对后于" (day(&dispute.due_on, lang)) "前答复。更正会成为一条新记录，原记录仍可查。" }
                    Lang::En => { "Check and answer by " (day(&dispute.due_on, lang)) ". A correction becomes a new record; the old one stays readable." }
                } }
                form method="post" action={ "/organizations/" (organization) "/disputes/" (dispute.id) } {
                    (reason)
                    details open[refused.problem.is_some() || dispute.wish.is_empty()] {
                        summary { (lang.pick("更正为（不改则采用志愿者提出的）", "Correct to (left as it is: what the volunteer proposed)")) }
                        (time_fields(newest, refused, lang))
                    }
                    div.actions {
                        button name="answer" value="amend" { (lang.pick("同意更正", "Correct it")) }
                        button.quiet name="answer" value="decline" { (lang.pick("记录无误", "It is right")) }
                    }
                }
            }
        },
        _ => html! {
            section.course #correct {
                details open[refused.problem.is_some()] {
                    summary { (lang.pick("更正这条记录", "Correct this record")) }
                    p.small { (lang.pick(
                        "更正会成为一条新记录，原记录和原因都留着。时间在原有签到范围内的，依据等级不变；超出的按补录（D）。",
                        "A correction becomes a new record; the old one and the reason stay. Times within those checked keep the grade, others are grade D.",
                    )) }
                    form method="post" action={ "/organizations/" (organization) "/records/" (newest.record.id) } {
                        (time_fields(newest, refused, lang))
                        (reason)
                        button.wide { (lang.pick("更正", "Correct")) }
                    }
                }
            }
        },
    })
}

/// Takes `/organizations/{id}/disputes/{dispute}`: the answer.
pub async fn answer(
    visit: Visit,
    Path((organization, dispute)): Path<(String, String)>,
    form: Form,
) -> Result<Response, Problem> {
    let id = parse_id(&dispute)?;
    let key = IdempotencyKey::default();
    let done = match read(&form, &["answer", "reason"]) {
        Ok(body) => answered(&visit, id, &body, &key).await,
        Err(problem) => Err(problem),
    };
    let here = format!("/organizations/{organization}/disputes/{id}");
    finished(&visit, &organization, By::Dispute(id), &here, &form, done).await
}

/// Takes `/organizations/{id}/records/{record}`: a correction.
pub async fn correct(
    visit: Visit,
    Path((organization, record)): Path<(String, String)>,
    form: Form,
) -> Result<Response, Problem> {
    let id: Uuid = parse_id(&record)?;
    let key = IdempotencyKey::default();
    let done = match read(&form, &["reason"]) {
        Ok(body) => corrected(&visit, id, &body, &key).await,
        Err(problem) => Err(problem),
    };
    let here = format!("/organizations/{organization}/records/{id}");
    finished(&visit, &organization, By::Record(id), &here, &form, done).await
}

async fn finished(
    visit: &Visit,
    organization: &str,
    by: By,
    here: &str,
    form: &Form,
    done: Result<(Case, bool), Problem>,
) -> Result<Response, Problem> {
    match done {
        Ok(_) => Ok(see_other(here)),
        Err(problem) if is_told_there(&problem) => {
            let refused = Refused {
                problem: Some(&problem),
                form: Some(form),
            };
            shown(visit, organization, by, &refused).await
        }
        Err(problem) => Err(problem),
    }
}
