//! What became of awarded entries, as everybody reads it.

use axum::response::Response;
use maud::{Markup, html};

use super::{AwardedPage, purchase_shown, story_shown};
use crate::contests::entry_label;
use crate::contests::outcomes::store::listing::{self, Became, Wanted};
use crate::contests::rules::Rules;
use crate::platform::input::{Digits, Id, PageQuery};
use crate::platform::page::{Audience, page};
use crate::platform::problem::Problem;
use crate::platform::visit::Visit;

/// So many entries stand on a page.
const SHOWN: i64 = 20;

/// Serves `/contests/{id}/outcomes`.
pub async fn outcomes(
    visit: Visit,
    Id(id): Id,
    PageQuery(query): PageQuery<AwardedPage>,
) -> Result<Response, Problem> {
    let wanted = Wanted {
        after: query.after.map_or(0, Digits::get),
        limit: SHOWN,
    };
    let listed = listing::public(&visit, id, wanted).await?;
    let rules = listed.contest.rules()?;
    let lang = visit.lang;
    let title = lang.pick("获奖项目的后续", "What became of awarded entries");
    let body = html! {
        p.small { a href="/contests" { (lang.pick("项目大赛", "Contests")) } " / " a href={ "/contests/" (id) } { (listed.contest.name) } }
        h1 { (title) }
        p.lead { (lang.pick(
            "获奖项目被哪里的政府购买、花了多少、做成了什么，以及组织同意公开的故事。",
            "Which government purchased what won, for how much, and what it came to; and stories their organizations agree to share.",
        )) }
        @if listed.items.is_empty() { div.empty { p { (lang.pick("还没有获奖项目。", "No award has been won yet.")) } } }
        @for became in &listed.items { (one(&visit, became, rules.as_ref())) }
        @if let Some(next) = listed.next {
            p { a.button.quiet rel="next" href={ "/contests/" (id) "/outcomes?after=" (next) } { (lang.pick("下一页", "Next page")) } }
        }
        @if !listed.items.is_empty() {
            p.small { a href={ "/api/v1/contests/" (id) "/outcomes.csv?limit=200" } { (lang.pick("下载表格（CSV）", "Download as CSV")) } }
        }
    };
    let audience = match visit.has_credential() {
        true => Audience::Oneself,
        false => Audience::Everybody,
    };
    Ok(page(&visit, audience, title, &body))
}

fn one(visit: &Visit, became: &Became, rules: Option<&Rules>) -> Markup {
    let (lang, entry) = (visit.lang, &became.entry);
    let number = entry_label(entry.number);
    let track = rules.and_then(|rules| rules.track(&entry.track));
    html! {
        section.course id=(number) {
            h2 { span.num { (number) } " " (entry.title) }
            p { strong { (entry.award) } small {
                " · " a href={ "/organizations/" (entry.organization_id) } { (entry.organization_name) }
                @if let Some(track) = track { " · " (track.name.as_str()) }
            } }
            @match &became.purchase {
                Some(purchase) => { h3 { (lang.pick("政府购买服务", "Government purchase")) } (purchase_shown(visit, purchase)) }
                None => p.small { (lang.pick("尚无政府购买服务的登记。", "No government purchase is recorded yet.")) },
            }
            @if let Some(story) = &became.story {
                h3 { (story.title) }
                (story_shown(story, lang))
            }
        }
    }
}
