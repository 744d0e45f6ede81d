//! Signing up, the ticket, my shifts and the roster as pages.

pub mod acts;
mod form;
mod mine;
mod person;
mod roster;

pub use form::{sign_up_form, sign_up_submit};
pub use mine::{cancel, mine, ticket};
pub use person::{decline_form, person};
pub use roster::roster;

use crate::platform::i18n::Lang;

/// How many are on a shift; those `waiting` include the `pending`, who have asked for a
/// place and are still to be answered.
fn counts(confirmed: i64, capacity: i64, waiting: i64, pending: i64, lang: Lang) -> String {
    let mut words = match lang {
        Lang::Zh => format!("已确认 {confirmed}/{capacity}"),
        Lang::En => format!("{confirmed}/{capacity} confirmed"),
    };
    if pending > 0 {
        words.push_str(&match lang {
            Lang::Zh => format!("，待审核 {pending}"),
            Lang::En => format!(", {pending} to be answered"),
        });
    }
    let in_line = waiting - pending;
    if in_line > 0 {
        words.push_str(&match lang {
            Lang::Zh => format!("，候补 {in_line}"),
            Lang::En => format!(", {in_line} waiting"),
        });
    }
    words
}
