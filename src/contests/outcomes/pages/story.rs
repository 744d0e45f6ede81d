//! Where an organization writes the story of an awarded entry, and agrees to its being
//! published.

use axum::response::Response;
use maud::{Markup, html};
use serde_json::{Value, json};
use uuid::Uuid;

use super::run::told;
use super::{area, at_most, sendings_shown, typed};
use crate::contests::entering::store::own;
use crate::contests::entry_label;
use crate::contests::outcomes::store::stories::{self, Story};
use crate::contests::outcomes::{PICTURES, STORY, acts};
use crate::organizations::pages::{Console, ConsolePage};
use crate::platform::fields::FieldErrors;
use crate::platform::i18n::Lang;
use crate::platform::input::{Form, LargeForm, Path, parse_id};
use crate::platform::page::{Audience, Refused, ask, page, see_other, text_input};
use crate::platform::problem::Problem;
use crate::platform::visit::{Presented, Visit};

/// So many blank pictures stand below those that are named.
const BLANK: usize = 3;

/// Serves `/organizations/{id}/entries/{entry}/story`.
pub async fn show(
    visit: Visit,
    _: Presented,
    Path((organization, entry)): Path<(String, String)>,
) -> Result<Response, Problem> {
    let of = (parse_id(&organization)?, parse_id(&entry)?);
    shown(&visit, of, Refused::default()).await
}

async fn shown(
    visit: &Visit,
    (organization, entry): (Uuid, Uuid),
    refused: Refused<'_>,
) -> Result<Response, Problem> {
    let own = own(visit, organization, entry).await?;
    let contest = parse_id(&own.entry.contest_id)?;
    let before = stories::load(visit, (contest, entry)).await?;
    before.door.require_awarded()?;
    let (lang, stands) = (visit.lang, before.stands.as_ref());
    let (title, organization) = (lang.pick("宣传稿", "Story"), organization.to_string());
    let back = format!("/organizations/{organization}/entries/{entry}");
    let number = own.entry.number.map(entry_label).unwrap_or_default();
    let body = html! {
        (Console::of(visit, &organization, &own.agent).nav(Some(ConsolePage::Entries)))
        p.small { a href=(back) { span.num { (number) } " " (own.entry.title) } }
        h1 { (title) }
        p.lead { (lang.pick(
            "写一写获奖项目的故事。同意公开后，主办方可以推送到中国志愿服务网等渠道；同意可以随时撤回。",
            "Tell what the project did. Once you agree, the host may send it to channels; you may withdraw that at any time.",
        )) }
        @if let Some(problem) = refused.problem { (told(problem, lang)) }
        @if let Some(story) = stands {
            @match story.consented_at {
                Some(_) => p { span.state.confirmed { (lang.pick("已同意公开", "May be published")) } },
                None => p { span.state.waitlisted { (lang.pick("未同意公开", "Not to be published")) } },
            }
            (sendings_shown(&story.sendings, lang))
        }
        (form(&format!("{back}/story"), stands, &refused, lang))
    };
    Ok(refused.answered(page(visit, Audience::Oneself, title, &body)))
}

fn form(here: &str, stands: Option<&Story>, refused: &Refused, lang: Lang) -> Markup {
    let wrong = |name: &str| refused.wrong(name, lang);
    let rows = stands.map_or(0, |story| story.pictures.len()) + BLANK;
    let agreed = match refused.form {
        Some(form) => form.get("consent").is_some(),
        None => stands.is_some_and(|story| story.consented_at.is_some()),
    };
    html! {
        form method="post" action=(here) {
            input type="hidden" name="version" value=(stands.map_or(0, |story| story.version));
            (ask("title", lang.pick("标题", "Title"), Some(&at_most(60, lang)), wrong("title"),
                &text_input("title", "text", typed(refused, "title", stands.map_or("", |story| &story.title)), "off", wrong("title").is_some(), true)))
            (area("text", lang.pick("正文", "Text"), (STORY, 12), typed(refused, "text", stands.map_or("", |story| &story.text)), wrong("text"), lang))
            p.small { (lang.pick(
                "请勿写受助人和志愿者的姓名、电话、住址，照片须征得本人（未成年人须征得监护人）同意。",
                "Name no one who was helped and no volunteer, nor where they live; pictures need the consent of those on them, or of their guardians.",
            )) }
            @for at in 0..rows.min(PICTURES) { (picture(at, stands, refused, lang)) }
            label.tick {
                input type="checkbox" name="consent" value="yes" checked[agreed];
                (lang.pick("本组织同意公开并推送这篇宣传稿", "Our organization agrees to this story being published and sent on"))
            }
            p.small { (lang.pick(
                "去掉勾选再保存即撤回同意：宣传稿从公开页面和导出中撤下，已推送的记录保留。",
                "Saved without the tick, the consent is withdrawn: the story leaves pages and exports; where it was sent stays on record.",
            )) }
            button { (lang.pick("保存", "Save")) }
        }
    }
}

