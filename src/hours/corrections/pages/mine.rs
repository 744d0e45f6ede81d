//! One's own hours on one page.

use axum::response::Response;
use deserr::Deserr;
use maud::{Markup, html};

use super::{big, marks, span, worth};
use crate::hours::corrections::api::mine::{Grades, MyHours};
use crate::hours::corrections::store::{self, Kept, Mine};
use crate::hours::corrections::view::{organization_name, title};
use crate::hours::{Grade, duration_words};
use crate::platform::fields::FieldErrors;
use crate::platform::i18n::Lang;
use crate::platform::input::{Digits, PageQuery};
use crate::platform::page::{Audience, page, see_other};
use crate::platform::problem::Problem;
use crate::platform::visit::Visit;

/// So many records stand on a page.
const SHOWN: usize = 20;

/// Which hours count, and where the list begins.
#[derive(Debug, Deserr)]
#[deserr(error = FieldErrors, deny_unknown_fields)]
pub struct MineQuery {
    #[deserr(default)]
    grades: Option<Grades>,
    #[deserr(default)]
    before: Option<Digits<1, 9_007_199_254_740_991>>,
}

/// Serves `/me/records`.
pub async fn mine(
    visit: Visit,
    PageQuery(query): PageQuery<MineQuery>,
) -> Result<Response, Problem> {
    if !visit.has_credential() {
        return Ok(see_other("/sign-in?back=/me/records"));
    }
    let before = query.before.map_or(i64::MAX >> 10, Digits::get);
    let mine = match store::mine(&visit, before, SHOWN).await {
        Err(problem) if problem.code() == "unauthenticated" => {
            return Ok(see_other("/sign-in?back=/me/records"));
        }
        mine => mine?,
    };
    let lang = visit.lang;
    let counted = query.grades.map_or_else(Grades::all, |grades| grades.0);
    let words: Vec<&str> = counted.iter().map(|grade| grade.word()).collect();
    let chosen = words.join(",");
    let hours = MyHours::of(&visit, &mine.totals, counted);
    let title = lang.pick("我的时长", "My hours");
    let body = html! {
        h1 { (title) }
        (summary(&mine, &hours, lang))
        (choice(&chosen, lang))
        (list(&visit, &mine))
        @if let Some(next) = mine.next {
            p { a.button.quiet rel="next" href={ "/me/records?grades=" (chosen) "&before=" (next) } { (lang.pick("更早的记录", "Earlier records")) } }
        }
        div.actions {
            a.button.quiet href="/me/certificates" { (lang.pick("我的证明", "My certificates")) }
            a.button.quiet href="/me/outside-hours" { (lang.pick("别处记录的时长", "Hours recorded elsewhere")) }
            a.button.quiet href="/me/signups" { (lang.pick("我的班次", "My shifts")) }
            a.button.quiet href="/me/leaving" { (lang.pick("注销账号", "Delete my account")) }
        }
    };
    Ok(page(&visit, Audience::Oneself, title, &body))
}

fn summary(mine: &Mine, hours: &MyHours, lang: Lang) -> Markup {
    let named = match (hours.stars, lang) {
        (0, Lang::Zh) => "还没有星级".to_owned(),
        (0, Lang::En) => "No star yet".to_owned(),
        (stars, Lang::Zh) => format!("{}星志愿者", chinese(stars)),
        (stars, Lang::En) => format!("{stars}-star volunteer"),
    };
    let picture = "★".repeat(hours.stars) + &"☆".repeat(5_usize.saturating_sub(hours.stars));
    html! {
        article.ticket {
            small { (mine.me.name) " · " (lang.pick("志愿服务时长", "Hours of service")) }
            div.sum { (big(hours.minutes, lang)) }
            p { span.stars aria-hidden="true" { (picture) } " " strong { (named) } br;
                @if let Some(next) = hours.next_star {
                    small {
                        @match lang {
                            Lang::Zh => { "再服务 " (duration_words(next.missing_minutes, lang)) "，满 " (next.hours) " 小时即为" (chinese(next.stars)) "星" }
                            Lang::En => { (duration_words(next.missing_minutes, lang)) " to " (next.stars) @if next.stars == 1 { " star" } @else { " stars" } " (" (next.hours) " h)" }
                        }
                    }
                }
            }
            @if !hours.grades.is_empty() {
                hr;
                dl.facts {
                    @for total in &hours.grades {
                        @let counts = hours.counted.contains(&total.grade);
                        dt class=[(!counts).then_some("struck")] { (total.grade.word()) " " (total.grade.name(lang)) }
                        dd.num { (duration_words(total.minutes, lang)) small { " · " (lang.pick("共 ", "in ")) (total.records) @if lang == Lang::Zh { " 条" } @else if total.records == 1 { " record" } @else { " records" } } }
                    }
                }
            }
        }
    }
}

