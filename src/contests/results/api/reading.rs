//! Results, their texts to the byte, and awards.

use axum::http::header;
use axum::response::{IntoResponse, Response};
use deserr::Deserr;
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};

use super::{cache, open};
use crate::choice;
use crate::contests::entry_label;
use crate::contests::results::store::awards::{self, Awarded};
use crate::contests::results::store::placings::{self, Placed, Which};
use crate::contests::results::store::reading::{self, Heading};
use crate::contests::results::store::texts::{self, TableRow, Text};
use crate::contests::rules::{Key, Rules};
use crate::contests::scoring::api::key;
use crate::imports::sheet::guarded;
use crate::menu::api::{continued, link_to};
use crate::platform::download::{BYTE_ORDER_MARK, download, write_row};
use crate::platform::fields::FieldErrors;
use crate::platform::i18n::Lang;
use crate::platform::input::{Digits, Id, Path, Query, parse_id};
use crate::platform::problem::{Problem, ProblemDetails};
use crate::platform::visit::Visit;

/// Results of a contest, the newest first.
#[derive(Debug, Serialize, ToSchema)]
pub struct ContestResults {
    items: Vec<Heading>,
}

/// List the results of a contest.
///
/// Everybody reads those that are published, superseded ones included; sealed ones are for
/// those who run the contest, its chair and its supervisor, unless they belong to an
/// organization that entered.
#[utoipa::path(
    get,
    path = "/api/v1/contests/{id}/results",
    operation_id = "list_results",
    tag = "contests",
    params(("id" = Uuid, Path, description = "The contest's id")),
    responses(
        (status = 200, body = ContestResults),
        (status = 404, body = ProblemDetails, content_type = "application/problem+json", description = "not_found"),
    ),
)]
pub async fn list(visit: Visit, Id(contest): Id) -> Result<Response, Problem> {
    let results = reading::results(&visit, contest, None).await?;
    let items = results.items;
    Ok(open(&visit, ContestResults { items }))
}

/// Read a result.
#[utoipa::path(
    get,
    path = "/api/v1/contests/{id}/stages/{stage}/results/{version}",
    operation_id = "read_result",
    tag = "contests",
    params(
        ("id" = Uuid, Path, description = "The contest's id"),
        ("stage" = Key, Path, description = "The stage's key", example = "paper"),
        ("version" = i64, Path, description = "From 1", example = 1),
    ),
    responses(
        (status = 200, body = Heading),
        (status = 404, body = ProblemDetails, content_type = "application/problem+json", description = "not_found"),
    ),
)]
pub async fn show(
    visit: Visit,
    Path((contest, stage, version)): Path<(String, String, u32)>,
) -> Result<Response, Problem> {
    let stage = key(&stage)?;
    let one = Some((&stage, version.into()));
    let mut results = reading::results(&visit, parse_id(&contest)?, one).await?;
    let heading = results.items.pop().ok_or_else(Problem::not_found)?;
    Ok(open(&visit, heading))
}

/// Which placings to list.
#[derive(Debug, Deserr, IntoParams)]
#[deserr(error = FieldErrors, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PlacingsQuery {
    /// How many, 50 when left out.
    #[param(value_type = Option<i64>, minimum = 1, maximum = 200, example = 50)]
    #[deserr(default)]
    limit: Option<Digits<1, 200>>,
    /// Where the next page begins; taken from `next`.
    #[param(value_type = Option<i64>, minimum = 1, example = 50)]
    #[deserr(default)]
    cursor: Option<Digits<1, 9_007_199_254_740_991>>,
    /// Only those that people should talk about, such as whose place rests on one judge.
    #[param(inline, example = "true")]
    #[deserr(default)]
    flagged: Option<Only>,
}

choice! {
    /// Yes or no in a query.
    Only {
        /// Yes.
        True = "true",
        /// No.
        False = "false",
    }
}

/// Where the entries of a track came.
#[derive(Debug, Serialize, ToSchema)]
pub struct ContestPlacings {
    items: Vec<Placed>,
    /// Where the next page is; `null` on the last.
    next: Option<String>,
}

