//! What the minute's tick does.

use diandan::bind;
use diandan::platform::clock::{DAY, HOUR, Instant};
use diandan::platform::db::Statement;
use diandan::platform::forgetting::{A_SLICE, forget};
use diandan::platform::{idempotency, outbox};
use diandan::{coordination, imports, menu, organizations, volunteers};
use pollster::FutureExt as _;
use serde_json::json;

use crate::support::at;
use crate::support::desk::Desk;
use crate::support::notice::{Notice, morning, shift};
use crate::support::place::Place as _;

/// All that the minute's tick forgets, a slice of each.
fn all_slices(now: Instant) -> Vec<Statement> {
    let mut slices = vec![
        idempotency::forget_before(now),
        outbox::forget(now),
        organizations::forget(now),
        coordination::forget(now),
    ];
    slices.extend(volunteers::forget(now));
    slices.extend(imports::forget(now));
    slices
}

fn move_on(desk: &Desk) -> i64 {
    let moved = menu::move_on(&desk.db, desk.now()).block_on().unwrap();
    i64::try_from(moved).unwrap()
}

#[test]
fn a_project_moves_on_to_its_next_shift_and_leaves_after_the_last() {
    let desk = Desk::new();
    let place = desk.place();
    let (first, second) = (morning(desk.now(), 1), morning(desk.now(), 3));
    let notice = Notice::of(&[shift("a", first, 2), shift("b", second, 3)]);
    let project = place.organization().publishes(&notice);
    let card = |now: Instant| {
        desk.it_is(now);
        let moved = move_on(&desk);
        let items = place.menu(&[("q", &notice.word())]).is(200).json()["items"].clone();
        let card = &items[0];
        (
            moved,
            card["next_starts_at"].clone(),
            card["seats_free"].clone(),
        )
    };
    let none = json!(null);
    assert_eq!(card(first.plus(-1)), (0, json!(first.rfc3339()), json!(5)));
    assert_eq!(card(first), (1, json!(second.rfc3339()), json!(3)));
    assert_eq!(card(first.plus(1)), (0, json!(second.rfc3339()), json!(3)));
    assert_eq!(card(second), (1, none.clone(), none.clone()));
    assert_eq!(card(second.plus(DAY)), (0, none.clone(), none));
    place.get(&project.path()).is(200);
}

#[test]
fn the_menu_shows_nothing_long_begun_even_when_the_clock_is_late() {
    let desk = Desk::new();
    let place = desk.place();
    let start = morning(desk.now(), 1);
    let notice = Notice::of(&[shift("a", start, 2)]);
    place.organization().publishes(&notice);
    for (now, shown) in [(start.plus(HOUR), 1), (start.plus(HOUR + 1_000), 0)] {
        desk.it_is(now);
        let ids = place.menu(&[("q", &notice.word())]).is(200).ids();
        assert_eq!(ids.len(), shown, "at {now:?}");
        let all = place.menu(&[]).is(200).ids();
        assert_eq!(all.len(), shown, "at {now:?}");
    }
}

#[test]
fn many_projects_move_on_in_rounds() {
    let desk = Desk::new();
    let organization = desk.place().organization();
    let start = morning(desk.now(), 1);
    organization.publishes(&Notice::of(&[shift("a", start, 2)]));
    desk.db
        .script(
            "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 700)
             INSERT INTO project (id, organization_id, client_ref, state, organization_state,
               organization_name, next_starts_at, created_at, updated_at, body_hash)
             SELECT 'p' || i, organization_id, 'p' || i, 'draft', organization_state,
               organization_name, next_starts_at, 0, 0, '' FROM n, project WHERE client_ref LIKE 'p-%'",
        )
        .unwrap();
    desk.it_is(start);
    let rounds = [move_on(&desk), move_on(&desk), move_on(&desk)];
    assert_eq!(rounds, [500, 201, 0]);
}

#[test]
fn codes_and_sessions_are_forgotten_when_they_are_of_no_use() {
    let desk = Desk::new();
    let place = desk.place();
    place.volunteer();
    let forget = |now: Instant| {
        desk.db
            .batch(volunteers::forget(now).into())
            .block_on()
            .unwrap();
        ["sign_in_code", "session"]
            .map(|table| place.number(&format!("SELECT count(*) AS n FROM {table}"), json!([])))
    };
    let began = at("2026-11-23T09:00:00+08:00");
    assert_eq!(forget(began.plus(DAY)), [1, 1]);
    assert_eq!(forget(began.plus(DAY + 1)), [0, 1]);
    assert_eq!(forget(began.plus(90 * DAY + 1)), [0, 0]);
}

