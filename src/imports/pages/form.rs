//! Handing a file in, and the imports of late.

use axum::extract::Request;
use axum::http::header;
use axum::response::Response;
use maud::{Markup, html};

use crate::imports::acting::{FileIn, HandedIn, admit, may_read};
use crate::imports::receiving::Receiving;
use crate::imports::store;
use crate::imports::{Import, LARGEST_FILE, MOST_PROJECTS};
use crate::organizations::pages::{Console, ConsolePage};
use crate::organizations::{Agent, Permission};
use crate::platform::clock::day_words;
use crate::platform::i18n::{Lang, Words};
use crate::platform::idempotency::IdempotencyKey;
use crate::platform::input::{Id, Path, Pieces, parse_id};
use crate::platform::multipart::{Event, Multipart};
use crate::platform::page::{Audience, page, see_other};
use crate::platform::problem::Problem;
use crate::platform::visit::Visit;

/// How many imports the page shows.
const SHOWN: i64 = 20;

/// Serves `/organizations/{id}/imports`.
pub async fn list(visit: Visit, Id(id): Id) -> Result<Response, Problem> {
    render(&visit, &id.to_string(), None).await
}

async fn render(
    visit: &Visit,
    organization: &str,
    problem: Option<&Problem>,
) -> Result<Response, Problem> {
    let (agent, imports) = store::recent(visit, organization, None, SHOWN).await?;
    may_read(agent.as_ref())?;
    let agent = agent.ok_or_else(Problem::unauthenticated)?;
    let lang = visit.lang;
    let title = lang.pick("批量导入", "Bulk import");
    let export = format!("/api/v1/organizations/{organization}/export");
    let body = html! {
        (Console::of(visit, organization, &agent).nav(Some(ConsolePage::Imports)))
        h1 { (title) }
        @if let Some(problem) = problem {
            p.say role="alert" { (problem.title(lang)) }
        }
        @if agent.require(Permission::WriteProjects).is_ok() {
            (form(organization, lang))
        }
        section.course {
            h2 { (lang.pick("导出", "Export")) }
            p { (lang.pick(
                "导出全部项目，不论状态；修改后可直接导回，没有改动的项目保持不变。",
                "All projects in every state. Edit the file and import it again; what you left alone stays as it is.",
            )) }
            div.actions {
                a.button.quiet href={ (export) "?format=csv" } { (lang.pick("导出表格（CSV）", "Spreadsheet (CSV)")) }
                a.button.quiet href={ (export) "?format=ndjson" } { (lang.pick("导出 NDJSON", "NDJSON")) }
            }
        }
        section.course {
            h2 { (lang.pick("最近的导入", "Recent imports")) }
            @if imports.is_empty() {
                p.small { (lang.pick("还没有。", "None yet.")) }
            } @else {
                ul.dishes { @for import in &imports { li { (line(organization, import, lang)) } } }
            }
        }
    };
    let mut response = page(visit, Audience::Oneself, title, &body);
    if let Some(problem) = problem {
        *response.status_mut() = problem.status();
    }
    Ok(response)
}

fn form(organization: &str, lang: Lang) -> Markup {
    html! {
        ol.prose.steps {
            li { a href="/api/v1/imports/template.csv" { (lang.pick("下载表格模板", "Download the template")) }
                (lang.pick("，用 Excel 或 WPS 打开，一行填一个班次。", " and open it in Excel or WPS: one row a shift.")) }
            li { (lang.pick(
                "同一项目有几个班次就填几行，编号照抄，其余项目内容只填第一行。",
                "A project with several shifts takes several rows: repeat its number, fill in the rest once.",
            )) }
            li { (lang.pick(
                "另存为 CSV 后上传。建议先试运行，核对每一行的处理结果，再正式导入。",
                "Save as CSV and upload. Try it first: you see what each row would do before anything is written.",
            )) }
        }
        form method="post" action={ "/organizations/" (organization) "/imports" } enctype="multipart/form-data" {
            div.ask {
                label for="file" { (lang.pick("文件", "File")) }
                span.hint #file-hint {
                    (match lang {
                        Lang::Zh => format!("CSV 或 NDJSON，最多 {MOST_PROJECTS} 个项目、{} MB", LARGEST_FILE >> 20),
                        Lang::En => format!("CSV or NDJSON, {MOST_PROJECTS} projects and {} MB at most", LARGEST_FILE >> 20),
                    })
                }
                input #file type="file" name="file" required aria-describedby="file-hint"
                    accept=".csv,.txt,.ndjson,.jsonl,text/csv,application/x-ndjson";
            }
            label.tick {
                input type="checkbox" name="dry_run" value="1" checked;
                (lang.pick("先试运行，不写入", "Try it first, write nothing"))
            }
            button.wide { (lang.pick("上传", "Upload")) }
        }
        p.small { (lang.pick(
            "编号已存在的项目会被更新；内容没有变化的不作改动；有问题的行会单独列出，不影响其他行。已有人报名的班次，不写明原因不会被改动。",
            "Projects whose number exists are replaced; rows that say what stands do nothing; rows with faults are listed and don't hold up the others. Shifts with sign-ups are never changed silently.",
        )) }
    }
}