/// List where the entries of a track came.
///
/// In the order of the ranking. Of a stage from which only some go on, those who do are told,
/// in the order of their numbers, without ranks and points until the last stage is judged.
#[utoipa::path(
    get,
    path = "/api/v1/contests/{id}/stages/{stage}/results/{version}/tracks/{track}",
    operation_id = "list_placings",
    tag = "contests",
    params(
        ("id" = Uuid, Path, description = "The contest's id"),
        ("stage" = Key, Path, description = "The stage's key", example = "roadshow"),
        ("version" = i64, Path, description = "From 1", example = 1),
        ("track" = Key, Path, description = "The track's key", example = "education"),
        PlacingsQuery,
    ),
    responses(
        (status = 200, body = ContestPlacings, headers(("Link" = String, description = "rel=next, when there is more"))),
        (status = 404, body = ProblemDetails, content_type = "application/problem+json", description = "not_found"),
    ),
)]
pub async fn placings(
    visit: Visit,
    Path((contest, stage, version, track)): Path<(String, String, u32, String)>,
    Query(query): Query<PlacingsQuery>,
) -> Result<Response, Problem> {
    let stage = key(&stage)?;
    let which = Which {
        stage: &stage,
        version: version.into(),
        track: &track,
        from: query.cursor.map_or(0, Digits::get),
        limit: query.limit.map_or(50, Digits::get),
        flagged: query.flagged.is_some_and(|only| only == Only::True),
    };
    let page = placings::placings(&visit, parse_id(&contest)?, which).await?;
    let next = page
        .next
        .map(|place| continued(&visit.target, &place.to_string()));
    let link = link_to(next.as_deref());
    let items = page.items;
    let body = axum::Json(ContestPlacings { items, next });
    Ok((cache(&visit), link, body).into_response())
}

async fn text_of(
    visit: &Visit,
    contest: &str,
    (stage, version): (&str, u32),
    text: Text<'_>,
) -> Result<Response, Problem> {
    let stage = key(stage)?;
    let one = (&stage, version.into());
    let text = texts::text(visit, parse_id(contest)?, one, text).await?;
    let of_json = [(header::CONTENT_TYPE, "application/json")];
    Ok((cache(visit), of_json, text).into_response())
}

/// Read what was approved, to the byte.
///
/// JSON as RFC 8785 writes it: SHA-256 of the body is the result's `hash`. It names the
/// hashes of the rules, and of every track's sheet and ranking.
#[utoipa::path(
    get,
    path = "/api/v1/contests/{id}/stages/{stage}/results/{version}/document",
    operation_id = "read_result_document",
    tag = "contests",
    params(
        ("id" = Uuid, Path, description = "The contest's id"),
        ("stage" = Key, Path, description = "The stage's key", example = "roadshow"),
        ("version" = i64, Path, description = "From 1", example = 1),
    ),
    responses(
        (status = 200, description = "The document", content((std::collections::HashMap<String, serde_json::Value> = "application/json"))),
        (status = 404, body = ProblemDetails, content_type = "application/problem+json", description = "not_found: no such result as far as it is public"),
    ),
)]
pub async fn document(
    visit: Visit,
    Path((contest, stage, version)): Path<(String, String, u32)>,
) -> Result<Response, Problem> {
    text_of(&visit, &contest, (&stage, version), Text::Document).await
}

/// Read a track's sheet, to the byte.
///
/// All that its ranking follows from: stages, criteria, tie rules, and every ballot that
/// counts under pseudonyms. SHA-256 of the body stands in the result. `browser/ranking` and
/// `script/recompute-ranking.mjs` turn it into the ranking, byte for byte.
#[utoipa::path(
    get,
    path = "/api/v1/contests/{id}/stages/{stage}/results/{version}/tracks/{track}/sheet",
    operation_id = "read_sheet",
    tag = "contests",
    params(
        ("id" = Uuid, Path, description = "The contest's id"),
        ("stage" = Key, Path, description = "The stage's key", example = "roadshow"),
        ("version" = i64, Path, description = "From 1", example = 1),
        ("track" = Key, Path, description = "The track's key", example = "education"),
    ),
    responses(
        (status = 200, description = "The sheet", content((std::collections::HashMap<String, serde_json::Value> = "application/json"))),
        (status = 404, body = ProblemDetails, content_type = "application/problem+json", description = "not_found: no such result as far as it is public"),
    ),
)]
pub async fn sheet(
    visit: Visit,
    Path((contest, stage, version, track)): Path<(String, String, u32, String)>,
) -> Result<Response, Problem> {
    text_of(&visit, &contest, (&stage, version), Text::Sheet(&track)).await
}

