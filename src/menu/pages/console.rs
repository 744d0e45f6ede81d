//! An organization's projects in its console: the list, the form, and each step with its
//! confirmation.

use axum::response::Response;
use deserr::Deserr;
use maud::{Markup, html};
use serde_json::Value;

use super::form::{Beside, Sheet, fields};
use crate::choice;
use crate::menu::api::{names, with_cursor};
use crate::menu::document::{Document, read};
use crate::menu::lifecycle::Step;
use crate::menu::notice::Reference;
use crate::menu::own::{CopyBody, Filter, OwnProject, copy_project};
use crate::menu::precondition::Precondition;
use crate::menu::publishing::{Published, Target, Wanted, discard, own_project, publish};
use crate::menu::search::Cursor;
use crate::menu::store::{self, AtTheConsole, Before, ProjectRow, ShiftRow};
use crate::menu::{Places, ProjectState, ShiftState};
use crate::organizations::pages::{ConsolePage, console_nav};
use crate::organizations::{Agent, OrganizationState, Permission};
use crate::platform::clock::{Instant, day_words};
use crate::platform::fields::FieldErrors;
use crate::platform::i18n::Lang;
use crate::platform::idempotency::IdempotencyKey;
use crate::platform::input::{Choice as _, Form, LargeForm, PageQuery, Path, parse_id};
use crate::platform::page::{Audience, ask, page, see_other, text_input};
use crate::platform::problem::Problem;
use crate::platform::text::Line;
use crate::platform::visit::Visit;

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
    let writes = agent.require(Permission::WriteProjects).is_ok();
    let lang = visit.lang;
    let here = format!("/organizations/{organization}/projects");
    let words = query.q.as_ref().map_or("", |words| words.as_str());
    let next = found.next.map(|cursor| with_cursor(&visit.target, cursor));
    let plain = query.state.is_none() && query.q.is_none();
    let body = html! {
        (console_nav(&visit, &organization, &agent.organization_name, ConsolePage::Projects))
        h1 { (lang.pick("项目", "Projects")) }
        @if let Some(done) = query.done { p.say.good role="status" { (done.words(lang)) } }
        (standing_of(&agent, lang))
        @if writes { div.actions { a.button href={ (here) "/new" } { (lang.pick("写一个新项目", "New project")) } } }
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
                    aria-label=(lang.pick("名称或编号的开头", "How the title or reference begins"))
                    placeholder=(lang.pick("名称或编号的开头", "How the title or reference begins"));
                button.quiet { (lang.pick("找", "Search")) }
            }
        }
        @if found.projects.is_empty() {
            div.empty { p { @if plain {
                (lang.pick("还没有项目。写好草稿，补齐内容就能发布。", "No projects yet. Write a draft; once it is complete it can be published."))
            } @else { (lang.pick("没有符合条件的项目。", "No projects match.")) } } }
        }
        ul.dishes { @for project in &found.projects { (line(&here, project, writes, lang)) } }
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

/// What keeps an organization from publishing, if anything.
fn standing_of(agent: &Agent, lang: Lang) -> Markup {
    html! {
        @if agent.organization_state != Some(OrganizationState::Verified) {
            p.say.wait { (lang.pick(
                "组织尚未通过核验或已被暂停：可以写草稿，暂时不能发布。",
                "The organization is not verified or was suspended: it can keep drafts, not publish.",
            )) }
        }
    }
}

fn line(here: &str, project: &OwnProject, writes: bool, lang: Lang) -> Markup {
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
                        span.num.nowrap { (day_words(at, lang)) " " (at.hour_minute()) } " · "
                    }
                    @if let Some(region) = &project.region_name { (region) " · " }
                    (project.client_ref)
                }
            }
        }
    }
}

/// Serves `/organizations/{id}/projects/new`.
pub async fn new(visit: Visit, Path(organization): Path<String>) -> Result<Response, Problem> {
    let organization = parse_id(&organization)?.to_string();
    let console = store::at_the_console(&visit, &organization, None).await?;
    let sheet = Sheet::empty();
    let shown = Shown::new(&organization, None, &console, &sheet);
    form_page(&visit, &shown)
}

