//! Coordination on pages: who waits, deciding, appointing.

use axum::response::Response;
use maud::{Markup, html};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::api::{AppointmentBody, appointed, redeemed};
use super::store::{self, Decided, Overview};
use super::{AppointmentCode, Coordinator, Decision, DecisionBody, code_words};
use crate::organizations::api::version_conflict;
use crate::organizations::pages::{on_day, state_words};
use crate::organizations::store::reading::Filter;
use crate::organizations::{Organization, OrganizationState};
use crate::platform::fields::FieldErrors;
use crate::platform::i18n::Lang;
use crate::platform::idempotency::IdempotencyKey;
use crate::platform::input::{Choice as _, Form, Id, PageQuery, parse_id};
use crate::platform::page::{Audience, Refused, ask, page, see_other, text_input};
use crate::platform::problem::Problem;
use crate::platform::text::Line;
use crate::platform::visit::Visit;

/// So many organizations stand on a page.
const SHOWN: u8 = 20;

/// Which organizations to show.
#[derive(Debug, Default, deserr::Deserr)]
#[deserr(error = FieldErrors, deny_unknown_fields)]
pub struct QueueQuery {
    #[deserr(default)]
    state: Option<OrganizationState>,
    /// The last organization of the page before.
    #[deserr(default)]
    after: Option<Line<36>>,
}

/// Serves `/coordination`.
pub async fn queue(
    visit: Visit,
    PageQuery(query): PageQuery<QueueQuery>,
) -> Result<Response, Problem> {
    if !visit.has_credential() {
        return Ok(see_other("/sign-in?back=/coordination"));
    }
    let after = query
        .after
        .as_ref()
        .and_then(|id| parse_id(id.as_str()).ok());
    overview(&visit, query.state, after, Refused::default()).await
}

async fn overview(
    visit: &Visit,
    state: Option<OrganizationState>,
    after: Option<Uuid>,
    refused: Refused<'_>,
) -> Result<Response, Problem> {
    let state = state.unwrap_or(OrganizationState::Unverified);
    let after = after.map(|id| id.to_string());
    let filter = Filter {
        state: Some(state),
        in_reach: true,
        after: after.as_deref(),
        limit: i64::from(SHOWN) + 1,
        ..Filter::default()
    };
    let mut overview = store::overview(visit, &filter).await?;
    let more = overview.organizations.len() > usize::from(SHOWN);
    overview.organizations.truncate(usize::from(SHOWN));
    let last = overview.organizations.last().filter(|_| more);
    let next = last.map(|line| format!("/coordination?state={}&after={}", state.word(), line.id));
    let lang = visit.lang;
    let title = lang.pick("统筹", "Coordination");
    let body = html! {
        h1 { (title) }
        p.lead { @for (at, region) in overview.regions.iter().enumerate() {
            @if at > 0 { (lang.pick("、", ", ")) } (region.full_name)
        } }
        nav.chips aria-label=(lang.pick("组织的状态", "State of organizations")) {
            @for (choice, word) in OrganizationState::ALL {
                a href={ "/coordination?state=" (word) } aria-current=[(*choice == state).then_some("page")] { (choice.name(lang)) }
            }
        }
        p { a.more href="/coordination/signals" { (lang.pick("核查提示", "Signals")) } }
        (organizations(&overview, state, lang))
        @if let Some(next) = next {
            p { a.button.quiet rel="next" href=(next) { (lang.pick("下一页", "Next page")) } }
        }
        (coordinators(&overview, &refused, lang))
    };
    Ok(refused.answered(page(visit, Audience::Oneself, title, &body)))
}

fn organizations(overview: &Overview, state: OrganizationState, lang: Lang) -> Markup {
    html! {
        section aria-label=(lang.pick("组织", "Organizations")) {
            @if overview.organizations.is_empty() {
                div.empty { p {
                    @if state == OrganizationState::Unverified { (lang.pick("没有组织在等待核验。", "No organization is waiting.")) }
                    @else { (lang.pick("没有这样的组织。", "There is none.")) }
                } }
            }
            ul.shifts { @for line in &overview.organizations {
                li {
                    div {
                        strong { (line.name) }
                        small { br; (line.kind.name(lang)) " · " (line.region_name) " · " (on_day(line.state_since, lang)) (lang.pick("起", "")) }
                    }
                    div.go { a.button.quiet href={ "/coordination/organizations/" (line.id) }
                        aria-label={ (lang.pick("查看 ", "Look at ")) (line.name) } { (lang.pick("查看", "Look")) } }
                }
            } }
        }
    }
}

