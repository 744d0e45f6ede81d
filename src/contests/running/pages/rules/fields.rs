//! The fields of a section, with what is wrong beside each.

use maud::{Markup, html};

use super::part::{Around, Kind, Part, Rows, grouped};
use super::sheet::{Row, id_of};
use crate::platform::faults::{Fault, wrong};

/// What a form is shown within.
#[derive(Clone, Copy, Debug)]
pub struct Beside<'a> {
    /// The rules, now, and the language.
    pub around: Around<'a>,
    /// What is wrong, by field.
    pub faults: &'a [Fault],
    /// Where the form is sent.
    pub here: &'a str,
}

impl Beside<'_> {
    fn wrong(&self, id: &str) -> Option<String> {
        wrong(self.faults, id, self.around.lang)
    }

    /// Whether anything is wrong in a group: `criteria-0-levels-1-score` …
    fn is_wrong_below(&self, group: &str) -> bool {
        self.faults.iter().any(|fault| {
            let rest = fault.field.strip_prefix(group);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
        })
    }
}

/// All fields of a section.
pub fn fields(parts: &[Part], row: &Row, beside: &Beside<'_>) -> Markup {
    html! {
        @for group in grouped(parts) {
            @match group.first() {
                Some((place, part @ Part { kind: Kind::Rows(of), .. })) => {
                    (several(part, of, row.rows(*place), beside))
                }
                first => {
                    @let heading = first.and_then(|(_, part)| part.heading(beside.around.lang));
                    section class=[heading.map(|_| "course")] {
                        @if let Some(heading) = heading { h2 { (heading) } }
                        (singles(&group, row, "", beside))
                    }
                }
            }
        }
    }
}

/// What there is one of.
fn singles(parts: &[(usize, &Part)], row: &Row, group: &str, beside: &Beside<'_>) -> Markup {
    html! {
        div.filters.rules { @for (place, part) in parts {
            (single(part, &id_of(group, part.name), row.text(*place), group.is_empty(), beside))
        } }
    }
}

fn single(part: &Part, id: &str, typed: &str, is_alone: bool, beside: &Beside<'_>) -> Markup {
    let lang = beside.around.lang;
    let (wrong, hint) = (beside.wrong(id), part.hinted(lang));
    let width = match &part.kind {
        Kind::Tick | Kind::Prose(_) => "ask all",
        Kind::Number(..) if !is_alone => "ask",
        _ => "ask half",
    };
    let described: Vec<String> = [("wrong", wrong.is_some()), ("hint", hint.is_some())]
        .into_iter()
        .filter(|(_, there)| *there)
        .map(|(what, _)| format!("{id}-{what}"))
        .collect();
    let described = (!described.is_empty()).then(|| described.join(" "));
    let invalid = wrong.as_ref().map(|_| "true");
    if matches!(part.kind, Kind::Tick) {
        return html! {
            div class=(width) {
                @if let Some(wrong) = &wrong { span.wrong id={ (id) "-wrong" } { (wrong) } }
                label.tick {
                    input id=(id) type="checkbox" name=(id) value="yes" checked[!typed.is_empty()]
                        aria-invalid=[invalid] aria-describedby=[&described];
                    (part.label(lang))
                }
                @if let Some(hint) = hint { span.hint id={ (id) "-hint" } { (hint) } }
            }
        };
    }
    html! {
        div class=(width) {
            label for=(id) { (part.label(lang)) }
            @if let Some(hint) = hint { span.hint id={ (id) "-hint" } { (hint) } }
            @if let Some(wrong) = &wrong { span.wrong id={ (id) "-wrong" } { (wrong) } }
            @match &part.kind {
                Kind::Choice(of) => select id=(id) name=(id) aria-invalid=[invalid] aria-describedby=[&described] {
                    @for (word, name) in of(beside.around.rules, lang) {
                        option value=(word) selected[word == typed] { (name) }
                    }
                },
                Kind::Prose(_) => textarea id=(id) name=(id) rows="2" aria-invalid=[invalid] aria-describedby=[&described] { (typed) },
                kind => {
                    @let (form, mode) = match kind {
                        Kind::Moment => ("datetime-local", None),
                        Kind::Number(..) => ("text", Some("numeric")),
                        Kind::Percent(_) => ("text", Some("decimal")),
                        _ => ("text", None),
                    };
                    // A browser refuses seconds it was not told of.
                    @let step = (matches!(kind, Kind::Moment) && typed.len() > 16).then_some("1");
                    input id=(id) name=(id) type=(form) inputmode=[mode] step=[step] value=(typed) autocomplete="off"
                        aria-invalid=[invalid] aria-describedby=[&described];
                }
            }
        }
    }
}

