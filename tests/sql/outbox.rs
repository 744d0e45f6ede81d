//! Messages: claimed by one, repeated with pauses, given up in the end, never lost before.

use diandan::platform::clock::{DAY, HOUR, Instant, MINUTE};
use diandan::platform::outbox::{self, Letter};
use pollster::FutureExt as _;
use serde_json::json;

use crate::support::desk::Desk;
use crate::support::place::Place as _;

fn claim(desk: &Desk) -> Vec<Letter> {
    outbox::claim(&desk.db, desk.now(), outbox::A_ROUND)
        .block_on()
        .unwrap()
}

fn fail(desk: &Desk, letter: &Letter) {
    let failure = outbox::failed(letter, "the gateway answered 500", desk.now());
    desk.db.run(failure).block_on().unwrap();
}

fn succeed(desk: &Desk, letter: &Letter) {
    let delivery = outbox::sent(letter, desk.now());
    desk.db.run(delivery).block_on().unwrap();
}

/// A letter to a volunteer of their own, due now.
fn write(desk: &Desk, urgent: bool) {
    let ming = desk.place().adult().id;
    desk.place().rows(
        "INSERT INTO outbox (kind, volunteer_id, urgent, created_at, due_at) VALUES ('signup_released', ?1, ?2, ?3, ?3)",
        json!([ming, i64::from(urgent), desk.now().millis()]),
    );
}

#[test]
fn a_message_is_claimed_by_one_round_until_its_lease_ends() {
    let desk = Desk::new();
    write(&desk, false);
    assert_eq!(claim(&desk).len(), 1);
    assert!(claim(&desk).is_empty());
    desk.passes(2 * MINUTE - 1);
    assert!(claim(&desk).is_empty());
    // Whoever held it has died.
    desk.passes(1);
    let again = claim(&desk);
    assert_eq!((again.len(), again[0].attempts), (1, 2));
    succeed(&desk, &again[0]);
    desk.passes(DAY);
    assert!(claim(&desk).is_empty());
}

#[test]
fn a_failed_delivery_is_repeated_with_pauses_that_double_then_given_up() {
    let desk = Desk::new();
    write(&desk, false);
    for minutes in [1, 2, 4, 8, 16, 32, 64, 128, 256] {
        let letters = claim(&desk);
        assert_eq!(letters.len(), 1, "before the pause of {minutes} minutes");
        fail(&desk, &letters[0]);
        desk.passes(minutes * MINUTE - 1);
        assert!(claim(&desk).is_empty(), "within {minutes} minutes");
        desk.passes(1);
    }
    let letters = claim(&desk);
    assert_eq!(letters[0].attempts, 10);
    fail(&desk, &letters[0]);
    desk.passes(7 * DAY);
    assert!(claim(&desk).is_empty());
    let given_up = "SELECT abandoned_at IS NOT NULL AND sent_at IS NULL
        AND last_error = 'the gateway answered 500' AS n FROM outbox";
    assert_eq!(desk.place().number(given_up, json!([])), 1);
}

#[test]
fn a_secret_is_wiped_when_it_has_arrived_and_kept_while_it_has_not() {
    let desk = Desk::new();
    desk.place().stranger().asks_for_a_code().is(202);
    let secrets = || {
        let sql = "SELECT count(secret_sealed) AS n FROM outbox";
        desk.place().number(sql, json!([]))
    };
    let letters = claim(&desk);
    assert!(letters[0].secret(&desk.config).is_some());
    fail(&desk, &letters[0]);
    assert_eq!(secrets(), 1);
    desk.passes(MINUTE);
    let letters = claim(&desk);
    assert!(letters[0].secret(&desk.config).is_some());
    succeed(&desk, &letters[0]);
    assert_eq!(secrets(), 0);
}

#[test]
fn a_code_that_would_arrive_too_late_is_given_up() {
    let desk = Desk::new();
    desk.place().stranger().asks_for_a_code().is(202);
    // Tried at once, after one minute, after three; the next would be after seven, and
    // the one after that too late.
    for minutes in [1, 2, 4] {
        fail(&desk, &claim(&desk)[0]);
        desk.passes(minutes * MINUTE);
    }
    fail(&desk, &claim(&desk)[0]);
    desk.passes(DAY);
    assert!(claim(&desk).is_empty());
    let sql = "SELECT count(abandoned_at) AS n FROM outbox WHERE sent_at IS NULL";
    assert_eq!(desk.place().number(sql, json!([])), 1);
}

#[test]
fn codes_are_not_held_up_by_a_crowd_of_other_messages() {
    let desk = Desk::new();
    for _ in 0..120 {
        write(&desk, false);
    }
    desk.passes(1);
    let ming = desk.place().stranger();
    ming.asks_for_a_code().is(202);
    let first = claim(&desk);
    assert!(first.iter().any(|letter| letter.kind == "sign_in_code"));
    let mut seen: Vec<i64> = first.iter().map(|letter| letter.seq).collect();
    for _ in 0..3 {
        seen.extend(claim(&desk).iter().map(|letter| letter.seq));
    }
    let all = seen.len();
    seen.sort_unstable();
    seen.dedup();
    assert_eq!((seen.len(), all), (121, 121), "each is claimed once");
}

#[test]
fn old_messages_are_forgotten_after_thirty_days() {
    let desk = Desk::new();
    write(&desk, false);
    let kept = |now: Instant| {
        desk.db.run(outbox::forget(now)).block_on().unwrap();
        desk.place()
            .number("SELECT count(*) AS n FROM outbox", json!([]))
    };
    let month = desk.now().plus(30 * DAY);
    assert_eq!(kept(month), 1);
    assert_eq!(kept(month.plus(1)), 0);
}

#[test]
fn a_letter_knows_its_phone_even_when_the_volunteer_has_no_phone_in_it() {
    let desk = Desk::new();
    let ming = desk.place().adult();
    desk.place().rows(
        "INSERT INTO outbox (kind, volunteer_id, created_at, due_at) VALUES ('signup_released', ?1, 0, 0)",
        json!([ming.id]),
    );
    desk.passes(HOUR);
    let letters = claim(&desk);
    assert_eq!(letters[0].phone(&desk.config), Some(ming.phone));
}

#[test]
fn a_small_round_takes_what_is_urgent_first_and_leaves_room_for_the_rest() {
    let desk = Desk::new();
    for urgent in [false, true] {
        for _ in 0..5 {
            write(&desk, urgent);
        }
    }
    let taken = |most: u32| {
        let letters = outbox::claim(&desk.db, desk.now(), most)
            .block_on()
            .unwrap();
        let urgent = "SELECT count(*) AS n FROM outbox WHERE urgent = 1 AND attempts > 0";
        (letters.len(), desk.place().number(urgent, json!([])))
    };
    assert_eq!(taken(1), (1, 1));
    assert_eq!(
        taken(4),
        (4, 4),
        "three more that are urgent, and one that is not"
    );
    assert_eq!(taken(100), (5, 5));
}
