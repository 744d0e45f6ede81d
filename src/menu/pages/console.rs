//! An organization's projects in its console: the list here, the form in `edit`, each
//! step with its confirmation in `steps`.

mod edit;
mod form_page;
mod steps;

pub use edit::{change, create, edit, new};
pub use steps::{act, confirm};

use axum::response::Response;
use deserr::Deserr;
use maud::{Markup, html};

use crate::choice;
use crate::menu::api::with_cursor;
use crate::menu::own::{Filter, OwnProject};
use crate::menu::search::Cursor;
use crate::menu::{Places, ProjectState, store};
use crate::organizations::pages::{Console, ConsolePage};
use crate::organizations::{Agent, OrganizationState, Permission};
use crate::platform::clock::day_from;
use crate::platform::fields::FieldErrors;
use crate::platform::i18n::Lang;
use crate::platform::input::{Choice as _, PageQuery, Path, parse_id};
use crate::platform::page::{Audience, page};
use crate::platform::problem::Problem;
use crate::platform::text::Line;
use crate::platform::visit::Visit;
use crate::signups::{Asked, asked};

/// Lines on a page of the list.
const LINES: i64 = 30;

choice! {
    /// What has just been done.
    Done {
        /// The form was saved.
        Saved = "saved",
        /// Put on the menu.
        Published = "published",
        /// Taken from the menu.
        Closed = "closed",
        /// Called off.
        Cancelled = "cancelled",
        /// Copied.
        Copied = "copied",
        /// Thrown away.
        Deleted = "deleted",
        /// The organization was registered.
        Registered = "registered",
        /// Whoever asks joined the organization.
        Joined = "joined",
    }
}

impl Done {
    fn words(self, lang: Lang) -> &'static str {
        match self {
            Self::Saved => lang.pick("已保存。", "Saved."),
            Self::Published => lang.pick(
                "已发布，志愿者现在能看到并报名。",
                "Published: volunteers can see it and sign up.",
            ),
            Self::Closed => lang.pick(
                "已停止报名，班次照常进行。",
                "Closed: no more sign-ups; its shifts go on.",
            ),
            Self::Cancelled => lang.pick(
                "已取消，已报名的人会收到通知。",
                "Called off; those signed up are told.",
            ),
            Self::Copied => lang.pick(
                "这是复制出来的草稿，改好后再发布。",
                "This is the copy, a draft: change it, then publish.",
            ),
            Self::Deleted => lang.pick("草稿已删除。", "The draft was deleted."),
            Self::Registered => {
                lang.pick("登记成功，您是负责人。", "Registered: you are its owner.")
            }
            Self::Joined => lang.pick("您已加入本组织。", "You are a member now."),
        }
    }
}

/// What the address of a console page says.
#[derive(Debug, Default, Deserr)]
#[deserr(error = FieldErrors, deny_unknown_fields)]
pub struct ConsoleQuery {
    #[deserr(default)]
    state: Option<ProjectState>,
    #[deserr(default)]
    q: Option<Line<60>>,
    #[deserr(default)]
    cursor: Option<Cursor>,
    #[deserr(default)]
    done: Option<Done>,
}

/// Serves `/organizations/{id}/projects`.
pub async fn projects(
    visit: Visit,
    Path(organization): Path<String>,
    PageQuery(query): PageQuery<ConsoleQuery>,
) -> Result<Response, Problem> {
    let organization = parse_id(&organization)?.to_string();
    let filter = Filter {
        state: query.state,
        words: query.q.as_ref().map(|words| words.as_str().to_owned()),
        limit: LINES,
        after: query.cursor,
    };
    let found = store::own_list(&visit, &organization, Some(&filter)).await?;
    let agent = found.agent.ok_or_else(Problem::unauthenticated)?;
    agent.require(Permission::ReadProjects)?;
    let asked: Option<Asked> = visit.db.first(asked(&visit, &organization)).await?;
    let writes = agent.require(Permission::WriteProjects).is_ok();
    let lang = visit.lang;
    let here = format!("/organizations/{organization}/projects");
    let words = query.q.as_ref().map_or("", |words| words.as_str());
    let next = found.next.map(|cursor| with_cursor(&visit.target, cursor));
    let plain = query.state.is_none() && query.q.is_none();
    let body = html! {
        (Console::of(&visit, &organization, &agent).with_requests(asked.map_or(0, |asked| asked.number)).nav(Some(ConsolePage::Projects)))
        h1 { (lang.pick("项目", "Projects")) }
        @if let Some(done) = query.done { p.say.good role="status" { (done.words(lang)) } }
        (standing_of(&organization, &agent, lang))
        @if writes { div.actions { a.button href={ (here) "/new" } { (lang.pick("新建项目", "New project")) } } }
        nav.chips aria-label=(lang.pick("按状态", "By state")) {
            @let address = |state: Option<ProjectState>| with_state(&here, state, words);
            a href=(address(None)) aria-current=[query.state.is_none().then_some("true")] { (lang.pick("全部", "All")) }
            @for (state, _) in ProjectState::ALL {
                a href=(address(Some(*state))) aria-current=[(query.state == Some(*state)).then_some("true")] { (state.name(lang)) }
            }
        }
        form.filters action=(here) method="get" role="search" {
            @if let Some(state) = query.state { input type="hidden" name="state" value=(state.word()); }
            div.all.search {
                input type="search" name="q" maxlength="60" value=(words)
                    aria-label=(lang.pick("按名称或编号开头查找", "How the title or reference begins"))
                    placeholder=(lang.pick("按名称或编号开头查找", "How the title or reference begins"));
                button.quiet { (lang.pick("查找", "Search")) }
            }
        }
        @if found.projects.is_empty() {
            div.empty { p { @if plain {
                (lang.pick("还没有项目。新建一个草稿，内容填写完整后即可发布。", "No projects yet. Write a draft; once it is complete it can be published."))
            } @else { (lang.pick("没有符合条件的项目。", "No projects match.")) } } }
        }
        ul.dishes { @for project in &found.projects { (line(&visit, &here, project, writes)) } }
        @if let Some(next) = next { p { a.button.quiet rel="next" href=(next) { (lang.pick("下一页", "Next page")) } } }
    };
    let title = lang.pick("项目", "Projects");
    Ok(page(&visit, Audience::Oneself, title, &body))
}

