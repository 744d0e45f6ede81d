//! Results: drawn up sealed, approved by two, contested, drawn up again, final; and who sees
//! what of them when.

use diandan::contests::ranking::recompute;
use diandan::platform::clock::{DAY, HOUR, Instant};
use diandan::platform::crypto::sha256_hex;
use serde_json::{Value, json};

use crate::support::answer::Answer;
use crate::support::desk::Desk;
use crate::support::jury::{Contest, Entry, rules};
use crate::support::people::{Organization, Volunteer};
use crate::support::place::Place;
use crate::support::request::Request;

/// Two stages that judges score alone; the best two of the first go on.
pub fn two_stages(now: Instant) -> Value {
    let mut rules = rules(now);
    rules["stages"][0]["advance"] = json!(2);
    rules["stages"][1]["kind"] = json!("review");
    rules["awards"] = json!([
        {"key": "gold", "name": "金奖", "quota": 1, "bars": true},
        {"key": "silver", "name": "银奖", "quota": 1, "bars": false},
    ]);
    rules
}

/// A contest whose first stage was just judged: three entries of one team, two judges.
pub struct Judged<'a> {
    desk: &'a Desk,
    pub contest: Contest<'a>,
    pub team: Organization<'a>,
    entries: Vec<Entry>,
    pub judges: Vec<(Volunteer<'a>, String)>,
}

impl<'a> Judged<'a> {
    pub fn new(desk: &'a Desk) -> Self {
        Self::by(desk, &two_stages(desk.now()))
    }

    fn by(desk: &'a Desk, rules: &Value) -> Self {
        let contest = Contest::under(desk.place(), rules);
        let team = desk.place().organization();
        let entries: Vec<Entry> = (0..3).map(|_| contest.entry(&team)).collect();
        let judges: Vec<_> = (0..2).map(|_| contest.judge()).collect();
        let judged = Self {
            desk,
            contest,
            team,
            entries,
            judges,
        };
        judged.scores("paper", &[0, 1, 2], |entry, judge| {
            let need = [9, 8, 4][entry] - i64::try_from(judge).unwrap();
            json!({"need": need, "effect": need})
        });
        desk.passes(2 * DAY);
        judged
    }

    /// Each judge scores each of these.
    fn scores(&self, stage: &str, of: &[usize], score: impl Fn(usize, usize) -> Value) {
        let pairs: Vec<_> = of
            .iter()
            .flat_map(|entry| (0..self.judges.len()).map(move |judge| (*entry, judge)))
            .collect();
        let drawn: Vec<_> = pairs
            .iter()
            .map(|(entry, judge)| (&self.entries[*entry], &*self.judges[*judge].1))
            .collect();
        self.contest.draws_in(stage, &drawn);
        let ballots: Vec<_> = pairs
            .iter()
            .map(|(entry, judge)| {
                let (entry, judge) = (*entry, *judge);
                let scores = score(entry, judge);
                (&self.entries[entry], &*self.judges[judge].1, scores)
            })
            .collect();
        self.contest.scored(stage, &ballots);
    }

    pub fn result(&self, stage: &str, version: i64, rest: &str) -> String {
        self.contest
            .path(&format!("stages/{stage}/results/{version}{rest}"))
    }

    fn draws_up(&self, who: &Volunteer, stage: &str, body: &Value) -> Answer {
        let target = self.contest.path(&format!("stages/{stage}/results"));
        who.sends("POST", &target, body)
    }

    pub fn acts(&self, who: &Volunteer, stage: &str, version: i64, act: &str) -> Answer {
        let target = self.result(stage, version, &format!("/{act}"));
        who.place.send(&who.request("POST", &target))
    }

    /// The result of a stage, published by two owners.
    pub fn publishes(&self, stage: &str, body: &Value) -> i64 {
        let owners = [(); 2].map(|()| self.contest.organization.member("owner"));
        let drawn = self.draws_up(&owners[0], stage, body).is(201).json();
        let version = drawn["version"].as_i64().unwrap();
        for owner in &owners {
            self.acts(owner, stage, version, "approvals").is(200);
        }
        version
    }

