//! The menu and its projects as pages; `console` for those who write them.

pub mod console;
mod form;
mod structured;

use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;
use maud::{Markup, html};

use super::api::{for_the_public, with_cursor};
use super::search::{MenuQuery, Sort};
use super::store::{self, Listed, ProjectRow, ShiftRow};
use super::{Card, Field, Places, ProjectState, ShiftState, SignUpApproval, Skill, feed};
use crate::organizations::OrganizationState;
use crate::platform::clock::{Instant, coming_weekend, day_after, day_from, span_words};
use crate::platform::i18n::Lang;
use crate::platform::input::{Id, PageQuery};
use crate::platform::json_ld;
use crate::platform::page::{Audience, in_brackets, page, page_with_head, when};
use crate::platform::problem::Problem;
use crate::platform::visit::Visit;
use crate::regions::Region;

/// How many lines a field has on the first page.
const LINES_A_FIELD: i64 = 5;

/// Serves `/`: the whole menu by field, or what filters leave of it.
pub async fn menu(visit: Visit, query: PageQuery<MenuQuery>) -> Result<Response, Problem> {
    let PageQuery(query) = query;
    if query.is_plain() {
        home(&visit, &query).await
    } else {
        filtered(&visit, &query).await
    }
}

async fn home(visit: &Visit, query: &MenuQuery) -> Result<Response, Problem> {
    let (courses, regions) = store::home(&visit.db, LINES_A_FIELD, visit.now).await?;
    let lang = visit.lang;
    let body = html! {
        h1 { (lang.pick("今天，去哪儿帮把手？", "Where can you lend a hand?")) }
        p.lead { (lang.pick(
            "挑一道“菜”，两步报名。不用先注册。",
            "Pick a dish from the menu and sign up in two steps. No account needed.",
        )) }
        (filters(visit, query, &regions))
        @if courses.iter().all(|(_, lines)| lines.is_empty()) {
            div.empty {
                p { (lang.pick("菜单上暂时还没有项目。", "There is nothing on the menu yet.")) }
                p.small { (lang.pick("组织发布后会立刻出现在这里。", "What organizations publish appears here at once.")) }
            }
        }
        @for (field, lines) in &courses {
            @if !lines.is_empty() {
                section class={ "course " (field.word()) } {
                    h2.tint id=(field.word()) { (field.name(lang)) }
                    (dishes(visit, lines.iter().map(|line| &line.card), false))
                    @if lines.len() == 5 {
                        a.more href={ "/?field=" (field.word()) } {
                            (lang.pick("看全部", "All in ")) (field.name(lang)) " →"
                        }
                    }
                }
            }
        }
    };
    let head = feed_link(query, lang);
    Ok(page_with_head(visit, Audience::Everybody, "", &head, &body))
}

async fn filtered(visit: &Visit, query: &MenuQuery) -> Result<Response, Problem> {
    let lang = visit.lang;
    let search = match query.search(visit.now) {
        Ok(search) => search,
        Err(errors) => {
            let body = html! {
                h1 { (lang.pick("找项目", "Find a project")) }
                (filters(visit, query, &[]))
                @for error in errors.in_lang(lang) { p.say role="alert" { (error.detail) } }
            };
            let mut response = page(
                visit,
                Audience::Oneself,
                lang.pick("找项目", "Find a project"),
                &body,
            );
            *response.status_mut() = StatusCode::BAD_REQUEST;
            return Ok(response);
        }
    };
    let (found, regions) =
        store::list_with_regions(&visit.db, &search, query.region.as_ref(), visit.now).await?;
    let lines = found.lines;
    let next = found.next.map(|cursor| with_cursor(&visit.target, cursor));
    let title = query
        .field
        .map_or(lang.pick("找项目", "Find a project"), |field| {
            field.name(lang)
        });
    let tint = query.field.map_or("other", Field::word);
    let body = html! {
        h1 class={ "tint " (tint) } { (title) }
        (filters(visit, query, &regions))
        @if lines.is_empty() {
            div.empty {
                p { @if next.is_some() {
                    (lang.pick("这一段里没有符合条件的项目，可以接着往后找。", "Nothing here meets all of this; look further on."))
                } @else {
                    (lang.pick("没有符合条件的项目。", "No projects match."))
                } }
                p { a.button.quiet href="/" { (lang.pick("清除条件，看全部", "Clear filters")) } }
            }
        }
        @if query.from.is_some() || query.to.is_some() {
            p.small { (lang.pick(
                "下面的项目在所选日期有班次。时间是最近一班，余位是各班次合计。",
                "These projects have a shift on the days you chose. The time is the next shift's; seats are for all shifts.",
            )) }
        }
        (dishes(visit, lines.iter().map(|line| &line.card), query.field.is_none()))
        @if let Some(next) = next {
            p { a.button.quiet rel="next" href=(next) { (lang.pick("下一页", "Next page")) } }
        }
    };
    let head = feed_link(query, lang);
    Ok(page_with_head(
        visit,
        Audience::Everybody,
        title,
        &head,
        &body,
    ))
}

