//! A contest with its judges and its entries, written past the product as far as a test is
//! not about them.

use diandan::platform::clock::{DAY, HOUR, Instant};
use serde_json::{Value, json};
use uuid::Uuid;

use super::notice::{Notice, morning, shift};
use super::people::{Organization, Volunteer};
use super::place::{Place, Sql};

/// A contest of an organization, announced.
#[derive(Clone)]
pub struct Contest<'a> {
    pub place: &'a dyn Place,
    pub id: String,
    pub organization: Organization<'a>,
}

/// What was entered.
#[derive(Clone, Debug)]
pub struct Entry {
    pub id: String,
}

/// Rules whose paper review opens now and closes in two days; a roadshow follows.
pub fn rules(now: Instant) -> Value {
    let levels = json!([
        {"score": 0, "words": "没有说明"},
        {"score": 10, "words": "经实地走访核实，有数据支撑"},
    ]);
    let criterion = |key: &str, name: &str, weight: i64| json!({"key": key, "name": name, "weight": weight, "min": 0, "max": 10, "levels": levels});
    json!({
        "tracks": [{"key": "education", "name": "乡村教育"}, {"key": "open", "name": "综合"}],
        "entries": {
            "opens_at": now.plus(-9 * DAY), "closes_at": now.plus(-DAY),
            "fields": [
                {"key": "need", "name": "服务需求", "limit": 500},
                {"key": "effect", "name": "项目成效", "limit": 800},
            ],
            "attachments": 3,
        },
        "stages": [
            {"key": "paper", "name": "书面评审", "kind": "review", "opens_at": now, "closes_at": now.plus(2 * DAY),
             "weight": 400, "blind": true, "judges_per_entry": 2, "method": "weighted_mean", "trim": 0, "advance": null,
             "criteria": [criterion("need", "需求", 400), criterion("effect", "成效", 600)]},
            {"key": "roadshow", "name": "路演", "kind": "roadshow",
             "opens_at": now.plus(3 * DAY), "closes_at": now.plus(3 * DAY + 8 * HOUR),
             "weight": 600, "blind": false, "judges_per_entry": 2, "method": "weighted_mean", "trim": 0, "advance": null,
             "criteria": [criterion("show", "展示", 1000)]},
        ],
        "awards": [], "ties": [], "notice_days": 7, "bar_past": false, "bar_elsewhere": false,
    })
}

/// The same when the paper review closes and the roadshow opens, for eight hours: of each
/// entry the highest and the lowest mark are dropped.
pub fn roadshow_rules(now: Instant) -> Value {
    let mut rules = rules(now);
    rules["stages"][0]["opens_at"] = json!(now.plus(-DAY));
    rules["stages"][0]["closes_at"] = json!(now);
    let show = &mut rules["stages"][1];
    show["opens_at"] = json!(now);
    show["closes_at"] = json!(now.plus(8 * HOUR));
    show["judges_per_entry"] = json!(4);
    show["method"] = json!("trimmed_mean");
    show["trim"] = json!(1);
    rules
}

/// What announces a contest of an organization under an id.
pub fn announced(organization: &Organization, id: &str) -> [Sql; 2] {
    announced_under(organization, id, &rules(organization.place.now()))
}

/// The same under these rules.
pub fn announced_under(organization: &Organization, id: &str, rules: &Value) -> [Sql; 2] {
    let now = organization.place.now();
    let document = rules.to_string();
    [
        (
            "INSERT INTO contest (id, organization_id, region, office, name, state, rules_version, entries_open_at,
               entries_close_at, ends_at, created_at, announced_at)
             VALUES (?1, ?2, '36', '省民政厅', '志愿服务项目大赛', 'announced', 1, ?3 - 777600000, ?3 - 86400000,
               ?3 + 288000000, 0, 0)"
                .to_owned(),
            vec![json!(id), json!(organization.id), json!(now.millis())],
        ),
        (
            "INSERT INTO contest_rules (contest_id, version, document, hash, published_at)
             VALUES (?1, 1, ?2, ?3, 0)"
                .to_owned(),
            vec![
                json!(id),
                json!(document),
                json!(diandan::platform::crypto::sha256_hex(&document)),
            ],
        ),
    ]
}

/// What makes somebody a judge who has no conflicts.
pub fn judging(contest: &str, judge: &str, number: usize, volunteer: &Volunteer) -> Sql {
    (
        "INSERT INTO contest_judge (id, contest_id, number, name, code_hash, code_expires_at, volunteer_id, accepted_at, declared_at, created_at)
         VALUES (?1, ?2, ?3, '李老师', ?1, 0, ?4, 0, 0, 0)"
            .to_owned(),
        vec![json!(judge), json!(contest), json!(number), json!(volunteer.id)],
    )
}

/// What enters a project, as nth entry.
pub fn entered(
    contest: &str,
    entry: &str,
    number: usize,
    project: &str,
    organization: &Organization,
) -> Sql {
    let words = json!({
        "need": format!("{}走访了三个村。", organization.name),
        "effect": "孩子们的成绩提高了。",
    });
    (
        "INSERT INTO contest_entry (id, contest_id, project_id, organization_id, number, track, state, title, words,
           attachments, facts, submitted_at, created_at, updated_at)
         VALUES (?1, ?2, ?3, ?4, ?5, 'education', 'submitted', '乡村科学课', ?6,
           '[{\"name\":\"照片\",\"url\":\"https://pictures.example/1\"}]', '{\"people\":3,\"places\":[\"于都县\"]}', 0, 0, 0)"
            .to_owned(),
        vec![
            json!(entry),
            json!(contest),
            json!(project),
            json!(organization.id),
            json!(number),
            json!(words.to_string()),
        ],
    )
}