    /// Both stages judged, and the last result on notice.
    pub fn on_notice(desk: &'a Desk) -> Self {
        let judged = Self::new(desk);
        judged.publishes("paper", &json!({}));
        desk.passes(DAY);
        judged.scores(
            "roadshow",
            &[0, 1],
            |entry, _| json!({"show": 5 + 4 * entry}),
        );
        desk.passes(8 * HOUR);
        assert_eq!(judged.publishes("roadshow", &json!({})), 1);
        judged
    }

    fn placings(&self, who: Option<&Volunteer>, stage: &str) -> Answer {
        let target = self.result(stage, 1, "/tracks/education");
        match who {
            Some(who) => who.reads(&target),
            None => self.desk.place().get(&target),
        }
    }
}

/// One member of each item.
fn column(answer: &Value, member: &str) -> Vec<Value> {
    let items = answer["items"].as_array().unwrap();
    items.iter().map(|item| item[member].clone()).collect()
}

#[test]
fn two_people_publish_what_one_draws_up() {
    let desk = Desk::new();
    let judged = Judged::new(&desk);
    let place = desk.place();
    let owner = judged.contest.organization.member("owner");
    let chair = judged.contest.officer("chair");
    let (supervisor, stranger) = (judged.contest.officer("supervisor"), place.adult());
    for (who, code) in [
        (&chair, "forbidden"),
        (&supervisor, "forbidden"),
        (&stranger, "forbidden"),
    ] {
        judged.draws_up(who, "paper", &json!({})).refused(403, code);
    }
    judged
        .draws_up(&owner, "roadshow", &json!({}))
        .refused(409, "stage_not_over");
    judged
        .draws_up(&owner, "eligibility", &json!({}))
        .refused(404, "not_found");
    let drawn = judged.draws_up(&owner, "paper", &json!({})).is(201).json();
    assert_eq!(
        (&drawn["state"], &drawn["version"]),
        (&json!("sealed"), &json!(1))
    );
    assert_eq!(drawn["short"], json!([]));
    // Sealed: nobody else knows that it is there.
    let list = judged.contest.path("results");
    let heads = |who: Option<&Volunteer>| {
        let answer = match who {
            Some(who) => who.reads(&list),
            None => place.get(&list),
        };
        column(&answer.is(200).json(), "state")
    };
    let judge = &judged.judges[0].0;
    let entrant = judged.team.member("owner");
    for who in [None, Some(&stranger), Some(judge), Some(&entrant)] {
        assert!(heads(who).is_empty());
        judged.placings(who, "paper").refused(404, "not_found");
    }
    for who in [&owner, &chair, &supervisor] {
        assert_eq!(heads(Some(who)), [json!("sealed")]);
        let placings = judged.placings(Some(who), "paper").is(200).json();
        assert_eq!(
            column(&placings, "total"),
            ["34.0000", "30.0000", "14.0000"]
        );
    }
    judged
        .acts(&supervisor, "paper", 1, "approvals")
        .refused(403, "forbidden");
    judged
        .acts(judge, "paper", 1, "approvals")
        .refused(403, "forbidden");
    for _ in 0..2 {
        let once = judged.acts(&owner, "paper", 1, "approvals").is(200).json();
        assert_eq!(
            (&once["approvals"], &once["state"]),
            (&json!(1), &json!("sealed"))
        );
    }
    let published = judged.acts(&chair, "paper", 1, "approvals").is(200).json();
    assert_eq!(published["state"], "published");
    assert_eq!(heads(None), [json!("published")]);
    let other = judged.contest.organization.member("manager");
    judged
        .acts(&other, "paper", 1, "approvals")
        .refused(409, "result_superseded");
}

