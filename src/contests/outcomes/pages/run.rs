//! Where those who run a contest write down purchases and mark stories as sent.

use axum::response::Response;
use maud::{Markup, html};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::{AwardedPage, area, at_most, day, purchase_shown, story_shown, typed};
use crate::contests::entry_label;
use crate::contests::outcomes::store::listing::{self, Became, Wanted};
use crate::contests::outcomes::store::purchases::{self, Purchase};
use crate::contests::outcomes::{Channel, MILESTONES, OUTCOME, acts, fen, yuan};
use crate::platform::fields::FieldErrors;
use crate::platform::i18n::Lang;
use crate::platform::idempotency::IdempotencyKey;
use crate::platform::input::{Choice as _, Digits, Form, Id, LargeForm, PageQuery, Path, parse_id};
use crate::platform::page::{Audience, Refused, ask, moment, page, see_other, text_input};
use crate::platform::problem::Problem;
use crate::platform::visit::{Presented, Visit};

/// So many entries stand on a page.
const SHOWN: i64 = 50;
/// So many blank milestones stand below those that are written.
const BLANK: usize = 2;

/// Serves `/contests/{id}/run/outcomes`.
pub async fn list(
    visit: Visit,
    Id(id): Id,
    PageQuery(query): PageQuery<AwardedPage>,
) -> Result<Response, Problem> {
    if !visit.has_credential() {
        return Ok(see_other(&format!(
            "/sign-in?back=/contests/{id}/run/outcomes"
        )));
    }
    let wanted = Wanted {
        after: query.after.map_or(0, Digits::get),
        limit: SHOWN,
    };
    let listed = listing::whole(&visit, id, wanted).await?;
    let overdue = listing::overdue(&visit, id).await?;
    let lang = visit.lang;
    let title = lang.pick("获奖项目后续", "After the awards");
    let here = format!("/contests/{id}/run/outcomes");
    let body = html! {
        p.small { a href={ "/contests/" (id) "/run" } { (listed.contest.name) } }
        h1 { (title) }
        p.lead { (lang.pick(
            "登记政府购买服务的情况，满六个月后填写成效；组织同意公开的宣传稿推送后在这里标记。",
            "Write down government purchases, and after six months what they came to; mark stories as sent, where their organizations agree.",
        )) }
        (reminder(overdue, None, lang))
        @if listed.items.is_empty() { div.empty { p { (lang.pick("结果确定、颁出奖项后，获奖项目列在这里。", "Awarded entries stand here once the result is final.")) } } }
        ul.shifts { @for became in &listed.items { (row(&here, became, lang)) } }
        @if let Some(next) = listed.next {
            p { a.button.quiet rel="next" href={ (here) "?after=" (next) } { (lang.pick("下一页", "Next page")) } }
        }
        div.actions {
            a.button.quiet href={ "/api/v1/contests/" (id) "/stories.csv?limit=200" } { (lang.pick("下载宣传稿（CSV）", "Stories as CSV")) }
            a.button.quiet href={ "/contests/" (id) "/outcomes" } { (lang.pick("公开页面", "What the public reads")) }
        }
    };
    Ok(page(&visit, Audience::Oneself, title, &body))
}

/// That it is time to say what purchases came to; with a way there.
pub fn reminder(overdue: i64, to: Option<&str>, lang: Lang) -> Markup {
    html! {
        @if overdue > 0 {
            p.say.wait {
                @match lang {
                    Lang::Zh => { (overdue) " 个项目的政府购买服务结束已满六个月，还没有填写成效。" }
                    Lang::En => { "Six months have passed since " (overdue) " purchases ended, and nothing is said of what they came to." }
                }
                @if let Some(to) = to { " " a href=(to) { (lang.pick("去填写", "Write it down")) } }
            }
        }
    }
}