/// Where new projects like these are told.
fn feed_link(query: &MenuQuery, lang: Lang) -> Markup {
    html! {
        link rel="alternate" type="application/atom+xml" title=(lang.pick("新项目", "New projects"))
            href=(feed::address(query.field, query.region.as_ref()));
    }
}

fn dishes<'a>(visit: &Visit, cards: impl Iterator<Item = &'a Card>, tinted: bool) -> Markup {
    let lang = visit.lang;
    html! {
        ul.dishes {
            @for card in cards {
                li class=[tinted.then(|| format!("tinted {}", card.field.word()))] {
                    a.dish href={ "/projects/" (card.id) } {
                        span.top { b { (card.title) } (seats(card.places(), lang)) }
                        small {
                            @if let Some(at) = card.next_starts_at {
                                span.num.nowrap { (day_from(visit.now, at, lang)) " " (at.hour_minute()) } " · "
                            }
                            (card.region_name)
                        }
                        small { (card.organization_name) }
                    }
                }
            }
        }
    }
}

/// The lines of one organization's own section.
pub fn lines(visit: &Visit, listed: &[Listed]) -> Markup {
    dishes(visit, listed.iter().map(|line| &line.card), true)
}

fn seats(places: Places, lang: Lang) -> Markup {
    html! { span class=(places.class()) { (places.words().in_lang(lang)) } }
}