#[test]
fn a_stage_on_the_way_tells_who_goes_on_and_nothing_else() {
    let desk = Desk::new();
    let judged = Judged::new(&desk);
    judged.publishes("paper", &json!({}));
    let judge = &judged.judges[0].0;
    for who in [None, Some(judge)] {
        let placings = judged.placings(who, "paper").is(200).json();
        assert_eq!(column(&placings, "entry"), ["E0001", "E0002"]);
        for hidden in ["rank", "total", "award", "ranked"] {
            assert_eq!(
                column(&placings, hidden),
                [json!(null), json!(null)],
                "{hidden}"
            );
        }
        assert_eq!(placings["items"][0]["title"], "乡村科学课");
    }
    for text in [
        "/document",
        "/tracks/education/sheet",
        "/tracks/education/ranking",
        "/placings.csv",
    ] {
        let target = judged.result("paper", 1, text);
        desk.place().get(&target).refused(404, "not_found");
        judge.reads(&target).refused(404, "not_found");
    }
    // Only those who went on are drawn for.
    let owner = judged.contest.organization.member("owner");
    let target = judged.contest.path("stages/roadshow/draws");
    let drawn = owner.sends("POST", &target, &json!({})).is(201).json();
    assert_eq!(
        drawn["document"]["tracks"][0]["entries"],
        json!(["E0001", "E0002"])
    );
    judged
        .draws_up(&owner, "paper", &json!({"reason": "再算一次"}))
        .refused(409, "result_in_use");
}

#[test]
fn names_wait_while_a_blind_stage_is_to_come() {
    let desk = Desk::new();
    let mut rules = two_stages(desk.now());
    rules["stages"][1]["blind"] = json!(true);
    let judged = Judged::by(&desk, &rules);
    judged.publishes("paper", &json!({}));
    let placings = judged.placings(None, "paper").is(200).json();
    assert_eq!(column(&placings, "entry"), ["E0001", "E0002"]);
    assert_eq!(column(&placings, "title"), [json!(null), json!(null)]);
    assert_eq!(
        column(&placings, "organization_name"),
        [json!(null), json!(null)]
    );
    let text = judged.placings(Some(&judged.judges[0].0), "paper").text();
    assert!(!text.contains(&judged.team.name));
}

#[test]
fn judges_are_drawn_for_the_next_stage_after_the_result_of_the_one_before() {
    let desk = Desk::new();
    let judged = Judged::new(&desk);
    let owner = judged.contest.organization.member("owner");
    let target = judged.contest.path("stages/roadshow/draws");
    owner
        .sends("POST", &target, &json!({}))
        .refused(409, "draw_too_early");
    judged.draws_up(&owner, "paper", &json!({})).is(201);
    owner
        .sends("POST", &target, &json!({}))
        .refused(409, "draw_too_early");
    judged.publishes("paper", &json!({"reason": "再算一次"}));
    owner.sends("POST", &target, &json!({})).is(201);
}

#[test]
fn anybody_recomputes_what_is_on_notice() {
    let desk = Desk::new();
    let judged = Judged::on_notice(&desk);
    let place = desk.place();
    let read = |rest: &str| {
        place
            .get(&judged.result("roadshow", 1, rest))
            .is(200)
            .text()
    };
    let head = place.get(&judged.result("roadshow", 1, "")).is(200).json();
    assert_eq!(head["state"], "on_notice");
    let (document, sheet) = (read("/document"), read("/tracks/education/sheet"));
    let ranking = read("/tracks/education/ranking");
    assert_eq!(head["hash"], sha256_hex(&document));
    let document: Value = serde_json::from_str(&document).unwrap();
    assert_eq!(document["tracks"][0]["sheet"], sha256_hex(&sheet));
    assert_eq!(document["tracks"][0]["ranking"], sha256_hex(&ranking));
    assert_eq!(recompute(&sheet).unwrap(), ranking);
    assert!(!sheet.contains("李老师"));
    let rules = place.get(&judged.contest.path("rules/1")).is(200).text();
    assert_eq!(document["rules"]["hash"], sha256_hex(&rules));
    // 0.4 × 75 + 0.6 × 90, 0.4 × 85 + 0.6 × 50; the third ended before with 0.4 × 35.
    let placings = judged.placings(None, "roadshow").is(200).json();
    assert_eq!(column(&placings, "entry"), ["E0002", "E0001", "E0003"]);
    assert_eq!(
        column(&placings, "total"),
        ["84.0000", "64.0000", "14.0000"]
    );
    assert_eq!(
        column(&placings, "award"),
        [json!("gold"), json!("silver"), json!(null)]
    );
    let first = place
        .get(&format!(
            "{}?limit=1",
            judged.result("roadshow", 1, "/tracks/education")
        ))
        .is(200)
        .json();
    assert_eq!(column(&first, "entry"), ["E0002"]);
    let next = place.get(first["next"].as_str().unwrap()).is(200).json();
    assert_eq!(column(&next, "entry"), ["E0001"]);
    let csv = read("/placings.csv");
    assert!(
        csv.starts_with('\u{feff}') && csv.contains("乡村教育,1,E0002,乡村科学课,"),
        "{csv}"
    );
    // Now the first stage is open to everybody, too.
    let paper = judged.placings(None, "paper").is(200).json();
    assert_eq!(column(&paper, "total"), ["34.0000", "30.0000", "14.0000"]);
}

