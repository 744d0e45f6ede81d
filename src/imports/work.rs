//! Getting on with imports, a few lines at a time: what one invocation of the Worker may
//! do is little, and it may end at any moment.

use std::collections::HashMap;

use axum::http::StatusCode;

use super::LineOutcome;
use super::reading::Read;
use super::refusal::duplicate;
use super::store::{self, LineResult, Work};
use crate::menu::precondition::Precondition;
use crate::menu::publishing::{Decision, Outcome, Wanted, decide};
use crate::menu::{Replacement, Several, replacement, several, several_statements};
use crate::organizations::{Agent, Permission};
use crate::platform::config::Plan;
use crate::platform::db::{DbError, Statement};
use crate::platform::i18n::Words;
use crate::platform::problem::Problem;
use crate::platform::visit::Visit;

/// So many lines are read at once.
const A_ROUND: i64 = 50;
/// What is written about lines at once, in bytes; a bound value has two million.
const MOST_SAID: usize = 500_000;
/// Whoever begins so often without getting further takes a single line.
const CAREFUL_AFTER: i64 = 2;
/// And after so often, that line is left as one that cannot be done.
const GIVE_UP_AFTER: i64 = 9;

/// How much one invocation may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget {
    /// Rounds, each of four calls to the database.
    pub rounds: u32,
    /// Statements that publish in one round; one project is done whatever it needs.
    pub statements: usize,
}

impl Budget {
    /// What a deployment allows.
    pub fn of(plan: Plan) -> Self {
        match plan {
            Plan::Free => Self::SMALL,
            Plan::Paid => Self::LARGE,
        }
    }

    /// Within what every deployment has: 50 statements an invocation, and a hundredth of a
    /// second of computing.
    pub const SMALL: Self = Self {
        rounds: 1,
        statements: 25,
    };
    /// Within a thousand statements an invocation.
    pub const LARGE: Self = Self {
        rounds: 4,
        statements: 200,
    };
}

/// What one invocation came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Lines done.
    pub lines: i64,
}

/// Gets on with whatever import has waited longest, within a budget.
pub async fn get_on(visit: &Visit, budget: Budget) -> Result<Progress, DbError> {
    let mut progress = Progress::default();
    for _ in 0..budget.rounds {
        let Some(work) = store::claim(&visit.db, visit.now).await? else {
            break;
        };
        match round(visit, &work, budget.statements).await {
            Ok(lines) => progress.lines += lines,
            // Somebody else has done these lines, or it was called off.
            Err(error) if error.is_refusal("import_overtaken") => {}
            Err(DbError::Refused(_)) => store::put_back(&visit.db, &work, visit.now, true).await?,
            Err(error) => {
                // The lease ends by itself, should this fail as well.
                let _ = store::put_back(&visit.db, &work, visit.now, false).await;
                return Err(error);
            }
        }
    }
    Ok(progress)
}

/// Does the next lines of an import; gives how many.
async fn round(visit: &Visit, work: &Work, statements: usize) -> Result<i64, DbError> {
    let careful = work.attempts > CAREFUL_AFTER;
    let most = if careful { 1 } else { A_ROUND };
    let (agent, held) = store::lines(visit, work, most).await?;
    let read: Vec<Read> = held.iter().map(|held| Read::new(work, held)).collect();
    drop(held);
    if work.attempts > GIVE_UP_AFTER {
        return leave(visit, work, &read, &beyond_us()).await;
    }
    let Some(agent) = agent else {
        return leave(visit, work, &read, &nobody_behind_it()).await;
    };
    let first = try_lines(visit, work, &agent, &read, statements).await;
    match first {
        // A volunteer or a colleague was quicker with one of these projects: what is
        // decided anew is one line, so that the others don't wait for it.
        Err(DbError::Refused(reason)) if reason != "import_overtaken" => {
            let one = read.get(..1).unwrap_or_default();
            match try_lines(visit, work, &agent, one, statements).await {
                Err(DbError::Refused(reason)) if reason != "import_overtaken" && careful => {
                    leave(visit, work, one, &Problem::busy(reason)).await
                }
                done => done,
            }
        }
        done => done,
    }
}

/// Refuses lines as a whole.
async fn leave(
    visit: &Visit,
    work: &Work,
    lines: &[Read],
    problem: &Problem,
) -> Result<i64, DbError> {
    let results: Vec<LineResult> = lines
        .iter()
        .map(|read| refused(work, read, read.body.as_ref().err().unwrap_or(problem)))
        .collect();
    store::settle(visit, work, Vec::new(), &results).await?;
    Ok(count(&results))
}

