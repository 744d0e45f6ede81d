//! Objections on pages: bringing one, reading them, and handling them.

use maud::{Markup, html};
use uuid::Uuid;

use super::address;
use crate::contests::judging::store::Rights;
use crate::contests::results::ObjectionDecision;
use crate::contests::results::store::objecting::Objection;
use crate::contests::results::store::reading::Heading;
use crate::platform::i18n::Lang;
use crate::platform::input::Choice as _;
use crate::platform::page::{Refused, ask, moment, text_input};
use crate::platform::visit::Visit;

/// The form for one, or the way to sign in.
pub fn taking(
    contest: Uuid,
    heading: &Heading,
    signed_in: bool,
    refused: &Refused,
    lang: Lang,
) -> Markup {
    let entry = refused.wrong("entry", lang);
    let words = refused.wrong("words", lang);
    html! {
        section.course #object {
            h2 { (lang.pick("提出异议", "Object")) }
            p.small { (lang.pick(
                "公示期内谁都可以提。内容只有处理的人看得到；编号、答复和决定公开，不公开是谁提的。",
                "Anybody may while it is on notice. Only those who handle it read your words; its number, the answer and the decision are public, who you are is not.",
            )) }
            @if signed_in {
                (refused.above(lang))
                form method="post" action={ (address(contest, heading)) "/objections" } {
                    (ask("entry", lang.pick("关于哪个项目（可不填）", "About which entry (if it is about one)"),
                        Some(lang.pick("项目编号，如 E0001", "Its number, such as E0001")), entry,
                        &text_input("entry", "text", refused.typed("entry"), "off", entry.is_some(), false)))
                    (ask("words", lang.pick("异议内容", "What is wrong"), Some(lang.pick("2000 字以内", "At most 2,000 characters")), words, &html! {
                        textarea #words name="words" rows="5" maxlength="2000" required data-limit="2000" aria-invalid=[words.map(|_| "true")] { (refused.typed("words")) }
                    }))
                    button { (lang.pick("提交异议", "Send it")) }
                }
            } @else {
                p { a.button.quiet href={ "/sign-in?back=/contests/" (contest) "/results" } { (lang.pick("登录后提出", "Sign in to object")) } }
            }
        }
    }
}

/// One, as whoever asks may read it.
pub fn listed(visit: &Visit, objection: &Objection) -> Markup {
    let lang = visit.lang;
    html! {
        p {
            strong { @match lang {
                Lang::Zh => { "第 " (objection.number) " 件" }
                Lang::En => { "No. " (objection.number) }
            } }
            " " small {
                (moment(visit, objection.received_at))
                @if let Some(entry) = &objection.entry { " · " span.num { (entry) } }
                @if objection.own { " · " (lang.pick("您提出的", "yours")) }
            }
        }
        @if let Some(words) = &objection.words { p.prose { (words) } }
        @match (&objection.answer, objection.answered_at) {
            (Some(answer), Some(at)) => {
                p.small { (lang.pick("答复 ", "Answered ")) (moment(visit, at)) }
                p.prose { (answer) }
            }
            _ => p.small { (lang.pick("等待答复", "Waiting for an answer")) },
        }
        @if let (Some(decision), Some(words), Some(at)) = (objection.decision, &objection.decision_words, objection.decided_at) {
            p.small { (lang.pick("决定 ", "Decided ")) (moment(visit, at)) (lang.pick("：", ": ")) strong { (decision.name(lang)) } }
            p.prose { (words) }
        }
    }
}

/// What those who handle it do next.
pub fn handling(
    here: &str,
    objection: &Objection,
    rights: Rights,
    refused: &Refused,
    lang: Lang,
) -> Markup {
    let this = refused.typed("objection") == objection.id;
    let of_this = match this {
        true => *refused,
        false => Refused::default(),
    };
    let hidden = html! { input type="hidden" name="objection" value=(objection.id); };
    let words_id = format!("words-{}", objection.number);
    let box_of = |name: &str, label: &str| {
        let wrong = of_this.wrong(name, lang);
        ask(
            &words_id,
            label,
            Some(lang.pick("公开显示，1000 字以内", "Public, at most 1,000 characters")),
            wrong,
            &html! {
                textarea id=(words_id) name=(name) rows="4" maxlength="1000" required aria-invalid=[wrong.map(|_| "true")] { (of_this.typed(name)) }
            },
        )
    };
    html! {
        (of_this.above(lang))
        @if objection.own {
            p.small { (lang.pick("您提出的异议由别人处理。", "Somebody else handles what you brought.")) }
        } @else if objection.answer.is_none() && rights.draws_up {
            form method="post" action={ (here) "/answer" } {
                (hidden)
                (box_of("answer", lang.pick("答复", "Answer")))
                button.quiet { (lang.pick("公开答复", "Publish the answer")) }
            }
        } @else if objection.answer.is_some() && objection.decision.is_none() && rights.approves {
            form method="post" action={ (here) "/decide" } {
                (hidden)
                (box_of("reason", lang.pick("决定的理由", "Reason for the decision")))
                div.actions { @for (decision, word) in ObjectionDecision::ALL {
                    button.quiet name="decision" value=(word) { (decision.name(lang)) }
                } }
            }
        }
    }
}
