//! What nobody may see too early: every answer of a contest, asked for by everybody, at every
//! turn of its course, is searched for what only some may know by then.

use std::collections::BTreeMap;

use diandan::platform::clock::{DAY, HOUR};
use serde_json::{Value, json};

use super::results::two_stages;
use crate::support::contract::contract;
use crate::support::desk::Desk;
use crate::support::jury::{Contest, Entry};
use crate::support::people::{Organization, Volunteer};
use crate::support::place::Place;
use crate::support::request::Request;

/// Everybody, by what they are in the contest.
const EVERYBODY: [&str; 11] = [
    "nobody",
    "stranger",
    "entrant",
    "other entrant",
    "judge",
    "other judge",
    "judge with a conflict",
    "organizer",
    "chair",
    "supervisor",
    "organizer who entered",
];

/// What is searched for: a text that stands nowhere else.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Secret {
    /// What the first judge said of the first entry.
    Comment,
    /// What it comes to in the first stage, with four decimals.
    Score,
    /// Its total in the end.
    Total,
    /// Who entered it.
    Name,
    /// What somebody objects.
    Objection,
    /// Who objects.
    Objector,
}

/// A turn of the contest's course.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Turn {
    Judging,
    Closed,
    Sealed,
    WentOn,
    LastSealed,
    OnNotice,
    Final,
}

/// Who may read a secret at a turn; whoever is not named must not.
fn may(secret: Secret, turn: Turn, who: &str) -> bool {
    let oversees = matches!(who, "organizer" | "chair" | "supervisor");
    match secret {
        // A judge's own desk has their own words while its stage is there.
        Secret::Comment => {
            who == "judge"
                || oversees && turn >= Turn::Closed
                || matches!(who, "entrant" | "organizer who entered") && turn == Turn::Final
        }
        Secret::Score => turn >= Turn::OnNotice || oversees && turn >= Turn::Sealed,
        Secret::Total => turn >= Turn::OnNotice || oversees && turn >= Turn::LastSealed,
        // Both stages are blind; once they are judged, those who went on are named.
        Secret::Name => {
            oversees
                || matches!(who, "entrant" | "organizer who entered")
                || turn >= Turn::LastSealed
        }
        Secret::Objection => oversees || who == "stranger",
        Secret::Objector => false,
    }
}

struct Course<'a> {
    desk: &'a Desk,
    contest: Contest<'a>,
    entries: Vec<Entry>,
    people: BTreeMap<&'static str, Volunteer<'a>>,
    judges: Vec<(Volunteer<'a>, String)>,
    secrets: BTreeMap<Secret, String>,
}

impl<'a> Course<'a> {
    fn new(desk: &'a Desk) -> Self {
        let mut rules = two_stages(desk.now());
        rules["stages"][1]["blind"] = json!(true);
        let contest = Contest::under(desk.place(), &rules);
        let teams: Vec<Organization> = (0..3).map(|_| desk.place().organization()).collect();
        let entries: Vec<Entry> = teams.iter().map(|team| contest.entry(team)).collect();
        desk.place().rows(
            "UPDATE contest_entry SET facts = json_patch(facts, ?1)",
            json!([json!({
                "shifts": 1, "records": 1, "ledger_size": 1,
                "minutes": {"a": 60, "b": 0, "c": 0, "d": 0},
            })
            .to_string()]),
        );
        let judges: Vec<_> = (0..3).map(|_| contest.judge()).collect();
        let interested = contest.organization.member("manager");
        joins(desk.place(), &teams[0], &interested, "viewer");
        // What the third judge has to do with the first entry.
        joins(desk.place(), &teams[0], &judges[2].0, "viewer");
        let people = BTreeMap::from([
            ("stranger", desk.place().adult()),
            ("entrant", teams[0].member("owner")),
            ("other entrant", teams[1].member("owner")),
            ("judge", judges[0].0.clone()),
            ("other judge", judges[1].0.clone()),
            ("judge with a conflict", judges[2].0.clone()),
            ("organizer", contest.organization.member("owner")),
            ("chair", contest.officer("chair")),
            ("supervisor", contest.officer("supervisor")),
            ("organizer who entered", interested),
        ]);
        let secrets = BTreeMap::from([
            (Secret::Comment, "评语只此一处".to_owned()),
            (Secret::Name, teams[0].name.clone()),
            (Secret::Objection, "异议只此一处".to_owned()),
            (Secret::Objector, people["stranger"].id.clone()),
        ]);
        Self {
            desk,
            contest,
            entries,
            people,
            judges,
            secrets,
        }
    }

