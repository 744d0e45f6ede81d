//! Draws of judges for entries: avoided, levelled, drawn again for the rest, and who reads
//! what of them.

use std::collections::BTreeMap;

use diandan::platform::clock::DAY;
use diandan::platform::crypto::sha256_hex;
use serde_json::{Value, json};

use crate::support::answer::Answer;
use crate::support::desk::Desk;
use crate::support::jury::{Contest, Entry};
use crate::support::people::Volunteer;
use crate::support::request::Request;

const DRAWS: &str = "stages/paper/draws";

#[track_caller]
fn draws(contest: &Contest, who: &Volunteer, body: &Value) -> Answer {
    who.sends("POST", &contest.path(DRAWS), body)
}

/// The judges of each entry, by entry.
fn judges(contest: &Contest) -> BTreeMap<String, Vec<String>> {
    let rows = contest.place.rows(
        "SELECT entry_id, judge_id FROM contest_assignment
         WHERE contest_id = ?1 AND ended_at IS NULL ORDER BY 1, 2",
        json!([contest.id]),
    );
    let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for row in rows {
        let text = |name: &str| row[name].as_str().unwrap().to_owned();
        found
            .entry(text("entry_id"))
            .or_default()
            .push(text("judge_id"));
    }
    found
}

fn entries(contest: &Contest, count: usize) -> Vec<Entry> {
    let team = contest.place.organization();
    (0..count).map(|_| contest.entry(&team)).collect()
}

#[test]
fn each_entry_has_as_many_judges_as_the_rules_say_and_none_in_conflict() {
    let desk = Desk::new();
    let place = desk.place();
    let contest = Contest::announced(place);
    let owner = contest.organization.member("owner");
    let entries = entries(&contest, 6);
    let own = place.organization();
    let odd = contest.entry(&own);
    let bench: Vec<_> = (0..4).map(|_| contest.judge()).collect();
    let (li, first) = &bench[0];
    let conflict = json!({"conflicts": [{"kind": "kinship", "organization_id": own.id}]});
    li.sends("POST", &contest.path("conflicts"), &conflict)
        .is(200);
    // Whoever has not said which conflicts they have is not drawn.
    let (_, silent) = contest.judge();
    place.rows(
        "UPDATE contest_judge SET declared_at = NULL WHERE id = ?1",
        json!([silent]),
    );
    let drawn = draws(&contest, &owner, &json!({})).is(201).json();
    let found = judges(&contest);
    assert_eq!(found.len(), 7);
    assert!(
        found
            .values()
            .all(|judges| judges.len() == 2 && !judges.contains(&silent))
    );
    assert!(!found[&odd.id].contains(first));
    let mut loads: BTreeMap<&String, usize> = BTreeMap::new();
    for judge in found.values().flatten() {
        *loads.entry(judge).or_default() += 1;
    }
    let (least, most) = (loads.values().min().unwrap(), loads.values().max().unwrap());
    assert!(most - least <= 1, "{loads:?}");
    assert_eq!(drawn["hash"], sha256_hex(&drawn["document"].to_string()));
    assert_eq!(
        drawn["document"]["tracks"][0]["avoided"],
        json!([["E0007", "J01"]])
    );
    draws(&contest, &owner, &json!({})).refused(422, "invalid_fields");
    draws(&contest, &owner, &json!({"reason": "再来"})).refused(409, "nothing_to_draw");
    assert_eq!(entries.len(), 6);
}

#[test]
fn whoever_drops_out_is_replaced_and_all_else_stands() {
    let desk = Desk::new();
    let place = desk.place();
    let contest = Contest::announced(place);
    let owner = contest.organization.member("owner");
    let entries = entries(&contest, 6);
    let bench: Vec<_> = (0..4).map(|_| contest.judge()).collect();
    let first = draws(&contest, &owner, &json!({})).is(201).json();
    let before = judges(&contest);
    let (li, gone) = &bench[0];
    let theirs: Vec<_> = entries
        .iter()
        .filter(|entry| before[&entry.id].contains(gone))
        .collect();
    let whole = json!({"scores": {"need": 8, "effect": 7}, "hand_in": true});
    li.sends("PUT", &contest.ballot(theirs[0]), &whole).is(200);
    li.deletes(&contest.path(&format!("judges/{gone}"))).is(204);
    let request = owner
        .request("POST", &contest.path(DRAWS))
        .header("idempotency-key", "k");
    let request = request.json(&json!({"reason": "一位评委退出"}));
    let again = place.send(&request).is(201);
    assert_eq!(again.json()["draw"], 2);
    let repeated = place.send(&request).is(201);
    assert_eq!(repeated.json(), again.json());
    let after = judges(&contest);
    for entry in &entries {
        let (before, after) = (&before[&entry.id], &after[&entry.id]);
        assert_eq!(after.len(), 2);
        let kept = |judge: &&String| *judge != gone || entry.id == theirs[0].id;
        assert!(
            before
                .iter()
                .filter(kept)
                .all(|judge| after.contains(judge))
        );
    }
    assert!(after[&theirs[0].id].contains(gone));
    assert_eq!(
        after
            .values()
            .flatten()
            .filter(|judge| *judge == gone)
            .count(),
        1
    );
    // Everybody reads that it was drawn; what was drawn, once the stage has closed.
    let public = || place.get(&contest.path(DRAWS)).is(200).json();
    let listed = public();
    assert_eq!(listed["items"][0]["seed"], first["seed"]);
    assert_eq!(listed["items"][1]["reason"], "一位评委退出");
    assert!(!listed.to_string().contains("E0001"));
    desk.passes(2 * DAY);
    let listed = public();
    assert_eq!(listed["items"][0]["document"], first["document"]);
    draws(&contest, &owner, &json!({"reason": "晚了"})).refused(409, "stage_closed");
}

