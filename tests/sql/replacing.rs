//! Replacing a project that volunteers are signed up for, and being overtaken by one
//! who signs up meanwhile.

use diandan::menu::changes::Changes;
use diandan::menu::notice::{ProjectBody, Reference};
use diandan::menu::precondition::Precondition;
use diandan::menu::publishing::{Target, Wanted, publish};
use diandan::menu::replacing::plan;
use diandan::menu::store::{self, Loaded, Replacement};
use diandan::platform::clock::{DAY, HOUR, Instant};
use diandan::platform::db::DbError;
use diandan::platform::fields::FieldErrors;
use diandan::platform::idempotency::IdempotencyKey;
use pollster::FutureExt as _;
use serde_json::{Value, json};

use crate::support::desk::Desk;
use crate::support::notice::{Notice, morning, shift, with_waitlist};
use crate::support::people::{Organization, Project, Volunteer};
use crate::support::place::Place as _;
use crate::support::request::Request;

/// Two shifts on different days.
fn two_shifts(now: Instant) -> Notice {
    Notice::of(&[
        with_waitlist(shift("a", morning(now, 5), 2), 2),
        shift("b", morning(now, 7), 2),
    ])
}

#[test]
fn whoever_is_signed_up_is_told_of_new_times_with_the_reason() {
    let desk = Desk::new();
    let organization = desk.place().organization();
    let notice = two_shifts(desk.now());
    let project = organization.publishes(&notice);
    let a = project.shift("a");
    let crowd = desk.place().crowd(5);
    let mut signups: Vec<String> = crowd[..3]
        .iter()
        .map(|volunteer| volunteer.signs_up(&a).is(201).member("id"))
        .collect();
    crowd[3].takes(&project.shift("b"), "confirmed");
    let left = crowd[4].takes(&a, "waitlisted");
    crowd[4].cancels(&left).is(204);

    let later = morning(desk.now(), 5).plus(HOUR);
    let moved = notice
        .with_shift(0, "starts_at", later.rfc3339())
        .with_shift(0, "ends_at", later.plus(2 * HOUR).rfc3339());
    let refused = organization
        .puts(&project.reference, &moved.0)
        .refused(409, "shift_has_signups");
    assert_eq!(refused.pointers(), ["/shifts/0/change_reason"]);
    for (volunteer, signup) in crowd.iter().zip(&signups) {
        assert_ne!(volunteer.ticket(signup)["starts_at"], later.rfc3339());
    }

    let moved = moved.with_shift(0, "change_reason", "山路结冰");
    organization.changes(&project, &moved);
    for (volunteer, signup) in crowd.iter().zip(signups.drain(..)) {
        let ticket = volunteer.ticket(&signup);
        assert_eq!(ticket["starts_at"], later.rfc3339());
        assert_eq!(ticket["change_reason"], "山路结冰");
        let texts = desk.texts_to(&volunteer.phone);
        assert_eq!(texts.len(), 1, "{texts:?}");
        assert!(
            texts[0].contains("10:00–12:00") && texts[0].contains("山路结冰"),
            "{texts:?}"
        );
    }
    for other in &crowd[3..] {
        assert!(desk.texts_to(&other.phone).is_empty());
    }
}

#[test]
fn a_new_place_is_told_on_every_shift_to_come() {
    let desk = Desk::new();
    let organization = desk.place().organization();
    let notice = two_shifts(desk.now());
    let project = organization.publishes(&notice);
    let crowd = desk.place().crowd(2);
    let seats = [("a", &crowd[0]), ("b", &crowd[1])]
        .map(|(reference, ming)| ming.takes(&project.shift(reference), "confirmed"));
    desk.it_is(morning(desk.now(), 6));
    let moved = notice.with("place", "县图书馆二楼");
    let refused = organization.puts(&project.reference, &moved.0);
    assert_eq!(
        refused.refused(409, "shift_has_signups").pointers(),
        ["/change_reason"]
    );
    organization.changes(&project, &moved.with("change_reason", "学校停电"));
    assert!(
        desk.texts_to(&crowd[0].phone).is_empty(),
        "what is over is over"
    );
    let texts = desk.texts_to(&crowd[1].phone);
    assert_eq!(texts.len(), 1);
    assert!(
        texts[0].contains("县图书馆二楼") && texts[0].contains("学校停电"),
        "{texts:?}"
    );
    assert_eq!(crowd[1].ticket(&seats[1])["place"], "县图书馆二楼");
}

