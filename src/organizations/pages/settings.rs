//! An organization's settings: its facts, its members, its keys.

mod keys;
mod members;

use axum::http::StatusCode;
use axum::response::Response;
use deserr::Deserr;
use maud::{Markup, html};
use serde_json::{Value, json};
use uuid::Uuid;

use super::facts::{Typed, fields, refusal};
use super::{Console, ConsolePage, state_words};
use crate::choice;
use crate::organizations::api::changed;
use crate::organizations::api::invitations::not_invited;
use crate::organizations::api::keys::{NewApiKey, keep, ready, too_many};
use crate::organizations::registration::ChangeBody;
use crate::organizations::store::invitations::{self, Invitation, Invited};
use crate::organizations::store::keys::{self as stored_keys, ApiKey, Made};
use crate::organizations::store::members::Member;
use crate::organizations::store::{members as people, reading};
use crate::organizations::{Agent, KEY_LASTS, Organization, Role, Scope, new_key};
use crate::platform::clock::DAY;
use crate::platform::fields::FieldErrors;
use crate::platform::i18n::Lang;
use crate::platform::idempotency::{IdempotencyKey, Reply};
use crate::platform::input::{Choice as _, Form, Id, PageQuery, Path, parse_id};
use crate::platform::page::{Audience, page, see_other};
use crate::platform::problem::Problem;
use crate::platform::text::Line;
use crate::platform::visit::Visit;
use crate::regions::Region;
use crate::signups::{Asked, asked};
use crate::volunteers::{Phone, phone_words};

/// How long a key made on the page may last, in days.
const DAYS: [(i64, &str, &str); 4] = [
    (30, "30 天", "30 days"),
    (90, "90 天", "90 days"),
    (365, "一年", "A year"),
    (730, "两年", "Two years"),
];

choice! {
    /// What has just been done.
    Done {
        /// The organization's facts were changed.
        Facts = "facts",
        /// Somebody was invited.
        Invited = "invite",
        /// An invitation was taken back.
        Withdrawn = "withdraw",
        /// A member has another role.
        Role = "role",
        /// A member is one no more.
        Removed = "remove",
        /// A key works no more.
        Revoked = "revoke",
    }
}

impl Done {
    fn words(self, lang: Lang) -> &'static str {
        match self {
            Self::Facts => lang.pick("组织资料已保存。", "The organization's facts are saved."),
            Self::Invited => lang.pick(
                "邀请已发出，对方会收到短信；接受前可以撤回。",
                "The invitation is on its way; it can be withdrawn until it is accepted.",
            ),
            Self::Withdrawn => lang.pick("邀请已撤回。", "The invitation is withdrawn."),
            Self::Role => lang.pick("角色已更改。", "The role is changed."),
            Self::Removed => lang.pick("成员已移除。", "The member is removed."),
            Self::Revoked => lang.pick("密钥已停用。", "The key is revoked."),
        }
    }
}

/// What the address of the page says.
#[derive(Debug, Default, Deserr)]
#[deserr(error = FieldErrors, deny_unknown_fields)]
pub struct SettingsQuery {
    #[deserr(default)]
    done: Option<Done>,
}

/// Everything the page shows.
struct Settings {
    role: Role,
    organization: Organization,
    members: Vec<Member>,
    invitations: Vec<Invitation>,
    keys: Vec<ApiKey>,
    regions: Vec<Region>,
    /// How many sign-ups wait for an answer.
    requests: i64,
}

/// What the page must still show after something was sent: where it was sent from, why it
/// was refused, or the key that is shown once.
#[derive(Default)]
struct Outcome {
    section: &'static str,
    problem: Option<Problem>,
    typed: Option<Typed>,
    phone: String,
    made: Option<NewApiKey>,
    done: Option<Done>,
}

impl Outcome {
    fn of(section: &'static str, problem: Problem) -> Box<Self> {
        Box::new(Self {
            section,
            problem: Some(problem),
            ..Self::default()
        })
    }

    /// A line that says what was done in a section.
    fn told_in(&self, section: &str, lang: Lang) -> Markup {
        let done = self.done.filter(|done| section_of(done.word()) == section);
        html! { @if let Some(done) = done { p.say.good role="status" { (done.words(lang)) } } }
    }

    fn problem_in(&self, section: &str) -> Option<&Problem> {
        self.problem.as_ref().filter(|_| self.section == section)
    }
}

/// Serves `/organizations/{id}/settings`.
pub async fn settings(
    visit: Visit,
    Id(id): Id,
    PageQuery(query): PageQuery<SettingsQuery>,
) -> Result<Response, Problem> {
    if !visit.has_credential() {
        let back = format!("/sign-in?back=/organizations/{id}/settings");
        return Ok(see_other(&back));
    }
    let outcome = Outcome {
        done: query.done,
        ..Outcome::default()
    };
    show(&visit, id, outcome).await
}

