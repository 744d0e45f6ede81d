//! A judge's desk as JSON.

use std::collections::BTreeMap;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use deserr::Deserr;
use serde::Serialize;
use utoipa::ToSchema;

use super::store::saving::{self, Basis, Saved, Writing};
use super::store::{self, Ballot, BallotLine, JudgedEntry};
use super::{COMMENT, Scores};
use crate::contests::rules::{Criterion, Key};
use crate::menu::precondition::etag;
use crate::platform::clock::Instant;
use crate::platform::fields::FieldErrors;
use crate::platform::i18n::Words;
use crate::platform::input::{Count, Json, Path, parse_id};
use crate::platform::page::PRIVATE;
use crate::platform::problem::{Problem, ProblemDetails};
use crate::platform::text::Prose;
use crate::platform::visit::{Presented, Visit};

/// What lies on a judge's desk in a stage.
#[derive(Debug, Serialize, ToSchema)]
pub struct Ballots {
    /// The stage.
    #[schema(example = "paper")]
    stage: String,
    /// When it opens, RFC 3339.
    #[schema(value_type = String, format = "date-time")]
    opens_at: Instant,
    /// When it closes, RFC 3339; what comes at this instant is late.
    #[schema(value_type = String, format = "date-time")]
    closes_at: Instant,
    /// Whether names, logos and places are hidden.
    blind: bool,
    /// How many are handed in.
    handed_in: usize,
    /// In the order of the entries' numbers.
    items: Vec<BallotLine>,
}

/// List your ballots.
///
/// By a judge who has declared their conflicts: the entries that were drawn for them in a
/// stage, and nobody else's.
#[utoipa::path(
    get,
    path = "/api/v1/contests/{id}/stages/{stage}/ballots",
    operation_id = "list_ballots",
    tag = "contests",
    security(("session" = [])),
    params(
        ("id" = Uuid, Path, description = "The contest's id"),
        ("stage" = Key, Path, description = "The stage's key", example = "paper"),
    ),
    responses(
        (status = 200, body = Ballots),
        (status = 403, body = ProblemDetails, content_type = "application/problem+json", description = "forbidden"),
        (status = 409, body = ProblemDetails, content_type = "application/problem+json", description = "conflicts_undeclared, contest_not_running"),
    ),
)]
pub async fn list(
    visit: Visit,
    _: Presented,
    Path((contest, stage)): Path<(String, String)>,
) -> Result<Response, Problem> {
    let desk = store::desk(&visit, parse_id(&contest)?, &key(&stage)?).await?;
    let stage = desk.bench.stage()?;
    let ballots = Ballots {
        stage: stage.key.as_str().to_owned(),
        opens_at: stage.opens_at,
        closes_at: stage.closes_at,
        blind: stage.blind,
        handed_in: store::handed_in(&desk.items),
        items: desk.items,
    };
    Ok(([(header::CACHE_CONTROL, PRIVATE)], axum::Json(ballots)).into_response())
}

/// A stage's key in a path; what cannot be one is not found.
pub fn key(text: &str) -> Result<Key, Problem> {
    Key::parse(text).ok_or_else(Problem::not_found)
}

/// An entry, the rubric, and what a judge made of it.
#[derive(Debug, Serialize, ToSchema)]
pub struct BallotSheet {
    /// What they read.
    entry: JudgedEntry,
    /// What they look at.
    criteria: Vec<Criterion>,
    /// When the stage closes, RFC 3339.
    #[schema(value_type = String, format = "date-time")]
    closes_at: Instant,
    /// What they gave it.
    ballot: Ballot,
}

/// Read one of your ballots.
///
/// By the judge it was drawn for. An entry they have a conflict with is not found.
#[utoipa::path(
    get,
    path = "/api/v1/contests/{id}/stages/{stage}/ballots/{entry}",
    operation_id = "read_ballot",
    tag = "contests",
    security(("session" = [])),
    params(
        ("id" = Uuid, Path, description = "The contest's id"),
        ("stage" = Key, Path, description = "The stage's key", example = "paper"),
        ("entry" = Uuid, Path, description = "The entry's id"),
    ),
    responses(
        (status = 200, body = BallotSheet, headers(("ETag" = String))),
        (status = 403, body = ProblemDetails, content_type = "application/problem+json", description = "forbidden"),
        (status = 409, body = ProblemDetails, content_type = "application/problem+json", description = "conflicts_undeclared, contest_not_running"),
    ),
)]
pub async fn show(
    visit: Visit,
    _: Presented,
    Path((contest, stage, entry)): Path<(String, String, String)>,
) -> Result<Response, Problem> {
    let (contest, entry) = (parse_id(&contest)?, parse_id(&entry)?);
    let sheet = store::sheet(&visit, contest, &key(&stage)?, entry).await?;
    let stage = sheet.bench.stage()?;
    let tag = etag(sheet.ballot.version);
    let body = BallotSheet {
        criteria: stage.criteria.to_vec(),
        closes_at: stage.closes_at,
        entry: sheet.entry,
        ballot: sheet.ballot,
    };
    Ok(tagged(&tag, body))
}

fn tagged(tag: &str, body: impl Serialize) -> Response {
    let headers = [(header::CACHE_CONTROL, PRIVATE), (header::ETAG, tag)];
    (headers, axum::Json(body)).into_response()
}

impl<S: Send + Sync> FromRequestParts<S> for Basis {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let text = |name: HeaderName| parts.headers.get(name)?.to_str().ok();
        Ok(Self::read(
            text(header::IF_MATCH),
            text(header::IF_NONE_MATCH),
        ))
    }
}