#[test]
fn calling_a_project_off_frees_those_to_come_and_leaves_the_past_alone() {
    let desk = Desk::new();
    let organization = desk.place().organization();
    let notice = two_shifts(desk.now());
    for both in [true, false] {
        let project = organization.publishes(&notice);
        let crowd = desk.place().crowd(2);
        let began = desk.now();
        let past = crowd[0].takes(&project.shift("a"), "confirmed");
        let ahead = crowd[1].takes(&project.shift("b"), "confirmed");
        desk.it_is(morning(began, 6));
        let mut off = notice.clone().with("state", "cancelled");
        if !both {
            off.0["shifts"].as_array_mut().unwrap().remove(0);
        }
        let refused = organization.puts(&project.reference, &off.0);
        assert_eq!(
            refused.refused(409, "shift_has_signups").pointers(),
            ["/change_reason"]
        );
        organization.changes(&project, &off.with("change_reason", "台风"));
        assert_eq!(
            crowd[0].ticket(&past)["state"],
            "confirmed",
            "listed: {both}"
        );
        assert!(desk.texts_to(&crowd[0].phone).is_empty());
        assert_eq!(crowd[1].ticket(&ahead)["state"], "cancelled");
        assert_eq!(crowd[1].ticket(&ahead)["cancelled_by"], "organization");
        let texts = desk.texts_to(&crowd[1].phone);
        assert!(texts.len() == 1 && texts[0].contains("台风"), "{texts:?}");
        let gone = desk
            .place()
            .get(&project.path())
            .refused(410, "project_cancelled");
        assert_eq!(gone.member("reason"), "台风");
        desk.it_is(began);
    }
}

#[test]
fn a_larger_shift_takes_in_those_who_wait() {
    let desk = Desk::new();
    let organization = desk.place().organization();
    let notice = Notice::of(&[with_waitlist(shift("a", morning(desk.now(), 5), 1), 4)]);
    let project = organization.publishes(&notice);
    let a = project.shift("a");
    let crowd = desk.place().crowd(5);
    let ids: Vec<_> = crowd
        .iter()
        .map(|volunteer| volunteer.signs_up(&a).is(201).member("id"))
        .collect();
    organization.changes(&project, &notice.with_shift(0, "capacity", 3));
    let states: Vec<_> = crowd
        .iter()
        .zip(&ids)
        .map(|(volunteer, id)| volunteer.ticket(id)["state"].clone())
        .collect();
    assert_eq!(
        states,
        [
            "confirmed",
            "confirmed",
            "confirmed",
            "waitlisted",
            "waitlisted"
        ]
    );
    let told: Vec<_> = crowd
        .iter()
        .map(|volunteer| desk.texts_to(&volunteer.phone).len())
        .collect();
    assert_eq!(told, [0, 1, 1, 0, 0]);
}

#[test]
fn seats_that_are_taken_are_not_taken_away() {
    let desk = Desk::new();
    let organization = desk.place().organization();
    let notice = two_shifts(desk.now());
    let project = organization.publishes(&notice);
    let crowd = desk.place().crowd(2);
    for volunteer in &crowd {
        volunteer.takes(&project.shift("a"), "confirmed");
    }
    let smaller = notice.clone().with_shift(0, "capacity", 1);
    let refused = organization.puts(&project.reference, &smaller.0);
    let refused = refused.refused(409, "shift_has_signups");
    assert_eq!(refused.pointers(), ["/shifts/0/capacity"]);
    let mut without = notice.clone();
    without.0["shifts"].as_array_mut().unwrap().remove(0);
    let refused = organization.puts(&project.reference, &without.0);
    assert_eq!(
        refused.refused(409, "shift_has_signups").pointers(),
        ["/shifts"]
    );
    let draft = notice.with("state", "draft");
    let refused = organization.puts(&project.reference, &draft.0);
    assert_eq!(
        refused.refused(409, "shift_has_signups").pointers(),
        ["/state"]
    );
}

