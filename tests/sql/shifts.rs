//! A shift through whatever people do to it, in any order.

use diandan::platform::clock::HOUR;
use pollster::FutureExt as _;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::support::desk::Desk;
use crate::support::notice::{Notice, morning, shift, with_waitlist};
use crate::support::people::{Organization, Project, Volunteer};
use crate::support::place::Place as _;

const PEOPLE: usize = 7;

/// What somebody does next.
#[derive(Clone, Debug)]
enum Act {
    SignsUp(usize),
    Leaves(usize),
    IsReleased(usize),
    Resize(i64, i64),
    Move(i64),
    CallOff,
    Reopen,
    TimePasses(i64),
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        8 => (0..PEOPLE).prop_map(Act::SignsUp),
        5 => (0..PEOPLE).prop_map(Act::Leaves),
        1 => (0..PEOPLE).prop_map(Act::IsReleased),
        4 => (1_i64..5, 0_i64..4).prop_map(|(seats, waits)| Act::Resize(seats, waits)),
        1 => (-10_i64..10).prop_map(Act::Move),
        1 => Just(Act::CallOff),
        2 => Just(Act::Reopen),
        1 => (1_i64..40).prop_map(Act::TimePasses),
    ]
}

struct Story<'a> {
    desk: &'a Desk,
    organization: Organization<'a>,
    manager: Volunteer<'a>,
    people: Vec<Volunteer<'a>>,
    project: Project,
    notice: Notice,
}

impl<'a> Story<'a> {
    fn on(desk: &'a Desk) -> Self {
        let organization = desk.place().organization();
        let start = morning(desk.now(), 10);
        let notice = Notice::of(&[with_waitlist(shift("a", start, 2), 2)]);
        Self {
            manager: organization.member("manager"),
            people: desk.place().crowd(PEOPLE),
            project: organization.publishes(&notice),
            desk,
            organization,
            notice,
        }
    }

    fn place_of(&self, person: usize) -> Option<String> {
        let sql = "SELECT id FROM signup WHERE volunteer_id = ?1 AND state <> 'cancelled'";
        let rows = self.desk.place().rows(sql, json!([self.people[person].id]));
        Some(rows.first()?["id"].as_str().unwrap().to_owned())
    }

    fn replaces(&mut self, notice: Notice) {
        let answer = self.organization.puts(&self.project.reference, &notice.0);
        assert!([200, 409, 422].contains(&answer.status), "{answer:?}");
        if answer.status == 200 {
            self.notice = notice;
        }
    }

    fn goes_on(&mut self, act: &Act) {
        let shift = self.project.shift("a");
        match act {
            Act::SignsUp(person) => {
                let answer = self.people[*person].signs_up(&shift);
                assert!([201, 409].contains(&answer.status), "{answer:?}");
            }
            Act::Leaves(person) => {
                if let Some(signup) = self.place_of(*person) {
                    let answer = self.people[*person].cancels(&signup);
                    assert!([202, 204, 409].contains(&answer.status), "{answer:?}");
                }
            }
            Act::IsReleased(person) => {
                if let Some(signup) = self.place_of(*person) {
                    let answer = self.manager.cancels(&signup);
                    assert!([204, 409].contains(&answer.status), "{answer:?}");
                }
            }
            Act::Resize(seats, waits) => {
                let resized = self.notice.clone().with_shift(0, "capacity", *seats);
                self.replaces(resized.with_shift(0, "waitlist", *waits));
            }
            Act::Move(hours) => {
                let start = morning(self.desk.now(), 5).plus(hours * HOUR);
                let moved = self
                    .notice
                    .clone()
                    .with_shift(0, "starts_at", start.rfc3339())
                    .with_shift(0, "ends_at", start.plus(HOUR).rfc3339());
                self.replaces(moved.with_shift(0, "change_reason", "改期"));
            }
            Act::CallOff => {
                let off = self.notice.clone().with_shift(0, "state", "cancelled");
                self.replaces(off.with_shift(0, "change_reason", "下雨"));
            }
            Act::Reopen => {
                let open = self.notice.clone().with_shift(0, "state", "open");
                self.replaces(open);
            }
            Act::TimePasses(hours) => self.desk.passes(hours * HOUR),
        }
        self.desk.passes(1000);
        let moved = diandan::menu::move_on(&self.desk.db, self.desk.now());
        moved.block_on().unwrap();
    }