/// Several of a kind, each in a frame of its own.
fn several(part: &Part, of: &Rows, rows: &[Row], beside: &Beside<'_>) -> Markup {
    let (lang, id) = (beside.around.lang, id_of("", part.name));
    html! {
        section.course {
            h2 id=(id) { (part.label(lang)) }
            @if let Some(hint) = part.hinted(lang) { p.hint { (hint) } }
            @if let Some(wrong) = beside.wrong(&id) { p.wrong { (wrong) } }
            input type="hidden" name={ (id) "-count" } value=(rows.len());
            @for (index, row) in rows.iter().enumerate() {
                @let group = format!("{id}-{index}");
                fieldset id=(group) {
                    legend { (of.called(index, lang)) }
                    @if of.key.is_some() { input type="hidden" name={ (group) "-key" } value=(row.key); }
                    @if let Some(wrong) = beside.wrong(&group) { p.wrong { (wrong) } }
                    @for parts in grouped(of.of) {
                        @match parts.first() {
                            Some((place, part @ Part { kind: Kind::Rows(inner), .. })) => {
                                (nested(part, inner, row.rows(*place), &group, beside))
                            }
                            _ => (singles(&parts, row, &group, beside)),
                        }
                    }
                    div.actions {
                        @if index > 0 { (button("up", &group, &format!("{id}-{}", index - 1), lang.pick("上移", "Move up"), &of.called(index, lang), beside)) }
                        (button("drop", &group, &id, lang.pick("删去", "Remove"), &of.called(index, lang), beside))
                    }
                }
            }
            @if rows.len() < of.most { (more(of, &id, rows.len(), beside)) }
        }
    }
}

/// Several below one of several: folded, unless something is to be written there.
fn nested(part: &Part, of: &Rows, rows: &[Row], group: &str, beside: &Beside<'_>) -> Markup {
    let (lang, id) = (beside.around.lang, id_of(group, part.name));
    let unwritten = |row: &Row| (0..of.of.len()).any(|place| row.text(place).is_empty());
    let open = rows.is_empty() || rows.iter().any(unwritten) || beside.is_wrong_below(&id);
    html! {
        details.row id=(id) open[open] {
            summary { (part.label(lang)) " · " @match lang {
                crate::platform::i18n::Lang::Zh => { (rows.len()) " 档" }
                crate::platform::i18n::Lang::En => { (rows.len()) }
            } }
            @if let Some(hint) = part.hinted(lang) { p.hint { (hint) } }
            @if let Some(wrong) = beside.wrong(&id) { p.wrong { (wrong) } }
            input type="hidden" name={ (id) "-count" } value=(rows.len());
            @for (index, row) in rows.iter().enumerate() {
                @let group = format!("{id}-{index}");
                div.level.filters.rules role="group" id=(group) aria-label=(of.called(index, lang)) {
                    @if let Some(wrong) = beside.wrong(&group) { p.wrong.all { (wrong) } }
                    @for (place, part) in of.of.iter().enumerate() {
                        (single(part, &id_of(&group, part.name), row.text(place), false, beside))
                    }
                    (button("drop", &group, &id, lang.pick("删去", "Remove"), &of.called(index, lang), beside))
                }
            }
            @if rows.len() < of.most { (more(of, &id, rows.len(), beside)) }
        }
    }
}

/// Answers with the same form, at the place that changed.
fn button(verb: &str, group: &str, at: &str, label: &str, of: &str, beside: &Beside<'_>) -> Markup {
    html! {
        button.quiet name="act" value={ (verb) ":" (group) } formaction={ (beside.here) "#" (at) }
            aria-label={ (label) " " (of) } { (label) }
    }
}

fn more(of: &Rows, id: &str, count: usize, beside: &Beside<'_>) -> Markup {
    let lang = beside.around.lang;
    html! {
        div.actions {
            button.quiet name="act" value={ "more:" (id) } formaction={ (beside.here) "#" (id) "-" (count) } {
                (lang.pick("＋ 增加", "+ ")) (of.one(lang))
            }
        }
    }
}