fn line(organization: &str, import: &Import, lang: Lang) -> Markup {
    html! {
        a.dish href={ "/organizations/" (organization) "/imports/" (import.id) } {
            span.top {
                b { span.nowrap { (day_words(import.created_at, lang)) " " (import.created_at.hour_minute()) }
                    @if import.dry_run { " · " span.nowrap { (lang.pick("试运行", "dry run")) } } }
                span.seats { (import.state.name(lang)) }
            }
            small.num {
                (match lang {
                    Lang::Zh => format!("{} 个项目，完成 {} 个", import.total, import.done),
                    Lang::En => format!("{} of {} projects done", import.done, import.total),
                })
                @if import.refused > 0 {
                    (match lang {
                        Lang::Zh => format!("，{} 个有问题", import.refused),
                        Lang::En => format!(", {} with faults", import.refused),
                    })
                }
            }
        }
    }
}

/// Takes the form of `/organizations/{id}/imports`.
pub async fn hand_in(
    visit: Visit,
    Path(organization): Path<String>,
    request: Request,
) -> Result<Response, Problem> {
    let organization = parse_id(&organization)?.to_string();
    let (parts, body) = request.into_parts();
    let content_type = parts.headers.get(header::CONTENT_TYPE);
    let form = content_type
        .and_then(|value| value.to_str().ok())
        .and_then(Multipart::new);
    let mut pieces = Pieces::new(body, LARGEST_FILE);
    let taken = take(&visit, &organization, form, &mut pieces).await;
    match taken {
        Ok(import) => Ok(see_other(&format!(
            "/organizations/{organization}/imports/{}",
            import.id
        ))),
        Err(problem) => {
            pieces.drain().await?;
            match problem.code() {
                "unauthenticated" | "forbidden" | "internal" | "busy" => Err(problem),
                _ => render(&visit, &organization, Some(&problem)).await,
            }
        }
    }
}

async fn take(
    visit: &Visit,
    organization: &str,
    form: Option<Multipart>,
    pieces: &mut Pieces,
) -> Result<Import, Problem> {
    let agent = admit(visit, organization).await?;
    let form = form.ok_or_else(no_file)?;
    let receiving = Receiving::new(visit, organization, None);
    let upload = receiving.upload().to_owned();
    let taken = take_file(visit, organization, &agent, form, pieces, receiving).await;
    if taken.is_err() {
        store::drop_upload(visit, &upload).await?;
    }
    taken
}

async fn take_file(
    visit: &Visit,
    organization: &str,
    agent: &Agent,
    mut form: Multipart,
    pieces: &mut Pieces,
    mut receiving: Receiving<'_>,
) -> Result<Import, Problem> {
    let (mut field, mut dry_run, mut ended) = (String::new(), false, false);
    while let Some(piece) = pieces.next().await? {
        for event in form.push(&piece).map_err(|_| no_file())? {
            match event {
                Event::Field(name) => field = name,
                Event::Data(data) if field == "file" => receiving.push(&data).await?,
                Event::Data(_) => dry_run |= field == "dry_run",
                Event::End => ended = true,
            }
        }
    }
    if !ended {
        return Err(no_file());
    }
    let received = receiving.end().await?;
    let hand_in = FileIn {
        organization,
        agent,
        dry_run,
        key: &IdempotencyKey::default(),
    };
    match hand_in.finish(visit, received).await? {
        HandedIn::Now(import, _) => Ok(*import),
        HandedIn::Before(_) => Err(Problem::internal("a key where none was sent")),
    }
}

fn no_file() -> Problem {
    crate::imports::receiving::unreadable(Words::new(
        "没有收到文件，请重新选择",
        "No file arrived; choose it again",
    ))
}
