//! The page of one section: shown, saved into a draft, or published as an amendment once
//! what it changes was seen.

use axum::response::Response;
use maud::{Markup, html};
use uuid::Uuid;

use super::fields::{Beside, fields};
use super::part::{Around, please};
use super::review::review_page;
use super::section::Section;
use super::sheet::Row;
use super::{RulesDone, at_work, awards, changed_meanwhile, done, here, sign_in, way_back};
use crate::contests::ContestState;
use crate::contests::rules::{Rules, amended};
use crate::contests::running::store::{self, Seen};
use crate::contests::running::{Amendment, acts};
use crate::platform::faults::{Fault, summary};
use crate::platform::fields::FieldErrors;
use crate::platform::i18n::Lang;
use crate::platform::idempotency::IdempotencyKey;
use crate::platform::input::{Form, LargeForm, Path, parse_id};
use crate::platform::page::{Audience, page, see_other};
use crate::platform::problem::Problem;
use crate::platform::text::Line;
use crate::platform::visit::{Presented, Visit};

/// The section somebody is at.
pub struct At {
    /// The contest's id,
    pub id: Uuid,
    /// and the contest.
    pub seen: Seen,
    /// Its rules as they are worked on.
    pub rules: Rules,
    /// Which section.
    pub section: Section,
}

impl At {
    /// None where there are no rules yet. A form says by `stage` which stage it was about.
    async fn find(
        visit: &Visit,
        id: &str,
        word: &str,
        stage: Option<&str>,
    ) -> Result<Option<Self>, Problem> {
        let id = parse_id(id)?;
        let seen = store::one(visit, id).await?;
        seen.standing.require_run()?;
        if seen.contest.state == ContestState::Cancelled {
            return Err(acts::not_running());
        }
        let Some(rules) = at_work(&seen)? else {
            return Ok(None);
        };
        let section = match (stage, word.split_once('-')) {
            (Some(key), Some(("stage", _))) => Section::Stage(0).within(&rules, key),
            (Some(key), Some(("rubric", _))) => Section::Rubric(0).within(&rules, key),
            _ => Section::named(word, &rules),
        };
        let section = section.ok_or_else(Problem::not_found)?;
        Ok(Some(Self {
            id,
            seen,
            rules,
            section,
        }))
    }

    fn is_draft(&self) -> bool {
        self.seen.contest.state == ContestState::Draft
    }
}

/// Serves `/contests/{id}/run/rules/{section}`.
pub async fn section(
    visit: Visit,
    Path((id, word)): Path<(String, String)>,
) -> Result<Response, Problem> {
    if let Some(elsewhere) = sign_in(&visit) {
        return Ok(elsewhere);
    }
    let Some(at) = At::find(&visit, &id, &word, None).await? else {
        return Ok(see_other(&here(parse_id(&id)?)));
    };
    let row = at.section.standing(&at.rules);
    Ok(form_page(&visit, &at, &row, None, None))
}

/// What a form comes to.
enum Outcome {
    Done(RulesDone),
    /// To be seen before it is published.
    Review(Box<Rules>),
}

/// Takes `/contests/{id}/run/rules/{section}`.
pub async fn change(
    visit: Visit,
    _: Presented,
    Path((id, word)): Path<(String, String)>,
    LargeForm(form): LargeForm,
) -> Result<Response, Problem> {
    let Some(at) = At::find(&visit, &id, &word, form.get("stage")).await? else {
        return Ok(see_other(&here(parse_id(&id)?)));
    };
    let parts = at.section.parts();
    let standing = at.section.standing(&at.rules);
    let mut row = Row::typed(parts, &form);
    row.key.clear();
    match form.get("act") {
        Some("save" | "review" | "publish") | None => {}
        Some(act) => {
            row.act(parts, &standing, act);
            return Ok(form_page(&visit, &at, &row, Some(&form), None));
        }
    }
    row.settle(parts, &standing);
    match sent(&visit, &at, &row, &form).await {
        Ok(Outcome::Done(what)) => Ok(done(at.id, what)),
        Ok(Outcome::Review(after)) => Ok(review_page(&visit, &at, &after, &form)),
        Err(problem) if problem.status().as_u16() == 412 => {
            // What stands now is what the form is laid over next.
            let found = At::find(&visit, &id, &word, form.get("stage")).await?;
            let at = found.unwrap_or(at);
            Ok(form_page(&visit, &at, &row, Some(&form), Some(&problem)))
        }
        Err(problem) if matches!(problem.status().as_u16(), 409 | 422) => {
            Ok(form_page(&visit, &at, &row, Some(&form), Some(&problem)))
        }
        Err(problem) => Err(problem),
    }
}

