//! What an organization issued, in its console.

use axum::response::Response;
use maud::{Markup, html};

use super::mine::{asked_words, short_name};
use crate::hours::certificates::api::ListQuery;
use crate::hours::certificates::store::{self, Line};
use crate::hours::certificates::{CertificateState, masked_name};
use crate::hours::duration_words;
use crate::organizations::Permission;
use crate::organizations::pages::{Console, ConsolePage};
use crate::platform::clock::day_words;
use crate::platform::i18n::Lang;
use crate::platform::idempotency::IdempotencyKey;
use crate::platform::input::{Id, PageQuery};
use crate::platform::page::{Audience, page, see_other};
use crate::platform::problem::Problem;
use crate::platform::visit::Visit;

/// Serves `/organizations/{id}/certificates`.
pub async fn issued(
    visit: Visit,
    Id(id): Id,
    PageQuery(query): PageQuery<ListQuery>,
) -> Result<Response, Problem> {
    let (before, limit) = query.page();
    let mut issued = store::list_of(&visit, id, before, limit).await?;
    let next = query.next(&visit, &mut issued.lines, |line| line.ordinal);
    let lang = visit.lang;
    let title = lang.pick("出具的证明", "Certificates");
    let body = html! {
        (Console::of(&visit, &id.to_string(), &issued.agent).nav(Some(ConsolePage::Certificates)))
        h1 { (title) }
        p.lead { (lang.pick(
            "志愿者随时可以自己开具证明，内容来自贵组织的服务记录；记录更正后，旧证明自动失效。",
            "Volunteers get them by themselves, from your service records. Correcting a record supersedes them.",
        )) }
        @if issued.lines.is_empty() {
            div.empty { p { (lang.pick("还没有出具过证明。", "None so far.")) } }
        }
        ul.shifts { @for line in &issued.lines { (issued_line(line, lang)) } }
        @if let Some(next) = next {
            a.more href=(next) { (lang.pick("更早的", "Earlier ones")) }
        }
        @if issued.agent.may(Permission::Manage) {
            section.course {
                h2 { (lang.pick("签名密钥", "Signing key")) }
                p.small { (lang.pick(
                    "电子凭证用贵组织的密钥签名。更换后，新证明用新密钥，以前签的仍可核验。每天最多换一次。",
                    "Badges are signed with your key. Once rotated, new ones carry the new key; old ones stay verifiable. Once a day at most.",
                )) }
                form method="post" action={ "/organizations/" (id) "/certificates/key" } {
                    button.quiet { (lang.pick("更换密钥", "Rotate the key")) }
                }
            }
        }
    };
    Ok(page(&visit, Audience::Oneself, title, &body))
}

fn issued_line(line: &Line, lang: Lang) -> Markup {
    let class = match line.state() {
        CertificateState::Valid => "state small confirmed",
        CertificateState::Superseded => "state small waitlisted",
        CertificateState::Revoked => "state small cancelled",
    };
    html! {
        li {
            div { a.num href={ "/certificates/" (line.number) } { (line.number) } }
            div.go { span class=(class) { (short_name(line.state(), lang)) } }
            div.small {
                @if let Some(name) = &line.holder_name { (masked_name(name)) " · " }
                (duration_words(line.minutes, lang)) " · " (day_words(line.issued_at, lang)) br;
                (asked_words(line, lang))
            }
        }
    }
}

/// Takes `/organizations/{id}/certificates/key`.
pub async fn rotate(visit: Visit, Id(id): Id) -> Result<Response, Problem> {
    store::rotate(&visit, id, &IdempotencyKey::default()).await?;
    Ok(see_other(&format!("/organizations/{id}/certificates")))
}
