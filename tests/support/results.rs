//! Contests that were judged, written past the product as far as a test is not about them:
//! one stage, one judge and one entry, all under one id.

use diandan::platform::clock::DAY;
use diandan::platform::crypto::sha256_hex;
use serde_json::{Value, json};

use super::jury;
use super::people::{Organization, Volunteer};
use super::place::Sql;

fn sql(text: &str, params: Value) -> Sql {
    match params {
        Value::Array(params) => (text.to_owned(), params),
        _ => unreachable!(),
    }
}

/// A contest of one organization whose only stage closed yesterday, in which another one has
/// the only entry, with a ballot.
pub fn judged(
    organization: &Organization,
    entrant: &Organization,
    project: &str,
    judge: &Volunteer,
    id: &str,
) -> Vec<Sql> {
    let opened = organization.place.now().plus(-3 * DAY);
    let mut rules = jury::rules(opened);
    rules["stages"][0]["weight"] = json!(1000);
    rules["stages"][0]["judges_per_entry"] = json!(1);
    rules["stages"].as_array_mut().unwrap().truncate(1);
    rules["awards"] = json!([{"key": "gold", "name": "金奖", "quota": 1, "bars": false}]);
    let mut statements = Vec::from(jury::announced_under(organization, id, &rules));
    statements.push(jury::judging(id, id, 1, judge));
    statements.push(jury::entered(id, id, 1, project, entrant));
    statements.extend(jury::drawn(id, "paper", &[(id, id)]));
    statements.push(sql(
        "INSERT INTO contest_ballot (contest_id, stage, entry_id, judge_id, scores, submitted_at, saved_at)
         VALUES (?1, 'paper', ?1, ?1, '{\"effect\":7,\"need\":8}', ?2, ?2)",
        json!([id, opened.millis()]),
    ));
    statements
}

/// Its result, drawn up and not approved.
pub fn sealed(id: &str) -> Vec<Sql> {
    let (sheet, ranking) = ("{}", "{\"version\":1,\"entries\":[],\"stages\":[]}");
    let document = json!({
        "contest": id, "stage": "paper", "version": 1,
        "rules": {"version": 1, "hash": "0".repeat(64)}, "short": [],
        "tracks": [{"track": "education", "sheet": sha256_hex(sheet), "ranking": sha256_hex(ranking)}],
    })
    .to_string();
    vec![
        sql(
            "INSERT INTO contest_result (contest_id, stage, version, document, hash, drawn_at)
             VALUES (?1, 'paper', 1, ?2, ?3, 0)",
            json!([id, document, sha256_hex(&document)]),
        ),
        sql(
            "INSERT INTO contest_result_track (contest_id, stage, version, track, sheet, ranking)
             VALUES (?1, 'paper', 1, 'education', ?2, ?3)",
            json!([id, sheet, ranking]),
        ),
        sql(
            "INSERT INTO contest_placing (contest_id, stage, version, entry_id, rank, total, goes_on, award)
             VALUES (?1, 'paper', 1, ?1, 1, '75.0000', 0, 'gold')",
            json!([id]),
        ),
    ]
}

/// The same on notice until a time, in milliseconds.
pub fn on_notice(id: &str, approvers: [&Volunteer; 2], until: i64) -> Vec<Sql> {
    let mut statements = sealed(id);
    statements.extend(approvers.map(|approver| {
        sql(
            "INSERT INTO contest_result_approval (contest_id, stage, version, volunteer_id, approved_at)
             VALUES (?1, 'paper', 1, ?2, 0)",
            json!([id, approver.id]),
        )
    }));
    statements.push(sql(
        "UPDATE contest_result SET published_at = 1, notice_until = ?2 WHERE contest_id = ?1",
        json!([id, until]),
    ));
    statements
}

/// An objection to it with the same id, answered or not.
pub fn objected(id: &str, objector: &Volunteer, answer: Option<&str>) -> Sql {
    sql(
        "INSERT INTO contest_objection (id, contest_id, stage, version, number, volunteer_id, words, received_at, answer, answered_at)
         VALUES (?1, ?1, 'paper', 1, 1, ?2, '不符', 2, ?3, iif(?3 IS NULL, NULL, 3))",
        json!([id, objector.id, answer]),
    )
}
