//! Where a contest is run: its draft, its announcement, amendments, officers and entries.

use axum::response::Response;
use maud::{Markup, html};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::rules;
use crate::choice;
use crate::contests::entering::store::{EntryLine, Wanted, list};
use crate::contests::outcomes::pages::reminder;
use crate::contests::outcomes::store::listing::overdue;
use crate::contests::running::acts;
use crate::contests::running::api::officers::appointed;
use crate::contests::running::store::{self, Officer, Seen};
use crate::contests::{ContestOffice, ContestState, entry_label};
use crate::platform::fields::FieldErrors;
use crate::platform::i18n::Lang;
use crate::platform::idempotency::IdempotencyKey;
use crate::platform::input::{Choice as _, Digits, Form, Id, LargeForm, PageQuery, Path, parse_id};
use crate::platform::page::{Audience, Refused, ask, moment, page, see_other, text_input};
use crate::platform::problem::Problem;
use crate::platform::visit::Visit;

/// So many entries stand on a page.
const SHOWN: i64 = 30;

choice! {
    /// What is done on the page.
    RunAct {
        /// The draft is written anew.
        Edit = "edit",
        /// The draft is announced.
        Announce = "announce",
        /// The contest is called off.
        CallOff = "call_off",
        /// Somebody has an office.
        Appoint = "appoint",
        /// Somebody has it no more.
        Dismiss = "dismiss",
    }
}

impl RunAct {
    fn done(self, lang: Lang) -> &'static str {
        match self {
            Self::Edit => lang.pick("草稿已保存。", "The draft is saved."),
            Self::Announce => lang.pick(
                "已公布。规则和它的哈希值谁都可以核对。",
                "Announced. Anybody can check the rules and their hash.",
            ),
            Self::CallOff => lang.pick("大赛已取消。", "The contest is called off."),
            Self::Appoint => lang.pick(
                "已任命。请告诉对方用这个手机号登录。",
                "Appointed. Tell them to sign in with this phone.",
            ),
            Self::Dismiss => lang.pick("已解除。", "The office is ended."),
        }
    }
}

/// Which entries to show, and what has just been done.
#[derive(Debug, Default, deserr::Deserr)]
#[deserr(error = FieldErrors, deny_unknown_fields)]
pub struct RunPage {
    #[deserr(default)]
    after: Option<Digits<1, 9_007_199_254_740_991>>,
    #[deserr(default)]
    done: Option<RunAct>,
}

/// Serves `/contests/{id}/run`.
pub async fn run(
    visit: Visit,
    Id(id): Id,
    PageQuery(query): PageQuery<RunPage>,
) -> Result<Response, Problem> {
    if !visit.has_credential() {
        return Ok(see_other(&format!("/sign-in?back=/contests/{id}/run")));
    }
    shown(&visit, id, &query, None, Refused::default()).await
}

async fn shown(
    visit: &Visit,
    id: Uuid,
    query: &RunPage,
    act: Option<RunAct>,
    refused: Refused<'_>,
) -> Result<Response, Problem> {
    let seen = store::one(visit, id).await?;
    let officers = store::officers(visit, id).await?;
    let wanted = Wanted {
        after: query.after.map_or(0, Digits::get),
        limit: SHOWN,
        ..Wanted::default()
    };
    let entries = list(visit, id, &wanted).await?;
    let overdue = overdue(visit, id).await?;
    let (lang, contest) = (visit.lang, &seen.contest);
    let runs = seen.standing.runs();
    let here = format!("/contests/{id}/run");
    let of = |wanted: RunAct| match act == Some(wanted) {
        true => refused,
        false => Refused::default(),
    };
    let body = html! {
        p.small { a href="/contests" { (lang.pick("项目大赛", "Contests")) } " / " a href={ "/contests/" (id) } { (contest.name) } }
        h1 { (lang.pick("大赛后台", "Run the contest")) }
        @if let Some(done) = query.done { p.say.good role="status" { (done.done(lang)) } }
        p { span.state { (contest.state.name(lang)) } }
        div.actions {
            // The rules of a draft come first.
            @let quiet = (contest.state != ContestState::Draft).then_some("quiet");
            a.button.(quiet.unwrap_or_default()) href={ (here) "/rules" } { (lang.pick("评审规则", "Rules")) }
            a.button.quiet href={ "/contests/" (id) "/judges" } { (lang.pick("评委与抽签", "Judges and draws")) }
            a.button.quiet href={ "/contests/" (id) "/run/results" } { (lang.pick("汇总与审定", "Results")) }
            @if runs && contest.state != ContestState::Draft {
                a.button.quiet href={ (here) "/outcomes" } { (lang.pick("获奖项目后续", "After the awards")) }
            }
            @if seen.standing.supervises() { a.button.quiet href={ "/contests/" (id) "/audit" } { (lang.pick("监督", "Watch over it")) } }
        }
        (reminder(overdue, Some(&format!("{here}/outcomes")), lang))
        @if let Some(problem) = refused.problem { (told(problem, &seen, &here, lang)?) }
        @if !runs { p.say.wait { (lang.pick("您可以查看，不能改动。", "You may look, and change nothing.")) } }
        @match contest.state {
            ContestState::Draft if runs => (drafting(&seen, &here, &of(RunAct::Edit), lang)),
            ContestState::Cancelled => p.say { (contest.state_reason.as_deref().unwrap_or_default()) },
            ContestState::Draft | ContestState::Announced => {}
        }
        (entered(visit, id, &entries.items, entries.next))
        (offices(&officers, &here, runs, &of(RunAct::Appoint), lang))
        @if runs && contest.state != ContestState::Cancelled {
            section.course #call-off {
                details open[act == Some(RunAct::CallOff)] {
                    summary { (lang.pick("取消大赛", "Call the contest off")) }
                    form method="post" action={ (here) "/call_off" } {
                        (reason("call-off-reason", &of(RunAct::CallOff), lang.pick("公开显示，取消后不能恢复", "Public; it cannot be undone"), lang))
                        button.quiet { (lang.pick("取消大赛", "Call it off")) }
                    }
                }
            }
        }
    };
    let response = page(visit, Audience::Oneself, &contest.name, &body);
    Ok(refused.answered(response))
}