fn row(here: &str, became: &Became, lang: Lang) -> Markup {
    let entry = &became.entry;
    html! {
        li {
            div { span.num { (entry_label(entry.number)) } " " strong { (entry.title) } }
            div.go { a.button.quiet href={ (here) "/" (entry.id) } aria-label={ (lang.pick("打开 ", "Open ")) (entry.title) } { (lang.pick("打开", "Open")) } }
            div.small {
                (entry.award) " · " (entry.organization_name) br;
                @match &became.purchase {
                    Some(purchase) => { (lang.pick("购买方：", "Purchaser: ")) (purchase.purchaser) }
                    None => (lang.pick("未登记购买", "No purchase")),
                }
                @if became.overdue { " · " span.seats.few { (lang.pick("待填写成效", "outcome is due")) } }
                @match &became.story {
                    Some(story) if story.sendings.is_empty() => { " · " (lang.pick("宣传稿待推送", "story to be sent")) }
                    Some(_) => { " · " (lang.pick("宣传稿已推送", "story sent")) }
                    None => {}
                }
            }
        }
    }
}

/// Serves `/contests/{id}/run/outcomes/{entry}`.
pub async fn entry(
    visit: Visit,
    _: Presented,
    Path((contest, entry)): Path<(String, String)>,
) -> Result<Response, Problem> {
    let of = (parse_id(&contest)?, parse_id(&entry)?);
    shown(&visit, of, None, Refused::default()).await
}

async fn shown(
    visit: &Visit,
    (contest, entry): (Uuid, Uuid),
    act: Option<&str>,
    refused: Refused<'_>,
) -> Result<Response, Problem> {
    let listed = listing::one(visit, (contest, entry)).await?;
    let became = listed.items.first().ok_or_else(Problem::not_found)?;
    let history = purchases::history(visit, (contest, entry)).await?;
    let (lang, won) = (visit.lang, &became.entry);
    let here = format!("/contests/{contest}/run/outcomes/{entry}");
    let of = |wanted: &str| match act == Some(wanted) {
        true => refused,
        false => Refused::default(),
    };
    let body = html! {
        p.small { a href={ "/contests/" (contest) "/run/outcomes" } { (lang.pick("获奖项目后续", "After the awards")) } }
        h1 { span.num { (entry_label(won.number)) } " " (won.title) }
        p.lead { (won.award) " · " (won.organization_name) }
        @if let Some(problem) = refused.problem { (told(problem, lang)) }
        @if became.overdue { (reminder(1, Some("#outcome"), lang)) }
        section.course #purchase {
            h2 { (lang.pick("政府购买服务", "Government purchase")) }
            (purchase_form(&here, became.purchase.as_ref(), &of("purchase"), lang))
        }
        @if history.len() > 1 { (earlier(visit, &history)) }
        section.course #story {
            h2 { (lang.pick("宣传推送", "Publicity")) }
            @match &became.story {
                Some(story) => {
                    h3 { (story.title) }
                    (story_shown(story, lang))
                    (sending_form(visit, &here, &of("send")))
                }
                None => p { (lang.pick("参赛组织还没有写宣传稿，或没有同意公开。", "The organization has written no story, or does not agree to its being published.")) },
            }
        }
    };
    Ok(refused.answered(page(visit, Audience::Oneself, &won.title, &body)))
}

/// What is wrong, all of it.
pub(super) fn told(problem: &Problem, lang: Lang) -> Markup {
    let faults = problem.errors().in_lang(lang);
    html! {
        div.say role="alert" {
            p { (problem.title(lang)) }
            @if !faults.is_empty() { ul { @for fault in faults { li { (fault.detail) } } } }
        }
    }
}

fn earlier(visit: &Visit, history: &[Purchase]) -> Markup {
    let lang = visit.lang;
    html! {
        section.course #earlier {
            h2 { (lang.pick("以前的登记", "What was said before")) }
            @for purchase in history.iter().skip(1) {
                details.row { summary { (moment(visit, purchase.since)) } (purchase_shown(visit, purchase)) }
            }
        }
    }
}