#[test]
fn objections_are_received_answered_decided_and_kept() {
    let desk = Desk::new();
    let judged = Judged::on_notice(&desk);
    let (place, contest) = (desk.place(), &judged.contest);
    let (li, owner, chair) = (
        place.adult(),
        contest.organization.member("owner"),
        contest.officer("chair"),
    );
    let target = judged.result("roadshow", 1, "/objections");
    let body = json!({"words": "E0002 的时长与材料不符𠮷", "entry": "E0002"});
    place
        .send(&Request::new("POST", &target).json(&body))
        .refused(401, "unauthenticated");
    li.sends("POST", &target, &json!({"words": "x", "entry": "E0099"}))
        .refused(422, "invalid_fields");
    let empty = li.sends(
        "POST",
        &target,
        &json!({"words": " ", "entry": "1", "more": 1}),
    );
    assert_eq!(
        empty.refused(422, "invalid_fields").pointers(),
        ["/entry", "/more", "/words"]
    );
    li.sends("POST", &judged.result("paper", 1, "/objections"), &body)
        .refused(409, "no_notice_period");
    let made = li.sends("POST", &target, &body).is(201).json();
    assert_eq!((&made["number"], &made["own"]), (&json!(1), &json!(true)));
    let id = made["id"].as_str().unwrap();
    let list = contest.path("objections");
    let public = place.get(&list).is(200);
    assert!(!public.text().contains("时长") && !public.text().contains(&li.id));
    assert_eq!(public.json()["items"][0]["entry"], "E0002");
    let entrant = judged.team.member("owner");
    assert!(!entrant.reads(&list).is(200).text().contains("时长"));
    for reader in [&li, &owner, &chair] {
        assert!(reader.reads(&list).is(200).text().contains("时长"));
    }
    let (answer, decision) = (
        contest.path(&format!("objections/{id}/answer")),
        contest.path(&format!("objections/{id}/decision")),
    );
    let said = json!({"answer": "已核对总账"});
    let ruling = json!({"decision": "dismissed", "reason": "维持"});
    owner
        .sends("POST", &decision, &ruling)
        .refused(409, "objection_unanswered");
    for who in [&li, &entrant, &chair, &judged.judges[0].0] {
        who.sends("POST", &answer, &said).refused(403, "forbidden");
    }
    owner.sends("POST", &answer, &said).is(200);
    owner
        .sends("POST", &answer, &said)
        .refused(409, "objection_settled");
    let final_at = |who: &Volunteer| judged.acts(who, "roadshow", 1, "finalization");
    final_at(&owner).refused(409, "result_not_final_yet");
    desk.passes(9 * DAY);
    // Open still.
    final_at(&owner).refused(409, "result_not_final_yet");
    chair.sends("POST", &decision, &ruling).is(200);
    chair
        .sends("POST", &decision, &ruling)
        .refused(409, "objection_settled");
    li.sends("POST", &target, &body)
        .refused(409, "no_notice_period");
    let public = place.get(&list).is(200).json();
    assert_eq!(public["items"][0]["answer"], "已核对总账");
    assert_eq!(public["items"][0]["decision_words"], "维持");
    for who in [&chair, &li, &entrant] {
        final_at(who).refused(403, "forbidden");
    }
    assert_eq!(final_at(&owner).is(200).json()["state"], "final");
}

