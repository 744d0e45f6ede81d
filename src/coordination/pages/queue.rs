//! Who waits for verification, and who coordinates.

use axum::response::Response;
use maud::{Markup, html};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::{Done, told};
use crate::coordination::Coordinator;
use crate::coordination::api::{AppointmentBody, appointed};
use crate::coordination::store::{self, Overview};
use crate::organizations::pages::on_day;
use crate::organizations::store::reading::Filter;
use crate::organizations::{OrganizationLine, OrganizationState};
use crate::platform::fields::FieldErrors;
use crate::platform::i18n::Lang;
use crate::platform::idempotency::IdempotencyKey;
use crate::platform::input::{Choice as _, Form, PageQuery, parse_id};
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
    #[deserr(default)]
    done: Option<Done>,
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
    let wanted = Wanted {
        state: query.state,
        after,
        done: query.done,
    };
    overview(&visit, wanted, Refused::default()).await
}

/// Which part of the queue to show, and what was done before.
#[derive(Default)]
struct Wanted {
    state: Option<OrganizationState>,
    after: Option<Uuid>,
    done: Option<Done>,
}

async fn overview(
    visit: &Visit,
    wanted: Wanted,
    refused: Refused<'_>,
) -> Result<Response, Problem> {
    let state = wanted.state.unwrap_or(OrganizationState::Unverified);
    let after = wanted.after.map(|id| id.to_string());
    let (below, above): (Option<Done>, Option<Done>) = match wanted.done {
        Some(done) if done.is_about_coordinators() => (Some(done), None),
        done => (None, done),
    };
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
        (told(above, lang))
        p.lead { @for (at, region) in overview.regions.iter().enumerate() {
            @if at > 0 { (lang.pick("、", ", ")) } (region.full_name)
        } }
        nav.chips aria-label=(lang.pick("组织的状态", "State of organizations")) {
            @for (choice, word) in OrganizationState::ALL {
                a href={ "/coordination?state=" (word) } aria-current=[(*choice == state).then_some("page")] { (choice.name(lang)) }
            }
        }
        div.actions {
            a.button.quiet href="/coordination/hours" { (lang.pick("逾期未记录的服务", "Service overdue to be recorded")) }
            a.button.quiet href="/coordination/disputes" { (lang.pick("时长异议", "Disputed hours")) }
            a.button.quiet href="/coordination/signals" { (lang.pick("值得核对的记录", "Records to look at")) }
        }
        (organizations(&overview, state, lang))
        @if let Some(next) = next {
            p { a.button.quiet rel="next" href=(next) { (lang.pick("下一页", "Next page")) } }
        }
        (coordinators(&overview, &refused, below, lang))
    };
    let response = page(visit, Audience::Oneself, title, &body);
    Ok(refused.answered(response))
}

fn organizations(overview: &Overview, state: OrganizationState, lang: Lang) -> Markup {
    html! {
        section aria-label=(lang.pick("组织", "Organizations")) {
            @if overview.organizations.is_empty() {
                div.empty { p {
                    @if state == OrganizationState::Unverified { (lang.pick("目前没有等待核验的组织。", "No organization is waiting.")) }
                    @else { (lang.pick("没有处于这一状态的组织。", "No organization is in this state.")) }
                } }
            }
            ul.shifts { @for line in &overview.organizations {
                li {
                    div {
                        strong { (line.name) }
                        small { br; (line.kind.name(lang)) " · " (line.region_name) " · " (since(line, lang)) }
                    }
                    div.go { a.button.quiet href={ "/coordination/organizations/" (line.id) }
                        aria-label={ (lang.pick("查看 ", "Look at ")) (line.name) } { (lang.pick("查看", "Look")) } }
                }
            } }
        }
    }
}

/// Since when it stands where it stands.
fn since(line: &OrganizationLine, lang: Lang) -> String {
    let day = on_day(line.state_since, lang);
    match (line.state, lang) {
        (_, Lang::En) => format!("since {day}"),
        (OrganizationState::Unverified, Lang::Zh) => format!("{day}提交"),
        (OrganizationState::Verified, Lang::Zh) => format!("{day}通过核验"),
        (OrganizationState::Refused, Lang::Zh) => format!("{day}未通过核验"),
        (OrganizationState::Suspended, Lang::Zh) => format!("{day}暂停"),
    }
}

fn coordinators(overview: &Overview, refused: &Refused, done: Option<Done>, lang: Lang) -> Markup {
    let phone = refused.wrong("phone", lang);
    let office = refused.wrong("office", lang);
    html! {
        section.course #coordinators {
            h2 { (lang.pick("统筹员", "Coordinators")) }
            (told(done, lang))
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
                    (ask("office", lang.pick("单位名称", "Office"), Some(lang.pick("公开页面只显示单位名称，不显示个人姓名", "The public reads it instead of a name")), office,
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
                        (None, Some(phone)) => { span.num { (phone) } (lang.pick("（尚未登录）", " (has not signed in yet)")) }
                        (_, None) => { (lang.pick("任命码尚未使用", "Its code is not redeemed yet")) }
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
        Ok(_) => Ok(see_other("/coordination?done=appointed#coordinators")),
        Err(problem) if matches!(problem.status().as_u16(), 409 | 422) => {
            let refused = Refused {
                problem: Some(&problem),
                form: Some(&form),
            };
            overview(&visit, Wanted::default(), refused).await
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
        None => "/coordination?done=revoked#coordinators",
    };
    Ok(see_other(next))
}