fn purchase_form(here: &str, stands: Option<&Purchase>, refused: &Refused, lang: Lang) -> Markup {
    let of = |part: fn(&Purchase) -> String| stands.map(part).unwrap_or_default();
    let wrong = |name: &str| refused.wrong(name, lang);
    let (buyer, amount) = (of(|it| it.purchaser.clone()), of(|it| yuan(it.fen)));
    let (from, until) = (of(|it| it.from.clone()), of(|it| it.until.clone()));
    let outcome = stands.and_then(|it| it.outcome.as_ref());
    let (words, on) = outcome.map_or(("", ""), |outcome| (&outcome.words, &outcome.on));
    let rows = stands.map_or(0, |it| it.milestones.len()) + BLANK;
    html! {
        form method="post" action=(here) {
            input type="hidden" name="version" value=(stands.map_or(0, |it| it.version));
            (ask("purchaser", lang.pick("购买方", "Purchaser"), Some(&at_most(60, lang)), wrong("purchaser"),
                &text_input("purchaser", "text", typed(refused, "purchaser", &buyer), "off", wrong("purchaser").is_some(), true)))
            (ask("fen", lang.pick("金额（元）", "Amount (CNY)"), Some(lang.pick("如 120000 或 120000.50", "Such as 120000 or 120000.50")), wrong("fen"), &html! {
                input id="fen" name="fen" inputmode="decimal" autocomplete="off" required value=(typed(refused, "fen", &amount))
                    aria-invalid=[wrong("fen").map(|_| "true")] aria-describedby=(if wrong("fen").is_some() { "fen-wrong" } else { "fen-hint" });
            }))
            (day("from", lang.pick("服务开始", "First day"), typed(refused, "from", &from), wrong("from"), true))
            (day("until", lang.pick("服务结束", "Last day"), typed(refused, "until", &until), wrong("until"), true))
            @for at in 0..rows.min(MILESTONES) { (milestone(at, stands, refused, lang)) }
            fieldset #outcome {
                legend { (lang.pick("成效（服务结束满六个月后填写）", "What it came to (six months after its end)")) }
                (area("outcome-words", lang.pick("成效", "In words"), (OUTCOME, 5), typed(refused, "outcome-words", words), wrong("outcome/words"), lang))
                (day("outcome-on", lang.pick("截至日期", "As seen on"), typed(refused, "outcome-on", on), wrong("outcome/on"), false))
            }
            p.small { (lang.pick("登记内容公开。每次修改都保留原来的登记。", "Everybody reads this. What was said before is kept.")) }
            button name="act" value="purchase" { (lang.pick("保存登记", "Save")) }
        }
    }
}

fn milestone(at: usize, stands: Option<&Purchase>, refused: &Refused, lang: Lang) -> Markup {
    let milestone = stands.and_then(|it| it.milestones.get(at));
    let [what, due, done] = ["what", "due", "done"].map(|part| format!("milestone-{at}-{part}"));
    let wrong = |part: &str| refused.wrong(&format!("milestones/{at}/{part}"), lang);
    let reached = milestone
        .and_then(|it| it.done_on.as_deref())
        .unwrap_or_default();
    html! {
        fieldset {
            legend { (lang.pick("节点 ", "Milestone ")) (at + 1) }
            (ask(&what, lang.pick("内容", "What"), Some(&at_most(100, lang)), wrong("what"),
                &text_input(&what, "text", typed(refused, &what, milestone.map_or("", |it| &it.what)), "off", wrong("what").is_some(), false)))
            (day(&due, lang.pick("应完成", "Due on"), typed(refused, &due, milestone.map_or("", |it| &it.due_on)), wrong("due_on"), false))
            (day(&done, lang.pick("已完成（未完成不填）", "Done on, if it is"), typed(refused, &done, reached), wrong("done_on"), false))
        }
    }
}