#[test]
fn a_draw_that_cannot_be_made_is_refused_and_leaves_nothing() {
    let desk = Desk::new();
    let place = desk.place();
    let contest = Contest::announced(place);
    let owner = contest.organization.member("owner");
    draws(&contest, &owner, &json!({})).refused(409, "nothing_to_draw");
    entries(&contest, 2);
    contest.judge();
    let refused = draws(&contest, &owner, &json!({}))
        .refused(409, "draw_impossible")
        .json();
    assert_eq!(refused["entries"], json!(["E0001", "E0002"]));
    assert_eq!(
        place.number("SELECT count(*) FROM contest_draw", json!([])),
        0
    );
    desk.passes(-2 * DAY);
    draws(&contest, &owner, &json!({})).refused(409, "draw_too_early");
    for who in [&place.adult(), &place.coordinator("36"), &contest.judge().0] {
        draws(&contest, who, &json!({})).refused(403, "forbidden");
    }
    let elsewhere = contest.path("stages/final/draws");
    place.get(&elsewhere).refused(404, "not_found");
    owner
        .sends("POST", &elsewhere, &json!({}))
        .refused(404, "not_found");
}

#[test]
fn an_organizer_who_belongs_to_an_entrant_reads_nothing_of_its_track() {
    let desk = Desk::new();
    let place = desk.place();
    let contest = Contest::announced(place);
    let (owner, neutral) = (
        contest.organization.member("owner"),
        contest.organization.member("manager"),
    );
    let team = place.organization();
    contest.entry(&team);
    contest.judge();
    contest.judge();
    draws(&contest, &neutral, &json!({})).is(201);
    let tracks = |who: &Volunteer| {
        let listed = who.reads(&contest.path(DRAWS)).is(200).json();
        listed["items"][0]["document"]["tracks"]
            .as_array()
            .unwrap()
            .len()
    };
    assert_eq!(tracks(&owner), 1);
    place.rows(
        "INSERT INTO member (organization_id, volunteer_id, role, created_at) VALUES (?1, ?2, 'viewer', 0)",
        json!([team.id, owner.id]),
    );
    assert_eq!(tracks(&owner), 0);
    assert_eq!(tracks(&neutral), 1);
}

#[test]
fn those_who_run_a_contest_draw_on_its_page() {
    let desk = Desk::new();
    let place = desk.place();
    let contest = Contest::announced(place);
    let owner = contest.organization.member("owner");
    let here = format!("/contests/{}/judges", contest.id);
    let submits = |fields: &[(&str, &str)]| {
        let request = Request::new("POST", format!("{here}/draw")).browser(&owner.session);
        place.send(&request.form(fields))
    };
    let reads = || {
        place
            .send(&Request::get(&*here).browser(&owner.session))
            .is(200)
            .text()
    };
    let entries = entries(&contest, 2);
    let (li, first) = contest.judge();
    let refused = submits(&[("stage", "paper")]).is(409).text();
    assert!(refused.contains("没有足够的、无利益冲突的评委：E0001、E0002"));
    contest.judge();
    submits(&[("stage", "paper")]).is(303);
    assert!(reads().contains("第 1 次抽签") && reads().contains("已交 <b class=\"num\">0</b> / 4"));
    let whole = json!({"scores": {"need": 8, "effect": 7}, "hand_in": true});
    li.sends("PUT", &contest.ballot(&entries[0]), &whole)
        .is(200);
    assert!(reads().contains("已交 <b class=\"num\">1</b> / 4"));
    // Counts are not for whoever belongs to an entrant.
    place.rows(
        "INSERT INTO member (organization_id, volunteer_id, role, created_at)
         SELECT organization_id, ?2, 'viewer', 0 FROM contest_entry WHERE id = ?1",
        json!([entries[0].id, owner.id]),
    );
    assert!(!reads().contains("/ 4"));
    contest.judge();
    li.deletes(&contest.path(&format!("judges/{first}")))
        .is(204);
    assert!(
        submits(&[("stage", "paper")])
            .is(422)
            .text()
            .contains("补抽须说明原因")
    );
    submits(&[("stage", "paper"), ("reason", "一位评委退出")]).is(303);
    assert!(reads().contains("原因：一位评委退出"));
    submits(&[("stage", "none")]).is(404);
}