/// Read a track's ranking, to the byte.
///
/// Ranks, totals, each stage's score beside the raw mean, standard errors, what broke ties,
/// and what people should talk about. SHA-256 of the body stands in the result.
#[utoipa::path(
    get,
    path = "/api/v1/contests/{id}/stages/{stage}/results/{version}/tracks/{track}/ranking",
    operation_id = "read_ranking",
    tag = "contests",
    params(
        ("id" = Uuid, Path, description = "The contest's id"),
        ("stage" = Key, Path, description = "The stage's key", example = "roadshow"),
        ("version" = i64, Path, description = "From 1", example = 1),
        ("track" = Key, Path, description = "The track's key", example = "education"),
    ),
    responses(
        (status = 200, description = "The ranking", content((std::collections::HashMap<String, serde_json::Value> = "application/json"))),
        (status = 404, body = ProblemDetails, content_type = "application/problem+json", description = "not_found: no such result as far as it is public"),
    ),
)]
pub async fn ranking(
    visit: Visit,
    Path((contest, stage, version, track)): Path<(String, String, u32, String)>,
) -> Result<Response, Problem> {
    text_of(&visit, &contest, (&stage, version), Text::Ranking(&track)).await
}

/// Read a result as a spreadsheet.
///
/// All tracks, CSV in UTF-8 with a byte order mark; an apostrophe stands before what Excel
/// would run or rewrite.
#[utoipa::path(
    get,
    path = "/api/v1/contests/{id}/stages/{stage}/results/{version}/placings.csv",
    operation_id = "read_placings_csv",
    tag = "contests",
    params(
        ("id" = Uuid, Path, description = "The contest's id"),
        ("stage" = Key, Path, description = "The stage's key", example = "roadshow"),
        ("version" = i64, Path, description = "From 1", example = 1),
    ),
    responses(
        (status = 200, description = "The spreadsheet", content((String = "text/csv")), headers(("Content-Disposition" = String, description = "Its name"))),
        (status = 404, body = ProblemDetails, content_type = "application/problem+json", description = "not_found: no such result as far as it is public"),
    ),
)]
pub async fn placings_csv(
    visit: Visit,
    Path((contest, stage, version)): Path<(String, String, u32)>,
) -> Result<Response, Problem> {
    let stage = key(&stage)?;
    let one = (&stage, version.into());
    let (contest, rows) = texts::table(&visit, parse_id(&contest)?, one).await?;
    let rules = contest.rules()?.ok_or_else(Problem::not_found)?;
    let name = format!("result-{}-{version}.csv", stage.as_str());
    let text = spreadsheet(&rules, rows, visit.lang);
    Ok(download("text/csv; charset=utf-8", &name, text))
}

fn spreadsheet(rules: &Rules, rows: Vec<TableRow>, lang: Lang) -> String {
    let mut text = BYTE_ORDER_MARK.to_owned();
    let headings = lang.pick(
        ["赛道", "名次", "编号", "参赛项目", "组织", "总分", "奖项"],
        [
            "Track",
            "Rank",
            "Number",
            "Entry",
            "Organization",
            "Total",
            "Award",
        ],
    );
    write_row(&mut text, &headings);
    for row in rows {
        let track = rules.track(&row.track).map(|track| track.name.as_str());
        let award = row.award.as_deref().and_then(|award| rules.award(award));
        let award = award.map(|award| award.name.as_str());
        write_row(
            &mut text,
            &[
                guarded(track.unwrap_or(&row.track).to_owned()),
                row.rank.to_string(),
                entry_label(row.number),
                guarded(row.title),
                guarded(row.organization_name),
                row.total,
                guarded(award.unwrap_or_default().to_owned()),
            ],
        );
    }
    text
}

/// What was won in a contest.
#[derive(Debug, Serialize, ToSchema)]
pub struct ContestAwards {
    items: Vec<Awarded>,
}

/// List the awards of a contest.
///
/// Given when its result became final; by track, then rank.
#[utoipa::path(
    get,
    path = "/api/v1/contests/{id}/awards",
    operation_id = "list_awards",
    tag = "contests",
    params(("id" = Uuid, Path, description = "The contest's id")),
    responses(
        (status = 200, body = ContestAwards),
        (status = 404, body = ProblemDetails, content_type = "application/problem+json", description = "not_found"),
    ),
)]
pub async fn awards(visit: Visit, Id(contest): Id) -> Result<Response, Problem> {
    let (_, items) = awards::awarded(&visit, contest, None).await?;
    Ok(open(&visit, ContestAwards { items }))
}
