//! The organizations somebody belongs to, what they are invited to, and registering a new
//! one.

use axum::response::Response;
use maud::html;
use serde_json::Value;

use super::facts::{Typed, fields, refusal};
use crate::coordination;
use crate::organizations::api::invitations::over;
use crate::organizations::api::registered;
use crate::organizations::registration::RegistrationBody;
use crate::organizations::store::invitations::{self, Accepted, MyInvitation};
use crate::organizations::store::reading::{self, Membership};
use crate::platform::idempotency::IdempotencyKey;
use crate::platform::input::{Form, Id};
use crate::platform::page::{Audience, page, see_other};
use crate::platform::problem::Problem;
use crate::platform::visit::Visit;
use crate::regions::Region;
use crate::volunteers::{Me, who};

/// Serves `/me/organizations`.
pub async fn mine(visit: Visit) -> Result<Response, Problem> {
    let statements = vec![
        who(&visit),
        reading::memberships(&visit),
        invitations::mine(&visit),
        coordination::store::own_regions(&visit),
    ];
    let batch = visit.db.batch(statements).await?;
    if batch.first::<Me>(0)?.is_none() {
        return Ok(see_other("/sign-in?back=/me/organizations"));
    }
    let memberships: Vec<Membership> = batch.rows(1)?;
    let invited: Vec<MyInvitation> = batch.rows(2)?;
    let coordinated: Vec<Region> = batch.rows(3)?;
    let lang = visit.lang;
    let title = lang.pick("我的组织", "My organizations");
    let body = html! {
        h1 { (title) }
        @for invitation in &invited {
            div.say.wait {
                p { strong { (invitation.organization_name) } " "
                    (lang.pick("邀请您加入，角色：", "invites you to join as ")) (invitation.role.name(lang))
                    (lang.pick("（", " (")) (invitation.role.may_words(lang)) (lang.pick("）。", ").")) }
                p.small { a href={ "/organizations/" (invitation.organization_id) } { (lang.pick("先看看这个组织", "About the organization")) } }
                form.actions method="post" action={ "/me/invitations/" (invitation.id) } {
                    button name="reply" value="accept" { (lang.pick("接受", "Accept")) }
                    button.quiet name="reply" value="decline" { (lang.pick("谢绝", "Decline")) }
                }
            }
        }
        @if !coordinated.is_empty() {
            section.course {
                h2 { (lang.pick("统筹", "Coordination")) }
                ul.shifts { li {
                    div { @for (at, region) in coordinated.iter().enumerate() {
                        @if at > 0 { (lang.pick("、", ", ")) } (region.full_name)
                    } }
                    div.go { a.button href="/coordination" { (lang.pick("打开", "Open")) } }
                } }
            }
        }
        @if memberships.is_empty() {
            div.empty {
                p { (lang.pick("您还没有加入任何组织。", "You do not belong to an organization yet.")) }
                p { a.button href="/organizations/new" { (lang.pick("登记一个组织", "Register an organization")) } }
            }
        } @else {
            ul.shifts {
                @for membership in &memberships {
                    li {
                        div { strong { (membership.name) }
                            small { " · " (membership.role.name(lang)) " · " (membership.state.name(lang)) } }
                        div.go { a.button.quiet href={ "/organizations/" (membership.id) "/settings" }
                            aria-label={ (lang.pick("管理", "Manage")) " " (membership.name) } { (lang.pick("管理", "Manage")) } }
                    }
                }
            }
            div.actions { a.button.quiet href="/organizations/new" { (lang.pick("再登记一个组织", "Register another")) } }
        }
    };
    Ok(page(&visit, Audience::Oneself, title, &body))
}

/// Takes `/me/invitations/{id}`: yes or no.
pub async fn answer(visit: Visit, Id(invitation): Id, form: Form) -> Result<Response, Problem> {
    if form.get("reply") == Some("accept") {
        let once = IdempotencyKey::default();
        return match invitations::accept(&visit, invitation, &once).await? {
            Accepted::Joined(joined) | Accepted::Before(joined) => {
                Ok(see_other(&format!("/organizations/{}/settings", joined.id)))
            }
            Accepted::Over => Err(over()),
        };
    }
    if invitations::decline(&visit, invitation).await? {
        Ok(see_other("/me/organizations"))
    } else {
        Err(over())
    }
}

/// Serves `/organizations/new`.
pub async fn new(visit: Visit) -> Result<Response, Problem> {
    let typed = Typed::default();
    registration(&visit, &typed, None).await
}

/// Takes `/organizations/new`.
pub async fn register(visit: Visit, form: Form) -> Result<Response, Problem> {
    let typed = Typed::from_form(&form);
    let body = Value::Object(typed.body(None));
    let facts = deserr::deserialize::<RegistrationBody, _, _>(body)
        .and_then(|body| body.facts(visit.now))
        .map_err(Problem::invalid);
    let made = match facts {
        Ok(facts) => registered(&visit, &facts, &IdempotencyKey::default()).await,
        Err(problem) => Err(problem),
    };
    match made {
        Ok((found, _)) => Ok(see_other(&format!(
            "/organizations/{}/settings",
            found.organization.id
        ))),
        Err(problem) if problem.status().is_client_error() => {
            registration(&visit, &typed, Some(&problem)).await
        }
        Err(problem) => Err(problem),
    }
}

async fn registration(
    visit: &Visit,
    typed: &Typed,
    problem: Option<&Problem>,
) -> Result<Response, Problem> {
    let batch = visit
        .db
        .batch(vec![who(visit), reading::counties()])
        .await?;
    if batch.first::<Me>(0)?.is_none() {
        return Ok(see_other("/sign-in?back=/organizations/new"));
    }
    let regions: Vec<Region> = batch.rows(1)?;
    let lang = visit.lang;
    let title = lang.pick("登记组织", "Register an organization");
    let body = html! {
        h1 { (title) }
        p.lead { (lang.pick(
            "登记后您是负责人，可以先写草稿、邀请同事；当地统筹单位核验后，项目就能上菜单。",
            "You become its owner. Write drafts and invite colleagues at once; when the coordinator of your region has verified it, its projects go on the menu.",
        )) }
        (refusal(problem, lang))
        form method="post" action="/organizations/new" {
            (fields(typed, &regions, problem, lang))
            button.wide { (lang.pick("登记", "Register")) }
        }
    };
    let mut response = page(visit, Audience::Oneself, title, &body);
    if let Some(problem) = problem {
        *response.status_mut() = problem.status();
    }
    Ok(response)
}