fn coordinators(overview: &Overview, refused: &Refused, lang: Lang) -> Markup {
    let phone = refused.wrong("phone", lang);
    let office = refused.wrong("office", lang);
    html! {
        section.course #coordinators {
            h2 { (lang.pick("统筹员", "Coordinators")) }
            (refused.above(lang))
            ul.shifts { @for coordinator in &overview.coordinators { (line(coordinator, lang)) } }
            details open[refused.problem.is_some()] {
                summary { (lang.pick("任命统筹员", "Appoint a coordinator")) }
                form method="post" action="/coordination/appoint" {
                    (ask("phone", lang.pick("手机号", "Mobile number"), None, phone,
                        &text_input("phone", "tel", refused.typed("phone"), "off", phone.is_some(), true)))
                    (ask("region", lang.pick("行政区划", "Region"), None, refused.wrong("region", lang), &html! {
                        select id="region" name="region" required {
                            @for region in &overview.appointable {
                                option value=(region.code) selected[region.code == refused.typed("region")] { (region.full_name) }
                            }
                        }
                    }))
                    (ask("office", lang.pick("单位名称", "Office"), Some(lang.pick("公众会看到它，看不到个人姓名", "The public reads it instead of a name")), office,
                        &text_input("office", "text", refused.typed("office"), "organization", office.is_some(), true)))
                    button { (lang.pick("任命", "Appoint")) }
                }
            }
        }
    }
}

fn line(coordinator: &Coordinator, lang: Lang) -> Markup {
    html! {
        li {
            div {
                strong { (coordinator.office) } small { " · " (coordinator.region_name) }
                small { br;
                    @match (&coordinator.name, &coordinator.phone) {
                        (Some(name), Some(phone)) => { (name) " " span.num { (phone) } }
                        (None, Some(phone)) => { span.num { (phone) } (lang.pick("（还没登录过）", " (has not signed in yet)")) }
                        (_, None) => { (lang.pick("任命码还没使用", "Its code is not redeemed yet")) }
                    }
                    @if coordinator.is_me { (lang.pick("（我）", " (you)")) }
                }
            }
            @if coordinator.revocable {
                details {
                    summary aria-label={ (lang.pick("更改 ", "Change ")) (coordinator.office) } { (lang.pick("更改", "Change")) }
                    form.actions method="post" action="/coordination/revoke" {
                        input type="hidden" name="id" value=(coordinator.id);
                        @if coordinator.is_me { input type="hidden" name="is_me" value="1"; }
                        button.quiet { @if coordinator.is_me { (lang.pick("卸任", "Step down")) } @else { (lang.pick("撤销", "Revoke")) } }
                    }
                }
            }
        }
    }
}

/// Takes `/coordination/appoint`.
pub async fn appoint(visit: Visit, form: Form) -> Result<Response, Problem> {
    let fields = ["phone", "region", "office"];
    let body: Map<String, Value> = fields
        .iter()
        .filter_map(|name| Some(((*name).to_owned(), json!(form.get(name)?))))
        .collect();
    let body = deserr::deserialize::<AppointmentBody, _, FieldErrors>(Value::Object(body));
    let done = match body {
        Ok(body) => appointed(&visit, &body, &IdempotencyKey::default()).await,
        Err(errors) => Err(Problem::invalid(errors)),
    };
    match done {
        Ok(_) => Ok(see_other("/coordination#coordinators")),
        Err(problem) if matches!(problem.status().as_u16(), 409 | 422) => {
            let refused = Refused {
                problem: Some(&problem),
                form: Some(&form),
            };
            overview(&visit, None, None, refused).await
        }
        Err(problem) => Err(problem),
    }
}

/// Takes `/coordination/revoke`.
pub async fn revoke(visit: Visit, form: Form) -> Result<Response, Problem> {
    let id = parse_id(form.get("id").unwrap_or_default())?;
    store::revoke(&visit, id).await?;
    // Whoever stepped down may have nothing to coordinate any more.
    let next = match form.get("is_me") {
        Some(_) => "/me/organizations",
        None => "/coordination#coordinators",
    };
    Ok(see_other(next))
}

/// Serves `/coordination/organizations/{id}`.
pub async fn organization(visit: Visit, Id(id): Id) -> Result<Response, Problem> {
    if !visit.has_credential() {
        let back = format!("/sign-in?back=/coordination/organizations/{id}");
        return Ok(see_other(&back));
    }
    dossier(&visit, id, Refused::default()).await
}

async fn dossier(visit: &Visit, id: Uuid, refused: Refused<'_>) -> Result<Response, Problem> {
    let organization = store::in_reach(visit, id).await?.organization;
    let lang = visit.lang;
    let (style, state) = state_words(&organization, lang);
    let wrong = refused.wrong("reason", lang);
    let possible: Vec<Decision> = Decision::possible_in(organization.state).collect();
    let explains = possible.iter().any(|decision| decision.needs_reason());
    let body = html! {
        p.small { a href="/coordination" { (lang.pick("统筹", "Coordination")) } }
        h1 { (organization.name) }
        div class=(style) {
            p { (state) }
            @if let Some(reason) = &organization.state_reason { p { (lang.pick("原因：", "Reason: ")) (reason) } }
        }
        (facts(&organization, lang))
        (refused.above(lang))
        form method="post" action={ "/coordination/organizations/" (organization.id) } {
            input type="hidden" name="version" value=(organization.version);
            @if explains {
                (ask("reason", lang.pick("原因", "Reason"),
                    Some(lang.pick("不予通过或暂停时必填，负责人会收到", "Needed to refuse or suspend; its owners read it")), wrong, &html! {
                        textarea id="reason" name="reason" rows="3" maxlength="500" aria-invalid=[wrong.map(|_| "true")]
                            aria-describedby=[wrong.map(|_| "reason-wrong")] { (refused.typed("reason")) }
                    }))
            }
            div.actions {
                @for decision in possible {
                    button.quiet[decision.needs_reason()] name="decision" value=(decision.word()) { (decision.name(lang)) }
                }
            }
        }
    };
    let response = page(visit, Audience::Oneself, &organization.name, &body);
    Ok(refused.answered(response))
}