#[test]
fn a_shift_that_is_over_stays_as_it_was() {
    let desk = Desk::new();
    let organization = desk.place().organization();
    let notice = two_shifts(desk.now());
    let project = organization.publishes(&notice);
    let ming = desk.place().adult();
    let seat = ming.takes(&project.shift("a"), "confirmed");
    desk.it_is(morning(desk.now(), 6));
    let ahead = morning(desk.now(), 9);
    for changed in [
        notice
            .clone()
            .with_shift(0, "starts_at", ahead.rfc3339())
            .with_shift(0, "ends_at", ahead.plus(HOUR).rfc3339()),
        notice.clone().with_shift(0, "state", "cancelled"),
    ] {
        let changed = changed.with_shift(0, "change_reason", "改");
        let refused = organization.puts(&project.reference, &changed.0);
        assert_eq!(
            refused.refused(409, "shift_has_signups").pointers(),
            ["/shifts/0"]
        );
    }
    organization.changes(&project, &notice.with("what_to_bring", "手套"));
    assert_eq!(ming.ticket(&seat)["state"], "confirmed");
}

/// Replaces after somebody has signed up between the look and the act.
fn overtaken(
    desk: &Desk,
    organization: &Organization,
    project: &Project,
    notice: &Notice,
    meanwhile: impl FnOnce(),
) -> Result<(), DbError> {
    let body: ProjectBody =
        deserr::deserialize::<_, _, FieldErrors>(notice.0.clone()).expect("the body is read");
    let reference = Reference::parse(&project.reference).unwrap();
    let visit = desk.visit_with(&organization.key);
    let region = body
        .region
        .as_ref()
        .map(|region| region.as_str().to_owned());
    let key = IdempotencyKey::default();
    let target = Target {
        organization: &organization.id,
        reference: &reference,
        condition: &Precondition::default(),
        key: &key,
    };
    let loaded = store::load(&visit, target, region.as_deref()).block_on();
    let Loaded::Now(agent, before) = loaded.unwrap() else {
        panic!("nothing was done under this key before")
    };
    let plan = plan(
        before.standing.as_ref(),
        &before.shifts,
        &body,
        visit.now,
        || visit.new_id(),
    )
    .expect("nothing stands in the way yet");
    meanwhile();
    let changes = Changes {
        before: None,
        after: "{}".to_owned(),
    };
    let replacement = Replacement {
        agent: agent.as_ref().unwrap(),
        organization: &organization.id,
        reference: &reference,
        standing: before.standing.as_ref(),
        body: &body,
        body_hash: "another",
        kept_reason: None,
        region_name: before.region_name(&body),
        changes: &changes,
        plan: &plan,
    };
    store::replace(&visit, &replacement, &key)
        .block_on()
        .map(drop)
}

/// Replacements that are all right while nobody is signed up.
fn acts(notice: &Notice) -> Vec<(&'static str, Notice)> {
    let later = |notice: Notice| {
        let start = Instant::parse(notice.0["shifts"][0]["starts_at"].as_str().unwrap())
            .unwrap()
            .plus(HOUR);
        notice
            .with_shift(0, "starts_at", start.rfc3339())
            .with_shift(0, "ends_at", start.plus(HOUR).rfc3339())
    };
    let mut without = notice.clone();
    without.0["shifts"].as_array_mut().unwrap().remove(0);
    vec![
        ("move", later(notice.clone())),
        (
            "call off",
            notice.clone().with_shift(0, "state", "cancelled"),
        ),
        ("leave out", without.clone()),
        ("relocate", notice.clone().with("place", "别处")),
        ("another county", notice.clone().with("region", "360730")),
        ("back to a draft", notice.clone().with("state", "draft")),
        ("cancel all", notice.clone().with("state", "cancelled")),
        (
            "cancel all, one left out",
            without.with("state", "cancelled"),
        ),
    ]
}