#[test]
fn nobody_handles_their_own_objection_or_floods() {
    let desk = Desk::new();
    let judged = Judged::on_notice(&desk);
    let owner = judged.contest.organization.member("owner");
    let target = judged.result("roadshow", 1, "/objections");
    let mut last = String::new();
    for _ in 0..3 {
        last = owner
            .sends("POST", &target, &json!({"words": "不符"}))
            .is(201)
            .member("id");
    }
    owner
        .sends("POST", &target, &json!({"words": "不符"}))
        .refused(409, "too_many_objections");
    let answer = judged.contest.path(&format!("objections/{last}/answer"));
    owner
        .sends("POST", &answer, &json!({"answer": "无误"}))
        .refused(403, "forbidden");
}

#[test]
fn an_objection_that_is_upheld_leads_to_another_version() {
    let desk = Desk::new();
    let judged = Judged::on_notice(&desk);
    let (place, contest) = (desk.place(), &judged.contest);
    let (li, owner, chair) = (
        place.adult(),
        contest.organization.member("owner"),
        contest.officer("chair"),
    );
    let objection = li
        .sends(
            "POST",
            &judged.result("roadshow", 1, "/objections"),
            &json!({"words": "评委与项目有亲属关系"}),
        )
        .is(201)
        .member("id");
    let to = |act: &str| contest.path(&format!("objections/{objection}/{act}"));
    owner
        .sends("POST", &to("answer"), &json!({"answer": "属实"}))
        .is(200);
    let upheld = json!({"decision": "upheld", "reason": "剔除该评委的评分"});
    chair.sends("POST", &to("decision"), &upheld).is(200);
    // The judge says so now, and what they gave counts no more.
    let conflict = json!({"conflicts": [{"kind": "kinship", "entry_id": judged.entries[1].id}]});
    judged.judges[1]
        .0
        .sends("POST", &contest.path("conflicts"), &conflict)
        .is(200);
    desk.passes(9 * DAY);
    judged
        .acts(&owner, "roadshow", 1, "finalization")
        .refused(409, "result_not_final_yet");
    let missing = judged.draws_up(&owner, "roadshow", &json!({}));
    assert_eq!(
        missing.refused(422, "invalid_fields").pointers(),
        ["/reason"]
    );
    let version = judged.publishes("roadshow", &json!({"reason": "异议成立"}));
    assert_eq!(version, 2);
    let heads = place.get(&contest.path("results")).is(200).json();
    assert_eq!(
        column(&heads, "state"),
        ["on_notice", "superseded", "published"]
    );
    assert_eq!(
        heads["items"][0]["short"],
        json!([{"entry": "E0002", "ballots": 1}])
    );
    let sheet = place
        .get(&judged.result("roadshow", 2, "/tracks/education/sheet"))
        .is(200)
        .json();
    assert_eq!(sheet["stages"][1]["ballots"].as_array().unwrap().len(), 3);
    // What was published stays readable.
    place
        .get(&judged.result("roadshow", 1, "/tracks/education/sheet"))
        .is(200);
    judged
        .acts(&owner, "roadshow", 1, "finalization")
        .refused(409, "result_superseded");
    desk.passes(9 * DAY);
    judged.acts(&owner, "roadshow", 2, "finalization").is(200);
}

