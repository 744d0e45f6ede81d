//! What is wrong with the fields of a form, and the way to each.

use maud::{Markup, html};

use super::i18n::Lang;

/// What is wrong with one field of a form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The field's id; empty when it has none on the form.
    pub field: String,
    /// What the field is called.
    pub label: String,
    /// What is wrong with it.
    pub detail: String,
}

/// All that is wrong with a field, in a sentence.
pub fn wrong(faults: &[Fault], field: &str, lang: Lang) -> Option<String> {
    let mut all = faults.iter().filter(|fault| fault.field == field);
    let first = all.next()?.detail.clone();
    Some(all.fold(first, |whole, more| {
        format!("{whole}{}{}", lang.pick("；", "; "), more.detail)
    }))
}

/// So many faults, and the way to each.
pub fn summary(faults: &[Fault], lang: Lang) -> Markup {
    html! {
        p { (counted(faults.len(), lang)) }
        ul { @for fault in faults {
            li {
                @if fault.field.is_empty() { (fault.detail) } @else {
                    a href={ "#" (fault.field) } { (fault.label) } (lang.pick("：", ": ")) (fault.detail)
                }
            }
        } }
    }
}

/// How many fields are at fault, in a sentence.
fn counted(faults: usize, lang: Lang) -> String {
    match (lang, faults) {
        (Lang::Zh, count) => format!("共 {count} 处需要修改，点一下就能跳到那一处："),
        (Lang::En, 1) => "One field needs correcting:".to_owned(),
        (Lang::En, count) => format!("{count} fields need correcting:"),
    }
}
