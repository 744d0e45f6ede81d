//! A place where the product runs.

use diandan::platform::clock::Instant;
use diandan::platform::crypto::{Keys, Token, sha256_hex};
use serde_json::{Value, json};

use super::answer::Answer;
use super::people::{Organization, Volunteer};
use super::request::{Request, query};
use super::{contract, unique};

/// The secret of every place, as `launch.mjs` sets it.
pub const MASTER_KEY: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

/// A message as it arrives.
#[derive(Clone, Debug)]
pub struct Letter {
    /// `sign_in_code`, `signup_promoted` …
    pub kind: String,
    pub text: String,
}

/// SQL and its parameters.
pub type Sql = (String, Vec<Value>);

/// The keys of every place.
pub fn keys() -> Keys {
    Keys::from_master(MASTER_KEY).unwrap()
}

/// Either the Worker in workerd, or the router on the host.
pub trait Place: Sync {
    /// Answers a request.
    fn answer(&self, request: &Request) -> Answer;

    /// Runs statements in one transaction, past the product; gives the rows of each.
    fn sql(&self, statements: Vec<Sql>) -> Vec<Vec<Value>>;

    /// What its clock says.
    fn now(&self) -> Instant;

    /// Lets its cron tick, where it has one.
    fn ticks(&self) {}

    /// What was sent to a phone so far, the oldest first.
    fn letters_to(&self, phone: &str) -> Vec<Letter>;

    /// The texts of those.
    fn texts_to(&self, phone: &str) -> Vec<String> {
        let letters = self.letters_to(phone);
        letters.into_iter().map(|letter| letter.text).collect()
    }
}

impl dyn Place + '_ {
    /// Asks, and holds the answer against what the product promises of it.
    #[track_caller]
    pub fn send(&self, request: &Request) -> Answer {
        let answer = self.answer(request);
        contract::check(request, &answer);
        answer
    }

    /// Asks as somebody who shows nothing.
    #[track_caller]
    pub fn get(&self, target: &str) -> Answer {
        self.send(&Request::get(target))
    }

    /// Reads the menu.
    #[track_caller]
    pub fn menu(&self, conditions: &[(&str, &str)]) -> Answer {
        self.get(&format!("/api/v1/projects?{}", query(conditions)))
    }

    /// The rows of one statement.
    #[track_caller]
    pub fn rows(&self, sql: &str, params: Value) -> Vec<Value> {
        let Value::Array(params) = params else {
            panic!("parameters are a list")
        };
        self.sql(vec![(sql.to_owned(), params)]).remove(0)
    }

    /// The one value of the one row of a statement.
    #[track_caller]
    pub fn value(&self, sql: &str, params: Value) -> Value {
        let rows = self.rows(sql, params);
        let [Value::Object(row)] = rows.as_slice() else {
            panic!("{} rows", rows.len())
        };
        row.values().next().unwrap().clone()
    }

    #[track_caller]
    pub fn number(&self, sql: &str, params: Value) -> i64 {
        let value = self.value(sql, params);
        value.as_i64().unwrap_or_else(|| panic!("{value}: {sql}"))
    }

    /// A verified organization with a key for everything.
    pub fn organization(&self) -> Organization<'_> {
        self.organization_in_state("verified")
    }

    pub fn organization_in_state(&self, state: &str) -> Organization<'_> {
        let id = uuid::Uuid::new_v4().to_string();
        let name = format!("第{}号志愿服务队", unique());
        let params = json!([id, name, state, self.now().millis()]);
        self.rows(
            "INSERT INTO organization (id, name, kind, region, state, created_at)
             VALUES (?1, ?2, 'volunteer_team', '36', ?3, ?4)",
            params,
        );
        let mut organization = Organization {
            place: self,
            id,
            name,
            key: String::new(),
        };
        organization.key = organization.new_key(&[
            "projects:write",
            "signups:read",
            "signups:write",
            "contests:enter",
        ]);
        organization
    }

    /// Somebody of age who coordinates a region.
    pub fn coordinator(&self, region: &str) -> Volunteer<'_> {
        let coordinator = self.adult();
        self.sql(vec![appointment(&coordinator, region)]);
        coordinator
    }

    /// Somebody new, who really asks for a code and signs in with it.
    #[track_caller]
    pub fn volunteer(&self) -> Volunteer<'_> {
        let mut volunteer = self.stranger();
        volunteer.signs_in();
        volunteer
    }

    /// Somebody with a phone who has not signed in.
    pub fn stranger(&self) -> Volunteer<'_> {
        let n = unique();
        Volunteer {
            place: self,
            id: String::new(),
            name: format!("志愿者{n}"),
            phone: format!("139{n:08}"),
            address: format!("10.{}.{}.{}", n >> 16 & 255, n >> 8 & 255, n & 255),
            session: String::new(),
        }
    }

    /// Many who are of age and signed in already, enrolled past the product.
    pub fn crowd(&self, size: usize) -> Vec<Volunteer<'_>> {
        let keys = keys();
        let now = self.now().millis();
        let mut statements = Vec::new();
        let crowd: Vec<_> = (0..size)
            .map(|_| {
                let mut volunteer = self.stranger();
                volunteer.id = uuid::Uuid::new_v4().to_string();
                volunteer.session = Token::new("dds_").unwrap().reveal().to_owned();
                let calendar = keys.calendar_token(&volunteer.id, 1).hash();
                statements.push((
                    "INSERT INTO volunteer (id, name, phone_hash, phone_sealed, adult_declared_at, calendar_hash, created_at)
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?5)".to_owned(),
                    vec![
                        json!(volunteer.id),
                        json!(volunteer.name),
                        json!(keys.phone_hash(&volunteer.phone)),
                        json!(keys.seal(&volunteer.phone).unwrap()),
                        json!(now),
                        json!(calendar),
                    ],
                ));
                statements.push((
                    "INSERT INTO session (token_hash, volunteer_id, created_at, expires_at) VALUES (?1, ?2, ?3, ?4)".to_owned(),
                    vec![
                        json!(sha256_hex(&volunteer.session)),
                        json!(volunteer.id),
                        json!(now),
                        json!(now + 90 * 86_400_000_i64),
                    ],
                ));
                volunteer
            })
            .collect();
        for some in statements.chunks(1000) {
            self.sql(some.to_vec());
        }
        crowd
    }

    /// One of a crowd.
    pub fn adult(&self) -> Volunteer<'_> {
        self.crowd(1).remove(0)
    }
}

/// What makes somebody the coordinator of a region.
pub fn appointment(volunteer: &Volunteer, region: &str) -> Sql {
    (
        "INSERT INTO coordinator (id, region, office, phone_hash, phone_sealed, created_at)
         SELECT ?1, ?2, full_name || '民政局', v.phone_hash, v.phone_sealed, 0
         FROM volunteer v, region r WHERE v.id = ?3 AND r.code = ?2"
            .to_owned(),
        vec![
            json!(uuid::Uuid::new_v4().to_string()),
            json!(region),
            json!(volunteer.id),
        ],
    )
}