/// Why something was refused; what is wrong with the rules, with the way to it.
fn told(problem: &Problem, seen: &Seen, here: &str, lang: Lang) -> Result<Markup, Problem> {
    let rules = seen.contest.draft()?;
    let faults = problem.errors().in_lang(lang);
    Ok(html! {
        div.say role="alert" {
            p { (problem.title(lang)) }
            @if let (Some(rules), false) = (&rules, faults.is_empty()) {
                @let faults = rules::by_section(rules, problem.errors(), lang);
                (rules::leading(rules, &faults, &format!("{here}/rules"), lang))
            } @else if !faults.is_empty() {
                ul { @for fault in faults { li { (fault.detail) } } }
            }
        }
    })
}

fn reason(id: &str, refused: &Refused, hint: &str, lang: Lang) -> Markup {
    let wrong = refused.wrong("reason", lang);
    ask(
        id,
        lang.pick("原因", "Reason"),
        Some(hint),
        wrong,
        &html! {
            textarea id=(id) name="reason" rows="3" maxlength="300" required { (refused.typed("reason")) }
        },
    )
}

fn drafting(seen: &Seen, here: &str, refused: &Refused, lang: Lang) -> Markup {
    let contest = &seen.contest;
    let typed = |name: &str, stands: &str| match refused.form {
        Some(form) => form.get(name).unwrap_or_default().to_owned(),
        None => stands.to_owned(),
    };
    let name = refused.wrong("name", lang);
    html! {
        section.course #draft {
            h2 { (lang.pick("名称和介绍", "Name and description")) }
            form method="post" action={ (here) "/edit" } {
                input type="hidden" name="version" value=(contest.version);
                (ask("name", lang.pick("名称", "Name"), None, name,
                    &text_input("name", "text", &typed("name", &contest.name), "off", name.is_some(), true)))
                (ask("about", lang.pick("介绍", "About"), None, refused.wrong("about", lang), &html! {
                    textarea #about name="about" rows="4" maxlength="4000" { (typed("about", &contest.about)) }
                }))
                button.quiet { (lang.pick("保存", "Save")) }
            }
            p.small { (lang.pick(
                "规则写好后，在“评审规则”页公布大赛。",
                "Once its rules are written, the contest is announced from their page.",
            )) }
        }
    }
}