/// Takes `/organizations/{id}/projects/new`.
pub async fn create(
    visit: Visit,
    Path(organization): Path<String>,
    LargeForm(form): LargeForm,
) -> Result<Response, Problem> {
    let organization = parse_id(&organization)?.to_string();
    save(&visit, &organization, None, &form).await
}

/// Serves `/organizations/{id}/projects/{client_ref}/edit`.
pub async fn edit(
    visit: Visit,
    Path((organization, reference)): Path<(String, String)>,
    PageQuery(query): PageQuery<ConsoleQuery>,
) -> Result<Response, Problem> {
    let (organization, reference) = names(&organization, &reference)?;
    let console = store::at_the_console(&visit, &organization, Some(&reference)).await?;
    let agent = console
        .agent
        .as_ref()
        .ok_or_else(Problem::unauthenticated)?;
    agent.require(Permission::WriteProjects)?;
    let (project, shifts) = console.project.as_ref().ok_or_else(Problem::not_found)?;
    let sheet = Sheet::standing(project, shifts, visit.now);
    let mut shown = Shown::new(&organization, Some(&reference), &console, &sheet);
    shown.done = query.done;
    form_page(&visit, &shown)
}

/// Takes `/organizations/{id}/projects/{client_ref}/edit`.
pub async fn change(
    visit: Visit,
    Path((organization, reference)): Path<(String, String)>,
    LargeForm(form): LargeForm,
) -> Result<Response, Problem> {
    let (organization, reference) = names(&organization, &reference)?;
    save(&visit, &organization, Some(&reference), &form).await
}

/// Shifts that are over: they are not in the form, and stay as they are.
fn over(project: &ProjectRow, shifts: &[ShiftRow], now: Instant) -> Vec<Value> {
    let parts = Document::standing(project, shifts)
        .without_reasons()
        .into_parts();
    let is_over = |shift: &&Value| {
        shift["ends_at"]
            .as_str()
            .and_then(Instant::parse)
            .is_some_and(|end| end <= now)
    };
    let shifts = parts.get("shifts").and_then(Value::as_array);
    shifts
        .into_iter()
        .flatten()
        .filter(is_over)
        .cloned()
        .collect()
}

async fn save(
    visit: &Visit,
    organization: &str,
    standing: Option<&Reference>,
    form: &Form,
) -> Result<Response, Problem> {
    let typed = form.get("client_ref").unwrap_or_default();
    let named = standing.cloned().or_else(|| Reference::parse(typed));
    let result = match (&named, form.get("do")) {
        (_, Some("row")) => None,
        (None, _) => Some(Err(Problem::invalid(FieldErrors::one(
            "/client_ref",
            crate::menu::notice::reference_words(),
        )))),
        (Some(reference), act) => {
            let publishes = act == Some("publish");
            Some(
                store_typed(
                    visit,
                    organization,
                    reference,
                    standing.is_some(),
                    publishes,
                    form,
                )
                .await,
            )
        }
    };
    let problem = match result {
        Some(Ok(published)) => {
            let done = match form.get("do") {
                Some("publish") => Done::Published,
                _ => Done::Saved,
            };
            let reference = published.project.client_ref;
            return Ok(see_other(&format!(
                "/organizations/{organization}/projects/{reference}/edit?done={}",
                done.word()
            )));
        }
        Some(Err(problem)) if !can_be_mended(&problem) => return Err(problem),
        Some(Err(problem)) => Some(problem),
        None => None,
    };
    let console = store::at_the_console(visit, organization, standing).await?;
    let shifts = console
        .project
        .as_ref()
        .map_or(&[][..], |(_, shifts)| shifts);
    let mut sheet = Sheet::typed(form, shifts);
    if problem.is_none() {
        sheet.add_row();
    }
    let mut shown = Shown::new(organization, standing, &console, &sheet);
    shown.problem = problem.as_ref();
    form_page(visit, &shown)
}

/// What whoever fills the form in can put right there.
fn can_be_mended(problem: &Problem) -> bool {
    !problem.errors().is_empty()
        || matches!(
            problem.code(),
            "version_conflict" | "organization_not_verified" | "reference_taken"
        )
}