fn facts(organization: &Organization, lang: Lang) -> Markup {
    let nothing = lang.pick("未填", "not given");
    let given = |text: &Option<String>| text.clone().unwrap_or_else(|| nothing.to_owned());
    html! {
        dl.facts {
            dt { (lang.pick("类型", "Kind")) } dd { (organization.kind.name(lang)) }
            dt { (lang.pick("信用代码", "Credit code")) } dd.num { (given(&organization.credit_code)) }
            dt { (lang.pick("所在地", "Region")) } dd { (organization.region_name) }
            dt { (lang.pick("联系人", "Contact")) } dd { (given(&organization.contact_name)) }
            dt { (lang.pick("电话", "Telephone")) } dd.num { (given(&organization.contact_phone)) }
            @if let Some(fundraising) = &organization.fundraising {
                dt { (lang.pick("公开募捐资格", "Public fundraising")) }
                dd { (fundraising.certificate) " " small.nowrap { (lang.pick("有效期至 ", "until ")) (fundraising.valid_until) } }
            }
        }
        @if !organization.about.is_empty() { p.prose { (organization.about) } }
    }
}

/// Takes `/coordination/organizations/{id}`: a decision.
pub async fn decide(visit: Visit, Id(id): Id, form: Form) -> Result<Response, Problem> {
    let problem = match decision(&visit, id, &form).await {
        Ok(()) => return Ok(see_other("/coordination")),
        Err(problem) => problem,
    };
    if matches!(problem.status().as_u16(), 409 | 412 | 422) {
        let refused = Refused {
            problem: Some(&problem),
            form: Some(&form),
        };
        return dossier(&visit, id, refused).await;
    }
    Err(problem)
}

async fn decision(visit: &Visit, id: Uuid, form: &Form) -> Result<(), Problem> {
    let body: Map<String, Value> = ["decision", "reason"]
        .iter()
        .filter_map(|name| Some(((*name).to_owned(), json!(form.get(name)?))))
        .collect();
    let body: DecisionBody = deserr::deserialize(Value::Object(body)).map_err(Problem::invalid)?;
    body.check()?;
    let seen = form.get("version").and_then(|text| text.parse().ok());
    match store::decide(visit, id, &body, seen, &IdempotencyKey::default()).await? {
        Decided::Done(_) | Decided::Before(_) => Ok(()),
        Decided::NotPossible(state) => Err(Decision::not_possible(state)),
        Decided::Changed(version) => Err(version_conflict(version)),
    }
}

/// Serves `/coordination/accept`, where a code that was printed at deployment is redeemed.
pub async fn code_form(visit: Visit) -> Result<Response, Problem> {
    if !visit.has_credential() {
        return Ok(see_other("/sign-in?back=/coordination/accept"));
    }
    Ok(code_page(&visit, None))
}

fn code_page(visit: &Visit, wrong: Option<&str>) -> Response {
    let lang = visit.lang;
    let title = lang.pick("使用任命码", "Redeem a code");
    let body = html! {
        h1 { (title) }
        p.lead { (lang.pick("部署时得到的任命码，只能用一次；用后您就是统筹员。", "The code from the deployment works once, and makes you a coordinator.")) }
        form method="post" action="/coordination/accept" {
            (ask("code", lang.pick("任命码", "Code"), None, wrong,
                &text_input("code", "text", "", "off", wrong.is_some(), true)))
            button.wide { (lang.pick("成为统筹员", "Become a coordinator")) }
        }
    };
    page(visit, Audience::Oneself, title, &body)
}

/// Takes `/coordination/accept`.
pub async fn redeem(visit: Visit, form: Form) -> Result<Response, Problem> {
    let Some(code) = AppointmentCode::parse(form.get("code").unwrap_or_default()) else {
        return Ok(code_page(&visit, Some(code_words().in_lang(visit.lang))));
    };
    match redeemed(&visit, &code, &IdempotencyKey::default()).await {
        Ok(_) => Ok(see_other("/coordination")),
        Err(problem) if matches!(problem.code(), "wrong_code" | "already_coordinator") => {
            Ok(code_page(&visit, Some(problem.title(visit.lang))))
        }
        Err(problem) => Err(problem),
    }
}
