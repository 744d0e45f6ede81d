//! A judge's conflicts of interest, and stepping down.

use axum::response::Response;
use maud::{Markup, html};
use uuid::Uuid;

use crate::contests::judging::ConflictKind;
use crate::contests::judging::store::conflicts::{
    self, Conflict, Declared, Form as Page, NewConflict,
};
use crate::contests::judging::store::inviting;
use crate::platform::clock::day_from;
use crate::platform::fields::FieldErrors;
use crate::platform::i18n::{Lang, Words};
use crate::platform::idempotency::IdempotencyKey;
use crate::platform::input::{Choice as _, Form, Id, parse_id};
use crate::platform::page::{Audience, Refused, ask, page, see_other};
use crate::platform::problem::Problem;
use crate::platform::visit::{Presented, Visit};

/// Serves `/me/judging/{contest}`.
pub async fn show(visit: Visit, Id(contest): Id) -> Result<Response, Problem> {
    match conflicts::form(&visit, contest).await {
        Ok(shows) => Ok(shown(&visit, contest, &shows, &Refused::default())),
        Err(problem) if problem.code() == "unauthenticated" => {
            Ok(see_other(&format!("/sign-in?back=/me/judging/{contest}")))
        }
        Err(problem) => Err(problem),
    }
}

/// Takes `/me/judging/{contest}`: a declaration, or stepping down.
pub async fn declare(
    visit: Visit,
    _: Presented,
    Id(contest): Id,
    form: Form,
) -> Result<Response, Problem> {
    if form.get("act") == Some("leave") {
        let own = conflicts::form(&visit, contest).await?;
        inviting::leave(&visit, contest, parse_id(&own.judge)?).await?;
        return Ok(see_other("/me/judging"));
    }
    match declared(&visit, contest, &form).await {
        // Somebody with more to declare stays; whoever is done goes on.
        Ok(()) if form.get("act") == Some("more") => {
            Ok(see_other(&format!("/me/judging/{contest}")))
        }
        Ok(()) => Ok(see_other("/me/judging")),
        Err(problem) if problem.status().as_u16() == 422 => {
            let shows = conflicts::form(&visit, contest).await?;
            let refused = Refused {
                problem: Some(&problem),
                form: Some(&form),
            };
            Ok(refused.answered(shown(&visit, contest, &shows, &refused)))
        }
        Err(problem) => Err(problem),
    }
}

async fn declared(visit: &Visit, contest: Uuid, form: &Form) -> Result<(), Problem> {
    let kind = form.get("kind").and_then(ConflictKind::from_word);
    let kind = kind.unwrap_or(ConflictKind::Other);
    let fault = |field: &str, zh: &'static str, en: &'static str| {
        Problem::invalid(FieldErrors::one(format!("/{field}"), Words::new(zh, en)))
    };
    let none = NewConflict {
        kind,
        organization_id: None,
        region: None,
        entry_id: None,
    };
    let mut said = Vec::new();
    if let Some(entry) = form.get("entry") {
        let entry_id = Some(parse_id(entry)?);
        said.push(NewConflict { entry_id, ..none });
    } else {
        if let Some(region) = form.get("region") {
            said.push(NewConflict {
                region: Some(region.to_owned()),
                kind: ConflictKind::Region,
                ..none
            });
        }
        if let Some(name) = form.get("organization") {
            let named = conflicts::organizations_named(visit, name).await?;
            if named.is_empty() {
                return Err(fault(
                    "organization",
                    "没有找到这个组织，请填写登记的全称",
                    "is not known here; give the full name as it is registered",
                ));
            }
            for id in named {
                said.push(NewConflict {
                    kind,
                    organization_id: Some(parse_id(&id)?),
                    region: None,
                    entry_id: None,
                });
            }
        }
    }
    match conflicts::declare(visit, contest, &said, &IdempotencyKey::default()).await? {
        Declared::Done(..) => Ok(()),
        Declared::Unknown(_) => Err(fault("region", "没有找到", "is not known here")),
    }
}

fn shown(visit: &Visit, contest: Uuid, shows: &Page, refused: &Refused<'_>) -> Response {
    let lang = visit.lang;
    let title = lang.pick("利益冲突申报", "Conflicts of interest");
    let declaration = &shows.declaration;
    let first = declaration.declared_at.is_none();
    let body = html! {
        p.small { a href="/me/judging" { (lang.pick("我的评审", "My judging")) } }
        h1 { (title) }
        p.lead { (lang.pick(
            "与参赛单位有下列关系的，应当回避：本单位、本地区、亲属、指导或顾问，以及其他可能影响公正的情形。您在本平台所属的组织会自动申报。",
            "You do not judge your own organization, your own region, kin, those you advise, or where anything else may sway you. Organizations you belong to here are declared for you.",
        )) }
        (refused.above(lang))
        @if !declaration.items.is_empty() {
            ul { @for conflict in &declaration.items { li { (line(visit, conflict)) } } }
        }
        form method="post" action={ "/me/judging/" (contest) } {
            (ask("region", lang.pick("要回避的地区", "A region"), None, refused.wrong("region", lang), &html! {
                select id="region" name="region" {
                    option value="" { (lang.pick("没有", "None")) }
                    @for region in &shows.regions {
                        option value=(region.code) selected[refused.typed("region") == region.code] { (region.full_name) }
                    }
                }
            }))
            (ask("organization", lang.pick("要回避的组织", "An organization"),
                Some(lang.pick("登记的全称；没有就不填", "Its full name as registered; leave it empty if there is none")),
                refused.wrong("organization", lang), &html! {
                    input id="organization" name="organization" maxlength="80" autocomplete="off" value=(refused.typed("organization"));
                }))
            (ask("kind", lang.pick("与该组织的关系", "How you stand to it"), None, None, &html! {
                select id="kind" name="kind" { @for (kind, word) in ConflictKind::ALL {
                    option value=(word) selected[refused.typed("kind") == *word] { (kind.name(lang)) }
                } }
            }))
            p.small { (lang.pick("申报后不能撤回；以后想起来的，随时可以补充。", "What is declared stays; add more whenever it comes to mind.")) }
            @if first {
                button.wide name="act" value="done" { (lang.pick("申报完毕，没有其他需要回避的", "That is all; I have no other conflict")) }
            }
            div.actions { button.quiet name="act" value="more" { (lang.pick("添加，继续申报", "Add, and declare more")) } }
        }
        details {
            summary { (lang.pick("退出评审", "Step down")) }
            form method="post" action={ "/me/judging/" (contest) } {
                p.small { (lang.pick(
                    "退出后不能再担任本次大赛的评委；已交的评分有效，未交的会重新分配。",
                    "You cannot judge this contest again. What you handed in stands; the rest is drawn anew.",
                )) }
                button.quiet name="act" value="leave" { (lang.pick("确定退出", "Yes, step down")) }
            }
        }
    };
    page(visit, Audience::Oneself, title, &body)
}

/// A conflict in words.
fn line(visit: &Visit, conflict: &Conflict) -> Markup {
    let lang = visit.lang;
    let with = [&conflict.organization_name, &conflict.region_name];
    let with = with.into_iter().flatten().next().map(String::as_str);
    html! {
        (conflict.kind.name(lang)) (lang.pick("：", ": "))
        (with.unwrap_or(match lang { Lang::Zh => "一个参赛项目", Lang::En => "an entry" }))
        small.nowrap { " · " (day_from(visit.now, conflict.declared_at, lang)) }
    }
}
