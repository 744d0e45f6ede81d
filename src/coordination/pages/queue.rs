//! Organizations in reach: who waits for verification.

use axum::response::Response;
use maud::{Markup, html};

use super::{Done, told};
use crate::coordination::store;
use crate::organizations::pages::on_day;
use crate::organizations::store::reading::Filter;
use crate::organizations::{OrganizationLine, OrganizationState};
use crate::platform::fields::FieldErrors;
use crate::platform::i18n::Lang;
use crate::platform::input::{Choice as _, PageQuery, parse_id};
use crate::platform::page::{Audience, page, see_other};
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
    let state = query.state.unwrap_or(OrganizationState::Unverified);
    let after = query
        .after
        .as_ref()
        .and_then(|id| parse_id(id.as_str()).ok())
        .map(|id| id.to_string());
    let filter = Filter {
        state: Some(state),
        in_reach: true,
        after: after.as_deref(),
        limit: i64::from(SHOWN) + 1,
        ..Filter::default()
    };
    let mut queue = store::queue(&visit, &filter).await?;
    let more = queue.organizations.len() > usize::from(SHOWN);
    queue.organizations.truncate(usize::from(SHOWN));
    let last = queue.organizations.last().filter(|_| more);
    let next = last.map(|line| format!("/coordination?state={}&after={}", state.word(), line.id));
    let lang = visit.lang;
    let title = lang.pick("统筹", "Coordination");
    let body = html! {
        h1 { (title) }
        (told(query.done, lang))
        p.lead { @for (at, region) in queue.regions.iter().enumerate() {
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
            a.button.quiet href="/coordination/coordinators" { (lang.pick("统筹员", "Coordinators")) }
        }
        (organizations(&queue.organizations, state, lang))
        @if let Some(next) = next {
            p { a.button.quiet rel="next" href=(next) { (lang.pick("下一页", "Next page")) } }
        }
    };
    Ok(page(&visit, Audience::Oneself, title, &body))
}

fn organizations(lines: &[OrganizationLine], state: OrganizationState, lang: Lang) -> Markup {
    html! {
        section aria-label=(lang.pick("组织", "Organizations")) {
            @if lines.is_empty() {
                div.empty { p {
                    @if state == OrganizationState::Unverified { (lang.pick("目前没有等待核验的组织。", "No organization is waiting.")) }
                    @else { (lang.pick("没有处于这一状态的组织。", "No organization is in this state.")) }
                } }
            }
            ul.shifts { @for line in lines {
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
