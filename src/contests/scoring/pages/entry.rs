//! One entry a screen: what it says, what the records say, and the rubric.

use axum::response::Response;
use maud::{Markup, html};
use serde_json::Value;
use uuid::Uuid;

use super::{elsewhere, form, head, progress, stage_path, time_left, track};
use crate::contests::judging::ConflictKind;
use crate::contests::roadshow::{FloorState, require_up};
use crate::contests::rules::Stage;
use crate::contests::scoring::BallotState;
use crate::contests::scoring::api::{changed, key};
use crate::contests::scoring::blind::BAR;
use crate::contests::scoring::store::saving::{Basis, Saved, Writing, save};
use crate::contests::scoring::store::{self, JudgedEntry, Sheet};
use crate::hours::duration_words;
use crate::platform::i18n::Lang;
use crate::platform::input::{Choice as _, Form, Path, parse_id};
use crate::platform::page::{Audience, Refused, page_with_head, see_other};
use crate::platform::problem::Problem;
use crate::platform::visit::{Presented, Visit};

/// The number in `E0001`.
fn number(text: &str) -> Result<i64, Problem> {
    let digits = text.strip_prefix('E').filter(|digits| digits.len() >= 4);
    digits
        .and_then(|digits| digits.parse().ok())
        .ok_or_else(Problem::not_found)
}

/// Serves `/me/judging/{contest}/{stage}/{number}`.
pub async fn show(
    visit: Visit,
    Path((contest, stage, entry)): Path<(String, String, String)>,
) -> Result<Response, Problem> {
    let contest = parse_id(&contest)?;
    match store::numbered(&visit, contest, &key(&stage)?, number(&entry)?).await {
        Ok(sheet) => shown(&visit, contest, &sheet, &Refused::default()),
        Err(problem) => elsewhere(&visit, contest, problem),
    }
}

/// Takes `/me/judging/{contest}/{stage}/{number}`: saves, hands in, or goes back to what stood
/// before.
pub async fn submit(
    visit: Visit,
    _: Presented,
    Path((contest, stage, entry)): Path<(String, String, String)>,
    form: Form,
) -> Result<Response, Problem> {
    let contest = parse_id(&contest)?;
    let sheet = match store::numbered(&visit, contest, &key(&stage)?, number(&entry)?).await {
        Ok(sheet) => sheet,
        Err(problem) => return elsewhere(&visit, contest, problem),
    };
    match saved(&visit, contest, &sheet, &form).await {
        Ok(()) => Ok(see_other(&after(contest, &sheet, form.get("act"))?)),
        Err(problem) if matches!(problem.status().as_u16(), 409 | 412 | 422) => {
            // What stands may have changed since; what was typed stays typed.
            let id = parse_id(&sheet.entry.id)?;
            let sheet = store::sheet(&visit, contest, &key(&stage)?, id).await?;
            let refused = Refused {
                problem: Some(&problem),
                form: Some(&form),
            };
            Ok(refused.answered(shown(&visit, contest, &sheet, &refused)?))
        }
        Err(problem) => Err(problem),
    }
}

async fn saved(visit: &Visit, contest: Uuid, sheet: &Sheet, form: &Form) -> Result<(), Problem> {
    let stage = sheet.bench.stage()?;
    let version = form.get("version").and_then(|text| text.parse().ok());
    let basis = Basis::Versions(version.into_iter().collect());
    let writing = match (form.get("act"), &sheet.ballot.before) {
        (Some("undo"), Some(before)) => Writing {
            scores: before.scores.clone(),
            comment: before.comment.clone(),
            hands_in: false,
        },
        (act, _) => form::typed(form, stage, act == Some("hand_in")).map_err(Problem::invalid)?,
    };
    let entry = parse_id(&sheet.entry.id)?;
    match save(visit, contest, &stage.key, entry, &writing, &basis).await? {
        Saved::Stands(_) => Ok(()),
        Saved::Changed(ballot) => Err(changed(ballot.version)),
    }
}

/// Where a judge goes on: to the next entry that is not handed in, once this one is.
fn after(contest: Uuid, sheet: &Sheet, act: Option<&str>) -> Result<String, Problem> {
    let here = stage_path(contest, sheet.bench.stage()?);
    if act != Some("hand_in") {
        return Ok(format!("{here}/{}", sheet.entry.number));
    }
    Ok(match next(sheet, true) {
        Some(number) => format!("{here}/{number}"),
        None => here,
    })
}

/// The next entry after this one, from the beginning again after the last; with `open`, one
/// that is not handed in.
fn next(sheet: &Sheet, open: bool) -> Option<&str> {
    // What comes next in a roadshow is not the judge's to say.
    if sheet.floor.is_some() {
        return None;
    }
    let at = sheet
        .items
        .iter()
        .position(|line| line.entry_id == sheet.entry.id)?;
    let (before, from) = sheet.items.split_at(at);
    from.iter()
        .skip(1)
        .chain(before)
        .find(|line| !open || line.state != BallotState::HandedIn)
        .map(|line| line.number.as_str())
}