async fn store_typed(
    visit: &Visit,
    organization: &str,
    reference: &Reference,
    stands: bool,
    publishes: bool,
    form: &Form,
) -> Result<Published, Problem> {
    let target = Target {
        organization,
        reference,
        condition: &Precondition::default(),
        key: &IdempotencyKey::default(),
    };
    let version: Option<i64> = form.get("version").and_then(|version| version.parse().ok());
    let wanted = |before: &Before| {
        let answer = before.answer.as_ref();
        if stands && answer.is_none() {
            return Err(Problem::not_found());
        }
        let shifts = answer.map_or(&[][..], |(_, shifts)| shifts);
        let over = answer.map_or_else(Vec::new, |(project, shifts)| {
            over(project, shifts, visit.now)
        });
        let state = match answer {
            _ if publishes => ProjectState::Published,
            Some((project, _)) if stands => project.state,
            _ => ProjectState::Draft,
        };
        let parts = Sheet::typed(form, shifts).parts(state, &over);
        let body = read(parts).map_err(Problem::invalid)?;
        let Some((project, shifts)) = answer else {
            return Ok(Wanted::changed(body));
        };
        let standing = Document::standing(project, shifts);
        let same = Document::wanted(&body).with_kept_reasons(&standing, true) == standing;
        // A second tap comes with the version of the first, and wants what stands.
        if !same && !stands {
            return Err(crate::menu::own::reference_taken());
        }
        if !same && version != Some(project.version) {
            Precondition::version(version.unwrap_or_default()).check(Some(project.version))?;
        }
        Ok(Wanted::changed(body))
    };
    publish(visit, target, form.get("region"), wanted).await
}

/// What a page of the form shows.
struct Shown<'a> {
    organization: &'a str,
    reference: Option<&'a Reference>,
    console: &'a AtTheConsole,
    sheet: &'a Sheet,
    problem: Option<&'a Problem>,
    done: Option<Done>,
}

impl<'a> Shown<'a> {
    fn new(
        organization: &'a str,
        reference: Option<&'a Reference>,
        console: &'a AtTheConsole,
        sheet: &'a Sheet,
    ) -> Self {
        Self {
            organization,
            reference,
            console,
            sheet,
            problem: None,
            done: None,
        }
    }

    /// Parts a project lacks before it can be published.
    fn missing(&self, over: &[Value]) -> Vec<String> {
        let parts = self.sheet.parts(ProjectState::Published, over);
        let faults = read(parts).and_then(|body| body.check(true)).err();
        let faults = faults.unwrap_or_default().in_lang(Lang::En);
        let part = |pointer: &str| pointer.strip_prefix('/').map(str::to_owned);
        faults
            .iter()
            .filter_map(|fault| part(&fault.pointer))
            .filter(|part| !part.contains('/'))
            .collect()
    }
}