#[test]
fn what_is_final_is_awarded_and_bars_and_ends_it() {
    let desk = Desk::new();
    let judged = Judged::on_notice(&desk);
    let (place, contest) = (desk.place(), &judged.contest);
    let owner = contest.organization.member("owner");
    let awards = contest.path("awards");
    assert!(column(&place.get(&awards).is(200).json(), "award").is_empty());
    desk.passes(9 * DAY);
    for _ in 0..2 {
        let request = owner
            .request("POST", &judged.result("roadshow", 1, "/finalization"))
            .header("idempotency-key", "once");
        assert_eq!(place.send(&request).is(200).json()["state"], "final");
    }
    judged
        .acts(&owner, "roadshow", 1, "finalization")
        .refused(409, "result_is_final");
    judged
        .draws_up(&owner, "roadshow", &json!({"reason": "再算"}))
        .refused(409, "result_is_final");
    let given = place.get(&awards).is(200).json();
    assert_eq!(column(&given, "award_name"), ["金奖", "银奖"]);
    assert_eq!(column(&given, "entry"), ["E0002", "E0001"]);
    let barred = place.rows("SELECT award FROM contest_past_winner", json!([]));
    assert_eq!(barred, [json!({"award": "金奖"})]);
    let acts = place.rows(
        "SELECT act FROM contest_log WHERE contest_id = ?1 AND act LIKE 'result.%' AND subject = 'stage:roadshow' ORDER BY seq",
        json!([contest.id]),
    );
    let acts: Vec<_> = acts
        .iter()
        .map(|row| row["act"].as_str().unwrap())
        .collect();
    assert_eq!(
        acts,
        [
            "result.drawn_up",
            "result.approved",
            "result.approved",
            "result.published",
            "result.final"
        ]
    );
}

#[test]
fn whoever_belongs_to_an_entrant_sees_and_approves_nothing_sealed() {
    let desk = Desk::new();
    let judged = Judged::new(&desk);
    let (place, contest) = (desk.place(), &judged.contest);
    let owner = contest.organization.member("owner");
    judged.draws_up(&owner, "paper", &json!({})).is(201);
    let joins = |who: &Volunteer| {
        place.rows(
            "INSERT INTO member (organization_id, volunteer_id, role, created_at) VALUES (?1, ?2, 'viewer', 0)",
            json!([judged.team.id, who.id]),
        );
    };
    let (manager, chair, supervisor) = (
        contest.organization.member("manager"),
        contest.officer("chair"),
        contest.officer("supervisor"),
    );
    for who in [&manager, &chair, &supervisor] {
        judged.placings(Some(who), "paper").is(200);
        joins(who);
        judged
            .placings(Some(who), "paper")
            .refused(404, "not_found");
        assert!(column(&who.reads(&contest.path("results")).is(200).json(), "state").is_empty());
    }
    for who in [&manager, &chair] {
        judged
            .acts(who, "paper", 1, "approvals")
            .refused(403, "interested_party");
    }
    judged
        .draws_up(&manager, "paper", &json!({"reason": "x"}))
        .refused(403, "interested_party");
    // The schema holds it, too.
    let sneaks = format!(
        "INSERT INTO contest_result_approval SELECT contest_id, stage, version, '{}', 0 FROM contest_result",
        manager.id
    );
    assert!(desk.refuses(&sneaks).contains("approver_in_conflict"));
    let pushes = "UPDATE contest_result SET published_at = 1";
    assert!(
        desk.refuses(pushes)
            .contains("contest_result_is_append_only")
    );
}

#[test]
fn what_does_not_hold_together_is_told_and_nothing_is_written() {
    let desk = Desk::new();
    let mut rules = two_stages(desk.now());
    rules["stages"][0]["method"] = json!("severity_adjusted");
    let place = desk.place();
    let contest = Contest::under(place, &rules);
    let team = place.organization();
    let (a, b) = (contest.entry(&team), contest.entry(&team));
    let (one, other) = (contest.judge().1, contest.judge().1);
    contest.draws(&[(&a, &*one), (&b, &*other)]);
    let whole = json!({"need": 8, "effect": 8});
    contest.scored("paper", &[(&a, &one, whole.clone()), (&b, &other, whole)]);
    desk.passes(2 * DAY);
    let owner = contest.organization.member("owner");
    let target = contest.path("stages/paper/results");
    let refused = owner
        .sends("POST", &target, &json!({}))
        .refused(409, "ranking_impossible")
        .json();
    assert_eq!(refused["tracks"][0]["track"], "education");
    assert_eq!(refused["tracks"][0]["faults"][0]["code"], "not_connected");
    assert_eq!(
        place.number("SELECT count(*) FROM contest_result", json!([])),
        0
    );
}
