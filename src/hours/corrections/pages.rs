//! One's own hours, disputes and corrections on pages.

mod console;
mod coordination;
mod mine;
mod record;

pub use console::{answer, correct, dispute, disputes, record as console_record};
pub use coordination::{decide, dispute as case_of_coordinator, disputes as waiting};
pub use mine::mine;
pub use record::{contest, escalate, record as own_record};

use maud::{Markup, html};
use serde_json::{Map, Value, json};

use super::store::{Case, Dispute, Version};
use super::view::{organization_name, title};
use super::{DisputeState, StepKind, is_overdue};
use crate::hours::record::Said;
use crate::hours::{RecordKind, duration_words};
use crate::platform::clock::{Instant, day_words, parse_date, span_words};
use crate::platform::fields::FieldErrors;
use crate::platform::i18n::Lang;
use crate::platform::input::Form;
use crate::platform::page::{Refused, ask, when};
use crate::platform::problem::Problem;
use crate::platform::visit::Visit;

/// `2026-11-28T09:00`, as fields for a day and time have it: Beijing's, to the minute.
fn local_minute(instant: Instant) -> String {
    instant.local().strftime("%Y-%m-%dT%H:%M").to_string()
}

/// A body of the API from a form: what is blank, and times that were left as they were
/// shown, stand out of it.
fn body(form: &Form, texts: &[&str]) -> Value {
    let mut body = Map::new();
    for name in texts {
        if let Some(text) = form.get(name) {
            body.insert((*name).to_owned(), json!(text));
        }
    }
    for name in ["started_at", "ended_at"] {
        let shown = form.get(&format!("{name}_shown"));
        if let Some(typed) = form.get(name).filter(|typed| Some(*typed) != shown) {
            let seconds = if typed.len() == 16 { ":00" } else { "" };
            body.insert(name.to_owned(), json!(format!("{typed}{seconds}+08:00")));
        }
    }
    if let Some(minutes) = form.get("minutes") {
        let number = minutes
            .parse::<i64>()
            .map_or(json!(minutes), |it| json!(it));
        body.insert("minutes".to_owned(), number);
    }
    Value::Object(body)
}

/// Reads a body of the API from a form.
fn read<T: deserr::Deserr<FieldErrors>>(form: &Form, texts: &[&str]) -> Result<T, Problem> {
    deserr::deserialize(body(form, texts)).map_err(Problem::invalid)
}

/// Refusals that are told on the page itself.
fn is_told_there(problem: &Problem) -> bool {
    matches!(problem.status().as_u16(), 409 | 422)
}

/// A day in words.
fn day(date: &str, lang: Lang) -> String {
    parse_date(date).map_or_else(
        || date.to_owned(),
        |day| match lang {
            Lang::Zh => format!("{}年{}月{}日", day.year(), day.month(), day.day()),
            Lang::En => day.strftime("%-d %b %Y").to_string(),
        },
    )
}

fn at(instant: Instant, lang: Lang) -> String {
    format!("{} {}", day_words(instant, lang), instant.hour_minute())
}

/// When a record says it was.
fn span(visit: &Visit, version: &Version) -> Markup {
    let record = &version.record;
    match (record.started_at, record.ended_at) {
        (Some(from), Some(to)) => when(visit, from, to),
        _ => html! { span.nowrap { (day(&record.on_date, visit.lang)) } },
    }
}

/// What a version gives, and how well it is borne out.
fn worth(version: &Version, lang: Lang) -> Markup {
    let record = &version.record;
    html! {
        @match record.minutes {
            Some(0) => { (lang.pick("不计时长", "No hours")) }
            Some(minutes) => { (duration_words(minutes, lang)) }
            None => { (record.kind.name(lang)) }
        }
        @if let Some(grade) = record.grade { " · " (grade.word()) " " (grade.name(lang)) }
    }
}

fn marks(version: &Version, now: Instant, lang: Lang) -> Markup {
    html! {
        @if version.record.is_late() {
            " · " span.wait { (lang.pick("逾期补记", "recorded late")) }
        }
        @if let Some(dispute) = version.dispute() {
            " · " (state_of(&dispute, now, lang))
        }
    }
}