fn form_page(visit: &Visit, shown: &Shown<'_>) -> Result<Response, Problem> {
    let lang = visit.lang;
    let agent = shown
        .console
        .agent
        .as_ref()
        .ok_or_else(Problem::unauthenticated)?;
    agent.require(Permission::WriteProjects)?;
    let project = shown.console.project.as_ref();
    let over = project.map_or_else(Vec::new, |(project, shifts)| {
        over(project, shifts, visit.now)
    });
    let state = project.map_or(ProjectState::Draft, |(project, _)| project.state);
    let was_published = project.is_some_and(|(project, _)| project.published_at.is_some());
    let missing = match state {
        ProjectState::Draft if shown.problem.is_none() => shown.missing(&over),
        _ => Vec::new(),
    };
    let faults = shown.problem.map_or_else(Vec::new, |problem| {
        shown.sheet.faults(problem.errors(), over.len(), lang)
    });
    let beside = Beside {
        lang,
        faults: &faults,
        missing: &missing,
        regions: &shown.console.regions,
    };
    let title = match shown.reference {
        None => lang.pick("写一个新项目", "New project"),
        Some(_) => lang.pick("修改项目", "Edit project"),
    };
    let name = project.and_then(|(project, _)| project.title.as_deref());
    let base = format!("/organizations/{}/projects", shown.organization);
    let body = html! {
        (console_nav(visit, shown.organization, &agent.organization_name, ConsolePage::Projects))
        h1 { (name.unwrap_or(title)) }
        @if let Some(done) = shown.done { p.say.good role="status" { (done.words(lang)) } }
        @if let Some(problem) = shown.problem { (refusal(problem, lang)) }
        @if let Some((project, shifts)) = project { (where_it_stands(project, shifts, visit)) }
        (standing_of(agent, lang))
        @if let Some((project, _)) = project { (steps(&base, project, lang)) }
        @if state != ProjectState::Cancelled {
            @if !missing.is_empty() {
                p.say.wait { (missing_words(missing.len(), lang)) }
            }
            form.sheet method="post" action=(match shown.reference {
                None => format!("{base}/new"),
                Some(reference) => format!("{base}/{}/edit", reference.as_str()),
            }) {
                @match project {
                    Some((project, _)) => { input type="hidden" name="version" value=(project.version); }
                    None => { (reference_field(visit, shown, &beside)) }
                }
                // What the Enter key presses is the first button there is.
                button.skip name="do" value="save" tabindex="-1" aria-hidden="true" { (lang.pick("保存", "Save")) }
                (fields(shown.sheet, &beside))
                @if was_published { (reason_field(shown, &beside)) }
                div.actions {
                    @if state == ProjectState::Draft {
                        button name="do" value="save" { (lang.pick("保存草稿", "Save draft")) }
                        button.quiet name="do" value="publish" { (lang.pick("保存并发布", "Save and publish")) }
                    } @else {
                        button name="do" value="save" { (lang.pick("保存", "Save")) }
                    }
                }
            }
        }
    };
    let mut response = page(visit, Audience::Oneself, title, &body);
    if let Some(problem) = shown.problem {
        *response.status_mut() = problem.status();
    }
    Ok(response)
}

fn refusal(problem: &Problem, lang: Lang) -> Markup {
    html! {
        p.say role="alert" {
            @if problem.code() == "version_conflict" {
                (lang.pick(
                    "您打开之后，有人改动了这个项目。您填写的内容还在下面；再保存一次，就以您填写的为准。",
                    "Somebody has changed this project since you opened it. What you typed is still here; save once more and it takes the place of theirs.",
                ))
            } @else { (problem.title(lang)) }
        }
    }
}

fn missing_words(count: usize, lang: Lang) -> String {
    match lang {
        Lang::Zh => format!("还差 {count} 项才能发布，已在下面标出。草稿随时可以保存。"),
        Lang::En => format!(
            "{count} parts are missing before it can be published, marked below. A draft can be saved any time."
        ),
    }
}

fn reference_field(visit: &Visit, shown: &Shown<'_>, beside: &Beside<'_>) -> Markup {
    let lang = visit.lang;
    let typed = shown.sheet.value("client_ref");
    // Made when the page is: a second tap sends the same one.
    let made = format!(
        "p{}-{}",
        visit.now.local().strftime("%Y%m%d"),
        visit
            .new_id()
            .simple()
            .to_string()
            .get(24..)
            .unwrap_or_default()
    );
    let wrong = beside
        .faults
        .iter()
        .find(|(field, _)| field == "client_ref")
        .map(|(_, detail)| detail.as_str());
    let value = if typed.is_empty() { &made } else { typed };
    let input = text_input("client_ref", "text", value, "off", wrong.is_some(), true);
    let hint = lang.pick(
        "组织自己的编号，字母和数字，之后不能更改",
        "Your own name for it, letters and digits; it cannot be changed later",
    );
    ask(
        "client_ref",
        lang.pick("编号", "Reference"),
        Some(hint),
        wrong,
        &input,
    )
}

fn reason_field(shown: &Shown<'_>, beside: &Beside<'_>) -> Markup {
    let lang = beside.lang;
    let wrong = beside
        .faults
        .iter()
        .find(|(field, _)| field == "change_reason")
        .map(|(_, detail)| detail.as_str());
    let value = shown.sheet.value("change_reason");
    let input = text_input(
        "change_reason",
        "text",
        value,
        "off",
        wrong.is_some(),
        false,
    );
    let hint = lang.pick(
        "换地点时，会告知已报名的人；其他改动可不填",
        "Told to those signed up when the place changes; otherwise optional",
    );
    ask(
        "change_reason",
        lang.pick("更改的原因", "Why it changes"),
        Some(hint),
        wrong,
        &input,
    )
}

