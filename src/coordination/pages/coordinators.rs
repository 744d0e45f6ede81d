//! Who coordinates, and appointing others.

use axum::response::Response;
use maud::{Markup, html};
use serde_json::{Map, Value, json};

use super::{Done, told};
use crate::coordination::api::{AppointmentBody, appointed};
use crate::coordination::store::appointing::{self, Board};
use crate::coordination::{Coordinator, Place};
use crate::platform::fields::FieldErrors;
use crate::platform::i18n::Lang;
use crate::platform::idempotency::IdempotencyKey;
use crate::platform::input::{Form, PageQuery, parse_id};
use crate::platform::page::{Audience, Refused, ask, page, see_other, text_input};
use crate::platform::problem::Problem;
use crate::platform::visit::Visit;

const PATH: &str = "/coordination/coordinators";

/// So many coordinators stand on a page.
const SHOWN: i64 = 20;

/// Which coordinators to show, and what has just been done.
#[derive(Debug, Default, deserr::Deserr)]
#[deserr(error = FieldErrors, deny_unknown_fields)]
pub struct CoordinatorsPage {
    /// Where the page before ended.
    #[deserr(default)]
    after: Option<Place>,
    #[deserr(default)]
    done: Option<Done>,
}

/// Serves `/coordination/coordinators`.
pub async fn coordinators(
    visit: Visit,
    PageQuery(query): PageQuery<CoordinatorsPage>,
) -> Result<Response, Problem> {
    if !visit.has_credential() {
        return Ok(see_other("/sign-in?back=/coordination/coordinators"));
    }
    shown(&visit, query, Refused::default()).await
}

async fn shown(
    visit: &Visit,
    query: CoordinatorsPage,
    refused: Refused<'_>,
) -> Result<Response, Problem> {
    let board = appointing::board(visit, query.after.as_ref(), SHOWN).await?;
    let lang = visit.lang;
    let title = lang.pick("统筹员", "Coordinators");
    let body = html! {
        p.small { a href="/coordination" { (lang.pick("统筹", "Coordination")) } }
        h1 { (title) }
        (told(query.done, lang))
        (refused.above(lang))
        ul.shifts { @for coordinator in &board.page.items { (line(coordinator, lang)) } }
        @if let Some(next) = &board.page.next {
            p { a.button.quiet rel="next" href={ (PATH) "?after=" (next) } { (lang.pick("下一页", "Next page")) } }
        }
        (appointment(&board, &refused, lang))
    };
    let response = page(visit, Audience::Oneself, title, &body);
    Ok(refused.answered(response))
}

fn appointment(board: &Board, refused: &Refused, lang: Lang) -> Markup {
    let phone = refused.wrong("phone", lang);
    let office = refused.wrong("office", lang);
    html! {
        details open[refused.problem.is_some()] {
            summary { (lang.pick("任命统筹员", "Appoint a coordinator")) }
            form method="post" action=(PATH) {
                (ask("phone", lang.pick("手机号", "Mobile number"), None, phone,
                    &text_input("phone", "tel", refused.typed("phone"), "off", phone.is_some(), true)))
                (ask("region", lang.pick("行政区划", "Region"), None, refused.wrong("region", lang), &html! {
                    select id="region" name="region" required {
                        @for region in &board.appointable {
                            option value=(region.code) selected[region.code == refused.typed("region")] { (region.full_name) }
                        }
                    }
                }))
                (ask("office", lang.pick("单位名称", "Office"), Some(lang.pick("公开页面只显示单位名称，不显示个人姓名", "The public reads it instead of a name")), office,
                    &text_input("office", "text", refused.typed("office"), "organization", office.is_some(), true)))
                button { (lang.pick("任命", "Appoint")) }
            }
        }
    }
}

fn line(coordinator: &Coordinator, lang: Lang) -> Markup {
    html! {
        li {
            div {
                strong { (coordinator.office) } small { " · " (coordinator.region_name) }
                small { br;
                    @match (&coordinator.name, &coordinator.phone) {
                        (Some(name), Some(phone)) => { (name) " " span.num { (phone) } }
                        (None, Some(phone)) => { span.num { (phone) } (lang.pick("（尚未登录）", " (has not signed in yet)")) }
                        (_, None) => { (lang.pick("任命码尚未使用", "Its code is not redeemed yet")) }
                    }
                    @if coordinator.is_me { (lang.pick("（我）", " (you)")) }
                }
            }
            @if coordinator.revocable {
                details {
                    summary aria-label={ (lang.pick("更改 ", "Change ")) (coordinator.office) } { (lang.pick("更改", "Change")) }
                    form.actions method="post" action={ (PATH) "/revoke" } {
                        input type="hidden" name="id" value=(coordinator.id);
                        @if coordinator.is_me { input type="hidden" name="is_me" value="1"; }
                        button.quiet { @if coordinator.is_me { (lang.pick("卸任", "Step down")) } @else { (lang.pick("撤销", "Revoke")) } }
                    }
                }
            }
        }
    }
}

/// Takes `/coordination/coordinators`.
pub async fn appoint(visit: Visit, form: Form) -> Result<Response, Problem> {
    let fields = ["phone", "region", "office"];
    let body: Map<String, Value> = fields
        .iter()
        .filter_map(|name| Some(((*name).to_owned(), json!(form.get(name)?))))
        .collect();
    let body = deserr::deserialize::<AppointmentBody, _, FieldErrors>(Value::Object(body));
    let done = match body {
        Ok(body) => appointed(&visit, &body, &IdempotencyKey::default()).await,
        Err(errors) => Err(Problem::invalid(errors)),
    };
    match done {
        Ok(_) => Ok(see_other(&format!("{PATH}?done=appointed"))),
        Err(problem) if matches!(problem.status().as_u16(), 409 | 422) => {
            let refused = Refused {
                problem: Some(&problem),
                form: Some(&form),
            };
            shown(&visit, CoordinatorsPage::default(), refused).await
        }
        Err(problem) => Err(problem),
    }
}

/// Takes `/coordination/coordinators/revoke`.
pub async fn revoke(visit: Visit, form: Form) -> Result<Response, Problem> {
    let id = parse_id(form.get("id").unwrap_or_default())?;
    appointing::revoke(&visit, id).await?;
    // Whoever stepped down may have nothing to coordinate any more.
    Ok(match form.get("is_me") {
        Some(_) => see_other("/me/organizations"),
        None => see_other(&format!("{PATH}?done=revoked")),
    })
}
