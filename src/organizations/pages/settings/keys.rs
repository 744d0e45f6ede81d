//! Keys for the organization's own systems.

use maud::{Markup, html};

use super::{DAYS, Outcome, Settings, action};
use crate::organizations::pages::facts::refusal;
use crate::organizations::pages::{day_of, on_day};
use crate::organizations::{KEY_LASTS, Scope};
use crate::platform::clock::DAY;
use crate::platform::input::Choice as _;
use crate::platform::page::{ask, in_brackets};
use crate::platform::visit::Visit;

/// The keys that work, those that ended, and making one.
pub fn section(visit: &Visit, settings: &Settings, outcome: &Outcome) -> Markup {
    let lang = visit.lang;
    let problem = outcome.problem_in("keys");
    let wrong = |pointer: &str| problem.and_then(|problem| problem.errors().of(pointer, lang));
    let (working, ended): (Vec<_>, Vec<_>) =
        settings.keys.iter().partition(|key| key.works(visit.now));
    html! {
        section.course #keys {
            h2 { (lang.pick("接口密钥", "API keys")) small { (in_brackets(working.len(), lang)) } }
            p.small { (lang.pick("供本组织自己的业务系统调用接口。每个系统单独建一个，只勾选用得到的权限。", "For your own systems: one each, with no more scopes than it needs.")) " "
                a href="/api/docs" { (lang.pick("接口文档", "API reference")) } }
            (outcome.told_in("keys", lang))
            (refusal(problem, lang))
            @if let Some(made) = &outcome.made {
                div.say.good role="status" {
                    label for="key" { (lang.pick("新密钥：", "New key: ")) (made.name) }
                    textarea #key.num readonly rows="3" spellcheck="false" { (made.key) }
                    p { (lang.pick(
                        "请立即复制并妥善保存（点入框内，全选后复制）。离开本页后不再显示。",
                        "Copy it now: tap into it, select all, copy. Once you leave this page nobody can see it again.",
                    )) }
                }
            }
            ul.shifts { @for key in &working {
                li {
                    div {
                        strong { (key.name) } " " code { (key.hint) "…" }
                        small { br; @for (at, scope) in key.scopes.iter().enumerate() {
                            @if at > 0 { (lang.pick("、", ", ")) } (scope.name(lang))
                        }
                        " · " (lang.pick("有效至", "until ")) (on_day(key.expires_at, lang))
                        " · " @match &key.last_used_on {
                            Some(day) => { (lang.pick("最近使用：", "last used ")) (day_of(day, lang)) }
                            None => { (lang.pick("尚未使用", "never used")) }
                        } }
                    }
                    details {
                        summary aria-label={ (lang.pick("停用 ", "Revoke ")) (key.name) } { (lang.pick("停用", "Revoke")) }
                        form.actions method="post" action=(action(settings, "revoke")) {
                            input type="hidden" name="key" value=(key.id);
                            p.small { (lang.pick("用它的系统会立即停止工作。", "The system that uses it stops working at once.")) }
                            button.quiet { (lang.pick("确定停用", "Yes, revoke it")) }
                        }
                    }
                }
            } }
            @if !ended.is_empty() {
                details {
                    summary { (lang.pick("已停用或过期", "Revoked or expired")) (in_brackets(ended.len(), lang)) }
                    ul.shifts { @for key in &ended { li { div.struck { (key.name) " " code { (key.hint) "…" } } } } }
                }
            }
            details open[problem.is_some()] {
                summary { (lang.pick("新建密钥", "Make a key")) }
                form method="post" action=(action(settings, "key")) {
                    (ask("key-name", lang.pick("用在哪个系统", "Which system uses it"), None, wrong("/name"), &html! {
                        input id="key-name" name="name" required maxlength="60" autocomplete="off";
                    }))
                    fieldset {
                        legend { (lang.pick("权限", "Scopes")) }
                        @if let Some(wrong) = wrong("/scopes") { span.wrong { (wrong) } }
                        @for (scope, word) in Scope::ALL {
                            label.tick { input type="checkbox" name="scope" value=(word); (scope.name(lang)) " " code { (word) } }
                        }
                    }
                    (ask("days", lang.pick("有效期", "Valid for"), None, None, &html! {
                        select id="days" name="days" {
                            @for (days, zh, en) in DAYS { option value=(days) selected[days * DAY == KEY_LASTS] { (lang.pick(zh, en)) } }
                        }
                    }))
                    button { (lang.pick("生成密钥", "Make the key")) }
                }
            }
        }
    }
}