fn picture(at: usize, stands: Option<&Story>, refused: &Refused, lang: Lang) -> Markup {
    let picture = stands.and_then(|story| story.pictures.get(at));
    let [url, caption] = ["url", "caption"].map(|part| format!("picture-{at}-{part}"));
    let wrong = |part: &str| refused.wrong(&format!("pictures/{at}/{part}"), lang);
    html! {
        fieldset {
            legend { (lang.pick("图片 ", "Picture ")) (at + 1) }
            (ask(&url, lang.pick("网址", "Address"), Some(lang.pick("https:// 开头", "Begins with https://")), wrong("url"),
                &text_input(&url, "url", typed(refused, &url, picture.map_or("", |it| &it.url)), "off", wrong("url").is_some(), false)))
            (ask(&caption, lang.pick("图片说明", "Caption"), Some(&at_most(100, lang)), wrong("caption"),
                &text_input(&caption, "text", typed(refused, &caption, picture.map_or("", |it| &it.caption)), "off", wrong("caption").is_some(), false)))
        }
    }
}

/// What a form says of a story; pictures left blank are none.
fn story_of(form: &Form) -> Value {
    let pictures = (0..PICTURES).filter_map(|at| {
        let url = form.get(&format!("picture-{at}-url"));
        let caption = form.get(&format!("picture-{at}-caption"));
        (url.is_some() || caption.is_some()).then(
            || json!({"url": url.unwrap_or_default(), "caption": caption.unwrap_or_default()}),
        )
    });
    json!({
        "title": form.get("title").unwrap_or_default(),
        "text": form.get("text").unwrap_or_default(),
        "pictures": pictures.collect::<Vec<_>>(),
        "consent": form.get("consent").is_some(),
    })
}

async fn carried_out(
    visit: &Visit,
    (organization, entry): (Uuid, Uuid),
    form: &Form,
) -> Result<(), Problem> {
    let own = own(visit, organization, entry).await?;
    let contest = parse_id(&own.entry.contest_id)?;
    let body = deserr::deserialize::<_, _, FieldErrors>(story_of(form));
    let body = body.map_err(Problem::invalid)?;
    let seen: Option<i64> = form.get("version").and_then(|version| version.parse().ok());
    let meant = |version| seen.is_none_or(|seen| seen == version);
    acts::story(visit, (contest, entry), &body, &meant)
        .await
        .map(drop)
}

/// Takes `/organizations/{id}/entries/{entry}/story`.
pub async fn write(
    visit: Visit,
    _: Presented,
    Path((organization, entry)): Path<(String, String)>,
    LargeForm(form): LargeForm,
) -> Result<Response, Problem> {
    let of = (parse_id(&organization)?, parse_id(&entry)?);
    match carried_out(&visit, of, &form).await {
        Ok(()) => Ok(see_other(&format!(
            "/organizations/{organization}/entries/{entry}/story"
        ))),
        Err(problem) if matches!(problem.status().as_u16(), 412 | 422) => {
            let refused = Refused {
                problem: Some(&problem),
                form: Some(&form),
            };
            shown(&visit, of, refused).await
        }
        Err(problem) => Err(problem),
    }
}