#[test]
fn idempotency_keys_are_forgotten_after_a_day() {
    let desk = Desk::new();
    let place = desk.place();
    let notice = Notice::of(&[shift("a", morning(desk.now(), 9), 2)]);
    let a = place.organization().publishes(&notice).shift("a");
    let ming = place.adult();
    let tap = ming
        .request("POST", &a.signups())
        .header("idempotency-key", "k")
        .json(&json!({}));
    place.send(&tap).is(201);
    for (later, replayed) in [(DAY, true), (1, false)] {
        desk.passes(later);
        let forget = idempotency::forget_before(desk.now());
        desk.db.run(forget).block_on().unwrap();
        let again = place.send(&tap);
        assert_eq!(again.status == 201, replayed, "{again:?}");
    }
}

#[test]
fn however_much_has_piled_up_it_goes_a_slice_at_a_time() {
    let desk = Desk::new();
    let place = desk.place();
    let organization = place.organization();
    let owner = organization.member("owner");
    let many = A_SLICE * 2 + 7;
    let rows =
        format!("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {many})");
    let (o, v) = (&organization.id, &owner.id);
    let tables = [
        (
            "idempotency_key",
            format!(
                "INSERT INTO idempotency_key (caller, key, request_hash, subject, created_at) {rows} SELECT 'c', i, 'h', 's', i FROM n"
            ),
        ),
        (
            "outbox",
            format!(
                "INSERT INTO outbox (kind, volunteer_id, created_at, due_at) {rows} SELECT 'k', '{v}', i, i FROM n"
            ),
        ),
        (
            "invitation",
            format!(
                "INSERT INTO invitation (id, organization_id, phone_hash, phone_sealed, role, invited_by, created_at, expires_at) {rows} SELECT 'i' || i, '{o}', 'p' || i, 'x', 'viewer', '{v}', i, i FROM n"
            ),
        ),
        (
            "coordinator",
            format!(
                "INSERT INTO coordinator (id, region, office, code_hash, code_expires_at, created_at) {rows} SELECT 'c' || i, '36', 'x', 'h' || i, i, i FROM n"
            ),
        ),
        (
            "sign_in_code",
            format!(
                "INSERT INTO sign_in_code (phone_hash, address_hash, code_hash, created_at, expires_at) {rows} SELECT 'p', 'a', 'c', i, i FROM n"
            ),
        ),
        (
            "session",
            format!(
                "INSERT INTO session (token_hash, volunteer_id, created_at, expires_at) {rows} SELECT 'old' || i, '{v}', i, i FROM n"
            ),
        ),
        (
            "upload",
            format!(
                "INSERT INTO upload (id, organization_id, format, created_at) VALUES ('u', '{o}', 'ndjson', 1)"
            ),
        ),
        (
            "upload_line",
            format!(
                "INSERT INTO upload_line (upload_id, seq, line, source, bytes) {rows} SELECT 'u', i, i, '{{}}', 2 FROM n"
            ),
        ),
        (
            "import",
            format!(
                "INSERT INTO import (id, organization_id, upload_id, dry_run, state, actor, total, done, refused, created_at, finished_at) VALUES ('m', '{o}', 'u', 1, 'done', 'x', {many}, {many}, {many}, 1, 1)"
            ),
        ),
        (
            "import_result",
            format!(
                "INSERT INTO import_result (import_id, seq, line, outcome, refusal) {rows} SELECT 'm', i, i, 'refused', '{{}}' FROM n"
            ),
        ),
    ];
    for (table, sql) in &tables {
        place.rows(sql, json!([]));
        assert!(place.number(&format!("SELECT count(*) FROM {table}"), json!([])) > 0);
    }
    let left = || {
        tables.each_ref().map(|(table, _)| {
            let live = match *table {
                "session" => " WHERE token_hash GLOB 'old*'",
                _ => "",
            };
            place.number(&format!("SELECT count(*) FROM {table}{live}"), json!([]))
        })
    };
    // A statement that fails holds up none of the others.
    let tick = |rounds| {
        let mut slices = vec![bind!("DELETE FROM nothing")];
        slices.extend(all_slices(desk.now()));
        assert_eq!(forget(&desk.db, slices, rounds).block_on().len(), 1);
    };
    tick(1);
    let rest = many - A_SLICE;
    assert_eq!(
        left(),
        [rest, rest, rest, rest, rest, rest, 1, rest, 1, rest]
    );
    // Half forgotten, it is seen no more.
    let seen = owner.reads(&format!("/api/v1/organizations/{o}/imports"));
    assert_eq!(seen.is(200).json()["items"], json!([]));
    tick(1);
    assert_eq!(left(), [7, 7, 7, 7, 7, 7, 1, 7, 1, 7]);
    tick(20);
    assert_eq!(left(), [0; 10]);
}