    /// Two judges score each of these entries, by the product.
    fn scores(&self, stage: &str, of: &[usize], body: impl Fn(usize, usize) -> Value) {
        let pairs: Vec<_> = of
            .iter()
            .flat_map(|entry| [0, 1].map(|judge| (*entry, judge)))
            .collect();
        let drawn: Vec<_> = pairs
            .iter()
            .map(|(entry, judge)| (&self.entries[*entry], &*self.judges[*judge].1))
            .collect();
        self.contest.draws_in(stage, &drawn);
        for (entry, judge) in pairs {
            let id = &self.entries[entry].id;
            let target = self.contest.path(&format!("stages/{stage}/ballots/{id}"));
            let mut body = body(entry, judge);
            body["hand_in"] = json!(true);
            self.judges[judge].0.sends("PUT", &target, &body).is(200);
        }
    }

    fn draws_up(&self, stage: &str) {
        let target = self.contest.path(&format!("stages/{stage}/results"));
        self.people["organizer"]
            .sends("POST", &target, &json!({}))
            .is(201);
    }

    fn publishes(&self, stage: &str) {
        let target = self
            .contest
            .path(&format!("stages/{stage}/results/1/approvals"));
        for who in ["organizer", "chair"] {
            let who = &self.people[who];
            who.place.send(&who.request("POST", &target)).is(200);
        }
    }

    /// Every address of the contest that can be read, as JSON and as a page.
    fn addresses(&self) -> Vec<String> {
        let objection = self
            .desk
            .place()
            .rows("SELECT id FROM contest_objection", json!([]));
        let objection = objection
            .first()
            .map_or(json!("x"), |row| row["id"].clone());
        let fill = |path: &str, stage: &str| {
            path.replace("{id}", &self.contest.id)
                .replace("{entry}", &self.entries[0].id)
                .replace("{stage}", stage)
                .replace("{track}", "education")
                .replace("{version}", "1")
                .replace("{objection}", objection.as_str().unwrap())
        };
        let mut found = Vec::new();
        for (method, path, _) in contract().operations() {
            if method == "GET" && path.starts_with("/api/v1/contests") {
                found.extend(["paper", "roadshow"].map(|stage| fill(&path, stage)));
            }
        }
        assert!(found.len() > 40, "{found:?}");
        let pages = [
            "/contests",
            "/contests/{id}",
            "/contests/{id}/run",
            "/contests/{id}/run/rules",
            "/contests/{id}/run/results",
            "/contests/{id}/run/outcomes",
            "/contests/{id}/run/entries/{entry}",
            "/contests/{id}/judges",
            "/contests/{id}/audit",
            "/contests/{id}/results",
            "/contests/{id}/results/{stage}/{version}",
            "/contests/{id}/results/{stage}/{version}?track=education&flagged=1",
            "/contests/{id}/outcomes",
            "/contests/{id}/awards/E0001",
            "/contests/{id}/live/{stage}",
            "/contests/{id}/roadshow/{stage}",
            "/me/judging",
            "/me/judging/{id}",
            "/me/judging/{id}/{stage}",
            "/me/judging/{id}/{stage}/E0001",
        ];
        for page in pages {
            found.extend(["paper", "roadshow"].map(|stage| fill(page, stage)));
        }
        found.sort();
        found.dedup();
        found
    }

