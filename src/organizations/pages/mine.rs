//! The organizations somebody belongs to, what they are invited to, and registering a new
//! one.

use axum::response::Response;
use maud::{Markup, html};
use serde_json::Value;

use super::facts::{Typed, fields, refusal};
use crate::coordination;
use crate::organizations::api::invitations::over;
use crate::organizations::api::registered;
use crate::organizations::registration::{Facts, RegistrationBody};
use crate::organizations::store::invitations::{self, Accepted, MyInvitation};
use crate::organizations::store::reading::{self, Membership};
use crate::platform::fields::FieldErrors;
use crate::platform::i18n::{Lang, Words};
use crate::platform::idempotency::IdempotencyKey;
use crate::platform::input::{Form, Id};
use crate::platform::page::{Audience, ask, page, see_other};
use crate::platform::problem::Problem;
use crate::platform::text::TextFault;
use crate::platform::visit::Visit;
use crate::regions::Region;
use crate::volunteers::{Me, Name, change_profile, who};

/// Serves `/me/organizations`.
pub async fn mine(visit: Visit) -> Result<Response, Problem> {
    let statements = vec![
        who(&visit),
        reading::memberships(&visit),
        invitations::mine(&visit),
        coordination::store::own_regions(&visit),
    ];
    let batch = visit.db.batch(statements).await?;
    let Some(me) = batch.first::<Me>(0)? else {
        return Ok(see_other("/sign-in?back=/me/organizations"));
    };
    let memberships: Vec<Membership> = batch.rows(1)?;
    let invited: Vec<MyInvitation> = batch.rows(2)?;
    let coordinated: Vec<Region> = batch.rows(3)?;
    let lang = visit.lang;
    let title = lang.pick("我的组织", "My organizations");
    let body = html! {
        h1 { (title) }
        @for (at, invitation) in invited.iter().enumerate() {
            div.say.wait {
                p { strong { (invitation.organization_name) } " "
                    (lang.pick("邀请您加入，角色：", "invites you to join as ")) (invitation.role.name(lang))
                    (lang.pick("（", " (")) (invitation.role.may_words(lang)) (lang.pick("）。", ").")) }
                p.small { a href={ "/organizations/" (invitation.organization_id) } { (lang.pick("先看看这个组织", "About the organization")) } }
                form method="post" action={ "/me/invitations/" (invitation.id) } {
                    @if me.name.is_empty() { (name_field(&format!("my_name-{at}"), "", None, lang)) }
                    div.actions {
                        button name="reply" value="accept" { (lang.pick("接受", "Accept")) }
                        button.quiet name="reply" value="decline" formnovalidate { (lang.pick("谢绝", "Decline")) }
                    }
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
                        div.go { a.button.quiet href={ "/organizations/" (membership.id) "/projects" }
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
        if let Some(name) = own_name(&form).map_err(Problem::invalid)? {
            change_profile(&visit, Some(name.as_str()), None).await?;
        }
        let once = IdempotencyKey::default();
        return match invitations::accept(&visit, invitation, &once).await? {
            Accepted::Joined(joined) | Accepted::Before(joined) => {
                let projects = format!("/organizations/{}/projects", joined.id);
                Ok(see_other(&format!("{projects}?done=joined")))
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
    registration(&visit, &typed, &Form::default(), None).await
}

/// Whoever has an account without a name is asked for one, before colleagues read it.
fn name_field(id: &str, typed: &str, wrong: Option<&str>, lang: Lang) -> Markup {
    let hint = lang.pick("本组织的成员会看到", "Members of the organization read it");
    let input = html! {
        input id=(id) name="my_name" value=(typed) required maxlength="30" autocomplete="name"
            aria-invalid=[wrong.map(|_| "true")] aria-describedby=[wrong.map(|_| format!("{id}-wrong"))];
    };
    ask(
        id,
        lang.pick("您的姓名", "Your name"),
        Some(hint),
        wrong,
        &input,
    )
}

/// What was typed as one's own name; none when it was not asked for.
fn own_name(form: &Form) -> Result<Option<Name>, FieldErrors> {
    let Some(typed) = form.sent("my_name") else {
        return Ok(None);
    };
    let fault =
        |zh: &str, en: &str| FieldErrors::one("/my_name", Words::new(zh.to_owned(), en.to_owned()));
    match Name::parse(typed) {
        Ok(name) => Ok(Some(name)),
        Err(TextFault::Empty) => Err(fault("请填写您的姓名", "Enter your name")),
        Err(_) => Err(fault(
            "姓名最多 30 个字，不能含有特殊符号",
            "A name has at most 30 characters, all of which can be shown",
        )),
    }
}

/// Takes `/organizations/new`.
pub async fn register(visit: Visit, form: Form) -> Result<Response, Problem> {
    let typed = Typed::from_form(&form);
    let body = Value::Object(typed.body(None));
    let facts =
        deserr::deserialize::<RegistrationBody, _, _>(body).and_then(|body| body.facts(visit.now));
    let made = match (facts, own_name(&form)) {
        (Ok(facts), Ok(name)) => register_as(&visit, &facts, name.as_ref()).await,
        (facts, name) => {
            let mut faults = facts.err().unwrap_or_default();
            faults.extend(name.err().unwrap_or_default());
            Err(Problem::invalid(faults))
        }
    };
    match made {
        Ok(id) => Ok(see_other(&format!(
            "/organizations/{id}/projects?done=registered"
        ))),
        Err(problem) if problem.status().is_client_error() => {
            registration(&visit, &typed, &form, Some(&problem)).await
        }
        Err(problem) => Err(problem),
    }
}

/// Registers an organization, and says who its owner is.
async fn register_as(visit: &Visit, facts: &Facts, name: Option<&Name>) -> Result<String, Problem> {
    if let Some(name) = name {
        change_profile(visit, Some(name.as_str()), None).await?;
    }
    let (found, _) = registered(visit, facts, &IdempotencyKey::default()).await?;
    Ok(found.organization.id)
}

async fn registration(
    visit: &Visit,
    typed: &Typed,
    form: &Form,
    problem: Option<&Problem>,
) -> Result<Response, Problem> {
    let batch = visit
        .db
        .batch(vec![who(visit), reading::counties()])
        .await?;
    let Some(me) = batch.first::<Me>(0)? else {
        return Ok(see_other("/sign-in?back=/organizations/new"));
    };
    let wrong = problem.and_then(|problem| problem.errors().of("/my_name", visit.lang));
    let regions: Vec<Region> = batch.rows(1)?;
    let lang = visit.lang;
    let title = lang.pick("登记组织", "Register an organization");
    let body = html! {
        h1 { (title) }
        p.lead { (lang.pick(
            "登记后您就是负责人，可以先写草稿、邀请同事；经当地统筹单位核验后，项目即可上菜单。",
            "You become its owner. Write drafts and invite colleagues at once; when the coordinator of your region has verified it, its projects go on the menu.",
        )) }
        (refusal(problem, lang))
        form method="post" action="/organizations/new" {
            (fields(typed, &regions, problem, lang))
            @if me.name.is_empty() || wrong.is_some() {
                (name_field("my_name", form.get("my_name").unwrap_or_default(), wrong, lang))
            }
            button.wide { (lang.pick("登记", "Register")) }
        }
    };
    let mut response = page(visit, Audience::Oneself, title, &body);
    if let Some(problem) = problem {
        *response.status_mut() = problem.status();
    }
    Ok(response)
}
