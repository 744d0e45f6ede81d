//! A contest's judges: inviting, listing, and their leaving.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use deserr::Deserr;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::own;
use crate::contests::judging::store::inviting::{self, Invited, Invitee, good_until};
use crate::contests::judging::{JUDGES_AT_MOST, Judge, JudgeCode};
use crate::contests::rules::{Key, MOST_TRACKS};
use crate::platform::clock::Instant;
use crate::platform::fields::FieldErrors;
use crate::platform::i18n::Words;
use crate::platform::idempotency::{IdempotencyKey, Reply};
use crate::platform::input::{Id, Json, Many, Path, parse_id};
use crate::platform::problem::{Problem, ProblemDetails};
use crate::platform::text::Line;
use crate::platform::visit::{Presented, Visit};

/// A contest's judges, those who left included.
#[derive(Debug, Serialize, ToSchema)]
pub struct Judges {
    items: Vec<Judge>,
}

/// List a contest's judges.
///
/// For those who run it or watch over it.
#[utoipa::path(
    get,
    path = "/api/v1/contests/{id}/judges",
    operation_id = "list_judges",
    tag = "contests",
    security(("session" = [])),
    params(("id" = Uuid, Path, description = "The contest's id")),
    responses(
        (status = 200, body = Judges),
        (status = 403, body = ProblemDetails, content_type = "application/problem+json", description = "forbidden"),
    ),
)]
pub async fn list(visit: Visit, _: Presented, Id(contest): Id) -> Result<Response, Problem> {
    let items = inviting::list(&visit, contest).await?;
    Ok(own(StatusCode::OK, Judges { items }))
}

/// Whom to invite.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = FieldErrors, deny_unknown_fields)]
pub struct JudgeBody {
    /// What those who run the contest call them; never published with scores.
    pub name: Line<30>,
    /// Keys of the tracks they judge; all when left out.
    #[deserr(default)]
    #[schema(value_type = Vec<Key>, required = false, max_items = 30)]
    pub tracks: Many<Key, MOST_TRACKS>,
}

/// A judge who is invited.
#[derive(Debug, Serialize, ToSchema)]
pub struct InvitedJudge {
    /// UUIDv7.
    #[schema(format = "uuid")]
    pub id: String,
    /// What those who run the contest call them.
    pub name: String,
    /// Until when the link is good, RFC 3339.
    #[schema(value_type = String, format = "date-time")]
    pub expires_at: Instant,
    /// What the link stands for; shown only now.
    pub code: String,
    /// The link to hand over, shown only now: whoever opens it, signs in and accepts is the
    /// judge.
    #[schema(format = "uri")]
    pub link: String,
}

/// Invite a judge.
///
/// By those who run an announced contest. The link is handed over by them; it works once, for
/// 14 days, for whoever is signed in when it is opened, unless they run the contest or watch
/// over it.
#[utoipa::path(
    post,
    path = "/api/v1/contests/{id}/judges",
    operation_id = "invite_judge",
    tag = "contests",
    security(("session" = [])),
    params(("id" = Uuid, Path, description = "The contest's id"), IdempotencyKey),
    request_body(content = JudgeBody, example = json!({"name": "李老师", "tracks": ["education"]})),
    responses(
        (status = 201, body = InvitedJudge),
        (status = 403, body = ProblemDetails, content_type = "application/problem+json", description = "forbidden"),
        (status = 409, body = ProblemDetails, content_type = "application/problem+json", description = "contest_not_running, too_many_judges"),
    ),
)]
pub async fn invite(
    visit: Visit,
    _: Presented,
    Id(contest): Id,
    key: IdempotencyKey,
    Json(body): Json<JudgeBody>,
) -> Result<Response, Problem> {
    let (invited, earlier) = invited(&visit, contest, &body, &key).await?;
    match earlier {
        Some(earlier) => earlier.response(&visit),
        None => Ok(Reply::new(StatusCode::CREATED, &invited)?.into_response()),
    }
}

/// Invites somebody; what the same request did before, if it did.
pub async fn invited(
    visit: &Visit,
    contest: Uuid,
    body: &JudgeBody,
    key: &IdempotencyKey,
) -> Result<(InvitedJudge, Option<crate::platform::idempotency::Earlier>), Problem> {
    let (code, id) = (JudgeCode::new()?, visit.new_id());
    let invited = InvitedJudge {
        id: id.to_string(),
        name: body.name.as_str().to_owned(),
        expires_at: good_until(visit.now),
        code: code.reveal().to_owned(),
        link: format!("{}/judge/{}", visit.origin, code.reveal()),
    };
    let mut tracks: Vec<String> = Vec::new();
    for key in body.tracks.iter().map(Key::as_str) {
        tracks.push(key.to_owned());
    }
    let invitee = Invitee {
        id,
        name: body.name.as_str(),
        tracks: &tracks,
        code: &code,
    };
    let reply = Reply::new(StatusCode::CREATED, &invited)?;
    match inviting::invite(visit, contest, &invitee, key, &reply).await? {
        Invited::Done => Ok((invited, None)),
        Invited::Before(earlier) => Ok((invited, Some(earlier))),
        Invited::UnknownTracks(places) => {
            let mut faults = FieldErrors::default();
            for place in places {
                let words = Words::new("大赛没有这个赛道", "is no track of the contest");
                faults.push(format!("/tracks/{place}"), words);
            }
            Err(Problem::invalid(faults))
        }
        Invited::TooMany => Err(Problem::new(
            StatusCode::CONFLICT,
            "too_many_judges",
            Words::new(
                format!("一次大赛最多邀请 {JUDGES_AT_MOST} 名评委"),
                format!("A contest has at most {JUDGES_AT_MOST} judges"),
            ),
        )),
    }
}

/// Remove a judge, or step down.
///
/// By those who run the contest, and by the judge. What was handed in stands; the rest is
/// drawn anew. The link of one who has not answered works no more.
#[utoipa::path(
    delete,
    path = "/api/v1/contests/{id}/judges/{judge}",
    operation_id = "remove_judge",
    tag = "contests",
    security(("session" = [])),
    params(
        ("id" = Uuid, Path, description = "The contest's id"),
        ("judge" = Uuid, Path, description = "The judge's id"),
    ),
    responses(
        (status = 204, description = "They judge no more, now or before"),
        (status = 403, body = ProblemDetails, content_type = "application/problem+json", description = "forbidden"),
    ),
)]
pub async fn remove(
    visit: Visit,
    _: Presented,
    Path((contest, judge)): Path<(String, String)>,
) -> Result<StatusCode, Problem> {
    inviting::leave(&visit, parse_id(&contest)?, parse_id(&judge)?).await?;
    Ok(StatusCode::NO_CONTENT)
}