/// Decides and settles as many of these lines as the budget allows, at least one.
async fn try_lines(
    visit: &Visit,
    work: &Work,
    agent: &Agent,
    lines: &[Read],
    statements: usize,
) -> Result<i64, DbError> {
    let (mut standing, mut taken) = look_around(visit, work, lines).await?;
    let mut publishing = Vec::new();
    let mut results = Vec::new();
    let mut said = 0;
    for read in lines {
        let result = decide_line(visit, work, agent, read, &mut standing, &mut taken);
        let (result, writes) = match result {
            Ok((outcome, writes)) => (settled(read, outcome), writes),
            Err(problem) => (refused(work, read, &problem), Vec::new()),
        };
        let full = publishing.len() + writes.len() > statements || said > MOST_SAID;
        if full && !results.is_empty() {
            break;
        }
        publishing.extend(writes);
        said += serde_json::to_string(&result).map_or(0, |text| text.len());
        results.push(result);
    }
    if !publishing.is_empty() {
        let organization = &work.organization_id;
        let still = agent.stand_still(Permission::WriteProjects, visit.now, organization);
        publishing.insert(0, still);
    }
    store::settle(visit, work, publishing, &results).await?;
    Ok(count(&results))
}

fn count(results: &[LineResult]) -> i64 {
    i64::try_from(results.len()).unwrap_or(i64::MAX)
}

/// Names of projects with the line they stand on first.
type Taken = HashMap<String, i64>;

/// What stands of these projects, and which of their names earlier lines have taken.
async fn look_around(
    visit: &Visit,
    work: &Work,
    lines: &[Read],
) -> Result<(Several, Taken), DbError> {
    let references: Vec<&str> = lines
        .iter()
        .filter_map(|read| Some(read.reference.as_ref()?.as_str()))
        .collect();
    let regions: Vec<&str> = lines
        .iter()
        .filter_map(|read| Some(read.body.as_ref().ok()?.region.as_ref()?.as_str()))
        .collect();
    let mut statements = vec![store::earlier_lines(work, &references)];
    statements.extend(several_statements(
        &work.organization_id,
        &references,
        &regions,
    ));
    let batch = visit.db.batch(statements).await?;
    #[derive(serde::Deserialize)]
    struct Earlier {
        reference: String,
        line: i64,
    }
    let earlier: Vec<Earlier> = batch.rows(0)?;
    let taken = earlier.into_iter().map(|row| (row.reference, row.line));
    Ok((several(&batch, 1)?, taken.collect()))
}

/// What becomes of a line, and the statements that do it.
fn decide_line(
    visit: &Visit,
    work: &Work,
    agent: &Agent,
    read: &Read,
    standing: &mut Several,
    taken: &mut Taken,
) -> Result<(LineOutcome, Vec<Statement>), Problem> {
    let first = read.reference.as_ref().map(|reference| {
        *taken
            .entry(reference.as_str().to_owned())
            .or_insert(read.line)
    });
    let (body, reference) = match (&read.body, &read.reference) {
        (Err(problem), _) => return Err(problem.clone()),
        (Ok(body), Some(reference)) => (body, reference),
        (Ok(_), None) => return Err(Problem::internal("a project without a name was read")),
    };
    if let Some(first) = first.filter(|first| *first != read.line) {
        return Err(Problem::invalid(duplicate(first)));
    }
    let region = body.region.as_ref().map(|region| region.as_str());
    let before = standing.before(reference.as_str(), region);
    let condition = Precondition::default();
    let wanted = Wanted::whole(body, &before);
    let decision = decide(agent, &before, &wanted, &condition, visit.now, || {
        visit.new_id()
    })?;
    let outcome = match decision.outcome(&before) {
        Outcome::Created => LineOutcome::Created,
        Outcome::Replaced => LineOutcome::Replaced,
        Outcome::Unchanged => LineOutcome::Unchanged,
    };
    let statements = match &decision {
        Decision::Write {
            plan,
            body_hash,
            changes,
        } if !work.dry_run => replacement(
            visit,
            &Replacement {
                agent,
                organization: &work.organization_id,
                reference,
                standing: before.standing.as_ref(),
                body: &wanted.body,
                body_hash,
                kept_reason: None,
                region_name: before.region_name(body),
                plan,
                changes,
            },
            None,
        ),
        _ => Vec::new(),
    };
    Ok((outcome, statements))
}

fn settled(read: &Read, outcome: LineOutcome) -> LineResult {
    LineResult {
        seq: read.seq,
        line: read.line,
        reference: name(read),
        outcome,
        refusal: None,
    }
}

fn refused(work: &Work, read: &Read, problem: &Problem) -> LineResult {
    LineResult {
        seq: read.seq,
        line: read.line,
        reference: name(read),
        outcome: LineOutcome::Refused,
        refusal: Some(read.refusal(&work.headings, problem)),
    }
}

fn name(read: &Read) -> Option<String> {
    let reference = read.reference.as_ref()?;
    Some(reference.as_str().to_owned())
}

fn nobody_behind_it() -> Problem {
    Problem::new(
        StatusCode::FORBIDDEN,
        "forbidden",
        Words::new(
            "提交导入的成员或密钥已不能代表组织发布项目",
            "The member or key that handed it in may publish for the organization no more",
        ),
    )
}

fn beyond_us() -> Problem {
    Problem::new(
        StatusCode::INTERNAL_SERVER_ERROR,
        "internal",
        Words::new(
            "处理这一行时系统多次出错，已跳过，请单独提交这个项目",
            "The system failed on this line several times and left it; hand it in by itself",
        ),
    )
}