    /// Holds every answer to everybody against what may be read now.
    fn nothing_leaks(&self, turn: Turn) {
        let addresses = self.addresses();
        let mut seen = Vec::new();
        for who in EVERYBODY {
            for target in &addresses {
                let request = Request::get(target);
                let request = match self.people.get(who) {
                    Some(person) if target.starts_with("/api/") => request.bearer(&person.session),
                    Some(person) => request.browser(&person.session),
                    None => request,
                };
                let text = self.desk.place().answer(&request).text();
                for (secret, words) in &self.secrets {
                    if !text.contains(words.as_str()) {
                        continue;
                    }
                    seen.push((*secret, who));
                    assert!(
                        may(*secret, turn, who),
                        "{turn:?}: {who} reads {secret:?} at {target}"
                    );
                }
            }
        }
        // What is searched for is there to be found.
        for (secret, who) in [(Secret::Name, "organizer"), (Secret::Comment, "judge")] {
            let turns = match secret {
                Secret::Comment => turn == Turn::Judging,
                _ => true,
            };
            assert!(
                !turns || seen.contains(&(secret, who)),
                "{turn:?}: {who} reads no {secret:?}"
            );
        }
        if turn == Turn::Final {
            for (secret, who) in [
                (Secret::Score, "nobody"),
                (Secret::Total, "nobody"),
                (Secret::Comment, "entrant"),
                (Secret::Comment, "supervisor"),
                (Secret::Objection, "chair"),
                (Secret::Objection, "stranger"),
            ] {
                assert!(seen.contains(&(secret, who)), "{who} reads no {secret:?}");
            }
        }
    }
}

fn joins(place: &dyn Place, team: &Organization, who: &Volunteer, role: &str) {
    place.rows(
        "INSERT INTO member (organization_id, volunteer_id, role, created_at) VALUES (?1, ?2, ?3, 0)",
        json!([team.id, who.id, role]),
    );
}

#[test]
fn nobody_reads_anything_before_they_may() {
    let desk = Desk::new();
    let mut course = Course::new(&desk);
    course.scores("paper", &[0, 1, 2], |entry, judge| {
        let score = [9, 8, 3][entry] - judge;
        let comment = match (entry, judge) {
            (0, 0) => "评语只此一处",
            _ => "好",
        };
        json!({"scores": {"need": score, "effect": 7}, "comment": comment})
    });
    // 0.4 × (0.4 × 85 + 0.6 × 70): no other number of the contest.
    course.secrets.insert(Secret::Score, "76.0000".to_owned());
    course.nothing_leaks(Turn::Judging);
    desk.passes(2 * DAY);
    course.nothing_leaks(Turn::Closed);
    course.draws_up("paper");
    course.nothing_leaks(Turn::Sealed);
    course.publishes("paper");
    course.nothing_leaks(Turn::WentOn);
    desk.passes(DAY);
    course.scores(
        "roadshow",
        &[0, 1],
        |entry, judge| json!({"scores": {"show": 9 - entry - judge}}),
    );
    course.nothing_leaks(Turn::WentOn);
    desk.passes(8 * HOUR);
    course.draws_up("roadshow");
    // 0.4 × 76 + 0.6 × 85.
    course.secrets.insert(Secret::Total, "81.4000".to_owned());
    course.nothing_leaks(Turn::LastSealed);
    course.publishes("roadshow");
    let target = course.contest.path("stages/roadshow/results/1/objections");
    let words = json!({"words": "异议只此一处"});
    let objection = course.people["stranger"]
        .sends("POST", &target, &words)
        .is(201)
        .member("id");
    course.nothing_leaks(Turn::OnNotice);
    let to = |act: &str| {
        course
            .contest
            .path(&format!("objections/{objection}/{act}"))
    };
    course.people["organizer"]
        .sends("POST", &to("answer"), &json!({"answer": "已核对"}))
        .is(200);
    let ruling = json!({"decision": "dismissed", "reason": "维持"});
    course.people["chair"]
        .sends("POST", &to("decision"), &ruling)
        .is(200);
    desk.passes(9 * DAY);
    let target = course
        .contest
        .path("stages/roadshow/results/1/finalization");
    let organizer = &course.people["organizer"];
    desk.place()
        .send(&organizer.request("POST", &target))
        .is(200);
    course.nothing_leaks(Turn::Final);
}