fn where_it_stands(project: &ProjectRow, shifts: &[ShiftRow], visit: &Visit) -> Markup {
    let lang = visit.lang;
    let ahead: Vec<_> = shifts
        .iter()
        .filter(|shift| shift.starts_at > visit.now && shift.state == ShiftState::Open)
        .collect();
    let seats: i64 = ahead.iter().map(|shift| shift.capacity).sum();
    let taken: i64 = ahead.iter().map(|shift| shift.confirmed).sum();
    html! {
        p {
            span.state class=(project.state.word()) { (project.state.name(lang)) } " "
            span.small { (project.client_ref) }
        }
        @if let (ProjectState::Cancelled, Some(reason)) = (project.state, &project.change_reason) {
            p.say { (lang.pick("取消原因：", "Reason: ")) (reason) }
        }
        @if !ahead.is_empty() && project.state != ProjectState::Draft {
            p { (lang.pick("将来的班次 ", "Shifts to come: ")) span.num { (ahead.len()) }
                (lang.pick("，已报名 ", ", seats taken: ")) span.num { (taken) " / " (seats) } }
        }
        @if project.state != ProjectState::Draft && project.state != ProjectState::Cancelled {
            p { a href={ "/projects/" (project.id) } { (lang.pick("看公开的页面", "See the public page")) }
                @if let Some(first) = ahead.first() {
                    " · " a href={ "/shifts/" (first.id) "/roster" } { (lang.pick("看名单", "See the roster")) }
                } }
        }
    }
}

choice! {
    /// A step that is confirmed on a page of its own.
    Act {
        /// Onto the menu.
        Publish = "publish",
        /// No more sign-ups.
        Close = "close",
        /// Off, for a reason.
        Cancel = "cancel",
        /// Once more, later.
        Copy = "copy",
        /// Away.
        Delete = "delete",
    }
}

impl Act {
    fn name(self, lang: Lang) -> &'static str {
        match self {
            Self::Publish => lang.pick("发布", "Publish"),
            Self::Close => lang.pick("停止报名", "Close sign-up"),
            Self::Cancel => lang.pick("取消项目", "Call off"),
            Self::Copy => lang.pick("复制", "Copy"),
            Self::Delete => lang.pick("删除草稿", "Delete draft"),
        }
    }

    fn explained(self, lang: Lang) -> &'static str {
        match self {
            Self::Publish => lang.pick("发布后会出现在菜单上，志愿者可以报名。", "It appears on the menu, and volunteers can sign up."),
            Self::Close => lang.pick("不再接受报名，已报名的班次照常进行。之后还可以重新发布。", "No more sign-ups; shifts go on as planned. It can be published again."),
            Self::Cancel => lang.pick("所有将来的班次都会取消，已报名的人会收到短信和您写的原因。不能撤回。", "All shifts to come are called off, and those signed up are told your reason. There is no way back."),
            Self::Copy => lang.pick("内容和将来的班次会复制成一份草稿，改好再发布。", "Its notice and shifts to come become a draft, to be changed and published."),
            Self::Delete => lang.pick("草稿会被彻底删除。", "The draft is gone for good."),
        }
    }

    /// Steps that lead on from a state.
    fn from(state: ProjectState, was_published: bool) -> &'static [Self] {
        match (state, was_published) {
            (ProjectState::Draft, false) => &[Self::Publish, Self::Copy, Self::Delete],
            (ProjectState::Draft, true) => &[Self::Publish, Self::Copy, Self::Cancel],
            (ProjectState::Published, _) => &[Self::Close, Self::Copy, Self::Cancel],
            (ProjectState::Closed, _) => &[Self::Publish, Self::Copy, Self::Cancel],
            (ProjectState::Cancelled, _) => &[Self::Copy],
        }
    }
}

fn steps(base: &str, project: &ProjectRow, lang: Lang) -> Markup {
    let acts = Act::from(project.state, project.published_at.is_some());
    html! {
        div.actions {
            @for act in acts {
                a.button.quiet href={ (base) "/" (project.client_ref) "/" (act.word()) } { (act.name(lang)) }
            }
        }
    }
}

