//! The form on which an entry is scored.

use maud::{Markup, html};

use crate::contests::rules::{Criterion, Stage};
use crate::contests::scoring::store::Ballot;
use crate::contests::scoring::store::saving::Writing;
use crate::contests::scoring::{COMMENT, Scores};
use crate::platform::fields::FieldErrors;
use crate::platform::i18n::{Lang, Words};
use crate::platform::input::Form;
use crate::platform::page::Refused;
use crate::platform::text::{Prose, TextFault};

/// A scale of so many steps is a row of buttons; a longer one is typed.
const STEPS: i64 = 10;

/// The name of a criterion's field.
fn field(criterion: &Criterion) -> String {
    format!("score_{}", criterion.key.as_str())
}

/// What was typed; `hands_in` when that was asked for.
pub fn typed(form: &Form, stage: &Stage, hands_in: bool) -> Result<Writing, FieldErrors> {
    let mut faults = FieldErrors::default();
    let mut scores = Scores::new();
    for criterion in stage.criteria.iter() {
        let Some(text) = form.get(&field(criterion)) else {
            continue;
        };
        let key = criterion.key.as_str();
        match text.parse() {
            Ok(score) => {
                scores.insert(key.to_owned(), score);
            }
            Err(_) => faults.push(
                format!("/scores/{key}"),
                Words::new("应为整数", "must be a whole number"),
            ),
        }
    }
    let comment = match Prose::<COMMENT>::parse(form.get("comment").unwrap_or_default()) {
        Ok(comment) => comment.as_str().to_owned(),
        Err(TextFault::Empty) => String::new(),
        Err(fault) => {
            faults.push("/comment", fault.words());
            String::new()
        }
    };
    faults.into_result()?;
    Ok(Writing {
        scores,
        comment,
        hands_in,
    })
}

/// What a field shows: what was typed and refused, else what stands.
fn shown(criterion: &Criterion, ballot: &Ballot, refused: &Refused<'_>) -> String {
    match refused.form {
        Some(form) => form.get(&field(criterion)).unwrap_or_default().to_owned(),
        None => ballot
            .scores
            .get(criterion.key.as_str())
            .map_or_else(String::new, i64::to_string),
    }
}

/// A criterion with what its levels mean.
pub fn criterion(
    criterion: &Criterion,
    ballot: &Ballot,
    refused: &Refused<'_>,
    open: bool,
    lang: Lang,
) -> Markup {
    let (key, name) = (criterion.key.as_str(), field(criterion));
    let (min, max) = (criterion.min.get(), criterion.max.get());
    let value = shown(criterion, ballot, refused);
    let errors = refused.problem.map(|problem| problem.errors());
    let wrong = errors.and_then(|errors| errors.of(&format!("/scores/{key}"), lang));
    html! {
        fieldset id=(name) disabled[!open] {
            legend { (criterion.name.as_str()) small { " " (percent(criterion.weight.get())) } }
            @if let Some(wrong) = wrong { span.wrong { (wrong) } }
            dl.anchors { @for level in criterion.levels.iter() {
                dt.num { (level.score.get()) } dd { (level.words.as_str()) }
            } }
            @if max - min <= STEPS {
                div.scale { @for score in min..=max {
                    label {
                        input type="radio" name=(name) value=(score) checked[value == score.to_string()];
                        span.num { (score) }
                    }
                } }
            } @else {
                label.small for={ (name) "-score" } { (min) "–" (max) (lang.pick(" 分", "")) }
                input.num id={ (name) "-score" } name=(name) type="number" inputmode="numeric"
                    min=(min) max=(max) step="1" value=(value) autocomplete="off";
            }
        }
    }
}

/// Permille as people read it.
fn percent(weight: i64) -> String {
    match weight % 10 {
        0 => format!("{}%", weight / 10),
        rest => format!("{}.{rest}%", weight / 10),
    }
}

/// The comment.
pub fn comment(ballot: &Ballot, refused: &Refused<'_>, open: bool, lang: Lang) -> Markup {
    let text = match refused.form {
        Some(form) => form.get("comment").unwrap_or_default(),
        None => &ballot.comment,
    };
    let wrong = refused.wrong("comment", lang);
    let input = html! {
        textarea id="comment" name="comment" rows="4" maxlength=(COMMENT) disabled[!open]
            aria-invalid=[wrong.map(|_| "true")] aria-describedby="comment-hint" { (text) }
    };
    crate::platform::page::ask(
        "comment",
        lang.pick("评语（选填）", "Comment (optional)"),
        Some(lang.pick(
            "写给主办方和参赛单位，不署名。1000 字以内",
            "For the organizer and the entrant, without your name. Up to 1,000 characters",
        )),
        wrong,
        &input,
    )
}
