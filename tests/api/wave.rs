//! A crowd that wants the same shift at the same moment.

use std::collections::BTreeMap;
use std::sync::Barrier;

use serde_json::json;

use crate::support::answer::Answer;
use crate::support::app::App;
use crate::support::notice::{Notice, morning, shift, with_waitlist};
use crate::support::people::{Shift, Volunteer};
use crate::support::place::Place;

const CROWD: usize = 200;
const SEATS: i64 = 20;
const WAITS: i64 = 30;
const ROUNDS: usize = 3;

fn popular_shift(place: &dyn Place) -> Shift {
    let start = morning(place.now(), 6);
    let notice = Notice::of(&[with_waitlist(shift("a", start, SEATS), WAITS)]);
    place.organization().publishes(&notice).shift("a")
}

/// Everybody does it at once.
fn at_once<'a>(
    crowd: &[Volunteer<'a>],
    act: impl Fn(&Volunteer<'a>) -> Answer + Sync,
) -> Vec<Answer> {
    let start = Barrier::new(crowd.len());
    std::thread::scope(|scope| {
        let threads: Vec<_> = crowd
            .iter()
            .map(|volunteer| {
                scope.spawn(|| {
                    start.wait();
                    act(volunteer)
                })
            })
            .collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .collect()
    })
}

fn tally(answers: &[Answer]) -> BTreeMap<String, i64> {
    let mut tally = BTreeMap::new();
    for answer in answers {
        let word = match answer.status {
            201 => answer.member("state"),
            _ => answer.member("code"),
        };
        *tally.entry(word).or_default() += 1;
    }
    tally
}

/// What must hold of a shift whatever happened on it.
fn shift_is_sound(place: &dyn Place, shift: &Shift) {
    let rows = place.rows(
        "SELECT capacity, waitlist, confirmed, waiting,
           (SELECT count(*) FROM signup WHERE shift_id = h.id AND state = 'confirmed') AS seated,
           (SELECT count(*) FROM signup WHERE shift_id = h.id AND state = 'waitlisted') AS in_line
         FROM shift h WHERE id = ?1",
        json!([shift.id]),
    );
    let number = |name: &str| rows[0][name].as_i64().unwrap();
    assert_eq!(number("confirmed"), number("seated"));
    assert_eq!(number("waiting"), number("in_line"));
    assert!(number("confirmed") <= number("capacity"));
    assert!(number("waiting") <= number("waitlist"));
    let waits_beside_a_free_seat =
        number("waiting") > 0 && number("confirmed") < number("capacity");
    assert!(!waits_beside_a_free_seat, "{rows:?}");
    let jumped = place.number(
        "SELECT count(*) AS n FROM signup seated
         WHERE seated.shift_id = ?1 AND seated.state = 'confirmed' AND EXISTS (
           SELECT 1 FROM signup w
           WHERE w.shift_id = ?1 AND w.state = 'waitlisted' AND w.seq < seated.seq)",
        json!([shift.id]),
    );
    assert_eq!(jumped, 0, "somebody jumped the line");
}

#[test]
fn of_two_hundred_at_once_twenty_have_a_seat_and_thirty_wait_in_order() {
    let app = App::start();
    let place = app.place();
    for round in 0..ROUNDS {
        let shift = popular_shift(place);
        let crowd = place.crowd(CROWD);
        let answers = at_once(&crowd, |volunteer| volunteer.signs_up(&shift));
        let expected = [("confirmed", 20), ("shift_full", 150), ("waitlisted", 30)];
        let expected = expected.map(|(word, count)| (word.to_owned(), count));
        assert_eq!(tally(&answers), BTreeMap::from(expected), "round {round}");
        for answer in answers.iter().filter(|answer| answer.status != 201) {
            answer.clone().refused(409, "shift_full");
        }

        let order = place.rows(
            "SELECT id, state FROM signup WHERE shift_id = ?1 ORDER BY seq",
            json!([shift.id]),
        );
        let states: Vec<_> = order
            .iter()
            .map(|row| row["state"].as_str().unwrap())
            .collect();
        let (seated, in_line) = states.split_at(20);
        assert!(seated.iter().all(|state| *state == "confirmed"));
        assert!(in_line.iter().all(|state| *state == "waitlisted"));
        let told: BTreeMap<String, i64> = answers
            .iter()
            .filter(|answer| answer.status == 201 && answer.member("state") == "waitlisted")
            .map(|answer| {
                (
                    answer.member("id"),
                    answer.json()["position"].as_i64().unwrap(),
                )
            })
            .collect();
        for (row, position) in order[20..].iter().zip(1..) {
            assert_eq!(told[row["id"].as_str().unwrap()], position);
        }
        shift_is_sound(place, &shift);
    }
}

#[test]
fn seats_given_up_in_the_crush_go_to_whoever_waits_longest() {
    let app = App::start();
    let place = app.place();
    for _ in 0..ROUNDS {
        let shift = popular_shift(place);
        let early = place.crowd(50);
        let seats: Vec<_> = early
            .iter()
            .map(|volunteer| volunteer.signs_up(&shift).is(201).member("id"))
            .collect();
        // Ten of those seated and five of those waiting leave while a hundred more press in.
        let leaving: Vec<_> = (0..10).chain(20..25).collect();
        let late = place.crowd(100);
        let everybody: Vec<_> = leaving
            .iter()
            .map(|at| (&early[*at], Some(&seats[*at])))
            .chain(late.iter().map(|volunteer| (volunteer, None)))
            .collect();
        let start = Barrier::new(everybody.len());
        let answers: Vec<Answer> = std::thread::scope(|scope| {
            let threads: Vec<_> = everybody
                .iter()
                .map(|(volunteer, seat)| {
                    scope.spawn(|| {
                        start.wait();
                        match seat {
                            Some(seat) => volunteer.cancels(seat).is(204),
                            None => volunteer.signs_up(&shift),
                        }
                    })
                })
                .collect();
            threads
                .into_iter()
                .map(|thread| thread.join().unwrap())
                .collect()
        });
        let pressed_in = &answers[leaving.len()..];
        let tally = tally(pressed_in);
        let known = ["waitlisted", "shift_full"].map(|word| tally.get(word).unwrap_or(&0));
        assert_eq!(known[0] + known[1], 100, "{tally:?}");
        shift_is_sound(place, &shift);
        // A place in line is free again for each of the fifteen who left, and whoever came
        // before one was may come again.
        let turned_away = late.iter().zip(pressed_in);
        let turned_away = turned_away.filter(|(_, answer)| answer.status != 201);
        for (at, (volunteer, _)) in (*known[0]..).zip(turned_away).take(16) {
            if at < 15 {
                volunteer.takes(&shift, "waitlisted");
            } else {
                volunteer.signs_up(&shift).refused(409, "shift_full");
            }
        }
        shift_is_sound(place, &shift);

        let full = place.rows(
            "SELECT confirmed, waiting FROM shift WHERE id = ?1",
            json!([shift.id]),
        );
        assert_eq!(full[0], json!({"confirmed": SEATS, "waiting": WAITS}));
        // The ten seats went down the line, leavers skipped, and each was told once.
        let promoted = place.number(
            "SELECT count(*) AS n FROM signup WHERE shift_id = ?1 AND promoted_at IS NOT NULL
               AND state = 'confirmed'",
            json!([shift.id]),
        );
        assert_eq!(promoted, 10);
        let letters = place.rows(
            "SELECT s.id, count(o.seq) AS letters FROM signup s
             LEFT JOIN outbox o ON o.kind = 'signup_promoted' AND o.params ->> 'signup' = s.id
             WHERE s.shift_id = ?1 GROUP BY s.id
             HAVING letters <> (s.promoted_at IS NOT NULL)",
            json!([shift.id]),
        );
        assert!(letters.is_empty(), "{letters:?}");
    }
}
