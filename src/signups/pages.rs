//! Signing up, the ticket, my shifts and the roster as pages.

pub mod acts;
mod form;
mod mine;
mod roster;

pub use form::{sign_up_form, sign_up_submit};
pub use mine::{cancel, mine, ticket};
pub use roster::{decline_form, person, roster};

use crate::platform::i18n::Lang;

fn counts(confirmed: i64, capacity: i64, waiting: i64, lang: Lang) -> String {
    match lang {
        Lang::Zh => format!("已确认 {confirmed}/{capacity}，候补 {waiting}"),
        Lang::En => format!("{confirmed}/{capacity} confirmed, {waiting} waiting"),
    }
}
