//! Where results are drawn up, approved and made final, and objections are handled.

use axum::response::Response;
use maud::html;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::stages::{objections_of, section};
use crate::choice;
use crate::contests::results::store::objecting::{self, Handling};
use crate::contests::results::store::{approving, drawing_up, finishing, reading};
use crate::contests::results::{ObjectionAnswer, ObjectionRuling, ResultBody, has_result};
use crate::contests::rules::Key;
use crate::contests::scoring::api::key;
use crate::platform::fields::FieldErrors;
use crate::platform::i18n::Lang;
use crate::platform::idempotency::IdempotencyKey;
use crate::platform::input::{Choice as _, Form, Id, PageQuery, Path, parse_id};
use crate::platform::page::{Audience, Refused, page, see_other};
use crate::platform::problem::Problem;
use crate::platform::text::Prose;
use crate::platform::visit::{Presented, Visit};

/// So many objections that wait are shown at once.
const SHOWN: i64 = 100;

choice! {
    /// What is done on the page.
    ResultAct {
        /// A result is drawn up.
        DrawUp = "draw_up",
        /// It is approved.
        Approve = "approve",
        /// It is made final.
        Finish = "finish",
        /// An objection is answered.
        Answer = "answer",
        /// It is decided on.
        Decide = "decide",
    }
}

impl ResultAct {
    fn done(self, lang: Lang) -> &'static str {
        match self {
            Self::DrawUp => lang.pick(
                "已汇总，请两人核对后审定。",
                "Drawn up. Two people are to check and approve it.",
            ),
            Self::Approve => lang.pick("您的审定已记录。", "Your approval stands."),
            Self::Finish => lang.pick(
                "结果已确定，奖项已生效。",
                "The result is final, and awards are given.",
            ),
            Self::Answer => lang.pick("答复已公开。", "The answer is public."),
            Self::Decide => lang.pick("决定已公开。", "The decision is public."),
        }
    }
}

/// What has just been done.
#[derive(Debug, Default, deserr::Deserr)]
#[deserr(error = FieldErrors, deny_unknown_fields)]
pub struct RunResultsPage {
    #[deserr(default)]
    done: Option<ResultAct>,
}

/// Serves `/contests/{id}/run/results`.
pub async fn run(
    visit: Visit,
    Id(contest): Id,
    PageQuery(query): PageQuery<RunResultsPage>,
) -> Result<Response, Problem> {
    if !visit.has_credential() {
        return Ok(see_other(&format!(
            "/sign-in?back=/contests/{contest}/run/results"
        )));
    }
    shown(&visit, contest, query.done, None, Refused::default()).await
}

async fn shown(
    visit: &Visit,
    contest: Uuid,
    done: Option<ResultAct>,
    act: Option<ResultAct>,
    refused: Refused<'_>,
) -> Result<Response, Problem> {
    let (results, (objections, _)) = reading::with_objections(visit, contest, 0, SHOWN).await?;
    if !results.oversees {
        return Err(Problem::forbidden());
    }
    let lang = visit.lang;
    let rules = results.contest.rules()?;
    let title = lang.pick("汇总与审定", "Draw up and approve");
    let here = format!("/contests/{contest}/run/results");
    let elsewhere = matches!(act, Some(ResultAct::Answer | ResultAct::Decide));
    let body = html! {
        p.small { a href={ "/contests/" (contest) "/run" } { (results.contest.name) } }
        h1 { (title) }
        @if let Some(done) = done { p.say.good role="status" { (done.done(lang)) } }
        @if !elsewhere { (refused.above(lang)) }
        @if !results.rights.reads {
            p.say.wait { (lang.pick("您所在的组织参加了本届大赛，公布前的结果由没有利害关系的人处理。", "Your organization takes part: until it is public, others without an interest handle the result.")) }
        }
        p.lead { (lang.pick(
            "阶段截止后汇总，封存待审；两名没有利害关系的负责人审定后公布。最后一个阶段的结果要公示，异议处理完毕才能确定。",
            "Once a stage has closed its result is drawn up and sealed; two people without an interest publish it. The last one is shown for objections before it is final.",
        )) }
        @if let Some(rules) = &rules {
            @for stage in rules.judged().filter(|stage| has_result(rules, stage)) {
                (section(visit, contest, &results, (rules, stage), &objections, &refused))
            }
        } @else {
            div.empty { p { (lang.pick("大赛还没有公布规则。", "The contest has no published rules yet.")) } }
        }
        (objections_of(visit, &here, &objections, &results, &refused))
    };
    Ok(refused.answered(page(visit, Audience::Oneself, title, &body)))
}