    fn is_sound(&self) -> Result<(), TestCaseError> {
        let place = self.desk.place();
        let id = json!([self.project.shift("a").id]);
        let shift = place
            .rows(
                "SELECT h.*, p.seats_free, p.waits_free, p.next_starts_at,
                   (SELECT count(*) FROM signup WHERE shift_id = h.id AND state = 'confirmed') AS seated,
                   (SELECT count(*) FROM signup WHERE shift_id = h.id AND state = 'waitlisted') AS in_line
                 FROM shift h JOIN project p ON p.seq = h.project WHERE h.id = ?1",
                id.clone(),
            )
            .remove(0);
        let number = |name: &str| shift[name].as_i64().unwrap_or_default();
        prop_assert_eq!(number("confirmed"), number("seated"));
        prop_assert_eq!(number("waiting"), number("in_line"));
        prop_assert!(number("confirmed") <= number("capacity"));
        let takes_place =
            shift["state"] == "open" && number("starts_at") > self.desk.now().millis();
        if takes_place {
            let free = number("capacity") - number("confirmed");
            prop_assert!(
                free == 0 || number("waiting") == 0,
                "somebody waits beside a free seat"
            );
            prop_assert_eq!(number("seats_free"), free);
            let waits = (number("waitlist") - number("waiting")).max(0);
            prop_assert_eq!(number("waits_free"), waits);
        }
        if shift["state"] == "cancelled" {
            prop_assert_eq!(number("seated") + number("in_line"), 0);
        }
        self.nobody_jumped_the_line(&id)?;
        self.everybody_was_told_once(&id)
    }

    fn nobody_jumped_the_line(&self, shift: &Value) -> Result<(), TestCaseError> {
        let jumped = self.desk.place().number(
            "SELECT count(*) AS n FROM signup seated
             WHERE seated.shift_id = ?1 AND seated.state = 'confirmed' AND EXISTS (
               SELECT 1 FROM signup w
               WHERE w.shift_id = ?1 AND w.state = 'waitlisted' AND w.seq < seated.seq)",
            shift.clone(),
        );
        prop_assert_eq!(jumped, 0);
        Ok(())
    }

    /// Whoever moved up, and whoever was let go or called off, has one message of it.
    fn everybody_was_told_once(&self, shift: &Value) -> Result<(), TestCaseError> {
        let rows = self.desk.place().rows(
            "SELECT s.id, s.promoted_at IS NOT NULL AS promoted,
               s.cancelled_by IS 'organization' AS called_off,
               count(*) FILTER (WHERE o.kind = 'signup_promoted') AS promotions,
               count(*) FILTER (WHERE o.kind IN ('shift_cancelled', 'signup_released', 'signup_let_go')) AS ends
             FROM signup s LEFT JOIN outbox o ON o.params ->> 'signup' = s.id
             WHERE s.shift_id = ?1 GROUP BY s.id",
            shift.clone(),
        );
        for row in rows {
            prop_assert_eq!(&row["promoted"], &row["promotions"], "{}", row);
            prop_assert_eq!(&row["called_off"], &row["ends"], "{}", row);
        }
        Ok(())
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, max_shrink_iters: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_shift_stays_sound_whatever_happens(acts in prop::collection::vec(act(), 1..40)) {
        let desk = Desk::new();
        let mut story = Story::on(&desk);
        for act in &acts {
            story.goes_on(act);
            story.is_sound()?;
        }
    }
}