fn entered(visit: &Visit, id: Uuid, items: &[EntryLine], next: Option<i64>) -> Markup {
    let lang = visit.lang;
    html! {
        section.course #entries {
            h2 { (lang.pick("参赛项目", "Entries")) }
            @if items.is_empty() { div.empty { p { (lang.pick("还没有提交的项目。", "None has been submitted yet.")) } } }
            ul.shifts { @for line in items {
                li {
                    div { @if let Some(number) = line.number { span.num { (entry_label(number)) } " " } strong { (line.title) } }
                    div.go { a.button.quiet href={ "/contests/" (id) "/run/entries/" (line.id) } aria-label={ (lang.pick("查看 ", "Look at ")) (line.title) } { (lang.pick("查看", "Look")) } }
                    div.small {
                        (line.organization_name) br;
                        (line.state.name(lang))
                        @if let Some(at) = line.checked_at { " · " (lang.pick("审查于 ", "checked ")) (moment(visit, at)) }
                    }
                }
            } }
            @if let Some(next) = next {
                p { a.button.quiet rel="next" href={ "/contests/" (id) "/run?after=" (next) "#entries" } { (lang.pick("下一页", "Next page")) } }
            }
        }
    }
}

fn offices(officers: &[Officer], here: &str, runs: bool, refused: &Refused, lang: Lang) -> Markup {
    let phone = refused.wrong("phone", lang);
    html! {
        section.course #officers {
            h2 { (lang.pick("职务人员", "Officers")) }
            ul.shifts { @for officer in officers {
                li {
                    div {
                        strong { (officer.role.name(lang)) }
                        small { br; @if let Some(name) = &officer.name { (name) " " } span.num { (officer.phone) } }
                    }
                    @if runs {
                        div.go { form method="post" action={ (here) "/dismiss" } {
                            input type="hidden" name="officer" value=(officer.id);
                            button.quiet aria-label={ (lang.pick("解除 ", "End the office of ")) (officer.phone) } { (lang.pick("解除", "End")) }
                        } }
                    }
                }
            } }
            @if runs {
                details open[refused.problem.is_some()] {
                    summary { (lang.pick("任命", "Appoint somebody")) }
                    form method="post" action={ (here) "/appoint" } {
                        (ask("phone", lang.pick("手机号", "Mobile number"), None, phone,
                            &text_input("phone", "tel", refused.typed("phone"), "off", phone.is_some(), true)))
                        (ask("role", lang.pick("职务", "Office"), None, refused.wrong("role", lang), &html! {
                            select #role name="role" { @for (role, word) in ContestOffice::ALL {
                                option value=(word) selected[*word == refused.typed("role")] { (role.name(lang)) }
                            } }
                        }))
                        button { (lang.pick("任命", "Appoint")) }
                    }
                }
            }
        }
    }
}

/// Reads a body out of the fields of a form.
fn read<T: deserr::Deserr<FieldErrors>>(form: &Form, names: &[&str]) -> Result<T, Problem> {
    let named = |name: &&str| Some(((*name).to_owned(), json!(form.get(name)?)));
    let members: Map<String, Value> = names.iter().filter_map(named).collect();
    deserr::deserialize(Value::Object(members)).map_err(Problem::invalid)
}

async fn carried_out(visit: &Visit, id: Uuid, act: RunAct, form: &Form) -> Result<(), Problem> {
    let key = IdempotencyKey::default();
    let seen: Option<i64> = form.get("version").and_then(|version| version.parse().ok());
    let meant = |version| seen.is_none_or(|seen| seen == version);
    match act {
        RunAct::Edit => {
            let draft = read(form, &["name", "about"])?;
            acts::describe(visit, id, &draft, &meant).await.map(drop)
        }
        RunAct::Announce => acts::announce(visit, id, &meant, &key).await.map(drop),
        RunAct::CallOff => {
            let body: crate::contests::running::Cancellation = read(form, &["reason"])?;
            acts::call_off(visit, id, &body.reason, &key)
                .await
                .map(drop)
        }
        RunAct::Appoint => {
            let whom = read(form, &["phone", "role"])?;
            appointed(visit, id, &whom, &key).await.map(drop)
        }
        RunAct::Dismiss => {
            let officer = parse_id(form.get("officer").unwrap_or_default())?;
            store::dismiss(visit, id, officer).await
        }
    }
}

/// Takes `/contests/{id}/run/{act}`.
pub async fn act(
    visit: Visit,
    Path((id, act)): Path<(String, String)>,
    LargeForm(form): LargeForm,
) -> Result<Response, Problem> {
    let id = parse_id(&id)?;
    let act = RunAct::from_word(&act).ok_or_else(Problem::not_found)?;
    match carried_out(&visit, id, act, &form).await {
        Ok(()) => Ok(see_other(&format!(
            "/contests/{id}/run?done={}",
            act.word()
        ))),
        Err(problem) if matches!(problem.status().as_u16(), 409 | 412 | 422) => {
            let refused = Refused {
                problem: Some(&problem),
                form: Some(&form),
            };
            shown(&visit, id, &RunPage::default(), Some(act), refused).await
        }
        Err(problem) => Err(problem),
    }
}
