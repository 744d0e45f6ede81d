//! The judges of a contest, for those who run it.

use axum::response::Response;
use maud::{Markup, html};
use uuid::Uuid;

use super::draws;

use crate::contests::judging::api::judges::{InvitedJudge, JudgeBody, invited};
use crate::contests::judging::store::drawing;
use crate::contests::judging::store::inviting::{self, Board};
use crate::contests::judging::{Judge, JudgeState};
use crate::contests::scoring::api::key;
use crate::platform::clock::day_from;
use crate::platform::fields::FieldErrors;
use crate::platform::i18n::Lang;
use crate::platform::idempotency::IdempotencyKey;
use crate::platform::input::{Form, Id, parse_id};
use crate::platform::page::{Audience, Refused, ask, in_brackets, page, see_other};
use crate::platform::problem::Problem;
use crate::platform::text::Prose;
use crate::platform::visit::{Presented, Visit};

/// Serves `/contests/{id}/judges`.
pub async fn judges(visit: Visit, Id(contest): Id) -> Result<Response, Problem> {
    match inviting::board(&visit, contest).await {
        Ok(board) => Ok(shown(&visit, contest, &board, None, &Refused::default())),
        Err(problem) if problem.code() == "unauthenticated" => Ok(see_other(&format!(
            "/sign-in?back=/contests/{contest}/judges"
        ))),
        Err(problem) => Err(problem),
    }
}

/// Takes `/contests/{id}/judges`: an invitation, whose link is shown once.
pub async fn invite(
    visit: Visit,
    _: Presented,
    Id(contest): Id,
    form: Form,
) -> Result<Response, Problem> {
    let tracks: Vec<&str> = form.all("track").collect();
    let body = serde_json::json!({"name": form.get("name").unwrap_or_default(), "tracks": tracks});
    let once = IdempotencyKey::default();
    let made = match deserr::deserialize::<JudgeBody, _, _>(body).map_err(Problem::invalid) {
        Ok(body) => invited(&visit, contest, &body, &once).await,
        Err(problem) => Err(problem),
    };
    let (made, problem) = match made {
        Ok((made, _)) => (Some(made), None),
        Err(problem) if matches!(problem.status().as_u16(), 409 | 422) => (None, Some(problem)),
        Err(problem) => return Err(problem),
    };
    let board = inviting::board(&visit, contest).await?;
    let refused = Refused {
        form: problem.as_ref().map(|_| &form),
        problem: problem.as_ref(),
    };
    let page = shown(&visit, contest, &board, made.as_ref(), &refused);
    Ok(refused.answered(page))
}

/// Takes `/contests/{id}/judges/remove`.
pub async fn remove(
    visit: Visit,
    _: Presented,
    Id(contest): Id,
    form: Form,
) -> Result<Response, Problem> {
    let judge = parse_id(form.get("judge").unwrap_or_default())?;
    inviting::leave(&visit, contest, judge).await?;
    Ok(see_other(&format!("/contests/{contest}/judges")))
}

/// Takes `/contests/{id}/judges/draw`.
pub async fn draw(
    visit: Visit,
    _: Presented,
    Id(contest): Id,
    form: Form,
) -> Result<Response, Problem> {
    let stage = key(form.get("stage").unwrap_or_default())?;
    let reason = form.get("reason").map(Prose::<300>::parse).transpose();
    let once = IdempotencyKey::default();
    let drawn = match &reason {
        Ok(reason) => {
            let reason = reason.as_ref().map(Prose::as_str);
            drawing::draw(&visit, contest, &stage, reason, &once).await
        }
        Err(fault) => Err(Problem::invalid(FieldErrors::one("/reason", fault.words()))),
    };
    match drawn {
        Ok(_) => Ok(see_other(&format!("/contests/{contest}/judges"))),
        Err(problem) if matches!(problem.status().as_u16(), 409 | 422) => {
            let board = inviting::board(&visit, contest).await?;
            let refused = Refused {
                problem: Some(&problem),
                form: Some(&form),
            };
            Ok(refused.answered(shown(&visit, contest, &board, None, &refused)))
        }
        Err(problem) => Err(problem),
    }
}

