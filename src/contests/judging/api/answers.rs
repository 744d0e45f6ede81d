//! What is said to an invitation.

use axum::http::StatusCode;
use axum::response::Response;
use deserr::Deserr;
use utoipa::ToSchema;

use super::own;
use crate::contests::judging::store::answering::{self, AnsweredInvitation};
use crate::contests::judging::{JudgeAnswer, JudgeCode};
use crate::platform::fields::FieldErrors;
use crate::platform::idempotency::{IdempotencyKey, replayed};
use crate::platform::input::Json;
use crate::platform::problem::{Problem, ProblemDetails};
use crate::platform::visit::{Presented, Visit};

/// An answer to an invitation.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = FieldErrors, deny_unknown_fields)]
pub struct JudgeAnswerBody {
    /// What is in the link.
    code: JudgeCode,
    /// What is said to it.
    answer: JudgeAnswer,
}

/// Answer an invitation to judge.
///
/// By whoever holds its link and is signed in. It is good for one answer; accepting again, by
/// the same person, changes nothing. Conflicts are declared next.
#[utoipa::path(
    post,
    path = "/api/v1/judge-invitations",
    operation_id = "answer_judge_invitation",
    tag = "contests",
    security(("session" = [])),
    params(IdempotencyKey),
    request_body(content = JudgeAnswerBody, example = json!({"code": "ddj_Zk3nq0XW8yT5vL1cR7bP2dJ4hM6gN9sQaEuFiKoYtBw", "answer": "accept"})),
    responses(
        (status = 200, body = AnsweredInvitation),
        (status = 404, body = ProblemDetails, content_type = "application/problem+json", description = "not_found: answered by the same request before and gone since"),
        (status = 409, body = ProblemDetails, content_type = "application/problem+json", description = "already_judge, contest_not_running, runs_contest"),
        (status = 410, body = ProblemDetails, content_type = "application/problem+json", description = "invitation_over"),
    ),
)]
pub async fn answer(
    visit: Visit,
    _: Presented,
    key: IdempotencyKey,
    Json(body): Json<JudgeAnswerBody>,
) -> Result<Response, Problem> {
    let (answered, repeated) = answering::answer(&visit, &body.code, body.answer, &key).await?;
    let response = own(StatusCode::OK, answered);
    Ok(match repeated {
        true => replayed(response),
        false => response,
    })
}