async fn load(visit: &Visit, id: Uuid) -> Result<Settings, Problem> {
    let id = id.to_string();
    let batch = visit
        .db
        .batch(vec![
            Agent::at_the_door(visit.credential_hash(), visit.now, &id),
            reading::organization(visit, &id),
            people::members(visit, &id),
            invitations::open(visit, &id),
            stored_keys::keys(visit, &id),
            reading::counties(),
            asked(visit, &id),
        ])
        .await?;
    let agent: Agent = batch.first(0)?.ok_or_else(Problem::unauthenticated)?;
    let found = reading::found(&batch, 1)?.ok_or_else(Problem::not_found)?;
    Ok(Settings {
        role: agent.role.ok_or_else(Problem::forbidden)?,
        organization: found.organization,
        members: people::listed(visit, &batch, 2)?,
        invitations: invitations::listed(visit, &batch, 3)?,
        keys: batch.rows(4)?,
        regions: batch.rows(5)?,
        requests: batch.first(6)?.map_or(0, |asked: Asked| asked.number),
    })
}

async fn show(visit: &Visit, id: Uuid, outcome: Outcome) -> Result<Response, Problem> {
    let settings = load(visit, id).await?;
    let lang = visit.lang;
    let organization = &settings.organization;
    let owns = settings.role == Role::Owner;
    let title = lang.pick("设置", "Settings");
    let (style, state) = state_words(organization, lang);
    let body = html! {
        (Console::new(visit, &organization.id, &organization.name, Some(settings.role)).with_requests(settings.requests).nav(Some(ConsolePage::Settings)))
        h1 { (title) }
        div class=(style) {
            p { (state) }
            @if let Some(reason) = &organization.state_reason { p { (lang.pick("原因：", "Reason: ")) (reason) } }
        }
        (members::section(visit, &settings, &outcome))
        @if owns {
            (keys::section(visit, &settings, &outcome))
            (facts_section(visit, &settings, &outcome))
        }
    };
    let mut response = page(visit, Audience::Oneself, title, &body);
    if let Some(problem) = &outcome.problem {
        *response.status_mut() = problem.status();
    }
    Ok(response)
}

/// The section of the page in which an act shows what came of it.
fn section_of(act: &str) -> &'static str {
    match act {
        "invite" | "role" | "remove" | "withdraw" => "members",
        "key" | "revoke" => "keys",
        _ => "facts",
    }
}

fn action(settings: &Settings, act: &str) -> String {
    let section = section_of(act);
    format!(
        "/organizations/{}/settings/{act}#{section}",
        settings.organization.id
    )
}

fn facts_section(visit: &Visit, settings: &Settings, outcome: &Outcome) -> Markup {
    let lang = visit.lang;
    let problem = outcome.problem_in("facts");
    let organization = &settings.organization;
    let stands;
    let typed = match &outcome.typed {
        Some(typed) => typed,
        None => {
            stands = Typed::from_organization(organization);
            &stands
        }
    };
    html! {
        section.course #facts {
            h2 { (lang.pick("组织资料", "Facts")) }
            (outcome.told_in("facts", lang))
            (refusal(problem, lang))
            details open[problem.is_some()] {
                summary { (lang.pick("修改资料", "Change them")) }
                form method="post" action=(action(settings, "facts")) {
                    input type="hidden" name="version" value=(organization.version);
                    (fields(typed, &settings.regions, problem, lang))
                    @if organization.state == crate::organizations::OrganizationState::Verified {
                        label.tick {
                            input type="checkbox" name="accept_reverification" value="1";
                            (lang.pick(
                                "我已知悉：更改名称、类型、信用代码、所在地或募捐资格后须重新核验，核验通过前项目不在菜单上显示",
                                "I know: after a change of name, kind, code, region or fundraising qualification it must be verified again, and is off the menu until then",
                            ))
                        }
                    }
                    button.wide { (lang.pick("保存", "Save")) }
                }
            }
        }
    }
}

/// Serves `/organizations/{id}/settings/{act}` to whoever comes back to where a form was
/// sent, in another language or later.
pub async fn settings_again(Path((id, act)): Path<(String, String)>) -> Result<Response, Problem> {
    let (id, section) = (parse_id(&id)?, section_of(&act));
    Ok(see_other(&format!(
        "/organizations/{id}/settings#{section}"
    )))
}

/// Takes `/organizations/{id}/settings/{act}`.
pub async fn act(
    visit: Visit,
    Path((id, act)): Path<(String, String)>,
    form: Form,
) -> Result<Response, Problem> {
    let id = parse_id(&id)?;
    let done = match act.as_str() {
        "facts" => change_facts(&visit, id, &form).await,
        "invite" => invite(&visit, id, &form).await,
        "withdraw" => {
            let invitation = parse_id(form.get("invitation").unwrap_or_default())?;
            let done = invitations::withdraw(&visit, id, invitation).await;
            done.map_err(|problem| Outcome::of("members", problem))
        }
        "role" => change_role(&visit, id, &form).await,
        "remove" => {
            let member = parse_id(form.get("member").unwrap_or_default())?;
            let done = people::remove(&visit, id, member).await;
            done.map_err(|problem| Outcome::of("members", problem))
        }
        "key" => make_key(&visit, id, &form).await,
        "revoke" => {
            let key = parse_id(form.get("key").unwrap_or_default())?;
            let done = stored_keys::revoke(&visit, id, key).await;
            done.map_err(|problem| Outcome::of("keys", problem))
        }
        _ => return Err(Problem::not_found()),
    };
    match done {
        // Whoever has just left reads the settings no longer.
        Ok(()) if act == "remove" && !still_member(&visit, id).await? => {
            Ok(see_other("/me/organizations"))
        }
        Ok(()) => {
            let section = section_of(&act);
            Ok(see_other(&format!(
                "/organizations/{id}/settings?done={act}#{section}"
            )))
        }
        Err(outcome) => match &outcome.problem {
            Some(problem) if !can_be_shown(problem) => Err(problem.clone()),
            _ => show(&visit, id, *outcome).await,
        },
    }
}

