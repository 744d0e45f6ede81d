//! Where on the form a fault of the document stands, in words of the form.

use maud::{Markup, html};

use super::part::{Kind, Part};
use super::section::Section;
use super::sheet::{Row, id_of};
use crate::contests::rules::Rules;
use crate::platform::faults::Fault;
use crate::platform::fields::FieldErrors;
use crate::platform::i18n::Lang;

/// Every field there is with what it is called, in the order of the form.
fn places(parts: &[Part], row: &Row, lang: Lang) -> Vec<(String, String)> {
    let mut found = Vec::new();
    below(parts, row, "", "", lang, &mut found);
    found
}

fn below(
    parts: &[Part],
    row: &Row,
    group: &str,
    called: &str,
    lang: Lang,
    found: &mut Vec<(String, String)>,
) {
    let with = |label: &str| match called {
        "" => label.to_owned(),
        called => format!("{called} · {label}"),
    };
    for (place, part) in parts.iter().enumerate() {
        let id = id_of(group, part.name);
        found.push((id.clone(), with(part.label(lang))));
        if let Kind::Rows(of) = &part.kind {
            for (index, row) in row.rows(place).iter().enumerate() {
                let (id, called) = (format!("{id}-{index}"), with(&of.called(index, lang)));
                found.push((id.clone(), called.clone()));
                below(of.of, row, &id, &called, lang, found);
            }
        }
    }
}

impl Section {
    /// Faults of the document, whose pointers begin with `/`, each beside the field it is
    /// about, or the nearest there is.
    pub fn faults(self, row: &Row, errors: &FieldErrors, lang: Lang) -> Vec<Fault> {
        let places = places(self.parts(), row, lang);
        let at = self.at();
        let mut faults: Vec<(usize, Fault)> = Vec::new();
        for error in errors.in_lang(lang) {
            let own = error.pointer.strip_prefix(&at).unwrap_or_default();
            let mut id = own.trim_start_matches('/').replace('/', "-");
            let place = loop {
                match places.iter().position(|(known, _)| *known == id) {
                    Some(place) => break Some(place),
                    None if id.is_empty() => break None,
                    None => {
                        id = id
                            .rsplit_once('-')
                            .map_or("", |(above, _)| above)
                            .to_owned()
                    }
                }
            };
            let (field, label) = place
                .and_then(|place| places.get(place).cloned())
                .unwrap_or_default();
            let fault = Fault {
                field,
                label,
                detail: error.detail,
            };
            faults.push((place.map_or(0, |place| place + 1), fault));
        }
        faults.sort_by_key(|(place, _)| *place);
        faults.into_iter().map(|(_, fault)| fault).collect()
    }
}

/// A fault, and in which section it is.
pub type Found = (Option<Section>, Fault);

/// Faults of whole rules, whose pointers begin with `/` or `/rules/`, by the section they are in; none
/// where they are in no section.
pub fn by_section(rules: &Rules, errors: &FieldErrors, lang: Lang) -> Vec<Found> {
    let mut found = Vec::new();
    let mut errors = errors.clone();
    errors.rooted("/rules");
    for section in Section::all(rules) {
        let own = section.own(&errors, rules);
        let row = section.standing(rules);
        let faults = section.faults(&row, &own, lang).into_iter();
        found.extend(faults.map(|fault| (Some(section), fault)));
    }
    let mut rest = errors;
    rest.retain(|pointer| Section::of(pointer, rules).is_none());
    let rest = rest.in_lang(lang).into_iter();
    found.extend(rest.map(|fault| {
        let (field, label) = (String::new(), String::new());
        (
            None,
            Fault {
                field,
                label,
                detail: fault.detail,
            },
        )
    }));
    found
}

/// The way to each fault, through the page of its section.
pub fn leading(rules: &Rules, faults: &[Found], here: &str, lang: Lang) -> Markup {
    html! {
        ul { @for (section, fault) in faults {
            li {
                @match section {
                    Some(section) => a href={ (here) "/" (section.word()) "#" (fault.field) } {
                        (section.title(rules, lang))
                        @if !fault.label.is_empty() { " · " (fault.label) }
                        (lang.pick("：", ": ")) (fault.detail)
                    },
                    None => (fault.detail),
                }
            }
        } }
    }
}
