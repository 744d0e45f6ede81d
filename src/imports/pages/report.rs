//! How far an import is, and what became of its lines.

use axum::http::{HeaderValue, header};
use axum::response::Response;
use deserr::Deserr;
use maud::{Markup, html};

use crate::imports::acting::{HandedIn, call_off, cut, do_for_real, ids, seen};
use crate::imports::store::{self, Wanted, Which};
use crate::imports::{Import, ImportState, LineOutcome, LineReport};
use crate::organizations::Permission;
use crate::organizations::pages::{Console, ConsolePage};
use crate::platform::clock::day_words;
use crate::platform::fields::FieldErrors;
use crate::platform::i18n::Lang;
use crate::platform::idempotency::IdempotencyKey;
use crate::platform::input::{Digits, PageQuery, Path};
use crate::platform::page::{Audience, in_brackets, page, see_other};
use crate::platform::problem::Problem;
use crate::platform::visit::Visit;

/// Lines of each kind on a page.
const SHOWN: i64 = 50;
/// The page asks again after so many seconds while the import goes on.
const AGAIN_AFTER: HeaderValue = HeaderValue::from_static("3");

/// Where the lists of a report go on.
#[derive(Debug, Deserr)]
#[deserr(error = FieldErrors, deny_unknown_fields)]
pub struct Shown {
    #[deserr(default)]
    refused_after: Option<Digits<0, 1_000_000>>,
    #[deserr(default)]
    taken_after: Option<Digits<0, 1_000_000>>,
}

/// Serves `/organizations/{id}/imports/{import}`.
pub async fn show(
    visit: Visit,
    Path((organization, import)): Path<(String, String)>,
    PageQuery(shown): PageQuery<Shown>,
) -> Result<Response, Problem> {
    let (organization, import) = ids(&organization, &import)?;
    let wanted = |after: Option<Digits<0, 1_000_000>>, which| Wanted {
        after: after.map_or(0, Digits::get),
        limit: SHOWN + 1,
        which,
    };
    let wanted = [
        wanted(shown.refused_after, Which::Refused),
        wanted(shown.taken_after, Which::Taken),
    ];
    let found = store::see(&visit, &organization, &import, &wanted).await?;
    let (agent, import, lists) = seen(found)?;
    let mut lists = lists.into_iter();
    let (mut refused, mut taken) = (
        lists.next().unwrap_or_default(),
        lists.next().unwrap_or_default(),
    );
    let more_refused = next_of(&mut refused);
    let more_taken = next_of(&mut taken);
    let may_write = agent.require(Permission::WriteProjects).is_ok();
    let lang = visit.lang;
    let here = format!("/organizations/{organization}/imports/{}", import.id);
    let title = match import.dry_run {
        true => lang.pick("试运行的结果", "Dry run"),
        false => lang.pick("导入的结果", "Import"),
    };
    let body = html! {
        (Console::of(&visit, &organization, &agent).nav(Some(ConsolePage::Imports)))
        h1 { (title) }
        p.small { (day_words(import.created_at, lang)) " " (import.created_at.hour_minute()) }
        (progress(&import, lang))
        @if may_write { (actions(&here, &import, lang)) }
        @if import.done > 0 {
            p { a.button.quiet href={ "/api/v1" (here) "/report.csv" } {
                (lang.pick("下载报告（CSV）", "Download the report (CSV)")) } }
        }
        @if !refused.is_empty() {
            section.course {
                h2 { (lang.pick("需要修改", "To be corrected")) (in_brackets_of(import.refused, lang)) }
                ul.faults { @for line in &refused { (refused_line(line, lang)) } }
                @if let Some(after) = more_refused {
                    a.more href={ (here) "?refused_after=" (after) } { (lang.pick("下一页", "Next page")) }
                }
            }
        }
        @if !taken.is_empty() {
            section.course {
                h2 { (lang.pick("其余各行", "The other lines")) (in_brackets_of(import.done - import.refused, lang)) }
                table {
                    thead { tr {
                        th scope="col" { (lang.pick("行号", "Row")) }
                        th scope="col" { (lang.pick("编号", "Number")) }
                        th scope="col" { (lang.pick("结果", "Outcome")) }
                    } }
                    tbody { @for line in &taken {
                        tr {
                            td.num { (line.line) }
                            td { (line.client_ref.as_deref().unwrap_or_default()) }
                            td { (line.outcome.name(import.dry_run, lang)) }
                        }
                    } }
                }
                @if let Some(after) = more_taken {
                    a.more href={ (here) "?taken_after=" (after) } { (lang.pick("下一页", "Next page")) }
                }
            }
        }
    };
    let mut response = page(&visit, Audience::Oneself, title, &body);
    if import.state.goes_on() {
        response.headers_mut().insert(header::REFRESH, AGAIN_AFTER);
    }
    Ok(response)
}