fn sending_form(visit: &Visit, here: &str, refused: &Refused) -> Markup {
    let lang = visit.lang;
    let wrong = |name: &str| refused.wrong(name, lang);
    let today = visit.now.date().to_string();
    html! {
        details open[refused.problem.is_some()] {
            summary { (lang.pick("标记已推送", "Mark it as sent")) }
            form method="post" action=(here) {
                (ask("channel", lang.pick("渠道", "Channel"), None, wrong("channel"), &html! {
                    select #channel name="channel" { @for (channel, word) in Channel::ALL {
                        option value=(word) selected[*word == refused.typed("channel")] { (channel.name(lang)) }
                    } }
                }))
                (ask("name", lang.pick("其他渠道的名称", "Name of another channel"), Some(&at_most(40, lang)), wrong("name"),
                    &text_input("name", "text", refused.typed("name"), "off", wrong("name").is_some(), false)))
                (ask("link", lang.pick("发布网址", "Where it can be read"), Some(lang.pick("https:// 开头", "Begins with https://")), wrong("link"),
                    &text_input("link", "url", refused.typed("link"), "off", wrong("link").is_some(), true)))
                (day("on", lang.pick("推送日期", "On which day"), typed(refused, "on", &today), wrong("on"), true))
                button name="act" value="send" { (lang.pick("标记已推送", "Mark it as sent")) }
            }
        }
    }
}

/// Members that are filled in, by the names of their fields.
fn filled(form: &Form, names: &[(&str, &str)]) -> Map<String, Value> {
    let members = names.iter().filter_map(|(member, field)| {
        let text = form.get(field)?;
        Some(((*member).to_owned(), json!(text)))
    });
    members.collect()
}

/// What a form says of a purchase; milestones left blank are none.
fn purchase_of(form: &Form) -> Value {
    let mut body = filled(
        form,
        &[
            ("purchaser", "purchaser"),
            ("from", "from"),
            ("until", "until"),
        ],
    );
    if let Some(amount) = form.get("fen") {
        body.insert("fen".into(), fen(amount).map_or(json!(0), Value::from));
    }
    let milestones = (0..MILESTONES).map(|at| {
        let [what, due, done] =
            ["what", "due", "done"].map(|part| format!("milestone-{at}-{part}"));
        filled(
            form,
            &[("what", &what), ("due_on", &due), ("done_on", &done)],
        )
    });
    let milestones: Vec<_> = milestones.filter(|members| !members.is_empty()).collect();
    body.insert("milestones".into(), json!(milestones));
    let outcome = filled(form, &[("words", "outcome-words"), ("on", "outcome-on")]);
    if !outcome.is_empty() {
        body.insert("outcome".into(), json!(outcome));
    }
    Value::Object(body)
}

async fn carried_out(visit: &Visit, of: (Uuid, Uuid), form: &Form) -> Result<(), Problem> {
    if form.get("act") == Some("send") {
        let body = filled(
            form,
            &[
                ("channel", "channel"),
                ("name", "name"),
                ("link", "link"),
                ("on", "on"),
            ],
        );
        let body = deserr::deserialize::<_, _, FieldErrors>(Value::Object(body));
        let body = body.map_err(Problem::invalid)?;
        let key = IdempotencyKey::default();
        return acts::send(visit, of, &body, &key).await.map(drop);
    }
    let seen: Option<i64> = form.get("version").and_then(|version| version.parse().ok());
    let meant = |version| seen.is_none_or(|seen| seen == version);
    let body = deserr::deserialize::<_, _, FieldErrors>(purchase_of(form));
    let body = body.map_err(Problem::invalid)?;
    acts::purchase(visit, of, &body, &meant).await.map(drop)
}

/// Takes `/contests/{id}/run/outcomes/{entry}`.
pub async fn act(
    visit: Visit,
    _: Presented,
    Path((contest, entry)): Path<(String, String)>,
    LargeForm(form): LargeForm,
) -> Result<Response, Problem> {
    let of = (parse_id(&contest)?, parse_id(&entry)?);
    match carried_out(&visit, of, &form).await {
        Ok(()) => Ok(see_other(&format!(
            "/contests/{contest}/run/outcomes/{entry}"
        ))),
        Err(problem) if matches!(problem.status().as_u16(), 409 | 412 | 422) => {
            let refused = Refused {
                problem: Some(&problem),
                form: Some(&form),
            };
            let act = form.get("act").unwrap_or("purchase");
            shown(&visit, of, Some(act), refused).await
        }
        Err(problem) => Err(problem),
    }
}