fn shown(
    visit: &Visit,
    contest: Uuid,
    sheet: &Sheet,
    refused: &Refused<'_>,
) -> Result<Response, Problem> {
    let (lang, stage) = (visit.lang, sheet.bench.stage()?);
    let (here, entry, ballot) = (stage_path(contest, stage), &sheet.entry, &sheet.ballot);
    let open = stage.is_open(visit.now) && require_up(stage, sheet.floor).is_ok();
    let action = format!("{here}/{}", entry.number);
    let api = format!(
        "/api/v1/contests/{contest}/stages/{}/ballots/{}",
        stage.key.as_str(),
        entry.id
    );
    let title = format!("{} {}", entry.number, entry.title);
    let body = html! {
        p.small { a href=(here) { (stage.name.as_str()) } " · " (track(&sheet.bench.rules, &entry.track)) }
        (progress(&sheet.items, lang))
        p.small { (time_left(visit, stage)) }
        h1 { (entry.number) " " (with_bars(&entry.title, lang)) }
        (told(refused, ballot, stage, lang))
        @if let Some(floor) = sheet.floor { (on_the_floor(floor, ballot.state, &here, lang)) }
        (content(entry, lang))
        form method="post" action=(action) data-ballot=(api) data-version=(ballot.version)
            data-judge=(sheet.bench.judge) data-state=(ballot.state.word()) data-next=[next(sheet, true).map(|number| format!("{here}/{number}"))]
            data-list=(here) data-name=(entry.number)
        {
            input type="hidden" name="version" value=(ballot.version);
            h2 #scores { (lang.pick("评分", "Scores")) }
            @for criterion in stage.criteria.iter() { (form::criterion(criterion, ballot, refused, open, lang)) }
            (form::comment(ballot, refused, open, lang))
            p.small role="status" data-saved {
                @match (ballot.state, ballot.saved_at) {
                    (BallotState::HandedIn, Some(at)) => { (lang.pick("已交，截止前可以修改。保存于 ", "Handed in; it may be changed until the stage closes. Saved ")) (at.hour_minute()) }
                    (_, Some(at)) => { (lang.pick("已保存，尚未交：", "Saved, not handed in: ")) (at.hour_minute()) }
                    (_, None) => { (lang.pick("尚未保存", "Not saved yet")) }
                }
            }
            @if open {
                button.wide name="act" value="hand_in" { @match (ballot.state, sheet.floor) {
                    (BallotState::HandedIn, None) => { (lang.pick("保存修改，看下一件", "Save, and on to the next")) }
                    (BallotState::HandedIn, Some(_)) => { (lang.pick("保存修改", "Save")) }
                    (_, None) => { (lang.pick("交这一件，看下一件", "Hand in, and on to the next")) }
                    (_, Some(_)) => { (lang.pick("交评分", "Hand in")) }
                } }
                div.actions {
                    button.quiet name="act" value="save" { (lang.pick("先存着", "Save for now")) }
                    @if ballot.before.is_some() {
                        button.quiet name="act" value="undo" formnovalidate { (lang.pick("撤销上次保存", "Undo the last save")) }
                    }
                    @if let Some(number) = next(sheet, false) {
                        a.button.quiet href={ (here) "/" (number) } { (lang.pick("跳过", "Skip")) }
                    }
                }
            }
        }
        (conflict(contest, entry, lang))
    };
    Ok(page_with_head(
        visit,
        Audience::Oneself,
        &title,
        &head(),
        &body,
    ))
}

/// Where the entry is in a roadshow, and what that means for its judge.
fn on_the_floor(floor: FloorState, ballot: BallotState, here: &str, lang: Lang) -> Markup {
    let words = match (floor, ballot) {
        (FloorState::Open, _) => lang.pick(
            "正在评分。停止评分前没有交的不计。",
            "Being scored. What is not handed in when scoring is closed does not count.",
        ),
        (FloorState::Waiting, _) => lang.pick(
            "还没有上场，可以先看材料，上场后再评分。",
            "Not up yet: read it now, and score it once it is called up.",
        ),
        (FloorState::Closed | FloorState::Shown, BallotState::HandedIn) => lang.pick(
            "评分已停止，您交的有效。",
            "Scoring is closed; what you handed in counts.",
        ),
        (FloorState::Closed | FloorState::Shown, _) => lang.pick(
            "评分已停止，您没有交，不计分。",
            "Scoring is closed; you had not handed in, so it does not count.",
        ),
    };
    html! {
        div.say.wait[floor != FloorState::Open].good[floor == FloorState::Open] {
            p { (words) }
            p { @if floor == FloorState::Open {
                a.more href="#scores" { (lang.pick("直接评分", "To the scores")) }
            } @else {
                a.more href=(here) { (lang.pick("看现在轮到谁", "See what is up now")) }
            } }
        }
    }
}

