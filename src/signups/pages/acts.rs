//! What a manager sends from a roster, or from the list of requests.

use axum::response::Response;
use uuid::Uuid;

use crate::platform::fields::FieldErrors;
use crate::platform::i18n::Words;
use crate::platform::idempotency::IdempotencyKey;
use crate::platform::input::{Choice as _, Form, Path, parse_id};
use crate::platform::page::{safe_back, see_other};
use crate::platform::problem::Problem;
use crate::platform::text::{Line, Prose};
use crate::platform::visit::{Presented, Visit};
use crate::signups::api::too_late;
use crate::signups::organizing::store::{self as acting, Description, Move, Notice};
use crate::signups::organizing::{Expectation, Recipients};
use crate::signups::store::{self, Left};

type Two = Path<(String, String)>;

fn both((shift, signup): &(String, String)) -> Result<(Uuid, Uuid), Problem> {
    Ok((parse_id(shift)?, parse_id(signup)?))
}

/// Back to where the form stood: the list of requests, else the roster.
fn back(form: &Form, shift: Uuid) -> Response {
    match form.get("back") {
        Some(back) => see_other(safe_back(Some(back))),
        None => see_other(&format!("/shifts/{shift}/roster")),
    }
}

fn line<const MAX: usize>(form: &Form, name: &str) -> Result<Option<Line<MAX>>, Problem> {
    form.get(name)
        .map(|text| {
            Line::parse(text).map_err(|fault| {
                Problem::invalid(FieldErrors::one(format!("/{name}"), fault.words()))
            })
        })
        .transpose()
}

fn missing(name: &str) -> Problem {
    let words = Words::new("不能为空", "must not be empty");
    Problem::invalid(FieldErrors::one(format!("/{name}"), words))
}

/// Takes `/shifts/{shift}/roster/{signup}/release`: lets a volunteer go.
pub async fn release(
    visit: Visit,
    _: Presented,
    Path(ids): Two,
    form: Result<Form, Problem>,
) -> Result<Response, Problem> {
    let (shift, signup) = both(&ids)?;
    match store::leave(&visit, signup).await? {
        Left::TooLate => Err(too_late()),
        _ => Ok(back(&form.unwrap_or_default(), shift)),
    }
}

/// Takes `/shifts/{shift}/roster/{signup}/approve`.
pub async fn approve(
    visit: Visit,
    _: Presented,
    Path(ids): Two,
    form: Result<Form, Problem>,
) -> Result<Response, Problem> {
    let (shift, signup) = both(&ids)?;
    acting::approve(&visit, signup, &IdempotencyKey::default()).await?;
    Ok(back(&form.unwrap_or_default(), shift))
}

/// Takes `/shifts/{shift}/roster/{signup}/decline`.
pub async fn decline(
    visit: Visit,
    _: Presented,
    Path(ids): Two,
    form: Form,
) -> Result<Response, Problem> {
    let (shift, signup) = both(&ids)?;
    let reason: Line<200> = line(&form, "reason")?.ok_or_else(|| missing("reason"))?;
    let key = IdempotencyKey::default();
    acting::decline(&visit, signup, reason.as_str(), &key).await?;
    Ok(back(&form, shift))
}

/// Takes `/shifts/{shift}/roster/{signup}/move`.
pub async fn move_signup(
    visit: Visit,
    _: Presented,
    Path(ids): Two,
    form: Form,
) -> Result<Response, Problem> {
    let (shift, signup) = both(&ids)?;
    let reason: Option<Line<200>> = line(&form, "reason")?;
    let to = Move {
        shift: parse_id(form.get("shift_id").unwrap_or_default())?,
        accept_tight_gap: form.get("accept_tight_gap").is_some(),
        reason: reason.as_ref().map(Line::as_str),
    };
    acting::move_to(&visit, signup, &to, &IdempotencyKey::default()).await?;
    Ok(back(&form, shift))
}

/// Takes `/shifts/{shift}/roster/{signup}/describe`.
pub async fn describe(
    visit: Visit,
    _: Presented,
    Path(ids): Two,
    form: Form,
) -> Result<Response, Problem> {
    let (shift, signup) = both(&ids)?;
    let note: Option<Line<200>> = line(&form, "note")?;
    let what = Description {
        expectation: Some(form.get("expectation").and_then(Expectation::from_word)),
        note: Some(note.as_ref().map(Line::as_str)),
    };
    acting::describe(&visit, signup, &what).await?;
    Ok(back(&form, shift))
}

/// Takes `/shifts/{shift}/roster/message`.
pub async fn message(
    visit: Visit,
    _: Presented,
    Path(shift): Path<String>,
    form: Form,
) -> Result<Response, Problem> {
    let shift = parse_id(&shift)?;
    let text = form.get("text").ok_or_else(|| missing("text"))?;
    let text: Prose<300> = Prose::parse(text)
        .map_err(|fault| Problem::invalid(FieldErrors::one("/text", fault.words())))?;
    let notice = Notice {
        to: form
            .get("to")
            .and_then(Recipients::from_word)
            .unwrap_or(Recipients::Confirmed),
        text: text.as_str(),
    };
    acting::notify(&visit, shift, &notice, &IdempotencyKey::default()).await?;
    Ok(back(&form, shift))
}