fn filters(visit: &Visit, query: &MenuQuery, regions: &[Region]) -> Markup {
    let lang = visit.lang;
    let today = visit.now.date();
    let (saturday, sunday) = coming_weekend(today);
    let week = (0..6).fold(today, |day, _| day_after(day));
    let days = [
        (lang.pick("今天", "Today"), today, today),
        (
            lang.pick("明天", "Tomorrow"),
            day_after(today),
            day_after(today),
        ),
        (lang.pick("周末", "Weekend"), saturday, sunday),
        (lang.pick("7 天内", "7 days"), today, week),
    ];
    let chosen = (query.from.map(|day| day.0), query.to.map(|day| day.0));
    let region = query.region.as_ref().map_or("", |region| region.as_str());
    let more = query.skill.is_some()
        || query.age.is_some()
        || query.sort.is_some()
        || query.free.is_some();
    html! {
        nav.chips aria-label=(lang.pick("按时间", "By time")) {
            @for (name, from, to) in days {
                @let on = chosen == (Some(from), Some(to));
                a href=(with_days(&visit.target, (!on).then(|| (from.to_string(), to.to_string()))))
                    aria-current=[on.then_some("true")] rel="nofollow" { (name) }
            }
        }
        form.filters action="/" method="get" role="search" data-auto {
            div.all.search {
                input type="search" name="q" maxlength="40" value=(query.q.as_ref().map_or("", |q| q.as_str()))
                    aria-label=(lang.pick("搜索", "Search"))
                    placeholder=(lang.pick("搜一搜：支教、脐橙、老人", "Search, in Chinese: 支教"));
                button.quiet { (lang.pick("找", "Search")) }
            }
            select name="field" aria-label=(lang.pick("领域", "Field")) {
                option value="" { (lang.pick("全部领域", "All fields")) }
                @for field in Field::all() {
                    option value=(field.word()) selected[query.field == Some(field)] { (field.name(lang)) }
                }
            }
            select name="region" aria-label=(lang.pick("地区", "Region")) {
                option value="" { (lang.pick("全部地区", "All regions")) }
                @for offered in regions {
                    option value=(offered.code) selected[offered.code == region] {
                        @match offered.code.len() { 6 => "\u{3000}", 9 => "\u{3000}\u{3000}", _ => "" }
                        (offered.name)
                    }
                }
            }
            @for (name, value) in [("from", chosen.0), ("to", chosen.1)] {
                @if let Some(day) = value { input type="hidden" name=(name) value=(day.to_string()); }
            }
            details.all open[more] {
                summary { (lang.pick("更多条件", "More")) }
                div.filters {
                    label {
                        (lang.pick("我的年龄", "My age"))
                        input type="number" name="age" min="0" max="120" inputmode="numeric"
                            value=[query.age.map(|age| age.get())];
                    }
                    label {
                        (lang.pick("需要的技能", "Skill needed"))
                        select name="skill" {
                            option value="" { (lang.pick("不限", "Any")) }
                            @for skill in Skill::all() {
                                option value=(skill.word()) selected[query.skill == Some(skill)] { (skill.name(lang)) }
                            }
                        }
                    }
                    label {
                        (lang.pick("排序", "Order"))
                        select name="sort" {
                            option value="" { (lang.pick("最早开始", "Soonest")) }
                            option value="newest" selected[query.sort == Some(Sort::Newest)] { (lang.pick("最新发布", "Newest")) }
                        }
                    }
                    label.tick {
                        input type="checkbox" name="free" value="1" checked[query.free.is_some()];
                        (lang.pick("还有名额", "Seats left"))
                    }
                    button.all.quiet { (lang.pick("用这些条件找", "Apply")) }
                }
            }
        }
    }
}

/// The same question on other days, from its first page.
fn with_days(target: &str, days: Option<(String, String)>) -> String {
    let query = target.split_once('?').map_or("", |(_, query)| query);
    let kept = form_urlencoded::parse(query.as_bytes()).filter(|(name, value)| {
        !matches!(name.as_ref(), "from" | "to" | "cursor") && !value.is_empty()
    });
    let mut serializer = form_urlencoded::Serializer::new(String::new());
    serializer.extend_pairs(kept);
    if let Some((from, to)) = days {
        serializer.append_pair("from", &from).append_pair("to", &to);
    }
    let query = serializer.finish();
    if query.is_empty() {
        "/".to_owned()
    } else {
        format!("/?{query}")
    }
}

