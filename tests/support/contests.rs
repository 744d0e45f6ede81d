//! Contests written past the product, for what begins with one.

use diandan::contests::rules::{Rules, example};
use diandan::platform::clock::{DAY, Instant};
use diandan::platform::fields::FieldErrors;
use serde_json::{Value, json};

use super::people::{Organization, Project};
use super::place::Place;

/// The rules of the example, moved so that entries open a day after `now`.
pub fn rules_after(now: Instant) -> Value {
    let mut rules = example();
    let opens = |rules: &Value| {
        let opens_at = rules["entries"]["opens_at"].as_str();
        Instant::parse(opens_at.unwrap()).unwrap()
    };
    let moved = now.plus(DAY).millis() - opens(&rules).millis();
    let mut parts = vec![&mut rules["entries"]];
    let put_off = |part: &mut Value| {
        for name in ["opens_at", "closes_at"] {
            let at = Instant::parse(part[name].as_str().unwrap()).unwrap();
            part[name] = json!(at.plus(moved).rfc3339());
        }
    };
    parts.drain(..).for_each(put_off);
    rules["stages"]
        .as_array_mut()
        .unwrap()
        .iter_mut()
        .for_each(put_off);
    rules
}

fn read(rules: &Value) -> Rules {
    deserr::deserialize::<_, _, FieldErrors>(rules.clone()).unwrap()
}

/// A draft by the office of region 36; gives its id.
pub fn drafted(place: &dyn Place, rules: &Value) -> String {
    let id = uuid::Uuid::now_v7().to_string();
    place.rows(
        "INSERT INTO contest (id, region, office, name, draft, created_at)
         VALUES (?1, '36', '江西省民政厅', '志愿服务项目大赛', ?2, ?3)",
        json!([id, read(rules).canonical(), place.now().millis()]),
    );
    id
}

/// The same with these rules in force.
pub fn announced(place: &dyn Place, rules: &Value) -> String {
    let id = drafted(place, rules);
    let rules = read(rules);
    let now = place.now().millis();
    place.rows(
        "INSERT INTO contest_rules (contest_id, version, document, hash, published_at)
         VALUES (?1, 1, ?2, ?3, ?4)",
        json!([id, rules.canonical(), rules.hash(), now]),
    );
    place.rows(
        "UPDATE contest
         SET state = 'announced', draft = NULL, rules_version = 1, announced_at = ?2,
           entries_open_at = ?3, entries_close_at = ?4, ends_at = ?5
         WHERE id = ?1",
        json!([
            id,
            now,
            rules.entries.opens_at.millis(),
            rules.entries.closes_at.millis(),
            rules.ends_at().millis()
        ]),
    );
    id
}

/// What an organization might write of a project.
pub fn words() -> Value {
    json!({
        "track": "open", "title": "冬日山村科学课",
        "words": {"need": "三个村小没有科学老师。", "effect": "一学期上了二十四节课。"},
    })
}

/// An entry in this state, with a number unless it is a draft; gives its id.
pub fn entered(
    organization: &Organization<'_>,
    contest: &str,
    project: &Project,
    state: &str,
) -> String {
    let id = uuid::Uuid::now_v7().to_string();
    let words = words();
    organization.place.rows(
        "INSERT INTO contest_entry (id, contest_id, project_id, organization_id, number, track, state, title,
           words, facts, submitted_at, created_at, updated_at)
         SELECT ?1, ?2, ?3, ?4,
           iif(?5 = 'draft', NULL, 1 + (SELECT coalesce(max(number), 0) FROM contest_entry WHERE contest_id = ?2)),
           'open', ?5, ?6, ?7,
           iif(?5 = 'draft', NULL, '{\"people\":0,\"shifts\":0,\"records\":0,\"minutes\":{\"a\":0,\"b\":0,\"c\":0,\"d\":0},\"places\":[],\"ledger_size\":0}'),
           iif(?5 = 'draft', NULL, 0), 0, 0",
        json!([id, contest, project.id, organization.id, state, words["title"], words["words"].to_string()]),
    );
    id
}

/// What makes an entry win gold: a result that two people stand for and that is final, unless
/// the contest has one, and the award.
pub fn awarded(place: &dyn Place, contest: &str, entry: &str) {
    let of = |sql: &str, params: Value| match params {
        Value::Array(params) => (sql.to_owned(), params),
        _ => unreachable!(),
    };
    let results = "SELECT count(*) FROM contest_result WHERE contest_id = ?1";
    let mut statements = Vec::new();
    if place.number(results, json!([contest])) == 0 {
        statements.push(of(
            "INSERT INTO contest_result (contest_id, stage, version, document, hash, drawn_at)
             VALUES (?1, 'final', 1, '{}', ?2, 0)",
            json!([contest, "0".repeat(64)]),
        ));
        for approver in place.crowd(2) {
            statements.push(of(
                "INSERT INTO contest_result_approval (contest_id, stage, version, volunteer_id, approved_at)
                 VALUES (?1, 'final', 1, ?2, 0)",
                json!([contest, approver.id]),
            ));
        }
        for sql in [
            "UPDATE contest_result SET published_at = 1, notice_until = 2 WHERE contest_id = ?1",
            "UPDATE contest_result SET final_at = 2 WHERE contest_id = ?1",
        ] {
            statements.push(of(sql, json!([contest])));
        }
    }
    statements.push(of(
        "INSERT INTO contest_awarded (contest_id, entry_id, stage, version, award, award_name, rank, awarded_at)
         VALUES (?1, ?2, 'final', 1, 'gold', '金奖', 1, 2)",
        json!([contest, entry]),
    ));
    place.sql(statements);
}

/// What an organization might tell of an awarded entry.
pub fn story() -> Value {
    json!({
        "title": "山村里的第一堂科学课", "text": "去年冬天，志愿者第一次走进村小。",
        "pictures": [{"url": "https://example.org/1.jpg", "caption": "孩子们第一次自己装好电路。"}],
        "consent": true,
    })
}

/// How a purchase of an awarded entry might begin.
pub fn purchase() -> Value {
    json!({
        "purchaser": "于都县教育局", "fen": 12_000_000, "from": "2026-03-01", "until": "2026-08-31",
        "milestones": [
            {"what": "完成两个村的需求走访", "due_on": "2026-04-30", "done_on": "2026-04-12"},
            {"what": "开满二十四节课", "due_on": "2026-08-31", "done_on": null},
        ],
        "outcome": null,
    })
}

/// A story of an awarded entry that may be published, and the purchase of it, past the product.
pub fn became(place: &dyn Place, contest: &str, entry: &str) {
    let (story, purchase) = (story(), purchase());
    place.rows(
        "INSERT INTO contest_story (contest_id, entry_id, title, body, pictures, consented_at, written_at)
         VALUES (?1, ?2, ?3, ?4, ?5, 0, 0)",
        json!([contest, entry, story["title"], story["text"], story["pictures"].to_string()]),
    );
    place.rows(
        "INSERT INTO contest_purchase (contest_id, entry_id, version, purchaser, fen, from_day, until_day, milestones, said_at)
         VALUES (?1, ?2, 1, ?3, ?4, ?5, ?6, ?7, 0)",
        json!([
            contest, entry, purchase["purchaser"], purchase["fen"], purchase["from"], purchase["until"],
            purchase["milestones"].to_string(),
        ]),
    );
}
