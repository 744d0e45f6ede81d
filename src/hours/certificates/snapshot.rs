//! What the records said when a certificate was issued: frozen, never read anew.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::hours::Grade;
use crate::platform::input::Choice as _;

/// All of it, as the database wrote it down.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
pub struct Snapshot {
    /// Name of the recording unit.
    pub organization: String,
    /// Its unified social credit code, when it had one.
    pub credit_code: Option<String>,
    /// In the order of their first day.
    pub items: Vec<Item>,
}

/// What was given to one activity, at one place, under one person in charge.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema, PartialEq, Eq)]
pub struct Item {
    /// Of which project.
    #[schema(format = "uuid")]
    pub project_id: Option<String>,
    /// Name of the activity.
    pub activity: String,
    /// The division's full name.
    pub region_name: String,
    /// The place in words.
    pub place: String,
    /// What was done.
    pub content: String,
    /// Who was in charge of the activity.
    pub person_in_charge: String,
    /// In the order of their dates.
    pub days: Vec<Day>,
}

/// One record.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema, PartialEq, Eq)]
pub struct Day {
    /// Its id.
    #[schema(format = "uuid")]
    pub record_id: String,
    /// The day it took place.
    #[schema(format = "date")]
    pub date: String,
    /// What the volunteer was there as.
    pub role: String,
    /// Minutes actually given.
    pub minutes: i64,
    /// How well it is borne out.
    pub grade: Grade,
}

/// Minutes by how well they are borne out.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize, ToSchema, PartialEq, Eq)]
pub struct Minutes {
    /// Came and went by the code that changes.
    #[serde(rename = "A")]
    a: i64,
    /// One end by the code, or sent later.
    #[serde(rename = "B")]
    b: i64,
    /// Entered by hand.
    #[serde(rename = "C")]
    c: i64,
    /// Entered after the shift had been settled.
    #[serde(rename = "D")]
    d: i64,
}

impl Minutes {
    /// Of these records.
    pub fn of<'a>(days: impl IntoIterator<Item = &'a Day>) -> Self {
        let mut minutes = Self::default();
        for day in days {
            match day.grade {
                Grade::A => minutes.a += day.minutes,
                Grade::B => minutes.b += day.minutes,
                Grade::C => minutes.c += day.minutes,
                Grade::D => minutes.d += day.minutes,
            }
        }
        minutes
    }

    /// Those of one grade.
    pub const fn with(self, grade: Grade) -> i64 {
        match grade {
            Grade::A => self.a,
            Grade::B => self.b,
            Grade::C => self.c,
            Grade::D => self.d,
        }
    }

    /// All of them.
    pub const fn total(self) -> i64 {
        self.a + self.b + self.c + self.d
    }

    /// The grades there are minutes of, best first.
    pub fn graded(self) -> impl Iterator<Item = (Grade, i64)> {
        Grade::ALL
            .iter()
            .map(move |(grade, _)| (*grade, self.with(*grade)))
            .filter(|(_, minutes)| *minutes > 0)
    }
}

impl Item {
    /// Its minutes.
    pub fn minutes(&self) -> Minutes {
        Minutes::of(&self.days)
    }

    /// Its first day and its last.
    pub fn span(&self) -> (&str, &str) {
        (
            self.days.first().map_or("", |day| &day.date),
            self.days.last().map_or("", |day| &day.date),
        )
    }
}

impl Snapshot {
    /// All minutes.
    pub fn minutes(&self) -> Minutes {
        Minutes::of(self.items.iter().flat_map(|item| &item.days))
    }

    /// The first day of service and the last.
    pub fn span(&self) -> (&str, &str) {
        let days = || {
            self.items
                .iter()
                .flat_map(|item| &item.days)
                .map(|day| day.date.as_str())
        };
        (
            days().min().unwrap_or_default(),
            days().max().unwrap_or_default(),
        )
    }

    /// Those in charge, each once.
    pub fn in_charge(&self) -> Vec<&str> {
        let mut people: Vec<&str> = Vec::new();
        for item in &self.items {
            if !people.contains(&item.person_in_charge.as_str()) {
                people.push(&item.person_in_charge);
            }
        }
        people
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn day(date: &str, minutes: i64, grade: Grade) -> Day {
        Day {
            record_id: String::new(),
            date: date.to_owned(),
            role: String::new(),
            minutes,
            grade,
        }
    }

    fn item(person: &str, days: Vec<Day>) -> Item {
        Item {
            project_id: None,
            activity: String::new(),
            region_name: String::new(),
            place: String::new(),
            content: String::new(),
            person_in_charge: person.to_owned(),
            days,
        }
    }

    #[test]
    fn spans_and_people_are_of_all_items() {
        let snapshot = Snapshot {
            organization: String::new(),
            credit_code: None,
            items: vec![
                item(
                    "李",
                    vec![
                        day("2026-03-01", 1, Grade::A),
                        day("2026-09-01", 2, Grade::B),
                    ],
                ),
                item("王", vec![day("2026-05-01", 4, Grade::A)]),
                item("李", vec![day("2026-02-28", 8, Grade::D)]),
            ],
        };
        assert_eq!(snapshot.span(), ("2026-02-28", "2026-09-01"));
        assert_eq!(snapshot.in_charge(), ["李", "王"]);
        let graded: Vec<_> = snapshot.minutes().graded().collect();
        assert_eq!(graded, [(Grade::A, 5), (Grade::B, 2), (Grade::D, 8)]);
        assert_eq!(snapshot.items[0].span(), ("2026-03-01", "2026-09-01"));
    }

    proptest! {
        #[test]
        fn nothing_is_lost_between_grades(given in proptest::collection::vec((0_usize..4, 1_i64..3000), 0..40)) {
            let days: Vec<Day> = given
                .iter()
                .map(|(grade, minutes)| day("2026-03-01", *minutes, Grade::ALL[*grade].0))
                .collect();
            let minutes = Minutes::of(&days);
            prop_assert_eq!(minutes.total(), given.iter().map(|(_, minutes)| minutes).sum::<i64>());
            for (at, (grade, _)) in Grade::ALL.iter().enumerate() {
                let sum: i64 = given.iter().filter(|(g, _)| *g == at).map(|(_, m)| m).sum();
                prop_assert_eq!(minutes.with(*grade), sum);
            }
        }
    }
}
