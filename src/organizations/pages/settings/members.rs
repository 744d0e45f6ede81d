//! Who belongs to the organization.

use maud::{Markup, html};

use super::{Outcome, Settings, action};
use crate::organizations::Role;
use crate::organizations::pages::facts::refusal;
use crate::organizations::pages::on_day;
use crate::organizations::store::members::Member;
use crate::platform::i18n::Lang;
use crate::platform::input::Choice as _;
use crate::platform::page::{ask, in_brackets, text_input};
use crate::platform::visit::Visit;

/// The members, those invited, and inviting more.
pub fn section(visit: &Visit, settings: &Settings, outcome: &Outcome) -> Markup {
    let lang = visit.lang;
    let owns = settings.role == Role::Owner;
    let problem = outcome.problem_in("members");
    let phone = problem.and_then(|problem| problem.errors().of("/phone", lang));
    html! {
        section.course #members {
            h2 { (lang.pick("成员", "Members")) small { (in_brackets(settings.members.len(), lang)) } }
            (outcome.told_in("members", lang))
            (refusal(problem, lang))
            ul.shifts {
                @for member in &settings.members {
                    li {
                        div {
                            strong { @if member.name.is_empty() { (lang.pick("未填姓名", "No name yet")) } @else { (member.name) } }
                            " " span.num { (member.phone) }
                            small { " · " (member.role.name(lang)) @if member.is_me { (lang.pick("（我）", " (you)")) } }
                            @if let Some(keys) = member.keys.filter(|keys| *keys > 0) { (keys_made(keys, lang)) }
                        }
                        @if owns || member.is_me { (member_acts(settings, member, lang)) }
                    }
                }
                @for invitation in &settings.invitations {
                    li {
                        div { span.num { (invitation.phone) }
                            small { " · " (invitation.role.name(lang)) " · " (lang.pick("已邀请，有效至", "invited, until ")) (on_day(invitation.expires_at, lang)) } }
                        div.go {
                            form method="post" action=(action(settings, "withdraw")) {
                                input type="hidden" name="invitation" value=(invitation.id);
                                button.quiet { (lang.pick("撤回", "Withdraw")) }
                            }
                        }
                    }
                }
            }
            @if owns {
                form method="post" action=(action(settings, "invite")) {
                    (ask("phone", lang.pick("邀请同事：手机号", "Invite a colleague: mobile number"),
                        Some(lang.pick("对方会收到短信，用该手机号登录后即可接受", "They get a text, and accept when signed in with this phone")),
                        phone, &text_input("phone", "tel", &outcome.phone, "off", phone.is_some(), true)))
                    (ask("role", lang.pick("角色", "Role"), None, None, &role_choice("role", Role::Manager, lang)))
                    button { (lang.pick("邀请", "Invite")) }
                }
            }
        }
    }
}

fn role_choice(id: &str, chosen: Role, lang: Lang) -> Markup {
    html! {
        select id=(id) name="role" {
            @for (role, word) in Role::ALL {
                option value=(word) selected[*role == chosen] { (role.name(lang)) (lang.pick("：", ": ")) (role.may_words(lang)) }
            }
        }
    }
}

/// That keys stay when whoever made them goes.
fn keys_made(keys: i64, lang: Lang) -> Markup {
    html! {
        small { (match lang {
            Lang::Zh => format!("建有 {keys} 个有效密钥，移除成员后仍有效，请在下方停用不该再用的"),
            Lang::En => format!("Made {keys} of the keys that work: they live on without them; revoke below what should not"),
        }) }
    }
}

fn member_acts(settings: &Settings, member: &Member, lang: Lang) -> Markup {
    html! {
        details {
            summary aria-label={ (lang.pick("更改 ", "Change ")) (member.name) } { (lang.pick("更改", "Change")) }
            div.actions {
                @if settings.role == Role::Owner {
                    form method="post" action=(action(settings, "role")) {
                        input type="hidden" name="member" value=(member.id);
                        select name="role" aria-label=(lang.pick("角色", "Role")) {
                            @for (role, word) in Role::ALL {
                                option value=(word) selected[*role == member.role] { (role.name(lang)) }
                            }
                        }
                        button.quiet { (lang.pick("保存", "Save")) }
                    }
                }
                form method="post" action=(action(settings, "remove")) {
                    input type="hidden" name="member" value=(member.id);
                    button.quiet { @if member.is_me { (lang.pick("退出组织", "Leave")) } @else { (lang.pick("移除", "Remove")) } }
                }
            }
        }
    }
}
