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