/// Why it was not saved, and what stands instead.
fn told(refused: &Refused<'_>, ballot: &store::Ballot, stage: &Stage, lang: Lang) -> Markup {
    let stands = refused
        .problem
        .is_some_and(|problem| matches!(problem.status().as_u16(), 409 | 412));
    html! {
        (refused.above(lang))
        @if stands {
            p.small {
                (lang.pick("已保存的是：", "What is saved: "))
                @for (at, criterion) in stage.criteria.iter().enumerate() {
                    @if at > 0 { (lang.pick("，", ", ")) }
                    (criterion.name.as_str()) " "
                    @match ballot.scores.get(criterion.key.as_str()) { Some(score) => (score), None => "–" }
                }
                (lang.pick("。您刚写的留在下面。", ". What you wrote is below."))
            }
        }
    }
}

/// A text whose hidden parts are marked for the eye and for the ear.
fn with_bars(text: &str, lang: Lang) -> Markup {
    let hidden = lang.pick("已隐去", "hidden");
    html! {
        @for (at, part) in text.split(BAR).enumerate() {
            @if at > 0 { mark.bar { span aria-hidden="true" { (BAR) } span.unseen { (hidden) } } }
            (part)
        }
    }
}

fn content(entry: &JudgedEntry, lang: Lang) -> Markup {
    html! {
        @if let Some(name) = &entry.organization_name { p { strong { (name) } } }
        (records(&entry.facts, lang))
        @for words in &entry.words {
            h2 { (words.name) }
            p.prose { (with_bars(&words.text, lang)) }
        }
        @if !entry.attachments.is_empty() {
            h2 { (lang.pick("附件", "Attachments")) }
            ul { @for link in &entry.attachments { li {
                @match &link.url {
                    Some(url) => a href=(url) rel="noopener noreferrer" { (link.name) },
                    None => { (with_bars(&link.name, lang)) small { (lang.pick("（匿名评审，不提供链接）", " (read blind: no link)")) } }
                }
            } } }
        }
    }
}

/// What the records say, as far as a judge may know it.
fn records(facts: &Value, lang: Lang) -> Markup {
    let count = |name: &str| facts[name].as_i64().unwrap_or_default();
    let places = facts["places"]
        .as_array()
        .map(Vec::as_slice)
        .unwrap_or_default();
    html! {
        dl.facts {
            dt { (lang.pick("服务人数", "People")) } dd.num { (count("people")) }
            dt { (lang.pick("班次", "Shifts")) } dd.num { (count("shifts")) }
            @if let (Some(from), Some(until)) = (facts["from"].as_str(), facts["until"].as_str()) {
                dt { (lang.pick("期间", "Period")) } dd.num { (from) " – " (until) }
            }
            @for grade in ["a", "b", "c", "d"] {
                @if let Some(minutes) = facts["minutes"].get(grade).and_then(Value::as_i64).filter(|minutes| *minutes > 0) {
                    dt { (grade.to_uppercase()) (lang.pick(" 级时长", "-grade hours")) } dd.num { (duration_words(minutes, lang)) }
                }
            }
            @if !places.is_empty() {
                dt { (lang.pick("地点", "Places")) }
                dd { @for (at, place) in places.iter().enumerate() {
                    @if at > 0 { (lang.pick("、", ", ")) } (place.as_str().unwrap_or_default())
                } }
            }
        }
        p.small { (lang.pick("以上数据取自服务记录，单位不能改写。", "These come from the records; the organization cannot write them.")) }
    }
}

/// A judge who recognizes an entry hands it back.
fn conflict(contest: Uuid, entry: &JudgedEntry, lang: Lang) -> Markup {
    html! {
        details {
            summary { (lang.pick("我应当回避这个项目", "I have a conflict with this entry")) }
            form method="post" action={ "/me/judging/" (contest) } {
                input type="hidden" name="entry" value=(entry.id);
                p.small { (lang.pick(
                    "申报后这个项目不再由您评，已评的分数作废，且不能撤回。",
                    "It is then not yours to judge any more, what you scored of it does not count, and this cannot be taken back.",
                )) }
                div.ask {
                    label for="kind" { (lang.pick("原因", "Why")) }
                    select id="kind" name="kind" { @for (kind, word) in ConflictKind::ALL {
                        option value=(word) { (kind.name(lang)) }
                    } }
                }
                button.quiet { (lang.pick("申报回避", "Declare it")) }
            }
        }
    }
}
