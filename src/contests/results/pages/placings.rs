//! A result, track by track: who came where, and the button that recomputes it.

use axum::response::Response;
use deserr::Deserr;
use maud::{Markup, html};
use uuid::Uuid;

use super::explained::explained;
use super::{address, head, recomputing, stage_name, standing, version_name};
use crate::contests::results::ResultState;
use crate::contests::results::store::placings::{self, Placed, Placings, Which};
use crate::contests::results::store::reading::{self, Heading};
use crate::contests::rules::Rules;
use crate::contests::scoring::api::key;
use crate::platform::fields::FieldErrors;
use crate::platform::i18n::Lang;
use crate::platform::input::{Digits, PageQuery, Path, parse_id};
use crate::platform::page::{Audience, page_with_head};
use crate::platform::problem::Problem;
use crate::platform::visit::Visit;

/// So many stand on a page.
const SHOWN: i64 = 25;

/// Which of them.
#[derive(Debug, Default, Deserr)]
#[deserr(error = FieldErrors, deny_unknown_fields)]
pub struct PlacingsPage {
    #[deserr(default)]
    track: Option<String>,
    #[deserr(default)]
    from: Option<Digits<0, 9_007_199_254_740_991>>,
    #[deserr(default)]
    flagged: Option<Digits<0, 1>>,
}

/// Serves `/contests/{id}/results/{stage}/{version}`.
pub async fn placings(
    visit: Visit,
    Path((contest, stage, version)): Path<(String, String, u32)>,
    PageQuery(query): PageQuery<PlacingsPage>,
) -> Result<Response, Problem> {
    let (contest, stage) = (parse_id(&contest)?, key(&stage)?);
    let track = match query.track {
        Some(track) => track,
        None => {
            let one = Some((&stage, version.into()));
            let results = reading::results(&visit, contest, one).await?;
            let heading = results.items.first().ok_or_else(Problem::not_found)?;
            let first = heading.tracks.first().ok_or_else(Problem::not_found)?;
            first.track.clone()
        }
    };
    let which = Which {
        stage: &stage,
        version: version.into(),
        track: &track,
        from: query.from.map_or(0, Digits::get),
        limit: SHOWN,
        flagged: query.flagged.is_some_and(|only| only.get() == 1),
    };
    let page = placings::placings(&visit, contest, which).await?;
    let rules = page
        .results
        .contest
        .rules()?
        .ok_or_else(Problem::not_found)?;
    let shown = Shown {
        visit: &visit,
        contest,
        rules: &rules,
        page: &page,
        heading: page.heading()?,
        which,
    };
    Ok(shown.response())
}

struct Shown<'a> {
    visit: &'a Visit,
    contest: Uuid,
    rules: &'a Rules,
    page: &'a Placings,
    heading: &'a Heading,
    which: Which<'a>,
}