impl Basis {
    /// Of `If-Match` and `If-None-Match` (RFC 9110, section 13.1). A tag that is none of ours
    /// fits nothing.
    fn read(if_match: Option<&str>, if_none_match: Option<&str>) -> Self {
        let version = |tag: &str| {
            let tag = tag.trim().trim_start_matches("W/");
            let digits = tag.strip_prefix("\"v")?.strip_suffix('"')?;
            digits.parse().ok()
        };
        match (if_match.map(str::trim), if_none_match.map(str::trim)) {
            (Some("*"), _) | (None, None) => Self::Anything,
            (Some(list), _) => Self::Versions(list.split(',').filter_map(version).collect()),
            (None, Some(_)) => Self::Versions(vec![0]),
        }
    }
}

/// A ballot to be saved: all of it each time.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = FieldErrors, deny_unknown_fields)]
pub struct BallotBody {
    /// Whole numbers on the criteria's scales, by criterion; those without one are left out.
    #[schema(value_type = std::collections::BTreeMap<String, i64>)]
    scores: BTreeMap<String, Count<0, 1000>>,
    /// For those who decide, and for the entry.
    #[deserr(default)]
    #[schema(value_type = Option<String>, max_length = 1000)]
    comment: Option<Prose<COMMENT>>,
    /// Hands it in, which needs a score for each criterion. What was handed in before stays
    /// so, and may be revised until the stage closes.
    #[deserr(default)]
    #[schema(required = false)]
    hand_in: bool,
}

impl BallotBody {
    fn writing(&self) -> Writing {
        let scores = self.scores.iter();
        let scores: Scores = scores
            .map(|(key, score)| (key.clone(), score.get()))
            .collect();
        Writing {
            scores,
            comment: self
                .comment
                .as_ref()
                .map_or_else(String::new, |comment| comment.as_str().to_owned()),
            hands_in: self.hand_in,
        }
    }
}

/// Save a ballot.
///
/// By the judge it was drawn for, while the stage is open; in a roadshow, while the entry is
/// up. With `If-Match` it is saved on the
/// version that was read only, with `If-None-Match: *` only when nothing was saved before.
/// Sending the same again changes nothing and succeeds, so that a judge whose answer was lost
/// may repeat it.
#[utoipa::path(
    put,
    path = "/api/v1/contests/{id}/stages/{stage}/ballots/{entry}",
    operation_id = "save_ballot",
    tag = "contests",
    security(("session" = [])),
    params(
        ("id" = Uuid, Path, description = "The contest's id"),
        ("stage" = Key, Path, description = "The stage's key", example = "paper"),
        ("entry" = Uuid, Path, description = "The entry's id"),
        ("If-Match" = Option<String>, Header, description = "Save only on this version"),
        ("If-None-Match" = Option<String>, Header, description = "`*`: save only when nothing is saved yet"),
    ),
    request_body(content = BallotBody, example = json!({"scores": {"need": 8, "effect": 7}, "comment": "需求调研扎实，成效数据可再细化。", "hand_in": true})),
    responses(
        (status = 200, body = Ballot, headers(("ETag" = String))),
        (status = 403, body = ProblemDetails, content_type = "application/problem+json", description = "forbidden"),
        (status = 409, body = ProblemDetails, content_type = "application/problem+json", description = "conflicts_undeclared, contest_not_running, entry_not_up, stage_closed, stage_not_open"),
        (status = 412, body = ProblemDetails, content_type = "application/problem+json", description = "version_conflict"),
        (status = 422, body = ProblemDetails, content_type = "application/problem+json", description = "invalid_fields"),
    ),
)]
pub async fn save(
    visit: Visit,
    _: Presented,
    Path((contest, stage, entry)): Path<(String, String, String)>,
    basis: Basis,
    Json(body): Json<BallotBody>,
) -> Result<Response, Problem> {
    let (contest, entry) = (parse_id(&contest)?, parse_id(&entry)?);
    let writing = body.writing();
    let saved = saving::save(&visit, contest, &key(&stage)?, entry, &writing, &basis).await?;
    match saved {
        Saved::Stands(ballot) => Ok(tagged(&etag(ballot.version), ballot)),
        Saved::Changed(ballot) => Err(changed(ballot.version)),
    }
}

/// 412: saved elsewhere meanwhile.
pub fn changed(version: i64) -> Problem {
    let problem = Problem::new(
        StatusCode::PRECONDITION_FAILED,
        "version_conflict",
        Words::new(
            "这份评分在别处改过，您刚写的还没有保存，请核对后再存",
            "This ballot was changed elsewhere; what you wrote is not saved. Compare, then save again",
        ),
    );
    match HeaderValue::from_str(&etag(version)) {
        Ok(tag) => problem.with_header(header::ETAG, tag),
        Err(_) => problem,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_on_which_version_is_said_by_tags() {
        let versions = |versions: &[i64]| Basis::Versions(versions.to_vec());
        for (if_match, if_none_match, basis) in [
            (None, None, Basis::Anything),
            (Some("*"), None, Basis::Anything),
            (Some("\"v3\""), None, versions(&[3])),
            (Some("W/\"v3\" , \"v4\""), None, versions(&[3, 4])),
            (Some("\"other\""), None, versions(&[])),
            (None, Some("*"), versions(&[0])),
        ] {
            assert_eq!(Basis::read(if_match, if_none_match), basis, "{if_match:?}");
        }
    }
}
