//! What the minute's tick does.

use diandan::platform::clock::{DAY, HOUR, Instant};
use diandan::platform::idempotency;
use diandan::{menu, volunteers};
use pollster::FutureExt as _;
use serde_json::json;

use crate::support::at;
use crate::support::desk::Desk;
use crate::support::notice::{Notice, morning, shift};
use crate::support::place::Place as _;

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