/// Serves `/organizations/{id}/projects/{client_ref}/{act}`: asks once more.
pub async fn confirm(
    visit: Visit,
    Path((organization, reference, act)): Path<(String, String, String)>,
) -> Result<Response, Problem> {
    let act = Act::from_word(&act).ok_or_else(Problem::not_found)?;
    let (organization, reference) = names(&organization, &reference)?;
    confirm_page(
        &visit,
        &organization,
        &reference,
        act,
        None,
        &Form::default(),
    )
    .await
}

async fn confirm_page(
    visit: &Visit,
    organization: &str,
    reference: &Reference,
    act: Act,
    problem: Option<&Problem>,
    form: &Form,
) -> Result<Response, Problem> {
    let lang = visit.lang;
    let console = store::at_the_console(visit, organization, Some(reference)).await?;
    let agent = console.agent.ok_or_else(Problem::unauthenticated)?;
    agent.require(Permission::WriteProjects)?;
    let (project, _) = console.project.ok_or_else(Problem::not_found)?;
    let back = format!(
        "/organizations/{organization}/projects/{}/edit",
        project.client_ref
    );
    let wrong = |name: &str| problem.and_then(|problem| problem.errors().of(name, lang));
    let value = |name: &str| form.get(name).unwrap_or_default().to_owned();
    let body = html! {
        (console_nav(visit, organization, &agent.organization_name, ConsolePage::Projects))
        h1 { (act.name(lang)) }
        p { strong { (project.title.as_deref().unwrap_or(&project.client_ref)) } }
        p { (act.explained(lang)) }
        @if let Some(problem) = problem { p.say role="alert" { (problem.title(lang))
            @for fault in problem.errors().in_lang(lang) {
                @if !matches!(fault.pointer.as_str(), "/reason" | "/client_ref" | "/shift_days") {
                    br; (fault.pointer.trim_start_matches('/')) (lang.pick("：", ": ")) (fault.detail)
                }
            }
        } }
        form method="post" action={ "/organizations/" (organization) "/projects/" (project.client_ref) "/" (act.word()) } {
            input type="hidden" name="version" value=(project.version);
            @if act == Act::Cancel {
                @let input = text_input("reason", "text", &value("reason"), "off", wrong("/reason").is_some(), true);
                (ask("reason", lang.pick("取消的原因", "Why it is called off"),
                    Some(lang.pick("会告知已报名的人，也会显示在项目页上", "Told to those signed up, and shown on its page")),
                    wrong("/reason"), &input))
            }
            @if act == Act::Copy {
                @let made = format!("{}-{}", project.client_ref.get(..50).unwrap_or(&project.client_ref),
                    visit.now.local().strftime("%m%d%H%M"));
                @let typed = value("client_ref");
                @let name = if typed.is_empty() { &made } else { &typed };
                @let input = text_input("client_ref", "text", name, "off", wrong("/client_ref").is_some(), true);
                (ask("client_ref", lang.pick("新的编号", "New reference"), None, wrong("/client_ref"), &input))
                @let input = text_input("shift_days", "number", &value("shift_days"), "off", wrong("/shift_days").is_some(), false);
                (ask("shift_days", lang.pick("班次推后多少天", "Shifts so many days later"),
                    Some(lang.pick("例如 7；不填则日期不变", "Such as 7; the same days when left out")),
                    wrong("/shift_days"), &input))
            }
            div.actions {
                button { (act.name(lang)) }
                a.button.quiet href=(back) { (lang.pick("返回", "Back")) }
            }
        }
    };
    let mut response = page(visit, Audience::Oneself, act.name(lang), &body);
    if let Some(problem) = problem {
        *response.status_mut() = problem.status();
    }
    Ok(response)
}