fn with_state(here: &str, state: Option<ProjectState>, words: &str) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    if let Some(state) = state {
        query.append_pair("state", state.word());
    }
    if !words.is_empty() {
        query.append_pair("q", words);
    }
    match query.finish() {
        query if query.is_empty() => here.to_owned(),
        query => format!("{here}?{query}"),
    }
}

/// What keeps an organization from publishing, if anything, and what to do about it.
fn standing_of(organization: &str, agent: &Agent, lang: Lang) -> Markup {
    let owns = agent.require(Permission::Manage).is_ok();
    let words = match agent.organization_state {
        Some(OrganizationState::Verified) => return html! {},
        Some(OrganizationState::Refused) => lang.pick(
            "组织未通过核验，暂时不能发布项目。请按所写原因修改资料，保存后会重新排队核验。",
            "The organization was not verified and cannot publish. Correct its facts as the reason says; then it waits again.",
        ),
        Some(OrganizationState::Suspended) => lang.pick(
            "组织已被暂停，暂时不能发布项目。如有疑问，请联系当地统筹单位。",
            "The organization was suspended and cannot publish. Ask the coordinator of its region.",
        ),
        _ => lang.pick(
            "正在等待当地统筹单位核验，一般需要几个工作日，结果会发短信告知负责人。核验时会对照登记证书核对名称、类型和信用代码，并可能致电联系人，请确保资料准确。现在就可以写草稿，核验通过后即可发布。",
            "It waits for the coordinator of its region to verify it: some working days, as a rule; its owners get a text. Name, kind and code are compared with its certificate, and its contact may be called: see that they are right. Drafts can be written now, and published once it is verified.",
        ),
    };
    html! {
        div.say.wait {
            p { (words) }
            @if owns {
                p { a href={ "/organizations/" (organization) "/settings#facts" } { (lang.pick("查看组织资料", "See its facts")) } }
            }
        }
    }
}

fn line(visit: &Visit, here: &str, project: &OwnProject, writes: bool) -> Markup {
    let lang = visit.lang;
    let target = if writes {
        format!("{here}/{}/edit", project.client_ref)
    } else {
        format!("/projects/{}", project.id)
    };
    let places = Places::of(project.seats_free, project.waits_free);
    let untitled = lang.pick("（无标题）", "(untitled)");
    html! {
        li {
            a.dish href=(target) {
                span.top {
                    b { (project.title.as_deref().unwrap_or(untitled)) }
                    @if project.state == ProjectState::Published && project.next_starts_at.is_some() {
                        span class=(places.class()) { (places.words().in_lang(lang)) }
                    } @else {
                        span.seats.none { (project.state.name(lang)) }
                    }
                }
                small {
                    @if let Some(at) = project.next_starts_at {
                        span.num.nowrap { (day_from(visit.now, at, lang)) " " (at.hour_minute()) } " · "
                    }
                    @if let Some(region) = &project.region_name { (region) " · " }
                    (project.client_ref)
                }
            }
        }
    }
}

/// What whoever fills the form in can put right there.
fn can_be_mended(problem: &Problem) -> bool {
    !problem.errors().is_empty()
        || matches!(
            problem.code(),
            "version_conflict" | "organization_not_verified" | "reference_taken"
        )
}