async fn sent(visit: &Visit, at: &At, row: &Row, form: &Form) -> Result<Outcome, Problem> {
    let version: Option<i64> = form.get("version").and_then(|version| version.parse().ok());
    let stands = at.seen.contest.version;
    let meant = |stands| version == Some(stands);
    let applied = at.section.applied(&at.rules, row);
    if !meant(stands) {
        return match applied {
            // A second tap wants what the first one wrote.
            Ok(after) if after == at.rules => Ok(Outcome::Done(match at.is_draft() {
                true => RulesDone::Saved,
                false => RulesDone::Amended,
            })),
            _ => Err(acts::version_conflict(stands)),
        };
    }
    let (after, mut errors) = match applied {
        Ok(after) => (Some(after), FieldErrors::default()),
        Err(refused) => {
            let mut errors = refused.faults;
            if let Some(rest) = refused.rest {
                errors.extend_elsewhere(wrong(visit, at, &rest));
            }
            (None, errors)
        }
    };
    errors.extend(
        after
            .as_ref()
            .map(|after| wrong(visit, at, after))
            .unwrap_or_default(),
    );
    let reason = match at.is_draft() {
        true => None,
        false => reason(form).map_err(|fault| errors.extend(fault)).ok(),
    };
    errors.into_result().map_err(Problem::invalid)?;
    let after = after.ok_or_else(|| Problem::internal("a section without faults was not read"))?;
    match reason {
        None if after == at.rules => Ok(Outcome::Done(RulesDone::Saved)),
        None => {
            acts::write_rules(visit, at.id, &after, &meant).await?;
            let lost = !at.section.lost_ties(&at.rules, row).is_empty();
            Ok(Outcome::Done(if lost {
                RulesDone::SavedWithoutTies
            } else {
                RulesDone::Saved
            }))
        }
        Some(_) if form.get("act") != Some("publish") => Ok(Outcome::Review(Box::new(after))),
        Some(reason) => {
            let body = Amendment {
                reason,
                rules: after,
            };
            acts::amend(visit, at.id, &body, &meant, &IdempotencyKey::default()).await?;
            Ok(Outcome::Done(RulesDone::Amended))
        }
    }
}

/// What is wrong with the rules as they would be: in a draft with this section, in an
/// amendment with anything.
fn wrong(visit: &Visit, at: &At, after: &Rules) -> FieldErrors {
    if at.is_draft() {
        let faults = acts::announceable(after, visit.now, "")
            .err()
            .unwrap_or_default();
        return at.section.own(&faults, after);
    }
    let mut faults = after.check("").err().unwrap_or_default();
    faults.extend(
        amended(&at.rules, after, visit.now, "")
            .err()
            .unwrap_or_default(),
    );
    faults
}

/// Why, in one line however it was typed.
fn reason(form: &Form) -> Result<Line<300>, FieldErrors> {
    let typed = form.get("reason").unwrap_or_default();
    let lines: Vec<&str> = typed
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .collect();
    Line::parse(&lines.join(" ")).map_err(|fault| {
        let words = if lines.is_empty() {
            please()
        } else {
            fault.words()
        };
        FieldErrors::one("/reason", words)
    })
}

