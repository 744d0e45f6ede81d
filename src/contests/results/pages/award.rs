//! The sheet for whoever won (获奖证书), for anybody to check where it stands.

use axum::response::Response;
use maud::{Markup, html};

use crate::contests::results::EntryNumber;
use crate::contests::results::store::awards::{self, Awarded};
use crate::contests::running::store::ContestRow;
use crate::platform::assets::CERTIFICATE_STYLE;
use crate::platform::clock::date_words;
use crate::platform::i18n::Lang;
use crate::platform::input::{Path, parse_id};
use crate::platform::page::{Audience, page_with_head};
use crate::platform::problem::Problem;
use crate::platform::qr;
use crate::platform::visit::Visit;

/// Serves `/contests/{id}/awards/{entry}`.
pub async fn award(
    visit: Visit,
    Path((contest, entry)): Path<(String, String)>,
) -> Result<Response, Problem> {
    let number = EntryNumber::parse(&entry).ok_or_else(Problem::not_found)?;
    let contest = parse_id(&contest)?;
    let (row, won) = awards::awarded(&visit, contest, Some(number.get())).await?;
    let won = won.into_iter().next().ok_or_else(Problem::not_found)?;
    let lang = visit.lang;
    let track = row.rules()?.and_then(|rules| {
        let track = rules.track(&won.track)?;
        Some(track.name.as_str().to_owned())
    });
    let body = html! {
        p.small.tools { a href={ "/contests/" (contest) "/results/" (won.stage) "/" (won.version) "?track=" (won.track) } { (row.name) } }
        (sheet(&visit, &row, &won, track.as_deref()))
        p.small.tools { (lang.pick(
            "用浏览器的“打印”功能可以打印成 A4 纸。扫描二维码或打开网址，看到同样的内容，就是真的。",
            "Print it on A4 from your browser. It is genuine when the code leads to this very page.",
        )) }
    };
    let head = html! { link rel="stylesheet" href=(CERTIFICATE_STYLE.href()); };
    let title = lang.pick("获奖证书", "Certificate of award");
    Ok(page_with_head(
        &visit,
        Audience::Everybody,
        title,
        &head,
        &body,
    ))
}

fn sheet(visit: &Visit, contest: &ContestRow, won: &Awarded, track: Option<&str>) -> Markup {
    let lang = visit.lang;
    let date = date_words(won.awarded_at.date(), lang);
    let known_by = visit.config.public_origin.as_deref();
    let origin = known_by.unwrap_or(&visit.origin);
    let address = format!("{origin}/contests/{}/awards/{}", contest.id, won.entry);
    html! {
        article.certificate {
            h1 { (lang.pick("获奖证书", "Certificate of award")) }
            p.no { span.num { (won.entry) } }
            p.statement { @match lang {
                Lang::Zh => {
                    strong { (won.organization_name) } "的“" (won.title) "”项目，在“" (contest.name) "”"
                    @if let Some(track) = track { (track) "赛道" } "中荣获" strong { (won.award_name) } "，特发此证。"
                }
                Lang::En => {
                    "In “" (contest.name) "”" @if let Some(track) = track { ", track “" (track) "”," }
                    " the project “" (won.title) "” by " strong { (won.organization_name) } " has won: " strong { (won.award_name) } "."
                }
            } }
            div.close { div.foot {
                div.check {
                    div aria-hidden="true" { (qr::svg(&address)) }
                    p.url { (address) }
                }
                dl.unit {
                    dt { (lang.pick("颁发单位", "Given by")) } dd { (contest.office) }
                    dt { (lang.pick("颁发日期", "On")) } dd { (date) }
                    dt { (lang.pick("依据", "By")) } dd { (lang.pick("评审结果 ", "result ")) code.small { (won.hash.get(..16).unwrap_or(&won.hash)) } }
                }
            } }
        }
    }
}
