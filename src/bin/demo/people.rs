//! Fictional volunteers, two hundred of them, each with a session for as long as the
//! loading lasts.

use diandan::bind;
use diandan::menu::Skill;
use diandan::platform::clock::{DAY, Instant, age_on};
use diandan::platform::crypto::Token;
use diandan::volunteers::{SESSION_LASTS, SESSION_PREFIX};
use jiff::ToSpan as _;
use jiff::civil::Date;
use serde_json::{Value, json};

use super::desk::Desk;
use super::dice::Dice;
use super::sheet::{self, Failure};

const CROWD: usize = 200;
/// The age from which nobody needs a guardian (民法典, article 17).
const OF_AGE: i16 = 18;
/// Between two places nobody is asked to hurry, in milliseconds.
const REST: i64 = 2 * 60 * 60 * 1000;

/// A volunteer, and what the desk is told about them when they sign up.
pub struct Person {
    pub name: String,
    pub phone: String,
    pub id: String,
    pub token: Token,
    birth: Date,
    skills: Vec<Skill>,
    busy: Vec<(Instant, Instant)>,
}

impl Person {
    pub fn new(name: &str, phone: &str, birth: Date) -> Result<Self, Failure> {
        Ok(Self {
            name: name.to_owned(),
            phone: phone.to_owned(),
            id: uuid::Uuid::now_v7().to_string(),
            token: Token::new(SESSION_PREFIX).map_err(|_| "no randomness")?,
            birth,
            skills: Vec::new(),
            busy: Vec::new(),
        })
    }

    /// As somebody who once signed in with their phone.
    pub fn enrol(&self, desk: &Desk, since: Instant) -> Result<(), Failure> {
        let keys = &desk.config.keys;
        let sealed = keys.seal(&self.phone).map_err(|_| "no randomness")?;
        desk.write(vec![
            bind!(
                "INSERT INTO volunteer (id, name, phone_hash, phone_sealed, calendar_hash, created_at)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                &self.id,
                &self.name,
                keys.phone_hash(&self.phone),
                sealed,
                keys.calendar_token(&self.id, 1).hash(),
                since,
            ),
            bind!(
                "INSERT INTO session (token_hash, volunteer_id, created_at, expires_at)
                 VALUES (?1, ?2, ?3, ?4)",
                self.token.hash(),
                &self.id,
                since,
                since.plus(SESSION_LASTS),
            ),
        ])
    }

    /// Whether they are old enough, able and free; `able` asks for all the skills.
    pub fn may_take(&self, need: &Need, able: bool) -> bool {
        let free = |(from, to): &(Instant, Instant)| {
            need.ends_at.plus(REST) <= *from || to.plus(REST) <= need.starts_at
        };
        age_on(self.birth, need.starts_at.date()) >= need.min_age
            && (!able || need.skills.iter().all(|skill| self.skills.contains(skill)))
            && self.busy.iter().all(free)
    }

    pub fn takes(&mut self, need: &Need) {
        self.busy.push((need.starts_at, need.ends_at));
    }

    /// What they write into the form.
    pub fn wish(&self, need: &Need) -> Value {
        let mut skills = self.skills.clone();
        skills.extend(&need.skills);
        skills.sort_unstable();
        skills.dedup();
        let of_age = age_on(self.birth, need.starts_at.date()) >= OF_AGE;
        json!({
            "birth_date": self.birth.to_string(),
            "adult": of_age,
            "skills": skills,
            "guardian": (!of_age).then(|| json!({
                "name": format!("{}家长", self.name),
                "phone": format!("137{}", self.phone.get(3..).unwrap_or_default()),
            })),
        })
    }
}

/// What a shift asks of whoever takes it.
pub struct Need {
    pub starts_at: Instant,
    pub ends_at: Instant,
    pub min_age: i16,
    pub skills: Vec<Skill>,
}

/// 13900000001 and so on: eight in a hundred are minors.
pub fn crowd(desk: &Desk, dice: &mut Dice) -> Result<Vec<Person>, Failure> {
    let names = sheet::names()?;
    let skills: Vec<Skill> = Skill::all().collect();
    let mut taken = std::collections::HashSet::new();
    let mut crowd = Vec::with_capacity(CROWD);
    while crowd.len() < CROWD {
        let (surname, given) = (dice.pick(&names.surnames), dice.pick(&names.given_names));
        let name: String = surname
            .into_iter()
            .chain(given)
            .map(String::as_str)
            .collect();
        if !taken.insert(name.clone()) {
            continue;
        }
        let is_minor = dice.percent(8);
        let years = if is_minor {
            15 + dice.below(3)
        } else {
            19 + dice.below(52)
        };
        let birth = born(desk.now.date(), years, dice.below(360));
        let phone = format!("139{:08}", crowd.len() + 1);
        let mut person = Person::new(&name, &phone, birth)?;
        if !is_minor {
            person.skills.extend(dice.pick(&skills));
            person
                .skills
                .extend(dice.pick(&skills).filter(|_| years % 2 == 0));
        }
        let days = i64::try_from(dice.below(30)).unwrap_or_default();
        person.enrol(desk, desk.now.plus(-(30 + days) * DAY))?;
        crowd.push(person);
    }
    Ok(crowd)
}

/// So many years and days ago.
pub fn born(today: Date, years: usize, days: usize) -> Date {
    let years = i32::try_from(years).unwrap_or_default();
    let days = i32::try_from(days).unwrap_or_default();
    today.saturating_sub(years.years().days(days))
}