#[test]
fn what_was_decided_on_an_empty_shift_is_not_done_to_a_taken_one() {
    for at in 0..8 {
        let desk = Desk::new();
        let organization = desk.place().organization();
        let notice = two_shifts(desk.now());
        let project = organization.publishes(&notice);
        let ming: Volunteer = desk.place().adult();
        let (act, changed) = acts(&notice).remove(at);
        let mut seat = String::new();
        let result = overtaken(&desk, &organization, &project, &changed, || {
            seat = ming.takes(&project.shift("a"), "confirmed");
        });
        assert!(
            matches!(result, Err(DbError::Refused(_))),
            "{act}: {result:?}"
        );
        let own = Request::get(organization.own_path(&project.reference)).bearer(&organization.key);
        let standing = desk.place().send(&own).is(200).json();
        assert_eq!(standing["version"], 1, "{act}");
        let ticket = ming.ticket(&seat);
        assert_eq!(ticket["state"], "confirmed", "{act}");
        assert_eq!(
            ticket["starts_at"], notice.0["shifts"][0]["starts_at"],
            "{act}"
        );
        assert!(desk.texts_to(&ming.phone).is_empty(), "{act}");
        // Asked again it is decided again.
        organization
            .puts(&project.reference, &changed.0)
            .refused(409, "shift_has_signups");
    }
}

#[test]
fn what_was_decided_is_done_when_nobody_came() {
    for at in 0..8 {
        let desk = Desk::new();
        let organization = desk.place().organization();
        let notice = two_shifts(desk.now());
        let project = organization.publishes(&notice);
        let (act, changed) = acts(&notice).remove(at);
        let result = overtaken(&desk, &organization, &project, &changed, || ());
        assert!(result.is_ok(), "{act}: {result:?}");
    }
}

#[test]
fn a_seat_taken_meanwhile_is_not_cut() {
    let desk = Desk::new();
    let organization = desk.place().organization();
    let notice = two_shifts(desk.now());
    let project = organization.publishes(&notice);
    let crowd = desk.place().crowd(2);
    let smaller = notice.with_shift(0, "capacity", 1);
    let result = overtaken(&desk, &organization, &project, &smaller, || {
        for volunteer in &crowd {
            volunteer.takes(&project.shift("a"), "confirmed");
        }
    });
    assert!(
        matches!(&result, Err(error) if error.is_refusal("shift_not_overfilled")),
        "{result:?}"
    );
}

#[test]
fn of_two_replacements_on_the_same_version_one_wins() {
    let desk = Desk::new();
    let organization = desk.place().organization();
    let notice = two_shifts(desk.now());
    let project = organization.publishes(&notice);
    let (first, second) = (
        notice.clone().with("title", "第一"),
        notice.with("title", "第二"),
    );
    let result = overtaken(&desk, &organization, &project, &second, || {
        organization.changes(&project, &first);
    });
    assert!(
        matches!(&result, Err(error) if error.is_refusal("version_conflict")),
        "{result:?}"
    );
    let title = desk.place().value("SELECT title FROM project", json!([]));
    assert_eq!(title, "第一");
    let shifts = desk
        .place()
        .number("SELECT count(*) AS n FROM shift", json!([]));
    assert_eq!(shifts, 2);
}

#[test]
fn a_shift_somebody_once_held_is_kept_when_it_is_left_out() {
    let desk = Desk::new();
    let organization = desk.place().organization();
    let notice = two_shifts(desk.now());
    let project = organization.publishes(&notice);
    let ming = desk.place().adult();
    let seat = ming.takes(&project.shift("a"), "confirmed");
    ming.cancels(&seat).is(204);
    let mut without = notice.clone();
    without.0["shifts"].as_array_mut().unwrap().remove(0);
    let changed = organization.changes(&project, &without);
    assert_eq!(changed.body["shifts"][0]["state"], "cancelled");
    assert_eq!(ming.ticket(&seat)["shift_id"], project.shift("a").id);
    // One nobody ever held is gone.
    let b_only = organization.publishes(&notice);
    let changed = organization.changes(&b_only, &without);
    assert_eq!(changed.body["shifts"].as_array().unwrap().len(), 1);
}

