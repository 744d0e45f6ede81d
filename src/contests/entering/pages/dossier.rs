//! An entry before those who oversee a contest, and whether it may take part.

use axum::response::Response;
use maud::{Markup, html};
use uuid::Uuid;

use super::{comments_shown, facts_shown, words_shown};
use crate::contests::entering::deciding::require_checkable;
use crate::contests::entering::store::{self, Found};
use crate::contests::entering::{EligibilityBody, acts};
use crate::contests::entry_label;
use crate::platform::i18n::Lang;
use crate::platform::idempotency::IdempotencyKey;
use crate::platform::input::{Form, Path, parse_id};
use crate::platform::page::{Audience, Refused, ask, page, see_other};
use crate::platform::problem::Problem;
use crate::platform::text::Line;
use crate::platform::visit::{Presented, Visit};

/// Serves `/contests/{id}/run/entries/{entry}`.
pub async fn dossier(
    visit: Visit,
    _: Presented,
    Path((contest, entry)): Path<(String, String)>,
) -> Result<Response, Problem> {
    let of = (parse_id(&contest)?, parse_id(&entry)?);
    shown(&visit, of, Refused::default()).await
}

async fn shown(
    visit: &Visit,
    (contest, entry): (Uuid, Uuid),
    refused: Refused<'_>,
) -> Result<Response, Problem> {
    let found = store::one(visit, contest, entry).await?;
    if !found.oversees {
        return Err(Problem::forbidden());
    }
    let rules = found.contest.rules()?.ok_or_else(Problem::not_found)?;
    let (lang, row) = (visit.lang, &found.entry);
    let number = row.number.map(entry_label).unwrap_or_default();
    let track = rules.track(&row.track);
    let checkable = require_checkable(row.state, &rules, visit.now).is_ok();
    let body = html! {
        p.small { a href={ "/contests/" (contest) "/run#entries" } { (found.contest.name) } }
        h1 { span.num { (number) } " " (row.title) }
        p.lead { (row.organization_name) @if let Some(track) = track { " · " (track.name.as_str()) } }
        (refused.above(lang))
        p { span.state { (row.state.name(lang)) } }
        @if let Some(reason) = &row.state_reason { p.say.wait { (reason) } }
        section.course #facts {
            h2 { (lang.pick("服务记录", "From the records")) }
            @if let Some(facts) = &row.facts { (facts_shown(facts, lang)) }
        }
        section.course #words {
            h2 { (lang.pick("组织自述", "In their own words")) }
            (words_shown(row, &rules, lang))
        }
        (comments_shown(&found.comments, &rules, lang))
        @if found.runs && checkable { (decision(&found, &refused, lang)) }
    };
    Ok(refused.answered(page(visit, Audience::Oneself, &row.title, &body)))
}

fn decision(found: &Found, refused: &Refused, lang: Lang) -> Markup {
    let row = &found.entry;
    let wrong = refused.wrong("reason", lang);
    html! {
        section.course #eligibility {
            h2 { (lang.pick("资格审查", "Eligibility")) }
            form method="post" action={ "/contests/" (row.contest_id) "/run/entries/" (row.id) } {
                (ask("reason", lang.pick("说明", "Reason"),
                    Some(lang.pick("不通过时必填，参赛组织会看到", "Needed when it may not take part; the organization reads it")),
                    wrong, &html! {
                        textarea #reason name="reason" rows="3" maxlength="300" aria-invalid=[wrong.map(|_| "true")] { (refused.typed("reason")) }
                    }))
                div.actions {
                    button name="eligible" value="yes" { (lang.pick("通过", "May take part")) }
                    button.quiet name="eligible" value="no" { (lang.pick("不通过", "May not")) }
                }
            }
        }
    }
}

/// Takes `/contests/{id}/run/entries/{entry}`.
pub async fn check(
    visit: Visit,
    _: Presented,
    Path((contest, entry)): Path<(String, String)>,
    form: Form,
) -> Result<Response, Problem> {
    let of = (parse_id(&contest)?, parse_id(&entry)?);
    let reason = form.get("reason").map(Line::parse).transpose();
    let done = match reason {
        Ok(reason) => {
            let eligible = form.get("eligible") == Some("yes");
            let body = EligibilityBody { eligible, reason };
            acts::check(&visit, of, &body, &IdempotencyKey::default()).await
        }
        Err(fault) => Err(Problem::invalid(crate::platform::fields::FieldErrors::one(
            "/reason",
            fault.words(),
        ))),
    };
    match done {
        Ok(_) => Ok(see_other(&format!(
            "/contests/{contest}/run/entries/{entry}"
        ))),
        Err(problem) if matches!(problem.status().as_u16(), 409 | 412 | 422) => {
            let refused = Refused {
                problem: Some(&problem),
                form: Some(&form),
            };
            shown(&visit, of, refused).await
        }
        Err(problem) => Err(problem),
    }
}