/// Serves `/projects/{id}`.
pub async fn project(visit: Visit, Id(id): Id) -> Result<Response, Problem> {
    let found = store::project(&visit.db, &id.to_string()).await?;
    let (project, shifts) = for_the_public(found)?;
    let lang = visit.lang;
    let title = project.title.as_deref().unwrap_or_default();
    let field = project.field.unwrap_or(Field::Other);
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let (past, ahead): (Vec<_>, Vec<_>) =
        shifts.iter().partition(|shift| shift.ends_at <= visit.now);
    let body = html! {
        article.notice {
            p.small { a href={ "/?field=" (field.word()) } class={ "tint " (field.word()) } { (field.name(lang)) } }
            h1 { (title) }
            p.lead { (text(&project.summary)) }
            @if project.organization_state == OrganizationState::Suspended {
                p.say { (lang.pick("这个组织已被暂停，暂时不能报名。", "This organization is suspended; sign-up is stopped.")) }
            }
            @if project.state == ProjectState::Closed {
                p.say.wait { (lang.pick("这个项目已停止报名。", "Sign-up for this project is closed.")) " "
                    a href={ "/?field=" (field.word()) } { (lang.pick("看看同类项目", "See similar projects")) } }
            }
            @if let Some(reason) = &project.change_reason {
                p.say.wait { (lang.pick("有变更：", "Changed: ")) (reason) }
            }
            dl.facts {
                dt { (lang.pick("地点", "Place")) }
                dd { (text(&project.place)) br; small { (text(&project.region_name)) } }
                dt { (lang.pick("组织", "By")) }
                dd { a href={ "/organizations/" (project.organization_id) } { (project.organization_name) } }
                dt { (lang.pick("年龄", "Age")) }
                dd { (age_words(project.min_age, lang)) }
                @if !project.skills.is_empty() {
                    dt { (lang.pick("需要", "Needs")) }
                    dd { @for (n, skill) in project.skills.iter().enumerate() {
                        @if n > 0 { (lang.pick("、", ", ")) } (skill.name(lang))
                    } }
                }
                @if let Some(bring) = &project.what_to_bring {
                    dt { (lang.pick("请带", "Bring")) }
                    dd.prose { (bring) }
                }
            }
            section {
                h2 #shifts { (lang.pick("班次", "Shifts")) }
                @if ahead.is_empty() {
                    div.empty {
                        p { (lang.pick("没有还能参加的班次了。", "No upcoming shifts.")) }
                        p { a.button.quiet href={ "/?field=" (field.word()) } { (lang.pick("看看同类项目", "See similar projects")) } }
                    }
                }
                @if project.approval == SignUpApproval::Required && !ahead.is_empty() {
                    p.say.wait { (lang.pick(
                        "这个项目的报名要由组织者审核，通过后才算报上，结果会发短信告诉您。",
                        "The organizer decides on each sign-up here. You have a seat once it is approved; we text you.",
                    )) }
                }
                ul.shifts { @for shift in &ahead { (shift_line(&visit, &project, shift)) } }
            }
            section { h2 { (lang.pick("做什么", "What you will do")) } p.prose { (text(&project.content)) } }
            section { h2 { (lang.pick("招募条件", "Who may come")) } p.prose { (text(&project.conditions)) } }
            section { h2 { (lang.pick("怎样报名", "How to sign up")) } p.prose { (text(&project.how_to_sign_up)) } }
            section { h2 { (lang.pick("可能的风险", "Risks")) } p.prose { (text(&project.risks)) } }
            section { h2 { (lang.pick("安全保障", "Safeguards")) } p.prose { (text(&project.safeguards)) } }
            @if !past.is_empty() {
                details {
                    summary { (lang.pick("已结束的班次", "Past shifts")) (in_brackets(past.len(), lang)) }
                    ul { @for shift in &past {
                        li.small { (day_from(visit.now, shift.starts_at, lang)) " " (span_words(shift.starts_at, shift.ends_at, lang)) " · " (shift.role) }
                    } }
                }
            }
        }
    };
    let head = html! {
        meta name="description" content=(text(&project.summary));
        meta property="og:title" content=(title);
        (json_ld::script(&structured::events(&project, &shifts, &visit.origin, visit.now)))
    };
    Ok(page_with_head(
        &visit,
        Audience::Everybody,
        title,
        &head,
        &body,
    ))
}

fn age_words(min_age: i64, lang: Lang) -> String {
    match (min_age, lang) {
        (0, Lang::Zh) => "不限；未满 18 周岁须监护人同意，未满 14 周岁须监护人全程陪同".to_owned(),
        (0, Lang::En) => {
            "any; under 18 with a guardian's consent, under 14 with a guardian present".to_owned()
        }
        (18.., Lang::Zh) => format!("{min_age} 周岁以上"),
        (_, Lang::Zh) => format!("{min_age} 周岁以上，未满 18 周岁须监护人同意"),
        (18.., Lang::En) => format!("{min_age} or older"),
        (_, Lang::En) => format!("{min_age} or older; under 18 with a guardian's consent"),
    }
}

