//! A row of the printed sheet, scanned by the recorder.

use axum::response::Response;
use maud::html;

use super::{act, events_list, instant_of, kind_of, time_field, to_sign_in, usual};
use crate::hours::AttendanceMethod;
use crate::hours::attendance::store::{self, Entry, Whom};
use crate::hours::attendance::{Refusal, Window, is_of_sheet, next};
use crate::platform::i18n::Words;
use crate::platform::idempotency::IdempotencyKey;
use crate::platform::input::{Form, Path, parse_id};
use crate::platform::page::{Audience, page, see_other, when};
use crate::platform::problem::Problem;
use crate::platform::visit::{Presented, Visit};

type Row = Path<(String, String)>;

/// Somebody else's row, or one's own as a volunteer: the sheet is not for them.
fn for_recorders(problem: Problem) -> Problem {
    match problem.code() {
        "forbidden" => problem.titled(Words::new(
            "签到表上的码由活动负责人扫描，请扫现场屏幕上的签到码",
            "Codes on the sheet are for those who run the shift; scan the one on the screen",
        )),
        _ => problem,
    }
}

/// Serves `/sheet/{signup}/{secret}`.
pub async fn scan(visit: Visit, Path((signup, secret)): Row) -> Result<Response, Problem> {
    if !visit.has_credential() {
        return Ok(to_sign_in(&visit));
    }
    if !is_of_sheet(&visit.config.keys, &signup, &secret) {
        return Err(Problem::not_found());
    }
    let row = match store::at_the_sheet(&visit, parse_id(&signup)?).await {
        Err(problem) if problem.code() == "unauthenticated" => return Ok(to_sign_in(&visit)),
        row => row.map_err(for_recorders)?,
    };
    let lang = visit.lang;
    let window = Window::of(row.starts_at, row.ends_at);
    let kind = next(&row.events, row.ends_at, visit.now);
    let refusal = if row.own {
        Some(Refusal::Own.words(None))
    } else if !row.has_place {
        Some(Words::new(
            "这个人在班次上已没有名额",
            "They have no place on the shift any more",
        ))
    } else if visit.now < window.opens_at {
        Some(Refusal::NotOpen.words(Some(window)))
    } else {
        None
    };
    let at = usual(kind, row.starts_at, row.ends_at, visit.now);
    let body = html! {
        p.small { (lang.pick("签到表", "Sign-in sheet")) " · " (row.title) }
        h1 { (row.name) }
        p { strong.num { (when(&visit, row.starts_at, row.ends_at)) } " · " (row.role) }
        (events_list(&row.events, lang))
        @match refusal {
            Some(words) => p.say {
                @if row.own { (lang.pick("这是您本人的一行。", "This row is your own. ")) }
                (words.in_lang(lang))
            },
            None => form method="post" action=(visit.target) {
                input type="hidden" name="shift" value=(row.shift_id);
                input type="hidden" name="kind" value=(kind.word());
                (time_field(kind, at, lang))
                p { button.wide { (act(kind, lang)) } }
            },
        }
        p { a.more href={ "/shifts/" (row.shift_id) "/attendance" } { (lang.pick("签到情况", "Who came")) } }
    };
    Ok(page(&visit, Audience::Oneself, &row.name, &body))
}

/// Takes `/sheet/{signup}/{secret}`.
pub async fn scan_submit(
    visit: Visit,
    _: Presented,
    Path((signup, secret)): Row,
    form: Form,
) -> Result<Response, Problem> {
    if !is_of_sheet(&visit.config.keys, &signup, &secret) {
        return Err(Problem::not_found());
    }
    let shift = parse_id(form.get("shift").unwrap_or_default())?;
    let named = [parse_id(&signup)?];
    let entry = Entry {
        kind: kind_of(&form)?,
        at: instant_of(&form)?,
        whom: Whom::Named(&named),
        method: AttendanceMethod::Sheet,
        reason: None,
    };
    store::enter(&visit, shift, &entry, &IdempotencyKey::default())
        .await
        .map_err(for_recorders)?;
    Ok(see_other(&visit.target))
}