/// What a form says.
struct Sent<'a>(&'a Form);

impl Sent<'_> {
    fn read<T: deserr::Deserr<FieldErrors>>(&self, names: &[&str]) -> Result<T, Problem> {
        let mut members = Map::new();
        for name in names {
            if let Some(text) = self.0.get(name) {
                members.insert((*name).to_owned(), json!(text));
            }
        }
        deserr::deserialize(Value::Object(members)).map_err(Problem::invalid)
    }

    fn stage(&self) -> Result<Key, Problem> {
        key(self.0.get("stage").unwrap_or_default())
    }

    fn version(&self) -> Result<i64, Problem> {
        let version = self.0.get("version").and_then(|text| text.parse().ok());
        version.ok_or_else(Problem::not_found)
    }

    fn objection(&self) -> Result<Uuid, Problem> {
        parse_id(self.0.get("objection").unwrap_or_default())
    }
}

async fn carried_out(
    visit: &Visit,
    contest: Uuid,
    act: ResultAct,
    sent: &Sent<'_>,
) -> Result<(), Problem> {
    let once = IdempotencyKey::default();
    match act {
        ResultAct::DrawUp => {
            let body: ResultBody = sent.read(&["reason"])?;
            let reason = body.reason.as_ref().map(Prose::as_str);
            let stage = sent.stage()?;
            let done = drawing_up::draw_up(visit, contest, &stage, reason, &once);
            done.await.map(drop)
        }
        ResultAct::Approve => {
            let (stage, version) = (sent.stage()?, sent.version()?);
            let done = approving::approve(visit, contest, (&stage, version), &once);
            done.await.map(drop)
        }
        ResultAct::Finish => {
            let (stage, version) = (sent.stage()?, sent.version()?);
            let done = finishing::finish(visit, contest, (&stage, version), &once);
            done.await.map(drop)
        }
        ResultAct::Answer => {
            let body: ObjectionAnswer = sent.read(&["answer"])?;
            let handling = Handling::Answer(body.answer.as_str());
            let done = objecting::handle(visit, contest, sent.objection()?, handling, &once);
            done.await.map(drop)
        }
        ResultAct::Decide => {
            let body: ObjectionRuling = sent.read(&["decision", "reason"])?;
            let handling = Handling::Decide(&body);
            let done = objecting::handle(visit, contest, sent.objection()?, handling, &once);
            done.await.map(drop)
        }
    }
}

/// Takes `/contests/{id}/run/results/{act}`.
pub async fn act(
    visit: Visit,
    _: Presented,
    Path((contest, act)): Path<(String, String)>,
    form: Form,
) -> Result<Response, Problem> {
    let contest = parse_id(&contest)?;
    let act = ResultAct::from_word(&act).ok_or_else(Problem::not_found)?;
    match carried_out(&visit, contest, act, &Sent(&form)).await {
        Ok(()) => Ok(see_other(&format!(
            "/contests/{contest}/run/results?done={}",
            act.word()
        ))),
        Err(problem) if matches!(problem.status().as_u16(), 409 | 422) => {
            let refused = Refused {
                problem: Some(&problem),
                form: Some(&form),
            };
            shown(&visit, contest, None, Some(act), refused).await
        }
        Err(problem) => Err(problem),
    }
}