impl Shown<'_> {
    fn response(&self) -> Response {
        let (lang, heading) = (self.visit.lang, self.heading);
        let name = stage_name(self.rules, &heading.stage);
        let whole = self.page.items.iter().any(|item| item.ranked.is_some());
        let title = match whole {
            true => lang.pick("评审结果", "Result"),
            false => lang.pick("晋级名单", "Who goes on"),
        };
        let contest = &self.page.results.contest;
        let body = html! {
            p.small {
                a href={ "/contests/" (self.contest) } { (contest.name) } " / "
                a href={ "/contests/" (self.contest) "/results" } { (lang.pick("评审结果", "Results")) }
            }
            h1 { (name) " · " (title) }
            p.lead { (standing(self.visit, heading)) @if heading.version > 1 { " · " (version_name(heading.version, lang)) } }
            @if heading.state == ResultState::Superseded {
                p.say.wait { (lang.pick("这一版已被新版本取代，留作查考。", "Another version has taken its place; this one is kept.")) }
            }
            @if heading.state == ResultState::Sealed {
                p.say.wait { (lang.pick("尚未公布，请勿外传。", "Sealed: do not pass it on.")) }
            }
            @if let Some(reason) = &heading.reason { p.say { (lang.pick("重新汇总的原因：", "Why it was drawn up again: ")) (reason) } }
            (self.tracks())
            @if whole || self.which.flagged { (self.filter()) }
            @if self.page.items.is_empty() { div.empty { p { (lang.pick("这里没有项目。", "There is none here.")) } } }
            ol.dishes { @for item in &self.page.items { (self.line(item)) } }
            @if let Some(next) = self.page.next {
                p { a.button.quiet rel="next" href=(self.at(&[("from", &next.to_string())], self.which.flagged)) { (lang.pick("下一页", "Next page")) } }
            }
            @if whole { (self.recomputation()) }
        };
        let audience = match self.visit.has_credential() {
            true => Audience::Oneself,
            false => Audience::Everybody,
        };
        let title = format!("{} · {name}", contest.name);
        recomputing(page_with_head(self.visit, audience, &title, &head(), &body))
    }

    /// This page with another query.
    fn at(&self, more: &[(&str, &str)], flagged: bool) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.append_pair("track", self.which.track);
        if flagged {
            query.append_pair("flagged", "1");
        }
        query.extend_pairs(more);
        format!("{}?{}", address(self.contest, self.heading), query.finish())
    }

    fn tracks(&self) -> Markup {
        let name = |key: &str| {
            let track = self.rules.track(key);
            track.map_or(key.to_owned(), |track| track.name.as_str().to_owned())
        };
        html! {
            @if self.heading.tracks.len() > 1 {
                nav.chips aria-label=(self.visit.lang.pick("赛道", "Tracks")) {
                    @for track in &self.heading.tracks {
                        a href={ (address(self.contest, self.heading)) "?track=" (track.track) }
                            aria-current=[(track.track == self.which.track).then_some("page")] { (name(&track.track)) }
                    }
                }
            } @else {
                p.small { (name(self.which.track)) }
            }
        }
    }

    fn filter(&self) -> Markup {
        let lang = self.visit.lang;
        html! {
            p.small {
                @if self.which.flagged {
                    (lang.pick("只显示建议讨论的项目：名次取决于一名评委，或者与晋级名单不一致。", "Only entries to talk about: their place rests on one judge, or does not fit who went on. "))
                    a href=(self.at(&[], false)) { (lang.pick("显示全部", "Show all")) }
                } @else {
                    a href=(self.at(&[], true)) { (lang.pick("只看建议讨论的项目", "Only entries to talk about")) }
                }
            }
        }
    }

    fn line(&self, item: &Placed) -> Markup {
        let lang = self.visit.lang;
        let award = item
            .award
            .as_deref()
            .and_then(|award| self.rules.award(award));
        html! {
            li.row {
                div.dish {
                    span.top {
                        b {
                            @if let Some(rank) = item.rank { span.num { (rank) } ". " }
                            (item.title.as_deref().unwrap_or(&item.entry))
                        }
                        span.seats {
                            @if let Some(total) = &item.total { (total) }
                            @else { (lang.pick("晋级", "goes on")) }
                        }
                    }
                    small {
                        @if item.title.is_some() { span.num { (item.entry) } }
                        @if let Some(name) = &item.organization_name { " · " (name) }
                        @if let Some(award) = award { " · " strong.tint { (award.name.as_str()) }
                            @if self.heading.state == ResultState::Final {
                                " · " a href={ "/contests/" (self.contest) "/awards/" (item.entry) } { (lang.pick("获奖证书", "Certificate")) }
                            }
                        }
                        @if item.goes_on && item.total.is_some() { " · " (lang.pick("晋级", "goes on")) }
                    }
                }
                @if let Some(ranked) = &item.ranked {
                    details open[self.which.flagged] {
                        summary.small {
                            (lang.pick("各阶段得分", "Scores"))
                            @if !ranked.flags.is_empty() { (lang.pick("，建议讨论", ", to talk about")) }
                        }
                        (explained(ranked, self.rules, lang))
                    }
                }
            }
        }
    }

    /// Recomputing where it is read, and the files to do it elsewhere.
    fn recomputation(&self) -> Markup {
        let lang = self.visit.lang;
        let api = format!(
            "/api/v1/contests/{}/stages/{}/results/{}",
            self.contest, self.heading.stage, self.heading.version
        );
        let track = format!("{api}/tracks/{}", self.which.track);
        let mut tracks = self.heading.tracks.iter();
        let hashes = tracks.find(|track| track.track == self.which.track);
        html! {
            section.course #recompute {
                h2 { (lang.pick("自己算一遍", "Compute it yourself")) }
                p { (lang.pick(
                    "排名由公布的匿名评分按公布的规则算出。下面的按钮会在您自己的浏览器里重算一遍，看结果是否与公布的一字不差。",
                    "The ranking follows from the pseudonymous ballots by the published rules. The button computes it again in your own browser, and says whether it comes to the same to the last digit.",
                )) }
                @if let Some(hashes) = hashes {
                    div data-recompute data-sheet={ (track) "/sheet" } data-ranking={ (track) "/ranking" }
                        data-sheet-hash=(hashes.sheet) data-ranking-hash=(hashes.ranking) {
                        noscript { p.small { (lang.pick(
                            "浏览器没有启用 JavaScript：请下载评分表，用项目源码中的 script/recompute-ranking.mjs 计算。",
                            "Without JavaScript: download the sheet and run script/recompute-ranking.mjs of the source.",
                        )) } }
                        button type="button" hidden { (lang.pick("在这台设备上重算", "Recompute on this device")) }
                        p role="status" {}
                    }
                }
                (self.files(&api, &track, lang))
            }
        }
    }

    fn files(&self, api: &str, track: &str, lang: Lang) -> Markup {
        html! {
            ul.evidence {
                li { a href={ (track) "/sheet" } { (lang.pick("评分表（JSON）", "Sheet (JSON)")) } small { (lang.pick("：每份有效评分，评委用代号", ": every ballot that counts, judges by pseudonym")) } }
                li { a href={ (track) "/ranking" } { (lang.pick("排名（JSON）", "Ranking (JSON)")) } }
                li { a href={ (api) "/placings.csv" } { (lang.pick("全部赛道的名次（CSV）", "All tracks (CSV)")) } }
                li { a href={ (api) "/document" } { (lang.pick("审定文件", "What was approved")) } small { (lang.pick("，SHA-256：", ", SHA-256: ")) } code.small { (self.heading.hash) } }
            }
        }
    }
}