/// What draws a stage by hand: these entries for this judge.
pub fn drawn(contest: &str, stage: &str, pairs: &[(&str, &str)]) -> Vec<Sql> {
    let mut statements = vec![(
        "INSERT INTO contest_draw (contest_id, stage, draw, seed, document, hash, drawn_at)
         VALUES (?1, ?2, 1, ?3, '{}', ?3, 0)"
            .to_owned(),
        vec![json!(contest), json!(stage), json!("0".repeat(64))],
    )];
    for (entry, judge) in pairs {
        statements.push((
            "INSERT INTO contest_assignment (contest_id, stage, entry_id, judge_id, draw) VALUES (?1, ?2, ?3, ?4, 1)"
                .to_owned(),
            vec![json!(contest), json!(stage), json!(entry), json!(judge)],
        ));
    }
    statements
}

impl<'a> Contest<'a> {
    /// A new one, of a new organization.
    pub fn announced(place: &'a dyn Place) -> Self {
        Self::under(place, &rules(place.now()))
    }

    /// A new one whose roadshow opens now.
    pub fn on_stage(place: &'a dyn Place) -> Self {
        Self::under(place, &roadshow_rules(place.now()))
    }

    /// A new one under these rules.
    pub fn under(place: &'a dyn Place, rules: &Value) -> Self {
        let organization = place.organization();
        let id = Uuid::now_v7().to_string();
        place.sql(announced_under(&organization, &id, rules).into());
        Self {
            place,
            id,
            organization,
        }
    }

    /// Below the contest.
    pub fn path(&self, rest: &str) -> String {
        format!("/api/v1/contests/{}/{rest}", self.id)
    }

    /// Somebody who judges it and has no conflicts; their id as a judge.
    pub fn judge(&self) -> (Volunteer<'a>, String) {
        let (volunteer, id) = (self.place.adult(), Uuid::now_v7().to_string());
        let number = self.place.number(
            "SELECT count(*) + 1 FROM contest_judge WHERE contest_id = ?1",
            json!([self.id]),
        );
        let number = usize::try_from(number).unwrap();
        self.place
            .sql(vec![judging(&self.id, &id, number, &volunteer)]);
        (volunteer, id)
    }

    /// A project of an organization, entered.
    pub fn entry(&self, organization: &Organization) -> Entry {
        let start = morning(self.place.now(), 9);
        let project = organization.publishes(&Notice::of(&[shift("a", start, 3)]));
        let id = Uuid::now_v7().to_string();
        let number = self.place.number(
            "SELECT count(*) + 1 FROM contest_entry WHERE contest_id = ?1",
            json!([self.id]),
        );
        let place = usize::try_from(number).unwrap();
        self.place.sql(vec![entered(
            &self.id,
            &id,
            place,
            &project.id,
            organization,
        )]);
        Entry { id }
    }

    /// Somebody with an office in it.
    pub fn officer(&self, role: &str) -> Volunteer<'a> {
        let officer = self.place.adult();
        self.place.rows(
            "INSERT INTO contest_officer (id, contest_id, role, phone_hash, phone_sealed, created_at)
             SELECT ?1, ?2, ?3, phone_hash, phone_sealed, 0 FROM volunteer WHERE id = ?4",
            json!([Uuid::now_v7(), self.id, role, officer.id]),
        );
        officer
    }

    /// Draws the paper review by hand.
    pub fn draws(&self, pairs: &[(&Entry, &str)]) {
        self.draws_in("paper", pairs);
    }

    /// Draws a stage by hand.
    pub fn draws_in(&self, stage: &str, pairs: &[(&Entry, &str)]) {
        let pairs: Vec<_> = pairs
            .iter()
            .map(|(entry, judge)| (&*entry.id, *judge))
            .collect();
        self.place.sql(drawn(&self.id, stage, &pairs));
    }

    /// Hands in ballots of a stage past the product, now: entry, judge, and what stands for
    /// each criterion.
    pub fn scored(&self, stage: &str, ballots: &[(&Entry, &str, Value)]) {
        let now = self.place.now().millis();
        let ballot = |(entry, judge, scores): &(&Entry, &str, Value)| {
            (
                "INSERT INTO contest_ballot (contest_id, stage, entry_id, judge_id, scores, submitted_at, saved_at)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6)"
                    .to_owned(),
                vec![
                    json!(self.id),
                    json!(stage),
                    json!(entry.id),
                    json!(judge),
                    json!(scores.to_string()),
                    json!(now),
                ],
            )
        };
        self.place.sql(ballots.iter().map(ballot).collect());
    }

    /// Where a judge's ballot of an entry is.
    pub fn ballot(&self, entry: &Entry) -> String {
        self.path(&format!("stages/paper/ballots/{}", entry.id))
    }
}