/// Cuts a list to a page; gives after which line the next one begins.
fn next_of(lines: &mut Vec<LineReport>) -> Option<i64> {
    let more = cut(lines, SHOWN);
    lines.last().filter(|_| more).map(|last| last.number)
}

fn in_brackets_of(number: i64, lang: Lang) -> String {
    in_brackets(usize::try_from(number).unwrap_or_default(), lang)
}

fn progress(import: &Import, lang: Lang) -> Markup {
    let style = match import.state {
        ImportState::Done if import.refused == 0 => "say good",
        ImportState::Done => "say wait",
        _ => "say",
    };
    let count = |outcome: LineOutcome, number: i64| {
        html! {
            @if number > 0 { li { (outcome.name(import.dry_run, lang)) " " strong.num { (number) } } }
        }
    };
    html! {
        div class=(style) role="status" {
            p { strong { (import.state.name(lang)) } " " span.num {
                (match lang {
                    Lang::Zh => format!("{} / {} 个项目", import.done, import.total),
                    Lang::En => format!("{} of {} projects", import.done, import.total),
                })
            } }
            @if import.state.goes_on() {
                progress.wide max=(import.total) value=(import.done) aria-label=(lang.pick("进度", "Progress")) {}
                p.small { (lang.pick(
                    "可以离开这个页面，处理会继续；这里每几秒更新一次。",
                    "You may leave this page; it goes on by itself. What you see is renewed every few seconds.",
                )) }
            }
            ul {
                (count(LineOutcome::Refused, import.refused))
                (count(LineOutcome::Created, import.created))
                (count(LineOutcome::Replaced, import.replaced))
                (count(LineOutcome::Unchanged, import.unchanged))
            }
        }
    }
}

fn actions(here: &str, import: &Import, lang: Lang) -> Markup {
    html! {
        div.actions {
            @if import.state.goes_on() {
                form method="post" action={ (here) "/cancel" } {
                    button.quiet { (lang.pick("停止导入", "Stop")) }
                }
            }
            @if import.dry_run && import.state == ImportState::Done && import.created + import.replaced > 0 {
                form method="post" action={ (here) "/apply" } {
                    button { (match lang {
                        Lang::Zh => format!("正式导入 {} 个项目", import.created + import.replaced),
                        Lang::En => format!("Import for real: {}", import.created + import.replaced),
                    }) }
                }
            }
        }
        @if import.dry_run && import.state == ImportState::Done {
            p.small { (lang.pick(
                "试运行没有写入任何内容。也可以改好表格重新上传。",
                "The dry run wrote nothing. You may as well correct the file and upload it again.",
            )) }
        }
    }
}

fn refused_line(line: &LineReport, lang: Lang) -> Markup {
    let row = |number: i64| match lang {
        Lang::Zh => format!("第 {number} 行"),
        Lang::En => format!("Row {number}"),
    };
    html! {
        li {
            strong.num { (row(line.line)) @if let Some(name) = &line.client_ref { " · " (name) } }
            @if let Some(refusal) = &line.refusal {
                div {
                    @if refusal.errors.is_empty() || refusal.code != "invalid_fields" { p { (refusal.detail) } }
                    ul { @for fault in &refusal.errors {
                        li {
                            @if fault.line != line.line { (row(fault.line)) " " }
                            strong { (fault.column.as_deref().unwrap_or(&fault.pointer)) }
                            (lang.pick("：", ": ")) (fault.detail)
                        }
                    } }
                }
            }
        }
    }
}

/// Takes `/organizations/{id}/imports/{import}/apply`.
pub async fn apply(
    visit: Visit,
    Path((organization, import)): Path<(String, String)>,
) -> Result<Response, Problem> {
    let (organization, trial) = ids(&organization, &import)?;
    let key = IdempotencyKey::default();
    match do_for_real(&visit, &organization, &trial, &key).await? {
        HandedIn::Now(import, _) => Ok(see_other(&format!(
            "/organizations/{organization}/imports/{}",
            import.id
        ))),
        HandedIn::Before(_) => Err(Problem::internal("a key where none was sent")),
    }
}

/// Takes `/organizations/{id}/imports/{import}/cancel`.
pub async fn cancel(
    visit: Visit,
    Path((organization, import)): Path<(String, String)>,
) -> Result<Response, Problem> {
    let (organization, import) = ids(&organization, &import)?;
    call_off(&visit, &organization, &import, &IdempotencyKey::default()).await?;
    Ok(see_other(&format!(
        "/organizations/{organization}/imports/{import}"
    )))
}