fn state_of(dispute: &Dispute, now: Instant, lang: Lang) -> Markup {
    let overdue = is_overdue(dispute.state, &dispute.due_on, now);
    html! {
        @if overdue { (lang.pick("逾期未答复", "Answer overdue")) } @else { (dispute.state.name(lang)) }
    }
}

/// A record as a sheet.
fn sheet(visit: &Visit, version: &Version, volunteer: Option<&str>) -> Markup {
    let lang = visit.lang;
    let record = &version.record;
    html! {
        article.ticket {
            h2 { (title(record)) }
            @if let Some(minutes) = record.minutes { div.sum { (big(minutes, lang)) } }
            hr;
            dl.facts {
                @if let Some(name) = volunteer { dt { (lang.pick("志愿者", "Volunteer")) } dd { (name) } }
                dt { (lang.pick("时间", "When")) }
                dd.num { (day(&record.on_date, lang))
                    @if let (Some(from), Some(to)) = (record.started_at, record.ended_at) { " " span.nowrap { (span_words(from, to, lang)) } } }
                @if let Some(said) = record.said() { (facts(&said, lang)) }
                @if let Some(grade) = record.grade {
                    dt { (lang.pick("依据", "Borne out")) } dd { (grade.word()) " · " (grade.name(lang)) }
                }
                dt { (lang.pick("记录单位", "Recorded by")) } dd { (organization_name(version)) }
                dt { (lang.pick("记录于", "Recorded")) } dd.num { (at(record.recorded_at, lang))
                    @if record.is_late() {
                        br; small.wait { (lang.pick("超过活动结束后十个工作日", "later than ten working days after the end")) }
                    } }
            }
        }
    }
}

/// What a record says besides, by its kind.
fn facts(said: &Said, lang: Lang) -> Markup {
    html! {
        @match said {
            Said::Service(facts) => {
                dt { (lang.pick("地点", "Where")) } dd { (facts.place) br; small { (facts.region_name) } }
                dt { (lang.pick("岗位", "Role")) } dd { (facts.role) }
                dt { (lang.pick("内容", "Content")) } dd.prose { (facts.content) }
                @if facts.breaks_minutes > 0 {
                    dt { (lang.pick("扣除", "Breaks")) } dd { (duration_words(facts.breaks_minutes, lang)) }
                }
                dt { (lang.pick("负责人", "In charge")) } dd { (facts.person_in_charge) }
            }
            Said::Training(facts) => {
                dt { (lang.pick("种类", "Kind")) } dd { (RecordKind::Training.name(lang)) }
                dt { (lang.pick("内容", "Content")) } dd.prose { (facts.content) }
                dt { (lang.pick("举办", "Given by")) } dd { (facts.organizer) }
            }
            Said::Honour(facts) => {
                dt { (lang.pick("种类", "Kind")) } dd { (RecordKind::Honour.name(lang)) }
                dt { (lang.pick("授予", "Granted by")) } dd { (facts.grantor) }
            }
            Said::Evaluation(facts) => {
                dt { (lang.pick("评价", "Evaluation")) } dd { (facts.quality) }
                @if let Some(activity) = &facts.activity { dt { (lang.pick("活动", "Activity")) } dd { (activity) } }
            }
        }
    }
}

/// `12 小时 30 分`, the numbers large.
fn big(minutes: i64, lang: Lang) -> Markup {
    let (hours, rest) = (minutes / 60, minutes % 60);
    html! {
        @if hours > 0 || rest == 0 { (hours) small { (lang.pick(" 小时 ", " h ")) } }
        @if rest > 0 { (rest) small { (lang.pick(" 分", " min")) } }
    }
}