fn shift_line(visit: &Visit, project: &ProjectRow, shift: &ShiftRow) -> Markup {
    let lang = visit.lang;
    let places = shift.places();
    let asks = project.approval == SignUpApproval::Required;
    let cancelled = shift.state == ShiftState::Cancelled;
    let closes = shift
        .starts_at
        .plus(-project.sign_up_closes_minutes * crate::platform::clock::MINUTE);
    let closed = closes <= visit.now || project.state == ProjectState::Closed;
    let opens = project.sign_up_opens_at.filter(|at| *at > visit.now);
    let stopped = project.organization_state != OrganizationState::Verified;
    html! {
        li {
            div.when class=[cancelled.then_some("struck")] {
                (when(visit, shift.starts_at, shift.ends_at))
            }
            div.go {
                @if cancelled {
                    span.state.cancelled { (lang.pick("已取消", "Cancelled")) }
                } @else if stopped {
                    span.seats.none { (lang.pick("暂停", "Suspended")) }
                } @else if closed {
                    span.seats.none { (lang.pick("报名截止", "Closed")) }
                } @else if let Some(at) = opens {
                    span.seats.none { (opens_words(visit, at)) }
                } @else {
                    @match places {
                        Places::Full => { (seats(places, lang)) }
                        Places::Waiting => {
                            a.button.quiet href={ "/shifts/" (shift.id) "/sign-up" } { (lang.pick("候补", "Join waitlist")) }
                        }
                        Places::Free(_) => {
                            a.button href={ "/shifts/" (shift.id) "/sign-up" } {
                                @if asks { (lang.pick("申请", "Apply")) } @else { (lang.pick("报名", "Sign up")) }
                            }
                        }
                    }
                }
            }
            div.small {
                (shift.role) " · "
                @if let (true, Some(why)) = (cancelled, &shift.change_reason) { (why) }
                @else if cancelled || closed || stopped { (shift.capacity) (lang.pick(" 人", " seats")) }
                @else if places == Places::Waiting {
                    (lang.pick("已满 · 候补 ", "Full · waiting ")) span.num { (shift.in_line()) "/" (shift.waitlist) }
                } @else if places == Places::Full {
                    span.num { (shift.capacity) } (lang.pick(" 人已满", " of ")) @if lang == Lang::En { (shift.capacity) " taken" }
                } @else {
                    (seats(places, lang)) span.num { " / " (shift.capacity) }
                }
            }
        }
    }
}

fn opens_words(visit: &Visit, at: Instant) -> String {
    let day = day_from(visit.now, at, visit.lang);
    match visit.lang {
        Lang::Zh => format!("{day} {} 开放报名", at.hour_minute()),
        Lang::En => format!("Opens {day}, {}", at.hour_minute()),
    }
}

/// Serves `/offline`, which the service worker keeps for when there is no network.
pub async fn offline(visit: Visit) -> Response {
    let lang = visit.lang;
    let body = html! {
        h1 { (lang.pick("现在没有网络", "You are offline")) }
        p { (lang.pick(
            "这个页面还没有保存在手机里。看过的项目和“我的班次”没有网络也能打开。",
            "This page is not kept on your phone. Projects you have read and your own shifts open without a network.",
        )) }
        div.actions { a.button href="/me/signups" { (lang.pick("我的班次", "My shifts")) } }
    };
    let mut response = page(
        &visit,
        Audience::Oneself,
        lang.pick("没有网络", "Offline"),
        &body,
    );
    response.headers_mut().insert(
        axum::http::header::CACHE_CONTROL,
        HeaderValue::from_static("public, max-age=300"),
    );
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_replace_days_and_keep_the_rest() {
        let days = Some(("2026-11-28".to_owned(), "2026-11-29".to_owned()));
        assert_eq!(
            with_days("/?field=health&from=2026-11-01&cursor=1_2&q=", days),
            "/?field=health&from=2026-11-28&to=2026-11-29"
        );
        assert_eq!(with_days("/?from=2026-11-01", None), "/");
    }
}
