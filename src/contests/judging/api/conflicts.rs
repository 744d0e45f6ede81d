//! Conflicts of interest, declared by the judge.

use axum::http::StatusCode;
use axum::response::Response;
use deserr::{Deserr, IntoValue, Value, ValuePointerRef};
use utoipa::ToSchema;
use uuid::Uuid;

use super::own;
use crate::contests::judging::ConflictKind;
use crate::contests::judging::store::conflicts::{self, Declaration, Declared, NewConflict};
use crate::platform::fields::FieldErrors;
use crate::platform::i18n::Words;
use crate::platform::idempotency::{IdempotencyKey, replayed};
use crate::platform::input::{Id, Json, Many, parse_id, string_from};
use crate::platform::problem::{Problem, ProblemDetails};
use crate::platform::visit::{Presented, Visit};
use crate::regions::RegionCode;

/// The id of something in a body.
#[derive(Clone, Copy, Debug)]
struct Named(Uuid);

impl Deserr<FieldErrors> for Named {
    fn deserialize_from_value<V: IntoValue>(
        value: Value<V>,
        location: ValuePointerRef,
    ) -> Result<Self, FieldErrors> {
        parse_id(&string_from(value, location)?)
            .map(Self)
            .map_err(|_| FieldErrors::at(location, Words::new("应为编号", "must be an id")))
    }
}

/// A conflict with exactly one of an organization, a region and an entry.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = FieldErrors, deny_unknown_fields)]
pub struct ConflictBody {
    /// Of which kind.
    kind: ConflictKind,
    /// With an organization and whatever it enters,
    #[deserr(default)]
    #[schema(value_type = Option<String>, format = "uuid")]
    organization_id: Option<Named>,
    /// with all organizations of a region,
    #[deserr(default)]
    region: Option<RegionCode>,
    /// or with one entry.
    #[deserr(default)]
    #[schema(value_type = Option<String>, format = "uuid")]
    entry_id: Option<Named>,
}

/// Which conflicts a judge has besides those declared before; none is an answer, too.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = FieldErrors, deny_unknown_fields)]
pub struct ConflictsBody {
    /// At most 50 at a time.
    #[schema(value_type = Vec<ConflictBody>, max_items = 50)]
    conflicts: Many<ConflictBody, 50>,
}

impl ConflictsBody {
    fn read(&self) -> Result<Vec<NewConflict>, Problem> {
        let mut faults = FieldErrors::default();
        let mut read = Vec::new();
        for (place, body) in self.conflicts.iter().enumerate() {
            let given = [
                body.organization_id.is_some(),
                body.region.is_some(),
                body.entry_id.is_some(),
            ];
            if given.into_iter().filter(|given| *given).count() != 1 {
                let words = Words::new(
                    "请写明一个组织、一个地区或一个参赛项目",
                    "must name one organization, one region or one entry",
                );
                faults.push(format!("/conflicts/{place}"), words);
            }
            read.push(NewConflict {
                kind: body.kind,
                organization_id: body.organization_id.map(|Named(id)| id),
                region: body.region.as_ref().map(|code| code.as_str().to_owned()),
                entry_id: body.entry_id.map(|Named(id)| id),
            });
        }
        faults.into_result().map_err(Problem::invalid)?;
        Ok(read)
    }
}

/// List your conflicts in a contest.
///
/// For its judges, each their own.
#[utoipa::path(
    get,
    path = "/api/v1/contests/{id}/conflicts",
    operation_id = "list_own_conflicts",
    tag = "contests",
    security(("session" = [])),
    params(("id" = Uuid, Path, description = "The contest's id")),
    responses(
        (status = 200, body = Declaration),
        (status = 403, body = ProblemDetails, content_type = "application/problem+json", description = "forbidden"),
    ),
)]
pub async fn list(visit: Visit, _: Presented, Id(contest): Id) -> Result<Response, Problem> {
    let declaration = conflicts::declared(&visit, contest).await?;
    Ok(own(StatusCode::OK, declaration))
}

/// Declare conflicts of interest.
///
/// By a judge: first, with an empty list if there are none, before any entry is shown, and
/// whenever one comes to mind. Organizations they belong to are added. None is taken back;
/// entries concerned are theirs to judge no more, and what they had scored of them does not
/// count.
#[utoipa::path(
    post,
    path = "/api/v1/contests/{id}/conflicts",
    operation_id = "declare_conflicts",
    tag = "contests",
    security(("session" = [])),
    params(("id" = Uuid, Path, description = "The contest's id"), IdempotencyKey),
    request_body(content = ConflictsBody, example = json!({"conflicts": [{"kind": "region", "region": "360731"}]})),
    responses(
        (status = 200, body = Declaration),
        (status = 403, body = ProblemDetails, content_type = "application/problem+json", description = "forbidden"),
    ),
)]
pub async fn declare(
    visit: Visit,
    _: Presented,
    Id(contest): Id,
    key: IdempotencyKey,
    Json(body): Json<ConflictsBody>,
) -> Result<Response, Problem> {
    match conflicts::declare(&visit, contest, &body.read()?, &key).await? {
        Declared::Done(declaration, true) => Ok(replayed(own(StatusCode::OK, declaration))),
        Declared::Done(declaration, false) => Ok(own(StatusCode::OK, declaration)),
        Declared::Unknown(places) => {
            let mut faults = FieldErrors::default();
            for place in places {
                let words = Words::new("没有找到", "is not known here");
                faults.push(format!("/conflicts/{place}"), words);
            }
            Err(Problem::invalid(faults))
        }
    }
}