/// Takes `/organizations/{id}/projects/{client_ref}/{act}`.
pub async fn act(
    visit: Visit,
    Path((organization, reference, act)): Path<(String, String, String)>,
    form: Form,
) -> Result<Response, Problem> {
    let act = Act::from_word(&act).ok_or_else(Problem::not_found)?;
    let (organization, reference) = names(&organization, &reference)?;
    let base = format!("/organizations/{organization}/projects");
    let edit = |reference: &str, done: Done| {
        Ok(see_other(&format!(
            "{base}/{reference}/edit?done={}",
            done.word()
        )))
    };
    let result = match act {
        Act::Delete => {
            return match delete(&visit, &organization, &reference, &form).await {
                // A second tap finds it gone already.
                Err(problem) if problem.code() != "not_found" => Err(problem),
                _ => Ok(see_other(&format!("{base}?done={}", Done::Deleted.word()))),
            };
        }
        Act::Copy => copy(&visit, &organization, &reference, &form)
            .await
            .map(|copy| (copy, Done::Copied)),
        Act::Publish => take(&visit, &organization, &reference, &form, Ok(Step::Publish))
            .await
            .map(|project| (project, Done::Published)),
        Act::Close => take(&visit, &organization, &reference, &form, Ok(Step::Close))
            .await
            .map(|project| (project, Done::Closed)),
        Act::Cancel => {
            let reason = Line::parse(form.get("reason").unwrap_or_default());
            let step = reason
                .map(Step::Cancel)
                .map_err(|fault| Problem::invalid(FieldErrors::one("/reason", fault.words())));
            take(&visit, &organization, &reference, &form, step)
                .await
                .map(|project| (project, Done::Cancelled))
        }
    };
    match result {
        Ok((project, done)) => edit(&project.project.client_ref, done),
        Err(problem) if can_be_mended(&problem) => {
            confirm_page(
                &visit,
                &organization,
                &reference,
                act,
                Some(&problem),
                &form,
            )
            .await
        }
        Err(problem) => Err(problem),
    }
}

fn version(form: &Form) -> Precondition {
    let version = form.get("version").and_then(|version| version.parse().ok());
    version.map_or_else(Precondition::default, Precondition::version)
}

async fn take(
    visit: &Visit,
    organization: &str,
    reference: &Reference,
    form: &Form,
    step: Result<Step, Problem>,
) -> Result<Published, Problem> {
    let target = Target {
        organization,
        reference,
        condition: &Precondition::default(),
        key: &IdempotencyKey::default(),
    };
    let condition = version(form);
    let wanted = |before: &Before| {
        let wanted = step.as_ref().map_err(Clone::clone)?.of(before, visit.now)?;
        let standing = before.standing.as_ref();
        // A second tap finds the step taken already, and the version gone.
        if standing.is_some_and(|standing| standing.state != wanted.body.state) {
            condition.check(standing.map(|standing| standing.version))?;
        }
        Ok(wanted)
    };
    publish(visit, target, None, wanted).await
}

async fn delete(
    visit: &Visit,
    organization: &str,
    reference: &Reference,
    form: &Form,
) -> Result<(), Problem> {
    let target = Target {
        organization,
        reference,
        condition: &version(form),
        key: &IdempotencyKey::default(),
    };
    discard(visit, target).await
}

async fn copy(
    visit: &Visit,
    organization: &str,
    reference: &Reference,
    form: &Form,
) -> Result<Published, Problem> {
    let mut wish = serde_json::Map::new();
    wish.insert("client_ref".to_owned(), form.get("client_ref").into());
    if let Some(days) = form.get("shift_days") {
        let days = days
            .parse::<i64>()
            .map_or_else(|_| days.into(), Value::from);
        wish.insert("shift_days".to_owned(), days);
    }
    let wish: CopyBody = deserr::deserialize(Value::Object(wish)).map_err(Problem::invalid)?;
    let name = wish.client_ref.clone();
    let key = IdempotencyKey::default();
    let copied = copy_project(visit, organization, reference, &key, Ok(wish)).await;
    match copied {
        Err(problem) if problem.code() == "reference_taken" => {
            // A second tap finds the copy of the first.
            let (source, _) = own_project(visit, organization, reference).await?;
            let (project, shifts) = own_project(visit, organization, &name).await?;
            let is_copy = project.version == 1
                && project.state == ProjectState::Draft
                && project.title == source.title
                && name != *reference;
            if is_copy {
                Ok(Published {
                    outcome: crate::menu::publishing::Outcome::Unchanged,
                    project,
                    shifts,
                    replayed: true,
                })
            } else {
                Err(problem.with_fields(FieldErrors::one(
                    "/client_ref",
                    crate::menu::own::taken_words(),
                )))
            }
        }
        other => other,
    }
}
