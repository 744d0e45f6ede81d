//! What is recorded of volunteers besides service: training, honours, evaluations (the
//! Measures, article 10).

use deserr::Deserr;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::hours::RecordKind;
use crate::hours::record::{EvaluationFacts, HonourFacts, TrainingFacts};
use crate::platform::clock::Instant;
use crate::platform::fields::FieldErrors;
use crate::platform::i18n::Words;
use crate::platform::input::{Count, Day};
use crate::platform::text::{Line, Prose};
use crate::volunteers::Phone;

use super::api::SignupId;

/// Nothing is recorded from before this year.
const FIRST_YEAR: i16 = 2000;

/// Training, an honour or an evaluation to be recorded. The volunteer is named by one of
/// their sign-ups with the organization, or by their phone.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = FieldErrors, deny_unknown_fields)]
pub struct ExtraBody {
    /// `training`, `honour` or `evaluation`.
    kind: RecordKind,
    /// One of the volunteer's sign-ups with the organization.
    #[deserr(default)]
    #[schema(value_type = Option<String>, format = "uuid")]
    signup_id: Option<SignupId>,
    /// The volunteer's mobile number, when no sign-up is named.
    #[deserr(default)]
    #[schema(value_type = Option<String>)]
    phone: Option<Phone>,
    /// The day it took place.
    #[schema(value_type = String, format = Date)]
    on_date: Day,
    /// Name of the training or of the award.
    #[deserr(default)]
    #[schema(value_type = Option<String>, max_length = 100)]
    name: Option<Line<100>>,
    /// What was taught.
    #[deserr(default)]
    #[schema(value_type = Option<String>, max_length = 1000)]
    content: Option<Prose<1000>>,
    /// Who gave the training.
    #[deserr(default)]
    #[schema(value_type = Option<String>, max_length = 100)]
    organizer: Option<Line<100>>,
    /// Minutes of training.
    #[deserr(default)]
    #[schema(value_type = Option<i64>, minimum = 1, maximum = 2880)]
    minutes: Option<Count<1, 2880>>,
    /// Who gave the award.
    #[deserr(default)]
    #[schema(value_type = Option<String>, max_length = 100)]
    grantor: Option<Line<100>>,
    /// What is said of the service.
    #[deserr(default)]
    #[schema(value_type = Option<String>, max_length = 500)]
    quality: Option<Prose<500>>,
    /// Of which activity; that of the sign-up when left out.
    #[deserr(default)]
    #[schema(value_type = Option<String>, max_length = 100)]
    activity: Option<Line<100>>,
}

/// How the volunteer is found.
#[derive(Debug)]
pub enum Whose {
    /// By one of their sign-ups.
    Signup(Uuid),
    /// By their phone.
    Phone(Phone),
}

/// What is to be recorded.
#[derive(Debug)]
pub struct Extra {
    /// Of what.
    pub kind: RecordKind,
    /// Whose it is.
    pub whose: Whose,
    /// The day it took place, `YYYY-MM-DD`.
    pub on_date: String,
    /// Minutes of training.
    pub minutes: Option<i64>,
    /// JSON, as the record keeps it.
    pub facts: String,
    /// What it is called, for the message.
    pub title: String,
}

fn json(facts: &impl Serialize) -> String {
    serde_json::to_string(facts).unwrap_or_default()
}

/// Takes a part that must be there.
struct Parts {
    errors: FieldErrors,
}

impl Parts {
    fn must<T: AsText>(&mut self, name: &str, part: Option<&T>) -> String {
        match part {
            Some(part) => part.text().to_owned(),
            None => {
                let words = Words::new("缺少此项", "is missing");
                self.errors.push(format!("/{name}"), words);
                String::new()
            }
        }
    }

    fn must_not(&mut self, parts: &[(&str, bool)]) {
        for (name, is_given) in parts {
            if *is_given {
                let words = Words::new("这类记录没有这一项", "does not go with this kind");
                self.errors.push(format!("/{name}"), words);
            }
        }
    }
}

/// Words of any length.
trait AsText {
    fn text(&self) -> &str;
}

impl<const MAX: usize> AsText for Line<MAX> {
    fn text(&self) -> &str {
        self.as_str()
    }
}

impl<const MAX: usize> AsText for Prose<MAX> {
    fn text(&self) -> &str {
        self.as_str()
    }
}