fn shown(
    visit: &Visit,
    contest: Uuid,
    board: &Board,
    made: Option<&InvitedJudge>,
    refused: &Refused<'_>,
) -> Response {
    let lang = visit.lang;
    let title = lang.pick("评委", "Judges");
    let here = format!("/contests/{contest}/judges");
    let there = board.judges.iter().filter(|judge| judge.state.is_there());
    let body = html! {
        p.small { a href={ "/contests/" (contest) "/run" } { (lang.pick("管理大赛", "Run the contest")) } }
        h1 { (title) (in_brackets(there.count(), lang)) }
        p.lead { (lang.pick(
            "邀请链接请您亲自转交。评委接受并申报利益冲突后，才参加抽签。评委互不知道彼此的评分。",
            "Hand each link over yourself. A judge takes part in draws once they have accepted and said which conflicts they have. No judge sees what others give.",
        )) }
        @if let Some(made) = made {
            div.say.good role="status" {
                label for="link" { (lang.pick("邀请链接：", "Link for ")) (made.name) }
                textarea #link.num readonly rows="3" spellcheck="false" { (made.link) }
                p { (lang.pick("请立即复制转交，离开本页后不再显示。只能使用一次，有效至 ", "Copy it now: once you leave this page nobody can see it again. It works once, until ")) (day_from(visit.now, made.expires_at, lang)) }
            }
        }
        ul.shifts { @for judge in &board.judges { (row(visit, &here, board, judge)) } }
        @for stage in &board.stages { (draws::section(visit, contest, board, stage, refused)) }
        @if board.runs {
            details open[asked(refused, "name") || board.judges.is_empty()] {
                summary { (lang.pick("邀请评委", "Invite a judge")) }
                @if asked(refused, "name") { (refused.above(lang)) }
                form method="post" action=(here) {
                    (ask("name", lang.pick("称呼", "What you call them"),
                        Some(lang.pick("只有大赛组织者看得到，不与评分一起公布", "Seen by those who run the contest, never published with scores")),
                        refused.wrong("name", lang), &html! {
                            input id="name" name="name" required maxlength="30" autocomplete="off" value=(refused.typed("name"));
                        }))
                    @if board.tracks.len() > 1 {
                        fieldset {
                            legend { (lang.pick("负责的赛道（不选为全部）", "Tracks; all when none is ticked")) }
                            @for (key, name) in &board.tracks {
                                label.tick { input type="checkbox" name="track" value=(key); (name) }
                            }
                        }
                    }
                    button { (lang.pick("生成邀请链接", "Make the link")) }
                }
            }
        }
    };
    page(visit, Audience::Oneself, title, &body)
}

/// Whether the form with this field was refused.
pub(super) fn asked(refused: &Refused<'_>, field: &str) -> bool {
    refused.form.is_some_and(|form| form.sent(field).is_some())
}

fn row(visit: &Visit, here: &str, board: &Board, judge: &Judge) -> Markup {
    let lang = visit.lang;
    html! {
        li {
            div.struck[!judge.state.is_there()] {
                strong { (judge.number) " " (judge.name) }
                small {
                    br; (judge.state.name(lang))
                    @if let Some(until) = judge.invited_until { (lang.pick("，有效至 ", ", until ")) (day_from(visit.now, until, lang)) }
                    @if judge.state == JudgeState::Accepted {
                        " · " (match (judge.declared_at, judge.conflicts) {
                            (None, _) => lang.pick("未申报利益冲突", "conflicts not declared").to_owned(),
                            (Some(_), 0) => lang.pick("无利益冲突", "no conflicts").to_owned(),
                            (Some(_), some) => conflicts(some, lang),
                        })
                    }
                    @if !judge.tracks.is_empty() { " · " (tracks(board, judge, lang)) }
                }
            }
            @if board.runs && judge.state.is_there() {
                details {
                    summary aria-label={ (lang.pick("移出 ", "Remove ")) (judge.number) } { (lang.pick("移出", "Remove")) }
                    form.actions method="post" action={ (here) "/remove" } {
                        input type="hidden" name="judge" value=(judge.id);
                        p.small { (lang.pick("已交的评分有效，未交的重新抽签分配。此操作不能撤销。", "What was handed in stands; the rest is drawn anew. This cannot be undone.")) }
                        button.quiet { (lang.pick("确定移出", "Yes, remove them")) }
                    }
                }
            }
        }
    }
}

fn conflicts(count: i64, lang: Lang) -> String {
    match lang {
        Lang::Zh => format!("回避 {count} 项"),
        Lang::En => format!("{count} conflicts"),
    }
}

fn tracks(board: &Board, judge: &Judge, lang: Lang) -> String {
    let names = judge.tracks.iter().map(|key| {
        let known = board.tracks.iter().find(|(known, _)| known == key);
        known.map_or(key.as_str(), |(_, name)| name)
    });
    names.collect::<Vec<_>>().join(lang.pick("、", ", "))
}