/// Which grades count for the number and the star.
fn choice(chosen: &str, lang: Lang) -> Markup {
    let choices = [
        ("A,B,C,D", lang.pick("全部", "All")),
        ("A,B,C", lang.pick("不含补录（A–C）", "A to C")),
        ("A,B", lang.pick("扫码证实（A、B）", "A and B")),
        (Grade::A.word(), lang.pick("仅 A", "A only")),
    ];
    html! {
        nav.chips aria-label=(lang.pick("计入哪些等级", "Grades that count")) {
            @for (grades, name) in choices {
                a href={ "/me/records?grades=" (grades) } aria-current=[(grades == chosen).then_some("page")] { (name) }
            }
        }
    }
}

fn list(visit: &Visit, mine: &Mine) -> Markup {
    let lang = visit.lang;
    html! {
        section.course {
            h2 { (lang.pick("记录", "Records")) }
            @if mine.records.is_empty() {
                div.empty {
                    p { (lang.pick("还没有记录。服务结束后，组织会在十个工作日内记录。", "No records yet. After you serve, the organization records it within ten working days.")) }
                    p { a.button href="/" { (lang.pick("去菜单上挑一个", "Pick one from the menu")) } }
                }
            }
            ul.shifts { @for kept in &mine.records { (line(visit, kept)) } }
        }
    }
}

fn line(visit: &Visit, kept: &Kept) -> Markup {
    let (now, lang) = (visit.now, visit.lang);
    let version = &kept.newest;
    let record = &version.record;
    let first = kept.earlier.last().unwrap_or(version);
    html! {
        li {
            div { a href={ "/me/records/" (record.id) } { strong { (title(record)) } } }
            div.go.num { @match record.minutes { Some(minutes) => (duration_words(minutes, lang)), None => (record.kind.name(lang)) } }
            div.small {
                (span(visit, version)) br;
                (organization_name(version))
                @if let Some(grade) = record.grade { " · " (grade.word()) " " (grade.name(lang)) }
                (marks(first, now, lang))
                @if !kept.earlier.is_empty() { (marks(version, now, lang)) }
            }
            @if !kept.earlier.is_empty() {
                details {
                    summary { (corrected(kept.earlier.len(), lang)) }
                    @if let Some(why) = &record.reason { p.small { (lang.pick("更正原因：", "Why: ")) (why) } }
                    ul { @for earlier in &kept.earlier {
                        li.small { span.struck { (span(visit, earlier)) " " (worth(earlier, lang)) }
                            @if let Some(why) = &earlier.record.reason { " · " (why) } }
                    } }
                }
            }
        }
    }
}

fn corrected(times: usize, lang: Lang) -> String {
    match (lang, times) {
        (Lang::Zh, times) => format!("更正过 {times} 次，看原来的记录"),
        (Lang::En, 1) => "Corrected once: see what it said".to_owned(),
        (Lang::En, times) => format!("Corrected {times} times: see what it said"),
    }
}

fn chinese(stars: usize) -> &'static str {
    ["零", "一", "二", "三", "四", "五"]
        .get(stars)
        .copied()
        .unwrap_or_default()
}