impl ExtraBody {
    /// What is to be recorded, or everything that is wrong with it.
    pub fn read(self, now: Instant) -> Result<Extra, FieldErrors> {
        let mut parts = Parts {
            errors: FieldErrors::default(),
        };
        let whose = match (self.signup_id, self.phone) {
            (Some(signup), None) => Some(Whose::Signup(signup.0)),
            (None, Some(phone)) => Some(Whose::Phone(phone)),
            (given, _) => {
                let field = if given.is_some() {
                    "/phone"
                } else {
                    "/signup_id"
                };
                let words = Words::new(
                    "用报名编号或手机号中的一个指明志愿者",
                    "name the volunteer by signup_id or by phone, one of them",
                );
                parts.errors.push(field, words);
                None
            }
        };
        let day = self.on_date.0;
        if day > now.date() || day.year() < FIRST_YEAR {
            let words = Words::new(
                "日期不能在将来或太久以前",
                "must not lie ahead or too far back",
            );
            parts.errors.push("/on_date", words);
        }
        let training = [
            ("content", self.content.is_some()),
            ("organizer", self.organizer.is_some()),
            ("minutes", self.minutes.is_some()),
        ];
        let honour = [("grantor", self.grantor.is_some())];
        let evaluation = [
            ("quality", self.quality.is_some()),
            ("activity", self.activity.is_some()),
        ];
        let (facts, title) = match self.kind {
            RecordKind::Training => {
                parts.must_not(&honour);
                parts.must_not(&evaluation);
                let facts = TrainingFacts {
                    name: parts.must("name", self.name.as_ref()),
                    content: parts.must("content", self.content.as_ref()),
                    organizer: parts.must("organizer", self.organizer.as_ref()),
                };
                if self.minutes.is_none() {
                    let words = Words::new("缺少此项", "is missing");
                    parts.errors.push("/minutes", words);
                }
                (json(&facts), facts.name)
            }
            RecordKind::Honour => {
                parts.must_not(&training);
                parts.must_not(&evaluation);
                let facts = HonourFacts {
                    name: parts.must("name", self.name.as_ref()),
                    grantor: parts.must("grantor", self.grantor.as_ref()),
                };
                (json(&facts), facts.name)
            }
            RecordKind::Evaluation => {
                parts.must_not(&training);
                parts.must_not(&honour);
                parts.must_not(&[("name", self.name.is_some())]);
                let facts = EvaluationFacts {
                    quality: parts.must("quality", self.quality.as_ref()),
                    activity: self.activity.map(|activity| activity.as_str().to_owned()),
                };
                (json(&facts), facts.activity.unwrap_or_default())
            }
            RecordKind::Service => {
                let words = Words::new(
                    "服务时间在班次结算时记录",
                    "service is recorded by settling its shift",
                );
                parts.errors.push("/kind", words);
                (String::new(), String::new())
            }
        };
        parts.errors.clone().into_result()?;
        let whose = whose.ok_or(parts.errors)?;
        Ok(Extra {
            kind: self.kind,
            whose,
            on_date: day.to_string(),
            minutes: self.minutes.map(Count::get),
            facts,
            title,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::i18n::Lang;
    use serde_json::{Value, json};

    fn read(mut body: Value) -> Result<Extra, Vec<String>> {
        let now = Instant::parse("2026-11-28T12:00:00+08:00").unwrap();
        if body.get("signup_id").is_none() && body.get("phone").is_none() {
            body["phone"] = json!("13800138000");
        }
        if body.get("on_date").is_none() {
            body["on_date"] = json!("2026-11-28");
        }
        deserr::deserialize::<ExtraBody, _, FieldErrors>(body)
            .and_then(|body| body.read(now))
            .map_err(|errors| {
                let errors = errors.in_lang(Lang::En).into_iter();
                errors.map(|error| error.pointer).collect()
            })
    }

    #[test]
    fn each_kind_has_what_the_article_asks() {
        let training = json!({"kind": "training", "name": "急救", "content": "心肺复苏", "organizer": "红十字会", "minutes": 120});
        let read_training = read(training).unwrap();
        assert_eq!(read_training.minutes, Some(120));
        assert_eq!(
            read_training.facts,
            r#"{"name":"急救","content":"心肺复苏","organizer":"红十字会"}"#
        );
        let honour = json!({"kind": "honour", "name": "优秀志愿者", "grantor": "县团委"});
        assert_eq!(
            read(honour).unwrap().facts,
            r#"{"name":"优秀志愿者","grantor":"县团委"}"#
        );
        let evaluation = json!({"kind": "evaluation", "quality": "耐心细致"});
        assert_eq!(
            read(evaluation).unwrap().facts,
            r#"{"quality":"耐心细致","activity":null}"#
        );
    }

    #[test]
    fn all_that_is_wrong_is_said_at_once() {
        for (body, wrong) in [
            (
                json!({"kind": "training"}),
                &["/name", "/content", "/organizer", "/minutes"][..],
            ),
            (
                json!({"kind": "honour", "minutes": 5, "quality": "好"}),
                &["/minutes", "/quality", "/name", "/grantor"],
            ),
            (
                json!({"kind": "evaluation", "name": "x"}),
                &["/name", "/quality"],
            ),
            (json!({"kind": "service"}), &["/kind"]),
            (
                json!({"kind": "evaluation", "quality": "好", "on_date": "2026-11-29"}),
                &["/on_date"],
            ),
            (
                json!({"kind": "evaluation", "quality": "好", "phone": "13800138000", "signup_id": "01938e2a-7c10-7d3a-9c55-4b1f8e6d2a90"}),
                &["/phone"],
            ),
        ] {
            assert_eq!(read(body.clone()).unwrap_err(), wrong, "{body}");
        }
    }
}
