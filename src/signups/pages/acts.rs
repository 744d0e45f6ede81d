//! What a manager sends from a roster, or from the list of requests.

use axum::response::Response;
use uuid::Uuid;

use crate::choice;
use crate::platform::fields::FieldErrors;
use crate::platform::i18n::{Lang, Words};
use crate::platform::idempotency::IdempotencyKey;
use crate::platform::input::{Choice as _, Form, Path, parse_id};
use crate::platform::page::see_other;
use crate::platform::problem::Problem;
use crate::platform::text::{Line, Prose, TextFault};
use crate::platform::visit::{Presented, Visit};
use crate::signups::SignupState;
use crate::signups::api::too_late;
use crate::signups::organizing::store::{self as acting, Description, Move, Notice};
use crate::signups::organizing::{Expectation, Recipients};
use crate::signups::roster::Person;
use crate::signups::store::{self, Left};

type Two = Path<(String, String)>;

fn both((shift, signup): &(String, String)) -> Result<(Uuid, Uuid), Problem> {
    Ok((parse_id(shift)?, parse_id(signup)?))
}

choice! {
    /// What a manager has just done.
    Done {
        /// Said yes to a request.
        Approved = "approved",
        /// Said no to one.
        Declined = "declined",
        /// Let somebody go.
        Released = "released",
        /// Moved somebody to another shift.
        Moved = "moved",
        /// Noted what is expected of somebody.
        Noted = "noted",
        /// Wrote to everybody.
        Sent = "sent",
    }
}

impl Done {
    /// What to say of it; `person` is who it was done to, as far as they are still there.
    pub fn words(self, person: Option<&Person>, lang: Lang) -> String {
        let waits = person.is_some_and(|person| person.state == SignupState::Waitlisted);
        let name = person.map_or("", |person| person.name.as_str());
        let whose = match lang {
            Lang::Zh if name.is_empty() => String::new(),
            Lang::Zh => format!("{name}的"),
            Lang::En if name.is_empty() => "the".to_owned(),
            Lang::En => format!("{name}'s"),
        };
        match (self, lang) {
            (Self::Approved, Lang::Zh) if waits => {
                format!("已同意{whose}报名。名额已满，先排候补；已发短信告知。")
            }
            (Self::Approved, Lang::En) if waits => format!(
                "You approved {whose} sign-up. No seat is free, so it is on the waiting list; a text is on its way."
            ),
            (Self::Approved, Lang::Zh) => format!("已同意{whose}报名，并发短信告知。"),
            (Self::Approved, Lang::En) => {
                format!("You approved {whose} sign-up; a text is on its way.")
            }
            (Self::Declined, Lang::Zh) => "已谢绝这次报名，原因已发短信告知。".to_owned(),
            (Self::Declined, Lang::En) => {
                "You declined the sign-up; your reason is on its way.".to_owned()
            }
            (Self::Released, Lang::Zh) => {
                "已取消报名，并发短信告知；空出的名额自动让给候补。".to_owned()
            }
            (Self::Released, Lang::En) => {
                "The sign-up is cancelled and the volunteer told; the seat goes to the next in line.".to_owned()
            }
            (Self::Moved, Lang::Zh) => "已换班，并发短信告知。".to_owned(),
            (Self::Moved, Lang::En) => "Moved to the other shift; a text is on its way.".to_owned(),
            (Self::Noted, Lang::Zh) => format!("已保存{whose}到场情况和备注。"),
            (Self::Noted, Lang::En) => format!("Saved {whose} expectation and note."),
            (Self::Sent, Lang::Zh) => "短信已发出，稍后送达。".to_owned(),
            (Self::Sent, Lang::En) => "Your message is on its way.".to_owned(),
        }
    }
}

/// Back to where the form stood, to be told what was done: the list of requests of an
/// organization, else the roster.
fn back(form: &Form, shift: Uuid, done: Done, signup: Option<Uuid>) -> Response {
    let requests_of = form.get("requests_of").and_then(|id| parse_id(id).ok());
    let done = done.word();
    see_other(&match (requests_of, signup) {
        (Some(organization), _) => format!("/organizations/{organization}/requests?done={done}"),
        (None, Some(signup)) => format!("/shifts/{shift}/roster?done={done}&signup={signup}"),
        (None, None) => format!("/shifts/{shift}/roster?done={done}"),
    })
}

/// What a field of these forms is called, so that a refusal says which one it is about.
fn named(name: &str) -> Words {
    match name {
        "text" => Words::new("短信内容", "The text"),
        "note" => Words::new("备注", "The note"),
        "shift_id" => Words::new("班次", "The shift"),
        _ => Words::new("原因", "The reason"),
    }
}

fn at_fault(name: &str, fault: &Words) -> Problem {
    let field = named(name);
    let words = Words::new(
        format!("{}{}", field.in_lang(Lang::Zh), fault.in_lang(Lang::Zh)),
        format!("{} {}", field.in_lang(Lang::En), fault.in_lang(Lang::En)),
    );
    Problem::invalid(FieldErrors::one(format!("/{name}"), words))
}

fn line<const MAX: usize>(form: &Form, name: &str) -> Result<Option<Line<MAX>>, Problem> {
    form.get(name)
        .map(|text| Line::parse(text).map_err(|fault| at_fault(name, &fault.words())))
        .transpose()
}

fn missing(name: &str) -> Problem {
    at_fault(name, &TextFault::Empty.words())
}

/// Takes `/shifts/{shift}/roster/{signup}/release`: lets a volunteer go.
pub async fn release(
    visit: Visit,
    _: Presented,
    Path(ids): Two,
    form: Result<Form, Problem>,
) -> Result<Response, Problem> {
    let (shift, signup) = both(&ids)?;
    let form = form.unwrap_or_default();
    let reason: Option<Line<200>> = line(&form, "reason")?;
    match store::leave(&visit, signup, reason.as_ref().map(Line::as_str)).await? {
        Left::TooLate => Err(too_late()),
        _ => Ok(back(&form, shift, Done::Released, None)),
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
    Ok(back(
        &form.unwrap_or_default(),
        shift,
        Done::Approved,
        Some(signup),
    ))
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
    Ok(back(&form, shift, Done::Declined, None))
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
        shift: parse_id(form.get("shift_id").unwrap_or_default())
            .map_err(|_| missing("shift_id"))?,
        accept_tight_gap: form.get("accept_tight_gap").is_some(),
        reason: reason.as_ref().map(Line::as_str),
    };
    acting::move_to(&visit, signup, &to, &IdempotencyKey::default()).await?;
    Ok(back(&form, shift, Done::Moved, None))
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
    Ok(back(&form, shift, Done::Noted, Some(signup)))
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
    let text: Prose<300> = Prose::parse(text).map_err(|fault| at_fault("text", &fault.words()))?;
    let notice = Notice {
        to: form
            .get("to")
            .and_then(Recipients::from_word)
            .unwrap_or(Recipients::Confirmed),
        text: text.as_str(),
    };
    acting::notify(&visit, shift, &notice, &IdempotencyKey::default()).await?;
    Ok(back(&form, shift, Done::Sent, None))
}
