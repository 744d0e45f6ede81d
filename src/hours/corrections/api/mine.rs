//! One's own hours and records.

use axum::http::StatusCode;
use axum::response::Response;
use deserr::{Deserr, IntoValue, Value, ValuePointerRef};
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};

use super::own;
use crate::hours::corrections::store;
use crate::hours::corrections::view::RecordHistory;
use crate::hours::stars::{self, NextStar};
use crate::hours::{Grade, record::GradeTotal};
use crate::menu::api::continued;
use crate::platform::fields::FieldErrors;
use crate::platform::i18n::Words;
use crate::platform::input::{Choice as _, Digits, Query, string_from};
use crate::platform::problem::Problem;
use crate::platform::visit::{Presented, Visit};

/// Grades by a list such as `A,B`.
#[derive(Clone, Debug)]
pub struct Grades(pub Vec<Grade>);

crate::string_schema!(
    Grades,
    "Grades",
    "Grades with commas between them.",
    "^[ABCD](,[ABCD]){0,3}$",
    "A,B"
);

impl Deserr<FieldErrors> for Grades {
    fn deserialize_from_value<V: IntoValue>(
        value: Value<V>,
        location: ValuePointerRef,
    ) -> Result<Self, FieldErrors> {
        stars::grades(&string_from(value, location)?)
            .map(Self)
            .ok_or_else(|| {
                FieldErrors::at(
                    location,
                    Words::new("应为 A,B 这样的等级列表", "must be grades such as A,B"),
                )
            })
    }
}

impl Grades {
    /// All there are.
    pub fn all() -> Vec<Grade> {
        Grade::ALL.iter().map(|(grade, _)| *grade).collect()
    }
}

/// Which hours count.
#[derive(Debug, Deserr, IntoParams)]
#[deserr(error = FieldErrors, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct GradesQuery {
    /// Count these grades only; all when left out.
    #[param(inline, example = "A,B")]
    #[deserr(default)]
    grades: Option<Grades>,
}

/// Hours of one grade.
#[derive(Debug, Serialize, ToSchema)]
pub struct HoursOfGrade {
    /// How well they are borne out.
    pub grade: Grade,
    /// Minutes.
    pub minutes: i64,
    /// Records.
    pub records: i64,
}

impl From<&GradeTotal> for HoursOfGrade {
    fn from(total: &GradeTotal) -> Self {
        Self {
            grade: total.grade,
            minutes: total.minutes,
            records: total.records,
        }
    }
}

/// Somebody's hours and stars.
#[derive(Debug, Serialize, ToSchema)]
pub struct MyHours {
    /// Minutes of the grades that count, those in force.
    #[schema(example = 6150)]
    pub minutes: i64,
    /// From 0 to 5, by those minutes alone.
    #[schema(minimum = 0, maximum = 5, example = 1)]
    pub stars: usize,
    /// What is missing to the next; null above five.
    pub next_star: Option<NextStar>,
    /// The grades that count.
    pub counted: Vec<Grade>,
    /// Minutes by grade, whether they count here or not.
    pub grades: Vec<HoursOfGrade>,
}

impl MyHours {
    /// What totals come to when these grades count.
    pub fn of(visit: &Visit, totals: &[GradeTotal], counted: Vec<Grade>) -> Self {
        let ladder = &visit.config.star_hours;
        let minutes = stars::minutes_of(totals, &counted);
        Self {
            minutes,
            stars: stars::earned(minutes, ladder),
            next_star: stars::next(minutes, ladder),
            counted,
            grades: totals.iter().map(HoursOfGrade::from).collect(),
        }
    }
}

/// Read your hours and stars.
///
/// Hours in force: what was corrected counts as it was corrected.
#[utoipa::path(
    get,
    path = "/api/v1/me/hours",
    operation_id = "read_my_hours",
    tag = "me",
    security(("session" = [])),
    params(GradesQuery),
    responses(
        (status = 200, body = MyHours),
    ),
)]
pub async fn hours(
    visit: Visit,
    _: Presented,
    Query(query): Query<GradesQuery>,
) -> Result<Response, Problem> {
    let counted = query.grades.map_or_else(Grades::all, |grades| grades.0);
    let totals = store::totals(&visit).await?;
    Ok(own(StatusCode::OK, MyHours::of(&visit, &totals, counted)))
}

/// Which of one's records to list.
#[derive(Debug, Deserr, IntoParams)]
#[deserr(error = FieldErrors, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListQuery {
    /// How many, 50 when left out.
    #[param(inline, example = 50)]
    #[deserr(default)]
    pub limit: Option<Digits<1, 100>>,
    /// Where the page before ended; taken from its `next`.
    #[param(inline, example = 7)]
    #[deserr(default)]
    pub cursor: Option<Digits<1, 9_007_199_254_740_991>>,
}

/// Own records, the newest first.
#[derive(Debug, Serialize, ToSchema)]
pub struct MyRecords {
    items: Vec<RecordHistory>,
    /// Where the next page is; `null` on the last.
    next: Option<String>,
}

/// List your records.
///
/// In the order of recording, the newest first: service, training, honours and evaluations.
/// What a correction took the place of stands behind it in `earlier`.
#[utoipa::path(
    get,
    path = "/api/v1/me/records",
    operation_id = "list_my_records",
    tag = "me",
    security(("session" = [])),
    params(ListQuery),
    responses(
        (status = 200, body = MyRecords),
    ),
)]
pub async fn records(
    visit: Visit,
    _: Presented,
    Query(query): Query<ListQuery>,
) -> Result<Response, Problem> {
    let limit = query.limit.map_or(50, Digits::get);
    let before = query.cursor.map_or(i64::MAX >> 10, Digits::get);
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let mine = store::mine(&visit, before, limit).await?;
    let next = mine
        .next
        .map(|seq| continued(&visit.target, &seq.to_string()));
    let items = mine.records.iter().map(RecordHistory::from).collect();
    Ok(own(StatusCode::OK, MyRecords { items, next }))
}