/// How a record came to say what it says: every version, the newest first, each with why.
fn history(visit: &Visit, versions: &[Version]) -> Markup {
    let lang = visit.lang;
    html! {
        @if versions.len() > 1 {
            section.course {
                h2 { (lang.pick("更正经过", "Corrections")) }
                ol.shifts {
                    @for (place, version) in versions.iter().enumerate().rev() {
                        li {
                            div.when class=[(place + 1 < versions.len()).then_some("struck")] { (span(visit, version)) }
                            div.go.small { (at(version.record.recorded_at, lang)) }
                            div.small { (worth(version, lang)) br;
                                @match &version.record.reason {
                                    Some(why) => { (lang.pick("更正原因：", "Why: ")) (why) }
                                    None => { (lang.pick("最初的记录", "As first recorded")) }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// What was said and done about a record.
fn steps(case: &Case, lang: Lang) -> Markup {
    html! {
        @if !case.steps.is_empty() {
            section.course {
                h2 { (lang.pick("异议经过", "Dispute")) }
                ol.shifts {
                    @for step in &case.steps {
                        li {
                            div { strong { (step.kind.name(lang)) }
                                @if let Some(office) = &step.office { small { " · " (office) } } }
                            div.go.small { (at(step.at, lang)) }
                            div.prose {
                                @match &step.words {
                                    Some(words) => (words),
                                    None => { (lang.pick("（本人注销后已删除）", "(deleted when they left)")) }
                                }
                                @if step.kind == StepKind::Contested { (proposal(case, &step.dispute_id, lang)) }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn proposal(case: &Case, dispute: &str, lang: Lang) -> Markup {
    let found = case.versions.iter().filter_map(Version::dispute);
    let wish = found
        .into_iter()
        .find(|it| it.id == dispute)
        .map(|it| it.wish)
        .unwrap_or_default();
    html! {
        @if !wish.is_empty() {
            small { br; (lang.pick("认为应是：", "Should be: "))
                @if let Some(start) = wish.started_at { (at(start, lang)) (lang.pick(" 开始 ", " start ")) }
                @if let Some(end) = wish.ended_at { (at(end, lang)) (lang.pick(" 结束 ", " end ")) }
                @if let Some(minutes) = wish.minutes { (duration_words(minutes, lang)) }
            }
        }
    }
}

/// The fields for what a record should say, filled with what it says.
fn time_fields(version: &Version, refused: &Refused<'_>, lang: Lang) -> Markup {
    let record = &version.record;
    let fields = [
        ("started_at", lang.pick("开始", "Start"), record.started_at),
        ("ended_at", lang.pick("结束", "End"), record.ended_at),
    ];
    let minutes = refused.wrong("minutes", lang);
    let hint = match lang {
        Lang::Zh => format!(
            "现在是 {} 分钟。不填则按起止时间减去原有休息；填 0 表示不计时长",
            record.minutes.unwrap_or_default()
        ),
        Lang::En => format!(
            "{} now. Left blank: the times less the breaks as they were. 0: no hours",
            record.minutes.unwrap_or_default()
        ),
    };
    html! {
        @for (name, label, shown) in fields {
            @let shown = shown.map(local_minute).unwrap_or_default();
            @let wrong = refused.wrong(name, lang);
            input type="hidden" name={ (name) "_shown" } value=(shown);
            (ask(name, label, None, wrong, &html! {
                input id=(name) name=(name) type="datetime-local"
                    value=(if refused.form.is_some() { refused.typed(name) } else { &shown })
                    aria-invalid=[wrong.map(|_| "true")] aria-describedby=[wrong.map(|_| format!("{name}-wrong"))];
            }))
        }
        (ask("minutes", lang.pick("实际服务（分钟）", "Minutes given"), Some(&hint), minutes, &html! {
            input id="minutes" name="minutes" inputmode="numeric" autocomplete="off" value=(refused.typed("minutes"))
                aria-invalid=[minutes.map(|_| "true")]
                aria-describedby=[Some(if minutes.is_some() { "minutes-wrong" } else { "minutes-hint" })];
        }))
    }
}

/// A field for words.
fn words_field(
    name: &str,
    label: &str,
    hint: &str,
    most: usize,
    refused: &Refused<'_>,
    lang: Lang,
) -> Markup {
    let wrong = refused.wrong(name, lang);
    let described = format!("{name}-{}", if wrong.is_some() { "wrong" } else { "hint" });
    ask(
        name,
        label,
        Some(hint),
        wrong,
        &html! {
            textarea id=(name) name=(name) rows="4" maxlength=(most) required
                aria-invalid=[wrong.map(|_| "true")] aria-describedby=(described) { (refused.typed(name)) }
        },
    )
}

/// Whether a dispute waits for this state's next step.
fn stands(version: &Version, state: DisputeState) -> bool {
    version
        .dispute()
        .is_some_and(|dispute| dispute.state == state)
}