#[test]
fn every_replacement_is_on_record() {
    let desk = Desk::new();
    let organization = desk.place().organization();
    let notice = two_shifts(desk.now());
    let project = organization.publishes(&notice);
    desk.passes(DAY);
    organization.changes(&project, &notice.with("title", "新题目"));
    let rows = desk.place().rows(
        "SELECT a.action, a.at, a.before, a.after ->> 'title' AS title, a.actor = 'api_key:' || k.id AS by_key
         FROM audit a JOIN api_key k WHERE a.subject = ?1 ORDER BY a.seq",
        json!([format!("project:{}", project.id)]),
    );
    assert_eq!(rows.len(), 2, "{rows:?}");
    assert_eq!(rows[0]["action"], "project.created");
    assert_eq!(rows[0]["before"], json!(null));
    assert_eq!(rows[1]["action"], "project.replaced");
    assert_eq!(rows[1]["title"], "新题目");
    assert_eq!(rows[1]["at"], desk.now().millis());
    assert!(rows.iter().all(|row| row["by_key"] == 1));
}

#[test]
fn the_record_of_a_replacement_says_what_changed_and_no_more() {
    let desk = Desk::new();
    let organization = desk.place().organization();
    let long = "很长的内容。".repeat(500);
    let notice = two_shifts(desk.now()).with("content", &*long);
    let project = organization.publishes(&notice);
    let rows = || {
        desk.place().rows(
            "SELECT before, after, length(after) AS size FROM audit WHERE subject = ?1 ORDER BY seq",
            json!([format!("project:{}", project.id)]),
        )
    };
    organization.changes(&project, &notice);
    assert_eq!(rows().len(), 1, "an unchanged repeat writes nothing");
    let changed = notice.with("place", "村尾").with("change_reason", "塌方");
    organization.changes(&project, &changed);
    let rows = rows();
    assert!(
        rows.iter().all(|row| row["size"].as_i64().unwrap() < 2_000),
        "{rows:?}"
    );
    let json = |value: &Value| -> Value { serde_json::from_str(value.as_str().unwrap()).unwrap() };
    let before = json(&rows[1]["before"]);
    assert_eq!(before["place"], project.body["place"]);
    assert_eq!(before["version"], 1);
    let mut after = json(&rows[1]["after"]);
    assert_eq!(
        after
            .as_object_mut()
            .unwrap()
            .remove("body_hash")
            .unwrap()
            .as_str()
            .unwrap()
            .len(),
        64
    );
    assert_eq!(after, json!({"place": "村尾", "change_reason": "塌方"}));
}

#[test]
fn whoever_lost_the_right_between_reading_and_writing_writes_nothing() {
    let desk = Desk::new();
    let place = desk.place();
    let takes_away = [
        ("DELETE FROM member WHERE organization_id = ?1", "forbidden"),
        (
            "UPDATE member SET role = 'viewer' WHERE organization_id = ?1 AND role = 'manager'",
            "forbidden",
        ),
        (
            "UPDATE organization SET state = 'suspended' WHERE id = ?1",
            "organization_not_verified",
        ),
    ];
    for (sql, code) in takes_away {
        let organization = place.organization();
        let manager = organization.member("manager");
        let visit = desk.visit_with(&manager.session);
        let notice = two_shifts(desk.now());
        let body: ProjectBody = deserr::deserialize::<_, _, FieldErrors>(notice.0).unwrap();
        let target = Target {
            organization: &organization.id,
            reference: &Reference::parse("late").unwrap(),
            condition: &Precondition::default(),
            key: &IdempotencyKey::default(),
        };
        let refused = publish(&visit, target, Some("360731"), |before| {
            place.rows(sql, json!([organization.id]));
            Ok(Wanted::whole(&body, before))
        });
        assert_eq!(refused.block_on().unwrap_err().code(), code, "{sql}");
        let written = place.number(
            "SELECT count(*) AS n FROM project WHERE organization_id = ?1",
            json!([organization.id]),
        );
        assert_eq!(written, 0, "{sql}");
    }
}