/// Whether a refusal is about what was sent, not about who sent it.
fn can_be_shown(problem: &Problem) -> bool {
    matches!(
        problem.status(),
        StatusCode::CONFLICT | StatusCode::UNPROCESSABLE_ENTITY | StatusCode::PRECONDITION_FAILED
    )
}

async fn still_member(visit: &Visit, id: Uuid) -> Result<bool, Problem> {
    let (agent, _) = reading::at_the_door(visit, &id.to_string()).await?;
    Ok(agent.is_some_and(|agent| agent.role.is_some()))
}

async fn change_facts(visit: &Visit, id: Uuid, form: &Form) -> Result<(), Box<Outcome>> {
    let typed = Typed::from_form(form);
    let mut body = typed.body(Some(&Value::Null));
    let accepted = form.get("accept_reverification").is_some();
    body.insert("accept_reverification".to_owned(), json!(accepted));
    let seen: Option<i64> = form.get("version").and_then(|text| text.parse().ok());
    let body = deserr::deserialize::<ChangeBody, _, FieldErrors>(Value::Object(body));
    let done = match body {
        Ok(body) => changed(visit, id, body, |version| seen == Some(version)).await,
        Err(errors) => Err(Problem::invalid(errors)),
    };
    done.map(drop).map_err(|problem| {
        Box::new(Outcome {
            typed: Some(typed),
            ..*Outcome::of("facts", problem)
        })
    })
}

async fn invite(visit: &Visit, id: Uuid, form: &Form) -> Result<(), Box<Outcome>> {
    let typed = form.get("phone").unwrap_or_default();
    let refuse = |problem| {
        Box::new(Outcome {
            phone: typed.to_owned(),
            ..*Outcome::of("members", problem)
        })
    };
    let Some(phone) = Phone::parse(typed) else {
        let errors = FieldErrors::one("/phone", phone_words());
        return Err(refuse(Problem::invalid(errors)));
    };
    let role = form
        .get("role")
        .and_then(Role::from_word)
        .unwrap_or(Role::Viewer);
    match invitations::invite(visit, id, &phone, role, &IdempotencyKey::default()).await {
        Ok(Invited::Sent(_)) => Ok(()),
        Ok(refused) => Err(refuse(not_invited(&refused))),
        Err(problem) => Err(refuse(problem)),
    }
}

async fn change_role(visit: &Visit, id: Uuid, form: &Form) -> Result<(), Box<Outcome>> {
    let refuse = |problem| Outcome::of("members", problem);
    let member = parse_id(form.get("member").unwrap_or_default()).map_err(refuse)?;
    let role = form.get("role").and_then(Role::from_word);
    let role = role.ok_or_else(|| refuse(Problem::not_found()))?;
    let done = people::change_role(visit, id, member, role).await;
    done.map(drop).map_err(refuse)
}

/// The key stands on the page that answers, and nowhere else.
async fn make_key(visit: &Visit, id: Uuid, form: &Form) -> Result<(), Box<Outcome>> {
    let shown = match made(visit, id, form).await {
        Ok(made) => Box::new(Outcome {
            section: "keys",
            made: Some(made),
            ..Outcome::default()
        }),
        Err(problem) => Outcome::of("keys", problem),
    };
    Err(shown)
}

async fn made(visit: &Visit, id: Uuid, form: &Form) -> Result<NewApiKey, Problem> {
    let name: Line<60> = Line::parse(form.get("name").unwrap_or_default())
        .map_err(|fault| Problem::invalid(FieldErrors::one("/name", fault.words())))?;
    let scopes: Vec<Scope> = form.all("scope").filter_map(Scope::from_word).collect();
    let days = form.get("days").and_then(|text| text.parse::<i64>().ok());
    let days = days.filter(|days| DAYS.iter().any(|(known, ..)| known == days));
    let expires_at = visit.now.plus(days.map_or(KEY_LASTS, |days| days * DAY));
    let token = new_key()?;
    let made = ready(visit, &token, name.as_str(), &scopes, expires_at)?;
    let reply = Reply::new(StatusCode::CREATED, &made)?;
    let once = IdempotencyKey::default();
    match keep(visit, id, &token, &made, &once, &reply).await? {
        Made::Done => Ok(made),
        Made::Before(_) | Made::TooMany => Err(too_many()),
    }
}