fn form_page(
    visit: &Visit,
    at: &At,
    row: &Row,
    form: Option<&Form>,
    problem: Option<&Problem>,
) -> Response {
    let (lang, section, rules) = (visit.lang, at.section, &at.rules);
    let title = section.title(rules, lang);
    let action = format!("{}/{}", here(at.id), section.word());
    let errors = problem.map(Problem::errors).cloned().unwrap_or_default();
    let why = errors.of("/reason", lang).map(str::to_owned);
    let mut rest = errors;
    rest.retain(|pointer| pointer != "/reason");
    let mut faults = section.faults(row, &rest, lang);
    if let Some(detail) = &why {
        let label = lang.pick("修订原因", "Why it is amended").to_owned();
        faults.push(Fault {
            field: "reason".to_owned(),
            label,
            detail: detail.clone(),
        });
    }
    let beside = Beside {
        around: Around {
            rules,
            now: visit.now,
            lang,
        },
        faults: &faults,
        here: &action,
    };
    let send = if at.is_draft() { "save" } else { "review" };
    let body = html! {
        (way_back(&at.seen, true, lang))
        h1 { (title) }
        @if let Some(problem) = problem { (refusal(problem, &faults, lang)) }
        @else if !at.is_draft() { p.say.wait { (lang.pick(
            "规则已经公布，这里的改动是公开的修订。已开始的阶段不改评分标准，已给的时间和字数只增不减。",
            "The rules are published: what you change here is an amendment in the open. Stages that have opened keep their rubric; time and room given only grow.",
        )) } }
        (lost(at, row, lang))
        form.sheet method="post" action=(action) {
            input type="hidden" name="version" value=(at.seen.contest.version);
            @if let Some(key) = section.stage_key(rules) { input type="hidden" name="stage" value=(key); }
            // What the Enter key presses is the first button there is.
            button.skip name="act" value=(send) tabindex="-1" aria-hidden="true" { (lang.pick("保存", "Save")) }
            (fields(section.parts(), row, &beside))
            @if at.is_draft() {
                div.actions { button.wide name="act" value="save" { (lang.pick("保存", "Save")) } }
            } @else {
                (reason_field(form, why.as_deref(), lang))
                div.actions { button.wide name="act" value="review" { (lang.pick("下一步：核对改动", "Next: see what changes")) } }
            }
        }
    };
    let mut response = page(visit, Audience::Oneself, &title, &body);
    if let Some(problem) = problem {
        *response.status_mut() = problem.status();
    }
    response
}

fn refusal(problem: &Problem, faults: &[Fault], lang: Lang) -> Markup {
    html! {
        div.say role="alert" {
            @if problem.code() == "version_conflict" { p { (changed_meanwhile(lang)) } }
            @else if faults.is_empty() { p { (problem.title(lang)) } }
            @else if faults.iter().all(|fault| fault.field.is_empty()) {
                @for fault in faults { p { (fault.detail) } }
            }
            @else { (summary(faults, lang)) }
        }
    }
}

/// What else goes when this is saved.
fn lost(at: &At, row: &Row, lang: Lang) -> Markup {
    let ties = at.section.lost_ties(&at.rules, row);
    let names: Vec<String> = ties
        .iter()
        .map(|tie| awards::called(tie, &at.rules, lang))
        .collect();
    let names = names.join(lang.pick("、", ", "));
    html! {
        @if !ties.is_empty() {
            p.say.wait role="status" { (match lang {
                Lang::Zh => format!("保存后，同分时的比较项“{names}”也会一并删去。"),
                Lang::En => format!("Once saved, these comparisons between equals go as well: {names}."),
            }) }
        }
    }
}

fn reason_field(form: Option<&Form>, wrong: Option<&str>, lang: Lang) -> Markup {
    let typed = form.and_then(|form| form.get("reason")).unwrap_or_default();
    html! {
        section.course {
            h2 { (lang.pick("修订原因", "Why it is amended")) }
            div.ask {
                label for="reason" { (lang.pick("原因", "Reason")) }
                span.hint #reason-hint { (lang.pick("300 字以内，公开显示", "At most 300 characters, public")) }
                @if let Some(wrong) = wrong { span.wrong #reason-wrong { (wrong) } }
                textarea #reason name="reason" rows="3" aria-invalid=[wrong.map(|_| "true")]
                    aria-describedby=(if wrong.is_some() { "reason-wrong reason-hint" } else { "reason-hint" }) { (typed) }
            }
        }
    }
}
